//! Offsets from UTC of the places whose sessions we know: fixed ones, and New York by its rule.

use truefill_core::time::{Nanos, SECOND_NS};

use super::text::time_of_day;
use crate::date::{DAY_SECONDS, Date};
use crate::error::{ErrorKind, MarketError};
use crate::facts::{Fact, Word};

const HOUR: i64 = 3600;

/// A zone of session data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Seconds east of UTC, the whole year.
    Fixed(i64),
    /// UTC-5, and UTC-4 from the second Sunday of March, 02:00, to the first Sunday of November,
    /// 02:00: the rule of the United States since 2007.
    NewYork,
}

/// First year of the rule for [`Zone::NewYork`].
pub(super) const NEW_YORK_FIRST_YEAR: i64 = 2007;

impl Zone {
    /// A zone as data write it: `UTC`, `New_York`, `+05:30`.
    pub(crate) fn parse(fact: &Fact<'_>, word: Word<'_>) -> Result<Self, MarketError> {
        match word.text {
            "UTC" => return Ok(Self::Fixed(0)),
            "New_York" => return Ok(Self::NewYork),
            _ => {}
        }
        let sign = match word.text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(fact.unknown(word, "a zone", &["UTC", "New_York", "+05:30"])),
        };
        let east = word.text.get(1..).filter(|offset| offset.len() == 5).and_then(time_of_day);
        match east.filter(|east| *east < DAY_SECONDS) {
            Some(east) => Ok(Self::Fixed(sign * east)),
            None => {
                Err(fact.problem(ErrorKind::Time, word, "not an offset", "write it like +05:30"))
            }
        }
    }

    /// The local date of an instant.
    pub(crate) fn date_at(self, at: Nanos) -> Date {
        let local = self.to_local(at.0.div_euclid(SECOND_NS));
        Date::from_days(local.div_euclid(DAY_SECONDS))
    }

    /// UTC seconds of local seconds (both since 1970). A time that the clock skips is the moment
    /// of the skip; a time that it shows twice is the first of the two. So order is kept.
    pub(crate) fn to_utc(self, local: i64) -> i64 {
        match self {
            Self::Fixed(east) => local - east,
            Self::NewYork => {
                let (spring, autumn) = new_york_changes(local);
                if local < spring || local >= autumn {
                    local + 5 * HOUR
                } else {
                    // Between 02:00 and 03:00 of the spring day there is no local time.
                    (local + 4 * HOUR).max(spring + 5 * HOUR)
                }
            }
        }
    }

    /// Local seconds of UTC seconds.
    pub(crate) fn to_local(self, utc: i64) -> i64 {
        match self {
            Self::Fixed(east) => utc + east,
            Self::NewYork => {
                let standard = utc - 5 * HOUR;
                let (spring, autumn) = new_york_changes(standard);
                // Both changes happen at 02:00 of the clock before them: in autumn that is one
                // hour earlier in standard time.
                let summer = standard >= spring && standard < autumn - HOUR;
                if summer { standard + HOUR } else { standard }
            }
        }
    }
}

/// Local 02:00 of the two days of change in the year of a local time.
fn new_york_changes(local: i64) -> (i64, i64) {
    let (year, _, _) = Date::from_days(local.div_euclid(DAY_SECONDS)).ymd();
    let two_o_clock = |month, sunday: i64| {
        // Out of the range of dates nothing is traded; the first of 1970 stands in for it.
        let first = Date::from_ymd(year, month, 1).unwrap_or(Date::from_days(0));
        // Days from the first of the month to its first Sunday.
        let to_sunday = (10 - first.days()).rem_euclid(7);
        (first.days() + to_sunday + 7 * (sunday - 1)) * DAY_SECONDS + 2 * HOUR
    };
    (two_o_clock(3, 2), two_o_clock(11, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::Weekday;

    fn seconds(date: &str, hour: i64, minute: i64) -> i64 {
        date.parse::<Date>().unwrap().days() * DAY_SECONDS + hour * HOUR + minute * 60
    }

    #[test]
    fn new_york_changes_on_the_published_days() {
        for (year, spring, autumn) in [
            (2007, "2007-03-11", "2007-11-04"),
            (2024, "2024-03-10", "2024-11-03"),
            (2025, "2025-03-09", "2025-11-02"),
            (2026, "2026-03-08", "2026-11-01"),
            (2027, "2027-03-14", "2027-11-07"),
        ] {
            let local = seconds(&format!("{year}-06-01"), 0, 0);
            let expected = (seconds(spring, 2, 0), seconds(autumn, 2, 0));
            assert_eq!(new_york_changes(local), expected, "{year}");
            for day in [spring, autumn] {
                assert_eq!(day.parse::<Date>().unwrap().weekday(), Weekday::Sunday);
            }
        }
    }

    #[test]
    fn the_skipped_and_the_doubled_hour() {
        let zone = Zone::NewYork;
        let skip = seconds("2026-03-08", 7, 0);
        assert_eq!(zone.to_utc(seconds("2026-03-08", 1, 59)), skip - 60);
        for minute in [0, 30, 59] {
            assert_eq!(zone.to_utc(seconds("2026-03-08", 2, minute)), skip);
        }
        assert_eq!(zone.to_utc(seconds("2026-03-08", 3, 1)), skip + 60);
        assert_eq!(zone.to_local(skip - 1), seconds("2026-03-08", 2, 0) - 1);
        assert_eq!(zone.to_local(skip), seconds("2026-03-08", 3, 0));

        let back = seconds("2026-11-01", 6, 0);
        assert_eq!(zone.to_local(back - 1), seconds("2026-11-01", 2, 0) - 1);
        assert_eq!(zone.to_local(back), seconds("2026-11-01", 1, 0));
        assert_eq!(zone.to_utc(seconds("2026-11-01", 1, 30)), back - HOUR / 2);
        assert_eq!(zone.to_utc(seconds("2026-11-01", 2, 0)), back + HOUR);
    }

    #[test]
    fn order_is_kept_and_there_and_back_is_the_same() {
        let zone = Zone::NewYork;
        let mut local = seconds("2025-01-01", 0, 0);
        let mut before = i64::MIN;
        while local < seconds("2027-01-01", 0, 0) {
            let utc = zone.to_utc(local);
            assert!(utc >= before, "{local}");
            let skipped = zone.to_local(utc) != local;
            let (spring, _) = new_york_changes(local);
            assert_eq!(skipped, local >= spring && local < spring + HOUR, "{local}");
            before = utc;
            local += 600;
        }
    }
}
