//! What is known about common files, so that nobody has to declare it again.
//!
//! Entry points: one function per file form. Each says whose it is and what it fixes; what
//! differs from file to file (symbol, day, hours) is an argument.

use truefill_core::num::Qty;
use truefill_core::time::SECOND_NS;

use crate::columns::spec::{BarSpec, Field, QuoteSpec, StampSide};
use crate::error::MarketError;
use crate::zone::Zone;

/// A minute in nanoseconds.
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
/// LEAN stores prices of equities so many times as large, as whole numbers.
pub const LEAN_EQUITY_DIVISOR: u32 = 10_000;

/// Trade bars of LEAN, a day per file: milliseconds after midnight, open, high, low, close,
/// volume; stamped at the open. `zone` is the data's zone of the market, `day` is `YYYYMMDD`.
/// Prices of equities have the divisor [`LEAN_EQUITY_DIVISOR`], others 1.
///
/// # Errors
/// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for what is no day.
pub fn lean_minute_trades(
    symbol: &str,
    day: &str,
    zone: Zone,
    divisor: u32,
) -> Result<BarSpec, MarketError> {
    let spec = positions(BarSpec::new().symbol(symbol), 2).day(day)?;
    let spec = spec.column(Field::Volume, 6).zone(zone).price_divisor(divisor);
    Ok(spec.stamp(StampSide::Open).period_ns(MINUTE_NS))
}

/// Daily trade bars of LEAN, many days per file: `YYYYMMDD 00:00`, open, high, low, close, volume.
///
/// The clock of the stamp says nothing: the bar is the day's. It is read as a bar from midnight to
/// midnight of `zone`, so that it is known after the session and never before.
#[must_use]
pub fn lean_daily_trades(symbol: &str, zone: Zone, divisor: u32) -> BarSpec {
    positions(BarSpec::new().symbol(symbol), 2)
        .column(Field::Volume, 6)
        .zone(zone)
        .price_divisor(divisor)
        .stamp(StampSide::Open)
        .period_ns(24 * 60 * MINUTE_NS)
}

/// One side of the quote bars of LEAN as bars: milliseconds after midnight, then open, high, low,
/// close and last size of the bid, and the same of the ask. Their sizes are no volume.
///
/// # Errors
/// As [`lean_minute_trades`].
pub fn lean_minute_quote_side(
    symbol: &str,
    day: &str,
    zone: Zone,
    ask: bool,
) -> Result<BarSpec, MarketError> {
    let first = if ask { 7 } else { 2 };
    let spec = positions(BarSpec::new().symbol(symbol), first).day(day)?.zone(zone);
    Ok(spec.stamp(StampSide::Open).period_ns(MINUTE_NS))
}

/// The closing quotes of the quote bars of LEAN, each known at the end of its minute.
///
/// # Errors
/// As [`lean_minute_trades`].
pub fn lean_minute_quotes(symbol: &str, day: &str, zone: Zone) -> Result<QuoteSpec, MarketError> {
    let spec = QuoteSpec::new().header(false).symbol(symbol).day(day)?.zone(zone);
    Ok(spec
        .column(Field::Time, 1)
        .column(Field::Bid, 5)
        .column(Field::BidSize, 6)
        .column(Field::Ask, 10)
        .column(Field::AskSize, 11)
        .known_after_ns(MINUTE_NS))
}

/// Quote ticks of FXCM as LEAN stores them: milliseconds after midnight at UTC-5 (without daylight
/// saving), bid, ask. There are no sizes: `size` is an assumption.
///
/// # Errors
/// As [`lean_minute_trades`].
pub fn fxcm_ticks(symbol: &str, day: &str, size: Qty) -> Result<QuoteSpec, MarketError> {
    let spec = QuoteSpec::new().header(false).symbol(symbol).day(day)?;
    Ok(spec
        .zone(Zone::Fixed(-18_000))
        .column(Field::Time, 1)
        .column(Field::Bid, 2)
        .column(Field::Ask, 3)
        .size(size))
}

/// Minute bars `YYYYMMDD HHMMSS;open;high;low;close;volume`, stamped at their end, UTC.
#[must_use]
pub fn semicolon_minutes(symbol: &str) -> BarSpec {
    positions(BarSpec::new().symbol(symbol), 2)
        .column(Field::Volume, 6)
        .separator(';')
        .zone(Zone::Utc)
        .stamp(StampSide::Close)
        .period_ns(MINUTE_NS)
}

/// Klines as Binance publishes them for download: twelve columns without a header, of which open
/// time, open, high, low, close and volume are read; stamped at the open.
#[must_use]
pub fn binance_klines(symbol: &str) -> BarSpec {
    let spec = positions(BarSpec::new().symbol(symbol), 2);
    spec.column(Field::Volume, 6).stamp(StampSide::Open)
}

fn positions(spec: BarSpec, first: usize) -> BarSpec {
    spec.header(false)
        .column(Field::Time, 1)
        .column(Field::Open, first)
        .column(Field::High, first + 1)
        .column(Field::Low, first + 2)
        .column(Field::Close, first + 3)
}
