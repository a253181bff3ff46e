use super::*;
use crate::error::MarketError;
use crate::time_text;

const DAY: &str = "2025-03-25T10:00:0";

fn symbols() -> Symbols {
    Symbols::from_names(["BTCUSDT", "ETHUSDT"]).unwrap()
}

fn read(text: &str) -> Result<(Vec<Tick>, DirtReport), MarketError> {
    let mut quotes =
        CsvQuotes::from_reader("q.csv", std::io::Cursor::new(text.to_owned()), symbols())?;
    let mut ticks = Vec::new();
    while let Some(tick) = quotes.next()? {
        ticks.push(tick);
    }
    Ok((ticks, quotes.dirt().clone()))
}

fn rows(header: &str, rows: &[&str]) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    text
}

fn refused(header: &str, row: &str) -> MarketError {
    read(&rows(header, &[row])).unwrap_err()
}

#[test]
fn quotes_and_trades_are_exact() {
    let text = rows(
        HEADER_TICKS,
        &[
            "2025-03-25T15:30:00.000000001+05:30,ETHUSDT,2059.1,33.0914,2059.11,3.0146,,,",
            "1742896800000000002,BTCUSDT,,,,,87232.01,0.00012,sell",
            "1742896800000000002,BTCUSDT,,,,,0.000000001,999999999999.999999999,",
        ],
    );
    let (ticks, dirt) = read(&text).unwrap();
    let time = time_text::parse("2025-03-25T10:00:00Z").unwrap();
    assert_eq!(
        ticks[0],
        Tick {
            instrument: InstrumentId(1),
            kind: TickKind::Quote(Quote {
                bid_px: Px(2_059_100_000_000),
                bid_qty: Qty(33_091_400_000),
                ask_px: Px(2_059_110_000_000),
                ask_qty: Qty(3_014_600_000),
                time: time.plus(1),
            }),
        }
    );
    let trade = |px, qty, side| Tick {
        instrument: InstrumentId(0),
        kind: TickKind::Trade(Trade { px: Px(px), qty: Qty(qty), side, time: time.plus(2) }),
    };
    assert_eq!(ticks[1], trade(87_232_010_000_000, 120_000, Some(Side::Sell)));
    assert_eq!(ticks[2], trade(1, 999_999_999_999_999_999_999, None));
    assert_eq!((dirt.quotes, dirt.trades, dirt.is_clean()), (1, 2, true));
}

#[test]
fn what_is_written_is_read_back() {
    let text = rows(
        HEADER_TICKS,
        &[
            "1742896800000000001,ETHUSDT,2059.1,33.0914,2059.11,3.0146,,,",
            "1742896800000000002,BTCUSDT,,,,,87232.01,0.00012,sell",
            "1742896800000000003,BTCUSDT,,,,,87232.01,0.00012,",
        ],
    );
    let mut quotes =
        CsvQuotes::from_reader("q.csv", std::io::Cursor::new(text.clone()), symbols()).unwrap();
    let written = copy(&mut quotes, Vec::new(), symbols()).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
}

#[test]
fn dirty_quotes_are_left_out_and_counted() {
    let row = |t: u32, quote: &str| format!("{DAY}{t}Z,BTCUSDT,{quote}");
    let dirty = [
        row(0, "100,1,101,1"),
        row(1, "102,1,101,1"),
        row(2, "101,1,101,1"),
        row(3, "0,1,101,1"),
        row(3, "100,0,101,1"),
        row(3, "100,1,,"),
        row(3, ",,,"),
        row(3, "-1,1,101,1"),
        row(4, "100,1,100.5,1"),
    ];
    let dirty: Vec<&str> = dirty.iter().map(String::as_str).collect();
    let (ticks, dirt) = read(&rows(HEADER_QUOTES, &dirty)).unwrap();
    assert_eq!(ticks.len(), 3);
    assert!(ticks.iter().all(|tick| tick.quote().is_some_and(Quote::is_sane)));
    assert_eq!((dirt.crossed.count, dirt.crossed.first_line), (1, 3));
    assert_eq!((dirt.locked.count, dirt.locked.first_line), (1, 4));
    assert_eq!((dirt.one_sided.count, dirt.one_sided.first_line), (5, 5));
    assert_eq!(dirt.left_out(), 6);

    let trade = rows(HEADER_TICKS, &["2025-03-25T10:00:00Z,BTCUSDT,,,,,100,0,buy"]);
    let (ticks, dirt) = read(&trade).unwrap();
    assert_eq!((ticks.len(), dirt.void_trades.count), (0, 1));
}

#[test]
fn backward_stamps_are_raised_or_refused() {
    let back = |seconds: &str| {
        rows(
            HEADER_QUOTES,
            &[
                "2025-03-25T10:01:00Z,BTCUSDT,100,1,101,1",
                &format!("2025-03-25T10:{seconds}Z,ETHUSDT,10,1,11,1"),
                "2025-03-25T10:01:00.5Z,ETHUSDT,10,1,11,1",
            ],
        )
    };
    let (ticks, dirt) = read(&back("00:59")).unwrap();
    assert_eq!(ticks[1].time(), ticks[0].time());
    assert_eq!((dirt.backward.count, dirt.backward.first_line), (1, 3));
    assert_eq!(dirt.backward_ns_max, 1_000_000_000);
    assert!(read(&back("00:00")).is_ok());
    let error = read(&back("00:00").replace("10:00:00Z", "09:59:59.999999999Z")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unordered);
    assert!(error.to_string().starts_with("q.csv:3:1: the time 2025-03-25T09:59:59.999999999Z"));
    assert!(error.to_string().contains("stands in line 2"), "{error}");
}

#[test]
fn a_merged_file_is_put_in_order_on_request() {
    let text = rows(
        HEADER_QUOTES,
        &[
            "2025-03-25T10:00:02Z,BTCUSDT,100,1,101,1",
            "2025-03-25T10:00:01Z,ETHUSDT,10,1,11,1",
            "2025-03-25T10:00:03Z,ETHUSDT,10,1,11,1",
        ],
    );
    let input = std::io::Cursor::new(text);
    let mut quotes = CsvQuotes::from_reader("q.csv", input, symbols()).unwrap();
    quotes = quotes.reordered(2_000_000_000);
    let order: Vec<u32> =
        std::iter::from_fn(|| quotes.next().unwrap()).map(|tick| tick.instrument.0).collect();
    assert_eq!(order, [1, 0, 1]);
    assert_eq!((quotes.dirt().reordered.count, quotes.dirt().backward.count), (1, 0));
}

#[test]
fn malformed_rows_are_refused_with_their_place() {
    use ErrorKind::*;
    let good = "2025-03-25T10:00:00Z,BTCUSDT,";
    for (cells, kind, column, says) in [
        ("1.2.3,1,2,1", Number, 30, "bid_px is `1.2.3`: not a decimal number"),
        ("1,0.0000000001,2,1", Number, 32, "bid_qty is `0.0000000001`: more than 9 decimal"),
        ("1,1,1000000001,1", Number, 34, "ask_px is `1000000001`: outside the bounds"),
        ("1,1,2,-1", Number, 36, "ask_qty is `-1`: below zero"),
        ("1,,2,1", Number, 32, "bid_qty is empty"),
        ("1,1,2", Cells, 1, "5 cells instead of 6"),
        ("1,1,2,1,", Cells, 1, "7 cells instead of 6"),
        ("\"1\",1,2,1", Number, 30, "not a decimal number"),
        ("1, 1,2,1", Number, 32, "bid_qty is ` 1`"),
    ] {
        let error = refused(HEADER_QUOTES, &format!("{good}{cells}"));
        let place = error.place().unwrap();
        assert_eq!((error.kind(), place.line, place.column), (kind, 2, column), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    for (row, kind, says) in [
        ("2025-03-25,BTCUSDT,1,1,2,1", Time, "a date without a time; reading stopped"),
        ("1742896800,BTCUSDT,1,1,2,1", Time, "append the zeros that are missing"),
        ("2025-03-25T10:00:00Z,BTCUSD,1,1,2,1", Symbol, "did you mean `BTCUSDT`?"),
        ("", Cells, "1 cells instead of 6"),
    ] {
        let error = refused(HEADER_QUOTES, row);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn a_row_is_a_quote_or_a_trade() {
    for (cells, kind, says) in [
        ("1,1,2,1,1,1,buy", ErrorKind::Cells, "a quote and a trade"),
        (",,,,,,", ErrorKind::Cells, "neither a quote nor a trade"),
        (",,,,1,,buy", ErrorKind::Number, "trade_qty is empty"),
        (",,,,1,1,Buy", ErrorKind::Word, "trade_side is `Buy`"),
    ] {
        let error = refused(HEADER_TICKS, &format!("2025-03-25T10:00:00Z,BTCUSDT,{cells}"));
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn the_header_is_exact_and_an_error_is_final() {
    for header in ["", "time,symbol,bid,ask", "\u{feff}\u{feff}time,symbol,bid_px,bid_qty"] {
        assert_eq!(refused(header, "").kind(), ErrorKind::Header, "{header}");
    }
    let marked = rows(&format!("\u{feff}{HEADER_QUOTES}"), &[]);
    assert_eq!(read(&marked).unwrap().0, []);
    assert_eq!(read("").unwrap_err().kind(), ErrorKind::Header);
    assert_eq!(read(&rows(HEADER_QUOTES, &[])).unwrap().0, []);

    let text = rows(HEADER_QUOTES, &["bad", "2025-03-25T10:00:00Z,BTCUSDT,1,1,2,1"]);
    let input = std::io::Cursor::new(text);
    let mut quotes = CsvQuotes::from_reader("q.csv", input, symbols()).unwrap();
    assert_eq!(quotes.next().unwrap_err().kind(), ErrorKind::Cells);
    assert_eq!(quotes.next().unwrap_err().kind(), ErrorKind::Stopped);
}
