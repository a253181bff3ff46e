//! Time zones of market data: what a wall clock in a file means in UTC.
//!
//! Entry points: [`Zone`], its [`parse`](Zone::parse), [`to_utc`](Zone::to_utc) and
//! [`offset_at`](Zone::offset_at).
//!
//! Only rules, no database: the zones of the exchanges whose files are common. Rules of daylight
//! saving time: United States since 1967 (15 U.S.C. 260a as amended in 1986 and 2005, without
//! the two energy-crisis years 1974 and 1975), European Union since 1996 (Directive 2000/84/EC),
//! south-eastern Australia since 2008 (Standard Time Act 1987 of New South Wales as amended).
//! Earlier times get the earliest rule, which may be an hour off.
//!
//! Invariants:
//! 1. [`Zone::to_utc`] says when a wall time did not exist or existed twice; it never picks.
//! 2. For every instant, `to_utc` of its wall time gives that instant back, alone or as one of two.

use truefill_core::time::{Nanos, SECOND_NS};

use crate::time_text::days_since_1970;

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// Seconds east of UTC, always the same.
    Fixed(i32),
    /// America/New_York.
    NewYork,
    /// America/Chicago.
    Chicago,
    /// America/Denver.
    Denver,
    /// America/Los_Angeles.
    LosAngeles,
    /// Europe/London.
    London,
    /// Europe/Berlin, and what shares its rule: Paris, Amsterdam, Zurich, Madrid, Milan.
    Berlin,
    /// Europe/Athens, and what shares its rule: Helsinki, Bucharest, Sofia.
    Athens,
    /// Australia/Sydney, Melbourne.
    Sydney,
    /// Asia/Kolkata.
    Kolkata,
}

/// What a wall time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utc {
    /// One instant.
    One(Nanos),
    /// Clocks were put back: two instants, the earlier one first.
    Twice(Nanos, Nanos),
    /// Clocks were put forward over it.
    Never,
}

/// Names and their zones, as the IANA database spells them.
const NAMES: [(&str, Zone); 53] = [
    ("UTC", Zone::Utc),
    ("Z", Zone::Utc),
    ("GMT", Zone::Utc),
    ("Etc/UTC", Zone::Utc),
    ("America/New_York", Zone::NewYork),
    ("America/Toronto", Zone::NewYork),
    ("US/Eastern", Zone::NewYork),
    ("America/Chicago", Zone::Chicago),
    ("US/Central", Zone::Chicago),
    ("America/Denver", Zone::Denver),
    ("America/Los_Angeles", Zone::LosAngeles),
    ("America/Sao_Paulo", Zone::Fixed(-10_800)),
    ("Europe/London", Zone::London),
    ("Europe/Dublin", Zone::London),
    ("Europe/Lisbon", Zone::London),
    ("Europe/Berlin", Zone::Berlin),
    ("Europe/Paris", Zone::Berlin),
    ("Europe/Amsterdam", Zone::Berlin),
    ("Europe/Zurich", Zone::Berlin),
    ("Europe/Madrid", Zone::Berlin),
    ("Europe/Rome", Zone::Berlin),
    ("Europe/Brussels", Zone::Berlin),
    ("Europe/Vienna", Zone::Berlin),
    ("Europe/Stockholm", Zone::Berlin),
    ("Europe/Oslo", Zone::Berlin),
    ("Europe/Copenhagen", Zone::Berlin),
    ("Europe/Warsaw", Zone::Berlin),
    ("Europe/Prague", Zone::Berlin),
    ("Europe/Budapest", Zone::Berlin),
    ("Europe/Athens", Zone::Athens),
    ("Europe/Helsinki", Zone::Athens),
    ("Europe/Istanbul", Zone::Fixed(10_800)),
    ("Europe/Moscow", Zone::Fixed(10_800)),
    ("Africa/Johannesburg", Zone::Fixed(7_200)),
    ("Asia/Riyadh", Zone::Fixed(10_800)),
    ("Asia/Dubai", Zone::Fixed(14_400)),
    ("Asia/Karachi", Zone::Fixed(18_000)),
    ("Asia/Kolkata", Zone::Kolkata),
    ("Asia/Calcutta", Zone::Kolkata),
    ("Asia/Dhaka", Zone::Fixed(21_600)),
    ("Asia/Bangkok", Zone::Fixed(25_200)),
    ("Asia/Jakarta", Zone::Fixed(25_200)),
    ("Asia/Shanghai", Zone::Fixed(28_800)),
    ("Asia/Taipei", Zone::Fixed(28_800)),
    ("Asia/Kuala_Lumpur", Zone::Fixed(28_800)),
    ("Asia/Hong_Kong", Zone::Fixed(28_800)),
    ("Asia/Singapore", Zone::Fixed(28_800)),
    ("Asia/Manila", Zone::Fixed(28_800)),
    ("Australia/Perth", Zone::Fixed(28_800)),
    ("Asia/Tokyo", Zone::Fixed(32_400)),
    ("Asia/Seoul", Zone::Fixed(32_400)),
    ("Australia/Sydney", Zone::Sydney),
    ("Australia/Melbourne", Zone::Sydney),
];

impl Zone {
    /// The zone of a name of the IANA database that is known here, or of an offset like `+05:30`.
    ///
    /// ```
    /// use truefill_market::zone::Zone;
    /// assert_eq!(Zone::parse("Asia/Kolkata"), Some(Zone::Kolkata));
    /// assert_eq!(Zone::parse("-05:00"), Some(Zone::Fixed(-18_000)));
    /// assert_eq!(Zone::parse("EST"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, zone)| *zone).or_else(|| offset(text).map(Self::Fixed))
    }

    /// The names that [`Zone::parse`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Seconds east of UTC at an instant.
    #[must_use]
    pub fn offset_at(self, utc: Nanos) -> i32 {
        let second = utc.0.div_euclid(SECOND_NS);
        match self {
            Self::Utc => 0,
            Self::Fixed(seconds) => seconds,
            Self::Kolkata => 19_800,
            Self::NewYork => american(-5, second),
            Self::Chicago => american(-6, second),
            Self::Denver => american(-7, second),
            Self::LosAngeles => american(-8, second),
            Self::London => european(0, second),
            Self::Berlin => european(1, second),
            Self::Athens => european(2, second),
            Self::Sydney => australian(10, second),
        }
    }

    /// What a wall time means; it is given as nanoseconds since 1970-01-01T00:00:00 on that wall.
    ///
    /// ```
    /// use truefill_core::time::Nanos;
    /// use truefill_market::zone::{Utc, Zone};
    /// // 2024-01-02 09:30:00 in New York.
    /// let wall = 1_704_187_800_000_000_000;
    /// assert_eq!(Zone::NewYork.to_utc(wall), Utc::One(Nanos(wall + 5 * 3_600_000_000_000)));
    /// ```
    #[must_use]
    pub fn to_utc(self, local_ns: i64) -> Utc {
        // No offset here changes by more than an hour, nor twice in two days.
        let early = self.offset_at(Nanos(local_ns.saturating_sub(DAY * SECOND_NS)));
        let late = self.offset_at(Nanos(local_ns.saturating_add(DAY * SECOND_NS)));
        let at = |offset: i32| Nanos(local_ns.saturating_sub(i64::from(offset) * SECOND_NS));
        let fits = |offset: i32| self.offset_at(at(offset)) == offset;
        match (fits(early), fits(late)) {
            (true, true) if early != late => {
                Utc::Twice(at(early).min(at(late)), at(early).max(at(late)))
            }
            (true, _) => Utc::One(at(early)),
            (false, true) => Utc::One(at(late)),
            (false, false) => Utc::Never,
        }
    }
}

/// `+05:30`, `-0500`, `+09`: seconds east of UTC.
pub(crate) fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes() {
        [b'+', ..] => (1, text.get(1..)?),
        [b'-', ..] => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = match (rest.len(), rest.split_once(':')) {
        (5, Some((hours, minutes))) if hours.len() == 2 => (hours, minutes),
        (4, None) => (rest.get(..2)?, rest.get(2..)?),
        (2, None) => (rest, "00"),
        _ => return None,
    };
    if !rest.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn american(standard_hours: i32, second: i64) -> i32 {
    let standard = i64::from(standard_hours) * HOUR;
    // The year by standard time is the year of every switch.
    let year = year_of((second + standard).div_euclid(DAY));
    let (from, until) = match year {
        2007.. => (nth_sunday(year, 3, 2), nth_sunday(year, 11, 1)),
        1987.. => (nth_sunday(year, 4, 1), last_sunday(year, 10)),
        _ => (last_sunday(year, 4), last_sunday(year, 10)),
    };
    // At 2 o'clock of the wall: standard time in spring, an hour more in autumn.
    let from = from * DAY + 2 * HOUR - standard;
    let until = until * DAY + HOUR - standard;
    standard_hours * 3600 + if (from..until).contains(&second) { 3600 } else { 0 }
}

fn european(standard_hours: i32, second: i64) -> i32 {
    let year = year_of(second.div_euclid(DAY));
    let from = last_sunday(year, 3) * DAY + HOUR;
    let until = last_sunday(year, 10) * DAY + HOUR;
    standard_hours * 3600 + if (from..until).contains(&second) { 3600 } else { 0 }
}

/// New South Wales and Victoria since 2008: first Sunday in October to first Sunday in April.
fn australian(standard_hours: i32, second: i64) -> i32 {
    let standard = i64::from(standard_hours) * HOUR;
    let year = year_of((second + standard).div_euclid(DAY));
    // At 2 o'clock of standard time, both.
    let at = |month| nth_sunday(year, month, 1) * DAY + 2 * HOUR - standard;
    let summer = second < at(4) || second >= at(10);
    standard_hours * 3600 + if summer { 3600 } else { 0 }
}

/// The year of a day, by trying the years that it may lie in.
fn year_of(day: i64) -> i64 {
    let guess = 1970 + day.div_euclid(366);
    (guess..=guess + 2).rev().find(|year| days_since_1970(*year, 1, 1) <= day).unwrap_or(guess)
}

/// 1970-01-01 was a Thursday.
fn nth_sunday(year: i64, month: i64, nth: i64) -> i64 {
    let first = days_since_1970(year, month, 1);
    first + (3 - first).rem_euclid(7) + 7 * (nth - 1)
}

/// For months of at least 30 days that are not the last of a year.
fn last_sunday(year: i64, month: i64) -> i64 {
    nth_sunday(year, month + 1, 1) - 7
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time_text::parse;

    fn wall(text: &str) -> i64 {
        parse(&format!("{text}Z")).unwrap().0
    }

    #[test]
    fn switches_lie_where_the_law_put_them() {
        for (zone, text, hours) in [
            (Zone::NewYork, "2024-03-10T06:59:59Z", -5),
            (Zone::NewYork, "2024-03-10T07:00:00Z", -4),
            (Zone::NewYork, "2024-11-03T05:59:59Z", -4),
            (Zone::NewYork, "2024-11-03T06:00:00Z", -5),
            (Zone::NewYork, "2006-04-02T07:00:00Z", -4),
            (Zone::NewYork, "2006-10-29T06:00:00Z", -5),
            (Zone::NewYork, "1986-04-27T07:00:00Z", -4),
            (Zone::NewYork, "1986-04-20T07:00:00Z", -5),
            (Zone::NewYork, "2011-01-01T00:00:00Z", -5),
            (Zone::Chicago, "2024-03-10T07:59:59Z", -6),
            (Zone::Chicago, "2024-03-10T08:00:00Z", -5),
            (Zone::London, "2024-03-31T00:59:59Z", 0),
            (Zone::London, "2024-03-31T01:00:00Z", 1),
            (Zone::London, "2024-10-27T01:00:00Z", 0),
            (Zone::Berlin, "2024-10-27T00:59:59Z", 2),
            (Zone::Berlin, "2024-10-27T01:00:00Z", 1),
        ] {
            assert_eq!(zone.offset_at(parse(text).unwrap()), hours * 3600, "{zone:?} {text}");
        }
        assert_eq!(Zone::Kolkata.offset_at(Nanos(0)), 19_800);
    }

    #[test]
    fn a_wall_time_may_be_missing_or_there_twice() {
        assert_eq!(Zone::NewYork.to_utc(wall("2024-03-10T02:30:00")), Utc::Never);
        let (a, b) = ("2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z");
        let twice = Utc::Twice(parse(a).unwrap(), parse(b).unwrap());
        assert_eq!(Zone::NewYork.to_utc(wall("2024-11-03T01:30:00")), twice);
        let one = Utc::One(parse("2024-11-03T07:00:00Z").unwrap());
        assert_eq!(Zone::NewYork.to_utc(wall("2024-11-03T02:00:00")), one);
        assert_eq!(Zone::Berlin.to_utc(wall("2024-03-31T02:00:00")), Utc::Never);
    }

    #[test]
    fn offsets_have_one_form_each() {
        for (text, seconds) in [("+05:30", 19_800), ("-0500", -18_000), ("+09", 32_400)] {
            assert_eq!(Zone::parse(text), Some(Zone::Fixed(seconds)), "{text}");
        }
        for text in ["05:30", "+5:30", "+24:00", "+05:60", "+0\u{665}", "EST", "", "+", "+--30"] {
            assert_eq!(Zone::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(second in -86_400_i64 * 365..86_400 * 365 * 130, at in 0..7_usize) {
            let zone = [Zone::Utc, Zone::Fixed(-18_000), Zone::NewYork, Zone::Chicago,
                Zone::London, Zone::Berlin, Zone::Kolkata][at];
            let utc = Nanos(second * SECOND_NS);
            let local = utc.0 + i64::from(zone.offset_at(utc)) * SECOND_NS;
            let back = match zone.to_utc(local) {
                Utc::One(one) => one == utc,
                Utc::Twice(a, b) => (a == utc || b == utc) && b.since(a) == HOUR * SECOND_NS,
                Utc::Never => false,
            };
            prop_assert!(back);
        }
    }
}
