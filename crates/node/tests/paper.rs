//! Paper: live prices, simulated fills, and not one order at the broker.

mod kit;

use kit::{Node, live};
use serde_json::json;
use truefill_node::settings::Mode;

const INFY: &str = "NSE:INFY";

#[test]
fn on_paper_targets_become_true_and_no_order_leaves() {
    live(async {
        let paper = |job: &mut truefill_node::Job| {
            job.settings.mode = Mode::Paper;
            job.settings.confirmed = None;
            job.config.descriptor = truefill_core::config::Descriptor::default();
        };
        let mut node = Node::ready("paper", &[INFY, "NSE:SBIN"], paper).await;
        node.want(&[(INFY, 10), ("NSE:SBIN", -5)]);
        let there = |s: &serde_json::Value| {
            let rows = &s["holdings"];
            rows[0]["position"] == "10" && rows[1]["position"] == "-5" && s["mode"] == "paper"
        };
        node.until("both targets", there).await;
        // What happens in the real account is not the paper's business.
        let trade = json!({ "symbol": INFY, "side": "BUY", "quantity": 7, "product": "MIS" });
        node.control("/trade", trade).await;
        node.want(&[(INFY, 4)]);
        let less = |s: &serde_json::Value| {
            s["holdings"][0]["position"] == "4" && s["holdings"][0]["frozen"].is_null()
        };
        node.until("the smaller target", less).await;
        let truth = node.truth().await;
        let ours = truth["orders"].as_array().expect("orders").iter();
        assert_eq!(ours.filter(|row| row["tag"].is_string()).count(), 0, "an order left");
        assert_eq!(node.ask("kill").await["proven"], true);
        node.stop().await.expect("stopped");
        // The next start has a new account.
        node.again();
        let status = node.until("a read account", |s| s["read"] == true).await;
        assert_eq!(
            (&status["state"], &status["holdings"][0]["position"]),
            (&"running".into(), &"0".into())
        );
        node.stop().await.expect("stopped");
    });
}
