//! The time that a ledger line carries.
//!
//! Entry points: [`Time`].
//!
//! Invariant: a time is kept exactly as it was written and decides nothing.

use std::fmt;
use std::str::FromStr;

/// When a line happened: integer nanoseconds, or RFC 3339 text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time(Form);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Nanos(i64),
    Rfc3339(String),
}

impl Time {
    /// A time as nanoseconds since 1970-01-01T00:00:00Z.
    pub fn from_nanos(nanos: i64) -> Self {
        Time(Form::Nanos(nanos))
    }

    /// The nanoseconds since the epoch, if it was written so.
    pub fn as_nanos(&self) -> Option<i64> {
        match self.0 {
            Form::Nanos(nanos) => Some(nanos),
            Form::Rfc3339(_) => None,
        }
    }
}

impl FromStr for Time {
    type Err = NotRfc3339;

    /// Accepts RFC 3339 text, such as `2026-01-05T09:20:05.120+05:30`.
    fn from_str(text: &str) -> Result<Self, NotRfc3339> {
        if is_rfc3339(text.as_bytes()) {
            Ok(Time(Form::Rfc3339(text.to_owned())))
        } else {
            Err(NotRfc3339)
        }
    }
}

/// A text that is not an RFC 3339 date and time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-01-05T09:20:05.120+05:30")]
pub struct NotRfc3339;

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Nanos(nanos) => nanos.fmt(f),
            Form::Rfc3339(text) => f.pad(text),
        }
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Nanos(nanos) => serializer.serialize_i64(*nanos),
            Form::Rfc3339(text) => serializer.serialize_str(text),
        }
    }
}

fn is_rfc3339(text: &[u8]) -> bool {
    date_and_rest(text).is_some_and(|rest| {
        time_and_rest(rest).is_some_and(|offset| match offset {
            b"Z" | b"z" => true,
            [b'+' | b'-', hour @ .., b':', m1, m2] => {
                two(hour).is_some_and(|hour| hour < 24) && two(&[*m1, *m2]).is_some_and(|m| m < 60)
            }
            _ => false,
        })
    })
}

fn date_and_rest(text: &[u8]) -> Option<&[u8]> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', rest @ ..] = text else {
        return None;
    };
    let year = two(&[*y1, *y2])? * 100 + two(&[*y3, *y4])?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match two(&[*m1, *m2])? {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&two(&[*d1, *d2])?).then_some(rest)
}

fn time_and_rest(text: &[u8]) -> Option<&[u8]> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = text else {
        return None;
    };
    // Second 60 is a leap second.
    if two(&[*h1, *h2])? > 23 || two(&[*m1, *m2])? > 59 || two(&[*s1, *s2])? > 60 {
        return None;
    }
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some(rest);
    };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| fraction.split_at(digits).1)
}

fn two(digits: &[u8]) -> Option<u32> {
    match digits {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_accepted_and_kept_as_written() {
        for text in [
            "2026-01-05T09:20:05.120+05:30",
            "2026-01-05t09:20:05z",
            "2024-02-29 23:59:60.123456789123Z",
            "2000-02-29T00:00:00-00:00",
        ] {
            assert_eq!(text.parse::<Time>().map(|time| time.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_has_no_offset_or_no_such_date_is_refused() {
        for text in [
            "",
            "2026-01-05",
            "2026-01-05T09:20:05",
            "2026-01-05T09:20:05.+05:30",
            "2026-01-05T09:20:05+0530",
            "2026-01-05T09:20:05+05:3",
            "2026-01-05T09:20:05+24:00",
            "2026-02-29T09:20:05Z",
            "1900-02-29T09:20:05Z",
            "2026-13-05T09:20:05Z",
            "2026-00-05T09:20:05Z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T09:60:05Z",
            "2026-1-05T09:20:05Z",
            "2026-01-05T09:20:05Z ",
            "1767583205",
        ] {
            assert_eq!(text.parse::<Time>(), Err(NotRfc3339), "{text:?}");
        }
    }
}
