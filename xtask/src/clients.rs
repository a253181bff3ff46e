//! Brokers' own clients, which the tests of the box run against it.
//!
//! They are installed beside the build, in versions that are written here, by their own package
//! tools. A machine without Python, without Node or without a network has none of them; the tests
//! that need them say so and pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::Workspace;

/// What to install. Changing a version installs anew.
const PYTHON: &str = "kiteconnect==5.2.2";
const NODE: &str = "kiteconnect@5.3.0";

/// Where the clients are. Tests find the folder by this path or by [`VARIABLE`].
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("clients")
}

/// Tells the tests where the clients are.
pub const VARIABLE: &str = "TRUEFILL_CLIENTS";

/// Installs what is missing; the error says what could not be, and why.
pub fn install(workspace: &Workspace) -> Result<(), String> {
    let folder = folder(workspace);
    let python = once(&folder.join("python"), PYTHON, python);
    let node = once(&folder.join("node"), NODE, node);
    match (python, node) {
        (Ok(()), Ok(())) => Ok(()),
        (python, node) => {
            let why = [python.err(), node.err()];
            Err(why.into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
    }
}

/// Installs into an empty folder, unless just this was installed there before.
fn once(folder: &Path, what: &str, install: fn(&Path) -> Result<(), String>) -> Result<(), String> {
    let mark = folder.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == what) {
        return Ok(());
    }
    // An unfinished installation is worth nothing.
    let _ = fs::remove_dir_all(folder);
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    install(folder).map_err(|why| format!("{what} is not here ({why})"))?;
    fs::write(&mark, what).map_err(|e| format!("{}: {e}", mark.display()))
}

fn python(folder: &Path) -> Result<(), String> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let python = folder.join("bin/python");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python).args(pip).args(["--timeout", "15", "--retries", "1", PYTHON]))?;
    run(Command::new(&python).args(["-c", "import kiteconnect"]))
}

fn node(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    let fetch = ["--fetch-retries=1", "--fetch-timeout=15000"];
    let mut npm = Command::new("npm");
    run(npm.arg("install").arg("--prefix").arg(folder).args(quiet).args(fetch).arg(NODE))
}

/// Runs a command quietly; the error is the last line of its complaint.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(|e| format!("{name} does not start: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
    Err(format!("{name}: {}", last.unwrap_or("it gives no reason")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_installed_twice() {
        let folder = std::env::temp_dir().join(format!("xtask-clients-{}", std::process::id()));
        let make = |folder: &Path| fs::create_dir_all(folder).map_err(|e| e.to_string());
        let fail = |_: &Path| Err("no network".to_owned());
        assert_eq!(once(&folder, "a==1", make), Ok(()));
        assert_eq!(once(&folder, "a==1", fail), Ok(()));
        let why = once(&folder, "a==2", fail).expect_err("another version");
        assert!(why.contains("a==2") && why.contains("no network"), "{why}");
        assert!(!folder.exists());
    }

    #[test]
    fn a_tool_that_is_not_here_is_named() {
        let why = run(&mut Command::new("no-such-tool-anywhere")).expect_err("missing");
        assert!(why.contains("no-such-tool-anywhere"), "{why}");
    }
}
