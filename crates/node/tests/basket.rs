//! A basket of targets becomes true at a broker over real sockets, and stays true over a restart.

mod kit;

use kit::{Node, held, live, no_violation, open_box, setup, traded};
use truefill_box::desk::Switches;
use truefill_node::NodeError;

#[test]
fn a_basket_becomes_true_and_stays_true_over_a_restart() {
    live(async {
        let ready = open_box(Switches::default()).await;
        let symbols = ["NSE:INFY", "NSE:SBIN", "NSE:RELIANCE", "NSE:AXISBANK", "NSE:BEL"];
        let mut node = Node::start(ready.clone(), setup("basket", &ready, &symbols));
        node.until("a read account", |status| status["read"] == true).await;
        let wanted =
            [("NSE:INFY", 30), ("NSE:SBIN", -20), ("NSE:RELIANCE", 10), ("NSE:AXISBANK", 5)];
        node.want(&wanted);
        let truth = node.settles_at(&wanted).await;
        no_violation(&truth);
        assert_eq!(traded(&truth, "NSE:INFY"), (30, 0), "nothing was bought twice");
        assert_eq!(held(&truth, "NSE:BEL"), 0, "no target is not a target of zero, nor of more");

        node.stop().await.expect("a stop that was asked for");
        node.again();
        node.until("a read account", |status| status["read"] == true).await;
        let wanted = [("NSE:INFY", -10), ("NSE:SBIN", 0)];
        node.want(&wanted);
        let truth = node.settles_at(&wanted).await;
        no_violation(&truth);
        assert_eq!(traded(&truth, "NSE:INFY"), (30, 40));
        assert_eq!(traded(&truth, "NSE:RELIANCE"), (10, 0), "left alone");
        node.stop().await.expect("a stop that was asked for");
    });
}

#[test]
fn a_second_node_refuses_and_the_first_goes_on() {
    live(async {
        let ready = open_box(Switches::default()).await;
        let mut node = Node::start(ready.clone(), setup("second", &ready, &["NSE:INFY"]));
        node.until("a read account", |status| status["read"] == true).await;
        let mut other = setup("other", &ready, &["NSE:INFY"]);
        other.job.settings.locks = node.job.settings.locks.clone();
        let mut other = Node::start(ready.clone(), other);
        match other.ended().await {
            Err(NodeError::Taken { account, .. }) => assert_eq!(account, "AB1234"),
            ended => panic!("it started: {ended:?}"),
        }
        node.want(&[("NSE:INFY", 7)]);
        node.settles_at(&[("NSE:INFY", 7)]).await;
        node.stop().await.expect("a stop that was asked for");
    });
}

#[test]
fn nothing_leaves_for_an_account_that_is_not_confirmed() {
    live(async {
        let ready = open_box(Switches::default()).await;
        for confirmed in [None, Some("AB1235".to_owned())] {
            let mut unsure = setup("unsure", &ready, &["NSE:INFY"]);
            unsure.job.settings.confirmed = confirmed;
            let mut node = Node::start(ready.clone(), unsure);
            let error = node.ended().await.expect_err("it must not start");
            assert!(error.to_string().contains("confirm_account = \"AB1234\""), "{error}");
            let truth = node.truth().await;
            assert_eq!(truth["orders"].as_array().map(Vec::len), Some(0));
        }
    });
}

/// At ten orders a second a basket of fifty needs five slots of a second, each held until its replies
/// are here: no 429, and nothing slower than that.
#[test]
fn fifty_names_go_out_as_fast_as_the_windows_allow_and_no_faster() {
    live(async {
        let options = truefill_box::desk::Options { cash: 900_000_000, ..Default::default() };
        let ready = kit::open_box_with(options).await;
        let listing = truefill_box::listing::Listing::standard();
        let shares = listing.iter().filter(|(_, item)| item.is_equity());
        let names: Vec<String> = shares
            .filter(|(_, item)| item.listed.named.exchange == "NSE")
            .map(|(_, item)| format!("NSE:{}", item.listed.named.symbol))
            .take(50)
            .collect();
        let symbols: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut node = Node::start(ready.clone(), setup("fifty", &ready, &symbols));
        let prices = |s: &serde_json::Value| {
            let quoted = |row: &serde_json::Value| row["quote_age_ms"].is_number();
            let rows = s["holdings"].as_array().filter(|rows| rows.iter().all(quoted));
            kit::is_up(s) && s["next_order_ms"] == 0 && rows.is_some()
        };
        node.until("prices and free windows", prices).await;
        let wanted: Vec<(&str, i64)> = symbols.iter().map(|symbol| (*symbol, 4)).collect();
        let began = std::time::Instant::now();
        node.want(&wanted);
        let truth = node.settles_at(&wanted).await;
        let took = began.elapsed();
        no_violation(&truth);
        assert_eq!(truth["faults_struck"].get("too_many"), None);
        for symbol in &symbols {
            assert_eq!(traded(&truth, symbol), (4, 0), "{symbol}");
        }
        let pace = node.ask("status").await["to_the_wire"].clone();
        println!("50 names in {took:?}; to the wire {pace}");
        assert!(took.as_secs() < 60, "{took:?}");
        node.stop().await.expect("stopped");
    });
}
