//! A storm session is crashed at every turn, at each of the three points of a turn. Nothing is
//! sent twice, nothing is lost, and the same positions come out.

mod kit;

use truefill_core::num::Qty;
use truefill_journal::MemoryStore;
use truefill_sim::faults::FaultKind;
use truefill_sim::session::{Crash, CrashPoint, Plan};

/// Positions that the targets ask for, whatever happens on the way.
const WANTED: [&str; 3] = ["0.01", "1", "0"];

/// After these a target may stay unreached although all is well: what the exchange ended or
/// took back, or the margin does not allow, is not tried again until the target changes.
fn strands(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::NoFunds | FaultKind::OrderExpired | FaultKind::SessionEnd | FaultKind::Bust
    )
}

fn session(plan: &Plan, what: &str) -> u64 {
    let mut store = MemoryStore::default();
    let outcome = kit::small(plan, &mut store);
    assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
    for ([target, engine, broker], wanted) in outcome.positions.iter().zip(WANTED) {
        assert_eq!(engine, broker, "{what}");
        assert_eq!(*target, wanted.parse::<Qty>().expect("a quantity"), "{what}");
        // Nobody else traded and nothing ended by itself: then the target itself is what must be
        // held in the end.
        let stranded = outcome.broker.faults_struck().any(|(kind, n)| n > 0 && strands(kind));
        if outcome.broker.truth().externals().next().is_none() && !stranded {
            assert_eq!(target, engine, "{what}");
        }
    }
    outcome.facts.turns
}

#[test]
fn a_hundred_storm_sessions_survive_a_crash_after_any_turn() {
    let points = [CrashPoint::BeforeCommit, CrashPoint::BeforeSend, CrashPoint::AfterSend];
    let mut crashes = 0;
    for seed in 1..=100 {
        let plan = kit::plan("storm", seed);
        let turns = session(&plan, &format!("seed {seed}"));
        // Every turn at one of the points; the seeds move the points along.
        for step in 1..=turns {
            let which = usize::try_from((step + seed) % 3).expect("small");
            let point = points[which];
            let crashed = kit::crash(&plan, Crash::At { step, point });
            session(&crashed, &format!("seed {seed}, crash at turn {step}, {point:?}"));
            crashes += 1;
        }
    }
    println!("{crashes} crashes");
}
