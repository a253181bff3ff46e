//! Answers have the documented keys, with the documented types.
//!
//! The tables name, for each page of the broker's own mock answers, its keys and their JSON types
//! in our own words: `s` text, `n` number, `b` truth value, `o` object, `l` list; a question mark
//! where the documented answer also has null.

use super::Rig;
use serde_json::Value;

const ORDER: &str = "placed_by:s order_id:s exchange_order_id:s? parent_order_id:s? status:s \
    status_message:s? status_message_raw:s? order_timestamp:s exchange_update_timestamp:s? \
    exchange_timestamp:s? variety:s modified:b exchange:s tradingsymbol:s instrument_token:n \
    order_type:s transaction_type:s validity:s product:s quantity:n disclosed_quantity:n price:n \
    trigger_price:n average_price:n filled_quantity:n pending_quantity:n cancelled_quantity:n \
    market_protection:n meta:o tag:s? guid:s";
const TRADE: &str = "trade_id:s order_id:s exchange:s tradingsymbol:s instrument_token:n product:s \
    average_price:n quantity:n exchange_order_id:s transaction_type:s fill_timestamp:s \
    order_timestamp:s exchange_timestamp:s";
const POSITION: &str = "tradingsymbol:s exchange:s instrument_token:n product:s quantity:n \
    overnight_quantity:n multiplier:n average_price:n close_price:n last_price:n value:n pnl:n m2m:n \
    unrealised:n realised:n buy_quantity:n buy_price:n buy_value:n buy_m2m:n sell_quantity:n \
    sell_price:n sell_value:n sell_m2m:n day_buy_quantity:n day_buy_price:n day_buy_value:n \
    day_sell_quantity:n day_sell_price:n day_sell_value:n";
const HOLDING: &str = "tradingsymbol:s exchange:s instrument_token:n isin:s product:s price:n \
    quantity:n used_quantity:n t1_quantity:n realised_quantity:n authorised_quantity:n \
    authorised_date:s authorisation:o opening_quantity:n short_quantity:n collateral_quantity:n \
    collateral_type:s discrepancy:b average_price:n last_price:n close_price:n pnl:n day_change:n \
    day_change_percentage:n mtf:o";
const SEGMENT: &str = "enabled:b net:n available:o utilised:o";
const AVAILABLE: &str =
    "adhoc_margin:n cash:n opening_balance:n live_balance:n collateral:n intraday_payin:n";
const UTILISED: &str = "debits:n exposure:n m2m_realised:n m2m_unrealised:n option_premium:n payout:n \
    span:n holding_sales:n turnover:n liquid_collateral:n stock_collateral:n delivery:n";
const MARGIN: &str = "type:s tradingsymbol:s exchange:s span:n exposure:n option_premium:n \
    additional:n bo:n cash:n var:n pnl:o leverage:n charges:o total:n";
const CHARGES: &str = "transaction_tax:n transaction_tax_type:s exchange_turnover_charge:n \
    sebi_turnover_charge:n brokerage:n stamp_duty:n gst:o total:n";
const NOTE: &str = "transaction_type:s tradingsymbol:s exchange:s variety:s product:s order_type:s \
    quantity:n price:n charges:o";
const QUOTE: &str = "instrument_token:n timestamp:s last_trade_time:s last_price:n last_quantity:n \
    buy_quantity:n sell_quantity:n volume:n average_price:n oi:n oi_day_high:n oi_day_low:n \
    net_change:n lower_circuit_limit:n upper_circuit_limit:n ohlc:o depth:o";
const OHLC: &str = "open:n high:n low:n close:n";
const PROFILE: &str = "user_id:s user_type:s email:s user_name:s user_shortname:s broker:s \
    exchanges:l products:l order_types:l avatar_url:s? meta:o";

#[track_caller]
fn fits(value: &Value, shape: &str) {
    for wanted in shape.split_whitespace() {
        let (key, kind) = wanted.split_once(':').expect("key and type");
        let found = value.get(key).unwrap_or_else(|| panic!("no `{key}` in {value}"));
        let is = match kind.trim_end_matches('?') {
            "s" => found.is_string(),
            "n" => found.is_number(),
            "b" => found.is_boolean(),
            "o" => found.is_object(),
            _ => found.is_array(),
        };
        assert!(is || (kind.ends_with('?') && found.is_null()), "`{key}` is {found}");
    }
}

#[test]
fn books_and_portfolio() {
    let mut rig = Rig::new();
    rig.control("trade", r#"{"symbol":"NSE:SBIN","side":"BUY","quantity":5,"holding":true}"#);
    let id = rig.cross("tag=t");
    rig.rest("");
    for row in rig.get("/orders").as_array().unwrap() {
        fits(row, ORDER);
    }
    for row in rig.get(&format!("/orders/{id}")).as_array().unwrap() {
        fits(row, ORDER);
    }
    fits(&rig.get("/trades")[0], TRADE);
    fits(&rig.get(&format!("/orders/{id}/trades"))[0], TRADE);
    let positions = rig.get("/portfolio/positions");
    fits(&positions["net"][0], POSITION);
    fits(&positions["day"][0], POSITION);
    let holding = rig.get("/portfolio/holdings")[0].clone();
    fits(&holding, HOLDING);
    fits(&holding["mtf"], "quantity:n used_quantity:n average_price:n value:n initial_margin:n");
    let compact = rig.get("/portfolio/holdings/compact")[0].clone();
    fits(&compact, "exchange:s tradingsymbol:s instrument_token:n t1_quantity:n quantity:n");
    let summary = rig.get("/portfolio/holdings/summary");
    fits(
        &summary,
        "total_pnl:n total_pnl_percent:n today_pnl:n today_pnl_percent:n invested_amount:n \
         current_value:n",
    );
    let authorise = rig.call("POST", "/portfolio/holdings/authorise", "");
    fits(authorise.data(), "request_id:s");
}

#[test]
fn user_and_money() {
    let mut rig = Rig::new();
    fits(&rig.get("/user/profile"), PROFILE);
    let full = rig.get("/user/profile/full");
    fits(&full, PROFILE);
    fits(&full, "phone:s twofa_type:s bank_accounts:l dp_ids:l pan:s tags:l password_timestamp:s");
    fits(&full["meta"], "poa:s silo:s account_blocks:l");
    let margins = rig.get("/user/margins");
    for segment in ["equity", "commodity"] {
        fits(&margins[segment], SEGMENT);
        fits(&margins[segment]["available"], AVAILABLE);
        fits(&margins[segment]["utilised"], UTILISED);
    }
    let order = r#"[{"exchange":"NSE","tradingsymbol":"SBIN","transaction_type":"BUY",
        "variety":"regular","product":"CNC","order_type":"LIMIT","quantity":1,"price":900}]"#
        .replace('\n', "");
    let margin = rig.call("POST", "/margins/orders", &order).data()[0].clone();
    fits(&margin, MARGIN);
    fits(&margin["charges"], CHARGES);
    fits(&margin["charges"]["gst"], "igst:n cgst:n sgst:n total:n");
    fits(&margin["pnl"], "realised:n unrealised:n");
    let basket = rig.call("POST", "/margins/basket", &order);
    fits(basket.data(), "initial:o final:o orders:l");
    fits(&basket.data()["initial"], MARGIN);
    fits(&basket.data()["orders"][0], MARGIN);
    let note = rig.call("POST", "/charges/orders", &order);
    fits(&note.data()[0], NOTE);
    fits(&note.data()[0]["charges"], CHARGES);
}

#[test]
fn market() {
    let mut rig = Rig::new();
    let quote = rig.infy();
    fits(&quote, QUOTE);
    fits(&quote["ohlc"], OHLC);
    assert_eq!(quote["depth"]["buy"].as_array().map(Vec::len), Some(5));
    fits(&quote["depth"]["sell"][4], "price:n quantity:n orders:n");
    let ohlc = rig.call("GET", "/quote/ohlc", "i=NSE:INFY&i=408065");
    fits(&ohlc.data()["NSE:INFY"], "instrument_token:n last_price:n ohlc:o");
    let ltp = rig.call("GET", "/quote/ltp", "i=NSE:INFY&i=NSE:NOPE");
    fits(&ltp.data()["NSE:INFY"], "instrument_token:n last_price:n");
    assert_eq!(ltp.data().get("NSE:NOPE"), None);
    let path = "/instruments/historical/408065/minute";
    let candles = rig.call("GET", path, "from=2026-11-20+09:15:00&to=2026-11-20+09:20:00&oi=1");
    let first = candles.data()["candles"][0].clone();
    assert_eq!(first.as_array().map(Vec::len), Some(7));
    assert_eq!(first[0], "2026-11-20T09:15:00+0530");
    assert!(first.as_array().unwrap()[1..].iter().all(Value::is_number));
    for (fields, path) in [
        ("from=2026-11-20&to=2026-11-19", "/instruments/historical/408065/minute"),
        ("from=2026-01-01&to=2026-11-19", "/instruments/historical/408065/minute"),
        ("from=2026-11-20&to=2026-11-21", "/instruments/historical/408065/week"),
        ("from=2026-11-20&to=2026-11-21", "/instruments/historical/1/minute"),
    ] {
        assert_eq!(rig.call("GET", path, fields).error(), (400, "InputException"), "{fields}");
    }
}
