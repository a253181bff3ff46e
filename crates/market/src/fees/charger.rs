//! Executions are charged one by one; the charges of an order sum to the order's charge.

use std::collections::BTreeMap;

use truefill_core::num::{Amount, NANO, Px, Qty, Rounding};
use truefill_core::report::Liquidity;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

use super::error::FeeError;
use super::rate::{Cap, FeeKind, Rate, Rule};
use super::schedule::{Block, PaidIn, Schedule};
use crate::date::Date;

/// Orders of so many days before the newest are kept in mind.
const KEPT_DAYS: i64 = 7;
/// Orders that are kept in mind.
const ORDERS_MAX: usize = 1_000_000;

/// One execution, as fees see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeForFee {
    /// When it happened; its day in the schedule's zone says which rates hold.
    pub time: Nanos,
    /// Side.
    pub side: Side,
    /// Quantity, above zero.
    pub qty: Qty,
    /// Price; the notional counts without its sign.
    pub px: Px,
    /// Currency per point and unit, above zero.
    pub multiplier: Qty,
    /// Maker or taker; where it is not known, taker, which costs more.
    pub liquidity: Option<Liquidity>,
}

/// How exact charges are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// To the last part: what a forecast wants.
    Exact,
    /// Rounded as the schedule's `note` lines say, on the sum of each day: what the bill says.
    Rounded,
}

/// One line of what an execution costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// What it is.
    pub kind: FeeKind,
    /// How much, in the currency of the price; below zero it is received.
    pub amount: Amount,
}

/// In what the charges are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    /// In the currency of the price, as the amounts say.
    Quote,
    /// In the instrument's base asset: so much less is received than was bought, in steps of
    /// 1e-18. The amounts are its value at the price of the execution.
    Base(Amount),
    /// In another asset, worth the amounts; [`Charges::in_asset`] converts.
    Asset(String),
}

/// What an execution costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charges {
    /// One line for each line of the schedule that is for such an execution, in its order.
    pub lines: Vec<FeeLine>,
    /// Their sum.
    pub total: Amount,
    /// In what they are taken.
    pub paid: Paid,
}

impl Charges {
    /// The sum of the lines of a kind.
    #[must_use]
    pub fn of(&self, kind: FeeKind) -> Amount {
        self.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum()
    }

    /// The total as a quantity of the asset it is paid in, at that asset's price in the currency
    /// of the amounts, rounded as told to 1e-9. `None` for a price that is not above zero.
    #[must_use]
    pub fn in_asset(&self, px: Px, rounding: Rounding) -> Option<Qty> {
        if px.0 <= 0 {
            return None;
        }
        // An amount divided by a price is a quantity, just as one divided by a quantity is a price.
        self.total.per(Qty(px.0), rounding).map(|qty| Qty(qty.0))
    }
}

/// Charges the executions of many orders.
///
/// A fee with a limit per order depends on what the order was charged before, and a rounded bill
/// on the whole day; the charger remembers both. An order that executes on two days is charged as
/// two orders, as contract notes are. Feed executions in order of time, or nearly so.
///
/// ```
/// use truefill_core::{num::{Amount, Px, Qty}, request::Side};
/// use truefill_market::fees::{Billing, Charger, FeeKind, Schedule, TradeForFee};
/// use truefill_market::time_text;
/// let schedule = Schedule::by_name("zerodha-equity-intraday")?;
/// let mut charger = Charger::new(schedule, Billing::Exact);
/// let piece = TradeForFee {
///     time: time_text::parse("2026-04-01T10:00:00+05:30").unwrap_or_default(),
///     side: Side::Buy,
///     qty: Qty::whole(50),
///     px: Px::whole(1000),
///     multiplier: Qty::whole(1),
///     liquidity: None,
/// };
/// // 0.03 % of 50000 is 15, and an order pays 20 at most.
/// let brokerage = [(); 3].map(|()| {
///     charger.charge(7, &piece).map(|charges| charges.of(FeeKind::Brokerage).to_string())
/// });
/// assert_eq!(brokerage, [Ok("15".into()), Ok("5".into()), Ok("0".into())]);
/// # Ok::<(), truefill_market::fees::FeeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Charger {
    schedule: Schedule,
    billing: Billing,
    latest: Option<Date>,
    /// By day and order, for each line: the sum of its bases so far.
    orders: BTreeMap<(Date, u64), Vec<i128>>,
    /// By day, for each line: what it came to before rounding.
    days: BTreeMap<Date, Vec<Amount>>,
}

impl Charger {
    /// A charger that has charged nothing yet.
    #[must_use]
    pub const fn new(schedule: Schedule, billing: Billing) -> Self {
        Self { schedule, billing, latest: None, orders: BTreeMap::new(), days: BTreeMap::new() }
    }

    /// The schedule.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What one more execution of an order costs. `order` is any number of the caller's that is
    /// the same for the executions of one order and different for those of others.
    ///
    /// # Errors
    /// [`FeeError`]; nothing is charged and nothing remembered then.
    pub fn charge(&mut self, order: u64, trade: &TradeForFee) -> Result<Charges, FeeError> {
        let notional = notional(trade)?;
        let date = self.schedule.date_at(trade.time);
        self.remember_until(date)?;
        let block = self.schedule.block_at(date)?;
        let zeros = block.rules.len();
        if self.orders.len() >= ORDERS_MAX && !self.orders.contains_key(&(date, order)) {
            return Err(FeeError::TooManyOrders { most: ORDERS_MAX });
        }
        let bases = self.orders.entry((date, order)).or_insert_with(|| vec![0; zeros]);
        let day = self.days.entry(date).or_insert_with(|| vec![Amount::ZERO; zeros]);

        let liquidity = trade.liquidity.unwrap_or(Liquidity::Taker);
        let mut lines: Vec<FeeLine> = Vec::new();
        for ((rule, base), day) in block.rules.iter().zip(bases).zip(day) {
            if !rule.when.holds(trade.side, liquidity) {
                continue;
            }
            let more = match &rule.rate {
                Rate::Notional(_) => notional.0,
                Rate::Unit(_) => trade.qty.0,
                Rate::Order(_) => 1,
                Rate::Fees(_, kinds) => {
                    let taxed = lines.iter().filter(|line| kinds.contains(&line.kind));
                    taxed.map(|line| line.amount).sum::<Amount>().0
                }
            };
            let exact = step(rule, base, more);
            let amount = match (self.billing, rule.note) {
                (Billing::Rounded, Some(note)) => note.round(*day + exact) - note.round(*day),
                _ => exact,
            };
            *day += exact;
            lines.push(FeeLine { kind: rule.kind, amount });
        }
        let paid = paid(block, trade, liquidity);
        let total = lines.iter().map(|line| line.amount).sum();
        Ok(Charges { lines, total, paid })
    }

    /// Forgets the orders of days long past.
    fn remember_until(&mut self, date: Date) -> Result<(), FeeError> {
        let latest = self.latest.map_or(date, |latest| latest.max(date));
        let oldest = latest.plus_days(-KEPT_DAYS);
        if date < oldest {
            return Err(FeeError::TooLate { date, latest });
        }
        if self.latest != Some(latest) {
            self.latest = Some(latest);
            self.orders = self.orders.split_off(&(oldest, 0));
            self.days = self.days.split_off(&oldest);
        }
        Ok(())
    }
}

/// What a line charges on top of what it charged, when its base grows.
fn step(rule: &Rule, base: &mut i128, more: i128) -> Amount {
    if let Cap::Trade(_) = rule.cap {
        return rule.charge(more);
    }
    let before = rule.charge(*base);
    *base = base.saturating_add(more);
    rule.charge(*base) - before
}

/// Price × quantity × multiplier, without a sign.
fn notional(trade: &TradeForFee) -> Result<Amount, FeeError> {
    for (what, value) in [("quantity", trade.qty), ("multiplier", trade.multiplier)] {
        if value.0 <= 0 {
            return Err(FeeError::NotAbove { what, value: value.to_string() });
        }
    }
    let plain = trade.qty.times(trade.px).abs();
    let (whole, rest) = (plain.0.div_euclid(NANO), plain.0.rem_euclid(NANO));
    let multiplier = trade.multiplier.0;
    let parts = rest.saturating_mul(multiplier).div_euclid(NANO);
    let notional = Amount(whole.saturating_mul(multiplier).saturating_add(parts));
    if plain.exceeds_bound() || notional.exceeds_bound() {
        return Err(FeeError::TooLarge { notional: notional.to_string() });
    }
    Ok(notional)
}

/// In what the charges of an execution are taken.
fn paid(block: &Block, trade: &TradeForFee, liquidity: Liquidity) -> Paid {
    match (&block.paid, trade.side) {
        (PaidIn::Asset(asset), _) => Paid::Asset(asset.clone()),
        (PaidIn::Received, Side::Buy) => {
            let applies = |rule: &&Rule| rule.when.holds(trade.side, liquidity);
            let rules = block.rules.iter().filter(applies);
            let in_kind = rules.map(|rule| match &rule.rate {
                Rate::Notional(share) => share.of(Amount(trade.qty.0.saturating_mul(NANO))),
                // The text refuses other rates where the fee is taken from what is received.
                Rate::Fees(..) | Rate::Unit(_) | Rate::Order(_) => Amount::ZERO,
            });
            Paid::Base(in_kind.sum())
        }
        (PaidIn::Quote | PaidIn::Received, _) => Paid::Quote,
    }
}

#[cfg(test)]
mod tests {
    use truefill_core::time::SECOND_NS;

    use super::*;

    #[test]
    fn memory_does_not_grow_with_the_days() {
        let schedule = Schedule::by_name("binance-usdm").unwrap();
        let mut charger = Charger::new(schedule, Billing::Rounded);
        for day in 0..100 {
            let trade = TradeForFee {
                // From 2024-01-01 on.
                time: Nanos((19_723 + day) * 86_400 * SECOND_NS),
                side: Side::Buy,
                qty: Qty::whole(1),
                px: Px::whole(1),
                multiplier: Qty::whole(1),
                liquidity: None,
            };
            for order in 0..3 {
                charger.charge(order, &trade).unwrap();
            }
            let days = usize::try_from(day + 1).unwrap().min(8);
            assert_eq!((charger.orders.len(), charger.days.len()), (3 * days, days));
        }
    }
}
