//! The engine: one input in, events and effects out. Start reading at [`Engine::step`].
//!
//! | module | decides |
//! |---|---|
//! | `targets` | what a declared target means |
//! | [`sizing`], `renew` | as how much, and what a repeated one means |
//! | [`working`] | the working target: what is really worked toward, and why no more |
//! | [`admission`], [`hours`], [`expiry`] | gates of time and margin |
//! | [`basket`] | legs that wait for each other |
//! | [`session`], [`edges`], `day_roll` | when it may trade, when that changes, what ends with a day |
//! | [`split`] | splits, seen and booked |
//! | `replies`, `pushes`, `answers` | what a broker's words prove |
//! | `recon` | whether the account agrees, and what to adopt |
//! | [`plan`] | what a holding needs next |
//! | [`pricing`] | what an order costs now, by its policy |
//! | [`repricing`] | which working orders are moved |
//! | [`schedule`] | which part of a need is due |
//! | [`stops`] | the protective stop beside a position |
//! | [`amends`] | how an order is changed in place |
//! | [`parts`], [`wants`], [`sharing`], `crossing` | several strategies on one key: what of it is whose |
//! | `release` | what leaves now: the only place that sends |
//! | `gate` | whether a request may leave; independent of the plan |
//! | `ladder` | where every missing unit is |
//! | [`session`] | which phase a market is in |
//! | [`timers`] | when to look again |
//! | `reading` | which reads are wanted, where rounds are of open orders |
//! | `shown` | what lists show of an order besides evidence |
//! | [`fault`] | a planner that is broken on purpose, for the incident runner |
//! | `matching` | which order a row of a read is about |
//! | `clock` | the broker's clock beside ours |
//! | `hints` | what a broker tells by itself and is not believed |
//! | `operator` | what people command |
//!
//! The canonical loop of a shell:
//! 1. take all ready inputs (bounded), 2. [`Engine::step`] each, 3. step `Release` last,
//! 4. append inputs and events as one batch and make it durable, 5. run the effects,
//! 6. wait for an input or [`Engine::next_deadline`]. A spurious wake-up is harmless.
//!
//! Invariants: `step` reads no clock; events are applied one by one as they are decided; a
//! broken law poisons the engine for good.

pub mod admission;
pub mod amends;
mod answers;
pub mod basket;
mod clock;
mod crossing;
mod day_roll;
mod deciding;
pub mod edges;
pub mod expiry;
pub mod fault;
mod gate;
#[cfg(test)]
mod gate_tests;
mod hints;
pub mod hours;
mod ladder;
mod laws;
mod matching;
mod operator;
pub mod parts;
pub mod plan;
pub mod pricing;
mod pushes;
mod reading;
mod recon;
mod release;
mod renew;
mod replies;
pub mod repricing;
pub mod schedule;
pub mod session;
pub mod sharing;
mod shown;
pub mod sizing;
pub mod split;
mod start;
pub mod stops;
mod targets;
pub mod timers;
pub mod wants;
pub mod working;

use crate::config::Config;
use crate::effect::Effect;
use crate::event::{Event, Poisoned};
use crate::ids::{HoldingId, InstrumentId};
use crate::input::{Envelope, Input};
use crate::record::Field;
use crate::state::State;
use crate::state::digest::Digest;
use crate::time::Nanos;
use deciding::Deciding;

/// What one input led to.
#[derive(Debug, Default)]
pub struct Step {
    /// What happened, in order, already applied.
    pub events: Vec<Event>,
    /// What the shell must do once the events are durable.
    pub effects: Vec<Effect>,
}

/// The deterministic engine of one account.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Config,
    state: State,
    poisoned: bool,
    fault: Option<fault::Broken>,
}

impl Engine {
    /// An engine that knows nothing yet.
    ///
    /// # Errors
    /// A sentence that says what in the configuration does not fit together.
    pub fn new(config: Config) -> Result<Self, String> {
        config.check()?;
        let state = State::new(&config);
        Ok(Self { config, state, poisoned: false, fault: None })
    }

    /// An engine that goes on from a state that was recovered.
    ///
    /// # Errors
    /// As for [`Engine::new`]; also when the state has more holdings than the configuration.
    pub fn recovered(config: Config, state: State) -> Result<Self, String> {
        config.check()?;
        if state.holdings.len() > config.holdings.len() {
            return Err("the journal knows holdings that the configuration does not; \
                        add them back, or start a new run directory"
                .to_owned());
        }
        let mut state = state;
        state.holdings.resize_with(config.holdings.len(), Default::default);
        for (h, key) in state.holdings.iter_mut().zip(&config.holdings) {
            h.adapt(key);
            h.sleeves.iter_mut().for_each(|s| s.enabled = !state.disabled.contains(&s.sleeve));
            h.sum_up();
        }
        state.limiter.adapt(&config.descriptor);
        if crate::planted!(ReplayBooksTwice) {
            for order in state.orders.open.values() {
                let again = order.ticket.side.signed(order.known.filled);
                state.holdings[order.ticket.holding.ix()].own += again;
            }
        }
        Ok(Self { config, state, poisoned: false, fault: None })
    }

    /// The configuration of this segment.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What the engine knows.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// A law was broken: nothing is decided any more.
    #[must_use]
    pub const fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Digest of the state: equal for equal histories on any machine.
    #[must_use]
    pub fn digest(&self) -> u128 {
        let mut digest = Digest::from_seed(0);
        self.state.put(1, "state", &mut digest);
        digest.finish()
    }

    /// Applies an event of the journal without deciding anything: recovery.
    pub fn replay(&mut self, now: Nanos, event: &Event) {
        self.state.apply(&self.config, now, event);
    }

    /// Counts an input of the journal during recovery.
    pub fn replay_input(&mut self) {
        self.state.seq += 1;
    }

    /// Decides what one input leads to.
    ///
    /// ```
    /// use truefill_core::{config::{Config, Descriptor, Recon, Risk}, engine::Engine};
    /// use truefill_core::input::{Envelope, Input, Start};
    /// use truefill_core::time::Nanos;
    /// let config = Config { account: "demo".into(), instruments: vec![], holdings: vec![],
    ///     strategies: vec![], descriptor: Descriptor::default(), risk: Risk::default(),
    ///     recon: Recon::default(), digest_every: 1024, replay_horizon_ns: 86_400_000_000_000,
    ///     assumed_fee_bps: 0, calendars: Vec::new(), crossing: false  };
    /// let mut engine = Engine::new(config)?;
    /// let input = Input::Start(Start { epoch: 1_795_000_000_000 });
    /// let step = engine.step(&Envelope { now: Nanos(1), marks: vec![], input });
    /// assert_eq!(step.events[0].kind(), "Started");
    /// # Ok::<(), String>(())
    /// ```
    pub fn step(&mut self, envelope: &Envelope) -> Step {
        let mut step = Step::default();
        if self.poisoned {
            return step;
        }
        let before = self.state.seq;
        let mut deciding = Deciding::new(&self.config, &mut self.state, envelope, &mut step);
        deciding.broken = self.fault.is_some_and(|fault| fault.next <= envelope.now);
        match &envelope.input {
            Input::Start(start) => deciding.start(start),
            Input::Target(target) => deciding.target(target),
            Input::Reply(reply) => deciding.reply(reply),
            Input::Push(push) => deciding.push(push),
            Input::Answer(answer) => deciding.answer(answer),
            Input::Link(link) => deciding.link(link),
            Input::Garbled(garbled) => deciding.garbled(garbled),
            Input::Operator(command) => deciding.operator(command),
            Input::Adopt(adopt) => deciding.adopt(adopt),
            Input::Tick(_) => {}
            Input::Volume(volume) => deciding.volume(volume),
            Input::Release(_) => {
                deciding.release();
                if deciding.broken {
                    self.fault = Some(fault::Broken::after(envelope.now));
                }
            }
            Input::DayEnd(_) => deciding.day_end(),
            Input::PrevClose(close) => deciding.prev_close(close),
            Input::Split(split) => deciding.split(split),
            Input::Margin(margin) => deciding.margin(margin),
            Input::Enable(enable) => deciding.enable(enable),
            Input::Budget(budget) => deciding.budget(budget),
            Input::PositionTold(told) => deciding.position_told(told),
            Input::ActivityTold(told) => deciding.activity_told(told),
        }
        deciding.settle();
        if let Some(law) = deciding.broken_law() {
            deciding.emit(Event::Poisoned(Poisoned { law: law.clone() }));
            // Whatever was decided on a broken state must not leave.
            deciding.step.effects.clear();
            deciding.step.effects.push(Effect::Halt { law });
            self.poisoned = true;
        }
        if !step.events.is_empty() {
            debug_assert!(self.state.seq > before);
        }
        step
    }

    /// A strategy holds some of this instrument.
    fn holds(&self, instrument: InstrumentId) -> bool {
        let held = self.state.holdings.iter().zip(&self.config.holdings);
        held.into_iter().any(|(h, key)| key.instrument == instrument && !h.own.is_zero())
    }

    /// Instruments whose present quotes belong to an input at `now`: the shell attaches them as
    /// marks.
    #[must_use]
    pub fn marks_for(&self, now: Nanos, input: &Input) -> Vec<InstrumentId> {
        let of = |holding: &crate::ids::HoldingId| self.config.holdings.get(holding.ix());
        let mut found: Vec<InstrumentId> = match input {
            Input::Target(target) => {
                of(&target.holding).map(|h| h.instrument).into_iter().collect()
            }
            Input::Reply(reply) => {
                let order = self.state.wire.get(&reply.request).and_then(|w| w.order);
                let order = order.and_then(|no| self.state.orders.get(no));
                let holding = order.and_then(|o| of(&o.ticket.holding));
                holding.map(|h| h.instrument).into_iter().collect()
            }
            Input::Push(push) => push.instrument.into_iter().collect(),
            Input::Release(_) => {
                let priced = release::to_be_priced(&self.config, &self.state, now);
                let mut priced: Vec<InstrumentId> =
                    priced.iter().filter_map(of).map(|h| h.instrument).collect();
                let broken = self.fault.is_some_and(|fault| fault.next <= now);
                if broken {
                    priced.extend(self.config.holdings.iter().map(|key| key.instrument));
                }
                if self.config.risk.daily_loss_max.is_some() {
                    let all = self.config.instruments.iter().enumerate();
                    let ids = all.filter_map(|(at, _)| u32::try_from(at).ok()).map(InstrumentId);
                    priced.extend(ids.filter(|id| self.holds(*id)));
                }
                priced
            }
            Input::DayEnd(_) => self.config.holdings.iter().map(|h| h.instrument).collect(),
            Input::Answer(_) | Input::Operator(_) | Input::Adopt(_) => {
                let moving = |id: &&HoldingId| {
                    let h = self.state.holding(**id);
                    !h.open.is_empty() || h.differing > 0
                };
                let busy = self.state.busy.iter().filter(moving);
                busy.filter_map(of).map(|h| h.instrument).collect()
            }
            _ => Vec::new(),
        };
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }
}
