//! `docs/faults.md` and `docs/faults.schema.json` say what the list of kinds says. After a change
//! of the list, `TRUEFILL_DOCS=write cargo test -p truefill-sim --test faults_doc` writes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use truefill_sim::faults::{FaultKind, Faults};

fn doc(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(doc(name)).expect("the document is there")
}

fn same(name: &str, wanted: &str) {
    if std::env::var_os("TRUEFILL_DOCS").is_some() {
        std::fs::write(doc(name), wanted).expect("writable");
    }
    assert!(read(name) == wanted, "docs/{name} is not what the list of kinds says");
}

fn list() -> String {
    let mut out = String::from("\n| fault | what it does | longest, ms |\n|---|---|---|\n");
    for kind in FaultKind::ALL {
        let about = kind.about().split_whitespace().collect::<Vec<_>>().join(" ");
        let longest = match kind.usual_max_ms() {
            0 => String::new(),
            86_400_000 => "as declared".to_owned(),
            ms => ms.to_string(),
        };
        let beyond = if kind.is_beyond() { " (beyond)" } else { "" };
        writeln!(out, "| `{}`{beyond} | {about} | {longest} |", kind.name()).expect("memory");
    }
    out
}

#[test]
fn the_schema_is_the_list() {
    same("faults.schema.json", &Faults::schema());
    let schema: serde_json::Value = serde_json::from_str(&Faults::schema()).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    assert_eq!(properties.len(), FaultKind::ALL.len());
    assert!(FaultKind::ALL.iter().all(|kind| properties.contains_key(kind.name())));
}

#[test]
fn every_fault_is_listed_and_every_behaviour_names_real_ones() {
    let text = read("faults.md");
    let mark = "<!-- faults: ";
    let (before, after) = text.split_once(mark).expect("the mark of the list");
    let line = after.lines().next().expect("the mark is a line");
    same("faults.md", &format!("{before}{mark}{line}\n{}", list()));

    let names: BTreeSet<&str> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
    let rows = before.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| **"));
    let mut named = BTreeSet::new();
    for row in rows {
        let fault = row.trim_end_matches('|').rsplit('|').next().unwrap_or("");
        let words: Vec<&str> = fault.split('`').skip(1).step_by(2).collect();
        for word in &words {
            assert!(names.contains(word), "no such fault: {word}");
        }
        named.extend(words);
    }
    let missing: Vec<_> = names.difference(&named).collect();
    assert!(missing.is_empty(), "in no behaviour: {missing:?}");
}
