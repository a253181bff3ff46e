//! Why an execution cannot be charged.

use crate::date::Date;

/// Why a fee is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeeError {
    /// The day is before the first dated rate.
    #[error(
        "the fee schedule `{schedule}` begins with {first}, not with {date}; nothing was charged, \
         because the rates of that day are not known; add a `from` block for it to a copy"
    )]
    NotCovered {
        /// The schedule.
        schedule: String,
        /// The day of the execution.
        date: Date,
        /// The first day that the schedule covers.
        first: Date,
    },
    /// No schedule of that name comes with the program.
    #[error(
        "there is no fee schedule `{name}`; nothing was charged; {hint}valid are {valid}, or pass \
         a text of your own"
    )]
    NoSuchSchedule {
        /// What was asked for.
        name: String,
        /// A near name, as a question with a blank behind it, or nothing.
        hint: String,
        /// The names there are.
        valid: String,
    },
    /// Quantity or multiplier is not above zero.
    #[error(
        "an execution with a {what} of {value} cannot be charged; nothing was charged; give a \
         {what} above zero, and the side beside it"
    )]
    NotAbove {
        /// What is not above zero.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// The notional is beyond what the program computes with.
    #[error(
        "a notional of {notional} is outside of what truefill computes with; nothing was charged; \
         check price, quantity and multiplier"
    )]
    TooLarge {
        /// The notional, in currency units.
        notional: String,
    },
    /// The execution is so much older than the newest that its order is forgotten.
    #[error(
        "an execution of {date} came after one of {latest}; its order's earlier charges are \
         forgotten, so nothing was charged; feed executions in order of time"
    )]
    TooLate {
        /// The day of the execution.
        date: Date,
        /// The newest day so far.
        latest: Date,
    },
    /// More orders in a few days than are kept in mind.
    #[error(
        "more than {most} orders within a few days; nothing was charged for this one; charge with \
         one charger for each strategy"
    )]
    TooManyOrders {
        /// The most that are kept in mind.
        most: usize,
    },
    /// The data that come with the program are damaged.
    #[error("{0}")]
    Data(String),
}
