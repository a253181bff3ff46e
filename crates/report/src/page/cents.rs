//! Rounding of a table to cents so that its rows and its columns both add up.
//!
//! Entry points: [`total`], then [`rows`]; [`column`] for a column of its own, [`cent_of`].
//!
//! Invariants:
//! - Every figure shown is one of the two whole cents around the exact one: what is exactly a
//!   whole cent, zero above all, is shown as it is.
//! - Theory less live is the gap in every row, and every column adds up to its total.
//!
//! Why it always works: in units of a cent a row may be rounded up in theory, in the cost of
//! live, in both or in neither, so long as their sum, the gap, is rounded to a neighbour too.
//! Which numbers of roundings some rows can reach together is bounded by the sums of their
//! least and most in each of the three columns and by nothing else. So rows can be decided one
//! by one, with a look at the bounds of the rest.

use crate::scale::nearest;
use truefill_gap::report::apportion;
use truefill_gap::{Decimal, Rounding};

/// A row as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub theory: Decimal,
    pub live: Decimal,
}

impl Shown {
    pub fn gap(&self) -> Decimal {
        &self.theory - &self.live
    }
}

/// Rounds a total; its gap is the exact gap rounded half to even.
pub(super) fn total(theory: &Decimal, live: &Decimal) -> Shown {
    // Of equal remainders the first by name is rounded up; live, the real money, keeps its own.
    let (shown, _) = apportion([("1 theory", theory), ("2 live", &-live)], 2);
    match shown.as_slice() {
        [theory, cost] => Shown { theory: theory.clone(), live: -cost },
        _ => Shown { theory: theory.clone(), live: live.clone() },
    }
}

/// Rounds rows of theory and live that add up to a total.
pub(super) fn rows(exact: &[(&Decimal, &Decimal)], total: &Shown) -> Vec<Shown> {
    let rows: Vec<Row> = exact.iter().map(|(theory, live)| Row::of(theory, live)).collect();
    let missing = |total: &Decimal, below: &dyn Fn(&Row) -> &Decimal| -> i64 {
        let rest = total - &rows.iter().map(below).sum();
        nearest(&rest, &cent(), i64::MAX / 4)
    };
    let mut want = Ups {
        theory: missing(&total.theory, &|row| &row.theory),
        cost: missing(&-&total.live, &|row| &row.cost),
    };
    // The bounds of all rows after each.
    let mut rest = vec![Bounds::default()];
    for row in rows.iter().rev() {
        let after = rest.last().copied().unwrap_or_default();
        rest.push(after.with(&row.choices));
    }
    rest.pop();
    let mut shown = Vec::with_capacity(rows.len());
    for (row, rest) in rows.iter().zip(rest.iter().rev()) {
        let fits = |ups: &&Ups| rest.hold(want.less(ups));
        // The choices stand with the truest first.
        let ups = row.choices.iter().find(fits).or(row.choices.first()).copied();
        let ups = ups.unwrap_or_default();
        want = want.less(&ups);
        shown.push(row.shown(ups));
    }
    shown
}

/// Rounds a column so that it adds up to `total`: their exact sum rounded down or up to cents.
///
/// The largest remainders are rounded up; of equal ones the first.
pub(super) fn column(exact: &[&Decimal], total: &Decimal) -> Vec<Decimal> {
    let mut shown: Vec<Decimal> =
        exact.iter().map(|amount| amount.rounded(2, Rounding::Floor)).collect();
    let missing = total - &shown.iter().sum();
    let mut by_rest: Vec<usize> = (0..exact.len()).collect();
    by_rest.sort_by_cached_key(|at| (std::cmp::Reverse(exact[*at] - &shown[*at]), *at));
    let ups = usize::try_from(nearest(&missing, &cent(), i64::MAX / 4)).unwrap_or(0);
    for at in by_rest.into_iter().take(ups) {
        shown[at] += &cent();
    }
    shown
}

/// An amount in whole cents.
pub(super) fn cent_of(amount: &Decimal) -> Decimal {
    amount.rounded(2, Rounding::HalfEven)
}

/// How many cents are added to what was rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ups {
    theory: i64,
    cost: i64,
}

impl Ups {
    fn less(self, other: &Ups) -> Ups {
        Ups { theory: self.theory - other.theory, cost: self.cost - other.cost }
    }
}

/// A row rounded down, and the ways in which it may be rounded up, the truest first.
struct Row {
    theory: Decimal,
    cost: Decimal,
    choices: Vec<Ups>,
}

impl Row {
    fn of(exact_theory: &Decimal, live: &Decimal) -> Self {
        let exact_cost = -live;
        let theory = exact_theory.rounded(2, Rounding::Floor);
        let cost = exact_cost.rounded(2, Rounding::Floor);
        let (above_theory, above_cost) = (exact_theory - &theory, &exact_cost - &cost);
        let off = |ups: i64, above: &Decimal| (&(&Decimal::from(ups) * &cent()) - above).abs();
        let near = |ups: i64, above: &Decimal| off(ups, above) < cent();
        let mut choices: Vec<Ups> = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(theory, cost)| Ups { theory, cost })
            .into_iter()
            .filter(|ups| {
                near(ups.theory, &above_theory)
                    && near(ups.cost, &above_cost)
                    && near(ups.theory + ups.cost, &(&above_theory + &above_cost))
            })
            .collect();
        choices.sort_by_cached_key(|ups| {
            &off(ups.theory, &above_theory) + &off(ups.cost, &above_cost)
        });
        Row { theory, cost, choices }
    }

    fn shown(&self, ups: Ups) -> Shown {
        let up = |ups: i64| &Decimal::from(ups) * &cent();
        Shown { theory: &self.theory + &up(ups.theory), live: -&(&self.cost + &up(ups.cost)) }
    }
}

/// The least and the most that rows can be rounded up, in theory, in cost, and in both.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds([(i64, i64); 3]);

impl Bounds {
    fn of(ups: &Ups) -> [i64; 3] {
        [ups.theory, ups.cost, ups.theory + ups.cost]
    }

    fn with(mut self, choices: &[Ups]) -> Self {
        for (column, (least, most)) in self.0.iter_mut().enumerate() {
            let values = || choices.iter().map(|ups| Self::of(ups)[column]);
            *least += values().min().unwrap_or(0);
            *most += values().max().unwrap_or(0);
        }
        self
    }

    fn hold(&self, ups: Ups) -> bool {
        let inside = |(value, (least, most))| (least..=most).contains(&value);
        Self::of(&ups).into_iter().zip(self.0).all(inside)
    }
}

fn cent() -> Decimal {
    Decimal::from_scaled(1, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Asserts everything the module promises for rows in units of 10^-`scale`.
    fn check(rows_in: &[(i128, i128)], scale: u32) {
        let exact: Vec<(Decimal, Decimal)> = rows_in
            .iter()
            .map(|(a, b)| (Decimal::from_scaled(*a, scale), Decimal::from_scaled(*b, scale)))
            .collect();
        let pairs: Vec<(&Decimal, &Decimal)> = exact.iter().map(|(a, b)| (a, b)).collect();
        let sum_theory: Decimal = pairs.iter().map(|pair| pair.0).sum();
        let sum_live: Decimal = pairs.iter().map(|pair| pair.1).sum();
        let total = total(&sum_theory, &sum_live);
        assert_eq!(total.gap(), (&sum_theory - &sum_live).rounded(2, Rounding::HalfEven));
        let shown = rows(&pairs, &total);
        let near = |shown: &Decimal, exact: &Decimal| {
            assert!((shown - exact).abs() < cent(), "{shown} for {exact} in {rows_in:?}");
            assert_eq!(shown, &shown.rounded(2, Rounding::Floor));
        };
        for (row, (theory, live)) in shown.iter().zip(&exact) {
            near(&row.theory, theory);
            near(&row.live, live);
            near(&row.gap(), &(theory - live));
        }
        near(&total.theory, &sum_theory);
        near(&total.live, &sum_live);
        assert_eq!(shown.iter().map(|row| &row.theory).sum::<Decimal>(), total.theory);
        assert_eq!(shown.iter().map(|row| &row.live).sum::<Decimal>(), total.live);
    }

    #[test]
    fn rows_and_columns_add_up_whatever_the_digits() {
        let mut seed: u64 = 1;
        let mut roll = |below: i128| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i128::from(seed >> 33) % below
        };
        for round in 0..2_000 {
            let count = roll(12);
            let wide = [5, 41, 3_000][usize::try_from(roll(3)).unwrap()];
            let rows: Vec<(i128, i128)> =
                (0..count).map(|_| (roll(wide) - wide / 2, roll(wide) - wide / 2)).collect();
            check(&rows, [3, 4, 2][round % 3]);
        }
        check(&[], 3);
        check(&[(5, 0); 101], 3);
        check(&[(-5, 5); 100], 3);
    }

    #[test]
    fn what_is_zero_stays_zero() {
        let (theory, live) = (d("0"), d("-0.015"));
        let big = (d("10.003"), d("4"));
        let total = total(&(&theory + &big.0), &(&live + &big.1));
        let shown = rows(&[(&theory, &live), (&big.0, &big.1)], &total);
        assert_eq!(shown[0].theory, Decimal::ZERO);
        assert_eq!(shown[1].live, d("4"));
    }
}
