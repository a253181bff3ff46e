//! The profit and loss of both books of one holding, from cash and valuation alone.
//!
//! Entry points: [`Books`].
//!
//! Invariants:
//! - Nothing here knows a cause or a ladder: positions and cash follow the trades a second
//!   time, so that the sum of the causes is compared with an independent figure.
//! - A book's worth is its cash plus `multiplier * position * price`; the profit of a day is
//!   the worth at its close less the worth at the close before.

use crate::decimal::Decimal;
use crate::ledger::{Book, Opening, Stage};

/// Cash and position of one book.
#[derive(Clone, Debug, Default)]
struct Account {
    /// In the ledger's currency; buying lowers it.
    cash: Decimal,
    /// In units.
    position: Decimal,
    /// What the book was worth at the last close.
    worth_at_close: Decimal,
}

impl Account {
    fn trade(&mut self, qty: &Decimal, px: &Decimal, multiplier: &Decimal) {
        self.cash -= &(&(qty * px) * multiplier);
        self.position += qty;
    }

    fn worth(&self, px: &Decimal, multiplier: &Decimal) -> Decimal {
        &self.cash + &(&(&self.position * px) * multiplier)
    }

    fn profit_since_close(&self, px: &Decimal, multiplier: &Decimal) -> Decimal {
        &self.worth(px, multiplier) - &self.worth_at_close
    }

    fn close(&mut self, px: &Decimal, multiplier: &Decimal) -> Decimal {
        let worth = self.worth(px, multiplier);
        let profit = &worth - &self.worth_at_close;
        self.worth_at_close = worth;
        profit
    }
}

/// The theoretical and the live book of one holding.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    theory: Account,
    live: Account,
}

/// A figure of each book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PerBook {
    pub(super) theory: Decimal,
    pub(super) live: Decimal,
}

impl Books {
    /// Receives opening positions as if bought at the mark, so that they bring no profit.
    pub(super) fn open(&mut self, opening: &Opening, mark: &Decimal, multiplier: &Decimal) {
        self.theory.trade(opening.at(Stage::Theory), mark, multiplier);
        self.live.trade(opening.at(Stage::Broker), mark, multiplier);
    }

    /// Trades in one book.
    pub(super) fn trade(&mut self, book: Book, qty: &Decimal, px: &Decimal, multiplier: &Decimal) {
        self.account(book).trade(qty, px, multiplier);
    }

    /// Charges one book; a negative amount is a credit.
    pub(super) fn charge(&mut self, book: Book, amount: &Decimal) {
        self.account(book).cash -= amount;
    }

    /// Changes the units of both positions.
    pub(super) fn split(&mut self, ratio: &Decimal) {
        for account in [&mut self.theory, &mut self.live] {
            account.position = (&account.position * ratio).normalised();
        }
    }

    /// The positions of both books.
    pub(super) fn positions(&self) -> (&Decimal, &Decimal) {
        (&self.theory.position, &self.live.position)
    }

    /// The gap since the last close, both books valued at `mark`.
    pub(super) fn gap_since_close(&self, mark: &Decimal, multiplier: &Decimal) -> Decimal {
        &self.theory.profit_since_close(mark, multiplier)
            - &self.live.profit_since_close(mark, multiplier)
    }

    /// Closes the day at the price of each book and returns the day's profits.
    pub(super) fn close(
        &mut self,
        theory_px: &Decimal,
        live_px: &Decimal,
        multiplier: &Decimal,
    ) -> PerBook {
        PerBook {
            theory: self.theory.close(theory_px, multiplier),
            live: self.live.close(live_px, multiplier),
        }
    }

    fn account(&mut self, book: Book) -> &mut Account {
        match book {
            Book::Theory => &mut self.theory,
            Book::Live => &mut self.live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profit_is_cash_and_valuation_from_close_to_close() {
        let (mut books, multiplier) = (Books::default(), Decimal::from(10));
        books.trade(Book::Theory, &3.into(), &100.into(), &multiplier);
        books.trade(Book::Live, &3.into(), &101.into(), &multiplier);
        books.charge(Book::Live, &7.into());
        assert_eq!(books.gap_since_close(&500.into(), &multiplier), 37.into());
        let first = books.close(&110.into(), &109.into(), &multiplier);
        assert_eq!(first, PerBook { theory: 300.into(), live: 233.into() });
        books.split(&2.into());
        let second = books.close(&55.into(), &55.into(), &multiplier);
        assert_eq!(second, PerBook { theory: 0.into(), live: 30.into() });
    }
}
