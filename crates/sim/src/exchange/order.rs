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
    /// Limit price; `None` is a market order, which takes whatever is there and never rests.
    /// The engine has no such order; the bots it is compared with do.
    pub px: Option<Px>,
    /// TimeInForce.
    pub tif: TimeInForce,
    /// StopPx: the order waits outside the book until the market reaches it.
    pub stop_px: Option<Px>,
    /// DisplayQty: how much of it others see at a time; `None` is all of it.
    pub display_qty: Option<Qty>,
}

impl Arriving {
    /// A plain limit order.
    #[must_use]
    pub const fn limit(
        number: u64,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        px: Px,
        tif: TimeInForce,
    ) -> Self {
        let (stop_px, display_qty) = (None, None);
        Self { number, instrument, side, qty, px: Some(px), tif, stop_px, display_qty }
    }

    /// A market order.
    #[must_use]
    pub const fn market(number: u64, instrument: InstrumentId, side: Side, qty: Qty) -> Self {
        let (px, tif, stop_px, display_qty) = (None, TimeInForce::Ioc, None, None);
        Self { number, instrument, side, qty, px, tif, stop_px, display_qty }
    }
}

/// A change of a working order that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amending {
    /// The broker's number of the order.
    pub number: u64,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Side, which an amend cannot change.
    pub side: Side,
    /// What is still to fill from now on: the new OrderQty less CumQty. The exchange does not
    /// count what an order has filled; the broker does.
    pub leaves: Qty,
    /// New limit price.
    pub px: Px,
    /// New StopPx. It matters only while the order waits for its stop; `None` leaves it.
    pub stop_px: Option<Px>,
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
    /// The far touch at that moment, for a taker: the best displayed price, which is better
    /// than `px` where the order walked the book.
    pub touch: Option<Px>,
}

/// How a resting order fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It arrived before there was a market: the first sane quote decides.
    Undecided,
    /// It was marketable on arrival.
    Taker,
    /// It was not.
    Maker,
}

/// An order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resting {
    /// The broker's number of the order.
    pub number: u64,
    /// Side.
    pub side: Side,
    /// Limit price; for a market order, which never rests, the worst price there is.
    pub px: Px,
    /// LeavesQty.
    pub leaves: Qty,
    /// How it fills.
    pub role: Role,
    /// Most that is displayed at a time; zero for all.
    pub display: Qty,
    /// What is displayed now.
    pub shown: Qty,
    /// Quantity of others that is in the queue before it, as far as the queue model knows.
    pub ahead: Qty,
    /// What traded at its price since its level was last displayed anew.
    pub traded: Qty,
}

impl Resting {
    pub fn new(number: u64, side: Side, px: Px, leaves: Qty, display: Qty) -> Self {
        let (role, ahead, traded) = (Role::Undecided, Qty::ZERO, Qty::ZERO);
        let shown = slice(leaves, display);
        Self { number, side, px, leaves, role, display, shown, ahead, traded }
    }

    /// True if it may trade at `at`.
    pub fn reaches(&self, at: Px) -> bool {
        reaches(self.side, self.px, at)
    }

    /// Takes what was filled off it. True if a new part of an iceberg came to be displayed.
    pub fn fill(&mut self, qty: Qty) -> bool {
        self.leaves -= qty;
        self.shown -= qty.min(self.shown);
        let refilled = self.shown.is_zero() && !self.leaves.is_zero();
        if refilled {
            self.shown = slice(self.leaves, self.display);
        }
        refilled
    }

    /// Makes it smaller in its place.
    pub fn shrink(&mut self, leaves: Qty) {
        self.leaves = leaves;
        self.shown = self.shown.min(leaves);
    }
}

fn slice(leaves: Qty, display: Qty) -> Qty {
    if display.is_zero() { leaves } else { leaves.min(display) }
}

/// True if an order of this side with the limit `px` may trade at `at`.
pub(super) fn reaches(side: Side, px: Px, at: Px) -> bool {
    match side {
        Side::Buy => px >= at,
        Side::Sell => px <= at,
    }
}

/// An order that waits for its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// The order it will be.
    pub order: Resting,
    /// The price that wakes it.
    pub stop_px: Px,
}

impl Stop {
    /// True if a market at this price wakes it: a buy at or above its stop, a sell at or below.
    pub fn woken_by(&self, px: Px) -> bool {
        reaches(self.order.side.opposite(), self.stop_px, px)
    }
}
