//! Reading queries, shared by the store that writes and the one that only reads.

use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, Row};

use truefill_core::time::Nanos;

use super::sql_error;
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::store::{Digest, Direction, Segment, SegmentStart, Snapshot, Stored, Visit};

/// Columns of `record` in the order [`stored`] expects them.
pub(super) const RECORDS_FROM: &str =
    "SELECT seq, batch, time_ns, dir, kind, body FROM record WHERE seq >= ?1 ORDER BY seq";

/// A row of `record`.
pub(super) fn stored<'r>(row: &'r Row<'_>, path: &Path, seq: u64) -> Result<Stored<'r>> {
    let read = || -> rusqlite::Result<(Stored<'r>, &'r str)> {
        let record = Stored {
            seq: row.get(0)?,
            batch: row.get(1)?,
            time: Nanos(row.get(2)?),
            direction: Direction::Input,
            kind: row.get_ref(4)?.as_str()?,
            body: row.get_ref(5)?.as_blob()?,
        };
        Ok((record, row.get_ref(3)?.as_str()?))
    };
    let (record, dir) = read().map_err(|error| sql_error(path, seq, &error))?;
    match Direction::from_text(dir) {
        Some(direction) => Ok(Stored { direction, ..record }),
        None => Err(JournalError::damaged(record.seq, "it is neither an input nor an event")),
    }
}

pub(super) fn scan(conn: &Connection, path: &Path, from: u64, visit: Visit<'_>) -> Result<()> {
    let mut next = from.max(1);
    let mut statement =
        conn.prepare_cached(RECORDS_FROM).map_err(|error| sql_error(path, next, &error))?;
    let mut rows = statement.query([next]).map_err(|error| sql_error(path, next, &error))?;
    while let Some(row) = rows.next().map_err(|error| sql_error(path, next, &error))? {
        let record = stored(row, path, next)?;
        if record.seq != next {
            return Err(JournalError::damaged(next, "the record is missing"));
        }
        next += 1;
        if visit(record)? == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    Ok(())
}

/// A hash in a column.
pub(super) fn bytes_of<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    row.get(column)
}

pub(super) fn segments(conn: &Connection, path: &Path) -> Result<Vec<(Segment, Chain)>> {
    let read = || -> rusqlite::Result<Vec<(Segment, Chain)>> {
        let mut statement = conn.prepare_cached(
            "SELECT id, started_ns, epoch, build, config, config_json, first_seq, chain
             FROM segment ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            let start = SegmentStart {
                started: Nanos(row.get(1)?),
                epoch: row.get(2)?,
                build: row.get(3)?,
                config: row.get(4)?,
                config_json: row.get(5)?,
            };
            let segment = Segment { id: row.get(0)?, start, first_seq: row.get(6)? };
            Ok((segment, Chain(bytes_of(row, 7)?)))
        })?;
        rows.collect()
    };
    read().map_err(|error| sql_error(path, 1, &error))
}

pub(super) fn digests(conn: &Connection, path: &Path) -> Result<Vec<(u64, Digest)>> {
    let read = || -> rusqlite::Result<Vec<(u64, Digest)>> {
        let mut statement = conn.prepare_cached("SELECT seq, digest FROM digest ORDER BY seq")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, Digest(bytes_of(row, 1)?))))?;
        rows.collect()
    };
    read().map_err(|error| sql_error(path, 1, &error))
}

/// Binds the parts of a snapshot together: SQLite does not notice a flipped byte.
pub(super) fn checksum(snapshot: &Snapshot) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"snapshot").update(&snapshot.seq.to_le_bytes());
    hasher.update(&snapshot.digest.0).update(&snapshot.body);
    hasher.finalize().into()
}

/// The newest snapshot whose checksum holds; a damaged one is as good as none.
pub(super) fn latest_snapshot(conn: &Connection, path: &Path) -> Result<Option<Snapshot>> {
    let read = || -> rusqlite::Result<Option<Snapshot>> {
        let mut statement = conn.prepare_cached(
            "SELECT seq, digest, body, checksum FROM snapshot
             WHERE seq <= (SELECT coalesce(max(seq), 0) FROM record) ORDER BY seq DESC",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let fields = || -> rusqlite::Result<(Snapshot, [u8; 32])> {
                let digest = Digest(bytes_of(row, 1)?);
                let snapshot = Snapshot { seq: row.get(0)?, digest, body: row.get(2)? };
                Ok((snapshot, bytes_of(row, 3)?))
            };
            if let Ok((snapshot, stored)) = fields()
                && checksum(&snapshot) == stored
            {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    };
    match read().map_err(|error| sql_error(path, 1, &error)) {
        Err(JournalError::Damaged { .. }) => Ok(None),
        other => other,
    }
}

/// Where the file ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    pub batch: u64,
    pub seq: u64,
    pub chain: Chain,
    pub epoch: u64,
    pub segment: u64,
}

pub(super) fn end(conn: &Connection, path: &Path) -> Result<End> {
    let mut end = End::default();
    if let Some((segment, chain)) = segments(conn, path)?.pop() {
        end.segment = segment.id;
        end.epoch = segment.start.epoch;
        end.chain = chain;
    }
    let last = conn.query_row(
        "SELECT id, last_seq, segment, chain FROM batch ORDER BY id DESC LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, u64>(2)?, Chain(bytes_of(row, 3)?))),
    );
    match last {
        Ok((batch, seq, segment, chain)) => {
            (end.batch, end.seq) = (batch, seq);
            // A segment without batches is younger than the last batch.
            if segment >= end.segment {
                end.chain = chain;
            }
            Ok(end)
        }
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(end),
        Err(error) => Err(sql_error(path, 1, &error)),
    }
}
