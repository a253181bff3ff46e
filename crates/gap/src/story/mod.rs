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

mod books;
mod breakdown;
mod notes;
mod play;
mod split;

pub use breakdown::{Breakdown, Executed, HeldBack, breakdown};
pub use notes::{BookKey, Note, Noted, PricedBy};

use crate::ledger::Entry;
use books::{BookNo, Books, Standing, filled_parts, standings};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::event::{
    Adopted, Block, Closed, Corrected, Crossed, Event, Learned, QueueReason, SplitApplied, Staged,
    WaiverEnded,
};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, SleeveId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::Item;
use truefill_core::order::fold::{Execution, accepted_time, executions};
use truefill_core::order::shares::Share;
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
        book: BookNo,
        qty: Qty,
        px: Option<Px>,
        /// Number of the target, from 0.
        parent: usize,
    },
    Emitted {
        book: BookNo,
        qty: Qty,
        rounded: Qty,
    },
    Admitted {
        book: BookNo,
        qty: Qty,
        gate: Block,
    },
    Queue {
        book: BookNo,
        reason: QueueReason,
    },
    Released(OrderNo),
    Accepted(OrderNo),
    /// An amend changed the largest OrderQty that may be in force: from, to.
    Resized(OrderNo, (Qty, Qty)),
    Filled(OrderNo, FillReport, PricedBy),
    /// An order ended, and what of its remainder is not wanted any more.
    Ended(OrderNo, Vec<Waiver>),
    /// A closed order is there after all, and may still fill.
    Reopened(OrderNo),
    /// A closed order came back: what it had waived is not waived any more.
    Unwaived(Waiver),
    RejectedAgain {
        book: BookNo,
    },
    External {
        book: BookNo,
        qty: Qty,
        px: Option<Px>,
    },
    Adopted {
        book: BookNo,
        qty: Qty,
    },
    /// Quantities and the mark of a holding in new units.
    Split(SplitApplied),
    /// What was waived in an older session is work again.
    WaiverEnded {
        book: BookNo,
    },
    /// Two strategies traded inside.
    Crossed {
        buyer: BookNo,
        seller: BookNo,
        qty: Qty,
        px: Px,
    },
    DayEnd,
}

/// A change of what is waived in a book.
#[derive(Clone, Copy, Debug)]
struct Waiver {
    book: BookNo,
    dropped: Qty,
    rejected: Qty,
}

/// An order as the story knows it.
#[derive(Clone, Debug)]
struct Teller {
    order: Order,
    /// When its release was told: of an order that was found, later than its ticket says.
    told_at: Nanos,
    exists_at: Option<Nanos>,
    learned_at: Nanos,
    /// Splits since it was released, and what was known of it to be filled at each: what is
    /// learned later counts in the new units, whenever it happened.
    splits: Vec<(Nanos, Qty)>,
    /// Executions that were taken back since, and when that was learned.
    busts: Vec<(Nanos, VenueText)>,
}

impl Teller {
    /// When an execution that had counted before a split was taken back after it: both are told,
    /// each in the units of its own time.
    fn taken_back_at(&self, execution: &Execution, counted: Nanos) -> Option<Nanos> {
        let report = &execution.report;
        let is_meant = |id: &VenueText| report.exec_id == *id || execution.other_ids.contains(id);
        let (at, _) = self.busts.iter().find(|(_, id)| is_meant(id))?;
        let between = |split: Nanos| counted <= split && split <= *at;
        self.splits.iter().any(|(split, _)| between(*split)).then_some(*at)
    }

    /// When an execution counts, with which `filled` of the order are filled: in the units in which
    /// it was learned, whatever the exchange's clock says.
    fn counts_at(&self, time: Nanos, filled: Qty) -> Nanos {
        let late = self.splits.iter().filter(|(_, known)| filled > *known);
        let known = self.splits.iter().filter(|(_, known)| filled <= *known);
        let after = late.map(|(at, _)| *at).max().unwrap_or(time);
        let before = known.map(|(at, _)| at.plus(-1)).min().unwrap_or(Nanos::MAX);
        time.max(after).min(before)
    }
}

/// The ledger of a run, and where its ladder ended.
#[derive(Debug)]
pub struct Told {
    /// The lines after the header.
    pub entries: Vec<Entry>,
    /// Per holding: admitted, released, accepted, filled. Equal to the engine's own counters.
    pub counters: Vec<[Qty; 4]>,
    /// The same by strategy, for every strategy of every holding. Equal to
    /// `truefill_core::engine::sharing::rungs`.
    pub books: Vec<(HoldingId, SleeveId, [Qty; 4])>,
    /// What the events say beyond the lines, in the order of the lines.
    pub notes: Vec<Note>,
}

/// Collects the events of a run.
#[derive(Debug)]
pub struct Story {
    config: Config,
    books: Books,
    ops: Vec<Op>,
    orders: BTreeMap<OrderNo, Teller>,
    /// What the engine believed: tells how much of a fill replaced a placeholder.
    state: State,
    /// Positions in `ops` of placeholder corrections that may still be replaced.
    placeholders: Vec<(BookNo, usize)>,
    /// Targets so far.
    parents: usize,
    /// Standings before and after the event that is told: kept, so that nothing is allocated.
    before: Vec<Standing>,
    after: Vec<Standing>,
}

impl Story {
    /// A story without events.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let state = State::new(&config);
        let books = Books::of(&config);
        Self {
            config,
            books,
            ops: Vec::new(),
            orders: BTreeMap::new(),
            state,
            placeholders: Vec::new(),
            parents: 0,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Takes the next event of the journal.
    pub fn event(&mut self, now: Nanos, event: &Event) {
        let about = event_order_holding(event, &self.state);
        if let Some(holding) = about {
            standings(self.state.holding(holding), &mut self.before);
        }
        let was_closed = closed_order(event, &self.state);
        self.state.apply(&self.config, now, event);
        if let Some(no) = was_closed.filter(|no| !self.state.orders.is_closed(*no)) {
            self.push(now, What::Reopened(no));
        }
        if let Some(holding) = about {
            standings(self.state.holding(holding), &mut self.after);
            self.unwaived(now, holding);
        }
        match event {
            Event::TargetSet(e) => {
                let holding = e.holding;
                let Some(book) = self.books.find(holding, e.sleeve) else { return };
                if let Some(quote) = &e.mark {
                    self.mark(holding, quote, e.decided);
                }
                let parent = self.parents;
                self.parents += 1;
                self.push(e.decided, What::Decided { book, qty: e.qty, px: e.px, parent });
                self.push(now, What::Emitted { book, qty: e.qty, rounded: e.rounded });
            }
            Event::Staged(e) => self.staged(now, e),
            Event::Marked(e) => self.mark(e.holding, &e.quote, now),
            Event::Released(e) => self.released(now, &e.ticket),
            Event::Learned(e) => self.learned(now, e, event_moves(e).then_some(about).flatten()),
            Event::Closed(e) => self.closed(now, e),
            Event::Unpaused(e) => {
                for book in self.books.of_holding(e.holding) {
                    self.push(now, What::RejectedAgain { book });
                }
            }
            Event::Corrected(e) => self.corrected(now, e),
            Event::Adopted(e) => self.adopted(now, e),
            Event::Crossed(e) => self.crossed(now, e),
            Event::SplitApplied(e) => {
                // What waited for its evidence is counted in old units, and settled.
                let of = self.books.of_holding(e.holding);
                self.placeholders.retain(|(book, _)| !of.contains(book));
                let of = |teller: &&mut Teller| teller.order.ticket.holding == e.holding;
                for teller in self.orders.values_mut().filter(of) {
                    teller.splits.push((now, teller.order.known.filled));
                }
                self.push(now, What::Split(e.clone()));
            }
            Event::WaiverEnded(e) => self.waiver_ended(now, e),
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
        play::play(&self.config, &self.books, &self.ops, &orders)
    }

    fn push(&mut self, at: Nanos, what: What) {
        let rank = u8::from(!matches!(what, What::Mark(..)));
        self.ops.push(Op { at, rank, n: self.ops.len(), what });
    }

    fn mark(&mut self, holding: HoldingId, quote: &Quote, now: Nanos) {
        let Some(key) = self.config.holdings.get(holding.ix()) else { return };
        self.push(quote.time.min(now), What::Mark(key.instrument, quote.mid()));
    }

    /// A closed order came back: what it had waived is not waived any more.
    fn unwaived(&mut self, now: Nanos, holding: HoldingId) {
        for (at, book) in self.books.of_holding(holding).enumerate() {
            let (Some(was), Some(is)) = (self.before.get(at), self.after.get(at)) else { continue };
            let (dropped, rejected) = (is.dropped - was.dropped, is.rejected - was.rejected);
            if !dropped.is_zero() || !rejected.is_zero() {
                self.push(now, What::Unwaived(Waiver { book, dropped, rejected }));
            }
        }
    }

    fn staged(&mut self, now: Nanos, e: &Staged) {
        let holding = e.holding;
        if let Some(quote) = &e.mark {
            self.mark(holding, quote, now);
        }
        for (at, book) in self.books.of_holding(holding).enumerate() {
            // A holding of one strategy has one number, which is that strategy's.
            let alone = if at == 0 { e.admitted } else { Qty::ZERO };
            let sleeve = self.books.all[book].1;
            let share = e.sleeves.iter().find(|share| share.sleeve == sleeve);
            let (qty, gate) = match share {
                Some(share) => (share.admitted, share.gate),
                None if e.sleeves.is_empty() => (alone, e.gate),
                None => (Qty::ZERO, Block::Open),
            };
            self.push(now, What::Admitted { book, qty, gate });
            self.push(now, What::Queue { book, reason: e.queue_reason });
        }
    }

    fn closed(&mut self, now: Nanos, e: &Closed) {
        let order = self.orders.get(&e.order);
        let holding = order.map_or(HoldingId(u32::MAX), |teller| teller.order.ticket.holding);
        let refused = !e.rejected.is_zero();
        let waiver = |share: &Share| {
            let book = self.books.find(holding, share.sleeve)?;
            let dropped = if refused { Qty::ZERO } else { share.qty };
            let rejected = if refused { share.qty } else { Qty::ZERO };
            Some(Waiver { book, dropped, rejected })
        };
        let mut waived: Vec<Waiver> = e.shares.iter().filter_map(waiver).collect();
        let all = e.dropped + e.rejected;
        if e.shares.is_empty() && !all.is_zero() {
            let first = self.books.of_holding(holding).next();
            waived.extend(first.map(|book| Waiver {
                book,
                dropped: e.dropped,
                rejected: e.rejected,
            }));
        }
        self.push(now, What::Ended(e.order, waived));
    }

    fn released(&mut self, now: Nanos, ticket: &Ticket) {
        let order = Order::new(ticket.clone());
        let (told_at, learned_at) = (now, now);
        let (exists_at, splits, busts) = (None, Vec::new(), Vec::new());
        let teller = Teller { order, told_at, exists_at, learned_at, splits, busts };
        self.orders.insert(ticket.order, teller);
        self.push(now, What::Released(ticket.order));
    }

    fn learned(&mut self, now: Nanos, e: &Learned, about: Option<HoldingId>) {
        if let (Some(holding), Some(quote)) = (about, &e.mark) {
            self.mark(holding, quote, now);
        }
        let Some(teller) = self.orders.get_mut(&e.order) else { return };
        let proof = self.config.descriptor.cancel_proof;
        let was = teller.order.known.filled;
        let worst = teller.order.known.terms.worst;
        if let Item::Bust(bust) = &e.item {
            let since_a_split = !teller.splits.is_empty();
            teller.busts.extend(since_a_split.then_some((now, bust.exec_id)));
        }
        teller.order.learn(e.item.clone(), proof);
        teller.learned_at = now;
        if teller.order.known.exists && teller.exists_at.is_none() {
            teller.exists_at = Some(now);
        }
        let resized = (worst, teller.order.known.terms.worst);
        if resized.0 != resized.1 {
            self.push(now, What::Resized(e.order, resized));
        }
        let Some(teller) = self.orders.get(&e.order) else { return };
        let (ticket, is) = (&teller.order.ticket, teller.order.known.filled);
        let Some(holding) = about.filter(|_| is != was) else { return };
        let side = ticket.side;
        let mut books = self.books.of_holding(holding);
        if books.len() == 1 {
            let Some(book) = books.next() else { return };
            let own = |of: &[Standing]| of.first().map_or(Qty::ZERO, |standing| standing.own);
            let moved = own(&self.after) - own(&self.before);
            self.replace_placeholder(book, side.signed(is - was) - moved);
            return;
        }
        let parts = self.books.parts(ticket);
        let before = filled_parts(&self.config, ticket, was);
        let after = filled_parts(&self.config, ticket, is);
        for (at, book) in books.enumerate() {
            let part = parts.iter().position(|(of, _)| *of == book);
            let filled = part.map_or(Qty::ZERO, |part| side.signed(after[part] - before[part]));
            let own = |of: &[Standing]| of.get(at).map_or(Qty::ZERO, |standing| standing.own);
            let moved = own(&self.after) - own(&self.before);
            self.replace_placeholder(book, filled - moved);
        }
    }

    /// Part of a fill was already in the position through a correction: the correction was that
    /// fill, so that much of it never was an external trade.
    fn replace_placeholder(&mut self, book: BookNo, mut replaced: Qty) {
        for (at_book, at) in &self.placeholders {
            if replaced.is_zero() || *at_book != book {
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
        let books = self.books.of_holding(e.holding);
        let lone = books.clone().next().filter(|_| e.shares.is_empty() && !e.own.is_zero());
        let shares = e.shares.iter();
        let shared = shares.filter_map(|s| Some((self.books.find(e.holding, s.sleeve)?, s.qty)));
        let parts: Vec<(BookNo, Qty)> = shared.chain(lone.map(|book| (book, e.own))).collect();
        for (book, qty) in parts {
            if e.placeholder {
                self.placeholders.push((book, self.ops.len()));
            }
            self.push(e.effective.min(now), What::External { book, qty, px: e.px });
            self.push(now, What::Adopted { book, qty });
        }
    }

    fn adopted(&mut self, now: Nanos, e: &Adopted) {
        let first = self.books.of_holding(e.holding).next();
        let named = e.sleeve.and_then(|sleeve| self.books.find(e.holding, sleeve));
        let (Some(book), qty) = (named.or(first), e.qty) else { return };
        if !self.state.holding(e.holding).placeholder.is_zero() {
            // It may be what a fill that comes late is: that replaces it here.
            self.placeholders.push((book, self.ops.len()));
        }
        self.push(now, What::External { book, qty, px: None });
        self.push(now, What::Adopted { book, qty });
    }

    fn waiver_ended(&mut self, now: Nanos, e: &WaiverEnded) {
        let first = self.books.of_holding(e.holding).next();
        let named = e.sleeve.and_then(|sleeve| self.books.find(e.holding, sleeve));
        if let Some(book) = named.or(first) {
            self.push(now, What::WaiverEnded { book });
        }
    }

    fn crossed(&mut self, now: Nanos, e: &Crossed) {
        let buyer = self.books.find(e.holding, e.buyer);
        let Some((buyer, seller)) = buyer.zip(self.books.find(e.holding, e.seller)) else { return };
        if let Some(key) = self.config.holdings.get(e.holding.ix()) {
            // It is the mid of a fresh quote: the mark itself.
            self.push(now, What::Mark(key.instrument, e.px));
        }
        self.push(now, What::Crossed { buyer, seller, qty: e.qty, px: e.px });
    }

    /// What became of an order, at the times the exchange gives, once all evidence is in.
    fn tell_order(&mut self, no: OrderNo, teller: &Teller) {
        let ticket = &teller.order.ticket;
        let Some(exists_at) = teller.exists_at else { return };
        let accepted = accepted_time(&teller.order.evidence).unwrap_or(exists_at);
        let clamp = |at: Nanos| at.max(ticket.released).min(teller.learned_at);
        self.push(clamp(accepted).max(teller.told_at), What::Accepted(no));
        let mut room = teller.order.known.terms.most;
        let mut told = executions(&teller.order.evidence);
        told.sort_by_key(|execution| execution.time);
        let mut filled = Qty::ZERO;
        for execution in told {
            if room.is_zero() {
                continue;
            }
            if execution.busted {
                let counted = clamp(execution.time);
                let counted = teller.counts_at(counted, filled + execution.report.qty);
                self.tell_taken_back(no, teller, &execution, counted);
                continue;
            }
            let mut report = execution.report;
            report.qty = report.qty.min(room);
            room -= report.qty;
            filled += report.qty;
            let by = notes::priced_by(&teller.order, &report);
            let at = teller.counts_at(clamp(execution.time), filled);
            self.push(at, What::Filled(no, report, by));
        }
        let unpriced = teller.order.known.unpriced.min(room);
        if unpriced.0 > 0 {
            // Only a cumulative number told of it: valued at the worst price it can have had.
            let report = FillReport {
                kept: None,
                exec_id: VenueText::EMPTY,
                qty: unpriced,
                px: teller.order.px(),
                cum: None,
                liquidity: None,
                touch: None,
                fee: None,
                time: teller.learned_at,
            };
            let by = notes::priced_by(&teller.order, &report);
            let at = teller.counts_at(teller.learned_at, filled + unpriced);
            self.push(at, What::Filled(no, report, by));
        }
    }
}

impl Story {
    /// What was taken back is told at all only where a split came between: before it, the position
    /// had it in old units.
    fn tell_taken_back(&mut self, no: OrderNo, teller: &Teller, of: &Execution, counted: Nanos) {
        let Some(at) = teller.taken_back_at(of, counted) else { return };
        let report = of.report.clone();
        let by = notes::priced_by(&teller.order, &report);
        let (qty, fee) = (-report.qty, report.fee.map(|fee| -fee));
        let back = FillReport { qty, fee, ..report.clone() };
        self.push(counted, What::Filled(no, report, by));
        self.push(at, What::Filled(no, back, by));
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

/// What is learned may move a position.
fn event_moves(e: &Learned) -> bool {
    !matches!(e.item, Item::Unsent(_) | Item::Doubt(_) | Item::Refusal(_) | Item::Absence(_))
}
