//! What each failure means for a write and for a read: a table.

use crate::desk::{ORDERS, cancel, error, kite, place};
use truefill_core::report::{Found, Outcome, ReadFailure, RejectCode, UnknownCause};
use truefill_venue::LiveCodec;
use truefill_venue::http::HttpReply;
use truefill_venue::kite::{ErrorType, Notes, Switches};
use truefill_venue::live::WriteEnd;
use truefill_venue::reason::{Consequence, Reason};

fn end(status: u16, body: &[u8]) -> WriteEnd {
    kite().reply(&place(), &HttpReply::new(status, body), &mut Notes::default())
}

fn refused(end: &WriteEnd) -> Option<RejectCode> {
    match &end.outcome {
        Outcome::Refused(refused) => Some(refused.code),
        _ => None,
    }
}

#[test]
fn refusals_are_told_apart() {
    for (status, kind, words, code, reason) in [
        (400, "InputException", "Missing or invalid price", RejectCode::Invalid, Reason::Invalid),
        (400, "MarginException", "x", RejectCode::InsufficientFunds, Reason::Margin),
        (400, "HoldingException", "x", RejectCode::Other, Reason::Holdings),
        (400, "OrderException", "upper circuit limit", RejectCode::PriceBand, Reason::Circuit),
        (400, "OrderException", "Markets are closed", RejectCode::Closed, Reason::Closed),
        (400, "UserException", "x", RejectCode::Other, Reason::Other),
        (400, "InputException", "trade to trade", RejectCode::Invalid, Reason::TradeToTrade),
        (400, "InputException", "in auction", RejectCode::Other, Reason::Auction),
        (400, "TokenException", "x", RejectCode::Auth, Reason::Session),
        (403, "TokenException", "Incorrect `access_token`", RejectCode::Auth, Reason::Session),
        (403, "TwoFAException", "x", RejectCode::Auth, Reason::Session),
        (403, "PermissionException", "x", RejectCode::Auth, Reason::Permission),
        (403, "UserException", "x", RejectCode::Auth, Reason::Permission),
        (403, "InputException", "x", RejectCode::Other, Reason::Other),
        (
            403,
            "InputException",
            "IP 1.2.3.4 is not registered",
            RejectCode::Auth,
            Reason::IpNotRegistered,
        ),
        (
            400,
            "InputException",
            "IP 1.2.3.4 is not registered",
            RejectCode::Auth,
            Reason::IpNotRegistered,
        ),
        (404, "GeneralException", "Route not found", RejectCode::Other, Reason::Other),
        (428, "HoldingException", "x", RejectCode::Other, Reason::Authorisation),
        (429, "NetworkException", "Too many requests", RejectCode::RateLimited, Reason::Rate),
        (
            429,
            "NetworkException",
            "Maximum order modifications",
            RejectCode::Other,
            Reason::AmendLimit,
        ),
    ] {
        let end = end(status, &error(kind, words));
        assert_eq!(
            (refused(&end), end.reason),
            (Some(code), Some(reason)),
            "{status} {kind} {words}"
        );
        assert_eq!(end.words, words);
    }
}

#[test]
fn nothing_else_is_a_refusal() {
    let all = [
        "TokenException",
        "TwoFAException",
        "UserException",
        "PermissionException",
        "OrderException",
        "InputException",
        "MarginException",
        "HoldingException",
        "NetworkException",
        "DataException",
        "GeneralException",
        "BrandNewException",
        "",
    ];
    for kind in all {
        for status in [500, 502, 503, 504, 599] {
            let end = end(status, &error(kind, "Insufficient funds"));
            assert!(
                matches!(&end.outcome, Outcome::Unclear(u) if u.cause == UnknownCause::Server),
                "{status} {kind}: {end:?}"
            );
        }
        for status in [100, 200, 201, 204, 301, 302, 402, 409, 418] {
            let end = end(status, &error(kind, "Insufficient funds"));
            assert!(matches!(end.outcome, Outcome::Unclear(_)), "{status} {kind}: {end:?}");
        }
        // The order appears later: whatever type it carries, a time-out is not a refusal.
        let words = "Order request timed out. Please check the order book";
        let end = end(400, &error(kind, words));
        assert!(matches!(end.outcome, Outcome::Unclear(_)), "{kind}: {end:?}");
        assert_eq!(end.reason, Some(Reason::TimedOut));
    }
    for kind in ["NetworkException", "DataException", "GeneralException", "BrandNewException", ""] {
        let end = end(400, &error(kind, "x"));
        assert!(matches!(end.outcome, Outcome::Unclear(_)), "{kind}: {end:?}");
    }
    for body in [&b""[..], b"<html>", b"{}", br#"{"status":"error"}"#, b"\xff\xfe"] {
        for status in [200, 400, 404, 405, 410, 428, 500, 503] {
            let end = end(status, body);
            assert!(matches!(end.outcome, Outcome::Unclear(_)), "{status} {body:?}: {end:?}");
        }
    }
}

#[test]
fn every_type_of_the_broker_has_a_word() {
    for kind in [
        "TokenException",
        "TwoFAException",
        "UserException",
        "PermissionException",
        "OrderException",
        "InputException",
        "MarginException",
        "HoldingException",
        "NetworkException",
        "DataException",
        "GeneralException",
    ] {
        assert_eq!(ErrorType::from_text(kind).map(ErrorType::as_str), Some(kind));
    }
}

#[test]
fn what_is_not_documented_is_a_switch() {
    let careful = kite().with_switches(Switches {
        bare_403_refuses: false,
        rate_limit_refuses: false,
        ..Switches::default()
    });
    let limited = error("NetworkException", "Too many requests");
    for (status, body) in [(403, &b"<html>blocked"[..]), (429, &limited)] {
        let bold = end(status, body);
        assert!(matches!(bold.outcome, Outcome::Refused(_)), "{bold:?}");
        let end = careful.reply(&place(), &HttpReply::new(status, body), &mut Notes::default());
        assert!(matches!(end.outcome, Outcome::Unclear(_)), "{end:?}");
    }
}

#[test]
fn silence_that_is_asked_for_is_kept() {
    let body = error("NetworkException", "Too many requests");
    let reply = HttpReply::new(429, &body).retry_after("3");
    let end = kite().reply(&place(), &reply, &mut Notes::default());
    assert!(
        matches!(&end.outcome, Outcome::Refused(r) if r.retry_after_ns == Some(3_000_000_000)),
        "{end:?}"
    );
    let end = kite().answer(&ORDERS, &[reply], &mut Notes::default());
    let Found::Failed(failed) = &end.found else { panic!("{end:?}") };
    assert_eq!(failed.cause, ReadFailure::RateLimited);
    assert_eq!(failed.retry_after_ns, Some(3_000_000_000));
}

#[test]
fn a_cancel_may_come_too_late_or_too_early() {
    let reply = |words: &str| {
        let body = error("OrderException", words);
        kite().reply(&cancel(Some("1")), &HttpReply::new(400, &body), &mut Notes::default())
    };
    assert_eq!(refused(&reply("The order 1 does not exist")), Some(RejectCode::UnknownOrder));
    let late = "Order cannot be cancelled as it is being processed. Try later.";
    assert_eq!(refused(&reply(late)), Some(RejectCode::OrderDone));
}

#[test]
fn the_node_knows_what_stops_everything() {
    for (reason, consequence) in [
        (Reason::IpNotRegistered, Consequence::Stop),
        (Reason::Permission, Consequence::Stop),
        (Reason::Session, Consequence::Login),
        (Reason::Margin, Consequence::Request),
        (Reason::Rate, Consequence::Request),
    ] {
        assert_eq!(reason.consequence(), consequence, "{reason:?}");
        assert!(!reason.advice().is_empty());
    }
}

#[test]
fn a_wall_in_front_of_the_broker_is_no_log_out() {
    let end = end(403, b"<html>Sorry, you have been blocked</html>");
    assert_eq!((refused(&end), end.reason), (Some(RejectCode::Auth), Some(Reason::Blocked)));
    assert_eq!(Reason::Blocked.consequence(), Consequence::Request);
}

#[test]
fn words_never_quote_what_cannot_be_read() {
    let bodies = [
        r#"{"status":"success","data":"CANARY"}"#,
        r#"{"status":"success","data":{"order_id":["CANARY"]}}"#,
        r#"{"status":"success","data":CANARY}"#,
        r#"["CANARY"]"#,
    ];
    for body in bodies {
        let end = end(200, body.as_bytes());
        assert!(!format!("{end:?}").contains("CANARY"), "{end:?}");
    }
}

#[test]
fn reads_fail_by_kind() {
    for (status, kind, cause) in [
        (403, "TokenException", ReadFailure::Auth),
        (403, "PermissionException", ReadFailure::Auth),
        (429, "NetworkException", ReadFailure::RateLimited),
        (502, "DataException", ReadFailure::Server),
        (400, "InputException", ReadFailure::Server),
        (302, "InputException", ReadFailure::Garbled),
        (200, "TokenException", ReadFailure::Auth),
    ] {
        let body = error(kind, "x");
        let end = kite().answer(&ORDERS, &[HttpReply::new(status, &body)], &mut Notes::default());
        let Found::Failed(failed) = &end.found else { panic!("{end:?}") };
        assert_eq!(failed.cause, cause, "{status} {kind}");
    }
}
