//! Amends: what each outcome proves, and that no order of events lets exposure pass the target.

mod kit;

use kit::broker::Amends;
use kit::words::{refused, taken, timeout};
use kit::{H, Kit, in_place as config};
use proptest::prelude::*;
use truefill_core::event::Block;
use truefill_core::ids::OrderNo;
use truefill_core::input::{Command, Input, Start};
use truefill_core::num::Qty;
use truefill_core::report::{NotSent, OrdStatus, Outcome, RejectCode};
use truefill_core::request::Request;
use truefill_core::time::SECOND_NS;

/// A hundred bought and resting, then sixty wanted: an amend is under way.
fn amending() -> Kit {
    let mut kit = Kit::with(config());
    kit.target(100);
    kit.serve(Amends::Taken);
    kit.target(60);
    assert_eq!(kit.said(), ["buy 100@100.5", "amend 60@100.5"]);
    kit.served += 1;
    kit
}

#[test]
fn the_larger_side_counts_until_the_amend_is_settled() {
    let mut kit = amending();
    let buying = |kit: &Kit| kit.engine.state().holding(H).buying;
    assert_eq!(buying(&kit), Qty::whole(100));
    let (request, _) = kit.amends[0].clone();
    kit.reply(request, taken());
    assert_eq!(buying(&kit), Qty::whole(100), "the read that was asked shows the old terms still");
    assert_eq!(kit.order(1).qty(), Qty::whole(60));
    let id = kit.order(1).ticket.cl_ord_id;
    kit.row_mut(id).qty = Qty::whole(60);
    kit.wait(5);
    assert_eq!(buying(&kit), Qty::whole(60));
}

#[test]
fn what_an_amend_took_away_is_free_when_a_read_shows_that_it_was_not_filled_before() {
    // Eighty were filled before the amend to sixty arrived, and nobody told of it.
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.answers = false;
    kit.reply(request, taken());
    kit.target(100);
    kit.wait(1);
    assert_eq!(kit.said().len(), 2, "forty more would make a hundred and twenty");
    let id = kit.order(1).ticket.cl_ord_id;
    (kit.row_mut(id).cum, kit.row_mut(id).status) = (Qty::whole(80), OrdStatus::Canceled);
    kit.truth.position = Qty::whole(80);
    kit.answers = true;
    for request in kit.engine.state().wire.keys().copied().collect::<Vec<_>>() {
        kit.give_up(request);
    }
    kit.wait(10);
    assert_eq!(kit.own(), Qty::whole(80));
    assert!(kit.engine.state().holding(H).buying <= Qty::whole(20), "never past the target");
}

#[test]
fn while_an_amend_is_under_way_nothing_else_of_the_order_is() {
    let mut kit = amending();
    kit.target(0);
    kit.wait(2);
    assert_eq!(kit.writes.len(), 2, "neither amended nor cancelled");
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Amending);
    kit.input(kit::words::op(Command::Kill));
    assert_eq!(kit.said().last().map(String::as_str), Some("cancel"), "kill does not wait");
}

#[test]
fn a_refused_amend_leaves_the_old_terms_is_looked_up_and_not_tried_again() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    let asked = kit.asks;
    kit.reply(request, refused(RejectCode::Invalid));
    assert!(kit.asks > asked, "the order is looked up");
    assert!(!kit.order(1).known.unchecked, "and was seen");
    assert_eq!(kit.said()[2..], ["cancel"]);
    kit.live(10, Amends::Taken);
    assert_eq!(kit.said()[3..], ["buy 60@100.5"], "cancelled, proven, placed anew");
}

#[test]
fn an_amend_that_was_not_sent_is_tried_again() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.reply(request, Outcome::NotSent(NotSent {}));
    assert_eq!(kit.said()[2..], ["amend 60@100.5"]);
}

#[test]
fn an_unknown_amend_counts_in_full_until_a_read_shows_the_new_terms() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.answers = false;
    kit.reply(request, timeout());
    kit.target(100);
    kit.wait(1);
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(100));
    let id = kit.order(1).ticket.cl_ord_id;
    kit.row_mut(id).qty = Qty::whole(60);
    kit.answers = true;
    for request in kit.engine.state().wire.keys().copied().collect::<Vec<_>>() {
        kit.give_up(request);
    }
    kit.live(10, Amends::Taken);
    assert_eq!(kit.order(1).qty(), Qty::whole(60));
    // The increase is a new order.
    assert_eq!(kit.said().last().map(String::as_str), Some("buy 40@100.5"));
}

#[test]
fn a_lost_amend_is_settled_when_it_cannot_arrive_any_more() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.target(100);
    kit.reply(request, timeout());
    kit.wait(25);
    assert!(kit.order(1).known.terms.pending.is_some(), "it may still arrive");
    kit.wait(10);
    assert!(kit.order(1).known.terms.pending.is_none());
    assert_eq!(kit.order(1).qty(), Qty::whole(100));
    assert_eq!(kit.writes.len(), 2, "the order of a hundred is what is wanted again");
}

/// It may have come after the one that was sent in its place: which is in force, nobody can know.
#[test]
fn a_yes_to_an_amend_that_was_given_up_is_told() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.target(100);
    kit.reply(request, timeout());
    kit.wait(40);
    assert!(kit.order(1).known.terms.pending.is_none() && !kit.alerts().contains(&"OUT_OF_ORDER"));
    kit.reply(request, taken());
    assert!(kit.alerts().contains(&"OUT_OF_ORDER"), "{:?}", kit.alerts());
}

#[test]
fn a_late_yes_after_a_timeout_is_evidence() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.answers = false;
    kit.reply(request, timeout());
    kit.reply(request, taken());
    assert_eq!(kit.order(1).qty(), Qty::whole(60));
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(100), "not before it is read");
}

#[test]
fn a_fill_beyond_the_new_quantity_is_booked_and_ends_the_order() {
    let mut kit = amending();
    let (request, _) = kit.amends[0].clone();
    kit.fill_some(OrderNo(1), 70);
    kit.reply(request, refused(RejectCode::Invalid));
    kit.live(10, Amends::Taken);
    assert_eq!(kit.own(), Qty::whole(70));
    assert_eq!(kit.said()[2..], ["cancel", "sell 10@99.5"]);
}

#[test]
fn a_restart_makes_an_amend_unknown() {
    let mut kit = amending();
    kit.answers = false;
    kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    let pending = kit.order(1).known.terms.pending.clone();
    assert!(pending.is_some_and(|amend| amend.unclear));
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(100));
}

#[test]
fn before_the_account_is_read_excess_is_cancelled_and_never_amended() {
    let mut kit = Kit::with(config());
    kit.target(100);
    kit.serve(Amends::Taken);
    kit.answers = false;
    kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    kit.wait(1);
    kit.target(60);
    kit.wait(10);
    assert_eq!(kit.said()[1..], ["cancel"]);
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Act {
    Target(i64),
    Fill(u64, i64),
    /// A fill whose message is told only later.
    Quiet(u64, i64),
    Serve(Amends),
    /// A write is answered as unknown; the broker did it or not.
    Wait(i64),
    Quote(i64),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let amends = prop::sample::select(vec![
        Amends::Taken,
        Amends::Taken,
        Amends::Refused,
        Amends::Silent,
        Amends::Lost,
    ]);
    prop_oneof![
        3 => (-20i64..=20).prop_map(|n| Act::Target(n * 10)),
        4 => (1u64..12, 1i64..80).prop_map(|(no, n)| Act::Fill(no, n)),
        2 => (1u64..12, 1i64..80).prop_map(|(no, n)| Act::Quiet(no, n)),
        5 => amends.prop_map(Act::Serve),
        4 => (1i64..8).prop_map(Act::Wait),
        2 => (9_900i64..10_100).prop_map(Act::Quote),
        1 => Just(Act::Restart),
    ]
}

/// What the broker holds and all that may still fill there, in both directions.
fn worst(kit: &Kit) -> (Qty, Qty) {
    let (mut high, mut low) = (kit.truth.position, kit.truth.position);
    for row in kit.truth.orders.iter().filter(|r| r.status == OrdStatus::Open) {
        let leaves = row.side.signed(row.qty - row.cum);
        if leaves.0 > 0 { high += leaves } else { low += leaves }
    }
    (low, high)
}

/// Policies of which each moves orders in its own way.
fn policies(which: u8) -> truefill_core::config::Config {
    use truefill_core::config::*;
    let base = Policy { requote_ns: SECOND_NS, ..Policy::default() };
    let entry = match which % 4 {
        0 => Policy { style: Style::Limit, ..base.clone() },
        1 => Policy { style: Style::PassiveThenCross, patience_ns: 3 * SECOND_NS, ..base.clone() },
        2 => Policy { style: Style::Limit, remainder: Remainder::Chase, ..base.clone() },
        _ => Policy { child_qty: Some(Qty::whole(30)), ..base.clone() },
    };
    let exit = Policy { remainder: Remainder::Chase, ..base };
    let mut config = config();
    config.strategies = vec![Strategy::new("A", entry, exit)];
    if which > 170 {
        config.descriptor.amends = AmendKind::CancelReplace;
    }
    config.descriptor.amends_max = which.is_multiple_of(3).then_some(3);
    config
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_outcomes_and_fills_overshoots(
        which in any::<u8>(),
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut kit = Kit::with(policies(which));
        let mut late: Vec<Input> = Vec::new();
        let (mut most, mut least) = (0, 0);
        let mut epoch = 1_000_000_000;
        for act in acts {
            match act {
                Act::Target(units) => {
                    (most, least) = (most.max(units), least.min(units));
                    kit.target(units);
                }
                Act::Fill(no, units) => kit.fill_some(OrderNo(no), units),
                Act::Quiet(no, units) => late.extend(kit.fill_quietly(OrderNo(no), units)),
                Act::Serve(amends) => kit.serve(amends),
                Act::Wait(seconds) => kit.live(seconds, Amends::Taken),
                Act::Quote(cents) => kit.cents(cents - 10, cents + 10),
                Act::Restart => {
                    epoch += 1_000_000;
                    // What was under way was sent.
                    kit.input(Input::Start(Start { epoch }));
                }
            }
            let (low, high) = worst(&kit);
            prop_assert!(high <= Qty::whole(most), "{high} above {most}: {:?}", kit.said());
            prop_assert!(low >= Qty::whole(least), "{low} below {least}: {:?}", kit.said());
        }
        late.into_iter().for_each(|push| kit.input(push));
        kit.live(120, Amends::Taken);
        prop_assert_eq!(kit.own(), kit.truth.position);
        let one = kit.writes.iter().filter(|(_, w)| matches!(w, Request::Amend(_))).count();
        prop_assert!(kit.writes.len() < 2_000 && one < 2_000, "it comes to rest");
    }
}
