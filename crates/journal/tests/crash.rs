//! Crash images: what a disk may hold after the power went, opened again.
//!
//! SQLite's log is cut, overwritten and mixed at many places; whatever was acknowledged before
//! that point is wholly there, what came later is wholly absent.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Folder, all, fill_batch, start, write};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use truefill_journal::{Batch, Journal, MemoryStore, Opened, Store, StoredRecord, open};

/// Pages and frames of SQLite's log.
const PAGE: usize = 4096;
const FRAME: usize = PAGE + 24;
const LOG_HEAD: usize = 32;

fn log_of(db: &Path) -> PathBuf {
    db.with_extension("db-wal")
}

fn log_len(db: &Path) -> usize {
    usize::try_from(std::fs::metadata(log_of(db)).unwrap().len()).unwrap()
}

/// Reads a file that SQLite has open. In this process that would drop SQLite's locks.
fn read_beside(path: &Path) -> Vec<u8> {
    Command::new("cat").arg(path).output().unwrap().stdout
}

/// After the commit of `seq`, the log had this length.
struct Commit {
    log: usize,
    seq: u64,
}

/// Appends batches and notes how far the log was after each.
fn busy(opened: &mut Opened, db: &Path, range: std::ops::RangeInclusive<u64>) -> Vec<Commit> {
    let mut commits = vec![Commit { log: log_len(db), seq: opened.store.last_seq() }];
    let mut batch = Batch::new();
    for n in range {
        fill_batch(&mut batch, n);
        let seq = opened.store.append(&batch).unwrap();
        commits.push(Commit { log: log_len(db), seq });
    }
    assert!(commits.windows(2).all(|pair| pair[0].log < pair[1].log), "every commit is logged");
    commits
}

/// Opens an image in a folder of its own.
fn open_image(folder: &Folder, db: &[u8], log: &[u8]) -> Opened {
    std::fs::write(folder.db(), db).unwrap();
    std::fs::write(log_of(&folder.db()), log).unwrap();
    let _ = std::fs::remove_file(folder.db().with_extension("db-shm"));
    open(&folder.db()).unwrap()
}

/// The image holds exactly the commits whose log bytes are all there.
fn check_image(opened: &Opened, expected: u64, story: &[StoredRecord], what: &str) {
    assert_eq!(opened.last_seq, expected, "{what}");
    let found = all(&opened.store);
    assert_eq!(found.len() as u64, expected, "{what}");
    assert!(found == story[..found.len()], "{what}: another content");
}

fn expected_at(commits: &[Commit], len: usize) -> u64 {
    commits.iter().rev().find(|commit| commit.log <= len).map_or(0, |commit| commit.seq)
}

/// Cuts at all frame borders, beside them, and inside frames.
fn cuts(total: usize) -> Vec<usize> {
    let mut cuts = vec![0, 1, LOG_HEAD - 1, LOG_HEAD];
    let mut border = LOG_HEAD;
    while border < total {
        cuts.extend([border, border + 1, border + 24, border + 2000, border + FRAME - 1]);
        border += FRAME;
    }
    cuts.push(total);
    cuts.retain(|cut| *cut <= total);
    cuts
}

#[test]
fn a_cut_log_loses_only_what_was_not_acknowledged_by_then() {
    let (live, image) = (Folder::new("cut"), Folder::new("cut-image"));
    let mut opened = write(&live.db(), 5);
    let commits = busy(&mut opened, &live.db(), 6..=30);
    let (db, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
    let story = all(&opened.store);
    let first = commits[0].log;
    for cut in cuts(log.len()).into_iter().filter(|cut| *cut >= first) {
        let what = format!("cut at {cut} of {}", log.len());
        let again = open_image(&image, &db, &log[..cut]);
        check_image(&again, expected_at(&commits, cut), &story, &what);
    }
}

#[test]
fn garbage_at_the_end_of_the_log_is_not_believed() {
    let (live, image) = (Folder::new("garbage"), Folder::new("garbage-image"));
    let mut opened = write(&live.db(), 5);
    let commits = busy(&mut opened, &live.db(), 6..=20);
    let (db, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
    let story = all(&opened.store);
    for (at, last) in commits.windows(2).map(|pair| (pair[0].log, pair[1].log)) {
        for filler in [0u8, 0xff, 0x5a] {
            let mut torn = log.clone();
            torn[at + 24 + 100..last].fill(filler);
            let again = open_image(&image, &db, &torn);
            check_image(&again, expected_at(&commits, at), &story, &format!("garbage from {at}"));
        }
    }
}

#[test]
fn a_reused_log_is_cut_as_well() {
    let (live, image) = (Folder::new("reused"), Folder::new("reused-image"));
    let mut opened = write(&live.db(), 40);
    opened.store.checkpoint().unwrap();
    // The log now starts again from its beginning; old frames of the last round follow.
    let before = opened.store.last_seq();
    let mut batch = Batch::new();
    fill_batch(&mut batch, 41);
    let after = opened.store.append(&batch).unwrap();
    let (db, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
    let story = all(&opened.store);
    for cut in cuts(12 * FRAME) {
        let again = open_image(&image, &db, &log[..cut]);
        assert!([before, after].contains(&again.last_seq), "cut at {cut}: {}", again.last_seq);
        let seq = again.last_seq;
        check_image(&again, seq, &story, &format!("reused log cut at {cut}"));
    }
    let again = open_image(&image, &db, &log);
    check_image(&again, after, &story, "whole reused log");
}

#[test]
fn a_checkpoint_cut_anywhere_loses_nothing() {
    let (live, image) = (Folder::new("checkpoint"), Folder::new("checkpoint-image"));
    let opened = write(&live.db(), 40);
    let (old, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
    let story = all(&opened.store);
    opened.store.checkpoint().unwrap();
    let new = read_beside(&live.db());
    assert!(old.len() < new.len() && !log.is_empty());
    let pages = new.len() / PAGE;
    let config = Config { rng_seed: RngSeed::Fixed(1), cases: 64, ..Config::default() };
    let strategy = proptest::collection::vec(0u8..3, pages);
    TestRunner::new(config)
        .run(&strategy, |written| {
            let mut mixed = old.clone();
            mixed.resize(new.len(), 0);
            for (page, how) in written.iter().enumerate() {
                let at = page * PAGE;
                let torn = if *how == 2 { 512 } else { PAGE };
                if *how > 0 {
                    mixed[at..at + torn].copy_from_slice(&new[at..at + torn]);
                }
            }
            let again = open_image(&image, &mixed, &log);
            check_image(&again, story.len() as u64, &story, "mixed pages");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_crash_while_the_file_is_made_is_no_obstacle() {
    let (live, image) = (Folder::new("birth"), Folder::new("birth-image"));
    let mut opened = open(&live.db()).unwrap();
    opened.store.open_segment(&start(1)).unwrap();
    let (db, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
    for cut in cuts(log.len()) {
        let mut again = open_image(&image, &db, &log[..cut]);
        assert_eq!(again.last_seq, 0, "cut at {cut}");
        again.store.open_segment(&start(2)).unwrap();
    }
    drop(open_image(&image, &[], &[]));
}

/// The child of the next test: appends for ever and says what was acknowledged.
#[test]
fn child_that_is_killed() {
    let Some(path) = std::env::var_os("TRUEFILL_TEST_CHILD_JOURNAL") else { return };
    let mut opened = open(Path::new(&path)).unwrap();
    opened.store.open_segment(&start(opened.store.last_epoch() + 1)).unwrap();
    let mut batch = Batch::new();
    for n in 1.. {
        fill_batch(&mut batch, n);
        let seq = opened.store.append(&batch).unwrap();
        println!("acknowledged {seq}");
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_acknowledged() {
    use std::io::{BufRead, BufReader};
    let folder = Folder::new("kill");
    let mut before = 0;
    for round in 1..=6u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_is_killed", "--nocapture"])
            .env("TRUEFILL_TEST_CHILD_JOURNAL", folder.db())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = before;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in lines.map_while(Result::ok) {
            let Some(seq) = line.split("acknowledged ").nth(1) else { continue };
            acknowledged = seq.parse().unwrap();
            heard += 1;
            if heard == 37 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let opened = open(&folder.db()).unwrap();
        assert!(acknowledged > before && opened.last_seq >= acknowledged);
        assert_eq!(opened.store.segments().unwrap().len() as u64, round);
        before = opened.last_seq;
    }
}

#[test]
fn random_batches_survive_cuts_at_random_places() {
    let config = Config { rng_seed: RngSeed::Fixed(2), cases: 24, ..Config::default() };
    let strategy = (proptest::collection::vec(1u64..200, 1..20), 0.0..1.0f64);
    TestRunner::new(config)
        .run(&strategy, |(numbers, place)| {
            let (live, image) = (Folder::new("random"), Folder::new("random-image"));
            let (mut memory, mut opened) = (MemoryStore::new(), open(&live.db()).unwrap());
            memory.open_segment(&start(1)).unwrap();
            opened.store.open_segment(&start(1)).unwrap();
            let first = log_len(&live.db());
            let mut commits = vec![Commit { log: first, seq: 0 }];
            let mut batch = Batch::new();
            for n in numbers {
                fill_batch(&mut batch, n);
                memory.append(&batch).unwrap();
                let seq = opened.store.append(&batch).unwrap();
                commits.push(Commit { log: log_len(&live.db()), seq });
            }
            assert_eq!(memory.last_chain(), opened.store.last_chain());
            let (db, log) = (read_beside(&live.db()), read_beside(&log_of(&live.db())));
            let cut = first + ((log.len() - first) as f64 * place) as usize;
            let again = open_image(&image, &db, &log[..cut]);
            check_image(&again, expected_at(&commits, cut), &all(&memory), "random cut");
            Ok(())
        })
        .unwrap();
}
