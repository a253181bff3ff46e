//! A journal in memory: for simulation, benchmarks and tests.
//!
//! Entry point: [`MemoryStore`]. It keeps the contract of [`Store`] except that nothing is
//! durable. What is kept is the frames of the batches, so an append is one copy; the hash chain
//! is computed when it is asked for.

use std::cell::Cell;
use std::ops::ControlFlow;

use crate::batch::Batch;
use crate::chain::{Chain, Frame, Frames};
use crate::error::{JournalError, Result};
use crate::store::{Digest, Journal, Segment, SegmentStart, Snapshot, Store, Stored, Visit};

#[derive(Clone, Debug)]
struct BatchEnd {
    segment: u64,
    /// Records up to and with this batch.
    records: u64,
    /// Bytes of frames up to and with this batch.
    frames: usize,
}

/// A journal in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    frames: Vec<u8>,
    batches: Vec<BatchEnd>,
    /// Segments with the number of batches before them.
    segments: Vec<(usize, Segment)>,
    digests: Vec<(u64, Digest)>,
    snapshots: Vec<Snapshot>,
    /// Opened by this process: an append needs one.
    open: bool,
    /// Chain after so many segments and batches.
    chained: Cell<(usize, usize, Chain)>,
}

impl MemoryStore {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty journal with room for so many bytes of batches.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { frames: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// What a restarted process finds: everything that was appended, no open segment.
    #[must_use]
    pub fn reopened(mut self) -> Self {
        self.open = false;
        self
    }

    /// Number of batches.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// Bytes of all batches.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Records and bytes before a batch.
    fn batch_start(&self, at: usize) -> (u64, usize) {
        match at.checked_sub(1).and_then(|before| self.batches.get(before)) {
            Some(end) => (end.records, end.frames),
            None => (0, 0),
        }
    }
}

impl Store for MemoryStore {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        let before = self.segments.last().map(|(_, segment)| segment);
        if before.is_some_and(|segment| segment.start.epoch >= start.epoch) {
            return Err(JournalError::misuse("the epoch of a start must grow"));
        }
        let id = self.segments.len() as u64 + 1;
        let segment = Segment { id, start: start.clone(), first_seq: self.last_seq() + 1 };
        self.segments.push((self.batches.len(), segment));
        self.open = true;
        Ok(id)
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        if !self.open {
            return Err(JournalError::misuse("append before a segment was opened"));
        }
        if batch.is_empty() {
            return Ok(self.last_seq());
        }
        let before = self.last_seq();
        self.frames.extend_from_slice(batch.frames());
        for &(at, digest) in batch.digests() {
            self.digests.push((before + at as u64 + 1, digest));
        }
        self.batches.push(BatchEnd {
            segment: self.segments.len() as u64,
            records: before + batch.len() as u64,
            frames: self.frames.len(),
        });
        Ok(self.last_seq())
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        if snapshot.seq > self.last_seq() {
            return Err(JournalError::misuse("a snapshot of records that are not stored"));
        }
        self.snapshots.retain(|old| old.seq != snapshot.seq);
        self.snapshots.push(snapshot.clone());
        self.snapshots.sort_by_key(|kept| kept.seq);
        if self.snapshots.len() > 2 {
            self.snapshots.remove(0);
        }
        Ok(())
    }
}

impl Journal for MemoryStore {
    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(self.snapshots.last().cloned())
    }

    fn last_seq(&self) -> u64 {
        self.batches.last().map_or(0, |end| end.records)
    }

    fn last_chain(&self) -> Chain {
        let (mut segments, mut batches, mut chain) = self.chained.get();
        loop {
            if let Some((before, segment)) = self.segments.get(segments)
                && *before <= batches
            {
                chain = chain.segment(segment.id, &segment.start);
                segments += 1;
            } else if let Some(end) = self.batches.get(batches) {
                let (records, frames) = self.batch_start(batches);
                let count = end.records - records;
                let bytes = &self.frames[frames..end.frames];
                chain = chain.batch(end.segment, records + 1, count, bytes);
                batches += 1;
            } else {
                break;
            }
        }
        self.chained.set((segments, batches, chain));
        chain
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        Ok(self.segments.iter().map(|(_, segment)| segment.clone()).collect())
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        Ok(self.digests.clone())
    }

    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()> {
        let first = self.batches.partition_point(|end| end.records < from);
        for (at, end) in self.batches.iter().enumerate().skip(first) {
            let (mut seq, start) = self.batch_start(at);
            for frame in Frames::new(&self.frames[start..end.frames]) {
                let Frame::Record { direction, time, kind, body } = frame else { continue };
                seq += 1;
                let record = Stored { seq, batch: at as u64 + 1, time, direction, kind, body };
                if seq >= from && visit(record)? == ControlFlow::Break(()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
