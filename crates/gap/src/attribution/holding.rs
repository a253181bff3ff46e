//! One strategy's holding of one symbol: its ladder, its books, and the day's causes.
//!
//! Entry points: [`Holding`], and [`Instrument`], which holds them by strategy.
//!
//! Invariant: at every moment `gap since the last close = causes booked since then`, both
//! books valued at the mark ([`Holding::imbalance`] is the difference, always zero).

use super::books::{Books, PerBook};
use super::ladder::Ladder;
use crate::cause::{Cause, Causes};
use crate::decimal::Decimal;
use crate::ledger::{Book, ClosingMarks, Liquidity, Opening};
use std::collections::BTreeMap;

/// What is known of one symbol.
#[derive(Clone, Debug)]
pub(super) struct Instrument {
    /// Currency per unit and price point.
    pub(super) multiplier: Decimal,
    pub(super) mark: Option<Decimal>,
    /// By strategy.
    pub(super) holdings: BTreeMap<String, Holding>,
    /// Whether its holdings note each booking.
    noting: bool,
}

impl Instrument {
    /// An instrument without a mark.
    pub(super) fn new(multiplier: Decimal, noting: bool) -> Self {
        Instrument { multiplier, mark: None, holdings: BTreeMap::new(), noting }
    }

    /// The holding of a strategy, empty if there was none.
    pub(super) fn holding(&mut self, strategy: &str) -> &mut Holding {
        self.holdings.entry(strategy.to_owned()).or_insert_with(|| Holding::new(self.noting))
    }

    /// The same with what a unit is worth now; `None` before the first mark.
    pub(super) fn valued(&mut self, strategy: &str) -> Option<(&mut Holding, Valuation<'_>)> {
        let at = Valuation { mark: self.mark.as_ref()?, multiplier: &self.multiplier };
        let holding = self.holdings.entry(strategy.to_owned());
        Some((holding.or_insert_with(|| Holding::new(self.noting)), at))
    }

    /// What a unit is worth now; before the first mark there are no units.
    pub(super) fn valuation(&self) -> Valuation<'_> {
        match &self.mark {
            Some(mark) => Valuation { mark, multiplier: &self.multiplier },
            None => NO_UNITS,
        }
    }

    /// Moves the mark and books the step in every holding.
    pub(super) fn step_to(&mut self, px: &Decimal) {
        if let Some(mark) = &self.mark {
            let value = &(px - mark) * &self.multiplier;
            if !value.is_zero() {
                self.holdings.values_mut().for_each(|holding| holding.step(&value));
            }
        }
        self.mark = Some(px.clone());
    }
}

/// The price of a unit at an instant: its mark and its multiplier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Valuation<'a> {
    pub(super) mark: &'a Decimal,
    pub(super) multiplier: &'a Decimal,
}

/// The valuation of a holding that has no units: charges without a symbol or before its mark.
pub(super) const NO_UNITS: Valuation<'static> =
    Valuation { mark: &Decimal::ZERO, multiplier: &Decimal::ZERO };

impl Valuation<'_> {
    /// What `qty` costs more at `px` than at `reference`.
    fn excess(&self, qty: &Decimal, px: &Decimal, reference: &Decimal) -> Decimal {
        &(qty * &(px - reference)) * self.multiplier
    }
}

/// The state of one strategy in one symbol; charges without a symbol have a holding too.
#[derive(Clone, Debug)]
pub(super) struct Holding {
    pub(super) ladder: Ladder,
    books: Books,
    pub(super) booked: Booked,
    /// The MARK of the last day end, which the next day takes back.
    mark_to_reverse: Decimal,
}

/// What was booked since the last close.
#[derive(Clone, Debug, Default)]
pub(super) struct Booked {
    causes: Causes,
    /// Each booking by itself, where somebody wants to know.
    noted: Option<Vec<(Cause, Decimal)>>,
}

impl Booked {
    fn book(&mut self, cause: Cause, amount: &Decimal) {
        self.causes.book(cause, amount);
        if let Some(noted) = &mut self.noted
            && !amount.is_zero()
        {
            noted.push((cause, amount.clone()));
        }
    }

    /// Hands out the bookings noted since this was last asked.
    pub(super) fn take_noted(&mut self) -> Vec<(Cause, Decimal)> {
        self.noted.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Holding {
    /// A holding without anything.
    pub(super) fn new(noting: bool) -> Self {
        Holding {
            ladder: Ladder::new(),
            books: Books::default(),
            booked: Booked { causes: Causes::default(), noted: noting.then(Vec::new) },
            mark_to_reverse: Decimal::ZERO,
        }
    }

    /// Takes over opening positions at the mark.
    pub(super) fn open(&mut self, opening: &Opening, at: Valuation<'_>) {
        self.ladder.open(opening);
        self.books.open(opening, at.mark, at.multiplier);
    }

    /// The theoretical book trades.
    pub(super) fn theory_fill(&mut self, qty: &Decimal, px: &Decimal, at: Valuation<'_>) {
        self.booked.book(Cause::TheoryPrice, &at.excess(qty, at.mark, px));
        self.ladder.trade_theory(qty);
        self.books.trade(Book::Theory, qty, px, at.multiplier);
    }

    /// The live book trades through an order of ours.
    pub(super) fn fill(
        &mut self,
        qty: &Decimal,
        px: &Decimal,
        liquidity: &Liquidity,
        at: Valuation<'_>,
    ) {
        match liquidity {
            Liquidity::Taker { touch } => {
                self.booked.book(Cause::Spread, &at.excess(qty, touch, at.mark));
                self.booked.book(Cause::Depth, &at.excess(qty, px, touch));
            }
            Liquidity::Maker { .. } => {
                self.booked.book(Cause::Passive, &at.excess(qty, px, at.mark));
            }
        }
        self.trade_live(qty, px, at);
    }

    /// The live book trades without an order of ours to the market; `cause` names its price.
    pub(super) fn other_trade(
        &mut self,
        cause: Cause,
        qty: &Decimal,
        px: &Decimal,
        at: Valuation<'_>,
    ) {
        self.booked.book(cause, &at.excess(qty, px, at.mark));
        self.trade_live(qty, px, at);
    }

    fn trade_live(&mut self, qty: &Decimal, px: &Decimal, at: Valuation<'_>) {
        self.ladder.trade_broker(qty);
        self.books.trade(Book::Live, qty, px, at.multiplier);
    }

    /// A fee is charged in one book.
    pub(super) fn fee(&mut self, book: Book, amount: &Decimal) {
        match book {
            Book::Live => self.booked.book(Cause::FeesLive, amount),
            Book::Theory => self.booked.book(Cause::FeesAssumed, &-amount),
        }
        self.books.charge(book, amount);
    }

    /// Interest, funding or dividends of one book.
    pub(super) fn financing(&mut self, book: Book, amount: &Decimal) {
        match book {
            Book::Live => self.booked.book(Cause::Financing, amount),
            Book::Theory => self.booked.book(Cause::Financing, &-amount),
        }
        self.books.charge(book, amount);
    }

    /// The mark moves by `value` per unit.
    fn step(&mut self, value: &Decimal) {
        for (cause, cost) in self.ladder.step(value) {
            self.booked.book(cause, &cost);
        }
    }

    /// Takes over a ladder in new units, and brings the books to them.
    pub(super) fn split(&mut self, ladder: Ladder, ratio: &Decimal) {
        self.ladder = ladder;
        self.books.split(ratio);
    }

    /// A day starts: what the last close booked under MARK is taken back.
    pub(super) fn start_day(&mut self) {
        self.booked.book(Cause::Mark, &-&self.mark_to_reverse);
        self.mark_to_reverse = Decimal::ZERO;
    }

    /// A day ends: both books are valued, and the day's profits and causes are handed out.
    pub(super) fn end_day(
        &mut self,
        closing: Option<&ClosingMarks>,
        at: Valuation<'_>,
    ) -> (PerBook, Causes) {
        let (theory_px, live_px) =
            closing.map_or((at.mark, at.mark), |closing| (&closing.theory, &closing.live));
        self.mark_to_reverse = &at.excess(self.ladder.theory(), theory_px, at.mark)
            - &at.excess(self.ladder.broker(), live_px, at.mark);
        self.booked.book(Cause::Mark, &self.mark_to_reverse);
        let profits = self.books.close(theory_px, live_px, at.multiplier);
        (profits, std::mem::take(&mut self.booked.causes))
    }

    /// What is in the gap but in no cause: zero, or there is a defect here.
    pub(super) fn imbalance(&self, at: Valuation<'_>) -> Decimal {
        let gap = self.books.gap_since_close(at.mark, at.multiplier);
        &(&gap + &self.mark_to_reverse) - &self.booked.causes.total()
    }

    /// Whether the ladder's ends are the positions of the books.
    pub(super) fn ends_agree(&self) -> bool {
        self.books.positions() == (self.ladder.theory(), self.ladder.broker())
    }
}
