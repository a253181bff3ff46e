//! The readable form of records: JSON for people, `jq` and pandas.
//!
//! Entry points: [`to_json`], [`Json`], [`Names`].
//!
//! Decimals are text without trailing zeros, instants are RFC 3339 text, words are words, a
//! nested record is an object. A list arrives at a [`Sink`] as one field per element under the
//! same name, so a list of one looks like a single value; which fields are lists is therefore
//! kept in [`LISTS`], and a test compares it with the declarations in the core. An empty list
//! is left out, as an absent value is.
//!
//! Indices do not leave without their names: beside `instrument`, `holding` and `sleeve` stands
//! `instrument_name` and so on, when [`Names`] are given.

use std::fmt::Write as _;

use truefill_core::config::Config;
use truefill_core::num::write_decimal;
use truefill_core::record::{Record, Sink};
use truefill_core::time::Nanos;

/// Names of fields that are lists wherever they occur.
pub const LISTS: &[&str] = &[
    "barred",
    "calendars",
    "curve",
    "entries",
    "flats",
    "holdings",
    "in_kind",
    "instruments",
    "marks",
    "others",
    "phases",
    "rows",
    "shares",
    "sleeves",
    "strategies",
    "windows",
];

/// What the indices of a segment stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    instruments: Vec<String>,
    holdings: Vec<String>,
    sleeves: Vec<String>,
}

impl Names {
    /// The names under this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let symbol = |ix: usize| config.instruments.get(ix).map_or("?", |found| &found.symbol);
        let mut sleeves = vec!["manual".to_owned()];
        sleeves.extend(config.strategies.iter().map(|strategy| strategy.name.clone()));
        let holding = |held: &truefill_core::config::Holding| {
            let symbol = symbol(held.instrument.ix());
            match held.product.as_str() {
                "" => symbol.to_owned(),
                product => format!("{symbol} {product}"),
            }
        };
        Self {
            instruments: config.instruments.iter().map(|found| found.symbol.clone()).collect(),
            holdings: config.holdings.iter().map(holding).collect(),
            sleeves,
        }
    }

    /// The name behind an index field; `None` for other fields and unknown indices.
    #[must_use]
    pub fn resolve(&self, field: &str, index: i128) -> Option<(&'static str, &str)> {
        let (key, list) = match field {
            "instrument" => ("instrument_name", &self.instruments),
            "holding" => ("holding_name", &self.holdings),
            "sleeve" => ("sleeve_name", &self.sleeves),
            "buyer" => ("buyer_name", &self.sleeves),
            "seller" => ("seller_name", &self.sleeves),
            _ => return None,
        };
        let name = usize::try_from(index).ok().and_then(|at| list.get(at))?;
        Some((key, name))
    }
}

/// The record as a JSON object.
///
/// ```
/// use truefill_core::{quote::Quote, num::{Px, Qty}, time::Nanos};
/// let quote = Quote { bid_px: Px::whole(99), bid_qty: Qty::whole(5), ask_px: Px::whole(100),
///                     ask_qty: Qty::whole(7), time: Nanos(1) };
/// assert_eq!(
///     truefill_journal::text::to_json(&quote, None),
///     r#"{"bid_px":"99","bid_qty":"5","ask_px":"100","ask_qty":"7","time":"1970-01-01T00:00:00.000000001Z"}"#
/// );
/// ```
#[must_use]
pub fn to_json<R: Record>(record: &R, names: Option<&Names>) -> String {
    let mut out = String::new();
    let mut json = Json::new(&mut out, names);
    record.write(&mut json);
    json.finish();
    out
}

/// One object that is being written.
#[derive(Debug)]
struct Level {
    /// Name of the last field; no field has the empty name.
    last: &'static str,
    /// Where its value begins.
    value: usize,
    /// The value is a list that is not closed yet.
    list: bool,
}

impl Level {
    const fn new() -> Self {
        Self { last: "", value: 0, list: false }
    }
}

/// A [`Sink`] that writes JSON.
#[derive(Debug)]
pub struct Json<'a> {
    out: &'a mut String,
    names: Option<&'a Names>,
    levels: Vec<Level>,
    /// Depths at which an opened group became part of the object around it.
    merged: Vec<usize>,
    merge_next: bool,
}

impl<'a> Json<'a> {
    /// Begins an object at the end of `out`.
    #[must_use]
    pub fn new(out: &'a mut String, names: Option<&'a Names>) -> Self {
        out.push('{');
        Self { out, names, levels: vec![Level::new()], merged: Vec::new(), merge_next: false }
    }

    /// Lets the fields of the next group become fields of the present object.
    pub fn merge_next(&mut self) {
        self.merge_next = true;
    }

    /// A field with plain text, beside those of a record.
    pub fn label(&mut self, name: &'static str, value: &str) {
        self.key(name);
        push_string(self.out, value);
    }

    /// A field with a number, beside those of a record.
    pub fn number(&mut self, name: &'static str, value: u64) {
        self.key(name);
        let _ = write!(self.out, "{value}");
    }

    /// Ends the object.
    pub fn finish(mut self) {
        self.end_list();
        self.out.push('}');
    }

    fn key(&mut self, name: &'static str) {
        let Some(level) = self.levels.last_mut() else { return };
        if level.last == name {
            if !level.list {
                self.out.insert(level.value, '[');
                level.list = true;
            }
            self.out.push(',');
            return;
        }
        let first = level.last.is_empty();
        self.end_list();
        if !first {
            self.out.push(',');
        }
        push_string(self.out, name);
        self.out.push(':');
        let list = LISTS.contains(&name);
        let value = self.out.len();
        if list {
            self.out.push('[');
        }
        if let Some(level) = self.levels.last_mut() {
            *level = Level { last: name, value, list };
        }
    }

    fn end_list(&mut self) {
        if let Some(level) = self.levels.last_mut()
            && level.list
        {
            level.list = false;
            self.out.push(']');
        }
    }
}

/// Appends a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

impl Sink for Json<'_> {
    fn int(&mut self, _tag: u32, name: &'static str, value: i128) {
        self.key(name);
        let _ = write!(self.out, "{value}");
        if let Some((key, text)) = self.names.and_then(|names| names.resolve(name, value)) {
            self.label(key, text);
        }
    }

    fn text(&mut self, _tag: u32, name: &'static str, value: &str) {
        self.label(name, value);
    }

    fn open(&mut self, _tag: u32, name: &'static str) {
        if std::mem::take(&mut self.merge_next) {
            self.merged.push(self.levels.len());
            return;
        }
        self.key(name);
        self.out.push('{');
        self.levels.push(Level::new());
    }

    fn close(&mut self) {
        if self.merged.last() == Some(&self.levels.len()) {
            self.merged.pop();
            return;
        }
        self.end_list();
        self.levels.pop();
        self.out.push('}');
    }

    fn decimal(&mut self, _tag: u32, name: &'static str, value: i128, places: u32) {
        self.key(name);
        self.out.push('"');
        let _ = write_decimal(self.out, value, places);
        self.out.push('"');
    }

    fn instant(&mut self, _tag: u32, name: &'static str, value: Nanos) {
        self.key(name);
        let _ = write!(self.out, "\"{value}\"");
    }

    fn flag(&mut self, _tag: u32, name: &'static str, value: bool) {
        self.key(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    fn word(&mut self, _tag: u32, name: &'static str, _number: u32, word: &'static str) {
        self.label(name, word);
    }
}
