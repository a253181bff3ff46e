//! Exact sums, differences, products and comparisons of [`Decimal`].

use super::{Decimal, pow10};
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

impl Decimal {
    /// The coefficient at a scale that is not smaller than its own.
    fn coefficient_at(&self, scale: u32) -> BigInt {
        &self.coefficient * pow10(scale - self.scale)
    }

    /// Brings `self` to at least the scale of `other`.
    fn widen_to(&mut self, scale: u32) {
        if self.scale < scale {
            self.coefficient = self.coefficient_at(scale);
            self.scale = scale;
        }
    }
}

impl AddAssign<&Decimal> for Decimal {
    fn add_assign(&mut self, other: &Decimal) {
        self.widen_to(other.scale);
        if self.scale == other.scale {
            self.coefficient += &other.coefficient;
        } else {
            self.coefficient += other.coefficient_at(self.scale);
        }
    }
}

impl SubAssign<&Decimal> for Decimal {
    fn sub_assign(&mut self, other: &Decimal) {
        self.widen_to(other.scale);
        if self.scale == other.scale {
            self.coefficient -= &other.coefficient;
        } else {
            self.coefficient -= other.coefficient_at(self.scale);
        }
    }
}

impl Add for &Decimal {
    type Output = Decimal;
    fn add(self, other: &Decimal) -> Decimal {
        let mut sum = self.clone();
        sum += other;
        sum
    }
}

impl Sub for &Decimal {
    type Output = Decimal;
    fn sub(self, other: &Decimal) -> Decimal {
        let mut difference = self.clone();
        difference -= other;
        difference
    }
}

impl Mul for &Decimal {
    type Output = Decimal;
    fn mul(self, other: &Decimal) -> Decimal {
        Decimal {
            coefficient: &self.coefficient * &other.coefficient,
            scale: self.scale + other.scale,
        }
    }
}

impl Neg for &Decimal {
    type Output = Decimal;
    fn neg(self) -> Decimal {
        Decimal { coefficient: -&self.coefficient, scale: self.scale }
    }
}

impl<'a> Sum<&'a Decimal> for Decimal {
    fn sum<I: Iterator<Item = &'a Decimal>>(numbers: I) -> Decimal {
        numbers.fold(Decimal::ZERO, |mut total, number| {
            total += number;
            total
        })
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Decimal::from_scaled(i128::from(whole), 0)
    }
}

impl Default for Decimal {
    fn default() -> Self {
        Decimal::ZERO
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.scale.cmp(&other.scale) {
            Ordering::Equal => self.coefficient.cmp(&other.coefficient),
            Ordering::Less => self.coefficient_at(other.scale).cmp(&other.coefficient),
            Ordering::Greater => self.coefficient.cmp(&other.coefficient_at(self.scale)),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_and_products_are_exact_across_scales() {
        assert_eq!((&d("0.1") + &d("0.2")).to_string(), "0.3");
        assert_eq!((&d("1") - &d("1e-40")).to_string(), format!("0.{}", "9".repeat(40)));
        let nines = "9".repeat(60);
        let square = &d(&nines) * &d(&nines);
        assert_eq!(&square + &(&(&d(&nines) + &d(&nines)) + &d("1")), &d("1e60") * &d("1e60"));
    }

    #[test]
    fn equality_and_order_are_by_value() {
        assert_eq!(Decimal::from_scaled(150, 2), d("1.5"));
        assert!(d("-1.51") < d("-1.5"));
        assert!(d("2") > d("1.999"));
        assert_eq!(&d("5") + &d("-5"), Decimal::ZERO);
    }
}
