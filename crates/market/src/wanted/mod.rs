//! What a backtest wanted to hold, as its library writes it: tables of positions in CSV.
//!
//! Entry points: [`read`], [`WantedSpec`], [`Table`].
//!
//! [`crate::targets`] is the strict form of a target file. This reader takes what people have:
//!
//! - **wide**, as `positions.to_csv("targets.csv")` writes a data frame: the first column is the
//!   time, every other column a symbol, each cell what to hold from then on; an empty cell (or
//!   `nan`) says nothing;
//! - **long**: columns for time, symbol and target (and perhaps strategy and price) in any order,
//!   under the usual names.
//!
//! Times are read as [`crate::columns`] reads them. A wall time needs a zone. A day needs the
//! session's hours and the end of it at which the decision was known: a wrong guess there is
//! looking ahead, so none is made. A list of trades (a column `side` or `action`) is refused: a
//! target is a position, not a change. Sizes with more than nine places are rounded toward zero
//! and counted.
//!
//! Invariants:
//! 1. Times never decrease.
//! 2. Every row has a size and an instant; nothing is filled in.
//! 3. At one time a strategy wants one thing of a symbol.
//! 4. At most [`ROWS_MAX`] rows are held.

mod columns;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;

use crate::cells::{Cell, Problem};
use crate::columns::Session;
use crate::columns::timing::{Placed, Timing, Unplaced};
use crate::error::{Ambiguity, ErrorKind, MarketError, Place, shown};
use crate::lines::Lines;
use crate::rounded;
use crate::stamp::{self, Stamp};
use crate::zone::Zone;
use columns::{Columns, Shape};

/// Most rows of a table that are held.
pub const ROWS_MAX: usize = 5_000_000;
/// Most bytes of a line: a wide table has many columns.
const LINE_BYTES_MAX: usize = 1 << 20;
/// The strategy of rows that do not name one.
pub const STRATEGY: &str = "backtest";

/// The end of a day at which a decision was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Before the open.
    Open,
    /// At the close.
    Close,
}

/// What the caller says about a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WantedSpec {
    /// When on a day decisions were known, for rows that name a day only.
    pub decided: Option<Decided>,
    /// The zone of times without an offset.
    pub zone: Option<Zone>,
    /// The session of rows that name a day only.
    pub session: Option<Session>,
}

/// What the name of a column says about its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Quantities.
    Shares,
    /// Shares of the capital.
    Weight,
    /// Amounts of currency.
    Notional,
}

/// One statement: from this time on, hold so much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When it was known.
    pub time: Nanos,
    /// Who wants it.
    pub strategy: Arc<str>,
    /// Of what.
    pub symbol: Arc<str>,
    /// How much, with its sign, in the unit of the table.
    pub size: Qty,
    /// The price it was decided at.
    pub px: Option<Px>,
    /// Line of the file.
    pub line: u64,
}

/// A table as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The statements, in order of time.
    pub rows: Vec<Wanted>,
    /// What a column's name says of the numbers; `None` where it says nothing.
    pub unit: Option<Unit>,
    /// Sizes that had more than nine places.
    pub rounded: u64,
    /// Some row named a day only.
    pub days: bool,
}

/// Reads a table of wanted positions, plain or packed.
///
/// # Errors
/// [`MarketError`]; with an [`ambiguity`](MarketError::ambiguity) for what has to be declared.
pub fn read(path: impl AsRef<Path>, spec: &WantedSpec) -> Result<Table, MarketError> {
    read_lines(Lines::open(path.as_ref())?.at_most(LINE_BYTES_MAX), spec)
}

/// Reads a table from bytes, under the name that messages shall use.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(name: &str, bytes: &[u8], spec: &WantedSpec) -> Result<Table, MarketError> {
    let lines = Lines::new(name, std::io::Cursor::new(bytes.to_vec()))?;
    read_lines(lines.at_most(LINE_BYTES_MAX), spec)
}

fn read_lines(mut lines: Lines, spec: &WantedSpec) -> Result<Table, MarketError> {
    let header = lines.next()?.map(|line| line.trim_start_matches('\u{feff}').to_owned());
    let place = lines.place(1);
    let Some(header) = header else {
        let cause = "the file is empty";
        return Err(MarketError::row(ErrorKind::Header, place, cause, columns::ALLOWED));
    };
    let columns = Columns::of(&header).map_err(|p| refuse(&place, p))?;
    let table = Table { rows: Vec::new(), unit: columns.unit, rounded: 0, days: false };
    let mut reading =
        Reading { spec, columns, table, latest: Nanos(i64::MIN), said: BTreeMap::new() };
    while let Some(line) = lines.next()? {
        if line.trim().is_empty() {
            continue;
        }
        let line = line.to_owned();
        reading.row(&line, &lines.place(1))?;
    }
    if reading.table.rows.is_empty() {
        let cause = "there is no row that says what to hold";
        let place = lines.place(0);
        return Err(MarketError::row(ErrorKind::Cells, place, cause, columns::ALLOWED));
    }
    Ok(reading.table)
}

fn refuse(place: &Place, problem: Problem) -> MarketError {
    let place = Place { column: problem.column, ..place.clone() };
    MarketError::row(problem.kind, place, problem.cause, problem.action)
}

/// A table on its way.
struct Reading<'a> {
    spec: &'a WantedSpec,
    columns: Columns,
    table: Table,
    latest: Nanos,
    /// What each strategy said last of each symbol.
    said: BTreeMap<(Arc<str>, Arc<str>), (Nanos, Qty)>,
}

impl Reading<'_> {
    fn row(&mut self, line: &str, place: &Place) -> Result<(), MarketError> {
        let cells: Vec<Cell<'_>> = self.columns.split(line).map_err(|p| refuse(place, p))?;
        let time = self.time(&cells[self.columns.time], place)?;
        if time < self.latest {
            let cause = format!("{} is before the row above", shown(cells[self.columns.time].text));
            let action = "sort the rows by time, as the decisions were made";
            return Err(MarketError::row(ErrorKind::Unordered, place.clone(), cause, action));
        }
        self.latest = time;
        match &self.columns.shape {
            Shape::Wide(symbols) => {
                let said = symbols.iter().filter(|(at, _)| !says_nothing(cells[*at].text));
                let said: Vec<(Cell<'_>, Arc<str>)> =
                    said.map(|(at, symbol)| (cells[*at], Arc::clone(symbol))).collect();
                for (cell, symbol) in said {
                    self.keep(time, STRATEGY.into(), symbol, &cell, None, place)?;
                }
                Ok(())
            }
            Shape::Long { symbol, target, strategy, price } => {
                let (symbol, target) = (cells[*symbol], cells[*target]);
                let strategy = strategy.map_or(STRATEGY, |at| cells[at].text);
                let price = price.map(|at| cells[at]).filter(|cell| !says_nothing(cell.text));
                let px = price.map(|cell| self.px(&cell)).transpose();
                let px = px.map_err(|p| refuse(place, p))?;
                if symbol.is_empty() || strategy.is_empty() {
                    let problem = symbol.problem(ErrorKind::Symbol, "", "name what is traded");
                    return Err(refuse(place, problem));
                }
                self.keep(time, strategy.into(), symbol.text.into(), &target, px, place)
            }
        }
    }

    fn keep(
        &mut self,
        time: Nanos,
        strategy: Arc<str>,
        symbol: Arc<str>,
        target: &Cell<'_>,
        px: Option<Px>,
        place: &Place,
    ) -> Result<(), MarketError> {
        let (raw, lost) = rounded::toward_zero(target.text).map_err(|error| {
            let allowed = "write a decimal number with a point, such as 850 or -0.25";
            refuse(place, target.problem(ErrorKind::Number, &error.to_string(), allowed))
        })?;
        let size = Qty(raw).bounded().map_err(|error| {
            refuse(place, target.problem(ErrorKind::Number, &error.to_string(), "a smaller size"))
        })?;
        self.table.rounded += u64::from(lost);
        if self.table.rows.len() == ROWS_MAX {
            let cause = format!("more than {ROWS_MAX} statements of what to hold");
            let action = "keep only the rows in which a target changes";
            return Err(MarketError::row(ErrorKind::Cells, place.clone(), cause, action));
        }
        let key = (Arc::clone(&strategy), Arc::clone(&symbol));
        let before = self.said.insert(key, (time, size));
        if before.is_some_and(|(then, other)| then == time && other != size) {
            let cause = format!("two sizes of {} are wanted at one time", shown(&symbol));
            let action = "keep the one that was meant";
            return Err(MarketError::row(ErrorKind::Unordered, place.clone(), cause, action));
        }
        let line = place.line;
        self.table.rows.push(Wanted { time, strategy, symbol, size, px, line });
        Ok(())
    }

    fn px(&self, cell: &Cell<'_>) -> Result<Px, Problem> {
        let read = rounded::half_even(cell.text).map(|(raw, _)| Px(raw));
        let px = read.and_then(Px::bounded).ok().filter(|px| px.0 > 0);
        px.ok_or_else(|| cell.problem(ErrorKind::Number, "not a price", "a number above zero"))
    }

    fn time(&mut self, cell: &Cell<'_>, place: &Place) -> Result<Nanos, MarketError> {
        let at = Place { column: cell.column, ..place.clone() };
        let stamp = stamp::parse(cell.text).map_err(|e| {
            let allowed = "write an ISO date or time, YYYYMMDD HHMMSS, or a number since 1970";
            refuse(place, cell.problem(ErrorKind::Time, &e.to_string(), allowed))
        })?;
        let day = matches!(stamp, Stamp::Day(_));
        self.table.days |= day;
        if day && self.spec.decided.is_none() {
            let ambiguity = Ambiguity::Decided;
            return Err(MarketError::ambiguous(ambiguity, at, shown(cell.text), "declare it"));
        }
        let timing = Timing { zone: self.spec.zone, session: self.spec.session };
        match timing.place(stamp, None, cell) {
            Ok(Placed::At(time)) => Ok(time),
            Ok(Placed::Session(open, close)) => Ok(match self.spec.decided {
                Some(Decided::Open) => open,
                _ => close,
            }),
            Err(Unplaced::Problem(problem)) => Err(refuse(place, problem)),
            Err(Unplaced::Missing(ambiguity)) => {
                Err(MarketError::ambiguous(ambiguity, at, shown(cell.text), "declare it"))
            }
        }
    }
}

/// What data frames write for "no value".
fn says_nothing(text: &str) -> bool {
    matches!(text, "" | "nan" | "NaN" | "NA" | "None" | "null")
}
