//! Sums over many days, whatever the order they were lived in.
//!
//! Entry point: [`Tally`].

use crate::cover::Coverage;
use crate::live::{Ended, Numbers};

/// Most failing seeds that are kept by name; all are counted.
pub const FAILURES_KEPT: usize = 100;

/// A seed whose day broke a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Its first violation.
    pub violation: String,
}

/// What many days came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sums.
    pub numbers: Numbers,
    /// What was reached.
    pub coverage: Coverage,
    /// Laws broken by brokers beyond their descriptors, and told.
    pub excused: u64,
    /// Days that broke a law.
    pub failed: u64,
    /// The first of them, by seed.
    pub failures: Vec<Failure>,
    /// A sum of all digests: equal for equal sets of seeds, in any order.
    pub digest: u128,
}

impl Tally {
    /// Adds a day.
    pub fn add(&mut self, seed: u64, ended: &Ended) {
        self.numbers.absorb(&ended.numbers);
        self.coverage.absorb(&ended.coverage);
        self.excused += ended.excused;
        self.digest = self.digest.wrapping_add(spread(ended.digest ^ u128::from(seed)));
        if let Some(violation) = ended.violations.first() {
            self.failed += 1;
            self.failures.push(Failure { seed, violation: violation.clone() });
            self.keep_first();
        }
    }

    /// Adds other days.
    pub fn absorb(&mut self, other: &Self) {
        self.numbers.absorb(&other.numbers);
        self.coverage.absorb(&other.coverage);
        self.excused += other.excused;
        self.failed += other.failed;
        self.failures.extend(other.failures.iter().cloned());
        self.keep_first();
        self.digest = self.digest.wrapping_add(other.digest);
    }

    fn keep_first(&mut self) {
        self.failures.sort_by_key(|failure| failure.seed);
        self.failures.truncate(FAILURES_KEPT);
    }
}

/// A bijection that no sum undoes by chance: two days that exchange their digests are seen.
const fn spread(digest: u128) -> u128 {
    let mixed = digest.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    mixed ^ (mixed >> 64)
}
