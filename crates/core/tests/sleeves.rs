//! Several strategies on one holding key: what each holds, wants and is told.

mod kit;

use kit::desk::*;
use kit::{H, config};
use proptest::prelude::*;
use truefill_core::config::{Calendar, Config, OnExternal, Phase, PhaseSpan, Policy, Remainder};
use truefill_core::event::{Event, Freeze};
use truefill_core::ids::SleeveId;
use truefill_core::input::{Adopt, DayEnd, Enable, Envelope, Input, Start, Target, Tick};
use truefill_core::num::{Px, Qty};
use truefill_core::order::shares::Share;
use truefill_core::report::{
    BustReport, FillReport, News, OrdStatus, Outcome, Refused, RejectCode,
};
use truefill_core::request::NewOrder;
use truefill_core::time::{Nanos, SECOND_NS};

#[test]
fn strategies_that_agree_share_one_order_and_its_fills() {
    let mut desk = Desk::new(shared());
    desk.want(A, 60);
    desk.fill_all();
    desk.want(B, 30);
    desk.want(A, 120);
    // B's order waits for nobody; A's comes beside it.
    let sum: Qty = desk.kit.sent.iter().map(|(_, new)| new.qty).sum();
    assert_eq!(sum, q(150));
    desk.fill_all();
    assert_eq!(desk.owns(), [q(120), q(30), q(0)]);
    desk.check(false);
}

#[test]
fn a_partial_fill_goes_by_shares_and_largest_remainder() {
    let mut config = shared();
    // Both targets are there before the first order can leave.
    config.descriptor.windows[0].n = 1;
    let mut desk = Desk::new(config);
    desk.want(C, 1);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.want(C, 11);
    desk.fill_all();
    desk.wait(3);
    let share = |sleeve, units| Share { sleeve, qty: q(units) };
    assert_eq!(desk.last_shares(), [share(A, 60), share(B, 30), share(C, 10)]);
    desk.fill(25);
    assert_eq!(desk.owns(), [q(15), q(8), q(1 + 2)], "15, 7.5 and 2.5: the first half wins");
    desk.fill(1);
    assert_eq!(desk.owns(), [q(16), q(8), q(1 + 2)]);
    desk.check(false);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(30), q(11)]);
}

#[test]
fn opposite_needs_net_and_people_are_told_once() {
    let mut desk = Desk::new(shared());
    desk.want(A, 100);
    desk.fill_all();
    desk.want(A, 0);
    desk.fill_all();
    desk.want(B, -40);
    desk.want(A, 100);
    desk.wait(10);
    desk.fill_all();
    // B sells 40 or it nets with A: the key ends at 60 in any case.
    assert_eq!(desk.state().holding(H).own, q(60));
    desk.wait(100);
    desk.fill_all();
    let sum: Qty = desk.owns().into_iter().sum();
    assert_eq!(sum, q(60));
    desk.check(false);

    let mut desk = Desk::new(shared());
    desk.want(A, 100);
    desk.fill_all();
    desk.kit.has_quote = false;
    desk.want(A, 60);
    desk.want(B, 40);
    desk.quote_again();
    desk.wait(60);
    assert_eq!(desk.kit.sent.len(), 1, "what nets is traded for nobody");
    assert_eq!(desk.owns(), [q(100), q(0), q(0)]);
    let told = desk
        .kit
        .events
        .iter()
        .filter(|(_, e)| matches!(e, Event::Alert(a) if a.text.contains("opposite sides")));
    assert_eq!(told.count(), 1);
    desk.want(B, 50);
    assert_eq!(desk.last_shares(), [Share { sleeve: B, qty: q(10) }], "beyond the net it trades");
    desk.fill_all();
    assert_eq!(desk.owns(), [q(100), q(10), q(0)]);
    desk.check(false);
}

fn crossing() -> Config {
    Config { crossing: true, ..shared() }
}

#[test]
fn with_crossing_opposite_needs_trade_inside_at_mid() {
    let mut desk = Desk::new(crossing());
    desk.want(A, 100);
    desk.fill_all();
    (desk.kit.bid, desk.kit.ask) = (101, 103);
    desk.kit.has_quote = false;
    desk.want(A, 60);
    desk.want(B, 50);
    assert_eq!(desk.owns(), [q(100), q(0), q(0)], "no quote, no cross");
    desk.quote_again();
    desk.wait(1);
    assert_eq!(desk.owns(), [q(60), q(40), q(0)]);
    let crossed = desk.kit.events.iter().find_map(|(_, e)| match e {
        Event::Crossed(e) => Some(e.clone()),
        _ => None,
    });
    let crossed = crossed.expect("they crossed");
    assert_eq!(
        (crossed.buyer, crossed.seller, crossed.qty, crossed.px),
        (B, A, q(40), Px::whole(102))
    );
    let cash: Vec<_> = desk.state().holding(H).sleeves.iter().map(|s| s.cash).collect();
    assert_eq!(cash[1], -q(40).times(Px::whole(102)));
    assert_eq!(desk.kit.sent.len(), 2, "what is left is bought at the market");
    assert_eq!(desk.last_shares(), [Share { sleeve: B, qty: q(10) }]);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(50), q(0)]);
    desk.check(false);
}

#[test]
fn no_cross_outside_continuous_trading_or_while_frozen() {
    let mut config = crossing();
    let phase = |from, until, phase| PhaseSpan { from, until, phase, session: 1 };
    let at = |seconds| Nanos(1_000_000 * SECOND_NS).plus(seconds * SECOND_NS);
    config.instruments[0].calendar = Some(0);
    config.calendars = vec![Calendar {
        name: "x".into(),
        phases: vec![
            phase(at(0), at(300), Phase::Continuous),
            phase(at(300), at(400), Phase::ClosingAuction),
            phase(at(400), at(4_000), Phase::Continuous),
        ],
    }];
    let mut desk = Desk::new(config);
    desk.want(A, 100);
    desk.fill_all();
    while desk.kit.now < at(301) {
        desk.wait(1);
    }
    desk.kit.has_quote = false;
    desk.want(A, 60);
    desk.want(B, 40);
    desk.quote_again();
    desk.kit.input(Input::DayEnd(DayEnd {}));
    assert_eq!(desk.owns(), [q(100), q(0), q(0)], "in an auction nothing crosses");
    while desk.kit.now < at(401) {
        desk.wait(1);
    }
    desk.input(Input::Tick(Tick {}));
    assert_eq!(desk.owns(), [q(60), q(40), q(0)]);
}

#[test]
fn a_flip_goes_through_zero_and_each_book_ends_where_it_wants() {
    let mut desk = Desk::new(shared());
    desk.want(A, 50);
    desk.fill_all();
    desk.want(B, 30);
    desk.fill_all();
    desk.want(A, -20);
    desk.want(B, -10);
    for _ in 0..6 {
        desk.fill_all();
        desk.wait(5);
    }
    assert_eq!(desk.owns(), [q(-20), q(-10), q(0)]);
    desk.check(false);
}

#[test]
fn a_share_that_is_not_wanted_any_more_is_cancelled_even_if_another_wants_as_much() {
    let mut desk = Desk::new(shared());
    desk.want(A, 60);
    assert_eq!(desk.kit.sent.len(), 1);
    desk.kit.has_quote = false;
    desk.want(A, 10);
    desk.want(B, 50);
    desk.quote_again();
    desk.wait(20);
    desk.fill_all();
    desk.wait(5);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(10), q(50), q(0)]);
    desk.check(false);
}

#[test]
fn a_waived_remainder_is_waived_for_those_who_wanted_it() {
    let mut config = shared();
    for who in &mut config.strategies {
        who.entry = Policy {
            remainder: Remainder::Cancel,
            patience_ns: 2 * SECOND_NS,
            ..who.entry.clone()
        };
    }
    config.descriptor.windows[0].n = 1;
    let mut desk = Desk::new(config);
    desk.want(C, 1);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.fill_all();
    desk.wait(1);
    assert_eq!(desk.last_shares().len(), 2);
    desk.fill(30);
    desk.wait(30);
    let waived: Vec<Qty> = desk.state().holding(H).sleeves.iter().map(|s| s.dropped).collect();
    assert_eq!(waived, [q(40), q(20), q(0)]);
    assert_eq!(desk.state().holding(H).dropped, q(60));
    let orders = desk.kit.sent.len();
    desk.want(B, 35);
    assert_eq!(desk.kit.sent.len(), orders + 1);
    assert_eq!(desk.last_shares(), [Share { sleeve: B, qty: q(25) }], "only B asked again");
    desk.check(false);
}

#[test]
fn a_refused_order_is_refused_for_its_sleeves() {
    let mut desk = Desk::new(shared());
    desk.want(A, 60);
    let (request, _) = desk.kit.sent[0].clone();
    // The desk took it; a second order is refused before the desk sees it.
    desk.fill_all();
    let holding = H;
    let (qty, decided, px, reopen, stop_px) = (q(30), desk.kit.now, None, false, None);
    let target = Target { sleeve: B, holding, qty, decided, px, reopen, stop_px };
    desk.kit.input(Input::Target(target));
    let (second, _) = desk.kit.sent[1].clone();
    assert_ne!(second, request);
    let (code, text) = (RejectCode::Invalid, text("no such thing"));
    desk.taken = 2;
    desk.kit.reply(second, Outcome::Refused(Refused { code, text, retry_after_ns: None }));
    let rejected: Vec<Qty> = desk.state().holding(H).sleeves.iter().map(|s| s.rejected).collect();
    assert_eq!(rejected, [q(0), q(30), q(0)]);
    desk.check(false);
}

#[test]
fn somebody_elses_trade_eats_into_the_largest_book_first() {
    let mut config = shared();
    config.recon.on_external = OnExternal::Hold;
    let mut desk = Desk::new(config);
    desk.want(A, 30);
    desk.fill_all();
    desk.want(B, 100);
    desk.fill_all();
    desk.by_hand(-110);
    assert_eq!(desk.owns(), [q(20), q(0), q(0)], "all of B, then of A");
    assert_eq!(desk.state().holding(H).frozen, Some(Freeze::External));
    desk.by_hand(40);
    assert_eq!(desk.state().holding(H).manual, q(40), "what eats into nobody is nobody's");
    desk.check(false);
}

#[test]
fn what_was_found_is_adopted_by_the_named_strategy_in_part() {
    let mut desk = Desk::new(shared());
    desk.kit.engine = truefill_core::engine::Engine::new(shared()).expect("right");
    desk.kit.truth.position = q(30);
    desk.kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    desk.wait(10);
    desk.want(B, 50);
    assert!(desk.kit.sent.is_empty());
    desk.input(Input::Adopt(Adopt { holding: H, sleeve: SleeveId(9), qty: q(20), by: None }));
    assert_eq!(desk.owns(), [q(0); 3], "a stranger adopts nothing");
    desk.input(Input::Adopt(Adopt { holding: H, sleeve: B, qty: q(20), by: None }));
    assert_eq!(desk.owns(), [q(0), q(20), q(0)]);
    assert_eq!(desk.state().holding(H).manual, q(10));
    assert_eq!(desk.last_shares(), [Share { sleeve: B, qty: q(30) }]);
    desk.check(false);
}

#[test]
fn a_late_fill_takes_the_place_of_what_was_adopted_for_its_strategy() {
    let mut desk = Desk::new(shared());
    desk.want(B, -40);
    desk.fill_all();
    desk.want(A, -10);
    let (new, ..) = desk.live.last().cloned().expect("sent");
    // Ten more are sold, and no list says by whom; the operator says for whom.
    desk.kit.truth.position = q(-50);
    desk.wait(200);
    assert_eq!(desk.state().holding(H).manual, q(-10));
    desk.input(Input::Adopt(Adopt { holding: H, sleeve: C, qty: q(-10), by: None }));
    assert_eq!(desk.owns(), [q(0), q(-40), q(-10)]);
    // It was the order of A: what C was given goes back, and nothing of B.
    let late = kit::words::status(&desk.kit, &new, OrdStatus::Filled, Some(10));
    desk.kit.input(late);
    assert_eq!(desk.owns(), [q(-10), q(-40), q(0)]);
}

#[test]
fn a_disabled_strategy_keeps_its_position_and_its_target_waits() {
    let mut desk = Desk::new(shared());
    desk.input(Input::Enable(Enable { sleeve: B, on: false }));
    desk.want(B, 40);
    desk.wait(10);
    assert!(desk.kit.sent.is_empty(), "its target does not count");
    desk.input(Input::Enable(Enable { sleeve: B, on: true }));
    assert_eq!(desk.last_shares(), [Share { sleeve: B, qty: q(40) }]);
    desk.fill(10);
    desk.input(Input::Enable(Enable { sleeve: B, on: false }));
    desk.wait(20);
    assert_eq!(desk.kit.cancels.len(), 1, "what it has in the market is cancelled");
    desk.want(A, 5);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(5), q(10), q(0)], "its position stays");
    desk.want(B, 0);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(5), q(0), q(0)], "zero may still be reached");
    desk.input(Input::Enable(Enable { sleeve: SleeveId(77), on: false }));
    assert!(desk.state().disabled.len() == 1, "a strategy that does not exist is not switched");
    desk.check(false);
}

#[test]
fn a_lone_strategy_is_switched_off_too() {
    let mut desk = Desk::new(config());
    desk.want(A, 10);
    desk.fill_all();
    desk.input(Input::Enable(Enable { sleeve: A, on: false }));
    desk.want(A, 20);
    desk.wait(10);
    assert_eq!((desk.kit.sent.len(), desk.state().holding(H).own), (1, q(10)));
    desk.input(Input::Enable(Enable { sleeve: A, on: true }));
    assert_eq!(desk.kit.sent.len(), 2);
}

#[test]
fn a_limit_of_the_key_is_shared_by_those_who_want_more() {
    let mut config = shared();
    config.risk.position_qty_max = Some(q(60));
    config.descriptor.windows[0].n = 1;
    let mut desk = Desk::new(config);
    desk.want(C, 1);
    desk.want(A, 100);
    desk.want(B, 50);
    for _ in 0..5 {
        desk.fill_all();
        desk.wait(3);
    }
    let owns = desk.owns();
    assert_eq!(owns.iter().copied().sum::<Qty>(), q(60));
    assert!(owns[0] > owns[1] && owns[1] > q(0), "{owns:?}");
    desk.check(false);
}

#[test]
fn strategies_may_join_a_key_later_and_never_leave_it() {
    let mut desk = Desk::new(config());
    desk.want(A, 60);
    desk.fill(25);
    let before = desk.state().holding(H).clone();
    shared().continues(&config()).expect("strategies join at the end");
    let told = config().continues(&shared()).expect_err("B and C would lose what is theirs");
    assert!(told.contains("strategy B") && told.contains("disable"), "{told}");
    desk.kit.engine =
        truefill_core::engine::Engine::recovered(shared(), desk.state().clone()).expect("fits");
    let h = desk.state().holding(H);
    assert_eq!(h.sleeves.len(), 3);
    assert_eq!((h.sleeves[0].own, h.sleeves[0].cash), (before.own, before.cash));
    // The order that was open is still the first strategy's.
    desk.fill_all();
    desk.want(B, 10);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(60), q(10), q(0)]);
    desk.check(false);
}

#[test]
fn a_stop_of_a_time_with_one_strategy_is_given_up_when_others_join() {
    let mut desk = Desk::new(config());
    let (sleeve, holding, qty, decided) = (A, H, q(10), desk.kit.now);
    let (px, reopen, stop_px) = (None, false, Some(Px::whole(90)));
    desk.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
    desk.fill(10);
    assert!(desk.kit.sent[1].1.stop_px.is_some(), "the stop rests");
    desk.kit.engine =
        truefill_core::engine::Engine::recovered(shared(), desk.state().clone()).expect("fits");
    desk.want(B, 5);
    desk.wait(5);
    assert_eq!(desk.kit.cancelled, [desk.kit.sent[1].1.order]);
    desk.fill_all();
    assert_eq!(desk.owns(), [q(10), q(5), q(0)]);
    desk.check(false);
}

#[test]
fn a_configuration_names_strategies_once_and_in_order() {
    let with = |others: &[u16]| {
        let mut config = shared();
        config.holdings[0].others = others.iter().map(|id| SleeveId(*id)).collect();
        config.check()
    };
    assert_eq!(with(&[2, 3]), Ok(()));
    for wrong in [&[3, 2][..], &[2, 2], &[1], &[4], &[0]] {
        assert!(with(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn events_of_a_time_with_one_strategy_are_the_first_ones() {
    let mut lone = Desk::new(config());
    lone.kit.engine = truefill_core::engine::Engine::new(config()).expect("right");
    let mut later = truefill_core::engine::Engine::new(shared()).expect("right");
    lone.kit.events.clear();
    lone.kit.input(Input::Start(Start { epoch: 1_000_000_000 }));
    lone.wait(10);
    lone.want(A, 100);
    lone.fill(60);
    lone.by_hand(-20);
    lone.input(Input::Adopt(Adopt { holding: H, sleeve: A, qty: Qty::ZERO, by: None }));
    for (now, event) in &lone.kit.events {
        later.replay(*now, event);
    }
    let (h, alone) = (later.state().holding(H), lone.state().holding(H));
    assert_eq!((h.own, h.cash, h.rounded), (alone.own, alone.cash, alone.rounded));
    assert_eq!(h.sleeves[0].own, alone.own);
    assert_eq!(h.own, q(40));
}

/// An engine with one released order of 60, 30 and 10, and that order.
fn one_order() -> (Desk, NewOrder) {
    let mut config = shared();
    config.descriptor.windows[0].n = 1;
    let mut desk = Desk::new(config);
    desk.want(C, 1);
    desk.want(A, 60);
    desk.want(B, 30);
    desk.want(C, 11);
    desk.fill_all();
    desk.wait(3);
    let new = desk.kit.sent.last().expect("sent").1.clone();
    assert_eq!(new.qty, q(100));
    (desk, new)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_the_evidence_gives_equal_books(
        cuts in prop::collection::vec(1i64..40, 1..7),
        busts in prop::collection::vec(0usize..7, 0..3),
        again in prop::collection::vec(0usize..20, 0..10),
        seed in any::<u64>(),
    ) {
        let (desk, new) = one_order();
        let (mut news, mut cum) = (Vec::new(), 0);
        for (at, cut) in cuts.iter().enumerate() {
            let cut = (*cut).min(100 - cum);
            if cut > 0 {
                cum += cut;
                let fee = Some(truefill_core::num::Amount(i128::from(cut) * 7));
                let report = desk.report(&format!("X{at}"), cut, cum);
                news.push(News::Fill(FillReport { fee, ..report }));
            }
        }
        for at in busts {
            let (exec_id, time) = (text(&format!("X{at}")), desk.kit.now);
            news.push(News::Bust(BustReport { exec_id, time }));
        }
        let play = |list: &[News]| {
            let mut engine = desk.kit.engine.clone();
            for news in list {
                let (now, input) = (desk.kit.now, push(&new, news.clone()));
                engine.step(&Envelope { now, marks: vec![], input });
                assert!(!engine.is_poisoned());
            }
            let h = engine.state().holding(H);
            h.sleeves.iter().map(|s| (s.own, s.cash)).collect::<Vec<_>>()
        };
        let straight = play(&news);
        let mut shuffled = news.clone();
        shuffled.extend(again.iter().map(|at| news[at % news.len()].clone()));
        let mut word = seed | 1;
        for at in (1..shuffled.len()).rev() {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, usize::try_from(word >> 33).unwrap_or(0) % (at + 1));
        }
        prop_assert_eq!(play(&shuffled), straight);
    }

    #[test]
    fn any_story_keeps_the_books_in_step(
        crossing in any::<bool>(),
        amends in any::<bool>(),
        story in prop::collection::vec((0u8..12, 1u16..4, -60i64..60), 1..60),
    ) {
        let mut config = Config { crossing, ..if amends { amending() } else { shared() } };
        config.recon.on_external = OnExternal::Rebuild;
        config.strategies[1].entry =
            Policy { remainder: Remainder::Cancel, patience_ns: SECOND_NS, ..Policy::default() };
        let mut desk = Desk::new(config);
        for (kind, sleeve, units) in story {
            let sleeve = SleeveId(sleeve);
            match kind {
                0..=3 => desk.want(sleeve, units),
                4..=6 => drop(desk.fill(units.abs().max(1))),
                7 => desk.fill_all(),
                8 => desk.input(Input::Enable(Enable { sleeve, on: units > 0 })),
                9 => desk.input(Input::DayEnd(DayEnd {})),
                10 if units % 5 == 0 && units != 0 => {
                    desk.by_hand(units);
                    desk.input(Input::Adopt(Adopt { holding: H, sleeve, qty: Qty::ZERO, by: None }));
                }
                10 => {
                    let qty = desk.state().holding(H).manual;
                    desk.input(Input::Adopt(Adopt { holding: H, sleeve, qty, by: None }));
                }
                _ => desk.wait(units.abs() / 10),
            }
            desk.check(true);
        }
        for sleeve in [A, B, C] {
            desk.input(Input::Enable(Enable { sleeve, on: true }));
        }
        for _ in 0..40 {
            desk.fill_all();
            desk.wait(5);
        }
        desk.check(false);
        let h = desk.state().holding(H);
        let wanted: Qty = h.sleeves.iter().map(|s| s.rounded).sum();
        let settled = h.frozen.is_none() && h.sleeves.iter().all(|s| s.waived().is_zero());
        let declared = h.sleeves.iter().all(|s| s.declared);
        // With crossing even those end where they want who want opposite sides.
        let free = crossing && h.frozen.is_none();
        for s in h.sleeves.iter().filter(|s| free && s.declared && s.waived().is_zero()) {
            prop_assert_eq!(s.own, s.rounded, "{:?}", s);
        }
        prop_assert!(!declared || !settled || h.own == wanted, "{h:?}");
    }
}
