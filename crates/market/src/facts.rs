//! Dated data as text: one fact a line, words between blanks, `#` begins a comment.
//!
//! Entry points: `read`, `Fact`. Calendars, fee schedules and instrument rules are such texts, so
//! that a user can copy one, change a line, see the difference and pass it instead.
//!
//! Invariants:
//! 1. Every complaint names file, line, column, the word and what is allowed.
//! 2. Nothing is skipped in silence: an unknown word and a word too many are errors.
//! 3. Texts are bounded; memory does not exceed a small multiple of the text.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use truefill_core::num::parse_decimal;

use crate::date::Date;
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::nearest::nearest;

/// Most bytes of a text.
pub(crate) const TEXT_BYTES_MAX: usize = 4_194_304;

/// A word and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    /// In bytes, from 1.
    pub(crate) column: usize,
    pub(crate) text: &'a str,
}

/// A line that says something.
#[derive(Clone, Debug)]
pub(crate) struct Fact<'a> {
    file: Arc<str>,
    line: u64,
    words: Vec<Word<'a>>,
    next: usize,
}

/// The facts of a text, under the name that messages shall use.
pub(crate) fn read<'a>(file: &str, text: &'a str) -> Result<Vec<Fact<'a>>, MarketError> {
    let file: Arc<str> = file.into();
    if text.len() > TEXT_BYTES_MAX {
        return Err(MarketError::row(
            ErrorKind::LineTooLong,
            Place { file, line: 0, column: 0 },
            format!("the text has {} bytes, at most {TEXT_BYTES_MAX} are read", text.len()),
            "check that it is the file you meant, or split it",
        ));
    }
    let mut facts = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let said = line.split('#').next().unwrap_or(line);
        let words = words(said);
        if !words.is_empty() {
            facts.push(Fact { file: Arc::clone(&file), line: number, words, next: 0 });
        }
    }
    Ok(facts)
}

fn words(line: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut column = 1;
    for text in line.split([' ', '\t']) {
        if !text.is_empty() {
            found.push(Word { column, text });
        }
        column += text.len() + 1;
    }
    found
}

impl<'a> Fact<'a> {
    /// The next word, if there is one.
    pub(crate) fn try_word(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.next).copied()?;
        self.next += 1;
        Some(word)
    }

    /// The next word, without taking it.
    pub(crate) fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    /// The next word, which must be there.
    pub(crate) fn word(&mut self, what: &str, allowed: &str) -> Result<Word<'a>, MarketError> {
        self.try_word().ok_or_else(|| {
            let end = self.words.last().map_or(1, |last| last.column + last.text.len());
            self.wrong(ErrorKind::Cells, end, format!("{what} is missing"), allowed.to_owned())
        })
    }

    /// The next word as something that text can be parsed into.
    pub(crate) fn parsed<T>(&mut self, what: &str, allowed: &str) -> Result<T, MarketError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let word = self.word(what, allowed)?;
        word.text.parse().map_err(|why: T::Err| {
            self.problem(ErrorKind::Word, word, &format!("{what}: {why}"), allowed)
        })
    }

    /// The next word as a date.
    pub(crate) fn date(&mut self) -> Result<Date, MarketError> {
        self.parsed("the date", "write a date like 2026-08-03")
    }

    /// A word as a decimal number of so many places, not below zero.
    pub(crate) fn decimal(
        &self,
        word: Word<'_>,
        text: &str,
        places: u32,
    ) -> Result<i128, MarketError> {
        let allowed = format!("write a number of zero or above with at most {places} decimals");
        match parse_decimal(text, places) {
            Ok(value) if value < 0 => {
                Err(self.problem(ErrorKind::Number, word, "below zero", &allowed))
            }
            Ok(value) => Ok(value),
            Err(_) => {
                Err(self.problem(ErrorKind::Number, word, "not a number of that kind", &allowed))
            }
        }
    }

    /// The words that are left, joined by blanks: a remark.
    pub(crate) fn remark(&mut self) -> String {
        let left = self.words.get(self.next..).unwrap_or_default();
        self.next = self.words.len();
        left.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    /// Nothing may be left.
    pub(crate) fn end(mut self) -> Result<(), MarketError> {
        match self.try_word() {
            None => Ok(()),
            Some(word) => {
                let allowed = "take the word away, or put a # before it if it is a remark";
                Err(self.problem(ErrorKind::Cells, word, "a word too many", allowed))
            }
        }
    }

    /// A word that is not among the valid ones.
    pub(crate) fn unknown(&self, word: Word<'_>, what: &str, valid: &[&str]) -> MarketError {
        let mut allowed = match nearest(word.text, valid.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? "),
            None => String::new(),
        };
        allowed += &format!("valid are {}", valid.join(", "));
        self.problem(ErrorKind::Word, word, &format!("not {what}"), &allowed)
    }

    /// Something wrong with a word.
    pub(crate) fn problem(
        &self,
        kind: ErrorKind,
        word: Word<'_>,
        why: &str,
        allowed: &str,
    ) -> MarketError {
        let cause = format!("{}: {why}", shown(word.text));
        self.wrong(kind, word.column, cause, allowed.to_owned())
    }

    /// Something wrong with the line as a whole.
    pub(crate) fn contradiction(&self, cause: String, allowed: &str) -> MarketError {
        self.wrong(ErrorKind::Unordered, 1, cause, allowed.to_owned())
    }

    fn wrong(&self, kind: ErrorKind, column: usize, cause: String, action: String) -> MarketError {
        let place = Place { file: Arc::clone(&self.file), line: self.line, column };
        MarketError::row(kind, place, cause, action)
    }
}

/// Something wrong with a text as a whole.
pub(crate) fn whole(
    file: &str,
    cause: impl Into<String>,
    action: impl Into<String>,
) -> MarketError {
    let place = Place { file: file.into(), line: 0, column: 0 };
    MarketError::row(ErrorKind::Declared, place, cause, action.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_their_places_and_comments_say_nothing() {
        let mut facts = read("f", "# only\n\n  a\tbc  # note\nlast").unwrap();
        assert_eq!(facts.len(), 2);
        let fact = &mut facts[0];
        let a = fact.try_word().unwrap();
        let bc = fact.try_word().unwrap();
        assert_eq!((a.column, a.text, bc.column, bc.text), (3, "a", 5, "bc"));
        let error = fact.word("more", "write it").unwrap_err();
        assert!(error.to_string().starts_with("f:3:7: more is missing"), "{error}");
    }

    #[test]
    fn what_is_too_long_or_too_much_is_refused() {
        assert!(read("f", &"\n".repeat(TEXT_BYTES_MAX)).is_ok());
        assert!(read("f", &"\n".repeat(TEXT_BYTES_MAX + 1)).is_err());
        let fact = read("f", "one two").unwrap().remove(0);
        assert!(fact.end().unwrap_err().to_string().starts_with("f:1:1: `one`"));
    }
}
