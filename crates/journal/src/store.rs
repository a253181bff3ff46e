//! The store contract: what the shell, the simulator and recovery rely on.
//!
//! Entry points: [`Store`] for writing, [`Journal`] for reading, [`Records`].
//!
//! Invariants every store keeps:
//! 1. A batch is wholly there or not at all, and once [`Store::append`] has returned it is
//!    there after any crash (law 4). One call is one durable commit.
//! 2. Sequence numbers are contiguous from 1 over all segments; batches are contiguous from 1.
//! 3. After a failed append nothing more is taken: memory and file may differ.
//! 4. A snapshot may be lost at any time; records may not.

use std::fmt;
use std::ops::ControlFlow;

use truefill_core::config::Config;
use truefill_core::record::bytes;
use truefill_core::time::Nanos;

use crate::batch::Batch;
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::text::{Names, to_json};

/// Whether a record went into the engine or came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// What happened to the engine: an `Envelope`.
    Input,
    /// What the engine decided: an `Event`.
    Event,
}

impl Direction {
    /// The word as the journal's tables show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Event => "event",
        }
    }

    /// The direction with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "input" => Some(Self::Input),
            "event" => Some(Self::Event),
            _ => None,
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Input => 1,
            Self::Event => 2,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Digest of the engine's hot state.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(
    /// The 16 bytes.
    pub [u8; 16],
);

impl From<u128> for Digest {
    fn from(value: u128) -> Self {
        Self(value.to_be_bytes())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a start of the engine writes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentStart {
    /// When.
    pub started: Nanos,
    /// Epoch of this start; larger than that of any start before.
    pub epoch: u64,
    /// Which program decides in this segment.
    pub build: String,
    /// The resolved configuration, as record bytes.
    pub config: Vec<u8>,
    /// The same as JSON, for people.
    pub config_json: String,
}

impl SegmentStart {
    /// A start under this configuration.
    #[must_use]
    pub fn new(started: Nanos, epoch: u64, build: &str, config: &Config) -> Self {
        let mut encoded = Vec::new();
        bytes::encode(config, &mut encoded);
        Self {
            started,
            epoch,
            build: build.to_owned(),
            config: encoded,
            config_json: to_json(config, Some(&Names::of(config))),
        }
    }
}

/// A segment: one start of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number, contiguous from 1.
    pub id: u64,
    /// What it began with.
    pub start: SegmentStart,
    /// First record of the segment, or of whatever comes after it if it has none.
    pub first_seq: u64,
}

impl Segment {
    /// The configuration.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when its bytes cannot be read.
    pub fn config(&self) -> Result<Config> {
        bytes::decode(&self.start.config).map_err(|error| {
            JournalError::undecodable(self.first_seq, "the segment's configuration", &error)
        })
    }
}

/// The engine's state after some record, to begin recovery from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record it contains.
    pub seq: u64,
    /// Digest of the state.
    pub digest: Digest,
    /// The state, in the engine's own encoding.
    pub body: Vec<u8>,
}

/// One stored record, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// The batch it was committed in.
    pub batch: u64,
    /// When it was stepped.
    pub time: Nanos,
    /// Input or event.
    pub direction: Direction,
    /// Name of its kind.
    pub kind: &'a str,
    /// Its bytes.
    pub body: &'a [u8],
}

impl Stored<'_> {
    /// A copy that stands alone.
    #[must_use]
    pub fn to_owned(&self) -> StoredRecord {
        StoredRecord {
            seq: self.seq,
            batch: self.batch,
            time: self.time,
            direction: self.direction,
            kind: self.kind.to_owned(),
            body: self.body.to_owned(),
        }
    }
}

/// One stored record, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// The batch it was committed in.
    pub batch: u64,
    /// When it was stepped.
    pub time: Nanos,
    /// Input or event.
    pub direction: Direction,
    /// Name of its kind.
    pub kind: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl StoredRecord {
    /// The record, borrowed.
    #[must_use]
    pub fn as_stored(&self) -> Stored<'_> {
        Stored {
            seq: self.seq,
            batch: self.batch,
            time: self.time,
            direction: self.direction,
            kind: &self.kind,
            body: &self.body,
        }
    }
}

/// Called for each record of a scan; `Break` ends it.
pub type Visit<'v> = &'v mut dyn FnMut(Stored<'_>) -> Result<ControlFlow<()>>;

/// A journal that can be read.
pub trait Journal {
    /// Number of the last record; 0 without any.
    fn last_seq(&self) -> u64;

    /// Value of the hash chain after the last batch or segment.
    fn last_chain(&self) -> Chain;

    /// All segments.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn segments(&self) -> Result<Vec<Segment>>;

    /// All state digests with the record they follow.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn digests(&self) -> Result<Vec<(u64, Digest)>>;

    /// The newest snapshot that is intact.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn latest_snapshot(&self) -> Result<Option<Snapshot>>;

    /// Visits the records from `from` on in order, streaming.
    ///
    /// # Errors
    /// When the store cannot be read, or what the visitor returns.
    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()>;

    /// The records from `from` on as an iterator; memory stays bounded.
    fn records(&self, from: u64) -> Records<'_>
    where
        Self: Sized,
    {
        Records::new(self, from)
    }
}

/// A journal that can be written.
pub trait Store: Journal + Send {
    /// Opens a segment; each start of the engine opens one before it appends. Returns its
    /// number.
    ///
    /// # Errors
    /// As [`Store::append`]; [`JournalError::Misuse`] when the epoch is not above all before.
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64>;

    /// Appends a batch with one durable commit and returns the number of its last record. An
    /// empty batch does nothing.
    ///
    /// # Errors
    /// Any error but [`JournalError::Misuse`] poisons the store: the batch may or may not be
    /// there, nothing more is taken.
    fn append(&mut self, batch: &Batch) -> Result<u64>;

    /// Stores a snapshot and drops all but the last two.
    ///
    /// # Errors
    /// When it could not be stored. The store stays usable: snapshots are disposable.
    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()>;
}

/// Records that [`Records`] fetches at once.
const PAGE: usize = 256;

/// Iterator over stored records, read in pages.
pub struct Records<'s> {
    store: &'s dyn Journal,
    next: u64,
    page: std::vec::IntoIter<StoredRecord>,
    done: bool,
}

impl fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<'s> Records<'s> {
    /// The records of a store from `from` on.
    #[must_use]
    pub fn new(store: &'s dyn Journal, from: u64) -> Self {
        Self { store, next: from, page: Vec::new().into_iter(), done: false }
    }

    fn fetch(&mut self) -> Result<()> {
        let mut page = Vec::with_capacity(PAGE);
        self.store.scan(self.next, &mut |record| {
            page.push(record.to_owned());
            Ok(if page.len() == PAGE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        self.done = page.len() < PAGE;
        self.next = page.last().map_or(self.next, |record| record.seq + 1);
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for Records<'_> {
    type Item = Result<StoredRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.done
            && let Err(error) = self.fetch()
        {
            self.done = true;
            return Some(Err(error));
        }
        self.page.next().map(Ok)
    }
}
