//! Plays the sorted story: runs the ladder of every holding and writes a line for each move.

use super::notes::{Note, Noted, PricedBy};
use super::{Op, Teller, Told, What};
use crate::decimal::Decimal;
use crate::ledger::{Book, Entry, Line, Liquidity, MarkSource, Reason, Stage, Time};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::event::{Block, QueueReason};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo};
use truefill_core::num::{PLACES, Px, Qty};
use truefill_core::report::{FillReport, Liquidity as CoreLiquidity};
use truefill_core::time::Nanos;

/// The ladder of one holding while it is played.
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
    orders: &'a BTreeMap<OrderNo, Teller>,
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
    /// By holding, why its admitted target is not the rounded one, as noted last.
    gates: Vec<Block>,
}

pub(super) fn play(config: &Config, ops: &[Op], orders: &BTreeMap<OrderNo, Teller>) -> Told {
    let mut player = Player {
        config,
        orders,
        rungs: vec![Rungs::default(); config.holdings.len()],
        marks: vec![None; config.instruments.len()],
        in_day: false,
        last_day: (String::new(), 0),
        now: Nanos(0),
        split_at: vec![None; config.instruments.len()],
        entries: Vec::new(),
        notes: Vec::new(),
        gates: vec![Block::Open; config.holdings.len()],
    };
    player.now = ops.first().map_or(Nanos(0), |op| op.at);
    for instrument in &config.instruments {
        let symbol = instrument.symbol.clone();
        player.line(Line::Instrument { symbol, multiplier: qty(instrument.multiplier) });
    }
    for (at, op) in ops.iter().enumerate() {
        player.op(op, &ops[at..]);
    }
    let counters = player.rungs.iter().map(Rungs::counters).collect();
    Told { entries: player.entries, counters, notes: player.notes }
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
        let Some(holding) = self.holding_of(&op.what) else {
            if matches!(op.what, What::DayEnd) {
                self.line(Line::DayEnd { marks: BTreeMap::new() });
                self.in_day = false;
            }
            return;
        };
        self.need_mark(holding, &op.what, rest);
        if let What::Split(split) = &op.what {
            self.split(split);
        }
        self.change(holding, &op.what);
        self.write_stages(holding);
    }

    /// The UTC date of now; what comes after the end of a day on the same date, and any further
    /// session of it, is counted on: each day of a ledger has another name.
    fn day_name(&mut self) -> String {
        let date: String = self.now.to_string().chars().take(10).collect();
        let again = if self.last_day.0 == date { self.last_day.1 + 1 } else { 1 };
        self.last_day = (date.clone(), again);
        if again == 1 { date } else { format!("{date}.{again}") }
    }

    fn holding_of(&self, what: &What) -> Option<HoldingId> {
        match what {
            What::Decided { holding, .. }
            | What::Emitted { holding, .. }
            | What::Admitted { holding, .. }
            | What::Queue { holding, .. }
            | What::RejectedAgain { holding }
            | What::WaiverEnded { holding }
            | What::Unwaived { holding, .. }
            | What::External { holding, .. }
            | What::Adopted { holding, .. } => Some(*holding),
            What::Released(no)
            | What::Accepted(no)
            | What::Reopened(no)
            | What::Resized(no, _)
            | What::Filled(no, ..) => self.of_order(*no),
            What::Ended { order, .. } => self.of_order(*order),
            What::Split(split) => Some(split.holding),
            What::Mark(..) | What::DayEnd => None,
        }
    }

    fn of_order(&self, no: OrderNo) -> Option<HoldingId> {
        self.orders.get(&no).map(|teller| teller.order.ticket.holding)
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

    fn change(&mut self, holding: HoldingId, what: &What) {
        let mark = self.marks[self.config.holdings[holding.ix()].instrument.ix()];
        let at = holding.ix();
        match what {
            What::Decided { qty, px, parent, .. } => {
                self.note(Noted::Parent { holding, parent: *parent });
                self.decide(holding, *qty, px.or(mark).unwrap_or_default());
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
                    self.note(Noted::Gate { holding, why: *gate });
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
            What::Unwaived { dropped, rejected, .. } => {
                self.rungs[at].dropped -= *dropped;
                self.rungs[at].rejected -= *rejected;
            }
            What::Released(no) => self.release(at, *no),
            What::Accepted(no) => {
                if let Some((_, there)) = self.rungs[at].open.get_mut(no) {
                    *there = true;
                }
            }
            What::Resized(no, change) => {
                let rungs = &mut self.rungs[at];
                *rungs.resized.entry(*no).or_default() += *change;
                if let Some((leaves, _)) = rungs.open.get_mut(no) {
                    *leaves += *change;
                }
            }
            What::Reopened(no) => self.reopen(at, *no),
            What::Filled(no, report, by) => self.fill(holding, *no, report, *by),
            What::Ended { order, dropped, rejected } => {
                let rungs = &mut self.rungs[at];
                rungs.open.remove(order);
                rungs.dropped += *dropped;
                rungs.rejected += *rejected;
            }
            What::External { qty: change, px: at_px, .. } if !change.is_zero() => {
                let at_px = at_px.or(mark).unwrap_or_default();
                let (strategy, symbol) = self.names(holding);
                self.line(Line::External { strategy, symbol, qty: qty(*change), px: px(at_px) });
            }
            What::Adopted { qty, .. } => self.rungs[at].filled += *qty,
            What::External { .. } | What::Mark(..) | What::Split(_) | What::DayEnd => {}
        }
    }

    fn decide(&mut self, holding: HoldingId, target: Qty, at: Px) {
        let traded = target - self.rungs[holding.ix()].theory;
        if traded.is_zero() {
            return;
        }
        self.rungs[holding.ix()].theory = target;
        let (strategy, symbol) = self.names(holding);
        let (change, price) = (qty(traded), px(at));
        if self.config.assumed_fee_bps > 0 {
            let multiplier = qty(self.config.instrument_of(holding).multiplier);
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

    fn release(&mut self, at: usize, no: OrderNo) {
        let Some(teller) = self.orders.get(&no) else { return };
        let ticket = &teller.order.ticket;
        // A protective stop is contingent: no part of the ladder waits in it.
        if teller.order.is_exposure() {
            self.rungs[at].open.insert(no, (ticket.side.signed(ticket.qty), false));
        }
    }

    fn reopen(&mut self, at: usize, no: OrderNo) {
        let Some(teller) = self.orders.get(&no) else { return };
        if !teller.order.is_exposure() {
            return;
        }
        let ticket = &teller.order.ticket;
        let rungs = &mut self.rungs[at];
        let of = |map: &BTreeMap<OrderNo, Qty>| map.get(&no).copied().unwrap_or_default();
        let left = ticket.side.signed(ticket.qty) + of(&rungs.resized) - of(&rungs.filled_of);
        rungs.open.insert(no, (left, true));
    }

    fn fill(&mut self, holding: HoldingId, no: OrderNo, report: &FillReport, by: PricedBy) {
        let Some(teller) = self.orders.get(&no) else { return };
        let signed = teller.order.ticket.side.signed(report.qty);
        let rungs = &mut self.rungs[holding.ix()];
        rungs.filled += signed;
        *rungs.filled_of.entry(no).or_default() += signed;
        if let Some((leaves, there)) = rungs.open.get_mut(&no) {
            *leaves -= signed;
            *there = true;
        }
        let touch = report.touch.unwrap_or(report.px);
        let liquidity = match report.liquidity {
            Some(CoreLiquidity::Maker) => Liquidity::Maker { touch: None },
            Some(CoreLiquidity::Taker) | None => Liquidity::Taker { touch: px(touch) },
        };
        let (strategy, symbol) = self.names(holding);
        if let Some(fee) = report.fee.filter(|fee| !fee.is_zero()) {
            let amount = Decimal::from_scaled(fee.0, PLACES * 2);
            let (strategy, symbol) = (strategy.clone(), Some(symbol.clone()));
            self.line(Line::Fee { strategy, symbol, book: Book::Live, amount });
        }
        let (qty, px) = (qty(signed), px(report.px));
        self.note(Noted::Fill { holding, order: no, by });
        self.line(Line::Fill { strategy, symbol, qty, px, liquidity });
    }

    pub(super) fn names(&self, holding: HoldingId) -> (String, String) {
        let key = &self.config.holdings[holding.ix()];
        let strategy = self.config.strategy(key.sleeve).map_or("manual", |s| s.name.as_str());
        (strategy.to_owned(), self.config.instruments[key.instrument.ix()].symbol.clone())
    }

    /// Writes every stage that moved, and every reason that changed.
    fn write_stages(&mut self, holding: HoldingId) {
        let stages = self.rungs[holding.ix()].stages();
        for (slot, (stage, now, reason)) in stages.into_iter().enumerate() {
            let (was, why) = self.rungs[holding.ix()].written[slot];
            let default = matches!(reason, Some(Reason::Queue | Reason::Wire | Reason::Work));
            let same_reason = why == reason || (why.is_none() && default);
            if was == now && same_reason {
                continue;
            }
            self.rungs[holding.ix()].written[slot] = (now, reason);
            let (strategy, symbol) = self.names(holding);
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
