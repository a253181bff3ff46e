//! Protective stops: one stop order rests at the exchange for what is held, carried by the
//! target. It is contingent: outside LeavesQty, outside the need, outside the ladder. Only a
//! strategy that is alone on its key may have one: elsewhere such a target is refused.
//!
//! Entry points: [`beside`], [`Deciding::release_stop`].
//!
//! Invariants:
//! 1. Position less all that may be sold, stops included, is never below zero, nor below a
//!    target that is (the mirror for a short position).
//! 2. A stop is free, and proven to be, before the exit it could double is released. An exit
//!    that cannot leave (a pause, a link) frees no stop.
//! 3. What a stop closed is waived: only another target, or the same opened again, buys it back.

use super::amends::{Change, may_amend, terms_fit};
use super::deciding::Deciding;
use super::parts::Trader;
use super::plan::{Action, in_the_way, may_cancel};
use super::pricing::{marketable_px, within_band};
use super::working::working_target;
use crate::alert::AlertCode;
use crate::config::Config;
use crate::event::{Block, Event, Lane, Mode, ModeSet, StopMoved};
use crate::ids::{HoldingId, OrderNo, RequestId, cl_ord_id};
use crate::input::Target;
use crate::limiter::Class;
use crate::num::{Px, Qty, Rounding};
use crate::order::{CancelWhy, Intent, Order, Rule, Ticket};
use crate::request::{Side, TimeInForce};
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::time::Nanos;

/// The plan with its stop: the action that brings the position to the target, or first what the
/// stop needs.
#[must_use]
pub fn beside(config: &Config, state: &State, id: HoldingId, now: Nanos, action: Action) -> Action {
    let h = state.holding(id);
    let open = || h.open.iter().filter_map(|no| state.orders.open.get(no));
    let mut stops = open().filter(|o| !o.is_exposure() && !o.known.done);
    // More than one only when late evidence brought one back to life.
    let resting = stops.clone().find(|o| o.leaves().0 > 0).or_else(|| stops.next());
    if resting.is_none() && (h.stop_px.is_none() || h.own.is_zero()) {
        return action;
    }
    let lasting = matches!(state.mode, Mode::Running | Mode::ReduceOnly | Mode::Flattening);
    let first = matches!(action, Action::Cancel(..) | Action::Amend(..));
    if !lasting || first || h.frozen.is_some() && resting.is_none() {
        return action;
    }
    let view = View { config, state, id, now };
    let held = view.held(resting);
    if let Some(stop) = resting {
        let out = Side::of(-h.own);
        // 1. It must never sell more than is held beside the exits that work.
        let most = if out == Some(stop.ticket.side) { held } else { Qty::ZERO };
        if stop.leaves() > most || h.stop_px.is_none() {
            let keeps = if h.stop_px.is_none() { Qty::ZERO } else { most };
            return view.shrink(stop, keeps, Rule::Excess);
        }
    }
    // 2. It gives way to an exit that could leave now.
    if let Action::Place { side, qty, .. } = action {
        let of_side = |o: &&Order| !o.is_exposure() && o.ticket.side == side;
        let stops: Qty = open().filter(of_side).map(Order::leaves).sum();
        let target = working_target(config, state, id, now);
        let working = if side == Side::Sell { h.selling } else { h.buying };
        let after = h.own + side.signed(working + stops + qty);
        let past = match side {
            Side::Sell => after < target.min(Qty::ZERO),
            Side::Buy => after > target.max(Qty::ZERO),
        };
        let first = open().filter(of_side).find(|o| o.leaves().0 > 0);
        if let Some(stop) = first.filter(|_| past) {
            let stays = side.opposite().signed(target).max(Qty::ZERO);
            let stays = if stays < stop.leaves() { stays } else { Qty::ZERO };
            return view.shrink(stop, stays, Rule::GiveWay);
        }
    }
    let waits = match action {
        Action::Idle | Action::Blocked(..) => h.frozen.is_none() && state.mode != Mode::Flattening,
        _ => false,
    };
    if !waits {
        return action;
    }
    match (view.keep(h, resting, held), action) {
        (None, _) => action,
        // Both wait: the stop keeps the holding in the queue, the other one says why.
        (Some(Action::Blocked(lane, _)), Action::Blocked(Lane::Idle, block)) => {
            Action::Blocked(lane, block)
        }
        (Some(Action::Blocked(..)), Action::Blocked(..)) => action,
        (Some(kept), _) => kept,
    }
}

struct View<'a> {
    config: &'a Config,
    state: &'a State,
    id: HoldingId,
    now: Nanos,
}

impl View<'_> {
    /// What is held and not on its way out (an exit, or another stop that came to life again),
    /// positive, on the lot grid.
    fn held(&self, stop: Option<&Order>) -> Qty {
        let h = self.state.holding(self.id);
        let open = h.open.iter().filter_map(|no| self.state.orders.open.get(no));
        let no = stop.map(|o| o.ticket.order);
        let others = open.filter(|o| !o.is_exposure() && Some(o.ticket.order) != no);
        let others: Qty = others.map(Order::leaves).sum();
        let leaving = others + if h.own.0 > 0 { h.selling } else { h.buying };
        let rules = self.config.instrument_of(self.id);
        let held = (h.own.abs() - leaving).max(Qty::ZERO);
        let held = rules.max_qty.map_or(held, |most| held.min(most));
        held.to_lot(rules.lot, Rounding::TowardZero)
    }

    /// Takes a stop down to this quantity.
    fn shrink(&self, stop: &Order, keeps: Qty, rule: Rule) -> Action {
        if !may_cancel(self.config, self.state, stop, self.now) {
            let amending = stop.known.terms.pending.is_some();
            let block = if amending { Block::Amending } else { Block::Cancelling };
            return Action::Blocked(Lane::Cancel, block);
        }
        let enough = keeps.0 > 0 && keeps >= self.config.instrument_of(self.id).min_qty;
        let qty = stop.known.filled + keeps;
        let fits = terms_fit(self.config, self.id, qty, stop.px());
        if enough && fits && may_amend(self.config, self.state, stop, self.now) {
            let change = Change::of_qty(stop, qty, rule);
            return Action::Amend(stop.ticket.order, change);
        }
        Action::Cancel(stop.ticket.order, CancelWhy::Excess, rule)
    }

    /// Places the stop, or moves it to where it belongs.
    fn keep(&self, h: &HoldingState, resting: Option<&Order>, held: Qty) -> Option<Action> {
        let rules = self.config.instrument_of(self.id);
        let (side, stop_px) = (Side::of(-h.own)?, h.stop_px?);
        let stop_px = on_tick(stop_px, rules.tick);
        if held.0 <= 0 || held < rules.min_qty {
            return None;
        }
        let px = limit_px(self.config, self.id, side, stop_px).ok()?;
        if !terms_fit(self.config, self.id, held, px) {
            return None;
        }
        let Some(stop) = resting else {
            // The exchange would refuse it, again and again.
            if held.times(px) < rules.min_notional {
                return None;
            }
            if !self.config.descriptor.stops {
                return None;
            }
            let trader = Trader::first(self.config, self.id);
            let (none, now) = (Qty::ZERO, self.now);
            let way = in_the_way(self.config, self.state, trader, Intent::Protect, none, now);
            // A stop that cannot leave yet is work like any other: nothing else would come back
            // to it once the way is free.
            let waits = way.map(|block| Action::Blocked(Lane::Reduce, block));
            return waits.or(Some(Action::Protect { side, qty: held, stop_px }));
        };
        let fits = stop.leaves() == held && stop.stop_px() == Some(stop_px) && stop.px() == px;
        if fits || stop.ticket.side != side || !may_cancel(self.config, self.state, stop, self.now)
        {
            return None;
        }
        let no = stop.ticket.order;
        let (qty, rule) = (stop.known.filled + held, Rule::Stop);
        let fits = terms_fit(self.config, self.id, qty, px);
        if fits && may_amend(self.config, self.state, stop, self.now) {
            return Some(Action::Amend(
                no,
                Change { qty, px, stop_px: Some(stop_px), rule, step: 0 },
            ));
        }
        Some(Action::Cancel(no, CancelWhy::Excess, Rule::Stop))
    }
}

fn on_tick(px: Px, tick: Px) -> Px {
    px.to_tick(tick, Rounding::Floor).max(tick)
}

/// The limit behind a stop: the collar of the exit policy beyond the stop price, inside the band.
fn limit_px(config: &Config, id: HoldingId, side: Side, stop_px: Px) -> Result<Px, Block> {
    let policy = Trader::first(config, id).policy(config, Intent::Exit).ok_or(Block::Risk)?;
    let tick = config.instrument_of(id).tick;
    let px = marketable_px(policy, side, stop_px, tick, 1);
    within_band(config, id, side, px, Rule::Stop)
}

impl Deciding<'_> {
    /// The same target with another stop: the stop moves, nothing else.
    pub fn move_stop(&mut self, target: &Target) {
        let (holding, stop_px) = (target.holding, target.stop_px);
        if self.state.holding(holding).stop_px != stop_px {
            self.emit(Event::StopMoved(StopMoved { holding, stop_px }));
            self.touch(holding);
        }
    }

    /// Releases a protective stop. False when the gate refused it.
    pub fn release_stop(&mut self, holding: HoldingId, side: Side, qty: Qty, stop_px: Px) -> bool {
        let Ok(px) = limit_px(self.config, holding, side, stop_px) else { return false };
        let order = OrderNo(self.state.orders.last + 1);
        let ticket = Ticket {
            order,
            cl_ord_id: cl_ord_id(self.state.epoch, order.0),
            request: RequestId(self.state.last_request + 1),
            holding,
            side,
            qty,
            px,
            intent: Intent::Protect,
            released: self.now(),
            arrival: Px::ZERO,
            rule: Rule::Stop,
            step: 0,
            stop_px: Some(stop_px),
            shares: Vec::new(),
        };
        if let Err(why) = self.gate_stop(&ticket) {
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Killed }));
            self.alert(AlertCode::GateRefused, Some(holding), None, why);
            self.gate_kills();
            return false;
        }
        self.send_new(ticket, TimeInForce::Day, None);
        true
    }

    /// Whether this stop may leave; independent of the plan.
    fn gate_stop(&self, ticket: &Ticket) -> Result<(), String> {
        let state = &*self.state;
        if matches!(state.mode, Mode::Halted | Mode::Killed) {
            return Err(format!("a stop while {}", state.mode));
        }
        if !state.recon.baseline || !state.limiter.free(self.now(), Class::New) {
            return Err("a stop before the account was read, or without a free slot".to_owned());
        }
        let twin = state
            .orders
            .open
            .values()
            .any(|o| o.ticket.holding == ticket.holding && !o.is_exposure() && !o.known.done);
        if twin || state.orders.by_cl_ord_id(&ticket.cl_ord_id).is_some() {
            return Err("a second stop of one holding".to_owned());
        }
        if Side::of(-state.holding(ticket.holding).own) != Some(ticket.side) {
            return Err("a stop that would add to the position".to_owned());
        }
        let terms = (ticket.qty, ticket.px);
        self.gate_terms(ticket.holding, ticket.intent, terms, None, true)?;
        self.gate_stops(ticket.holding, ticket.side, ticket.qty)
    }

    /// People are told what a stop closed, however it was learned.
    pub fn stop_filled(&mut self, no: OrderNo, before: Qty) {
        let Some(order) = self.state.orders.get(no) else { return };
        let holding = order.ticket.holding;
        let closed = order.known.filled - before;
        if order.is_exposure() || closed.0 <= 0 {
            return;
        }
        let text = format!(
            "the protective stop closed {closed} at {}; the target is not followed any more",
            order.stop_px().unwrap_or_default()
        );
        self.alert(AlertCode::Unconverged, Some(holding), Some(no), text);
    }
}
