//! Paper: live prices, and a simulated broker that nobody's money is at.
//!
//! Entry point: [`Paper`]. It is the broker of a rehearsal, driven by the clock and by the quotes of
//! the stream; bytes cross between it and the engine here too. Each start has a new account, because
//! a broker's memory is not the node's to restore.
//!
//! Invariant: nothing here knows a socket.

use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::Config;
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::input::{Channel, Garbled, Input, LinkChange};
use truefill_core::quote::Quote;
use truefill_core::report::{
    Answer, Failed, Found, Outcome, ReadFailure, Reply, Unclear, UnknownCause,
};
use truefill_core::request::{Query, Request};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_sim::broker::Broker;
use truefill_sim::broker::world::{Delivery, World};
use truefill_venue::{ClientCodec as _, ReferenceCodec};

/// The simulated broker is looked at so often while anything is under way.
const LOOK_NS: i64 = 20 * MILLI_NS;

/// See the module.
pub struct Paper {
    broker: Broker,
    codec: ReferenceCodec,
    reply_timeout_ns: i64,
    /// What has no answer yet: the query of a read, and when it is given up.
    sent: BTreeMap<RequestId, (Option<Query>, Nanos)>,
    timeouts: BTreeSet<(Nanos, RequestId)>,
}

impl Paper {
    /// A new account at such a broker.
    #[must_use]
    pub fn new(config: &Config, world: World, seed: u64) -> Self {
        Self {
            broker: Broker::new(config, world, seed),
            codec: ReferenceCodec::of(config),
            reply_timeout_ns: config.descriptor.reply_timeout_ns,
            sent: BTreeMap::new(),
            timeouts: BTreeSet::new(),
        }
    }

    /// The market moved.
    pub fn quote(&mut self, now: Nanos, id: InstrumentId, quote: &Quote) {
        if quote.is_sane() {
            self.broker.on_quote(now, id, quote);
        }
    }

    /// A write.
    pub fn send(&mut self, now: Nanos, request: RequestId, what: &Request) {
        let body = self.codec.encode_write(request, what);
        self.put(now, request, None, body);
    }

    /// A read.
    pub fn ask(&mut self, now: Nanos, request: RequestId, what: Query) {
        let body = self.codec.encode_read(request, &what);
        self.put(now, request, Some(what), body);
    }

    fn put(&mut self, now: Nanos, id: RequestId, query: Option<Query>, body: Vec<u8>) {
        let until = now.plus(self.reply_timeout_ns);
        self.sent.insert(id, (query, until));
        self.timeouts.insert((until, id));
        self.broker.send(now, id, body);
    }

    /// When it has to be looked at next.
    #[must_use]
    pub fn next(&self, now: Nanos) -> Nanos {
        let timeout = self.timeouts.first().map_or(Nanos::MAX, |(at, _)| *at);
        // Never at once again: what is due now was taken a moment ago.
        self.broker.next_time().min(timeout).max(now.plus(LOOK_NS / 10))
    }

    /// What has come of it by now.
    pub fn take(&mut self, now: Nanos) -> Vec<Input> {
        let mut deliveries = Vec::new();
        self.broker.advance(now, &mut deliveries);
        let mut inputs = Vec::new();
        for (_, delivery) in deliveries {
            match delivery {
                Delivery::Reply { id, status, body } => inputs.push(self.reply(id, status, &body)),
                Delivery::Reset { id } => {
                    inputs.extend(self.lost(id, UnknownCause::Reset, ReadFailure::Reset));
                }
                Delivery::Push { body, .. } => inputs.push(self.push(&body)),
                Delivery::Link { channel: Channel::Market, .. } => {}
                Delivery::Link { channel, up } => {
                    inputs.push(Input::Link(LinkChange { channel, up }));
                }
            }
        }
        while let Some((at, id)) = self.timeouts.first().copied().filter(|(at, _)| *at <= now) {
            self.timeouts.remove(&(at, id));
            inputs.extend(self.lost(id, UnknownCause::Timeout, ReadFailure::Timeout));
        }
        inputs
    }

    fn answered(&mut self, id: RequestId) -> Option<Option<Query>> {
        let (query, until) = self.sent.remove(&id)?;
        self.timeouts.remove(&(until, id));
        Some(query)
    }

    fn reply(&mut self, id: RequestId, status: u16, body: &[u8]) -> Input {
        // One that was given up before: a late answer to a write is still evidence.
        match self.answered(id).flatten() {
            Some(query) => {
                let found = self.codec.decode_answer(id, &query, status, body);
                Input::Answer(Answer { request: id, found })
            }
            None => {
                let outcome = self.codec.decode_reply(id, status, body);
                Input::Reply(Reply { request: id, outcome })
            }
        }
    }

    fn lost(&mut self, id: RequestId, write: UnknownCause, read: ReadFailure) -> Option<Input> {
        let query = self.answered(id)?;
        Some(if query.is_some() {
            let found = Found::Failed(Failed { cause: read, retry_after_ns: None });
            Input::Answer(Answer { request: id, found })
        } else {
            let outcome = Outcome::Unclear(Unclear { cause: write, retry_after_ns: None });
            Input::Reply(Reply { request: id, outcome })
        })
    }

    fn push(&self, body: &[u8]) -> Input {
        match self.codec.decode_push(body) {
            Ok(push) => Input::Push(push),
            Err(garbage) => {
                let (channel, why) = (Channel::Stream, garbage.to_string());
                Input::Garbled(Garbled { channel, why })
            }
        }
    }
}
