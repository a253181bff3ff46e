//! Candles of the past, to warm up strategies.
//!
//! Entry points: [`candles_call`], [`read_candles`].

use serde_json::value::RawValue;

use super::call::Calls;
use super::failure::{Failure, success};
use super::form::Form;
use super::number;
use super::row::{Row, list, text_of};
use super::time::{instant, ist_text};
use crate::codec::Garbage;
use crate::http::{Budget, HttpReply, HttpRequest, Method};
use crate::live::{BadRow, Rows};
use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;

super::words::words! {
    /// Length of a candle.
    Interval {
        /// One minute.
        Minute = "minute",
        /// Three minutes.
        Minutes3 = "3minute",
        /// Five minutes.
        Minutes5 = "5minute",
        /// Ten minutes.
        Minutes10 = "10minute",
        /// Fifteen minutes.
        Minutes15 = "15minute",
        /// Thirty minutes.
        Minutes30 = "30minute",
        /// An hour.
        Hour = "60minute",
        /// A day.
        Day = "day",
    }
}

/// A candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it began.
    pub time: Nanos,
    /// First price.
    pub open: Px,
    /// Highest price.
    pub high: Px,
    /// Lowest price.
    pub low: Px,
    /// Last price.
    pub close: Px,
    /// Quantity traded.
    pub volume: Qty,
    /// Open interest, where it was asked for.
    pub interest: Option<Qty>,
}

/// The call for candles from one instant to another, both included.
#[must_use]
pub fn candles_call(
    calls: &Calls,
    token: u32,
    interval: Interval,
    from: Nanos,
    to: Nanos,
) -> HttpRequest {
    let mut query = Form::default();
    query.add("from", &ist_text(from));
    query.add("to", &ist_text(to));
    query.add("oi", "1");
    let path = format!("/instruments/historical/{token}/{}", interval.as_str());
    calls.plain(Method::Get, &path, query, Budget::History)
}

/// Reads candles in the order they came.
///
/// # Errors
/// The failure, in the broker's words.
pub fn read_candles(reply: &HttpReply<'_>) -> Result<Rows<Candle>, Box<Failure>> {
    let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
    let data = Row::parse(success(reply)?).map_err(garbled)?;
    let raw = data.raw("candles").ok_or_else(|| garbled(Garbage::new("candles is missing")))?;
    let mut rows = Rows::default();
    for (at, raw) in list(raw).map_err(garbled)?.into_iter().enumerate() {
        match candle(raw) {
            Ok(candle) => rows.rows.push(candle),
            Err(why) => rows.push_bad(BadRow { row: at + 1, instrument: None, why }),
        }
    }
    Ok(rows)
}

fn candle(raw: &RawValue) -> Result<Candle, Garbage> {
    let fields = list(raw)?;
    let text = |at: usize, name: &str| {
        let text = fields.get(at).and_then(|raw| text_of(raw));
        text.ok_or_else(|| Garbage::new(format_args!("the {name} of a candle is missing")))
    };
    let px = |at: usize, name: &str| number::px(name, &text(at, name)?);
    let candle = Candle {
        time: instant("time", &text(0, "time")?)?,
        open: px(1, "open")?,
        high: px(2, "high")?,
        low: px(3, "low")?,
        close: px(4, "close")?,
        volume: number::qty("volume", &text(5, "volume")?)?,
        interest: text(6, "interest").ok().and_then(|text| number::qty("interest", &text).ok()),
    };
    let inside = candle.low <= candle.open.min(candle.close)
        && candle.high >= candle.open.max(candle.close)
        && candle.volume.0 >= 0;
    if inside {
        Ok(candle)
    } else {
        Err(Garbage::new("the prices of a candle contradict each other"))
    }
}
