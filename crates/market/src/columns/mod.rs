//! Bars and quotes in the CSV of others, with a declared or recognised column map.
//!
//! Entry points: [`open_bars`] and [`ColumnBars`], [`open_all`] for several files, [`open_quotes`]
//! and [`ColumnQuotes`];
//! [`BarSpec`] and [`QuoteSpec`] say what a file does not; [`presets`] know common files.
//!
//! - Columns are found by their names in the first line, whatever their case and whatever is
//!   between the words (`Adj Close`, `adj_close`), or by what the caller declares. A file without
//!   a header has time, open, high, low, close and perhaps volume, in this order, if its rows
//!   look like it. Cells may be separated by comma, semicolon, tab or bar.
//! - A header of a time and names that are no prices is a table of closes, a column per symbol.
//! - Times are read as the table of the module `stamp` says: instants, wall times, days. Wall
//!   times need a zone. One that occurs twice is the earlier one, unless the instrument is
//!   already there; one that did not exist is refused.
//! - A bar is known at its end: the stamp side must be said (or named by the header, as
//!   `open_time`). Bars stamped with a day need the session's hours.
//! - The period is declared, or the most common distance of successive bars, which
//!   [`Census::period_inferred`] then says.
//! - What the file leaves open is an error with an [`Ambiguity`](crate::error::Ambiguity).
//!
//! Dirty rows are treated as [`crate::dirt`] says. A bars file is read twice. Bars that are not
//! in the order of time (one symbol after the other) are held in memory to be sorted, at most
//! [`HELD_BARS_MAX`]; otherwise memory does not depend on the file.

mod bars;
mod census;
mod clean;
mod layout;
mod merged;
pub mod presets;
mod quotes;
mod row;
mod spec;
pub(crate) mod timing;

pub use bars::{ColumnBars, HELD_BARS_MAX, bars_from_bytes, open_bars};
pub use census::{Census, Counted};
pub use merged::{FILES_MAX, MergedBars, open_all};
pub use quotes::{ColumnQuotes, open_quotes, quotes_from_bytes};
pub use spec::{BarSpec, Column, Field, QuoteSpec, Session, StampSide};

pub(crate) use bars::start as start_bars;
pub(crate) use layout::{understands_bars, understands_quotes};
pub(crate) use quotes::{quote_symbols, start as start_quotes};

#[cfg(test)]
mod tests;
