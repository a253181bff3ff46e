//! What a broker says: replies to writes, pushed reports, answers to reads.
//!
//! These are the codec's output. They claim; what is believed is decided in [`crate::order`].

use crate::ids::{ClOrdId, InstrumentId, RequestId, VenueText};
use crate::num::{Amount, Px, Qty};
use crate::record::{code_enum, records, variants};
use crate::request::Side;
use crate::time::Nanos;

code_enum! {
    /// OrdStatus (FIX 39), as brokers report it.
    pub enum OrdStatus {
        /// The broker has it, the exchange has not confirmed.
        Pending = 1 "pending",
        /// Working, possibly partly filled.
        Open = 2 "open",
        /// A cancel is under way.
        CancelPending = 3 "cancel_pending",
        /// Filled in full.
        Filled = 4 "filled",
        /// Cancelled.
        Canceled = 5 "canceled",
        /// Refused.
        Rejected = 6 "rejected",
        /// Expired.
        Expired = 7 "expired",
        /// Another order took its place.
        Replaced = 64 "replaced",
    }

    /// Why a write was refused for sure (FIX OrdRejReason 103, CxlRejReason 102).
    pub enum RejectCode {
        /// Malformed or against the instrument's rules.
        Invalid = 1 "invalid",
        /// Not enough funds or margin.
        InsufficientFunds = 2 "insufficient_funds",
        /// This ClOrdID was used before.
        DuplicateClOrdId = 3 "duplicate_client_id",
        /// The price is outside the exchange's band.
        PriceBand = 4 "price_band",
        /// Cancel: the order is finished.
        OrderDone = 5 "order_done",
        /// Cancel: no such order.
        UnknownOrder = 6 "unknown_order",
        /// The market is closed or the instrument halted.
        Closed = 7 "closed",
        /// Rate limit; the request was definitely not executed.
        RateLimited = 8 "rate_limited",
        /// Not authenticated.
        Auth = 9 "auth",
        /// Anything else.
        Other = 10 "other",
        /// Too like another order, too soon after it.
        DuplicateOrder = 64 "duplicate_order",
        /// The market takes only orders that rest.
        PostOnlyMode = 65 "post_only_mode",
        /// The time of the request is too far from the broker's.
        Timestamp = 66 "timestamp",
        /// Cancel or amend: not now.
        Temporary = 67 "temporary",
    }

    /// Why the outcome of a write is not known.
    pub enum UnknownCause {
        /// No answer in time.
        Timeout = 1 "timeout",
        /// The connection broke.
        Reset = 2 "reset",
        /// The broker answered with a server error.
        Server = 3 "server_error",
        /// The answer could not be read.
        Garbled = 4 "garbled",
        /// The engine was restarted while the request was under way.
        Restart = 5 "restart",
    }

    /// LastLiquidityInd (FIX 851).
    pub enum Liquidity {
        /// Took displayed liquidity.
        Taker = 1 "taker",
        /// Rested in the book.
        Maker = 2 "maker",
    }

    /// What an activity row is about.
    pub enum ActivityKind {
        /// A trade.
        Trade = 1 "trade",
        /// The broker closed a position by force.
        Liquidation = 2 "liquidation",
        /// A split or bonus.
        Split = 3 "split",
        /// Interest or funding; changes no position.
        Funding = 4 "funding",
    }

    /// Why a read failed. Never the same as an empty answer.
    pub enum ReadFailure {
        /// No answer in time.
        Timeout = 1 "timeout",
        /// The connection broke.
        Reset = 2 "reset",
        /// The broker answered with a server error.
        Server = 3 "server_error",
        /// The answer could not be read.
        Garbled = 4 "garbled",
        /// Rate limit.
        RateLimited = 5 "rate_limited",
        /// Not authenticated.
        Auth = 6 "auth",
    }
}

impl OrdStatus {
    /// True for a status after which an order cannot fill any more, if it is true.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Canceled | Self::Rejected | Self::Expired | Self::Replaced
        )
    }
}

records! {
    /// The request was taken. For a cancel it says no more than that.
    pub struct Taken {
        /// The broker's id of the order.
        pub order_id: Option<VenueText> = 1,
        /// When the exchange took it, where the broker says so.
        pub time: Option<Nanos> = 2,
        /// OrdStatus, where the reply says more than "taken": a claim.
        pub status: Option<OrdStatus> = 64,
        /// CumQty, where the reply says so.
        pub cum: Option<Qty> = 65,
        /// What the order is for, where the reply says so.
        pub instrument: Option<InstrumentId> = 66,
    }

    /// The request was refused for sure: nothing was executed.
    pub struct Refused {
        /// Why.
        pub code: RejectCode = 1,
        /// The broker's words, shortened.
        pub text: VenueText = 2,
        /// How long the broker wants silence.
        pub retry_after_ns: Option<i64> = 3,
    }

    /// Never left us, for sure (the shell found it late, or the connection was not there).
    pub struct NotSent {}

    /// Nobody knows whether it was executed.
    pub struct Unclear {
        /// Why.
        pub cause: UnknownCause = 1,
        /// How long the broker wants silence (an ambiguous 429 carries one).
        pub retry_after_ns: Option<i64> = 2,
    }
}

variants! {
    /// The four ways a write can end (law 2).
    pub enum Outcome {
        /// Accepted.
        Taken(Taken) = 1,
        /// Refused for sure.
        Refused(Refused) = 2,
        /// Not sent, for sure.
        NotSent(NotSent) = 3,
        /// Unknown.
        Unclear(Unclear) = 4,
    }
}

records! {
    /// The end of a write.
    pub struct Reply {
        /// Which write.
        pub request: RequestId = 1,
        /// How it ended.
        pub outcome: Outcome = 2,
    }

    /// One execution (ExecutionReport with ExecType F).
    pub struct FillReport {
        /// ExecID; may be empty, is not trusted alone.
        pub exec_id: VenueText = 1,
        /// LastQty, positive.
        pub qty: Qty = 2,
        /// LastPx.
        pub px: Px = 3,
        /// CumQty after this execution, where the broker says so.
        pub cum: Option<Qty> = 4,
        /// Maker or taker.
        pub liquidity: Option<Liquidity> = 5,
        /// The far touch when it happened, where known (takers).
        pub touch: Option<Px> = 6,
        /// Fee in currency, positive is a cost.
        pub fee: Option<Amount> = 7,
        /// TransactTime.
        pub time: Nanos = 8,
        /// Part of the quantity that the broker kept in kind as its fee.
        pub kept: Option<Qty> = 64,
    }

    /// A status message: everything in it is a claim.
    pub struct StatusReport {
        /// OrdStatus.
        pub status: OrdStatus = 1,
        /// CumQty.
        pub cum: Option<Qty> = 2,
        /// TransactTime.
        pub time: Nanos = 3,
    }

    /// An execution taken back (trade bust).
    pub struct BustReport {
        /// ExecID of what is taken back.
        pub exec_id: VenueText = 1,
        /// TransactTime.
        pub time: Nanos = 2,
    }
}

variants! {
    /// What a pushed message says of an order.
    pub enum News {
        /// An execution.
        Fill(FillReport) = 1,
        /// A status.
        Status(StatusReport) = 2,
        /// A bust.
        Bust(BustReport) = 3,
    }
}

records! {
    /// A pushed message about an order.
    pub struct Push {
        /// Our id, where the broker echoes it.
        pub cl_ord_id: Option<ClOrdId> = 1,
        /// The broker's id.
        pub order_id: Option<VenueText> = 2,
        /// What is traded.
        pub instrument: Option<InstrumentId> = 3,
        /// What it says.
        pub news: News = 4,
    }

    /// A row of the order book at the broker.
    pub struct OrderRow {
        /// Our id, where the broker echoes it.
        pub cl_ord_id: Option<ClOrdId> = 1,
        /// The broker's id.
        pub order_id: Option<VenueText> = 2,
        /// What is traded.
        pub instrument: InstrumentId = 3,
        /// Side.
        pub side: Side = 4,
        /// OrderQty.
        pub qty: Qty = 5,
        /// CumQty.
        pub cum: Qty = 6,
        /// Limit price.
        pub px: Px = 7,
        /// OrdStatus.
        pub status: OrdStatus = 8,
        /// When the broker made it.
        pub created: Nanos = 9,
        /// Why it was refused, if it was.
        pub code: Option<RejectCode> = 64,
    }

    /// A row of account activity.
    pub struct ActivityRow {
        /// What it is.
        pub kind: ActivityKind = 1,
        /// Our id; `None` for what is not ours.
        pub cl_ord_id: Option<ClOrdId> = 2,
        /// The broker's id of the order.
        pub order_id: Option<VenueText> = 3,
        /// What was traded.
        pub instrument: InstrumentId = 4,
        /// Side.
        pub side: Side = 5,
        /// The execution.
        pub fill: FillReport = 6,
        /// The broker's product; empty where there is none.
        pub product: VenueText = 7,
    }

    /// A row of positions.
    pub struct PositionRow {
        /// What is held.
        pub instrument: InstrumentId = 1,
        /// The broker's product; empty where there is none.
        pub product: VenueText = 2,
        /// Signed quantity.
        pub qty: Qty = 3,
    }

    /// Positions of the whole account; flat ones may be missing.
    pub struct PositionRows {
        /// The rows.
        pub rows: Vec<PositionRow> = 1,
    }

    /// Orders of the whole account.
    pub struct OrderRows {
        /// The rows.
        pub rows: Vec<OrderRow> = 1,
        /// False when the codec knows that rows are missing or unreadable: then absence
        /// proves nothing.
        pub complete: bool = 2,
    }

    /// Activity of the whole account.
    pub struct ActivityRows {
        /// The rows.
        pub rows: Vec<ActivityRow> = 1,
        /// As for orders.
        pub complete: bool = 2,
    }

    /// One order, or the broker's word that there is none.
    pub struct OneRow {
        /// The row.
        pub row: Option<OrderRow> = 1,
    }

    /// The broker's clock.
    pub struct ClockRow {
        /// What it shows.
        pub time: Nanos = 1,
    }

    /// The read failed.
    pub struct Failed {
        /// Why.
        pub cause: ReadFailure = 1,
        /// How long the broker wants silence.
        pub retry_after_ns: Option<i64> = 2,
    }
}

variants! {
    /// What a read brought.
    pub enum Found {
        /// Positions.
        Positions(PositionRows) = 1,
        /// Orders.
        Orders(OrderRows) = 2,
        /// Activity.
        Activity(ActivityRows) = 3,
        /// One order.
        Order(OneRow) = 4,
        /// An error; never an empty answer.
        Failed(Failed) = 5,
        /// Orders that can still fill.
        OpenOrders(OrderRows) = 64,
        /// The broker's clock.
        Clock(ClockRow) = 65,
    }
}

records! {
    /// The answer to a read.
    pub struct Answer {
        /// Which read.
        pub request: RequestId = 1,
        /// What it brought.
        pub found: Found = 2,
    }
}
