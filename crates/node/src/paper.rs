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
    /// What came of it and was not taken yet.
    came: Vec<(Nanos, Delivery)>,
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
            came: Vec::new(),
        }
    }

    /// The market moved.
    pub fn quote(&mut self, now: Nanos, id: InstrumentId, quote: &Quote) {
        if quote.is_sane() {
            // What was due before the quote met the price before it.
            self.broker.advance(now, &mut self.came);
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
        let mut deliveries = std::mem::take(&mut self.came);
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

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::config::{Descriptor, Instrument, Recon, Risk};
    use truefill_core::num::{Px, Qty};
    use truefill_core::request::Whole;
    use truefill_core::time::SECOND_NS;

    fn config() -> Config {
        Config {
            account: "AB1234".to_owned(),
            instruments: vec![Instrument::new("NSE:INFY", Px::whole(1), Qty::whole(1))],
            holdings: Vec::new(),
            strategies: Vec::new(),
            descriptor: Descriptor::default(),
            risk: Risk::default(),
            recon: Recon::default(),
            digest_every: 64,
            replay_horizon_ns: 1,
            assumed_fee_bps: 0,
            calendars: Vec::new(),
            crossing: false,
        }
    }

    #[test]
    fn a_quote_that_comes_after_an_answer_was_due_takes_nothing_from_it() {
        let start = Nanos(1_795_578_300 * SECOND_NS);
        let mut paper = Paper::new(&config(), World::default(), 1);
        paper.ask(start, RequestId(1), Query::Positions(Whole {}));
        // Nobody took the answer before the market moved.
        let later = start.plus(2 * SECOND_NS);
        let (bid_px, ask_px, qty) = (Px::whole(99), Px::whole(100), Qty::whole(10));
        let quote = Quote { bid_px, bid_qty: qty, ask_px, ask_qty: qty, time: later };
        paper.quote(later, InstrumentId(0), &quote);
        let came = paper.take(later);
        let answered =
            |input: &Input| matches!(input, Input::Answer(a) if a.request == RequestId(1));
        assert_eq!(came.iter().filter(|input| answered(input)).count(), 1, "{came:?}");
        assert!(paper.take(later).is_empty());
    }
}
