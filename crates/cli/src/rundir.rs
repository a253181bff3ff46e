//! The files of a run: `run.json` (what it was begun with), `journal.db`, `truth.jsonl` (the
//! simulator's own log that the engine never saw), `kills.jsonl` (where it was killed and went
//! on), and at the end `gap.ledger.jsonl`, `report.html` and `report.json`.
//!
//! Entry points: [`RunDir::create`] for a new run, [`RunDir::reopen`] for one that was killed.
//!
//! Invariants:
//! 1. The journal's lock is held from the first look at the files until the run is over.
//! 2. `run.json` is there, whole, before anything else of a run; `report.json` comes last, so
//!    who has it is finished.

use crate::begun::Begun;
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use truefill_gap::ledger::{Entry, LedgerWriter};
use truefill_journal::lock::Lock;
use truefill_sim::session::Reached;

/// Everything a run writes, so that a folder of an earlier one can be emptied safely: first what
/// says that it is finished or can go on.
const FILES: [&str; 10] = [
    "config.toml",
    "report.json",
    "run.json",
    "kills.jsonl",
    "journal.db",
    "journal.db-wal",
    "journal.db-shm",
    "report.html",
    "gap.ledger.jsonl",
    "truth.jsonl",
];
/// Largest `kills.jsonl`: some hundred thousand kills.
const KILLS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A run directory, locked.
#[derive(Debug)]
pub struct RunDir {
    files: Files,
    lock: Lock,
}

impl RunDir {
    /// Makes the folder. An earlier run in it is replaced when `replace`
    /// says so; otherwise it is refused, because a journal is somebody's proof.
    pub fn create(path: &Path, replace: bool) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::about(
                path.display(),
                format!("{error}; nothing was started; choose a folder you may write to"),
            )
        };
        fs::create_dir_all(path).map_err(cannot)?;
        // Nobody's journal is taken away while it is written: the lock is asked for first, and
        // its file stays.
        let lock = Lock::acquire(&path.join("journal.db")).map_err(Failure::input)?;
        let old: Vec<PathBuf> =
            FILES.iter().map(|name| path.join(name)).filter(|file| file.exists()).collect();
        if !old.is_empty() && !replace {
            return Err(Failure::Input(format!(
                "{} already holds a run; nothing was started; choose another folder or remove it, \
                 or go on with it: truefill rehearse --resume {0}",
                path.display()
            )));
        }
        for file in old {
            fs::remove_file(&file).map_err(cannot)?;
        }
        Ok(Self { files: Files { path: path.to_path_buf() }, lock })
    }

    /// Takes a run that was begun before, and says with what.
    pub fn reopen(path: &Path) -> Result<(Self, Begun), Failure> {
        let run = path.join("run.json");
        if !run.is_file() {
            return Err(Failure::about(
                path.display(),
                "there is no run in it that can go on (no run.json); nothing was started; check \
                 the folder, or begin a run: truefill rehearse CONFIG",
            ));
        }
        let lock = Lock::acquire(&path.join("journal.db")).map_err(Failure::input)?;
        Ok((Self { files: Files { path: path.to_path_buf() }, lock }, Begun::read(&run)?))
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The lock, for the journal, and the files.
    pub fn into_parts(self) -> (Lock, Files) {
        (self.lock, self.files)
    }
}

/// The files of a run.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
}

impl Files {
    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
    }

    /// Where the truth log is.
    pub fn truth(&self) -> PathBuf {
        self.path.join("truth.jsonl")
    }

    /// Notes what a run is begun with.
    pub fn begin(&self, begun: &Begun) -> Result<(), Failure> {
        // run.json first: without it there is no run to go on with, whatever else is there.
        self.text("run.json", &begun.to_json())?;
        self.text("config.toml", &begun.config_text)
    }

    /// The report of a finished run.
    pub fn report(&self) -> Result<Option<Value>, Failure> {
        let path = self.path.join("report.json");
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|e| Failure::about(path.display(), e))?;
        serde_json::from_str(&text).map(Some).map_err(|e| Failure::about(path.display(), e))
    }

    /// Where the run was killed before, and now: notes how far the files say it came, unless it
    /// was killed again before it did anything.
    pub fn kills(&self, found: Reached) -> Result<Vec<Reached>, Failure> {
        let path = self.path.join("kills.jsonl");
        let fail = |why: &dyn std::fmt::Display| Failure::about(path.display(), why);
        let mut text = String::new();
        match File::open(&path) {
            Ok(file) => {
                let read = file.take(KILLS_BYTES_MAX).read_to_string(&mut text);
                read.map_err(|e| fail(&e))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(fail(&error)),
        }
        let mut kills = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let what = format!("line {} is not what truefill wrote", at + 1);
            kills.push(kill_of(line).ok_or_else(|| fail(&what))?);
        }
        if kills.last().is_some_and(|last| behind(&found, last)) {
            return Err(fail(
                &"journal.db is shorter than when the run went on here; nothing was started; put \
                  the right journal back",
            ));
        }
        if found.segments > 0 && kills.last() != Some(&found) {
            let Reached { segments, batches, lines } = found;
            let kill = json!({"segments": segments, "batches": batches, "lines": lines});
            text.push_str(&format!("{kill}\n"));
            self.text("kills.jsonl", &text)?;
            kills.push(found);
        }
        Ok(kills)
    }

    /// Writes the gap ledger.
    pub fn ledger(&self, entries: &[Entry]) -> Result<(), Failure> {
        let path = self.path.join("gap.ledger.jsonl");
        let file = File::create(&path).map_err(|e| Failure::about(path.display(), e))?;
        let out = BufWriter::new(file);
        let mut writer = LedgerWriter::new(out).map_err(Failure::input)?;
        for entry in entries {
            writer.write(entry).map_err(|e| Failure::about(path.display(), e))?;
        }
        writer.into_inner().flush().map_err(|e| Failure::about(path.display(), e))
    }

    /// Writes a text file, all of it or nothing.
    pub fn text(&self, name: &str, text: &str) -> Result<(), Failure> {
        let (path, part) = (self.path.join(name), self.path.join(".truefill-part"));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(|e| Failure::about(path.display(), e))
    }
}

/// Whether the journal is shorter than it was.
fn behind(found: &Reached, last: &Reached) -> bool {
    found.segments < last.segments || found.batches < last.batches
}

fn kill_of(line: &str) -> Option<Reached> {
    let json: Value = serde_json::from_str(line).ok()?;
    let number = |key: &str| json[key].as_u64();
    Some(Reached {
        segments: number("segments")?,
        batches: number("batches")?,
        lines: number("lines")?,
    })
}
