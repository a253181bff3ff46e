//! Books, history, trades, positions, holdings.

use crate::desk::{
    ACTIVITY, GOLD, INFY, ORDERS, POSITIONS, SBIN, at, bytes, id, kite, one, read, text,
};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{Found, OrdStatus, OrderRow, PositionRow, ReadFailure, RejectCode};
use truefill_core::request::{Query, Side, Whole};
use truefill_venue::http::HttpReply;
use truefill_venue::kite::{HoldingsCount, Notes, Switches, Variety};
use truefill_venue::live::ReadEnd;
use truefill_venue::{LiveCodec, Reason};

fn rows(end: &ReadEnd) -> &[OrderRow] {
    match &end.found {
        Found::Orders(rows) => &rows.rows,
        other => panic!("{other:?}"),
    }
}

fn is_complete(end: &ReadEnd) -> bool {
    matches!(&end.found, Found::Orders(rows) if rows.complete)
}

fn by_id<'a>(end: &'a ReadEnd, order_id: &str) -> &'a OrderRow {
    let found = rows(end).iter().find(|row| row.order_id == Some(text(order_id)));
    found.unwrap_or_else(|| panic!("no {order_id}"))
}

#[test]
fn a_book_is_read_by_quantities_and_tags() {
    let end = read(&kite(), &ORDERS, &[bytes!("orders.json")], &mut Notes::default());
    assert!(is_complete(&end));
    assert_eq!((rows(&end).len(), end.foreign, end.bad), (5, 1, 0));
    let first = by_id(&end, "2611250000000000001");
    let expected = OrderRow {
        cl_ord_id: Some(id("TF0MXE5K3Z0000000A")),
        order_id: Some(text("2611250000000000001")),
        instrument: INFY,
        side: Side::Buy,
        qty: Qty::whole(100),
        cum: Qty::whole(30),
        px: Px(1_500_050_000_000),
        status: OrdStatus::Open,
        created: at("9:20:01"),
        code: None,
    };
    assert_eq!(*first, expected);
    // Our tag stands among the broker's own; float noise is taken off the price.
    let second = by_id(&end, "2611250000000000002");
    assert_eq!(second.cl_ord_id, Some(id("TF0MXE5K3Z0000000B")));
    assert_eq!(second.px, Px(812_600_000_000));
    // Pending and cancelled quantities contradict each other: they are not read.
    let third = by_id(&end, "261125000000003");
    assert_eq!((third.status, third.cum), (OrdStatus::Canceled, Qty::ZERO));
    assert_eq!(third.cl_ord_id, None);
    assert_eq!(by_id(&end, "2611250000000000005").status, OrdStatus::Open);
}

#[test]
fn open_orders_are_those_of_the_book_that_can_still_fill() {
    let query = Query::OpenOrders(Whole {});
    let end = read(&kite(), &query, &[bytes!("orders.json")], &mut Notes::default());
    let Found::OpenOrders(open) = &end.found else { panic!("{end:?}") };
    assert!(open.complete);
    assert_eq!(open.rows.len(), 3);
    let end = read(&kite(), &ORDERS, &[bytes!("orders.json")], &mut Notes::default());
    let rejected = by_id(&end, "2611250000000000004");
    assert_eq!(rejected.code, Some(RejectCode::InsufficientFunds));
}

#[test]
fn an_unreadable_row_hides_no_other_and_names_its_instrument() {
    let end = read(&kite(), &ORDERS, &[bytes!("orders-damaged.json")], &mut Notes::default());
    assert!(!is_complete(&end), "absence proves nothing");
    assert_eq!(rows(&end).len(), 2);
    // Of a share that is not traded here, an unknown status is nobody's trouble.
    assert_eq!((end.bad, end.foreign), (3, 1));
    let told: Vec<_> = end.bad_rows.iter().map(|bad| (bad.row, bad.instrument)).collect();
    assert_eq!(told, [(1, Some(INFY)), (3, Some(INFY)), (4, None)]);
    assert!(end.bad_rows[0].why.why.contains("SETTLING ELSEWHERE"), "{:?}", end.bad_rows[0]);
    // A row without any time is still a row.
    assert_eq!(by_id(&end, "2611250000000000002").created.0, 0);
}

#[test]
fn legs_of_an_iceberg_are_one_order_and_a_repeated_tag_is_two() {
    let mut notes = Notes::default();
    let end = read(&kite(), &ORDERS, &[bytes!("iceberg.json")], &mut notes);
    let iceberg = by_id(&end, "2611250000000000011");
    assert_eq!((iceberg.qty, iceberg.cum), (Qty::whole(1000), Qty::whole(250)));
    assert_eq!(iceberg.status, OrdStatus::Open);
    let twice = rows(&end).iter().filter(|row| row.cl_ord_id == Some(id("TF0MXE5K3Z0000000F")));
    assert_eq!(twice.count(), 2, "the engine must see both");
    // A cancel goes to the leg that works, at its own address.
    assert_eq!(notes.live_part(&id("TF0MXE5K3Z0000000E")), Some(text("2611250000000000012")));
    assert_eq!(notes.variety(&text("2611250000000000012")), Variety::Iceberg);
    assert_eq!(notes.variety(&text("2611250000000000013")), Variety::Regular);
}

#[test]
fn the_history_of_a_leg_is_not_the_whole_order() {
    let row = |leg: u32, status: &str, filled: u32| {
        format!(
            r#"{{"order_id":"2611250000000000001","status":"{status}","order_timestamp":"2026-11-25 10:00:00","variety":"iceberg","exchange":"NSE","tradingsymbol":"INFY","transaction_type":"BUY","quantity":200,"price":1500,"filled_quantity":{filled},"meta":{{"iceberg":{{"leg":{leg},"legs":5,"total_quantity":1000}}}},"tags":["TF0MXE5K3Z0000000A"]}}"#
        )
    };
    let found = |rows: &[String]| {
        let body = format!(r#"{{"status":"success","data":[{}]}}"#, rows.join(","));
        let query = one(Some("2611250000000000001"));
        let mut notes = Notes::default();
        let end = read(&kite(), &query, &[body.as_bytes()], &mut notes);
        let row = match end.found {
            Found::Order(found) => found.row.map(|row| (row.qty, row.cum, row.status)),
            _ => None,
        };
        (row, notes.live_part(&id("TF0MXE5K3Z0000000A")).is_some())
    };
    let working = [row(1, "OPEN", 0), row(1, "OPEN", 50)];
    let shown = (Qty::whole(1000), Qty::whole(50), OrdStatus::Open);
    assert_eq!(found(&working), (Some(shown), true), "states are not added up");
    assert_eq!(found(&[row(1, "OPEN", 50), row(1, "COMPLETE", 200)]), (None, false));
    assert_eq!(found(&[row(5, "OPEN", 50), row(5, "COMPLETE", 200)]), (None, false));
    assert_eq!(found(&[row(2, "OPEN", 50)]), (None, true));
}

#[test]
fn between_two_legs_an_iceberg_is_not_finished() {
    let whole = String::from_utf8_lossy(bytes!("iceberg.json")).into_owned();
    let done = whole.replacen(r#""filled_quantity":50"#, r#""filled_quantity":200"#, 1);
    let done = done.replacen(r#"0012","status":"OPEN""#, r#"0012","status":"COMPLETE""#, 1);
    let end = read(&kite(), &ORDERS, &[done.as_bytes()], &mut Notes::default());
    let iceberg = by_id(&end, "2611250000000000011");
    assert_eq!((iceberg.status, iceberg.cum), (OrdStatus::Pending, Qty::whole(400)));
    let cut = done.replacen(r#"0012","status":"COMPLETE""#, r#"0012","status":"CANCELLED""#, 1);
    let end = read(&kite(), &ORDERS, &[cut.as_bytes()], &mut Notes::default());
    assert_eq!(by_id(&end, "2611250000000000011").status, OrdStatus::Canceled);
}

#[test]
fn the_last_state_of_a_history_counts() {
    let query = one(Some("2611250000000000001"));
    let end = read(&kite(), &query, &[bytes!("history.json")], &mut Notes::default());
    let Found::Order(found) = &end.found else { panic!("{end:?}") };
    let row = found.row.as_ref().expect("a row");
    assert_eq!((row.status, row.cum), (OrdStatus::Canceled, Qty::whole(25)));
    assert_eq!((row.qty, row.px), (Qty::whole(80), Px(1_500_100_000_000)));
    assert_eq!(end.bad, 1, "an unknown state on the way is told and does not matter");
    // If the present state is the unknown one, nothing is known.
    let cut = String::from_utf8_lossy(bytes!("history.json")).replace("CANCELLED", "NEVER SEEN");
    let end = read(&kite(), &query, &[cut.as_bytes()], &mut Notes::default());
    assert!(matches!(end.found, Found::Failed(_)), "{end:?}");
}

#[test]
fn without_an_order_id_the_book_is_searched_by_tag() {
    let codec = kite();
    let calls = codec.read(&one(None), &Notes::default());
    assert_eq!(calls[0].target, "/orders");
    let end = read(&codec, &one(None), &[bytes!("orders.json")], &mut Notes::default());
    let Found::Order(found) = &end.found else { panic!("{end:?}") };
    let order_id = found.row.as_ref().and_then(|row| row.order_id);
    assert_eq!(order_id, Some(text("2611250000000000001")));
    let calls = codec.read(&one(Some("26/11")), &Notes::default());
    assert_eq!(calls[0].target, "/orders/26%2F11");
}

#[test]
fn trades_get_our_id_by_their_order() {
    let codec = kite();
    let targets: Vec<String> =
        codec.read(&ACTIVITY, &Notes::default()).into_iter().map(|call| call.target).collect();
    assert_eq!(targets, ["/trades", "/orders"]);
    let bodies: [&[u8]; 2] = [bytes!("trades.json"), bytes!("orders.json")];
    let end = read(&codec, &ACTIVITY, &bodies, &mut Notes::default());
    let Found::Activity(activity) = &end.found else { panic!("{end:?}") };
    assert!(activity.complete);
    assert_eq!((activity.rows.len(), end.foreign), (3, 2));
    let first = &activity.rows[0];
    assert_eq!(first.cl_ord_id, Some(id("TF0MXE5K3Z0000000A")));
    assert_eq!(first.fill.exec_id, text("NSE:10000001"));
    assert_eq!((first.fill.qty, first.fill.px), (Qty::whole(20), Px(1_500_050_000_000)));
    assert_eq!((first.fill.time, first.fill.cum), (at("9:20:02"), None));
    assert_eq!(activity.rows[2].cl_ord_id, None, "somebody else's");
}

#[test]
fn a_read_with_half_of_its_answers_has_failed() {
    let codec = kite();
    for query in [ACTIVITY, POSITIONS] {
        let end = read(&codec, &query, &[bytes!("positions.json")], &mut Notes::default());
        assert!(matches!(end.found, Found::Failed(_)), "{end:?}");
        let end = read(&codec, &query, &[], &mut Notes::default());
        assert!(matches!(end.found, Found::Failed(_)), "{end:?}");
        let replies = [HttpReply::new(403, b"<html>"), HttpReply::new(200, b"")];
        let end = codec.answer(&query, &replies, &mut Notes::default());
        assert!(
            matches!(&end.found, Found::Failed(failed) if failed.cause == ReadFailure::Auth),
            "{end:?}"
        );
    }
}

fn held(switches: Switches) -> Vec<PositionRow> {
    let codec = kite().with_switches(switches);
    let bodies: [&[u8]; 2] = [bytes!("positions.json"), bytes!("holdings.json")];
    let end = read(&codec, &POSITIONS, &bodies, &mut Notes::default());
    match end.found {
        Found::Positions(rows) => rows.rows,
        other => panic!("{other:?}"),
    }
}

fn row(instrument: truefill_core::ids::InstrumentId, product: &str, qty: i64) -> PositionRow {
    PositionRow { instrument, product: text(product), qty: Qty::whole(qty) }
}

#[test]
fn what_was_delivered_is_held_and_what_the_day_did_is_added() {
    // 40 + 7 at the open, 5 of them sold today; 4 left on margin, 1 sold; the broker lists the
    // share under the other exchange.
    let expected =
        [row(INFY, "MIS", 30), row(SBIN, "CNC", 42), row(SBIN, "MTF", 5), row(GOLD, "NRML", 2)];
    assert_eq!(held(Switches::default()), expected);
    // A broker that shows what remains after a sale says the same with other numbers.
    let other =
        String::from_utf8_lossy(bytes!("holdings.json")).replace(":40,\"used", ":35,\"used");
    let bodies: [&[u8]; 2] = [bytes!("positions.json"), other.as_bytes()];
    let end = read(&kite(), &POSITIONS, &bodies, &mut Notes::default());
    let Found::Positions(rows) = &end.found else { panic!("{end:?}") };
    assert_eq!(rows.rows, expected);
    let at_open = Switches { holdings_count: HoldingsCount::AtOpen, ..Switches::default() };
    assert_eq!(held(at_open)[1..3], [row(SBIN, "CNC", 42), row(SBIN, "MTF", 4)]);
    let remaining = Switches { holdings_count: HoldingsCount::Remaining, ..Switches::default() };
    assert_eq!(held(remaining)[1..3], [row(SBIN, "CNC", 47), row(SBIN, "MTF", 5)]);
    let strict = Switches { holdings_across_exchanges: false, ..Switches::default() };
    assert_eq!(held(strict)[1], row(SBIN, "CNC", -5));
}

#[test]
fn a_position_that_cannot_be_read_is_not_flat() {
    let broken = String::from_utf8_lossy(bytes!("positions.json")).replacen("-5", "\"?\"", 1);
    let bodies: [&[u8]; 2] = [broken.as_bytes(), bytes!("holdings.json")];
    let end = read(&kite(), &POSITIONS, &bodies, &mut Notes::default());
    assert!(matches!(end.found, Found::Failed(_)), "{end:?}");
    assert_eq!(end.bad_rows[0].instrument, Some(SBIN));
    let Some(Found::Positions(partial)) = &end.partial else { panic!("{end:?}") };
    assert!(partial.rows.contains(&row(INFY, "MIS", 30)), "the others are there to be seen");
}

#[test]
fn an_answer_that_is_none_is_never_empty() {
    let html = b"<html><body>Bad gateway</body></html>";
    let bodies: [&[u8]; 9] = [
        b"",
        html,
        b"[]",
        b"{}",
        b"null",
        br#"{"status":"success"}"#,
        br#"{"status":"success","data":null}"#,
        br#"{"status":"success","data":{}}"#,
        br#"{"status":"error","error_type":"GeneralException","message":"x","data":[]}"#,
    ];
    for body in bodies {
        for query in [ORDERS, ACTIVITY, POSITIONS, one(Some("1"))] {
            let end = read(&kite(), &query, &[body, body], &mut Notes::default());
            let shown = String::from_utf8_lossy(body);
            assert!(matches!(end.found, Found::Failed(_)), "{query:?} {shown}: {end:?}");
        }
    }
    let end =
        read(&kite(), &ORDERS, &[br#"{"status":"success","data":[]}"#], &mut Notes::default());
    assert!(is_complete(&end) && rows(&end).is_empty(), "an empty book is one");
}

#[test]
fn an_order_is_as_old_as_its_earliest_time() {
    let row = |exchange: &str| {
        format!(
            r#"{{"status":"success","data":[{{"order_id":"1","status":"CANCELLED","order_timestamp":"2026-11-25 09:18:57","exchange_timestamp":"{exchange}","exchange_update_timestamp":"2026-11-25 09:18:58","exchange":"NSE","tradingsymbol":"INFY","transaction_type":"BUY","quantity":1,"filled_quantity":0}}]}}"#
        )
    };
    let times = |exchange: &str| {
        let body = row(exchange);
        let read = kite().read_orders(&HttpReply::new(200, body.as_bytes())).expect("a book");
        (read.rows[0].created, read.rows[0].changed)
    };
    assert_eq!(times("2026-11-25 09:15:38"), (at("9:15:38"), at("9:18:58")));
    assert_eq!(times("1980-01-01 00:00:00"), (at("9:18:57"), at("9:18:58")), "zero of an exchange");
}

#[test]
fn people_see_more_than_the_engine() {
    let codec = kite();
    let targets = [codec.orders_call(), codec.trades_call(), codec.positions_call()];
    let targets = targets.map(|call| call.target);
    assert_eq!(targets, ["/orders", "/trades", "/portfolio/positions"]);
    assert_eq!(codec.holdings_call().target, "/portfolio/holdings");
    let ok = |body| HttpReply::new(200, body);
    let orders = codec.read_orders(&ok(bytes!("orders.json"))).expect("a book");
    let rejected = orders.rows.iter().find(|row| row.status == OrdStatus::Rejected);
    assert_eq!(rejected.expect("one").reason(), Some(Reason::Margin));
    let held = codec.read_holdings(&ok(bytes!("holdings.json"))).expect("holdings");
    let line = &held.rows[0];
    assert_eq!((line.authorised, line.collateral), (Qty::whole(10), Qty::whole(3)));
    assert_eq!((line.opening, held.foreign), (Some(Qty::whole(47)), 1));
    let positions = codec.read_positions(&ok(bytes!("positions.json"))).expect("positions");
    assert_eq!((positions.net.rows.len(), positions.day.rows.len()), (3, 1));
    let gold = &positions.net.rows[2];
    assert_eq!((gold.multiplier, gold.qty), (Qty::whole(1000), Qty::whole(2)));
    let trades = codec.read_trades(&ok(bytes!("trades.json"))).expect("trades");
    assert_eq!(trades.rows[1].time, at("9:20:05"));
}
