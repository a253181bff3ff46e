//! Rate windows as the broker's clock sees them.

use super::*;
use crate::broker::world::WindowKind;

fn limited(kind: WindowKind) -> Desk {
    let mut config = config();
    config.descriptor.windows = vec![Window { n: 2, per_ns: SECOND_NS, scope: Scope::Orders }];
    Desk::new(&config, World { window_kinds: vec![kind], ..world(Faults::default()) }, 1)
}

/// Sends at these milliseconds; which were refused, and how long each was told to wait.
fn told(desk: &mut Desk, at_ms: &[i64]) -> Vec<Option<i64>> {
    let mut ids = Vec::new();
    for (order, ms) in (1u64..).zip(at_ms) {
        let wait_ms = START.plus(ms * MILLI_NS).since(desk.now) / MILLI_NS;
        desk.run_ms(wait_ms);
        ids.push(desk.buy(order, 1, 90));
    }
    desk.run_ms(100);
    let told = |id: &RequestId| match desk.outcome(*id) {
        Some(Outcome::Refused(refused)) => {
            assert_eq!(refused.code, RejectCode::RateLimited);
            Some(refused.retry_after_ns.unwrap() / MILLI_NS)
        }
        other => {
            taken(other);
            None
        }
    };
    ids.iter().map(told).collect()
}

#[test]
fn a_sliding_window_sees_every_burst() {
    // Arrivals are 10 ms later; the seam of a fixed window is at 990.
    let mut desk = limited(WindowKind::Sliding);
    assert_eq!(told(&mut desk, &[980, 985, 995, 1000]), [None, None, Some(990), Some(995)]);
    assert_eq!(desk.broker.truth().limit_hits(), 2);
    assert_eq!(desk.broker.truth().max_in_window(0), 4);
    assert_eq!(desk.broker.truth().orders().len(), 2);
}

#[test]
fn a_fixed_window_lets_twice_as_many_pass_at_its_seam() {
    let mut desk = limited(WindowKind::Fixed);
    assert_eq!(told(&mut desk, &[980, 985, 995, 1000, 1010]), [None, None, None, None, Some(980)]);
    assert_eq!(desk.broker.truth().limit_hits(), 1);
    // What a sliding window would have seen is recorded all the same.
    assert_eq!(desk.broker.truth().max_in_window(0), 5);
}

#[test]
fn fixed_windows_stand_on_the_brokers_clock() {
    let mut config = config();
    config.descriptor.windows = vec![Window { n: 2, per_ns: SECOND_NS, scope: Scope::Orders }];
    let (window_kinds, clock_ahead_ns) = (vec![WindowKind::Fixed], 500 * MILLI_NS);
    let world = World { window_kinds, clock_ahead_ns, ..world(Faults::default()) };
    let mut desk = Desk::new(&config, world, 1);
    assert_eq!(told(&mut desk, &[480, 485, 495, 980]), [None, None, None, None]);
}

#[test]
fn reads_and_orders_have_windows_of_their_own() {
    let mut config = config();
    config.descriptor.windows = vec![Window { n: 1, per_ns: SECOND_NS, scope: Scope::Reads }];
    let mut desk = Desk::new(&config, world(Faults::default()), 1);
    let first = desk.buy(1, 1, 90);
    let second = desk.cancel(1, None);
    assert_eq!(desk.positions(), []);
    let found = desk.read(Query::Positions(Whole {}));
    let Some(Found::Failed(failed)) = found else { panic!("{found:?}") };
    assert_eq!(failed.cause, ReadFailure::RateLimited);
    // The refused one counts too.
    assert_eq!(failed.retry_after_ns, Some(SECOND_NS));
    taken(desk.outcome(first));
    taken(desk.outcome(second));
    assert_eq!(desk.broker.truth().windows()[0].hits, 1);
}

#[test]
fn a_refused_order_does_not_exist() {
    let mut desk = limited(WindowKind::Sliding);
    told(&mut desk, &[0, 0, 0]);
    assert_eq!(desk.orders().len(), 2);
    assert!(desk.broker.truth().orders_by_client_id(&cl_ord_id(1, 3)).is_empty());
    assert!(desk.broker.truth().requests()[2].limit_hit);
}
