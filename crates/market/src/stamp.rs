//! Times as market data files write them, with what they leave open.
//!
//! Entry points: `Stamp`, `parse`.
//!
//! | form | example | means |
//! |---|---|---|
//! | RFC 3339, also with a space, without seconds, or with an offset like `+0530` | `2025-03-25T09:15:00+05:30` | an instant |
//! | the same without an offset | `2022-01-01 09:15:00` | a wall time |
//! | compact | `20110301 090100`, `20110301 09:01[:00]` | a wall time |
//! | a date | `2000-03-01`, `2000/03/01`, `20000301` | a day |
//! | seconds, milli-, micro- or nanoseconds since 1970, told apart by their size | `1430438404518` | an instant |
//!
//! `03/04/2000` is refused: it is two different days. Integers are seconds below 1e11 (the year
//! 5138), milliseconds below 1e14, microseconds below 1e17; the coarser reading of each would lie
//! beyond the year 5000, the finer one before 1974.

use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};

use crate::time_text::{TimeError, days_in, days_since_1970};
use crate::zone::offset;

/// A day in nanoseconds.
pub(crate) const DAY_NS: i64 = 86_400 * SECOND_NS;

/// A time, as far as the text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// An instant.
    Instant(Nanos),
    /// A wall time, in nanoseconds since 1970-01-01T00:00:00 on that wall.
    Wall(i64),
    /// A day, counted from 1970-01-01.
    Day(i64),
}

/// Reads a time.
pub(crate) fn parse(text: &str) -> Result<Stamp, TimeError> {
    if let Some(whole) = epoch(text)? {
        return Ok(Stamp::Instant(whole));
    }
    let split = text.find(['T', 't', ' ']);
    let (date, rest) = match split.and_then(|at| text.split_at_checked(at)) {
        Some((date, rest)) => (date, rest.get(1..)),
        None => (text, None),
    };
    let day = date_of(date)?;
    let Some(rest) = rest else { return Ok(Stamp::Day(day)) };
    let (clock, zone) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at..)),
        None => (rest, None),
    };
    let in_day = clock_of(clock)?;
    let start = day.checked_mul(DAY_NS).ok_or(TimeError::OutOfRange)?;
    let wall = start.checked_add(in_day).ok_or(TimeError::OutOfRange)?;
    let east = match zone {
        None => return Ok(Stamp::Wall(wall)),
        Some("Z" | "z") => 0,
        Some(zone) => offset(zone).ok_or(TimeError::Malformed)?,
    };
    let utc = wall.checked_sub(i64::from(east) * SECOND_NS).ok_or(TimeError::OutOfRange)?;
    Ok(Stamp::Instant(Nanos(utc)))
}

/// Milliseconds since the midnight that a day begins with, with at most six decimals.
pub(crate) fn millis_of_day(day: i64, text: &str) -> Result<Stamp, TimeError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 8 || fraction.len() > 6 || !digits(whole) {
        return Err(TimeError::Malformed);
    }
    if !digits(fraction) {
        return Err(TimeError::Malformed);
    }
    let millis: i64 = whole.parse().map_err(|_| TimeError::Malformed)?;
    let nanos: i64 = format!("{fraction:0<6}").parse().map_err(|_| TimeError::Malformed)?;
    let in_day = millis * MILLI_NS + nanos;
    if in_day >= DAY_NS {
        return Err(TimeError::NoSuchTime);
    }
    day.checked_mul(DAY_NS)
        .and_then(|start| start.checked_add(in_day))
        .map(Stamp::Wall)
        .ok_or(TimeError::OutOfRange)
}

/// The day that eight digits mean.
pub(crate) fn compact_day(text: &str) -> Result<i64, TimeError> {
    match (text.get(..4), text.get(4..6), text.get(6..8)) {
        (Some(year), Some(month), Some(day)) if text.len() == 8 => civil(year, month, day),
        _ => Err(TimeError::Malformed),
    }
}

fn epoch(text: &str) -> Result<Option<Nanos>, TimeError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() < 9 || !digits(whole) || !digits(fraction) {
        return Ok(None);
    }
    let value: i128 = whole.parse().map_err(|_| TimeError::OutOfRange)?;
    // The end of each unit's range of values, and its nanoseconds.
    let units: [(i128, i128); 3] = [
        (100_000_000_000, 1_000_000_000),
        (100_000_000_000_000, 1_000_000),
        (100_000_000_000_000_000, 1_000),
    ];
    let scale = units.into_iter().find(|(end, _)| value < *end).map_or(1, |(_, scale)| scale);
    // Digits behind the point that a nanosecond cannot hold must be zero.
    let mut part = scale;
    let mut total = value * scale;
    for digit in fraction.bytes() {
        part /= 10;
        let digit = i128::from(digit - b'0');
        if part == 0 && digit != 0 {
            return Err(TimeError::TooPrecise);
        }
        total += part * digit;
    }
    i64::try_from(total).map(|ns| Some(Nanos(ns))).map_err(|_| TimeError::OutOfRange)
}

fn date_of(text: &str) -> Result<i64, TimeError> {
    if text.len() == 8 {
        return compact_day(text);
    }
    let mut parts = text.split(['-', '/']);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day), None) if year.len() == 4 => civil(year, month, day),
        _ => Err(TimeError::Malformed),
    }
}

fn civil(year: &str, month: &str, day: &str) -> Result<i64, TimeError> {
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return Err(TimeError::NoSuchTime);
    }
    Ok(days_since_1970(year, month, day))
}

/// Nanoseconds since midnight.
fn clock_of(text: &str) -> Result<i64, TimeError> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hour, minute, second) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(packed), None, None, None) if packed.len() == 6 => {
            let at = |from: usize| packed.get(from..from + 2).unwrap_or("");
            (at(0), at(2), at(4))
        }
        (Some(hour), Some(minute), None, None) => (hour, minute, "00"),
        (Some(hour), Some(minute), Some(second), None) => (hour, minute, second),
        _ => return Err(TimeError::Malformed),
    };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    match (hour, minute, second) {
        (0..24, 0..60, 0..60) => {}
        (0..24, 0..60, 60) => return Err(TimeError::LeapSecond),
        _ => return Err(TimeError::NoSuchTime),
    }
    if fraction.is_empty() == text.contains('.') {
        return Err(TimeError::Malformed);
    }
    let mut nanos = 0;
    let mut part = SECOND_NS;
    for digit in fraction.bytes() {
        part /= 10;
        match digit {
            b'0' => {}
            b'1'..=b'9' if part > 0 => nanos += part * i64::from(digit - b'0'),
            b'1'..=b'9' => return Err(TimeError::TooPrecise),
            _ => return Err(TimeError::Malformed),
        }
    }
    Ok((hour * 3600 + minute * 60 + second) * SECOND_NS + nanos)
}

fn number(text: &str, digits: usize) -> Result<i64, TimeError> {
    if text.len() != digits || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TimeError::Malformed);
    }
    text.parse().map_err(|_| TimeError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time_text;

    #[test]
    fn every_form_is_read() {
        let utc = |text: &str| time_text::parse(text).unwrap();
        let noon = utc("2022-01-01T12:30:00Z");
        for text in [
            "2022-01-01T12:30:00Z",
            "2022-01-01 18:00:00+05:30",
            "2022-01-01 18:00+0530",
            "2022-01-01t12:30:00.000z",
            "2022-01-01 07:30:00-05",
            "1641040200",
            "1641040200000",
            "1641040200000000",
            "1641040200000000000",
            "1641040200.0",
        ] {
            assert_eq!(parse(text), Ok(Stamp::Instant(noon)), "{text}");
        }
        for text in ["2022-01-01 12:30:00.000000", "20220101 123000", "20220101 12:30"] {
            assert_eq!(parse(text), Ok(Stamp::Wall(noon.0)), "{text}");
        }
        let day = Ok(Stamp::Day(noon.0 / DAY_NS));
        for text in ["2022-01-01", "2022/01/01", "20220101"] {
            assert_eq!(parse(text), day, "{text}");
        }
        let ms = Stamp::Instant(Nanos(1_430_438_404_518_000_000));
        assert_eq!(parse("1430438404.518"), Ok(ms));
        assert_eq!(millis_of_day(noon.0 / DAY_NS, "45000000"), Ok(Stamp::Wall(noon.0)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "01/02/2022",
            "2022-13-01",
            "2022-02-30",
            "2022-1-1",
            "2022-01-01T25:00:00Z",
            "2022-01-01T12:00:60Z",
            "2022-01-01 12",
            "2022-01-01 12:30:00.Z",
            "2022-01-01 12:30:00 EST",
            "1641040200.0000000001",
            "9999-12-31 00:00:00",
            "12345678901234567890123456789012345678901234567890",
            "2022\u{2d}\u{661}1-01",
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
        for text in ["", "86400000", "-1", "1.1234567", "x"] {
            assert!(millis_of_day(0, text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(ns in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            prop_assert_eq!(parse(&Nanos(ns).to_string()), Ok(Stamp::Instant(Nanos(ns))));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}", time in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,12}[-+Z0-9:]{0,6}") {
            let _ = (parse(&text), parse(&time), millis_of_day(i64::MAX, &text));
        }
    }
}
