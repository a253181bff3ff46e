//! Instants to pixels: an axis of time that leaves out long pauses.
//!
//! Entry points: [`Sessions::of`], then [`TimeAxis::over`] for each drawing.
//!
//! Invariants:
//! - Times never run backwards on the page, and every instant given to [`Sessions::of`] has a
//!   place inside a session.
//! - A pause is left out when it is longer than two hours and than twenty usual gaps, so nights
//!   vanish from minutes and weekends stay in daily data.

use crate::scale::Hundredths;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};

const MINUTE_NS: i64 = 60 * SECOND_NS;
const HOUR_NS: i64 = 60 * MINUTE_NS;
const DAY_NS: i64 = 24 * HOUR_NS;
/// No pause up to this length is left out.
const PAUSE_NS_MIN: i64 = 2 * HOUR_NS;
/// With more sessions than this, every pause is shown: there would be no room for the breaks.
const SESSIONS_MAX: usize = 40;
/// Steps between ticks.
const STEPS_NS: [i64; 23] = [
    MILLI_NS,
    10 * MILLI_NS,
    100 * MILLI_NS,
    SECOND_NS,
    2 * SECOND_NS,
    5 * SECOND_NS,
    15 * SECOND_NS,
    30 * SECOND_NS,
    MINUTE_NS,
    2 * MINUTE_NS,
    5 * MINUTE_NS,
    15 * MINUTE_NS,
    30 * MINUTE_NS,
    HOUR_NS,
    2 * HOUR_NS,
    6 * HOUR_NS,
    12 * HOUR_NS,
    DAY_NS,
    2 * DAY_NS,
    7 * DAY_NS,
    30 * DAY_NS,
    90 * DAY_NS,
    365 * DAY_NS,
];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The stretches of time in which something happened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sessions(Vec<(i64, i64)>);

impl Sessions {
    /// The sessions of some instants, in any order.
    pub fn of(times: impl IntoIterator<Item = Nanos>) -> Self {
        let mut times: Vec<i64> = times.into_iter().map(|time| time.0).collect();
        times.sort_unstable();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            return Sessions::default();
        };
        let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
        gaps.sort_unstable();
        let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
        let pause = usual.saturating_mul(20).max(PAUSE_NS_MIN);
        let mut sessions = Vec::new();
        let mut start = *first;
        for pair in times.windows(2) {
            if pair[1].saturating_sub(pair[0]) > pause {
                sessions.push((start, pair[0]));
                start = pair[1];
            }
        }
        sessions.push((start, *last));
        if sessions.len() > SESSIONS_MAX {
            Sessions(vec![(*first, *last)])
        } else {
            Sessions(sessions)
        }
    }

    /// The first and the last instant.
    pub fn ends(&self) -> Option<(Nanos, Nanos)> {
        Some((Nanos(self.0.first()?.0), Nanos(self.0.last()?.1)))
    }

    /// How many pauses are left out.
    pub fn pauses(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

/// A session and its pixels.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: i64,
    end: i64,
    from: i64,
    to: i64,
}

/// An axis of time on pixels.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeAxis(Vec<Piece>);

impl TimeAxis {
    /// Lays sessions side by side; each gets room by its length, and never none at all.
    pub fn over(sessions: &Sessions, from: Hundredths, to: Hundredths) -> Self {
        let count = i64::try_from(sessions.0.len()).unwrap_or(1).max(1);
        let width = to.0 - from.0;
        let pause = (width / (4 * count)).min(1_600);
        let room = i128::from(width - pause * (count - 1));
        let lengths = sessions.0.iter().map(|(start, end)| i128::from(*end) - i128::from(*start));
        let least = lengths.clone().sum::<i128>() / 50 + 1;
        let weights: Vec<i128> = lengths.map(|length| length + least).collect();
        let whole: i128 = weights.iter().sum();
        let mut pieces = Vec::new();
        let mut passed = 0;
        let mut before = 0;
        for ((start, end), weight) in sessions.0.iter().zip(weights) {
            let edge = |weight: i128| from.0 + before + part_of(room, weight, whole);
            let (left, right) = (edge(passed), edge(passed + weight));
            pieces.push(Piece { start: *start, end: *end, from: left, to: right });
            passed += weight;
            before += pause;
        }
        TimeAxis(pieces)
    }

    /// Where an instant is; one in a pause is at the end of the session before it.
    pub fn at(&self, time: Nanos) -> Hundredths {
        let piece = self.0.iter().rev().find(|piece| piece.start <= time.0).or(self.0.first());
        Hundredths(piece.map_or(0, |piece| piece.at(time.0)))
    }

    /// The middles of the pauses left out.
    pub fn breaks(&self) -> impl Iterator<Item = Hundredths> {
        self.0.windows(2).map(|pair| Hundredths(pair[0].to.midpoint(pair[1].from)))
    }

    /// Ticks with their labels, at least `apart` from each other.
    pub fn ticks(&self, apart: Hundredths) -> Vec<(Hundredths, String)> {
        let mut ticks: Vec<(Hundredths, String)> = Vec::new();
        for (place, label) in self.wanted_ticks(apart) {
            if ticks.last().is_none_or(|(last, _)| place.0 - last.0 >= apart.0) {
                ticks.push((place, label));
            }
        }
        ticks
    }

    fn wanted_ticks(&self, apart: Hundredths) -> Vec<(Hundredths, String)> {
        match self.0.as_slice() {
            [] => Vec::new(),
            [piece] => piece.ticks(apart),
            pieces => {
                let label = |piece: &Piece| (Hundredths(piece.from), date(piece.start));
                pieces.iter().map(label).collect()
            }
        }
    }
}

impl Piece {
    fn at(&self, time: i64) -> i64 {
        let length = i128::from(self.end) - i128::from(self.start);
        if length == 0 {
            return self.from.midpoint(self.to);
        }
        let along = i128::from(time.clamp(self.start, self.end)) - i128::from(self.start);
        self.from + part_of(i128::from(self.to - self.from), along, length)
    }

    /// Ticks at round instants of UTC.
    fn ticks(&self, apart: Hundredths) -> Vec<(Hundredths, String)> {
        if self.start == self.end {
            return vec![(Hundredths(self.at(self.start)), label(self.start, 1))];
        }
        let length = i128::from(self.end) - i128::from(self.start);
        let fits = |step: &&i64| {
            part_of(i128::from(self.to - self.from), i128::from(**step), length) >= apart.0
        };
        let step = STEPS_NS.iter().find(fits).copied().unwrap_or(365 * DAY_NS);
        let first = self.start.div_euclid(step).saturating_add(1).saturating_mul(step);
        let most = usize::try_from((self.to - self.from) / apart.0.max(1)).unwrap_or(0) + 1;
        let times = std::iter::successors(Some(first), |time| time.checked_add(step));
        let inside = times.take_while(|time| *time <= self.end).take(most);
        inside.map(|time| (Hundredths(self.at(time)), label(time, step))).collect()
    }
}

/// `room * part / whole`, down, for a part between nothing and the whole.
fn part_of(room: i128, part: i128, whole: i128) -> i64 {
    i64::try_from(room.saturating_mul(part) / whole.max(1)).unwrap_or(0)
}

/// The label of a tick among ticks `step` apart; midnight names its day.
fn label(time: i64, step: i64) -> String {
    if time.rem_euclid(DAY_NS) == 0 {
        return date(time);
    }
    let text = Nanos(time).to_string();
    let characters = if step < SECOND_NS {
        12
    } else if step < MINUTE_NS {
        8
    } else {
        5
    };
    text.split_once('T').map_or("", |(_, clock)| clock).chars().take(characters).collect()
}

/// A day such as `Jan 5`.
fn date(time: i64) -> String {
    let text = Nanos(time).to_string();
    let mut parts = text.split('T').next().unwrap_or("").rsplit('-');
    let day = parts.next().unwrap_or("").trim_start_matches('0').to_owned();
    let month: usize = parts.next().and_then(|month| month.parse().ok()).unwrap_or(1);
    format!("{}\u{a0}{day}", MONTHS.get(month.wrapping_sub(1)).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-05T03:45:00Z, a Monday.
    const OPEN: i64 = 1_767_584_700 * SECOND_NS;

    fn axis(times: &[i64]) -> TimeAxis {
        let sessions = Sessions::of(times.iter().copied().map(Nanos));
        TimeAxis::over(&sessions, Hundredths(0), Hundredths::px(900))
    }

    fn labels(axis: &TimeAxis) -> String {
        let labels = axis.ticks(Hundredths::px(100)).into_iter().map(|(_, label)| label);
        labels.collect::<Vec<_>>().join("|").replace('\u{a0}', " ")
    }

    #[test]
    fn nights_between_minutes_are_left_out_and_weekends_between_days_are_not() {
        let minutes = |day: i64| (0..300).map(move |m| OPEN + day * DAY_NS + m * MINUTE_NS);
        let times: Vec<i64> = minutes(0).chain(minutes(1)).chain(minutes(4)).collect();
        let three = axis(&times);
        assert_eq!((three.0.len(), three.breaks().count()), (3, 2));
        assert_eq!(labels(&three), "Jan 5|Jan 6|Jan 9");
        let days: Vec<i64> = [0, 1, 2, 3, 4, 7, 8, 9].map(|day| OPEN + day * DAY_NS).to_vec();
        assert_eq!(
            labels(&axis(&days)),
            "Jan 6|Jan 7|Jan 8|Jan 9|Jan 10|Jan 11|Jan 12|Jan 13|Jan 14"
        );
    }

    #[test]
    fn time_never_runs_backwards_and_stays_on_the_page() {
        let times: Vec<i64> = (0..2_000).map(|i| OPEN + i * i * 30 * SECOND_NS).collect();
        let axis = axis(&times);
        let places: Vec<i64> = times.iter().map(|time| axis.at(Nanos(*time)).0).collect();
        assert!(places.is_sorted() && places[0] >= 0 && places[1_999] <= 90_000);
        assert_eq!(axis.at(Nanos(i64::MIN)).0, places[0]);
        assert_eq!(axis.at(Nanos::MAX).0, places[1_999]);
    }

    #[test]
    fn ticks_are_round_in_utc() {
        assert_eq!(
            labels(&axis(&[OPEN, OPEN + 6 * HOUR_NS])),
            "04:00|05:00|06:00|07:00|08:00|09:00"
        );
        let seconds = axis(&[OPEN, OPEN + 10 * SECOND_NS]);
        assert_eq!(labels(&seconds), "03:45:02|03:45:04|03:45:06|03:45:08|03:45:10");
        assert_eq!(labels(&axis(&[OPEN])), "03:45:00.000");
        assert_eq!(labels(&axis(&[])), "");
        let overnight: Vec<i64> = (0..8).map(|i| OPEN + i * 6 * HOUR_NS).collect();
        assert_eq!(labels(&axis(&overnight)), "06:00|12:00|18:00|Jan 6|06:00|12:00|18:00");
    }

    #[test]
    fn extreme_times_are_placed() {
        let axis = axis(&[i64::MIN, 0, i64::MAX]);
        assert!(axis.at(Nanos(0)).0 > axis.at(Nanos(i64::MIN)).0);
        assert!(axis.ticks(Hundredths::px(100)).len() < 20);
    }
}
