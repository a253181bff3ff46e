//! The files of a run: `journal.db`, `report.html`, `report.json`, `gap.ledger.jsonl`, and
//! beside them `truth.jsonl`, the simulator's own log that the engine never saw.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use truefill_gap::ledger::{Entry, LedgerWriter};
use truefill_journal::lock::Lock;
use truefill_sim::broker::truth::Truth;

/// Everything a run writes, so that a folder of an earlier one can be emptied safely.
const FILES: [&str; 7] = [
    "journal.db",
    "journal.db-wal",
    "journal.db-shm",
    "report.html",
    "report.json",
    "gap.ledger.jsonl",
    "truth.jsonl",
];

/// A run directory.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the folder. An earlier run in it is replaced when `replace` says so; otherwise it
    /// is refused, because a journal is somebody's proof.
    pub fn create(path: &Path, replace: bool) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::about(
                path.display(),
                format!("{error}; nothing was started; choose a folder you may write to"),
            )
        };
        fs::create_dir_all(path).map_err(cannot)?;
        let old: Vec<PathBuf> =
            FILES.iter().map(|name| path.join(name)).filter(|file| file.exists()).collect();
        if !old.is_empty() && !replace {
            return Err(Failure::Input(format!(
                "{} already holds a run; nothing was started; choose another folder or remove it",
                path.display()
            )));
        }
        // Nobody's journal is taken away while it is written: the lock is asked for first, and
        // its file stays.
        let lock = Lock::acquire(&path.join("journal.db")).map_err(Failure::input)?;
        for file in old {
            fs::remove_file(&file).map_err(cannot)?;
        }
        let probe = path.join(".truefill-probe");
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(cannot)?;
        drop(lock);
        Ok(Self { path: path.to_path_buf() })
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
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

    /// Writes the simulator's truth.
    pub fn truth(&self, truth: &Truth) -> Result<(), Failure> {
        let path = self.path.join("truth.jsonl");
        let file = File::create(&path).map_err(|e| Failure::about(path.display(), e))?;
        let mut out = BufWriter::new(file);
        let done = truth.write_log(&mut out).and_then(|()| out.flush());
        done.map_err(|e| Failure::about(path.display(), e))
    }

    /// Writes a text file.
    pub fn text(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|e| Failure::about(path.display(), e))
    }
}
