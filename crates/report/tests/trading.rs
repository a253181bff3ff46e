//! The panels about gates, rules, targets and the usual bot: what they show adds up to the lines
//! they explain, and where nothing is known there is no panel.

mod common;

use common::{amounts, ledger_page, tags};
use truefill_core::time::Nanos;
use truefill_gap::{Cause, Decimal};
use truefill_report::trading::{GateRow, ParentRow, RuleRow, StepRow};
use truefill_report::{Naive, RunPage, Side, html, json};

/// The part of a page under the heading with this id.
fn section<'a>(html: &'a str, id: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!("<section id=\"{id}\">"))?;
    rest.split_once("</section>").map(|(inside, _)| inside)
}

/// An amount in parts that are no whole cents, with their sum.
fn parts(total: &Decimal) -> [Decimal; 3] {
    let first: Decimal = "10.004".parse().unwrap();
    let second: Decimal = "-3.3333333".parse().unwrap();
    let third = &(total - &first) - &second;
    [first, second, third]
}

fn cause(page: &RunPage, cause: Cause) -> Decimal {
    page.gap.causes().get(cause).cloned().unwrap_or_default()
}

fn page() -> RunPage {
    let mut page = ledger_page("every-cause");
    for (reason, cost) in
        ["hours", "limit", "leg_imbalance"].into_iter().zip(parts(&cause(&page, Cause::Gate)))
    {
        let seconds = "90.5".parse().unwrap();
        let (strategy, symbol) = ("orb".into(), "ACME".into());
        page.trading.gates.push(GateRow { strategy, symbol, reason: reason.into(), seconds, cost });
    }
    let [spread, depth, passive] =
        [Cause::Spread, Cause::Depth, Cause::Passive].map(|each| parts(&cause(&page, each)));
    for (at, rule) in ["crossed", "chase_step", "near"].into_iter().enumerate() {
        page.trading.rules.push(RuleRow {
            strategy: "orb".into(),
            symbol: "ACME".into(),
            rule: rule.into(),
            step: u32::from(rule == "chase_step") * 2,
            orders: 5,
            cancels: [("remainder".to_owned(), 2)].into(),
            turnover: 100.into(),
            spread: spread[at].clone(),
            depth: depth[at].clone(),
            passive: passive[at].clone(),
            ..RuleRow::default()
        });
    }
    page
}

#[test]
fn the_panels_add_up_to_their_lines() {
    let page = page();
    let html = html(&page);
    let displayed = page.gap.displayed().causes;
    let shown = |cause| displayed.get(cause).cloned().unwrap_or_default();
    let held = amounts(section(&html, "held").expect("a panel"));
    let (total, lines) = held.split_last().expect("a total");
    assert_eq!(lines.len(), 3);
    assert_eq!(total[0], shown(Cause::Gate));
    assert_eq!(lines.iter().map(|line| &line[0]).sum::<Decimal>(), total[0]);
    let rules = amounts(section(&html, "rules").expect("a panel"));
    let (total, lines) = rules.split_last().expect("a total");
    assert_eq!(lines.len(), 3);
    for (column, cause) in (1..).zip([Cause::Spread, Cause::Depth, Cause::Passive]) {
        assert_eq!(total[column], shown(cause), "{cause}");
        assert_eq!(lines.iter().map(|line| &line[column]).sum::<Decimal>(), total[column]);
    }
}

#[test]
fn rules_come_in_the_order_of_a_policy_with_their_words() {
    let html = html(&page());
    let panel = section(&html, "rules").expect("a panel");
    let at = |text: &str| panel.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at(">near<") < at(">crossed<") && at(">crossed<") < at(">chase step 2<"));
    assert!(panel.contains("title=\"2 remainder\""));
    assert!(!panel.contains("<details"), "one holding: nothing more to say");
    let held = section(&html, "held").expect("a panel");
    assert!(held.contains("leg imbalance") && held.contains("90.5\u{a0}s"));
}

#[test]
fn what_is_not_known_has_no_panel() {
    let html = html(&ledger_page("every-cause"));
    for id in ["held", "rules", "worst", "naive", "excused"] {
        assert!(section(&html, id).is_none(), "{id}");
    }
}

#[test]
fn a_target_has_its_steps_with_their_records() {
    let mut page = page();
    page.trading.targets = 12;
    page.trading.worst = (1..=10)
        .map(|at| ParentRow {
            strategy: "orb".into(),
            symbol: "ACME".into(),
            target: 100.into(),
            cost: (100 - at).into(),
            steps: vec![StepRow { record: 4_000, time: Nanos(at), text: format!("step {at}") }],
            more: 3,
            ..ParentRow::default()
        })
        .collect();
    let html = html(&page);
    let panel = section(&html, "worst").expect("a panel");
    let all = tags(&html);
    let open = all.iter().filter(|tag| tag.name == "details" && tag.attribute("open").is_some());
    assert_eq!((open.count(), panel.matches("<details").count()), (1, 10), "the worst is open");
    assert!(panel.contains(">4000<") && panel.contains(">step 7<"));
    assert_eq!(panel.matches("3 more steps are in the journal.").count(), 10);
    let document: serde_json::Value = serde_json::from_str(&json(&page)).unwrap();
    assert_eq!(document["trading"]["worst"][9]["steps"][0]["record"], 4_000);
    assert_eq!(document["trading"]["rules"][0]["cancels"]["remainder"], 2);
}

#[test]
fn the_usual_bot_stands_beside_truefill() {
    let mut page = page();
    let ours = Side {
        live_pnl: page.gap.live_pnl().clone(),
        gap: page.gap.gap(),
        causes: page.gap.causes().clone(),
        wrong_about: "nothing".into(),
        ..Side::default()
    };
    let causes = [(Cause::Work, "1.005".parse().unwrap()), (Cause::Gate, "1.005".parse().unwrap())];
    let usual = Side {
        live_pnl: "-2.01".parse().unwrap(),
        gap: "2.01".parse().unwrap(),
        causes: causes.into_iter().collect(),
        doubled_orders: 7,
        wrong_about: "30 ACME".into(),
        wrong_worth: "1200.5".parse().unwrap(),
        ..Side::default()
    };
    page.naive = Some(Naive { usual, ours });
    let html = html(&page);
    let panel = section(&html, "naive").expect("a panel");
    let tables: Vec<&str> = panel.split("<table").skip(1).collect();
    assert_eq!(tables.len(), 2);
    for text in ["the backtest", "the usual bot", "truefill", "30 ACME", "worth 1,200.50", ">7<"] {
        assert!(tables[0].contains(text), "{text}");
    }
    assert_eq!(
        amounts(tables[0])[1],
        [Decimal::from_scaled(-201, 2), Decimal::from_scaled(201, 2)]
    );
    let foot = amounts(tables[1]).pop().expect("a foot");
    assert_eq!(foot, [Decimal::from_scaled(201, 2), page.gap.displayed().gap]);
}

#[test]
fn assumptions_and_excuses_are_told() {
    let mut page = page();
    page.excused = (0..60).map(|at| format!("law 7: excess {at}")).collect();
    page.grade = "B".into();
    let html = html(&page);
    let panel = section(&html, "excused").expect("a panel");
    assert_eq!(panel.matches("<li>").count(), 50);
    assert!(panel.contains("10 more."));
    let words = "What happened inside a bar is assumed";
    let verdict = html.find("id=\"verdict\"").expect("a verdict");
    assert!(html.find(words).expect("the words") < verdict, "before the first figure");
    assert_eq!(html.matches(words).count(), 2, "on the chip and as a sentence");
}
