//! `truefill incidents`: plays a file of scenarios and tells the story of each that fails.

use super::print;
use crate::args::{Incidents as Args, Way};
use crate::failure::{Done, Failure};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;
use truefill_incidents::scenario::{Scenario, read};
use truefill_incidents::{Mode, Played, play};

/// Largest file that is read.
const BYTES_MAX: u64 = 256 << 20;

pub fn run(args: &Args) -> Done {
    let text = text_of(&args.file)?;
    let name = args.file.display();
    let all = read(&text).map_err(|error| Failure::about(name, error))?;
    let chosen: Vec<&Scenario> =
        all.iter().filter(|s| args.id.as_ref().is_none_or(|id| *id == s.id)).collect();
    if chosen.is_empty() {
        let why = match &args.id {
            Some(id) => format!("there is no scenario {id} in it"),
            None => "there is no scenario in it".to_owned(),
        };
        return Err(Failure::about(args.file.display(), why));
    }
    let modes: Vec<Mode> = match args.mode {
        Way::Straight => vec![Mode::Straight],
        Way::Duplicate => vec![Mode::Duplicate],
        Way::Crash => vec![Mode::Crash],
        Way::All => Mode::ALL.to_vec(),
    };
    // What ends a scenario is told in its story, not on standard error.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let jobs: Vec<(&Scenario, Mode)> =
        chosen.iter().flat_map(|s| modes.iter().map(|mode| (*s, *mode))).collect();
    let played = play_all(&jobs);
    let _ = std::panic::take_hook();
    let seconds = begun.elapsed().as_secs_f64();
    tell(args, &jobs, &played, seconds)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let about = |error: std::io::Error| Failure::about(path.display(), error);
    let mut text = String::new();
    let file = File::open(path).map_err(about)?;
    let read = file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(about)?;
    if read as u64 > BYTES_MAX {
        let why = format!("larger than {BYTES_MAX} bytes; play it in parts");
        return Err(Failure::about(path.display(), why));
    }
    Ok(text)
}

/// Plays on all cores; what comes out does not depend on how many there are.
fn play_all(jobs: &[(&Scenario, Mode)]) -> Vec<Played> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Played>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let threads = available_parallelism().map_or(1, std::num::NonZero::get).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some((scenario, mode)), Some(place)) = (jobs.get(at), done.get(at)) else {
                        break;
                    };
                    let played = play(scenario, *mode);
                    *place.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(played);
                }
            });
        }
    });
    let taken = done
        .into_iter()
        .map(|place| place.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    taken.flatten().collect()
}

fn tell(args: &Args, jobs: &[(&Scenario, Mode)], played: &[Played], seconds: f64) -> Done {
    let failed = played.iter().filter(|played| !played.passed()).count();
    let passed = played.len() - failed;
    let runs: u32 = played.iter().map(|played| played.runs).sum();
    for ((scenario, mode), played) in jobs.iter().zip(played) {
        let (id, mode) = (&scenario.id, mode.as_str());
        if args.json {
            let (pass, why) = (played.passed(), &played.why);
            print(&json!({"id": id, "mode": mode, "pass": pass, "why": why}).to_string())?;
        } else if !played.passed() {
            print(&format!("FAILED {id} ({mode}): {}", scenario.title))?;
            print(&format!("  {}", played.why))?;
            played.story.iter().try_for_each(|line| print(&format!("    {line}")))?;
        }
    }
    let scenarios = jobs.iter().map(|(s, _)| &s.id).collect::<std::collections::BTreeSet<_>>();
    if args.json {
        let summary = json!({"scenarios": scenarios.len(), "played": played.len(),
            "passed": passed, "failed": failed, "runs": runs, "wall_seconds": seconds});
        print(&summary.to_string())?;
    } else {
        print(&format!(
            "{} scenarios, {} times played in {runs} runs: {passed} passed, {failed} failed \
             ({seconds:.1} s)",
            scenarios.len(),
            played.len()
        ))?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Wrong(format!(
            "{failed} of {} did not pass; play one with --id and --mode",
            played.len()
        ))),
    }
}
