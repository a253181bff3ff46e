//! Damaged files: whatever happens to their bytes, readers do not panic, do not pretend that a
//! cut file was read in full, and pass on nothing that breaks the contract of a source.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use truefill_core::time::Nanos;
use truefill_market::barter::BarterQuotes;
use truefill_market::csv::{CsvQuotes, HEADER_TICKS};
use truefill_market::error::MarketError;
use truefill_market::source::{Quotes, Tick, TickKind};
use truefill_market::symbols::Symbols;
use truefill_market::targets::{Target, Targets};

/// Damage to one byte: where (as a share of the length) and with which bits.
type Flip = (prop::sample::Index, u8);

fn symbols() -> Symbols {
    Symbols::from_names(["BTCUSDT", "ETHUSDT"]).unwrap()
}

fn csv() -> Vec<u8> {
    let mut text = format!("{HEADER_TICKS}\n");
    for at in 0..20 {
        let time = 1_742_944_020_000_000_000_i64 + at * 1_000_003;
        text += &match at % 3 {
            0 => format!("{time},BTCUSDT,87232.0{at},2.42385,87233,2.64517,,,\n"),
            1 => format!("{},ETHUSDT,2059.1,{at},2059.11,3.0146,,,\n", Nanos(time)),
            _ => format!("{time},BTCUSDT,,,,,87232.01,0.000{at},sell\n"),
        };
    }
    text.into_bytes()
}

fn jsonl() -> Vec<u8> {
    let mut text = String::new();
    for at in 0..12 {
        let time = Nanos(1_742_944_020_000_000_000_i64 + (at % 5) * 100_000_007);
        let kind = match at % 2 {
            0 => format!(
                r#"{{"OrderBookL1":{{"best_bid":{{"price":"2059.10","amount":"{at}.5"}},"best_ask":{{"price":"2059.11","amount":"3"}}}}}}"#
            ),
            _ => format!(r#"{{"Trade":{{"id":"7","price":2059.1,"amount":0.{at},"side":"Buy"}}}}"#),
        };
        text += &format!(
            "{{\"Item\":{{\"time_received\":\"{time}\",\"instrument\":{},\"kind\":{kind}}}}}\n",
            at % 2
        );
    }
    text.into_bytes()
}

fn targets_csv() -> Vec<u8> {
    let mut text = "time,strategy,symbol,target,price\n".to_owned();
    for at in 0..15 {
        let time = Nanos(1_742_944_020_000_000_000_i64 + at * 1_000_003);
        text += &format!("{time},s{},BTCUSDT,-{at}.25,87232.0{at}\n", at % 2);
    }
    text.into_bytes()
}

fn targets_jsonl() -> Vec<u8> {
    let mut text = String::new();
    for at in 0..10 {
        let time = 1_742_944_020_000_000_000_i64 + at * 1_000_003;
        text += &format!(
            "{{\"time\":{time},\"strategy\":\"s\\u0041\",\"symbol\":\"BTCUSDT\",\"target\":\"{at}\",\"price\":null}}\n"
        );
    }
    text.into_bytes()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

/// Reads to the end or to the first error, and holds the source to its contract.
fn drain(mut source: impl Quotes) -> Result<Vec<Tick>, MarketError> {
    let mut ticks: Vec<Tick> = Vec::new();
    loop {
        match source.next() {
            Ok(Some(tick)) => {
                let usable = match &tick.kind {
                    TickKind::Quote(q) => q.is_sane() && q.bid_qty.0 > 0 && q.ask_qty.0 > 0,
                    TickKind::Trade(t) => t.px.0 > 0 && t.qty.0 > 0,
                    TickKind::Bar(_) => false,
                };
                assert!(usable && tick.instrument.ix() < 2, "{tick:?}");
                assert!(ticks.last().is_none_or(|last| last.time() <= tick.time()));
                ticks.push(tick);
            }
            Ok(None) => return Ok(ticks),
            Err(error) => {
                assert!(source.next().is_err(), "an error is final");
                return Err(error);
            }
        }
    }
}

fn ticks_of_csv(bytes: Vec<u8>) -> Result<Vec<Tick>, MarketError> {
    drain(CsvQuotes::from_reader("f", Cursor::new(bytes), symbols())?)
}

fn ticks_of_jsonl(bytes: Vec<u8>) -> Result<Vec<Tick>, MarketError> {
    drain(BarterQuotes::from_reader("f", Cursor::new(bytes), 2)?)
}

fn targets_of(bytes: Vec<u8>) -> Result<Vec<Target>, MarketError> {
    let mut targets = Targets::from_reader("f", Cursor::new(bytes), symbols())?;
    let mut rows: Vec<Target> = Vec::new();
    while let Some(row) = targets.next()? {
        assert!(rows.last().is_none_or(|last| last.time <= row.time));
        rows.push(row);
    }
    Ok(rows)
}

/// A whole file gives `whole`. A file that was cut gives an error, except between two lines of
/// plain text, where it is a shorter file.
fn cut<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(Vec<u8>) -> Result<Vec<T>, MarketError>,
) {
    let whole = read(bytes.to_vec()).unwrap();
    let again = packed(bytes);
    assert_eq!(read(again.clone()).unwrap(), whole);
    assert!(whole.len() > 9);
    for keep in 0..bytes.len() {
        let between_lines = keep == 0 || bytes[keep - 1] == b'\n';
        match read(bytes[..keep].to_vec()) {
            Ok(rows) => assert!(between_lines && rows.len() < whole.len(), "{keep}"),
            Err(error) => assert!(!between_lines || keep == 0, "{keep}: {error}"),
        }
    }
    // An empty recording is a recording of nothing; less than the two bytes that say "gzip" is
    // not recognised as compressed, but it is no text of these formats either.
    for keep in 1..again.len() {
        assert!(read(again[..keep].to_vec()).is_err(), "{keep}");
    }
}

#[test]
fn a_cut_file_is_never_taken_for_a_whole_one() {
    cut(&csv(), ticks_of_csv);
    cut(&targets_csv(), targets_of);
    cut(&targets_jsonl(), targets_of);
}

#[test]
fn a_cut_recording_is_never_taken_for_a_whole_one() {
    cut(&jsonl(), ticks_of_jsonl);
}

fn flipped(mut bytes: Vec<u8>, flips: &[Flip]) -> Vec<u8> {
    for (at, bits) in flips {
        let at = at.index(bytes.len());
        bytes[at] ^= bits;
    }
    bytes
}

fn flips() -> impl Strategy<Value = Vec<Flip>> {
    prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn flipped_bytes_never_panic(flips in flips(), cut in any::<prop::sample::Index>()) {
        for bytes in [csv(), packed(&csv()), jsonl(), packed(&jsonl())] {
            let mut bytes = flipped(bytes, &flips);
            let _ = ticks_of_csv(bytes.clone());
            let _ = ticks_of_jsonl(bytes.clone());
            bytes.truncate(cut.index(bytes.len()));
            let _ = ticks_of_csv(bytes.clone());
            let _ = ticks_of_jsonl(bytes);
        }
        for bytes in [targets_csv(), packed(&targets_csv()), targets_jsonl()] {
            let _ = targets_of(flipped(bytes, &flips));
        }
    }

    #[test]
    fn damage_inside_gzip_is_seen_or_harmless(
        at in any::<prop::sample::Index>(),
        bits in 1..=255_u8,
    ) {
        let whole = ticks_of_csv(csv()).unwrap();
        if let Ok(ticks) = ticks_of_csv(flipped(packed(&csv()), &[(at, bits)])) {
            prop_assert_eq!(ticks, whole);
        }
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = ticks_of_csv(bytes.clone());
        let _ = ticks_of_jsonl(bytes.clone());
        let _ = targets_of(bytes);
    }
}
