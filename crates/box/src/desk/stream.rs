//! Connections of the ticker.
//!
//! Invariants:
//! 1. At most three connections: a fourth pushes out the oldest.
//! 2. At most 3,000 instruments a connection, and only those that exist.

use super::Desk;
use crate::listing::Listing;
use crate::street::Street;
use std::collections::BTreeMap;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::kite_server::ticker::{HEARTBEAT, Level, Mode, TickerAsk, frame, text};
use truefill_venue::kite_server::{Fields, Json, Refusal};

/// Connections of one app.
const CONNECTIONS_MAX: usize = 3;
/// Instruments of one connection.
const INSTRUMENTS_MAX: usize = 3_000;

/// A connection, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection(pub u64);

/// What is sent to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// The end.
    Close(String),
}

/// Everybody who listens.
#[derive(Debug)]
pub(super) struct Stream {
    connections: BTreeMap<Connection, BTreeMap<u32, Mode>>,
    opened: u64,
    out: Vec<(Connection, Frame)>,
    /// Nothing is sent before.
    pub(super) silent_until: Nanos,
    /// Books stand still until then, as they were here.
    pub(super) stale_until: Nanos,
    frozen: BTreeMap<u32, (Vec<Level>, Vec<Level>)>,
    /// Frames change places until then.
    pub(super) swapped_until: Nanos,
    behind: Vec<(Connection, Frame)>,
}

impl Default for Stream {
    fn default() -> Self {
        let never = Nanos(i64::MIN);
        Self {
            connections: BTreeMap::new(),
            opened: 0,
            out: Vec::new(),
            silent_until: never,
            stale_until: never,
            frozen: BTreeMap::new(),
            swapped_until: never,
            behind: Vec::new(),
        }
    }
}

impl Stream {
    pub(super) fn take(&mut self) -> Vec<(Connection, Frame)> {
        std::mem::take(&mut self.out)
    }

    pub(super) fn count(&self) -> usize {
        self.connections.len()
    }

    pub(super) fn broadcast(&mut self, frame: &Frame) {
        let all = self.connections.keys().map(|connection| (*connection, frame.clone()));
        self.out.extend(all);
    }

    pub(super) fn close_all(&mut self, why: &str) {
        self.broadcast(&Frame::Close(why.to_owned()));
        self.connections.clear();
        self.behind.clear();
    }

    pub(super) fn heartbeat(&mut self, at: Nanos) {
        if at >= self.silent_until {
            self.broadcast(&Frame::Binary(HEARTBEAT.to_vec()));
        }
    }

    /// What everybody asked for.
    pub(super) fn send_ticks(&mut self, street: &Street, listing: &Listing, at: Nanos) {
        if at < self.silent_until {
            return;
        }
        let stale = at < self.stale_until;
        if !stale {
            self.frozen.clear();
        }
        let mut fresh = Vec::new();
        for (connection, wanted) in &self.connections {
            let mut packets = Vec::with_capacity(wanted.len());
            for (token, mode) in wanted {
                let face = listing.of_token(*token).and_then(|id| street.face(id));
                let Some(face) = face else { continue };
                if stale && *mode == Mode::Full {
                    let book = (face.bids.clone(), face.asks.clone());
                    let (bids, asks) = self.frozen.entry(*token).or_insert(book).clone();
                    let mut old = face.clone();
                    (old.bids, old.asks) = (bids, asks);
                    packets.push(old.packet(*mode));
                } else {
                    packets.push(face.packet(*mode));
                }
            }
            if !packets.is_empty() {
                fresh.push((*connection, Frame::Binary(frame(&packets))));
            }
        }
        if at < self.swapped_until && self.behind.is_empty() {
            // These are sent after the next ones.
            self.behind = fresh;
        } else {
            self.out.append(&mut fresh);
            self.out.append(&mut self.behind);
        }
    }
}

impl Desk {
    /// Somebody connects to the ticker with this query.
    ///
    /// # Errors
    /// A refusal with 403 for the upgrade.
    pub fn ticker_open(&mut self, now: Nanos, query: &str) -> Result<Connection, Refusal> {
        self.advance(now);
        let fields = Fields::read(query);
        let token = fields.get("access_token").unwrap_or_default();
        let known = fields.get("api_key") == Some(self.options.api_key.as_str());
        if !known || !self.session.accepts(token) {
            return Err(Refusal::token());
        }
        while self.stream.connections.len() >= CONNECTIONS_MAX {
            if let Some((oldest, _)) = self.stream.connections.pop_first() {
                let why = "a fourth connection pushed this one out".to_owned();
                self.stream.out.push((oldest, Frame::Close(why)));
                self.chronicle.say(
                    self.now,
                    "evicted",
                    "a fourth connection pushed out the oldest",
                );
            }
        }
        self.stream.opened += 1;
        let connection = Connection(self.stream.opened);
        self.stream.connections.insert(connection, BTreeMap::new());
        self.chronicle.note(
            self.now,
            "ticker_open",
            Json::object([("connection", connection.0.into())]),
        );
        Ok(connection)
    }

    /// A connection of the ticker is gone.
    pub fn ticker_closed(&mut self, now: Nanos, connection: Connection) {
        self.advance(now);
        if self.stream.connections.remove(&connection).is_some() {
            let told = Json::object([("connection", connection.0.into())]);
            self.chronicle.note(self.now, "ticker_closed", told);
        }
    }

    /// A connection of the ticker says something.
    pub fn ticker_text(&mut self, now: Nanos, connection: Connection, said: &str) {
        self.advance(now);
        let Some(wanted) = self.stream.connections.get_mut(&connection) else { return };
        let listing = &self.listing;
        let known = |tokens: Vec<u32>| {
            tokens.into_iter().filter(|token| listing.of_token(*token).is_some())
        };
        let mut error = None;
        match TickerAsk::read(said) {
            Some(TickerAsk::Subscribe(tokens)) => {
                if wanted.len() + tokens.len() > INSTRUMENTS_MAX {
                    error = Some("Subscription limit of 3000 instruments exceeded.");
                } else {
                    known(tokens).for_each(|token| {
                        wanted.entry(token).or_insert(Mode::Quote);
                    });
                }
            }
            Some(TickerAsk::Unsubscribe(tokens)) => {
                tokens.iter().for_each(|token| {
                    wanted.remove(token);
                });
            }
            Some(TickerAsk::SetMode(mode, tokens)) => {
                known(tokens)
                    .filter(|token| wanted.contains_key(token))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|token| {
                        wanted.insert(token, mode);
                    });
            }
            None => error = Some("Invalid message."),
        }
        if let Some(words) = error {
            let message = Frame::Text(text("error", words.into()));
            self.stream.out.push((connection, message));
        }
    }

    /// The ticker misbehaves for a while.
    pub(super) fn upset_ticker(&mut self, fault: crate::faults::Fault, until: Nanos) {
        use crate::faults::Fault;
        match fault {
            Fault::HeartbeatStops => self.stream.silent_until = until,
            Fault::DepthStale => self.stream.stale_until = until,
            Fault::FramesSwapped => self.stream.swapped_until = until,
            _ => self.stream.close_all("the ticker dropped the connection"),
        }
    }

    /// Once a second.
    pub(super) fn beat(&mut self, at: Nanos) {
        self.stream.heartbeat(at);
        debug_assert!(self.stream.count() <= CONNECTIONS_MAX && SECOND_NS > 0);
    }
}
