//! Several strategies on one holding key: whom an order is for, and whose is what became of it.
//!
//! The plan works on the key: one net need, one side. What each strategy wants of it is in
//! [`super::wants`].
//!
//! Entry points: [`shares_for`], [`next_leader`], [`rungs`].
//!
//! Invariants:
//! 1. An order's shares sum to its quantity, and no share takes its strategy past what it works
//!    toward, all it has open counted.
//! 2. Opposite needs are not traded at the market: they net inside the sum, and wait until one
//!    of them changes or they are crossed (`crossing`).

use super::deciding::Deciding;
use super::parts::Trader;
use super::plan::{Action, may_cancel, take_down};
use super::wants::{Want, opposite, wants};
use crate::config::Config;
use crate::event::{Block, Lane, SleeveStage};
use crate::ids::{HoldingId, SleeveId};
use crate::num::{Qty, Rounding};
use crate::order::shares::{Share, allot, mul_div, split};
use crate::order::{Order, Ticket};
use crate::request::Side;
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::state::sleeve::SleeveState;
use crate::time::Nanos;

/// What of the part of an order that may still fill is whose, the larger quantity of an amend
/// that is not settled counted. Nothing of a protective stop.
pub(super) fn leaves_by_sleeve(h: &HoldingState, order: &Order, lot: Qty) -> Vec<(SleeveId, Qty)> {
    if order.leaves().is_zero() || !order.is_exposure() {
        return Vec::new();
    }
    rest_by_sleeve(h, order, lot, order.known.terms.worst)
}

/// What of an order beyond its filled part is whose, at an OrderQty. Shares follow the quantity
/// by the largest remainder, as fills do.
fn rest_by_sleeve(h: &HoldingState, order: &Order, lot: Qty, whole: Qty) -> Vec<(SleeveId, Qty)> {
    let (shares, filled) = (&order.ticket.shares, order.known.filled);
    if shares.is_empty() {
        let first = h.sleeves.first().map(|s| (s.sleeve, whole - filled));
        return first.into_iter().collect();
    }
    let (whole, filled) = (allot(shares, lot, whole), allot(shares, lot, filled));
    let parts = shares.iter().zip(whole.into_iter().zip(filled));
    parts.map(|(share, (whole, filled))| (share.sleeve, whole - filled)).collect()
}

/// An order that holds more for a strategy than it wants now is taken down to what fits, or
/// cancelled: its shares are fixed.
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
            wants.iter().any(|w| w.sleeve == *sleeve && w.over(order.ticket.side).0 > 0)
        })
    };
    let open = h.open.iter().filter_map(|no| state.orders.open.get(no));
    let mut found: Vec<&Order> = open.filter(|o| !o.known.done).filter(is_excess).collect();
    if found.is_empty() {
        return None;
    }
    let amending = found.iter().any(|order| order.known.terms.pending.is_some());
    found.retain(|order| may_cancel(config, state, order, now));
    Some(match found.last() {
        Some(order) => take_down(config, state, order, order.leaves(), now),
        None if amending => Action::Blocked(Lane::Cancel, Block::Amending),
        None => Action::Blocked(Lane::Cancel, Block::Cancelling),
    })
}

/// The largest part of an order that may still fill, no more than `most`, with which no strategy
/// has more in the market than it wants. All of `most` where one strategy trades the key.
pub(super) fn fitting(config: &Config, state: &State, order: &Order, most: Qty, now: Nanos) -> Qty {
    let id = order.ticket.holding;
    let h = state.holding(id);
    let Some(first) = h.sleeves.first() else { return most };
    let lot = config.instrument_of(id).lot;
    let alone = [Share { sleeve: first.sleeve, qty: order.ticket.qty }];
    let shares = if order.ticket.shares.is_empty() { &alone[..] } else { &order.ticket.shares };
    let wants = wants(config, state, id, now);
    let worst = allot(shares, lot, order.known.terms.worst);
    let (filled, all) = (order.known.filled, shares.iter().map(|share| share.qty).sum::<Qty>());
    let mut keeps = most;
    let mut caps = Vec::new();
    for (at, (share, part)) in shares.iter().zip(worst).enumerate() {
        let want = wants.iter().find(|want| want.sleeve == share.sleeve);
        let over = want.map_or(Qty::ZERO, |want| want.over(order.ticket.side));
        if over.0 > 0 {
            let cap = (part - over).max(Qty::ZERO);
            keeps = keeps.min(Qty(mul_div(cap.0, share.qty.0, all.0).0) - filled);
            caps.push((at, cap));
        }
    }
    keeps = keeps.to_lot(lot, Rounding::TowardZero);
    // A remainder may still give one a lot more than its proportion.
    for _ in shares {
        let parts = allot(shares, lot, filled + keeps);
        if keeps.0 <= 0 || caps.iter().all(|(at, cap)| parts[*at] <= *cap) {
            return keeps.max(Qty::ZERO);
        }
        keeps -= lot;
    }
    Qty::ZERO
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
/// `open` is what may still fill of a share.
pub(super) fn leader(
    config: &Config,
    state: &State,
    id: HoldingId,
    side: Side,
    shares: &[Share],
    open: impl Fn(&Share) -> Qty,
) -> Trader {
    let largest = shares.iter().max_by_key(|share| (share.qty, std::cmp::Reverse(share.sleeve)));
    let Some(share) = largest else { return Trader::first(config, id) };
    let h = state.holding(id);
    let held = side.opposite().signed(h.sleeve(share.sleeve).own);
    let leaves = h.is_shared() && held.0 > 0 && open(share) <= held;
    Trader { leaves, ..Trader::new(id, share.sleeve) }
}

/// Whose policy the next order of a key follows, of this side and up to this size.
pub(super) fn next_leader(
    config: &Config,
    state: &State,
    id: HoldingId,
    (side, qty): (Side, Qty),
    now: Nanos,
) -> Trader {
    let shares = shares_for(config, state, id, side, qty, now);
    leader(config, state, id, side, &shares, |share| share.qty)
}

/// Q4 of every strategy of a shared key, and what holds each back.
pub(super) fn admitted(
    config: &Config,
    state: &State,
    id: HoldingId,
    now: Nanos,
) -> Vec<SleeveStage> {
    let h = state.holding(id);
    if !h.is_shared() {
        return Vec::new();
    }
    let wants = wants(config, state, id, now);
    let with = wants.iter().zip(&h.sleeves);
    let stage = |(want, s): (&Want, &SleeveState)| SleeveStage {
        sleeve: s.sleeve,
        admitted: want.target + s.waived(),
        gate: want.gate,
    };
    with.map(stage).collect()
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
    let parts = rest_by_sleeve(h, order, lot, order.qty()).into_iter();
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
        (s.sleeve, [admitted.map_or(Qty::ZERO, |a| a.admitted), released, accepted, s.own])
    };
    h.sleeves.iter().map(rung).collect()
}
