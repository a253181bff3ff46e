//! The checks are checked: faults that were planted on purpose must be found.
//!
//! What is planted, and where, is in `crates/core/src/planted.rs`; this crate wakes one plant
//! after the other, lives through seeds until a checker says that a law is broken, and writes
//! down how long that took. It is empty without its feature `planted`, which nothing that is
//! shipped turns on:
//!
//! ```text
//! cargo xtask planted                        all of them, and the table in docs/planted-bugs.md
//! cargo xtask planted timeout-is-a-refusal   one of them
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `trial` | a way to live through a seed: what the checkers say |
//! | `swarm` | whole days of the swarm |
//! | `storms` | sessions of the simulator under drawn weather |
//! | `hunt` | seeds until a plant is found |
//! | `table` | the result as a page |
//!
//! Invariant: a trial finds nothing where nothing is planted, on the seeds it is used with.
#![cfg(feature = "planted")]

pub mod hunt;
pub mod storms;
pub mod swarm;
pub mod table;
pub mod trial;
