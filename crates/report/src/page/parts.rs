//! What a gap is judged by: its causes, with the two of fees taken together.
//!
//! Entry points: [`largest_cost`], [`largest_gain`].
//!
//! Invariants:
//! - Paying fees that the backtest had assumed is no loss; only the difference counts.
//! - What is shown as zero is not worth a word.
//! - Of equal parts the first on the ladder is the largest.

use crate::words::{self, FEES, Told};
use truefill_gap::report::Displayed;
use truefill_gap::{Cause, Causes, Decimal};

/// An amount with its words.
pub(super) struct Part {
    pub amount: Decimal,
    /// The amount as the table of causes shows it.
    pub shown: Decimal,
    pub name: &'static str,
    pub told: Told,
}

/// What cost most, if anything did.
pub(super) fn largest_cost(causes: &Causes) -> Option<Part> {
    let largest = parts(causes).into_iter().rev().max_by(|a, b| a.amount.cmp(&b.amount));
    largest.filter(|part| part.amount.is_positive() && !part.shown.is_zero())
}

/// What gained most, if anything did.
pub(super) fn largest_gain(causes: &Causes) -> Option<Part> {
    let largest = parts(causes).into_iter().min_by(|a, b| a.amount.cmp(&b.amount));
    largest.filter(|part| part.amount.is_negative() && !part.shown.is_zero())
}

/// The amounts of all parts.
pub(super) fn judged(causes: &Causes) -> Vec<Decimal> {
    parts(causes).into_iter().map(|part| part.amount).collect()
}

fn parts(causes: &Causes) -> Vec<Part> {
    let displayed = Displayed::of(causes).causes;
    let fees = |causes: &Causes| -> Decimal {
        [Cause::FeesLive, Cause::FeesAssumed].iter().filter_map(|fee| causes.get(*fee)).sum()
    };
    let is_fee = |cause: &Cause| matches!(cause, Cause::FeesLive | Cause::FeesAssumed);
    let rest = causes.iter().filter(|(cause, _)| !is_fee(cause)).map(|(cause, amount)| Part {
        amount: amount.clone(),
        shown: displayed.get(cause).unwrap_or(amount).clone(),
        name: cause.plain_name(),
        told: words::told(cause),
    });
    let (amount, shown) = (fees(causes), fees(&displayed));
    let name =
        if amount.is_negative() { "fees below those assumed" } else { "fees beyond those assumed" };
    rest.chain([Part { amount, shown, name, told: FEES }]).collect()
}
