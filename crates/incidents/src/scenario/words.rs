//! The closed lists of words that scenarios are written in.

use truefill_core::alert::AlertCode;
use truefill_core::report::{ActivityKind, OrdStatus, RejectCode};
use truefill_core::request::Side;

/// Sides.
pub const SIDES: &[(&str, Side)] = &[("buy", Side::Buy), ("sell", Side::Sell)];

/// Statuses of orders.
pub const STATUSES: &[(&str, OrdStatus)] = &[
    ("pending", OrdStatus::Pending),
    ("open", OrdStatus::Open),
    ("cancel_pending", OrdStatus::CancelPending),
    ("filled", OrdStatus::Filled),
    ("canceled", OrdStatus::Canceled),
    ("rejected", OrdStatus::Rejected),
    ("expired", OrdStatus::Expired),
    ("replaced", OrdStatus::Replaced),
];

/// Codes of definite refusals.
pub const CODES: &[(&str, RejectCode)] = &[
    ("INVALID", RejectCode::Invalid),
    ("INSUFFICIENT_FUNDS", RejectCode::InsufficientFunds),
    ("DUPLICATE_CLIENT_ID", RejectCode::DuplicateClOrdId),
    ("DUPLICATE_ORDER", RejectCode::DuplicateOrder),
    ("POST_ONLY_MODE", RejectCode::PostOnlyMode),
    ("PRICE_BAND", RejectCode::PriceBand),
    ("TIMESTAMP", RejectCode::Timestamp),
    ("ORDER_DONE", RejectCode::OrderDone),
    ("UNKNOWN_ORDER", RejectCode::UnknownOrder),
    ("TEMPORARY", RejectCode::Temporary),
];

/// Kinds of activity rows.
pub const KINDS: &[(&str, ActivityKind)] = &[
    ("trade", ActivityKind::Trade),
    ("liquidation", ActivityKind::Liquidation),
    ("split", ActivityKind::Split),
    ("funding", ActivityKind::Funding),
];

/// Alert codes that a scenario may name.
pub const ALERTS: &[(&str, AlertCode)] = &[
    ("AMBIGUOUS_SUBMIT", AlertCode::AmbiguousSubmit),
    ("VENUE_UNKNOWN", AlertCode::VenueUnknown),
    ("DUPLICATE_FILL_IGNORED", AlertCode::DuplicateFillIgnored),
    ("OUT_OF_ORDER", AlertCode::OutOfOrder),
    ("OVERFILL", AlertCode::Overfill),
    ("BUST", AlertCode::Bust),
    ("POSITION_DRIFT", AlertCode::PositionDrift),
    ("EXTERNAL_ACTIVITY", AlertCode::ExternalActivity),
    ("LIQUIDATION", AlertCode::Liquidation),
    ("CORPORATE_ACTION", AlertCode::CorporateAction),
    ("SNAPSHOT_REJECTED", AlertCode::SnapshotRejected),
    ("ECHO_MISMATCH", AlertCode::EchoMismatch),
    ("STREAM_STALE", AlertCode::StreamStale),
    ("RATE_LIMITED", AlertCode::RateLimited),
    ("AUTH_EXPIRED", AlertCode::AuthExpired),
    ("CLOCK_SKEW", AlertCode::ClockSkew),
    ("ID_COLLISION", AlertCode::IdCollision),
    ("MULTI_INSTANCE", AlertCode::MultiInstance),
    ("REJECT_LOOP_OPEN", AlertCode::RejectLoopOpen),
    ("UNCONVERGED", AlertCode::Unconverged),
    ("UNPROTECTED", AlertCode::Unprotected),
    ("DUST", AlertCode::Dust),
    ("GATE_REFUSED", AlertCode::GateRefused),
    ("KILL_ENGAGED", AlertCode::KillEngaged),
];

/// Classes of incidents.
pub const CLASSES: &[(&str, ())] = &[
    ("submit-ambiguous", ()),
    ("duplicate-event", ()),
    ("out-of-order", ()),
    ("missed-event", ()),
    ("cancel-race", ()),
    ("modify-race", ()),
    ("partial-fill", ()),
    ("reconcile-snapshot", ()),
    ("restart-recovery", ()),
    ("identity", ()),
    ("rate-limit", ()),
    ("session-auth", ()),
    ("external-activity", ()),
    ("precision-limits", ()),
    ("clock-calendar", ()),
    ("risk-killswitch", ()),
    ("mapping", ()),
    ("link-health", ()),
    ("concurrency", ()),
    ("vocabulary", ()),
];
