//! What every source of market data looks like to those who consume it.
//!
//! Entry points: [`Quotes`], [`Tick`], [`TickKind`], [`Grade`]; [`Listed`] and
//! [`ListedBars`] for what is in memory.
//!
//! Invariants:
//! 1. Times of successive ticks never decrease: a source mends or refuses what runs backwards
//!    (see [`crate::dirt`]), so that the engine's clock can follow the ticks.
//! 2. Every quote is sane in the sense of [`Quote::is_sane`], with a size above zero on both
//!    sides; every trade has a price and a quantity above zero.
//! 3. Memory is bounded and does not depend on the length of the source.

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

use crate::bars::Bar;
use crate::book::Level;
use crate::dirt::DirtReport;
use crate::error::MarketError;

/// A trade that happened at the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Price in currency units.
    pub px: Px,
    /// Quantity in units of the instrument; above zero.
    pub qty: Qty,
    /// The side that took liquidity; `None` where the source does not say.
    pub side: Option<Side>,
    /// When it was received.
    pub time: Nanos,
}

/// One piece of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickKind {
    /// A new top of book.
    Quote(Quote),
    /// A trade.
    Trade(Trade),
    /// A bar that has just ended: its time is its end, when it becomes known. The market that
    /// it summed up is over; nothing trades at its prices any more.
    Bar(Bar),
}

/// One piece of market data and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Position in the list of instruments that the source was given.
    pub instrument: InstrumentId,
    /// What it says.
    pub kind: TickKind,
}

impl Tick {
    /// When it was received.
    #[must_use]
    pub const fn time(&self) -> Nanos {
        match &self.kind {
            TickKind::Quote(quote) => quote.time,
            TickKind::Trade(trade) => trade.time,
            TickKind::Bar(bar) => bar.end_time,
        }
    }

    /// The same tick with another time.
    #[must_use]
    pub const fn at(mut self, time: Nanos) -> Self {
        match &mut self.kind {
            TickKind::Quote(quote) => quote.time = time,
            TickKind::Trade(trade) => trade.time = time,
            TickKind::Bar(bar) => bar.end_time = time,
        }
        self
    }

    /// The quote, if it is one.
    #[must_use]
    pub const fn quote(&self) -> Option<&Quote> {
        match &self.kind {
            TickKind::Quote(quote) => Some(quote),
            TickKind::Trade(_) | TickKind::Bar(_) => None,
        }
    }
}

/// Bars of any number of instruments in the order of their beginnings (of their instruments,
/// where they begin together). Bars of one instrument do not overlap.
pub trait Bars {
    /// The next bar; `None` at the end.
    ///
    /// # Errors
    /// As for [`Quotes::next`].
    fn next(&mut self) -> Result<Option<Bar>, MarketError>;

    /// What was wrong with the data so far and was mended or left out.
    fn dirt(&self) -> &DirtReport {
        &DirtReport::NONE
    }
}

impl<B: Bars + ?Sized> Bars for Box<B> {
    fn next(&mut self) -> Result<Option<Bar>, MarketError> {
        (**self).next()
    }

    fn dirt(&self) -> &DirtReport {
        (**self).dirt()
    }
}

/// Bars that are in memory already, for tests and small scenarios. Whoever trades on them checks
/// them.
#[derive(Clone, Debug)]
pub struct ListedBars {
    bars: std::vec::IntoIter<Bar>,
}

impl ListedBars {
    /// These bars, in this order.
    #[must_use]
    pub fn new(bars: Vec<Bar>) -> Self {
        Self { bars: bars.into_iter() }
    }
}

impl Bars for ListedBars {
    fn next(&mut self) -> Result<Option<Bar>, MarketError> {
        Ok(self.bars.next())
    }
}

/// How much is known of the market, as reports grade it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grade {
    /// Quotes were recorded.
    #[default]
    Quotes,
    /// Only bars were. The quotes inside a bar are assumed: an exchange may trade on them, and
    /// whoever decides must not see them.
    Bars,
}

impl Grade {
    /// The letter that reports show.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quotes => "A",
            Self::Bars => "B",
        }
    }
}

/// Levels of a full book that changed, all of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth<'a> {
    /// It says all that is displayed; otherwise levels that are not named stay.
    pub snapshot: bool,
    /// Bids, in any order.
    pub bids: &'a [Level],
    /// Asks, in any order.
    pub asks: &'a [Level],
}

/// A stream of ticks in the order in which they became known.
pub trait Quotes {
    /// The next tick; `None` at the end.
    ///
    /// # Errors
    /// [`MarketError`] for what cannot be used. After an error the source is finished: asked
    /// again it answers with another error, never with `None` as if it had been read in full.
    fn next(&mut self) -> Result<Option<Tick>, MarketError>;

    /// Where full books were recorded: what changed in the book of the last tick's instrument,
    /// since its quote before. The quote is the top of the book after it. An exchange trades on
    /// this, everybody else on the quote.
    fn depth(&self) -> Option<Depth<'_>> {
        None
    }

    /// What its quotes are. A source that wraps another one says what that one says.
    fn grade(&self) -> Grade {
        Grade::Quotes
    }

    /// What was wrong with the data so far and was mended or left out.
    fn dirt(&self) -> &DirtReport {
        &DirtReport::NONE
    }
}

impl<Q: Quotes + ?Sized> Quotes for Box<Q> {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        (**self).next()
    }

    fn depth(&self) -> Option<Depth<'_>> {
        (**self).depth()
    }

    fn grade(&self) -> Grade {
        (**self).grade()
    }

    fn dirt(&self) -> &DirtReport {
        (**self).dirt()
    }
}

/// Ticks that are in memory already, for tests and small scenarios.
#[derive(Clone, Debug)]
pub struct Listed {
    ticks: std::vec::IntoIter<Tick>,
}

impl Listed {
    /// Takes ticks that keep the invariants of [`crate::source`].
    ///
    /// # Errors
    /// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for a tick that does not.
    pub fn new(ticks: Vec<Tick>) -> Result<Self, MarketError> {
        let mut last = Nanos(i64::MIN);
        for (at, tick) in ticks.iter().enumerate() {
            let usable = match &tick.kind {
                TickKind::Quote(q) => q.is_sane() && q.bid_qty.0 > 0 && q.ask_qty.0 > 0,
                TickKind::Trade(t) => t.px.0 > 0 && t.qty.0 > 0,
                TickKind::Bar(b) => b.low.0 > 0 && b.low <= b.high,
            };
            if !usable || tick.time() < last {
                let cause = format!("tick {at} of the list is crossed, empty or out of order");
                return Err(MarketError::declared(cause, "list usable ticks in order of time"));
            }
            last = tick.time();
        }
        Ok(Self { ticks: ticks.into_iter() })
    }
}

impl Quotes for Listed {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        Ok(self.ticks.next())
    }
}
