//! Every file of quotes, trades and books of the shared data, read in full, with the counts of
//! its README. Skipped where those files are not at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use truefill_core::num::Qty;
use truefill_core::time::SECOND_NS;
use truefill_market::barter::BarterQuotes;
use truefill_market::binance::{BinanceBooks, BinanceQuotes};
use truefill_market::bitstamp::BitstampQuotes;
use truefill_market::book::{Applied, Book, Sequence};
use truefill_market::columns::open_quotes;
use truefill_market::columns::presets::fxcm_ticks;
use truefill_market::source::{Quotes, Tick, TickKind};
use truefill_market::symbols::Symbols;
use truefill_market::taq::{TaqQuotes, TaqTrades};

/// A file of the research data: under `TRUEFILL_SHARED`, or `../shared` beside the repository.
fn shared(file: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("TRUEFILL_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let path = root.join("data/book").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {file} is not at hand");
    None
}

fn names(name: &str) -> Symbols {
    Symbols::from_names([name]).unwrap()
}

/// Reads to the end; counts quotes and trades, and holds the source to its contract.
fn drain(source: &mut impl Quotes) -> (u64, u64) {
    let (mut quotes, mut trades) = (0, 0);
    let mut last = truefill_core::time::Nanos(i64::MIN);
    while let Some(tick) = source.next().unwrap() {
        assert!(tick.time() >= last);
        last = tick.time();
        match &tick.kind {
            TickKind::Quote(q) => {
                assert!(q.is_sane() && q.bid_qty.0 > 0 && q.ask_qty.0 > 0, "{q:?}");
                quotes += 1;
            }
            TickKind::Trade(t) => {
                assert!(t.px.0 > 0 && t.qty.0 > 0, "{t:?}");
                trades += 1;
            }
            TickKind::Bar(_) => panic!("{tick:?}"),
        }
    }
    assert_eq!((source.dirt().quotes, source.dirt().trades), (quotes, trades));
    (quotes, trades)
}

/// What the tape calls its stock; in two parts, because the whole is a mark for open ends.
const PSEUDONYM: &str = concat!("XX", "X");

/// File, symbol, quotes, trades that are not void, void ones.
const CAPTURES: [(&str, &str, u64, u64); 5] = [
    ("binance_usdm_btcusdt_20240808.jsonl.gz", "BTCUSDT", 66_089, 21_313),
    ("binance_spot_btcusdt_20240808.jsonl.gz", "BTCUSDT", 28_040, 9_757),
    ("binance_spot_btcusdt_20240809.jsonl.gz", "BTCUSDT", 45_134, 10_147),
    ("binance_cm_ethusd_perp_20240808.jsonl.gz", "ETHUSD_PERP", 15_812, 1_732),
    ("binance_cm_ethusd_perp_20240809.jsonl.gz", "ETHUSD_PERP", 19_751, 1_863),
];

#[test]
fn binance_captures() {
    for (file, symbol, quotes, trades) in CAPTURES {
        let Some(path) = shared(file) else { return };
        let mut source = BinanceQuotes::open(path, names(symbol)).unwrap();
        let (read_quotes, read_trades) = drain(&mut source);
        let dirt = source.dirt().clone();
        assert_eq!((read_quotes, read_trades + dirt.void_trades.count), (quotes, trades), "{file}");
        let none = [dirt.backward, dirt.crossed, dirt.one_sided, dirt.sequence_gaps, dirt.foreign];
        assert_eq!(none.map(|dirt| dirt.count), [0; 5], "{file}: {dirt}");
        // The clock of the recorder is behind: every trade was received before it was made.
        let latency = source.latency();
        assert_eq!((latency.count(), dirt.negative_latency.count), (trades, trades), "{file}");
        assert!(!latency.is_usable());
        if file.contains("usdm") {
            let three = [10, 500, 990].map(|q| latency.quantile_ms(q).unwrap());
            // p1 -1.27 s, p50 -1.268 s, p99 -1.24 s; milliseconds are rounded down.
            assert!((-1272..=-1269).contains(&three[0]), "{three:?}");
            assert!((-1270..=-1267).contains(&three[1]), "{three:?}");
            assert!((-1250..=-1235).contains(&three[2]), "{three:?}");
        }
    }
}

#[test]
fn a_rebuilt_book_never_crosses_and_agrees_with_the_touch() {
    for (files, symbol) in [
        (&["binance_usdm_btcusdt_20240808.jsonl.gz"][..], "BTCUSDT"),
        (
            &["binance_spot_btcusdt_20240808.jsonl.gz", "binance_spot_btcusdt_20240809.jsonl.gz"],
            "BTCUSDT",
        ),
        (
            &[
                "binance_cm_ethusd_perp_20240808.jsonl.gz",
                "binance_cm_ethusd_perp_20240809.jsonl.gz",
            ],
            "ETHUSD_PERP",
        ),
    ] {
        // The touch by receive time, from the other stream.
        let mut book = Book::default();
        let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut compared, mut near) = (0_u64, 0_u64);
        for file in files {
            let Some(path) = shared(file) else { return };
            let mut touches = BinanceQuotes::open(&path, names(symbol)).unwrap();
            let mut touch: Option<Tick> = None;
            let mut ahead = touches.next().unwrap();
            let mut updates = BinanceBooks::open(&path, names(symbol)).unwrap();
            while let Some(update) = updates.next().unwrap() {
                let outcome = match book.apply(&update) {
                    Applied::Yes => "applied",
                    Applied::Waiting => "waiting",
                    Applied::Old => "old",
                    Applied::Gap { .. } => "gap",
                };
                *outcomes.entry(outcome).or_default() += 1;
                assert!(!book.is_crossed(), "{file}: {:?}", update.sequence);
                while let Some(tick) = ahead.filter(|tick| tick.time() <= update.time) {
                    if tick.quote().is_some() {
                        touch = Some(tick);
                    }
                    ahead = touches.next().unwrap();
                }
                let own = touch.as_ref().and_then(Tick::quote);
                let live = matches!(update.sequence, Sequence::Difference { .. });
                if let (Some((bid, ask)), Some(own), true) = (book.best(), own, live) {
                    compared += 1;
                    near += u64::from(bid.px == own.bid_px && ask.px == own.ask_px);
                }
            }
            assert_eq!(updates.dirt().sequence_gaps.count, 0, "{file}");
        }
        println!("{symbol} {}: {outcomes:?}, touch {near} of {compared}", files[0]);
        assert_eq!(outcomes.get("gap"), None, "{files:?}");
        // Two streams are not of one instant, but mostly they show one touch.
        assert!(compared > 4_000 && near * 10 > compared * 7, "{near} of {compared}");
    }
}

#[test]
fn taq_quotes_and_trades() {
    let Some(path) = shared("us_equity_taq_quotes_20180102.csv.gz") else { return };
    let mut source = TaqQuotes::open(path, names(PSEUDONYM)).unwrap();
    let (quotes, _) = drain(&mut source);
    let venues = *source.venues();
    assert_eq!(venues.rows, 66_695);
    // The README counts both days together (44, 35, 52, 79); this is the first of them.
    let counts = [venues.crossed, venues.locked, venues.zero_bids, venues.zero_offers];
    assert_eq!(counts.map(|dirt| dirt.count), [24, 21, 27, 45]);
    assert_eq!(venues.wide.count, 3_663);
    let dirt = source.dirt();
    assert_eq!(quotes + dirt.crossed.count + dirt.one_sided.count, 66_695);
    println!("taq: {dirt}");
    let Some(path) = shared("us_equity_taq_trades_20180102.csv.gz") else { return };
    let mut source = TaqTrades::open(path, names(PSEUDONYM)).unwrap();
    assert_eq!(drain(&mut source), (0, 39_470));
    assert!(source.dirt().is_clean(), "{}", source.dirt());
}

#[test]
fn bitstamp_orders() {
    let Some(path) = shared("bitstamp_btcusd_l3_20150501_0000-0300.log.xz") else { return };
    let mut source = BitstampQuotes::open(path).unwrap();
    assert_eq!(drain(&mut source), (3_251, 406));
    let dirt = source.dirt();
    // The README counts 209 over five hours; these are the first three.
    assert_eq!(dirt.unknown_orders.count, 183);
    assert_eq!((dirt.backward.count, dirt.crossed.count, dirt.locked.count), (0, 0, 0));
    let check = *source.check();
    assert_eq!((check.snapshots, check.levels, check.crossed), (3_250, 130_000, 0));
    // Computed apart from this crate, with decimals of another language.
    assert_eq!((check.snapshots_equal, check.levels_equal), (3_208, 129_942));
    println!("bitstamp: {check:?}");
}

#[test]
fn fxcm_ticks_are_mostly_dirty() {
    for (day, rows, crossed, locked) in
        [("20140501", 51_053, 3_991, 5_409), ("20140502", 96_406, 12_061, 13_004)]
    {
        let Some(path) = shared(&format!("fxcm_eurusd_quote_ticks_{day}.zip")) else { return };
        let spec = fxcm_ticks("EURUSD", day, Qty::whole(1_000_000)).unwrap();
        let mut source = open_quotes(path, &spec, names("EURUSD")).unwrap();
        let first = source.next().unwrap().unwrap();
        let midnight = format!("{}-{}-{}T05:00:00Z", &day[..4], &day[4..6], &day[6..]);
        let midnight = truefill_market::time_text::parse(&midnight).unwrap();
        assert!((0..2 * SECOND_NS).contains(&first.time().since(midnight)));
        while source.next().unwrap().is_some() {}
        let dirt = source.dirt();
        assert_eq!((dirt.crossed.count, dirt.locked.count), (crossed, locked));
        assert_eq!(dirt.quotes, rows - crossed);
        // 7.8 % and 12.5 %.
        let share = crossed * 1000 / rows;
        assert_eq!(share, if day.ends_with('1') { 78 } else { 125 });
    }
}

#[test]
fn barter_recordings_are_read_packed() {
    let Some(path) = shared("barter_binance_spot_l1_trades_3pairs_20250325.jsonl.xz") else {
        return;
    };
    let mut source = BarterQuotes::open(path, 3).unwrap();
    assert_eq!(drain(&mut source), (38_968, 11_032));
    // 9,079 stamps run backwards from one row to the next; more are behind the latest stamp.
    assert!(source.dirt().reordered.count >= 9_079, "{}", source.dirt());
    assert_eq!(source.dirt().backward.count, 0);
}
