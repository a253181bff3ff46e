//! The demo's minutes in a storm under every policy: whatever moves an order, no law is broken
//! and belief ends as truth. The simulated broker decides whether an amend works.

mod kit;

use truefill_core::config::{
    AmendKind, Chase, CurvePoint, Instrument, Peg, Policy, Remainder, Style, Then,
};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_journal::{MemoryStore, Replayer, redecide};
use truefill_market::source::{Listed, Tick, TickKind, Trade};
use truefill_sim::broker::world::World;
use truefill_sim::session::{Crash, Outcome, Plan, run};
use truefill_sim::strategy::{Once, Wish};

fn holds(outcome: &Outcome, what: &str) {
    assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
    assert!(outcome.gap.is_exact(), "{what}: residual {}", outcome.gap.residual());
    assert_eq!(outcome.facts.rate_limit_hits, 0, "{what}");
    assert_eq!(outcome.facts.max_overshoot, Qty::ZERO, "{what}");
    for [_, engine, broker] in &outcome.positions {
        assert_eq!(engine, broker, "{what}");
    }
}

fn policies() -> Vec<(&'static str, Policy)> {
    let base = kit::policy();
    let requote = Policy { requote_ns: SECOND_NS / 2, ..base.clone() };
    let chase =
        |then| Chase { step_bps: 1, bps_max: 4, steps_max: 4, interval_ns: SECOND_NS, then };
    let point = |seconds, due_ppb| CurvePoint { after_ns: seconds * SECOND_NS, due_ppb };
    let near = Policy { style: Style::Limit, ..requote.clone() };
    vec![
        (
            "passive then cross",
            Policy {
                style: Style::PassiveThenCross,
                patience_ns: 3 * SECOND_NS,
                ..requote.clone()
            },
        ),
        ("near, moved", near.clone()),
        (
            "mid, cancelled after a while, small fills unwound",
            Policy {
                peg: Peg::Mid,
                remainder: Remainder::Cancel,
                patience_ns: 4 * SECOND_NS,
                min_fill_ppm: 600_000,
                ..near.clone()
            },
        ),
        (
            "chase, then cancel",
            Policy { remainder: Remainder::Chase, chase: chase(Then::Cancel), ..near.clone() },
        ),
        (
            "chase, then cross",
            Policy { remainder: Remainder::Chase, chase: chase(Then::Cross), ..near },
        ),
        (
            "schedule",
            Policy {
                curve: vec![point(0, 300_000_000), point(2, 700_000_000), point(4, 1_000_000_000)],
                ..base.clone()
            },
        ),
        ("marketable, followed", Policy { requote_bps: 1, ..requote }),
        ("children", Policy { child_qty: "5".parse().ok(), ..base }),
    ]
}

#[test]
fn no_policy_breaks_a_law_in_a_storm() {
    for (name, policy) in policies() {
        let (mut fills, mut moves) = (0, 0);
        for seed in 1..=6 {
            let mut plan = kit::plan("storm", seed);
            plan.config.strategies[0].entry = policy.clone();
            let exit = Policy { curve: Vec::new(), child_qty: None, ..policy.clone() };
            plan.config.strategies[0].exit = exit;
            if seed % 2 == 0 {
                plan.config.descriptor.amends = AmendKind::CancelReplace;
            }
            if seed % 3 == 0 {
                plan = kit::crash(&plan, Crash::Every(5 + seed));
            }
            let (outcome, store) = kit::in_memory(&plan, 90);
            holds(&outcome, &format!("{name}, storm {seed}"));
            fills += outcome.facts.fills;
            let writes = outcome.broker.truth().requests().iter();
            moves += writes.filter(|r| matches!(r.kind, "amend" | "cancel")).count();
            let mut engine = Replayer::default();
            let again = redecide(&store, &plan.build, &mut engine).expect("it proves itself");
            assert!(again.inputs > 10, "{name}");
        }
        assert!(fills > 20, "{name}: it traded, {fills} fills");
        let rests = matches!(name, "schedule" | "children");
        assert!(rests || moves > 10, "{name}: orders were moved, {moves} times");
    }
}

#[test]
fn a_quiet_market_and_a_working_broker_raise_no_false_alarm() {
    for (name, policy) in policies() {
        let mut plan = kit::plan("calm", 7);
        plan.config.descriptor.amends = AmendKind::CancelReplace;
        plan.config.strategies[0].entry = policy;
        let (outcome, _) = kit::in_memory(&plan, 90);
        holds(&outcome, name);
        // A remainder that is given up is told; a read may be quicker than the message.
        let usual = ["UNCONVERGED", "DUPLICATE_FILL_IGNORED"];
        let alarms = outcome.incidents.iter().filter(|i| !usual.contains(&i.code.as_str()));
        let alarms: Vec<_> = alarms.collect();
        assert!(alarms.is_empty(), "{name}: {alarms:?}");
    }
}

/// One instrument, a quote each tenth of a second, and what else happens.
fn session(
    policy: Policy,
    wanted: i64,
    mut more: impl FnMut(i64, &mut Quote) -> Option<Trade>,
) -> Outcome {
    let begin = Nanos(1_800_000_000 * SECOND_NS);
    let mut ticks = Vec::new();
    for n in 0..300 {
        let time = begin.plus(n * SECOND_NS / 10);
        let (bid_px, ask_px, size) = (Px::whole(100), Px::whole(101), Qty::whole(1_000));
        let mut quote = Quote { bid_px, bid_qty: size, ask_px, ask_qty: size, time };
        let trade = more(n, &mut quote);
        let instrument = InstrumentId(0);
        ticks.push(Tick { instrument, kind: TickKind::Quote(quote) });
        ticks.extend(trade.map(|trade| Tick { instrument, kind: TickKind::Trade(trade) }));
    }
    let x = Instrument::new("X", Px(10_000_000), Qty::whole(1));
    let mut config = kit::config(vec![x]);
    config.strategies[0].entry = policy;
    config.descriptor.amends = AmendKind::CancelReplace;
    let plan = Plan::new(config, World::default(), 1);
    let wish = Wish { holding: HoldingId(0), qty: Qty::whole(wanted), px: None, stop: None };
    let once = Once::new(begin.plus(2 * SECOND_NS), vec![wish]);
    let mut store = MemoryStore::default();
    let mut quotes = Listed::new(ticks).expect("in order");
    run(&plan, &mut store, &mut quotes, vec![Box::new(once)]).expect("runs")
}

#[test]
fn a_need_that_follows_the_volume_is_told_of_it() {
    let policy = Policy { pov_ppm: 200_000, ..kit::policy() };
    // Ten a second by others: two and a half of ours for each ten.
    let outcome = session(policy, 20, |n, quote| {
        let (px, qty, time) = (quote.ask_px, Qty::whole(10), quote.time);
        (n % 10 == 5).then_some(Trade { px, qty, side: None, time })
    });
    holds(&outcome, "pov");
    assert_eq!(outcome.positions[0][1], Qty::whole(20));
    assert_eq!(outcome.facts.orders, 8, "2, 3, 2, 3, 2, 3, 2, 3");
}

#[test]
fn a_move_of_the_market_wakes_a_resting_order_at_once() {
    let policy =
        Policy { style: Style::Limit, requote_ns: SECOND_NS, requote_bps: 50, ..kit::policy() };
    let mut jumped = Nanos(0);
    let outcome = session(policy, 20, |n, quote| {
        if n == 77 {
            jumped = quote.time;
        }
        if n >= 77 {
            (quote.bid_px, quote.ask_px) = (Px::whole(102), Px::whole(103));
        }
        None
    });
    holds(&outcome, "requote");
    let requests = outcome.broker.truth().requests();
    let cancel = requests.iter().find(|r| r.kind == "cancel").expect("the order was moved");
    assert_eq!(cancel.sent, jumped, "the very quote woke it");
    let cancels = requests.iter().filter(|r| r.kind == "cancel").count();
    assert_eq!(cancels, 1, "and no other quote");
}
