//! What becomes of an order: its steps to the exchange, fills, the end.

use super::{Desk, Due, Fill, STATES_MAX};
use crate::faults::{Fault, Hook};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{NANO, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::request::{Side, TimeInForce};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_sim::exchange::{Arriving, Execution};
use truefill_venue::kite_server::ticker::text;
use truefill_venue::kite_server::{
    Json, OrderFace, OrderType, Status, TradeFace, Validity, Variety,
};

impl Desk {
    /// The order is in another state from now on.
    pub(super) fn turn(&mut self, at: Nanos, serial: u64, change: impl FnOnce(&mut OrderFace)) {
        let Some(order) = self.orders.get_mut(&serial) else { return };
        change(&mut order.face);
        order.face.time = at;
        if order.states.len() >= STATES_MAX {
            // The first state says when it came to be.
            order.states.remove(1);
        }
        order.states.push((at, order.face.clone()));
    }

    fn status(&self, serial: u64) -> Option<Status> {
        self.orders.get(&serial).map(|order| order.face.status)
    }

    pub(super) fn validated(&mut self, at: Nanos, serial: u64) {
        if self.status(serial) == Some(Status::PutReceived) {
            self.turn(at, serial, |face| face.status = Status::ValidationPending);
        }
    }

    pub(super) fn forwarded(&mut self, at: Nanos, serial: u64) {
        if self.status(serial) == Some(Status::ValidationPending) {
            self.turn(at, serial, |face| face.status = Status::OpenPending);
        }
    }

    /// The risk system refuses the order after it was acknowledged.
    pub(super) fn reject(&mut self, at: Nanos, serial: u64) {
        self.turn(at, serial, |face| {
            face.status = Status::Rejected;
            face.message = Some("The order was rejected by the risk management system.".to_owned());
            face.message_raw =
                Some("RMS:Blocked for entity account across exchange across segment".to_owned());
            face.pending = Qty::ZERO;
        });
        self.push(at, serial, None);
    }

    /// The order reaches the exchange.
    pub(super) fn reach(&mut self, at: Nanos, serial: u64) {
        let Some(order) = self.orders.get(&serial) else { return };
        if order.face.status.is_terminal() || order.resting {
            return;
        }
        if at < self.link_until {
            self.agenda.plan(self.link_until, Due::Reach(serial));
            return;
        }
        let (face, id, thin) = (order.face.clone(), order.instrument, order.thin);
        let stop_px = Some(face.trigger_px).filter(|px| px.0 > 0 && face.variety != Variety::Co);
        let waits = stop_px.is_some() && matches!(face.order_type, OrderType::Sl | OrderType::SlM);
        self.turn(at, serial, |face| {
            face.exchange_order_id = Some(format!("13{serial:014}"));
            face.exchange_time = Some(at);
            face.status = if waits { Status::TriggerPending } else { Status::Open };
        });
        if let Some(order) = self.orders.get_mut(&serial) {
            order.resting = true;
        }
        if waits {
            self.stops.insert(serial);
        }
        if self.options.switches.push_on_open {
            self.push(at, serial, None);
        }
        let mut executions = Vec::new();
        if thin {
            self.arrive_thin(serial, id, &face, &mut executions);
        } else {
            let arriving = arriving(serial, id, &face, stop_px.filter(|_| waits));
            self.exchange.place(&arriving, &mut executions);
        }
        self.book(at, &mut executions);
        if waits && let Some(quote) = self.street.quote(id) {
            self.wake_stops(at, id, &quote);
        }
        if face.validity == Validity::Ioc {
            self.end_unfilled(at, serial, None);
        }
    }

    /// Of this order only a part finds somebody; the rest of it stays behind the market.
    fn arrive_thin(
        &mut self,
        serial: u64,
        id: InstrumentId,
        face: &OrderFace,
        executions: &mut Vec<Execution>,
    ) {
        let Some(quote) = self.street.quote(id) else { return };
        let near = if face.side == Side::Buy { quote.bid_px } else { quote.ask_px };
        let resting = OrderFace { px: near, ..face.clone() };
        self.exchange.place(&arriving(serial, id, &resting, None), executions);
        let lot = self.listing.get(id).map_or(Qty::whole(1), |item| item.listed.lot);
        let part = Qty(face.leaves().0 / 2).to_lot(lot, truefill_core::num::Rounding::Floor);
        if part.0 > 0 {
            executions.extend(self.exchange.hit(id, face.side, serial, part));
        }
    }

    /// What is left of an order is cancelled by the exchange.
    pub(super) fn end_unfilled(&mut self, at: Nanos, serial: u64, why: Option<&str>) {
        let Some(order) = self.orders.get(&serial) else { return };
        if order.face.status.is_terminal() {
            return;
        }
        let (id, side, wrong) = (order.instrument, order.face.side, order.wrong_numbers);
        self.exchange.cancel(id, side, serial);
        self.stops.remove(&serial);
        let why = why.map(str::to_owned);
        self.turn(at, serial, |face| {
            face.status = Status::Cancelled;
            face.message = why;
            face.exchange_time = Some(at);
            let leaves = face.leaves();
            // One documented row has its quantity both pending and cancelled, another one neither.
            face.pending = if wrong { leaves } else { Qty::ZERO };
            face.cancelled = if wrong && (leaves.0 / NANO) % 2 == 0 { Qty::ZERO } else { leaves };
        });
        self.chronicle.note(at, "cancelled", self.order_told(serial));
        self.push(at, serial, None);
    }

    pub(super) fn expire(&mut self, at: Nanos, serial: u64) {
        if at < self.link_until {
            self.agenda.plan(self.link_until, Due::Expire(serial));
            return;
        }
        self.end_unfilled(at, serial, Some("Order validity expired"));
    }

    /// Orders whose trigger the market has reached are orders of the book from now on.
    pub(super) fn wake_stops(&mut self, at: Nanos, id: InstrumentId, quote: &Quote) {
        if self.stops.is_empty() {
            return;
        }
        let reached = |serial: &u64| {
            let order = self.orders.get(serial)?;
            let (side, trigger) = (order.face.side, order.face.trigger_px);
            let woken = match side {
                Side::Buy => quote.ask_px >= trigger,
                Side::Sell => quote.bid_px <= trigger,
            };
            (order.instrument == id && woken).then_some(*serial)
        };
        let woken: Vec<u64> = self.stops.iter().filter_map(reached).collect();
        for serial in woken {
            self.stops.remove(&serial);
            self.turn(at, serial, |face| face.status = Status::Open);
            self.push(at, serial, Some(Status::Update));
        }
    }

    /// Executions are booked, or wait until the exchange is in reach again.
    pub(super) fn book(&mut self, at: Nanos, executions: &mut Vec<Execution>) {
        if at < self.link_until {
            self.held.append(executions);
            return;
        }
        for execution in executions.drain(..) {
            self.fill(at, &execution);
        }
    }

    fn fill(&mut self, at: Nanos, execution: &Execution) {
        let (serial, qty, px) = (execution.number, execution.qty, execution.px);
        if !self.orders.contains_key(&serial) {
            return;
        }
        self.stops.remove(&serial);
        self.turn(at, serial, |face| {
            face.filled += qty;
            face.filled_notional += qty.times(px);
            face.pending = face.leaves();
            face.exchange_time = Some(at);
            face.status = if face.leaves().0 <= 0 { Status::Complete } else { Status::Open };
        });
        self.record(at, serial, qty, px);
        let complete = self.status(serial) == Some(Status::Complete);
        self.push(at, serial, (!complete).then_some(Status::Update));
        if complete {
            self.completed(at, serial);
        }
    }

    /// The trade goes into the books.
    pub(super) fn record(&mut self, at: Nanos, serial: u64, qty: Qty, px: Px) {
        let Some(order) = self.orders.get(&serial) else { return };
        let face = TradeFace {
            trade_id: (10_000_000 + self.fills.len()).to_string(),
            order_id: order.face.order_id.clone(),
            exchange_order_id: order.face.exchange_order_id.clone(),
            named: order.face.named.clone(),
            product: order.face.product,
            side: order.face.side,
            qty,
            px,
            time: at,
        };
        let told = Json::object([
            ("order_id", face.order_id.as_str().into()),
            ("trade_id", face.trade_id.as_str().into()),
            ("quantity", qty.into()),
            ("price", px.into()),
        ]);
        self.chronicle.note(at, "fill", told);
        let key = (order.instrument, order.face.product);
        self.account.book(at, key, order.face.side, qty, px);
        let instrument = order.instrument;
        self.fills.push(Fill { face, instrument, order: serial });
    }

    /// What follows the last fill of an order: the next leg, the stop behind an entry.
    fn completed(&mut self, at: Nanos, serial: u64) {
        let Some(order) = self.orders.get(&serial) else { return };
        let (face, id) = (order.face.clone(), order.instrument);
        let (legs_left, stop) = (order.legs_left, order.stop_behind);
        if let Some(leg) = face.leg.filter(|_| legs_left > 0) {
            let qty = leg.remaining_qty.min(leg.leg_qty);
            let next = self.add(at, id, fresh(at, &face, qty));
            self.as_leg(next, leg.leg + 1, leg.legs, leg.leg_qty, leg.total_qty);
            self.windows.leg(at);
            self.send(at, next);
        }
        if let Some(trigger) = stop {
            let mut behind = fresh(at, &face, face.qty);
            behind.side = face.side.opposite();
            behind.variety = Variety::Co;
            behind.order_type = OrderType::Sl;
            behind.trigger_px = trigger;
            behind.px = self.protected_px(
                id,
                behind.side,
                Some(trigger),
                truefill_venue::kite_server::Protection::Automatic,
            );
            // The stop of a cover order is an ordinary stop for the exchange.
            behind.parent_id = Some(face.order_id);
            let serial = self.add(at, id, behind);
            self.send_stop(at, serial);
        }
    }

    fn send_stop(&mut self, at: Nanos, serial: u64) {
        let Some(order) = self.orders.get(&serial) else { return };
        let (face, id) = (order.face.clone(), order.instrument);
        let mut executions = Vec::new();
        let stop = Some(face.trigger_px);
        self.exchange.place(&arriving(serial, id, &face, stop), &mut executions);
        self.turn(at, serial, |face| {
            face.status = Status::TriggerPending;
            face.exchange_order_id = Some(format!("13{serial:014}"));
            face.exchange_time = Some(at);
        });
        if let Some(order) = self.orders.get_mut(&serial) {
            order.resting = true;
        }
        self.stops.insert(serial);
        self.push(at, serial, None);
        self.book(at, &mut executions);
    }

    /// A message about the order goes out, if nothing happens to it.
    pub(super) fn push(&mut self, at: Nanos, serial: u64, status: Option<Status>) {
        self.post_back(serial, status);
        let Some(order) = self.orders.get(&serial) else { return };
        let mut row = order.face.row();
        if let Some(status) = status {
            row.set("status", status.as_str());
        }
        row.set("unfilled_quantity", order.face.leaves());
        let message = text("order", row);
        if self.strikes(at, Fault::PushLost, Hook::Push).is_some() {
            return;
        }
        let mut when = at.plus(25 * MILLI_NS);
        if let Some(details) = self.strikes(at, Fault::PushLate, Hook::Push) {
            let drawn = self.plan.between(Fault::PushLate, 1_000, 10_000) * MILLI_NS;
            when = at.plus(details.after_ns.unwrap_or(drawn));
        }
        if self.strikes(at, Fault::PushTwice, Hook::Push).is_some() {
            self.agenda.plan(when.plus(40 * MILLI_NS), Due::Push(message.clone()));
        }
        self.agenda.plan(when, Due::Push(message));
    }
}

/// A new order like this one.
fn fresh(at: Nanos, face: &OrderFace, qty: Qty) -> OrderFace {
    OrderFace {
        exchange_order_id: None,
        status: Status::PutReceived,
        message: None,
        message_raw: None,
        time: at,
        exchange_time: None,
        modified: false,
        qty,
        filled: Qty::ZERO,
        filled_notional: truefill_core::num::Amount::ZERO,
        pending: qty,
        cancelled: Qty::ZERO,
        leg: None,
        ..face.clone()
    }
}

/// As the exchange sees it arrive.
pub(super) fn arriving(
    number: u64,
    instrument: InstrumentId,
    face: &OrderFace,
    stop_px: Option<Px>,
) -> Arriving {
    let ioc = face.validity == Validity::Ioc;
    Arriving {
        number,
        instrument,
        side: face.side,
        qty: face.leaves(),
        px: Some(face.px),
        tif: if ioc { TimeInForce::Ioc } else { TimeInForce::Day },
        stop_px,
        display_qty: Some(face.disclosed).filter(|qty| qty.0 > 0),
    }
}
