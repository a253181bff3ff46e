//! House rules that the compiler does not know, in plain std Rust.
//!
//! One file a family of rules; each rule has a name (see [`RULES`]), says what to use instead,
//! and is shown to fail by a test. [`check`] looks at the whole tree; [`run`] prints.
//!
//! Invariants:
//! 1. A rule reads code without comments and strings ([`lexer::mask`]), unless it is about them.
//! 2. An exception names a rule, a file and a reason in `xtask/tidy-allow.txt`; one that is not
//!    needed any more is itself an error.

mod allow;
mod banned;
mod deps;
mod docs;
mod items;
mod lengths;
mod lexer;
mod scan;
mod shape;
mod source;
mod walk;

use std::fmt;
use std::path::Path;

/// The name of every rule, as exceptions spell it.
pub const RULES: [&str; 19] = [
    "core-clock",
    "core-float",
    "core-hash",
    "core-io",
    "core-panic",
    "core-print",
    "core-random",
    "debug-macro",
    "dependency-argued",
    "dependency-direction",
    "doc-path",
    "file-length",
    "file-size",
    "fn-length",
    "module-doc",
    "non-ascii",
    "open-mark",
    "unsafe-code",
    "vague-name",
];

/// Something that is not as the house wants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// One of [`RULES`], or `tidy-allow` for the list of exceptions itself.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.message)
    }
}

/// Checks the tree under `root` and prints what is wrong; true when nothing is.
pub fn run(root: &Path) -> Result<bool, String> {
    let findings = check(root)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} rules, nothing to mend", RULES.len()),
        1 => println!("tidy: 1 finding"),
        count => println!("tidy: {count} findings"),
    }
    Ok(findings.is_empty())
}

/// Everything wrong under `root`, in order of path and line. Fails only if the tree cannot be
/// read.
pub fn check(root: &Path) -> Result<Vec<Finding>, String> {
    let files = walk::files(root)?;
    let sources = source::load(root, &files)?;
    let mut findings = banned::check(&sources);
    findings.extend(lengths::check(&sources));
    findings.extend(shape::module_docs(&sources));
    findings.extend(shape::ascii(&sources));
    findings.extend(shape::sizes(&files));
    findings.extend(deps::check(&sources));
    findings.extend(docs::check(&sources, &|path| root.join(path).exists()));
    let mut left = allow::apply(&sources, findings);
    left.sort();
    Ok(left)
}

#[cfg(test)]
mod tests;
