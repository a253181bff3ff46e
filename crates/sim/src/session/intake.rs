//! From what reaches a shell to inputs of the engine: bytes, silence, and the quotes an input uses.
//!
//! Shared by every shell of this crate: the session in one process, and the engine's half of
//! [`crate::apart`].

use super::tape::Tape;
use truefill_core::engine::Engine;
use truefill_core::ids::RequestId;
use truefill_core::input::{Channel, Garbled, Input};
use truefill_core::quote::Mark;
use truefill_core::report::{
    Answer, Failed, Found, News, Outcome, Push, ReadFailure, Reply, Unclear, UnknownCause,
};
use truefill_core::request::Query;
use truefill_core::time::Nanos;
use truefill_venue::{ClientCodec, ReferenceCodec};

/// A pushed message.
pub fn pushed(codec: &ReferenceCodec, body: &[u8]) -> Input {
    match codec.decode_push(body) {
        Ok(push) => Input::Push(push),
        Err(garbage) => {
            let (channel, why) = (Channel::Stream, garbage.to_string());
            Input::Garbled(Garbled { channel, why })
        }
    }
}

/// The reply to a write, or the answer to a read.
pub fn replied(
    codec: &ReferenceCodec,
    request: RequestId,
    query: Option<&Query>,
    status: u16,
    body: &[u8],
) -> Input {
    match query {
        Some(query) => {
            let found = codec.decode_answer(request, query, status, body);
            Input::Answer(Answer { request, found })
        }
        None => {
            let outcome = codec.decode_reply(request, status, body);
            Input::Reply(Reply { request, outcome })
        }
    }
}

/// No reply, no answer.
pub fn unanswered(
    request: RequestId,
    is_read: bool,
    write: UnknownCause,
    read: ReadFailure,
) -> Input {
    if is_read {
        let found = Found::Failed(Failed { cause: read, retry_after_ns: None });
        Input::Answer(Answer { request, found })
    } else {
        let outcome = Outcome::Unclear(Unclear { cause: write, retry_after_ns: None });
        Input::Reply(Reply { request, outcome })
    }
}

/// The quotes an input uses: the one in force when it happened, if it is told late, then those
/// in force now.
pub fn marks(
    engine: &Engine,
    tape: &Tape,
    now: Nanos,
    input: &Input,
    then: Option<Mark>,
) -> Vec<Mark> {
    let mut instruments = engine.marks_for(now, input);
    if matches!(input, Input::Release(_)) && !engine.state().busy.is_empty() {
        // A quote that may move a working order belongs to the release that moves it.
        instruments.extend(tape.outside(|id| engine.band(now, id)));
        instruments.sort_unstable();
        instruments.dedup();
    }
    let mut marks = Vec::with_capacity(instruments.len() + 1);
    marks.extend(then);
    marks.extend(instruments.into_iter().filter_map(|id| tape.mark(id)));
    marks
}

/// The quote in force when the exchange did what a message tells of.
pub fn mark_then(engine: &Engine, tape: &Tape, now: Nanos, input: &Input) -> Option<Mark> {
    let time = match input {
        Input::Push(Push { news: News::Fill(fill), .. }) => fill.time,
        Input::Reply(Reply { outcome: Outcome::Taken(taken), .. }) => taken.time?,
        _ => return None,
    };
    let instrument = engine.marks_for(now, input).first().copied()?;
    let quote = tape.at(instrument, time.min(now))?;
    Some(Mark { instrument, quote })
}
