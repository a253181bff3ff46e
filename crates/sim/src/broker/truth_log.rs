//! The truth as JSON Lines: one object a line, amounts as decimal text, instants as integer
//! nanoseconds, instruments by symbol.

use std::io::{self, Write};

use serde::Serialize;

use super::truth::{TrueFill, TrueOrder, Truth};
use truefill_core::ids::InstrumentId;

#[derive(Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Line<'a> {
    Order {
        order_id: &'a str,
        client_id: Option<&'a str>,
        symbol: &'a str,
        product: &'a str,
        side: &'static str,
        qty: String,
        filled: String,
        price: String,
        tif: &'static str,
        status: &'static str,
        sent_ns: Option<i64>,
        created_ns: i64,
    },
    Fill {
        exec_id: &'a str,
        order_id: &'a str,
        client_id: Option<&'a str>,
        symbol: &'a str,
        product: &'a str,
        side: &'static str,
        qty: String,
        price: String,
        cum: String,
        liquidity: &'static str,
        touch: Option<String>,
        fee: String,
        external: bool,
        time_ns: i64,
    },
    Request {
        id: u64,
        kind: &'static str,
        client_id: Option<&'a str>,
        sent_ns: i64,
        arrived_ns: i64,
        limit_hit: bool,
        fault: Option<&'static str>,
    },
    Window {
        n: u32,
        per_ns: i64,
        scope: &'static str,
        max: usize,
        hits: u64,
    },
    Position {
        symbol: &'a str,
        product: &'a str,
        opening: String,
        qty: String,
    },
}

impl Truth {
    /// Writes requests, orders, fills, windows and positions, in this order.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn write_log(&self, out: &mut dyn Write) -> io::Result<()> {
        for request in self.requests() {
            let line = Line::Request {
                id: request.id.0,
                kind: request.kind,
                client_id: request.cl_ord_id.as_ref().map(|id| id.as_str()),
                sent_ns: request.sent.0,
                arrived_ns: request.arrived.0,
                limit_hit: request.limit_hit,
                fault: request.fault.map(|kind| kind.name()),
            };
            write_line(out, &line)?;
        }
        for order in self.orders() {
            write_line(out, &self.order_line(order))?;
        }
        for fill in self.fills() {
            write_line(out, &self.fill_line(fill))?;
        }
        for seen in self.windows() {
            let (window, max, hits) = (&seen.window, seen.max, seen.hits);
            let scope = window.scope.as_str();
            write_line(
                out,
                &Line::Window { n: window.n, per_ns: window.per_ns, scope, max, hits },
            )?;
        }
        let opening: std::collections::BTreeMap<_, _> = self.opening().collect();
        for (key, qty) in self.positions() {
            let line = Line::Position {
                symbol: self.symbol(key.0),
                product: key.1.as_str(),
                opening: opening.get(key).copied().unwrap_or_default().to_string(),
                qty: qty.to_string(),
            };
            write_line(out, &line)?;
        }
        Ok(())
    }

    fn order_line<'a>(&'a self, order: &'a TrueOrder) -> Line<'a> {
        Line::Order {
            order_id: order.order_id.as_str(),
            client_id: order.cl_ord_id.as_ref().map(|id| id.as_str()),
            symbol: self.symbol(order.instrument),
            product: order.product.as_str(),
            side: order.side.as_str(),
            qty: order.qty.to_string(),
            filled: order.filled.to_string(),
            price: order.px.to_string(),
            tif: order.tif.as_str(),
            status: order.status.as_str(),
            sent_ns: order.sent.map(|time| time.0),
            created_ns: order.created.0,
        }
    }

    fn fill_line<'a>(&'a self, fill: &'a TrueFill) -> Line<'a> {
        let order = &self.orders()[fill.order];
        Line::Fill {
            exec_id: fill.exec_id.as_str(),
            order_id: order.order_id.as_str(),
            client_id: order.cl_ord_id.as_ref().map(|id| id.as_str()),
            symbol: self.symbol(order.instrument),
            product: order.product.as_str(),
            side: order.side.as_str(),
            qty: fill.qty.to_string(),
            price: fill.px.to_string(),
            cum: fill.cum.to_string(),
            liquidity: fill.liquidity.as_str(),
            touch: fill.touch.map(|px| px.to_string()),
            fee: fill.fee.to_string(),
            external: fill.external,
            time_ns: fill.time.0,
        }
    }

    fn symbol(&self, instrument: InstrumentId) -> &str {
        self.symbols.get(instrument.ix()).map_or("", String::as_str)
    }
}

fn write_line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
