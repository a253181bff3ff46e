//! What is really true, for those who check.

use super::Desk;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::{Json, stamp};

impl Desk {
    /// Positions, orders, fills, requests by window, violations and faults, as they really are.
    pub fn truth(&mut self, now: Nanos) -> Json {
        self.advance(now);
        let orders = self.orders.values().map(|order| {
            let mut row = order.face.row();
            row.set("arrived", stamp(order.arrived));
            row.set("modifications", order.modifications);
            row.set("external", order.external);
            row
        });
        let orders: Vec<Json> = orders.collect();
        let fills: Vec<Json> = self
            .fills
            .iter()
            .map(|fill| {
                let mut row = fill.face.row();
                row.set(
                    "tag",
                    self.orders.get(&fill.order).and_then(|order| order.face.tag.clone()),
                );
                row.set("time_ns", fill.face.time.0);
                row.set("last_price", self.street.face(fill.instrument).map(|face| face.last_px));
                row
            })
            .collect();
        let (net, _) = self.position_rows(self.now);
        let struck = self.plan.struck().map(|(fault, times)| (fault.name().into(), times.into()));
        let mut truth = Json::object([
            ("now", stamp(self.now).into()),
            ("now_ns", self.now.0.into()),
            ("session_alive", self.session.is_alive().into()),
            ("ticker_connections", self.stream.count().into()),
            ("exchange_linked", (self.now >= self.link_until).into()),
            ("positions", net.into()),
            ("holdings", self.holdings_view()),
            ("orders", orders.into()),
            ("fills", fills.into()),
            ("faults_struck", Json::Object(struck.collect())),
            ("faults_armed", self.plan.armed().into()),
            ("switches", self.switches_told()),
        ]);
        for (key, value) in self.windows.told() {
            truth.set(key, value);
        }
        truth
    }
}
