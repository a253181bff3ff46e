//! Writes what the reader reads.

use std::io::Write;

use truefill_core::ids::InstrumentId;
use truefill_core::request::Side;

use super::HEADER_TICKS;
use crate::error::{MarketError, shown};
use crate::source::{Quotes, Tick, TickKind};
use crate::symbols::Symbols;

/// Writes ticks as CSV of the form with quotes and trades, times as integer nanoseconds.
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    out: W,
    symbols: Symbols,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// [`MarketError`] when the output fails.
    pub fn new(mut out: W, symbols: Symbols) -> Result<Self, MarketError> {
        writeln!(out, "{HEADER_TICKS}").map_err(MarketError::writing)?;
        Ok(Self { out, symbols })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`MarketError`] when the output fails, or for an instrument that has no symbol.
    pub fn write(&mut self, tick: &Tick) -> Result<(), MarketError> {
        let symbol =
            self.symbols.name(tick.instrument).ok_or_else(|| no_symbol(tick.instrument))?;
        let out = &mut self.out;
        let written = match &tick.kind {
            TickKind::Quote(q) => writeln!(
                out,
                "{},{symbol},{},{},{},{},,,",
                q.time.0, q.bid_px, q.bid_qty, q.ask_px, q.ask_qty
            ),
            TickKind::Trade(t) => {
                let side = match t.side {
                    Some(Side::Buy) => "buy",
                    Some(Side::Sell) => "sell",
                    None => "",
                };
                writeln!(out, "{},{symbol},,,,,{},{},{side}", t.time.0, t.px, t.qty)
            }
            // The format of this writer has quotes and trades; a bar is neither.
            TickKind::Bar(_) => return Err(no_bars()),
        };
        written.map_err(MarketError::writing)
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// [`MarketError`] when the output fails.
    pub fn finish(mut self) -> Result<W, MarketError> {
        self.out.flush().map_err(MarketError::writing)?;
        Ok(self.out)
    }
}

/// Writes everything a source has, and gives the output back.
///
/// # Errors
/// [`MarketError`] of the source or of the output.
pub fn copy<W: Write>(
    source: &mut (impl Quotes + ?Sized),
    out: W,
    symbols: Symbols,
) -> Result<W, MarketError> {
    let mut writer = CsvWriter::new(out, symbols)?;
    while let Some(tick) = source.next()? {
        writer.write(&tick)?;
    }
    writer.finish()
}

fn no_bars() -> MarketError {
    MarketError::declared("a bar cannot be written as a quote", "write quotes and trades only")
}

fn no_symbol(id: InstrumentId) -> MarketError {
    let cause = format!("instrument {} has no symbol", shown(&id.to_string()));
    MarketError::declared(cause, "give the writer the symbols that the source was given")
}
