//! Recordings of the crate `barter`: JSON Lines of best bid and offer, and trades.
//!
//! Entry point: [`BarterQuotes`].
//!
//! ```text
//! {"Item":{"time_exchange":"..","time_received":"..","exchange":"..","instrument":1,"kind":
//!   {"OrderBookL1":{"last_update_time":"..","best_bid":{"price":"..","amount":".."},"best_ask":..}}}}
//! {"Item":{.., "kind":{"Trade":{"id":"..","price":87232.0,"amount":0.00012,"side":"Sell"}}}}
//! {"Reconnecting":".."}
//! ```
//!
//! - A tick's time is `time_received`: when it became known. `time_exchange` is not used: for
//!   books it is the recorder's own clock, for trades the exchange's.
//! - Such files are merged from one stream per kind and instrument, each in order but not against
//!   each other. Rows are put in order within a window of [`WINDOW_NS`]; the rest is handled
//!   as [`crate::dirt`] says.
//! - Numbers are taken from their JSON text, exactly, whether written as text or as number.
//! - `best_bid` or `best_ask` may be `null`: the side is absent.
//! - Fields that are not named above are ignored; the format is not ours.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

use crate::cells::{Cell, Problem};
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place};
use crate::json::{self, cell};
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind, Trade};

/// How far rows are put back in order, in nanoseconds: more than twice what was seen.
pub const WINDOW_NS: i64 = 2 * SECOND_NS;

/// A streaming reader of a barter recording, plain or gzip.
#[derive(Debug)]
pub struct BarterQuotes {
    ordered: Ordered<BarterRows>,
}

impl BarterQuotes {
    /// Opens a file whose instruments are numbered from 0 to `instruments` - 1; the numbers
    /// become ids as they are.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be opened.
    pub fn open(path: impl AsRef<Path>, instruments: u32) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::open(path.as_ref())?, instruments))
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`BarterQuotes::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        instruments: u32,
    ) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::new(name, input)?, instruments))
    }

    /// Another window than [`WINDOW_NS`], in nanoseconds. Only before the first tick is read.
    #[must_use]
    pub fn reordered(self, window_ns: i64) -> Self {
        Self { ordered: self.ordered.with_window(window_ns) }
    }

    fn start(lines: Lines, instruments: u32) -> Self {
        Self { ordered: Ordered::new(BarterRows { lines, instruments }, WINDOW_NS) }
    }
}

impl Quotes for BarterQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

#[derive(Debug)]
struct BarterRows {
    lines: Lines,
    instruments: u32,
}

impl Rows for BarterRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            match parse(line, self.instruments) {
                Ok(Some(tick)) => {
                    if let Some(tick) = clean::usable(tick, self.lines.line(), dirt) {
                        return Ok(Some(tick));
                    }
                }
                Ok(None) => dirt.reconnects.add(self.lines.line()),
                Err(p) => {
                    let place = self.lines.place(p.column);
                    return Err(MarketError::row(p.kind, place, p.cause, p.action));
                }
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

#[derive(Deserialize)]
enum Line<'a> {
    #[serde(borrow)]
    Item(Item<'a>),
    Reconnecting(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    time_received: &'a RawValue,
    #[serde(borrow)]
    instrument: &'a RawValue,
    #[serde(borrow)]
    kind: Kind<'a>,
}

#[derive(Deserialize)]
enum Kind<'a> {
    #[serde(borrow)]
    OrderBookL1(Book<'a>),
    #[serde(borrow)]
    Trade(Print<'a>),
}

#[derive(Deserialize)]
struct Book<'a> {
    #[serde(borrow)]
    best_bid: Option<Level<'a>>,
    #[serde(borrow)]
    best_ask: Option<Level<'a>>,
}

#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
}

#[derive(Deserialize)]
struct Print<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    side: &'a RawValue,
}

/// A tick; `None` for a note of the recorder that it lost its connection.
fn parse(line: &str, instruments: u32) -> Result<Option<Tick>, Problem> {
    let parsed: Line = serde_json::from_str(line).map_err(|e| {
        json::problem(line, &e, "a row holds one Item with an OrderBookL1 or a Trade")
    })?;
    let Line::Item(item) = parsed else { return Ok(None) };
    let time = cell(line, "time_received", item.time_received).time()?;
    let instrument = number(&cell(line, "instrument", item.instrument), instruments)?;
    let kind = match item.kind {
        Kind::OrderBookL1(book) => TickKind::Quote(quote(line, time, &book)?),
        Kind::Trade(print) => TickKind::Trade(trade(line, time, &print)?),
    };
    Ok(Some(Tick { instrument, kind }))
}

fn number(cell: &Cell, instruments: u32) -> Result<InstrumentId, Problem> {
    match cell.text.parse() {
        Ok(number) if number < instruments => Ok(InstrumentId(number)),
        _ => {
            let allowed = format!(
                "the recording was declared to have {instruments} instruments, \
                                   numbered from 0"
            );
            Err(cell.problem(ErrorKind::Symbol, "not an instrument of this recording", &allowed))
        }
    }
}

fn quote(line: &str, time: Nanos, book: &Book) -> Result<Quote, Problem> {
    let (bid_px, bid_qty) = level(line, book.best_bid.as_ref())?;
    let (ask_px, ask_qty) = level(line, book.best_ask.as_ref())?;
    Ok(Quote { bid_px, bid_qty, ask_px, ask_qty, time })
}

fn level(line: &str, level: Option<&Level>) -> Result<(Px, Qty), Problem> {
    let Some(level) = level else { return Ok((Px::ZERO, Qty::ZERO)) };
    let px = cell(line, "price", level.price).px()?;
    let qty = cell(line, "amount", level.amount).size()?;
    Ok((px, qty))
}

fn trade(line: &str, time: Nanos, print: &Print) -> Result<Trade, Problem> {
    let px = cell(line, "price", print.price).px()?;
    let qty = cell(line, "amount", print.amount).size()?;
    let side = cell(line, "side", print.side);
    let side = match side.text {
        "Buy" => Side::Buy,
        "Sell" => Side::Sell,
        _ => return Err(side.problem(ErrorKind::Word, "no side", "write `Buy` or `Sell`")),
    };
    Ok(Trade { px, qty, side: Some(side), time })
}

#[cfg(test)]
mod tests;
