//! Snapshots of prices: book, bands, the close of the day before.
//!
//! Entry points: [`KiteCodec::quote_calls`], [`KiteCodec::read_quotes`].

use serde_json::value::RawValue;

use super::KiteCodec;
use super::failure::{Failure, success};
use super::form::Form;
use super::row::{Row, list};
use crate::codec::Garbage;
use crate::http::{Budget, HttpReply, HttpRequest, Method};
use crate::live::{BadRow, Rows};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// Most instruments of one full snapshot.
pub const QUOTES_MAX: usize = 500;

/// How much of an instrument is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteDetail {
    /// The last price.
    Ltp,
    /// Prices of the day.
    Ohlc,
    /// Everything.
    Full,
}

/// Prices of an instrument at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose.
    pub instrument: InstrumentId,
    /// The broker's number of it, for the ticker and for candles.
    pub token: Option<u32>,
    /// Last price.
    pub last: Px,
    /// Best bid and ask, received now; price zero stands for a side without orders.
    pub quote: Option<Quote>,
    /// Close of the day before.
    pub prev_close: Option<Px>,
    /// Lowest price the exchange takes today.
    pub band_low: Option<Px>,
    /// Highest price the exchange takes today.
    pub band_high: Option<Px>,
    /// Quantity traded today.
    pub volume: Option<Qty>,
    /// When the last trade was.
    pub last_trade: Option<Nanos>,
}

impl KiteCodec {
    /// The calls for snapshots of instruments, as many as it takes. They have the smallest
    /// budget of all: one a second.
    #[must_use]
    pub fn quote_calls(
        &self,
        detail: QuoteDetail,
        instruments: &[InstrumentId],
    ) -> Vec<HttpRequest> {
        let path = match detail {
            QuoteDetail::Ltp => "/quote/ltp",
            QuoteDetail::Ohlc => "/quote/ohlc",
            QuoteDetail::Full => "/quote",
        };
        let call = |chunk: &[InstrumentId]| {
            let mut query = Form::default();
            for id in chunk {
                query.add("i", self.symbols.name(*id));
            }
            self.calls.plain(Method::Get, path, query, Budget::Quotes)
        };
        instruments.chunks(QUOTES_MAX).map(call).collect()
    }

    /// Reads snapshots. An instrument that the broker does not know is not in the answer.
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_quotes(
        &self,
        reply: &HttpReply<'_>,
        now: Nanos,
    ) -> Result<Rows<Snapshot>, Box<Failure>> {
        let data = Row::parse(success(reply)?);
        let data = data.map_err(|why| Box::new(Failure::garbled(reply, &why)))?;
        let mut rows = Rows::default();
        for (at, (symbol, raw)) in data.fields().enumerate() {
            let Some(instrument) = self.symbols.id(symbol) else {
                rows.foreign += 1;
                continue;
            };
            match snapshot(raw, instrument, now) {
                Ok(snapshot) => rows.rows.push(snapshot),
                Err(why) => {
                    let instrument = Some(instrument);
                    rows.push_bad(BadRow { row: at + 1, instrument, why });
                }
            }
        }
        Ok(rows)
    }
}

fn snapshot(raw: &RawValue, instrument: InstrumentId, now: Nanos) -> Result<Snapshot, Garbage> {
    let row = Row::parse(raw)?;
    let above_zero = |field: &str| {
        let px = row.text(field).map(|_| row.px(field)).transpose()?;
        Ok::<_, Garbage>(px.filter(|px| px.0 > 0))
    };
    let prev_close = row.object("ohlc").map(|day| day.px_or_zero("close")).transpose()?;
    Ok(Snapshot {
        instrument,
        token: row.count("instrument_token"),
        last: row.px("last_price")?,
        quote: row.object("depth").map(|depth| best(&depth, now)).transpose()?,
        prev_close: prev_close.filter(|px| px.0 > 0),
        band_low: above_zero("lower_circuit_limit")?,
        band_high: above_zero("upper_circuit_limit")?,
        volume: row.text("volume").map(|_| row.unsigned("volume")).transpose()?,
        last_trade: row.time_of(&["last_trade_time"]),
    })
}

fn best(depth: &Row<'_>, now: Nanos) -> Result<Quote, Garbage> {
    let side = |name: &str| {
        let Some(raw) = depth.raw(name) else { return Ok((Px::ZERO, Qty::ZERO)) };
        let Some(first) = list(raw)?.into_iter().next() else { return Ok((Px::ZERO, Qty::ZERO)) };
        let row = Row::parse(first)?;
        Ok::<_, Garbage>((row.px_or_zero("price")?, row.qty_or_zero("quantity")?))
    };
    let ((bid_px, bid_qty), (ask_px, ask_qty)) = (side("buy")?, side("sell")?);
    Ok(Quote { bid_px, bid_qty, ask_px, ask_qty, time: now })
}
