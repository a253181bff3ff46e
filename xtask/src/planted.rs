//! The hunt for faults planted on purpose, as a command.
//!
//! Entry points: [`hunt`] (all of them, the page in `docs/`), [`QUICK`] (what the gate runs).
//!
//! Invariant: the feature that compiles them in is named here and in the manifest of
//! `crates/planted`, nowhere else.

use crate::cargo::Workspace;

/// Where the table is written.
const PAGE: &str = "docs/planted-bugs.md";

/// The gate's share: the feature builds, and most plants are found within a few seeds.
pub const QUICK: [&str; 5] = ["test", "-p", "truefill-planted", "--features", "planted"];

/// Hunts; true when everything was found. Without arguments for all, and the page is written.
pub fn hunt(workspace: &Workspace, extra: &[&str]) -> Result<bool, String> {
    let run = ["run", "--release", "-p", "truefill-planted", "--features", "planted", "--"];
    let mut command = workspace.cargo(&run);
    if extra.is_empty() {
        command.args(["--table", PAGE]);
    }
    let status = command.args(extra).status().map_err(|e| format!("cargo does not start: {e}"))?;
    Ok(status.success())
}
