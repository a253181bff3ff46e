//! The scenario profile: the configuration under which the shipped engine plays a scenario.

use crate::names::Names;
use crate::scenario::{Given, Rules, Scenario, Session};
use truefill_core::config::CancelProof;
use truefill_core::config::{
    Calendar, Config, Descriptor, FillIds, Holding, InKind, Instrument, Peg, Phase, PhaseSpan,
    Policy, Recon, Remainder, Risk, RoundReads, Strategy, Window,
};
use truefill_core::ids::{InstrumentId, SleeveId, VenueText};
use truefill_core::num::{Amount, NANO};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_market::date::Date;
use truefill_market::zone::{Utc, Zone};

/// A write without an answer is unknown after this, a read is given up.
pub(super) const REPLY_NS: i64 = 15 * SECOND_NS;
/// Silence of a link that counts as down, and the longest time until an order may still appear.
const SILENCE_NS: i64 = 30 * SECOND_NS;
/// How often the venue's clock is read.
const CLOCK_NS: i64 = 60 * SECOND_NS;
/// Days of sessions around the start that the calendar has.
const DAYS: std::ops::Range<i64> = -10..60;
const DAY_NS: i64 = 86_400 * SECOND_NS;
/// How far a price may be from the mid: as far as any collar of a scenario.
const COLLAR_BPS_MAX: u32 = 1_000_000_000;
/// Orders per minute of a holding: no scenario asks for a throttle.
const REPEAT_MAX: u32 = 100_000;

/// The configuration of a scenario.
pub(super) fn config(scenario: &Scenario, names: &Names) -> Config {
    let given = &scenario.given;
    let calendars = given.session.as_ref().map(|session| Calendar {
        name: "scenario".to_owned(),
        phases: sessions(session, given.now)
            .into_iter()
            .map(|(from, until, session)| PhaseSpan {
                from,
                until,
                phase: Phase::Continuous,
                session,
            })
            .collect(),
    });
    let strategies: Vec<Strategy> =
        names.strategies().iter().map(|name| strategy(given, name)).collect();
    Config {
        account: "scenario".to_owned(),
        instruments: names.symbols().iter().map(|s| instrument(given, s)).collect(),
        holdings: holdings(names),
        strategies,
        descriptor: descriptor(scenario, names),
        risk: risk(given, names),
        recon: Recon {
            on_external: given.policy.on_external,
            told_after: Some(1),
            dedicated: Some(true),
            ..Recon::default()
        },
        digest_every: 64,
        replay_horizon_ns: 30 * DAY_NS,
        assumed_fee_bps: 0,
        calendars: calendars.into_iter().collect(),
        crossing: false,
    }
}

fn rules(given: &Given, symbol: &str) -> Rules {
    given.instruments.get(symbol).cloned().unwrap_or_default()
}

fn instrument(given: &Given, symbol: &str) -> Instrument {
    let rules = rules(given, symbol);
    let mut instrument = Instrument::new(symbol, rules.tick, rules.lot);
    instrument.min_qty = rules.min_qty;
    instrument.max_qty = rules.max_qty;
    instrument.min_notional = Amount(rules.min_notional.0.saturating_mul(NANO));
    instrument.calendar = given.session.as_ref().map(|_| 0);
    instrument
}

fn holdings(names: &Names) -> Vec<Holding> {
    let ids = (0..names.symbols().len()).filter_map(|at| u32::try_from(at).ok());
    let sleeves = names.strategies().iter().map(|name| names.sleeve(name));
    let others: Vec<SleeveId> = sleeves.skip(1).collect();
    let of = |at| Holding {
        instrument: InstrumentId(at),
        product: VenueText::EMPTY,
        sleeve: SleeveId(1),
        never_short: false,
        others: others.clone(),
    };
    ids.map(of).collect()
}

fn strategy(given: &Given, name: &str) -> Strategy {
    let words = &given.policy;
    let reprice = words.reprice.map(|(ms, bps)| (ms.saturating_mul(MILLI_NS).max(1), bps));
    let (requote_ns, requote_bps) = reprice.unwrap_or((0, 0));
    let cancel = words.cancel_after_ms;
    let policy = Policy {
        collar: Some(words.collar_bps),
        style: words.style,
        px: words.px,
        peg: Peg::Near,
        requote_ns,
        requote_bps,
        remainder: if cancel.is_some() { Remainder::Cancel } else { Remainder::Rest },
        patience_ns: cancel.unwrap_or(0).saturating_mul(MILLI_NS),
        child_qty: words.child_qty,
        amend: words.amend,
        exits_end: Some(true),
        ..Policy::default()
    };
    let valid_ns = words.valid_for_ms.map(|ms| ms.saturating_mul(MILLI_NS));
    let (through_zero, as_declared) = (Some(true), Some(true));
    let strategy = Strategy::new(name, policy.clone(), policy);
    Strategy { valid_for_ns: valid_ns, through_zero, as_declared, ..strategy }
}

fn descriptor(scenario: &Scenario, names: &Names) -> Descriptor {
    let (broker, given) = (&scenario.broker, &scenario.given);
    let window = |limit: &crate::scenario::Limit| Window {
        n: limit.n,
        per_ns: limit.per_ms.saturating_mul(MILLI_NS),
        scope: limit.scope,
    };
    let kept = names.symbols().iter().filter_map(|symbol| {
        let share = rules(given, symbol).fee_base;
        let ppb = u32::try_from(share.0).ok().filter(|ppb| *ppb > 0)?;
        Some(InKind { instrument: names.instrument(symbol), ppb })
    });
    Descriptor {
        name: "scenario".to_owned(),
        windows: given.limits.iter().map(window).collect(),
        appear_max_ns: Some(SILENCE_NS),
        // Latency is zero in a scenario.
        arrival_max_ns: 0,
        reply_timeout_ns: REPLY_NS,
        send_window_ns: 0,
        client_ids: broker.client_id,
        cancel_proof: CancelProof::Read,
        activity: true,
        stream_silence_ns: SILENCE_NS,
        read_lag_max_ns: 0,
        amends: broker.amend,
        amends_max: None,
        stops: true,
        rounds: Some(RoundReads::OpenOrders),
        clock_every_ns: Some(CLOCK_NS),
        fill_ids: Some(broker.fill_ids).filter(|ids| *ids != FillIds::Unique),
        in_kind: kept.collect(),
    }
}

fn risk(given: &Given, names: &Names) -> Risk {
    let ambiguous = |symbol: &&String| rules(given, symbol).contracts > 1;
    let barred = names.symbols().iter().filter(ambiguous).map(|s| names.instrument(s));
    Risk {
        collar_bps_max: COLLAR_BPS_MAX,
        mark_age_ns_max: given.policy.stale_mark_ms.saturating_mul(MILLI_NS),
        orders_per_day: given.orders_per_day,
        repeat_max: REPEAT_MAX,
        barred: barred.collect(),
        funds_final: Some(true),
        off_is_flat: Some(true),
        ..Risk::default()
    }
}

/// Sessions around an instant: from, until, and the day they belong to.
pub(super) fn sessions(session: &Session, around: Nanos) -> Vec<(Nanos, Nanos, i64)> {
    let offset_ns = i64::from(session.zone.offset_at(around)) * SECOND_NS;
    let today = (around.0 + offset_ns).div_euclid(DAY_NS);
    let mut found = Vec::new();
    for day in DAYS.map(|ahead| today + ahead) {
        let date = Date::from_days(day);
        if !session.days.contains(&date.weekday()) || session.holidays.contains(&date) {
            continue;
        }
        let last = if session.close <= session.open { day + 1 } else { day };
        let from = instant(session.zone, day, session.open);
        let until = instant(session.zone, last, session.close);
        if from < until {
            found.push((from, until, day));
        }
    }
    found
}

/// The instant of a wall time; of one that does not exist, the one an hour later.
fn instant(zone: Zone, day: i64, minute: i64) -> Nanos {
    let wall = day.saturating_mul(DAY_NS).saturating_add(minute * 60 * SECOND_NS);
    match zone.to_utc(wall) {
        Utc::One(at) | Utc::Twice(at, _) => at,
        Utc::Never => match zone.to_utc(wall.saturating_add(3_600 * SECOND_NS)) {
            Utc::One(at) | Utc::Twice(at, _) => at,
            Utc::Never => Nanos(wall),
        },
    }
}
