use proptest::prelude::*;
use truefill_core::quote::Quote;

use super::*;
use crate::source::Trade;

fn trade(instrument: u32, time: i64, px: i128, qty: i128) -> Tick {
    let trade = Trade { px: Px(px), qty: Qty(qty), side: None, time: Nanos(time) };
    Tick { instrument: InstrumentId(instrument), kind: TickKind::Trade(trade) }
}

fn quote(time: i64, bid: i128, ask: i128) -> Tick {
    let one = Qty(1);
    let time = Nanos(time);
    let quote = Quote { bid_px: Px(bid), bid_qty: one, ask_px: Px(ask), ask_qty: one, time };
    Tick { instrument: InstrumentId(0), kind: TickKind::Quote(quote) }
}

fn bar(open_time: i64, [open, high, low, close]: [i128; 4], volume: i128, prices: u64) -> Bar {
    Bar {
        instrument: InstrumentId(0),
        open_time: Nanos(open_time),
        end_time: Nanos(open_time + 10),
        open: Px(open),
        high: Px(high),
        low: Px(low),
        close: Px(close),
        volume: Qty(volume),
        prices,
    }
}

#[test]
fn trades_make_a_bar_that_ends_with_the_first_of_the_next() {
    let mut bars = BarBuilder::new(10, Nanos(0), BarOf::Trades).unwrap();
    for tick in [trade(0, 20, 5, 1), trade(0, 25, 9, 2), quote(26, 1, 3), trade(0, 29, 4, 3)] {
        assert_eq!(bars.push(&tick), None);
    }
    assert_eq!(bars.push(&trade(1, 30, 7, 1)), None);
    assert_eq!(bars.push(&trade(0, 30, 7, 1)), Some(bar(20, [5, 9, 4, 4], 6, 3)));
    assert_eq!(bars.running(InstrumentId(0)), Some(bar(30, [7, 7, 7, 7], 1, 1)));
    // Nothing traded from 40 to 70, and nothing is filled in.
    assert_eq!(bars.push(&trade(0, 75, 8, 1)), Some(bar(30, [7, 7, 7, 7], 1, 1)));
}

#[test]
fn mids_make_prices_and_trades_make_volume() {
    let mut bars = BarBuilder::new(10, Nanos(0), BarOf::Mid).unwrap();
    bars.push(&trade(0, 1, 100, 7));
    assert_eq!(bars.running(InstrumentId(0)), None);
    bars.push(&quote(2, 10, 13));
    assert_eq!(bars.push(&trade(0, 11, 100, 5)), Some(bar(0, [11, 11, 11, 11], 7, 1)));
    // From 10 to 20 there was no quote: no bar.
    assert_eq!(bars.push(&quote(20, 4, 6)), None);
}

#[test]
fn the_clock_ends_bars_of_quiet_instruments() {
    let mut bars = BarBuilder::new(10, Nanos(3), BarOf::Trades).unwrap();
    assert_eq!(bars.next_end(), None);
    bars.push(&trade(2, 4, 5, 1));
    bars.push(&trade(0, 12, 6, 1));
    bars.push(&trade(1, 13, 7, 1));
    assert_eq!(bars.next_end(), Some(Nanos(13)));
    let mut out = Vec::new();
    bars.close_due(Nanos(12), &mut out);
    assert_eq!(out, []);
    bars.close_due(Nanos(13), &mut out);
    let seen: Vec<_> = out.iter().map(|bar| (bar.instrument.0, bar.open_time.0)).collect();
    assert_eq!(seen, [(0, 3), (2, 3)]);
    assert_eq!(bars.next_end(), Some(Nanos(23)));
    assert_eq!(bars.push(&trade(0, 14, 6, 1)), None);
}

#[test]
fn odd_times_and_periods_are_survived() {
    assert!(BarBuilder::new(0, Nanos(0), BarOf::Mid).is_err());
    let mut bars = BarBuilder::new(i64::MAX, Nanos(i64::MIN), BarOf::Trades).unwrap();
    for time in [i64::MIN, -1, 0, i64::MAX] {
        bars.push(&trade(0, time, 1, 1));
    }
    let mut back = BarBuilder::new(10, Nanos(0), BarOf::Trades).unwrap();
    back.push(&trade(0, 25, 1, 1));
    back.push(&trade(0, 5, 2, 1));
    assert_eq!(back.running(InstrumentId(0)), Some(bar(20, [1, 2, 1, 2], 2, 2)));
}

proptest! {
    #[test]
    fn bars_agree_with_their_ticks(
        steps in prop::collection::vec((0i64..40, 1i128..100, 1i128..10), 1..200),
        period_ns in 1i64..100,
        origin in -50i64..50,
    ) {
        let mut bars = BarBuilder::new(period_ns, Nanos(origin), BarOf::Trades).unwrap();
        let (mut out, mut ticks, mut time) = (Vec::new(), Vec::new(), 0);
        for (step, px, qty) in steps {
            time += step;
            ticks.push((time, px, qty));
            out.extend(bars.push(&trade(0, time, px, qty)));
        }
        bars.close_due(Nanos::MAX, &mut out);
        for bar in &out {
            let begin = bar.open_time.0;
            prop_assert_eq!((begin - origin).rem_euclid(period_ns), 0);
            let inside: Vec<_> =
                ticks.iter().filter(|tick| (begin..begin + period_ns).contains(&tick.0)).collect();
            let prices = || inside.iter().map(|tick| Px(tick.1));
            prop_assert_eq!(Some(bar.open), prices().next());
            prop_assert_eq!(Some(bar.close), prices().next_back());
            prop_assert_eq!(Some(bar.high), prices().max());
            prop_assert_eq!(Some(bar.low), prices().min());
            prop_assert_eq!(bar.volume, Qty(inside.iter().map(|tick| tick.2).sum()));
        }
        prop_assert!(out.windows(2).all(|pair| pair[0].open_time < pair[1].open_time));
        let counted: u64 = out.iter().map(|bar| bar.prices).sum();
        prop_assert_eq!(counted, u64::try_from(ticks.len()).unwrap());
    }
}
