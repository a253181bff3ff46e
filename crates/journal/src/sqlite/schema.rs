//! The tables of a journal file, and how a file is recognised as one.
//!
//! The columns a person looks for are plain (`seq`, `time_ns`, `dir`, `kind`, `config_json`);
//! the content of a record is compact bytes. Readable records would double the file and the
//! cost of every commit, so they are made on demand by `truefill journal cat` and `export`.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::sql_error;
use crate::error::{JournalError, Result};

/// The format this build writes, kept in `PRAGMA user_version`.
pub const FORMAT: i64 = 1;
/// "TFJL" in `PRAGMA application_id`, so that `file` and we can tell a journal from another
/// database.
pub const APPLICATION_ID: i64 = 0x5446_4a4c;

/// Everything in the file. `log` and `kinds` are for people with `sqlite3`.
pub(super) const TABLES: &str = "
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE segment (
  id INTEGER PRIMARY KEY, started_ns INTEGER NOT NULL, epoch INTEGER NOT NULL,
  build TEXT NOT NULL, config BLOB NOT NULL, config_json TEXT NOT NULL,
  first_seq INTEGER NOT NULL, chain BLOB NOT NULL
) STRICT;
CREATE TABLE batch (
  id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, chain BLOB NOT NULL
) STRICT;
CREATE TABLE record (
  seq INTEGER PRIMARY KEY, batch INTEGER NOT NULL, time_ns INTEGER NOT NULL,
  dir TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE digest (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT;
CREATE TABLE snapshot (
  seq INTEGER PRIMARY KEY, digest BLOB NOT NULL, checksum BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE VIEW log AS
  SELECT seq, strftime('%Y-%m-%dT%H:%M:%S', time_ns / 1000000000, 'unixepoch')
         || printf('.%09dZ', time_ns % 1000000000) AS time,
         dir, kind, length(body) AS bytes, batch
  FROM record ORDER BY seq;
CREATE VIEW kinds AS
  SELECT dir, kind, count(*) AS records, sum(length(body)) AS bytes,
         min(seq) AS first_seq, max(seq) AS last_seq
  FROM record GROUP BY dir, kind ORDER BY records DESC;
INSERT INTO about VALUES
  ('what', 'the journal of truefill: everything that happened to the engine and everything it decided'),
  ('look', 'SELECT * FROM log LIMIT 20;  SELECT * FROM kinds;  SELECT id, build, config_json FROM segment;'),
  ('read', 'truefill journal cat FILE prints each record as JSON; truefill journal export FILE writes orders, fills, positions, targets, drifts'),
  ('trust', 'truefill journal verify FILE checks the hash chain; do not write to this file');
";

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// A database without any content: a start that never got to write.
    Blank,
    /// A journal this build reads.
    Journal,
}

/// Tells a journal from anything else, without writing.
pub(super) fn identify(conn: &Connection, path: &Path) -> Result<Nature> {
    let number = |pragma: &str| -> Result<i64> {
        conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
            .map_err(|error| sql_error(path, 1, &error))
    };
    let application = number("application_id")?;
    let found = number("user_version")?;
    let objects: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| sql_error(path, 1, &error))?;
    if application == 0 && found == 0 && objects == 0 {
        return Ok(Nature::Blank);
    }
    if application != APPLICATION_ID {
        let why = format!("a database of another program, application id {application}");
        return Err(JournalError::Foreign { path: path.to_path_buf(), why });
    }
    if found > FORMAT {
        return Err(JournalError::Newer { path: path.to_path_buf(), found, known: FORMAT });
    }
    if found < 1 {
        return Err(JournalError::damaged(1, format!("format {found} was never written")));
    }
    Ok(Nature::Journal)
}

/// Writes the tables into a blank database, all or nothing.
pub(super) fn create(conn: &mut Connection, path: &Path) -> Result<()> {
    let run = |conn: &mut Connection| -> rusqlite::Result<()> {
        let tx = conn.transaction()?;
        tx.execute_batch(TABLES)?;
        tx.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
        ))?;
        tx.commit()
    };
    run(conn).map_err(|error| sql_error(path, 1, &error))
}

/// The tables and views of a journal are as this program makes them. What somebody added
/// beside them is let be.
pub(crate) fn check_tables(conn: &Connection, path: &Path) -> Result<()> {
    let fail = |error: rusqlite::Error| sql_error(path, 1, &error);
    let objects = |conn: &Connection| -> rusqlite::Result<BTreeMap<String, String>> {
        let mut statement =
            conn.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    };
    let model = Connection::open_in_memory().map_err(fail)?;
    model.execute_batch(TABLES).map_err(fail)?;
    let found = objects(conn).map_err(fail)?;
    for (name, sql) in objects(&model).map_err(fail)? {
        if found.get(&name) != Some(&sql) {
            return Err(JournalError::damaged(1, format!("the table {name} was changed")));
        }
    }
    Ok(())
}
