//! Random markets and orders in a storm: what must hold whatever happens.

use super::*;
use crate::rng::Rng;

/// A random hour of trading; returns the desk afterwards.
fn storm(seed: u64, client_ids: ClientIds) -> Desk {
    let mut config = config();
    config.descriptor.client_ids = client_ids;
    config.descriptor.windows[0].n = 5;
    let faults = Faults::preset("storm").unwrap();
    let world = World { fee_ppm: 250, ..World::with_faults(faults) };
    let mut desk = Desk::new(&config, world, seed);
    let mut dice = Rng::new(seed ^ 0x5eed);
    for step in 1..400u64 {
        match dice.below(10) {
            0..4 => {
                let bid = dice.between(95, 104);
                let spread = dice.between(0, 2);
                desk.quote(bid, dice.between(0, 20), bid + spread, dice.between(0, 20));
            }
            4..7 => {
                let side = if dice.chance(500_000) { Side::Buy } else { Side::Sell };
                let tif = if dice.chance(200_000) { TimeInForce::Ioc } else { TimeInForce::Day };
                // Now and then an id is used again.
                let order = if dice.chance(50_000) { step / 2 + 1 } else { step };
                desk.place(order, side, dice.between(1, 30), dice.between(94, 106), tif);
            }
            7 => {
                let order = dice.below(step) + 1;
                desk.cancel(order, None);
            }
            8 => {
                desk.ask(match dice.below(3) {
                    0 => Query::Positions(Whole {}),
                    1 => Query::Orders(Whole {}),
                    _ => Query::Activity(Whole {}),
                });
            }
            _ if dice.chance(100_000) => desk.broker.connection_lost(desk.now),
            _ => {}
        }
        desk.run_ms(dice.between(0, 300));
    }
    desk
}

#[test]
fn equal_seeds_give_equal_worlds() {
    for seed in 0..5 {
        let (one, two) = (storm(seed, ClientIds::Tag), storm(seed, ClientIds::Tag));
        assert_eq!(one.heard, two.heard);
        let log = |desk: &Desk| {
            let mut log = Vec::new();
            desk.broker.truth().write_log(&mut log).unwrap();
            log
        };
        assert_eq!(log(&one), log(&two));
    }
    assert_ne!(storm(1, ClientIds::Tag).heard, storm(2, ClientIds::Tag).heard);
}

#[test]
fn the_books_hold_in_a_storm() {
    let mut fills = 0;
    let mut struck: BTreeMap<FaultKind, u64> = BTreeMap::new();
    for seed in 0..60 {
        let mut desk = storm(seed, ClientIds::Unique);
        for (kind, times) in desk.broker.faults_struck() {
            *struck.entry(kind).or_default() += times;
        }
        desk.broker.settle(desk.now);
        desk.run_ms(60_000);
        let truth = desk.broker.truth();
        assert_eq!(truth.check(), Ok(()));
        assert_eq!(truth.doubled_client_ids(), []);
        fills += truth.fills().len();
        promises(&desk);
        // What is told after the storm is the truth.
        let held: Vec<_> = truth.positions().filter(|(_, qty)| !qty.is_zero()).collect();
        let held: Vec<_> = held.iter().map(|(key, qty)| (key.0, *qty)).collect();
        let count = truth.orders().len();
        assert_eq!(desk.positions(), held);
        assert_eq!(desk.orders().len(), count);
    }
    assert!(fills > 1000, "{fills}");
    // Nobody amends here, and what is rare in a storm has tests of its own.
    let storm = Faults::preset("storm").unwrap();
    let meant = |kind: FaultKind| storm.get(kind).ppm >= 25_000 && !kind.name().contains("amend");
    let idle: Vec<_> =
        struck.iter().filter(|(kind, times)| **times == 0 && meant(**kind)).collect();
    assert!(idle.is_empty(), "never struck: {idle:?}");
}

/// The descriptor's promises, and that nothing is told that did not happen.
fn promises(desk: &Desk) {
    let truth = desk.broker.truth();
    let descriptor = config().descriptor;
    for request in truth.requests() {
        let travelled = request.arrived.since(request.sent);
        assert!((0..=descriptor.arrival_max_ns).contains(&travelled));
    }
    for order in truth.orders() {
        let Some(sent) = order.sent else { continue };
        let latest = descriptor.appear_max_ns.unwrap() - descriptor.read_lag_max_ns;
        assert!(order.created.since(sent) <= latest, "{}", order.order_id);
    }
    for fill in desk.fills() {
        let known = truth.fills().iter().enumerate().any(|(at, t)| {
            let was = truth.revisions().iter().find(|r| r.fill == at).and_then(|r| r.was_px);
            let px = fill.px == t.px || Some(fill.px) == was;
            let time = fill.time.since(t.time).abs() <= 7 * SECOND_NS;
            fill.qty == t.qty && px && fill.cum.is_none_or(|cum| cum == t.cum) && time
        });
        assert!(known, "{fill:?} never happened");
    }
    for (_, heard) in &desk.heard {
        if let Heard::Reply(_, Outcome::Taken(taken)) = heard {
            let Some(order_id) = taken.order_id else { continue };
            assert!(truth.order_by_id(&order_id).is_some(), "{order_id} does not exist");
        }
    }
}
