//! JSON taken apart one level at a time, with bounds that hold while it is read, and errors that
//! never quote what was read: it may hold a token.
//!
//! Entry points: [`document`], [`members`], [`fields`].

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::codec::Garbage;

/// Most rows of one list that are read.
pub const ROWS_MAX: usize = 100_000;
/// Most fields of one object that are read.
pub const FIELDS_MAX: usize = 4_096;

/// A whole document.
pub fn document(body: &[u8], bytes_max: usize) -> Result<&RawValue, Garbage> {
    if body.len() > bytes_max {
        return Err(Garbage::new(format_args!("an answer of {} bytes is too large", body.len())));
    }
    let text = std::str::from_utf8(body).map_err(|_| Garbage::new("not UTF-8"))?;
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Garbage::new(format_args!("not JSON, at line {line}, column {column}"))
    })
}

/// The members of a list, unread.
pub fn members(raw: &RawValue) -> Result<Vec<&RawValue>, Garbage> {
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    let read = reader.deserialize_seq(Members);
    read.map_err(|_| Garbage::new(format_args!("not a list, or one of more than {ROWS_MAX} rows")))
}

/// The fields of an object, unread, in their order.
pub type Fields<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// The fields of an object.
pub fn fields(raw: &RawValue) -> Result<Fields<'_>, Garbage> {
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    let read = reader.deserialize_map(Object);
    read.map_err(|_| {
        Garbage::new(format_args!("not an object, or one of more than {FIELDS_MAX} fields"))
    })
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element()? {
            if rows.len() == ROWS_MAX {
                return Err(A::Error::custom("too many rows"));
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        for _ in 0..FIELDS_MAX {
            let Some((Name(name), value)) = map.next_entry()? else { return Ok(fields) };
            fields.push((name, value));
        }
        match map.next_key::<Name<'_>>()? {
            None => Ok(fields),
            Some(_) => Err(A::Error::custom("too many fields")),
        }
    }
}

/// A field's name, copied only if it has escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor).map(Name)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_and_nothing_is_quoted() {
        let long = format!("[{}0]", "0,".repeat(ROWS_MAX));
        let raw = document(long.as_bytes(), 1 << 20).expect("JSON");
        assert!(members(raw).is_err());
        let all: Vec<String> = (0..=FIELDS_MAX).map(|n| format!("\"k{n}\":1")).collect();
        let wide = format!("{{{}}}", all.join(","));
        assert!(fields(document(wide.as_bytes(), 1 << 20).expect("JSON")).is_err());
        let wide = format!("{{{}}}", all[1..].join(","));
        let raw = document(wide.as_bytes(), 1 << 20).expect("JSON");
        assert_eq!(fields(raw).map(|fields| fields.len()), Ok(FIELDS_MAX));
        let secret = document(b"\"CANARY\"", 99).expect("JSON");
        for why in [
            fields(secret).expect_err("no object"),
            members(secret).map(|_| ()).expect_err("no list"),
            document(b"{\"a\":CANARY}", 99).map(|_| ()).expect_err("no JSON"),
            document(b"{}", 1).map(|_| ()).expect_err("too large"),
        ] {
            assert!(!why.why.contains("CANARY"), "{why}");
        }
    }
}
