//! Rows as CSV or JSON Lines.
//!
//! Numbers that money depends on are text in JSON and plain digits in CSV, so that no reader
//! rounds them by accident. CSV is quoted as RFC 4180 says.

use std::fmt::Write as _;
use std::io::Write;

use truefill_core::num::{Amount, PLACES, Px, Qty, write_decimal};
use truefill_core::time::Nanos;

use crate::error::{JournalError, Result};
use crate::text::push_string;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma separated, with a header line.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::JsonLines];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// The format with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text)
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(u64),
    Flag(bool),
    Text(String),
    /// Already JSON; in CSV it is a text.
    Json(String),
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<&str> for Cell {
    /// An empty text is no value.
    fn from(value: &str) -> Self {
        if value.is_empty() { Self::Null } else { Self::Text(value.to_owned()) }
    }
}

impl From<Nanos> for Cell {
    /// The ends of the range stand for never.
    fn from(value: Nanos) -> Self {
        match value {
            Nanos(i64::MIN) | Nanos::MAX => Self::Null,
            at => Self::Text(at.to_string()),
        }
    }
}

fn decimal(raw: i128, places: u32) -> Cell {
    let mut text = String::new();
    let _ = write_decimal(&mut text, raw, places);
    Cell::Text(text)
}

impl From<Px> for Cell {
    fn from(value: Px) -> Self {
        decimal(value.0, PLACES)
    }
}

impl From<Qty> for Cell {
    fn from(value: Qty) -> Self {
        decimal(value.0, PLACES)
    }
}

impl From<Amount> for Cell {
    fn from(value: Amount) -> Self {
        decimal(value.0, PLACES * 2)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A table that is being written.
pub(super) struct Table<'o> {
    out: &'o mut dyn Write,
    format: Format,
    columns: &'static [&'static str],
    line: String,
}

impl<'o> Table<'o> {
    pub fn new(
        out: &'o mut dyn Write,
        format: Format,
        columns: &'static [&'static str],
    ) -> Result<Self> {
        let mut table = Self { out, format, columns, line: String::new() };
        if format == Format::Csv {
            table.line = columns.join(",");
            table.end_line()?;
        }
        Ok(table)
    }

    /// Writes a row; there is a value for each column.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.line.clear();
        match self.format {
            Format::Csv => self.csv(cells),
            Format::JsonLines => self.json(cells),
        }
        self.end_line()
    }

    pub fn finish(self) -> Result<()> {
        self.out.flush().map_err(|error| JournalError::output(&error))
    }

    fn end_line(&mut self) -> Result<()> {
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes()).map_err(|error| JournalError::output(&error))
    }

    fn csv(&mut self, cells: &[Cell]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.line.push(',');
            }
            match cell {
                Cell::Null => {}
                Cell::Int(value) => {
                    let _ = write!(self.line, "{value}");
                }
                Cell::Flag(value) => self.line.push_str(if *value { "true" } else { "false" }),
                Cell::Text(text) | Cell::Json(text) => quote(text, &mut self.line),
            }
        }
    }

    fn json(&mut self, cells: &[Cell]) {
        self.line.push('{');
        for (at, (name, cell)) in self.columns.iter().zip(cells).enumerate() {
            if at > 0 {
                self.line.push(',');
            }
            push_string(&mut self.line, name);
            self.line.push(':');
            match cell {
                Cell::Null => self.line.push_str("null"),
                Cell::Int(value) => {
                    let _ = write!(self.line, "{value}");
                }
                Cell::Flag(value) => self.line.push_str(if *value { "true" } else { "false" }),
                Cell::Text(text) => push_string(&mut self.line, text),
                Cell::Json(text) => self.line.push_str(text),
            }
        }
        self.line.push('}');
    }
}

/// Quotes a text if it has to be.
fn quote(text: &str, out: &mut String) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_where_it_must_be() {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, Format::Csv, &["a", "b", "c"]).unwrap();
        table.row(&["x,y".into(), "say \"no\"".into(), Cell::Null]).unwrap();
        table.row(&[7.into(), true.into(), Qty(-1_500_000_000).into()]).unwrap();
        table.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "a,b,c\n\"x,y\",\"say \"\"no\"\"\",\n7,true,-1.5\n");
    }
}
