//! Rounding for display, so that the lines shown add up to the total shown.
//!
//! Entry points: [`Displayed::of`], [`apportion`].
//!
//! Invariant: the total is rounded once, and each line is one of its own two neighbours.

use crate::cause::{Cause, Causes};
use crate::decimal::{Decimal, Rounding};
use std::cmp::Reverse;

/// Digits after the point of an amount on display.
const CENTS: u32 = 2;

/// Amounts as a report shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Displayed {
    /// The lines, in whole cents.
    pub causes: Causes,
    /// Their sum: the exact gap, rounded to whole cents, half to even.
    pub gap: Decimal,
}

impl Displayed {
    /// Rounds amounts by cause to cents by the largest-remainder rule.
    pub fn of(causes: &Causes) -> Self {
        let lines: Vec<(Cause, &Decimal)> = causes.iter().collect();
        let named = lines.iter().map(|(cause, amount)| (cause.label(), *amount));
        let (shown, gap) = apportion(named, CENTS);
        let causes = lines.iter().map(|(cause, _)| *cause).zip(shown).collect();
        Displayed { causes, gap }
    }
}

/// Rounds named amounts so that they sum to their rounded total: the largest-remainder rule.
///
/// The total is rounded half to even to `decimals` digits. Each amount is rounded down; the
/// units that are then missing go to the largest remainders, ties by name. Returns the amounts
/// in their given order, and the total.
///
/// ```
/// use truefill_gap::{Decimal, report::apportion};
///
/// let amounts: [Decimal; 3] = ["0.005".parse()?, "0.005".parse()?, "-0.004".parse()?];
/// let (shown, total) = apportion(["a", "b", "c"].into_iter().zip(&amounts), 2);
/// assert_eq!(shown.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.01", "0", "0"]);
/// assert_eq!(total.to_string(), "0.01");
/// # Ok::<(), truefill_gap::DecimalError>(())
/// ```
pub fn apportion<'a>(
    amounts: impl IntoIterator<Item = (&'a str, &'a Decimal)>,
    decimals: u32,
) -> (Vec<Decimal>, Decimal) {
    let amounts: Vec<(&str, &Decimal)> = amounts.into_iter().collect();
    let total: Decimal = amounts.iter().map(|(_, amount)| *amount).sum();
    let total = total.rounded(decimals, Rounding::HalfEven);
    let mut shown: Vec<Decimal> =
        amounts.iter().map(|(_, amount)| amount.rounded(decimals, Rounding::Floor)).collect();

    let unit = Decimal::from_scaled(1, decimals);
    let mut missing = &total - &shown.iter().sum();
    let mut lines: Vec<_> = shown.iter_mut().zip(&amounts).collect();
    lines.sort_by_cached_key(|(shown, (name, amount))| (Reverse(*amount - &**shown), *name));
    for (shown, _) in lines {
        if !missing.is_positive() {
            break;
        }
        *shown += &unit;
        missing -= &unit;
    }
    (shown, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(amounts: &[(&str, &str)]) -> (Vec<String>, String) {
        let parsed: Vec<(&str, Decimal)> =
            amounts.iter().map(|(name, amount)| (*name, amount.parse().unwrap())).collect();
        let (lines, total) = apportion(parsed.iter().map(|(name, amount)| (*name, amount)), 2);
        (lines.iter().map(ToString::to_string).collect(), total.to_string())
    }

    #[test]
    fn thirds_add_up_to_the_whole() {
        let third = "0.333333333333333333333333";
        let rest = "0.333333333333333333333334";
        let (lines, total) = shown(&[("b", third), ("a", third), ("c", rest)]);
        assert_eq!((lines, total), (vec!["0.33".into(), "0.33".into(), "0.34".into()], "1".into()));
    }

    #[test]
    fn ties_go_to_the_first_name_whatever_the_order() {
        let (lines, _) = shown(&[("z", "0.015"), ("m", "0.015"), ("a", "0.015"), ("b", "0.015")]);
        assert_eq!(lines, ["0.01", "0.01", "0.02", "0.02"]);
    }

    #[test]
    fn a_total_in_the_middle_goes_to_the_even_cent() {
        assert_eq!(shown(&[("a", "0.005")]), (vec!["0".into()], "0".into()));
        assert_eq!(shown(&[("a", "0.015")]), (vec!["0.02".into()], "0.02".into()));
        assert_eq!(shown(&[("a", "-0.015")]), (vec!["-0.02".into()], "-0.02".into()));
        assert_eq!(shown(&[]), (vec![], "0".into()));
    }
}
