//! The log of truth: what was asked, what was answered, what really happened, what was done to
//! the client.
//!
//! Entry points: [`Chronicle::note`], [`Chronicle::since`].
//!
//! Invariant: memory is bounded; what does not fit any more is counted, and the numbers of the
//! entries show the hole.

use std::collections::VecDeque;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::{Json, stamp};

/// Entries kept in memory.
const KEPT: usize = 50_000;
/// Entries of one answer.
const PAGE: usize = 5_000;

/// The log.
#[derive(Debug, Default)]
pub struct Chronicle {
    entries: VecDeque<(u64, String)>,
    next: u64,
    /// Lines for people that nobody took yet.
    said: Vec<String>,
    /// Lines that nobody wrote to a file yet.
    unwritten: Vec<String>,
    keep_unwritten: bool,
}

impl Chronicle {
    /// Also keeps lines for a file, which [`Self::take_unwritten`] gives.
    pub fn keep_unwritten(&mut self) {
        self.keep_unwritten = true;
    }

    /// Something happened.
    pub fn note(&mut self, at: Nanos, what: &str, more: Json) {
        let number = self.next;
        self.next += 1;
        let mut entry = Json::object([
            ("n", number.into()),
            ("time", stamp(at).into()),
            ("time_ns", at.0.into()),
            ("what", what.into()),
        ]);
        if let Json::Object(members) = more {
            members.into_iter().for_each(|(key, value)| entry.set(key, value));
        }
        let line = entry.to_string();
        if self.keep_unwritten {
            self.unwritten.push(line.clone());
        }
        self.entries.push_back((number, line));
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    /// Something was done to the client; people see it on standard error.
    pub fn say(&mut self, at: Nanos, fault: &str, words: &str) {
        self.note(at, "fault", Json::object([("fault", fault.into()), ("words", words.into())]));
        if self.said.len() < KEPT {
            self.said.push(format!("{} {fault}: {words}", stamp(at)));
        }
    }

    /// What was said since last asked.
    pub fn take_said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// What is to be written since last asked.
    pub fn take_unwritten(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unwritten)
    }

    /// Entries from this number on, as JSON Lines, at most 5,000.
    #[must_use]
    pub fn since(&self, number: u64) -> String {
        let wanted = self.entries.iter().filter(|(n, _)| *n >= number).take(PAGE);
        wanted.fold(String::new(), |mut text, (_, line)| {
            text.push_str(line);
            text.push('\n');
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_entries_go_and_numbers_stay() {
        let mut chronicle = Chronicle::default();
        for _ in 0..KEPT + 3 {
            chronicle.note(Nanos(0), "tick", Json::Null);
        }
        assert!(chronicle.since(0).starts_with("{\"n\":3,"));
        assert_eq!(chronicle.since(0).lines().count(), PAGE);
        assert_eq!(chronicle.since(u64::MAX), "");
    }

    #[test]
    fn faults_are_said_once() {
        let mut chronicle = Chronicle::default();
        chronicle.say(Nanos(0), "push_twice", "the message is sent twice");
        assert_eq!(chronicle.take_said().len(), 1);
        assert_eq!(chronicle.take_said().len(), 0);
    }
}
