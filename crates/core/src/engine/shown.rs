//! What lists and messages show of an order besides evidence: that it hangs at the broker, is
//! missing in a list, or stands under another instrument than the one sent.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Event, Freeze, Frozen, Hung, LookupPlanned, Missed, Restated};
use crate::ids::{HoldingId, InstrumentId, OrderNo};
use crate::report::{OrdStatus, OrderRows, Push};

impl Deciding<'_> {
    /// Notes that an order is shown as pending or as being cancelled, or no more.
    pub fn hangs(&mut self, no: OrderNo, status: OrdStatus) {
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let hung = order.hung;
        let cancelling = status == OrdStatus::CancelPending;
        if cancelling || status == OrdStatus::Pending {
            if hung.is_none_or(|hang| hang.cancelling != cancelling) {
                let since = Some(hung.map_or(self.now(), |hang| hang.since));
                self.emit(Event::Hung(Hung { order: no, since, cancelling }));
            }
        } else if hung.is_some() {
            self.emit(Event::Hung(Hung { order: no, since: None, cancelling: false }));
        }
    }

    /// A list of open orders: one of ours that is taken to be open and is not in it is looked
    /// up. The list alone proves nothing.
    pub fn missing_in(&mut self, rows: &OrderRows, asked_seq: u64) {
        let shown = |no: &OrderNo| {
            let order = self.state.orders.open.get(no);
            order.is_some_and(|o| {
                rows.rows.iter().any(|row| match o.order_id {
                    Some(id) => row.order_id == Some(id),
                    None => row.cl_ord_id == Some(o.ticket.cl_ord_id),
                })
            })
        };
        let open = self.state.orders.open.values();
        let taken = open
            .filter(|o| o.known.exists && !o.known.done && !o.missed && o.released_seq < asked_seq);
        let missing: Vec<(OrderNo, HoldingId)> = taken
            .map(|o| (o.ticket.order, o.ticket.holding))
            .filter(|(no, _)| !shown(no))
            .collect();
        for (order, holding) in missing {
            self.touch(holding);
            self.emit(Event::Missed(Missed { order, missing: true }));
        }
    }

    /// A message of an order that is not known may be of one whose broker's id is not known yet:
    /// such an order is looked up as soon as it is.
    pub fn may_be_of_nameless(&mut self, push: &Push) {
        if push.cl_ord_id.is_some() || !super::reading::is_on(self.config) {
            return;
        }
        let nameless = self.state.orders.open.values().filter(|o| o.order_id.is_none());
        let nameless: Vec<(OrderNo, HoldingId)> = nameless
            .filter(|o| !o.known.done && !o.missed)
            .map(|o| (o.ticket.order, o.ticket.holding))
            .collect();
        for (order, holding) in nameless {
            self.touch(holding);
            self.emit(Event::Missed(Missed { order, missing: true }));
        }
    }

    /// The broker's id of an order became known: what is missing of it is looked up now.
    pub fn named_now(&mut self, order: OrderNo) {
        if self.state.orders.open.get(&order).is_some_and(|o| o.missed) {
            let at = self.now();
            self.emit(Event::LookupPlanned(LookupPlanned { order, at }));
        }
    }

    /// A row about an order was read: it is not missing.
    pub fn found_again(&mut self, no: OrderNo) {
        if self.state.orders.open.get(&no).is_some_and(|o| o.missed) {
            self.emit(Event::Missed(Missed { order: no, missing: false }));
        }
    }

    /// The broker names the instrument of an order. If that is a known one and not the one that
    /// was sent, the order and what it has done belong there; it has to go, and what was sent is
    /// frozen. `by_read` says that a read names it: that counts more than an echo.
    pub fn stands_under(&mut self, no: OrderNo, instrument: InstrumentId, by_read: bool) {
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let (sent, misplaced) = (order.ticket.holding, order.misplaced);
        let Some(key) = self.config.holdings.get(sent.ix()) else { return };
        let known = instrument.ix() < self.config.instruments.len();
        // A list of all orders may be garbled; where open orders are read often, it is not.
        if key.instrument == instrument || !known || !super::reading::is_on(self.config) {
            return;
        }
        if misplaced && !by_read {
            return;
        }
        let Some(holding) = self.config.holding_of(instrument, &key.product) else { return };
        let of = |id: HoldingId| self.config.instrument_of(id).symbol.clone();
        let text = format!("sent for {}, it stands under {}", of(sent), of(holding));
        self.touch(sent);
        self.touch(holding);
        self.emit(Event::Restated(Restated { order: no, holding }));
        if misplaced {
            return;
        }
        self.alert(AlertCode::EchoMismatch, Some(sent), Some(no), text);
        self.emit(Event::Frozen(Frozen { holding: sent, why: Freeze::Misplaced }));
    }
}
