//! Quotes of a made-up day: a few numbers per instrument, and no memory for what is past.
//!
//! Entry points: [`Line`], [`Made`].
//!
//! These are not market data. What they must be is small, quick, and as rude as markets are:
//! jumps, wide spreads, thin sizes, long silences, trades of others.
//!
//! Invariants:
//! 1. Equal lines give equal ticks; a line that is silent moves no other.
//! 2. Ticks are in order of time, prices on the tick and above zero, sizes whole lots.
//! 3. The last quote of a line that is not silent is at the end: the day is as long as it says.

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_market::error::MarketError;
use truefill_market::source::{Quotes, Tick, TickKind, Trade};
use truefill_sim::rng::Rng;

/// The market of one instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Seed of its walk.
    pub seed: u64,
    /// Nothing is quoted: nobody trades it this day.
    pub silent: bool,
    /// Usual time between two quotes, in nanoseconds.
    pub gap_ns: i64,
    /// Price step.
    pub tick: Px,
    /// Quantity step.
    pub lot: Qty,
    /// First bid, in ticks.
    pub bid_ticks: i64,
    /// Least and largest spread, in ticks.
    pub spread_ticks: (i64, i64),
    /// Largest ordinary move between two quotes, in ticks.
    pub step_ticks: i64,
    /// Chance of a jump of twenty ordinary moves, in parts per million a quote.
    pub jump_ppm: u32,
    /// Chance that a silence of thirty gaps follows, in parts per million a quote.
    pub silence_ppm: u32,
    /// Chance that others trade after a quote, in parts per million.
    pub trade_ppm: u32,
    /// Displayed sizes, in lots.
    pub size_lots: (i64, i64),
}

/// All markets of a day.
#[derive(Clone, Debug)]
pub struct Made {
    walks: Vec<Walk>,
    end: Nanos,
}

#[derive(Clone, Debug)]
struct Walk {
    line: Line,
    rng: Rng,
    bid_ticks: i64,
    next: Nanos,
    /// A trade that follows the last quote.
    trade: Option<Trade>,
}

impl Made {
    /// The markets between two instants.
    #[must_use]
    pub fn new(lines: &[Line], begin: Nanos, end: Nanos) -> Self {
        let walk = |line: &Line| {
            let mut rng = Rng::new(line.seed);
            let first = begin.plus(rng.between(0, line.gap_ns.max(1))).min(end);
            let next = if line.silent { Nanos::MAX } else { first };
            Walk { line: line.clone(), rng, bid_ticks: line.bid_ticks, next, trade: None }
        };
        Self { walks: lines.iter().map(walk).collect(), end }
    }

    fn tick(&mut self) -> Option<Tick> {
        let walks = self.walks.iter_mut().enumerate();
        let (at, walk) = walks.min_by_key(|(at, walk)| (walk.due(), *at))?;
        if walk.due() > self.end {
            return None;
        }
        let instrument = InstrumentId(u32::try_from(at).ok()?);
        let kind = match walk.trade.take() {
            Some(trade) => TickKind::Trade(trade),
            None => TickKind::Quote(walk.quote(self.end)),
        };
        Some(Tick { instrument, kind })
    }
}

impl Quotes for Made {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        Ok(self.tick())
    }
}

impl Walk {
    fn due(&self) -> Nanos {
        self.trade.as_ref().map_or(self.next, |trade| trade.time)
    }

    fn quote(&mut self, end: Nanos) -> Quote {
        let (line, rng) = (&self.line, &mut self.rng);
        let time = self.next;
        let jumps = rng.chance(line.jump_ppm);
        let most = line.step_ticks.saturating_mul(if jumps { 20 } else { 1 });
        self.bid_ticks = (self.bid_ticks + rng.between(-most, most)).max(2);
        let spread = rng.between(line.spread_ticks.0, line.spread_ticks.1).max(1);
        let px = |ticks: i64| Px(line.tick.0 * i128::from(ticks));
        let qty = |lots: i64| Qty(line.lot.0 * i128::from(lots.max(1)));
        let (low, high) = line.size_lots;
        let (bid_qty, ask_qty) = (qty(rng.between(low, high)), qty(rng.between(low, high)));
        let (bid_px, ask_px) = (px(self.bid_ticks), px(self.bid_ticks + spread));
        let gap_ns = rng.between(line.gap_ns / 2, line.gap_ns.saturating_mul(3) / 2).max(1);
        let silent = rng.chance(line.silence_ppm);
        let next = time.plus(if silent { gap_ns.saturating_mul(30) } else { gap_ns });
        self.next = if time < end { next.min(end) } else { Nanos::MAX };
        if rng.chance(line.trade_ppm) {
            let px = if rng.chance(500_000) { bid_px } else { ask_px };
            let qty = qty(rng.between(1, high));
            let time = time.plus(gap_ns / 2);
            self.trade =
                (time < self.next && time <= end).then_some(Trade { px, qty, side: None, time });
        }
        Quote { bid_px, bid_qty, ask_px, ask_qty, time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seed: u64) -> Line {
        Line {
            seed,
            silent: false,
            gap_ns: 1_000,
            tick: Px(50_000_000),
            lot: Qty::whole(75),
            bid_ticks: 400,
            spread_ticks: (1, 9),
            step_ticks: 3,
            jump_ppm: 20_000,
            silence_ppm: 10_000,
            trade_ppm: 200_000,
            size_lots: (1, 20),
        }
    }

    fn all(lines: &[Line]) -> Vec<Tick> {
        let mut made = Made::new(lines, Nanos(5), Nanos(900_000));
        std::iter::from_fn(|| made.next().expect("made")).collect()
    }

    #[test]
    fn ticks_are_sane_and_in_order_and_of_every_line() {
        let ticks = all(&[line(1), line(2)]);
        assert!(ticks.len() > 1_000, "{}", ticks.len());
        assert!(ticks.is_sorted_by_key(Tick::time));
        for tick in &ticks {
            match &tick.kind {
                TickKind::Quote(q) => {
                    assert!(q.is_sane() && q.bid_qty.0 > 0 && q.ask_qty.0 > 0);
                    assert_eq!((q.bid_px.0 % 50_000_000, q.ask_qty.0 % (75_000_000_000)), (0, 0));
                }
                TickKind::Trade(t) => assert!(t.qty.0 > 0 && t.px.0 > 0),
                TickKind::Bar(_) => panic!("no bars are made"),
            }
        }
        let trades = ticks.iter().filter(|t| t.quote().is_none()).count();
        assert!(trades > 50, "{trades}");
    }

    #[test]
    fn a_silent_line_moves_no_other() {
        let of = |ticks: Vec<Tick>| -> Vec<Tick> {
            ticks.into_iter().filter(|t| t.instrument == InstrumentId(1)).collect()
        };
        let silent = Line { silent: true, ..line(1) };
        assert_eq!(of(all(&[line(1), line(2)])), of(all(&[silent, line(2)])));
    }
}
