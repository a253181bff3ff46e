//! New orders.
//!
//! Entry point: [`Desk::place`].

use super::{Desk, Due, Order};
use crate::faults::{Fault, Hook};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_venue::kite_server::{
    ErrorType, Fields, Json, Leg, OrderFace, OrderForm, OrderType, Product, Protection, Refusal,
    Status, Variety,
};

/// Orders of a day that are kept, those of others included.
const ORDERS_MAX: usize = 20_000;

impl Desk {
    /// A new order; its id, or ids of its slices.
    pub(super) fn place(
        &mut self,
        now: Nanos,
        variety: Variety,
        fields: &Fields,
    ) -> Result<Json, Refusal> {
        let form = OrderForm::read(fields)?;
        let id = self.check(variety, &form)?;
        if self.orders.len() >= ORDERS_MAX {
            return Err(Refusal::new(ErrorType::Order, "Maximum orders of the day reached."));
        }
        if variety != Variety::Amo && !self.is_open(now) {
            // Outside hours an ordinary order is collected like an AMO.
            return self.place_checked(now, Variety::Amo, id, &form);
        }
        if variety == Variety::Amo && self.is_open(now) {
            let words = "AMO orders cannot be placed during market hours.";
            return Err(Refusal::new(ErrorType::Order, words));
        }
        self.place_checked(now, variety, id, &form)
    }

    fn place_checked(
        &mut self,
        now: Nanos,
        variety: Variety,
        id: InstrumentId,
        form: &OrderForm,
    ) -> Result<Json, Refusal> {
        if form.autoslice {
            return Ok(self.slice(now, variety, id, form));
        }
        let mut first = form.clone();
        first.qty = form.iceberg_qty.filter(|_| variety == Variety::Iceberg).unwrap_or(form.qty);
        self.risk(now, id, form)?;
        let serial = self.enter(now, variety, id, &first, Vec::new());
        if variety == Variety::Iceberg {
            let (legs, total) = (form.iceberg_legs.unwrap_or(2), form.qty);
            self.as_leg(serial, 1, legs, first.qty, total);
        }
        Ok(Json::object([("order_id", self.id_of(serial).into())]))
    }

    /// An order above the freeze quantity, in slices. The answer is a success whatever became of
    /// them.
    fn slice(&mut self, now: Nanos, variety: Variety, id: InstrumentId, form: &OrderForm) -> Json {
        let freeze = self.listing.get(id).map_or(form.qty, |item| item.freeze);
        let parent = self.new_id();
        let mixed = self.strikes(now, Fault::AutosliceMixed, Hook::Place).is_some();
        let (mut left, mut children) = (form.qty, Vec::new());
        while left.0 > 0 {
            let part = left.min(freeze);
            left -= part;
            let one = OrderForm { qty: part, ..form.clone() };
            let struck = mixed && children.len() % 3 == 2;
            let done = if struck { Err(short(one.qty)) } else { self.risk(now, id, &one) };
            children.push(match done {
                Ok(()) => {
                    let tags = vec!["autoslice".to_owned(), format!("autoslice:{parent}")];
                    let serial = self.enter(now, variety, id, &one, tags);
                    Json::object([("order_id", self.id_of(serial).into())])
                }
                Err(refusal) => {
                    let error = Json::object([
                        ("code", refusal.status.into()),
                        ("error_type", refusal.kind.as_str().into()),
                        ("message", refusal.message.into()),
                        ("data", Json::Null),
                    ]);
                    Json::object([("error", error)])
                }
            });
        }
        Json::object([("order_id", parent.into()), ("children", children.into())])
    }

    /// What the risk system says, before there is a row.
    fn risk(&mut self, now: Nanos, id: InstrumentId, form: &OrderForm) -> Result<(), Refusal> {
        if self.strikes(now, Fault::RmsRefuses, Hook::Place).is_some() {
            let words = "RMS:Rule: Check circuit limit including square off order exceeds for \
                         entity account";
            return Err(Refusal::new(ErrorType::Order, words));
        }
        if self.strikes(now, Fault::MarginShort, Hook::Place).is_some() {
            return Err(short(form.qty));
        }
        let delivery = form.product == Product::Cnc && form.side == Side::Sell;
        if delivery {
            let held = self.sellable(id);
            if form.qty > held {
                let words = format!(
                    "Insufficient holdings. You have {held} of {} to sell, and asked for {}.",
                    form.symbol, form.qty
                );
                return Err(Refusal::new(ErrorType::Holding, words));
            }
            let struck = self.strikes(now, Fault::NotAuthorised, Hook::Place).is_some();
            if struck || !self.account.is_authorised(id, form.qty) {
                let words = "Holdings are not authorised for sale today. Authorise at the \
                             depository and try again.";
                return Err(Refusal::new(ErrorType::Holding, words).with_status(428));
            }
        }
        let px = form
            .px
            .or(form.trigger_px)
            .unwrap_or_else(|| self.street.face(id).map_or(Px::ZERO, |face| face.last_px));
        let needed = self.needed(id, form.product, form.side, form.qty, px);
        let available = self.available();
        if needed > available {
            return Err(Refusal::new(ErrorType::Margin, insufficient(needed, available)));
        }
        Ok(())
    }

    /// The order exists from now on.
    fn enter(
        &mut self,
        now: Nanos,
        variety: Variety,
        id: InstrumentId,
        form: &OrderForm,
        own_tags: Vec<String>,
    ) -> u64 {
        let mut face = self.face_of(now, variety, id, form, own_tags);
        let market = matches!(form.order_type, OrderType::Market | OrderType::SlM);
        let stop = form.trigger_px.filter(|_| variety != Variety::Co);
        if market {
            face.px = self.protected_px(id, form.side, stop, form.protection);
            self.show_protected(&mut face, form.protection);
        }
        let thin = market && self.strikes(now, Fault::ThinMarket, Hook::Place).is_some();
        let rejected = self.strikes(now, Fault::RmsRejects, Hook::Place).is_some();
        let serial = self.add(now, id, face);
        if let Some(order) = self.orders.get_mut(&serial) {
            order.thin = thin;
            order.stop_behind = form.trigger_px.filter(|_| variety == Variety::Co);
        }
        self.chronicle.note(now, "placed", self.order_told(serial));
        if variety == Variety::Amo {
            self.turn(now, serial, |face| face.status = Status::AmoReceived);
            return serial;
        }
        if rejected {
            self.agenda.plan(now.plus(5 * MILLI_NS), Due::Reject(serial));
            return serial;
        }
        self.send(now, serial);
        if let Some(minutes) = form.ttl_minutes {
            let until = now.plus(minutes.saturating_mul(crate::street::MINUTE_NS));
            self.agenda.plan(until, Due::Expire(serial));
        }
        serial
    }

    /// The order is on its way to the exchange.
    pub(super) fn send(&mut self, now: Nanos, serial: u64) {
        self.agenda.plan(now.plus(2 * MILLI_NS), Due::Validated(serial));
        self.agenda.plan(now.plus(4 * MILLI_NS), Due::Forwarded(serial));
        let way_ns = self.up.draw(&mut self.dice);
        self.agenda.plan(now.plus(4 * MILLI_NS + way_ns), Due::Reach(serial));
    }

    pub(super) fn face_of(
        &self,
        now: Nanos,
        variety: Variety,
        id: InstrumentId,
        form: &OrderForm,
        own_tags: Vec<String>,
    ) -> OrderFace {
        let named = self.listing.get(id).map(|item| item.listed.named.clone());
        OrderFace {
            user: self.options.user.clone(),
            order_id: String::new(),
            exchange_order_id: None,
            parent_id: None,
            status: Status::PutReceived,
            message: None,
            message_raw: None,
            time: now,
            exchange_time: None,
            variety,
            modified: false,
            named: named.unwrap_or_else(|| truefill_venue::kite_server::Named {
                exchange: form.exchange.clone(),
                symbol: form.symbol.clone(),
                token: 0,
            }),
            order_type: form.order_type,
            side: form.side,
            validity: form.validity,
            ttl_minutes: form.ttl_minutes,
            product: form.product,
            qty: form.qty,
            disclosed: form.disclosed.unwrap_or(Qty::ZERO),
            px: form.px.unwrap_or(Px::ZERO),
            trigger_px: form.trigger_px.unwrap_or(Px::ZERO),
            filled_notional: Amount::ZERO,
            filled: Qty::ZERO,
            pending: form.qty,
            cancelled: Qty::ZERO,
            leg: None,
            auction_number: form.auction_number.clone(),
            tag: form.tag.clone(),
            own_tags,
        }
    }

    /// A protected market order is a limit order for the exchange, and is shown as one.
    pub(super) fn show_protected(&self, face: &mut OrderFace, protection: Protection) {
        if !self.options.switches.market_as_limit {
            return;
        }
        face.order_type = match face.order_type {
            OrderType::Market => OrderType::Limit,
            OrderType::SlM => OrderType::Sl,
            other => other,
        };
        let percent = match protection {
            Protection::Percent(percent) => percent,
            Protection::Automatic | Protection::None => super::check::AUTOMATIC,
        };
        let hundredths = percent.0 / 10_000_000;
        face.own_tags.push("mktp".to_owned());
        face.own_tags.push(format!("mktp:{}.{:02}", hundredths / 100, hundredths % 100));
    }

    /// Puts an order on the books.
    pub(super) fn add(&mut self, now: Nanos, instrument: InstrumentId, mut face: OrderFace) -> u64 {
        face.order_id = self.new_id();
        let serial = self.next_order;
        self.next_order += 1;
        self.ids.insert(face.order_id.clone(), serial);
        let order = Order {
            states: vec![(now, face.clone())],
            face,
            instrument,
            arrived: now,
            modifications: 0,
            resting: false,
            thin: false,
            wrong_numbers: false,
            legs_left: 0,
            stop_behind: None,
            external: false,
        };
        self.orders.insert(serial, order);
        serial
    }

    /// The order is the leg of an iceberg.
    pub(super) fn as_leg(&mut self, serial: u64, leg: i64, legs: i64, leg_qty: Qty, total: Qty) {
        let before = Qty(leg_qty.0.saturating_mul(i128::from(leg)));
        let remaining_qty = (total - before).max(Qty::ZERO);
        let shown = Leg { leg, legs, leg_qty, total_qty: total, remaining_qty };
        if let Some(order) = self.orders.get_mut(&serial) {
            order.legs_left = legs - leg;
            order.face.leg = Some(shown);
            order.states.iter_mut().for_each(|(_, face)| face.leg = Some(shown));
        }
    }

    /// Ids have nineteen digits, more than a float holds.
    pub(super) fn new_id(&mut self) -> String {
        self.last_id += self.dice.below(40_000_000) + 1;
        self.last_id.to_string()
    }

    pub(super) fn id_of(&self, serial: u64) -> String {
        self.orders.get(&serial).map(|order| order.face.order_id.clone()).unwrap_or_default()
    }

    pub(super) fn order_told(&self, serial: u64) -> Json {
        self.orders.get(&serial).map_or(Json::Null, |order| {
            Json::object([
                ("order_id", order.face.order_id.as_str().into()),
                ("tag", order.face.tag.clone().into()),
                ("tradingsymbol", order.face.named.symbol.as_str().into()),
                (
                    "transaction_type",
                    truefill_venue::kite_server::side_word(order.face.side).into(),
                ),
                ("quantity", order.face.qty.into()),
                ("price", order.face.px.into()),
                ("status", order.face.status.as_str().into()),
                ("filled_quantity", order.face.filled.into()),
            ])
        })
    }
}

fn short(qty: Qty) -> Refusal {
    let needed = Amount(qty.times(Px::whole(100)).0);
    Refusal::new(ErrorType::Margin, insufficient(needed, Amount(needed.0 / 2)))
}

fn insufficient(needed: Amount, available: Amount) -> String {
    let money = |amount| Json::money(amount).to_string();
    format!(
        "Insufficient funds. Required margin is {} but available margin is {}. Check the orderbook \
         for open orders.",
        money(needed),
        money(available.max(Amount::ZERO)),
    )
}
