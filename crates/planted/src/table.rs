//! The result of a hunt as a page of the documents.
//!
//! Entry point: [`page`].

use crate::hunt::Hunted;
use std::fmt::Write;
use std::time::Duration;

const HEAD: &str = "\
# Planted bugs

Faults planted on purpose, each a mistake that somebody really made, and how long the swarm took to
find them. Where each is planted is in `crates/core/src/planted.rs` (search for its name in the
code); they are compiled in with a feature that nothing that is shipped turns on.

```
cargo xtask planted                        all of them, and this page
cargo xtask planted timeout-is-a-refusal   one of them
```

Seeds are whole days of the swarm (`truefill swarm --seeds N..N`), tried in order from 1 and the same
on every machine. A day that breaks a law counts only if it breaks none when nothing is planted.
Seconds are of one thread of the machine that wrote this page, built for release.

";

/// The table of all hunts, and the slowest ten.
#[must_use]
pub fn page(hunted: &[Hunted], trial: &str, day: &str) -> String {
    let mut text = HEAD.to_owned();
    let found = hunted.iter().filter(|h| h.found.is_some()).count();
    let all = hunted.len();
    let (seeds, took): (u64, Duration) =
        hunted.iter().fold((0, Duration::ZERO), |(n, t), h| (n + h.seeds, t + h.took));
    let took = took.as_secs();
    let _ = writeln!(
        text,
        "{day}: {found} of {all} found, by `{trial}`, in {seeds} seeds and {took} s.\n"
    );
    let _ = writeln!(
        text,
        "| plant | class of incidents | the mistake | seeds | seconds | met | found by |"
    );
    let _ = writeln!(text, "|---|---|---|---|---|---|---|");
    for h in hunted {
        let law = h.found.as_deref().map_or_else(|| "**not found**".to_owned(), short);
        let (plant, seeds) = (h.plant, h.seeds);
        let (name, class, about) = (plant.name(), plant.class(), plant.about());
        let (seconds, met) = (seconds(h), h.bites);
        let _ = writeln!(
            text,
            "| `{name}` | {class} | {about} | {seeds} | {seconds} | {met} | {law} |"
        );
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

/// Longest sentence in the table, in characters.
const SENTENCE_MAX: usize = 90;

/// The law that was broken, in one cell.
fn short(law: &str) -> String {
    let text: String = law.chars().take(SENTENCE_MAX).collect();
    let more = if text.len() < law.len() { "..." } else { "" };
    format!("{}{more}", text.replace('|', "/"))
}

fn seconds(h: &Hunted) -> String {
    format!("{}.{:02}", h.took.as_secs(), h.took.subsec_millis() / 10)
}
