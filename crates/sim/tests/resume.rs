//! The whole program is killed at a boundary of what it writes, and what is left is lived through
//! again: the same session goes on, and nothing is lost or doubled.

mod kit;

use std::collections::BTreeSet;
use std::io;
use truefill_journal::{Fault, FaultyStore, Journal, JournalError, MemoryStore, Rerun, Store};
use truefill_sim::broker::TruthSink;
use truefill_sim::session::{Outcome, Plan, Reached, SessionError, Traces};

/// A truth log that survives, and may be the last thing that happens.
#[derive(Debug, Default)]
struct Lines {
    kept: Vec<String>,
    again: usize,
    /// The program is killed once there are so many.
    die_at: Option<usize>,
}

impl TruthSink for Lines {
    fn line(&mut self, line: &str) -> io::Result<()> {
        if let Some(there) = self.kept.get(self.again) {
            assert_eq!(there, line, "line {} comes again", self.again);
        } else {
            self.kept.push(line.to_owned());
            if self.die_at == Some(self.kept.len()) {
                return Err(io::Error::other("killed"));
            }
        }
        self.again += 1;
        Ok(())
    }
}

/// A storm with snapshots and digests as often as a long session has them.
fn storm(seed: u64) -> Plan {
    let mut plan = kit::plan("storm", seed);
    plan.snapshot_every = 5 + seed % 40;
    plan.config.digest_every = 3 + u32::try_from(seed % 5).expect("small");
    plan
}

/// What is on disk between two lives.
#[derive(Debug, Default)]
struct Disk {
    journal: MemoryStore,
    lines: Vec<String>,
    kills: Vec<Reached>,
}

/// Where a life ends.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// Before the n-th write to the journal of this life.
    Before(u64),
    /// After it.
    After(u64),
    /// After so many lines.
    Line(usize),
    /// Not at all.
    Never,
}

impl Disk {
    /// What the files say.
    fn reached(&self) -> Reached {
        let segments = self.journal.segments().expect("readable").len() as u64;
        let (batches, lines) = (self.journal.batches() as u64, self.lines.len() as u64);
        Reached { segments, batches, lines }
    }

    /// One life of the program, from what it finds.
    fn live(&mut self, plan: &Plan, kill: Kill) -> Option<Outcome> {
        let found = self.reached();
        if found.segments > 0 && self.kills.last() != Some(&found) {
            self.kills.push(found);
        }
        let journal = std::mem::take(&mut self.journal).reopened();
        let mut faulty = FaultyStore::new(journal);
        let mut lines = Lines { kept: std::mem::take(&mut self.lines), ..Lines::default() };
        match kill {
            Kill::Before(n) => faulty = faulty.failing_at(n, Fault::Full),
            Kill::After(n) => faulty = faulty.failing_at(n, Fault::Sync { kept: true }),
            Kill::Line(n) => lines.die_at = Some(n),
            Kill::Never => {}
        }
        let mut rerun = Rerun::new(faulty).expect("readable");
        let kills = self.kills.clone();
        let lived = kit::small_traced(plan, &mut rerun, Traces { log: &mut lines, kills });
        self.journal = rerun.into_inner().into_disk();
        self.lines = lines.kept;
        match lived {
            Ok(outcome) => Some(outcome),
            Err(SessionError::TruthLog(_)) => None,
            Err(SessionError::Journal(JournalError::Full { .. } | JournalError::Device { .. })) => {
                None
            }
            Err(error) => panic!("{kill:?} after {:?}: {error}", self.kills),
        }
    }
}

/// The session is true, and it is the one that these kills lead to in one go.
fn is_true(disk: &Disk, plan: &Plan, outcome: &Outcome, what: &str) {
    assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
    assert_eq!(outcome.facts.doubled_orders, 0, "{what}");
    for [_, engine, broker] in &outcome.positions {
        assert_eq!(engine, broker, "{what}");
    }
    let mut store = MemoryStore::default();
    let mut lines = Lines::default();
    let kills = disk.kills.clone();
    let traces = Traces { log: &mut lines, kills };
    let once = kit::small_traced(plan, &mut store, traces).expect("runs");
    assert_eq!(once.digest, outcome.digest, "{what}");
    assert_eq!(store.last_chain(), disk.journal.last_chain(), "{what}: one stream of records");
    assert_eq!(lines.kept, disk.lines, "{what}: one truth");
    assert_eq!(once.ledger, outcome.ledger, "{what}");
    let sent = ids(&disk.lines, "sent", "new");
    let arrived = ids(&disk.lines, "request", "new");
    assert!(arrived.is_subset(&sent), "{what}: nothing arrives that was not sent");
}

/// Requests of a kind in the truth log; each once.
fn ids(lines: &[String], record: &str, kind: &str) -> BTreeSet<u64> {
    let mut ids = BTreeSet::new();
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if value["record"] == record && value["kind"] == kind {
            let id = value["id"].as_u64().expect("a number");
            assert!(ids.insert(id), "request {id} is {record} twice");
        }
    }
    ids
}

/// A field of a line that is a number, if it has it.
fn number(line: &str, record: &str, field: &str) -> Option<i64> {
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    (value["record"] == record).then(|| value[field].as_i64()).flatten()
}

fn killed_and_resumed(plan: &Plan, kill: Kill) -> bool {
    let mut disk = Disk::default();
    if disk.live(plan, kill).is_some() {
        return false;
    }
    let (lines, seq) = (disk.lines.len(), disk.journal.last_seq());
    let last = disk.journal.records(seq.max(1)).next().map(|r| r.expect("readable").time.0);
    let outcome = disk.live(plan, Kill::Never).expect("not killed");
    // What had not left when it died does not leave afterwards.
    for line in &disk.lines[lines..] {
        let late = number(line, "sent", "time_ns").is_some_and(|time| Some(time) <= last);
        assert!(!late, "seed {}, {kill:?}: it was dead, and sent {line}", plan.seed);
    }
    is_true(&disk, plan, &outcome, &format!("seed {}, {kill:?}", plan.seed));
    true
}

#[test]
fn a_kill_at_every_write_and_after_every_line_loses_nothing() {
    for seed in 1..=2 {
        let plan = storm(seed);
        let mut kills = 0;
        for kind in [Kill::Before as fn(u64) -> Kill, Kill::After] {
            let mut n = 1;
            while killed_and_resumed(&plan, kind(n)) {
                n += 1;
                kills += 1;
            }
        }
        let mut line = 1;
        while killed_and_resumed(&plan, Kill::Line(line)) {
            line += 1;
            kills += 1;
        }
        println!("seed {seed}: {kills} kills");
        assert!(kills > 100, "seed {seed}: {kills} kills prove little");
    }
}

#[test]
fn many_kills_in_one_session_lose_nothing() {
    for seed in 1..=60 {
        let plan = storm(seed);
        let mut disk = Disk::default();
        let mut outcome = None;
        for life in 0..12 {
            let dice = seed * 31 + life * 17;
            let kill = match dice % 3 {
                0 => Kill::Before(dice % 13 + 1),
                1 => Kill::After(dice % 11 + 1),
                // Also a line that is there already, so that the life ends at once or never.
                _ => Kill::Line(disk.lines.len() + usize::try_from(dice % 9).expect("small")),
            };
            outcome = disk.live(&plan, kill);
            if outcome.is_some() {
                break;
            }
        }
        let outcome = outcome.or_else(|| disk.live(&plan, Kill::Never)).expect("not killed");
        assert!(outcome.facts.crashes > 0);
        is_true(&disk, &plan, &outcome, &format!("seed {seed}, kills {:?}", disk.kills));
    }
}

#[test]
fn a_kill_while_the_engine_is_down_is_no_second_death() {
    let mut cases = 0;
    for seed in 1..=20 {
        let plan = storm(seed);
        for write in 5..15 {
            let mut disk = Disk::default();
            assert!(disk.live(&plan, Kill::After(write)).is_none());
            // The world goes on: the next line may come before the engine is back.
            let line = disk.lines.len() + 1;
            if disk.live(&plan, Kill::Line(line)).is_some() || disk.reached().segments != 1 {
                continue;
            }
            cases += 1;
            let outcome = disk.live(&plan, Kill::Never).expect("not killed");
            assert_eq!(outcome.facts.crashes, 1, "seed {seed}, write {write}");
            assert_eq!(disk.reached().segments, 2, "seed {seed}, write {write}");
            is_true(&disk, &plan, &outcome, &format!("seed {seed}, write {write}, while down"));
        }
    }
    assert!(cases > 10, "{cases} cases prove little");
}

#[test]
fn another_session_is_not_gone_on_with() {
    let plan = kit::plan("storm", 1);
    let mut disk = Disk::default();
    assert!(disk.live(&plan, Kill::After(20)).is_none());
    let before = disk.journal.last_chain();
    let kills = vec![disk.reached()];
    let mut others = [kit::plan("storm", 2), kit::plan("storm", 1), kit::plan("storm", 1)];
    others[1].build = "another".to_owned();
    others[2].config.risk.collar_bps_max += 1;
    for other in &others {
        let mut rerun = Rerun::new(disk.journal.clone().reopened()).expect("readable");
        let mut lines = Lines::default();
        let traces = Traces { log: &mut lines, kills: kills.clone() };
        let lived = kit::small_traced(other, &mut rerun, traces);
        let refused = matches!(lived, Err(SessionError::Journal(JournalError::Differs { .. })));
        assert!(refused, "{lived:?}");
        assert_eq!(rerun.into_inner().last_chain(), before, "nothing was written");
    }
}

#[test]
fn a_journal_is_only_read_while_it_comes_again() {
    let plan = kit::plan("calm", 1);
    let mut disk = Disk::default();
    assert!(disk.live(&plan, Kill::After(10)).is_none());
    let rerun = Rerun::new(disk.journal.clone()).expect("readable");
    assert_eq!(rerun.found(), (1, 9));
    assert!(!rerun.is_through());
    assert_eq!(rerun.last_seq(), 0, "nothing has come yet");
    assert!(rerun.segments().expect("readable").is_empty());
    let mut fresh = Rerun::new(MemoryStore::new()).expect("readable");
    assert!(fresh.is_through());
    let start = disk.journal.segments().expect("readable")[0].start.clone();
    assert_eq!(fresh.open_segment(&start).expect("written"), 1);
}
