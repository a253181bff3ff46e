//! What is wrong with bars, and what is done about it: the rules of [`crate::dirt`].
//!
//! Entry points: `Candidate`, `Cleaner`.
//!
//! Invariants: bars of an instrument that come out have prices above zero, low <= open, close <=
//! high, and do not overlap. Candidates come in order of their beginnings.

use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;

use crate::bars::Bar;
use crate::dirt::DirtReport;
use crate::stamp::DAY_NS;

/// Simple ratios of shares after a split to shares before it.
const SPLITS: [(i128, i128); 9] =
    [(2, 1), (3, 1), (3, 2), (4, 1), (5, 1), (7, 1), (8, 1), (10, 1), (20, 1)];

/// A bar as the file has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) bar: Bar,
    pub(crate) adjusted: Option<Px>,
    pub(crate) line: u64,
}

/// What is remembered of every instrument.
#[derive(Debug)]
pub(crate) struct Cleaner {
    /// The period, where gaps are counted.
    period_ns: Option<i64>,
    last: Vec<Option<Last>>,
    /// Bars are given out on the scale of their adjusted closes.
    adjusts: bool,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    open_time: Nanos,
    end_time: Nanos,
    close: Px,
    adjusted: Option<Px>,
}

impl Cleaner {
    /// For bars of this period; `None` for sessions of days.
    pub(crate) fn new(period_ns: Option<i64>, adjusts: bool) -> Self {
        let period_ns = period_ns.filter(|period| *period < DAY_NS);
        Self { period_ns, last: Vec::new(), adjusts }
    }

    /// The bar, unless it is left out.
    pub(crate) fn usable(&mut self, one: Candidate, dirt: &mut DirtReport) -> Option<Bar> {
        let Candidate { mut bar, adjusted, line } = one;
        if [bar.open, bar.high, bar.low, bar.close].iter().any(|px| px.0 <= 0) {
            dirt.zero_prices.add(line);
            return None;
        }
        let at = bar.instrument.ix();
        if self.last.len() <= at {
            self.last.resize(at + 1, None);
        }
        let slot = self.last.get_mut(at)?;
        if let Some(last) = slot {
            if bar.open_time == last.open_time {
                dirt.doubled.add(line);
                return None;
            }
            if bar.open_time < last.end_time {
                dirt.overlapping.add(line);
                return None;
            }
            let idle_ns = bar.open_time.since(last.end_time);
            if let Some(period) = self.period_ns.filter(|_| idle_ns > 0) {
                dirt.gaps.add(line);
                if idle_ns < DAY_NS - period {
                    dirt.gap_periods += u64::try_from(idle_ns / period).unwrap_or(0);
                }
            }
            if last.is_before_split(&bar, adjusted) {
                dirt.suspected_splits.add(line);
            }
        }
        let (lowest, highest) = (bar.open.min(bar.close), bar.open.max(bar.close));
        if bar.low > lowest || bar.high < highest {
            dirt.high_low.add(line);
            bar.low = bar.low.min(lowest).min(bar.high);
            bar.high = bar.high.max(highest);
        }
        *slot = Some(Last {
            open_time: bar.open_time,
            end_time: bar.end_time,
            close: bar.close,
            adjusted,
        });
        dirt.bars += 1;
        let scale = adjusted.filter(|adjusted| self.adjusts && adjusted.0 > 0);
        Some(scale.map_or(bar, |adjusted| rescaled(bar, adjusted)))
    }
}

/// A bar whose close is its adjusted close: prices to the nearest 1e-9, the volume downwards.
fn rescaled(bar: Bar, adjusted: Px) -> Bar {
    let close = bar.close.0;
    let px = |px: Px| Px((px.0 * adjusted.0 * 2 + close).div_euclid(close * 2).max(1));
    Bar {
        open: px(bar.open),
        high: px(bar.high),
        low: px(bar.low),
        close: adjusted,
        volume: Qty((bar.volume.0 * close).div_euclid(adjusted.0)),
        ..bar
    }
}

impl Last {
    fn is_before_split(&self, bar: &Bar, adjusted: Option<Px>) -> bool {
        if let (Some(before), Some(after)) = (self.adjusted, adjusted) {
            // close / adjusted of both bars, multiplied out. A fifth is more than any dividend of
            // a large company and less than any usual split.
            let (before, after) = (self.close.0 * after.0, bar.close.0 * before.0);
            return after * 5 > before * 6 || after * 6 < before * 5;
        }
        // Within 3 % of close x b = open x a, in either direction.
        let near = |a: i128, b: i128| {
            let (before, after) = (self.close.0 * b, bar.open.0 * a);
            (after - before).abs() * 100 <= before * 3
        };
        SPLITS.iter().any(|(a, b)| near(*a, *b) || near(*b, *a))
    }
}
