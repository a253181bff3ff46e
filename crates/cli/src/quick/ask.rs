//! What a file leaves open, as the flag that settles it.

use crate::failure::Failure;
use truefill_market::error::{Ambiguity, MarketError};

/// A refusal; for an ambiguity with the flag to add.
pub fn failure(error: &MarketError) -> Failure {
    match error.ambiguity() {
        Some(ambiguity) => Failure::Input(format!("{error}\n  add {}", flag(ambiguity))),
        None => Failure::Input(error.to_string()),
    }
}

/// The flag that settles it, with what it means.
pub const fn flag(ambiguity: Ambiguity) -> &'static str {
    match ambiguity {
        Ambiguity::StampSide => {
            "--stamp open if a bar carries the time of its beginning (most exchanges), or --stamp \
             close if it carries that of its end"
        }
        Ambiguity::Zone => "--zone, for example --zone America/New_York or --zone +05:30",
        Ambiguity::Period => "--period, for example --period 1m",
        Ambiguity::Symbol => "--symbol NAME",
        Ambiguity::Session => {
            "--session us_equities, --session nse_cash, --session utc_day, or hours of your own: \
             --session \"09:30-16:00 America/New_York\""
        }
        Ambiguity::Size => "--assume-size, for example --assume-size 100",
        Ambiguity::Decided => {
            "--decided close if the decision used that day's close, or --decided open if it was \
             known before the open"
        }
        _ => "a first line that names the columns, such as time,open,high,low,close,volume",
    }
}
