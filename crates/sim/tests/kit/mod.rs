//! The demo's world, and baskets on made-up quotes.
#![allow(dead_code)]

use truefill_core::config::{
    Config, Descriptor, Holding, OnExternal, Policy, Recon, Risk, Scope, Strategy as Who, Window,
};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::num::Qty;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_journal::{MemoryStore, Store};
use truefill_market::demo;
use truefill_market::source::{Listed as Ticks, Quotes, Tick};
use truefill_market::synthetic::{Walk, WalkSpec};
use truefill_sim::broker::NoLog;
use truefill_sim::broker::world::{WindowKind, World};
use truefill_sim::faults::Faults;
use truefill_sim::naive::{self, NaiveOutcome};
use truefill_sim::session::{Crash, Outcome, Plan, SessionError, Traces, run, run_traced};
use truefill_sim::strategy::{Imbalance, Listed, Once, Strategy, Wish};

pub fn policy() -> Policy {
    Policy { collar_bps: 5, collar_ticks: 2, ..Policy::default() }
}

pub fn config(instruments: Vec<truefill_core::config::Instrument>) -> Config {
    let count = u32::try_from(instruments.len()).expect("few");
    let holdings = (0..count).map(|id| Holding {
        instrument: InstrumentId(id),
        product: VenueText::EMPTY,
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    });
    let policy = policy();
    Config {
        account: "test".into(),
        holdings: holdings.collect(),
        instruments,
        strategies: vec![Who::new("s", policy.clone(), policy)],
        descriptor: Descriptor::default(),
        risk: Risk::default(),
        recon: Recon { on_external: OnExternal::Rebuild, ..Recon::default() },
        digest_every: 256,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

pub fn plan(preset: &str, seed: u64) -> Plan {
    let faults = Faults::preset(preset).expect("a preset");
    let mut world = World::with_faults(faults);
    world.fee_ppm = 200;
    Plan::new(config(demo::instruments()), world, seed)
}

pub fn imbalance() -> Box<dyn Strategy> {
    let sizes = ["0.5", "20", "300"].map(|q| q.parse::<Qty>().expect("a quantity"));
    let legs: Vec<_> =
        (0u32..).zip(sizes).map(|(id, size)| (InstrumentId(id), HoldingId(id), size)).collect();
    Box::new(Imbalance::new(&legs, SECOND_NS, 70))
}

/// The first `seconds` of the demo's data.
pub fn demo_quotes(seconds: i64) -> Ticks {
    Ticks::new(demo_ticks(seconds)).expect("in order")
}

/// The same as a list.
pub fn demo_ticks(seconds: i64) -> Vec<Tick> {
    let mut source = demo::quotes().expect("shipped");
    let mut ticks: Vec<Tick> = Vec::new();
    let mut end = None;
    while let Some(tick) = source.next().expect("shipped data are clean") {
        let end = *end.get_or_insert(tick.time().plus(seconds * SECOND_NS));
        if tick.time() > end {
            break;
        }
        ticks.push(tick);
    }
    ticks
}

/// The demo's strategy on the first `seconds` of the demo's data.
pub fn demo_run(plan: &Plan, store: &mut dyn Store, seconds: i64) -> Outcome {
    run(plan, store, &mut demo_quotes(seconds), vec![imbalance()]).expect("runs")
}

/// The naive bot in the same world.
pub fn naive(plan: &Plan, seconds: i64) -> NaiveOutcome {
    naive::run(plan, &mut demo_quotes(seconds), vec![imbalance()]).expect("runs")
}

pub fn in_memory(plan: &Plan, seconds: i64) -> (Outcome, MemoryStore) {
    let mut store = MemoryStore::default();
    let outcome = demo_run(plan, &mut store, seconds);
    (outcome, store)
}

/// So many names wanted at once, on synthetic quotes, at three requests a second.
pub fn basket(names: u32, windows: WindowKind, seed: u64) -> Outcome {
    let (plan, mut walk, once) = basket_of(names, windows, seed);
    let mut store = MemoryStore::default();
    run(&plan, &mut store, &mut walk, vec![Box::new(once)]).expect("runs")
}

/// The same basket for the naive bot.
pub fn naive_basket(names: u32, seed: u64) -> NaiveOutcome {
    let (plan, mut walk, once) = basket_of(names, WindowKind::Sliding, seed);
    naive::run(&plan, &mut walk, vec![Box::new(once)]).expect("runs")
}

fn basket_of(names: u32, windows: WindowKind, seed: u64) -> (Plan, Walk, Once) {
    let seconds = u64::from(names) / 3 + 30;
    let spec = WalkSpec { instruments: names, ..WalkSpec::default() };
    let quotes = seconds * 10 * u64::from(names);
    let spec = WalkSpec { quotes, seed, period_ns: 100 * MILLI_NS, ..spec };
    let walk = Walk::new(spec).expect("a right specification");
    let mut config = config(walk.instruments());
    config.descriptor.windows = vec![
        Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders },
        Window { n: 10, per_ns: SECOND_NS, scope: Scope::Reads },
    ];
    let world = World { window_kinds: vec![windows; 2], ..World::default() };
    let plan = Plan::new(config, world, seed);
    let first = walk.clone().next().expect("ticks").expect("not empty").time();
    let wishes = (0..names).map(|id| Wish {
        holding: HoldingId(id),
        qty: Qty::whole(1),
        px: None,
        stop: None,
    });
    (plan, walk, Once::new(first.plus(SECOND_NS), wishes.collect()))
}

/// A few targets on the demo's first seconds: small enough to be crashed at every turn.
pub fn small(plan: &Plan, store: &mut dyn Store) -> Outcome {
    let mut log = NoLog;
    small_traced(plan, store, Traces { log: &mut log, kills: Vec::new() }).expect("runs")
}

/// The same, with its traces, and as it ends.
pub fn small_traced(
    plan: &Plan,
    store: &mut dyn Store,
    traces: Traces<'_>,
) -> Result<Outcome, SessionError> {
    let mut source = demo::quotes().expect("shipped");
    let first = source.next().expect("shipped").expect("not empty").time();
    let mut ticks = Vec::new();
    while let Some(tick) = source.next().expect("shipped data are clean") {
        if tick.time() > first.plus(8 * SECOND_NS) {
            break;
        }
        ticks.push(tick);
    }
    let want = |ms: i64, id: u32, qty: &str| {
        let qty = qty.parse().expect("a quantity");
        (Nanos(first.0 + ms * MILLI_NS), Wish { holding: HoldingId(id), qty, px: None, stop: None })
    };
    let rows = vec![
        want(1_000, 0, "0.05"),
        want(1_000, 1, "2"),
        want(2_500, 0, "-0.02"),
        want(4_000, 1, "1"),
        want(6_000, 0, "0.01"),
    ];
    let mut quotes = Ticks::new(ticks).expect("in order");
    // One lifetime for all that a session borrows.
    let Traces { log, kills } = traces;
    run_traced(plan, store, Traces { log, kills }, &mut quotes, vec![Box::new(Listed::new(rows))])
}

pub fn crash(plan: &Plan, crash: Crash) -> Plan {
    Plan { crash, ..plan.clone() }
}
