//! What was reached and what never: inputs, events, order states, outcomes, recoveries, alerts.
//!
//! Entry points: [`Coverage`], [`Group`]. A table with holes is shown with its holes: what was
//! never reached was never tested.
//!
//! Invariants:
//! 1. Every name that can be reached is in the table from the beginning, with zero.
//! 2. Merging is adding: the order of days does not matter.

use crate::draw::Feature;
use truefill_core::alert::AlertCode;
use truefill_core::config::{CancelProof, Remainder, Style};
use truefill_core::event::{Block, DriftClass, Ending, Freeze, Lane, Mode, RequestClass};
use truefill_core::input::Command;
use truefill_core::order::{AmendEnd, CancelWhy, Intent, Rule};
use truefill_core::report::{ReadFailure, RejectCode, UnknownCause};
use truefill_sim::faults::FaultKind;

macro_rules! groups {
    ($( $(#[doc = $doc:literal])+ $name:ident = $text:literal, $names:expr; )+) => {
        /// A table of names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Group { $( $(#[doc = $doc])+ $name ),+ }

        impl Group {
            /// Every table.
            pub const ALL: &'static [Self] = &[ $( Self::$name ),+ ];

            /// What it is a table of.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => $text ),+ }
            }

            /// Every name that can be reached.
            #[must_use]
            pub fn names(self) -> Vec<&'static str> {
                match self { $( Self::$name => $names ),+ }
            }
        }
    };
}

/// The words of a closed list.
fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

groups! {
    /// Inputs of the engine.
    Input = "inputs", INPUTS.to_vec();
    /// Commands of the operator.
    Command = "commands", words(Command::ALL, Command::as_str);
    /// Events.
    Event = "events", EVENTS.to_vec();
    /// States of orders.
    State = "order states", STATES.to_vec();
    /// Evidence about orders.
    Evidence = "evidence", EVIDENCE.to_vec();
    /// Ends of writes.
    Outcome = "outcomes", OUTCOMES.to_vec();
    /// Reasons of refusals for sure.
    Refused = "refusals", words(RejectCode::ALL, RejectCode::as_str);
    /// Reasons of unknown outcomes.
    Unclear = "unknown outcomes", words(UnknownCause::ALL, UnknownCause::as_str);
    /// Answers to reads.
    Answer = "answers", ANSWERS.to_vec();
    /// Failures of reads.
    ReadFailure = "read failures", words(ReadFailure::ALL, ReadFailure::as_str);
    /// Requests.
    Request = "requests", words(RequestClass::ALL, RequestClass::as_str);
    /// Ends of requests.
    Ending = "ends of requests", words(Ending::ALL, Ending::as_str);
    /// What amends came to.
    Amend = "ends of amends", words(AmendEnd::ALL, AmendEnd::as_str);
    /// Corrections of positions.
    Drift = "corrections", words(DriftClass::ALL, DriftClass::as_str);
    /// Freezes.
    Freeze = "freezes", words(Freeze::ALL, Freeze::as_str);
    /// Ways back from a crash.
    Recovery = "recoveries", RECOVERIES.to_vec();
    /// Reasons why work is not sent.
    Block = "blocks", words(&BLOCKS, Block::as_str);
    /// Reasons why a target is held back.
    Gate = "gates", words(&GATES, Block::as_str);
    /// Lanes of the queue.
    Lane = "lanes", words(Lane::ALL, Lane::as_str);
    /// Modes.
    Mode = "modes", words(Mode::ALL, Mode::as_str);
    /// Intents of orders.
    Intent = "intents", words(Intent::ALL, Intent::as_str);
    /// Rules that made a price or ended an order.
    Rule = "rules", words(Rule::ALL, Rule::as_str);
    /// Reasons of cancels.
    CancelWhy = "cancels", words(CancelWhy::ALL, CancelWhy::as_str);
    /// Price rules.
    Style = "styles", words(Style::ALL, Style::as_str);
    /// Remainder contracts.
    Remainder = "remainders", words(Remainder::ALL, Remainder::as_str);
    /// What proves that an order is finished.
    Proof = "proofs", words(CancelProof::ALL, CancelProof::as_str);
    /// Alerts.
    Alert = "alerts", words(AlertCode::ALL, AlertCode::as_str);
    /// Faults that struck.
    Fault = "faults", words(FaultKind::ALL, FaultKind::name);
    /// Features of days.
    Feature = "features", words(Feature::ALL, Feature::name);
}

const INPUTS: [&str; 17] = [
    "Start",
    "Target",
    "Reply",
    "Push",
    "Answer",
    "Link",
    "Garbled",
    "Operator",
    "Adopt",
    "Tick",
    "Release",
    "DayEnd",
    "PrevClose",
    "Split",
    "Margin",
    "Enable",
    "Volume",
];

const EVENTS: [&str; 40] = [
    "Started",
    "TargetSet",
    "Requested",
    "Released",
    "CancelReleased",
    "RequestClosed",
    "Learned",
    "LookupPlanned",
    "Closed",
    "Paused",
    "Unpaused",
    "Backoff",
    "LinkTurned",
    "Suspected",
    "RoundEnded",
    "Compared",
    "Corrected",
    "Frozen",
    "Thawed",
    "Adopted",
    "ModeSet",
    "Staged",
    "Alert",
    "Repeated",
    "Marked",
    "DayEnded",
    "Poisoned",
    "RoundStarted",
    "CancelFailed",
    "Crossed",
    "Enabled",
    "TargetRenewed",
    "WaiverEnded",
    "LoggedIn",
    "MarginTold",
    "SplitApplied",
    "ParentBegun",
    "StopMoved",
    "Unwound",
    "VolumeSeen",
];

const EVIDENCE: [&str; 16] = [
    "Ack",
    "Refusal",
    "Unsent",
    "Doubt",
    "Fill",
    "Bust",
    "Cum",
    "Claim",
    "Proof",
    "Seen",
    "Absence",
    "Void",
    "Gone",
    "Audit",
    "AmendSent",
    "AmendNews",
];

/// States of an order, as far as the engine knows: an order may be in several.
pub(crate) const STATES: [&str; 22] = [
    "sent",
    "unknown outcome",
    "working",
    "partly filled",
    "filled",
    "finished",
    "found after all",
    "claimed finished",
    "nothing to cancel",
    "refused",
    "refused after it was taken",
    "never sent",
    "proven absent",
    "cancel under way",
    "cancel answered",
    "cancel failed",
    "amend under way",
    "amended",
    "filled without a price",
    "unproven quantity",
    "overfilled",
    "busted",
];

const OUTCOMES: [&str; 4] = ["Taken", "Refused", "NotSent", "Unclear"];

const ANSWERS: [&str; 10] = [
    "positions",
    "orders",
    "orders, incomplete",
    "activity",
    "activity, incomplete",
    "one order",
    "no such order",
    "failed",
    "open orders",
    "clock",
];

/// Ways back.
pub(crate) const RECOVERIES: [&str; 6] = [
    "crash before the commit",
    "crash after the commit",
    "restart with open orders",
    "restart with unknown orders",
    "restart frozen",
    "restart not running",
];

/// Reasons of the queue.
pub(crate) const BLOCKS: [Block; 17] = [
    Block::Open,
    Block::Paused,
    Block::Opposite,
    Block::Cancelling,
    Block::Dust,
    Block::Stale,
    Block::Throttle,
    Block::DayOrders,
    Block::Unread,
    Block::Link,
    Block::Baseline,
    Block::Risk,
    Block::Schedule,
    Block::Spread,
    Block::Session,
    Block::Netted,
    Block::Amending,
];

/// Reasons of the ladder's stage GATE.
pub(crate) const GATES: [Block; 14] = [
    Block::Open,
    Block::Frozen,
    Block::Risk,
    Block::Hours,
    Block::Expired,
    Block::FlatBy,
    Block::Margin,
    Block::Leg,
    Block::Funding,
    Block::Redeclare,
    Block::Expiry,
    Block::Mode,
    Block::Disabled,
    Block::Short,
];

/// How often each name was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// By group, by name.
    counts: Vec<Vec<u64>>,
}

impl Default for Coverage {
    fn default() -> Self {
        let zeros = |group: &Group| vec![0; group.names().len()];
        Self { counts: Group::ALL.iter().map(zeros).collect() }
    }
}

impl Coverage {
    /// A name was reached. A name that is not in the table is a defect of the table: a test
    /// holds the tables against the lists of the core.
    pub fn reach(&mut self, group: Group, at: usize) {
        self.add(group, at, 1);
    }

    /// The same so many times.
    pub fn add(&mut self, group: Group, at: usize, times: u64) {
        if let Some(count) = self.counts.get_mut(group as usize).and_then(|of| of.get_mut(at)) {
            *count = count.saturating_add(times);
        }
    }

    /// A kind was reached, by its name.
    pub fn reach_kind(&mut self, group: Group, name: &str) {
        let names: &[&str] = match group {
            Group::Input => &INPUTS,
            Group::Event => &EVENTS,
            Group::Evidence => &EVIDENCE,
            Group::Outcome => &OUTCOMES,
            _ => return,
        };
        if let Some(at) = names.iter().position(|known| *known == name) {
            self.reach(group, at);
        }
    }

    /// A word of a closed list was reached.
    pub fn reach_word<T: Copy + PartialEq>(&mut self, group: Group, all: &[T], word: T) {
        if let Some(at) = all.iter().position(|known| *known == word) {
            self.reach(group, at);
        }
    }

    /// Adds what another one has reached.
    pub fn absorb(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine = mine.saturating_add(*theirs);
            }
        }
    }

    /// Names of a group with their counts.
    pub fn of(&self, group: Group) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counts = self.counts.get(group as usize).into_iter().flatten().copied();
        group.names().into_iter().zip(counts)
    }

    /// How often a name was reached.
    #[must_use]
    pub fn count(&self, group: Group, name: &str) -> u64 {
        self.of(group).find(|(known, _)| *known == name).map_or(0, |(_, count)| count)
    }

    /// Names that were never reached.
    pub fn never(&self, group: Group) -> impl Iterator<Item = &'static str> + '_ {
        self.of(group).filter(|(_, count)| *count == 0).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_holes_are_seen() {
        let (mut one, mut two) = (Coverage::default(), Coverage::default());
        one.reach_kind(Group::Input, "Target");
        two.reach_word(Group::Mode, Mode::ALL, Mode::Killed);
        one.absorb(&two);
        one.absorb(&two);
        assert_eq!(one.count(Group::Input, "Target"), 1);
        assert_eq!(one.count(Group::Mode, "killed"), 2);
        assert!(one.never(Group::Mode).any(|name| name == "running"));
        assert!(!one.never(Group::Mode).any(|name| name == "killed"));
    }

    #[test]
    fn no_table_has_a_name_twice() {
        for group in Group::ALL {
            let mut names = group.names();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", group.name());
        }
    }
}
