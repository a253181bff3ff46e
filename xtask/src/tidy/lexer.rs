//! Blanks comments, strings and character literals out of Rust text, so that a rule about code
//! never trips over prose.
//!
//! Not a full lexer: it knows just enough to tell what is code. Invariant: the result has the
//! same length and the same line breaks as the text, so offsets hold in both.

use super::scan::is_ident;

/// The text with everything that is not code replaced by spaces.
pub fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = opaque_end(bytes, at);
        match end {
            Some(end) => {
                let blank = out[at..end].iter_mut().filter(|byte| **byte != b'\n');
                blank.for_each(|byte| *byte = b' ');
                at = end;
            }
            None => at = word_end(bytes, at),
        }
    }
    // Whole characters are blanked, so this is still UTF-8.
    String::from_utf8_lossy(&out).into_owned()
}

/// The end of the code word or single byte at `at`.
fn word_end(bytes: &[u8], at: usize) -> usize {
    let word = bytes[at..].iter().take_while(|&&byte| is_ident(byte)).count();
    at + word.max(1)
}

/// The end of the comment or literal that starts at `at`, if one does.
fn opaque_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => Some(find(bytes, at, b"\n")),
        [b'/', b'*', ..] => Some(block_comment_end(bytes, at)),
        [b'"', ..] => Some(string_end(bytes, at + 1)),
        [b'b' | b'c', b'"', ..] => Some(string_end(bytes, at + 2)),
        [b'b', b'\'', ..] => char_end(bytes, at + 1),
        [b'\'', ..] => char_end(bytes, at),
        [b'r', ..] => raw_string_end(bytes, at + 1),
        [b'b' | b'c', b'r', ..] => raw_string_end(bytes, at + 2),
        _ => None,
    }
}

/// The first place at or after `from` where `what` stands, or the end.
fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let place = bytes[from..].windows(what.len()).position(|window| window == what);
    place.map_or(bytes.len(), |offset| from + offset)
}

/// Block comments nest.
fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// The end of a string whose opening quote is behind us.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a raw string whose prefix letter is behind us; none for `r#name` and plain words.
fn raw_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at..].iter().take_while(|&&byte| byte == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    Some((find(bytes, at + hashes + 1, &close) + close.len()).min(bytes.len()))
}

/// The end of a character literal whose quote is at `at`; none if it is a lifetime.
fn char_end(bytes: &[u8], at: usize) -> Option<usize> {
    let first = *bytes.get(at + 1)?;
    if first == b'\\' {
        return Some((find(bytes, at + 3, b"'") + 1).min(bytes.len()));
    }
    let width = match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    let close = at + 1 + width;
    (bytes.get(close) == Some(&b'\'')).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::mask;

    /// Each `X` is inside a literal or comment and must go; each `C` is code and must stay.
    fn clean(text: &str) {
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
        assert!(!masked.contains('X'), "left in: {masked}");
        assert_eq!(masked.matches('C').count(), text.matches('C').count(), "lost: {masked}");
    }

    #[test]
    fn comments_go() {
        clean("C // X \" X\nC /* X /* X */ X */ C\n/// X\nC //! X");
        clean("C /* X never closed");
    }

    #[test]
    fn strings_go() {
        clean(r#"C "X \" X \\" C b"X" C c"X" C "// X" C"#);
        clean(r###"C r"X\" C r#"X " X"# C br##"X "# X"## C cr"X" C"###);
        clean("C \"X\nX\" C \"X never closed");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        clean(r"C 'X' C '\'' C '\\' C '\u{1F600}' C b'X' C b'\'' C '\x58' C");
        clean("C '\u{20ac}' C '\u{1F600}' C '\"' C");
        clean("fn C<'C, 'b>(C: &'C str) -> &'b str { 'C: loop { break 'C } }");
    }

    #[test]
    fn words_that_end_in_a_prefix_are_code() {
        clean("for C in r#type { bar(C) } let br = C; C");
    }
}
