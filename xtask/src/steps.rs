//! The gate: its steps, in order, stopping at the first that fails.
//!
//! Invariants:
//! 1. Every step is announced before it runs and judged after it, with its time.
//! 2. A tool that is not installed is skipped visibly, never silently.
//! 3. The last line on standard output is `N passed, M failed`, whatever happened.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::cargo::{Workspace, stream};
use crate::clients;
use crate::planted;
use crate::smoke;
use crate::tally::Tally;
use crate::tidy;

/// How a step ended. The text says what to do (failure) or what was missing (skip).
enum Outcome {
    Pass,
    Skip(String),
    Fail(String),
}

/// What the steps share.
struct Gate<'a> {
    workspace: &'a Workspace,
    tally: Tally,
}

struct Step {
    name: &'static str,
    /// What runs, for the heading.
    shows: &'static str,
    run: fn(&mut Gate<'_>) -> Outcome,
}

const STEPS: [Step; 8] = [
    Step { name: "format", shows: "cargo fmt --all --check", run: format },
    Step { name: "tidy", shows: "cargo xtask tidy", run: house_rules },
    Step {
        name: "clippy",
        shows: "cargo clippy --workspace --all-targets -- -D warnings",
        run: clippy,
    },
    Step {
        name: "clients",
        shows: "brokers' own clients, beside the build",
        run: official_clients,
    },
    Step { name: "tests", shows: "cargo test --workspace, and planted faults", run: tests },
    Step { name: "release", shows: "cargo build --release", run: release },
    Step { name: "demo", shows: "truefill demo --json --out DIR", run: demo },
    Step { name: "swarm", shows: "truefill swarm --seeds 1..2500 --json", run: swarm },
];

/// Runs the whole gate; true when everything that could run passed.
pub fn test(workspace: &Workspace) -> bool {
    let mut gate = Gate { workspace, tally: Tally::default() };
    let green = drive(&STEPS, &mut gate);
    println!();
    println!("{} passed, {} failed", gate.tally.passed(), gate.tally.failed());
    green
}

/// Runs all benchmarks; true when they ran.
pub fn bench(workspace: &Workspace, extra: &[&str]) -> Result<bool, String> {
    let mut command = workspace.cargo(&["bench", "--workspace"]);
    let status = command.args(extra).status().map_err(|e| format!("cargo does not start: {e}"))?;
    Ok(status.success())
}

/// Runs steps in order until one fails, and sums up.
fn drive(steps: &[Step], gate: &mut Gate<'_>) -> bool {
    let mut summary = Vec::new();
    let mut advice = None;
    for (index, step) in steps.iter().enumerate() {
        if advice.is_some() {
            summary.push(format!("  ----  {} (not reached)", step.name));
            continue;
        }
        println!("\n=== {}/{} {}: {}", index + 1, steps.len(), step.name, step.shows);
        let start = Instant::now();
        let (verdict, note) = match (step.run)(gate) {
            Outcome::Pass => ("PASS", String::new()),
            Outcome::Skip(missing) => ("SKIP", format!(": {missing}")),
            Outcome::Fail(what_to_do) => {
                advice = Some(what_to_do);
                ("FAIL", String::new())
            }
        };
        let line = format!("{verdict}  {} ({}){note}", step.name, seconds(start.elapsed()));
        println!("=== {line}");
        summary.push(format!("  {line}"));
    }
    println!("\n=== summary");
    summary.iter().for_each(|line| println!("{line}"));
    if let Some(what_to_do) = &advice {
        println!("\nThe gate is red. {what_to_do}");
    }
    advice.is_none()
}

fn seconds(time: Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

/// Whether `cargo TOOL` can run here; the error is the first line of its complaint.
fn installed(workspace: &Workspace, tool: &str) -> Result<(), String> {
    let missing = |why: &str| Err(format!("cargo {tool} is not installed here ({why})"));
    match workspace.cargo(&[tool, "--version"]).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            missing(complaint.lines().next().unwrap_or("it gives no reason"))
        }
        Err(e) => missing(&e.to_string()),
    }
}

/// Runs a command whose exit status is the whole answer.
fn judge(command: &mut Command, what_to_do: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Pass,
        Ok(_) => Outcome::Fail(what_to_do.to_owned()),
        Err(e) => Outcome::Fail(format!("cargo does not start: {e}")),
    }
}

fn format(gate: &mut Gate<'_>) -> Outcome {
    if let Err(missing) = installed(gate.workspace, "fmt") {
        return Outcome::Skip(missing);
    }
    judge(
        &mut gate.workspace.cargo(&["fmt", "--all", "--check"]),
        "Run `cargo fmt --all` and look at what it changed.",
    )
}

fn house_rules(gate: &mut Gate<'_>) -> Outcome {
    match tidy::run(&gate.workspace.root) {
        Ok(true) => Outcome::Pass,
        Ok(false) => Outcome::Fail(
            "Mend what tidy lists above (`cargo xtask tidy` runs it alone); a rule that is \
             wrong for one file takes a line with its reason in xtask/tidy-allow.txt."
                .to_owned(),
        ),
        Err(why) => Outcome::Fail(why),
    }
}

fn clippy(gate: &mut Gate<'_>) -> Outcome {
    if let Err(missing) = installed(gate.workspace, "clippy") {
        return Outcome::Skip(missing);
    }
    judge(
        &mut gate.workspace.cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        "Mend each warning above; where a lint is wrong, `#[expect(lint, reason = \"...\")]`.",
    )
}

fn official_clients(gate: &mut Gate<'_>) -> Outcome {
    match clients::install(gate.workspace) {
        Ok(()) => Outcome::Pass,
        Err(missing) => Outcome::Skip(missing),
    }
}

fn tests(gate: &mut Gate<'_>) -> Outcome {
    match run_tests(gate, &["test", "--workspace", "--no-fail-fast"]) {
        Outcome::Pass => run_tests(gate, &planted::QUICK),
        other => other,
    }
}

fn run_tests(gate: &mut Gate<'_>, arguments: &[&str]) -> Outcome {
    let mut command = gate.workspace.cargo(arguments);
    command.env(clients::VARIABLE, clients::folder(gate.workspace));
    let tally = &mut gate.tally;
    let mut screen = std::io::stdout().lock();
    let status = match stream(&mut command, &mut screen, |chunk| tally.feed(chunk)) {
        Ok(status) => status,
        Err(e) => return Outcome::Fail(format!("cargo test could not be followed: {e}")),
    };
    verdict(status.success(), tally)
}

/// What a test run proves. One in which nothing ran proves nothing.
fn verdict(success: bool, tally: &Tally) -> Outcome {
    let advice = match (success, tally.passed(), tally.failed()) {
        (true, 1.., 0) => return Outcome::Pass,
        (true, 0, 0) => {
            "Not one test ran, which proves nothing: see whether a filter or a cfg hides them."
        }
        (false, _, 0) => "The tests do not build or do not start: mend the first error above.",
        _ => {
            "Re-run one failing test with `cargo test -p CRATE NAME`; a failing seed is run again \
             with `truefill swarm --seeds N..N`."
        }
    };
    Outcome::Fail(advice.to_owned())
}

fn release(gate: &mut Gate<'_>) -> Outcome {
    judge(
        &mut gate.workspace.cargo(&["build", "--release"]),
        "The release build fails where the tests build: look for cfg(debug_assertions).",
    )
}

fn demo(gate: &mut Gate<'_>) -> Outcome {
    release_binary(smoke::demo(gate.workspace))
}

fn swarm(gate: &mut Gate<'_>) -> Outcome {
    release_binary(smoke::swarm(gate.workspace))
}

fn release_binary(ran: Result<(), String>) -> Outcome {
    match ran {
        Ok(()) => Outcome::Pass,
        Err(what_to_do) => Outcome::Fail(format!("Release binary: {what_to_do}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: Step = Step { name: "good", shows: "", run: |_| Outcome::Pass };
    const SKIP: Step = Step { name: "none", shows: "", run: |_| Outcome::Skip("x".into()) };
    const FAIL: Step = Step { name: "bad", shows: "", run: |_| Outcome::Fail("mend it".into()) };
    /// Leaves a trace in the tally.
    const TRACE: Step = Step {
        name: "trace",
        shows: "",
        run: |gate| {
            gate.tally.feed(b"test result: ok. 1 passed; 0 failed;\n");
            Outcome::Pass
        },
    };

    fn driven(steps: &[Step]) -> (bool, u64) {
        let workspace = Workspace::discover().expect("tests run inside the repository");
        let mut gate = Gate { workspace: &workspace, tally: Tally::default() };
        let green = drive(steps, &mut gate);
        (green, gate.tally.passed())
    }

    #[test]
    fn the_first_failure_stops_the_gate() {
        assert_eq!(driven(&[PASS, TRACE, FAIL, TRACE]), (false, 1));
    }

    #[test]
    fn a_skipped_step_does_not() {
        assert_eq!(driven(&[SKIP, TRACE, PASS, TRACE]), (true, 2));
    }

    #[test]
    fn only_tests_that_ran_and_passed_prove_something() {
        let passes = |success, output: &str| {
            let mut tally = Tally::default();
            tally.feed(output.as_bytes());
            matches!(verdict(success, &tally), Outcome::Pass)
        };
        assert!(passes(true, "test result: ok. 1 passed; 0 failed;\n"));
        assert!(!passes(true, "running 0 tests\ntest result: ok. 0 passed; 0 failed;\n"));
        assert!(!passes(true, ""));
        assert!(!passes(false, "test result: ok. 1 passed; 0 failed;\n"));
        assert!(!passes(true, "test result: FAILED. 1 passed; 1 failed;\n"));
    }

    #[test]
    fn a_tool_that_does_not_exist_is_missing() {
        let workspace = Workspace::discover().expect("tests run inside the repository");
        let missing = installed(&workspace, "no-such-tool-anywhere");
        assert!(missing.is_err_and(|why| why.contains("is not installed")));
    }
}
