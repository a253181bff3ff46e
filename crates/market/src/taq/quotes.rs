//! Quotes of venues, and the best of them.
//!
//! Entry points: [`VenueCounts`], `QuoteRows`. The rule stands in [`crate::taq`].

use std::collections::BTreeMap;

use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use super::{ROUND_LOT, letter, refuse};
use crate::cells::{Cell, Problem, split};
use crate::clean;
use crate::dirt::{Dirt, DirtReport};
use crate::error::{ErrorKind, MarketError, Place};
use crate::lines::Lines;
use crate::order::Rows;
use crate::source::{Tick, TickKind};
use crate::symbols::Symbols;

const QUOTE_CELLS: [&str; 7] = ["utc", "EX", "BID", "BIDSIZ", "OFR", "OFRSIZ", "SYMBOL"];
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

/// One side of a venue.
pub(super) type Side = (Px, Qty);

/// A side that is absent.
const NONE: Side = (Px::ZERO, Qty::ZERO);

#[derive(Debug)]
pub(super) struct QuoteRows {
    pub(super) lines: Lines,
    pub(super) symbols: Symbols,
    /// Bid and offer of every venue, by instrument.
    pub(super) best: Vec<BTreeMap<u8, (Side, Side)>>,
    pub(super) counts: VenueCounts,
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
