//! What the rules of trading did, as rows: gates, rules, and the costliest targets.
//!
//! Entry point: [`Trading::of`].
//!
//! Invariants:
//! - The costs of the gates add up to GATE; spread, depth and passive of the rules to SPREAD,
//!   DEPTH and PASSIVE of the report that the same ledger gives, exactly.
//! - At most [`WORST`] targets, each with the steps that were kept of it.

mod steps;

use serde::{Serialize, Serializer};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::Config;
use truefill_core::event::Block;
use truefill_core::ids::HoldingId;
use truefill_core::num::PLACES;
use truefill_core::order::Rule;
use truefill_core::time::Nanos;
use truefill_gap::story::{BookKey, Breakdown, PricedBy};
use truefill_gap::trail::{Parent, Trail};
use truefill_gap::{Causes, Decimal};

pub(crate) use steps::{gate_says, rule_says};

/// How many targets are shown.
pub const WORST: usize = 10;

/// What the rules of trading did in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trading {
    /// What gates held back, by strategy, symbol and reason.
    pub gates: Vec<GateRow>,
    /// What rules did, by holding.
    pub rules: Vec<RuleRow>,
    /// The targets that cost most, the worst first.
    pub worst: Vec<ParentRow>,
    /// How many targets there were.
    pub targets: u64,
}

/// What one reason held back of one holding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GateRow {
    /// Strategy.
    pub strategy: String,
    /// Symbol.
    pub symbol: String,
    /// The reason, such as `hours`; `limit` where none is named.
    pub reason: String,
    /// How long.
    pub seconds: Decimal,
    /// What the market's moves cost meanwhile; a gain is below zero.
    pub cost: Decimal,
}

/// What one rule did for one holding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// Strategy.
    pub strategy: String,
    /// Symbol.
    pub symbol: String,
    /// The rule, such as `near`.
    pub rule: String,
    /// Step of a chase, else zero.
    pub step: u32,
    /// New orders that it priced.
    pub orders: u64,
    /// Amends that it wanted.
    pub amends: u64,
    /// Cancels that it wanted, by reason.
    pub cancels: BTreeMap<String, u64>,
    /// Executions at its prices.
    pub fills: u64,
    /// Units filled at its prices, whatever the side.
    pub filled: Decimal,
    /// The same in currency.
    pub turnover: Decimal,
    /// From the mark to the touch.
    pub spread: Decimal,
    /// Beyond the touch.
    pub depth: Decimal,
    /// Resting, away from the mark.
    pub passive: Decimal,
}

/// A target with what it cost and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ParentRow {
    /// Strategy.
    pub strategy: String,
    /// Symbol.
    pub symbol: String,
    /// The position that was wanted.
    pub target: Decimal,
    /// When it was decided.
    #[serde(serialize_with = "as_text")]
    pub decided: Nanos,
    /// What was booked on its holding from its decision until the next one.
    pub cost: Decimal,
    /// The same by cause.
    pub causes: Causes,
    /// What happened, in the order of the journal.
    pub steps: Vec<StepRow>,
    /// Steps that were not kept.
    pub more: u64,
}

/// A step on the way of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepRow {
    /// Number of its record in the journal.
    pub record: u64,
    /// When.
    #[serde(serialize_with = "as_text")]
    pub time: Nanos,
    /// What happened.
    pub text: String,
}

fn as_text<S: Serializer>(time: &Nanos, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

impl Trading {
    /// The rows of a run.
    #[must_use]
    pub fn of(config: &Config, breakdown: &Breakdown, trail: &Trail) -> Self {
        let gates = breakdown.gates.iter().map(|((book, why), held)| {
            let (strategy, symbol) = names(config, *book);
            let seconds = Decimal::from_scaled(i128::from(held.time_ns), PLACES);
            let (reason, cost) = (gate_name(*why).to_owned(), held.cost.clone());
            GateRow { strategy, symbol, reason, seconds, cost }
        });
        let keys: BTreeSet<_> = breakdown.rules.keys().chain(trail.rules.keys()).collect();
        Trading {
            gates: gates.collect(),
            rules: keys.into_iter().map(|key| rule_row(config, key, breakdown, trail)).collect(),
            worst: worst(config, breakdown, trail),
            targets: trail.parents.len().try_into().unwrap_or(u64::MAX),
        }
    }

    /// What gates held back, by reason over all holdings.
    #[must_use]
    pub fn by_reason(&self) -> BTreeMap<&str, GateRow> {
        let mut sums: BTreeMap<&str, GateRow> = BTreeMap::new();
        for row in &self.gates {
            let sum = sums.entry(&row.reason).or_default();
            sum.reason.clone_from(&row.reason);
            sum.seconds += &row.seconds;
            sum.cost += &row.cost;
        }
        sums
    }

    /// What rules did, by rule and step over all holdings; quantities of several symbols do not
    /// add up to anything, so there are none.
    #[must_use]
    pub fn by_rule(&self) -> BTreeMap<(&str, u32), RuleRow> {
        let mut sums: BTreeMap<(&str, u32), RuleRow> = BTreeMap::new();
        for row in &self.rules {
            let sum = sums.entry((&row.rule, row.step)).or_default();
            sum.rule.clone_from(&row.rule);
            sum.step = row.step;
            sum.orders += row.orders;
            sum.amends += row.amends;
            for (why, count) in &row.cancels {
                *sum.cancels.entry(why.clone()).or_default() += count;
            }
            sum.fills += row.fills;
            sum.turnover += &row.turnover;
            sum.spread += &row.spread;
            sum.depth += &row.depth;
            sum.passive += &row.passive;
        }
        sums
    }
}

impl RuleRow {
    /// The rule as people read it, such as `chase step 2`.
    #[must_use]
    pub fn name(&self) -> String {
        let plain = self.rule.replace('_', " ");
        if self.rule == Rule::ChaseStep.as_str() { format!("{plain} {}", self.step) } else { plain }
    }
}

/// What the reports call a gate; units without a named one met a limit.
const fn gate_name(why: Block) -> &'static str {
    match why {
        Block::Open => "limit",
        named => named.as_str(),
    }
}

fn names(config: &Config, book: BookKey) -> (String, String) {
    let strategy = config.strategy(book.sleeve).map_or("manual", |s| s.name.as_str());
    (strategy.to_owned(), config.instrument_of(book.holding).symbol.clone())
}

/// An order may be for several strategies, and has one rule: they are named together.
fn names_of_all(config: &Config, holding: HoldingId) -> (String, String) {
    let sleeves = config.holdings[holding.ix()].sleeves();
    let named = sleeves.map(|sleeve| names(config, BookKey { holding, sleeve }).0);
    let symbol = config.instrument_of(holding).symbol.clone();
    (named.collect::<Vec<_>>().join(" + "), symbol)
}

fn rule_row(
    config: &Config,
    key: &(HoldingId, PricedBy),
    breakdown: &Breakdown,
    trail: &Trail,
) -> RuleRow {
    let (strategy, symbol) = names_of_all(config, key.0);
    let counts = trail.rules.get(key).cloned().unwrap_or_default();
    let executed = breakdown.rules.get(key).cloned().unwrap_or_default();
    let cancels = counts.cancels.iter().map(|(why, count)| (why.to_string(), *count));
    RuleRow {
        strategy,
        symbol,
        rule: key.1.rule.to_string(),
        step: key.1.step,
        orders: counts.orders,
        amends: counts.amends,
        cancels: cancels.collect(),
        fills: executed.fills,
        filled: executed.qty,
        turnover: executed.turnover,
        spread: executed.spread,
        depth: executed.depth,
        passive: executed.passive,
    }
}

fn worst(config: &Config, breakdown: &Breakdown, trail: &Trail) -> Vec<ParentRow> {
    let costs = breakdown.parents.iter().filter_map(|(at, (_, causes))| {
        let cost = causes.total();
        cost.is_positive().then_some((cost, *at, causes))
    });
    let mut costs: Vec<_> = costs.collect();
    costs.sort_by(|a, b| (Reverse(&a.0), a.1).cmp(&(Reverse(&b.0), b.1)));
    costs.truncate(WORST);
    let rows = costs.into_iter().filter_map(|(cost, at, causes)| {
        let parent = trail.parents.get(at)?;
        Some(ParentRow { cost, causes: causes.clone(), ..parent_row(config, parent) })
    });
    rows.collect()
}

fn parent_row(config: &Config, parent: &Parent) -> ParentRow {
    let (strategy, symbol) = names(config, parent.book);
    let steps = parent.steps.iter().map(|step| StepRow {
        record: step.seq,
        time: step.time,
        text: steps::text(&step.what),
    });
    ParentRow {
        strategy,
        symbol,
        target: Decimal::from_scaled(parent.qty.0, PLACES),
        decided: parent.decided,
        steps: steps.collect(),
        more: parent.more,
        ..ParentRow::default()
    }
}
