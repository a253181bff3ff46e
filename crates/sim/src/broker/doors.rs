//! Who is not let in at all, and refusals of new orders that have nothing to do with them.
//!
//! Entry points: [`Broker::shut_out`] for every request that arrives, [`refusal`] for the words.

use super::orders::refused;
use super::{Broker, Due};
use crate::faults::FaultKind;
use truefill_core::ids::RequestId;
use truefill_core::report::{
    Failed, Found, Outcome, ReadFailure, Refused, RejectCode, Unclear, UnknownCause,
};
use truefill_core::request::Query;
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_venue::{Ask, BadRequest, ServerCodec};

/// A closed door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shut {
    why: FaultKind,
    until: Nanos,
}

/// Doors in the order in which they are looked at.
const DOORS: [FaultKind; 4] =
    [FaultKind::Maintenance, FaultKind::TokenDeath, FaultKind::HalfLogin, FaultKind::RateBan];

impl Broker {
    /// Answers a request before a closed door; returns why it is closed.
    pub(super) fn shut_out(
        &mut self,
        at: Nanos,
        id: RequestId,
        ask: &Result<Ask, BadRequest>,
    ) -> Option<FaultKind> {
        self.shut = self.shut.filter(|shut| at < shut.until);
        for why in DOORS {
            let struck = self.plan.strikes_unless(why, self.shut.is_some() || self.mute);
            if struck {
                let until = at.plus(self.plan.span_ns(why, i64::MAX));
                self.shut = Some(Shut { why, until });
                if why == FaultKind::TokenDeath {
                    self.stream_down_until(at, until);
                }
            }
        }
        let bare = self.plan.strikes_unless(FaultKind::Bare429, self.shut.is_some() || self.mute);
        let read = matches!(ask, Ok(Ask::Read(_)));
        if bare {
            self.limited(at, id, read, None);
            return Some(FaultKind::Bare429);
        }
        let Shut { why, until } = self.shut?;
        let (write, failed) = match why {
            FaultKind::Maintenance => {
                let unclear = Unclear { cause: UnknownCause::Server, retry_after_ns: None };
                (Outcome::Unclear(unclear), ReadFailure::Server)
            }
            FaultKind::HalfLogin if matches!(ask, Ok(Ask::Read(Query::Positions(_)))) => {
                return None;
            }
            FaultKind::TokenDeath | FaultKind::HalfLogin => {
                (refused(RejectCode::Auth, "the session is not valid"), ReadFailure::Auth)
            }
            _ => {
                self.limited(at, id, read, Some(until.since(at).max(MILLI_NS)));
                return Some(why);
            }
        };
        if read {
            let failed = Failed { cause: failed, retry_after_ns: None };
            let (status, body) = self.codec.encode_found(id, &Found::Failed(failed));
            self.answer(at, id, status, body, 0);
        } else {
            self.reply(at, id, &write, 0);
        }
        Some(why)
    }

    /// Refuses for the rate, with or without saying for how long.
    pub(super) fn limited(&mut self, at: Nanos, id: RequestId, read: bool, wait_ns: Option<i64>) {
        let retry_after_ns = wait_ns;
        if read {
            let failed = Failed { cause: ReadFailure::RateLimited, retry_after_ns };
            let (status, body) = self.codec.encode_found(id, &Found::Failed(failed));
            self.answer(at, id, status, body, 0);
        } else {
            let text = super::venue_text("too many requests");
            let refused = Refused { code: RejectCode::RateLimited, text, retry_after_ns };
            self.reply(at, id, &Outcome::Refused(refused), 0);
        }
    }

    /// The session ends: what works expires, and nothing new is taken for a while.
    pub(super) fn end_session(&mut self, at: Nanos) {
        let span_ns = self.plan.span_ns(FaultKind::SessionEnd, i64::MAX);
        self.closed_until = self.closed_until.max(at.plus(span_ns));
        let live: Vec<usize> = self.truth.live().collect();
        for order in live {
            self.agenda.plan(at, Due::Expire { order });
        }
    }
}

/// The refusal of a new order by this fault; `None` if it is not such a fault.
pub(super) fn refusal(kind: FaultKind) -> Option<Outcome> {
    let (code, text) = match kind {
        FaultKind::NoFunds => (RejectCode::InsufficientFunds, "margin is short"),
        FaultKind::PriceBand => (RejectCode::PriceBand, "outside the band of the day"),
        FaultKind::RiskRefused | FaultKind::RefusedExecuted => {
            (RejectCode::Other, "blocked by the risk system")
        }
        FaultKind::FalseDuplicateId => (RejectCode::DuplicateClOrdId, "duplicate order sent"),
        FaultKind::TimestampRefused => (RejectCode::Other, "timestamp outside of the window"),
        FaultKind::MarketClosed => (RejectCode::Closed, "the instrument is halted"),
        _ => return None,
    };
    Some(refused(code, text))
}
