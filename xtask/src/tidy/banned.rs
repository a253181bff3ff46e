//! What must not be written, where, why, and what to write instead: one table.

use super::Finding;
use super::scan::{is_ident, name_at, skip_space, words};
use super::source::Source;

/// What to look for.
enum Find {
    /// Words or fragments of code.
    Code(&'static [&'static str]),
    /// Modules of std, by path (`std::fs`) or in a group (`use std::{fmt, fs}`).
    Std(&'static [&'static str]),
    /// Literals such as `0.5` and `1e9`, which are floats without saying so.
    FloatLiterals,
    /// Endings of the names of types.
    TypeEndings(&'static [&'static str]),
    /// Words anywhere, comments included.
    Prose(&'static [&'static str]),
}

/// Where to look.
#[derive(Clone, Copy)]
enum Scope {
    /// What crates/core ships.
    Core,
    /// What any crate ships.
    Shipped,
    /// Tests and documents too.
    Everywhere,
}

struct Ban {
    rule: &'static str,
    find: Find,
    scope: Scope,
    why: &'static str,
    instead: &'static str,
}

const BANS: [Ban; 13] = [
    Ban {
        rule: "core-float",
        find: Find::Code(&["f32", "f64"]),
        scope: Scope::Core,
        why: "floats are not exact, and not the same everywhere",
        instead: "use the scaled integers of `num`, with rounding named",
    },
    Ban {
        rule: "core-float",
        find: Find::FloatLiterals,
        scope: Scope::Core,
        why: "a literal like this is a float",
        instead: "use the scaled integers of `num`",
    },
    Ban {
        rule: "core-hash",
        find: Find::Code(&["HashMap", "HashSet", "RandomState"]),
        scope: Scope::Core,
        why: "hash order differs from run to run",
        instead: "use BTreeMap, BTreeSet or a sorted Vec",
    },
    Ban {
        rule: "core-clock",
        find: Find::Code(&["SystemTime", "Instant::now"]),
        scope: Scope::Core,
        why: "the core has no clock",
        instead: "take `now` from the input",
    },
    Ban {
        rule: "core-random",
        find: Find::Code(&["thread_rng", "rand::"]),
        scope: Scope::Core,
        why: "the same inputs must give the same bytes",
        instead: "let the caller pass a seed or a value in the input",
    },
    Ban {
        rule: "core-io",
        find: Find::Code(&["tokio"]),
        scope: Scope::Core,
        why: "the core does no I/O and knows no runtime",
        instead: "return an effect; the shell carries it out",
    },
    Ban {
        rule: "core-io",
        find: Find::Std(&["env", "fs", "io", "net", "process", "thread"]),
        scope: Scope::Core,
        why: "the core does no I/O, reads no environment and starts no threads",
        instead: "take the data in an input, return an effect",
    },
    Ban {
        rule: "core-print",
        find: Find::Code(&["println!", "eprintln!", "print!", "eprint!"]),
        scope: Scope::Core,
        why: "the core does no I/O",
        instead: "emit an event; the shell logs it",
    },
    Ban {
        rule: "core-panic",
        find: Find::Code(&[".unwrap()", ".expect(", "panic!", "unreachable!"]),
        scope: Scope::Core,
        why: "trouble in the world is an event, never a panic",
        instead: "handle the case, or `assert!` the invariant with a message that names it",
    },
    Ban {
        rule: "debug-macro",
        find: Find::Code(&["dbg!", "todo!", "unimplemented!"]),
        scope: Scope::Shipped,
        why: "unfinished work does not ship",
        instead: "finish it or take it out",
    },
    Ban {
        rule: "unsafe-code",
        find: Find::Code(&["unsafe"]),
        scope: Scope::Shipped,
        why: "nothing here needs it",
        instead: "use safe code, or a well-kept crate that hides it",
    },
    Ban {
        rule: "vague-name",
        find: Find::TypeEndings(&["Manager", "Handler", "Helper", "Helpers", "Util", "Utils"]),
        scope: Scope::Everywhere,
        why: "the name does not say what it is",
        instead: "name what it holds or decides, in the words of the field",
    },
    Ban {
        rule: "open-mark",
        // Split, because this file is searched as well.
        find: Find::Prose(&[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")]),
        scope: Scope::Everywhere,
        why: "a mark in a file is forgotten",
        instead: "do it now or open an issue",
    },
];

/// Applies the whole table.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for ban in &BANS {
            let hits = ban.find.hits(source).into_iter();
            for (at, what) in hits.filter(|(at, _)| ban.scope.covers(source, *at)) {
                let message = format!("`{what}`: {}; {}", ban.why, ban.instead);
                findings.push(source.finding(ban.rule, at, message));
            }
        }
    }
    findings
}

impl Scope {
    fn covers(self, source: &Source, at: usize) -> bool {
        let shipped = |folder| source.path.starts_with(folder) && !source.is_test(at);
        match self {
            Self::Core => shipped("crates/core/src/"),
            Self::Shipped => shipped("crates/") || shipped("xtask/"),
            Self::Everywhere => true,
        }
    }
}

impl Find {
    /// Each place and what stands there.
    fn hits<'a>(&self, source: &'a Source) -> Vec<(usize, &'a str)> {
        let code = source.code.as_str();
        let each = |text: &'a str, patterns: &[&str]| {
            let found = patterns.iter().flat_map(|pattern| {
                words(text, pattern).into_iter().map(|at| (at, &text[at..at + pattern.len()]))
            });
            found.collect()
        };
        match self {
            Self::Code(patterns) => each(code, patterns),
            Self::Prose(patterns) => each(&source.text, patterns),
            Self::Std(modules) => std_modules(code, modules),
            Self::FloatLiterals => float_literals(code),
            Self::TypeEndings(endings) => type_endings(code, endings),
        }
    }
}

fn std_modules<'a>(code: &'a str, modules: &[&str]) -> Vec<(usize, &'a str)> {
    let direct = words(code, "std").into_iter().filter_map(|at| {
        let after = skip_space(code, at + 3);
        code[after..].starts_with("::").then(|| skip_space(code, after + 2))
    });
    let mut named = Vec::new();
    for at in direct {
        if code[at..].starts_with('{') {
            let group = &code[at..super::scan::close(code, at)];
            let separators = group.match_indices(['{', ',']);
            named.extend(separators.map(|(i, _)| skip_space(code, at + i + 1)));
        } else {
            named.push(at);
        }
    }
    let names = named.into_iter().map(|at| (at, name_at(code, at)));
    names.filter(|(_, name)| modules.contains(name)).collect()
}

fn float_literals(code: &str) -> Vec<(usize, &str)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let word = name_at(code, at);
        if !bytes[at].is_ascii_digit() {
            at += word.len().max(1);
            continue;
        }
        let mut end = at + word.len();
        // `pair.0.1` is two fields, `0..9` a range and `1.max(2)` a call.
        let field = at > 0 && bytes[at - 1] == b'.' && !(at > 1 && bytes[at - 2] == b'.');
        let mut float = is_float_word(word);
        if !field && bytes.get(end) == Some(&b'.') {
            let fraction = name_at(code, end + 1);
            let next = bytes.get(end + 1).copied().unwrap_or(b' ');
            if next.is_ascii_digit() || !(is_ident(next) || next == b'.') {
                float = true;
                end += 1 + fraction.len();
            }
        }
        if float && !field {
            found.push((at, &code[at..end]));
        }
        at = end;
    }
    found
}

/// `1e9`, `2E-3` (the word ends before the sign), `1f64`, `1_f32`.
fn is_float_word(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    matches!(digits, "f32" | "f64")
        || digits.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            exponent.chars().all(|c| c.is_ascii_digit() || c == '_' || c == 'f')
        })
}

fn type_endings<'a>(code: &'a str, endings: &[&str]) -> Vec<(usize, &'a str)> {
    let starts = ["struct", "enum", "union", "trait", "type"];
    let names = starts.iter().flat_map(|start| {
        words(code, start).into_iter().map(|at| skip_space(code, at + start.len()))
    });
    names
        .map(|at| (at, name_at(code, at)))
        .filter(|(_, name)| endings.iter().any(|ending| name.ends_with(ending)))
        .collect()
}

#[cfg(test)]
mod tests;
