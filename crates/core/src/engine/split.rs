//! Splits and bonuses: seen before the open by the broker's previous close, booked when the
//! operator says the ratio.
//!
//! Entry points: [`Deciding::prev_close`], [`Deciding::split`].
//!
//! Invariant: a split changes units and marks together, so the value of a position stays. What
//! is no whole lot in new units is paid out by the broker; it is booked at the mark and told.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{
    Corrected, DriftClass, Event, Freeze, Frozen, SleeveSplit, SplitApplied, Thawed,
};
use crate::ids::{HoldingId, InstrumentId};
use crate::input::{PrevClose, Split};
use crate::num::{NANO, Px, Qty, Rounding};
use crate::order::shares::Share;
use crate::state::holding::HoldingState;
use crate::state::sleeve::SleeveState;
use crate::time::{Nanos, SECOND_NS};

/// Largest number in a ratio.
const RATIO_MAX: u32 = 10_000;
const DAY_NS: i64 = 86_400 * SECOND_NS;
/// As long as holidays last: older prices of what is not held prove nothing.
const FRESH_NS: i64 = 5 * DAY_NS;

impl Deciding<'_> {
    fn holdings_of(&self, instrument: InstrumentId) -> Vec<HoldingId> {
        let all = self.config.holdings.iter().enumerate();
        let same = all.filter(|(_, key)| key.instrument == instrument);
        same.filter_map(|(at, _)| u32::try_from(at).ok().map(HoldingId)).collect()
    }

    /// Compares the broker's previous close with our own last mark of that session.
    pub fn prev_close(&mut self, close: &PrevClose) {
        let least = self.config.risk.split_ppm_min;
        if close.px.0 <= 0 || close.px.bounded().is_err() || least == 0 {
            return;
        }
        for holding in self.holdings_of(close.instrument) {
            let h = self.state.holding(holding);
            let ours = last_price(h, self.now());
            let idle = !h.declared && h.total().is_zero();
            let known = h.frozen == Some(Freeze::CorporateAction);
            let Some(ours) = ours.filter(|ours| !idle && !known && is_far(*ours, close.px, least))
            else {
                continue;
            };
            self.touch(holding);
            self.emit(Event::Frozen(Frozen { holding, why: Freeze::CorporateAction }));
            let symbol = &self.config.instrument_of(holding).symbol;
            let text = format!(
                "the broker's previous close of {symbol} is {}, ours was {ours}: it looks like a \
                 split or a bonus, nothing is traded; say `truefill split CONFIG {symbol} NEW:OLD`, \
                 or `truefill resume CONFIG {symbol}` if it is none",
                close.px
            );
            self.alert(AlertCode::CorporateAction, Some(holding), None, text);
        }
    }

    /// Books a split in every holding of an instrument.
    pub fn split(&mut self, split: &Split) {
        if split.instrument.ix() >= self.config.instruments.len() {
            return;
        }
        let ids = self.holdings_of(split.instrument);
        if let Err(why) = self.check_split(split, &ids) {
            self.alert(AlertCode::CorporateAction, ids.first().copied(), None, why);
            return;
        }
        for holding in ids {
            self.split_one(holding, split);
        }
    }

    fn check_split(&self, split: &Split, ids: &[HoldingId]) -> Result<(), String> {
        let (num, den) = (split.ratio_num, split.ratio_den);
        let whole = 1..=RATIO_MAX;
        if !whole.contains(&num) || !whole.contains(&den) || num == den {
            return Err(format!("{num}:{den} is no ratio of a split; say NEW:OLD, such as 2:1"));
        }
        if i128::from(num) * NANO % i128::from(den) != 0 {
            return Err(format!(
                "{num}:{den} is no decimal number, the ledger cannot carry it; use `truefill adopt`"
            ));
        }
        if ids.iter().any(|id| !self.state.holding(*id).open.is_empty()) {
            return Err("orders are open in old units; cancel them, then say it again".to_owned());
        }
        let grows = |qty: Qty| ratio(qty, split).bounded().is_err();
        let h = |id: &HoldingId| self.state.holding(*id);
        let wild = |s: &SleeveState| grows(s.own) || grows(s.emitted);
        if ids.iter().any(|id| grows(h(id).own) || grows(h(id).manual) || grows(h(id).emitted))
            || ids.iter().any(|id| h(id).sleeves.iter().any(wild))
        {
            return Err("the position would be absurd in new units".to_owned());
        }
        Ok(())
    }

    /// An activity row told of the same split before, and its change was adopted as somebody's.
    fn take_back(&mut self, holding: HoldingId) {
        let h = self.state.holding(holding);
        let terms = &h.terms;
        let parts = h.sleeves.iter().map(|s| (s.sleeve, -s.terms.adopted_own));
        let shares = parts.filter(|(_, qty)| !qty.is_zero());
        let shares = shares.map(|(sleeve, qty)| Share { sleeve, qty }).collect();
        let (manual, own, px) = (-terms.adopted_manual, -terms.adopted_own, terms.adopted_px);
        if manual.is_zero() && own.is_zero() {
            return;
        }
        self.emit(Event::Corrected(Corrected {
            holding,
            class: DriftClass::CorporateAction,
            manual,
            own,
            shares,
            px,
            effective: self.now(),
            placeholder: false,
            exec_id: None,
        }));
    }

    fn split_one(&mut self, holding: HoldingId, split: &Split) {
        let h = self.state.holding(holding);
        if !h.declared && h.total().is_zero() && h.mark.is_none() {
            return;
        }
        self.take_back(holding);
        let h = self.state.holding(holding);
        let lot = self.config.instrument_of(holding).lot;
        let exact = match h.is_shared() {
            true => h.sleeves.iter().map(|s| ratio(s.own, split)).sum(),
            false => ratio(h.own, split),
        };
        let own = exact.to_lot(lot, Rounding::TowardZero);
        let manual = ratio(h.manual, split).to_lot(lot, Rounding::TowardZero);
        let emitted = ratio(h.emitted, split);
        let rounded = ratio(h.rounded, split).to_lot(lot, Rounding::TowardZero);
        let fraction = exact - own;
        let sleeves = split_sleeves(h, split, own, lot);
        let frozen = h.frozen == Some(Freeze::CorporateAction);
        let (ratio_num, ratio_den) = (split.ratio_num, split.ratio_den);
        self.touch(holding);
        self.emit(Event::SplitApplied(SplitApplied {
            holding,
            ratio_num,
            ratio_den,
            own,
            manual,
            emitted,
            rounded,
            fraction,
            sleeves,
        }));
        let mut text = format!("{ratio_num}:{ratio_den} booked, {own} is held");
        if !fraction.is_zero() {
            text += &format!("; {fraction} is no whole lot and counts as paid out at the mark");
        }
        self.alert(AlertCode::CorporateAction, Some(holding), None, text);
        if frozen {
            self.emit(Event::Thawed(Thawed { holding }));
        }
        self.suspect();
    }
}

/// Every strategy's part of a split; nothing for a key of one.
fn split_sleeves(h: &HoldingState, split: &Split, whole: Qty, lot: Qty) -> Vec<SleeveSplit> {
    let exact: Vec<Qty> = h.sleeves.iter().map(|s| ratio(s.own, split)).collect();
    let parts = whole_lots(&exact, whole, lot);
    let of = |(s, (exact, own)): (&SleeveState, (Qty, Qty))| SleeveSplit {
        sleeve: s.sleeve,
        own,
        emitted: ratio(s.emitted, split),
        rounded: ratio(s.rounded, split).to_lot(lot, Rounding::TowardZero),
        fraction: exact - own,
    };
    h.sleeves.iter().zip(exact.into_iter().zip(parts)).map(of).collect()
}

/// Our last price of an earlier session: that of the last day end, unless a much later mark
/// says that day ends were missed. A price of nothing held must not be old: markets move.
fn last_price(h: &HoldingState, now: Nanos) -> Option<Px> {
    let marked = h.mark.as_ref().map(|mark| (mark.mid(), mark.time));
    let closed = h.terms.closing.map(|px| (px, h.terms.closed));
    let missed = |(_, at): (Px, Nanos)| at.since(h.terms.closed) > DAY_NS;
    let (px, at) = marked.filter(|mark| missed(*mark)).or(closed).or(marked)?;
    let fresh = now.since(at) <= FRESH_NS || !h.total().is_zero();
    fresh.then_some(px)
}

/// A quantity in new units, rounded toward zero to 1e-9.
#[must_use]
pub fn split_units(qty: Qty, ratio_num: u32, ratio_den: u32) -> Qty {
    Qty(qty.0.saturating_mul(i128::from(ratio_num)) / i128::from(ratio_den.max(1)))
}

fn ratio(qty: Qty, split: &Split) -> Qty {
    split_units(qty, split.ratio_num, split.ratio_den)
}

/// Positions of several strategies on the lot grid, summing to the whole on the grid: rounded
/// down, and the lots that are left go by the largest remainder, equal ones in canonical order.
fn whole_lots(exact: &[Qty], whole: Qty, lot: Qty) -> Vec<Qty> {
    let mut parts: Vec<Qty> = exact.iter().map(|qty| qty.to_lot(lot, Rounding::Floor)).collect();
    let mut by_remainder: Vec<usize> = (0..exact.len()).collect();
    by_remainder.sort_by_key(|at| std::cmp::Reverse(exact[*at] - parts[*at]));
    let mut left = whole - parts.iter().copied().sum::<Qty>();
    for at in by_remainder {
        if left >= lot {
            parts[at] += lot;
            left -= lot;
        }
    }
    parts
}

/// A price in new units, rounded toward zero to 1e-9 and never to nothing.
#[must_use]
pub fn split_px(px: Px, ratio_num: u32, ratio_den: u32) -> Px {
    let (num, den) = (i128::from(ratio_num.max(1)), i128::from(ratio_den.max(1)));
    Px((px.0.saturating_mul(den) / num).max(px.0.min(1)))
}

/// The larger of two prices is more than so many millionths above the smaller.
fn is_far(one: Px, other: Px, ppm: u32) -> bool {
    const WHOLE: i128 = 1_000_000;
    let (low, high) = (one.min(other).0, one.max(other).0);
    low > 0 && high.saturating_mul(WHOLE) >= low.saturating_mul(WHOLE + i128::from(ppm))
}
