//! Bars of one period: from ticks where all of it was seen, else from the broker's candles.
//!
//! Entry points: [`Series::tick`], [`Series::close`], [`Series::ask`], [`Series::answered`].
//!
//! Nothing here asks a clock or a network. Invariants: those of [`super`]; and what waits for a
//! candle is bounded by the tries that are made.

use std::collections::{BTreeMap, VecDeque};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::bars::{Bar, BarBuilder, BarOf};
use truefill_market::source::{Tick, TickKind, Trade};
use truefill_venue::kite::{Candle, Interval};

/// How often a candle that is not there yet is asked for.
const TRIES: u32 = 4;
/// The wait before the first try after the end of a bar: the broker makes a candle of it first.
const FIRST_NS: i64 = 2 * SECOND_NS;
/// Minutes of a session of shares, for how far back some number of bars reaches.
const SESSION_NS: i64 = 375 * 60 * SECOND_NS;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// A bar on its way to a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The bar.
    pub bar: Bar,
    /// It is the broker's candle.
    pub candle: bool,
    /// All of it was seen, by us or by the broker.
    pub whole: bool,
}

impl Given {
    /// Its length.
    pub fn period_ns(&self) -> i64 {
        self.bar.end_time.since(self.bar.open_time)
    }
}

/// Candles that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub id: InstrumentId,
    pub interval: Interval,
    pub from: Nanos,
    pub until: Nanos,
}

/// What is known of one instrument.
#[derive(Clone, Debug)]
struct Line {
    /// The end of the last bar that was given out, or where history begins.
    known_to: Nanos,
    /// Bars that have ended and wait for a candle before them or of them.
    waiting: VecDeque<(Bar, bool)>,
    /// When candles are asked for next.
    ask_at: Option<Nanos>,
    tries: u32,
    /// Bars of the past that are wanted and did not come yet.
    history: usize,
    /// Quantity traded on this day, as the last tick said.
    volume: Option<Qty>,
}

/// See the module.
pub(crate) struct Series {
    period_ns: i64,
    interval: Interval,
    builder: BarBuilder,
    lines: BTreeMap<InstrumentId, Line>,
    /// The stream has been there since; absent while it is not.
    up_since: Option<Nanos>,
}

impl Series {
    /// Bars of one length, for these instruments with the bars of the past that are wanted.
    pub fn new(
        (period_ns, interval, days_max): (i64, Interval, i64),
        opens_ns: i64,
        members: &BTreeMap<InstrumentId, u32>,
        now: Nanos,
    ) -> Option<Self> {
        let origin = Nanos(opens_ns);
        let builder = BarBuilder::new(period_ns, origin, BarOf::Trades).ok()?;
        let begun = now.plus(-now.since(origin).rem_euclid(period_ns));
        let line = |(id, history): (&InstrumentId, &u32)| {
            let back_ns = reach_ns(*history, period_ns).min(days_max * DAY_NS);
            let ask_at = (*history > 0).then_some(now);
            let known_to = begun.plus(-back_ns);
            let waiting = VecDeque::new();
            let history = *history as usize;
            (*id, Line { known_to, waiting, ask_at, tries: 0, history, volume: None })
        };
        let lines = members.iter().map(line).collect();
        Some(Self { period_ns, interval, builder, lines, up_since: None })
    }

    /// A price and the day's volume, as a tick says.
    pub fn tick(
        &mut self,
        id: InstrumentId,
        (px, volume): (Px, Option<Qty>),
        time: Nanos,
        out: &mut Vec<Given>,
    ) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if px.0 <= 0 {
            return;
        }
        let before = std::mem::replace(&mut line.volume, volume);
        // Where there is a volume, only what was traded since the last tick is a price of this
        // bar; a smaller one is of a new day.
        let qty = match (before, volume) {
            (_, None) => Qty::ZERO,
            (None, Some(_)) => return,
            (Some(before), Some(now)) if now < before => now,
            (Some(before), Some(now)) => now - before,
        };
        if volume.is_some() && qty.is_zero() {
            return;
        }
        let trade = Trade { px, qty, side: None, time };
        if let Some(bar) = self.builder.push(&Tick { instrument: id, kind: TickKind::Trade(trade) })
        {
            self.ended(bar, time, out);
        }
    }

    /// The stream came or went. What was missed is asked for.
    pub fn link(&mut self, up: bool, now: Nanos) {
        self.up_since = up.then_some(now);
        for line in self.lines.values_mut() {
            // A gap in the stream is a gap in what was traded since the last tick.
            line.volume = None;
            let missed = now.since(line.known_to) >= self.period_ns;
            if up && missed && line.ask_at.is_none() {
                (line.ask_at, line.tries) = (Some(now), 0);
            }
        }
    }

    /// Ends the bars whose time is over.
    pub fn close(&mut self, now: Nanos, out: &mut Vec<Given>) {
        let mut ended = Vec::new();
        self.builder.close_due(now, &mut ended);
        ended.into_iter().for_each(|bar| self.ended(bar, now, out));
    }

    /// When the next bar ends.
    pub fn next_end(&self) -> Nanos {
        self.builder.next_end().unwrap_or(Nanos::MAX)
    }

    fn ended(&mut self, bar: Bar, now: Nanos, out: &mut Vec<Given>) {
        let whole = self.up_since.is_some_and(|since| since <= bar.open_time);
        let Some(line) = self.lines.get_mut(&bar.instrument) else { return };
        if bar.open_time < line.known_to {
            return;
        }
        if whole && line.ask_at.is_none() {
            line.known_to = bar.end_time;
            out.push(Given { bar, candle: false, whole });
            return;
        }
        line.waiting.push_back((bar, whole));
        if line.ask_at.is_none() {
            (line.ask_at, line.tries) = (Some(now.plus(FIRST_NS)), 0);
        }
    }

    /// What is to be asked for now.
    pub fn ask(&mut self, now: Nanos) -> Option<Ask> {
        let due = |line: &Line| line.ask_at.is_some_and(|at| at <= now);
        let (id, line) = self.lines.iter().find(|(_, line)| due(line))?;
        Some(Ask { id: *id, interval: self.interval, from: line.known_to, until: now })
    }

    /// Candles are there, or were refused. The number of bars that are given out though nobody
    /// saw all of them.
    pub fn answered(
        &mut self,
        ask: &Ask,
        candles: Option<Vec<Candle>>,
        now: Nanos,
        out: &mut Vec<Given>,
    ) -> Option<usize> {
        let period_ns = self.period_ns;
        let line = self.lines.get_mut(&ask.id)?;
        let there = candles.is_some();
        let mut found = Vec::new();
        for candle in candles.unwrap_or_default() {
            let end_time = candle.time.plus(period_ns);
            if candle.time >= line.known_to && end_time <= ask.until {
                line.known_to = end_time;
                found.push(Given {
                    bar: bar(ask.id, &candle, end_time),
                    candle: true,
                    whole: true,
                });
            }
        }
        if there && line.history > 0 {
            // It was asked for generously: nobody knows how many days have no session.
            found.drain(..found.len().saturating_sub(std::mem::take(&mut line.history)));
        }
        out.append(&mut found);
        let known_to = line.known_to;
        line.waiting.retain(|(bar, _)| bar.open_time >= known_to);
        line.tries += 1;
        let last = line.tries >= TRIES;
        let lacking = line.waiting.iter().any(|(_, whole)| !whole);
        if !last && (lacking || !there) {
            line.ask_at = Some(now.plus(FIRST_NS << line.tries.min(8)));
            return None;
        }
        (line.ask_at, line.tries) = (None, 0);
        let mut missing = usize::from(!there && line.waiting.is_empty());
        for (bar, whole) in line.waiting.drain(..) {
            missing += usize::from(!whole);
            line.known_to = bar.end_time;
            out.push(Given { bar, candle: false, whole });
        }
        (missing > 0).then_some(missing)
    }
}

/// How far back so many bars reach, weekends and some holidays counted.
fn reach_ns(bars: u32, period_ns: i64) -> i64 {
    if bars == 0 {
        return 0;
    }
    let sessions = (i64::from(bars) * period_ns).div_euclid(SESSION_NS) + 1;
    (sessions * 7 / 5 + 5) * DAY_NS
}

fn bar(instrument: InstrumentId, candle: &Candle, end_time: Nanos) -> Bar {
    let Candle { time: open_time, open, high, low, close, volume, .. } = *candle;
    Bar { instrument, open_time, end_time, open, high, low, close, volume, prices: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * SECOND_NS;
    const ID: InstrumentId = InstrumentId(0);

    fn at(seconds: i64) -> Nanos {
        Nanos((1_000_000 * 60 + seconds) * SECOND_NS)
    }

    #[test]
    fn no_more_of_the_past_than_is_wanted() {
        let (mut series, mut out) = (series(2), Vec::new());
        let ask = series.ask(at(0)).expect("history");
        let found = (-9..0).map(|minute| candle(minute * 60, minute)).collect();
        series.answered(&ask, Some(found), at(0), &mut out);
        assert_eq!(told(&out), [(-120, -2, true, true), (-60, -1, true, true)]);
        assert_eq!(series.ask(at(5)), None);
    }

    fn series(history: u32) -> Series {
        let members = BTreeMap::from([(ID, history)]);
        Series::new((MINUTE, Interval::Minute, 60), 0, &members, at(-30)).expect("a period")
    }

    fn candle(seconds: i64, px: i64) -> Candle {
        let px = Px::whole(px);
        let (time, volume) = (at(seconds), Qty::whole(1));
        Candle { time, open: px, high: px, low: px, close: px, volume, interest: None }
    }

    /// One tick a second from one instant to another, each with a trade of one.
    fn ticks(series: &mut Series, seconds: std::ops::Range<i64>, out: &mut Vec<Given>) {
        for second in seconds {
            let volume = Qty::whole(10_000 + second);
            series.tick(ID, (Px::whole(100 + second), Some(volume)), at(second), out);
        }
    }

    fn told(out: &[Given]) -> Vec<(i64, i128, bool, bool)> {
        let seconds = |g: &Given| g.bar.open_time.since(at(0)) / SECOND_NS;
        let of = |g: &Given| (seconds(g), g.bar.close.0 / i128::from(SECOND_NS), g.candle, g.whole);
        out.iter().map(of).collect()
    }

    #[test]
    fn the_first_bar_is_the_brokers_and_the_next_is_ours() {
        let (mut series, mut out) = (series(0), Vec::new());
        series.link(true, at(-30));
        ticks(&mut series, -29..130, &mut out);
        assert_eq!(out, [], "the first bar was not seen from its beginning");
        let ask = series.ask(at(131)).expect("a candle is wanted");
        assert_eq!((ask.from, ask.until), (at(-60), at(131)));
        let found = vec![candle(-60, 70), candle(0, 71), candle(60, 72), candle(120, 73)];
        assert_eq!(series.answered(&ask, Some(found), at(131), &mut out), None);
        let wanted = [(-60, 70, true, true), (0, 71, true, true), (60, 72, true, true)];
        assert_eq!(told(&out), wanted, "of what has ended, in order");
        out.clear();
        ticks(&mut series, 130..181, &mut out);
        assert_eq!(told(&out), [(120, 279, false, true)], "seen from its beginning");
        assert_eq!(out[0].bar.volume, Qty::whole(60));
    }

    #[test]
    fn history_comes_before_what_has_ended_meanwhile() {
        let (mut series, mut out) = (series(100), Vec::new());
        series.link(true, at(-30));
        let ask = series.ask(at(-29)).expect("history");
        assert!(ask.until.since(ask.from) > 5 * DAY_NS);
        ticks(&mut series, -29..65, &mut out);
        assert_eq!(out, [], "nothing overtakes it");
        let found = vec![candle(-180, 50), candle(-120, 51), candle(-60, 52)];
        series.answered(&ask, Some(found), at(66), &mut out);
        let history = [(-180, 50, true, true), (-120, 51, true, true)];
        assert_eq!(told(&out), history, "what had not ended when it was asked is not believed");
        out.clear();
        let again = series.ask(at(80)).expect("the bar that was seen in part");
        series.answered(&again, Some(vec![candle(-60, 53)]), at(80), &mut out);
        assert_eq!(told(&out), [(-60, 53, true, true), (0, 159, false, true)]);
    }

    #[test]
    fn a_gap_is_mended_and_what_cannot_be_says_so() {
        let (mut series, mut out) = (series(0), Vec::new());
        series.link(true, at(-60));
        ticks(&mut series, -60..61, &mut out);
        out.clear();
        series.link(false, at(70));
        series.link(true, at(250));
        let ask = series.ask(at(250)).expect("what was missed");
        assert_eq!(ask.from, at(60));
        series.answered(&ask, Some(vec![candle(60, 80), candle(180, 82)]), at(251), &mut out);
        assert_eq!(told(&out), [(60, 80, true, true), (180, 82, true, true)]);
        out.clear();
        ticks(&mut series, 251..301, &mut out);
        let mut now = at(310);
        for round in 1..=TRIES {
            let ask = series.ask(now).expect("the bar that was seen in part");
            let missing = series.answered(&ask, None, now, &mut out);
            assert_eq!(missing, (round == TRIES).then_some(1), "round {round}");
            now = now.plus(100 * SECOND_NS);
        }
        assert_eq!(told(&out), [(240, 399, false, false)]);
        assert_eq!(series.ask(now), None);
    }

    #[test]
    fn a_symbol_that_nobody_trades_ends_its_bar_by_the_clock() {
        let (mut series, mut out) = (series(0), Vec::new());
        series.link(true, at(-60));
        ticks(&mut series, -59..10, &mut out);
        out.clear();
        series.close(at(59), &mut out);
        assert_eq!(out, []);
        assert_eq!(series.next_end(), at(60));
        series.close(at(60), &mut out);
        assert_eq!(told(&out), [(0, 109, false, true)]);
    }
}
