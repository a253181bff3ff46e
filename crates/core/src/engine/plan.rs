//! What a holding needs next, computed from the state as it is now. Nothing is remembered:
//! a newer target replaces queued work by itself.
//!
//! Entry point: [`next_action`].
//!
//! Invariants:
//! 1. Exposure on the other side is never credited: a buy waits until every sell is proven
//!    finished, and the other way round.
//! 2. Excess is cancelled before anything is added.

use super::sharing;
use super::working::working_target;
use crate::config::{Config, Policy, Remainder};
use crate::event::{Block, Lane, Mode};
use crate::ids::{HoldingId, OrderNo};
use crate::num::{Px, Qty, Rounding};
use crate::order::{CancelWhy, Intent, Order};
use crate::quote::Quote;
use crate::request::Side;
use crate::state::State;
use crate::time::{Nanos, SECOND_NS};

/// The next thing a holding needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Idle,
    /// Cancel an order.
    Cancel(OrderNo, CancelWhy),
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
            Self::Cancel(..) => (Lane::Cancel, Block::Open),
            Self::Place { intent: Intent::Exit, .. } => (Lane::Reduce, Block::Open),
            Self::Place { intent: Intent::Entry, .. } => (Lane::Add, Block::Open),
            Self::Blocked(lane, block) => (lane, block),
        }
    }
}

/// The next action of a holding at `now`.
#[must_use]
pub fn next_action(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Action {
    let h = state.holding(id);
    let orders = || h.open.iter().filter_map(|no| state.orders.open.get(no));
    if let Some(action) = cancel_all(state, orders(), now) {
        return action;
    }
    if let Some(no) = impatient(config, state, id, now) {
        return Action::Cancel(no, CancelWhy::Remainder);
    }
    let target = working_target(config, state, id, now);
    let position = h.own;
    // 1. Excess: more is open on a side than the target has room for.
    if h.buying.0 > 0 && position + h.buying > target.max(position) {
        return cancel_one(orders(), Side::Buy, now);
    }
    if h.selling.0 > 0 && position - h.selling < target.min(position) {
        return cancel_one(orders(), Side::Sell, now);
    }
    if let Some(action) = sharing::excess(config, state, id, now) {
        return action;
    }
    // 2. Need: what is missing on the side of the target.
    let need = target - position;
    let Some(side) = Side::of(need) else { return sharing::rest(config, state, id, now) };
    let (same, opposite) = match side {
        Side::Buy => (h.buying, h.selling),
        Side::Sell => (h.selling, h.buying),
    };
    let room = need.abs() - same;
    if room.0 <= 0 {
        return sharing::rest(config, state, id, now);
    }
    // What would bring the position to zero is an exit; beyond it, an entry.
    let reduces = position.0 != 0 && (position.0 > 0) != (side == Side::Buy);
    let to_zero = if reduces { (position.abs() - same).max(Qty::ZERO) } else { Qty::ZERO };
    let intent = if to_zero.0 > 0 { Intent::Exit } else { Intent::Entry };
    let lane = if intent == Intent::Exit { Lane::Reduce } else { Lane::Add };
    if let Some(block) = in_the_way(config, state, id, intent, opposite, now) {
        return Action::Blocked(lane, block);
    }
    let wanted = if intent == Intent::Exit { room.min(to_zero) } else { room };
    let instrument = config.instrument_of(id);
    let mut qty = wanted.to_lot(instrument.lot, Rounding::TowardZero);
    for most in [instrument.max_qty, config.risk.order_qty_max].into_iter().flatten() {
        qty = qty.min(most.to_lot(instrument.lot, Rounding::TowardZero));
    }
    if qty.0 <= 0 || qty < instrument.min_qty {
        return Action::Blocked(Lane::Idle, Block::Dust);
    }
    Action::Place { side, qty, intent }
}

fn cancel_all<'a>(
    state: &State,
    orders: impl Iterator<Item = &'a Order>,
    now: Nanos,
) -> Option<Action> {
    if state.mode != Mode::Killed {
        return None;
    }
    let mut waiting = false;
    for order in orders.filter(|o| !o.known.done) {
        // A claim that it ended is no reason not to make sure.
        if order.known.exists && cancel_is_idle(order, now) {
            return Some(Action::Cancel(order.ticket.order, CancelWhy::Kill));
        }
        waiting = true;
    }
    Some(if waiting { Action::Blocked(Lane::Cancel, Block::Cancelling) } else { Action::Idle })
}

/// The youngest order of a side that a cancel can be sent for.
fn cancel_one<'a>(orders: impl Iterator<Item = &'a Order>, side: Side, now: Nanos) -> Action {
    let of_side = orders.filter(|o| o.ticket.side == side && !o.known.done);
    match of_side.filter(|o| may_cancel(o, now)).last() {
        Some(order) => Action::Cancel(order.ticket.order, CancelWhy::Excess),
        None => Action::Blocked(Lane::Cancel, Block::Cancelling),
    }
}

/// A cancel can be sent: the order is known to be there and none is under way.
pub(super) fn may_cancel(order: &Order, now: Nanos) -> bool {
    order.known.exists && !order.known.claimed && cancel_is_idle(order, now)
}

fn cancel_is_idle(order: &Order, now: Nanos) -> bool {
    order.cancel.as_ref().is_none_or(|c| c.request.is_none() && c.again <= now)
}

/// An order whose patience is over.
fn impatient(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Option<OrderNo> {
    let open = state.holding(id).open.iter().filter_map(|no| state.orders.open.get(no));
    open.filter(|o| !o.known.done && may_cancel(o, now))
        .find(|o| patience_end(config, o).is_some_and(|end| end <= now))
        .map(|o| o.ticket.order)
}

/// When the policy of an order wants its remainder cancelled.
#[must_use]
pub fn patience_end(config: &Config, order: &Order) -> Option<Nanos> {
    let ticket = &order.ticket;
    let policy = sharing::policy_for(config, ticket.holding, &ticket.shares, ticket.intent)?;
    let cancels = policy.remainder == Remainder::Cancel && order.ticket.intent == Intent::Entry;
    cancels.then(|| order.ticket.released.plus(policy.patience_ns))
}

fn in_the_way(
    config: &Config,
    state: &State,
    id: HoldingId,
    intent: Intent,
    opposite: Qty,
    now: Nanos,
) -> Option<Block> {
    let h = state.holding(id);
    let entry = intent == Intent::Entry;
    let risk = &config.risk;
    let [stream, rest, market] = state.links_up;
    let throttled = h.releases.len() as u64 >= u64::from(risk.repeat_max)
        && h.releases.front().is_some_and(|first| first.plus(risk.repeat_per_ns) > now);
    let today = state.day == now.0.div_euclid(86_400 * SECOND_NS);
    let used_up = risk.orders_per_day.is_some_and(|most| today && state.orders_today >= most);
    [
        (!state.recon.baseline, Block::Baseline),
        (opposite.0 > 0, Block::Opposite),
        // The way out rests for a moment after a refusal, never for ever.
        (h.is_paused(now) && (entry || h.paused != Nanos::MAX), Block::Paused),
        (!rest || (entry && !(stream && market)), Block::Link),
        (h.skips >= config.recon.skips_max || h.is_drifting(), Block::Unread),
        (entry && throttled, Block::Throttle),
        (entry && used_up, Block::DayOrders),
    ]
    .into_iter()
    .find_map(|(in_the_way, block)| in_the_way.then_some(block))
}

/// The limit price of a marketable limit order: the far touch plus a collar of max(bps, ticks),
/// rounded toward the touch.
///
/// ```
/// use truefill_core::{config::Policy, engine::plan::marketable_px, request::Side};
/// use truefill_core::num::Px;
/// let policy = Policy { collar_bps: 50, ..Policy::default() };
/// let touch = Px::whole(100);
/// let tick = Px(10_000_000);
/// assert_eq!(marketable_px(&policy, Side::Buy, touch, tick, 1).to_string(), "100.5");
/// assert_eq!(marketable_px(&policy, Side::Sell, touch, tick, 1).to_string(), "99.5");
/// ```
#[must_use]
pub fn marketable_px(policy: &Policy, side: Side, touch: Px, tick: Px, widen: i64) -> Px {
    let bps = i64::from(policy.collar_bps) * widen;
    let ticks = Px(tick.0 * i128::from(policy.collar_ticks) * i128::from(widen));
    match side {
        Side::Buy => {
            let by_bps = touch.plus_bps(bps, Rounding::Floor);
            let touch_up = touch.to_tick(tick, Rounding::Ceil);
            by_bps.max(touch + ticks).to_tick(tick, Rounding::Floor).max(touch_up)
        }
        Side::Sell => {
            let by_bps = touch.plus_bps(-bps, Rounding::Ceil);
            let touch_down = touch.to_tick(tick, Rounding::Floor);
            by_bps.min(touch - ticks).to_tick(tick, Rounding::Ceil).min(touch_down)
        }
    }
}

/// Price of an order, or why it cannot be priced: an entry needs a fresh quote, an exit takes
/// an old one with a wider collar.
///
/// # Errors
/// [`Block::Stale`] without a usable quote, [`Block::Risk`] too far from the mid.
pub fn price(
    config: &Config,
    id: HoldingId,
    policy: Option<&Policy>,
    side: Side,
    intent: Intent,
    quote: Option<&Quote>,
    now: Nanos,
) -> Result<Px, Block> {
    let (Some(quote), Some(policy)) = (quote, policy) else {
        return Err(Block::Stale);
    };
    let stale = now.since(quote.time) > config.risk.mark_age_ns_max;
    if stale && intent == Intent::Entry {
        return Err(Block::Stale);
    }
    let touch = match side {
        Side::Buy => quote.ask_px,
        Side::Sell => quote.bid_px,
    };
    let widen = if stale { 3 } else { 1 };
    let tick = config.instrument_of(id).tick;
    // A collar wider than the price leaves the lowest price there is.
    let px = marketable_px(policy, side, touch, tick, widen).max(tick);
    let bps = i64::from(config.risk.collar_bps_max);
    let (low, high) =
        (quote.mid().plus_bps(-bps, Rounding::Floor), quote.mid().plus_bps(bps, Rounding::Ceil));
    // Too far from the mid: a spread too wide to trade into, not a defect of the plan.
    let far = intent == Intent::Entry && (px < low || px > high);
    if far { Err(Block::Risk) } else { Ok(px) }
}
