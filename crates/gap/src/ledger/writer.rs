//! Streams entries to text.
//!
//! Entry point: [`LedgerWriter`].

use super::{Entry, Line, Liquidity, MAX_LINE_BYTES, Opening, Stage};
use crate::error::{GapError, Problem};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::io::Write;

/// Writes a ledger entry by entry, beginning with the header.
///
/// Each entry is checked as the reader would check it, so what is written can be read. The
/// output is not flushed; wrap files in a [`std::io::BufWriter`] and flush or sync it yourself.
///
/// ```
/// use truefill_gap::ledger::{LedgerWriter, Line};
///
/// let mut ledger = LedgerWriter::new(Vec::new())?;
/// ledger.write(&Line::Day { day: "2026-01-05".into() }.into())?;
/// assert_eq!(
///     ledger.into_inner(),
///     b"{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"2026-01-05\"}\n",
/// );
/// # Ok::<(), truefill_gap::GapError>(())
/// ```
#[derive(Debug)]
pub struct LedgerWriter<W> {
    output: W,
}

impl<W: Write> LedgerWriter<W> {
    /// Begins a ledger by writing its header.
    ///
    /// # Errors
    ///
    /// When the output does not take it.
    pub fn new(output: W) -> Result<Self, GapError> {
        let mut writer = LedgerWriter { output };
        writer.put(&Line::HEADER.into())?;
        Ok(writer)
    }

    /// Continues a ledger whose header is already written.
    pub fn append(output: W) -> Self {
        LedgerWriter { output }
    }

    /// Writes one entry as one line.
    ///
    /// # Errors
    ///
    /// When the entry is one that [`Line::check`] refuses, when it is a second header, or when
    /// the output does not take it.
    pub fn write(&mut self, entry: &Entry) -> Result<(), GapError> {
        if matches!(entry.line, Line::Ledger { .. }) {
            return Err(Problem::SecondHeader.into());
        }
        entry.line.check()?;
        self.put(entry)
    }

    /// The output, with everything that was written.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn put(&mut self, entry: &Entry) -> Result<(), GapError> {
        let mut line = serde_json::to_vec(entry).map_err(Problem::Json)?;
        line.push(b'\n');
        if line.len() > MAX_LINE_BYTES {
            return Err(Problem::LineTooLong.into());
        }
        self.output.write_all(&line).map_err(Problem::Io)?;
        Ok(())
    }
}

impl Serialize for Entry {
    /// Writes the entry as the JSON object of its line.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(t) = &self.t {
            map.serialize_entry("t", t)?;
        }
        map.serialize_entry("ev", self.line.ev())?;
        event_fields(&self.line, &mut map)?;
        map.end()
    }
}

macro_rules! put {
    ($map:ident, $($field:ident),+) => {{
        $($map.serialize_entry(stringify!($field), $field)?;)+
    }};
}

fn event_fields<M: SerializeMap>(line: &Line, map: &mut M) -> Result<(), M::Error> {
    match line {
        Line::Ledger { version } => put!(map, version),
        Line::Instrument { symbol, multiplier } => put!(map, symbol, multiplier),
        Line::Day { day } => put!(map, day),
        Line::Mark { symbol, px, source } => put!(map, symbol, px, source),
        Line::Open { strategy, symbol, qty } => put!(map, strategy, symbol, qty),
        Line::TheoryFill { strategy, symbol, qty, px }
        | Line::External { strategy, symbol, qty, px } => put!(map, strategy, symbol, qty, px),
        Line::Stage { strategy, symbol, stage, qty, reason } => {
            put!(map, strategy, symbol, stage, qty);
            if let Some(reason) = reason {
                put!(map, reason);
            }
        }
        Line::Fill { strategy, symbol, qty, px, liquidity } => {
            put!(map, strategy, symbol, qty, px);
            let (word, touch) = match liquidity {
                Liquidity::Taker { touch } => ("taker", Some(touch)),
                Liquidity::Maker { touch } => ("maker", touch.as_ref()),
            };
            map.serialize_entry("liquidity", word)?;
            if let Some(touch) = touch {
                put!(map, touch);
            }
        }
        Line::Cross { symbol, buyer, seller, qty, px } => {
            put!(map, symbol, buyer, seller, qty, px);
        }
        Line::Split { symbol, ratio, px } => put!(map, symbol, ratio, px),
        Line::Fee { strategy, symbol, book, amount }
        | Line::Financing { strategy, symbol, book, amount } => {
            put!(map, strategy);
            if let Some(symbol) = symbol {
                put!(map, symbol);
            }
            put!(map, book, amount);
        }
        Line::DayEnd { marks } => put!(map, marks),
    }
    Ok(())
}

impl Serialize for Opening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (stage, qty) in self.stages.iter().filter(|(stage, _)| **stage != Stage::Broker) {
            map.serialize_entry(stage, qty)?;
        }
        map.serialize_entry(&Stage::Broker, &self.broker)?;
        map.end()
    }
}
