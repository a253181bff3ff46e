//! From a journal back to an engine.
//!
//! Entry points: [`recover`], [`snapshot_of`], [`Replayer`].
//!
//! Recovery is the newest snapshot plus the tail: events are applied, nothing is decided. A
//! snapshot that does not give its digest again (damaged, or written by a build that keeps its
//! state differently) is as good as none, and everything is applied from the first record on.
//! Digests on the way have to come out again; a journal whose state cannot be reproduced must
//! not trade.

use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::event::Event;
use truefill_core::input::Envelope;
use truefill_core::record::bytes;
use truefill_core::state::State;
use truefill_core::time::Nanos;

use crate::batch::Batch;
use crate::error::{JournalError, Result};
use crate::segments::Segments;
use crate::store::{Digest, Journal, Snapshot};
use crate::verify::{Redecide, replay_from};

/// The engine as the journal knows it, ready to start under `config`. A new journal gives a
/// new engine.
///
/// # Errors
/// [`JournalError::Damaged`] when a record cannot be read or a stored digest does not come out
/// again; [`JournalError::Unfit`] when the configuration does not fit what the journal knows.
pub fn recover(journal: &dyn Journal, config: Config) -> Result<Engine> {
    if let Some(last) = journal.segments()?.last() {
        let fits = config.continues(&last.config()?);
        fits.map_err(|why| JournalError::Unfit { why })?;
    }
    let restored = match journal.latest_snapshot()? {
        Some(snapshot) => restore(journal, &snapshot)?,
        None => None,
    };
    let (mut replayer, from) = match restored {
        Some((engine, seq)) => {
            let last = truefill_core::planted!(SnapshotIsAll);
            let seq = if last { journal.last_seq() } else { seq };
            (Replayer { engine: Some(engine) }, seq + 1)
        }
        None => (Replayer::default(), 1),
    };
    replay_from(journal, from, None, &mut replayer)?;
    let engine = match replayer.engine {
        Some(engine) => Engine::recovered(config, engine.state().clone()),
        None => Engine::new(config),
    };
    engine.map_err(|why| JournalError::Unfit { why })
}

/// What to store so that recovery can begin here. `seq` is the last record in the journal.
#[must_use]
pub fn snapshot_of(engine: &Engine, seq: u64) -> Snapshot {
    let mut body = Vec::new();
    bytes::encode(&engine.state().snapshot(true), &mut body);
    Snapshot { seq, digest: Digest::from(engine.digest()), body }
}

/// The engine of a snapshot, if it is what was stored.
fn restore(journal: &dyn Journal, snapshot: &Snapshot) -> Result<Option<(Engine, u64)>> {
    let entered = Segments::new(journal)?.entered_at(snapshot.seq)?;
    let Some((_, config)) = entered.into_iter().next_back() else { return Ok(None) };
    let Ok(stored) = bytes::decode(&snapshot.body) else { return Ok(None) };
    let state = State::restore(&config, stored);
    let Ok(engine) = Engine::recovered(config, state) else { return Ok(None) };
    let same = Digest::from(engine.digest()) == snapshot.digest;
    Ok(same.then_some((engine, snapshot.seq)))
}

/// The engine of this build behind [`Redecide`].
#[derive(Debug, Default)]
pub struct Replayer {
    engine: Option<Engine>,
}

impl Replayer {
    /// The engine, once a segment was entered.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }
}

impl Redecide for Replayer {
    fn segment(&mut self, _build: &str, config: Config) -> std::result::Result<(), String> {
        self.engine = Some(match self.engine.take() {
            Some(before) => Engine::recovered(config, before.state().clone())?,
            None => Engine::new(config)?,
        });
        Ok(())
    }

    fn input(&mut self, envelope: &Envelope, out: &mut Batch) {
        if let Some(engine) = &mut self.engine {
            for event in &engine.step(envelope).events {
                out.event(envelope.now, event);
            }
        }
    }

    fn replay_input(&mut self, _envelope: &Envelope) {
        if let Some(engine) = &mut self.engine {
            engine.replay_input();
        }
    }

    fn replay_event(&mut self, time: Nanos, event: &Event) {
        if let Some(engine) = &mut self.engine {
            engine.replay(time, event);
        }
    }

    fn digest(&self) -> Digest {
        Digest::from(self.engine.as_ref().map_or(0, Engine::digest))
    }
}
