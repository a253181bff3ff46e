//! Behaviours 1 to 4: lost replies, equal tags, messages, books of different moments.

use super::Rig;
use crate::desk::Ending;

#[test]
fn a_timed_out_400_appears_in_the_book_later() {
    let mut rig = Rig::new();
    rig.fault(r#"{"fault":"lost_reply","on":"place","form":"400","fate":"later","after_ms":8000}"#);
    let low = rig.low();
    let seen = rig.place(&format!("price={low}&tag=lost"));
    assert_eq!(seen.error(), (400, "OrderException"));
    assert!(seen.message().contains("timed out"));
    rig.wait(7_900);
    assert_eq!(rig.get("/orders"), serde_json::json!([]));
    rig.wait(200);
    let rows = rig.get("/orders");
    assert_eq!(
        (rows[0]["tag"].as_str(), rows[0]["tags"][0].as_str()),
        (Some("lost"), Some("lost"))
    );
}

#[test]
fn every_form_of_a_lost_reply_and_every_fate() {
    for (form, status) in [("500", 500), ("502", 502), ("503", 503), ("504", 504), ("html", 502)] {
        for (fate, orders) in [("now", 1), ("never", 0)] {
            let mut rig = Rig::new();
            rig.fault(&format!(r#"{{"fault":"lost_reply","form":"{form}","fate":"{fate}"}}"#));
            let low = rig.low();
            assert_eq!(rig.place(&format!("price={low}")).status, status, "{form}");
            rig.wait(100_000);
            assert_eq!(rig.get("/orders").as_array().map(Vec::len), Some(orders), "{form} {fate}");
        }
    }
}

#[test]
fn a_socket_can_close_or_stay_silent() {
    for (form, ending) in [("drop", Ending::Drop), ("silence", Ending::Silence)] {
        let mut rig = Rig::new();
        let id = rig.rest("tag=x");
        rig.fault(&format!(
            r#"{{"fault":"lost_reply","on":"cancel","form":"{form}","fate":"now"}}"#
        ));
        let answer = rig.ask("DELETE", &format!("/orders/regular/{id}"), "");
        assert_eq!(answer.ending, ending);
        rig.wait(1_000);
        assert_eq!(rig.status(&id), "CANCELLED");
    }
}

#[test]
fn the_dice_lose_replies_too_and_each_order_comes_once_or_never() {
    let mut rig = Rig::new();
    rig.fault(r#"{"shares":{"lost_reply":500000}}"#);
    let low = rig.low();
    let fields = format!(
        "price={low}&exchange=NSE&tradingsymbol=INFY&transaction_type=BUY\
        &quantity=1&product=MIS&order_type=LIMIT"
    );
    for number in 0..200 {
        rig.ask("POST", "/orders/regular", &format!("tag=n{number}&{fields}"));
        rig.wait(300);
    }
    rig.fault(r#"{"clear":true}"#);
    rig.wait(100_000);
    let rows = rig.get("/orders");
    let mut tags: Vec<&str> =
        rows.as_array().unwrap().iter().filter_map(|row| row["tag"].as_str()).collect();
    let all = tags.len();
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), all, "an order came twice");
    assert!((150..200).contains(&all), "{all} of 200 came");
}

#[test]
fn a_tag_is_no_key() {
    let mut rig = Rig::new();
    let (first, second) = (rig.rest("tag=same"), rig.rest("tag=same"));
    assert_ne!(first, second);
    assert_eq!((rig.status(&first), rig.status(&second)), ("OPEN".into(), "OPEN".into()));
}

#[test]
fn messages_tell_the_life_of_an_order() {
    let mut rig = Rig::new();
    rig.listen();
    rig.cross("");
    assert_eq!(rig.pushes(), ["OPEN", "COMPLETE"]);
    let id = rig.rest("");
    rig.call("PUT", &format!("/orders/regular/{id}"), "quantity=20");
    rig.wait(600);
    rig.call("DELETE", &format!("/orders/regular/{id}"), "");
    rig.wait(600);
    assert_eq!(rig.pushes(), ["OPEN", "UPDATE", "CANCELLED"]);
    rig.control("switch", r#"{"push_on_open":false}"#);
    rig.cross("");
    assert_eq!(rig.pushes(), ["COMPLETE"]);
}

#[test]
fn a_message_can_come_before_the_acknowledgement() {
    let mut rig = Rig::new();
    rig.listen();
    rig.fault(r#"{"fault":"slow_reply","after_ms":2000}"#);
    let high = rig.high();
    let seen = rig.place(&format!("price={high}"));
    assert!(seen.after_ns >= 2_000_000_000);
    rig.wait(1_900);
    assert_eq!(rig.pushes().last().map(String::as_str), Some("COMPLETE"));
}

#[test]
fn messages_are_lost_doubled_and_late() {
    let mut rig = Rig::new();
    rig.listen();
    rig.fault(r#"{"fault":"push_lost","times":2}"#);
    rig.cross("");
    assert!(rig.pushes().is_empty());
    rig.fault(r#"{"fault":"push_twice","nth":2}"#);
    rig.cross("");
    assert_eq!(rig.pushes(), ["OPEN", "COMPLETE", "COMPLETE"]);
    // Part of it fills, then the rest: the message of the part comes last.
    rig.control("switch", r#"{"push_on_open":false}"#);
    rig.control("price", r#"{"symbol":"NSE:INFY","depth":20}"#);
    let ask = rig.infy()["depth"]["sell"][0].clone();
    let shown = ask["quantity"].as_i64().unwrap();
    let px = ask["price"].clone();
    rig.fault(r#"{"fault":"push_late","after_ms":5000}"#);
    rig.place(&format!("price={px}&quantity={}", shown + 5));
    rig.wait(200);
    let above = px.as_f64().unwrap() - 30.0;
    rig.control("price", &format!(r#"{{"symbol":"NSE:INFY","price":{above},"depth":2000}}"#));
    rig.wait(8_000);
    assert_eq!(rig.pushes(), ["COMPLETE", "UPDATE"]);
}

#[test]
fn nothing_is_told_again_after_a_reconnect() {
    let mut rig = Rig::new();
    rig.cross("");
    rig.listen();
    rig.wait(5_000);
    assert!(rig.pushes().is_empty());
}

#[test]
fn the_books_are_of_different_moments() {
    for (fault, path, empty) in [
        ("stale_orders", "/orders", serde_json::json!([])),
        ("stale_trades", "/trades", serde_json::json!([])),
        ("stale_positions", "/portfolio/positions", serde_json::json!({"net": [], "day": []})),
    ] {
        let mut rig = Rig::new();
        rig.cross("");
        rig.fault(&format!(r#"{{"fault":"{fault}","after_ms":3000}}"#));
        assert_eq!(rig.get(path), empty, "{fault}");
        assert_ne!(rig.get(path), empty, "{fault}");
    }
    let mut rig = Rig::new();
    let id = rig.cross("");
    rig.fault(r#"{"fault":"stale_history","after_ms":3000}"#);
    assert_eq!(rig.call("GET", &format!("/orders/{id}"), "").error(), (500, "GeneralException"));
    assert_eq!(rig.history(&id).last().map(String::as_str), Some("COMPLETE"));
}

#[test]
fn a_just_acknowledged_order_is_unknown_for_a_while() {
    let mut rig = Rig::new();
    let low = rig.low();
    let id = rig.place(&format!("price={low}")).order_id();
    rig.fault(r#"{"fault":"just_acked","on":"write","times":2}"#);
    let path = format!("/orders/regular/{id}");
    rig.wait(100);
    assert_eq!(rig.call("PUT", &path, "quantity=5").error(), (400, "OrderException"));
    let seen = rig.call("DELETE", &path, "");
    assert!(seen.message().contains("does not exist"));
    rig.wait(1_000);
    rig.call("DELETE", &path, "").data();
}
