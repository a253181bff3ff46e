//! A book rebuilt order by order from a log that starts in the middle.
//!
//! Entry points: [`OrderBook`], [`Check`].
//!
//! Invariants: the size of a level is the sum of its known orders plus an anonymous part that is
//! never below zero; at most [`ORDERS_MAX`] orders are known at a time (beyond them new ones are
//! not remembered, and their later events are about unknown orders).

use std::collections::BTreeMap;

use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;

use crate::book::Level;

/// Most orders known at a time.
pub const ORDERS_MAX: usize = 1_000_000;

/// How the rebuilt book compared with snapshots, each before it was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Snapshots compared.
    pub snapshots: u64,
    /// Snapshots of which every level was equal.
    pub snapshots_equal: u64,
    /// Levels compared.
    pub levels: u64,
    /// Levels whose size was equal to the last unit.
    pub levels_equal: u64,
    /// Levels of the rebuilt book that a snapshot should show and does not.
    pub levels_absent: u64,
    /// Snapshots whose best bid is at or above their best ask.
    pub crossed: u64,
}

/// An order of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) side: Side,
    pub(super) level: Level,
}

/// The size at a price.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    known: Qty,
    anonymous: Qty,
}

impl Size {
    fn total(self) -> Qty {
        Qty(self.known.0 + self.anonymous.0)
    }
}

/// The book.
#[derive(Clone, Debug, Default)]
pub struct OrderBook {
    orders: BTreeMap<u64, Order>,
    bids: BTreeMap<Px, Size>,
    asks: BTreeMap<Px, Size>,
    seen_snapshot: bool,
    check: Check,
}

impl OrderBook {
    /// How it compared with the snapshots so far.
    #[must_use]
    pub const fn check(&self) -> &Check {
        &self.check
    }

    /// Orders known.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    /// Bids, the best first, anonymous sizes included.
    pub fn bids(&self) -> impl Iterator<Item = Level> {
        self.bids.iter().rev().map(|(px, size)| Level { px: *px, qty: size.total() })
    }

    /// Asks, the best first, anonymous sizes included.
    pub fn asks(&self) -> impl Iterator<Item = Level> {
        self.asks.iter().map(|(px, size)| Level { px: *px, qty: size.total() })
    }

    /// A new order; false if an order with its id is there already, which is replaced.
    pub(super) fn create(&mut self, id: u64, order: Order) -> bool {
        let fresh = self.forget(id).is_none();
        self.remember(id, order);
        fresh
    }

    /// What is left of an order; false if it is not known.
    pub(super) fn change(&mut self, id: u64, order: Order) -> bool {
        let known = self.forget(id).is_some();
        if !known {
            // What is left of it was part of the anonymous size.
            self.reveal(order);
        }
        self.remember(id, order);
        known
    }

    /// An order that is gone; false if it is not known.
    pub(super) fn delete(&mut self, id: u64, order: Order) -> bool {
        let known = self.forget(id).is_some();
        if !known {
            self.reveal(order);
        }
        known
    }

    /// Compares with a snapshot, then takes the anonymous sizes from it.
    pub(super) fn snapshot(&mut self, bids: &[Level], asks: &[Level]) {
        let mut wrong = 0;
        if self.seen_snapshot {
            for (side, shown) in [(&self.bids, bids), (&self.asks, asks)] {
                let equal = shown.iter().filter(|level| total(side, level.px) == level.qty).count();
                let absent = range(shown).map_or(0, |(low, high)| {
                    let held = side.range(low..=high).filter(|(_, size)| size.total().0 > 0);
                    held.filter(|(px, _)| shown.iter().all(|level| level.px != **px)).count()
                });
                wrong += shown.len() - equal;
                self.check.levels += count(shown.len());
                self.check.levels_equal += count(equal);
                self.check.levels_absent += count(absent);
            }
            self.check.snapshots += 1;
            self.check.snapshots_equal += u64::from(wrong == 0);
        }
        let best_bid = bids.iter().map(|level| level.px).max();
        let best_ask = asks.iter().map(|level| level.px).min();
        let crossed = best_bid.zip(best_ask).is_some_and(|(bid, ask)| bid >= ask);
        self.check.crossed += u64::from(crossed);
        self.seen_snapshot = true;
        for (side, shown) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            let Some((low, high)) = range(shown) else { continue };
            for (_, size) in side.range_mut(low..=high) {
                size.anonymous = Qty::ZERO;
            }
            for level in shown {
                let size = side.entry(level.px).or_default();
                size.anonymous = Qty((level.qty.0 - size.known.0).max(0));
            }
            side.retain(|_, size| size.total().0 > 0);
        }
    }

    fn side(&mut self, side: Side) -> &mut BTreeMap<Px, Size> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn remember(&mut self, id: u64, order: Order) {
        if self.orders.len() < ORDERS_MAX && order.level.qty.0 > 0 {
            self.orders.insert(id, order);
            self.side(order.side).entry(order.level.px).or_default().known += order.level.qty;
        }
    }

    fn forget(&mut self, id: u64) -> Option<Order> {
        let order = self.orders.remove(&id)?;
        let side = self.side(order.side);
        if let Some(size) = side.get_mut(&order.level.px) {
            size.known.0 -= order.level.qty.0;
            if size.total().0 <= 0 {
                side.remove(&order.level.px);
            }
        }
        Some(order)
    }

    /// Part of an anonymous size turns out to be this order's.
    fn reveal(&mut self, order: Order) {
        let side = self.side(order.side);
        if let Some(size) = side.get_mut(&order.level.px) {
            size.anonymous.0 = (size.anonymous.0 - order.level.qty.0).max(0);
            if size.total().0 <= 0 {
                side.remove(&order.level.px);
            }
        }
    }
}

fn total(side: &BTreeMap<Px, Size>, px: Px) -> Qty {
    side.get(&px).map_or(Qty::ZERO, |size| size.total())
}

/// The lowest and the highest price.
fn range(levels: &[Level]) -> Option<(Px, Px)> {
    let low = levels.iter().map(|level| level.px).min()?;
    let high = levels.iter().map(|level| level.px).max()?;
    Some((low, high))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
