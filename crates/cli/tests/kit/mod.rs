//! The binary and the files of the repository, for tests that use both.
#![allow(dead_code)]

pub mod books;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the binary in the repository's own folder.
pub fn truefill(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
    command.args(args).current_dir(repository("")).output().expect("the binary runs")
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A fresh folder of a test.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one JSON document of a run that went well.
pub fn json(args: &[&str]) -> Value {
    let output = truefill(args);
    let said = lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

/// Ends with status 2, prints nothing, and says these words.
pub fn refused(args: &[&str], words: &[&str]) {
    let output = truefill(args);
    let said = lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    for word in words {
        assert!(said.contains(word), "{args:?}: `{word}` is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// What every run promises, whatever the broker did.
pub fn keeps_the_laws(run: &Value, what: &str) {
    assert_eq!(run["residual"], "0", "{what}");
    // A broker that makes two orders of one is beyond its word: it must have been noticed.
    if run["alerts"]["ID_COLLISION"].is_null() {
        assert_eq!(run["doubled_orders"], 0, "{what}");
        assert_eq!(run["max_overshoot"], "0", "{what}");
    }
    assert_eq!(run["violations"], Value::Array(vec![]), "{what}");
    assert_eq!(run["final_positions"]["engine"], run["final_positions"]["broker"], "{what}");
}
