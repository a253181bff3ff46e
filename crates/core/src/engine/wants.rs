//! What each of several strategies on one holding key works toward.
//!
//! Every strategy has a target, a waiver and a position of its own, and passes the gates of its
//! own hours, terms and basket; limits, freezes and modes are those of the key. What the key may not hold is taken from those who want more first, in
//! proportion, then from those who hold.
//!
//! Entry points: [`wants`], [`working`], [`declared_bound`].
//!
//! Invariant: what the strategies work toward sums to the working target of the key.

use super::parts::{Part, Trader, part};
use super::working::{Working, between, toward_zero, within_limits};
use super::{admission, basket};
use crate::config::Config;
use crate::event::{Block, Mode};
use crate::ids::{HoldingId, SleeveId};
use crate::num::{Qty, Rounding};
use crate::order::shares::split;
use crate::request::Side;
use crate::state::State;
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
    /// What holds it back; [`Block::Open`] when nothing does.
    pub gate: Block,
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

    /// How much more is open on a side than it wants; zero or positive.
    pub(super) fn over(&self, side: Side) -> Qty {
        let over = match side {
            Side::Buy if self.buying.0 > 0 => self.own + self.buying - self.target.max(self.own),
            Side::Sell if self.selling.0 > 0 => {
                self.target.min(self.own) - (self.own - self.selling)
            }
            _ => Qty::ZERO,
        };
        over.max(Qty::ZERO)
    }
}

/// What every strategy of a shared key works toward at `now`, in canonical order.
#[must_use]
pub fn wants(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Vec<Want> {
    look(config, state, id, now, true).0
}

/// What a strategy of a shared key would work toward without the other legs of its basket.
pub(super) fn alone(config: &Config, state: &State, trader: Trader, now: Nanos) -> Working {
    let wants = look(config, state, trader.holding, now, false).0;
    let own = wants.iter().find(|want| want.sleeve == trader.sleeve);
    own.map_or(Working { target: Qty::ZERO, gate: Block::Open }, |want| Working {
        target: want.target,
        gate: want.gate,
    })
}

/// The working target of a shared key: the sum over its strategies. Its gate is that of the key,
/// or else of the first strategy that one holds back.
pub(super) fn working(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Working {
    let (wants, gate) = look(config, state, id, now, true);
    Working { target: wants.iter().map(|want| want.target).sum(), gate }
}

fn look(
    config: &Config,
    state: &State,
    id: HoldingId,
    now: Nanos,
    baskets: bool,
) -> (Vec<Want>, Block) {
    let h = state.holding(id);
    let of = |s: &SleeveState| {
        let own = part(config, state, Trader::new(id, s.sleeve));
        let Working { target, gate } = aim(config, state, s, &own, now, baskets);
        let (own, buying, selling) = (own.own, own.buying, own.selling);
        Want { sleeve: s.sleeve, own, target, buying, selling, gate }
    };
    let mut wants: Vec<Want> = h.sleeves.iter().map(of).collect();
    let sum: Qty = wants.iter().map(|w| w.target).sum();
    // Who said nothing, or is off, stays as it is: no limit trades it.
    let stays: Vec<bool> = h.sleeves.iter().map(|s| stays(state, s)).collect();
    let still = |w: (&Want, &bool)| if *w.1 { w.0.target } else { Qty::ZERO };
    let still: Qty = wants.iter().zip(&stays).map(still).sum();
    let limited = |wanted: Working| {
        let within = within_limits(config, state, id, wanted).target - still;
        let moves = wanted.target - still;
        let left = within.max(moves.min(Qty::ZERO)).min(moves.max(Qty::ZERO));
        wanted.only(still + left, Block::Risk)
    };
    let held_back = wants.iter().map(|w| w.gate).find(|gate| *gate != Block::Open);
    let wanted = Working { target: sum, gate: held_back.unwrap_or(Block::Open) };
    let bounded = match state.mode {
        Mode::Halted | Mode::Killed | Mode::Flattening => wanted,
        _ if h.frozen.is_some() && sum == h.own + h.buying - h.selling => wanted,
        _ if h.frozen.is_some() => wanted.only(toward_zero(h.own, sum), Block::Frozen),
        Mode::Running => limited(wanted),
        Mode::ReduceOnly => {
            let within = limited(wanted);
            within.only(toward_zero(h.own, within.target), Block::Mode)
        }
    };
    let before: Vec<Qty> = wants.iter().map(|w| w.target).collect();
    let ends = matches!(state.mode, Mode::Halted | Mode::Killed | Mode::Flattening);
    let moves = |at: usize| ends || h.frozen.is_some() || !stays.get(at).copied().unwrap_or(false);
    lower(&mut wants, sum - bounded.target, config.instrument_of(id).lot, moves);
    for (want, before) in wants.iter_mut().zip(before) {
        if want.target != before {
            want.gate = bounded.gate;
        }
    }
    (wants, bounded.gate)
}

/// What a strategy would work toward if the key were its own.
fn aim(
    config: &Config,
    state: &State,
    s: &SleeveState,
    own: &Part<'_>,
    now: Nanos,
    baskets: bool,
) -> Working {
    let of = |target, gate| Working { target, gate };
    match state.mode {
        Mode::Halted | Mode::Killed => return of(own.as_is(), Block::Mode),
        Mode::Flattening => return of(Qty::ZERO, Block::Mode),
        Mode::Running | Mode::ReduceOnly => {}
    }
    if !s.declared {
        return of(own.as_is(), Block::Open);
    }
    if s.flattened == Some(true) {
        return of(Qty::ZERO, Block::Mode);
    }
    if state.holding(own.trader.holding).frozen.is_some() {
        // Frozen: it may still go to zero, nothing else.
        let zero = s.rounded.is_zero() || admission::flat_reason(config, own.trader, now).is_some();
        return of(if zero { Qty::ZERO } else { own.as_is() }, Block::Frozen);
    }
    // One that is switched off stays as it is, unless it wants nothing.
    let off = !s.enabled && !s.rounded.is_zero();
    let flat = config.risk.off_is_flat == Some(true);
    let stays = if flat { Qty::ZERO } else { s.own };
    let (declared, gate) = if off { (stays, Block::Disabled) } else { (s.rounded, Block::Open) };
    // What was waived is not wanted, and never makes it trade through what it holds.
    let wanted = of(between(s.own, declared, declared - s.waived()), gate);
    let gated = admission::pass(config, state, own, now, wanted);
    let gated = if baskets { basket::together(config, state, own, now, gated) } else { gated };
    if state.mode == Mode::ReduceOnly {
        return gated.only(toward_zero(s.own, gated.target), Block::Mode);
    }
    gated
}

/// A strategy that keeps what it has, whatever it is: it declared nothing, or it is off and does
/// not want to be flat.
fn stays(state: &State, s: &SleeveState) -> bool {
    let lives = matches!(state.mode, Mode::Running | Mode::ReduceOnly);
    lives && (!s.declared || (!s.enabled && !s.rounded.is_zero()))
}

/// Takes `excess` from what the strategies work toward (below zero: gives): from needs of that
/// side first, then from positions, in proportion; of those that move at all.
fn lower(wants: &mut [Want], excess: Qty, lot: Qty, moves: impl Fn(usize) -> bool) {
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
        let weigh = |(at, w): (usize, &Want)| if moves(at) { weight(w) } else { 0 };
        let weights: Vec<i128> = wants.iter().enumerate().map(weigh).collect();
        for (want, part) in wants.iter_mut().zip(split(left, &weights, lot.0)) {
            want.target -= Qty(part * sign);
            left -= part;
        }
    }
    if let Some(first) = wants.first_mut() {
        first.target -= Qty(left * sign);
    }
}

/// How far orders of a side may take a key by what its strategies declared: the sum of the
/// declared targets. A time at which nothing may be held stands for a declared zero. One that is
/// off or said nothing counts with what it holds; so does one that waived a remainder or that a
/// gate holds back, where it holds more on this side than it declared.
#[must_use]
pub fn declared_bound(
    config: &Config,
    state: &State,
    id: HoldingId,
    side: Side,
    now: Nanos,
) -> Qty {
    let h = state.holding(id);
    let flat = |sleeve| admission::flat_reason(config, Trader::new(id, sleeve), now).is_some();
    if !h.is_shared() {
        let sleeve = Trader::first(config, id).sleeve;
        let off = state.disabled.contains(&sleeve) && !h.rounded.is_zero();
        return match (flat(sleeve) || h.flattened, off) {
            (true, _) => Qty::ZERO,
            (false, true) => h.own,
            (false, false) => h.aim(),
        };
    }
    let wants = wants(config, state, id, now);
    let of = |(s, want): (&SleeveState, &Want)| {
        let counts = s.declared && (s.enabled || s.rounded.is_zero());
        let all = want.gate == Block::Open && s.waived().is_zero();
        match side {
            _ if s.declared && (flat(s.sleeve) || s.flattened == Some(true)) => Qty::ZERO,
            // It is off, or said nothing: it stays as it is, with what was open before.
            _ if s.declared && !counts => s.own,
            _ if !counts => want.own + want.buying - want.selling,
            Side::Buy if !all => s.rounded.max(s.own),
            Side::Sell if !all => s.rounded.min(s.own),
            _ => s.rounded,
        }
    };
    h.sleeves.iter().zip(&wants).map(of).sum()
}

/// How much strategies want on opposite sides of each other, on the lot grid.
pub(super) fn opposite(wants: &[Want], lot: Qty) -> Qty {
    let free = |side: Side| wants.iter().map(|w| w.free(side)).sum::<Qty>();
    free(Side::Buy).min(free(Side::Sell)).to_lot(lot, Rounding::TowardZero)
}
