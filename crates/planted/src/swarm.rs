//! Whole days of the swarm, as `truefill swarm` lives them.
//!
//! Entry point: [`Swarm`].

use crate::trial::Trial;
use truefill_swarm::{Day, no_checks};

/// Whole days of the swarm.
#[derive(Debug)]
pub struct Swarm;

impl Trial for Swarm {
    fn name(&self) -> &'static str {
        "swarm"
    }

    fn tell(&self, seed: u64) -> String {
        format!("truefill swarm --seeds {seed}..{seed}")
    }

    fn live(&self, seed: u64) -> Vec<String> {
        Day::draw(seed).run(&no_checks).violations
    }
}
