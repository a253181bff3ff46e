//! Baskets and idle runs: everything wanted once, at one time.

use super::{Strategy, Wish};
use truefill_core::ids::InstrumentId;
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// All wishes at one instant; without any, an idle strategy.
#[derive(Clone, Debug)]
pub struct Once {
    at: Nanos,
    wishes: Vec<Wish>,
}

impl Once {
    /// These wishes at this time.
    #[must_use]
    pub const fn new(at: Nanos, wishes: Vec<Wish>) -> Self {
        Self { at, wishes }
    }
}

impl Strategy for Once {
    fn on_quote(&mut self, _: InstrumentId, _: &Quote, _: &mut Vec<Wish>) {}

    fn next_time(&self) -> Nanos {
        if self.wishes.is_empty() { Nanos::MAX } else { self.at }
    }

    fn on_time(&mut self, _now: Nanos, out: &mut Vec<Wish>) {
        out.append(&mut self.wishes);
    }
}
