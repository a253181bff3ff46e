//! Which form a file has, by its first line and its name.
//!
//! Entry points: [`detect`], `guess`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use truefill_core::num::Qty;

use super::{Assumed, Declared, meet, unknown};
use crate::binance;
use crate::columns::presets::{
    LEAN_EQUITY_DIVISOR, fxcm_ticks, lean_daily_trades, lean_minute_quotes, lean_minute_trades,
};
use crate::columns::{BarSpec, QuoteSpec, quote_symbols, understands_bars, understands_quotes};
use crate::csv;
use crate::error::{Ambiguity, ErrorKind, MarketError, Place, shown};
use crate::lines::{Input, Lines};
use crate::rounded::half_even;
use crate::stamp::{self, Stamp};
use crate::taq;
use crate::zone::Zone;

/// A form of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// [`crate::csv`].
    Ticks,
    /// [`crate::barter`].
    Barter,
    /// [`crate::binance`].
    Binance,
    /// [`crate::bitstamp`].
    Bitstamp,
    /// [`crate::taq::TaqQuotes`].
    TaqQuotes,
    /// [`crate::taq::TaqTrades`].
    TaqTrades,
    /// [`crate::columns::presets::fxcm_ticks`].
    FxcmTicks,
    /// [`crate::columns::presets::lean_minute_quotes`].
    LeanQuotes,
    /// [`crate::columns::presets::lean_minute_trades`].
    LeanTrades,
    /// [`crate::columns::presets::lean_daily_trades`].
    LeanDaily,
    /// [`crate::columns::open_quotes`].
    ColumnQuotes,
    /// [`crate::columns::open_bars`].
    ColumnBars,
}

impl Format {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 12] = [
        Self::Ticks,
        Self::Barter,
        Self::Binance,
        Self::Bitstamp,
        Self::TaqQuotes,
        Self::TaqTrades,
        Self::FxcmTicks,
        Self::LeanQuotes,
        Self::LeanTrades,
        Self::LeanDaily,
        Self::ColumnQuotes,
        Self::ColumnBars,
    ];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ticks => "truefill quotes and trades (CSV)",
            Self::Barter => "barter recording (JSON Lines)",
            Self::Binance => "raw Binance capture (receive time and JSON)",
            Self::Bitstamp => "Bitstamp order log",
            Self::TaqQuotes => "TAQ quotes (CSV)",
            Self::TaqTrades => "TAQ trades (CSV)",
            Self::FxcmTicks => "FXCM quote ticks",
            Self::LeanQuotes => "LEAN quote bars",
            Self::LeanTrades => "LEAN trade bars",
            Self::LeanDaily => "LEAN daily bars",
            Self::ColumnQuotes => "quotes in columns (CSV)",
            Self::ColumnBars => "bars in columns (CSV)",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A form, and what goes with it.
#[derive(Debug)]
pub(super) struct Guess {
    pub(super) format: Format,
    pub(super) bars: BarSpec,
    pub(super) quotes: QuoteSpec,
    pub(super) assumed: Vec<Assumed>,
    pub(super) notes: Vec<String>,
    pub(super) place: Place,
}

/// The form of a file, by its first line and its name.
///
/// # Errors
/// [`MarketError`] of kind [`ErrorKind::Format`] for what is of no known form, with the known
/// ones; any other when the file cannot be read.
pub fn detect(path: impl AsRef<Path>) -> Result<Format, MarketError> {
    let input = Input::Path(path.as_ref().to_owned());
    guess(&input, &Declared::default()).map(|guess| guess.format)
}

pub(super) fn guess(input: &Input, declared: &Declared) -> Result<Guess, MarketError> {
    let mut lines = input.lines()?.at_most(binance::LINE_BYTES_MAX);
    let first = lines.next()?.unwrap_or("").to_owned();
    let place = lines.place(0);
    let plain = |format| Guess {
        format,
        bars: declared.bars.clone().unwrap_or_default(),
        quotes: declared.quotes.clone().unwrap_or_default(),
        assumed: Vec::new(),
        notes: Vec::new(),
        place: place.clone(),
    };
    if declared.bars.is_some() {
        return Ok(plain(Format::ColumnBars));
    }
    if declared.quotes.is_some() {
        return Ok(plain(Format::ColumnQuotes));
    }
    if let Some(format) = by_first_line(&first) {
        return Ok(plain(format));
    }
    if first.starts_with("time,strategy,symbol,target") {
        let cause = "this is a target file, not market data";
        let action = "give it where targets are asked for";
        return Err(MarketError::row(ErrorKind::Format, place, cause, action));
    }
    if let Some(guess) = by_name(&first, &input.file_name(), &place)? {
        return Ok(guess);
    }
    if understands_quotes(&first) {
        return Ok(plain(Format::ColumnQuotes));
    }
    if understands_bars(&first) {
        return Ok(plain(Format::ColumnBars));
    }
    Err(unknown(place, &first))
}

fn by_first_line(first: &str) -> Option<Format> {
    match first {
        csv::HEADER_QUOTES | csv::HEADER_TICKS => return Some(Format::Ticks),
        taq::HEADER_QUOTES => return Some(Format::TaqQuotes),
        taq::HEADER_TRADES => return Some(Format::TaqTrades),
        _ => {}
    }
    if first.starts_with("{\"Item\"") || first.starts_with("{\"Reconnecting\"") {
        return Some(Format::Barter);
    }
    let (stamp, rest) = first.split_once(' ')?;
    let digits = stamp.bytes().all(|b| b.is_ascii_digit());
    let event = ["order_", "trade "].iter().any(|event| rest.starts_with(event));
    match stamp.len() {
        19 if digits && rest.starts_with('{') => Some(Format::Binance),
        13 if digits && event => Some(Format::Bitstamp),
        _ => None,
    }
}

/// Files without a header whose name says the day, or whose stamp is LEAN's of a day.
fn by_name(first: &str, name: &str, place: &Place) -> Result<Option<Guess>, MarketError> {
    let cells: Vec<&str> = first.split(',').collect();
    let numbers = cells.iter().all(|cell| half_even(cell).is_ok());
    let (lower, stem) = (name.to_lowercase(), name.split('.').next().unwrap_or("data"));
    let (zone, divisor) = match (lower.contains("india"), lower.contains("equity")) {
        (true, equity) => (Zone::Kolkata, if equity { LEAN_EQUITY_DIVISOR } else { 1 }),
        (false, equity) => (Zone::Utc, if equity { LEAN_EQUITY_DIVISOR } else { 1 }),
    };
    let daily = cells.len() == 6
        && cells.first().is_some_and(|cell| {
            cell.ends_with(" 00:00") && matches!(stamp::parse(cell), Ok(Stamp::Wall(_)))
        });
    if daily {
        let mut guess = presumed(Format::LeanDaily, stem, zone, divisor, place);
        guess.bars = lean_daily_trades(stem, zone, divisor);
        return Ok(Some(guess));
    }
    let of_day = cells.first().is_some_and(|cell| stamp::millis_of_day(0, cell).is_ok());
    if !numbers || !of_day || ![3, 6, 11].contains(&cells.len()) {
        return Ok(None);
    }
    let Some(day) = day_in(name) else {
        let what = format!("the first time is {}", shown(cells.first().unwrap_or(&"")));
        let action = "name the file with its day as YYYYMMDD, or declare it";
        return Err(MarketError::ambiguous(Ambiguity::Date, place.clone(), what, action));
    };
    Ok(Some(match cells.len() {
        3 => {
            let mut guess = presumed(Format::FxcmTicks, stem, Zone::Fixed(-18_000), 1, place);
            guess.quotes = fxcm_ticks(stem, &day, Qty::whole(1))?;
            let instead = "1 unit on both sides".to_owned();
            guess.assumed.push(Assumed { what: Ambiguity::Size, instead });
            guess
        }
        6 => {
            let mut guess = presumed(Format::LeanTrades, stem, zone, divisor, place);
            guess.bars = lean_minute_trades(stem, &day, zone, divisor)?;
            guess
        }
        _ => {
            let mut guess = presumed(Format::LeanQuotes, stem, zone, divisor, place);
            guess.quotes = lean_minute_quotes(stem, &day, zone)?;
            guess
        }
    }))
}

/// A guess that rests on the name of the file.
fn presumed(format: Format, stem: &str, zone: Zone, divisor: u32, place: &Place) -> Guess {
    let assumed = |what, instead: String| Assumed { what, instead };
    let mut notes = Vec::new();
    if divisor != 1 {
        notes.push(format!("prices in the file are {divisor} times the real ones"));
    }
    Guess {
        format,
        bars: BarSpec::new(),
        quotes: QuoteSpec::new(),
        assumed: vec![
            assumed(Ambiguity::Symbol, shown(stem)),
            assumed(Ambiguity::Zone, format!("{zone:?}")),
        ],
        notes,
        place: place.clone(),
    }
}

/// The last eight digits in a row that are a day.
fn day_in(name: &str) -> Option<String> {
    let digits = name.split(|c: char| !c.is_ascii_digit());
    let mut days = digits.filter(|run| run.len() == 8 && stamp::compact_day(run).is_ok());
    days.next_back().map(str::to_owned)
}

/// The texts that follow `mark` up to a quotation mark, in the lines of a capture.
pub(super) fn symbols_after(input: &Input, mark: &str) -> Result<Vec<String>, MarketError> {
    names(input.lines()?.at_most(binance::LINE_BYTES_MAX), |line| {
        let rest = line.split_once(mark).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('"').next())
    })
}

/// The texts in a column, counted from 0, below a header.
pub(super) fn column(input: &Input, at: usize) -> Result<Vec<String>, MarketError> {
    let mut lines = input.lines()?;
    lines.next()?;
    names(lines, |line| line.split(',').nth(at))
}

/// The symbols of a file of quotes.
pub(super) fn column_symbols(input: &Input, spec: &QuoteSpec) -> Result<Vec<String>, MarketError> {
    let mut found = BTreeSet::new();
    quote_symbols(input, spec, |symbol| meet(&mut found, symbol))?;
    Ok(found.into_iter().collect())
}

/// One more than the largest number of an instrument.
pub(super) fn barter_instruments(input: &Input) -> Result<u32, MarketError> {
    let mut lines = input.lines()?;
    let mut count = 1;
    while let Some(line) = lines.next()? {
        let after = line.split_once("\"instrument\":").map_or("", |(_, rest)| rest);
        let digits = after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
        if let Ok(number) = digits.parse::<u16>() {
            count = count.max(u32::from(number) + 1);
        }
    }
    Ok(count)
}

fn names(
    mut lines: Lines,
    name: impl Fn(&str) -> Option<&str>,
) -> Result<Vec<String>, MarketError> {
    let mut found = BTreeSet::new();
    while let Some(line) = lines.next()? {
        let Some(name) = name(line) else { continue };
        if let Err(why) = meet(&mut found, name) {
            let action = "check that it is the file you meant, or split it";
            return Err(MarketError::row(ErrorKind::Symbol, lines.place(0), why, action));
        }
    }
    Ok(found.into_iter().collect())
}
