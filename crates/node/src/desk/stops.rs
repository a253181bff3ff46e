//! Protective stops that the price has jumped over: the order rests at its limit, behind the market,
//! and the position is open. The engine leaves it there, since a limit is a limit; people must know.
//!
//! Entry point: [`Desk::look_at_stops`].

use super::Desk;
use crate::notices::Notice;
use truefill_core::ids::OrderNo;
use truefill_core::order::Order;
use truefill_core::quote::Quote;
use truefill_core::request::Side;

/// The market is on the far side of the limit.
fn is_passed(order: &Order, quote: &Quote) -> bool {
    match order.ticket.side {
        Side::Sell => quote.bid_px < order.px(),
        Side::Buy => quote.ask_px > order.px(),
    }
}

impl Desk {
    /// Tells of each such stop once.
    pub(super) fn look_at_stops(&mut self) {
        let state = self.engine.state();
        let keys = &self.engine.config().holdings;
        let passed = |order: &&Order| {
            let instrument = keys.get(order.ticket.holding.ix()).map(|key| key.instrument);
            let quote = instrument.and_then(|id| self.tape.last(id)).filter(|q| q.is_sane());
            !order.is_exposure()
                && order.leaves().0 > 0
                && quote.is_some_and(|quote| is_passed(order, quote))
        };
        let found: Vec<OrderNo> =
            state.orders.open.values().filter(passed).map(|o| o.ticket.order).collect();
        for no in found.iter().filter(|no| !self.passed.contains(no)) {
            let Some(order) = self.engine.state().orders.open.get(no) else { continue };
            let key = keys.get(order.ticket.holding.ix());
            let text = format!(
                "the price is beyond the limit of the stop, which {}s {} at {}",
                order.ticket.side,
                order.leaves(),
                order.px()
            );
            self.notices.tell(Notice {
                time: self.clock.now(),
                code: "STOP_PASSED".to_owned(),
                symbol: key.map(|key| self.symbol(key.instrument).to_owned()),
                text,
                then:
                    "it rests there and the position is open; declare a target of zero, or close \
                       it by hand"
                        .to_owned(),
            });
        }
        self.passed = found;
    }
}
