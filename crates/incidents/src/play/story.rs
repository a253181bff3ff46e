//! What happened in a run, for people: only kept when somebody will read it.

use super::Law;
use std::collections::VecDeque;
use truefill_core::time::{MILLI_NS, Nanos};

/// Lines that are kept; older ones are dropped.
const LINES_MAX: usize = 120;

/// A story.
#[derive(Debug, Default)]
pub(crate) struct Story {
    on: bool,
    begin: Nanos,
    kept: VecDeque<String>,
    dropped: usize,
    end: Vec<String>,
}

impl Story {
    /// A story from an instant on; nothing is kept unless it is `on`.
    pub fn new(on: bool, begin: Nanos) -> Self {
        Self { on, begin, ..Self::default() }
    }

    /// Adds a line.
    pub fn add(&mut self, now: Nanos, line: impl FnOnce() -> String) {
        if !self.on {
            return;
        }
        if self.kept.len() == LINES_MAX {
            self.kept.pop_front();
            self.dropped += 1;
        }
        let ms = now.since(self.begin) / MILLI_NS;
        let (s, ms) = (ms.div_euclid(1000), ms.rem_euclid(1000));
        self.kept.push_back(format!("{s:>7}.{ms:03}s  {}", line()));
    }

    /// Adds a line about the end.
    pub fn close(&mut self, line: impl FnOnce() -> String) {
        if self.on {
            self.end.push(line());
        }
    }

    /// All of it.
    pub fn lines(&self, broken: Option<&Law>) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.on {
            return lines;
        }
        if self.dropped > 0 {
            lines.push(format!("({} earlier lines are left out)", self.dropped));
        }
        lines.extend(self.kept.iter().cloned());
        lines.extend(self.end.iter().cloned());
        lines.extend(broken.map(|law| format!("the law broken: {law}")));
        lines
    }
}
