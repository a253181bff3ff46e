//! Bars for strategies, so that none of them polls the broker: built from ticks, warmed up and
//! mended from the broker's candles.
//!
//! Entry points: [`BarsOf`], [`Bars`].
//!
//! ```text
//!   ticks, links --> series (one period) --> whole bars --> mail of each strategy
//!                       |        ^
//!          what is missing      candles
//!                       v        |
//!                      history, at the broker's pace
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `series` | bars of one period, in order, none missing and none twice |
//! | `history` | candles of the past through a limiter of their own |
//!
//! Invariants:
//! 1. Bars of a symbol are given out in order of time, each once in the life of a node.
//! 2. A bar of which a part was not seen is the broker's candle; where there is none after some
//!    tries, it is given out and says that it is not whole.
//! 3. Candles count in a window of their own at the broker, so no order ever waits for one.

mod history;
mod series;

pub(crate) use history::History;
pub(crate) use series::Given;

use crate::child::Mail;
use crate::clock::Clock;
use series::{Ask, Series};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_venue::kite::{Interval, Tick};

/// Longest sleep, whatever is due: a clock that was set is noticed.
const LOOK: Duration = Duration::from_secs(1);

/// The lengths that the broker has candles of.
const LENGTHS: [(&str, i64, Interval, i64); 7] = [
    ("1m", 60, Interval::Minute, 60),
    ("3m", 180, Interval::Minutes3, 100),
    ("5m", 300, Interval::Minutes5, 100),
    ("10m", 600, Interval::Minutes10, 100),
    ("15m", 900, Interval::Minutes15, 200),
    ("30m", 1_800, Interval::Minutes30, 200),
    ("1h", 3_600, Interval::Hour, 400),
];

/// The bars that a strategy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BarsOf {
    /// Length of a bar.
    pub period_ns: i64,
    /// Bars of the past that it is given first, of each symbol.
    pub history: u32,
}

impl BarsOf {
    /// Most bars of the past.
    pub const HISTORY_MAX: u32 = 5_000;
    /// Most bars of the past of all symbols of a strategy.
    pub const ALL_MAX: usize = 200_000;

    /// Names of the lengths, for configurations, with nanoseconds.
    #[must_use]
    pub fn words() -> Vec<(&'static str, i64)> {
        LENGTHS.iter().map(|(word, seconds, ..)| (*word, seconds * SECOND_NS)).collect()
    }

    /// The name of its length.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let same = |of: &&(&str, i64, Interval, i64)| of.1 * SECOND_NS == self.period_ns;
        LENGTHS.iter().find(same).map_or("?", |(word, ..)| word)
    }
}

/// All bars of a node.
pub(crate) struct Bars {
    /// By length and by the instant of the day from which lengths are counted.
    series: Mutex<Vec<Series>>,
    mails: Vec<(BarsOf, Arc<Mail>)>,
    clock: Clock,
    bell: Notify,
}

impl Bars {
    /// For these strategies; `None` when none of them wants bars.
    pub fn new(
        mails: Vec<(BarsOf, Arc<Mail>)>,
        instruments: &[Instrument],
        clock: Clock,
    ) -> Option<Self> {
        let mut wanted: BTreeMap<(i64, i64), BTreeMap<InstrumentId, u32>> = BTreeMap::new();
        for (of, mail) in &mails {
            for id in mail.instruments() {
                let symbol = instruments.get(id.ix()).map_or("", |known| known.symbol.as_str());
                let members = wanted.entry((of.period_ns, opens(symbol))).or_default();
                let depth = members.entry(id).or_default();
                *depth = (*depth).max(of.history);
            }
        }
        let now = clock.now();
        let series = wanted.into_iter().filter_map(|((period_ns, opens_ns), members)| {
            let of = LENGTHS.iter().find(|of| of.1 * SECOND_NS == period_ns)?;
            Series::new((period_ns, of.2, of.3), opens_ns, &members, now)
        });
        let series: Vec<Series> = series.collect();
        let any = !series.is_empty();
        any.then(|| Self { series: Mutex::new(series), mails, clock, bell: Notify::new() })
    }

    /// A tick of the stream.
    pub fn tick(&self, id: InstrumentId, tick: &Tick, received: Nanos) {
        let volume = tick.traded.map(|traded| traded.volume);
        let mut given = Vec::new();
        for series in self.series().iter_mut() {
            series.tick(id, (tick.last, volume), received, &mut given);
        }
        self.give(&given);
    }

    /// The stream came or went.
    pub fn link(&self, up: bool) {
        let now = self.clock.now();
        self.series().iter_mut().for_each(|series| series.link(up, now));
        self.bell.notify_one();
    }

    /// Ends bars when their time is over, also of symbols that nobody trades.
    pub async fn close(self: Arc<Self>) {
        loop {
            let now = self.clock.now();
            let mut given = Vec::new();
            let mut next = now.plus(SECOND_NS);
            for series in self.series().iter_mut() {
                series.close(now, &mut given);
                next = next.min(series.next_end());
            }
            self.give(&given);
            self.bell.notify_one();
            tokio::time::sleep_until(tokio::time::Instant::from_std(self.clock.instant(next)))
                .await;
        }
    }

    /// Asks for what is missing, one candle call after the other.
    pub async fn mend(self: Arc<Self>, mut history: History) {
        loop {
            let now = self.clock.now();
            let asked = self.series().iter_mut().enumerate().find_map(|(at, series)| {
                let ask = series.ask(now)?;
                Some((at, ask))
            });
            let Some((at, ask)) = asked else {
                // Something is due later or a bell rings.
                let _ = tokio::time::timeout(LOOK, self.bell.notified()).await;
                continue;
            };
            let found = history.candles(&ask).await;
            let missing = self.answered(at, &ask, found);
            if let Some(missing) = missing {
                history.tell_missing(&ask, missing);
            }
        }
    }

    /// What was asked for is there, or not; the number of bars that stay incomplete.
    fn answered(&self, at: usize, ask: &Ask, found: history::Found) -> Option<usize> {
        let mut given = Vec::new();
        let missing = {
            let mut all = self.series();
            let series = all.get_mut(at)?;
            series.answered(ask, found.ok(), self.clock.now(), &mut given)
        };
        self.give(&given);
        missing
    }

    fn give(&self, given: &[Given]) {
        for one in given {
            let wanting = self.mails.iter().filter(|(of, _)| of.period_ns == one.period_ns());
            wanting.for_each(|(_, mail)| mail.bar(one));
        }
    }

    fn series(&self) -> MutexGuard<'_, Vec<Series>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a day of an exchange begins, after midnight UTC: 09:15 in India, and 09:00 where
/// commodities and currencies are traded.
fn opens(symbol: &str) -> i64 {
    let exchange = symbol.split_once(':').map_or("", |(exchange, _)| exchange);
    let minutes = if matches!(exchange, "MCX" | "CDS" | "BCD") { 210 } else { 225 };
    minutes * 60 * SECOND_NS
}
