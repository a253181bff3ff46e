//! What a calendar cannot answer.

use crate::date::Date;

/// Why a calendar does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// The day is not among those that the data know.
    #[error(
        "the calendar `{calendar}` does not know {date}: {why} (it covers {first} to {last}); \
         whether the market is open then is not guessed; add the day to a copy of its data, or \
         choose weekends only, which knows no holidays"
    )]
    NotCovered {
        /// The calendar.
        calendar: String,
        /// The day that was asked for.
        date: Date,
        /// Why it is not known.
        why: String,
        /// First day covered.
        first: Date,
        /// Last day covered.
        last: Date,
    },
    /// No session for more than a year.
    #[error(
        "the calendar `{calendar}` has no trading within 400 days after {after}; nothing would \
         ever be sent; check its `week` lines"
    )]
    NoSession {
        /// The calendar.
        calendar: String,
        /// Where the search began.
        after: Date,
    },
    /// No calendar of that name comes with the program.
    #[error(
        "there is no calendar `{name}`; nothing was read; {hint}valid are {valid}, or pass a text \
         of your own"
    )]
    NoSuchCalendar {
        /// What was asked for.
        name: String,
        /// A near name, as a question with a blank behind it, or nothing.
        hint: String,
        /// The names there are.
        valid: String,
    },
    /// The text is not a time of day.
    #[error("{0} is not a time of day; nothing was computed; write HH:MM or HH:MM:SS, up to 24:00")]
    NotATime(String),
    /// The data that come with the program are damaged.
    #[error("{0}")]
    Data(String),
}
