//! Damaged captures, logs, tapes and bars: readers do not panic, do not pretend that a cut file
//! was read in full, and stop at a line without an end.

use std::io::{Cursor, Read, Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use truefill_market::binance::BinanceQuotes;
use truefill_market::bitstamp::BitstampQuotes;
use truefill_market::columns::{BarSpec, QuoteSpec, StampSide, bars_from_bytes, quotes_from_bytes};
use truefill_market::error::{ErrorKind, MarketError};
use truefill_market::source::{Bars, Quotes, TickKind};
use truefill_market::symbols::Symbols;
use truefill_market::taq::{HEADER_QUOTES, HEADER_TRADES, TaqQuotes, TaqTrades};
use truefill_market::zone::Zone;

fn symbols() -> Symbols {
    Symbols::from_names(["A"]).unwrap()
}

/// Rows that come out, or the first error.
type Outcome = Result<u64, MarketError>;

fn drain(mut source: impl Quotes) -> Outcome {
    let mut rows = 0;
    loop {
        match source.next() {
            Ok(None) => return Ok(rows),
            Ok(Some(tick)) => {
                let usable = match &tick.kind {
                    TickKind::Quote(q) => q.is_sane() && q.bid_qty.0 > 0 && q.ask_qty.0 > 0,
                    TickKind::Trade(t) => t.px.0 > 0 && t.qty.0 > 0,
                    TickKind::Bar(_) => false,
                };
                assert!(usable, "{tick:?}");
                rows += 1;
            }
            Err(error) => {
                assert!(source.next().is_err(), "an error is final");
                assert!(error.place().is_some(), "{error}");
                return Err(error);
            }
        }
    }
}

fn binance(bytes: Vec<u8>) -> Outcome {
    drain(BinanceQuotes::from_reader("f", Cursor::new(bytes), symbols())?)
}

fn bitstamp(bytes: Vec<u8>) -> Outcome {
    drain(BitstampQuotes::from_reader("f", Cursor::new(bytes))?)
}

fn taq_quotes(bytes: Vec<u8>) -> Outcome {
    drain(TaqQuotes::from_reader("f", Cursor::new(bytes), symbols())?)
}

fn taq_trades(bytes: Vec<u8>) -> Outcome {
    drain(TaqTrades::from_reader("f", Cursor::new(bytes), symbols())?)
}

fn columns(bytes: Vec<u8>) -> Outcome {
    let spec = QuoteSpec::new().zone(Zone::NewYork);
    drain(quotes_from_bytes("f", bytes, &spec, symbols())?)
}

fn bars(bytes: Vec<u8>) -> Outcome {
    let spec = BarSpec::new().zone(Zone::NewYork).stamp(StampSide::Open);
    let mut source = bars_from_bytes("f", bytes, &spec, symbols())?;
    let mut rows = 0;
    while let Some(bar) = source.next()? {
        assert!(bar.low.0 > 0 && bar.low <= bar.high && bar.open_time < bar.end_time, "{bar:?}");
        rows += 1;
    }
    Ok(rows)
}

type Reader = fn(Vec<u8>) -> Outcome;

/// Every reader, with a file of its form.
fn readers() -> Vec<(Reader, Vec<u8>)> {
    let many = |head: &str, row: &dyn Fn(u32) -> String| {
        (head.to_owned() + &(10..22).map(row).collect::<String>()).into_bytes()
    };
    let at = 1_723_161_255_088_169_167_u64;
    let message = |n: u32| match n % 4 {
        0 => format!("{at} {{\"lastUpdateId\":{n},\"bids\":[[\"1\",\"2\"]],\"asks\":[]}}\n"),
        1 => format!(
            "{at} {{\"stream\":\"a@bookTicker\",\"data\":{{\"s\":\"A\",\"b\":\"1.{n}\",\"B\":\"2\",\"a\":\"2\",\"A\":\"1\"}}}}\n"
        ),
        2 => format!(
            "{at} {{\"stream\":\"a@depth\",\"data\":{{\"s\":\"A\",\"U\":{n},\"u\":{n},\"b\":[],\"a\":[]}}}}\n"
        ),
        _ => format!(
            "{at} {{\"stream\":\"a@trade\",\"data\":{{\"s\":\"A\",\"T\":{n},\"p\":\"1\",\"q\":\"{n}\",\"m\":true}}}}\n"
        ),
    };
    let log = |n: u32| match n % 4 {
        0 => format!(
            "14304384045{n} order_book {{\"bids\": [[\"1\", \"2\"]], \"asks\": [[\"2\", \"2\"]]}}\n"
        ),
        1 => format!("14304384045{n} trade {{\"price\": 1.5, \"amount\": 0.1, \"id\": {n}}}\n"),
        2 => format!(
            "14304384045{n} order_created {{\"price\": \"1\", \"amount\": \"2\", \"id\": {n}, \"order_type\": 0}}\n"
        ),
        _ => format!(
            "14304384045{n} order_deleted {{\"price\": \"1\", \"amount\": \"0\", \"id\": {n}, \"order_type\": 1}}\n"
        ),
    };
    let clock = |n: u32| format!("2018-01-02T14:30:{n}Z");
    vec![
        (binance as Reader, many("", &message)),
        (bitstamp, many("", &log)),
        (
            taq_quotes,
            many(&format!("{HEADER_QUOTES}\n"), &|n| format!("{},N,{n},1,99,1,A\n", clock(n))),
        ),
        (
            taq_trades,
            many(&format!("{HEADER_TRADES}\n"), &|n| format!("{},N,A,F I,5,{n},0\n", clock(n))),
        ),
        (
            columns,
            many("date,symbol,bid,bid_size,ask,ask_size\n", &|n| {
                format!("2018-01-02 09:30:{n},A,{n},1,99,2\n")
            }),
        ),
        (
            bars,
            many("time,symbol,open,high,low,close\n", &|n| {
                format!("2018-01-02 09:{n},A,{n},99,1,{n}.5\n")
            }),
        ),
    ]
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn a_cut_file_is_never_taken_for_a_whole_one() {
    for (read, whole) in readers() {
        let rows = read(whole.clone()).unwrap();
        assert!(rows >= 6, "{rows}");
        assert_eq!(read(packed(&whole)).unwrap(), rows);
        for keep in 1..whole.len() {
            let between_lines = whole[keep - 1] == b'\n';
            match read(whole[..keep].to_vec()) {
                Ok(fewer) => assert!(between_lines && fewer <= rows, "{keep}"),
                Err(error) => {
                    let place = error.place().unwrap();
                    assert!(place.line > 0, "{error}");
                    // Below its header a file of no bar has no symbol, one of one bar no period.
                    let empty = [ErrorKind::Ambiguous, ErrorKind::Symbol].contains(&error.kind());
                    assert!(!between_lines || empty, "{keep}: {error}");
                }
            }
        }
        let again = packed(&whole);
        for keep in 2..again.len() {
            let error = read(again[..keep].to_vec()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{keep}: {error}");
        }
    }
}

/// A file that is one line without an end.
struct Endless;

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        out.fill(b'1');
        Ok(out.len())
    }
}

#[test]
fn a_line_without_an_end_is_not_read_into_memory() {
    let long = |error: MarketError| assert_eq!(error.kind(), ErrorKind::LineTooLong, "{error}");
    let mut source = BinanceQuotes::from_reader("f", Endless, symbols()).unwrap();
    long(source.next().unwrap_err());
    let mut source = BitstampQuotes::from_reader("f", Endless).unwrap();
    long(source.next().unwrap_err());
    long(TaqQuotes::from_reader("f", Endless, symbols()).unwrap_err());
}

type Flip = (prop::sample::Index, u8);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..5)) {
        for (read, whole) in readers() {
            for mut bytes in [packed(&whole), whole] {
                for (at, bits) in &flips as &[Flip] {
                    let at = at.index(bytes.len());
                    bytes[at] ^= bits;
                }
                let _ = read(bytes);
            }
        }
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (read, whole) in readers() {
            let _ = read(bytes.clone());
            // Below a header that is right.
            let header = whole.iter().position(|b| *b == b'\n').unwrap_or(0);
            let _ = read([&whole[..=header], &bytes].concat());
        }
    }
}
