//! The send gate: the last look at an actual request, independent of the plan (law 5).
//!
//! It counts exposure from the order table itself, not from the planner's caches. A refusal here
//! means that planner and gate disagree: the engine kills itself.

use super::deciding::Deciding;
use super::working::working_target;
use crate::event::Mode;
use crate::limiter::Class;
use crate::num::{Qty, Rounding};
use crate::order::{Intent, Ticket};
use crate::quote::Quote;
use crate::request::Side;

impl Deciding<'_> {
    /// Whether this order may leave.
    pub fn gate(&self, ticket: &Ticket, quote: Option<&Quote>) -> Result<(), String> {
        let state = &*self.state;
        if matches!(state.mode, Mode::Halted | Mode::Killed) {
            return Err(format!("a new order while {}", state.mode));
        }
        if !state.recon.baseline {
            return Err("a new order before the account was read".to_owned());
        }
        if !state.limiter.free(self.now(), Class::New) {
            return Err("a new order without a free slot".to_owned());
        }
        if state.orders.get(ticket.order).is_some()
            || state.orders.by_cl_ord_id(&ticket.cl_ord_id).is_some()
        {
            return Err(format!("client id {} was used before", ticket.cl_ord_id));
        }
        self.gate_rules(ticket, quote)?;
        self.gate_overshoot(ticket)
    }

    fn gate_rules(&self, ticket: &Ticket, quote: Option<&Quote>) -> Result<(), String> {
        let rules = self.config.instrument_of(ticket.holding);
        let risk = &self.config.risk;
        let (qty, px) = (ticket.qty, ticket.px);
        if qty.0 <= 0 || qty.to_lot(rules.lot, Rounding::Floor) != qty {
            return Err(format!("quantity {qty} is not on the lot grid of {}", rules.lot));
        }
        if px.0 <= 0 || px.to_tick(rules.tick, Rounding::Floor) != px {
            return Err(format!("price {px} is not on the tick grid of {}", rules.tick));
        }
        if rules.max_qty.is_some_and(|most| qty > most)
            || risk.order_qty_max.is_some_and(|most| qty > most)
        {
            return Err(format!("quantity {qty} is above the largest order"));
        }
        let notional = qty.times(px);
        if risk.order_notional_max.is_some_and(|most| notional > most) {
            return Err(format!("notional {notional} is above the largest order"));
        }
        if notional.exceeds_bound() {
            return Err(format!("notional {notional} is absurd"));
        }
        let Some(quote) = quote else { return Err("an order without a quote".to_owned()) };
        let mid = quote.mid();
        let bps = i64::from(risk.collar_bps_max);
        let (low, high) = (mid.plus_bps(-bps, Rounding::Floor), mid.plus_bps(bps, Rounding::Ceil));
        if ticket.intent == Intent::Entry && (px < low || px > high) {
            return Err(format!("price {px} is more than {bps} bps from the mid {mid}"));
        }
        Ok(())
    }

    /// Position, all open quantity on the side and this order must fit the working target.
    fn gate_overshoot(&self, ticket: &Ticket) -> Result<(), String> {
        let state = &*self.state;
        let mut same = ticket.qty;
        let mut opposite = Qty::ZERO;
        for order in state.orders.open.values().filter(|o| o.ticket.holding == ticket.holding) {
            if order.ticket.side == ticket.side {
                same += order.leaves();
            } else {
                opposite += order.leaves();
            }
        }
        if opposite.0 > 0 {
            return Err("opposite orders are not proven finished".to_owned());
        }
        let position = state.holding(ticket.holding).own;
        let target = working_target(self.config, state, ticket.holding, self.now());
        let fits = match ticket.side {
            Side::Buy => position + same <= target,
            Side::Sell => position - same >= target,
        };
        if fits {
            return self.gate_shares(ticket);
        }
        Err(format!("position {position} and open {same} would pass the target {target}"))
    }
}
