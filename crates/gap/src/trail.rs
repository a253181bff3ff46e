//! Which rules priced, moved and ended orders, and what became of each target, step by step.
//!
//! Entry points: [`Trail::event`] for each event of a journal with its record number,
//! [`Trail::finish`].
//!
//! Invariants:
//! 1. A pure fold, like [`crate::story`]: targets have the same numbers as there.
//! 2. Counts are complete. Steps are kept up to [`STEPS_MAX`] for one target and
//!    [`STEPS_KEPT`] in all; what is left out is counted.

use crate::story::{BookKey, PricedBy};
use std::collections::BTreeMap;
use truefill_core::event::{Block, Closed, Event, Learned, Staged};
use truefill_core::ids::{HoldingId, OrderNo};
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::Item;
use truefill_core::order::{AmendEnd, CancelWhy, Rule, Ticket};
use truefill_core::report::RejectCode;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// Steps kept of one target.
pub const STEPS_MAX: usize = 60;
/// Steps kept of all targets.
pub const STEPS_KEPT: usize = 200_000;

/// What a rule did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// New orders that it priced.
    pub orders: u64,
    /// Amends that it wanted.
    pub amends: u64,
    /// Cancels that it wanted, by reason.
    pub cancels: BTreeMap<CancelWhy, u64>,
}

/// A target and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Of what, and whose.
    pub book: BookKey,
    /// The declared position.
    pub qty: Qty,
    /// When it was decided.
    pub decided: Nanos,
    /// What happened, in the order of the journal.
    pub steps: Vec<Step>,
    /// Steps that were left out.
    pub more: u64,
}

/// One step on the way of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number of its record in the journal; of the first one where it stands for several.
    pub seq: u64,
    /// When it was decided or learned.
    pub time: Nanos,
    /// What it was.
    pub what: Did,
}

/// What a step was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are those of the events
pub enum Did {
    /// The target was accepted, at the price that the decision assumes.
    Decided { qty: Qty, px: Option<Px> },
    /// A gate holds back, or none does any more ([`Block::Open`]).
    Gated { why: Block },
    /// A new order was released.
    Released { order: OrderNo, side: Side, qty: Qty, px: Px, by: PricedBy },
    /// An amend was released: these are the new terms.
    Amended { order: OrderNo, qty: Qty, px: Px, by: PricedBy },
    /// The broker refused an amend.
    AmendRefused { order: OrderNo },
    /// A cancel was released.
    Cancelled { order: OrderNo, rule: Rule, why: CancelWhy },
    /// Executions were learned, one after the other: so much in so many, at these prices.
    Filled { order: OrderNo, qty: Qty, low: Px, high: Px, parts: u32 },
    /// The broker refused the order.
    Refused { order: OrderNo, code: RejectCode },
    /// A request about the order has no certain outcome.
    Doubted { order: OrderNo },
    /// The request never left us.
    Unsent { order: OrderNo },
    /// A complete read, asked late enough, did not have the order.
    Absent { order: OrderNo },
    /// The order ended, and so much of it is not tried again.
    GivenUp { order: OrderNo, qty: Qty },
    /// Too little was filled: the position goes back to where it began.
    Unwound,
}

impl Did {
    /// Takes the next step into this one, if both are executions of one order.
    fn takes(&mut self, next: &Did) -> bool {
        match (self, next) {
            (
                Self::Filled { order, qty, low, high, parts },
                Self::Filled { order: of, qty: more, low: lower, high: higher, parts: others },
            ) if order == of => {
                *qty += *more;
                (*low, *high) = ((*low).min(*lower), (*high).max(*higher));
                *parts += others;
                true
            }
            _ => false,
        }
    }
}

/// What a run's events say about rules and targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// What each rule did, by holding.
    pub rules: BTreeMap<(HoldingId, PricedBy), RuleCounts>,
    /// Every accepted target, in the order of the journal.
    pub parents: Vec<Parent>,
    /// The target that each book works on.
    current: BTreeMap<BookKey, usize>,
    /// Holding and targets of every order.
    orders: BTreeMap<OrderNo, (HoldingId, Vec<usize>)>,
    gates: BTreeMap<BookKey, Block>,
    kept: usize,
}

impl Trail {
    /// Takes the next event of the journal; `seq` is the number of its record.
    pub fn event(&mut self, seq: u64, now: Nanos, event: &Event) {
        let step = |what| Step { seq, time: now, what };
        match event {
            Event::TargetSet(e) => {
                let book = BookKey { holding: e.holding, sleeve: e.sleeve };
                self.current.insert(book, self.parents.len());
                let (qty, decided) = (e.qty, e.decided);
                self.parents.push(Parent { book, qty, decided, steps: Vec::new(), more: 0 });
                self.add(book, step(Did::Decided { qty, px: e.px }));
            }
            Event::Staged(e) => self.staged(e, &step),
            Event::Released(e) => {
                let Ticket { order, holding, side, qty, px, rule, .. } = e.ticket;
                let by = PricedBy::new(rule, e.ticket.step);
                self.rules.entry((holding, by)).or_default().orders += 1;
                let parents = self.parents_of(&e.ticket);
                self.orders.insert(order, (holding, parents));
                self.of_order(order, step(Did::Released { order, side, qty, px, by }));
            }
            Event::CancelReleased(e) => {
                let (order, rule, why) = (e.order, e.rule, e.why);
                if let Some((holding, _)) = self.orders.get(&order) {
                    let counts = self.rules.entry((*holding, PricedBy::new(rule, 0)));
                    *counts.or_default().cancels.entry(why).or_default() += 1;
                }
                self.of_order(order, step(Did::Cancelled { order, rule, why }));
            }
            Event::Learned(e) => self.learned(e, &step),
            Event::Closed(Closed { order, dropped, rejected, .. }) => {
                let (order, qty) = (*order, *dropped + *rejected);
                if !qty.is_zero() {
                    self.of_order(order, step(Did::GivenUp { order, qty }));
                }
            }
            // Only a holding of one strategy is unwound.
            Event::Unwound(e) => {
                let of = self.current.keys().find(|book| book.holding == e.holding).copied();
                if let Some(book) = of {
                    self.add(book, step(Did::Unwound));
                }
            }
            _ => {}
        }
    }

    /// The trail without what only the fold needs.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.current.clear();
        self.orders.clear();
        self.gates.clear();
        self
    }

    fn learned(&mut self, e: &Learned, step: &dyn Fn(Did) -> Step) {
        let order = e.order;
        let did = match &e.item {
            Item::AmendSent(sent) => {
                let by = PricedBy::new(sent.rule, sent.step);
                if let Some((holding, _)) = self.orders.get(&order) {
                    self.rules.entry((*holding, by)).or_default().amends += 1;
                }
                Did::Amended { order, qty: sent.qty, px: sent.px, by }
            }
            Item::AmendNews(news) if news.end == AmendEnd::Refused => Did::AmendRefused { order },
            Item::Fill(fill) => {
                Did::Filled { order, qty: fill.qty, low: fill.px, high: fill.px, parts: 1 }
            }
            Item::Unsent(_) => Did::Unsent { order },
            Item::Absence(_) => Did::Absent { order },
            Item::Refusal(refusal) => Did::Refused { order, code: refusal.code },
            Item::Doubt(_) => Did::Doubted { order },
            _ => return,
        };
        self.of_order(order, step(did));
    }

    /// What each strategy is held back by; a holding of one has one reason.
    fn staged(&mut self, e: &Staged, step: &dyn Fn(Did) -> Step) {
        let holding = e.holding;
        let shares = e.sleeves.iter();
        let mut gates: Vec<(BookKey, Block)> =
            shares.map(|s| (BookKey { holding, sleeve: s.sleeve }, s.gate)).collect();
        if gates.is_empty() {
            let books = self.current.keys().filter(|book| book.holding == holding);
            gates.extend(books.map(|book| (*book, e.gate)));
        }
        for (book, why) in gates {
            let before = self.gates.insert(book, why).unwrap_or(Block::Open);
            if before != why {
                self.add(book, step(Did::Gated { why }));
            }
        }
    }

    /// The targets that an order is for: those of its strategies.
    fn parents_of(&self, ticket: &Ticket) -> Vec<usize> {
        let is_for = |book: &BookKey| {
            let mut shares = ticket.shares.iter();
            book.holding == ticket.holding
                && (ticket.shares.is_empty() || shares.any(|s| s.sleeve == book.sleeve))
        };
        let current = self.current.iter().filter(|(book, _)| is_for(book));
        current.map(|(_, parent)| *parent).collect()
    }

    /// A step of an order belongs to the targets it was released for.
    fn of_order(&mut self, order: OrderNo, step: Step) {
        let Some((_, parents)) = self.orders.get(&order) else { return };
        for parent in parents.clone() {
            self.keep(parent, step.clone());
        }
    }

    fn add(&mut self, book: BookKey, step: Step) {
        if let Some(parent) = self.current.get(&book) {
            self.keep(*parent, step);
        }
    }

    fn keep(&mut self, parent: usize, step: Step) {
        let Some(parent) = self.parents.get_mut(parent) else { return };
        if parent.steps.last_mut().is_some_and(|last| last.what.takes(&step.what)) {
            return;
        }
        if parent.steps.len() < STEPS_MAX && self.kept < STEPS_KEPT {
            parent.steps.push(step);
            self.kept += 1;
        } else {
            parent.more += 1;
        }
    }
}
