//! Seeds until a plant is found.
//!
//! Entry points: [`hunt`], [`hunt_all`].
//!
//! Invariants:
//! 1. A hunt begins at seed 1 and tries seeds in order, so the number of seeds it takes says how
//!    rare the fault is, and is the same on every machine.
//! 2. What a seed shows counts only if the same seed shows nothing where nothing is planted.

use crate::trial::{Trial, lived};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use truefill_core::planted::{Plant, Planted, bites};

/// How a hunt ended.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// What was looked for.
    pub plant: Plant,
    /// Seeds that were lived through.
    pub seeds: u64,
    /// How long that took on one core.
    pub took: Duration,
    /// How often the planted line was reached.
    pub bites: u64,
    /// The law that was found broken; `None` when nothing was found.
    pub found: Option<String>,
}

/// Lives through seeds from 1 on until one breaks a law, or `most` are over.
#[must_use]
pub fn hunt(plant: Plant, trial: &dyn Trial, most: u64) -> Hunted {
    let begun = Instant::now();
    let (mut seeds, mut met) = (0, 0);
    let mut found = None;
    while found.is_none() && seeds < most {
        seeds += 1;
        let awake = Planted::new(plant);
        found = lived(trial, seeds);
        met += bites();
        drop(awake);
        if found.is_some() && lived(trial, seeds).is_some() {
            found = None;
        }
    }
    Hunted { plant, seeds, took: begun.elapsed(), bites: met, found }
}

/// Hunts for these plants on so many threads, each plant on one. `tell` hears of each as it ends.
pub fn hunt_all(
    plants: &[Plant],
    trial: &dyn Trial,
    most: u64,
    threads: usize,
    tell: &(dyn Fn(&Hunted) + Sync),
) -> Vec<Hunted> {
    let next = AtomicUsize::new(0);
    let ended: Mutex<Vec<Hunted>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some(plant) = plants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let hunted = hunt(*plant, trial, most);
                    tell(&hunted);
                    ended.lock().unwrap_or_else(PoisonError::into_inner).push(hunted);
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    ended.sort_by_key(|hunted| hunted.plant);
    ended
}
