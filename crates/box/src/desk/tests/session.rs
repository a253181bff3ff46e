//! Behaviour 9: tokens. And log-in.

use super::Rig;
use crate::desk::Ending;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

fn checksum(token: &str) -> String {
    let digest = Sha256::digest(format!("boxkey{token}boxsecret"));
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("to a string");
        hex
    })
}

fn request_token(rig: &mut Rig) -> String {
    let answer = rig.ask("GET", "/connect/login", "api_key=boxkey&v=3");
    let Ending::Reply(reply) = answer.ending else { panic!("no page") };
    assert_eq!(reply.status, 302);
    let to = reply.location.expect("a place");
    assert!(to.starts_with("http://127.0.0.1:9/cb?action=login&type=login&status=success"), "{to}");
    to.split_once("request_token=").expect("a token").1.to_owned()
}

fn rig() -> Rig {
    Rig::with(|options| options.redirect = Some("http://127.0.0.1:9/cb".to_owned()))
}

#[test]
fn a_log_in_can_be_rehearsed() {
    let mut rig = rig();
    rig.control("token", r#"{"action":"kill"}"#);
    assert_eq!(rig.call("GET", "/orders", "").error(), (403, "TokenException"));
    let token = request_token(&mut rig);
    let wrong = format!("api_key=boxkey&request_token={token}&checksum=00");
    assert_eq!(rig.call("POST", "/session/token", &wrong).error(), (403, "TokenException"));
    let fields = format!("api_key=boxkey&request_token={token}&checksum={}", checksum(&token));
    let seen = rig.call("POST", "/session/token", &fields);
    assert_eq!(seen.data()["access_token"], rig.desk.access_token());
    assert_eq!(seen.data()["user_id"], "AB1234");
    assert_eq!(seen.data()["login_time"].as_str().map(str::len), Some(19));
    rig.get("/orders");
    // A request token is good once, and for minutes.
    assert_eq!(rig.call("POST", "/session/token", &fields).error(), (403, "TokenException"));
    let token = request_token(&mut rig);
    rig.wait(301_000);
    let fields = format!("api_key=boxkey&request_token={token}&checksum={}", checksum(&token));
    assert_eq!(rig.call("POST", "/session/token", &fields).error(), (403, "TokenException"));
}

#[test]
fn a_second_log_in_of_a_day_gives_the_same_token() {
    let mut rig = rig();
    let before = rig.desk.access_token().to_owned();
    let token = request_token(&mut rig);
    let fields = format!("api_key=boxkey&request_token={token}&checksum={}", checksum(&token));
    assert_eq!(rig.call("POST", "/session/token", &fields).data()["access_token"], before.as_str());
}

#[test]
fn the_token_dies_at_six_and_the_stream_with_it() {
    let mut rig = Rig::new();
    rig.listen();
    rig.wait(72_000_000 - 1_000);
    rig.get("/orders");
    rig.wait(2_000);
    assert_eq!(rig.call("GET", "/orders", "").error(), (403, "TokenException"));
    let query = format!("api_key=boxkey&access_token={}", rig.desk.access_token());
    let refused = rig.desk.ticker_open(rig.now, &query).unwrap_err();
    assert_eq!(refused.status, 403);
    let frames = rig.desk.take_frames();
    assert!(frames.iter().any(|(_, frame)| matches!(frame, crate::desk::Frame::Close(_))));
    let renewed = rig.control("token", r#"{"action":"renew"}"#);
    assert_eq!(renewed["access_token"], rig.desk.access_token());
    rig.get("/orders");
}

#[test]
fn the_token_can_die_in_the_middle_of_an_order() {
    let mut rig = Rig::new();
    let low = rig.low();
    rig.fault(r#"{"fault":"token_dies","on":"place"}"#);
    assert_eq!(rig.place(&format!("price={low}")).error(), (403, "TokenException"));
    assert_eq!(rig.truth()["orders"], serde_json::json!([]));
    assert_eq!(rig.truth()["session_alive"], false);
}

#[test]
fn a_log_out_ends_the_session() {
    let mut rig = Rig::new();
    let token = rig.desk.access_token().to_owned();
    let seen =
        rig.call("DELETE", "/session/token", &format!("api_key=boxkey&access_token={token}"));
    assert_eq!(seen.data(), true);
    assert_eq!(rig.call("GET", "/user/profile", "").error(), (403, "TokenException"));
}
