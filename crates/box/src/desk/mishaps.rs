//! What happens by itself: faults that strike at a time of their own, and the course of the day.

use super::{Desk, Due};
use crate::faults::{Details, Fault, Hook};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::kite_server::{
    DAY_NS, Json, OrderForm, OrderType, Product, Protection, Status, Validity, Variety, on_day_of,
};

/// When tokens die and a new day begins.
const DAWN_NS: i64 = 6 * 3600 * SECOND_NS;
/// When intraday positions are squared off.
const SQUARE_OFF_NS: i64 = (15 * 3600 + 20 * 60) * SECOND_NS;

impl Desk {
    pub(super) fn plan_dawn(&mut self, now: Nanos) {
        let today = on_day_of(now, DAWN_NS);
        let next = if today > now { today } else { today.plus(DAY_NS) };
        self.agenda.plan(next, Due::Dawn);
    }

    /// The session dies, and a new day begins.
    pub(super) fn dawn(&mut self, at: Nanos) {
        self.end_session(at, "it is six in the morning: the token is dead");
        self.day_roll(at);
        self.plan_dawn(at);
    }

    /// Once a second: heartbeats, dice, the course of the day.
    pub(super) fn second(&mut self, at: Nanos) {
        self.beat(at);
        for fault in Fault::ALL.iter().filter(|fault| fault.is_timed()) {
            if let Some(details) = self.plan.strike(*fault, Hook::Time) {
                self.happen(at, *fault, details);
            }
        }
        if !self.options.switches.always_open {
            // The clock may have leapt over it.
            let last = self.last_second;
            let passed = |time_of_day_ns| {
                let then = on_day_of(at, time_of_day_ns);
                last < then && then <= at
            };
            if passed(SQUARE_OFF_NS) {
                self.happen(at, Fault::SquareOff, Details::default());
            }
            if passed(crate::street::CLOSE_NS) {
                self.end_day_orders(at);
            }
        }
        self.last_second = at;
        if self.is_open(at) {
            self.release_collected(at);
        }
        self.agenda.plan(self.again(at, SECOND_NS), Due::Second);
    }

    /// Orders of the day that still work end with it.
    pub(super) fn end_day_orders(&mut self, at: Nanos) {
        // After hours the broker reconciles with the exchange, if it lost it.
        self.link_until = self.link_until.min(at);
        self.link_back(at);
        let working = self.orders.iter().filter(|(_, order)| {
            !order.face.status.is_terminal() && order.face.status != Status::AmoReceived
        });
        let working: Vec<u64> = working.map(|(serial, _)| *serial).collect();
        for serial in working {
            self.end_unfilled(at, serial, Some("Order expired at the end of the day"));
        }
    }

    /// What was collected outside hours goes to the exchange.
    fn release_collected(&mut self, at: Nanos) {
        let waiting = |order: &super::Order| order.face.status == Status::AmoReceived;
        let collected = self.orders.iter().filter(|(_, order)| waiting(order));
        let collected: Vec<u64> = collected.map(|(serial, _)| *serial).collect();
        for serial in collected {
            self.turn(at, serial, |face| face.status = Status::PutReceived);
            self.send(at, serial);
        }
    }

    /// A fault strikes now.
    pub(super) fn happen(&mut self, at: Nanos, fault: Fault, details: Details) {
        self.chronicle.say(at, fault.name(), fault.words());
        let lasts_ns = details.lasts_ns.unwrap_or_else(|| {
            let (low, high) = if fault == Fault::LinkLost { (5, 60) } else { (5, 20) };
            self.plan.between(fault, low, high) * SECOND_NS
        });
        match fault {
            Fault::LinkLost => {
                self.link_until = self.link_until.max(at.plus(lasts_ns));
                self.agenda.plan(self.link_until, Due::LinkBack);
            }
            Fault::ManualTrade => self.trade_somewhere(at),
            Fault::SquareOff => self.square_off(at),
            Fault::Converted => self.convert_one(at),
            Fault::DayRoll => self.day_roll(at),
            other => self.upset_ticker(other, at.plus(lasts_ns)),
        }
    }

    /// The exchange is in reach again: what it did meanwhile becomes known now, with this time.
    pub(super) fn link_back(&mut self, at: Nanos) {
        if at < self.link_until {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        self.book(at, &mut held);
        self.chronicle.note(at, "link_back", Json::Object(Vec::new()));
    }

    fn trade_somewhere(&mut self, at: Nanos) {
        let shares = i64::try_from(self.listing.iter().count()).unwrap_or(1) - 1;
        let held: Vec<_> = self.account.sums(at).into_keys().collect();
        let pick = self.plan.between(Fault::ManualTrade, 0, 1_000_000);
        let index = usize::try_from(pick).unwrap_or(0) % held.len().max(1);
        let (id, product) = held.get(index).copied().unwrap_or_else(|| {
            let number = u32::try_from(pick % shares.min(50)).unwrap_or(0);
            (InstrumentId(number), Product::Mis)
        });
        let lot = self.listing.get(id).map_or(Qty::whole(1), |item| item.listed.lot);
        let lots = self.plan.between(Fault::ManualTrade, 1, 5);
        let buys = product == Product::Cnc || pick % 2 == 0;
        let side = if buys { Side::Buy } else { Side::Sell };
        self.trade_by_hand(at, id, product, side, Qty(lot.0 * i128::from(lots)), None);
    }

    /// Intraday positions are closed at the market by the broker.
    pub(super) fn square_off(&mut self, at: Nanos) {
        let intraday = [Product::Mis, Product::Co];
        let sums = self.account.sums(at);
        let open = sums.into_iter().filter(|((_, product), _)| intraday.contains(product));
        for ((id, product), sums) in open {
            if let Some(side) = Side::of(sums.net()) {
                self.trade_by_hand(at, id, product, side.opposite(), sums.net().abs(), None);
            }
        }
    }

    fn convert_one(&mut self, at: Nanos) {
        let sums = self.account.sums(at);
        let found = sums.into_iter().find(|((id, product), sums)| {
            let equity = self.listing.get(*id).is_some_and(crate::listing::Item::is_equity);
            *product == Product::Mis && equity && sums.net().0 > 0
        });
        if let Some(((id, from), sums)) = found {
            self.convert_now(at, id, (from, Product::Cnc), Side::Buy, sums.net());
        }
    }

    /// Somebody trades on the account by hand: an order without our tag, filled at once at the far
    /// side, or at this price.
    pub(super) fn trade_by_hand(
        &mut self,
        at: Nanos,
        id: InstrumentId,
        product: Product,
        side: Side,
        qty: Qty,
        px: Option<Px>,
    ) -> Option<u64> {
        let quote = self.street.quote(id)?;
        let touch = if side == Side::Buy { quote.ask_px } else { quote.bid_px };
        let px = px.unwrap_or(touch);
        let named = self.listing.get(id)?.listed.named.clone();
        let form = OrderForm {
            exchange: named.exchange,
            symbol: named.symbol,
            side,
            qty,
            product,
            order_type: OrderType::Market,
            px: None,
            trigger_px: None,
            validity: Validity::Day,
            ttl_minutes: None,
            disclosed: None,
            iceberg_legs: None,
            iceberg_qty: None,
            auction_number: None,
            algo_id: None,
            tag: None,
            protection: Protection::None,
            autoslice: false,
        };
        let face = self.face_of(at, Variety::Regular, id, &form, Vec::new());
        let serial = self.add(at, id, face);
        if let Some(order) = self.orders.get_mut(&serial) {
            (order.external, order.resting) = (true, true);
        }
        self.turn(at, serial, |face| {
            face.status = Status::Complete;
            face.exchange_order_id = Some(format!("13{serial:014}"));
            face.exchange_time = Some(at);
            (face.filled, face.pending) = (qty, Qty::ZERO);
            face.filled_notional = qty.times(px);
        });
        self.record(at, serial, qty, px);
        self.push(at, serial, None);
        Some(serial)
    }

    /// A new day: what works ends, the books are empty, positions are re-based, delivery becomes
    /// holdings.
    pub(super) fn day_roll(&mut self, at: Nanos) {
        self.end_day_orders(at);
        self.orders.retain(|_, order| order.face.status == Status::AmoReceived);
        let kept = &self.orders;
        self.ids.retain(|_, serial| kept.contains_key(serial));
        self.stops.clear();
        self.held.clear();
        self.fills.clear();
        let street = &self.street;
        self.account.day_roll(at, |id| street.face(id).map_or(Px::ZERO, |face| face.last_px));
        self.street.day_roll();
        self.chronicle.say(
            at,
            "day_roll",
            "a new day: the books are empty, positions are re-based",
        );
    }
}
