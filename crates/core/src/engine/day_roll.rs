//! The turn of a day: orders of the day end with their session, and the broker's books of the
//! day are emptied.
//!
//! Entry points: [`Deciding::expire_day_orders`], [`Deciding::emptied`].
//!
//! That the session of an order is over is a claim that it expired; its quantity is free only
//! when a read asked afterwards shows it finished, or a complete read does not show it at all:
//! yesterday's orders are in no book. An order that a read shows alive goes on.

use super::deciding::Deciding;
use super::session::session_end;
use crate::config::CancelProof;
use crate::ids::{HoldingId, OrderNo};
use crate::order::Order;
use crate::order::evidence::{Claim, Item, Proof};
use crate::report::{OrdStatus, OrderRows};
use crate::time::Nanos;

impl Deciding<'_> {
    /// When the session of an order is over; never, without a calendar.
    fn ends(&self, order: &Order) -> Nanos {
        let key = self.config.holdings.get(order.ticket.holding.ix());
        key.map_or(Nanos::MAX, |key| {
            session_end(self.config, key.instrument, order.ticket.released)
        })
    }

    /// The session of an order was over at an instant.
    pub fn outlived_its_day(&self, order: &Order, at: Nanos) -> bool {
        self.ends(order) <= at
    }

    /// Claims that orders of a session that is over have expired.
    pub fn expire_day_orders(&mut self) {
        // Where a word of the broker's is proof, ours is none: the next reads say what became of
        // them.
        let word = self.config.descriptor.cancel_proof == CancelProof::Word;
        if self.config.calendars.is_empty() || word {
            return;
        }
        let now = self.now();
        let open = self.state.orders.open.values();
        let old = open.filter(|o| o.known.exists && !o.known.done && self.outlived_its_day(o, now));
        let old: Vec<(OrderNo, HoldingId, Nanos)> =
            old.map(|o| (o.ticket.order, o.ticket.holding, self.ends(o))).collect();
        for (no, holding, time) in old {
            let claim = Item::Claim(Claim { status: OrdStatus::Expired, time });
            if self.state.orders.get(no).is_some_and(|o| !o.evidence.contains(&claim)) {
                self.touch(holding);
                self.learn(no, claim);
                // It is in question from now on, not since it was released.
                self.plan_lookups(holding);
            }
        }
    }

    /// Orders that a complete read asked after their session does not show have ended with it.
    pub fn emptied(&mut self, rows: &OrderRows, asked: Nanos) {
        let lag_ns = self.config.descriptor.read_lag_max_ns;
        let shown = |o: &Order| {
            rows.rows.iter().any(|row| {
                let ours = row.cl_ord_id.as_ref() == Some(&o.ticket.cl_ord_id);
                ours || (o.order_id.is_some() && row.order_id == o.order_id)
            })
        };
        let open = self.state.orders.open.values();
        let gone = open.filter(|o| o.known.exists && !o.known.done && !shown(o));
        let gone = gone.filter(|o| self.outlived_its_day(o, asked.plus(-lag_ns)));
        let gone: Vec<(OrderNo, HoldingId)> =
            gone.map(|o| (o.ticket.order, o.ticket.holding)).collect();
        for (no, holding) in gone {
            self.touch(holding);
            self.learn(no, Item::Proof(Proof { status: OrdStatus::Expired, code: None }));
        }
    }

    /// A fresh session with the broker: the account is read, and where a strategy asks for it,
    /// increases wait for a target declared since.
    pub fn logged_in(&mut self) {
        self.emit(crate::event::Event::LoggedIn(crate::event::LoggedIn {}));
        self.suspect();
        for at in 0..self.config.holdings.len() {
            if let Ok(at) = u32::try_from(at) {
                self.touch(HoldingId(at));
            }
        }
    }
}
