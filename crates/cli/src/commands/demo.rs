//! `truefill demo`: the story in seconds, offline, on real quotes that are inside the program.

use super::print;
use super::rehearse::{Job, Ran};
use crate::args::Demo;
use crate::begun::Begun;
use crate::failure::Done;
use crate::summary;
use serde_json::Value;
use std::path::PathBuf;

/// The demo's configuration: an ordinary file, shipped as the first example.
const CONFIG: &str = include_str!("../../../../examples/configs/demo.toml");

pub fn run(args: &Demo) -> Done {
    let worlds = match &args.faults {
        Some(only) => vec![only.clone()],
        None => vec!["calm".to_owned(), "storm".to_owned()],
    };
    let mut runs: Vec<Ran> = Vec::new();
    for faults in worlds {
        let begun = Begun {
            name: "demo".to_owned(),
            config_file: "built-in demo.toml".to_owned(),
            config_text: CONFIG.to_owned(),
            base_dir: PathBuf::from("."),
            seed: args.seed,
            ..Begun::with_faults(&faults)?
        };
        let dir = args.out.join(format!("demo-{}-{}", begun.faults, args.seed));
        runs.push(Job::new(begun)?.begin(&dir, true)?);
    }
    if args.json {
        let list: Vec<&Value> = runs.iter().map(|ran| &ran.json).collect();
        print(&serde_json::json!(list).to_string())?;
    } else {
        tell(args, &runs)?;
    }
    runs.iter().try_for_each(Ran::verdict)
}

/// The story, every number of it computed from the runs.
fn tell(args: &Demo, runs: &[Ran]) -> Done {
    let Some(first) = runs.first() else { return Ok(()) };
    let currency = &first.about.currency;
    print(&format!(
        "{}\n\nBacktest at mid prices: {} {currency}. It looks fine.\n",
        first.about.data,
        summary::cents(first.outcome.gap.theory_pnl())
    ))?;
    for ran in runs {
        let world = match ran.about.faults.as_str() {
            "calm" => "a broker on a good day (latency and a limit of 3 requests a second)",
            "storm" => "a broker on its worst day (lost acks, repeated fills, 429s, dead links)",
            _ => "a broker with the faults you chose",
        };
        print(&format!("The same minutes through truefill, at {world}:"))?;
        print(&summary::words(&ran.about, &ran.outcome))?;
        let dir = args.out.join(format!("demo-{}-{}", ran.about.faults, ran.about.seed));
        print(&format!("    report: {}\n", dir.join("report.html").display()))?;
    }
    let costs = first.outcome.gap.causes();
    if let Some((cause, amount)) = costs.iter().max_by(|a, b| a.1.cmp(b.1)) {
        print(&format!(
            "Every unit of the gap is in exactly one place. Change this first: {} ({} {currency}).",
            cause.plain_name(),
            summary::cents(amount)
        ))?;
    }
    print("Your turn: truefill rehearse examples/configs/demo.toml --faults storm --seed 2")
}
