//! What must be remembered to address orders at this broker, and what was learned on the way.
//!
//! Entry point: [`Notes`].

use std::collections::BTreeMap;

use super::book::BookRow;
use super::family::{is_part, live};
use super::words::Variety;
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText};
use truefill_core::num::Qty;

/// Most orders whose kind is remembered; more than a day can have.
const ORDERS_MAX: usize = 20_000;

/// Notes of one account. The kinds of orders come back with every read of the book; freeze
/// quantities are worth keeping across restarts ([`Notes::freezes`], [`Notes::learn_freeze`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    varieties: BTreeMap<VenueText, Variety>,
    live_parts: BTreeMap<ClOrdId, VenueText>,
    freezes: BTreeMap<InstrumentId, Qty>,
}

impl Notes {
    /// Kind of an order; regular where nothing else was seen.
    #[must_use]
    pub fn variety(&self, order_id: &VenueText) -> Variety {
        self.varieties.get(order_id).copied().unwrap_or(Variety::Regular)
    }

    /// The part of an order of several rows that works.
    #[must_use]
    pub fn live_part(&self, id: &ClOrdId) -> Option<VenueText> {
        self.live_parts.get(id).copied()
    }

    /// Freeze quantities learned from refusals: the exchange takes at most so much in one order.
    #[must_use]
    pub const fn freezes(&self) -> &BTreeMap<InstrumentId, Qty> {
        &self.freezes
    }

    /// Keeps a freeze quantity that was learned, now or by an earlier start.
    pub fn learn_freeze(&mut self, instrument: InstrumentId, qty: Qty) {
        self.freezes.insert(instrument, qty);
    }

    /// Remembers how orders are addressed.
    pub(super) fn learn_book(&mut self, rows: &[BookRow]) {
        let mut parts: BTreeMap<ClOrdId, Vec<&BookRow>> = BTreeMap::new();
        for row in rows {
            self.learn_variety(row.order_id, row.variety);
            if let Some(id) = row.cl_ord_id.filter(|_| is_part(row)) {
                parts.entry(id).or_default().push(row);
            }
        }
        for (id, parts) in parts {
            match live(&parts) {
                Some(part) if self.live_parts.len() < ORDERS_MAX => {
                    self.live_parts.insert(id, part.order_id);
                }
                _ => {
                    self.live_parts.remove(&id);
                }
            }
        }
    }

    /// Remembers the kind of an order, unless it is a regular one.
    pub(super) fn learn_variety(&mut self, order_id: VenueText, variety: Option<Variety>) {
        match variety {
            Some(Variety::Regular) => {
                self.varieties.remove(&order_id);
            }
            Some(variety) if self.varieties.len() < ORDERS_MAX => {
                self.varieties.insert(order_id, variety);
            }
            _ => {}
        }
    }

    /// A new day: orders of yesterday are not there any more.
    pub fn new_day(&mut self) {
        self.varieties.clear();
        self.live_parts.clear();
    }
}
