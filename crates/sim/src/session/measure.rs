//! What happened, in numbers.

use super::pace::Pace;
use crate::broker::Broker;
use std::collections::BTreeMap;
use truefill_core::alert::AlertCode;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::event::{Alert, Event, Mode};
use truefill_core::ids::HoldingId;
use truefill_core::num::Qty;
use truefill_core::order::evidence::Item;
use truefill_core::time::Nanos;

/// Most points and incidents kept for pictures and lists; counts are complete.
const KEPT: usize = 100_000;

/// Numbers of a session.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// New orders released.
    pub orders: u64,
    /// Executions booked, each once.
    pub fills: u64,
    /// Requests sent, reads included.
    pub requests: u64,
    /// Requests that really exceeded the broker's limit.
    pub rate_limit_hits: u64,
    /// Writes without a certain outcome.
    pub unknown_outcomes: u64,
    /// Differences between broker and journal that were found.
    pub drifts: u64,
    /// Messages that told nothing new.
    pub repeats: u64,
    /// Crashes and restarts of the engine.
    pub crashes: u64,
    /// Turns of the shell.
    pub turns: u64,
    /// Orders that the broker got twice.
    pub doubled_orders: u64,
    /// Worst violation of law 5 at any release.
    pub max_overshoot: Qty,
    /// Events decided.
    pub events: u64,
    /// Time in which work waited for a slot, all bursts together.
    pub send_ns: i64,
    /// The same with the best schedule that law 7 allows on the observed replies.
    pub least_send_ns: i64,
    /// What the engine may do at the end.
    pub mode: String,
    /// Alerts by code.
    pub alerts: BTreeMap<&'static str, u64>,
}

/// How long a request waited in our queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePoint {
    /// When it was sent.
    pub time: Nanos,
    /// How long it waited, in nanoseconds.
    pub wait_ns: i64,
    /// For which holding.
    pub holding: HoldingId,
}

/// Something people were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When.
    pub time: Nanos,
    /// What.
    pub code: AlertCode,
    /// About which holding.
    pub holding: Option<HoldingId>,
    /// In words.
    pub text: String,
}

#[derive(Debug)]
pub(super) struct Measure {
    facts: Facts,
    pace: Pace,
    queue: Vec<QueuePoint>,
    incidents: Vec<Incident>,
}

impl Measure {
    pub fn new(config: &Config) -> Self {
        Self {
            facts: Facts::default(),
            pace: Pace::new(config, usize::MAX),
            queue: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub fn sent(&mut self) {
        self.facts.requests += 1;
    }

    pub fn crashed(&mut self) {
        self.facts.crashes += 1;
    }

    pub fn alert(&mut self, time: Nanos, alert: Alert) {
        *self.facts.alerts.entry(alert.code.as_str()).or_default() += 1;
        if self.incidents.len() < KEPT {
            let (code, holding, text) = (alert.code, alert.holding, alert.text);
            self.incidents.push(Incident { time, code, holding, text });
        }
    }

    pub fn event(&mut self, now: Nanos, event: &Event) {
        self.facts.events += 1;
        if let Some((holding, wait_ns)) = self.pace.event(now, event) {
            self.facts.orders += 1;
            if self.queue.len() < KEPT {
                self.queue.push(QueuePoint { time: now, wait_ns, holding });
            }
        }
        match event {
            Event::Learned(e) => match e.item {
                Item::Doubt(_) => self.facts.unknown_outcomes += 1,
                Item::Fill(_) => self.facts.fills += 1,
                _ => {}
            },
            Event::Repeated(_) => {
                self.facts.repeats += 1;
            }
            Event::Alert(e) if e.code == AlertCode::PositionDrift => self.facts.drifts += 1,
            _ => {}
        }
    }

    pub fn facts(&self, engine: &Engine, broker: &Broker) -> Facts {
        let mut facts = self.facts.clone();
        let truth = broker.truth();
        facts.rate_limit_hits = truth.limit_hits() as u64;
        facts.doubled_orders = truth.doubled_client_ids().len() as u64;
        (facts.send_ns, facts.least_send_ns) = self.pace.send_ns();
        facts.mode = match engine.state().mode {
            Mode::Running => "running".to_owned(),
            other => other.to_string(),
        };
        facts
    }

    pub fn into_parts(self) -> (Vec<QueuePoint>, Vec<Incident>) {
        (self.queue, self.incidents)
    }
}
