//! The gap ledger, version 1: one account's theoretical and live books as JSON Lines.
//!
//! Entry points: [`Line`], one fact; [`Entry`], a fact with its time; [`LedgerReader`] and
//! [`LedgerWriter`], which stream entries from and to text.
//!
//! Invariants:
//! - What the writer accepts, the reader reads back as the same entry.
//! - The reader refuses what it does not know: events, fields, words, kinds of value and
//!   repeated fields. Silence would turn a spelling mistake into money.
//! - Memory is bounded by one line ([`MAX_LINE_BYTES`]), whatever the size of the file.
//! - The order of lines is the order of events; `t` is kept but never decides anything.
//! - Rules within one line are checked here; rules between lines (declared before use,
//!   days that open and close) belong to [`Attribution`](crate::Attribution).

mod check;
mod fields;
mod line;
mod parse;
mod reader;
mod time;
mod words;
mod writer;

pub use check::MAX_NAME_BYTES;
pub use line::{ClosingMarks, Entry, Line, Liquidity, Opening};
pub use reader::{LedgerReader, MAX_LINE_BYTES};
pub use time::Time;
pub use words::{Book, MarkSource, Reason, Stage};
pub use writer::LedgerWriter;

/// The version of the format that this crate reads and writes.
pub const VERSION: u64 = 1;
