//! Quotes, candles and the list of instruments.

use super::Desk;
use crate::faults::{Fault, Hook};
use truefill_core::num::Px;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::{
    BodyType, ErrorType, Fields, Json, QuoteDetail, Refusal, Reply, instruments, parse_stamp,
    segment_of, stamp, zoned,
};

/// Instruments of one question for quotes.
const QUOTES_MAX: usize = 1_000;
/// Longest span of candles, in days.
const SPAN_DAYS_MAX: i64 = 2_000;

/// Lengths of candles: name, minutes (0 for a day), longest span in days.
const INTERVALS: [(&str, i64, i64); 8] = [
    ("minute", 1, 60),
    ("3minute", 3, 100),
    ("5minute", 5, 100),
    ("10minute", 10, 100),
    ("15minute", 15, 200),
    ("30minute", 30, 200),
    ("60minute", 60, 400),
    ("day", 0, SPAN_DAYS_MAX),
];

impl Desk {
    pub(super) fn instruments(&mut self, now: Nanos, exchange: Option<&str>) -> Reply {
        if self.strikes(now, Fault::JsonOnCsv, Hook::Read).is_some() {
            let words = "Instruments are being prepared. Try again later.";
            return Refusal::new(ErrorType::General, words).with_status(200).into();
        }
        if exchange.is_some_and(|exchange| segment_of(exchange).is_none()) {
            return Refusal::input("Invalid `exchange`.").into();
        }
        let wanted = self.listing.iter().map(|(_, item)| &item.listed);
        let wanted = wanted.filter(|one| exchange.is_none_or(|only| one.named.exchange == only));
        Reply::text(200, BodyType::Csv, instruments::csv(wanted))
    }

    /// Quotes of what is asked by `EXCHANGE:SYMBOL` or by token; what is not known is left out.
    pub(super) fn quotes(&self, detail: QuoteDetail, fields: &Fields) -> Json {
        let asked = fields.all("i").take(QUOTES_MAX);
        let rows = asked.filter_map(|name| {
            let by_token = || self.listing.of_token(name.parse().ok()?);
            let id = self.listing.named(name).or_else(by_token)?;
            let face = self.street.face(id)?;
            let mut row = Json::object([
                ("instrument_token", face.token.into()),
                ("last_price", face.last_px.into()),
            ]);
            if detail != QuoteDetail::Ltp {
                row.set("ohlc", face.ohlc());
            }
            if detail == QuoteDetail::Full {
                let (low, high) = self.street.band(id);
                row.set("timestamp", stamp(face.time));
                row.set("last_trade_time", stamp(face.last_trade));
                row.set("last_quantity", face.last_qty);
                row.set("buy_quantity", face.buy_qty);
                row.set("sell_quantity", face.sell_qty);
                row.set("volume", face.volume);
                row.set("average_price", face.average_px);
                row.set("oi", 0i64);
                row.set("oi_day_high", 0i64);
                row.set("oi_day_low", 0i64);
                row.set("net_change", face.last_px - face.close);
                row.set("lower_circuit_limit", low);
                row.set("upper_circuit_limit", high);
                row.set("depth", face.depth());
            }
            Some((name.to_owned().into(), row))
        });
        Json::Object(rows.collect())
    }

    pub(super) fn historical(
        &self,
        token: &str,
        interval: &str,
        fields: &Fields,
    ) -> Result<Json, Refusal> {
        let id = token.parse().ok().and_then(|token| self.listing.of_token(token));
        let id = id.ok_or_else(|| Refusal::input("Invalid `instrument_token`."))?;
        let known = INTERVALS.iter().find(|(name, ..)| *name == interval);
        let (_, minutes, days) = known.ok_or_else(|| Refusal::input("Invalid `interval`."))?;
        let time = |name: &str| {
            let at = fields.get(name).and_then(parse_stamp);
            at.ok_or_else(|| Refusal::input(format!("Invalid `{name}` date.")))
        };
        let (from, to) = (time("from")?, time("to")?);
        if from > to {
            return Err(Refusal::input("Invalid date range: `from` is after `to`."));
        }
        if to.since(from) > days * truefill_venue::kite_server::DAY_NS {
            let words = format!("Interval exceeds the maximum of {days} days for {interval}.");
            return Err(Refusal::input(words));
        }
        let oi = fields.get("oi") == Some("1");
        let span = (from, to.min(self.now));
        let candles = self.street.candles(&self.listing, id, *minutes, span);
        let rows = candles.into_iter().map(|candle| {
            let mut row: Vec<Json> = vec![zoned(candle.time).into()];
            row.extend([candle.open, candle.high, candle.low, candle.close].map(Json::from));
            row.push(candle.volume.into());
            if oi {
                row.push(0i64.into());
            }
            Json::List(row)
        });
        Ok(Json::object([("candles", Json::List(rows.collect()))]))
    }

    pub(super) fn trigger_range(&self, fields: &Fields) -> Json {
        let rows = fields.all("i").take(QUOTES_MAX).filter_map(|name| {
            let id = self.listing.named(name)?;
            let last = self.street.face(id)?.last_px;
            let (lower, upper) = (Px(last.0 / 100 * 97), Px(last.0 / 100 * 103));
            let range = Json::object([
                ("instrument_token", self.street.face(id)?.token.into()),
                ("lower", lower.into()),
                ("upper", upper.into()),
            ]);
            Some((name.to_owned().into(), range))
        });
        Json::Object(rows.collect())
    }
}
