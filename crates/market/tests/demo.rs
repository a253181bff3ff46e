//! The demo data: what is shipped is what was recorded.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use truefill_market::demo;
use truefill_market::source::{Quotes, TickKind};

const RECORDING: &str = "data/book/barter_binance_spot_l1_trades_3pairs_20250325.jsonl.xz";

/// The folder of research data: `TRUEFILL_SHARED`, or `../shared` beside the repository.
fn shared() -> PathBuf {
    match std::env::var_os("TRUEFILL_SHARED") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    }
}

#[test]
fn the_shipped_file_is_the_conversion_of_the_recording() {
    let packed = shared().join(RECORDING);
    if !packed.is_file() {
        println!("not checked: {} is not there; set TRUEFILL_SHARED", packed.display());
        return;
    }
    let unpacked = match Command::new("xz").arg("-dc").arg(&packed).output() {
        Ok(output) if output.status.success() => output.stdout,
        other => {
            println!("not checked: `xz -dc` did not unpack the recording: {other:?}");
            return;
        }
    };
    let mut converted = Vec::new();
    let dirt = demo::convert(RECORDING, Cursor::new(unpacked), &mut converted).unwrap();
    assert_eq!((dirt.quotes, dirt.trades), (38_968, 11_032));
    assert_eq!((dirt.left_out(), dirt.backward.count, dirt.locked.count), (0, 0, 0));
    assert_eq!(dirt.reordered_ns_max, 767_850_589);
    let mut shipped = Vec::new();
    GzDecoder::new(demo::bytes()).read_to_end(&mut shipped).unwrap();
    assert!(converted == shipped, "data/demo differs from what the example convert_barter makes");
}

#[test]
fn the_shipped_file_is_clean_and_on_the_grid() {
    let instruments = demo::instruments();
    let mut quotes = demo::quotes().unwrap();
    let (mut last, mut first) = (None, None);
    let mut both = BTreeSet::new();
    while let Some(tick) = quotes.next().unwrap() {
        assert!(last <= Some(tick.time()));
        last = Some(tick.time());
        first = first.or(last);
        let instrument = &instruments[tick.instrument.ix()];
        let (prices, sizes) = match &tick.kind {
            TickKind::Quote(q) => ([q.bid_px, q.ask_px], [q.bid_qty, q.ask_qty]),
            TickKind::Trade(t) => ([t.px; 2], [t.qty; 2]),
            TickKind::Bar(b) => ([b.low, b.high], [b.volume; 2]),
        };
        assert!(prices.iter().all(|px| px.0 % instrument.tick.0 == 0), "{tick:?}");
        assert!(sizes.iter().all(|qty| qty.0 % instrument.lot.0 == 0), "{tick:?}");
        both.insert((tick.instrument, tick.quote().is_some()));
    }
    assert_eq!(both.len(), 6);
    assert_eq!((quotes.dirt().quotes, quotes.dirt().trades), (38_968, 11_032));
    assert!(quotes.dirt().is_clean(), "{}", quotes.dirt());
    let shown = |time: Option<truefill_core::time::Nanos>| time.map(|time| time.to_string());
    assert_eq!(shown(first).as_deref(), Some("2025-03-25T23:07:00.773684644Z"));
    assert_eq!(shown(last).as_deref(), Some("2025-03-25T23:10:05.263970096Z"));
}

#[test]
fn the_notice_ships_with_the_data() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/demo");
    let notice = std::fs::read_to_string(folder.join("NOTICE.md")).unwrap();
    for part in ["barter", "0.14.0", "Copyright (c) 2021 Barter Contributors", "MIT"] {
        assert!(notice.contains(part), "{part}");
    }
    assert!(demo::bytes().len() < 1_500_000);
}
