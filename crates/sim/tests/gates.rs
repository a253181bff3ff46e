//! Storms under every gate at once: hours, `flat_by`, validity, a calendar, a basket, least
//! trades. No law is broken, and `flat_by` is kept.

mod kit;

use truefill_core::config::{Basket, Calendar, Funding, Phase, PhaseSpan, Span};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, NANO, Qty};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::demo;
use truefill_market::source::Quotes;
use truefill_sim::faults::{FaultKind, Setting};
use truefill_sim::session::{Crash, Plan};

/// The demo's first instant.
fn first() -> Nanos {
    let mut source = demo::quotes().expect("shipped");
    source.next().expect("shipped").expect("not empty").time()
}

fn gated(seed: u64, start: Nanos) -> Plan {
    let mut plan = kit::plan("storm", seed);
    // What a bust leaves behind is nobody's until a person says whose.
    let faults = plan.world.faults.clone();
    plan.world.faults = faults.set(FaultKind::Bust, Setting::default());
    let span = |from: i64, until: i64| Span {
        from: start.plus(from * SECOND_NS),
        until: start.plus(until * SECOND_NS),
    };
    let c = &mut plan.config;
    c.calendars = vec![Calendar {
        name: "demo".into(),
        phases: vec![PhaseSpan {
            from: start.plus(3 * SECOND_NS),
            until: start.plus(86_400 * SECOND_NS),
            phase: Phase::Continuous,
            session: 1,
        }],
    }];
    c.instruments.iter_mut().for_each(|i| i.calendar = Some(0));
    let s = &mut c.strategies[0];
    s.entries = vec![span(5, 40), span(45, 80)];
    s.flats = vec![span(100, 86_400)];
    s.valid_for_ns = Some(4 * SECOND_NS);
    s.min_trade = Amount(200 * NANO * NANO);
    s.redeclare = true;
    if seed.is_multiple_of(2) {
        s.basket = Some(Basket { imbalance_ppm_max: 300_000, funding: Funding::AfterSells });
    }
    if seed.is_multiple_of(3) {
        plan.crash = Crash::Every(5 + seed % 7);
    }
    plan
}

#[test]
fn storms_under_every_gate_break_no_law() {
    let start = first();
    let mut fills = 0;
    for seed in 1..=20 {
        let (outcome, _) = kit::in_memory(&gated(seed, start), 130);
        assert!(outcome.violations.is_empty(), "{seed}: {:?}", outcome.violations);
        assert!(outcome.gap.is_exact(), "{seed}: residual {}", outcome.gap.residual());
        assert_eq!(outcome.facts.max_overshoot, Qty::ZERO, "{seed}");
        for (id, [_, engine, broker]) in (0..).zip(&outcome.positions) {
            assert_eq!(engine, broker, "{seed}");
            // Flat, but for what an exit still rests with: its policy does not chase.
            let orders = outcome.broker.truth().orders().iter();
            let open = orders.filter(|o| o.instrument == InstrumentId(id) && o.leaves().0 > 0);
            let exits: Qty = open.map(|o| o.side.signed(o.leaves())).sum();
            assert_eq!(*engine + exits, Qty::ZERO, "{seed}: flat means flat");
        }
        fills += outcome.facts.fills;
    }
    assert!(fills > 200, "it traded: {fills}");
}
