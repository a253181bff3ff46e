//! The list of everything that can go wrong. A kind is one behaviour, set alone.

/// Where a fault stays.
enum Bounds {
    /// Inside what the broker's descriptor declares possible.
    Declared,
    /// Outside of it.
    Beyond,
}

macro_rules! kinds {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident = $name:literal, $max_ms:literal, $bounds:ident;
    )+) => {
        /// One kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FaultKind { $( $(#[doc = $doc])+ $kind ),+ }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[ $( Self::$kind ),+ ];

            /// The key in a fault file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$kind => $name ),+ }
            }

            /// What it does, in words.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $( Self::$kind => concat!($($doc),+) ),+ }
            }

            /// True for a fault that goes outside what a broker's descriptor declares possible.
            #[must_use]
            pub const fn is_beyond(self) -> bool {
                match self { $( Self::$kind => matches!(Bounds::$bounds, Bounds::Beyond) ),+ }
            }

            /// `max_ms` where a file says nothing; 0 for a fault that has no length.
            #[must_use]
            pub const fn usual_max_ms(self) -> i64 {
                match self { $( Self::$kind => $max_ms ),+ }
            }
        }
    };
}

kinds! {
    /// A request never arrives and is never answered. Each request.
    LostRequest = "lost_request", 0, Declared;
    /// The write is executed, its reply is lost. Each write that arrives.
    LostAck = "lost_ack", 0, Declared;
    /// The order is stuck between broker and exchange: no answer or a 504 at once, and up to
    /// `max_ms` after the send it appears. Never later than the broker's descriptor allows for a
    /// read that may be old. Each new order that arrives.
    LateAck = "late_ack", 86_400_000, Declared;
    /// Answered with a 5xx, and executed. Each write that arrives.
    ServerErrorExecuted = "server_error_executed", 0, Declared;
    /// Answered with a 5xx, and not executed. Each write that arrives.
    ServerErrorNotExecuted = "server_error_not_executed", 0, Declared;
    /// The connection breaks under a write that is executed; the break may be noticed before
    /// the write arrives. Each write that is sent.
    ResetExecuted = "reset_executed", 0, Declared;
    /// The connection breaks under a write that never arrives. Each write that is sent.
    ResetNotExecuted = "reset_not_executed", 0, Declared;
    /// Refused for the rate although the limit is not reached, with up to `max_ms` of wanted
    /// silence. Each request that arrives.
    Spurious429 = "spurious_429", 2_000, Declared;
    /// The reply to a new order is held back up to `max_ms`, so that its fills are told first.
    /// Each new order that arrives.
    FillBeforeAck = "fill_before_ack", 2_000, Declared;
    /// The body of a reply or an answer is damaged. Each of them.
    GarbleReply = "garble_reply", 0, Declared;
    /// The body of a reply or an answer is cut off. Each of them.
    TruncateReply = "truncate_reply", 0, Declared;
    /// A cancel is taken, but the order fills, wholly or in part, before it. Each cancel of a
    /// working order.
    CancelRace = "cancel_race", 0, Declared;
    /// A cancel is taken and works only up to `max_ms` later; the order may fill meanwhile.
    /// Each cancel of a working order.
    DelayedTerminal = "delayed_terminal", 5_000, Declared;
    /// A match is reported as several executions. Each match.
    PartialFills = "partial_fills", 0, Declared;
    /// An execution is pushed a second time under another ExecID, with the same CumQty. Each
    /// execution.
    SecondExecId = "second_exec_id", 0, Declared;
    /// A pushed message is lost. Each pushed message.
    LostPush = "lost_push", 0, Declared;
    /// A pushed message comes again up to `max_ms` later. Each pushed message.
    DuplicatePush = "duplicate_push", 3_000, Declared;
    /// A pushed message is held back up to `max_ms`, so that later ones overtake it. Each pushed
    /// message.
    ReorderPush = "reorder_push", 2_000, Declared;
    /// A pushed message is damaged. Each pushed message.
    GarblePush = "garble_push", 0, Declared;
    /// A pushed message is cut off. Each pushed message.
    TruncatePush = "truncate_push", 0, Declared;
    /// The stream breaks for up to `max_ms`; what it had under way and what happens meanwhile is
    /// lost. Each pushed message.
    StreamDown = "stream_down", 20_000, Declared;
    /// Requests are refused for up to `max_ms`, and what waits for an answer loses it. Each
    /// request.
    RestDown = "rest_down", 10_000, Declared;
    /// A read fails: a 5xx, a reset or no answer. Each read that arrives.
    FailedRead = "failed_read", 0, Declared;
    /// A read shows the account as it was up to `max_ms` ago, at most what the descriptor
    /// declares. Each read that arrives.
    StaleRead = "stale_read", 86_400_000, Declared;
    /// A read of positions omits one row. Each read of positions.
    MissingRows = "missing_rows", 0, Declared;
    /// The first row of a read of orders or activity has a word nobody knows. Each of these reads.
    BadRow = "bad_row", 0, Declared;
    /// Somebody else trades one of the holdings on the account, up to `max_ms` later. Each write
    /// that arrives.
    ManualTrade = "manual_trade", 3_000, Declared;

    /// Everything is answered with a 503 and not executed for up to `max_ms`. Each request that
    /// arrives.
    Maintenance = "maintenance", 10_000, Declared;
    /// The login is dead for up to `max_ms`: everything is refused with a 403 and the stream
    /// breaks. Each request that arrives.
    TokenDeath = "token_death", 20_000, Declared;
    /// Half a login for up to `max_ms`: orders and their lists are refused with a 403, positions
    /// are shown. Each request that arrives.
    HalfLogin = "half_login", 20_000, Declared;
    /// A ban: everything is refused for the rate for up to `max_ms`, and how long is said. Each
    /// request that arrives.
    RateBan = "rate_ban", 20_000, Declared;
    /// Refused for the rate without saying for how long. Each request that arrives.
    Bare429 = "bare_429", 0, Declared;
    /// A reply or an answer is held back up to `max_ms`, possibly until after it was given up.
    /// Each of them.
    LateReply = "late_reply", 20_000, Declared;
    /// A reply or an answer is a web page with status 200 or 502. Each of them.
    HtmlBody = "html_body", 0, Declared;
    /// A reply or an answer has fields that nobody knows yet. Each of them.
    NewKeys = "new_keys", 0, Declared;
    /// Refused for funds or margin, without a row in the book. Each new order that arrives.
    NoFunds = "no_funds", 0, Declared;
    /// Refused for its price: outside the band of the day. Each new order that arrives.
    PriceBand = "price_band", 0, Declared;
    /// Refused by the broker's risk system with a 400 and without a row in the book. Each new
    /// order that arrives.
    RiskRefused = "risk_refused", 0, Declared;
    /// Taken with a 200, and up to `max_ms` later it is a REJECTED row, told or not told. Each
    /// new order that is taken.
    RejectedRow = "rejected_row", 2_000, Declared;
    /// Refused because its id was used before, which is not so. Each new order that arrives.
    FalseDuplicateId = "false_duplicate_id", 0, Declared;
    /// Refused because of our clock: the time of the request is outside the window. Each new
    /// order that arrives.
    TimestampRefused = "timestamp_refused", 0, Declared;
    /// Refused because the instrument is halted for a moment. Each new order that arrives.
    MarketClosed = "market_closed", 0, Declared;
    /// A 400 whose words mean a time-out; up to `max_ms` after the send the order appears. Never
    /// later than the broker's descriptor allows. Each new order that arrives.
    Timeout400 = "timeout_400", 86_400_000, Declared;
    /// The reply to a new order has no id of the broker. Each new order that is taken.
    AckWithoutId = "ack_without_id", 0, Declared;
    /// The line to the exchange is down: the order stands as pending for up to `max_ms`, then
    /// all of it happens with late times. Each new order that is taken.
    LinkLoss = "exchange_link_loss", 10_000, Declared;
    /// A cancel is taken and stands as pending for minutes, up to `max_ms`. Each cancel of a
    /// working order.
    CancelStuck = "cancel_stuck", 180_000, Declared;
    /// A cancel is taken and nothing happens. Each cancel of a working order.
    CancelIgnored = "cancel_ignored", 0, Declared;
    /// A cancel is refused for the moment. Each cancel of a working order.
    CancelRefused = "cancel_refused", 0, Declared;
    /// A cancel is refused because the order, which works, is not known yet. Each cancel of a
    /// working order.
    UnknownToCancel = "unknown_to_cancel", 0, Declared;
    /// An amend is taken or refused, but the order fills, wholly or in part, before it. Each
    /// amend of a working order.
    AmendRace = "amend_race", 0, Declared;
    /// An amend is refused for the moment. Each amend of a working order.
    AmendRefused = "amend_refused", 0, Declared;
    /// The exchange ends a working order by itself up to `max_ms` after it was placed. Each new
    /// order that is taken.
    OrderExpired = "order_expired", 5_000, Declared;
    /// The session ends: all working orders expire, and new ones are refused for up to `max_ms`.
    /// Each write that arrives.
    SessionEnd = "session_end", 10_000, Declared;
    /// "Cancelled" is pushed of an order that works and may fill. Never at a broker whose word is
    /// declared as proof. Each new order that rests.
    FalseCancel = "false_cancel", 0, Declared;
    /// The push of a cancelled order with a part filled says "filled". Each of them.
    CanceledAsFilled = "canceled_as_filled", 0, Declared;
    /// After an order is finished, an earlier status is pushed again up to `max_ms` later. Each
    /// order that finishes.
    LateStatus = "late_status", 3_000, Declared;
    /// A status is pushed three times, as some brokers do once a second. Each pushed status.
    StatusRepeats = "status_repeats", 0, Declared;
    /// The status of a working order is pushed with a smaller CumQty than before. Each pushed
    /// status of a working order.
    CumGoesBack = "cum_goes_back", 0, Declared;
    /// An execution has an empty ExecID, in pushes and rows. Each execution.
    EmptyExecId = "empty_exec_id", 0, Declared;
    /// An execution has the ExecID of the one before it of the same order. Each execution.
    SharedExecId = "shared_exec_id", 0, Declared;
    /// The push of an execution has no CumQty. Each execution.
    NoCum = "no_cum", 0, Declared;
    /// The push of an execution lacks what may be left out: liquidity and touch. Each execution.
    NullFields = "null_fields", 0, Declared;
    /// An execution of nothing is pushed as well. Each execution.
    ZeroFill = "zero_fill", 0, Declared;
    /// A pushed message has only the broker's id of the order. Each pushed message.
    PushWithoutClientId = "push_without_client_id", 0, Declared;
    /// A pushed status is a word that nobody knows. Each pushed status.
    UnknownStatus = "unknown_status", 0, Declared;
    /// The time in a pushed message is off by up to `max_ms` either way. Each pushed message.
    SkewedTimes = "skewed_times", 2_000, Declared;
    /// The stream looks up, and nothing comes for up to `max_ms`; what happens meanwhile is
    /// never told. Each pushed message.
    StreamZombie = "stream_zombie", 20_000, Declared;
    /// After a reconnection the last messages of the old connection come again. Each
    /// reconnection of the stream.
    StreamReplay = "stream_replay", 0, Declared;
    /// An execution is taken back up to `max_ms` later, when its order is finished. Each
    /// execution.
    Bust = "bust", 5_000, Declared;
    /// The price of an execution is corrected up to `max_ms` later, when its order is finished.
    /// Each execution.
    Correction = "correction", 5_000, Declared;
    /// The broker closes part of a position by force up to `max_ms` later. Each write that
    /// arrives.
    Liquidation = "liquidation", 3_000, Declared;
    /// A position is split two for one up to `max_ms` later. Each write that arrives.
    Split = "split", 3_000, Declared;
    /// Activity has a row of funding that looks like a trade. Each write that arrives.
    Funding = "funding", 0, Declared;
    /// A read of positions is empty. Each read of positions.
    EmptyPositions = "empty_positions", 0, Declared;
    /// A read of positions shows one of them as zero. Each read of positions.
    ZeroPosition = "zero_position", 0, Declared;
    /// A read of positions shows one of them with the other sign. Each read of positions.
    FlippedPosition = "flipped_position", 0, Declared;
    /// A read of orders or activity has only its first half, and says so. Each of these reads.
    ShortPage = "short_page", 0, Declared;
    /// The first row of a read of orders has a status that nobody knows. Each of these reads.
    UnknownRowStatus = "unknown_row_status", 0, Declared;
    /// The order appears later than the descriptor declares possible: up to `max_ms` after. Each
    /// new order that arrives.
    AppearsTooLate = "appears_too_late", 120_000, Beyond;
    /// A request arrives later than the descriptor declares possible: up to `max_ms` after. Each
    /// request that is sent.
    ArrivesTooLate = "arrives_too_late", 60_000, Beyond;
    /// A read is older than the descriptor declares possible: up to `max_ms`. Each read that
    /// arrives.
    ReadTooOld = "read_too_old", 60_000, Beyond;
    /// The broker makes two orders of one request. Each new order that is taken.
    DoubledOrder = "doubled_order", 0, Beyond;
    /// Refused for the rate, and executed. Each write that arrives.
    Executed429 = "executed_429", 0, Beyond;
    /// Refused for sure, and executed. Each new order that arrives.
    RefusedExecuted = "refused_executed", 0, Beyond;
    /// An execution that never happened is pushed. Each new order that rests.
    PhantomFill = "phantom_fill", 0, Beyond;
    /// A working order is gone from the exchange and from every list, and nobody is told. Each
    /// new order that rests.
    VanishedOrder = "vanished_order", 0, Beyond;
    /// A read of positions shows a wrong quantity. Each read of positions.
    WrongPosition = "wrong_position", 0, Beyond;
    /// A read of orders is empty and says that it is complete. Each of these reads.
    EmptyOrders = "empty_orders", 0, Beyond;
    /// A read of orders omits one row and says that it is complete. Each of these reads.
    MissingOrder = "missing_order", 0, Beyond;
    /// A row of an order names another instrument. Each read of orders.
    WrongSymbol = "wrong_symbol", 0, Beyond;
    /// A row of a finished order shows too little of what was filled. Each read of orders.
    LowCum = "low_cum", 0, Beyond;
    /// A row shows a working order as cancelled. Each read of orders.
    FalseProof = "false_proof", 0, Beyond;
}
