//! A store for a session that is executed again: what comes must be what is there, until
//! nothing is left there; from then on it is written.
//!
//! Entry point: [`Rerun`].
//!
//! Invariants:
//! 1. Nothing is written before every segment and every batch of the journal has come again, and
//!    the chain over what came is the journal's own.
//! 2. Until then a reader sees only what has come: recovery in the middle of it gives the state
//!    of that moment.

use std::ops::ControlFlow;

use crate::batch::Batch;
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::store::{Digest, Journal, Segment, SegmentStart, Snapshot, Store, Stored, Visit};

/// A journal that is lived through again.
#[derive(Debug)]
pub struct Rerun<S> {
    inner: S,
    segments: Vec<Segment>,
    digests: Vec<(u64, Digest)>,
    batches: u64,
    /// What has come so far.
    come: Come,
    /// The last snapshots that came, for recovery on the way.
    snapshots: Vec<Snapshot>,
}

/// How much of the journal has come again.
#[derive(Clone, Copy, Debug, Default)]
struct Come {
    segments: usize,
    batches: u64,
    seq: u64,
    chain: Chain,
}

impl<S: Store> Rerun<S> {
    /// Lives through this journal again. A new journal is written from the start.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(inner: S) -> Result<Self> {
        let (segments, digests) = (inner.segments()?, inner.digests()?);
        let mut batches = 0;
        if inner.last_seq() > 0 {
            inner.scan(inner.last_seq(), &mut |record| {
                batches = record.batch;
                Ok(ControlFlow::Break(()))
            })?;
        }
        let come = Come { chain: Chain::GENESIS, ..Come::default() };
        Ok(Self { inner, segments, digests, batches, come, snapshots: Vec::new() })
    }

    /// The journal as it is now.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Segments and batches that the journal had when it was opened.
    #[must_use]
    pub fn found(&self) -> (u64, u64) {
        (self.segments.len() as u64, self.batches)
    }

    /// Whether everything has come again, so that what comes now is written.
    #[must_use]
    pub fn is_through(&self) -> bool {
        self.come.segments == self.segments.len() && self.come.batches == self.batches
    }

    fn differs<T>(&self, why: impl Into<String>) -> Result<T> {
        Err(JournalError::Differs { seq: self.come.seq + 1, why: why.into() })
    }

    /// The first difference between a batch and what is stored in its place.
    fn compare(&self, batch: &Batch) -> Result<Option<String>> {
        let first = self.come.seq + 1;
        let number = self.come.batches + 1;
        let mut at = 0;
        let mut why = None;
        self.inner.scan(first, &mut |record| {
            let Some(ours) = batch.get(at) else {
                if record.batch == number {
                    why = Some("the journal's batch has more records".to_owned());
                }
                return Ok(ControlFlow::Break(()));
            };
            let theirs = (record.batch, record.direction, record.time, record.kind, record.body);
            if theirs != (number, ours.direction, ours.time, ours.kind, ours.body) {
                why = Some(difference(&record, ours.kind));
                return Ok(ControlFlow::Break(()));
            }
            at += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        if why.is_none() && at < batch.len() {
            why = Some("the journal's batch has fewer records".to_owned());
        }
        let last = self.come.seq + batch.len() as u64;
        let from = self.digests.partition_point(|(seq, _)| *seq <= self.come.seq);
        let theirs = self.digests[from..].iter().take_while(|(seq, _)| *seq <= last).copied();
        let ours = batch.digests().iter().map(|(at, digest)| (first + *at as u64, *digest));
        if why.is_none() && !ours.eq(theirs) {
            why = Some("the engine's state has another digest".to_owned());
        }
        Ok(why)
    }

    /// The chain over what came must be the journal's, or something in it has no batch.
    fn arrived(&self) -> Result<()> {
        if self.is_through() && self.come.chain != self.inner.last_chain() {
            return self.differs("the chain over what came is not the journal's");
        }
        Ok(())
    }
}

fn difference(theirs: &Stored<'_>, ours: &str) -> String {
    if theirs.kind == ours {
        format!("a {ours} with another content")
    } else {
        format!("a {ours} where the journal has a {}", theirs.kind)
    }
}

impl<S: Store> Store for Rerun<S> {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        if self.is_through() {
            return self.inner.open_segment(start);
        }
        let Some(segment) = self.segments.get(self.come.segments) else {
            return self.differs("a start where the journal has none");
        };
        if segment.start.build != start.build {
            let (theirs, ours) = (&segment.start.build, &start.build);
            return self.differs(format!("build {theirs} began it, this is build {ours}"));
        }
        if segment.start != *start || segment.first_seq != self.come.seq + 1 {
            return self.differs("another start than the journal has");
        }
        let id = segment.id;
        self.come.chain = self.come.chain.segment(id, start);
        self.come.segments += 1;
        self.arrived()?;
        Ok(id)
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        if self.is_through() {
            return self.inner.append(batch);
        }
        if batch.is_empty() {
            return Ok(self.come.seq);
        }
        let starts = self.segments.get(self.come.segments);
        if starts.is_some_and(|segment| segment.first_seq <= self.come.seq + 1) {
            return self.differs("a batch where the journal has a start");
        }
        if let Some(why) = self.compare(batch)? {
            return self.differs(why);
        }
        let Come { segments, batches, seq, chain } = self.come;
        let count = batch.len() as u64;
        self.come = Come {
            segments,
            batches: batches + 1,
            seq: seq + count,
            chain: chain.batch(segments as u64, seq + 1, count, batch.frames()),
        };
        self.arrived()?;
        Ok(self.come.seq)
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        if self.is_through() && snapshot.seq > self.come.seq {
            return self.inner.put_snapshot(snapshot);
        }
        if self.snapshots.len() == 2 {
            self.snapshots.remove(0);
        }
        self.snapshots.push(snapshot.clone());
        Ok(())
    }
}

impl<S: Store> Journal for Rerun<S> {
    fn last_seq(&self) -> u64 {
        if self.is_through() { self.inner.last_seq() } else { self.come.seq }
    }

    fn last_chain(&self) -> Chain {
        if self.is_through() { self.inner.last_chain() } else { self.come.chain }
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        if self.is_through() {
            return self.inner.segments();
        }
        Ok(self.segments[..self.come.segments].to_vec())
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        if self.is_through() {
            return self.inner.digests();
        }
        let come = self.digests.partition_point(|(seq, _)| *seq <= self.come.seq);
        Ok(self.digests[..come].to_vec())
    }

    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        if self.is_through() {
            return self.inner.latest_snapshot();
        }
        Ok(self.snapshots.last().cloned())
    }

    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()> {
        if self.is_through() {
            return self.inner.scan(from, visit);
        }
        let last = self.come.seq;
        self.inner.scan(from, &mut |record| {
            if record.seq > last { Ok(ControlFlow::Break(())) } else { visit(record) }
        })
    }
}
