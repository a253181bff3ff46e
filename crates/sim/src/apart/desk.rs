//! The engine's side: the canonical shell with its own journal, on a line to the world.
//!
//! Entry point: [`trade`]. One turn is that of `session::shell`: what arrived becomes inputs, the
//! queue is asked last, the batch is committed, and only then effects run.

use super::frame::{Said, Told};
use super::{ApartError, Line};
use crate::session::intake;
use crate::session::settle::is_quiet;
use crate::session::tape::Tape;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use truefill_core::config::Config;
use truefill_core::effect::Effect;
use truefill_core::engine::{Engine, Step};
use truefill_core::event::Event;
use truefill_core::ids::RequestId;
use truefill_core::input::{Channel, Envelope, Input, LinkChange, Release, Start, Tick};
use truefill_core::quote::Mark;
use truefill_core::report::{ReadFailure, UnknownCause};
use truefill_core::request::Query;
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_journal::{Batch, Content, Journal, SegmentStart, Store, snapshot_of};
use truefill_market::source::Grade;
use truefill_venue::{ClientCodec, ReferenceCodec};

/// More turns in one instant mean that the engine keeps itself busy for ever.
const TURNS_MAX: u32 = 20_000;

/// What an engine trades under.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Its configuration.
    pub config: Config,
    /// Which program decides, for the journal.
    pub build: String,
    /// Records between two snapshots.
    pub snapshot_every: u64,
}

/// Trades until the world says that the day is over. `engine` is what was recovered from
/// `store`.
///
/// # Errors
/// When the journal fails, the world is gone, or a law is broken: nothing leaves afterwards.
pub fn trade(
    terms: &Terms,
    engine: Engine,
    store: &mut dyn Store,
    line: Line,
) -> Result<(), ApartError> {
    let segments = store.segments()?;
    let epoch = segments.last().map_or(0, |segment| segment.start.epoch);
    let closed = is_closed(store)?;
    let mut desk = Desk {
        tape: Tape::new(terms.config.instruments.len(), Grade::Quotes),
        codec: ReferenceCodec::of(&terms.config),
        snapshot_seq: engine.state().seq,
        terms,
        engine,
        store,
        line,
        now: Nanos(0),
        epoch,
        deadline: Nanos(i64::MIN),
        rest_until: Nanos(i64::MIN),
        arrived: Vec::new(),
        inbox: Vec::new(),
        sent: BTreeMap::new(),
        timeouts: BTreeSet::new(),
        batch: Batch::new(),
        inputs: 0,
        closed,
    };
    desk.run()
}

/// Whether the journal's day is closed: it may have been closed by an engine that died before it
/// could say so.
fn is_closed(journal: &dyn Journal) -> Result<bool, ApartError> {
    let mut closed = false;
    journal.scan(1, &mut |record| {
        closed |= matches!(Content::of(&record)?, Content::Event(Event::DayEnded(_)));
        Ok(if closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(closed)
}

struct Desk<'a> {
    terms: &'a Terms,
    engine: Engine,
    store: &'a mut dyn Store,
    line: Line,
    codec: ReferenceCodec,
    tape: Tape,
    now: Nanos,
    /// Largest epoch of any start before.
    epoch: u64,
    deadline: Nanos,
    rest_until: Nanos,
    /// What arrived and was not looked at.
    arrived: Vec<Told>,
    inbox: Vec<(Input, Option<Mark>)>,
    /// What has no answer yet: the query of a read, and when it is given up.
    sent: BTreeMap<RequestId, (Option<Query>, Nanos)>,
    timeouts: BTreeSet<(Nanos, RequestId)>,
    batch: Batch,
    inputs: u64,
    /// The last record of the newest snapshot.
    snapshot_seq: u64,
    /// The day end is durable.
    closed: bool,
}

impl Desk<'_> {
    fn run(&mut self) -> Result<(), ApartError> {
        loop {
            let Some(told) = Told::read(&mut self.line.reader)? else {
                let why = std::io::ErrorKind::UnexpectedEof.into();
                return Err(ApartError::Io { what: "the world is gone", why });
            };
            match told {
                Told::Begin { now, links } => {
                    self.now = now;
                    self.start(links)?;
                }
                Told::Quote { now, mark } => {
                    self.now = now;
                    self.tape.put(mark.instrument, &mark.quote);
                    if self.tape.wakes(mark.instrument) {
                        self.inbox.push((Input::Tick(Tick {}), None));
                        self.turn()?;
                    }
                }
                Told::Still { now } => {
                    self.tape.refresh(now);
                    continue;
                }
                Told::Go { now } => {
                    self.now = now;
                    self.turn()?;
                }
                Told::End => return Ok(()),
                other => {
                    self.arrived.push(other);
                    continue;
                }
            }
            self.done()?;
        }
    }

    fn done(&mut self) -> Result<(), ApartError> {
        let mut due = self.engine.next_deadline(self.now).max(self.rest_until);
        due = due.min(self.timeouts.first().map_or(Nanos::MAX, |(at, _)| *at));
        let done = Said::Done { due, quiet: is_quiet(&self.engine), closed: self.closed };
        done.write(&mut self.line.writer).map_err(ApartError::io("answering the world"))
    }

    /// A new segment, a new epoch.
    fn start(&mut self, links: [bool; 3]) -> Result<(), ApartError> {
        let epoch = u64::try_from(self.now.0 / MILLI_NS).unwrap_or(1);
        let epoch = epoch.max(self.engine.state().epoch + 1).max(self.epoch + 1);
        let start = SegmentStart::new(self.now, epoch, &self.terms.build, &self.terms.config);
        self.store.open_segment(&start)?;
        self.inbox.push((Input::Start(Start { epoch }), None));
        for (channel, up) in
            [Channel::Stream, Channel::Rest, Channel::Market].into_iter().zip(links)
        {
            self.inbox.push((Input::Link(LinkChange { channel, up }), None));
        }
        self.turn()
    }

    /// Turns until nothing is left to do at this instant.
    fn turn(&mut self) -> Result<(), ApartError> {
        self.gather();
        let mut due = self.deadline <= self.now;
        for _ in 0..TURNS_MAX {
            let engine = &self.engine;
            let volumes = self.tape.volumes(|id| engine.wants_volume(id));
            self.inbox.extend(volumes.into_iter().map(|v| (Input::Volume(v), None)));
            let woken = due || self.engine.next_deadline(self.now) <= self.now;
            if self.inbox.is_empty() && !(woken && self.rest_until <= self.now) {
                break;
            }
            let idle = self.inbox.is_empty();
            due = false;
            if !self.batch_of_inputs()? && idle {
                // Woken for nothing: harmless, but not again at once.
                self.rest_until = self.now.plus(MILLI_NS);
            }
        }
        let engine = &self.engine;
        let keeping = !engine.state().orders.open.is_empty();
        self.tape.listen(|id| engine.watch(self.now, id), keeping);
        self.deadline = self.engine.next_deadline(self.now);
        Ok(())
    }

    /// Everything that arrived, or did not in time, becomes inputs.
    fn gather(&mut self) {
        for told in std::mem::take(&mut self.arrived) {
            match told {
                Told::Volume { instrument, qty } => self.tape.trade(instrument, qty),
                Told::Input(envelope) => {
                    self.inbox.push((envelope.input, envelope.marks.first().copied()));
                }
                Told::Push(body) => {
                    let input = intake::pushed(&self.codec, &body);
                    self.take(input);
                }
                Told::Reply { id, status, body } => {
                    // One that was given up before: a late answer to a write is still evidence.
                    let query = self.answered(id).and_then(|(query, _)| query);
                    let input = intake::replied(&self.codec, id, query.as_ref(), status, &body);
                    self.take(input);
                }
                Told::Reset { id } => self.give_up(id, UnknownCause::Reset, ReadFailure::Reset),
                _ => {}
            }
        }
        while let Some((at, id)) = self.timeouts.first().copied() {
            if at > self.now {
                break;
            }
            self.give_up(id, UnknownCause::Timeout, ReadFailure::Timeout);
        }
    }

    fn take(&mut self, input: Input) {
        let then = intake::mark_then(&self.engine, &self.tape, self.now, &input);
        self.inbox.push((input, then));
    }

    fn answered(&mut self, id: RequestId) -> Option<(Option<Query>, Nanos)> {
        let sent = self.sent.remove(&id)?;
        self.timeouts.remove(&(sent.1, id));
        Some(sent)
    }

    fn give_up(&mut self, id: RequestId, write: UnknownCause, read: ReadFailure) {
        if let Some((query, _)) = self.answered(id) {
            self.inbox.push((intake::unanswered(id, query.is_some(), write, read), None));
        }
    }

    /// Steps the inbox and a release, commits, runs the effects. True if anything happened.
    fn batch_of_inputs(&mut self) -> Result<bool, ApartError> {
        self.inbox.push((Input::Release(Release {}), None));
        let mut effects = Vec::new();
        for (input, then) in std::mem::take(&mut self.inbox) {
            let marks = intake::marks(&self.engine, &self.tape, self.now, &input, then);
            let envelope = Envelope { now: self.now, marks, input };
            let step = self.engine.step(&envelope);
            self.note(&envelope, &step);
            effects.extend(step.effects);
        }
        let happened = !self.batch.is_empty();
        if happened {
            self.store.append(&self.batch)?;
            self.batch.clear();
            self.snapshot()?;
        }
        for effect in effects {
            self.act(effect)?;
        }
        Ok(happened)
    }

    fn note(&mut self, envelope: &Envelope, step: &Step) {
        if step.events.is_empty() {
            return;
        }
        self.batch.step(envelope, &step.events);
        self.closed |= step.events.iter().any(|event| matches!(event, Event::DayEnded(_)));
        self.inputs += 1;
        if self.inputs.is_multiple_of(u64::from(self.terms.config.digest_every)) {
            self.batch.digest(self.engine.digest().into());
        }
    }

    fn snapshot(&mut self) -> Result<(), ApartError> {
        let seq = self.engine.state().seq;
        if seq - self.snapshot_seq >= self.terms.snapshot_every {
            self.snapshot_seq = seq;
            self.store.put_snapshot(&snapshot_of(&self.engine, seq))?;
        }
        Ok(())
    }

    fn act(&mut self, effect: Effect) -> Result<(), ApartError> {
        match effect {
            Effect::Send { request, what, .. } => {
                let body = self.codec.encode_write(request, &what);
                self.put_on_wire(request, None, body)
            }
            Effect::Ask { request, what, .. } => {
                let body = self.codec.encode_read(request, &what);
                self.put_on_wire(request, Some(what), body)
            }
            Effect::Tell(_) => Ok(()),
            Effect::Halt { law } => Err(ApartError::Halted(law.to_string())),
        }
    }

    fn put_on_wire(
        &mut self,
        id: RequestId,
        query: Option<Query>,
        body: Vec<u8>,
    ) -> Result<(), ApartError> {
        let until = self.now.plus(self.terms.config.descriptor.reply_timeout_ns);
        self.sent.insert(id, (query, until));
        self.timeouts.insert((until, id));
        let wire = Said::Wire { id, body };
        wire.write(&mut self.line.writer).map_err(ApartError::io("sending a request to the world"))
    }
}
