//! Streams entries from text.
//!
//! Entry point: [`LedgerReader`].

use super::parse::parse;
use super::{Entry, Line};
use crate::error::{GapError, Problem};
use std::io::{BufRead, Read};

/// The longest line that is read, in bytes, its line break included.
pub const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// Reads a ledger entry by entry; memory does not grow with the file.
///
/// The first entry must be `ledger` of a known version. Blank lines are skipped, and so is a
/// byte order mark. After an error the reader is at its end.
///
/// ```
/// use truefill_gap::ledger::{LedgerReader, Line};
///
/// let text = "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"2026-01-05\",\"t\":0}\n";
/// let entries: Vec<_> = LedgerReader::new(text.as_bytes()).collect::<Result<_, _>>()?;
/// assert_eq!(entries[1].line, Line::Day { day: "2026-01-05".into() });
/// # Ok::<(), truefill_gap::GapError>(())
/// ```
#[derive(Debug)]
pub struct LedgerReader<R> {
    input: R,
    buffer: Vec<u8>,
    line: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BeforeHeader,
    Reading,
    Ended,
}

impl<R: BufRead> LedgerReader<R> {
    /// A reader at the beginning of `input`.
    pub fn new(input: R) -> Self {
        LedgerReader { input, buffer: Vec::new(), line: 0, state: State::BeforeHeader }
    }

    /// The number of the line that was read last, counted from 1; 0 before the first.
    pub fn line_number(&self) -> u64 {
        self.line
    }

    /// The next entry, or `None` at the end of the text.
    ///
    /// # Errors
    ///
    /// The first thing wrong with the next line, as [`GapError::problem`] describes it.
    pub fn read_entry(&mut self) -> Result<Option<Entry>, GapError> {
        let entry = self.next_entry();
        if !matches!(entry, Ok(Some(_))) {
            self.state = State::Ended;
        }
        entry.map_err(|problem| match problem {
            Problem::Io(_) | Problem::Empty => GapError::from(problem),
            _ => GapError::from(problem).at_line(self.line),
        })
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, Problem> {
        while self.state != State::Ended && self.fill_buffer()? {
            let ended = self.buffer.ends_with(b"\n");
            let text = std::str::from_utf8(&self.buffer)
                .map_err(|error| Problem::NotUtf8 { byte: error.valid_up_to() + 1 })?;
            let text = match self.line {
                1 => text.strip_prefix('\u{feff}').unwrap_or(text),
                _ => text,
            };
            if text.trim_ascii().is_empty() {
                continue;
            }
            let entry = parse(text).map_err(|problem| match problem {
                Problem::NotJson { .. } if !ended => Problem::CutOff,
                other => other,
            })?;
            if self.state == State::BeforeHeader && !matches!(entry.line, Line::Ledger { .. }) {
                return Err(Problem::NoHeader { event: entry.line.ev() });
            }
            self.state = State::Reading;
            return Ok(Some(entry));
        }
        match self.state {
            State::BeforeHeader => Err(Problem::Empty),
            State::Reading | State::Ended => Ok(None),
        }
    }

    /// Reads one line into the buffer; false at the end of the text.
    fn fill_buffer(&mut self) -> Result<bool, Problem> {
        self.buffer.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let mut input = self.input.by_ref().take(limit);
        let bytes = input.read_until(b'\n', &mut self.buffer).map_err(Problem::Io)?;
        if bytes == 0 {
            return Ok(false);
        }
        self.line += 1;
        if bytes > MAX_LINE_BYTES { Err(Problem::LineTooLong) } else { Ok(true) }
    }
}

impl<R: BufRead> Iterator for LedgerReader<R> {
    type Item = Result<Entry, GapError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_entry().transpose()
    }
}
