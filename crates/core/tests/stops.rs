//! Protective stops: one rests for what is held, gives way to an exit, and is not bought back.

mod kit;

use kit::broker::Amends;
use kit::{H, Kit, in_place as config};
use proptest::prelude::*;
use truefill_core::config::AmendKind;
use truefill_core::event::{Block, Lane};
use truefill_core::ids::{OrderNo, SleeveId};
use truefill_core::input::{Channel, Command, Input, LinkChange, Start, Target};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::order::Intent;
use truefill_core::report::OrdStatus;
use truefill_core::request::Side;
use truefill_core::time::SECOND_NS;

fn target(kit: &mut Kit, units: i64, stop: Option<i64>) {
    kit.input(Input::Target(Target {
        sleeve: SleeveId(1),
        holding: H,
        qty: Qty::whole(units),
        decided: kit.now,
        px: None,
        reopen: false,
        stop_px: stop.map(Px::whole),
    }));
}

/// A hundred held, with a stop at 90 resting.
fn stopped(config: truefill_core::config::Config) -> Kit {
    let mut kit = Kit::with(config);
    target(&mut kit, 100, Some(90));
    kit.serve(Amends::Taken);
    assert_eq!(kit.said(), ["buy 100@100.5"], "nothing is held yet");
    kit.fill_some(OrderNo(1), 100);
    kit.serve(Amends::Taken);
    assert_eq!(kit.said()[1..], ["sell 100@89.55"]);
    kit
}

fn no_amends() -> truefill_core::config::Config {
    let mut config = config();
    config.descriptor.amends = AmendKind::CancelReplace;
    config
}

#[test]
fn a_stop_rests_for_what_is_held_outside_everything_else() {
    let kit = stopped(config());
    let new = &kit.sent[1].1;
    assert_eq!((new.stop_px, new.side), (Some(Px::whole(90)), Side::Sell));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.selling, h.buying), (Qty::ZERO, Qty::ZERO));
    let s = &h.staged;
    assert_eq!([s.admitted, s.released, s.accepted, s.filled], [Qty::whole(100); 4]);
}

#[test]
fn no_stop_where_the_exchange_has_none() {
    let mut config = config();
    config.descriptor.stops = false;
    let mut kit = Kit::with(config);
    target(&mut kit, 100, Some(90));
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 100);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said().len(), 1);
}

#[test]
fn no_stop_leaves_that_the_exchange_would_refuse_as_too_small() {
    let mut config = config();
    config.instruments[0].min_notional = Amount(5_000 * NANO * NANO);
    let mut kit = Kit::with(config);
    target(&mut kit, 100, Some(90));
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 25);
    kit.live(60, Amends::Taken);
    assert_eq!(kit.said(), ["buy 100@100.5"], "25 at 89.55 are worth less than 5000");
    kit.fill_some(OrderNo(1), 75);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[1..], ["sell 100@89.55"]);
}

#[test]
fn it_grows_with_the_position() {
    let mut kit = Kit::with(config());
    target(&mut kit, 100, Some(90));
    kit.serve(Amends::Taken);
    for _ in 0..4 {
        kit.fill_some(OrderNo(1), 25);
        kit.serve(Amends::Taken);
    }
    let amends = ["amend 50@89.55", "amend 75@89.55", "amend 100@89.55"];
    assert_eq!(kit.said()[1..], [&["sell 25@89.55"][..], &amends].concat());
}

#[test]
fn it_is_free_and_proven_to_be_before_an_exit_leaves() {
    for config in [config(), no_amends()] {
        let mut kit = stopped(config);
        kit.answers = false;
        target(&mut kit, 0, Some(90));
        assert_eq!(kit.said()[2..], ["cancel"]);
        kit.serve(Amends::Taken);
        kit.wait(2);
        assert_eq!(kit.said()[2..], ["cancel"], "the broker's word is no proof");
        kit.answers = true;
        for request in kit.engine.state().wire.keys().copied().collect::<Vec<_>>() {
            kit.give_up(request);
        }
        kit.live(10, Amends::Taken);
        assert_eq!(kit.said()[3..], ["sell 100@99.5"]);
    }
}

#[test]
fn it_keeps_what_an_exit_leaves() {
    let mut kit = stopped(config());
    target(&mut kit, 40, Some(90));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[2..], ["amend 40@89.55", "sell 60@99.5"]);
    kit.fill_some(OrderNo(3), 60);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said().len(), 4, "forty held, forty protected");
    let mut kit = stopped(no_amends());
    target(&mut kit, 40, Some(90));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[2..], ["cancel", "sell 60@99.5", "sell 40@89.55"]);
}

#[test]
fn an_exit_that_cannot_leave_frees_no_stop() {
    let mut kit = stopped(config());
    let rest = truefill_core::input::Channel::Rest;
    let link = |up| Input::Link(truefill_core::input::LinkChange { channel: rest, up });
    kit.input(link(false));
    target(&mut kit, 0, Some(90));
    kit.wait(30);
    assert_eq!(kit.said().len(), 2);
}

#[test]
fn another_stop_price_moves_it_and_nothing_else() {
    let mut kit = stopped(config());
    target(&mut kit, 100, Some(95));
    kit.live(5, Amends::Taken);
    assert_eq!(kit.said()[2..], ["amend 100@94.53"]);
    assert_eq!(kit.order(2).stop_px(), Some(Px::whole(95)));
    target(&mut kit, 100, None);
    kit.live(5, Amends::Taken);
    assert_eq!(kit.said()[3..], ["cancel"]);
}

#[test]
fn what_it_closed_is_not_bought_back() {
    let mut kit = stopped(config());
    kit.fill_some(OrderNo(2), 100);
    assert!(kit.alerts().contains(&"UNCONVERGED"));
    target(&mut kit, 100, Some(90));
    kit.live(100, Amends::Taken);
    assert_eq!((kit.own(), kit.said().len()), (Qty::ZERO, 2));
    let s = &kit.engine.state().holding(H).staged;
    assert_eq!((s.admitted, s.accepted), (Qty::whole(100), Qty::whole(100)), "dropped, not lost");
    target(&mut kit, 50, Some(90));
    assert_eq!(kit.said()[2..], ["buy 50@100.5"], "another target is another matter");
}

/// It was shown as cancelled, and closed what was sold meanwhile once more.
#[test]
fn what_it_does_beyond_the_position_is_taken_back() {
    let mut config = config();
    config.descriptor.amends = truefill_core::config::AmendKind::Never;
    let mut kit = stopped(config);
    target(&mut kit, 40, Some(90));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[2..], ["cancel", "sell 60@99.5", "sell 40@89.55"]);
    kit.fill_some(OrderNo(3), 60);
    kit.live(10, Amends::Taken);
    kit.was_not_over(OrderNo(2));
    kit.fill_some(OrderNo(2), 100);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.own(), Qty::whole(-60));
    assert_eq!(kit.said().last().map(String::as_str), Some("buy 60@100.5"), "{:?}", kit.said());
}

#[test]
fn a_kill_cancels_it_and_a_flatten_frees_it_first() {
    let mut kit = stopped(config());
    kit.input(kit::words::op(Command::Kill));
    assert_eq!(kit.said()[2..], ["cancel"]);
    let mut kit = stopped(config());
    kit.input(kit::words::op(Command::Flatten));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[2..], ["cancel", "sell 100@99.5"]);
    kit.fill_some(OrderNo(3), 100);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.engine.state().mode.as_str(), "halted");
}

#[test]
fn a_stop_that_triggers_while_it_is_cancelled_is_no_double_exit() {
    let mut kit = stopped(config());
    target(&mut kit, 0, Some(90));
    assert_eq!(kit.said()[2..], ["cancel"]);
    kit.fill_some(OrderNo(2), 70);
    kit.live(20, Amends::Taken);
    assert_eq!(kit.said()[3..], ["sell 30@99.5"]);
    kit.fill_some(OrderNo(3), 30);
    kit.live(20, Amends::Taken);
    assert_eq!((kit.own(), kit.truth.position), (Qty::ZERO, Qty::ZERO));
}

#[test]
fn a_short_position_has_its_mirror() {
    let mut kit = Kit::with(config());
    target(&mut kit, -100, Some(110));
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 100);
    kit.serve(Amends::Taken);
    assert_eq!(kit.said()[1..], ["buy 100@110.55"]);
    target(&mut kit, 0, None);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[2..], ["cancel", "buy 100@100.5"]);
}

#[test]
fn a_resting_stop_keeps_no_need_alive() {
    let mut kit = Kit::with(config());
    target(&mut kit, 100, Some(90));
    assert!(kit.engine.state().holding(H).has_begun());
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 100);
    kit.live(10, Amends::Taken);
    let h = kit.engine.state().holding(H);
    assert!(!h.open.is_empty() && !h.has_begun(), "a later need has patience of its own");
}

#[test]
fn too_little_is_unwound_although_a_stop_rests_for_it() {
    use truefill_core::config::{Policy, Remainder};
    let mut config = config();
    config.strategies[0].entry = Policy {
        remainder: Remainder::Cancel,
        patience_ns: 5 * SECOND_NS,
        min_fill_ppm: 500_000,
        ..Policy::default()
    };
    let mut kit = Kit::with(config);
    target(&mut kit, 1_000, Some(90));
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 12);
    kit.live(20, Amends::Taken);
    let said = ["sell 12@89.55", "cancel", "cancel", "sell 12@99.5"];
    assert_eq!(kit.said()[1..], said, "the order, then the stop, then the way out");
}

#[test]
fn a_stop_that_could_not_leave_when_it_was_wanted_leaves_once_the_way_is_free() {
    // What is held became known, or was freed, while nothing may be sent: after a start, before
    // the account was read, and without a link.
    let mut kit = Kit::with(no_amends());
    target(&mut kit, 10, None);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 10);
    target(&mut kit, 0, None);
    kit.live(1, Amends::Taken);
    target(&mut kit, 10, None);
    kit.input(Input::Start(Start { epoch: 1_001_000_000 }));
    target(&mut kit, 10, Some(80));
    kit.serve(Amends::Taken);
    kit.input(Input::Start(Start { epoch: 1_002_000_000 }));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said().last().map(String::as_str), Some("sell 10@79.6"), "{:?}", kit.said());
    let mut kit = Kit::with(config());
    target(&mut kit, 100, Some(90));
    kit.serve(Amends::Taken);
    let link = |up| Input::Link(LinkChange { channel: Channel::Rest, up });
    kit.input(link(false));
    kit.fill_some(OrderNo(1), 100);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said(), ["buy 100@100.5"]);
    let staged = &kit.engine.state().holding(H).staged;
    assert_eq!((staged.lane, staged.blocked), (Lane::Reduce, Block::Link), "and it says so");
    kit.input(link(true));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[1..], ["sell 100@89.55"]);
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Target(i64, Option<i64>),
    Fill(u64, i64),
    Serve(Amends),
    Live(i64, Amends),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let amends =
        || prop::sample::select(vec![Amends::Taken, Amends::Refused, Amends::Silent, Amends::Lost]);
    let stop = || prop::option::weighted(0.8, 80i64..99);
    prop_oneof![
        3 => (0i64..=20, stop()).prop_map(|(n, stop)| Act::Target(n * 10, stop)),
        5 => (1u64..16, 1i64..80).prop_map(|(no, n)| Act::Fill(no, n)),
        4 => amends().prop_map(Act::Serve),
        4 => (1i64..8, amends()).prop_map(|(s, amends)| Act::Live(s, amends)),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is filled, in whatever order: what is long never goes short, and in the end one
    /// stop rests for exactly what is held.
    #[test]
    fn exits_and_stops_together_never_sell_more_than_is_held(
        native in any::<bool>(),
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut kit = Kit::with(if native { config() } else { no_amends() });
        let mut epoch = 1_000_000_000;
        for act in acts {
            match act {
                Act::Target(units, stop) => target(&mut kit, units, stop),
                Act::Fill(no, units) => kit.fill_some(OrderNo(no), units),
                Act::Serve(amends) => kit.serve(amends),
                Act::Live(seconds, amends) => kit.live(seconds, amends),
                Act::Restart => {
                    epoch += 1_000_000;
                    kit.input(Input::Start(Start { epoch }));
                }
            }
            let open = kit.truth.orders.iter().filter(|r| r.status == OrdStatus::Open);
            let sells = open.filter(|r| r.side == Side::Sell).map(|r| r.qty - r.cum).sum::<Qty>();
            prop_assert!(sells <= kit.truth.position, "{sells} for sale: {:?}", kit.said());
        }
        kit.live(150, Amends::Taken);
        for no in 1..60 {
            let exit = kit.engine.state().orders.get(OrderNo(no)).map(|o| o.ticket.intent);
            if exit.is_some_and(|intent| intent != Intent::Protect) {
                kit.fill_some(OrderNo(no), 1_000);
                kit.live(5, Amends::Taken);
            }
        }
        kit.live(30, Amends::Taken);
        let h = kit.engine.state().holding(H);
        prop_assert_eq!(h.own, kit.truth.position);
        let open = h.open.iter().filter_map(|no| kit.engine.state().orders.open.get(no));
        let stops: Vec<Qty> = open.filter(|o| !o.is_exposure()).map(|o| o.leaves()).collect();
        let wanted = if h.stop_px.is_some() && h.own.0 > 0 { vec![h.own] } else { vec![] };
        prop_assert_eq!(stops, wanted, "{:?}", kit.said());
    }
}
