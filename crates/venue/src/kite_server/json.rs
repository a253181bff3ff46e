//! JSON as the broker writes it: keys in order, numbers as decimal text.
//!
//! Entry point: [`Json`]. It is written and never read; what comes in is read with `serde_json`.
//!
//! Invariant: a price or a quantity becomes its shortest exact decimal, never a float.

use std::borrow::Cow;
use std::fmt::Write as _;
use truefill_core::num::{Amount, PLACES, Px, Qty, Rounding, round_to, write_decimal};

/// A value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, as its text.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Members in the order in which they are written.
    Object(Vec<(Cow<'static, str>, Json)>),
}

impl Json {
    /// An object with these members.
    ///
    /// ```
    /// use truefill_venue::kite_server::Json;
    /// let row = Json::object([("order_id", "1".into()), ("quantity", 5i64.into())]);
    /// assert_eq!(row.to_string(), r#"{"order_id":"1","quantity":5}"#);
    /// ```
    #[must_use]
    pub fn object<const N: usize>(members: [(&'static str, Self); N]) -> Self {
        let members = members.into_iter();
        Self::Object(members.map(|(key, value)| (Cow::Borrowed(key), value)).collect())
    }

    /// Adds a member, or replaces the one of this key. Nothing happens to what is no object.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Self>) {
        let Self::Object(members) = self else { return };
        let key = key.into();
        match members.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value.into(),
            None => members.push((key, value.into())),
        }
    }

    /// The member of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// A sum of money, rounded down to paise and their hundredths as the margin pages show it.
    #[must_use]
    pub fn money(amount: Amount) -> Self {
        let step = 10i128.pow(14);
        let raw = round_to(amount.0, step, Rounding::Floor) / step;
        Self::decimal(raw, 4)
    }

    fn decimal(raw: i128, places: u32) -> Self {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write_decimal(&mut text, raw, places);
        Self::Number(text)
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::List(values) => {
                out.push('[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    value.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                // Writing to a string does not fail. Controls are all below 0x10000.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Px> for Json {
    fn from(value: Px) -> Self {
        Self::decimal(value.0, PLACES)
    }
}

impl From<Qty> for Json {
    fn from(value: Qty) -> Self {
        Self::decimal(value.0, PLACES)
    }
}

impl From<Vec<Json>> for Json {
    fn from(value: Vec<Json>) -> Self {
        Self::List(value)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl From<$type> for Json {
            fn from(value: $type) -> Self {
                Self::Number(value.to_string())
            }
        }
    )*};
}

whole!(i32, i64, u16, u32, u64, usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let nasty = "quote \" slash \\ line \n bell \u{7} ₹";
        let mut value = Json::object([("a", nasty.into()), ("b", Json::Null)]);
        value.set("b", Px(1_412_950_000_000));
        value.set("c", vec![Json::from(true), Qty::whole(-3).into()]);
        let read: serde_json::Value = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(read["a"], nasty);
        assert_eq!(read["b"].to_string(), "1412.95");
        assert_eq!(read["c"].to_string(), "[true,-3]");
    }

    #[test]
    fn money_has_four_places() {
        assert_eq!(Json::money(Qty::whole(3).times(Px(333_333_333))).to_string(), "0.9999");
        assert_eq!(Json::money(Amount(-1)).to_string(), "-0.0001");
    }
}
