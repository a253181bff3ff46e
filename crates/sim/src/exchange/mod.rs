//! A matching engine in front of recorded markets: it knows what others displayed and traded,
//! and decides when the account's orders fill.
//!
//! Entry points: [`Exchange::on_quote`] (top of book, points of bars), [`Exchange::on_depth`]
//! and [`Exchange::on_trade`] (full books), [`Exchange::hush`]; [`Exchange::check`],
//! [`Exchange::place`], [`Exchange::amend`], [`Exchange::cancel`].
//!
//! When an order fills:
//! 1. **On arrival**, at or through the touch: it takes what is displayed and not already taken,
//!    from the touch outward as far as its limit allows, in whole lots, each level at its own
//!    price, as taker. A market order has no limit but the band of the day.
//! 2. Where only the touch is known, what is left of such an order rests at its limit and
//!    **takes again** from every later quote whose far side is at or through its limit, again at
//!    the quote's price as taker. In a full book it rests as a maker.
//! 3. An order that was **not marketable on arrival** rests and fills as maker at its own limit
//!    when the opposite side reaches it, up to the displayed size.
//! 4. In a full book it fills also when others **trade** at its price and the quantity before it
//!    in the queue is used up (see [`queue`]), or when they trade beyond its price.
//! 5. What was taken stays taken: while the price of a level is the same, a growing display adds
//!    only its growth and a shrinking one caps what is left. A changed price is a fresh level.
//! 6. Several resting orders fill by price, then by time.
//! 7. An order that arrives before the first sane quote, or while the market is hushed, is
//!    judged by the next sane quote. An IOC or market order does not wait for it.
//! 8. A quote that is not sane (one-sided, crossed, negative) stops the market until the next
//!    sane one: nothing fills on it. Of a full book one side is enough.
//! 9. A **stop** waits outside the book until the far touch (for a buy the ask) or a trade is at
//!    its stop price or beyond; then it arrives as the limit order that it is.
//! 10. An **iceberg** shows a part at a time; the next part goes behind all that is displayed.
//!     That matters only where there is a queue.
//!
//! What it does not know, and what follows from it: depth behind the touch, where only that is
//! recorded and none is declared ([`Assumptions`]): a large order is filled more slowly than a
//! real book would; the queue at the own price, there: a maker fills later than in reality, never
//! earlier; the own order in the display (others do not react to it); orders of the same account
//! against each other (they never match).
//!
//! Invariants:
//! 1. An order never fills beyond its quantity nor at a price worse than its limit.
//! 2. What is taken from a level never exceeds what it displayed at first plus its growth, and
//!    a trade gives our makers no more than it traded.
//! 3. After each call either a level has nothing left or no resting order can take it.

pub mod assume;
mod book;
mod fill;
mod ladder;
mod order;
pub mod queue;
mod rules;
#[cfg(test)]
mod tests;

pub use assume::{Assumptions, ThinBook};
pub use order::{Amending, Arriving, Execution};
pub use queue::QueueModel;
pub use rules::Refusal;

use book::Book;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::RejectCode;
use truefill_core::request::Side;
use truefill_market::source::Depth;

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
        let books = instruments.iter().map(Book::new).collect();
        Self { books, rules: instruments.to_vec() }
    }

    /// What is assumed from now on where the data do not say, in every book.
    pub fn assume(&mut self, assumed: Assumptions) {
        self.books.iter_mut().for_each(|book| book.assume(assumed));
    }

    /// The lowest and the highest price of the day; `None` for no limits. Orders that rest
    /// outside stay where they are.
    pub fn set_band(&mut self, instrument: InstrumentId, band: Option<(Px, Px)>) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.band = band;
        }
    }

    /// The market moved. Executions of resting orders are appended to `out`. A quote of an
    /// instrument that is not traded here, or that full books feed, is ignored.
    #[inline]
    pub fn on_quote(&mut self, instrument: InstrumentId, quote: &Quote, out: &mut Vec<Execution>) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.on_quote(quote, out);
        }
    }

    /// Levels of a full book changed. A level with a price that is not above zero or a quantity
    /// below zero is ignored. From the first call on the instrument is fed by full books and its
    /// quotes are ignored.
    pub fn on_depth(
        &mut self,
        instrument: InstrumentId,
        depth: &Depth<'_>,
        out: &mut Vec<Execution>,
    ) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.on_depth(depth, out);
        }
    }

    /// Others traded. The side is that of the order that took; where it is not known, a trade
    /// at or outside the touch tells it, and one inside the spread hits nobody.
    pub fn on_trade(
        &mut self,
        instrument: InstrumentId,
        (px, qty): (Px, Qty),
        aggressor: Option<Side>,
        out: &mut Vec<Execution>,
    ) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.on_trade(px, qty, aggressor, out);
        }
    }

    /// The market of this instrument is over for now: nothing trades until it is quoted again.
    /// Orders stay.
    pub fn hush(&mut self, instrument: InstrumentId) {
        if let Some(book) = self.books.get_mut(instrument.ix()) {
            book.hush();
        }
    }

    /// Checks an order against the rules of its instrument and the band of the day. An amended
    /// order is checked as if it arrived with its new OrderQty and prices.
    ///
    /// # Errors
    /// The code of the refusal and the reason in words.
    pub fn check(&self, order: &Arriving) -> Result<(), Refusal> {
        let at = order.instrument.ix();
        let (Some(rules), Some(book)) = (self.rules.get(at), self.books.get(at)) else {
            return Err((RejectCode::Invalid, "unknown instrument"));
        };
        rules::check(rules, book.band, order)
    }

    /// An order that passed [`Self::check`] arrives. Executions are appended to `out`; returns
    /// what stays in the book or waits for its stop. Of an IOC or a market order nothing stays:
    /// what did not fill is cancelled, and the caller is to say so.
    pub fn place(&mut self, order: &Arriving, out: &mut Vec<Execution>) -> Qty {
        let book = self.books.get_mut(order.instrument.ix());
        assert!(book.is_some(), "an order reaches the exchange only after its rules were checked");
        book.map_or(Qty::ZERO, |book| book.place(order, out))
    }

    /// Changes a working order in place; [`Self::check`] the result first. A new price or a
    /// larger quantity puts it behind the others at its price, as if it arrived now, and it may
    /// fill at once; a smaller quantity alone keeps its place. Returns what is left of it in the
    /// book, which is nothing if it filled.
    ///
    /// `None`, and nothing changes, if the order is not in the book or nothing would be left to
    /// fill (then it is to be cancelled).
    pub fn amend(&mut self, to: &Amending, out: &mut Vec<Execution>) -> Option<Qty> {
        self.books.get_mut(to.instrument.ix())?.amend(to, out)
    }

    /// Takes a resting or waiting order out of the book; returns what was left of it.
    pub fn cancel(&mut self, instrument: InstrumentId, side: Side, number: u64) -> Option<Qty> {
        self.books.get_mut(instrument.ix())?.cancel(side, number)
    }

    /// Somebody hits a resting order at its limit, outside the displayed sizes: up to `qty`. An
    /// order that waits for its stop cannot be hit.
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

    /// Quantity of others in the queue before a resting order of a full book, as far as the
    /// queue model knows.
    #[must_use]
    pub fn ahead(&self, instrument: InstrumentId, side: Side, number: u64) -> Option<Qty> {
        self.books.get(instrument.ix())?.ahead(side, number)
    }
}
