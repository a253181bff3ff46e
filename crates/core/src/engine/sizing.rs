//! From the number in a target to a quantity: sized once, when the target is accepted, at the
//! mark attached to it (else at the price it names).
//!
//! Entry points: [`Deciding::size`], [`qty_of`].
//!
//! | `size_by` | quantity |
//! |---|---|
//! | `shares` | the number itself |
//! | `weight` | capital × number / (price × multiplier) |
//! | `notional` | number / (price × multiplier) |
//!
//! Rounded toward zero at 1e-9; the lot grid comes with the need. A price that moves later
//! changes nothing: a new number does.

use super::deciding::Deciding;
use super::parts::Trader;
use crate::config::{Config, SizeBy};
use crate::event::Block;
use crate::ids::HoldingId;
use crate::input::Target;
use crate::num::{Amount, NANO, Px, Qty, Rounding};
use crate::quote::Quote;
use crate::state::scale;

/// A target that was sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sized {
    /// The quantity that was declared.
    pub qty: Qty,
    /// The same on the lot grid, at the level of the need.
    pub rounded: Qty,
    /// The price it was sized at.
    pub px: Option<Px>,
}

/// The quantity whose notional at a price is `value`, rounded toward zero; `None` when it is
/// beyond what can be computed.
///
/// ```
/// use truefill_core::engine::sizing::qty_of;
/// use truefill_core::num::{Amount, NANO, Px, Qty};
/// let value = Amount(1_000 * NANO * NANO);
/// assert_eq!(qty_of(value, Px::whole(3), Qty::whole(1)).unwrap().to_string(), "333.333333333");
/// assert_eq!(qty_of(value, Px::whole(100), Qty::whole(50)), Some(Qty(NANO / 5)));
/// ```
#[must_use]
pub fn qty_of(value: Amount, px: Px, multiplier: Qty) -> Option<Qty> {
    let per_unit = px.0.checked_mul(multiplier.0).filter(|per| *per > 0)?;
    value.0.checked_mul(NANO).map(|value| Qty(value / per_unit))
}

/// A share of a capital.
fn share_of(capital: Amount, weight: Qty) -> Option<Amount> {
    let (whole, part) = (capital.0 / NANO, capital.0 % NANO);
    let whole = whole.checked_mul(weight.0)?;
    whole.checked_add(part.checked_mul(weight.0)? / NANO).map(Amount)
}

impl Deciding<'_> {
    /// The quantity behind a target.
    pub fn size(&self, target: &Target) -> Result<Sized, String> {
        let id = target.holding;
        let rules = self.config.instrument_of(id);
        let symbol = &rules.symbol;
        let trader = Trader::new(id, target.sleeve);
        let strategy = self.config.strategy(target.sleeve);
        let px = self.price_of(trader).or(target.px);
        let by = strategy.map_or(SizeBy::Shares, |s| s.size_by);
        let value = match by {
            SizeBy::Shares => None,
            SizeBy::Notional => Some(Some(Amount(target.qty.0.saturating_mul(NANO)))),
            SizeBy::Weight => {
                let capital = strategy.and_then(|s| s.capital).unwrap_or_default();
                Some(share_of(capital, target.qty))
            }
        };
        let qty = match (value, px) {
            (None, _) => Some(target.qty),
            (Some(_), None) => {
                return Err(format!(
                    "a {by} of {symbol} cannot be sized: there is no mark and the target names \
                     no price"
                ));
            }
            (Some(value), Some(px)) => value.and_then(|v| qty_of(v, px, rules.multiplier)),
        };
        let bounded = qty.and_then(|qty| qty.bounded().ok());
        let absurd = |qty: &Qty| px.is_some_and(|px| qty.times(px).exceeds_bound());
        let Some(qty) = bounded.filter(|qty| !absurd(qty)) else {
            return Err(format!("target {} of {symbol} is absurd", target.qty));
        };
        if self.config.holdings[id.ix()].never_short && qty.0 < 0 {
            let why = Block::Short;
            return Err(format!("target {qty} of {symbol}: this product is {why}"));
        }
        self.within_leverage(trader, qty, px)?;
        Ok(Sized { qty, rounded: self.worth_trading(trader, qty, px), px })
    }

    /// The best price known of a holding's instrument: attached, marked, or that at which the
    /// target of a strategy was sized.
    fn price_of(&self, trader: Trader) -> Option<Px> {
        let h = self.state.holding(trader.holding);
        let attached = self.quote(self.config.holdings[trader.holding.ix()].instrument);
        let marked = attached.as_ref().or(h.mark.as_ref()).map(Quote::mid);
        marked.or_else(|| h.sleeve(trader.sleeve).terms.sized_px)
    }

    /// The declared quantity on the lot grid; the present one where the change is worth too
    /// little. What is rounded toward zero is the need, not the target: a change of less than a
    /// lot trades nothing, in either direction.
    fn worth_trading(&self, trader: Trader, qty: Qty, px: Option<Px>) -> Qty {
        let h = self.state.holding(trader.holding).sleeve(trader.sleeve);
        let rules = self.config.instrument_of(trader.holding);
        let from = h.own.to_lot(rules.lot, Rounding::TowardZero);
        let up = crate::planted!(LotsRoundedUp);
        let rounding = if up { Rounding::Ceil } else { Rounding::TowardZero };
        let strategy = self.config.strategy(trader.sleeve);
        let exact = strategy.is_some_and(|s| s.as_declared == Some(true));
        let on_grid = from + (qty - from).to_lot(rules.lot, rounding);
        let rounded = if exact { qty } else { on_grid };
        let least = strategy.map_or(Amount::ZERO, |s| s.min_trade);
        let change = (rounded - h.rounded).abs();
        let worth = px.map(|px| scale(change.times(px), rules.multiplier));
        let small = least.0 > 0 && worth.is_some_and(|worth| worth < least);
        if small && !qty.is_zero() { h.rounded } else { rounded }
    }

    /// All targets of a strategy together are worth no more than its capital times its leverage.
    /// A target that comes closer to zero is never refused.
    fn within_leverage(&self, trader: Trader, qty: Qty, px: Option<Px>) -> Result<(), String> {
        let Some(strategy) = self.config.strategy(trader.sleeve) else { return Ok(()) };
        let Some(capital) = strategy.capital else { return Ok(()) };
        let was = self.state.holding(trader.holding).sleeve(trader.sleeve).emitted;
        let nearer = super::working::toward_zero(was, qty) == qty;
        if nearer {
            return Ok(());
        }
        let most = bound(capital, strategy.leverage_ppm);
        let Some(px) = px else {
            return Err(
                "its worth is not known: there is no mark and the target names no price".to_owned()
            );
        };
        let gross = self.others_gross(trader) + gross_of(self.config, trader.holding, qty, px);
        if gross <= most {
            return Ok(());
        }
        Err(format!(
            "all targets of {} would be worth {gross}, its capital times leverage is {most}",
            strategy.name
        ))
    }

    /// Worth of the declared targets of the other holdings of a strategy, without signs.
    fn others_gross(&self, trader: Trader) -> Amount {
        let sleeve = trader.sleeve;
        let all = self.config.holdings.iter().enumerate();
        let same = all.filter(|(at, key)| key.has(sleeve) && *at != trader.holding.ix());
        let ids = same.filter_map(|(at, _)| u32::try_from(at).ok().map(HoldingId));
        ids.map(|holding| {
            let px = self.price_of(Trader::new(holding, sleeve)).unwrap_or_default();
            let emitted = self.state.holding(holding).sleeve(sleeve).emitted;
            gross_of(self.config, holding, emitted, px)
        })
        .sum()
    }
}

fn gross_of(config: &Config, id: HoldingId, qty: Qty, px: Px) -> Amount {
    scale(qty.abs().times(px), config.instrument_of(id).multiplier)
}

/// A capital times a leverage in millionths.
fn bound(capital: Amount, leverage_ppm: u32) -> Amount {
    const WHOLE: i128 = 1_000_000;
    let (whole, part) = (capital.0 / WHOLE, capital.0 % WHOLE);
    let leverage = i128::from(leverage_ppm);
    Amount(whole.saturating_mul(leverage).saturating_add(part * leverage / WHOLE))
}
