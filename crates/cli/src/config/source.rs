//! The file as sections and fields that know where they stand.
//!
//! Entry points: [`Source::parse`], [`Section`], [`Field`].
//!
//! The document is walked, not deserialized: so every error has the place of the key or value it
//! is about, the path of the key, and the words that are allowed there.
//!
//! Invariants:
//! 1. A section with a key that it may not have cannot be opened.
//! 2. Fields come in the order in which they stand in the file.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, escaped, shown};
use super::keys;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file as the caller named it.
    pub(super) file: String,
    /// Line, counted from 1; 0 means the whole file.
    pub(super) line: usize,
    /// Column in characters, counted from 1.
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// The text of a file and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// The name for messages.
    pub(super) file: &'a str,
    /// The text.
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The file as a whole.
    pub(super) fn whole(&self) -> Place {
        Place { file: self.file.to_owned(), line: 0, column: 0 }
    }

    /// The place of a byte.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        // The bytes of a character after its first are 0b10xxxxxx.
        let column = 1 + before[line_start..].iter().filter(|b| **b & 0xc0 != 0x80).count();
        Place { file: self.file.to_owned(), line, column }
    }

    /// Reads the text as TOML.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(self.text.len(), |span| span.start);
            let said = error.message().lines().collect::<Vec<_>>().join(", ");
            let cause = format!("this is not TOML: {}", escaped(&said));
            let error = ConfigError::new(self.place(at), "", cause);
            if said.starts_with("duplicate") {
                return error.action("keep one of the two");
            }
            error.allowed("[section] headers and lines such as key = \"text\", key = 3")
        })
    }
}

/// A table of the file.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    path: String,
    /// Where it begins.
    at: usize,
    fields: Vec<Field<'a>>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    source: &'a Source<'a>,
    /// The key as it is written.
    pub(super) key: &'a str,
    /// The key with the sections around it, dotted.
    pub(super) path: String,
    key_at: usize,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Section<'a> {
    /// The file's own table.
    pub(super) fn root(
        source: &'a Source<'a>,
        table: &'a Spanned<DeTable<'a>>,
        keys: &[&str],
    ) -> Result<Self, ConfigError> {
        Self::free(source, String::new(), 0, table.get_ref()).only(keys)
    }

    /// A table whose keys are names that the user chose.
    fn free(source: &'a Source<'a>, path: String, at: usize, table: &'a DeTable<'a>) -> Self {
        let mut fields: Vec<Field<'a>> = table
            .iter()
            .map(|(key, value)| {
                let (key_at, key) = (key.span().start, key.get_ref().as_ref());
                Field { source, key, path: joined(&path, key), key_at, value }
            })
            .collect();
        fields.sort_by_key(|field| field.key_at);
        Self { source, path, at, fields }
    }

    fn only(self, keys: &[&str]) -> Result<Self, ConfigError> {
        match self.fields.iter().find(|field| !keys.contains(&field.key)) {
            Some(odd) => Err(keys::unknown(odd.key_place(), &odd.path, odd.key, keys)),
            None => Ok(self),
        }
    }

    /// All fields, in the order of the file.
    pub(super) fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// A field, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// A field that must be there; `example` is a line that would do.
    pub(super) fn need(&self, key: &str, example: &str) -> Result<&Field<'a>, ConfigError> {
        self.get(key).ok_or_else(|| {
            let path = joined(&self.path, key);
            ConfigError::new(self.source.place(self.at), &path, "this key is missing")
                .action(format!("add it, for example: {example}"))
        })
    }

    /// An error about the section as a whole.
    pub(super) fn wrong(&self, cause: impl Into<String>) -> ConfigError {
        ConfigError::new(self.source.place(self.at), &self.path, cause)
    }
}

impl<'a> Field<'a> {
    /// The value.
    pub(super) fn value(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// The value as it stands in the file.
    pub(super) fn raw(&self) -> &'a str {
        let Range { start, end } = self.value.span();
        self.source.text.get(start..end).unwrap_or("")
    }

    fn key_place(&self) -> Place {
        self.source.place(self.key_at)
    }

    /// An error about the value.
    pub(super) fn wrong(&self, cause: impl Into<String>) -> ConfigError {
        ConfigError::new(self.source.place(self.value.span().start), &self.path, cause)
    }

    /// An error about the key.
    pub(super) fn misplaced(&self, cause: impl Into<String>) -> ConfigError {
        ConfigError::new(self.key_place(), &self.path, cause)
    }

    /// An error about a value of another type than is needed.
    pub(super) fn mistyped(&self, allowed: &str) -> ConfigError {
        let kind = match self.value() {
            DeValue::String(_) => "the text",
            DeValue::Integer(_) => "the integer",
            DeValue::Float(_) => "the float",
            DeValue::Boolean(_) => "the boolean",
            DeValue::Datetime(_) => "the date",
            DeValue::Array(_) => return self.wrong("a list does not fit here").allowed(allowed),
            DeValue::Table(_) => {
                return self.misplaced("a section does not fit here").allowed(allowed);
            }
        };
        self.wrong(format!("{kind} {} does not fit here", shown(self.raw()))).allowed(allowed)
    }

    /// The value as a section with these keys.
    pub(super) fn section(&self, keys: &[&str]) -> Result<Section<'a>, ConfigError> {
        match self.value() {
            DeValue::Table(table) => {
                Section::free(self.source, self.path.clone(), self.key_at, table).only(keys)
            }
            _ => Err(self.mistyped(&format!("a section with {}", keys.join(", ")))),
        }
    }

    /// The value as a section whose keys are names that the user chose.
    pub(super) fn names(&self, allowed: &str) -> Result<Section<'a>, ConfigError> {
        match self.value() {
            DeValue::Table(table) => {
                Ok(Section::free(self.source, self.path.clone(), self.key_at, table))
            }
            _ => Err(self.mistyped(allowed)),
        }
    }

    /// The elements of a list, each as a field of its own.
    pub(super) fn list(&self, allowed: &str) -> Result<Vec<Field<'a>>, ConfigError> {
        let DeValue::Array(array) = self.value() else { return Err(self.mistyped(allowed)) };
        let element = |(at, value): (usize, &'a Spanned<DeValue<'a>>)| Field {
            source: self.source,
            key: self.key,
            path: format!("{}[{at}]", self.path),
            key_at: value.span().start,
            value,
        };
        Ok(array.iter().enumerate().map(element).collect())
    }
}

fn joined(path: &str, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let key = if !key.is_empty() && key.chars().all(bare) {
        escaped(key)
    } else {
        format!("\"{}\"", escaped(key))
    };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
