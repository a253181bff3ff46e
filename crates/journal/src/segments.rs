//! Which segment a record belongs to, while records are read in order.

use truefill_core::config::Config;

use crate::error::{JournalError, Result};
use crate::store::{Journal, Segment};
use crate::text::Names;

/// A cursor over the segments of a journal.
pub(crate) struct Segments {
    rest: std::iter::Peekable<std::vec::IntoIter<Segment>>,
    names: Names,
}

impl Segments {
    pub fn new(journal: &dyn Journal) -> Result<Self> {
        let rest = journal.segments()?.into_iter().peekable();
        Ok(Self { rest, names: Names::default() })
    }

    /// The segments that begin at or before this record and were not given out yet. Several,
    /// when starts left no records.
    pub fn entered_at(&mut self, seq: u64) -> Result<Vec<(Segment, Config)>> {
        let mut entered = Vec::new();
        while let Some(segment) = self.rest.next_if(|segment| segment.first_seq <= seq) {
            let config = segment.config()?;
            self.names = Names::of(&config);
            entered.push((segment, config));
        }
        Ok(entered)
    }

    /// The names that hold at this record.
    pub fn names_at(&mut self, seq: u64) -> Result<&Names> {
        self.entered_at(seq)?;
        Ok(&self.names)
    }
}

/// The segment's program cannot run under its own configuration.
pub(crate) fn unfit(seq: u64, why: &str) -> JournalError {
    JournalError::damaged(seq, format!("the segment's configuration does not fit: {why}"))
}
