//! The virtual time around the bot: the same market, strategies, broker and delays as a session
//! has, with the bot in the engine's place.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::bot::Bot;
use super::outcome::NaiveOutcome;
use crate::broker::{Broker, Delivery};
use crate::session::{Plan, SessionError};
use crate::strategy::{Strategy, Wish};
use truefill_core::ids::{HoldingId, InstrumentId, RequestId};
use truefill_core::num::Qty;
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_venue::{ClientCodec, ReferenceCodec};

pub(super) struct Naive<'a> {
    plan: &'a Plan,
    bot: Bot,
    broker: Broker,
    book: Book<'a>,
    codec: ReferenceCodec,
    strategies: Vec<Box<dyn Strategy + 'a>>,
    now: Nanos,
    /// The market is over: nobody decides any more.
    settling: bool,
    last: Vec<Option<Quote>>,
    /// Targets on their way to the bot.
    targets: BTreeMap<(Nanos, u64), (HoldingId, Qty)>,
    declared: u64,
    wishes: Vec<Wish>,
    timeouts: BTreeSet<(Nanos, RequestId)>,
    deliveries: Vec<(Nanos, Delivery)>,
}

impl<'a> Naive<'a> {
    pub fn new(plan: &'a Plan, strategies: Vec<Box<dyn Strategy + 'a>>, now: Nanos) -> Self {
        Self {
            plan,
            bot: Bot::new(&plan.config),
            broker: Broker::new(&plan.config, plan.world.clone(), plan.seed),
            book: Book::new(&plan.config),
            codec: ReferenceCodec::of(&plan.config),
            strategies,
            now,
            settling: false,
            last: vec![None; plan.config.instruments.len()],
            targets: BTreeMap::new(),
            declared: 0,
            wishes: Vec::new(),
            timeouts: BTreeSet::new(),
            deliveries: Vec::new(),
        }
    }

    /// Lets everything happen that is due before `time`.
    pub fn run_until(&mut self, time: Nanos) {
        loop {
            let due = self.due();
            if due >= time {
                return;
            }
            self.now = self.now.max(due);
            self.step();
        }
    }

    pub fn quote(&mut self, now: Nanos, instrument: InstrumentId, quote: &Quote) {
        self.now = self.now.max(now);
        if let Some(last) = self.last.get_mut(instrument.ix()) {
            *last = Some(*quote);
        }
        self.book.mid(instrument, quote.mid());
        self.broker.on_quote(self.now, instrument, quote);
        self.look();
        for strategy in &mut self.strategies {
            strategy.on_quote(instrument, quote, &mut self.wishes);
        }
        self.declare();
    }

    /// Faults off, the market stands still: what is under way comes, within a bounded time.
    pub fn settle(&mut self) {
        let end = self.now.plus(self.plan.settle_ns);
        self.run_until(self.now.plus(1));
        self.settling = true;
        self.broker.settle(self.now);
        self.run_until(end);
    }

    pub fn finish(mut self) -> Result<NaiveOutcome, SessionError> {
        self.book.finish(self.now);
        NaiveOutcome::new(&self.plan.config, &self.bot, self.broker, self.book)
    }

    fn due(&self) -> Nanos {
        let mut due = self.broker.next_time().min(self.bot.next_time());
        due = due.min(self.timeouts.first().map_or(Nanos::MAX, |(at, _)| *at));
        due = due.min(self.targets.first_key_value().map_or(Nanos::MAX, |((at, _), _)| *at));
        if self.settling {
            return due;
        }
        self.strategies.iter().map(|s| s.next_time()).fold(due, Nanos::min)
    }

    /// Everything that is due now, each thing once.
    fn step(&mut self) {
        if !self.settling {
            for strategy in &mut self.strategies {
                if strategy.next_time() <= self.now {
                    strategy.on_time(self.now, &mut self.wishes);
                }
            }
            self.declare();
        }
        let mut deliveries = std::mem::take(&mut self.deliveries);
        self.broker.advance(self.now, &mut deliveries);
        self.look();
        for (_, delivery) in deliveries.drain(..) {
            self.deliver(delivery);
        }
        self.deliveries = deliveries;
        while let Some((at, id)) = self.timeouts.first().copied().filter(|(at, _)| *at <= self.now)
        {
            self.timeouts.remove(&(at, id));
            let again = self.bot.failed(id);
            self.send(again);
        }
        while let Some(at) = self.bot.wake(self.now) {
            self.send(Some(at));
        }
        while let Some(entry) = self.targets.first_entry().filter(|e| e.key().0 <= self.now) {
            let (holding, target) = entry.remove();
            let intent = self.bot.want(holding, target);
            self.book.emitted(holding, target, intent, &self.bot);
            self.send(intent);
        }
        self.look();
    }

    /// Wishes become targets once they have been computed and carried to the bot.
    fn declare(&mut self) {
        for wish in self.wishes.drain(..) {
            let Some(key) = self.plan.config.holdings.get(wish.holding.ix()) else { continue };
            let mid = self.last.get(key.instrument.ix()).copied().flatten().map(|q| q.mid());
            self.book.decided(self.now, wish.holding, wish.qty, wish.px.or(mid));
            self.declared += 1;
            let at = self.now.plus(self.plan.decide_ns);
            self.targets.insert((at, self.declared), (wish.holding, wish.qty));
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Reply { id, status, body } => {
                let outcome = self.codec.decode_reply(id, status, &body);
                let again = self.bot.reply(self.now, id, &outcome);
                self.send(again);
            }
            Delivery::Reset { id } => {
                let again = self.bot.failed(id);
                self.send(again);
            }
            Delivery::Push { body, .. } => {
                if let Ok(push) = self.codec.decode_push(&body) {
                    self.bot.push(&push);
                }
            }
            Delivery::Link { .. } => {}
        }
    }

    fn send(&mut self, intent: Option<usize>) {
        let Some(at) = intent else { return };
        let holding = self.bot.intents.get(at).map(|intent| intent.holding);
        let key = holding.and_then(|holding| self.plan.config.holdings.get(holding.ix()));
        let quote = key.and_then(|key| self.last.get(key.instrument.ix())?.as_ref());
        let Some((id, request)) = self.bot.attempt(at, quote) else { return };
        self.timeouts.insert((self.now.plus(self.plan.config.descriptor.reply_timeout_ns), id));
        let body = self.codec.encode_write(id, &request);
        self.broker.send(self.now, id, body);
    }

    /// What the broker's truth has that the book has not.
    fn look(&mut self) {
        self.book.look(self.now, self.broker.truth(), &self.bot);
    }
}
