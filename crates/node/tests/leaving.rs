//! What people command, and what is left behind at a stop.

mod kit;

use kit::{Node, held, live, no_violation, resting, setup, working};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use truefill_core::config::Style;
use truefill_node::settings::OnStop;

const INFY: &str = "NSE:INFY";

fn numbered(status: &Value) -> bool {
    status["orders"][0]["order_id"].is_string()
}

#[test]
fn a_kill_proves_that_nothing_rests_and_lasts() {
    live(async {
        let mut node = Node::ready("kill", &[INFY], resting).await;
        node.want(&[(INFY, 10)]);
        node.until("a resting order", numbered).await;
        let answer = node.ask("kill").await;
        assert_eq!((&answer["proven"], &answer["resting"]), (&true.into(), &0.into()), "{answer}");
        assert_eq!(working(&node.truth().await), 0);
        node.ask("resume").await;
        node.stop().await.expect("stopped");
        node.again();
        let status = node.until("a read account", |s| s["read"] == true).await;
        assert_eq!(status["state"], "killed", "a resume does not lift it, nor does a restart");
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_kill_overtakes_the_queue_and_all_is_out() {
    live(async {
        let (ready, names) = kit::fifty().await;
        let symbols: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut many = setup("many", &ready, &symbols);
        // At the near touch, where orders rest for a while.
        many.job.config.strategies[0].entry.style = Style::Limit;
        let mut node = Node::start(ready.clone(), many);
        node.until("prices and free windows", kit::is_free).await;
        let wanted: Vec<(&str, i64)> = symbols.iter().map(|symbol| (*symbol, 4)).collect();
        node.want(&wanted);
        let some = |status: &Value| status["orders"].as_array().is_some_and(|o| o.len() >= 15);
        node.until("some of fifty orders", some).await;
        let began = std::time::Instant::now();
        let answer = node.ask("kill").await;
        let took = began.elapsed();
        assert_eq!((&answer["proven"], &answer["resting"]), (&true.into(), &0.into()), "{answer}");
        let truth = node.truth().await;
        let sent = truth["orders"].as_array().map_or(0, Vec::len);
        assert!(working(&truth) == 0 && (15..50).contains(&sent), "{sent} orders left");
        no_violation(&truth);
        println!("{sent} of 50 orders were out; cancelled and proven in {took:?}");
        node.stop().await.expect("stopped");
    });
}

#[test]
fn commands_are_in_the_journal_with_who_gave_them() {
    live(async {
        let mut node = Node::ready("who", &[INFY], |_| {}).await;
        let answer = node.ask("halt").await;
        let by = answer["by"].as_str().expect("who").to_owned();
        node.until("a halt", |s| s["state"] == "halted").await;
        node.want(&[(INFY, 10)]);
        node.until("the target", |s| s["holdings"][0]["target"] == "10").await;
        assert_eq!(held(&node.truth().await, INFY), 0);
        node.ask("resume").await;
        node.settles_at(&[(INFY, 10)]).await;
        node.ask("flatten").await;
        node.until("halted and flat", |s| s["state"] == "halted").await;
        assert_eq!(held(&node.truth().await, INFY), 0);
        let socket = node.job.settings.dir.join("control.sock");
        let mode = std::fs::metadata(socket).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        node.stop().await.expect("stopped");
        let reader = truefill_journal::Reader::open(&node.job.settings.dir.join("journal.db"));
        let mut told = Vec::new();
        truefill_journal::cat(&reader.expect("a journal"), &Default::default(), &mut told)
            .expect("readable");
        let told = String::from_utf8_lossy(&told).into_owned();
        let line = told.lines().find(|l| l.contains("halt") && l.contains("Operator"));
        assert!(line.is_some_and(|line| line.contains(&by)), "{line:?} names {by}");
    });
}

#[test]
fn a_stop_leaves_the_account_as_it_was_told() {
    live(async {
        for (on_stop, open, kept) in
            [(OnStop::Leave, 1, 0), (OnStop::Cancel, 0, 0), (OnStop::Flatten, 0, 0)]
        {
            let name = format!("leave-{on_stop:?}");
            let set = |job: &mut truefill_node::Job| {
                resting(job);
                job.settings.on_stop = on_stop;
            };
            let mut node = Node::ready(&name, &[INFY], set).await;
            node.want(&[(INFY, 10)]);
            node.until("a resting order", numbered).await;
            node.stop().await.expect("stopped");
            let truth = node.truth().await;
            assert_eq!((working(&truth), held(&truth, INFY)), (open, kept), "{on_stop:?}");
            node.again();
            let status = node.until("a read account", kit::is_up).await;
            assert_eq!(status["state"], "running", "{on_stop:?}: the next start trades");
            node.stop().await.expect("stopped");
        }
    });
}

#[test]
fn a_flatten_at_the_stop_sells_what_is_held_and_the_next_start_waits_for_targets() {
    live(async {
        let set = |job: &mut truefill_node::Job| job.settings.on_stop = OnStop::Flatten;
        let mut node = Node::ready("flat", &[INFY], set).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        node.stop().await.expect("stopped");
        assert_eq!(held(&node.truth().await, INFY), 0);
        node.again();
        node.until("a read account", kit::is_up).await;
        assert_eq!(held(&node.truth().await, INFY), 0, "the old target does not come back");
        node.want(&[(INFY, 3)]);
        node.settles_at(&[(INFY, 3)]).await;
        node.stop().await.expect("stopped");
    });
}

/// Another program holds the journal: nothing can be written, so nothing may leave but the way out.
#[test]
fn a_journal_that_cannot_be_written_ends_the_node_and_cancels_leave_all_the_same() {
    live(async {
        let mut node = Node::ready("unwritten", &[INFY, "NSE:SBIN"], resting).await;
        node.want(&[(INFY, 10)]);
        node.until("a resting order", numbered).await;
        let path = node.job.settings.dir.join("journal.db");
        let other = rusqlite::Connection::open(&path).expect("a journal");
        other.execute_batch("BEGIN IMMEDIATE").expect("locked");
        node.want(&[("NSE:SBIN", 5)]);
        let error = node.ended().await.expect_err("it cannot go on").to_string();
        assert!(error.contains("1 of 1 working orders of ours were cancelled"), "{error}");
        let truth = node.truth().await;
        assert_eq!((working(&truth), held(&truth, "NSE:SBIN")), (0, 0));
        let notes = node.job.settings.dir.join("emergency.notes");
        let notes = truefill_journal::emergency::read_notes(&notes).expect("readable");
        assert!(notes.len() == 1 && notes[0].starts_with("cancel TF"), "{notes:?}");
        // The next start finds out what really happened.
        drop(other);
        node.again();
        node.until("a read account", kit::is_up).await;
        node.want(&[(INFY, 0)]);
        node.until("nothing open", |s| s["orders"].as_array().is_some_and(Vec::is_empty)).await;
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_split_is_booked_and_what_is_none_is_answered_with_a_reason() {
    live(async {
        let mut node = Node::ready("split", &[INFY], |_| {}).await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        let say = |symbol: &str, ratio: &str| {
            node.say(serde_json::json!({ "do": "split", "symbol": symbol, "ratio": ratio }))
        };
        for (symbol, ratio, why) in [
            ("NSE:NONE", "2:1", "not traded"),
            (INFY, "2", "NEW:OLD"),
            (INFY, "2:2", "no ratio of a split"),
        ] {
            let answer = say(symbol, ratio).await;
            let told = answer["error"].as_str().unwrap_or_default();
            assert!(told.contains(why), "{symbol} {ratio}: {answer}");
        }
        let answer = say(INFY, "2:1").await;
        assert_eq!(answer["taken"], "split", "{answer}");
        let doubled = |status: &Value| status["holdings"][0]["target"] == "20";
        node.until("a target in new units", doubled).await;
        node.stop().await.expect("stopped");
    });
}
