//! Why a configuration was refused, in words that say where, what, what is allowed, what follows
//! and what to do next.
//!
//! Entry point: [`ConfigError`].
//!
//! Invariants:
//! 1. An error about a key names file, line, column and the key's full path.
//! 2. Text from the file is shown shortened and escaped: a file cannot write to a terminal.

use std::fmt;

use super::source::Place;

/// Text from a file is cut to this many characters in messages.
const SHOWN_CHARS_MAX: usize = 60;

/// What to do where nothing better is known.
pub(super) const MEND: &str = "mend it and run the command again";

/// A configuration that cannot be used. Nothing was started because of it; the exit status of
/// the command is 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Box<Detail>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    place: Place,
    /// The key's path, dotted; empty for the file as a whole.
    key: String,
    cause: String,
    allowed: String,
    action: String,
}

impl ConfigError {
    pub(super) fn new(place: Place, key: &str, cause: impl Into<String>) -> Self {
        Self(Box::new(Detail {
            place,
            key: key.to_owned(),
            cause: cause.into(),
            allowed: String::new(),
            action: MEND.to_owned(),
        }))
    }

    /// Says what would have been right.
    #[must_use]
    pub(super) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.0.allowed = allowed.into();
        self
    }

    /// Says what to do next.
    #[must_use]
    pub(super) fn action(mut self, action: impl Into<String>) -> Self {
        self.0.action = action.into();
        self
    }

    /// Proposes the word that was most likely meant, if there is one.
    #[must_use]
    pub(super) fn near(self, near: Option<&str>) -> Self {
        match near {
            Some(near) => self.action(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { place, key, cause, allowed, action } = &*self.0;
        write!(f, "{place}: ")?;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        f.write_str(cause)?;
        if !allowed.is_empty() {
            write!(f, "\n  allowed: {allowed}")?;
        }
        write!(f, "\n  nothing was started; {action}")
    }
}

impl std::error::Error for ConfigError {}

/// A text from a file as messages show it: in backticks, escaped, not too long.
pub(super) fn shown(text: &str) -> String {
    format!("`{}`", escaped(text))
}

/// The same without backticks.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
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
    out
}
