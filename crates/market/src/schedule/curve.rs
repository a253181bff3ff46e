//! Schedules as the engine takes them: points of offset and cumulative share.

use truefill_core::num::{Qty, Rounding};

use super::{ScheduleError, Slice, quantities};

/// Parts of one whole.
const BILLION: i128 = 1_000_000_000;

/// The points of a schedule: from each offset on, so many parts per billion of the total are due.
/// [`due`] gives back exactly what the slices say. Shares are rounded up to the next part, so
/// that flooring to lots comes to the same lot.
///
/// # Errors
/// [`ScheduleError`] for offsets that do not rise, slices below zero, slices that sum to more
/// than the total, and for a total of more than a billion lots.
pub fn to_cumulative_ppb(
    slices: &[Slice],
    total: Qty,
    lot: Qty,
) -> Result<Vec<(i64, i64)>, ScheduleError> {
    quantities(total, lot)?;
    if total.0 > lot.0.saturating_mul(BILLION) {
        return Err(ScheduleError::TooFine { total, lot });
    }
    let mut points: Vec<(i64, i64)> = Vec::with_capacity(slices.len());
    let mut sum = Qty::ZERO;
    for slice in slices {
        if points.last().is_some_and(|(before, _)| slice.at_ns <= *before) {
            return Err(ScheduleError::Unordered { at_ns: slice.at_ns });
        }
        sum += slice.qty;
        if slice.qty.0 < 0 || slice.qty.0 % lot.0 != 0 || sum > total {
            return Err(ScheduleError::OutOfRange {
                what: "a slice",
                value: slice.qty.to_string(),
                allowed: "multiples of the lot of zero or above that sum to the total at most",
            });
        }
        let up = (sum.0 * BILLION + total.0 - 1) / total.0;
        // At most a billion, because the sum is at most the total.
        points.push((slice.at_ns, i64::try_from(up).unwrap_or(i64::MAX)));
    }
    Ok(points)
}

/// How much of the total is due at an offset, floored to lots: the rule that the engine applies.
/// Before the first point nothing is.
///
/// ```
/// use truefill_core::num::Qty;
/// use truefill_market::schedule::{due, to_cumulative_ppb, twap};
/// let (total, lot) = (Qty::whole(1950), Qty::whole(75));
/// let points = to_cumulative_ppb(&twap(total, 40, 10, lot)?, total, lot)?;
/// assert_eq!(points, [(0, 230_769_231), (10, 500_000_000), (20, 730_769_231), (30, 1_000_000_000)]);
/// assert_eq!(due(&points, total, lot, 19), Qty::whole(975));
/// # Ok::<(), truefill_market::schedule::ScheduleError>(())
/// ```
#[must_use]
pub fn due(points: &[(i64, i64)], total: Qty, lot: Qty, offset_ns: i64) -> Qty {
    let after = points.partition_point(|(at, _)| *at <= offset_ns);
    let ppb = after.checked_sub(1).and_then(|last| points.get(last)).map_or(0, |(_, ppb)| *ppb);
    Qty(total.0.saturating_mul(i128::from(ppb)) / BILLION).to_lot(lot, Rounding::Floor)
}
