//! Many days on all cores, in chunks of seeds, deterministic whatever the number of threads.
//!
//! Entry point: [`run`].
//!
//! Invariant: the tally of a range of seeds is the same for any number of threads, and for a run
//! that went on where another one ended.

use crate::day::Day;
use crate::live::Checks;
use crate::tally::Tally;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Seeds that one thread takes at once.
const CHUNK: u64 = 16;

/// Seeds from the first to, not including, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first.
    pub from: u64,
    /// The first that is not run.
    pub until: u64,
}

/// What is known while a run goes on: all seeds below `next` are in the tally.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The first seed that is not in the tally.
    pub next: u64,
    /// Sums over all seeds before it.
    pub tally: Tally,
}

/// Runs the days of these seeds, going on from what is known, on so many threads. `see` is told
/// of progress now and then; when it answers false, the run ends early with what is complete.
pub fn run(
    seeds: Seeds,
    known: Progress,
    threads: usize,
    checks: Checks<'_>,
    see: &(dyn Fn(&Progress) -> bool + Sync),
) -> Progress {
    let from = known.next.max(seeds.from);
    let next_chunk = AtomicU64::new(from);
    let stopped = AtomicBool::new(false);
    let start = Progress { next: from, tally: known.tally };
    let shared = Mutex::new((start, BTreeMap::<u64, Tally>::new()));
    let work = || {
        while !stopped.load(Ordering::Relaxed) {
            let first = next_chunk.fetch_add(CHUNK, Ordering::Relaxed);
            if first >= seeds.until {
                break;
            }
            let last = first.saturating_add(CHUNK).min(seeds.until);
            let mut tally = Tally::default();
            for seed in first..last {
                tally.add(seed, &Day::draw(seed).run(checks));
            }
            // A thread that panicked while it held the lock cannot have left half a sum:
            // nothing in there can panic.
            let mut held = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (progress, waiting) = &mut *held;
            waiting.insert(first, tally);
            while let Some(done) = waiting.remove(&progress.next) {
                progress.tally.absorb(&done);
                progress.next = progress.next.saturating_add(CHUNK).min(seeds.until);
            }
            if !see(progress) {
                stopped.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let (progress, _) = shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    progress
}
