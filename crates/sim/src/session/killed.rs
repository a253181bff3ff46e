//! The whole program is killed: engine and simulated world end in the same instant.
//!
//! A session is a pure function of its plan, its market and the places where it was killed, so
//! the world outside needs no copy of its own on disk: it is executed again from the beginning.
//! What a kill left behind (segments and batches of the journal, lines of the truth log) says how
//! far it came. There the engine dies as in [`super::crash`], is recovered from the journal, and
//! the session goes on. A session that was killed several times dies in several places.
//!
//! Entry points: [`Reached`], [`Traces`], [`super::run_traced`].
//!
//! Invariants:
//! 1. A place depends only on counters that an execution reproduces, so a kill while it is
//!    executed again changes nothing.
//! 2. The engine dies before anything new becomes durable: every commit, and every segment, asks
//!    first.
//! 3. It dies after everything that is known to have happened: a request that was handed over is
//!    handed over again, one that was not is not.

use super::Session;
use crate::broker::TruthSink;

/// How far a session came, counted in what it leaves outside itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Segments opened in the journal.
    pub segments: u64,
    /// Batches committed to it.
    pub batches: u64,
    /// Lines in the truth log.
    pub lines: u64,
}

impl Reached {
    /// Whether this is as far as `other`, or farther, in every respect.
    #[must_use]
    pub const fn covers(&self, other: &Self) -> bool {
        self.segments >= other.segments
            && self.batches >= other.batches
            && self.lines >= other.lines
    }
}

/// What a session leaves outside itself besides its journal, and where it was killed before.
pub struct Traces<'a> {
    /// Takes the simulator's own log.
    pub log: &'a mut dyn TruthSink,
    /// Where it was killed, in order.
    pub kills: Vec<Reached>,
}

impl std::fmt::Debug for Traces<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Traces").field("kills", &self.kills).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Whether the program was killed here. Kills that are due together are one: between them
    /// nothing happened that anybody could know of.
    pub(super) fn is_killed(&mut self) -> bool {
        self.reached.lines = self.log.lines();
        let before = self.kills.len();
        while self.kills.front().is_some_and(|kill| self.reached.covers(kill)) {
            self.kills.pop_front();
        }
        self.kills.len() < before
    }
}
