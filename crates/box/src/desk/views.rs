//! The books as clients see them: late or damaged where a fault says so.

use super::Desk;
use crate::faults::{Fault, Hook};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_venue::kite_server::{ErrorType, Json, OrderFace, Refusal};

impl Desk {
    /// The instant whose truth is shown.
    fn shown_at(&mut self, now: Nanos, fault: Fault) -> Nanos {
        let Some(details) = self.strikes(now, fault, Hook::Read) else { return now };
        let drawn = self.plan.between(fault, 200, 5_000) * MILLI_NS;
        now.plus(-details.after_ns.unwrap_or(drawn))
    }

    pub(super) fn orders_view(&mut self, now: Nanos) -> Json {
        let at = self.shown_at(now, Fault::StaleOrders);
        let shown = |states: &[(Nanos, OrderFace)]| {
            let last = states.iter().rev().find(|(time, _)| *time <= at);
            last.map(|(_, face)| face.row())
        };
        let rows = self.orders.values().filter_map(|order| shown(&order.states)).collect();
        Json::List(self.damaged(now, rows, true))
    }

    pub(super) fn history_view(&mut self, now: Nanos, id: &str) -> Result<Json, Refusal> {
        let at = self.shown_at(now, Fault::StaleHistory);
        let order = self.ids.get(id).and_then(|serial| self.orders.get(serial));
        let states = order.map(|order| order.states.as_slice()).unwrap_or_default();
        let shown = states.iter().filter(|(time, _)| *time <= at);
        let rows: Vec<Json> = shown.map(|(_, face)| face.row()).collect();
        if rows.is_empty() {
            return Err(Refusal::new(ErrorType::General, "Couldn't find that `order_id`."));
        }
        Ok(Json::List(rows))
    }

    pub(super) fn trades_view(&mut self, now: Nanos, id: Option<&str>) -> Result<Json, Refusal> {
        let of = match id {
            None => None,
            Some(id) => match self.ids.get(id) {
                Some(serial) => Some(*serial),
                None => {
                    let words = "Couldn't find that `order_id`.";
                    return Err(Refusal::new(ErrorType::General, words));
                }
            },
        };
        let at = self.shown_at(now, Fault::StaleTrades);
        let wanted = self.fills.iter().filter(|fill| of.is_none_or(|serial| fill.order == serial));
        let wanted = wanted.filter(|fill| fill.face.time <= at);
        let rows = wanted.map(|fill| fill.face.row()).collect();
        Ok(Json::List(self.damaged(now, rows, false)))
    }

    pub(super) fn positions_view(&mut self, now: Nanos) -> Json {
        let at = self.shown_at(now, Fault::StalePositions);
        let (net, day) = self.position_rows(at);
        let net = self.damaged(now, net, false);
        Json::object([("net", net.into()), ("day", day.into())])
    }

    /// Rows as a bad day shows them.
    fn damaged(&mut self, now: Nanos, mut rows: Vec<Json>, orders: bool) -> Vec<Json> {
        if rows.is_empty() {
            return rows;
        }
        let last = i64::try_from(rows.len()).unwrap_or(1) - 1;
        let mut pick = |fault| usize::try_from(self.plan.between(fault, 0, last)).unwrap_or(0);
        let victims = [Fault::RowUnknownStatus, Fault::RowNulls, Fault::RowMissing].map(&mut pick);
        if orders && self.strikes(now, Fault::RowUnknownStatus, Hook::Read).is_some() {
            set(&mut rows, victims[0], "status", "HELD AT GATEWAY".into());
        }
        if self.strikes(now, Fault::RowNulls, Hook::Read).is_some() {
            for key in ["average_price", "exchange_timestamp", "quantity", "price", "tradingsymbol"]
            {
                set(&mut rows, victims[1], key, Json::Null);
            }
        }
        if self.strikes(now, Fault::RowNewKeys, Hook::Read).is_some() {
            let nested = Json::object([("scheme", "v4".into()), ("flags", Json::List(Vec::new()))]);
            for row in &mut rows {
                row.set("terminal_id", "T1");
                row.set("meta_raw", nested.clone());
            }
        }
        if self.strikes(now, Fault::FloatNoise, Hook::Read).is_some() {
            rows.iter_mut().for_each(add_noise);
        }
        if self.strikes(now, Fault::RowMissing, Hook::Read).is_some() {
            rows.remove(victims[2].min(rows.len() - 1));
        }
        rows
    }
}

/// What a price is after somebody added and divided floats: `1500.1000000000001`.
fn add_noise(row: &mut Json) {
    for key in ["average_price", "pnl", "m2m", "value", "buy_price", "sell_price"] {
        let Some(Json::Number(text)) = row.get(key).filter(|number| number.to_string() != "0")
        else {
            continue;
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        row.set(key, Json::Number(format!("{whole}.{fraction:0<12}2")));
    }
}

fn set(rows: &mut [Json], at: usize, key: &'static str, value: Json) {
    if let Some(row) = rows.get_mut(at).filter(|row| row.get(key).is_some()) {
        row.set(key, value);
    }
}
