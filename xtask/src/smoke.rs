//! The last step of the gate: the binary a user gets must run.
//!
//! Tests run unoptimised code in test programs. This step runs the release binary the way a
//! newcomer does on the first day: `truefill demo`, offline and without a config.

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
    use super::looks_like_json;

    #[test]
    fn only_a_whole_document_will_do() {
        assert!(looks_like_json("[{\"gap\":\"1.5\"}]\n").is_ok());
        assert!(looks_like_json("{\"a\":1}\n{\"a\":2}\n").is_ok());
        for bad in ["", " \n", "loading...\n[]", "[{}", "[]\ndone", "[}"] {
            assert!(looks_like_json(bad).is_err(), "{bad:?}");
        }
    }
}
