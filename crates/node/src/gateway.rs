//! Requests of the engine to the broker, and what came of them back to the desk.
//!
//! Entry points: [`Gateway::send`], [`Gateway::ask`].
//!
//! Invariants:
//! 1. A write is put on a wire at most once, not after its `not_after`, and only while there is a
//!    session. What did not leave is answered "not sent".
//! 2. Every request is answered once: by the broker, by silence, or by us.
//! 3. A refusal that only a person can mend closes the gateway for writes: none of them is tried
//!    again until the operator says `resume`.

use crate::backoff::Pace;
use crate::clock::Clock;
use crate::freezes::Freezes;
use crate::http::{Answer, Deadlines, Lost, Pool};
use crate::news::{Inbox, News};
use crate::notices::Notices;
use crate::session::Door;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use truefill_core::ids::{ClOrdId, InstrumentId, RequestId, VenueText};
use truefill_core::input::{Command, Input, Operator};
use truefill_core::report::{
    ClockRow, Found, NotSent, Outcome, ReadFailure, RejectCode, UnknownCause,
};
use truefill_core::request::{Query, Request, Whole};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::http::{Credentials as _, HttpReply, HttpRequest, Secret};
use truefill_venue::kite::{BODY_BYTES_MAX, Calls, Notes, Session};
use truefill_venue::live::{ReadEnd, WriteEnd};
use truefill_venue::reason::{Consequence, Reason};
use truefill_venue::{KiteCodec, LiveCodec as _};

/// How long a read may wait for a place in the broker's windows.
const READ_WAIT_NS: i64 = 3 * SECOND_NS;

/// See the module.
pub struct Gateway {
    /// How requests become calls.
    pub codec: Arc<KiteCodec>,
    /// What the codec remembers.
    pub notes: Mutex<Notes>,
    /// The broker.
    pub pool: Arc<Pool>,
    /// Who we are.
    pub door: Door,
    /// Freeze quantities that the exchange has taught.
    pub freezes: Freezes,
    /// Rings when there is a new one.
    pub learned: Arc<Notify>,
    /// Where answers go.
    pub inbox: Inbox,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
    /// Longest wait for an answer.
    pub patience: Duration,
    /// Nothing may be written until a person mends something.
    pub closed: AtomicBool,
    /// No connection stands.
    pub lost: Arc<AtomicBool>,
}

impl Gateway {
    /// Sends a write.
    pub fn send(self: &Arc<Self>, request: RequestId, what: Request, not_after: Nanos) {
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            let end = gateway.write(&what, not_after).await;
            if matches!(end.reason, Some(Reason::Freeze(_))) {
                gateway.keep_freezes();
            }
            let stops = end.reason.is_some_and(|why| why.consequence() == Consequence::Stop);
            let end = if stops { gateway.close(end).await } else { end };
            if end.reason.is_some_and(|why| why.consequence() == Consequence::Login) {
                gateway.door.doubt();
            }
            drop(gateway.inbox.send(News::Written(request, end)).await);
        });
    }

    /// Sends a read.
    pub fn ask(self: &Arc<Self>, request: RequestId, query: Query, not_after: Nanos) {
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            let end = gateway.read(&query, not_after).await;
            gateway.tell_bad_rows(&end);
            if end.reason.is_some_and(|why| why.consequence() != Consequence::Request) {
                gateway.door.doubt();
            }
            drop(gateway.inbox.send(News::Read(request, end)).await);
        });
    }

    /// An order was too large for the exchange: from now on none is.
    fn keep_freezes(&self) {
        let (now, taught) = (self.clock.now(), self.notes().freezes().clone());
        match self.freezes.keep(&taught) {
            Ok(None) => {}
            Ok(Some(words)) => {
                let then = "it is kept, and larger orders are cut from now on";
                self.notices.say(now, "FREEZE_LEARNED", words, then);
                self.learned.notify_one();
            }
            Err(error) => {
                let then = "set [risk] order_qty_max by hand";
                self.notices.say(now, "FREEZE_NOT_KEPT", error.to_string(), then);
            }
        }
    }

    /// Writes are possible again: the operator says that it is mended.
    pub fn reopen(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    /// Nothing is written until a person has mended something.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// A day of the broker has ended: its books are empty now.
    pub fn new_day(&self) {
        self.notes().new_day();
    }

    /// Our orders in the broker's book that can still fill; `None` when it cannot be read.
    pub async fn open_orders(&self) -> Option<Vec<(ClOrdId, Option<VenueText>, InstrumentId)>> {
        let session = self.door.session()?;
        let by = self.clock.now().plus(5 * SECOND_NS);
        let call = self.codec.orders_call();
        let answer = self.call(&call, &session.authorization(), by).await.ok()?;
        let end = self.codec.answer(&Query::Orders(Whole {}), &[reply(&answer)], &mut self.notes());
        let Found::Orders(rows) = end.found else { return None };
        let open = rows.rows.into_iter().filter(|row| !row.status.is_terminal());
        Some(open.filter_map(|row| Some((row.cl_ord_id?, row.order_id, row.instrument))).collect())
    }

    /// Sends a cancel without the engine. True when it was taken.
    pub async fn last_resort(&self, what: &Request) -> bool {
        let end = self.write(what, self.clock.now().plus(5 * SECOND_NS)).await;
        matches!(end.outcome, Outcome::Taken(_))
    }

    async fn write(&self, what: &Request, not_after: Nanos) -> WriteEnd {
        let call = self.codec.write(what, &self.notes());
        let call = match call {
            Ok(call) => call,
            Err(unsendable) => {
                let words = unsendable.why.to_string();
                return WriteEnd { outcome: *unsendable.outcome, reason: None, words };
            }
        };
        // A way out stays open: whether a cancel is taken, the broker says.
        let shut = self.is_closed() && !matches!(what, Request::Cancel(_));
        let Some(session) = self.door.session().filter(|_| !shut) else { return unsent() };
        match self.call(&call, &session.authorization(), not_after).await {
            Ok(answer) => self.codec.reply(what, &reply(&answer), &mut self.notes()),
            Err(Lost::NotSent) => unsent(),
            Err(Lost::Unreached) => {
                self.unreached().await;
                unsent()
            }
            Err(Lost::Timeout) => WriteEnd::unanswered(UnknownCause::Timeout),
            Err(Lost::Reset) => WriteEnd::unanswered(UnknownCause::Reset),
        }
    }

    async fn read(&self, query: &Query, not_after: Nanos) -> ReadEnd {
        let Some(session) = self.door.session() else {
            return ReadEnd::failed(ReadFailure::Reset);
        };
        let signed = session.authorization();
        let is_clock = matches!(query, Query::Clock(_));
        let calls = if is_clock {
            // Only the head of an answer has the broker's clock, so any cheap call will do.
            vec![Session::profile(&Calls::default())]
        } else {
            self.codec.read(query, &self.notes())
        };
        let mut answers = Vec::new();
        for (number, call) in calls.iter().enumerate() {
            // A read may wait for its place; what it shows is newer than it was asked for then.
            let wait_ns = if number == 0 { READ_WAIT_NS } else { 2 * READ_WAIT_NS };
            let leave = not_after.plus(wait_ns);
            match self.call(call, &signed, leave).await {
                Ok(answer) => answers.push(answer),
                Err(Lost::Unreached) => {
                    self.unreached().await;
                    return ReadEnd::failed(ReadFailure::Reset);
                }
                Err(Lost::NotSent | Lost::Timeout) => return ReadEnd::failed(ReadFailure::Timeout),
                Err(Lost::Reset) => return ReadEnd::failed(ReadFailure::Reset),
            }
        }
        if is_clock {
            return clock_of(answers.first(), self.clock.now());
        }
        let replies: Vec<HttpReply<'_>> = answers.iter().map(reply).collect();
        self.codec.answer(query, &replies, &mut self.notes())
    }

    async fn call(
        &self,
        call: &HttpRequest,
        signed: &[(&'static str, Secret)],
        not_after: Nanos,
    ) -> Result<Answer, Lost> {
        let by = Deadlines {
            leave: self.clock.instant(not_after),
            answer: Instant::now() + self.patience,
        };
        self.pool.call(call, signed, by, BODY_BYTES_MAX).await
    }

    /// No connection stands: nothing is tried again before one does, which is tried from here.
    async fn unreached(&self) {
        if self.lost.swap(true, Ordering::SeqCst) {
            return;
        }
        drop(self.inbox.send(News::Reached(false)).await);
        let (pool, inbox) = (Arc::clone(&self.pool), self.inbox.clone());
        let lost = Arc::clone(&self.lost);
        tokio::spawn(async move {
            let mut pace = Pace::new();
            while !pool.reaches().await {
                tokio::time::sleep(pace.wait()).await;
            }
            lost.store(false, Ordering::SeqCst);
            drop(inbox.send(News::Reached(true)).await);
        });
    }

    /// The broker will take no order before a person has mended something. The engine halts, and
    /// does not take the refusal for a lost session, which it would probe for ever.
    async fn close(&self, mut end: WriteEnd) -> WriteEnd {
        if let Outcome::Refused(refused) = &mut end.outcome {
            refused.code = RejectCode::Other;
        }
        if !self.closed.swap(true, Ordering::SeqCst) {
            let advice = end.reason.map_or("", truefill_venue::Reason::advice);
            let then = format!(
                "halted for good: no order is tried again; {advice}; then say `truefill resume`"
            );
            self.notices.say(self.clock.now(), "BROKER_REFUSES", end.words.clone(), then);
            let command = Input::Operator(Operator { command: Command::Halt, by: None });
            drop(self.inbox.send(News::Input(command)).await);
        }
        end
    }

    fn tell_bad_rows(&self, end: &ReadEnd) {
        let Some(first) = end.bad_rows.first() else { return };
        let text = format!(
            "{} rows of an answer cannot be read; row {}: {}",
            end.bad, first.row, first.why
        );
        let then = "nothing that it lacks is taken for gone; it is read again; report the row";
        self.notices.say(self.clock.now(), "BAD_ROWS", text, then);
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unsent() -> WriteEnd {
    WriteEnd { outcome: Outcome::NotSent(NotSent {}), reason: None, words: String::new() }
}

fn reply(answer: &Answer) -> HttpReply<'_> {
    let reply = HttpReply::new(answer.status, &answer.body);
    answer.retry_after.as_deref().map_or(reply, |header| reply.retry_after(header))
}

/// The broker's clock shows whole seconds: any instant of that second may be meant, so the one
/// nearest to ours is.
fn clock_of(answer: Option<&Answer>, now: Nanos) -> ReadEnd {
    let date = answer.and_then(|answer| answer.date);
    let since = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let second = since.and_then(|since| i64::try_from(since.as_nanos()).ok());
    let Some(second) = second else { return ReadEnd::failed(ReadFailure::Garbled) };
    let time = Nanos(now.0.clamp(second, second.saturating_add(SECOND_NS - 1)));
    ReadEnd::of(Found::Clock(ClockRow { time }))
}
