//! Exceptions: `rule path reason` a line in `xtask/tidy-allow.txt`.

use super::source::Source;
use super::{Finding, RULES};

const LIST: &str = "xtask/tidy-allow.txt";

/// Takes the excepted findings out, and reports exceptions that are wrong or not needed.
pub fn apply(sources: &[Source], findings: Vec<Finding>) -> Vec<Finding> {
    let Some(list) = sources.iter().find(|source| source.path == LIST) else {
        return findings;
    };
    let mut left = findings;
    for (index, line) in list.text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let wrong = match words.as_slice() {
            [] => None,
            [first, ..] if first.starts_with('#') => None,
            [rule, path, _, ..] if RULES.contains(rule) => {
                let before = left.len();
                left.retain(|finding| finding.rule != *rule || finding.path != *path);
                (left.len() == before).then(|| format!("{path} keeps {rule}; delete this line"))
            }
            [rule, _, _, ..] => Some(format!("no rule `{rule}`; there are {}", RULES.join(", "))),
            _ => Some("write `rule path reason`; the reason is what a reader needs".to_owned()),
        };
        left.extend(wrong.map(|message| Finding {
            path: LIST.to_owned(),
            line: index + 1,
            rule: "tidy-allow",
            message,
        }));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(list: &str) -> Vec<&'static str> {
        let finding = |rule| Finding {
            path: "crates/core/src/lib.rs".to_owned(),
            line: 3,
            rule,
            message: String::new(),
        };
        let findings = vec![finding("core-float"), finding("core-float"), finding("core-hash")];
        let sources = [Source::new(LIST, list)];
        apply(&sources, findings).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn an_exception_covers_its_rule_in_its_file() {
        assert_eq!(left(""), ["core-float", "core-float", "core-hash"]);
        assert_eq!(
            left("# why\n\ncore-float crates/core/src/lib.rs shown to people\n"),
            ["core-hash"]
        );
    }

    #[test]
    fn exceptions_that_are_wrong_or_stale_are_findings() {
        for bad in [
            "core-float crates/core/src/lib.rs",
            "no-such-rule crates/core/src/lib.rs because",
            "core-clock crates/core/src/lib.rs not needed any more",
            "core-float crates/core/src/other.rs wrong file",
        ] {
            assert_eq!(left(bad), ["core-float", "core-float", "core-hash", "tidy-allow"], "{bad}");
        }
    }
}
