//! Names the build: the version and a fingerprint of the code that decides. A journal segment
//! carries it, and `journal verify` decides again only what the same code decided.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let core = Path::new("../core/src");
    println!("cargo:rerun-if-changed={}", core.display());
    let mut files = Vec::new();
    collect(core, &mut files);
    files.sort();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for file in &files {
        for byte in fs::read(file).unwrap_or_default() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    println!("cargo:rustc-env=TRUEFILL_BUILD={}+{hash:016x}", env!("CARGO_PKG_VERSION"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
