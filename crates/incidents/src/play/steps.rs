//! The steps of a script.

use super::Law;
use super::answers::{Heard, Told, answer, read_end, reply, told_of, write_end};
use super::player::{Counting, Player};
use super::requests::{Ask, Claim, Wanted};
use crate::scenario::{Broken, Changes, Expected, LinkState, Owner, Reply, Report, Step, Truth};
use truefill_core::ids::{RequestId, cl_ord_id};
use truefill_core::input::{Adopt, Channel, Enable, Input, Operator, Target};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{OrdStatus, Outcome, RejectCode, Taken};
use truefill_core::time::MILLI_NS;

/// Numbers of made-up orders begin here: the product never comes so far.
const MADE_UP: u64 = 2_000_000_000;
/// So much later is the epoch of another instance.
const NEWER_MS: u64 = 30 * 86_400_000;

impl Player<'_> {
    /// Does one step.
    pub fn do_step(&mut self, at: usize) -> Result<(), Law> {
        let scenario = self.scenario;
        let step = &scenario.script[at];
        self.story.add(self.now, || format!("{:>3} {}", at + 1, step.summary()));
        match step {
            Step::Start => self.start(),
            Step::Expect(expected, within_ms) => self.expect(at, expected, *within_ms),
            Step::Quiet(quiet) => {
                self.counting = Some(Counting { of: *quiet, seen: 0 });
                let until = self.now.plus(quiet.for_ms.saturating_mul(MILLI_NS));
                let result = self.advance(until);
                self.counting = None;
                result
            }
            Step::Reply(reply) => {
                let until = self.now.plus(reply.after_ms.saturating_mul(MILLI_NS));
                self.advance(until)?;
                self.reply_step(reply)?;
                self.instant()
            }
            Step::Venue(truth) => {
                self.venue_step(truth)?;
                self.instant()
            }
            Step::Event(event) => {
                self.event_step(event)?;
                self.instant()
            }
            Step::Serve(serve) => {
                self.overrides.add(serve, self.now);
                self.instant()
            }
            Step::Link(channel, state) => {
                self.set_link(*channel, *state);
                self.instant()
            }
            Step::Wait(ms) => self.advance(self.now.plus(ms.saturating_mul(MILLI_NS))),
            Step::WaitUntil(until) => self.advance(*until),
            Step::Clock(ms) => {
                self.desk.skew(ms.saturating_mul(MILLI_NS));
                self.instant()
            }
            Step::Crash { lost } => self.crash(*lost),
            Step::Restart => self.start(),
            _ => {
                self.command_step(step);
                self.instant()
            }
        }
    }

    /// What strategies, the operator and the market say.
    fn command_step(&mut self, step: &Step) {
        let clock = self.desk.clock(self.now);
        match step {
            Step::Target { strategy, set } => {
                for (symbol, qty) in set {
                    self.checks.target(strategy, self.names.instrument(symbol), *qty);
                    let target = Target {
                        sleeve: self.names.sleeve(strategy),
                        holding: self.names.holding(symbol),
                        qty: *qty,
                        decided: clock,
                        px: None,
                        reopen: false,
                        stop_px: None,
                    };
                    self.command(Input::Target(target));
                }
            }
            Step::Command(command) => {
                self.checks.command(*command);
                self.command(Input::Operator(Operator { command: *command, by: None }));
            }
            Step::Adopt { symbol, qty, strategy } => {
                let (holding, sleeve) = (self.names.holding(symbol), self.names.sleeve(strategy));
                self.command(Input::Adopt(Adopt { holding, sleeve, qty: *qty, by: None }));
            }
            Step::Enable { strategy, on } => {
                self.checks.enable(strategy, *on);
                let sleeve = self.names.sleeve(strategy);
                self.command(Input::Enable(Enable { sleeve, on: *on }));
            }
            Step::Inject(Broken::Planner) => self.desk.break_planner(),
            // Delivery of alerts is the shell's: the engine raises them all the same.
            Step::Inject(Broken::AlertSink) => {}
            Step::Market { symbol, quote } => {
                let at = self.names.instrument(symbol).ix();
                if let Some(place) = self.venue.quotes.get_mut(at) {
                    *place = *quote;
                }
                if self.links[2] == LinkState::Up {
                    self.desk.quote(at, *quote, self.now);
                }
            }
            _ => {}
        }
    }

    /// Something durable is said: a dead process hears it when it comes back.
    fn command(&mut self, input: Input) {
        if self.desk.engine().is_some() {
            self.desk.tell(input);
        } else {
            self.waiting.push(input);
        }
    }

    /// A link changes; the engine is told when its look does.
    pub fn set_link(&mut self, channel: Channel, state: LinkState) {
        let at = match channel {
            Channel::Stream => 0,
            Channel::Rest => 1,
            Channel::Market => 2,
        };
        let (was, is) = (self.links[at] != LinkState::Down, state != LinkState::Down);
        self.links[at] = state;
        let there = channel != Channel::Stream || self.has_stream();
        if was != is && there {
            self.desk.link(channel, is, self.now);
        }
    }

    fn expect(&mut self, at: usize, expected: &Expected, within_ms: i64) -> Result<(), Law> {
        if self.by_step[at].is_some() {
            // Claimed before: a query without a name is answered now.
            self.answer_unnamed(at)?;
            return self.instant();
        }
        if self.is_crash_run() && self.is_skipped(expected) {
            return Ok(());
        }
        if self.is_crash_run() && matches!(expected, Expected::Query { .. }) {
            self.instant()?;
            if self.by_step[at].is_some() {
                self.answer_unnamed(at)?;
            }
            return self.instant();
        }
        let until = self.now.plus(within_ms.saturating_mul(MILLI_NS));
        if self.advance_unless(until, |player| player.by_step[at].is_some())? {
            return Ok(());
        }
        if self.is_crash_run() && self.is_skipped(expected) {
            return Ok(());
        }
        Err(Law::script(format!("step {}: no {} within {within_ms} ms", at + 1, expected.text())))
    }

    /// In a crash run, what is expected about an order that is finished or never was.
    fn is_skipped(&self, expected: &Expected) -> bool {
        match expected {
            Expected::Cancel { order } | Expected::Amend { order, .. } => {
                self.venue.named(order).is_none_or(|at| self.venue.orders[at].is_done())
            }
            _ => false,
        }
    }

    fn answer_unnamed(&mut self, at: usize) -> Result<(), Law> {
        let Some(claim) = self.by_step[at] else { return Ok(()) };
        let (request, process, done) =
            (self.claims[claim].request, self.claims[claim].process, self.claims[claim].done);
        let Wanted::Query { ask, name: None } = self.claims[claim].wanted.clone() else {
            return Ok(());
        };
        if done {
            return Ok(());
        }
        self.claims[claim].done = true;
        if process == self.process && self.desk.engine().is_some() {
            self.answer_query(request, ask);
        }
        Ok(())
    }

    fn venue_step(&mut self, truth: &Truth) -> Result<(), Law> {
        if let Some(name) = truth.order()
            && self.venue.named(name).is_none()
            && self.is_crash_run()
        {
            return Ok(());
        }
        let epoch = self.desk.engine().map_or(0, |engine| engine.state().epoch);
        let seed = super::seed::epoch(self.scenario);
        let tag = &mut self.made_up;
        let mut made_up = |owner: Owner| {
            *tag += 1;
            match owner {
                Owner::Manual => None,
                Owner::Engine => Some(cl_ord_id(epoch.max(seed), MADE_UP + *tag)),
                Owner::Newer => {
                    let newer = epoch.max(seed) + NEWER_MS;
                    Some(cl_ord_id(newer, MADE_UP + *tag))
                }
            }
        };
        self.venue.deed(truth, &self.names, self.now, &mut made_up).map_err(Law::script)
    }

    fn reply_step(&mut self, step: &Reply) -> Result<(), Law> {
        let named = |wanted: &Wanted| match wanted {
            Wanted::Query { name, .. } => name.as_deref() == Some(step.to.as_str()),
            other => {
                let order = other.order();
                let order = order.and_then(|at| self.venue.orders.get(at));
                order.is_some_and(|order| order.name == step.to)
            }
        };
        let found = self.claims.iter().position(|claim| !claim.done && named(&claim.wanted));
        let Some(at) = found else {
            if self.is_crash_run() {
                return Ok(());
            }
            return Err(Law::script(format!("there is no unanswered request to {}", step.to)));
        };
        self.claims[at].done = true;
        let claim = self.claims[at].clone();
        let heard = match &claim.wanted {
            Wanted::Submit { at } => self.reply_submit(*at, &claim, &step.report),
            Wanted::Cancel { .. } => match &step.report {
                Report::Ok { status, cum, .. } => {
                    let taken = Taken {
                        order_id: None,
                        time: None,
                        status: *status,
                        cum: *cum,
                        instrument: None,
                    };
                    Some(reply(claim.request, Outcome::Taken(taken), Told::default()))
                }
                report => write_end(&self.scenario.broker, report)
                    .map(|(outcome, _)| reply(claim.request, outcome, told_of(report))),
            },
            Wanted::Amend { at, wire, px } => {
                let (at, wire, px) = (*at, *wire, *px);
                self.reply_amend((at, wire, px), claim.request, &step.report)
            }
            Wanted::Query { ask, .. } => self.reply_query(*ask, &claim, &step.report),
        };
        if let Some(heard) = heard
            && claim.process == self.process
            && self.desk.engine().is_some()
        {
            self.deliver(heard);
        }
        Ok(())
    }

    fn reply_submit(&mut self, at: usize, claim: &Claim, report: &Report) -> Option<Heard> {
        if let Report::Ok { symbol, .. } = report {
            self.venue.known(at, OrdStatus::Open, self.now);
            let echoed = symbol.as_ref().map(|symbol| self.names.instrument(symbol));
            let taken = Taken {
                order_id: self.venue.orders[at].id,
                time: None,
                status: None,
                cum: None,
                instrument: echoed,
            };
            return Some(reply(claim.request, Outcome::Taken(taken), Told::default()));
        }
        self.refuse_submit(at, report);
        let (outcome, definite) = write_end(&self.scenario.broker, report)?;
        let mut told = told_of(report);
        told.refused = definite.then_some(at);
        Some(reply(claim.request, outcome, told))
    }

    /// A new order that is refused is on record as such.
    pub fn refuse_submit(&mut self, at: usize, report: &Report) {
        if let Report::Reject(code) = report
            && *code != RejectCode::DuplicateClOrdId
            && self.venue.orders[at].status.is_none()
        {
            self.venue.end(at, OrdStatus::Rejected, Some(*code), self.now);
        }
    }

    fn reply_amend(
        &mut self,
        (at, wire, px): (Option<usize>, Qty, Px),
        request: RequestId,
        report: &Report,
    ) -> Option<Heard> {
        let Report::Ok { status, cum, .. } = report else {
            let (outcome, _) = write_end(&self.scenario.broker, report)?;
            return Some(reply(request, outcome, told_of(report)));
        };
        let live = at.is_some_and(|at| self.venue.orders[at].is_live());
        let ends = status.is_some_and(OrdStatus::is_terminal);
        if live && !ends {
            let _ = self.venue.amend(at, wire, px, self.now);
        }
        let mut works = at;
        while let Some(next) = works.and_then(|at| self.venue.orders[at].next) {
            works = Some(next);
        }
        let works = works.map(|at| &self.venue.orders[at]);
        let order_id = works.filter(|o| !ends || !o.is_done()).and_then(|o| o.id);
        let taken = Taken { order_id, time: None, status: *status, cum: *cum, instrument: None };
        Some(reply(request, Outcome::Taken(taken), Told::default()))
    }

    fn reply_query(&mut self, ask: Ask, claim: &Claim, report: &Report) -> Option<Heard> {
        let Report::Ok { as_asked, set, .. } = report else {
            return read_end(report).map(|found| answer(claim.request, found, told_of(report)));
        };
        let changes = Changes { set: set.clone(), ..Changes::default() };
        let venue = claim.content.as_deref().filter(|_| *as_asked).unwrap_or(&self.venue);
        let (found, told) = self.look(venue, ask, &changes, claim.asked);
        Some(answer(claim.request, found, told))
    }
}
