//! Every check of this repository as one command, written in Rust so that it runs wherever
//! cargo does and needs nothing else.
//!
//! Start reading at [`steps::test`] (what the gate runs, in which order) and [`tidy::check`]
//! (the house rules that the compiler does not know).
//!
//! Exit status: 0 all is well; 1 a check failed; 2 the command was not understood.

mod cargo;
mod clients;
mod planted;
mod smoke;
mod steps;
mod tally;
mod tidy;

use std::process::ExitCode;

use cargo::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test           everything that must be green before a change is merged: format, tidy, clippy,
                 all tests and doc tests, and the release binary run once; brokers' own clients
                 are installed beside the build for it where Python and Node are there
  tidy           only the house rules (layers, lengths, banned patterns, docs, sizes); fast
  planted [ARGS] hunts for the faults that are planted on purpose, with the swarm; without ARGS
                 for all of them, and docs/planted-bugs.md is written
  clients        installs brokers' own clients beside the build, for the tests of the box
  bench [ARGS]   cargo bench --workspace; ARGS are handed on
  help           this text

CARGO_TARGET_DIR is respected. Exit status: 0 well, 1 a check failed, 2 bad usage.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        ["test"] => Workspace::discover().map(|workspace| steps::test(&workspace)),
        ["tidy"] => Workspace::discover().and_then(|workspace| tidy::run(&workspace.root)),
        ["planted", extra @ ..] => Workspace::discover().and_then(|w| planted::hunt(&w, extra)),
        ["clients"] => Workspace::discover().and_then(|w| clients::install(&w).map(|()| true)),
        ["bench", extra @ ..] => Workspace::discover().and_then(|w| steps::bench(&w, extra)),
        other => {
            eprintln!("cargo xtask does not know `{}`\n\n{USAGE}", other.join(" "));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("cargo xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
