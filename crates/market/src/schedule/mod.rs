//! How much of a parent order is due when: the mathematics of execution schedules, without orders.
//!
//! Entry points: [`twap`], [`vwap`], [`pov_qty`], [`almgren_chriss`] for schedules;
//! [`to_cumulative_ppb`] and [`due`] for the form in which the engine takes them; [`impact`] for
//! what trading may cost.
//!
//! A schedule reaches the engine as points of an offset from the start and the share of the
//! parent that is due from then on, in parts per billion; the engine floors to lots.
//!
//! Invariants:
//! 1. Slices are multiples of the lot, never below zero, and sum to the total floored to lots:
//!    what is less than a lot cannot be traded.
//! 2. Points made of slices give the same slices back, to the last lot.
//! 3. The same inputs give the same schedule on every machine: slices are made of integers, and
//!    holdings of Almgren and Chriss of additions, multiplications and divisions of IEEE 754
//!    numbers only, rounded once to parts per billion.

mod almgren_chriss;
mod curve;
pub mod impact;
mod slices;

use truefill_core::num::Qty;

pub use almgren_chriss::{AlmgrenChriss, Trajectory, almgren_chriss};
pub use curve::{due, to_cumulative_ppb};
pub use slices::{Bucket, Slice, pov_qty, twap, vwap};

/// Most slices of a schedule.
pub const SLICES_MAX: usize = 100_000;

/// Why there is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A value is outside of what has a meaning.
    #[error("{what} is {value}; no schedule was made; give {allowed}")]
    OutOfRange {
        /// What it is.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// More slices than a schedule may have.
    #[error(
        "the schedule would have more than {most} slices; none was made; choose longer intervals"
    )]
    TooManySlices {
        /// The most there may be.
        most: usize,
    },
    /// Offsets do not rise.
    #[error(
        "the offset {at_ns} ns does not come after the one before it; no schedule was made; sort them"
    )]
    Unordered {
        /// The offset.
        at_ns: i64,
    },
    /// Parts per billion are too coarse for the lot.
    #[error(
        "{total} is more than 1000000000 lots of {lot}, which parts per billion cannot tell apart; \
         no schedule was made; split the parent order"
    )]
    TooFine {
        /// The parent's quantity.
        total: Qty,
        /// The lot.
        lot: Qty,
    },
}

/// Refuses a total or a lot that is not above zero, or out of bounds.
fn quantities(total: Qty, lot: Qty) -> Result<(), ScheduleError> {
    for (what, value) in [("the total", total), ("the lot", lot)] {
        if value.0 <= 0 || value.bounded().is_err() {
            let allowed = "a quantity above zero and at most 1000000000000, its side beside it";
            return Err(ScheduleError::OutOfRange { what, value: value.to_string(), allowed });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
