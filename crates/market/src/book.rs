//! Full books: what one side of a market shows at one price.
//!
//! Entry point: [`Level`].

use truefill_core::num::{Px, Qty};

/// A price and the size that stands there; zero removes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price in currency units.
    pub px: Px,
    /// Size in units of the instrument.
    pub qty: Qty,
}
