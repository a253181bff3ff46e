//! What happened, in numbers.

use super::ideal;
use crate::broker::Broker;
use std::collections::BTreeMap;
use truefill_core::alert::AlertCode;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::event::{Alert, Block, Ending, Event, Lane, Mode};
use truefill_core::ids::{HoldingId, RequestId};
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
    /// When each holding's work became ready to be sent.
    ready: BTreeMap<HoldingId, Nanos>,
    writes: Vec<ideal::Write>,
    open: BTreeMap<RequestId, usize>,
    queue: Vec<QueuePoint>,
    incidents: Vec<Incident>,
    windows: Vec<truefill_core::config::Window>,
    arrival_max_ns: i64,
}

impl Measure {
    pub fn new(config: &Config) -> Self {
        Self {
            facts: Facts::default(),
            ready: BTreeMap::new(),
            writes: Vec::new(),
            open: BTreeMap::new(),
            queue: Vec::new(),
            incidents: Vec::new(),
            windows: config.descriptor.windows.clone(),
            arrival_max_ns: config.descriptor.held_ns(),
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
        match event {
            Event::Released(e) => {
                self.facts.orders += 1;
                self.left(now, e.ticket.holding, e.ticket.request);
            }
            Event::RequestClosed(e) => {
                if let Some(at) = self.open.remove(&e.request) {
                    let write = &mut self.writes[at];
                    let answered = e.ending == Ending::Answered;
                    let late_ns = self.arrival_max_ns;
                    let held = if answered { now.since(write.sent) } else { late_ns };
                    write.held_ns = if e.ending == Ending::Withdrawn { 0 } else { held };
                }
            }
            Event::Learned(e) => match e.item {
                Item::Doubt(_) => self.facts.unknown_outcomes += 1,
                Item::Fill(_) => self.facts.fills += 1,
                _ => {}
            },
            Event::Repeated(_) => {
                self.facts.repeats += 1;
            }
            Event::Alert(e) if e.code == AlertCode::PositionDrift => self.facts.drifts += 1,
            Event::Staged(e) => {
                let ready = matches!(e.lane, Lane::Add | Lane::Reduce) && e.blocked == Block::Open;
                if ready {
                    self.ready.entry(e.holding).or_insert(now);
                } else {
                    self.ready.remove(&e.holding);
                }
            }
            _ => {}
        }
    }

    fn left(&mut self, now: Nanos, holding: HoldingId, request: RequestId) {
        let ready = self.ready.remove(&holding).unwrap_or(now);
        self.open.insert(request, self.writes.len());
        let held_ns = self.arrival_max_ns;
        self.writes.push(ideal::Write { ready, sent: now, held_ns });
        if self.queue.len() < KEPT {
            self.queue.push(QueuePoint { time: now, wait_ns: now.since(ready), holding });
        }
    }

    pub fn facts(&self, engine: &Engine, broker: &Broker) -> Facts {
        let mut facts = self.facts.clone();
        let truth = broker.truth();
        facts.rate_limit_hits = truth.limit_hits() as u64;
        facts.doubled_orders = truth.doubled_client_ids().len() as u64;
        (facts.send_ns, facts.least_send_ns) = ideal::schedule(&self.writes, &self.windows);
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
