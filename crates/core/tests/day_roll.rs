//! The turn of a day: orders end with their session, waivers with it, and a split is noticed
//! before anything is traded.

mod kit;

use kit::words::{fill, held, impatient, row, status, taken};
use kit::{H, I, Kit, config};
use truefill_core::config::{Calendar, CancelProof, Config, Phase, PhaseSpan};
use truefill_core::event::{Block, Freeze};
use truefill_core::ids::VenueText;
use truefill_core::input::{DayEnd, Input, PrevClose, Split};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{ActivityKind, ActivityRow, FillReport, OrdStatus};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

fn at(seconds: i64) -> Nanos {
    Nanos((1_000_000 + seconds) * SECOND_NS)
}

/// Sessions of 1000 s that begin every 2000 s.
fn days(mut c: Config) -> Config {
    let phase = |day: i64| PhaseSpan {
        from: at(day * 2_000),
        until: at(day * 2_000 + 1_000),
        phase: Phase::Continuous,
        session: day,
    };
    c.calendars = vec![Calendar { name: "test".into(), phases: (0..4).map(phase).collect() }];
    c.instruments[0].calendar = Some(0);
    c
}

fn until(kit: &mut Kit, seconds: i64) {
    kit.wait(at(seconds).since(kit.now) / SECOND_NS);
}

fn rested(c: Config) -> Kit {
    let mut kit = Kit::with(c);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit
}

#[test]
fn an_order_of_the_day_is_claimed_expired_and_counts_until_a_read_proves_it() {
    let mut kit = rested(days(config()));
    until(&mut kit, 1_010);
    let h = kit.engine.state().holding(H);
    assert_eq!(h.buying, Qty::whole(100), "the read still shows it");
    // Next morning the books of the day are empty.
    kit.truth.orders.clear();
    until(&mut kit, 2_100);
    let first = kit.sent[0].1.order;
    let state = kit.engine.state();
    assert!(state.orders.is_closed(first), "no read shows it, its session is over");
    assert_eq!(state.holding(H).buying, Qty::whole(100), "of the new order alone");
    assert_eq!(kit.sent.len(), 2, "and the target is worked again in the new session");
    assert!(!kit.alerts().contains(&"VENUE_UNKNOWN") && !kit.alerts().contains(&"POSITION_DRIFT"));
}

#[test]
fn the_end_of_a_session_is_no_word_of_the_brokers() {
    let mut c = days(config());
    // A word of the broker's is proof here; the calendar is not the broker.
    c.descriptor.cancel_proof = CancelProof::Word;
    let mut kit = rested(c);
    until(&mut kit, 2_100);
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(100), "every read shows it");
    assert_eq!(kit.sent.len(), 1, "it works still: nothing is bought a second time");
    kit.truth.orders.clear();
    until(&mut kit, 2_200);
    assert_eq!(kit.sent.len(), 2, "no read shows it, its session is over");
}

#[test]
fn the_broker_may_say_so_first() {
    let mut kit = rested(days(config()));
    let (_, new) = kit.sent[0].clone();
    until(&mut kit, 1_001);
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Expired)];
    let input = status(&kit, &new, OrdStatus::Expired, Some(0));
    kit.input(input);
    until(&mut kit, 1_020);
    assert!(kit.engine.state().holding(H).open.is_empty());
    assert!(!kit.alerts().contains(&"EXTERNAL_ACTIVITY"), "that was no surprise");
    assert_eq!(kit.sent.len(), 1, "nothing leaves before the next open");
    until(&mut kit, 2_001);
    assert_eq!(kit.sent.len(), 2);
}

#[test]
fn absence_inside_its_session_proves_nothing() {
    let mut kit = rested(days(config()));
    kit.truth.orders.clear();
    until(&mut kit, 900);
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(100));
}

#[test]
fn finished_orders_of_yesterday_may_be_missing() {
    let mut kit = held(days(config()));
    kit.truth.orders.clear();
    let before = kit.alerts().len();
    until(&mut kit, 2_500);
    assert_eq!((kit.own(), kit.alerts().len()), (Qty::whole(100), before));
}

#[test]
fn a_cancelled_remainder_is_work_again_in_the_next_session() {
    let mut kit = rested(days(impatient()));
    let (_, new) = kit.sent[0].clone();
    kit.wait(11);
    let cancel = *kit.cancels.last().expect("its patience is over");
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Canceled)];
    kit.reply(cancel, taken());
    until(&mut kit, 1_900);
    assert_eq!(kit.engine.state().holding(H).dropped, Qty::whole(100));
    assert_eq!(kit.sent.len(), 1);
    until(&mut kit, 2_001);
    assert_eq!(kit.sent.len(), 2);
    let (request, second) = kit.sent[1].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&second, 0, OrdStatus::Open)];
    kit.wait(11);
    kit.truth.orders = vec![row(&second, 0, OrdStatus::Canceled)];
    let cancel = *kit.cancels.last().expect("again");
    kit.reply(cancel, taken());
    until(&mut kit, 2_900);
    assert_eq!(kit.sent.len(), 2, "once a session, not for ever");
}

#[test]
fn orders_of_a_day_are_those_of_a_session() {
    let mut c = days(config());
    c.risk.orders_per_day = Some(1);
    let mut kit = Kit::with(c);
    kit.target(10);
    let (request, new) = kit.sent[0].clone();
    kit.truth.position = Qty::whole(10);
    kit.truth.orders = vec![row(&new, 10, OrdStatus::Filled)];
    kit.reply(request, taken());
    let input = fill(&kit, &new, "E1", 10, 10);
    kit.input(input);
    kit.target(20);
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::DayOrders);
    until(&mut kit, 1_999);
    assert_eq!(kit.sent.len(), 1);
    until(&mut kit, 2_001);
    assert_eq!(kit.sent.len(), 2, "both sessions are on one UTC day");
}

fn close(kit: &mut Kit, px: i64) {
    kit.input(Input::PrevClose(PrevClose { instrument: I, px: Px::whole(px) }));
}

fn split(kit: &mut Kit, ratio_num: u32, ratio_den: u32) {
    kit.input(Input::Split(Split { instrument: I, ratio_num, ratio_den, by: None }));
}

#[test]
fn a_split_freezes_before_the_price_can_fool_anybody() {
    let mut kit = held(config());
    kit.input(Input::DayEnd(DayEnd {}));
    let value = kit.engine.state().holding(H).value();
    close(&mut kit, 95);
    assert_eq!(kit.engine.state().holding(H).frozen, None, "a bad night is no split");
    (kit.bid, kit.ask, kit.has_quote) = (50, 50, false);
    close(&mut kit, 50);
    assert_eq!(kit.engine.state().holding(H).frozen, Some(Freeze::CorporateAction));
    kit.target(200);
    kit.truth.position = Qty::whole(200);
    kit.wait(300);
    assert_eq!(kit.sent.len(), 1);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.manual), (Qty::whole(100), Qty::ZERO), "not adopted as somebody's");
    split(&mut kit, 2, 1);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.frozen, h.value()), (Qty::whole(200), None, value));
    close(&mut kit, 50);
    assert_eq!(kit.engine.state().holding(H).frozen, None, "it is known now");
    kit.wait(120);
    assert_eq!(kit.engine.state().holding(H).differing, 0);
    kit.has_quote = true;
    kit.target(150);
    let (_, new) = kit.sent.last().cloned().expect("sent");
    assert_eq!(kit.sent.len(), 2, "{}", kit::words::summary(&kit));
    assert_eq!((new.side, new.qty), (Side::Sell, Qty::whole(50)));
}

/// The broker tells of a split as a row of its own, with the change of quantity.
fn told_by_the_broker(kit: &mut Kit, side: Side, change: i64, position: i64) {
    kit.truth.activity.push(ActivityRow {
        kind: ActivityKind::Split,
        cl_ord_id: None,
        order_id: None,
        instrument: I,
        side,
        fill: FillReport {
            kept: None,
            exec_id: kit::words::text("S1"),
            qty: Qty::whole(change),
            px: Px::whole(100),
            cum: None,
            liquidity: None,
            touch: None,
            fee: None,
            time: kit.now,
        },
        product: VenueText::EMPTY,
    });
    kit.truth.position = Qty::whole(position);
    kit.wait(120);
}

#[test]
fn a_split_that_a_row_told_of_is_not_booked_twice() {
    for (side, change, position, ratio) in
        [(Side::Buy, 100, 200, (2, 1)), (Side::Sell, 50, 50, (1, 2))]
    {
        let mut kit = held(config());
        told_by_the_broker(&mut kit, side, change, position);
        let h = kit.engine.state().holding(H);
        assert_eq!((h.total(), h.frozen), (Qty::whole(position), Some(Freeze::CorporateAction)));
        split(&mut kit, ratio.0, ratio.1);
        let h = kit.engine.state().holding(H);
        assert_eq!((h.own, h.manual, h.frozen), (Qty::whole(position), Qty::ZERO, None));
        kit.wait(120);
        assert_eq!(kit.engine.state().holding(H).differing, 0);
        assert_eq!(kit.sent.len(), 1, "nothing to trade: the target is in new units too");
    }
}

#[test]
fn a_fraction_is_told_and_paid_at_the_mark() {
    let mut kit = held(config());
    kit.target(101);
    let (request, new) = kit.sent[1].clone();
    kit.reply(request, taken());
    let input = fill(&kit, &new, "E2", 1, 1);
    kit.input(input);
    kit.truth.position = Qty::whole(50);
    let value = kit.engine.state().holding(H).value();
    (kit.bid, kit.ask) = (200, 200);
    split(&mut kit, 1, 2);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.value()), (Qty::whole(50), value), "50.5 at 200");
    let told = kit.events.iter().any(|(_, e)| format!("{e:?}").contains("0.5 is no whole lot"));
    assert!(told);
}

#[test]
fn what_is_no_split_is_refused() {
    let mut kit = held(config());
    for (num, den) in [(0, 1), (1, 0), (2, 2), (1, 3), (20_000, 1)] {
        split(&mut kit, num, den);
        assert_eq!(kit.own(), Qty::whole(100), "{num}:{den}");
    }
    kit.target(150);
    split(&mut kit, 2, 1);
    assert_eq!(kit.own(), Qty::whole(100), "an order is open in old units");
}
