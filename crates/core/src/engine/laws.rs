//! Laws asserted after every step, in release builds too. A broken one poisons the engine.

use super::deciding::Deciding;
use crate::num::Qty;
use crate::request::Side;
use crate::state::holding::HoldingState;

impl Deciding<'_> {
    /// The first law that does not hold for what this step touched, as a sentence.
    pub fn broken_law(&self) -> Option<String> {
        self.touched.iter().find_map(|id| {
            let h = self.state.holding(*id);
            let (mut buying, mut selling) = (Qty::ZERO, Qty::ZERO);
            for no in &h.open {
                let Some(order) = self.state.orders.open.get(no) else {
                    return Some(format!("order {no} of holding {id} is not in the table"));
                };
                let known = &order.known;
                if known.filled.0 < 0 || known.filled > known.terms.most {
                    return Some(format!(
                        "order {no} is filled {} of {}",
                        known.filled, known.terms.most
                    ));
                }
                match order.ticket.side {
                    _ if !order.is_exposure() => {}
                    Side::Buy => buying += order.leaves(),
                    Side::Sell => selling += order.leaves(),
                }
            }
            if (buying, selling) != (h.buying, h.selling) {
                return Some(format!(
                    "law 5: exposure of holding {id} is {buying}/{selling}, counted {}/{}",
                    h.buying, h.selling
                ));
            }
            if let Some(law) = sleeves_differ(h) {
                return Some(format!("sleeves: holding {id}: {law}"));
            }
            let s = &h.staged;
            let parts =
                (s.admitted - s.released) + (s.released - s.accepted) + (s.accepted - s.filled);
            if parts != s.admitted - s.filled || (s.holding == *id && s.filled != h.own) {
                return Some(format!(
                    "law 8: the ladder of holding {id} says {}, the position is {}",
                    s.filled, h.own
                ));
            }
            None
        })
    }
}

/// What of a shared holding is not the sum over its strategies.
fn sleeves_differ(h: &HoldingState) -> Option<String> {
    if !h.is_shared() {
        return None;
    }
    let mut sums = HoldingState { sleeves: h.sleeves.clone(), ..HoldingState::default() };
    sums.sum_up();
    let told = [
        ("position", h.own, sums.own),
        ("target", h.emitted, sums.emitted),
        ("rounded target", h.rounded, sums.rounded),
        ("dropped remainder", h.dropped, sums.dropped),
        ("refused remainder", h.rejected, sums.rejected),
    ];
    if h.cash != sums.cash {
        return Some(format!("cash is {}, its strategies have {}", h.cash, sums.cash));
    }
    let wrong = told.into_iter().find(|(_, total, sum)| total != sum);
    wrong.map(|(what, total, sum)| format!("{what} is {total}, its strategies have {sum}"))
}
