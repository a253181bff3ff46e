//! The simulator's own log: the truth as JSON Lines, written as it happens.
//!
//! One object a line, amounts as decimal text, instants as integer nanoseconds, instruments by
//! symbol. `sent` is a request that left the engine, `request` one that arrived, then `order`,
//! `fill`, and `status` where an order changes without a fill; `window` and `position` close it.
//! The engine never sees any of it.
//!
//! Entry points: [`TruthLog`], [`TruthSink`]; [`Truth::write_log`] for a whole truth at once.
//!
//! Invariants:
//! 1. Equal sessions give equal lines, so a session that is executed again can be compared with
//!    the lines of the first time.
//! 2. A line is handed to the sink at once: what a kill leaves behind ends with a line.

use std::io::{self, Write};

use serde::Serialize;

use super::truth::{Amended, Change, Revision, TrueFill, TrueOrder, TrueRequest, Truth};
use truefill_core::ids::{ClOrdId, InstrumentId, RequestId};
use truefill_core::request::Request;
use truefill_core::time::Nanos;

/// Takes the lines of a truth log.
pub trait TruthSink {
    /// Takes one line, without its line end. When it has returned, the line survives the death
    /// of this process.
    ///
    /// # Errors
    /// Why it could not be kept, or why it is not the line that stands there already.
    fn line(&mut self, line: &str) -> io::Result<()>;
}

/// Nobody keeps a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl TruthSink for NoLog {
    fn line(&mut self, _line: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Lines one after the other.
struct Plain<'a>(&'a mut dyn Write);

impl TruthSink for Plain<'_> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }
}

#[derive(Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Line<'a> {
    Sent {
        id: u64,
        kind: &'static str,
        client_id: Option<&'a str>,
        time_ns: i64,
    },
    Order {
        order_id: &'a str,
        client_id: Option<&'a str>,
        symbol: &'a str,
        product: &'a str,
        side: &'static str,
        qty: String,
        price: String,
        tif: &'static str,
        status: &'static str,
        sent_ns: Option<i64>,
        created_ns: i64,
    },
    Status {
        order_id: &'a str,
        client_id: Option<&'a str>,
        status: &'static str,
        cum: String,
        time_ns: i64,
    },
    Amend {
        order_id: &'a str,
        client_id: Option<&'a str>,
        qty: String,
        price: String,
        time_ns: i64,
    },
    Bust {
        exec_id: &'a str,
        client_id: Option<&'a str>,
        qty: String,
        time_ns: i64,
    },
    Correction {
        exec_id: &'a str,
        was: String,
        price: String,
        time_ns: i64,
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

/// Writes what is new in a truth since it was last looked at.
pub struct TruthLog<'a> {
    sink: &'a mut dyn TruthSink,
    lines: u64,
    requests: usize,
    orders: usize,
    fills: usize,
    turns: usize,
    amends: usize,
    revisions: usize,
}

impl std::fmt::Debug for TruthLog<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TruthLog").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl<'a> TruthLog<'a> {
    /// A log of a truth in which nothing happened yet.
    pub fn new(sink: &'a mut dyn TruthSink) -> Self {
        Self { sink, lines: 0, requests: 0, orders: 0, fills: 0, turns: 0, amends: 0, revisions: 0 }
    }

    /// Lines so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// A request left the engine at `time`, a read without `write`; whether it arrives is
    /// another matter.
    ///
    /// # Errors
    /// What the sink returns, here and below.
    pub fn sent(&mut self, time: Nanos, id: RequestId, write: Option<&Request>) -> io::Result<()> {
        let (kind, client_id) = match write {
            None => ("read", None),
            Some(Request::New(new)) => ("new", Some(&new.cl_ord_id)),
            Some(Request::Cancel(cancel)) => ("cancel", Some(&cancel.cl_ord_id)),
            Some(Request::Amend(amend)) => ("amend", Some(&amend.cl_ord_id)),
        };
        let client_id = client_id.map(ClOrdId::as_str);
        self.write(&Line::Sent { id: id.0, kind, client_id, time_ns: time.0 })
    }

    /// Whether there are fills that are not written yet: all that a quote can lead to.
    #[must_use]
    #[inline]
    pub fn lacks_fills(&self, truth: &Truth) -> bool {
        truth.fills().len() > self.fills
    }

    /// Writes requests, orders, fills and changes that are new.
    ///
    /// # Errors
    /// See [`TruthLog::sent`].
    pub fn catch_up(&mut self, truth: &Truth) -> io::Result<()> {
        for request in truth.requests().get(self.requests..).unwrap_or_default() {
            self.requests += 1;
            self.write(&request_line(request))?;
        }
        for order in truth.orders().get(self.orders..).unwrap_or_default() {
            self.orders += 1;
            self.write(&truth.order_line(order))?;
        }
        for fill in truth.fills().get(self.fills..).unwrap_or_default() {
            self.fills += 1;
            self.write(&truth.fill_line(fill))?;
        }
        for (order, change) in truth.turns().get(self.turns..).unwrap_or_default() {
            self.turns += 1;
            self.write(&status_line(&truth.orders()[*order], change))?;
        }
        for amended in truth.amends().get(self.amends..).unwrap_or_default() {
            self.amends += 1;
            self.write(&amend_line(&truth.orders()[amended.order], amended))?;
        }
        for revision in truth.revisions().get(self.revisions..).unwrap_or_default() {
            self.revisions += 1;
            self.write(&truth.revision_line(revision))?;
        }
        Ok(())
    }

    /// Closes the log: what the rate windows saw, and what is held.
    ///
    /// # Errors
    /// See [`TruthLog::sent`].
    pub fn close(&mut self, truth: &Truth) -> io::Result<()> {
        self.catch_up(truth)?;
        for seen in truth.windows() {
            let (window, max, hits) = (&seen.window, seen.max, seen.hits);
            let scope = window.scope.as_str();
            self.write(&Line::Window { n: window.n, per_ns: window.per_ns, scope, max, hits })?;
        }
        let opening: std::collections::BTreeMap<_, _> = truth.opening().collect();
        for (key, qty) in truth.positions() {
            self.write(&Line::Position {
                symbol: truth.symbol(key.0),
                product: key.1.as_str(),
                opening: opening.get(key).copied().unwrap_or_default().to_string(),
                qty: qty.to_string(),
            })?;
        }
        Ok(())
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.sink.line(&serde_json::to_string(line)?)?;
        self.lines += 1;
        Ok(())
    }
}

fn request_line(request: &TrueRequest) -> Line<'_> {
    Line::Request {
        id: request.id.0,
        kind: request.kind,
        client_id: request.cl_ord_id.as_ref().map(ClOrdId::as_str),
        sent_ns: request.sent.0,
        arrived_ns: request.arrived.0,
        limit_hit: request.limit_hit,
        fault: request.fault.map(|kind| kind.name()),
    }
}

fn amend_line<'a>(order: &'a TrueOrder, amended: &'a Amended) -> Line<'a> {
    Line::Amend {
        order_id: amended.order_id.as_str(),
        client_id: order.cl_ord_id.as_ref().map(ClOrdId::as_str),
        qty: amended.qty.to_string(),
        price: amended.px.to_string(),
        time_ns: amended.time.0,
    }
}

fn status_line<'a>(order: &'a TrueOrder, change: &Change) -> Line<'a> {
    Line::Status {
        order_id: order.order_id.as_str(),
        client_id: order.cl_ord_id.as_ref().map(ClOrdId::as_str),
        status: change.status.as_str(),
        cum: change.cum.to_string(),
        time_ns: change.time.0,
    }
}

impl Truth {
    fn revision_line(&self, revision: &Revision) -> Line<'_> {
        let fill = &self.fills()[revision.fill];
        let (exec_id, time_ns) = (fill.exec_id.as_str(), revision.time.0);
        let order = &self.orders()[fill.order];
        let client_id = order.cl_ord_id.as_ref().map(ClOrdId::as_str);
        match revision.was_px {
            None => Line::Bust { exec_id, client_id, qty: fill.qty.to_string(), time_ns },
            Some(was) => {
                let (was, price) = (was.to_string(), fill.px.to_string());
                Line::Correction { exec_id, was, price, time_ns }
            }
        }
    }

    /// Writes a whole truth: requests, orders, fills, changes, windows and positions.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn write_log(&self, out: &mut dyn Write) -> io::Result<()> {
        TruthLog::new(&mut Plain(out)).close(self)
    }

    fn order_line<'a>(&'a self, order: &'a TrueOrder) -> Line<'a> {
        Line::Order {
            order_id: order.order_id.as_str(),
            client_id: order.cl_ord_id.as_ref().map(|id| id.as_str()),
            symbol: self.symbol(order.instrument),
            product: order.product.as_str(),
            side: order.side.as_str(),
            qty: order.qty.to_string(),
            price: order.px.to_string(),
            tif: order.tif.as_str(),
            status: order.changes.first().map_or(order.status, |c| c.status).as_str(),
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
