//! The swarm: whole simulated trading days, each drawn from one number.
//!
//! Start reading at [`Day::draw`] (what a day is made of), then [`Day::run`] (how it is lived and
//! judged). [`run`](pool::run) lives many; [`first_violation`] is the shortest way to ask whether
//! an engine is right about a seed.
//!
//! A day has two phases. While faults are on, the laws are checked after every step. Then the
//! market ends, the faults are off, and within a bounded virtual time everything must converge:
//! engine equals broker, targets are reached or a reason can be read, nothing is frozen without
//! an alert.
//!
//! | module | idea |
//! |---|---|
//! | [`draw`] | from a seed to a day |
//! | [`day`] | a day as plain data |
//! | [`market`] | made-up quotes in a few numbers |
//! | [`live`] | a day is lived and judged |
//! | `eyes` | laws after every step, and what was reached |
//! | `converge` | the law of the second phase |
//! | [`cover`] | what was reached and what never |
//! | [`shrink`](mod@shrink) | a failing day made small |
//! | `story` | a day in words |
//! | [`pool`] | many days on all cores |
//! | [`tally`], [`saved`] | sums, and sums on disk |
//!
//! Invariant: a day depends on its seed alone. Two runs of one seed write the same journal, byte
//! for byte.

mod converge;
pub mod cover;
pub mod day;
pub mod draw;
mod eyes;
pub mod live;
pub mod market;
pub mod pool;
pub mod saved;
pub mod shrink;
mod story;
pub mod tally;

pub use cover::{Coverage, Group};
pub use day::Day;
pub use live::{Checks, Ended, Numbers, no_checks};
pub use pool::{Progress, Seeds, run};
pub use shrink::{law_of, shrink};
pub use tally::{Failure, Tally};

/// The first law that the day of a seed breaks, if any; whatever engine this was built with.
///
/// ```
/// assert_eq!(truefill_swarm::first_violation(7), None);
/// ```
#[must_use]
pub fn first_violation(seed: u64) -> Option<String> {
    Day::draw(seed).run(&no_checks).violations.into_iter().next()
}
