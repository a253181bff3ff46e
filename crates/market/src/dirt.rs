//! What is wrong with market data without being a mistake in the file, and what is done about
//! it. Real recordings are dirty; a reader that refused them would not be used, and one that
//! mended them silently would not be trusted.
//!
//! | class | what it is | what is done |
//! |---|---|---|
//! | `crossed` | the bid is above the ask | the quote is left out |
//! | `locked` | the bid equals the ask | kept |
//! | `one_sided` | a side is absent, or its price or size is zero (or its price below) | left out |
//! | `void_trades` | a trade with a price or a quantity of zero (or a price below) | left out |
//! | `reordered` | a stamp runs backwards inside the reorder window | put where it belongs |
//! | `backward` | a stamp runs backwards beyond that window | raised to the latest stamp passed on |
//! | `overfull` | the reorder buffer was full | the earliest tick was passed on early |
//! | `reconnects` | the recorder says that it lost its connection | counted |
//! | `negative_latency` | received before the exchange sent it: clocks differ | kept; the order is that of receipt |
//! | `corrected` | a trade that the exchange marked as corrected or cancelled | left out |
//! | `unknown_orders` | a log names an order whose creation it does not have | passed over |
//! | `sequence_gaps` | an update of a book does not follow the one before | the book is unusable until the next snapshot |
//!
//! Bars have classes of their own. "Next" is the next bar of the same instrument.
//!
//! | class | what it is | what is done |
//! |---|---|---|
//! | `zero_prices` | one of the four prices is zero or below | the bar is left out |
//! | `high_low` | open or close lies outside low to high | low and high are widened to hold them |
//! | `doubled` | a second bar with the same beginning | the first in the file is kept |
//! | `overlapping` | it begins before the one before has ended | left out |
//! | `gaps` | it begins later than the end of the one before, nights and weekends included; not for bars of a whole day | counted, nothing is filled in |
//! | `suspected_splits` | price over adjusted price jumps by more than 20 %, or, without adjusted prices, the open is a simple fraction (2:1, 3:1, 3:2 and so on, within 3 %) of the close before | kept, counted |
//! | `blank` | a cell of a price is empty | no bar |
//! | `rounded` | a price or a volume has more than nine decimals | rounded to 1e-9, halves to even |
//! | `foreign` | a symbol that was not asked for | passed over |
//!
//! A quote that is left out leaves the one before it in force, growing older: what prices from it
//! must look at its age. A stamp that runs backwards by more than
//! [`BACKWARD_NS_MAX`](crate::order::BACKWARD_NS_MAX) is an error: that is no jitter.
//!
//! Entry points: [`DirtReport`], its [`is_clean`](DirtReport::is_clean) and its `Display`.

use std::fmt;

/// How often something was met, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dirt {
    /// Rows.
    pub count: u64,
    /// The line of the first one, counted from 1; 0 if there is none.
    pub first_line: u64,
}

impl Dirt {
    const NONE: Self = Self { count: 0, first_line: 0 };

    pub(crate) fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }
}

/// Number of classes.
pub const CLASSES: usize = 21;

/// What a source met so far. See [the module](crate::dirt) for the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirtReport {
    /// Quotes passed on.
    pub quotes: u64,
    /// Trades passed on.
    pub trades: u64,
    /// Bars passed on.
    pub bars: u64,
    /// Quotes left out because the bid was above the ask.
    pub crossed: Dirt,
    /// Quotes kept although the bid equals the ask.
    pub locked: Dirt,
    /// Quotes left out because a side was not there.
    pub one_sided: Dirt,
    /// Trades left out because price or quantity was not above zero.
    pub void_trades: Dirt,
    /// Ticks that were put back where their stamps belong.
    pub reordered: Dirt,
    /// The furthest of them, in nanoseconds behind the latest stamp read.
    pub reordered_ns_max: i64,
    /// Ticks whose stamps were raised.
    pub backward: Dirt,
    /// The most by which one was raised, in nanoseconds.
    pub backward_ns_max: i64,
    /// Ticks passed on before their time in the reorder buffer was over.
    pub overfull: Dirt,
    /// Lost connections that the recorder noted.
    pub reconnects: Dirt,
    /// Rows received before the exchange's own time of them.
    pub negative_latency: Dirt,
    /// Trades left out because the exchange corrected or cancelled them.
    pub corrected: Dirt,
    /// Events about orders that are not known.
    pub unknown_orders: Dirt,
    /// Updates of a book that do not follow the one before.
    pub sequence_gaps: Dirt,
    /// Bars left out because a price was not above zero.
    pub zero_prices: Dirt,
    /// Bars whose low or high was widened.
    pub high_low: Dirt,
    /// Bars left out because there was one with that beginning.
    pub doubled: Dirt,
    /// Bars left out because the one before had not ended.
    pub overlapping: Dirt,
    /// Bars before which others are missing.
    pub gaps: Dirt,
    /// How many periods are missing in those gaps that are shorter than a day.
    pub gap_periods: u64,
    /// Bars that begin at a simple fraction of the price before.
    pub suspected_splits: Dirt,
    /// Empty cells where a price should be.
    pub blank: Dirt,
    /// Rows with numbers that were rounded.
    pub rounded: Dirt,
    /// Rows of other symbols.
    pub foreign: Dirt,
}

impl DirtReport {
    /// Nothing met.
    pub const NONE: Self = Self {
        quotes: 0,
        trades: 0,
        bars: 0,
        crossed: Dirt::NONE,
        locked: Dirt::NONE,
        one_sided: Dirt::NONE,
        void_trades: Dirt::NONE,
        reordered: Dirt::NONE,
        reordered_ns_max: 0,
        backward: Dirt::NONE,
        backward_ns_max: 0,
        overfull: Dirt::NONE,
        reconnects: Dirt::NONE,
        negative_latency: Dirt::NONE,
        corrected: Dirt::NONE,
        unknown_orders: Dirt::NONE,
        sequence_gaps: Dirt::NONE,
        zero_prices: Dirt::NONE,
        high_low: Dirt::NONE,
        doubled: Dirt::NONE,
        overlapping: Dirt::NONE,
        gaps: Dirt::NONE,
        suspected_splits: Dirt::NONE,
        blank: Dirt::NONE,
        rounded: Dirt::NONE,
        foreign: Dirt::NONE,
        gap_periods: 0,
    };

    /// True when nothing was mended, left out or suspicious.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.classes().iter().all(|(_, dirt)| dirt.count == 0)
    }

    /// Rows that were not passed on.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.crossed.count
            + self.one_sided.count
            + self.void_trades.count
            + self.corrected.count
            + self.zero_prices.count
            + self.doubled.count
            + self.overlapping.count
    }

    /// Adds what another source met; first lines stay those of the source that met it first.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.quotes += other.quotes;
        self.trades += other.trades;
        self.bars += other.bars;
        self.gap_periods += other.gap_periods;
        self.reordered_ns_max = self.reordered_ns_max.max(other.reordered_ns_max);
        self.backward_ns_max = self.backward_ns_max.max(other.backward_ns_max);
        let classes = [
            (&mut self.crossed, other.crossed),
            (&mut self.locked, other.locked),
            (&mut self.one_sided, other.one_sided),
            (&mut self.void_trades, other.void_trades),
            (&mut self.reordered, other.reordered),
            (&mut self.backward, other.backward),
            (&mut self.overfull, other.overfull),
            (&mut self.reconnects, other.reconnects),
            (&mut self.negative_latency, other.negative_latency),
            (&mut self.corrected, other.corrected),
            (&mut self.unknown_orders, other.unknown_orders),
            (&mut self.sequence_gaps, other.sequence_gaps),
            (&mut self.zero_prices, other.zero_prices),
            (&mut self.high_low, other.high_low),
            (&mut self.doubled, other.doubled),
            (&mut self.overlapping, other.overlapping),
            (&mut self.gaps, other.gaps),
            (&mut self.suspected_splits, other.suspected_splits),
            (&mut self.blank, other.blank),
            (&mut self.rounded, other.rounded),
            (&mut self.foreign, other.foreign),
        ];
        for (own, more) in classes {
            own.first_line = if own.count == 0 { more.first_line } else { own.first_line };
            own.count += more.count;
        }
    }

    /// Every class: what it is and was done, in words, and how often it was met.
    #[must_use]
    pub const fn classes(&self) -> [(&'static str, Dirt); CLASSES] {
        [
            ("crossed quotes left out", self.crossed),
            ("locked quotes kept", self.locked),
            ("one-sided quotes left out", self.one_sided),
            ("void trades left out", self.void_trades),
            ("ticks put back in order", self.reordered),
            ("backward stamps raised", self.backward),
            ("ticks passed on early because the reorder buffer was full", self.overfull),
            ("lost connections", self.reconnects),
            ("negative latencies kept", self.negative_latency),
            ("corrected trades left out", self.corrected),
            ("events about unknown orders", self.unknown_orders),
            ("gaps in the sequence of a book", self.sequence_gaps),
            ("bars with a zero price left out", self.zero_prices),
            ("bars with low or high widened", self.high_low),
            ("doubled bars left out", self.doubled),
            ("overlapping bars left out", self.overlapping),
            ("gaps between bars", self.gaps),
            ("suspected splits kept", self.suspected_splits),
            ("empty prices", self.blank),
            ("rows rounded to 1e-9", self.rounded),
            ("rows of other symbols", self.foreign),
        ]
    }
}

impl fmt::Display for DirtReport {
    /// One line: what was passed on, then every class that occurred with its first line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bars {
            0 => write!(f, "{} quotes and {} trades", self.quotes, self.trades)?,
            bars if self.quotes + self.trades == 0 => write!(f, "{bars} bars")?,
            bars => write!(f, "{} quotes, {} trades and {bars} bars", self.quotes, self.trades)?,
        }
        if self.is_clean() {
            return f.write_str(", nothing to mend");
        }
        for (what, dirt) in self.classes().iter().filter(|(_, dirt)| dirt.count > 0) {
            write!(f, "; {} {what} (first in line {})", dirt.count, dirt.first_line)?;
        }
        if self.reordered_ns_max > 0 {
            write!(f, "; put back by at most {} ns", self.reordered_ns_max)?;
        }
        if self.gap_periods > 0 {
            write!(f, "; {} periods missing in gaps shorter than a day", self.gap_periods)?;
        }
        if self.backward_ns_max > 0 {
            write!(f, "; raised by at most {} ns", self.backward_ns_max)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_only_what_occurred() {
        let mut report = DirtReport { quotes: 3, ..DirtReport::NONE };
        assert_eq!(report.to_string(), "3 quotes and 0 trades, nothing to mend");
        report.crossed.add(7);
        report.crossed.add(9);
        assert_eq!(
            report.to_string(),
            "3 quotes and 0 trades; 2 crossed quotes left out (first in line 7)"
        );
        assert_eq!(report.left_out(), 2);
        assert!(!report.is_clean());
    }
}
