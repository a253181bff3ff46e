//! Several strategies on one holding key: whom an order is for, and whose is what became of it.
//!
//! The plan works on the key: one net need, one side. What each strategy wants of it is in
//! [`super::wants`].
//!
//! Entry points: [`shares_for`], [`policy_for`], [`rungs`].
//!
//! Invariants:
//! 1. An order's shares sum to its quantity, and no share takes its strategy past what it works
//!    toward, all it has open counted.
//! 2. Opposite needs are not traded at the market: they net inside the sum, and wait until one
//!    of them changes or they are crossed (`crossing`).

use super::deciding::Deciding;
use super::plan::{Action, may_cancel};
use super::wants::{opposite, wants};
use crate::config::{Config, Policy};
use crate::event::{Block, Lane};
use crate::ids::{HoldingId, SleeveId};
use crate::num::Qty;
use crate::order::shares::{Share, allot, split};
use crate::order::{CancelWhy, Intent, Order, Ticket};
use crate::request::Side;
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::state::sleeve::SleeveState;
use crate::time::Nanos;

/// What of the unfilled part of an order is whose.
pub(super) fn leaves_by_sleeve(h: &HoldingState, order: &Order, lot: Qty) -> Vec<(SleeveId, Qty)> {
    if order.known.done {
        return Vec::new();
    }
    missing_by_sleeve(h, order, lot)
}

/// What of the part of an order that did not fill is whose, whether it still may or not.
fn missing_by_sleeve(h: &HoldingState, order: &Order, lot: Qty) -> Vec<(SleeveId, Qty)> {
    let ticket = &order.ticket;
    if ticket.shares.is_empty() {
        let first = h.sleeves.first().map(|s| (s.sleeve, ticket.qty - order.known.filled));
        return first.into_iter().collect();
    }
    let parts = allot(&ticket.shares, lot, order.known.filled);
    let shares = ticket.shares.iter().zip(parts);
    shares.map(|(share, filled)| (share.sleeve, share.qty - filled)).collect()
}

/// An order that holds more for a strategy than it wants now is cancelled: its shares are fixed.
pub(super) fn excess(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Option<Action> {
    let h = state.holding(id);
    if !h.is_shared() || h.open.is_empty() {
        return None;
    }
    let wants = wants(config, state, id, now);
    let lot = config.instrument_of(id).lot;
    let is_excess = |order: &&Order| {
        let parts = leaves_by_sleeve(h, order, lot);
        parts.iter().filter(|(_, leaves)| leaves.0 > 0).any(|(sleeve, _)| {
            wants.iter().any(|w| w.sleeve == *sleeve && w.is_over(order.ticket.side))
        })
    };
    let open = h.open.iter().filter_map(|no| state.orders.open.get(no));
    let mut found: Vec<&Order> = open.filter(|o| !o.known.done).filter(is_excess).collect();
    if found.is_empty() {
        return None;
    }
    found.retain(|order| may_cancel(order, now));
    Some(match found.last() {
        Some(order) => Action::Cancel(order.ticket.order, CancelWhy::Excess),
        None => Action::Blocked(Lane::Cancel, Block::Cancelling),
    })
}

/// What a key does that needs nothing from the market: it rests, or its strategies want
/// opposite sides.
pub(super) fn rest(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Action {
    if !state.holding(id).is_shared() {
        return Action::Idle;
    }
    let wants = wants(config, state, id, now);
    if opposite(&wants, config.instrument_of(id).lot).is_zero() {
        return Action::Idle;
    }
    // With crossing it waits for its quote; without, for a strategy to change its mind.
    let lane = if config.crossing { Lane::Add } else { Lane::Idle };
    Action::Blocked(lane, Block::Netted)
}

/// The shares of an order of this size on a shared key: in proportion to what is missing, none
/// above it. Empty for a key of one strategy.
#[must_use]
pub fn shares_for(
    config: &Config,
    state: &State,
    id: HoldingId,
    side: Side,
    qty: Qty,
    now: Nanos,
) -> Vec<Share> {
    if !state.holding(id).is_shared() {
        return Vec::new();
    }
    let wants = wants(config, state, id, now);
    let weights: Vec<i128> = wants.iter().map(|want| want.free(side).0).collect();
    let parts = split(qty.0, &weights, config.instrument_of(id).lot.0);
    let shares = wants.iter().zip(parts);
    let shares = shares.map(|(want, part)| Share { sleeve: want.sleeve, qty: Qty(part) });
    shares.filter(|share| share.qty.0 > 0).collect()
}

/// Whose policy an order of a key follows: that of the largest share, the first of equal ones.
#[must_use]
pub fn leader(config: &Config, id: HoldingId, shares: &[Share]) -> Option<SleeveId> {
    let largest = shares.iter().max_by_key(|share| (share.qty, std::cmp::Reverse(share.sleeve)));
    match largest {
        Some(share) => Some(share.sleeve),
        None => config.holdings.get(id.ix()).map(|key| key.sleeve),
    }
}

/// The policy that an order with these shares follows.
#[must_use]
pub fn policy_for<'a>(
    config: &'a Config,
    id: HoldingId,
    shares: &[Share],
    intent: Intent,
) -> Option<&'a Policy> {
    let strategy = config.strategy(leader(config, id, shares)?)?;
    Some(match intent {
        Intent::Entry => &strategy.entry,
        Intent::Exit => &strategy.exit,
    })
}

/// Q4 of every strategy of a shared key.
pub(super) fn admitted(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Vec<Share> {
    let h = state.holding(id);
    if !h.is_shared() {
        return Vec::new();
    }
    let wants = wants(config, state, id, now);
    let with = wants.iter().zip(&h.sleeves);
    with.map(|(want, s)| Share { sleeve: s.sleeve, qty: want.target + s.waived() }).collect()
}

/// What of somebody else's trade ate into which strategy: the largest position of the sign that
/// it reduces first, the first of equal ones.
pub(super) fn eaten(h: &HoldingState, own: Qty) -> Vec<Share> {
    let mut left = own;
    let mut reduced: Vec<&SleeveState> =
        h.sleeves.iter().filter(|s| s.own.0.signum() == -own.0.signum()).collect();
    reduced.sort_by_key(|s| (std::cmp::Reverse(s.own.abs()), s.sleeve));
    let mut shares = Vec::new();
    for s in reduced {
        let size = left.0.abs().min(s.own.0.abs());
        if size > 0 {
            let qty = Qty(size * own.0.signum());
            shares.push(Share { sleeve: s.sleeve, qty });
            left -= qty;
        }
    }
    shares
}

/// What of a waived remainder is whose, signed: nothing of a strategy that declared a newer
/// target than the order was meant for.
pub(super) fn waived_shares(config: &Config, h: &HoldingState, order: &Order) -> Vec<Share> {
    let lot = config.instrument_of(order.ticket.holding).lot;
    let parts = missing_by_sleeve(h, order, lot).into_iter();
    let meant = |sleeve: SleeveId| h.sleeve(sleeve).target_seq <= order.released_seq;
    parts
        .filter(|(sleeve, missing)| missing.0 > 0 && meant(*sleeve))
        .map(|(sleeve, missing)| Share { sleeve, qty: order.ticket.side.signed(missing) })
        .collect()
}

impl Deciding<'_> {
    /// The gate's look at shares: they make up the order, and each fits its strategy.
    pub(super) fn gate_shares(&self, ticket: &Ticket) -> Result<(), String> {
        let h = self.state.holding(ticket.holding);
        if !h.is_shared() {
            return Ok(());
        }
        let sum: Qty = ticket.shares.iter().map(|share| share.qty).sum();
        if sum != ticket.qty {
            return Err(format!("shares of {sum} in an order of {}", ticket.qty));
        }
        let wants = wants(self.config, self.state, ticket.holding, self.now());
        for share in &ticket.shares {
            let want = wants.iter().find(|w| w.sleeve == share.sleeve);
            let free = want.map_or(Qty::ZERO, |w| w.free(ticket.side));
            if share.qty > free {
                return Err(format!("a share of {} where {free} is wanted", share.qty));
            }
        }
        Ok(())
    }
}

/// The ladder of every strategy of a holding, as it is now: admitted, released, accepted, filled.
#[must_use]
pub fn rungs(config: &Config, state: &State, id: HoldingId) -> Vec<(SleeveId, [Qty; 4])> {
    let h = state.holding(id);
    if !h.is_shared() {
        let s = &h.staged;
        let sleeve = config.holdings[id.ix()].sleeve;
        return vec![(sleeve, [s.admitted, s.released, s.accepted, s.filled])];
    }
    let lot = config.instrument_of(id).lot;
    let rung = |s: &SleeveState| {
        let (mut in_flight, mut working) = (Qty::ZERO, Qty::ZERO);
        for order in h.open.iter().filter_map(|no| state.orders.open.get(no)) {
            let parts = leaves_by_sleeve(h, order, lot).into_iter();
            let leaves: Qty = parts.filter(|(of, _)| *of == s.sleeve).map(|(_, qty)| qty).sum();
            let leaves = order.ticket.side.signed(leaves);
            *(if order.known.exists { &mut working } else { &mut in_flight }) += leaves;
        }
        let admitted = h.staged.sleeves.iter().find(|share| share.sleeve == s.sleeve);
        let accepted = s.own + working + s.dropped;
        let released = accepted + in_flight + s.rejected;
        (s.sleeve, [admitted.map_or(Qty::ZERO, |a| a.qty), released, accepted, s.own])
    };
    h.sleeves.iter().map(rung).collect()
}
