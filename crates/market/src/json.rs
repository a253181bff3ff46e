//! JSON rows: values taken by their text, with the column they stand in.
//!
//! Entry points: `cell`, `problem`.

use serde_json::value::RawValue;

use crate::cells::{Cell, Problem};
use crate::error::{ErrorKind, shown};

/// A value of a row as a cell: the text of a number, the inside of a text without escapes, or the
/// JSON itself, which then is none of what cells may hold. `null` is an empty cell.
pub(crate) fn cell<'a>(line: &'a str, name: &'static str, value: &'a RawValue) -> Cell<'a> {
    let raw = value.get();
    // The value was borrowed from the line, so the distance of their starts is its position.
    let at = raw.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
    let column = if at < line.len() { at + 1 } else { 1 };
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = match inner {
        Some(inner) if !inner.contains('\\') => inner,
        Some(_) => raw,
        None if raw == "null" => "",
        None => raw,
    };
    Cell { name, column, text }
}

/// What is wrong with a row that is not the JSON it should be.
pub(crate) fn problem(line: &str, error: &serde_json::Error, form: &str) -> Problem {
    // serde_json ends its messages with a place that counts this row as line 1.
    let message = error.to_string();
    let why = message.split(" at line ").next().unwrap_or_default();
    Problem {
        kind: ErrorKind::Json,
        column: error.column().clamp(1, line.len().max(1)),
        cause: format!("the row is not as expected ({}): {}", escape(why), shown(line)),
        action: form.to_owned(),
    }
}

/// The message may quote what it found.
fn escape(why: &str) -> String {
    why.chars().take(120).flat_map(char::escape_debug).collect()
}
