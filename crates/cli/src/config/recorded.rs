//! `[market]` with `bars` or `quotes` of a file: what the file does not say of itself.
//!
//! Entry points: [`bars`], [`quotes`].
//!
//! Invariant: whatever would have to be guessed is a key here; the reader refuses to guess.

use std::path::Path;

use truefill_core::num::Qty;
use truefill_core::time::MILLI_NS;
use truefill_market::columns::{BarSpec, QuoteSpec, Session, StampSide};
use truefill_market::points::{NoVolume, PointSpec};
use truefill_market::zone::Zone;

use super::error::ConfigError;
use super::source::{Field, Section};
use super::value::Sign;
use super::{MarketSpec, market};

const BARS: &str = "the path of a CSV file of bars (plain or packed)";
const SESSION: &str = "\"us_equities\" (09:30-16:00 New York), \"nse_cash\" (09:15-15:30 India), \
                       \"utc_day\", or hours and a zone such as \"09:30-16:00 America/New_York\"";
const ZONE: &str = "a zone such as \"Asia/Kolkata\" or an offset such as \"+05:30\"";
/// Shares of a volume are millionths in the engine.
const PPM_PLACES: u32 = 6;

/// `bars = "bars.csv"` and the keys about it.
pub(super) fn bars(
    section: &Section<'_>,
    field: &Field<'_>,
    base_dir: &Path,
) -> Result<MarketSpec, ConfigError> {
    let path = market::file(field, base_dir, BARS)?;
    let mut spec = BarSpec::new();
    if let Some(field) = section.get("stamp") {
        let sides = [("open", StampSide::Open), ("close", StampSide::Close)];
        spec = spec.stamp(field.word(&sides, &[])?);
    }
    if let Some(field) = section.get("period") {
        spec = spec.period_ns(field.duration(MILLI_NS)?);
    }
    if let Some(zone) = zone(section)? {
        spec = spec.zone(zone);
    }
    if let Some(symbol) = symbol(section)? {
        spec = spec.symbol(symbol);
    }
    let session = section.get("session").map(session_of).transpose()?;
    if let Some(session) = session {
        spec = spec.session(session);
    }
    let adjusted = match section.get("adjusted") {
        Some(field) => field.word(&[("yes", true), ("no", false)], &[])?,
        None => false,
    };
    let (spec, points) = (spec.adjusted(adjusted), points(section)?);
    Ok(MarketSpec::Bars { path, spec, points, session })
}

/// `quotes = "quotes.csv"` in the columns of others, and the keys about it.
pub(super) fn quotes(section: &Section<'_>) -> Result<QuoteSpec, ConfigError> {
    let mut spec = QuoteSpec::new();
    if let Some(zone) = zone(section)? {
        spec = spec.zone(zone);
    }
    if let Some(symbol) = symbol(section)? {
        spec = spec.symbol(symbol);
    }
    if let Some(field) = section.get("assume_size") {
        spec = spec.size(field.qty(Sign::Positive)?);
    }
    Ok(spec)
}

/// What is assumed of the inside of bars.
fn points(section: &Section<'_>) -> Result<PointSpec, ConfigError> {
    let mut points = PointSpec::default();
    if let Some(field) = section.get("spread_bps") {
        points.spread_bps = field.whole(0..=9_999)?;
    }
    if let Some(field) = section.get("volume_cap") {
        let ppm = field.decimal(PPM_PLACES, Sign::Positive)?;
        let most = u32::try_from(ppm).ok().filter(|ppm| *ppm <= 1_000_000);
        points.volume_cap_ppm = most.ok_or_else(|| {
            field.wrong("more than the whole volume").allowed("\"0.000001\" to \"1\"")
        })?;
    }
    if let Some(field) = section.get("assume_volume") {
        let qty: Qty = field.qty(Sign::Positive)?;
        points.no_volume = NoVolume::Assume(qty);
    }
    if let Some(field) = section.get("no_volume") {
        if section.get("assume_volume").is_some() {
            let cause = "assume_volume says already what a bar without volume means";
            return Err(field.misplaced(cause).action("keep one of the two lines"));
        }
        points.no_volume = field.word(&[("untraded", NoVolume::Untraded)], &[])?;
    }
    Ok(points)
}

pub(super) fn zone(section: &Section<'_>) -> Result<Option<Zone>, ConfigError> {
    let Some(field) = section.get("zone") else { return Ok(None) };
    let text = field.text(ZONE)?;
    let zone = Zone::parse(text);
    zone.map(Some).ok_or_else(|| field.wrong("this zone is not known").allowed(ZONE))
}

fn symbol<'a>(section: &Section<'a>) -> Result<Option<&'a str>, ConfigError> {
    section.get("symbol").map(|field| field.text("the symbol that the file is about")).transpose()
}

/// The session of days: a word, or hours and a zone.
pub(super) fn session_of(field: &Field<'_>) -> Result<Session, ConfigError> {
    let known = session(field.text(SESSION)?);
    known.ok_or_else(|| field.wrong("these are no hours of a session").allowed(SESSION))
}

/// The session that a text means.
pub(super) fn session(text: &str) -> Option<Session> {
    match text {
        "us_equities" => Some(Session::US_EQUITY),
        "nse_cash" => Some(Session::INDIA_EQUITY),
        "utc_day" => Some(Session::UTC_DAY),
        _ => hours(text),
    }
}

/// `09:30-16:00 America/New_York`.
fn hours(text: &str) -> Option<Session> {
    let (hours, zone) = text.split_once(' ')?;
    let (open, close) = hours.split_once('-')?;
    let zone = Zone::parse(zone.trim())?;
    let session = Session { open_second: second(open)?, close_second: second(close)?, zone };
    (session.open_second < session.close_second).then_some(session)
}

/// Seconds after midnight of `HH:MM`; `24:00` is the next midnight.
pub(super) fn second(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let second = hour * 3_600 + minute * 60;
    (minute < 60 && second <= 86_400).then_some(second)
}
