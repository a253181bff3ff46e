//! The report for programs: JSON and CSV.

mod common;

use common::{hostile_page, ledger_page};
use serde_json::Value;
use truefill_gap::Decimal;
use truefill_report::{csv, json};

#[test]
fn the_document_holds_the_gap_report_and_the_run() {
    for page in [hostile_page(), ledger_page("every-cause"), ledger_page("long-numbers")] {
        let document: Value = serde_json::from_str(&json(&page)).expect("JSON");
        let report: Value = serde_json::from_str(&page.gap.to_json().unwrap()).unwrap();
        for (key, value) in report.as_object().unwrap() {
            assert_eq!(&document[key], value, "{key}");
        }
        assert_eq!(document["residual"], "0");
        assert_eq!(document["title"], page.title);
        assert_eq!(document["facts"].as_array().map(Vec::len), Some(page.facts.len()));
        assert_eq!(document["incidents"].as_array().map(Vec::len), Some(page.incidents.len()));
    }
    let page = hostile_page();
    let document: Value = serde_json::from_str(&json(&page)).expect("JSON");
    assert_eq!(document["incidents"][0]["time"], "2026-01-05T03:45:00.000000000Z");
    assert_eq!(document["incidents"][0]["code"], page.incidents[0].code);
    assert_eq!(document["positions"][0]["target"], "1");
    assert_eq!(document["positions"][0]["agrees"], false);
    assert_eq!(document["facts"][0]["note"], page.facts[0].note);
}

#[test]
fn the_lines_of_the_table_add_up_to_the_gap() {
    for name in ["two-days", "every-cause"] {
        let gap = ledger_page(name).gap;
        let text = csv(&gap);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("day,strategy,symbol,cause,amount"));
        let amounts: Vec<Decimal> = lines
            .map(|line| line.rsplit(',').next().unwrap_or("").parse().expect("an amount"))
            .collect();
        assert_eq!(amounts.iter().sum::<Decimal>(), gap.gap(), "{name}");
        assert_eq!(amounts.len(), gap.leaves().count());
    }
}

#[test]
fn names_with_separators_stay_one_field() {
    let text = csv(&hostile_page().gap);
    let line = text.lines().nth(1).expect("a line");
    let field = "\"\"\"><script>alert('1')</script><img src=x> \u{202e}\"";
    assert_eq!(line, format!("{field},{field},{field},FEES-LIVE,3"));
}
