//! Pages to test with, and a small reader of their markup.
#![allow(dead_code)] // each test file uses a part

use truefill_core::time::{Nanos, SECOND_NS};
use truefill_gap::{Decimal, report_of_reader};
use truefill_report::trading::{GateRow, ParentRow, RuleRow, StepRow};
use truefill_report::{
    Fact, Incident, Naive, Point, PositionRow, QueuePoint, RunPage, Side, Trading,
};

/// A page of one of the ledgers with which the attribution itself is tested.
pub fn ledger_page(name: &str) -> RunPage {
    bare(match name {
        "two-days" => include_str!("../../../gap/tests/fixtures/two-days.ledger.jsonl"),
        "every-cause" => include_str!("../../../gap/tests/fixtures/every-cause.ledger.jsonl"),
        "long-numbers" => include_str!("../../../gap/tests/fixtures/long-numbers.ledger.jsonl"),
        other => panic!("no ledger {other}"),
    })
}

/// A page with nothing around its report.
pub fn bare(ledger: &str) -> RunPage {
    report_of_reader(ledger.as_bytes()).unwrap().into()
}

/// Instants a minute apart, six hours a day.
pub fn minutes(count: i64) -> Vec<Nanos> {
    let start = 1_767_584_700 * SECOND_NS;
    (0..count)
        .map(|at| {
            Nanos(start + at / 360 % 30 * 86_400 * SECOND_NS + at % 360 * 60 * SECOND_NS + at)
        })
        .collect()
}

/// A page on which every text tries to break out.
pub fn hostile_page() -> RunPage {
    let evil = "\"><script>alert('1')</script><img src=x> \u{202e}\0";
    // A ledger refuses names with control characters by itself.
    let name = evil.trim_end_matches('\0');
    let quoted = serde_json::to_string(name).unwrap();
    let ledger = format!(
        "{{\"ev\":\"ledger\",\"version\":1}}\n\
         {{\"ev\":\"instrument\",\"symbol\":{quoted}}}\n\
         {{\"ev\":\"day\",\"day\":{quoted}}}\n\
         {{\"ev\":\"fee\",\"strategy\":{quoted},\"symbol\":{quoted},\"book\":\"live\",\"amount\":\"3\"}}\n\
         {{\"ev\":\"day_end\",\"marks\":{{}}}}\n\
         {{\"ev\":\"day\",\"day\":\"2\"}}\n{{\"ev\":\"day_end\",\"marks\":{{}}}}\n"
    );
    let times = minutes(3);
    RunPage {
        title: evil.into(),
        subtitle: evil.into(),
        currency: evil.into(),
        grade: evil.into(),
        facts: vec![Fact::new(evil, evil, evil)],
        equity: (0..)
            .zip(&times)
            .map(|(at, time)| Point { time: *time, theory: at.into(), live: (-at).into() })
            .collect(),
        queue: (1..)
            .zip(&times)
            .map(|(at, time)| QueuePoint { time: *time, wait_ns: at, label: evil.into() })
            .collect(),
        incidents: times
            .iter()
            .map(|time| Incident {
                time: *time,
                code: evil.into(),
                subject: evil.into(),
                text: evil.into(),
                consequence: evil.into(),
            })
            .collect(),
        positions: vec![PositionRow {
            symbol: evil.into(),
            target: 1.into(),
            engine: 2.into(),
            broker: 3.into(),
        }],
        synthetic: true,
        next_step: evil.into(),
        trading: hostile_trading(evil),
        naive: Some(Naive {
            usual: Side { wrong_about: evil.into(), ..Side::default() },
            ours: Side { wrong_about: evil.into(), ..Side::default() },
        }),
        excused: vec![evil.into()],
        ..bare(&ledger)
    }
}

fn hostile_trading(evil: &str) -> Trading {
    let named = || (evil.to_owned(), evil.to_owned());
    let ((strategy, symbol), reason) = (named(), evil.to_owned());
    let gate = GateRow { strategy, symbol, reason, seconds: 7.into(), cost: 1.into() };
    let (strategy, symbol) = named();
    let cancels = [(evil.to_owned(), 3)].into();
    let rule = RuleRow { strategy, symbol, rule: evil.to_owned(), cancels, ..RuleRow::default() };
    let other = RuleRow { symbol: "other".into(), ..rule.clone() };
    let (strategy, symbol) = named();
    let step = StepRow { record: 1, time: Nanos(1), text: evil.to_owned() };
    let parent = ParentRow { strategy, symbol, steps: vec![step], more: 3, ..Default::default() };
    Trading { gates: vec![gate], rules: vec![rule, other], worst: vec![parent], targets: 1 }
}

/// A tag as a browser would see it.
pub struct Tag<'a> {
    /// `<` opens, `/` closes, `.` does both.
    pub kind: char,
    pub name: &'a str,
    pub attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// Every tag of a document; what stands between `<` and `>` must be well formed.
pub fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        let (inside, after) = rest[start + 1..].split_once('>').expect("a tag that ends");
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            tags.push(Tag { kind: '/', name, attributes: Vec::new() });
            continue;
        }
        let kind = if inside.ends_with('/') { '.' } else { '<' };
        let inside = inside.trim_end_matches('/');
        let (name, mut left) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        while !left.is_empty() {
            let (key, value) = left.split_once("=\"").expect("a value in quotes");
            let (value, next) = value.split_once('"').expect("a value that ends");
            attributes.push((key, value));
            left = next.trim_start();
        }
        tags.push(Tag { kind, name, attributes });
    }
    tags
}

/// The amounts in cents of each row of a table, its head left out.
pub fn amounts(table: &str) -> Vec<Vec<Decimal>> {
    let body = table.split("</table>").next().unwrap_or("");
    let body = body.split("</thead>").nth(1).unwrap_or("");
    body.split("<tr")
        .skip(1)
        .map(|row| {
            row.split("<td class=\"n\"")
                .skip(1)
                .map(|cell| {
                    let text = cell.split('>').nth(1).and_then(|text| text.split('<').next());
                    let text = text.unwrap_or("").replace('\u{2212}', "-").replace(',', "");
                    text.parse().unwrap_or_else(|_| panic!("{text:?} is no amount"))
                })
                .collect()
        })
        .collect()
}
