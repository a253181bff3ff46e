//! Both halves against each other, and the client half against bytes nobody meant.

use super::ReferenceCodec;
use crate::codec::{Ask, ClientCodec, ServerCodec, StreamFrame, Symbols};
use proptest::option;
use proptest::prelude::*;
use truefill_core::ids::{ClOrdId, InstrumentId, RequestId, VenueText, cl_ord_id};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::*;
use truefill_core::request::*;
use truefill_core::time::Nanos;

const SYMBOLS: [&str; 3] = ["NSE:INFY", "NSE:M&M", "quote\"back\\slash"];

fn codec() -> ReferenceCodec {
    ReferenceCodec::new(Symbols::from_names(SYMBOLS.map(str::to_owned)))
}

fn text<const N: usize>() -> impl Strategy<Value = truefill_core::ids::Ascii<N>> {
    prop::collection::vec(0x20u8..0x7f, 0..=N).prop_map(|bytes| {
        truefill_core::ids::Ascii::new(&String::from_utf8(bytes).unwrap()).unwrap()
    })
}

fn client_id() -> impl Strategy<Value = ClOrdId> {
    (0..2_800_000_000_000u64, 0..2_800_000_000_000u64).prop_map(|(e, n)| cl_ord_id(e, n))
}

fn instrument() -> impl Strategy<Value = InstrumentId> {
    (0u32..3).prop_map(InstrumentId)
}

fn px() -> impl Strategy<Value = Px> {
    (-1_000_000_000_000_000i128..1_000_000_000_000_000).prop_map(Px)
}

fn qty() -> impl Strategy<Value = Qty> {
    (1i128..1_000_000_000_000_000_000).prop_map(Qty)
}

fn time() -> impl Strategy<Value = Nanos> {
    (0i64..7_258_118_400_000_000_000).prop_map(Nanos)
}

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(Side::ALL)
}

fn request() -> impl Strategy<Value = Request> {
    let tif = prop::sample::select(TimeInForce::ALL);
    let extra = (option::of(px()), option::of(qty()));
    let new = (client_id(), instrument(), text(), side(), qty(), px(), tif, extra);
    let new = new.prop_map(|(cl_ord_id, instrument, product, side, qty, px, tif, extra)| {
        let order = serial(&cl_ord_id);
        let (stop_px, display_qty) = extra;
        Request::New(NewOrder {
            cl_ord_id,
            order,
            instrument,
            product,
            side,
            qty,
            px,
            tif,
            stop_px,
            display_qty,
        })
    });
    let amend = (client_id(), option::of(text()), instrument(), qty(), px(), option::of(px()));
    let amend = amend.prop_map(|(cl_ord_id, order_id, instrument, qty, px, stop_px)| {
        let order = serial(&cl_ord_id);
        Request::Amend(AmendOrder {
            filled: None,
            cl_ord_id,
            order,
            order_id,
            instrument,
            qty,
            px,
            stop_px,
        })
    });
    let cancel = (client_id(), option::of(text()), instrument());
    let cancel = cancel.prop_map(|(cl_ord_id, order_id, instrument)| {
        let order = serial(&cl_ord_id);
        Request::Cancel(CancelOrder { cl_ord_id, order, order_id, instrument })
    });
    prop_oneof![new, cancel, amend]
}

fn query() -> impl Strategy<Value = Query> {
    let one = (client_id(), option::of(text())).prop_map(|(cl_ord_id, order_id)| {
        Query::Order(OneOrder { cl_ord_id, order: serial(&cl_ord_id), order_id })
    });
    prop_oneof![
        Just(Query::Positions(Whole {})),
        Just(Query::Orders(Whole {})),
        Just(Query::Activity(Whole {})),
        one
    ]
}

fn serial(id: &ClOrdId) -> truefill_core::ids::OrderNo {
    let (_, serial) = truefill_core::ids::parse_cl_ord_id(id).unwrap();
    truefill_core::ids::OrderNo(serial)
}

/// Outcomes that a server can say.
fn outcome() -> impl Strategy<Value = Outcome> {
    let taken = (option::of(text()), option::of(time())).prop_map(|(order_id, time)| {
        Outcome::Taken(Taken { cum: None, instrument: None, status: None, order_id, time })
    });
    let code = prop::sample::select(RejectCode::ALL);
    let refused = (code, text(), option::of(0i64..)).prop_map(|(code, text, retry_after_ns)| {
        Outcome::Refused(Refused { code, text, retry_after_ns })
    });
    let unclear = option::of(0i64..).prop_map(|retry_after_ns| {
        Outcome::Unclear(Unclear { cause: UnknownCause::Server, retry_after_ns })
    });
    prop_oneof![taken, refused, unclear]
}

fn fill() -> impl Strategy<Value = FillReport> {
    let liquidity = option::of(prop::sample::select(Liquidity::ALL));
    let fee = option::of((-1_000_000_000i128..1_000_000_000).prop_map(Amount));
    let cum = option::of(qty());
    let all = (text(), qty(), px(), cum, liquidity, option::of(px()), fee, time());
    all.prop_map(|(exec_id, qty, px, cum, liquidity, touch, fee, time)| FillReport {
        kept: None,
        exec_id,
        qty,
        px,
        cum,
        liquidity,
        touch,
        fee,
        time,
    })
}

fn order_row() -> impl Strategy<Value = OrderRow> {
    let status = prop::sample::select(OrdStatus::ALL);
    let ids = (option::of(text()), option::of(text()));
    let all = (ids, instrument(), side(), qty(), option::of(qty()), px(), status, time());
    all.prop_map(|((cl_ord_id, order_id), instrument, side, qty, cum, px, status, created)| {
        let cum = cum.unwrap_or_default();
        OrderRow {
            code: None,
            cl_ord_id,
            order_id,
            instrument,
            side,
            qty,
            cum,
            px,
            status,
            created,
        }
    })
}

fn activity_row() -> impl Strategy<Value = ActivityRow> {
    let kind = prop::sample::select(ActivityKind::ALL);
    let ids = (option::of(text()), option::of(text()));
    let all = (kind, ids, instrument(), side(), fill(), text());
    all.prop_map(|(kind, (cl_ord_id, order_id), instrument, side, fill, product)| ActivityRow {
        kind,
        cl_ord_id,
        order_id,
        instrument,
        side,
        fill,
        product,
    })
}

/// An answer and the query it belongs to.
fn found() -> impl Strategy<Value = (Query, Found)> {
    let row = (instrument(), text(), any::<bool>(), qty()).prop_map(|(i, product, short, qty)| {
        PositionRow { instrument: i, product, qty: if short { -qty } else { qty } }
    });
    let positions = prop::collection::vec(row, 0..5)
        .prop_map(|rows| (Query::Positions(Whole {}), Found::Positions(PositionRows { rows })));
    let orders =
        (prop::collection::vec(order_row(), 0..5), any::<bool>()).prop_map(|(rows, complete)| {
            (Query::Orders(Whole {}), Found::Orders(OrderRows { rows, complete }))
        });
    let activity = (prop::collection::vec(activity_row(), 0..5), any::<bool>()).prop_map(
        |(rows, complete)| {
            (Query::Activity(Whole {}), Found::Activity(ActivityRows { rows, complete }))
        },
    );
    let one = (client_id(), option::of(order_row())).prop_map(|(cl_ord_id, row)| {
        let order = serial(&cl_ord_id);
        let query = Query::Order(OneOrder { cl_ord_id, order, order_id: None });
        (query, Found::Order(OneRow { row }))
    });
    let cause = prop::sample::select(vec![
        ReadFailure::Server,
        ReadFailure::RateLimited,
        ReadFailure::Auth,
        ReadFailure::Garbled,
    ]);
    let failed = (query(), cause, option::of(0i64..)).prop_map(|(query, cause, retry)| {
        (query, Found::Failed(Failed { cause, retry_after_ns: retry }))
    });
    prop_oneof![positions, orders, activity, one, failed]
}

fn push() -> impl Strategy<Value = Push> {
    let status = (prop::sample::select(OrdStatus::ALL), option::of(qty()), time());
    let status =
        status.prop_map(|(status, cum, time)| News::Status(StatusReport { status, cum, time }));
    let bust =
        (text(), time()).prop_map(|(exec_id, time)| News::Bust(BustReport { exec_id, time }));
    let news = prop_oneof![fill().prop_map(News::Fill), status, bust];
    (option::of(text()), option::of(text()), option::of(instrument()), news).prop_map(
        |(cl_ord_id, order_id, instrument, news)| Push { cl_ord_id, order_id, instrument, news },
    )
}

/// Cuts a frame somewhere before its end.
fn cut(frame: &[u8], at: prop::sample::Index) -> &[u8] {
    &frame[..at.index(frame.len())]
}

proptest! {
    #[test]
    fn requests_survive(id in any::<u64>(), request in request(), query in query()) {
        let codec = codec();
        let id = RequestId(id);
        let read = codec.decode_request(&codec.encode_write(id, &request)).unwrap();
        prop_assert_eq!((read.id, read.ask), (id, Ask::Write(request)));
        let read = codec.decode_request(&codec.encode_read(id, &query)).unwrap();
        prop_assert_eq!((read.id, read.ask), (id, Ask::Read(query)));
    }

    #[test]
    fn replies_survive(id in any::<u64>(), outcome in outcome()) {
        let (status, body) = codec().encode_outcome(RequestId(id), &outcome);
        prop_assert_eq!(codec().decode_reply(RequestId(id), status, &body), outcome);
    }

    #[test]
    fn answers_survive(id in any::<u64>(), (query, found) in found()) {
        let (status, body) = codec().encode_found(RequestId(id), &found);
        prop_assert_eq!(codec().decode_answer(RequestId(id), &query, status, &body), found);
    }

    #[test]
    fn pushes_survive(epoch in any::<u32>(), seq in any::<u64>(), push in push()) {
        let body = codec().encode_push(epoch, seq, &push);
        prop_assert_eq!(codec().decode_push(&body), Ok(push.clone()));
        prop_assert_eq!(codec().decode_frame(&body), Ok(StreamFrame { epoch, seq, push }));
    }

    #[test]
    fn what_was_cut_off_is_unreadable(
        request in request(),
        outcome in outcome(),
        (query, found) in found(),
        push in push(),
        at in any::<prop::sample::Index>(),
    ) {
        let (codec, id) = (codec(), RequestId(7));
        prop_assert!(codec.decode_request(cut(&codec.encode_write(id, &request), at)).is_err());
        prop_assert!(codec.decode_request(cut(&codec.encode_read(id, &query), at)).is_err());
        prop_assert!(codec.decode_push(cut(&codec.encode_push(1, 1, &push), at)).is_err());
        let (status, body) = codec.encode_outcome(id, &outcome);
        if status == 200 || status == 400 {
            let told = codec.decode_reply(id, status, cut(&body, at));
            prop_assert_eq!(told, unclear(UnknownCause::Garbled));
        }
        let (status, body) = codec.encode_found(id, &found);
        let told = codec.decode_answer(id, &query, status, cut(&body, at));
        prop_assert!(matches!(told, Found::Failed(_)), "{:?}", told);
    }

    #[test]
    fn no_bytes_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        status in any::<u16>(),
        query in query(),
    ) {
        let codec = codec();
        let _ = codec.decode_reply(RequestId(7), status, &bytes);
        let _ = codec.decode_answer(RequestId(7), &query, status, &bytes);
        let _ = codec.decode_push(&bytes);
        let _ = codec.decode_request(&bytes);
    }

    #[test]
    fn a_damaged_frame_does_not_panic(
        (query, found) in found(),
        push in push(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let codec = codec();
        let (status, mut body) = codec.encode_found(RequestId(7), &found);
        let place = at.index(body.len());
        body[place] = byte;
        let _ = codec.decode_answer(RequestId(7), &query, status, &body);
        let mut body = codec.encode_push(1, 1, &push);
        let place = at.index(body.len());
        body[place] = byte;
        let _ = codec.decode_push(&body);
    }
}

fn unclear(cause: UnknownCause) -> Outcome {
    Outcome::Unclear(Unclear { cause, retry_after_ns: None })
}

#[test]
fn a_reply_to_another_request_is_no_reply() {
    let (status, body) = codec().encode_outcome(
        RequestId(8),
        &Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id: None,
            time: None,
        }),
    );
    let told = codec().decode_reply(RequestId(7), status, &body);
    assert_eq!(told, unclear(UnknownCause::Garbled));
    let found = Found::Positions(PositionRows { rows: vec![] });
    let (status, body) = codec().encode_found(RequestId(8), &found);
    let told = codec().decode_answer(RequestId(7), &Query::Positions(Whole {}), status, &body);
    assert!(matches!(told, Found::Failed(Failed { cause: ReadFailure::Garbled, .. })));
}

#[test]
fn the_status_decides_where_it_can() {
    let garbage = b"<html>";
    let told = |status| codec().decode_reply(RequestId(7), status, garbage);
    for (status, code) in
        [(401, RejectCode::Auth), (403, RejectCode::Auth), (429, RejectCode::RateLimited)]
    {
        let Outcome::Refused(refused) = told(status) else { panic!("{status} is definite") };
        assert_eq!((refused.code, refused.retry_after_ns), (code, None));
    }
    for status in [500, 502, 503, 504] {
        assert_eq!(told(status), unclear(UnknownCause::Server));
    }
    for status in [0, 100, 200, 204, 302, 400, 404, 418, 600] {
        assert_eq!(told(status), unclear(UnknownCause::Garbled), "{status}");
    }
}

#[test]
fn a_refusal_with_an_unknown_code_is_not_definite() {
    let body = br#"{"id":7,"refused":{"code":"maybe"}}"#;
    assert_eq!(codec().decode_reply(RequestId(7), 400, body), unclear(UnknownCause::Garbled));
    let body = br#"{"id":7,"taken":{},"refused":{"code":"invalid"}}"#;
    assert_eq!(codec().decode_reply(RequestId(7), 200, body), unclear(UnknownCause::Garbled));
}

const GOOD: &str = r#"{"client_id":"A","order_id":"V1","symbol":"NSE:INFY","side":"buy","qty":"10","cum":0,"price":1e-7,"status":"open","created":5,"new_field":{"x":[1]}}"#;

fn orders(rows: &str) -> OrderRows {
    let body = format!(r#"{{"id":7,"orders":[{rows}],"complete":true}}"#);
    let found = codec().decode_answer(RequestId(7), &Query::Orders(Whole {}), 200, body.as_bytes());
    let Found::Orders(orders) = found else { panic!("{found:?}") };
    orders
}

#[test]
fn a_bad_row_is_skipped_and_the_answer_incomplete() {
    let good = orders(GOOD);
    assert!(good.complete);
    assert_eq!(good.rows[0].px, Px(100));
    for (from, to) in [
        ("\"buy\"", "\"long\""),
        ("\"open\"", "\"mystery\""),
        ("\"open\"", "null"),
        ("\"10\"", "\"1.5777777777770001\""),
        ("\"10\"", "0"),
        ("\"10\"", "-1"),
        ("\"10\"", "1e13"),
        ("1e-7", "1e10"),
        ("1e-7", "1e-10"),
        // Each is in its bounds, the product is not.
        ("\"10\",\"cum\":0,\"price\":1e-7", "\"1e12\",\"cum\":0,\"price\":1e6"),
        ("\"cum\":0", "\"cum\":-1"),
        ("\"cum\":0,", ""),
        ("\"created\":5", "\"created\":-5"),
        ("\"created\":5", "\"created\":9000000000000000000"),
        ("\"created\":5", "\"created\":5.5"),
        ("\"A\"", "\"123456789012345678901\""),
        ("\"V1\"", "\"tab\\tinside\""),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let bad = GOOD.replace(from, to);
        let read = orders(&format!("{bad},{GOOD}"));
        assert_eq!((read.rows.len(), read.complete), (1, false), "{to}");
        assert_eq!(read.rows, good.rows);
    }
}

#[test]
fn positions_are_read_whole_or_not_at_all() {
    let row = r#"{"symbol":"NSE:INFY","product":"MIS","qty":"-3"}"#;
    let read = |rows: &str| {
        let body = format!(r#"{{"id":7,"positions":[{rows}]}}"#);
        codec().decode_answer(RequestId(7), &Query::Positions(Whole {}), 200, body.as_bytes())
    };
    let Found::Positions(found) = read(row) else { panic!("readable") };
    assert_eq!(found.rows[0].qty, Qty::whole(-3));
    let broken = row.replace("\"-3\"", "\"-3x\"");
    assert!(matches!(read(&format!("{row},{broken}")), Found::Failed(_)));
    let elsewhere = row.replace("NSE:INFY", "NSE:OTHER");
    let Found::Positions(found) = read(&format!("{row},{elsewhere}")) else { panic!("readable") };
    assert_eq!(found.rows.len(), 1, "what is not traded here is left out");
}

#[test]
fn an_answer_without_its_rows_is_not_an_empty_answer() {
    let read = |query: Query, body: &str| {
        codec().decode_answer(RequestId(7), &query, 200, body.as_bytes())
    };
    for body in ["{\"id\":7}", "{\"id\":7,\"orders\":[]}", "{\"id\":7,\"positions\":null}"] {
        assert!(matches!(read(Query::Positions(Whole {}), body), Found::Failed(_)), "{body}");
    }
    let found = read(Query::Orders(Whole {}), "{\"id\":7,\"orders\":[]}");
    // Nobody said that it is complete.
    assert_eq!(found, Found::Orders(OrderRows { rows: vec![], complete: false }));
}

#[test]
fn sizes_are_limited() {
    let mut body = br#"{"id":7,"orders":[],"complete":true}"#.to_vec();
    body.resize(super::FRAME_BYTES_MAX + 1, b' ');
    let read =
        |body: &[u8]| codec().decode_answer(RequestId(7), &Query::Orders(Whole {}), 200, body);
    assert!(matches!(read(&body), Found::Failed(_)));
    assert!(matches!(read(&body[..super::FRAME_BYTES_MAX]), Found::Orders(_)));
    let many = vec!["0"; super::ROWS_MAX + 1].join(",");
    assert!(matches!(
        read(format!(r#"{{"id":7,"orders":[{many}],"complete":true}}"#).as_bytes()),
        Found::Failed(_)
    ));
}

#[test]
fn bad_requests_are_refused_by_number() {
    let refused = |body: &str| codec().decode_request(body.as_bytes()).unwrap_err();
    let bad = refused(r#"{"id":9,"new":{"client_id":"A","symbol":"X"}}"#);
    assert_eq!((bad.id, bad.code), (Some(RequestId(9)), RejectCode::Invalid));
    assert_eq!(refused("{").id, None);
    for body in [
        r#"{"id":9}"#,
        r#"{"id":9,"read":"everything"}"#,
        r#"{"id":9,"read":"order"}"#,
        r#"{"id":9,"read":"orders","cancel":{"client_id":"A","symbol":"NSE:INFY"}}"#,
        r#"{"id":9,"cancel":{"client_id":"","symbol":"NSE:INFY"}}"#,
    ] {
        assert_eq!(refused(body).id, Some(RequestId(9)), "{body}");
    }
}

#[test]
fn words_for_people_are_shortened_not_refused() {
    let body = format!(
        r#"{{"id":7,"refused":{{"code":"other","text":"{}"}}}}"#,
        "\u{20b9} margin is short ".repeat(20)
    );
    let Outcome::Refused(refused) = codec().decode_reply(RequestId(7), 400, body.as_bytes()) else {
        panic!("a long text does not make a refusal unclear")
    };
    assert_eq!(refused.text.as_str().len(), 48);
    assert!(refused.text.as_str().starts_with("? margin"));
    assert_eq!(VenueText::new(refused.text.as_str()), Some(refused.text));
}
