//! The ladder: where every missing unit is (law 8).
//!
//! The counters are derived from positions, open orders and waivers and recorded whenever they
//! move: Q4 admitted, Q5 released, Q6 accepted, Q7 filled. (Q2 and Q3 are in `TargetSet`, Q8
//! moves with corrections; Q0 and Q1 are the strategy's own decisions.)

use super::deciding::Deciding;
use super::plan::next_action;
use super::sharing;
use super::working::{self, Working};
use crate::alert::AlertCode;
use crate::event::{
    Block, DayEnded, Event, Lane, Marked, QueueReason, Staged, WireReason, WorkReason,
};
use crate::ids::HoldingId;
use crate::num::Qty;

/// What people are told of when it keeps a target from being reached; open for anything else.
fn hindrance(gate: Block, blocked: Block) -> Block {
    let told = |block: Block| {
        matches!(
            block,
            Block::Expired
                | Block::Frozen
                | Block::DayOrders
                | Block::Ambiguous
                | Block::Unsellable
                | Block::Redeclare
        )
    };
    [gate, blocked].into_iter().find(|block| told(*block)).unwrap_or(Block::Open)
}

/// What the price of an order has shown to be in the way (too small, beyond a limit, no fresh
/// quote, a wide spread) stays so until something of it moves: the plan, which knows no price,
/// would call it free each time somebody looks, and people would be told again each time it is
/// tried.
fn still_held(staged: Staged, before: &Staged, tried: bool) -> Staged {
    let by_price =
        matches!(before.blocked, Block::Dust | Block::Risk | Block::Stale | Block::Spread);
    let as_before = Staged { blocked: before.blocked, mark: before.mark, ..staged.clone() };
    if by_price && !tried && staged.blocked == Block::Open && as_before == *before {
        return Staged { mark: None, ..as_before };
    }
    staged
}

impl Deciding<'_> {
    /// Records the ladder of a holding if it moved.
    pub fn stage(&mut self, holding: HoldingId) {
        let now = self.now();
        let h = self.state.holding(holding);
        let (mut in_flight, mut working) = (Qty::ZERO, Qty::ZERO);
        let open = h.open.iter().filter_map(|no| self.state.orders.open.get(no));
        for order in open.filter(|o| o.is_exposure()) {
            let leaves = order.ticket.side.signed(order.leaves());
            if order.known.exists {
                working += leaves;
            } else {
                in_flight += leaves;
            }
        }
        let Working { target, gate } = working::working(self.config, self.state, holding, now);
        let (lane, blocked) = next_action(self.config, self.state, holding, now).place_in_queue();
        // What stopped the release of this step says more than the plan can know.
        let held = self.held.iter().rev().find(|(id, _)| *id == holding).map(|(_, block)| *block);
        let blocked = held.filter(|_| blocked == Block::Open).unwrap_or(blocked);
        let backing_off = self.state.limiter.silent_until > now && lane != Lane::Idle;
        let filled = h.own;
        let accepted = filled + working + h.dropped;
        let released = accepted + in_flight + h.rejected;
        let admitted = target + h.waived();
        let staged = Staged {
            holding,
            admitted,
            released,
            accepted,
            filled,
            queue_reason: if backing_off { QueueReason::Backoff } else { QueueReason::Queue },
            wire_reason: if h.rejected.is_zero() { WireReason::Wire } else { WireReason::Rejected },
            work_reason: if h.dropped.is_zero() { WorkReason::Work } else { WorkReason::Dropped },
            lane,
            blocked,
            mark: None,
            gate,
            sleeves: sharing::admitted(self.config, self.state, holding, now),
        };
        let staged = still_held(staged, &h.staged, held.is_some());
        let same = staged == Staged { mark: None, ..h.staged.clone() };
        let new = h.staged.holding != holding;
        if same || (new && staged == crate::state::holding::idle_stage(holding)) {
            return;
        }
        let mark = self.quote(self.config.holdings[holding.ix()].instrument);
        let before = h.staged.clone();
        self.emit(Event::Staged(Staged { mark, ..staged.clone() }));
        self.tell_stage(holding, &before, &staged);
    }

    /// People are told of what keeps a target from being reached, once.
    fn tell_stage(&mut self, holding: HoldingId, before: &Staged, staged: &Staged) {
        let h = self.state.holding(holding);
        let begins = |block: Block| staged.blocked == block && before.blocked != block;
        let ending = staged.gate == Block::Expiry && before.gate != Block::Expiry;
        let why = hindrance(staged.gate, staged.blocked);
        let known = hindrance(before.gate, before.blocked);
        let fresh = self.step.events.iter().any(|event| match event {
            Event::TargetSet(set) => set.holding == holding,
            _ => false,
        });
        let short = h.rounded != h.own && why != Block::Open && (fresh || why != known);
        if short {
            let text = format!("the target cannot be reached now: {why}");
            self.alert(AlertCode::Unconverged, Some(holding), None, text);
        }
        if why == Block::Unsellable && known != why {
            let text = "what a purchase leaves after its fee could not be sold again".to_owned();
            self.alert(AlertCode::Dust, Some(holding), None, text);
        }
        if ending {
            self.tell_expiry(holding);
        }
        if begins(Block::Netted) && !self.config.crossing {
            let text = "two strategies want opposite sides; crossing is off".to_owned();
            self.alert(AlertCode::Unconverged, Some(holding), None, text);
        }
        if begins(Block::Risk) {
            let text = "a limit or the distance from the mid keeps it from being sent".to_owned();
            self.alert(AlertCode::Unconverged, Some(holding), None, text);
        }
        if begins(Block::Dust) {
            let text = "what is missing is too small to be traded".to_owned();
            self.alert(AlertCode::Dust, Some(holding), None, text);
        }
    }

    /// Executions that the broker has shown by their quantity alone are booked at the limit; people
    /// are told when the day closes over them.
    fn tell_unpriced(&mut self) {
        let orders = &self.state.orders;
        let closed = orders.unpriced.iter().filter_map(|no| orders.get(*no));
        let unpriced: Vec<_> =
            closed.map(|o| (o.ticket.order, o.ticket.holding, o.known.unpriced, o.px())).collect();
        for (order, holding, qty, px) in unpriced {
            let text = format!(
                "the broker has not shown at what price {qty} of the order was filled: it is \
                 booked at its limit, {px}"
            );
            self.alert(AlertCode::Unreadable, Some(holding), Some(order), text);
        }
    }

    pub fn day_end(&mut self) {
        for mark in self.envelope.marks.clone() {
            for at in 0..self.config.holdings.len() {
                if self.config.holdings[at].instrument != mark.instrument || !mark.quote.is_sane() {
                    continue;
                }
                let Ok(at) = u32::try_from(at) else { continue };
                let holding = HoldingId(at);
                self.emit(Event::Marked(Marked { holding, quote: mark.quote }));
                if self.config.risk.position_notional_max.is_some() {
                    // A limit in money is another one at the price of the close.
                    self.touch(holding);
                }
            }
        }
        if self.config.descriptor.appear_max_ns.is_none() {
            self.void_unknown(None);
        }
        self.tell_unpriced();
        self.emit(Event::DayEnded(DayEnded {}));
    }
}
