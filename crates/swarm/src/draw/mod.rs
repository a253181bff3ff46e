//! From a seed to a day: what is traded, by whom, how, at what broker, and what goes wrong.
//!
//! Entry point: [`Day::draw`].
//!
//! Swarm testing: a day does not have a little of everything. Each seed switches whole
//! [`Feature`]s off, so that what is left gets all the weight and rare combinations meet.
//!
//! Invariants:
//! 1. A day depends on its seed and on nothing else.
//! 2. Every part draws from dice of its own, so a change to one part does not move another.
//! 3. What is drawn is valid: the engine takes the configuration, the world fits the descriptor.

mod account;
mod broker;
mod dice;
mod feature;
mod people;
mod policy;

pub use feature::{Feature, Features};

use crate::day::{Day, Hours};
use dice::Dice;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_sim::session::Plan;

/// Days begin here: an instant like any other, far from every epoch.
const FIRST_DAY_NS: i64 = 1_800_000_000 * SECOND_NS;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// What dice are for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Features = 1,
    Shape = 2,
    Account = 3,
    Policies = 4,
    Broker = 5,
    Faults = 6,
    People = 7,
    Market = 8,
    Crashes = 9,
    Stalls = 10,
}

impl Purpose {
    fn dice(self, seed: u64) -> Dice {
        Dice::of(seed, self as u64)
    }
}

impl Day {
    /// The day of this seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let features = Features::draw(&mut Purpose::Features.dice(seed));
        let mut shape = Purpose::Shape.dice(seed);
        let days = i64::try_from(seed % 1_000).unwrap_or(0);
        let begin = Nanos(FIRST_DAY_NS).plus(days * DAY_NS);
        let length_ns = shape.scale(600, 6 * 3_600) * SECOND_NS;
        let hours = Hours { begin, end: begin.plus(length_ns) };
        let quotes = shape.between(60, 240);
        let gap_ns = (length_ns / quotes).max(SECOND_NS / 10);
        let mut account = Purpose::Account.dice(seed);
        let mut config = account::draw(&features, &mut account, hours, gap_ns);
        let lines = account::market(&features, &mut Purpose::Market.dice(seed), &config, gap_ns);
        policy::draw(&features, &mut Purpose::Policies.dice(seed), &mut config, length_ns);
        let mut broker = Purpose::Broker.dice(seed);
        let mut world = broker::draw(&features, &mut broker, &mut config);
        world.faults = broker::faults(&features, &mut Purpose::Faults.dice(seed));
        let mut script =
            people::draw(&features, &mut Purpose::People.dice(seed), &config, &lines, hours);
        if features.has(Feature::Crashes) {
            broker::crashes(&mut Purpose::Crashes.dice(seed), hours, &mut script);
        }
        if features.has(Feature::Stalls) {
            broker::stalls(&mut Purpose::Stalls.dice(seed), hours, &mut script);
        }
        let mut plan = Plan::new(config, world, seed);
        // A build is what a journal is decided by; a swarm's days are nobody's.
        plan.build = "swarm".to_owned();
        plan.script = script;
        broker::times(&features, &mut broker, &mut plan);
        Self { seed, features, hours, lines, plan }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::engine::Engine;

    #[test]
    fn every_day_is_valid_and_drawn_again_the_same() {
        let mut seen = Features::default();
        for seed in 0..500 {
            let day = Day::draw(seed);
            let engine = Engine::new(day.plan.config.clone());
            assert!(engine.is_ok(), "seed {seed}: {:?}", engine.err());
            let fits = day.plan.world.check(&day.plan.config.descriptor);
            assert_eq!(fits, Ok(()), "seed {seed}");
            assert!(day.plan.script.is_sorted_by_key(|cue| cue.at), "seed {seed}");
            assert_eq!(Day::draw(seed), day, "seed {seed}");
            seen = seen.or(&day.features);
        }
        let never: Vec<_> = Feature::ALL.iter().filter(|f| !seen.has(**f)).collect();
        assert!(never.is_empty(), "features that no day has: {never:?}");
    }
}
