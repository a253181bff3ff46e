//! Section H, 1 to 4: replies that are lost, tags that are labels, messages in any order, books of
//! different moments. In the end engine and broker agree and nothing was done twice.

mod kit;

use kit::{Node, live, no_violation, traded, working};
use serde_json::json;

const INFY: &str = "NSE:INFY";

/// The next placement is lost like this; the target must become true all the same.
async fn lost(node: &Node, form: &str, fate: &str, after_ms: u64, target: i64) {
    let fault = json!({ "fault": "lost_reply", "on": "place", "form": form, "fate": fate,
                        "after_ms": after_ms });
    node.control("/fault", fault).await;
    node.want(&[(INFY, target)]);
    let truth = node.settles_at(&[(INFY, target)]).await;
    assert_eq!(traded(&truth, INFY), (target, 0), "{form} {fate}: bought once");
    no_violation(&truth);
}

#[test]
fn behaviour_1_a_placement_without_a_reply_is_looked_up_and_never_repeated() {
    live(async {
        let mut node = Node::ready("lost", &[INFY], |_| {}).await;
        let mut target = 0;
        for form in ["400", "502", "503", "504", "drop", "silence"] {
            target += 10;
            lost(&node, form, "now", 0, target).await;
        }
        lost(&node, "400", "later", 4000, target + 10).await;
        lost(&node, "silence", "later", 2000, target + 20).await;
        node.alerted("AMBIGUOUS_SUBMIT").await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_1_what_never_appears_blocks_its_symbol_until_a_person_decides() {
    live(async {
        let mut node = Node::ready("never", &[INFY, "NSE:SBIN"], |_| {}).await;
        let fault = json!({ "fault": "lost_reply", "on": "place", "form": "504", "fate": "never" });
        node.control("/fault", fault).await;
        node.want(&[(INFY, 10)]);
        node.until("an unknown order", |status| status["unknown_orders"] == 1).await;
        // Others go on meanwhile.
        node.want(&[("NSE:SBIN", 5)]);
        node.until("the other one", |status| status["holdings"][1]["position"] == "5").await;
        let truth = node.truth().await;
        assert_eq!(traded(&truth, INFY), (0, 0), "absence is never proven here: not sent again");
        // The operator has asked the broker: it is not there.
        node.say(json!({ "do": "adopt", "symbol": INFY, "quantity": "0" })).await;
        let truth = node.settles_at(&[(INFY, 10), ("NSE:SBIN", 5)]).await;
        assert_eq!(traded(&truth, INFY), (10, 0));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_2_two_live_orders_under_one_tag_are_noticed_and_go() {
    live(async {
        let mut node = Node::ready("tags", &[INFY], kit::resting).await;
        node.want(&[(INFY, 10)]);
        let status =
            node.until("a resting order", |s| s["orders"][0]["order_id"].is_string()).await;
        let tag = status["orders"][0]["client_id"].as_str().expect("an id").to_owned();
        // Another program sends the same tag: the broker takes it for another order.
        let price = status["orders"][0]["price"].as_str().expect("a price").to_owned();
        let form = format!(
            "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=LIMIT&product=MIS&\
             validity=DAY&quantity=10&price={price}&tag={tag}"
        );
        kit::place(&node.ready, &form).await;
        node.alerted("ID_COLLISION").await;
        // Never more than was wanted, whatever becomes of the twin.
        node.want(&[(INFY, 0)]);
        node.until("nothing open", |s| s["orders"].as_array().is_some_and(Vec::is_empty)).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_3_messages_come_early_late_twice_or_never() {
    live(async {
        let mut node = Node::ready("pushes", &[INFY], |_| {}).await;
        let mut target = 0;
        for fault in ["push_twice", "push_lost", "push_late"] {
            node.control("/fault", json!({ "fault": fault, "times": 6 })).await;
            target += 10;
            node.want(&[(INFY, target)]);
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{fault}");
            node.control("/fault", json!({ "clear": true })).await;
        }
        let slow = json!({ "fault": "slow_reply", "on": "place", "after_ms": 1500 });
        node.control("/fault", slow).await;
        node.want(&[(INFY, target + 10)]);
        let truth = node.settles_at(&[(INFY, target + 10)]).await;
        assert_eq!(traded(&truth, INFY), (target + 10, 0), "the messages overtook the reply");
        no_violation(&truth);
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_4_books_of_different_moments_and_an_order_that_is_not_known_yet() {
    live(async {
        let mut node = Node::ready("stale", &[INFY], |_| {}).await;
        let mut target = 0;
        for fault in ["stale_orders", "stale_history", "stale_trades", "stale_positions"] {
            node.control("/fault", json!({ "fault": fault, "times": 5 })).await;
            target += 10;
            node.want(&[(INFY, target)]);
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{fault}");
        }
        node.control("/fault", json!({ "clear": true })).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_4_a_cancel_of_an_order_that_the_broker_does_not_know_yet_is_tried_again() {
    live(async {
        let mut node = Node::ready("acked", &[INFY], kit::resting).await;
        node.control("/fault", json!({ "fault": "just_acked", "times": 3 })).await;
        node.want(&[(INFY, 10)]);
        node.until("an order with its number", |s| s["orders"][0]["order_id"].is_string()).await;
        node.want(&[(INFY, 0)]);
        node.until("nothing open", |s| s["orders"].as_array().is_some_and(Vec::is_empty)).await;
        let truth = node.truth().await;
        assert_eq!(working(&truth), 0);
        node.stop().await.expect("stopped");
    });
}
