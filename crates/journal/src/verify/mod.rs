//! Verification: is the file what was written, and do its events follow from its inputs?
//!
//! Entry points: [`verify`], [`VerifyReport`].
//!
//! What is checked, in this order: the file is a journal of a format this build knows; its
//! tables are ours; sequence numbers, batches and segments are contiguous; the hash chain over
//! everything stored; every record, configuration and snapshot can be read. With an engine
//! given, its segments are decided again, see [`redecide`](fn@redecide).
//!
//! The first problem ends the check: what comes after it cannot be trusted anyway.

mod redecide;

use std::path::{Path, PathBuf};

use truefill_core::time::Nanos;

pub(crate) use redecide::replay_from;
pub use redecide::{Redecide, Redecided, redecide};

use crate::chain::Chain;
use crate::content::Content;
use crate::error::{ErrorKind, JournalError, Result};
use crate::sqlite::{FORMAT, Reader, Walk, check_tables, walk};
use crate::store::{Direction, Journal, Segment, Stored};

/// One segment as verification saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentReport {
    /// Its number.
    pub id: u64,
    /// When the engine started.
    pub started: Nanos,
    /// The program.
    pub build: String,
    /// Its first record.
    pub first_seq: u64,
    /// Its intact records.
    pub records: u64,
}

/// What verification found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: i64,
    /// Its segments, as far as they are intact.
    pub segments: Vec<SegmentReport>,
    /// Intact batches, inputs, events and digests.
    pub batches: u64,
    /// Inputs among the intact records.
    pub inputs: u64,
    /// Events among the intact records.
    pub events: u64,
    /// State digests.
    pub digests: u64,
    /// The last intact record.
    pub last_seq: u64,
    /// The chain value after it. Noted elsewhere, it proves later that nothing was cut off.
    pub last_chain: Chain,
    /// What was decided again, when an engine was given.
    pub redecided: Option<Redecided>,
    /// The first problem.
    pub problem: Option<JournalError>,
}

impl VerifyReport {
    /// True without a problem.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problem.is_none()
    }
}

/// Verifies a journal file. With `engine` (the verifying build and its engine), segments of
/// that build are decided again.
///
/// The file is only read. An engine may be running on it; what is verified is the moment at
/// which the check began.
///
/// # Errors
/// When there is nothing to verify: no such file, an empty one, no journal, a newer format, no
/// right to read. What is wrong inside is in [`VerifyReport::problem`].
pub fn verify(path: &Path, engine: Option<(&str, &mut dyn Redecide)>) -> Result<VerifyReport> {
    let mut report = blank(path);
    let reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(error) if error.kind() == ErrorKind::Damaged => {
            report.problem = Some(error);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    let mut reader = reader;
    let mut stored = check_stored(&reader, &mut report);
    // An engine that started meanwhile may have moved pages under a reader without a log.
    if stored.is_err()
        && let Some(thawed) = reader.thawed()?
    {
        reader = thawed;
        report = blank(path);
        stored = check_stored(&reader, &mut report);
    }
    let proven = stored.and_then(|()| match engine {
        Some((build, engine)) => redecide(&reader, build, engine).map(Some),
        None => Ok(None),
    });
    match proven {
        Ok(redecided) => report.redecided = redecided,
        Err(error) => report.problem = Some(error),
    }
    Ok(report)
}

fn blank(path: &Path) -> VerifyReport {
    VerifyReport {
        path: path.to_path_buf(),
        format: FORMAT,
        segments: Vec::new(),
        batches: 0,
        inputs: 0,
        events: 0,
        digests: 0,
        last_seq: 0,
        last_chain: Chain::GENESIS,
        redecided: None,
        problem: None,
    }
}

/// Counts of a batch that is not known to be intact yet.
#[derive(Default)]
struct Open {
    inputs: u64,
    events: u64,
    digests: u64,
    last_seq: u64,
}

fn check_stored(reader: &Reader, report: &mut VerifyReport) -> Result<()> {
    check_tables(reader.conn(), reader.path())?;
    let mut open = Open::default();
    walk(reader.conn(), reader.path(), 0, &mut |step| {
        match step {
            Walk::Segment(segment) => {
                segment.config()?;
                report.segments.push(segment_report(segment));
            }
            Walk::Record(record) => open.record(&record)?,
            Walk::Digest => open.digests += 1,
            Walk::Batch(chain) => open.close(report, chain),
        }
        Ok(())
    })?;
    report.last_chain = reader.last_chain();
    reader.latest_snapshot().map(drop)
}

fn segment_report(segment: &Segment) -> SegmentReport {
    SegmentReport {
        id: segment.id,
        started: segment.start.started,
        build: segment.start.build.clone(),
        first_seq: segment.first_seq,
        records: 0,
    }
}

impl Open {
    fn record(&mut self, record: &Stored<'_>) -> Result<()> {
        if let Content::Input(envelope) = Content::of(record)?
            && envelope.now != record.time
        {
            return Err(JournalError::damaged(record.seq, "its time is not that of its content"));
        }
        match record.direction {
            Direction::Input => self.inputs += 1,
            Direction::Event => self.events += 1,
        }
        self.last_seq = record.seq;
        Ok(())
    }

    fn close(&mut self, report: &mut VerifyReport, chain: Chain) {
        let batch = std::mem::take(self);
        report.batches += 1;
        report.inputs += batch.inputs;
        report.events += batch.events;
        report.digests += batch.digests;
        (report.last_seq, report.last_chain) = (batch.last_seq, chain);
        if let Some(segment) = report.segments.last_mut() {
            segment.records += batch.inputs + batch.events;
        }
    }
}
