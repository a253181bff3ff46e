//! One turn of the shell: take what is ready, step it, ask the queue last, commit, run the
//! effects.

use super::{Ready, Sent, Session, SessionError, intake};
use crate::broker::world::Delivery;
use truefill_core::effect::Effect;
use truefill_core::engine::Step;
use truefill_core::event::Event;
use truefill_core::ids::RequestId;
use truefill_core::input::{Envelope, Input, LinkChange, Release};
use truefill_core::quote::Mark;
use truefill_core::report::{
    Answer, Failed, Found, NotSent, Outcome, ReadFailure, Reply, UnknownCause,
};
use truefill_core::request::{Query, Request};
use truefill_core::time::MILLI_NS;
use truefill_venue::ClientCodec;

/// More turns in one instant mean that engine and broker keep each other busy for ever.
const TURNS_MAX: u32 = 20_000;

impl Session<'_> {
    /// Turns until nothing is left to do at this instant.
    pub(super) fn turn(&mut self) -> Result<(), SessionError> {
        // A deadline that has come is not asked for again: the engine names those to come.
        let mut due = self.deadline <= self.now;
        for _ in 0..TURNS_MAX {
            self.gather()?;
            if self.down_until.is_some() {
                self.inbox.clear();
                break;
            }
            let engine = &self.engine;
            let volumes = self.tape.volumes(|id| engine.wants_volume(id));
            self.inbox.extend(volumes.into_iter().map(|v| Input::Volume(v).into()));
            let woken = due || self.engine.next_deadline(self.now) <= self.now;
            let rested = self.rest_until <= self.now;
            if self.inbox.is_empty() && !(woken && rested) {
                break;
            }
            let idle = self.inbox.is_empty();
            due = false;
            if !self.batch_of_inputs()? && idle {
                // Woken for nothing: harmless, but not again at once.
                self.rest_until = self.now.plus(MILLI_NS);
            }
            self.checker.after_turn(&self.engine, &self.broker);
        }
        let engine = &self.engine;
        let keeping = !engine.state().orders.open.is_empty();
        self.tape.listen(|id| engine.watch(self.now, id), keeping);
        self.deadline = self.engine.next_deadline(self.now);
        self.due = self.next_due();
        Ok(())
    }

    /// Everything that is ready now becomes inputs.
    fn gather(&mut self) -> Result<(), SessionError> {
        let mut deliveries = Vec::new();
        self.broker.advance(self.now, &mut deliveries);
        self.log.catch_up(self.broker.truth())?;
        for (_, delivery) in deliveries {
            self.deliver(delivery);
        }
        self.act()?;
        while let Some((at, request)) = self.timeouts.first().copied() {
            if at > self.now {
                break;
            }
            self.timeouts.remove(&(at, request));
            self.give_up(request, UnknownCause::Timeout, ReadFailure::Timeout);
        }
        while let Some(entry) = self.targets.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            if self.down_until.is_some() {
                break;
            }
            let (target, quote) = entry.remove();
            let key = self.plan.config.holdings.get(target.holding.ix());
            let then = key.zip(quote).map(|(k, quote)| Mark { instrument: k.instrument, quote });
            self.inbox.push(Ready { input: Input::Target(target), then });
        }
        Ok(())
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Reply { id, status, body } => self.reply(id, status, &body),
            Delivery::Reset { id } => {
                self.give_up(id, UnknownCause::Reset, ReadFailure::Reset);
            }
            Delivery::Push { body, .. } => {
                let input = intake::pushed(&self.codec, &body);
                let then = self.mark_then(&input);
                self.inbox.push(Ready { input, then });
            }
            Delivery::Link { channel, up } => {
                self.inbox.push(Input::Link(LinkChange { channel, up }).into());
            }
        }
    }

    fn reply(&mut self, id: RequestId, status: u16, body: &[u8]) {
        let query = match self.sent.remove(&id) {
            Some(sent) => {
                self.timeouts.remove(&(sent.until, id));
                sent.query
            }
            // Given up before: a late answer to a write is still evidence.
            None => None,
        };
        let input = intake::replied(&self.codec, id, query.as_ref(), status, body);
        let then = self.mark_then(&input);
        self.inbox.push(Ready { input, then });
    }

    fn give_up(&mut self, id: RequestId, write: UnknownCause, read: ReadFailure) {
        let Some(sent) = self.sent.remove(&id) else { return };
        self.timeouts.remove(&(sent.until, id));
        self.inbox.push(intake::unanswered(id, sent.query.is_some(), write, read).into());
    }

    /// Steps the inbox and a release, commits, runs the effects. True if anything happened.
    fn batch_of_inputs(&mut self) -> Result<bool, SessionError> {
        self.steps += 1;
        self.inbox.push(Input::Release(Release {}).into());
        let mut effects = Vec::new();
        let mut events = Vec::new();
        for Ready { input, then } in std::mem::take(&mut self.inbox) {
            let marks = self.marks(&input, then);
            let envelope = Envelope { now: self.now, marks, input };
            let step = self.engine.step(&envelope);
            self.watch.step(&envelope, &step, &self.engine);
            self.note(&envelope, &step);
            // The events of a step are the last records so far.
            let first = self.engine.state().seq + 1 - step.events.len() as u64;
            events.extend((first..).zip(step.events));
            effects.extend(step.effects);
        }
        if truefill_core::planted!(SentBeforeDurable) {
            for effect in std::mem::take(&mut effects) {
                self.run(effect)?;
            }
        }
        if self.dies_before_commit() || self.is_killed() {
            self.go_down(false)?;
            return Ok(true);
        }
        if !self.batch.is_empty() {
            let seq = self.store.append(&self.batch)?;
            self.watch.durable(seq);
            self.reached.batches += 1;
            self.batch.clear();
            self.snapshot()?;
        }
        for (seq, event) in &events {
            self.durable(*seq, event);
        }
        let mut dies = self.dies_before_sending() || self.is_killed();
        // It lasts for the first batch that has something to send.
        let late = self.stalled;
        for effect in effects {
            if dies {
                break;
            }
            if late && self.too_late(&effect) {
                continue;
            }
            self.run(effect)?;
            dies = self.is_killed();
        }
        if dies || self.dies_after_sending() {
            self.go_down(true)?;
        }
        Ok(!events.is_empty())
    }

    /// An input that changed something goes to the journal, with what it led to.
    fn note(&mut self, envelope: &Envelope, step: &Step) {
        if step.events.is_empty() {
            return;
        }
        self.checker.decided(&envelope.input, &step.events);
        self.batch.input(envelope);
        let lost = usize::from(truefill_core::planted!(BatchLosesAnEvent));
        for event in &step.events[..step.events.len() - lost] {
            self.batch.event(self.now, event);
        }
        self.inputs += 1;
        if self.inputs.is_multiple_of(u64::from(self.plan.config.digest_every)) {
            self.batch.digest(self.engine.digest().into());
        }
    }

    fn durable(&mut self, seq: u64, event: &Event) {
        self.trail.event(seq, self.now, event);
        // What moves after the end of a day is of another one.
        self.day_closed = match event {
            Event::DayEnded(_) => true,
            Event::Staged(_) | Event::Released(_) | Event::Learned(_) | Event::Crossed(_) => false,
            _ => self.day_closed,
        };
        match event {
            Event::AuthLost(_) => self.call_for_login(),
            Event::LoggedIn(_) => self.logging_in = false,
            _ => {}
        }
        self.story.event(self.now, event);
        self.measure.event(self.now, event);
        self.checker.event(event, &self.engine, &self.broker);
    }

    fn snapshot(&mut self) -> Result<(), SessionError> {
        let seq = self.engine.state().seq;
        if seq - self.snapshot_seq >= self.plan.snapshot_every {
            self.snapshot_seq = seq;
            self.store.put_snapshot(&truefill_journal::snapshot_of(&self.engine, seq))?;
        }
        Ok(())
    }

    fn marks(&self, input: &Input, then: Option<Mark>) -> Vec<Mark> {
        intake::marks(&self.engine, &self.tape, self.now, input, then)
    }

    fn mark_then(&self, input: &Input) -> Option<Mark> {
        intake::mark_then(&self.engine, &self.tape, self.now, input)
    }

    /// A request that its shell comes to too late is not sent, for sure.
    fn too_late(&mut self, effect: &Effect) -> bool {
        let input = match effect {
            Effect::Send { request, what, .. } => {
                if let Request::New(new) = what {
                    self.checker.never_sent(new.cl_ord_id);
                }
                let outcome = Outcome::NotSent(NotSent {});
                Input::Reply(Reply { request: *request, outcome })
            }
            Effect::Ask { request, .. } => {
                let cause = ReadFailure::Timeout;
                let found = Found::Failed(Failed { cause, retry_after_ns: None });
                Input::Answer(Answer { request: *request, found })
            }
            Effect::Tell(_) | Effect::Halt { .. } => return false,
        };
        self.stalled = false;
        self.inbox.push(input.into());
        true
    }

    fn run(&mut self, effect: Effect) -> Result<(), SessionError> {
        self.watch.effect(self.now, &effect);
        match effect {
            Effect::Send { request, what, .. } => {
                let body = self.codec.encode_write(request, &what);
                self.put_on_wire(request, None, body);
                self.log.sent(self.now, request, Some(&what))?;
            }
            Effect::Ask { request, what, .. } => {
                let body = self.codec.encode_read(request, &what);
                self.put_on_wire(request, Some(what), body);
                self.log.sent(self.now, request, None)?;
            }
            Effect::Tell(alert) => self.measure.alert(self.now, alert),
            Effect::Halt { law } => self.checker.broken(format!("the engine halted: {law}")),
        }
        Ok(())
    }

    fn put_on_wire(&mut self, id: RequestId, query: Option<Query>, body: Vec<u8>) {
        let until = self.now.plus(self.plan.config.descriptor.reply_timeout_ns);
        self.sent.insert(id, Sent { query, until });
        self.timeouts.insert((until, id));
        self.measure.sent();
        self.broker.send(self.now, id, body);
    }
}
