//! An order: what we asked for, and the evidence about what became of it.
//!
//! Entry points: [`Order`], [`evidence::Item`], [`fold::fold`].
//!
//! Invariants:
//! 1. [`Order::known`] is always `fold(evidence)`: it is a cache, never an opinion.
//! 2. Evidence is only ever added.
//! 3. Until `known.done`, the whole unfilled quantity is exposure, whatever anybody claims.

pub mod evidence;
pub mod fold;
pub mod shares;
#[cfg(test)]
mod tests;

use crate::config::CancelProof;
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
    /// Signed remainder that was waived as dropped when it closed, and where in the journal.
    pub dropped: Qty,
    /// Signed remainder that was waived as refused when it closed.
    pub rejected: Qty,
    /// Journal record of the closing that waived.
    pub waived_seq: u64,
    /// What of the waiver is whose; empty where one strategy trades the holding.
    pub waived: Vec<Share>,
}

impl Order {
    /// A released order without any evidence.
    #[must_use]
    pub fn new(ticket: Ticket) -> Self {
        let released = ticket.released;
        Self {
            ticket,
            order_id: None,
            evidence: Evidence::default(),
            known: Known::default(),
            cancel: None,
            lookup: Nanos::MAX,
            unresolved_since: released,
            released_seq: 0,
            dropped: Qty::ZERO,
            rejected: Qty::ZERO,
            waived_seq: 0,
            waived: Vec::new(),
        }
    }

    /// Adds an item and computes again what follows. Returns the change of the filled quantity,
    /// not signed by side; `None` if the item was there already.
    pub fn learn(&mut self, item: Item, proof: CancelProof) -> Option<Qty> {
        if !self.evidence.insert(item) {
            return None;
        }
        self.order_id = self.evidence.items().iter().find_map(|item| match item {
            Item::Ack(ack) if !ack.order_id.is_empty() => Some(ack.order_id),
            _ => None,
        });
        let before = self.known.filled;
        self.known = fold::fold(&self.evidence, self.ticket.qty, proof);
        Some(self.known.filled - before)
    }

    /// Quantity that may still fill: worst case, positive.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        if self.known.done { Qty::ZERO } else { self.ticket.qty - self.known.filled }
    }

    /// Money behind the filled quantity, before the sign of the side: executions at their
    /// prices, the part known by CumQty only at the limit.
    #[must_use]
    pub fn paid(&self) -> Amount {
        self.known.notional + self.known.unpriced.times(self.ticket.px)
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
                || self.known.claimed
                || self.known.unproven.0 > 0
                || self.cancel.as_ref().is_some_and(|c| c.request.is_none() && !c.failed))
    }
}
