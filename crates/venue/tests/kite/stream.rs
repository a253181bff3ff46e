//! The ticker's frames, its messages, webhooks.

use crate::desk::{INFY, at, bytes, id, kite, text};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{News, OrdStatus, StatusReport};
use truefill_venue::http::Secret;
use truefill_venue::kite::{
    Mode, Postback, TextMessage, Tick, frame, set_mode, subscribe, unsubscribe,
};

/// A frame of packets, each a list of 32-bit numbers.
fn framed(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = u16::try_from(packets.len()).expect("few").to_be_bytes().to_vec();
    for packet in packets {
        bytes.extend(u16::try_from(packet.len()).expect("short").to_be_bytes());
        bytes.extend(packet);
    }
    bytes
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn full_packet(token: u32) -> Vec<u8> {
    let mut packet = words(&[
        token,
        150_005,
        5,
        149_987,
        123_456,
        1_000,
        2_000,
        149_800,
        150_200,
        149_510,
        149_755,
        1_795_578_299,
        10,
        20,
        5,
        1_795_578_300,
    ]);
    for level in 0..10u32 {
        packet.extend(words(&[100 + level, 150_000 + level]));
        packet.extend([0, 3, 0, 0]);
    }
    packet
}

#[test]
fn a_full_packet_has_everything() {
    let read = frame(&framed(&[full_packet(408_065)]));
    assert_eq!((read.ticks.len(), read.bad), (1, 0));
    let tick = &read.ticks[0];
    assert_eq!((tick.token, tick.last), (408_065, Px(1_500_050_000_000)));
    let traded = tick.traded.expect("traded");
    assert_eq!((traded.last_qty, traded.volume), (Qty::whole(5), Qty::whole(123_456)));
    assert_eq!((traded.buy_qty, traded.sell_qty), (Qty::whole(1000), Qty::whole(2000)));
    let day = tick.day.expect("the day");
    assert_eq!((day.open, day.high), (Px::whole(1498), Px::whole(1502)));
    assert_eq!((day.low, day.close), (Px(1_495_100_000_000), Px(1_497_550_000_000)));
    assert_eq!(tick.last_trade, Some(at("9:14:59")));
    assert_eq!(tick.exchange_time, Some(at("9:15:00")));
    assert_eq!(tick.interest.expect("interest").high, Qty::whole(20));
    let quote = tick.quote(at("9:15:01")).expect("a quote");
    assert_eq!((quote.bid_px, quote.bid_qty), (Px::whole(1500), Qty::whole(100)));
    assert_eq!((quote.ask_px, quote.ask_qty), (Px(1_500_050_000_000), Qty::whole(105)));
    assert_eq!(tick.depth.expect("depth").asks[4].orders, 3);
}

#[test]
fn packets_of_all_kinds_share_a_frame() {
    let quote = full_packet(408_065)[..44].to_vec();
    let index =
        words(&[256_265, 2_400_000, 2_410_000, 2_390_000, 2_395_000, 2_398_000, u32::MAX - 99]);
    let mut with_time = index.clone();
    with_time.extend(words(&[1_795_578_300]));
    let read = frame(&framed(&[words(&[408_065, 150_005]), quote, index, with_time]));
    assert_eq!((read.ticks.len(), read.bad), (4, 0));
    assert_eq!(
        read.ticks[0],
        Tick { token: 408_065, last: Px(1_500_050_000_000), ..Tick::default() }
    );
    assert!(read.ticks[1].traded.is_some() && read.ticks[1].depth.is_none());
    assert!(read.ticks[1].quote(at("9:15:00")).is_none());
    // An index has high and low before open and close, and a signed change.
    let index = &read.ticks[2];
    let day = index.day.expect("the day");
    assert_eq!((day.high, day.low), (Px::whole(24_100), Px::whole(23_900)));
    assert_eq!((day.open, day.close), (Px::whole(23_950), Px::whole(23_980)));
    assert_eq!(index.change, Some(Px::whole(-1)));
    assert!(index.is_index() && !read.ticks[0].is_index());
    assert_eq!(read.ticks[3].exchange_time, Some(at("9:15:00")));
}

#[test]
fn prices_have_the_step_of_their_segment() {
    for (token, px) in [
        (0x100 | 1, Px(8_325_250_000_000)),
        (0x100 | 3, Px(83_252_500)),
        (0x100 | 6, Px(83_252_500_000)),
        (0x100 | 7, Px(8_325_250_000_000)),
        (0x100 | 12, Px(83_252_500_000)),
    ] {
        let read = frame(&framed(&[words(&[token, 832_525])]));
        assert_eq!(read.ticks[0].last, px, "segment {}", token & 0xff);
    }
}

#[test]
fn what_is_cut_off_or_strange_hides_nothing_before_it() {
    let whole = framed(&[words(&[408_065, 1]), vec![1, 2, 3], full_packet(779_521)]);
    let read = frame(&whole);
    assert_eq!((read.ticks.len(), read.bad), (2, 1));
    for cut in 0..whole.len() {
        let read = frame(&whole[..cut]);
        assert!(read.ticks.len() <= 1, "{cut}");
        assert!(cut == 1 || read.bad > 0, "{cut} of {} bytes", whole.len());
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert_eq!(frame(&longer).bad, 2);
    assert!(frame(&[7]).heartbeat && !frame(&[]).heartbeat);
    let empty = frame(&[0, 0]);
    assert_eq!((empty.ticks.len(), empty.bad, empty.heartbeat), (0, 0, false));
}

#[test]
fn subscriptions_are_small_texts() {
    assert_eq!(subscribe(&[408_065, 5]), r#"{"a":"subscribe","v":[408065,5]}"#);
    assert_eq!(unsubscribe(&[5]), r#"{"a":"unsubscribe","v":[5]}"#);
    assert_eq!(set_mode(Mode::Full, &[5]), r#"{"a":"mode","v":["full",[5]]}"#);
}

#[test]
fn a_push_is_a_claim_with_a_cumulative_quantity() {
    let TextMessage::Order(news) = kite().text_message(bytes!("push.json")).expect("news") else {
        panic!("not an order");
    };
    assert_eq!(news.push.cl_ord_id, Some(id("TF0MXE5K3Z0000000A")));
    assert_eq!(news.push.order_id, Some(text("2611250000000000001")));
    assert_eq!(news.push.instrument, Some(INFY));
    let cum = Some(Qty::whole(30));
    let status = StatusReport { status: OrdStatus::Open, cum, time: at("9:20:05") };
    assert_eq!(news.push.news, News::Status(status));
}

#[test]
fn a_push_of_a_part_claims_nothing_of_the_whole() {
    let meta = r#""meta":{"iceberg":{"leg":1,"legs":5,"leg_quantity":20,"total_quantity":100}}"#;
    let push = String::from_utf8_lossy(bytes!("push.json")).replace(r#""meta":{}"#, meta);
    let push = push.replace("UPDATE", "COMPLETE");
    let TextMessage::Order(news) = kite().text_message(push.as_bytes()).expect("news") else {
        panic!("not an order");
    };
    assert!(
        matches!(&news.push.news, News::Status(s) if s.status == OrdStatus::Open && s.cum.is_none()),
        "{news:?}"
    );
    assert_eq!(news.push.order_id, None);
}

#[test]
fn other_messages_are_told_apart() {
    let read = |json: &str| kite().text_message(json.as_bytes());
    assert_eq!(
        read(r#"{"type":"error","data":"Too many\nrequests"}"#),
        Ok(TextMessage::Error("Too many requests".to_owned()))
    );
    assert_eq!(
        read(r#"{"type":"message","data":"hello"}"#),
        Ok(TextMessage::Message("hello".to_owned()))
    );
    let ping = r#"{"type":"instruments_meta","data":{"count":1}}"#;
    assert_eq!(read(ping), Ok(TextMessage::Other("instruments_meta".to_owned())));
    let foreign = r#"{"type":"order","data":{"exchange":"BSE","tradingsymbol":"TCS","x":1}}"#;
    assert_eq!(read(foreign), Ok(TextMessage::Foreign));
    for json in [
        "",
        "[]",
        "{}",
        r#"{"type":"order"}"#,
        r#"{"type":"order","data":{"exchange":"NSE","tradingsymbol":"INFY","status":"OPEN"}}"#,
        r#"{"type":"order","data":{"tag":"TF0MXE5K3Z0000000A"}}"#,
    ] {
        assert!(read(json).is_err(), "{json}: the account must be read");
    }
}

#[test]
fn a_webhook_is_believed_by_its_checksum() {
    let secret = Secret::new("hush");
    let read = |body: &[u8], secret: &Secret| kite().postback(body, secret, "AB1234");
    let Postback::Order(news) = read(bytes!("postback.json"), &secret) else {
        panic!("genuine and ours");
    };
    assert!(
        matches!(&news.push.news, News::Status(s)
            if s.status == OrdStatus::Filled && s.cum == Some(Qty::whole(100))),
        "{news:?}"
    );
    assert_eq!(read(bytes!("postback.json"), &Secret::new("guess")), Postback::Forged);
    let text = String::from_utf8_lossy(bytes!("postback.json"));
    let moved = text.replace("09:30:00", "09:30:01");
    assert_eq!(read(moved.as_bytes(), &secret), Postback::Forged);
    assert!(matches!(read(b"{}", &secret), Postback::Garbled(_)));
    // An app has one address for all who use it.
    let other = kite().postback(bytes!("postback.json"), &secret, "ZZ9999");
    assert_eq!(other, Postback::Foreign);
    let odd = text.replace("\"filled_quantity\":100", "\"filled_quantity\":\"many\"");
    let odd = read(odd.as_bytes(), &secret);
    assert!(matches!(odd, Postback::Unreadable(_)), "the account must be read: {odd:?}");
}
