//! A broker on a calm day.

use super::*;
use crate::broker::world::Opening;

fn calm() -> Desk {
    Desk::with(Faults::default())
}

#[test]
fn an_order_is_taken_filled_and_told() {
    let mut desk = calm();
    let id = desk.buy(1, 4, 101);
    desk.run_ms(19);
    assert_eq!(desk.outcome(id), None);
    desk.run_ms(1);
    let arrived = START.plus(WAY_NS);
    let told = taken(desk.outcome(id));
    assert_eq!((told.order_id, told.time), (VenueText::new("V1"), Some(arrived)));
    assert_eq!(desk.statuses(), [(OrdStatus::Open, Qty(0)), (OrdStatus::Filled, Qty::whole(4))]);
    let fill = desk.fills()[0];
    assert_eq!((fill.qty, fill.px, fill.cum), (Qty::whole(4), Px::whole(100), Some(fill.qty)));
    assert_eq!((fill.liquidity, fill.touch), (Some(Liquidity::Taker), Some(Px::whole(100))));
    assert_eq!(fill.time, arrived);
    let push = &desk.pushes()[0].push;
    assert_eq!((push.cl_ord_id, push.order_id), (Some(cl_ord_id(1, 1)), told.order_id));
    assert_eq!(desk.held(), Qty::whole(4));
}

#[test]
fn reads_show_the_books() {
    let opening = vec![Opening { instrument: Y, product: cnc(), qty: Qty::whole(-7) }];
    let mut desk = Desk::new(&config(), World { opening, ..world(Faults::default()) }, 1);
    desk.buy(1, 4, 101);
    desk.buy(2, 5, 98);
    desk.run_ms(50);
    assert_eq!(desk.positions(), [(X, Qty::whole(4)), (Y, Qty::whole(-7))]);
    let orders = desk.orders();
    let brief: Vec<_> = orders.iter().map(|row| (row.cum, row.status)).collect();
    assert_eq!(brief, [(Qty::whole(4), OrdStatus::Filled), (Qty(0), OrdStatus::Open)]);
    assert_eq!(orders[1].cl_ord_id, Some(cl_ord_id(1, 2)));
    let activity = desk.activity();
    assert_eq!(activity.len(), 1);
    assert_eq!((&activity[0].fill, activity[0].product), (desk.fills()[0], cnc()));
    let one = |order, order_id: Option<&str>| {
        let (cl_ord_id, order_id) = (cl_ord_id(1, order), order_id.and_then(VenueText::new));
        Query::Order(OneOrder { cl_ord_id, order: OrderNo(order), order_id })
    };
    let mut found = |query| match desk.read(query) {
        Some(Found::Order(one)) => one.row,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(one(2, None)), Some(orders[1].clone()));
    assert_eq!(found(one(9, Some("V2"))), Some(orders[1].clone()));
    assert_eq!(found(one(9, None)), None);
}

#[test]
fn a_flat_position_has_no_row() {
    let mut desk = calm();
    desk.buy(1, 4, 101);
    desk.place(2, Side::Sell, 4, 98, TimeInForce::Day);
    desk.run_ms(50);
    assert_eq!(desk.positions(), []);
    assert_eq!(desk.broker.truth().positions().count(), 1);
}

#[test]
fn resting_orders_fill_from_later_quotes_and_cancels_end_them() {
    let mut desk = calm();
    desk.buy(1, 25, 100);
    desk.run_ms(50);
    assert_eq!(desk.broker.truth().open_qty(X, &cnc(), Side::Buy), Qty::whole(15));
    desk.quote(98, 10, 99, 5);
    desk.run_ms(50);
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::Open, Qty::whole(15))));
    let cancel = desk.cancel(1, None);
    desk.run_ms(50);
    assert_eq!(taken(desk.outcome(cancel)).order_id, VenueText::new("V1"));
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::Canceled, Qty::whole(15))));
    let again = desk.cancel(1, Some("V1"));
    let unknown = desk.cancel(7, None);
    desk.run_ms(50);
    assert_eq!(refused(desk.outcome(again)).code, RejectCode::OrderDone);
    assert_eq!(refused(desk.outcome(unknown)).code, RejectCode::UnknownOrder);
    desk.quote(90, 10, 91, 50);
    assert_eq!(desk.held(), Qty::whole(15));
}

#[test]
fn ioc_ends_at_once() {
    let mut desk = calm();
    desk.place(1, Side::Buy, 15, 100, TimeInForce::Ioc);
    desk.run_ms(50);
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::Canceled, Qty::whole(10))));
    assert_eq!(desk.broker.truth().open_orders().count(), 0);
}

#[test]
fn what_breaks_the_rules_is_refused_and_in_the_books() {
    let mut desk = calm();
    let id = desk.buy(1, 0, 100);
    let below = desk.buy(2, 5, -3);
    desk.run_ms(50);
    // A quantity of zero is not even a request of this wire.
    assert_eq!(refused(desk.outcome(id)).code, RejectCode::Invalid);
    assert_eq!(refused(desk.outcome(below)).code, RejectCode::Invalid);
    let orders = desk.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].status, OrdStatus::Rejected);
    assert_eq!(desk.statuses(), [(OrdStatus::Rejected, Qty(0))]);
}

#[test]
fn unreadable_requests_are_refused() {
    let mut desk = calm();
    let id = desk.next_id();
    desk.broker.send(desk.now, id, b"{\"id\":1,\"new\":".to_vec());
    desk.run_ms(50);
    assert_eq!(refused(desk.outcome(id)).code, RejectCode::Invalid);
    assert_eq!(desk.broker.truth().requests()[0].kind, "unreadable");
}

#[test]
fn a_second_order_under_one_client_id() {
    let run = |client_ids| {
        let mut config = config();
        config.descriptor.client_ids = client_ids;
        let mut desk = Desk::new(&config, world(Faults::default()), 1);
        desk.buy(1, 2, 100);
        let second = desk.buy(1, 3, 100);
        desk.run_ms(50);
        (desk, second)
    };
    let (desk, second) = run(ClientIds::Unique);
    assert_eq!(refused(desk.outcome(second)).code, RejectCode::DuplicateClOrdId);
    assert_eq!(desk.broker.truth().doubled_client_ids(), []);
    let (desk, second) = run(ClientIds::Tag);
    assert_eq!(taken(desk.outcome(second)).order_id, VenueText::new("V2"));
    assert_eq!(desk.broker.truth().doubled_client_ids(), [cl_ord_id(1, 1)]);
    assert_eq!(desk.broker.truth().orders_by_client_id(&cl_ord_id(1, 1)), [0, 1]);
    assert_eq!(desk.held(), Qty::whole(5));
}

#[test]
fn a_broker_that_does_not_echo() {
    let mut config = config();
    config.descriptor.client_ids = ClientIds::None;
    let mut desk = Desk::new(&config, world(Faults::default()), 1);
    desk.buy(1, 5, 98);
    desk.run_ms(50);
    assert!(desk.pushes().iter().all(|frame| frame.push.cl_ord_id.is_none()));
    assert_eq!(desk.orders()[0].cl_ord_id, None);
    let one = OneOrder { cl_ord_id: cl_ord_id(1, 1), order: OrderNo(1), order_id: None };
    // It cannot be looked up, which is not the same as not being there.
    assert!(matches!(desk.read(Query::Order(one)), Some(Found::Failed(_))));
    let cancel = desk.cancel(1, None);
    let by_id = desk.cancel(1, Some("V1"));
    desk.run_ms(50);
    assert_eq!(refused(desk.outcome(cancel)).code, RejectCode::UnknownOrder);
    taken(desk.outcome(by_id));
}

#[test]
fn fees_are_a_share_rounded_up() {
    let fee_ppm = 300; // 3 basis points
    let mut desk = Desk::new(&config(), World { fee_ppm, ..world(Faults::default()) }, 1);
    desk.buy(1, 3, 100);
    desk.run_ms(50);
    assert_eq!(desk.fills()[0].fee.unwrap().to_string(), "0.09");
    let mut config = config();
    config.instruments[0].tick = Px(1);
    config.instruments[0].lot = Qty(1);
    config.instruments[0].min_qty = Qty(1);
    config.instruments[0].multiplier = Qty::whole(50);
    let world = World { fee_ppm, ..world(Faults::default()) };
    let mut desk = Desk::new(&config, world, 1);
    let id = desk.next_id();
    let new = NewOrder {
        cl_ord_id: cl_ord_id(1, 1),
        order: OrderNo(1),
        instrument: X,
        product: cnc(),
        side: Side::Buy,
        qty: Qty(333_333_333),
        px: Px::whole(100),
        tif: TimeInForce::Day,
        stop_px: None,
        display_qty: None,
    };
    let body = desk.codec.encode_write(id, &Request::New(new));
    desk.broker.send(desk.now, id, body);
    desk.run_ms(50);
    // 0.333333333 x 100 x 50 x 0.0003 = 0.4999999995
    assert_eq!(desk.fills()[0].fee.unwrap().to_string(), "0.5");
}

#[test]
fn the_brokers_clock_may_be_wrong() {
    let clock_ahead_ns = -1_268 * MILLI_NS;
    let mut desk = Desk::new(&config(), World { clock_ahead_ns, ..world(Faults::default()) }, 1);
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    let arrived = START.plus(WAY_NS);
    assert_eq!(desk.fills()[0].time, arrived.plus(clock_ahead_ns));
    assert_eq!(desk.broker.truth().fills()[0].time, arrived);
}

#[test]
fn when_the_process_dies_what_is_under_way_to_it_is_lost() {
    let mut desk = calm();
    let first = desk.buy(1, 4, 101);
    desk.run_ms(15);
    let second = desk.buy(2, 1, 101);
    desk.broker.connection_lost(desk.now);
    desk.run_ms(50);
    assert_eq!((desk.outcome(first), desk.outcome(second)), (None, None));
    // The second one had left: it arrives, and is told over the new connection.
    assert_eq!(desk.held(), Qty::whole(5));
    let frames = desk.pushes();
    assert!(frames.iter().all(|frame| frame.epoch == 2));
    assert_eq!(frames[0].seq, 1);
    assert_eq!(frames[0].push.cl_ord_id, Some(cl_ord_id(1, 2)));
}

#[test]
fn a_stream_keeps_its_order_whatever_the_latency() {
    let push = Latency { base_ns: 0, spread_ns: 500 * MILLI_NS, spike_ppm: 0, spike_ns: 0 };
    let mut desk = Desk::new(&config(), World { push, ..world(Faults::default()) }, 1);
    for order in 1..40 {
        desk.buy(order, 1, 90);
        desk.run_ms(20);
    }
    desk.run_ms(1_000);
    let seqs: Vec<u64> = desk.pushes().iter().map(|frame| frame.seq).collect();
    assert_eq!(seqs, (1..40).collect::<Vec<_>>());
}

#[test]
fn the_truth_can_be_read_at_any_instant() {
    let mut desk = calm();
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    let truth = desk.broker.truth();
    let held = |at: Nanos| truth.positions_at(at).get(&(X, cnc())).copied();
    let arrived = START.plus(WAY_NS);
    assert_eq!(held(arrived), Some(Qty::whole(4)));
    assert_eq!(held(arrived.plus(-1)), Some(Qty(0)));
    assert_eq!(truth.orders()[0].at(arrived.plus(-1)), None);
    assert_eq!(truth.orders()[0].at(arrived).unwrap().status, OrdStatus::Filled);
}

#[test]
fn finished_orders_leave_the_books_in_time() {
    let config = config();
    let books_keep_ns = 60 * SECOND_NS;
    let mut desk = Desk::new(&config, World { books_keep_ns, ..world(Faults::default()) }, 1);
    desk.buy(1, 4, 101);
    desk.buy(2, 5, 98);
    desk.run_ms(59_000);
    assert_eq!((desk.orders().len(), desk.activity().len()), (2, 1));
    desk.run_ms(1_000);
    let orders = desk.orders();
    assert_eq!((orders.len(), orders[0].status), (1, OrdStatus::Open));
    assert_eq!(desk.activity().len(), 0);
    assert_eq!(desk.positions(), [(X, Qty::whole(4))]);
}

#[test]
fn a_trade_by_hand_is_in_every_book_but_not_ours() {
    let mut desk = calm();
    desk.broker.trade_by_hand(desk.now, X, cnc(), Side::Sell, Qty::whole(3), Px::whole(99));
    desk.run_ms(50);
    assert_eq!(desk.positions(), [(X, Qty::whole(-3))]);
    let orders = desk.orders();
    assert_eq!((orders[0].cl_ord_id, orders[0].status), (None, OrdStatus::Filled));
    assert_eq!(desk.activity()[0].cl_ord_id, None);
    assert_eq!(desk.fills().len(), 1);
    assert_eq!(desk.broker.truth().externals().count(), 1);
}

#[test]
fn the_log_holds_everything() {
    let mut desk = calm();
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    desk.positions();
    let mut log = Vec::new();
    desk.broker.truth().write_log(&mut log).unwrap();
    let log = String::from_utf8(log).unwrap();
    let kinds: Vec<&str> = log.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
    assert_eq!(kinds, ["request", "request", "order", "fill", "window", "window", "position"]);
    assert!(log.contains(r#""qty":"4","price":"100","cum":"4","liquidity":"taker""#), "{log}");
}

#[test]
#[should_panic(expected = "appear_max_ns")]
fn a_world_must_keep_the_promises() {
    let mut config = config();
    config.descriptor.appear_max_ns = Some(config.descriptor.arrival_max_ns);
    let _ = Broker::new(&config, world(Faults::default()), 1);
}

#[test]
#[should_panic(expected = "advance to the time of a quote")]
fn quotes_do_not_overtake_requests() {
    let mut desk = calm();
    desk.buy(1, 4, 101);
    desk.now = desk.now.plus(SECOND_NS);
    desk.quote(1, 1, 2, 1);
}
