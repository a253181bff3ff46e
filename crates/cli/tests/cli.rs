//! The binary, as a user meets it: what it prints, what it writes, how it ends.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

fn text(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", lossy(&output.stdout), lossy(&output.stderr))
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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

/// What every run promises.
fn is_true(run: &Value) {
    assert_eq!(run["residual"], "0");
    assert_eq!(run["rate_limit_hits"], 0);
    assert_eq!(run["doubled_orders"], 0);
    assert_eq!(run["max_overshoot"], "0");
    assert_eq!(run["final_positions"]["engine"], run["final_positions"]["broker"]);
    assert_eq!(run["violations"], Value::Array(vec![]));
    let journal = run["journal"].as_str().expect("a path");
    let verified = truefill(&["journal", "verify", journal, "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", lossy(&verified.stderr));
    let verified = json(&verified);
    assert_eq!(verified["ok"], true);
    assert_eq!(verified["inputs_decided_again"], verified["inputs"]);
    let ledger = journal.replace("journal.db", "gap.ledger.jsonl");
    let told = json(&truefill(&["gap", "--ledger", &ledger, "--json"]));
    assert_eq!(told, json(&truefill(&["gap", journal, "--json"])), "journal and ledger agree");
    let page = journal.replace("journal.db", "gap.html");
    truefill(&["gap", journal, "--html", &page]);
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("Which rule priced and ended orders"), "a journal knows its rules");
    for key in ["theory_pnl", "live_pnl", "gap", "residual", "causes"] {
        assert_eq!(told[key], run[key], "the ledger fed back gives the run's {key}");
    }
}

#[test]
fn the_demo_is_true_calm_and_in_a_storm() {
    let out = folder("demo");
    let output = truefill(&["demo", "--json", "--out", text(&out)]);
    assert_eq!(output.status.code(), Some(0), "{}", lossy(&output.stderr));
    let runs = json(&output);
    let runs = runs.as_array().expect("a list of runs");
    assert_eq!(runs.len(), 2);
    runs.iter().for_each(is_true);
    assert!(runs[0]["fills"].as_u64() > Some(50), "it traded");
    for seed in ["2", "3", "4"] {
        let args = ["demo", "--json", "--faults", "storm", "--seed", seed, "--out", text(&out)];
        is_true(&json(&truefill(&args))[0]);
    }
    let page = std::fs::read_to_string(out.join("demo-storm-1/report.html")).expect("a page");
    assert!(page.contains("residual 0") && !page.contains("https://"));
}

#[test]
fn one_seed_gives_one_stream_of_records() {
    let (one, two) = (folder("same-1"), folder("same-2"));
    let run = |out: &Path| {
        let args = ["demo", "--json", "--faults", "storm", "--seed", "9", "--out", text(out)];
        json(&truefill(&args))[0].clone()
    };
    let (first, second) = (run(&one), run(&two));
    assert_eq!(first["state_digest"], second["state_digest"]);
    let cat = |run: &Value| truefill(&["journal", "cat", run["journal"].as_str().expect("path")]);
    assert_eq!(cat(&first).stdout, cat(&second).stdout);
    let export = |run: &Value| {
        let journal = run["journal"].as_str().expect("a path").to_owned();
        truefill(&["journal", "export", &journal, "--what", "fills"]).stdout
    };
    assert_eq!(export(&first), export(&second));
    assert!(lossy(&export(&first)).lines().count() > 20);
}

#[test]
fn the_shipped_configurations_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/configs");
    let out = folder("configs");
    let basket = root.join("basket-50.toml");
    let run = out.join("basket");
    let output = truefill(&["rehearse", text(&basket), "--json", "--out", text(&run)]);
    let run = json(&output);
    is_true(&run);
    assert_eq!(run["orders"], 50);
    assert_eq!(run["final_positions"]["target"], run["final_positions"]["broker"]);
    let seconds = |key: &str| run[key].as_str().and_then(|s| s.parse::<f64>().ok()).expect(key);
    assert!(seconds("send_seconds") <= seconds("least_send_seconds") * 1.01);
    let backtest = json(&truefill(&["backtest", text(&root.join("demo.toml")), "--json"]));
    assert_eq!((&backtest["gap"], &backtest["residual"]), (&"0".into(), &"0".into()));
    let rehearsed = truefill(&[
        "rehearse",
        text(&root.join("demo.toml")),
        "--json",
        "--out",
        text(&out.join("demo")),
        "--faults",
        "storm",
        "--crash-every",
        "9",
    ]);
    let rehearsed = json(&rehearsed);
    is_true(&rehearsed);
    assert!(rehearsed["crashes"].as_u64() > Some(3));
    assert_eq!(rehearsed["theory_pnl"], backtest["theory_pnl"], "one hypothesis, two worlds");
}

#[test]
fn a_targets_file_is_a_strategy() {
    let dir = folder("targets");
    let config = "[account]\nname = \"t\"\n[market]\nquotes = \"demo\"\n[strategy.mine]\n\
                  targets = \"targets.csv\"\n[strategy.mine.entry]\ncollar = { bps = 5 }\n";
    std::fs::write(dir.join("mine.toml"), config).expect("written");
    let rows = "time,strategy,symbol,target,price\n\
                2025-03-25T23:07:10Z,mine,BTCUSDT,0.02,\n\
                2025-03-25T23:08:00Z,mine,BTCUSDT,-0.01,87230.5\n";
    std::fs::write(dir.join("targets.csv"), rows).expect("written");
    let config = dir.join("mine.toml");
    let out = dir.join("run");
    let output = truefill(&["rehearse", text(&config), "--json", "--out", text(&out)]);
    let run = json(&output);
    is_true(&run);
    assert_eq!(run["final_positions"]["engine"]["BTCUSDT"], "-0.01");
    let wrong = rows.replace("BTCUSDT,-", "BTCUSDX,-");
    std::fs::write(dir.join("targets.csv"), wrong).expect("written");
    refused(&["rehearse", text(&config), "--out", text(&dir.join("b"))], &["BTCUSDX", "BTCUSDT"]);
}

#[test]
fn bad_input_is_refused_with_its_place_and_a_way_out() {
    let dir = folder("bad");
    let write = |name: &str, content: &str| {
        let path = dir.join(name);
        std::fs::write(&path, content).expect("written");
        path
    };
    refused(&["rehearse"], &["CONFIG"]);
    refused(&["rehearse", "/no/such.toml"], &["/no/such.toml", "nothing was started"]);
    let typo = write("typo.toml", "[account]\nnmae = \"x\"\n[market]\nquotes = \"demo\"\n");
    refused(&["rehearse", text(&typo)], &["typo.toml:2", "nmae", "did you mean `name`"]);
    refused(&["demo", "--faults", "strom"], &["calm, rough, storm"]);
    let faults = write("faults.json", "{\"lost_akc\": {\"probability\": 0.1}}");
    refused(&["demo", "--faults", text(&faults)], &["did you mean `lost_ack`"]);
    refused(&["demo", "--out", "/dev/null/x"], &["/dev/null/x", "nothing was started"]);
    refused(&["gap", "--ledger", "/no/such"], &["/no/such"]);
    refused(&["gap"], &["--ledger"]);
    let broken = write(
        "broken.jsonl",
        "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"instrument\",\"symbol\":\"A\",\"multplier\":\"1\"}\n",
    );
    refused(&["gap", "--ledger", text(&broken)], &["line 2", "multplier"]);
    refused(&["journal", "verify", text(&typo)], &["not a truefill journal"]);
    refused(&["journal", "verify", text(&dir.join("none.db"))], &["none.db"]);
    refused(&["journal", "export", text(&typo), "--what", "fils"], &["fills"]);
}

#[test]
fn malformed_market_data_loses_nothing_and_says_where() {
    let dir = folder("market");
    let config = "[account]\nname = \"m\"\n[market]\nquotes = \"q.csv\"\n[[instrument]]\n\
                  symbol = \"X\"\ntick = \"0.01\"\nlot = \"1\"\n[strategy.s]\n\
                  hold = { X = \"5\" }\nat = \"1s\"\n";
    let path = dir.join("m.toml");
    std::fs::write(&path, config).expect("written");
    let head = "time,symbol,bid_px,bid_qty,ask_px,ask_qty\n";
    let row = |second: u32, symbol: &str, bid: &str| {
        format!("2025-01-02T03:45:{second:02}Z,{symbol},{bid},10,100.01,10\n")
    };
    let good: String = (0..30).map(|s| row(s, "X", "100")).collect();
    let args = |out: &str| {
        [
            "rehearse".to_owned(),
            text(&path).to_owned(),
            "--json".to_owned(),
            "--out".to_owned(),
            text(&dir.join(out)).to_owned(),
        ]
    };
    let run = |out: &str, rows: String| {
        std::fs::write(dir.join("q.csv"), rows).expect("written");
        let args = args(out);
        truefill(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let fine = run("fine", format!("{head}{good}"));
    is_true(&json(&fine));
    for (name, row, word) in [
        ("price", row(31, "X", "1oo"), "1oo"),
        ("symbol", row(31, "Y", "100"), "Y"),
        ("cut", "2025-01-02T03:45:31Z,X,1".to_owned(), "q.csv:32"),
    ] {
        let output = run(name, format!("{head}{good}{row}"));
        let said = lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains("q.csv") && said.contains(word), "{name}: {said}");
        // What was decided before the bad row is durable and proves itself.
        let journal = dir.join(name).join("journal.db");
        let verified = truefill(&["journal", "verify", text(&journal)]);
        assert_eq!(verified.status.code(), Some(0), "{name}: {}", lossy(&verified.stderr));
    }
    let again = run("fine", format!("{head}{good}"));
    assert!(lossy(&again.stderr).contains("already holds a run"));
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn a_damaged_journal_is_not_verified() {
    let out = folder("damaged");
    let args = ["demo", "--json", "--faults", "calm", "--out", text(&out)];
    let run = json(&truefill(&args))[0].clone();
    let journal = PathBuf::from(run["journal"].as_str().expect("a path"));
    let mut bytes = std::fs::read(&journal).expect("readable");
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 64] {
        *byte ^= 0x5a;
    }
    std::fs::write(&journal, bytes).expect("written");
    let output = truefill(&["journal", "verify", text(&journal)]);
    assert_eq!(output.status.code(), Some(1), "{}", lossy(&output.stdout));
}
