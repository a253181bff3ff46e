//! How orders are priced and what becomes of remainders: every style, remainder and schedule.

use super::dice::Dice;
use super::{Feature, Features};
use truefill_core::config::{Chase, Config, CurvePoint, Peg, Policy, Remainder, Style, Then};
use truefill_core::ids::SleeveId;
use truefill_core::num::{Px, Qty};
use truefill_core::time::{MILLI_NS, SECOND_NS};

/// Gives every strategy an entry and an exit.
pub(super) fn draw(f: &Features, dice: &mut Dice, config: &mut Config, length_ns: i64) {
    let shared: Vec<SleeveId> = config
        .holdings
        .iter()
        .filter(|key| !key.others.is_empty())
        .flat_map(|key| key.sleeves())
        .collect();
    let lot = config.instruments.iter().map(|i| i.lot).max().unwrap_or(Qty::whole(1));
    let tick = config.instruments.first().map_or(Px(1), |first| first.tick);
    for (at, strategy) in config.strategies.iter_mut().enumerate() {
        let sleeve = u16::try_from(at + 1).map(SleeveId).unwrap_or(SleeveId(1));
        strategy.entry = policy(f, dice, (tick, lot), length_ns);
        strategy.exit = policy(f, dice, (tick, lot), length_ns);
        if strategy.basket.is_some() {
            // Each step of a leg would begin the schedule anew: true, and without an end.
            strategy.entry.curve.clear();
        }
        if shared.contains(&sleeve) {
            // What fills for several together cannot be unwound for one.
            strategy.entry.min_fill_ppm = 0;
        }
    }
}

fn policy(f: &Features, dice: &mut Dice, (tick, lot): (Px, Qty), length_ns: i64) -> Policy {
    let mut made = Policy {
        collar_bps: dice.pick([0, 5, 50]),
        collar_ticks: dice.pick([0, 2, 5]),
        ..Policy::default()
    };
    if f.has(Feature::Styles) {
        made.style = dice.pick([
            Style::MarketableLimit,
            Style::Limit,
            Style::PassiveThenCross,
            Style::AtClose,
        ]);
        made.peg = dice.pick([Peg::Near, Peg::Mid]);
        made.requote_ns = dice.pick([0, 500, 5_000, 60_000]) * MILLI_NS;
        made.requote_bps = dice.pick([0, 1, 20]);
        made.patience_ns = dice.scale(100, 600_000) * MILLI_NS;
        made.cross_patience_ns = dice.scale(100, 30_000) * MILLI_NS;
        made.spread_bps_max = dice.pick([0, 0, 0, 15]);
        // A price given once, near the first one of the day.
        let px = Px(tick.0 * i128::from(dice.between(980, 1_020)));
        made.px = dice.percent(10).then_some(px);
    }
    if f.has(Feature::Remainders) {
        made.remainder =
            dice.pick([Remainder::Rest, Remainder::Cancel, Remainder::Chase, Remainder::Cross]);
        made.patience_ns = dice.scale(20, 120_000) * MILLI_NS;
        made.min_fill_ppm = dice.pick([0, 0, 600_000]);
        made.chase = Chase {
            step_bps: dice.pick([1, 5]),
            bps_max: dice.pick([4, 20]),
            steps_max: dice.pick([1, 4]),
            interval_ns: dice.scale(200, 60_000) * MILLI_NS,
            then: dice.pick([Then::Rest, Then::Cancel, Then::Cross]),
        };
    }
    if f.has(Feature::Schedules) {
        match dice.between(0, 3) {
            0 => made.curve = curve(dice, length_ns),
            1 if f.has(Feature::Volume) => made.pov_ppm = dice.pick([100_000, 300_000]),
            2 => made.child_qty = Some(times(lot, dice.between(1, 5))),
            // No less than a hundredth of any order: exchanges refuse it.
            _ => made.display_qty = Some(times(lot, dice.between(5, 20))),
        }
    }
    made
}

/// A schedule of a few points over at most a third of the day.
fn curve(dice: &mut Dice, length_ns: i64) -> Vec<CurvePoint> {
    let over_ns = dice.between(SECOND_NS, (length_ns / 3).min(1_200 * SECOND_NS));
    let points = dice.between(1, 5);
    let point = |at: i64| CurvePoint {
        after_ns: over_ns / points * at,
        due_ppb: u32::try_from(1_000_000_000 / points * at).unwrap_or(0),
    };
    let mut made: Vec<CurvePoint> = (1..=points).map(point).collect();
    if let Some(last) = made.last_mut() {
        last.due_ppb = 1_000_000_000;
    }
    made
}

fn times(lot: Qty, lots: i64) -> Qty {
    Qty(lot.0 * i128::from(lots))
}
