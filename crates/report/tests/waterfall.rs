//! The geometry of the waterfall, read from the page as it is drawn.

mod common;

use common::{bare, ledger_page, tags};
use truefill_gap::Decimal;
use truefill_report::{RunPage, html};

struct Bar {
    class: String,
    /// Hundredths of a pixel.
    from: i64,
    to: i64,
}

/// The bars of a drawing in their order: theory, causes, live.
fn bars(page: &RunPage, format: &str) -> Vec<Bar> {
    let html = html(page);
    let all = tags(&html);
    let class = format!("waterfall {format}");
    let start = all.iter().position(|tag| tag.attribute("class") == Some(&class));
    let svg = &all[start.expect("a drawing")..];
    let end = svg.iter().position(|tag| tag.kind == '/' && tag.name == "svg").expect("its end");
    let bars = svg[..end].iter().filter_map(|tag| {
        let class = tag.attribute("class")?.strip_prefix("bar ")?.to_owned();
        // M{from} {top}H{to}V{bottom}H{from}z
        let path = tag.attribute("d").expect("a path");
        let (from, rest) = path[1..].split_once(' ').expect("a start");
        let to = rest.split('H').nth(1).and_then(|to| to.split('V').next()).expect("an end");
        Some(Bar { class, from: hundredths(from), to: hundredths(to) })
    });
    bars.collect()
}

fn hundredths(text: &str) -> i64 {
    let number: Decimal = text.parse().unwrap();
    (&number * &Decimal::from(100)).to_string().parse().expect("at most two decimals")
}

fn one_charge(amounts: &[(&str, &str)]) -> RunPage {
    let mut ledger =
        String::from("{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D\"}\n");
    for (event, amount) in amounts {
        ledger.push_str(&format!(
            "{{\"ev\":\"{event}\",\"strategy\":\"s\",\"book\":\"live\",\"amount\":\"{amount}\"}}\n"
        ));
    }
    ledger.push_str("{\"ev\":\"day_end\",\"marks\":{}}\n");
    bare(&ledger)
}

#[test]
fn bars_chain_exactly_from_theory_to_live() {
    let pages = [
        ledger_page("two-days"),
        ledger_page("every-cause"),
        ledger_page("long-numbers"),
        one_charge(&[]),
        one_charge(&[("fee", "1e-60"), ("financing", "1e60")]),
        one_charge(&[("fee", "-3"), ("financing", "3")]),
    ];
    for page in &pages {
        for format in ["wide", "slim"] {
            let bars = bars(page, format);
            assert_eq!(bars.len(), page.gap.causes().len() + 2);
            assert_eq!((&*bars[0].class, &*bars[bars.len() - 1].class), ("theory", "live"));
            let causes = &bars[1..bars.len() - 1];
            let mut level = bars[0].to;
            for (bar, (cause, amount)) in causes.iter().zip(page.gap.causes().iter()) {
                assert_eq!(bar.from, level, "{cause} begins where the one before it ends");
                let falls = bar.to <= bar.from;
                assert!(bar.to == bar.from || falls == amount.is_positive(), "{cause}");
                assert_eq!(bar.class, if amount.is_negative() { "gain" } else { "cost" });
                level = bar.to;
            }
            assert_eq!(bars[bars.len() - 1].to, level, "the last ends at live");
            assert_eq!(bars[0].from, bars[bars.len() - 1].from, "both profits have one base");
        }
    }
}

#[test]
fn lengths_are_true_to_the_amounts() {
    // Zero is on the axis of both, so the bar of theory gives the scale.
    for name in ["two-days", "every-cause"] {
        let page = ledger_page(name);
        let bars = bars(&page, "wide");
        let scale = Decimal::from(bars[0].to - bars[0].from);
        for (bar, (cause, amount)) in bars[1..].iter().zip(page.gap.causes().iter()) {
            // Both ends and the scale are rounded to half of a hundredth.
            let drawn = &Decimal::from(bar.from - bar.to) * page.gap.theory_pnl();
            let off = (&drawn - &(amount * &scale)).abs();
            assert!(off <= page.gap.theory_pnl() * &Decimal::from(2), "{name}: {cause}");
        }
    }
}

#[test]
fn every_cause_has_its_name_its_arrow_and_its_amount() {
    let html = html(&ledger_page("every-cause"));
    let svg = html.split("waterfall wide").nth(1).and_then(|svg| svg.split("</svg>").next());
    let svg = svg.expect("a drawing");
    for (cause, text) in [
        ("backing off", "\u{25bc}\u{a0}476.25"),
        ("own fills fed back", "\u{25b2}\u{a0}748.12"),
        ("crossing inside", "\u{2022}\u{a0}0.00"),
    ] {
        let row = svg.split("<g class=\"row").find(|row| row.contains(&format!(">{cause}</text>")));
        assert!(row.expect(cause).contains(text), "{cause}");
    }
    assert!(svg.contains("<title id=\"wf-wide-t\">") && svg.contains("<desc id=\"wf-wide-d\">"));
    assert_eq!(svg.matches("class=\"end ").count(), 25, "even the smallest has a mark");
}

#[test]
fn a_cut_axis_says_so() {
    let far = one_charge(&[("fee", "-1000000"), ("financing", "0.5")]);
    let near = ledger_page("two-days");
    // Theory made nothing here, so zero is a level itself and the axis is whole.
    assert!(!html(&far).contains("The axis is cut"));
    assert!(!html(&near).contains("The axis is cut"));
    let both = bare(
        "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D\"}\n\
         {\"ev\":\"fee\",\"strategy\":\"s\",\"book\":\"theory\",\"amount\":\"-1000000\"}\n\
         {\"ev\":\"financing\",\"strategy\":\"s\",\"book\":\"theory\",\"amount\":\"1\"}\n\
         {\"ev\":\"fee\",\"strategy\":\"s\",\"book\":\"live\",\"amount\":\"-999990\"}\n\
         {\"ev\":\"day_end\",\"marks\":{}}\n",
    );
    // The two causes of fees lead far away and back, so the axis must be whole here too.
    assert!(!html(&both).contains("The axis is cut"));
    let cut = bare(
        "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"instrument\",\"symbol\":\"A\"}\n\
         {\"ev\":\"day\",\"day\":\"D\"}\n\
         {\"ev\":\"mark\",\"symbol\":\"A\",\"px\":\"1\",\"source\":\"mid\"}\n\
         {\"ev\":\"open\",\"strategy\":\"s\",\"symbol\":\"A\",\"qty\":{\"broker\":\"1000\"}}\n\
         {\"ev\":\"mark\",\"symbol\":\"A\",\"px\":\"2001\",\"source\":\"mid\"}\n\
         {\"ev\":\"fee\",\"strategy\":\"s\",\"book\":\"live\",\"amount\":\"7\"}\n\
         {\"ev\":\"day_end\",\"marks\":{}}\n",
    );
    assert!(html(&cut).contains("The axis is cut: zero is not on it."));
    let bars = bars(&cut, "wide");
    assert!(bars[2].to - bars[2].from > 5_000, "live still has a bar to see");
}
