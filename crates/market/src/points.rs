//! Bars as a market to trade on: quotes inside each bar, then the bar itself at its end.
//!
//! Entry points: [`BarPoints`], [`PointSpec`].
//!
//! What happened inside a bar is not recorded. These rules are **declared, not known**, and
//! results that rest on them are grade B ([`Grade::Bars`]):
//!
//! 1. The price takes four points: open, then low and high (low first if the bar closed at or
//!    above its open, else high first), then close; at the beginning of the bar and after one,
//!    two and three quarters of it. The first point comes one nanosecond after the beginning,
//!    so that whoever decides at the end of the bar before is asked before it.
//! 2. At each point there is a quote around the price: half the declared spread to each side,
//!    at least one tick, bid rounded down and ask up to the tick. It stays until the next point.
//! 3. Of the bar's volume a share (the cap) can be traded, in whole lots, a quarter of it at
//!    each point. A quote shows it on **both** sides, and it is one quantity: an exchange that
//!    trades on these points takes from both sides what is taken on one
//!    (`Assumptions::shared_sides` of the simulated exchange). A point at the price of the one
//!    before shows the sum, because it adds to what is left. A point without a whole lot is left
//!    out: the one before stays.
//! 4. At its end comes the bar, as [`TickKind::Bar`]: then it is known, and its market is over.
//!    Nothing trades until the first point of the next bar. What is decided on a bar can trade
//!    at the next bar's open and not before.
//!
//! Invariants: ticks come in order of time; at one instant bars that end come before points;
//! memory is bounded by the number of instruments; no bar offers more than its cap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty, Rounding, round_to};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use crate::bars::Bar;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place};
use crate::source::{Bars, Grade, Quotes, Tick, TickKind};

/// The shortest bar that has an inside, in nanoseconds.
const LENGTH_NS_MIN: i64 = 1_000;
/// Parts in a million.
const PPM: i128 = 1_000_000;
/// Points of a bar.
const POINTS: i128 = 4;

/// What a bar without volume means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoVolume {
    /// It is refused: silence would be a guess.
    #[default]
    Refuse,
    /// Nobody traded: the bar has no points.
    Untraded,
    /// The source has no volumes: each bar is taken to have this much, in units of the
    /// instrument.
    Assume(Qty),
}

/// What is declared of the inside of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointSpec {
    /// Ask less bid, in basis points of the price; at least two ticks are taken.
    pub spread_bps: u32,
    /// The part of a bar's volume that can be traded, in millionths.
    pub volume_cap_ppm: u32,
    /// What a bar without volume means.
    pub no_volume: NoVolume,
}

impl Default for PointSpec {
    /// A spread of two ticks, a tenth of the volume, no bar without volume.
    fn default() -> Self {
        Self { spread_bps: 0, volume_cap_ppm: 100_000, no_volume: NoVolume::Refuse }
    }
}

/// Bars as quotes to trade on.
///
/// ```
/// use truefill_core::{ids::InstrumentId, num::{Px, Qty}, time::Nanos};
/// use truefill_market::bars::Bar;
/// use truefill_market::points::{BarPoints, PointSpec};
/// use truefill_market::source::{ListedBars, Quotes, TickKind};
/// let [open, low, high, close] = [100, 99, 102, 101].map(Px::whole);
/// let bar = Bar {
///     instrument: InstrumentId(0),
///     open_time: Nanos(0),
///     end_time: Nanos(60_000_000_000),
///     open, high, low, close,
///     volume: Qty::whole(4_000),
///     prices: 1,
/// };
/// let grids = [(Px::whole(1), Qty::whole(1))];
/// let mut points = BarPoints::new(ListedBars::new(vec![bar]), grids.to_vec(), PointSpec::default())?;
/// let mut mids = Vec::new();
/// while let Some(tick) = points.next()? {
///     match tick.kind {
///         TickKind::Quote(quote) => mids.push((quote.mid().to_string(), quote.ask_qty)),
///         _ => assert_eq!(tick.time(), bar.end_time),
///     }
/// }
/// let size = Qty::whole(100);
/// assert_eq!(mids, ["100", "99", "102", "101"].map(|px| (px.to_owned(), size)));
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
#[derive(Debug)]
pub struct BarPoints<B> {
    bars: B,
    /// Tick and lot by instrument.
    grids: Vec<(Px, Qty)>,
    spec: PointSpec,
    /// The bar that was read last and has not begun.
    next: Option<Bar>,
    /// End of the last bar, by instrument.
    ends: Vec<Nanos>,
    due: BinaryHeap<Reverse<Due>>,
    read: u64,
    begun: Nanos,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Reading,
    Finished,
    Failed,
}

/// A tick in its place: time, ends before points, order of reading.
#[derive(Debug)]
struct Due {
    key: (Nanos, bool, u64),
    tick: Tick,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<B: Bars> BarPoints<B> {
    /// The points of these bars; `grids` are tick and lot of each instrument, by its id.
    ///
    /// # Errors
    /// [`ErrorKind::Declared`] for a cap above the whole volume, a spread of the whole price, or
    /// an assumed volume that is not above zero.
    pub fn new(bars: B, grids: Vec<(Px, Qty)>, spec: PointSpec) -> Result<Self, MarketError> {
        let wrong = if i128::from(spec.volume_cap_ppm) > PPM {
            Some("a volume cap above the whole volume")
        } else if spec.spread_bps >= 10_000 {
            Some("a spread as wide as the price")
        } else if matches!(spec.no_volume, NoVolume::Assume(qty) if qty.0 <= 0) {
            Some("an assumed volume that is not above zero")
        } else {
            None
        };
        if let Some(cause) = wrong {
            let action = "declare a cap of at most 1000000 ppm, a spread below 10000 bps and a \
                          volume above zero";
            return Err(MarketError::declared(cause, action));
        }
        let ends = vec![Nanos(i64::MIN); grids.len()];
        let (due, begun) = (BinaryHeap::new(), Nanos(i64::MIN));
        let (next, read, state) = (None, 0, State::Fresh);
        Ok(Self { bars, grids, spec, next, ends, due, read, begun, state })
    }

    /// Tick and lot of each instrument, as [`Self::new`] wants them.
    #[must_use]
    pub fn grids(instruments: &[Instrument]) -> Vec<(Px, Qty)> {
        instruments.iter().map(|i| (i.tick, i.lot)).collect()
    }

    fn advance(&mut self) -> Result<Option<Tick>, MarketError> {
        if self.state == State::Fresh {
            self.read_next()?;
            self.state = State::Reading;
        }
        while let Some(bar) = self.next {
            let first = self.due.peek().map(|Reverse(due)| due.key.0);
            if first.is_some_and(|first| first <= bar.open_time) {
                break;
            }
            self.split(&bar);
            self.read_next()?;
        }
        Ok(self.due.pop().map(|Reverse(due)| due.tick))
    }

    fn read_next(&mut self) -> Result<(), MarketError> {
        self.next = self.bars.next()?;
        if let Some(bar) = self.next {
            self.read += 1;
            self.check(&bar)?;
            self.begun = bar.open_time;
            self.ends[bar.instrument.ix()] = bar.end_time;
        }
        Ok(())
    }

    fn check(&self, bar: &Bar) -> Result<(), MarketError> {
        let Some(end) = self.ends.get(bar.instrument.ix()) else {
            return Err(self.refuse(ErrorKind::Declared, "its instrument is not configured"));
        };
        let (low, high) = (bar.open.min(bar.close), bar.open.max(bar.close));
        if bar.open_time < self.begun || bar.open_time < *end {
            return Err(self.refuse(ErrorKind::Unordered, "it begins before bars before it end"));
        }
        if bar.end_time.since(bar.open_time) < LENGTH_NS_MIN {
            return Err(self.refuse(ErrorKind::Time, "it is shorter than a microsecond"));
        }
        if bar.low.0 <= 0 || bar.low > low || bar.high < high || bar.volume.0 < 0 {
            return Err(self.refuse(ErrorKind::Number, "its prices do not fit together"));
        }
        if bar.volume.is_zero() && self.spec.no_volume == NoVolume::Refuse {
            return Err(self.refuse(ErrorKind::Number, "it has no volume"));
        }
        Ok(())
    }

    fn refuse(&self, kind: ErrorKind, cause: &str) -> MarketError {
        let place = Place { file: Arc::from("(bars)"), line: self.read, column: 0 };
        let action = "mend the bar, or declare what a bar without volume means";
        MarketError::row(kind, place, format!("this bar cannot be traded on: {cause}"), action)
    }

    /// What can be traded in a bar, in lots.
    fn lots(&self, bar: &Bar, lot: Qty) -> i128 {
        let volume = match self.spec.no_volume {
            NoVolume::Assume(qty) if bar.volume.is_zero() => qty,
            _ => bar.volume,
        };
        let cap = volume.0.saturating_mul(i128::from(self.spec.volume_cap_ppm)) / PPM;
        cap / lot.0.max(1)
    }

    /// Plans the ticks of a bar.
    fn split(&mut self, bar: &Bar) {
        let Some((tick, lot)) = self.grids.get(bar.instrument.ix()).copied() else { return };
        let lots = self.lots(bar, lot);
        let length_ns = i128::from(bar.end_time.since(bar.open_time));
        let mut shown: Option<(Px, i128)> = None;
        for (at, px) in (0..POINTS).zip(path(bar)) {
            let share = lots * (at + 1) / POINTS - lots * at / POINTS;
            let before = shown.filter(|(last, _)| *last == px).map_or(0, |(_, size)| size);
            let size = before + share;
            if size == 0 {
                continue;
            }
            shown = Some((px, size));
            let into_ns = i64::try_from(length_ns * at / POINTS).unwrap_or(i64::MAX).max(1);
            let size = Qty(size.saturating_mul(lot.0.max(1)));
            let quote = self.around(px, size, tick, bar.open_time.plus(into_ns));
            self.plan(bar.instrument, TickKind::Quote(quote));
        }
        self.plan(bar.instrument, TickKind::Bar(*bar));
    }

    fn around(&self, px: Px, size: Qty, tick: Px, time: Nanos) -> Quote {
        let wide = px.0.saturating_mul(i128::from(self.spec.spread_bps));
        let half = (round_to(wide, 20_000, Rounding::Ceil) / 20_000).max(tick.0);
        let bid = Px(px.0.saturating_sub(half)).to_tick(tick, Rounding::Floor);
        let ask = Px(px.0.saturating_add(half)).to_tick(tick, Rounding::Ceil);
        // A price of one tick has no bid below it.
        Quote { bid_px: bid.max(tick), bid_qty: size, ask_px: ask, ask_qty: size, time }
    }

    fn plan(&mut self, instrument: InstrumentId, kind: TickKind) {
        let tick = Tick { instrument, kind };
        let point = matches!(kind, TickKind::Quote(_));
        // At most five ticks of a bar: the number of the bar keeps the order.
        let key = (tick.time(), point, self.read);
        self.due.push(Reverse(Due { key, tick }));
    }
}

/// The path of the price.
fn path(bar: &Bar) -> [Px; 4] {
    if bar.close >= bar.open {
        [bar.open, bar.low, bar.high, bar.close]
    } else {
        [bar.open, bar.high, bar.low, bar.close]
    }
}

impl<B: Bars> Quotes for BarPoints<B> {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        match self.state {
            State::Finished => return Ok(None),
            State::Failed => {
                let place = Place { file: Arc::from("(bars)"), line: self.read, column: 0 };
                return Err(MarketError::stopped(place));
            }
            State::Fresh | State::Reading => {}
        }
        let tick = self.advance();
        match &tick {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Finished,
            Err(_) => self.state = State::Failed,
        }
        tick
    }

    fn grade(&self) -> Grade {
        Grade::Bars
    }

    fn dirt(&self) -> &DirtReport {
        self.bars.dirt()
    }
}

#[cfg(test)]
mod tests;
