//! Dice of a day: draws with names, so that what is drawn reads like what it means.

use truefill_sim::rng::Rng;

/// Dice for one purpose.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Rng);

impl Dice {
    /// Dice that depend on the seed and the purpose only.
    pub fn of(seed: u64, purpose: u64) -> Self {
        Self(Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5741_524d).fork(purpose))
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.0.chance(percent.saturating_mul(10_000))
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.between(low, high)
    }

    /// The same as a count.
    pub fn count(&mut self, low: usize, high: usize) -> usize {
        let span = high.saturating_sub(low).saturating_add(1);
        low + self.0.pick(span).unwrap_or(0)
    }

    /// One of these, each as likely as the others.
    pub fn one_of<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        self.0.pick(from.len()).and_then(|at| from.get(at)).copied()
    }

    /// One of these; the first where there is none.
    pub fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        let at = self.0.pick(N).unwrap_or(0);
        from[at.min(N.saturating_sub(1))]
    }

    /// From `low` to `high`, with as many draws below 10 as between 10 and 100: each doubling is
    /// as likely as the next.
    pub fn scale(&mut self, low: i64, high: i64) -> i64 {
        let low = low.max(1);
        let doublings = (high.max(low) / low).max(1).ilog2();
        let times = self.0.below(u64::from(doublings) + 1);
        let from = low.saturating_mul(1_i64 << times.min(62));
        self.0.between(from, from.saturating_mul(2)).min(high)
    }

    /// 64 bits, for the seed of something else.
    pub fn bits(&mut self) -> u64 {
        self.0.bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_inside_and_depend_on_seed_and_purpose() {
        let mut dice = Dice::of(1, 2);
        for _ in 0..1000 {
            assert!((3..=900).contains(&dice.scale(3, 900)));
            assert!((2..=4).contains(&dice.count(2, 4)));
            assert!([1, 5].contains(&dice.pick([1, 5])));
        }
        assert!((0..100).all(|_| !dice.percent(0) && dice.percent(100)));
        assert_eq!(dice.one_of::<u8>(&[]), None);
        assert_eq!(Dice::of(7, 1).bits(), Dice::of(7, 1).bits());
        assert_ne!(Dice::of(7, 1).bits(), Dice::of(7, 2).bits());
    }
}
