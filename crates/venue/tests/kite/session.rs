//! Login, its secrets, its end.

use crate::desk::{at, bytes};
use truefill_venue::http::{Credentials, HttpReply, Method, Secret};
use truefill_venue::kite::{App, Calls, Session, request_token_of};

fn app() -> App {
    App::new("key", Secret::new("hush"))
}

fn session() -> Session {
    let reply = HttpReply::new(200, bytes!("session.json"));
    app().read_session(&reply, at("8:56:00")).expect("a session")
}

#[test]
fn the_exchange_proves_the_secret_without_telling_it() {
    let call = app().exchange(&Calls::default(), &Secret::new("once"));
    assert_eq!((call.method, call.target.as_str()), (Method::Post, "/session/token"));
    let body = String::from_utf8_lossy(&call.body).into_owned();
    // SHA-256 of "keyoncehush".
    assert_eq!(
        body,
        "api_key=key&request_token=once\
         &checksum=ac5e36022a79851af268e7f7159ab479c5f9972f34b6a2506d30736844ef9cd9"
    );
    assert!(!body.contains("hush"));
}

#[test]
fn a_session_dies_at_six() {
    let session = session();
    assert_eq!(session.user_id, "AB1234");
    assert_eq!(session.opened, at("8:55:00"));
    assert_eq!(session.dies, at("30:00:00"));
    assert!(!session.is_dead(at("29:59:59")) && session.is_dead(at("30:00:00")));
    assert_eq!(session.products, ["CNC", "NRML", "MIS"]);
    // A clock of the broker that is ahead of ours must not make it live longer.
    let reply = HttpReply::new(200, bytes!("session.json"));
    let early = app().read_session(&reply, at("5:00:00")).expect("a session");
    assert_eq!(early.dies, at("6:00:00"));
}

#[test]
fn no_secret_is_ever_shown() {
    let session = session();
    let calls = Calls::default();
    let out = session.log_out(&calls);
    let url = session.ticker_url("wss://ws.kite.trade", &[("user_id", "AB1234")]);
    let once = request_token_of("CANARYonce").expect("a token");
    let exchange = app().exchange(&calls, &once);
    let shown = format!(
        "{session:?} {:?} {out:?} {} {url:?} {once:?} {exchange:?} {:?}",
        session.authorization(),
        out.shown_target(),
        app()
    );
    assert!(!shown.contains("CANARY") && !shown.contains("hush"), "{shown}");
    assert_eq!(session.authorization()[0].1.expose(), "token key:CANARYtokenCANARY");
    assert_eq!(
        url.expose(),
        "wss://ws.kite.trade?api_key=key&access_token=CANARYtokenCANARY&user_id=AB1234"
    );
    assert_eq!(out.method, Method::Delete);
    assert_eq!(out.target, "/session/token?api_key=key&access_token=CANARYtokenCANARY");
}

#[test]
fn the_token_is_found_in_what_people_paste() {
    let redirect = "https://127.0.0.1:5000/cb?action=login&type=login&status=success\
                    &request_token=Abc123";
    for pasted in [redirect, "  Abc123\n", "http://x/?request_token=Abc123&status=success#top"] {
        let token = request_token_of(pasted).expect("a token");
        assert_eq!(token.expose(), "Abc123", "{pasted}");
    }
    for pasted in [
        "",
        "http://x/?status=failed&request_token=Abc123",
        "http://x/?status=success",
        "http://x/?request_token=",
        "two words",
        "a&b",
    ] {
        let error = request_token_of(pasted).expect_err("no token");
        assert!(!error.why.contains("Abc123"), "{error}");
    }
}

#[test]
fn a_failed_login_says_why() {
    let body = crate::desk::error("TokenException", "Token is invalid or has expired.");
    let failure = app().read_session(&HttpReply::new(403, &body), at("9:00:00"));
    assert_eq!(failure.expect_err("refused").words, "Token is invalid or has expired.");
    for data in [
        "{}",
        r#"{"access_token":"","user_id":"A"}"#,
        r#"{"access_token":"a b","user_id":"A"}"#,
        r#"{"access_token":"t"}"#,
    ] {
        let body = format!(r#"{{"status":"success","data":{data}}}"#);
        let read = app().read_session(&HttpReply::new(200, body.as_bytes()), at("9:00:00"));
        assert!(read.is_err(), "{data}");
    }
    let body = br#"{"status":"success","data":{"user_id":"AB1234","exchanges":["NSE"]}}"#;
    let profile = Session::read_profile(&HttpReply::new(200, body)).expect("a profile");
    assert_eq!((profile.user_id.as_str(), profile.exchanges.len()), ("AB1234", 1));
}
