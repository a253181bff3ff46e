//! An order as the venue has it.

use crate::scenario::Owner;
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{OrdStatus, RejectCode};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// A lookup asked so long after the send proves something.
const PROOF_NS: i64 = 30 * SECOND_NS;

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// What the script calls it.
    pub name: String,
    /// Our id; none for the user's own.
    pub cl_ord_id: Option<ClOrdId>,
    /// Whose it is.
    pub owner: Owner,
    /// The venue's id.
    pub id: Option<VenueText>,
    /// The id it will have.
    pub planned: Option<VenueText>,
    /// Where it stands.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// OrderQty.
    pub qty: Qty,
    /// Limit price.
    pub px: Px,
    /// CumQty.
    pub cum: Qty,
    /// OrdStatus; none while it is on the wire.
    pub status: Option<OrdStatus>,
    /// Why it was refused.
    pub code: Option<RejectCode>,
    /// When it was made; while it is on the wire, when it was sent.
    pub created: Nanos,
    /// The order that took its place.
    pub next: Option<usize>,
    /// On the wire, and the engine was told for sure that it is not there.
    pub excused: bool,
    /// Lookups that came back without it.
    pub misses: u32,
}

impl Order {
    /// It can still fill.
    pub fn is_live(&self) -> bool {
        self.status.is_some_and(|status| !status.is_terminal())
    }

    /// The venue has finished it.
    pub fn is_done(&self) -> bool {
        self.status.is_some_and(OrdStatus::is_terminal)
    }

    /// LeavesQty.
    pub fn leaves(&self) -> Qty {
        if self.is_live() { (self.qty - self.cum).max(Qty::ZERO) } else { Qty::ZERO }
    }

    /// What may fill of it as far as the engine can know.
    pub fn exposure(&self) -> Qty {
        match self.status {
            None if self.excused => Qty::ZERO,
            None => self.qty,
            Some(_) => self.leaves(),
        }
    }

    /// A lookup that was asked at this time came back without it.
    pub fn missed(&mut self, asked: Nanos) {
        if self.status.is_none() {
            self.misses += 1;
            self.excused |= self.misses >= 2 && asked >= self.created.plus(PROOF_NS);
        }
    }
}
