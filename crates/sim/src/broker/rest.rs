//! Requests and replies: the way up, the limits, what becomes of a write, the way down.

use super::doors::refusal;
use super::orders::refused;
use super::truth::TrueRequest;
use super::{Broker, Due};
use crate::faults::{FaultKind, PAGE, add_key, garble, truncate, unknown_code};
use truefill_core::ids::{ClOrdId, RequestId};
use truefill_core::input::Channel;
use truefill_core::report::{ActivityKind, Outcome, RejectCode, Unclear, UnknownCause};
use truefill_core::request::{Query, Request};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_venue::{Ask, BadRequest, ServerCodec, ServerRequest};

/// Faults of any write, in the order in which their dice are thrown; the first one is it.
const FATES: [FaultKind; 4] = [
    FaultKind::ServerErrorNotExecuted,
    FaultKind::ServerErrorExecuted,
    FaultKind::LostAck,
    FaultKind::Executed429,
];
/// The same for new orders only.
const FATES_OF_NEW: [FaultKind; 11] = [
    FaultKind::LateAck,
    FaultKind::FillBeforeAck,
    FaultKind::Timeout400,
    FaultKind::AppearsTooLate,
    FaultKind::NoFunds,
    FaultKind::PriceBand,
    FaultKind::RiskRefused,
    FaultKind::FalseDuplicateId,
    FaultKind::TimestampRefused,
    FaultKind::MarketClosed,
    FaultKind::RefusedExecuted,
];
/// Of these, those that hold the order back before the exchange.
const STUCK: [FaultKind; 3] =
    [FaultKind::LateAck, FaultKind::Timeout400, FaultKind::AppearsTooLate];

/// A request on its way up.
#[derive(Debug)]
pub(super) struct Arrival {
    id: RequestId,
    ask: Result<Ask, BadRequest>,
    sent: Nanos,
    /// The connection for the reply is broken already.
    mute: bool,
    /// What struck it on the way.
    fault: Option<FaultKind>,
}

impl Broker {
    /// A request leaves the engine's shell.
    pub fn send(&mut self, now: Nanos, id: RequestId, body: Vec<u8>) {
        self.waiting.insert(id);
        if !self.rest_up {
            self.agenda.plan(now, Due::Reset { id });
            return;
        }
        let ask = self.codec.decode_request(&body).map(|ServerRequest { ask, .. }| ask);
        let write = !matches!(ask, Ok(Ask::Read(_)));
        let down = self.plan.strikes(FaultKind::RestDown);
        let lost = self.plan.strikes_unless(FaultKind::LostRequest, down);
        let cut = write && self.plan.strikes_unless(FaultKind::ResetNotExecuted, down || lost);
        let mute = write && self.plan.strikes_unless(FaultKind::ResetExecuted, down || lost || cut);
        let travel_ns =
            self.world.up.draw(&mut self.dice.up).min(self.descriptor.arrival_max_ns).max(0);
        let slow = self.plan.strikes_unless(FaultKind::ArrivesTooLate, down || lost || cut);
        let travel_ns = if slow {
            let more_ns = self.plan.span_ns(FaultKind::ArrivesTooLate, i64::MAX);
            self.descriptor.arrival_max_ns.saturating_add(more_ns)
        } else {
            travel_ns
        };
        if down {
            self.rest_down(now);
            return;
        }
        if lost {
            self.waiting.remove(&id);
            return;
        }
        if cut || mute {
            // Noticed at any moment of the round trip, also before the write arrives.
            let noticed_ns = self.dice.up.between(0, travel_ns.saturating_mul(2));
            self.agenda.plan(now.plus(noticed_ns), Due::Reset { id });
        }
        if !cut {
            let broken = mute.then_some(FaultKind::ResetExecuted);
            let fault = broken.or(slow.then_some(FaultKind::ArrivesTooLate));
            let arrival = Arrival { id, ask, sent: now, mute, fault };
            self.agenda.plan(now.plus(travel_ns), Due::Arrive(Box::new(arrival)));
        }
    }

    /// A request arrives.
    pub(super) fn arrive(&mut self, at: Nanos, arrival: Arrival) {
        let Arrival { id, ask, sent, mute, fault } = arrival;
        let read = matches!(ask, Ok(Ask::Read(_)));
        let over_ns = self.count(at, read);
        let (kind, cl_ord_id) = label(&ask);
        let record = self.truth.requests.len();
        self.truth.requests.push(TrueRequest {
            id,
            kind,
            cl_ord_id,
            sent,
            arrived: at,
            limit_hit: over_ns.is_some(),
            fault,
        });
        self.mute = mute;
        let limited = over_ns.is_some();
        let shut = if limited { None } else { self.shut_out(at, id, &ask) };
        let limited = limited || shut.is_some();
        let spurious = self.plan.strikes_unless(FaultKind::Spurious429, limited || mute);
        let struck = if shut.is_some() {
            shut
        } else if spurious {
            let wait_ns = self.plan.span_ns(FaultKind::Spurious429, i64::MAX);
            self.limited(at, id, read, Some(wait_ns.max(MILLI_NS)));
            Some(FaultKind::Spurious429)
        } else if let Some(wait_ns) = over_ns {
            self.limited(at, id, read, Some(wait_ns));
            None
        } else {
            self.asked(at, id, sent, ask)
        };
        self.mute = false;
        if let Some(request) = self.truth.requests.get_mut(record) {
            request.fault = request.fault.or(struck);
        }
    }

    fn asked(
        &mut self,
        at: Nanos,
        id: RequestId,
        sent: Nanos,
        ask: Result<Ask, BadRequest>,
    ) -> Option<FaultKind> {
        match ask {
            Err(bad) => {
                let outcome = refused(bad.code, &bad.why.why);
                self.reply(at, id, &outcome, 0);
                None
            }
            Ok(Ask::Read(query)) => self.read(at, id, &query),
            Ok(Ask::Write(request)) => self.write(at, id, sent, &request),
        }
    }

    /// Counts an arrival; if it is one too many, how long the next one has to wait.
    fn count(&mut self, at: Nanos, read: bool) -> Option<i64> {
        let counted = self.limits.arrive(self.clock(at), read);
        let mut over_ns = None;
        for one in counted {
            if let Some(window) = self.truth.windows.get_mut(one.window) {
                window.max = window.max.max(one.sliding);
                window.hits += u64::from(one.over_ns.is_some());
            }
            over_ns = over_ns.max(one.over_ns);
        }
        over_ns
    }

    fn write(
        &mut self,
        at: Nanos,
        id: RequestId,
        sent: Nanos,
        request: &Request,
    ) -> Option<FaultKind> {
        self.stir(at);
        let fate = self.fate(matches!(request, Request::New(_)));
        let extra_ns = match fate {
            Some(FaultKind::FillBeforeAck) => {
                self.plan.span_ns(FaultKind::FillBeforeAck, self.descriptor.reply_timeout_ns / 2)
            }
            _ => 0,
        };
        match (fate, request) {
            (Some(FaultKind::ServerErrorNotExecuted), _) => {
                self.reply(at, id, &unclear(UnknownCause::Server), 0);
            }
            (Some(kind), Request::New(new)) if STUCK.contains(&kind) => {
                self.delay(at, id, sent, new.clone(), kind);
            }
            (Some(kind), Request::New(_))
                if kind != FaultKind::RefusedExecuted && refusal(kind).is_some() =>
            {
                self.reply(at, id, &refusal(kind).unwrap_or(unclear(UnknownCause::Server)), 0);
            }
            _ => self.execute(at, id, sent, request, fate, extra_ns),
        }
        fate
    }

    /// The write is done, and its reply goes as the fault says.
    fn execute(
        &mut self,
        at: Nanos,
        id: RequestId,
        sent: Nanos,
        request: &Request,
        fate: Option<FaultKind>,
        extra_ns: i64,
    ) {
        let outcome = match request {
            Request::New(new) => self.place(at, new, sent),
            Request::Cancel(cancel) => self.cancel(at, cancel),
            Request::Amend(amend) => self.amend(at, amend),
        };
        match fate {
            Some(FaultKind::LostAck) => drop(self.waiting.remove(&id)),
            Some(FaultKind::ServerErrorExecuted) => {
                self.reply(at, id, &unclear(UnknownCause::Server), 0);
            }
            Some(FaultKind::Executed429) => self.limited(at, id, false, Some(MILLI_NS)),
            Some(FaultKind::RefusedExecuted) => {
                let lie = refusal(FaultKind::RefusedExecuted).unwrap_or(outcome);
                self.reply(at, id, &lie, 0);
            }
            _ => self.reply(at, id, &outcome, extra_ns),
        }
    }

    /// What others do on the account while we trade.
    fn stir(&mut self, at: Nanos) {
        for (kind, due) in [
            (FaultKind::ManualTrade, Due::ManualTrade),
            (FaultKind::Liquidation, Due::Forced(ActivityKind::Liquidation)),
            (FaultKind::Split, Due::Forced(ActivityKind::Split)),
        ] {
            if self.plan.strikes(kind) {
                let later = at.plus(self.plan.span_ns(kind, i64::MAX));
                self.agenda.plan(later, due);
            }
        }
        if self.plan.strikes(FaultKind::Funding) {
            self.fund(at);
        }
        if self.plan.strikes(FaultKind::SessionEnd) {
            self.end_session(at);
        }
    }

    /// Which of the faults that exclude each other strikes a write.
    fn fate(&mut self, new: bool) -> Option<FaultKind> {
        let mut fate = None;
        for kind in FATES.iter().chain(if new { FATES_OF_NEW.as_slice() } else { &[] }) {
            if self.plan.strikes_unless(*kind, fate.is_some() || self.mute) {
                fate = Some(*kind);
            }
        }
        fate
    }

    /// The order is stuck on its way to the exchange. The latest moment is counted from the
    /// send and leaves room for a read that shows an older state: a complete read asked
    /// `appear_max` after the send shows the order.
    fn delay(
        &mut self,
        at: Nanos,
        id: RequestId,
        sent: Nanos,
        new: truefill_core::request::NewOrder,
        kind: FaultKind,
    ) {
        let longest_ns = self.descriptor.appear_max_ns.unwrap_or(i64::MAX);
        let latest = sent.plus(longest_ns.saturating_sub(self.descriptor.read_lag_max_ns));
        let room_ns = latest.since(at).max(0);
        let span_ns = match kind {
            FaultKind::AppearsTooLate => {
                let worst_ns = sent.plus(self.descriptor.appear_max_ns.unwrap_or(0)).since(at);
                worst_ns.max(0).saturating_add(self.plan.span_ns(kind, i64::MAX))
            }
            _ => self.plan.span_ns(kind, room_ns),
        };
        self.agenda.plan(at.plus(span_ns), Due::Appear { new: Box::new(new), sent });
        if kind == FaultKind::Timeout400 {
            let told = refused(RejectCode::Other, "timed out, check the order book");
            let (status, body) = self.codec.encode_outcome(id, &told);
            self.answer(at, id, status, unknown_code(&body), 0);
        } else if self.plan.dice(kind).chance(500_000) {
            self.reply(at, id, &unclear(UnknownCause::Timeout), 0);
        } else {
            self.waiting.remove(&id);
        }
    }

    pub(super) fn reply(&mut self, at: Nanos, id: RequestId, outcome: &Outcome, extra_ns: i64) {
        let (status, body) = self.codec.encode_outcome(id, outcome);
        self.answer(at, id, status, body, extra_ns);
    }

    /// Sends a reply or an answer on its way down.
    pub(super) fn answer(
        &mut self,
        at: Nanos,
        id: RequestId,
        mut status: u16,
        mut body: Vec<u8>,
        extra_ns: i64,
    ) {
        if self.mute {
            return;
        }
        if self.plan.strikes(FaultKind::NewKeys) {
            body = add_key(&body);
        }
        let page = self.plan.strikes(FaultKind::HtmlBody);
        if page {
            status = if self.plan.dice(FaultKind::HtmlBody).chance(500_000) { 200 } else { 502 };
            body = PAGE.to_vec();
        }
        let late = self.plan.strikes(FaultKind::LateReply);
        let late_ns = if late { self.plan.span_ns(FaultKind::LateReply, i64::MAX) } else { 0 };
        let extra_ns = extra_ns.saturating_add(late_ns);
        let garbled = self.plan.strikes_unless(FaultKind::GarbleReply, page);
        if garbled {
            body = garble(&body, self.plan.dice(FaultKind::GarbleReply));
        }
        if self.plan.strikes_unless(FaultKind::TruncateReply, page || garbled) {
            body = truncate(&body, self.plan.dice(FaultKind::TruncateReply));
        }
        let travel_ns = self.world.down.draw(&mut self.dice.down);
        let due = at.plus(travel_ns).plus(extra_ns);
        self.agenda.plan(due, Due::Answer { id, status, body });
    }

    /// Requests are refused for a while, and what waits for an answer loses it.
    fn rest_down(&mut self, at: Nanos) {
        self.rest_up = false;
        self.agenda.plan(at, Due::Link { channel: Channel::Rest, up: false });
        for id in &self.waiting {
            self.agenda.plan(at, Due::Reset { id: *id });
        }
        let back = at.plus(self.plan.span_ns(FaultKind::RestDown, i64::MAX));
        self.agenda.plan(back, Due::RestUp);
    }
}

/// What a request is, for the record.
fn label(ask: &Result<Ask, BadRequest>) -> (&'static str, Option<ClOrdId>) {
    match ask {
        Err(_) => ("unreadable", None),
        Ok(Ask::Write(Request::New(new))) => ("new", Some(new.cl_ord_id)),
        Ok(Ask::Write(Request::Cancel(cancel))) => ("cancel", Some(cancel.cl_ord_id)),
        Ok(Ask::Write(Request::Amend(amend))) => ("amend", Some(amend.cl_ord_id)),
        Ok(Ask::Read(Query::Order(one))) => ("read", Some(one.cl_ord_id)),
        Ok(Ask::Read(_)) => ("read", None),
    }
}

fn unclear(cause: UnknownCause) -> Outcome {
    Outcome::Unclear(Unclear { cause, retry_after_ns: None })
}
