//! Sessions of the simulator on the demo's minutes, under weather drawn from the seed: faults all
//! together or one alone, another broker, policies, crashes, limits, targets that repeat, flip
//! and end.
//!
//! Entry point: [`Storms`].

use crate::trial::Trial;
use std::sync::OnceLock;
use truefill_core::config::{
    Chase, Config, Descriptor, Holding, OnExternal, Peg, Policy, Recon, Remainder, Risk, Scope,
    Strategy as Who, Style, Then, Window,
};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::num::Qty;
use truefill_core::time::{MILLI_NS, SECOND_NS};
use truefill_journal::MemoryStore;
use truefill_market::demo;
use truefill_market::source::{Listed as Ticks, Quotes, Tick};
use truefill_sim::broker::world::World;
use truefill_sim::faults::{FaultKind, Faults, Setting};
use truefill_sim::profile::Profile;
use truefill_sim::rng::Rng;
use truefill_sim::session::{Crash, Plan, run};
use truefill_sim::strategy::{Imbalance, Listed, Strategy, Wish};

/// Longest stretch of the market that is lived through.
const SECONDS_MAX: i64 = 100;

/// Sessions of the simulator.
#[derive(Debug)]
pub struct Storms;

impl Trial for Storms {
    fn name(&self) -> &'static str {
        "storms"
    }

    fn tell(&self, seed: u64) -> String {
        let mut dice = Rng::new(seed).fork(1);
        let seconds = dice.between(30, SECONDS_MAX);
        let plan = plan(seed, &mut dice);
        let often = FaultKind::ALL.iter().map(|kind| (kind.name(), plan.world.faults.get(*kind)));
        let often: Vec<String> = often
            .filter(|(_, setting)| setting.ppm >= 30_000)
            .map(|(name, setting)| format!("{name} {}", setting.ppm))
            .collect();
        format!(
            "{seconds} s at {}, entry {:?} {:?} for {} ms, crash {:?}, often: {}",
            plan.config.descriptor.name,
            plan.config.strategies[0].entry.style,
            plan.config.strategies[0].entry.remainder,
            plan.config.strategies[0].entry.patience_ns / MILLI_NS,
            plan.crash,
            often.join(", ")
        )
    }

    fn live(&self, seed: u64) -> Vec<String> {
        let mut dice = Rng::new(seed).fork(1);
        let seconds = dice.between(30, SECONDS_MAX);
        let plan = plan(seed, &mut dice);
        let mut store = MemoryStore::default();
        let ticks: Vec<Tick> = minutes(seconds);
        let strategy = strategy(&ticks, &mut dice);
        let Ok(mut quotes) = Ticks::new(ticks) else {
            return vec!["the demo's quotes are not in order".to_owned()];
        };
        match run(&plan, &mut store, &mut quotes, vec![strategy]) {
            Ok(outcome) => outcome.violations,
            Err(error) => vec![format!("the session does not end: {error}")],
        }
    }
}

/// The first seconds of the demo's market.
fn minutes(seconds: i64) -> Vec<Tick> {
    static TICKS: OnceLock<Vec<Tick>> = OnceLock::new();
    let all = TICKS.get_or_init(|| {
        let mut ticks: Vec<Tick> = Vec::new();
        let Ok(mut source) = demo::quotes() else { return ticks };
        while let Ok(Some(tick)) = source.next() {
            let first = ticks.first().map_or(tick.time(), Tick::time);
            if tick.time() > first.plus(SECONDS_MAX * SECOND_NS) {
                break;
            }
            ticks.push(tick);
        }
        ticks
    });
    let end = all.first().map(|tick| tick.time().plus(seconds * SECOND_NS));
    all.iter().filter(|tick| end.is_some_and(|end| tick.time() <= end)).cloned().collect()
}

/// Sizes of the demo's three instruments.
const SIZES: [&str; 3] = ["0.5", "20", "300"];

fn size(at: usize) -> Qty {
    SIZES[at].parse().unwrap_or_default()
}

/// The demo's strategy, or targets at random that repeat and change their minds.
fn strategy(ticks: &[Tick], dice: &mut Rng) -> Box<dyn Strategy> {
    let legs = (0u32..).map(|id| (InstrumentId(id), HoldingId(id)));
    if dice.chance(400_000) {
        let legs: Vec<_> = legs.zip(0..3).map(|((i, h), at)| (i, h, size(at))).collect();
        return Box::new(Imbalance::new(&legs, SECOND_NS, 70));
    }
    let Some((first, last)) = ticks.first().zip(ticks.last()) else {
        return Box::new(Listed::new(Vec::new()));
    };
    let (mut at, mut rows) = (first.time(), Vec::new());
    // Some change their minds faster than any order can follow.
    let pause_ms = if dice.chance(300_000) { 250 } else { 4_000 };
    let mut wish = Wish { holding: HoldingId(0), qty: Qty::ZERO, px: None, stop: None };
    while at < last.time() {
        at = at.plus(dice.between(20, pause_ms) * MILLI_NS);
        if dice.chance(800_000) {
            let leg = dice.pick(3).unwrap_or(0);
            let tenths = i128::from(dice.between(-15, 15));
            // Between two lots, now and then.
            let odd = i128::from(if dice.chance(200_000) { dice.between(-900, 900) } else { 0 });
            let holding = HoldingId(u32::try_from(leg).unwrap_or(0));
            wish =
                Wish { holding, qty: Qty(size(leg).0 * tenths / 10 + odd), px: None, stop: None };
        }
        rows.push((at, wish));
    }
    Box::new(Listed::new(rows))
}

fn faults(dice: &mut Rng) -> Faults {
    let kinds: Vec<FaultKind> =
        FaultKind::ALL.iter().copied().filter(|kind| !kind.is_beyond()).collect();
    let mut faults = match dice.below(10) {
        0..5 => Faults::preset("storm").unwrap_or_default(),
        5..7 => Faults::preset("rough").unwrap_or_default(),
        _ => Faults::default(),
    };
    // One or two of them far more often than any storm has them.
    for _ in 0..=dice.below(2) {
        let kind = dice.pick(kinds.len()).map_or(FaultKind::LostAck, |at| kinds[at]);
        let often = [50_000, 250_000, 900_000][dice.pick(3).unwrap_or(0)];
        let often = if kind.usual_max_ms() >= 5_000 { 30_000 } else { often };
        faults = faults.set(kind, Setting::ppm(often));
    }
    faults
}

fn policy(dice: &mut Rng) -> Policy {
    let remainder =
        [Remainder::Rest, Remainder::Cancel, Remainder::Cancel, Remainder::Chase, Remainder::Cross];
    let style =
        [Style::MarketableLimit, Style::MarketableLimit, Style::Limit, Style::PassiveThenCross];
    let peg = [Peg::Near, Peg::Mid];
    Policy {
        collar_bps: 5,
        collar_ticks: 2,
        remainder: remainder[dice.pick(remainder.len()).unwrap_or(0)],
        patience_ns: dice.between(20, 1_500) * MILLI_NS,
        style: style[dice.pick(style.len()).unwrap_or(0)],
        peg: peg[dice.pick(peg.len()).unwrap_or(0)],
        chase: Chase {
            step_bps: 2,
            bps_max: 20,
            steps_max: 5,
            interval_ns: 300 * MILLI_NS,
            then: Then::Cancel,
        },
        ..Policy::default()
    }
}

fn plan(seed: u64, dice: &mut Rng) -> Plan {
    let holdings = (0..3).map(|id| Holding {
        instrument: InstrumentId(id),
        product: VenueText::EMPTY,
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    });
    let entry = policy(dice);
    let exit = Policy { collar_bps: 5, collar_ticks: 2, ..Policy::default() };
    let mut profile = Profile { descriptor: Descriptor::default(), world: World::default() };
    if dice.chance(500_000) {
        let name = dice.pick(Profile::NAMES.len()).map_or("reference", |at| Profile::NAMES[at]);
        profile = Profile::by_name(name).unwrap_or(profile);
        // Without a journal every window counts as full: a day's would allow nothing today.
        profile.descriptor.windows.retain(|window| window.per_ns <= 60 * SECOND_NS);
    }
    if dice.chance(250_000) {
        let n = u32::try_from(dice.between(10, 40)).unwrap_or(40);
        let long = Window { n, per_ns: 20 * SECOND_NS, scope: Scope::All };
        profile.descriptor.windows.push(long);
    }
    let hold = dice.chance(300_000);
    let on_external = if hold { OnExternal::Hold } else { OnExternal::Rebuild };
    let config = Config {
        account: "test".into(),
        holdings: holdings.collect(),
        instruments: demo::instruments(),
        strategies: vec![Who::new("s", entry, exit)],
        descriptor: profile.descriptor,
        risk: Risk::default(),
        recon: Recon { on_external, ..Recon::default() },
        digest_every: 256,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    };
    let world = World { faults: faults(dice), fee_ppm: 200, ..profile.world };
    let mut plan = Plan::new(config, world, seed);
    plan.snapshot_every = if dice.chance(500_000) { 60 } else { 4096 };
    if dice.chance(400_000) {
        plan.crash = Crash::Every(dice.below(60) + 3);
    }
    plan
}
