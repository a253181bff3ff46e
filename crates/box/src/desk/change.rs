//! Changes and cancels of orders.

use super::life::arriving;
use super::{Desk, Due};
use crate::faults::{Fault, Hook};
use truefill_core::num::{Px, Qty};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_sim::exchange::Amending;
use truefill_venue::kite_server::{
    ErrorType, Fields, Json, ModifyForm, OrderFace, OrderType, Refusal, Status, Variety,
};

/// Changes of one order that are taken.
const MODIFICATIONS_MAX: u32 = 25;

fn order_error(words: impl Into<String>) -> Refusal {
    Refusal::new(ErrorType::Order, words)
}

impl Desk {
    /// The order that a change or a cancel is about.
    fn sought(
        &mut self,
        now: Nanos,
        variety: Variety,
        id: &str,
        hook: Hook,
    ) -> Result<u64, Refusal> {
        let serial = self.ids.get(id).copied();
        let found = serial.and_then(|serial| Some((serial, self.orders.get(&serial)?)));
        let Some((serial, order)) = found else {
            return Err(order_error(format!("Order {id} does not exist.")));
        };
        let (young, of) = (now.since(order.arrived) < SECOND_NS, order.face.variety);
        if of != variety {
            return Err(Refusal::input("Invalid `variety`."));
        }
        if young && self.strikes(now, Fault::JustAcked, hook).is_some() {
            return Err(order_error(format!("Order {id} does not exist.")));
        }
        Ok(serial)
    }

    /// A change is taken, and reaches the exchange later.
    pub(super) fn modify(
        &mut self,
        now: Nanos,
        variety: Variety,
        order_id: &str,
        fields: &Fields,
    ) -> Result<Json, Refusal> {
        let form = ModifyForm::read(fields)?;
        let serial = self.sought(now, variety, order_id, Hook::Modify)?;
        let Some(order) = self.orders.get(&serial) else {
            return Err(order_error("Order does not exist."));
        };
        let (status, id) = (order.face.status, order.instrument);
        match status {
            Status::Complete => {
                return Err(order_error(format!("Order {order_id} does not exist.")));
            }
            Status::Open | Status::TriggerPending | Status::AmoReceived | Status::Modified => {}
            Status::Cancelled | Status::Rejected => {
                let words =
                    format!("Order cannot be modified as it is already {}.", status.as_str());
                return Err(order_error(words));
            }
            _ => {
                return Err(order_error(
                    "Order cannot be modified as it is being processed. Try later.",
                ));
            }
        }
        if order.modifications >= MODIFICATIONS_MAX {
            self.windows.violate(now, "modifications_per_order", MODIFICATIONS_MAX, 26);
            self.chronicle.say(now, "too_many", "the 26th change of an order is refused");
            let words = "Maximum allowed order modifications exceeded.";
            return Err(Refusal::new(ErrorType::Network, words).with_status(429));
        }
        let face = self.modified_face(serial, &form)?;
        let order_type = form.order_type.unwrap_or(face.order_type);
        self.check_prices_of(id, order_type, &face)?;
        if let Some(order) = self.orders.get_mut(&serial) {
            order.modifications += 1;
        }
        self.chronicle.note(now, "modify", self.order_told(serial));
        if status == Status::AmoReceived {
            self.turn(now, serial, |old| *old = OrderFace { status: Status::AmoReceived, ..face });
            return Ok(Json::object([("order_id", order_id.into())]));
        }
        self.turn(now, serial, |face| face.status = Status::ModifyValidationPending);
        self.turn(now, serial, |face| face.status = Status::ModifyPending);
        let amending = Amending {
            number: serial,
            instrument: id,
            side: face.side,
            leaves: face.leaves(),
            px: face.px,
            stop_px: Some(face.trigger_px).filter(|px| px.0 > 0),
        };
        let way_ns = self.up.draw(&mut self.dice);
        let change = Due::Change(serial, Box::new((amending, face)));
        self.agenda.plan(now.plus(way_ns), change);
        Ok(Json::object([("order_id", order_id.into())]))
    }

    /// The order as it would be after the change.
    fn modified_face(&self, serial: u64, form: &ModifyForm) -> Result<OrderFace, Refusal> {
        let Some(order) = self.orders.get(&serial) else {
            return Err(order_error("Order does not exist."));
        };
        let (mut face, id) = (order.face.clone(), order.instrument);
        face.qty = form.qty.unwrap_or(face.qty);
        face.px = form.px.unwrap_or(face.px);
        face.trigger_px = form.trigger_px.unwrap_or(face.trigger_px);
        face.disclosed = form.disclosed.unwrap_or(face.disclosed);
        face.validity = form.validity.unwrap_or(face.validity);
        if let Some(to) = form.order_type.filter(|to| *to != face.order_type) {
            self.check_protection(to, form.protection)?;
            face.order_type = to;
            if matches!(to, OrderType::Market | OrderType::SlM) {
                let stop = Some(face.trigger_px).filter(|px| px.0 > 0 && to == OrderType::SlM);
                face.px = self.protected_px(id, face.side, stop, form.protection);
                self.show_protected(&mut face, form.protection);
            }
            if matches!(to, OrderType::Market | OrderType::Limit) {
                face.trigger_px = Px::ZERO;
            }
        }
        let item = self.listing.get(id);
        let lot = item.map_or(Qty::whole(1), |item| item.listed.lot);
        if face.qty.0 % lot.0 != 0 {
            let words = format!("Quantity should be in multiples of the lot size {lot}.");
            return Err(Refusal::input(words));
        }
        if item.is_some_and(|item| face.qty > item.freeze) {
            return Err(Refusal::input("Order quantity exceeds the freeze quantity."));
        }
        if face.qty <= face.filled {
            let words = format!("Quantity should be above the filled quantity {}.", face.filled);
            return Err(Refusal::input(words));
        }
        Ok(face)
    }

    fn check_prices_of(
        &self,
        id: truefill_core::ids::InstrumentId,
        order_type: OrderType,
        face: &OrderFace,
    ) -> Result<(), Refusal> {
        let Some(item) = self.listing.get(id) else { return Ok(()) };
        let given = |px: Px| Some(px).filter(|px| px.0 > 0);
        let (px, trigger) = (given(face.px), given(face.trigger_px));
        self.check_prices(order_type, px, trigger, (id, item, face.side))
    }

    /// The change reaches the exchange.
    pub(super) fn changed(
        &mut self,
        at: Nanos,
        serial: u64,
        (mut to, face): (Amending, OrderFace),
    ) {
        if at < self.link_until {
            self.agenda.plan(self.link_until, Due::Change(serial, Box::new((to, face))));
            return;
        }
        let Some(order) = self.orders.get(&serial) else { return };
        if order.face.status.is_terminal() {
            return;
        }
        let was_stop = self.stops.contains(&serial);
        let is_stop = was_stop && face.trigger_px.0 > 0;
        to.leaves = face.qty - order.face.filled;
        let mut executions = Vec::new();
        let taken = if to.leaves.0 <= 0 {
            false
        } else if was_stop && !is_stop {
            // From a stop to an order of the book: for the exchange a new arrival.
            self.exchange.cancel(to.instrument, to.side, serial);
            self.stops.remove(&serial);
            let moved = OrderFace { filled: order.face.filled, ..face.clone() };
            self.exchange.place(&arriving(serial, to.instrument, &moved, None), &mut executions);
            true
        } else {
            self.exchange.amend(&to, &mut executions).is_some() || !executions.is_empty()
        };
        let rests = if is_stop { Status::TriggerPending } else { Status::Open };
        if taken {
            self.turn(at, serial, |old| {
                let (filled, notional) = (old.filled, old.filled_notional);
                *old = OrderFace { filled, filled_notional: notional, ..face };
                old.pending = old.leaves();
                old.modified = true;
                old.exchange_time = Some(at);
                old.status = Status::Modified;
            });
        }
        self.turn(at, serial, |face| face.status = rests);
        self.push(at, serial, Some(Status::Update));
        self.book(at, &mut executions);
    }

    /// A cancel is taken, and reaches the exchange later.
    pub(super) fn cancel(
        &mut self,
        now: Nanos,
        variety: Variety,
        order_id: &str,
    ) -> Result<Json, Refusal> {
        let serial = self.sought(now, variety, order_id, Hook::Cancel)?;
        let Some(order) = self.orders.get(&serial) else {
            return Err(order_error("Order does not exist."));
        };
        let (status, resting) = (order.face.status, order.resting);
        if status.is_terminal() {
            let words = format!("Order cannot be cancelled as it is already {}.", status.as_str());
            return Err(order_error(words));
        }
        let done = Ok(Json::object([("order_id", order_id.into())]));
        self.chronicle.note(now, "cancel", self.order_told(serial));
        if status == Status::AmoReceived {
            self.end_unfilled(now, serial, None);
            return done;
        }
        let fills = resting && status == Status::Open;
        if fills && self.strikes(now, Fault::CancelRace, Hook::Cancel).is_some() {
            self.overtake(now, serial);
            return done;
        }
        self.turn(now, serial, |face| face.status = Status::CancelPending);
        if self.strikes(now, Fault::CancelNumbers, Hook::Cancel).is_some()
            && let Some(order) = self.orders.get_mut(&serial)
        {
            order.wrong_numbers = true;
        }
        let mut way_ns = self.up.draw(&mut self.dice);
        if let Some(details) = self.strikes(now, Fault::CancelStuck, Hook::Cancel) {
            let drawn = self.plan.between(Fault::CancelStuck, 5_000, 180_000) * MILLI_NS;
            way_ns = details.after_ns.or(details.lasts_ns).unwrap_or(drawn);
        }
        self.agenda.plan(now.plus(way_ns), Due::Cancel(serial));
        done
    }

    /// The order fills before its cancel gets there.
    fn overtake(&mut self, now: Nanos, serial: u64) {
        let Some(order) = self.orders.get(&serial) else { return };
        let (id, side, leaves) = (order.instrument, order.face.side, order.face.leaves());
        let mut executions = Vec::from_iter(self.exchange.hit(id, side, serial, leaves));
        self.book(now, &mut executions);
    }

    /// The cancel reaches the exchange.
    pub(super) fn cancelled(&mut self, at: Nanos, serial: u64) {
        if at < self.link_until {
            self.agenda.plan(self.link_until, Due::Cancel(serial));
            return;
        }
        self.end_unfilled(at, serial, None);
    }
}
