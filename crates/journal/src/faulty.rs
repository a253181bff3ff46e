//! A store that fails on demand: for tests of whatever stands on a store.
//!
//! Entry points: [`FaultyStore`], [`Fault`].
//!
//! The n-th write (segments and batches count alike, from 1) fails in one of the ways disks
//! fail. After that the store is poisoned, as the real one is; [`FaultyStore::into_disk`] gives
//! what a restarted process finds.

use std::collections::BTreeMap;

use crate::batch::Batch;
use crate::chain::Chain;
use crate::error::{JournalError, Result};
use crate::store::{Digest, Journal, Segment, SegmentStart, Snapshot, Store, Visit};

/// How a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No space left. The write is not there after a restart.
    Full,
    /// The file may not be written. The write is not there after a restart.
    Denied,
    /// The sync failed. Nobody knows until a restart whether the write is there.
    Sync {
        /// It is.
        kept: bool,
    },
    /// The write was cut in the middle. Recovery drops it whole.
    Torn,
}

/// A store around another one whose writes fail as planned.
#[derive(Debug)]
pub struct FaultyStore<S> {
    disk: S,
    plan: BTreeMap<u64, Fault>,
    writes: u64,
    poisoned: bool,
}

impl<S: Store> FaultyStore<S> {
    /// A store without any planned fault.
    #[must_use]
    pub fn new(disk: S) -> Self {
        Self { disk, plan: BTreeMap::new(), writes: 0, poisoned: false }
    }

    /// Lets the n-th write fail, counted from 1.
    #[must_use]
    pub fn failing_at(mut self, write: u64, fault: Fault) -> Self {
        self.plan.insert(write, fault);
        self
    }

    /// Writes so far, failed ones included.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// What is really stored: what a restarted process finds.
    #[must_use]
    pub fn into_disk(self) -> S {
        self.disk
    }

    fn write<T>(&mut self, real: impl FnOnce(&mut S) -> Result<T>) -> Result<T> {
        if self.poisoned {
            return Err(JournalError::Poisoned);
        }
        self.writes += 1;
        let Some(fault) = self.plan.remove(&self.writes) else {
            return real(&mut self.disk);
        };
        self.poisoned = true;
        let why = format!("injected at write {}", self.writes);
        Err(match fault {
            Fault::Full => JournalError::Full { why },
            Fault::Denied => JournalError::Denied { path: "injected".into(), why },
            Fault::Torn => JournalError::Device { why },
            Fault::Sync { kept } => {
                if kept {
                    real(&mut self.disk)?;
                }
                JournalError::Device { why }
            }
        })
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn open_segment(&mut self, start: &SegmentStart) -> Result<u64> {
        self.write(|disk| disk.open_segment(start))
    }

    fn append(&mut self, batch: &Batch) -> Result<u64> {
        if batch.is_empty() {
            return self.disk.append(batch);
        }
        self.write(|disk| disk.append(batch))
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        if self.poisoned {
            return Err(JournalError::Poisoned);
        }
        self.disk.put_snapshot(snapshot)
    }
}

impl<S: Store> Journal for FaultyStore<S> {
    fn last_seq(&self) -> u64 {
        self.disk.last_seq()
    }

    fn last_chain(&self) -> Chain {
        self.disk.last_chain()
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        self.disk.segments()
    }

    fn digests(&self) -> Result<Vec<(u64, Digest)>> {
        self.disk.digests()
    }

    fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        self.disk.latest_snapshot()
    }

    fn scan(&self, from: u64, visit: Visit<'_>) -> Result<()> {
        self.disk.scan(from, visit)
    }
}
