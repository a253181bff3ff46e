//! Declared targets, and the working target: what is really worked toward.
//!
//! Working target = declared, on the lot grid, minus what was waived, then within limits, then
//! subject to freeze and mode. The declared target itself is never changed by the engine.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::Config;
use crate::event::{Event, Mode, TargetSet};
use crate::ids::HoldingId;
use crate::input::Target;
use crate::num::{Qty, Rounding};
use crate::quote::Quote;
use crate::state::State;

impl Deciding<'_> {
    pub fn target(&mut self, target: &Target) {
        if let Err(why) = self.check_target(target) {
            let known = target.holding.ix() < self.config.holdings.len();
            let holding = known.then_some(target.holding);
            self.alert(AlertCode::TargetRefused, holding, None, why);
            return;
        }
        let h = self.state.holding(target.holding);
        let again = h.declared && h.emitted == target.qty && !target.reopen;
        if again {
            return;
        }
        let lot = self.config.instrument_of(target.holding).lot;
        // What is rounded toward zero is the need, not the target: a change of less than a lot
        // trades nothing, in either direction.
        let from = h.own.to_lot(lot, Rounding::TowardZero);
        let rounded = from + (target.qty - from).to_lot(lot, Rounding::TowardZero);
        self.emit(Event::TargetSet(TargetSet {
            sleeve: target.sleeve,
            holding: target.holding,
            qty: target.qty,
            rounded,
            decided: target.decided.min(self.now()),
            px: target.px,
            mark: self.quote_then(self.config.holdings[target.holding.ix()].instrument),
            said: target.qty,
            stop_px: target.stop_px,
        }));
        self.touch(target.holding);
    }

    fn check_target(&self, target: &Target) -> Result<(), String> {
        let Some(key) = self.config.holdings.get(target.holding.ix()) else {
            return Err(format!("target for holding {} that does not exist", target.holding));
        };
        if key.sleeve != target.sleeve {
            return Err("target for a holding that another strategy trades".to_owned());
        }
        if target.qty.bounded().is_err() {
            return Err(format!("target {} is outside what truefill computes with", target.qty));
        }
        let px_bad = target.px.is_some_and(|px| px.bounded().is_err() || px.0 <= 0);
        if px_bad {
            return Err("the decision price is not a price".to_owned());
        }
        let instrument = &self.config.instruments[key.instrument.ix()];
        let mark = self.quote(key.instrument).map(|q| q.mid()).or(target.px);
        if mark.is_some_and(|px| target.qty.times(px).exceeds_bound()) {
            return Err(format!("target {} of {} is absurd", target.qty, instrument.symbol));
        }
        Ok(())
    }
}

/// The working target of a holding.
#[must_use]
pub fn working_target(config: &Config, state: &State, id: HoldingId) -> Qty {
    let h = state.holding(id);
    // As it is: what is held and what may still fill. Nothing is added, nothing is cancelled.
    let as_is = h.own + h.buying - h.selling;
    if !h.declared && state.mode != Mode::Flattening {
        return as_is;
    }
    // What was waived is not wanted, and never makes the engine trade through what it holds.
    let limited = within_limits(config, state, id, h.rounded);
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
fn between(position: Qty, target: Qty, wanted: Qty) -> Qty {
    wanted.max(position.min(target)).min(position.max(target))
}

/// `wanted`, but no further from zero than `position` and not on its other side.
fn toward_zero(position: Qty, wanted: Qty) -> Qty {
    if position.0 >= 0 {
        wanted.max(Qty::ZERO).min(position)
    } else {
        wanted.min(Qty::ZERO).max(position)
    }
}

fn within_limits(config: &Config, state: &State, id: HoldingId, wanted: Qty) -> Qty {
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
