//! The result of a hunt as a page of the documents.
//!
//! Entry point: [`page`].

use crate::hunt::Hunted;
use std::fmt::Write;

const HEAD: &str = "\
# Planted bugs

Faults planted on purpose, each a mistake that somebody really made, and how long the checks took
to find them. Written by `cargo xtask planted`; a test wants every plant to be here and found.
Where each is planted is in `crates/core/src/planted.rs` (search for its name in the code); they
are compiled in with a feature that nothing that is shipped turns on.

Seeds are tried in order from 1 and are the same on every machine; the seconds are of one core of
the machine that wrote this page, with the test profile.

";

/// The table of all hunts, and the slowest ten.
#[must_use]
pub fn page(hunted: &[Hunted], trial: &str) -> String {
    let mut text = HEAD.to_owned();
    let found = hunted.iter().filter(|h| h.found.is_some()).count();
    let _ = writeln!(text, "{found} of {} found, by `{trial}`.\n", hunted.len());
    let _ =
        writeln!(text, "| plant | class of incidents | the mistake | seeds | seconds | found by |");
    let _ = writeln!(text, "|---|---|---|---|---|---|");
    for h in hunted {
        let law = h.found.as_deref().map_or("**not found**", |law| head_of(law));
        let (plant, seeds) = (h.plant, h.seeds);
        let (name, class, about) = (plant.name(), plant.class(), plant.about());
        let seconds = seconds(h);
        let _ = writeln!(text, "| `{name}` | {class} | {about} | {seeds} | {seconds} | {law} |");
    }
    let mut slowest: Vec<&Hunted> = hunted.iter().collect();
    slowest.sort_by_key(|h| std::cmp::Reverse((h.seeds, h.took)));
    let _ = writeln!(text, "\n## The slowest ten\n");
    for (at, h) in slowest.iter().take(10).enumerate() {
        let (nth, name, seeds, seconds) = (at + 1, h.plant.name(), h.seeds, seconds(h));
        let _ = writeln!(text, "{nth}. `{name}`: {seeds} seeds, {seconds} s.");
    }
    text
}

/// The law that was broken, without the particulars of the seed.
fn head_of(law: &str) -> &str {
    law.split_once(':').map_or(law, |(head, _)| head)
}

fn seconds(h: &Hunted) -> String {
    format!("{}.{}", h.took.as_secs(), h.took.subsec_millis() / 100)
}
