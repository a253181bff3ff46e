//! The report's leaves, and sums over them.
//!
//! Entry points: [`Report::leaves`], [`Report::by_strategy`], [`Report::by_symbol`].
//!
//! Invariant: each view holds every leaf once, so its causes and profits sum to the report's.

use super::{Figures, HoldingReport, Report};
use crate::cause::Cause;
use crate::decimal::Decimal;
use std::collections::BTreeMap;

/// The smallest amount a report knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Leaf<'a> {
    /// The day's name in the ledger.
    pub day: &'a str,
    /// The strategy.
    pub strategy: &'a str,
    /// The symbol; `None` for charges that name none.
    pub symbol: Option<&'a str>,
    /// Why.
    pub cause: Cause,
    /// How much, in the ledger's currency; a cost is positive.
    pub amount: &'a Decimal,
}

impl Report {
    /// Every amount by day, strategy, symbol and cause.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf<'_>> {
        self.days.iter().flat_map(|day| {
            day.holdings.iter().flat_map(|holding| {
                holding.figures.causes.iter().map(|(cause, amount)| Leaf {
                    day: &day.day,
                    strategy: &holding.strategy,
                    symbol: holding.symbol.as_deref(),
                    cause,
                    amount,
                })
            })
        })
    }

    /// The report by strategy.
    pub fn by_strategy(&self) -> BTreeMap<&str, Figures> {
        self.grouped(|holding| holding.strategy.as_str())
    }

    /// The report by symbol; charges that name no symbol stand under `None`.
    pub fn by_symbol(&self) -> BTreeMap<Option<&str>, Figures> {
        self.grouped(|holding| holding.symbol.as_deref())
    }

    fn grouped<'a, K: Ord>(&'a self, key: impl Fn(&'a HoldingReport) -> K) -> BTreeMap<K, Figures> {
        let mut groups: BTreeMap<K, Figures> = BTreeMap::new();
        for holding in self.days.iter().flat_map(|day| &day.holdings) {
            groups.entry(key(holding)).or_default().absorb(&holding.figures);
        }
        groups
    }
}
