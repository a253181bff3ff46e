//! The small commands, as a user meets them: `data`, `fees`, `calendar`, `init`.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use truefill_market::bars::Bar;
use truefill_market::columns::{BarSpec, Session, open_bars};
use truefill_market::source::Bars;
use truefill_market::symbols::Symbols;

fn truefill(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_truefill")).args(args).output().expect("the binary runs")
}

/// A fresh folder of this test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

fn repository(path: &str) -> String {
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Ends well; what it printed.
fn said(args: &[&str]) -> String {
    let output = truefill(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", lossy(&output.stderr));
    lossy(&output.stdout)
}

/// Ends well with one JSON document.
fn json(args: &[&str]) -> Value {
    serde_json::from_str(&said(args)).expect("one JSON document and nothing else")
}

/// Ends with status 2, says so on standard error, prints nothing.
fn refused(args: &[&str], words: &[&str]) {
    let output = truefill(args);
    let said = lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    for word in words {
        assert!(said.contains(word), "{args:?}: `{word}` is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn data_says_what_a_file_is_and_leaves_open() {
    let us5 = repository("data/us5/us_5_stocks_wiki_2000-2013.csv.gz");
    let demo = repository("data/demo/barter_l1_3pairs.csv.gz");
    let both = json(&["data", &us5, &demo, "--json"]);
    let (us5_json, demo_json) = (&both[0], &both[1]);
    assert_eq!(us5_json["rows"], 12_154);
    assert_eq!(us5_json["opened_as"], "bars");
    assert_eq!(us5_json["symbols"].as_array().map(Vec::len), Some(5));
    assert_eq!(us5_json["dirt"][0]["count"], 3);
    assert_eq!(us5_json["dirt"][0]["first_line"], 80);
    assert_eq!(us5_json["assumed"][0]["key"], "session");
    assert_eq!((&demo_json["rows"], &demo_json["clean"]), (&50_000.into(), &true.into()));
    assert_eq!(demo_json["opened_as"], "quotes");
    assert_eq!(demo_json["assumed"], Value::Array(vec![]));

    let words = said(&["data", &us5, &demo]);
    for word in [
        "bars in columns (CSV): 12154 rows of 5 symbols",
        "3 suspected splits kept, first at",
        ".csv.gz:80",
        "--session us_equities",
        "`session` of [market]",
        "truefill quotes and trades (CSV): 50000 rows of 3 symbols",
        "nothing to mend",
    ] {
        assert!(words.contains(word), "`{word}` is not in: {words}");
    }
    // What is declared is not assumed, and moves the closes to where they belong.
    let declared = json(&["data", &us5, "--json", "--session", "us_equities"]);
    assert_eq!(declared[0]["assumed"], Value::Array(vec![]));
    assert_eq!(declared[0]["last"], "2013-03-01T21:00:00.000000000Z");
}

#[test]
fn data_refuses_with_the_place() {
    let dir = folder("data");
    let write = |name: &str, content: &str| {
        let path = dir.join(name);
        std::fs::write(&path, content).expect("written");
        text(&path).to_owned()
    };
    let bars = "time,symbol,open,high,low,close,volume\n2024-01-02T10:00:00Z,A,1,2,1,2,5\n";
    let good = write("good.csv", &format!("{bars}2024-01-02T10:01:00Z,A,2,2,1,1,5\n"));
    let bad = write("bad.csv", &format!("{bars}2024-01-02T10:01:00Z,A,2,2,1,l,5\n"));
    refused(&["data", &bad], &["bad.csv:3:", "`l`"]);
    refused(&["data", &bad, "--json"], &["bad.csv:3:"]);
    refused(&["data", "/no/such.csv"], &["/no/such.csv"]);
    refused(&["data"], &["FILE"]);
    refused(&["data", &good, "--zone", "Mars"], &["--zone Mars", "+05:30"]);
    refused(&["data", &good, "--period", "1x"], &["--period 1x", "1m"]);
    let demo = repository("data/demo/barter_l1_3pairs.csv.gz");
    refused(&["data", &demo, "--stamp", "open"], &["--stamp", "take it out"]);
    // A bad file takes nothing away from a good one, and the status tells.
    let output = truefill(&["data", &bad, &good, "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let list: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert!(list[0]["error"].as_str().is_some_and(|error| error.contains("bad.csv:3:")), "{list}");
    assert_eq!(list[1]["rows"], 2);
    let closes = |stamp: &str| json(&["data", &good, "--stamp", stamp, "--json"])[0].clone();
    assert_eq!(closes("open")["last"], "2024-01-02T10:02:00.000000000Z");
    assert_eq!(closes("close")["last"], "2024-01-02T10:01:00.000000000Z");
    assert_eq!(closes("open")["period_ns"], 60_000_000_000_i64);
}

/// The charges of an execution: kinds and amounts, and the total last.
fn charges(schedule: &str, rest: &[&str]) -> Vec<(String, String)> {
    let mut args = vec!["fees", schedule, "--json"];
    args.extend(rest);
    let charges = json(&args)["charges"].clone();
    let pair = |line: &Value, key: &str| line[key].as_str().expect(key).to_owned();
    let lines = charges["lines"].as_array().expect("lines");
    let mut found: Vec<_> =
        lines.iter().map(|line| (pair(line, "kind"), pair(line, "amount"))).collect();
    found.push(("total".to_owned(), pair(&charges, "total")));
    found
}

/// A round trip as the reference states it: sums by kind in the order of a bill, then the total.
fn round_trip(schedule: &str, on: &str, qty: &str, bought: &str, sold: &str) -> Vec<String> {
    let leg = |side, price| {
        charges(schedule, &["--on", on, "--side", side, "--qty", qty, "--price", price])
    };
    let legs = [leg("buy", bought), leg("sell", sold)].concat();
    // Parts of 1e-6 hold every amount of these vectors.
    let parts = |amount: &str| {
        let (whole, rest) = amount.split_once('.').unwrap_or((amount, ""));
        format!("{whole}{rest:0<6}").parse::<u64>().expect("an amount")
    };
    ["brokerage", "stt", "transaction", "sebi", "stamp", "gst", "total"]
        .iter()
        .map(|kind| {
            let of_kind = legs.iter().filter(|(name, _)| name == kind);
            let sum: u64 = of_kind.map(|(_, amount)| parts(amount)).sum();
            let amount = format!("{}.{:06}", sum / 1_000_000, sum % 1_000_000);
            amount.trim_end_matches('0').trim_end_matches('.').to_owned()
        })
        .collect()
}

#[test]
fn fees_are_the_vectors_of_the_reference() {
    let (after, before) = ("2026-04-01", "2026-03-30");
    let intraday = |on| round_trip("zerodha-equity-intraday", on, "400", "1000", "1100");
    let in_1 = ["40", "110", "25.788", "0.84", "12", "11.99304", "200.62104"];
    assert_eq!(intraday(after), in_1);
    let in_1b = ["40", "110", "24.948", "0.84", "12", "11.84184", "199.62984"];
    assert_eq!(intraday(before), in_1b);
    let in_2 = ["0", "840", "25.788", "0.84", "60", "4.79304", "931.42104"];
    assert_eq!(round_trip("zerodha-equity-delivery", after, "400", "1000", "1100"), in_2);
    let in_4 = ["40", "937.5", "68.625", "3.75", "37.5", "20.2275", "1107.6025"];
    assert_eq!(round_trip("zerodha-futures", after, "75", "25000", "25000"), in_4);
    let in_5 = ["40", "11.25", "5.3295", "0.015", "0.225", "8.16201", "64.98151"];
    assert_eq!(round_trip("zerodha-options", after, "75", "100", "100"), in_5);

    let half = ["--side", "sell", "--qty", "0.5", "--price", "60000"];
    let total = |rest: &[&str]| charges("binance-usdm", rest).pop().expect("a total").1;
    assert_eq!(total(&half), "15");
    assert_eq!(total(&[&half[..], &["--maker"]].concat()), "6");
}

#[test]
fn fees_show_their_lines_by_date_and_what_is_not_verified() {
    let words = said(&["fees", "zerodha-equity-intraday"]);
    assert!(words.contains("rates from 2026-04-01 on"), "{words}");
    assert!(words.contains("! transaction both 0.00307% unverified"), "{words}");
    assert!(words.contains("  brokerage both 0.03% max 20/order"), "{words}");
    let earlier = said(&["fees", "zerodha-equity-intraday", "--on", "2026-03-31"]);
    assert!(earlier.contains("transaction both 0.00297%") && !earlier.contains('!'), "{earlier}");
    let bought = said(&[
        "fees",
        "zerodha-equity-intraday",
        "--side",
        "buy",
        "--qty",
        "400",
        "--price",
        "1000",
    ]);
    assert!(bought.contains("    total        50.5624 INR"), "{bought}");
    let taken = said(&["fees", "binance-spot", "--side", "buy", "--qty", "2", "--price", "10"]);
    assert!(taken.contains("0.002 less of it"), "{taken}");
    let list = json(&["fees", "--json"]);
    assert!(list.as_array().is_some_and(|list| list.len() >= 10), "{list}");

    refused(&["fees", "zerodha-equity-intrady"], &["did you mean `zerodha-equity-intraday`"]);
    refused(&["fees", "zerodha-futures", "--on", "2020-01-01"], &["2024-10-01", "2020-01-01"]);
    refused(&["fees", "zerodha-futures", "--on", "2026-02-30"], &["2026-02-30"]);
    refused(&["fees", "zerodha-futures", "--side", "buy"], &["--qty", "--price"]);
    let trade = |qty| ["fees", "zerodha-futures", "--side", "buy", "--qty", qty, "--price", "1"];
    refused(&trade("many"), &["--qty many"]);
    refused(&trade("0"), &["quantity of 0"]);
}

#[test]
fn fees_and_calendars_of_the_user() {
    let dir = folder("own");
    let copy = said(&["fees", "zerodha-equity-intraday", "--text"]);
    let fees = dir.join("fees.txt");
    // The vector with the exchange rate of some years ago.
    std::fs::write(&fees, copy.replace("0.00307%", "0.00345%")).expect("written");
    let file = ["--file", text(&fees), "--side", "sell", "--qty", "400", "--price", "1100"];
    let total = charges("zerodha-equity-intraday", &file).pop().expect("a total").1;
    // 20 + 110 + 15.18 + 0.44 + 18 % of (20 + 15.18 + 0.44).
    assert_eq!(total, "152.0316");
    let list = json(&["fees", "--file", text(&fees), "--json"]);
    assert_eq!(list.as_array().map(Vec::len), Some(4));
    std::fs::write(&fees, copy.replace("0.00307%", "0.0x307%")).expect("written");
    let name = "zerodha-equity-intraday";
    refused(&["fees", name, "--file", text(&fees)], &["fees.txt:", "`0.0x307%`"]);
    std::fs::write(&fees, "# nothing\n").expect("written");
    refused(&["fees", "--file", text(&fees)], &["fees.txt", "schedule NAME"]);
    refused(&["fees", "--file", "/no/such.txt"], &["/no/such.txt"]);

    let copy = said(&["calendar", "nse-cash", "--text"]);
    let own = dir.join("nse.txt");
    let evening = "session 2026-11-08 continuous 18:00-19:00 for Muhurat";
    let unknown = copy.lines().find(|line| line.starts_with("unknown 2026-11-08")).expect("a line");
    std::fs::write(&own, copy.replace(unknown, evening)).expect("written");
    let day = ["calendar", "nse-cash", "--on", "2026-11-08"];
    refused(&day, &["2026-11-08", "not guessed"]);
    let known = json(&[&day[..], &["--json", "--file", text(&own)]].concat());
    assert_eq!(known["phases"][0]["from"], "2026-11-08T12:30:00.000000000Z");
}

#[test]
fn calendars_tell_a_day_in_two_clocks() {
    let words = said(&["calendar", "us-equities", "--on", "2026-03-09"]);
    for word in [
        "us-equities, 2026-03-09 (mon)",
        "09:30-16:00",
        "2026-03-09T13:30:00Z to 2026-03-09T20:00:00Z",
        "next open 2026-03-10 09:30 (2026-03-10T13:30:00Z)",
    ] {
        assert!(words.contains(word), "`{word}` is not in: {words}");
    }
    // The clock changes between the two days; the local time of the open does not.
    let winter = said(&["calendar", "us-equities", "--on", "2026-03-06"]);
    assert!(winter.contains("2026-03-06T14:30:00Z"), "{winter}");
    assert!(winter.contains("next open 2026-03-09 09:30 (2026-03-09T13:30:00Z)"), "{winter}");
    let half = json(&["calendar", "us-equities", "--on", "2026-11-27", "--json"]);
    assert_eq!(half["phases"][1]["until_local"], "2026-11-27 13:00");
    assert_eq!(half["next_open_local"], "2026-11-30 09:30");
    let holiday = said(&["calendar", "nse-cash", "--on", "2026-01-26"]);
    assert!(holiday.contains("nothing is traded"), "{holiday}");
    let last = json(&["calendar", "nse-cash", "--on", "2026-12-31", "--json"]);
    assert_eq!(last["next_open"], Value::Null);
    assert!(last["next_open_unknown"].as_str().is_some_and(|why| why.contains("2027-01-01")));
    let moved = said(&["calendar", "nse-cash-auction", "--on", "2026-12-08"]);
    assert!(moved.contains("15:30-15:40") && moved.contains("! some hours"), "{moved}");
    assert!(!is_marked("us-equities") && !is_marked("crypto"), "nothing is marked there");
    // Always open, whenever this runs.
    let now = json(&["calendar", "crypto", "--json"]);
    assert_eq!(now["now"]["phase"], "continuous");
    assert_eq!(now["next_open"], now["now"]["until"]);
    let always = said(&["calendar", "crypto", "--on", "2026-05-05"]);
    assert!(always.contains("00:00-24:00"), "{always}");
    assert!(said(&["calendar"]).contains("nse-cash-auction  covers 2024-01-01"));
    refused(&["calendar", "nse-cahs"], &["did you mean `nse-cash`"]);
}

/// Whether a calendar says that some of its hours are not verified.
fn is_marked(calendar: &str) -> bool {
    let day = json(&["calendar", calendar, "--on", "2026-05-05", "--json"]);
    day["some_hours_not_verified"].as_bool().expect("a yes or no")
}

/// What every run promises.
fn is_true(run: &Value) {
    assert_eq!(run["residual"], "0");
    assert_eq!(run["rate_limit_hits"], 0);
    assert_eq!(run["doubled_orders"], 0);
    assert_eq!(run["max_overshoot"], "0");
    assert_eq!(run["final_positions"]["engine"], run["final_positions"]["broker"]);
    assert_eq!(run["violations"], Value::Array(vec![]));
}

#[test]
fn what_init_writes_runs_at_once() {
    let dir = folder("init");
    for (template, least_fills, flat) in
        [("crypto", 50, false), ("files", 8, true), ("kite-intraday", 8, true)]
    {
        let config = dir.join(template).join("mine.toml");
        std::fs::create_dir_all(config.parent().expect("a folder")).expect("a folder");
        let written = said(&["init", template, "--out", text(&config)]);
        assert!(written.ends_with(&format!("rehearse {} --faults storm\n", text(&config))));
        for faults in ["calm", "storm"] {
            let out = dir.join(format!("{template}-{faults}"));
            let run =
                ["rehearse", text(&config), "--faults", faults, "--json", "--out", text(&out)];
            let run = json(&run);
            is_true(&run);
            assert!(run["fills"].as_u64() >= Some(least_fills), "{template} {faults}: {run}");
            let positions = run["final_positions"]["broker"].as_object().expect("positions");
            let nothing = positions.values().all(|qty| *qty == "0");
            assert!(nothing || !flat, "{template} {faults}: {positions:?}");
        }
    }
    let data = json(&["data", text(&dir.join("files/bars.csv")), "--json"]);
    assert_eq!((&data[0]["rows"], &data[0]["clean"]), (&52.into(), &true.into()));
}

/// The bars of IBM in a file.
fn bars_of_ibm(path: &str) -> Vec<Bar> {
    let spec = BarSpec::new().session(Session::US_EQUITY);
    let symbols = Symbols::from_names(["IBM"]).expect("a symbol");
    let mut source = open_bars(repository(path), &spec, symbols).expect("bars");
    let mut bars = Vec::new();
    while let Some(bar) = source.next().expect("a bar") {
        bars.push(bar);
    }
    bars
}

#[test]
fn the_sample_bars_are_real_and_the_sample_quotes_say_that_they_are_not() {
    let sample = bars_of_ibm("examples/init/bars.csv");
    let whole = bars_of_ibm("data/us5/us_5_stocks_wiki_2000-2013.csv.gz");
    assert_eq!(sample.len(), 52);
    let plain = |bar: &Bar| (bar.end_time, [bar.open, bar.high, bar.low, bar.close], bar.volume);
    let first = whole.iter().position(|bar| plain(bar) == plain(&sample[0])).expect("the first");
    let same = whole[first..].iter().zip(&sample).all(|(a, b)| plain(a) == plain(b));
    assert!(same, "day by day the same");
    let kite = std::fs::read_to_string(repository("examples/init/kite-intraday.toml"));
    let kite = kite.expect("read");
    assert!(kite.contains("# SYNTHETIC:") && kite.contains("quotes = \"synthetic-quotes.csv\""));
}

#[test]
fn init_overwrites_nothing_unless_told() {
    let dir = folder("init-again");
    let config = dir.join("truefill.toml");
    let bars = dir.join("bars.csv");
    std::fs::write(&bars, "mine").expect("written");
    let args = ["init", "files", "--out", text(&config)];
    refused(&args, &["bars.csv is there already", "--force", "--out"]);
    assert!(!config.exists() && !dir.join("targets.csv").exists(), "nothing was written");
    assert_eq!(std::fs::read_to_string(&bars).expect("read"), "mine");
    said(&[&args[..], &["--force"]].concat());
    assert!(std::fs::read_to_string(&bars).expect("read").starts_with("Ticker,Date"));
    refused(&args, &["truefill.toml is there already"]);
    refused(&["init", "files", "--out", text(&dir.join("bars.csv")), "--force"], &["sample"]);
    refused(&["init", "crypto", "--out", text(&dir.join("no/such.toml"))], &["no/such.toml"]);
    refused(&["init", "cypto"], &["crypto"]);
}
