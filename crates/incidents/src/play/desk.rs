//! The engine's side: the shipped engine, its journal, and the shell's duties around them (when a
//! request is given up, when a link is silent, which quotes belong to an input).
//!
//! Invariants: time of the engine never runs backwards; a batch is in the journal before its
//! effects are handed on.

use super::Law;
use std::collections::{BTreeMap, VecDeque};
use truefill_core::config::Config;
use truefill_core::effect::Effect;
use truefill_core::engine::Engine;
use truefill_core::event::Event;
use truefill_core::ids::{InstrumentId, RequestId};
use truefill_core::input::{Channel, Envelope, Input, LinkChange, Release, Start};
use truefill_core::liveness::Liveness;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::{
    Answer, Failed, Found, Outcome, ReadFailure, Reply, Unclear, UnknownCause,
};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_journal::{Batch, Journal, MemoryStore, Replayer, SegmentStart, Store, redecide};

/// Which program decides.
const BUILD: &str = concat!("incidents-", env!("CARGO_PKG_VERSION"));
/// Size of either side of a quote.
const DEPTH: i64 = 1_000_000_000;

/// What a turn led to.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// What happened.
    pub events: Vec<Event>,
    /// What the engine wants.
    pub effects: Vec<Effect>,
}

/// The engine and what is around it.
#[derive(Debug)]
pub(super) struct Desk {
    config: Config,
    /// None while the process is dead.
    engine: Option<Engine>,
    store: MemoryStore,
    batch: Batch,
    inbox: VecDeque<Vec<Input>>,
    /// Requests without an answer: when they are given up, and whether they are reads.
    sent: BTreeMap<RequestId, (Nanos, bool)>,
    links: Liveness,
    quotes: Vec<Option<Quote>>,
    /// The engine's clock minus the venue's.
    offset_ns: i64,
    /// The wall clock of its machine minus the venue's.
    skew_ns: i64,
    /// Not woken again by itself before.
    rest_until: Nanos,
    /// A quote came that it asked to be woken for.
    woken: bool,
    inputs: u64,
    /// The planner is broken on purpose.
    broken_planner: bool,
}

fn lost(what: &str, why: impl std::fmt::Display) -> Law {
    Law::new("durable and deterministic", format!("{what}: {why}"))
}

impl Desk {
    /// A process that is not started.
    pub fn new(config: Config, store: MemoryStore) -> Self {
        let silence_ns = config.descriptor.stream_silence_ns;
        Self {
            quotes: vec![None; config.instruments.len()],
            config,
            engine: None,
            store,
            batch: Batch::new(),
            inbox: VecDeque::new(),
            sent: BTreeMap::new(),
            links: Liveness::new(silence_ns),
            offset_ns: 0,
            skew_ns: 0,
            rest_until: Nanos(i64::MIN),
            woken: false,
            inputs: 0,
            broken_planner: false,
        }
    }

    /// The engine, while it is alive.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// The journal.
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// The engine's clock at an instant of the venue's.
    pub fn clock(&self, now: Nanos) -> Nanos {
        now.plus(self.offset_ns)
    }

    /// What has to be added to the venue's times so that the engine, which compares them with its
    /// own clock, sees how far its wall clock is off.
    pub fn shift_ns(&self) -> i64 {
        self.offset_ns - self.skew_ns
    }

    /// The wall clock of the machine is off by so much from now on. A running process goes on from
    /// where it is when the wall clock is set back.
    pub fn skew(&mut self, skew_ns: i64) {
        self.skew_ns = skew_ns;
        self.offset_ns = if self.engine.is_some() { self.offset_ns.max(skew_ns) } else { skew_ns };
    }

    /// The process starts: the journal is read, and what links and quotes are is told.
    pub fn start(
        &mut self,
        now: Nanos,
        links: &[(Channel, bool)],
        quotes: &[(Px, Px)],
    ) -> Result<(), Law> {
        let mut engine = truefill_journal::recover(&self.store, self.config.clone())
            .map_err(|why| lost("the journal cannot be read back", why))?;
        let last = engine.state().now;
        let floor = if last.0 == i64::MIN { self.skew_ns } else { last.since(now) };
        self.offset_ns = self.skew_ns.max(floor);
        let clock = self.clock(now);
        let epoch = u64::try_from(clock.0 / MILLI_NS).unwrap_or(1);
        let epoch = epoch.max(engine.state().epoch + 1);
        let start = SegmentStart::new(clock, epoch, BUILD, &self.config);
        self.store.open_segment(&start).map_err(|why| lost("no segment can be opened", why))?;
        if self.broken_planner {
            engine.break_planner();
        }
        self.engine = Some(engine);
        self.rest_until = Nanos(i64::MIN);
        let mut first = vec![Input::Start(Start { epoch })];
        self.links = Liveness::new(self.config.descriptor.stream_silence_ns);
        for (channel, up) in links.iter().copied() {
            first.push(Input::Link(LinkChange { channel, up }));
            if up && channel != Channel::Rest {
                self.links.watch(channel, clock);
            }
        }
        self.inbox.push_back(first);
        for (at, (bid, ask)) in quotes.iter().enumerate() {
            self.put_quote(at, (*bid, *ask), clock);
        }
        Ok(())
    }

    /// The process dies: memory is gone, and what the journal gives back must be what it was.
    pub fn die(&mut self, forget: bool) -> Result<(), Law> {
        let Some(engine) = self.engine.take() else { return Ok(()) };
        self.inbox.clear();
        self.sent.clear();
        let again = truefill_journal::recover(&self.store, self.config.clone())
            .map_err(|why| lost("the journal cannot be read back", why))?;
        if again.state() != engine.state() {
            return Err(lost("replay", "the journal gives another state than memory had"));
        }
        if forget {
            self.store = MemoryStore::new();
        }
        Ok(())
    }

    /// Decides the whole journal again and compares.
    pub fn verify(&self) -> Result<(), Law> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let again = truefill_journal::recover(&self.store, self.config.clone())
            .map_err(|why| lost("the journal cannot be read back", why))?;
        if again.state() != engine.state() {
            return Err(lost("replay", "the journal gives another state than memory had"));
        }
        if self.broken_planner {
            // The fault is no input: what it asked for cannot be decided again.
            return Ok(());
        }
        let mut replayer = Replayer::default();
        redecide(&self.store, BUILD, &mut replayer).map_err(|why| lost("deciding again", why))?;
        Ok(())
    }

    /// The planner breaks, now and after every start.
    pub fn break_planner(&mut self) {
        self.broken_planner = true;
        if let Some(engine) = &mut self.engine {
            engine.break_planner();
        }
    }

    /// Something happened.
    pub fn tell(&mut self, input: Input) {
        if self.engine.is_some() {
            self.inbox.push_back(vec![input]);
        }
    }

    /// A link changed in a way that is told.
    pub fn link(&mut self, channel: Channel, up: bool, now: Nanos) {
        if self.engine.is_none() {
            return;
        }
        let clock = self.clock(now);
        match (channel, up) {
            (Channel::Rest, _) => {}
            (_, true) => self.links.watch(channel, clock),
            (_, false) => self.links.forget(channel),
        }
        self.tell(Input::Link(LinkChange { channel, up }));
    }

    /// Something was heard on a link.
    pub fn heard(&mut self, channel: Channel, now: Nanos) {
        let clock = self.clock(now);
        if self.engine.is_some()
            && let Some(link) = self.links.hear(channel, clock)
        {
            self.tell(Input::Link(link));
        }
    }

    /// A quote arrived.
    pub fn quote(&mut self, at: usize, quote: (Px, Px), now: Nanos) {
        if self.engine.is_none() {
            return;
        }
        self.heard(Channel::Market, now);
        self.put_quote(at, quote, self.clock(now));
    }

    fn put_quote(&mut self, at: usize, (bid_px, ask_px): (Px, Px), time: Nanos) {
        let depth = Qty::whole(DEPTH);
        let quote = Quote { bid_px, bid_qty: depth, ask_px, ask_qty: depth, time };
        let Some(place) = self.quotes.get_mut(at) else { return };
        *place = Some(quote);
        let Ok(at) = u32::try_from(at) else { return };
        let watch = self.engine.as_ref().map(|e| e.watch(time, InstrumentId(at)));
        self.woken |= watch.is_some_and(|watch| watch.wakes(&quote));
    }

    /// A request was answered: it is not given up any more. False if it was given up before.
    pub fn answered(&mut self, request: RequestId) -> bool {
        self.sent.remove(&request).is_some()
    }

    /// A request left.
    pub fn on_wire(&mut self, request: RequestId, read: bool, now: Nanos) {
        let until = self.clock(now).plus(self.config.descriptor.reply_timeout_ns);
        self.sent.insert(request, (until, read));
    }

    /// What is due by the clock alone: requests are given up, links are found silent.
    pub fn pass(&mut self, now: Nanos) {
        if self.engine.is_none() {
            return;
        }
        let clock = self.clock(now);
        let late: Vec<(RequestId, bool)> = self
            .sent
            .iter()
            .filter(|(_, (until, _))| *until <= clock)
            .map(|(request, (_, read))| (*request, *read))
            .collect();
        for (request, read) in late {
            self.sent.remove(&request);
            self.tell(if read {
                let cause = ReadFailure::Timeout;
                let found = Found::Failed(Failed { cause, retry_after_ns: None });
                Input::Answer(Answer { request, found })
            } else {
                let cause = UnknownCause::Timeout;
                let outcome = Outcome::Unclear(Unclear { cause, retry_after_ns: None });
                Input::Reply(Reply { request, outcome })
            });
        }
        for link in self.links.silent(clock) {
            self.tell(Input::Link(link));
        }
    }

    /// The next instant of the venue's clock at which something is due by itself.
    pub fn next(&self, now: Nanos) -> Nanos {
        let Some(engine) = &self.engine else { return Nanos::MAX };
        let clock = self.clock(now);
        let given_up = self.sent.values().map(|(until, _)| *until).min().unwrap_or(Nanos::MAX);
        let deadline = engine.next_deadline(clock).max(self.rest_until);
        let next = deadline.min(given_up).min(self.links.next());
        if next == Nanos::MAX { next } else { next.plus(-self.offset_ns) }
    }

    /// Something is to be done at this instant.
    pub fn is_ready(&self, now: Nanos) -> bool {
        let Some(engine) = &self.engine else { return false };
        let clock = self.clock(now);
        let due = engine.next_deadline(clock) <= clock && self.rest_until <= clock;
        !self.inbox.is_empty() || self.woken || due
    }

    /// Takes the next input, asks the queue, and makes both durable.
    pub fn turn(&mut self, now: Nanos) -> Result<Turn, Law> {
        let idle = self.inbox.is_empty();
        let mut inputs = self.inbox.pop_front().unwrap_or_default();
        inputs.push(Input::Release(Release {}));
        self.woken = false;
        let clock = self.clock(now);
        let mut turn = Turn::default();
        for input in inputs {
            let marks = self.marks(clock, &input);
            let Some(engine) = &mut self.engine else { break };
            let envelope = Envelope { now: clock, marks, input };
            let step = engine.step(&envelope);
            self.batch.step(&envelope, &step.events);
            if !step.events.is_empty() {
                self.inputs += 1;
                if self.inputs.is_multiple_of(u64::from(self.config.digest_every)) {
                    self.batch.digest(engine.digest().into());
                }
            }
            turn.events.extend(step.events);
            turn.effects.extend(step.effects);
        }
        self.store.append(&self.batch).map_err(|why| lost("the journal takes no more", why))?;
        self.batch.clear();
        let last = self.store.last_seq();
        for effect in &turn.effects {
            let (Effect::Send { durable, .. } | Effect::Ask { durable, .. }) = effect else {
                continue;
            };
            if *durable > last {
                return Err(lost("a request", "left before its record was durable"));
            }
        }
        if idle && turn.events.is_empty() {
            // Woken for nothing: harmless, but not again at once.
            self.rest_until = clock.plus(MILLI_NS);
        }
        Ok(turn)
    }

    fn marks(&self, clock: Nanos, input: &Input) -> Vec<Mark> {
        let Some(engine) = &self.engine else { return Vec::new() };
        let mut wanted = engine.marks_for(clock, input);
        if matches!(input, Input::Release(_)) && !engine.state().busy.is_empty() {
            for (at, quote) in self.quotes.iter().enumerate() {
                let Ok(at) = u32::try_from(at) else { break };
                let moves = |quote: &Quote| engine.band(clock, InstrumentId(at)).wakes(quote);
                if quote.as_ref().is_some_and(moves) {
                    wanted.push(InstrumentId(at));
                }
            }
            wanted.sort_unstable();
            wanted.dedup();
        }
        let of = |id: InstrumentId| {
            let quote = self.quotes.get(id.ix()).copied().flatten()?;
            Some(Mark { instrument: id, quote })
        };
        wanted.into_iter().filter_map(of).collect()
    }
}
