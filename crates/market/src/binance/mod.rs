//! Raw captures of Binance streams: a receive time and the message as it came, line by line.
//!
//! Entry points: [`BinanceQuotes`] (best bid and ask, trades), [`BinanceBooks`] (full books).
//!
//! ```text
//! 1723161255088169167 {"stream":"btcusdt@bookTicker","data":{"u":..,"s":"BTCUSDT","b":"..","B":"..","a":"..","A":".."}}
//! 1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","T":..,"s":"BTCUSDT","p":"..","q":"..","m":false}}
//! 1723161255030314667 {"stream":"btcusdt@depth@0ms","data":{"U":..,"u":..,"pu":..,"b":[["..",".."]],"a":[]}}
//! 1723161255319702566 {"lastUpdateId":..,"bids":[["..",".."]],"asks":[]}
//! ```
//!
//! - A tick's time is the receive time, in nanoseconds since 1970: when it became known. The time
//!   that the exchange gives its trades (`T`) is only compared with it, see
//!   [`BinanceQuotes::latency`]; a negative latency is counted, and corrects nothing.
//! - `m`: the buyer was the maker, so the seller took liquidity.
//! - A line without `stream` is a snapshot of the book asked for beside the streams. Where it names
//!   no symbol it is of the symbol of the line before (or, as the first, of the next).
//! - Spot numbers its differences `U` to `u` without holes; futures also name the predecessor, `pu`.
//!   Differences that do not follow are counted as `sequence_gaps`.
//! - Other streams are passed over and counted as `foreign`.

mod message;

use std::io::Read;
use std::path::Path;

use truefill_core::ids::InstrumentId;

use crate::book::BookUpdate;
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{MarketError, Place};
use crate::latency::Latency;
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick};
use crate::symbols::Symbols;

use message::{Message, Reading};

/// Most bytes of a line: a snapshot of 5,000 levels a side has about 300,000.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Best bid and ask, and trades, of a capture.
#[derive(Debug)]
pub struct BinanceQuotes {
    ordered: Ordered<Messages>,
}

impl BinanceQuotes {
    /// Opens a capture of the instruments that `symbols` names, as the exchange spells them.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be opened.
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::open(path.as_ref())?, symbols))
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`BinanceQuotes::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        symbols: Symbols,
    ) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::new(name, input)?, symbols))
    }

    /// Receive time less the exchange's time of every trade read.
    #[must_use]
    pub const fn latency(&self) -> &Latency {
        &self.ordered.rows().latency
    }

    fn start(lines: Lines, symbols: Symbols) -> Self {
        Self { ordered: Ordered::new(Messages::new(lines, symbols), 0) }
    }
}

impl Quotes for BinanceQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

/// Full books of a capture: snapshots and differences.
#[derive(Debug)]
pub struct BinanceBooks {
    messages: Messages,
    dirt: DirtReport,
    failed: bool,
}

impl BinanceBooks {
    /// Opens a capture, as [`BinanceQuotes::open`].
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be opened.
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        let messages = Messages::new(Lines::open(path.as_ref())?, symbols);
        Ok(Self { messages, dirt: DirtReport::NONE, failed: false })
    }

    /// The next update; `None` at the end. A book that goes on in another file goes on there.
    ///
    /// # Errors
    /// [`MarketError`] for the first row that cannot be used. After it the reader is finished.
    #[allow(clippy::should_implement_trait)] // it fails, and an iterator would go on after that
    pub fn next(&mut self) -> Result<Option<BookUpdate>, MarketError> {
        if self.failed {
            return Err(MarketError::stopped(self.messages.lines.place(0)));
        }
        loop {
            match self.messages.next(true, &mut self.dirt) {
                Ok(None) => return Ok(None),
                Ok(Some(Message::Book(update))) => return Ok(Some(update)),
                Ok(Some(Message::Tick(_) | Message::Other)) => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }

    /// What was wrong so far.
    #[must_use]
    pub const fn dirt(&self) -> &DirtReport {
        &self.dirt
    }
}

#[derive(Debug)]
struct Messages {
    lines: Lines,
    symbols: Symbols,
    /// The last number of every instrument's differences.
    followed: Vec<Option<u64>>,
    /// The instrument of the line before.
    current: Option<InstrumentId>,
    latency: Latency,
}

impl Messages {
    fn new(lines: Lines, symbols: Symbols) -> Self {
        let count = symbols.names().count();
        // With one instrument a snapshot in the first line is its own.
        let current = (count == 1).then_some(InstrumentId(0));
        let lines = lines.at_most(LINE_BYTES_MAX);
        let latency = Latency::default();
        Self { lines, symbols, followed: vec![None; count], current, latency }
    }

    /// The next message; levels of books are read only on demand.
    fn next(
        &mut self,
        levels: bool,
        dirt: &mut DirtReport,
    ) -> Result<Option<Message>, MarketError> {
        let Self { lines, symbols, followed, current, latency } = self;
        let Some(line) = lines.next()?.map(str::to_owned) else { return Ok(None) };
        let mut reading = Reading {
            line: &line,
            number: lines.line(),
            symbols,
            followed,
            current,
            latency,
            levels,
            dirt,
        };
        reading
            .message()
            .map(Some)
            .map_err(|p| MarketError::row(p.kind, lines.place(p.column), p.cause, p.action))
    }
}

impl Rows for Messages {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            match self.next(false, dirt)? {
                None => return Ok(None),
                Some(Message::Tick(tick)) => {
                    if let Some(tick) = clean::usable(tick, self.lines.line(), dirt) {
                        return Ok(Some(tick));
                    }
                }
                Some(Message::Book(_) | Message::Other) => {}
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

#[cfg(test)]
mod tests;
