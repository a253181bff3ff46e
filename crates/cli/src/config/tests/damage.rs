//! No text makes the reader panic, and every refusal says where and what follows.

use std::path::Path;

use super::super::parse;
use super::FULL;
use truefill_market::synthetic::SplitMix64;

const DAMAGED: usize = 4_000;

/// Reads damaged bytes the way `load` does.
fn survives(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    match parse(&text, "my.toml", Path::new("/nonexistent")) {
        Ok(_) => true,
        Err(error) => {
            let words = error.to_string();
            assert!(words.starts_with("my.toml:"), "{words}");
            assert!(words.contains("\n  nothing was started; "), "{words}");
            assert!(!words.contains(|c: char| c.is_control() && c != '\n'), "{words:?}");
            false
        }
    }
}

fn below(random: &mut SplitMix64, end: usize) -> usize {
    usize::try_from(random.next_u64() >> 33).unwrap() % end
}

#[test]
fn flipped_bytes_do_not_panic() {
    let mut random = SplitMix64::new(1);
    let mut good = 0;
    for _ in 0..DAMAGED {
        let mut bytes = FULL.as_bytes().to_vec();
        for _ in 0..=below(&mut random, 3) {
            let at = below(&mut random, bytes.len());
            bytes[at] ^= 1 << below(&mut random, 8);
        }
        good += usize::from(survives(&bytes));
    }
    // Some flips change a letter of a name or a digit; most break something.
    assert!((1..DAMAGED / 2).contains(&good), "{good}");
}

#[test]
fn cut_files_do_not_panic() {
    for end in 0..FULL.len() {
        survives(&FULL.as_bytes()[..end]);
    }
}

#[test]
fn shuffled_lines_and_tokens_do_not_panic() {
    let mut random = SplitMix64::new(2);
    let lines: Vec<&str> = FULL.lines().collect();
    let values = [
        "[]",
        "{}",
        "[[1]]",
        "0x10",
        "-1",
        "1e400",
        "nan",
        "true",
        "\"\"",
        "1979-05-27",
        "99999999999999999999999999",
        "\"\\u0007\"",
        "'''\n'''",
        "{ a = { b = [ {} ] } }",
    ];
    for _ in 0..DAMAGED {
        let mut text = String::new();
        for line in &lines {
            match below(&mut random, 40) {
                0 => text.push_str(lines[below(&mut random, lines.len())]),
                1 => {
                    let key = line.split('=').next().unwrap_or("");
                    text.push_str(&format!("{key} = {}", values[below(&mut random, values.len())]));
                }
                2 => {}
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        survives(text.as_bytes());
    }
}

#[test]
fn every_value_may_be_anything() {
    let values = [
        "[]",
        "{}",
        "0",
        "-1",
        "1e400",
        "true",
        "\"\"",
        "\"9\"",
        "1979-05-27",
        "99999999999999999999999999999999999999999999",
        "\"1e60\"",
        "\"170141183460469231731687303715884105727\"",
        "4294967295",
        "\"9223372036854775807d\"",
    ];
    for (at, line) in FULL.lines().enumerate() {
        let Some((key, _)) = line.split_once(" = ") else { continue };
        for value in values {
            let mut lines: Vec<&str> = FULL.lines().collect();
            let changed = format!("{key} = {value}");
            lines[at] = &changed;
            survives(lines.join("\n").as_bytes());
        }
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for text in [
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
    ] {
        assert!(!survives(text.as_bytes()));
    }
}

#[test]
fn damaged_examples_of_the_fuzz_target_do_not_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/config");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 1);
    let mut random = SplitMix64::new(3);
    for path in paths {
        let example = std::fs::read(path).unwrap();
        for _ in 0..DAMAGED / 4 {
            let mut bytes = example.clone();
            let (at, from) = (below(&mut random, bytes.len()), below(&mut random, bytes.len()));
            match below(&mut random, 3) {
                0 => bytes[at] ^= 1 << below(&mut random, 8),
                1 => bytes.truncate(at),
                _ => {
                    let end = (from + 40).min(bytes.len());
                    bytes.splice(at..at, example[from..end].iter().copied());
                }
            }
            survives(&bytes);
        }
    }
}
