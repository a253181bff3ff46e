//! Top of book: the only market data that crosses into the engine, always by value.

use crate::ids::InstrumentId;
use crate::num::{Px, Qty};
use crate::record::records;
use crate::time::Nanos;

records! {
    /// Best bid and ask with displayed sizes.
    pub struct Quote {
        /// Best bid price.
        pub bid_px: Px = 1,
        /// Displayed size at the best bid.
        pub bid_qty: Qty = 2,
        /// Best ask price.
        pub ask_px: Px = 3,
        /// Displayed size at the best ask.
        pub ask_qty: Qty = 4,
        /// When it was received.
        pub time: Nanos = 5,
    }

    /// A quote of one instrument, attached to an input that uses it.
    pub struct Mark {
        /// Whose quote.
        pub instrument: InstrumentId = 1,
        /// The quote.
        pub quote: Quote = 2,
    }
}

impl Copy for Quote {}
impl Copy for Mark {}

impl Quote {
    /// Two-sided, positive and not crossed. Anything else is not used for pricing.
    #[must_use]
    pub fn is_sane(&self) -> bool {
        self.bid_px.0 > 0
            && self.ask_px.0 >= self.bid_px.0
            && self.bid_qty.0 >= 0
            && self.ask_qty.0 >= 0
    }

    /// Half way between bid and ask, rounded down to 1e-9. The valuation mark (rule R4).
    #[must_use]
    pub fn mid(&self) -> Px {
        Px((self.bid_px.0 + self.ask_px.0).div_euclid(2))
    }
}
