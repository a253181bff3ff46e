//! A strict walk over JSON: every field is asked for by name, what nobody asked for is an error,
//! and every error says where it is, what was found and what is allowed.
//!
//! Entry points: [`Fields`], [`Fault`].

use serde_json::{Map, Value};
use truefill_core::ids::VenueText;
use truefill_core::num::{Px, Qty, parse_decimal};
use truefill_core::time::Nanos;
use truefill_market::time_text;

/// Longest text of a name.
const TEXT_MAX: usize = 2_000;
/// Longest list.
const LIST_MAX: usize = 10_000;
/// Longest duration, in milliseconds: a year.
pub(super) const MS_MAX: i64 = 366 * 86_400_000;

/// What is wrong with a scenario, and where in its JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field, such as `script[3].qty`.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub why: String,
}

impl Fault {
    /// A fault of a field.
    pub(super) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// What a value is, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The allowed word that is most like a wrong one, as a hint.
fn nearest(word: &str, allowed: &[&str]) -> String {
    let common = |other: &&&str| {
        let same = word.chars().zip(other.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b));
        same.count()
    };
    match allowed.iter().max_by_key(common) {
        Some(best) if common(&best) >= 2 => format!("; did you mean \"{best}\"?"),
        _ => String::new(),
    }
}

/// An object whose fields are asked for by name.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The fields of a value that has to be an object with these fields and no others.
    pub fn of(value: &'a Value, path: &str, allowed: &[&str]) -> Result<Self, Fault> {
        let fields = Self::any(value, path)?;
        fields.only(allowed)?;
        Ok(fields)
    }

    /// The fields of a value that has to be an object.
    pub fn any(value: &'a Value, path: &str) -> Result<Self, Fault> {
        match value {
            Value::Object(map) => Ok(Self { map, path: path.to_owned() }),
            other => Err(Fault::new(path, format!("is {}, not an object", kind(other)))),
        }
    }

    /// No other fields than these.
    pub fn only(&self, allowed: &[&str]) -> Result<(), Fault> {
        let unknown = self.map.keys().find(|name| !allowed.contains(&name.as_str()));
        match unknown {
            None => Ok(()),
            Some(name) => Err(Fault::new(
                self.at(name),
                format!(
                    "is not a field here; allowed are {}{}",
                    allowed.join(", "),
                    nearest(name, allowed)
                ),
            )),
        }
    }

    /// Path of a field.
    pub fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The field is there.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// A fault of a field.
    pub fn fault(&self, name: &str, why: impl Into<String>) -> Fault {
        Fault::new(self.at(name), why)
    }

    /// The value of a field that has to be there.
    pub fn value(&self, name: &str) -> Result<&'a Value, Fault> {
        self.map.get(name).ok_or_else(|| self.fault(name, "is missing"))
    }

    /// A text of a field that may be absent; it may be empty.
    pub fn maybe_text(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= TEXT_MAX => Ok(Some(text)),
            Some(Value::String(_)) => {
                Err(self.fault(name, format!("is longer than {TEXT_MAX} bytes")))
            }
            Some(other) => Err(self.fault(name, format!("is {}, not a text", kind(other)))),
        }
    }

    /// A name: a text that is not empty.
    pub fn maybe_name(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.maybe_text(name)? {
            Some("") => Err(self.fault(name, "is empty")),
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A name that has to be there.
    pub fn name(&self, name: &str) -> Result<String, Fault> {
        self.maybe_name(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// An id as a broker may choose it.
    pub fn maybe_id(&self, name: &str) -> Result<Option<VenueText>, Fault> {
        let Some(text) = self.maybe_text(name)? else { return Ok(None) };
        let id = VenueText::new(text);
        let id = id.ok_or_else(|| self.fault(name, "is no id: at most 48 printable ASCII"))?;
        Ok(Some(id))
    }

    fn decimal(&self, name: &str, text: &str, signed: bool) -> Result<i128, Fault> {
        let digits = if signed { text.strip_prefix('-').unwrap_or(text) } else { text };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) {
            let sign = if signed { "" } else { " without a sign" };
            return Err(self.fault(name, format!("\"{text}\" is no decimal text{sign}")));
        }
        parse_decimal(text, 9).map_err(|why| self.fault(name, format!("\"{text}\" is {why}")))
    }

    /// A decimal text that may be absent.
    fn maybe_decimal(&self, name: &str, signed: bool) -> Result<Option<i128>, Fault> {
        match self.maybe_text(name)? {
            Some(text) => self.decimal(name, text, signed).map(Some),
            None => Ok(None),
        }
    }

    /// A quantity without a sign.
    pub fn maybe_qty(&self, name: &str) -> Result<Option<Qty>, Fault> {
        self.bounded(name, self.maybe_decimal(name, false)?.map(Qty))
    }

    fn bounded(&self, name: &str, qty: Option<Qty>) -> Result<Option<Qty>, Fault> {
        let bad = qty.is_some_and(|qty| qty.bounded().is_err());
        if bad { Err(self.fault(name, "is outside what truefill computes with")) } else { Ok(qty) }
    }

    /// A quantity that has to be there.
    pub fn qty(&self, name: &str) -> Result<Qty, Fault> {
        self.maybe_qty(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// A signed quantity that has to be there.
    pub fn signed(&self, name: &str) -> Result<Qty, Fault> {
        let qty = self.bounded(name, self.maybe_decimal(name, true)?.map(Qty))?;
        qty.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// A price.
    pub fn maybe_px(&self, name: &str) -> Result<Option<Px>, Fault> {
        let px = self.maybe_decimal(name, false)?.map(Px);
        let bad = px.is_some_and(|px| px.bounded().is_err());
        if bad { Err(self.fault(name, "is outside what truefill computes with")) } else { Ok(px) }
    }

    /// A price that has to be there.
    pub fn px(&self, name: &str) -> Result<Px, Fault> {
        self.maybe_px(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// An integer from `least` on.
    pub fn maybe_int(&self, name: &str, least: i64) -> Result<Option<i64>, Fault> {
        let Some(value) = self.map.get(name) else { return Ok(None) };
        let Some(number) = value.as_i64() else {
            return Err(self.fault(name, format!("is {value}, not an integer")));
        };
        if number < least || number > MS_MAX {
            return Err(self.fault(name, format!("is {number}; allowed is {least} to {MS_MAX}")));
        }
        Ok(Some(number))
    }

    /// An integer that has to be there.
    pub fn int(&self, name: &str, least: i64) -> Result<i64, Fault> {
        self.maybe_int(name, least)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// A count that fits 32 bits.
    pub fn maybe_count(&self, name: &str, least: i64) -> Result<Option<u32>, Fault> {
        let Some(number) = self.maybe_int(name, least)? else { return Ok(None) };
        u32::try_from(number).map(Some).map_err(|_| self.fault(name, "is too large"))
    }

    /// One of a closed list of words.
    pub fn maybe_word<T: Copy>(
        &self,
        name: &str,
        allowed: &[(&str, T)],
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.maybe_text(name)? else { return Ok(None) };
        if let Some((_, word)) = allowed.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*word));
        }
        let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
        let hint = nearest(text, &words);
        let list = words.join(", ");
        Err(self.fault(name, format!("is \"{text}\"; allowed are {list}{hint}")))
    }

    /// One of a closed list of words, which has to be there.
    pub fn word<T: Copy>(&self, name: &str, allowed: &[(&str, T)]) -> Result<T, Fault> {
        self.maybe_word(name, allowed)?.ok_or_else(|| {
            let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
            self.fault(name, format!("is missing; allowed are {}", words.join(", ")))
        })
    }

    /// An instant with an offset.
    pub fn maybe_instant(&self, name: &str) -> Result<Option<Nanos>, Fault> {
        let Some(text) = self.maybe_text(name)? else { return Ok(None) };
        let why =
            || self.fault(name, format!("\"{text}\" is no instant like 2026-03-03T10:00:00Z"));
        // To the second, as the schema has it.
        let shape = text.len() == 20 || text.len() == 25;
        if !shape || text.as_bytes().get(10) != Some(&b'T') || text.contains('.') {
            return Err(why());
        }
        time_text::parse(text).map(Some).map_err(|_| why())
    }

    /// The items of a list that may be absent, each with its path.
    pub fn list(&self, name: &str) -> Result<Vec<(&'a Value, String)>, Fault> {
        match self.map.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() <= LIST_MAX => {
                let path = self.at(name);
                let named = items.iter().enumerate();
                Ok(named.map(|(at, item)| (item, format!("{path}[{at}]"))).collect())
            }
            Some(Value::Array(_)) => {
                Err(self.fault(name, format!("has more than {LIST_MAX} items")))
            }
            Some(other) => Err(self.fault(name, format!("is {}, not a list", kind(other)))),
        }
    }

    /// The names of a list that may be absent.
    pub fn names(&self, name: &str) -> Result<Vec<String>, Fault> {
        let items = self.list(name)?.into_iter();
        let text = |(item, path): (&Value, String)| match item {
            Value::String(text) if !text.is_empty() && text.len() <= TEXT_MAX => Ok(text.clone()),
            _ => Err(Fault::new(path, "is not a text that is neither empty nor too long")),
        };
        items.map(text).collect()
    }

    /// The fields of an object by name, for maps from symbols.
    pub fn map(&self, name: &str) -> Result<Vec<(String, Fields<'a>)>, Fault> {
        let Some(value) = self.map.get(name) else { return Ok(Vec::new()) };
        let path = self.at(name);
        let map = Self::any(value, &path)?;
        let keys = map.map.keys().map(|key| {
            if key.is_empty() {
                return Err(Fault::new(&path, "has an empty name"));
            }
            Ok((key.clone(), map.clone()))
        });
        keys.collect()
    }

    /// A map from names to signed quantities.
    pub fn signed_map(&self, name: &str) -> Result<Vec<(String, Qty)>, Fault> {
        self.map(name)?.into_iter().map(|(key, of)| Ok((key.clone(), of.signed(&key)?))).collect()
    }
}
