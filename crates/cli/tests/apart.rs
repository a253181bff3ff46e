//! Engine and broker in two processes. The broker survives; the engine, the real binary with its
//! real journal, is killed at random moments and started again until the day is over: nothing is
//! lost, nothing is doubled, by the broker's own truth.
//!
//! Kills come from outside (a signal after so long), from the engine itself at chosen points (a
//! commit, between commit and send, a request just sent, a recovery just done) and from under it
//! (in the middle of a commit, before a chosen write or sync of the journal's files). No
//! assertion depends on when a signal strikes: every moment is a legal one.
#![cfg(unix)]

mod kit;

use kit::books::{self, Dice};
use kit::{lossy, text, truefill};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use truefill_core::num::Qty;

/// Kills of one day before it may end.
const KILLS_PER_DAY: u64 = 14;
/// Days at the same time.
const WORKERS: u64 = 4;
/// Seconds of market in a day.
const SECONDS: &str = "20";
/// Longest time until a signal strikes, in microseconds: longer than most lives.
const SIGNAL_US: u64 = 120_000;

/// How a life of the engine is ended.
#[derive(Debug)]
enum End {
    /// `SIGKILL` from outside, after so long.
    Signal(Duration),
    /// It aborts at this point.
    Doom(String),
    /// `SIGKILL` before its so-many-th write or sync of a file of the journal.
    InCommit(u64),
    /// It may live.
    Natural,
}

/// How often engines were killed, by how.
#[derive(Clone, Debug, Default)]
struct Kills(BTreeMap<String, u64>);

impl Kills {
    fn count(&mut self, end: &End) {
        let how = match end {
            End::Signal(_) => "signal",
            End::Doom(at) => at.split(':').next().unwrap_or(at),
            End::InCommit(_) => "in-commit",
            End::Natural => "natural",
        };
        *self.0.entry(how.to_owned()).or_default() += 1;
    }

    fn all(&self) -> u64 {
        self.0.values().sum()
    }

    fn add(mut self, other: &Self) -> Self {
        for (how, n) in &other.0 {
            *self.0.entry(how.clone()).or_default() += n;
        }
        self
    }
}

/// The broker's process. It ends with its standard input, so it never outlives the test.
struct World {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl World {
    fn start(dir: &Path, seed: u64) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
        command.arg("dev-broker").arg(kit::repository("examples/configs/demo.toml"));
        command.arg("--socket").arg(dir.join("socket")).arg("--truth").arg(dir.join("truth.jsonl"));
        command.args(["--faults", "storm", "--seconds", SECONDS, "--seed", &seed.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the binary runs");
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let mut first = String::new();
        said.read_line(&mut first).expect("text");
        assert_eq!(first, "waiting\n");
        Self { child, said }
    }

    /// Its last word, once its day is over.
    fn end(mut self, what: &str) -> Value {
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("text");
        let status = self.child.wait().expect("an end");
        assert!(status.success(), "{what}: the broker's process failed: {status}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{what}: {error}: {said}"))
    }
}

/// One day of one seed, through all lives of its engine.
struct Day<'a> {
    dir: PathBuf,
    seed: u64,
    dice: Dice,
    kills: Kills,
    /// Kills in the middle of a commit.
    library: Option<&'a Path>,
}

impl Day<'_> {
    fn next_end(&mut self) -> End {
        let dice = &mut self.dice;
        let commit = |dice: &mut Dice| 1 + dice.below(25);
        match dice.below(16) {
            // While it starts and recovers.
            0 | 1 => End::Signal(Duration::from_micros(dice.below(SIGNAL_US / 12))),
            2..=4 => End::Signal(Duration::from_micros(dice.below(SIGNAL_US))),
            5 => End::Doom("recovered:1".to_owned()),
            6 => End::Doom("start:1".to_owned()),
            7 | 8 => End::Doom(format!("before-commit:{}", commit(dice))),
            9 | 10 => End::Doom(format!("after-commit:{}", commit(dice))),
            11 | 12 => End::Doom(format!("sent:{}", 1 + dice.below(9))),
            // The start's own commit, and what a recovery writes.
            13 => End::InCommit(1 + dice.below(12)),
            _ => End::InCommit(1 + dice.below(200)),
        }
    }

    fn engine(&self, end: &End) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
        command.arg("dev-engine").arg(kit::repository("examples/configs/demo.toml"));
        command.arg("--socket").arg(self.dir.join("socket"));
        command.arg("--journal").arg(self.dir.join("journal.db"));
        match (end, self.library) {
            (End::Doom(at), _) => {
                command.env("TRUEFILL_DIE_AT", at);
            }
            (End::InCommit(n), Some(library)) => {
                command.env("LD_PRELOAD", library).env("DISK_FOLDER", &self.dir);
                command.env("DISK_FAIL", format!("die {n}"));
            }
            // No compiler for the library: next to a commit instead.
            (End::InCommit(n), None) => {
                command.env("TRUEFILL_DIE_AT", format!("before-commit:{}", 1 + n / 8));
            }
            _ => {}
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        if let End::Signal(after) = end {
            // Nobody ever sends: only the deadline ends it.
            let (_silent, nothing) = mpsc::channel::<()>();
            let _ = nothing.recv_timeout(*after);
            child.kill().expect("a signal");
        }
        child.wait_with_output().expect("an end")
    }

    /// Kills its engines, again and again, until the day is over.
    fn live(&mut self) {
        let socket = self.dir.join("socket");
        let world = World::start(&self.dir, self.seed);
        loop {
            let enough = self.kills.all() >= KILLS_PER_DAY;
            let end = if enough { End::Natural } else { self.next_end() };
            let output = self.engine(&end);
            if output.status.signal().is_some() {
                self.kills.count(&end);
                continue;
            }
            let what = format!("seed {}, {:?}, {end:?}", self.seed, self.kills);
            if !output.status.success() {
                // The one before was killed after its last word: who comes later finds nobody.
                let said = lossy(&output.stderr);
                let nobody = said.contains("the world") || said.contains(text(&socket));
                assert!(nobody, "{what}: {said}");
            }
            let last = world.end(&what);
            assert_eq!(last["settled"], true, "{what}: {last}");
            return;
        }
    }

    fn is_true(&self) {
        let what = &format!("seed {}, {:?}", self.seed, self.kills);
        let (journal, truth) = (self.dir.join("journal.db"), self.dir.join("truth.jsonl"));
        let verified = truefill(&["journal", "verify", text(&journal)]);
        assert!(verified.status.success(), "{what}: {}", lossy(&verified.stderr));
        books::agree(&journal, &truth, what);
        // The strategy's, and what others did on the account.
        let mut believed: BTreeMap<String, Qty> = BTreeMap::new();
        let number = |value: &Value| -> Qty {
            value.as_str().and_then(|qty| qty.parse().ok()).unwrap_or_else(|| panic!("{what}"))
        };
        for row in books::export(&journal, "positions") {
            let symbol = row["symbol"].as_str().expect("a symbol").to_owned();
            believed.insert(symbol, number(&row["qty"]) + number(&row["manual_qty"]));
        }
        let log = std::fs::read_to_string(&truth).expect("a truth log");
        for line in books::lines(&log) {
            match line["record"].as_str() {
                Some("window") => assert_eq!(line["hits"], 0, "{what}: {line}"),
                Some("position") => {
                    let symbol = line["symbol"].as_str().expect("a symbol");
                    let ours = believed.get(symbol).copied().unwrap_or_default();
                    assert_eq!(number(&line["qty"]), ours, "{what}: {symbol}");
                }
                _ => {}
            }
        }
    }
}

/// The library that kills in the middle of a commit; nothing where there is no compiler.
fn disk_library(folder: &Path) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let source = kit::repository("crates/journal/tests/common/disk.c");
    let library = folder.join("disk.so");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source);
    command.status().is_ok_and(|status| status.success()).then_some(library)
}

/// Kills engines of growing seeds until there were so many kills.
fn kill(kills: u64, name: &str) {
    // In memory, where there is such a folder: what survives a kill is the same everywhere.
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = &base.join(format!("truefill-{name}-{}", std::process::id()));
    std::fs::create_dir_all(folder).expect("a folder");
    let library = disk_library(folder);
    let (library, share) = (library.as_deref(), kills.div_ceil(WORKERS));
    let work = move |worker: u64| {
        let mut all = Kills::default();
        for n in 1.. {
            let seed = worker * 100_000 + n;
            let dir = folder.join(seed.to_string());
            std::fs::create_dir_all(&dir).expect("a folder");
            let mut day = Day { dir, seed, dice: Dice(seed), kills: Kills::default(), library };
            day.live();
            day.is_true();
            all = all.add(&day.kills);
            std::fs::remove_dir_all(&day.dir).expect("removable");
            if all.all() >= share {
                println!("worker {worker}: {n} days, {} kills", all.all());
                break;
            }
        }
        all
    };
    let done = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..=WORKERS).map(|w| scope.spawn(move || work(w))).collect();
        let done = workers.into_iter().map(|worker| worker.join().expect("no panic"));
        done.fold(Kills::default(), |all, one| all.add(&one))
    });
    let _ = std::fs::remove_dir_all(folder);
    println!("{done:?}");
    assert!(done.all() >= kills && done.0.len() >= 5, "{done:?}");
}

#[test]
fn fifty_kills_beside_a_living_broker_lose_and_double_nothing() {
    kill(50, "apart-50");
}

#[test]
#[ignore = "a thousand kills take minutes: cargo test -p truefill --test apart -- --ignored \
            --nocapture"]
fn a_thousand_kills_beside_a_living_broker_lose_and_double_nothing() {
    let kills = std::env::var("TRUEFILL_KILLS").ok().and_then(|n| n.parse().ok());
    kill(kills.unwrap_or(1000), "apart-1000");
}
