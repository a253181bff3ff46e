//! A text file with what the rules ask of it: masked code, line numbers, and which parts are
//! only for tests.

use std::fs;
use std::ops::Range;
use std::path::Path;

use super::walk::Entry;
use super::{Finding, items, lexer};

/// Kinds of files that people write and read.
const TEXT: [&str; 12] =
    ["rs", "md", "toml", "txt", "py", "sh", "sql", "html", "css", "js", "yml", "yaml"];

/// One text file.
#[derive(Debug)]
pub struct Source {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// The file as it is.
    pub text: String,
    /// Rust: the text with comments and literals blanked, byte for byte in the same place.
    /// Other files: empty.
    pub code: String,
    test_file: bool,
    test_parts: Vec<Range<usize>>,
}

impl Source {
    /// Takes a file; whether another file declares it as a test module is found by [`load`].
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { lexer::mask(text) } else { String::new() };
        let in_folder = |name: &str| path.split('/').rev().skip(1).any(|folder| folder == name);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            test_file: in_folder("tests") || in_folder("benches"),
            test_parts: items::test_parts(&code),
            code,
        }
    }

    /// Whether this is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is compiled for tests or benchmarks only.
    pub fn is_test_file(&self) -> bool {
        self.test_file
    }

    /// Whether the byte at `offset` is compiled for tests or benchmarks only.
    pub fn is_test(&self, offset: usize) -> bool {
        self.test_file || self.test_parts.iter().any(|part| part.contains(&offset))
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
    }

    /// A finding at a byte of this file.
    pub fn finding(&self, rule: &'static str, offset: usize, message: String) -> Finding {
        Finding { path: self.path.clone(), line: self.line(offset), rule, message }
    }
}

/// Reads every text file among `files`.
pub fn load(root: &Path, files: &[Entry]) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for file in files {
        let extension = file.path.rsplit_once('.').map_or("", |(_, extension)| extension);
        if TEXT.contains(&extension) {
            let bytes = fs::read(root.join(&file.path))
                .map_err(|e| format!("{} cannot be read: {e}", file.path))?;
            // A fixture may be broken on purpose.
            sources.push(Source::new(&file.path, &String::from_utf8_lossy(&bytes)));
        }
    }
    mark_test_modules(&mut sources);
    Ok(sources)
}

/// Marks the files behind `#[cfg(test)] mod name;`.
pub fn mark_test_modules(sources: &mut [Source]) {
    let stems: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            let folder = child_folder(&source.path);
            items::test_modules(&source.code).into_iter().map(move |name| format!("{folder}{name}"))
        })
        .collect();
    for source in sources {
        let path = source.path.as_str();
        source.test_file |= stems.iter().any(|stem| {
            path.strip_prefix(stem.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
}

/// Where the modules that a file declares live: beside `lib.rs`, `main.rs` and `mod.rs`, else in
/// the folder named after the file. Ends with a slash.
fn child_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => format!("{folder}/"),
        other => format!("{folder}/{}/", other.trim_end_matches(".rs")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_test_modules_are_test_files() {
        let mut sources = [
            Source::new("crates/a/src/lib.rs", "#[cfg(test)]\nmod tests;\nmod plain;\n"),
            Source::new("crates/a/src/tests.rs", ""),
            Source::new("crates/a/src/plain.rs", "#[cfg(test)]\nmod model;\n"),
            Source::new("crates/a/src/plain/model.rs", ""),
            Source::new("crates/a/src/model.rs", ""),
            Source::new("crates/a/tests/whole.rs", ""),
        ];
        mark_test_modules(&mut sources);
        let marked: Vec<bool> = sources.iter().map(Source::is_test_file).collect();
        assert_eq!(marked, [false, true, false, true, false, true]);
    }

    #[test]
    fn only_the_test_part_of_a_file_is_test_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("crates/a/src/lib.rs", text);
        let at = |what: &str| text.find(what).expect("it is there");
        assert!(!source.is_test(at("fn a")));
        assert!(source.is_test(at("fn b")));
        assert!(!source.is_test(at("fn c")));
        assert_eq!(source.line(at("fn c")), 6);
    }
}
