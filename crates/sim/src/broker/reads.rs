//! Reads: the books as they were a moment ago. Positions, orders and activity are each as old
//! as their own read happens to be, so two of them need not agree.

use super::distort::damage;
use super::truth::{Change, TrueFill, TrueOrder};
use super::{Broker, Due};
use crate::faults::FaultKind;
use truefill_core::config::ClientIds;
use truefill_core::ids::RequestId;
use truefill_core::report::{
    ActivityRow, ActivityRows, ClockRow, Failed, FillReport, Found, OneRow, OrderRow, OrderRows,
    PositionRow, PositionRows, ReadFailure,
};
use truefill_core::request::{OneOrder, Query};
use truefill_core::time::Nanos;
use truefill_venue::ServerCodec;

impl Broker {
    /// A read arrives; returns the fault that struck it.
    pub(super) fn read(&mut self, at: Nanos, id: RequestId, query: &Query) -> Option<FaultKind> {
        let fails = self.plan.strikes(FaultKind::FailedRead);
        let stale = self.plan.strikes_unless(FaultKind::StaleRead, fails);
        let too_old = self.plan.strikes_unless(FaultKind::ReadTooOld, fails || stale);
        let wrong = self.wrong(query, fails);
        if fails {
            self.fail_read(at, id);
            return Some(FaultKind::FailedRead);
        }
        let lag_ns = match (stale, too_old) {
            (true, _) => self.plan.span_ns(FaultKind::StaleRead, self.descriptor.read_lag_max_ns),
            (_, true) => self
                .plan
                .span_ns(FaultKind::ReadTooOld, i64::MAX)
                .saturating_add(self.descriptor.read_lag_max_ns),
            _ => 0,
        };
        let mut found = self.found(at, at.plus(-lag_ns), query);
        if let Some(kind) = wrong {
            self.distort(kind, &mut found);
        }
        let (status, mut body) = self.codec.encode_found(id, &found);
        if let Some(kind) = wrong {
            body = damage(kind, body);
        }
        self.answer(at, id, status, body, 0);
        let old = stale.then_some(FaultKind::StaleRead);
        wrong.or(old).or(too_old.then_some(FaultKind::ReadTooOld))
    }

    fn fail_read(&mut self, at: Nanos, id: RequestId) {
        let way = self.plan.dice(FaultKind::FailedRead).below(3);
        let travel_ns = self.world.down.draw(&mut self.dice.down);
        match way {
            0 => {
                let failed = Failed { cause: ReadFailure::Server, retry_after_ns: None };
                let (status, body) = self.codec.encode_found(id, &Found::Failed(failed));
                self.answer(at, id, status, body, 0);
            }
            1 => self.agenda.plan(at.plus(travel_ns), Due::Reset { id }),
            _ => {
                self.waiting.remove(&id);
            }
        }
    }

    /// The answer to a query that is asked `now` and shows the books as of `then`.
    fn found(&mut self, now: Nanos, then: Nanos, query: &Query) -> Found {
        match query {
            Query::Positions(_) => {
                let held = self.truth.positions_at(then).into_iter();
                let rows = held.filter(|(_, qty)| !qty.is_zero());
                let rows = rows.map(|((instrument, product), qty)| PositionRow {
                    instrument,
                    product,
                    qty,
                });
                Found::Positions(PositionRows { rows: rows.collect() })
            }
            Query::Clock(_) => Found::Clock(ClockRow { time: self.clock(now) }),
            Query::Orders(_) | Query::OpenOrders(_) => {
                self.forget_old(now);
                let orders = self.truth.orders().iter().skip(self.books_from.0);
                let old = now.plus(-self.world.books_keep_ns);
                let open_only = matches!(query, Query::OpenOrders(_));
                let rows = orders
                    .filter(|order| !order.hidden)
                    .filter_map(|order| Some((order, order.at(then)?)))
                    .filter(|(_, state)| !state.status.is_terminal() || state.time > old)
                    .filter(|(_, state)| !open_only || !state.status.is_terminal())
                    .map(|(order, state)| self.order_row(order, state));
                let rows = OrderRows { rows: rows.collect(), complete: true };
                if open_only { Found::OpenOrders(rows) } else { Found::Orders(rows) }
            }
            Query::Activity(_) => {
                self.forget_old(now);
                let fills = self.truth.fills().iter().enumerate().skip(self.books_from.1);
                let shown = fills.take_while(|(_, fill)| fill.time <= then);
                let standing = shown.filter(|(_, fill)| !fill.busted);
                let mut rows: Vec<_> = standing.map(|(at, _)| self.activity_row(at)).collect();
                let shown = self.clock(then);
                rows.extend(self.notes.iter().filter(|row| row.fill.time <= shown).cloned());
                Found::Activity(ActivityRows { rows, complete: true })
            }
            Query::Order(one) => self.one_order(one, then),
        }
    }

    fn one_order(&self, one: &OneOrder, then: Nanos) -> Found {
        let at = match (one.order_id, self.descriptor.client_ids) {
            (Some(order_id), _) => self.truth.order_by_id(&order_id),
            (None, ClientIds::Unique) => {
                self.truth.orders_by_client_id(&one.cl_ord_id).first().copied()
            }
            // Not "there is none": this broker cannot look an order up by our id.
            (None, _) => {
                return Found::Failed(Failed { cause: ReadFailure::Garbled, retry_after_ns: None });
            }
        };
        let order = at.map(|at| &self.truth.orders()[at]).filter(|order| !order.hidden);
        let seen = order.and_then(|order| Some((order, order.at(then)?)));
        Found::Order(OneRow { row: seen.map(|(order, state)| self.order_row(order, state)) })
    }

    /// An execution that the lists of trades do not go back to any more.
    pub(crate) fn has_forgotten(&self, fill: usize) -> bool {
        fill < self.books_from.1
    }

    /// Moves the beginnings of the books past what is finished and old.
    fn forget_old(&mut self, now: Nanos) {
        let old = now.plus(-self.world.books_keep_ns);
        let (orders, fills) = (self.truth.orders(), self.truth.fills());
        let gone = |order: &TrueOrder| {
            order.status.is_terminal() && order.changes.last().is_none_or(|c| c.time <= old)
        };
        while orders.get(self.books_from.0).is_some_and(gone) {
            self.books_from.0 += 1;
        }
        // The trades of an order stay as long as the order.
        let over = |fill: &TrueFill| fill.time <= old && orders.get(fill.order).is_none_or(gone);
        while fills.get(self.books_from.1).is_some_and(over) {
            self.books_from.1 += 1;
        }
    }

    fn order_row(&self, order: &TrueOrder, state: Change) -> OrderRow {
        OrderRow {
            code: None,
            cl_ord_id: order.cl_ord_id.filter(|_| self.echoes),
            order_id: Some(order.order_id),
            instrument: order.instrument,
            side: order.side,
            qty: order.qty,
            cum: state.cum,
            px: order.px,
            status: state.status,
            created: self.clock(order.created),
        }
    }

    fn activity_row(&self, fill: usize) -> ActivityRow {
        let order = &self.truth.orders()[self.truth.fills()[fill].order];
        ActivityRow {
            kind: self.truth.fills()[fill].kind,
            cl_ord_id: order.cl_ord_id.filter(|_| self.echoes),
            order_id: Some(order.order_id),
            instrument: order.instrument,
            side: order.side,
            fill: self.fill_report(fill),
            product: order.product,
        }
    }

    /// An execution as the broker tells it.
    pub(super) fn fill_report(&self, fill: usize) -> FillReport {
        let fill = &self.truth.fills()[fill];
        FillReport {
            kept: None,
            exec_id: fill.exec_id,
            qty: fill.qty,
            px: fill.px,
            cum: Some(fill.cum),
            liquidity: Some(fill.liquidity),
            touch: fill.touch,
            fee: Some(fill.fee),
            time: self.clock(fill.time),
        }
    }
}
