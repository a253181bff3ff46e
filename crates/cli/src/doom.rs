//! For tests of kills: `TRUEFILL_DIE_AT=POINT:N` makes a rehearsal, or `dev-engine`, abort itself,
//! without any cleanup, at the N-th time it comes to a point.
//!
//! | point | the process is gone |
//! |---|---|
//! | `start` | after the N-th segment was opened |
//! | `before-commit` | before the N-th batch is committed |
//! | `after-commit` | after it, before any of its effects |
//! | `line` | after the N-th line of the truth log: a request, an order, a fill |
//! | `report` | when the session is over, before the report is written |
//! | `recovered` | when the state is recovered, before anything is said (`dev-engine`) |
//! | `sent` | after the N-th request was handed to the socket (`dev-engine`) |
//!
//! Counts are those of the run, not of the process: what is executed again after a kill counts
//! again. A signal strikes at random moments; this strikes where it is most interesting.
//!
//! Entry points: [`Doom::from_environment`], [`Doomed`].

use crate::failure::Failure;
use std::io;
use truefill_journal::{
    Batch, Chain, Digest, Journal, Result, Segment, SegmentStart, Snapshot, Store,
};
use truefill_sim::broker::TruthSink;

/// Name of the environment variable.
const VARIABLE: &str = "TRUEFILL_DIE_AT";

/// Where a process can be told to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// After a segment was opened.
    Start,
    /// Before a commit.
    BeforeCommit,
    /// After a commit.
    AfterCommit,
    /// After a line of the truth log.
    Line,
    /// Before the report.
    Report,
    /// After recovery, before the first word.
    Recovered,
    /// After a request was handed over.
    Sent,
}

/// Where this process dies; usually nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Doom(Option<(Point, u64)>);

impl Doom {
    /// What the environment says.
    ///
    /// # Errors
    /// When it says something that is no point.
    pub fn from_environment() -> std::result::Result<Self, Failure> {
        let Ok(text) = std::env::var(VARIABLE) else { return Ok(Self(None)) };
        let parsed = text.split_once(':').and_then(|(point, n)| {
            let point = match point {
                "start" => Point::Start,
                "before-commit" => Point::BeforeCommit,
                "after-commit" => Point::AfterCommit,
                "line" => Point::Line,
                "report" => Point::Report,
                "recovered" => Point::Recovered,
                "sent" => Point::Sent,
                _ => return None,
            };
            Some((point, n.parse().ok()?))
        });
        match parsed {
            Some(doom) => Ok(Self(Some(doom))),
            None => Err(Failure::Input(format!(
                "{VARIABLE}={text}: allowed are start, before-commit, after-commit, line, \
                 report, recovered and sent, each with :N; nothing was started"
            ))),
        }
    }

    /// Comes to a point for the n-th time.
    pub fn at(self, point: Point, n: u64) {
        if self.0 == Some((point, n)) {
            std::process::abort();
        }
    }
}

/// A store, or a truth log, that dies where it was told to.
pub struct Doomed<T> {
    inner: T,
    doom: Doom,
    starts: u64,
    count: u64,
}

impl<T> Doomed<T> {
    /// Dies where `doom` says.
    pub fn new(inner: T, doom: Doom) -> Self {
        Self { inner, doom, starts: 0, count: 0 }
    }

    /// What is inside.
    pub fn inner(&self) -> &T {
        &self.inner
    }
}

impl<T: TruthSink> TruthSink for Doomed<T> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.inner.line(line)?;
        self.count += 1;
        self.doom.at(Point::Line, self.count);
        Ok(())
    }
}

impl<T: Store> Store for Doomed<T> {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        let id = self.inner.open_segment(start)?;
        self.starts += 1;
        self.doom.at(Point::Start, self.starts);
        Ok(id)
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        self.count += 1;
        self.doom.at(Point::BeforeCommit, self.count);
        let seq = self.inner.append(batch)?;
        self.doom.at(Point::AfterCommit, self.count);
        Ok(seq)
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.inner.put_snapshot(snapshot)
    }
}

impl<T: Store> Journal for Doomed<T> {
    fn last_seq(&self) -> u64 {
        self.inner.last_seq()
    }

    fn last_chain(&self) -> Chain {
        self.inner.last_chain()
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        self.inner.segments()
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        self.inner.digests()
    }

    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        self.inner.latest_snapshot()
    }

    fn scan(&self, from: u64, visit: truefill_journal::store::Visit<'_>) -> Result<()> {
        self.inner.scan(from, visit)
    }
}
