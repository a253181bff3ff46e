//! Funds, margins, charges.

use crate::desk::bytes;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::request::Side;
use truefill_venue::http::HttpReply;
use truefill_venue::kite::{
    Calls, Executed, Place, basket_call, charges_call, funds_call, margins_call, read_basket,
    read_charges, read_funds, read_margins,
};

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn order() -> Place {
    let mut order = Place::limit("NSE", "INFY", Side::Buy, Qty::whole(10), Px(1_500_050_000_000));
    order.product = "CNC".to_owned();
    order
}

#[test]
fn free_funds_keep_every_digit() {
    assert_eq!(funds_call(&Calls::default()).target, "/user/margins");
    let funds = read_funds(&HttpReply::new(200, bytes!("margins.json"))).expect("funds");
    let equity = funds.equity.expect("switched on");
    assert_eq!(equity.net, amount("99725.05000000002"));
    assert_eq!(equity.used, amount("145706.55"));
    assert_eq!(funds.commodity, None, "switched off");
    assert!(read_funds(&HttpReply::new(200, br#"{"status":"success","data":[]}"#)).is_err());
    let unreadable = br#"{"status":"success","data":{"equity":{"net":"?"}}}"#;
    assert!(read_funds(&HttpReply::new(200, unreadable)).is_err());
}

#[test]
fn estimates_are_asked_in_json_with_numbers() {
    let call = margins_call(&Calls::under("/oms"), &[order()]);
    assert_eq!(call.target, "/oms/margins/orders");
    assert!(call.headers.contains(&("Content-Type", "application/json")));
    assert_eq!(
        String::from_utf8_lossy(&call.body),
        r#"[{"exchange":"NSE","tradingsymbol":"INFY","transaction_type":"BUY","variety":"regular","product":"CNC","order_type":"LIMIT","quantity":10,"price":1500.05}]"#
    );
    let executed =
        Executed { order: order(), order_id: "1".to_owned(), average_px: Px(1_499_500_000_000) };
    let call = charges_call(&Calls::default(), &[executed]);
    assert!(String::from_utf8_lossy(&call.body).contains(r#""average_price":1499.5"#));
    assert!(String::from_utf8_lossy(&call.body).contains(r#""order_id":"1""#));
    let call = basket_call(&Calls::default(), &[order(), order()]);
    assert_eq!(call.target, "/margins/basket?consider_positions=true");
}

#[test]
fn estimates_are_read_one_by_one() {
    let margins = read_margins(&HttpReply::new(200, bytes!("order-margins.json")));
    let margins = margins.expect("margins");
    let first = margins[0].expect("readable");
    assert_eq!(first.total, amount("300.01"));
    assert_eq!(first.charges.total, amount("1.7938"));
    assert_eq!(first.charges.gst, amount("0.0113"));
    assert_eq!(margins[1], None, "unreadable is not free");
    let charges = read_charges(&HttpReply::new(200, bytes!("charges.json"))).expect("charges");
    let first = charges[0].expect("readable");
    assert_eq!((first.total, first.transaction_tax), (amount("0.58318"), amount("0.56")));
    let basket = br#"{"status":"success","data":{"initial":{"total":10.5},"final":{"total":9}}}"#;
    let basket = read_basket(&HttpReply::new(200, basket)).expect("margins");
    assert_eq!((basket.initial, basket.filled), (amount("10.5"), amount("9")));
}
