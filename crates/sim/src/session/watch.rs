//! Eyes on a session: what is decided, what becomes durable, what leaves.
//!
//! Entry point: [`Watch`]. A watcher sees; it changes nothing.

use crate::broker::Broker;
use crate::faults::FaultKind;
use truefill_core::effect::Effect;
use truefill_core::engine::{Engine, Step};
use truefill_core::input::Envelope;
use truefill_core::time::Nanos;

/// Sees everything that crosses the engine's border.
pub trait Watch {
    /// The engine decided this; nothing of it is durable yet.
    fn step(&mut self, _envelope: &Envelope, _step: &Step, _engine: &Engine) {}

    /// The journal has everything up to this record.
    fn durable(&mut self, _seq: u64) {}

    /// An effect is about to be run.
    fn effect(&mut self, _now: Nanos, _effect: &Effect) {}

    /// The engine's process died; after its last commit, or before.
    fn crashed(&mut self, _now: Nanos, _committed: bool) {}

    /// Faults stopped: the second phase begins.
    fn settling(&mut self, _now: Nanos) {}

    /// The end, after the books of the day were closed.
    fn end(&mut self, _engine: &Engine, _broker: &Broker) {}
}

/// Sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatch;

impl Watch for NoWatch {}

/// A fault beyond the descriptor has struck.
pub(crate) fn went_beyond(broker: &Broker) -> bool {
    broker.faults_struck().any(|(kind, times): (FaultKind, u64)| kind.is_beyond() && times > 0)
}
