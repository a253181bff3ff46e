//! What the engine may not do whatever the broker does, judged by its own events alone: laws that
//! need no truth to compare with. The truth is the affair of [`crate::check`].
//!
//! Entry points: [`Conduct::event`], [`Conduct::at_end`].
//!
//! | law | may not be |
//! |---|---|
//! | 1 | the same target, said again in its session, counts as a new one |
//! | 1 | a position ends beside its target and nothing says why |
//! | 4 | an order leaves before the account was read since the start, or under an id of another |
//! | 5 | the send gate has to stop what the plan wanted; a target is rounded past itself |
//! | 6 | positions are compared without a read, or adopted too soon or around an unknown order; what nobody explains freezes nothing; a frozen holding enters; a trade of somebody else adds to what is ours; a link comes back and nothing is read |
//! | 7 | a request leaves while the broker wants silence, or takes a slot kept for cancels |
//! | 8 | a remainder that its rule gave up is not waived |
//! | 10 | an order leaves while halted, a kill ends, an entry leaves without the stream, what was refused is tried without a rest |
//!
//! Invariant: nothing here reads the engine's state but to look an order up; each rule is kept
//! in its own words, so that the engine's mistake is not repeated.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use truefill_core::alert::AlertCode;
use truefill_core::config::{Config, Scope};
use truefill_core::engine::Engine;
use truefill_core::engine::session::session_at;
use truefill_core::event::{
    Block, Corrected, DriftClass, Ending, Event, Mode, RequestClass, Requested, TargetSet,
};
use truefill_core::ids::{HoldingId, OrderNo, RequestId, SleeveId, parse_cl_ord_id};
use truefill_core::input::Channel;
use truefill_core::limiter::Class;
use truefill_core::num::Qty;
use truefill_core::order::evidence::Item;
use truefill_core::order::{CancelWhy, Intent, Rule, Ticket};
use truefill_core::report::RejectCode;
use truefill_core::time::{Nanos, SECOND_NS};

/// A request and until when it takes a slot, as far as is known.
#[derive(Clone, Copy, Debug)]
struct Slot {
    class: RequestClass,
    /// When it was answered; `None` while it was not.
    answered: Option<Nanos>,
    sent: Nanos,
}

/// What was heard so far.
#[derive(Debug)]
pub struct Conduct {
    mode: Mode,
    read: bool,
    links_up: [bool; 3],
    /// The broker does not know the session, and nobody has logged in again.
    locked: bool,
    silent_until: Nanos,
    frozen: BTreeSet<HoldingId>,
    /// Adopted without explanation, and nothing froze since.
    unexplained: BTreeSet<HoldingId>,
    /// The last target of each strategy, as it was said, and its session.
    said: BTreeMap<(HoldingId, SleeveId), (Qty, Option<i64>)>,
    /// For each target that is set and not heard of yet: whether it opens again what was waived.
    reopening: VecDeque<bool>,
    /// Whose target a flatten took away, until the next one.
    flattened: BTreeSet<(HoldingId, SleeveId)>,
    /// What orders gave up since the target, without signs.
    waived: BTreeMap<HoldingId, Qty>,
    /// What is known to be filled of protective stops.
    stop_fills: BTreeMap<OrderNo, Qty>,
    /// Events heard, and at which of them targets were set and orders were released.
    heard: u64,
    target_at: BTreeMap<HoldingId, u64>,
    released_at: BTreeMap<OrderNo, u64>,
    refused: BTreeMap<HoldingId, Nanos>,
    slots: BTreeMap<RequestId, Slot>,
    epoch: u64,
    /// A link came back, and no round of reads has begun since.
    unread_since: Option<Nanos>,
    /// What is asked and has not ended: a slot of a short window is gone before its answer.
    asked: BTreeMap<RequestId, RequestClass>,
    /// The last request that ended: what it was, and whether its answer was good.
    ended: Option<(RequestClass, bool)>,
    /// Reads in a row that showed another position than ours: which, and how many.
    differing: BTreeMap<HoldingId, (Qty, u32)>,
    /// What a correction did to the strategy's part, until its position is told.
    eaten: BTreeMap<HoldingId, Qty>,
    /// Positions as they were last told.
    own: BTreeMap<HoldingId, Qty>,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            mode: Mode::Running,
            read: false,
            links_up: [true; 3],
            locked: false,
            silent_until: Nanos(i64::MIN),
            frozen: BTreeSet::new(),
            unexplained: BTreeSet::new(),
            said: BTreeMap::new(),
            reopening: VecDeque::new(),
            flattened: BTreeSet::new(),
            waived: BTreeMap::new(),
            stop_fills: BTreeMap::new(),
            heard: 0,
            target_at: BTreeMap::new(),
            released_at: BTreeMap::new(),
            refused: BTreeMap::new(),
            slots: BTreeMap::new(),
            epoch: 0,
            unread_since: None,
            asked: BTreeMap::new(),
            ended: None,
            differing: BTreeMap::new(),
            eaten: BTreeMap::new(),
            own: BTreeMap::new(),
        }
    }
}

const fn slot_of(channel: Channel) -> usize {
    match channel {
        Channel::Stream => 0,
        Channel::Rest => 1,
        Channel::Market => 2,
    }
}

impl Conduct {
    /// A durable event that happened at `now`. Returns what may not be, as a sentence.
    pub fn event(&mut self, now: Nanos, event: &Event, engine: &Engine) -> Option<String> {
        self.heard += 1;
        match event {
            Event::Started(e) => {
                (self.read, self.unread_since, self.epoch) = (false, None, e.epoch);
                // Unanswered requests of an earlier start keep their slots for their longest.
                if e.first {
                    self.slots.clear();
                }
            }
            Event::RoundStarted(_) => return self.round_started(now, engine.config()),
            Event::RoundEnded(e) => {
                self.read |= e.compared;
                return self.compared_on(e.compared);
            }
            Event::Compared(e) => {
                let (qty, times) = self.differing.get(&e.holding).copied().unwrap_or_default();
                let again = e.differing > 0 && qty == e.broker;
                let times = if again { times + 1 } else { u32::from(e.differing > 0) };
                // A comparison that was skipped says nothing new.
                if e.skips == 0 {
                    self.differing.insert(e.holding, (e.broker, times));
                }
                return if e.skips == 0 { self.compared_on(true) } else { None };
            }
            Event::LinkTurned(e) => {
                self.links_up[slot_of(e.channel)] = e.up;
                if e.up && e.channel != Channel::Market && !self.locked {
                    self.unread_since = Some(now);
                }
            }
            // Nothing but a probe a minute leaves until somebody has logged in.
            Event::AuthLost(_) => (self.locked, self.unread_since) = (true, None),
            Event::LoggedIn(_) => (self.locked, self.unread_since) = (false, Some(now)),
            Event::Backoff(e) => self.silent_until = self.silent_until.max(e.until),
            Event::Frozen(e) => {
                self.frozen.insert(e.holding);
                self.unexplained.remove(&e.holding);
            }
            Event::Thawed(e) => {
                self.frozen.remove(&e.holding);
            }
            Event::SplitApplied(e) => self.said.retain(|(holding, _), _| *holding != e.holding),
            Event::Corrected(e) => return self.corrected(e, engine),
            Event::Staged(e) => return self.staged(e.holding, e.filled),
            Event::ModeSet(e) => return self.mode_set(e.mode),
            Event::TargetSet(e) => return self.target_set(now, e, engine.config()),
            Event::Requested(e) => return self.requested(now, e, engine.config()),
            Event::RequestClosed(e) => {
                self.ended = self.asked.remove(&e.request).map(|class| (class, e.ok));
                if e.ending == Ending::Withdrawn {
                    self.slots.remove(&e.request);
                } else if let Some(slot) = self.slots.get_mut(&e.request) {
                    slot.answered = (e.ending == Ending::Answered).then_some(now);
                }
            }
            Event::Learned(e) => self.learned(now, e.order, &e.item, engine),
            Event::Closed(e) => return self.closed(e.order, e.dropped, e.rejected, engine),
            Event::Released(e) => {
                self.released_at.insert(e.ticket.order, self.heard);
                return self.released(now, &e.ticket, engine.config());
            }
            Event::Alert(e) if e.code == AlertCode::GateRefused => {
                return Some(format!("law 5: plan and gate disagree: {}", e.text));
            }
            _ => {}
        }
        None
    }

    /// A target is set by the step whose events come next; one that opens again what was waived
    /// is news, although it says the same.
    pub fn will_set(&mut self, reopens: bool) {
        self.reopening.push_back(reopens);
    }

    /// The process died: what was not durable was not set.
    pub fn died(&mut self) {
        self.reopening.clear();
    }

    fn mode_set(&mut self, mode: Mode) -> Option<String> {
        let was = std::mem::replace(&mut self.mode, mode);
        if mode == Mode::Flattening {
            self.flattened.extend(self.said.keys());
        }
        (was == Mode::Killed && mode != was).then(|| "law 10: a kill was lifted".to_owned())
    }

    fn target_set(&mut self, now: Nanos, e: &TargetSet, config: &Config) -> Option<String> {
        let instrument = config.holdings.get(e.holding.ix())?.instrument;
        let session = session_at(config, instrument, now);
        let last = self.said.insert((e.holding, e.sleeve), (e.said, session));
        self.target_at.insert(e.holding, self.heard);
        self.waived.insert(e.holding, Qty::ZERO);
        // A flatten is over with the next word of a strategy, the same one too.
        let flattened = self.flattened.remove(&(e.holding, e.sleeve));
        let reopens = self.reopening.pop_front().unwrap_or(false) || flattened;
        // Between two sessions nobody can say which one a target is of.
        let known = session.is_some() || config.calendars.is_empty();
        if known && last == Some((e.said, session)) && !reopens {
            return Some("law 1: a repeated target counts as a new one".to_owned());
        }
        // One that is said again in another session keeps its rounding.
        if last.is_some_and(|(said, _)| said == e.said) && !reopens {
            return None;
        }
        let own = self.own.get(&e.holding).copied().unwrap_or_default();
        let alone = config.holdings.get(e.holding.ix())?.others.is_empty();
        let past = match own <= e.qty {
            true => e.rounded > e.qty,
            false => e.rounded < e.qty,
        };
        let kept = config.strategy(e.sleeve).is_some_and(|s| s.min_trade.0 > 0);
        (alone && past && !kept)
            .then(|| format!("law 5: a target of {} is worked as {}", e.qty, e.rounded))
    }

    fn round_started(&mut self, now: Nanos, config: &Config) -> Option<String> {
        let since = self.unread_since.take()?.max(self.silent_until);
        // Where reads share a window with orders, a burst of orders keeps them waiting.
        let longest_ns = config.descriptor.windows.iter().map(|w| w.per_ns).max().unwrap_or(0);
        // So does one that has no answer.
        let held_ns = longest_ns + 2 * config.descriptor.reply_timeout_ns;
        let late = now.since(since) > config.recon.idle_ns / 2 + held_ns;
        late.then(|| "law 6: a link came back and nobody read what it had missed".to_owned())
    }

    /// Positions were compared: the last answer must have been one about them.
    fn compared_on(&self, compared: bool) -> Option<String> {
        let good = self.ended == Some((RequestClass::Positions, true));
        (compared && !good).then(|| "law 6: positions were compared without a read".to_owned())
    }

    fn corrected(&mut self, e: &Corrected, engine: &Engine) -> Option<String> {
        let holding = e.holding;
        if e.class != DriftClass::CorporateAction {
            self.eaten.insert(holding, e.own);
        }
        let (broker, reads) = self.differing.remove(&holding).unwrap_or_default();
        if e.class != DriftClass::Unknown {
            return None;
        }
        if !self.frozen.contains(&holding) {
            self.unexplained.insert(holding);
        }
        let ours = broker - (e.own + e.manual);
        let vanished = !ours.is_zero() && (broker.is_zero() || (broker.0 > 0) != (ours.0 > 0));
        let needed = if vanished { engine.config().recon.agreeing_reads } else { 2 };
        if reads < needed {
            return Some(format!(
                "law 6: {broker} of holding {holding} adopted after {reads} reads"
            ));
        }
        let mut open = engine.state().orders.open.values();
        let unknown = open.find(|o| {
            let before = self.released_at.contains_key(&o.ticket.order);
            o.ticket.holding == holding && before && !o.known.exists && !o.known.done
        })?;
        let no = unknown.ticket.order;
        Some(format!("law 6: {broker} of holding {holding} adopted while order {no} is unknown"))
    }

    /// Somebody else's trade takes from what a strategy holds, never adds to it.
    fn staged(&mut self, holding: HoldingId, own: Qty) -> Option<String> {
        self.own.insert(holding, own);
        let eaten = self.eaten.remove(&holding)?;
        let added = !eaten.is_zero() && !own.is_zero() && (eaten.0 > 0) == (own.0 > 0);
        added.then(|| format!("law 6: {eaten} of somebody else became holding {holding}'s own"))
    }

    fn requested(&mut self, now: Nanos, e: &Requested, config: &Config) -> Option<String> {
        let slot = Slot { class: e.class, answered: None, sent: now };
        let cancel = e.class == RequestClass::Cancel;
        let full = config.descriptor.windows.iter().find(|w| {
            let counts = |class: RequestClass| match w.scope {
                Scope::All => true,
                Scope::Orders => class.class() != Class::Read,
                Scope::Reads => class.class() == Class::Read,
            };
            let n = usize::try_from(w.n).unwrap_or(usize::MAX);
            let reserve = if w.per_ns > SECOND_NS && n >= 2 { (n / 20).max(1) } else { 0 };
            let taken = self.slots.values().filter(|s| counts(s.class));
            let taken = taken.filter(|s| {
                let since = s.answered.unwrap_or(s.sent.plus(config.descriptor.held_ns()));
                since.plus(w.per_ns) > now
            });
            counts(e.class) && !cancel && reserve > 0 && taken.count() + reserve >= n
        });
        let reserved = full.is_some();
        self.slots.insert(e.request, slot);
        self.asked.insert(e.request, e.class);
        let longest_ns = config.descriptor.windows.iter().map(|w| w.per_ns).max().unwrap_or(0);
        let held_ns = config.descriptor.held_ns().saturating_add(longest_ns);
        self.slots.retain(|_, s| s.answered.unwrap_or(s.sent).plus(held_ns) > now);
        if now < self.silent_until {
            return Some("law 7: a request left while the broker wants silence".to_owned());
        }
        reserved.then(|| "law 7: a request took a slot that is kept for cancels".to_owned())
    }

    fn learned(&mut self, now: Nanos, order: OrderNo, item: &Item, engine: &Engine) {
        self.stopped(order, engine);
        let Item::Refusal(refusal) = item else { return };
        let passing = matches!(
            refusal.code,
            // A login cures what the broker did not know; until then nothing leaves.
            RejectCode::Auth
                | RejectCode::RateLimited
                | RejectCode::DuplicateClOrdId
                | RejectCode::InsufficientFunds
        );
        let of = engine.state().orders.get(order).map(|o| o.ticket.holding);
        if let Some(holding) = of.filter(|_| !passing) {
            self.refused.insert(holding, now);
        }
        // From here on entries wait for another target, and nothing keeps the way out.
        if let Some(holding) = of.filter(|_| refusal.code == RejectCode::InsufficientFunds) {
            self.refused.remove(&holding);
        }
    }

    /// What a protective stop closes is not bought back before another target.
    fn stopped(&mut self, no: OrderNo, engine: &Engine) {
        let Some(order) = engine.state().orders.get(no) else { return };
        if order.ticket.intent == Intent::Protect {
            let was = self.stop_fills.insert(no, order.known.filled).unwrap_or_default();
            let closed = (order.known.filled - was).max(Qty::ZERO);
            *self.waived.entry(order.ticket.holding).or_default() += closed;
        }
    }

    fn closed(
        &mut self,
        no: OrderNo,
        dropped: Qty,
        rejected: Qty,
        engine: &Engine,
    ) -> Option<String> {
        let order = engine.state().orders.get(no)?;
        let holding = order.ticket.holding;
        let gone = dropped.abs() + rejected.abs();
        *self.waived.entry(holding).or_default() += gone;
        let given_up = order.cancel.as_ref().is_some_and(|c| c.why == CancelWhy::Remainder);
        // What was filled and taken back was not given up: it is wanted still.
        let whole = order.known.filled >= order.qty() || order.known.busted;
        let missing = order.known.exists && !whole;
        let shared = engine.state().holding(holding).is_shared();
        let present = self.released_at.get(&no) > self.target_at.get(&holding);
        let entry = order.ticket.intent == Intent::Entry;
        let lost = given_up && missing && entry && present && !shared && gone.is_zero();
        lost.then(|| format!("law 8: what order {no} gave up is not waived"))
    }

    fn released(&mut self, now: Nanos, ticket: &Ticket, config: &Config) -> Option<String> {
        if ticket.rule == Rule::Found {
            return None;
        }
        let (no, holding) = (ticket.order, ticket.holding);
        let entry = ticket.intent == Intent::Entry;
        let rests = |at: &Nanos| at.plus(config.risk.reject_pause_ns) > now;
        if parse_cl_ord_id(&ticket.cl_ord_id) != Some((self.epoch, no.0)) {
            return Some(format!("law 4: the id of order {no} is not of this start"));
        }
        if matches!(self.mode, Mode::Halted | Mode::Killed) {
            return Some(format!("law 10: order {no} left while {}", self.mode));
        }
        if !self.read {
            return Some(format!("law 4: order {no} left before the account was read"));
        }
        if entry && self.frozen.contains(&holding) {
            return Some(format!("law 6: holding {holding} is frozen and order {no} enters"));
        }
        if entry && !(self.links_up[0] && self.links_up[2]) {
            return Some(format!("law 10: order {no} enters while a link is down"));
        }
        if self.refused.get(&holding).is_some_and(rests) {
            return Some(format!("law 10: order {no} follows a refusal without a rest"));
        }
        None
    }

    /// At the end of a session that settled.
    pub fn at_end(&self, engine: &Engine) -> Vec<String> {
        let unexplained = self.unexplained.iter().map(|holding| {
            format!("law 6: holding {holding} adopted what nobody explains and did not freeze")
        });
        let (config, state) = (engine.config(), engine.state());
        let beside = config.holdings.iter().zip(&state.holdings).enumerate();
        let beside = beside.filter(|(at, (key, h))| {
            let waived = u32::try_from(*at).ok().and_then(|at| self.waived.get(&HoldingId(at)));
            let waived = waived.copied().unwrap_or_default();
            let stopped = state.mode != Mode::Running || h.frozen.is_some();
            let gated = h.staged.gate != Block::Open || h.staged.blocked != Block::Open;
            let resting = h.paused == Nanos::MAX || h.unwound || h.stop_px.is_some();
            let own_way = h.is_shared() || state.disabled.contains(&key.sleeve) || !h.declared;
            let free = !(stopped || gated || resting || own_way);
            free && !h.is_working() && (h.rounded - h.own).abs() > waived
        });
        let beside = beside.map(|(at, (_, h))| {
            format!("law 1: holding {at} ends at {} and its target is {}", h.own, h.rounded)
        });
        unexplained.chain(beside).collect()
    }
}
