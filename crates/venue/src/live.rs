//! The contract between a live node and the codec of a real broker.
//!
//! Entry points: [`LiveCodec`], [`WriteEnd`], [`ReadEnd`], [`Unsendable`].
//!
//! A broker's wire rarely carries our number of a request, so the transport pairs calls and
//! replies; the codec gets what was asked together with what came back.
//!
//! ```
//! use truefill_core::ids::RequestId;
//! use truefill_core::input::Input;
//! use truefill_core::report::ReadFailure;
//! use truefill_core::request::{Query, Whole};
//! use truefill_venue::http::{HttpReply, HttpRequest};
//! use truefill_venue::live::ReadEnd;
//! use truefill_venue::{KiteCodec, LiveCodec, Symbols};
//!
//! /// What a shell does with a query. `send` is its transport, with time-outs on everything.
//! fn ask<C: LiveCodec>(
//!     codec: &C,
//!     notes: &mut C::Notes,
//!     (id, query): (RequestId, &Query),
//!     mut send: impl FnMut(&HttpRequest) -> Option<(u16, Vec<u8>)>,
//! ) -> Input {
//!     let mut bodies = Vec::new();
//!     for call in codec.read(query, notes) {
//!         let Some(reply) = send(&call) else {
//!             return ReadEnd::failed(ReadFailure::Timeout).to_input(id);
//!         };
//!         bodies.push(reply);
//!     }
//!     let replies: Vec<HttpReply<'_>> =
//!         bodies.iter().map(|(status, body)| HttpReply::new(*status, body)).collect();
//!     codec.answer(query, &replies, notes).to_input(id)
//! }
//!
//! let codec = KiteCodec::new(Symbols::from_names(["NSE:INFY".to_owned()]));
//! let asked = (RequestId(7), &Query::Orders(Whole {}));
//! let empty = br#"{"status":"success","data":[]}"#;
//! let input = ask(&codec, &mut Default::default(), asked, |call| {
//!     assert_eq!(format!("{call:?}"), "GET /orders with 0 bytes");
//!     Some((200, empty.to_vec()))
//! });
//! assert!(matches!(input, Input::Answer(answer) if answer.request == RequestId(7)));
//! ```
//!
//! Invariants:
//! 1. Decoding never fails as a call and never guesses (see [`crate::codec`]).
//! 2. What is decoded is a function of the bytes. Notes only help to *encode*: how an order must
//!    be addressed, what the exchange was heard to allow.
//! 3. An undecodable row hides no other: it is listed, and its answer is not complete.

use crate::codec::Garbage;
use crate::http::{HttpReply, HttpRequest};
use crate::reason::Reason;
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::input::Input;
use truefill_core::report::{
    Answer, Failed, Found, NotSent, Outcome, ReadFailure, Refused, RejectCode, Reply, Unclear,
    UnknownCause,
};
use truefill_core::request::{Query, Request};

/// Most unreadable rows of one answer that are kept with their reasons.
pub const BAD_ROWS_MAX: usize = 64;

/// A codec of a broker that is reached over HTTP.
pub trait LiveCodec {
    /// What must be remembered between calls so that later ones can be encoded. It is learned
    /// from answers, may be lost at any time, and comes back with the next read of the orders.
    type Notes: Default;

    /// The call that a write is.
    ///
    /// # Errors
    /// [`Unsendable`] when this wire cannot say it; its outcome is certain.
    fn write(&self, request: &Request, notes: &Self::Notes) -> Result<HttpRequest, Unsendable>;

    /// How that write ended. For a time-out or a broken connection there is no reply: the
    /// transport then reports an unknown outcome itself.
    fn reply(&self, request: &Request, reply: &HttpReply<'_>, notes: &mut Self::Notes) -> WriteEnd;

    /// The calls that a read is, to be made in this order, one after the other.
    fn read(&self, query: &Query, notes: &Self::Notes) -> Vec<HttpRequest>;

    /// What that read brought. `replies` are those of [`LiveCodec::read`], in its order; when one
    /// is missing, the read has failed.
    fn answer(&self, query: &Query, replies: &[HttpReply<'_>], notes: &mut Self::Notes) -> ReadEnd;
}

/// A write that does not leave, and what is certain about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsendable {
    /// Not sent, or refused for sure: as if the broker had said so.
    pub outcome: Box<Outcome>,
    /// Why, for people.
    pub why: Garbage,
}

impl Unsendable {
    /// Against the rules of the wire: nobody would take it.
    #[must_use]
    pub fn invalid(why: impl std::fmt::Display) -> Self {
        let why = Garbage::new(why);
        let text = crate::words::shortened(&why.why);
        let refused = Refused { code: RejectCode::Invalid, text, retry_after_ns: None };
        Self { outcome: Box::new(Outcome::Refused(refused)), why }
    }

    /// It cannot be addressed yet.
    #[must_use]
    pub fn not_sent(why: impl std::fmt::Display) -> Self {
        Self { outcome: Box::new(Outcome::NotSent(NotSent {})), why: Garbage::new(why) }
    }
}

/// The end of a write with what people and the node must know beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteEnd {
    /// For the engine.
    pub outcome: Outcome,
    /// Why it was not taken, as far as it can be told.
    pub reason: Option<Reason>,
    /// The broker's words, at most 400 characters.
    pub words: String,
}

impl WriteEnd {
    /// A write without an answer: nobody knows what became of it.
    #[must_use]
    pub const fn unanswered(cause: UnknownCause) -> Self {
        let outcome = Outcome::Unclear(Unclear { cause, retry_after_ns: None });
        Self { outcome, reason: None, words: String::new() }
    }

    /// For the engine.
    #[must_use]
    pub fn to_input(&self, request: RequestId) -> Input {
        Input::Reply(Reply { request, outcome: self.outcome.clone() })
    }
}

/// The end of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEnd {
    /// For the engine.
    pub found: Found,
    /// Rows that could not be read, at most [`BAD_ROWS_MAX`] of them.
    pub bad_rows: Vec<BadRow>,
    /// Number of rows that could not be read.
    pub bad: usize,
    /// Rows about what is not configured and not ours: left out.
    pub foreign: usize,
    /// The rows that could be read of an answer that counts as failed because it has no mark for
    /// missing ones (positions).
    pub partial: Option<Found>,
    /// Why it failed, as far as it can be told.
    pub reason: Option<Reason>,
    /// The broker's words, at most 400 characters.
    pub words: String,
}

impl ReadEnd {
    /// An answer without any trouble.
    #[must_use]
    pub const fn of(found: Found) -> Self {
        Self {
            found,
            bad_rows: Vec::new(),
            bad: 0,
            foreign: 0,
            partial: None,
            reason: None,
            words: String::new(),
        }
    }

    /// For the engine.
    #[must_use]
    pub fn to_input(&self, request: RequestId) -> Input {
        Input::Answer(Answer { request, found: self.found.clone() })
    }

    /// A read that failed without words: no answer came.
    #[must_use]
    pub const fn failed(cause: ReadFailure) -> Self {
        Self::of(Found::Failed(Failed { cause, retry_after_ns: None }))
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its number in the list, from 1.
    pub row: usize,
    /// What it is about, where that much could be read: nothing found may be adopted there.
    /// `None` means that it may be about anything.
    pub instrument: Option<InstrumentId>,
    /// Why.
    pub why: Garbage,
}

/// Rows of a list as they are read: the good ones, the bad ones, and how many were foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    /// What could be read.
    pub rows: Vec<T>,
    /// What could not, at most [`BAD_ROWS_MAX`] of them.
    pub bad_rows: Vec<BadRow>,
    /// How many could not.
    pub bad: usize,
    /// How many were left out as foreign.
    pub foreign: usize,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), bad_rows: Vec::new(), bad: 0, foreign: 0 }
    }
}

impl<T> Rows<T> {
    /// True when every row could be read.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.bad == 0
    }

    /// Notes a row that could not be read.
    pub fn push_bad(&mut self, bad: BadRow) {
        self.bad += 1;
        if self.bad_rows.len() < BAD_ROWS_MAX {
            self.bad_rows.push(bad);
        }
    }

    /// Takes over the troubles of another list of the same answer.
    pub fn blame<U>(&mut self, other: &Rows<U>) {
        self.bad += other.bad;
        self.foreign += other.foreign;
        let room = BAD_ROWS_MAX.saturating_sub(self.bad_rows.len());
        self.bad_rows.extend(other.bad_rows.iter().take(room).cloned());
    }
}
