//! Behaviours 13 to 15: trades of others, bad rows, the day.

use super::Rig;

#[test]
fn somebody_else_trades_and_it_is_seen_everywhere() {
    let mut rig = Rig::new();
    rig.listen();
    let trade = r#"{"symbol":"NSE:INFY","side":"BUY","quantity":7,"product":"MIS","price":1500}"#;
    let id = rig.control("trade", trade)["order_id"].as_str().unwrap().to_owned();
    rig.wait(100);
    assert_eq!(rig.pushes(), ["COMPLETE"]);
    assert_eq!(rig.net("MIS"), 7);
    let row = rig.row(&id).unwrap();
    assert_eq!((row["tag"].is_null(), row["average_price"].as_i64()), (true, Some(1500)));
    assert_eq!(rig.get("/trades")[0]["order_id"], id.as_str());
    rig.fault(r#"{"fault":"manual_trade"}"#);
    assert_eq!(rig.get("/trades").as_array().map(Vec::len), Some(2));
}

#[test]
fn intraday_positions_are_squared_off() {
    let mut rig = Rig::new();
    rig.cross("");
    rig.cross("product=CNC");
    rig.fault(r#"{"fault":"square_off"}"#);
    assert_eq!((rig.net("MIS"), rig.net("CNC")), (0, 10));
}

#[test]
fn in_hours_it_happens_at_twenty_past_three() {
    let mut rig = Rig::with(|options| options.switches.always_open = false);
    rig.cross("");
    let low = rig.low();
    let working = rig.place(&format!("price={low}")).order_id();
    rig.wait(19_100_000);
    assert_eq!(rig.net("MIS"), 10);
    rig.wait(200_000);
    assert_eq!(rig.net("MIS"), 0);
    rig.wait(600_000);
    assert_eq!(rig.status(&working), "CANCELLED");
    // After the close an order is collected, and goes out at the next open.
    let collected = rig.place(&format!("price={low}")).order_id();
    assert_eq!(rig.status(&collected), "AMO REQ RECEIVED");
    rig.wait(64_500_000);
    rig.wait(2_000);
    rig.control("token", r#"{"action":"renew"}"#);
    assert_eq!(rig.status(&collected), "OPEN");
}

#[test]
fn a_position_is_converted() {
    let mut rig = Rig::new();
    rig.cross("");
    let fields = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&position_type=day\
                  &quantity=4&old_product=MIS&new_product=CNC";
    assert_eq!(rig.call("PUT", "/portfolio/positions", fields).data(), true);
    assert_eq!((rig.net("MIS"), rig.net("CNC")), (6, 4));
    let much = fields.replace("quantity=4", "quantity=40");
    assert_eq!(rig.call("PUT", "/portfolio/positions", &much).status, 500);
    rig.fault(r#"{"fault":"converted"}"#);
    assert_eq!((rig.net("MIS"), rig.net("CNC")), (0, 10));
}

#[test]
fn rows_can_be_bad() {
    let mut rig = Rig::new();
    let (first, second) = (rig.rest(""), rig.rest(""));
    rig.fault(r#"{"fault":"row_unknown_status"}"#);
    let statuses = |rig: &mut Rig| {
        let rows = rig.get("/orders");
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let seen = statuses(&mut rig);
    assert_eq!(seen.iter().filter(|status| *status == "HELD AT GATEWAY").count(), 1);
    assert_eq!(statuses(&mut rig), ["OPEN", "OPEN"]);
    rig.fault(r#"{"fault":"row_nulls"}"#);
    let rows = rig.get("/orders");
    let nulls = rows.as_array().unwrap().iter().filter(|row| row["quantity"].is_null()).count();
    assert_eq!(nulls, 1);
    rig.fault(r#"{"fault":"row_new_keys"}"#);
    assert_eq!(rig.get("/orders")[0]["terminal_id"], "T1");
    rig.fault(r#"{"fault":"row_missing"}"#);
    assert_eq!(rig.get("/orders").as_array().map(Vec::len), Some(1));
    assert!(rig.row(&first).is_some() && rig.row(&second).is_some());
}

#[test]
fn computed_numbers_can_have_the_noise_of_floats() {
    let mut rig = Rig::new();
    let trade = r#"{"symbol":"NSE:INFY","side":"BUY","quantity":3,"price":1500.1}"#;
    rig.control("trade", trade);
    let raw = |rig: &mut Rig| match rig.ask("GET", "/orders", "").ending {
        crate::desk::Ending::Reply(reply) => String::from_utf8(reply.body).unwrap(),
        other => panic!("{other:?}"),
    };
    assert!(raw(&mut rig).contains("\"average_price\":1500.1,"));
    rig.fault(r#"{"fault":"float_noise"}"#);
    assert!(raw(&mut rig).contains("\"average_price\":1500.1000000000002,"));
}

#[test]
fn any_refusal_can_be_asked_for() {
    let mut rig = Rig::new();
    let low = rig.low();
    rig.fault(
        r#"{"fault":"refused","on":"place","error_type":"InputException","message":"T2T scrip"}"#,
    );
    let seen = rig.place(&format!("price={low}"));
    assert_eq!((seen.error(), seen.message()), ((400, "InputException"), "T2T scrip"));
    rig.place(&format!("price={low}")).data();
    rig.fault(r#"{"fault":"lost_reply","on":"read","form":"silence"}"#);
    assert_eq!(rig.ask("GET", "/orders", "").ending, crate::desk::Ending::Silence);
    assert_eq!(rig.get("/orders").as_array().map(Vec::len), Some(1));
}

#[test]
fn bodies_can_be_bad() {
    let mut rig = Rig::new();
    rig.rest("");
    rig.fault(r#"{"fault":"html_page","on":"read"}"#);
    let page = rig.call("GET", "/orders", "");
    assert_eq!((page.status, page.body.is_null()), (502, true));
    rig.fault(r#"{"fault":"cut_json"}"#);
    let cut = rig.call("GET", "/orders", "");
    assert_eq!((cut.status, cut.body.is_null()), (200, true));
    rig.fault(r#"{"fault":"json_on_csv"}"#);
    let json = rig.call("GET", "/instruments", "");
    assert_eq!(json.error(), (200, "GeneralException"));
    assert!(rig.call("GET", "/instruments", "").body.is_null());
}

#[test]
fn a_day_begins_and_delivery_becomes_holdings() {
    let mut rig = Rig::new();
    rig.cross("product=CNC");
    rig.cross("");
    let working = rig.rest("");
    rig.control("time", r#"{"event":"day_roll"}"#);
    assert_eq!(rig.get("/orders"), serde_json::json!([]));
    assert_eq!(rig.get("/trades"), serde_json::json!([]));
    assert_eq!(rig.call("GET", &format!("/orders/{working}"), "").status, 500);
    let positions = rig.get("/portfolio/positions");
    assert_eq!(positions["net"][0]["overnight_quantity"], 10);
    assert_eq!(positions["net"][0]["product"], "MIS");
    assert_eq!(positions["day"], serde_json::json!([]));
    let holdings = rig.get("/portfolio/holdings");
    assert_eq!(
        (holdings[0]["t1_quantity"].as_i64(), holdings[0]["quantity"].as_i64()),
        (Some(10), Some(0))
    );
    rig.control("time", r#"{"event":"day_roll"}"#);
    assert_eq!(rig.get("/portfolio/holdings")[0]["quantity"], 10);
    // What is held can be sold, no more, and only with the depository's permission.
    let low = rig.low();
    let sell = |quantity: i64| {
        format!("price={low}&product=CNC&transaction_type=SELL&quantity={quantity}")
    };
    assert_eq!(rig.place(&sell(11)).error(), (400, "HoldingException"));
    rig.fault(r#"{"fault":"not_authorised"}"#);
    assert_eq!(rig.place(&sell(4)).error(), (428, "HoldingException"));
    rig.place(&sell(4)).data();
    rig.wait(600);
    let holding = rig.get("/portfolio/holdings")[0].clone();
    assert_eq!(
        (holding["used_quantity"].as_i64(), holding["quantity"].as_i64()),
        (Some(4), Some(6))
    );
    assert_eq!(rig.net("CNC"), -4);
    rig.control("time", r#"{"event":"day_roll"}"#);
    assert_eq!(rig.get("/portfolio/holdings")[0]["quantity"], 6);
    assert_eq!(rig.net("CNC"), 0);
}

#[test]
fn collected_orders_survive_the_night() {
    let mut rig = Rig::new();
    rig.control("time", r#"{"event":"close"}"#);
    let low = rig.low();
    let fields = format!(
        "price={low}&exchange=NSE&tradingsymbol=INFY&transaction_type=BUY\
        &quantity=10&product=CNC&order_type=LIMIT"
    );
    let id = rig.call("POST", "/orders/amo", &fields).order_id();
    assert_eq!(rig.status(&id), "AMO REQ RECEIVED");
    rig.control("time", r#"{"event":"day_roll"}"#);
    rig.control("time", r#"{"event":"open"}"#);
    rig.wait(3_000);
    assert_eq!(rig.status(&id), "OPEN");
    assert_eq!(rig.call("POST", "/orders/amo", &fields).error(), (400, "OrderException"));
}

#[test]
fn margins_and_charges_are_told() {
    let mut rig = Rig::new();
    rig.cross("");
    let margins = rig.get("/user/margins");
    let (net, cash) = (&margins["equity"]["net"], &margins["equity"]["available"]["cash"]);
    assert_eq!(cash, 1_000_000);
    assert!(net.as_f64() < Some(1_000_000.0));
    assert_eq!(rig.call("GET", "/user/margins/equity", "").data()["enabled"], true);
    let orders = r#"[{"exchange":"NSE","tradingsymbol":"SBIN","transaction_type":"SELL","variety":"regular","product":"MIS","order_type":"LIMIT","quantity":100,"price":1000,"average_price":1000,"order_id":"1"}]"#;
    let seen = rig.call("POST", "/margins/orders", orders);
    assert_eq!(seen.data()[0]["total"], 20_000);
    let seen = rig.call("POST", "/margins/basket", orders);
    assert_eq!(seen.data()["final"]["total"], 20_000);
    // 0.025 % of a sale.
    let seen = rig.call("POST", "/charges/orders", orders);
    assert_eq!(seen.data()[0]["charges"]["transaction_tax"], 25);
    assert_eq!(rig.call("POST", "/margins/orders", "[1]").error(), (400, "InputException"));
}
