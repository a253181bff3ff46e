//! The worked examples of the format: each ledger gives exactly the report beside it.

use serde_json::Value;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use truefill_gap::ledger::{LedgerReader, LedgerWriter};
use truefill_gap::{Report, report_of_reader};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The names of the ledgers in `folder` that have an expected report.
fn ledgers(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut ledgers: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".ledger.jsonl"))
        .collect();
    ledgers.sort();
    ledgers
}

fn report(ledger: &Path) -> Report {
    report_of_reader(BufReader::new(File::open(ledger).unwrap()))
        .unwrap_or_else(|error| panic!("{}: {error}", ledger.display()))
}

fn assert_as_expected(ledger: &Path) {
    let expected = ledger.to_string_lossy().replace(".ledger.jsonl", ".expected.json");
    let expected: Value = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
    let report = report(ledger);
    // Amounts are text on both sides, so equal documents are equal to the last character.
    let found: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    for key in ["theory_pnl", "live_pnl", "gap", "residual", "causes", "days", "displayed"] {
        assert_eq!(found[key], expected[key], "{key} of {}", ledger.display());
    }
    assert_eq!(found, expected, "{}", ledger.display());
    assert!(report.is_exact(), "{}", ledger.display());
}

/// Rewriting a ledger keeps its report.
fn assert_survives_rewriting(ledger: &Path) {
    let mut writer = LedgerWriter::new(Vec::new()).unwrap();
    for entry in LedgerReader::new(BufReader::new(File::open(ledger).unwrap())).skip(1) {
        writer.write(&entry.unwrap()).unwrap();
    }
    let rewritten = report_of_reader(writer.into_inner().as_slice()).unwrap();
    assert_eq!(rewritten, report(ledger), "{}", ledger.display());
}

#[test]
fn own_fixtures_give_their_expected_reports() {
    let ledgers = ledgers(&Path::new(CRATE).join("tests/fixtures"));
    assert!(ledgers.len() >= 3, "fixtures are missing");
    for ledger in ledgers {
        assert_as_expected(&ledger);
        assert_survives_rewriting(&ledger);
    }
}

#[test]
fn published_examples_give_their_expected_reports() {
    let shared = match std::env::var_os("TRUEFILL_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(CRATE).join("../../../shared"),
    };
    let folder = shared.join("gap");
    let ledgers = ledgers(&folder);
    if ledgers.is_empty() {
        println!(
            "skipped: no published examples in {}; set TRUEFILL_SHARED to the folder that has \
             them as gap/*.ledger.jsonl",
            folder.display()
        );
        return;
    }
    for ledger in ledgers {
        assert_as_expected(&ledger);
        assert_survives_rewriting(&ledger);
    }
}
