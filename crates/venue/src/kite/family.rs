//! Several rows that are one order of ours: legs of an iceberg, slices of an order above the
//! freeze quantity.
//!
//! Entry points: [`latest`], [`join`].
//!
//! Two rows under one id of ours that are neither are two orders, and stay two: the broker does not
//! refuse an id that is used twice, and the engine must see it.

use std::collections::BTreeMap;

use super::book::BookRow;
use truefill_core::ids::{ClOrdId, VenueText};
use truefill_core::num::Qty;
use truefill_core::report::OrdStatus;

/// The last row of each order: a history has one for every state, the present one at the end.
pub fn latest(rows: &[BookRow]) -> Vec<BookRow> {
    let last: BTreeMap<VenueText, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.order_id, at)).collect();
    let is_last = |(at, row): &(usize, &BookRow)| last.get(&row.order_id) == Some(at);
    rows.iter().enumerate().filter(is_last).map(|(_, row)| row.clone()).collect()
}

/// Joins the latest rows of each order.
pub fn join(rows: &[BookRow]) -> Vec<BookRow> {
    let mut joined: Vec<BookRow> = Vec::with_capacity(rows.len());
    let mut families: BTreeMap<ClOrdId, Vec<&BookRow>> = BTreeMap::new();
    for row in rows {
        match row.cl_ord_id.filter(|_| is_part(row)) {
            Some(id) => families.entry(id).or_default().push(row),
            None => joined.push(row.clone()),
        }
    }
    joined.extend(families.values().filter_map(|parts| whole(parts)));
    joined
}

/// The row is a part of an order.
pub const fn is_part(row: &BookRow) -> bool {
    row.leg.is_some() || row.slice_of.is_some()
}

/// The part that a cancel or a change goes to: the first one that still works.
pub fn live<'a>(parts: &[&'a BookRow]) -> Option<&'a BookRow> {
    parts.iter().copied().find(|part| !part.status.is_terminal())
}

fn whole(parts: &[&BookRow]) -> Option<BookRow> {
    let first = parts.iter().copied().min_by_key(|part| part.leg.map_or(0, |leg| leg.leg))?;
    let last = parts.iter().copied().max_by_key(|part| part.leg.map_or(0, |leg| leg.leg))?;
    let sum = |of: fn(&BookRow) -> Qty| parts.iter().map(|part| of(part)).sum::<Qty>();
    let (slices, cum) = (sum(|part| part.qty), sum(|part| part.filled));
    let qty = first.leg.map_or(slices, |leg| leg.total.max(slices));
    let mut whole = first.clone();
    whole.order_id = first.slice_of.unwrap_or(first.order_id);
    whole.qty = qty;
    whole.filled = cum;
    whole.changed = last.changed;
    whole.words.clone_from(&last.words);
    whole.status = match (live(parts), last.leg) {
        (Some(part), _) => part.status,
        (None, _) if cum >= qty => OrdStatus::Filled,
        // A leg is filled and the next one is not there yet.
        (None, Some(leg)) if last.status == OrdStatus::Filled && leg.leg < leg.legs => {
            OrdStatus::Pending
        }
        // "Filled" would be wrong for an order of which a slice was refused.
        (None, _) if last.status == OrdStatus::Filled => OrdStatus::Canceled,
        (None, _) => last.status,
    };
    Some(whole)
}
