//! How long data took from the exchange to the recorder, by both clocks.
//!
//! Entry point: [`Latency`].
//!
//! Clocks differ, so a latency may come out below zero; then none of the numbers measures a
//! network, and [`Latency::is_usable`] says so. Nothing is corrected.

use std::collections::BTreeMap;
use std::fmt;

use truefill_core::time::{MILLI_NS, Nanos};

/// Different milliseconds that are told apart; beyond them counts go to the nearest end.
const BUCKETS_MAX: i64 = 60_000;

/// A distribution of latencies, to the millisecond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Measurements by whole milliseconds, rounded down.
    counts: BTreeMap<i64, u64>,
    count: u64,
    negative: u64,
}

impl Latency {
    /// Notes a message; true if its latency is below zero.
    pub(crate) fn add(&mut self, sent: Nanos, received: Nanos) -> bool {
        let latency_ns = received.since(sent);
        let bucket = latency_ns.div_euclid(MILLI_NS).clamp(-BUCKETS_MAX, BUCKETS_MAX);
        *self.counts.entry(bucket).or_default() += 1;
        self.count += 1;
        self.negative += u64::from(latency_ns < 0);
        latency_ns < 0
    }

    /// Messages measured.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Messages whose latency is below zero.
    #[must_use]
    pub const fn negative(&self) -> u64 {
        self.negative
    }

    /// True if clocks agree well enough that no latency is below zero.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.negative == 0 && self.count > 0
    }

    /// The latency in milliseconds, rounded down, that so many of a thousand do not exceed.
    #[must_use]
    pub fn quantile_ms(&self, per_mille: u64) -> Option<i64> {
        let rank = (self.count.saturating_mul(per_mille.min(1000))).div_ceil(1000).max(1);
        let mut seen = 0;
        self.counts.iter().find_map(|(ms, count)| {
            seen += count;
            (seen >= rank).then_some(*ms)
        })
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(low), Some(mid), Some(high)) =
            (self.quantile_ms(10), self.quantile_ms(500), self.quantile_ms(990))
        else {
            return f.write_str("no latency measured");
        };
        write!(f, "latency p1 {low} ms, p50 {mid} ms, p99 {high} ms of {}", self.count)?;
        match self.negative {
            0 => Ok(()),
            n => write!(f, "; {n} are below zero: the clocks differ, this measures no network"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_below_zero_is_said() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_ms(500), None);
        for ms in 1..=100 {
            assert!(!latency.add(Nanos(0), Nanos(ms * MILLI_NS)));
        }
        assert!(latency.is_usable());
        let three = [10, 500, 990].map(|q| latency.quantile_ms(q).unwrap());
        assert_eq!(three, [1, 50, 99]);
        assert!(latency.add(Nanos(1), Nanos(0)));
        assert_eq!((latency.negative(), latency.is_usable()), (1, false));
        assert!(latency.to_string().contains("clocks differ"), "{latency}");
    }
}
