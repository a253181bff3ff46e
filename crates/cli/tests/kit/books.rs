//! The journal's books against the simulator's own log, order by order.

use super::{lossy, text, truefill};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use truefill_core::num::Qty;

/// Numbers that a seed gives.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// JSON Lines of a text.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// What the broker knows of our orders is what the journal says, order by order.
pub fn agree(journal: &Path, truth: &Path, what: &str) {
    let truth = std::fs::read_to_string(truth).expect("a truth log");
    let truth = Truth::of(&lines(&truth));
    let orders = export(journal, "orders");
    let mut known = BTreeSet::new();
    for order in &orders {
        let id = order["cl_ord_id"].as_str().expect("an id");
        assert!(known.insert(id), "{what}: {id} is in the journal twice");
        let filled: Qty = order["filled_qty"].as_str().and_then(|q| q.parse().ok()).expect(id);
        let really = truth.filled.get(id).copied().unwrap_or_default();
        assert!(filled == really || truth.revised.contains(id), "{what}: {id}");
        // What was cut off between commit and wire never left, and it is known to be nothing.
        let left = truth.sent.contains(id);
        assert!(left || order["status"] == "absent", "{what}: {id} {}", order["status"]);
    }
    for id in truth.sent.iter().chain(&truth.orders) {
        assert!(known.contains(id.as_str()), "{what}: {id} is not in the journal");
    }
    let mut executions: BTreeMap<String, u32> = BTreeMap::new();
    for fill in export(journal, "fills") {
        let Some(id) = fill["exec_id"].as_str() else { continue };
        // This broker tells some executions under a second id: E4 and E4b are one.
        let one = id.trim_end_matches('b').to_owned();
        if one.is_empty() {
            continue;
        }
        let happened = truth.executions.get(&one).copied().unwrap_or(0);
        assert!(happened > 0, "{what}: {id} never happened");
        let booked = executions.entry(one).or_default();
        *booked += 1;
        assert!(*booked <= happened, "{what}: {id} is booked twice");
    }
}

/// A table of the journal.
pub fn export(journal: &Path, table: &str) -> Vec<Value> {
    let args = ["journal", "export", text(journal), "--what", table, "--format", "jsonl"];
    lines(&lossy(&truefill(&args).stdout))
}

/// The simulator's log, as far as it is about us.
#[derive(Default)]
pub struct Truth {
    sent: BTreeSet<String>,
    orders: BTreeSet<String>,
    filled: BTreeMap<String, Qty>,
    executions: BTreeMap<String, u32>,
    spans: BTreeSet<String>,
    revised: BTreeSet<String>,
}

impl Truth {
    pub fn of(log: &[Value]) -> Self {
        let mut truth = Self::default();
        for line in log {
            if line["record"] == "correction" {
                let id = line["exec_id"].as_str().expect("an id").to_owned();
                *truth.executions.entry(id).or_default() += 1;
            }
            let Some(id) = line["client_id"].as_str().map(str::to_owned) else { continue };
            match (line["record"].as_str().expect("a word"), line["kind"].as_str()) {
                ("sent", Some("new")) => {
                    assert!(truth.sent.insert(id.clone()), "{id} was sent twice");
                }
                ("order", _) => {
                    assert!(truth.orders.insert(id.clone()), "{id} came to exist twice");
                }
                ("fill", _) => {
                    let qty: Qty = line["qty"].as_str().and_then(|q| q.parse().ok()).expect("qty");
                    let execution = line["exec_id"].as_str().expect("an id").to_owned();
                    // This broker gives some executions the same id, or none: with the quantity
                    // that was filled by then, an execution is one of a kind.
                    let span = format!("{execution} of {id} to {}", line["cum"]);
                    assert!(truth.spans.insert(span), "an execution twice: {line}");
                    *truth.executions.entry(execution).or_default() += 1;
                    *truth.filled.entry(id).or_default() += qty;
                }
                // A message of it may be lost, and no list shows it: what is known may differ.
                ("bust", _) => drop(truth.revised.insert(id)),
                _ => {}
            }
        }
        truth
    }
}
