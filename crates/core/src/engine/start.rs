//! Starting, and starting again: what was in flight is unknown now, and nothing is sent before
//! the account was read.

use super::amends::serial_of;
use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Event, Learned, RequestClass, Started};
use crate::ids::OrderNo;
use crate::input::Start;
use crate::order::AmendEnd;
use crate::order::evidence::{AmendNews, Doubt, Item};
use crate::report::UnknownCause;

impl Deciding<'_> {
    pub fn start(&mut self, start: &Start) {
        let first = self.state.epoch == 0;
        // Epochs only grow, also when the clock of the machine does not.
        let epoch = start.epoch.max(self.state.epoch + 1);
        let amends: Vec<(OrderNo, u32)> = self.amends_in_flight();
        let in_flight: Vec<OrderNo> = self
            .state
            .wire
            .values()
            .filter(|w| w.class == RequestClass::New)
            .filter_map(|w| w.order)
            .collect();
        self.emit(Event::Started(Started { epoch, first }));
        for order in in_flight {
            if crate::planted!(InFlightForgotten) {
                continue;
            }
            let item = if crate::planted!(IntentSentAgain) {
                Item::Unsent(crate::order::evidence::Unsent {})
            } else {
                Item::Doubt(Doubt { cause: UnknownCause::Restart })
            };
            self.emit(Event::Learned(Learned { order, item, mark: None }));
            self.alert(
                AlertCode::AmbiguousSubmit,
                None,
                Some(order),
                "the engine stopped while this order was under way".to_owned(),
            );
        }
        for (order, serial) in amends {
            let (end, at) = (AmendEnd::Unclear, self.now());
            let item = Item::AmendNews(AmendNews { serial, end, at });
            self.emit(Event::Learned(Learned { order, item, mark: None }));
        }
        let open: Vec<_> = self.state.orders.open.values().map(|o| o.ticket.holding).collect();
        for holding in open {
            self.touch(holding);
        }
    }

    /// Amends without an answer when the engine stopped.
    fn amends_in_flight(&self) -> Vec<(OrderNo, u32)> {
        let amends = self.state.wire.iter().filter(|(_, w)| w.class == RequestClass::Amend);
        let known = amends.filter_map(|(request, w)| {
            let order = self.state.orders.open.get(&w.order?)?;
            Some((order.ticket.order, serial_of(order, *request)?))
        });
        known.collect()
    }
}
