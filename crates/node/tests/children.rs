//! Strategies as child processes: what they say is done, and what is wrong with one of them concerns
//! nobody else.

mod kit;

use kit::{Node, live, traded};
use truefill_core::config::Strategy;
use truefill_core::ids::SleeveId;
use truefill_node::{Job, Program};

const INFY: &str = "NSE:INFY";
const SBIN: &str = "NSE:SBIN";

/// INFY is of a shell script, SBIN of the target file.
fn script(text: &str, flat_on_death: bool) -> impl FnOnce(&mut Job) {
    let text = text.to_owned();
    move |job| {
        let other = Strategy::new("child", kit::at_once(), kit::at_once());
        job.config.strategies.push(other);
        job.config.holdings[0].sleeve = SleeveId(2);
        job.programs.push(Program {
            strategy: "child".to_owned(),
            sleeve: SleeveId(2),
            command: vec!["sh".to_owned(), "-c".to_owned(), text],
            folder: ".".into(),
            flat_on_death,
            bars: None,
        });
    }
}

#[test]
fn a_child_reads_quotes_and_its_targets_become_true() {
    live(async {
        // It wants 10 once it has seen a quote, and 4 once it holds them.
        let text = r#"while read line; do case "$line" in
            *'"quote"'*) [ -z "$seen" ] && echo '{"symbol":"NSE:INFY","target":10}'; seen=1;;
            *'"position":"10"'*) echo '{"targets":{"NSE:INFY":"4"}}';;
            esac; done"#;
        let mut node = Node::ready("child", &[INFY, SBIN], script(text, false)).await;
        let truth = node.settles_at(&[(INFY, 4)]).await;
        assert_eq!(traded(&truth, INFY), (10, 6));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_child_that_dies_is_flattened_and_others_go_on() {
    live(async {
        // In its first life it wants 10 and dies of it; afterwards it only listens.
        let folder = kit::Folder::new("lives");
        let mark = folder.0.join("lived");
        let text = format!(
            r#"if [ -e {mark} ]; then while read line; do :; done; exit 0; fi
            touch {mark}; read hello; echo '{{"symbol":"NSE:INFY","target":10}}'
            while read line; do case "$line" in *'"position":"10"'*) exit 3;; esac; done"#,
            mark = mark.display()
        );
        let mut node = Node::ready("dies", &[INFY, SBIN], script(&text, true)).await;
        node.alerted("STRATEGY_DIED").await;
        node.want(&[(SBIN, 5)]);
        let truth = node.settles_at(&[(INFY, 0), (SBIN, 5)]).await;
        assert_eq!(traded(&truth, INFY), (10, 10));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn a_child_that_dies_is_held_where_it_says_so() {
    live(async {
        let text = r#"read hello; echo '{"symbol":"NSE:INFY","target":10}'
            while read line; do case "$line" in *'"position":"10"'*) exit 3;; esac; done"#;
        let mut node = Node::ready("held", &[INFY, SBIN], script(text, false)).await;
        node.alerted("STRATEGY_DIED").await;
        let truth = node.settles_at(&[(INFY, 10)]).await;
        assert_eq!(traded(&truth, INFY), (10, 0));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn floods_and_garbage_and_endless_lines_are_contained() {
    live(async {
        for (name, text) in [
            ("flood", r#"while :; do echo '{"symbol":"NSE:INFY","target":3}'; done"#),
            ("garbage", "while :; do echo this is no JSON; done"),
            ("endless", "cat /dev/zero"),
            ("deaf", r#"echo '{"symbol":"NSE:INFY","target":3}'; exec sleep 1000"#),
        ] {
            let mut node = Node::ready(name, &[INFY, SBIN], script(text, false)).await;
            node.want(&[(SBIN, 7)]);
            node.settles_at(&[(SBIN, 7)]).await;
            if matches!(name, "flood" | "deaf") {
                node.settles_at(&[(INFY, 3)]).await;
            } else {
                node.alerted("STRATEGY_DIED").await;
            }
            node.stop().await.expect("stopped");
        }
    });
}

#[test]
fn a_child_may_put_its_things_in_order_when_the_node_stops() {
    live(async {
        let folder = kit::Folder::new("farewell");
        let note = folder.0.join("note");
        let text = format!("while read line; do :; done; echo done > {}", note.display());
        let mut node = Node::ready("farewell", &[INFY, SBIN], script(&text, false)).await;
        node.stop().await.expect("stopped");
        assert_eq!(std::fs::read_to_string(&note).expect("a note"), "done\n");
    });
}
