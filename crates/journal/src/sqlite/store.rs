//! The writing side of the file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::read::{self, End};
use super::sql_error;
use crate::batch::Batch;
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::lock::Lock;
use crate::store::{Digest, Journal, Segment, SegmentStart, Snapshot, Store, Visit};

const INSERT_RECORD: &str =
    "INSERT INTO record (seq, batch, time_ns, dir, kind, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_DIGEST: &str = "INSERT INTO digest (seq, digest) VALUES (?1, ?2)";
const INSERT_BATCH: &str =
    "INSERT INTO batch (id, segment, first_seq, last_seq, chain) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_SEGMENT: &str = "INSERT INTO segment
    (id, started_ns, epoch, build, config, config_json, first_seq, chain)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// The journal file of a running engine. Made by [`super::open`].
#[derive(Debug)]
pub struct SqliteStore {
    conn: Connection,
    path: PathBuf,
    /// Held for as long as the store lives.
    _lock: Lock,
    end: End,
    /// This start opened its segment.
    open: bool,
    poisoned: bool,
}

impl SqliteStore {
    pub(super) fn new(conn: Connection, path: &Path, lock: Lock, end: End) -> Self {
        Self { conn, path: path.to_path_buf(), _lock: lock, end, open: false, poisoned: false }
    }

    /// The path it was opened with.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Largest epoch of any start; a new start needs a larger one.
    #[must_use]
    pub fn last_epoch(&self) -> u64 {
        self.end.epoch
    }

    /// Moves the log into the file. SQLite does this by itself every few thousand pages; the
    /// shell may call it when it is idle, so that it does not fall into a busy moment.
    ///
    /// # Errors
    /// When SQLite fails. Nothing is lost then.
    pub fn checkpoint(&self) -> Result<()> {
        self.conn
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| self.fail(&error))
    }

    /// Limits the file to so many pages of 4 KiB, as a quota: beyond it an append fails as on a
    /// full disk.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn limit_pages(&self, pages: u32) -> Result<()> {
        self.conn
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(|error| self.fail(&error))
    }

    pub(super) fn conn(&self) -> &Connection {
        &self.conn
    }

    fn fail(&self, error: &rusqlite::Error) -> JournalError {
        sql_error(&self.path, self.end.seq + 1, error)
    }

    fn writable(&self) -> Result<()> {
        if self.poisoned { Err(JournalError::Poisoned) } else { Ok(()) }
    }

    /// Poisons the store unless the write is durable.
    fn settle<T>(&mut self, written: rusqlite::Result<T>) -> Result<T> {
        written.map_err(|error| {
            self.poisoned = true;
            self.fail(&error)
        })
    }

    fn write_segment(
        &mut self,
        start: &SegmentStart,
        id: u64,
        chain: Chain,
    ) -> rusqlite::Result<()> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(
            INSERT_SEGMENT,
            (
                id,
                start.started.0,
                start.epoch,
                &start.build,
                &start.config,
                &start.config_json,
                self.end.seq + 1,
                &chain.0[..],
            ),
        )?;
        tx.commit()
    }

    fn write_batch(&mut self, batch: &Batch, next: &End) -> rusqlite::Result<()> {
        let first = self.end.seq + 1;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = tx.prepare_cached(INSERT_RECORD)?;
            for (seq, record) in (first..).zip(batch.records()) {
                insert.execute((
                    seq,
                    next.batch,
                    record.time.0,
                    record.direction.as_str(),
                    record.kind,
                    record.body,
                ))?;
            }
            for &(at, digest) in batch.digests() {
                tx.prepare_cached(INSERT_DIGEST)?.execute((first + at as u64, &digest.0[..]))?;
            }
            tx.prepare_cached(INSERT_BATCH)?.execute((
                next.batch,
                next.segment,
                first,
                next.seq,
                &next.chain.0[..],
            ))?;
        }
        tx.commit()
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> rusqlite::Result<()> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(
            "INSERT OR REPLACE INTO snapshot (seq, digest, checksum, body) VALUES (?1, ?2, ?3, ?4)",
            (snapshot.seq, &snapshot.digest.0[..], &read::checksum(snapshot)[..], &snapshot.body),
        )?;
        tx.execute(
            "DELETE FROM snapshot WHERE seq NOT IN
             (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT 2)",
            [],
        )?;
        tx.commit()
    }
}

impl Store for SqliteStore {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        self.writable()?;
        if self.end.segment > 0 && start.epoch <= self.end.epoch {
            let (epoch, before) = (start.epoch, self.end.epoch);
            let why = format!("a start has epoch {epoch}, an earlier one had {before}");
            return Err(JournalError::misuse(why));
        }
        let id = self.end.segment + 1;
        let chain = self.end.chain.segment(id, start);
        let written = self.write_segment(start, id, chain);
        self.settle(written)?;
        self.end = End { segment: id, epoch: start.epoch, chain, ..self.end };
        self.open = true;
        Ok(id)
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        self.writable()?;
        if !self.open {
            return Err(JournalError::misuse("append before a segment was opened"));
        }
        if batch.is_empty() {
            return Ok(self.end.seq);
        }
        let count = batch.len() as u64;
        let end = self.end;
        let chain = end.chain.batch(end.segment, end.seq + 1, count, batch.frames());
        let next = End { batch: end.batch + 1, seq: end.seq + count, chain, ..end };
        let written = self.write_batch(batch, &next);
        self.settle(written)?;
        self.end = next;
        Ok(next.seq)
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.writable()?;
        if snapshot.seq > self.end.seq {
            return Err(JournalError::misuse("a snapshot of records that are not stored"));
        }
        self.write_snapshot(snapshot).map_err(|error| self.fail(&error))
    }
}

impl Journal for SqliteStore {
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
