//! Amounts, shares, durations and instants as a reader sees them.
//!
//! Entry points: [`cents`], [`exact`], [`count`], [`effect`], [`share`], [`duration`], [`seconds`],
//! [`instant`].
//!
//! Invariants:
//! - Everything is decimal text and integers; what is rounded here is never added up again.
//! - Groups of three digits, a point, and the true minus sign, in every locale.

use crate::scale::nearest;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_gap::{Decimal, Rounding};

/// Amounts with more digits before the point are shown as a power of ten.
const WHOLE_DIGITS_MAX: usize = 18;
/// Shares beyond this many tenths of a percent say nothing; see [`share`].
const SHARE_MAX: i64 = 10_000;

/// An amount with two digits after the point; a power of ten where nobody could read it.
pub(crate) fn cents(amount: &Decimal) -> String {
    let rounded = amount.rounded(2, Rounding::HalfEven);
    let text = rounded.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    if whole.len() > WHOLE_DIGITS_MAX {
        return power_of_ten(amount, 6);
    }
    format!("{}{}.{decimals:0<2}", sign(&rounded), grouped(whole))
}

/// A number with every digit it has.
pub(crate) fn exact(number: &Decimal) -> String {
    let text = number.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{}{point}{decimals}", sign(number), grouped(whole))
}

/// A count in groups of three digits.
pub(crate) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// What a cost does to the profit: an arrow down or up, and its size.
pub(crate) fn effect(cost: &Decimal) -> String {
    let arrow = match cost {
        _ if cost.is_positive() => "\u{25bc}",
        _ if cost.is_negative() => "\u{25b2}",
        _ => "\u{2022}",
    };
    format!("{arrow}\u{a0}{}", cents(&cost.abs()))
}

/// A mark on an axis: every digit, or a power of ten where they would not fit.
pub(crate) fn tick(number: &Decimal) -> String {
    let full = exact(number);
    if full.chars().count() <= 15 { full } else { power_of_ten(number, 4) }
}

/// The first digits of a number of ten or more, and how many follow; smaller ones as they are.
fn power_of_ten(number: &Decimal, digits: usize) -> String {
    let text = number.abs().to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    if whole.len() < 2 {
        return exact(number);
    }
    let (first, rest) = whole.split_at(1);
    let rest: String = rest.chars().take(digits).collect();
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{}{first}{point}{rest}e{}", sign(number), whole.len() - 1)
}

fn sign(number: &Decimal) -> &'static str {
    if number.is_negative() { "\u{2212}" } else { "" }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The share of `amount` in `gap` in tenths of a percent, below zero when they differ in sign.
///
/// Shares of the causes add up to the whole. `None` where the gap is so small beside the
/// amount (a tenth or less) that a share of it would say nothing.
pub(crate) fn share(amount: &Decimal, gap: &Decimal) -> Option<i64> {
    if gap.is_zero() || amount.abs() >= &gap.abs() * &Decimal::from(10) {
        return None;
    }
    let tenths = nearest(&(&amount.abs() * &Decimal::from(1_000)), &gap.abs(), SHARE_MAX);
    Some(if amount.is_negative() == gap.is_negative() { tenths } else { -tenths })
}

/// Tenths of a percent, such as `28.6 %`.
pub(crate) fn percent(tenths: i64) -> String {
    let sign = if tenths < 0 { "\u{2212}" } else { "" };
    let size = tenths.abs();
    format!("{sign}{}.{}\u{a0}%", size / 10, size % 10)
}

/// A duration with at most three digits that count, in the unit that suits it.
pub(crate) fn duration(ns: i64) -> String {
    let ns = ns.max(0);
    if ns == 0 {
        return "0".to_owned();
    }
    // Each unit with the duration from which the next one is used.
    let units = [
        (1, "ns", 1_000),
        (1_000, "\u{b5}s", MILLI_NS),
        (MILLI_NS, "ms", SECOND_NS),
        (SECOND_NS, "s", 120 * SECOND_NS),
        (60 * SECOND_NS, "min", 7_200 * SECOND_NS),
    ];
    let suits = units.iter().find(|(_, _, below)| ns < *below);
    let (unit, name) = suits.map_or((3_600 * SECOND_NS, "h"), |(unit, name, _)| (*unit, name));
    let places = [100, 10].iter().filter(|limit| ns / unit < **limit).count();
    let places = u32::try_from(places).unwrap_or(0);
    let scaled = i128::from(ns) * 10_i128.pow(places) / i128::from(unit);
    format!("{}\u{a0}{name}", Decimal::from_scaled(scaled, places))
}

/// A number of seconds as a duration.
pub(crate) fn seconds(seconds: &Decimal) -> String {
    let ns = &seconds.abs() * &Decimal::from(SECOND_NS);
    duration(nearest(&ns, &Decimal::from(1), i64::MAX / 4))
}

/// An instant to the millisecond, as date and time in UTC.
pub(crate) fn instant(time: Nanos) -> (String, String) {
    let text = time.to_string();
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    (date.to_owned(), clock.chars().take(12).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_have_groups_cents_and_a_true_minus() {
        for (number, shown, full) in [
            ("0", "0.00", "0"),
            ("-0.004", "0.00", "\u{2212}0.004"),
            ("1234567.5", "1,234,567.50", "1,234,567.5"),
            ("-100", "\u{2212}100.00", "\u{2212}100"),
            ("999.995", "1,000.00", "999.995"),
            ("123456789012345678.001", "123,456,789,012,345,678.00", ""),
            ("-1234567890123456789.001", "\u{2212}1.234567e18", ""),
        ] {
            assert_eq!(cents(&d(number)), shown);
            if !full.is_empty() {
                assert_eq!(exact(&d(number)), full);
            }
        }
        assert_eq!(effect(&d("87.5")), "\u{25bc}\u{a0}87.50");
        assert_eq!(effect(&d("-5")), "\u{25b2}\u{a0}5.00");
    }

    #[test]
    fn ticks_become_powers_when_long() {
        assert_eq!(tick(&d("-2500000")), "\u{2212}2,500,000");
        assert_eq!(tick(&d("2.5e20")), "2.5e20");
        assert_eq!(tick(&d("-1e30")), "\u{2212}1e30");
        assert_eq!(tick(&d("0.00000000000000002")), "0.00000000000000002");
    }

    #[test]
    fn shares_are_signed_and_silent_where_they_would_mislead() {
        assert_eq!(share(&d("127.5"), &d("674.84")), Some(189));
        assert_eq!(share(&d("-5"), &d("10")), Some(-500));
        assert_eq!(share(&d("-5"), &d("-10")), Some(500));
        assert_eq!(share(&d("100"), &d("10")), None);
        assert_eq!(share(&d("1"), &d("0")), None);
        assert_eq!(percent(-1_005), "\u{2212}100.5\u{a0}%");
    }

    #[test]
    fn durations_keep_three_digits() {
        for (ns, shown) in [
            (0, "0"),
            (-5, "0"),
            (999, "999 ns"),
            (1_500, "1.5 \u{b5}s"),
            (48_120_000, "48.1 ms"),
            (2_400_000_000, "2.4 s"),
            (119_000_000_000, "119 s"),
            (150_000_000_000, "2.5 min"),
            (i64::MAX, "2562047 h"),
        ] {
            assert_eq!(duration(ns).replace('\u{a0}', " "), shown);
        }
    }

    #[test]
    fn instants_are_utc_to_the_millisecond() {
        let (date, clock) = instant(Nanos(1_709_164_800 * SECOND_NS + 120_999_999));
        assert_eq!((date.as_str(), clock.as_str()), ("2024-02-29", "00:00:00.120"));
    }
}
