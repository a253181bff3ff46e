//! Made-up quotes: an integer random walk per instrument, from a seed.
//!
//! These are not market data. They are for baskets of many names and for benchmarks, where real
//! data that may be shipped does not exist; whatever is shown from them must carry [`LABEL`].
//!
//! Entry points: [`Walk`], [`WalkSpec`].
//!
//! Invariants:
//! 1. The same spec gives the same ticks, everywhere and for ever.
//! 2. Bids stay at or above one tick; spread and grid are as declared.
//! 3. A quote costs a few nanoseconds and allocates nothing.

use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{NANO, PX_MAX, Px, QTY_MAX, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

use crate::error::MarketError;
use crate::source::{Quotes, Tick, TickKind};

/// What must stand beside results from these quotes.
pub const LABEL: &str = "synthetic quotes (seeded random walk, not market data)";

/// Names of instruments begin with this.
pub const PREFIX: &str = "SYN";

/// What to make. All numbers are integers; prices are in ticks, sizes in lots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkSpec {
    /// Start of the random numbers.
    pub seed: u64,
    /// Number of instruments, at least 1.
    pub instruments: u32,
    /// Time of the first quote.
    pub start: Nanos,
    /// Time between two quotes of one instrument, in nanoseconds. The instruments follow each
    /// other evenly within it.
    pub period_ns: i64,
    /// Quotes in total; after them the source ends.
    pub quotes: u64,
    /// Price step.
    pub tick: Px,
    /// Quantity step.
    pub lot: Qty,
    /// First bids lie between these, in ticks.
    pub first_bid_ticks: (u32, u32),
    /// Ask minus bid, in ticks; 0 would be locked.
    pub spread_ticks: u32,
    /// Size of one move, in ticks. Half of all quotes do not move, a quarter goes up, a quarter
    /// down.
    pub step_ticks: u32,
    /// Displayed sizes lie between these, in lots.
    pub size_lots: (u32, u32),
}

impl Default for WalkSpec {
    /// 50 names at about 100 to 1,000, tick 0.05, lot 1, a quote of each every 100 ms for an hour.
    fn default() -> Self {
        Self {
            seed: 1,
            instruments: 50,
            // 2025-01-02T03:45:00Z.
            start: Nanos(1_735_789_500_000_000_000),
            period_ns: 100_000_000,
            quotes: 50 * 36_000,
            tick: Px(NANO / 20),
            lot: Qty(NANO),
            first_bid_ticks: (2_000, 20_000),
            spread_ticks: 1,
            step_ticks: 1,
            size_lots: (100, 5_000),
        }
    }
}

/// A seeded source of made-up quotes.
///
/// ```
/// use truefill_market::{source::Quotes, synthetic::{Walk, WalkSpec}};
/// let mut walk = Walk::new(WalkSpec { quotes: 3, ..WalkSpec::default() })?;
/// assert_eq!(walk.instruments().len(), 50);
/// assert!(walk.next()?.is_some_and(|tick| tick.quote().is_some_and(|q| q.is_sane())));
/// # Ok::<(), truefill_market::error::MarketError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Walk {
    spec: WalkSpec,
    random: SplitMix64,
    names: Vec<Name>,
    at: usize,
    /// Start of the running round.
    round: Nanos,
    left: u64,
    grid: Grid,
}

/// The steps of a walk. Prices are at most 1e9 units of 1e9 steps, which 64 bits hold; a spec
/// whose sizes they do not hold is refused.
#[derive(Clone, Copy, Debug)]
struct Grid {
    /// In steps of 1e-9, like the four that follow.
    tick: i64,
    spread: i64,
    lot: i64,
    /// Of the smallest size.
    least: i64,
    /// Of the highest bid, in ticks, whose ask is still a price that is accepted.
    highest_bid: i64,
    /// Number of possible sizes.
    sizes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    bid_ticks: i64,
    /// Place within the period, in nanoseconds.
    offset_ns: i64,
}

impl Walk {
    /// Begins a walk.
    ///
    /// # Errors
    /// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for a spec that cannot be met.
    pub fn new(spec: WalkSpec) -> Result<Self, MarketError> {
        let grid = check(&spec)?;
        let mut random = SplitMix64::new(spec.seed);
        let (low, high) = spec.first_bid_ticks;
        let range = u64::from(high) - u64::from(low) + 1;
        let names = (0..spec.instruments).map(|at| Name {
            bid_ticks: i64::from(low) + scaled(random.next_u64() >> 32, range),
            offset_ns: share(spec.period_ns, at, spec.instruments),
        });
        let names = names.collect();
        let (round, left) = (spec.start, spec.quotes);
        Ok(Self { spec, random, names, at: 0, round, left, grid })
    }

    /// The instruments it quotes: `SYN000` and so on, multiplier 1, no minimum notional.
    #[must_use]
    pub fn instruments(&self) -> Vec<Instrument> {
        let one = |at| Instrument::new(format!("{PREFIX}{at:03}"), self.spec.tick, self.spec.lot);
        (0..self.spec.instruments).map(one).collect()
    }

    /// The next tick, always a quote; `None` at the end.
    #[inline]
    pub fn tick(&mut self) -> Option<Tick> {
        self.left = self.left.checked_sub(1)?;
        if self.at == self.names.len() {
            self.at = 0;
            self.round = self.round.plus(self.spec.period_ns);
        }
        let name = self.names.get_mut(self.at)?;
        let offset_ns = name.offset_ns;
        let instrument = InstrumentId(u32::try_from(self.at).ok()?);
        self.at += 1;
        let bits = self.random.next_u64();
        let step = i64::from(self.spec.step_ticks);
        let moved = match bits & 3 {
            0 => name.bid_ticks + step,
            1 => name.bid_ticks - step,
            _ => name.bid_ticks,
        };
        // At the lowest and the highest bid it stays where it is.
        if moved >= 1 && moved <= self.grid.highest_bid {
            name.bid_ticks = moved;
        }
        // 64 bits hold every product, see `Grid`, and are much faster than 128.
        let bid_px = name.bid_ticks * self.grid.tick;
        let bid_qty = self.grid.size((bits >> 2) & 0x7fff_ffff);
        let ask_qty = self.grid.size(bits >> 33);
        let quote = Quote {
            bid_px: Px(i128::from(bid_px)),
            bid_qty: Qty(i128::from(bid_qty)),
            ask_px: Px(i128::from(bid_px + self.grid.spread)),
            ask_qty: Qty(i128::from(ask_qty)),
            time: self.round.plus(offset_ns),
        };
        Some(Tick { instrument, kind: TickKind::Quote(quote) })
    }
}

impl Grid {
    /// `None` where 64 bits or the bounds of truefill do not hold it.
    fn of(spec: &WalkSpec) -> Option<Self> {
        let (tick, lot) = (i64::try_from(spec.tick.0).ok()?, i64::try_from(spec.lot.0).ok()?);
        let spread = tick.checked_mul(i64::from(spec.spread_ticks))?;
        let least = lot.checked_mul(i64::from(spec.size_lots.0))?;
        let largest = lot.checked_mul(i64::from(spec.size_lots.1))?;
        let highest = i64::try_from(PX_MAX * NANO).ok()?.checked_sub(spread)?.checked_div(tick)?;
        let sizes = u64::from(spec.size_lots.1) - u64::from(spec.size_lots.0) + 1;
        let bounded = i128::from(largest) <= QTY_MAX * NANO;
        bounded.then_some(Self { tick, spread, lot, least, highest_bid: highest, sizes })
    }

    /// The size that 31 random bits stand for.
    #[inline]
    fn size(&self, bits: u64) -> i64 {
        self.least + scaled(bits, self.sizes << 1) * self.lot
    }
}

impl Quotes for Walk {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        Ok(self.tick())
    }
}

/// splitmix64 of Steele, Lea and Flood: one addition and three shifts a number.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// 32 random bits (or 31 and twice the range) as a number from 0 to `range` - 1.
#[inline]
fn scaled(bits: u64, range: u64) -> i64 {
    // At most 32 bits times 33 bits, shifted back by 32: at most 33 bits.
    i64::try_from((bits * range) >> 32).unwrap_or(0)
}

/// The start of the share `at` of `of` equal shares of a period.
fn share(period_ns: i64, at: u32, of: u32) -> i64 {
    let ns = i128::from(period_ns) * i128::from(at) / i128::from(of);
    i64::try_from(ns).unwrap_or(0)
}

fn check(spec: &WalkSpec) -> Result<Grid, MarketError> {
    let refuse = |what: &str| Err(MarketError::declared(what, "mend the spec of the walk"));
    if spec.instruments == 0 {
        return refuse("a walk needs at least one instrument");
    }
    if spec.period_ns <= 0 {
        return refuse("period_ns must be above zero");
    }
    if spec.tick.0 <= 0 || spec.lot.0 <= 0 {
        return refuse("tick and lot must be above zero");
    }
    let (low, high) = spec.first_bid_ticks;
    if low == 0 || low > high {
        return refuse("first_bid_ticks must be a range that begins at 1 or above");
    }
    if spec.size_lots.0 == 0 || spec.size_lots.0 > spec.size_lots.1 {
        return refuse("size_lots must be a range that begins at 1 or above");
    }
    let Some(grid) = Grid::of(spec) else {
        return refuse(
            "tick, spread_ticks, lot or size_lots are so large that prices or sizes \
                       would leave their bounds",
        );
    };
    if i64::from(high) > grid.highest_bid {
        return refuse("first_bid_ticks is so high that prices would leave their bounds");
    }
    let rounds = i128::from(spec.quotes / u64::from(spec.instruments)) + 1;
    let end = rounds.checked_mul(i128::from(spec.period_ns));
    if end.is_none_or(|ns| ns + i128::from(spec.start.0) > i128::from(i64::MAX)) {
        return refuse("the walk ends later than nanoseconds in 64 bits can hold");
    }
    Ok(grid)
}

#[cfg(test)]
mod tests;
