//! Protective stops rest at the exchange: as large as the position, and there while no node runs.

mod kit;

use kit::{Node, held, live, no_violation};
use serde_json::{Value, json};

const INFY: &str = "NSE:INFY";

/// Stops that rest at the box: quantity, trigger, side.
fn resting(truth: &Value) -> Vec<(i64, String, String)> {
    let orders = truth["orders"].as_array().expect("orders");
    let waits = orders.iter().filter(|row| row["status"] == "TRIGGER PENDING");
    let told = |row: &Value| {
        let text =
            |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        (
            row["pending_quantity"].as_i64().expect("a quantity"),
            text("trigger_price"),
            text("transaction_type"),
        )
    };
    waits.map(told).collect()
}

async fn until_resting(node: &Node, wanted: &[(i64, &str, &str)]) {
    let wanted: Vec<_> =
        wanted.iter().map(|(qty, px, side)| (*qty, (*px).to_owned(), (*side).to_owned())).collect();
    let mut last = Vec::new();
    let looks = async {
        while last != wanted {
            last = resting(&node.truth().await);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(kit::PATIENCE, looks).await;
    assert!(found.is_ok(), "stops at the broker are {last:?}, not {wanted:?}");
}

#[test]
fn a_stop_follows_the_position_and_works_while_no_node_runs() {
    live(async {
        let mut node = Node::ready("stop", &[INFY], |_| {}).await;
        node.control("/price", json!({ "symbol": INFY, "price": 1500 })).await;
        node.want_with_stops(&[(INFY, 10, "1450")]);
        until_resting(&node, &[(10, "1450", "SELL")]).await;
        assert_eq!(held(&node.truth().await, INFY), 10);
        // A smaller position has a smaller stop, and a target with another one moves it.
        node.want_with_stops(&[(INFY, 4, "1460")]);
        until_resting(&node, &[(4, "1460", "SELL")]).await;
        node.stop().await.expect("stopped");
        until_resting(&node, &[(4, "1460", "SELL")]).await;
        // Nobody watches, and the price falls through it, though not through its limit.
        node.control("/price", json!({ "symbol": INFY, "price": 1458 })).await;
        until_resting(&node, &[]).await;
        node.again();
        let truth = node.settles_at(&[(INFY, 0)]).await;
        assert_eq!(kit::traded(&truth, INFY), (10, 10), "stopped out, and not bought again");
        no_violation(&truth);
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_price_that_jumps_over_the_limit_of_a_stop_is_told() {
    live(async {
        let mut node = Node::ready("stopgap", &[INFY], |_| {}).await;
        node.control("/price", json!({ "symbol": INFY, "price": 1500 })).await;
        node.want_with_stops(&[(INFY, 10, "1450")]);
        until_resting(&node, &[(10, "1450", "SELL")]).await;
        node.control("/price", json!({ "symbol": INFY, "price": 1430 })).await;
        node.alerted("STOP_PASSED").await;
        // What it says to do.
        node.want(&[(INFY, 0)]);
        let truth = node.settles_at(&[(INFY, 0)]).await;
        assert_eq!(kit::traded(&truth, INFY), (10, 10));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_way_out_frees_the_stop_first() {
    live(async {
        let mut node = Node::ready("stopexit", &[INFY], |_| {}).await;
        node.control("/price", json!({ "symbol": INFY, "price": 1500 })).await;
        node.want_with_stops(&[(INFY, -10, "1550")]);
        until_resting(&node, &[(10, "1550", "BUY")]).await;
        node.want(&[(INFY, 5)]);
        until_resting(&node, &[]).await;
        let truth = node.settles_at(&[(INFY, 5)]).await;
        assert_eq!(kit::traded(&truth, INFY), (15, 10));
        no_violation(&truth);
        node.stop().await.expect("stopped");
    });
}
