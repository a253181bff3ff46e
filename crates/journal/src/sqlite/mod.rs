//! The journal as one SQLite file.
//!
//! Entry points: [`open`] for the engine, [`Reader`] for everything that only looks.
//!
//! Invariants:
//! 1. One batch is one transaction in WAL mode with `synchronous=FULL`: when it has returned,
//!    the log was synced.
//! 2. One writer: the lock file keeps a second engine of this host away, and a failed write
//!    poisons the store.
//! 3. A file that is not a journal of a format this build knows is left untouched.
//! 4. The file is never opened beside SQLite in this process: closing a second descriptor would
//!    drop SQLite's own locks.

mod open;
mod read;
mod reader;
mod schema;
mod store;
mod walk;

use std::path::Path;

use rusqlite::ErrorCode;

pub use open::{Opened, Survives, open, open_for, open_locked};
pub use reader::Reader;
pub(crate) use schema::check_tables;
pub use schema::{APPLICATION_ID, FORMAT};
pub use store::SqliteStore;
pub(crate) use walk::{Walk, walk};

use crate::error::{JournalError, printable};

/// Translates an error of SQLite. `seq` is the first record that is not known to be good, for
/// the case that the file is damaged.
pub(crate) fn sql_error(path: &Path, seq: u64, error: &rusqlite::Error) -> JournalError {
    let why = printable(&error.to_string());
    let path = path.to_path_buf();
    // The shared memory beside the file could not grow: the first thing to fail when an engine
    // starts on a full disk.
    let no_room = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    if error.sqlite_error().is_some_and(|code| code.extended_code == no_room) {
        return JournalError::Full { why };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full { why },
        Some(ErrorCode::SystemIoFailure) => JournalError::Device { why },
        Some(ErrorCode::DatabaseCorrupt) => JournalError::damaged(seq, why),
        Some(ErrorCode::NotADatabase) => {
            JournalError::Foreign { path, why: "not an SQLite file".to_owned() }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Busy { why },
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => JournalError::Denied { path, why },
        _ => match error {
            // A column of a type that this program never writes, or a table that is gone.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::QueryReturnedNoRows => JournalError::damaged(seq, why),
            _ if why.contains("no such table") || why.contains("no such column") => {
                JournalError::damaged(seq, why)
            }
            _ => JournalError::Other { why },
        },
    }
}
