//! What can go wrong, how often, and how long it lasts.
//!
//! Entry points: [`Faults::from_json`], [`Faults::preset`], [`Faults::set`]; the list itself is
//! [`FaultKind`]. A fault file names faults and how each strikes; what it does not name does not
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
//!    the longest arrival, the longest appearance, the oldest read.
//! 2. A fault draws from dice of its own: switching one on does not move another.

mod damage;
mod parse;
mod plan;
mod presets;

pub use damage::{garble, spoil_row, truncate};
pub use parse::FaultError;
pub use plan::Plan;

use truefill_core::time::MILLI_NS;

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $kind:ident = $name:literal, $max_ms:literal; )+) => {
        /// One kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FaultKind { $( $(#[doc = $doc])+ $kind ),+ }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[ $( Self::$kind ),+ ];

            /// The key in a fault file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$kind => $name ),+ }
            }

            /// What it does, in words.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $( Self::$kind => concat!($($doc),+) ),+ }
            }

            /// `max_ms` where a file says nothing; 0 for a fault that has no length.
            #[must_use]
            pub const fn usual_max_ms(self) -> i64 {
                match self { $( Self::$kind => $max_ms ),+ }
            }
        }
    };
}

kinds! {
    /// A request never arrives and is never answered. Each request.
    LostRequest = "lost_request", 0;
    /// The write is executed, its reply is lost. Each write that arrives.
    LostAck = "lost_ack", 0;
    /// The order is stuck between broker and exchange: no answer or a 504 at once, and up to
    /// `max_ms` after the send it appears. Never later than the broker's descriptor allows for a
    /// read that may be old. Each new order that arrives.
    LateAck = "late_ack", 86_400_000;
    /// Answered with a 5xx, and executed. Each write that arrives.
    ServerErrorExecuted = "server_error_executed", 0;
    /// Answered with a 5xx, and not executed. Each write that arrives.
    ServerErrorNotExecuted = "server_error_not_executed", 0;
    /// The connection breaks under a write that is executed; the break may be noticed before
    /// the write arrives. Each write that is sent.
    ResetExecuted = "reset_executed", 0;
    /// The connection breaks under a write that never arrives. Each write that is sent.
    ResetNotExecuted = "reset_not_executed", 0;
    /// Refused for the rate although the limit is not reached, with up to `max_ms` of wanted
    /// silence. Each request that arrives.
    Spurious429 = "spurious_429", 2_000;
    /// The reply to a new order is held back up to `max_ms`, so that its fills are told first.
    /// Each new order that arrives.
    FillBeforeAck = "fill_before_ack", 2_000;
    /// The body of a reply or an answer is damaged. Each of them.
    GarbleReply = "garble_reply", 0;
    /// The body of a reply or an answer is cut off. Each of them.
    TruncateReply = "truncate_reply", 0;
    /// A cancel is taken, but the order fills, wholly or in part, before it. Each cancel of a
    /// working order.
    CancelRace = "cancel_race", 0;
    /// A cancel is taken and works only up to `max_ms` later; the order may fill meanwhile.
    /// Each cancel of a working order.
    DelayedTerminal = "delayed_terminal", 5_000;
    /// A match is reported as several executions. Each match.
    PartialFills = "partial_fills", 0;
    /// An execution is pushed a second time under another ExecID, with the same CumQty. Each
    /// execution.
    SecondExecId = "second_exec_id", 0;
    /// A pushed message is lost. Each pushed message.
    LostPush = "lost_push", 0;
    /// A pushed message comes again up to `max_ms` later. Each pushed message.
    DuplicatePush = "duplicate_push", 3_000;
    /// A pushed message is held back up to `max_ms`, so that later ones overtake it. Each pushed
    /// message.
    ReorderPush = "reorder_push", 2_000;
    /// A pushed message is damaged. Each pushed message.
    GarblePush = "garble_push", 0;
    /// A pushed message is cut off. Each pushed message.
    TruncatePush = "truncate_push", 0;
    /// The stream breaks for up to `max_ms`; what it had under way and what happens meanwhile is
    /// lost. Each pushed message.
    StreamDown = "stream_down", 20_000;
    /// Requests are refused for up to `max_ms`, and what waits for an answer loses it. Each
    /// request.
    RestDown = "rest_down", 10_000;
    /// A read fails: a 5xx, a reset or no answer. Each read that arrives.
    FailedRead = "failed_read", 0;
    /// A read shows the account as it was up to `max_ms` ago, at most what the descriptor
    /// declares. Each read that arrives.
    StaleRead = "stale_read", 86_400_000;
    /// A read of positions omits one row. Each read of positions.
    MissingRows = "missing_rows", 0;
    /// The first row of a read of orders or activity has a word nobody knows. Each of these reads.
    BadRow = "bad_row", 0;
    /// Somebody else trades one of the holdings on the account, up to `max_ms` later. Each write
    /// that arrives.
    ManualTrade = "manual_trade", 3_000;
}

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
