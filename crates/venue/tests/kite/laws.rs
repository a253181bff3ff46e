//! Laws that hold for any bytes: what was written is read back, garbage neither panics nor
//! claims, and a broken row hides no other.

use proptest::prelude::{Just, ProptestConfig, any, prop, prop_assert, prop_assert_eq};
use proptest::strategy::Strategy;
use proptest::{prop_oneof, proptest};

use crate::desk::{ACTIVITY, INFY, ORDERS, POSITIONS, cancel, kite, new_order, one, place, read};
use truefill_core::ids::{cl_ord_id, parse_cl_ord_id};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{Found, Outcome};
use truefill_core::request::{Request, Side};
use truefill_venue::http::{HttpReply, Secret};
use truefill_venue::kite::{
    App, InstrumentReader, KiteCodec, Notes, Postback, frame, read_candles, read_funds,
};
use truefill_venue::{LiveCodec, Symbols};

/// A row of a book and the numbers in it.
#[derive(Clone, Debug)]
struct Spec {
    serial: u64,
    order_id: u64,
    qty: i64,
    filled: i64,
    paise: i64,
    buy: bool,
    status: &'static str,
    tag_at: usize,
}

impl Spec {
    fn json(&self) -> String {
        let ours = cl_ord_id(1_795_000_000_000, self.serial);
        let mut tags = vec!["mktp".to_owned(), "mktp:2.00".to_owned()];
        tags.insert(self.tag_at.min(2), ours.as_str().to_owned());
        let tags = tags.join("\",\"");
        let side = if self.buy { "BUY" } else { "SELL" };
        format!(
            r#"{{"order_id":"{}","status":"{}","exchange":"NSE","tradingsymbol":"INFY","transaction_type":"{side}","quantity":{},"filled_quantity":{},"price":{}.{:02},"tags":["{tags}"]}}"#,
            self.order_id,
            self.status,
            self.qty,
            self.filled,
            self.paise / 100,
            self.paise % 100
        )
    }
}

fn spec() -> impl Strategy<Value = Spec> {
    let status = prop_oneof![
        Just("OPEN"),
        Just("COMPLETE"),
        Just("CANCELLED"),
        Just("PUT ORDER REQ RECEIVED"),
        Just("MODIFY PENDING"),
        Just("TRIGGER PENDING"),
    ];
    let numbers = (1u64..1_000_000, 1u64..u64::MAX, 1i64..100_000, 0i64..100_000, 1i64..10_000_000);
    (numbers, any::<bool>(), status, 0usize..3).prop_map(
        |((serial, order_id, qty, filled, paise), buy, status, tag_at)| Spec {
            serial,
            order_id,
            qty,
            filled: filled.min(qty),
            paise,
            buy,
            status,
            tag_at,
        },
    )
}

fn book(rows: &[String]) -> String {
    format!(r#"{{"status":"success","data":[{}]}}"#, rows.join(","))
}

/// JSON that is not a row of a book.
fn no_row() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just(r#"{"exchange":"NSE","tradingsymbol":"INFY","status":7}"#.to_owned()),
        Just(r#"{"exchange":"NSE","tradingsymbol":"INFY","status":"SHINY"}"#.to_owned()),
        Just(r#"{"order_id":"1","exchange":"NSE","tradingsymbol":"INFY","transaction_type":"BUY","status":"OPEN","quantity":1e99,"filled_quantity":0}"#.to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
    ]
}

/// The fields of a form, by a reader that knows nothing of the writer.
fn unform(form: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(form).expect("ASCII");
    let value = |escaped: &str| {
        let mut bytes = Vec::new();
        let mut rest = escaped.bytes();
        while let Some(byte) = rest.next() {
            let hex: String = match byte {
                b'%' => rest.by_ref().take(2).map(char::from).collect(),
                other => format!("{other:02x}"),
            };
            bytes.push(u8::from_str_radix(&hex, 16).expect("hexadecimal"));
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    let pair = |pair: &str| {
        let (name, escaped) = pair.split_once('=').expect("a field");
        (name.to_owned(), value(escaped))
    };
    text.split('&').map(pair).collect()
}

/// A quote packet of these numbers.
fn quote_packet(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_book_is_read_back(specs in prop::collection::vec(spec(), 0..20)) {
        let rows: Vec<String> = specs.iter().map(Spec::json).collect();
        let end = read(&kite(), &ORDERS, &[book(&rows).as_bytes()], &mut Notes::default());
        let Found::Orders(found) = &end.found else { panic!("{end:?}") };
        prop_assert!(found.complete);
        prop_assert_eq!(found.rows.len(), specs.len());
        for (row, spec) in found.rows.iter().zip(&specs) {
            prop_assert_eq!(row.qty, Qty::whole(spec.qty));
            prop_assert_eq!(row.cum, Qty::whole(spec.filled));
            prop_assert_eq!(row.px, Px(i128::from(spec.paise) * 10_000_000));
            prop_assert_eq!(row.side, if spec.buy { Side::Buy } else { Side::Sell });
            let serial = row.cl_ord_id.and_then(|id| parse_cl_ord_id(&id)).map(|(_, n)| n);
            prop_assert_eq!(serial, Some(spec.serial));
            let order_id = row.order_id.map(|id| id.to_string());
            prop_assert_eq!(order_id, Some(spec.order_id.to_string()));
        }
    }

    #[test]
    fn a_broken_row_hides_no_other(
        specs in prop::collection::vec(spec(), 1..10),
        broken in prop::collection::vec((no_row(), 0usize..10), 1..5),
    ) {
        let mut rows: Vec<String> = specs.iter().map(Spec::json).collect();
        for (json, at) in &broken {
            rows.insert((*at).min(rows.len()), json.clone());
        }
        let end = read(&kite(), &ORDERS, &[book(&rows).as_bytes()], &mut Notes::default());
        let Found::Orders(found) = &end.found else { panic!("{end:?}") };
        prop_assert!(!found.complete);
        prop_assert_eq!((found.rows.len(), end.bad), (specs.len(), broken.len()));
        for bad in &end.bad_rows {
            let named = rows[bad.row - 1].contains("INFY");
            prop_assert_eq!(bad.instrument, named.then_some(INFY));
        }
    }

    #[test]
    fn a_book_that_was_cut_off_is_no_book(specs in prop::collection::vec(spec(), 1..5), cut in any::<prop::sample::Index>()) {
        let rows: Vec<String> = specs.iter().map(Spec::json).collect();
        let whole = book(&rows);
        let cut = cut.index(whole.len());
        let end = read(&kite(), &ORDERS, &[&whole.as_bytes()[..cut]], &mut Notes::default());
        prop_assert!(matches!(end.found, Found::Failed(_)), "{:?}", end);
    }

    #[test]
    fn garbage_claims_nothing(body in prop::collection::vec(any::<u8>(), 0..200), status in 0u16..700) {
        let codec = kite();
        let mut notes = Notes::default();
        let reply = HttpReply::new(status, &body);
        for request in [place(), cancel(Some("1"))] {
            let end = codec.reply(&request, &reply, &mut notes);
            let sure = matches!(status, 401 | 403 | 429);
            prop_assert_eq!(matches!(end.outcome, Outcome::Unclear(_)), !sure, "{:?}", end);
        }
        for query in [ORDERS, ACTIVITY, POSITIONS, one(None)] {
            let end = codec.answer(&query, &[reply, reply], &mut notes);
            prop_assert!(matches!(end.found, Found::Failed(_)), "{:?}", end);
        }
        let read = codec.postback(&body, &Secret::new("s"), "AB1234");
        prop_assert!(matches!(read, Postback::Garbled(_)));
        prop_assert!(read_funds(&reply).is_err() && read_candles(&reply).is_err());
        let app = App::new("k", Secret::new("s"));
        prop_assert!(app.read_session(&reply, truefill_core::time::Nanos(0)).is_err());
    }

    #[test]
    fn an_order_is_said_in_full(
        name in "[A-Z0-9&+ é-]{1,12}",
        qty in 1i64..1_000_000_000,
        paise in 1i64..1_000_000_000,
        trigger in prop::option::of(1i64..1_000_000_000),
        buy in any::<bool>(),
    ) {
        let codec = KiteCodec::new(Symbols::from_names([format!("NSE:{name}")]));
        let mut new = new_order();
        new.qty = Qty::whole(qty);
        new.px = Px(i128::from(paise) * 10_000_000);
        new.stop_px = trigger.map(|paise| Px(i128::from(paise) * 10_000_000));
        new.side = if buy { Side::Buy } else { Side::Sell };
        let call = codec.write(&Request::New(new.clone()), &Notes::default()).expect("plain");
        let mut expected = vec![
            ("exchange", "NSE".to_owned()),
            ("tradingsymbol", name),
            ("transaction_type", if buy { "BUY" } else { "SELL" }.to_owned()),
            ("order_type", if trigger.is_some() { "SL" } else { "LIMIT" }.to_owned()),
            ("product", "MIS".to_owned()),
            ("validity", "DAY".to_owned()),
            ("quantity", qty.to_string()),
            ("price", new.px.to_string()),
        ];
        expected.extend(new.stop_px.map(|px| ("trigger_price", px.to_string())));
        expected.push(("tag", new.cl_ord_id.to_string()));
        let said: Vec<(String, String)> = unform(&call.body);
        let said: Vec<(&str, String)> = said.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn a_quote_packet_is_read_back(numbers in prop::collection::vec(any::<u32>(), 11..=11)) {
        let packet = quote_packet(&numbers);
        let mut bytes = vec![0, 1, 0, 44];
        bytes.extend(&packet);
        let read = frame(&bytes);
        prop_assert_eq!(read.bad, 0);
        let tick = &read.ticks[0];
        let step = match numbers[0] & 0xff { 3 => 100, 6 | 12 => 100_000, _ => 10_000_000 };
        let px = |at: usize| Px(i128::from(numbers[at]) * step);
        let qty = |at: usize| Qty::whole(i64::from(numbers[at]));
        let (traded, day) = (tick.traded.expect("traded"), tick.day.expect("the day"));
        prop_assert_eq!((tick.token, tick.last), (numbers[0], px(1)));
        prop_assert_eq!((traded.last_qty, traded.average, traded.volume), (qty(2), px(3), qty(4)));
        prop_assert_eq!((traded.buy_qty, traded.sell_qty), (qty(5), qty(6)));
        prop_assert_eq!((day.open, day.high, day.low, day.close), (px(7), px(8), px(9), px(10)));
    }

    #[test]
    fn a_frame_gives_no_more_than_it_holds(body in prop::collection::vec(any::<u8>(), 0..600)) {
        let read = frame(&body);
        prop_assert!(read.ticks.len() * 10 <= body.len() + 8);
        prop_assert_eq!(read.why.is_some(), read.bad > 0);
    }

    #[test]
    fn a_list_in_pieces_is_the_list(body in "[a-z0-9,\"\n{}]{0,300}", piece in 1usize..50) {
        let text = format!("instrument_token,tradingsymbol,exchange,tick_size\n1,A,NSE,0.05\n{body}");
        let read = |size: usize| {
            let mut lines = Vec::new();
            let mut reader = InstrumentReader::default();
            for piece in text.as_bytes().chunks(size) {
                if let Err(error) = reader.push(piece, &mut |line| lines.push(line)) {
                    return (lines, Err(error));
                }
            }
            let end = reader.finish(&mut |line| lines.push(line));
            (lines, end)
        };
        prop_assert_eq!(read(piece), read(text.len()));
    }
}
