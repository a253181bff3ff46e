//! Bars of a file with columns.
//!
//! Entry points: [`open_bars`], [`ColumnBars`].

use std::path::Path;
use std::sync::Arc;

use truefill_core::ids::InstrumentId;
use truefill_core::time::Nanos;

use crate::bars::Bar;
use crate::columns::census::{self, Census};
use crate::columns::clean::{Candidate, Cleaner};
use crate::columns::layout::Want;
use crate::columns::row::RowReader;
use crate::columns::spec::{BarSpec, StampSide};
use crate::columns::timing::{Placed, Timing};
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, shown};
use crate::lines::Input;
use crate::source::Bars;
use crate::symbols::Symbols;

/// Most bars held in memory to be sorted, where a file is not in the order of time.
pub const HELD_BARS_MAX: usize = 1_000_000;

/// Bars of a file, in order of time.
#[derive(Debug)]
pub struct ColumnBars {
    rows: BarRows,
    /// Bars of one beginning (of the whole file, where it is not in order), sorted, the next one
    /// last.
    held: Vec<Candidate>,
    /// The first row of the next beginning.
    ahead: Vec<Candidate>,
    whole: bool,
    cleaner: Cleaner,
    census: Census,
    dirt: DirtReport,
    failed: bool,
}

/// Opens a file of bars of the instruments that `symbols` names; rows of others are passed over
/// and counted.
///
/// # Errors
/// [`MarketError`] for a file that cannot be read or is malformed anywhere; with an
/// [`ambiguity`](MarketError::ambiguity) for what has to be declared; of kind
/// [`ErrorKind::Symbol`] when a symbol of `symbols` does not occur.
///
/// ```no_run
/// use truefill_market::columns::{BarSpec, Session, open_bars};
/// use truefill_market::{source::Bars, symbols::Symbols};
/// let spec = BarSpec::new().session(Session::US_EQUITY);
/// let symbols = Symbols::from_names(["AAPL"])?;
/// let mut bars = open_bars("data/us5/us_5_stocks_wiki_2000-2013.csv.gz", &spec, symbols)?;
/// while let Some(bar) = bars.next()? {
///     println!("{} {}", bar.end_time, bar.close);
/// }
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
pub fn open_bars(
    path: impl AsRef<Path>,
    spec: &BarSpec,
    symbols: Symbols,
) -> Result<ColumnBars, MarketError> {
    all_there(start(&Input::Path(path.as_ref().to_owned()), spec, Some(symbols))?)
}

/// The same from bytes in memory, packed or not.
///
/// # Errors
/// As [`open_bars`].
pub fn bars_from_bytes(
    name: &str,
    bytes: impl Into<Arc<[u8]>>,
    spec: &BarSpec,
    symbols: Symbols,
) -> Result<ColumnBars, MarketError> {
    all_there(start(&Input::Bytes(name.into(), bytes.into()), spec, Some(symbols))?)
}

/// Refuses a file that does not have every symbol.
fn all_there(bars: ColumnBars) -> Result<ColumnBars, MarketError> {
    let names = || bars.census.symbols.iter().map(|one| one.symbol.as_str());
    let absent = bars.symbols().names().find(|symbol| names().all(|name| name != *symbol));
    let Some(absent) = absent else { return Ok(bars) };
    let cause = format!("no bar is of {}", shown(absent));
    let advice = match bars.census.symbols.is_empty() {
        true => "the file has no bars at all; check that it is the one you meant".to_owned(),
        false => Symbols::from_names(names())?.advice(absent),
    };
    Err(MarketError::row(ErrorKind::Symbol, bars.rows.rows.place(), cause, advice))
}

/// Opens; without symbols all that are in the file, numbered in its order. Those of `symbols` may
/// be absent.
pub(crate) fn start(
    input: &Input,
    spec: &BarSpec,
    symbols: Option<Symbols>,
) -> Result<ColumnBars, MarketError> {
    let census = census::take(input, spec)?;
    let names = || census.symbols.iter().map(|one| one.symbol.as_str());
    let symbols = match symbols {
        Some(symbols) => symbols,
        None => Symbols::from_names(names())?,
    };
    let rows = RowReader::new(input.lines()?, &spec.shape, Want::Bars)?;
    let timing = census::timing(spec, &rows);
    let rows = BarRows {
        only: spec.shape.symbol.clone().filter(|_| rows.layout.symbol.is_none()),
        rows,
        timing,
        side: census.side,
        period_ns: census.period_ns,
        latest: vec![None; symbols.names().count()],
        symbols,
        newest: Nanos(i64::MIN),
    };
    Ok(ColumnBars {
        rows,
        held: Vec::new(),
        ahead: Vec::new(),
        whole: !census.in_order,
        cleaner: Cleaner::new(census.period_ns, spec.adjusted),
        census,
        dirt: DirtReport::NONE,
        failed: false,
    })
}

impl ColumnBars {
    /// What was found in the file when it was opened: symbols, period, order.
    #[must_use]
    pub const fn census(&self) -> &Census {
        &self.census
    }

    /// The symbols that bars are numbered by.
    #[must_use]
    pub const fn symbols(&self) -> &Symbols {
        &self.rows.symbols
    }

    fn advance(&mut self) -> Result<Option<Bar>, MarketError> {
        loop {
            if let Some(candidate) = self.held.pop() {
                if let Some(bar) = self.cleaner.usable(candidate, &mut self.dirt) {
                    return Ok(Some(bar));
                }
                continue;
            }
            self.refill()?;
            if self.held.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Reads the bars of the next beginning, or all.
    fn refill(&mut self) -> Result<(), MarketError> {
        self.held.append(&mut self.ahead);
        let mut read = Vec::new();
        while self.rows.read(self.whole, &mut read, &mut self.dirt)? {
            for candidate in read.drain(..) {
                let begun = self.held.first().map(|first| first.bar.open_time);
                if self.whole || begun.is_none_or(|begun| begun == candidate.bar.open_time) {
                    self.held.push(candidate);
                } else {
                    self.ahead.push(candidate);
                }
            }
            if self.held.len() > HELD_BARS_MAX {
                return Err(MarketError::row(
                    ErrorKind::Unordered,
                    self.rows.rows.place(),
                    format!("more than {HELD_BARS_MAX} bars are not in the order of time"),
                    "sort the file by time, whatever the symbol, or split it by symbol",
                ));
            }
            if !self.ahead.is_empty() {
                break;
            }
        }
        // The next one last; of doubled bars the first in the file comes first.
        self.held.sort_by_key(|one| {
            std::cmp::Reverse((one.bar.open_time, one.bar.instrument, one.line))
        });
        Ok(())
    }
}

impl Bars for ColumnBars {
    fn next(&mut self) -> Result<Option<Bar>, MarketError> {
        if self.failed {
            return Err(MarketError::stopped(self.rows.rows.place()));
        }
        let answer = self.advance();
        self.failed = answer.is_err();
        answer
    }

    fn dirt(&self) -> &DirtReport {
        &self.dirt
    }
}

#[derive(Debug)]
struct BarRows {
    rows: RowReader,
    only: Option<String>,
    timing: Timing,
    side: Option<StampSide>,
    period_ns: Option<i64>,
    symbols: Symbols,
    /// The latest stamp of every instrument.
    latest: Vec<Option<Nanos>>,
    newest: Nanos,
}

impl BarRows {
    /// Reads one row; false at the end. A table row has many bars.
    fn read(
        &mut self,
        any_order: bool,
        out: &mut Vec<Candidate>,
        dirt: &mut DirtReport,
    ) -> Result<bool, MarketError> {
        let Self { rows, only, timing, side, period_ns, symbols, latest, newest } = self;
        let read = rows.next(|split| {
            let named = only.as_deref().unwrap_or(split.symbol().text);
            let last = symbols.id(named).and_then(|id| latest.get(id.ix()).copied().flatten());
            let placed = split.time(timing, last)?;
            let (stamp, open_time, end_time) = match (placed, *side, *period_ns) {
                (Placed::Session(open, close), ..) => (open, open, close),
                (Placed::At(at), Some(StampSide::Close), Some(period)) => {
                    (at, at.plus(period.saturating_neg()), at)
                }
                (Placed::At(at), _, period) => (at, at, at.plus(period.unwrap_or(0))),
            };
            if open_time < *newest && !any_order {
                let cause = "the file changed while it was read: a bar is earlier than one before";
                let action = "read the file again when nobody writes it";
                let place = split.place.clone();
                return Err(MarketError::row(ErrorKind::Unordered, place, cause, action));
            }
            *newest = (*newest).max(open_time);
            split.bars(|symbol, row| {
                let Some(instrument) = symbols.id(symbol) else {
                    dirt.foreign.add(split.line);
                    return Ok(());
                };
                let Some(row) = row else {
                    dirt.blank.add(split.line);
                    return Ok(());
                };
                if row.rounded {
                    dirt.rounded.add(split.line);
                }
                note(latest, instrument, stamp, split.line, dirt);
                let [open, high, low, close] = row.prices;
                let (volume, prices) = (row.volume, 0);
                let bar =
                    Bar { instrument, open_time, end_time, open, high, low, close, volume, prices };
                out.push(Candidate { bar, adjusted: row.adjusted, line: split.line });
                Ok(())
            })
        })?;
        Ok(read.is_some())
    }
}

/// Remembers the stamp of an instrument; one that runs backwards is put where it belongs.
fn note(
    latest: &mut [Option<Nanos>],
    instrument: InstrumentId,
    stamp: Nanos,
    line: u64,
    dirt: &mut DirtReport,
) {
    let Some(latest) = latest.get_mut(instrument.ix()) else { return };
    if let Some(last) = latest.filter(|last| stamp < *last) {
        dirt.reordered.add(line);
        dirt.reordered_ns_max = dirt.reordered_ns_max.max(last.since(stamp));
    }
    *latest = Some(stamp);
}
