//! Postbacks: messages about the app's own orders, to the app's own server.

use super::Desk;
use super::session::hex_of;
use truefill_venue::kite_server::{Status, stamp};

/// Postbacks that wait to be taken.
const WAITING_MAX: usize = 10_000;

impl Desk {
    /// A postback about an order, if its state is one of those that are told this way.
    pub(super) fn post_back(&mut self, serial: u64, told: Option<Status>) {
        let order = self.orders.get(&serial).filter(|order| !order.external);
        let Some(order) = order.filter(|_| self.options.postback) else { return };
        let word = match told.unwrap_or(order.face.status) {
            Status::Complete => "COMPLETE",
            // The documented word differs from that of the book.
            Status::Cancelled => "CANCEL",
            Status::Rejected => "REJECTED",
            Status::Update => "UPDATE",
            _ => return,
        };
        let (id, time) = (order.face.order_id.as_str(), stamp(order.face.time));
        let checksum = hex_of([id, &time, &self.options.api_secret]);
        let mut row = order.face.row();
        row.set("status", word);
        row.set("user_id", self.options.user.as_str());
        row.set("app_id", 1234i64);
        row.set("unfilled_quantity", order.face.leaves());
        row.set("checksum", checksum);
        if self.postbacks.len() < WAITING_MAX {
            self.postbacks.push(row.to_string());
        }
    }
}
