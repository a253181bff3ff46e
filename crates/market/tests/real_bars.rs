//! Every bars file of the shared data, read in full, with the counts of its README. Skipped where
//! those files are not at hand.

use std::path::{Path, PathBuf};

use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty, parse_decimal};
use truefill_core::time::SECOND_NS;
use truefill_market::bars::Bar;
use truefill_market::columns::presets::{
    LEAN_EQUITY_DIVISOR, lean_daily_trades, lean_minute_quote_side, lean_minute_quotes,
    lean_minute_trades, semicolon_minutes,
};
use truefill_market::columns::{
    BarSpec, Field, Session, StampSide, open_all, open_bars, open_quotes,
};
use truefill_market::dirt::DirtReport;
use truefill_market::error::Ambiguity;
use truefill_market::source::{Bars, Quotes};
use truefill_market::symbols::Symbols;
use truefill_market::zone::Zone;

/// A file of the research data: under `TRUEFILL_SHARED`, or `../shared` beside the repository.
fn shared(file: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("TRUEFILL_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {file} is not at hand");
    None
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Symbols {
    Symbols::from_names(names).unwrap()
}

/// All bars, and what was wrong; the contract of a source of bars holds.
fn read(path: &PathBuf, spec: &BarSpec, symbols: Symbols) -> (Vec<Bar>, DirtReport) {
    let mut source = open_bars(path, spec, symbols).unwrap();
    let mut bars: Vec<Bar> = Vec::new();
    while let Some(bar) = source.next().unwrap() {
        assert!(bar.low.0 > 0 && bar.low <= bar.open.min(bar.close), "{bar:?}");
        assert!(bar.high >= bar.open.max(bar.close) && bar.end_time > bar.open_time, "{bar:?}");
        if let Some(last) = bars.last() {
            assert!((last.open_time, last.instrument) < (bar.open_time, bar.instrument), "{bar:?}");
        }
        bars.push(bar);
    }
    assert_eq!(source.dirt().bars, u64::try_from(bars.len()).unwrap());
    (bars, source.dirt().clone())
}

fn px(text: &str) -> Px {
    Px(parse_decimal(text, 9).unwrap())
}

const MINUTE: i64 = 60 * SECOND_NS;

#[test]
fn freqtrade_pairs() {
    let Some(path) = shared("bars/crypto_btc_pairs_5m_20180110-20180130.csv.gz") else { return };
    let pairs = ["ADA", "DASH", "ETC", "ETH", "LTC", "NXT", "TRX", "XLM", "XMR", "ZEC"];
    let pairs: Vec<String> = pairs.iter().map(|pair| format!("{pair}/BTC")).collect();
    // The header says it all: open_time_utc.
    let symbols = names(pairs.iter().map(String::as_str));
    let (bars, dirt) = read(&path, &BarSpec::new(), symbols);
    assert_eq!(bars.len(), 57_546);
    let gaps = [5, 2, 0, 0, 0, 0, 6, 0, 2, 2];
    assert_eq!((dirt.gaps.count, dirt.gap_periods), (gaps.iter().sum(), 40 + 2 + 6 + 2 + 2));
    assert_eq!(dirt.left_out() + dirt.high_low.count + dirt.suspected_splits.count, 0);
    for (pair, gaps) in pairs.iter().zip(gaps) {
        let (bars, dirt) = read(&path, &BarSpec::new(), names([pair.as_str()]));
        assert_eq!(dirt.gaps.count, gaps, "{pair}");
        assert!(bars.iter().all(|bar| bar.end_time.since(bar.open_time) == 5 * MINUTE));
        assert_eq!(dirt.foreign.count + dirt.bars, 57_546);
    }
    let first = &bars[0];
    assert_eq!(first.open_time.to_string(), "2018-01-10T04:55:00.000000000Z");
    assert_eq!((first.open, first.close), (px("0.0000533"), px("0.0000529")));
    assert_eq!(dirt.rounded.first_line, 2);
}

#[test]
fn spy_minutes() {
    let Some(path) = shared("bars/spy_1m_201103.csv.gz") else { return };
    let (bars, dirt) = read(&path, &semicolon_minutes("SPY"), names(["SPY"]));
    assert_eq!((bars.len(), dirt.gaps.count), (17_577, 1_414));
    assert_eq!(bars[0].end_time.to_string(), "2011-03-01T09:01:00.000000000Z");
    assert_eq!(dirt.left_out() + dirt.high_low.count, 0);
    // Regular hours are complete: 23 days of 390 bars.
    let regular = bars.iter().filter(|bar| {
        let offset = i64::from(Zone::NewYork.offset_at(bar.open_time));
        let second = (bar.open_time.0 / SECOND_NS + offset).rem_euclid(86_400);
        (34_200..57_600).contains(&second)
    });
    assert_eq!(regular.count(), 23 * 390);
    // The form is recognised; what it leaves open is asked for, one after the other.
    let ask = |spec: &BarSpec| open_bars(&path, spec, names(["SPY"])).unwrap_err().ambiguity();
    let spec = BarSpec::new();
    assert_eq!(ask(&spec), Some(Ambiguity::Symbol));
    let spec = spec.symbol("SPY");
    assert_eq!(ask(&spec), Some(Ambiguity::Zone));
    let spec = spec.zone(Zone::Utc);
    assert_eq!(ask(&spec), Some(Ambiguity::StampSide));
    let (again, _) = read(&path, &spec.stamp(StampSide::Close), names(["SPY"]));
    assert_eq!(again, bars);
}

#[test]
fn aapl_minutes() {
    let Some(path) = shared("bars/aapl_1m_20260729-20260806.csv.gz") else { return };
    let spec = BarSpec::new().symbol("AAPL").stamp(StampSide::Open);
    let (bars, dirt) = read(&path, &spec, names(["AAPL"]));
    assert_eq!((bars.len(), dirt.gaps.count, dirt.gap_periods), (2_382, 6, 5_250));
    assert_eq!(bars[0].open_time.to_string(), "2026-07-29T13:30:00.000000000Z");
    // 339.69000244140625 has 14 decimals.
    assert_eq!(bars[0].open, px("339.690002441"));
    // A jump of 8.9 % over night is news, not a split.
    assert_eq!((dirt.suspected_splits.count, dirt.left_out()), (0, 0));
    let jump = bars.windows(2).map(|two| two[1].open.0 * 1000 / two[0].close.0).max();
    assert!(
        jump > Some(1080) || bars.windows(2).any(|two| two[1].open.0 * 1000 / two[0].close.0 < 920)
    );
}

#[test]
fn btc_perpetual_minutes() {
    let Some(path) = shared("bars/btc_perp_1m_20220101-20220201.csv.gz") else { return };
    let spec = BarSpec::new().symbol("BTC-PERP").stamp(StampSide::Open).zone(Zone::Utc);
    let (bars, dirt) = read(&path, &spec, names(["BTC-PERP"]));
    assert_eq!((bars.len(), dirt.gaps.count), (45_031, 0));
    assert_eq!(bars[0].open_time.to_string(), "2021-12-31T23:01:00.000000000Z");
    assert_eq!(bars[0].volume, Qty(parse_decimal("2300413.7295", 9).unwrap()));
    assert_eq!(dirt.left_out() + dirt.high_low.count, 0);
}

#[test]
fn usdjpy_bid_and_ask_minutes() {
    let spec = BarSpec::new().symbol("USDJPY").stamp(StampSide::Open);
    let Some(bid) = shared("bars/usdjpy_1m_bid_201302.csv.gz") else { return };
    let Some(ask) = shared("bars/usdjpy_1m_ask_201302.csv.gz") else { return };
    let (bids, bid_dirt) = read(&bid, &spec, names(["USDJPY"]));
    let (asks, ask_dirt) = read(&ask, &spec, names(["USDJPY"]));
    assert_eq!((bids.len(), bid_dirt.gaps.count), (28_761, 38));
    assert_eq!((asks.len(), ask_dirt.gaps.count), (28_761, 38));
    // They pair up minute by minute, but in 683 minutes the bid closes above the ask: the last
    // tick of each side is not of one moment.
    assert!(bids.iter().zip(&asks).all(|(bid, ask)| bid.open_time == ask.open_time));
    let crossed = bids.iter().zip(&asks).filter(|(bid, ask)| bid.close > ask.close);
    assert_eq!(crossed.count(), 683);
}

#[test]
fn lean_coinbase_quotes_and_trades() {
    let pairs = [
        ("btcusd", 1437, 1007),
        ("ethusd", 1438, 1009),
        ("ltcusd", 1438, 1008),
        ("btceur", 1438, 949),
    ];
    for (pair, quotes, trades) in pairs {
        let file =
            |kind: &str| shared(&format!("bars/lean_coinbase_1m/{pair}_20180404_{kind}.zip"));
        let (Some(quote_file), Some(trade_file)) = (file("quote"), file("trade")) else { return };
        let spec = lean_minute_trades(pair, "20180404", Zone::Utc, 1).unwrap();
        let (bars, dirt) = read(&trade_file, &spec, names([pair]));
        assert_eq!((bars.len(), dirt.left_out(), dirt.high_low.count), (trades, 0, 0), "{pair}");
        let mut closes = Vec::new();
        let spec = lean_minute_quotes(pair, "20180404", Zone::Utc).unwrap();
        let mut source = open_quotes(&quote_file, &spec, names([pair])).unwrap();
        while let Some(tick) = source.next().unwrap() {
            closes.push(*tick.quote().unwrap());
        }
        assert_eq!(closes.len(), quotes, "{pair}: {}", source.dirt());
        for ask in [false, true] {
            let spec = lean_minute_quote_side(pair, "20180404", Zone::Utc, ask).unwrap();
            let (side, dirt) = read(&quote_file, &spec, names([pair]));
            assert_eq!((side.len(), dirt.left_out()), (quotes, 0));
            for (bar, quote) in side.iter().zip(&closes) {
                let close = if ask { quote.ask_px } else { quote.bid_px };
                assert_eq!((bar.end_time, bar.close), (quote.time, close));
            }
        }
        let first = closes.first().unwrap();
        assert_eq!(first.time.to_string(), "2018-04-04T00:01:00.000000000Z");
    }
}

#[test]
fn lean_india() {
    let minutes = [
        ("juniorbees", "20190101", 217),
        ("juniorbees", "20190102", 201),
        ("juniorbees", "20190103", 188),
        ("juniorbees", "20190104", 177),
        ("yesbank", "20190709", 377),
        ("yesbank", "20190710", 376),
        ("yesbank", "20190711", 377),
    ];
    for (symbol, day, rows) in minutes {
        let file = format!("bars/lean_india/equity_india_minute_{symbol}_{day}_trade.zip");
        let Some(path) = shared(&file) else { return };
        let spec = lean_minute_trades(symbol, day, Zone::Kolkata, LEAN_EQUITY_DIVISOR).unwrap();
        let (bars, dirt) = read(&path, &spec, names([symbol]));
        assert_eq!((bars.len(), dirt.doubled.count, dirt.high_low.count), (rows, 0, 0));
        let open = bars[0].open_time.to_string();
        assert!(open.ends_with("T03:45:00.000000000Z"), "{open}");
    }
    let Some(path) = shared("bars/lean_india/equity_india_minute_yesbank_20190709_trade.zip")
    else {
        return;
    };
    let spec =
        lean_minute_trades("YESBANK", "20190709", Zone::Kolkata, LEAN_EQUITY_DIVISOR).unwrap();
    let (bars, _) = read(&path, &spec, names(["YESBANK"]));
    assert_eq!((bars[0].open, bars[0].low), (px("95"), px("93.9")));
    // Both entries of an archive hold the same minutes: the first is kept, the second counted.
    for (day, rows) in [("01", 378), ("02", 377), ("03", 377), ("04", 377)] {
        let file = format!("bars/lean_india/index_india_minute_nifty50_201901{day}_trade.zip");
        let Some(path) = shared(&file) else { return };
        let spec = lean_minute_trades("NIFTY", &format!("201901{day}"), Zone::Kolkata, 1).unwrap();
        let (bars, dirt) = read(&path, &spec, names(["NIFTY"]));
        assert_eq!((bars.len(), dirt.doubled.count), (rows, u64::try_from(rows).unwrap()));
        assert_eq!(dirt.reordered.count, 1, "the second copy begins earlier than the first ends");
    }
    let Some(path) = shared("bars/lean_india/equity_india_daily_cccl.zip") else { return };
    let spec = lean_daily_trades("CCCL", Zone::Kolkata, LEAN_EQUITY_DIVISOR);
    let (bars, dirt) = read(&path, &spec, names(["CCCL"]));
    assert_eq!((bars.len(), dirt.left_out(), bars[0].close), (495, 0, px("413")));
    assert_eq!(bars[0].end_time.to_string(), "2010-01-04T18:30:00.000000000Z");
}

#[test]
fn files_of_days_and_symbols_are_one_source() {
    let days = [
        ("juniorbees", "20190101"),
        ("juniorbees", "20190102"),
        ("juniorbees", "20190103"),
        ("juniorbees", "20190104"),
        ("yesbank", "20190709"),
        ("yesbank", "20190710"),
    ];
    let mut files = Vec::new();
    for (symbol, day) in days {
        let file = format!("bars/lean_india/equity_india_minute_{symbol}_{day}_trade.zip");
        let Some(path) = shared(&file) else { return };
        let spec = lean_minute_trades(symbol, day, Zone::Kolkata, LEAN_EQUITY_DIVISOR).unwrap();
        files.push((path, spec));
    }
    let rows = 217 + 201 + 188 + 177 + 377 + 376;
    // Whatever the order in which they are named, and also if one is named twice.
    files.reverse();
    files.push(files[2].clone());
    let mut source = open_all(&files, &names(["yesbank", "juniorbees"])).unwrap();
    let mut bars: Vec<Bar> = Vec::new();
    while let Some(bar) = source.next().unwrap() {
        assert!(bars.last().is_none_or(|last| last.end_time <= bar.open_time));
        bars.push(bar);
    }
    assert_eq!((bars.len(), source.dirt().bars), (rows, u64::try_from(rows).unwrap()));
    assert_eq!(source.dirt().doubled.count, 177);
    assert_eq!((bars[0].instrument, bars[rows - 1].instrument), (InstrumentId(1), InstrumentId(0)));
    let error = open_all(&files, &names(["yesbank", "sbin"])).unwrap_err();
    assert!(error.to_string().contains("no file has a bar of `sbin`"), "{error}");
}

#[test]
fn wiki_stocks_and_their_splits() {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data/us5/us_5_stocks_wiki_2000-2013.csv.gz"
    ));
    let spec = BarSpec::new().session(Session::US_EQUITY);
    let stocks =
        [("AAPL", 3270, 2), ("IBM", 3270, 0), ("MSFT", 3270, 1), ("GOOG", 2148, 0), ("FB", 196, 0)];
    let (bars, dirt) = read(&path, &spec, names(stocks.map(|(name, ..)| name)));
    for (at, (name, days, splits)) in (0..).zip(stocks) {
        let one = bars.iter().filter(|bar| bar.instrument == InstrumentId(at));
        assert_eq!(one.count(), days, "{name}");
        let (_, dirt) = read(&path, &spec, names([name]));
        // AAPL 2000-06-21 and 2005-02-28, MSFT 2003-02-18; the fall of AAPL by half on
        // 2000-09-29 is no split, its adjusted price fell too.
        assert_eq!(dirt.suspected_splits.count, splits, "{name}");
    }
    assert_eq!((dirt.left_out(), dirt.high_low.count, dirt.suspected_splits.count), (0, 0, 3));
    assert_eq!(bars[0].open_time.to_string(), "2000-03-01T14:30:00.000000000Z");
    assert_eq!(bars[0].end_time.to_string(), "2000-03-01T21:00:00.000000000Z");
    let summer = bars.iter().find(|bar| bar.end_time.to_string().starts_with("2000-07")).unwrap();
    assert!(summer.end_time.to_string().ends_with("T20:00:00.000000000Z"));
    let error = open_bars(&path, &BarSpec::new(), names(["AAPL"])).unwrap_err();
    assert_eq!(error.ambiguity(), Some(Ambiguity::Session));
    let error = open_bars(&path, &spec, names(["AAPL", "MSTF"])).unwrap_err();
    assert!(error.to_string().contains("did you mean `MSFT`?"), "{error}");
}

#[test]
fn etfs_and_their_split() {
    let Some(path) = shared("daily/us_9_etfs_2006-2013.csv.gz") else { return };
    let etfs = ["DBC", "DIA", "GDX", "GLD", "IEF", "SPY", "VEU", "VNQ", "VTI"];
    let days = [1762, 1006, 1664, 1761, 1762, 1762, 1718, 1762, 1762];
    let spec = BarSpec::new().session(Session::US_EQUITY);
    let (bars, dirt) = read(&path, &spec, names(etfs));
    assert_eq!(bars.len(), days.iter().sum::<usize>());
    assert_eq!((dirt.left_out(), dirt.high_low.count, dirt.suspected_splits.count), (0, 0, 1));
}

#[test]
fn tables_of_closes() {
    let Some(path) = shared("daily/us_20_stocks_adjclose_1990-2022.csv.gz") else { return };
    let spec = BarSpec::new().session(Session::US_EQUITY);
    let (bars, dirt) = read(&path, &spec, names(["XOM", "AAPL"]));
    assert_eq!((bars.len(), dirt.blank.count, dirt.zero_prices.count), (2 * 8_313, 0, 0));
    assert_eq!((bars[0].close, bars[1].close), (px("4.068"), px("0.264")));
    assert_eq!(dirt.foreign.count, 18 * 8_313);
    let Some(path) = shared("daily/sp500_index_1990-2022.csv.gz") else { return };
    let (bars, dirt) = read(&path, &spec, names(["SP500"]));
    assert_eq!((bars.len(), dirt.left_out()), (8_313, 0));
}

#[test]
fn philippine_stocks_are_dirty_on_purpose() {
    let Some(path) = shared("daily/pse_a_2010-2021.csv.xz") else { return };
    let session = Session { open_second: 34_200, close_second: 55_800, zone: Zone::Fixed(28_800) };
    let spec = BarSpec::new().session(session);
    let census = open_bars(&path, &spec, names(["2GO"])).unwrap().census().clone();
    assert_eq!((census.symbols.len(), census.rows, census.in_order), (129, 271_227, false));
    let long = census.symbols.iter().filter(|one| one.rows >= 2_400).count();
    assert_eq!(long, 62);
    let all = names(census.symbols.iter().map(|one| one.symbol.as_str()));
    let (bars, dirt) = read(&path, &spec, all);
    assert_eq!((dirt.high_low.count, dirt.zero_prices.count), (16, 19));
    assert_eq!((bars.len(), dirt.doubled.count), (271_227 - 19, 0));
}

#[test]
fn minutes_of_spy_add_up_to_its_days() {
    let Some(minutes) = shared("bars/spy_1m_201103.csv.gz") else { return };
    let Some(days) = shared("daily/us_9_etfs_2006-2013.csv.gz") else { return };
    let (minutes, _) = read(&minutes, &semicolon_minutes("SPY"), names(["SPY"]));
    let spec = BarSpec::new().session(Session::US_EQUITY).column(Field::Symbol, "symbol");
    let (days, _) = read(&days, &spec, names(["SPY"]));
    let (mut compared, mut equal, mut near) = (0, [0; 4], [0; 4]);
    for day in days {
        let inside: Vec<&Bar> = minutes
            .iter()
            .filter(|m| m.open_time >= day.open_time && m.end_time <= day.end_time)
            .collect();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { continue };
        let high = inside.iter().map(|m| m.high).max().unwrap();
        let low = inside.iter().map(|m| m.low).min().unwrap();
        compared += 1;
        let built = [first.open, high, low, last.close];
        for (((equal, near), built), own) in
            equal.iter_mut().zip(&mut near).zip(built).zip([day.open, day.high, day.low, day.close])
        {
            *equal += usize::from(built == own);
            *near += usize::from((built.0 - own.0).abs() <= px("0.05").0);
        }
    }
    assert_eq!(compared, 23);
    // High and low are the same numbers from two vendors. Opens and closes of the day are those
    // of the auctions, which no minute of this file shows: they are near.
    assert_eq!((equal, near), ([13, 23, 22, 5], [23, 23, 23, 22]));
}
