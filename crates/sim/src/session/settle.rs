//! The end: faults off, and within a bounded time everything must converge.

use super::{Session, SessionError};
use truefill_core::engine::Engine;
use truefill_core::event::{Block, Lane};
use truefill_core::input::{DayEnd, Input};
use truefill_core::time::{Nanos, SECOND_NS};

impl Session<'_> {
    pub(super) fn settle(&mut self) -> Result<(), SessionError> {
        self.broker.settle(self.now);
        self.settling = true;
        let end = self.now.plus(self.plan.settle_ns);
        // A full idle round must pass quietly before the books are closed.
        let mut quiet_since = None;
        while self.now < end {
            let step = self.now.plus(SECOND_NS).min(end);
            self.refresh_quotes();
            self.run_until(step)?;
            self.now = step;
            if !self.is_settled() {
                quiet_since = None;
                continue;
            }
            let since = *quiet_since.get_or_insert(self.now);
            if self.now.since(since) > self.plan.config.recon.idle_ns + 2 * SECOND_NS {
                break;
            }
        }
        let settled = self.is_settled();
        while !self.day_closed {
            self.inbox.push(Input::DayEnd(DayEnd {}).into());
            self.turn()?;
            if let Some(until) = self.down_until {
                // It died over its books: it comes back and closes them, once.
                self.now = self.now.max(until);
                self.come_back()?;
            }
        }
        self.checker.at_end(&self.engine, &self.broker, settled);
        Ok(())
    }

    /// The market stands still at its last quotes, which stay current.
    fn refresh_quotes(&mut self) {
        self.tape.refresh(self.now);
    }

    fn is_settled(&self) -> bool {
        self.down_until.is_none() && self.targets.is_empty() && is_quiet(&self.engine)
    }
}

/// Whether nothing of the engine's is under way or unknown, and no work waits that could be done.
pub(crate) fn is_quiet(engine: &Engine) -> bool {
    let state = engine.state();
    let passing = |block: Block| {
        // What is netted waits for a strategy to change its mind, or for a market.
        let resting = [Block::Frozen, Block::Dust, Block::Stale, Block::Risk, Block::Netted];
        !resting.contains(&block)
    };
    // Without funds nothing is tried until the target changes.
    let hopeless = |paused: Nanos, block: Block| block == Block::Paused && paused == Nanos::MAX;
    let waiting = state.holdings.iter().any(|h| {
        let (lane, blocked) = (h.staged.lane, h.staged.blocked);
        let waits = lane != Lane::Idle && passing(blocked) && !hopeless(h.paused, blocked);
        h.differing > 0 || waits
    });
    state.orders.open.values().all(|o| o.known.exists && !o.needs_lookup())
        && state.wire.values().all(|w| w.order.is_none())
        && !waiting
}
