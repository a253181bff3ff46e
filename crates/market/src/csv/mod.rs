//! Quotes and trades as CSV, plain or gzip: the form of truefill's own market data files.
//!
//! Entry points: [`CsvQuotes`] (read), [`CsvWriter`] and [`copy`] (write).
//!
//! The first line is one of
//!
//! ```text
//! time,symbol,bid_px,bid_qty,ask_px,ask_qty
//! time,symbol,bid_px,bid_qty,ask_px,ask_qty,trade_px,trade_qty,trade_side
//! ```
//!
//! - `time`: when the row became known; RFC 3339 with an offset, or integer nanoseconds since
//!   1970 (integers that can only be seconds, milliseconds or microseconds are refused). Rows
//!   stand in the order in which they became known; for what happens to stamps that run backwards
//!   see [`crate::dirt`] and [`CsvQuotes::reordered`].
//! - Prices and sizes: decimals with at most nine places, taken exactly.
//! - In the second form a row is either a quote (the trade cells are empty) or a trade (the quote
//!   cells are empty). `trade_side` is the side that took liquidity, `buy` or `sell`, or empty.
//! - Price and size of one side both empty: that side is absent.
//!
//! A row that breaks the form is an error with its place. A row that has the form and is dirty
//! (crossed, one-sided, out of time) is counted and treated as [`crate::dirt`] says.

mod write;

use std::io::Read;
use std::path::Path;

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

use crate::cells::{Cell, Problem, split};
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind, Trade};
use crate::symbols::Symbols;

pub use write::{CsvWriter, copy};

/// The first line of a file of quotes.
pub const HEADER_QUOTES: &str = "time,symbol,bid_px,bid_qty,ask_px,ask_qty";
/// The first line of a file of quotes and trades.
pub const HEADER_TICKS: &str =
    "time,symbol,bid_px,bid_qty,ask_px,ask_qty,trade_px,trade_qty,trade_side";

const QUOTE_CELLS: [&str; 6] = ["time", "symbol", "bid_px", "bid_qty", "ask_px", "ask_qty"];
const TICK_CELLS: [&str; 9] = [
    "time",
    "symbol",
    "bid_px",
    "bid_qty",
    "ask_px",
    "ask_qty",
    "trade_px",
    "trade_qty",
    "trade_side",
];

/// A streaming reader of a CSV file of quotes, or of quotes and trades.
///
/// ```
/// use truefill_market::{csv::CsvQuotes, source::Quotes, symbols::Symbols};
/// let text = "time,symbol,bid_px,bid_qty,ask_px,ask_qty\n\
///             2025-03-25T23:07:00.5Z,BTCUSDT,87232,2.42385,87232.01,2.64517\n";
/// let symbols = Symbols::from_names(["BTCUSDT"])?;
/// let mut quotes = CsvQuotes::from_reader("inline.csv", text.as_bytes(), symbols)?;
/// let tick = quotes.next()?.expect("one row");
/// assert_eq!(tick.quote().map(|q| q.mid().to_string()).as_deref(), Some("87232.005"));
/// assert_eq!(quotes.next()?, None);
/// assert!(quotes.dirt().is_clean());
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
#[derive(Debug)]
pub struct CsvQuotes {
    ordered: Ordered<CsvRows>,
}

impl CsvQuotes {
    /// Opens a file and checks its first line.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be read or does not begin with a header.
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        Self::start(Lines::open(path.as_ref())?, symbols)
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`CsvQuotes::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        symbols: Symbols,
    ) -> Result<Self, MarketError> {
        Self::start(Lines::new(name, input)?, symbols)
    }

    /// Puts rows in order of time within `window_ns` nanoseconds, for files that were merged from
    /// several streams. Only before the first tick is read; the default window is 0.
    #[must_use]
    pub fn reordered(self, window_ns: i64) -> Self {
        Self { ordered: self.ordered.with_window(window_ns) }
    }

    fn start(mut lines: Lines, symbols: Symbols) -> Result<Self, MarketError> {
        let with_trades = check_header(&mut lines)?;
        let rows = CsvRows { lines, symbols, with_trades };
        Ok(Self { ordered: Ordered::new(rows, 0) })
    }
}

/// Reads the first line; true if the file has trades too.
pub(crate) fn check_header(lines: &mut Lines) -> Result<bool, MarketError> {
    let cause = match lines.next()? {
        Some(HEADER_QUOTES) => return Ok(false),
        Some(HEADER_TICKS) => return Ok(true),
        Some(other) => format!("the first line is {}", shown(other)),
        None => "the file is empty".to_owned(),
    };
    let action = format!("let the first line be {HEADER_QUOTES} or {HEADER_TICKS}");
    Err(MarketError::row(ErrorKind::Header, lines.place(0), cause, action))
}

impl Quotes for CsvQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

#[derive(Debug)]
struct CsvRows {
    lines: Lines,
    symbols: Symbols,
    with_trades: bool,
}

impl Rows for CsvRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            let row = match parse(line, &self.symbols, self.with_trades) {
                Ok(row) => row,
                Err(p) => {
                    let place = self.lines.place(p.column);
                    return Err(MarketError::row(p.kind, place, p.cause, p.action));
                }
            };
            if let Some(tick) = clean::usable(row, self.lines.line(), dirt) {
                return Ok(Some(tick));
            }
        }
    }

    fn place(&self) -> Place {
        self.lines.place(0)
    }

    fn line(&self) -> u64 {
        self.lines.line()
    }
}

fn parse(line: &str, symbols: &Symbols, with_trades: bool) -> Result<Tick, Problem> {
    if !with_trades {
        let [time, symbol, quote @ ..] = split(line, &QUOTE_CELLS)?;
        let (time, instrument) = (time.time()?, symbol.symbol(symbols)?);
        return quote_tick(time, instrument, &quote);
    }
    let [time, symbol, bid_px, bid_qty, ask_px, ask_qty, px, qty, side] = split(line, &TICK_CELLS)?;
    let quote = [bid_px, bid_qty, ask_px, ask_qty];
    let trade = [px, qty, side];
    let (time, instrument) = (time.time()?, symbol.symbol(symbols)?);
    match (quote.iter().all(Cell::is_empty), trade.iter().all(Cell::is_empty)) {
        (false, true) => quote_tick(time, instrument, &quote),
        (true, false) => trade_tick(time, instrument, &trade),
        (empty, _) => {
            let what = if empty { "neither a quote nor a trade" } else { "a quote and a trade" };
            Err(Problem {
                kind: ErrorKind::Cells,
                column: bid_px.column,
                cause: format!("the row is {what}"),
                action: "fill the quote cells or the trade cells, and write two rows for two \
                         events"
                    .to_owned(),
            })
        }
    }
}

fn quote_tick(time: Nanos, instrument: InstrumentId, cells: &[Cell; 4]) -> Result<Tick, Problem> {
    let [bid_px, bid_qty, ask_px, ask_qty] = cells;
    let (bid_px, bid_qty) = one_side(bid_px, bid_qty)?;
    let (ask_px, ask_qty) = one_side(ask_px, ask_qty)?;
    let quote = Quote { bid_px, bid_qty, ask_px, ask_qty, time };
    Ok(Tick { instrument, kind: TickKind::Quote(quote) })
}

/// Price and size of a side; zeros for an absent one.
fn one_side(px: &Cell, qty: &Cell) -> Result<(Px, Qty), Problem> {
    if px.is_empty() && qty.is_empty() {
        return Ok((Px::ZERO, Qty::ZERO));
    }
    Ok((px.px()?, qty.size()?))
}

fn trade_tick(time: Nanos, instrument: InstrumentId, cells: &[Cell; 3]) -> Result<Tick, Problem> {
    let [px, qty, side] = cells;
    let (px, qty) = (px.px()?, qty.size()?);
    let side = match side.text {
        "" => None,
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => {
            let allowed = "write `buy`, `sell` or nothing: the side that took liquidity";
            return Err(side.problem(ErrorKind::Word, "no side", allowed));
        }
    };
    Ok(Tick { instrument, kind: TickKind::Trade(Trade { px, qty, side, time }) })
}

#[cfg(test)]
mod tests;
