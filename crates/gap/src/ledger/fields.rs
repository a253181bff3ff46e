//! One line's JSON object as named, typed fields.
//!
//! Entry points: [`Fields::of_line`], the getters, and [`Fields::finish`], which refuses what
//! no getter asked for.
//!
//! Invariants:
//! - Numbers never pass through floating point: values stay JSON text until a getter reads them.
//! - A field may stand once; the allowed fields of an event are exactly those that were asked.

use super::words::Word;
use crate::decimal::Decimal;
use crate::error::{Problem, nearest, quoted};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The fields of one JSON object that are not yet taken.
pub(super) struct Fields<'a> {
    /// The event, once it is known; for messages.
    pub(super) event: &'static str,
    /// The path of the object inside the line: empty, or the name of the field that holds it.
    within: String,
    left: Vec<(Cow<'a, str>, &'a RawValue)>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a whole line.
    pub(super) fn of_line(line: &'a str) -> Result<Self, Problem> {
        let object: Object<'a> = serde_json::from_str(line).map_err(|error| not_json(&error))?;
        Fields::of_object(object, "line", String::new())
    }

    fn of_object(object: Object<'a>, event: &'static str, within: String) -> Result<Self, Problem> {
        let fields = Fields { event, within, left: object.0, asked: Vec::new() };
        let mut names: Vec<&str> = fields.left.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).find(|pair| pair.first() == pair.last());
        if let Some(name) = repeated.and_then(|pair| pair.first()) {
            return Err(Problem::RepeatedField { field: fields.path(name) });
        }
        Ok(fields)
    }

    /// The name of a field as messages show it, such as `marks.ACME.live`.
    fn path(&self, field: &str) -> String {
        let name = quoted(field);
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(&name);
        if self.within.is_empty() { name.to_owned() } else { format!("{}.{name}", self.within) }
    }

    /// Takes a field, if it is there.
    fn take(&mut self, field: &'static str) -> Option<&'a RawValue> {
        self.asked.push(field);
        let position = self.left.iter().position(|(name, _)| name == field)?;
        Some(self.left.swap_remove(position).1)
    }

    /// Takes a field that must be there.
    fn require(&mut self, field: &'static str) -> Result<&'a RawValue, Problem> {
        match self.take(field) {
            Some(value) => Ok(value),
            None => Err(Problem::MissingField {
                field: self.path(field),
                event: self.event,
                instead: nearest(field, self.left.iter().map(|(name, _)| name.as_ref()))
                    .map(|name| self.path(&name)),
            }),
        }
    }

    /// A text field that must be there.
    pub(super) fn text(&mut self, field: &'static str) -> Result<String, Problem> {
        let value = self.require(field)?;
        read_text(value).map_err(|found| self.kind(field, found, "text"))
    }

    /// A text field that may be left out.
    pub(super) fn optional_text(&mut self, field: &'static str) -> Result<Option<String>, Problem> {
        let Some(value) = self.take(field) else { return Ok(None) };
        read_text(value).map(Some).map_err(|found| self.kind(field, found, "text, or left out"))
    }

    /// A decimal number in quotes that must be there.
    pub(super) fn decimal(&mut self, field: &'static str) -> Result<Decimal, Problem> {
        let value = self.require(field)?;
        read_decimal(value, || self.path(field))
    }

    /// A decimal number in quotes that may be left out.
    pub(super) fn optional_decimal(
        &mut self,
        field: &'static str,
    ) -> Result<Option<Decimal>, Problem> {
        let Some(value) = self.take(field) else { return Ok(None) };
        read_decimal(value, || self.path(field)).map(Some)
    }

    /// A field whose JSON text the caller judges, if it is there.
    pub(super) fn optional_raw(&mut self, field: &'static str) -> Option<&'a str> {
        self.take(field).map(RawValue::get)
    }

    /// A field that must be there and whose JSON text the caller judges.
    pub(super) fn raw(&mut self, field: &'static str) -> Result<&'a str, Problem> {
        self.require(field).map(RawValue::get)
    }

    /// One of `allowed`, which must be there.
    pub(super) fn word<W: Word>(
        &mut self,
        field: &'static str,
        allowed: &'static [W],
    ) -> Result<W, Problem> {
        let text = self.text(field)?;
        match W::from_word(&text) {
            Some(word) => Ok(word),
            None => Err(self.unknown_word(field, &text, allowed.iter().map(|word| word.word()))),
        }
    }

    /// The refusal of a text that is none of the words of `field`.
    pub(super) fn unknown_word(
        &self,
        field: &'static str,
        found: &str,
        allowed: impl Iterator<Item = &'static str>,
    ) -> Problem {
        let allowed: Vec<&str> = allowed.collect();
        Problem::Word {
            field: self.path(field),
            found: quoted(found),
            nearest: nearest(found, allowed.iter().copied()),
            allowed: allowed.join(", "),
        }
    }

    /// A field that holds an object with fields of its own.
    pub(super) fn object(&mut self, field: &'static str) -> Result<Fields<'a>, Problem> {
        let value = self.require(field)?;
        self.inner(field, value)
    }

    /// Everything that is left, as name and object of its own.
    pub(super) fn into_objects(mut self) -> Result<Vec<(String, Fields<'a>)>, Problem> {
        let mut objects = Vec::with_capacity(self.left.len());
        while let Some((name, value)) = self.left.pop() {
            let fields = self.inner(&name, value)?;
            objects.push((name.into_owned(), fields));
        }
        Ok(objects)
    }

    fn inner(&self, field: &str, value: &'a RawValue) -> Result<Fields<'a>, Problem> {
        let found = kind_of(value.get());
        if found != "an object" {
            return Err(self.kind(field, found, "an object"));
        }
        let object = serde_json::from_str(value.get()).map_err(|error| not_json(&error))?;
        Fields::of_object(object, self.event, self.path(field))
    }

    fn kind(&self, field: &str, found: &'static str, allowed: &'static str) -> Problem {
        Problem::Kind { field: self.path(field), found, allowed }
    }

    /// Refuses a field that nothing asked for.
    pub(super) fn finish(&self) -> Result<(), Problem> {
        let Some((name, _)) = self.left.last() else { return Ok(()) };
        Err(Problem::UnknownField {
            field: format!("`{}`", self.path(name)),
            event: self.event,
            nearest: nearest(name, self.asked.iter().copied()),
            allowed: self.asked.join(", "),
        })
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::NotJson { why: error.to_string() }
}

fn read_text(value: &RawValue) -> Result<String, &'static str> {
    let json = value.get();
    if !json.starts_with('"') {
        return Err(kind_of(json));
    }
    serde_json::from_str(json).map_err(|_| "text with a broken escape")
}

fn read_decimal(value: &RawValue, path: impl Fn() -> String) -> Result<Decimal, Problem> {
    let allowed = "a decimal number as text in quotes";
    let text: Cow<'_, str> = match plain_text(value.get()) {
        Some(text) => Cow::Borrowed(text),
        None => read_text(value)
            .map_err(|found| Problem::Kind { field: path(), found, allowed })?
            .into(),
    };
    text.parse().map_err(|why| Problem::Decimal { field: path(), found: quoted(&text), why })
}

/// What stands between the quotes of JSON text that has no escapes.
fn plain_text(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

/// The kind of a JSON value, as messages name it.
pub(super) fn kind_of(json: &str) -> &'static str {
    match json.bytes().next() {
        Some(b'"') => "text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number without quotes",
    }
}

/// A JSON object in the order of its text, repetitions included.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object with the field `ev`")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
                let mut pairs = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Object(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
