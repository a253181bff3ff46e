//! Files and functions stay short enough to be read in one go.

use super::Finding;
use super::items::functions;
use super::source::Source;

/// Lines of a file, tests or not.
const FILE_LINES_MAX: usize = 800;
/// Lines of a function, from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// The same for a function that only tests run: a story may be longer than a mechanism.
const TEST_FUNCTION_LINES_MAX: usize = 120;

/// Finds files and functions over their limit.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let message = format!("{lines} lines, at most {FILE_LINES_MAX}; split it by purpose");
            findings.push(source.finding("file-length", 0, message));
        }
        for function in functions(&source.code) {
            let start = function.span.start;
            let lines = 1 + source.line(function.span.end) - source.line(start);
            let test = source.is_test(start);
            let most = if test { TEST_FUNCTION_LINES_MAX } else { FUNCTION_LINES_MAX };
            if lines > most {
                let name = function.name;
                let message = format!("`{name}` has {lines} lines, at most {most}; name its steps");
                findings.push(source.finding("fn-length", start, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    fn found(path: &str, text: &str) -> Vec<(&'static str, usize)> {
        let findings = check(&[Source::new(path, text)]);
        findings.into_iter().map(|finding| (finding.rule, finding.line)).collect()
    }

    #[test]
    fn functions_have_a_limit() {
        let path = "crates/core/src/lib.rs";
        assert_eq!(found(path, &function(70)), []);
        assert_eq!(found(path, &format!("\n{}", function(71))), [("fn-length", 2)]);
    }

    #[test]
    fn test_functions_have_a_wider_one() {
        assert_eq!(found("crates/core/tests/day.rs", &function(120)), []);
        assert_eq!(found("crates/core/tests/day.rs", &function(121)), [("fn-length", 1)]);
        let module = |lines| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(lines));
        assert_eq!(found("crates/core/src/lib.rs", &module(120)), []);
        assert_eq!(found("crates/core/src/lib.rs", &module(121)), [("fn-length", 3)]);
    }

    #[test]
    fn braces_in_strings_do_not_count() {
        let text = format!("fn short() {{ a(\"{{\", '{{') }} // {{\n{}", "\n".repeat(100));
        assert_eq!(found("crates/core/src/lib.rs", &text), []);
    }

    #[test]
    fn files_have_a_limit() {
        assert_eq!(found("crates/core/tests/day.rs", &"\n".repeat(800)), []);
        assert_eq!(found("crates/core/tests/day.rs", &"\n".repeat(801)), [("file-length", 1)]);
        assert_eq!(found("docs/long.md", &"\n".repeat(900)), []);
    }
}
