//! What strategies and people say and do: targets, commands, trades by hand, corporate actions.

use super::dice::Dice;
use super::{Feature, Features};
use crate::day::Hours;
use crate::market::Line;
use truefill_core::config::{Config, Holding, SizeBy};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::input::{Command, DayEnd, Enable, Input, Margin, Operator, PrevClose, Target};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_sim::session::{Act, Cue};

/// The script of a day, by rising time.
pub(super) fn draw(
    f: &Features,
    dice: &mut Dice,
    config: &Config,
    lines: &[Line],
    hours: Hours,
) -> Vec<Cue> {
    let mut made = Vec::new();
    targets(f, dice, config, lines, hours, &mut made);
    if f.has(Feature::Operator) {
        commands(dice, hours, &mut made);
    }
    if f.has(Feature::Kill) {
        made.push(say(hours.at(dice.between(40, 100)), command(Command::Kill)));
    }
    if f.has(Feature::Switches) {
        switches(dice, config, hours, &mut made);
    }
    if f.has(Feature::ByHand) {
        by_hand(dice, config, hours, &mut made);
    }
    if f.has(Feature::Splits) {
        splits(dice, config, lines, hours, &mut made);
    }
    if f.has(Feature::Margin) {
        for _ in 0..dice.count(1, 6) {
            let available = Amount(NANO * NANO * i128::from(dice.scale(1, 1_000_000)));
            made.push(say(hours.at(dice.between(1, 99)), Input::Margin(Margin { available })));
        }
    }
    if f.has(Feature::DayEnds) {
        made.push(say(hours.at(dice.between(20, 80)), Input::DayEnd(DayEnd {})));
    }
    // A split is always settled by somebody: nothing else ends its freeze.
    if f.has(Feature::Attended) || f.has(Feature::Splits) {
        for percent in [25, 50, 75, 100] {
            made.push(Cue { at: hours.at(percent), act: Act::Attend });
        }
        for minutes in [3, 6, 9, 12] {
            let at = hours.end.plus(minutes * 60 * SECOND_NS);
            made.push(Cue { at, act: Act::Attend });
        }
    }
    made.sort_by_key(|cue| cue.at);
    made
}

fn say(at: Nanos, input: Input) -> Cue {
    Cue { at, act: Act::Say(input) }
}

const fn command(command: Command) -> Input {
    Input::Operator(Operator { command, by: None })
}

/// Every strategy says now and then what it wants, one holding or all of its own at once.
fn targets(
    f: &Features,
    dice: &mut Dice,
    config: &Config,
    lines: &[Line],
    hours: Hours,
    out: &mut Vec<Cue>,
) {
    let together = dice.percent(40) || f.has(Feature::Baskets);
    let times = dice.scale(2, 24);
    // Everything is said all day, or in a hurry.
    let (from, until) = dice.pick([(1, 99), (1, 99), (30, 34), (90, 100)]);
    for sleeve in (1..=config.strategies.len()).filter_map(|at| u16::try_from(at).ok()) {
        let sleeve = SleeveId(sleeve);
        let own = config.holdings.iter().enumerate().filter(|(_, key)| key.has(sleeve));
        let own: Vec<(usize, &Holding)> = own.collect();
        let mut last = vec![Qty::ZERO; config.holdings.len()];
        for _ in 0..times {
            let at = hours
                .begin
                .plus(hours.length_ns() / 10_000 * dice.between(from * 100, until * 100));
            let one = dice.count(0, own.len().saturating_sub(1));
            for (nth, (holding, key)) in own.iter().enumerate() {
                if !together && nth != one {
                    continue;
                }
                let before = last[*holding];
                let qty = wanted(f, dice, config, key, &lines[key.instrument.ix()], sleeve, before);
                last[*holding] = qty;
                let stops = f.has(Feature::Stops) && (key.others.is_empty() || dice.percent(5));
                let stop_px = (stops && dice.percent(70)).then(|| stop(dice, key, lines, qty));
                let Ok(holding) = u32::try_from(*holding).map(HoldingId) else { continue };
                let target = Target {
                    sleeve,
                    holding,
                    qty,
                    decided: at,
                    px: None,
                    reopen: dice.percent(10),
                    stop_px,
                };
                out.push(say(at, Input::Target(target)));
            }
        }
    }
}

/// The next number of a target, in the unit of its strategy.
fn wanted(
    f: &Features,
    dice: &mut Dice,
    config: &Config,
    key: &Holding,
    line: &Line,
    sleeve: SleeveId,
    before: Qty,
) -> Qty {
    let lots = if dice.percent(85) { dice.between(-20, 20) } else { dice.between(-90, 90) };
    let lots = if dice.percent(15) { 0 } else { lots };
    // Mostly what the product allows; sometimes what it refuses.
    let lots = if key.never_short && dice.percent(95) { lots.abs() } else { lots };
    let rules = &config.instruments[key.instrument.ix()];
    let units = Qty(rules.lot.0 * i128::from(lots));
    let strategy = config.strategy(sleeve);
    let worth = {
        let px = Px(line.tick.0 * i128::from(line.bid_ticks));
        units.times(px).0.saturating_mul(rules.multiplier.0) / NANO
    };
    let fresh = match strategy.map_or(SizeBy::Shares, |s| s.size_by) {
        SizeBy::Shares => units,
        SizeBy::Notional => Qty(worth / NANO),
        SizeBy::Weight => {
            let capital = strategy.and_then(|s| s.capital).unwrap_or(Amount(NANO * NANO));
            Qty(worth / (capital.0 / NANO).max(1))
        }
    };
    if !f.has(Feature::Restless) {
        return fresh;
    }
    match dice.between(0, 9) {
        0..=2 => -before,
        3 => before,
        4 => before + Qty(fresh.0 / 50),
        5 => before + Qty(1),
        6 => Qty::ZERO,
        // Absurd: it is refused, and what was said before stands.
        7 if dice.percent(5) => Qty(i128::MAX / 4),
        _ => fresh,
    }
}

fn stop(dice: &mut Dice, key: &Holding, lines: &[Line], qty: Qty) -> Px {
    let line = &lines[key.instrument.ix()];
    let away = dice.between(-2, 40);
    let ticks = if qty.0 >= 0 { line.bid_ticks - away } else { line.bid_ticks + away };
    Px(line.tick.0 * i128::from(ticks.max(1)))
}

fn commands(dice: &mut Dice, hours: Hours, out: &mut Vec<Cue>) {
    for _ in 0..dice.count(1, 4) {
        let from = dice.between(2, 95);
        let what = dice.pick([
            Command::Halt,
            Command::ReduceOnly,
            Command::Flatten,
            Command::Login,
            Command::Resume,
        ]);
        out.push(say(hours.at(from), command(what)));
        if dice.percent(80) {
            let until = dice.between(from, 100);
            out.push(say(hours.at(until), command(Command::Resume)));
        }
    }
}

fn switches(dice: &mut Dice, config: &Config, hours: Hours, out: &mut Vec<Cue>) {
    let strategies = i64::try_from(config.strategies.len()).unwrap_or(1);
    for _ in 0..dice.count(1, 3) {
        let sleeve = SleeveId(u16::try_from(dice.between(1, strategies)).unwrap_or(1));
        let from = dice.between(2, 90);
        out.push(say(hours.at(from), Input::Enable(Enable { sleeve, on: false })));
        if dice.percent(75) {
            let until = hours.at(dice.between(from, 100));
            out.push(say(until, Input::Enable(Enable { sleeve, on: true })));
        }
    }
}

fn by_hand(dice: &mut Dice, config: &Config, hours: Hours, out: &mut Vec<Cue>) {
    for _ in 0..dice.count(1, 5) {
        let Some(at) = dice.one_of(&(0..config.holdings.len()).collect::<Vec<_>>()) else { return };
        let key = &config.holdings[at];
        let lot = config.instruments[key.instrument.ix()].lot;
        let qty = Qty(lot.0 * i128::from(dice.between(1, 15)));
        let side = dice.pick([Side::Buy, Side::Sell]);
        let (instrument, product) = (key.instrument, key.product);
        let act = Act::ByHand { instrument, product, side, qty };
        out.push(Cue { at: hours.at(dice.between(2, 100)), act });
    }
}

fn splits(dice: &mut Dice, config: &Config, lines: &[Line], hours: Hours, out: &mut Vec<Cue>) {
    let instruments: Vec<u32> =
        (0..config.instruments.len()).filter_map(|at| u32::try_from(at).ok()).collect();
    let Some(instrument) = dice.one_of(&instruments).map(InstrumentId) else { return };
    let line = &lines[instrument.ix()];
    let close = |halves: i64| {
        let px = Px(line.tick.0 * i128::from(line.bid_ticks) / i128::from(halves));
        Input::PrevClose(PrevClose { instrument, px })
    };
    let at = hours.at(dice.between(20, 70));
    match dice.between(0, 3) {
        // A false alarm, and a close that says nothing.
        0 => out.push(say(at, close(2))),
        1 => out.push(say(at, close(1))),
        // Seen before by its price, or found in the positions.
        2 => {
            out.push(say(at, close(2)));
            let act = Act::TwoForOne(instrument);
            out.push(Cue { at: at.plus(dice.between(0, 30) * SECOND_NS), act });
        }
        _ => out.push(Cue { at, act: Act::TwoForOne(instrument) }),
    }
}
