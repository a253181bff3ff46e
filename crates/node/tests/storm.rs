//! A minute of everything at once: whatever the box did, engine and broker agree afterwards, limits
//! were kept, and what people must know was said.

mod kit;

use kit::{Node, held, live, no_violation, working};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SYMBOLS: [&str; 8] = [
    "NSE:INFY",
    "NSE:SBIN",
    "NSE:BEL",
    "NSE:CIPLA",
    "NSE:AXISBANK",
    "NSE:RELIANCE",
    "NSE:TCS",
    "NSE:WIPRO",
];

/// Engine and broker hold the same everywhere, nothing is open, nothing is unknown.
fn agrees(status: &Value, truth: &Value) -> bool {
    let rows = status["holdings"].as_array().expect("holdings");
    let number = |row: &Value, key: &str| row[key].as_str().and_then(|t| t.parse::<i64>().ok());
    let same = |row: &Value| {
        let all = number(row, "position").zip(number(row, "manual")).map(|(a, b)| a + b);
        all == Some(held(truth, row["symbol"].as_str().unwrap_or_default()))
    };
    rows.iter().all(same)
        && status["orders"].as_array().is_some_and(Vec::is_empty)
        && working(truth) == 0
}

/// What a person does about what is frozen: asks the broker, and says that it is as it is.
async fn by_hand(node: &Node, status: &Value) {
    for row in status["holdings"].as_array().into_iter().flatten() {
        if row["frozen"].is_string() {
            node.say(json!({ "do": "adopt", "symbol": row["symbol"], "quantity": "0" })).await;
        }
    }
}

/// `pause` is between two looks of the strategy. Where `whole`, all windows of the broker count, that of
/// a day too, which a storm of targets would use up in less than an hour.
async fn storm(seconds: u64, pause: Duration, whole: bool) {
    let mut node = Node::ready("storm", &SYMBOLS, |job| {
        if whole {
            job.config.descriptor.windows =
                truefill_venue::kite::descriptor(&truefill_venue::kite::Limits::default()).windows;
        }
    })
    .await;
    node.control("/fault", json!({ "preset": "storm" })).await;
    let began = Instant::now();
    let mut round = 0;
    while began.elapsed() < Duration::from_secs(seconds) {
        let wanted: Vec<(&str, i64)> =
            (0i64..).zip(SYMBOLS).map(|(n, s)| (s, (round * 7 + n * 5) % 40 - 15)).collect();
        node.want(&wanted);
        round += 1;
        tokio::time::sleep(pause).await;
        by_hand(&node, &node.ask("status").await).await;
    }
    node.control("/fault", json!({ "clear": true })).await;
    let wanted: Vec<(&str, i64)> = SYMBOLS.iter().map(|symbol| (*symbol, 0)).collect();
    node.want(&wanted);
    let patience = Instant::now();
    let (status, truth) = loop {
        let (status, truth) = (node.ask("status").await, node.truth().await);
        let flat = |row: &Value| row["position"] == "0" && row["frozen"].is_null();
        let rows = status["holdings"].as_array().expect("holdings");
        if agrees(&status, &truth) && rows.iter().all(flat) {
            break (status, truth);
        }
        let waited = patience.elapsed();
        assert!(waited < Duration::from_secs(240), "{status:#}\n{:#}", truth["positions"]);
        // Before an order may have come out of the dark, nobody can say that it is not there.
        if waited > Duration::from_secs(95) {
            by_hand(&node, &status).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    no_violation(&truth);
    let orders = truth["orders"].as_array().map_or(0, Vec::len);
    println!(
        "{seconds} s of storm: {orders} orders, struck {}, alerts {}, journal {}, to the wire {}",
        truth["faults_struck"], status["alerts"]["told"], status["journal"], status["to_the_wire"]
    );
    assert!(!node.alerts().iter().any(|code| code == "LAW_BROKEN" || code == "GATE_REFUSED"));
    node.stop().await.expect("stopped");
}

#[test]
fn a_minute_of_storm_ends_in_agreement() {
    live(storm(60, Duration::from_secs(3), false));
}

#[test]
#[ignore = "an hour"]
fn an_hour_of_storm_ends_in_agreement() {
    let seconds = std::env::var("TRUEFILL_STORM_SECONDS").ok().and_then(|s| s.parse().ok());
    live(storm(seconds.unwrap_or(3600), Duration::from_secs(8), true));
}
