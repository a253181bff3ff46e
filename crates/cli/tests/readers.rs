//! Every reader of bytes from outside takes its examples, and survives thousands of damaged ones:
//! no panic, no more rows than bytes, and refusals that name the place. The same entry points are
//! fuzzed in `fuzz/`.

#[path = "../../../fuzz/readers.rs"]
mod readers;

mod kit;

use kit::books::Dice;
use readers::{Reader, all, attack};
use std::path::PathBuf;

/// Damaged inputs for each reader; a journal is a file on disk each time.
const DAMAGED: usize = 4_000;
const DAMAGED_JOURNALS: usize = 300;

/// The committed examples of a reader.
fn examples(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = kit::repository("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("no examples of {name}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("readable"))).collect()
}

fn place(dice: &mut Dice, len: usize) -> usize {
    usize::try_from(dice.below(len.max(1) as u64)).expect("small")
}

/// One damage: bits, bytes that mean something, cuts, repeats, lines of another example.
fn damage(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    const WORDS: [&str; 12] = [
        "",
        "-",
        "0",
        "-1",
        "1e400",
        "NaN",
        "99999999999999999999999999999999999999999",
        "\"",
        "\n",
        "\u{feff}",
        "\0",
        "9999-12-31T23:59:59Z",
    ];
    let at = place(dice, bytes.len());
    match dice.below(7) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
        1 => bytes.truncate(at),
        2 => {
            let word = WORDS[place(dice, WORDS.len())];
            let end = (at + place(dice, 12)).min(bytes.len());
            bytes.splice(at..end, word.bytes());
        }
        3 => {
            let end = (at + 1 + place(dice, 80)).min(bytes.len());
            let again = bytes[at..end].to_vec();
            let to = place(dice, bytes.len());
            bytes.splice(to..to, again);
        }
        4 => {
            let end = (at + 1 + place(dice, 40)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let from = place(dice, other.len());
            let end = (from + place(dice, 200)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        _ if !bytes.is_empty() => bytes[at] = dice.below(256).to_le_bytes()[0],
        _ => {}
    }
}

fn survives(reader: &Reader, times: usize) {
    let examples = examples(reader.name);
    assert!(!examples.is_empty(), "no examples of {}", reader.name);
    let mut dice = Dice(7);
    let mut refused = 0;
    for turn in 0..times {
        let (_, example) = &examples[turn % examples.len()];
        let (_, other) = &examples[place(&mut dice, examples.len())];
        let mut bytes = example.clone();
        for _ in 0..=dice.below(4) {
            damage(&mut bytes, other, &mut dice);
        }
        attack(reader.name, &bytes);
        refused += usize::from((reader.read)(&bytes).is_err());
    }
    assert!(refused > times / 20, "{}: {refused} of {times} were refused", reader.name);
}

#[test]
fn every_example_is_read_in_full() {
    for reader in all() {
        for (path, bytes) in examples(reader.name) {
            let read = (reader.read)(&bytes);
            assert!(read.as_ref().is_ok_and(|rows| *rows > 0), "{}: {read:?}", path.display());
        }
    }
}

#[test]
fn no_damaged_text_makes_a_reader_panic() {
    for reader in all().filter(|reader| reader.name != "journal") {
        survives(reader, DAMAGED);
    }
}

#[test]
fn no_damaged_journal_makes_its_reader_panic() {
    let journal = all().find(|reader| reader.name == "journal").expect("a reader");
    survives(journal, DAMAGED_JOURNALS);
}

#[test]
fn nothing_at_all_and_noise_are_refused_or_empty() {
    let mut dice = Dice(1);
    let noise: Vec<u8> = (0..4096).map(|_| dice.below(256).to_le_bytes()[0]).collect();
    let pieces: [&[u8]; 5] = [b"", b"\n\n\n", &noise, &[b'['; 4096], &[0; 4096]];
    for reader in all() {
        for bytes in pieces {
            attack(reader.name, bytes);
        }
    }
}
