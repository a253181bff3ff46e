//! The order table: hot orders, and closed ones kept for the broker's replay horizon.
//!
//! Invariants:
//! 1. Every order that was ever released and is younger than the horizon is found by its serial
//!    number in constant time, so a late or repeated message always meets its order.
//! 2. A closed order that learns something new is hot again: nothing is too late to be true.

use crate::ids::{ClOrdId, OrderNo, VenueText, parse_cl_ord_id};
use crate::order::{Order, Ticket};
use crate::time::Nanos;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A closed order and when it closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedOrder {
    /// The order.
    pub order: Order,
    /// When it closed.
    pub at: Nanos,
}

/// All orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Orders of which something can still come.
    pub open: BTreeMap<OrderNo, Order>,
    /// Closed orders; the slot of serial number `first + i` is number `i`. Open orders and
    /// forgotten ones have an empty slot.
    closed: VecDeque<Option<Box<ClosedOrder>>>,
    first: u64,
    /// Serial number of the last order.
    pub last: u64,
    /// Chained digest of everything that closed.
    pub closed_digest: u128,
    /// Closed orders of which a part has no price yet.
    pub unpriced: BTreeSet<OrderNo>,
    /// Orders under a client id that does not say their number: made by another start, put in the
    /// place of one of ours by the broker, or sharing its id by mistake.
    twins: BTreeMap<ClOrdId, Vec<OrderNo>>,
}

impl Orders {
    /// Adds a released order.
    pub fn add(&mut self, order: Order) {
        let no = order.ticket.order;
        if self.closed.is_empty() {
            self.first = no.0;
        }
        while self.first + self.closed.len() as u64 <= no.0 {
            self.closed.push_back(None);
        }
        self.last = self.last.max(no.0);
        let id = order.ticket.cl_ord_id;
        if parse_cl_ord_id(&id).is_none_or(|(_, serial)| serial != no.0) {
            self.twins.entry(id).or_default().push(no);
        }
        self.open.insert(no, order);
    }

    /// The order with this serial number, open or closed.
    #[must_use]
    pub fn get(&self, no: OrderNo) -> Option<&Order> {
        self.open.get(&no).or_else(|| self.closed(no).map(|c| &c.order))
    }

    fn closed(&self, no: OrderNo) -> Option<&ClosedOrder> {
        let slot = usize::try_from(no.0.checked_sub(self.first)?).ok()?;
        self.closed.get(slot)?.as_deref()
    }

    /// True if the order is closed.
    #[must_use]
    pub fn is_closed(&self, no: OrderNo) -> bool {
        self.closed(no).is_some()
    }

    /// Makes a closed order hot again.
    pub fn reopen(&mut self, no: OrderNo) {
        let slot = no.0.checked_sub(self.first).and_then(|s| usize::try_from(s).ok());
        let Some(slot) = slot else { return };
        if let Some(closed) = self.closed.get_mut(slot).and_then(Option::take) {
            self.unpriced.remove(&no);
            self.open.insert(no, closed.order);
        }
    }

    /// Moves an order out of hot state and forgets what is older than the horizon.
    pub fn close(&mut self, no: OrderNo, at: Nanos, horizon_ns: i64) {
        let slot = no.0.checked_sub(self.first).and_then(|s| usize::try_from(s).ok());
        let (Some(slot), Some(order)) = (slot, self.open.remove(&no)) else { return };
        self.closed_digest = super::digest::chain(self.closed_digest, &order);
        if order.known.unpriced.0 > 0 {
            self.unpriced.insert(no);
        }
        if let Some(place) = self.closed.get_mut(slot) {
            *place = Some(Box::new(ClosedOrder { order, at }));
        }
        while let Some(front) = self.closed.front() {
            let forget = match front {
                Some(closed) => closed.at.plus(horizon_ns) <= at,
                None => !self.open.contains_key(&OrderNo(self.first)),
            };
            if !forget {
                break;
            }
            if let Some(forgotten) = self.closed.pop_front().flatten() {
                self.forget(&forgotten.order.ticket);
            }
            self.unpriced.remove(&OrderNo(self.first));
            self.first += 1;
        }
    }

    /// An order of this number was closed, and so long ago that nothing of it is kept.
    #[must_use]
    pub fn is_forgotten(&self, serial: u64) -> bool {
        serial < self.first
    }

    /// Nothing of an order is left behind under its client id.
    fn forget(&mut self, ticket: &Ticket) {
        let Some(twins) = self.twins.get_mut(&ticket.cl_ord_id) else { return };
        twins.retain(|no| *no != ticket.order);
        if twins.is_empty() {
            self.twins.remove(&ticket.cl_ord_id);
        }
    }

    /// The serial number behind our id, if the id is known here.
    #[must_use]
    pub fn by_cl_ord_id(&self, id: &ClOrdId) -> Option<OrderNo> {
        self.all_by_cl_ord_id(id).first().copied()
    }

    /// All orders under a client id of ours, the one that it was made for first.
    #[must_use]
    pub fn all_by_cl_ord_id(&self, id: &ClOrdId) -> Vec<OrderNo> {
        let Some((_, serial)) = parse_cl_ord_id(id) else { return Vec::new() };
        let is = |no: &OrderNo| self.get(*no).is_some_and(|o| o.ticket.cl_ord_id == *id);
        let made = std::iter::once(OrderNo(serial));
        let twins = self.twins.get(id).into_iter().flatten().copied();
        let mut found: Vec<OrderNo> = made.chain(twins).filter(is).collect();
        found.dedup();
        found
    }

    /// The order behind the ids of a message. Of several under one client id it is the one with
    /// that broker's id, or one that has none yet; without a broker's id the youngest that works.
    #[must_use]
    pub fn by_ids(&self, ours: Option<&ClOrdId>, theirs: Option<&VenueText>) -> Option<OrderNo> {
        let theirs = theirs.filter(|id| !id.is_empty());
        let Some(ours) = ours else { return self.by_order_id(theirs?) };
        let all = self.all_by_cl_ord_id(ours);
        let of = |no: &&OrderNo| self.get(**no);
        match theirs {
            Some(theirs) => {
                let same =
                    all.iter().find(|no| of(no).is_some_and(|o| o.order_id == Some(*theirs)));
                same.or_else(|| all.iter().find(|no| of(no).is_some_and(|o| o.order_id.is_none())))
            }
            None => {
                let works = all.iter().rev().find(|no| of(no).is_some_and(|o| !o.known.done));
                works.or(all.first())
            }
        }
        .copied()
    }

    /// All orders with a broker's id, those that work first, then the youngest: brokers issue
    /// ids again on a later day.
    pub fn all_by_order_id<'a>(&'a self, id: &'a VenueText) -> impl Iterator<Item = &'a Order> {
        let closed = self.closed.iter().rev().flatten().map(|c| &c.order);
        let all = self.open.values().rev().chain(closed);
        all.filter(move |o| o.order_id.as_ref() == Some(id))
    }

    /// The serial number behind a broker's id.
    #[must_use]
    pub fn by_order_id(&self, id: &VenueText) -> Option<OrderNo> {
        let open = self.open.values().find(|o| o.order_id.as_ref() == Some(id));
        open.map(|o| o.ticket.order).or_else(|| {
            let closed = self.closed.iter().rev().flatten();
            closed
                .map(|c| &c.order)
                .find(|o| o.order_id.as_ref() == Some(id))
                .map(|o| o.ticket.order)
        })
    }

    /// Closed orders, oldest first.
    pub fn closed_orders(&self) -> impl Iterator<Item = &ClosedOrder> {
        self.closed.iter().flatten().map(AsRef::as_ref)
    }

    /// Puts a closed order back when a snapshot is read.
    pub fn restore_closed(&mut self, closed: ClosedOrder) {
        let no = closed.order.ticket.order;
        self.add(closed.order);
        if let Some(order) = self.open.remove(&no)
            && let Some(slot) = no.0.checked_sub(self.first).and_then(|s| usize::try_from(s).ok())
            && let Some(place) = self.closed.get_mut(slot)
        {
            *place = Some(Box::new(ClosedOrder { order, at: closed.at }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{HoldingId, RequestId, cl_ord_id};
    use crate::num::{Px, Qty};
    use crate::order::{Intent, Rule};
    use crate::request::Side;

    /// An order under the id of this serial number of another start.
    fn found(no: u64, serial: u64) -> Order {
        Order::new(Ticket {
            order: OrderNo(no),
            cl_ord_id: cl_ord_id(7, serial),
            request: RequestId(no),
            holding: HoldingId(0),
            side: Side::Buy,
            qty: Qty::whole(1),
            px: Px::whole(1),
            intent: Intent::Entry,
            released: Nanos(0),
            arrival: Px::ZERO,
            rule: Rule::Found,
            step: 0,
            stop_px: None,
            shares: Vec::new(),
        })
    }

    #[test]
    fn an_order_of_another_start_is_forgotten_as_a_whole() {
        let mut orders = Orders::default();
        orders.add(found(1, 40));
        orders.close(OrderNo(1), Nanos(0), 10);
        assert_eq!(orders.by_cl_ord_id(&cl_ord_id(7, 40)), Some(OrderNo(1)));
        orders.add(found(2, 2));
        orders.close(OrderNo(2), Nanos(11), 10);
        assert_eq!(orders.by_cl_ord_id(&cl_ord_id(7, 40)), None);
        // What a snapshot of the orders that are left gives back is all there is.
        assert!(orders.twins.is_empty(), "{:?}", orders.twins);
    }
}
