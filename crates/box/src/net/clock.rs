//! Simulated time from real time.
//!
//! Entry point: [`Clock`].

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use truefill_core::time::Nanos;

/// Fastest that time passes.
pub const SPEED_MAX: u32 = 10_000;

/// A clock that begins at an instant and runs so many times as fast as a real one.
#[derive(Debug)]
pub struct Clock {
    start: Nanos,
    began: Instant,
    speed: u32,
    leaps_ns: AtomicI64,
}

impl Clock {
    /// A clock that begins now, at this simulated instant. A speed of 0 counts as 1.
    #[must_use]
    pub fn new(start: Nanos, speed: u32) -> Self {
        let speed = speed.clamp(1, SPEED_MAX);
        Self { start, began: Instant::now(), speed, leaps_ns: AtomicI64::new(0) }
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> Nanos {
        let real_ns = i64::try_from(self.began.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let passed_ns = real_ns.saturating_mul(i64::from(self.speed));
        self.start.plus(passed_ns).plus(self.leaps_ns.load(Ordering::SeqCst))
    }

    /// Leaps forward.
    pub fn leap(&self, by_ns: i64) {
        self.leaps_ns.fetch_add(by_ns.max(0), Ordering::SeqCst);
    }

    /// The real time until a simulated instant; zero if it is past.
    #[must_use]
    pub fn until(&self, at: Nanos) -> Duration {
        self.real(at.since(self.now()))
    }

    /// The real length of a simulated duration.
    #[must_use]
    pub fn real(&self, duration_ns: i64) -> Duration {
        let ns = duration_ns.max(0) / i64::from(self.speed);
        Duration::from_nanos(u64::try_from(ns).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leaps_forward_only() {
        let clock = Clock::new(Nanos(1_000), 1);
        clock.leap(1_000_000_000_000);
        clock.leap(-5);
        assert!(clock.now() >= Nanos(1_000_000_001_000));
        assert_eq!(clock.until(Nanos(0)), Duration::ZERO);
    }

    #[test]
    fn durations_shrink_by_the_speed() {
        assert_eq!(Clock::new(Nanos(0), 100).real(1_000_000), Duration::from_micros(10));
        assert_eq!(Clock::new(Nanos(0), 0).real(7), Duration::from_nanos(7));
    }
}
