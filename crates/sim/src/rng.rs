//! The only source of randomness: SplitMix64 (Steele, Lea, Flood 2014), a 64-bit counter behind
//! a mixing function. It passes the usual statistical batteries, is a few lines long, and gives
//! the same numbers on any machine and for ever.
//!
//! Entry points: [`Rng::new`], [`Rng::fork`].
//!
//! Invariant: independent decisions draw from forks of their own, so that switching one fault on
//! does not shift the dice of another.

/// One part in a million; the unit of probabilities here.
pub const PPM: u32 = 1_000_000;

/// A deterministic generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator that depends on this seed only.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An independent generator for this purpose: equal parents and labels give equal forks.
    #[must_use]
    pub fn fork(&self, label: u64) -> Self {
        let mut seed = Self::new(self.state ^ mix(label.wrapping_add(1)));
        Self::new(seed.bits())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number from 0 up to, but not including, `n`; 0 when `n` is 0. The bias of the
    /// multiplication is below `n` / 2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included; `low` when the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs();
        let step = self.below(span.saturating_add(1));
        low.saturating_add(i64::try_from(step).unwrap_or(i64::MAX))
    }

    /// True in `ppm` of a million cases.
    pub fn chance(&mut self, ppm: u32) -> bool {
        self.below(u64::from(PPM)) < u64::from(ppm)
    }

    /// A position in a list of this length; `None` for an empty one.
    pub fn pick(&mut self, len: usize) -> Option<usize> {
        let n = u64::try_from(len).ok().filter(|n| *n > 0)?;
        usize::try_from(self.below(n)).ok()
    }
}

const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_splitmix64() {
        // The published first outputs for seed 1234567.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.bits(), 6_457_827_717_110_365_317);
        assert_eq!(rng.bits(), 3_203_168_211_198_807_973);
        assert_eq!(rng.bits(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn ranges_hold_and_are_used() {
        let mut rng = Rng::new(1);
        let mut seen = [false; 6];
        for _ in 0..200 {
            let n = rng.between(-2, 3);
            assert!((-2..=3).contains(&n));
            seen[usize::try_from(n + 2).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(rng.between(5, 4), 5);
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.pick(0), None);
    }

    #[test]
    fn chances_are_met() {
        let mut rng = Rng::new(2);
        let hits = (0..100_000).filter(|_| rng.chance(250_000)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        assert!((0..1000).all(|_| !rng.chance(0)) && (0..1000).all(|_| rng.chance(PPM)));
    }

    #[test]
    fn forks_are_independent_of_each_other() {
        let parent = Rng::new(3);
        let (mut a, mut b) = (parent.fork(1), parent.fork(2));
        assert_ne!(a.bits(), b.bits());
        assert_eq!(parent.fork(1), parent.fork(1));
    }
}
