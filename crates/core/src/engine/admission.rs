//! The gates a target passes on its way to being worked toward: hours, `flat_by`, validity,
//! expiry, declaring again, margin. A gate never adds: it lets a target pass, holds an increase
//! back at the present position, or asks for zero.
//!
//! Entry point: [`pass`]. Gates of a basket are in [`super::basket`], of a session in
//! [`super::session`]: what is not open now waits in the queue, it is not unwanted.

use super::working::{Working, between, toward_zero};
use super::{expiry, hours};
use crate::config::{Config, OnExpiry, Strategy};
use crate::event::Block;
use crate::ids::HoldingId;
use crate::num::Qty;
use crate::state::State;
use crate::time::Nanos;

/// A reason to hold nothing at `now`, whatever is declared.
#[must_use]
pub fn flat_reason(config: &Config, id: HoldingId, now: Nanos) -> Option<Block> {
    let strategy = config.strategy(config.holdings.get(id.ix())?.sleeve)?;
    if hours::must_be_flat(config, strategy, now).0 {
        return Some(Block::FlatBy);
    }
    let (ends, then) = expiry::contract_ends(config, strategy, id);
    (then == OnExpiry::Flatten && ends <= now).then_some(Block::Expiry)
}

/// What the gates leave of a wanted target.
#[must_use]
pub fn pass(config: &Config, state: &State, id: HoldingId, now: Nanos, wanted: Working) -> Working {
    let Some(strategy) = config.strategy(config.holdings[id.ix()].sleeve) else { return wanted };
    if let Some(gate) = flat_reason(config, id, now) {
        let gate = if wanted.target.is_zero() { wanted.gate } else { gate };
        return Working { target: Qty::ZERO, gate };
    }
    let h = state.holding(id);
    let held = toward_zero(h.own, wanted.target);
    if held == wanted.target {
        return wanted;
    }
    if let Some(gate) = no_increase(config, strategy, state, id, now) {
        return Working { target: held, gate };
    }
    if h.paused == Nanos::MAX {
        // What the broker took goes on; only more of it is not asked for.
        let as_is = h.own + h.buying - h.selling;
        return wanted.only(between(h.own, wanted.target, as_is), Block::Margin);
    }
    wanted
}

/// A reason why nothing may be added at `now`.
fn no_increase(
    config: &Config,
    strategy: &Strategy,
    state: &State,
    id: HoldingId,
    now: Nanos,
) -> Option<Block> {
    if strategy.redeclare && state.holding(id).terms.undeclared {
        return Some(Block::Redeclare);
    }
    if expiry::target_ends(strategy, state, id) <= now {
        return Some(Block::Expired);
    }
    if !hours::may_enter(strategy, now).0 {
        return Some(Block::Hours);
    }
    (expiry::contract_ends(config, strategy, id).0 <= now).then_some(Block::Expiry)
}
