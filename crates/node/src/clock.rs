//! The node's clock: the wall clock once, then a clock that nobody can set.
//!
//! Entry point: [`Clock`].
//!
//! Invariants:
//! 1. It never goes back, also not behind the last time in the journal.
//! 2. A step of the wall clock opens no rate window: it is noticed ([`Clock::stepped_ns`]), told,
//!    and has no effect before the next start.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use truefill_core::time::Nanos;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Nanos,
    began: Instant,
    /// The wall clock at [`Self::began`].
    wall: Nanos,
}

/// The wall clock.
#[must_use]
pub fn wall() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Clock {
    /// A clock that begins now, and later than `last`.
    #[must_use]
    pub fn after(last: Nanos) -> Self {
        let (began, wall) = (Instant::now(), wall());
        Self { start: wall.max(last.plus(1)), began, wall }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.start.plus(nanos(self.began.elapsed()))
    }

    /// How much the wall clock was set forward since the start.
    #[must_use]
    pub fn stepped_ns(&self) -> i64 {
        wall().since(self.wall).saturating_sub(nanos(self.began.elapsed()))
    }

    /// How far this clock is ahead of the wall clock because the journal ends in the future.
    #[must_use]
    pub const fn ahead_ns(&self) -> i64 {
        self.start.since(self.wall)
    }

    /// The instant of the runtime's clock at which it will be `at`; a day from now at the latest.
    #[must_use]
    pub fn instant(&self, at: Nanos) -> Instant {
        let wait_ns = u64::try_from(at.since(self.now())).unwrap_or(0);
        Instant::now() + Duration::from_nanos(wait_ns.min(86_400_000_000_000))
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_after_the_journal() {
        let last = wall().plus(3_600_000_000_000);
        let clock = Clock::after(last);
        assert!(clock.now() > last);
        assert!(clock.ahead_ns() > 3_500_000_000_000);
        assert!(Clock::after(Nanos(i64::MIN)).ahead_ns() == 0);
    }
}
