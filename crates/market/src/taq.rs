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

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use crate::cells::{Cell, Problem, split};
use crate::clean;
use crate::dirt::{Dirt, DirtReport};
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::lines::Lines;
use crate::order::{Ordered, Rows};
use crate::source::{Quotes, Tick, TickKind, Trade};
use crate::symbols::Symbols;

/// The first line of a file of quotes.
pub const HEADER_QUOTES: &str = "utc,EX,BID,BIDSIZ,OFR,OFRSIZ,SYMBOL";
/// The first line of a file of trades.
pub const HEADER_TRADES: &str = "utc,EX,SYMBOL,COND,SIZE,PRICE,CORR";
/// Shares of a round lot.
pub const ROUND_LOT: i128 = 100;

const QUOTE_CELLS: [&str; 7] = ["utc", "EX", "BID", "BIDSIZ", "OFR", "OFRSIZ", "SYMBOL"];
const TRADE_CELLS: [&str; 7] = ["utc", "EX", "SYMBOL", "COND", "SIZE", "PRICE", "CORR"];

/// What rows of single venues look like, before any rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VenueCounts {
    /// Rows.
    pub rows: u64,
    /// The bid is above the offer, an offer of zero included.
    pub crossed: Dirt,
    /// The bid equals the offer, both of zero included.
    pub locked: Dirt,
    /// The bid is zero.
    pub zero_bids: Dirt,
    /// The offer is zero.
    pub zero_offers: Dirt,
    /// The spread is above 1 % of the middle, both sides there.
    pub wide: Dirt,
    /// A quote crosses an older one of another venue, whose side is taken to be stale.
    pub stale: Dirt,
}

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

/// One side of a venue.
type Side = (Px, Qty);

/// A side that is absent.
const NONE: Side = (Px::ZERO, Qty::ZERO);

#[derive(Debug)]
struct QuoteRows {
    lines: Lines,
    symbols: Symbols,
    /// Bid and offer of every venue, by instrument.
    best: Vec<BTreeMap<u8, (Side, Side)>>,
    counts: VenueCounts,
}

impl QuoteRows {
    fn row(&mut self) -> Result<Option<Result<Tick, Problem>>, MarketError> {
        let number = self.lines.line() + 1;
        let Some(line) = self.lines.next()? else { return Ok(None) };
        let parsed = venue_row(line, &self.symbols);
        Ok(Some(parsed.map(|(instrument, time, venue, bid, offer)| {
            self.counts.note(number, bid, offer);
            let (bid, offer) = sane(bid, offer);
            let mut quote = Quote {
                bid_px: Px::ZERO,
                bid_qty: Qty::ZERO,
                ask_px: Px::ZERO,
                ask_qty: Qty::ZERO,
                time,
            };
            if let Some(venues) = self.best.get_mut(instrument.ix()) {
                if drop_stale(venues, bid, offer) {
                    self.counts.stale.add(number);
                }
                venues.insert(venue, (bid, offer));
                let bids = venues.values().map(|(bid, _)| *bid);
                (quote.bid_px, quote.bid_qty) = best(bids, |new, old| new > old);
                let offers = venues.values().map(|(_, offer)| *offer);
                (quote.ask_px, quote.ask_qty) = best(offers, |new, old| new < old);
            }
            Tick { instrument, kind: TickKind::Quote(quote) }
        })))
    }
}

impl VenueCounts {
    fn note(&mut self, line: u64, (bid, _): Side, (offer, _): Side) {
        self.rows += 1;
        let classes = [
            (bid > offer, &mut self.crossed),
            (bid == offer, &mut self.locked),
            (bid.0 <= 0, &mut self.zero_bids),
            (offer.0 <= 0, &mut self.zero_offers),
            // (offer - bid) / ((offer + bid) / 2) > 1 %.
            (bid.0 > 0 && offer.0 > 0 && (offer.0 - bid.0) * 200 > offer.0 + bid.0, &mut self.wide),
        ];
        for (is, class) in classes {
            if is {
                class.add(line);
            }
        }
    }
}

/// The sides that count: none that is absent, neither of a quote that crosses itself.
fn sane(bid: Side, offer: Side) -> (Side, Side) {
    let there = |(px, qty): Side| px.0 > 0 && qty.0 > 0;
    let crossed = there(bid) && there(offer) && bid.0 > offer.0;
    let kept = |side: Side| if there(side) && !crossed { side } else { NONE };
    (kept(bid), kept(offer))
}

/// Takes out the older sides that a new quote crosses; true if there were any.
fn drop_stale(venues: &mut BTreeMap<u8, (Side, Side)>, bid: Side, offer: Side) -> bool {
    let mut dropped = false;
    for (old_bid, old_offer) in venues.values_mut() {
        if offer != NONE && *old_bid != NONE && old_bid.0 > offer.0 {
            (*old_bid, dropped) = (NONE, true);
        }
        if bid != NONE && *old_offer != NONE && old_offer.0 < bid.0 {
            (*old_offer, dropped) = (NONE, true);
        }
    }
    dropped
}

/// The best price and the sum of its sizes.
fn best(sides: impl Iterator<Item = Side>, better: impl Fn(Px, Px) -> bool) -> Side {
    sides.filter(|(px, _)| px.0 > 0).fold((Px::ZERO, Qty::ZERO), |(px, qty), (new, more)| {
        if px.0 == 0 || better(new, px) {
            (new, more)
        } else if new == px {
            (px, Qty(qty.0 + more.0))
        } else {
            (px, qty)
        }
    })
}

type VenueRow = (truefill_core::ids::InstrumentId, Nanos, u8, Side, Side);

fn venue_row(line: &str, symbols: &Symbols) -> Result<VenueRow, Problem> {
    let [utc, venue, bid, bid_size, offer, offer_size, symbol] = split(line, &QUOTE_CELLS)?;
    let lots = |cell: &Cell| {
        let lots = cell.size()?;
        Qty(lots.0 * ROUND_LOT).bounded().map_err(|e| {
            cell.problem(ErrorKind::Number, &e.to_string(), "write a number of round lots")
        })
    };
    let letter = letter(&venue)?;
    let bid = (bid.px()?, lots(&bid_size)?);
    let offer = (offer.px()?, lots(&offer_size)?);
    Ok((symbol.symbol(symbols)?, utc.time()?, letter, bid, offer))
}

fn letter(cell: &Cell) -> Result<u8, Problem> {
    match cell.text.as_bytes() {
        [letter] if letter.is_ascii_uppercase() => Ok(*letter),
        _ => Err(cell.problem(ErrorKind::Word, "not a venue", "write the letter of a venue")),
    }
}

impl Rows for QuoteRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            match self.row()? {
                None => return Ok(None),
                Some(Err(p)) => return Err(refuse(&self.lines, p)),
                Some(Ok(tick)) => {
                    if let Some(tick) = clean::usable(tick, self.lines.line(), dirt) {
                        return Ok(Some(tick));
                    }
                }
            }
        }
    }

    fn place(&self) -> Place {
        self.lines.place(0)
    }

    fn line(&self) -> u64 {
        self.lines.line()
    }
}

#[derive(Debug)]
struct TradeRows {
    lines: Lines,
    symbols: Symbols,
}

impl Rows for TradeRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let number = self.lines.line() + 1;
            let Some(line) = self.lines.next()? else { return Ok(None) };
            match trade_row(line, &self.symbols) {
                Err(p) => return Err(refuse(&self.lines, p)),
                Ok(None) => dirt.corrected.add(number),
                Ok(Some(tick)) => {
                    if let Some(tick) = clean::usable(tick, number, dirt) {
                        return Ok(Some(tick));
                    }
                }
            }
        }
    }

    fn place(&self) -> Place {
        self.lines.place(0)
    }

    fn line(&self) -> u64 {
        self.lines.line()
    }
}

/// A trade; `None` for one that was corrected or cancelled.
fn trade_row(line: &str, symbols: &Symbols) -> Result<Option<Tick>, Problem> {
    let [utc, venue, symbol, _, size, price, correction] = split(line, &TRADE_CELLS)?;
    letter(&venue)?;
    let code: Result<u8, _> = correction.text.parse();
    let code = code.map_err(|_| {
        let allowed = "write the correction code, 0 for a trade that stands";
        correction.problem(ErrorKind::Number, "no correction code", allowed)
    })?;
    let instrument = symbol.symbol(symbols)?;
    let trade = Trade { px: price.px()?, qty: size.size()?, side: None, time: utc.time()? };
    Ok((code == 0).then_some(Tick { instrument, kind: TickKind::Trade(trade) }))
}

fn refuse(lines: &Lines, p: Problem) -> MarketError {
    MarketError::row(p.kind, lines.place(p.column), p.cause, p.action)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const AT: &str = "2018-01-02T14:30:00.000000Z";

    fn quotes(rows: &[&str]) -> Result<(Vec<[i128; 4]>, TaqQuotes), MarketError> {
        let mut text = format!("{HEADER_QUOTES}\n");
        for row in rows {
            text += &format!("{AT},{row},ABC\n");
        }
        let symbols = Symbols::from_names(["ABC"]).unwrap();
        let mut source = TaqQuotes::from_reader("q.csv", Cursor::new(text), symbols)?;
        let mut out = Vec::new();
        while let Some(tick) = source.next()? {
            let q = tick.quote().unwrap();
            let whole = |raw: i128| raw / 1_000_000_000;
            out.push([q.bid_px.0, q.bid_qty.0, q.ask_px.0, q.ask_qty.0].map(whole));
        }
        Ok((out, source))
    }

    #[test]
    fn venues_add_up_to_one_quote() {
        let rows = [
            "N,100,1,103,2",
            "T,100,3,104,1",
            "N,99,1,102,2",
            "N,101,4,100,4",
            "T,0,0,104,1",
            "P,105,1,106,1",
            "P,100,1,106,1",
        ];
        let (out, source) = quotes(&rows).unwrap();
        assert_eq!(
            out,
            [
                [100, 100, 103, 200],
                [100, 400, 103, 200],
                [100, 300, 102, 200],
                [100, 300, 104, 100],
                [105, 100, 106, 100],
                [100, 100, 106, 100],
            ]
        );
        // T without a bid while N is out: one-sided; P above T: T is stale.
        let dirt = source.dirt();
        assert_eq!((dirt.one_sided.count, dirt.crossed.count), (1, 0));
        let venues = source.venues();
        assert_eq!((venues.stale.count, venues.stale.first_line), (1, 7));
        assert_eq!((venues.rows, venues.crossed.count, venues.crossed.first_line), (7, 1, 5));
        assert_eq!((venues.zero_bids.count, venues.wide.count), (1, 4));
    }

    #[test]
    fn malformed_rows_are_refused_with_their_line() {
        for (row, kind) in [
            ("N,100,1,103", ErrorKind::Cells),
            ("n,100,1,103,2", ErrorKind::Word),
            ("N,x,1,103,2", ErrorKind::Number),
            ("N,1,999999999999,103,2", ErrorKind::Number),
        ] {
            let error = quotes(&["N,100,1,103,2", row]).unwrap_err();
            assert_eq!((error.kind(), error.place().unwrap().line), (kind, 3), "{error}");
        }
        let symbols = || Symbols::from_names(["ABC"]).unwrap();
        let text = format!(
            "{HEADER_TRADES}\n{AT},N,ABC,F I,5,10.5,0\n{AT},N,ABC,,5,10.5,1\n{AT},N,ABC,,5,10.5,x\n"
        );
        let mut trades = TaqTrades::from_reader("t.csv", Cursor::new(text), symbols()).unwrap();
        assert_eq!(trades.next().unwrap().unwrap().instrument.0, 0);
        let error = trades.next().unwrap_err();
        assert_eq!((error.place().unwrap().line, trades.dirt().corrected.count), (4, 1));
        let other = TaqTrades::from_reader(
            "t.csv",
            Cursor::new(HEADER_QUOTES.to_owned() + "\n"),
            symbols(),
        );
        assert_eq!(other.unwrap_err().kind(), ErrorKind::Header);
    }
}
