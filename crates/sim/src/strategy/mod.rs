//! Strategies: they see the market and say what they want to hold. Nothing else.
//!
//! Entry points: [`Strategy`], [`Wish`]; built-in ones in [`BUILTIN`].
//!
//! A strategy here does not depend on its own fills, so its own stream of targets is its twin.

mod imbalance;
mod listed;
mod once;

pub use imbalance::Imbalance;
pub use listed::Listed;
pub use once::Once;

use truefill_core::config::Holding;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_market::bars::Bar;

/// Names of the built-in strategies, for configurations.
pub const BUILTIN: [&str; 1] = ["imbalance"];

/// A strategy's word: hold so much of this, from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Of what.
    pub holding: HoldingId,
    /// Absolute signed quantity.
    pub qty: Qty,
    /// The price the decision assumes; absent means the mid, and the close of the last bar
    /// where the market is known only as bars.
    pub px: Option<Px>,
    /// Price of a protective stop for what is held; absent means none.
    pub stop: Option<Px>,
}

/// The sleeve that the strategy at a position of a session's list speaks for in a holding: its
/// own, where it trades there; else the holding's first.
#[must_use]
pub(crate) fn speaker(key: &Holding, position: usize) -> SleeveId {
    let own = u16::try_from(position + 1).ok().map(SleeveId);
    own.filter(|sleeve| key.has(*sleeve)).unwrap_or(key.sleeve)
}

/// A strategy that lives from market data. The one at position `i` of a session's list is the one
/// at position `i` of the configuration.
pub trait Strategy {
    /// A quote arrived. Wishes are appended to `out`. Where the market is known only as bars
    /// there are no quotes: what is assumed inside a bar is not shown.
    fn on_quote(&mut self, instrument: InstrumentId, quote: &Quote, out: &mut Vec<Wish>);

    /// A bar has ended and is known now. Wishes are appended to `out`.
    fn on_bar(&mut self, _bar: &Bar, _out: &mut Vec<Wish>) {}

    /// When it wants to be asked without market data; [`Nanos::MAX`] for never.
    fn next_time(&self) -> Nanos {
        Nanos::MAX
    }

    /// Its time has come.
    fn on_time(&mut self, _now: Nanos, _out: &mut Vec<Wish>) {}
}
