//! Orders and executions as the exchange sees them.

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::report::Liquidity;
use truefill_core::request::{Side, TimeInForce};

/// An order that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// The broker's number of the order.
    pub number: u64,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// OrderQty.
    pub qty: Qty,
    /// Limit price.
    pub px: Px,
    /// TimeInForce.
    pub tif: TimeInForce,
}

/// One match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The broker's number of the order.
    pub number: u64,
    /// LastQty.
    pub qty: Qty,
    /// LastPx.
    pub px: Px,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// The far touch at that moment, for a taker.
    pub touch: Option<Px>,
}

/// How a resting order fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It arrived before there was a market: the first sane quote decides.
    Undecided,
    /// It was marketable on arrival.
    Taker,
    /// It was not.
    Maker,
}

/// An order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// The broker's number of the order.
    pub number: u64,
    /// Limit price.
    pub px: Px,
    /// LeavesQty.
    pub leaves: Qty,
    /// How it fills.
    pub role: Role,
}
