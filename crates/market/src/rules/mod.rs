//! Instrument rules by date: lots, price steps, freeze quantities and price bands.
//!
//! Entry points: [`Rules::open`], [`Rules::from_text`], [`Rules::at`].
//!
//! A table is CSV with the columns `symbol,from,lot,tick,freeze,band`, one row for each change:
//!
//! ```text
//! symbol,from,lot,tick,freeze,band
//! NFO:NIFTY26AUGFUT,2026-01-01,75,0.1,1800,10%
//! NSE:INFY,2026-01-01,1,nse-cash,,1400.5-1711.5
//! ```
//!
//! `tick` is a step, steps by price (`0.0001<1 0.01`), or the name of a table that comes with the
//! program (`nse-cash`, `us-equities`; see `data/rules/ticks.txt`). `freeze` and `band` may be
//! empty. A band is a percentage around a reference price, or a lower and an upper price.
//!
//! Invariants:
//! 1. A symbol or a day that is not in the table is an error, never a default.
//! 2. What is computed stays inside: prices at the band are on the step and within it, the largest
//!    order is a multiple of the lot and not above the freeze quantity.

mod text;
mod ticks;

use std::collections::BTreeMap;

use truefill_core::num::{NANO, Px, Qty, Rounding, round_to};

use crate::date::Date;
use crate::nearest::nearest;

pub use ticks::Ticks;
use ticks::TicksFrom;

/// The columns of a table.
pub const HEADER: &str = "symbol,from,lot,tick,freeze,band";

/// Rows of a table.
pub const ROWS_MAX: usize = 2_000_000;

/// The rules of all instruments of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rows: BTreeMap<String, BTreeMap<Date, Row>>,
}

/// What a row says, from its day on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    lot: Qty,
    ticks: TicksFrom,
    freeze: Option<Qty>,
    band: Option<Band>,
}

/// The rules of one instrument on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Quantities are multiples of this.
    pub lot: Qty,
    /// Price steps.
    pub ticks: Ticks,
    /// No order may be larger; absent means no limit.
    pub freeze: Option<Qty>,
    /// Prices that the exchange takes; absent means all.
    pub band: Option<Band>,
}

/// Prices that an exchange takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// So far from a reference price, in parts of 1e-9 of it.
    Share(i128),
    /// From a lower to an upper price, both included.
    Prices(Px, Px),
}

/// Why there is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The instrument is not in the table.
    #[error(
        "there are no rules for `{symbol}`; its orders cannot be checked and none is made; {hint}\
         add a row for it to the table"
    )]
    NoSuchSymbol {
        /// The instrument.
        symbol: String,
        /// A near symbol, as a question with a blank behind it, or nothing.
        hint: String,
    },
    /// The day is before the first row of the instrument.
    #[error(
        "the rules of `{symbol}` begin with {first}, not with {date}; its orders cannot be checked \
         and none is made; add a row that holds from an earlier day"
    )]
    NotCovered {
        /// The instrument.
        symbol: String,
        /// The day that was asked for.
        date: Date,
        /// The first day covered.
        first: Date,
    },
}

impl Rules {
    /// The rules of an instrument on a day of its exchange.
    ///
    /// # Errors
    /// [`RulesError`].
    ///
    /// ```
    /// use truefill_core::num::{Px, Qty};
    /// use truefill_market::{date::Date, rules::{HEADER, Rules}};
    /// let text = format!("{HEADER}\nNSE:INFY,2026-01-01,1,nse-cash,100000,10%\n");
    /// let rules = Rules::from_text("rules.csv", &text)?;
    /// let date = Date::from_ymd(2026, 8, 3).unwrap_or(Date::from_days(0));
    /// let tick = rules.at("NSE:INFY", date).map(|rule| rule.ticks.at(Px::whole(1500)).to_string());
    /// assert_eq!(tick, Ok("0.1".to_owned()));
    /// # Ok::<(), truefill_market::error::MarketError>(())
    /// ```
    pub fn at(&self, symbol: &str, date: Date) -> Result<Rule, RulesError> {
        let Some(dated) = self.rows.get(symbol) else {
            let near = nearest(symbol, self.symbols());
            return Err(RulesError::NoSuchSymbol {
                symbol: symbol.to_owned(),
                hint: near.map_or_else(String::new, |near| format!("did you mean `{near}`? ")),
            });
        };
        match dated.range(..=date).next_back() {
            Some((_, Row { lot, ticks, freeze, band })) => {
                Ok(Rule { lot: *lot, ticks: ticks.on(date), freeze: *freeze, band: *band })
            }
            None => {
                let first = dated.keys().next().copied().unwrap_or(date);
                Err(RulesError::NotCovered { symbol: symbol.to_owned(), date, first })
            }
        }
    }

    /// The instruments of the table, sorted.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }
}

impl Rule {
    /// The largest order: the freeze quantity floored to lots; `None` if there is no limit.
    #[must_use]
    pub fn largest_order(&self) -> Option<Qty> {
        self.freeze.map(|freeze| freeze.to_lot(self.lot, Rounding::Floor))
    }

    /// The lowest and the highest price that the exchange takes, on the step and inside the band;
    /// `reference` is what a percentage is of, and what decides the step: nearly always the close
    /// of the session before. `None` if there is no band.
    #[must_use]
    pub fn limits(&self, reference: Px) -> Option<(Px, Px)> {
        let (low, high) = match self.band? {
            Band::Prices(low, high) => (low, high),
            Band::Share(parts) => {
                let part = |parts: i128, rounding| {
                    let raw = reference.0.saturating_mul(parts);
                    Px(round_to(raw, NANO, rounding) / NANO)
                };
                (part(NANO - parts, Rounding::Ceil), part(NANO + parts, Rounding::Floor))
            }
        };
        let tick = self.ticks.at(reference);
        Some((low.to_tick(tick, Rounding::Ceil), high.to_tick(tick, Rounding::Floor)))
    }
}

#[cfg(test)]
mod tests;
