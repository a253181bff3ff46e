use proptest::prelude::*;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};

use super::*;
use crate::source::Trade;

/// Rows that are in memory; a trade's price is its number.
struct Made {
    times: Vec<i64>,
    at: usize,
}

impl Rows for Made {
    fn next_row(&mut self, _: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        let Some(time) = self.times.get(self.at) else { return Ok(None) };
        self.at += 1;
        let px = Px(i128::try_from(self.at).unwrap());
        let trade = Trade { px, qty: Qty(1), side: None, time: Nanos(*time) };
        Ok(Some(Tick { instrument: InstrumentId(0), kind: TickKind::Trade(trade) }))
    }

    fn place(&self) -> Place {
        Place { file: "made".into(), line: self.line(), column: 0 }
    }

    fn line(&self) -> u64 {
        u64::try_from(self.at).unwrap()
    }
}

/// Times and row numbers as they come out, and the report.
fn order(times: &[i64], window_ns: i64) -> Result<(Vec<(i64, i128)>, DirtReport), MarketError> {
    let mut ordered = Ordered::new(Made { times: times.to_vec(), at: 0 }, window_ns);
    let mut out = Vec::new();
    while let Some(tick) = ordered.next()? {
        let TickKind::Trade(trade) = tick.kind else { continue };
        out.push((trade.time.0, trade.px.0));
        assert!(ordered.held.len() <= HELD_MAX);
    }
    Ok((out, ordered.dirt().clone()))
}

#[test]
fn rows_within_the_window_are_put_where_they_belong() {
    let (out, dirt) = order(&[10, 30, 20, 20, 40], 10).unwrap();
    assert_eq!(out, [(10, 1), (20, 3), (20, 4), (30, 2), (40, 5)]);
    assert_eq!((dirt.reordered.count, dirt.reordered.first_line), (2, 3));
    assert_eq!((dirt.reordered_ns_max, dirt.backward.count), (10, 0));
}

#[test]
fn rows_beyond_the_window_are_raised() {
    // 10 was passed on when 30 was read, 25 when 40 was; 5 comes too late for both.
    let (out, dirt) = order(&[10, 30, 25, 40, 5, 50], 10).unwrap();
    assert_eq!(out, [(10, 1), (25, 3), (30, 2), (30, 5), (40, 4), (50, 6)]);
    assert_eq!((dirt.backward.count, dirt.backward.first_line), (1, 5));
    assert_eq!(dirt.backward_ns_max, 25);
}

#[test]
fn one_wild_stamp_ahead_does_not_drag_the_others_along() {
    let (out, dirt) = order(&[10, 20, 9_000_000_000_000, 30, 40], 10).unwrap();
    assert_eq!(out, [(10, 1), (20, 2), (30, 4), (40, 5), (9_000_000_000_000, 3)]);
    assert_eq!(dirt.backward.count, 0);
    let error = order(&[10, 9_000_000_000_000, 30], 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unordered);
}

#[test]
fn a_full_buffer_passes_on_early_and_says_so() {
    let count = i64::try_from(HELD_MAX).unwrap() + 10;
    let times: Vec<i64> = (0..count).collect();
    let (out, dirt) = order(&times, 1_000_000).unwrap();
    assert_eq!(out.len(), times.len());
    assert_eq!(dirt.overfull.count, 11);
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    let (out, _) = order(&[i64::MIN, i64::MAX], 10).unwrap();
    assert_eq!(out, [(i64::MIN, 1), (i64::MAX, 2)]);
    assert_eq!(order(&[i64::MAX, i64::MIN], 0).unwrap_err().kind(), ErrorKind::Unordered);
}

proptest! {
    #[test]
    fn time_never_runs_backwards_and_nothing_is_lost(
        times in prop::collection::vec(0i64..1000, 0..200),
        window_ns in 0i64..300,
    ) {
        let (out, dirt) = order(&times, window_ns).unwrap();
        prop_assert!(out.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let mut rows: Vec<i128> = out.iter().map(|(_, row)| *row).collect();
        rows.sort_unstable();
        prop_assert_eq!(rows, (1..=i128::try_from(times.len()).unwrap()).collect::<Vec<_>>());
        let raised = out.iter().filter(|(time, row)| times[usize::try_from(row - 1).unwrap()] != *time);
        prop_assert_eq!(u64::try_from(raised.count()).unwrap(), dirt.backward.count);
        prop_assert_eq!(dirt.trades, u64::try_from(times.len()).unwrap());
    }

    #[test]
    fn a_window_that_is_wide_enough_sorts(
        steps in prop::collection::vec((0i64..50, 0i64..100), 0..200),
    ) {
        // Nothing is more than 100 behind the latest before it.
        let mut clock = 0;
        let times: Vec<i64> = steps.iter().map(|(step, behind)| { clock += step; clock - behind }).collect();
        let (out, dirt) = order(&times, 101).unwrap();
        let mut sorted: Vec<(i64, i128)> = times.iter().copied().zip(1..).collect();
        sorted.sort_unstable();
        prop_assert_eq!(out, sorted);
        prop_assert_eq!(dirt.backward.count, 0);
        let clean = times.windows(2).all(|pair| pair[0] <= pair[1]);
        prop_assert_eq!(dirt.reordered.count == 0, clean);
    }
}
