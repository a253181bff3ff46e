//! The valid word that a mistaken one was most likely meant to be.
//!
//! Entry point: `nearest`.

/// Words longer than this are not compared: nothing valid is that long.
const COMPARED_BYTES_MAX: usize = 64;

/// The candidate nearest to `found`, if one is near enough to be worth proposing.
pub(crate) fn nearest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if found.len() > COMPARED_BYTES_MAX {
        return None;
    }
    let found = found.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= COMPARED_BYTES_MAX)
        .map(|candidate| (edits(&found, &candidate.to_lowercase()), candidate))
        .filter(|(edits, candidate)| *edits <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed, changed, or swapped with their neighbour to
/// turn `a` into `b`.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // `before[j]` and `row[j]` are the distances of the first `i` - 1 and `i` characters of `a` to
    // the first `j` of `b`.
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let changed = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        let cases = [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("INFY", "INFYY", 1),
            ("orb", "obr", 1),
            ("abcd", "badc", 2),
        ];
        for (a, b, distance) in cases {
            assert_eq!((edits(a, b), edits(b, a)), (distance, distance), "{a} {b}");
        }
    }

    #[test]
    fn only_a_near_word_is_proposed() {
        let words = ["BTCUSDT", "ETHUSDT"];
        assert_eq!(nearest("btcusd", words), Some("BTCUSDT"));
        assert_eq!(nearest("ETHUST", words), Some("ETHUSDT"));
        assert_eq!(nearest("INFY", words), None);
        assert_eq!(nearest(&"x".repeat(65), words), None);
    }
}
