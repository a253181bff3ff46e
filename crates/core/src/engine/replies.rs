//! The end of a write: accepted, refused for sure, not sent for sure, or unknown (law 2).

use super::amends::serial_of;
use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{
    AuthLost, Backoff, Ending, Event, Learned, LookupPlanned, Paused, RequestClass, RequestClosed,
};
use crate::ids::{HoldingId, OrderNo};
use crate::order::evidence::{Ack, Claim, Doubt, Gone, Item, Proof, Refusal, Unsent, Void};
use crate::order::{Intent, Order};
use crate::report::{OrdStatus, Outcome, Refused, RejectCode, Reply, Taken, Unclear, UnknownCause};
use crate::request::Side;
use crate::time::{Nanos, SECOND_NS};

/// The longest silence a broker is believed to mean: three days, the longest ban known.
const BAN_NS_MAX: i64 = 3 * 86_400 * SECOND_NS;

impl Deciding<'_> {
    pub fn reply(&mut self, reply: &Reply) {
        let on_wire = self.state.wire.get(&reply.request).copied();
        let (class, order) = match on_wire {
            Some(w) => (w.class, w.order),
            None => self.late_order(reply),
        };
        let Some(no) = order else { return };
        let Some(holding) = self.state.orders.get(no).map(|o| o.ticket.holding) else { return };
        self.touch(holding);
        if on_wire.is_some() {
            let (ending, ok) = ending_of(&reply.outcome);
            let request = reply.request;
            self.emit(Event::RequestClosed(RequestClosed { request, ending, ok }));
        }
        match class {
            RequestClass::Cancel => self.cancel_reply(no, holding, &reply.outcome),
            RequestClass::Amend => self.amend_reply(no, holding, reply),
            _ => self.new_reply(no, holding, &reply.outcome),
        }
    }

    /// A reply that came after its request was given up: still evidence.
    fn late_order(&self, reply: &Reply) -> (RequestClass, Option<OrderNo>) {
        let (orders, request) = (&self.state.orders, reply.request);
        if let Some(o) = orders.open.values().find(|o| serial_of(o, request).is_some()) {
            return (RequestClass::Amend, Some(o.ticket.order));
        }
        let closed = orders.closed_orders().map(|c| &c.order);
        let mut all = orders.open.values().chain(closed);
        let order = all.find(|o| o.ticket.request == request).map(|o| o.ticket.order);
        (RequestClass::New, order)
    }

    fn new_reply(&mut self, no: OrderNo, holding: HoldingId, outcome: &Outcome) {
        match outcome {
            Outcome::Taken(taken) => {
                let Taken { order_id, time, .. } = taken;
                // An order that is filled and closed already has nothing to learn from its reply.
                let known = self.state.orders.is_closed(no)
                    && self.state.orders.get(no).is_some_and(|o| o.known.exists);
                if !known {
                    self.tell_of_return(no);
                    let (order_id, time) = (order_id.unwrap_or_default(), *time);
                    self.learn(no, Item::Ack(Ack { order_id, time }));
                    self.named_now(no);
                }
                if let Some(instrument) = taken.instrument {
                    self.stands_under(no, instrument, false);
                }
                self.taken_as(no, taken);
            }
            Outcome::NotSent(_) => self.learn(no, Item::Unsent(Unsent {})),
            Outcome::Unclear(unclear) if is_taken_for_no(unclear.cause) => {
                self.learn(no, Item::Refusal(Refusal { code: RejectCode::Other }));
            }
            Outcome::Unclear(unclear) => self.doubt(no, holding, unclear),
            Outcome::Refused(refused) => self.refused(no, holding, refused),
        }
    }

    fn doubt(&mut self, no: OrderNo, holding: HoldingId, unclear: &Unclear) {
        self.learn(no, Item::Doubt(Doubt { cause: unclear.cause }));
        if let Some(retry_after_ns) = unclear.retry_after_ns {
            self.back_off(Some(retry_after_ns));
            let text = "a new order met the rate limit".to_owned();
            self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
        }
        let text = format!("a new order has no certain outcome: {}", unclear.cause);
        self.alert(AlertCode::AmbiguousSubmit, Some(holding), Some(no), text);
        self.suspect();
    }

    fn refused(&mut self, no: OrderNo, holding: HoldingId, refused: &Refused) {
        match refused.code {
            RejectCode::DuplicateClOrdId => {
                // No proof that this intent was never sent: look it up.
                let text = format!("the broker says this client id was used: {}", refused.text);
                self.learn(no, Item::Doubt(Doubt { cause: UnknownCause::Server }));
                self.alert(AlertCode::IdCollision, Some(holding), Some(no), text);
                self.suspect();
                return;
            }
            RejectCode::RateLimited => {
                self.back_off(refused.retry_after_ns);
                let text = format!("refused for the rate: {}", refused.text);
                self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
                self.learn(no, Item::Refusal(Refusal { code: refused.code }));
                return;
            }
            RejectCode::Auth => {
                self.auth_lost(format!("a new order was refused: {}", refused.text));
                self.learn(no, Item::Refusal(Refusal { code: refused.code }));
                return;
            }
            RejectCode::Timestamp => {
                let text = format!("the broker refuses our clock: {}", refused.text);
                self.alert(AlertCode::ClockSkew, None, Some(no), text);
            }
            _ => {}
        }
        self.learn(no, Item::Refusal(Refusal { code: refused.code }));
        let text = format!("refused: {} {}", refused.code, refused.text);
        self.pause(no, holding, refused.code, text);
    }

    /// A refused holding rests; the third equal refusal in a row opens its circuit.
    pub fn pause(&mut self, no: OrderNo, holding: HoldingId, why: RejectCode, text: String) {
        let h = self.state.holding(holding);
        let code = why as u32;
        let streak = if h.code == code { h.streak + 1 } else { 1 };
        let risk = &self.config.risk;
        let rest_ns =
            if streak >= risk.reject_max { risk.circuit_pause_ns } else { risk.reject_pause_ns };
        let reduces = |o: &Order| {
            let own = self.state.holding(holding).own;
            !own.is_zero() && (own.0 > 0) != (o.ticket.side == Side::Buy)
        };
        let order = self.state.orders.get(no);
        let exit = order.is_some_and(|o| o.ticket.intent != Intent::Entry || reduces(o));
        let waits = !exit || risk.funds_final == Some(true);
        let hopeless = why == RejectCode::InsufficientFunds && waits;
        let rest_ns = if crate::planted!(RefusedAgainAtOnce) { 0 } else { rest_ns };
        // A rest that is on is not cut short: an order taken between two refusals is no news of
        // what was refused. A way out must not wait for what only an entry waits for.
        let on = if h.paused == Nanos::MAX { Nanos(i64::MIN) } else { h.paused };
        let until = if hopeless { Nanos::MAX } else { self.now().plus(rest_ns).max(on) };
        self.emit(Event::Paused(Paused { holding, until, streak, code }));
        if exit {
            self.alert(AlertCode::Unprotected, Some(holding), Some(no), text.clone());
        }
        if streak == risk.reject_max {
            self.alert(AlertCode::RejectLoopOpen, Some(holding), Some(no), text.clone());
        }
        if hopeless || streak == 1 {
            self.alert(AlertCode::Unconverged, Some(holding), Some(no), text);
        }
    }

    fn cancel_reply(&mut self, no: OrderNo, holding: HoldingId, outcome: &Outcome) {
        if super::reading::is_on(self.config)
            && self.state.orders.open.get(&no).is_some_and(Order::needs_lookup)
        {
            // What an older lookup showed says nothing of this cancel.
            let at = self.now();
            self.emit(Event::LookupPlanned(LookupPlanned { order: no, at }));
        }
        match outcome {
            // "Taken" says only that: a read proves what became of the order.
            Outcome::Taken(_) if crate::planted!(CancelTakenIsDone) => self.learn(no, OVER),
            Outcome::Taken(taken) => self.taken_as(no, taken),
            Outcome::NotSent(_) => {}
            Outcome::Unclear(unclear) => {
                if unclear.retry_after_ns.is_some() {
                    self.back_off(unclear.retry_after_ns);
                    let text = "a cancel met the rate limit".to_owned();
                    self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
                }
                let text = format!("a cancel has no certain outcome: {}", unclear.cause);
                self.alert(AlertCode::AmbiguousSubmit, Some(holding), Some(no), text);
            }
            Outcome::Refused(refused) => {
                if matches!(refused.code, RejectCode::OrderDone | RejectCode::UnknownOrder) {
                    self.learn(no, Item::Gone(Gone { at: Some(self.now()) }));
                    if crate::planted!(NothingToCancelIsDone) {
                        self.learn(no, OVER);
                    }
                }
                let text = format!("a cancel was refused: {}", refused.code);
                if refused.code == RejectCode::Auth {
                    self.auth_lost(text);
                } else if refused.code == RejectCode::RateLimited {
                    self.back_off(refused.retry_after_ns);
                    self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
                }
            }
        }
    }

    /// What a reply says of an order beyond "taken": a claim.
    pub fn taken_as(&mut self, no: OrderNo, taken: &Taken) {
        if let Some(cum) = taken.cum {
            self.learn_cum(no, cum);
        }
        match taken.status {
            Some(status) if status.is_terminal() => {
                self.learn(no, Item::Claim(Claim { status, time: self.now() }));
            }
            Some(status) => self.hangs(no, status),
            None => {}
        }
    }

    /// The broker does not take us for who we are: only a fresh login ends that.
    pub fn auth_lost(&mut self, text: String) {
        let first = self.state.limiter.probe.is_none();
        self.emit(Event::AuthLost(AuthLost {}));
        if first {
            self.alert(AlertCode::AuthExpired, None, None, text);
        }
        self.touch_busy();
    }

    /// The account is to be read, and with it all orders, where rounds read open ones only.
    pub fn suspect_all(&mut self) {
        if !super::reading::is_on(self.config) {
            self.suspect();
        } else if !self.state.recon.suspicious || !self.state.recon.all_orders {
            let all_orders = Some(true);
            self.emit(Event::Suspected(crate::event::Suspected { all_orders }));
        }
    }

    /// Nothing leaves for as long as the broker says, or for a full window; twice as long each
    /// time in a row, up to a minute.
    pub fn back_off(&mut self, retry_after_ns: Option<i64>) {
        let windows = self.config.descriptor.windows.iter().map(|w| w.per_ns);
        let full_ns = windows.filter(|per| *per <= 60 * SECOND_NS).max().unwrap_or(SECOND_NS);
        let strikes = self.state.limiter.strikes + 1;
        let doubled_ns = full_ns.saturating_mul(1 << strikes.min(6)) / 2;
        let told_ns = retry_after_ns.unwrap_or(0).min(BAN_NS_MAX);
        let wait_ns = told_ns.max(doubled_ns.min(60 * SECOND_NS).max(full_ns));
        let until = self.now().plus(wait_ns);
        self.emit(Event::Backoff(Backoff { until, strikes }));
        for holding in self.state.busy.iter().copied().collect::<Vec<_>>() {
            self.touch(holding);
        }
    }

    /// Settles what nothing else can settle: orders without outcome at a broker whose orders may
    /// appear at any time.
    pub fn void_unknown(&mut self, of: Option<HoldingId>) {
        let open = self.state.orders.open.values();
        let unknown: Vec<(OrderNo, HoldingId)> = open
            .filter(|o| {
                o.is_unknown() || o.known.terms.pending.as_ref().is_some_and(|amend| amend.unclear)
            })
            .filter(|o| of.is_none_or(|id| id == o.ticket.holding))
            .map(|o| (o.ticket.order, o.ticket.holding))
            .collect();
        for (no, holding) in unknown {
            self.touch(holding);
            self.void_amend(no);
            if self.state.orders.open.get(&no).is_some_and(crate::order::Order::is_unknown) {
                self.learn(no, Item::Void(Void {}));
            }
        }
    }

    /// Adds evidence unless it is there already.
    pub fn learn(&mut self, order: OrderNo, item: Item) {
        let before = self.state.orders.get(order).map(|o| o.known.filled).unwrap_or_default();
        let known = self.state.orders.get(order).is_none_or(|o| o.evidence.contains(&item));
        let deaf = self.state.orders.is_closed(order) && crate::planted!(FinishedOrdersAreDeaf);
        if !known && !deaf {
            let mark = self.mark_then(order);
            self.emit(Event::Learned(Learned { order, item, mark }));
            self.stop_filled(order, before);
        }
    }

    fn mark_then(&self, order: OrderNo) -> Option<crate::quote::Quote> {
        let holding = self.state.orders.get(order)?.ticket.holding;
        self.quote_then(self.config.holdings.get(holding.ix())?.instrument)
    }

    pub fn suspect(&mut self) {
        if !self.state.recon.suspicious {
            self.emit(Event::Suspected(crate::event::Suspected { all_orders: None }));
        }
    }
}

/// What a read of a cancelled order proves, for plants that need no read.
pub(super) const OVER: Item = Item::Proof(Proof { status: OrdStatus::Canceled, code: None });

/// An unclear end that counts as a refusal: none, but for what is planted.
fn is_taken_for_no(cause: UnknownCause) -> bool {
    match cause {
        UnknownCause::Timeout => crate::planted!(TimeoutIsARefusal),
        UnknownCause::Server => crate::planted!(ServerErrorIsARefusal),
        UnknownCause::Garbled => crate::planted!(GarbledReplyIsARefusal),
        UnknownCause::Reset => crate::planted!(ResetIsARefusal),
        UnknownCause::Restart => false,
    }
}

/// What the end of a write means for its slots, and whether it was taken.
fn ending_of(outcome: &Outcome) -> (Ending, bool) {
    match outcome {
        Outcome::Taken(_) => (Ending::Answered, true),
        Outcome::NotSent(_) => (Ending::Withdrawn, false),
        Outcome::Refused(_) => (Ending::Answered, false),
        Outcome::Unclear(unclear) => match unclear.cause {
            UnknownCause::Server | UnknownCause::Garbled => (Ending::Answered, false),
            _ => (Ending::Unanswered, false),
        },
    }
}
