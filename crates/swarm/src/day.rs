//! A day: everything that makes one, as plain data that can be drawn, run and made smaller.
//!
//! Entry points: [`Day`], [`Day::run`] (in [`crate::live`]).

use crate::draw::Features;
use crate::market::Line;
use truefill_core::config::Span;
use truefill_core::time::Nanos;
use truefill_sim::session::Plan;

/// From the first quote to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First instant.
    pub begin: Nanos,
    /// Last instant.
    pub end: Nanos,
}

impl Hours {
    /// How long, in nanoseconds.
    #[must_use]
    pub const fn length_ns(&self) -> i64 {
        self.end.since(self.begin)
    }

    /// The instant at so many hundredths of the day; more than a hundred lie after it.
    #[must_use]
    pub const fn at(&self, percent: i64) -> Nanos {
        self.begin.plus(self.length_ns() / 100 * percent)
    }

    /// From so many hundredths of the day to so many; at least 1 ns.
    #[must_use]
    pub fn span(&self, from: i64, until: i64) -> Span {
        Span { from: self.at(from), until: self.at(until).max(self.at(from).plus(1)) }
    }
}

/// A day of simulated trading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Where it was drawn from.
    pub seed: u64,
    /// What it has.
    pub features: Features,
    /// When.
    pub hours: Hours,
    /// The market, by instrument.
    pub lines: Vec<Line>,
    /// Engine, broker, world, crashes, and what people do.
    pub plan: Plan,
}
