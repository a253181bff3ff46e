//! A failing day made small: features switched off, strategies, instruments, targets and faults
//! removed, the day shortened, as long as the same law still fails.
//!
//! Entry point: [`shrink`].
//!
//! Invariant: what comes out breaks the same law as what went in, and is never larger.

use crate::day::Day;
use crate::live::Checks;
use truefill_core::config::{Descriptor, Policy, Risk, SizeBy};
use truefill_core::input::Input;
use truefill_core::time::SECOND_NS;
use truefill_sim::broker::world::World;
use truefill_sim::faults::{FaultKind, Faults, Setting};
use truefill_sim::session::{Act, Crash};

/// The part of a sentence that says which law it is.
#[must_use]
pub fn law_of(violation: &str) -> &str {
    violation.split_once(':').map_or(violation, |(law, _)| law)
}

/// Turns that all trials together may take: a day in which something goes round in circles is
/// small enough sooner.
const TURNS_MAX: u64 = 400_000;

/// A smaller day that breaks the same law, after at most so many trials.
#[must_use]
pub fn shrink(day: &Day, law: &str, checks: Checks<'_>, trials: u32) -> Day {
    let mut smallest = day.clone();
    let (mut left, mut turns) = (trials, 0);
    let mut fails = |candidate: &Day| {
        if left == 0 || turns >= TURNS_MAX || *candidate == *day {
            return false;
        }
        left -= 1;
        let ended = candidate.run(checks);
        turns += ended.numbers.turns;
        ended.violations.iter().any(|violation| law_of(violation) == law)
    };
    loop {
        let before = smallest.clone();
        for cut in CUTS {
            let mut candidate = smallest.clone();
            cut(&mut candidate);
            if candidate != smallest && fails(&candidate) {
                smallest = candidate;
            }
        }
        faults(&mut smallest, &mut fails);
        script(&mut smallest, &mut fails);
        strategies(&mut smallest, &mut fails);
        markets(&mut smallest, &mut fails);
        hours(&mut smallest, &mut fails);
        if smallest == before {
            return smallest;
        }
    }
}

/// Whole parts of a day, each replaced by the plainest there is.
const CUTS: [fn(&mut Day); 19] = [
    |day| day.plan.world.faults = Faults::default(),
    |day| day.plan.crash = Crash::Never,
    |day| day.plan.world = World { faults: day.plan.world.faults.clone(), ..World::default() },
    |day| day.plan.config.descriptor = Descriptor::default(),
    |day| day.plan.world.clock_ahead_ns = 0,
    |day| day.plan.world.opening.clear(),
    |day| {
        let mark_age_ns_max = day.plan.config.risk.mark_age_ns_max;
        day.plan.config.risk = Risk { mark_age_ns_max, ..Risk::default() };
    },
    |day| day.plan.config.crossing = false,
    |day| {
        day.plan.config.calendars.clear();
        day.plan.config.instruments.iter_mut().for_each(|i| i.calendar = None);
    },
    |day| {
        for i in &mut day.plan.config.instruments {
            (i.expires, i.band_low, i.band_high, i.max_qty) = (None, None, None, None);
        }
    },
    |day| {
        for s in &mut day.plan.config.strategies {
            s.entries.clear();
            s.flats.clear();
            s.valid_for_ns = None;
        }
    },
    |day| {
        for s in &mut day.plan.config.strategies {
            (s.basket, s.redeclare) = (None, false);
        }
    },
    |day| {
        for s in &mut day.plan.config.strategies {
            (s.size_by, s.capital) = (SizeBy::Shares, None);
            s.min_trade = truefill_core::num::Amount::ZERO;
        }
    },
    |day| day.plan.config.strategies.iter_mut().for_each(|s| s.entry = Policy::default()),
    |day| day.plan.config.strategies.iter_mut().for_each(|s| s.exit = Policy::default()),
    |day| day.plan.config.holdings.iter_mut().for_each(|key| key.others.clear()),
    |day| {
        for line in &mut day.lines {
            (line.jump_ppm, line.silence_ppm, line.trade_ppm) = (0, 0, 0);
        }
    },
    |day| day.lines.iter_mut().for_each(|line| line.step_ticks = 0),
    |day| day.plan.script.retain(|cue| matches!(cue.act, Act::Say(Input::Target(_)))),
];

fn faults(day: &mut Day, fails: &mut impl FnMut(&Day) -> bool) {
    let struck = FaultKind::ALL.iter().copied();
    let on: Vec<FaultKind> =
        struck.filter(|kind| day.plan.world.faults.get(*kind).ppm > 0).collect();
    let without = |day: &Day, kinds: &[FaultKind]| {
        let mut candidate = day.clone();
        for kind in kinds {
            let faults = candidate.plan.world.faults.clone();
            candidate.plan.world.faults = faults.set(*kind, Setting::default());
        }
        candidate
    };
    removed(day, &on, fails, without);
}

fn script(day: &mut Day, fails: &mut impl FnMut(&Day) -> bool) {
    let cues: Vec<_> = day.plan.script.clone();
    removed(day, &cues, fails, |day, cues| {
        let mut candidate = day.clone();
        for cue in cues {
            let at = candidate.plan.script.iter().position(|known| known == cue);
            at.map(|at| candidate.plan.script.remove(at));
        }
        candidate
    });
}

/// Strategies that say nothing any more are as good as gone.
fn strategies(day: &mut Day, fails: &mut impl FnMut(&Day) -> bool) {
    for sleeve in (1..=day.plan.config.strategies.len()).filter_map(|at| u16::try_from(at).ok()) {
        let mut candidate = day.clone();
        candidate.plan.script.retain(
            |cue| !matches!(&cue.act, Act::Say(Input::Target(target)) if target.sleeve.0 == sleeve),
        );
        if candidate != *day && fails(&candidate) {
            *day = candidate;
        }
    }
}

fn markets(day: &mut Day, fails: &mut impl FnMut(&Day) -> bool) {
    for at in 0..day.lines.len() {
        let mut candidate = day.clone();
        candidate.lines[at].silent = true;
        // A day without any market is no day.
        if candidate.lines.iter().all(|line| line.silent) {
            return;
        }
        candidate.plan.script.retain(|cue| match &cue.act {
            Act::Say(Input::Target(target)) => {
                let key = &day.plan.config.holdings[target.holding.ix()];
                key.instrument.ix() != at
            }
            _ => true,
        });
        if candidate != *day && fails(&candidate) {
            *day = candidate;
        }
    }
}

/// The day ends earlier.
fn hours(day: &mut Day, fails: &mut impl FnMut(&Day) -> bool) {
    for percent in [25, 50, 75, 90] {
        let mut candidate = day.clone();
        candidate.hours.end = day.hours.at(percent).max(day.hours.begin.plus(SECOND_NS));
        candidate.plan.script.retain(|cue| cue.at <= candidate.hours.end);
        if candidate != *day && fails(&candidate) {
            *day = candidate;
            return;
        }
    }
}

/// Removes items in halves, quarters and so on down to single ones.
fn removed<T>(
    day: &mut Day,
    items: &[T],
    fails: &mut impl FnMut(&Day) -> bool,
    without: impl Fn(&Day, &[T]) -> Day,
) {
    let mut size = items.len();
    while size > 0 {
        for chunk in items.chunks(size) {
            let candidate = without(day, chunk);
            if candidate != *day && fails(&candidate) {
                *day = candidate;
            }
        }
        size /= 2;
    }
}
