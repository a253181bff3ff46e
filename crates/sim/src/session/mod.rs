//! A session: recorded market, shipped engine, simulated broker, in virtual time.
//!
//! Start reading at [`run`]. The loop is the canonical shell of `core::engine`, with a heap of
//! simulated events where a live shell has sockets; the engine cannot tell the difference,
//! because bytes cross between it and the broker here too.
//!
//! | module | idea |
//! |---|---|
//! | `shell` | one turn: inputs, release, commit, effects |
//! | `intake` | from bytes and silence to inputs |
//! | `tape` | the last quotes, and which the engine wants to see |
//! | `crash` | the engine's process dies and comes back |
//! | `killed` | the whole program dies and is executed again up to there |
//! | `settle` | faults off, everything must converge |
//! | `books` | the ledger against the truth |
//! | `verdict` | what a broker beyond its declared bounds excuses |
//! | `measure` | what happened, in numbers |
//! | `script` | what people do besides what strategies want |
//! | `watch` | eyes on everything that crosses the engine's border |
//!
//! Where the market is known only as bars ([`Grade::Bars`]), the points inside a bar go to the
//! exchange and to the tape, so that orders are priced, filled and valued as if they were
//! quotes; strategies see a bar when it has ended and nothing before, and what they decide is
//! valued at its close. The exchange trades on none of a bar's prices after its end.
//!
//! Invariants: time never runs backwards; equal plans give byte-identical record streams; the
//! broker's truth is never shown to the engine.

mod books;
mod crash;
pub(crate) mod intake;
mod killed;
mod measure;
mod pace;
mod script;
pub(crate) mod settle;
mod shell;
pub(crate) mod tape;
mod verdict;
mod watch;

pub use crash::{Crash, CrashPoint};
pub use killed::{Reached, Traces};
pub use measure::{Facts, Incident, QueuePoint};
pub use pace::Pace;
pub use script::{Act, Cue};
pub use verdict::was_told;
pub use watch::{NoWatch, Watch};

use crate::broker::world::World;
use crate::broker::{Broker, NoLog, TruthLog};
use crate::check::Checker;
use crate::strategy::{Strategy, Wish, speaker};
use measure::Measure;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tape::Tape;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, RequestId, SleeveId};
use truefill_core::input::{Channel, Input, LinkChange, Start, Target};
use truefill_core::num::Qty;
use truefill_core::quote::{Mark, Quote};
use truefill_core::request::Query;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_gap::ledger::Entry;
use truefill_gap::story::{Note, Story};
use truefill_gap::trail::Trail;
use truefill_gap::{Attribution, GapError, Report};
use truefill_journal::{Batch, JournalError, SegmentStart, Store};
use truefill_market::bars::Bar;
use truefill_market::error::MarketError;
use truefill_market::source::{Depth, Grade, Quotes, TickKind, Trade};
use truefill_venue::ReferenceCodec;

/// Everything a session is made of besides its market and its strategies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The engine's configuration.
    pub config: Config,
    /// The broker's world: latencies, windows, fees, faults.
    pub world: World,
    /// Seed of everything random.
    pub seed: u64,
    /// Which program decides, for the journal.
    pub build: String,
    /// From a quote to the target it leads to: feed, computing, local link.
    pub decide_ns: i64,
    /// The engine starts so long before the first quote.
    pub lead_ns: i64,
    /// Longest time for everything to settle after the last quote.
    pub settle_ns: i64,
    /// When the engine's process dies.
    pub crash: Crash,
    /// Records between two snapshots.
    pub snapshot_every: u64,
    /// What people do, by rising time.
    pub script: Vec<Cue>,
}

impl Plan {
    /// A plan with the usual times and no crash.
    #[must_use]
    pub fn new(config: Config, world: World, seed: u64) -> Self {
        Self {
            config,
            world,
            seed,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            decide_ns: 2 * MILLI_NS,
            lead_ns: 20 * SECOND_NS,
            settle_ns: 600 * SECOND_NS,
            crash: Crash::Never,
            snapshot_every: 4096,
            script: Vec::new(),
        }
    }
}

/// Why a session could not run to its end. A broken law is not here but in
/// [`Outcome::violations`].
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The market data.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The gap ledger.
    #[error(transparent)]
    Gap(#[from] GapError),
    /// The simulator's own log.
    #[error("the simulator's truth log: {0}")]
    TruthLog(#[from] std::io::Error),
    /// The configuration.
    #[error("the configuration does not fit together: {0}")]
    Config(String),
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The gap ledger's lines after the header.
    pub ledger: Vec<Entry>,
    /// What the events say beyond the ledger's lines: targets, gates, rules.
    pub notes: Vec<Note>,
    /// What rules did, and what became of each target.
    pub trail: Trail,
    /// The gap by cause.
    pub gap: Report,
    /// Numbers.
    pub facts: Facts,
    /// Waits in our queue.
    pub queue: Vec<QueuePoint>,
    /// What people were told.
    pub incidents: Vec<Incident>,
    /// Per holding: target, engine, broker.
    pub positions: Vec<[Qty; 3]>,
    /// Digest of the engine's state at the end.
    pub digest: u128,
    /// Laws that did not hold, each once.
    pub violations: Vec<String>,
    /// Laws that did not hold because the broker went beyond what it declares, and of which
    /// people were told as they should be.
    pub excused: Vec<String>,
    /// The broker, with its truth.
    pub broker: Broker,
    /// What the market was known as.
    pub grade: Grade,
    /// The last instant.
    pub end: Nanos,
}

/// An input that is ready, with the quote that was in force when it happened.
#[derive(Clone, Debug)]
struct Ready {
    input: Input,
    then: Option<Mark>,
}

impl From<Input> for Ready {
    fn from(input: Input) -> Self {
        Self { input, then: None }
    }
}

/// What was sent and has no answer yet.
#[derive(Clone, Debug)]
struct Sent {
    /// `None` for a write.
    query: Option<Query>,
    /// When it is given up.
    until: Nanos,
}

pub(crate) struct Session<'a> {
    plan: &'a Plan,
    store: &'a mut dyn Store,
    engine: Engine,
    broker: Broker,
    codec: ReferenceCodec,
    strategies: Vec<Box<dyn Strategy + 'a>>,
    /// Whether quotes were recorded or are the assumed inside of bars.
    grade: Grade,
    tape: Tape,
    now: Nanos,
    /// The next time at which anything but a quote happens.
    due: Nanos,
    /// When the engine asked to be woken.
    deadline: Nanos,
    /// The engine is not woken again before.
    rest_until: Nanos,
    inbox: Vec<Ready>,
    /// Targets on their way to the engine, with the quote each was decided on.
    targets: BTreeMap<(Nanos, u64), (Target, Option<Quote>)>,
    sent: BTreeMap<RequestId, Sent>,
    timeouts: BTreeSet<(Nanos, RequestId)>,
    wishes: Vec<Wish>,
    batch: Batch,
    inputs: u64,
    declared: u64,
    /// What each strategy said last: said again when the engine's process comes back.
    latest: BTreeMap<(HoldingId, SleeveId), (Target, Option<Quote>)>,
    steps: u64,
    snapshot_seq: u64,
    /// While the process is down, the time at which it comes back.
    down_until: Option<Nanos>,
    /// The market is over and the faults are off.
    settling: bool,
    /// What was read later than this was read without faults.
    read_from: Nanos,
    /// The day end is durable.
    day_closed: bool,
    /// What people have not done yet.
    script: VecDeque<Cue>,
    /// Somebody is on the way to log in again.
    logging_in: bool,
    /// The process dies in the next turn, here.
    doomed: Option<CrashPoint>,
    /// What is decided next leaves too late.
    stalled: bool,
    /// Epoch of the last start.
    epoch: u64,
    watch: &'a mut dyn Watch,
    log: TruthLog<'a>,
    reached: Reached,
    /// Where the program was killed, as far as it did not come there yet.
    kills: VecDeque<Reached>,
    story: Story,
    trail: Trail,
    measure: Measure,
    checker: Checker,
}

/// Runs a session to its end.
///
/// # Errors
/// [`SessionError`] when market data, journal or configuration do not allow it.
pub fn run<'a>(
    plan: &'a Plan,
    store: &'a mut dyn Store,
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<Outcome, SessionError> {
    run_watched(plan, store, &mut NoWatch, quotes, strategies)
}

/// Runs a session to its end, watched.
///
/// # Errors
/// As [`run`].
pub fn run_watched<'a>(
    plan: &'a Plan,
    store: &'a mut dyn Store,
    watch: &'a mut dyn Watch,
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<Outcome, SessionError> {
    let mut log = NoLog;
    let traces = Traces { log: &mut log, kills: Vec::new() };
    live(plan, store, (traces, watch), quotes, strategies)
}

/// Runs a session to its end with the simulator's own log, through the places where it was
/// killed. `store` must be new, or one that takes what is in it already as it comes again, as
/// [`truefill_journal::Rerun`] does; the same goes for the log.
///
/// # Errors
/// As [`run`]; also when the log cannot be kept, or what comes again is not what is there.
pub fn run_traced<'a>(
    plan: &'a Plan,
    store: &'a mut dyn Store,
    traces: Traces<'a>,
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<Outcome, SessionError> {
    let mut watch = NoWatch;
    // One lifetime for all that a session borrows.
    let Traces { log, kills } = traces;
    live(plan, store, (Traces { log, kills }, &mut watch), quotes, strategies)
}

fn live<'a>(
    plan: &'a Plan,
    store: &'a mut dyn Store,
    eyes: (Traces<'a>, &'a mut dyn Watch),
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<Outcome, SessionError> {
    let mut first = quotes.next()?;
    let begin = first.as_ref().map_or(Nanos(0), |tick| tick.time());
    let grade = quotes.grade();
    let mut session = Session::new(plan, store, eyes, strategies, begin, grade)?;
    session.start()?;
    while let Some(tick) = match first.take() {
        Some(tick) => Some(tick),
        None => quotes.next()?,
    } {
        let time = tick.time();
        if session.due < time {
            session.run_until(time)?;
        }
        session.now = session.now.max(time);
        match &tick.kind {
            TickKind::Quote(quote) => session.quote(tick.instrument, quote, quotes.depth())?,
            TickKind::Trade(trade) => session.trade(tick.instrument, trade)?,
            TickKind::Bar(bar) => session.bar(bar)?,
        }
    }
    session.settle()?;
    session.finish()
}

impl<'a> Session<'a> {
    fn new(
        plan: &'a Plan,
        store: &'a mut dyn Store,
        (traces, watch): (Traces<'a>, &'a mut dyn Watch),
        strategies: Vec<Box<dyn Strategy + 'a>>,
        begin: Nanos,
        grade: Grade,
    ) -> Result<Self, SessionError> {
        let now = begin.plus(-plan.lead_ns);
        let engine = Engine::new(plan.config.clone()).map_err(SessionError::Config)?;
        let mut broker = Broker::new(&plan.config, plan.world.clone(), plan.seed);
        if grade == Grade::Bars {
            broker.share_sides();
        }
        Ok(Self {
            plan,
            store,
            engine,
            broker,
            grade,
            codec: ReferenceCodec::of(&plan.config),
            strategies,
            tape: Tape::new(plan.config.instruments.len(), grade),
            now,
            due: now,
            deadline: now,
            rest_until: now,
            inbox: Vec::new(),
            targets: BTreeMap::new(),
            sent: BTreeMap::new(),
            timeouts: BTreeSet::new(),
            wishes: Vec::new(),
            batch: Batch::new(),
            inputs: 0,
            declared: 0,
            latest: BTreeMap::new(),
            steps: 0,
            snapshot_seq: 0,
            down_until: None,
            settling: false,
            read_from: Nanos::MAX,
            day_closed: false,
            script: plan.script.clone().into(),
            logging_in: false,
            doomed: None,
            stalled: false,
            epoch: 0,
            watch,
            log: TruthLog::new(traces.log),
            reached: Reached::default(),
            kills: traces.kills.into(),
            story: Story::new(plan.config.clone()),
            trail: Trail::default(),
            measure: Measure::new(&plan.config),
            checker: Checker::default(),
        })
    }

    /// The engine's process starts: a new segment, a new epoch.
    fn start(&mut self) -> Result<(), SessionError> {
        // Killed while it was down: it did not live, so nothing is lost.
        let _ = self.is_killed();
        let epoch = u64::try_from(self.now.0 / MILLI_NS).unwrap_or(1);
        let epoch = epoch.max(self.engine.state().epoch + 1).max(self.epoch + 1);
        let start = SegmentStart::new(self.now, epoch, &self.plan.build, &self.plan.config);
        self.store.open_segment(&start)?;
        self.epoch = epoch;
        self.reached.segments += 1;
        self.inbox.push(Input::Start(Start { epoch }).into());
        for channel in [Channel::Stream, Channel::Rest, Channel::Market] {
            let up = self.broker.link_up(channel);
            self.inbox.push(Input::Link(LinkChange { channel, up }).into());
        }
        self.turn()
    }

    /// Lets everything happen that is due before `time`.
    fn run_until(&mut self, time: Nanos) -> Result<(), SessionError> {
        while self.due < time {
            self.now = self.now.max(self.due);
            if self.down_until.is_some_and(|until| until <= self.now) {
                self.come_back()?;
            }
            self.tape.stand(self.now);
            self.ask_strategies();
            self.turn()?;
        }
        Ok(())
    }

    fn quote(
        &mut self,
        instrument: InstrumentId,
        quote: &Quote,
        depth: Option<Depth<'_>>,
    ) -> Result<(), SessionError> {
        self.tape.put(instrument, quote);
        match depth {
            Some(depth) => self.broker.on_depth(self.now, instrument, &depth),
            None => self.broker.on_quote(self.now, instrument, quote),
        }
        self.log_fills()?;
        if self.grade == Grade::Quotes {
            for position in 0..self.strategies.len() {
                self.strategies[position].on_quote(instrument, quote, &mut self.wishes);
                self.declare(position);
            }
        }
        self.market_moved(instrument)
    }

    fn trade(&mut self, instrument: InstrumentId, trade: &Trade) -> Result<(), SessionError> {
        self.broker.on_trade(self.now, instrument, trade);
        self.due = self.due.min(self.broker.next_time());
        self.log_fills()?;
        self.tape.trade(instrument, trade.qty);
        if self.engine.wants_volume(instrument) && self.down_until.is_none() {
            self.turn()?;
        }
        Ok(())
    }

    /// What the market did to resting orders is in the simulator's log at once.
    fn log_fills(&mut self) -> Result<(), SessionError> {
        if self.log.lacks_fills(self.broker.truth()) {
            self.log.catch_up(self.broker.truth())?;
        }
        Ok(())
    }

    /// A bar is known. Where it is all that is known of the market, its market is over.
    fn bar(&mut self, bar: &Bar) -> Result<(), SessionError> {
        if self.grade == Grade::Bars {
            self.broker.hush(bar.instrument);
            self.tape.close(bar);
        }
        for position in 0..self.strategies.len() {
            self.strategies[position].on_bar(bar, &mut self.wishes);
            self.declare(position);
        }
        self.market_moved(bar.instrument)
    }

    fn market_moved(&mut self, instrument: InstrumentId) -> Result<(), SessionError> {
        self.due = self.due.min(self.broker.next_time());
        if self.tape.wakes(instrument) && self.down_until.is_none() {
            self.tape.stand(self.now);
            self.inbox.push(Input::Tick(truefill_core::input::Tick {}).into());
            self.turn()?;
        }
        Ok(())
    }

    /// Others traded: the engine is told when a need follows their volume.
    fn ask_strategies(&mut self) {
        for position in 0..self.strategies.len() {
            if self.strategies[position].next_time() <= self.now {
                self.strategies[position].on_time(self.now, &mut self.wishes);
            }
            self.declare(position);
        }
    }

    /// Wishes become targets once they have been computed and carried to the engine.
    fn declare(&mut self, position: usize) {
        let mut said = Vec::new();
        for wish in self.wishes.drain(..) {
            let holdings = &self.plan.config.holdings;
            let Some(key) = holdings.get(wish.holding.ix()) else { continue };
            let target = Target {
                sleeve: speaker(key, position),
                holding: wish.holding,
                qty: wish.qty,
                decided: self.now,
                px: wish.px,
                reopen: false,
                stop_px: wish.stop,
            };
            said.push(target);
        }
        said.into_iter().for_each(|target| self.wish(target));
    }

    /// A target is decided now, on the quote that is known now, and is on its way.
    fn wish(&mut self, target: Target) {
        let Some(key) = self.plan.config.holdings.get(target.holding.ix()) else { return };
        let quote = self.tape.known(key.instrument).copied();
        let px = target.px.or(quote.map(|q| q.mid()));
        let target = Target { decided: self.now, px, ..target };
        let at = self.now.plus(self.plan.decide_ns);
        self.declared += 1;
        let again = Target { reopen: false, ..target.clone() };
        self.latest.insert((target.holding, target.sleeve), (again, quote));
        self.targets.insert((at, self.declared), (target, quote));
        self.due = self.due.min(at);
    }

    fn next_due(&self) -> Nanos {
        let mut due = self.broker.next_time();
        if let Some(until) = self.down_until {
            return due.min(until);
        }
        due = due.min(self.engine.next_deadline(self.now).max(self.rest_until));
        due = due.min(self.script.front().map_or(Nanos::MAX, |cue| cue.at));
        due = due.min(self.timeouts.first().map_or(Nanos::MAX, |(at, _)| *at));
        due = due.min(self.targets.first_key_value().map_or(Nanos::MAX, |((at, _), _)| *at));
        self.strategies.iter().map(|s| s.next_time()).fold(due, Nanos::min)
    }

    fn finish(mut self) -> Result<Outcome, SessionError> {
        self.log.close(self.broker.truth())?;
        if let Some(error) = self.broker.fee_error() {
            return Err(SessionError::Config(format!("the fees of an execution: {error}")));
        }
        let mut facts = self.measure.facts(&self.engine, &self.broker);
        facts.max_overshoot = self.checker.max_overshoot();
        facts.turns = self.steps;
        let unpriced = self.checker.never_priced(&self.broker);
        let mut violations = self.checker.into_violations();
        let (queue, incidents) = self.measure.into_parts();
        let told = self.story.finish();
        let mut attribution = Attribution::new();
        attribution.apply(&truefill_gap::ledger::Line::HEADER)?;
        for entry in &told.entries {
            attribution.apply(&entry.line)?;
        }
        let gap = attribution.finish()?;
        if !gap.is_exact() {
            violations.push(format!("law 8: the gap has a residual of {}", gap.residual()));
        }
        let truth = self.broker.truth();
        let config = &self.plan.config;
        violations.extend(books::differences(config, &told.entries, truth, &unpriced));
        violations.extend(books::ladders(&self.engine, &told));
        let mut positions = Vec::new();
        for (at, counters) in told.counters.iter().enumerate() {
            let h = &self.engine.state().holdings[at];
            let staged = [h.staged.admitted, h.staged.released, h.staged.accepted, h.staged.filled];
            if staged != *counters {
                violations.push(format!(
                    "law 8: holding {at}: the ladder of the ledger ends at {counters:?}, \
                     the engine's at {staged:?}"
                ));
            }
            let key = &self.plan.config.holdings[at];
            let broker = self.broker.truth().position(key.instrument, &key.product);
            positions.push([h.emitted, h.total(), broker]);
        }
        let (violations, excused) = if watch::went_beyond(&self.broker) {
            let (config, state) = (&self.plan.config, self.engine.state());
            verdict::judge(violations, config, state, &facts, &self.broker)
        } else {
            (violations, Vec::new())
        };
        Ok(Outcome {
            ledger: told.entries,
            notes: told.notes,
            trail: self.trail.finish(),
            gap,
            facts,
            queue,
            incidents,
            positions,
            digest: self.engine.digest(),
            violations,
            excused,
            broker: self.broker,
            grade: self.grade,
            end: self.now,
        })
    }
}
