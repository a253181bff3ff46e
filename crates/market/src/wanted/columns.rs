//! Which column of a table is which.
//!
//! Entry point: `Columns::of`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cells::{Cell, Problem};
use crate::error::{ErrorKind, shown};
use crate::wanted::Unit;

/// What a first line may be.
pub(super) const ALLOWED: &str = "the first line is time,symbol,target (and perhaps strategy, \
                                  price), or a time and one column for each symbol";
/// Most columns: a wide table of a large index, with room.
const COLUMNS_MAX: usize = 20_000;

const TIMES: &[&str] = &["", "time", "date", "datetime", "timestamp", "index", "unnamed: 0"];
const SYMBOLS: &[&str] = &["symbol", "ticker", "asset", "instrument", "tradingsymbol"];
const TARGETS: &[(&str, Option<Unit>)] = &[
    ("target", None),
    ("position", None),
    ("size", None),
    ("weight", Some(Unit::Weight)),
    ("target_weight", Some(Unit::Weight)),
    ("shares", Some(Unit::Shares)),
    ("quantity", Some(Unit::Shares)),
    ("qty", Some(Unit::Shares)),
    ("notional", Some(Unit::Notional)),
    ("value", Some(Unit::Notional)),
];
const STRATEGIES: &[&str] = &["strategy"];
const PRICES: &[&str] = &["price", "px"];
/// Columns of a list of trades.
const CHANGES: &[&str] = &["side", "action", "order_type", "order id", "executed_size"];

/// How the rows say what to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A column for each symbol.
    Wide(Vec<(usize, Arc<str>)>),
    /// A row for each statement.
    Long { symbol: usize, target: usize, strategy: Option<usize>, price: Option<usize> },
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    separator: char,
    count: usize,
    pub(super) time: usize,
    pub(super) shape: Shape,
    pub(super) unit: Option<Unit>,
}

impl Columns {
    /// Reads a first line.
    pub(super) fn of(header: &str) -> Result<Self, Problem> {
        let separator = [',', ';', '\t'].into_iter().find(|c| header.contains(*c)).unwrap_or(',');
        let names: Vec<&str> = header.split(separator).map(plain).collect();
        let wrong = |cause: String| Problem {
            kind: ErrorKind::Header,
            column: 1,
            cause,
            action: ALLOWED.to_owned(),
        };
        if names.len() > COLUMNS_MAX {
            return Err(wrong(format!("the table has {} columns", names.len())));
        }
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let find = |words: &[&str]| lower.iter().position(|name| words.contains(&name.as_str()));
        if let Some(at) = find(CHANGES) {
            let mut problem = wrong(format!(
                "a column {} makes this a list of trades, and a target is a position",
                shown(names[at])
            ));
            problem.action = "add up the signed quantities of each symbol; examples/backtests \
                              has a script that does"
                .to_owned();
            return Err(problem);
        }
        let Some(time) = find(TIMES) else {
            return Err(wrong(format!("there is no column of times in {}", shown(header))));
        };
        let count = names.len();
        if let Some(symbol) = find(SYMBOLS) {
            let target = TARGETS.iter().find_map(|(word, unit)| Some((find(&[word])?, *unit)));
            let Some((target, unit)) = target else {
                return Err(wrong(format!("there is no column of targets in {}", shown(header))));
            };
            let (strategy, price) = (find(STRATEGIES), find(PRICES));
            let shape = Shape::Long { symbol, target, strategy, price };
            return Ok(Self { separator, count, time, shape, unit });
        }
        let symbols: Vec<(usize, Arc<str>)> = names
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != time)
            .map(|(at, name)| (at, (*name).into()))
            .collect();
        let distinct: BTreeSet<&Arc<str>> = symbols.iter().map(|(_, name)| name).collect();
        if symbols.is_empty()
            || distinct.len() < symbols.len()
            || names.iter().skip(1).any(|n| n.is_empty())
        {
            return Err(wrong(format!("symbols are missing or doubled in {}", shown(header))));
        }
        Ok(Self { separator, count, time, shape: Shape::Wide(symbols), unit: None })
    }

    /// The cells of a row.
    pub(super) fn split<'a>(&self, line: &'a str) -> Result<Vec<Cell<'a>>, Problem> {
        let mut cells = Vec::with_capacity(self.count);
        let mut column = 1;
        for text in line.split(self.separator) {
            let name = self.name(cells.len());
            cells.push(Cell { name, column, text: plain(text) });
            column += text.len() + 1;
        }
        if cells.len() == self.count {
            return Ok(cells);
        }
        Err(Problem {
            kind: ErrorKind::Cells,
            column: 1,
            cause: format!(
                "the row has {} cells and the first line {}: {}",
                cells.len(),
                self.count,
                shown(line)
            ),
            action: "write a decimal point, not a comma, and a cell for every column".to_owned(),
        })
    }

    fn name(&self, at: usize) -> &'static str {
        match &self.shape {
            _ if at == self.time => "time",
            Shape::Wide(_) => "target",
            Shape::Long { symbol, .. } if at == *symbol => "symbol",
            Shape::Long { strategy, .. } if Some(at) == *strategy => "strategy",
            Shape::Long { price, .. } if Some(at) == *price => "price",
            Shape::Long { .. } => "target",
        }
    }
}

/// A cell without the blanks and quotation marks around it.
fn plain(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}
