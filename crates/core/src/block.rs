//! What stands between a need and its order.

use crate::record::code_enum;

code_enum! {
    /// Why a holding with work sends nothing.
    pub enum Block {
        /// Nothing is in the way but the queue.
        Open = 0 "none",
        /// Frozen.
        Frozen = 1 "frozen",
        /// Rests after refusals.
        Paused = 2 "paused",
        /// Opposite orders are not proven finished.
        Opposite = 3 "opposite",
        /// A cancel is under way.
        Cancelling = 4 "cancelling",
        /// Below the smallest order.
        Dust = 5 "dust",
        /// No fresh quote.
        Stale = 6 "stale_mark",
        /// The repeated-execution throttle.
        Throttle = 7 "throttle",
        /// Orders of the day are used up.
        DayOrders = 8 "orders_per_day",
        /// Comparison was skipped too often.
        Unread = 9 "unread",
        /// A link is down.
        Link = 10 "link",
        /// The account was not read since the start.
        Baseline = 11 "baseline",
        /// A risk limit.
        Risk = 12 "risk",
        /// Outside the strategy's hours for entries.
        Hours = 13 "hours",
        /// The target is too old to be acted on.
        Expired = 14 "expired",
        /// The time at which nothing may be held.
        FlatBy = 15 "flat_by",
        /// Not enough funds or margin.
        Margin = 16 "margin",
        /// Not due yet by its schedule.
        Schedule = 17 "schedule",
        /// Legs of the basket would run too far apart.
        Leg = 18 "leg_imbalance",
        /// Waiting for the fills of sells that pay for it.
        Funding = 19 "after_sells",
        /// The spread is too wide.
        Spread = 20 "spread",
        /// The market is not open.
        Session = 21 "session",
        /// Another strategy wants the opposite.
        Netted = 22 "netted",
        /// An amend is under way.
        Amending = 23 "amending",
        /// A target has to be declared again in this session.
        Redeclare = 24 "redeclare",
        /// The contract is about to end.
        Expiry = 25 "expiry",
        /// The product cannot be sold short.
        Short = 26 "never_short",
        /// Halted, reducing only, or going flat.
        Mode = 27 "mode",
        /// Its strategy is switched off.
        Disabled = 28 "disabled",
        /// The name stands for more than one contract.
        Ambiguous = 64 "ambiguous",
        /// What would be left of it could not be sold again.
        Unsellable = 65 "unsellable",
    }
}
