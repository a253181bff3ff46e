//! A strategy that was decided elsewhere: rows of time and target, as any backtester writes them.

use super::{Strategy, Wish};
use truefill_core::ids::InstrumentId;
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// Targets by the time at which each was known.
#[derive(Clone, Debug)]
pub struct Listed {
    rows: Vec<(Nanos, Wish)>,
    next: usize,
}

impl Listed {
    /// Rows in order of time; rows of one instant in the order they were written.
    #[must_use]
    pub fn new(mut rows: Vec<(Nanos, Wish)>) -> Self {
        rows.sort_by_key(|(time, _)| *time);
        Self { rows, next: 0 }
    }
}

impl Strategy for Listed {
    fn on_quote(&mut self, _: InstrumentId, _: &Quote, _: &mut Vec<Wish>) {}

    fn next_time(&self) -> Nanos {
        self.rows.get(self.next).map_or(Nanos::MAX, |(time, _)| *time)
    }

    fn on_time(&mut self, now: Nanos, out: &mut Vec<Wish>) {
        while let Some((time, wish)) = self.rows.get(self.next) {
            if *time > now {
                break;
            }
            out.push(*wish);
            self.next += 1;
        }
    }
}
