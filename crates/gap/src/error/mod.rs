//! What can be wrong with a ledger, in words that say what to do next.
//!
//! Entry points: [`GapError`], its [`line`](GapError::line) and its [`Problem`].
//!
//! Invariants:
//! - Every message names the line (where one is at fault), the field, what is allowed, the
//!   consequence and the next action.
//! - Text from the ledger is shown shortened and escaped: a ledger cannot write to a terminal.

mod nearest;

pub(crate) use nearest::nearest;

use crate::decimal::DecimalError;
use crate::ledger::{MAX_LINE_BYTES, MAX_NAME_BYTES, Stage, VERSION};

/// Text from a ledger is cut to this many characters in messages.
const MAX_QUOTED_CHARS: usize = 60;

/// A ledger could not be read, written or summed.
///
/// Its message is whole: there is no chain of sources to print beside it.
#[derive(Debug, thiserror::Error)]
#[error("{place}{problem}. {consequence} {action}", place = Place(*line),
    consequence = problem.consequence(), action = problem.action())]
pub struct GapError {
    line: Option<u64>,
    problem: Box<Problem>,
}

impl GapError {
    /// The line at fault, counted from 1; `None` when no line is, as with a failing disk.
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The same error, blamed on `line`.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

impl From<Problem> for GapError {
    fn from(problem: Problem) -> Self {
        GapError { line: None, problem: Box::new(problem) }
    }
}

struct Place(Option<u64>);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(line) => write!(f, "line {line}: "),
            None => Ok(()),
        }
    }
}

/// What is wrong with a ledger or one of its lines.
///
/// Texts taken from the ledger are already shortened and escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the message of each variant is its documentation
pub enum Problem {
    #[error("the ledger cannot be read or written: {0}")]
    Io(std::io::Error),
    #[error("byte {byte} of the line is not UTF-8; a ledger is UTF-8 text")]
    NotUtf8 { byte: usize },
    #[error("the line is longer than {MAX_LINE_BYTES} bytes, the most a line may have")]
    LineTooLong,
    #[error("the line is not one JSON object: {why}")]
    NotJson { why: String },
    #[error("the last line is cut off: it ends without a line break in the middle of its JSON")]
    CutOff,
    #[error("field `{field}` stands twice in the line; each field may stand once")]
    RepeatedField { field: String },
    #[error("`{event}` needs the field `{field}`{}", meant(.instead.as_deref(), "it is written"))]
    MissingField { field: String, event: &'static str, instead: Option<String> },
    #[error("`{event}` has no field {field}{}; its fields are {allowed}",
        meant(.nearest.as_deref(), "perhaps"))]
    UnknownField { field: String, event: &'static str, nearest: Option<String>, allowed: String },
    #[error("field `{field}` is {found}; it must be {allowed}")]
    Kind { field: String, found: &'static str, allowed: &'static str },
    #[error("field `{field}` is {found}, which is {why}")]
    Decimal { field: String, found: String, why: DecimalError },
    #[error(
        "field `t` is {found}; it must be an RFC 3339 time such as \
        2026-01-05T09:20:05.120+05:30, or integer nanoseconds since 1970 in 64 bits"
    )]
    Time { found: String },
    #[error("field `{field}` is {found}{}; allowed: {allowed}", meant(.nearest.as_deref(), "perhaps"))]
    Word { field: String, found: String, nearest: Option<String>, allowed: String },
    #[error(
        "field `{field}` is {found}; a name has 1 to {MAX_NAME_BYTES} bytes and no control \
        characters"
    )]
    Name { field: String, found: String },
    #[error("field `{field}` is {found}; allowed: {allowed}")]
    Range { field: &'static str, found: String, allowed: &'static str },
    #[error(
        "stage `{stage}` cannot be set: `theory` moves by `theory_fill`, and `broker` by \
        `fill`, `external` and `cross`"
    )]
    MovedByTrades { stage: Stage },
    #[error("buyer and seller are both {strategy}; a cross has two strategies")]
    CrossWithItself { strategy: String },
    #[error("the ledger has version {found}; only version {VERSION} is known")]
    Version { found: String },
    #[error("the first line is `{event}`; it must be {{\"ev\":\"ledger\",\"version\":{VERSION}}}")]
    NoHeader { event: &'static str },
    #[error("`ledger` stands again; it is the first line only, and a file holds one ledger")]
    SecondHeader,
    #[error("`{event}` comes before the first `day`, so it belongs to no day")]
    BeforeFirstDay { event: &'static str },
    #[error(
        "`{event}` comes after the `day_end` of {day} and before the next `day`, so it \
        belongs to no day"
    )]
    BetweenDays { event: &'static str, day: String },
    #[error("a `day` starts while {day} has no `day_end`")]
    DayStillOpen { day: String },
    #[error("the day {day} stands a second time; each day or session has its own name")]
    RepeatedDay { day: String },
    #[error(
        "the ledger ends while the day {day} has no `day_end`: it is cut off, or the day is \
        still running"
    )]
    UnfinishedDay { day: String },
    #[error(
        "the ledger is empty; its first line must be {{\"ev\":\"ledger\",\"version\":{VERSION}}}"
    )]
    Empty,
    #[error("the ledger has no `day`, so there is nothing to report")]
    NoDay,
    #[error("the symbol {symbol} is not declared{}", meant(.nearest.as_deref(), "perhaps"))]
    UnknownSymbol { symbol: String, nearest: Option<String> },
    #[error("the symbol {symbol} is declared a second time; each symbol is declared once")]
    RepeatedSymbol { symbol: String },
    #[error("`{event}` uses the symbol {symbol} before its first `mark`, so nothing can be valued")]
    NoMark { event: &'static str, symbol: String },
    #[error("`open` comes too late: strategy {strategy} already has positions in {symbol}")]
    AlreadyHeld { strategy: String, symbol: String },
    #[error(
        "after this split a counter of strategy {strategy} in {symbol} has more digits than \
        can be summed in reasonable time"
    )]
    CounterTooLong { strategy: String, symbol: String },
    #[error("strategy {strategy} in {symbol} does not balance: {residual} is in no cause")]
    Imbalance { strategy: String, symbol: String, residual: String },
    #[error("the report cannot be written as JSON: {0}")]
    Json(serde_json::Error),
}

impl Problem {
    /// What follows from the problem.
    fn consequence(&self) -> &'static str {
        match self {
            Problem::Io(_) | Problem::Json(_) => "What was written or read so far is incomplete.",
            Problem::Imbalance { .. } => "The sum is not exact, so its figures must not be used.",
            _ => "Nothing is reported, because the sum over a part of a ledger is not the gap.",
        }
    }

    /// What to do next.
    fn action(&self) -> &'static str {
        match self {
            Problem::Io(_) => "Check the path, its permissions and the disk, then run again.",
            Problem::NotUtf8 { .. } => "Write the file again as UTF-8.",
            Problem::LineTooLong => "Check that the file is a ledger with one event a line.",
            Problem::CutOff => "Get the whole file, or remove its last line, and run again.",
            Problem::Version { .. } => "Use a release of truefill that knows this version.",
            Problem::NoHeader { .. } | Problem::Empty => {
                "Check that this is a gap ledger, and put that line first."
            }
            Problem::SecondHeader => "Split the file into one ledger each.",
            Problem::BeforeFirstDay { .. } | Problem::BetweenDays { .. } | Problem::NoDay => {
                "Write a `day` line before it."
            }
            Problem::DayStillOpen { .. } | Problem::UnfinishedDay { .. } => {
                "Close the day with {\"ev\":\"day_end\",\"marks\":{}}, which values it at its marks."
            }
            Problem::UnknownSymbol { .. } => "Declare it with an `instrument` line before its use.",
            Problem::NoMark { .. } => "Write a `mark` for the symbol before this line.",
            Problem::AlreadyHeld { .. } => "Write `open` before every other line of that holding.",
            Problem::Imbalance { .. } | Problem::Json(_) => {
                "This is a defect of truefill: please report it with the ledger."
            }
            Problem::Kind { .. } | Problem::Decimal { .. } => {
                "Correct the field (numbers are decimal text in quotes) and run again."
            }
            _ => "Correct the line and run again.",
        }
    }
}

fn meant(word: Option<&str>, lead: &str) -> String {
    word.map(|word| format!(" ({lead} `{word}`)")).unwrap_or_default()
}

/// Text from a ledger as a message may show it: in quotes, escaped and shortened.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_place_problem_consequence_and_action() {
        let error = GapError::from(Problem::NoMark { event: "fill", symbol: quoted("ACME") });
        assert_eq!(error.line(), None);
        let error = error.at_line(12);
        assert_eq!(error.line(), Some(12));
        assert_eq!(
            error.to_string(),
            "line 12: `fill` uses the symbol \"ACME\" before its first `mark`, so nothing can be \
             valued. Nothing is reported, because the sum over a part of a ledger is not the gap. \
             Write a `mark` for the symbol before this line."
        );
    }

    #[test]
    fn quoted_text_is_short_and_cannot_reach_a_terminal() {
        assert_eq!(quoted("a\u{1b}[2J\"b"), r#""a\u{1b}[2J\"b""#);
        let long = "é".repeat(500);
        assert_eq!(quoted(&long), format!("\"{}\"...", "é".repeat(60)));
    }
}
