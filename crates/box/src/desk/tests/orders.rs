//! Behaviours 5 to 8 and 10 to 12: protection, cancels, the lost exchange, limits, slices, risk.

use super::Rig;

#[test]
fn a_protected_market_order_is_a_limit_order_with_tags() {
    let mut rig = Rig::new();
    let id = rig.place("order_type=MARKET&market_protection=3.5&tag=mine").order_id();
    rig.wait(600);
    let row = rig.row(&id).unwrap();
    assert_eq!(
        (row["order_type"].as_str(), row["market_protection"].as_i64()),
        (Some("LIMIT"), Some(0))
    );
    assert_eq!(row["tags"], serde_json::json!(["mine", "mktp", "mktp:3.50"]));
    assert_eq!(row["status"], "COMPLETE");
    rig.control("switch", r#"{"market_as_limit":false}"#);
    let id = rig.place("order_type=MARKET&market_protection=-1").order_id();
    rig.wait(600);
    assert_eq!(rig.row(&id).unwrap()["order_type"], "MARKET");
}

#[test]
fn the_rest_of_a_protected_market_order_stays_open() {
    let mut rig = Rig::new();
    rig.fault(r#"{"fault":"thin_market"}"#);
    let id = rig.place("order_type=MARKET&market_protection=-1&quantity=100").order_id();
    rig.wait(100);
    let row = rig.row(&id).unwrap();
    assert_eq!((row["status"].as_str(), row["filled_quantity"].as_i64()), (Some("OPEN"), Some(50)));
    assert_eq!(rig.net("MIS"), 50);
}

#[test]
fn a_cancel_that_succeeds_may_have_lost_the_race() {
    let mut rig = Rig::new();
    let id = rig.rest("");
    rig.fault(r#"{"fault":"cancel_race"}"#);
    rig.call("DELETE", &format!("/orders/regular/{id}"), "").data();
    rig.wait(600);
    assert_eq!((rig.status(&id), rig.net("MIS")), ("COMPLETE".to_owned(), 10));
    let seen = rig.call("DELETE", &format!("/orders/regular/{id}"), "");
    assert_eq!(seen.error(), (400, "OrderException"));
}

#[test]
fn a_cancel_can_be_pending_for_minutes() {
    let mut rig = Rig::new();
    let id = rig.rest("");
    rig.fault(r#"{"fault":"cancel_stuck","after_ms":120000}"#);
    rig.call("DELETE", &format!("/orders/regular/{id}"), "").data();
    rig.wait(119_000);
    assert_eq!(rig.status(&id), "CANCEL PENDING");
    rig.wait(2_000);
    assert_eq!(rig.status(&id), "CANCELLED");
}

#[test]
fn a_cancelled_row_can_have_wrong_numbers() {
    for (quantity, pending, cancelled) in [(1, 1, 1), (60, 60, 0)] {
        let mut rig = Rig::new();
        let id = rig.rest(&format!("quantity={quantity}"));
        rig.fault(r#"{"fault":"cancel_numbers"}"#);
        rig.call("DELETE", &format!("/orders/regular/{id}"), "").data();
        rig.wait(600);
        let row = rig.row(&id).unwrap();
        assert_eq!(row["pending_quantity"], pending);
        assert_eq!(row["cancelled_quantity"], cancelled);
        assert_eq!(row["filled_quantity"], 0);
    }
}

#[test]
fn without_the_exchange_everything_is_pending_and_resolves_with_a_late_time() {
    let mut rig = Rig::new();
    let (resting, moving) = (rig.rest(""), rig.rest(""));
    rig.control("link", r#"{"state":"exchange_lost","for_s":3600}"#);
    let high = rig.high();
    let new = rig.place(&format!("price={high}")).order_id();
    rig.call("DELETE", &format!("/orders/regular/{resting}"), "").data();
    rig.call("PUT", &format!("/orders/regular/{moving}"), "quantity=30").data();
    rig.wait(1_800_000);
    assert_eq!(rig.status(&new), "OPEN PENDING");
    assert_eq!(rig.status(&resting), "CANCEL PENDING");
    assert_eq!(rig.status(&moving), "MODIFY PENDING");
    rig.wait(1_801_000);
    assert_eq!((rig.status(&new), rig.status(&resting)), ("COMPLETE".into(), "CANCELLED".into()));
    assert_eq!(rig.row(&moving).unwrap()["quantity"], 30);
    let trades = rig.get("/trades");
    assert_eq!(trades[0]["exchange_timestamp"], "2026-11-25 11:00:01");
}

#[test]
fn limits_are_counted_in_a_second_a_minute_and_a_day() {
    let mut rig = Rig::with(|options| options.switches.no_limits = false);
    let low = rig.low();
    let refused = |rig: &mut Rig, ms: i64, count: usize| {
        let mut refused = 0;
        for _ in 0..count {
            let seen = rig.place(&format!("price={low}&quantity=1"));
            if seen.status == 429 {
                assert_eq!(seen.error(), (429, "NetworkException"));
                assert_eq!(seen.message(), "Too many requests");
                refused += 1;
            }
            rig.wait(ms);
        }
        refused
    };
    // The eleventh in a second.
    assert_eq!(refused(&mut rig, 0, 11), 1);
    rig.wait(61_000);
    // At five a second only the minute can be full: 400 of 500 pass.
    assert_eq!(refused(&mut rig, 101, 500), 100);
    rig.wait(61_000);
    let truth = rig.truth();
    assert_eq!(truth["violations_count"], 101);
    assert_eq!(truth["requests"]["orders"], 511);
    assert_eq!(truth["violations"][0]["limit"], "orders_per_second");
    // At six a second the day is full at last: refused requests count in it as well.
    assert_eq!(refused(&mut rig, 160, 4_489), 0);
    assert_eq!(refused(&mut rig, 160, 3), 3);
    assert_eq!(rig.truth()["violations"][101]["limit"], "orders_per_day");
}

#[test]
fn fixed_seconds_have_a_seam_and_sliding_ones_have_not() {
    for (sliding, refused) in [(true, 9), (false, 0)] {
        let mut rig = Rig::with(|options| {
            options.switches.no_limits = false;
            options.switches.sliding = sliding;
        });
        let low = rig.low();
        rig.wait(950);
        let mut seen = 0;
        for half in 0..2 {
            for _ in 0..10 {
                seen += usize::from(rig.place(&format!("price={low}")).status == 429);
            }
            if half == 0 {
                rig.wait(100);
            }
        }
        assert_eq!(seen > 0, refused > 0, "sliding {sliding}: {seen}");
    }
}

#[test]
fn cancels_count_unless_switched_off_and_the_26th_change_is_refused() {
    let mut rig = Rig::new();
    let id = rig.rest("");
    for _ in 0..25 {
        rig.call("PUT", &format!("/orders/regular/{id}"), "quantity=11").data();
        rig.wait(500);
    }
    let seen = rig.call("PUT", &format!("/orders/regular/{id}"), "quantity=12");
    assert_eq!(seen.error(), (429, "NetworkException"));
    assert_eq!(rig.truth()["violations"][0]["limit"], "modifications_per_order");
    let before = rig.truth()["requests"]["orders"].as_i64().unwrap();
    rig.call("DELETE", "/orders/regular/1", "");
    assert_eq!(rig.truth()["requests"]["orders"], before + 1);
    rig.control("switch", r#"{"count_cancels":false}"#);
    rig.call("DELETE", "/orders/regular/1", "");
    assert_eq!(rig.truth()["requests"]["orders"], before + 1);
    rig.fault(r#"{"fault":"too_many"}"#);
    assert_eq!(rig.call("GET", "/orders", "").error(), (429, "NetworkException"));
}

#[test]
fn slices_can_be_refused_inside_a_success() {
    let mut rig = Rig::with(|options| options.cash = 1_000_000_000);
    let low = rig.low();
    rig.fault(r#"{"fault":"autoslice_mixed"}"#);
    let seen = rig.place(&format!("price={low}&quantity=190000&autoslice=true&tag=big"));
    let children = seen.data()["children"].as_array().unwrap().clone();
    assert_eq!(children.len(), 4);
    assert_eq!(children[2]["error"]["error_type"], "MarginException");
    rig.wait(600);
    let rows = rig.get("/orders");
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["tags"][1], "autoslice");
    assert_eq!(rows[2]["quantity"], 40_000);
    // Below the freeze quantity it is refused, above ten slices too.
    let low = rig.low();
    let small = rig.place(&format!("price={low}&quantity=10&autoslice=true"));
    assert_eq!(small.error(), (400, "InputException"));
    let huge = rig.place(&format!("price={low}&quantity=500001&autoslice=true"));
    assert_eq!(huge.error(), (400, "InputException"));
    let frozen = rig.place(&format!("price={low}&quantity=50001"));
    assert!(frozen.message().contains("50000"), "{}", frozen.message());
}

#[test]
fn an_iceberg_comes_leg_by_leg() {
    let mut rig = Rig::new();
    let high = rig.high();
    let fields = format!(
        "price={high}&quantity=25&iceberg_legs=3&iceberg_quantity=10\
        &exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&product=MIS&order_type=LIMIT&tag=ice"
    );
    rig.call("POST", "/orders/iceberg", &fields).data();
    rig.wait(3_000);
    let rows = rig.get("/orders");
    let rows = rows.as_array().unwrap();
    let legs: Vec<_> = rows.iter().map(|row| row["meta"]["iceberg"]["leg"].clone()).collect();
    assert_eq!(legs, [1, 2, 3]);
    let quantities: Vec<_> = rows.iter().map(|row| row["quantity"].clone()).collect();
    assert_eq!(quantities, [10, 10, 5]);
    assert_eq!(rows[0]["meta"]["iceberg"]["remaining_quantity"], 15);
    assert_eq!(rows[2]["tag"], "ice");
    assert_eq!(rig.net("MIS"), 25);
    let few = fields.replace("iceberg_legs=3", "iceberg_legs=1");
    assert_eq!(rig.call("POST", "/orders/iceberg", &few).error(), (400, "InputException"));
}

#[test]
fn risk_refuses_before_or_after_the_acknowledgement() {
    let mut rig = Rig::new();
    let low = rig.low();
    rig.fault(r#"{"fault":"rms_refuses"}"#);
    assert_eq!(rig.place(&format!("price={low}")).error(), (400, "OrderException"));
    rig.wait(1_000);
    assert_eq!(rig.get("/orders"), serde_json::json!([]));
    rig.fault(r#"{"fault":"rms_rejects"}"#);
    let id = rig.place(&format!("price={low}")).order_id();
    rig.wait(1_000);
    let row = rig.row(&id).unwrap();
    assert_eq!(
        (row["status"].as_str(), row["pending_quantity"].as_i64()),
        (Some("REJECTED"), Some(0))
    );
    assert!(row["status_message_raw"].as_str().unwrap().starts_with("RMS:"));
    let dear = rig.place(&format!("price={low}&quantity=40000"));
    assert_eq!(dear.error(), (400, "MarginException"));
    assert!(dear.message().contains("Required margin"));
}

#[test]
fn what_the_broker_refuses_by_its_rules() {
    let mut rig = Rig::new();
    let (low, high) = (rig.low(), rig.high());
    let beyond = high.parse::<f64>().unwrap() + 1.0;
    for (fields, part) in [
        ("order_type=MARKET".to_owned(), "market protection"),
        ("order_type=MARKET&market_protection=0".to_owned(), "market protection"),
        (format!("price={low}&tag=123456789012345678901"), "20 characters"),
        ("price=1400.03".to_owned(), "ick size"),
        (format!("price={beyond}"), "circuit"),
        (format!("price={low}&product=NRML"), "NRML"),
        (format!("price={low}&tradingsymbol=NOPE"), "tradingsymbol"),
        (format!("price={low}&tradingsymbol=NIFTY 50"), "tradingsymbol"),
        (format!("price={low}&quantity=0"), "quantity"),
        ("order_type=LIMIT".to_owned(), "price"),
        (format!("price={low}&order_type=SL"), "trigger"),
        (format!("price={low}&validity=TTL"), "validity_ttl"),
        (
            "exchange=MCX&tradingsymbol=GOLDPETAL26DECFUT&product=NRML&validity=IOC&price=12450"
                .to_owned(),
            "MCX",
        ),
        (
            "exchange=NFO&tradingsymbol=NIFTY26DECFUT&product=NRML&quantity=10&price=26120"
                .to_owned(),
            "lot size",
        ),
    ] {
        let seen = rig.place(&fields);
        assert_eq!(seen.error(), (400, "InputException"), "{fields}");
        assert!(seen.message().contains(part), "{fields}: {}", seen.message());
    }
    rig.fault(r#"{"fault":"wrong_address"}"#);
    assert_eq!(rig.place(&format!("price={low}")).error(), (403, "PermissionException"));
    assert_eq!(rig.get("/orders"), serde_json::json!([]));
}

#[test]
fn stops_wait_for_their_trigger() {
    let mut rig = Rig::new();
    let last = rig.infy()["last_price"].as_f64().unwrap();
    let trigger = (last + 20.0).floor();
    let fields = format!("order_type=SL&trigger_price={trigger}&price={}", trigger + 5.0);
    let id = rig.place(&fields).order_id();
    rig.wait(600);
    assert_eq!(rig.status(&id), "TRIGGER PENDING");
    rig.control("price", &format!(r#"{{"symbol":"NSE:INFY","price":{}}}"#, trigger + 1.0));
    rig.wait(600);
    assert_eq!((rig.status(&id), rig.net("MIS")), ("COMPLETE".to_owned(), 10));
}

#[test]
fn a_stop_can_become_a_protected_market_order() {
    let mut rig = Rig::new();
    let last = rig.infy()["last_price"].as_f64().unwrap();
    let trigger = (last + 20.0).floor();
    let id = rig
        .place(&format!("order_type=SL-M&market_protection=-1&trigger_price={trigger}"))
        .order_id();
    rig.wait(600);
    assert_eq!(rig.status(&id), "TRIGGER PENDING");
    let path = format!("/orders/regular/{id}");
    let bare = rig.call("PUT", &path, "order_type=MARKET");
    assert_eq!(bare.error(), (400, "InputException"));
    rig.call("PUT", &path, "order_type=MARKET&market_protection=-1").data();
    rig.wait(600);
    assert_eq!(rig.status(&id), "COMPLETE");
}

#[test]
fn a_cover_order_has_its_stop_behind_it() {
    let mut rig = Rig::new();
    let high = rig.high();
    let last = rig.infy()["last_price"].as_f64().unwrap();
    let fields = format!(
        "price={high}&trigger_price={}&exchange=NSE&tradingsymbol=INFY\
        &transaction_type=BUY&quantity=10&product=MIS&order_type=LIMIT",
        (last - 20.0).floor()
    );
    let entry = rig.call("POST", "/orders/co", &fields).order_id();
    rig.wait(1_000);
    let rows = rig.get("/orders");
    assert_eq!(rows[1]["parent_order_id"], entry.as_str());
    assert_eq!(
        (rows[1]["status"].as_str(), rows[1]["transaction_type"].as_str()),
        (Some("TRIGGER PENDING"), Some("SELL"))
    );
    rig.control("price", &format!(r#"{{"symbol":"NSE:INFY","price":{}}}"#, (last - 25.0).floor()));
    rig.wait(1_000);
    assert_eq!(rig.net("MIS"), 0);
}

#[test]
fn validities_end_orders() {
    let mut rig = Rig::new();
    let low = rig.low();
    let ioc = rig.place(&format!("price={low}&validity=IOC")).order_id();
    let ttl = rig.place(&format!("price={low}&validity=TTL&validity_ttl=2")).order_id();
    rig.wait(1_000);
    assert_eq!((rig.status(&ioc), rig.status(&ttl)), ("CANCELLED".into(), "OPEN".into()));
    rig.wait(120_000);
    assert_eq!(rig.status(&ttl), "CANCELLED");
}

#[test]
fn the_states_of_an_order_are_all_in_its_history() {
    let mut rig = Rig::new();
    let id = rig.rest("");
    rig.call("PUT", &format!("/orders/regular/{id}"), "quantity=5").data();
    rig.wait(600);
    rig.call("DELETE", &format!("/orders/regular/{id}"), "").data();
    rig.wait(600);
    assert_eq!(
        rig.history(&id),
        [
            "PUT ORDER REQ RECEIVED",
            "VALIDATION PENDING",
            "OPEN PENDING",
            "OPEN",
            "MODIFY VALIDATION PENDING",
            "MODIFY PENDING",
            "MODIFIED",
            "OPEN",
            "CANCEL PENDING",
            "CANCELLED",
        ]
    );
    let filled = rig.cross("");
    let seen = rig.call("PUT", &format!("/orders/regular/{filled}"), "quantity=50");
    assert!(seen.message().contains("does not exist"));
}

#[test]
fn what_ends_while_the_exchange_is_lost_ends_when_it_is_back() {
    let mut rig = Rig::new();
    let px = rig.infy()["depth"]["buy"][0]["price"].to_string();
    let ttl = rig.place(&format!("price={px}&validity=TTL&validity_ttl=1")).order_id();
    rig.wait(600);
    rig.control("link", r#"{"state":"exchange_lost","for_s":300}"#);
    let below = px.parse::<f64>().unwrap() - 10.0;
    rig.control("price", &format!(r#"{{"symbol":"NSE:INFY","price":{below}}}"#));
    rig.wait(120_000);
    assert!(["OPEN", "COMPLETE"].contains(&rig.status(&ttl).as_str()));
    rig.wait(200_000);
    // It filled before it could expire, and nobody knew.
    assert_eq!((rig.status(&ttl), rig.net("MIS")), ("COMPLETE".to_owned(), 10));
}
