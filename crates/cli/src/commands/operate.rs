//! What talks to a running node: `truefill status`, `halt`, `resume`, `kill`, `flatten`, `adopt`,
//! `split`.

use super::{gap, print};
use crate::args::{Adopt, Operate as Args, Resume, Split};
use crate::config;
use crate::config::live::place;
use crate::failure::{Done, Failure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

pub fn run(word: &str, args: &Args) -> Done {
    say(word, &json!({ "do": word }), args)
}

/// All of it, or one symbol.
pub fn resume(args: &Resume) -> Done {
    say("resume", &json!({ "do": "resume", "symbol": args.symbol }), &args.node)
}

/// Whose a position is.
pub fn adopt(args: &Adopt) -> Done {
    let request = json!({
        "do": "adopt", "symbol": args.symbol, "quantity": args.quantity,
        "strategy": args.strategy,
    });
    say("adopt", &request, &Args { config: args.config.clone(), json: args.json })
}

/// A split or a bonus.
pub fn split(args: &Split) -> Done {
    let request = json!({ "do": "split", "symbol": args.symbol, "ratio": args.ratio });
    say("split", &request, &Args { config: args.config.clone(), json: args.json })
}

fn say(word: &str, request: &Value, args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let base = args.config.parent().unwrap_or(Path::new(""));
    let place = place(&text, &args.config.display().to_string(), base).map_err(Failure::input)?;
    let answer = truefill_node::operator::ask(&place.settings.dir, request);
    let mut answer = answer.map_err(Failure::Wrong)?;
    if word == "status"
        && let Ok((report, ..)) = gap::so_far(&truefill_node::journal_of(&place.settings))
    {
        answer["twin"] = json!({
            "theory_pnl": report.theory_pnl().to_string(),
            "live_pnl": report.live_pnl().to_string(),
            "gap": report.gap().to_string(),
            "words": gap::in_a_line(&report),
        });
    }
    if args.json {
        print(&answer.to_string())?;
    } else if word == "status" {
        print(&told(&answer))?;
    } else if answer.get("error").is_none() {
        print(&done(word, &answer))?;
    }
    match answer.get("error").and_then(Value::as_str) {
        Some(why) => Err(Failure::Wrong(why.to_owned())),
        None => Ok(()),
    }
}

fn done(word: &str, answer: &Value) -> String {
    let by = answer["by"].as_str().unwrap_or("somebody");
    match word {
        "kill" if answer["proven"] == true => {
            format!("killed by {by}: a read shows that nothing of ours rests; positions stay")
        }
        "kill" => format!("killed by {by}"),
        "halt" => format!("halted by {by}: nothing new is sent; positions and orders stay"),
        "split" => match answer["note"].as_str() {
            Some(note) => format!("booked: {note}"),
            None => "booked: positions and prices are in new units".to_owned(),
        },
        "adopt" => format!("adopted, by {by}: the symbol trades again"),
        "flatten" => format!("flattening, by {by}: orders are cancelled, positions closed"),
        _ => format!("trading again, by {by}"),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("-")
}

/// A status, for people.
fn told(status: &Value) -> String {
    let mut out = format!(
        "account {} ({}), {}{}\n",
        text(status, "account"),
        text(status, "mode"),
        text(status, "state"),
        if status["stopping"] == true { ", stopping" } else { "" }
    );
    let yes = |value: &Value| if *value == true { "up" } else { "DOWN" };
    let links = &status["links"];
    let _ = writeln!(
        out,
        "links: requests {}, stream {}, market {}; {}; {}",
        yes(&links["rest"]),
        yes(&links["stream"]),
        yes(&links["market"]),
        if status["authenticated"] == true { "logged in" } else { "NOT LOGGED IN" },
        if status["read"] == true { "account read" } else { "account not read yet" },
    );
    sending_told(&mut out, status);
    let _ = writeln!(
        out,
        "\n{:<20} {:<8} {:>10} {:>10} {:>10} {:>10} {:>10}  state",
        "symbol", "product", "target", "works to", "engine", "manual", "broker"
    );
    for row in status["holdings"].as_array().into_iter().flatten() {
        let target = if row["declared"] == true { text(row, "target") } else { "-" };
        let frozen = row["frozen"].as_str().map(|why| format!("FROZEN {why}"));
        let waits = row["waits_for"].as_str().map(|why| format!("waits: {why}"));
        let differs = row["differs"].as_str().map(|qty| format!("broker says {qty}"));
        let state = [frozen, differs, waits].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            out,
            "{:<20} {:<8} {:>10} {:>10} {:>10} {:>10} {:>10}  {state}",
            text(row, "symbol"),
            text(row, "product"),
            target,
            text(row, "working_target"),
            text(row, "position"),
            text(row, "manual"),
            text(row, "broker"),
        );
    }
    if let Some(twin) = status["twin"]["words"].as_str() {
        let _ = writeln!(out, "\n{twin}");
    }
    orders_told(&mut out, status);
    out.truncate(out.trim_end().len());
    out
}

/// What waits, and for how long; how much of what the broker allows is used.
fn sending_told(out: &mut String, status: &Value) {
    let seconds = |ms: u64| format!("{}.{:01} s", ms / 1000, ms % 1000 / 100);
    if let Some(wait) = status["next_order_ms"].as_u64().filter(|ms| *ms > 0) {
        let _ = writeln!(out, "next order in {}", seconds(wait));
    }
    let queue = status["queue"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(last) = queue.last() {
        let wait = seconds(last["about_ms"].as_u64().unwrap_or_default());
        let _ = writeln!(out, "{} wait for a slot, the last for about {wait}", queue.len());
    }
    let window = |row: &Value| {
        let per = row["per_ms"].as_u64().unwrap_or_default() / 1000;
        format!("{} of {} {} in {per} s", row["used"], row["allowed"], text(row, "scope"))
    };
    let limits: Vec<String> =
        status["limits"].as_array().into_iter().flatten().map(window).collect();
    let _ = writeln!(out, "used: {}", limits.join(", "));
    if let Some(drifts) = status["drifts"].as_u64().filter(|drifts| *drifts > 0) {
        let _ = writeln!(out, "{drifts} differences to the broker were found since the start");
    }
}

/// Open orders and the last alerts.
fn orders_told(out: &mut String, status: &Value) {
    let orders = status["orders"].as_array().map_or(0, Vec::len);
    let _ = writeln!(out, "\n{orders} orders open, {} unknown", status["unknown_orders"]);
    for row in status["orders"].as_array().into_iter().flatten().take(20) {
        let unknown = if row["unknown"] == true { "  UNKNOWN" } else { "" };
        let _ = writeln!(
            out,
            "  {} {} {} of {} filled, at {}{unknown}",
            text(row, "side"),
            text(row, "symbol"),
            text(row, "filled"),
            text(row, "quantity"),
            text(row, "price"),
        );
    }
    let last = status["alerts"]["last"].as_array();
    for row in last.into_iter().flatten().rev().take(5) {
        let _ = writeln!(
            out,
            "alert {} {}: {}; {}",
            text(row, "code"),
            text(row, "symbol"),
            text(row, "text"),
            text(row, "then")
        );
    }
}
