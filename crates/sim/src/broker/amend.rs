//! Changing a working order: in place, by a cancel and a new order of the broker's making, or
//! not at all, as the world says. OrderQty of an amend is the total, filled part included.
//!
//! Entry point: [`Broker::amend`].

use super::orders::refused;
use super::world::Amends;
use super::{Broker, venue_text};
use crate::exchange::Amending;
use crate::faults::FaultKind;
use truefill_core::config::ClientIds;
use truefill_core::num::Px;
use truefill_core::report::{OrdStatus, Outcome, RejectCode, Taken};
use truefill_core::request::AmendOrder;
use truefill_core::time::Nanos;

impl Broker {
    /// An amend arrives.
    pub(super) fn amend(&mut self, at: Nanos, amend: &AmendOrder) -> Outcome {
        if self.world.amends == Amends::Never {
            return refused(RejectCode::Invalid, "amending is not offered");
        }
        let by_client_id = self.descriptor.client_ids == ClientIds::Unique;
        let order = match amend.order_id {
            Some(order_id) => self.truth.order_by_id(&order_id),
            None if by_client_id => {
                self.truth.orders_by_client_id(&amend.cl_ord_id).first().copied()
            }
            None => None,
        };
        let Some(order) = order else {
            return refused(RejectCode::UnknownOrder, "no such order");
        };
        if self.truth.orders()[order].status.is_terminal() {
            return refused(RejectCode::OrderDone, "the order is finished");
        }
        if self.truth.orders()[order].status != OrdStatus::Open {
            return refused(RejectCode::Other, "something is under way for this order");
        }
        if self.plan.strikes(FaultKind::AmendRefused) {
            return refused(RejectCode::Other, "try again in a moment");
        }
        if self.plan.strikes(FaultKind::AmendRace) {
            self.overtake(at, order, FaultKind::AmendRace);
            if self.truth.orders()[order].status.is_terminal() {
                return refused(RejectCode::OrderDone, "the order is finished");
            }
        }
        self.change(at, order, amend)
    }

    /// The order works on other terms, if they are in order.
    fn change(&mut self, at: Nanos, order: usize, amend: &AmendOrder) -> Outcome {
        let mut wanted = self.working(order);
        (wanted.qty, wanted.px) = (amend.qty, Some(amend.px));
        wanted.stop_px = amend.stop_px.or(wanted.stop_px);
        if let Err((code, text)) = self.exchange.check(&wanted) {
            return refused(code, text);
        }
        let filled = self.truth.orders()[order].filled;
        let time = Some(self.clock(at));
        let order_id = self.truth.orders()[order].order_id;
        if amend.qty == filled {
            // Nothing is left to fill: the rest is cancelled.
            self.cancel_now(at, order);
            return Outcome::Taken(Taken {
                cum: None,
                instrument: None,
                status: None,
                order_id: Some(order_id),
                time,
            });
        }
        if amend.qty < filled {
            // Where a reply is declared to prove a change, it cannot say that a quantity is in
            // force of which more is filled.
            return refused(RejectCode::Invalid, "more than that is filled already");
        }
        let order_id = match self.world.amends {
            Amends::CancelReplace => venue_text(&format!("{order_id}r")),
            Amends::InPlace | Amends::Never => order_id,
        };
        self.truth.amend(at, order, amend, order_id);
        self.push_status(at, order);
        self.work_on(at, order, amend.stop_px);
        Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id: Some(order_id),
            time,
        })
    }

    /// The exchange works the order on its new terms.
    fn work_on(&mut self, at: Nanos, order: usize, stop_px: Option<Px>) {
        let known = &self.truth.orders()[order];
        let to = Amending {
            number: order as u64,
            instrument: known.instrument,
            side: known.side,
            leaves: known.qty - known.filled,
            px: known.px,
            stop_px,
        };
        let mut executions = std::mem::take(&mut self.scratch);
        let left = self.exchange.amend(&to, &mut executions);
        assert!(left.is_some(), "{}: books disagree", self.truth.orders()[order].order_id);
        self.book(at, &mut executions);
        self.scratch = executions;
    }
}
