//! What is traded and by whom: instruments, holding keys, strategies, limits, markets.

use super::dice::Dice;
use super::{Feature, Features};
use crate::day::Hours;
use crate::market::Line;
use truefill_core::config::{
    Basket, Calendar, Config, Descriptor, Funding, Holding, Instrument, LossAction, OnExpiry,
    OnExternal, Phase, PhaseSpan, Policy, Recon, Risk, SizeBy, Span, Strategy,
};
use truefill_core::ids::{InstrumentId, SleeveId, VenueText};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::time::{Nanos, SECOND_NS};

/// Everything of the configuration but policies and broker.
pub(super) fn draw(f: &Features, dice: &mut Dice, hours: Hours, gap_ns: i64) -> Config {
    let few = if dice.percent(5) { dice.count(6, 12) } else { dice.count(2, 4) };
    let count = if f.has(Feature::Instruments) { few } else { 1 };
    let instruments: Vec<Instrument> =
        (0..count).map(|at| instrument(f, dice, at, hours)).collect();
    let strategies: Vec<Strategy> = (0..dice.count(1, if f.has(Feature::Shared) { 4 } else { 2 }))
        .map(|at| strategy(f, dice, at, hours))
        .collect();
    let holdings = holdings(f, dice, instruments.len(), strategies.len());
    let calendars = if f.has(Feature::Calendar) { vec![calendar(dice, hours)] } else { Vec::new() };
    Config {
        account: "swarm".to_owned(),
        instruments,
        holdings,
        strategies,
        descriptor: Descriptor::default(),
        risk: risk(f, dice, gap_ns),
        recon: recon(dice, hours),
        digest_every: dice.pick([16, 64, 256]),
        replay_horizon_ns: dice.pick([86_400, 3_600]) * SECOND_NS,
        assumed_fee_bps: dice.pick([0, 3]),
        calendars,
        crossing: f.has(Feature::Crossing),
    }
}

fn instrument(f: &Features, dice: &mut Dice, at: usize, hours: Hours) -> Instrument {
    let tick = Px(dice.pick([NANO / 100, NANO / 20, NANO / 10, NANO]));
    let mut made = Instrument::new(format!("SYN{at:02}"), tick, Qty::whole(1));
    if f.has(Feature::Rules) {
        made.lot = dice.pick([Qty::whole(1), Qty(NANO / 1_000), Qty::whole(10), Qty::whole(75)]);
        made.min_qty = times(made.lot, dice.pick([1, 1, 2, 5]));
        made.max_qty = dice.percent(40).then(|| times(made.lot, dice.between(20, 60)));
        made.multiplier = dice.pick([Qty::whole(1), Qty::whole(1), Qty::whole(50), Qty(NANO / 10)]);
        if dice.percent(30) {
            made.min_notional = Amount(NANO * NANO * 50);
        }
        if dice.percent(25) {
            // Around the first price, which is about a thousand ticks.
            made.band_low = Some(Px(tick.0 * 900));
            made.band_high = Some(Px(tick.0 * 1_100));
        }
    }
    made.calendar = (f.has(Feature::Calendar) && dice.percent(80)).then_some(0);
    if f.has(Feature::Expiry) && dice.percent(60) {
        made.expires = Some(hours.at(dice.between(60, 120)));
    }
    made
}

fn times(lot: Qty, lots: i64) -> Qty {
    Qty(lot.0 * i128::from(lots))
}

fn strategy(f: &Features, dice: &mut Dice, at: usize, hours: Hours) -> Strategy {
    let mut made = Strategy::new(format!("s{}", at + 1), Policy::default(), Policy::default());
    if f.has(Feature::ValidFor) && dice.percent(70) {
        made.valid_for_ns = Some(dice.scale(2, 1_200) * SECOND_NS);
    }
    if f.has(Feature::Entries) && dice.percent(70) {
        let (from, until) = (dice.between(0, 30), dice.between(35, 60));
        made.entries = vec![hours.span(from, until), hours.span(dice.between(60, 70), 90)];
    }
    if f.has(Feature::FlatBy) && dice.percent(70) {
        let pause = hours.span(dice.between(30, 40), dice.between(45, 50));
        let close = Span { from: hours.at(dice.between(70, 95)), until: Nanos::MAX };
        made.flats = if dice.percent(50) { vec![pause, close] } else { vec![close] };
    }
    if f.has(Feature::Sizing) {
        made.size_by = dice.pick([SizeBy::Shares, SizeBy::Weight, SizeBy::Notional]);
        // Worth some tens of lots of an instrument of the usual price.
        made.capital = Some(Amount(NANO * NANO * i128::from(dice.scale(1_000, 1_000_000))));
        made.leverage_ppm = dice.pick([500_000, 1_000_000, 3_000_000]);
        made.min_trade = Amount(NANO * NANO * dice.pick([0, 0, 50, 500]));
    }
    if f.has(Feature::Baskets) && dice.percent(70) {
        let imbalance_ppm_max = dice.pick([50_000, 300_000, 1_000_000]);
        let funding = dice.pick([Funding::Free, Funding::AfterSells]);
        made.basket = Some(Basket { imbalance_ppm_max, funding });
    }
    made.redeclare = dice.percent(10);
    made.on_expiry = dice.pick([OnExpiry::Flatten, OnExpiry::Block]);
    made.expiry_lead_ns = dice.between(0, 300) * SECOND_NS;
    made
}

fn holdings(f: &Features, dice: &mut Dice, instruments: usize, strategies: usize) -> Vec<Holding> {
    let sleeves: Vec<SleeveId> =
        (1..=strategies).filter_map(|at| u16::try_from(at).ok()).map(SleeveId).collect();
    let mut made = Vec::new();
    for instrument in (0..instruments).filter_map(|at| u32::try_from(at).ok()).map(InstrumentId) {
        let two = f.has(Feature::Products) && dice.percent(60);
        let products: &[&str] = if two { &["CNC", "MIS"] } else { &[""] };
        for product in products {
            let mut traders = sleeves.clone();
            traders.retain(|_| f.has(Feature::Shared) && dice.percent(60));
            if traders.is_empty() {
                traders.extend(dice.one_of(&sleeves));
            }
            let others = traders.split_off(1);
            made.push(Holding {
                instrument,
                product: VenueText::new(product).unwrap_or_default(),
                sleeve: traders[0],
                never_short: *product == "CNC",
                others,
            });
        }
    }
    made
}

/// One or two sessions; the last one outlives the day, or ends before it.
fn calendar(dice: &mut Dice, hours: Hours) -> Calendar {
    let phase = |from, until, phase, session| PhaseSpan { from, until, phase, session };
    let far = Nanos::MAX;
    let mut phases = vec![phase(hours.at(2), hours.at(5), Phase::PreOpen, 1)];
    if dice.percent(50) {
        phases.push(phase(hours.at(5), hours.at(45), Phase::Continuous, 1));
        phases.push(phase(hours.at(45), hours.at(50), Phase::ClosingAuction, 1));
        phases.push(phase(hours.at(60), far, Phase::Continuous, 2));
    } else if dice.percent(50) {
        phases.push(phase(hours.at(5), hours.at(85), Phase::Continuous, 1));
        phases.push(phase(hours.at(85), hours.at(90), Phase::ClosingAuction, 1));
    } else {
        phases.push(phase(hours.at(5), far, Phase::Continuous, 1));
    }
    Calendar { name: "made".to_owned(), phases }
}

fn risk(f: &Features, dice: &mut Dice, gap_ns: i64) -> Risk {
    let fresh = if f.has(Feature::RudeMarket) { dice.between(1, 6) } else { 40 };
    let mut made = Risk { mark_age_ns_max: gap_ns.saturating_mul(fresh), ..Risk::default() };
    if !f.has(Feature::Limits) {
        return made;
    }
    let money = |units: i64| Some(Amount(NANO * NANO * i128::from(units)));
    made.order_qty_max = dice.percent(30).then(|| Qty::whole(dice.scale(2, 200)));
    made.position_qty_max = dice.percent(30).then(|| Qty::whole(dice.scale(5, 500)));
    if dice.percent(20) {
        made.order_notional_max = money(dice.scale(200, 100_000));
    }
    if dice.percent(20) {
        made.position_notional_max = money(dice.scale(500, 200_000));
    }
    if dice.percent(20) {
        made.gross_notional_max = money(dice.scale(1_000, 500_000));
    }
    if dice.percent(25) {
        made.daily_loss_max = money(dice.scale(1, 2_000));
        made.daily_loss_action = dice.pick([LossAction::ReduceOnly, LossAction::Flatten]);
    }
    made.collar_bps_max = dice.pick([500, 500, 100, 20]);
    made.orders_per_day = dice.percent(15).then(|| u32::try_from(dice.between(3, 30)).unwrap_or(9));
    made.repeat_max = dice.pick([60, 60, 3]);
    made.reject_max = dice.pick([1, 3]);
    made
}

fn recon(dice: &mut Dice, hours: Hours) -> Recon {
    // A round each time is most of what a quiet engine does: as many as are worth their time.
    let least = (hours.length_ns() / SECOND_NS / 150).max(3);
    let busy = dice.pick([3, 10, 30]).max(least);
    Recon {
        busy_ns: busy * SECOND_NS,
        idle_ns: busy.max(dice.pick([20, 60, 120])) * SECOND_NS,
        lookup_ns: dice.pick([1, 3, 10]) * SECOND_NS,
        skips_max: dice.pick([2, 3, 8]),
        agreeing_reads: dice.pick([3, 5]),
        on_external: dice.pick([OnExternal::Hold, OnExternal::Rebuild]),
        told_after: None,
        dedicated: None,
    }
}

/// A line for every instrument.
pub(super) fn market(f: &Features, dice: &mut Dice, config: &Config, gap_ns: i64) -> Vec<Line> {
    let rude = f.has(Feature::RudeMarket);
    let line = |instrument: &Instrument| {
        let thin = rude && dice.percent(40);
        let wide = rude && dice.percent(30);
        Line {
            seed: dice.bits(),
            silent: false,
            gap_ns: gap_ns.saturating_mul(dice.between(8, 14)) / 10,
            tick: instrument.tick,
            lot: instrument.lot,
            bid_ticks: dice.between(950, 1_050),
            spread_ticks: if wide { (1, 30) } else { (1, dice.between(1, 3)) },
            step_ticks: dice.pick([0, 1, 2, 5]),
            jump_ppm: if rude { 10_000 } else { 0 },
            silence_ppm: if rude { 5_000 } else { 0 },
            trade_ppm: if f.has(Feature::Volume) { 400_000 } else { 0 },
            size_lots: if thin { (1, 6) } else { (5, 200) },
        }
    };
    config.instruments.iter().map(line).collect()
}
