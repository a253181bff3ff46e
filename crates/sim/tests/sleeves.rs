//! Three strategies on the same three symbols: no law is broken, every book ends where the
//! ledger says, and the gap of each has no residual.

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::{
    AmendKind, Basket, Chase, CurvePoint, Funding, Policy, Remainder, Span, Strategy as Who, Style,
};
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::num::{Amount, NANO, Qty};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
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
        rows.push((at, Wish { holding, qty, px: None, stop: None }));
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

/// Every strategy with other policies and other gates.
fn gated(seed: u64, ticks: &[Tick]) -> Plan {
    let mut plan = plan("storm", seed, seed.is_multiple_of(3));
    let first = ticks[0].time();
    let span = |from: i64, until: i64| Span {
        from: first.plus(from * SECOND_NS),
        until: first.plus(until * SECOND_NS),
    };
    let requote = Policy { requote_ns: SECOND_NS / 2, ..kit::policy() };
    let style = Style::PassiveThenCross;
    let passive = Policy { style, patience_ns: 3 * SECOND_NS, ..requote.clone() };
    let chase = Chase { step_bps: 1, bps_max: 4, interval_ns: SECOND_NS, ..Chase::default() };
    let chasing =
        Policy { style: Style::Limit, remainder: Remainder::Chase, chase, ..requote.clone() };
    let point = |seconds, due_ppb| CurvePoint { after_ns: seconds * SECOND_NS, due_ppb };
    let curve = vec![point(0, 300_000_000), point(2, 1_000_000_000)];
    let [one, two, three] = &mut plan.config.strategies[..] else { panic!("three strategies") };
    one.entry = passive;
    one.entries = vec![span(3, 20), span(25, 60)];
    one.valid_for_ns = Some(4 * SECOND_NS);
    one.redeclare = true;
    two.entry = Policy { curve, ..requote };
    two.min_trade = Amount(200 * NANO * NANO);
    two.basket = Some(Basket { imbalance_ppm_max: 300_000, funding: Funding::AfterSells });
    three.exit = chasing;
    three.flats = vec![span(20, 30), span(50, 86_400)];
    if seed.is_multiple_of(4) {
        plan.config.descriptor.amends = AmendKind::CancelReplace;
    }
    if seed.is_multiple_of(5) {
        plan = kit::crash(&plan, Crash::Every(5 + seed));
    }
    plan
}

#[test]
fn storms_over_shared_keys_under_every_gate_and_policy_break_no_law() {
    let ticks = kit::demo_ticks(60);
    let (mut split, mut amends) = (0, 0);
    for seed in 1..=30 {
        let plan = gated(seed, &ticks);
        let (outcome, store) = session(&plan, 60);
        holds(&outcome, &format!("gates {seed}"));
        redecide(&store, &plan.build, &mut Replayer::default()).expect("decides the same again");
        split += split_fills(&outcome);
        let mut csv = Vec::new();
        export(&store, What::Orders, Format::Csv, &mut csv).expect("writes");
        amends += String::from_utf8(csv).expect("text").matches("amend").count();
    }
    assert!(split > 20, "orders were for several strategies at once: {split}");
    assert!(amends > 20, "orders were amended: {amends}");
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
