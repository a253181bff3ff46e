//! The exact report: profits of both books, and the gap between them by cause.
//!
//! Entry points: [`Report`], its [`days`](Report::days), [`leaves`](Report::leaves),
//! [`by_strategy`](Report::by_strategy), [`by_symbol`](Report::by_symbol),
//! [`displayed`](Report::displayed) and [`to_json`](Report::to_json).
//!
//! Invariants:
//! - Amounts are in the ledger's currency and exact; only [`Displayed`] is rounded.
//! - Every figure above a leaf is the sum of leaves, so every roll-up adds up.
//! - Causes are listed in the order of [`Cause::ALL`](crate::Cause::ALL).

mod displayed;
mod json;
mod rollup;

pub use displayed::{Displayed, apportion};
pub use rollup::Leaf;

use crate::cause::Causes;
use crate::decimal::Decimal;

/// The profits of both books over some part of a ledger, and the gap between them by cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Profit of the theoretical book.
    pub theory_pnl: Decimal,
    /// Profit of the live book.
    pub live_pnl: Decimal,
    /// What each cause took from the live book; a cost is positive.
    pub causes: Causes,
}

impl Figures {
    /// Theoretical less live profit.
    pub fn gap(&self) -> Decimal {
        &self.theory_pnl - &self.live_pnl
    }

    /// What of the gap is in no cause: zero, or there is a defect in this crate.
    pub fn residual(&self) -> Decimal {
        &self.gap() - &self.causes.total()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.theory_pnl.is_zero() && self.live_pnl.is_zero() && self.causes.is_empty()
    }

    /// Adds the figures of another part.
    pub fn absorb(&mut self, other: &Figures) {
        self.theory_pnl += &other.theory_pnl;
        self.live_pnl += &other.live_pnl;
        self.causes.absorb(&other.causes);
    }
}

impl<'a> FromIterator<&'a Figures> for Figures {
    fn from_iter<I: IntoIterator<Item = &'a Figures>>(parts: I) -> Self {
        let mut figures = Figures::default();
        parts.into_iter().for_each(|part| figures.absorb(part));
        figures
    }
}

/// One strategy in one symbol on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingReport {
    /// The strategy.
    pub strategy: String,
    /// The symbol; `None` for charges that name none.
    pub symbol: Option<String>,
    /// Its profits and causes on the day.
    pub figures: Figures,
}

/// One day or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayReport {
    /// Its name in the ledger.
    pub day: String,
    /// The sums over its holdings.
    pub figures: Figures,
    /// The holdings on which anything happened, by symbol, then by strategy.
    pub holdings: Vec<HoldingReport>,
}

impl DayReport {
    pub(crate) fn of_holdings(day: String, holdings: Vec<HoldingReport>) -> Self {
        let figures = holdings.iter().map(|holding| &holding.figures).collect();
        DayReport { day, figures, holdings }
    }
}

/// The gap report of a whole ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    total: Figures,
    days: Vec<DayReport>,
}

impl Report {
    pub(crate) fn of_days(days: Vec<DayReport>) -> Self {
        Report { total: days.iter().map(|day| &day.figures).collect(), days }
    }

    /// Profit of the theoretical book.
    pub fn theory_pnl(&self) -> &Decimal {
        &self.total.theory_pnl
    }

    /// Profit of the live book.
    pub fn live_pnl(&self) -> &Decimal {
        &self.total.live_pnl
    }

    /// Theoretical less live profit.
    pub fn gap(&self) -> Decimal {
        self.total.gap()
    }

    /// What of the gap is in no cause: always zero, see [`is_exact`](Report::is_exact).
    pub fn residual(&self) -> Decimal {
        self.total.residual()
    }

    /// The gap by cause; a cost is positive. Causes that never moved are left out.
    pub fn causes(&self) -> &Causes {
        &self.total.causes
    }

    /// The sums over all days.
    pub fn total(&self) -> &Figures {
        &self.total
    }

    /// The days, in the order of the ledger.
    pub fn days(&self) -> &[DayReport] {
        &self.days
    }

    /// Whether the causes sum to the gap: in total, on every day and in every holding.
    ///
    /// A report for which this is false must not be used; it is a defect of this crate.
    pub fn is_exact(&self) -> bool {
        let exact = |figures: &Figures| figures.residual().is_zero();
        exact(&self.total)
            && self.days.iter().all(|day| {
                exact(&day.figures) && day.holdings.iter().all(|holding| exact(&holding.figures))
            })
    }

    /// The gap by cause as it is shown, in cents: the lines add up to the total shown.
    pub fn displayed(&self) -> Displayed {
        Displayed::of(&self.total.causes)
    }
}
