//! What a broker's lists show of an order besides its evidence: that it hangs, is missing, or
//! stands where it was not sent.
//!
//! Entry point: [`State::order_shown`]. None of it is evidence: it says what to look at again.

use super::State;
use crate::event::{Event, Restated};
use crate::num::{Px, Qty};
use crate::order::Hang;
use crate::quote::Quote;
use crate::request::Side;

impl State {
    /// Applies an event about how an order is shown.
    pub(super) fn order_shown(&mut self, event: &Event) {
        match event {
            Event::Hung(e) => {
                let Some(order) = self.orders.open.get_mut(&e.order) else { return };
                let cancelling = e.cancelling;
                order.hung = e.since.map(|since| Hang { since, cancelling });
            }
            Event::Missed(e) => {
                let Some(order) = self.orders.open.get_mut(&e.order) else { return };
                order.missed = e.missing;
                if !order.needs_lookup() {
                    order.lookup = crate::time::Nanos::MAX;
                }
            }
            Event::Restated(e) => self.restated(e),
            _ => {}
        }
    }

    /// An order and all that it has done belong to another holding. It has to go in any case.
    fn restated(&mut self, e: &Restated) {
        let Some(order) = self.orders.open.get_mut(&e.order) else { return };
        order.misplaced = true;
        let (was, now) = (order.ticket.holding, e.holding);
        if was == now || now.ix() >= self.holdings.len() {
            return;
        }
        let ticket = order.ticket.clone();
        order.ticket.holding = now;
        let leaves = order.leaves();
        let own = ticket.side.signed(order.known.filled) - order.known.kept;
        let spent = if ticket.side == Side::Buy { order.paid() } else { -order.paid() };
        let cash = spent + order.known.fees;
        let moved = (self.seq, self.now);
        for (holding, sign) in [(was, -1), (now, 1)] {
            self.on_holding(holding, |h| {
                if sign < 0 {
                    h.open.retain(|no| *no != e.order);
                } else {
                    h.open.push(e.order);
                    h.open.sort_unstable();
                }
                h.expose(&ticket, Qty(leaves.0 * sign));
                let own = Qty(own.0 * sign);
                if own.is_zero() {
                    return;
                }
                (h.moved_seq, h.moved) = moved;
                if h.is_shared() {
                    let px = h.mark.as_ref().map_or(Px::ZERO, Quote::mid);
                    h.sleeve_corrected(&[], own, px, false);
                } else {
                    h.own += own;
                    h.cash -= crate::num::Amount(cash.0 * sign);
                }
            });
        }
    }
}
