//! Hours of a strategy: when exposure may be added, and when nothing may be held.
//!
//! Entry points: [`may_enter`], [`must_be_flat`]; each also says when its answer may change.
//!
//! `flat_by` is when the position must *be* zero. Going flat begins earlier by [`flat_lead_ns`]:
//! the least time in which the rate windows let a cancel and an exit of every holding that goes
//! flat leave, plus the longest reply of both, plus the patience of the exit policy. The number
//! of holdings is that of the configuration, not of what happens to be held: a lead that shrank
//! while holdings go flat would let the others turn back.

use crate::config::{Config, Scope, Span, Strategy, Style};
use crate::time::{Nanos, SECOND_NS};

/// The longest lead: a queue that needs more cannot keep any `flat_by`.
const LEAD_NS_MAX: i64 = 1_800 * SECOND_NS;
/// Windows longer than this are quotas of a day, not a pace.
const PACE_NS_MAX: i64 = 60 * SECOND_NS;

/// The first span that is not over at `now`.
fn next_span(spans: &[Span], now: Nanos) -> Option<&Span> {
    spans.get(spans.partition_point(|span| span.until <= now))
}

/// Whether exposure may be added at `now`, and until when that holds.
#[must_use]
pub fn may_enter(strategy: &Strategy, now: Nanos) -> (bool, Nanos) {
    if strategy.entries.is_empty() {
        return (true, Nanos::MAX);
    }
    match next_span(&strategy.entries, now) {
        Some(span) if span.from <= now => (true, span.until),
        Some(span) => (false, span.from),
        None => (false, Nanos::MAX),
    }
}

/// Whether the strategy has to be flat, or on its way there, at `now`, and until when that
/// holds.
#[must_use]
pub fn must_be_flat(config: &Config, strategy: &Strategy, now: Nanos) -> (bool, Nanos) {
    let Some(span) = next_span(&strategy.flats, now) else { return (false, Nanos::MAX) };
    let earliest = span.from.plus(-LEAD_NS_MAX);
    if now < earliest {
        // Exact only when it matters: counting holdings for every look is dear.
        return (false, earliest);
    }
    let begin = span.from.plus(-flat_lead_ns(config, strategy));
    if begin <= now { (true, span.until) } else { (false, begin) }
}

/// How long before `flat_by` going flat begins.
#[must_use]
pub fn flat_lead_ns(config: &Config, strategy: &Strategy) -> i64 {
    let flats = |sleeve| config.strategy(sleeve).is_some_and(|s| !s.flats.is_empty());
    let holdings = config.holdings.iter().filter(|key| key.sleeves().any(flats)).count();
    // A cancel of what rests, and the exit.
    let requests = i64::try_from(2 * holdings).unwrap_or(i64::MAX);
    let descriptor = &config.descriptor;
    let paces = descriptor.windows.iter().filter(|window| {
        window.scope != Scope::Reads && window.per_ns <= PACE_NS_MAX && window.n > 0
    });
    let least = paces.map(|window| {
        let full = requests.saturating_sub(1) / i64::from(window.n);
        full.saturating_mul(window.per_ns)
    });
    let send_ns = least.max().unwrap_or(0);
    let reply_ns = descriptor.send_window_ns.saturating_add(descriptor.reply_timeout_ns);
    let exit = &strategy.exit;
    let patience_ns = match exit.style {
        Style::PassiveThenCross => exit.patience_ns.saturating_add(exit.cross_patience_ns),
        _ => 0,
    };
    send_ns.saturating_add(reply_ns.saturating_mul(2)).saturating_add(patience_ns).min(LEAD_NS_MAX)
}
