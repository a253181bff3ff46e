//! Schedules: the part of a need that is due by now. TWAP, VWAP and arrival-price schedules are
//! curves of a policy; a share of the market's volume is another rule of the same kind.
//!
//! Entry points: [`due`], [`next_point`], [`Engine::wants_volume`].
//!
//! Invariants:
//! 1. What is due only grows while a need lasts, and is never more than is wanted.
//! 2. What is not due is admitted and not released: the ladder counts it under QUEUE.
//! 3. A need that is not the way of the declared target (a limit, a hold, a forced exit) follows
//!    no schedule.

use super::Engine;
use super::deciding::Deciding;
use super::parts::policies_of;
use crate::config::{Config, Policy};
use crate::event::{Block, Event, Lane, VolumeSeen};
use crate::ids::{HoldingId, InstrumentId};
use crate::input::Volume;
use crate::num::{Qty, Rounding};
use crate::order::Intent;
use crate::request::Side;
use crate::state::State;
use crate::time::Nanos;

/// All of it, in the unit of [`crate::config::CurvePoint::due_ppb`].
const WHOLE_PPB: i128 = 1_000_000_000;
/// All but nothing of the volume: a share of all of it is infinitely much.
const PPM_MAX: u32 = 999_999;

/// How much of the need may be released now, on the lot grid: what is due less what is filled
/// and open. `None` where no schedule holds it back.
#[must_use]
pub fn due(
    config: &Config,
    state: &State,
    id: HoldingId,
    policy: &Policy,
    side: Side,
    target: Qty,
    now: Nanos,
) -> Option<Qty> {
    if policy.curve.is_empty() && policy.pov_ppm == 0 {
        return None;
    }
    let h = state.holding(id);
    let (begun, from) = if h.has_begun() { (h.begun, h.from) } else { (now, h.own) };
    let whole = side.signed(h.aim() - from);
    let wanted = side.signed(target - from);
    if whole.0 <= 0 || wanted.0 <= 0 {
        return None;
    }
    let lot = config.instrument_of(id).lot;
    let due = if policy.pov_ppm > 0 {
        let others = h.traded - h.traded_from.unwrap_or(h.traded);
        of_volume(policy, others).to_lot(lot, Rounding::Floor).min(wanted)
    } else {
        of_curve(policy, whole, wanted, now.since(begun), lot)
    };
    let open = if side == Side::Buy { h.buying } else { h.selling };
    Some(due - side.signed(h.own - from) - open)
}

/// The part of a curve that has passed; its end is all that is wanted, lot or no lot.
fn of_curve(policy: &Policy, whole: Qty, wanted: Qty, elapsed_ns: i64, lot: Qty) -> Qty {
    let passed = policy.curve.iter().take_while(|point| point.after_ns <= elapsed_ns);
    let due_ppb = passed.last().map_or(0, |point| i128::from(point.due_ppb));
    if due_ppb >= WHOLE_PPB {
        return wanted;
    }
    Qty(whole.0.saturating_mul(due_ppb) / WHOLE_PPB).to_lot(lot, Rounding::Floor).min(wanted)
}

/// Our part of a volume that has our own in it: `r / (1 - r)` times what others traded.
fn of_volume(policy: &Policy, others: Qty) -> Qty {
    let ppm = i128::from(policy.pov_ppm.min(PPM_MAX));
    Qty(others.0.saturating_mul(ppm) / (1_000_000 - ppm))
}

/// The policy of the need that a holding waits with. Of several strategies that with the largest
/// share of the volume: it is the first to have more due.
fn waiting_policy<'a>(config: &'a Config, state: &State, id: HoldingId) -> Option<&'a Policy> {
    let h = state.holding(id);
    if !h.has_begun() || h.staged.blocked != Block::Schedule {
        return None;
    }
    let intent = if h.staged.lane == Lane::Add { Intent::Entry } else { Intent::Exit };
    policies_of(config, id, intent)
        .filter(|policy| policy.pov_ppm > 0)
        .max_by_key(|policy| policy.pov_ppm)
}

impl Engine {
    /// The volume that others traded of this instrument is to be told, now and whenever it has
    /// grown: a need follows it.
    #[must_use]
    pub fn wants_volume(&self, instrument: InstrumentId) -> bool {
        let (config, state) = (self.config(), self.state());
        let follow = config.strategies.iter().any(|s| s.entry.pov_ppm > 0 || s.exit.pov_ppm > 0);
        follow
            && state.busy.iter().any(|id| {
                config.holdings[id.ix()].instrument == instrument
                    && waiting_policy(config, state, *id).is_some()
            })
    }
}

impl Deciding<'_> {
    /// Others traded: recorded when it makes another lot due.
    pub fn volume(&mut self, volume: &Volume) {
        let traded = volume.traded;
        for holding in self.state.busy.iter().copied().collect::<Vec<_>>() {
            if self.config.holdings[holding.ix()].instrument != volume.instrument {
                continue;
            }
            let Some(policy) = waiting_policy(self.config, self.state, holding) else { continue };
            let h = self.state.holding(holding);
            let lot = self.config.instrument_of(holding).lot;
            let due =
                |now: Qty, from: Qty| of_volume(policy, now - from).to_lot(lot, Rounding::Floor);
            let more = h.traded_from.is_none_or(|from| due(traded, from) > due(h.traded, from));
            if more && traded.bounded().is_ok() && traded.0 >= 0 {
                self.emit(Event::VolumeSeen(VolumeSeen { holding, traded }));
                self.touch(holding);
            }
        }
    }
}

/// When the next part becomes due.
#[must_use]
pub fn next_point(state: &State, id: HoldingId, policy: &Policy, now: Nanos) -> Nanos {
    let h = state.holding(id);
    if !h.has_begun() {
        return now;
    }
    let mut points = policy.curve.iter().map(|point| h.begun.plus(point.after_ns));
    points.find(|at| *at > now).unwrap_or(Nanos::MAX)
}
