//! What a child says: one line of JSON, one target or several.
//!
//! Entry point: [`read`]. Numbers are taken from their text, as numbers or as texts.

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use truefill_core::num::{Px, Qty};
use truefill_market::rounded::{half_even, toward_zero};

/// Most targets of one line.
const TARGETS_MAX: usize = 10_000;

/// A target, as a child says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Of what.
    pub symbol: String,
    /// How much, in the unit of the strategy.
    pub qty: Qty,
    /// The price it was decided at.
    pub px: Option<Px>,
    /// Where a protective stop rests while it is held; absent for none.
    pub stop: Option<Px>,
}

type Object = BTreeMap<String, Box<RawValue>>;

/// Reads a line: `{"symbol":"NSE:INFY","target":10}`, `{"targets":{"NSE:INFY":10}}`; `None` for an
/// answer to a heartbeat.
///
/// # Errors
/// A sentence about the first thing that cannot be used.
pub fn read(line: &str) -> Result<Option<Vec<Said>>, String> {
    let object: Object =
        serde_json::from_str(line).map_err(|_| "it is no JSON object".to_owned())?;
    if let Some(targets) = object.get("targets") {
        only(&object, &["targets", "type"])?;
        let targets: Object = serde_json::from_str(targets.get())
            .map_err(|_| "`targets` is an object of symbols and sizes".to_owned())?;
        if targets.len() > TARGETS_MAX {
            return Err(format!("more than {TARGETS_MAX} targets in one line"));
        }
        let one = |(symbol, size): (String, Box<RawValue>)| {
            Ok(Said { symbol: fitting(symbol)?, qty: qty(&size)?, px: None, stop: None })
        };
        return targets.into_iter().map(one).collect::<Result<Vec<_>, String>>().map(Some);
    }
    if object.get("type").is_some_and(|kind| kind.get() == "\"pong\"") {
        return Ok(None);
    }
    only(&object, &["symbol", "target", "price", "stop", "type"])?;
    let (Some(symbol), Some(size)) = (object.get("symbol"), object.get("target")) else {
        return Err("it has neither `symbol` and `target` nor `targets`".to_owned());
    };
    let symbol: String =
        serde_json::from_str(symbol.get()).map_err(|_| "`symbol` is a text".to_owned())?;
    let (px, stop) = (price(&object, "price")?, price(&object, "stop")?);
    Ok(Some(vec![Said { symbol: fitting(symbol)?, qty: qty(size)?, px, stop }]))
}

/// A price, where there is one.
fn price(object: &Object, key: &str) -> Result<Option<Px>, String> {
    let Some(raw) = object.get(key).filter(|raw| raw.get() != "null") else { return Ok(None) };
    // Programs print binary floats: what is beyond the ninth decimal is rounded.
    let px = half_even(number(raw)?).map(|(px, _)| Px(px));
    let px = px.map_err(|_| format!("`{key}` is no price"))?;
    if px.0 <= 0 || px.bounded().is_err() {
        return Err(format!("`{key}` is above zero"));
    }
    Ok(Some(px))
}

fn only(object: &Object, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(_) => Err(format!("it has a key besides {}", known.join(", "))),
        None => Ok(()),
    }
}

fn fitting(symbol: String) -> Result<String, String> {
    let fits = symbol.len() <= 64 && !symbol.contains(char::is_control);
    if fits { Ok(symbol) } else { Err("a symbol has at most 64 bytes".to_owned()) }
}

fn qty(raw: &RawValue) -> Result<Qty, String> {
    // Never more than was said.
    let qty = toward_zero(number(raw)?).ok().and_then(|(qty, _)| Qty(qty).bounded().ok());
    qty.ok_or_else(|| "a target is a number, such as 10 or \"0.25\"".into())
}

/// The digits of a number, however it is written.
fn number(raw: &RawValue) -> Result<&str, String> {
    let text = raw.get();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    // Python writes whole floats as 10.0.
    let inner = inner.strip_suffix(".0").unwrap_or(inner);
    if inner.len() <= 40 { Ok(inner) } else { Err("a number has at most 40 digits".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(symbol: &str, qty: Qty) -> Said {
        Said { symbol: symbol.to_owned(), qty, px: None, stop: None }
    }

    #[test]
    fn targets_are_read_from_their_text() {
        let read = |line| read(line).expect(line).expect(line);
        assert_eq!(read(r#"{"symbol":"A","target":-10}"#), [one("A", Qty::whole(-10))]);
        assert_eq!(read(r#"{"symbol":"A","target":10.0}"#), [one("A", Qty::whole(10))]);
        assert_eq!(read(r#"{"symbol":"A","target":"0.1"}"#), [one("A", Qty(100_000_000))]);
        let two = read(r#"{"targets":{"A":1,"B":"2"}}"#);
        assert_eq!(two, [one("A", Qty::whole(1)), one("B", Qty::whole(2))]);
        let priced = read(r#"{"symbol":"A","target":1,"price":1500.05}"#);
        assert_eq!(priced[0].px, Some(Px(1_500_050_000_000)));
        let float =
            read(r#"{"symbol":"A","target":0.30000000000000004,"price":1472.8000000000002}"#);
        assert_eq!((float[0].qty, float[0].px), (Qty(300_000_000), Some(Px(1_472_800_000_000))));
        let stopped = read(r#"{"symbol":"A","target":1,"stop":"99.5"}"#);
        assert_eq!((stopped[0].px, stopped[0].stop), (None, Some(Px(99_500_000_000))));
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for line in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"symbol":"A"}"#,
            r#"{"symbol":7,"target":1}"#,
            r#"{"symbol":"A","target":"many"}"#,
            r#"{"symbol":"A","target":1e400}"#,
            r#"{"symbol":"A","target":99999999999999999999999999999}"#,
            r#"{"symbol":"A","target":1,"quantity":2}"#,
            r#"{"symbol":"A","target":1,"price":0}"#,
            r#"{"symbol":"A","target":1,"stop":-1}"#,
            r#"{"targets":[1,2]}"#,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
        assert_eq!(read(r#"{"type":"pong"}"#), Ok(None));
    }
}
