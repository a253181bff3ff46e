//! The two documents a newcomer opens first name only what exists.

use super::Finding;
use super::source::Source;

const DOCUMENTS: [&str; 2] = ["README.md", "ARCHITECTURE.md"];

/// Checks every path under `crates/` or `docs/` in backticks or behind a link.
pub fn check(sources: &[Source], exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| DOCUMENTS.contains(&source.path.as_str())) {
        let mut fenced = false;
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for path in paths(line).filter(|path| !exists(path)) {
                let message = format!("`{path}` does not exist; mend the document or the tree");
                findings.push(source.finding("doc-path", start, message));
            }
        }
    }
    findings
}

/// The paths that a line of Markdown names. Patterns such as `crates/*/src` are not paths.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2);
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    spans
        .chain(links)
        .filter(|span| span.starts_with("crates/") || span.starts_with("docs/"))
        // A line number, an anchor or further words may follow.
        .filter_map(|span| span.split([' ', ':', '#']).next())
        .filter(|path| !path.contains(['*', '<', '{']) && !path.contains(".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(path: &str, text: &str) -> usize {
        check(&[Source::new(path, text)], &|path| path == "crates/core/src/num.rs").len()
    }

    #[test]
    fn paths_that_do_not_exist_are_found() {
        for text in [
            "see `crates/core/src/gone.rs`",
            "a `b` c `docs/gone.md` d",
            "[the guide](docs/gone.md#start)",
            "```\ntext\n```\n`crates/gone`",
        ] {
            assert_eq!(missing("README.md", text), 1, "{text}");
            assert_eq!(missing("ARCHITECTURE.md", text), 1, "{text}");
            assert_eq!(missing("CHANGELOG.md", text), 0, "{text}");
        }
    }

    #[test]
    fn what_exists_or_is_no_path_is_fine() {
        for text in [
            "`crates/core/src/num.rs`, `crates/core/src/num.rs:12`, `crates/core/src/num.rs#px`",
            "`crates/*/Cargo.toml` and `crates/<name>` and docs/gone.md without marks",
            "```text\n`crates/gone`\n```",
            "`cargo test -p crates/gone`",
        ] {
            assert_eq!(missing("README.md", text), 0, "{text}");
        }
    }
}
