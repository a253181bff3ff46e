//! What a file of market data is, what is in it, and what is wrong with it, for those who have
//! nothing but the file.
//!
//! Entry points: [`inspect`], [`detect`], [`Summary`], [`Format`].
//!
//! The form is recognised by the first line, and for files without a header by their name too; the
//! same file always gives the same answer. What a file leaves open is assumed here, because nothing
//! is traded on a summary, and [`Summary::assumed`] says what: whoever opens the file to trade on it
//! must declare it.

mod detect;
mod opened;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use truefill_core::num::Qty;
use truefill_core::time::Nanos;

use crate::barter::BarterQuotes;
use crate::binance::BinanceQuotes;
use crate::bitstamp::BitstampQuotes;
use crate::columns::{BarSpec, Census, QuoteSpec, Session, StampSide, start_bars, start_quotes};
use crate::csv::CsvQuotes;
use crate::dirt::DirtReport;
use crate::error::{Ambiguity, ErrorKind, MarketError, shown};
use crate::lines::Input;
use crate::source::{Bars, Quotes};
use crate::survey::{SYMBOLS_MAX, survey};
use crate::symbols::Symbols;
use crate::taq::{TaqQuotes, TaqTrades};
use crate::zone::Zone;

pub use detect::{Format, detect};
use detect::{Guess, symbols_after};
pub use opened::{open_bars_of, open_quotes_of};

/// What is declared about a file; what is absent is recognised or assumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// For a file of bars.
    pub bars: Option<BarSpec>,
    /// For a file of quotes with columns.
    pub quotes: Option<QuoteSpec>,
}

/// Something that the file leaves open, and what was assumed instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// What is open.
    pub what: Ambiguity,
    /// What was assumed, in words.
    pub instead: String,
}

/// What a file has of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The symbol, or `#` and the number of an instrument that the file does not name.
    pub symbol: String,
    /// Usable quotes, trades and bars.
    pub rows: u64,
    /// When the first and the last of them became known.
    pub span: Option<(Nanos, Nanos)>,
}

/// What a file is and holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its form.
    pub format: Format,
    /// Usable quotes, trades and bars.
    pub rows: u64,
    /// By symbol.
    pub symbols: Vec<Held>,
    /// How long bars are, in nanoseconds.
    pub period_ns: Option<i64>,
    /// That length is the most common distance, and not declared.
    pub period_inferred: bool,
    /// What was wrong.
    pub dirt: DirtReport,
    /// What was assumed.
    pub assumed: Vec<Assumed>,
    /// What else the form shows, one sentence each.
    pub notes: Vec<String>,
}

impl Summary {
    /// When the first and the last row became known.
    #[must_use]
    pub fn span(&self) -> Option<(Nanos, Nanos)> {
        let spans = || self.symbols.iter().filter_map(|held| held.span);
        Some((spans().map(|span| span.0).min()?, spans().map(|span| span.1).max()?))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} rows of {} symbols", self.format, self.rows, self.symbols.len())?;
        if let Some((first, last)) = self.span() {
            writeln!(f, "from {first} to {last}")?;
        }
        if let Some(period) = self.period_ns {
            let how = if self.period_inferred { ", the most common distance" } else { "" };
            writeln!(f, "bars of {} s{how}", period / truefill_core::time::SECOND_NS)?;
        }
        writeln!(f, "{}", self.dirt)?;
        for assumed in &self.assumed {
            writeln!(
                f,
                "assumed, because the file does not say {}: {}",
                assumed.what, assumed.instead
            )?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// Reads a file in full and sums it up.
///
/// # Errors
/// [`MarketError`] of kind [`ErrorKind::Format`] for what is of no known form; any other for what
/// the reader of its form refuses; [`ErrorKind::Ambiguous`] for what cannot even be assumed.
///
/// ```
/// use truefill_market::inspect::{Declared, Format, inspect};
/// let file = concat!(
///     env!("CARGO_MANIFEST_DIR"),
///     "/../../data/us5/us_5_stocks_wiki_2000-2013.csv.gz"
/// );
/// let summary = inspect(file, &Declared::default())?;
/// assert_eq!((summary.format, summary.rows), (Format::ColumnBars, 12_154));
/// assert_eq!(summary.dirt.suspected_splits.count, 3);
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
pub fn inspect(path: impl AsRef<Path>, declared: &Declared) -> Result<Summary, MarketError> {
    let path = path.as_ref();
    let input = Input::Path(path.to_owned());
    let guess = detect::guess(&input, declared)?;
    match guess.format {
        Format::Ticks => {
            let names: Vec<String> = survey(path)?.into_iter().map(|one| one.symbol).collect();
            let symbols = Symbols::from_names(names.iter().map(String::as_str))?;
            drain(&mut CsvQuotes::open(path, symbols)?, &names, guess)
        }
        Format::Barter => {
            let count = detect::barter_instruments(&input)?;
            let names: Vec<String> = (0..count).map(|at| format!("#{at}")).collect();
            drain(&mut BarterQuotes::open(path, count)?, &names, guess)
        }
        Format::Binance => {
            let names = symbols_after(&input, "\"s\":\"")?;
            let mut source = BinanceQuotes::open(path, as_symbols(&names)?)?;
            let mut summary = drain(&mut source, &names, guess)?;
            summary.notes.push(source.latency().to_string());
            Ok(summary)
        }
        Format::Bitstamp => {
            let mut source = BitstampQuotes::open(path)?;
            let mut summary = drain(&mut source, &["#0".to_owned()], guess)?;
            let check = source.check();
            summary.notes.push(format!(
                "the rebuilt book equals {} of {} levels of {} snapshots",
                check.levels_equal, check.levels, check.snapshots
            ));
            Ok(summary)
        }
        Format::TaqQuotes => {
            let names = detect::column(&input, 6)?;
            let mut source = TaqQuotes::open(path, as_symbols(&names)?)?;
            let mut summary = drain(&mut source, &names, guess)?;
            let venues = source.venues();
            summary.notes.push(format!(
                "within one venue {} crossed, {} locked, {} zero bids, {} zero offers, {} wider \
                 than 1 %; across venues {} rows crossed a stale side",
                venues.crossed.count,
                venues.locked.count,
                venues.zero_bids.count,
                venues.zero_offers.count,
                venues.wide.count,
                venues.stale.count
            ));
            Ok(summary)
        }
        Format::TaqTrades => {
            let names = detect::column(&input, 2)?;
            drain(&mut TaqTrades::open(path, as_symbols(&names)?)?, &names, guess)
        }
        Format::FxcmTicks | Format::LeanQuotes | Format::ColumnQuotes => quotes(&input, guess),
        Format::LeanTrades | Format::LeanDaily | Format::ColumnBars => bars(&input, guess),
    }
}

fn as_symbols(names: &[String]) -> Result<Symbols, MarketError> {
    Symbols::from_names(names.iter().map(String::as_str))
}

/// Opens, assuming what the file leaves open, one thing after the other.
fn settle<T>(
    guess: &mut Guess,
    input: &Input,
    mut open: impl FnMut(&Guess) -> Result<T, MarketError>,
) -> Result<T, MarketError> {
    loop {
        let error = match open(guess) {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        let open_point = error
            .ambiguity()
            .filter(|what| guess.assumed.iter().all(|assumed| assumed.what != *what));
        let Some(what) = open_point else { return Err(error) };
        let Some(instead) = assume(guess, input, what) else { return Err(error) };
        guess.assumed.push(Assumed { what, instead });
    }
}

fn assume(guess: &mut Guess, input: &Input, what: Ambiguity) -> Option<String> {
    let (bars, quotes) = (&mut guess.bars, &mut guess.quotes);
    Some(match what {
        Ambiguity::StampSide => {
            *bars = bars.clone().stamp(StampSide::Open);
            "bars are stamped at their open".to_owned()
        }
        Ambiguity::Zone => {
            *bars = bars.clone().zone(Zone::Utc);
            *quotes = quotes.clone().zone(Zone::Utc);
            "UTC".to_owned()
        }
        Ambiguity::Session => {
            *bars = bars.clone().session(Session::UTC_DAY);
            *quotes = quotes.clone().session(Session::UTC_DAY);
            "a session is a whole day, UTC".to_owned()
        }
        Ambiguity::Symbol => {
            let name = input.file_name();
            let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
            *bars = bars.clone().symbol(stem);
            *quotes = quotes.clone().symbol(stem);
            shown(stem)
        }
        Ambiguity::Size => {
            *quotes = quotes.clone().size(Qty::whole(1));
            "1 unit on both sides".to_owned()
        }
        Ambiguity::Period | Ambiguity::Date | Ambiguity::Columns | Ambiguity::Decided => {
            return None;
        }
    })
}

fn bars(input: &Input, mut guess: Guess) -> Result<Summary, MarketError> {
    let mut source = settle(&mut guess, input, |guess| start_bars(input, &guess.bars, None))?;
    let Census { period_ns, period_inferred, symbols, .. } = source.census().clone();
    let none = |symbol: String| Held { symbol, rows: 0, span: None };
    let mut held: Vec<Held> = symbols.into_iter().map(|one| none(one.symbol)).collect();
    let mut rows = 0;
    while let Some(bar) = source.next()? {
        rows += 1;
        note(&mut held, bar.instrument.ix(), bar.end_time);
    }
    Ok(Summary {
        format: guess.format,
        rows,
        symbols: held,
        period_ns,
        period_inferred,
        dirt: source.dirt().clone(),
        assumed: guess.assumed,
        notes: guess.notes,
    })
}

fn quotes(input: &Input, mut guess: Guess) -> Result<Summary, MarketError> {
    // What a row leaves open is known only when the row is read.
    let names = settle(&mut guess, input, |guess| {
        let names = detect::column_symbols(input, &guess.quotes)?;
        start_quotes(input, &guess.quotes, as_symbols(&names)?)?.next()?;
        Ok(names)
    })?;
    let mut source = start_quotes(input, &guess.quotes, as_symbols(&names)?)?;
    drain(&mut source, &names, guess)
}

fn drain(source: &mut impl Quotes, names: &[String], guess: Guess) -> Result<Summary, MarketError> {
    let none = |symbol: &String| Held { symbol: symbol.clone(), rows: 0, span: None };
    let mut held: Vec<Held> = names.iter().map(none).collect();
    let mut rows = 0;
    while let Some(tick) = source.next()? {
        rows += 1;
        note(&mut held, tick.instrument.ix(), tick.time());
    }
    Ok(Summary {
        format: guess.format,
        rows,
        symbols: held,
        period_ns: None,
        period_inferred: false,
        dirt: source.dirt().clone(),
        assumed: guess.assumed,
        notes: guess.notes,
    })
}

fn note(held: &mut [Held], at: usize, time: Nanos) {
    if let Some(one) = held.get_mut(at) {
        one.rows += 1;
        let (first, last) = one.span.unwrap_or((time, time));
        one.span = Some((first.min(time), last.max(time)));
    }
}

/// Adds a name to those met.
fn meet(names: &mut BTreeSet<String>, name: &str) -> Result<(), &'static str> {
    if !names.contains(name) {
        if names.len() == SYMBOLS_MAX {
            return Err("the file has too many symbols");
        }
        names.insert(name.to_owned());
    }
    Ok(())
}

/// A file of no known form.
fn unknown(place: crate::error::Place, first: &str) -> MarketError {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    MarketError::row(
        ErrorKind::Format,
        place,
        format!("no known form of market data begins with {}", shown(first)),
        format!("known are: {}; or declare the columns", known.join("; ")),
    )
}

#[cfg(test)]
mod tests;
