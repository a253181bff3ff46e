//! The pages of the preview.

use crate::week;
use truefill_core::time::Nanos;
use truefill_gap::{GapError, report_of_reader};
use truefill_report::{Fact, Incident, PositionRow, RunPage};

const TWO_DAYS: &str = include_str!("../../../gap/tests/fixtures/two-days.ledger.jsonl");
const EVERY_CAUSE: &str = include_str!("../../../gap/tests/fixtures/every-cause.ledger.jsonl");
const LONG_NUMBERS: &str = include_str!("../../../gap/tests/fixtures/long-numbers.ledger.jsonl");

/// A profit of ten million with a gap of a few units: zero is far from every level.
const TINY_GAP: &str = r#"{"ev":"ledger","version":1}
{"ev":"instrument","symbol":"BTCUSDT"}
{"ev":"day","day":"2026-03-01"}
{"ev":"mark","symbol":"BTCUSDT","px":"60000","source":"mid"}
{"ev":"open","strategy":"carry","symbol":"BTCUSDT","qty":{"broker":"1000","theory":"1000"}}
{"ev":"mark","symbol":"BTCUSDT","px":"70000","source":"mid"}
{"ev":"theory_fill","strategy":"carry","symbol":"BTCUSDT","qty":"0.75","px":"70000"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"twin","qty":"1000.75"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"emitted","qty":"1000.75"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"rounded","qty":"1000.75"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"admitted","qty":"1000.75"}
{"ev":"mark","symbol":"BTCUSDT","px":"70006.5","source":"mid"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"released","qty":"1000.75"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"accepted","qty":"1000.75"}
{"ev":"fill","strategy":"carry","symbol":"BTCUSDT","qty":"0.75","px":"70004.25","liquidity":"maker"}
{"ev":"stage","strategy":"carry","symbol":"BTCUSDT","stage":"filled","qty":"1000.75"}
{"ev":"fee","strategy":"carry","book":"live","amount":"0.015"}
{"ev":"day_end","marks":{}}
"#;
const NOTHING: &str = "{\"ev\":\"ledger\",\"version\":1}\n\
    {\"ev\":\"day\",\"day\":\"2026-01-05\"}\n{\"ev\":\"day_end\",\"marks\":{}}\n";

/// Every page with the name of its file.
pub fn all() -> Result<Vec<(&'static str, RunPage)>, GapError> {
    Ok(vec![
        ("week", a_week()?),
        ("two-days", two_days()?),
        ("every-cause", every_cause()?),
        ("long-numbers", bare(LONG_NUMBERS, "Numbers of fifty digits")?),
        ("tiny-gap", bare(TINY_GAP, "A gap far from zero")?),
        ("nothing", bare(NOTHING, "A run in which nothing happened")?),
    ])
}

fn bare(ledger: &str, title: &str) -> Result<RunPage, GapError> {
    Ok(RunPage { title: title.to_owned(), ..report_of_reader(ledger.as_bytes())?.into() })
}

fn a_week() -> Result<RunPage, GapError> {
    let gap = report_of_reader(week::ledger().as_bytes())?;
    let paise = |amount: &truefill_gap::Decimal| -> i64 {
        let paise = amount * &truefill_gap::Decimal::from(100);
        let text = paise.rounded(0, truefill_gap::Rounding::HalfEven).to_string();
        text.parse().unwrap_or(0)
    };
    Ok(RunPage {
        title: "Rehearsal: five days, three strategies".to_owned(),
        subtitle: "recorded bars NSE 2026-01-05 to 2026-01-09 \u{b7} seed 7 \u{b7} faults rough \
                   \u{b7} limit 5 requests a second"
            .to_owned(),
        currency: "INR".to_owned(),
        grade: "B".to_owned(),
        facts: facts(),
        equity: week::equity(paise(gap.theory_pnl()), paise(gap.live_pnl())),
        queue: week::queue(100_000),
        incidents: week::incidents(64),
        positions: week::positions(),
        synthetic: true,
        next_step: "truefill rehearse config.toml --seed 7 --faults calm --compare naive"
            .to_owned(),
        ..gap.into()
    })
}

fn facts() -> Vec<Fact> {
    vec![
        Fact::new("Orders", "412", "of which 39 were amended"),
        Fact::new("Fills", "655", ""),
        Fact::new("Requests", "1,207", "5 a second allowed"),
        Fact::new("Rate limit hits", "0", "that we caused ourselves"),
        Fact::new("Unknown outcomes", "6", "all settled by evidence"),
        Fact::new("Drifts", "2", "explained and booked"),
        Fact::new("Largest overshoot", "0", "at any release"),
        Fact::new("State digest", "b3:7f21c09e4d1a", "equal inputs give an equal digest"),
    ]
}

fn two_days() -> Result<RunPage, GapError> {
    let base = bare(TWO_DAYS, "Two days, one strategy")?;
    let row = |symbol: &str, target: i64, broker: i64| PositionRow {
        symbol: symbol.to_owned(),
        target: target.into(),
        engine: target.into(),
        broker: broker.into(),
    };
    Ok(RunPage {
        currency: "INR".to_owned(),
        grade: "A".to_owned(),
        subtitle: "the worked example of the ledger format".to_owned(),
        positions: vec![row("NSE:TEST CNC", 0, 0)],
        ..base
    })
}

/// Every cause, 1,200 incidents and names that try to break out.
fn every_cause() -> Result<RunPage, GapError> {
    let hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>";
    let mut incidents = week::incidents(1_200);
    incidents.extend((0..12).map(|at| Incident {
        time: Nanos(1_767_600_000_000_000_000 + at),
        code: format!("CODE_{at}_{hostile}"),
        subject: hostile.to_owned(),
        text: hostile.to_owned(),
        consequence: hostile.to_owned(),
    }));
    let mut positions = week::positions();
    positions[2].broker = 7.into();
    Ok(RunPage {
        subtitle: hostile.to_owned(),
        currency: "USDT".to_owned(),
        grade: "C".to_owned(),
        facts: vec![Fact::new(hostile, hostile, hostile)],
        queue: week::queue(30),
        incidents,
        positions,
        synthetic: true,
        next_step: hostile.to_owned(),
        ..bare(EVERY_CAUSE, "Every cause at once")?
    })
}
