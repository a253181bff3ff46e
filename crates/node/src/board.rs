//! Market data on its way to the engine: the newest of each instrument and nothing else, so that a
//! flood of quotes can neither fill a queue nor delay news of orders.
//!
//! Entry points: [`Board::post`], [`Board::take`].
//!
//! Invariants: (1) memory is one place an instrument; (2) a packet that the exchange made before
//! the one that is posted is dropped.

use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// What is new of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Best bid and ask.
    pub quote: Quote,
    /// Quantity traded today.
    pub volume: Option<Qty>,
    /// The close of the session before, as the broker shows it.
    pub close: Option<Px>,
    /// When the exchange made it.
    pub exchange_time: Option<Nanos>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    posted: Option<Posted>,
    new: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Board {
    places: Mutex<Vec<Place>>,
    bell: Notify,
}

impl Board {
    /// For so many instruments.
    #[must_use]
    pub fn new(instruments: usize) -> Self {
        Self { places: Mutex::new(vec![Place::default(); instruments]), bell: Notify::new() }
    }

    /// Posts what is new. False when it is older than what is there.
    pub fn post(&self, id: InstrumentId, posted: Posted) -> bool {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = places.get_mut(id.ix()) else { return false };
        let before = place.posted.and_then(|before| before.exchange_time);
        if posted.exchange_time.is_some() && posted.exchange_time < before {
            return false;
        }
        *place = Place { posted: Some(posted), new: true };
        drop(places);
        self.bell.notify_one();
        true
    }

    /// Takes what is new since the last time.
    pub fn take(&self, mut each: impl FnMut(InstrumentId, &Posted)) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, number) in places.iter_mut().zip(0u32..) {
            if std::mem::take(&mut place.new)
                && let Some(posted) = &place.posted
            {
                each(InstrumentId(number), posted);
            }
        }
    }

    /// Waits for something new.
    pub async fn changed(&self) {
        self.bell.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(px: i64, made: Option<Nanos>) -> Posted {
        let (bid_px, ask_px) = (Px::whole(px), Px::whole(px + 1));
        let (bid_qty, ask_qty, time) = (Qty::whole(1), Qty::whole(1), Nanos(0));
        let quote = Quote { bid_px, ask_px, bid_qty, ask_qty, time };
        Posted { quote, volume: None, close: None, exchange_time: made }
    }

    #[test]
    fn the_newest_replaces_what_was_not_taken() {
        let board = Board::new(2);
        assert!(board.post(InstrumentId(1), at(10, Some(Nanos(5)))));
        assert!(board.post(InstrumentId(1), at(11, Some(Nanos(5)))));
        assert!(!board.post(InstrumentId(1), at(9, Some(Nanos(4)))), "made before it");
        assert!(!board.post(InstrumentId(9), at(9, None)), "not configured");
        let mut seen = Vec::new();
        board.take(|id, posted| seen.push((id, *posted)));
        board.take(|_, _| panic!("taken already"));
        assert_eq!(seen, [(InstrumentId(1), at(11, Some(Nanos(5))))]);
    }
}
