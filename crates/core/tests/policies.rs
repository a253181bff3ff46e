//! Policies, seen from the engine's edge: which price, when, and what becomes of a remainder.

mod kit;

use kit::broker::Amends;
use kit::{H, Kit, in_place as config};
use truefill_core::config::*;
use truefill_core::engine::repricing::Watch;
use truefill_core::event::{Block, Event};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, SleeveId};
use truefill_core::input::{Input, Target, Volume};
use truefill_core::num::{Px, Qty};
use truefill_core::order::{CancelWhy, Rule};
use truefill_core::quote::Quote;
use truefill_core::request::Request;
use truefill_core::time::{Nanos, SECOND_NS};

fn px(cents: i64) -> Px {
    Px(i128::from(cents) * 10_000_000)
}

fn both(policy: Policy) -> Config {
    let mut config = config();
    config.instruments[0].tick = px(5);
    config.strategies[0].entry = policy.clone();
    config.strategies[0].exit = policy;
    config
}

fn entry(policy: Policy) -> Config {
    Config {
        strategies: vec![Strategy::new("A", policy, Policy::default())],
        ..both(Policy::default())
    }
}

fn chase(then: Then) -> Policy {
    Policy {
        style: Style::Limit,
        peg: Peg::Mid,
        remainder: Remainder::Chase,
        chase: Chase { step_bps: 5, bps_max: 20, steps_max: 9, interval_ns: 5 * SECOND_NS, then },
        ..Policy::default()
    }
}

/// Rules of the orders and amends in the journal.
fn rules(kit: &Kit) -> Vec<Rule> {
    let events = kit.events.iter().filter_map(|(_, event)| match event {
        Event::Released(e) => Some(e.ticket.rule),
        Event::CancelReleased(e) => Some(e.rule),
        Event::Learned(e) => match &e.item {
            truefill_core::order::evidence::Item::AmendSent(sent) => Some(sent.rule),
            _ => None,
        },
        _ => None,
    });
    events.collect()
}

#[test]
fn ml_1_a_collar_is_rounded_toward_the_touch() {
    let mut kit = Kit::with(both(Policy::default()));
    kit.cents(10_005, 10_015);
    kit.target(10);
    assert_eq!(kit.said(), ["buy 10@100.65"]);
    let mut kit = Kit::with(both(Policy::default()));
    kit.cents(10_005, 10_015);
    kit.target(-10);
    assert_eq!(kit.said(), ["sell 10@99.55"]);
}

#[test]
fn a_price_is_never_outside_the_band() {
    let mut config = both(Policy::default());
    config.instruments[0].band_low = Some(px(9_971));
    config.instruments[0].band_high = Some(px(10_033));
    let mut kit = Kit::with(config.clone());
    kit.target(10);
    assert_eq!(kit.said(), ["buy 10@100.3"], "the edge, rounded away from the market");
    let mut kit = Kit::with(config);
    kit.target(-10);
    assert_eq!(kit.said(), ["sell 10@99.75"]);
}

#[test]
fn ch_1_a_chase_walks_in_steps_and_ends_as_it_says() {
    let mut kit = Kit::with(entry(chase(Then::Cancel)));
    kit.target(1_000);
    kit.live(60, Amends::Taken);
    let walk = ["100.05", "100.1", "100.15", "100.2"].map(|to| format!("amend 1000@{to}"));
    let expected: Vec<String> = std::iter::once("buy 1000@100".to_owned())
        .chain(walk)
        .chain(["cancel".to_owned()])
        .collect();
    assert_eq!(kit.said(), expected);
    let steps = [Rule::ChaseStep; 4];
    let fired: Vec<Rule> = [Rule::Mid].into_iter().chain(steps).chain([Rule::ChaseEnd]).collect();
    assert_eq!(rules(&kit), fired, "the journal names the rule that fired");
    let h = kit.engine.state().holding(H);
    assert_eq!((h.dropped, h.emitted), (Qty::whole(1_000), Qty::whole(1_000)));
    assert!(kit.alerts().contains(&"UNCONVERGED"));
    // The end of the chase is for good: the same target said again opens nothing.
    kit.target(1_000);
    kit.live(60, Amends::Taken);
    assert_eq!(kit.said().len(), 6);
}

#[test]
fn the_classic_case_a_thousand_wanted_and_twelve_filled() {
    // Chase: the price runs away, the other 988 follow it step by step, then cross.
    let policy =
        Policy { chase: Chase { bps_max: 100, ..chase(Then::Cross).chase }, ..chase(Then::Cross) };
    let mut kit = Kit::with(entry(policy));
    kit.cents(9_995, 10_005);
    kit.target(1_000);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 12);
    kit.cents(10_015, 10_025);
    kit.live(12, Amends::Taken);
    assert_eq!(kit.said(), ["buy 1000@100", "amend 1000@100.05", "amend 1000@100.1"]);
    kit.live(40, Amends::Taken);
    assert_eq!(kit.said().last().map(String::as_str), Some("amend 1000@100.75"), "crossed");
    assert_eq!(rules(&kit).last(), Some(&Rule::Crossed));
    kit.fill_some(OrderNo(1), 988);
    assert_eq!(kit.own(), Qty::whole(1_000));
    // Cancel: the other 988 are given up, the rule is in the journal, nothing is bought later.
    let policy =
        Policy { remainder: Remainder::Cancel, patience_ns: 5 * SECOND_NS, ..Policy::default() };
    let mut kit = Kit::with(entry(policy));
    kit.target(1_000);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 12);
    kit.cents(10_115, 10_125);
    kit.live(30, Amends::Taken);
    assert_eq!(kit.said(), ["buy 1000@100.5", "cancel"]);
    assert_eq!(rules(&kit), [Rule::Marketable, Rule::Patience]);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.dropped), (Qty::whole(12), Qty::whole(988)));
}

#[test]
fn a_passive_order_crosses_when_patience_ends() {
    let policy =
        Policy { style: Style::PassiveThenCross, patience_ns: 20 * SECOND_NS, ..Policy::default() };
    for (amends, expected) in [
        (Amends::Taken, vec!["buy 10@99.9", "amend 10@100.6"]),
        // A broker that refuses to amend: cancel, prove, place.
        (Amends::Refused, vec!["buy 10@99.9", "amend 10@100.6", "cancel", "buy 10@100.6"]),
    ] {
        let mut kit = Kit::with(entry(policy.clone()));
        kit.cents(9_990, 10_010);
        kit.target(10);
        kit.live(19, amends);
        assert_eq!(kit.said(), expected[..1]);
        kit.live(10, amends);
        assert_eq!(kit.said(), expected, "{amends:?}");
    }
}

#[test]
fn a_broker_that_cannot_amend_gets_a_cancel_and_a_proof_before_the_next_order() {
    let policy =
        Policy { style: Style::PassiveThenCross, patience_ns: 20 * SECOND_NS, ..Policy::default() };
    let mut config = entry(policy);
    config.descriptor.amends = AmendKind::CancelReplace;
    let mut kit = Kit::with(config);
    kit.cents(9_990, 10_010);
    kit.target(10);
    kit.answers = false;
    kit.live(25, Amends::Taken);
    assert_eq!(kit.said(), ["buy 10@99.9", "cancel"], "the broker's word is no proof");
    kit.answers = true;
    for request in kit.engine.state().wire.keys().copied().collect::<Vec<_>>() {
        kit.give_up(request);
    }
    kit.live(5, Amends::Taken);
    assert_eq!(kit.said(), ["buy 10@99.9", "cancel", "buy 10@100.6"]);
    let why = kit.events.iter().find_map(|(_, e)| match e {
        Event::CancelReleased(e) => Some(e.why),
        _ => None,
    });
    assert_eq!(why, Some(CancelWhy::Reprice));
    let h = kit.engine.state().holding(H);
    assert!(h.dropped.is_zero() && !h.is_paused(kit.now), "a reprice waives nothing");
}

#[test]
fn a_resting_order_follows_the_market_under_its_rule() {
    let policy = Policy {
        style: Style::Limit,
        requote_ns: 2 * SECOND_NS,
        requote_bps: 10,
        ..Policy::default()
    };
    let mut kit = Kit::with(entry(policy));
    kit.cents(9_990, 10_010);
    kit.target(10);
    kit.live(5, Amends::Taken);
    let Watch::Band(band) = kit.engine.watch(kit.now, InstrumentId(0)) else { panic!("no band") };
    assert_eq!(band.bid.0, px(9_985), "one tick is not worth it, two are");
    assert!(band.bid.1 < px(10_000) && band.bid.1 >= px(9_995));
    kit.cents(9_995, 10_010);
    assert!(!kit.engine.watch(kit.now, InstrumentId(0)).wakes(&kit.quote()));
    kit.live(5, Amends::Taken);
    assert_eq!(kit.said(), ["buy 10@99.9"], "five basis points are not worth a move");
    kit.cents(10_000, 10_010);
    assert!(kit.engine.watch(kit.now, InstrumentId(0)).wakes(&kit.quote()));
    kit.live(1, Amends::Taken);
    assert_eq!(kit.said(), ["buy 10@99.9", "amend 10@100"]);
    kit.cents(10_050, 10_060);
    kit.live(1, Amends::Taken);
    assert_eq!(kit.said().len(), 2, "not twice within the least time");
    kit.live(3, Amends::Taken);
    assert_eq!(kit.said()[2..], ["amend 10@100.5"]);
    assert_eq!(rules(&kit), [Rule::Near, Rule::Requote, Rule::Requote]);
}

#[test]
fn nothing_is_watched_that_cannot_move() {
    let mut kit = Kit::with(entry(Policy { style: Style::Limit, ..Policy::default() }));
    kit.cents(9_990, 10_010);
    kit.target(10);
    kit.live(5, Amends::Taken);
    assert_eq!(kit.engine.watch(kit.now, InstrumentId(0)), Watch::Nothing);
    kit.cents(10_990, 11_010);
    kit.live(60, Amends::Taken);
    assert_eq!(kit.said(), ["buy 10@99.9"], "without a rule a working order is never moved");
}

#[test]
fn an_order_is_not_amended_more_often_than_the_broker_allows() {
    let mut config = entry(chase(Then::Rest));
    config.descriptor.amends_max = Some(2);
    let mut kit = Kit::with(config);
    kit.target(10);
    kit.live(60, Amends::Taken);
    let said = kit.said();
    assert_eq!(said[..4], ["buy 10@100", "amend 10@100.05", "amend 10@100.1", "cancel"]);
    assert_eq!(said[4..], ["buy 10@100.15", "amend 10@100.2"]);
}

#[test]
fn an_exit_never_gives_up_and_ends_at_the_band() {
    let policy =
        Policy { chase: Chase { steps_max: 1, ..Chase::default() }, ..chase(Then::Cancel) };
    let mut config = both(Policy::default());
    config.strategies[0].exit = policy;
    config.instruments[0].band_low = Some(px(9_000));
    config.instruments[0].band_high = Some(px(11_000));
    let mut kit = Kit::with(config);
    kit.target(10);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 10);
    kit.target(0);
    kit.live(300, Amends::Taken);
    assert_eq!(kit.said()[1..], ["sell 10@100", "amend 10@99.95", "amend 10@90"]);
    let told = kit.alerts().into_iter().filter(|code| *code == "UNCONVERGED").count();
    assert_eq!(told, 1, "said once");
    assert_eq!(kit.engine.state().holding(H).selling, Qty::whole(10), "it keeps working");
}

#[test]
fn a_spread_that_is_too_wide_stops_entries_only() {
    let policy = Policy { spread_bps_max: 20, ..Policy::default() };
    let mut kit = Kit::with(both(policy));
    kit.cents(9_980, 10_020);
    kit.target(10);
    kit.live(5, Amends::Taken);
    assert!(kit.said().is_empty());
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Spread);
    assert_eq!(kit.engine.watch(kit.now, InstrumentId(0)), Watch::Every);
    kit.cents(9_990, 10_010);
    kit.live(1, Amends::Taken);
    assert_eq!(kit.said().len(), 1);
    kit.fill_some(OrderNo(1), 10);
    kit.cents(9_900, 10_100);
    kit.target(0);
    assert_eq!(kit.said().len(), 2, "the way out is open");
}

#[test]
fn too_little_is_unwound() {
    let policy = Policy {
        remainder: Remainder::Cancel,
        patience_ns: 5 * SECOND_NS,
        min_fill_ppm: 500_000,
        ..Policy::default()
    };
    for (filled, ends) in [(12, 0), (500, 500)] {
        let mut kit = Kit::with(entry(policy.clone()));
        kit.target(1_000);
        kit.serve(Amends::Taken);
        kit.fill_some(OrderNo(1), filled);
        kit.live(20, Amends::Taken);
        if ends == 0 {
            assert_eq!(kit.said()[2..], ["sell 12@99.5"]);
            kit.fill_some(OrderNo(2), 12);
        }
        kit.live(200, Amends::Taken);
        assert_eq!(kit.own(), Qty::whole(ends));
        assert_eq!(kit.said().len(), if ends == 0 { 3 } else { 2 }, "and stays so");
        assert_eq!(kit.engine.state().holding(H).emitted, Qty::whole(1_000));
        // Another target begins afresh.
        kit.target(900);
        assert_eq!(kit.said().last().map(String::as_str).map(|s| &s[..3]), Some("buy"));
    }
}

#[test]
fn children_are_full_size_first() {
    let mut config = entry(Policy { child_qty: Some(Qty::whole(400)), ..Policy::default() });
    let mut kit = Kit::with(config.clone());
    kit.target(1_000);
    assert_eq!(kit.said(), ["buy 400@100.5", "buy 400@100.5", "buy 200@100.5"]);
    config.instruments[0].max_qty = Some(Qty::whole(300));
    let mut kit = Kit::with(config);
    kit.target(1_000);
    let sizes: Vec<_> = kit.sent.iter().map(|(_, new)| new.qty).collect();
    assert_eq!(sizes, [300, 300, 300, 100].map(Qty::whole), "the freeze quantity too");
}

#[test]
fn an_iceberg_shows_a_part() {
    let mut kit =
        Kit::with(entry(Policy { display_qty: Some(Qty::whole(50)), ..Policy::default() }));
    kit.target(1_000);
    assert_eq!(kit.sent[0].1.display_qty, Some(Qty::whole(50)));
    let mut kit =
        Kit::with(entry(Policy { display_qty: Some(Qty::whole(50)), ..Policy::default() }));
    kit.target(50);
    assert_eq!(kit.sent[0].1.display_qty, None, "nothing is hidden");
}

/// Slices of a schedule: sizes of the orders, each filled at once.
fn slices(parent: i64, lot: i64, due: &[u32]) -> Vec<i64> {
    let curve = (0i64..)
        .zip(due)
        .map(|(n, due_ppb)| CurvePoint { after_ns: n * 10 * SECOND_NS, due_ppb: *due_ppb });
    let mut config = entry(Policy { curve: curve.collect(), ..Policy::default() });
    config.instruments[0].lot = Qty::whole(lot);
    let mut kit = Kit::with(config);
    kit.target(parent);
    for _ in due {
        kit.serve(Amends::Taken);
        let done = kit.sent.len();
        kit.fill_some(OrderNo(u64::try_from(done).unwrap()), 1_000_000);
        let h = kit.engine.state().holding(H);
        if h.own < h.rounded {
            assert_eq!(h.staged.blocked, Block::Schedule);
            assert_eq!(h.staged.admitted, h.rounded);
            assert_eq!(h.staged.released, h.own, "what is not due is not released");
        }
        kit.live(10, Amends::Taken);
    }
    assert_eq!(kit.own(), Qty::whole(parent));
    let units = |qty: Qty| i64::try_from(qty.0 / 1_000_000_000).unwrap();
    kit.sent.iter().map(|(_, new)| units(new.qty)).collect()
}

/// Cumulative parts in billionths, rounded up so that they reach their lot.
fn ppb(cumulative: &[i64]) -> Vec<u32> {
    let whole = *cumulative.last().unwrap();
    let of = |part: &i64| u32::try_from((part * 1_000_000_000 + whole - 1) / whole).unwrap();
    cumulative.iter().map(of).collect()
}

#[test]
fn tw_1_to_3_slices_are_cumulative_floors() {
    let sixths = [166_666_666, 333_333_333, 500_000_000, 666_666_666, 833_333_333, 1_000_000_000];
    assert_eq!(slices(1_000, 1, &sixths), [166, 167, 167, 166, 167, 167]);
    assert_eq!(slices(10, 1, &[333_333_333, 666_666_666, 1_000_000_000]), [3, 3, 4]);
    let quarters = [250_000_000, 500_000_000, 750_000_000, 1_000_000_000];
    assert_eq!(slices(1_950, 75, &quarters), [450, 525, 450, 525]);
}

#[test]
fn vw_1_slices_follow_the_volume() {
    assert_eq!(slices(1_000, 1, &ppb(&[300, 450, 550, 700, 1_000])), [300, 150, 100, 150, 300]);
    assert_eq!(slices(1_001, 1, &ppb(&[301, 451, 551, 701, 1_001])), [301, 150, 100, 150, 300]);
    let lots = ppb(&[1_125, 1_725, 2_100, 2_625, 3_750]);
    assert_eq!(slices(3_750, 75, &lots), [1_125, 600, 375, 525, 1_125]);
    assert_eq!(slices(100, 1, &ppb(&[34, 67, 100])), [34, 33, 33]);
}

#[test]
fn a_schedule_that_begins_later_waits_and_then_begins() {
    let curve = vec![
        CurvePoint { after_ns: 10 * SECOND_NS, due_ppb: 500_000_000 },
        CurvePoint { after_ns: 20 * SECOND_NS, due_ppb: 1_000_000_000 },
    ];
    let mut kit = Kit::with(entry(Policy { curve, ..Policy::default() }));
    kit.target(100);
    kit.live(9, Amends::Taken);
    assert!(kit.said().is_empty());
    kit.live(2, Amends::Taken);
    assert_eq!(kit.said(), ["buy 50@100.5"]);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said().len(), 2);
    // The way out of a flatten follows no schedule.
    kit.fill_some(OrderNo(1), 50);
    kit.input(kit::words::op(truefill_core::input::Command::Flatten));
    kit.live(10, Amends::Taken);
    assert!(kit.said().contains(&"sell 50@99.5".to_owned()), "{:?}", kit.said());
}

#[test]
fn pov_1_a_share_of_the_volume_has_our_own_in_it() {
    for (ppm, ours) in [(100_000, 1_000), (200_000, 2_250)] {
        let mut kit = Kit::with(entry(Policy { pov_ppm: ppm, ..Policy::default() }));
        kit.target(5_000);
        let others = |kit: &mut Kit, units| {
            let (instrument, traded) = (InstrumentId(0), Qty::whole(units));
            kit.input(Input::Volume(Volume { instrument, traded }));
            kit.live(1, Amends::Taken);
            for no in 1..=kit.sent.len() {
                kit.fill_some(OrderNo(u64::try_from(no).unwrap()), 5_000);
            }
        };
        assert!(kit.engine.wants_volume(InstrumentId(0)));
        // What was traded before counts for nothing.
        for units in [70_000, 70_005, 73_000, 79_000] {
            others(&mut kit, units);
        }
        assert_eq!(kit.own(), Qty::whole(ours), "of 9000 by others");
        others(&mut kit, 200_000);
        assert_eq!(kit.own(), Qty::whole(5_000), "never more than is wanted");
        assert!(!kit.engine.wants_volume(InstrumentId(0)));
    }
}

#[test]
fn an_order_at_the_close_waits_for_it() {
    let mut config =
        entry(Policy { style: Style::AtClose, patience_ns: 60 * SECOND_NS, ..Policy::default() });
    config.instruments[0].calendar = Some(0);
    let open = Nanos(999_000 * SECOND_NS);
    let day = |phases: &[(i64, i64, Phase)]| Calendar {
        name: "day".into(),
        phases: phases
            .iter()
            .map(|(from, until, phase)| PhaseSpan {
                from: open.plus(from * SECOND_NS),
                until: open.plus(until * SECOND_NS),
                phase: *phase,
                session: 1,
            })
            .collect(),
    };
    let auction = day(&[(0, 2_000, Phase::Continuous), (2_010, 2_100, Phase::ClosingAuction)]);
    for (calendar, begins) in [(auction, 2_010), (day(&[(0, 2_000, Phase::Continuous)]), 1_940)] {
        config.calendars = vec![calendar];
        let mut kit = Kit::with(config.clone());
        kit.target(10);
        let at = open.plus(begins * SECOND_NS);
        kit.live((at.since(kit.now)) / SECOND_NS - 1, Amends::Taken);
        assert!(kit.said().is_empty());
        assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Session);
        kit.live(2, Amends::Taken);
        assert_eq!(kit.said(), ["buy 10@100.5"]);
        assert_eq!(rules(&kit), [Rule::AtClose]);
    }
}

#[test]
fn a_given_price_stays_given() {
    let mut kit =
        Kit::with(entry(Policy { style: Style::Limit, px: Some(px(9_973)), ..Policy::default() }));
    kit.target(10);
    assert_eq!(kit.said(), ["buy 10@99.7"], "rounded away from the market");
    let wild = Quote { bid_px: px(1), ..kit.quote() };
    assert!(!kit.engine.watch(kit.now, InstrumentId(0)).wakes(&wild));
    let Request::New(new) = &kit.writes[0].1 else { panic!("a new order") };
    assert_eq!(new.stop_px, None);
}

#[test]
fn a_need_that_waits_behind_others_for_a_slot_lets_the_engine_sleep() {
    let mut config = kit::words::two_holdings();
    config.descriptor.windows[0] = Window { n: 1, per_ns: 60 * SECOND_NS, scope: Scope::Orders };
    let later = CurvePoint { after_ns: SECOND_NS, due_ppb: 1_000_000_000 };
    let scheduled = Policy { curve: vec![later], ..Policy::default() };
    config.strategies.push(Strategy::new("B", scheduled, Policy::default()));
    config.holdings[1].sleeve = SleeveId(2);
    let mut kit = Kit::with(config);
    // The minute before a first start counts as full.
    kit.wait(60);
    let target = |sleeve, holding, units| {
        let (decided, px, reopen, stop_px) = (Nanos(0), None, false, None);
        let (sleeve, holding, qty) = (SleeveId(sleeve), HoldingId(holding), Qty::whole(units));
        Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px })
    };
    kit.input(target(1, 0, 10));
    kit.input(target(1, 0, 20));
    kit.input(target(2, 1, 10));
    assert_eq!(kit.sent.len(), 1, "the slot of the minute is used");
    let h = kit.engine.state().holding(HoldingId(1));
    assert_eq!((h.staged.blocked, h.has_begun()), (Block::Schedule, false));
    assert!(kit.engine.next_deadline(kit.now) > kit.now, "nothing can be done now");
}
