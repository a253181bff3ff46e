//! Exact decimal numbers of any size.
//!
//! Entry points: [`Decimal`], read with [`str::parse`], written with `Display`.
//!
//! Invariants:
//! - Addition, subtraction and multiplication are exact; there is no division.
//! - Rounding happens only where [`Decimal::rounded`] is called, and it names its rule.
//! - Text is plain and normalised: no exponent, no trailing zeros, no `-0`.
//! - Equality and order are by value: `1.50 == 1.5`.

mod arithmetic;
mod text;

pub use text::{DecimalError, MAX_DIGITS};

use num_bigint::{BigInt, Sign};

/// An exact decimal number: a quantity, a price or an amount of money.
///
/// The unit is that of the field it stands in; the number itself carries none.
///
/// ```
/// use truefill_gap::Decimal;
///
/// let qty: Decimal = "1000.40".parse()?;
/// let px: Decimal = "-0.25".parse()?;
/// assert_eq!((&qty * &px).to_string(), "-250.1");
/// # Ok::<(), truefill_gap::DecimalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decimal {
    coefficient: BigInt,
    /// Digits after the point: the value is `coefficient / 10^scale`.
    scale: u32,
}

/// How [`Decimal::rounded`] chooses between the two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Toward minus infinity.
    Floor,
    /// To the nearer neighbour; from the middle to the one with the even last digit.
    HalfEven,
}

impl Decimal {
    /// The number zero.
    pub const ZERO: Decimal = Decimal { coefficient: BigInt::ZERO, scale: 0 };

    /// The number `units / 10^scale`, as a fixed-point engine stores it.
    ///
    /// ```
    /// # use truefill_gap::Decimal;
    /// assert_eq!(Decimal::from_scaled(-1_500_000_000, 9).to_string(), "-1.5");
    /// ```
    pub fn from_scaled(units: i128, scale: u32) -> Self {
        Decimal { coefficient: BigInt::from(units), scale }
    }

    /// Whether the number is zero.
    pub fn is_zero(&self) -> bool {
        self.coefficient.sign() == Sign::NoSign
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        self.coefficient.sign() == Sign::Minus
    }

    /// Whether the number is above zero.
    pub fn is_positive(&self) -> bool {
        self.coefficient.sign() == Sign::Plus
    }

    /// The number without its sign.
    pub fn abs(&self) -> Self {
        Decimal { coefficient: self.coefficient.magnitude().clone().into(), scale: self.scale }
    }

    /// The number rounded to `decimals` digits after the point by the named rule.
    ///
    /// ```
    /// # use truefill_gap::{Decimal, Rounding};
    /// let loss: Decimal = "-0.125".parse()?;
    /// assert_eq!(loss.rounded(2, Rounding::HalfEven).to_string(), "-0.12");
    /// assert_eq!(loss.rounded(2, Rounding::Floor).to_string(), "-0.13");
    /// # Ok::<(), truefill_gap::DecimalError>(())
    /// ```
    pub fn rounded(&self, decimals: u32, rounding: Rounding) -> Self {
        if self.scale <= decimals {
            return self.clone();
        }
        let step = pow10(self.scale - decimals);
        let mut below = &self.coefficient / &step;
        let mut rest = &self.coefficient % &step;
        if rest.sign() == Sign::Minus {
            below -= 1;
            rest += &step;
        }
        if rounding == Rounding::HalfEven {
            match (rest * 2u8).cmp(&step) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Greater => below += 1,
                std::cmp::Ordering::Equal => below += u8::from(below.bit(0)),
            }
        }
        Decimal { coefficient: below, scale: decimals }
    }

    /// The same value with the fewest digits after the point.
    pub(crate) fn normalised(mut self) -> Self {
        while self.scale > 0 && (&self.coefficient % 10u8).sign() == Sign::NoSign {
            self.coefficient /= 10u8;
            self.scale -= 1;
        }
        self
    }

    /// Whether at most `digits` digits stand on each side of the point.
    pub(crate) fn fits(&self, digits: u32) -> bool {
        // 3 bits always hold less than one digit, so this answers nearly every call cheaply.
        if self.scale <= digits && self.coefficient.bits() <= u64::from(digits) * 3 {
            return true;
        }
        let text = self.abs().to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        whole.len().max(decimals.len()) <= digits as usize
    }
}

/// Ten to the power of `exponent`.
fn pow10(exponent: u32) -> BigInt {
    match 10i128.checked_pow(exponent) {
        Some(small) => BigInt::from(small),
        None => BigInt::from(10u8).pow(exponent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn rounding_is_symmetric_only_where_its_rule_says_so() {
        for (value, floor, half_even) in [
            ("0.005", "0", "0"),
            ("0.015", "0.01", "0.02"),
            ("-0.005", "-0.01", "0"),
            ("-0.015", "-0.02", "-0.02"),
            ("-0.0051", "-0.01", "-0.01"),
            ("2.3", "2.3", "2.3"),
            ("-7", "-7", "-7"),
            ("99.999", "99.99", "100"),
        ] {
            assert_eq!(d(value).rounded(2, Rounding::Floor).to_string(), floor, "{value}");
            assert_eq!(d(value).rounded(2, Rounding::HalfEven).to_string(), half_even, "{value}");
        }
    }

    #[test]
    fn fits_counts_both_sides_of_the_point() {
        assert!(d("999.999").fits(3));
        assert!(!d("1000").fits(3));
        assert!(!d("0.0001").fits(3));
        assert!(Decimal::from_scaled(1_000_000, 6).fits(1), "trailing zeros do not count");
        assert!(d("-999.5").fits(3));
    }

    #[test]
    fn normalising_keeps_the_value() {
        let padded = Decimal::from_scaled(-150_000, 5);
        assert_eq!(padded.clone().normalised(), padded);
        assert_eq!(padded.normalised().scale, 1);
        assert_eq!(Decimal::from_scaled(0, 7).normalised().scale, 0);
    }
}
