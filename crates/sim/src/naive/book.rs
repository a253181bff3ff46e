//! What the bot's orders really did, as a gap ledger written from the broker's truth.
//!
//! The ladder of a bot that has no queue and no limits: what it wants is released at once, except
//! while it sleeps after a 429 (BACKOFF); what has not come to exist at the broker is WIRE, or
//! REJECTED once nobody tries any more; what exists and is not filled is WORK while an order
//! works for it and DROPPED when none does; units beyond what was wanted are OVERFILL: orders
//! sent twice, fills counted twice or never. Trades of others are EXTERNAL, and it never knows.
//!
//! Entry points: [`Book::decided`], [`Book::emitted`], [`Book::look`], [`Book::finish`].

use std::collections::BTreeMap;

use super::bot::Bot;
use crate::broker::truth::{Revision, TrueFill, Truth};
use truefill_core::config::Config;
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{PLACES, Px, Qty, Rounding};
use truefill_core::report::{Liquidity as CoreLiquidity, OrdStatus};
use truefill_core::request::Side;
use truefill_core::time::Nanos;
use truefill_gap::Decimal;
use truefill_gap::ledger::{
    Book as WhichBook, Entry, Line, Liquidity, MarkSource, Reason, Stage, Time,
};

/// One rung: the stage, its counter, the reason for what waits before it.
type Rung = (Stage, Qty, Option<Reason>);

/// One holding.
#[derive(Clone, Debug, Default)]
pub(super) struct Rungs {
    theory: Qty,
    /// The last target that reached the bot.
    pub target: Qty,
    /// The same on the lot grid.
    pub rounded: Qty,
    filled: Qty,
    /// The intent of the last target.
    intent: Option<usize>,
    /// The side of the last intent.
    side: Option<Side>,
    /// Furthest that a fill took the position past the target of its moment.
    pub overshoot: Qty,
    /// What was written last, per stage, with its reason.
    written: [(Qty, Option<Reason>); 6],
}

/// The ledger while it is written.
#[derive(Debug)]
pub(super) struct Book<'a> {
    config: &'a Config,
    mids: Vec<Option<Px>>,
    marks: Vec<Option<Px>>,
    pub rungs: Vec<Rungs>,
    fills_read: usize,
    revisions_read: usize,
    /// What the last look saw; an equal sight changes nothing.
    seen: (usize, usize, usize, u64),
    changed: bool,
    now: Nanos,
    in_day: bool,
    pub entries: Vec<Entry>,
}

impl<'a> Book<'a> {
    pub fn new(config: &'a Config) -> Self {
        Self {
            config,
            mids: vec![None; config.instruments.len()],
            marks: vec![None; config.instruments.len()],
            rungs: vec![Rungs::default(); config.holdings.len()],
            fills_read: 0,
            revisions_read: 0,
            seen: (0, 0, 0, 0),
            changed: false,
            now: Nanos(0),
            in_day: false,
            entries: Vec::new(),
        }
    }

    /// The mid is this from now on.
    pub fn mid(&mut self, instrument: InstrumentId, mid: Px) {
        if let Some(place) = self.mids.get_mut(instrument.ix()) {
            *place = Some(mid);
        }
    }

    /// A strategy decided: the theoretical book trades.
    pub fn decided(&mut self, now: Nanos, holding: HoldingId, target: Qty, px: Option<Px>) {
        let Some(key) = self.config.holdings.get(holding.ix()) else { return };
        let traded = target - self.rungs[holding.ix()].theory;
        if traded.is_zero() {
            return;
        }
        self.rungs[holding.ix()].theory = target;
        self.begin(now);
        let mid = self.mids[key.instrument.ix()];
        let at_px = px.or(mid).unwrap_or_default();
        self.mark(key.instrument, at_px);
        let (change, price) = (decimal(traded), px_decimal(at_px));
        if self.config.assumed_fee_bps > 0 {
            let multiplier = decimal(self.config.instrument_of(holding).multiplier);
            let notional = &(&change.abs() * &price.abs()) * &multiplier;
            let amount =
                &notional * &Decimal::from_scaled(i128::from(self.config.assumed_fee_bps), 4);
            let (strategy, symbol) = self.names(holding);
            let (symbol, book) = (Some(symbol), WhichBook::Theory);
            self.line(Line::Fee { strategy, symbol, book, amount });
        }
        let (strategy, symbol) = self.names(holding);
        self.line(Line::TheoryFill { strategy, symbol, qty: change, px: price });
        let (strategy, symbol) = self.names(holding);
        let (stage, qty, reason) = (Stage::Twin, decimal(target), None);
        self.line(Line::Stage { strategy, symbol, stage, qty, reason });
    }

    /// A target reached the bot, and this is what it made of it.
    pub fn emitted(&mut self, holding: HoldingId, target: Qty, intent: Option<usize>, bot: &Bot) {
        let lot = self.config.instrument_of(holding).lot;
        let rungs = &mut self.rungs[holding.ix()];
        rungs.target = target;
        rungs.rounded = target.to_lot(lot, Rounding::TowardZero);
        rungs.intent = intent;
        rungs.side = intent.and_then(|at| bot.intents.get(at)).map(|i| i.side).or(rungs.side);
        self.changed = true;
    }

    /// Writes what the truth has that the ledger has not.
    pub fn look(&mut self, now: Nanos, truth: &Truth, bot: &Bot) {
        let open = truth.open_orders().count();
        let told = truth.fills().len() + truth.revisions().len();
        let seen = (told, truth.orders().len(), open, bot.turns);
        if seen == self.seen && !self.changed {
            return;
        }
        (self.seen, self.changed) = (seen, false);
        self.begin(now);
        for fill in truth.fills().iter().skip(self.fills_read) {
            self.fill(fill, truth);
        }
        self.fills_read = truth.fills().len();
        for revision in truth.revisions().iter().skip(self.revisions_read) {
            self.revise(revision, truth);
        }
        self.revisions_read = truth.revisions().len();
        for at in 0..self.rungs.len() {
            let stages = self.stages(at, truth, bot);
            self.write_stages(at, &stages);
        }
    }

    /// Closes the day at the last marks.
    pub fn finish(&mut self, now: Nanos) {
        self.begin(now);
        for (id, mid) in (0u32..).zip(self.mids.clone()) {
            if let Some(mid) = mid {
                self.mark(InstrumentId(id), mid);
            }
        }
        self.line(Line::DayEnd { marks: BTreeMap::new() });
    }

    fn begin(&mut self, now: Nanos) {
        self.now = now;
        if self.in_day {
            return;
        }
        self.in_day = true;
        for instrument in &self.config.instruments {
            let (symbol, multiplier) = (instrument.symbol.clone(), decimal(instrument.multiplier));
            self.line(Line::Instrument { symbol, multiplier });
        }
        self.line(Line::Day { day: now.to_string().chars().take(10).collect() });
    }

    fn line(&mut self, line: Line) {
        self.entries.push(Entry { t: Some(Time::from_nanos(self.now.0)), line });
    }

    /// The mark in force, before something is measured against it.
    fn mark(&mut self, instrument: InstrumentId, without_quotes: Px) {
        let at = instrument.ix();
        let Some(mid) = self.mids.get(at).map(|mid| mid.unwrap_or(without_quotes)) else { return };
        if self.marks[at] == Some(mid) {
            return;
        }
        self.marks[at] = Some(mid);
        let symbol = self.config.instruments[at].symbol.clone();
        self.line(Line::Mark { symbol, px: px_decimal(mid), source: MarkSource::Mid });
    }

    fn fill(&mut self, fill: &TrueFill, truth: &Truth) {
        let order = &truth.orders()[fill.order];
        let Some(holding) = self.config.holding_of(order.instrument, &order.product) else {
            return;
        };
        let signed = order.side.signed(fill.qty);
        self.mark(order.instrument, fill.px);
        let (strategy, symbol) = self.names(holding);
        let (qty, px) = (decimal(signed), px_decimal(fill.px));
        if fill.external {
            self.line(Line::External { strategy, symbol, qty, px });
            return;
        }
        let rungs = &mut self.rungs[holding.ix()];
        rungs.filled += signed;
        let past = match order.side {
            Side::Buy => rungs.filled - rungs.rounded,
            Side::Sell => rungs.rounded - rungs.filled,
        };
        rungs.overshoot = rungs.overshoot.max(past);
        if !fill.fee.is_zero() {
            let amount = Decimal::from_scaled(fill.fee.0, PLACES * 2);
            let (strategy, symbol) = (strategy.clone(), Some(symbol.clone()));
            self.line(Line::Fee { strategy, symbol, book: WhichBook::Live, amount });
        }
        let liquidity = match fill.liquidity {
            CoreLiquidity::Maker => Liquidity::Maker { touch: None },
            CoreLiquidity::Taker => {
                Liquidity::Taker { touch: px_decimal(fill.touch.unwrap_or(fill.px)) }
            }
        };
        self.line(Line::Fill { strategy, symbol, qty, px, liquidity });
    }

    /// An execution is taken back, at its own price, and comes again at the corrected one.
    fn revise(&mut self, revision: &Revision, truth: &Truth) {
        let fill = &truth.fills()[revision.fill];
        let order = &truth.orders()[fill.order];
        let Some(holding) = self.config.holding_of(order.instrument, &order.product) else {
            return;
        };
        self.mark(order.instrument, fill.px);
        let signed = order.side.signed(fill.qty);
        let (strategy, symbol) = self.names(holding);
        let taker = |px: Px| Liquidity::Taker { touch: px_decimal(px) };
        let was = revision.was_px.unwrap_or(fill.px);
        let (qty, px, liquidity) = (decimal(-signed), px_decimal(was), taker(was));
        self.line(Line::Fill { strategy, symbol, qty, px, liquidity });
        let (strategy, symbol) = self.names(holding);
        if revision.was_px.is_some() {
            let (qty, px, liquidity) = (decimal(signed), px_decimal(fill.px), taker(fill.px));
            self.line(Line::Fill { strategy, symbol, qty, px, liquidity });
            return;
        }
        self.rungs[holding.ix()].filled -= signed;
        let amount = -&Decimal::from_scaled(fill.fee.0, PLACES * 2);
        let (symbol, book) = (Some(symbol), WhichBook::Live);
        self.line(Line::Fee { strategy, symbol, book, amount });
    }

    fn stages(&self, at: usize, truth: &Truth, bot: &Bot) -> [Rung; 6] {
        let (rungs, key) = (&self.rungs[at], &self.config.holdings[at]);
        let intent = rungs.intent.and_then(|at| bot.intents.get(at));
        let missing = intent.filter(|intent| live_orders(truth, &intent.ids) == 0);
        let asleep = rungs.intent.is_some_and(|at| bot.sleeps(at));
        let absent = missing.map_or(Qty::ZERO, |intent| intent.side.signed(intent.qty));
        let accepted = rungs.rounded - absent;
        let released = if asleep { accepted } else { rungs.rounded };
        let given_up = missing.is_some_and(|intent| intent.over);
        let working = truth.open_qty(key.instrument, &key.product, Side::Buy)
            - truth.open_qty(key.instrument, &key.product, Side::Sell);
        let unattended = accepted - rungs.filled - working;
        let work = match (Side::of(unattended), rungs.side) {
            (None, _) => Reason::Work,
            (Some(side), Some(last)) if side != last => Reason::Overfill,
            (Some(_), _) => Reason::Dropped,
        };
        let wire = if given_up { Reason::Rejected } else { Reason::Wire };
        [
            (Stage::Emitted, rungs.target, None),
            (Stage::Rounded, rungs.rounded, None),
            (Stage::Admitted, rungs.rounded, None),
            (Stage::Released, released, Some(if asleep { Reason::Backoff } else { Reason::Queue })),
            (Stage::Accepted, accepted, Some(wire)),
            (Stage::Filled, rungs.filled, Some(work)),
        ]
    }

    /// Writes every stage that moved, and every reason that changed.
    fn write_stages(&mut self, at: usize, stages: &[Rung; 6]) {
        for (slot, (stage, now, reason)) in stages.iter().enumerate() {
            if self.rungs[at].written[slot] == (*now, *reason) {
                continue;
            }
            let untouched = self.rungs[at].written[slot] == (Qty::ZERO, None) && now.is_zero();
            if untouched
                && matches!(reason, None | Some(Reason::Queue | Reason::Wire | Reason::Work))
            {
                continue;
            }
            self.rungs[at].written[slot] = (*now, *reason);
            let key = &self.config.holdings[at];
            self.mark(key.instrument, Px::ZERO);
            let (strategy, symbol) = self.names_at(at);
            let (stage, qty, reason) = (*stage, decimal(*now), *reason);
            self.line(Line::Stage { strategy, symbol, stage, qty, reason });
        }
    }

    fn names(&self, holding: HoldingId) -> (String, String) {
        self.names_at(holding.ix())
    }

    fn names_at(&self, at: usize) -> (String, String) {
        let key = &self.config.holdings[at];
        let strategy = self.config.strategy(key.sleeve).map_or("manual", |s| s.name.as_str());
        (strategy.to_owned(), self.config.instruments[key.instrument.ix()].symbol.clone())
    }
}

/// How many orders really came to exist under these client ids, refused ones left out.
pub(super) fn live_orders(truth: &Truth, ids: &[truefill_core::ids::ClOrdId]) -> usize {
    let orders = ids.iter().flat_map(|id| truth.orders_by_client_id(id));
    orders.filter(|at| truth.orders()[**at].status != OrdStatus::Rejected).count()
}

fn decimal(value: Qty) -> Decimal {
    Decimal::from_scaled(value.0, PLACES)
}

fn px_decimal(value: Px) -> Decimal {
    Decimal::from_scaled(value.0, PLACES)
}
