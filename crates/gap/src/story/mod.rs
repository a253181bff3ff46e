//! The engine's own events as a gap ledger, ex post and in effective order.
//!
//! The engine's state is what it believed when it learned it. A fill that was learned late
//! happened when the exchange says it did, so the ledger is written at the end, with every
//! order's evidence complete, sorted by effective time. Conservation is asserted for both: the
//! counters this story ends with are the engine's own (see [`Told::counters`]).
//!
//! Entry points: [`Story::event`] for each event of a journal, [`Story::finish`].
//!
//! Invariants:
//! 1. A pure fold: equal events give an equal ledger, byte for byte.
//! 2. Marks come from the events themselves; nothing else is needed.

mod breakdown;
mod notes;
mod play;
mod split;

pub use breakdown::{Breakdown, Executed, HeldBack, breakdown};
pub use notes::{Note, Noted, PricedBy};

use crate::ledger::Entry;
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::event::{Block, Corrected, Event, Learned, QueueReason, SplitApplied, Staged};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo};
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::Item;
use truefill_core::order::fold::{accepted_time, executions};
use truefill_core::order::{Order, Ticket};
use truefill_core::quote::Quote;
use truefill_core::report::FillReport;
use truefill_core::state::State;
use truefill_core::time::Nanos;

/// Something that happened to the books, with its effective time.
#[derive(Clone, Debug)]
struct Op {
    at: Nanos,
    /// Marks come before what happens at the same instant; then the order of learning decides.
    rank: u8,
    n: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Mark(InstrumentId, Px),
    Decided {
        holding: HoldingId,
        qty: Qty,
        px: Option<Px>,
        /// Number of the target, from 0.
        parent: usize,
    },
    Emitted {
        holding: HoldingId,
        qty: Qty,
        rounded: Qty,
    },
    Admitted {
        holding: HoldingId,
        qty: Qty,
        gate: Block,
    },
    Queue {
        holding: HoldingId,
        reason: QueueReason,
    },
    Released(OrderNo),
    Accepted(OrderNo),
    /// An amend changed what may still fill, signed.
    Resized(OrderNo, Qty),
    Filled(OrderNo, FillReport, PricedBy),
    Ended {
        order: OrderNo,
        dropped: Qty,
        rejected: Qty,
    },
    RejectedAgain {
        holding: HoldingId,
    },
    /// A closed order is there after all, and may still fill.
    Reopened(OrderNo),
    /// A closed order came back: what it had waived is not waived any more.
    Unwaived {
        holding: HoldingId,
        dropped: Qty,
        rejected: Qty,
    },
    External {
        holding: HoldingId,
        qty: Qty,
        px: Option<Px>,
    },
    Adopted {
        holding: HoldingId,
        qty: Qty,
    },
    /// Quantities and the mark of a holding in new units.
    Split(SplitApplied),
    /// What was waived in an older session is work again.
    WaiverEnded {
        holding: HoldingId,
    },
    DayEnd,
}

/// An order as the story knows it.
#[derive(Clone, Debug)]
struct Teller {
    order: Order,
    exists_at: Option<Nanos>,
    learned_at: Nanos,
}

/// The ledger of a run, and where its ladder ended.
#[derive(Debug)]
pub struct Told {
    /// The lines after the header.
    pub entries: Vec<Entry>,
    /// Per holding: admitted, released, accepted, filled. Equal to the engine's own counters.
    pub counters: Vec<[Qty; 4]>,
    /// What the events say beyond the lines, in the order of the lines.
    pub notes: Vec<Note>,
}

/// Collects the events of a run.
#[derive(Debug)]
pub struct Story {
    config: Config,
    ops: Vec<Op>,
    orders: BTreeMap<OrderNo, Teller>,
    /// What the engine believed: tells how much of a fill replaced a placeholder.
    state: State,
    /// Positions in `ops` of placeholder corrections that may still be replaced.
    placeholders: Vec<(HoldingId, usize)>,
    /// Targets so far.
    parents: usize,
}

impl Story {
    /// A story without events.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let state = State::new(&config);
        let (ops, orders, placeholders) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { config, ops, orders, state, placeholders, parents: 0 }
    }

    /// Takes the next event of the journal.
    pub fn event(&mut self, now: Nanos, event: &Event) {
        let before = event_holding(event, &self.state).map(|h| (h, self.state.holding(h).own));
        let waived = event_order_holding(event, &self.state).map(|id| {
            let h = self.state.holding(id);
            (id, h.dropped, h.rejected)
        });
        let was_closed = closed_order(event, &self.state);
        self.state.apply(&self.config, now, event);
        if let Some(no) = was_closed.filter(|no| !self.state.orders.is_closed(*no)) {
            self.push(now, What::Reopened(no));
        }
        if let Some((holding, dropped, rejected)) = waived {
            let h = self.state.holding(holding);
            let (dropped, rejected) = (dropped - h.dropped, rejected - h.rejected);
            if !dropped.is_zero() || !rejected.is_zero() {
                self.push(now, What::Unwaived { holding, dropped, rejected });
            }
        }
        match event {
            Event::TargetSet(e) => {
                let holding = e.holding;
                if let Some(quote) = &e.mark {
                    self.mark(holding, quote, e.decided);
                }
                let parent = self.parents;
                self.parents += 1;
                self.push(e.decided, What::Decided { holding, qty: e.qty, px: e.px, parent });
                self.push(now, What::Emitted { holding, qty: e.qty, rounded: e.rounded });
            }
            Event::Staged(e) => self.staged(now, e),
            Event::Marked(e) => self.mark(e.holding, &e.quote, now),
            Event::Released(e) => self.released(now, &e.ticket),
            Event::Learned(e) => self.learned(now, e, before),
            Event::Closed(e) => {
                let (order, dropped, rejected) = (e.order, e.dropped, e.rejected);
                self.push(now, What::Ended { order, dropped, rejected });
            }
            Event::Unpaused(e) => self.push(now, What::RejectedAgain { holding: e.holding }),
            Event::Corrected(e) => self.corrected(now, e),
            Event::Adopted(e) => {
                let (holding, qty) = (e.holding, e.qty);
                self.push(now, What::External { holding, qty, px: None });
                self.push(now, What::Adopted { holding, qty });
            }
            Event::SplitApplied(e) => self.push(now, What::Split(e.clone())),
            Event::WaiverEnded(e) => self.push(now, What::WaiverEnded { holding: e.holding }),
            Event::DayEnded(_) => self.push(now, What::DayEnd),
            _ => {}
        }
    }

    /// The ledger of everything that was told.
    #[must_use]
    pub fn finish(mut self) -> Told {
        let orders = std::mem::take(&mut self.orders);
        for (no, teller) in &orders {
            self.tell_order(*no, teller);
        }
        self.ops.sort_by_key(|op| (op.at, op.rank, op.n));
        play::play(&self.config, &self.ops, &orders)
    }

    fn push(&mut self, at: Nanos, what: What) {
        let rank = u8::from(!matches!(what, What::Mark(..)));
        self.ops.push(Op { at, rank, n: self.ops.len(), what });
    }

    fn mark(&mut self, holding: HoldingId, quote: &Quote, now: Nanos) {
        let Some(key) = self.config.holdings.get(holding.ix()) else { return };
        self.push(quote.time.min(now), What::Mark(key.instrument, quote.mid()));
    }

    fn staged(&mut self, now: Nanos, e: &Staged) {
        let holding = e.holding;
        if let Some(quote) = &e.mark {
            self.mark(holding, quote, now);
        }
        self.push(now, What::Admitted { holding, qty: e.admitted, gate: e.gate });
        self.push(now, What::Queue { holding, reason: e.queue_reason });
    }

    fn released(&mut self, now: Nanos, ticket: &Ticket) {
        let order = Order::new(ticket.clone());
        self.orders.insert(ticket.order, Teller { order, exists_at: None, learned_at: now });
        self.push(now, What::Released(ticket.order));
    }

    fn learned(&mut self, now: Nanos, e: &Learned, before: Option<(HoldingId, Qty)>) {
        if let (Some((holding, _)), Some(quote)) = (before, &e.mark) {
            self.mark(holding, quote, now);
        }
        let Some(teller) = self.orders.get_mut(&e.order) else { return };
        let proof = self.config.descriptor.cancel_proof;
        let worst = teller.order.known.terms.worst;
        let delta = teller.order.learn(e.item.clone(), proof).unwrap_or_default();
        let resized = teller.order.ticket.side.signed(teller.order.known.terms.worst - worst);
        teller.learned_at = now;
        if teller.order.known.exists && teller.exists_at.is_none() {
            teller.exists_at = Some(now);
        }
        let delta = teller.order.ticket.side.signed(delta);
        if !resized.is_zero() {
            self.push(now, What::Resized(e.order, resized));
        }
        if let Some((holding, own)) = before {
            let moved = self.state.holding(holding).own - own;
            self.replace_placeholder(holding, delta - moved);
        }
    }

    /// Part of a fill was already in the position through a correction: the correction was that
    /// fill, so that much of it never was an external trade.
    fn replace_placeholder(&mut self, holding: HoldingId, mut replaced: Qty) {
        for (at_holding, at) in &self.placeholders {
            if replaced.is_zero() || *at_holding != holding {
                continue;
            }
            let What::External { qty, .. } = &mut self.ops[*at].what else { continue };
            let size = replaced.0.abs().min(qty.0.abs());
            let take = Qty(size * replaced.0.signum());
            if qty.0.signum() != replaced.0.signum() {
                continue;
            }
            *qty -= take;
            replaced -= take;
            if let What::Adopted { qty, .. } = &mut self.ops[at + 1].what {
                *qty -= take;
            }
        }
    }

    fn corrected(&mut self, now: Nanos, e: &Corrected) {
        if e.own.is_zero() {
            return;
        }
        let (holding, qty) = (e.holding, e.own);
        if e.placeholder {
            self.placeholders.push((holding, self.ops.len()));
        }
        self.push(e.effective.min(now), What::External { holding, qty, px: e.px });
        self.push(now, What::Adopted { holding, qty });
    }

    /// What became of an order, at the times the exchange gives, once all evidence is in.
    fn tell_order(&mut self, no: OrderNo, teller: &Teller) {
        let ticket = &teller.order.ticket;
        let Some(exists_at) = teller.exists_at else { return };
        let accepted = accepted_time(&teller.order.evidence).unwrap_or(exists_at);
        let clamp = |at: Nanos| at.max(ticket.released).min(teller.learned_at);
        self.push(clamp(accepted), What::Accepted(no));
        let mut room = teller.order.known.terms.most;
        for execution in executions(&teller.order.evidence) {
            if execution.busted || room.is_zero() {
                continue;
            }
            let mut report = execution.report;
            report.qty = report.qty.min(room);
            room -= report.qty;
            let by = notes::priced_by(&teller.order, &report);
            self.push(clamp(report.time), What::Filled(no, report, by));
        }
        let unpriced = teller.order.known.unpriced.min(room);
        if unpriced.0 > 0 {
            // Only a cumulative number told of it: valued at the worst price it can have had.
            let report = FillReport {
                exec_id: truefill_core::ids::VenueText::EMPTY,
                qty: unpriced,
                px: teller.order.px(),
                cum: None,
                liquidity: None,
                touch: None,
                fee: None,
                time: teller.learned_at,
            };
            let by = notes::priced_by(&teller.order, &report);
            self.push(teller.learned_at, What::Filled(no, report, by));
        }
    }
}

/// The order that an event brings evidence about, if it is closed.
fn closed_order(event: &Event, state: &State) -> Option<OrderNo> {
    let Event::Learned(Learned { order, .. }) = event else { return None };
    state.orders.is_closed(*order).then_some(*order)
}

/// The holding whose waivers an event other than a closing may move.
fn event_order_holding(event: &Event, state: &State) -> Option<HoldingId> {
    match event {
        Event::Learned(Learned { order, .. }) => state.orders.get(*order).map(|o| o.ticket.holding),
        Event::Unwound(unwound) => Some(unwound.holding),
        _ => None,
    }
}

/// The holding whose position an event about an order may move.
fn event_holding(event: &Event, state: &State) -> Option<HoldingId> {
    let Event::Learned(Learned { order, item, .. }) = event else { return None };
    let order = state.orders.get(*order)?;
    match item {
        Item::Unsent(_) | Item::Doubt(_) | Item::Refusal(_) | Item::Absence(_) => None,
        _ => Some(order.ticket.holding),
    }
}
