//! Bars of the past reach a strategy before anything else of them, again in each of its lives, and at
//! the broker's pace.

mod kit;

use kit::{Folder, Node, live, no_violation};
use serde_json::Value;
use std::path::Path;
use truefill_core::time::SECOND_NS;
use truefill_node::Program;
use truefill_node::bars::BarsOf;

const NAMES: [&str; 5] = ["NSE:INFY", "NSE:SBIN", "NSE:RELIANCE", "NSE:TCS", "NSE:HDFCBANK"];
const HISTORY: usize = 400;

/// Bars in a file, by symbol: the seconds of their beginnings, and whether they are the broker's.
fn read(path: &Path, symbol: &str) -> Vec<(String, bool)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = lines.filter(|line| line["type"] == "bar" && line["symbol"] == symbol);
    own.map(|line| {
        let number = |key: &str| line[key].as_str().expect(key).parse::<f64>().expect(key);
        assert!(number("low") <= number("open") && number("close") <= number("high"), "{line}");
        (line["time"].as_str().expect("a time").to_owned(), line["from"] == "broker")
    })
    .collect()
}

#[test]
fn history_comes_first_in_order_and_again_in_each_life() {
    live(async {
        let folder = Folder::new("history");
        let (first, second) = (folder.0.join("first"), folder.0.join("second"));
        // The first life ends when something is dropped beside it.
        let text = format!(
            "out={first}; [ -e {first} ] && out={second}; touch $out
            while read line; do echo \"$line\" >> $out; [ -e {end} ] && [ $out = {first} ] && exit
            done",
            first = first.display(),
            second = second.display(),
            end = folder.0.join("end").display(),
        );
        let mut node = Node::ready("bars", &NAMES, |job| {
            job.targets.clear();
            job.programs.push(Program {
                strategy: "mine".to_owned(),
                sleeve: truefill_core::ids::SleeveId(1),
                command: vec!["sh".to_owned(), "-c".to_owned(), text],
                folder: ".".into(),
                flat_on_death: false,
                bars: Some(BarsOf { period_ns: 60 * SECOND_NS, history: HISTORY as u32 }),
            });
        })
        .await;
        let all_in = |path: &Path| NAMES.iter().all(|name| read(path, name).len() >= HISTORY);
        until(|| all_in(&first)).await;
        std::fs::write(folder.0.join("end"), "").expect("a file");
        until(|| all_in(&second)).await;
        for name in NAMES {
            let (early, late) = (read(&first, name), read(&second, name));
            let broker = early.iter().filter(|(_, broker)| *broker).count();
            assert!((HISTORY..HISTORY + 5).contains(&broker), "{name}: {broker} are the broker's");
            for bars in [&early, &late] {
                assert!(bars.is_sorted_by(|a, b| a.0 < b.0), "{name}: in order, none twice");
            }
            let tail = &early[early.len() - HISTORY..];
            assert!(late.iter().any(|bar| bar == &tail[HISTORY - 1]), "{name}: the last one again");
        }
        no_violation(&node.truth().await);
        node.stop().await.expect("stopped");
    });
}

async fn until(is: impl Fn() -> bool) {
    let looks = async {
        while !is() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(kit::PATIENCE, looks).await.expect("all bars in time");
}
