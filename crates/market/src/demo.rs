//! The market data that come with truefill: three minutes of real best bid and offer and trades
//! of three pairs, inside the program, so that it works from any folder and offline.
//!
//! Entry points: [`quotes`], [`instruments`], [`bytes`]; [`convert`] shows how the file was made.
//!
//! Source and licence stand in `data/demo/NOTICE.md`. The file is the output of [`convert`] for
//! the recording named there, and a test proves it where that recording is at hand.

use std::io::{Read, Write};

use truefill_core::config::Instrument;
use truefill_core::num::{Amount, NANO, Px, Qty};

use crate::barter::BarterQuotes;
use crate::csv::{CsvQuotes, copy};
use crate::dirt::DirtReport;
use crate::error::MarketError;
use crate::source::Quotes;
use crate::symbols::Symbols;

/// The name of the data in messages.
pub const NAME: &str = "data/demo/barter_l1_3pairs.csv.gz";

/// The file: gzip, CSV of [`crate::csv::HEADER_TICKS`].
#[must_use]
pub const fn bytes() -> &'static [u8] {
    include_bytes!("../../../data/demo/barter_l1_3pairs.csv.gz")
}

/// The instruments, in the order of their ids: BTCUSDT, ETHUSDT, SOLUSDT of a spot exchange.
#[must_use]
pub fn instruments() -> Vec<Instrument> {
    // Quantity steps in units of 1e-9.
    let pairs = [("BTCUSDT", 10_000), ("ETHUSDT", 100_000), ("SOLUSDT", 1_000_000)];
    let one = |(symbol, lot): (&str, i128)| Instrument {
        min_notional: Amount(5 * NANO * NANO),
        ..Instrument::new(symbol, Px(NANO / 100), Qty(lot))
    };
    pairs.into_iter().map(one).collect()
}

/// The ticks.
///
/// # Errors
/// None in practice: the tests read the file in full.
///
/// ```
/// use truefill_market::{demo, source::Quotes};
/// let mut quotes = demo::quotes()?;
/// assert!(quotes.next()?.is_some());
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
pub fn quotes() -> Result<CsvQuotes, MarketError> {
    CsvQuotes::from_reader(NAME, bytes(), Symbols::new(&instruments())?)
}

/// Turns the recording that the demo data come from into CSV, not compressed. Gives back what
/// was wrong with it.
///
/// # Errors
/// [`MarketError`] of the recording or of the output.
pub fn convert(
    name: &str,
    recording: impl Read + Send + 'static,
    out: impl Write,
) -> Result<DirtReport, MarketError> {
    let instruments = instruments();
    let count = u32::try_from(instruments.len()).unwrap_or(0);
    let mut source = BarterQuotes::from_reader(name, recording, count)?;
    copy(&mut source, out, Symbols::new(&instruments)?)?;
    Ok(source.dirt().clone())
}
