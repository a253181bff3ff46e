//! A JSON object read field by field, so that a field nobody asks for may be anything.
//!
//! Entry points: [`Row`], [`text_of`].

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::json;
pub use super::json::members as list;
use super::number;
use super::time;
use crate::codec::Garbage;
use truefill_core::ids::Ascii;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::time::Nanos;

/// The fields of an object, unread.
pub struct Row<'a>(json::Fields<'a>);

impl<'a> Row<'a> {
    /// Takes an object apart.
    pub fn parse(raw: &'a RawValue) -> Result<Self, Garbage> {
        json::fields(raw).map(Self)
    }

    /// The field as it stands; `null` is as good as missing.
    pub fn raw(&self, field: &str) -> Option<&'a RawValue> {
        // Of a field that is there twice the last one counts.
        let found = self.0.iter().rev().find(|(name, _)| name == field);
        found.map(|(_, raw)| *raw).filter(|raw| raw.get() != "null")
    }

    /// All fields by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// An object inside.
    pub fn object(&self, field: &str) -> Option<Row<'a>> {
        self.raw(field).and_then(|raw| Row::parse(raw).ok())
    }

    /// A text, or a number as it is written (ids come as both). Missing, `null` and the empty
    /// text are the same.
    pub fn text(&self, field: &str) -> Option<Cow<'a, str>> {
        self.raw(field).and_then(text_of).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub fn need(&self, field: &str) -> Result<Cow<'a, str>, Garbage> {
        self.text(field).ok_or_else(|| Garbage::new(format_args!("{field} is missing")))
    }

    /// An id or a short text that must be kept exactly.
    pub fn ascii<const N: usize>(&self, field: &str) -> Result<Option<Ascii<N>>, Garbage> {
        let Some(text) = self.text(field) else { return Ok(None) };
        Ascii::new(&text).map(Some).ok_or_else(|| {
            Garbage::new(format_args!("{field} is not printable ASCII of at most {N} characters"))
        })
    }

    /// The same where it must be there.
    pub fn need_ascii<const N: usize>(&self, field: &str) -> Result<Ascii<N>, Garbage> {
        self.ascii(field)?.ok_or_else(|| Garbage::new(format_args!("{field} is missing")))
    }

    /// A quantity that must be there and is not negative.
    pub fn unsigned(&self, field: &str) -> Result<Qty, Garbage> {
        let qty = self.qty(field)?;
        if qty.0 < 0 {
            return Err(Garbage::new(format_args!("{field} must not be negative")));
        }
        Ok(qty)
    }

    /// A quantity that must be there and is above zero.
    pub fn positive(&self, field: &str) -> Result<Qty, Garbage> {
        let qty = self.qty(field)?;
        if qty.0 <= 0 {
            return Err(Garbage::new(format_args!("{field} must be above zero")));
        }
        Ok(qty)
    }

    /// A quantity that must be there.
    pub fn qty(&self, field: &str) -> Result<Qty, Garbage> {
        number::qty(field, &self.need(field)?)
    }

    /// A quantity; missing means zero.
    pub fn qty_or_zero(&self, field: &str) -> Result<Qty, Garbage> {
        self.text(field).map_or(Ok(Qty::ZERO), |text| number::qty(field, &text))
    }

    /// A price; missing means zero.
    pub fn px_or_zero(&self, field: &str) -> Result<Px, Garbage> {
        self.text(field).map_or(Ok(Px::ZERO), |text| number::px(field, &text))
    }

    /// A price that must be there.
    pub fn px(&self, field: &str) -> Result<Px, Garbage> {
        number::px(field, &self.need(field)?)
    }

    /// A sum of money that must be there.
    pub fn amount(&self, field: &str) -> Result<Amount, Garbage> {
        number::amount(field, &self.need(field)?)
    }

    /// A sum of money; missing or unreadable means zero. For figures people look at.
    pub fn amount_or_zero(&self, field: &str) -> Amount {
        self.amount(field).unwrap_or_default()
    }

    /// A small whole number, where it is there.
    pub fn count(&self, field: &str) -> Option<u32> {
        self.text(field).and_then(|text| text.parse().ok())
    }

    /// A time, where the field is one.
    pub fn time(&self, field: &str) -> Option<Nanos> {
        self.text(field).and_then(|text| time::instant(field, &text).ok())
    }

    /// The first of these fields that is a time.
    pub fn time_of(&self, fields: &[&str]) -> Option<Nanos> {
        fields.iter().find_map(|field| self.time(field))
    }
}

/// The text of a JSON string, or of a number or a word as it is written.
pub fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    match json.as_bytes().first()? {
        b'"' if !json.contains('\\') => json.get(1..json.len().checked_sub(1)?).map(Cow::Borrowed),
        b'"' => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect("JSON")
    }

    #[test]
    fn a_field_nobody_asks_for_may_be_anything() {
        let json = raw(r#"{"order_id":"2411250000012345678","odd":[{"x":1e999}],"status":null}"#);
        let row = Row::parse(&json).expect("an object");
        assert_eq!(row.need("order_id").as_deref(), Ok("2411250000012345678"));
        assert_eq!(row.text("status"), None);
        assert!(row.need("status").is_err());
        assert_eq!(row.text("odd"), None);
    }

    #[test]
    fn ids_come_as_text_and_as_numbers() {
        let json = raw(r#"{"a":2411250000012345678,"b":"x\u0041","c":""}"#);
        let row = Row::parse(&json).expect("an object");
        assert_eq!(row.text("a").as_deref(), Some("2411250000012345678"));
        assert_eq!(row.text("b").as_deref(), Some("xA"));
        assert_eq!(row.text("c"), None);
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_one_counts() {
        let json = raw(r#"{"a":1,"a":2,"\u0061b":3}"#);
        let row = Row::parse(&json).expect("an object");
        assert_eq!(row.text("a").as_deref(), Some("2"));
        assert_eq!(row.text("ab").as_deref(), Some("3"));
    }

    #[test]
    fn only_objects_are_rows() {
        for json in ["[]", "1", "\"x\"", "null"] {
            assert!(Row::parse(&raw(json)).is_err(), "{json}");
        }
        assert!(list(&raw("{}")).is_err());
    }
}
