//! Virtual time: what is due when, and how long things travel.
//!
//! Entry points: [`Agenda`], [`Latency`].
//!
//! Invariant: things due at the same instant happen in the order in which they were planned.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::rng::{PPM, Rng};
use truefill_core::time::{MILLI_NS, Nanos};

/// How long one way takes: a base, a skewed spread on top (most values in its lower half) and
/// now and then a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Shortest time, in nanoseconds.
    pub base_ns: i64,
    /// Most that is added on an ordinary day, in nanoseconds.
    pub spread_ns: i64,
    /// Share of spikes, in parts per million.
    pub spike_ppm: u32,
    /// Most that a spike adds, in nanoseconds.
    pub spike_ns: i64,
}

impl Latency {
    /// Always exactly this long.
    #[must_use]
    pub const fn fixed(base_ns: i64) -> Self {
        Self { base_ns, spread_ns: 0, spike_ppm: 0, spike_ns: 0 }
    }

    /// A good connection: 5 to 25 ms, one in a thousand up to 400 ms more.
    #[must_use]
    pub const fn ordinary() -> Self {
        Self {
            base_ns: 5 * MILLI_NS,
            spread_ns: 20 * MILLI_NS,
            spike_ppm: PPM / 1000,
            spike_ns: 400 * MILLI_NS,
        }
    }

    /// Draws one time, in nanoseconds.
    pub fn draw(&self, rng: &mut Rng) -> i64 {
        // The product of two uniform numbers has its mass near zero and a tail.
        let first = rng.below(1 << 20);
        let share = first * rng.below(1 << 20);
        let spread = (i128::from(self.spread_ns.max(0)) * i128::from(share)) >> 40;
        let mut total_ns = self.base_ns.saturating_add(i64::try_from(spread).unwrap_or(i64::MAX));
        if rng.chance(self.spike_ppm) {
            total_ns = total_ns.saturating_add(rng.between(0, self.spike_ns));
        }
        total_ns.max(0)
    }
}

/// What is due when.
#[derive(Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    planned: u64,
}

#[derive(Debug)]
struct Entry<T> {
    time: Nanos,
    number: u64,
    what: T,
}

impl<T> Agenda<T> {
    /// Nothing planned.
    #[must_use]
    pub const fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    /// Plans something.
    pub fn plan(&mut self, time: Nanos, what: T) {
        self.planned += 1;
        self.heap.push(Reverse(Entry { time, number: self.planned, what }));
    }

    /// When the next thing is due; [`Nanos::MAX`] if nothing is planned.
    #[must_use]
    pub fn next_time(&self) -> Nanos {
        self.heap.peek().map_or(Nanos::MAX, |Reverse(entry)| entry.time)
    }

    /// Takes the next thing that is due at or before `now`, and its time.
    pub fn due(&mut self, now: Nanos) -> Option<(Nanos, T)> {
        if self.next_time() > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.time, entry.what))
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_keep_their_order() {
        let mut agenda = Agenda::new();
        for (time, what) in [(2, 'c'), (1, 'a'), (2, 'd'), (1, 'b')] {
            agenda.plan(Nanos(time), what);
        }
        let mut done = String::new();
        while let Some((_, what)) = agenda.due(Nanos(2)) {
            done.push(what);
        }
        assert_eq!(done, "abcd");
        assert_eq!(agenda.next_time(), Nanos::MAX);
    }

    #[test]
    fn latency_stays_in_its_range_and_leans_low() {
        let latency = Latency { base_ns: 100, spread_ns: 1000, spike_ppm: 0, spike_ns: 0 };
        let mut rng = Rng::new(1);
        let drawn: Vec<i64> = (0..10_000).map(|_| latency.draw(&mut rng)).collect();
        assert!(drawn.iter().all(|ns| (100..1100).contains(ns)));
        let low = drawn.iter().filter(|ns| **ns < 350).count();
        assert!(low > 5500, "{low}");
        assert_eq!(Latency::fixed(7).draw(&mut rng), 7);
    }
}
