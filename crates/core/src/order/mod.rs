//! An order: what we asked for, and the evidence about what became of it.
//!
//! Entry points: [`Order`], [`evidence::Item`], [`fold::fold`], [`amends::Terms`].
//!
//! Invariants:
//! 1. [`Order::known`] is always `fold(evidence)`: it is a cache, never an opinion.
//! 2. Evidence is only ever added.
//! 3. Until `known.done`, the whole unfilled quantity is exposure, whatever anybody claims.
//! 4. Until an amend is settled, the larger of the two quantities is exposure (law 5).

pub mod amends;
pub mod evidence;
pub mod fold;
pub mod shares;
#[cfg(test)]
mod tests;

use crate::ids::{ClOrdId, HoldingId, OrderNo, RequestId, VenueText};
use crate::num::{Amount, Px, Qty};
use crate::record::{code_enum, records};
use crate::request::Side;
use crate::time::Nanos;
use evidence::{Evidence, Item};
use fold::Known;
use shares::Share;

code_enum! {
    /// What an order is for.
    pub enum Intent {
        /// It adds exposure.
        Entry = 1 "entry",
        /// It reduces exposure.
        Exit = 2 "exit",
        /// It rests at the exchange as a stop for what is held: contingent, outside LeavesQty.
        Protect = 3 "protect",
    }

    /// Which rule of the policy made a price or ended an order.
    pub enum Rule {
        /// The far touch plus the collar.
        Marketable = 1 "marketable",
        /// The near touch.
        Near = 2 "near",
        /// Half way.
        Mid = 3 "mid",
        /// A given price.
        Given = 4 "given",
        /// Patience ended: the far touch plus the collar.
        Crossed = 5 "crossed",
        /// A step of a chase.
        ChaseStep = 6 "chase_step",
        /// The last rung of an exit: the edge of the price band.
        Band = 7 "band",
        /// The close began.
        AtClose = 8 "at_close",
        /// The market moved away from a resting order.
        Requote = 9 "requote",
        /// The plan has less room.
        Excess = 10 "excess",
        /// Patience ended: the remainder is not wanted.
        Patience = 11 "patience",
        /// The chase ended: the remainder is not wanted.
        ChaseEnd = 12 "chase_end",
        /// Too little filled: it is unwound.
        MinFill = 13 "min_fill",
        /// The protective stop of the target.
        Stop = 14 "stop",
        /// An exit is to be released: the stop gives way.
        GiveWay = 15 "give_way",
        /// Kill.
        Kill = 16 "kill",
        /// Not of this start: found at the broker.
        Found = 17 "found",
    }

    /// What is known of an amend.
    pub enum AmendEnd {
        /// It is in force.
        Taken = 1 "taken",
        /// Refused for sure: the old terms stand, and it is not tried again.
        Refused = 2 "refused",
        /// Never left us, or refused for a moment: the old terms stand.
        Unsent = 3 "unsent",
        /// A read asked later than it could arrive shows the old terms.
        Unseen = 4 "unseen",
        /// No certain outcome; it is not an end.
        Unclear = 5 "unclear",
        /// A read shows the order on its terms: nothing more than they allow can have filled.
        Checked = 6 "checked",
    }

    /// Why an order is cancelled.
    pub enum CancelWhy {
        /// The plan has no room for it any more.
        Excess = 1 "excess",
        /// Its patience ended; the remainder is waived.
        Remainder = 2 "remainder",
        /// Kill or flatten.
        Kill = 3 "kill",
        /// Its price is not that of its policy any more; it is placed anew.
        Reprice = 4 "reprice",
    }
}

impl Rule {
    /// The protective stop itself, not what makes it give way.
    #[must_use]
    pub const fn is_stop(self) -> bool {
        matches!(self, Self::Stop)
    }
}

records! {
    /// What was asked for when the order was released.
    pub struct Ticket {
        /// Serial number.
        pub order: OrderNo = 1,
        /// Our id.
        pub cl_ord_id: ClOrdId = 2,
        /// The write that carries it.
        pub request: RequestId = 3,
        /// What is traded, for whom.
        pub holding: HoldingId = 4,
        /// Side.
        pub side: Side = 5,
        /// OrderQty.
        pub qty: Qty = 6,
        /// Limit price.
        pub px: Px = 7,
        /// Entry or exit.
        pub intent: Intent = 8,
        /// When it was released.
        pub released: Nanos = 9,
        /// Mid at the release: the arrival price.
        pub arrival: Px = 10,
        /// The rule of its price.
        pub rule: Rule = 11,
        /// Step of a chase.
        pub step: u32 = 12,
        /// StopPx of a protective stop.
        pub stop_px: Option<Px> = 13,
        /// For whom, where several strategies trade the holding: positive, summing to OrderQty,
        /// in canonical order. Empty means all of it for the first.
        pub shares: Vec<Share> = 20,
    }

    /// A cancel of ours.
    pub struct CancelState {
        /// The write, while it has no answer.
        pub request: Option<RequestId> = 1,
        /// Why.
        pub why: CancelWhy = 2,
        /// Cancels sent so far.
        pub tries: u32 = 3,
        /// Not again before.
        pub again: Nanos = 4,
        /// When its answer came.
        pub answered: Nanos = 5,
        /// A read asked after the answer showed the order alive: the cancel failed.
        pub failed: bool = 6,
        /// Which rule wanted it.
        pub rule: Rule = 7,
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What was asked for.
    pub ticket: Ticket,
    /// The broker's id, once known.
    pub order_id: Option<VenueText>,
    /// All evidence.
    pub evidence: Evidence,
    /// What follows from it.
    pub known: Known,
    /// Our cancel, if any.
    pub cancel: Option<CancelState>,
    /// Not looked up again before.
    pub lookup: Nanos,
    /// Since when it is unresolved.
    pub unresolved_since: Nanos,
    /// Journal record of its release.
    pub released_seq: u64,
    /// Since when its patience counts: its release, or that of what it replaces.
    pub since: Nanos,
    /// Signed remainder that was waived as dropped when it closed, and where in the journal.
    pub dropped: Qty,
    /// Signed remainder that was waived as refused when it closed.
    pub rejected: Qty,
    /// Journal record of the closing that waived.
    pub waived_seq: u64,
    /// What of the waiver is whose; empty where one strategy trades the holding.
    pub waived: Vec<Share>,
    /// The broker shows it as pending or as being cancelled.
    pub hung: Option<Hang>,
    /// A list of open orders did not have it: it is looked up.
    pub missed: bool,
    /// It stands under another instrument than the one sent: it has to go.
    pub misplaced: bool,
}

/// An order that the broker shows as pending or as being cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hang {
    /// Since when.
    pub since: Nanos,
    /// It is being cancelled: another cancel would change nothing.
    pub cancelling: bool,
}

impl Order {
    /// A released order without any evidence.
    #[must_use]
    pub fn new(ticket: Ticket) -> Self {
        let released = ticket.released;
        let terms = amends::Terms { worst: ticket.qty, most: ticket.qty, ..Default::default() };
        Self {
            ticket,
            order_id: None,
            evidence: Evidence::default(),
            known: Known { terms, ..Known::default() },
            cancel: None,
            lookup: Nanos::MAX,
            unresolved_since: released,
            released_seq: 0,
            since: released,
            dropped: Qty::ZERO,
            rejected: Qty::ZERO,
            waived_seq: 0,
            waived: Vec::new(),
            hung: None,
            missed: false,
            misplaced: false,
        }
    }

    /// Adds an item and computes again what follows. Returns the change of the filled quantity,
    /// not signed by side; `None` if the item was there already.
    pub fn learn(&mut self, item: Item, trust: impl Into<fold::Trust>) -> Option<Qty> {
        if !self.evidence.insert(item) {
            return None;
        }
        self.order_id = self.evidence.items().iter().find_map(|item| match item {
            Item::Ack(ack) if !ack.order_id.is_empty() => Some(ack.order_id),
            _ => None,
        });
        let before = self.known.filled;
        self.known = fold::fold(&self.evidence, self.ticket.qty, trust);
        Some(self.known.filled - before)
    }

    /// Quantity that may still fill: worst case, positive.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        if self.known.done || self.is_unknown() && crate::planted!(UnknownIsNotExposure) {
            return Qty::ZERO;
        }
        (self.known.terms.worst - self.known.filled).max(Qty::ZERO)
    }

    /// OrderQty in force: that of the last amend that was taken.
    #[must_use]
    pub fn qty(&self) -> Qty {
        self.known.terms.in_force.as_ref().map_or(self.ticket.qty, |terms| terms.qty)
    }

    /// Limit price in force.
    #[must_use]
    pub fn px(&self) -> Px {
        self.known.terms.in_force.as_ref().map_or(self.ticket.px, |terms| terms.px)
    }

    /// StopPx in force.
    #[must_use]
    pub fn stop_px(&self) -> Option<Px> {
        let terms = self.known.terms.in_force.as_ref();
        terms.map_or(self.ticket.stop_px, |terms| terms.stop_px)
    }

    /// When it was priced.
    #[must_use]
    pub fn priced(&self) -> Nanos {
        self.known.terms.priced.unwrap_or(self.ticket.released)
    }

    /// It counts in exposure and LeavesQty; a stop is contingent and does not.
    #[must_use]
    pub fn is_exposure(&self) -> bool {
        self.ticket.intent != Intent::Protect
    }

    /// Money behind the filled quantity, before the sign of the side: executions at their
    /// prices, the part known by CumQty only at the limit.
    #[must_use]
    pub fn paid(&self) -> Amount {
        self.known.notional + self.known.unpriced.times(self.px())
    }

    /// Has no certain outcome: it may or may not be at the broker.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        !self.known.exists && !self.known.done && self.known.doubtful
    }

    /// Needs a read to become certain.
    #[must_use]
    pub fn needs_lookup(&self) -> bool {
        !self.known.done
            && (self.is_unknown()
                || self.missed
                || self.known.claimed
                || self.known.unproven.0 > 0
                || self.known.unchecked
                || self.known.terms.pending.as_ref().is_some_and(|amend| amend.unclear)
                || self.cancel.as_ref().is_some_and(|c| c.request.is_none() && !c.failed))
    }
}
