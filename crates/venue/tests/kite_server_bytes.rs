//! Whatever bytes a client sends, the broker's half of the wire answers and never panics, and what
//! it writes can be read.

use proptest::prelude::*;
use truefill_core::num::{NANO, PX_MAX, Px, Qty};
use truefill_core::time::Nanos;
use truefill_venue::kite_server::ticker::{Level, Mode, TickFace, TickerAsk, frame};
use truefill_venue::kite_server::{
    Asked, Fields, Json, ModifyForm, OrderForm, Route, parse_stamp, stamp,
};

const KEYS: [&str; 14] = [
    "exchange",
    "tradingsymbol",
    "transaction_type",
    "quantity",
    "product",
    "order_type",
    "price",
    "trigger_price",
    "validity",
    "validity_ttl",
    "tag",
    "market_protection",
    "iceberg_legs",
    "x",
];

/// Fields with known names and any values.
fn form() -> impl Strategy<Value = String> {
    let pair = (prop::sample::select(&KEYS), "\\PC{0,24}");
    let pair = pair.prop_map(|(key, value)| format!("{key}={value}"));
    prop::collection::vec(pair, 0..20).prop_map(|pairs| pairs.join("&"))
}

/// An order that is whole, but for one field with any number.
fn nearly() -> impl Strategy<Value = String> {
    let number = prop_oneof!["-?[0-9]{1,25}", "[0-9]{1,9}\\.[0-9]{1,12}", "[0-9]e[0-9]{1,3}"];
    (prop::sample::select(&KEYS), number).prop_map(|(key, number)| {
        format!(
            "{key}={number}&exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=10\
             &product=MIS&order_type=LIMIT&price=1500.05"
        )
    })
}

proptest! {
    #[test]
    fn any_request_is_a_route_or_a_refusal(method in "[A-Z]{0,7}", path in "\\PC{0,60}") {
        if let Err(refusal) = Route::of(&method, &path) {
            prop_assert!((400..500).contains(&refusal.status));
        }
    }

    #[test]
    fn any_form_is_an_order_or_a_refusal(
        text in form(),
        whole in nearly(),
        raw in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        for fields in [
            Fields::read(&text),
            Fields::read(&whole),
            Asked { body: raw, query: text.clone(), ..Asked::default() }.fields(),
        ] {
            match OrderForm::read(&fields) {
                Ok(order) => {
                    prop_assert!(order.qty.0 > 0);
                    prop_assert!(order.px.is_none_or(|px| px.0 > 0 && px.0 <= PX_MAX * NANO));
                    prop_assert!(order.tag.is_none_or(|tag| tag.chars().count() <= 20));
                }
                Err(refusal) => prop_assert_eq!(refusal.status, 400),
            }
            if let Err(refusal) = ModifyForm::read(&fields) {
                prop_assert_eq!(refusal.status, 400);
            }
        }
    }

    #[test]
    fn any_message_of_the_ticker_is_understood_or_not(text in "\\PC{0,200}") {
        // Most are not; none ends the process.
        let _ = TickerAsk::read(&text);
        let _ = TickerAsk::read(&format!(r#"{{"a":"mode","v":{text}}}"#));
    }

    #[test]
    fn any_text_and_any_number_survive_json(text in any::<String>(), raw in any::<i64>()) {
        let px = Px(i128::from(raw));
        let value = Json::object([("t", text.as_str().into()), ("n", px.into())]);
        let written = value.to_string();
        let read: serde_json::Value = serde_json::from_str(&written).expect("JSON");
        prop_assert_eq!(read["t"].as_str(), Some(text.as_str()));
        // The digits are those of the price, whatever a reader makes of them.
        let ending = format!("\"n\":{px}{}", "}");
        prop_assert!(written.ends_with(&ending));
    }

    #[test]
    fn any_figures_make_packets_of_the_right_length(
        token in any::<u32>(),
        numbers in prop::array::uniform6(any::<i64>()),
        levels in 0usize..9,
    ) {
        let px = |at: usize| Px(i128::from(numbers[at]) * 1_000);
        let level = Level { px: px(0), qty: Qty(i128::from(numbers[1]) * 1_000), orders: u16::MAX };
        let face = TickFace {
            token,
            last_px: px(2),
            close: px(3),
            volume: Qty(i128::from(numbers[4])),
            time: Nanos(numbers[5]),
            bids: vec![level; levels],
            asks: vec![level; levels],
            ..TickFace::default()
        };
        let index = token & 0xff == 9;
        for (mode, length) in [
            (Mode::Ltp, 8),
            (Mode::Quote, if index { 28 } else { 44 }),
            (Mode::Full, if index { 32 } else { 184 }),
        ] {
            let packet = face.packet(mode);
            prop_assert_eq!(packet.len(), length);
            prop_assert_eq!(frame(&[packet]).len(), length + 4);
        }
    }

    #[test]
    fn times_read_back(seconds in 0i64..7_000_000_000, text in "\\PC{0,30}") {
        let at = Nanos(seconds * 1_000_000_000);
        prop_assert_eq!(parse_stamp(&stamp(at)), Some(at));
        let _ = parse_stamp(&text);
    }
}
