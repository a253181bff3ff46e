//! The gate's share of the hunt: the plants build, most are found within a few seeds, and the page
//! in the documents tells of every one of them.
#![cfg(feature = "planted")]

use std::collections::BTreeSet;
use truefill_core::planted::Plant;
use truefill_planted::hunt::hunt_all;
use truefill_planted::swarm::Swarm;
use truefill_planted::trial::lived;

/// Seeds in which most are found; `cargo xtask planted` tries as many as it takes.
const FEW: u64 = 12;

/// Of all plants, so many are found within those.
const MOST: usize = 40;

#[test]
fn most_plants_are_found_within_a_few_days() {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let hunted = hunt_all(Plant::ALL, &Swarm, FEW, threads, &|_| ());
    let found: Vec<&str> =
        hunted.iter().filter(|h| h.found.is_some()).map(|h| h.plant.name()).collect();
    println!("{} of {} found: {}", found.len(), hunted.len(), found.join(", "));
    assert!(found.len() >= MOST, "{} of {} were found", found.len(), hunted.len());
    assert!(hunted.iter().all(|h| h.found.is_none() || h.bites > 0), "found and never met");
}

#[test]
fn where_nothing_is_planted_nothing_is_found() {
    for seed in 1..=FEW {
        assert_eq!(lived(&Swarm, seed), None, "seed {seed}");
    }
}

#[test]
fn there_are_enough_and_the_page_tells_that_each_was_found() {
    let names: BTreeSet<&str> = Plant::ALL.iter().map(|plant| plant.name()).collect();
    assert_eq!(names.len(), Plant::ALL.len(), "names are unique");
    assert!(names.len() >= 40);
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/planted-bugs.md");
    let page = std::fs::read_to_string(page).expect("`cargo xtask planted` writes it");
    for name in names {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in docs/planted-bugs.md"));
        assert!(!row.contains("not found"), "{row}");
    }
}
