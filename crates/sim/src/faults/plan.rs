//! The dice: which opportunity is struck.
//!
//! Entry points: [`Plan::strikes`], [`Plan::span_ns`].

use super::{FaultKind, Faults};
use crate::rng::Rng;

/// A world's faults in play.
#[derive(Debug)]
pub struct Plan {
    faults: Faults,
    dice: Vec<Rng>,
    opportunities: Vec<u64>,
    struck: Vec<u64>,
    on: bool,
}

impl Plan {
    /// Fresh dice for these faults.
    #[must_use]
    pub fn new(faults: Faults, rng: &Rng) -> Self {
        let dice = FaultKind::ALL.iter().map(|kind| rng.fork(*kind as u64)).collect();
        let zeros = vec![0; FaultKind::ALL.len()];
        Self { faults, dice, opportunities: zeros.clone(), struck: zeros, on: true }
    }

    /// An opportunity for this kind: true if it strikes.
    pub fn strikes(&mut self, kind: FaultKind) -> bool {
        self.strikes_unless(kind, false)
    }

    /// An opportunity for this kind that does not strike when `taken`: something else has struck
    /// already. The opportunity is counted and the dice are thrown all the same, so one kind
    /// does not move the dice of another.
    pub fn strikes_unless(&mut self, kind: FaultKind, taken: bool) -> bool {
        let at = kind as usize;
        self.opportunities[at] += 1;
        let setting = self.faults.get(kind);
        if setting.ppm == 0 && setting.on.is_empty() {
            return false;
        }
        let meant =
            self.dice[at].chance(setting.ppm) || setting.on.contains(&self.opportunities[at]);
        let exhausted = setting.at_most.is_some_and(|most| self.struck[at] >= most);
        let strikes = meant && self.on && !taken && !exhausted;
        self.struck[at] += u64::from(strikes);
        strikes
    }

    /// A duration for a fault of this kind: from 1 ns to its longest, and at most `bound_ns`.
    pub fn span_ns(&mut self, kind: FaultKind, bound_ns: i64) -> i64 {
        let max_ns = self.faults.max_ns(kind).min(bound_ns).max(0);
        self.dice[kind as usize].between(max_ns.min(1), max_ns)
    }

    /// The dice of this kind, for whatever else it has to decide.
    pub fn dice(&mut self, kind: FaultKind) -> &mut Rng {
        &mut self.dice[kind as usize]
    }

    /// How every kind strikes.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// No more faults from now on.
    pub fn stop(&mut self) {
        self.on = false;
    }

    /// True until [`Self::stop`].
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// How often each kind has struck.
    pub fn struck(&self) -> impl Iterator<Item = (FaultKind, u64)> {
        FaultKind::ALL.iter().copied().zip(self.struck.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Setting;

    fn struck(setting: Setting, opportunities: u64) -> Vec<u64> {
        let faults = Faults::default().set(FaultKind::LostPush, setting);
        let mut plan = Plan::new(faults, &Rng::new(1));
        (1..=opportunities).filter(|_| plan.strikes(FaultKind::LostPush)).collect()
    }

    #[test]
    fn it_strikes_as_told() {
        assert_eq!(struck(Setting::on(&[2, 5]), 10), [2, 5]);
        assert_eq!(struck(Setting::default(), 100), [0u64; 0]);
        let often = struck(Setting::ppm(500_000), 1000).len();
        assert!((400..600).contains(&often), "{often}");
        let few = Setting { at_most: Some(3), ..Setting::ppm(500_000) };
        assert_eq!(struck(few, 1000).len(), 3);
    }

    #[test]
    fn one_kind_does_not_move_another() {
        let pattern = |faults: Faults| -> Vec<bool> {
            let mut plan = Plan::new(faults, &Rng::new(1));
            (0..200)
                .map(|_| {
                    plan.strikes(FaultKind::LostAck);
                    plan.strikes(FaultKind::LostPush)
                })
                .collect()
        };
        let alone = Faults::default().set(FaultKind::LostPush, Setting::ppm(300_000));
        let both = alone.clone().set(FaultKind::LostAck, Setting::ppm(300_000));
        assert_eq!(pattern(alone), pattern(both));
    }

    #[test]
    fn what_is_taken_is_not_struck_again() {
        let faults = Faults::default().set(FaultKind::LostPush, Setting::ppm(1_000_000));
        let mut plan = Plan::new(faults, &Rng::new(1));
        assert!(!plan.strikes_unless(FaultKind::LostPush, true));
        assert!(plan.struck().all(|(_, times)| times == 0));
    }

    #[test]
    fn after_the_stop_nothing_strikes() {
        let faults = Faults::default().set(FaultKind::LostPush, Setting::ppm(1_000_000));
        let mut plan = Plan::new(faults, &Rng::new(1));
        assert!(plan.strikes(FaultKind::LostPush));
        plan.stop();
        assert!(!plan.strikes(FaultKind::LostPush));
    }
}
