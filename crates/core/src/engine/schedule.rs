//! Schedules: the part of a need that is due by now. TWAP, VWAP and arrival-price schedules are
//! curves of a policy; a share of the market's volume is another rule of the same kind.
//!
//! Entry points: [`due`], [`next_point`].
//!
//! Invariants:
//! 1. What is due only grows while a need lasts, and ends at all of it.
//! 2. What is not due is admitted and not released: the ladder counts it under QUEUE.
//! 3. A need that is not the way of the declared target (a limit, a hold, a forced exit) follows
//!    no schedule.

use crate::config::{Config, Policy};
use crate::ids::HoldingId;
use crate::num::{Qty, Rounding};
use crate::request::Side;
use crate::state::State;
use crate::time::Nanos;

/// All of it, in the unit of [`crate::config::CurvePoint::due_ppb`].
const WHOLE_PPB: i128 = 1_000_000_000;

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
    if policy.curve.is_empty() {
        return None;
    }
    let h = state.holding(id);
    let (begun, from) = if h.has_begun() { (h.begun, h.from) } else { (now, h.own) };
    let whole = side.signed(h.aim() - from);
    let wanted = side.signed(target - from);
    if whole.0 <= 0 || wanted.0 <= 0 {
        return None;
    }
    let elapsed_ns = now.since(begun);
    let passed = policy.curve.iter().take_while(|point| point.after_ns <= elapsed_ns);
    let due_ppb = passed.last().map_or(0, |point| i128::from(point.due_ppb));
    let lot = config.instrument_of(id).lot;
    let due = if due_ppb >= WHOLE_PPB {
        wanted
    } else {
        Qty(whole.0.saturating_mul(due_ppb) / WHOLE_PPB).to_lot(lot, Rounding::Floor).min(wanted)
    };
    let open = if side == Side::Buy { h.buying } else { h.selling };
    Some(due - side.signed(h.own - from) - open)
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
