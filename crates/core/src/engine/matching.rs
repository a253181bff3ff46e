//! Which order a row of a read is about.
//!
//! Ids decide where they can. Brokers issue ids again on a later day, so a broker's id alone has
//! to fit the side and the time too; where no id of ours is echoed, an order without outcome is
//! known by what it asked for.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::{AmendKind, ClientIds};
use crate::event::{Event, Restated};
use crate::ids::{ClOrdId, OrderNo, VenueText};
use crate::num::Qty;
use crate::order::Order;
use crate::order::evidence::{Item, Succeeded};
use crate::order::shares::{Share, allot};
use crate::report::{ActivityRow, OrderRow, OrderRows};
use crate::state::State;
use crate::time::{Nanos, SECOND_NS};

/// The broker's clock and ours may be so far apart without anybody saying so.
const SLACK_NS: i64 = 2 * SECOND_NS;

/// An order has to go: it stands where it was not sent, or shares its client id with one that
/// has to go.
pub(super) fn must_go(state: &State, order: &Order) -> bool {
    let all = || state.orders.all_by_cl_ord_id(&order.ticket.cl_ord_id);
    order.misplaced || all().iter().any(|no| state.orders.get(*no).is_some_and(|o| o.misplaced))
}

impl Deciding<'_> {
    /// The order behind the ids of a message or a row. Where rounds are of open orders, an order
    /// of another broker's id is another order, whatever it calls itself; elsewhere our id is
    /// enough.
    pub fn by_ids(&self, ours: Option<&ClOrdId>, theirs: Option<&VenueText>) -> Option<OrderNo> {
        let orders = &self.state.orders;
        match ours {
            Some(ours) if !super::reading::is_on(self.config) => orders.by_cl_ord_id(ours),
            _ => orders.by_ids(ours, theirs),
        }
    }

    /// The order a row of orders is about.
    pub fn of_row(&self, row: &OrderRow) -> Option<OrderNo> {
        if row.cl_ord_id.is_some() {
            return self.by_ids(row.cl_ord_id.as_ref(), row.order_id.as_ref());
        }
        let theirs = row.order_id.filter(|id| !id.is_empty())?;
        let fits = |o: &&Order| o.ticket.side == row.side && self.is_of_time(o, row.created);
        let named = self.state.orders.all_by_order_id(&theirs).find(fits);
        named.map(|o| o.ticket.order).or_else(|| self.alike(row))
    }

    /// The order an execution in the activity is of.
    pub(super) fn of_activity(&self, row: &ActivityRow) -> Option<OrderNo> {
        if row.cl_ord_id.is_some() {
            return self.by_ids(row.cl_ord_id.as_ref(), row.order_id.as_ref());
        }
        let theirs = row.order_id.filter(|id| !id.is_empty())?;
        let fits = |o: &&Order| o.ticket.side == row.side && self.is_of_time(o, row.fill.time);
        self.state.orders.all_by_order_id(&theirs).find(fits).map(|o| o.ticket.order)
    }

    /// Something at this time of the broker's clock is not older than the order.
    fn is_of_time(&self, order: &Order, time: Nanos) -> bool {
        self.our_time(time).plus(SLACK_NS) >= order.ticket.released
    }

    /// An instant of the broker's clock on ours.
    pub fn our_time(&self, time: Nanos) -> Nanos {
        time.plus(self.state.recon.ahead_ns.saturating_neg())
    }

    /// Our id of the order that a row's order took the place of, where no id of ours is echoed.
    pub fn inherited_id(&self, row: &OrderRow) -> Option<ClOrdId> {
        let theirs = row.order_id?;
        let by = Item::Succeeded(Succeeded { order_id: theirs });
        let found = self.state.orders.open.values().find(|o| o.evidence.contains(&by));
        found.map(|o| o.ticket.cl_ord_id)
    }

    /// An order without outcome that asked for just this.
    fn alike(&self, row: &OrderRow) -> Option<OrderNo> {
        if self.config.descriptor.client_ids != ClientIds::None {
            return None;
        }
        let instrument =
            |o: &Order| self.config.holdings.get(o.ticket.holding.ix()).map(|key| key.instrument);
        let mut open = self.state.orders.open.values();
        let found = open.find(|o| {
            o.is_unknown()
                && o.order_id.is_none()
                && instrument(o) == Some(row.instrument)
                && (o.ticket.side, o.ticket.qty, o.ticket.px) == (row.side, row.qty, row.px)
                && self.is_of_time(o, row.created)
        });
        found.map(|o| o.ticket.order)
    }

    /// Where no id of ours is echoed and an amend makes a new order: a row that nobody knows, made
    /// since an amend without a certain outcome and on its terms, is what took the order's place.
    pub fn heir(&mut self, row: &OrderRow) {
        let descriptor = &self.config.descriptor;
        let blind = descriptor.client_ids == ClientIds::None && row.cl_ord_id.is_none();
        if !blind || descriptor.amends != AmendKind::CancelReplace {
            return;
        }
        let Some(order_id) = row.order_id.filter(|id| !id.is_empty()) else { return };
        let made = self.our_time(row.created).plus(SLACK_NS);
        let fits = |o: &&Order| {
            let key = self.config.holdings.get(o.ticket.holding.ix());
            let Some(pending) = o.known.terms.pending.as_ref().filter(|p| p.unclear) else {
                return false;
            };
            let rest = pending.sent.qty - o.known.filled;
            key.is_some_and(|key| key.instrument == row.instrument)
                && (o.ticket.side, pending.sent.px) == (row.side, row.px)
                && (row.qty == rest || row.qty == pending.sent.qty)
                && made >= pending.sent.at
        };
        let found = self.state.orders.open.values().find(fits).map(|o| o.ticket.order);
        if let Some(no) = found {
            self.learn(no, Item::Succeeded(Succeeded { order_id }));
        }
    }

    /// What a row shows besides evidence.
    pub fn state_row(&mut self, no: OrderNo, row: &OrderRow) {
        self.found_again(no);
        self.hangs(no, row.status);
        self.stands_under(no, row.instrument, true);
    }

    /// Two orders of one client id that both work: neither can be trusted to be the one meant,
    /// so both have to go. What a broker put in the place of an order shares its id rightly.
    pub fn two_live_of_one_id(&mut self, rows: &OrderRows) {
        for (at, row) in rows.rows.iter().enumerate() {
            let Some(id) = row.cl_ord_id.filter(|_| !row.status.is_terminal()) else { continue };
            let Some(first) = self.state.orders.by_cl_ord_id(&id) else { continue };
            let other = rows.rows[..at].iter().any(|earlier| {
                earlier.cl_ord_id == Some(id)
                    && earlier.order_id != row.order_id
                    && !earlier.status.is_terminal()
            });
            let told = self.state.orders.get(first).is_some_and(|o| o.misplaced);
            if !other || told {
                continue;
            }
            let Some(holding) = self.state.orders.get(first).map(|o| o.ticket.holding) else {
                continue;
            };
            self.touch(holding);
            self.emit(Event::Restated(Restated { order: first, holding }));
            let text = format!("two orders work under client id {id}: both are cancelled");
            self.alert(AlertCode::IdCollision, Some(holding), Some(first), text);
        }
    }

    /// For whom the twin of an order is: as for the order.
    pub fn shares_of_twin(&self, order: &Order, qty: Qty) -> Vec<Share> {
        let lot = self.config.instrument_of(order.ticket.holding).lot;
        let parts = allot(&order.ticket.shares, lot, qty);
        let shares = order.ticket.shares.iter().zip(parts);
        shares.map(|(share, qty)| Share { sleeve: share.sleeve, qty }).collect()
    }
}
