//! Words of a broker, made short and printable.

use truefill_core::ids::VenueText;

/// Most characters of a broker's words that are kept for people.
pub const WORDS_CHARS_MAX: usize = 400;

/// The beginning of words for people, with anything that is not printable ASCII replaced.
pub fn shortened(value: &str) -> VenueText {
    let printable = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
    let kept: String = value.chars().take(48).map(printable).collect();
    VenueText::new(&kept).unwrap_or_default()
}

/// The beginning of words for people, without control characters.
pub fn printable(value: &str) -> String {
    let kept = value.chars().take(WORDS_CHARS_MAX);
    kept.map(|c| if c.is_control() { ' ' } else { c }).collect()
}
