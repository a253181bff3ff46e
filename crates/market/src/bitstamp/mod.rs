//! The order log of Bitstamp, order by order, with snapshots to check a rebuilt book against.
//!
//! Entry points: [`BitstampQuotes`], [`OrderBook`], [`Check`].
//!
//! ```text
//! 1430438404518 order_created {"price": "236.47", "amount": "2.0", "id": 65595247, "order_type": 0, ..}
//! 1430438404645 trade {"price": 236.47, "amount": 0.21144331, "id": 8111041}
//! 1430438405885 order_book {"bids": [["236.47", "1.78855669"], ..], "asks": [..]}
//! ```
//!
//! - A line is milliseconds since 1970, an event and its JSON. `order_type` 0 is a bid, 1 an ask;
//!   `order_changed` and `order_deleted` name the order and what is left of it.
//! - Quotes are the best levels of the snapshots, trades the `trade` events; the log does not say
//!   who took liquidity.
//! - The log starts in the middle: orders that were there before are not known. What a snapshot
//!   shows at a price beyond the known orders is kept as their anonymous size, taken anew from
//!   every snapshot within its range of prices. An event about an unknown order is counted as
//!   `unknown_orders` and reduces the anonymous size at its price.
//! - Numbers are printed binary floats (`1.7885566900000001`): they are rounded to 1e-9.
//! - Every snapshot but the first is first compared with the rebuilt book, see [`Check`].

mod book;

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use truefill_core::ids::InstrumentId;
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

use crate::book::Level;
use crate::cells::{Cell, Problem};
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::json::{cell, problem};
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind, Trade};
use crate::stamp::{self, Stamp};

use book::Order;
pub use book::{Check, OrderBook};

const FORM: &str = "a row is milliseconds since 1970, an event and its JSON, with spaces between";

/// Quotes and trades of a log, and the book behind them.
#[derive(Debug)]
pub struct BitstampQuotes {
    ordered: Ordered<Events>,
}

impl BitstampQuotes {
    /// Opens the log of one instrument, which gets the id 0.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::open(path.as_ref())?))
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`BitstampQuotes::open`].
    pub fn from_reader(name: &str, input: impl Read + Send + 'static) -> Result<Self, MarketError> {
        Ok(Self::start(Lines::new(name, input)?))
    }

    /// The book as of the line read last.
    #[must_use]
    pub const fn book(&self) -> &OrderBook {
        &self.ordered.rows().book
    }

    /// How the book compared with the snapshots so far.
    #[must_use]
    pub const fn check(&self) -> &Check {
        self.book().check()
    }

    fn start(lines: Lines) -> Self {
        Self { ordered: Ordered::new(Events { lines, book: OrderBook::default() }, 0) }
    }
}

impl Quotes for BitstampQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

#[derive(Debug)]
struct Events {
    lines: Lines,
    book: OrderBook,
}

#[derive(Deserialize)]
struct OrderEvent<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
    id: u64,
    order_type: u8,
}

#[derive(Deserialize)]
struct TradeEvent<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
}

#[derive(Deserialize)]
struct SnapshotEvent<'a> {
    #[serde(borrow)]
    bids: Vec<(&'a RawValue, &'a RawValue)>,
    #[serde(borrow)]
    asks: Vec<(&'a RawValue, &'a RawValue)>,
}

impl Rows for Events {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let Some(line) = self.lines.next()?.map(str::to_owned) else { return Ok(None) };
            let number = self.lines.line();
            let tick = event(&line, number, &mut self.book, dirt).map_err(|p| {
                MarketError::row(p.kind, self.lines.place(p.column), p.cause, p.action)
            })?;
            if let Some(tick) = tick.and_then(|tick| clean::usable(tick, number, dirt)) {
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

/// A line: changes the book, and gives the tick that it is, if it is one.
fn event(
    line: &str,
    number: u64,
    book: &mut OrderBook,
    dirt: &mut DirtReport,
) -> Result<Option<Tick>, Problem> {
    let mut parts = line.splitn(3, ' ');
    let (stamp, kind) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let body = parts.next().unwrap_or("");
    let time = match stamp::parse(stamp) {
        Ok(Stamp::Instant(time)) => time,
        _ => {
            let cell = Cell { name: "time", column: 1, text: stamp };
            return Err(cell.problem(ErrorKind::Time, "not milliseconds since 1970", FORM));
        }
    };
    let malformed = |e: serde_json::Error| problem(line, &e, FORM);
    let tick = |kind| Some(Tick { instrument: InstrumentId(0), kind });
    match kind {
        "order_created" | "order_changed" | "order_deleted" => {
            let event: OrderEvent = serde_json::from_str(body).map_err(malformed)?;
            let (order, rounded) = order(line, &event)?;
            if rounded {
                dirt.rounded.add(number);
            }
            let known = match kind {
                "order_created" => book.create(event.id, order),
                "order_changed" => book.change(event.id, order),
                _ => book.delete(event.id, order),
            };
            if !known {
                dirt.unknown_orders.add(number);
            }
            Ok(None)
        }
        "trade" => {
            let event: TradeEvent = serde_json::from_str(body).map_err(malformed)?;
            let (Level { px, qty }, rounded) = level(line, event.price, event.amount)?;
            if rounded {
                dirt.rounded.add(number);
            }
            Ok(tick(TickKind::Trade(Trade { px, qty, side: None, time })))
        }
        "order_book" => {
            let event: SnapshotEvent = serde_json::from_str(body).map_err(malformed)?;
            let mut rounded = false;
            let bids = levels(line, &event.bids, &mut rounded)?;
            let asks = levels(line, &event.asks, &mut rounded)?;
            if rounded {
                dirt.rounded.add(number);
            }
            book.snapshot(&bids, &asks);
            Ok(tick(TickKind::Quote(best(time, &bids, &asks))))
        }
        _ => {
            let column = stamp.len() + 2;
            let cause = format!("{} is no event", shown(kind));
            Err(Problem { kind: ErrorKind::Word, column, cause, action: FORM.to_owned() })
        }
    }
}

fn order(line: &str, event: &OrderEvent) -> Result<(Order, bool), Problem> {
    let side = match event.order_type {
        0 => Side::Buy,
        1 => Side::Sell,
        other => {
            let cause = format!("the order type {other} is neither 0 nor 1");
            return Err(Problem {
                kind: ErrorKind::Word,
                column: 1,
                cause,
                action: FORM.to_owned(),
            });
        }
    };
    let (level, rounded) = level(line, event.price, event.amount)?;
    Ok((Order { side, level }, rounded))
}

fn levels(
    line: &str,
    raw: &[(&RawValue, &RawValue)],
    any_rounded: &mut bool,
) -> Result<Vec<Level>, Problem> {
    let one = |(px, qty): &(&RawValue, &RawValue)| {
        let (level, rounded) = level(line, px, qty)?;
        *any_rounded |= rounded;
        Ok(level)
    };
    raw.iter().map(one).collect()
}

/// A price and a size, and whether one of them was rounded.
fn level(line: &str, px: &RawValue, qty: &RawValue) -> Result<(Level, bool), Problem> {
    let (px, px_rounded) = cell(line, "price", px).near_px()?;
    let (qty, qty_rounded) = cell(line, "amount", qty).near_size()?;
    Ok((Level { px, qty }, px_rounded || qty_rounded))
}

/// The best levels; zeros where a side is empty.
fn best(time: Nanos, bids: &[Level], asks: &[Level]) -> Quote {
    let none = Level { px: truefill_core::num::Px::ZERO, qty: truefill_core::num::Qty::ZERO };
    let bid = bids.iter().max_by_key(|level| level.px).copied().unwrap_or(none);
    let ask = asks.iter().min_by_key(|level| level.px).copied().unwrap_or(none);
    Quote { bid_px: bid.px, bid_qty: bid.qty, ask_px: ask.px, ask_qty: ask.qty, time }
}

#[cfg(test)]
mod tests;
