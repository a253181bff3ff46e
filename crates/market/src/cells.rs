//! The cells of a CSV row, and what they may hold.
//!
//! Entry points: `split`, `Cell`, `Problem`.
//!
//! Quotation marks are not understood: no symbol, number or time needs them. A number is read
//! from its text, exactly.

use truefill_core::ids::InstrumentId;
use truefill_core::num::{DecimalError, PLACES, Px, Qty, parse_decimal};
use truefill_core::time::Nanos;

use crate::error::{ErrorKind, shown};
use crate::rounded::{half_even, toward_zero};
use crate::symbols::Symbols;
use crate::time_text::parse_stamp;

/// Digits that fit 64 bits whatever they are.
const SHORT_DIGITS: usize = 18;
const POWERS: [u64; 10] =
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// What is wrong with a row, before it is known which row that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ErrorKind,
    /// In bytes, from 1.
    pub(crate) column: usize,
    pub(crate) cause: String,
    pub(crate) action: String,
}

/// One cell: its column's name, where it begins and what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) name: &'static str,
    /// In bytes, from 1.
    pub(crate) column: usize,
    pub(crate) text: &'a str,
}

/// Splits a line into as many cells as there are names.
pub(crate) fn split<'a, const N: usize>(
    line: &'a str,
    names: &[&'static str; N],
) -> Result<[Cell<'a>; N], Problem> {
    let mut cells = [Cell { name: "", column: 1, text: "" }; N];
    let mut found = 0;
    let mut column = 1;
    for text in line.split(',') {
        if let (Some(cell), Some(name)) = (cells.get_mut(found), names.get(found)) {
            *cell = Cell { name, column, text };
        }
        found += 1;
        column += text.len() + 1;
    }
    if found == N {
        return Ok(cells);
    }
    Err(Problem {
        kind: ErrorKind::Cells,
        column: 1,
        cause: format!("the row has {found} cells instead of {N}: {}", shown(line)),
        action: format!("write one row in one line, with the cells {}", names.join(",")),
    })
}

impl Cell<'_> {
    /// True for a cell without text.
    pub(crate) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A problem with this cell.
    pub(crate) fn problem(&self, kind: ErrorKind, why: &str, allowed: &str) -> Problem {
        let cause = if self.is_empty() {
            format!("{} is empty", self.name)
        } else {
            format!("{} is {}: {why}", self.name, shown(self.text))
        };
        Problem { kind, column: self.column, cause, action: allowed.to_owned() }
    }

    /// An instant.
    pub(crate) fn time(&self) -> Result<Nanos, Problem> {
        parse_stamp(self.text)
            .map_err(|e| self.problem(ErrorKind::Time, &e.to_string(), e.allowed()))
    }

    /// A known symbol.
    pub(crate) fn symbol(&self, symbols: &Symbols) -> Result<InstrumentId, Problem> {
        symbols.id(self.text).ok_or_else(|| {
            let why = "not a symbol of the configuration";
            self.problem(ErrorKind::Symbol, why, &symbols.advice(self.text))
        })
    }

    /// A price; may be zero or below, bounded.
    pub(crate) fn px(&self) -> Result<Px, Problem> {
        let px = nano(self.text).and_then(|raw| Px(raw).bounded());
        px.map_err(|e| self.number("a price of at most 1000000000", e))
    }

    /// A quantity of zero or above, bounded.
    pub(crate) fn size(&self) -> Result<Qty, Problem> {
        let qty = self.qty()?;
        if qty.0 < 0 {
            let allowed = "write a quantity of zero or above";
            return Err(self.problem(ErrorKind::Number, "below zero", allowed));
        }
        Ok(qty)
    }

    /// As [`Cell::size`], but digits beyond 1e-9 are rounded, halves to even; true if there were.
    pub(crate) fn near_size(&self) -> Result<(Qty, bool), Problem> {
        match half_even(self.text) {
            Ok((raw, true)) if raw >= 0 => {
                let qty = Qty(raw).bounded();
                let what = "a quantity of at most 1000000000000";
                qty.map(|qty| (qty, true)).map_err(|e| self.number(what, e))
            }
            _ => self.size().map(|qty| (qty, false)),
        }
    }

    /// As [`Cell::px`], but digits beyond 1e-9 are rounded, halves to even; true if there were.
    pub(crate) fn near_px(&self) -> Result<(Px, bool), Problem> {
        let px = half_even(self.text).and_then(|(raw, lost)| Ok((Px(raw).bounded()?, lost)));
        px.map_err(|e| self.number("a price of at most 1000000000", e))
    }

    /// As [`Cell::qty`], but digits beyond 1e-9 are cut off; true if there were.
    pub(crate) fn qty_toward_zero(&self) -> Result<(Qty, bool), Problem> {
        let qty = toward_zero(self.text).and_then(|(raw, lost)| Ok((Qty(raw).bounded()?, lost)));
        qty.map_err(|e| self.number("a quantity of at most 1000000000000", e))
    }

    /// A quantity with its sign, bounded.
    pub(crate) fn qty(&self) -> Result<Qty, Problem> {
        let qty = nano(self.text).and_then(|raw| Qty(raw).bounded());
        qty.map_err(|e| self.number("a quantity of at most 1000000000000", e))
    }

    fn number(&self, what: &str, error: DecimalError) -> Problem {
        let allowed = format!("write {what} with at most {PLACES} decimals, like 87232.01");
        self.problem(ErrorKind::Number, &error.to_string(), &allowed)
    }
}

/// Decimal text as a count of 1e-9: as [`parse_decimal`], with a short way for short numbers.
pub(crate) fn nano(text: &str) -> Result<i128, DecimalError> {
    let mut value: u64 = 0;
    let mut digits = 0;
    let mut places = None;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < SHORT_DIGITS => {
                value = value * 10 + u64::from(byte - b'0');
                digits += 1;
                places = places.map(|places| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return parse_decimal(text, PLACES),
        }
    }
    let missing = 9_usize.checked_sub(places.unwrap_or(0));
    match missing.and_then(|missing| POWERS.get(missing)) {
        Some(power) if digits > 0 => Ok(i128::from(value) * i128::from(*power)),
        _ => parse_decimal(text, PLACES),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_know_their_columns() {
        let cells = split("ab,,c", &["x", "y", "z"]).unwrap();
        let seen: Vec<_> = cells.iter().map(|c| (c.name, c.column, c.text)).collect();
        assert_eq!(seen, [("x", 1, "ab"), ("y", 4, ""), ("z", 5, "c")]);
        for (line, found) in [("", "1 cells"), ("a,b", "2 cells"), ("a,b,c,d", "4 cells")] {
            let problem = split(line, &["x", "y", "z"]).unwrap_err();
            assert!(problem.cause.contains(found), "{}", problem.cause);
        }
    }

    #[test]
    fn the_short_way_agrees_at_its_edges() {
        for text in [
            "",
            ".",
            "-",
            "5.",
            ".5",
            "-0.5",
            "+1",
            "1.2.3",
            "1e-7",
            "0.000000001",
            "0.0000000010",
            "0.0000000001",
            "999999999999999999",
            "9999999999999999999",
            "000000000000000000001",
            "1,0",
            "\u{660}",
            "123456789.123456789",
            "1_000",
        ] {
            assert_eq!(nano(text), parse_decimal(text, PLACES), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_agrees(text in "[-+]?[0-9]{0,22}(\\.[0-9]{0,12})?(e[-+]?[0-9])?") {
            prop_assert_eq!(nano(&text), parse_decimal(&text, PLACES));
        }

        #[test]
        fn no_line_panics(line in "\\PC{0,60}") {
            let _ = split(&line, &["a", "b"]);
        }
    }
}
