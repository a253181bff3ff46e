//! Which reads are wanted, where a round of reconciliation reads open orders
//! ([`RoundReads::OpenOrders`]): positions first, compared as they are; open orders beside them;
//! all orders and activity only for what these cannot explain; single orders by their ids.
//!
//! Entry points: [`wanted`], [`deadline`].
//!
//! Invariant: what is on the wire is not asked for again.

use super::timers::{activity_at, asking, lookups_due, round_at};
use crate::config::{ClientIds, Config, RoundReads};
use crate::event::RequestClass;
use crate::ids::OrderNo;
use crate::limiter::Class;
use crate::order::Order;
use crate::state::State;
use crate::time::Nanos;

/// A read that is wanted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// One order, by its ids.
    Order(OrderNo),
    /// One of these.
    Of(RequestClass),
}

/// Rounds are of open orders.
pub(super) fn is_on(config: &Config) -> bool {
    config.descriptor.rounds == Some(RoundReads::OpenOrders)
}

/// The broker finds it by an id that we know. What was replaced is found with what took its
/// place only.
fn has_id(config: &Config, order: &Order) -> bool {
    let unique = config.descriptor.client_ids == ClientIds::Unique;
    !order.known.replaced && (order.order_id.is_some() || unique)
}

/// A lookup of the order is on the wire.
fn is_asked(state: &State, no: OrderNo) -> bool {
    state.wire.values().any(|w| w.class == RequestClass::Order && w.order == Some(no))
}

/// What is wanted now, in the order it is to be asked.
pub(super) fn wanted(config: &Config, state: &State, now: Nanos) -> Vec<Read> {
    let mut found = Vec::new();
    let mut unnamed = false;
    for no in lookups_due(state, now) {
        let named = state.orders.open.get(&no).is_some_and(|order| has_id(config, order));
        unnamed |= !named;
        if named && !is_asked(state, no) {
            found.push(Read::Order(no));
        }
    }
    let mut want = |class: RequestClass| {
        if !asking(state, class) {
            found.push(Read::Of(class));
        }
    };
    let recon = &state.recon;
    let in_round = recon.round > 0;
    let differs = |h: &crate::state::holding::HoldingState| {
        h.differing > 0 && recon.orders_seq <= h.differ_seq
    };
    let all = recon.all_orders || state.holdings.iter().any(differs);
    let all_due = in_round && all && recon.orders_seq < recon.round;
    if unnamed || all_due {
        want(RequestClass::Orders);
    }
    if activity_at(config, state) <= now {
        want(RequestClass::Activity);
    }
    if in_round && !all_due {
        let open_due = recon.open_seq < recon.round;
        if !recon.baseline && open_due {
            // What is ours and unknown counts before anything is compared or sent.
            want(RequestClass::OpenOrders);
        } else {
            want(RequestClass::Positions);
            if open_due {
                want(RequestClass::OpenOrders);
            }
        }
    }
    if clock_at(config, state) <= now {
        want(RequestClass::Clock);
    }
    found
}

/// When the broker's clock is to be read.
fn clock_at(config: &Config, state: &State) -> Nanos {
    match config.descriptor.clock_every_ns {
        Some(every_ns) => state.recon.clock_asked.plus(every_ns),
        None => Nanos::MAX,
    }
}

/// When the next read may leave.
pub(super) fn deadline(config: &Config, state: &State, now: Nanos) -> Nanos {
    let slot = state.limiter.next_free(now, Class::Read);
    if !wanted(config, state, now).is_empty() {
        return slot;
    }
    let lookups = state.orders.open.values().filter(|o| o.needs_lookup());
    let to_come = lookups.map(|o| o.lookup).chain([
        if state.recon.round == 0 { round_at(config, state) } else { Nanos::MAX },
        activity_at(config, state),
        clock_at(config, state),
    ]);
    // What is due and on the wire already waits for its answer.
    let due_round = state.recon.round == 0 && round_at(config, state) <= now;
    let first = to_come.filter(|at| *at > now).min().unwrap_or(Nanos::MAX);
    if due_round { slot } else { first.max(slot) }
}
