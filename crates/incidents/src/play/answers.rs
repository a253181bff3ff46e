//! From what a script says of an answer to what the engine hears: the codec of a scenario's broker.

use crate::scenario::{Broker, Report};
use truefill_core::ids::{RequestId, VenueText};
use truefill_core::input::Input;
use truefill_core::report::{
    Answer, Failed, Found, Outcome, ReadFailure, Refused, RejectCode, Reply, Unclear, UnknownCause,
};
use truefill_core::time::{Nanos, SECOND_NS};

/// Silence after a refusal for the rate where the broker names none.
const SILENCE_S: i64 = 60;

/// What the delivery of an answer means for the checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// A new order (by its place at the venue) was refused for sure.
    pub refused: Option<usize>,
    /// Orders that a lookup came back without, and when it was asked.
    pub misses: Vec<(usize, Nanos)>,
    /// The broker wants silence for so long.
    pub silence_ns: Option<i64>,
    /// The broker does not take us for who we are.
    pub auth: bool,
}

/// An input on its way to the engine.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The request it answers; none for what is pushed.
    pub request: Option<RequestId>,
    /// What the engine hears.
    pub input: Input,
    /// What that means.
    pub told: Told,
}

fn silence(code: u16, retry_after_s: Option<i64>) -> Option<i64> {
    let limited = code == 429 || code == 418;
    limited.then(|| retry_after_s.unwrap_or(SILENCE_S).saturating_mul(SECOND_NS))
}

fn refused(code: RejectCode, retry_after_ns: Option<i64>) -> Outcome {
    Outcome::Refused(Refused { code, text: VenueText::EMPTY, retry_after_ns })
}

fn unclear(cause: UnknownCause, retry_after_ns: Option<i64>) -> Outcome {
    Outcome::Unclear(Unclear { cause, retry_after_ns })
}

/// How a write ends by a report that is not ok; none where no answer comes. True with it when
/// that is a refusal for sure.
pub(super) fn write_end(broker: &Broker, report: &Report) -> Option<(Outcome, bool)> {
    Some(match report {
        Report::Ok { .. } | Report::None => return None,
        Report::Timeout => (unclear(UnknownCause::Timeout, None), false),
        Report::Reset => (unclear(UnknownCause::Reset, None), false),
        Report::Error => (unclear(UnknownCause::Server, None), false),
        // It says nothing about this very intent.
        Report::Reject(code @ RejectCode::DuplicateClOrdId) => (refused(*code, None), false),
        Report::Reject(code) => (refused(*code, None), true),
        Report::Http { code: 401 | 403, .. } => (refused(RejectCode::Auth, None), true),
        Report::Http { code, retry_after_s } => match silence(*code, *retry_after_s) {
            Some(ns) if broker.ambiguous_429 => (unclear(UnknownCause::Server, Some(ns)), false),
            Some(ns) => (refused(RejectCode::RateLimited, Some(ns)), true),
            None => (unclear(UnknownCause::Server, None), false),
        },
    })
}

/// How a read ends by a report that is not ok; none where no answer comes.
pub(super) fn read_end(report: &Report) -> Option<Found> {
    let failed = |cause, retry_after_ns| Found::Failed(Failed { cause, retry_after_ns });
    Some(match report {
        Report::Ok { .. } | Report::None => return None,
        Report::Timeout => failed(ReadFailure::Timeout, None),
        Report::Reset => failed(ReadFailure::Reset, None),
        Report::Error | Report::Reject(_) => failed(ReadFailure::Server, None),
        Report::Http { code: 401 | 403, .. } => failed(ReadFailure::Auth, None),
        Report::Http { code, retry_after_s } => match silence(*code, *retry_after_s) {
            Some(ns) => failed(ReadFailure::RateLimited, Some(ns)),
            None => failed(ReadFailure::Server, None),
        },
    })
}

/// What a report means for the checks, whatever it answers.
pub(super) fn told_of(report: &Report) -> Told {
    match report {
        Report::Http { code: 401 | 403, .. } => Told { auth: true, ..Told::default() },
        Report::Http { code: 429 | 418, retry_after_s } => Told {
            silence_ns: retry_after_s.map(|s| s.saturating_mul(SECOND_NS)),
            ..Told::default()
        },
        _ => Told::default(),
    }
}

/// The end of a write, as the engine hears it.
pub(super) fn reply(request: RequestId, outcome: Outcome, told: Told) -> Heard {
    let input = Input::Reply(Reply { request, outcome });
    Heard { request: Some(request), input, told }
}

/// The answer to a read, as the engine hears it.
pub(super) fn answer(request: RequestId, found: Found, told: Told) -> Heard {
    let input = Input::Answer(Answer { request, found });
    Heard { request: Some(request), input, told }
}
