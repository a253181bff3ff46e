//! The calendars that come with the program.

use super::{Calendar, CalendarError};
use crate::error::shown;
use crate::nearest::nearest;

/// Names, the file they are in, and its text.
const EMBEDDED: [(&[&str], &str, &str); 3] = [
    (
        &["nse-cash", "nse-cash-auction", "nse-fno"],
        "data/calendars/nse.txt",
        include_str!("../../../../data/calendars/nse.txt"),
    ),
    (&["us-equities"], "data/calendars/us.txt", include_str!("../../../../data/calendars/us.txt")),
    (
        &["crypto"],
        "data/calendars/crypto.txt",
        include_str!("../../../../data/calendars/crypto.txt"),
    ),
];

impl Calendar {
    /// The calendars that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().flat_map(|(names, _, _)| names.iter().copied())
    }

    /// The text behind a calendar that comes with the program, to copy and edit.
    #[must_use]
    pub fn text_of(name: &str) -> Option<&'static str> {
        EMBEDDED.iter().find(|(names, _, _)| names.contains(&name)).map(|(_, _, text)| *text)
    }

    /// A calendar that comes with the program: `nse-cash` (shares without derivatives),
    /// `nse-cash-auction` (shares with derivatives, which close by auction since August 2026),
    /// `nse-fno`, `us-equities`, `crypto`.
    ///
    /// # Errors
    /// [`CalendarError::NoSuchCalendar`] for any other name.
    pub fn by_name(name: &str) -> Result<Self, CalendarError> {
        match EMBEDDED.iter().find(|(names, _, _)| names.contains(&name)) {
            Some((_, file, text)) => Self::from_text(name, file, text)
                .map_err(|error| CalendarError::Data(error.to_string())),
            None => Err(CalendarError::NoSuchCalendar {
                name: shown(name).trim_matches('`').to_owned(),
                hint: nearest(name, Self::names())
                    .map_or_else(String::new, |near| format!("did you mean `{near}`? ")),
                valid: Self::names().collect::<Vec<_>>().join(", "),
            }),
        }
    }
}
