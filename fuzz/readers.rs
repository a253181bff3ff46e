//! Every reader of bytes from outside, under one roof: for the fuzz targets beside this file, and
//! for `crates/cli/tests/readers.rs`, which needs no fuzzer.
//!
//! Entry points: [`all`], [`attack`]. A reader takes bytes as if they were a file and says how
//! many rows it read, or the words of its refusal. None may panic, none may give more rows than
//! bytes, and every refusal is in words that name a place and say what to do.
//!
//! The configuration's reader lives inside the command and has a target of its own. A reader of
//! scenarios belongs here as one more entry.

#[path = "kite.rs"]
mod kite;

use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};
use truefill_core::config::Config;
use truefill_core::event::Event;
use truefill_core::input::Envelope;
use truefill_core::num::Qty;
use truefill_core::record::{Record, bytes};
use truefill_gap::Attribution;
use truefill_gap::ledger::LedgerReader;
use truefill_journal::{Replayer, verify};
use truefill_market::barter::BarterQuotes;
use truefill_market::binance::BinanceQuotes;
use truefill_market::bitstamp::BitstampQuotes;
use truefill_market::calendar::Calendar;
use truefill_market::columns::quotes_from_bytes;
use truefill_market::columns::{BarSpec, QuoteSpec, Session, bars_from_bytes, presets};
use truefill_market::csv::CsvQuotes;
use truefill_market::error::MarketError;
use truefill_market::fees::Schedule;
use truefill_market::rules::Rules;
use truefill_market::source::{Bars, Quotes};
use truefill_market::symbols::Symbols;
use truefill_market::taq::{TaqQuotes, TaqTrades};
use truefill_market::targets::Targets;
use truefill_market::wanted::{Decided, WantedSpec, from_bytes};
use truefill_market::zone::Zone;
use truefill_sim::faults::Faults;

/// Journals that were laid down as files, so that each has a name of its own.
static FILES: AtomicU64 = AtomicU64::new(0);
/// What the bytes are called in messages.
const FILE: &str = "fuzz.txt";

/// What a reader makes of bytes: rows, or the words of a refusal.
pub type Read = Result<u64, String>;

/// A reader, by the name of its folder of examples.
pub struct Reader {
    /// Its name.
    pub name: &'static str,
    /// It.
    pub read: fn(&[u8]) -> Read,
    /// Whether a refusal names the file.
    pub names_file: bool,
}

const fn of_file(name: &'static str, read: fn(&[u8]) -> Read) -> Reader {
    Reader { name, read, names_file: true }
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Reader> {
    READERS.iter().chain(&kite::READERS)
}

/// Those of files.
pub const READERS: [Reader; 20] = [
    Reader { name: "ledger", read: ledger, names_file: false },
    Reader { name: "record", read: record, names_file: false },
    Reader { name: "journal", read: journal, names_file: false },
    Reader { name: "strategy-lines", read: strategy_lines, names_file: false },
    Reader { name: "faults", read: faults, names_file: false },
    of_file("targets", targets),
    of_file("wanted", wanted),
    of_file("csv", csv),
    of_file("bars", bars),
    of_file("lean", lean),
    of_file("quotes", quotes),
    of_file("fxcm", fxcm),
    of_file("binance", binance),
    of_file("barter", barter),
    of_file("bitstamp", bitstamp),
    of_file("taq-quotes", taq_quotes),
    of_file("taq-trades", taq_trades),
    of_file("calendar", calendar),
    of_file("fees", fees),
    of_file("rules", rules),
];

/// Gives bytes to the reader of this name.
///
/// # Panics
/// When the reader breaks its promise.
pub fn attack(name: &str, input: &[u8]) {
    let reader = all().find(|reader| reader.name == name).expect("a reader");
    match (reader.read)(input) {
        Ok(rows) => {
            let packed = input.starts_with(b"\x1f\x8b") || input.starts_with(b"PK");
            let packed = packed || input.starts_with(b"\xfd7zXZ");
            assert!(packed || rows <= input.len() as u64, "{name}: {rows} rows");
        }
        Err(words) => {
            let control = |c: char| c.is_control() && c != '\n';
            assert!(!words.contains(control) && words.len() < 4096, "{name}: {words:?}");
            assert!(words.len() > 20, "{name}: {words}");
            assert!(!reader.names_file || words.contains(FILE), "{name}: {words}");
        }
    }
}

fn input(input: &[u8]) -> Cursor<Vec<u8>> {
    Cursor::new(input.to_vec())
}

fn symbols() -> Result<Symbols, MarketError> {
    Symbols::from_names(["BTCUSDT", "ETHUSDT", "AAPL", "IBM"])
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn all_ticks(opened: Result<impl Quotes, MarketError>) -> Read {
    let mut source = opened.map_err(said)?;
    let mut rows = 0;
    while source.next().map_err(said)?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

fn all_bars(opened: Result<impl Bars, MarketError>) -> Read {
    let mut source = opened.map_err(said)?;
    let mut rows = 0;
    while source.next().map_err(said)?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// What a strategy writes to a node.
fn strategy_lines(bytes: &[u8]) -> Read {
    let mut rows = 0;
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line = std::str::from_utf8(line).map_err(|_| "a line is not UTF-8 text".to_owned())?;
        let read =
            truefill_node::read_said(line).map_err(|why| format!("a line of a strategy: {why}"))?;
        rows += read.map_or(0, |targets| targets.len() as u64);
    }
    Ok(rows)
}

fn ledger(bytes: &[u8]) -> Read {
    let mut reader = LedgerReader::new(bytes);
    let mut sum = Attribution::new();
    let mut rows = 0;
    while let Some(entry) = reader.read_entry().map_err(said)? {
        sum.apply(&entry.line).map_err(said)?;
        rows += 1;
    }
    sum.finish().map_err(said).map(|_| rows)
}

/// What decodes is written as bytes that decode to the same.
fn record(input: &[u8]) -> Read {
    fn one<R: Record + PartialEq + std::fmt::Debug>(input: &[u8]) -> Read {
        let found: R = bytes::decode(input).map_err(|e| format!("a record, undecodable: {e}"))?;
        let mut again = Vec::new();
        bytes::encode(&found, &mut again);
        assert_eq!(bytes::decode::<R>(&again).expect("written by us"), found);
        Ok(1)
    }
    let (kind, rest) = input.split_first().ok_or("a record without a single byte")?;
    match kind % 3 {
        0 => one::<Envelope>(rest),
        1 => one::<Event>(rest),
        _ => one::<Config>(rest),
    }
}

/// A whole file; verification reads all of it and decides everything again.
fn journal(bytes: &[u8]) -> Read {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let one = FILES.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("truefill-fuzz-{}-{one}.db", std::process::id()));
    std::fs::write(&path, bytes).map_err(said)?;
    let build = env!("CARGO_PKG_VERSION");
    let report = verify(&path, Some((build, &mut Replayer::default())));
    for tail in ["db", "db-wal", "db-shm", "lock"] {
        let _ = std::fs::remove_file(path.with_extension(tail));
    }
    let report = report.map_err(said)?;
    report.problem.map_or(Ok(report.inputs + report.events), |problem| Err(said(problem)))
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn faults(bytes: &[u8]) -> Read {
    Faults::from_json(&text(bytes)).map(|_| 1).map_err(said)
}

fn targets(bytes: &[u8]) -> Read {
    let symbols = symbols().map_err(said)?;
    let mut targets = Targets::from_reader(FILE, input(bytes), symbols).map_err(said)?;
    let mut rows = 0;
    while targets.next().map_err(said)?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

fn wanted(bytes: &[u8]) -> Read {
    let spec = WantedSpec {
        decided: Some(Decided::Close),
        zone: Some(Zone::Utc),
        session: Some(Session::US_EQUITY),
    };
    let strict = from_bytes(FILE, bytes, &WantedSpec::default());
    let told = from_bytes(FILE, bytes, &spec);
    if let Ok(strict) = strict {
        return Ok(strict.rows.len() as u64);
    }
    told.map(|table| table.rows.len() as u64).map_err(said)
}

fn csv(bytes: &[u8]) -> Read {
    all_ticks(symbols().and_then(|s| CsvQuotes::from_reader(FILE, input(bytes), s)))
}

fn bars(bytes: &[u8]) -> Read {
    let spec = BarSpec::new().session(Session::US_EQUITY);
    all_bars(
        symbols()
            .and_then(|_| Symbols::from_names(["IBM"]))
            .and_then(|s| bars_from_bytes(FILE, bytes, &spec, s)),
    )
}

fn lean(bytes: &[u8]) -> Read {
    let spec = presets::lean_minute_trades("AAPL", "20260105", Zone::Utc, 10_000);
    let one = || Symbols::from_names(["AAPL"]);
    all_bars(spec.and_then(|spec| one().and_then(|s| bars_from_bytes(FILE, bytes, &spec, s))))
}

fn quotes(bytes: &[u8]) -> Read {
    let spec = QuoteSpec::new().zone(Zone::Utc).symbol("AAPL").size(Qty::whole(1));
    all_ticks(symbols().and_then(|s| quotes_from_bytes(FILE, bytes, &spec, s)))
}

fn fxcm(bytes: &[u8]) -> Read {
    let spec = presets::fxcm_ticks("AAPL", "20140501", Qty::whole(1));
    all_ticks(
        spec.and_then(|spec| symbols().and_then(|s| quotes_from_bytes(FILE, bytes, &spec, s))),
    )
}

fn binance(bytes: &[u8]) -> Read {
    all_ticks(symbols().and_then(|s| BinanceQuotes::from_reader(FILE, input(bytes), s)))
}

fn barter(bytes: &[u8]) -> Read {
    all_ticks(BarterQuotes::from_reader(FILE, input(bytes), 2))
}

fn bitstamp(bytes: &[u8]) -> Read {
    all_ticks(BitstampQuotes::from_reader(FILE, input(bytes)))
}

fn taq_quotes(bytes: &[u8]) -> Read {
    all_ticks(symbols().and_then(|s| TaqQuotes::from_reader(FILE, input(bytes), s)))
}

fn taq_trades(bytes: &[u8]) -> Read {
    all_ticks(symbols().and_then(|s| TaqTrades::from_reader(FILE, input(bytes), s)))
}

fn calendar(bytes: &[u8]) -> Read {
    let text = text(bytes);
    let other = Calendar::from_text("nse-cash", FILE, &text);
    other.or_else(|_| Calendar::from_text("crypto", FILE, &text)).map(|_| 1).map_err(said)
}

fn fees(bytes: &[u8]) -> Read {
    Schedule::from_text("binance-spot", FILE, &text(bytes)).map(|_| 1).map_err(said)
}

fn rules(bytes: &[u8]) -> Read {
    Rules::from_text(FILE, &text(bytes)).map(|_| 1).map_err(said)
}
