//! A quantity cut into slices of whole lots.

use truefill_core::num::Qty;

use super::{SLICES_MAX, ScheduleError, quantities};

/// A part of the parent that becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// When, counted from the start of the schedule.
    pub at_ns: i64,
    /// How much more is due from then on: a multiple of the lot, zero or above.
    pub qty: Qty,
}

/// A stretch of time and how much trades in it, as a part of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its beginning, counted from the start of the schedule.
    pub at_ns: i64,
    /// Its weight, in any unit: an expected volume, a percentage.
    pub weight: u64,
}

/// Equal parts over time: a slice at the beginning of every interval, so that at the end of each
/// interval the share of the horizon that has passed is due, floored to lots. The last interval
/// may be shorter than the others. (Cumulative floor: what one slice is short, a later one has
/// more. Nothing is left for after the horizon.)
///
/// # Errors
/// [`ScheduleError`] for a total, a lot, a horizon or an interval that is not above zero, and for
/// more than [`SLICES_MAX`] slices.
///
/// ```
/// use truefill_core::num::Qty;
/// use truefill_market::schedule::twap;
/// let slices = twap(Qty::whole(10), 3_000, 1_000, Qty::whole(1))?;
/// let quantities: Vec<Qty> = slices.iter().map(|slice| slice.qty).collect();
/// assert_eq!(quantities, [Qty::whole(3), Qty::whole(3), Qty::whole(4)]);
/// # Ok::<(), truefill_market::schedule::ScheduleError>(())
/// ```
pub fn twap(
    total: Qty,
    horizon_ns: i64,
    interval_ns: i64,
    lot: Qty,
) -> Result<Vec<Slice>, ScheduleError> {
    quantities(total, lot)?;
    for (what, value) in [("the horizon", horizon_ns), ("the interval", interval_ns)] {
        if value <= 0 {
            let allowed = "a time above zero";
            return Err(ScheduleError::OutOfRange { what, value: format!("{value} ns"), allowed });
        }
    }
    let count = (i128::from(horizon_ns) + i128::from(interval_ns) - 1) / i128::from(interval_ns);
    if usize::try_from(count).map_or(true, |count| count > SLICES_MAX) {
        return Err(ScheduleError::TooManySlices { most: SLICES_MAX });
    }
    let lots = total.0 / lot.0;
    let mut slices = Vec::new();
    let (mut at_ns, mut done) = (0_i64, 0);
    while at_ns < horizon_ns {
        let end = at_ns.saturating_add(interval_ns).min(horizon_ns);
        let (due, _) = share(lots, i128::from(end), i128::from(horizon_ns));
        slices.push(Slice { at_ns, qty: Qty((due - done) * lot.0) });
        (at_ns, done) = (end, due);
    }
    Ok(slices)
}

/// Parts by a curve of volume: a slice at the beginning of each bucket, by its weight. Lots that
/// are left over go to the buckets with the largest remainders, the earlier of two equal ones
/// first.
///
/// # Errors
/// [`ScheduleError`] for a total or a lot that is not above zero, offsets below zero or that do
/// not rise, weights that sum to zero or to more than 9223372036854775807, and for more than
/// [`SLICES_MAX`] buckets.
pub fn vwap(total: Qty, buckets: &[Bucket], lot: Qty) -> Result<Vec<Slice>, ScheduleError> {
    quantities(total, lot)?;
    if buckets.len() > SLICES_MAX {
        return Err(ScheduleError::TooManySlices { most: SLICES_MAX });
    }
    let mut before = -1;
    for bucket in buckets {
        if bucket.at_ns <= before {
            return Err(ScheduleError::Unordered { at_ns: bucket.at_ns });
        }
        before = bucket.at_ns;
    }
    let weight: i128 = buckets.iter().map(|bucket| i128::from(bucket.weight)).sum();
    if weight <= 0 || weight > i128::from(i64::MAX) {
        return Err(ScheduleError::OutOfRange {
            what: "the sum of the weights",
            value: weight.to_string(),
            allowed: "weights with a sum from 1 to 9223372036854775807",
        });
    }
    let lots = total.0 / lot.0;
    let shares: Vec<(i128, i128)> =
        buckets.iter().map(|bucket| share(lots, i128::from(bucket.weight), weight)).collect();
    let left = lots - shares.iter().map(|(whole, _)| whole).sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    // The sort is stable: of equal remainders the earlier bucket comes first.
    by_remainder.sort_by_key(|at| std::cmp::Reverse(shares.get(*at).map(|(_, rest)| *rest)));
    let mut lots_of: Vec<i128> = shares.iter().map(|(whole, _)| *whole).collect();
    // Fewer lots are left than there are buckets.
    let left = usize::try_from(left).unwrap_or(0);
    for at in by_remainder.into_iter().take(left) {
        if let Some(lots) = lots_of.get_mut(at) {
            *lots += 1;
        }
    }
    let slices = buckets.iter().zip(lots_of);
    Ok(slices.map(|(bucket, lots)| Slice { at_ns: bucket.at_ns, qty: Qty(lots * lot.0) }).collect())
}

/// What to have traded so that it is `rate_ppm` parts per million of all volume, our own
/// included, when others have traded `others`: rate / (1 - rate) of theirs, floored to 1e-9.
///
/// # Errors
/// [`ScheduleError::OutOfRange`] for a rate that is not between 1 and 999999, and for a quantity
/// below zero or out of bounds.
///
/// ```
/// use truefill_core::num::Qty;
/// use truefill_market::schedule::pov_qty;
/// assert_eq!(pov_qty(100_000, Qty::whole(9000)), Ok(Qty::whole(1000)));
/// ```
pub fn pov_qty(rate_ppm: u32, others: Qty) -> Result<Qty, ScheduleError> {
    if !(1..1_000_000).contains(&rate_ppm) {
        return Err(ScheduleError::OutOfRange {
            what: "the participation rate",
            value: format!("{rate_ppm} ppm"),
            allowed: "a rate from 1 to 999999 parts per million",
        });
    }
    if others.0 < 0 || others.bounded().is_err() {
        return Err(ScheduleError::OutOfRange {
            what: "the volume of others",
            value: others.to_string(),
            allowed: "a quantity of zero or above and at most 1000000000000",
        });
    }
    let rate = i128::from(rate_ppm);
    Ok(Qty(others.0 * rate / (1_000_000 - rate)))
}

/// `whole` × `part` / `of`: the quotient and the remainder. `part` and `of` are at most 2^63, so
/// that nothing leaves the integer.
fn share(whole: i128, part: i128, of: i128) -> (i128, i128) {
    let rest = (whole % of) * part;
    ((whole / of) * part + rest / of, rest % of)
}
