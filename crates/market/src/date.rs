//! Calendar dates without a time: what rules and holidays are dated with.
//!
//! Entry points: [`Date`], [`Weekday`].
//!
//! Invariants:
//! 1. A date that was read exists, and its years lie between 1678 and 2261, so that its midnight
//!    is an instant in 64 bits of nanoseconds.
//! 2. What is printed reads back as the same date.

use std::fmt;
use std::str::FromStr;

/// Seconds of a day; there are no leap seconds.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// First and last year that are read.
const YEARS: std::ops::RangeInclusive<i64> = 1678..=2261;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// All seven, beginning with Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Its three letters, as data files write it.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Monday => "mon",
            Self::Tuesday => "tue",
            Self::Wednesday => "wed",
            Self::Thursday => "thu",
            Self::Friday => "fri",
            Self::Saturday => "sat",
            Self::Sunday => "sun",
        }
    }
}

/// A date of the Gregorian calendar.
///
/// ```
/// use truefill_market::date::{Date, Weekday};
/// let date: Date = "2026-08-03".parse()?;
/// assert_eq!(date.weekday(), Weekday::Monday);
/// assert_eq!(date.plus_days(-2).to_string(), "2026-08-01");
/// assert!("2026-02-29".parse::<Date>().is_err());
/// # Ok::<(), truefill_market::date::NotADate>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i64,
}

/// The text is not a date that exists, written `2026-08-03`, between the years 1678 and 2261.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date between 1678-01-01 and 2261-12-31")
    }
}

impl std::error::Error for NotADate {}

impl Date {
    /// The date of year, month and day; `None` if there is no such day or the year is out of
    /// range.
    #[must_use]
    pub fn from_ymd(year: i64, month: i64, day: i64) -> Option<Self> {
        if !YEARS.contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let date = Self { days: days_since_1970(year, month, day) };
        (date.ymd() == (year, month, day)).then_some(date)
    }

    /// The date that is so many days after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        Self { days }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.days
    }

    /// Year, month, day. Counts in eras of 400 years that begin on 1 March, so that the leap day
    /// is the last day of a year of the count.
    #[must_use]
    pub const fn ymd(self) -> (i64, i64, i64) {
        let shifted = self.days.saturating_add(719_468);
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let first_day = 365 * year_of_era + year_of_era / 4 - year_of_era / 100;
        let day_of_year = day_of_era - first_day;
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let january = month_from_march >= 10;
        let month = if january { month_from_march - 9 } else { month_from_march + 3 };
        (year_of_era + era * 400 + if january { 1 } else { 0 }, month, day)
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday, the fourth day of its week.
        let since_monday = self.days.saturating_add(3).rem_euclid(7);
        let at = usize::try_from(since_monday).unwrap_or(0);
        Weekday::ALL.get(at).copied().unwrap_or(Weekday::Monday)
    }

    /// This date moved by days.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self { days: self.days.saturating_add(days) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let date = (number(4), number(2), number(2));
        match (date, parts.next()) {
            ((Some(year), Some(month), Some(day)), None) => Self::from_ymd(year, month, day),
            _ => None,
        }
        .ok_or(NotADate)
    }
}

/// The inverse of [`Date::ymd`] for months from 1 to 12.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_from_march) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use truefill_core::time::{Nanos, SECOND_NS};

    use super::*;

    #[test]
    fn every_day_agrees_with_the_printed_instant() {
        // The instant's own printing is another implementation of the same calendar.
        let first = Date::from_ymd(1678, 1, 1).unwrap();
        let last = Date::from_ymd(2261, 12, 31).unwrap();
        let mut date = first;
        let mut weekday = date.weekday();
        while date <= last {
            let text = date.to_string();
            let instant = Nanos(date.days() * DAY_SECONDS * SECOND_NS).to_string();
            assert_eq!(Some(text.as_str()), instant.get(..10));
            assert_eq!(text.parse(), Ok(date));
            assert_eq!(date.weekday(), weekday, "{text}");
            let at = Weekday::ALL.iter().position(|day| *day == weekday).unwrap();
            weekday = Weekday::ALL[(at + 1) % 7];
            date = date.plus_days(1);
        }
        assert_eq!("2024-01-01".parse::<Date>().unwrap().weekday(), Weekday::Monday);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2026",
            "2026-1-01",
            "2026-01-1",
            "26-01-01",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "1677-12-31",
            "2262-01-01",
            "2026-01-01-",
            "+026-01-01",
            "2026/01/01",
            "2026-01-01T",
            "2026-\u{660}1-01",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NotADate), "{text}");
        }
        assert!("2024-02-29".parse::<Date>().is_ok() && "2000-02-29".parse::<Date>().is_ok());
    }
}
