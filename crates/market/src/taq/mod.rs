//! Quotes and trades of US stocks in the columns of NYSE TAQ, with UTC stamps.
//!
//! Entry points: [`TaqQuotes`], [`TaqTrades`], [`VenueCounts`].
//!
//! ```text
//! utc,EX,BID,BIDSIZ,OFR,OFRSIZ,SYMBOL
//! utc,EX,SYMBOL,COND,SIZE,PRICE,CORR
//! ```
//!
//! Quotes are those of single venues, sizes in round lots of 100. What comes out is the best bid
//! and offer across venues, by this rule:
//!
//! 1. A venue's quote holds until its next one. A side with a price or size of zero is absent;
//!    a quote whose bid is above its offer, both there, takes the venue out until its next one.
//! 2. A side of a venue that crosses a later quote of another is stale: it is absent until that
//!    venue's next quote. So venues may lock, and never cross, each other.
//! 3. The bid is the highest of all venues, its size the sum of theirs at that price, in shares;
//!    the offer likewise.
//! 4. Every row gives one quote of the best sides. It is left out under the rules of
//!    [`crate::dirt`] while a side is absent.
//!
//! What is odd inside single venues is counted as it stands, see [`VenueCounts`].
//!
//! Trades whose correction code is not 0 are left out and counted as `corrected`. Sale conditions
//! are not interpreted. Sizes are in shares; the tape does not say who took liquidity.

mod quotes;
mod trades;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::cells::{Cell, Problem};
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, shown};
use crate::lines::Lines;
use crate::order::Ordered;
use crate::source::{Quotes, Tick};
use crate::symbols::Symbols;

use quotes::QuoteRows;
pub use quotes::VenueCounts;
use trades::TradeRows;

/// The first line of a file of quotes.
pub const HEADER_QUOTES: &str = "utc,EX,BID,BIDSIZ,OFR,OFRSIZ,SYMBOL";
/// The first line of a file of trades.
pub const HEADER_TRADES: &str = "utc,EX,SYMBOL,COND,SIZE,PRICE,CORR";
/// Shares of a round lot.
pub const ROUND_LOT: i128 = 100;

/// Best bid and offer across venues.
#[derive(Debug)]
pub struct TaqQuotes {
    ordered: Ordered<QuoteRows>,
}

impl TaqQuotes {
    /// Opens a file and checks its first line.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be read or does not begin with [`HEADER_QUOTES`].
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        Self::start(Lines::open(path.as_ref())?, symbols)
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`TaqQuotes::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        symbols: Symbols,
    ) -> Result<Self, MarketError> {
        Self::start(Lines::new(name, input)?, symbols)
    }

    /// What the rows of single venues looked like so far.
    #[must_use]
    pub const fn venues(&self) -> &VenueCounts {
        &self.ordered.rows().counts
    }

    fn start(mut lines: Lines, symbols: Symbols) -> Result<Self, MarketError> {
        header(&mut lines, HEADER_QUOTES)?;
        let best = symbols.names().map(|_| BTreeMap::new()).collect();
        let rows = QuoteRows { lines, symbols, best, counts: VenueCounts::default() };
        Ok(Self { ordered: Ordered::new(rows, 0) })
    }
}

impl Quotes for TaqQuotes {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

/// Trades of the tape.
#[derive(Debug)]
pub struct TaqTrades {
    ordered: Ordered<TradeRows>,
}

impl TaqTrades {
    /// Opens a file and checks its first line.
    ///
    /// # Errors
    /// [`MarketError`] when the file cannot be read or does not begin with [`HEADER_TRADES`].
    pub fn open(path: impl AsRef<Path>, symbols: Symbols) -> Result<Self, MarketError> {
        Self::start(Lines::open(path.as_ref())?, symbols)
    }

    /// Reads from anything, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`TaqTrades::open`].
    pub fn from_reader(
        name: &str,
        input: impl Read + Send + 'static,
        symbols: Symbols,
    ) -> Result<Self, MarketError> {
        Self::start(Lines::new(name, input)?, symbols)
    }

    fn start(mut lines: Lines, symbols: Symbols) -> Result<Self, MarketError> {
        header(&mut lines, HEADER_TRADES)?;
        Ok(Self { ordered: Ordered::new(TradeRows { lines, symbols }, 0) })
    }
}

impl Quotes for TaqTrades {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.ordered.next()
    }

    fn dirt(&self) -> &DirtReport {
        self.ordered.dirt()
    }
}

fn header(lines: &mut Lines, expected: &str) -> Result<(), MarketError> {
    let cause = match lines.next()? {
        Some(first) if first == expected => return Ok(()),
        Some(other) => format!("the first line is {}", shown(other)),
        None => "the file is empty".to_owned(),
    };
    let action = format!("let the first line be {expected}");
    Err(MarketError::row(ErrorKind::Header, lines.place(0), cause, action))
}

fn letter(cell: &Cell) -> Result<u8, Problem> {
    match cell.text.as_bytes() {
        [letter] if letter.is_ascii_uppercase() => Ok(*letter),
        _ => Err(cell.problem(ErrorKind::Word, "not a venue", "write the letter of a venue")),
    }
}

fn refuse(lines: &Lines, p: Problem) -> MarketError {
    MarketError::row(p.kind, lines.place(p.column), p.cause, p.action)
}

#[cfg(test)]
mod tests;
