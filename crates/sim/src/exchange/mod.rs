//! A matching engine that knows the market only as top-of-book quotes: best bid and ask with
//! displayed sizes.
//!
//! Entry points: [`Exchange::on_quote`], [`Exchange::place`], [`Exchange::cancel`].
//!
//! When an order fills:
//! 1. **On arrival**, at or through the touch: it takes what is displayed there and not already
//!    taken, in whole lots, at the price of the quote (never worse than its limit), as taker.
//! 2. What is left of such an order rests at its limit and **takes again** from every later
//!    quote whose far side is at or through its limit, again at the quote's price as taker.
//! 3. An order that was **not marketable on arrival** rests and fills as maker at its own limit
//!    when the opposite quote reaches it, up to the displayed size.
//! 4. What was taken stays taken: while the price of a level is the same, a growing display adds
//!    only its growth and a shrinking one caps what is left. A changed price is a fresh level.
//! 5. Several resting orders fill by price, then by time.
//! 6. An order that arrives before the first sane quote is judged by that quote. An IOC order
//!    does not wait for it.
//! 7. A quote that is not sane (one-sided, crossed, negative) stops the market until the next
//!    sane one: nothing fills on it.
//!
//! What it does not know, and what follows from it: depth behind the touch (a large order is
//! filled more slowly than a real book would), the queue at the own price (a maker fills later
//! than in reality, never earlier: the opposite quote must come to it, trades that would have
//! hit it are not seen), the own order in the display (others do not react to it), and orders of
//! the same account against each other (they never match).
//!
//! Invariants:
//! 1. An order never fills beyond its quantity nor at a price worse than its limit.
//! 2. What is taken from a level never exceeds what it displayed at first plus its growth.
//! 3. After each call either a level has nothing left or no resting order can take it.

mod book;
mod order;
#[cfg(test)]
mod tests;

pub use order::{Arriving, Execution};

use book::Book;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::RejectCode;
use truefill_core::request::Side;

/// All books.
#[derive(Debug)]
pub struct Exchange {
    // Dense by instrument: the quote path neither hashes nor allocates.
    books: Vec<Book>,
    rules: Vec<Instrument>,
}

impl Exchange {
    /// Empty books of these instruments; ids are positions in the list.
    #[must_use]
    pub fn new(instruments: &[Instrument]) -> Self {
        let books = instruments.iter().map(|i| Book::new(i.lot)).collect();
        Self { books, rules: instruments.to_vec() }
    }

    /// The market moved. Executions of resting orders are appended to `out`. A quote of an
    /// instrument that is not traded here is ignored.
    #[inline]
    pub fn on_quote(&mut self, instrument: InstrumentId, quote: &Quote, out: &mut Vec<Execution>) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.on_quote(quote, out);
        }
    }

    /// Checks an order against the rules of its instrument.
    ///
    /// # Errors
    /// The code of the refusal and the reason in words.
    pub fn check(&self, order: &Arriving) -> Result<(), (RejectCode, &'static str)> {
        let Some(rules) = self.rules.get(order.instrument.ix()) else {
            return Err((RejectCode::Invalid, "unknown instrument"));
        };
        let (qty, px) = (order.qty, order.px);
        let broken = if px.0 <= 0 {
            "price must be above zero"
        } else if px.0 % rules.tick.0.max(1) != 0 {
            "price is off the tick grid"
        } else if qty.0 <= 0 {
            "quantity must be above zero"
        } else if qty.0 % rules.lot.0.max(1) != 0 {
            "quantity is not a multiple of the lot"
        } else if qty < rules.min_qty {
            "quantity is below the minimum"
        } else if rules.max_qty.is_some_and(|max| qty > max) {
            "quantity is above the maximum"
        } else if qty.times(px) < rules.min_notional {
            "notional is below the minimum"
        } else {
            return Ok(());
        };
        Err((RejectCode::Invalid, broken))
    }

    /// An order that passed [`Self::check`] arrives. Executions are appended to `out`; returns
    /// what stays in the book, which is nothing for an IOC order.
    pub fn place(&mut self, order: &Arriving, out: &mut Vec<Execution>) -> Qty {
        let book = self.books.get_mut(order.instrument.ix());
        assert!(book.is_some(), "an order reaches the exchange only after its rules were checked");
        book.map_or(Qty::ZERO, |book| book.place(order, out))
    }

    /// Takes a resting order out of the book; returns what was left of it.
    pub fn cancel(&mut self, instrument: InstrumentId, side: Side, number: u64) -> Option<Qty> {
        self.books.get_mut(instrument.ix())?.cancel(side, number)
    }

    /// Somebody hits a resting order at its limit, outside the displayed sizes: up to `qty`.
    pub fn hit(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        number: u64,
        qty: Qty,
    ) -> Option<Execution> {
        self.books.get_mut(instrument.ix())?.hit(side, number, qty)
    }

    /// The price at which an order of this side could trade now: the ask for a buy, the bid for
    /// a sell. `None` while there is no market.
    #[must_use]
    pub fn far_touch(&self, instrument: InstrumentId, side: Side) -> Option<Px> {
        self.books.get(instrument.ix())?.far_touch(side)
    }
}
