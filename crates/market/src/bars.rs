//! Bars from ticks.
//!
//! Entry points: [`BarBuilder`], [`Bar`].
//!
//! A bar covers `open_time` up to, not including, `open_time` + period, and is stamped by its
//! open. It is known at its end and not before: [`BarBuilder::push`] gives it out when a later
//! tick of its instrument arrives, [`BarBuilder::close_due`] when the clock says so; whoever
//! trades on bars calls the latter, so that a quiet instrument's bar is not late.
//!
//! Invariants:
//! 1. low ≤ open, close ≤ high; bars of an instrument come in order of time and do not overlap.
//! 2. A period without prices has no bar: nothing is filled in (volume traded while there was no
//!    quote in the whole period is then not reported).
//! 3. A tick that is stamped before the running bar counts to the running bar, because it became
//!    known in it.

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use crate::error::MarketError;
use crate::source::{Tick, TickKind};

/// What prices of a bar are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarOf {
    /// Half way between bid and ask of every quote, rounded down to 1e-9.
    Mid,
    /// Prices of trades.
    Trades,
}

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Whose it is.
    pub instrument: InstrumentId,
    /// Its beginning, which is its stamp.
    pub open_time: Nanos,
    /// Its end, the first moment that is not in it: then and not before it is known.
    pub end_time: Nanos,
    /// First price.
    pub open: Px,
    /// Highest price.
    pub high: Px,
    /// Lowest price.
    pub low: Px,
    /// Last price.
    pub close: Px,
    /// Quantity traded, in units of the instrument, whatever the prices are made of.
    pub volume: Qty,
    /// Prices that went into it; 0 where the source does not say.
    pub prices: u64,
}

impl Bar {
    /// The quote that values a position from the end of the bar on: bid and ask at the close,
    /// without sizes, because nothing trades there any more.
    #[must_use]
    pub const fn valuation(&self) -> Quote {
        let (px, none, time) = (self.close, Qty::ZERO, self.end_time);
        Quote { bid_px: px, bid_qty: none, ask_px: px, ask_qty: none, time }
    }
}

/// Builds bars of one period for any number of instruments.
///
/// ```
/// use truefill_core::time::{Nanos, SECOND_NS};
/// use truefill_market::{bars::{BarBuilder, BarOf}, demo, source::Quotes};
/// let mut bars = BarBuilder::new(60 * SECOND_NS, Nanos(0), BarOf::Mid)?;
/// let mut quotes = demo::quotes()?;
/// let mut count = 0;
/// while let Some(tick) = quotes.next()? {
///     count += usize::from(bars.push(&tick).is_some());
/// }
/// assert_eq!(count, 3 * 3);
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BarBuilder {
    period_ns: i64,
    origin: Nanos,
    of: BarOf,
    running: Vec<Option<Running>>,
}

/// The period that an instrument is in.
#[derive(Clone, Copy, Debug)]
struct Running {
    open_time: Nanos,
    end: Nanos,
    prices: Option<Prices>,
    volume: Qty,
}

#[derive(Clone, Copy, Debug)]
struct Prices {
    open: Px,
    high: Px,
    low: Px,
    close: Px,
    count: u64,
}

impl BarBuilder {
    /// Bars of `period_ns` nanoseconds whose beginnings lie whole periods away from `origin`:
    /// the epoch for bars on the clock, the open of a session for bars of that session.
    ///
    /// # Errors
    /// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for a period of zero or less.
    pub fn new(period_ns: i64, origin: Nanos, of: BarOf) -> Result<Self, MarketError> {
        if period_ns <= 0 {
            let cause = format!("a bar cannot have a period of {period_ns} ns");
            return Err(MarketError::declared(cause, "declare a period above zero"));
        }
        Ok(Self { period_ns, origin, of, running: Vec::new() })
    }

    /// Takes a tick; gives the bar that it ends, if it is the first of a later period.
    pub fn push(&mut self, tick: &Tick) -> Option<Bar> {
        let (px, volume) = match (&tick.kind, self.of) {
            (TickKind::Quote(quote), BarOf::Mid) => (Some(quote.mid()), Qty::ZERO),
            (TickKind::Quote(_), BarOf::Trades) => return None,
            (TickKind::Trade(trade), BarOf::Mid) => (None, trade.qty),
            (TickKind::Trade(trade), BarOf::Trades) => (Some(trade.px), trade.qty),
            (TickKind::Bar(_), _) => return None,
        };
        let at = tick.instrument.ix();
        if self.running.len() <= at {
            self.running.resize(at + 1, None);
        }
        let begun = self.period_of(tick.time());
        let slot = self.running.get_mut(at)?;
        let ended = slot.take_if(|running| tick.time() >= running.end);
        let running = slot.get_or_insert(begun);
        running.volume += volume;
        if let Some(px) = px {
            running.add(px);
        }
        ended.and_then(|ended| ended.bar(tick.instrument))
    }

    /// Gives out, in order of instrument, the bars that have ended by `now`.
    pub fn close_due(&mut self, now: Nanos, out: &mut Vec<Bar>) {
        for (id, slot) in (0..).map(InstrumentId).zip(&mut self.running) {
            let ended = slot.take_if(|running| now >= running.end);
            out.extend(ended.and_then(|ended| ended.bar(id)));
        }
    }

    /// The earliest end of a running bar: when to call [`BarBuilder::close_due`] next.
    #[must_use]
    pub fn next_end(&self) -> Option<Nanos> {
        self.running.iter().flatten().map(|running| running.end).min()
    }

    /// The bar an instrument is in, as far as it has come.
    #[must_use]
    pub fn running(&self, instrument: InstrumentId) -> Option<Bar> {
        let running = self.running.get(instrument.ix()).copied().flatten();
        running.and_then(|running| running.bar(instrument))
    }

    fn period_of(&self, time: Nanos) -> Running {
        let (period, origin) = (i128::from(self.period_ns), i128::from(self.origin.0));
        let open = (i128::from(time.0) - origin).div_euclid(period) * period + origin;
        let clamped =
            |ns: i128| Nanos(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }));
        Running {
            open_time: clamped(open),
            end: clamped(open + period),
            prices: None,
            volume: Qty::ZERO,
        }
    }
}

impl Running {
    fn add(&mut self, px: Px) {
        let first = Prices { open: px, high: px, low: px, close: px, count: 0 };
        let prices = self.prices.get_or_insert(first);
        prices.high = prices.high.max(px);
        prices.low = prices.low.min(px);
        prices.close = px;
        prices.count += 1;
    }

    fn bar(&self, instrument: InstrumentId) -> Option<Bar> {
        let Prices { open, high, low, close, count } = self.prices?;
        let (open_time, end_time, volume) = (self.open_time, self.end, self.volume);
        Some(Bar { instrument, open_time, end_time, open, high, low, close, volume, prices: count })
    }
}

#[cfg(test)]
mod tests;
