//! The reading side, for programs that only look: `verify`, `cat`, `export`, reports.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::schema::{self, Nature};
use super::{read, sql_error};
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::store::{Digest, Journal, Segment, Snapshot, Visit};

/// A journal opened for reading. It sees one moment of the file, also while an engine writes.
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
    end: read::End,
    /// Opened without looking at a log, because there was none.
    frozen: bool,
}

impl Reader {
    /// Opens a journal without changing anything in or beside it.
    ///
    /// # Errors
    /// What is wrong with the file, see [`crate::ErrorKind`].
    pub fn open(path: &Path) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|error| JournalError::io(path, &error))?;
        if !meta.is_file() {
            let why = "not a file".to_owned();
            return Err(JournalError::Foreign { path: path.to_path_buf(), why });
        }
        let log = log_len(path);
        if meta.len() == 0 && log == 0 {
            return Err(JournalError::Empty { path: path.to_path_buf() });
        }
        Self::open_as(path, log == 0)
    }

    /// `frozen`: nobody writes, so SQLite need not make its log and shared memory beside the
    /// file, and a folder that may not be written is no hindrance.
    fn open_as(path: &Path, frozen: bool) -> Result<Self> {
        let fail = |error: rusqlite::Error| sql_error(path, 1, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let conn = Connection::open_with_flags(uri(path, frozen), flags).map_err(fail)?;
        conn.busy_timeout(Duration::from_secs(2)).map_err(fail)?;
        conn.execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
             PRAGMA temp_store = MEMORY; BEGIN;",
        )
        .map_err(fail)?;
        if schema::identify(&conn, path)? == Nature::Blank {
            return Err(JournalError::Empty { path: path.to_path_buf() });
        }
        let end = read::end(&conn, path)?;
        Ok(Self { conn, path: path.to_path_buf(), end, frozen })
    }

    /// The same journal with its log, if an engine has begun to write since it was opened.
    pub(crate) fn thawed(&self) -> Result<Option<Self>> {
        if self.frozen && log_len(&self.path) > 0 {
            return Self::open_as(&self.path, false).map(Some);
        }
        Ok(None)
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// The path it was opened with.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Journal for Reader {
    fn last_seq(&self) -> u64 {
        self.end.seq
    }

    fn last_chain(&self) -> Chain {
        self.end.chain
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        let rows = read::segments(&self.conn, &self.path)?;
        Ok(rows.into_iter().map(|(segment, _)| segment).collect())
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        read::digests(&self.conn, &self.path)
    }

    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        read::latest_snapshot(&self.conn, &self.path)
    }

    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()> {
        read::scan(&self.conn, &self.path, from, visit)
    }
}

/// Bytes in SQLite's log beside the file.
fn log_len(path: &Path) -> u64 {
    let mut log = OsString::from(path);
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |meta| meta.len())
}

/// The path as a URI, with everything escaped that has a meaning in one.
fn uri(path: &Path, frozen: bool) -> String {
    let mut out = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out.push_str(if frozen { "?immutable=1" } else { "?mode=ro" });
    out
}
