//! Plays the sorted story: runs the ladder of every book and writes a line for each move.

use super::books::{BookNo, Books, filled_parts};
use super::notes::{Note, Noted, PricedBy};
use super::{Op, Teller, Told, Waiver, What};
use crate::decimal::Decimal;
use crate::ledger::{Book, Entry, Line, Liquidity, MarkSource, Reason, Stage, Time};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::event::{Block, QueueReason};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo};
use truefill_core::num::{Amount, PLACES, Px, Qty};
use truefill_core::order::shares::allot_amount;
use truefill_core::report::{FillReport, Liquidity as CoreLiquidity};
use truefill_core::time::Nanos;

/// The ladder of one book while it is played.
#[derive(Clone, Debug, Default)]
pub(super) struct Rungs {
    pub(super) theory: Qty,
    pub(super) emitted: Qty,
    pub(super) rounded: Qty,
    pub(super) admitted: Qty,
    pub(super) filled: Qty,
    pub(super) dropped: Qty,
    pub(super) rejected: Qty,
    backoff: bool,
    /// Open orders: signed unfilled quantity, and whether the broker had it.
    open: BTreeMap<OrderNo, (Qty, bool)>,
    /// Signed filled quantity of every order.
    filled_of: BTreeMap<OrderNo, Qty>,
    /// Signed change of the quantity of every order that was amended.
    resized: BTreeMap<OrderNo, Qty>,
    /// What was written last, per stage, with its reason.
    pub(super) written: [(Qty, Option<Reason>); 6],
}

impl Rungs {
    fn counters(&self) -> [Qty; 4] {
        let working: Qty = self.open.values().filter(|(_, there)| *there).map(|(q, _)| *q).sum();
        let in_flight: Qty = self.open.values().filter(|(_, there)| !*there).map(|(q, _)| *q).sum();
        let accepted = self.filled + working + self.dropped;
        let released = accepted + in_flight + self.rejected;
        [self.admitted, released, accepted, self.filled]
    }

    fn stages(&self) -> [(Stage, Qty, Option<Reason>); 6] {
        let [admitted, released, accepted, filled] = self.counters();
        let queue = if self.backoff { Reason::Backoff } else { Reason::Queue };
        let wire = if self.rejected.is_zero() { Reason::Wire } else { Reason::Rejected };
        let work = if self.dropped.is_zero() { Reason::Work } else { Reason::Dropped };
        [
            (Stage::Emitted, self.emitted, None),
            (Stage::Rounded, self.rounded, None),
            (Stage::Admitted, admitted, None),
            (Stage::Released, released, Some(queue)),
            (Stage::Accepted, accepted, Some(wire)),
            (Stage::Filled, filled, Some(work)),
        ]
    }
}

pub(super) struct Player<'a> {
    pub(super) config: &'a Config,
    pub(super) books: &'a Books,
    orders: &'a BTreeMap<OrderNo, Teller>,
    /// How much of orders of several strategies has been played.
    filled: BTreeMap<OrderNo, Qty>,
    pub(super) rungs: Vec<Rungs>,
    pub(super) marks: Vec<Option<Px>>,
    in_day: bool,
    /// Date of the last day, and how many days of that date there were.
    last_day: (String, u32),
    pub(super) now: Nanos,
    /// When each instrument was last split: one line of the ledger for all its holdings.
    pub(super) split_at: Vec<Option<Nanos>>,
    entries: Vec<Entry>,
    notes: Vec<Note>,
    /// By book, why its admitted target is not the rounded one, as noted last.
    gates: Vec<Block>,
}

pub(super) fn play(
    config: &Config,
    books: &Books,
    ops: &[Op],
    orders: &BTreeMap<OrderNo, Teller>,
) -> Told {
    let mut player = Player {
        config,
        books,
        orders,
        filled: BTreeMap::new(),
        rungs: vec![Rungs::default(); books.all.len()],
        marks: vec![None; config.instruments.len()],
        in_day: false,
        last_day: (String::new(), 0),
        now: Nanos(0),
        split_at: vec![None; config.instruments.len()],
        entries: Vec::new(),
        notes: Vec::new(),
        gates: vec![Block::Open; books.all.len()],
    };
    player.now = ops.first().map_or(Nanos(0), |op| op.at);
    for instrument in &config.instruments {
        let symbol = instrument.symbol.clone();
        player.line(Line::Instrument { symbol, multiplier: qty(instrument.multiplier) });
    }
    for (at, op) in ops.iter().enumerate() {
        player.op(op, &ops[at..]);
    }
    let mut counters = vec![[Qty::ZERO; 4]; config.holdings.len()];
    let mut by_book = Vec::with_capacity(books.all.len());
    for ((holding, sleeve), rungs) in books.all.iter().zip(&player.rungs) {
        let own = rungs.counters();
        by_book.push((*holding, *sleeve, own));
        if let Some(sum) = counters.get_mut(holding.ix()) {
            sum.iter_mut().zip(own).for_each(|(sum, part)| *sum += part);
        }
    }
    Told { entries: player.entries, counters, books: by_book, notes: player.notes }
}

impl Player<'_> {
    pub(super) fn line(&mut self, line: Line) {
        self.entries.push(Entry { t: Some(Time::from_nanos(self.now.0)), line });
    }

    /// Notes something about the next line and those after it.
    fn note(&mut self, what: Noted) {
        self.notes.push(Note { entry: self.entries.len(), what });
    }

    fn op(&mut self, op: &Op, rest: &[Op]) {
        self.now = op.at;
        if !self.in_day {
            self.in_day = true;
            let day = self.day_name();
            self.line(Line::Day { day });
        }
        if let What::Mark(instrument, px) = op.what {
            self.mark(instrument, px);
            return;
        }
        if matches!(op.what, What::DayEnd) {
            self.line(Line::DayEnd { marks: BTreeMap::new() });
            self.in_day = false;
            return;
        }
        let books = self.books_of(&op.what);
        let Some(first) = books.first().copied() else { return };
        self.need_mark(self.books.all[first].0, &op.what, rest);
        self.change(first, &op.what);
        for book in books {
            self.write_stages(book);
        }
    }

    /// The UTC date of now; what comes after the end of a day on the same date, and any further
    /// session of it, is counted on: each day of a ledger has another name.
    fn day_name(&mut self) -> String {
        let date: String = self.now.to_string().chars().take(10).collect();
        let again = if self.last_day.0 == date { self.last_day.1 + 1 } else { 1 };
        self.last_day = (date.clone(), again);
        if again == 1 { date } else { format!("{date}.{again}") }
    }

    /// The books that something is about.
    fn books_of(&self, what: &What) -> Vec<BookNo> {
        match what {
            What::Decided { book, .. }
            | What::Emitted { book, .. }
            | What::Admitted { book, .. }
            | What::Queue { book, .. }
            | What::RejectedAgain { book }
            | What::WaiverEnded { book }
            | What::Unwaived(Waiver { book, .. })
            | What::External { book, .. }
            | What::Adopted { book, .. } => vec![*book],
            What::Crossed { buyer, seller, .. } => vec![*buyer, *seller],
            What::Released(no)
            | What::Accepted(no)
            | What::Reopened(no)
            | What::Resized(no, _)
            | What::Filled(no, ..)
            | What::Ended(no, _) => self.parts(*no).into_iter().map(|(book, _)| book).collect(),
            What::Split(split) => self.books.of_holding(split.holding).collect(),
            What::Mark(..) | What::DayEnd => Vec::new(),
        }
    }

    fn parts(&self, no: OrderNo) -> Vec<(BookNo, Qty)> {
        let teller = self.orders.get(&no);
        teller.map(|teller| self.books.parts(&teller.order.ticket)).unwrap_or_default()
    }

    fn mark(&mut self, instrument: InstrumentId, mark: Px) {
        let Some(place) = self.marks.get_mut(instrument.ix()) else { return };
        if *place == Some(mark) {
            return;
        }
        *place = Some(mark);
        let symbol = self.config.instruments[instrument.ix()].symbol.clone();
        self.line(Line::Mark { symbol, px: px(mark), source: MarkSource::Mid });
    }

    /// The first thing that happens to an instrument needs a mark: the next one known, else the
    /// price of the thing itself. Any mark keeps the sum exact.
    fn need_mark(&mut self, holding: HoldingId, what: &What, rest: &[Op]) {
        let instrument = self.config.holdings[holding.ix()].instrument;
        if self.marks[instrument.ix()].is_some() {
            return;
        }
        let next = rest.iter().find_map(|op| match op.what {
            What::Mark(of, px) if of == instrument => Some(px),
            _ => None,
        });
        let own = match what {
            What::Decided { px, .. } | What::External { px, .. } => *px,
            What::Filled(_, report, _) => Some(report.px),
            _ => None,
        };
        self.mark(instrument, next.or(own).unwrap_or(Px::ZERO));
    }

    fn change(&mut self, at: BookNo, what: &What) {
        let mark = self.marks[self.config.holdings[self.books.all[at].0.ix()].instrument.ix()];
        match what {
            What::Decided { qty, px, parent, .. } => {
                self.note(Noted::Parent { book: self.books.all[at].into(), parent: *parent });
                self.decide(at, *qty, px.or(mark).unwrap_or_default());
            }
            What::Emitted { qty, rounded, .. } => {
                let rungs = &mut self.rungs[at];
                (rungs.emitted, rungs.rounded) = (*qty, *rounded);
                (rungs.dropped, rungs.rejected) = (Qty::ZERO, Qty::ZERO);
            }
            What::Admitted { qty, gate, .. } => {
                self.rungs[at].admitted = *qty;
                if self.gates[at] != *gate {
                    self.gates[at] = *gate;
                    self.note(Noted::Gate { book: self.books.all[at].into(), why: *gate });
                }
            }
            What::Queue { reason, .. } => {
                self.rungs[at].backoff = *reason == QueueReason::Backoff;
            }
            What::WaiverEnded { .. } => {
                let rungs = &mut self.rungs[at];
                (rungs.dropped, rungs.rejected) = (Qty::ZERO, Qty::ZERO);
            }
            What::RejectedAgain { .. } => self.rungs[at].rejected = Qty::ZERO,
            What::Unwaived(waiver) => self.waive(waiver),
            What::Released(no) => self.release(*no),
            What::Accepted(no) => {
                for (book, _) in self.parts(*no) {
                    if let Some((_, there)) = self.rungs[book].open.get_mut(no) {
                        *there = true;
                    }
                }
            }
            What::Resized(no, (was, is)) => self.resize(*no, *was, *is),
            What::Reopened(no) => self.reopen(*no),
            What::Filled(no, report, by) => self.fill(*no, report, *by),
            What::Ended(no, waived) => {
                for (book, _) in self.parts(*no) {
                    self.rungs[book].open.remove(no);
                }
                waived.iter().for_each(|waiver| self.waive(waiver));
            }
            What::External { qty: change, px: at_px, .. } if !change.is_zero() => {
                let at_px = at_px.or(mark).unwrap_or_default();
                let (strategy, symbol) = self.names(at);
                self.line(Line::External { strategy, symbol, qty: qty(*change), px: px(at_px) });
            }
            What::Adopted { qty, .. } => self.rungs[at].filled += *qty,
            What::Crossed { buyer, seller, qty, px } => self.cross(*buyer, *seller, *qty, *px),
            What::Split(split) => self.split(split),
            What::External { .. } | What::Mark(..) | What::DayEnd => {}
        }
    }

    fn waive(&mut self, waiver: &Waiver) {
        let rungs = &mut self.rungs[waiver.book];
        rungs.dropped += waiver.dropped;
        rungs.rejected += waiver.rejected;
    }

    fn cross(&mut self, buyer: BookNo, seller: BookNo, crossed: Qty, at: Px) {
        self.rungs[buyer].filled += crossed;
        self.rungs[seller].filled -= crossed;
        let ((buyer, symbol), (seller, _)) = (self.names(buyer), self.names(seller));
        self.line(Line::Cross { symbol, buyer, seller, qty: qty(crossed), px: px(at) });
    }

    fn decide(&mut self, book: BookNo, target: Qty, at: Px) {
        let traded = target - self.rungs[book].theory;
        if traded.is_zero() {
            return;
        }
        self.rungs[book].theory = target;
        let (strategy, symbol) = self.names(book);
        let (change, price) = (qty(traded), px(at));
        if self.config.assumed_fee_bps > 0 {
            let multiplier = qty(self.config.instrument_of(self.books.all[book].0).multiplier);
            let notional = &(&change.abs() * &price.abs()) * &multiplier;
            let rate = Decimal::from_scaled(i128::from(self.config.assumed_fee_bps), 4);
            let (strategy, symbol) = (strategy.clone(), Some(symbol.clone()));
            let amount = &notional * &rate;
            self.line(Line::Fee { strategy, symbol, book: Book::Theory, amount });
        }
        self.line(Line::TheoryFill {
            strategy: strategy.clone(),
            symbol: symbol.clone(),
            qty: change,
            px: price,
        });
        let (stage, reason) = (Stage::Twin, None);
        self.line(Line::Stage { strategy, symbol, stage, qty: qty(target), reason });
    }

    /// An order is under way. What of one that was found had filled before is not open any more.
    fn release(&mut self, no: OrderNo) {
        self.open(no, false);
    }

    /// A closed order may fill again.
    fn reopen(&mut self, no: OrderNo) {
        self.open(no, true);
    }

    /// What is left of an order, by part, is open.
    fn open(&mut self, no: OrderNo, there: bool) {
        let Some(teller) = self.orders.get(&no) else { return };
        let side = teller.order.ticket.side;
        // A protective stop is contingent: no part of the ladder waits in it.
        if !teller.order.is_exposure() {
            return;
        }
        for (book, part) in self.books.parts(&teller.order.ticket) {
            let rungs = &mut self.rungs[book];
            let of = |map: &BTreeMap<OrderNo, Qty>| map.get(&no).copied().unwrap_or_default();
            let left = side.signed(part) + of(&rungs.resized) - of(&rungs.filled_of);
            rungs.open.insert(no, (left, there));
        }
    }

    /// An amend: every part follows the quantity by the largest remainder.
    fn resize(&mut self, no: OrderNo, was: Qty, is: Qty) {
        let Some(teller) = self.orders.get(&no) else { return };
        let ticket = &teller.order.ticket;
        let before = filled_parts(self.config, ticket, was);
        let after = filled_parts(self.config, ticket, is);
        let changes = after.into_iter().zip(before).map(|(is, was)| ticket.side.signed(is - was));
        for ((book, _), change) in self.books.parts(ticket).into_iter().zip(changes) {
            let rungs = &mut self.rungs[book];
            *rungs.resized.entry(no).or_default() += change;
            if let Some((leaves, _)) = rungs.open.get_mut(&no) {
                *leaves += change;
            }
        }
    }

    /// A fill, in parts where the order was for several strategies: each part is a fill at the
    /// same price, and the fee goes with the parts.
    fn fill(&mut self, no: OrderNo, report: &FillReport, by: PricedBy) {
        let Some(teller) = self.orders.get(&no) else { return };
        let ticket = &teller.order.ticket;
        let parts = self.books.parts(ticket);
        if ticket.shares.is_empty() {
            if let Some((book, _)) = parts.first() {
                let fee = report.fee.unwrap_or_default();
                let part = (ticket.side.signed(report.qty), fee);
                self.fill_part(*book, (no, by), report, part);
            }
            return;
        }
        let so_far = self.filled.get(&no).copied().unwrap_or_default();
        let before = filled_parts(self.config, ticket, so_far);
        let after = filled_parts(self.config, ticket, so_far + report.qty);
        self.filled.insert(no, so_far + report.qty);
        let moves: Vec<Qty> = after.iter().zip(&before).map(|(is, was)| *is - *was).collect();
        // What was taken back goes from each part with its fee.
        let sizes: Vec<Qty> = moves.iter().map(|moved| moved.abs()).collect();
        let fees = allot_amount(&sizes, report.fee.unwrap_or_default());
        for (((book, _), moved), fee) in parts.into_iter().zip(moves).zip(fees) {
            if !moved.is_zero() || !fee.is_zero() {
                self.fill_part(book, (no, by), report, (ticket.side.signed(moved), fee));
            }
        }
    }

    fn fill_part(
        &mut self,
        book: BookNo,
        (order, by): (OrderNo, PricedBy),
        report: &FillReport,
        (signed, fee): (Qty, Amount),
    ) {
        let rungs = &mut self.rungs[book];
        rungs.filled += signed;
        *rungs.filled_of.entry(order).or_default() += signed;
        if let Some((leaves, there)) = rungs.open.get_mut(&order) {
            *leaves -= signed;
            *there = true;
        }
        let touch = report.touch.unwrap_or(report.px);
        let liquidity = match report.liquidity {
            Some(CoreLiquidity::Maker) => Liquidity::Maker { touch: None },
            Some(CoreLiquidity::Taker) | None => Liquidity::Taker { touch: px(touch) },
        };
        let (strategy, symbol) = self.names(book);
        if !fee.is_zero() {
            let amount = Decimal::from_scaled(fee.0, PLACES * 2);
            let (strategy, symbol) = (strategy.clone(), Some(symbol.clone()));
            self.line(Line::Fee { strategy, symbol, book: Book::Live, amount });
        }
        let (qty, px) = (qty(signed), px(report.px));
        self.note(Noted::Fill { book: self.books.all[book].into(), order, by });
        self.line(Line::Fill { strategy, symbol, qty, px, liquidity });
    }

    pub(super) fn names(&self, book: BookNo) -> (String, String) {
        let (holding, sleeve) = self.books.all[book];
        let key = &self.config.holdings[holding.ix()];
        let strategy = self.config.strategy(sleeve).map_or("manual", |s| s.name.as_str());
        (strategy.to_owned(), self.config.instruments[key.instrument.ix()].symbol.clone())
    }

    /// Writes every stage that moved, and every reason that changed.
    fn write_stages(&mut self, book: BookNo) {
        let stages = self.rungs[book].stages();
        for (slot, (stage, now, reason)) in stages.into_iter().enumerate() {
            let (was, why) = self.rungs[book].written[slot];
            let default = matches!(reason, Some(Reason::Queue | Reason::Wire | Reason::Work));
            let same_reason = why == reason || (why.is_none() && default);
            if was == now && same_reason {
                continue;
            }
            self.rungs[book].written[slot] = (now, reason);
            let (strategy, symbol) = self.names(book);
            let reason = reason.filter(|_| !same_reason);
            self.line(Line::Stage { strategy, symbol, stage, qty: qty(now), reason });
        }
    }
}

pub(super) fn qty(value: Qty) -> Decimal {
    Decimal::from_scaled(value.0, PLACES)
}

pub(super) fn px(value: Px) -> Decimal {
    Decimal::from_scaled(value.0, PLACES)
}
