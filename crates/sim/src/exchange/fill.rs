//! How quantity passes from the market to our orders.
//!
//! Entry points: [`walk`] for one order that takes, [`by_far_side`] for those that rest while
//! the market comes to them, [`by_trade`] for those in the queue of a full book.
//!
//! Invariant: each function takes only what a level still has, or what was traded, whatever the
//! number of orders, and never more of an order than it has left.

use super::ladder::{Ladder, Level};
use super::order::{Execution, Resting, Role};
use super::queue::{self, QueueModel};
use truefill_core::num::{Px, Qty, Rounding};
use truefill_core::report::Liquidity;

/// Takes from the touch outward, as far as the limit allows, whole lots, each level at its own
/// price for a taker and at the order's limit for a maker. Returns what was taken.
#[inline]
pub(super) fn walk(
    order: &mut Resting,
    far: &mut Ladder,
    lot: Qty,
    out: &mut Vec<Execution>,
) -> Qty {
    let mut taken = Qty::ZERO;
    let touch = far.best().map(|best| best.px);
    for level in far.walk() {
        if order.leaves.0 <= 0 || !order.reaches(level.px) {
            break;
        }
        if let Some(execution) = take(order, level, touch, lot) {
            taken += execution.qty;
            out.push(execution);
        }
    }
    taken
}

/// Takes as much of the level as it has and the order wants, in whole lots.
fn take(order: &mut Resting, level: &mut Level, touch: Option<Px>, lot: Qty) -> Option<Execution> {
    let qty = order.leaves.min(level.available).to_lot(lot, Rounding::Floor);
    if qty.0 <= 0 {
        return None;
    }
    order.fill(qty);
    level.available -= qty;
    let (px, liquidity, touch) = match order.role {
        Role::Maker => (order.px, Liquidity::Maker, None),
        Role::Taker | Role::Undecided => (level.px, Liquidity::Taker, touch),
    };
    Some(Execution { number: order.number, qty, px, liquidity, touch })
}

/// Fills the orders that the far side reaches, in their order, while it has something left. In
/// a full book (`deep`) what is left of a taker is a maker. Returns what was taken.
pub(super) fn by_far_side(
    orders: &mut Vec<Resting>,
    far: &mut Ladder,
    deep: bool,
    lot: Qty,
    out: &mut Vec<Execution>,
) -> Qty {
    let Some(best) = far.best().map(|best| best.px) else { return Qty::ZERO };
    let (mut taken, mut filled) = (Qty::ZERO, 0);
    for order in orders.iter_mut() {
        let reached = order.reaches(best);
        if order.role == Role::Undecided {
            order.role = if reached { Role::Taker } else { Role::Maker };
        }
        if reached {
            taken += walk(order, far, lot, out);
        }
        if deep {
            order.role = Role::Maker;
        }
        filled += usize::from(order.leaves.is_zero());
    }
    if filled > 0 {
        orders.retain(|order| !order.leaves.is_zero());
    }
    taken
}

/// Somebody trades `qty` at `px` against the side on which these orders rest. Orders at better
/// prices are hit first, whoever stood before them; at the price itself those come first that
/// were in the queue before ours.
pub(super) fn by_trade(
    orders: &mut Vec<Resting>,
    near: &Ladder,
    px: Px,
    qty: Qty,
    lot: Qty,
    out: &mut Vec<Execution>,
) {
    for order in orders.iter_mut().filter(|order| order.px == px) {
        order.traded += qty;
    }
    let (mut ours, mut at) = (Qty::ZERO, 0);
    while let Some(order) = orders.get_mut(at) {
        if !order.reaches(px) {
            break;
        }
        let before = if order.px == px { order.ahead } else { Qty::ZERO };
        let reaching = qty - ours - before;
        order.ahead = (before - (qty - ours)).max(Qty::ZERO);
        let hit = order.shown.min(reaching).to_lot(lot, Rounding::Floor);
        if hit.0 <= 0 {
            at += 1;
            continue;
        }
        ours += hit;
        let (number, px, liquidity) = (order.number, order.px, Liquidity::Maker);
        out.push(Execution { number, qty: hit, px, liquidity, touch: None });
        order.role = Role::Maker;
        let refilled = order.fill(hit);
        if order.leaves.is_zero() {
            orders.remove(at);
        } else if refilled {
            // The next part of an iceberg goes behind everything that is displayed.
            let mut order = orders.remove(at);
            order.ahead = near.displayed_at(order.px);
            let behind = orders.partition_point(|o| o.reaches(order.px));
            orders.insert(behind, order);
        } else {
            at += 1;
        }
    }
}

impl Resting {
    /// Its level went from displaying `was` to `is`.
    pub fn level_changed(&mut self, model: QueueModel, was: Qty, is: Qty) {
        self.ahead = queue::after_level(model, self.ahead, was, is, self.traded);
        self.traded = Qty::ZERO;
    }
}
