//! Any file of quotes or bars, opened by what it is.
//!
//! Entry points: [`open_quotes_of`], [`open_bars_of`].
//!
//! A form that says all there is to say is opened by its own reader. What the others leave open
//! is taken from the caller's spec; unlike [`super::inspect`], nothing is assumed, because these
//! are for trading on. Files of one symbol without its name are about the only symbol asked for.

use std::path::Path;

use super::detect::{Format, Guess, guess};
use super::{Ambiguity, Declared};
use crate::barter::BarterQuotes;
use crate::binance::BinanceQuotes;
use crate::bitstamp::BitstampQuotes;
use crate::columns::{BarSpec, ColumnBars, QuoteSpec, open_bars, open_quotes};
use crate::csv::CsvQuotes;
use crate::error::{ErrorKind, MarketError};
use crate::lines::Input;
use crate::source::Quotes;
use crate::symbols::Symbols;
use crate::taq::{TaqQuotes, TaqTrades};

/// The quotes of a file, whatever its form.
///
/// # Errors
/// [`MarketError`]; of kind [`ErrorKind::Format`] for a file of bars, and with an
/// [`ambiguity`](MarketError::ambiguity) for what the spec has to say.
pub fn open_quotes_of(
    path: impl AsRef<Path>,
    spec: &QuoteSpec,
    symbols: Symbols,
) -> Result<Box<dyn Quotes>, MarketError> {
    let path = path.as_ref();
    let found = guess(&Input::Path(path.to_owned()), &Declared::default())?;
    Ok(match found.format {
        Format::Ticks => Box::new(CsvQuotes::open(path, symbols)?),
        Format::Binance => Box::new(BinanceQuotes::open(path, symbols)?),
        Format::Bitstamp => Box::new(BitstampQuotes::open(path)?),
        Format::TaqQuotes => Box::new(TaqQuotes::open(path, symbols)?),
        Format::TaqTrades => Box::new(TaqTrades::open(path, symbols)?),
        Format::Barter => {
            let count = u32::try_from(symbols.names().count()).unwrap_or(u32::MAX);
            Box::new(BarterQuotes::open(path, count)?)
        }
        Format::FxcmTicks | Format::LeanQuotes => {
            let spec = of_preset(found, spec, &symbols)?;
            Box::new(open_quotes(path, &spec, symbols)?)
        }
        Format::ColumnQuotes => Box::new(open_quotes(path, spec, symbols)?),
        Format::ColumnBars | Format::LeanTrades | Format::LeanDaily => {
            return Err(other(path, found.format, "quotes", "bars"));
        }
    })
}

/// The bars of a file, whatever its form.
///
/// # Errors
/// As [`open_quotes_of`].
pub fn open_bars_of(
    path: impl AsRef<Path>,
    spec: &BarSpec,
    symbols: Symbols,
) -> Result<ColumnBars, MarketError> {
    let path = path.as_ref();
    let found = guess(&Input::Path(path.to_owned()), &Declared::default());
    match found {
        Ok(found) if matches!(found.format, Format::LeanTrades | Format::LeanDaily) => {
            let mut preset = found.bars;
            if let Some(symbol) = symbol_of(spec.shape.symbol.as_deref(), &symbols) {
                preset = preset.symbol(symbol);
            }
            open_bars(path, &preset.adjusted(spec.adjusted), symbols)
        }
        Ok(found) if found.format != Format::ColumnBars && found.format != Format::ColumnQuotes => {
            Err(other(path, found.format, "bars", "quotes"))
        }
        // The reader of columns says best what is wrong with them.
        _ => open_bars(path, spec, symbols),
    }
}

/// What is known of a form, with what the caller says of this file. A size is never presumed.
fn of_preset(found: Guess, spec: &QuoteSpec, symbols: &Symbols) -> Result<QuoteSpec, MarketError> {
    let mut preset = found.quotes;
    if found.format == Format::FxcmTicks {
        let Some(size) = spec.size else {
            return Err(MarketError::ambiguous(
                Ambiguity::Size,
                found.place,
                "quotes of FXCM",
                "declare it",
            ));
        };
        preset = preset.size(size);
    }
    if let Some(symbol) = symbol_of(spec.shape.symbol.as_deref(), symbols) {
        preset = preset.symbol(symbol);
    }
    Ok(preset)
}

/// The symbol of a file that does not name it: the one that was said, or the only one there is.
fn symbol_of(said: Option<&str>, symbols: &Symbols) -> Option<String> {
    let mut names = symbols.names();
    let only = names.next().filter(|_| names.next().is_none());
    said.or(only).map(str::to_owned)
}

fn other(path: &Path, format: Format, wanted: &str, flag: &str) -> MarketError {
    let place = crate::error::Place { file: path.display().to_string().into(), line: 0, column: 0 };
    let cause = format!("this is a file of {format}, and {wanted} were asked for");
    MarketError::row(ErrorKind::Format, place, cause, format!("give it as {flag}"))
}
