//! The only mutator: events to state. Total and infallible (an event that names what does not
//! exist changes nothing), and independent of how the event was decided.

use super::sleeve::Booked;
use super::{OnWire, State};
use crate::config::{Config, RoundReads};
use crate::engine::session::{session_at, trading_day};
use crate::event::{
    Adopted, Block, CancelReleased, Closed, Compared, Corrected, Ending, Event, Freeze, Lane,
    Learned, LookupPlanned, Mode, Released, RequestClass, RequestClosed, Requested, RoundEnded,
    Staged, Started, TargetSet,
};
use crate::ids::{HoldingId, OrderNo};
use crate::input::Channel;
use crate::limiter::Class;
use crate::num::{Amount, Px, Qty};
use crate::order::evidence::Item;
use crate::order::shares::Share;
use crate::order::{CancelState, CancelWhy, Intent, Order, Rule};
use crate::quote::Quote;
use crate::request::Side;
use crate::time::Nanos;

impl State {
    /// Applies one event that happened at `now`.
    pub fn apply(&mut self, config: &Config, now: Nanos, event: &Event) {
        self.seq += 1;
        self.now = self.now.max(now);
        match event {
            Event::Started(e) => self.started(config, now, e),
            Event::TargetSet(e) => self.target_set(config, now, e),
            Event::Requested(e) => self.requested(config, now, e),
            Event::Released(e) => self.released(config, now, e),
            Event::CancelReleased(e) => self.cancel_released(e),
            Event::RequestClosed(e) => self.request_closed(config, now, e),
            Event::Learned(e) => self.learned(config, now, e),
            Event::LookupPlanned(e) => self.lookup_planned(now, e),
            Event::Closed(e) => self.closed(config, now, e),
            Event::Paused(e) => self.paused(config, now, e),
            Event::Backoff(e) => self.limiter.back_off(now, e.until, e.strikes),
            Event::LinkTurned(e) => self.link_turned(config, e),
            Event::Suspected(e) => {
                self.recon.suspicious = true;
                self.recon.all_orders |= e.all_orders == Some(true);
            }
            Event::RoundStarted(_) => {
                self.recon.round = self.seq;
                self.recon.thorough = self.recon.suspicious;
                self.recon.suspicious = false;
            }
            Event::RoundEnded(e) => self.round_ended(now, e),
            Event::Compared(e) => self.compared(e),
            Event::Corrected(e) => self.corrected(now, e),
            Event::Adopted(e) => self.adopted(e),
            // A kill is latched: nothing that comes later opens it.
            Event::ModeSet(e) if self.mode != Mode::Killed => {
                self.mode = e.mode;
                if e.mode == Mode::Flattening {
                    self.flatten_seq = self.seq;
                    self.holdings.iter_mut().for_each(super::HoldingState::flatten);
                }
            }
            Event::Staged(e) => self.staged(e),
            Event::Marked(e) => self.on_holding(e.holding, |h| h.mark = Some(e.quote)),
            Event::DayEnded(_) => self.day_ended(now),
            Event::TargetRenewed(_)
            | Event::WaiverEnded(_)
            | Event::LoggedIn(_)
            | Event::MarginTold(_)
            | Event::SplitApplied(_) => self.terms_changed(config, event),
            Event::Unpaused(_)
            | Event::Frozen(_)
            | Event::Thawed(_)
            | Event::Crossed(_)
            | Event::Enabled(_)
            | Event::StopMoved(_)
            | Event::Unwound(_) => self.holding_changed(event),
            Event::Poisoned(_) if self.mode != Mode::Killed => self.mode = Mode::Halted,
            Event::ParentBegun(e) => self.on_holding(e.holding, |h| h.begin(now, e.arrival)),
            Event::VolumeSeen(e) => self.on_holding(e.holding, |h| h.volume_seen(e.traded)),
            Event::AuthLost(_)
            | Event::ReadsPaused(_)
            | Event::Swept(_)
            | Event::DayCounted(_)
            | Event::SlotsUsed(_)
            | Event::ClockSeen(_) => self.account_changed(now, event),
            Event::Hung(_) | Event::Missed(_) | Event::Restated(_) => self.order_shown(event),
            Event::CancelFailed(e) => {
                let order = self.orders.open.get_mut(&e.order);
                order.into_iter().filter_map(|o| o.cancel.as_mut()).for_each(|c| c.failed = true);
            }
            Event::ModeSet(_) | Event::Poisoned(_) | Event::Alert(_) | Event::Repeated(_) => {}
        }
    }

    fn lookup_planned(&mut self, now: Nanos, e: &LookupPlanned) {
        let Some(order) = self.orders.open.get_mut(&e.order) else { return };
        if order.lookup == Nanos::MAX {
            order.unresolved_since = now;
        }
        order.lookup = e.at;
    }

    /// Applies an event about the account as a whole.
    fn account_changed(&mut self, now: Nanos, event: &Event) {
        match event {
            Event::AuthLost(_) => self.limiter.lock_out(now),
            Event::ReadsPaused(e) => {
                self.limiter.reads_until = self.limiter.reads_until.max(e.until);
            }
            Event::Swept(e) => self.swept = e.on,
            Event::DayCounted(e) if e.day >= self.day => {
                (self.day, self.orders_today) = (e.day, e.orders);
            }
            Event::SlotsUsed(e) => {
                let window = usize::try_from(e.window).unwrap_or(usize::MAX);
                self.limiter.used(window, e.n, e.until);
            }
            Event::ClockSeen(e) => self.recon.ahead_ns = e.ahead_ns,
            _ => {}
        }
    }

    /// What happened while a link was down was not told: where rounds are of open orders, one is
    /// due before anything is sent.
    fn link_turned(&mut self, config: &Config, e: &crate::event::LinkTurned) {
        self.links_up[channel_slot(e.channel)] = e.up;
        let strict = config.descriptor.rounds == Some(RoundReads::OpenOrders);
        if e.up && strict && e.channel != Channel::Market {
            self.recon.baseline = false;
        }
    }

    pub(super) fn on_holding(
        &mut self,
        id: HoldingId,
        change: impl FnOnce(&mut super::HoldingState),
    ) {
        if let Some(holding) = self.holdings.get_mut(id.ix()) {
            change(holding);
        }
        self.refresh_busy(id);
    }

    /// A holding is busy while anything of it can move without a new input about it.
    pub(super) fn refresh_busy(&mut self, id: HoldingId) {
        let Some(h) = self.holdings.get(id.ix()) else { return };
        // Not compared with `now`: the pause is ended by an event, never by time alone.
        let resting = h.paused.0 != i64::MIN && h.paused != Nanos::MAX;
        let waiting = h.frozen == Some(Freeze::VenueUnknown) || h.differing > 0;
        if h.staged.lane != Lane::Idle || !h.open.is_empty() || resting || waiting {
            self.busy.insert(id);
        } else {
            self.busy.remove(&id);
        }
    }

    fn round_ended(&mut self, now: Nanos, e: &RoundEnded) {
        self.recon.round = 0;
        (self.recon.ended, self.recon.compared) = (now, e.compared);
        if e.compared && !self.recon.baseline {
            self.recon.baseline = true;
            // Only the first one takes over what it finds; what others did while a process was
            // down is a difference like any other, and activity may explain it.
            if self.recon.since.0 == i64::MIN {
                self.recon.since = now;
            }
        }
    }

    fn compared(&mut self, e: &Compared) {
        let seq = self.seq;
        self.on_holding(e.holding, |h| {
            if h.differing == 0 || e.differing == 1 {
                h.differ_seq = seq;
            }
            (h.skips, h.differing, h.broker) = (e.skips, e.differing, e.broker);
            h.told = e.told;
        });
    }

    fn started(&mut self, config: &Config, now: Nanos, e: &Started) {
        self.epoch = e.epoch;
        self.need_declaring(config, now);
        self.recon.baseline = !e.first && crate::planted!(StartsUnread);
        self.recon.suspicious = true;
        self.recon.round = 0;
        self.wire.clear();
        let held_ns = config.descriptor.held_ns();
        if crate::planted!(NumbersStartAgain) {
            self.orders.last = 0;
        }
        if !e.first && crate::planted!(RestartEmptiesWindows) {
            self.limiter.slots = crate::limiter::Limiter::new(&config.descriptor).slots;
        } else if e.first {
            self.limiter.fill_all(now, held_ns);
        } else {
            self.limiter.restarted(now, held_ns);
        }
        for order in self.orders.open.values_mut() {
            // What had its answer keeps its time; what had none may be tried again at once.
            if let Some(cancel) = order.cancel.as_mut().filter(|c| c.request.is_some()) {
                (cancel.request, cancel.again, cancel.answered) = (None, now, now);
            }
        }
    }

    fn target_set(&mut self, config: &Config, now: Nanos, e: &TargetSet) {
        let seq = self.seq;
        self.on_holding(e.holding, |h| {
            h.target_begins(config, now, e);
            h.target_seq = seq;
            h.flattened = false;
            if crate::planted!(TargetThaws) {
                h.frozen = None;
            }
            if h.paused == Nanos::MAX {
                h.paused = Nanos(i64::MIN);
            }
            if h.is_shared() {
                h.sleeve_target(config, now, e, seq);
                return;
            }
            h.declared = true;
            h.emitted = e.qty;
            h.rounded = e.rounded;
            h.dropped = if crate::planted!(WaiverOutlivesTarget) { h.dropped } else { Qty::ZERO };
            h.rejected = Qty::ZERO;
        });
    }

    fn requested(&mut self, config: &Config, now: Nanos, e: &Requested) {
        self.last_request = self.last_request.max(e.request.0);
        let held_ns = config.descriptor.held_ns();
        self.limiter.take(now, e.class.class(), e.request, held_ns);
        if e.class == RequestClass::Clock {
            self.recon.clock_asked = now;
        }
        let seq = self.seq;
        let on_wire = OnWire { class: e.class, order: e.order, asked: now, asked_seq: seq };
        self.wire.insert(e.request, on_wire);
    }

    fn released(&mut self, config: &Config, now: Nanos, e: &Released) {
        let ticket = e.ticket.clone();
        let key = config.holdings.get(ticket.holding.ix());
        let today = key.map_or(self.day, |key| trading_day(config, key.instrument, now));
        // Calendars of several classes may disagree on the day: the latest counts.
        if today > self.day {
            (self.day, self.orders_today) = (today, 0);
        }
        self.orders_today += 1;
        let mut since = now;
        let repeat_max = usize::try_from(config.risk.repeat_max).unwrap_or(usize::MAX);
        if let Some(h) = self.holdings.get_mut(ticket.holding.ix()) {
            h.open.push(ticket.order);
            h.expose(&ticket, ticket.qty);
            if ticket.intent != Intent::Protect {
                h.begin(now, ticket.arrival);
                h.banded |= ticket.rule == Rule::Band;
                since = since.min(h.carried);
            }
            h.releases.push_back(now);
            while h.releases.len() > repeat_max {
                h.releases.pop_front();
            }
        }
        let holding = ticket.holding;
        let released_seq = self.seq;
        self.orders.add(Order { released_seq, since, ..Order::new(ticket) });
        self.refresh_busy(holding);
    }

    fn cancel_released(&mut self, e: &CancelReleased) {
        let Some(order) = self.orders.open.get_mut(&e.order) else { return };
        let tries = order.cancel.as_ref().map_or(0, |c| c.tries) + 1;
        let request = Some(e.request);
        let (again, answered) = (Nanos::MAX, Nanos::MAX);
        let (why, failed, rule) = (e.why, false, e.rule);
        order.cancel = Some(CancelState { request, why, tries, again, answered, failed, rule });
    }

    fn request_closed(&mut self, config: &Config, now: Nanos, e: &RequestClosed) {
        match e.ending {
            Ending::Answered => self.limiter.closed(now, e.request),
            Ending::Withdrawn => self.limiter.withdrawn(e.request),
            Ending::Unanswered if crate::planted!(LostFreesSlot) => {
                self.limiter.withdrawn(e.request);
            }
            Ending::Unanswered => {}
        }
        let Some(on_wire) = self.wire.remove(&e.request) else { return };
        if on_wire.class.class() == Class::Read {
            let lost = e.ending == Ending::Unanswered;
            self.recon.unanswered = if lost { self.recon.unanswered.saturating_add(1) } else { 0 };
        }
        if on_wire.class == RequestClass::Activity {
            self.recon.activity_tried = now;
        }
        if e.ok {
            self.limiter.strikes = 0;
            match on_wire.class {
                RequestClass::Activity => {
                    self.recon.activity_seq = on_wire.asked_seq;
                    self.recon.activity_asked = on_wire.asked;
                }
                RequestClass::Orders => {
                    self.recon.orders_seq = on_wire.asked_seq;
                    self.recon.all_orders = false;
                }
                RequestClass::OpenOrders => self.recon.open_seq = on_wire.asked_seq,
                _ => {}
            }
        }
        if let Some(order) = on_wire.order.and_then(|no| self.orders.open.get_mut(&no))
            && let Some(cancel) = &mut order.cancel
            && cancel.request == Some(e.request)
        {
            cancel.request = None;
            // Not sent, or refused for a moment: try again soon. Taken: a read comes first.
            let withdrawn = e.ending == Ending::Withdrawn;
            let wait_ns = if withdrawn { 0 } else { config.recon.lookup_ns };
            cancel.again = now.plus(wait_ns);
            cancel.answered = now;
        }
    }

    fn learned(&mut self, config: &Config, now: Nanos, e: &Learned) {
        if !self.orders.open.contains_key(&e.order) {
            self.reopen(e.order);
        }
        let Some(order) = self.orders.open.get_mut(&e.order) else { return };
        let (leaves, paid, fees) = (order.leaves(), order.paid(), order.known.fees);
        let kept = order.known.kept;
        let lot = lot_of(config, order.ticket.holding);
        let shared = self.holdings.get(order.ticket.holding.ix()).is_some_and(|h| h.is_shared());
        let booked = shared.then(|| Booked::of(order, lot));
        let Some(delta) = order.learn(e.item.clone(), &config.descriptor) else {
            return;
        };
        if !order.needs_lookup() {
            order.lookup = Nanos::MAX;
        }
        let (side, holding) = (order.ticket.side, order.ticket.holding);
        let leaves_change = order.leaves() - leaves;
        let paid_change = spent(side, order.paid() - paid) + (order.known.fees - fees);
        // A cumulative number is not older than its order, nor than the executions before it.
        let released = order.ticket.released;
        let effective = match &e.item {
            Item::Fill(fill) => fill.time.max(released).min(now),
            _ => order.evidence.last_fill().unwrap_or(released).max(released).min(now),
        };
        let ours = matches!(e.item, Item::Fill(_) | Item::Cum(_));
        // What the broker keeps in kind never arrives.
        let kept = order.known.kept - kept;
        let seq = self.seq;
        let Some(h) = self.holdings.get_mut(holding.ix()) else { return };
        h.expose(&order.ticket, leaves_change);
        h.cash -= paid_change;
        let delta = side.signed(delta);
        h.own += delta - kept;
        if order.ticket.intent == Intent::Protect {
            // What a stop closed is not bought back before another target is declared. What it
            // did beyond that, a twin of it say, is on the wrong side of zero and is.
            let within = |own: Qty| match side {
                Side::Buy => own.min(Qty::ZERO),
                Side::Sell => own.max(Qty::ZERO),
            };
            let closed = within(h.own) - within(h.own - delta);
            h.sleeve_stopped(closed);
        }
        if let Item::AmendSent(amend) = &e.item {
            h.banded |= amend.rule == Rule::Band;
        }
        // What was sent after the correction cannot be what it stood for.
        let since = if released < h.placeholder_time { effective } else { Nanos::MAX };
        let same_way = delta.0.signum() == h.placeholder.0.signum();
        if same_way && !delta.is_zero() {
            // Whether it is what was adopted or comes on top is for a read to say: nothing is
            // sent before the numbers agree.
            h.skips = config.recon.skips_max;
        }
        let replaced = replace_placeholder(h, delta, since);
        if let Some(booked) = booked {
            h.book(order, &booked, lot);
            h.kept(order, kept);
            h.unplace(replaced, h.placeholder_px);
            h.sum_up();
        }
        if ours {
            (h.streak, h.code) = (0, 0);
        }
        // What moves no quantity cannot race with a read of positions.
        if !delta.is_zero() || !kept.is_zero() {
            (h.moved_seq, h.moved) = (seq, now);
        }
    }

    fn reopen(&mut self, no: OrderNo) {
        self.orders.reopen(no);
        let Some(order) = self.orders.open.get_mut(&no) else { return };
        let (holding, leaves) = (order.ticket.holding, order.leaves());
        let ticket = order.ticket.clone();
        let (dropped, rejected) = (order.dropped, order.rejected);
        (order.dropped, order.rejected) = (Qty::ZERO, Qty::ZERO);
        let waived_seq = order.waived_seq;
        let waived = std::mem::take(&mut order.waived);
        if let Some(h) = self.holdings.get_mut(holding.ix()) {
            // What it waived is not settled any more, unless a target has rebased since.
            if h.is_shared() {
                h.sleeve_waived(&waived, (dropped, rejected), Some(waived_seq), None);
            } else if waived_seq > h.target_seq {
                h.dropped -= dropped;
                h.rejected -= rejected;
            }
            h.open.push(no);
            h.open.sort_unstable();
            h.expose(&ticket, leaves);
        }
        self.refresh_busy(holding);
    }

    fn closed(&mut self, config: &Config, now: Nanos, e: &Closed) {
        let seq = self.seq;
        let Some(order) = self.orders.open.get_mut(&e.order) else { return };
        let (holding, leaves) = (order.ticket.holding, order.leaves());
        (order.dropped, order.rejected, order.waived_seq) = (e.dropped, e.rejected, seq);
        let released = order.ticket.released;
        order.waived.clone_from(&e.shares);
        if let Some(h) = self.holdings.get_mut(holding.ix()) {
            h.open.retain(|no| *no != e.order);
            h.expose(&order.ticket, -leaves);
            if order.cancel.as_ref().is_some_and(|c| c.why == CancelWhy::Reprice) {
                h.carried = h.carried.min(order.since);
            }
            h.dropped += e.dropped;
            h.rejected += e.rejected;
            let key = config.holdings.get(holding.ix());
            let session = key.and_then(|key| session_at(config, key.instrument, released));
            h.terms.waived_session = h.terms.waived_session.max(session);
            if h.is_shared() {
                h.sleeve_waived(&e.shares, (e.dropped, e.rejected), None, session);
            }
        }
        let forgets = crate::planted!(ForgottenAtTheEnd);
        let horizon_ns = if forgets { 0 } else { config.replay_horizon_ns };
        self.orders.close(e.order, now, horizon_ns);
        self.refresh_busy(holding);
    }

    fn corrected(&mut self, now: Nanos, e: &Corrected) {
        if let Some(exec_id) = e.exec_id {
            self.recon.externals.insert(exec_id);
        }
        let seq = self.seq;
        self.on_holding(e.holding, |h| {
            h.adopted(e);
            h.own += e.own;
            h.manual += e.manual;
            let px = e.px.unwrap_or_else(|| h.mark.as_ref().map_or(Px::ZERO, Quote::mid));
            h.cash -= e.own.times(px);
            h.sleeve_corrected(&e.shares, e.own, px, e.placeholder);
            if e.placeholder {
                h.placeholder += e.own + e.manual;
                h.placed_own += e.own;
                h.placeholder_time = now;
                h.placeholder_px = px;
            }
            (h.skips, h.differing, h.told) = (0, 0, false);
            (h.moved_seq, h.moved) = (seq, now);
        });
    }

    fn adopted(&mut self, e: &Adopted) {
        self.on_holding(e.holding, |h| {
            let px = h.mark.as_ref().map_or(Px::ZERO, Quote::mid);
            h.own += e.qty;
            h.manual -= e.qty;
            h.cash -= e.qty.times(px);
            let of_others = h.placeholder - h.placed_own;
            let named = |qty: Qty| e.sleeve.map(|sleeve| Share { sleeve, qty });
            if of_others.0.signum() == e.qty.0.signum() {
                // Part of what was adopted may be what a late fill explains: it is theirs now.
                let moved = Qty(of_others.0.abs().min(e.qty.0.abs()) * e.qty.0.signum());
                h.placed_own += moved;
                h.sleeve_placed(named(moved).as_slice(), moved);
            }
            h.sleeve_corrected(named(e.qty).as_slice(), e.qty, px, false);
        });
    }

    fn staged(&mut self, e: &Staged) {
        let seq = self.seq;
        self.on_holding(e.holding, |h| {
            if h.staged.lane != e.lane {
                h.queued = seq;
            }
            h.mark = e.mark.or(h.mark);
            h.staged = e.clone();
            if e.lane == Lane::Idle && e.blocked == Block::Open && !h.is_working() {
                h.end_parent();
            }
        });
    }
}

/// A fill that was effective before a correction was adopted is contained in it: it takes the
/// place of the placeholder unit for unit, and the position does not move twice. Returns what
/// was taken back from strategies.
fn replace_placeholder(h: &mut super::HoldingState, delta: Qty, effective: Nanos) -> Qty {
    let same_way = delta.0.signum() == h.placeholder.0.signum() && !delta.is_zero();
    if !same_way || effective > h.placeholder_time {
        return Qty::ZERO;
    }
    let size = delta.0.abs().min(h.placeholder.0.abs());
    let replaced = Qty(size * delta.0.signum());
    // It is taken back from whom it was booked to: from nobody's part first.
    let of_others = h.placeholder - h.placed_own;
    let from_manual = if of_others.0.signum() == replaced.0.signum() {
        Qty(size.min(of_others.0.abs()) * replaced.0.signum())
    } else {
        Qty::ZERO
    };
    h.placeholder -= replaced;
    h.placed_own -= replaced - from_manual;
    h.manual -= from_manual;
    h.own -= replaced - from_manual;
    // The correction's money goes with it: the fill brings its own.
    h.cash += (replaced - from_manual).times(h.placeholder_px);
    replaced - from_manual
}

/// Money that what was bought or sold costs.
fn spent(side: Side, notional: Amount) -> Amount {
    let paid = side == Side::Buy || crate::planted!(SellIsABuy);
    if paid { notional } else { -notional }
}

/// The step of quantities of a holding.
fn lot_of(config: &Config, holding: HoldingId) -> Qty {
    let key = config.holdings.get(holding.ix());
    let rules = key.and_then(|key| config.instruments.get(key.instrument.ix()));
    rules.map_or(Qty(1), |rules| rules.lot)
}

/// Position of a channel in [`State::links_up`].
#[must_use]
pub const fn channel_slot(channel: Channel) -> usize {
    match channel {
        Channel::Stream => 0,
        Channel::Rest => 1,
        Channel::Market => 2,
    }
}
