//! What `--resume` refuses, and what it says.
#![cfg(unix)]

use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use truefill_journal::lock::Lock;

const CONFIG: &str = "[account]\nname = \"m\"\n[market]\nquotes = \"q.csv\"\n[[instrument]]\n\
                      symbol = \"X\"\ntick = \"0.01\"\nlot = \"1\"\n[strategy.s]\n\
                      hold = { X = \"5\" }\nat = \"1s\"\n";

fn text(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

fn truefill(args: &[&str], die_at: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
    command.args(args);
    if let Some(at) = die_at {
        command.env("TRUEFILL_DIE_AT", at);
    }
    command.output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a configuration, its market, and a run that was killed.
fn killed(name: &str, die_at: &str) -> (PathBuf, PathBuf) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("resume-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a folder");
    std::fs::write(dir.join("m.toml"), CONFIG).expect("written");
    let row = |s: u32| format!("2025-01-02T03:45:{s:02}Z,X,100,10,100.01,10\n");
    let rows: String = (0..30).map(row).collect();
    let head = "time,symbol,bid_px,bid_qty,ask_px,ask_qty\n";
    std::fs::write(dir.join("q.csv"), format!("{head}{rows}")).expect("written");
    let run = dir.join("run");
    let config = dir.join("m.toml");
    let args = ["rehearse", text(&config), "--faults", "storm", "--out", text(&run)];
    let output = truefill(&args, Some(die_at));
    assert!(output.status.signal().is_some(), "it dies: {}", said(&output));
    (dir, run)
}

fn refused(args: &[&str], words: &[&str]) {
    let output = truefill(args, None);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: `{word}` is not in: {said}");
    }
}

fn resumes(run: &Path, args: &[&str]) -> (Value, String) {
    let all = [&["rehearse", "--resume", text(run), "--json"], args].concat();
    let output = truefill(&all, None);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    (serde_json::from_slice(&output.stdout).expect("JSON"), said(&output))
}

#[test]
fn arguments_may_repeat_and_not_contradict() {
    let (dir, run) = killed("arguments", "after-commit:6");
    let resume = |more: &[&'static str], words: &[&str]| {
        let all = [&["rehearse", "--resume", text(&run)], more].concat();
        refused(&all, words);
    };
    resume(&["--seed", "2"], &["--seed 2", "seed 1", "nothing was started"]);
    resume(&["--faults", "calm"], &["--faults calm", "faults storm"]);
    resume(&["--crash-every", "3"], &["--crash-every"]);
    resume(&["--out", "x"], &["--out"]);
    let other = dir.join("other.toml");
    std::fs::write(&other, format!("{CONFIG}# more\n")).expect("written");
    refused(&["rehearse", text(&other), "--resume", text(&run)], &["other.toml", "contradicts"]);
    let config = dir.join("m.toml");
    let (done, _) = resumes(&run, &[text(&config), "--seed", "1", "--faults", "storm"]);
    assert_eq!((&done["residual"], &done["crashes"]), (&"0".into(), &1.into()));
    assert_eq!(done["final_positions"]["engine"]["X"], "5");
}

#[test]
fn a_finished_run_says_so_and_stays_as_it_is() {
    let (_, run) = killed("finished", "line:3");
    let (done, _) = resumes(&run, &[]);
    let journal = std::fs::read(run.join("journal.db")).expect("readable");
    let (again, _) = resumes(&run, &[]);
    assert_eq!(done, again);
    assert_eq!(std::fs::read(run.join("journal.db")).expect("readable"), journal);
    let output = truefill(&["rehearse", "--resume", text(&run)], None);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && out.contains("is finished"), "{out}");
}

#[test]
fn what_is_no_run_or_somebody_elses_is_refused() {
    let (dir, run) = killed("refused", "after-commit:6");
    refused(&["rehearse", "--resume", text(&dir)], &["no run.json", "nothing was started"]);
    refused(&["rehearse", "--resume", "/no/such"], &["/no/such"]);
    let config = dir.join("m.toml");
    refused(
        &["rehearse", text(&config), "--out", text(&run)],
        &["already holds a run", "--resume"],
    );
    let lock = Lock::acquire(&run.join("journal.db")).expect("free");
    refused(&["rehearse", "--resume", text(&run)], &["another process", "holds this journal"]);
    drop(lock);
    let begun = std::fs::read_to_string(run.join("run.json")).expect("readable");
    std::fs::write(run.join("run.json"), &begun[..begun.len() / 2]).expect("written");
    refused(&["rehearse", "--resume", text(&run)], &["run.json", "nothing was started"]);
    let build = begun.replacen("\"build\": \"", "\"build\": \"other-", 1);
    std::fs::write(run.join("run.json"), build).expect("written");
    refused(&["rehearse", "--resume", text(&run)], &["build other-"]);
    let seed = begun.replacen("\"seed\": 1", "\"seed\": 2", 1);
    std::fs::write(run.join("run.json"), seed).expect("written");
    refused(&["rehearse", "--resume", text(&run)], &["does not come again", "nothing was written"]);
    std::fs::write(run.join("run.json"), &begun).expect("written");
    resumes(&run, &[]);
}

#[test]
fn changed_market_data_are_refused_and_an_edited_configuration_is_told() {
    let (dir, run) = killed("changed", "after-commit:6");
    let quotes = std::fs::read_to_string(dir.join("q.csv")).expect("readable");
    std::fs::write(dir.join("q.csv"), quotes.replace(":29Z,X,100,", ":29Z,X,99,"))
        .expect("written");
    refused(&["rehearse", "--resume", text(&run)], &["q.csv", "was changed since the run began"]);
    std::fs::write(dir.join("q.csv"), quotes).expect("written");
    std::fs::write(dir.join("m.toml"), "nonsense").expect("written");
    let (done, note) = resumes(&run, &[]);
    assert_eq!(done["residual"], "0");
    assert!(note.contains("m.toml was edited since"), "{note}");
}

#[test]
fn a_journal_or_log_of_another_run_is_refused() {
    let (_, run) = killed("swapped", "after-commit:8");
    let truth = run.join("truth.jsonl");
    let lines = std::fs::read_to_string(&truth).expect("readable");
    std::fs::write(&truth, lines.replacen("\"id\":1,", "\"id\":9,", 1)).expect("written");
    refused(&["rehearse", "--resume", text(&run)], &["truth log", "line 1 does not come again"]);
    std::fs::write(&truth, &lines).expect("written");
    let output = truefill(&["rehearse", "--resume", text(&run)], Some("after-commit:12"));
    assert!(output.status.signal().is_some(), "{}", said(&output));
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(run.join(name));
    }
    refused(&["rehearse", "--resume", text(&run)], &["kills.jsonl", "shorter"]);
}

#[test]
fn a_wrong_point_to_die_at_is_refused() {
    let (dir, run) = killed("point", "start:1");
    let config = dir.join("m.toml");
    let out = dir.join("other");
    let args = ["rehearse", text(&config), "--out", text(&out)];
    let output = truefill(&args, Some("lunch:1"));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("before-commit"), "{}", said(&output));
    resumes(&run, &[]);
}
