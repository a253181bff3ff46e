//! The demo's minutes under every preset: no law is broken, belief ends as truth.

mod kit;

use truefill_core::config::{CancelProof, Policy, Remainder};
use truefill_core::num::Qty;
use truefill_sim::session::{Crash, Outcome};

fn holds(outcome: &Outcome, what: &str) {
    assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
    assert!(outcome.gap.is_exact(), "{what}: residual {}", outcome.gap.residual());
    assert_eq!(outcome.facts.rate_limit_hits, 0, "{what}");
    assert_eq!(outcome.facts.max_overshoot, Qty::ZERO, "{what}");
    for [_, engine, broker] in &outcome.positions {
        assert_eq!(engine, broker, "{what}");
    }
}

#[test]
fn calm_is_calm() {
    for seed in 1..=5 {
        let (outcome, _) = kit::in_memory(&kit::plan("calm", seed), 200);
        holds(&outcome, "calm");
        assert!(outcome.facts.alerts.is_empty(), "no false alarm: {:?}", outcome.facts.alerts);
        assert!(outcome.facts.fills > 50, "it traded");
    }
}

#[test]
fn storms_break_no_law() {
    let mut struck = std::collections::BTreeMap::new();
    for seed in 1..=40 {
        let mut plan = kit::plan("storm", seed);
        if seed % 2 == 1 {
            // Orders that are cancelled soon, so that cancels race with fills.
            plan.config.strategies[0].entry =
                Policy { remainder: Remainder::Cancel, patience_ns: 20_000_000, ..kit::policy() };
        }
        let (outcome, _) = kit::in_memory(&plan, 200);
        holds(&outcome, &format!("storm {seed}"));
        for (kind, times) in outcome.broker.faults_struck() {
            *struck.entry(kind.name()).or_insert(0) += times;
        }
    }
    let silent: Vec<_> = struck.iter().filter(|(_, times)| **times == 0).collect();
    assert!(silent.is_empty(), "faults that never struck prove nothing: {silent:?}");
}

#[test]
fn storms_at_a_broker_whose_word_is_proof_break_no_law() {
    for seed in 1..=30 {
        let mut plan = kit::plan("storm", seed);
        plan.config.strategies[0].entry =
            Policy { remainder: Remainder::Cancel, patience_ns: 1_000_000_000, ..kit::policy() };
        plan.config.descriptor.cancel_proof = CancelProof::Word;
        plan.config.descriptor.windows[0].n = 2;
        if seed % 2 == 0 {
            plan.crash = Crash::Every(3 + seed % 7);
        }
        let (outcome, _) = kit::in_memory(&plan, 100);
        holds(&outcome, &format!("word {seed}"));
    }
}

#[test]
fn storms_with_crashes_break_no_law() {
    for seed in 1..=30 {
        let every = 3 + seed % 40;
        let plan = kit::crash(&kit::plan("storm", seed), Crash::Every(every));
        let (outcome, _) = kit::in_memory(&plan, 60);
        holds(&outcome, &format!("storm {seed}, crash every {every}"));
        assert!(outcome.facts.crashes > 0);
    }
}
