//! The valid word that a mistaken one was most likely meant to be.

/// Words longer than this are not compared: nothing valid is that long.
const MAX_COMPARED_BYTES: usize = 64;

/// The candidate nearest to `found`, if one is near enough to be worth proposing.
pub(crate) fn nearest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    if found.len() > MAX_COMPARED_BYTES {
        return None;
    }
    let found = found.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_COMPARED_BYTES)
        .map(|candidate| (edits(&found, &candidate.to_lowercase()), candidate))
        .filter(|(edits, candidate)| *edits <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate.to_owned())
}

/// How many characters must be inserted, removed or changed to turn `a` into `b`.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((to, pair), left_out) in b.iter().zip(row.windows(2)).zip(1..) {
            let (diagonal, above) = match pair {
                [diagonal, above] => (*diagonal, *above),
                _ => (left_out, left_out),
            };
            let left = next.last().copied().unwrap_or(left_out);
            let change = diagonal + usize::from(from != *to);
            next.push(change.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        for (a, b, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("fill", "fil", 1),
            ("é", "e", 1),
        ] {
            assert_eq!((edits(a, b), edits(b, a)), (distance, distance), "{a} {b}");
        }
    }

    #[test]
    fn only_a_near_word_is_proposed() {
        let words = ["twin", "emitted", "released"];
        assert_eq!(nearest("releasd", words).as_deref(), Some("released"));
        assert_eq!(nearest("TWIN", words).as_deref(), Some("twin"));
        assert_eq!(nearest("banana", words), None);
        assert_eq!(nearest(&"x".repeat(65), words), None);
        assert_eq!(nearest("x", []), None);
    }
}
