//! The backtest world: every target is held at once, at the price the decision assumes.
//!
//! Entry point: [`run`]. Its ledger has both books doing the same, so its gap is zero; it is the
//! theory that a rehearsal on the same data is measured against.

use crate::session::SessionError;
use crate::strategy::{Strategy, Wish, speaker};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::ids::SleeveId;
use truefill_core::num::{PLACES, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_gap::ledger::{Book, Entry, Line, Liquidity, MarkSource, Stage, Time};
use truefill_gap::{Attribution, Decimal, Report};
use truefill_market::source::{Grade, Quotes, TickKind};

/// What came out.
#[derive(Debug)]
pub struct Backtested {
    /// Both books, and the (empty) gap between them.
    pub gap: Report,
    /// The ledger's lines after the header.
    pub ledger: Vec<Entry>,
    /// Trades of the theoretical book.
    pub trades: u64,
    /// What is held at the end, by holding: all strategies together.
    pub positions: Vec<Qty>,
    /// What the market was known as.
    pub grade: Grade,
}

/// Runs strategies over quotes, or over bars: then what is decided without a price is held at
/// the close of the last bar.
///
/// # Errors
/// [`SessionError`] when the market data cannot be used.
pub fn run<'a>(
    config: &Config,
    quotes: &mut dyn Quotes,
    mut strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<Backtested, SessionError> {
    let grade = quotes.grade();
    let mut book = Theory::new(config);
    let mut wishes = Vec::new();
    while let Some(tick) = quotes.next()? {
        let (time, mark) = match (&tick.kind, grade) {
            (TickKind::Quote(quote), Grade::Quotes) => (quote.time, Some(*quote)),
            (TickKind::Bar(bar), Grade::Bars) => (bar.end_time, Some(bar.valuation())),
            (TickKind::Bar(bar), Grade::Quotes) => (bar.end_time, None),
            // Points inside a bar are for an exchange: nobody decides on them.
            (TickKind::Quote(_), Grade::Bars) | (TickKind::Trade(_), _) => continue,
        };
        book.timed(time, &mut strategies);
        if let Some(mark) = mark {
            book.last.insert(tick.instrument.ix(), mark);
        }
        for (position, strategy) in strategies.iter_mut().enumerate() {
            match &tick.kind {
                TickKind::Quote(quote) => {
                    strategy.on_quote(tick.instrument, quote, &mut wishes);
                }
                TickKind::Bar(bar) => strategy.on_bar(bar, &mut wishes),
                TickKind::Trade(_) => {}
            }
            wishes.drain(..).for_each(|wish| book.hold(time, position, &wish));
        }
        book.now = time;
    }
    book.timed(book.now.plus(1), &mut strategies);
    book.finish(grade)
}

struct Theory<'a> {
    config: &'a Config,
    now: Nanos,
    last: BTreeMap<usize, Quote>,
    /// By holding and strategy.
    held: BTreeMap<(usize, SleeveId), Qty>,
    trades: u64,
    lines: Vec<(Nanos, Line)>,
}

impl<'a> Theory<'a> {
    fn new(config: &'a Config) -> Self {
        Self {
            config,
            now: Nanos(0),
            last: BTreeMap::new(),
            held: BTreeMap::new(),
            trades: 0,
            lines: Vec::new(),
        }
    }

    /// What strategies decide without a quote before `time`. At the time of a quote the quote
    /// comes first, as in a session.
    fn timed(&mut self, time: Nanos, strategies: &mut [Box<dyn Strategy + '_>]) {
        let mut wishes = Vec::new();
        loop {
            let next = strategies.iter().map(|s| s.next_time()).min().unwrap_or(Nanos::MAX);
            if next >= time {
                return;
            }
            let due = strategies.iter_mut().enumerate().filter(|(_, s)| s.next_time() <= next);
            for (position, strategy) in due {
                strategy.on_time(next, &mut wishes);
                wishes.drain(..).for_each(|wish| self.hold(next, position, &wish));
            }
        }
    }

    fn mark(&mut self, at: Nanos, instrument: usize, px: Px) {
        let symbol = self.config.instruments[instrument].symbol.clone();
        let px = Decimal::from_scaled(px.0, PLACES);
        self.lines.push((at, Line::Mark { symbol, px, source: MarkSource::Mid }));
    }

    fn hold(&mut self, at: Nanos, position: usize, wish: &Wish) {
        let Some(key) = self.config.holdings.get(wish.holding.ix()) else { return };
        let mid = self.last.get(&key.instrument.ix()).map(Quote::mid);
        let Some(px) = wish.px.or(mid) else { return };
        let sleeve = speaker(key, position);
        let held = self.held.entry((wish.holding.ix(), sleeve)).or_default();
        let traded = wish.qty - *held;
        if traded.is_zero() {
            return;
        }
        *held = wish.qty;
        self.trades += 1;
        self.mark(at, key.instrument.ix(), mid.unwrap_or(px));
        let strategy = self.config.strategy(sleeve).map_or("manual", |s| s.name.as_str());
        let (strategy, symbol) =
            (strategy.to_owned(), self.config.instruments[key.instrument.ix()].symbol.clone());
        let (qty, px) =
            (Decimal::from_scaled(traded.0, PLACES), Decimal::from_scaled(px.0, PLACES));
        if self.config.assumed_fee_bps > 0 {
            let rate = Decimal::from_scaled(i128::from(self.config.assumed_fee_bps), 4);
            let multiplier = self.config.instruments[key.instrument.ix()].multiplier;
            let notional = &(&qty.abs() * &px.abs()) * &Decimal::from_scaled(multiplier.0, PLACES);
            for book in [Book::Theory, Book::Live] {
                let (strategy, symbol) = (strategy.clone(), Some(symbol.clone()));
                let amount = &notional * &rate;
                self.lines.push((at, Line::Fee { strategy, symbol, book, amount }));
            }
        }
        let (s, y) = (strategy.clone(), symbol.clone());
        let theory = Line::TheoryFill { strategy: s, symbol: y, qty: qty.clone(), px: px.clone() };
        self.lines.push((at, theory));
        let liquidity = Liquidity::Taker { touch: px.clone() };
        let (s, y) = (strategy.clone(), symbol.clone());
        self.lines.push((at, Line::Fill { strategy: s, symbol: y, qty, px, liquidity }));
        let held = Decimal::from_scaled(wish.qty.0, PLACES);
        for stage in Stage::SETTABLE {
            let (strategy, symbol) = (strategy.clone(), symbol.clone());
            let (stage, qty, reason) = (*stage, held.clone(), None);
            self.lines.push((at, Line::Stage { strategy, symbol, stage, qty, reason }));
        }
    }

    fn finish(mut self, grade: Grade) -> Result<Backtested, SessionError> {
        let now = self.now;
        let lasts: Vec<(usize, Px)> = self.last.iter().map(|(at, q)| (*at, q.mid())).collect();
        lasts.into_iter().for_each(|(at, mid)| self.mark(now, at, mid));
        self.lines.push((now, Line::DayEnd { marks: BTreeMap::new() }));
        let begin = self.lines.first().map_or(now, |(at, _)| *at);
        let mut ledger: Vec<Entry> = Vec::new();
        let mut put = |at: Nanos, line: Line| {
            ledger.push(Entry { t: Some(Time::from_nanos(at.0)), line });
        };
        for instrument in &self.config.instruments {
            let symbol = instrument.symbol.clone();
            let multiplier = Decimal::from_scaled(instrument.multiplier.0, PLACES);
            put(begin, Line::Instrument { symbol, multiplier });
        }
        put(begin, Line::Day { day: begin.to_string().chars().take(10).collect() });
        self.lines.into_iter().for_each(|(at, line)| put(at, line));
        let mut attribution = Attribution::new();
        attribution.apply(&Line::HEADER)?;
        for entry in &ledger {
            attribution.apply(&entry.line)?;
        }
        let gap = attribution.finish()?;
        let mut positions = vec![Qty::ZERO; self.config.holdings.len()];
        self.held.iter().for_each(|((at, _), held)| positions[*at] += *held);
        Ok(Backtested { gap, ledger, trades: self.trades, positions, grade })
    }
}
