//! The last steps of the gate: the binary a user gets must run, and run fast.
//!
//! Tests run unoptimised code in test programs. These steps run the release binary: the way a
//! newcomer does on the first day, `truefill demo`, offline and without a config; and through
//! more simulated days than unoptimised code could live in a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::Workspace;

/// Runs the release demo once. The error says what is wrong and what to do.
pub fn demo(workspace: &Workspace) -> Result<(), String> {
    let binary = workspace.release_binary();
    if !binary.is_file() {
        return Err(format!("{} was not built: is the cli crate's binary renamed?", show(&binary)));
    }
    let out = OutDir::new();
    let output = Command::new(&binary)
        .args(["demo", "--json", "--out"])
        .arg(&out.0)
        .current_dir(&workspace.root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{} does not start: {e}", show(&binary)))?;
    if !output.status.success() {
        let again = "run it by hand: cargo run --release -- demo --json --out DIR";
        return Err(format!("the demo ended with {}; {again}", output.status));
    }
    looks_like_json(&String::from_utf8_lossy(&output.stdout))?;
    println!("the demo exits with 0 and prints {} bytes of JSON", output.stdout.len());
    Ok(())
}

/// Lives these days and compares: no law is broken, and the first thousand end in the same bytes
/// on one thread as on all. The error says what is wrong and what to do.
pub fn swarm(workspace: &Workspace) -> Result<(), String> {
    let all = swarm_of(workspace, &["--seeds", SWARM_SEEDS])?;
    let days = field(&all, "\"simulated_days\":")?;
    let digest = |threads: &str| {
        let out = swarm_of(workspace, &["--seeds", SWARM_TWICE, "--threads", threads])?;
        field(&out, "\"digest\":").map(str::to_owned)
    };
    let (alone, together) = (digest("1")?, digest("3")?);
    if alone != together {
        return Err(format!(
            "seeds {SWARM_TWICE} end in other bytes on three threads than on one ({together}, \
             {alone}): something that is not in the seed decides"
        ));
    }
    println!("{days} simulated days break no law; seeds {SWARM_TWICE} twice: digest {alone}");
    Ok(())
}

/// The days that the gate lives.
const SWARM_SEEDS: &str = "1..2500";
/// Those that it lives again.
const SWARM_TWICE: &str = "1..1000";

fn swarm_of(workspace: &Workspace, args: &[&str]) -> Result<String, String> {
    let binary = workspace.release_binary();
    let output = Command::new(&binary)
        .args(["swarm", "--json"])
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{} does not start: {e}", show(&binary)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "`truefill swarm {}` ended with {}: run it by hand without --json for the smallest story",
        args.join(" "),
        output.status
    ))
}

/// The value after a name in a JSON document of one line, as it is written.
fn field<'a>(document: &'a str, name: &str) -> Result<&'a str, String> {
    let rest = document.split_once(name).map(|(_, rest)| rest);
    let value = rest.and_then(|rest| rest.split([',', '}']).next()).map(str::trim);
    value.ok_or_else(|| format!("`swarm --json` says no {name}"))
}

/// Enough to notice a log line or a panic on standard output. What the document says is
/// checked by the tests of the cli crate, with a real parser.
fn looks_like_json(text: &str) -> Result<(), String> {
    let text = text.trim();
    let closed = |open, close| text.starts_with(open) && text.ends_with(close);
    if text.is_empty() {
        return Err("`demo --json` prints nothing on standard output; it must print one \
                    JSON document"
            .to_owned());
    }
    if !closed('{', '}') && !closed('[', ']') {
        let start: String = text.chars().take(80).collect();
        return Err(format!(
            "`demo --json` must print JSON and nothing else on standard output (messages go to \
             standard error); it begins with: {start}"
        ));
    }
    Ok(())
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// A folder of our own under the system's temporary folder, removed at the end.
struct OutDir(PathBuf);

impl OutDir {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("truefill-smoke-{}", std::process::id())))
    }
}

impl Drop for OutDir {
    fn drop(&mut self) {
        // Nothing depends on it: the system clears its temporary folder in the end.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{field, looks_like_json};

    #[test]
    fn a_field_is_what_follows_its_name() {
        assert_eq!(field("{\"a\":1,\"b\":\"x\"}", "\"b\":"), Ok("\"x\""));
        assert!(field("{\"a\":1}", "\"b\":").is_err());
    }

    #[test]
    fn only_a_whole_document_will_do() {
        assert!(looks_like_json("[{\"gap\":\"1.5\"}]\n").is_ok());
        assert!(looks_like_json("{\"a\":1}\n{\"a\":2}\n").is_ok());
        for bad in ["", " \n", "loading...\n[]", "[{}", "[]\ndone", "[}"] {
            assert!(looks_like_json(bad).is_err(), "{bad:?}");
        }
    }
}
