//! How long to wait before something is tried again: longer each time, and never at the same
//! moment as others.
//!
//! Entry point: [`Pace`].

use std::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

/// First wait.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(15);

/// Waits that double up to a bound, each between half and all of that.
#[derive(Debug)]
pub struct Pace {
    tries: u32,
    /// Thrown anew for each wait; where they begin is nobody's business.
    dice: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

impl Pace {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = u64::from(now.subsec_nanos()) ^ (u64::from(std::process::id()) << 32);
        Self { tries: 0, dice: seed | 1 }
    }

    /// It worked: the next wait is a short one.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.tries.min(16)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        let half = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX) / 2;
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let thrown = self.dice % half.max(1);
        Duration::from_millis(half + thrown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_begin_again() {
        let mut pace = Pace::new();
        assert!(pace.wait() <= FIRST);
        let last = (0..40).map(|_| pace.wait()).last().expect("some");
        assert!(last <= LONGEST && last >= LONGEST / 2);
        pace.reset();
        assert!(pace.wait() <= FIRST);
    }
}
