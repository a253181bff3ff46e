//! Section H, 8 to 12: limits, tokens, slices, risk systems, addresses. What is refused is not tried
//! again in a loop, and people are told what to do.

mod kit;

use kit::{Node, live, no_violation, put_token, traded};
use serde_json::{Value, json};

const INFY: &str = "NSE:INFY";

fn orders(truth: &Value) -> usize {
    truth["orders"].as_array().map_or(0, Vec::len)
}

#[test]
fn behaviour_8_a_429_out_of_the_blue_is_waited_out_and_limits_are_kept() {
    live(async {
        let symbols = ["NSE:INFY", "NSE:SBIN", "NSE:BEL", "NSE:CIPLA", "NSE:AXISBANK"];
        let mut node = Node::ready("rate", &symbols, |_| {}).await;
        node.control("/fault", json!({ "fault": "too_many", "on": "place", "nth": 2 })).await;
        let wanted: Vec<(&str, i64)> = symbols.iter().map(|symbol| (*symbol, 4)).collect();
        node.want(&wanted);
        let truth = node.settles_at(&wanted).await;
        node.alerted("RATE_LIMITED").await;
        no_violation(&truth);
        for symbol in symbols {
            assert_eq!(traded(&truth, symbol), (4, 0), "{symbol}");
        }
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_9_a_dead_token_stops_everything_until_a_new_one_is_there() {
    live(async {
        let mut node = Node::ready("token", &[INFY], |_| {}).await;
        node.want(&[(INFY, 5)]);
        node.settles_at(&[(INFY, 5)]).await;
        node.control("/token", json!({ "action": "kill" })).await;
        node.want(&[(INFY, 10)]);
        node.alerted("NOT_AUTHENTICATED").await;
        node.until("a closed way", |s| s["links"]["rest"] == false).await;
        // It goes on with everything else: it answers, and the target is in the journal.
        node.until("the target", |s| s["holdings"][0]["target"] == "10").await;
        // A token of nobody does not help.
        put_token(&node.job.settings.token_file, "nobodystoken");
        let renewed = node.control("/token", json!({ "action": "renew" })).await;
        let token = renewed["access_token"].as_str().expect("a token").to_owned();
        put_token(&node.job.settings.token_file, &token);
        let truth = node.settles_at(&[(INFY, 10)]).await;
        assert_eq!(traded(&truth, INFY), (10, 0));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_9_a_token_that_dies_in_the_middle_of_an_order() {
    live(async {
        let mut node = Node::ready("dies", &[INFY], |_| {}).await;
        node.control("/fault", json!({ "fault": "token_dies", "on": "place" })).await;
        node.want(&[(INFY, 5)]);
        node.alerted("NOT_AUTHENTICATED").await;
        let renewed = node.control("/token", json!({ "action": "renew" })).await;
        let token = renewed["access_token"].as_str().expect("a token").to_owned();
        put_token(&node.job.settings.token_file, &token);
        let truth = node.settles_at(&[(INFY, 5)]).await;
        assert_eq!(traded(&truth, INFY), (5, 0));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_10_above_the_freeze_quantity_it_is_sliced_here_and_not_by_the_broker() {
    live(async {
        let freeze = |job: &mut truefill_node::Job| {
            job.config.instruments[0].max_qty = Some(truefill_core::num::Qty::whole(400));
        };
        let mut node = Node::ready("freeze", &[INFY], freeze).await;
        let deep = json!({ "symbol": INFY, "price": 1545, "depth": 100_000 });
        node.control("/price", deep).await;
        node.want(&[(INFY, 1000)]);
        let truth = node.settles_at(&[(INFY, 1000)]).await;
        assert_eq!(traded(&truth, INFY), (1000, 0));
        assert!(orders(&truth) >= 3, "400 at a time");
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_10_an_unknown_freeze_quantity_is_refused_without_a_loop() {
    live(async {
        let mut node = Node::ready("unfrozen", &[INFY], |_| {}).await;
        node.want(&[(INFY, 5_000_000)]);
        node.alerted("UNCONVERGED").await;
        node.alerted("REJECT_LOOP_OPEN").await;
        let truth = node.truth().await;
        assert_eq!(traded(&truth, INFY), (0, 0));
        let asked = truth["requests"]["orders"]["total"].as_u64();
        assert!(asked.is_none_or(|n| n <= 5), "{}", truth["requests"]);
        node.want(&[(INFY, 0)]);
        node.settles_at(&[(INFY, 0)]).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_11_refused_without_a_row_or_rejected_after_a_success() {
    live(async {
        let mut node = Node::ready("rms", &[INFY], |_| {}).await;
        let mut target = 0;
        for fault in ["rms_refuses", "rms_rejects", "margin_short"] {
            node.control("/fault", json!({ "fault": fault })).await;
            target += 5;
            node.want(&[(INFY, target)]);
            if fault == "margin_short" {
                // More of the same would be refused again: it waits for a new target.
                let funds = |s: &Value| s["alerts"].to_string().contains("insufficient_funds");
                node.until("a refusal for want of funds", funds).await;
                target += 1;
                node.want(&[(INFY, target)]);
            }
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{fault}");
        }
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_12_an_address_that_is_not_registered_is_a_stop_and_no_retry() {
    live(async {
        let mut node = Node::ready("address", &[INFY, "NSE:SBIN"], |_| {}).await;
        let fault = json!({ "fault": "wrong_address", "times": 1000 });
        node.control("/fault", fault).await;
        node.want(&[(INFY, 5), ("NSE:SBIN", 5)]);
        node.alerted("BROKER_REFUSES").await;
        // Both orders were under way: the second refusal stops it again.
        let stopped = |s: &serde_json::Value| {
            s["state"] == "halted" && s["requests_under_way"] == 0 && s["unknown_orders"] == 0
        };
        let status = node.until("a stop for good", stopped).await;
        assert_eq!(status["refused_for_good"], true);
        let struck = node.truth().await["faults_struck"]["wrong_address"].clone();
        assert!(struck.as_u64().is_some_and(|n| n <= 2), "tried again: {struck}");
        // Mended by a person, who says so.
        node.control("/fault", json!({ "clear": true })).await;
        node.ask("resume").await;
        let truth = node.settles_at(&[(INFY, 5), ("NSE:SBIN", 5)]).await;
        assert_eq!((traded(&truth, INFY), traded(&truth, "NSE:SBIN")), ((5, 0), (5, 0)));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_12_refusals_of_every_type_end_in_rest_and_not_in_a_loop() {
    live(async {
        let mut node = Node::ready("types", &[INFY], |_| {}).await;
        let mut target = 0;
        for (kind, words) in [
            ("InputException", "Tick size for this script is 0.10"),
            ("OrderException", "Price is outside the circuit limits"),
            ("HoldingException", "Insufficient holdings"),
        ] {
            let fault = json!({ "fault": "refused", "on": "place", "error_type": kind,
                                "message": words });
            node.control("/fault", fault).await;
            target += 5;
            node.want(&[(INFY, target)]);
            let truth = node.settles_at(&[(INFY, target)]).await;
            assert_eq!(traded(&truth, INFY), (target, 0), "{kind}");
        }
        node.stop().await.expect("stopped");
    });
}

#[test]
fn behaviour_12_holdings_that_are_not_authorised_for_sale_are_told_of() {
    live(async {
        let delivery = |job: &mut truefill_node::Job| {
            let key = &mut job.config.holdings[0];
            key.product = truefill_core::ids::VenueText::new("CNC").expect("short");
            key.never_short = true;
        };
        let mut node = Node::ready("authorise", &[INFY], delivery).await;
        node.want(&[(INFY, 5)]);
        node.settles_at(&[(INFY, 5)]).await;
        node.control("/fault", json!({ "fault": "not_authorised", "on": "place" })).await;
        node.want(&[(INFY, 0)]);
        node.alerted("UNPROTECTED").await;
        node.settles_at(&[(INFY, 0)]).await;
        node.stop().await.expect("stopped");
    });
}
