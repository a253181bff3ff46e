//! What people must know, where they can find it: on standard error, in `alerts.jsonl` beside the
//! journal, and in `truefill status`.
//!
//! Entry points: [`Notices::tell`], [`Notice`].
//!
//! Invariants: (1) what is kept in memory and in the file is bounded; (2) a notice that cannot be
//! written is still said; (3) control characters of a broker's words never reach a terminal.

use serde_json::json;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use truefill_core::time::Nanos;

/// Notices that are kept for `status`.
const KEPT: usize = 64;
/// A file of this size gives way to a new one; one older one is kept.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Longest text of a notice, in characters.
const TEXT_CHARS_MAX: usize = 600;

/// Something that people must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub time: Nanos,
    /// What, as a word that scripts can look for.
    pub code: String,
    /// Which symbol it is about.
    pub symbol: Option<String>,
    /// The cause.
    pub text: String,
    /// What follows from it and what to do.
    pub then: String,
}

struct Kept {
    last: VecDeque<Notice>,
    told: u64,
    file: Option<File>,
    bytes: u64,
}

/// Where notices go. Clones are the same place.
#[derive(Clone)]
pub struct Notices {
    path: PathBuf,
    quiet: bool,
    kept: Arc<Mutex<Kept>>,
}

/// The file of the alerts of a node in this folder.
pub(crate) fn file_in(dir: &Path) -> PathBuf {
    dir.join("alerts.jsonl")
}

impl Notices {
    /// Into this folder.
    #[must_use]
    pub fn open(dir: &Path, quiet: bool) -> Self {
        let path = file_in(dir);
        let file = OpenOptions::new().create(true).append(true).open(&path).ok();
        let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        let kept = Kept { last: VecDeque::new(), told: 0, file, bytes };
        Self { path, quiet, kept: Arc::new(Mutex::new(kept)) }
    }

    /// Says it everywhere.
    pub fn tell(&self, mut notice: Notice) {
        notice.text = printable(&notice.text);
        let line = format!("{}\n", notice.json());
        if !self.quiet {
            let about = notice.symbol.as_ref().map_or(String::new(), |symbol| format!(" {symbol}"));
            let words =
                format!("truefill: {}{about}: {}; {}\n", notice.code, notice.text, notice.then);
            // Nobody listens any more: that is no reason to stop trading.
            let _ = std::io::stderr().write_all(words.as_bytes());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.turn_over(&mut kept);
        kept.bytes += line.len() as u64;
        if let Some(file) = &mut kept.file {
            let _ = file.write_all(line.as_bytes());
        }
        kept.told += 1;
        if kept.last.len() == KEPT {
            kept.last.pop_front();
        }
        kept.last.push_back(notice);
    }

    /// A notice of the node's own.
    pub fn say(&self, time: Nanos, code: &str, text: impl Into<String>, then: impl Into<String>) {
        let (code, text, then) = (code.to_owned(), text.into(), then.into());
        self.tell(Notice { time, code, symbol: None, text, then });
    }

    /// The last ones, and how many there were in all.
    #[must_use]
    pub fn last(&self) -> (Vec<Notice>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.last.iter().cloned().collect(), kept.told)
    }

    fn turn_over(&self, kept: &mut Kept) {
        if kept.bytes < FILE_BYTES_MAX {
            return;
        }
        if std::fs::rename(&self.path, self.path.with_extension("1.jsonl")).is_ok() {
            kept.file = OpenOptions::new().create(true).append(true).open(&self.path).ok();
        }
        kept.bytes = 0;
    }
}

impl Notice {
    /// As one line of JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        json!({
            "time": self.time.to_string(),
            "code": self.code,
            "symbol": self.symbol,
            "text": self.text,
            "then": self.then,
        })
    }
}

fn printable(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
