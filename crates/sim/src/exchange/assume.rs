//! What is assumed of a market where the data do not say. All of it is declared, none of it is
//! known, and the default is to assume nothing.
//!
//! Entry point: [`Assumptions`].

use super::queue::QueueModel;
use truefill_core::num::Qty;

/// Depth behind the touch where only the touch is known: so many levels, evenly spaced, all of
/// one size.
///
/// It shows what a large market order does in a thin book. Whoever wants to be filled there
/// within a price uses a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThinBook {
    /// Levels behind the touch, on each side.
    pub levels: u16,
    /// Distance of two levels, in ticks; at least 1.
    pub step_ticks: u32,
    /// Size of each, in units of the instrument.
    pub qty: Qty,
}

/// Everything that is assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// Depth behind the touch of an instrument that is fed by quotes. Without it a taker gets
    /// the displayed size and then what later quotes show.
    pub thin: Option<ThinBook>,
    /// How the queue moves, for an instrument that is fed by full books.
    pub queue: QueueModel,
    /// The sizes of bid and ask are one quantity: what is taken on one side is gone on the
    /// other. That is what the points of a bar say, whose volume is the same whoever trades it.
    /// [`Self::thin`] does not apply then.
    pub shared_sides: bool,
}
