//! The schedules that come with the program.

use super::{FeeError, Schedule};
use crate::error::shown;
use crate::nearest::nearest;

/// Names, the file they are in, and its text.
const EMBEDDED: [(&[&str], &str, &str); 3] = [
    (
        &[
            "zerodha-equity-delivery",
            "zerodha-equity-intraday",
            "zerodha-futures",
            "zerodha-options",
        ],
        "data/fees/zerodha.txt",
        include_str!("../../../../data/fees/zerodha.txt"),
    ),
    (
        &["alpaca-equity", "alpaca-crypto"],
        "data/fees/alpaca.txt",
        include_str!("../../../../data/fees/alpaca.txt"),
    ),
    (
        &["binance-spot", "binance-spot-bnb", "binance-usdm", "binance-usdm-bnb"],
        "data/fees/binance.txt",
        include_str!("../../../../data/fees/binance.txt"),
    ),
];

impl Schedule {
    /// The schedules that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().flat_map(|(names, _, _)| names.iter().copied())
    }

    /// The text behind a schedule that comes with the program, to copy and edit.
    #[must_use]
    pub fn text_of(name: &str) -> Option<&'static str> {
        EMBEDDED.iter().find(|(names, _, _)| names.contains(&name)).map(|(_, _, text)| *text)
    }

    /// A schedule that comes with the program.
    ///
    /// # Errors
    /// [`FeeError::NoSuchSchedule`] for a name that is not among [`Schedule::names`].
    pub fn by_name(name: &str) -> Result<Self, FeeError> {
        match EMBEDDED.iter().find(|(names, _, _)| names.contains(&name)) {
            Some((_, file, text)) => {
                Self::from_text(name, file, text).map_err(|error| FeeError::Data(error.to_string()))
            }
            None => Err(FeeError::NoSuchSchedule {
                name: shown(name).trim_matches('`').to_owned(),
                hint: nearest(name, Self::names())
                    .map_or_else(String::new, |near| format!("did you mean `{near}`? ")),
                valid: Self::names().collect::<Vec<_>>().join(", "),
            }),
        }
    }
}
