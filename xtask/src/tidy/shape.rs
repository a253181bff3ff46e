//! What a file looks like from outside: its opening words, its characters, its size.

use super::Finding;
use super::source::Source;
use super::walk::Entry;

/// Bytes of a committed file.
const FILE_BYTES_MAX: u64 = 3_000_000;

/// Crate roots, `mod.rs` files and the modules right under `src` say what they are for.
pub fn module_docs(sources: &[Source]) -> Vec<Finding> {
    let silent = sources.iter().filter(|source| {
        let first = source.text.lines().find(|line| !line.trim().is_empty());
        opens_a_module(&source.path)
            && !source.is_test_file()
            && !first.is_some_and(|line| line.starts_with("//!"))
    });
    let message = "begins without `//!`; say its purpose, its entry points and its invariants";
    silent.map(|source| source.finding("module-doc", 0, message.to_owned())).collect()
}

fn opens_a_module(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let inside = match parts.as_slice() {
        ["crates", _, "src", inside @ ..] | ["xtask", "src", inside @ ..] => inside,
        _ => return false,
    };
    match inside {
        [file] => file.ends_with(".rs"),
        [.., file] => *file == "mod.rs",
        [] => false,
    }
}

/// Code is ASCII, so that no name looks like another; strings and comments may be anything.
pub fn ascii(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        if let Some((at, odd)) = source.code.char_indices().find(|(_, c)| !c.is_ascii()) {
            let message = format!("`{}` in code; spell it in ASCII", odd.escape_unicode());
            findings.push(source.finding("non-ascii", at, message));
        }
    }
    findings
}

/// Nothing big goes into the history.
pub fn sizes(files: &[Entry]) -> Vec<Finding> {
    let big = files.iter().filter(|file| file.bytes > FILE_BYTES_MAX);
    big.map(|file| Finding {
        path: file.path.clone(),
        line: 1,
        rule: "file-size",
        message: format!(
            "{} bytes, at most {FILE_BYTES_MAX}; thin it out, compress it or generate it",
            file.bytes
        ),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_begin_with_their_purpose() {
        let count = |path, text| module_docs(&[Source::new(path, text)]).len();
        for path in [
            "crates/core/src/lib.rs",
            "crates/cli/src/main.rs",
            "crates/core/src/num.rs",
            "crates/core/src/record/deep/mod.rs",
            "xtask/src/tidy/mod.rs",
        ] {
            assert_eq!(count(path, "\n//! Numbers.\n"), 0, "{path}");
            for bad in ["", "// Numbers.\n", "use a::b;\n//! Late.\n", "/// Item.\nfn f() {}"] {
                assert_eq!(count(path, bad), 1, "{path}: {bad}");
            }
        }
        for free in ["crates/core/src/record/bytes.rs", "crates/core/tests/day.rs", "README.md"] {
            assert_eq!(count(free, "text"), 0, "{free}");
        }
    }

    #[test]
    fn code_is_ascii() {
        let found = |text| ascii(&[Source::new("crates/core/src/lib.rs", text)]);
        assert_eq!(found("// \u{20b9}\nlet a = \"\u{20b9}\"; let c = '\u{20b9}';"), []);
        let odd = found("fn a() {}\nlet \u{3c0} = 3;");
        assert_eq!(odd.len(), 1);
        assert_eq!(odd[0].line, 2);
    }

    #[test]
    fn big_files_are_found() {
        let file = |bytes| Entry { path: "data/bars.csv".to_owned(), bytes };
        assert_eq!(sizes(&[file(3_000_000)]), []);
        assert_eq!(sizes(&[file(3_000_001)]).len(), 1);
    }
}
