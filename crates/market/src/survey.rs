//! What a file of market data is about, for those who have no configuration yet: its symbols, how
//! much there is of each, and the grid that its prices and sizes lie on.
//!
//! Entry points: [`survey`], [`Surveyed::instrument`].
//!
//! The file is read twice, streaming. A grid that is read off data is a guess: it is the coarsest
//! of 1, 0.5, 0.2, 0.1, 0.05 and so on that every price (every size) seen lies on, so it is never
//! too coarse for the data and may be finer than the exchange's. Whoever uses it says so.

use std::collections::BTreeSet;
use std::path::Path;

use truefill_core::config::Instrument;
use truefill_core::num::{NANO, Px, Qty};
use truefill_core::time::Nanos;

use crate::csv::{CsvQuotes, check_header};
use crate::error::{ErrorKind, MarketError, shown};
use crate::lines::Lines;
use crate::source::{Quotes, TickKind};
use crate::symbols::Symbols;

/// Most different symbols in one file.
pub const SYMBOLS_MAX: usize = 10_000;

/// What a file has of one symbol. Only usable rows count, see [`crate::dirt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// The symbol.
    pub symbol: String,
    /// Number of quotes.
    pub quotes: u64,
    /// Number of trades.
    pub trades: u64,
    /// Times of the first and the last row; `None` if no row was usable.
    pub span: Option<(Nanos, Nanos)>,
    /// The price step, in currency units.
    pub tick: Px,
    /// The quantity step, in units of the instrument.
    pub lot: Qty,
}

impl Surveyed {
    /// An instrument with this grid, multiplier 1, no minimum notional and no largest order.
    #[must_use]
    pub fn instrument(&self) -> Instrument {
        Instrument::new(self.symbol.clone(), self.tick, self.lot)
    }
}

/// Surveys a file of [`crate::csv`]; symbols come in order of name.
///
/// # Errors
/// [`MarketError`] for what the reader would refuse as well, and for more than [`SYMBOLS_MAX`]
/// symbols.
pub fn survey(path: impl AsRef<Path>) -> Result<Vec<Surveyed>, MarketError> {
    let path = path.as_ref();
    let names = names(Lines::open(path)?)?;
    let symbols = Symbols::from_names(names.iter().map(String::as_str))?;
    let mut found: Vec<Surveyed> = names.into_iter().map(unseen).collect();
    let mut quotes = CsvQuotes::open(path, symbols)?;
    while let Some(tick) = quotes.next()? {
        let Some(one) = found.get_mut(tick.instrument.ix()) else { continue };
        let (prices, sizes) = match &tick.kind {
            TickKind::Quote(q) => ([q.bid_px, q.ask_px], [q.bid_qty, q.ask_qty]),
            TickKind::Trade(t) => ([t.px; 2], [t.qty; 2]),
            TickKind::Bar(b) => ([b.low, b.high], [b.volume; 2]),
        };
        match &tick.kind {
            TickKind::Quote(_) => one.quotes += 1,
            TickKind::Trade(_) => one.trades += 1,
            TickKind::Bar(_) => {}
        }
        // Until the end, `tick` and `lot` are greatest common divisors.
        one.tick = prices.iter().fold(one.tick, |common, px| Px(common_divisor(common.0, px.0)));
        one.lot = sizes.iter().fold(one.lot, |common, qty| Qty(common_divisor(common.0, qty.0)));
        let first = one.span.map_or(tick.time(), |(first, _)| first);
        one.span = Some((first, tick.time()));
    }
    for one in &mut found {
        one.tick = Px(step(one.tick.0));
        one.lot = Qty(step(one.lot.0));
    }
    Ok(found)
}

fn unseen(symbol: String) -> Surveyed {
    Surveyed { symbol, quotes: 0, trades: 0, span: None, tick: Px::ZERO, lot: Qty::ZERO }
}

/// The different symbols in the second column, in order of name.
fn names(mut lines: Lines) -> Result<BTreeSet<String>, MarketError> {
    check_header(&mut lines)?;
    let mut names = BTreeSet::new();
    while let Some(line) = lines.next()? {
        let name = line.split(',').nth(1).unwrap_or_default();
        if names.contains(name) {
            continue;
        }
        let problem = match Symbols::from_names([name]) {
            Err(_) => "no symbol stands in the second cell",
            Ok(_) if names.len() == SYMBOLS_MAX => "one symbol more than a file may have",
            Ok(_) => {
                names.insert(name.to_owned());
                continue;
            }
        };
        let cause = format!("{problem}: {}", shown(name));
        let action = "check the columns, or split the file";
        return Err(MarketError::row(ErrorKind::Symbol, lines.place(0), cause, action));
    }
    Ok(names)
}

/// Of two numbers that are not below zero.
const fn common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The coarsest step of 1, 0.5, 0.2, 0.1 and so on that divides `common`, in steps of 1e-9.
fn step(common: i128) -> i128 {
    let mut one = NANO;
    while one > 1 {
        let halves = [one, one / 2, one / 5];
        if let Some(step) = halves.into_iter().find(|step| common % step == 0) {
            return step;
        }
        one /= 10;
    }
    1
}

#[cfg(test)]
mod tests;
