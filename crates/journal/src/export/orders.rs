//! Orders and fills: the core's own fold over the evidence, kept for every order.

use std::collections::BTreeMap;

use truefill_core::config::CancelProof;
use truefill_core::event::Event;
use truefill_core::ids::OrderNo;
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::Item;
use truefill_core::order::fold::{accepted_time, executions};
use truefill_core::order::{Order, Rule};
use truefill_core::report::OrdStatus;
use truefill_core::time::Nanos;

use super::table::{Cell, Table};
use super::{At, Fold};
use crate::error::Result;

/// An order and what the journal says around it.
struct Known {
    order: Order,
    /// Strategy, symbol and product when it was released.
    holding: [Cell; 3],
    /// Record of its release.
    seq: u64,
    /// Record and time at which each execution was first heard of.
    heard: Vec<(Item, u64, Nanos)>,
    closed: Option<Nanos>,
    /// The rule that had it cancelled, if we did.
    ended_by: Option<Rule>,
}

/// All orders so far.
#[derive(Default)]
struct Book {
    orders: BTreeMap<OrderNo, Known>,
}

impl Book {
    fn event(&mut self, at: &At<'_>, event: &Event) {
        match event {
            Event::Released(released) => {
                let ticket = released.ticket.clone();
                let known = Known {
                    holding: at.holding(ticket.holding),
                    seq: at.seq,
                    heard: Vec::new(),
                    closed: None,
                    ended_by: None,
                    order: Order::new(ticket),
                };
                self.orders.insert(known.order.ticket.order, known);
            }
            Event::Learned(learned) => {
                if let Some(known) = self.orders.get_mut(&learned.order) {
                    known.learn(at, &learned.item, at.config.descriptor.cancel_proof);
                }
            }
            Event::CancelReleased(cancel) => {
                if let Some(known) = self.orders.get_mut(&cancel.order) {
                    known.ended_by = Some(cancel.rule);
                }
            }
            Event::Closed(closed) => {
                if let Some(known) = self.orders.get_mut(&closed.order) {
                    known.closed = Some(at.time);
                }
            }
            _ => {}
        }
    }
}

impl Known {
    fn learn(&mut self, at: &At<'_>, item: &Item, proof: CancelProof) {
        let new = self.order.learn(item.clone(), proof).is_some();
        if new && matches!(item, Item::Fill(_) | Item::Cum(_)) {
            self.heard.push((item.clone(), at.seq, at.time));
        }
    }

    /// The rule of the terms in force.
    fn last_rule(&self) -> Rule {
        let amended = self.order.known.terms.in_force.as_ref();
        amended.map_or(self.order.ticket.rule, |terms| terms.rule)
    }

    /// What became of it, in FIX's words where there is one.
    fn status(&self) -> &'static str {
        let known = &self.order.known;
        let proven = self.order.evidence.items().iter().rev().find_map(|item| match item {
            Item::Proof(proof) => Some(proof.status),
            Item::Claim(claim) if known.done => Some(claim.status),
            _ => None,
        });
        if known.filled >= self.order.qty() {
            OrdStatus::Filled.as_str()
        } else if self.order.is_unknown() {
            "unknown"
        } else if !known.done {
            if known.exists { OrdStatus::Open.as_str() } else { OrdStatus::Pending.as_str() }
        } else if known.exists {
            proven.unwrap_or(OrdStatus::Canceled).as_str()
        } else if known.refused.is_some() {
            OrdStatus::Rejected.as_str()
        } else if known.unsent {
            "not_sent"
        } else {
            "absent"
        }
    }

    /// Average price of the executions, cut to 1e-9; none without any.
    fn average(&self) -> Option<Px> {
        let known = &self.order.known;
        let priced = known.filled - known.unpriced;
        (priced > Qty::ZERO).then(|| Px(known.notional.0 / priced.0))
    }
}

/// One row for each order.
#[derive(Default)]
pub(super) struct Orders(Book);

impl Fold for Orders {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "time",
        "strategy",
        "symbol",
        "product",
        "cl_ord_id",
        "order_id",
        "side",
        "qty",
        "px",
        "intent",
        "rule",
        "step",
        "stop_px",
        "amends",
        "last_qty",
        "last_px",
        "last_rule",
        "end_rule",
        "arrival_px",
        "status",
        "filled_qty",
        "avg_px",
        "notional",
        "fees",
        "accepted",
        "closed",
    ];

    fn event(&mut self, at: &At<'_>, event: &Event, _table: &mut Table<'_>) -> Result<()> {
        self.0.event(at, event);
        Ok(())
    }

    fn finish(&mut self, table: &mut Table<'_>) -> Result<()> {
        for known in self.0.orders.values() {
            let (order, ticket) = (&known.order, &known.order.ticket);
            let [strategy, symbol, product] = known.holding.clone();
            table.row(&[
                known.seq.into(),
                ticket.released.into(),
                strategy,
                symbol,
                product,
                ticket.cl_ord_id.as_str().into(),
                order.order_id.as_ref().map(|id| id.as_str()).into(),
                ticket.side.as_str().into(),
                ticket.qty.into(),
                ticket.px.into(),
                ticket.intent.as_str().into(),
                ticket.rule.as_str().into(),
                u64::from(ticket.step).into(),
                order.stop_px().into(),
                u64::from(order.known.terms.sent).into(),
                order.qty().into(),
                order.px().into(),
                known.last_rule().as_str().into(),
                known.ended_by.map(|rule| rule.as_str()).into(),
                ticket.arrival.into(),
                known.status().into(),
                order.known.filled.into(),
                known.average().into(),
                order.known.notional.into(),
                order.known.fees.into(),
                accepted_time(&order.evidence).into(),
                known.closed.into(),
            ])?;
        }
        Ok(())
    }
}

/// One row for each execution.
#[derive(Default)]
pub(super) struct Fills(Book);

impl Fold for Fills {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "time",
        "heard",
        "strategy",
        "symbol",
        "product",
        "cl_ord_id",
        "order_id",
        "exec_id",
        "side",
        "qty",
        "px",
        "fee",
        "liquidity",
        "touch",
        "busted",
        "source",
    ];

    fn event(&mut self, at: &At<'_>, event: &Event, _table: &mut Table<'_>) -> Result<()> {
        self.0.event(at, event);
        Ok(())
    }

    fn finish(&mut self, table: &mut Table<'_>) -> Result<()> {
        let mut rows = Vec::new();
        for known in self.0.orders.values() {
            known.executions(&mut rows);
            known.cumulative(&mut rows);
        }
        // Stable: executions heard of in one record stay in the order's own order.
        rows.sort_by_key(|(seq, _)| *seq);
        rows.iter().try_for_each(|(_, row)| table.row(row))
    }
}

/// A row of fills with the record it was first heard of in.
type FillRow = (u64, [Cell; 17]);

impl Known {
    fn executions(&self, rows: &mut Vec<FillRow>) {
        for execution in executions(&self.order.evidence) {
            let report = &execution.report;
            let heard = self.heard.iter().find(|(item, ..)| match item {
                Item::Fill(fill) => {
                    (fill.exec_id, fill.qty, fill.time) == (report.exec_id, report.qty, report.time)
                }
                _ => false,
            });
            rows.push(self.fill_row(
                heard.map(|(_, seq, time)| (*seq, *time)),
                [
                    report.time.into(),
                    report.exec_id.as_str().into(),
                    report.qty.into(),
                    report.px.into(),
                    report.fee.into(),
                    report.liquidity.map(|word| word.as_str()).into(),
                    report.touch.into(),
                    execution.busted.into(),
                    "execution".into(),
                ],
            ));
        }
    }

    /// The part of the filled quantity that only a cumulative report shows.
    fn cumulative(&self, rows: &mut Vec<FillRow>) {
        let unpriced = self.order.known.unpriced;
        if unpriced.is_zero() {
            return;
        }
        let last = self.heard.iter().rev().find(|(item, ..)| matches!(item, Item::Cum(_)));
        let none = || Cell::Null;
        let qty = unpriced.into();
        let cells = [
            none(),
            none(),
            qty,
            none(),
            none(),
            none(),
            none(),
            false.into(),
            "cumulative".into(),
        ];
        rows.push(self.fill_row(last.map(|(_, seq, time)| (*seq, *time)), cells));
    }

    fn fill_row(&self, heard: Option<(u64, Nanos)>, cells: [Cell; 9]) -> FillRow {
        let ticket = &self.order.ticket;
        let [strategy, symbol, product] = self.holding.clone();
        let [time, exec_id, qty, px, fee, liquidity, touch, busted, source] = cells;
        let row = [
            heard.map(|(seq, _)| seq).into(),
            time,
            heard.map(|(_, time)| time).into(),
            strategy,
            symbol,
            product,
            ticket.cl_ord_id.as_str().into(),
            self.order.order_id.as_ref().map(|id| id.as_str()).into(),
            exec_id,
            ticket.side.as_str().into(),
            qty,
            px,
            fee,
            liquidity,
            touch,
            busted,
            source,
        ];
        (heard.map_or(self.seq, |(seq, _)| seq), row)
    }
}
