//! `truefill demo`: the story in seconds, offline, on real quotes that are inside the program.
//!
//! The same minutes three times: as the backtest saw them, through the bot that most people
//! write first, and through truefill; the last two at the same hostile broker. Every number of
//! the story is computed from the runs.

use super::compare::Compared;
use super::print;
use super::rehearse::{Job, Ran};
use crate::args::Demo;
use crate::begun::Begun;
use crate::failure::Done;
use crate::{advice, summary, waterfall};
use serde_json::Value;
use std::path::PathBuf;

/// The demo's configuration: an ordinary file, shipped as the first example.
const CONFIG: &str = include_str!("../../../../examples/configs/demo.toml");

/// One world of the demo: the engine and the naive bot in it.
struct Pair {
    ran: Ran,
    naive: Compared,
}

pub fn run(args: &Demo) -> Done {
    let worlds = match &args.faults {
        Some(only) => vec![only.clone()],
        None => vec!["calm".to_owned(), "storm".to_owned()],
    };
    let mut pairs: Vec<Pair> = Vec::new();
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
        let mut job = Job::new(begun)?;
        let naive = job.naive()?;
        pairs.push(Pair { ran: job.begin(&dir, true)?, naive });
    }
    if args.json {
        let list: Vec<Value> = pairs.iter().map(Pair::json).collect();
        print(&serde_json::json!(list).to_string())?;
    } else if let Some(worst) = pairs.last() {
        tell(args, &pairs, worst)?;
    }
    pairs.iter().try_for_each(|pair| pair.ran.verdict())
}

impl Pair {
    /// The run as always, and beside its fields the naive bot's run.
    fn json(&self) -> Value {
        let mut json = self.ran.json.clone();
        if let Some(fields) = json.as_object_mut() {
            fields.insert("naive".to_owned(), self.naive.json());
        }
        json
    }
}

/// The story of the worst world.
fn tell(args: &Demo, pairs: &[Pair], worst: &Pair) -> Done {
    let (ran, naive) = (&worst.ran, &worst.naive);
    let (gap, facts) = (&ran.outcome.gap, &ran.outcome.facts);
    let currency = &ran.about.currency;
    let cents = summary::cents;
    print(&format!("{} ({})\n", ran.about.data, world_words(&ran.about.faults)))?;
    let rows = [
        ("the backtest", cents(gap.theory_pnl()), "at mid prices; it looks fine".to_owned()),
        (
            "the usual bot",
            cents(naive.outcome.live_pnl()),
            format!(
                "{} doubled orders; it is wrong about {} (worth {} {currency})",
                naive.outcome.doubled_orders,
                naive.unknown_words(),
                cents(naive.unknown_worth())
            ),
        ),
        (
            "truefill",
            cents(gap.live_pnl()),
            format!("{} doubled orders; it is wrong about {}", facts.doubled_orders, ran.wrong()),
        ),
    ];
    let width = rows.iter().map(|(_, amount, _)| amount.len()).max().unwrap_or(0);
    for (who, amount, how) in &rows {
        print(&format!("    {who:<13}  {amount:>width$} {currency}  {how}"))?;
    }
    print(&format!(
        "\nWhere {} {currency} went, to the last unit (residual {}):\n",
        cents(&gap.gap()),
        gap.residual()
    ))?;
    print(&waterfall::waterfall(gap))?;
    if let Some((cause, amount, advice)) = advice::first(gap) {
        print(&format!(
            "Change this first: {} ({} {currency}): {advice}.",
            cause.plain_name(),
            cents(&amount)
        ))?;
    }
    for other in pairs {
        let dir = args.out.join(format!("demo-{}-{}", other.ran.about.faults, args.seed));
        print(&format!(
            "Report ({}): {}",
            world_words(&other.ran.about.faults),
            dir.join("report.html").display()
        ))?;
    }
    print("Your own: truefill rehearse --targets targets.csv --bars bars.csv --compare naive")
}

fn world_words(faults: &str) -> &'static str {
    match faults {
        "calm" => "a broker on a good day",
        "rough" => "a broker on a bad day",
        "storm" => "a broker on its worst day",
        "beyond" => "a broker that breaks its own promises",
        _ => "a broker with the faults you chose",
    }
}
