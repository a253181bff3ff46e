//! What a holding needs next, computed from the state as it is now. Nothing is remembered:
//! a newer target replaces queued work by itself.
//!
//! Entry point: [`next_action`].
//!
//! Invariants:
//! 1. Exposure on the other side is never credited: a buy waits until every sell is proven
//!    finished, and the other way round.
//! 2. Excess is cancelled before anything is added.

use super::amends::{Change, may_amend, terms_fit};
use super::matching::must_go;
use super::parts::Trader;
use super::pricing::cancel_due;
use super::session::{is_open, trading_day};
use super::working::working_target;
use super::{schedule, session, sharing, stops};
use crate::config::{Config, Style};
use crate::event::{Block, Lane, Mode};
use crate::ids::{HoldingId, OrderNo};
use crate::num::{Px, Qty, Rounding};
use crate::order::{CancelState, CancelWhy, Intent, Order, Rule};
use crate::request::Side;
use crate::state::State;
use crate::time::Nanos;

/// The next thing a holding needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Idle,
    /// Cancel an order, because of a rule.
    Cancel(OrderNo, CancelWhy, Rule),
    /// Change a working order.
    Amend(OrderNo, Change),
    /// Rest a stop for what is held.
    Protect {
        /// Side, opposite to the position.
        side: Side,
        /// Quantity, positive, on the lot grid.
        qty: Qty,
        /// StopPx.
        stop_px: Px,
    },
    /// Place an order of this size.
    Place {
        /// Side.
        side: Side,
        /// Quantity, positive, on the lot grid.
        qty: Qty,
        /// Entry or exit.
        intent: Intent,
    },
    /// There is work, but something is in the way.
    Blocked(Lane, Block),
}

impl Action {
    /// The lane the holding waits in, and what is in the way.
    #[must_use]
    pub const fn place_in_queue(self) -> (Lane, Block) {
        match self {
            Self::Idle => (Lane::Idle, Block::Open),
            // A stop that grows or moves frees nothing: it waits like an order.
            Self::Amend(_, change) if change.rule.is_stop() => (Lane::Reduce, Block::Open),
            Self::Cancel(..) | Self::Amend(..) => (Lane::Cancel, Block::Open),
            Self::Place { intent: Intent::Entry, .. } => (Lane::Add, Block::Open),
            Self::Place { .. } | Self::Protect { .. } => (Lane::Reduce, Block::Open),
            Self::Blocked(lane, block) => (lane, block),
        }
    }
}

/// The next action of a holding at `now`.
#[must_use]
pub fn next_action(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Action {
    stops::beside(config, state, id, now, toward_target(config, state, id, now))
}

/// What brings the position to the working target, stops aside.
fn toward_target(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Action {
    let h = state.holding(id);
    let orders = || h.open.iter().filter_map(|no| state.orders.open.get(no));
    if let Some(action) = cancel_all(state, orders(), now) {
        return action;
    }
    if let Some(order) = orders().find(|o| goes(config, state, o, now)) {
        return Action::Cancel(order.ticket.order, CancelWhy::Excess, Rule::Excess);
    }
    if let Some((no, rule)) = impatient(config, state, id, now) {
        return Action::Cancel(no, CancelWhy::Remainder, rule);
    }
    let target = working_target(config, state, id, now);
    let old = h.staged.lane == Lane::Add && crate::planted!(OldTargetWorked);
    let target = if old { h.staged.admitted } else { target };
    if let Some(action) = excess(config, state, id, target, now) {
        return action;
    }
    let need = target - h.own;
    let sign = if crate::planted!(SignOfTarget) { target } else { need };
    let Some(side) = Side::of(sign) else { return sharing::rest(config, state, id, now) };
    let same = if side == Side::Buy { h.buying } else { h.selling };
    let room = need.abs() - same;
    if room.0 <= 0 {
        return sharing::rest(config, state, id, now);
    }
    missing(config, state, id, (side, room, target), now)
}

/// More is open on a side than the target has room for.
fn excess(
    config: &Config,
    state: &State,
    id: HoldingId,
    target: Qty,
    now: Nanos,
) -> Option<Action> {
    let h = state.holding(id);
    let orders = || h.open.iter().filter_map(|no| state.orders.open.get(no));
    let position = h.own;
    // What is said to be over is settled first: nothing else gives way for it.
    let over = |side: Side| -> Qty {
        let of = orders().filter(|o| o.ticket.side == side && o.is_exposure() && o.known.claimed);
        of.map(Order::leaves).sum()
    };
    let (buying, selling) = (h.buying - over(Side::Buy), h.selling - over(Side::Sell));
    let both = crate::planted!(BothSidesAtOnce);
    if buying.0 > 0 && !both && position + buying > target.max(position) {
        let excess = position + buying - target.max(position);
        return Some(free(config, state, orders(), (Side::Buy, excess), now));
    }
    if selling.0 > 0 && !both && position - selling < target.min(position) {
        let excess = target.min(position) - (position - selling);
        return Some(free(config, state, orders(), (Side::Sell, excess), now));
    }
    sharing::excess(config, state, id, now)
}

/// The order for what is missing on a side, or what is in its way.
fn missing(
    config: &Config,
    state: &State,
    id: HoldingId,
    (side, room, target): (Side, Qty, Qty),
    now: Nanos,
) -> Action {
    let h = state.holding(id);
    let position = h.own;
    let (same, opposite) = match side {
        Side::Buy => (h.buying, h.selling),
        Side::Sell => (h.selling, h.buying),
    };
    // What would bring the position to zero is an exit; beyond it, an entry.
    let reduces = position.0 != 0 && (position.0 > 0) != (side == Side::Buy);
    let to_zero = if reduces { (position.abs() - same).max(Qty::ZERO) } else { Qty::ZERO };
    let intent = if to_zero.0 > 0 { Intent::Exit } else { Intent::Entry };
    let lane = if intent == Intent::Exit { Lane::Reduce } else { Lane::Add };
    let trader = sharing::next_leader(config, state, id, (side, room), now);
    if let Some(block) = in_the_way(config, state, trader, intent, opposite, now) {
        return Action::Blocked(lane, block);
    }
    let through = intent == Intent::Exit
        && room > to_zero
        && config.strategy(trader.sleeve).is_some_and(|s| s.through_zero == Some(true))
        && in_the_way(config, state, trader, Intent::Entry, opposite, now).is_none();
    let intent = if through { Intent::Entry } else { intent };
    let wanted = if intent == Intent::Exit { room.min(to_zero) } else { room };
    let policy = trader.policy(config, intent);
    let wanted = match policy.and_then(|p| schedule::due(config, state, id, p, side, target, now)) {
        // What is not due yet stays admitted and is not released.
        Some(due) if due.0 <= 0 => return Action::Blocked(lane, Block::Schedule),
        Some(due) => wanted.min(due),
        None => wanted,
    };
    let instrument = config.instrument_of(id);
    let mut qty = wanted.to_lot(instrument.lot, Rounding::TowardZero);
    let child = policy.and_then(|p| p.child_qty);
    for most in [child, instrument.max_qty, config.risk.order_qty_max].into_iter().flatten() {
        qty = qty.min(most.to_lot(instrument.lot, Rounding::TowardZero));
    }
    if qty.0 <= 0 || qty < instrument.min_qty {
        return Action::Blocked(Lane::Idle, Block::Dust);
    }
    if intent == Intent::Entry
        && side == Side::Buy
        && is_unsellable(config, id, position + same, qty)
    {
        return Action::Blocked(Lane::Idle, Block::Unsellable);
    }
    Action::Place { side, qty, intent }
}

/// The part of an order through zero that only reduces, on the lot grid; none of any other.
pub(super) fn way_out(config: &Config, state: &State, id: HoldingId, side: Side, qty: Qty) -> Qty {
    let h = state.holding(id);
    let same = if side == Side::Buy { h.buying } else { h.selling };
    let reduces = h.own.0 != 0 && (h.own.0 > 0) != (side == Side::Buy);
    let to_zero = if reduces { (h.own.abs() - same).max(Qty::ZERO) } else { Qty::ZERO };
    to_zero.min(qty).to_lot(config.instrument_of(id).lot, Rounding::TowardZero)
}

/// An order that has to go, and can be cancelled now.
fn goes(config: &Config, state: &State, order: &Order, now: Nanos) -> bool {
    !order.known.done && may_cancel(config, state, order, now) && must_go(state, order)
}

/// What the broker keeps in kind of a purchase leaves too little to be sold again.
fn is_unsellable(config: &Config, id: HoldingId, before: Qty, qty: Qty) -> bool {
    let instrument = config.holdings[id.ix()].instrument;
    let kept = config.descriptor.in_kind.iter().find(|kept| kept.instrument == instrument);
    let Some(kept) = kept else { return false };
    let fee = qty.0.saturating_mul(i128::from(kept.ppb)) / 1_000_000_000;
    let rules = config.instrument_of(id);
    let left = (before + qty - Qty(fee)).to_lot(rules.lot, Rounding::TowardZero);
    left <= Qty::ZERO || left < rules.min_qty
}

fn cancel_all<'a>(
    state: &State,
    orders: impl Iterator<Item = &'a Order>,
    now: Nanos,
) -> Option<Action> {
    let all = state.mode == Mode::Killed || state.swept;
    if !all && state.mode != Mode::Flattening {
        return None;
    }
    // A flatten cancels what was there before it; stops give way by their own rule.
    let older = |o: &Order| o.is_exposure() && o.released_seq < state.flatten_seq;
    let mut waiting = false;
    for order in orders.filter(|o| !o.known.done && (all || older(o))) {
        // A claim that it ended is no reason not to make sure.
        if order.known.exists && cancel_is_idle(order, now) {
            return Some(Action::Cancel(order.ticket.order, CancelWhy::Kill, Rule::Kill));
        }
        waiting = true;
    }
    if !all {
        return None;
    }
    Some(if waiting { Action::Blocked(Lane::Cancel, Block::Cancelling) } else { Action::Idle })
}

/// Takes an excess away from the youngest order of a side that allows it: in place where the
/// order keeps something, by a cancel otherwise.
fn free<'a>(
    config: &Config,
    state: &State,
    orders: impl Iterator<Item = &'a Order>,
    (side, excess): (Side, Qty),
    now: Nanos,
) -> Action {
    let of_side = orders.filter(|o| o.ticket.side == side && o.is_exposure() && !o.known.done);
    let mut blocked = Block::Cancelling;
    let mut last = None;
    for order in of_side {
        if may_cancel(config, state, order, now) {
            last = Some(order);
        } else if order.known.terms.pending.is_some() {
            blocked = Block::Amending;
        }
    }
    let Some(order) = last else { return Action::Blocked(Lane::Cancel, blocked) };
    take_down(config, state, order, order.leaves() - excess, now)
}

/// Takes an order down until no more than `most` of it may still fill: in place where it keeps
/// something, by a cancel otherwise.
pub(super) fn take_down(
    config: &Config,
    state: &State,
    order: &Order,
    most: Qty,
    now: Nanos,
) -> Action {
    let rules = config.instrument_of(order.ticket.holding);
    let most = sharing::fitting(config, state, order, most, now);
    let keeps = most.to_lot(rules.lot, Rounding::TowardZero);
    let filled = if crate::planted!(AmendCountsTheRest) { Qty::ZERO } else { order.known.filled };
    let grown = if crate::planted!(AmendGrows) { order.leaves() } else { Qty::ZERO };
    let qty = filled + keeps + grown;
    let fits = keeps >= rules.min_qty && terms_fit(config, order.ticket.holding, qty, order.px());
    if keeps.0 > 0 && fits && may_amend(config, state, order, now) {
        return Action::Amend(order.ticket.order, Change::of_qty(order, qty, Rule::Excess));
    }
    Action::Cancel(order.ticket.order, CancelWhy::Excess, Rule::Excess)
}

/// A cancel can be sent: the order is known to be there and no other request of it is under way.
pub(super) fn may_cancel(config: &Config, state: &State, order: &Order, now: Nanos) -> bool {
    // Where no read can settle an amend, a cancel ends it either way.
    let settles = config.descriptor.appear_max_ns.is_some();
    let pending = order.known.terms.pending.as_ref();
    let amending = pending.is_some_and(|amend| settles || !amend.unclear);
    order.known.exists
        && !order.known.claimed
        && cancel_is_idle(order, now)
        && (!amending || state.mode == Mode::Flattening || crate::planted!(AmendBesideAmend))
}

pub(super) fn cancel_is_idle(order: &Order, now: Nanos) -> bool {
    let again = |c: &CancelState| c.again <= now && !crate::planted!(CancelTriedOnce);
    let leaving = order.hung.is_some_and(|hang| hang.cancelling);
    // The broker says there is nothing to cancel: a read says what became of it, and the cancels
    // of many such orders must not take the slots of that read.
    let gone = order.known.gone && order.cancel.as_ref().is_some_and(|c| !c.failed);
    !leaving && !gone && order.cancel.as_ref().is_none_or(|c| c.request.is_none() && again(c))
}

/// An order whose patience is over, and by which rule.
fn impatient(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Option<(OrderNo, Rule)> {
    let open = state.holding(id).open.iter().filter_map(|no| state.orders.open.get(no));
    open.filter(|o| !o.known.done && may_cancel(config, state, o, now)).find_map(|o| {
        let (end, rule) = cancel_due(config, state, o)?;
        (end <= now).then_some((o.ticket.order, rule))
    })
}

pub(super) fn in_the_way(
    config: &Config,
    state: &State,
    trader: Trader,
    intent: Intent,
    opposite: Qty,
    now: Nanos,
) -> Option<Block> {
    let id = trader.holding;
    let h = state.holding(id);
    let entry = intent == Intent::Entry;
    let risk = &config.risk;
    let [stream, rest, market] = state.links_up;
    let blind = rest && crate::planted!(BlindEntries);
    let throttled = h.releases.len() as u64 >= u64::from(risk.repeat_max)
        && h.releases.front().is_some_and(|first| first.plus(risk.repeat_per_ns) > now);
    let instrument = config.holdings[id.ix()].instrument;
    let today = state.day >= trading_day(config, instrument, now);
    let used_up = risk.orders_per_day.is_some_and(|most| today && state.orders_today >= most);
    let final_funds = risk.funds_final == Some(true);
    [
        (!state.recon.baseline, Block::Baseline),
        (risk.barred.contains(&instrument), Block::Ambiguous),
        (!is_open(config, trader, intent, now), Block::Session),
        (opposite.0 > 0 && !crate::planted!(BothSidesAtOnce), Block::Opposite),
        // The way out rests for a moment after a refusal, never for ever.
        (h.is_paused(now) && (entry || final_funds || h.paused != Nanos::MAX), Block::Paused),
        (!rest || (entry && !(stream && market) && !blind), Block::Link),
        (h.skips >= config.recon.skips_max || h.is_drifting(), Block::Unread),
        (entry && throttled, Block::Throttle),
        (entry && used_up, Block::DayOrders),
        (entry && before_close(config, trader, now), Block::Session),
    ]
    .into_iter()
    .find_map(|(in_the_way, block)| in_the_way.then_some(block))
}

/// The policy waits for the close.
fn before_close(config: &Config, trader: Trader, now: Nanos) -> bool {
    let Some(policy) = trader.policy(config, Intent::Entry) else { return false };
    let instrument = config.holdings[trader.holding.ix()].instrument;
    policy.style == Style::AtClose
        && session::close_from(config, instrument, now, policy.patience_ns)
            .is_none_or(|from| from > now)
}
