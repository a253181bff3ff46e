//! The end: faults off, and within a bounded time everything must converge.

use super::{Session, SessionError};
use truefill_core::config::Holding;
use truefill_core::engine::Engine;
use truefill_core::event::{Block, Freeze, Lane};
use truefill_core::input::{DayEnd, Input};
use truefill_core::num::Qty;
use truefill_core::order::Order;
use truefill_core::state::holding::HoldingState;
use truefill_core::time::{Nanos, SECOND_NS};

/// How much longer the settling lasts for what its last moments began.
const GRACE_NS: i64 = 120 * SECOND_NS;
/// Most times that the settling lasts longer because something came nearer to its target.
const PARTS_MAX: u32 = 40;
/// Most days that are closed one after the other because the close of one began the next.
const CLOSES_MAX: u32 = 20;

impl Session<'_> {
    pub(super) fn settle(&mut self) -> Result<(), SessionError> {
        self.broker.settle(self.now);
        self.settling = true;
        let descriptor = &self.plan.config.descriptor;
        let old_ns = descriptor.reply_timeout_ns.saturating_add(descriptor.read_lag_max_ns);
        // An account that is read once in hours is not read again within the settling.
        let seldom = self.plan.config.recon.idle_ns.saturating_add(old_ns) > self.plan.settle_ns;
        self.read_from = if seldom { Nanos(i64::MIN) } else { self.now.plus(old_ns) };
        self.watch.settling(self.now);
        let mut settled = self.converge()?;
        self.close_day()?;
        for _ in 0..CLOSES_MAX {
            if !settled || self.is_settled() {
                break;
            }
            // The marks of the close have moved something: that is of the next day.
            settled = self.converge()?;
            self.close_day()?;
        }
        self.checker.at_end(&self.engine, &self.broker, settled);
        self.watch.end(&self.engine, &self.broker);
        Ok(())
    }

    /// Runs until everything has come to rest; false when it does not in time. What trades in
    /// small parts has more time for as long as each part brings it nearer: it is held, or it
    /// rests in the market.
    fn converge(&mut self) -> Result<bool, SessionError> {
        let (mut held, mut placed) = self.missing();
        for _ in 0..PARTS_MAX {
            if self.come_to_rest()? {
                return Ok(true);
            }
            let left = self.missing();
            if left.0 >= held && left.1 >= placed {
                return Ok(false);
            }
            (held, placed) = (held.min(left.0), placed.min(left.1));
        }
        Ok(false)
    }

    /// How far all holdings are from what is wanted of them, by what is held, and by what is held
    /// or in the market for it.
    fn missing(&self) -> (Qty, Qty) {
        let holdings = &self.engine.state().holdings;
        let held = |h: &HoldingState| h.rounded - h.own;
        let placed = |h: &HoldingState| held(h) - h.buying + h.selling;
        let sum = |of: &dyn Fn(&HoldingState) -> Qty| holdings.iter().map(|h| of(h).abs()).sum();
        (sum(&held), sum(&placed))
    }

    fn come_to_rest(&mut self) -> Result<bool, SessionError> {
        let end = self.now.plus(self.plan.settle_ns);
        // What a closing hour begins at the very end is seen through.
        let grace = end.plus(GRACE_NS);
        // A full idle round must pass quietly before the books are closed.
        let mut quiet_since = None;
        while self.now < end || (self.now < grace && !self.is_settled()) {
            let step = self.now.plus(SECOND_NS).min(grace);
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
        Ok(self.is_settled())
    }

    /// Closes the books of the day. What the close itself moves belongs to another day, whose
    /// books are closed as well.
    fn close_day(&mut self) -> Result<(), SessionError> {
        self.day_closed = false;
        for _ in 0..CLOSES_MAX {
            if self.day_closed {
                break;
            }
            self.inbox.push(Input::DayEnd(DayEnd {}).into());
            self.turn()?;
            if let Some(until) = self.down_until {
                // It died over its books: it comes back and closes them, once.
                self.now = self.now.max(until);
                self.come_back()?;
            }
        }
        Ok(())
    }

    /// The market stands still at its last quotes, which stay current.
    fn refresh_quotes(&mut self) {
        self.tape.refresh(self.now);
    }

    fn is_settled(&self) -> bool {
        let state = self.engine.state();
        self.down_until.is_none()
            && state.recon.compared
            // Read by a round in which nothing went wrong any more.
            && state.recon.ended >= self.read_from
            && self.script.is_empty()
            && self.targets.is_empty()
            && is_quiet(&self.engine)
    }
}

/// Whether nothing of the engine's is under way or unknown, and no work waits that could be done.
pub(crate) fn is_quiet(engine: &Engine) -> bool {
    let (state, config) = (engine.state(), engine.config());
    let passing = |block: Block| {
        // What is netted waits for a strategy to change its mind, or for a market; a spread that
        // is too wide stays as it is; a closed market and a used-up day last longer.
        let resting = [
            Block::Frozen,
            Block::Dust,
            Block::Stale,
            Block::Risk,
            Block::Netted,
            Block::Spread,
            Block::Session,
            Block::DayOrders,
        ];
        !resting.contains(&block)
    };
    // Nobody trades any more: what follows the volume of the market is never due.
    let volumeless = |h: &HoldingState, key: &Holding| {
        h.staged.blocked == Block::Schedule && engine.wants_volume(key.instrument)
    };
    // Without funds nothing is tried until the target changes.
    let hopeless = |paused: Nanos, block: Block| block == Block::Paused && paused == Nanos::MAX;
    let waiting = state.holdings.iter().zip(&config.holdings).any(|(h, key)| {
        let (lane, blocked) = (h.staged.lane, h.staged.blocked);
        let waits = lane != Lane::Idle
            && passing(blocked)
            && !hopeless(h.paused, blocked)
            && !volumeless(h, key);
        // Until the operator says the ratio, a split is a difference, and the way out waits for
        // reads to agree.
        let split = h.frozen == Some(Freeze::CorporateAction) && h.differing > 0;
        let asks = split && blocked == Block::Unread;
        (h.differing > 0 && !split) || (waits && !asks)
    });
    // Where pushes are lost or there are none, a read says what became of an order.
    let read = state.recon.orders_seq.max(state.recon.open_seq);
    state.orders.open.values().all(|o| o.known.exists && !o.needs_lookup() && o.released_seq < read)
        && state.wire.values().all(|w| w.order.is_none())
        && !is_unpriced(engine)
        && !waiting
}

/// An execution known by its quantity alone is priced by the next read of the trades.
fn is_unpriced(engine: &Engine) -> bool {
    let state = engine.state();
    let unpriced = |o: &Order| {
        let moved_seq = state.holding(o.ticket.holding).moved_seq;
        o.known.unpriced.0 > 0 && state.recon.activity_seq <= moved_seq
    };
    let closed = state.orders.unpriced.iter().filter_map(|no| state.orders.get(*no));
    engine.config().descriptor.activity && state.orders.open.values().chain(closed).any(unpriced)
}
