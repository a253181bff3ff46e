//! Laws that a broker outside its declared bounds broke.
//!
//! Entry point: [`show`].
//!
//! Invariant: at most [`ROWS_MAX`] are listed; what is cut is counted.

use super::section;
use crate::markup::Markup;
use crate::run::RunPage;

/// Items of the list.
const ROWS_MAX: usize = 50;

/// Writes the list, where there is any.
pub(super) fn show(html: &mut Markup, page: &RunPage) {
    if page.excused.is_empty() {
        return;
    }
    section(html, "excused", "What the broker broke", |html| {
        let text = "The broker did what its descriptor says it cannot do, so these laws could \
                    not be kept. They are excused because people were told and nothing more was \
                    risked where belief and truth differ.";
        html.leaf("p", &[("class", &"note")], text);
        html.wrap("ul", &[], |html| {
            for law in page.excused.iter().take(ROWS_MAX) {
                html.leaf("li", &[], law);
            }
        });
        if page.excused.len() > ROWS_MAX {
            let text = format_args!("{} more.", page.excused.len() - ROWS_MAX);
            html.leaf("p", &[("class", &"note")], text);
        }
    });
}
