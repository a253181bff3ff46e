//! The gates a target passes on its way to being worked toward: hours, `flat_by`, validity,
//! expiry, declaring again, margin. A gate never adds: it lets a target pass, holds an increase
//! back at the present position, or asks for zero. Of several strategies on a key each passes
//! its own gates, before what they want is summed.
//!
//! Entry point: [`pass`]. Gates of a basket are in [`super::basket`], of a session in
//! [`super::session`]: what is not open now waits in the queue, it is not unwanted.

use super::parts::{Part, Trader};
use super::working::{Working, between, toward_zero};
use super::{expiry, hours};
use crate::config::{Config, OnExpiry, Strategy};
use crate::event::Block;
use crate::num::Qty;
use crate::state::State;
use crate::time::Nanos;

/// A reason for a strategy to hold nothing on a key at `now`, whatever it declared.
#[must_use]
pub fn flat_reason(config: &Config, trader: Trader, now: Nanos) -> Option<Block> {
    let strategy = config.strategy(trader.sleeve)?;
    if hours::must_be_flat(config, strategy, now).0 {
        return Some(Block::FlatBy);
    }
    let (ends, then) = expiry::contract_ends(config, strategy, trader.holding);
    (then == OnExpiry::Flatten && ends <= now).then_some(Block::Expiry)
}

/// What the gates leave of what a strategy wants.
#[must_use]
pub fn pass(
    config: &Config,
    state: &State,
    part: &Part<'_>,
    now: Nanos,
    wanted: Working,
) -> Working {
    let Some(strategy) = part.strategy else { return wanted };
    if let Some(gate) = flat_reason(config, part.trader, now) {
        let gate = if wanted.target.is_zero() { wanted.gate } else { gate };
        return Working { target: Qty::ZERO, gate };
    }
    let held = toward_zero(part.own, wanted.target);
    if held == wanted.target {
        return wanted;
    }
    if let Some(gate) = no_increase(config, strategy, part, now) {
        return Working { target: held, gate };
    }
    if state.holding(part.trader.holding).paused == Nanos::MAX {
        // What the broker took goes on; only more of it is not asked for.
        return wanted.only(between(part.own, wanted.target, part.as_is()), Block::Margin);
    }
    wanted
}

/// A reason why nothing may be added at `now`.
fn no_increase(config: &Config, strategy: &Strategy, part: &Part<'_>, now: Nanos) -> Option<Block> {
    if strategy.redeclare && part.terms.undeclared {
        return Some(Block::Redeclare);
    }
    if expiry::target_ends(strategy, part.terms) <= now {
        return Some(Block::Expired);
    }
    if !hours::may_enter(strategy, now).0 {
        return Some(Block::Hours);
    }
    (expiry::contract_ends(config, strategy, part.trader.holding).0 <= now).then_some(Block::Expiry)
}
