//! Edges of reconciliation: what explains a difference and what does not, what is said when, and
//! which reads are compared.

mod kit;

use kit::words::{by_hand, fill, row, status, taken, text};
use kit::{H, I, Kit, config};
use truefill_core::engine::Engine;
use truefill_core::event::{DriftClass, Event, Freeze, RequestClass};
use truefill_core::ids::{InstrumentId, RequestId, SleeveId, VenueText};
use truefill_core::input::{Adopt, DayEnd, Input, Release, Start};
use truefill_core::num::Qty;
use truefill_core::report::{
    ActivityKind, ActivityRow, Answer, Found, OrdStatus, PositionRow, PositionRows,
};
use truefill_core::request::NewOrder;
use truefill_core::time::{Nanos, SECOND_NS};

/// 100 are held and everything agrees.
fn held() -> Kit {
    let (mut kit, new) = working();
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(100);
    kit
}

/// An order of 100 rests at the broker.
fn working() -> (Kit, NewOrder) {
    let mut kit = Kit::with(config());
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    (kit, new)
}

fn said(kit: &Kit, code: &str) -> bool {
    kit.alerts().contains(&code)
}

fn classes(kit: &Kit) -> Vec<DriftClass> {
    let class = |(_, event): &(Nanos, Event)| match event {
        Event::Corrected(e) => Some(e.class),
        _ => None,
    };
    kit.events.iter().filter_map(class).collect()
}

/// The position is 80 and these are the rows of activity. How it is taken.
fn twenty_missing(rows: impl Fn(&Kit) -> Vec<ActivityRow>) -> (Vec<DriftClass>, Option<Freeze>) {
    let mut kit = held();
    kit.truth.position = Qty::whole(80);
    kit.truth.activity = rows(&kit);
    kit.wait(200);
    assert_eq!(kit.own(), Qty::whole(80));
    (classes(&kit), kit.engine.state().holding(H).frozen)
}

#[test]
fn only_rows_that_are_exactly_the_difference_explain_it() {
    let external = (vec![DriftClass::External], Some(Freeze::External));
    let unknown = (vec![DriftClass::Unknown], Some(Freeze::Unexplained));
    assert_eq!(twenty_missing(|kit| vec![by_hand("M", -20, kit.now)]), external);
    assert_eq!(twenty_missing(|kit| vec![by_hand("M", -10, kit.now)]), unknown, "too little");
    let funding = |kit: &Kit| {
        let kind = ActivityKind::Funding;
        vec![ActivityRow { kind, ..by_hand("M", -20, kit.now) }]
    };
    assert_eq!(twenty_missing(funding), unknown, "money is no quantity");
    let old = |_: &Kit| vec![by_hand("M", -20, Nanos(5))];
    assert_eq!(twenty_missing(old), unknown, "before the account was first read");
    let other = |kit: &Kit| {
        let instrument = InstrumentId(7);
        vec![ActivityRow { instrument, ..by_hand("M", -20, kit.now) }]
    };
    assert_eq!(twenty_missing(other), unknown, "of another instrument");
    let product = |kit: &Kit| {
        let product = text("CNC");
        vec![ActivityRow { product, ..by_hand("M", -20, kit.now) }]
    };
    assert_eq!(twenty_missing(product), unknown, "of another product");
}

#[test]
fn rows_are_nothing_while_no_read_of_positions_differs() {
    let mut kit = held();
    kit.truth.activity = vec![by_hand("M", -100, kit.now)];
    kit.wait(200);
    assert_eq!((kit.own(), classes(&kit)), (Qty::whole(100), vec![]));
    // Nor when the difference is gone and the rows add up to nothing.
    let mut kit = held();
    kit.truth.position = Qty::whole(90);
    while !said(&kit, "POSITION_DRIFT") {
        kit.wait(1);
    }
    kit.truth.position = Qty::whole(100);
    kit.truth.activity = vec![by_hand("M1", -10, kit.now), by_hand("M2", 10, kit.now)];
    kit.wait(200);
    assert_eq!((kit.own(), classes(&kit)), (Qty::whole(100), vec![]));
}

#[test]
fn a_trade_while_the_engine_was_down_is_no_opening() {
    let mut kit = held();
    kit.engine = Engine::recovered(config(), kit.engine.state().clone()).expect("right");
    kit.now = kit.now.plus(SECOND_NS);
    kit.truth.position = Qty::whole(80);
    kit.truth.activity = vec![by_hand("M", -20, kit.now)];
    kit.now = kit.now.plus(60 * SECOND_NS);
    kit.input(Input::Start(Start { epoch: 1_000_000_001 }));
    kit.wait(100);
    assert_eq!(classes(&kit), [DriftClass::External]);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.manual, h.frozen), (Qty::whole(80), Qty::ZERO, Some(Freeze::External)));
}

#[test]
fn what_a_fill_stands_for_goes_back_to_whom_it_was_booked() {
    let mut kit = Kit::with(config());
    kit.truth.position = Qty::whole(50);
    kit.truth.activity = vec![by_hand("M", 50, kit.now)];
    kit.wait(200);
    let thaw = Input::Adopt(Adopt { holding: H, sleeve: SleeveId(1), qty: Qty::ZERO, by: None });
    kit.input(thaw);
    kit.target(-140);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    // A hundred are sold, nobody can say by whom: they are nobody's for now.
    kit.truth.position = Qty::whole(-50);
    kit.wait(200);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.manual, h.placeholder), (Qty::ZERO, Qty::whole(-50), Qty::whole(-100)));
    // The order fills: it may be what was adopted. Nothing of it is taken from the strategy.
    kit.answers = false;
    kit.input(status(&kit, &new, OrdStatus::Filled, Some(140)));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.manual, h.placeholder), (Qty::whole(-140), Qty::whole(50), Qty::ZERO));
}

#[test]
fn an_account_that_agrees_says_nothing() {
    let mut kit = held();
    let before = kit.events.len();
    kit.wait(300);
    let compared = |(_, event): &(Nanos, Event)| matches!(event, Event::Compared(_));
    assert!(!kit.events[before..].iter().any(compared));
}

#[test]
fn a_first_difference_is_looked_into_at_once() {
    let mut kit = held();
    kit.truth.position = Qty::whole(80);
    kit.truth.activity = vec![by_hand("M", -20, kit.now)];
    while !said(&kit, "POSITION_DRIFT") {
        kit.wait(1);
    }
    let seen = kit.now;
    while !said(&kit, "EXTERNAL_ACTIVITY") {
        kit.wait(1);
        assert!(kit.now.since(seen) < 10 * SECOND_NS, "not with the next idle round");
    }
}

#[test]
fn a_number_that_was_told_and_taken_back_is_told_again() {
    let mut kit = held();
    kit.truth.position = Qty::whole(90);
    while !said(&kit, "POSITION_DRIFT") {
        kit.wait(1);
    }
    assert!(!said(&kit, "SNAPSHOT_REJECTED"));
    kit.truth.position = Qty::whole(100);
    kit.wait(100);
    assert!(said(&kit, "SNAPSHOT_REJECTED"), "{:?}", kit.alerts());
}

#[test]
fn a_difference_that_nobody_was_told_of_is_not_taken_back() {
    let (mut kit, _) = working();
    // With an open order one differing read is probably a fill whose message is under way.
    kit.truth.position = Qty::whole(5);
    let differs = |kit: &Kit| kit.engine.state().holding(H).differing > 0;
    while !differs(&kit) {
        kit.wait(1);
    }
    assert!(!said(&kit, "POSITION_DRIFT"));
    kit.truth.position = Qty::ZERO;
    kit.wait(60);
    assert!(!differs(&kit) && !said(&kit, "SNAPSHOT_REJECTED"), "{:?}", kit.alerts());
}

#[test]
fn a_difference_that_a_late_fill_explains_is_not_taken_back() {
    let (mut kit, new) = working();
    kit.truth.position = Qty::whole(5);
    while !said(&kit, "POSITION_DRIFT") {
        kit.wait(1);
    }
    kit.input(fill(&kit, &new, "E1", 5, 5));
    kit.truth.orders = vec![row(&new, 5, OrdStatus::Open)];
    kit.wait(60);
    assert_eq!(kit.own(), Qty::whole(5));
    assert!(!said(&kit, "SNAPSHOT_REJECTED"), "{:?}", kit.alerts());
}

/// The read of positions that has no answer yet.
fn asked(kit: &Kit) -> Option<RequestId> {
    let of = |class| class == RequestClass::Positions;
    kit.engine.state().wire.iter().find(|(_, wire)| of(wire.class)).map(|(request, _)| *request)
}

/// Waits for a read of positions; everything else is answered.
fn until_asked(kit: &mut Kit) -> RequestId {
    loop {
        kit.answers = false;
        let due = kit.engine.next_deadline(kit.now).max(kit.now.plus(SECOND_NS / 10));
        kit.now = due;
        kit.input(Input::Release(Release {}));
        if let Some(request) = asked(kit) {
            return request;
        }
        let waiting: Vec<RequestId> = kit.engine.state().wire.keys().copied().collect();
        waiting.into_iter().for_each(|request| answer_orders(kit, request));
        if let Some(request) = asked(kit) {
            return request;
        }
    }
}

fn answer_orders(kit: &mut Kit, request: RequestId) {
    let rows = kit.truth.orders.clone();
    let found = match kit.engine.state().wire.get(&request).map(|wire| wire.class) {
        Some(RequestClass::Activity) => {
            let rows = kit.truth.activity.clone();
            Found::Activity(truefill_core::report::ActivityRows { rows, complete: true })
        }
        _ => Found::Orders(truefill_core::report::OrderRows { rows, complete: true }),
    };
    kit.input(Input::Answer(Answer { request, found }));
}

fn answer(kit: &mut Kit, request: RequestId, units: i64) {
    let row = PositionRow { instrument: I, product: VenueText::EMPTY, qty: Qty::whole(units) };
    let found = Found::Positions(PositionRows { rows: vec![row] });
    kit.input(Input::Answer(Answer { request, found }));
}

#[test]
fn a_read_that_a_fill_overtook_is_not_compared() {
    let (mut kit, new) = working();
    let request = until_asked(&mut kit);
    kit.input(fill(&kit, &new, "E1", 40, 40));
    answer(&mut kit, request, 0);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.skips, h.differing, h.own), (1, 0, Qty::whole(40)));
}

/// A fill that moves the position, and the next read of it, which does not show it, at a broker
/// whose reads lag so much. How much later it was asked, and whether it was compared.
fn read_after_a_fill(lag_ns: i64) -> (i64, bool) {
    let mut config = config();
    config.descriptor.read_lag_max_ns = lag_ns;
    let mut kit = Kit::with(config);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(20);
    kit.answers = false;
    kit.input(fill(&kit, &new, "E1", 40, 40));
    let moved = kit.now;
    let request = until_asked(&mut kit);
    let asked = kit.engine.state().wire[&request].asked;
    answer(&mut kit, request, 0);
    let h = kit.engine.state().holding(H);
    assert_ne!(h.skips > 0, h.differing > 0, "skipped or compared");
    (asked.since(moved), h.differing > 0)
}

#[test]
fn a_read_is_compared_from_the_longest_lag_after_the_last_movement_on() {
    let (later_ns, _) = read_after_a_fill(1);
    assert!(later_ns > 1);
    assert_eq!(read_after_a_fill(later_ns), (later_ns, true));
    assert_eq!(read_after_a_fill(later_ns + 1), (later_ns, false));
}

#[test]
fn an_overtaken_read_is_not_compared_where_reads_never_lag() {
    let mut config = config();
    config.descriptor.read_lag_max_ns = 0;
    let mut kit = Kit::with(config);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    let request = until_asked(&mut kit);
    kit.input(fill(&kit, &new, "E1", 40, 40));
    answer(&mut kit, request, 0);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.skips, h.differing), (1, 0), "the instant is the same, the order is not");
}

#[test]
fn nothing_is_adopted_while_an_order_could_explain_it() {
    let mut config = config();
    config.descriptor.appear_max_ns = None;
    // Without a certain outcome for ever, without an answer, and claimed to be over.
    for what in ["unknown", "in flight", "claimed"] {
        let mut kit = Kit::with(config.clone());
        kit.target(100);
        let (request, new) = kit.sent[0].clone();
        match what {
            "unknown" => kit.reply(request, kit::words::timeout()),
            "claimed" => {
                kit.reply(request, taken());
                let over = kit::words::status(&kit, &new, OrdStatus::Canceled, None);
                kit.input(over);
            }
            _ => {}
        }
        kit.truth.position = Qty::whole(30);
        kit.wait(60);
        assert_eq!(classes(&kit), [], "{what}");
        let frozen = kit.engine.state().holding(H).frozen;
        assert_ne!(frozen, Some(Freeze::Unexplained), "{what}");
    }
}

#[test]
fn nothing_is_adopted_before_activity_was_read() {
    let mut kit = held();
    kit.fail_activity = true;
    kit.truth.position = Qty::whole(80);
    kit.wait(60);
    assert_eq!(classes(&kit), []);
    kit.fail_activity = false;
    kit.wait(60);
    assert_eq!(classes(&kit), [DriftClass::Unknown]);
}

#[test]
fn people_are_told_of_an_execution_without_a_price_when_the_day_closes() {
    let (mut kit, new) = working();
    kit.input(status(&kit, &new, OrdStatus::Filled, Some(100)));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(200);
    assert!(!said(&kit, "UNREADABLE"));
    kit.input(Input::DayEnd(DayEnd {}));
    assert!(said(&kit, "UNREADABLE"));
}

#[test]
fn a_liquidation_is_told_as_one_and_as_a_trade_of_somebody_else() {
    for (kind, as_one) in [(ActivityKind::Liquidation, true), (ActivityKind::Trade, false)] {
        let mut kit = held();
        kit.truth.position = Qty::whole(80);
        kit.truth.activity = vec![ActivityRow { kind, ..by_hand("M", -20, kit.now) }];
        kit.wait(200);
        assert_eq!(said(&kit, "LIQUIDATION"), as_one);
        let others = kit.alerts().iter().filter(|code| **code == "EXTERNAL_ACTIVITY").count();
        assert_eq!(others, 1, "told once");
    }
}
