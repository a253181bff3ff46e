//! Engine and world in two processes, so that one can be killed and the other goes on.
//!
//! Entry points: [`serve`] is the world (market, strategies, broker, its truth), [`trade`] the
//! engine with its journal. Between them is a [`Line`]: any two streams of bytes. What a broker
//! and an engine say to each other crosses it as bytes of the reference wire.
//!
//! | module | idea |
//! |---|---|
//! | `frame` | what crosses the line |
//! | `street` | the world's side |
//! | `desk` | the engine's side: the canonical shell on a line |
//!
//! Invariants:
//! 1. Lock-step: the world says what the time is and what arrived, and waits until the engine is
//!    done with that instant. Virtual time depends on no clock.
//! 2. A request counts as sent when the world has read its whole frame, which is also so when the
//!    engine died right after writing it.
//! 3. When the line breaks, replies and messages under way are lost, the market goes on, and a
//!    new engine is waited for. Nothing but the journal links it to the one before.

mod desk;
mod frame;
mod street;

pub use desk::{Terms, trade};
pub use street::{Served, serve};

use std::io::{self, Read, Write};
use truefill_journal::JournalError;
use truefill_market::error::MarketError;

/// Two streams between the two processes.
pub struct Line {
    /// What the other side says.
    pub reader: Box<dyn Read>,
    /// What this side says.
    pub writer: Box<dyn Write>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

/// Why one of the two sides could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ApartError {
    /// The line, or the truth log.
    #[error("{what}: {why}; this process ends, what is durable stays; start it again")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The system's words.
        why: io::Error,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The market data.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// The other side said what this side does not understand.
    #[error(
        "the other process said what cannot be: {0}; both must be of one build; start both again"
    )]
    Garbled(String),
    /// The configuration.
    #[error("the configuration does not fit together: {0}; nothing was started; mend it")]
    Config(String),
    /// The engine found a broken law and halted.
    #[error("the engine halted: {0}; nothing more leaves; this is a defect, please report it")]
    Halted(String),
}

impl ApartError {
    fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |why| Self::Io { what, why }
    }
}
