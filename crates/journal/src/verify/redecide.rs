//! Deciding again: the proof that the events of a journal follow from its inputs.
//!
//! Entry points: [`Redecide`], implemented by whoever has the engine, and [`redecide`].
//!
//! A segment written by the verifying build is decided again, input by input, and must give
//! the stored event records byte for byte. In a segment of another build the events are only
//! applied: later versions of deciding cannot change history. In both the stored digests of
//! the state must come out again.

use std::ops::ControlFlow;

use truefill_core::config::Config;
use truefill_core::event::Event;
use truefill_core::input::Envelope;
use truefill_core::time::Nanos;

use crate::batch::Batch;
use crate::content::Content;
use crate::error::{JournalError, Result};
use crate::segments::{Segments, unfit};
use crate::store::{Digest, Journal, Stored};

/// An engine that verification drives.
pub trait Redecide {
    /// A segment begins: what was known goes on under this configuration.
    ///
    /// # Errors
    /// A sentence that says why the engine cannot go on with it.
    fn segment(&mut self, build: &str, config: Config) -> std::result::Result<(), String>;

    /// Decides an input and adds its events to `out`, as the shell does.
    fn input(&mut self, envelope: &Envelope, out: &mut Batch);

    /// Notes an input that is not decided and led to the events that follow.
    fn replay_input(&mut self, envelope: &Envelope);

    /// Applies an event that is not decided.
    fn replay_event(&mut self, time: Nanos, event: &Event);

    /// Digest of the state, as the shell stores it.
    fn digest(&self) -> Digest;
}

/// What was done again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redecided {
    /// Inputs that were decided again and led to the stored events.
    pub inputs: u64,
    /// Events that were only applied.
    pub applied: u64,
    /// Digests that came out again.
    pub digests: u64,
}

/// Runs a journal through an engine. `build` is the build that verifies.
///
/// # Errors
/// [`JournalError::Damaged`] with the first record that does not follow.
pub fn redecide(
    journal: &dyn Journal,
    build: &str,
    engine: &mut dyn Redecide,
) -> Result<Redecided> {
    replay_from(journal, 1, Some(build), engine)
}

/// Runs the records from `from` on through an engine that is in the state before them, and
/// decides the segments of `build` again.
pub(crate) fn replay_from(
    journal: &dyn Journal,
    from: u64,
    build: Option<&str>,
    engine: &mut dyn Redecide,
) -> Result<Redecided> {
    let mut run = Run {
        segments: Segments::new(journal)?,
        digests: journal.digests()?.into_iter().peekable(),
        build,
        own: false,
        due: Batch::new(),
        next: 0,
        input: None,
        done: Redecided::default(),
    };
    // The engine went through what begins before.
    run.segments.entered_at(from.saturating_sub(1))?;
    while run.digests.next_if(|(seq, _)| *seq < from).is_some() {}
    journal.scan(from, &mut |record| {
        run.record(&record, engine)?;
        Ok(ControlFlow::Continue(()))
    })?;
    run.nothing_due(journal.last_seq() + 1)?;
    Ok(run.done)
}

struct Run<'a> {
    segments: Segments,
    digests: std::iter::Peekable<std::vec::IntoIter<(u64, Digest)>>,
    build: Option<&'a str>,
    /// The present segment was written by the verifying build.
    own: bool,
    /// Events of the last input, and how many of them were seen.
    due: Batch,
    next: usize,
    /// An input that is not decided and whose events were not seen yet.
    input: Option<Envelope>,
    done: Redecided,
}

impl Run<'_> {
    fn record(&mut self, record: &Stored<'_>, engine: &mut dyn Redecide) -> Result<()> {
        for (segment, config) in self.segments.entered_at(record.seq)? {
            self.nothing_due(record.seq)?;
            engine.segment(&segment.start.build, config).map_err(|why| unfit(record.seq, &why))?;
            self.own = self.build == Some(segment.start.build.as_str());
        }
        match Content::of(record)? {
            Content::Input(envelope) => self.input(record, envelope, engine)?,
            Content::Event(event) if self.own => self.compare(record, &event)?,
            Content::Event(event) => {
                // As in a step: an input without events counts for nothing.
                if let Some(envelope) = self.input.take() {
                    engine.replay_input(&envelope);
                }
                engine.replay_event(record.time, &event);
                self.done.applied += 1;
            }
        }
        if let Some((_, stored)) = self.digests.next_if(|(seq, _)| *seq == record.seq) {
            let found = engine.digest();
            if found != stored {
                let why = format!("the state after it has digest {found}, stored is {stored}");
                return Err(JournalError::damaged(record.seq, why));
            }
            self.done.digests += 1;
        }
        Ok(())
    }

    fn input(
        &mut self,
        record: &Stored<'_>,
        envelope: Envelope,
        engine: &mut dyn Redecide,
    ) -> Result<()> {
        self.nothing_due(record.seq)?;
        if self.own {
            self.due.clear();
            self.next = 0;
            engine.input(&envelope, &mut self.due);
            self.done.inputs += 1;
        } else {
            self.input = Some(envelope);
        }
        Ok(())
    }

    /// The stored event must be the next one that was decided.
    fn compare(&mut self, record: &Stored<'_>, event: &Event) -> Result<()> {
        let Some(due) = self.due.get(self.next) else {
            let why = format!("{} is stored, deciding again gives nothing more", event.kind());
            return Err(JournalError::damaged(record.seq, why));
        };
        if (due.time, due.body) != (record.time, record.body) {
            let why = format!(
                "{} is stored, deciding again gives {}{}",
                event.kind(),
                if due.kind == event.kind() { "another " } else { "" },
                due.kind
            );
            return Err(JournalError::damaged(record.seq, why));
        }
        self.next += 1;
        Ok(())
    }

    /// All events of the last input were stored.
    fn nothing_due(&self, seq: u64) -> Result<()> {
        match self.due.get(self.next) {
            None => Ok(()),
            Some(due) => {
                let why = format!("deciding the input before it again also gives {}", due.kind);
                Err(JournalError::damaged(seq, why))
            }
        }
    }
}
