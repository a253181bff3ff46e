//! What each of several strategies on one holding key works toward.
//!
//! Every strategy has a target, a waiver and a position of its own; limits, freezes and modes are
//! those of the key. What the key may not hold is taken from those who want more first, in
//! proportion, then from those who hold.
//!
//! Entry points: [`wants`], [`working_target`], [`declared_bound`].
//!
//! Invariant: what the strategies work toward sums to the working target of the key.

use super::sharing::leaves_by_sleeve;
use super::working::{between, toward_zero, within_limits};
use crate::config::Config;
use crate::event::Mode;
use crate::ids::{HoldingId, SleeveId};
use crate::num::{Qty, Rounding};
use crate::order::shares::split;
use crate::request::Side;
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::state::sleeve::SleeveState;
use crate::time::Nanos;

/// What one strategy works toward in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Whose.
    pub sleeve: SleeveId,
    /// Its position.
    pub own: Qty,
    /// What it works toward.
    pub target: Qty,
    /// Its part of all that may still be bought.
    pub buying: Qty,
    /// Its part of all that may still be sold, positive.
    pub selling: Qty,
}

impl Want {
    /// What is missing on a side and not in the market for it yet; not below zero.
    #[must_use]
    pub fn free(&self, side: Side) -> Qty {
        let (missing, open) = match side {
            Side::Buy => (self.target - self.own, self.buying),
            Side::Sell => (self.own - self.target, self.selling),
        };
        (missing - open).max(Qty::ZERO)
    }

    /// More is open on a side than it wants.
    pub(super) fn is_over(&self, side: Side) -> bool {
        match side {
            Side::Buy => self.buying.0 > 0 && self.own + self.buying > self.target.max(self.own),
            Side::Sell => self.selling.0 > 0 && self.own - self.selling < self.target.min(self.own),
        }
    }
}

/// What every strategy of a shared key works toward at `now`, in canonical order.
#[must_use]
pub fn wants(config: &Config, state: &State, id: HoldingId, _now: Nanos) -> Vec<Want> {
    let h = state.holding(id);
    let mut wants: Vec<Want> = h
        .sleeves
        .iter()
        .map(|s| Want {
            sleeve: s.sleeve,
            own: s.own,
            target: s.own,
            buying: Qty::ZERO,
            selling: Qty::ZERO,
        })
        .collect();
    let lot = config.instrument_of(id).lot;
    for order in h.open.iter().filter_map(|no| state.orders.open.get(no)) {
        for (sleeve, leaves) in leaves_by_sleeve(h, order, lot) {
            let Some(want) = wants.iter_mut().find(|w| w.sleeve == sleeve) else { continue };
            match order.ticket.side {
                Side::Buy => want.buying += leaves,
                Side::Sell => want.selling += leaves,
            }
        }
    }
    for (want, s) in wants.iter_mut().zip(&h.sleeves) {
        want.target = aim(state, h, s, want);
    }
    let sum: Qty = wants.iter().map(|w| w.target).sum();
    let bounded = match state.mode {
        Mode::Halted | Mode::Killed | Mode::Flattening => sum,
        _ if h.frozen.is_some() && sum == h.own + h.buying - h.selling => sum,
        _ if h.frozen.is_some() => toward_zero(h.own, sum),
        Mode::Running => within_limits(config, state, id, sum),
        Mode::ReduceOnly => toward_zero(h.own, within_limits(config, state, id, sum)),
    };
    lower(&mut wants, sum - bounded, lot);
    wants
}

/// What a strategy would work toward if it were alone.
fn aim(state: &State, h: &HoldingState, s: &SleeveState, want: &Want) -> Qty {
    // As it is: what is held and what may still fill. Nothing is added, nothing is cancelled.
    let as_is = s.own + want.buying - want.selling;
    match state.mode {
        Mode::Halted | Mode::Killed => return as_is,
        Mode::Flattening => return Qty::ZERO,
        Mode::Running | Mode::ReduceOnly => {}
    }
    if !s.declared {
        return as_is;
    }
    if h.frozen.is_some() {
        return if s.rounded.is_zero() { Qty::ZERO } else { as_is };
    }
    // One that is switched off stays as it is, unless it wants nothing.
    let declared = if s.enabled || s.rounded.is_zero() { s.rounded } else { s.own };
    let wanted = between(s.own, declared, declared - s.waived());
    if state.mode == Mode::ReduceOnly { toward_zero(s.own, wanted) } else { wanted }
}

/// Takes `excess` from what the strategies work toward (below zero: gives): from needs of that
/// side first, then from positions, in proportion.
fn lower(wants: &mut [Want], excess: Qty, lot: Qty) {
    let sign = excess.0.signum();
    let mut left = excess.0.abs();
    for from_needs in [true, false] {
        if left == 0 {
            return;
        }
        let weight = |w: &Want| {
            let of = if from_needs { w.target - w.own } else { w.target };
            (of.0 * sign).max(0)
        };
        let weights: Vec<i128> = wants.iter().map(weight).collect();
        for (want, part) in wants.iter_mut().zip(split(left, &weights, lot.0)) {
            want.target -= Qty(part * sign);
            left -= part;
        }
    }
    if let Some(first) = wants.first_mut() {
        first.target -= Qty(left * sign);
    }
}

/// The working target of a shared key: the sum over its strategies.
#[must_use]
pub fn working_target(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Qty {
    wants(config, state, id, now).iter().map(|want| want.target).sum()
}

/// How far orders of a side may take a key by what its strategies declared: the sum of the
/// declared targets. One that is off or said nothing counts with what it holds; so does one that
/// waived a remainder, where it holds more on this side than it declared.
#[must_use]
pub fn declared_bound(config: &Config, state: &State, id: HoldingId, side: Side) -> Qty {
    let h = state.holding(id);
    if !h.is_shared() {
        let off = state.disabled.contains(&config.holdings[id.ix()].sleeve);
        return if off && !h.rounded.is_zero() { h.own } else { h.rounded };
    }
    let of = |s: &SleeveState| {
        let counts = s.declared && (s.enabled || s.rounded.is_zero());
        match side {
            _ if !counts => s.own,
            Side::Buy if !s.waived().is_zero() => s.rounded.max(s.own),
            Side::Sell if !s.waived().is_zero() => s.rounded.min(s.own),
            _ => s.rounded,
        }
    };
    h.sleeves.iter().map(of).sum()
}

/// How much strategies want on opposite sides of each other, on the lot grid.
pub(super) fn opposite(wants: &[Want], lot: Qty) -> Qty {
    let free = |side: Side| wants.iter().map(|w| w.free(side)).sum::<Qty>();
    free(Side::Buy).min(free(Side::Sell)).to_lot(lot, Rounding::TowardZero)
}
