//! Hunts for planted faults and writes the table. Started by `cargo xtask planted`.
//!
//! `truefill-planted [NAME...] [--seeds N] [--clean N] [--threads N] [--table FILE]`. Exit status: 0 all were
//! found and nothing was found where nothing is planted; 1 otherwise; 2 bad usage.

use std::process::ExitCode;
use std::time::SystemTime;
use truefill_core::planted::Plant;
use truefill_core::time::Nanos;
use truefill_planted::hunt::{Hunted, hunt_all};
use truefill_planted::storms::Storms;
use truefill_planted::swarm::Swarm;
use truefill_planted::table::page;
use truefill_planted::trial::{Trial, lived};

/// Seeds after which a plant counts as not found.
const SEEDS: u64 = 2_000;

/// Seeds without a plant, which must find nothing.
const CLEAN: u64 = 40;

struct Wanted {
    plants: Vec<Plant>,
    seeds: u64,
    clean: u64,
    from: u64,
    storms: bool,
    threads: usize,
    table: Option<String>,
}

fn main() -> ExitCode {
    let wanted = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(why) => {
            eprintln!("truefill-planted: {why}");
            return ExitCode::from(2);
        }
    };
    // A panic is a way to be found, not a way to end.
    std::panic::set_hook(Box::new(|_| {}));
    let trial: &dyn Trial = if wanted.storms { &Storms } else { &Swarm };
    let mut false_alarms = 0;
    for seed in wanted.from..=wanted.clean {
        if let Some(law) = lived(trial, seed) {
            eprintln!(
                "seed {seed} breaks a law with nothing planted: {law}\n  {}",
                trial.tell(seed)
            );
            false_alarms += 1;
        }
    }
    if false_alarms > 0 {
        return ExitCode::FAILURE;
    }
    eprintln!("{} seeds without a plant: nothing found, as it should be", wanted.clean);
    let hunted = hunt_all(&wanted.plants, trial, wanted.seeds, wanted.threads, &tell);
    let missed: Vec<&str> =
        hunted.iter().filter(|h| h.found.is_none()).map(|h| h.plant.name()).collect();
    let mut slowest: Vec<&Hunted> = hunted.iter().collect();
    slowest.sort_by_key(|h| std::cmp::Reverse((h.seeds, h.took)));
    println!("\nThe slowest ten:");
    slowest.iter().take(10).for_each(|h| println!("  {} ({} seeds)", h.plant.name(), h.seeds));
    if let Some(file) = wanted.table
        && let Err(error) = std::fs::write(&file, page(&hunted, trial.name(), &today()))
    {
        eprintln!("truefill-planted: {file} cannot be written: {error}");
        return ExitCode::FAILURE;
    }
    println!("{} of {} found", hunted.len() - missed.len(), hunted.len());
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("not found: {}", missed.join(", "));
    ExitCode::FAILURE
}

/// The date, as people write it.
fn today() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = Nanos(i64::try_from(since.as_nanos()).unwrap_or(0)).to_string();
    now.chars().take(10).collect()
}

fn tell(h: &Hunted) {
    let seconds = h.took.as_millis();
    let (name, seeds, bites) = (h.plant.name(), h.seeds, h.bites);
    let found = h.found.as_deref().unwrap_or("NOT FOUND");
    println!("{name}: {seeds} seeds, {seconds} ms, met {bites} times: {found}");
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut wanted = Wanted {
        plants: Vec::new(),
        seeds: SEEDS,
        clean: CLEAN,
        from: 1,
        storms: false,
        threads,
        table: None,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|e| format!("{text}: {e}"));
        match word.as_str() {
            "--seeds" => wanted.seeds = number(value()?)?,
            "--clean" => wanted.clean = number(value()?)?,
            "--from" => wanted.from = number(value()?)?,
            "--storms" => wanted.storms = true,
            "--threads" => {
                wanted.threads = usize::try_from(number(value()?)?).map_err(|e| e.to_string())?;
            }
            "--table" => wanted.table = Some(value()?),
            name => {
                let plant = Plant::by_name(name);
                let known = || Plant::ALL.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
                let plant =
                    plant.ok_or_else(|| format!("no plant `{name}`; there are {}", known()));
                wanted.plants.push(plant?);
            }
        }
    }
    if wanted.plants.is_empty() {
        wanted.plants = Plant::ALL.to_vec();
    }
    Ok(wanted)
}
