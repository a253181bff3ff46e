//! What can go wrong with a journal, in words that say the cause, the consequence and what to
//! do next.
//!
//! Entry points: [`JournalError`], its [`JournalError::kind`], [`Result`].

use std::path::{Path, PathBuf};

use truefill_core::record::DecodeError;

/// Most characters of a reason that may quote a file.
const WHY_CHARS_MAX: usize = 300;

/// Result of a journal operation.
pub type Result<T> = std::result::Result<T, JournalError>;

/// The classes of [`JournalError`], for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such file.
    Missing,
    /// The file is there and has no bytes.
    Empty,
    /// The file is not a journal: not SQLite, or somebody else's database.
    Foreign,
    /// The file was written by a newer truefill.
    Newer,
    /// Another process has it.
    Locked,
    /// The file or its directory may not be read or written.
    Denied,
    /// No space left.
    Full,
    /// The device failed; what was being written may or may not be there after a restart.
    Device,
    /// The content contradicts itself.
    Damaged,
    /// A write failed before: the store takes no more until it is opened again.
    Poisoned,
    /// The configuration lacks what the journal knows.
    Unfit,
    /// A session that was executed again is not the one in the journal.
    Differs,
    /// The caller broke the contract of the store.
    Misuse,
    /// What was read could not be written where it should go.
    Output,
    /// SQLite said something that fits nowhere above.
    Other,
}

/// Why a journal operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is no such file.
    #[error("{path}: there is no such file or folder; check the path")]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error(
        "{path}: the file is empty, nothing was ever recorded in it; check the path, or let the \
         engine start with it"
    )]
    Empty {
        /// The path as given.
        path: PathBuf,
    },
    /// The file is no journal of ours.
    #[error("{path}: not a truefill journal ({why}); it was left untouched; check the path")]
    Foreign {
        /// The path as given.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// Written by a newer program.
    #[error(
        "{path}: the journal has format {found}, this build reads up to {known}; nothing was \
         changed; use a newer truefill"
    )]
    Newer {
        /// The path as given.
        path: PathBuf,
        /// The format in the file.
        found: i64,
        /// The newest format of this build.
        known: i64,
    },
    /// Another engine runs on this journal.
    #[error(
        "{path}: another process ({holder}) holds this journal; two engines on one account would \
         trade twice, so this one does not start; stop the other one first"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as far as it says.
        holder: String,
    },
    /// Another program keeps a transaction open.
    #[error(
        "another program keeps the journal busy ({why}); nothing was recorded; close it (an open \
         `sqlite3` transaction does this) and start again"
    )]
    Busy {
        /// SQLite's words.
        why: String,
    },
    /// May not be read or written.
    #[error("{path}: {why}; nothing was recorded; check owner and mode of the file and its folder")]
    Denied {
        /// The path, where known.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// No space left.
    #[error(
        "no space left for the journal ({why}); the batch was not recorded, so none of its \
         orders may leave; free space, then start again"
    )]
    Full {
        /// SQLite's words.
        why: String,
    },
    /// The device failed.
    #[error(
        "the device under the journal failed ({why}); the last batch may or may not be recorded, \
         so none of its orders may leave; check the disk, then start again: recovery finds out"
    )]
    Device {
        /// SQLite's or the system's words.
        why: String,
    },
    /// The content contradicts itself.
    #[error(
        "the journal is damaged at record {seq}: {why}; records before it are intact; keep the \
         file, restore a copy, or export what is before it"
    )]
    Damaged {
        /// The first record that cannot be trusted.
        seq: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A write failed before.
    #[error(
        "an earlier write to the journal failed; memory and file may differ, so nothing more is \
         recorded; start again: recovery reads what is really there"
    )]
    Poisoned,
    /// The configuration lacks what the journal knows.
    #[error("the configuration does not fit the journal: {why}; nothing was recorded")]
    Unfit {
        /// What is missing.
        why: String,
    },
    /// Executed again, the session is another one.
    #[error(
        "record {seq} does not come again: {why}; nothing was written; a run goes on only with \
         the program, the configuration and the data it was begun with"
    )]
    Differs {
        /// The first record that came differently.
        seq: u64,
        /// In what.
        why: String,
    },
    /// The caller broke the contract.
    #[error("the journal was used wrongly: {why}; this is a bug, please report it")]
    Misuse {
        /// Which rule.
        why: String,
    },
    /// What was read could not be written where it should go.
    #[error("the output could not be written ({why}); the journal is untouched; try again")]
    Output {
        /// The system's words.
        why: String,
    },
    /// Anything else SQLite says.
    #[error("SQLite failed: {why}; nothing was recorded; start again, and report it if it recurs")]
    Other {
        /// SQLite's words.
        why: String,
    },
}

impl JournalError {
    /// The class of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing { .. } => ErrorKind::Missing,
            Self::Empty { .. } => ErrorKind::Empty,
            Self::Foreign { .. } => ErrorKind::Foreign,
            Self::Newer { .. } => ErrorKind::Newer,
            Self::Locked { .. } | Self::Busy { .. } => ErrorKind::Locked,
            Self::Denied { .. } => ErrorKind::Denied,
            Self::Full { .. } => ErrorKind::Full,
            Self::Device { .. } => ErrorKind::Device,
            Self::Damaged { .. } => ErrorKind::Damaged,
            Self::Poisoned => ErrorKind::Poisoned,
            Self::Unfit { .. } => ErrorKind::Unfit,
            Self::Differs { .. } => ErrorKind::Differs,
            Self::Misuse { .. } => ErrorKind::Misuse,
            Self::Output { .. } => ErrorKind::Output,
            Self::Other { .. } => ErrorKind::Other,
        }
    }

    /// The first record that cannot be trusted, for [`ErrorKind::Damaged`].
    #[must_use]
    pub const fn first_bad_seq(&self) -> Option<u64> {
        match self {
            Self::Damaged { seq, .. } => Some(*seq),
            _ => None,
        }
    }

    pub(crate) fn damaged(seq: u64, why: impl Into<String>) -> Self {
        Self::Damaged { seq, why: printable(&why.into()) }
    }

    pub(crate) fn misuse(why: impl Into<String>) -> Self {
        Self::Misuse { why: why.into() }
    }

    pub(crate) fn output(error: &std::io::Error) -> Self {
        Self::Output { why: error.to_string() }
    }

    /// A record that this build cannot read.
    pub(crate) fn undecodable(seq: u64, kind: &str, error: &DecodeError) -> Self {
        Self::damaged(seq, format!("{kind} cannot be read: {error}"))
    }

    /// An error of the operating system about a path.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let (path, why) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            Io::NotFound => Self::Missing { path },
            Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::IsADirectory => {
                Self::Denied { path, why }
            }
            Io::StorageFull | Io::QuotaExceeded => Self::Full { why },
            _ => Self::Device { why: format!("{}: {why}", path.display()) },
        }
    }
}

/// Words that may hold text from a file, which cannot write to a terminal: escaped, and cut.
pub(crate) fn printable(words: &str) -> String {
    let mut shown = String::new();
    for c in words.chars().take(WHY_CHARS_MAX) {
        if c.is_control() { shown.extend(c.escape_debug()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_cannot_write_to_a_terminal() {
        let kind = format!("\u{1b}[31m\0\"it's\" {}", "x".repeat(9_000));
        let words = JournalError::damaged(7, kind).to_string();
        assert!(words.contains(r#"\u{1b}[31m\0"it's" xx"#), "{words}");
        assert!(!words.contains(char::is_control) && words.len() < 1_000, "{words}");
    }
}
