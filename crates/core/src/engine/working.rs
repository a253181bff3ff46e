//! The working target: what is really worked toward.
//!
//! Working target = declared, on the lot grid, minus what was waived, then within limits, then
//! subject to freeze and mode. The declared target itself is never changed by the engine.
//!
//! Entry point: [`working_target`].

use crate::config::Config;
use crate::event::Mode;
use crate::ids::HoldingId;
use crate::num::{Qty, Rounding};
use crate::quote::Quote;
use crate::state::State;
use crate::time::Nanos;

/// The working target of a holding at `now`.
#[must_use]
pub fn working_target(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Qty {
    let h = state.holding(id);
    if h.is_shared() {
        return super::wants::working_target(config, state, id, now);
    }
    // As it is: what is held and what may still fill. Nothing is added, nothing is cancelled.
    let as_is = h.own + h.buying - h.selling;
    if !h.declared && state.mode != Mode::Flattening {
        return as_is;
    }
    // A strategy that is switched off stays as it is, unless it wants nothing.
    let off =
        !state.disabled.is_empty() && state.disabled.contains(&config.holdings[id.ix()].sleeve);
    let declared = if off && !h.rounded.is_zero() { h.own } else { h.rounded };
    // What was waived is not wanted, and never makes the engine trade through what it holds.
    let limited = within_limits(config, state, id, declared);
    let wanted = between(h.own, limited, limited - h.waived());
    match state.mode {
        Mode::Halted | Mode::Killed => return as_is,
        Mode::Flattening => return Qty::ZERO,
        Mode::Running | Mode::ReduceOnly => {}
    }
    if h.frozen.is_some() {
        // A frozen holding may still go to zero, nothing else.
        return if h.rounded.is_zero() { toward_zero(h.own, Qty::ZERO) } else { as_is };
    }
    if state.mode == Mode::ReduceOnly { toward_zero(h.own, wanted) } else { wanted }
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

pub(super) fn within_limits(config: &Config, state: &State, id: HoldingId, wanted: Qty) -> Qty {
    let h = state.holding(id);
    let mut most = config.risk.position_qty_max;
    if let (Some(notional), Some(mark)) = (config.risk.position_notional_max, &h.mark) {
        let lot = config.instrument_of(id).lot;
        let by_notional = qty_for(notional, mark, lot);
        most = Some(most.map_or(by_notional, |qty| qty.min(by_notional)));
    }
    match most {
        Some(most) => wanted.max(-most).min(most),
        None => wanted,
    }
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
