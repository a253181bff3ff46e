//! The working target: what is really worked toward, and what stands between it and the
//! declared one.
//!
//! Declared, sized and on the lot grid; within limits; minus what was waived; through the gates
//! of time and margin ([`super::admission`]); beside the other legs of its basket
//! ([`super::basket`]); subject to freeze and mode. The declared target itself is never changed
//! by the engine. Where several strategies trade a key it is the sum of what they want
//! ([`super::wants`]).
//!
//! Entry points: [`working`], [`working_target`].
//!
//! Invariant: no gate adds. What a gate leaves lies between the wanted target and the present
//! position, or is zero.

use super::parts::{Trader, part};
use super::{admission, basket, wants};
use crate::config::Config;
use crate::event::{Block, Mode};
use crate::ids::HoldingId;
use crate::num::{Qty, Rounding};
use crate::quote::Quote;
use crate::state::State;
use crate::time::Nanos;

/// A working target, and why it is not the declared one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Working {
    /// The target.
    pub target: Qty,
    /// The gate that holds it back; [`Block::Open`] when none does. What was waived is no gate.
    pub gate: Block,
}

impl Working {
    /// The same, held back to `target` by a gate, if that changes anything.
    pub(super) fn only(self, target: Qty, gate: Block) -> Self {
        if target == self.target { self } else { Self { target, gate } }
    }
}

/// The working target of a holding at `now`, with its reason.
#[must_use]
pub fn working(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Working {
    if state.holding(id).is_shared() {
        return wants::working(config, state, id, now);
    }
    if let Some(fixed) = fixed(config, state, id, now) {
        return fixed;
    }
    let own = part(config, state, Trader::first(config, id));
    let gated = basket::together(config, state, &own, now, gated(config, state, id, now));
    reduced(state, id, gated)
}

/// The working target of a holding at `now`.
#[must_use]
pub fn working_target(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Qty {
    working(config, state, id, now).target
}

/// The working target of a strategy as it would be without the other legs of its basket.
pub(super) fn alone(config: &Config, state: &State, trader: Trader, now: Nanos) -> Working {
    let id = trader.holding;
    if state.holding(id).is_shared() {
        return wants::alone(config, state, trader, now);
    }
    let free = || reduced(state, id, gated(config, state, id, now));
    fixed(config, state, id, now).unwrap_or_else(free)
}

/// What mode and freeze say, where they say all there is to say.
fn fixed(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Option<Working> {
    let h = state.holding(id);
    // As it is: what is held and what may still fill. Nothing is added, nothing is cancelled.
    let as_is = h.own + h.buying - h.selling;
    let of = |target, gate| Some(Working { target, gate });
    if !h.declared && state.mode != Mode::Flattening {
        return of(as_is, Block::Open);
    }
    match state.mode {
        Mode::Halted | Mode::Killed if crate::planted!(HaltedStillSends) => {}
        Mode::Halted | Mode::Killed => return of(as_is, Block::Mode),
        Mode::Flattening => return of(Qty::ZERO, Block::Mode),
        Mode::Running | Mode::ReduceOnly => {}
    }
    if h.flattened {
        return of(Qty::ZERO, Block::Mode);
    }
    h.frozen?;
    // A frozen holding may still go to zero, nothing else.
    let to_zero = h.rounded.is_zero()
        || admission::flat_reason(config, Trader::first(config, id), now).is_some();
    of(if to_zero { toward_zero(h.own, Qty::ZERO) } else { as_is }, Block::Frozen)
}

fn gated(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Working {
    let h = state.holding(id);
    let trader = Trader::first(config, id);
    // A strategy that is switched off stays as it is, unless it wants nothing.
    let off = state.disabled.contains(&trader.sleeve) && !h.rounded.is_zero();
    let free = if off {
        let flat = config.risk.off_is_flat == Some(true);
        Working { target: if flat { Qty::ZERO } else { h.own }, gate: Block::Disabled }
    } else {
        Working { target: h.aim(), gate: Block::Open }
    };
    // Nor do limits make it trade: they bound what is wanted, and nothing is wanted of it.
    let within = if off { free } else { within_limits(config, state, id, free) };
    // What was waived is not wanted, and never makes the engine trade through what it holds.
    let target = match (h.unwound, h.rounded.0 >= 0) {
        (false, _) => between(h.own, within.target, within.target - h.waived()),
        // What is unwound only goes back, whatever was waived on the way.
        (true, true) => h.own.min(within.target),
        (true, false) => h.own.max(within.target),
    };
    let own = part(config, state, trader);
    admission::pass(config, state, &own, now, Working { target, gate: within.gate })
}

fn reduced(state: &State, id: HoldingId, wanted: Working) -> Working {
    if state.mode != Mode::ReduceOnly {
        return wanted;
    }
    wanted.only(toward_zero(state.holding(id).own, wanted.target), Block::Mode)
}

/// `wanted`, but not outside what lies between `position` and `target`.
pub(super) fn between(position: Qty, target: Qty, wanted: Qty) -> Qty {
    wanted.max(position.min(target)).min(position.max(target))
}

/// `wanted`, but no further from zero than `position` and not on its other side.
pub(super) fn toward_zero(position: Qty, wanted: Qty) -> Qty {
    if position.0 >= 0 {
        wanted.max(Qty::ZERO).min(position)
    } else {
        wanted.min(Qty::ZERO).max(position)
    }
}

/// What the limits of a key leave of what is wanted of it.
pub(super) fn within_limits(
    config: &Config,
    state: &State,
    id: HoldingId,
    free: Working,
) -> Working {
    let h = state.holding(id);
    let mut most = config.risk.position_qty_max;
    if let (Some(notional), Some(mark)) = (config.risk.position_notional_max, &h.mark) {
        let lot = config.instrument_of(id).lot;
        let by_notional = qty_for(notional, mark, lot);
        most = Some(most.map_or(by_notional, |qty| qty.min(by_notional)));
    }
    let limited = match most {
        Some(most) => free.only(free.target.max(-most).min(most), Block::Risk),
        None => free,
    };
    let lowest = if config.holdings[id.ix()].never_short { Qty::ZERO } else { limited.target };
    limited.only(limited.target.max(lowest), Block::Short)
}

/// The largest quantity on the lot grid whose notional at the mid is within a bound.
#[must_use]
pub fn qty_for(notional: crate::num::Amount, mark: &Quote, lot: Qty) -> Qty {
    let mid = mark.mid();
    if mid.0 <= 0 {
        return Qty::ZERO;
    }
    Qty(notional.0 / mid.0).to_lot(lot, Rounding::TowardZero)
}
