//! Verification finds every kind of damage, and says what is no journal at all.

mod common;
#[path = "common/shell.rs"]
mod shell;

use std::path::Path;

use common::{Folder, all, write};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use rusqlite::Connection;
use truefill_journal::{
    ErrorKind, Journal, MemoryStore, Reader, Snapshot, Store, VerifyReport, open, verify,
};

fn check(path: &Path) -> VerifyReport {
    verify(path, None).unwrap()
}

fn first_bad(path: &Path) -> Option<u64> {
    check(path).problem.as_ref().and_then(|problem| problem.first_bad_seq())
}

/// A closed journal of an engine run, as bytes.
fn journal_bytes() -> (Vec<u8>, MemoryStore) {
    let (folder, mut memory) = (Folder::new("bytes"), MemoryStore::new());
    shell::story(&mut memory);
    shell::story(&mut open(&folder.db()).unwrap().store);
    (std::fs::read(folder.db()).unwrap(), memory)
}

#[test]
fn an_intact_journal_is_verified_also_while_it_is_written() {
    let folder = Folder::new("intact");
    let opened = write(&folder.db(), 50);
    let report = check(&folder.db());
    assert!(report.is_ok(), "{:?}", report.problem);
    assert_eq!((report.last_seq, report.last_chain), (opened.last_seq_now(), opened.chain_now()));
    assert_eq!((report.batches, report.segments.len()), (50, 1));
    assert_eq!(report.inputs + report.events, report.last_seq);
    assert_eq!(report.segments[0].records, report.last_seq);
    drop(opened);
    assert!(check(&folder.db()).is_ok());
    drop(write(&folder.db(), 0));
    assert_eq!(check(&folder.db()).segments.len(), 2, "a segment without records");
}

trait Now {
    fn last_seq_now(&self) -> u64;
    fn chain_now(&self) -> truefill_journal::Chain;
}

impl Now for truefill_journal::Opened {
    fn last_seq_now(&self) -> u64 {
        self.store.last_seq()
    }
    fn chain_now(&self) -> truefill_journal::Chain {
        self.store.last_chain()
    }
}

/// What somebody does to a file with `sqlite3`, and the first record that shows it: at least
/// and at most.
const TAMPERINGS: &[(&str, u64, u64)] = &[
    ("UPDATE record SET body = CAST(x'00' || substr(body, 2) AS BLOB) WHERE seq = 60", 50, 60),
    (
        "UPDATE record SET body = CAST(substr(body, 1, length(body) - 1) || x'07' AS BLOB) WHERE seq = 60",
        50,
        60,
    ),
    ("UPDATE record SET body = CAST(body || x'0400' AS BLOB) WHERE seq = 60", 50, 60),
    ("UPDATE record SET time_ns = time_ns + 1 WHERE seq = 60", 50, 60),
    ("UPDATE record SET kind = 'Tock' WHERE seq = 60", 50, 60),
    ("UPDATE record SET dir = 'event' WHERE seq = 60", 50, 60),
    ("UPDATE record SET dir = 'sideways' WHERE seq = 60", 60, 60),
    ("UPDATE record SET batch = batch + 1 WHERE seq = 60", 60, 60),
    ("DELETE FROM record WHERE seq = 60", 60, 60),
    ("DELETE FROM record WHERE seq >= 60", 60, 60),
    ("DELETE FROM record WHERE seq = 1", 1, 1),
    (
        "INSERT INTO record SELECT max(seq) + 1, max(batch), 0, 'input', 'Tick', x'' FROM record",
        61,
        9999,
    ),
    (
        "UPDATE record SET seq = -1 WHERE seq = 60; UPDATE record SET seq = 60 WHERE seq = 61;
         UPDATE record SET seq = 61 WHERE seq = -1",
        50,
        60,
    ),
    ("DELETE FROM batch WHERE id = 20", 50, 99),
    ("UPDATE batch SET last_seq = last_seq - 1 WHERE id = 20", 50, 99),
    ("UPDATE batch SET first_seq = first_seq + 1 WHERE id = 20", 50, 99),
    ("UPDATE batch SET segment = 2 WHERE id = 20", 50, 99),
    ("UPDATE batch SET chain = zeroblob(32) WHERE id = 20", 50, 99),
    ("UPDATE batch SET chain = x'00' WHERE id = 20", 50, 99),
    ("DELETE FROM batch WHERE id = (SELECT max(id) FROM batch)", 61, 9999),
    ("UPDATE segment SET build = 'other'", 1, 1),
    ("UPDATE segment SET epoch = epoch + 1", 1, 1),
    ("UPDATE segment SET started_ns = 0", 1, 1),
    ("UPDATE segment SET first_seq = 2", 1, 1),
    ("UPDATE segment SET config = CAST(x'00' || substr(config, 2) AS BLOB)", 1, 1),
    ("UPDATE segment SET config_json = '{}'", 1, 1),
    ("DELETE FROM segment", 1, 1),
    ("UPDATE digest SET digest = zeroblob(16) WHERE seq > 60", 61, 9999),
    ("UPDATE digest SET seq = seq - 1 WHERE seq > 60", 61, 9999),
    ("DELETE FROM digest WHERE seq = (SELECT max(seq) FROM digest)", 61, 9999),
    ("INSERT INTO digest VALUES (61, zeroblob(16))", 50, 61),
    ("INSERT INTO digest VALUES (999999, zeroblob(16))", 61, 9999),
    ("DROP TABLE digest", 1, 1),
    ("DROP TABLE record", 1, 1),
    ("DROP VIEW log; CREATE VIEW log AS SELECT 1 AS seq", 1, 1),
    ("ALTER TABLE record RENAME COLUMN body TO mind", 1, 1),
];

#[test]
fn every_tampering_is_found_at_its_place() {
    let folder = Folder::new("tamper");
    drop(write(&folder.db(), 60));
    let clean = std::fs::read(folder.db()).unwrap();
    for (sql, least, most) in TAMPERINGS {
        std::fs::write(folder.db(), &clean).unwrap();
        {
            let conn = Connection::open(folder.db()).unwrap();
            conn.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        let report = check(&folder.db());
        let problem = report.problem.as_ref().unwrap_or_else(|| panic!("not found: {sql}"));
        let seq = problem.first_bad_seq().unwrap_or_else(|| panic!("{sql}: {problem}"));
        assert!((*least..=*most).contains(&seq), "{sql}: {problem}");
        assert!(report.last_seq < seq, "{sql}: {} is called intact, {problem}", report.last_seq);
        let error = open(&folder.db()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged, "an engine does not start on: {sql}");
    }
}

#[test]
fn what_people_add_beside_our_tables_is_let_be() {
    let folder = Folder::new("beside");
    drop(write(&folder.db(), 10));
    let conn = Connection::open(folder.db()).unwrap();
    conn.execute_batch("CREATE VIEW mine AS SELECT * FROM log; CREATE INDEX i ON record (kind);")
        .unwrap();
    let bytes: i64 = conn.query_row("SELECT sum(bytes) FROM mine", [], |row| row.get(0)).unwrap();
    let json: String = conn
        .query_row("SELECT config_json ->> '$.account' FROM segment", [], |row| row.get(0))
        .unwrap();
    assert!(bytes > 0 && json == "AB1234");
    drop(conn);
    assert!(check(&folder.db()).is_ok());
}

#[test]
fn a_flipped_byte_anywhere_is_found_or_does_no_harm() {
    let (clean, memory) = journal_bytes();
    let folder = Folder::new("flip");
    let config = Config { rng_seed: RngSeed::Fixed(3), cases: 600, ..Config::default() };
    let mut found = 0;
    TestRunner::new(config)
        .run(&(0..clean.len(), 1u8..=255), |(at, bits)| {
            let mut bytes = clean.clone();
            bytes[at] ^= bits;
            std::fs::write(folder.db(), &bytes).unwrap();
            let Ok(report) = verify(&folder.db(), None) else { return Ok(()) };
            if report.is_ok() {
                let reader = Reader::open(&folder.db()).unwrap();
                assert!(all(&reader) == all(&memory), "a flip at {at} went unnoticed");
                assert!(reader.segments().unwrap() == memory.segments().unwrap());
                assert!(reader.digests().unwrap() == memory.digests().unwrap());
                assert_eq!(reader.last_chain(), memory.last_chain());
            }
            Ok(())
        })
        .unwrap();
    for at in (0..clean.len()).step_by(97) {
        let mut bytes = clean.clone();
        bytes[at] ^= 0x10;
        std::fs::write(folder.db(), &bytes).unwrap();
        found += usize::from(!verify(&folder.db(), None).is_ok_and(|report| report.is_ok()));
    }
    assert!(found * 2 > clean.len() / 97, "most bytes of a journal matter: {found}");
}

#[test]
fn a_truncated_file_is_never_called_intact() {
    let (clean, _) = journal_bytes();
    let folder = Folder::new("truncated");
    let borders = (0..clean.len() / 4096).map(|page| page * 4096);
    let inside = (0..clean.len()).step_by(3001);
    for len in borders.chain(inside).filter(|len| *len > 0) {
        std::fs::write(folder.db(), &clean[..len]).unwrap();
        if let Ok(report) = verify(&folder.db(), None) {
            assert!(!report.is_ok(), "cut to {len} of {}", clean.len());
        }
    }
}

#[test]
fn what_is_no_journal_is_said_and_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.db();
    assert_eq!(verify(&path, None).unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(verify(folder.path(), None).unwrap_err().kind(), ErrorKind::Foreign);
    std::fs::write(&path, []).unwrap();
    assert_eq!(verify(&path, None).unwrap_err().kind(), ErrorKind::Empty);
    let texts: [&[u8]; 3] =
        [b"time,strategy\n", &[0xff; 9000], b"SQLite format 3\0 but not really"];
    for text in texts {
        std::fs::write(&path, text).unwrap();
        assert_eq!(verify(&path, None).unwrap_err().kind(), ErrorKind::Foreign);
        assert_eq!(open(&path).map(drop).unwrap_err().kind(), ErrorKind::Foreign);
        assert_eq!(std::fs::read(&path).unwrap(), text, "it was left untouched");
    }
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE record (mine)").unwrap();
    let foreign = std::fs::read(&path).unwrap();
    assert_eq!(verify(&path, None).unwrap_err().kind(), ErrorKind::Foreign);
    assert_eq!(open(&path).map(drop).unwrap_err().kind(), ErrorKind::Foreign);
    assert_eq!(std::fs::read(&path).unwrap(), foreign);
}

#[test]
fn a_newer_format_is_refused_in_clear_words() {
    let folder = Folder::new("newer");
    drop(write(&folder.db(), 3));
    Connection::open(folder.db()).unwrap().execute_batch("PRAGMA user_version = 2").unwrap();
    let before = std::fs::read(folder.db()).unwrap();
    for error in [verify(&folder.db(), None).map(drop), open(&folder.db()).map(drop)] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Newer);
        assert!(error.to_string().contains("use a newer truefill"), "{error}");
    }
    assert_eq!(std::fs::read(folder.db()).unwrap(), before);
}

#[test]
fn a_file_that_another_program_holds_is_said_to_be_busy() {
    let folder = Folder::new("busy");
    drop(write(&folder.db(), 3));
    let conn = Connection::open(folder.db()).unwrap();
    conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE mine (x); BEGIN EXCLUSIVE;")
        .unwrap();
    assert_eq!(verify(&folder.db(), None).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(open(&folder.db()).map(drop).unwrap_err().kind(), ErrorKind::Locked);
}

#[test]
fn a_damaged_snapshot_is_as_good_as_none() {
    let folder = Folder::new("snapshot");
    let mut opened = write(&folder.db(), 10);
    for seq in [10, 20] {
        let snapshot = Snapshot { seq, digest: 7.into(), body: vec![1, 2, 3] };
        opened.store.put_snapshot(&snapshot).unwrap();
    }
    drop(opened);
    let spoil = |sql| Connection::open(folder.db()).unwrap().execute_batch(sql).unwrap();
    spoil("UPDATE snapshot SET body = x'010204' WHERE seq = 20");
    assert_eq!(open(&folder.db()).unwrap().snapshot.unwrap().seq, 10);
    spoil("UPDATE snapshot SET digest = x'01' WHERE seq = 10");
    let opened = open(&folder.db()).unwrap();
    assert!(opened.snapshot.is_none());
    assert_eq!(opened.tail().count() as u64, opened.last_seq);
    drop(opened);
    assert!(check(&folder.db()).is_ok());
}

#[test]
fn damage_before_the_snapshot_is_left_to_verify() {
    let folder = Folder::new("before");
    let mut opened = write(&folder.db(), 40);
    let seq = opened.store.last_seq() - 5;
    opened.store.put_snapshot(&Snapshot { seq, digest: 7.into(), body: vec![1] }).unwrap();
    drop(opened);
    let conn = Connection::open(folder.db()).unwrap();
    conn.execute_batch("UPDATE record SET time_ns = 0 WHERE seq = 9").unwrap();
    drop(conn);
    assert_eq!(open(&folder.db()).unwrap().tail().count(), 5, "recovery does not need it");
    assert!(first_bad(&folder.db()).is_some_and(|bad| bad <= 9));
}
