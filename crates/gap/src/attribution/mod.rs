//! The fold over a ledger that splits the gap into causes, exactly.
//!
//! Entry points: [`Attribution`], line by line; [`report_of_reader`], a whole ledger.
//!
//! Invariants:
//! - A line is checked in full before it changes anything: a refused line leaves no trace.
//! - Profits come from cash and valuation, causes from the ladder and the trades; neither is
//!   derived from the other, so a residual of zero is a proof and not a definition.
//! - The sum is exact for every mark path: bad marks move money between causes, never out.

mod books;
mod days;
mod holding;
mod ladder;

use crate::cause::Cause;
use crate::decimal::Decimal;
use crate::error::{GapError, Problem, nearest, quoted};
use crate::ledger::{LedgerReader, Line};
use crate::report::{DayReport, Report};
use holding::{Holding, Instrument, NO_UNITS, Valuation};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

/// The books of one account while its ledger is read.
///
/// ```
/// use truefill_gap::{Attribution, Cause, ledger::{Line, MarkSource, Stage}};
///
/// let mut books = Attribution::new();
/// let mark = |px: &str| -> Result<Line, truefill_gap::DecimalError> {
///     Ok(Line::Mark { symbol: "ACME".into(), px: px.parse()?, source: MarkSource::Mid })
/// };
/// books.apply(&Line::HEADER)?;
/// books.apply(&Line::Instrument { symbol: "ACME".into(), multiplier: 1.into() })?;
/// books.apply(&Line::Day { day: "2026-01-05".into() })?;
/// books.apply(&mark("100")?)?;
/// books.apply(&Line::TheoryFill {
///     strategy: "orb".into(),
///     symbol: "ACME".into(),
///     qty: 10.into(),
///     px: 100.into(),
/// })?;
/// books.apply(&mark("100.25")?)?; // nothing live has happened yet: the data was late
/// books.apply(&Line::DayEnd { marks: Default::default() })?;
///
/// let report = books.finish()?;
/// assert_eq!(report.gap().to_string(), "2.5");
/// assert_eq!(report.causes().get(Cause::Data), Some(&"2.5".parse()?));
/// assert!(report.is_exact());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attribution {
    lines: u64,
    phase: Phase,
    instruments: BTreeMap<String, Instrument>,
    /// Charges that name no symbol, by strategy.
    unassigned: BTreeMap<String, Holding>,
    days: Vec<DayReport>,
    day_names: BTreeSet<String>,
    /// Whether each booking is noted, see [`Attribution::noting`].
    noting: bool,
}

/// One booking: the smallest amount there is.
#[derive(Debug)]
pub(crate) struct Noted<'a> {
    /// The strategy.
    pub strategy: &'a str,
    /// The symbol; `None` for charges that name none.
    pub symbol: Option<&'a str>,
    /// Why.
    pub cause: Cause,
    /// A cost is positive.
    pub amount: Decimal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    BeforeHeader,
    BeforeFirstDay,
    InDay(String),
    AfterDay(String),
}

impl Attribution {
    /// An attribution before the first line of its ledger.
    pub fn new() -> Self {
        Attribution::default()
    }

    /// The same, noting each booking for [`Attribution::take_noted`].
    pub(crate) fn noting() -> Self {
        Attribution { noting: true, ..Attribution::default() }
    }

    /// Hands out what was booked since it was last asked, in the holdings that `line` can move.
    pub(crate) fn take_noted(&mut self, line: &Line, mut each: impl FnMut(Noted<'_>)) {
        let mut hand = |symbol: Option<&str>, holdings: &mut BTreeMap<String, Holding>| {
            for (strategy, holding) in holdings {
                for (cause, amount) in holding.booked.take_noted() {
                    each(Noted { strategy, symbol, cause, amount });
                }
            }
        };
        if let Some(symbol) = line.symbol() {
            if let Some(instrument) = self.instruments.get_mut(symbol) {
                hand(Some(symbol), &mut instrument.holdings);
            }
            return;
        }
        for (symbol, instrument) in &mut self.instruments {
            hand(Some(symbol), &mut instrument.holdings);
        }
        hand(None, &mut self.unassigned);
    }

    /// Applies the next line.
    ///
    /// # Errors
    ///
    /// When the line breaks a rule of the format, by itself or after the lines before it. The
    /// error names the line by the number of lines applied; nothing has changed.
    pub fn apply(&mut self, line: &Line) -> Result<(), GapError> {
        let number = self.lines + 1;
        self.apply_line(line).map_err(|problem| GapError::from(problem).at_line(number))?;
        self.lines = number;
        Ok(())
    }

    /// Ends the ledger.
    ///
    /// # Errors
    ///
    /// When the ledger is empty, has no day, or ends before its last day does.
    pub fn finish(self) -> Result<Report, GapError> {
        let problem = match self.phase {
            Phase::AfterDay(_) => return Ok(Report::of_days(self.days)),
            Phase::BeforeHeader => return Err(Problem::Empty.into()),
            Phase::BeforeFirstDay => Problem::NoDay,
            Phase::InDay(day) => Problem::UnfinishedDay { day: quoted(&day) },
        };
        Err(GapError::from(problem).at_line(self.lines))
    }

    /// Proves, in the middle of a ledger, that every holding balances at its mark: the gap
    /// since the last close is the sum of the causes booked since then, and the ends of the
    /// ladder are the positions of the books.
    ///
    /// # Errors
    ///
    /// The first holding that does not; that is a defect of this crate.
    pub fn check(&self) -> Result<(), GapError> {
        for (symbol, instrument) in &self.instruments {
            for (strategy, holding) in &instrument.holdings {
                balanced(holding, instrument.valuation(), strategy, symbol)?;
            }
        }
        for (strategy, holding) in &self.unassigned {
            balanced(holding, NO_UNITS, strategy, "")?;
        }
        Ok(())
    }

    fn apply_line(&mut self, line: &Line) -> Result<(), Problem> {
        line.check()?;
        self.is_in_place(line)?;
        match line {
            Line::Ledger { .. } => self.phase = Phase::BeforeFirstDay,
            Line::Instrument { symbol, multiplier } => self.declare(symbol, multiplier)?,
            Line::Day { day } => self.start_day(day)?,
            Line::DayEnd { marks } => self.end_day(marks)?,
            Line::Mark { symbol, px, source: _ } => self.instrument(symbol)?.step_to(px),
            Line::Split { symbol, ratio, px } => self.split(symbol, ratio, px)?,
            Line::Open { strategy, symbol, qty } => {
                let (holding, at) = self.holding(line.ev(), strategy, symbol)?;
                if holding.ladder.has_moved() {
                    let (strategy, symbol) = (quoted(strategy), quoted(symbol));
                    return Err(Problem::AlreadyHeld { strategy, symbol });
                }
                holding.open(qty, at);
            }
            Line::TheoryFill { strategy, symbol, qty, px } => {
                let (holding, at) = self.holding(line.ev(), strategy, symbol)?;
                holding.theory_fill(qty, px, at);
            }
            Line::Stage { strategy, symbol, stage, qty, reason } => {
                let (holding, _) = self.holding(line.ev(), strategy, symbol)?;
                holding.ladder.set(*stage, qty, *reason);
            }
            Line::Fill { strategy, symbol, qty, px, liquidity } => {
                let (holding, at) = self.holding(line.ev(), strategy, symbol)?;
                holding.fill(qty, px, liquidity, at);
            }
            Line::External { strategy, symbol, qty, px } => {
                let (holding, at) = self.holding(line.ev(), strategy, symbol)?;
                holding.other_trade(Cause::ExternalPrice, qty, px, at);
            }
            Line::Cross { symbol, buyer, seller, qty, px } => {
                let (holding, at) = self.holding(line.ev(), buyer, symbol)?;
                holding.other_trade(Cause::Netting, qty, px, at);
                let (holding, at) = self.holding(line.ev(), seller, symbol)?;
                holding.other_trade(Cause::Netting, &-qty, px, at);
            }
            Line::Fee { strategy, symbol, book, amount } => {
                self.charged(strategy, symbol.as_deref())?.fee(*book, amount);
            }
            Line::Financing { strategy, symbol, book, amount } => {
                self.charged(strategy, symbol.as_deref())?.financing(*book, amount);
            }
        }
        Ok(())
    }

    /// Whether a line of this kind may stand here.
    fn is_in_place(&self, line: &Line) -> Result<(), Problem> {
        let event = line.ev();
        match (&self.phase, line) {
            (Phase::BeforeHeader, Line::Ledger { .. }) => Ok(()),
            (Phase::BeforeHeader, _) => Err(Problem::NoHeader { event }),
            (_, Line::Ledger { .. }) => Err(Problem::SecondHeader),
            (_, Line::Instrument { .. }) => Ok(()),
            (Phase::InDay(day), Line::Day { .. }) => {
                Err(Problem::DayStillOpen { day: quoted(day) })
            }
            (_, Line::Day { .. }) | (Phase::InDay(_), _) => Ok(()),
            (Phase::BeforeFirstDay, _) => Err(Problem::BeforeFirstDay { event }),
            (Phase::AfterDay(day), _) => Err(Problem::BetweenDays { event, day: quoted(day) }),
        }
    }

    fn declare(&mut self, symbol: &str, multiplier: &Decimal) -> Result<(), Problem> {
        if self.instruments.contains_key(symbol) {
            return Err(Problem::RepeatedSymbol { symbol: quoted(symbol) });
        }
        self.instruments
            .insert(symbol.to_owned(), Instrument::new(multiplier.clone(), self.noting));
        Ok(())
    }

    fn instrument(&mut self, symbol: &str) -> Result<&mut Instrument, Problem> {
        if !self.instruments.contains_key(symbol) {
            return Err(self.unknown(symbol));
        }
        // The check above has answered already; the borrow checker needs the second look-up.
        self.instruments
            .get_mut(symbol)
            .ok_or_else(|| Problem::UnknownSymbol { symbol: quoted(symbol), nearest: None })
    }

    fn unknown(&self, symbol: &str) -> Problem {
        let nearest = nearest(symbol, self.instruments.keys().map(String::as_str));
        Problem::UnknownSymbol { symbol: quoted(symbol), nearest }
    }

    /// The holding that an event moves, with what a unit is worth now.
    fn holding(
        &mut self,
        event: &'static str,
        strategy: &str,
        symbol: &str,
    ) -> Result<(&mut Holding, Valuation<'_>), Problem> {
        let instrument = self.instrument(symbol)?;
        instrument.valued(strategy).ok_or_else(|| Problem::NoMark { event, symbol: quoted(symbol) })
    }

    /// The holding that a charge belongs to.
    fn charged(&mut self, strategy: &str, symbol: Option<&str>) -> Result<&mut Holding, Problem> {
        match symbol {
            Some(symbol) => Ok(self.instrument(symbol)?.holding(strategy)),
            None => {
                let holding = self.unassigned.entry(strategy.to_owned());
                Ok(holding.or_insert_with(|| Holding::new(self.noting)))
            }
        }
    }
}

fn balanced(
    holding: &Holding,
    at: Valuation<'_>,
    strategy: &str,
    symbol: &str,
) -> Result<(), GapError> {
    let residual = holding.imbalance(at);
    if residual.is_zero() && holding.ends_agree() {
        return Ok(());
    }
    let (strategy, symbol) = (quoted(strategy), quoted(symbol));
    Err(Problem::Imbalance { strategy, symbol, residual: residual.to_string() }.into())
}

/// Reads a whole ledger and reports on it; memory does not grow with its lines.
///
/// # Errors
///
/// The first thing wrong with the ledger, with its line.
///
/// ```
/// let ledger = r#"{"ev":"ledger","version":1}
/// {"ev":"day","day":"2026-01-05"}
/// {"ev":"fee","strategy":"orb","book":"live","amount":"12.50"}
/// {"ev":"day_end","marks":{}}
/// "#;
/// let report = truefill_gap::report_of_reader(ledger.as_bytes())?;
/// assert_eq!(report.live_pnl().to_string(), "-12.5");
/// # Ok::<(), truefill_gap::GapError>(())
/// ```
pub fn report_of_reader(input: impl BufRead) -> Result<Report, GapError> {
    let mut reader = LedgerReader::new(input);
    let mut attribution = Attribution::new();
    while let Some(entry) = reader.read_entry()? {
        attribution.apply(&entry.line).map_err(|error| error.at_line(reader.line_number()))?;
    }
    let last_line = reader.line_number();
    attribution.finish().map_err(|error| error.at_line(last_line))
}
