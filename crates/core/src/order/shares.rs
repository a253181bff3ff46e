//! How the fills of one order belong to the strategies it was released for.
//!
//! Entry points: [`Share`], [`split`], [`allot`], [`allot_amount`].
//!
//! Shares are fixed when the order is released; where it is amended down later they follow its
//! quantity in proportion. What is filled of it goes to them in proportion,
//! rounded by the largest remainder in whole lots; equal remainders go in the order of the
//! shares, which is the order of the strategies. So the part of a strategy depends on the shares
//! and the filled quantity alone: fills in any order, told twice or taken back, end the same.
//! With three strategies or more a further lot may move one lot between the others; it moves
//! back with a later one.
//!
//! Invariants:
//! 1. Parts sum to what was split, exactly.
//! 2. No part of a filled quantity is larger than its share.

use crate::ids::SleeveId;
use crate::num::{Amount, Qty};
use crate::record::records;

records! {
    /// The part of a quantity that is one strategy's.
    pub struct Share {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// How much; the place it stands in says whether it is signed.
        pub qty: Qty = 2,
    }
}

/// The parts of `filled` that belong to the shares of an order, in their order.
///
/// ```
/// use truefill_core::{ids::SleeveId, num::Qty, order::shares::{Share, allot}};
/// let share = |sleeve, qty| Share { sleeve: SleeveId(sleeve), qty: Qty::whole(qty) };
/// let shares = [share(1, 60), share(2, 30), share(3, 10)];
/// let parts = allot(&shares, Qty::whole(1), Qty::whole(25));
/// assert_eq!(parts, [Qty::whole(15), Qty::whole(8), Qty::whole(2)]);
/// ```
#[must_use]
pub fn allot(shares: &[Share], lot: Qty, filled: Qty) -> Vec<Qty> {
    let weights: Vec<i128> = shares.iter().map(|share| share.qty.0).collect();
    let mut parts = split(filled.0, &weights, lot.0);
    let beyond = filled.0 - parts.iter().sum::<i128>();
    // Beyond the shares there is nothing to share by: it is the first one's.
    if let Some(first) = parts.first_mut() {
        *first += beyond;
    }
    parts.into_iter().map(Qty).collect()
}

/// The parts of a sum of money that belong to parts of a quantity, in steps of 1e-18.
#[must_use]
pub fn allot_amount(parts: &[Qty], sum: Amount) -> Vec<Amount> {
    let weights: Vec<i128> = parts.iter().map(|part| part.0.max(0)).collect();
    let whole: i128 = weights.iter().sum();
    let mut found: Vec<(i128, i128)> =
        weights.iter().map(|w| mul_div(*w, whole, sum.0.abs())).collect();
    let mut rest = sum.0.abs() - found.iter().map(|(part, _)| part).sum::<i128>();
    for at in by_remainder(&found.iter().map(|(_, rest)| (0, *rest)).collect::<Vec<_>>()) {
        let step = if whole == 0 { rest } else { rest.min(1) };
        found[at].0 += step;
        rest -= step;
    }
    found.into_iter().map(|(part, _)| Amount(part * sum.0.signum())).collect()
}

/// Splits `of` in proportion to weights, in whole `unit`s by the largest remainder, never more
/// than a weight. What no whole unit has room for goes in their order. Nothing is negative;
/// parts sum to `of`, or to all weights together where that is less.
#[must_use]
pub fn split(of: i128, weights: &[i128], unit: i128) -> Vec<i128> {
    let whole: i128 = weights.iter().map(|w| (*w).max(0)).sum();
    let of = of.clamp(0, whole);
    let unit = unit.max(1);
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for weight in weights {
        let (quota, rest) = mul_div((*weight).max(0), whole, of);
        let floor = quota - quota.rem_euclid(unit);
        parts.push(floor);
        remainders.push((quota - floor, rest));
    }
    let mut left = of - parts.iter().sum::<i128>();
    for at in by_remainder(&remainders) {
        if left >= unit && parts[at] + unit <= weights[at] {
            parts[at] += unit;
            left -= unit;
        }
    }
    for (part, weight) in parts.iter_mut().zip(weights) {
        let more = left.min(weight - *part).max(0);
        *part += more;
        left -= more;
    }
    parts
}

/// Positions by falling remainder; equal ones keep their order.
fn by_remainder(remainders: &[(i128, i128)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..remainders.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(remainders[*at]));
    order
}

/// `part × of / whole` without overflow, and the remainder of the division. `part` is not above
/// `whole`; nothing is negative.
pub(crate) fn mul_div(part: i128, whole: i128, of: i128) -> (i128, i128) {
    if whole <= 0 {
        return (0, 0);
    }
    if let Some(product) = part.checked_mul(of) {
        return (product / whole, product % whole);
    }
    // Bit by bit, from the highest of `of`: the remainder stays below `whole`.
    let (mut quotient, mut rest) = (0_i128, 0_i128);
    for bit in (0..127).rev() {
        (quotient, rest) = (quotient * 2, rest * 2);
        if of >> bit & 1 == 1 {
            rest += part;
        }
        quotient += rest / whole;
        rest %= whole;
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(of: &[i64]) -> Vec<Share> {
        let shares = (1..).zip(of);
        shares.map(|(id, qty)| Share { sleeve: SleeveId(id), qty: Qty::whole(*qty) }).collect()
    }

    #[test]
    fn parts_sum_to_the_whole_and_stay_inside_their_shares() {
        for of in [vec![1, 1, 1], vec![7, 11, 2], vec![100, 1], vec![3, 3, 3, 1], vec![5]] {
            let shares = shares(&of);
            let all: i64 = of.iter().sum();
            for filled in 0..=all {
                let parts = allot(&shares, Qty::whole(1), Qty::whole(filled));
                assert_eq!(parts.iter().copied().sum::<Qty>(), Qty::whole(filled));
                for (part, share) in parts.iter().zip(&shares) {
                    assert!(part.0 >= 0 && *part <= share.qty, "{filled} of {of:?}: {parts:?}");
                    let exact = share.qty.0 * i128::from(filled) / i128::from(all);
                    assert!((part.0 - exact).abs() <= crate::num::NANO, "within a lot");
                }
            }
        }
    }

    #[test]
    fn equal_remainders_go_to_the_first_strategy() {
        let parts = allot(&shares(&[1, 1, 1]), Qty::whole(1), Qty::whole(2));
        assert_eq!(parts, [Qty::whole(1), Qty::whole(1), Qty::ZERO]);
    }

    #[test]
    fn what_is_less_than_a_lot_is_lost_for_nobody() {
        let half = Qty(crate::num::NANO / 2);
        let odd =
            [Share { sleeve: SleeveId(1), qty: half }, Share { sleeve: SleeveId(2), qty: half }];
        assert_eq!(allot(&odd, Qty::whole(1), Qty::whole(1)), [half, half]);
    }

    #[test]
    fn what_no_whole_lot_has_room_for_goes_in_the_order_of_the_shares() {
        let of = |qty| split(qty, &[15, 15], 10);
        assert_eq!([of(10), of(20), of(30)], [[10, 0], [10, 10], [15, 15]]);
        assert_eq!(split(10, &[5, 5, 5], 10), [5, 5, 0]);
        assert_eq!(split(99, &[5, -5, 5], 10), [5, 0, 5], "not more than all weights");
    }

    #[test]
    fn what_is_filled_beyond_the_shares_is_the_first_ones() {
        let parts = allot(&shares(&[60, 40]), Qty::whole(1), Qty::whole(110));
        assert_eq!(parts, [Qty::whole(70), Qty::whole(40)]);
    }

    #[test]
    fn the_largest_remainder_is_that_of_the_division_not_of_the_larger_part() {
        // Of 4 in 5 parts, 1 is due to 0.8 and 3 to 3.2.
        assert_eq!(allot_amount(&[Qty(1), Qty(4)], Amount(4)), [Amount(1), Amount(3)]);
        assert_eq!(split(4, &[1, 4], 1), [1, 3]);
    }

    #[test]
    fn products_that_are_too_large_are_divided_like_those_that_are_not() {
        // By hand: 7 of 10 parts of a number of 127 bits, whose last digit is 7.
        let of = i128::MAX;
        assert_eq!(mul_div(7, 10, of), (of / 10 * 7 + 4, 9));
        for (part, whole) in [(1_i128, 1), (3, 7), (1 << 40, (1 << 41) + 1), (12, 12)] {
            for of in [0_i128, 1, 5, 1 << 20, (1 << 60) + 77] {
                // The same ratio with factors that make the product too large.
                let scale = 1 << 64;
                let (quotient, rest) = mul_div(part, whole, of);
                assert_eq!(mul_div(part * scale, whole * scale, of), (quotient, rest * scale));
            }
        }
    }

    #[test]
    fn money_is_split_to_the_last_unit_also_where_products_are_huge() {
        let parts = [Qty::whole(1_000_000_000), Qty::whole(1_000_000_000), Qty::whole(1)];
        for sum in [10, -10, 1_000_000_000_000_000_000_000_000_000_000_007, i128::MAX / 2] {
            let found = allot_amount(&parts, Amount(sum));
            assert_eq!(found.iter().map(|part| part.0).sum::<i128>(), sum);
            assert!((found[0].0 - found[1].0).abs() <= 1);
        }
        let nobody = allot_amount(&[Qty::ZERO, Qty::ZERO], Amount(7));
        assert_eq!(nobody, [Amount(7), Amount(0)], "a fee without a fill is the first one's");
    }
}
