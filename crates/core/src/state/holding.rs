//! What is known of one holding key: positions of its sleeves, target, waivers, drift.

use super::sleeve::SleeveState;
use crate::event::{Block, Freeze, Lane, QueueReason, Staged, WireReason, WorkReason};
use crate::ids::{HoldingId, OrderNo};
use crate::num::{Amount, Px, Qty};
use crate::quote::Quote;
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
        sleeves: Vec::new(),
    }
}

impl HoldingState {
    /// What the engine believes the broker holds: all sleeves.
    #[must_use]
    pub fn total(&self) -> Qty {
        self.own + self.manual
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
    /// open orders one differing read is not yet news, orders are read first.
    #[must_use]
    pub fn is_drifting(&self) -> bool {
        self.differing > u32::from(!self.open.is_empty())
    }

    /// Rests after refusals.
    #[must_use]
    pub fn is_paused(&self, now: Nanos) -> bool {
        self.paused > now
    }
}
