//! How long it takes from what arrived to what leaves, and how much of that is the disk.
//!
//! Entry point: [`Stopwatch`]. The last turns that sent a write are kept, and nothing of the others.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// Turns that are kept.
const KEPT: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub struct Stopwatch {
    /// Of each turn that sent something: all of it, and its commit, in microseconds.
    turns: VecDeque<(u64, u64)>,
}

impl Stopwatch {
    /// A turn that sent a write took so long, and its commit so much of that.
    pub fn note(&mut self, turn: Duration, commit: Duration) {
        if self.turns.len() == KEPT {
            self.turns.pop_front();
        }
        self.turns.push_back((micros(turn), micros(commit)));
    }

    /// Percentiles in microseconds, and the share of the commits in hundredths.
    #[must_use]
    pub fn told(&self) -> Value {
        let mut all: Vec<u64> = self.turns.iter().map(|(turn, _)| *turn).collect();
        all.sort_unstable();
        let at =
            |share: usize| all.get((all.len() * share / 1000).min(all.len().saturating_sub(1)));
        let (sum, disk) =
            self.turns.iter().fold((0, 0), |(a, b), (turn, commit)| (a + turn, b + commit));
        json!({
            "turns": all.len(), "p50_us": at(500), "p99_us": at(990), "p999_us": at(999),
            "journal_pct": (disk * 100).checked_div(sum),
        })
    }
}

/// Whole microseconds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_noted() {
        let mut watch = Stopwatch::default();
        assert_eq!(watch.told()["p50_us"], Value::Null);
        for micro in 1..=100 {
            watch.note(Duration::from_micros(micro * 10), Duration::from_micros(micro * 5));
        }
        let told = watch.told();
        assert_eq!((&told["p50_us"], &told["p99_us"]), (&510.into(), &1000.into()));
        assert_eq!(told["journal_pct"], 50);
    }
}
