//! Exact decimals to pixels: quotients, axes and their ticks, without floating point.
//!
//! Entry points: [`nearest`], [`Axis`], [`Hundredths`].
//!
//! Invariants:
//! - A place on a page is a whole number of hundredths of a pixel, and the same amount is
//!   always at the same place: what ends where something else begins, touches it.
//! - No axis has length zero in amounts, so nothing is divided by zero.

use std::fmt;
use truefill_gap::Decimal;

/// More steps than this lie between zero and no sensible axis.
const STEPS_MAX: i64 = 1 << 60;

/// A place or a length on the page, in hundredths of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hundredths(pub i64);

impl Hundredths {
    /// Whole pixels.
    pub const fn px(pixels: i64) -> Self {
        Hundredths(pixels * 100)
    }

    /// This place moved.
    pub const fn plus(self, other: Self) -> Self {
        Hundredths(self.0 + other.0)
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::from_scaled(i128::from(self.0), 2))
    }
}

/// The whole number nearest to `part / whole`, half up, between 0 and `most`.
///
/// `whole` is positive; a `part` below zero counts as zero.
pub(crate) fn nearest(part: &Decimal, whole: &Decimal, most: i64) -> i64 {
    let twice = part + part;
    // The largest k with (2k - 1) * whole <= 2 * part.
    largest(0, most, |k| &Decimal::from(2 * k - 1) * whole <= twice)
}

/// The largest number from `low` to `high` that fits, where all up to it fit; else `low`.
fn largest(mut low: i64, mut high: i64, fits: impl Fn(i64) -> bool) -> i64 {
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// How many whole steps fit under `value`, toward minus infinity; `None` beyond any axis.
fn steps_under(value: &Decimal, step: &Decimal) -> Option<i64> {
    let fits = |k: i64| &Decimal::from(k) * step <= *value;
    let mut reach: i64 = 1;
    while fits(reach) || !fits(-reach) {
        reach *= 2;
        if reach > STEPS_MAX {
            return None;
        }
    }
    Some(largest(-reach, reach, fits))
}

/// A straight axis: amounts from `low` to `high` on pixels `from` to `to`.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    low: Decimal,
    span: Decimal,
    /// The only level of an axis that was widened.
    only: Option<Decimal>,
    from: Hundredths,
    to: Hundredths,
}

impl Axis {
    /// An axis that holds all `levels`; one without length is widened around its only level.
    ///
    /// `from` may lie right of or below `to`: then amounts grow to the left or upward.
    pub fn over<'a>(
        levels: impl IntoIterator<Item = &'a Decimal>,
        from: Hundredths,
        to: Hundredths,
    ) -> Self {
        let (mut low, mut high): (Option<&Decimal>, Option<&Decimal>) = (None, None);
        for level in levels {
            low = Some(low.map_or(level, |low| low.min(level)));
            high = Some(high.map_or(level, |high| high.max(level)));
        }
        let mut low = low.cloned().unwrap_or_default();
        let mut span = &high.cloned().unwrap_or_default() - &low;
        let only = span.is_zero().then(|| low.clone());
        if only.is_some() {
            low -= &Decimal::from(1);
            span = Decimal::from(2);
        }
        Axis { low, span, only, from, to }
    }

    /// Where `amount` is; what is outside is put on the nearer end.
    pub fn at(&self, amount: &Decimal) -> Hundredths {
        let length = (self.to.0 - self.from.0).abs();
        let part = &(amount - &self.low) * &Decimal::from(length);
        let along = nearest(&part, &self.span, length);
        let forward = self.to >= self.from;
        Hundredths(if forward { self.from.0 + along } else { self.from.0 - along })
    }

    /// Round amounts on the axis, about as many as `most` and never more than one above it.
    pub fn ticks(&self, most: i64) -> Vec<Decimal> {
        if let Some(only) = &self.only {
            return vec![only.clone()];
        }
        let high = &self.low + &self.span;
        let Some(step) = self.round_step(most) else { return Vec::new() };
        let Some(first) = steps_under(&self.low, &step) else { return Vec::new() };
        (first..=first.saturating_add(most + 1))
            .map(|k| &Decimal::from(k) * &step)
            .filter(|tick| *tick >= self.low && *tick <= high)
            .collect()
    }

    /// The smallest of 1, 2, 5, 10, 20 ... of which at most `most` fit into the axis.
    fn round_step(&self, most: i64) -> Option<Decimal> {
        let text = self.span.to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let digits = i32::try_from(whole.len()).ok()?;
        let magnitude = match whole {
            "0" => -i32::try_from(decimals.bytes().take_while(|b| *b == b'0').count()).ok()?,
            _ => digits,
        };
        for exponent in magnitude - 4..=magnitude + 1 {
            for factor in ["1", "2", "5"] {
                let step: Decimal = format!("{factor}e{exponent}").parse().ok()?;
                if &step * &Decimal::from(most.max(1)) >= self.span {
                    return Some(step);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn nearest_rounds_half_up_and_stays_inside() {
        for (part, whole, expected) in
            [("0", "3", 0), ("1", "2", 1), ("49", "100", 0), ("-5", "1", 0), ("7.5", "2.5", 3)]
        {
            assert_eq!(nearest(&d(part), &d(whole), 10), expected, "{part}/{whole}");
        }
        assert_eq!(nearest(&d("1e40"), &d("1e-40"), 10), 10);
    }

    #[test]
    fn an_axis_maps_its_ends_exactly_in_both_directions() {
        let (low, high) = (d("-1000000000000000000000.5"), d("-999999999999999999999.5"));
        let right = Axis::over([&low, &high], Hundredths::px(10), Hundredths::px(110));
        assert_eq!((right.at(&low).0, right.at(&high).0), (1_000, 11_000));
        assert_eq!(right.at(&d("-1e21")).0, 6_000);
        assert_eq!(right.at(&d("0")).0, 11_000, "outside is put on the end");
        let up = Axis::over([&low, &high], Hundredths::px(110), Hundredths::px(10));
        assert_eq!((up.at(&low).0, up.at(&high).0), (11_000, 1_000));
    }

    #[test]
    fn an_axis_of_one_level_or_none_has_it_in_the_middle() {
        for levels in [vec![], vec![Decimal::ZERO], vec![d("7"), d("7.0")]] {
            let axis = Axis::over(&levels, Hundredths(0), Hundredths(100));
            let level = levels.first().cloned().unwrap_or_default();
            assert_eq!((axis.at(&level).0, axis.ticks(5)), (50, vec![level]));
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        for (low, high, expected) in [
            ("225.02", "899.86", "400 600 800"),
            ("-0.0031", "0.0042", "-0.002 0 0.002 0.004"),
            ("0", "1", "0 0.2 0.4 0.6 0.8 1"),
            ("-12e20", "3e20", "-1000000000000000000000 -500000000000000000000 0"),
        ] {
            let axis = Axis::over([&d(low), &d(high)], Hundredths(0), Hundredths(1));
            let ticks: Vec<String> = axis.ticks(5).iter().map(ToString::to_string).collect();
            assert_eq!(ticks.join(" "), expected, "{low}..{high}");
        }
    }

    #[test]
    fn an_axis_of_absurd_size_has_no_ticks_and_still_places() {
        let huge = &d("1e60") * &d("1e60");
        let axis = Axis::over([&Decimal::ZERO, &huge], Hundredths(0), Hundredths(10));
        assert_eq!(axis.ticks(5), []);
        assert_eq!(axis.at(&huge).0, 10);
    }
}
