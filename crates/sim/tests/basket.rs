//! The article's basket: far more orders than the limit allows at once. Everything is filled,
//! nothing is refused, and no time is wasted.

mod kit;

use truefill_sim::broker::world::WindowKind;

fn all_filled(names: u32, kind: WindowKind) {
    let outcome = kit::basket(names, kind, 7);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert_eq!(outcome.facts.orders, u64::from(names));
    assert_eq!(outcome.facts.rate_limit_hits, 0);
    for [target, engine, broker] in &outcome.positions {
        assert_eq!((target, engine), (engine, broker), "{names} {kind:?}");
    }
    let (took, least) = (outcome.facts.send_ns, outcome.facts.least_send_ns);
    assert!(took <= least + least / 100, "{names} {kind:?}: {took} ns, possible {least} ns");
    assert!(least > i64::from(names) / 3 * 900_000_000, "the limit was the bottleneck: {least}");
}

#[test]
fn fifty_names_at_three_a_second() {
    all_filled(50, WindowKind::Sliding);
    all_filled(50, WindowKind::Fixed);
}

#[test]
fn five_hundred_names_at_three_a_second() {
    all_filled(500, WindowKind::Sliding);
    all_filled(500, WindowKind::Fixed);
}
