//! The desk: the engine with its inbox, one batch after the other.
//!
//! Entry points: [`Desk::run`], [`Parts`].
//!
//! One turn: everything that is ready becomes inputs, the engine steps each, the queue is asked
//! last (`Release`), inputs and events are committed as one batch, and only then effects run.
//!
//! | module | idea |
//! |---|---|
//! | `leave` | what is left behind when the node is asked to stop |
//! | `status` | how things are, for who asks |
//! | `stops` | protective stops that the price has jumped over |
//! | `told` | what people are told: alerts, answers to commands |
//!
//! Invariants:
//! 1. No effect runs before its batch is durable (law 4).
//! 2. After a commit that failed, or a law that does not hold, nothing is stepped or sent again.
//! 3. A turn takes a bounded number of inputs, so that a release is never far away.

mod leave;
mod status;
mod stops;
mod told;

use crate::board::Board;
use crate::built_in::Running;
use crate::child::Mail;
use crate::clock::Clock;
use crate::error::NodeError;
use crate::gateway::Gateway;
use crate::news::{News, Wanted};
use crate::notices::Notices;
use crate::pace::Stopwatch;
use crate::paper::Paper;
use crate::run::Ended;
use crate::scribe::Scribe;
use crate::settings::Settings;
use crate::tape::Tape;
use leave::Leaving;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use truefill_core::alert::AlertCode;
use truefill_core::effect::Effect;
use truefill_core::engine::{Engine, Step};
use truefill_core::event::{Alert, Event};
use truefill_core::ids::{OrderNo, SleeveId};
use truefill_core::input::{
    Channel, Command, Envelope, Input, LinkChange, Operator, Release, Start, Target, Tick,
};
use truefill_core::report::{Answer, Found, PositionRow};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_journal::{Batch, JournalError, snapshot_of};
use truefill_sim::session::Pace;
use truefill_venue::kite::next_token_death;

/// Most pieces of news of one turn.
const BATCH_MAX: usize = 256;
/// Orders whose wait is measured: as many as the broker takes in a day.
const SENDS_MAX: usize = 5_000;
/// Records between two snapshots.
const SNAPSHOT_EVERY: u64 = 20_000;
/// After a turn that changed nothing the engine is left alone for so long.
const REST_NS: i64 = 2 * MILLI_NS;
/// The clock of the machine is compared with ours so often.
const CLOCK_LOOK_NS: i64 = 5 * SECOND_NS;
/// A day.
const DAY_NS: i64 = 86_400 * SECOND_NS;
/// A step of the wall clock that people are told of.
const STEP_NS: i64 = 2 * SECOND_NS;

/// What a desk is made of.
pub struct Parts {
    /// What the engine was told.
    pub settings: Settings,
    /// As recovered.
    pub engine: Engine,
    /// Epoch of this start.
    pub epoch: u64,
    /// The journal, its segment open.
    pub scribe: Scribe,
    /// The way to the broker.
    pub gateway: Arc<Gateway>,
    /// The broker that is simulated instead, on paper.
    pub paper: Option<Paper>,
    /// Prices.
    pub board: Arc<Board>,
    /// What waits for strategies that are programs, each with its sleeve.
    pub mails: Vec<(SleeveId, Arc<Mail>)>,
    /// Strategies that run here.
    pub built_in: Running,
    /// Everything else.
    pub arrivals: mpsc::Receiver<News>,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
    /// Raised by each request to stop.
    pub stop: mpsc::Receiver<()>,
}

/// See the module.
pub struct Desk {
    settings: Settings,
    engine: Engine,
    epoch: u64,
    scribe: Scribe,
    gateway: Arc<Gateway>,
    paper: Option<Paper>,
    board: Arc<Board>,
    mails: Vec<(SleeveId, Arc<Mail>)>,
    built_in: Running,
    arrivals: mpsc::Receiver<News>,
    notices: Notices,
    clock: Clock,
    stop: mpsc::Receiver<()>,
    tape: Tape,
    inbox: Vec<Input>,
    batch: Batch,
    inputs: u64,
    snapshot_seq: u64,
    deadline: Nanos,
    rest_until: Nanos,
    clock_look: Nanos,
    /// The clock of the machine was set, and people were told.
    stepped: bool,
    /// When the broker's day ends.
    day_end: Nanos,
    session: bool,
    reached: bool,
    /// Effects of the first turn: what was down before the start is no news.
    starting: bool,
    /// Nothing is released any more.
    silent: bool,
    leaving: Option<Leaving>,
    /// What has changed, when the node ends to be started again.
    renewed: Option<String>,
    /// Commits so far, what they took, and the longest one.
    commits: (u64, Duration, Duration),
    /// How long turns take that send something.
    watch: Stopwatch,
    /// The positions as the broker listed them last, and when.
    positions: Option<(Nanos, Vec<PositionRow>)>,
    /// Stops that the price has passed, as people were told.
    passed: Vec<OrderNo>,
    /// Differences to the broker that were found since the start.
    drifts: u64,
    /// How long orders wait, beside the least that the windows allow.
    waits: Pace,
    /// Those who said that there was a split, until it is booked.
    owed: Vec<oneshot::Sender<serde_json::Value>>,
}

impl Desk {
    /// Before the first turn.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let now = parts.clock.now();
        let instruments = parts.engine.config().instruments.len();
        Self {
            tape: Tape::new(instruments),
            positions: None,
            drifts: 0,
            passed: Vec::new(),
            waits: Pace::new(parts.engine.config(), SENDS_MAX),
            snapshot_seq: parts.engine.state().seq,
            settings: parts.settings,
            engine: parts.engine,
            epoch: parts.epoch,
            scribe: parts.scribe,
            gateway: parts.gateway,
            paper: parts.paper,
            board: parts.board,
            mails: parts.mails,
            built_in: parts.built_in,
            arrivals: parts.arrivals,
            notices: parts.notices,
            clock: parts.clock,
            stop: parts.stop,
            inbox: Vec::new(),
            batch: Batch::new(),
            inputs: 0,
            deadline: now,
            rest_until: now,
            clock_look: now.plus(CLOCK_LOOK_NS),
            stepped: false,
            day_end: next_token_death(now),
            session: false,
            reached: true,
            starting: true,
            silent: false,
            leaving: None,
            renewed: None,
            commits: (0, Duration::ZERO, Duration::ZERO),
            watch: Stopwatch::default(),
            owed: Vec::new(),
        }
    }

    /// Trades until it is asked to stop and has left the account as it should.
    ///
    /// # Errors
    /// When the journal cannot be written or a law is broken: nothing leaves afterwards.
    pub async fn run(mut self) -> Result<Ended, NodeError> {
        self.inbox.push(Input::Start(Start { epoch: self.epoch }));
        for channel in [Channel::Rest, Channel::Market, Channel::Stream] {
            self.inbox.push(Input::Link(LinkChange { channel, up: false }));
        }
        if self.paper.is_some() {
            for channel in [Channel::Rest, Channel::Stream] {
                self.inbox.push(Input::Link(LinkChange { channel, up: true }));
            }
        }
        self.turn().await?;
        self.starting = false;
        loop {
            let paper = self.paper.as_ref().map_or(Nanos::MAX, |p| p.next(self.clock.now()));
            let next = self
                .deadline
                .max(self.rest_until)
                .min(self.clock_look)
                .min(self.day_end)
                .min(self.built_in.next())
                .min(paper);
            let wake = tokio::time::Instant::from_std(self.clock.instant(next));
            let board = Arc::clone(&self.board);
            tokio::select! {
                biased;
                asked = self.stop.recv() => self.asked_to_stop(asked.is_some()),
                Some(news) = self.arrivals.recv() => self.take(news),
                () = board.changed() => {}
                () = tokio::time::sleep_until(wake) => {}
            }
            while self.inbox.len() < BATCH_MAX
                && let Ok(news) = self.arrivals.try_recv()
            {
                self.take(news);
            }
            self.look_at_clocks();
            self.turn().await?;
            if self.has_left() {
                self.scribe.close();
                return Ok(self.renewed.map_or(Ended::Stopped, Ended::Renewed));
            }
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Written(request, end) => self.inbox.push(end.to_input(request)),
            News::Read(request, end) => self.inbox.push(end.to_input(request)),
            // On paper the account of the stream is not the one that is traded.
            News::Input(_) if self.paper.is_some() => {}
            News::Input(input) => self.inbox.push(input),
            News::Link(Channel::Rest, up) => {
                self.session = up;
                self.rest();
            }
            News::Link(Channel::Stream, _) if self.paper.is_some() => {}
            News::Reached(up) => {
                self.reached = up;
                self.rest();
            }
            News::Link(channel, up) => {
                self.inbox.push(Input::Link(LinkChange { channel, up }));
            }
            News::Session { fresh } => {
                let lost = self.engine.state().limiter.probe.is_some();
                if self.paper.is_none() && (fresh || lost) {
                    let login = Operator { command: Command::Login, by: None };
                    self.inbox.push(Input::Operator(login));
                }
            }
            News::Wanted(targets) => {
                targets.into_iter().for_each(|wanted| self.want(&wanted));
            }
            News::Renew(what) => self.renew(what),
            News::Demand(demand) => self.demand(demand),
        }
    }

    /// Requests go out while there is a session and a connection.
    fn rest(&mut self) {
        if self.paper.is_some() {
            return;
        }
        let (channel, up) = (Channel::Rest, self.session && self.reached);
        self.inbox.push(Input::Link(LinkChange { channel, up }));
    }

    fn want(&mut self, wanted: &Wanted) {
        if self.leaving.is_some() {
            return;
        }
        let Some(key) = self.engine.config().holdings.get(wanted.holding.ix()) else { return };
        let mid = self.tape.last(key.instrument).filter(|quote| quote.is_sane());
        self.inbox.push(Input::Target(Target {
            sleeve: wanted.sleeve,
            holding: wanted.holding,
            qty: wanted.qty,
            decided: wanted.decided.unwrap_or_else(|| self.clock.now()),
            px: wanted.px.or(mid.map(truefill_core::quote::Quote::mid)),
            reopen: false,
            stop_px: wanted.stop,
        }));
    }

    /// The day of the broker, and the clock of the machine.
    fn look_at_clocks(&mut self) {
        let now = self.clock.now();
        if now >= self.day_end {
            self.day_end = next_token_death(now);
            self.inbox.push(Input::DayEnd(truefill_core::input::DayEnd {}));
            self.gateway.new_day();
        }
        if now < self.clock_look {
            return;
        }
        self.clock_look = now.plus(CLOCK_LOOK_NS);
        self.look_at_stops();
        let step_ns = self.clock.stepped_ns();
        let off = step_ns.saturating_abs() > STEP_NS;
        if off && !self.stepped {
            let text = format!("the clock of this machine was set by {} ms", step_ns / MILLI_NS);
            let then = "times go on as before the step, so that no rate window opens early; \
                        start the node again when there is time for it";
            self.notices.say(now, "CLOCK_STEPPED", text, then);
        }
        self.stepped = off;
    }

    async fn turn(&mut self) -> Result<(), NodeError> {
        let now = self.clock.now();
        let (board, tape, mails) = (Arc::clone(&self.board), &mut self.tape, &self.mails);
        let (paper, built_in) = (&mut self.paper, &mut self.built_in);
        let mut woken = false;
        board.take(|id, posted| {
            woken |= tape.put(id, posted);
            if let Some(paper) = paper {
                paper.quote(now, id, &posted.quote);
            }
            mails.iter().for_each(|(_, mail)| mail.quote(id, &posted.quote));
            built_in.quote(id, &posted.quote);
        });
        self.built_in.time(now);
        self.built_in.take().iter().for_each(|wanted| self.want(wanted));
        // Before anything that would mark at a price of today.
        let closes = self.tape.closes(&self.engine, self.day_end.plus(-DAY_NS));
        self.inbox.splice(0..0, closes);
        if let Some(paper) = &mut self.paper {
            self.inbox.extend(paper.take(now));
        }
        if woken {
            self.inbox.push(Input::Tick(Tick {}));
        }
        let volumes = self.tape.volumes(&self.engine);
        self.inbox.extend(volumes);
        let due = self.deadline <= now && self.rest_until <= now;
        if self.inbox.is_empty() && !due {
            return Ok(());
        }
        let (idle, began) = (self.inbox.is_empty(), Instant::now());
        if !self.silent {
            self.inbox.push(Input::Release(Release {}));
        }
        let (mut effects, mut booked) = (Vec::new(), false);
        for input in std::mem::take(&mut self.inbox) {
            let marks = self.tape.marks(&self.engine, now, &input);
            let envelope = Envelope { now, marks, input };
            let step = self.engine.step(&envelope);
            self.note(&envelope, &step);
            booked |= step.events.iter().any(|event| matches!(event, Event::SplitApplied(_)));
            effects.extend(step.effects);
        }
        let happened = !self.batch.is_empty();
        if happened {
            let took = self.commit().await?;
            if effects.iter().any(|effect| matches!(effect, Effect::Send { .. })) {
                self.watch.note(began.elapsed(), took);
            }
        }
        self.answer_splits(booked, &effects);
        for effect in effects {
            self.act(effect)?;
        }
        if happened {
            self.post();
        }
        if idle && !happened {
            self.rest_until = self.clock.now().plus(REST_NS);
        }
        self.tape.listen(&self.engine, now);
        self.deadline = self.engine.next_deadline(now);
        Ok(())
    }

    fn note(&mut self, envelope: &Envelope, step: &Step) {
        if let Input::Answer(Answer { found: Found::Positions(read), .. }) = &envelope.input {
            self.positions = Some((envelope.now, read.rows.clone()));
        }
        if step.events.is_empty() {
            return;
        }
        for event in &step.events {
            self.waits.event(envelope.now, event);
            let drift = |alert: &Alert| alert.code == AlertCode::PositionDrift;
            self.drifts += u64::from(matches!(event, Event::Alert(alert) if drift(alert)));
        }
        self.batch.step(envelope, &step.events);
        self.inputs += 1;
        if self.inputs.is_multiple_of(u64::from(self.engine.config().digest_every)) {
            self.batch.digest(self.engine.digest().into());
        }
    }

    async fn commit(&mut self) -> Result<Duration, NodeError> {
        let batch = std::mem::take(&mut self.batch);
        let written = match self.scribe.commit(batch).await {
            Ok(written) => written,
            Err(error) => return Err(self.unwritten(error)),
        };
        self.batch = written.batch;
        let (commits, sum, longest) = &mut self.commits;
        *commits += 1;
        *sum += written.took;
        *longest = written.took.max(*longest);
        let seq = self.engine.state().seq;
        if seq - self.snapshot_seq >= SNAPSHOT_EVERY {
            self.snapshot_seq = seq;
            self.scribe.snapshot(snapshot_of(&self.engine, seq));
        }
        Ok(written.took)
    }

    fn act(&mut self, effect: Effect) -> Result<(), NodeError> {
        match effect {
            Effect::Send { request, what, not_after, .. } => match &mut self.paper {
                Some(paper) => paper.send(self.clock.now(), request, &what),
                None => self.gateway.send(request, what, not_after),
            },
            Effect::Ask { request, what, not_after, .. } => match &mut self.paper {
                Some(paper) => paper.ask(self.clock.now(), request, what),
                None => self.gateway.ask(request, what, not_after),
            },
            Effect::Tell(alert) => self.tell(&alert),
            Effect::Halt { law } => {
                self.scribe.close();
                return Err(NodeError::Broken(law, String::new()));
            }
        }
        Ok(())
    }

    /// The file is given back, so that the way of last resort can read it.
    fn unwritten(&mut self, error: JournalError) -> NodeError {
        self.scribe.close();
        NodeError::Unwritten(error, String::new())
    }
}
