//! Causes, grades and currencies in sentences.
//!
//! Entry points: [`told`], [`grade`], [`unit_of`].
//!
//! Invariant: every cause has words of its own, and they say what to do, not whom to blame.

use truefill_gap::Cause;

/// How a cause is told in a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Ends "the largest part, 62 %, ...".
    pub lost: &'static str,
    /// What to change first.
    pub change: &'static str,
}

/// Fees paid beyond those the backtest assumed: the two causes of fees, taken together.
pub(crate) const FEES: Told = Told {
    lost: "went to fees and taxes that the backtest did not assume",
    change: "Put the broker's real fee schedule into the backtest, then trade less often or in \
             fewer, larger orders.",
};

/// The words for a cause.
pub(crate) fn told(cause: Cause) -> Told {
    let (lost, change) = match cause {
        Cause::Data | Cause::Decide | Cause::Feedback | Cause::Round | Cause::Gate => {
            before_the_queue(cause)
        }
        Cause::Queue | Cause::Backoff | Cause::Wire | Cause::Rejected => on_the_way(cause),
        Cause::Work | Cause::Dropped | Cause::Overfill | Cause::External => at_the_broker(cause),
        _ => in_the_price(cause),
    };
    Told { lost, change }
}

fn before_the_queue(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Data => (
            "was lost because the live data differed from the backtest's",
            "Compare the recorded feed with the backtest's data: late, missing and corrected \
             bars first.",
        ),
        Cause::Decide => (
            "was lost between the signal and the live target",
            "Decide sooner: declare targets as soon as they are known, and compute before the \
             bar closes where the strategy allows it.",
        ),
        Cause::Feedback => (
            "was lost because the strategy follows its own fills",
            "Make targets depend on the market alone where that is possible; what follows its \
             own fills repeats every other loss.",
        ),
        Cause::Round => (
            "was lost to rounding to lots",
            "Use fewer symbols or more capital for each, so that a lot is a small part of a \
             position.",
        ),
        _ => (
            "was lost to limits that held orders back",
            "Find the limit that held most: size, margin, trading hours or daily loss. Put it \
             into the backtest, or move it.",
        ),
    }
}

fn on_the_way(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Queue => (
            "was lost waiting in our queue",
            "Need fewer requests at once: fewer symbols on the same bar, fewer re-quotes, or \
             decisions spread over time. Then ask the broker for a higher limit.",
        ),
        Cause::Backoff => (
            "was lost backing off after refusals and time-outs",
            "Find in the incidents what was refused or timed out, and remove its reason; the \
             pauses go with it.",
        ),
        Cause::Wire => (
            "was lost on the network",
            "Run closer to the broker, keep its connections open, and use orders that bear a \
             late arrival.",
        ),
        _ => (
            "was lost on orders that the broker refused",
            "Read the refusals in the incidents: most are margin, price bands or a wrong \
             product, and all can be known before sending.",
        ),
    }
}

fn at_the_broker(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Work => (
            "was lost waiting to fill",
            "Cross the spread sooner: less patience on entries whose edge decays quickly.",
        ),
        Cause::Dropped => (
            "was lost on orders given up unfilled",
            "Change what becomes of a remainder: chase or cross where it is cancelled now.",
        ),
        Cause::Overfill => (
            "was lost on fills beyond what was ordered",
            "Read the incidents named OVERFILL, and amend orders in place rather than \
             replace them.",
        ),
        _ => (
            "was lost on positions that no order of ours explains",
            "Keep other trading out of this account, or give it instruments of its own.",
        ),
    }
}

fn in_the_price(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::TheoryPrice => (
            "was never there: the backtest used prices the market did not show",
            "Let the backtest fill at the next price that could be traded after its decision.",
        ),
        Cause::Spread => {
            ("went to the spread", "Rest first and cross when patience ends, or trade less often.")
        }
        Cause::Depth => (
            "went to market depth",
            "Send smaller slices: orders were larger than what stood at the touch.",
        ),
        Cause::Passive => (
            "was lost on resting orders that filled at bad moments",
            "Re-quote sooner when the market moves away, or rest less.",
        ),
        Cause::ExternalPrice => (
            "went to the prices of trades that are not ours",
            "Keep other trading out of this account, or give it instruments of its own.",
        ),
        Cause::Netting => (
            "went to crossing between strategies inside the account",
            "Look at the marks at which strategies cross: one gains what the other pays, so the \
             account as a whole should not lose.",
        ),
        Cause::FeesAssumed | Cause::FeesLive => (FEES.lost, FEES.change),
        Cause::Financing => (
            "went to financing",
            "Put interest, funding and dividends into the backtest, or hold for less time.",
        ),
        Cause::Mark => (
            "comes from different closing prices",
            "Value both books at the same closing price; it reverses on the next day.",
        ),
        other => (other.plain_name(), other.explains()),
    }
}

/// What a grade says about the marks; empty for a grade that is not known.
pub(crate) fn grade(grade: &str) -> &'static str {
    match grade {
        "A" => "Grade A: every step is measured against quotes.",
        "B" => {
            "Grade B: the market is known only as bars. What happened inside a bar is assumed, not \
             known: the price takes open, low, high and close, a quarter of the bar apart; spread \
             and depth are declared. The sum is as exact as with quotes; how it divides between \
             spread, waiting and price rests on these assumptions."
        }
        "C" => {
            "Grade C: only fills were known. The sum is as exact as with quotes; how it divides \
             between causes is a rough guide."
        }
        _ => "",
    }
}

/// One unit of a currency, in words.
pub(crate) fn unit_of(currency: &str) -> &'static str {
    match currency {
        "INR" => "rupee",
        "USD" => "dollar",
        "EUR" => "euro",
        "GBP" => "pound",
        "JPY" => "yen",
        _ => "unit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_cause_has_words_of_its_own() {
        let told: Vec<Told> = Cause::ALL.iter().map(|cause| told(*cause)).collect();
        let lost: BTreeSet<_> = told.iter().map(|told| told.lost).collect();
        assert_eq!(lost.len(), Cause::ALL.len() - 1, "only the two causes of fees share theirs");
        for (cause, told) in Cause::ALL.iter().zip(told) {
            assert!(told.change.ends_with('.') && !told.lost.ends_with('.'), "{cause}");
            assert_ne!(told.lost, cause.plain_name(), "{cause} fell through");
        }
    }
}
