//! Decimals with more places than can be kept, as programs that print binary floats write them
//! (`85.342419511017`, `5.330000000000001e-05`), rounded under a named rule and never silently.
//!
//! Entry points: [`half_even`], [`toward_zero`].
//!
//! Invariants: a number that fits is exact; one that does not is at most half a step (a step,
//! toward zero) away; nothing passes through a float.

use truefill_core::num::{DecimalError, PLACES};

use crate::cells::nano;

/// Digits that an `i128` holds whatever they are.
const DIGITS_MAX: usize = 38;

/// The nearest multiple of 1e-9, the even one of two; true if digits were lost.
///
/// ```
/// use truefill_market::rounded::half_even;
/// assert_eq!(half_even("0.1").ok(), Some((100_000_000, false)));
/// assert_eq!(half_even("1472.8000000000002").ok(), Some((1_472_800_000_000, true)));
/// ```
///
/// # Errors
/// For what is no decimal number.
pub fn half_even(text: &str) -> Result<(i128, bool), DecimalError> {
    rounded(text, |below, rest, whole| match (rest * 2).cmp(&whole) {
        std::cmp::Ordering::Less => below,
        std::cmp::Ordering::Equal => below + below % 2,
        std::cmp::Ordering::Greater => below + 1,
    })
}

/// The nearest multiple of 1e-9 that is not further from zero; true if digits were lost.
///
/// # Errors
/// For what is no decimal number.
pub fn toward_zero(text: &str) -> Result<(i128, bool), DecimalError> {
    rounded(text, |below, _, _| below)
}

/// `choose` gets the magnitude rounded down, what was lost, and the whole that it is a part of.
fn rounded(
    text: &str,
    choose: impl Fn(i128, i128, i128) -> i128,
) -> Result<(i128, bool), DecimalError> {
    match nano(text) {
        Ok(exact) => return Ok((exact, false)),
        Err(DecimalError::TooPrecise) => {}
        Err(other) => return Err(other),
    }
    // Everything below has passed the grammar of `nano`.
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let exponent: i64 = exponent.parse().map_err(|_| DecimalError::Malformed)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = i64::try_from(fraction.len()).map_err(|_| DecimalError::Malformed)?;
    let kept = i64::from(PLACES);
    let lost = usize::try_from(places - exponent - kept).map_err(|_| DecimalError::Malformed)?;
    let all = format!("{whole}{fraction}");
    let all = all.trim_start_matches('0');
    if all.len() > DIGITS_MAX {
        return Err(DecimalError::TooLarge);
    }
    let value: i128 = all.parse().map_err(|_| DecimalError::Malformed)?;
    // More digits lost than there are: the number is below a tenth of a step.
    let magnitude = match u32::try_from(lost).ok().and_then(|lost| 10_i128.checked_pow(lost)) {
        Some(step) if lost < DIGITS_MAX => choose(value / step, value % step, step),
        _ => 0,
    };
    Ok((if negative { -magnitude } else { magnitude }, true))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_real_files() {
        assert_eq!(half_even("85.342419511017"), Ok((85_342_419_511, true)));
        assert_eq!(half_even("5.330000000000001e-05"), Ok((53_300, true)));
        assert_eq!(half_even("1e-05"), Ok((10_000, false)));
        assert_eq!(half_even("339.69000244140625"), Ok((339_690_002_441, true)));
        assert_eq!(toward_zero("28543.713799722933"), Ok((28_543_713_799_722, true)));
        assert_eq!(toward_zero("-28543.713799722933"), Ok((-28_543_713_799_722, true)));
    }

    #[test]
    fn halves_go_to_the_even_step() {
        for (text, steps) in [
            ("0.0000000005", 0),
            ("0.0000000015", 2),
            ("0.0000000025", 2),
            ("0.00000000250000001", 3),
            ("-0.0000000015", -2),
            ("1e-40", 0),
            ("4.9e-10", 0),
            ("5.1e-10", 1),
        ] {
            assert_eq!(half_even(text), Ok((steps, true)), "{text}");
        }
        for text in ["", "-", "1.2.3", "nan", "0x1", "1e", "1e999"] {
            assert!(half_even(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_distance_is_at_most_half_a_step(value in 0_u64..u64::MAX, places in 10_u32..19) {
            let text = format!("0.{value:0width$}", width = usize::try_from(places).unwrap());
            let digits = text.len() - 2;
            let (steps, _) = half_even(&text).unwrap();
            let unit = 10_i128.pow(u32::try_from(digits).unwrap() - 9);
            prop_assert!((steps * unit - i128::from(value)).abs() * 2 <= unit);
            let (down, _) = toward_zero(&text).unwrap();
            prop_assert!(down * unit <= i128::from(value) && i128::from(value) - down * unit < unit);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,50}", number in "[-+]?[0-9]{0,45}(\\.[0-9]{0,45})?(e[-+]?[0-9]{0,3})?") {
            let _ = (half_even(&text), toward_zero(&number));
        }
    }
}
