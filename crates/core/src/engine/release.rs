//! The send slot: the only place from which anything leaves. The queue is asked now what to
//! send now, so nothing stale is ever sent.

use super::amends::Change;
use super::deciding::Deciding;
use super::plan::{Action, next_action};
use super::pricing::price;
use super::reading::Read;
use super::{crossing, edges, repricing, session, sharing, timers};
use crate::alert::AlertCode;
use crate::config::{Config, LossAction};
use crate::effect::Effect;
use crate::event::{
    Block, CancelReleased, Event, Freeze, Frozen, Lane, Marked, Mode, ModeSet, ParentBegun,
    Released, RequestClass, Requested, Thawed, Unpaused,
};
use crate::ids::{HoldingId, OrderNo, RequestId, cl_ord_id};
use crate::limiter::Class;
use crate::num::{Amount, Px, Qty, Rounding};
use crate::order::{CancelWhy, Intent, Rule, Ticket};
use crate::quote::Quote;
use crate::request::{CancelOrder, NewOrder, OneOrder, Query, Request, Side, TimeInForce, Whole};
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::time::{Nanos, SECOND_NS};

/// An order that stays unresolved for so long freezes its holding.
pub(super) const UNRESOLVED_NS: i64 = 60 * SECOND_NS;

impl Deciding<'_> {
    pub fn release(&mut self) {
        self.daily_loss();
        self.end_pauses();
        self.pass_edges();
        self.freeze_unresolved();
        self.reads();
        self.cross();
        if self.broken {
            self.serve_broken();
        }
        let mut full = false;
        for holding in queue(self.state) {
            // Once no new order can leave, only cancels of what is open are looked for.
            if !full || !self.state.holding(holding).open.is_empty() {
                full |= !self.serve(holding);
            }
        }
    }

    /// What a planner that is broken on purpose asks for: only the gate is left.
    fn serve_broken(&mut self) {
        for at in 0..self.config.holdings.len() {
            let Ok(at) = u32::try_from(at) else { break };
            let holding = HoldingId(at);
            let action = super::fault::broken_action(self.config, self.state, holding);
            if let Action::Place { side, qty, intent } = action {
                self.release_new(holding, side, qty, intent);
                self.touch(holding);
                self.stage(holding);
            }
        }
    }

    /// A refusal of the gate means that nothing of the planner can be trusted: people are told
    /// that all of ours is cancelled.
    pub fn gate_kills(&mut self) {
        let text = "killed by the send gate".to_owned();
        self.alert(AlertCode::KillEngaged, None, None, text);
        self.touch_busy();
    }

    /// Sends what a holding needs, as long as there are slots. False when no new order can
    /// leave any more; holdings that wait with a cancel are all in front.
    fn serve(&mut self, holding: HoldingId) -> bool {
        self.freshen(holding);
        loop {
            let now = self.now();
            let action = next_action(self.config, self.state, holding, now);
            let lane = action.place_in_queue().0;
            if lane != self.state.holding(holding).staged.lane {
                // Time alone changed what it needs (patience, a pause): it joins its new lane.
                self.touch(holding);
            }
            match action {
                Action::Idle | Action::Blocked(..) => {
                    self.begin_schedule(holding, action);
                    self.reprice(holding);
                    return true;
                }
                Action::Amend(order, change) => {
                    if !self.change(holding, order, &change) {
                        return true;
                    }
                }
                Action::Protect { side, qty, stop_px } => {
                    if !self.state.limiter.free(now, Class::New) {
                        return false;
                    }
                    if !self.release_stop(holding, side, qty, stop_px) {
                        return true;
                    }
                }
                Action::Cancel(order, why, rule) => {
                    if !self.may_send_cancel() || !self.cancel_slot() {
                        return true;
                    }
                    self.release_cancel(holding, order, why, rule);
                }
                Action::Place { side, qty, intent } => {
                    if !self.state.limiter.free(now, Class::New) {
                        return false;
                    }
                    if let Some(block) = self.place(holding, side, qty, intent) {
                        self.held.push((holding, block));
                        self.touch(holding);
                        return true;
                    }
                }
            }
            self.touch(holding);
            // The caches of the next round of this loop must know of the order just released.
            self.stage(holding);
        }
    }

    /// A limit in money is as large as the price of now says, not as that of the last look.
    fn freshen(&mut self, holding: HoldingId) {
        if self.config.risk.position_notional_max.is_none() {
            return;
        }
        let quote = self.quote(self.config.holdings[holding.ix()].instrument);
        let mark = self.state.holding(holding).mark.as_ref().map(Quote::mid);
        if let Some(quote) = quote.filter(|q| q.is_sane() && Some(q.mid()) != mark) {
            self.emit(Event::Marked(Marked { holding, quote }));
        }
    }

    /// The link is there, and where rounds are of open orders the account was read since it came
    /// back. An emergency does not wait for that.
    fn may_send_cancel(&self) -> bool {
        let emergency = matches!(self.state.mode, Mode::Killed | Mode::Flattening);
        let read = self.state.recon.baseline || !super::reading::is_on(self.config);
        self.state.links_up[1] && (read || emergency || self.state.swept)
    }

    /// A cancel may leave now, as far as the windows go.
    pub(super) fn cancel_slot(&self) -> bool {
        let class = timers::cancel_class(self.config, self.state, self.now());
        self.state.limiter.free(self.now(), class)
    }

    /// Takes an order down or moves a stop. False when that has to wait.
    fn change(&mut self, holding: HoldingId, order: OrderNo, change: &Change) -> bool {
        let (now, limiter) = (self.now(), &self.state.limiter);
        if !self.state.links_up[1] {
            return false;
        }
        if limiter.free(now, Class::New) {
            return self.release_amend(holding, order, change);
        }
        // What has to go does not wait for a slot of new orders while cancels have one.
        let cancels = !change.rule.is_stop() && self.cancel_slot();
        if cancels {
            self.release_cancel(holding, order, CancelWhy::Excess, change.rule);
        }
        cancels
    }

    pub fn release_cancel(
        &mut self,
        holding: HoldingId,
        order: OrderNo,
        why: CancelWhy,
        rule: Rule,
    ) {
        let Some(open) = self.state.orders.open.get(&order) else { return };
        let wrong = crate::planted!(CancelsTheNeighbour);
        let before = self.state.orders.get(OrderNo(order.0 - 1)).filter(|_| wrong);
        let named = before.unwrap_or(open);
        let cancel = CancelOrder {
            cl_ord_id: named.ticket.cl_ord_id,
            order,
            order_id: named.order_id,
            instrument: self.config.holdings[holding.ix()].instrument,
        };
        let request = self.request(RequestClass::Cancel, Some(order));
        self.emit(Event::CancelReleased(CancelReleased { order, request, why, rule }));
        self.send(request, Request::Cancel(cancel));
    }

    /// Releases a new order; of one through zero that cannot leave as a whole, the way out.
    fn place(&mut self, holding: HoldingId, side: Side, qty: Qty, intent: Intent) -> Option<Block> {
        let block = self.release_new(holding, side, qty, intent)?;
        let out = super::plan::way_out(self.config, self.state, holding, side, qty);
        let killed = self.state.mode == Mode::Killed;
        if intent != Intent::Entry || out.0 <= 0 || killed {
            return Some(block);
        }
        self.release_new(holding, side, out, Intent::Exit)
    }

    /// Releases a new order. `Some(block)` when it cannot leave now.
    fn release_new(
        &mut self,
        holding: HoldingId,
        side: Side,
        qty: Qty,
        intent: Intent,
    ) -> Option<Block> {
        let now = self.now();
        let quote = self.quote(self.config.holdings[holding.ix()].instrument);
        let (config, state) = (self.config, &*self.state);
        let trader = sharing::next_leader(config, state, holding, (side, qty), now);
        let priced = match price(config, state, trader, side, intent, quote.as_ref(), now) {
            Ok(priced) => priced,
            Err(block) => return Some(block),
        };
        let px = priced.px;
        let rules = self.config.instrument_of(holding);
        let qty = match self.within_notional(holding, qty, px, intent) {
            Ok(qty) => qty,
            Err(block) => return Some(block),
        };
        let notional = qty.times(px);
        if notional.exceeds_bound() || qty < rules.min_qty || notional < rules.min_notional {
            return Some(if notional.exceeds_bound() { Block::Risk } else { Block::Dust });
        }
        let shares = sharing::shares_for(self.config, self.state, holding, side, qty, now);
        let leader =
            sharing::leader(self.config, self.state, holding, side, &shares, |share| share.qty);
        // A smaller order may be another strategy's, which trades in other phases.
        if !session::is_open(self.config, leader, intent, now) {
            return Some(Block::Session);
        }
        let order = OrderNo(self.state.orders.last + 1);
        let epoch = if crate::planted!(EpochForgotten) { 1 } else { self.state.epoch };
        let id = cl_ord_id(epoch, order.0);
        let ticket = Ticket {
            order,
            cl_ord_id: id,
            request: RequestId(self.state.last_request + 1),
            holding,
            side,
            qty,
            px,
            intent,
            released: now,
            arrival: quote.as_ref().map_or(Px::ZERO, Quote::mid),
            rule: priced.rule,
            step: priced.step,
            stop_px: None,
            shares,
        };
        if let Err(why) = self.gate(&ticket, quote.as_ref()) {
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Killed }));
            self.alert(AlertCode::GateRefused, Some(holding), None, why);
            self.gate_kills();
            return Some(Block::Risk);
        }
        let lot = self.config.instrument_of(holding).lot;
        let last = priced.rule == Rule::Band && !self.state.holding(holding).banded;
        let policy = leader.policy(self.config, intent);
        // One policy is for instruments of many lots: what is shown is whole lots of this one.
        let shown = policy.and_then(|p| p.display_qty);
        let shown = shown.map(|shown| shown.to_lot(lot, Rounding::Ceil));
        let display_qty = shown.filter(|shown| *shown < qty);
        self.send_new(ticket, priced.tif, display_qty);
        if last {
            self.last_rung(holding, order);
        }
        None
    }

    /// A new order that the gate let through takes its slots and leaves.
    pub fn send_new(&mut self, ticket: Ticket, tif: TimeInForce, display_qty: Option<Qty>) {
        let key = &self.config.holdings[ticket.holding.ix()];
        let new = NewOrder {
            cl_ord_id: ticket.cl_ord_id,
            order: ticket.order,
            instrument: key.instrument,
            product: key.product,
            side: ticket.side,
            qty: ticket.qty,
            px: ticket.px,
            tif,
            stop_px: ticket.stop_px,
            display_qty,
        };
        let request = self.request(RequestClass::New, Some(new.order));
        self.emit(Event::Released(Released { ticket }));
        self.send(request, Request::New(new));
    }

    /// A need that waits for its schedule begins although nothing of it can leave yet.
    fn begin_schedule(&mut self, holding: HoldingId, action: Action) {
        let waits = matches!(action, Action::Blocked(_, Block::Schedule));
        if !waits || self.state.holding(holding).has_begun() {
            return;
        }
        let quote = self.quote(self.config.holdings[holding.ix()].instrument);
        let arrival = quote.as_ref().map_or(Px::ZERO, Quote::mid);
        self.emit(Event::ParentBegun(ParentBegun { holding, arrival }));
        self.touch(holding);
    }

    /// The quantity that the notional limits leave of an order at this price.
    fn within_notional(
        &self,
        holding: HoldingId,
        qty: Qty,
        px: Px,
        intent: Intent,
    ) -> Result<Qty, Block> {
        let risk = &self.config.risk;
        let lot = self.config.instrument_of(holding).lot;
        let at_px = |most: Amount| Qty(most.0.max(0) / px.0).to_lot(lot, Rounding::TowardZero);
        let mut qty = qty;
        if let Some(most) = risk.order_notional_max {
            qty = qty.min(at_px(most));
        }
        if intent == Intent::Entry {
            let h = self.state.holding(holding);
            if let Some(most) = risk.position_notional_max {
                let held = h.own.abs() + h.buying.max(h.selling);
                qty = qty.min(at_px(most) - held);
            }
            if let Some(most) = risk.gross_notional_max {
                qty = qty.min(at_px(most - self.gross(holding, px)));
            }
        }
        if qty.0 > 0 { Ok(qty) } else { Err(Block::Risk) }
    }

    /// Notional of all positions and all that may still fill, without signs.
    fn gross(&self, holding: HoldingId, px: Px) -> Amount {
        let held = self.state.holdings.iter().enumerate().map(|(at, h)| {
            let mid = h.mark.as_ref().map_or(Px::ZERO, Quote::mid);
            h.own.abs().times(if at == holding.ix() { px } else { mid })
        });
        let open = self.state.orders.open.values();
        held.sum::<Amount>()
            + open.filter(|o| o.is_exposure()).map(|o| o.leaves().times(o.px())).sum::<Amount>()
    }

    pub fn request(&mut self, class: RequestClass, order: Option<OrderNo>) -> RequestId {
        let request = RequestId(self.state.last_request + 1);
        self.emit(Event::Requested(Requested { request, class, order }));
        request
    }

    pub fn send(&mut self, request: RequestId, what: Request) {
        let not_after = self.now().plus(self.config.descriptor.send_window_ns);
        let durable = self.state.seq;
        self.step.effects.push(Effect::Send { request, what, not_after, durable });
    }

    fn ask(&mut self, class: RequestClass, order: Option<OrderNo>, what: Query) {
        let request = self.request(class, order);
        let not_after = self.now().plus(self.config.descriptor.send_window_ns);
        let durable = self.state.seq;
        self.step.effects.push(Effect::Ask { request, what, not_after, durable });
    }

    /// Reads that are due and have a slot: what unresolved orders need, then the round.
    fn reads(&mut self) {
        let now = self.now();
        if !self.state.links_up[1] {
            return;
        }
        if self.state.recon.round == 0 && timers::round_at(self.config, self.state) <= now {
            self.begin_round();
        }
        if super::reading::is_on(self.config) {
            self.read_wanted();
            return;
        }
        let due = timers::lookups_due(self.state, now);
        if due.len() == 1 && self.state.recon.round == 0 {
            self.look_up(due[0]);
        } else if !due.is_empty() || timers::round_needs_orders(self.state) {
            if !timers::asking(self.state, RequestClass::Orders) && self.read_slot() {
                self.ask(RequestClass::Orders, None, Query::Orders(Whole {}));
                due.into_iter().for_each(|no| self.looked_up(no));
            }
            return;
        }
        if timers::activity_at(self.config, self.state) <= now && self.read_slot() {
            self.ask(RequestClass::Activity, None, Query::Activity(Whole {}));
        }
        let round = self.state.recon.round > 0;
        if round && !timers::asking(self.state, RequestClass::Positions) && self.read_slot() {
            self.ask(RequestClass::Positions, None, Query::Positions(Whole {}));
        }
    }

    /// Where a round is of open orders: one read after the other, as long as there are slots.
    fn read_wanted(&mut self) {
        let mut unnamed = timers::lookups_due(self.state, self.now());
        for read in super::reading::wanted(self.config, self.state, self.now()) {
            if !self.read_slot() {
                return;
            }
            match read {
                Read::Order(no) => {
                    unnamed.retain(|other| *other != no);
                    self.look_up(no);
                }
                Read::Of(class) => {
                    let what = match class {
                        RequestClass::Positions => Query::Positions(Whole {}),
                        RequestClass::OpenOrders => Query::OpenOrders(Whole {}),
                        RequestClass::Activity => Query::Activity(Whole {}),
                        RequestClass::Clock => Query::Clock(Whole {}),
                        _ => Query::Orders(Whole {}),
                    };
                    self.ask(class, None, what);
                    if class == RequestClass::Orders {
                        std::mem::take(&mut unnamed).into_iter().for_each(|no| self.looked_up(no));
                    }
                }
            }
        }
    }

    fn read_slot(&self) -> bool {
        self.state.limiter.free(self.now(), Class::Read)
    }

    fn look_up(&mut self, no: OrderNo) {
        if !self.read_slot() {
            return;
        }
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let (cl_ord_id, order_id) = (order.ticket.cl_ord_id, order.order_id);
        let query = Query::Order(OneOrder { cl_ord_id, order: no, order_id });
        self.ask(RequestClass::Order, Some(no), query);
        self.looked_up(no);
    }

    fn end_pauses(&mut self) {
        let now = self.now();
        let ended: Vec<HoldingId> = self
            .state
            .busy
            .iter()
            .copied()
            .filter(|id| {
                let h = self.state.holding(*id);
                h.paused.0 != i64::MIN && h.paused <= now
            })
            .collect();
        for holding in ended {
            self.emit(Event::Unpaused(Unpaused { holding }));
            self.touch(holding);
        }
    }

    /// Freezes holdings with an order that stays unresolved, thaws them when that ends.
    fn freeze_unresolved(&mut self) {
        let now = self.now();
        for id in self.state.busy.iter().copied().collect::<Vec<_>>() {
            let h = self.state.holding(id);
            let mut open = h.open.iter().filter_map(|no| self.state.orders.open.get(no));
            let old = open.any(|o| {
                let hung = o.hung.is_some_and(|hang| now.since(hang.since) >= UNRESOLVED_NS);
                hung || (o.needs_lookup() && now.since(o.unresolved_since) >= UNRESOLVED_NS)
            });
            match (old, h.frozen) {
                (true, None) => {
                    self.emit(Event::Frozen(Frozen { holding: id, why: Freeze::VenueUnknown }));
                    let text = "an order has been unresolved for a minute".to_owned();
                    self.alert(AlertCode::VenueUnknown, Some(id), None, text);
                    self.touch(id);
                }
                (false, Some(Freeze::VenueUnknown)) => {
                    self.emit(Event::Thawed(Thawed { holding: id }));
                    self.touch(id);
                }
                _ => {}
            }
        }
    }

    /// Profit and loss of the day at the quotes of this input, where it has them.
    fn day_pnl(&self) -> Amount {
        let mut sum = self.state.day_pnl(self.config);
        for mark in &self.envelope.marks {
            for (h, key) in self.state.holdings.iter().zip(&self.config.holdings) {
                if key.instrument == mark.instrument && mark.quote.is_sane() {
                    let moved = mark.quote.mid() - h.mark.as_ref().map_or(Px::ZERO, Quote::mid);
                    let multiplier = self.config.instruments[key.instrument.ix()].multiplier;
                    sum += crate::state::scale(h.own.times(moved), multiplier);
                }
            }
        }
        sum
    }

    fn daily_loss(&mut self) {
        let Some(most) = self.config.risk.daily_loss_max else { return };
        if self.state.mode != Mode::Running || self.day_pnl() > -most {
            return;
        }
        let mode = match self.config.risk.daily_loss_action {
            LossAction::ReduceOnly => Mode::ReduceOnly,
            LossAction::Flatten => Mode::Flattening,
        };
        self.emit(Event::ModeSet(ModeSet { mode }));
        let text = format!("the loss of the day reached {most}");
        self.alert(AlertCode::DailyLoss, None, None, text);
        self.touch_busy();
    }
}

/// Holdings with work: by lane, then by how long they have waited.
fn queue(state: &State) -> Vec<HoldingId> {
    let mut queue: Vec<(Lane, u64, HoldingId)> = state
        .busy
        .iter()
        .map(|id| (state.holding(*id), *id))
        .filter(|(h, _)| h.staged.lane != Lane::Idle || !h.open.is_empty())
        .map(|(h, id)| {
            let lane =
                if h.staged.lane == Lane::Idle { resting_lane(state, h) } else { h.staged.lane };
            (lane, h.queued, id)
        })
        .collect();
    queue.sort_unstable();
    queue.into_iter().map(|(_, _, id)| id).collect()
}

/// An exit that rests may have to be moved: that goes before what adds exposure.
fn resting_lane(state: &State, h: &HoldingState) -> Lane {
    let mut open = h.open.iter().filter_map(|no| state.orders.open.get(no));
    if open.any(|o| o.ticket.intent == Intent::Exit) { Lane::Reduce } else { Lane::Idle }
}

/// The holdings that a release at `now` would price: no more than there are slots, so that an
/// input carries no quote that nobody looks at. A cross needs a quote and no slot.
pub(super) fn to_be_priced(config: &Config, state: &State, now: Nanos) -> Vec<HoldingId> {
    let room = state.limiter.room(now, Class::New);
    let priced = |id: &HoldingId| match next_action(config, state, *id, now) {
        Action::Place { .. } => true,
        Action::Blocked(_, Block::Schedule) if !state.holding(*id).has_begun() => true,
        _ => repricing::is_due(config, state, *id, now),
    };
    let queue = queue(state);
    let mut found: Vec<HoldingId> = queue.iter().copied().filter(priced).take(room).collect();
    found.extend(edges::crossed(config, state, now).into_iter().filter(priced));
    if config.crossing {
        let crosses = |id: &HoldingId| crossing::is_wanted(config, state, *id, now);
        found.extend(queue.into_iter().filter(crosses));
    }
    found
}
