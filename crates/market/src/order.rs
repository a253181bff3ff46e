//! Puts ticks in order of time, so that a clock that follows them never runs backwards.
//!
//! Entry points: `Rows` (what a file format implements), `Ordered` (the [`Quotes`] around it).
//!
//! The rule. A tick is held until a stamp has been read that is later by the reorder window;
//! then the earliest held one is passed on, ties in the order of the file. A tick that comes
//! later than that is passed on with the stamp of the tick before it and counted; one that would
//! have to be raised by more than [`BACKWARD_NS_MAX`] is an error. A window of 0 holds nothing:
//! the order of the file is the order in which things became known, and stamps that run
//! backwards are raised.
//!
//! Invariants:
//! 1. Stamps passed on never decrease.
//! 2. At most [`HELD_MAX`] ticks are held.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use truefill_core::time::{Nanos, SECOND_NS};

use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place};
use crate::source::{Quotes, Tick, TickKind};

/// Most nanoseconds by which a stamp is raised. Beyond that the file is not in order at all, or
/// one of its stamps is damaged, and raising would hide it.
pub const BACKWARD_NS_MAX: i64 = 60 * SECOND_NS;
/// Most ticks held to be put in order.
pub const HELD_MAX: usize = 65_536;

/// A file format: rows in the order of the file, one tick each, cleaned but with their own
/// stamps.
pub(crate) trait Rows {
    /// The next usable tick; `None` at the end. Counts what it leaves out.
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError>;
    /// The line read last.
    fn place(&self) -> Place;
    /// Its number, counted from 1.
    fn line(&self) -> u64;
}

/// Rows as [`Quotes`].
#[derive(Debug)]
pub(crate) struct Ordered<R> {
    rows: R,
    window_ns: i64,
    held: BinaryHeap<Reverse<Held>>,
    /// Ticks read; breaks ties.
    read: u64,
    /// The latest stamp read, and its line.
    newest: Nanos,
    newest_line: u64,
    /// The latest stamp passed on.
    passed: Nanos,
    state: State,
    dirt: DirtReport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    Draining,
    Failed,
}

#[derive(Debug)]
struct Held {
    tick: Tick,
    serial: u64,
    line: u64,
}

impl Held {
    const fn key(&self) -> (Nanos, u64) {
        (self.tick.time(), self.serial)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<R: Rows> Ordered<R> {
    /// Orders rows within a window in nanoseconds; below zero counts as 0.
    pub(crate) fn new(rows: R, window_ns: i64) -> Self {
        Self {
            rows,
            window_ns: window_ns.max(0),
            held: BinaryHeap::new(),
            read: 0,
            newest: Nanos(i64::MIN),
            newest_line: 0,
            passed: Nanos(i64::MIN),
            state: State::Reading,
            dirt: DirtReport::NONE,
        }
    }

    /// The rows, for what a format knows besides ticks.
    pub(crate) const fn rows(&self) -> &R {
        &self.rows
    }

    /// The same with another window; only before the first tick was read.
    pub(crate) fn with_window(self, window_ns: i64) -> Self {
        Self::new(self.rows, window_ns)
    }

    fn advance(&mut self) -> Result<Option<Tick>, MarketError> {
        while self.state == State::Reading {
            if let Some(held) = self.ripe() {
                return self.pass_on(held).map(Some);
            }
            let Some(tick) = self.rows.next_row(&mut self.dirt)? else {
                self.state = State::Draining;
                break;
            };
            let held = Held { tick, serial: self.read, line: self.rows.line() };
            self.read += 1;
            if self.window_ns == 0 {
                return self.pass_on(held).map(Some);
            }
            self.hold(held);
        }
        match self.held.pop() {
            Some(Reverse(held)) => self.pass_on(held).map(Some),
            None => Ok(None),
        }
    }

    fn hold(&mut self, held: Held) {
        let time = held.tick.time();
        if time >= self.newest {
            (self.newest, self.newest_line) = (time, held.line);
        } else if time >= self.passed {
            self.dirt.reordered.add(held.line);
            let behind_ns = self.newest.since(time);
            self.dirt.reordered_ns_max = self.dirt.reordered_ns_max.max(behind_ns);
        }
        self.held.push(Reverse(held));
    }

    /// The earliest held tick, if nothing earlier may still come.
    fn ripe(&mut self) -> Option<Held> {
        let earliest = self.held.peek()?.0.tick.time();
        let due = self.newest.since(earliest) >= self.window_ns;
        if !due && self.held.len() < HELD_MAX {
            return None;
        }
        let Reverse(held) = self.held.pop()?;
        if !due {
            self.dirt.overfull.add(held.line);
        }
        Some(held)
    }

    fn pass_on(&mut self, held: Held) -> Result<Tick, MarketError> {
        let Held { tick, line, .. } = held;
        let time = tick.time();
        match &tick.kind {
            TickKind::Quote(_) => self.dirt.quotes += 1,
            TickKind::Trade(_) => self.dirt.trades += 1,
            TickKind::Bar(_) => self.dirt.bars += 1,
        }
        if time >= self.passed {
            self.passed = time;
            if self.window_ns == 0 {
                (self.newest, self.newest_line) = (time, line);
            }
            return Ok(tick);
        }
        let behind_ns = self.passed.since(time);
        if behind_ns > BACKWARD_NS_MAX {
            return Err(self.unordered(time, line));
        }
        self.dirt.backward.add(line);
        self.dirt.backward_ns_max = self.dirt.backward_ns_max.max(behind_ns);
        Ok(tick.at(self.passed))
    }

    fn unordered(&self, time: Nanos, line: u64) -> MarketError {
        MarketError::row(
            ErrorKind::Unordered,
            Place { line, column: 1, ..self.rows.place() },
            format!(
                "the time {time} is {} ns before {}, which was passed on already (the latest \
                 time stands in line {}); at most {BACKWARD_NS_MAX} ns are mended",
                self.passed.since(time),
                self.passed,
                self.newest_line
            ),
            "sort the file by time, or mend the stamp that is wrong",
        )
    }
}

impl<R: Rows> Quotes for Ordered<R> {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        if self.state == State::Failed {
            return Err(MarketError::stopped(self.rows.place()));
        }
        let answer = self.advance();
        if answer.is_err() {
            self.state = State::Failed;
        }
        answer
    }

    fn dirt(&self) -> &DirtReport {
        &self.dirt
    }
}

#[cfg(test)]
mod tests;
