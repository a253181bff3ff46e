//! Answers to reads: rows become evidence, a proven absence too. An error is never an empty
//! answer (law 6).

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::ClientIds;
use crate::event::{Ending, Event, LookupPlanned, Released, RequestClass, RequestClosed};
use crate::ids::{ClOrdId, OrderNo, RequestId, VenueText, parse_cl_ord_id};
use crate::num::{Px, Qty};
use crate::order::evidence::{Absence, Ack, Audit, Item, Proof};
use crate::order::{Intent, Order, Rule, Ticket};
use crate::report::{ActivityRow, Answer, Failed, Found, OrderRow, OrderRows, ReadFailure};
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
            Found::Orders(rows) => self.order_rows(rows, on_wire.asked),
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
                self.back_off(Some(60_000_000_000));
                let text = "a read was refused: not authenticated".to_owned();
                self.alert(AlertCode::AuthExpired, None, None, text);
            }
            _ => {}
        }
        if on_wire.class == RequestClass::Positions && crate::planted!(ErrorIsEmpty) {
            return self.compare(&[], on_wire);
        }
        if on_wire.class != RequestClass::Order && self.state.recon.round > 0 {
            self.round_over(false);
        }
        self.suspect();
    }

    fn order_rows(&mut self, rows: &OrderRows, asked: Nanos) {
        for row in &rows.rows {
            self.order_row(row, asked);
        }
        let whole = rows.complete || crate::planted!(ShortPageIsAll);
        if !whole || self.config.descriptor.client_ids == ClientIds::None {
            return;
        }
        let has = |id: &ClOrdId| rows.rows.iter().any(|r| r.cl_ord_id.as_ref() == Some(id));
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
            (Some(row), _) => self.order_row(row, on_wire.asked),
            (None, Some(no)) if self.config.descriptor.client_ids == ClientIds::Unique => {
                self.not_there(no, on_wire.asked);
            }
            (None, _) => {}
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

    fn order_row(&mut self, row: &OrderRow, asked: Nanos) {
        let known = self.resolve(row.cl_ord_id.as_ref(), row.order_id.as_ref());
        let Some(no) = known.or_else(|| self.orphan(row)) else { return };
        let Some(order) = self.state.orders.get(no) else { return };
        if settled(order, row.cum) {
            return;
        }
        let (holding, acked) = (order.ticket.holding, order.order_id.is_some());
        let refused = order.known.done && order.known.refused.is_some();
        self.touch(holding);
        if refused && !row.status.is_terminal() {
            let text = "an order works that was refused for sure".to_owned();
            self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text);
        }
        if let Some(order_id) = row.order_id.filter(|_| !acked) {
            self.learn(no, Item::Ack(Ack { order_id, time: Some(row.created) }));
        }
        if row.cum.0 > 0 {
            self.learn_cum(no, row.cum);
        }
        self.amend_row(no, row, asked);
        if row.status.is_terminal() {
            self.learn(no, Item::Proof(Proof { status: row.status }));
        } else {
            self.seen(no, Some(asked));
        }
    }

    /// An order with an id of our making that the journal does not know: adopted when an older
    /// start made it, so that it counts; a newer one means another instance.
    fn orphan(&mut self, row: &OrderRow) -> Option<OrderNo> {
        let id = row.cl_ord_id?;
        let (epoch, _) = parse_cl_ord_id(&id)?;
        if epoch > self.state.epoch {
            self.stranger(Some(&id));
            return None;
        }
        if row.status.is_terminal() {
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
            intent: Intent::Exit,
            released: row.created.min(self.now()),
            arrival: Px::ZERO,
            rule: Rule::Found,
            step: 0,
            stop_px: None,
            shares: Vec::new(),
        };
        let no = ticket.order;
        self.emit(Event::Released(Released { ticket }));
        let text = "an order of an earlier start was found and adopted".to_owned();
        self.alert(AlertCode::ExternalActivity, Some(holding), Some(no), text);
        Some(no)
    }

    /// An activity row about an order of ours is an execution like any other.
    fn activity_row(&mut self, row: &ActivityRow) {
        let Some(no) = self.resolve(row.cl_ord_id.as_ref(), row.order_id.as_ref()) else { return };
        if crate::planted!(StrangeRowsAreLeftOut) {
            return;
        }
        let Some(order) = self.state.orders.get(no) else { return };
        let holding = order.ticket.holding;
        self.touch(holding);
        // A read repeats what was pushed; that is no duplicate to tell anybody about.
        self.learn(no, Item::Fill(row.fill.clone()));
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

/// Everything is known of an order, and a message does not say more.
pub(super) fn settled(order: &Order, cum: Qty) -> bool {
    let known = &order.known;
    known.done && known.exists && cum <= known.filled && known.unpriced.is_zero()
}

/// Rows are known to be missing or unreadable: the others count, people are told.
fn has_unreadable(found: &Found) -> bool {
    match found {
        Found::Orders(rows) => !rows.complete,
        Found::Activity(rows) => !rows.complete,
        _ => false,
    }
}

/// True if the answer may serve for what it was asked for.
fn complete(found: &Found) -> bool {
    match found {
        // Unreadable rows prove nothing, but they must not stop everything else.
        Found::Orders(_) => true,
        Found::Activity(rows) => rows.complete,
        Found::Positions(_) | Found::Order(_) => true,
        Found::Failed(_) => false,
    }
}
