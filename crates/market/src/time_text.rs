//! Instants as text: RFC 3339 to the nanosecond, with integers only.
//!
//! Entry points: [`parse`] (RFC 3339), [`parse_stamp`] (RFC 3339 or integer nanoseconds),
//! [`print()`].
//!
//! Invariants:
//! 1. Nothing is rounded: digits that a nanosecond cannot hold are refused unless they are zero.
//! 2. Nothing is guessed: a date without a time, a time without an offset and a leap second are
//!    refused. A date alone does not say when something was known.
//! 3. What [`print()`] writes, [`parse`] reads back as the same instant.

use std::fmt;

use truefill_core::time::{Nanos, SECOND_NS};

/// Integer stamps below this are not taken for nanoseconds since 1970: it would be before March
/// 1973, while seconds, milliseconds and microseconds of today are all below it.
pub const STAMP_NS_MIN: i64 = 100_000_000_000_000_000;

/// Why a text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// Not of the form `2025-03-25T23:07:00.5Z`.
    Malformed,
    /// A date without a time.
    DateOnly,
    /// Date and time, but no `Z` and no offset.
    NoOffset,
    /// A month, day, hour, minute, second or offset that does not exist.
    NoSuchTime,
    /// The second 60.
    LeapSecond,
    /// More than nine decimals that are not zero.
    TooPrecise,
    /// Outside 1677-09-21 to 2262-04-11, what nanoseconds in 64 bits can hold.
    OutOfRange,
    /// An integer that is too small for nanoseconds: seconds, milliseconds or microseconds.
    CoarseStamp,
}

impl TimeError {
    /// What to write instead.
    #[must_use]
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::DateOnly => {
                "a date alone does not say when it was known, and guessing that would be looking \
                 ahead: write the time of day with its offset, like 2025-03-25T15:30:00+05:30"
            }
            Self::NoOffset => "add `Z` for UTC or the offset, like +05:30",
            Self::LeapSecond => {
                "leap seconds have no instant of their own here: write second 59 or the next minute"
            }
            Self::TooPrecise => "write at most nine decimals of a second",
            Self::OutOfRange => "write an instant between the years 1678 and 2261",
            Self::CoarseStamp => {
                "integers are nanoseconds since 1970: append the zeros that are missing, or write \
                 RFC 3339"
            }
            Self::Malformed | Self::NoSuchTime => {
                "write RFC 3339 with an offset, like 2025-03-25T23:07:00.5Z or \
                 2025-03-25T15:30:00+05:30, or integer nanoseconds since 1970"
            }
        }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not an instant",
            Self::DateOnly => "a date without a time",
            Self::NoOffset => "a time without an offset from UTC",
            Self::NoSuchTime => "a time that does not exist",
            Self::LeapSecond => "a leap second",
            Self::TooPrecise => "more precise than a nanosecond",
            Self::OutOfRange => "outside the range of nanoseconds in 64 bits",
            Self::CoarseStamp => "too small for nanoseconds since 1970",
        })
    }
}

impl std::error::Error for TimeError {}

/// Reads RFC 3339 text: date, `T` or a space, time with at most nine decimals, `Z` or an offset.
///
/// # Errors
/// [`TimeError`] for anything else.
///
/// ```
/// use truefill_core::time::Nanos;
/// use truefill_market::time_text::{parse, TimeError};
/// assert_eq!(parse("1970-01-01T05:30:00.000000001+05:30"), Ok(Nanos(1)));
/// assert_eq!(parse("2025-03-25"), Err(TimeError::DateOnly));
/// assert_eq!(parse("2016-12-31T23:59:60Z"), Err(TimeError::LeapSecond));
/// ```
pub fn parse(text: &str) -> Result<Nanos, TimeError> {
    let mut rest = Cursor { bytes: text.as_bytes() };
    let day = rest.date()?;
    if rest.bytes.is_empty() {
        return Err(TimeError::DateOnly);
    }
    rest.one_of(b"Tt ")?;
    let (second, nanos) = rest.time_of_day()?;
    if rest.bytes.is_empty() {
        return Err(TimeError::NoOffset);
    }
    let offset = rest.offset()?;
    if !rest.bytes.is_empty() {
        return Err(TimeError::Malformed);
    }
    let seconds = day * 86_400 + second - offset;
    // Years have four digits, so this fits 128 bits by far; only the result may not fit 64.
    let total = i128::from(seconds) * i128::from(SECOND_NS) + i128::from(nanos);
    i64::try_from(total).map(Nanos).map_err(|_| TimeError::OutOfRange)
}

/// Reads an instant as files write it: RFC 3339, or integer nanoseconds since 1970.
///
/// # Errors
/// [`TimeError`]; integers below [`STAMP_NS_MIN`] are refused, because they are nearly always
/// seconds, milliseconds or microseconds.
///
/// ```
/// use truefill_core::time::Nanos;
/// use truefill_market::time_text::{parse_stamp, TimeError};
/// assert_eq!(parse_stamp("1742944020773684644"), Ok(Nanos(1_742_944_020_773_684_644)));
/// assert_eq!(parse_stamp("1742944020773"), Err(TimeError::CoarseStamp));
/// ```
pub fn parse_stamp(text: &str) -> Result<Nanos, TimeError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return parse(text);
    }
    match text.parse::<i64>() {
        Ok(ns) if ns < STAMP_NS_MIN => Err(TimeError::CoarseStamp),
        Ok(ns) => Ok(Nanos(ns)),
        Err(_) => Err(TimeError::OutOfRange),
    }
}

/// Writes an instant as RFC 3339 in UTC with nine decimals.
#[must_use]
pub fn print(time: Nanos) -> String {
    time.to_string()
}

/// What is left to read.
struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn date(&mut self) -> Result<i64, TimeError> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return Err(TimeError::NoSuchTime);
        }
        Ok(days_since_1970(year, month, day))
    }

    /// Seconds since midnight and nanoseconds.
    fn time_of_day(&mut self) -> Result<(i64, i64), TimeError> {
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return Err(TimeError::NoSuchTime);
        }
        if second == 60 {
            return Err(TimeError::LeapSecond);
        }
        let nanos = if self.skip(b'.') { self.fraction()? } else { 0 };
        Ok((hour * 3600 + minute * 60 + second, nanos))
    }

    fn fraction(&mut self) -> Result<i64, TimeError> {
        let digits = self.bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        let (fraction, rest) = self.bytes.split_at(digits);
        self.bytes = rest;
        if digits == 0 {
            return Err(TimeError::Malformed);
        }
        if fraction.iter().skip(9).any(|b| *b != b'0') {
            return Err(TimeError::TooPrecise);
        }
        let mut nanos = 0;
        for at in 0..9 {
            let digit = fraction.get(at).map_or(0, |b| i64::from(b - b'0'));
            nanos = nanos * 10 + digit;
        }
        Ok(nanos)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Result<i64, TimeError> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Ok(0),
        };
        let hours = self.number(2)?;
        self.one_of(b":")?;
        let minutes = self.number(2)?;
        if hours > 23 || minutes > 59 {
            return Err(TimeError::NoSuchTime);
        }
        Ok(sign * (hours * 3600 + minutes * 60))
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Result<i64, TimeError> {
        let (now, rest) = self.bytes.split_at_checked(digits).ok_or(TimeError::Malformed)?;
        self.bytes = rest;
        now.iter().try_fold(0, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + i64::from(byte - b'0'))
                .ok_or(TimeError::Malformed)
        })
    }

    fn one_of(&mut self, allowed: &[u8]) -> Result<u8, TimeError> {
        match self.bytes {
            [first, rest @ ..] if allowed.contains(first) => {
                let first = *first;
                self.bytes = rest;
                Ok(first)
            }
            _ => Err(TimeError::Malformed),
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        self.one_of(&[byte]).is_ok()
    }
}

pub(crate) const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counts in eras of 400 years that begin on 1 March, so that the leap day comes last.
pub(crate) const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_from_march) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests;
