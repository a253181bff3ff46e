//! The same inputs give the same bytes (law 9), and the journal proves it.

mod kit;

use truefill_journal::{Journal, MemoryStore, Replayer, redecide};

fn stream(store: &MemoryStore) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in store.records(1) {
        let record = record.expect("readable");
        bytes.extend_from_slice(record.kind.as_bytes());
        bytes.extend_from_slice(&record.body);
    }
    bytes
}

#[test]
fn two_runs_with_one_seed_are_byte_identical() {
    for preset in ["calm", "storm"] {
        let plan = kit::plan(preset, 11);
        let (first, one) = kit::in_memory(&plan, 200);
        let (second, two) = kit::in_memory(&plan, 200);
        assert_eq!(first.digest, second.digest);
        assert_eq!(one.last_chain(), two.last_chain());
        assert!(stream(&one) == stream(&two));
        let (_, other) = kit::in_memory(&kit::plan(preset, 12), 200);
        assert!(stream(&one) != stream(&other), "a seed that changes nothing is no seed");
    }
}

#[test]
fn every_input_decides_the_same_again() {
    let plan = kit::plan("storm", 5);
    let (_, store) = kit::in_memory(&plan, 120);
    let mut engine = Replayer::default();
    let again = redecide(&store, &plan.build, &mut engine).expect("the journal proves itself");
    assert!(again.inputs > 100, "{again:?}");
    assert!(again.digests > 0, "{again:?}");
}
