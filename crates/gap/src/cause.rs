//! The causes a gap is split into, with the words a report uses for them.
//!
//! Entry points: [`Cause`], and [`Causes`], amounts by cause.
//!
//! Invariants:
//! - The order of [`Cause::ALL`] is the order of the ladder, then prices, charges and
//!   valuation; reports list causes in it.
//! - A [`Causes`] holds a cause exactly when something other than zero was booked under it,
//!   so a cause that moved and came back is listed with the amount 0.

use crate::Decimal;
use crate::ledger::{Reason, Stage};
use std::collections::BTreeMap;
use std::fmt;

/// Why a part of the theoretical profit did not arrive in the live book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // each is documented by `explains`, the text that reports show
pub enum Cause {
    Data,
    Decide,
    Feedback,
    Round,
    Gate,
    Queue,
    Backoff,
    Wire,
    Rejected,
    Work,
    Dropped,
    Overfill,
    External,
    TheoryPrice,
    Spread,
    Depth,
    Passive,
    ExternalPrice,
    Netting,
    FeesAssumed,
    FeesLive,
    Financing,
    Mark,
}

impl Cause {
    /// Every cause, in the order in which reports list them.
    pub const ALL: [Cause; 23] = [
        Cause::Data,
        Cause::Decide,
        Cause::Feedback,
        Cause::Round,
        Cause::Gate,
        Cause::Queue,
        Cause::Backoff,
        Cause::Wire,
        Cause::Rejected,
        Cause::Work,
        Cause::Dropped,
        Cause::Overfill,
        Cause::External,
        Cause::TheoryPrice,
        Cause::Spread,
        Cause::Depth,
        Cause::Passive,
        Cause::ExternalPrice,
        Cause::Netting,
        Cause::FeesAssumed,
        Cause::FeesLive,
        Cause::Financing,
        Cause::Mark,
    ];

    /// The cause that names what waits before `stage` while `reason` is in force.
    ///
    /// The theoretical book is the top of the ladder: nothing waits before it.
    pub fn waiting_before(stage: Stage, reason: Option<Reason>) -> Option<Cause> {
        match (stage, reason) {
            (Stage::Theory, _) => None,
            (_, Some(Reason::Feedback)) => Some(Cause::Feedback),
            (_, Some(Reason::Backoff)) => Some(Cause::Backoff),
            (_, Some(Reason::Rejected)) => Some(Cause::Rejected),
            (_, Some(Reason::Dropped)) => Some(Cause::Dropped),
            (_, Some(Reason::Overfill)) => Some(Cause::Overfill),
            (Stage::Twin, _) => Some(Cause::Data),
            (Stage::Emitted, _) => Some(Cause::Decide),
            (Stage::Rounded, _) => Some(Cause::Round),
            (Stage::Admitted, _) => Some(Cause::Gate),
            (Stage::Released, _) => Some(Cause::Queue),
            (Stage::Accepted, _) => Some(Cause::Wire),
            (Stage::Filled, _) => Some(Cause::Work),
            (Stage::Broker, _) => Some(Cause::External),
        }
    }

    /// The label in the ledger's public format, such as `FEES-LIVE`.
    pub fn label(self) -> &'static str {
        match self {
            Cause::Data => "DATA",
            Cause::Decide => "DECIDE",
            Cause::Feedback => "FEEDBACK",
            Cause::Round => "ROUND",
            Cause::Gate => "GATE",
            Cause::Queue => "QUEUE",
            Cause::Backoff => "BACKOFF",
            Cause::Wire => "WIRE",
            Cause::Rejected => "REJECTED",
            Cause::Work => "WORK",
            Cause::Dropped => "DROPPED",
            Cause::Overfill => "OVERFILL",
            Cause::External => "EXTERNAL",
            Cause::TheoryPrice => "THEORY-PRICE",
            Cause::Spread => "SPREAD",
            Cause::Depth => "DEPTH",
            Cause::Passive => "PASSIVE",
            Cause::ExternalPrice => "EXTERNAL-PRICE",
            Cause::Netting => "NETTING",
            Cause::FeesAssumed => "FEES-ASSUMED",
            Cause::FeesLive => "FEES-LIVE",
            Cause::Financing => "FINANCING",
            Cause::Mark => "MARK",
        }
    }

    /// The name for a reader who does not know the format, such as `network`.
    pub fn plain_name(self) -> &'static str {
        match self {
            Cause::Data => "different data",
            Cause::Decide => "deciding",
            Cause::Feedback => "own fills fed back",
            Cause::Round => "rounding to lots",
            Cause::Gate => "held back by a limit",
            Cause::Queue => "waiting in our queue",
            Cause::Backoff => "backing off",
            Cause::Wire => "network",
            Cause::Rejected => "refused by the broker",
            Cause::Work => "waiting to fill",
            Cause::Dropped => "given up unfilled",
            Cause::Overfill => "filled too much",
            Cause::External => "not our trades",
            Cause::TheoryPrice => "backtest price out of reach",
            Cause::Spread => "spread",
            Cause::Depth => "market depth",
            Cause::Passive => "passive fills",
            Cause::ExternalPrice => "price of trades not ours",
            Cause::Netting => "crossing inside",
            Cause::FeesAssumed => "fees the backtest assumed",
            Cause::FeesLive => "fees and taxes paid",
            Cause::Financing => "financing",
            Cause::Mark => "different closing prices",
        }
    }

    /// One sentence that says what the cause measures.
    pub fn explains(self) -> &'static str {
        match self {
            Cause::Data => {
                "The same strategy wanted another position on the data that really arrived."
            }
            Cause::Decide => "The market moved between the theoretical trade and the live target.",
            Cause::Feedback => {
                "The live target differed because it depends on the strategy's own fills."
            }
            Cause::Round => "The part of the target that lots and minimum sizes cut off.",
            Cause::Gate => "Units held back by risk limits, margin, market hours or a kill switch.",
            Cause::Queue => {
                "The market moved while orders waited for a slot under the broker's rate limit."
            }
            Cause::Backoff => {
                "The market moved while sending paused after a refusal, an error or a time-out."
            }
            Cause::Wire => "The market moved between sending an order and the broker's acceptance.",
            Cause::Rejected => "Units the broker refused, until they were planned again.",
            Cause::Work => "The market moved while accepted orders waited for a counterparty.",
            Cause::Dropped => "Units left unfilled when an order was cancelled or expired.",
            Cause::Overfill => "Units filled beyond the order, such as a fill after its cancel.",
            Cause::External => "Positions at the broker that no order of ours explains.",
            Cause::TheoryPrice => {
                "The theoretical fills took prices that the market did not show then."
            }
            Cause::Spread => "Taking liquidity paid from the mark to the touch.",
            Cause::Depth => {
                "Taking liquidity paid beyond the touch; negative is price improvement."
            }
            Cause::Passive => "Resting orders filled away from the mark; normally a gain.",
            Cause::ExternalPrice => "Trades that are not ours were done away from the mark.",
            Cause::Netting => {
                "Two strategies traded with each other away from the mark; one gains what the other pays."
            }
            Cause::FeesAssumed => "Fees the theoretical book already charged, given back here.",
            Cause::FeesLive => "Commission, fees and taxes charged in the live book.",
            Cause::Financing => {
                "Interest, funding and dividends of the live book less the theoretical one."
            }
            Cause::Mark => {
                "The books were valued at different closing prices; it reverses the next day."
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

impl serde::Serialize for Cause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// Amounts by cause, in the ledger's currency; a cost is positive.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Causes(BTreeMap<Cause, Decimal>);

impl Causes {
    /// Adds `amount` under `cause`; zero is no movement and leaves no trace.
    pub fn book(&mut self, cause: Cause, amount: &Decimal) {
        if !amount.is_zero() {
            *self.0.entry(cause).or_default() += amount;
        }
    }

    /// Adds every amount of `other`, keeping causes that have moved but stand at zero.
    pub fn absorb(&mut self, other: &Causes) {
        for (cause, amount) in other.iter() {
            *self.0.entry(cause).or_default() += amount;
        }
    }

    /// The amount under `cause`, or `None` when it never moved.
    pub fn get(&self, cause: Cause) -> Option<&Decimal> {
        self.0.get(&cause)
    }

    /// The causes that moved with their amounts, in the order of [`Cause::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &Decimal)> {
        self.0.iter().map(|(cause, amount)| (*cause, amount))
    }

    /// The sum of all amounts.
    pub fn total(&self) -> Decimal {
        self.0.values().sum()
    }

    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many causes moved.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(Cause, Decimal)> for Causes {
    fn from_iter<I: IntoIterator<Item = (Cause, Decimal)>>(amounts: I) -> Self {
        let mut causes = Causes::default();
        for (cause, amount) in amounts {
            *causes.0.entry(cause).or_default() += &amount;
        }
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_cause_explains_itself() {
        let labels: BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.label()).collect();
        let names: BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.plain_name()).collect();
        assert_eq!((labels.len(), names.len()), (Cause::ALL.len(), Cause::ALL.len()));
        assert!(Cause::ALL.is_sorted(), "the declared order is the listed order");
        for cause in Cause::ALL {
            assert!(cause.explains().ends_with('.'), "{cause}");
        }
    }

    #[test]
    fn a_cause_that_came_back_to_zero_is_kept_and_one_that_never_moved_is_not() {
        let mut causes = Causes::default();
        causes.book(Cause::Mark, &Decimal::ZERO);
        assert!(causes.is_empty());
        causes.book(Cause::Mark, &Decimal::from(3));
        causes.book(Cause::Mark, &Decimal::from(-3));
        assert_eq!(causes.get(Cause::Mark), Some(&Decimal::ZERO));
    }

    #[test]
    fn reasons_rename_only_what_the_table_says() {
        use Cause as C;
        let at = Cause::waiting_before;
        assert_eq!(at(Stage::Theory, None), None);
        assert_eq!(at(Stage::Emitted, Some(Reason::Feedback)), Some(C::Feedback));
        assert_eq!(at(Stage::Released, Some(Reason::Queue)), Some(C::Queue));
        assert_eq!(at(Stage::Released, Some(Reason::Backoff)), Some(C::Backoff));
        assert_eq!(at(Stage::Accepted, Some(Reason::Wire)), Some(C::Wire));
        assert_eq!(at(Stage::Filled, Some(Reason::Work)), Some(C::Work));
        assert_eq!(at(Stage::Filled, Some(Reason::Overfill)), Some(C::Overfill));
        assert_eq!(at(Stage::Broker, None), Some(C::External));
    }
}
