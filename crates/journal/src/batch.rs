//! A batch: what the engine took in and decided between two commits, in order.
//!
//! Entry point: [`Batch`]. The shell keeps one, clears it and fills it again, so that the hot
//! path allocates nothing once the buffers have grown.
//!
//! Invariants: (1) records are encoded once, straight into the frames the chain is computed
//! over; (2) an input comes before the events it led to.

use std::ops::Range;

use truefill_core::event::Event;
use truefill_core::input::Envelope;
use truefill_core::record::{Record, bytes};
use truefill_core::time::Nanos;

use crate::chain::{close_frame, digest_frame, open_frame};
use crate::store::{Digest, Direction};

/// One record of a batch, pointing into its frames.
#[derive(Clone, Debug)]
struct Entry {
    time: Nanos,
    direction: Direction,
    kind: &'static str,
    body: Range<usize>,
}

/// Inputs and events that are committed together or not at all.
///
/// ```
/// use truefill_core::event::{Event, Suspected};
/// use truefill_core::input::{Envelope, Input, Tick};
/// use truefill_core::time::Nanos;
/// use truefill_journal::Batch;
/// let mut batch = Batch::new();
/// let envelope = Envelope { now: Nanos(1), marks: vec![], input: Input::Tick(Tick {}) };
/// batch.step(&envelope, &[Event::Suspected(Suspected { all_orders: None })]);
/// assert_eq!(batch.len(), 2);
/// batch.clear();
/// assert!(batch.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    frames: Vec<u8>,
    entries: Vec<Entry>,
    digests: Vec<(usize, Digest)>,
}

impl Batch {
    /// An empty batch without buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for so many records and bytes.
    #[must_use]
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self {
            frames: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(records),
            digests: Vec::new(),
        }
    }

    /// Forgets the content and keeps the buffers.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.entries.clear();
        self.digests.clear();
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds what a step led to: the input and its events. A step without events changed
    /// nothing, so nothing of it is stored.
    pub fn step(&mut self, envelope: &Envelope, events: &[Event]) {
        if !events.is_empty() {
            self.input(envelope);
            events.iter().for_each(|event| self.event(envelope.now, event));
        }
    }

    /// Adds an input. Its events follow.
    pub fn input(&mut self, envelope: &Envelope) {
        self.push(Direction::Input, envelope.now, envelope.input.kind(), envelope);
    }

    /// Adds an event.
    pub fn event(&mut self, time: Nanos, event: &Event) {
        self.push(Direction::Event, time, event.kind(), event);
    }

    /// Notes the digest of the state after the records so far. Without a new record before it
    /// there is nothing to pin it to, and it is dropped.
    pub fn digest(&mut self, digest: Digest) {
        if let Some(last) = self.entries.len().checked_sub(1)
            && self.digests.last().is_none_or(|&(at, _)| at < last)
        {
            digest_frame(&mut self.frames, digest);
            self.digests.push((last, digest));
        }
    }

    /// The records: direction, time, kind and body.
    pub fn records(&self) -> impl ExactSizeIterator<Item = BatchRecord<'_>> {
        self.entries.iter().map(|entry| self.show(entry))
    }

    /// The record at this position, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<BatchRecord<'_>> {
        self.entries.get(at).map(|entry| self.show(entry))
    }

    fn show(&self, entry: &Entry) -> BatchRecord<'_> {
        BatchRecord {
            direction: entry.direction,
            time: entry.time,
            kind: entry.kind,
            body: &self.frames[entry.body.clone()],
        }
    }

    pub(crate) fn frames(&self) -> &[u8] {
        &self.frames
    }

    /// Digests with the index of the record they follow.
    pub(crate) fn digests(&self) -> &[(usize, Digest)] {
        &self.digests
    }

    fn push<R: Record>(
        &mut self,
        direction: Direction,
        time: Nanos,
        kind: &'static str,
        record: &R,
    ) {
        let start = open_frame(&mut self.frames, direction, time, kind);
        bytes::encode(record, &mut self.frames);
        let len = close_frame(&mut self.frames, start);
        self.entries.push(Entry { time, direction, kind, body: start..start + len });
    }
}

/// One record of a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRecord<'a> {
    /// Input or event.
    pub direction: Direction,
    /// When it was stepped.
    pub time: Nanos,
    /// Name of its kind.
    pub kind: &'static str,
    /// Its bytes.
    pub body: &'a [u8],
}
