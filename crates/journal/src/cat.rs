//! The journal as JSON Lines: one object per record.
//!
//! Entry points: [`cat`], [`Filter`].

use std::io::Write;
use std::ops::ControlFlow;

use crate::content::Content;
use crate::error::{JournalError, Result};
use crate::segments::Segments;
use crate::store::{Direction, Journal, Stored};
use crate::text::{Json, Names};

/// Which records are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// First record.
    pub from: Option<u64>,
    /// Last record.
    pub to: Option<u64>,
    /// Only inputs or only events.
    pub direction: Option<Direction>,
    /// Only these kinds; empty means all.
    pub kinds: Vec<String>,
}

impl Filter {
    fn wants(&self, record: &Stored<'_>) -> bool {
        self.direction.is_none_or(|direction| direction == record.direction)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == record.kind))
    }
}

/// Writes the wanted records, one JSON object a line: `seq`, `time`, `dir`, `kind`, then the
/// fields of the record. A record that this build cannot read has `unreadable` and `hex`
/// instead of fields, so that the rest can still be looked at.
///
/// # Errors
/// When the journal cannot be read or the output not be written.
pub fn cat(journal: &dyn Journal, filter: &Filter, out: &mut dyn Write) -> Result<()> {
    let mut segments = Segments::new(journal)?;
    let mut line = String::new();
    journal.scan(filter.from.unwrap_or(1), &mut |record| {
        if filter.to.is_some_and(|to| record.seq > to) {
            return Ok(ControlFlow::Break(()));
        }
        if filter.wants(&record) {
            line.clear();
            render(&record, segments.names_at(record.seq)?, &mut line);
            line.push('\n');
            out.write_all(line.as_bytes()).map_err(|error| JournalError::output(&error))?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    out.flush().map_err(|error| JournalError::output(&error))
}

/// Appends a record as a JSON object.
pub fn render(record: &Stored<'_>, names: &Names, out: &mut String) {
    let mut json = Json::new(out, Some(names));
    json.number("seq", record.seq);
    json.label("time", &record.time.to_string());
    json.label("dir", record.direction.as_str());
    json.label("kind", record.kind);
    match Content::of(record) {
        Ok(content) => content.fields(&mut json),
        Err(error) => {
            json.label("unreadable", &error.to_string());
            let hex: String = record.body.iter().map(|byte| format!("{byte:02x}")).collect();
            json.label("hex", &hex);
        }
    }
    json.finish();
}
