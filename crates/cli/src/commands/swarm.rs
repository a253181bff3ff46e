//! `truefill swarm`: whole simulated days, each drawn from its seed; what they came to, what they
//! reached and never reached, and the smallest story of the first that broke a law.

use super::print;
use crate::args::Swarm as Args;
use crate::failure::{Done, Failure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use truefill_swarm::saved::{load, save, tally_json};
use truefill_swarm::{
    Coverage, Day, Group, Progress, Seeds, Tally, law_of, no_checks, run as run_days, shrink,
};

/// The build in progress files: days of another one may be others.
const BUILD: &str = env!("TRUEFILL_BUILD");
/// Trials that making a day smaller may take.
const TRIALS: u32 = 600;
/// Failing seeds that are told of by name.
const TOLD: usize = 10;
/// Why there is no story.
const ONE_STORY: &str = "--story tells one day: say its seed twice, as in --seeds 42..42";
/// How often progress is written.
const SAVE_EVERY: Duration = Duration::from_secs(5);

pub fn run(args: &Args) -> Done {
    let (first, last) = (args.seeds.first, args.seeds.last);
    if args.story {
        return if first == last {
            story(first)
        } else {
            Err(Failure::Input(ONE_STORY.to_owned()))
        };
    }
    let seeds = Seeds { from: first, until: last + 1 };
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    let known = match &args.out {
        Some(dir) => begin(dir, seeds)?,
        None => Progress::default(),
    };
    let before = known.tally.numbers.days;
    let begun = Instant::now();
    let progress = watched(args, seeds, known, threads)?;
    let seconds = begun.elapsed().as_secs_f64();
    let tally = &progress.tally;
    let ran = Ran { seeds, threads, seconds, days: tally.numbers.days - before };
    print(&if args.json { ran.json(tally).to_string() } else { ran.words(tally) })?;
    match tally.failures.first() {
        None => Ok(()),
        Some(first) => {
            if !args.json {
                print(&format!(
                    "\nthe smallest day found that breaks the law of seed {}:\n",
                    first.seed
                ))?;
                tell_smallest(first.seed)?;
            }
            Err(Failure::Wrong(format!(
                "{} of {} seeds broke a law; repeat the first with: truefill swarm --seeds {seed}..{seed} --story",
                tally.failed,
                tally.numbers.days,
                seed = first.seed
            )))
        }
    }
}

fn begin(dir: &Path, seeds: Seeds) -> Result<Progress, Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::about(dir.display(), error))?;
    let known = load(dir, BUILD, seeds).map_err(Failure::input)?;
    Ok(known.unwrap_or_default())
}

/// Runs the days with a bar, writing progress now and then and at the end.
fn watched(
    args: &Args,
    seeds: Seeds,
    known: Progress,
    threads: usize,
) -> Result<Progress, Failure> {
    let bar = ProgressBar::new(seeds.until - seeds.from);
    let style = ProgressStyle::with_template(
        "{spinner} swarm: {human_pos} of {human_len} days, {msg} ({elapsed}, {eta} left)",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let saved = Mutex::new((Instant::now(), None));
    let see = |progress: &Progress| {
        bar.set_position(progress.next.saturating_sub(seeds.from));
        let n = &progress.tally.numbers;
        let failed = progress.tally.failed;
        bar.set_message(format!("{} orders, {} faults, {failed} failed", n.orders, n.faults));
        let Some(dir) = &args.out else { return true };
        let mut held = saved.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.0.elapsed() < SAVE_EVERY {
            return true;
        }
        held.0 = Instant::now();
        match save(dir, BUILD, seeds, progress) {
            Ok(()) => true,
            Err(error) => {
                held.1 = Some(error);
                false
            }
        }
    };
    let progress = run_days(seeds, known, threads, &no_checks, &see);
    bar.finish_and_clear();
    let (_, error) = saved.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(error) = error {
        return Err(Failure::input(error));
    }
    if let Some(dir) = &args.out {
        save(dir, BUILD, seeds, &progress).map_err(Failure::input)?;
    }
    Ok(progress)
}

/// One day in words: as it was drawn, or the smallest that breaks the same law.
fn story(seed: u64) -> Done {
    let day = Day::draw(seed);
    let (ended, lines) = day.tell(&no_checks);
    if let Some(first) = ended.violations.first() {
        print(&format!("seed {seed} breaks {first}; the smallest day found that does:\n"))?;
        tell_smallest(seed)?;
        return Err(Failure::Wrong(format!("seed {seed}: {first}")));
    }
    lines.iter().try_for_each(|line| print(line))?;
    let n = &ended.numbers;
    print(&format!(
        "\nno law was broken: {} orders, {} fills, {} faults, {} crashes, digest {:032x}",
        n.orders, n.fills, n.faults, n.crashes, ended.digest
    ))
}

fn tell_smallest(seed: u64) -> Done {
    let day = Day::draw(seed);
    let ended = day.run(&no_checks);
    let Some(first) = ended.violations.first() else { return Ok(()) };
    let small = shrink(&day, law_of(first), &no_checks, TRIALS);
    let (ended, lines) = small.tell(&no_checks);
    lines.iter().try_for_each(|line| print(line))?;
    ended.violations.iter().try_for_each(|violation| print(&format!("BROKEN {violation}")))
}

/// A run as a whole.
struct Ran {
    seeds: Seeds,
    threads: usize,
    seconds: f64,
    /// Days of this run alone, without those of a run it went on with.
    days: u64,
}

impl Ran {
    fn per_core_second(&self, count: u64) -> f64 {
        let busy = (self.seconds * self.threads as f64).max(1e-9);
        count as f64 / busy
    }

    fn json(&self, tally: &Tally) -> Value {
        let mut value = tally_json(tally);
        if let Some(fields) = value.as_object_mut() {
            let mut say = |name: &str, value: Value| fields.insert(name.to_owned(), value);
            say("seeds", json!(self.seeds.until - self.seeds.from));
            say("first_seed", json!(self.seeds.from));
            say("last_seed", json!(self.seeds.until - 1));
            say("violations", json!(tally.failed));
            say("first_failing_seed", json!(tally.failures.first().map(|failure| failure.seed)));
            say("simulated_days", json!(tally.numbers.days));
            say("orders", json!(tally.numbers.orders));
            let struck = tally.coverage.of(Group::Fault);
            let struck = struck.map(|(kind, count)| (kind.to_owned(), json!(count)));
            say("faults_injected", Value::Object(struck.collect()));
            say("threads", json!(self.threads));
            say("wall_seconds", json!(self.seconds));
            say("days_per_core_second", json!(self.per_core_second(self.days)));
        }
        value
    }

    fn words(&self, tally: &Tally) -> String {
        let n = &tally.numbers;
        let hours = n.virtual_ms / 3_600_000;
        let each = |count: u64| count as f64 / n.days.max(1) as f64;
        let speed = self.per_core_second(self.days);
        let mut lines = vec![
            format!(
                "seeds {}..{}: {} days, {hours} hours of trading, {} orders, {} fills, {} requests",
                self.seeds.from,
                self.seeds.until - 1,
                n.days,
                n.orders,
                n.fills,
                n.requests
            ),
            format!(
                "{} faults, {} crashes and restarts; the laws were checked after each of {} turns",
                n.faults, n.crashes, n.turns
            ),
            format!(
                "{} broke a law; {} broken by a broker beyond its own word, and told",
                tally.failed, tally.excused
            ),
            format!(
                "{:.1} s on {} threads: {speed:.0} days, {:.0} orders and {:.0} events per \
                 core-second",
                self.seconds,
                self.threads,
                speed * each(n.orders),
                speed * each(n.events)
            ),
            format!("digest {:032x}", tally.digest),
            String::new(),
        ];
        lines.extend(faults(&tally.coverage));
        lines.push(String::new());
        lines.extend(reached(&tally.coverage));
        for failure in tally.failures.iter().take(TOLD) {
            lines.push(format!("seed {} broke {}", failure.seed, failure.violation));
        }
        lines.join("\n")
    }
}

/// Faults by kind, those that never struck among them.
fn faults(coverage: &Coverage) -> Vec<String> {
    let struck = coverage.of(Group::Fault).map(|(name, count)| format!("{name} {count}"));
    let struck: Vec<String> = struck.collect();
    let mut lines = vec!["faults by kind:".to_owned()];
    lines.extend(struck.chunks(6).map(|row| format!("  {}", row.join(", "))));
    lines
}

/// A line for each table, and what it never reached.
fn reached(coverage: &Coverage) -> Vec<String> {
    let line = |group: &Group| {
        let (all, never) = (coverage.of(*group).count(), coverage.never(*group));
        let never: Vec<&str> = never.collect();
        let reached = all - never.len();
        let holes =
            if never.is_empty() { String::new() } else { format!("; NEVER {}", never.join(", ")) };
        format!("  {:<16} {reached:>3} of {all:>3}{holes}", group.name())
    };
    let mut lines = vec!["reached:".to_owned()];
    lines.extend(Group::ALL.iter().map(line));
    lines
}
