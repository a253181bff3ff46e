//! Attacks on progress: nothing may be stuck for ever, nothing may be repeated as fast as the limit
//! allows, and a restored engine decides as the live one.
#![allow(unused_imports)]

mod kit;

use kit::broker::Amends;
use kit::words::*;
use kit::{H, I, Kit, config};
use truefill_core::config::*;
use truefill_core::event::{Event, Freeze, Mode};
use truefill_core::ids::*;
use truefill_core::input::{Adopt, Channel, Command, DayEnd, Input, LinkChange, Release, Start};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::*;
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::{Nanos, SECOND_NS};

#[test]
fn a_refused_cancel_leaves_the_order_unresolved_for_ever() {
    let mut kit = Kit::without_amends();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.target(40);
    kit.target(100);
    kit.reply(kit.cancels[0], refused(RejectCode::Other));
    kit.wait(200);
    assert_eq!(
        kit.engine.state().holding(H).frozen,
        None,
        "the book shows it open: {}",
        summary(&kit)
    );
}

#[test]
fn busy_loop_after_a_refused_cancel() {
    let mut kit = Kit::without_amends();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.target(40);
    kit.target(100);
    kit.reply(kit.cancels[0], refused(RejectCode::Other));
    kit.wait(9);
    kit.now = kit.now.plus(SECOND_NS / 2);
    kit.input(Input::Release(Release {}));
    let d = kit.engine.next_deadline(kit.now);
    kit.input(Input::Release(Release {}));
    assert!(
        d > kit.now || kit.last_step_events > 0,
        "deadline {} s in the past, nothing to do",
        kit.now.since(d) as f64 / 1e9
    );
}

#[test]
fn incomplete_orders_storm() {
    let mut kit = Kit::started();
    kit.complete = false;
    kit.now = kit.now.plus(SECOND_NS);
    kit.engine =
        truefill_core::engine::Engine::recovered(config(), kit.engine.state().clone()).unwrap();
    let before = kit.asks;
    // the shell pays 50 ms per round trip; here answers are instant, so only the limit paces
    kit.input(Input::Start(Start { epoch: 1_000_000_001 }));
    kit.wait(10);
    assert!(
        kit.engine.state().recon.baseline,
        "{} reads, no baseline, alerts {:?}",
        kit.asks - before,
        kit.alerts()
    );
    assert!(kit.alerts().contains(&"UNREADABLE"), "and people are told");
}

#[test]
fn activity_failure_storm() {
    let mut kit = held_100();
    kit.fail_activity = true;
    kit.truth.position = Qty::whole(120);
    let before = kit.asks;
    kit.wait(70);
    assert!(kit.asks - before < 300, "{} reads", kit.asks - before);
}

#[test]
fn an_acked_order_that_left_the_book_never_ends() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![];
    kit.wait(86_400);
    kit.target(0);
    for _ in 0..100 {
        let n = kit.cancels.len();
        if n > 0 {
            kit.reply(kit.cancels[n - 1], refused(RejectCode::UnknownOrder));
        }
        kit.wait(4);
    }
    assert!(kit.engine.state().orders.open.is_empty(), "{}", summary(&kit));
}

#[test]
fn open_order_list_differs_after_restore() {
    let mut c = config();
    c.instruments[0].max_qty = Some(Qty::whole(10));
    let mut kit = Kit::with(c.clone());
    kit.target(20);
    let (a, b) = (kit.sent[0].clone(), kit.sent[1].clone());
    kit.reply(a.0, refused(RejectCode::RateLimited));
    kit.reply(b.0, taken_as("V2"));
    // order 1 shows up after all
    kit.input(status(&kit, &a.1, OrdStatus::Open, None));
    let live = kit.engine.state().clone();
    let restored = truefill_core::state::State::restore(&c, live.snapshot(true));
    assert_eq!(live.holding(H).open, restored.holding(H).open);
}

#[test]
fn pause_lost_from_busy() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, refused(RejectCode::Invalid));
    assert_eq!(kit.sent.len(), 1);
    // the rest ends in 5 s; at 6 s a batch begins with an event of the holding (day end marks)
    kit.now = kit.now.plus(6 * SECOND_NS);
    kit.input(Input::DayEnd(DayEnd {}));
    kit.wait(3600);
    assert!(kit.sent.len() > 1, "{}", summary(&kit));
}

#[test]
fn busy_differs_after_restore() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, refused(RejectCode::Invalid));
    kit.now = kit.now.plus(6 * SECOND_NS);
    let live = {
        let mut e = kit.engine.clone();
        e.step(&truefill_core::input::Envelope {
            now: kit.now,
            marks: vec![],
            input: Input::Link(LinkChange { channel: Channel::Market, up: false }),
        });
        e.state().clone()
    };
    let restored = truefill_core::state::State::restore(&config(), live.snapshot(true));
    assert_eq!(live.busy, restored.busy);
}

#[test]
fn busy_loop_when_rest_is_down() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(Input::Link(LinkChange { channel: Channel::Rest, up: false }));
    kit.target(40);
    kit.input(Input::Release(Release {}));
    assert!(kit.engine.next_deadline(kit.now) > kit.now, "woken at once, for ever");
}

#[test]
fn retry_after_for_ever() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(
        r,
        Outcome::Refused(Refused {
            code: RejectCode::RateLimited,
            text: text("no"),
            retry_after_ns: Some(i64::MAX),
        }),
    );
    kit.wait(86_400 * 7);
    assert!(kit.sent.len() > 1, "silent until {:?}", kit.engine.state().limiter.silent_until);
}

#[test]
fn bust_on_a_working_order_freezes() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "A", 50, 50));
    kit.input(bust(&kit, &new, "A"));
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(200);
    assert_eq!(kit.engine.state().holding(H).frozen, None);
}

#[test]
fn unbounded_appearance_is_never_settled() {
    let mut c = config();
    c.descriptor.appear_max_ns = None;
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, timeout());
    kit.wait(86_400);
    kit.input(Input::DayEnd(DayEnd {}));
    kit.input(Input::Adopt(Adopt { holding: H, sleeve: SleeveId(1), qty: Qty::ZERO, by: None }));
    kit.wait(86_400);
    assert!(kit.engine.state().orders.get(OrderNo(1)).unwrap().known.done, "{}", summary(&kit));
}

#[test]
fn venue_unknown_is_never_thawed() {
    let mut c = config();
    c.descriptor.appear_max_ns = Some(100 * SECOND_NS);
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, timeout());
    kit.wait(3600);
    assert_eq!(kit.sent.len(), 2, "absent for sure: sent again");
    assert_eq!(kit.engine.state().holding(H).frozen, None, "{}", summary(&kit));
}

#[test]
fn slow_orders_reads_starve_the_comparison() {
    // an unknown order is looked up every 3 s; the answers take 4 s
    let mut c = config();
    c.descriptor.appear_max_ns = None;
    let mut c2 = c.clone();
    c2.descriptor.activity = true;
    let _ = &mut c2;
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, timeout());
    let mut positions = 0;
    for _ in 0..100 {
        kit.answers = false;
        kit.now = kit.now.plus(4 * SECOND_NS);
        let wire: Vec<_> = kit.engine.state().wire.iter().map(|(i, w)| (*i, w.class)).collect();
        for (request, class) in wire {
            use truefill_core::event::RequestClass as C;
            let found = match class {
                C::Orders => Found::Orders(OrderRows { rows: vec![], complete: true }),
                C::Activity => Found::Activity(ActivityRows { rows: vec![], complete: true }),
                C::Positions => {
                    positions += 1;
                    Found::Positions(PositionRows { rows: vec![] })
                }
                _ => Found::Order(OneRow { row: None }),
            };
            kit.input(Input::Answer(Answer { request, found }));
        }
        kit.input(Input::Release(Release {}));
    }
    assert!(positions > 5, "{positions} position reads in 400 s");
}

#[test]
fn with_open_orders_the_second_differing_read_is_news() {
    let mut kit = held_100();
    kit.target(150);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    let mut x = row(&new, 0, OrdStatus::Open);
    x.order_id = Some(text("V2"));
    kit.truth.orders = vec![x];
    kit.wait(5);
    kit.truth.position = Qty::whole(80);
    kit.now = kit.now.plus(3 * SECOND_NS);
    kit.input(Input::Release(Release {}));
    assert!(!kit.alerts().contains(&"POSITION_DRIFT"), "a fill may be under way");
    kit.wait(30);
    assert!(kit.alerts().contains(&"POSITION_DRIFT"));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.frozen), (Qty::whole(80), Some(Freeze::Unexplained)));
}

/// A window shared by everything, nearly full, whose slots free one after the other.
fn crowded() -> Kit {
    let mut config = config();
    config.descriptor.windows = vec![Window { n: 7, per_ns: 4 * SECOND_NS, scope: Scope::All }];
    config.instruments[0].max_qty = Some(Qty::whole(1));
    let mut kit = Kit::with(config);
    kit.wait(60);
    for units in 1..=12 {
        kit.target(units);
        kit.serve(Amends::Taken);
        kit.now = kit.now.plus(SECOND_NS / 2);
        kit.input(Input::Release(Release {}));
    }
    assert!(kit.truth.orders.len() >= 4, "{}", summary(&kit));
    kit
}

fn link(kit: &mut Kit, up: bool) {
    kit.input(Input::Link(LinkChange { channel: Channel::Stream, up }));
}

#[test]
fn after_a_link_came_back_the_read_gets_the_next_slot_and_not_one_of_many_cancels() {
    let mut kit = crowded();
    let (asked, before) = (kit.asks, kit.cancelled.len());
    link(&mut kit, false);
    link(&mut kit, true);
    assert_eq!(kit.asks, asked, "the window is full: {}", summary(&kit));
    kit.target(0);
    while kit.asks == asked {
        kit.serve(Amends::Taken);
        kit.now = kit.now.plus(SECOND_NS / 10);
        kit.input(Input::Release(Release {}));
        let cancels = kit.cancelled.len() - before;
        assert!(cancels <= 1, "{cancels} cancels before the read: {}", summary(&kit));
    }
    kit.live(120, Amends::Taken);
    assert!(kit.engine.state().orders.open.is_empty(), "{}", summary(&kit));
}

#[test]
fn a_kill_does_not_wait_for_the_read_of_a_link_that_came_back() {
    let mut kit = crowded();
    link(&mut kit, false);
    link(&mut kit, true);
    let before = kit.cancelled.len();
    kit.input(op(Command::Kill));
    assert!(kit.cancelled.len() > before, "the reserve is for this: {}", summary(&kit));
}

/// A lookup of an order that appeared after it was proven absent, and a cancel that finds nothing.
#[test]
fn reads_before_a_cancel_found_nothing_do_not_end_an_order_that_has_appeared() {
    let mut config = config();
    config.descriptor.appear_max_ns = Some(10 * SECOND_NS);
    let mut kit = Kit::with(config);
    kit.target(10);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, timeout());
    kit.wait(60);
    assert_eq!(kit.sent.len(), 2, "it was proven absent and sent again: {}", summary(&kit));
    kit.reply(kit.sent[1].0, taken());
    let again = kit.sent[1].1.clone();
    // The broker breaks its word: the first one appears after all.
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open), row(&again, 0, OrdStatus::Open)];
    kit.input(status(&kit, &new, OrdStatus::Open, Some(0)));
    let cancel = *kit.cancels.last().expect("one of the two is too many");
    kit.reply(cancel, refused(RejectCode::UnknownOrder));
    let open = kit.engine.state().orders.open.len();
    assert_eq!(open, 2, "only reads asked since may end it: {}", summary(&kit));
    kit.wait(60);
    assert!(kit.cancels.len() > 1, "the read shows it, and it is cancelled: {}", summary(&kit));
}
