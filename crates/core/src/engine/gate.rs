//! The send gate: the last look at an actual request, independent of the plan (law 5).
//!
//! It counts exposure from the order table itself, not from the planner's caches. A refusal here
//! means that planner and gate disagree: the engine kills itself.

use super::deciding::Deciding;
use super::working::working_target;
use crate::event::Mode;
use crate::ids::HoldingId;
use crate::limiter::Class;
use crate::num::{Px, Qty, Rounding};
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
        let trader = super::sharing::leader(
            self.config,
            state,
            ticket.holding,
            ticket.side,
            &ticket.shares,
            |share| share.qty,
        );
        if !super::session::is_open(self.config, trader, ticket.intent, self.now()) {
            return Err("a new order while the market is not open for it".to_owned());
        }
        if !state.limiter.free(self.now(), Class::New) {
            return Err("a new order without a free slot".to_owned());
        }
        if state.orders.get(ticket.order).is_some()
            || state.orders.by_cl_ord_id(&ticket.cl_ord_id).is_some()
        {
            return Err(format!("client id {} was used before", ticket.cl_ord_id));
        }
        let terms = (ticket.qty, ticket.px);
        self.gate_terms(ticket.holding, ticket.intent, terms, quote, true)?;
        self.gate_overshoot(ticket)
    }

    /// The rules of an instrument for a quantity and a price, whatever order they are of.
    pub fn gate_terms(
        &self,
        holding: HoldingId,
        intent: Intent,
        (qty, px): (Qty, Px),
        quote: Option<&Quote>,
        moves: bool,
    ) -> Result<(), String> {
        let rules = self.config.instrument_of(holding);
        let risk = &self.config.risk;
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
        if risk.order_notional_max.is_some_and(|most| notional > most && moves) {
            return Err(format!("notional {notional} is above the largest order"));
        }
        if notional.exceeds_bound() {
            return Err(format!("notional {notional} is absurd"));
        }
        if intent == Intent::Protect || !moves {
            return Ok(());
        }
        let Some(quote) = quote else { return Err("an order without a quote".to_owned()) };
        let mid = quote.mid();
        let bps = i64::from(risk.collar_bps_max);
        let (low, high) = (mid.plus_bps(-bps, Rounding::Floor), mid.plus_bps(bps, Rounding::Ceil));
        if intent == Intent::Entry && (px < low || px > high) {
            return Err(format!("price {px} is more than {bps} bps from the mid {mid}"));
        }
        Ok(())
    }

    /// Position, all open quantity on the side and this order must fit the working target.
    fn gate_overshoot(&self, ticket: &Ticket) -> Result<(), String> {
        let state = &*self.state;
        let mut same = ticket.qty;
        let (mut opposite, mut stops) = (Qty::ZERO, Qty::ZERO);
        for order in state.orders.open.values().filter(|o| o.ticket.holding == ticket.holding) {
            if !order.is_exposure() {
                stops += order.leaves();
            } else if order.ticket.side == ticket.side {
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
            self.gate_shares(ticket)?;
            // A stop may become an order of its side at any moment.
            return match stops {
                Qty::ZERO => Ok(()),
                _ => self.gate_stops(ticket.holding, ticket.side, ticket.qty),
            };
        }
        Err(format!("position {position} and open {same} would pass the target {target}"))
    }
}
