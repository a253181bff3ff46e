//! A full order book by price, rebuilt from snapshots and differences.
//!
//! Entry points: [`BookUpdate`], [`Book`], its [`apply`](Book::apply).
//!
//! Rules, as exchanges publish them for such streams:
//! - Differences before the first snapshot wait for it, the latest [`WAITING_MAX`] of them.
//! - A snapshot replaces the book. Differences that end at or before it are old.
//! - The first difference after a snapshot must hold the number after the snapshot's; every other
//!   must name the one before as its predecessor, or begin with the number after it.
//! - One that does not is a gap: the book is not used until the next snapshot.
//!
//! Invariants: no level has a size of zero or below; at most [`LEVELS_MAX`] levels a side are
//! kept, those nearest to the other side.

use std::collections::{BTreeMap, VecDeque};

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;

/// Most levels kept on each side.
pub const LEVELS_MAX: usize = 100_000;
/// Most differences that wait for a snapshot.
pub const WAITING_MAX: usize = 10_000;

/// A price and the size that stands there; zero removes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price in currency units.
    pub px: Px,
    /// Size in units of the instrument.
    pub qty: Qty,
}

/// How an update numbers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// The whole book as of this number.
    Snapshot {
        /// The last number that is in it.
        last_id: u64,
    },
    /// A difference.
    Difference {
        /// The first number that is in it.
        first_id: u64,
        /// The last number that is in it.
        last_id: u64,
        /// The last number of the difference before, where the exchange says it.
        previous_id: Option<u64>,
    },
}

/// An update of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookUpdate {
    /// Whose book.
    pub instrument: InstrumentId,
    /// When it was received.
    pub time: Nanos,
    /// Its numbers.
    pub sequence: Sequence,
    /// Changed bids.
    pub bids: Vec<Level>,
    /// Changed asks.
    pub asks: Vec<Level>,
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is in the book.
    Yes,
    /// It waits for a snapshot.
    Waiting,
    /// The book is newer.
    Old,
    /// Updates before it are missing; the book is empty until the next snapshot.
    Gap {
        /// The last number in the book.
        after: u64,
    },
}

/// The book of one instrument.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Px, Qty>,
    asks: BTreeMap<Px, Qty>,
    /// The last number in the book; none without a snapshot.
    last_id: Option<u64>,
    /// A difference was applied since the snapshot.
    running: bool,
    waiting: VecDeque<BookUpdate>,
}

impl Book {
    /// Takes an update of this instrument.
    pub fn apply(&mut self, update: &BookUpdate) -> Applied {
        match update.sequence {
            Sequence::Snapshot { last_id } => self.restart(update, last_id),
            Sequence::Difference { .. } if self.last_id.is_none() => {
                if self.waiting.len() == WAITING_MAX {
                    self.waiting.pop_front();
                }
                self.waiting.push_back(update.clone());
                Applied::Waiting
            }
            Sequence::Difference { first_id, last_id, previous_id } => {
                self.difference(update, first_id, last_id, previous_id)
            }
        }
    }

    /// The best bid and the best ask, if the book has both.
    #[must_use]
    pub fn best(&self) -> Option<(Level, Level)> {
        Some((self.bids().next()?, self.asks().next()?))
    }

    /// True if the best bid is at or above the best ask: the book is wrong.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.best().is_some_and(|(bid, ask)| bid.px >= ask.px)
    }

    /// The last number in the book; `None` while it waits for a snapshot.
    #[must_use]
    pub const fn last_id(&self) -> Option<u64> {
        self.last_id
    }

    /// Bids, the best first.
    pub fn bids(&self) -> impl Iterator<Item = Level> {
        self.bids.iter().rev().map(|(px, qty)| Level { px: *px, qty: *qty })
    }

    /// Asks, the best first.
    pub fn asks(&self) -> impl Iterator<Item = Level> {
        self.asks.iter().map(|(px, qty)| Level { px: *px, qty: *qty })
    }

    fn restart(&mut self, update: &BookUpdate, last_id: u64) -> Applied {
        self.bids.clear();
        self.asks.clear();
        (self.last_id, self.running) = (Some(last_id), false);
        self.change(update);
        let mut outcome = Applied::Yes;
        for waited in std::mem::take(&mut self.waiting) {
            match self.apply(&waited) {
                gap @ Applied::Gap { .. } => outcome = gap,
                Applied::Yes | Applied::Waiting | Applied::Old => {}
            }
        }
        outcome
    }

    fn difference(
        &mut self,
        update: &BookUpdate,
        first_id: u64,
        last_id: u64,
        previous_id: Option<u64>,
    ) -> Applied {
        let Some(have) = self.last_id else { return Applied::Waiting };
        if last_id <= have {
            return Applied::Old;
        }
        let follows = match previous_id {
            Some(previous) if self.running => previous == have,
            None if self.running => first_id == have.saturating_add(1),
            _ => first_id <= have.saturating_add(1),
        };
        if !follows {
            // It may follow the next snapshot.
            *self = Self { waiting: VecDeque::from([update.clone()]), ..Self::default() };
            return Applied::Gap { after: have };
        }
        (self.last_id, self.running) = (Some(last_id), true);
        self.change(update);
        Applied::Yes
    }

    fn change(&mut self, update: &BookUpdate) {
        for (side, levels) in [(&mut self.bids, &update.bids), (&mut self.asks, &update.asks)] {
            for level in levels {
                if level.qty.0 > 0 {
                    side.insert(level.px, level.qty);
                } else {
                    side.remove(&level.px);
                }
            }
        }
        while self.bids.len() > LEVELS_MAX {
            self.bids.pop_first();
        }
        while self.asks.len() > LEVELS_MAX {
            self.asks.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(sequence: Sequence, bids: &[(i128, i128)], asks: &[(i128, i128)]) -> BookUpdate {
        let levels = |side: &[(i128, i128)]| {
            side.iter().map(|(px, qty)| Level { px: Px(*px), qty: Qty(*qty) }).collect()
        };
        let (bids, asks) = (levels(bids), levels(asks));
        BookUpdate { instrument: InstrumentId(0), time: Nanos(0), sequence, bids, asks }
    }

    fn difference(first_id: u64, last_id: u64, previous_id: Option<u64>) -> Sequence {
        Sequence::Difference { first_id, last_id, previous_id }
    }

    #[test]
    fn differences_wait_for_the_snapshot_and_follow_it() {
        let mut book = Book::default();
        let early = update(difference(1, 4, None), &[(90, 9)], &[]);
        let across = update(difference(5, 8, None), &[(100, 0), (99, 2)], &[(101, 3)]);
        assert_eq!(book.apply(&early), Applied::Waiting);
        assert_eq!(book.apply(&across), Applied::Waiting);
        assert_eq!(book.best(), None);
        let snapshot = update(Sequence::Snapshot { last_id: 6 }, &[(100, 1)], &[(102, 1)]);
        assert_eq!(book.apply(&snapshot), Applied::Yes);
        let level = |px, qty| Level { px: Px(px), qty: Qty(qty) };
        assert_eq!(book.best(), Some((level(99, 2), level(101, 3))));
        assert_eq!(book.bids().count(), 1, "what the snapshot already had is not applied again");
        assert_eq!(book.apply(&early), Applied::Old);
        let same = update(difference(8, 8, None), &[(99, 5)], &[]);
        assert_eq!(book.apply(&same), Applied::Old, "number 8 is in the book");
        let next = update(difference(9, 9, None), &[(98, 1)], &[]);
        assert_eq!(book.apply(&next), Applied::Yes);
        assert_eq!(book.last_id(), Some(9));
    }

    #[test]
    fn a_gap_ends_the_book_until_the_next_snapshot() {
        for (first, previous) in [(12, None), (11, Some(9))] {
            let mut book = Book::default();
            let snapshot = update(Sequence::Snapshot { last_id: 8 }, &[(1, 1)], &[(2, 1)]);
            book.apply(&snapshot);
            let second = update(difference(7, 10, Some(6)), &[(1, 2)], &[]);
            assert_eq!(book.apply(&second), Applied::Yes, "the first one holds number 9");
            let late = update(difference(first, 13, previous), &[(1, 3)], &[]);
            assert_eq!(book.apply(&late), Applied::Gap { after: 10 });
            assert_eq!((book.best(), book.last_id()), (None, None));
            assert_eq!(book.apply(&late), Applied::Waiting);
            assert_eq!(book.apply(&snapshot), Applied::Gap { after: 8 });
        }
    }
}
