//! Full books: what one side of a market shows at one price.
//!
//! Entry point: [`Level`].

use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;

/// What is displayed at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Bids ([`Side::Buy`]) or asks ([`Side::Sell`]).
    pub side: Side,
    /// Price in currency units.
    pub px: Px,
    /// All that is displayed there, in units of the instrument; zero takes the level away.
    pub qty: Qty,
}
