//! A pass over batches that recomputes the hash chain over what is stored.

use std::path::Path;

use rusqlite::{Connection, Row, Rows};

use super::read::{RECORDS_FROM, bytes_of, segments, stored};
use super::sql_error;
use crate::chain::{Chain, close_frame, digest_frame, open_frame};
use crate::error::{JournalError, Result};
use crate::store::{Digest, Segment, Stored};

/// What a [`walk`] shows.
pub(crate) enum Walk<'a> {
    /// A segment whose chain value is right.
    Segment(&'a Segment),
    /// A record; its batch is not checked yet.
    Record(Stored<'a>),
    /// A batch whose chain value is right, and the chain after it.
    Batch(Chain),
    /// A state digest after the last record; its batch is not checked yet.
    Digest,
}

/// A row of `batch`.
struct BatchRow {
    id: u64,
    segment: u64,
    first_seq: u64,
    last_seq: u64,
    chain: Chain,
}

impl BatchRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            segment: row.get(1)?,
            first_seq: row.get(2)?,
            last_seq: row.get(3)?,
            chain: Chain(bytes_of(row, 4)?),
        })
    }
}

/// Checks the chain of every batch whose records are after `after` (and of the batch that
/// `after` ends in), and that nothing else is stored. Returns the last chain value.
///
/// # Errors
/// [`JournalError::Damaged`] with the first record that cannot be trusted, or what `visit`
/// returns.
pub(crate) fn walk(
    conn: &Connection,
    path: &Path,
    after: u64,
    visit: &mut dyn FnMut(Walk<'_>) -> Result<()>,
) -> Result<Chain> {
    let fail = |error: rusqlite::Error| sql_error(path, after + 1, &error);
    let segments = segments(conn, path)?;
    let mut batches = conn
        .prepare_cached(
            "SELECT id, segment, first_seq, last_seq, chain FROM batch WHERE id >= ?1 ORDER BY id",
        )
        .map_err(fail)?;
    let mut records = conn.prepare_cached(RECORDS_FROM).map_err(fail)?;
    let mut digests = conn
        .prepare_cached("SELECT seq, digest FROM digest WHERE seq >= ?1 ORDER BY seq")
        .map_err(fail)?;
    let start = Start::after(conn, path, after)?;
    let mut pass = Pass {
        path,
        segments: &segments,
        segment: start.segment,
        batch: start.batch,
        seq: start.seq,
        chain: start.chain,
        frames: Vec::new(),
        digest: None,
        records: records.query([start.seq]).map_err(fail)?,
        digests: digests.query([start.seq]).map_err(fail)?,
    };
    pass.next_digest()?;
    let mut rows = batches.query([start.batch]).map_err(fail)?;
    while let Some(row) = rows.next().map_err(|error| sql_error(path, pass.seq, &error))? {
        let batch = BatchRow::of(row).map_err(|error| sql_error(path, pass.seq, &error))?;
        pass.batch(&batch, visit)?;
    }
    pass.finish(visit)
}

/// Where a pass begins.
struct Start {
    segment: u64,
    batch: u64,
    seq: u64,
    chain: Chain,
}

impl Start {
    /// At the batch after the last one that ends before or at `after`; from the beginning if
    /// there is none.
    fn after(conn: &Connection, path: &Path, after: u64) -> Result<Self> {
        let before = conn.query_row(
            "SELECT id, segment, first_seq, last_seq, chain FROM batch
             WHERE id = (SELECT batch - 1 FROM record WHERE seq = ?1)",
            [after],
            BatchRow::of,
        );
        match before {
            Ok(row) => Ok(Self {
                segment: row.segment + 1,
                batch: row.id + 1,
                seq: row.last_seq + 1,
                chain: row.chain,
            }),
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                Ok(Self { segment: 1, batch: 1, seq: 1, chain: Chain::GENESIS })
            }
            Err(error) => Err(sql_error(path, after + 1, &error)),
        }
    }
}

struct Pass<'a, 'r> {
    path: &'a Path,
    segments: &'a [(Segment, Chain)],
    /// The next segment, batch and record.
    segment: u64,
    batch: u64,
    seq: u64,
    chain: Chain,
    frames: Vec<u8>,
    /// The next state digest.
    digest: Option<(u64, Digest)>,
    records: Rows<'r>,
    digests: Rows<'r>,
}

impl Pass<'_, '_> {
    fn damaged<T>(&self, why: impl Into<String>) -> Result<T> {
        Err(JournalError::damaged(self.seq, why))
    }

    fn batch(
        &mut self,
        row: &BatchRow,
        visit: &mut dyn FnMut(Walk<'_>) -> Result<()>,
    ) -> Result<()> {
        if row.id != self.batch {
            return self.damaged(format!("batch {} is missing", self.batch));
        }
        while self.segment <= row.segment {
            self.segment(visit)?;
        }
        if row.segment + 1 != self.segment {
            return self.damaged(format!("batch {} names segment {}", row.id, row.segment));
        }
        if row.first_seq != self.seq || row.last_seq < row.first_seq {
            let (first, last) = (row.first_seq, row.last_seq);
            return self.damaged(format!("batch {} claims the records {first} to {last}", row.id));
        }
        self.frames.clear();
        for _ in row.first_seq..=row.last_seq {
            self.record(row.id, visit)?;
        }
        let count = row.last_seq - row.first_seq + 1;
        self.chain = self.chain.batch(row.segment, row.first_seq, count, &self.frames);
        if self.chain != row.chain {
            let (first, last) = (row.first_seq, row.last_seq);
            let why = format!("the hash of batch {} (records {first} to {last}) is wrong", row.id);
            return Err(JournalError::damaged(first, why));
        }
        self.batch += 1;
        visit(Walk::Batch(self.chain))
    }

    /// Checks that the next segment continues the chain.
    fn segment(&mut self, visit: &mut dyn FnMut(Walk<'_>) -> Result<()>) -> Result<()> {
        let at = usize::try_from(self.segment - 1).unwrap_or(usize::MAX);
        let Some((segment, chain)) = self.segments.get(at) else {
            return self.damaged(format!("segment {} is missing", self.segment));
        };
        if segment.id != self.segment || segment.first_seq != self.seq {
            return self.damaged(format!("segment {} is missing or moved", self.segment));
        }
        self.chain = self.chain.segment(segment.id, &segment.start);
        if self.chain != *chain {
            return self.damaged(format!("the hash of segment {} is wrong", segment.id));
        }
        self.segment += 1;
        visit(Walk::Segment(segment))
    }

    fn record(&mut self, batch: u64, visit: &mut dyn FnMut(Walk<'_>) -> Result<()>) -> Result<()> {
        let seq = self.seq;
        let row = self.records.next().map_err(|error| sql_error(self.path, seq, &error))?;
        let Some(row) = row else {
            return Err(JournalError::damaged(seq, "the record is missing"));
        };
        let record = stored(row, self.path, seq)?;
        if record.seq != seq {
            return Err(JournalError::damaged(seq, "the record is missing"));
        }
        if record.batch != batch {
            let why = format!("it names batch {} and lies in batch {batch}", record.batch);
            return Err(JournalError::damaged(seq, why));
        }
        let body = open_frame(&mut self.frames, record.direction, record.time, record.kind);
        self.frames.extend_from_slice(record.body);
        close_frame(&mut self.frames, body);
        visit(Walk::Record(record))?;
        if let Some((at, digest)) = self.digest
            && at == seq
        {
            digest_frame(&mut self.frames, digest);
            visit(Walk::Digest)?;
            self.next_digest()?;
        }
        self.seq += 1;
        Ok(())
    }

    fn next_digest(&mut self) -> Result<()> {
        let fail = |error: rusqlite::Error| sql_error(self.path, self.seq, &error);
        self.digest = match self.digests.next().map_err(fail)? {
            Some(row) => {
                let read = || Ok((row.get(0)?, Digest(bytes_of(row, 1)?)));
                Some(read().map_err(fail)?)
            }
            None => None,
        };
        Ok(())
    }

    /// What is left after the last batch: segments without batches, and nothing else.
    fn finish(mut self, visit: &mut dyn FnMut(Walk<'_>) -> Result<()>) -> Result<Chain> {
        while self.segment <= self.segments.len() as u64 {
            self.segment(visit)?;
        }
        let seq = self.seq;
        let row = self.records.next().map_err(|error| sql_error(self.path, seq, &error))?;
        if row.is_some() {
            return Err(JournalError::damaged(seq, "a record belongs to no batch"));
        }
        if let Some((at, _)) = self.digest {
            let why = format!("a state digest names record {at}, which was passed or is not there");
            return Err(JournalError::damaged(at.min(seq), why));
        }
        Ok(self.chain)
    }
}
