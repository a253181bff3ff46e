//! How long writes took to leave, beside the best schedule that law 7 allows.
//!
//! Entry point: [`Pace`].
//!
//! The best schedule knows the replies in advance: each write is sent as soon as it is ready and a slot is
//! free, with the round trip that was really observed. A slot is held until the reply plus the
//! window, as the law says.

use std::collections::{BTreeMap, VecDeque};
use truefill_core::config::{Config, Scope, Window};
use truefill_core::event::{Block, Ending, Event, Lane};
use truefill_core::ids::{HoldingId, RequestId};
use truefill_core::time::Nanos;

/// A write as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Write {
    /// When its work was there.
    ready: Nanos,
    /// When it left.
    sent: Nanos,
    /// From leaving until the reply, or the longest arrival without one.
    held_ns: i64,
}

/// Watches new orders leave, by the engine's events.
#[derive(Clone, Debug)]
pub struct Pace {
    /// When each holding's work became ready to be sent.
    ready: BTreeMap<HoldingId, Nanos>,
    writes: Vec<Write>,
    open: BTreeMap<RequestId, usize>,
    most: usize,
    windows: Vec<Window>,
    arrival_max_ns: i64,
}

impl Pace {
    /// Before the first event. At most so many orders are measured, the first ones.
    #[must_use]
    pub fn new(config: &Config, most: usize) -> Self {
        Self {
            most,
            ready: BTreeMap::new(),
            writes: Vec::new(),
            open: BTreeMap::new(),
            windows: config.descriptor.windows.clone(),
            arrival_max_ns: config.descriptor.held_ns(),
        }
    }

    /// An event of the engine. For an order that leaves: for whom, and how long it has waited.
    pub fn event(&mut self, now: Nanos, event: &Event) -> Option<(HoldingId, i64)> {
        match event {
            Event::Released(e) => {
                let holding = e.ticket.holding;
                let ready = self.ready.remove(&holding).unwrap_or(now);
                if self.writes.len() < self.most {
                    self.open.insert(e.ticket.request, self.writes.len());
                    let held_ns = self.arrival_max_ns;
                    self.writes.push(Write { ready, sent: now, held_ns });
                }
                return Some((holding, now.since(ready)));
            }
            Event::RequestClosed(e) => {
                let at = self.open.remove(&e.request);
                if let Some(write) = at.and_then(|at| self.writes.get_mut(at)) {
                    let answered = e.ending == Ending::Answered;
                    let held = if answered { now.since(write.sent) } else { self.arrival_max_ns };
                    write.held_ns = if e.ending == Ending::Withdrawn { 0 } else { held };
                }
            }
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
        None
    }

    /// (observed, least) time in which work waited or was being sent, in nanoseconds: `send_seconds`
    /// and `least_send_seconds` of a run.
    #[must_use]
    pub fn send_ns(&self) -> (i64, i64) {
        schedule(&self.writes, &self.windows)
    }
}

/// (observed, best) time in which work waited or was being sent, over all bursts, in
/// nanoseconds. A burst begins with work that is ready and ends with the last write before the
/// queue is empty.
fn schedule(writes: &[Write], windows: &[Window]) -> (i64, i64) {
    let counted = windows.iter().filter(|w| w.scope != Scope::Reads);
    let mut slots: Vec<Slots> = counted
        .map(|w| Slots {
            n: usize::try_from(w.n).unwrap_or(usize::MAX),
            per_ns: w.per_ns,
            taken: VecDeque::new(),
        })
        .collect();
    let mut bursts: Vec<Burst> = Vec::new();
    let (mut last_sent, mut last_at) = (Nanos(i64::MIN), Nanos(i64::MIN));
    for write in writes {
        // In the order in which they were sent: a write never overtakes.
        let from = write.ready.max(last_at);
        let at = slots.iter().fold(from, |at, slots| at.max(slots.free_at()));
        last_at = at;
        for slots in &mut slots {
            slots.take(at, write.held_ns);
        }
        match bursts.last_mut() {
            Some(burst) if write.ready <= last_sent => burst.add(write, at),
            _ => bursts.push(Burst { from: write.ready, sent: write.sent, best: at }),
        }
        last_sent = last_sent.max(write.sent);
    }
    let observed = bursts.iter().map(|b| b.sent.since(b.from)).sum();
    let best = bursts.iter().map(|b| b.best.since(b.from)).sum();
    (observed, best)
}

/// A stretch in which the queue was never empty.
struct Burst {
    from: Nanos,
    sent: Nanos,
    best: Nanos,
}

impl Burst {
    fn add(&mut self, write: &Write, best: Nanos) {
        self.from = self.from.min(write.ready);
        self.sent = self.sent.max(write.sent);
        self.best = self.best.max(best);
    }
}

/// Slots of one window.
struct Slots {
    n: usize,
    per_ns: i64,
    taken: VecDeque<Nanos>,
}

impl Slots {
    fn free_at(&self) -> Nanos {
        if self.taken.len() < self.n {
            return Nanos(i64::MIN);
        }
        let mut frees: Vec<Nanos> = self.taken.iter().copied().collect();
        frees.sort_unstable();
        frees[self.taken.len() - self.n]
    }

    fn take(&mut self, at: Nanos, held_ns: i64) {
        self.taken.push_back(at.plus(held_ns).plus(self.per_ns));
        self.taken.retain(|free| *free > at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::time::SECOND_NS;

    #[test]
    fn a_burst_of_seven_at_three_a_second_takes_two_round_trips_and_windows() {
        let held_ns = SECOND_NS / 10;
        let write = Write { ready: Nanos(0), sent: Nanos(0), held_ns };
        let windows = [Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders }];
        let (_, best) = schedule(&[write; 7], &windows);
        assert_eq!(best, 2 * (SECOND_NS + held_ns));
    }
}
