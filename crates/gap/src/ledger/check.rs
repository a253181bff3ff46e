//! Rules that a line must keep by itself, whoever made it.
//!
//! Entry point: [`Line::check`]. The reader, the writer and the attribution all call it, so a
//! line built in code is held to the same rules as one read from text.

use super::words::Word;
use super::{Line, Liquidity, Reason, Stage, VERSION};
use crate::decimal::{Decimal, DecimalError, MAX_DIGITS};
use crate::error::{Problem, nearest, quoted};

/// The longest name of a strategy, a symbol or a day, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

impl Line {
    /// Whether the line is one that a ledger may contain.
    ///
    /// # Errors
    ///
    /// The first field that breaks a rule of the format: an empty, overlong or unprintable
    /// name, a number of more than [`MAX_DIGITS`] digits, a stage that trades move, a reason
    /// of another stage, a multiplier or ratio that is not above zero, a cross below zero or
    /// with itself, an unknown version.
    pub fn check(&self) -> Result<(), Problem> {
        match self {
            Line::Ledger { version } => version_is_known(*version),
            Line::Instrument { symbol, multiplier } => {
                names([("symbol", symbol)])?;
                above_zero("multiplier", multiplier)
            }
            Line::Day { day } => names([("day", day)]),
            Line::Mark { symbol, px, source: _ } => {
                names([("symbol", symbol)])?;
                numbers([("px", px)])
            }
            Line::Open { strategy, symbol, qty } => {
                names([("strategy", strategy), ("symbol", symbol)])?;
                numbers(Stage::ALL.iter().map(|stage| ("qty", qty.at(*stage))))
            }
            Line::Stage { strategy, symbol, stage, qty, reason } => {
                names([("strategy", strategy), ("symbol", symbol)])?;
                numbers([("qty", qty)])?;
                is_settable(*stage, *reason)
            }
            Line::Fill { strategy, symbol, qty, px, liquidity } => {
                names([("strategy", strategy), ("symbol", symbol)])?;
                numbers([("qty", qty), ("px", px)])?;
                match liquidity {
                    Liquidity::Taker { touch } => numbers([("touch", touch)]),
                    Liquidity::Maker { touch } => numbers(touch.iter().map(|px| ("touch", px))),
                }
            }
            Line::TheoryFill { strategy, symbol, qty, px }
            | Line::External { strategy, symbol, qty, px } => {
                names([("strategy", strategy), ("symbol", symbol)])?;
                numbers([("qty", qty), ("px", px)])
            }
            Line::Cross { symbol, buyer, seller, qty, px } => {
                names([("symbol", symbol), ("buyer", buyer), ("seller", seller)])?;
                numbers([("qty", qty), ("px", px)])?;
                is_a_cross(buyer, seller, qty)
            }
            Line::Split { symbol, ratio, px } => {
                names([("symbol", symbol)])?;
                numbers([("px", px)])?;
                above_zero("ratio", ratio)
            }
            Line::Fee { strategy, symbol, book: _, amount }
            | Line::Financing { strategy, symbol, book: _, amount } => {
                names([("strategy", strategy)])?;
                names(symbol.iter().map(|symbol| ("symbol", symbol)))?;
                numbers([("amount", amount)])
            }
            Line::DayEnd { marks } => {
                names(marks.keys().map(|symbol| ("marks", symbol)))?;
                numbers(marks.values().flat_map(|px| [("marks", &px.theory), ("marks", &px.live)]))
            }
        }
    }
}

fn version_is_known(version: u64) -> Result<(), Problem> {
    if version == VERSION { Ok(()) } else { Err(Problem::Version { found: version.to_string() }) }
}

fn names<'a>(fields: impl IntoIterator<Item = (&'static str, &'a String)>) -> Result<(), Problem> {
    for (field, name) in fields {
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
            return Err(Problem::Name { field: field.to_owned(), found: quoted(name) });
        }
    }
    Ok(())
}

fn numbers<'a>(
    fields: impl IntoIterator<Item = (&'static str, &'a Decimal)>,
) -> Result<(), Problem> {
    for (field, number) in fields {
        if !number.fits(MAX_DIGITS) {
            return Err(Problem::Decimal {
                field: field.to_owned(),
                found: quoted(&number.to_string()),
                why: DecimalError::TooLong,
            });
        }
    }
    Ok(())
}

fn above_zero(field: &'static str, number: &Decimal) -> Result<(), Problem> {
    numbers([(field, number)])?;
    if number.is_positive() {
        return Ok(());
    }
    Err(Problem::Range { field, found: number.to_string(), allowed: "a number above zero" })
}

fn is_settable(stage: Stage, reason: Option<Reason>) -> Result<(), Problem> {
    if !Stage::SETTABLE.contains(&stage) {
        return Err(Problem::MovedByTrades { stage });
    }
    match reason {
        Some(reason) if !stage.reasons().contains(&reason) => Err(Problem::Word {
            field: "reason".to_owned(),
            found: quoted(reason.as_str()),
            allowed: reasons_at(stage),
            nearest: nearest(reason.as_str(), stage.reasons().iter().map(|reason| reason.word())),
        }),
        _ => Ok(()),
    }
}

/// The reasons allowed at `stage`, as an error lists them.
pub(super) fn reasons_at(stage: Stage) -> String {
    let words: Vec<&str> = stage.reasons().iter().map(|reason| reason.word()).collect();
    if words.is_empty() {
        format!("none at stage `{stage}`")
    } else {
        format!("{} at stage `{stage}`", words.join(", "))
    }
}

fn is_a_cross(buyer: &str, seller: &str, qty: &Decimal) -> Result<(), Problem> {
    if qty.is_negative() {
        return Err(Problem::Range {
            field: "qty",
            found: qty.to_string(),
            allowed: "what the buyer receives, zero or above",
        });
    }
    if buyer == seller {
        return Err(Problem::CrossWithItself { strategy: quoted(buyer) });
    }
    Ok(())
}
