//! One line of a capture: its JSON, and what it means.
//!
//! Entry points: `Reading`, `Message`.

use serde::Deserialize;
use serde_json::value::RawValue;
use truefill_core::ids::InstrumentId;
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};

use crate::book::{BookUpdate, Level, Sequence};
use crate::cells::{Cell, Problem};
use crate::dirt::DirtReport;
use crate::error::ErrorKind;
use crate::json::{cell, problem};
use crate::latency::Latency;
use crate::source::{Tick, TickKind, Trade};
use crate::symbols::Symbols;
use crate::time_text::parse_stamp;

const FORM: &str = "a row is a receive time in nanoseconds, a space and one message";

/// One line.
pub(super) enum Message {
    Tick(Tick),
    Book(BookUpdate),
    Other,
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

/// A line while it is read.
pub(super) struct Reading<'a> {
    pub(super) line: &'a str,
    pub(super) number: u64,
    pub(super) symbols: &'a Symbols,
    pub(super) followed: &'a mut Vec<Option<u64>>,
    pub(super) current: &'a mut Option<InstrumentId>,
    pub(super) latency: &'a mut Latency,
    pub(super) levels: bool,
    pub(super) dirt: &'a mut DirtReport,
}

impl<'a> Reading<'a> {
    /// Understands the line.
    pub(super) fn message(&mut self) -> Result<Message, Problem> {
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
