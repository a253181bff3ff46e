//! Rows of a target file in JSON Lines.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Row;
use crate::cells::{Cell, Problem};
use crate::error::ErrorKind;
use crate::json::{cell, problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    time: &'a RawValue,
    #[serde(borrow)]
    strategy: &'a RawValue,
    #[serde(borrow)]
    symbol: &'a RawValue,
    #[serde(borrow)]
    target: &'a RawValue,
    #[serde(borrow, default)]
    price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop: Option<&'a RawValue>,
}

/// A row whose names have their escapes resolved.
pub(super) struct Parsed<'a> {
    object: Object<'a>,
    strategy: Cow<'a, str>,
    symbol: Cow<'a, str>,
}

/// Understands a row.
pub(super) fn parse(line: &str) -> Result<Parsed<'_>, Problem> {
    let object: Object = serde_json::from_str(line).map_err(|e| {
        problem(line, &e, "a row is one object with time, strategy, symbol, target, and price")
    })?;
    let strategy = name(&cell(line, "strategy", object.strategy), object.strategy)?;
    let symbol = name(&cell(line, "symbol", object.symbol), object.symbol)?;
    Ok(Parsed { object, strategy, symbol })
}

/// A text; other JSON is no name.
fn name<'a>(cell: &Cell<'a>, raw: &'a RawValue) -> Result<Cow<'a, str>, Problem> {
    if raw.get().starts_with('"') && !raw.get().contains('\\') {
        return Ok(Cow::Borrowed(cell.text));
    }
    serde_json::from_str::<String>(raw.get())
        .map(Cow::Owned)
        .map_err(|_| cell.problem(ErrorKind::Word, "not a text", "write a name in quotation marks"))
}

impl Parsed<'_> {
    /// The cells of the row that this was parsed from.
    pub(super) fn row<'a>(&'a self, line: &'a str) -> Row<'a> {
        let strategy = cell(line, "strategy", self.object.strategy);
        let symbol = cell(line, "symbol", self.object.symbol);
        Row {
            time: cell(line, "time", self.object.time),
            strategy: Cell { text: &self.strategy, ..strategy },
            symbol: Cell { text: &self.symbol, ..symbol },
            target: cell(line, "target", self.object.target),
            price: self.object.price.map(|price| cell(line, "price", price)),
            stop: self.object.stop.map(|stop| cell(line, "stop", stop)),
        }
    }
}
