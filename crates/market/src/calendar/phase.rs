//! What a market does at a time of day, and the answers about it.

use std::fmt;

use truefill_core::time::Nanos;

use crate::date::Date;

/// What a market does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Orders are taken for the opening; nothing trades against a resting order at once.
    PreOpen,
    /// Orders trade as they arrive.
    Continuous,
    /// Orders are taken for one closing price.
    ClosingAuction,
    /// Nothing is traded, or only what this program does not trade.
    Closed,
}

impl Phase {
    /// The phases that data may name; what they leave is closed.
    pub(super) const STATED: [Self; 3] = [Self::PreOpen, Self::Continuous, Self::ClosingAuction];

    /// Its name in data and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreOpen => "pre_open",
            Self::Continuous => "continuous",
            Self::ClosingAuction => "closing_auction",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The phase at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseAt {
    /// The phase.
    pub phase: Phase,
    /// Since when. For [`Phase::Closed`] the end of the phase before, or the first instant that
    /// the calendar knows to be closed.
    pub from: Nanos,
    /// Until when, exclusive. For [`Phase::Closed`] the beginning of the next phase, or the
    /// instant up to which the calendar knows that it stays closed.
    pub until: Nanos,
    /// The session whose first and last phase enclose the instant; `None` outside of sessions.
    pub session_date: Option<Date>,
}

/// A phase of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Never [`Phase::Closed`].
    pub phase: Phase,
    /// Its beginning.
    pub from: Nanos,
    /// Its end, exclusive.
    pub until: Nanos,
}

/// One trading day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The local date.
    pub date: Date,
    /// Its phases in order of time. They do not overlap; where one does not begin at the end of
    /// the one before, the market is closed between them. There is at least one.
    pub phases: Vec<Span>,
}

impl Session {
    /// The beginning of the first phase.
    #[must_use]
    pub fn from(&self) -> Nanos {
        self.phases.first().map_or(Nanos(0), |span| span.from)
    }

    /// The end of the last phase, exclusive.
    #[must_use]
    pub fn until(&self) -> Nanos {
        self.phases.last().map_or(Nanos(0), |span| span.until)
    }

    /// The beginning of continuous trading, if the session has any.
    #[must_use]
    pub fn open(&self) -> Option<Nanos> {
        self.phases.iter().find(|span| span.phase == Phase::Continuous).map(|span| span.from)
    }

    /// The end of the last continuous trading, exclusive, if the session has any.
    #[must_use]
    pub fn close(&self) -> Option<Nanos> {
        self.phases.iter().rfind(|span| span.phase == Phase::Continuous).map(|span| span.until)
    }
}
