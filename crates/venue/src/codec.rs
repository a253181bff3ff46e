//! The contract between the engine and the wire of a broker.
//!
//! Entry points: [`ClientCodec`], [`ServerCodec`], [`Symbols`].
//!
//! Invariants:
//! 1. Decoding never fails as a call and never guesses: bytes that cannot be read in full are
//!    reported as such. An unreadable reply to a write leaves the write unknown, an unreadable
//!    answer is a failed read and never an empty one, an unreadable row makes its answer
//!    incomplete.
//! 2. A reply or an answer belongs to the request whose number it carries. One that carries
//!    another number is unreadable.
//! 3. Every number passes the bounds of [`truefill_core::num`] on the way in.
//! 4. Codecs hold no state: equal bytes decode equally, in any order, on any machine.

use std::collections::BTreeMap;
use std::fmt;

use truefill_core::config::Config;
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::report::{Found, Outcome, Push, RejectCode};
use truefill_core::request::{Query, Request};

/// Longest explanation kept of something unreadable, in characters.
const WHY_CHARS_MAX: usize = 120;

/// The engine's half of a wire.
pub trait ClientCodec {
    /// The bytes of a write.
    fn encode_write(&self, id: RequestId, request: &Request) -> Vec<u8>;

    /// The bytes of a read.
    fn encode_read(&self, id: RequestId, query: &Query) -> Vec<u8>;

    /// How the write with this number ended, by the status and the body that came back.
    fn decode_reply(&self, id: RequestId, status: u16, body: &[u8]) -> Outcome;

    /// What the read with this number brought.
    fn decode_answer(&self, id: RequestId, query: &Query, status: u16, body: &[u8]) -> Found;

    /// A pushed message with its place in the stream.
    ///
    /// # Errors
    /// [`Garbage`] when the bytes are not a message of this wire.
    fn decode_frame(&self, body: &[u8]) -> Result<StreamFrame, Garbage>;

    /// A pushed message.
    ///
    /// # Errors
    /// [`Garbage`] when the bytes are not a message of this wire.
    fn decode_push(&self, body: &[u8]) -> Result<Push, Garbage> {
        self.decode_frame(body).map(|frame| frame.push)
    }
}

/// The broker's half of a wire.
pub trait ServerCodec {
    /// What the engine asks.
    ///
    /// # Errors
    /// [`BadRequest`], which says how to refuse it.
    fn decode_request(&self, body: &[u8]) -> Result<ServerRequest, BadRequest>;

    /// Status and body of the reply to a write. A server can only say "taken", "refused" and
    /// "something broke": [`Outcome::NotSent`] and [`Outcome::Unclear`] become server errors.
    fn encode_outcome(&self, id: RequestId, outcome: &Outcome) -> (u16, Vec<u8>);

    /// Status and body of the answer to a read.
    fn encode_found(&self, id: RequestId, found: &Found) -> (u16, Vec<u8>);

    /// A pushed message: `epoch` numbers the connection, `seq` the message within it.
    fn encode_push(&self, epoch: u32, seq: u64, push: &Push) -> Vec<u8>;
}

/// A pushed message and where in which connection it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFrame {
    /// Number of the connection; grows with every reconnect.
    pub epoch: u32,
    /// Number of the message within the connection, from 1. A repeat carries the old number, a
    /// gap means that something was lost.
    pub seq: u64,
    /// The message.
    pub push: Push,
}

/// A request as the broker reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRequest {
    /// The engine's number of the request; the reply carries it back.
    pub id: RequestId,
    /// What is asked.
    pub ask: Ask,
}

/// What a request asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A write.
    Write(Request),
    /// A read.
    Read(Query),
}

/// A request that the broker cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRequest {
    /// Number of the request, if that much could be read.
    pub id: Option<RequestId>,
    /// How to refuse it.
    pub code: RejectCode,
    /// What is wrong with it.
    pub why: Garbage,
}

/// Why bytes could not be read: a short text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// The reason, at most 120 characters.
    pub why: String,
}

impl Garbage {
    /// Keeps the beginning of a reason; what comes from a broker may be of any length.
    #[must_use]
    pub fn new(why: impl fmt::Display) -> Self {
        let why = why.to_string();
        let kept = why.chars().take(WHY_CHARS_MAX);
        Self { why: kept.map(|c| if c.is_control() { ' ' } else { c }).collect() }
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Garbage {}

/// Symbols of the configured instruments. On a wire an instrument is its symbol; inside it is a
/// position in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    names: Vec<String>,
    ids: BTreeMap<String, InstrumentId>,
}

impl Symbols {
    /// The symbols of this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self::from_names(config.instruments.iter().map(|i| i.symbol.clone()))
    }

    /// Symbols in the order of their ids. Of equal symbols the first one is meant.
    #[must_use]
    pub fn from_names(names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        let mut ids = BTreeMap::new();
        for (name, number) in names.iter().zip(0u32..) {
            ids.entry(name.clone()).or_insert(InstrumentId(number));
        }
        Self { names, ids }
    }

    /// The symbol of an instrument; empty for one that is not configured, which every broker
    /// refuses as invalid.
    #[must_use]
    pub fn name(&self, id: InstrumentId) -> &str {
        self.names.get(id.ix()).map_or("", String::as_str)
    }

    /// The instrument with exactly this symbol.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<InstrumentId> {
        self.ids.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_exact() {
        let symbols = Symbols::from_names(["NSE:INFY".to_owned(), "NSE:SBIN".to_owned()]);
        assert_eq!(symbols.id("NSE:SBIN"), Some(InstrumentId(1)));
        assert_eq!(symbols.id("nse:sbin"), None);
        assert_eq!(symbols.id(""), None);
        assert_eq!(symbols.name(InstrumentId(0)), "NSE:INFY");
        assert_eq!(symbols.name(InstrumentId(9)), "");
    }

    #[test]
    fn reasons_stay_short_and_printable() {
        let garbage = Garbage::new("\u{1b}[31m".repeat(100));
        assert_eq!(garbage.why.chars().count(), 120);
        assert!(!garbage.why.contains('\u{1b}'));
    }
}
