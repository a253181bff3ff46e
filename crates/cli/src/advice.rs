//! What to change first: the cause that costs most, and what people do about it.
//!
//! Entry point: [`first`].

use truefill_gap::{Cause, Decimal, Report};

/// The costliest cause of a gap with its amount and a sentence of advice; `None` where nothing
/// cost anything.
pub fn first(report: &Report) -> Option<(Cause, Decimal, &'static str)> {
    // As it is displayed: the same figure stands in the lines above.
    let shown = report.displayed();
    let costs = shown.causes.iter().filter(|(_, amount)| amount.is_positive());
    let (cause, amount) = costs.max_by(|a, b| a.1.cmp(b.1))?;
    Some((cause, amount.clone(), about(cause)))
}

/// What usually helps against a cause.
const fn about(cause: Cause) -> &'static str {
    match cause {
        Cause::FeesLive => "trade less often, or only when the edge is larger than the charge",
        Cause::Spread | Cause::Depth => {
            "rest before crossing: policy = \"passive_then_cross\", or a narrower collar"
        }
        Cause::Work => "cross sooner: a shorter patience, or remainder = \"chase\"",
        Cause::Dropped => "chase what does not fill instead of giving it up",
        Cause::Queue => "ask the broker for more requests a second, or trade fewer names at once",
        Cause::Backoff => "find out why the broker refuses for the rate; stay below its limit",
        Cause::Wire => "run nearer to the broker",
        Cause::Decide => "decide faster, or on data that are ready sooner",
        Cause::TheoryPrice => "let the backtest fill at prices that could be had",
        Cause::Round => "trade sizes that are whole lots, or more capital",
        Cause::Gate => "look at which limit held it back, and whether it should",
        Cause::Rejected => "read the refusals: margin, band, or rules of the instrument",
        Cause::External | Cause::ExternalPrice => "do not trade by hand on the strategy's account",
        _ => "look at the report for where it arose",
    }
}
