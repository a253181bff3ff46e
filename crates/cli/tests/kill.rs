//! The real binary is killed at random moments, by a signal and by its own hand, and goes on
//! until it is done: nothing is lost, nothing is doubled.
//!
//! No assertion depends on when a signal strikes: every moment is a legal one, also the one
//! before the run began and the one after it was over.
#![cfg(unix)]

mod kit;

use kit::books::{self, Dice};
use kit::{lossy, text, truefill};
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use truefill_journal::{Journal, Reader};

/// Kills of one run before it may end.
const KILLS_PER_RUN: u64 = 7;
/// Runs at the same time: most of a run is waiting for the disk.
const WORKERS: u64 = 4;
/// Longest time until a signal strikes: a little longer than a run on a good machine.
const SIGNAL_MS: u64 = 400;

/// How a life of the program is ended.
#[derive(Debug)]
enum End {
    /// `SIGKILL` after so long.
    Signal(Duration),
    /// It aborts itself at this point.
    Doom(String),
    /// It may live.
    Natural,
}

/// One run of one seed, through all its lives.
struct Run {
    dir: PathBuf,
    seed: u64,
    dice: Dice,
    kills: Kills,
}

/// How often it was killed.
#[derive(Clone, Copy, Debug, Default)]
struct Kills {
    signals: u64,
    dooms: u64,
}

impl Kills {
    fn all(self) -> u64 {
        self.signals + self.dooms
    }
}

impl Run {
    fn new(folder: &Path, seed: u64) -> Self {
        let dir = folder.join(format!("run-{seed}"));
        let _ = std::fs::remove_dir_all(&dir);
        Self { dir, seed, dice: Dice(seed), kills: Kills::default() }
    }

    /// How far the files say it came: segments, batches, lines.
    fn reached(&self) -> [u64; 3] {
        let truth = std::fs::read(self.dir.join("truth.jsonl")).unwrap_or_default();
        let lines = truth.iter().filter(|byte| **byte == b'\n').count() as u64;
        let Ok(reader) = Reader::open(&self.dir.join("journal.db")) else { return [0, 0, lines] };
        let segments = reader.segments().expect("readable").len() as u64;
        let last = reader.last_seq().max(1);
        let batches = reader.records(last).next().map_or(0, |r| r.expect("readable").batch);
        [segments, batches, lines]
    }

    fn next_end(&mut self) -> End {
        let [segments, batches, lines] = self.reached();
        let dice = &mut self.dice;
        match dice.below(12) {
            0 => End::Signal(Duration::from_millis(dice.below(SIGNAL_MS / 20))),
            1..=4 => End::Signal(Duration::from_millis(dice.below(SIGNAL_MS))),
            5 | 6 => End::Doom(format!("before-commit:{}", batches + 1 + dice.below(60))),
            7 | 8 => End::Doom(format!("after-commit:{}", batches + 1 + dice.below(60))),
            9 => End::Doom(format!("line:{}", lines + 1 + dice.below(60))),
            // While it is executed again, before it wrote anything.
            10 => End::Doom(format!("line:{}", 1 + dice.below(lines + 1))),
            _ if dice.below(3) == 0 => End::Doom("report:1".to_owned()),
            _ => End::Doom(format!("start:{}", segments + 1)),
        }
    }

    /// One life. True if it came to its own end.
    fn live(&mut self, end: &End) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
        command.args(["rehearse", "--json"]);
        if self.dir.join("run.json").exists() {
            command.arg("--resume").arg(&self.dir);
        } else {
            // Killed before anything was there: it begins anew.
            let config =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/configs/demo.toml");
            command.arg(config).args(["--faults", "storm", "--seed", &self.seed.to_string()]);
            command.arg("--out").arg(&self.dir);
            if self.seed.is_multiple_of(3) {
                // The engine's process also dies by itself, inside the simulation.
                command.args(["--crash-every", "40"]);
            }
        }
        if let End::Doom(at) = end {
            command.env("TRUEFILL_DIE_AT", at);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        if let End::Signal(after) = end {
            // Nobody ever sends: only the deadline ends it.
            let (_silent, nothing) = mpsc::channel::<()>();
            let _ = nothing.recv_timeout(*after);
            child.kill().expect("a signal");
        }
        let output = child.wait_with_output().expect("an end");
        if output.status.signal().is_some() {
            match end {
                End::Signal(_) => self.kills.signals += 1,
                _ => self.kills.dooms += 1,
            }
            return false;
        }
        let said = lossy(&output.stderr);
        assert!(output.status.success(), "seed {}, {end:?}: {said}", self.seed);
        true
    }

    /// Kills it, again and again, until it is done.
    fn through(&mut self) {
        for _ in 0..KILLS_PER_RUN {
            let end = self.next_end();
            if self.live(&end) {
                return;
            }
        }
        assert!(self.live(&End::Natural));
    }

    fn is_true(&self) {
        let what = format!("seed {}, {:?}", self.seed, self.kills);
        let again = truefill(&["rehearse", "--json", "--resume", text(&self.dir)]);
        assert!(again.status.success(), "{what}: a finished run is finished");
        let run: Value = serde_json::from_slice(&again.stdout).expect("the report");
        assert_eq!(run["residual"], "0", "{what}");
        assert_eq!(run["violations"], Value::Array(vec![]), "{what}");
        assert_eq!(run["doubled_orders"], 0, "{what}");
        assert_eq!(run["rate_limit_hits"], 0, "{what}");
        assert_eq!(run["max_overshoot"], "0", "{what}");
        let positions = &run["final_positions"];
        assert_eq!(positions["engine"], positions["broker"], "{what}");
        let journal = self.dir.join("journal.db");
        let verified = truefill(&["journal", "verify", text(&journal)]);
        assert!(verified.status.success(), "{what}: {}", lossy(&verified.stderr));
        books::agree(&journal, &self.dir.join("truth.jsonl"), &what);
    }
}

/// Kills runs of growing seeds until there were so many kills.
fn kill(kills: u64, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (folder, share) = (&folder, kills.div_ceil(WORKERS));
    let work = move |worker: u64| {
        let mut all = Kills::default();
        for n in 1.. {
            let mut run = Run::new(folder, worker * 100_000 + n);
            run.through();
            run.is_true();
            all.signals += run.kills.signals;
            all.dooms += run.kills.dooms;
            let _ = std::fs::remove_dir_all(&run.dir);
            if all.all() >= share {
                println!("worker {worker}: {n} runs, {all:?}");
                break;
            }
        }
        all
    };
    let done = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..=WORKERS).map(|w| scope.spawn(move || work(w))).collect();
        let done = workers.into_iter().map(|worker| worker.join().expect("no panic"));
        done.fold(Kills::default(), |all, one| Kills {
            signals: all.signals + one.signals,
            dooms: all.dooms + one.dooms,
        })
    });
    println!("{done:?}");
    assert!(done.all() >= kills && done.dooms > kills / 4, "{done:?}");
}

#[test]
fn a_hundred_kills_lose_and_double_nothing() {
    kill(100, "kill-100");
}

#[test]
#[ignore = "a thousand kills take minutes: cargo test -p truefill --test kill -- --ignored"]
fn a_thousand_kills_lose_and_double_nothing() {
    kill(1000, "kill-1000");
}
