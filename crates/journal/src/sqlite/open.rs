//! Opening a journal for writing: recognise, lock, recover, check the tail.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::read;
use super::schema::{self, Nature};
use super::store::SqliteStore;
use super::{sql_error, walk};
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::lock::Lock;
use crate::store::{Journal, Records, Snapshot};

/// How long a commit waits for another program that has the file open for writing.
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// Pages in the log after which SQLite moves them into the file (16 MiB).
const CHECKPOINT_PAGES: u32 = 4096;

/// An opened journal and what recovery needs.
#[derive(Debug)]
pub struct Opened {
    /// The store. It takes batches once a segment is opened.
    pub store: SqliteStore,
    /// Number of the last record; 0 in a new journal.
    pub last_seq: u64,
    /// Chain value at the end.
    pub last_chain: Chain,
    /// Newest intact snapshot.
    pub snapshot: Option<Snapshot>,
}

impl Opened {
    /// The records after the snapshot, or all without one. Their chain was checked by [`open`].
    #[must_use]
    pub fn tail(&self) -> Records<'_> {
        self.store.records(self.snapshot.as_ref().map_or(1, |snapshot| snapshot.seq + 1))
    }
}

/// Opens the journal of an engine, and makes it if there is none.
///
/// What a crash left in the log is recovered by SQLite; then the hash chain of everything
/// after the newest snapshot is checked, so that no damaged record is replayed.
///
/// # Errors
/// [`JournalError::Locked`] when another engine has it, and whatever is wrong with the file.
pub fn open(path: &Path) -> Result<Opened> {
    open_locked(path, Lock::acquire(path)?)
}

/// As [`open`], for one who holds the journal's lock already.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn open_locked(path: &Path, lock: Lock) -> Result<Opened> {
    open_for(path, lock, Survives::PowerCut)
}

/// What a committed batch survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// The death of the machine: every commit waits for the disk. For money.
    PowerCut,
    /// The death of the process, `kill -9` included: every commit reaches the operating system.
    /// For rehearsals, which can be run again. A power cut may take the last batches, never the
    /// file.
    Kill,
}

/// As [`open_locked`], with what commits are to survive.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn open_for(path: &Path, lock: Lock, survives: Survives) -> Result<Opened> {
    refuse_folder(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn =
        Connection::open_with_flags(path, flags).map_err(|error| sql_error(path, 1, &error))?;
    conn.busy_timeout(BUSY_WAIT).map_err(|error| sql_error(path, 1, &error))?;
    let nature = schema::identify(&conn, path)?;
    if conn.is_readonly("main").unwrap_or(false) {
        let why = "the file is read-only".to_owned();
        return Err(JournalError::Denied { path: path.to_path_buf(), why });
    }
    configure(&conn, path, survives)?;
    if nature == Nature::Blank {
        schema::create(&mut conn, path)?;
    }
    schema::check_tables(&conn, path)?;
    let end = read::end(&conn, path)?;
    let store = SqliteStore::new(conn, path, lock, end);
    let snapshot = store.latest_snapshot()?;
    let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.seq);
    let chain = walk(store.conn(), path, after, &mut |_| Ok(()))?;
    if chain != end.chain {
        return Err(JournalError::damaged(end.seq + 1, "the chain does not end where it should"));
    }
    Ok(Opened { last_seq: end.seq, last_chain: chain, snapshot, store })
}

fn refuse_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        let why = "a folder".to_owned();
        return Err(JournalError::Foreign { path: path.to_path_buf(), why });
    }
    Ok(())
}

/// Sets what a connection does not remember from the file.
fn configure(conn: &Connection, path: &Path, survives: Survives) -> Result<()> {
    let fail = |error: rusqlite::Error| sql_error(path, 1, &error);
    let mode: String =
        conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(fail)?;
    if mode != "wal" {
        let why = format!("the file system allows only journal mode {mode}; use a local disk");
        return Err(JournalError::Denied { path: path.to_path_buf(), why });
    }
    // `fullfsync` matters on macOS only, where fsync alone does not reach the disk.
    let synchronous = match survives {
        Survives::PowerCut => "FULL",
        Survives::Kill => "NORMAL",
    };
    conn.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA journal_size_limit = 67108864;
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
    ))
    .map_err(fail)
}
