//! A codec, orders and calls for all tests.

use truefill_core::ids::{ClOrdId, InstrumentId, OrderNo, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::request::{
    AmendOrder, CancelOrder, NewOrder, OneOrder, Query, Request, Side, TimeInForce, Whole,
};
use truefill_core::time::Nanos;
use truefill_venue::http::HttpReply;
use truefill_venue::kite::{KiteCodec, Notes};
use truefill_venue::live::{LiveCodec, ReadEnd};
use truefill_venue::{Symbols, codec};

pub const INFY: InstrumentId = InstrumentId(0);
pub const SBIN: InstrumentId = InstrumentId(1);
pub const GOLD: InstrumentId = InstrumentId(2);

/// The bytes of an example.
macro_rules! bytes {
    ($name:literal) => {
        include_bytes!(concat!("bytes/", $name))
    };
}
pub(crate) use bytes;

pub fn symbols() -> Symbols {
    let names = ["NSE:INFY", "NSE:SBIN", "MCX:GOLDPETAL26DECFUT"];
    codec::Symbols::from_names(names.map(str::to_owned))
}

pub fn kite() -> KiteCodec {
    KiteCodec::new(symbols())
}

pub fn id(text: &str) -> ClOrdId {
    ClOrdId::new(text).expect("an id")
}

pub fn text(text: &str) -> VenueText {
    VenueText::new(text).expect("a text")
}

/// Wall time in India on one day, as the broker writes it.
pub fn at(time: &str) -> Nanos {
    let (h, rest) = time.split_once(':').expect("hours");
    let (m, s) = rest.split_once(':').expect("minutes");
    let part = |text: &str| text.parse::<i64>().expect("a number");
    // 2026-11-25 00:00 in India.
    let midnight = 1_795_545_000;
    Nanos((midnight + part(h) * 3600 + part(m) * 60 + part(s)) * 1_000_000_000)
}

pub fn new_order() -> NewOrder {
    NewOrder {
        cl_ord_id: id("TF0MXE5K3Z0000000A"),
        order: OrderNo(10),
        instrument: INFY,
        product: text("MIS"),
        side: Side::Buy,
        qty: Qty::whole(100),
        px: Px(1_500_050_000_000),
        tif: TimeInForce::Day,
        stop_px: None,
        display_qty: None,
    }
}

pub fn place() -> Request {
    Request::New(new_order())
}

pub fn cancel(order_id: Option<&str>) -> Request {
    Request::Cancel(CancelOrder {
        cl_ord_id: id("TF0MXE5K3Z0000000A"),
        order: OrderNo(10),
        order_id: order_id.map(text),
        instrument: INFY,
    })
}

pub fn amend(order_id: Option<&str>) -> Request {
    Request::Amend(AmendOrder {
        cl_ord_id: id("TF0MXE5K3Z0000000A"),
        order: OrderNo(10),
        order_id: order_id.map(text),
        instrument: INFY,
        qty: Qty::whole(80),
        px: Px(1_500_100_000_000),
        stop_px: None,
        filled: None,
    })
}

pub const ORDERS: Query = Query::Orders(Whole {});
pub const POSITIONS: Query = Query::Positions(Whole {});
pub const ACTIVITY: Query = Query::Activity(Whole {});

pub fn one(order_id: Option<&str>) -> Query {
    let cl_ord_id = id("TF0MXE5K3Z0000000A");
    Query::Order(OneOrder { cl_ord_id, order: OrderNo(10), order_id: order_id.map(text) })
}

/// What a read brings when every call succeeds with these bodies.
pub fn read(codec: &KiteCodec, query: &Query, bodies: &[&[u8]], notes: &mut Notes) -> ReadEnd {
    let replies: Vec<HttpReply<'_>> = bodies.iter().map(|body| HttpReply::new(200, body)).collect();
    codec.answer(query, &replies, notes)
}

/// An error as the broker writes it.
pub fn error(kind: &str, message: &str) -> Vec<u8> {
    format!(r#"{{"status":"error","message":"{message}","data":null,"error_type":"{kind}"}}"#)
        .into_bytes()
}
