//! Whatever comes in, something goes out, and nothing breaks.

use super::Rig;
use truefill_sim::rng::Rng;

const WORDS: [&str; 28] = [
    "orders",
    "regular",
    "iceberg",
    "co",
    "amo",
    "quote",
    "ltp",
    "instruments",
    "historical",
    "408065",
    "minute",
    "portfolio",
    "positions",
    "holdings",
    "margins",
    "basket",
    "charges",
    "session",
    "token",
    "..",
    "%00",
    "",
    "1990000000000000001",
    "user",
    "NSE",
    "trades",
    "-1",
    "\u{20b9}",
];
const FIELDS: [&str; 24] = [
    "exchange=NSE",
    "tradingsymbol=INFY",
    "transaction_type=BUY",
    "transaction_type=SELL",
    "quantity=10",
    "quantity=99999999999999999999",
    "product=MIS",
    "product=CNC",
    "order_type=LIMIT",
    "order_type=MARKET",
    "order_type=SL",
    "price=1500",
    "price=1e308",
    "price=-1",
    "trigger_price=1500",
    "market_protection=-1",
    "validity=TTL",
    "validity_ttl=1",
    "iceberg_legs=50",
    "iceberg_quantity=1",
    "autoslice=true",
    "from=2026-01-01",
    "to=9999-99-99",
    "i=NSE:INFY",
];

#[test]
fn random_requests_are_all_answered() {
    let mut rig = Rig::new();
    let mut rng = Rng::new(42);
    assert!(rig.desk.preset("beyond"));
    for round in 0..20_000 {
        let pick = |rng: &mut Rng, from: &[&str]| {
            rng.pick(from.len()).and_then(|at| from.get(at)).copied().unwrap_or("").to_owned()
        };
        let method = pick(&mut rng, &["GET", "POST", "PUT", "DELETE", "PATCH", ""]);
        let parts: Vec<String> = (0..rng.below(5)).map(|_| pick(&mut rng, &WORDS)).collect();
        let fields: Vec<String> = (0..rng.below(14)).map(|_| pick(&mut rng, &FIELDS)).collect();
        let path = format!("/{}", parts.join("/"));
        rig.ask(&method, &path, &fields.join("&"));
        if round % 50 == 0 {
            rig.wait(1_000);
            rig.control("token", r#"{"action":"renew"}"#);
        }
    }
    let truth = rig.truth();
    assert!(truth["orders"].is_array());
}

#[test]
fn what_is_not_a_command_is_refused_with_what_is() {
    let mut rig = Rig::new();
    for (path, body) in [
        ("fault", r"{}"),
        ("price", r#"{"symbol":"NSE:NOPE","price":1}"#),
        ("price", r#"{"symbol":"NSE:INFY","price":-1}"#),
        ("trade", r#"{"symbol":"NSE:INFY","side":"UP","quantity":1}"#),
        ("trade", r#"{"symbol":"NSE:INFY","side":"BUY","quantity":0}"#),
        ("token", r#"{"action":"steal"}"#),
        ("link", r#"{"state":"sideways"}"#),
        ("link", r#"{"state":"dark","for_s":99999999}"#),
        ("time", r#"{"event":"doomsday"}"#),
        ("switch", r#"{"gravity":true}"#),
        ("nothing", r"{}"),
    ] {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let refused = rig.desk.control(rig.now, path, value.as_object().unwrap());
        assert!(refused.is_err_and(|error| error.to_string().len() > 15), "{path} {body}");
    }
}
