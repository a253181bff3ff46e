//! What people must know: a code, and what it means for them.

use crate::record::code_enum;

code_enum! {
    /// Alert codes. Their texts are public and stable.
    pub enum AlertCode {
        /// A write has no certain outcome.
        AmbiguousSubmit = 1 "AMBIGUOUS_SUBMIT",
        /// An order stays unresolved.
        VenueUnknown = 2 "VENUE_UNKNOWN",
        /// An execution already booked came again.
        DuplicateFillIgnored = 3 "DUPLICATE_FILL_IGNORED",
        /// A message contradicts what is proven.
        OutOfOrder = 4 "OUT_OF_ORDER",
        /// Executions claim more than the order.
        Overfill = 5 "OVERFILL",
        /// An execution was taken back.
        Bust = 6 "BUST",
        /// A quiet read differs from the journal.
        PositionDrift = 7 "POSITION_DRIFT",
        /// Someone else traded.
        ExternalActivity = 8 "EXTERNAL_ACTIVITY",
        /// The broker closed a position by force.
        Liquidation = 9 "LIQUIDATION",
        /// A split or bonus.
        CorporateAction = 10 "CORPORATE_ACTION",
        /// A read was suspicious.
        SnapshotRejected = 11 "SNAPSHOT_REJECTED",
        /// A link is down or silent.
        StreamStale = 12 "STREAM_STALE",
        /// The broker refused for the rate.
        RateLimited = 13 "RATE_LIMITED",
        /// Not authenticated.
        AuthExpired = 14 "AUTH_EXPIRED",
        /// A client id was used twice.
        IdCollision = 15 "ID_COLLISION",
        /// A newer instance trades this account.
        MultiInstance = 16 "MULTI_INSTANCE",
        /// Equal refusals in a row.
        RejectLoopOpen = 17 "REJECT_LOOP_OPEN",
        /// A target cannot be reached now.
        Unconverged = 18 "UNCONVERGED",
        /// A reducing order was refused.
        Unprotected = 19 "UNPROTECTED",
        /// A remainder too small to trade.
        Dust = 20 "DUST",
        /// The send gate stopped a request of the planner.
        GateRefused = 21 "GATE_REFUSED",
        /// Kill or flatten.
        KillEngaged = 22 "KILL_ENGAGED",
        /// A message could not be read.
        Unreadable = 23 "UNREADABLE",
        /// A target was refused.
        TargetRefused = 24 "TARGET_REFUSED",
        /// The daily loss limit was reached.
        DailyLoss = 25 "DAILY_LOSS",
        /// A law of the engine does not hold any more.
        LawBroken = 26 "LAW_BROKEN",
        /// Our clock is off, or the broker says so.
        ClockSkew = 64 "CLOCK_SKEW",
        /// An order stands under another instrument than the one sent.
        EchoMismatch = 65 "ECHO_MISMATCH",
        /// An order of ours that the journal did not know.
        OrderAdopted = 66 "ORDER_ADOPTED",
    }
}

impl AlertCode {
    /// What it means and what to do, for people.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::AmbiguousSubmit => "it counts in full until a read settles it; nothing to do",
            Self::VenueUnknown => "no new orders here until it is settled; ask the broker",
            Self::DuplicateFillIgnored => "already processed; nothing to do",
            Self::OutOfOrder => "the proven state stands; nothing to do",
            Self::Overfill => "the excess is not booked; compare with the broker's trades",
            Self::Bust => "the position was taken back; check the broker's trades",
            Self::PositionDrift => "no orders here until it is explained or adopted",
            Self::ExternalActivity => "adopted as it is; say `resume` when it is intended",
            Self::Liquidation => "adopted and frozen; check the margin, then say `resume`",
            Self::CorporateAction => "frozen; say `split` or `adopt`, then `resume`",
            Self::SnapshotRejected => "not believed; it is read again",
            Self::StreamStale => "no orders that add exposure until it is back",
            Self::RateLimited => "nothing is sent until the broker allows it again",
            Self::AuthExpired => "nothing is sent until a new login",
            Self::IdCollision => "looked up before anything else is sent",
            Self::MultiInstance => "halted; stop the other instance, then start again",
            Self::RejectLoopOpen => "tried once a minute; read the reason and mend the cause",
            Self::Unconverged => "the target is not reached; a new target tries again",
            Self::Unprotected => "the position is still open; reduce it by hand if it is urgent",
            Self::Dust => "left as it is; it is below what can be traded",
            Self::GateRefused => "killed: the planner and the gate disagree; report a bug",
            Self::KillEngaged => "all own orders are cancelled; positions stay",
            Self::Unreadable => "the account is read again to learn what was missed",
            Self::TargetRefused => "the old target stands; mend the strategy",
            Self::DailyLoss => "no new exposure today",
            Self::ClockSkew => "requests may be refused; set the clock of this machine",
            Self::EchoMismatch => "it is cancelled and the symbol frozen; look, then say `resume`",
            Self::OrderAdopted => "it counts, and is cancelled if there is no room for it",
            Self::LawBroken => "stopped: memory is not trusted any more; restart from the journal",
        }
    }
}
