//! The gap by what stands behind the causes: gates, rules and targets.
//!
//! Entry point: [`breakdown`].
//!
//! Invariants:
//! - Every booking of the ledger is taken from the attribution itself and put under one heading,
//!   so the gates add up to GATE, the rules to SPREAD, DEPTH and PASSIVE, the targets and the
//!   rest to the whole gap, exactly.
//! - A target owns what is booked on its holding from its decision until the next one.

use super::notes::{Note, Noted, PricedBy};
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
    pub gates: BTreeMap<(HoldingId, Block), HeldBack>,
    /// What executions cost, by the rule that had made their price.
    pub rules: BTreeMap<(HoldingId, PricedBy), Executed>,
    /// What was booked while a holding worked on a target, by the target's number.
    pub parents: BTreeMap<usize, (HoldingId, Causes)>,
    /// What was booked before the first target of its holding, or on no holding.
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

/// A holding while its ledger is read.
#[derive(Clone, Debug)]
struct Place {
    parent: Option<usize>,
    gate: Block,
    rounded: Decimal,
    admitted: Decimal,
    /// Since when something is held back by `gate`.
    since: Option<i64>,
}

impl Place {
    const EMPTY: Self = Self {
        parent: None,
        gate: Block::Open,
        rounded: Decimal::ZERO,
        admitted: Decimal::ZERO,
        since: None,
    };
}

struct Fold<'a> {
    config: &'a Config,
    books: Attribution,
    /// Holdings by strategy and symbol, as the ledger names them.
    names: BTreeMap<(&'a str, &'a str), usize>,
    /// By holding, the first one of its name: for a ledger they are one.
    named: Vec<HoldingId>,
    places: Vec<Place>,
    found: Breakdown,
}

impl<'a> Fold<'a> {
    fn new(config: &'a Config) -> Self {
        let (mut names, mut named) = (BTreeMap::new(), Vec::new());
        for (at, key) in config.holdings.iter().enumerate() {
            let strategy = config.strategy(key.sleeve).map_or("manual", |s| s.name.as_str());
            let symbol = config.instruments[key.instrument.ix()].symbol.as_str();
            let first = *names.entry((strategy, symbol)).or_insert(at);
            named.push(HoldingId(u32::try_from(first).unwrap_or(u32::MAX)));
        }
        let places = vec![Place::EMPTY; config.holdings.len()];
        let (books, found) = (Attribution::noting(), Breakdown::default());
        Fold { config, books, names, named, places, found }
    }

    /// Takes a note; the rule, if it is one about an execution.
    fn note(&mut self, what: Noted, now: Option<i64>) -> Option<(HoldingId, PricedBy)> {
        let (Noted::Parent { holding, .. }
        | Noted::Gate { holding, .. }
        | Noted::Fill { holding, .. }) = what;
        // A note about a holding that the configuration does not have says nothing.
        let holding = *self.named.get(holding.ix())?;
        match what {
            Noted::Parent { parent, .. } => {
                self.places[holding.ix()].parent = Some(parent);
                let causes = (holding, Causes::default());
                self.found.parents.entry(parent).or_insert(causes);
            }
            Noted::Gate { why, .. } => {
                self.settle(holding, now);
                self.places[holding.ix()].gate = why;
            }
            Noted::Fill { by, .. } => return Some((holding, by)),
        }
        None
    }

    /// Counts the time in which a gate held back until now.
    fn settle(&mut self, holding: HoldingId, now: Option<i64>) {
        let place = &mut self.places[holding.ix()];
        let held = (place.rounded != place.admitted).then_some(now).flatten();
        if let (Some(since), Some(now)) = (std::mem::replace(&mut place.since, held), now)
            && now > since
        {
            self.found.gates.entry((holding, place.gate)).or_default().time_ns += now - since;
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
                let Some(holding) = self.holding(strategy, Some(symbol)) else { return Ok(()) };
                self.settle(holding, now(entry));
                let place = &mut self.places[holding.ix()];
                match stage {
                    Stage::Rounded => place.rounded = qty.clone(),
                    Stage::Admitted => place.admitted = qty.clone(),
                    _ => {}
                }
                self.settle(holding, now(entry));
            }
            Line::DayEnd { .. } => {
                for at in 0..self.places.len() {
                    let holding = HoldingId(u32::try_from(at).unwrap_or(u32::MAX));
                    self.settle(holding, now(entry));
                }
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
            let place = at.map(|at| (*at, &places[*at]));
            if let Some((at, place)) = place
                && noted.cause == Cause::Gate
            {
                let holding = HoldingId(u32::try_from(at).unwrap_or(u32::MAX));
                found.gates.entry((holding, place.gate)).or_default().cost += &noted.amount;
            }
            if let Some(executed) = filled.and_then(|key| found.rules.get_mut(&key)) {
                match noted.cause {
                    Cause::Spread => executed.spread += &noted.amount,
                    Cause::Depth => executed.depth += &noted.amount,
                    Cause::Passive => executed.passive += &noted.amount,
                    _ => {}
                }
            }
            let parent = place.and_then(|(_, place)| place.parent);
            let causes = match parent.and_then(|parent| found.parents.get_mut(&parent)) {
                Some((_, causes)) => causes,
                None => &mut found.rest,
            };
            causes.book(noted.cause, &noted.amount);
        });
    }

    fn holding(&self, strategy: &str, symbol: Option<&str>) -> Option<HoldingId> {
        let at = self.names.get(&(strategy, symbol?))?;
        u32::try_from(*at).ok().map(HoldingId)
    }
}
