//! The broker of a day: what it declares, what it is like, what goes wrong there, and when the
//! engine's own process dies.

use super::dice::Dice;
use super::{Feature, Features};
use crate::day::Hours;
use truefill_core::config::{AmendKind, CancelProof, Config, Scope, Window};
use truefill_core::num::Qty;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_sim::broker::world::{Amends, Opening, Pushes, WindowKind, World};
use truefill_sim::exchange::assume::{Assumptions, ThinBook};
use truefill_sim::faults::{FaultKind, Faults, Setting};
use truefill_sim::network::Latency;
use truefill_sim::profile::Profile;
use truefill_sim::session::{Act, Crash, CrashPoint, Cue, Plan};

/// Longest rate window: without a journal every window counts as full, and a day's would allow
/// nothing today.
const WINDOW_NS_MAX: i64 = 60 * SECOND_NS;

/// The descriptor, in place, and the world that keeps it.
pub(super) fn draw(f: &Features, dice: &mut Dice, config: &mut Config) -> World {
    let name = if f.has(Feature::Profile) { dice.pick(Profile::NAMES) } else { "reference" };
    let mut world = World::default();
    if let Some(profile) = Profile::by_name(name) {
        (config.descriptor, world) = (profile.descriptor, profile.world);
    }
    let descriptor = &mut config.descriptor;
    descriptor.windows.retain(|window| window.per_ns <= WINDOW_NS_MAX);
    world.window_kinds.truncate(descriptor.windows.len());
    if f.has(Feature::Windows) {
        let orders = u32::try_from(dice.between(1, 10)).unwrap_or(3);
        let per_ns = dice.pick([1, 1, 10, 60]) * SECOND_NS;
        // Where reads count too, a few requests a minute are fewer than reconciliation needs.
        let scope = dice.pick([Scope::Orders, Scope::All]);
        let orders = if scope == Scope::All { orders.max(4) * 6 } else { orders };
        descriptor.windows = vec![
            Window { n: orders, per_ns, scope },
            Window { n: dice.pick([2, 10]), per_ns: SECOND_NS, scope: Scope::Reads },
        ];
        let kinds = [WindowKind::Sliding, WindowKind::Fixed];
        world.window_kinds = vec![dice.pick(kinds), dice.pick(kinds)];
    }
    if f.has(Feature::Profile) {
        // A word that is proof where it is declared as proof: the world keeps it.
        descriptor.cancel_proof = dice.pick([descriptor.cancel_proof, CancelProof::Word]);
        if dice.percent(30) {
            descriptor.amends = dice.pick([AmendKind::CancelReplace, AmendKind::Never]);
        }
        descriptor.amends_max = dice.pick([descriptor.amends_max, Some(1)]);
        descriptor.stops = descriptor.stops && dice.percent(80);
        if dice.percent(40) {
            world.pushes = dice.pick([Pushes::Full, Pushes::Statuses, Pushes::Nothing]);
        }
    }
    if world.amends != Amends::InPlace && descriptor.amends == AmendKind::InPlace {
        descriptor.amends = AmendKind::CancelReplace;
    }
    if f.has(Feature::Tails) {
        let tail = |dice: &mut Dice| Latency {
            base_ns: dice.scale(1, 80) * MILLI_NS,
            spread_ns: dice.scale(1, 400) * MILLI_NS,
            spike_ppm: dice.pick([1_000, 20_000, 100_000]),
            spike_ns: dice.scale(100, 9_000) * MILLI_NS,
        };
        (world.up, world.down, world.push) = (tail(dice), tail(dice), tail(dice));
    }
    if f.has(Feature::Skew) {
        world.clock_ahead_ns = dice.between(-3_000, 3_000) * MILLI_NS;
    }
    world.fee_ppm = dice.pick([0, 200, 1_000]);
    world.books_keep_ns = descriptor
        .appear_max_ns
        .unwrap_or(0)
        .saturating_mul(2)
        .max(dice.pick([600, 86_400]) * SECOND_NS);
    if f.has(Feature::RudeMarket) && dice.percent(40) {
        let qty = config.instruments.first().map_or(Qty::whole(1), |first| first.lot);
        let thin = Some(ThinBook { levels: 5, step_ticks: 3, qty });
        world.market = Assumptions { thin, ..Assumptions::default() };
    }
    if f.has(Feature::Opening) {
        world.opening = opening(dice, config);
    }
    world
}

fn opening(dice: &mut Dice, config: &Config) -> Vec<Opening> {
    let mut made = Vec::new();
    for key in &config.holdings {
        if !dice.percent(50) {
            continue;
        }
        let lots = dice.between(if key.never_short { 1 } else { -20 }, 20);
        let qty = Qty(config.instruments[key.instrument.ix()].lot.0 * i128::from(lots));
        if !qty.is_zero() {
            made.push(Opening { instrument: key.instrument, product: key.product, qty });
        }
    }
    made
}

/// What goes wrong: nothing, a few kinds often, half of all kinds, or everything at once.
pub(super) fn faults(f: &Features, dice: &mut Dice) -> Faults {
    let mut made = Faults::default();
    let Some(storm) = Faults::preset("beyond") else { return made };
    let style = dice.between(0, 9);
    let factor = dice.pick([1, 1, 2, 5]);
    for kind in FaultKind::ALL.iter().copied() {
        // Thrown for every kind, so that one feature does not move the dice of another.
        let (half, few) = (dice.percent(50), dice.percent(6));
        let usual = storm.get(kind).ppm;
        let ppm = match style {
            _ if !f.has(if kind.is_beyond() { Feature::Beyond } else { Feature::Faults }) => 0,
            0..=2 if few => often(kind),
            3..=6 if half => usual.saturating_mul(factor),
            7..=8 => usual,
            9 if half => usual / 4,
            _ => 0,
        };
        // Each split doubles a position: many of them leave the numbers that exist.
        let at_most = (kind == FaultKind::Split).then_some(3);
        made = made.set(kind, Setting { at_most, ..Setting::ppm(ppm.min(300_000)) });
    }
    made
}

/// How often a fault strikes where there are few: as often as leaves something else to happen.
fn often(kind: FaultKind) -> u32 {
    match kind {
        // These stop everything for a while.
        FaultKind::Maintenance
        | FaultKind::TokenDeath
        | FaultKind::HalfLogin
        | FaultKind::RateBan
        | FaultKind::RestDown
        | FaultKind::StreamDown
        | FaultKind::SessionEnd
        | FaultKind::NoFunds => 40_000,
        _ => 200_000,
    }
}

/// Times of the plan, and crashes.
pub(super) fn times(f: &Features, dice: &mut Dice, plan: &mut Plan) {
    plan.decide_ns = dice.pick([1, 20, 2_000]) * MILLI_NS;
    plan.snapshot_every = dice.pick([25, 200, 4_096]);
    // Everything that can still be under way, twice, and quiet rounds after it.
    let config = &plan.config;
    let appear_ns = config.descriptor.appear_max_ns.unwrap_or(0);
    let policies = config.strategies.iter().flat_map(|s| [&s.entry, &s.exit]);
    let patience_ns = policies
        .map(|p| {
            let chase_ns = p.chase.interval_ns.saturating_mul(i64::from(p.chase.steps_max) + 1);
            let curve_ns = p.curve.last().map_or(0, |last| last.after_ns);
            p.patience_ns.saturating_add(p.cross_patience_ns) + chase_ns + curve_ns
        })
        .max();
    plan.settle_ns = 1_800 * SECOND_NS
        + appear_ns.saturating_mul(4)
        + patience_ns.unwrap_or(0).saturating_mul(4)
        + config.recon.idle_ns.saturating_mul(4);
    if f.has(Feature::Crashes) && dice.percent(40) {
        // Early, where everything happens for the first time.
        let step = u64::try_from(dice.scale(1, 100)).unwrap_or(1);
        plan.crash = Crash::At { step, point: dice.pick(POINTS) };
    }
}

/// When its shell is held up: anywhere, or just when something is to be sent.
pub(super) fn stalls(dice: &mut Dice, hours: Hours, script: &mut Vec<Cue>) {
    let said: Vec<Nanos> = script.iter().map(|cue| cue.at).collect();
    for _ in 0..dice.scale(1, 12) {
        let anywhere = hours.begin.plus(dice.between(0, hours.length_ns()));
        let at = dice.one_of(&said).map(|at| at.plus(dice.scale(1, 3_000) * MILLI_NS));
        let at = if dice.percent(80) { at.unwrap_or(anywhere) } else { anywhere };
        script.push(Cue { at, act: Act::Stall });
    }
    script.sort_by_key(|cue| cue.at);
}

/// When the engine's process dies: anywhere, or just after something was said to it.
pub(super) fn crashes(dice: &mut Dice, hours: Hours, script: &mut Vec<Cue>) {
    let said: Vec<Nanos> = script.iter().map(|cue| cue.at).collect();
    for _ in 0..dice.scale(1, 12) {
        let anywhere = hours.begin.plus(dice.between(0, hours.length_ns()));
        let busy = dice.one_of(&said).map(|at| at.plus(dice.scale(1, 8_000) * MILLI_NS));
        let at = if dice.percent(70) { busy.unwrap_or(anywhere) } else { anywhere };
        // Now and then it dies again while it comes back.
        for again in 0..dice.pick([1, 1, 1, 3]) {
            let act = Act::Die(dice.pick(POINTS));
            script.push(Cue { at: at.plus(again * 300 * MILLI_NS), act });
        }
    }
    script.sort_by_key(|cue| cue.at);
}

const POINTS: [CrashPoint; 3] =
    [CrashPoint::BeforeCommit, CrashPoint::BeforeSend, CrashPoint::AfterSend];
