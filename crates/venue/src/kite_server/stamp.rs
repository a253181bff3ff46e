//! Times as this wire writes them: India's wall clock without a zone, whole seconds.
//!
//! Entry points: [`stamp`], [`clock`], [`day_of`], [`parse`].

use truefill_core::time::{Nanos, SECOND_NS};

/// India is so far ahead of UTC, all year.
pub const IST_NS: i64 = (5 * 3600 + 1800) * SECOND_NS;

/// A day.
pub const DAY_NS: i64 = 86_400 * SECOND_NS;

/// `2026-11-25 09:15:00`.
///
/// ```
/// use truefill_core::time::Nanos;
/// assert_eq!(truefill_venue::kite_server::stamp(Nanos(0)), "1970-01-01 05:30:00");
/// ```
#[must_use]
pub fn stamp(at: Nanos) -> String {
    let text = at.plus(IST_NS).to_string();
    let date = text.get(..10).unwrap_or_default();
    let time = text.get(11..19).unwrap_or_default();
    format!("{date} {time}")
}

/// `09:15:00`, as trades write the time of their order.
#[must_use]
pub fn clock(at: Nanos) -> String {
    stamp(at).split_off(11)
}

/// `2026-11-25T09:15:00+0530`, as candles write it.
#[must_use]
pub fn zoned(at: Nanos) -> String {
    let text = stamp(at).replace(' ', "T");
    format!("{text}+0530")
}

/// Number of the day in India.
#[must_use]
pub const fn day_of(at: Nanos) -> i64 {
    at.plus(IST_NS).0.div_euclid(DAY_NS)
}

/// Time of day in India, in nanoseconds.
#[must_use]
pub const fn time_of_day(at: Nanos) -> i64 {
    at.plus(IST_NS).0.rem_euclid(DAY_NS)
}

/// The instant of a time of day on the day of `at`.
#[must_use]
pub const fn on_day_of(at: Nanos, time_of_day_ns: i64) -> Nanos {
    Nanos(day_of(at).saturating_mul(DAY_NS).saturating_add(time_of_day_ns)).plus(-IST_NS)
}

/// Reads `2026-11-25`, with or without a time (`09:15` or `09:15:00`) behind a blank, a plus or
/// a T.
#[must_use]
pub fn parse(text: &str) -> Option<Nanos> {
    let (date, time) = match text.split_once([' ', 'T', '+']) {
        Some((date, time)) => (date, time),
        None => (text, "00:00:00"),
    };
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let fits = (1970..=2200).contains(&year) && (1..=12).contains(&month);
    if parts.next().is_some() || !fits || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = time.split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().map_or(Some(0), Result::ok)?;
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    if !fits {
        return None;
    }
    let seconds = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Nanos(seconds.checked_mul(SECOND_NS)?).plus(-IST_NS))
}

/// Days from 1970 to a date; years begin in March here, so that leap days come last.
const fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for seconds in [0, 951_782_400, 1_709_164_800, 1_764_038_700] {
            let at = Nanos(seconds * SECOND_NS);
            assert_eq!(parse(&stamp(at)), Some(at), "{}", stamp(at));
        }
        assert_eq!(parse("2026-11-25").map(stamp), Some("2026-11-25 00:00:00".to_owned()));
        assert_eq!(parse("2026-11-25 09:15"), parse("2026-11-25+09:15:00"));
        for bad in ["", "2026", "2026-13-01", "2026-11-25 25:00", "x-y-z", "2026-11-25 ::"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_those_of_india() {
        let at = parse("2026-11-25 00:00:01").unwrap();
        assert_eq!(time_of_day(at), SECOND_NS);
        assert_eq!(stamp(on_day_of(at, 6 * 3600 * SECOND_NS)), "2026-11-25 06:00:00");
        assert_eq!(day_of(at), day_of(at.plus(DAY_NS)) - 1);
        assert_eq!(clock(at), "00:00:01");
        assert_eq!(zoned(at), "2026-11-25T00:00:01+0530");
    }
}
