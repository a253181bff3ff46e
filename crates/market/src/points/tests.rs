use proptest::prelude::*;
use truefill_core::time::SECOND_NS;

use super::*;
use crate::source::ListedBars;

const MINUTE_NS: i64 = 60 * SECOND_NS;

fn grid() -> Vec<(Px, Qty)> {
    vec![(Px::whole(1), Qty::whole(1)); 3]
}

fn bar(instrument: u32, minute: i64, [open, high, low, close]: [i64; 4], volume: i64) -> Bar {
    Bar {
        instrument: InstrumentId(instrument),
        open_time: Nanos(minute * MINUTE_NS),
        end_time: Nanos((minute + 1) * MINUTE_NS),
        open: Px::whole(open),
        high: Px::whole(high),
        low: Px::whole(low),
        close: Px::whole(close),
        volume: Qty::whole(volume),
        prices: 1,
    }
}

/// Time, instrument, and the bid, the ask and the size of a point in whole units.
type Seen = (i64, u32, Option<(i64, i64, i64)>);

fn whole(raw: i128) -> i64 {
    assert_eq!(raw % 1_000_000_000, 0);
    i64::try_from(raw / 1_000_000_000).unwrap()
}

fn ticks(bars: Vec<Bar>, spec: PointSpec) -> Vec<Seen> {
    let mut points = BarPoints::new(ListedBars::new(bars), grid(), spec).unwrap();
    let mut seen = Vec::new();
    while let Some(tick) = points.next().unwrap() {
        let quote = tick.quote().map(|q| {
            assert!(q.is_sane() && q.bid_qty == q.ask_qty && q.bid_qty.0 > 0);
            (whole(q.bid_px.0), whole(q.ask_px.0), whole(q.bid_qty.0))
        });
        seen.push((tick.time().0, tick.instrument.0, quote));
    }
    assert_eq!(points.next().unwrap(), None);
    assert_eq!(points.grade(), Grade::Bars);
    seen
}

fn error(bars: Vec<Bar>) -> MarketError {
    let mut points = BarPoints::new(ListedBars::new(bars), grid(), PointSpec::default()).unwrap();
    loop {
        match points.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("these bars are no good"),
            Err(error) => {
                assert_eq!(points.next().unwrap_err().kind(), ErrorKind::Stopped);
                return error;
            }
        }
    }
}

#[test]
fn a_rising_bar_goes_low_first_and_a_falling_one_high_first() {
    let quarter = MINUTE_NS / 4;
    let up = ticks(vec![bar(0, 0, [100, 110, 90, 105], 400)], PointSpec::default());
    let expected = [
        (1, 0, Some((99, 101, 10))),
        (quarter, 0, Some((89, 91, 10))),
        (2 * quarter, 0, Some((109, 111, 10))),
        (3 * quarter, 0, Some((104, 106, 10))),
        (MINUTE_NS, 0, None),
    ];
    assert_eq!(up, expected);
    let down = ticks(vec![bar(0, 0, [105, 110, 90, 100], 400)], PointSpec::default());
    let bids: Vec<i64> = down.iter().filter_map(|tick| tick.2).map(|quote| quote.0).collect();
    assert_eq!(bids, [104, 109, 89, 99]);
}

#[test]
fn the_spread_is_declared_and_at_least_two_ticks() {
    let spec = PointSpec { spread_bps: 500, ..PointSpec::default() };
    // Half of 5 % of 100 is 2.5, and the grid is 1.
    let seen = ticks(vec![bar(0, 0, [100, 100, 100, 100], 400)], spec);
    assert_eq!(seen[0].2, Some((97, 103, 10)));
    // A price of one tick has a bid all the same.
    let seen = ticks(vec![bar(0, 0, [1, 1, 1, 1], 400)], PointSpec::default());
    assert_eq!(seen[0].2, Some((1, 2, 10)));
}

#[test]
fn lots_that_do_not_divide_are_not_lost_and_empty_points_are_left_out() {
    let sizes = |volume: i64, px: [i64; 4]| -> Vec<(i64, i64)> {
        let seen = ticks(vec![bar(0, 0, px, volume)], PointSpec::default());
        seen.iter().filter_map(|(time, _, q)| q.map(|q| (time / (MINUTE_NS / 4), q.2))).collect()
    };
    let apart = [100, 110, 90, 105];
    assert_eq!(sizes(70, apart), [(0, 1), (1, 2), (2, 2), (3, 2)]);
    assert_eq!(sizes(29, apart), [(1, 1), (3, 1)]);
    assert_eq!(sizes(9, apart), []);
    // At one price the sizes add up, so that growth is what is new.
    assert_eq!(sizes(70, [100; 4]), [(0, 1), (1, 3), (2, 5), (3, 7)]);
}

#[test]
fn bars_that_end_come_before_bars_that_begin() {
    let bars = vec![
        bar(0, 0, [100; 4], 400),
        bar(1, 0, [200; 4], 400),
        bar(0, 1, [101; 4], 400),
        bar(1, 1, [201; 4], 400),
    ];
    let seen = ticks(bars, PointSpec::default());
    let around: Vec<_> = seen
        .iter()
        .filter(|tick| (MINUTE_NS..=MINUTE_NS + 1).contains(&tick.0))
        .map(|tick| (tick.1, tick.2.is_some()))
        .collect();
    assert_eq!(around, [(0, false), (1, false), (0, true), (1, true)]);
}

#[test]
fn a_bar_without_volume_means_what_is_declared() {
    let quiet = vec![bar(0, 0, [100; 4], 0)];
    let refused = error(quiet.clone());
    assert_eq!(refused.kind(), ErrorKind::Number);
    assert!(refused.to_string().starts_with("(bars):1: "), "{refused}");
    let untraded = PointSpec { no_volume: NoVolume::Untraded, ..PointSpec::default() };
    assert_eq!(ticks(quiet.clone(), untraded), [(MINUTE_NS, 0, None)]);
    let no_volume = NoVolume::Assume(Qty::whole(80));
    let seen = ticks(quiet, PointSpec { no_volume, ..PointSpec::default() });
    assert_eq!((seen.len(), seen[0].2), (5, Some((99, 101, 2))));
}

#[test]
fn bars_that_cannot_be_traded_on_are_refused() {
    let good = bar(0, 1, [100; 4], 400);
    let short = Bar { end_time: good.open_time.plus(999), ..good };
    for (bars, kind) in [
        (vec![good, bar(1, 0, [100; 4], 400)], ErrorKind::Unordered),
        (vec![good, Bar { open_time: good.open_time.plus(1), ..good }], ErrorKind::Unordered),
        (vec![short], ErrorKind::Time),
        (vec![bar(0, 0, [100, 90, 80, 85], 400)], ErrorKind::Number),
        (vec![bar(0, 0, [100, 110, 0, 105], 400)], ErrorKind::Number),
        (vec![bar(0, 0, [100; 4], -1)], ErrorKind::Number),
        (vec![bar(3, 0, [100; 4], 400)], ErrorKind::Declared),
    ] {
        assert_eq!(error(bars.clone()).kind(), kind, "{bars:?}");
    }
    let new = |spec| BarPoints::new(ListedBars::new(Vec::new()), grid(), spec).map(|_| ());
    let spec = PointSpec::default();
    for spec in [
        PointSpec { volume_cap_ppm: 1_000_001, ..spec },
        PointSpec { spread_bps: 10_000, ..spec },
        PointSpec { no_volume: NoVolume::Assume(Qty::ZERO), ..spec },
    ] {
        assert_eq!(new(spec).unwrap_err().kind(), ErrorKind::Declared);
    }
}

/// Instrument, minutes since the bar before, length in minutes, prices, volume.
type Made = (u32, i64, i64, [i64; 4], i64);

fn made() -> impl Strategy<Value = Vec<Bar>> {
    let px = || prop::array::uniform4(1i64..12);
    let one = (0u32..3, 0i64..3, 1i64..4, px(), 0i64..500);
    prop::collection::vec(one, 0..40).prop_map(|rows: Vec<Made>| {
        let (mut minute, mut ends, mut bars) = (0, [0; 3], Vec::new());
        for (id, gap, length, px, volume) in rows {
            minute += gap;
            let end = &mut ends[usize::try_from(id).unwrap()];
            minute = minute.max(*end);
            *end = minute + length;
            let (low, high) = (*px.iter().min().unwrap(), *px.iter().max().unwrap());
            let one = bar(id, minute, [px[0], high, low, px[3]], volume);
            bars.push(Bar { end_time: Nanos(*end * MINUTE_NS), ..one });
        }
        bars
    })
}

proptest! {
    #[test]
    fn no_bar_offers_more_than_its_cap_nor_outside_its_time(bars in made(), cap in 0u32..=1_000_000) {
        let no_volume = NoVolume::Untraded;
        let spec = PointSpec { volume_cap_ppm: cap, no_volume, ..PointSpec::default() };
        let mut points = BarPoints::new(ListedBars::new(bars.clone()), grid(), spec).unwrap();
        let (mut last, mut ended) = (Nanos(i64::MIN), Vec::new());
        // By instrument: what the running bar has offered, price and size shown last, times.
        let mut offered = [0i64; 3];
        let mut shown = [(0i64, 0i64); 3];
        let mut times: [Vec<Nanos>; 3] = Default::default();
        while let Some(tick) = points.next().unwrap() {
            prop_assert!(tick.time() >= last);
            prop_assert!(points.due.len() <= 5 * 3, "memory grows");
            last = tick.time();
            let at = tick.instrument.ix();
            match tick.kind {
                TickKind::Quote(quote) => {
                    let (bid, size) = (whole(quote.bid_px.0), whole(quote.bid_qty.0));
                    let (before, had) = shown[at];
                    offered[at] += if before == bid { size - had } else { size };
                    shown[at] = (bid, size);
                    times[at].push(quote.time);
                }
                TickKind::Bar(bar) => {
                    let inside = |time: &Nanos| *time > bar.open_time && *time < bar.end_time;
                    prop_assert!(times[at].iter().all(inside), "{:?} of {bar:?}", times[at]);
                    let most = whole(bar.volume.0) * i64::from(cap);
                    prop_assert!(offered[at] * 1_000_000 <= most);
                    (offered[at], shown[at]) = (0, (0, 0));
                    times[at].clear();
                    ended.push(bar);
                }
                TickKind::Trade(_) => prop_assert!(false, "nobody traded"),
            }
        }
        let mut bars = bars;
        let key = |bar: &Bar| (bar.end_time, bar.open_time, bar.instrument);
        bars.sort_by_key(key);
        ended.sort_by_key(key);
        prop_assert_eq!(bars, ended);
    }
}
