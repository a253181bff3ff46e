//! What can be wrong with market data and target files, in words that say the cause, the
//! consequence and what to do next.
//!
//! Entry points: [`MarketError`], its [`kind`](MarketError::kind), its [`Place`], and its
//! [`ambiguity`](MarketError::ambiguity) where the caller has to say something.
//!
//! Invariants:
//! 1. An error about a cell names file, line, column, the value and what is allowed.
//! 2. Text from a file is shown shortened and escaped: a file cannot write to a terminal.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Text from a file is cut to this many characters in messages.
const SHOWN_CHARS_MAX: usize = 60;

/// The classes of [`MarketError`], for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file cannot be opened, read or written.
    Io,
    /// The file ends too early: inside a line, or inside its compressed data.
    Truncated,
    /// The compressed data are damaged.
    Corrupt,
    /// Not UTF-8 text.
    NotText,
    /// A line is longer than any valid one.
    LineTooLong,
    /// The first line does not name the columns that are expected.
    Header,
    /// Another number of cells than the header has, or cells that exclude each other.
    Cells,
    /// A line is not the JSON it should be.
    Json,
    /// Not a number, not exact, or out of bounds.
    Number,
    /// Not an instant.
    Time,
    /// A symbol or instrument that is not configured.
    Symbol,
    /// A word that is not among the valid ones.
    Word,
    /// Times run backwards where they must not, or two rows contradict each other.
    Unordered,
    /// What the caller declared does not fit together.
    Declared,
    /// The file can be read in more than one way, and nothing says which is meant; see
    /// [`MarketError::ambiguity`].
    Ambiguous,
    /// Nothing that is read here.
    Format,
    /// The reader was asked again after an error.
    Stopped,
}

/// What a file of market data leaves open and the caller has to say. Nothing is guessed: a wrong
/// guess about a time is looking ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ambiguity {
    /// Whether a bar is stamped at its open or at its end.
    StampSide,
    /// The time zone of wall times without an offset.
    Zone,
    /// How long a bar is.
    Period,
    /// The symbol of a file that does not name one.
    Symbol,
    /// When the session of a bar opens and closes that is stamped with a day only.
    Session,
    /// The day of times that are counted from midnight.
    Date,
    /// The size of quotes that come without.
    Size,
    /// Which column is which.
    Columns,
    /// At which end of a day a decision was known.
    Decided,
}

impl Ambiguity {
    /// What is missing, in words.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::StampSide => "whether bars are stamped at their open or at their end",
            Self::Zone => "the time zone of times without an offset",
            Self::Period => "how long a bar is",
            Self::Symbol => "the symbol that the rows are about",
            Self::Session => "when the session of a daily bar opens and closes",
            Self::Date => "the day of times that are counted from midnight",
            Self::Size => "the size of quotes that come without one",
            Self::Columns => "which column is which",
            Self::Decided => "at which end of the day the decision was known",
        }
    }
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what())
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the caller named it.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 means the whole file.
    pub line: u64,
    /// Column in bytes, counted from 1; 0 means the whole line.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (line, 0) => write!(f, ":{line}"),
            (line, column) => write!(f, ":{line}:{column}"),
        }
    }
}

/// Why market data or a target file could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct MarketError {
    #[source]
    source: Option<io::Error>,
    detail: Box<Detail>,
}

#[derive(Debug)]
struct Detail {
    kind: ErrorKind,
    ambiguity: Option<Ambiguity>,
    place: Option<Place>,
    cause: String,
    consequence: &'static str,
    action: Cow<'static, str>,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}; {}; {}", self.cause, self.consequence, self.action)
    }
}

/// What follows from a row that is refused.
const STOPPED_HERE: &str = "reading stopped here and nothing after it was used";

impl MarketError {
    /// The class of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.detail.kind
    }

    /// What the caller has to say, for [`ErrorKind::Ambiguous`].
    #[must_use]
    pub fn ambiguity(&self) -> Option<Ambiguity> {
        self.detail.ambiguity
    }

    /// Where it is, unless it is nowhere in a file.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.detail.place.as_ref()
    }

    /// A row that is refused: what is wrong and what to do.
    pub(crate) fn row(
        kind: ErrorKind,
        place: Place,
        cause: impl Into<String>,
        action: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(kind, Some(place), cause.into(), STOPPED_HERE, action.into(), None)
    }

    /// Something that the file leaves open, shown by what stands there.
    pub(crate) fn ambiguous(
        ambiguity: Ambiguity,
        place: Place,
        cause: impl fmt::Display,
        action: &'static str,
    ) -> Self {
        let cause = format!("{cause}: the file does not say {ambiguity}");
        let mut error = Self::new(
            ErrorKind::Ambiguous,
            Some(place),
            cause,
            "nothing was used, because a guess could look ahead",
            action.into(),
            None,
        );
        error.detail.ambiguity = Some(ambiguity);
        error
    }

    /// What the caller declared does not fit together.
    pub(crate) fn declared(cause: impl Into<String>, action: impl Into<Cow<'static, str>>) -> Self {
        let consequence = "nothing was read";
        Self::new(ErrorKind::Declared, None, cause.into(), consequence, action.into(), None)
    }

    /// The same error of another class.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.detail.kind = kind;
        self
    }

    /// The reader was asked again after an error.
    pub(crate) fn stopped(place: Place) -> Self {
        Self::row(
            ErrorKind::Stopped,
            place,
            "the reader met an error before",
            "mend what the first error says and read the file again from its start",
        )
    }

    /// An error of the operating system, or of the decompression, while reading.
    pub(crate) fn reading(place: Place, packed: bool, error: io::Error) -> Self {
        let (kind, cause, action) = match error.kind() {
            io::ErrorKind::UnexpectedEof if packed => (
                ErrorKind::Truncated,
                "the compressed data end too early".to_owned(),
                "copy the file again in full",
            ),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if packed => (
                ErrorKind::Corrupt,
                format!("the compressed data are damaged ({error})"),
                "copy the file again, or unpack it and look",
            ),
            _ => (
                ErrorKind::Io,
                format!("the file cannot be read ({error})"),
                "check path, owner and disk",
            ),
        };
        Self::new(kind, Some(place), cause, STOPPED_HERE, action.into(), Some(error))
    }

    /// An error of the operating system while writing.
    pub(crate) fn writing(error: io::Error) -> Self {
        let cause = format!("the output cannot be written ({error})");
        let consequence = "what is there is incomplete";
        let action = "check path, owner and free space, remove the output and try again".into();
        Self::new(ErrorKind::Io, None, cause, consequence, action, Some(error))
    }

    fn new(
        kind: ErrorKind,
        place: Option<Place>,
        cause: String,
        consequence: &'static str,
        action: Cow<'static, str>,
        source: Option<io::Error>,
    ) -> Self {
        let detail = Detail { kind, ambiguity: None, place, cause, consequence, action };
        Self { source, detail: Box::new(detail) }
    }
}

/// Most names listed in a message.
const NAMES_SHOWN_MAX: usize = 20;

/// Names from a file, shown; not more of them than somebody reads.
pub(crate) fn shown_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
    let mut list: Vec<String> = names.take(NAMES_SHOWN_MAX).map(shown).collect();
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    list.join(", ")
}

/// A text from a file as messages show it: in backticks, escaped, not too long.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (at, c) in text.chars().enumerate() {
        if at == SHOWN_CHARS_MAX {
            out.push_str("...");
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_where_what_what_follows_and_what_to_do() {
        let place = Place { file: "q.csv".into(), line: 7, column: 3 };
        let error = MarketError::row(ErrorKind::Number, place, "bad", "mend it");
        assert_eq!(
            error.to_string(),
            "q.csv:7:3: bad; reading stopped here and nothing after it was used; mend it"
        );
        assert_eq!(error.kind(), ErrorKind::Number);
    }

    #[test]
    fn text_of_a_file_cannot_write_to_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "`a\\u{1b}[2Jb\\n`");
        assert_eq!(shown(&"x".repeat(100)).len(), 65);
    }
}
