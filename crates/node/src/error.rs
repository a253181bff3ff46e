//! Why a node does not start or does not go on: cause, consequence, what to do.
//!
//! Entry point: [`NodeError`].

use std::path::Path;
use truefill_journal::JournalError;

/// Why a node stopped without being asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The configuration does not fit.
    #[error("{0}")]
    Config(String),
    /// Another node trades this account.
    #[error(
        "another node ({holder}) trades account {account}; two of them would trade twice, so this \
         one does not start; stop the other one first"
    )]
    Taken {
        /// The account.
        account: String,
        /// Who, as far as the lock says.
        holder: String,
    },
    /// The journal.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// A file or a socket of ours.
    #[error("{what}: {why}; {action}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
        /// What to do.
        action: &'static str,
    },
    /// A law of the engine does not hold: memory is not trusted any more.
    #[error(
        "the engine stopped: {0}; memory is not trusted any more and nothing leaves; {1}; report \
         the journal, then start again: recovery reads what is durable"
    )]
    Broken(String, String),
    /// The journal could not be written: nothing may leave any more.
    #[error("{0}; {1}")]
    Unwritten(JournalError, String),
}

impl NodeError {
    /// An error about a file.
    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            what: format!("{what} {}", path.display()),
            why: error.to_string(),
            action: "nothing was started; check the path, its owner and its mode",
        }
    }
}
