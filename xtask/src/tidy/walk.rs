//! The files of the repository: everything below the root but build output and version control.

use std::fs;
use std::path::Path;

/// A file, before anything is read.
#[derive(Debug)]
pub struct Entry {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// All files, in order of path. Links are not followed.
pub fn files(root: &Path) -> Result<Vec<Entry>, String> {
    let mut found = Vec::new();
    visit(root, "", &mut found).map_err(|e| format!("the tree cannot be read: {e}"))?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn visit(folder: &Path, prefix: &str, found: &mut Vec<Entry>) -> std::io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        let path = format!("{prefix}{}", item.file_name().to_string_lossy());
        let kind = item.file_type()?;
        if kind.is_dir() && !skipped(&item.path(), &path) {
            visit(&item.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            found.push(Entry { path, bytes: item.metadata()?.len() });
        }
    }
    Ok(())
}

/// Cargo marks its build folder, whatever its name; `target` inside a crate is a module like any
/// other.
fn skipped(folder: &Path, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(path, "target" | "truefill-out")
        || name == ".git"
        || folder.join("CACHEDIR.TAG").exists()
}
