//! Time, and what happens at an instant.
//!
//! Invariants:
//! 1. An instant is over when the engine has nothing left to do in it.
//! 2. A period is half-open: what is due exactly at its end belongs to the next step, whose own
//!    action comes first.

use super::Law;
use super::answers::Heard;
use super::checks::Checks;
use super::desk::{Desk, Turn};
use super::requests::Claim;
use super::serving::Overrides;
use super::story::Story;
use super::{profile, seed};
use crate::names::Names;
use crate::scenario::{LinkState, Scenario, Stream};
use crate::venue::Venue;
use std::collections::BTreeMap;
use truefill_core::alert::AlertCode;
use truefill_core::effect::Effect;
use truefill_core::event::Event;
use truefill_core::ids::{OrderNo, SleeveId};
use truefill_core::input::{Channel, Input};
use truefill_core::num::{Amount, Qty};
use truefill_core::order::evidence::Item;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_journal::Journal;

/// More inputs in one instant mean that engine and venue keep each other busy for ever.
const INPUTS_MAX: usize = 20_000;
/// Time between two heartbeats.
const BEAT_NS: i64 = 10 * SECOND_NS;
/// How long the world goes on after the last step.
const AFTER_NS: i64 = 180 * SECOND_NS;

/// How a scenario is played once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// Every pushed message comes twice.
    pub twice: bool,
    /// The process dies right after this step and comes back.
    pub dies_after: Option<usize>,
    /// The story is kept.
    pub told: bool,
}

/// What is booked of an order: signed quantity by strategy, and money spent.
pub(super) type Books = BTreeMap<OrderNo, (Vec<(SleeveId, Qty)>, Amount)>;

/// Requests that a quiet period counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// What must not come.
    pub of: crate::scenario::Quiet,
    /// So many came.
    pub seen: u32,
}

/// A scenario being played.
pub(super) struct Player<'a> {
    pub scenario: &'a Scenario,
    pub way: Way,
    pub names: Names,
    pub venue: Venue,
    pub desk: Desk,
    /// The venue's clock: virtual time.
    pub now: Nanos,
    /// The present step; none before the first.
    pub step: Option<usize>,
    pub claims: Vec<Claim>,
    /// By step, the claim that it has.
    pub by_step: Vec<Option<usize>>,
    pub overrides: Overrides,
    pub delayed: Vec<(Nanos, Heard)>,
    /// Stream, rest, market.
    pub links: [LinkState; 3],
    beat: Nanos,
    pub checks: Checks,
    pub counting: Option<Counting>,
    /// Starts of the process so far.
    pub process: u32,
    /// What was commanded while the process was dead.
    pub waiting: Vec<Input>,
    pub alerts: Vec<AlertCode>,
    /// It died where it was to die.
    pub died: bool,
    pub story: Story,
    /// Orders that the runner made up.
    pub made_up: u64,
    /// Ids that no order has.
    pub strange_ids: u64,
    /// What was booked before the run.
    pub booked_before: Books,
    lost_journals: u128,
}

impl<'a> Player<'a> {
    /// A scenario at its beginning.
    pub fn new(scenario: &'a Scenario, way: Way) -> Result<Self, Law> {
        let names = Names::of(scenario);
        let venue = Venue::new(scenario, &names, seed::epoch(scenario));
        let config = profile::config(scenario, &names);
        let (store, alerts) = seed::journal(scenario, &names, &venue, &config)
            .map_err(|why| Law::new("durable and deterministic", why.to_string()))?;
        let now = scenario.given.now;
        let seeded = truefill_journal::recover(&store, config.clone())
            .map_err(|why| Law::new("durable and deterministic", why.to_string()))?;
        let booked_before = super::ending::books(&seeded);
        Ok(Self {
            checks: Checks::new(&scenario.given, &names),
            desk: Desk::new(config, store),
            scenario,
            way,
            names,
            venue,
            now,
            step: None,
            claims: Vec::new(),
            by_step: vec![None; scenario.script.len()],
            overrides: Overrides::default(),
            delayed: Vec::new(),
            links: [LinkState::Up; 3],
            beat: now.plus(BEAT_NS),
            counting: None,
            process: 0,
            waiting: Vec::new(),
            alerts,
            died: false,
            story: Story::new(way.told, now),
            made_up: 0,
            strange_ids: 0,
            booked_before,
            lost_journals: 0,
        })
    }

    /// Crash runs relax what a crash makes unknowable.
    pub fn is_crash_run(&self) -> bool {
        self.way.dies_after.is_some()
    }

    /// A value over all journals of the run.
    pub fn journal_value(&self) -> u128 {
        let chain = self.desk.store().last_chain();
        let fold = |value: u128, byte: &u8| value.rotate_left(8) ^ u128::from(*byte);
        self.lost_journals.rotate_left(7) ^ chain.0.iter().fold(0, fold)
    }

    /// Plays it to its end.
    pub fn play(&mut self) -> Result<(), Law> {
        let result = self.script().and_then(|()| self.ending());
        if result.is_err() {
            self.believed_and_true();
        }
        result
    }

    fn script(&mut self) -> Result<(), Law> {
        let starts = |step: &crate::scenario::Step| *step == crate::scenario::Step::Start;
        if !self.scenario.script.iter().any(starts) {
            self.start()?;
        }
        for at in 0..self.scenario.script.len() {
            self.step = Some(at);
            self.do_step(at)?;
            if self.way.dies_after == Some(at) && self.desk.engine().is_some() {
                self.died = true;
                self.story.add(self.now, || "-- the process dies and comes back".to_owned());
                self.crash(false)?;
                self.start()?;
            }
            if self.way.dies_after == Some(at) && !self.died {
                // It is not alive here: there is nothing to see.
                return Ok(());
            }
        }
        Ok(())
    }

    fn ending(&mut self) -> Result<(), Law> {
        if self.is_crash_run() && !self.died {
            return Ok(());
        }
        self.step = Some(self.scenario.script.len());
        if self.desk.engine().is_none() {
            self.start()?;
        }
        for channel in [Channel::Stream, Channel::Rest, Channel::Market] {
            self.set_link(channel, LinkState::Up);
        }
        let until = self.now.plus(AFTER_NS);
        self.advance(until)?;
        self.desk.verify()?;
        self.judge()
    }

    /// Everything that is to be done at this instant.
    pub fn instant(&mut self) -> Result<(), Law> {
        for _ in 0..INPUTS_MAX {
            self.due();
            if !self.desk.is_ready(self.now) {
                return Ok(());
            }
            let turn = self.desk.turn(self.now)?;
            self.took(turn)?;
        }
        Err(Law::new("one instant", format!("more than {INPUTS_MAX} inputs in one instant")))
    }

    /// What comes by the clock: late answers, heartbeats, requests that are given up.
    fn due(&mut self) {
        while let Some(at) = self.delayed.iter().position(|(at, _)| *at <= self.now) {
            let (_, heard) = self.delayed.remove(at);
            self.deliver(heard);
        }
        while self.beat <= self.now {
            self.beat = self.beat.plus(BEAT_NS);
            if self.links[0] == LinkState::Up && self.has_stream() {
                self.desk.heard(Channel::Stream, self.now);
            }
            if self.links[2] == LinkState::Up {
                for (at, quote) in self.venue.quotes.iter().enumerate() {
                    self.desk.quote(at, *quote, self.now);
                }
            }
        }
        self.desk.pass(self.now);
    }

    /// The broker has a stream.
    pub fn has_stream(&self) -> bool {
        self.scenario.broker.stream != Stream::None
    }

    /// The next instant at which anything is due by itself.
    fn next_instant(&self) -> Nanos {
        let delayed = self.delayed.iter().map(|(at, _)| *at).min().unwrap_or(Nanos::MAX);
        self.beat.min(delayed).min(self.desk.next(self.now)).max(self.now.plus(1))
    }

    /// Lets time pass until an instant, that one not included.
    pub fn advance(&mut self, until: Nanos) -> Result<(), Law> {
        self.advance_unless(until, |_| false).map(|_| ())
    }

    /// Lets time pass until an instant, or until something is so. True when it is.
    pub fn advance_unless(
        &mut self,
        until: Nanos,
        so: impl Fn(&Self) -> bool,
    ) -> Result<bool, Law> {
        if self.now >= until {
            return Ok(so(self));
        }
        loop {
            self.instant()?;
            if so(self) {
                return Ok(true);
            }
            let next = self.next_instant();
            if next >= until {
                self.now = until;
                return Ok(false);
            }
            self.now = next;
        }
    }

    /// What a turn of the engine led to.
    fn took(&mut self, turn: Turn) -> Result<(), Law> {
        for event in &turn.events {
            if let Event::Closed(closed) = event {
                self.ended(closed.order)?;
            }
        }
        for effect in turn.effects {
            match effect {
                Effect::Send { request, what, .. } => self.write(request, &what)?,
                Effect::Ask { request, what, .. } => self.read(request, &what)?,
                Effect::Tell(alert) => {
                    let code = alert.code;
                    self.story.add(self.now, || format!("   alert {code}: {}", alert.text));
                    self.alerts.push(code);
                }
                Effect::Halt { law } => return Err(Law::new("the engine halted", law)),
            }
        }
        Ok(())
    }

    /// The engine says that an order ended: at the venue it has.
    fn ended(&mut self, no: OrderNo) -> Result<(), Law> {
        let Some(engine) = self.desk.engine() else { return Ok(()) };
        let Some(order) = engine.state().orders.get(no) else { return Ok(()) };
        if order.evidence.items().iter().any(|item| matches!(item, Item::Void(_))) {
            // The operator's own word.
            return Ok(());
        }
        let theirs = order.order_id.as_ref();
        let Some(at) = self.venue.find(&order.ticket.cl_ord_id, theirs) else { return Ok(()) };
        let truth = &self.venue.orders[at];
        let waits = truth.status.is_none() && !truth.excused;
        if truth.is_live() || waits {
            let how = if waits { "may still appear" } else { "still works at the venue" };
            let name = &truth.name;
            let how = format!("order {name} is said to be over, and it {how}");
            return Err(Law::new("no false news", how));
        }
        Ok(())
    }

    /// The process starts.
    pub fn start(&mut self) -> Result<(), Law> {
        if self.desk.engine().is_some() {
            return Ok(());
        }
        self.process += 1;
        let look = |state: LinkState| state != LinkState::Down;
        let mut links = vec![(Channel::Rest, look(self.links[1]))];
        if self.has_stream() {
            links.insert(0, (Channel::Stream, look(self.links[0])));
        }
        links.push((Channel::Market, look(self.links[2])));
        self.desk.start(self.now, &links, &self.venue.quotes)?;
        self.story.add(self.now, || "-- the engine starts".to_owned());
        for input in std::mem::take(&mut self.waiting) {
            self.desk.tell(input);
        }
        self.instant()
    }

    /// The process dies; replies under way are lost.
    pub fn crash(&mut self, forget: bool) -> Result<(), Law> {
        self.delayed.clear();
        if forget {
            self.lost_journals = self.journal_value();
        }
        self.desk.die(forget)
    }
}
