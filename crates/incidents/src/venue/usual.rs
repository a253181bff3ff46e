//! How the venue treats a write about which the script says nothing.

use super::Venue;
use super::deeds::Execution;
use crate::scenario::AmendQty;
use truefill_core::config::AmendKind;
use truefill_core::ids::VenueText;
use truefill_core::num::{NANO, Px, Qty};
use truefill_core::report::{OrdStatus, RejectCode};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// A new order was filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    /// Id of the execution.
    pub id: VenueText,
    /// What the venue kept of it.
    pub kept: Option<Qty>,
}

/// What became of a cancel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cancelled {
    /// The order stands like this now.
    As(OrdStatus, Qty),
    /// Refused.
    Refused(RejectCode),
}

impl Venue {
    /// A new order is taken and filled in full at its own price.
    pub fn fill_in_full(&mut self, at: usize, now: Nanos) -> Filled {
        let id = self.next_row();
        let order = &self.orders[at];
        let (qty, px, side) = (order.qty - order.cum, order.px, order.side);
        let share = self.fee_base.get(order.instrument.ix()).copied().unwrap_or_default();
        let fee = Qty(qty.0.saturating_mul(share.0) / NANO);
        let kept = (side == Side::Buy && fee.0 > 0).then_some(fee);
        self.execute(at, &Execution { id, qty, px, kept }, now);
        Filled { id, kept }
    }

    /// A cancel of an order the venue may not know.
    pub fn cancel(&mut self, at: Option<usize>) -> Cancelled {
        let Some(at) = at else { return Cancelled::Refused(RejectCode::UnknownOrder) };
        let order = &mut self.orders[at];
        match order.status {
            None => Cancelled::Refused(RejectCode::UnknownOrder),
            Some(status) if status.is_terminal() => Cancelled::Refused(RejectCode::OrderDone),
            Some(status) => {
                let open = status == OrdStatus::Open;
                let now = if open { OrdStatus::Canceled } else { OrdStatus::CancelPending };
                order.status = Some(now);
                Cancelled::As(now, order.cum)
            }
        }
    }

    /// An amend, with the quantity as it was on the wire. Gives the id of the order that works
    /// now.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn amend(
        &mut self,
        at: Option<usize>,
        wire: Qty,
        px: Px,
        now: Nanos,
    ) -> Result<Option<VenueText>, RejectCode> {
        let at = at.ok_or(RejectCode::UnknownOrder)?;
        let order = &mut self.orders[at];
        match order.status {
            None => return Err(RejectCode::UnknownOrder),
            Some(status) if status.is_terminal() => return Err(RejectCode::OrderDone),
            Some(_) => {}
        }
        let remaining = self.broker.amend_qty == AmendQty::Remaining;
        let total = if remaining { order.cum + wire } else { wire };
        if self.broker.amend == AmendKind::CancelReplace {
            let qty = total - order.cum;
            self.replace(at, "", qty, px, now);
            let next = self.orders[at].next.map(|next| self.orders[next].id);
            return Ok(next.flatten());
        }
        (order.qty, order.px) = (total, px);
        if order.cum >= order.qty {
            order.status = Some(OrdStatus::Filled);
        }
        Ok(order.id)
    }

    /// The quantity of an amend as it is on the wire.
    pub fn wire_qty(&self, total: Qty, filled: Option<Qty>) -> Qty {
        match self.broker.amend_qty {
            AmendQty::Total => total,
            AmendQty::Remaining => total - filled.unwrap_or_default(),
        }
    }
}
