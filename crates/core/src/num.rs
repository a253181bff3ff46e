//! Scaled integers: prices, quantities and sums of money.
//!
//! Entry points: [`Px`], [`Qty`], [`Amount`], [`parse_decimal`], [`Rounding`].
//!
//! Invariants:
//! 1. A price or a quantity is an `i128` count of 1e-9 units, a sum is an `i128` count of
//!    1e-18 units: price × quantity needs no rounding.
//! 2. Values that come from outside pass [`Px::bounded`] and [`Qty::bounded`] first, so that
//!    no number a broker sends can overflow a product or a realistic sum.
//! 3. Sums that would leave i128 stop at its end, far beyond every bound, instead of wrapping or
//!    ending the process: no number from a broker can do either.
//! 4. Rounding is always a named argument. There is no floating point.

use std::fmt;

/// Units of 1e-9 in one whole.
pub const NANO: i128 = 1_000_000_000;
/// Decimal places of [`Px`] and [`Qty`].
pub const PLACES: u32 = 9;
/// Units of 1e-18 in one whole.
const ATTO: i128 = NANO * NANO;
/// Largest price accepted from outside, in whole currency units.
pub const PX_MAX: i128 = 1_000_000_000;
/// Largest quantity accepted from outside, in whole units.
pub const QTY_MAX: i128 = 1_000_000_000_000;
/// Largest notional of one order or fill accepted from outside, in whole currency units.
pub const NOTIONAL_MAX: i128 = 1_000_000_000_000_000;

/// Which way a value that does not fit is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceil,
    /// Toward zero.
    TowardZero,
}

/// Rounds `value` to a multiple of `step` (both in the same unit). A step of zero or less
/// means "no grid": the value is returned as it is.
#[must_use]
pub fn round_to(value: i128, step: i128, rounding: Rounding) -> i128 {
    if step <= 0 {
        return value;
    }
    let below = value.div_euclid(step) * step;
    if below == value {
        return value;
    }
    match rounding {
        Rounding::Floor => below,
        Rounding::Ceil => below + step,
        Rounding::TowardZero if value < 0 => below + step,
        Rounding::TowardZero => below,
    }
}

/// Why a decimal text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `[-+]digits[.digits][e[-+]digits]`.
    Malformed,
    /// More decimal places than can be kept exactly.
    TooPrecise,
    /// Outside the declared bounds.
    TooLarge,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a decimal number",
            Self::TooPrecise => "more than 9 decimal places",
            Self::TooLarge => "outside the bounds truefill accepts",
        })
    }
}

/// Parses decimal text into an integer count of 10^-`places`, exactly.
///
/// Exponents as some JSON writers print them (`1e-7`) are understood.
///
/// # Errors
/// [`DecimalError`] when the text is not a number, would lose digits, or is too large.
///
/// ```
/// use truefill_core::num::{parse_decimal, DecimalError};
/// assert_eq!(parse_decimal("1.5", 9), Ok(1_500_000_000));
/// assert_eq!(parse_decimal("-2e-9", 9), Ok(-2));
/// assert_eq!(parse_decimal("0.0000000001", 9), Err(DecimalError::TooPrecise));
/// assert_eq!(parse_decimal("1.2.3", 9), Err(DecimalError::Malformed));
/// ```
pub fn parse_decimal(text: &str, places: u32) -> Result<i128, DecimalError> {
    let (negative, body) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, exponent) = match body.split_once(['e', 'E']) {
        Some((digits, exp)) => {
            let exp: i32 = exp.parse().map_err(|_| DecimalError::Malformed)?;
            (digits, exp)
        }
        None => (body, 0),
    };
    if exponent.abs() > 60 {
        return Err(DecimalError::TooLarge);
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(DecimalError::Malformed);
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::Malformed);
        }
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i128::from(byte - b'0')))
            .ok_or(DecimalError::TooLarge)?;
    }
    let have = i32::try_from(fraction.len()).map_err(|_| DecimalError::TooPrecise)?;
    let mut shift = i32::try_from(places).map_err(|_| DecimalError::TooPrecise)? - have + exponent;
    while shift > 0 {
        value = value.checked_mul(10).ok_or(DecimalError::TooLarge)?;
        shift -= 1;
    }
    while shift < 0 {
        if value == 0 {
            break;
        }
        if value % 10 != 0 {
            return Err(DecimalError::TooPrecise);
        }
        value /= 10;
        shift += 1;
    }
    Ok(if negative { -value } else { value })
}

/// Writes an integer count of 10^-`places` as plain decimal text without trailing zeros.
///
/// # Errors
/// Only when the formatter itself fails.
pub fn write_decimal(out: &mut dyn fmt::Write, raw: i128, places: u32) -> fmt::Result {
    let mut scale: u128 = 1;
    for _ in 0..places {
        scale *= 10;
    }
    let magnitude = raw.unsigned_abs();
    let (whole, mut fraction) = (magnitude / scale, magnitude % scale);
    if raw < 0 {
        out.write_char('-')?;
    }
    write!(out, "{whole}")?;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = usize::try_from(places).unwrap_or(0);
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    write!(out, ".{fraction:0width$}")
}

macro_rules! scaled {
    ($(#[$doc:meta])* $name:ident, $places:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(
            /// The scaled integer itself.
            pub i128,
        );

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// The value without its sign.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.saturating_abs())
            }

            /// True when the value is zero.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 = self.0.saturating_add(other.0);
            }
        }

        impl std::ops::SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 = self.0.saturating_sub(other.0);
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, |a, b| a + b)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_decimal(f, self.0, $places)
            }
        }

        impl std::str::FromStr for $name {
            type Err = DecimalError;
            fn from_str(text: &str) -> Result<Self, DecimalError> {
                parse_decimal(text, $places).map(Self)
            }
        }
    };
}

scaled!(
    /// A price in currency units per unit of the instrument, in steps of 1e-9.
    Px,
    PLACES
);
scaled!(
    /// A quantity in units of the instrument, in steps of 1e-9. Signed where it is a position
    /// or a target, positive where a side stands beside it.
    Qty,
    PLACES
);
scaled!(
    /// A sum of money before the multiplier (price × quantity), in steps of 1e-18.
    Amount,
    PLACES * 2
);

impl Px {
    /// A price of whole currency units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * NANO)
    }

    /// Refuses a price that is outside what truefill computes with.
    ///
    /// # Errors
    /// [`DecimalError::TooLarge`].
    pub fn bounded(self) -> Result<Self, DecimalError> {
        if self.0.abs() > PX_MAX * NANO { Err(DecimalError::TooLarge) } else { Ok(self) }
    }

    /// Moves to the tick grid.
    #[must_use]
    pub fn to_tick(self, tick: Self, rounding: Rounding) -> Self {
        Self(round_to(self.0, tick.0, rounding))
    }

    /// This price moved by `bps` basis points of itself, rounded as told to 1e-9.
    #[must_use]
    pub fn plus_bps(self, bps: i64, rounding: Rounding) -> Self {
        let raw = self.0 * (10_000 + i128::from(bps));
        Self(round_to(raw, 10_000, rounding) / 10_000)
    }
}

impl Qty {
    /// A quantity of whole units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * NANO)
    }

    /// Refuses a quantity that is outside what truefill computes with.
    ///
    /// # Errors
    /// [`DecimalError::TooLarge`].
    pub fn bounded(self) -> Result<Self, DecimalError> {
        if self.0.abs() > QTY_MAX * NANO { Err(DecimalError::TooLarge) } else { Ok(self) }
    }

    /// Moves to the lot grid.
    #[must_use]
    pub fn to_lot(self, lot: Self, rounding: Rounding) -> Self {
        Self(round_to(self.0, lot.0, rounding))
    }

    /// Quantity × price. Exact; both factors are bounded at the edge, so it cannot overflow
    /// (a product outside i128 saturates, and every bound check then refuses it).
    #[must_use]
    pub fn times(self, px: Px) -> Amount {
        Amount(self.0.saturating_mul(px.0))
    }
}

impl Amount {
    /// True when the sum is larger than any single notional truefill accepts.
    #[must_use]
    pub fn exceeds_bound(self) -> bool {
        self.0.unsigned_abs() > (NOTIONAL_MAX * ATTO).unsigned_abs()
    }

    /// The average price of this sum over a quantity, rounded as told to 1e-9. `None` for a
    /// quantity of zero: there is no average of nothing.
    #[must_use]
    pub fn per(self, qty: Qty, rounding: Rounding) -> Option<Px> {
        if qty.is_zero() {
            return None;
        }
        let (sum, over) = if qty.0 < 0 { (-self.0, -qty.0) } else { (self.0, qty.0) };
        let floor = sum.div_euclid(over);
        let exact = floor * over == sum;
        let up = !exact
            && match rounding {
                Rounding::Floor => false,
                Rounding::Ceil => true,
                Rounding::TowardZero => sum < 0,
            };
        Some(Px(if up { floor + 1 } else { floor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_symmetric_where_it_says_so() {
        assert_eq!(round_to(-7, 5, Rounding::Floor), -10);
        assert_eq!(round_to(-7, 5, Rounding::Ceil), -5);
        assert_eq!(round_to(-7, 5, Rounding::TowardZero), -5);
        assert_eq!(round_to(7, 5, Rounding::TowardZero), 5);
        assert_eq!(round_to(7, 0, Rounding::Floor), 7);
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in ["0", "1.5", "-0.000000001", "87232.01", "-12"] {
            assert_eq!(text.parse::<Px>().map(|p| p.to_string()), Ok(text.to_string()));
        }
        assert_eq!("1.0000".parse::<Px>().map(|p| p.to_string()), Ok("1".to_string()));
    }

    #[test]
    fn bounds_hold() {
        assert!(Px::whole(2_000_000_000).bounded().is_err());
        assert!(Qty(QTY_MAX * NANO + 1).bounded().is_err());
        assert!("1e60".parse::<Qty>().is_err());
        assert!("".parse::<Qty>().is_err() && "-".parse::<Qty>().is_err());
        assert!("1e99999".parse::<Qty>().is_err());
        assert!(Qty::whole(1_000_000_000_000).times(Px::whole(1_000_000)).exceeds_bound());
    }

    #[test]
    fn averages_round_as_told() {
        let sum = Amount(10);
        assert_eq!(sum.per(Qty(3), Rounding::Floor), Some(Px(3)));
        assert_eq!(sum.per(Qty(3), Rounding::Ceil), Some(Px(4)));
        assert_eq!(Amount(-10).per(Qty(-3), Rounding::Floor), Some(Px(3)));
        assert_eq!(sum.per(Qty(0), Rounding::Floor), None);
    }
}
