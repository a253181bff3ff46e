//! What can go wrong, how often, and how long it lasts.
//!
//! Entry points: [`Faults::from_json`], [`Faults::preset`], [`Faults::set`],
//! [`Faults::schema`]; the list itself is [`FaultKind`], and `docs/faults.md` says which real
//! behaviour each of them is. A fault file names faults and how each strikes; what it does not name does not
//! happen:
//!
//! ```
//! use truefill_sim::faults::{FaultKind, Faults};
//! let faults = Faults::from_json(r#"{
//!     "lost_ack":     {"probability": 0.02},
//!     "late_ack":     {"on": [3, 7], "max_ms": 20000},
//!     "spurious_429": {"probability": "0.01", "at_most": 5, "max_ms": 2000}
//! }"#).expect("valid");
//! assert_eq!(faults.get(FaultKind::LostAck).ppm, 20_000);
//!
//! let error = Faults::from_json(r#"{"lost_akc": {"probability": 0.02}}"#).expect_err("typo");
//! assert!(error.to_string().contains("lost_ack"));
//! ```
//!
//! Each fault has **opportunities** (said with each kind). At every opportunity it strikes with
//! `probability`, and for certain at the opportunities whose numbers (from 1) are in `on`, but
//! not more than `at_most` times in all. `max_ms` bounds how long it lasts where it lasts.
//!
//! Invariants:
//! 1. Whatever a file says, what the broker's descriptor declares as its worst is not passed:
//!    the longest arrival, the longest appearance, the oldest read, the truth of a proof. Only
//!    kinds that are [`FaultKind::is_beyond`] pass it, and they say so.
//! 2. A fault draws from dice of its own: switching one on does not move another.

mod damage;
mod kind;
mod parse;
mod plan;
mod presets;
mod schema;

pub use damage::{PAGE, add_key, garble, spoil_row, spoil_status, truncate, unknown_code};
pub use kind::FaultKind;
pub use parse::FaultError;
pub use plan::Plan;

use truefill_core::time::MILLI_NS;

/// How one kind strikes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// Chance at each opportunity, in parts per million.
    pub ppm: u32,
    /// Opportunities, from 1, at which it strikes for certain.
    pub on: Vec<u64>,
    /// Most strikes in all; absent means no bound.
    pub at_most: Option<u64>,
    /// Longest duration in milliseconds; absent means what is usual for the kind.
    pub max_ms: Option<i64>,
}

impl Setting {
    /// With this chance at each opportunity, in parts per million.
    #[must_use]
    pub fn ppm(ppm: u32) -> Self {
        Self { ppm, ..Self::default() }
    }

    /// At these opportunities, counted from 1.
    #[must_use]
    pub fn on(numbers: &[u64]) -> Self {
        Self { on: numbers.to_vec(), ..Self::default() }
    }

    /// With another longest duration.
    #[must_use]
    pub fn max_ms(self, max_ms: i64) -> Self {
        Self { max_ms: Some(max_ms), ..self }
    }
}

/// Everything that goes wrong in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    settings: Vec<Setting>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { settings: vec![Setting::default(); FaultKind::ALL.len()] }
    }
}

impl Faults {
    /// How this kind strikes.
    #[must_use]
    pub fn get(&self, kind: FaultKind) -> &Setting {
        &self.settings[kind as usize]
    }

    /// Sets one kind.
    #[must_use]
    pub fn set(mut self, kind: FaultKind, setting: Setting) -> Self {
        self.settings[kind as usize] = setting;
        self
    }

    /// Longest duration of this kind, in nanoseconds.
    #[must_use]
    pub fn max_ns(&self, kind: FaultKind) -> i64 {
        let max_ms = self.get(kind).max_ms.unwrap_or(kind.usual_max_ms());
        max_ms.max(0).saturating_mul(MILLI_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_names_are_one_to_one() {
        let mut names: Vec<&str> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FaultKind::ALL.len());
        for (at, kind) in FaultKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at);
            assert!(kind.about().contains("ach"), "{}: names no opportunity", kind.name());
        }
    }
}
