//! Fault files: JSON, unknown keys refused with the nearest valid one.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{FaultKind, Faults, Setting};
use crate::rng::PPM;
use truefill_core::num::parse_decimal;

/// What one fault may say.
const KEYS: [&str; 4] = ["probability", "on", "at_most", "max_ms"];

/// Keys from a file are cut to this many characters in messages.
const KEY_CHARS_MAX: usize = 60;

/// Why a fault file was refused: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    /// The key, dotted; empty if the file as a whole cannot be read.
    pub key: String,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return f.write_str(&self.text);
        }
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl std::error::Error for FaultError {}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

impl Faults {
    /// Reads a fault file.
    ///
    /// # Errors
    /// [`FaultError`] when the text is not JSON, names an unknown fault or setting, or a value
    /// is outside its range.
    pub fn from_json(text: &str) -> Result<Self, FaultError> {
        let file: Fields<'_> = serde_json::from_str(text).map_err(|error| FaultError {
            key: String::new(),
            text: format!("a fault file is a JSON object of faults: {error}"),
        })?;
        let mut faults = Self::default();
        for (name, raw) in file {
            let Some(kind) = FaultKind::ALL.iter().find(|kind| kind.name() == name) else {
                let names = FaultKind::ALL.iter().map(|kind| kind.name());
                return Err(unknown(&name, "fault", &name, names));
            };
            faults = faults.set(*kind, setting(&name, raw)?);
        }
        Ok(faults)
    }
}

fn setting(name: &str, raw: &RawValue) -> Result<Setting, FaultError> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).map_err(|_| FaultError {
        key: name.to_owned(),
        text: format!("must be an object with {}", KEYS.join(", ")),
    })?;
    let mut setting = Setting::default();
    for (field, raw) in fields {
        let key = format!("{name}.{field}");
        match field.as_str() {
            "probability" => setting.ppm = probability(key, raw)?,
            "on" => {
                setting.on = value(key.clone(), raw, "a list of numbers from 1")?;
                if setting.on.contains(&0) {
                    return Err(wrong(key, "opportunities are counted from 1"));
                }
            }
            "at_most" => setting.at_most = Some(value(key, raw, "a number from 0")?),
            "max_ms" => {
                let max_ms = value(key.clone(), raw, "whole milliseconds from 0 to 86400000")?;
                if !(0..=86_400_000).contains(&max_ms) {
                    return Err(wrong(key, "must be whole milliseconds from 0 to 86400000"));
                }
                setting.max_ms = Some(max_ms);
            }
            _ => return Err(unknown(&key, "setting", &field, KEYS.into_iter())),
        }
    }
    Ok(setting)
}

/// A number or a text from 0 to 1 with at most six decimals, taken from its text.
fn probability(key: String, raw: &RawValue) -> Result<u32, FaultError> {
    let parts = parse_decimal(raw.get().trim_matches('"'), 6).ok();
    let ppm = parts.and_then(|parts| u32::try_from(parts).ok()).filter(|ppm| *ppm <= PPM);
    ppm.ok_or_else(|| wrong(key, "must be a number from 0 to 1 with at most six decimals"))
}

fn value<T: DeserializeOwned>(key: String, raw: &RawValue, what: &str) -> Result<T, FaultError> {
    serde_json::from_str(raw.get()).map_err(|_| wrong(key, &format!("must be {what}")))
}

fn wrong(key: String, text: &str) -> FaultError {
    FaultError { key, text: text.to_owned() }
}

fn unknown<'a>(
    key: &str,
    what: &str,
    word: &str,
    valid: impl Iterator<Item = &'a str> + Clone,
) -> FaultError {
    let nearest = valid.clone().min_by_key(|name| distance(word, name)).unwrap_or("");
    let all: Vec<&str> = valid.collect();
    let text = format!("no such {what}; did you mean `{nearest}`? There are: {}", all.join(", "));
    FaultError { key: printable(key), text }
}

/// The beginning of a key, escaped: a file cannot write to a terminal.
fn printable(key: &str) -> String {
    key.chars().take(KEY_CHARS_MAX).flat_map(char::escape_debug).collect()
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Faults::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn a_key_cannot_write_to_a_terminal() {
        let long = "x".repeat(5_000);
        for key in ["\\u001b[31m", "\u{7f}", long.as_str()] {
            let words = error(&format!("{{\"{key}\": {{}}}}"));
            let within = error(&format!("{{\"lost_ack\": {{\"{key}\": 1}}}}"));
            for words in [words, within] {
                assert!(!words.contains(char::is_control), "{words:?}");
                assert!(words.contains("no such") && words.len() < 5_000, "{words}");
            }
        }
    }

    #[test]
    fn files_are_read_exactly() {
        let text = r#"{"lost_push": {"probability": 1e-6, "on": [1, 9], "at_most": 2},
                       "stream_down": {"max_ms": 500}}"#;
        let faults = Faults::from_json(text).unwrap();
        let expected = Setting { ppm: 1, on: vec![1, 9], at_most: Some(2), max_ms: None };
        assert_eq!(*faults.get(FaultKind::LostPush), expected);
        assert_eq!(faults.max_ns(FaultKind::StreamDown), 500_000_000);
        assert_eq!(Faults::from_json("{}"), Ok(Faults::default()));
    }

    #[test]
    fn mistakes_are_named_with_the_cure() {
        assert!(error(r#"{"lostpush": {}}"#).contains("did you mean `lost_push`?"));
        let typo = error(r#"{"lost_push": {"propability": 1}}"#);
        assert!(typo.starts_with("lost_push.propability"), "{typo}");
        assert!(typo.contains("did you mean `probability`?"), "{typo}");
        for text in [
            r#"{"lost_push": {"probability": 1.1}}"#,
            r#"{"lost_push": {"probability": -0.1}}"#,
            r#"{"lost_push": {"probability": 0.0000001}}"#,
            r#"{"lost_push": {"on": [0]}}"#,
            r#"{"lost_push": {"on": 3}}"#,
            r#"{"lost_push": {"max_ms": -1}}"#,
            r#"{"lost_push": {"at_most": 1.5}}"#,
            r#"{"lost_push": 1}"#,
            "[]",
            "{",
        ] {
            assert!(!error(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn distances_are_counted_in_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
