//! When the engine wants to look again, and what is due.
//!
//! Entry points: [`Engine::next_deadline`], [`Engine::wants_quotes`].
//!
//! A deadline in the past is "now". Stepping earlier or more often is harmless.

use super::Engine;
use super::edges::next_edge;
use super::parts::policies_of;
use super::release::UNRESOLVED_NS;
use super::repricing::{self, Watch};
use super::session::day_end;
use super::{schedule, session};
use crate::config::{Config, Policy};
use crate::event::{Block, Lane, Mode, RequestClass};
use crate::ids::{HoldingId, InstrumentId, OrderNo};
use crate::limiter::Class;
use crate::order::{Intent, Order};
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::time::Nanos;

impl Engine {
    /// The next time at which a `Release` may have something to do, seen from `now`.
    #[must_use]
    pub fn next_deadline(&self, now: Nanos) -> Nanos {
        if self.is_poisoned() {
            return Nanos::MAX;
        }
        let (config, state) = (self.config(), self.state());
        let new_free = state.limiter.next_free(now, Class::New);
        let cancel_free = state.limiter.next_free(now, cancel_class(config, state, now));
        let broken = self.fault.map_or(Nanos::MAX, |fault| fault.next);
        let reads = reads_deadline(config, state, now);
        let mut next = reads.min(next_edge(config, state, now)).min(broken);
        for id in &state.busy {
            let queued = queue_deadline(config, state, *id, now, new_free, cancel_free);
            next = next.min(queued).min(order_deadline(config, state, *id, now));
        }
        next
    }

    /// What should wake the engine for this instrument between its deadlines. The shell asks
    /// after each turn and filters quotes by it. To a `Release` it attaches, besides
    /// [`Engine::marks_for`], the quotes of instruments whose last quote is outside their
    /// [`Engine::band`].
    #[must_use]
    pub fn watch(&self, now: Nanos, instrument: InstrumentId) -> Watch {
        if self.state().busy.is_empty() && self.config().risk.daily_loss_max.is_none() {
            return Watch::Nothing;
        }
        if self.wants_quotes(instrument) {
            return Watch::Every;
        }
        self.band(now, instrument)
    }

    /// The quotes that would move no working order of this instrument: a band, or nothing when
    /// none can be moved now.
    #[must_use]
    pub fn band(&self, now: Nanos, instrument: InstrumentId) -> Watch {
        repricing::watch(self.config(), self.state(), instrument, now)
    }

    /// True if every quote of this instrument should wake the engine: something waits for a
    /// usable price.
    #[must_use]
    pub fn wants_quotes(&self, instrument: InstrumentId) -> bool {
        let state = self.state();
        if self.config().risk.daily_loss_max.is_some() && self.holds(instrument) {
            return true;
        }
        state.busy.iter().any(|id| {
            self.config().holdings[id.ix()].instrument == instrument
                && match state.holding(*id).staged.blocked {
                    Block::Stale | Block::Risk | Block::Spread => true,
                    Block::Netted => self.config().crossing,
                    _ => false,
                }
        })
    }
}

fn queue_deadline(
    config: &Config,
    state: &State,
    id: HoldingId,
    now: Nanos,
    new_free: Nanos,
    cancel_free: Nanos,
) -> Nanos {
    let h = state.holding(id);
    if h.staged.lane == Lane::Idle {
        return Nanos::MAX;
    }
    if !state.links_up[1] {
        return Nanos::MAX;
    }
    match h.staged.blocked {
        Block::Open if h.staged.lane == Lane::Cancel => cancel_free,
        Block::Open => new_free,
        Block::Throttle => {
            let first = h.releases.front().copied().unwrap_or(now);
            first.plus(config.risk.repeat_per_ns)
        }
        Block::DayOrders => day_end(config, config.holdings[id.ix()].instrument, now),
        // It begins when the queue comes to it, which is when something can leave.
        Block::Schedule if !h.has_begun() => new_free,
        Block::Schedule => {
            let intent = if h.staged.lane == Lane::Add { Intent::Entry } else { Intent::Exit };
            let policies = policies_of(config, id, intent);
            policies.map(|p| schedule::next_point(state, id, p, now)).min().unwrap_or(Nanos::MAX)
        }
        Block::Session => {
            let instrument = config.holdings[id.ix()].instrument;
            let close = |p: &Policy| session::close_from(config, instrument, now, p.patience_ns);
            let from = policies_of(config, id, Intent::Entry).filter_map(close);
            from.filter(|from| *from > now).min().unwrap_or(Nanos::MAX)
        }
        // Something else ends these: a quote, an answer, a link, a reply, the operator.
        _ => Nanos::MAX,
    }
}

fn order_deadline(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Nanos {
    let h = state.holding(id);
    // Only times to come: what is due already is decided by the release of this very batch, and
    // what that could not do waits for something else.
    let to_come = |at: Nanos| if at > now { at } else { Nanos::MAX };
    let mut next = to_come(h.paused);
    for order in h.open.iter().filter_map(|no| state.orders.open.get(no)) {
        let unresolved = order.needs_lookup().then_some(order.unresolved_since);
        let hung = order.hung.map(|hang| hang.since);
        let since = unresolved.into_iter().chain(hung).min();
        next = next.min(since.map_or(Nanos::MAX, |at| to_come(at.plus(UNRESOLVED_NS))));
    }
    for order in h.open.iter().filter_map(|no| state.orders.open.get(no)) {
        if order.known.done {
            continue;
        }
        match &order.cancel {
            Some(cancel) if cancel.request.is_none() => {
                next = next.min(to_come(cancel.again));
                next = next.min(repricing::deadline(config, state, order, now));
            }
            Some(_) => {}
            None if order.known.exists => {
                next = next.min(repricing::deadline(config, state, order, now));
            }
            None => {}
        }
    }
    next
}

fn reads_deadline(config: &Config, state: &State, now: Nanos) -> Nanos {
    if !state.links_up[1] || state.epoch == 0 {
        return Nanos::MAX;
    }
    if super::reading::is_on(config) {
        return super::reading::deadline(config, state, now);
    }
    let slot = state.limiter.next_free(now, Class::Read);
    let busy_round = state.recon.round > 0;
    let asked = [RequestClass::Orders, RequestClass::Activity, RequestClass::Positions]
        .into_iter()
        .any(|class| asking(state, class));
    let mut next = Nanos::MAX;
    if busy_round {
        // The round goes on when its outstanding answer is in.
        if !asked {
            next = slot;
        }
    } else {
        next = round_at(config, state).max(slot);
        let activity = activity_at(config, state);
        if activity != Nanos::MAX {
            next = next.min(activity.max(slot));
        }
    }
    if !asking(state, RequestClass::Orders) {
        let lookups = state.orders.open.values().filter(|o| o.needs_lookup());
        let first = lookups.map(|o| o.lookup).min().unwrap_or(Nanos::MAX);
        if first != Nanos::MAX {
            next = next.min(first.max(slot));
        }
    }
    next
}

/// A request of this class is on the wire.
pub(super) fn asking(state: &State, class: RequestClass) -> bool {
    state.wire.values().any(|w| w.class == class)
}

/// When the next round of reconciliation begins: at once on suspicion, soon while anything
/// works or differs, seldom when idle.
pub(super) fn round_at(config: &Config, state: &State) -> Nanos {
    let recon = &state.recon;
    let skipped = state.holdings.iter().any(|h| h.skips > 0);
    let differs = state.holdings.iter().any(|h| h.differing > 0);
    if recon.suspicious || recon.ended.0 == i64::MIN {
        // A read that failed, raced or differed is not repeated as fast as the limit allows.
        let smooth = recon.compared && !skipped && !differs;
        let pause_ns = if smooth { 0 } else { config.recon.busy_ns / 6 };
        return recon.ended.plus(pause_ns);
    }
    let busy = !state.orders.open.is_empty() || differs || skipped;
    recon.ended.plus(if busy { config.recon.busy_ns } else { config.recon.idle_ns })
}

/// Which slots a cancel may take. While a link has come back and what it missed is not read yet,
/// a burst of cancels would take each slot as it frees, the reserve included, and the read would
/// wait for all of them: it gets the next slot. An emergency waits for nothing.
pub(super) fn cancel_class(config: &Config, state: &State, now: Nanos) -> Class {
    let recon = &state.recon;
    let waits = recon.suspicious && recon.round == 0 && round_at(config, state) <= now;
    let unread = waits || (recon.round > 0 && recon.thorough);
    let may_read = state.links_up[1] && now >= state.limiter.quiet_until(Class::Read);
    let emergency = matches!(state.mode, Mode::Killed | Mode::Flattening);
    if unread && may_read && !emergency { Class::New } else { Class::Cancel }
}

/// Orders to look up now.
pub(super) fn lookups_due(state: &State, now: Nanos) -> Vec<OrderNo> {
    let open = state.orders.open.values();
    open.filter(|o| o.needs_lookup() && o.lookup <= now).map(|o| o.ticket.order).collect()
}

/// The present round has to read orders before positions.
pub(super) fn round_needs_orders(state: &State) -> bool {
    let recon = &state.recon;
    let worth_it = recon.thorough
        || !recon.baseline
        || !state.orders.open.is_empty()
        || state.holdings.iter().any(|h| h.differing > 0);
    recon.round > 0 && worth_it && recon.orders_seq < recon.round
}

/// When account activity is to be read: at once for a difference; for an execution without a
/// price after a moment, since its own message is probably under way.
pub(super) fn activity_at(config: &Config, state: &State) -> Nanos {
    if !config.descriptor.activity || asking(state, RequestClass::Activity) {
        return Nanos::MAX;
    }
    // A read that failed is not repeated as fast as the limit allows.
    let again = state.recon.activity_tried.plus(config.recon.busy_ns / 6);
    let drifting = |h: &&HoldingState| h.differing > 0 && state.recon.activity_seq <= h.differ_seq;
    if state.holdings.iter().any(|h| drifting(&h)) {
        return again;
    }
    let closed = state.orders.unpriced.iter().filter_map(|no| state.orders.get(*no));
    let all = || state.orders.open.values().chain(closed.clone());
    let unpriced = all().filter(|o| is_unpriced(config, state, o));
    if let Some(moved) = unpriced.map(|o| state.holding(o.ticket.holding).moved).min() {
        return moved.plus(config.recon.lookup_ns).max(again);
    }
    // A read did not have the executions: it may have been older than the broker declares, so
    // it is not the last one.
    let still = all().any(|o| o.known.unpriced.0 > 0);
    if still {
        state.recon.activity_tried.plus(config.recon.idle_ns).max(again)
    } else {
        Nanos::MAX
    }
}

/// Part of the order is known by CumQty only, and activity was not read since it moved.
pub(super) fn is_unpriced(config: &Config, state: &State, order: &Order) -> bool {
    let h = state.holding(order.ticket.holding);
    // A read may be as old as the broker declares: only a younger one proves anything.
    let lag_ns = config.descriptor.read_lag_max_ns;
    let unproven = order.known.unproven.0 > 0;
    let since = if unproven { h.moved.max(order.unresolved_since) } else { h.moved };
    let read =
        state.recon.activity_seq > h.moved_seq && state.recon.activity_asked >= since.plus(lag_ns);
    (order.known.unpriced.0 > 0 || unproven) && !read
}
