//! The naive bot beside the engine: same targets, same minutes, same broker, same seed.
//!
//! Entry points: [`naive`], [`Compared`].

use crate::config::Setup;
use crate::failure::Failure;
use crate::summary;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::num::PLACES;
use truefill_core::num::Qty;
use truefill_gap::Decimal;
use truefill_gap::ledger::Line;
use truefill_report::Side;
use truefill_sim::faults::Faults;
use truefill_sim::naive::{self, NaiveOutcome};
use truefill_sim::session::Plan;

/// What the naive bot came to.
#[derive(Debug)]
pub struct Compared {
    /// The numbers.
    pub outcome: NaiveOutcome,
    /// Symbols of the holdings, in their order.
    symbols: Vec<String>,
    currency: String,
    /// What it is wrong about, at the last marks.
    unknown_worth: Decimal,
}

/// Runs the naive bot through the world that a rehearsal of `setup` has.
///
/// # Errors
/// [`Failure`] when market data or strategies cannot be opened.
pub fn naive(setup: &Setup, faults: Faults, seed: u64) -> Result<Compared, Failure> {
    let mut world = setup.world.clone();
    world.faults = faults;
    let mut plan = Plan::new(setup.config.clone(), world, seed);
    plan.decide_ns = setup.decide_ns;
    let mut quotes = setup.open_market().map_err(Failure::input)?;
    let strategies = setup.open_strategies().map_err(Failure::input)?;
    let outcome = naive::run(&plan, &mut quotes, strategies).map_err(Failure::input)?;
    let symbol = |key: &truefill_core::config::Holding| {
        setup.config.instruments[key.instrument.ix()].symbol.clone()
    };
    let symbols = setup.config.holdings.iter().map(symbol).collect();
    let unknown_worth = unknown_worth(&outcome, &setup.config);
    Ok(Compared { outcome, symbols, currency: setup.currency.clone(), unknown_worth })
}

/// Units of all holdings that the bot is wrong about, each at the last mark of its ledger.
fn unknown_worth(outcome: &NaiveOutcome, config: &Config) -> Decimal {
    let mut marks: BTreeMap<&str, &Decimal> = BTreeMap::new();
    for entry in &outcome.ledger {
        if let Line::Mark { symbol, px, .. } = &entry.line {
            marks.insert(symbol, px);
        }
    }
    let mut worth = Decimal::default();
    for (key, held) in config.holdings.iter().zip(&outcome.held) {
        let instrument = &config.instruments[key.instrument.ix()];
        let Some(mark) = marks.get(instrument.symbol.as_str()) else { continue };
        let units = Decimal::from_scaled(held.unknown_units().0, PLACES);
        let multiplier = Decimal::from_scaled(instrument.multiplier.0, PLACES);
        worth += &(&(&units * mark) * &multiplier);
    }
    worth
}

impl Compared {
    /// What it is wrong about, in currency at the last marks.
    pub const fn unknown_worth(&self) -> &Decimal {
        &self.unknown_worth
    }

    /// The bot as one side of a comparison.
    pub fn side(&self) -> Side {
        let o = &self.outcome;
        Side {
            live_pnl: o.live_pnl().clone(),
            gap: o.gap.gap(),
            causes: o.gap.causes().clone(),
            requests: o.requests,
            rate_limit_hits: o.rate_limit_hits,
            unknown_outcomes: o.unknown_outcomes,
            doubled_orders: o.doubled_orders,
            wrong_about: self.unknown_words(),
            wrong_worth: self.unknown_worth.clone(),
        }
    }

    /// The run as public JSON: the fields of a rehearsal that mean something for it, and what
    /// only it has.
    pub fn json(&self) -> Value {
        let o = &self.outcome;
        let causes: Map<String, Value> = o
            .gap
            .causes()
            .iter()
            .map(|(cause, amount)| (cause.label().to_owned(), json!(amount.to_string())))
            .collect();
        let by_symbol = |of: fn(&naive::Held) -> Qty| -> Map<String, Value> {
            let rows = self.symbols.iter().zip(&o.held);
            rows.map(|(symbol, held)| (symbol.clone(), json!(of(held).to_string()))).collect()
        };
        json!({
            "theory_pnl": o.theory_pnl().to_string(),
            "live_pnl": o.live_pnl().to_string(),
            "gap": o.gap.gap().to_string(),
            "residual": o.gap.residual().to_string(),
            "causes": causes,
            "orders": o.orders,
            "fills": o.fills,
            "requests": o.requests,
            "rate_limit_hits": o.rate_limit_hits,
            "unknown_outcomes": o.unknown_outcomes,
            "doubled_orders": o.doubled_orders,
            "unknown_units": by_symbol(naive::Held::unknown_units),
            "unknown_worth": self.unknown_worth.to_string(),
            "max_overshoot": o.overshoot.to_string(),
            "missed_targets": self.missed(),
            "final_positions": {
                "target": by_symbol(|held| held.target),
                "believed": by_symbol(|held| held.believed),
                "broker": by_symbol(|held| held.truth),
            },
        })
    }

    /// What it holds without knowing, or believes in without having: `0.05 BTCUSDT, 30 SOLUSDT`.
    pub fn unknown_words(&self) -> String {
        let rows = self.symbols.iter().zip(&self.outcome.held);
        let lost = rows.filter(|(_, held)| !held.unknown_units().is_zero());
        let words: Vec<String> =
            lost.map(|(symbol, held)| format!("{} {symbol}", held.unknown_units())).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    /// Holdings that are not at their target.
    fn missed(&self) -> usize {
        self.outcome.held.iter().filter(|held| held.target != held.truth).count()
    }

    /// The run in words, for a terminal.
    pub fn words(&self) -> String {
        let o = &self.outcome;
        format!(
            "the naive bot, same targets, same broker: live {} {}, gap {}\n    {} requests, {} \
             refused for the rate, {} outcomes it did not know, {} doubled orders,\n    worst \
             overshoot {}; at the end it misses {} of {} targets and is wrong about {}",
            summary::cents(o.live_pnl()),
            self.currency,
            summary::cents(&o.gap.gap()),
            o.requests,
            o.rate_limit_hits,
            o.unknown_outcomes,
            o.doubled_orders,
            o.overshoot,
            self.missed(),
            o.held.len(),
            self.unknown_words()
        )
    }
}
