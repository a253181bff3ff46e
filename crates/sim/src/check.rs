//! Checkers: the engine's belief against the broker's truth, every law after every turn.
//!
//! Entry point: [`Checker`]. A violation is a sentence that names the law; each is kept once.

use crate::broker::Broker;
use crate::conduct::Conduct;
use crate::faults::FaultKind;
use crate::races::Races;
use std::collections::{BTreeMap, BTreeSet};
use truefill_core::engine::Engine;
use truefill_core::engine::wants::declared_bound;
use truefill_core::engine::working::{Working, working};
use truefill_core::event::{Adopted, Block, Closed, DriftClass, Event, Freeze, Learned, Mode};
use truefill_core::ids::{ClOrdId, HoldingId, OrderNo};
use truefill_core::input::Input;
use truefill_core::num::{Amount, Qty};
use truefill_core::order::{Intent, Ticket};
use truefill_core::request::Side;

/// Most violations kept.
const KEPT: usize = 100;

/// Watches a session.
#[derive(Debug, Default)]
pub struct Checker {
    violations: Vec<String>,
    tickets: BTreeMap<OrderNo, Ticket>,
    /// Own part of adopted differences, per holding.
    adopted: BTreeMap<HoldingId, Qty>,
    max_overshoot: Qty,
    /// Orders whose request arrived, and whether it is stuck before the exchange.
    arrived: BTreeMap<ClOrdId, bool>,
    requests_read: usize,
    releasing: OrderNo,
    conduct: Conduct,
    races: Races,
    /// Holdings whose cash has a part that was valued by us: a correction, a cross, a split.
    valued: BTreeSet<HoldingId>,
    /// Orders of which a part was last known by its quantity alone.
    unpriced: BTreeSet<ClOrdId>,
}

/// What we really hold in a holding through our orders, and what may still fill.
struct Held {
    position: Qty,
    /// Open quantity of orders on the side of the ticket.
    open: Qty,
    /// Open quantity of stops on that side.
    stops: Qty,
    /// Taken back by the broker: until its message is heard, nobody can know.
    busted: Qty,
    /// Open quantity of orders on the other side, stops aside.
    opposite: Qty,
    /// Signed part of the position that stops have closed and the engine has not heard of.
    unheard: Qty,
}

impl Checker {
    /// A law does not hold.
    pub fn broken(&mut self, what: String) {
        if self.violations.len() < KEPT && !self.violations.contains(&what) {
            self.violations.push(what);
        }
    }

    /// An input that was decided, and what it led to, which is not durable yet.
    pub fn decided(&mut self, input: &Input, events: &[Event]) {
        let reopens = matches!(input, Input::Target(target) if target.reopen);
        for _ in events.iter().filter(|event| matches!(event, Event::TargetSet(_))) {
            self.conduct.will_set(reopens);
        }
    }

    /// The process died, and with it what it had decided and not yet made durable.
    pub fn died(&mut self) {
        self.conduct.died();
    }

    /// The worst violation of law 5 at any release.
    #[must_use]
    pub const fn max_overshoot(&self) -> Qty {
        self.max_overshoot
    }

    /// What was broken.
    #[must_use]
    pub fn into_violations(self) -> Vec<String> {
        self.violations
    }

    /// A durable event, before its effects are run.
    pub fn event(&mut self, event: &Event, engine: &Engine, broker: &Broker) {
        if let Some(broken) = self.conduct.event(engine.state().now, event, engine) {
            self.broken(broken);
        }
        if let Some(broken) = self.races.event(engine.state().now, event, engine) {
            self.broken(broken);
        }
        match event {
            Event::Released(e) => {
                if e.ticket.intent == Intent::Protect {
                    self.stops(&e.ticket, engine, broker);
                } else {
                    self.law_5(&e.ticket, engine, broker);
                }
                if self.tickets.insert(e.ticket.order, e.ticket.clone()).is_some() {
                    self.broken(format!("law 4: order {} was released twice", e.ticket.order));
                }
            }
            Event::Crossed(e) => {
                self.valued.insert(e.holding);
            }
            Event::Corrected(e) if e.class != DriftClass::Opening => {
                self.valued.insert(e.holding);
                // What is adopted in place of executions, or of busts, that are not heard of yet
                // is in the truth already.
                let known = self.filled(e.holding, engine, broker);
                let unheard = self.really_filled(e.holding, broker) - known;
                // A trade of somebody else's, known by its id, is none of ours.
                let fills = broker.truth().fills();
                let foreign = |id| fills.iter().any(|fill| fill.external && fill.exec_id == id);
                let unheard = if e.exec_id.is_some_and(foreign) { Qty::ZERO } else { unheard };
                let (low, high) = (e.own.min(Qty::ZERO), e.own.max(Qty::ZERO));
                let heard = unheard.max(low).min(high);
                if e.class == DriftClass::Unknown {
                    // It also sets right what a late fill was taken for by mistake.
                    let own = engine.state().holding(e.holding).own;
                    self.adopted.insert(e.holding, own - known - heard);
                } else {
                    *self.adopted.entry(e.holding).or_default() += e.own - heard;
                }
            }
            Event::Adopted(e) => {
                self.valued.insert(e.holding);
                let heard = self.ours_in(e, engine, broker);
                *self.adopted.entry(e.holding).or_default() += e.qty - heard;
            }
            Event::Learned(Learned { order, .. }) | Event::Closed(Closed { order, .. }) => {
                let order = engine.state().orders.get(*order);
                if let Some(order) = order.filter(|order| order.known.unpriced.0 > 0) {
                    self.unpriced.insert(order.ticket.cl_ord_id);
                } else if let Some(order) = order {
                    self.unpriced.remove(&order.ticket.cl_ord_id);
                }
            }
            Event::SplitApplied(e) => {
                self.valued.insert(e.holding);
                // From here on the position counts in new units, whatever was known to be filled
                // in old ones; what is told later comes on top, for the engine too.
                let filled = self.filled(e.holding, engine, broker);
                self.adopted.insert(e.holding, e.own - filled);
            }
            _ => {}
        }
    }

    /// What of an adopted difference is executions of ours that are not heard of yet: it had no
    /// explanation when it was booked.
    fn ours_in(&self, e: &Adopted, engine: &Engine, broker: &Broker) -> Qty {
        // What was taken back and not told of looks the same, and is nobody's.
        if !broker.truth().revisions().is_empty() {
            return Qty::ZERO;
        }
        let within = |qty: Qty, most: Qty| qty.max(most.min(Qty::ZERO)).min(most.max(Qty::ZERO));
        let h = engine.state().holding(e.holding);
        let truth = broker.truth();
        let unheard = |ticket: &Ticket| {
            let orders = truth.orders_by_client_id(&ticket.cl_ord_id);
            // What was executed since it was booked is none of it.
            let fills = truth.fills().iter().filter(|fill| fill.time <= h.placeholder_time);
            let filled: Qty = fills.filter(|f| orders.contains(&f.order)).map(|f| f.qty).sum();
            let known = engine.state().orders.get(ticket.order).map(|order| order.known.filled);
            ticket.side.signed((filled - known.unwrap_or(filled)).max(Qty::ZERO))
        };
        let ours = self.tickets.values().filter(|ticket| ticket.holding == e.holding);
        let unheard = ours.map(unheard).sum();
        within(unheard, within(h.placeholder, e.qty))
    }

    /// What was really filled through our orders of a holding, signed.
    fn really_filled(&self, holding: HoldingId, broker: &Broker) -> Qty {
        let truth = broker.truth();
        let ours = self.tickets.values().filter(|t| t.holding == holding);
        let of = |ticket: &Ticket| -> Qty {
            let orders = truth.orders_by_client_id(&ticket.cl_ord_id).iter();
            ticket.side.signed(orders.map(|at| truth.orders()[*at].filled).sum())
        };
        ours.map(of).sum()
    }

    /// What is known to be filled through our orders of a holding, signed.
    fn filled(&self, holding: HoldingId, engine: &Engine, broker: &Broker) -> Qty {
        let ours = self.tickets.values().filter(|t| t.holding == holding);
        let truth = broker.truth();
        let of = |ticket: &Ticket| -> Qty {
            let orders = truth.orders_by_client_id(&ticket.cl_ord_id);
            let known = engine.state().orders.get(ticket.order).map(|order| order.known.filled);
            // Of an order that was forgotten everything was known.
            let all = || orders.iter().map(|at| truth.orders()[*at].filled).sum();
            ticket.side.signed(known.unwrap_or_else(all))
        };
        ours.map(of).sum()
    }

    /// Law 5 on the truth: what we really hold through our orders, and all that may still fill,
    /// must fit the working target together with this order.
    fn law_5(&mut self, ticket: &Ticket, engine: &Engine, broker: &Broker) {
        let Held { position: real, open, stops, busted, opposite, unheard } =
            self.held(ticket, engine, broker);
        if !opposite.is_zero() {
            let no = ticket.order;
            self.broken(format!("law 5: order {no} meets {opposite} of ours on the other side"));
        }
        let open = open + ticket.qty;
        // A stop is contingent: what it closes is wanted no more, so the target moves with it as
        // soon as it is heard of. Until then the orders beside it may not go through zero.
        let position = real - unheard;
        let Working { target, gate } =
            working(engine.config(), engine.state(), ticket.holding, ticket.released);
        let over = match ticket.side {
            Side::Buy => position + open - target,
            Side::Sell => target - (position - open),
        } - busted;
        let h = engine.state().holding(ticket.holding);
        // On the lot grid: the part of a lot that cannot be traded is no overshoot.
        let (config, state) = (engine.config(), engine.state());
        let (id, at) = (ticket.holding, ticket.released);
        let declared = declared_bound(config, state, id, ticket.side, at);
        let past = match ticket.side {
            Side::Buy => position + open - declared,
            Side::Sell => declared - (position - open),
        } - busted;
        // A limit below what is held asks for less than was declared: that way is toward zero and
        // not through it, and it ends at the limited target, as is checked below.
        let after = position + ticket.side.signed(open);
        let limited = gate == Block::Risk
            && after.abs() <= position.abs()
            && (after.is_zero() || (after.0 > 0) == (position.0 > 0));
        // The working target is the engine's own: it must not be on the far side of the declared.
        if !limited
            && engine.state().mode == Mode::Running
            && h.frozen.is_none()
            && past > Qty::ZERO
        {
            self.broken(format!(
                "law 5: order {} goes {past} past the declared {declared}",
                ticket.order
            ));
        }
        let end = real + ticket.side.signed(open + stops);
        let through = match ticket.side {
            Side::Sell => end + busted < target.min(Qty::ZERO),
            Side::Buy => end - busted > target.max(Qty::ZERO),
        };
        if through && !(stops + unheard.abs()).is_zero() {
            self.broken(format!("law 5: order {} beside stops ends at {end}", ticket.order));
        }
        if over > self.max_overshoot {
            self.max_overshoot = over;
            self.broken(format!(
                "law 5: order {} takes holding {} by {over} past its target {target}",
                ticket.order, ticket.holding
            ));
        }
    }

    /// What we really hold through our orders when a ticket is released, and what may still fill
    /// of the others on its side: orders, and stops.
    fn held(&mut self, ticket: &Ticket, engine: &Engine, broker: &Broker) -> Held {
        self.read_requests(broker);
        self.releasing = ticket.order;
        let truth = broker.truth();
        let mut position = self.adopted.get(&ticket.holding).copied().unwrap_or_default();
        let (mut open, mut stops, mut busted) = (Qty::ZERO, Qty::ZERO, Qty::ZERO);
        let (mut opposite, mut unheard) = (Qty::ZERO, Qty::ZERO);
        for other in self.tickets.values().filter(|t| t.holding == ticket.holding) {
            let known = truth.orders_by_client_id(&other.cl_ord_id);
            let orders = known.iter().map(|at| &truth.orders()[*at]);
            let (mut filled, mut leaves) = (Qty::ZERO, Qty::ZERO);
            for order in orders {
                filled += order.filled;
                leaves += order.leaves();
            }
            busted += known.iter().map(|at| truth.busted_of(*at)).sum();
            if known.is_empty() && self.may_appear(other, engine) {
                leaves = other.qty;
            }
            position += other.side.signed(filled);
            if other.intent == Intent::Protect {
                let heard = engine.state().orders.get(other.order).map(|o| o.known.filled);
                unheard += other.side.signed((filled - heard.unwrap_or(filled)).max(Qty::ZERO));
            }
            if other.side == ticket.side && other.intent == Intent::Protect {
                stops += leaves;
            } else if other.side == ticket.side {
                open += leaves;
            } else if other.intent != Intent::Protect {
                opposite += leaves;
            }
        }
        Held { position, open, stops, busted, opposite, unheard }
    }

    /// Law 5 for a stop: exits and stops together never take what is held through zero.
    fn stops(&mut self, ticket: &Ticket, engine: &Engine, broker: &Broker) {
        let Held { position, open, stops, busted, .. } = self.held(ticket, engine, broker);
        let after = position + ticket.side.signed(open + stops + ticket.qty);
        let target =
            working(engine.config(), engine.state(), ticket.holding, ticket.released).target;
        let past = match ticket.side {
            Side::Sell => after + busted < target.min(Qty::ZERO),
            Side::Buy => after - busted > target.max(Qty::ZERO),
        };
        if past {
            self.broken(format!("law 5: stop {} and exits end at {after}", ticket.order));
        }
    }

    /// An order that the broker does not have may still appear there.
    fn may_appear(&self, ticket: &Ticket, engine: &Engine) -> bool {
        if ticket.order == self.releasing {
            return false;
        }
        let stuck = match self.arrived.get(&ticket.cl_ord_id) {
            Some(stuck) => *stuck,
            // Still in the network, or lost.
            None => true,
        };
        let appear_max_ns = engine.config().descriptor.appear_max_ns.unwrap_or(i64::MAX);
        stuck && engine.state().now <= ticket.released.plus(appear_max_ns)
    }

    /// A new order never left: it cannot appear.
    pub fn never_sent(&mut self, id: ClOrdId) {
        self.arrived.insert(id, false);
    }

    fn read_requests(&mut self, broker: &Broker) {
        let requests = broker.truth().requests();
        for request in &requests[self.requests_read..] {
            if let (Some(id), "new") = (request.cl_ord_id, request.kind) {
                let stuck = matches!(
                    request.fault,
                    Some(FaultKind::LateAck | FaultKind::Timeout400 | FaultKind::AppearsTooLate)
                );
                self.arrived.insert(id, stuck);
            }
        }
        self.requests_read = requests.len();
    }

    /// After a turn.
    pub fn after_turn(&mut self, engine: &Engine, broker: &Broker) {
        if broker.truth().windows().iter().any(|window| window.hits > 0) {
            self.broken("law 7: a request exceeded the broker's limit".to_owned());
        }
        if engine.is_poisoned() {
            self.broken("the engine is poisoned".to_owned());
        }
    }

    /// At the end, with faults off for a while.
    pub fn at_end(&mut self, engine: &Engine, broker: &Broker, settled: bool) {
        if settled {
            self.conduct.at_end(engine).into_iter().for_each(|broken| self.broken(broken));
        } else {
            self.broken("liveness: not everything settled after the faults stopped".to_owned());
        }
        if !broker.truth().doubled_client_ids().is_empty() {
            self.broken("law 2: an order reached the broker twice".to_owned());
        }
        if let Err(why) = broker.truth().check() {
            self.broken(format!("the simulated truth contradicts itself: {why}"));
        }
        if settled && broker.truth().revisions().is_empty() {
            self.cash(engine, broker);
        }
        for (at, key) in engine.config().holdings.iter().enumerate() {
            // What a split has changed is the operator's to say, and nothing is traded until then.
            if engine.state().holdings[at].frozen == Some(Freeze::CorporateAction) {
                continue;
            }
            let ours = engine.state().holdings[at].total();
            let theirs = broker.truth().position(key.instrument, &key.product);
            if ours != theirs {
                let symbol = &engine.config().instruments[key.instrument.ix()].symbol;
                self.broken(format!("law 6: {symbol}: the broker holds {theirs}, we say {ours}"));
            }
        }
    }

    /// Executions of ours that the broker has shown by their quantity alone, and has forgotten: no
    /// read can tell their prices any more.
    pub fn never_priced(&self, broker: &Broker) -> Vec<usize> {
        let truth = broker.truth();
        let is_one = |at: &usize| {
            let id = truth.orders()[truth.fills()[*at].order].cl_ord_id;
            id.is_some_and(|id| self.unpriced.contains(&id)) && broker.has_forgotten(*at)
        };
        (0..truth.fills().len()).filter(is_one).collect()
    }

    /// Law 8: what was paid and received is what executions of ours cost, to the last unit, where
    /// no price had to be assumed.
    fn cash(&mut self, engine: &Engine, broker: &Broker) {
        let truth = broker.truth();
        let holding_of = |fill: usize| {
            let order = &truth.orders()[truth.fills()[fill].order];
            engine.config().holding_of(order.instrument, &order.product)
        };
        self.valued.extend(self.never_priced(broker).into_iter().filter_map(holding_of));
        let mut real = vec![Amount::ZERO; engine.config().holdings.len()];
        for fill in truth.fills().iter().filter(|fill| !fill.external) {
            let order = &truth.orders()[fill.order];
            let holding = engine.config().holding_of(order.instrument, &order.product);
            if let Some(cash) = holding.and_then(|id| real.get_mut(id.ix())) {
                *cash -= order.side.signed(fill.qty).times(fill.px) + fill.fee;
            }
        }
        for (at, (h, real)) in engine.state().holdings.iter().zip(real).enumerate() {
            if self.valued.iter().all(|id| id.ix() != at) && h.cash != real {
                self.broken(format!(
                    "law 8: holding {at} has cash {}, the truth is {real}",
                    h.cash
                ));
            }
        }
    }
}
