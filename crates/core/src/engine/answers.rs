//! Answers to reads: rows become evidence, a proven absence too. An error is never an empty
//! answer (law 6).

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::{AmendKind, ClientIds};
use crate::event::{Ending, Event, LookupPlanned, Released, RequestClass, RequestClosed};
use crate::ids::{ClOrdId, OrderNo, RequestId, VenueText, parse_cl_ord_id};
use crate::num::{Px, Qty};
use crate::order::evidence::{Absence, Ack, Audit, Item, Proof, Succeeded};
use crate::order::{Intent, Order, Rule, Ticket};
use crate::report::{
    ActivityKind, ActivityRow, Answer, Failed, Found, OrdStatus, OrderRow, OrderRows, ReadFailure,
};
use crate::state::OnWire;
use crate::time::Nanos;

impl Deciding<'_> {
    pub fn answer(&mut self, answer: &Answer) {
        // A read that was given up: what it says is older than what is asked again.
        let Some(on_wire) = self.state.wire.get(&answer.request).copied() else { return };
        if let Found::Failed(failed) = &answer.found {
            self.read_failed(answer.request, on_wire, failed);
            return;
        }
        let request = answer.request;
        let closed =
            RequestClosed { request, ending: Ending::Answered, ok: complete(&answer.found) };
        self.emit(Event::RequestClosed(closed));
        if has_unreadable(&answer.found) {
            let text = "a read had rows that are missing or cannot be read".to_owned();
            self.alert(AlertCode::Unreadable, None, None, text);
        }
        match &answer.found {
            Found::Orders(rows) => self.order_rows(rows, on_wire.asked, true),
            Found::OpenOrders(rows) => {
                self.order_rows(rows, on_wire.asked, false);
                if rows.complete {
                    self.missing_in(rows, on_wire.asked_seq);
                }
                self.touch_busy();
            }
            Found::Clock(row) => self.clock(row.time, on_wire.asked),
            Found::Order(one) => self.one_order(on_wire, one.row.as_ref()),
            Found::Activity(rows) => {
                for row in &rows.rows {
                    self.activity_row(row);
                }
                if rows.complete {
                    self.audit(on_wire.asked);
                }
                self.explain(&rows.rows);
                self.touch_busy();
            }
            Found::Positions(rows) => self.compare(&rows.rows, on_wire),
            Found::Failed(_) => {}
        }
    }

    fn read_failed(&mut self, request: RequestId, on_wire: OnWire, failed: &Failed) {
        let ending = match failed.cause {
            ReadFailure::Timeout | ReadFailure::Reset => Ending::Unanswered,
            _ => Ending::Answered,
        };
        self.emit(Event::RequestClosed(RequestClosed { request, ending, ok: false }));
        match failed.cause {
            ReadFailure::RateLimited => {
                self.back_off(failed.retry_after_ns);
                let text = "a read was refused for the rate".to_owned();
                self.alert(AlertCode::RateLimited, None, None, text);
            }
            ReadFailure::Auth => {
                self.auth_lost("a read was refused: not authenticated".to_owned());
            }
            _ => {}
        }
        if ending == Ending::Unanswered && self.state.recon.unanswered == LOST_IN_A_ROW {
            let text = "two reads in a row had no answer".to_owned();
            self.alert(AlertCode::StreamStale, None, None, text);
        }
        if on_wire.class == RequestClass::Clock {
            return;
        }
        if on_wire.class == RequestClass::Positions && crate::planted!(ErrorIsEmpty) {
            return self.compare(&[], on_wire);
        }
        if on_wire.class != RequestClass::Order && self.state.recon.round > 0 {
            self.round_over(false);
        }
        self.suspect();
    }

    /// Rows of all orders, or of those that can still fill: only `whole` lists prove absence.
    fn order_rows(&mut self, rows: &OrderRows, asked: Nanos, whole: bool) {
        self.two_live_of_one_id(rows);
        for row in &rows.rows {
            self.order_row(row, asked, whole);
        }
        let complete = rows.complete || crate::planted!(ShortPageIsAll);
        if !complete || !whole {
            return;
        }
        // Where no id is echoed, a row that fits would have been taken for it.
        let blind = self.config.descriptor.client_ids == ClientIds::None;
        let has =
            |id: &ClOrdId| !blind && rows.rows.iter().any(|r| r.cl_ord_id.as_ref() == Some(id));
        let missing: Vec<OrderNo> = self
            .state
            .orders
            .open
            .values()
            .filter(|o| o.is_unknown() || o.known.gone)
            .filter(|o| !has(&o.ticket.cl_ord_id))
            .map(|o| o.ticket.order)
            .collect();
        for no in missing {
            self.not_there(no, asked);
        }
        self.emptied(rows, asked);
    }

    fn one_order(&mut self, on_wire: OnWire, row: Option<&OrderRow>) {
        match (row, on_wire.order) {
            (Some(row), _) => self.order_row(row, on_wire.asked, false),
            (None, Some(no)) => {
                let named = self.state.orders.get(no).is_some_and(|o| o.order_id.is_some());
                if self.config.descriptor.client_ids == ClientIds::Unique || named {
                    self.not_there(no, on_wire.asked);
                }
            }
            (None, None) => {}
        }
    }

    /// A complete read did not have the order. It proves something only when the order could
    /// not appear any more at the time of asking.
    fn not_there(&mut self, no: OrderNo, asked: Nanos) {
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let Some(appear_max_ns) = self.config.descriptor.appear_max_ns else { return };
        let appear_max_ns =
            if crate::planted!(AbsenceBelievedAtOnce) { i64::MIN } else { appear_max_ns };
        let in_question = order.is_unknown() || (order.known.gone && !order.known.done);
        if in_question && asked >= order.ticket.released.plus(appear_max_ns) {
            let holding = order.ticket.holding;
            self.touch(holding);
            self.learn(no, Item::Absence(Absence { asked }));
        }
    }

    fn order_row(&mut self, row: &OrderRow, asked: Nanos, whole: bool) {
        let known = self.of_row(row);
        if known.is_none() {
            self.heir(row);
        }
        let Some(no) = known.or_else(|| self.orphan(row)) else { return };
        self.state_row(no, row);
        let Some(order) = self.state.orders.get(no) else { return };
        if settled(order, row.cum) {
            return;
        }
        if row.status == OrdStatus::Replaced && !whole {
            // What took its place has to be found before its quantity is free.
            self.suspect_all();
            return;
        }
        let (holding, acked) = (order.ticket.holding, order.order_id.is_some());
        self.touch(holding);
        if !row.status.is_terminal() || row.cum.0 > 0 {
            self.tell_of_return(no);
        }
        if let Some(order_id) = row.order_id.filter(|_| !acked) {
            self.learn(no, Item::Ack(Ack { order_id, time: Some(row.created) }));
        }
        if row.cum.0 > 0 {
            self.learn_cum(no, row.cum);
        }
        self.amend_row(no, row, asked);
        if row.status.is_terminal() {
            self.learn(no, Item::Proof(Proof { status: row.status, code: row.code }));
        } else if row.status == OrdStatus::CancelPending {
            self.seen_leaving(no, asked);
        } else {
            self.seen(no, Some(asked));
        }
    }

    /// An order with an id of our making that the journal does not know: adopted when an older
    /// start made it, so that it counts; a newer one means another instance.
    fn orphan(&mut self, row: &OrderRow) -> Option<OrderNo> {
        let id = row.cl_ord_id.or_else(|| self.inherited_id(row))?;
        let (epoch, serial) = parse_cl_ord_id(&id)?;
        if epoch > self.state.epoch {
            self.stranger(Some(&id));
            return None;
        }
        let twin = self.state.orders.by_cl_ord_id(&id);
        let twin = twin.and_then(|no| self.state.orders.get(no)).cloned();
        let kind = self.config.descriptor.amends;
        let replaces = twin.as_ref().is_some_and(|order| replaces(order, row, kind));
        let old = row.created < self.state.recon.since || self.state.orders.is_forgotten(serial);
        let history = row.cum.is_zero() || old;
        if row.status.is_terminal() && (history || twin.is_some()) && !replaces {
            return None;
        }
        let product = VenueText::EMPTY;
        let holding = self.config.holding_of(row.instrument, &product).or_else(|| {
            let at = self.config.holdings.iter().position(|h| h.instrument == row.instrument)?;
            u32::try_from(at).ok().map(crate::ids::HoldingId)
        })?;
        let ticket = Ticket {
            order: OrderNo(self.state.orders.last + 1),
            cl_ord_id: id,
            request: RequestId(0),
            holding,
            side: row.side,
            qty: row.qty,
            px: row.px,
            intent: twin.as_ref().map_or(Intent::Exit, |order| order.ticket.intent),
            released: row.created.min(self.now()),
            arrival: Px::ZERO,
            rule: Rule::Found,
            step: 0,
            stop_px: None,
            shares: twin
                .as_ref()
                .map_or_else(Vec::new, |order| self.shares_of_twin(order, row.qty)),
        };
        let no = ticket.order;
        self.touch(holding);
        self.emit(Event::Released(Released { ticket }));
        if replaces {
            // The old one is said to be over, and is settled before anything gives way for it.
            if let (Some(old), Some(order_id)) = (twin.filter(|o| !o.known.done), row.order_id) {
                self.learn(old.ticket.order, Item::Succeeded(Succeeded { order_id }));
            }
            return Some(no);
        }
        let text = "an order of ours that the journal did not know was found".to_owned();
        self.alert(AlertCode::OrderAdopted, Some(holding), Some(no), text);
        Some(no)
    }

    /// An activity row about an order of ours is an execution like any other.
    fn activity_row(&mut self, row: &ActivityRow) {
        if row.kind != ActivityKind::Trade {
            return;
        }
        let Some(no) = self.of_activity(row) else { return };
        if crate::planted!(StrangeRowsAreLeftOut) {
            return;
        }
        let Some(order) = self.state.orders.get(no) else { return };
        let (holding, before) = (order.ticket.holding, order.known.clone());
        self.touch(holding);
        // A read repeats what was pushed; that is no duplicate to tell anybody about.
        self.learn(no, Item::Fill(row.fill.clone()));
        self.tell_late(no, holding, &before, &row.fill);
    }

    /// The trades are merged. What a cumulative number shows beyond them, of an order of which
    /// something was taken back, was taken back as well, if the read is late enough to know.
    fn audit(&mut self, asked: Nanos) {
        let lag_ns = self.config.descriptor.read_lag_max_ns;
        let late = |order: &&Order| asked >= order.unresolved_since.plus(lag_ns);
        let open = self.state.orders.open.values();
        let unproven = open.filter(|order| order.known.unproven.0 > 0).filter(late);
        let gone: Vec<(OrderNo, Qty)> =
            unproven.map(|o| (o.ticket.order, o.known.unheard + o.known.unproven)).collect();
        for (no, gone) in gone {
            self.learn(no, Item::Audit(Audit { asked, gone }));
        }
    }

    /// The next lookup of an order, counted from now.
    pub fn looked_up(&mut self, order: OrderNo) {
        let at = self.now().plus(self.config.recon.lookup_ns);
        self.emit(Event::LookupPlanned(LookupPlanned { order, at }));
    }
}

/// Reads without an answer in a row that mean a silent link.
const LOST_IN_A_ROW: u32 = 2;

/// The row is of what took the place of this order.
fn replaces(order: &Order, row: &OrderRow, kind: AmendKind) -> bool {
    let amended = order.known.terms.sent > 0 && kind == AmendKind::CancelReplace;
    let named = order.evidence.items().iter().any(|item| match item {
        Item::Succeeded(by) => row.order_id == Some(by.order_id),
        _ => false,
    });
    named || (amended && (order.known.replaced || order.known.terms.pending.is_some()))
}

/// Everything is known of an order, and a message does not say more.
pub(super) fn settled(order: &Order, cum: Qty) -> bool {
    let known = &order.known;
    known.done && known.exists && cum <= known.filled && known.unpriced.is_zero()
}

/// Rows are known to be missing or unreadable: the others count, people are told.
fn has_unreadable(found: &Found) -> bool {
    match found {
        Found::Orders(rows) | Found::OpenOrders(rows) => !rows.complete,
        Found::Activity(rows) => !rows.complete,
        _ => false,
    }
}

/// True if the answer may serve for what it was asked for.
fn complete(found: &Found) -> bool {
    match found {
        // Unreadable rows prove nothing, but they must not stop everything else.
        Found::Orders(_) | Found::OpenOrders(_) | Found::Clock(_) => true,
        Found::Activity(rows) => rows.complete,
        Found::Positions(_) | Found::Order(_) => true,
        Found::Failed(_) => false,
    }
}
