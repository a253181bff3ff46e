//! What stands behind the causes adds up to them: gates to GATE, rules to the prices of
//! executions, targets to the gap; and a step of a target is the journal record it names.

mod kit;

use std::collections::BTreeMap;
use truefill_core::config::{Basket, Chase, Funding, Policy, Remainder, Span, Style, Then};
use truefill_core::event::Block;
use truefill_core::num::PLACES;
use truefill_core::order::Rule;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_gap::ledger::Line;
use truefill_gap::story::{self, Breakdown};
use truefill_gap::trail::Did;
use truefill_gap::{Cause, Causes, Decimal};
use truefill_journal::{Journal, MemoryStore};
use truefill_market::demo;
use truefill_market::source::Quotes;
use truefill_sim::session::{Crash, Outcome, Plan};

fn first() -> Nanos {
    let mut source = demo::quotes().expect("shipped");
    source.next().expect("shipped").expect("not empty").time()
}

/// Hours, validity, a basket and `flat_by` hold back; chases move prices.
fn plan(preset: &str, seed: u64) -> Plan {
    let (mut plan, start) = (kit::plan(preset, seed), first());
    let span = |from: i64, until: i64| Span {
        from: start.plus(from * SECOND_NS),
        until: start.plus(until * SECOND_NS),
    };
    let strategy = &mut plan.config.strategies[0];
    strategy.entries = vec![span(5, 40), span(50, 90)];
    strategy.flats = vec![span(100, 86_400)];
    strategy.valid_for_ns = Some(4 * SECOND_NS);
    strategy.basket = Some(Basket { imbalance_ppm_max: 300_000, funding: Funding::AfterSells });
    let chase =
        Chase { step_bps: 1, bps_max: 4, steps_max: 4, interval_ns: SECOND_NS, then: Then::Cross };
    strategy.entry = Policy {
        style: Style::PassiveThenCross,
        patience_ns: SECOND_NS,
        requote_ns: SECOND_NS / 2,
        remainder: Remainder::Chase,
        chase,
        ..kit::policy()
    };
    if seed.is_multiple_of(2) {
        plan.crash = Crash::Every(9 + seed);
    }
    plan
}

fn broken_down(plan: &Plan) -> (Outcome, MemoryStore, Breakdown) {
    let (outcome, store) = kit::in_memory(plan, 120);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    let found = story::breakdown(&plan.config, &outcome.ledger, &outcome.notes).expect("a ledger");
    (outcome, store, found)
}

fn of(causes: &Causes, cause: Cause) -> Decimal {
    causes.get(cause).cloned().unwrap_or_default()
}

#[test]
fn every_heading_adds_up_to_its_line() {
    let (mut reasons, mut rules) = (BTreeMap::<Block, i64>::new(), BTreeMap::<Rule, u64>::new());
    let mut gated = Decimal::ZERO;
    for seed in 1..=6 {
        let plan = plan(if seed % 3 == 0 { "calm" } else { "storm" }, seed);
        let (outcome, _, found) = broken_down(&plan);
        let causes = outcome.gap.causes();
        let gates: Decimal = found.gates.values().map(|held| &held.cost).sum();
        assert_eq!(gates, of(causes, Cause::Gate), "{seed}");
        gated += &gates.abs();
        let sum = |part: fn(&story::Executed) -> &Decimal| -> Decimal {
            found.rules.values().map(part).sum()
        };
        assert_eq!(sum(|e| &e.spread), of(causes, Cause::Spread), "{seed}");
        assert_eq!(sum(|e| &e.depth), of(causes, Cause::Depth), "{seed}");
        assert_eq!(sum(|e| &e.passive), of(causes, Cause::Passive), "{seed}");
        let mut targets = found.rest.clone();
        found.parents.values().for_each(|(_, part)| targets.absorb(part));
        assert_eq!(targets.total(), outcome.gap.gap(), "{seed}");
        for cause in Cause::ALL {
            assert_eq!(of(&targets, cause), of(causes, cause), "{seed} {cause}");
        }
        for ((_, why), held) in &found.gates {
            assert!(held.time_ns > 0 || held.cost.is_zero(), "{seed}: money without time");
            *reasons.entry(*why).or_default() += held.time_ns;
        }
        for ((_, by), executed) in &found.rules {
            *rules.entry(by.rule).or_default() += executed.fills;
        }
    }
    assert!(gated.is_positive(), "something was held back");
    for why in [Block::Hours, Block::Expired, Block::FlatBy] {
        assert!(reasons.get(&why).is_some_and(|ns| *ns > SECOND_NS), "{why} in {reasons:?}");
    }
    for rule in [Rule::Near, Rule::Crossed, Rule::Marketable] {
        assert!(rules.get(&rule).is_some_and(|fills| *fills > 0), "{rule} in {rules:?}");
    }
}

#[test]
fn rules_have_every_order_and_every_unit() {
    let mut amends = 0;
    for seed in 1..=4 {
        let plan = plan("storm", seed);
        let (outcome, _, found) = broken_down(&plan);
        let orders: u64 = outcome.trail.rules.values().map(|counts| counts.orders).sum();
        assert_eq!(orders, outcome.facts.orders, "{seed}");
        amends += outcome.trail.rules.values().map(|counts| counts.amends).sum::<u64>();
        let filled: Decimal = found.rules.values().map(|executed| &executed.qty).sum();
        let lines = outcome.ledger.iter().filter_map(|entry| match &entry.line {
            Line::Fill { qty, .. } => Some(qty.abs()),
            _ => None,
        });
        assert_eq!(filled, lines.collect::<Vec<_>>().iter().sum(), "{seed}");
    }
    assert!(amends > 0, "prices moved");
}

#[test]
fn a_step_is_the_record_it_names() {
    for seed in 1..=2 {
        let (outcome, store, found) = broken_down(&plan("storm", seed));
        let kinds: BTreeMap<u64, String> = kinds(&store);
        let mut steps = 0;
        assert!(found.parents.keys().all(|at| *at < outcome.trail.parents.len()));
        for parent in &outcome.trail.parents {
            assert!(
                matches!(&parent.steps[0].what, Did::Decided { qty, .. } if *qty == parent.qty)
            );
            for step in &parent.steps {
                let kind = match &step.what {
                    Did::Decided { .. } => "TargetSet",
                    Did::Gated { .. } => "Staged",
                    Did::Released { .. } => "Released",
                    Did::Cancelled { .. } => "CancelReleased",
                    Did::GivenUp { .. } => "Closed",
                    Did::Unwound => "Unwound",
                    _ => "Learned",
                };
                assert_eq!(
                    kinds.get(&step.seq).map(String::as_str),
                    Some(kind),
                    "{seed}: {step:?}"
                );
                steps += 1;
            }
        }
        assert!(steps > 50, "{seed}: {steps} steps");
    }
}

#[test]
fn turnover_is_quantity_at_its_price() {
    let plan = plan("calm", 3);
    let (outcome, _, found) = broken_down(&plan);
    let mut sum = Decimal::ZERO;
    for entry in &outcome.ledger {
        if let Line::Fill { symbol, qty, px, .. } = &entry.line {
            let mut of_symbol = plan.config.instruments.iter().filter(|i| i.symbol == *symbol);
            let multiplier = of_symbol.next().expect("declared").multiplier;
            sum += &(&(&qty.abs() * px) * &Decimal::from_scaled(multiplier.0, PLACES));
        }
    }
    assert!(sum.is_positive());
    assert_eq!(found.rules.values().map(|e| &e.turnover).sum::<Decimal>(), sum);
}

/// The kind of every record by its number.
fn kinds(store: &MemoryStore) -> BTreeMap<u64, String> {
    let mut kinds = BTreeMap::new();
    let read = store.scan(1, &mut |record| {
        kinds.insert(record.seq, record.kind.to_owned());
        Ok(std::ops::ControlFlow::Continue(()))
    });
    read.expect("in memory");
    kinds
}
