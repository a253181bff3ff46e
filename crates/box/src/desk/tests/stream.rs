//! Behaviour 16: the ticker.

use super::Rig;
use crate::desk::{Connection, Frame};

const INFY: u32 = 408_065;
const SBIN: u32 = 779_521;

/// Lengths of the packets of the frames that a connection got, heartbeats as one byte.
fn lengths(rig: &mut Rig, of: Connection) -> Vec<Vec<usize>> {
    let frames = rig.desk.take_frames();
    let binary = frames.into_iter().filter_map(|(connection, frame)| match frame {
        Frame::Binary(bytes) if connection == of => Some(bytes),
        _ => None,
    });
    binary.map(|bytes| packets(&bytes).iter().map(Vec::len).collect()).collect()
}

fn packets(frame: &[u8]) -> Vec<Vec<u8>> {
    if frame.len() == 1 {
        return vec![frame.to_vec()];
    }
    let word = |at: usize| usize::from(u16::from_be_bytes([frame[at], frame[at + 1]]));
    let (mut at, mut found) = (2, Vec::new());
    for _ in 0..word(0) {
        let length = word(at);
        found.push(frame[at + 2..at + 2 + length].to_vec());
        at += 2 + length;
    }
    assert_eq!(at, frame.len());
    found
}

fn binary(rig: &mut Rig) -> Vec<Vec<u8>> {
    let frames = rig.desk.take_frames();
    let frames = frames.into_iter().filter_map(|(_, frame)| match frame {
        Frame::Binary(bytes) if bytes.len() > 1 => Some(bytes),
        _ => None,
    });
    frames.collect()
}

#[test]
fn each_mode_has_its_packets_and_heartbeats_come() {
    let mut rig = Rig::new();
    let connection = rig.listen();
    let say = |rig: &mut Rig, text: &str| rig.desk.ticker_text(rig.now, connection, text);
    say(&mut rig, &format!(r#"{{"a":"subscribe","v":[{INFY},{SBIN},256265]}}"#));
    rig.wait(260);
    assert_eq!(lengths(&mut rig, connection), [[28, 44, 44]]);
    say(&mut rig, &format!(r#"{{"a":"mode","v":["full",[{INFY},256265]]}}"#));
    say(&mut rig, &format!(r#"{{"a":"mode","v":["ltp",[{SBIN}]]}}"#));
    rig.wait(250);
    assert_eq!(lengths(&mut rig, connection), [[32, 184, 8]]);
    say(&mut rig, &format!(r#"{{"a":"unsubscribe","v":[{INFY},{SBIN},256265]}}"#));
    rig.wait(2_000);
    assert_eq!(lengths(&mut rig, connection), [[1], [1]]);
}

#[test]
fn a_fourth_connection_pushes_out_the_first() {
    let mut rig = Rig::new();
    let first = rig.listen();
    for _ in 0..2 {
        rig.listen();
    }
    let query = format!("api_key=boxkey&access_token={}", rig.desk.access_token());
    rig.desk.ticker_open(rig.now, &query).unwrap();
    let frames = rig.desk.take_frames();
    assert!(matches!(&frames[..], [(evicted, Frame::Close(_))] if *evicted == first));
    assert_eq!(rig.truth()["ticker_connections"], 3);
    assert_eq!(
        rig.desk.ticker_open(rig.now, "api_key=boxkey&access_token=x").unwrap_err().status,
        403
    );
}

#[test]
fn more_than_3000_and_nonsense_are_told_in_text() {
    let mut rig = Rig::new();
    let connection = rig.listen();
    let many: Vec<String> = (1..=3_001).map(|token| token.to_string()).collect();
    let text = format!(r#"{{"a":"subscribe","v":[{}]}}"#, many.join(","));
    for said in [text.as_str(), "nonsense"] {
        rig.desk.ticker_text(rig.now, connection, said);
        let frames = rig.desk.take_frames();
        let [(_, Frame::Text(text))] = &frames[..] else { panic!("{frames:?}") };
        assert!(text.starts_with(r#"{"type":"error""#), "{text}");
    }
}

#[test]
fn the_ticker_can_fall_silent_and_drop() {
    let mut rig = Rig::new();
    rig.listen();
    rig.fault(r#"{"fault":"heartbeat_stops","lasts_ms":30000}"#);
    rig.wait(29_000);
    assert!(rig.desk.take_frames().is_empty());
    rig.wait(3_000);
    assert!(!rig.desk.take_frames().is_empty());
    rig.fault(r#"{"fault":"ticker_drops"}"#);
    assert!(matches!(rig.desk.take_frames()[..], [(_, Frame::Close(_))]));
    assert_eq!(rig.truth()["ticker_connections"], 0);
}

#[test]
fn the_book_can_stand_still_while_prices_move() {
    let mut rig = Rig::new();
    let connection = rig.listen();
    rig.desk.ticker_text(rig.now, connection, &format!(r#"{{"a":"subscribe","v":[{INFY}]}}"#));
    rig.desk.ticker_text(rig.now, connection, &format!(r#"{{"a":"mode","v":["full",[{INFY}]]}}"#));
    rig.fault(r#"{"fault":"depth_stale","lasts_ms":10000}"#);
    rig.wait(9_000);
    let books: Vec<Vec<u8>> =
        binary(&mut rig).iter().map(|frame| packets(frame)[0][64..].to_vec()).collect();
    assert!(books.len() > 30 && books.windows(2).all(|pair| pair[0] == pair[1]));
    rig.wait(20_000);
    let later = binary(&mut rig).pop().unwrap();
    assert_ne!(packets(&later)[0][64..], books[0][..]);
}

#[test]
fn frames_can_come_in_the_wrong_order() {
    let mut rig = Rig::new();
    let connection = rig.listen();
    rig.desk.ticker_text(rig.now, connection, &format!(r#"{{"a":"subscribe","v":[{INFY}]}}"#));
    rig.desk.ticker_text(rig.now, connection, &format!(r#"{{"a":"mode","v":["full",[{INFY}]]}}"#));
    let times = |rig: &mut Rig| -> Vec<u32> {
        let time = |frame: &Vec<u8>| {
            let packet = packets(frame)[0].clone();
            u32::from_be_bytes([packet[60], packet[61], packet[62], packet[63]])
        };
        binary(rig).iter().map(time).collect()
    };
    rig.fault(r#"{"fault":"frames_swapped","lasts_ms":20000}"#);
    rig.wait(20_000);
    assert!(!times(&mut rig).is_sorted());
    rig.wait(1_000);
    times(&mut rig);
    rig.wait(20_000);
    assert!(times(&mut rig).is_sorted());
}
