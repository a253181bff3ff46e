//! The gap by what stands behind the causes: gates, rules and targets.
//!
//! Entry point: [`breakdown`].
//!
//! Invariants:
//! - Every booking of the ledger is taken from the attribution itself and put under one heading,
//!   so the gates add up to GATE, the rules to SPREAD, DEPTH and PASSIVE, the targets and the
//!   rest to the whole gap, exactly.
//! - A target owns what is booked in its book from its decision until the next one.

use super::notes::{BookKey, Note, Noted, PricedBy};
use crate::attribution::Attribution;
use crate::cause::{Cause, Causes};
use crate::decimal::Decimal;
use crate::error::GapError;
use crate::ledger::{Entry, Line, Stage};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::event::Block;
use truefill_core::ids::HoldingId;

/// The gap of a run by gate, by rule and by target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// What gates held back; units without a named gate stand under [`Block::Open`].
    pub gates: BTreeMap<(BookKey, Block), HeldBack>,
    /// What executions cost, by the rule that had made their price.
    pub rules: BTreeMap<(HoldingId, PricedBy), Executed>,
    /// What was booked while a book worked on a target, by the target's number.
    pub parents: BTreeMap<usize, (BookKey, Causes)>,
    /// What was booked before the first target of its book, or in no book.
    pub rest: Causes,
}

/// What a gate held back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// How long, in nanoseconds.
    pub time_ns: i64,
    /// What the market's moves cost meanwhile; a gain is below zero.
    pub cost: Decimal,
}

/// Executions under one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// How many.
    pub fills: u64,
    /// Units, whatever the side.
    pub qty: Decimal,
    /// Quantity at its price and multiplier, in currency.
    pub turnover: Decimal,
    /// From the mark to the touch.
    pub spread: Decimal,
    /// Beyond the touch.
    pub depth: Decimal,
    /// Resting, away from the mark.
    pub passive: Decimal,
}

/// Groups the bookings of a ledger by its notes.
///
/// # Errors
///
/// The first line that breaks a rule of the format.
pub fn breakdown(
    config: &Config,
    entries: &[Entry],
    notes: &[Note],
) -> Result<Breakdown, GapError> {
    let mut fold = Fold::new(config);
    fold.books.apply(&Line::HEADER)?;
    let mut notes = notes.iter().peekable();
    for (at, entry) in entries.iter().enumerate() {
        let mut filled = None;
        while let Some(note) = notes.next_if(|note| note.entry <= at) {
            filled = fold.note(note.what, now(entry)).or(filled);
        }
        fold.entry(entry, filled)?;
    }
    Ok(fold.found)
}

fn now(entry: &Entry) -> Option<i64> {
    entry.t.as_ref().and_then(|t| t.as_nanos())
}

/// A book while its ledger is read.
#[derive(Clone, Debug)]
struct Place {
    key: BookKey,
    parent: Option<usize>,
    gate: Block,
    rounded: Decimal,
    admitted: Decimal,
    /// Since when something is held back by `gate`.
    since: Option<i64>,
}

impl Place {
    const fn of(key: BookKey) -> Self {
        let (rounded, admitted) = (Decimal::ZERO, Decimal::ZERO);
        Self { key, parent: None, gate: Block::Open, rounded, admitted, since: None }
    }
}

struct Fold<'a> {
    config: &'a Config,
    books: Attribution,
    /// Positions in `places` by strategy and symbol, as the ledger names them.
    names: BTreeMap<(&'a str, &'a str), usize>,
    /// The same by book: books of one name are one for a ledger.
    keys: BTreeMap<BookKey, usize>,
    places: Vec<Place>,
    found: Breakdown,
}

impl<'a> Fold<'a> {
    fn new(config: &'a Config) -> Self {
        let (mut names, mut keys) = (BTreeMap::new(), BTreeMap::new());
        let mut places = Vec::new();
        for (holding, row) in (0..).map(HoldingId).zip(&config.holdings) {
            let symbol = config.instruments[row.instrument.ix()].symbol.as_str();
            for sleeve in row.sleeves() {
                let strategy = config.strategy(sleeve).map_or("manual", |s| s.name.as_str());
                let key = BookKey { holding, sleeve };
                let at = *names.entry((strategy, symbol)).or_insert_with(|| {
                    places.push(Place::of(key));
                    places.len() - 1
                });
                keys.insert(key, at);
            }
        }
        let (books, found) = (Attribution::noting(), Breakdown::default());
        Fold { config, books, names, keys, places, found }
    }

    /// Takes a note; the rule, if it is one about an execution.
    fn note(&mut self, what: Noted, now: Option<i64>) -> Option<(HoldingId, PricedBy)> {
        let (Noted::Parent { book, .. } | Noted::Gate { book, .. } | Noted::Fill { book, .. }) =
            what;
        // A note about a book that the configuration does not have says nothing.
        let at = *self.keys.get(&book)?;
        match what {
            Noted::Parent { parent, .. } => {
                self.places[at].parent = Some(parent);
                let causes = (self.places[at].key, Causes::default());
                self.found.parents.entry(parent).or_insert(causes);
            }
            Noted::Gate { why, .. } => {
                self.settle(at, now);
                self.places[at].gate = why;
            }
            Noted::Fill { by, .. } => return Some((book.holding, by)),
        }
        None
    }

    /// Counts the time in which a gate held back until now.
    fn settle(&mut self, at: usize, now: Option<i64>) {
        let place = &mut self.places[at];
        let held = (place.rounded != place.admitted).then_some(now).flatten();
        if let (Some(since), Some(now)) = (std::mem::replace(&mut place.since, held), now)
            && now > since
        {
            self.found.gates.entry((place.key, place.gate)).or_default().time_ns += now - since;
        }
    }

    fn entry(
        &mut self,
        entry: &Entry,
        filled: Option<(HoldingId, PricedBy)>,
    ) -> Result<(), GapError> {
        self.books.apply(&entry.line)?;
        match &entry.line {
            Line::Stage { strategy, symbol, stage, qty, .. } => {
                let name = (strategy.as_str(), symbol.as_str());
                let Some(at) = self.names.get(&name).copied() else { return Ok(()) };
                self.settle(at, now(entry));
                let place = &mut self.places[at];
                match stage {
                    Stage::Rounded => place.rounded = qty.clone(),
                    Stage::Admitted => place.admitted = qty.clone(),
                    _ => {}
                }
                self.settle(at, now(entry));
            }
            Line::DayEnd { .. } => {
                (0..self.places.len()).for_each(|at| self.settle(at, now(entry)));
            }
            Line::Fill { qty, px, .. } => {
                if let Some((holding, by)) = filled {
                    let executed = self.found.rules.entry((holding, by)).or_default();
                    let multiplier = self.config.instrument_of(holding).multiplier;
                    executed.fills += 1;
                    executed.qty += &qty.abs();
                    executed.turnover += &(&(&qty.abs() * px) * &super::play::qty(multiplier));
                }
            }
            _ => {}
        }
        self.book(&entry.line, filled);
        Ok(())
    }

    /// Puts what the line booked under its headings.
    fn book(&mut self, line: &Line, filled: Option<(HoldingId, PricedBy)>) {
        let (names, places, found) = (&self.names, &self.places, &mut self.found);
        self.books.take_noted(line, |noted| {
            let at = noted.symbol.and_then(|symbol| names.get(&(noted.strategy, symbol)));
            let place = at.map(|at| &places[*at]);
            if let Some(place) = place
                && noted.cause == Cause::Gate
            {
                found.gates.entry((place.key, place.gate)).or_default().cost += &noted.amount;
            }
            if let Some(executed) = filled.and_then(|key| found.rules.get_mut(&key)) {
                match noted.cause {
                    Cause::Spread => executed.spread += &noted.amount,
                    Cause::Depth => executed.depth += &noted.amount,
                    Cause::Passive => executed.passive += &noted.amount,
                    _ => {}
                }
            }
            let parent = place.and_then(|place| place.parent);
            let causes = match parent.and_then(|parent| found.parents.get_mut(&parent)) {
                Some((_, causes)) => causes,
                None => &mut found.rest,
            };
            causes.book(noted.cause, &noted.amount);
        });
    }
}
