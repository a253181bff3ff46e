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

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use truefill_core::ids::InstrumentId;
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};

use crate::book::{BookUpdate, Level, Sequence};
use crate::cells::{Cell, Problem};
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place};
use crate::json::{cell, problem};
use crate::latency::Latency;
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind, Trade};
use crate::symbols::Symbols;
use crate::time_text::parse_stamp;

/// Most bytes of a line: a snapshot of 5,000 levels a side has about 300,000.
pub const LINE_BYTES_MAX: usize = 1 << 20;

const FORM: &str = "a row is a receive time in nanoseconds, a space and one message";

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

/// One line.
enum Message {
    Tick(Tick),
    Book(BookUpdate),
    Other,
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

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(borrow, rename = "lastUpdateId")]
    last_update_id: Option<&'a RawValue>,
    #[serde(borrow)]
    symbol: Option<&'a RawValue>,
    #[serde(borrow)]
    bids: Option<&'a RawValue>,
    #[serde(borrow)]
    asks: Option<&'a RawValue>,
}

/// Names as the exchange has them; case matters.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "s")]
    symbol: Option<&'a RawValue>,
    #[serde(borrow, rename = "b")]
    bid: Option<&'a RawValue>,
    #[serde(borrow, rename = "B")]
    bid_size: Option<&'a RawValue>,
    #[serde(borrow, rename = "a")]
    ask: Option<&'a RawValue>,
    #[serde(borrow, rename = "A")]
    ask_size: Option<&'a RawValue>,
    #[serde(borrow, rename = "p")]
    price: Option<&'a RawValue>,
    #[serde(borrow, rename = "q")]
    quantity: Option<&'a RawValue>,
    #[serde(borrow, rename = "m")]
    buyer_is_maker: Option<&'a RawValue>,
    #[serde(borrow, rename = "T")]
    trade_ms: Option<&'a RawValue>,
    #[serde(borrow, rename = "U")]
    first_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "u")]
    last_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "pu")]
    previous_id: Option<&'a RawValue>,
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

/// A line while it is read.
struct Reading<'a> {
    line: &'a str,
    number: u64,
    symbols: &'a Symbols,
    followed: &'a mut Vec<Option<u64>>,
    current: &'a mut Option<InstrumentId>,
    latency: &'a mut Latency,
    levels: bool,
    dirt: &'a mut DirtReport,
}

impl<'a> Reading<'a> {
    fn message(&mut self) -> Result<Message, Problem> {
        let (stamp, body) = self.line.split_once(' ').unwrap_or((self.line, ""));
        let received = Cell { name: "receive time", column: 1, text: stamp };
        let time = parse_stamp(stamp)
            .map_err(|e| received.problem(ErrorKind::Time, &e.to_string(), FORM))?;
        let wrapped: Wrapped = serde_json::from_str(body).map_err(|e| {
            let mut p = problem(body, &e, FORM);
            p.column += stamp.len() + 1;
            p
        })?;
        if let (Some(data), Some(stream)) = (&wrapped.data, wrapped.stream) {
            let stream = self.cell("stream", stream);
            let kind = stream.text.split('@').nth(1).unwrap_or("");
            if !matches!(kind, "bookTicker" | "trade" | "aggTrade" | "depth") {
                self.dirt.foreign.add(self.number);
                return Ok(Message::Other);
            }
            let instrument = self.need("s", data.symbol)?.symbol(self.symbols)?;
            *self.current = Some(instrument);
            return match kind {
                "bookTicker" => self.quote(time, instrument, data),
                "depth" => self.difference(time, instrument, data),
                _ => self.trade(time, instrument, data),
            };
        }
        let (Some(last), Some(bids), Some(asks)) =
            (wrapped.last_update_id, wrapped.bids, wrapped.asks)
        else {
            return Err(self.nothing("the row is neither a message of a stream nor a snapshot"));
        };
        let instrument = match (wrapped.symbol, *self.current) {
            (Some(symbol), _) => self.cell("symbol", symbol).symbol(self.symbols)?,
            (None, Some(current)) => current,
            (None, None) => return Err(self.nothing("a snapshot that names no symbol")),
        };
        let sequence = Sequence::Snapshot { last_id: self.id("lastUpdateId", last)? };
        let (bids, asks) = (self.side(bids)?, self.side(asks)?);
        Ok(Message::Book(BookUpdate { instrument, time, sequence, bids, asks }))
    }

    fn quote(
        &self,
        time: Nanos,
        instrument: InstrumentId,
        data: &Data<'a>,
    ) -> Result<Message, Problem> {
        let quote = Quote {
            bid_px: self.need("b", data.bid)?.px()?,
            bid_qty: self.need("B", data.bid_size)?.size()?,
            ask_px: self.need("a", data.ask)?.px()?,
            ask_qty: self.need("A", data.ask_size)?.size()?,
            time,
        };
        Ok(Message::Tick(Tick { instrument, kind: TickKind::Quote(quote) }))
    }

    fn trade(
        &mut self,
        time: Nanos,
        instrument: InstrumentId,
        data: &Data<'a>,
    ) -> Result<Message, Problem> {
        let (px, qty) = (self.need("p", data.price)?.px()?, self.need("q", data.quantity)?.size()?);
        let maker = self.need("m", data.buyer_is_maker)?;
        let side = match maker.text {
            "true" => Side::Sell,
            "false" => Side::Buy,
            _ => return Err(maker.problem(ErrorKind::Word, "no side", "true or false is meant")),
        };
        let sent_ms = self.id("T", self.raw("T", data.trade_ms)?)?;
        let sent = i64::try_from(sent_ms).ok().and_then(|ms| ms.checked_mul(MILLI_NS));
        let Some(sent) = sent else { return Err(self.nothing("the time T is out of range")) };
        if self.latency.add(Nanos(sent), time) {
            self.dirt.negative_latency.add(self.number);
        }
        let trade = Trade { px, qty, side: Some(side), time };
        Ok(Message::Tick(Tick { instrument, kind: TickKind::Trade(trade) }))
    }

    fn difference(
        &mut self,
        time: Nanos,
        instrument: InstrumentId,
        data: &Data<'a>,
    ) -> Result<Message, Problem> {
        let first_id = self.id("U", self.raw("U", data.first_id)?)?;
        let last_id = self.id("u", self.raw("u", data.last_id)?)?;
        let previous_id = match data.previous_id {
            Some(raw) => Some(self.id("pu", raw)?),
            None => None,
        };
        if let Some(slot) = self.followed.get_mut(instrument.ix()) {
            let follows = slot.is_none_or(|last| match previous_id {
                Some(previous) => previous == last,
                None => first_id == last.saturating_add(1),
            });
            if !follows {
                self.dirt.sequence_gaps.add(self.number);
            }
            *slot = Some(last_id);
        }
        if !self.levels {
            return Ok(Message::Other);
        }
        let bids = self.side(self.raw("b", data.bid)?)?;
        let asks = self.side(self.raw("a", data.ask)?)?;
        let sequence = Sequence::Difference { first_id, last_id, previous_id };
        Ok(Message::Book(BookUpdate { instrument, time, sequence, bids, asks }))
    }

    fn side(&self, raw: &'a RawValue) -> Result<Vec<Level>, Problem> {
        let levels: Vec<(&RawValue, &RawValue)> = serde_json::from_str(raw.get())
            .map_err(|e| problem(self.line, &e, "a side of a book is a list of price and size"))?;
        let level = |(px, qty): (&RawValue, &RawValue)| {
            let (px, qty) = (cell(self.line, "price", px), cell(self.line, "size", qty));
            Ok(Level { px: px.px()?, qty: qty.size()? })
        };
        levels.into_iter().map(level).collect()
    }

    fn cell(&self, name: &'static str, raw: &'a RawValue) -> Cell<'a> {
        cell(self.line, name, raw)
    }

    fn raw(&self, name: &str, raw: Option<&'a RawValue>) -> Result<&'a RawValue, Problem> {
        raw.ok_or_else(|| self.nothing(&format!("the message has no `{name}`")))
    }

    fn need(&self, name: &'static str, raw: Option<&'a RawValue>) -> Result<Cell<'a>, Problem> {
        self.raw(name, raw).map(|raw| self.cell(name, raw))
    }

    fn id(&self, name: &'static str, raw: &'a RawValue) -> Result<u64, Problem> {
        let cell = self.cell(name, raw);
        cell.text.parse().map_err(|_| {
            cell.problem(ErrorKind::Number, "not a whole number", "a number of an update is meant")
        })
    }

    fn nothing(&self, cause: &str) -> Problem {
        let cause = format!("{cause}: {}", crate::error::shown(self.line));
        Problem { kind: ErrorKind::Json, column: 1, cause, action: FORM.to_owned() }
    }
}

#[cfg(test)]
mod tests;
