//! A run as numbers: the public JSON (DESIGN: decimals are text), the page, the words.

use serde_json::{Map, Value, json};
use std::path::Path;
use truefill_core::config::Config;
use truefill_core::num::{PLACES, Qty, write_decimal};
use truefill_gap::{Cause, Decimal, GapError, story};
use truefill_market::source::Grade;
use truefill_report::run::Fact;
use truefill_report::{Incident, Naive, PositionRow, QueuePoint, RunPage, Side, Trading};
use truefill_sim::session::Outcome;

/// What a run was.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub name: String,
    /// The simulated world.
    pub faults: String,
    /// Seed.
    pub seed: u64,
    /// Where the data come from, in words.
    pub data: String,
    /// Made-up data.
    pub synthetic: bool,
    /// Currency of all amounts.
    pub currency: String,
    /// What was wrong with the market data and was mended or left out.
    pub dirt: Option<String>,
    /// Seconds on our clock.
    pub wall_seconds: String,
}

/// Nanoseconds as seconds in decimal text.
pub fn seconds(nanos: i64) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_decimal(&mut text, i128::from(nanos), PLACES);
    text
}

/// What the marks of a run are worth: `A` quotes, `B` bars.
pub const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Quotes => "A",
        Grade::Bars => "B",
    }
}

/// What gates and rules did in a run.
///
/// # Errors
/// When its own ledger breaks the format: a defect.
pub fn trading(config: &Config, outcome: &Outcome) -> Result<Trading, GapError> {
    let breakdown = story::breakdown(config, &outcome.ledger, &outcome.notes)?;
    Ok(Trading::of(config, &breakdown, &outcome.trail))
}

/// This run as one side of a comparison.
pub fn side(outcome: &Outcome, wrong_about: String) -> Side {
    let (gap, facts) = (&outcome.gap, &outcome.facts);
    Side {
        live_pnl: gap.live_pnl().clone(),
        gap: gap.gap(),
        causes: gap.causes().clone(),
        requests: facts.requests,
        rate_limit_hits: facts.rate_limit_hits,
        unknown_outcomes: facts.unknown_outcomes,
        doubled_orders: facts.doubled_orders,
        wrong_about,
        wrong_worth: Decimal::default(),
    }
}

/// What the engine is wrong about at the end, in words.
pub fn wrong(outcome: &Outcome) -> String {
    let differs = |row: &&[Qty; 3]| row[1] != row[2];
    match outcome.positions.iter().filter(differs).count() {
        0 => "nothing".to_owned(),
        1 => "1 position".to_owned(),
        some => format!("{some} positions"),
    }
}

/// The fields of the public JSON about gates, rules and targets.
fn traded(trading: &Trading) -> Map<String, Value> {
    let reasons = trading.by_reason().into_iter().map(|(reason, held)| {
        let (seconds, cost) = (held.seconds.to_string(), held.cost.to_string());
        (reason.to_owned(), json!({"seconds": seconds, "cost": cost}))
    });
    let mut fields = Map::new();
    fields.insert("gate_reasons".to_owned(), Value::Object(reasons.collect()));
    fields.insert("rules".to_owned(), json!(trading.rules));
    fields.insert("worst_targets".to_owned(), json!(trading.worst));
    fields
}

/// The run as the public JSON.
pub fn json(
    about: &About,
    config: &Config,
    outcome: &Outcome,
    trading: &Trading,
    journal: &Path,
) -> Value {
    let facts = &outcome.facts;
    let gap = &outcome.gap;
    let causes: Map<String, Value> =
        gap.causes().iter().map(|(c, a)| (c.label().to_owned(), json!(a.to_string()))).collect();
    let side = |which: usize| -> Map<String, Value> {
        let rows = config.holdings.iter().zip(&outcome.positions);
        rows.map(|(key, row)| {
            let symbol = config.instruments[key.instrument.ix()].symbol.clone();
            let name =
                if key.product.is_empty() { symbol } else { format!("{symbol}/{}", key.product) };
            (name, json!(row[which].to_string()))
        })
        .collect()
    };
    let faults: Map<String, Value> = outcome
        .broker
        .faults_struck()
        .filter(|(_, n)| *n > 0)
        .map(|(kind, n)| (kind.name().to_owned(), json!(n)))
        .collect();
    let mut json = json!({
        "name": about.name,
        "faults": about.faults,
        "seed": about.seed,
        "data": about.data,
        "synthetic": about.synthetic,
        "market_dirt": about.dirt,
        "currency": about.currency,
        "theory_pnl": gap.theory_pnl().to_string(),
        "live_pnl": gap.live_pnl().to_string(),
        "gap": gap.gap().to_string(),
        "residual": gap.residual().to_string(),
        "causes": causes,
        "grade": grade(outcome.grade),
        "orders": facts.orders,
        "fills": facts.fills,
        "requests": facts.requests,
        "rate_limit_hits": facts.rate_limit_hits,
        "unknown_outcomes": facts.unknown_outcomes,
        "drifts": facts.drifts,
        "already_processed": facts.repeats,
        "crashes": facts.crashes,
        "doubled_orders": facts.doubled_orders,
        "max_overshoot": facts.max_overshoot.to_string(),
        "final_positions": {"target": side(0), "engine": side(1), "broker": side(2)},
        "mode": facts.mode,
        "alerts": facts.alerts,
        "faults_injected": faults,
        "events": facts.events,
        "send_seconds": seconds(facts.send_ns),
        "least_send_seconds": seconds(facts.least_send_ns),
        "wall_seconds": about.wall_seconds,
        "journal": journal.display().to_string(),
        "state_digest": format!("{:032x}", outcome.digest),
        "violations": outcome.violations,
        "excused": outcome.excused,
    });
    if let Some(fields) = json.as_object_mut() {
        fields.extend(traded(trading));
    }
    json
}

/// The run as a page, beside the usual bot where that ran too.
pub fn page(
    about: &About,
    config: &Config,
    outcome: &Outcome,
    trading: Trading,
    usual: Option<&Side>,
) -> RunPage {
    let symbol = |at: usize| {
        let key = &config.holdings[at];
        config.instruments[key.instrument.ix()].symbol.clone()
    };
    let queue = outcome.queue.iter().map(|q| QueuePoint {
        time: q.time,
        wait_ns: q.wait_ns,
        label: symbol(q.holding.ix()),
    });
    let incidents = outcome.incidents.iter().map(|i| Incident {
        time: i.time,
        code: i.code.as_str().to_owned(),
        subject: i.holding.map_or_else(String::new, |h| symbol(h.ix())),
        text: i.text.clone(),
        consequence: i.code.consequence().to_owned(),
    });
    let decimal = |qty: &Qty| Decimal::from_scaled(qty.0, PLACES);
    let positions =
        outcome.positions.iter().enumerate().map(|(at, [target, engine, broker])| PositionRow {
            symbol: symbol(at),
            target: decimal(target),
            engine: decimal(engine),
            broker: decimal(broker),
        });
    RunPage {
        title: format!("Gap report: {}", about.name),
        subtitle: format!("{}, faults {}, seed {}", about.data, about.faults, about.seed),
        currency: about.currency.clone(),
        grade: grade(outcome.grade).to_owned(),
        gap: outcome.gap.clone(),
        facts: facts(outcome),
        equity: crate::equity::curve(&outcome.ledger),
        queue: queue.collect(),
        incidents: incidents.collect(),
        positions: positions.collect(),
        synthetic: about.synthetic,
        next_step: "truefill rehearse YOUR.toml --faults storm".to_owned(),
        trading,
        naive: usual
            .map(|usual| Naive { usual: usual.clone(), ours: side(outcome, wrong(outcome)) }),
        excused: outcome.excused.clone(),
    }
}

fn facts(outcome: &Outcome) -> Vec<Fact> {
    let f = &outcome.facts;
    let digest = format!("{:032x}", outcome.digest);
    vec![
        Fact::new("orders", f.orders.to_string(), ""),
        Fact::new("executions", f.fills.to_string(), ""),
        Fact::new("requests", f.requests.to_string(), "reads included"),
        Fact::new("rate limit hits", f.rate_limit_hits.to_string(), "by our own doing"),
        Fact::new("unknown outcomes", f.unknown_outcomes.to_string(), "each settled by evidence"),
        Fact::new("drifts found", f.drifts.to_string(), ""),
        Fact::new("already processed", f.repeats.to_string(), "messages that came again"),
        Fact::new("crashes", f.crashes.to_string(), "engine killed and recovered"),
        Fact::new("doubled orders", f.doubled_orders.to_string(), ""),
        Fact::new("worst overshoot", f.max_overshoot.to_string(), "law 5, at any release"),
        Fact::new("queue time", seconds(f.send_ns), "seconds with work waiting"),
        Fact::new("least possible", seconds(f.least_send_ns), "seconds, on the same replies"),
        Fact::new("state digest", digest, "equal for equal histories"),
    ]
}

/// The run in words, for a terminal.
pub fn words(about: &About, outcome: &Outcome) -> String {
    let gap = &outcome.gap;
    let f = &outcome.facts;
    let mut text = format!(
        "{}: theory {}  live {}  gap {} {} (residual {})\n",
        about.name,
        cents(gap.theory_pnl()),
        cents(gap.live_pnl()),
        cents(&gap.gap()),
        about.currency,
        gap.residual()
    );
    let displayed = gap.displayed();
    let width = displayed.causes.iter().map(|(_, v)| cents(v).len()).max().unwrap_or(0);
    for (cause, amount) in displayed.causes.iter().filter(|(_, amount)| !amount.is_zero()) {
        let name = Cause::plain_name(cause);
        text.push_str(&format!("    {:>width$}  {name}\n", cents(amount)));
    }
    text.push_str(&format!(
        "    {} orders, {} executions, {} requests, {} rate limit hits, {} unknown outcomes, \
         {} drifts,\n    {} messages already processed, {} doubled orders, worst overshoot {}",
        f.orders,
        f.fills,
        f.requests,
        f.rate_limit_hits,
        f.unknown_outcomes,
        f.drifts,
        f.repeats,
        f.doubled_orders,
        f.max_overshoot
    ));
    text
}

/// An amount rounded to cents for display.
pub fn cents(amount: &Decimal) -> String {
    let text = amount.rounded(2, truefill_gap::Rounding::HalfEven).to_string();
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((whole, part)) => format!("{whole}.{part:0<2}"),
    }
}
