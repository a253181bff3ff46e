//! The first reading of a bars file: what is in it, how long its bars are, how it is sorted.
//!
//! Entry points: [`Census`], `take`.
//!
//! Invariants: every row is read in full, so that what is malformed is refused before the first
//! bar is given out; memory is bounded by the symbols.

use std::collections::BTreeMap;

use truefill_core::time::{Nanos, SECOND_NS};

use crate::columns::layout::Want;
use crate::columns::row::RowReader;
use crate::columns::spec::{BarSpec, StampSide};
use crate::columns::timing::{Placed, Timing};
use crate::error::{Ambiguity, ErrorKind, MarketError, shown};
use crate::lines::Input;
use crate::survey::SYMBOLS_MAX;
use crate::symbols::Symbols;

/// Different distances that are counted to find the period; more are not needed.
const DISTANCES_MAX: usize = 4_096;

/// What a file of bars has of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The symbol.
    pub symbol: String,
    /// Its rows, dirty ones included.
    pub rows: u64,
    /// Its earliest and latest stamp.
    pub span: (Nanos, Nanos),
}

/// What is in a file of bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Symbols in the order of the file.
    pub symbols: Vec<Counted>,
    /// How long a bar is, in nanoseconds; `None` for sessions of days.
    pub period_ns: Option<i64>,
    /// The period was not declared, it is the most common distance of bars.
    pub period_inferred: bool,
    /// Rows come in order of time, whatever their symbol.
    pub in_order: bool,
    /// Rows of the file that hold data.
    pub rows: u64,
    /// Which end of a bar its stamp means; `None` for sessions of days.
    pub side: Option<StampSide>,
}

/// Counters while reading.
#[derive(Debug, Default)]
struct Tally {
    ids: BTreeMap<String, usize>,
    symbols: Vec<Counted>,
    latest: Vec<Nanos>,
    distances: BTreeMap<i64, u64>,
    newest: Option<Nanos>,
    unordered: bool,
    sessions: bool,
    instants: bool,
    rows: u64,
}

impl Tally {
    /// The number of a symbol; `Err` says why there is none.
    fn id(&mut self, symbol: &str, at: Nanos) -> Result<usize, String> {
        if let Some(id) = self.ids.get(symbol) {
            return Ok(*id);
        }
        Symbols::from_names([symbol]).map_err(|_| format!("{} is no symbol", shown(symbol)))?;
        if self.symbols.len() == SYMBOLS_MAX {
            return Err(format!("the file has more than {SYMBOLS_MAX} symbols"));
        }
        let id = self.symbols.len();
        self.ids.insert(symbol.to_owned(), id);
        self.symbols.push(Counted { symbol: symbol.to_owned(), rows: 0, span: (at, at) });
        self.latest.push(at);
        Ok(id)
    }

    fn count(&mut self, symbol: &str, at: Nanos) -> Result<(), String> {
        let id = self.id(symbol, at)?;
        if let (Some(one), Some(latest)) = (self.symbols.get_mut(id), self.latest.get_mut(id)) {
            one.rows += 1;
            one.span = (one.span.0.min(at), one.span.1.max(at));
            let distance = at.since(*latest);
            if distance > 0
                && (self.distances.len() < DISTANCES_MAX || self.distances.contains_key(&distance))
            {
                *self.distances.entry(distance).or_default() += 1;
            }
            *latest = at;
        }
        Ok(())
    }

    /// The most common distance, of equally common ones the shortest.
    fn period(&self) -> Option<i64> {
        let most = self.distances.iter().rev().max_by_key(|(_, count)| **count);
        most.map(|(distance, _)| *distance).filter(|distance| *distance >= SECOND_NS)
    }
}

/// Reads a file from its start to its end.
pub(crate) fn take(input: &Input, spec: &BarSpec) -> Result<Census, MarketError> {
    spec.check()?;
    let mut rows = RowReader::new(input.lines()?, &spec.shape, Want::Bars)?;
    let timing = timing(spec, &rows);
    let mut tally = Tally::default();
    let only = spec.shape.symbol.clone().filter(|_| rows.layout.symbol.is_none());
    let mut place = rows.place();
    loop {
        let read = rows.next(|split| {
            let symbol = split.symbol().text;
            let symbol = only.as_deref().unwrap_or(symbol);
            let last = tally.ids.get(symbol).and_then(|id| tally.latest.get(*id)).copied();
            let placed = split.time(&timing, last)?;
            let at = match placed {
                Placed::At(at) => at,
                Placed::Session(open, _) => open,
            };
            tally.rows += 1;
            tally.sessions |= matches!(placed, Placed::Session(..));
            tally.instants |= matches!(placed, Placed::At(_));
            tally.unordered |= tally.newest.is_some_and(|newest| at < newest);
            tally.newest = tally.newest.max(Some(at));
            split.bars(|symbol, _| {
                tally.count(symbol, at).map_err(|why| {
                    let action = "check the columns, or split the file";
                    MarketError::row(ErrorKind::Symbol, split.place.clone(), why, action)
                })
            })
        })?;
        if read.is_none() {
            break;
        }
        place = rows.place();
    }
    if tally.sessions && tally.instants {
        let cause = "some rows are stamped with a day and some with a time";
        let action = "write all times in one form";
        return Err(MarketError::row(ErrorKind::Time, place, cause, action));
    }
    let side = spec.side.or(rows.layout.side).filter(|_| !tally.sessions);
    if tally.instants && side.is_none() {
        let what = format!("{} bars have times", tally.rows);
        return Err(MarketError::ambiguous(Ambiguity::StampSide, place, what, "declare it"));
    }
    let found = tally.period();
    let period_ns = spec.period_ns.or(found).filter(|_| !tally.sessions);
    if tally.instants && period_ns.is_none() {
        let what = format!("{} bars have no common distance", tally.rows);
        return Err(MarketError::ambiguous(Ambiguity::Period, place, what, "declare it"));
    }
    Ok(Census {
        period_inferred: spec.period_ns.is_none() && period_ns.is_some(),
        period_ns,
        in_order: !tally.unordered,
        symbols: tally.symbols,
        rows: tally.rows,
        side,
    })
}

/// The zone that was declared, or that the name of the time column says.
pub(crate) fn timing(spec: &BarSpec, rows: &RowReader) -> Timing {
    let named = rows.layout.utc.then_some(crate::zone::Zone::Utc);
    Timing { zone: spec.shape.zone.or(named), session: spec.session }
}
