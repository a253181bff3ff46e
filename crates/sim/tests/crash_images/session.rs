//! The busy session whose journal is cut: the same in the child on the watched disk, in memory
//! as it should be, and gone on with after a cut.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use truefill_core::event::Event;
use truefill_core::ids::HoldingId;
use truefill_core::num::Qty;
use truefill_core::time::MILLI_NS;
use truefill_journal::lock::Lock;
use truefill_journal::store::Visit;
use truefill_journal::{
    Batch, Chain, Content, Digest, Journal, JournalError, MemoryStore, Result, Segment,
    SegmentStart, Snapshot, SqliteStore, Store, Survives, open_for,
};
use truefill_market::source::Listed as Ticks;
use truefill_sim::broker::TruthSink;
use truefill_sim::session::{Outcome, Plan, SessionError, Traces, run_traced};
use truefill_sim::strategy::{Listed, Strategy, Wish};

use crate::kit;

/// Batches between two moves of the log into the file, so that these are cut too.
const CHECKPOINT_EVERY: u64 = 16;

/// A storm with snapshots and digests as often as a long session has them.
pub fn plan(seed: u64) -> Plan {
    let mut plan = kit::plan("storm", seed);
    plan.snapshot_every = 40;
    plan.config.digest_every = 5;
    plan
}

/// Between two targets.
const WISH_MS: i64 = 250;
/// Seconds of the demo's market.
const SECONDS: i64 = 6;

/// Three instruments, each wanted anew again and again.
pub fn busy(
    plan: &Plan,
    store: &mut dyn Store,
    traces: Traces<'_>,
) -> std::result::Result<Outcome, SessionError> {
    let ticks = kit::demo_ticks(SECONDS);
    let first = ticks.first().expect("ticks").time();
    let sizes = ["0.01", "0.4", "6"].map(|q| q.parse::<Qty>().expect("a quantity"));
    let wishes = (0..).zip(0..SECONDS * 1000 / WISH_MS - 2).map(|(n, at): (u32, i64)| {
        let size = sizes[n as usize % sizes.len()];
        // 3, -1, 2, 0, -2, ... of the size.
        let qty = Qty(size.0 * (i128::from(n * 5 % 7) - 3));
        let holding = HoldingId(n % 3);
        (first.plus((at + 1) * WISH_MS * MILLI_NS), Wish { holding, qty, px: None, stop: None })
    });
    let mut quotes = Ticks::new(ticks).expect("in order");
    // One lifetime for all that a session borrows.
    let Traces { log, kills } = traces;
    let strategies: Vec<Box<dyn Strategy>> = vec![Box::new(Listed::new(wishes.collect()))];
    run_traced(plan, store, Traces { log, kills }, &mut quotes, strategies)
}

/// What a store did.
enum Done {
    Segment,
    Batch,
}

/// A store that tells of every write that is durable.
struct Told<S, F> {
    store: S,
    tell: F,
}

impl<S: Store, F: FnMut(Done, &S) -> Result<()> + Send> Store for Told<S, F> {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        let id = self.store.open_segment(start)?;
        (self.tell)(Done::Segment, &self.store)?;
        Ok(id)
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        let seq = self.store.append(batch)?;
        (self.tell)(Done::Batch, &self.store)?;
        Ok(seq)
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.store.put_snapshot(snapshot)
    }
}

impl<S: Store, F> Journal for Told<S, F> {
    fn last_seq(&self) -> u64 {
        self.store.last_seq()
    }

    fn last_chain(&self) -> Chain {
        self.store.last_chain()
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        self.store.segments()
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        self.store.digests()
    }

    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        self.store.latest_snapshot()
    }

    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()> {
        self.store.scan(from, visit)
    }
}

/// Says on standard output how many lines were written.
struct LoudLog(u64);

impl TruthSink for LoudLog {
    fn line(&mut self, _line: &str) -> io::Result<()> {
        self.0 += 1;
        println!("line {}", self.0);
        Ok(())
    }
}

/// The child: the session with its journal on the disk that is watched. Says on standard output
/// what was acknowledged, when it was.
pub fn live(path: &Path, seed: u64, survives: Survives) {
    let said = |error: &JournalError| format!("{:?}: {error}", error.kind());
    let run = || -> std::result::Result<(), String> {
        let lock = Lock::acquire(path).map_err(|e| said(&e))?;
        let store = open_for(path, lock, survives).map_err(|e| said(&e))?.store;
        let (mut segments, mut batches) = (0u64, 0u64);
        let tell = move |done, store: &SqliteStore| {
            match done {
                Done::Segment => {
                    segments += 1;
                    println!("segment {segments}");
                }
                Done::Batch => {
                    batches += 1;
                    println!("batch {batches}");
                }
            }
            let idle = batches.is_multiple_of(CHECKPOINT_EVERY);
            if idle { store.checkpoint() } else { Ok(()) }
        };
        let mut log = LoudLog(0);
        let traces = Traces { log: &mut log, kills: Vec::new() };
        match busy(&plan(seed), &mut Told { store, tell }, traces) {
            Ok(_) => Ok(()),
            Err(SessionError::Journal(error)) => Err(said(&error)),
            Err(error) => Err(error.to_string()),
        }
    };
    match run() {
        Ok(()) => println!("came to the end"),
        Err(why) => println!("died of {why}"),
    }
}

/// What is known of the session from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// Segments that were acknowledged.
    pub segments: u64,
    /// Batches that were acknowledged.
    pub batches: u64,
    /// Lines of the truth log.
    pub lines: u64,
}

impl Known {
    /// Learns from what the child said.
    pub fn hear(&mut self, said: &str) {
        let mut words = said.split_whitespace();
        while let Some(word) = words.next() {
            let place = match word {
                "segment" => &mut self.segments,
                "batch" => &mut self.batches,
                "line" => &mut self.lines,
                _ => continue,
            };
            if let Some(count) = words.next().and_then(|n| n.parse().ok()) {
                *place = count;
            }
        }
    }
}

/// What a journal is after one of its writes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    pub segments: u64,
    pub batches: u64,
    pub seq: u64,
    pub chain: Chain,
}

/// The session as it should be.
pub struct Reference {
    pub marks: Vec<Mark>,
    pub lines: Vec<String>,
    /// Orders that left, with the number of the line that tells it.
    sent: Vec<(u64, String)>,
    /// Orders whose release is in the journal, with the record.
    released: Vec<(u64, String)>,
}

struct Lines(Vec<String>);

impl TruthSink for Lines {
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.0.push(line.to_owned());
        Ok(())
    }
}

impl Reference {
    pub fn of(seed: u64) -> Self {
        let marks = Arc::new(std::sync::Mutex::new(vec![Mark::default()]));
        let batches = AtomicU64::new(0);
        let noted = Arc::clone(&marks);
        let tell = move |done, store: &MemoryStore| {
            let more = u64::from(matches!(done, Done::Batch));
            let batches = batches.fetch_add(more, Ordering::Relaxed) + more;
            let segments = store.segments()?.len() as u64;
            let (seq, chain) = (store.last_seq(), store.last_chain());
            noted.lock().expect("one thread").push(Mark { segments, batches, seq, chain });
            Ok(())
        };
        let mut told = Told { store: MemoryStore::new(), tell };
        let mut lines = Lines(Vec::new());
        let traces = Traces { log: &mut lines, kills: Vec::new() };
        let outcome = busy(&plan(seed), &mut told, traces).expect("runs");
        assert!(outcome.violations.is_empty(), "seed {seed}: {:?}", outcome.violations);
        let journal = told.store;
        let marks = marks.lock().expect("one thread").clone();
        let (sent, released) = (sent(&lines.0), released(&journal));
        Self { marks, lines: lines.0, sent, released }
    }

    /// Whether every order that left within the first `lines` was released in the first `seq`
    /// records; else the first that was not.
    pub fn lost(&self, lines: u64, seq: u64) -> Option<&str> {
        let left = self.sent.iter().take_while(|(line, _)| *line <= lines);
        let known = |id: &String| self.released.iter().any(|(at, one)| *at <= seq && one == id);
        left.map(|(_, id)| id).find(|id| !known(id)).map(String::as_str)
    }

    pub fn orders(&self) -> usize {
        self.sent.len()
    }
}

fn sent(lines: &[String]) -> Vec<(u64, String)> {
    let mut sent = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if value["record"] == "sent" && value["kind"] == "new" {
            sent.push((number, value["client_id"].as_str().expect("an id").to_owned()));
        }
    }
    sent
}

fn released(journal: &MemoryStore) -> Vec<(u64, String)> {
    let mut released = Vec::new();
    for record in journal.records(1) {
        let record = record.expect("readable");
        let content = Content::of(&record.as_stored()).expect("readable");
        if let Content::Event(Event::Released(event)) = content {
            released.push((record.seq, event.ticket.cl_ord_id.as_str().to_owned()));
        }
    }
    released
}
