//! Orders on the wire, and what comes back.

use crate::desk::{INFY, amend, bytes, cancel, error, kite, new_order, place, read, text};
use crate::desk::{ORDERS, id};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{Outcome, RejectCode};
use truefill_core::request::{Request, Side, TimeInForce};
use truefill_venue::LiveCodec;
use truefill_venue::http::{Budget, HttpReply, Method};
use truefill_venue::kite::{
    Calls, Cancel, Display, Modify, Notes, OrderType, Place, Protection, Switches, Validity,
    Variety,
};
use truefill_venue::reason::Reason;

fn body_of(request: &Request) -> String {
    let call = kite().write(request, &Notes::default()).expect("a call");
    String::from_utf8(call.body).expect("text")
}

#[test]
fn a_limit_order_is_a_form_with_our_tag() {
    let call = kite().write(&place(), &Notes::default()).expect("a call");
    assert_eq!((call.method, call.target.as_str()), (Method::Post, "/orders/regular"));
    assert_eq!(call.budget, Budget::Orders);
    let headers = [("X-Kite-Version", "3"), ("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(call.headers, headers);
    assert_eq!(
        String::from_utf8_lossy(&call.body),
        "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=LIMIT&product=MIS\
         &validity=DAY&quantity=100&price=1500.05&tag=TF0MXE5K3Z0000000A"
    );
}

#[test]
fn stops_and_ioc_and_shown_quantities() {
    let stop = NewWith { stop: Some(1_499), ..NewWith::default() };
    assert!(body_of(&stop.request()).contains("order_type=SL&"));
    assert!(body_of(&stop.request()).contains("&trigger_price=1499&"));
    let mut ioc = new_order();
    ioc.tif = TimeInForce::Ioc;
    assert!(body_of(&Request::New(ioc)).contains("&validity=IOC&"));
    let shown = NewWith { shown: Some(30), ..NewWith::default() };
    assert!(body_of(&shown.request()).contains("&disclosed_quantity=30&"));
    let iceberg = Switches { display: Display::Iceberg, ..Switches::default() };
    let call = kite().with_switches(iceberg).write(&shown.request(), &Notes::default());
    let call = call.expect("a call");
    assert_eq!(call.target, "/orders/iceberg");
    assert!(String::from_utf8_lossy(&call.body).contains("iceberg_legs=4&iceberg_quantity=30&"));
}

#[derive(Default)]
struct NewWith {
    stop: Option<i64>,
    shown: Option<i64>,
}

impl NewWith {
    fn request(&self) -> Request {
        let mut new = new_order();
        new.stop_px = self.stop.map(Px::whole);
        new.display_qty = self.shown.map(Qty::whole);
        Request::New(new)
    }
}

#[test]
fn a_prefix_stands_before_every_path() {
    let codec = kite().under("oms/");
    let call = codec.write(&place(), &Notes::default()).expect("a call");
    assert_eq!(call.target, "/oms/orders/regular");
    assert_eq!(codec.read(&ORDERS, &Notes::default())[0].target, "/oms/orders");
}

#[test]
fn changes_and_cancels_go_to_the_address_of_the_order() {
    let codec = kite();
    let mut notes = Notes::default();
    let call = codec.write(&amend(Some("26")), &notes).expect("a call");
    assert_eq!((call.method, call.target.as_str()), (Method::Put, "/orders/regular/26"));
    assert_eq!(call.body, b"order_type=LIMIT&quantity=80&price=1500.1");
    let call = codec.write(&cancel(Some("26")), &notes).expect("a call");
    assert_eq!((call.method, call.target.as_str()), (Method::Delete, "/orders/regular/26"));
    assert!(call.body.is_empty());
    // The kind of an order is learned from the book.
    read(&codec, &ORDERS, &[bytes!("orders.json")], &mut notes);
    let call = codec.write(&cancel(Some("261125000000003")), &notes).expect("a call");
    assert_eq!(call.target, "/orders/amo/261125000000003");
}

#[test]
fn an_order_without_an_id_cannot_be_addressed_and_nothing_is_sent() {
    for request in [amend(None), cancel(None)] {
        let unsendable = kite().write(&request, &Notes::default()).expect_err("no address");
        assert!(matches!(*unsendable.outcome, Outcome::NotSent(_)), "{unsendable:?}");
    }
}

#[test]
fn what_nobody_would_take_does_not_leave() {
    let refused = |change: fn(&mut truefill_core::request::NewOrder)| {
        let mut new = new_order();
        change(&mut new);
        let end = kite().write(&Request::New(new), &Notes::default()).expect_err("unsendable");
        match *end.outcome {
            Outcome::Refused(refused) => assert_eq!(refused.code, RejectCode::Invalid),
            other => panic!("{other:?}"),
        }
        end.why.why
    };
    assert!(refused(|new| new.qty = Qty(1_500_000_000)).contains("whole number"));
    assert!(refused(|new| new.qty = Qty::ZERO).contains("whole number"));
    assert!(refused(|new| new.px = Px::ZERO).contains("limit price"));
    assert!(refused(|new| new.product = text("")).contains("product"));
    assert!(refused(|new| new.instrument = truefill_core::ids::InstrumentId(9)).contains("symbol"));
    assert!(refused(|new| new.cl_ord_id = id("with-a-dash")).contains("tag"));
    assert!(
        refused(|new| {
            new.instrument = crate::desk::GOLD;
            new.tif = TimeInForce::Ioc;
        })
        .contains("MCX")
    );
}

#[test]
fn everything_the_broker_knows_can_be_asked_of_it() {
    let mut order = Place::limit("NFO", "NIFTY26DECFUT", Side::Sell, Qty::whole(75), Px::whole(1));
    order.product = "NRML".to_owned();
    order.px = None;
    order.order_type = OrderType::Market;
    assert!(order.check().is_err(), "a market order needs protection");
    order.protection = Some(Protection::Percent(Px(2_500_000_000)));
    order.validity = Validity::Ttl;
    order.validity_minutes = Some(3);
    order.autoslice = true;
    order.algo_id = Some("A1".to_owned());
    let call = order.call(&Calls::default()).expect("a call");
    assert_eq!(
        String::from_utf8_lossy(&call.body),
        "exchange=NFO&tradingsymbol=NIFTY26DECFUT&transaction_type=SELL&order_type=MARKET\
         &product=NRML&validity=TTL&validity_ttl=3&quantity=75&market_protection=2.5\
         &autoslice=true&algo_id=A1"
    );
    order.protection = Some(Protection::Automatic);
    let call = order.call(&Calls::default()).expect("a call");
    assert!(String::from_utf8_lossy(&call.body).contains("market_protection=-1"));
    for percent in [Px::ZERO, Px(-1), Px(100_000_000_001)] {
        order.protection = Some(Protection::Percent(percent));
        assert!(order.check().is_err(), "{percent}");
    }
    let mut modify = Modify::limit(Variety::Regular, "1", Qty::whole(5), Px::whole(10));
    modify.order_type = Some(OrderType::Market);
    modify.px = None;
    assert!(modify.call(&Calls::default()).is_err(), "becoming a market order needs it as well");
    modify.protection = Some(Protection::Automatic);
    assert!(modify.call(&Calls::default()).is_ok());
    let cover = Cancel {
        variety: Variety::Cover,
        order_id: "2".to_owned(),
        parent_order_id: Some("1".to_owned()),
    };
    let call = cover.call(&Calls::default()).expect("a call");
    assert_eq!(call.target, "/orders/co/2?parent_order_id=1");
}

#[test]
fn taken_is_the_brokers_id_and_no_more() {
    let body = br#"{"status":"success","data":{"order_id":"2611250000000000001"}}"#;
    for request in [place(), amend(Some("2611250000000000001")), cancel(None)] {
        let end = kite().reply(&request, &HttpReply::new(200, body), &mut Notes::default());
        let Outcome::Taken(taken) = &end.outcome else { panic!("{end:?}") };
        assert_eq!(taken.order_id, Some(text("2611250000000000001")));
    }
    let another =
        kite().reply(&cancel(Some("7")), &HttpReply::new(200, body), &mut Notes::default());
    assert!(matches!(another.outcome, Outcome::Unclear(_)), "{another:?}");
    for body in [
        r#"{"status":"success","data":{}}"#,
        r#"{"status":"success","data":{"order_id":""}}"#,
        r#"{"status":"success","data":true}"#,
    ] {
        let reply = HttpReply::new(200, body.as_bytes());
        let end = kite().reply(&place(), &reply, &mut Notes::default());
        assert!(matches!(end.outcome, Outcome::Unclear(_)), "{body}: {end:?}");
    }
}

#[test]
fn an_accepted_order_may_be_partly_refused() {
    let reply = HttpReply::new(200, bytes!("autoslice.json"));
    let ack = kite().ack(&reply).expect("taken");
    assert_eq!(ack.order_id, text("2611250000000000021"));
    assert_eq!(ack.slices.len(), 3);
    assert_eq!(ack.slices[0], Ok(text("2611250000000000022")));
    let refused = ack.slices[2].as_ref().expect_err("refused");
    assert_eq!(refused.reason, Reason::Margin);
    let end = kite().reply(&place(), &reply, &mut Notes::default());
    assert!(matches!(end.outcome, Outcome::Taken(_)));
    assert_eq!(end.reason, Some(Reason::Margin), "people are told");
}

#[test]
fn a_freeze_quantity_is_learned_once_it_is_told() {
    let mut notes = Notes::default();
    let reply = |words: &str, notes: &mut Notes| {
        let body = error("InputException", words);
        kite().reply(&place(), &HttpReply::new(400, &body), notes)
    };
    reply("Quantity 100 exceeds freeze quantity 100", &mut notes);
    assert!(notes.freezes().is_empty(), "100 were asked for");
    reply("Quantity 100 exceeds the freeze quantity of 60 for INFY", &mut notes);
    assert_eq!(notes.freezes().get(&INFY), Some(&Qty::whole(60)));
}

#[test]
fn an_order_in_parts_is_cancelled_leg_by_leg_and_never_changed() {
    let codec = kite();
    let mut notes = Notes::default();
    let body = String::from_utf8_lossy(bytes!("iceberg.json"));
    let body = body.replace("TF0MXE5K3Z0000000E", "TF0MXE5K3Z0000000A");
    read(&codec, &ORDERS, &[body.as_bytes()], &mut notes);
    let call = codec.write(&cancel(Some("2611250000000000011")), &notes).expect("a call");
    assert_eq!(call.target, "/orders/iceberg/2611250000000000012", "the leg that works");
    let end = codec.write(&amend(Some("2611250000000000011")), &notes).expect_err("unsendable");
    assert!(end.why.why.contains("parts"), "{end:?}");
    notes.new_day();
    assert!(codec.write(&amend(Some("2611250000000000011")), &notes).is_ok());
}
