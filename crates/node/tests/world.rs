//! Section H, 5 to 7 and 13 to 16: what others do, races, a lost exchange, bad rows, a new day, a
//! broken stream. In the end engine and broker agree, or the symbol is frozen and people know why.

mod kit;

use kit::{Node, held, live, no_violation, place, resting, traded, working};
use serde_json::json;

const INFY: &str = "NSE:INFY";

/// Times of this broker are whole seconds: what others did in the second in which the account was
/// first read cannot be told from what they had done before.
async fn a_later_second() {
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
}

#[test]
fn behaviour_5_a_protected_market_order_of_another_program_is_somebody_elses() {
    live(async {
        let mut node = Node::ready("protected", &[INFY], |_| {}).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        a_later_second().await;
        node.control("/fault", json!({ "fault": "thin_market" })).await;
        let form = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=MARKET&\
                    product=MIS&validity=DAY&quantity=40&market_protection=-1&tag=another";
        place(&node.ready, form).await;
        node.alerted("EXTERNAL_ACTIVITY").await;
        let frozen = |s: &serde_json::Value| s["holdings"][0]["frozen"].is_string();
        node.until("a freeze", frozen).await;
        let truth = node.truth().await;
        let (ours, all) = (10, held(&truth, INFY));
        assert!(all > ours, "the other program has bought");
        assert_eq!(node.ask("status").await["holdings"][0]["position"], "10", "ours is ours");
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_6_a_cancel_that_loses_its_race_ends_where_the_target_is() {
    live(async {
        let mut node = Node::ready("race", &[INFY], resting).await;
        for fault in ["cancel_race", "cancel_numbers"] {
            node.control("/fault", json!({ "fault": fault })).await;
            node.want(&[(INFY, 10)]);
            let numbered = |s: &serde_json::Value| s["orders"][0]["order_id"].is_string();
            node.until("a resting order", numbered).await;
            node.want(&[(INFY, 0)]);
            let truth = node.settles_at(&[(INFY, 0)]).await;
            assert_eq!(working(&truth), 0, "{fault}");
            no_violation(&truth);
        }
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_6_and_7_what_hangs_counts_until_the_exchange_is_back() {
    live(async {
        let mut node = Node::ready("hangs", &[INFY], resting).await;
        node.want(&[(INFY, 10)]);
        let numbered = |s: &serde_json::Value| s["orders"][0]["order_id"].is_string();
        node.until("a resting order", numbered).await;
        node.control("/link", json!({ "state": "exchange_lost", "for_s": 8 })).await;
        node.want(&[(INFY, 0)]);
        let truth = node.settles_at(&[(INFY, 0)]).await;
        assert_eq!(working(&truth), 0);
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_13_a_trade_by_hand_freezes_and_a_person_resumes() {
    live(async {
        let mut node = Node::ready("hand", &[INFY], |_| {}).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        a_later_second().await;
        let trade = json!({ "symbol": INFY, "side": "BUY", "quantity": 7, "product": "MIS" });
        node.control("/trade", trade).await;
        node.alerted("EXTERNAL_ACTIVITY").await;
        node.until("a freeze", |s| s["holdings"][0]["frozen"] == "external").await;
        node.want(&[(INFY, 20)]);
        node.until("the target", |s| s["holdings"][0]["target"] == "20").await;
        assert_eq!(held(&node.truth().await, INFY), 17, "nothing is sent while it is frozen");
        node.ask("resume").await;
        node.until("ours beside theirs", |s| s["holdings"][0]["position"] == "20").await;
        let status = node.ask("status").await;
        assert_eq!(status["holdings"][0]["manual"], "7");
        assert_eq!(held(&node.truth().await, INFY), 27);
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_13_a_square_off_by_the_broker_is_noticed() {
    live(async {
        let mut node = Node::ready("square", &[INFY], |_| {}).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        node.control("/fault", json!({ "fault": "square_off" })).await;
        node.until("a freeze", |s| s["holdings"][0]["frozen"].is_string()).await;
        let truth = node.truth().await;
        assert_eq!(held(&truth, INFY), 0);
        let zero = |s: &serde_json::Value| s["holdings"][0]["position"] == "0";
        node.until("the broker's number", zero).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_14_rows_and_bodies_that_cannot_be_read_hide_nothing() {
    live(async {
        let mut node = Node::ready("rows", &[INFY, "NSE:SBIN"], |_| {}).await;
        let mut target = 0;
        let faults = ["row_unknown_status", "row_nulls", "row_new_keys", "float_noise", "cut_json"];
        for fault in faults {
            node.control("/fault", json!({ "fault": fault, "times": 4 })).await;
            target += 5;
            node.want(&[(INFY, target), ("NSE:SBIN", -target)]);
            let truth = node.settles_at(&[(INFY, target), ("NSE:SBIN", -target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{fault}");
            assert_eq!(traded(&truth, "NSE:SBIN"), (0, target), "{fault}");
            node.control("/fault", json!({ "clear": true })).await;
        }
        let page = json!({ "fault": "html_page", "on": "read", "times": 3 });
        node.control("/fault", page).await;
        node.want(&[(INFY, target + 5)]);
        node.settles_at(&[(INFY, target + 5)]).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_15_a_new_day_empties_the_books_and_not_what_is_held() {
    live(async {
        let mut node = Node::ready("day", &[INFY], |_| {}).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        node.control("/time", json!({ "event": "day_roll" })).await;
        node.want(&[(INFY, 15)]);
        let position = |s: &serde_json::Value| s["holdings"][0]["position"] == "15";
        node.until("the new target on the new day", position).await;
        assert_eq!(held(&node.truth().await, INFY), 15);
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_16_a_stream_that_is_silent_or_gone_is_replaced_within_seconds() {
    live(async {
        let mut node = Node::ready("stream", &[INFY], |_| {}).await;
        let mut target = 0;
        for fault in ["ticker_drops", "heartbeat_stops", "frames_swapped", "depth_stale"] {
            let lasts = json!({ "fault": fault, "lasts_ms": 9000 });
            node.control("/fault", lasts).await;
            target += 5;
            node.want(&[(INFY, target)]);
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{fault}");
        }
        node.alerted("STREAM_LOST").await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_16_dark_for_a_while_and_half_open() {
    live(async {
        let mut node = Node::ready("dark", &[INFY], |_| {}).await;
        let mut target = 0;
        for state in ["dark", "half_open", "down"] {
            node.control("/link", json!({ "state": state, "for_s": 8 })).await;
            target += 5;
            node.want(&[(INFY, target)]);
            node.alerted("STREAM_LOST").await;
            node.until("links", kit::is_up).await;
            // What went into the dark may still come out of it, for all that anybody knows here:
            // it counts until it is seen, or until a person has asked the broker.
            let open = |s: &serde_json::Value| s["requests_under_way"] == 0;
            let status = node.until("answers", open).await;
            if status["unknown_orders"] != 0 && held(&node.truth().await, INFY) != target {
                node.say(json!({ "do": "adopt", "symbol": INFY, "quantity": "0" })).await;
            }
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{state}: once, and all of it");
        }
        node.stop().await.expect("stopped");
    });
}
