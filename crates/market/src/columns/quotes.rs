//! Quotes of a file with columns.
//!
//! Entry points: [`open_quotes`], [`ColumnQuotes`].

use std::path::Path;
use std::sync::Arc;

use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use crate::cells::Cell;
use crate::clean;
use crate::columns::layout::Want;
use crate::columns::row::{QuoteRow, RowReader, Split};
use crate::columns::spec::{QuoteSpec, Session};
use crate::columns::timing::{Placed, Timing};
use crate::dirt::DirtReport;
use crate::error::{Ambiguity, ErrorKind, MarketError, Place};
use crate::lines::Input;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind};
use crate::symbols::Symbols;
use crate::zone::Zone;

/// Quotes of a file, in order of time.
#[derive(Debug)]
pub struct ColumnQuotes {
    ordered: Ordered<QuoteRows>,
}

/// Opens a file of quotes. A row of a symbol that is not in `symbols` is an error.
///
/// # Errors
/// [`MarketError`]; with an [`ambiguity`](MarketError::ambiguity) for what has to be declared.
/// What is wrong with a row is said when it is read.
pub fn open_quotes(
    path: impl AsRef<Path>,
    spec: &QuoteSpec,
    symbols: Symbols,
) -> Result<ColumnQuotes, MarketError> {
    start(&Input::Path(path.as_ref().to_owned()), spec, symbols)
}

/// The same from bytes in memory, packed or not.
///
/// # Errors
/// As [`open_quotes`].
pub fn quotes_from_bytes(
    name: &str,
    bytes: impl Into<Arc<[u8]>>,
    spec: &QuoteSpec,
    symbols: Symbols,
) -> Result<ColumnQuotes, MarketError> {
    start(&Input::Bytes(name.into(), bytes.into()), spec, symbols)
}

pub(crate) fn start(
    input: &Input,
    spec: &QuoteSpec,
    symbols: Symbols,
) -> Result<ColumnQuotes, MarketError> {
    spec.session.map_or(Ok(()), Session::check)?;
    if spec.size.is_some_and(|size| size.0 <= 0) {
        let cause = "the declared size of quotes is not above zero";
        return Err(MarketError::declared(cause, "declare a size above zero"));
    }
    let rows = RowReader::new(input.lines()?, &spec.shape, Want::Quotes)?;
    let named = rows.layout.utc.then_some(Zone::Utc);
    let timing = Timing { zone: spec.shape.zone.or(named), session: spec.session };
    let latest = vec![None; symbols.names().count()];
    let rows = QuoteRows { rows, timing, spec: spec.clone(), symbols, latest };
    Ok(ColumnQuotes { ordered: Ordered::new(rows, 0) })
}

/// Gives the symbol of every row to `meet`, which may say why it will not have it.
pub(crate) fn quote_symbols(
    input: &Input,
    spec: &QuoteSpec,
    mut meet: impl FnMut(&str) -> Result<(), &'static str>,
) -> Result<(), MarketError> {
    let mut rows = RowReader::new(input.lines()?, &spec.shape, Want::Quotes)?;
    let only = spec.shape.symbol.clone().filter(|_| rows.layout.symbol.is_none());
    let mut read = |split: &Split| {
        meet(only.as_deref().unwrap_or(split.symbol().text)).map_err(|why| {
            let action = "check the columns, or split the file";
            MarketError::row(ErrorKind::Symbol, split.place.clone(), why, action)
        })
    };
    while rows.next(&mut read)?.is_some() {}
    Ok(())
}

impl ColumnQuotes {
    /// Puts rows in order of time within `window_ns` nanoseconds. Only before the first tick is
    /// read; the default window is 0.
    #[must_use]
    pub fn reordered(self, window_ns: i64) -> Self {
        Self { ordered: self.ordered.with_window(window_ns) }
    }
}

impl Quotes for ColumnQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

#[derive(Debug)]
struct QuoteRows {
    rows: RowReader,
    timing: Timing,
    spec: QuoteSpec,
    symbols: Symbols,
    latest: Vec<Option<Nanos>>,
}

impl Rows for QuoteRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let Self { rows, timing, spec, symbols, latest } = self;
            let only = spec.shape.symbol.as_deref().filter(|_| rows.layout.symbol.is_none());
            let read = rows.next(|split| {
                let named = split.symbol();
                let cell = Cell { text: only.unwrap_or(named.text), ..named };
                let instrument = cell.symbol(symbols).map_err(|p| split.refuse(p))?;
                let slot = latest.get_mut(instrument.ix());
                let last = slot.as_ref().and_then(|last| **last);
                let at = match split.time(timing, last)? {
                    Placed::At(at) => at,
                    Placed::Session(_, close) => close,
                };
                if let Some(slot) = slot {
                    *slot = Some(at);
                }
                let QuoteRow { prices: [bid_px, ask_px], sizes, rounded } = split.quote()?;
                let Some([bid_qty, ask_qty]) = sizes.or(spec.size.map(|size| [size; 2])) else {
                    let place = split.place.clone();
                    let what = "the columns have no sizes";
                    return Err(MarketError::ambiguous(Ambiguity::Size, place, what, "declare it"));
                };
                if rounded {
                    dirt.rounded.add(split.line);
                }
                let time = at.plus(spec.delay_ns);
                let quote = Quote { bid_px, bid_qty, ask_px, ask_qty, time };
                let tick = Tick { instrument, kind: TickKind::Quote(quote) };
                Ok(clean::usable(tick, split.line, dirt))
            })?;
            match read {
                None => return Ok(None),
                Some(None) => {}
                Some(Some(tick)) => return Ok(Some(tick)),
            }
        }
    }

    fn place(&self) -> Place {
        self.rows.place()
    }

    fn line(&self) -> u64 {
        self.rows.line()
    }
}
