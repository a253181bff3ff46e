//! The corpus of incidents: every scenario passes in every mode, and two runs of it write the same
//! journals.

use std::path::{Path, PathBuf};
use truefill_incidents::scenario::{Scenario, read};
use truefill_incidents::{Mode, play};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

fn scenarios(path: &Path) -> Vec<Scenario> {
    let text = std::fs::read_to_string(path).unwrap();
    read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The corpus that ships with the repository.
fn own() -> Vec<Scenario> {
    let folder = Path::new(CRATE).join("corpus");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| scenarios(file)).collect()
}

/// What did not pass, with its story; two runs of what passes write the same journals.
fn failures(scenarios: &[Scenario], mode: Mode) -> Vec<String> {
    let played = scenarios.iter().map(|scenario| {
        let (first, second) = (play(scenario, mode), play(scenario, mode));
        assert_eq!(first.journals, second.journals, "{} {}", scenario.id, mode.as_str());
        (scenario, first)
    });
    let failed = played.filter(|(_, played)| !played.passed());
    failed
        .map(|(scenario, played)| {
            let mode = mode.as_str();
            format!("{} {mode}: {}\n{}", scenario.id, played.why, played.story.join("\n"))
        })
        .collect()
}

fn assert_all_pass(scenarios: &[Scenario], mode: Mode) {
    let failed = failures(scenarios, mode);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn own_corpus_passes_as_written() {
    let all = own();
    assert!(all.len() >= 103, "the corpus has {} scenarios", all.len());
    assert_all_pass(&all, Mode::Straight);
}

#[test]
fn own_corpus_passes_with_every_message_twice() {
    assert_all_pass(&own(), Mode::Duplicate);
}

#[test]
fn own_corpus_passes_with_a_crash_after_every_step() {
    assert_all_pass(&own(), Mode::Crash);
}

#[test]
fn journals_of_different_scenarios_differ() {
    let journals: Vec<u128> =
        own().iter().map(|scenario| play(scenario, Mode::Straight).journals).collect();
    let mut distinct = journals.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), journals.len());
}

#[test]
fn published_scenarios_pass_in_every_mode() {
    let folder = Path::new(CRATE).join("../../../shared/incidents");
    for name in ["vocabulary.jsonl", "scenarios.jsonl"] {
        let file = folder.join(name);
        if !file.exists() {
            println!("skipped: {name} is not at hand");
            continue;
        }
        let all = scenarios(&file);
        assert!(!all.is_empty());
        for mode in Mode::ALL {
            assert_all_pass(&all, mode);
        }
    }
}
