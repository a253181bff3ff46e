//! Price steps that may depend on a price.

use std::sync::Arc;

use truefill_core::num::{PLACES, Px, parse_decimal};

use crate::date::Date;
use crate::error::{ErrorKind, MarketError};
use crate::facts::read;

/// Steps of one table.
const STEPS_MAX: usize = 32;
/// The named tables that come with the program.
const FILE: &str = "data/rules/ticks.txt";
const TEXT: &str = include_str!("../../../../data/rules/ticks.txt");

/// Price steps, by date and by the price that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// Steps below limits that rise, and the last one for all prices above.
    bounded: Vec<(Px, bool, Px)>,
    last: Px,
}

impl Ticks {
    /// The same step at every price.
    #[must_use]
    pub const fn flat(step: Px) -> Self {
        Self { bounded: Vec::new(), last: step }
    }

    /// The step where this price decides; which price decides is the exchange's rule.
    #[must_use]
    pub fn at(&self, px: Px) -> Px {
        let within =
            |(limit, included, _): &&(Px, bool, Px)| px < *limit || (*included && px == *limit);
        self.bounded.iter().find(within).map_or(self.last, |(_, _, step)| *step)
    }

    /// Steps from their text: `0.05`, or `0.01<250 0.05<=1000 0.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ').rev();
        let step = |text: &str| {
            let step = parse_decimal(text, PLACES).ok().map(Px)?;
            (step.0 > 0 && step.bounded().is_ok()).then_some(step)
        };
        let last = step(parts.next()?)?;
        let mut bounded: Vec<(Px, bool, Px)> = Vec::new();
        for part in parts.rev() {
            let (size, limit) = part.split_once('<')?;
            let (included, limit) = match limit.strip_prefix('=') {
                Some(limit) => (true, limit),
                None => (false, limit),
            };
            let limit = step(limit)?;
            if bounded.len() == STEPS_MAX || bounded.last().is_some_and(|(less, ..)| *less >= limit)
            {
                return None;
            }
            bounded.push((limit, included, step(size)?));
        }
        Some(Self { bounded, last })
    }
}

/// Where a row has its steps from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TicksFrom {
    /// From its own cell.
    Cell(Ticks),
    /// From a named table that goes back to the row's day: steps from days on, in order.
    Table(Arc<Vec<(Date, Ticks)>>),
}

impl TicksFrom {
    /// The steps of a day.
    pub(super) fn on(&self, date: Date) -> Ticks {
        match self {
            Self::Cell(ticks) => ticks.clone(),
            Self::Table(dated) => {
                let on = dated.iter().rfind(|(from, _)| *from <= date).or(dated.first());
                on.map_or(Ticks::flat(Px::ZERO), |(_, ticks)| ticks.clone())
            }
        }
    }
}

/// The named tables.
pub(super) type Tables = Vec<(String, Arc<Vec<(Date, Ticks)>>)>;

/// The tables that come with the program.
pub(super) fn tables() -> Result<Tables, MarketError> {
    let mut tables: Vec<(String, Vec<(Date, Ticks)>)> = Vec::new();
    for mut fact in read(FILE, TEXT)? {
        let word = fact.word("a keyword", "write ticks or from")?;
        match (word.text, tables.last_mut()) {
            ("ticks", _) => {
                let name = fact.word("the name", "write the name of the table")?;
                tables.push((name.text.to_owned(), Vec::new()));
                fact.end()?;
            }
            ("from", Some((_, dated))) => {
                let from = fact.date()?;
                let steps = Ticks::parse(&fact.remark())
                    .filter(|_| dated.last().is_none_or(|(before, _)| *before < from));
                let Some(steps) = steps else {
                    let allowed = "write dates that rise and steps like 0.01<250 0.05";
                    return Err(fact.problem(ErrorKind::Number, word, "not steps", allowed));
                };
                dated.push((from, steps));
            }
            _ => return Err(fact.unknown(word, "a keyword here", &["ticks", "from"])),
        }
    }
    Ok(tables.into_iter().map(|(name, dated)| (name, Arc::new(dated))).collect())
}
