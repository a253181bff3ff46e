//! Decimals on the wire: text on the way out, text or a JSON number on the way in, and never a
//! float in between.

use std::borrow::Cow;
use std::fmt::Display;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::codec::Garbage;
use truefill_core::num::{Amount, Px, Qty};

/// The text of a decimal.
#[derive(Clone, Debug)]
pub struct Num<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Num<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        // An escape inside stays as it is and is refused as "not a decimal number".
        Ok(Self(Cow::Borrowed(inner.unwrap_or(text))))
    }
}

impl Serialize for Num<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Num<'_> {
    pub fn of(value: impl Display) -> Self {
        Self(Cow::Owned(value.to_string()))
    }

    pub fn px(&self, field: &str) -> Result<Px, Garbage> {
        let px = self.0.parse().and_then(Px::bounded);
        px.map_err(|error| self.garbage(field, error))
    }

    pub fn qty(&self, field: &str) -> Result<Qty, Garbage> {
        let qty = self.0.parse().and_then(Qty::bounded);
        qty.map_err(|error| self.garbage(field, error))
    }

    /// A quantity above zero.
    pub fn positive(&self, field: &str) -> Result<Qty, Garbage> {
        let qty = self.qty(field)?;
        if qty.0 > 0 { Ok(qty) } else { Err(self.garbage(field, "must be above zero")) }
    }

    /// A quantity of zero or more.
    pub fn unsigned(&self, field: &str) -> Result<Qty, Garbage> {
        let qty = self.qty(field)?;
        if qty.0 >= 0 { Ok(qty) } else { Err(self.garbage(field, "must not be negative")) }
    }

    pub fn amount(&self, field: &str) -> Result<Amount, Garbage> {
        let amount: Amount = self.0.parse().map_err(|error| self.garbage(field, error))?;
        if amount.exceeds_bound() {
            return Err(self.garbage(field, "outside the bounds truefill accepts"));
        }
        Ok(amount)
    }

    fn garbage(&self, field: &str, why: impl Display) -> Garbage {
        let shown: String = self.0.chars().take(40).collect();
        Garbage::new(format_args!("{field} `{shown}`: {why}"))
    }
}

/// Refuses a quantity and a price whose product is outside what truefill computes with.
pub fn check_notional(qty: Qty, px: Px) -> Result<(), Garbage> {
    if qty.times(px).exceeds_bound() {
        return Err(Garbage::new(format_args!("{qty} at {px} is too large a notional")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Qty, Garbage> {
        let num: Num<'_> = serde_json::from_str(json).map_err(Garbage::new)?;
        num.qty("qty")
    }

    #[test]
    fn numbers_are_taken_from_their_text() {
        // The float 0.1 + 0.2 would be 0.30000000000000004.
        for (json, raw) in [
            ("0.3", 300_000_000),
            ("\"0.3\"", 300_000_000),
            ("1e-7", 100),
            ("1E2", 100_000_000_000),
            ("-5", -5_000_000_000),
            ("9007199254.740993", 9_007_199_254_740_993_000),
            ("0.000000001", 1),
        ] {
            assert_eq!(read(json), Ok(Qty(raw)), "{json}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for json in [
            "1.5777777777770001",
            "\"0.0000000001\"",
            "1e400",
            "1e13",
            "-1000000000001",
            "null",
            "true",
            "\"\"",
            "\"1 \"",
            "\"\\u0031\"",
            "\"NaN\"",
            "[1]",
            "{}",
            "99999999999999999999999999999999999999999999",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
