//! Three strategies on the same three symbols: no law is broken, every book ends where the
//! ledger says, and the gap of each has no residual.

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::{Policy, Remainder, Strategy as Who};
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::num::{NANO, Qty};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_gap::ledger::Line;
use truefill_journal::{Format, MemoryStore, Replayer, What, export, recover, redecide};
use truefill_market::source::{Listed as Ticks, Tick};
use truefill_sim::session::{Crash, CrashPoint, Outcome, Plan, run};
use truefill_sim::strategy::{Listed, Strategy, Wish};

/// Sizes of a step of a target, by symbol.
const STEPS: [&str; 3] = ["0.05", "2", "30"];

fn plan(preset: &str, seed: u64, crossing: bool) -> Plan {
    let mut plan = kit::plan(preset, seed);
    let patient =
        Policy { remainder: Remainder::Cancel, patience_ns: 300 * MILLI_NS, ..kit::policy() };
    plan.config.strategies.push(Who::new("t", kit::policy(), kit::policy()));
    plan.config.strategies.push(Who::new("u", patient, kit::policy()));
    for holding in &mut plan.config.holdings {
        holding.others = vec![SleeveId(2), SleeveId(3)];
    }
    plan.config.crossing = crossing;
    plan
}

/// Targets that wander: up, down and through zero.
fn wandering(seed: u64, ticks: &[Tick], period_ns: i64) -> Box<dyn Strategy> {
    let (first, last) = (ticks[0].time(), ticks[ticks.len() - 1].time());
    let mut word = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |of: u64| {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word % of
    };
    let (mut rows, mut at) = (Vec::new(), first.plus(period_ns));
    while at < last {
        let symbol = usize::try_from(next(3)).expect("small");
        let step: Qty = STEPS[symbol].parse().expect("a quantity");
        let qty = Qty(step.0 * (i128::from(next(9)) - 4));
        let holding = HoldingId(u32::try_from(symbol).expect("small"));
        rows.push((at, Wish { holding, qty, px: None }));
        at = Nanos(at.0 + period_ns / 2 + i64::try_from(next(1_000_000)).expect("small") * 1_000);
    }
    Box::new(Listed::new(rows))
}

fn session(plan: &Plan, seconds: i64) -> (Outcome, MemoryStore) {
    let mut store = MemoryStore::default();
    let ticks = kit::demo_ticks(seconds);
    let strategies = vec![
        kit::imbalance(),
        wandering(plan.seed, &ticks, 900 * MILLI_NS),
        wandering(plan.seed + 1000, &ticks, 1_300 * MILLI_NS),
    ];
    let mut quotes = Ticks::new(ticks).expect("in order");
    let outcome = run(plan, &mut store, &mut quotes, strategies).expect("runs");
    (outcome, store)
}

fn holds(outcome: &Outcome, what: &str) {
    assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
    assert!(outcome.gap.is_exact(), "{what}: residual {}", outcome.gap.residual());
    assert_eq!(outcome.facts.rate_limit_hits, 0, "{what}");
    assert_eq!(outcome.facts.max_overshoot, Qty::ZERO, "{what}");
    for [_, engine, broker] in &outcome.positions {
        assert_eq!(engine, broker, "{what}");
    }
}

fn crosses(outcome: &Outcome) -> usize {
    outcome.ledger.iter().filter(|entry| matches!(entry.line, Line::Cross { .. })).count()
}

fn traders(outcome: &Outcome) -> BTreeSet<String> {
    let fills = outcome.ledger.iter().filter_map(|entry| match &entry.line {
        Line::Fill { strategy, .. } => Some(strategy.clone()),
        _ => None,
    });
    fills.collect()
}

/// Executions of which more than one strategy had a part.
fn split_fills(outcome: &Outcome) -> usize {
    let fills: Vec<_> = outcome
        .ledger
        .iter()
        .filter_map(|entry| match &entry.line {
            Line::Fill { strategy, symbol, px, .. } => {
                Some((entry.t.clone(), symbol, px, strategy))
            }
            _ => None,
        })
        .collect();
    let same = |pair: &&[(_, _, _, _)]| {
        (&pair[0].0, pair[0].1, pair[0].2) == (&pair[1].0, pair[1].1, pair[1].2)
            && pair[0].3 != pair[1].3
    };
    fills.windows(2).filter(same).count()
}

#[test]
fn storms_over_shared_keys_break_no_law() {
    let (mut crossed, mut split) = (0, 0);
    for seed in 1..=20 {
        for crossing in [false, true] {
            let (outcome, _) = session(&plan("storm", seed, crossing), 60);
            let what = format!("storm {seed}, crossing {crossing}");
            holds(&outcome, &what);
            assert_eq!(traders(&outcome).len(), 3, "{what}: every strategy traded");
            assert!(crossing || crosses(&outcome) == 0, "{what}: crossing is off");
            crossed += crosses(&outcome);
            split += split_fills(&outcome);
        }
    }
    assert!(crossed > 100, "opposite needs were crossed: {crossed}");
    assert!(split > 100, "orders were for several strategies at once: {split}");
}

#[test]
fn storms_with_crashes_keep_every_book() {
    for seed in 1..=20 {
        let plan = plan("storm", seed, seed % 2 == 0);
        let mut plan = kit::crash(&plan, Crash::Every(3 + seed % 40));
        plan.snapshot_every = 50;
        let (outcome, _) = session(&plan, 40);
        holds(&outcome, &format!("seed {seed}"));
        assert!(outcome.facts.crashes > 0);
    }
}

#[test]
fn the_journal_of_shared_keys_decides_the_same_again() {
    for crossing in [false, true] {
        let plan = plan("storm", 7, crossing);
        let (_, store) = session(&plan, 60);
        let mut engine = Replayer::default();
        let again = redecide(&store, &plan.build, &mut engine).expect("the journal proves itself");
        assert!(again.inputs > 100 && again.digests > 0, "{again:?}");
    }
}

#[test]
fn exported_positions_are_those_of_every_strategy() {
    let plan = plan("storm", 9, true);
    let (_, store) = session(&plan, 40);
    let engine = recover(&store, plan.config.clone()).expect("recovers");
    let mut csv = Vec::new();
    export(&store, What::Positions, Format::Csv, &mut csv).expect("writes");
    let csv = String::from_utf8(csv).expect("text");
    let mut sums: BTreeMap<(String, String), Qty> = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let change: Qty = cells[6].parse().expect("a quantity");
        *sums.entry((cells[2].into(), cells[3].into())).or_default() += change;
    }
    for (h, key) in engine.state().holdings.iter().zip(&engine.config().holdings) {
        for s in &h.sleeves {
            let strategy = &engine.config().strategy(s.sleeve).expect("known").name;
            let symbol = &engine.config().instruments[key.instrument.ix()].symbol;
            let told = sums.remove(&(strategy.clone(), symbol.clone())).unwrap_or_default();
            assert_eq!(told, s.own, "{strategy} {symbol}");
        }
    }
    assert!(sums.is_empty(), "positions of nobody: {sums:?}");
    assert!(csv.contains("crossed"));
}

#[test]
fn a_calm_session_gives_every_strategy_what_it_declared() {
    // Crossing lets also those end at their targets who want opposite sides.
    let plan = plan("calm", 3, true);
    let (outcome, _) = session(&plan, 40);
    holds(&outcome, "calm");
    for [target, engine, _] in &outcome.positions {
        // What a patient strategy did not get within its patience is waived, and less than that.
        assert!((*target - *engine).abs().0 <= 400 * NANO, "{target} {engine}");
    }
}

#[test]
fn a_crash_at_any_turn_loses_no_book() {
    let points = [CrashPoint::BeforeCommit, CrashPoint::BeforeSend, CrashPoint::AfterSend];
    for seed in 1..=3 {
        let plan = plan("storm", seed, true);
        let turns = session(&plan, 6).0.facts.turns;
        for step in 1..=turns {
            let point = points[usize::try_from((step + seed) % 3).expect("small")];
            let crashed = kit::crash(&plan, Crash::At { step, point });
            let (outcome, _) = session(&crashed, 6);
            holds(&outcome, &format!("seed {seed}, crash at turn {step}, {point:?}"));
        }
    }
}
