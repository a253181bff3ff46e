//! The list of instruments: a CSV of a hundred thousand lines, read as it arrives.
//!
//! Entry points: [`InstrumentReader`], [`InstrumentRow`].
//!
//! Columns are found by their names. A line that cannot be read is told of and hides no other.
//! The broker may answer with an error in JSON and status 200; that is a refusal, not a list.
//!
//! ```
//! use truefill_venue::kite::InstrumentReader;
//!
//! let csv = b"instrument_token,tradingsymbol,tick_size,lot_size,expiry,segment,exchange\n\
//!             408065,INFY,0.1,1,,NSE,NSE\n";
//! let mut rows = Vec::new();
//! let mut reader = InstrumentReader::default();
//! for piece in csv.chunks(7) {
//!     reader.push(piece, &mut |row| rows.push(row)).expect("a list");
//! }
//! assert_eq!(reader.finish(&mut |row| rows.push(row)).expect("a list"), 1);
//! assert_eq!(rows[0].as_ref().expect("readable").symbol, "NSE:INFY");
//! ```

use super::call::Calls;
use super::failure::Failure;
use super::form::segment;
use super::number;
use super::time::{IST_AHEAD_S, date};
use crate::codec::Garbage;
use crate::http::{HttpReply, HttpRequest};
use truefill_core::config::Instrument;
use truefill_core::num::{Px, Qty};
use truefill_core::time::{Nanos, SECOND_NS};

/// Longest line, in bytes; also the most that is kept of an error.
const LINE_BYTES_MAX: usize = 16 << 10;
/// Largest list, in bytes, unpacked.
pub const LIST_BYTES_MAX: usize = 256 << 20;
/// Columns that must be there.
const NEEDED: [&str; 4] = ["instrument_token", "tradingsymbol", "exchange", "tick_size"];

/// An instrument as the broker lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentRow {
    /// The broker's number; it changes, so it is read every day.
    pub token: u32,
    /// `EXCHANGE:SYMBOL`.
    pub symbol: String,
    /// Name of the company or the underlying.
    pub name: String,
    /// Days since 1970 of the day it expires.
    pub expiry_day: Option<i64>,
    /// Strike of an option; zero for none.
    pub strike: Px,
    /// Price step; zero for what is not traded (indices).
    pub tick: Px,
    /// Quantity step. On MCX quantities are lots, and it is 1.
    pub lot: Qty,
    /// `EQ`, `FUT`, `CE`, `PE`.
    pub kind: String,
    /// Segment: `NSE`, `NFO-OPT`, `INDICES`, ..
    pub segment: String,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1 (the header).
    pub line: usize,
    /// Why.
    pub why: Garbage,
}

/// Why there is no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoList {
    /// The broker answered with an error instead.
    Refused(Box<Failure>),
    /// It is not a list of instruments, or too large a one.
    Garbled(Garbage),
}

impl InstrumentRow {
    /// As the engine is configured; `None` for what cannot be traded.
    #[must_use]
    pub fn to_instrument(&self) -> Option<Instrument> {
        (self.tick.0 > 0 && self.lot.0 > 0)
            .then(|| Instrument::new(self.symbol.clone(), self.tick, self.lot))
    }

    /// When it expires, if trading ends so many seconds after midnight in India on that day.
    #[must_use]
    pub fn expires(&self, end_of_day_s: i64) -> Option<Nanos> {
        let second = self.expiry_day?.checked_mul(86_400)?.checked_add(end_of_day_s)?;
        second.checked_sub(IST_AHEAD_S)?.checked_mul(SECOND_NS).map(Nanos)
    }
}

/// The call for the list of all exchanges, or of one. The broker's sandbox has this route outside
/// its prefix: give [`Calls::default`] there.
#[must_use]
pub fn instruments_call(calls: &Calls, exchange: Option<&str>) -> HttpRequest {
    match exchange {
        Some(exchange) => calls.get(&format!("/instruments/{}", segment(exchange))),
        None => calls.get("/instruments"),
    }
}

/// Reads the list in pieces of any size.
#[derive(Clone, Debug, Default)]
pub struct InstrumentReader {
    partial: Vec<u8>,
    columns: Option<Columns>,
    line: usize,
    bytes: usize,
    rows: usize,
    refused: bool,
}

impl InstrumentReader {
    /// Takes the next piece and gives every line that is complete.
    ///
    /// # Errors
    /// [`NoList`]; the reader is of no use then.
    pub fn push(
        &mut self,
        piece: &[u8],
        sink: &mut dyn FnMut(Result<InstrumentRow, BadLine>),
    ) -> Result<(), NoList> {
        self.bytes = self.bytes.saturating_add(piece.len());
        if self.bytes > LIST_BYTES_MAX {
            return Err(garbled("the list is larger than 256 MiB"));
        }
        let first = self.bytes == piece.len();
        self.refused |= first && piece.trim_ascii_start().first() == Some(&b'{');
        if self.refused {
            let room = LINE_BYTES_MAX.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&piece[..piece.len().min(room)]);
            return Ok(());
        }
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            self.keep(line)?;
            let line = std::mem::take(&mut self.partial);
            self.take_line(&line, sink)?;
        }
        self.keep(rest)
    }

    /// Gives the last line and says how many instruments there were.
    ///
    /// # Errors
    /// [`NoList`], also for a list without a single instrument.
    pub fn finish(
        mut self,
        sink: &mut dyn FnMut(Result<InstrumentRow, BadLine>),
    ) -> Result<usize, NoList> {
        if self.refused {
            let failure = Failure::read(&HttpReply::new(200, &self.partial));
            return Err(NoList::Refused(Box::new(failure)));
        }
        let line = std::mem::take(&mut self.partial);
        self.take_line(&line, sink)?;
        if self.rows == 0 {
            return Err(garbled("the list holds no instrument"));
        }
        Ok(self.rows)
    }

    fn keep(&mut self, piece: &[u8]) -> Result<(), NoList> {
        if self.partial.len() + piece.len() > LINE_BYTES_MAX {
            let line = self.line + 1;
            return Err(garbled(format_args!("line {line} of the list is longer than 16 KiB")));
        }
        self.partial.extend_from_slice(piece);
        Ok(())
    }

    fn take_line(
        &mut self,
        line: &[u8],
        sink: &mut dyn FnMut(Result<InstrumentRow, BadLine>),
    ) -> Result<(), NoList> {
        self.line += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        let fields = std::str::from_utf8(line).map_err(|_| Garbage::new("not UTF-8"));
        let fields = fields.and_then(fields_of);
        let Some(columns) = &self.columns else {
            let fields = fields.map_err(NoList::Garbled)?;
            self.columns = Some(Columns::of(&fields).map_err(NoList::Garbled)?);
            return Ok(());
        };
        match fields.and_then(|fields| columns.row(&fields)) {
            Ok(row) => {
                self.rows += 1;
                sink(Ok(row));
            }
            Err(why) => sink(Err(BadLine { line: self.line, why })),
        }
        Ok(())
    }
}

/// Where the columns are.
#[derive(Clone, Debug)]
struct Columns(Vec<String>);

impl Columns {
    fn of(header: &[String]) -> Result<Self, Garbage> {
        let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        match NEEDED.iter().find(|name| !header.iter().any(|column| column == *name)) {
            Some(missing) => Err(Garbage::new(format_args!("there is no column `{missing}`"))),
            None => Ok(Self(header)),
        }
    }

    fn row(&self, fields: &[String]) -> Result<InstrumentRow, Garbage> {
        if fields.len() != self.0.len() {
            let (has, wants) = (fields.len(), self.0.len());
            return Err(Garbage::new(format_args!("{has} fields instead of {wants}")));
        }
        let field = |name: &str| {
            let at = self.0.iter().position(|column| column == name);
            at.and_then(|at| fields.get(at)).map_or("", String::as_str)
        };
        let px = |name: &str| match field(name) {
            "" => Ok(Px::ZERO),
            text => number::px(name, text),
        };
        let token = field("instrument_token").parse();
        let token = token.map_err(|_| Garbage::new("instrument_token is not a number"))?;
        let (exchange, name) = (field("exchange"), field("tradingsymbol"));
        if exchange.is_empty() || name.is_empty() {
            return Err(Garbage::new("exchange or tradingsymbol is missing"));
        }
        let expiry_day = match field("expiry") {
            "" => None,
            text => Some(date(text).ok_or_else(|| Garbage::new("expiry is not a date"))?),
        };
        let lot = match field("lot_size") {
            "" => Qty::whole(1),
            text => number::qty("lot_size", text)?,
        };
        let tick = px("tick_size")?;
        if tick.0 < 0 || lot.0 < 0 {
            return Err(Garbage::new("tick_size and lot_size must not be negative"));
        }
        Ok(InstrumentRow {
            token,
            symbol: format!("{exchange}:{name}"),
            name: field("name").to_owned(),
            expiry_day,
            strike: px("strike").unwrap_or_default(),
            tick,
            lot,
            kind: field("instrument_type").to_owned(),
            segment: field("segment").to_owned(),
        })
    }
}

/// Fields of a line; in quotes a comma is text, and two quotes are one.
fn fields_of(line: &str) -> Result<Vec<String>, Garbage> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                push(&mut fields, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => push(&mut fields, other),
        }
    }
    if quoted { Err(Garbage::new("a quote is not closed")) } else { Ok(fields) }
}

fn push(fields: &mut [String], c: char) {
    if let Some(field) = fields.last_mut() {
        field.push(c);
    }
}

fn garbled(why: impl std::fmt::Display) -> NoList {
    NoList::Garbled(Garbage::new(why))
}
