//! Target files: what a strategy wants to hold, when it knew, and at which price it decided.
//!
//! Entry point: [`Targets`].
//!
//! CSV, with these columns in any order, `price` and `stop` may be left out:
//!
//! ```text
//! time,strategy,symbol,target,price
//! 2025-03-25T15:30:00+05:30,orb,NSE:INFY,850,1612.35
//! ```
//!
//! or JSON Lines with the same keys (a file that begins with `{`):
//!
//! ```text
//! {"time":"2025-03-25T15:30:00+05:30","strategy":"orb","symbol":"NSE:INFY","target":"850","price":null}
//! ```
//!
//! - `time`: when the decision was known; RFC 3339 with an offset, or integer nanoseconds since
//!   1970. A date alone is refused: it would have to be guessed whether the close of that day was
//!   known, and a wrong guess is looking ahead.
//! - `target`: the position wanted, with its sign, in units of the instrument; not a change.
//! - `price`: the price the decision was made at; empty or `null` where there is none.
//! - `stop`: where a protective stop shall rest at the exchange while the position is held; empty
//!   or `null` for none.
//!
//! Plain or packed. Numbers are taken from their text, exactly. Digits beyond 1e-9, as programs
//! print binary floats, are cut off from targets (a position is never made larger) and rounded in
//! prices, halves to even; [`Targets::rounded`] counts such rows.
//!
//! Invariants:
//! 1. Times never decrease. Rows that are not sorted are refused, not sorted: the order of a file
//!    that was put together wrongly says nothing about what was known when.
//! 2. At one time a strategy wants one thing of an instrument: rows that contradict each other are
//!    refused, rows that repeat each other are passed on.
//! 3. Memory is bounded by the strategies and instruments, not by the file.

mod csv;
mod json;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;

use crate::cells::{Cell, Problem};
use crate::dirt::Dirt;
use crate::error::{ErrorKind, MarketError};
use crate::lines::Lines;
use crate::nearest::nearest;
use crate::symbols::Symbols;

/// Most different strategies in one file.
pub const STRATEGIES_MAX: usize = 4_096;
/// Most bytes of the name of a strategy.
pub const STRATEGY_BYTES_MAX: usize = 64;

/// One row of a target file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// When the decision was known.
    pub time: Nanos,
    /// Whose it is.
    pub strategy: Arc<str>,
    /// Position in the list of instruments that the reader was given.
    pub instrument: InstrumentId,
    /// The position wanted, with its sign, in units of the instrument.
    pub target: Qty,
    /// The price it was decided at, in currency units; `None` where the file does not say.
    pub price: Option<Px>,
    /// The price of a protective stop, in currency units; `None` for no stop.
    pub stop: Option<Px>,
}

/// What a row wants, besides when and of what.
type Wanted = (Qty, Option<Px>, Option<Px>);

/// A streaming reader of a target file.
///
/// ```
/// use truefill_market::{symbols::Symbols, targets::Targets};
/// let text = "time,strategy,symbol,target,price\n\
///             2025-03-25T15:30:00+05:30,orb,NSE:INFY,850,\n";
/// let symbols = Symbols::from_names(["NSE:INFY"])?;
/// let mut targets = Targets::from_reader("t.csv", text.as_bytes(), symbols)?;
/// let row = targets.next()?.expect("one row");
/// assert_eq!((row.target.to_string().as_str(), row.price), ("850", None));
/// assert_eq!(targets.next()?, None);
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
#[derive(Debug)]
pub struct Targets {
    lines: Lines,
    symbols: Symbols,
    form: Form,
    /// The first line, where it is a row.
    first: Option<String>,
    names: BTreeSet<Arc<str>>,
    /// Only the names given are valid.
    closed: bool,
    last: Nanos,
    last_line: u64,
    /// What was wanted at `last`.
    wanted: BTreeMap<(Arc<str>, InstrumentId), Wanted>,
    rounded: Dirt,
    failed: bool,
}

#[derive(Debug)]
enum Form {
    Csv(csv::Columns),
    Json,
}

/// The cells of a row, whatever the form of the file.
struct Row<'a> {
    time: Cell<'a>,
    strategy: Cell<'a>,
    symbol: Cell<'a>,
    target: Cell<'a>,
    price: Option<Cell<'a>>,
    stop: Option<Cell<'a>>,
}

impl Targets {
    /// Opens a file and checks its first line.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be read or begins with neither a header nor `{`.
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        Self::start(Lines::open(path.as_ref())?, symbols)
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`Targets::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        symbols: Symbols,
    ) -> Result<Self, MarketError> {
        Self::start(Lines::new(name, input)?, symbols)
    }

    /// Only these strategies are valid; without this, any name is.
    #[must_use]
    pub fn only<'a>(mut self, strategies: impl IntoIterator<Item = &'a str>) -> Self {
        self.names = strategies.into_iter().map(Arc::from).collect();
        self.closed = true;
        self
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`MarketError`] for the first row that cannot be used. After it the reader is finished.
    #[allow(clippy::should_implement_trait)] // it fails, and an iterator would go on after that
    pub fn next(&mut self) -> Result<Option<Target>, MarketError> {
        if self.failed {
            return Err(MarketError::stopped(self.lines.place(0)));
        }
        let answer = self.advance();
        self.failed = answer.is_err();
        answer
    }

    /// Rows so far whose target or price had more decimals than can be kept.
    #[must_use]
    pub const fn rounded(&self) -> Dirt {
        self.rounded
    }

    fn start(mut lines: Lines, symbols: Symbols) -> Result<Self, MarketError> {
        let line = lines.next()?.unwrap_or("").to_owned();
        let (form, first) = if line.starts_with('{') {
            (Form::Json, Some(line))
        } else {
            let columns = csv::columns(&line).map_err(|p| refuse(&lines, p))?;
            (Form::Csv(columns), None)
        };
        Ok(Self {
            lines,
            symbols,
            form,
            first,
            names: BTreeSet::new(),
            closed: false,
            last: Nanos(i64::MIN),
            last_line: 0,
            wanted: BTreeMap::new(),
            rounded: Dirt::default(),
            failed: false,
        })
    }

    fn advance(&mut self) -> Result<Option<Target>, MarketError> {
        let line = match self.first.take() {
            Some(first) => first,
            None => match self.lines.next()? {
                Some(line) => line.to_owned(),
                None => return Ok(None),
            },
        };
        self.row(&line).map(Some).map_err(|p| refuse(&self.lines, p))
    }

    fn row(&mut self, line: &str) -> Result<Target, Problem> {
        let names;
        let row = match &self.form {
            Form::Csv(columns) => columns.row(line)?,
            Form::Json => {
                names = json::parse(line)?;
                names.row(line)
            }
        };
        let time = row.time.time()?;
        let strategy = self.strategy(&row.strategy)?;
        let instrument = row.symbol.symbol(&self.symbols)?;
        let (target, cut) = row.target.qty_toward_zero()?;
        let (price, rounded) = price(row.price.as_ref())?;
        let (stop, stop_rounded) = self::price(row.stop.as_ref())?;
        self.in_order(&row, time)?;
        let key = (Arc::clone(&strategy), instrument);
        let wanted = (target, price, stop);
        if self.wanted.insert(key, wanted).is_some_and(|before| before != wanted) {
            return Err(row.target.problem(
                ErrorKind::Unordered,
                "another row wants something else at the same time",
                "keep one row for each time, strategy and symbol: a target is the whole position, \
                 not a change",
            ));
        }
        if cut || rounded || stop_rounded {
            self.rounded.add(self.lines.line());
        }
        Ok(Target { time, strategy, instrument, target, price, stop })
    }

    fn strategy(&mut self, cell: &Cell) -> Result<Arc<str>, Problem> {
        if let Some(name) = self.names.get(cell.text) {
            return Ok(Arc::clone(name));
        }
        if self.closed {
            let known = || self.names.iter().map(|name| &**name);
            let advice = match nearest(cell.text, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("configured are {}", known().collect::<Vec<_>>().join(", ")),
            };
            let why = "not a strategy of the configuration";
            return Err(cell.problem(ErrorKind::Word, why, &advice));
        }
        let fits = (1..=STRATEGY_BYTES_MAX).contains(&cell.text.len());
        if !fits || cell.text.contains(char::is_control) {
            let allowed =
                format!("write 1 to {STRATEGY_BYTES_MAX} bytes without control characters");
            return Err(cell.problem(ErrorKind::Word, "not the name of a strategy", &allowed));
        }
        if self.names.len() == STRATEGIES_MAX {
            let why = format!("the file has more than {STRATEGIES_MAX} strategies");
            let allowed = "check the column, or split the file";
            return Err(cell.problem(ErrorKind::Word, &why, allowed));
        }
        let name: Arc<str> = cell.text.into();
        self.names.insert(Arc::clone(&name));
        Ok(name)
    }

    fn in_order(&mut self, row: &Row, time: Nanos) -> Result<(), Problem> {
        if time < self.last {
            return Err(row.time.problem(
                ErrorKind::Unordered,
                &format!("earlier than {} in line {}", self.last, self.last_line),
                "sort the rows by time, keeping the order of equal times (times with different \
                 offsets sort by the instant, not by the text)",
            ));
        }
        if time > self.last {
            self.wanted.clear();
        }
        (self.last, self.last_line) = (time, self.lines.line());
        Ok(())
    }
}

/// A price, where there is one, and whether digits were lost.
fn price(cell: Option<&Cell>) -> Result<(Option<Px>, bool), Problem> {
    let Some(cell) = cell.filter(|cell| !cell.is_empty()) else { return Ok((None, false)) };
    let (px, rounded) = cell.near_px()?;
    if px.0 <= 0 {
        let allowed = "write a price above zero, or nothing";
        return Err(cell.problem(ErrorKind::Number, "not above zero", allowed));
    }
    Ok((Some(px), rounded))
}

fn refuse(lines: &Lines, p: Problem) -> MarketError {
    MarketError::row(p.kind, lines.place(p.column), p.cause, p.action)
}

#[cfg(test)]
mod tests;
