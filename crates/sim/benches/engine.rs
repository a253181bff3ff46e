//! How fast, and how it grows. CPU time of this process; every figure stands beside something
//! measured in the same run, because a shared machine makes absolute numbers worthless.
//!
//! `cargo bench --bench engine`

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::time::Instant;
use truefill_core::config::{
    Config, Descriptor, Holding, Policy, Recon, Risk, Scope, Strategy as Who, Window,
};
use truefill_core::effect::Effect;
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, RequestId, SleeveId, VenueText};
use truefill_core::input::{Envelope, Input, Release, Start, Target};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::{
    Answer, FillReport, Found, News, OrderRows, Outcome, PositionRow, PositionRows, Push, Reply,
    Taken,
};
use truefill_core::request::{NewOrder, Query, Request};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_journal::{Batch, MemoryStore, SegmentStart, Store};
use truefill_market::synthetic::{Walk, WalkSpec};
use truefill_sim::broker::world::World;
use truefill_sim::session::{Plan, run};
use truefill_sim::strategy::Once;

/// CPU seconds of this process, where the system tells them in nanoseconds; else wall seconds.
fn cpu_seconds(begin: &Instant) -> f64 {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanos = schedstat.and_then(|s| s.split_whitespace().next()?.parse::<f64>().ok());
    nanos.map_or_else(|| begin.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = Instant::now();
    let from = cpu_seconds(&begin);
    let result = work();
    (result, cpu_seconds(&begin) - from)
}

/// Most resident memory so far, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn main() {
    // `cargo test --benches` passes --test: nothing to prove there.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    println!("truefill benchmarks: CPU seconds of this process\n");
    let all: [(&str, fn()); 4] =
        [("memory", memory), ("quotes", quotes), ("orders", orders), ("commits", commits)];
    for (name, bench) in all {
        if wants(name) {
            bench();
        }
    }
    if let Some(count) = wanted.iter().find_map(|w| w.parse().ok()) {
        // For instruction counters: so many orders and nothing else.
        let mut drive = Drive::new();
        (0..count).for_each(|n| drive.order(n));
    }
}

fn spec(quotes: u64) -> WalkSpec {
    WalkSpec { instruments: 1, quotes, period_ns: 100 * MILLI_NS, ..WalkSpec::default() }
}

fn config(walk: &Walk) -> Config {
    let policy = Policy::default();
    Config {
        account: "bench".into(),
        instruments: walk.instruments(),
        holdings: vec![Holding {
            instrument: InstrumentId(0),
            product: VenueText::EMPTY,
            sleeve: SleeveId(1),
            never_short: false,
            others: Vec::new(),
        }],
        strategies: vec![Who::new("idle", policy.clone(), policy)],
        descriptor: Descriptor {
            windows: vec![
                Window { n: 1_000_000, per_ns: SECOND_NS, scope: Scope::Orders },
                Window { n: 1_000_000, per_ns: SECOND_NS, scope: Scope::Reads },
            ],
            ..Descriptor::default()
        },
        risk: Risk { repeat_max: 1_000, repeat_per_ns: 1, ..Risk::default() },
        recon: Recon::default(),
        digest_every: 1024,
        replay_horizon_ns: 3_600 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

fn idle_session(quotes: u64) {
    let mut walk = Walk::new(spec(quotes)).expect("a right specification");
    let plan = Plan::new(config(&walk), World::default(), 1);
    let mut store = MemoryStore::default();
    let idle = Once::new(Nanos::MAX, Vec::new());
    let outcome = run(&plan, &mut store, &mut walk, vec![Box::new(idle)]).expect("runs");
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
}

fn memory() {
    idle_session(250_000);
    let small = peak_kib();
    idle_session(4_000_000);
    let large = peak_kib();
    println!("memory: peak {small} KiB after 250 thousand quotes, {large} KiB after 4 million");
    println!("        growth {:.3}\n", large as f64 / small as f64);
}

fn quotes() {
    let count = 4_000_000;
    let ((), source) = timed(|| {
        let mut walk = Walk::new(spec(count)).expect("a right specification");
        let mut sum = 0i128;
        while let Some(tick) = walk.tick() {
            sum = sum.wrapping_add(tick.quote().map_or(0, |q| q.bid_px.0));
        }
        assert_ne!(std::hint::black_box(sum), 0);
    });
    let ((), session) = timed(|| idle_session(count));
    let loop_only = session - source;
    println!("quotes: {count} through the rehearsal loop with an idle strategy");
    println!("        {:.2} million per CPU-second, source included", count as f64 / session / 1e6);
    println!(
        "        {:.2} million per CPU-second, source excluded",
        count as f64 / loop_only / 1e6
    );
    println!("        ratio to reading the source alone: {:.2}\n", session / source);
}

/// Drives the engine alone: every order is a target, a release, an acknowledgement and a fill,
/// each stepped and encoded as in a journal batch, without a store.
struct Drive {
    engine: Engine,
    batch: Batch,
    now: Nanos,
    bytes: usize,
}

impl Drive {
    fn new() -> Self {
        let walk = Walk::new(spec(1)).expect("a right specification");
        let engine = Engine::new(config(&walk)).expect("a right configuration");
        let now = Nanos(1_735_789_500 * SECOND_NS);
        let mut drive = Self { engine, batch: Batch::new(), now, bytes: 0 };
        drive.step(Input::Start(Start { epoch: 1 }));
        for _ in 0..10 {
            drive.now = drive.now.plus(SECOND_NS);
            drive.answer_reads();
        }
        assert!(drive.engine.state().recon.baseline);
        drive
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let quote = Quote {
            bid_px: Px::whole(100),
            bid_qty: Qty::whole(1_000),
            ask_px: Px::whole(100),
            ask_qty: Qty::whole(1_000),
            time: self.now,
        };
        let marks = vec![Mark { instrument: InstrumentId(0), quote }];
        let envelope = Envelope { now: self.now, marks, input };
        let step = self.engine.step(&envelope);
        if !step.events.is_empty() {
            self.batch.input(&envelope);
            for event in &step.events {
                self.batch.event(self.now, event);
            }
        }
        step.effects
    }

    fn answer_reads(&mut self) {
        let mut effects = self.step(Input::Release(Release {}));
        while let Some(Effect::Ask { request, what, .. }) = effects.pop() {
            let found = match what {
                Query::Positions(_) => {
                    let qty = self.engine.state().holding(HoldingId(0)).total();
                    let instrument = InstrumentId(0);
                    let row = PositionRow { instrument, product: VenueText::EMPTY, qty };
                    Found::Positions(PositionRows { rows: vec![row] })
                }
                _ => Found::Orders(OrderRows { rows: vec![], complete: true }),
            };
            self.step(Input::Answer(Answer { request, found }));
            effects.extend(self.step(Input::Release(Release {})));
        }
    }

    fn order(&mut self, number: u64) {
        self.now = self.now.plus(100 * MILLI_NS);
        let qty = if number.is_multiple_of(2) { Qty::whole(10) } else { Qty::ZERO };
        let target = Target {
            sleeve: SleeveId(1),
            holding: HoldingId(0),
            qty,
            decided: self.now,
            px: None,
            reopen: false,
            stop_px: None,
        };
        self.step(Input::Target(target));
        let effects = self.step(Input::Release(Release {}));
        for effect in effects {
            match effect {
                Effect::Send { request, what: Request::New(new), .. } => self.fill(request, &new),
                Effect::Ask { request, what: Query::Positions(_), .. } => {
                    let qty = self.engine.state().holding(HoldingId(0)).total();
                    let instrument = InstrumentId(0);
                    let row = PositionRow { instrument, product: VenueText::EMPTY, qty };
                    let found = Found::Positions(PositionRows { rows: vec![row] });
                    self.step(Input::Answer(Answer { request, found }));
                }
                Effect::Ask { request, .. } => {
                    let found = Found::Orders(OrderRows { rows: vec![], complete: true });
                    self.step(Input::Answer(Answer { request, found }));
                }
                _ => {}
            }
        }
        self.bytes += self.batch.records().map(|r| r.body.len()).sum::<usize>();
        self.batch.clear();
    }

    fn fill(&mut self, request: RequestId, new: &NewOrder) {
        let order_id = VenueText::new("V1");
        let outcome = Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id,
            time: None,
        });
        self.step(Input::Reply(Reply { request, outcome }));
        let fill = FillReport {
            kept: None,
            exec_id: VenueText::new("E1").unwrap_or_default(),
            qty: new.qty,
            px: new.px,
            cum: Some(new.qty),
            liquidity: None,
            touch: None,
            fee: Some(Amount(1)),
            time: self.now,
        };
        self.step(Input::Push(Push {
            cl_ord_id: Some(new.cl_ord_id),
            order_id,
            instrument: Some(InstrumentId(0)),
            news: News::Fill(fill),
        }));
    }
}

fn orders() {
    let mut costs = Vec::new();
    println!("orders: target, release, gate, ack, fill, ladder, encoding; no store");
    for count in [10_000u64, 100_000, 1_000_000] {
        let mut drive = Drive::new();
        (0..1_000).for_each(|n| drive.order(n));
        let before = drive.engine.state().orders.last;
        let ((), cpu) = timed(|| (0..count).for_each(|n| drive.order(n)));
        let placed = drive.engine.state().orders.last - before;
        assert_eq!(placed, count, "every target became an order");
        assert!(!drive.engine.is_poisoned());
        let micros = cpu / count as f64 * 1e6;
        println!(
            "        {count:>9} orders: {micros:.2} us each, {} bytes of records each",
            drive.bytes as u64 / (count + 1_000)
        );
        costs.push(micros);
    }
    println!("        growth from 10 thousand to 1 million: {:.3}\n", costs[2] / costs[0]);
}

/// One durable commit of a typical batch against a bare append and fdatasync of as many bytes,
/// interleaved in one run.
fn commits() {
    let dir = std::env::temp_dir().join(format!("truefill-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let mut drive = Drive::new();
    drive.batch.clear();
    let mut opened = truefill_journal::open(&dir.join("journal.db")).expect("a new journal");
    let start = SegmentStart::new(drive.now, 1, "bench", drive.engine.config());
    opened.store.open_segment(&start).expect("opens");
    let path = dir.join("bare.log");
    let mut bare: File = OpenOptions::new().create(true).append(true).open(path).expect("opens");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..400u64 {
        drive.now = drive.now.plus(MILLI_NS);
        let held = if n.is_multiple_of(2) { 10 } else { 0 };
        let target = Target {
            sleeve: SleeveId(1),
            holding: HoldingId(0),
            qty: Qty::whole(held),
            decided: drive.now,
            px: None,
            reopen: false,
            stop_px: None,
        };
        drive.step(Input::Target(target));
        let bytes: usize = drive.batch.records().map(|r| r.body.len() + 32).sum();
        let begin = Instant::now();
        opened.store.append(&drive.batch).expect("durable");
        ours.push(begin.elapsed());
        let records = vec![7u8; bytes];
        let begin = Instant::now();
        bare.write_all(&records).and_then(|()| bare.sync_data()).expect("durable");
        theirs.push(begin.elapsed());
        drive.batch.clear();
    }
    ours.sort_unstable();
    theirs.sort_unstable();
    let (a, b) = (ours[ours.len() / 2], theirs[theirs.len() / 2]);
    println!("commit: median {a:?} for a batch, {b:?} for a bare append and fdatasync");
    println!("        ratio {:.2}", a.as_secs_f64() / b.as_secs_f64());
    drop(opened);
    std::fs::remove_dir_all(&dir).expect("removes what it made");
}
