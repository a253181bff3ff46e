//! Values of fields as the types of the engine: exact decimals, times with a unit, words.
//!
//! Entry points: the methods of [`Field`] here.
//!
//! Invariant: no number goes through a float, and no unit is guessed.

use std::ops::RangeInclusive;

use toml::de::DeValue;
use truefill_core::num::{Amount, DecimalError, PLACES, Px, Qty, parse_decimal};
use truefill_core::time::{MILLI_NS, SECOND_NS};

use super::error::{ConfigError, shown};
use super::keys::nearest;
use super::source::Field;

/// The longest time that can be written: a leap year.
const LONGEST_NS: i64 = 366 * 86_400 * SECOND_NS;
const TIMES: &str = "text of a whole number and a unit (ns, us, ms, s, m, h, d), such as \"5s\"";
/// What people write for a unit, and the unit.
const UNIT_WORDS: [(&str, &[&str]); 5] = [
    ("ms", &["msec", "millis", "milliseconds"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("m", &["min", "mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("d", &["day", "days"]),
];
const UNITS: [(&str, i64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", MILLI_NS),
    ("s", SECOND_NS),
    ("m", 60 * SECOND_NS),
    ("h", 3_600 * SECOND_NS),
    ("d", 86_400 * SECOND_NS),
];

/// Which signs a number may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Above zero.
    Positive,
    /// Zero or above.
    NotNegative,
    /// Any.
    Any,
}

impl<'a> Field<'a> {
    /// Text.
    pub(super) fn text(&self, allowed: &str) -> Result<&'a str, ConfigError> {
        match self.value() {
            DeValue::String(text) => Ok(text.as_ref()),
            _ => Err(self.mistyped(allowed)),
        }
    }

    /// One of these words. `later` are words that are designed and not in this version.
    pub(super) fn word<T: Copy>(
        &self,
        words: &[(&str, T)],
        later: &[&str],
    ) -> Result<T, ConfigError> {
        let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let allowed = quoted.join(", ");
        let found = self.text(&allowed)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == found) {
            return Ok(*value);
        }
        if later.contains(&found) {
            let cause = format!("{} comes in a later version", shown(found));
            return Err(self.wrong(cause).allowed(allowed));
        }
        let near = nearest(found, words.iter().map(|(word, _)| *word));
        let cause = format!("{} is not a word that fits here", shown(found));
        Err(self.wrong(cause).allowed(allowed).near(near))
    }

    /// `true` or `false`.
    pub(super) fn switch(&self) -> Result<bool, ConfigError> {
        match self.value() {
            DeValue::Boolean(on) => Ok(*on),
            _ => Err(self.mistyped("true or false")),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, range: RangeInclusive<u32>) -> Result<u32, ConfigError> {
        let allowed = format!("an integer from {} to {}", range.start(), range.end());
        let found = match self.value() {
            DeValue::Integer(found) => found,
            DeValue::String(text) if text.parse().is_ok_and(|n| range.contains(&n)) => {
                let action = format!("take it out of its quotes: {} = {text}", self.key);
                return Err(self.mistyped(&allowed).action(action));
            }
            _ => return Err(self.mistyped(&allowed)),
        };
        u32::from_str_radix(found.as_str(), found.radix())
            .ok()
            .filter(|n| range.contains(n))
            .ok_or_else(|| {
                self.wrong(format!("{} is out of range", shown(self.raw()))).allowed(allowed)
            })
    }

    /// False for values that are no number in any spelling.
    pub(super) fn may_be_number(&self) -> bool {
        matches!(self.value(), DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_))
    }

    /// A price step or a price.
    pub(super) fn px(&self, sign: Sign) -> Result<Px, ConfigError> {
        let raw = self.decimal(PLACES, sign)?;
        Px(raw).bounded().map_err(|error| self.refused(error, PLACES, sign))
    }

    /// A quantity.
    pub(super) fn qty(&self, sign: Sign) -> Result<Qty, ConfigError> {
        let raw = self.decimal(PLACES, sign)?;
        Qty(raw).bounded().map_err(|error| self.refused(error, PLACES, sign))
    }

    /// A sum of money.
    pub(super) fn amount(&self, sign: Sign) -> Result<Amount, ConfigError> {
        let amount = Amount(self.decimal(2 * PLACES, sign)?);
        if amount.exceeds_bound() {
            return Err(self.refused(DecimalError::TooLarge, 2 * PLACES, sign));
        }
        Ok(amount)
    }

    /// A decimal as a count of 10^-`places`.
    pub(super) fn decimal(&self, places: u32, sign: Sign) -> Result<i128, ConfigError> {
        let text = match self.value() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str(),
            DeValue::Float(float) => return Err(self.bare_float(float.as_str(), places, sign)),
            _ => return Err(self.mistyped(&decimals(places, sign))),
        };
        let raw = parse_decimal(text, places).map_err(|e| self.refused(e, places, sign))?;
        let fits = match sign {
            Sign::Positive => raw > 0,
            Sign::NotNegative => raw >= 0,
            Sign::Any => true,
        };
        if !fits {
            let cause = format!("{} is out of range", shown(text));
            return Err(self.wrong(cause).allowed(decimals(places, sign)));
        }
        Ok(raw)
    }

    fn bare_float(&self, digits: &str, places: u32, sign: Sign) -> ConfigError {
        let cause = format!("the float {} does not fit here: it is not exact", shown(self.raw()));
        let error = self.wrong(cause).allowed(decimals(places, sign));
        match parse_decimal(digits, places) {
            Ok(_) => error.action(format!("put it in quotes: {} = \"{digits}\"", self.key)),
            Err(_) => error,
        }
    }

    fn refused(&self, error: DecimalError, places: u32, sign: Sign) -> ConfigError {
        let found = shown(self.raw());
        let cause = match error {
            DecimalError::Malformed => format!("{found} is not a decimal number"),
            DecimalError::TooPrecise => format!("{found} has more than {places} decimal places"),
            DecimalError::TooLarge => format!("{found} is larger than truefill computes with"),
        };
        self.wrong(cause).allowed(decimals(places, sign))
    }

    /// A time of at least `least_ns`.
    pub(super) fn duration(&self, least_ns: i64) -> Result<i64, ConfigError> {
        if let DeValue::Integer(_) | DeValue::Float(_) = self.value() {
            let cause = format!("{} is a time without a unit", shown(self.raw()));
            return Err(self.wrong(cause).allowed(TIMES));
        }
        let text = self.text(TIMES)?;
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(split);
        let refuse = |why: &str| self.wrong(format!("{} {why}", shown(text))).allowed(TIMES);
        if count.is_empty() || unit.starts_with('.') {
            return Err(refuse("does not begin with a whole number"));
        }
        if unit.is_empty() {
            return Err(refuse("is a time without a unit"));
        }
        let Some((_, unit_ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let near = near_unit(unit).map(|near| format!("{count}{near}"));
            return Err(refuse("has a unit that is not known").near(near.as_deref()));
        };
        let ns = count.parse::<i64>().ok().and_then(|count| count.checked_mul(*unit_ns));
        match ns {
            Some(ns) if ns < least_ns => {
                Err(refuse("is too short")
                    .allowed(format!("{TIMES}, at least {}", written(least_ns))))
            }
            Some(ns) if ns <= LONGEST_NS => Ok(ns),
            _ => Err(refuse("is longer than 366 days")),
        }
    }
}

/// A time such as `1m`, in nanoseconds.
pub(super) fn duration(text: &str) -> Option<i64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(split);
    let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit)?;
    count.parse::<i64>().ok()?.checked_mul(*unit_ns).filter(|ns| *ns <= LONGEST_NS)
}

fn near_unit(unit: &str) -> Option<&'static str> {
    let unit = unit.trim().to_lowercase();
    let word = UNIT_WORDS.iter().find(|(_, words)| words.contains(&unit.as_str()));
    word.map(|(name, _)| *name).or_else(|| nearest(&unit, UNITS.map(|(name, _)| name)))
}

/// A time in the largest unit that leaves it whole.
fn written(ns: i64) -> String {
    let (name, unit_ns) =
        UNITS.iter().rev().find(|(_, unit_ns)| ns % unit_ns == 0).unwrap_or(&UNITS[0]);
    format!("\"{}{name}\"", ns / unit_ns)
}

fn decimals(places: u32, sign: Sign) -> String {
    let sign = match sign {
        Sign::Positive => " above zero",
        Sign::NotNegative => " of zero or more",
        Sign::Any => "",
    };
    format!("an integer or decimal text{sign} with at most {places} places, such as \"0.05\"")
}
