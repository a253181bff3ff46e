//! Eyes on a day: laws that are judged after every step, and what was reached.
//!
//! Entry point: [`Eyes`]. The laws on the broker's truth (position, overshoot, once, rate,
//! money) are those of [`truefill_sim::check`]; here are those that need to see every step:
//!
//! | law | here |
//! |---|---|
//! | 2 never guess | an order that is closed is proven finished, or said to be |
//! | 4 write before wire | nothing leaves before its record is durable |
//! | 10 fail closed | halted means halted; a freeze is told |

use crate::cover::{BLOCKS, Coverage, GATES, Group, RECOVERIES, STATES};
use truefill_core::alert::AlertCode;
use truefill_core::config::Config;
use truefill_core::effect::Effect;
use truefill_core::engine::admission::flat_reason;
use truefill_core::engine::parts::Trader;
use truefill_core::engine::{Engine, Step};
use truefill_core::event::{DriftClass, Ending, Event, Freeze, Lane, Mode, RequestClass};
use truefill_core::ids::{HoldingId, OrderNo};
use truefill_core::input::{Command, Envelope, Input};
use truefill_core::order::evidence::Item;
use truefill_core::order::{AmendEnd, CancelWhy, Intent, Order, Rule, Ticket};
use truefill_core::report::{Answer, Found, Outcome, ReadFailure, RejectCode, UnknownCause};
use truefill_core::time::Nanos;
use truefill_sim::broker::Broker;
use truefill_sim::session::Watch;

/// Most violations kept.
const KEPT: usize = 20;

/// Sees a day.
#[derive(Debug, Default)]
pub(crate) struct Eyes {
    pub coverage: Coverage,
    pub violations: Vec<String>,
    /// Steps and notable events in words, where somebody wants to read them.
    pub story: Option<crate::story::Story>,
    /// Records that are durable.
    durable: u64,
    /// Faults are off since.
    pub settling: Option<Nanos>,
    /// When anything was seen last.
    now: Option<Nanos>,
}

impl Eyes {
    fn broken(&mut self, what: String) {
        if self.violations.len() < KEPT && !self.violations.contains(&what) {
            if let Some(story) = &mut self.story {
                story.note(self.now.unwrap_or(Nanos(0)), &format!("BROKEN {what}"));
            }
            self.violations.push(what);
        }
    }

    fn input(&mut self, input: &Input, engine: &Engine) {
        let seen = &mut self.coverage;
        match input {
            Input::Operator(said) => seen.reach_word(Group::Command, Command::ALL, said.command),
            Input::Reply(reply) => {
                seen.reach_kind(Group::Outcome, reply.outcome.kind());
                match &reply.outcome {
                    Outcome::Refused(r) => {
                        seen.reach_word(Group::Refused, RejectCode::ALL, r.code);
                    }
                    Outcome::Taken(_) | Outcome::NotSent(_) | Outcome::Unclear(_) => {}
                }
            }
            Input::Answer(answer) => self.answer(answer),
            Input::Start(_) if engine.state().seq > 2 => self.restart(engine),
            _ => {}
        }
    }

    fn answer(&mut self, answer: &Answer) {
        let seen = &mut self.coverage;
        let at = match &answer.found {
            Found::Positions(_) => 0,
            Found::Orders(rows) if rows.complete => 1,
            Found::Orders(_) => 2,
            Found::Activity(rows) if rows.complete => 3,
            Found::Activity(_) => 4,
            Found::Order(one) if one.row.is_some() => 5,
            Found::Order(_) => 6,
            Found::Failed(failed) => {
                seen.reach_word(Group::ReadFailure, ReadFailure::ALL, failed.cause);
                7
            }
            Found::OpenOrders(_) => 8,
            Found::Clock(_) => 9,
        };
        seen.reach(Group::Answer, at);
    }

    fn recovered(&mut self, name: &str) {
        if let Some(at) = RECOVERIES.iter().position(|known| *known == name) {
            self.coverage.reach(Group::Recovery, at);
        }
    }

    fn restart(&mut self, engine: &Engine) {
        let state = engine.state();
        if !state.orders.open.is_empty() {
            self.recovered("restart with open orders");
        }
        if state.orders.open.values().any(Order::is_unknown) {
            self.recovered("restart with unknown orders");
        }
        if state.holdings.iter().any(|h| h.frozen.is_some()) {
            self.recovered("restart frozen");
        }
        if state.mode != Mode::Running {
            self.recovered("restart not running");
        }
    }

    fn event(&mut self, event: &Event, step: &Step, engine: &Engine) {
        let seen = &mut self.coverage;
        seen.reach_kind(Group::Event, event.kind());
        match event {
            Event::Released(e) => {
                seen.reach_word(Group::Intent, Intent::ALL, e.ticket.intent);
                seen.reach_word(Group::Rule, Rule::ALL, e.ticket.rule);
                self.may_release(&e.ticket, engine);
                self.order(e.ticket.order, engine);
            }
            Event::CancelReleased(e) => {
                seen.reach_word(Group::CancelWhy, CancelWhy::ALL, e.why);
                seen.reach_word(Group::Rule, Rule::ALL, e.rule);
                self.order(e.order, engine);
            }
            Event::Requested(e) => seen.reach_word(Group::Request, RequestClass::ALL, e.class),
            Event::RequestClosed(e) => seen.reach_word(Group::Ending, Ending::ALL, e.ending),
            Event::Learned(e) => {
                seen.reach_kind(Group::Evidence, e.item.kind());
                match &e.item {
                    Item::AmendNews(news) => seen.reach_word(Group::Amend, AmendEnd::ALL, news.end),
                    Item::Doubt(doubt) => {
                        seen.reach_word(Group::Unclear, UnknownCause::ALL, doubt.cause);
                    }
                    Item::AmendSent(sent) => seen.reach_word(Group::Rule, Rule::ALL, sent.rule),
                    _ => {}
                }
                self.order(e.order, engine);
            }
            Event::Corrected(e) => seen.reach_word(Group::Drift, DriftClass::ALL, e.class),
            Event::Frozen(e) => {
                seen.reach_word(Group::Freeze, Freeze::ALL, e.why);
                self.freeze_is_told(e.holding, e.why, step);
            }
            Event::Staged(e) => {
                seen.reach_word(Group::Block, &BLOCKS, e.blocked);
                seen.reach_word(Group::Gate, &GATES, e.gate);
                seen.reach_word(Group::Lane, Lane::ALL, e.lane);
                for sleeve in &e.sleeves {
                    seen.reach_word(Group::Gate, &GATES, sleeve.gate);
                }
            }
            Event::ModeSet(e) => seen.reach_word(Group::Mode, Mode::ALL, e.mode),
            Event::Started(_) => seen.reach_word(Group::Mode, Mode::ALL, engine.state().mode),
            Event::CancelFailed(e) => self.order(e.order, engine),
            _ => {}
        }
    }

    /// Law 10: halted means halted, reducing means reducing, and the same for a key.
    fn may_release(&mut self, ticket: &Ticket, engine: &Engine) {
        if ticket.rule == Rule::Found {
            // It was there already: found, not sent.
            return;
        }
        let (holding, intent, now) = (ticket.holding, ticket.intent, ticket.released);
        let state = engine.state();
        let (mode, entry) = (state.mode, intent == Intent::Entry);
        let still = matches!(mode, Mode::Halted | Mode::Killed);
        let reduces = matches!(mode, Mode::ReduceOnly | Mode::Flattening);
        if still || (reduces && entry) {
            self.broken(format!("law 10: a new {intent} order while {mode}"));
        }
        if let Some(why) = state.holding(holding).frozen.filter(|_| entry) {
            self.broken(format!("law 10: a new entry while frozen ({why})"));
        }
        let key = &engine.config().holdings[holding.ix()];
        // One that is off may still go to zero: for a shared key that can look like an entry.
        let h = state.holding(holding);
        let leaves = |sleeve| {
            let s = h.sleeve(sleeve);
            let forced = flat_reason(engine.config(), Trader::new(holding, sleeve), now).is_some();
            (s.rounded.is_zero() || forced) && !s.own.is_zero()
        };
        let off = key.sleeves().all(|of| state.disabled.contains(&of) && !leaves(of));
        if off && entry {
            self.broken("law 10: a new entry for strategies that are switched off".to_owned());
        }
        if !state.recon.baseline {
            self.broken("law 6: an order before the account was read".to_owned());
        }
    }

    /// Nobody is left with a frozen holding and without a word.
    fn freeze_is_told(&mut self, holding: HoldingId, why: Freeze, step: &Step) {
        let told = step
            .events
            .iter()
            .any(|event| matches!(event, Event::Alert(alert) if alert.holding == Some(holding)));
        if !told {
            self.broken(format!("law 10: a freeze ({why}) without an alert"));
        }
    }

    fn state(&mut self, name: &str) {
        if let Some(at) = STATES.iter().position(|known| *known == name) {
            self.coverage.reach(Group::State, at);
        }
    }

    fn order(&mut self, no: OrderNo, engine: &Engine) {
        let Some(order) = engine.state().orders.get(no) else { return };
        let (known, qty) = (&order.known, order.qty());
        let cancel = order.cancel.as_ref();
        let states = [
            (!known.exists && !known.done && !known.doubtful, "sent"),
            (order.is_unknown(), "unknown outcome"),
            (known.exists && !known.done, "working"),
            (known.filled.0 > 0 && known.filled < qty, "partly filled"),
            (known.filled.0 > 0 && known.filled >= qty, "filled"),
            (known.done, "finished"),
            (known.doubtful && known.exists, "found after all"),
            (known.claimed && !known.done, "claimed finished"),
            (known.gone, "nothing to cancel"),
            (known.refused.is_some(), "refused"),
            (known.rejected, "refused after it was taken"),
            (known.unsent, "never sent"),
            (known.absent, "proven absent"),
            (cancel.is_some_and(|c| c.request.is_some()), "cancel under way"),
            (cancel.is_some_and(|c| c.request.is_none() && !c.failed), "cancel answered"),
            (cancel.is_some_and(|c| c.failed), "cancel failed"),
            (known.terms.pending.is_some(), "amend under way"),
            (known.terms.in_force.is_some(), "amended"),
            (known.unpriced.0 > 0, "filled without a price"),
            (known.unproven.0 > 0, "unproven quantity"),
            (known.overfill, "overfilled"),
            (known.busted, "busted"),
        ];
        for (_, name) in states.into_iter().filter(|(is, _)| *is) {
            self.state(name);
        }
    }

    /// The policies of a day are reached by being there: what they do is in the rules.
    pub fn policies(&mut self, config: &Config) {
        use truefill_core::config::{CancelProof, Remainder, Style};
        let seen = &mut self.coverage;
        seen.reach_word(Group::Proof, CancelProof::ALL, config.descriptor.cancel_proof);
        for policy in config.strategies.iter().flat_map(|s| [&s.entry, &s.exit]) {
            seen.reach_word(Group::Style, Style::ALL, policy.style);
            seen.reach_word(Group::Remainder, Remainder::ALL, policy.remainder);
        }
    }
}

impl Watch for Eyes {
    fn step(&mut self, envelope: &Envelope, step: &Step, engine: &Engine) {
        self.now = Some(envelope.now);
        self.coverage.reach_kind(Group::Input, envelope.input.kind());
        if step.events.is_empty() {
            return;
        }
        self.input(&envelope.input, engine);
        if let Some(story) = &mut self.story {
            story.step(envelope, step);
        }
        for event in &step.events {
            self.event(event, step, engine);
        }
    }

    fn durable(&mut self, seq: u64) {
        self.durable = seq;
    }

    fn effect(&mut self, _now: Nanos, effect: &Effect) {
        if let Effect::Tell(alert) = effect {
            self.coverage.reach_word(Group::Alert, AlertCode::ALL, alert.code);
        }
        let (Effect::Send { durable, .. } | Effect::Ask { durable, .. }) = effect else { return };
        if *durable > self.durable {
            self.broken(format!(
                "law 4: a request left with record {durable}, {} are durable",
                self.durable
            ));
        }
    }

    fn crashed(&mut self, now: Nanos, committed: bool) {
        let name = if committed { "crash after the commit" } else { "crash before the commit" };
        self.recovered(name);
        if let Some(story) = &mut self.story {
            story.note(now, &format!("the engine's process dies ({name})"));
        }
    }

    fn settling(&mut self, now: Nanos) {
        self.settling = Some(now);
        if let Some(story) = &mut self.story {
            story.note(now, "the market ends, faults are off: everything must converge");
        }
    }

    fn end(&mut self, engine: &Engine, broker: &Broker) {
        for what in crate::converge::unexplained(engine, broker) {
            self.broken(what);
        }
    }
}
