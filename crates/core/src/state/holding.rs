//! What is known of one holding key: positions of its sleeves, target, waivers, drift.

use super::State;
use super::sleeve::SleeveState;
use super::terms::Terms;
use crate::config::Config;
use crate::event::{
    Block, Enabled, Event, Freeze, Lane, QueueReason, Staged, TargetSet, WireReason, WorkReason,
};
use crate::ids::{HoldingId, OrderNo};
use crate::num::{Amount, Px, Qty};
use crate::order::{Intent, Ticket};
use crate::quote::Quote;
use crate::request::Side;
use crate::time::Nanos;
use std::collections::VecDeque;

/// State of a holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingState {
    /// A target was ever declared. No target is not a target of zero.
    pub declared: bool,
    /// The strategy's target as it said it; the engine never changes it.
    pub emitted: Qty,
    /// The target on the lot grid.
    pub rounded: Qty,
    /// Position of the strategy's sleeve.
    pub own: Qty,
    /// Position of the manual sleeve.
    pub manual: Qty,
    /// Signed remainder that was cancelled or expired and is not wanted any more.
    pub dropped: Qty,
    /// Signed remainder that was refused.
    pub rejected: Qty,
    /// Why nothing new is sent.
    pub frozen: Option<Freeze>,
    /// Rests until; the beginning of time when it does not.
    pub paused: Nanos,
    /// Equal refusals in a row.
    pub streak: u32,
    /// Number of the code of the last refusal.
    pub code: u32,
    /// Comparisons skipped in a row.
    pub skips: u32,
    /// Agreeing reads that differ from us.
    pub differing: u32,
    /// What they show.
    pub broker: Qty,
    /// People were told of the difference.
    pub told: bool,
    /// [`super::State::seq`] at which the first of them was seen.
    pub differ_seq: u64,
    /// [`super::State::seq`] of the present target.
    pub target_seq: u64,
    /// Price at which the placeholder was booked.
    pub placeholder_px: Px,
    /// Signed part of the position that was adopted without knowing the fills behind it.
    pub placeholder: Qty,
    /// The part of it that was taken from, or given to, strategies; the rest is manual.
    pub placed_own: Qty,
    /// Evidence effective by then replaces the placeholder.
    pub placeholder_time: Nanos,
    /// [`super::State::seq`] of the last movement.
    pub moved_seq: u64,
    /// Time of the last movement.
    pub moved: Nanos,
    /// The ladder as it was last recorded.
    pub staged: Staged,
    /// [`super::State::seq`] at which the present lane was entered: the place in the queue.
    pub queued: u64,
    /// Money received minus money paid for the strategy's position.
    pub cash: Amount,
    /// Value at the last day end.
    pub day_base: Amount,
    /// The last mark.
    pub mark: Option<Quote>,
    /// Its strategies, where several trade it: the totals above are sums over them.
    pub sleeves: Vec<SleeveState>,
    /// Times of the last releases, for the repeated-execution throttle.
    pub releases: VecDeque<Nanos>,
    /// How and when the present target was declared.
    pub terms: Terms,
    /// When the present need became due; the beginning of time when nothing is due.
    pub begun: Nanos,
    /// The position when it did.
    pub from: Qty,
    /// The mid when it did: the arrival price.
    pub arrival: Px,
    /// What others traded when the need began, as far as it follows their volume and was told.
    pub traded_from: Option<Qty>,
    /// What others have traded.
    pub traded: Qty,
    /// Since when the patience of an order counts that replaces another; the end of time when
    /// none was replaced.
    pub carried: Nanos,
    /// The last rung of an exit was reached, and people were told.
    pub banded: bool,
    /// The filled part is unwound: the position goes back to [`Self::base`].
    pub unwound: bool,
    /// A flatten asked for nothing here; a target declared since ends that.
    pub flattened: bool,
    /// Price of the protective stop that the target carries.
    pub stop_px: Option<Px>,
    /// Open orders (a cache of the order table).
    pub open: Vec<OrderNo>,
    /// Worst-case open quantity on the buy side (a cache).
    pub buying: Qty,
    /// Worst-case open quantity on the sell side, positive (a cache).
    pub selling: Qty,
}

impl Default for HoldingState {
    fn default() -> Self {
        Self {
            declared: false,
            emitted: Qty::ZERO,
            rounded: Qty::ZERO,
            own: Qty::ZERO,
            manual: Qty::ZERO,
            dropped: Qty::ZERO,
            rejected: Qty::ZERO,
            frozen: None,
            paused: Nanos(i64::MIN),
            streak: 0,
            code: 0,
            skips: 0,
            differing: 0,
            broker: Qty::ZERO,
            told: false,
            differ_seq: 0,
            target_seq: 0,
            placeholder_px: Px::ZERO,
            placeholder: Qty::ZERO,
            placed_own: Qty::ZERO,
            placeholder_time: Nanos(i64::MIN),
            moved_seq: 0,
            moved: Nanos(i64::MIN),
            staged: idle_stage(HoldingId(0)),
            queued: 0,
            cash: Amount::ZERO,
            day_base: Amount::ZERO,
            mark: None,
            sleeves: Vec::new(),
            releases: VecDeque::new(),
            terms: Terms::default(),
            begun: Nanos(i64::MIN),
            from: Qty::ZERO,
            arrival: Px::ZERO,
            traded_from: None,
            traded: Qty::ZERO,
            carried: Nanos::MAX,
            banded: false,
            unwound: false,
            flattened: false,
            stop_px: None,
            open: Vec::new(),
            buying: Qty::ZERO,
            selling: Qty::ZERO,
        }
    }
}

/// The ladder of a holding in which nothing ever moved.
#[must_use]
pub fn idle_stage(holding: HoldingId) -> Staged {
    Staged {
        holding,
        admitted: Qty::ZERO,
        released: Qty::ZERO,
        accepted: Qty::ZERO,
        filled: Qty::ZERO,
        queue_reason: QueueReason::Queue,
        wire_reason: WireReason::Wire,
        work_reason: WorkReason::Work,
        lane: Lane::Idle,
        blocked: Block::Open,
        mark: None,
        gate: Block::Open,
        sleeves: Vec::new(),
    }
}

impl HoldingState {
    /// What the engine believes the broker holds: all sleeves.
    #[must_use]
    pub fn total(&self) -> Qty {
        self.own + self.manual
    }

    /// Something is due: patience, chase and schedule count from [`Self::begun`].
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.0 != i64::MIN
    }

    /// A need begins at `now`; nothing if one has begun before. What is unwound goes back to
    /// where it came from, however often its way back begins again.
    pub fn begin(&mut self, now: Nanos, arrival: Px) {
        if !self.has_begun() {
            let from = if self.unwound { self.from } else { self.own };
            (self.begun, self.from, self.arrival) = (now, from, arrival);
        }
    }

    /// A target is set. The same one declared again goes on with what has begun, unless it opens
    /// again what was waived. Of several strategies none takes the others' time from them: what
    /// works already goes on as it has begun.
    pub(super) fn target_begins(&mut self, config: &Config, now: Nanos, e: &TargetSet) {
        let (shared, works) = (self.is_shared(), self.is_working());
        let s = self.sleeve(e.sleeve);
        let new = !s.declared || s.emitted != e.qty || !s.waived().is_zero();
        if new && !(shared && works) {
            let arrival = self.mark.as_ref().map_or(self.arrival, Quote::mid);
            self.end_parent();
            if works {
                // What works already goes on for the new target.
                self.begin(now, arrival);
            }
        }
        if !shared {
            self.terms = self.terms.of_new(config, now, e, self.own);
            (self.unwound, self.stop_px) = (false, e.stop_px);
        }
    }

    /// What others traded in all, as told while the need is worked on.
    pub(super) fn volume_seen(&mut self, traded: Qty) {
        self.traded_from.get_or_insert(traded);
        self.traded = self.traded.max(traded);
    }

    /// A flatten: nothing is wanted before a target is declared again.
    pub(super) fn flatten(&mut self) {
        self.flattened = self.declared && !self.is_shared();
        for s in &mut self.sleeves {
            s.flattened = s.declared.then_some(true);
        }
    }

    /// The need is met or was replaced: a later one is a new parent.
    pub fn end_parent(&mut self) {
        (self.begun, self.carried) = (Nanos(i64::MIN), Nanos::MAX);
        (self.arrival, self.banded) = (Px::ZERO, false);
        (self.traded_from, self.traded) = (None, Qty::ZERO);
    }

    /// Where exposure toward the target began: the position of the parent, or zero where the
    /// target is on the other side of it.
    #[must_use]
    pub fn base(&self) -> Qty {
        let target = self.rounded;
        self.from.max(target.min(Qty::ZERO)).min(target.max(Qty::ZERO))
    }

    /// What is aimed at before waivers and limits: the target, or the base when what was filled
    /// is unwound.
    #[must_use]
    pub fn aim(&self) -> Qty {
        if self.unwound { self.base() } else { self.rounded }
    }

    /// Something of ours may still fill, stops aside: they are contingent.
    #[must_use]
    pub fn is_working(&self) -> bool {
        !self.buying.is_zero() || !self.selling.is_zero()
    }

    /// Counts a change of the quantity of an order that may still fill.
    pub fn expose(&mut self, ticket: &Ticket, change: Qty) {
        match (ticket.intent, ticket.side) {
            // Contingent: it counts where stops and exits are compared, not here.
            (Intent::Protect, _) => {}
            (_, Side::Buy) => self.buying += change,
            (_, Side::Sell) => self.selling += change,
        }
    }

    /// Signed remainder that is waived.
    #[must_use]
    pub fn waived(&self) -> Qty {
        self.dropped + self.rejected
    }

    /// Value of the strategy's sleeve, before the multiplier: cash plus position at the mark.
    #[must_use]
    pub fn value(&self) -> Amount {
        let mid = self.mark.as_ref().map_or(Px::ZERO, Quote::mid);
        self.cash + self.own.times(mid)
    }

    /// The broker's number differs, and not merely by a fill whose message is under way: with
    /// open orders one differing read is not yet news, orders are read first. While a correction
    /// waits for its evidence it is: what came may have been taken for it.
    #[must_use]
    pub fn is_drifting(&self) -> bool {
        let patient = !self.open.is_empty() && self.placeholder.is_zero();
        self.differing > u32::from(patient)
    }

    /// Rests after refusals.
    #[must_use]
    pub fn is_paused(&self, now: Nanos) -> bool {
        self.paused > now
    }
}

impl State {
    /// Events about what a holding may do besides its terms: pauses, freezes, stops, unwinding,
    /// strategies switched on and off, and what they trade inside.
    pub(super) fn holding_changed(&mut self, event: &Event) {
        match event {
            Event::Unpaused(e) => self.on_holding(e.holding, |h| {
                h.paused = Nanos(i64::MIN);
                h.rejected = Qty::ZERO;
                h.sleeves.iter_mut().for_each(|s| s.rejected = Qty::ZERO);
            }),
            Event::Frozen(e) => self.on_holding(e.holding, |h| h.frozen = Some(e.why)),
            Event::Thawed(e) => self.on_holding(e.holding, |h| {
                h.frozen = None;
                h.settled();
            }),
            Event::Crossed(e) => self.on_holding(e.holding, |h| h.crossed(e)),
            Event::Enabled(e) => self.enabled(e),
            // Stops and unwinding are of keys with one strategy.
            Event::StopMoved(e) => self.on_holding(e.holding, |h| {
                h.stop_px = e.stop_px.filter(|_| !h.is_shared());
            }),
            Event::Unwound(e) => self.on_holding(e.holding, |h| {
                if !h.is_shared() {
                    h.unwound = true;
                    h.dropped = h.rounded - h.base() - h.rejected;
                }
            }),
            _ => {}
        }
    }

    fn enabled(&mut self, e: &Enabled) {
        if e.on {
            self.disabled.remove(&e.sleeve);
        } else {
            self.disabled.insert(e.sleeve);
        }
        self.holdings.iter_mut().for_each(|h| h.sleeve_enabled(e.sleeve, e.on));
    }
}
