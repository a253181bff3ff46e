//! Instants. Integer nanoseconds since 1970, UTC; zones and calendars live at the edge.

use std::fmt;

/// One second in nanoseconds.
pub const SECOND_NS: i64 = 1_000_000_000;
/// One millisecond in nanoseconds.
pub const MILLI_NS: i64 = 1_000_000;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z. Durations are plain `i64` with the
/// suffix `_ns`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(
    /// Nanoseconds since 1970.
    pub i64,
);

impl Nanos {
    /// The latest instant; stands for "never".
    pub const MAX: Self = Self(i64::MAX);

    /// This instant moved by a duration; stops at the ends of the range instead of wrapping.
    #[must_use]
    pub const fn plus(self, duration_ns: i64) -> Self {
        Self(self.0.saturating_add(duration_ns))
    }

    /// Time from `earlier` to this instant; negative if it is the other way round.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Nanos {
    /// RFC 3339 in UTC with nine decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(SECOND_NS);
        let nanos = self.0.rem_euclid(SECOND_NS);
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{nanos:09}Z")
    }
}

/// Days since 1970 to year, month, day (proleptic Gregorian). Counts in eras of 400 years that
/// begin on 1 March, so that the leap day is the last day of a computational year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_print_as_rfc_3339() {
        assert_eq!(Nanos(0).to_string(), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(Nanos(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(
            Nanos(1_709_164_800 * SECOND_NS + 5).to_string(),
            "2024-02-29T00:00:00.000000005Z"
        );
    }
}
