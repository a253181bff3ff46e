//! The naive bot: the trading loop that most people write first, for comparison only.
//!
//! Entry point: [`run`]. It gets the same targets at the same times as the engine, from the same
//! strategies, and speaks the same bytes to the same simulated broker with the same seed and the
//! same faults. What it does differently is what this project exists for:
//!
//! 1. It fires everything at once and knows no limits.
//! 2. It trades target less its own variable, and only messages of fills move the variable:
//!    every one of them, repeated ones too, and none that was lost.
//! 3. It sends orders far through the touch, which is what many libraries send as "market".
//! 4. After a time-out, a reset, a server error or a reply it cannot read, it sends the order
//!    again under a fresh id, a few times. After a 429 it sleeps a moment and does the same.
//! 5. It ignores refusals and remainders, cancels nothing, reads nothing, reconciles nothing.
//!
//! | module | idea |
//! |---|---|
//! | `bot` | the bot itself: what it believes and what it sends |
//! | `world` | the virtual time around it |
//! | `book` | what its orders really did, as a gap ledger |
//! | `outcome` | what came out, in numbers |
//!
//! Invariants: equal plans give equal outcomes; the bot never sees the broker's truth; the gap
//! of its ledger has no residual.

mod book;
mod bot;
mod outcome;
mod world;

pub use outcome::{Held, NaiveOutcome};

use crate::session::{Plan, SessionError};
use crate::strategy::Strategy;
use truefill_market::source::{Quotes, TickKind};
use world::Naive;

/// Runs the naive bot to its end: the market, then the time for everything under way to come.
///
/// Of the plan it uses configuration, world, seed, the time from a quote to its target and the
/// time to settle; the naive bot has no journal to crash over.
///
/// # Errors
/// [`SessionError`] when market data or configuration do not allow it.
pub fn run<'a>(
    plan: &Plan,
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
) -> Result<NaiveOutcome, SessionError> {
    plan.config.check().map_err(SessionError::Config)?;
    let mut first = quotes.next()?;
    let begin = first.as_ref().map_or(truefill_core::time::Nanos(0), |tick| tick.time());
    let mut naive = Naive::new(plan, strategies, begin.plus(-plan.lead_ns));
    while let Some(tick) = match first.take() {
        Some(tick) => Some(tick),
        None => quotes.next()?,
    } {
        naive.run_until(tick.time());
        if let TickKind::Quote(quote) = &tick.kind {
            naive.quote(tick.time(), tick.instrument, quote);
        }
    }
    naive.settle();
    naive.finish()
}
