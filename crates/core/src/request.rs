//! What the engine asks of a broker: writes ([`Request`]) and reads ([`Query`]).

use crate::ids::{ClOrdId, InstrumentId, OrderNo, RequestId, VenueText};
use crate::num::{Px, Qty};
use crate::record::{code_enum, records, variants};

code_enum! {
    /// Side (FIX 54).
    pub enum Side {
        /// Buy.
        Buy = 1 "buy",
        /// Sell.
        Sell = 2 "sell",
    }

    /// TimeInForce (FIX 59).
    pub enum TimeInForce {
        /// Rests until the end of the session.
        Day = 0 "day",
        /// Fills at once what it can, the rest is cancelled.
        Ioc = 3 "ioc",
    }
}

impl Side {
    /// +1 for a buy, -1 for a sell.
    #[must_use]
    pub const fn sign(self) -> i128 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The quantity with the sign of this side.
    #[must_use]
    pub const fn signed(self, qty: Qty) -> Qty {
        Qty(qty.0 * self.sign())
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// The side that moves a position by this signed quantity; `None` for zero.
    #[must_use]
    pub const fn of(signed: Qty) -> Option<Self> {
        if signed.0 > 0 {
            Some(Self::Buy)
        } else if signed.0 < 0 {
            Some(Self::Sell)
        } else {
            None
        }
    }
}

records! {
    /// NewOrderSingle (FIX 35=D): always a limit order, there is no naked market order.
    pub struct NewOrder {
        /// Our id.
        pub cl_ord_id: ClOrdId = 1,
        /// Serial number of the order.
        pub order: OrderNo = 2,
        /// What is traded.
        pub instrument: InstrumentId = 3,
        /// The broker's product (Zerodha: CNC, MIS); empty where there is none.
        pub product: VenueText = 4,
        /// Side.
        pub side: Side = 5,
        /// OrderQty, positive.
        pub qty: Qty = 6,
        /// Limit price.
        pub px: Px = 7,
        /// TimeInForce.
        pub tif: TimeInForce = 8,
        /// StopPx (FIX 99): the order rests outside the book until the last price reaches it
        /// (a buy: at or above, a sell: at or below) and becomes a limit order then.
        pub stop_px: Option<Px> = 9,
        /// DisplayQty (FIX 1138): how much of it the book shows at a time; absent means all.
        pub display_qty: Option<Qty> = 10,
    }

    /// OrderCancelReplaceRequest (FIX 35=G): changes a working order.
    pub struct AmendOrder {
        /// Our id of the order; it keeps it.
        pub cl_ord_id: ClOrdId = 1,
        /// Serial number of the order.
        pub order: OrderNo = 2,
        /// The broker's id, where it is known.
        pub order_id: Option<VenueText> = 3,
        /// What is traded.
        pub instrument: InstrumentId = 4,
        /// New OrderQty, filled part included.
        pub qty: Qty = 5,
        /// New limit price.
        pub px: Px = 6,
        /// New StopPx, for a stop order that has not triggered.
        pub stop_px: Option<Px> = 7,
        /// CumQty as known when it was sent: some brokers want the open quantity only.
        pub filled: Option<Qty> = 64,
    }

    /// OrderCancelRequest (FIX 35=F).
    pub struct CancelOrder {
        /// Our id of the order.
        pub cl_ord_id: ClOrdId = 1,
        /// Serial number of the order.
        pub order: OrderNo = 2,
        /// The broker's id, where it is known.
        pub order_id: Option<VenueText> = 3,
        /// What is traded.
        pub instrument: InstrumentId = 4,
    }

    /// A read that needs no argument.
    pub struct Whole {}

    /// A read about one order.
    pub struct OneOrder {
        /// Our id.
        pub cl_ord_id: ClOrdId = 1,
        /// Serial number of the order.
        pub order: OrderNo = 2,
        /// The broker's id, where it is known.
        pub order_id: Option<VenueText> = 3,
    }
}

variants! {
    /// A write: it may change the account.
    pub enum Request {
        /// Place an order.
        New(NewOrder) = 1,
        /// Cancel an order.
        Cancel(CancelOrder) = 2,
        /// Amend an order.
        Amend(AmendOrder) = 3,
    }
}

impl Request {
    /// The order it is about.
    #[must_use]
    pub const fn order(&self) -> OrderNo {
        match self {
            Self::New(new) => new.order,
            Self::Cancel(cancel) => cancel.order,
            Self::Amend(amend) => amend.order,
        }
    }
}

variants! {
    /// A read: it changes nothing.
    pub enum Query {
        /// All positions of the account.
        Positions(Whole) = 1,
        /// All orders the broker knows today, finished ones included.
        Orders(Whole) = 2,
        /// Account activity: trades (ours or not), liquidations, splits.
        Activity(Whole) = 3,
        /// One order.
        Order(OneOrder) = 4,
        /// The orders that can still fill, where the broker has such a list.
        OpenOrders(Whole) = 64,
        /// The broker's clock.
        Clock(Whole) = 65,
    }
}

records! {
    /// A query with its number.
    pub struct Asked {
        /// Number of the query.
        pub request: RequestId = 1,
        /// What is asked.
        pub query: Query = 2,
    }
}
