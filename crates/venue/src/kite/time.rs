//! Times as this broker writes them, naive and in Indian Standard Time, and the hour at which its
//! tokens die.
//!
//! Entry points: [`instant`], [`next_token_death`], [`ist_text`].

use crate::codec::Garbage;
use truefill_core::time::{Nanos, SECOND_NS};

/// Indian Standard Time is so far ahead of UTC. There is no summer time.
pub const IST_AHEAD_S: i64 = 5 * 3600 + 1800;
const DAY_S: i64 = 86_400;
/// A token dies at 06:00 IST.
const DEATH_OF_DAY_S: i64 = 6 * 3600;
/// 2200-01-01: later instants are refused.
const TIME_MAX_S: i64 = 7_258_118_400;

/// The next instant after this one at which access tokens die: 06:00 IST.
///
/// ```
/// use truefill_core::time::{Nanos, SECOND_NS};
/// use truefill_venue::kite::next_token_death;
///
/// // 2026-11-25 09:15 IST is 03:45 UTC; the token lives until 06:00 IST, 00:30 UTC, of the 26th.
/// let death = next_token_death(Nanos(1_795_578_300 * SECOND_NS));
/// assert_eq!(death.to_string(), "2026-11-26T00:30:00.000000000Z");
/// assert_eq!(next_token_death(death).since(death), 86_400 * SECOND_NS);
/// ```
#[must_use]
pub const fn next_token_death(after: Nanos) -> Nanos {
    let second = after.0.div_euclid(SECOND_NS) + IST_AHEAD_S - DEATH_OF_DAY_S;
    let day = second.div_euclid(DAY_S) + 1;
    Nanos((day * DAY_S + DEATH_OF_DAY_S - IST_AHEAD_S).saturating_mul(SECOND_NS))
}

/// Reads `2026-11-25 09:15:00`, with `T`, a fraction, and an offset where there is one. Without an
/// offset it is Indian Standard Time.
pub fn instant(field: &str, text: &str) -> Result<Nanos, Garbage> {
    let found = parse(text).filter(|at| (0..=TIME_MAX_S * SECOND_NS).contains(at));
    found.map(Nanos).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Garbage::new(format_args!("{field} `{shown}` is not a time between 1970 and 2200"))
    })
}

/// Reads a date, `2026-11-26`, as days since 1970.
pub fn date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month) = (number(&bytes[..4])?, number(&bytes[5..7])?);
    let day = number(&bytes[8..])?;
    (year >= 1970 && (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day))
        .then(|| days(year, month, day))
}

/// Seconds since 1970, as the ticker has them. They end in 2106, inside the range.
pub fn epoch_seconds(seconds: u32) -> Nanos {
    Nanos(i64::from(seconds) * SECOND_NS)
}

/// An instant as the broker writes it in a query, to the second.
#[must_use]
pub fn ist_text(at: Nanos) -> String {
    let shown = at.plus(IST_AHEAD_S * SECOND_NS).to_string();
    shown.get(..19).map(|text| text.replace('T', " ")).unwrap_or_default()
}

fn parse(text: &str) -> Option<i64> {
    let date_text = text.get(..10)?;
    let rest = text.get(10..)?.strip_prefix([' ', 'T'])?.as_bytes();
    let day = date(date_text)?;
    if rest.len() < 8 || rest[2] != b':' || rest[5] != b':' || rest.len() > 40 {
        return None;
    }
    let (h, m, s) = (number(&rest[..2])?, number(&rest[3..5])?, number(&rest[6..8])?);
    if h > 23 || m > 59 || s > 59 {
        return None;
    }
    let (nanos, rest) = fraction(&rest[8..])?;
    let ahead_s = offset_s(rest)?;
    let second = day * DAY_S + h * 3600 + m * 60 + s - ahead_s;
    second.checked_mul(SECOND_NS)?.checked_add(nanos)
}

fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if len == 0 || len > 9 {
        return None;
    }
    let scale = (len..9).fold(1, |scale, _| scale * 10);
    Some((number(&digits[..len])? * scale, &digits[len..]))
}

fn offset_s(rest: &[u8]) -> Option<i64> {
    let (sign, rest) = match rest {
        [] => return Some(IST_AHEAD_S),
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (h, m) = match rest {
        [a, b, c, d] | [a, b, b':', c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    (h <= 14 && m <= 59).then_some(sign * (h * 3600 + m * 60))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

const fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970, counted in eras of 400 years that begin on 1 March, so that the leap day is
/// the last of its year.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        instant("time", text).map_or_else(|garbage| garbage.why, |at| at.to_string())
    }

    #[test]
    fn naive_times_are_indian() {
        assert_eq!(shown("2026-11-25 09:15:00"), "2026-11-25T03:45:00.000000000Z");
        assert_eq!(shown("2026-11-25 02:00:00"), "2026-11-24T20:30:00.000000000Z");
        assert_eq!(shown("2024-02-29 12:00:00.25"), "2024-02-29T06:30:00.250000000Z");
    }

    #[test]
    fn offsets_are_believed() {
        assert_eq!(shown("2026-11-25T09:15:00+0530"), "2026-11-25T03:45:00.000000000Z");
        assert_eq!(shown("2026-11-25T09:15:00+05:30"), "2026-11-25T03:45:00.000000000Z");
        assert_eq!(shown("2026-11-25T09:15:00Z"), "2026-11-25T09:15:00.000000000Z");
        assert_eq!(shown("2026-11-25T09:15:00-01:00"), "2026-11-25T10:15:00.000000000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "09:15:00",
            "2026-02-29 09:15:00",
            "2026-13-01 09:15:00",
            "2026-11-25 24:00:00",
            "2026-11-25 09:15",
            "2026-11-25 09:15:00+5",
            "1969-12-31 09:15:00",
            "2200-06-01 09:15:00",
            "0001-01-01 00:00:00",
            "2026-11-25 09:15:00.",
            "2026-11-25 0९:15:00",
        ] {
            assert!(instant("time", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_instant_is_written_as_it_is_read() {
        let at = Nanos(1_795_578_300 * SECOND_NS);
        assert_eq!(ist_text(at), "2026-11-25 09:15:00");
        assert_eq!(instant("time", &ist_text(at)), Ok(at));
    }

    #[test]
    fn a_token_made_before_six_dies_at_six() {
        let at = instant("time", "2026-11-25 05:59:59").expect("a time");
        assert_eq!(ist_text(next_token_death(at)), "2026-11-25 06:00:00");
        let at = instant("time", "2026-11-25 06:00:00").expect("a time");
        assert_eq!(ist_text(next_token_death(at)), "2026-11-26 06:00:00");
    }
}
