//! Decimal text: what is accepted, and the one form that is written.

use super::Decimal;
use num_bigint::BigInt;
use std::fmt;
use std::str::FromStr;

/// The most digits a number in a ledger may have on each side of its point.
///
/// Far beyond any market, and small enough that no line can make the sums slow.
pub const MAX_DIGITS: u32 = 64;

/// Text longer than this is not looked at.
const MAX_TEXT_BYTES: usize = 256;

/// Why a text is not a [`Decimal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The text is no number in decimal notation.
    #[error("not a decimal number: write digits with an optional sign, point and exponent")]
    Malformed,
    /// The number has more than [`MAX_DIGITS`] digits on a side of its point.
    #[error(
        "too long: at most {MAX_DIGITS} digits may stand before the point and as many after it"
    )]
    TooLong,
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads `[+-]digits[.digits][e[+-]digits]`, exactly.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(DecimalError::TooLong);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return Err(DecimalError::Malformed),
            None => (mantissa, ""),
        };
        if !is_digits(whole) {
            return Err(DecimalError::Malformed);
        }
        let magnitude = compose(whole, fraction, exponent)?;
        Ok(if text.starts_with('-') { -&magnitude } else { magnitude })
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn read_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !is_digits(digits) {
        return Err(DecimalError::Malformed);
    }
    let size: i64 = digits.parse().map_err(|_| DecimalError::TooLong)?;
    Ok(if text.starts_with('-') { -size } else { size })
}

/// The number `whole.fraction * 10^exponent`, refused before anything large is built.
fn compose(whole: &str, fraction: &str, exponent: i64) -> Result<Decimal, DecimalError> {
    let written = format!("{whole}{fraction}");
    let digits = written.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let trailing_zeros = written.len() - written.trim_end_matches('0').len();
    let limit = i64::from(MAX_DIGITS);
    let scale =
        length(fraction.len()).saturating_sub(length(trailing_zeros)).saturating_sub(exponent);
    let digits_before_point = length(digits.len()).saturating_sub(scale);
    if scale > limit || digits_before_point > limit {
        return Err(DecimalError::TooLong);
    }
    let zeros = usize::try_from(-scale).unwrap_or(0);
    let digits = format!("{digits}{}", "0".repeat(zeros));
    let coefficient = match digits.parse::<i128>() {
        Ok(small) => BigInt::from(small),
        Err(_) => digits.parse().map_err(|_| DecimalError::Malformed)?,
    };
    Ok(Decimal { coefficient, scale: u32::try_from(scale).unwrap_or(0) })
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = self.coefficient.magnitude().to_string();
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        f.pad_integral(!self.is_negative(), "", &format!("{whole}{point}{fraction}"))
    }
}

impl serde::Serialize for Decimal {
    /// Writes the number as text, never as a JSON number.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> Result<String, DecimalError> {
        input.parse::<Decimal>().map(|number| number.to_string())
    }

    #[test]
    fn every_accepted_form_is_written_one_way() {
        for (input, output) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.000", "0"),
            ("100.00", "100"),
            ("007.50", "7.5"),
            ("+5", "5"),
            ("1E-8", "0.00000001"),
            ("12.5e+3", "12500"),
            ("-1.20e1", "-12"),
            ("0e999999", "0"),
            ("0.0012", "0.0012"),
        ] {
            assert_eq!(text(input).as_deref(), Ok(output), "{input}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        let malformed = [
            "",
            "-",
            "+",
            ".",
            ".5",
            "5.",
            "1,000",
            "1_000",
            " 1",
            "1 ",
            "--1",
            "NaN",
            "inf",
            "0x10",
            "1e",
            "1e+",
            "e5",
            "1.2.3",
            "1e1.5",
            "\u{0661}",
            "1\u{2009}000",
        ];
        for input in malformed {
            assert_eq!(text(input), Err(DecimalError::Malformed), "{input:?}");
        }
    }

    #[test]
    fn length_is_limited_by_value_not_by_notation() {
        let longest = format!("{}.{}", "9".repeat(64), "9".repeat(64));
        assert_eq!(text(&longest).as_deref(), Ok(longest.as_str()));
        assert!(text(&format!("{}1", "0".repeat(200))).is_ok(), "leading zeros have no weight");
        assert!(text("1e63").is_ok() && text("1e-64").is_ok());
        for input in ["1e64", "1e-65", "1e99999999999999999999", "10e63"] {
            assert_eq!(text(input), Err(DecimalError::TooLong), "{input}");
        }
        assert_eq!(text(&"1".repeat(65)), Err(DecimalError::TooLong));
        assert_eq!(text(&"0".repeat(257)), Err(DecimalError::TooLong));
    }

    #[test]
    fn width_and_sign_follow_the_formatter() {
        let loss: Decimal = "-2.50".parse().unwrap();
        assert_eq!(format!("{loss:>6}"), "  -2.5");
        assert_eq!(format!("{:+}", -&loss), "+2.5");
    }
}
