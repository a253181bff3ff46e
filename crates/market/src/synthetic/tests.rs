use super::*;
use crate::error::ErrorKind;

#[test]
fn the_random_numbers_are_the_published_ones() {
    // First outputs of splitmix64 for seed 1234567, as its authors' test program prints them.
    let mut random = SplitMix64::new(1_234_567);
    for expected in [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ] {
        assert_eq!(random.next_u64(), expected);
    }
}

#[test]
fn quotes_keep_what_was_declared() {
    let spec = WalkSpec {
        instruments: 7,
        quotes: 70_000,
        first_bid_ticks: (1, 3),
        spread_ticks: 2,
        size_lots: (5, 9),
        ..WalkSpec::default()
    };
    let mut walk = Walk::new(spec.clone()).unwrap();
    let (mut last, mut count, mut sizes) = (spec.start, 0_u64, std::collections::BTreeSet::new());
    while let Some(tick) = walk.next().unwrap() {
        let quote = tick.quote().unwrap();
        assert_eq!(u64::from(tick.instrument.0), count % 7);
        assert!(quote.is_sane() && quote.bid_px >= spec.tick);
        assert_eq!(quote.ask_px.0 - quote.bid_px.0, 2 * spec.tick.0);
        assert_eq!(quote.bid_px.0 % spec.tick.0, 0);
        sizes.insert(quote.bid_qty);
        sizes.insert(quote.ask_qty);
        assert!(quote.time >= last);
        last = quote.time;
        count += 1;
    }
    assert_eq!(count, 70_000);
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), (5..=9).map(Qty::whole).collect::<Vec<_>>());
    assert_eq!(last.since(spec.start), 9_999 * spec.period_ns + spec.period_ns * 6 / 7);
}

#[test]
fn the_same_seed_gives_the_same_ticks_and_another_does_not() {
    let ticks = |seed| {
        let mut walk = Walk::new(WalkSpec { seed, quotes: 500, ..WalkSpec::default() }).unwrap();
        std::iter::from_fn(move || walk.tick()).collect::<Vec<_>>()
    };
    assert_eq!(ticks(1), ticks(1));
    assert_ne!(ticks(1), ticks(2));
    // Golden: a change of the recipe changes every benchmark and basket that was published.
    let first = ticks(1)[0];
    assert_eq!(
        first.quote().map(|q| (q.bid_px.to_string(), q.bid_qty.to_string(), q.ask_qty.to_string())),
        Some(("609.95".to_owned(), "3696".to_owned(), "1579".to_owned()))
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let base = WalkSpec::default;
    for bad in [
        WalkSpec { instruments: 0, ..base() },
        WalkSpec { period_ns: 0, ..base() },
        WalkSpec { tick: Px(0), ..base() },
        WalkSpec { lot: Qty(-1), ..base() },
        WalkSpec { first_bid_ticks: (0, 5), ..base() },
        WalkSpec { first_bid_ticks: (6, 5), ..base() },
        WalkSpec { size_lots: (0, 5), ..base() },
        WalkSpec { size_lots: (6, 5), ..base() },
        WalkSpec { tick: Px::whole(500_000), ..base() },
        WalkSpec { tick: Px(i128::MAX), ..base() },
        WalkSpec { lot: Qty(i128::MAX), ..base() },
        WalkSpec { quotes: u64::MAX, ..base() },
        WalkSpec { period_ns: i64::MAX, quotes: u64::MAX, instruments: 1, ..base() },
    ] {
        assert_eq!(Walk::new(bad.clone()).unwrap_err().kind(), ErrorKind::Declared, "{bad:?}");
    }
    assert_eq!(Walk::new(WalkSpec { quotes: 0, ..base() }).unwrap().tick(), None);
    let largest = WalkSpec {
        first_bid_ticks: (u32::MAX, u32::MAX),
        size_lots: (u32::MAX, u32::MAX),
        tick: Px(NANO / 100),
        quotes: 1000,
        ..base()
    };
    let mut walk = Walk::new(largest).unwrap();
    while let Some(tick) = walk.tick() {
        let quote = tick.quote().unwrap();
        assert_eq!(
            (quote.bid_qty, quote.ask_qty),
            (Qty::whole(i64::from(u32::MAX)), quote.bid_qty)
        );
        assert!(quote.ask_px.bounded().is_ok());
    }
}
