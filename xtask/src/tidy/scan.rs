//! Small searches in masked code: words, brackets, what stands after something.

/// Whether a byte can be part of a Rust name. Bytes of non-ASCII characters count.
pub fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Where `pattern` stands in `code`, not as a part of a longer word.
pub fn words(code: &str, pattern: &str) -> Vec<usize> {
    let bytes = code.as_bytes();
    let joined = |a: Option<u8>, b: Option<u8>| a.is_some_and(is_ident) && b.is_some_and(is_ident);
    code.match_indices(pattern)
        .map(|(at, _)| at)
        .filter(|&at| {
            let before = at.checked_sub(1).map(|i| bytes[i]);
            let after = bytes.get(at + pattern.len()).copied();
            !joined(before, pattern.bytes().next()) && !joined(pattern.bytes().last(), after)
        })
        .collect()
}

/// The first place at or after `from` that is not white space.
pub fn skip_space(code: &str, from: usize) -> usize {
    let rest = code.get(from..).unwrap_or("");
    from + (rest.len() - rest.trim_start().len())
}

/// The name that starts at `from`; empty if none does.
pub fn name_at(code: &str, from: usize) -> &str {
    let rest = code.get(from..).unwrap_or("");
    let end = rest.bytes().take_while(|&byte| is_ident(byte)).count();
    rest.get(..end).unwrap_or("")
}

/// The place behind the bracket that closes the one at `open`, or the end.
pub fn close(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// From `from`, the first `{` or `;` that is not inside round or square brackets: where an
/// item's body begins, or where it ends without one.
pub fn body_or_end(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_i64;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' | b';' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert_eq!(words("f64 my_f64 f64x (f64)", "f64"), [0, 17]);
        assert_eq!(words("operand::a rand::b", "rand::"), [11]);
        assert_eq!(words("a.unwrap().unwrap_or(b)", ".unwrap()"), [1]);
        assert_eq!(words("eprintln!() println!()", "println!"), [12]);
    }

    #[test]
    fn brackets_are_matched() {
        assert_eq!(close("a { b(c) { } } d", 2), 14);
        assert_eq!(close("{ never", 0), 7);
        assert_eq!(body_or_end("fn f(a: [u8; 3]) -> [u8; 4] {", 0), Some(28));
        assert_eq!(body_or_end("fn f();", 0), Some(6));
    }
}
