//! Finds functions and test-only parts in masked code by counting brackets.

use std::ops::Range;

use super::scan::{body_or_end, close, name_at, skip_space, words};

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// From the word `fn` to behind the closing brace.
    pub span: Range<usize>,
}

/// All functions with a body, nested ones included.
pub fn functions(code: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    for start in words(code, "fn") {
        let name = name_at(code, skip_space(code, start + 2));
        let body = body_or_end(code, start);
        // Without a name it is a function pointer type or a macro pattern.
        if let (false, Some(open)) = (name.is_empty(), body)
            && code.as_bytes()[open] == b'{'
        {
            found.push(Function { name, span: start..close(code, open) });
        }
    }
    found
}

/// The items under `#[cfg(test)]` and `#[test]`, attribute included; the whole file under
/// `#![cfg(test)]`.
pub fn test_parts(code: &str) -> Vec<Range<usize>> {
    if ["#![cfg(test)]", "#![cfg(all(test"].iter().any(|whole| code.contains(whole)) {
        return std::iter::once(0..code.len()).collect();
    }
    test_attributes(code)
        .into_iter()
        .map(|(start, item)| {
            let end = match body_or_end(code, item) {
                Some(open) if code.as_bytes()[open] == b'{' => close(code, open),
                Some(semicolon) => semicolon + 1,
                None => code.len(),
            };
            start..end
        })
        .collect()
}

/// The names in `#[cfg(test)] mod name;`.
pub fn test_modules(code: &str) -> Vec<&str> {
    test_attributes(code)
        .into_iter()
        .filter_map(|(_, item)| {
            let after = code.get(item..)?.strip_prefix("mod ")?;
            let name = name_at(code, code.len() - after.len());
            after.get(name.len()..)?.starts_with(';').then_some(name)
        })
        .collect()
}

/// Start of each test attribute, and of the item behind it and any further attributes.
fn test_attributes(code: &str) -> Vec<(usize, usize)> {
    let starts = ["#[cfg(test)]", "#[cfg(all(test", "#[test]"]
        .iter()
        .flat_map(|attribute| code.match_indices(attribute))
        .map(|(at, _)| at);
    starts
        .map(|start| {
            let mut item = start;
            while code[item..].starts_with("#[") {
                item = skip_space(code, close(code, item + 1));
            }
            (start, item)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_their_bodies() {
        let code = "type F = fn(u8) -> u8;\ntrait T { fn none(&self); }\n\
                    pub const fn one<T>(a: [T; 2]) -> u8 where T: Copy { if x { y } else { z } }\n\
                    fn two() { fn inner() {} }";
        let found: Vec<(&str, &str)> =
            functions(code).into_iter().map(|f| (f.name, &code[f.span])).collect();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].0, "one");
        assert!(found[0].1.ends_with("{ z } }"));
        assert_eq!(found[1], ("two", "fn two() { fn inner() {} }"));
        assert_eq!(found[2], ("inner", "fn inner() {}"));
    }

    #[test]
    fn test_parts_are_items() {
        let code = "#[cfg(test)]\n#[allow(x)]\nmod tests { a }\n#[cfg(test)] use b;\nc\n\
                    #[test] fn d() { e }\n#[cfg(any(test, f))] fn g() {}";
        let parts: Vec<&str> = test_parts(code).into_iter().map(|part| &code[part]).collect();
        assert_eq!(
            parts,
            [
                "#[cfg(test)]\n#[allow(x)]\nmod tests { a }",
                "#[cfg(test)] use b;",
                "#[test] fn d() { e }"
            ]
        );
        let whole = "#![cfg(test)]\nfn a() {}";
        assert_eq!(test_parts(whole).first(), Some(&(0..whole.len())));
    }

    #[test]
    fn test_modules_in_files_of_their_own() {
        let code = "#[cfg(test)]\nmod far;\n#[cfg(test)] mod near { }\nmod plain;";
        assert_eq!(test_modules(code), ["far"]);
    }
}
