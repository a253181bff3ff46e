//! Positions at the end: what was wanted, what the engine believes, what the broker says.
//!
//! Entry point: [`show`].

use super::section;
use crate::markup::Markup;
use crate::run::{PositionRow, RunPage};
use crate::show;

/// Rows of the table.
const ROWS_MAX: usize = 200;

/// Writes the table; rows that do not agree come first.
pub(super) fn show(html: &mut Markup, page: &RunPage) {
    if page.positions.is_empty() {
        return;
    }
    let mut rows: Vec<&PositionRow> = page.positions.iter().collect();
    rows.sort_by_key(|row| row.agrees());
    let differing = rows.iter().filter(|row| !row.agrees()).count();
    section(html, "positions", "Positions at the end", |html| {
        html.wrap("p", &[("class", &"note")], |html| match (differing, rows.len()) {
            (0, 1) => html.text("Target, engine and broker agree."),
            (0, all) => html.text(format_args!("Target, engine and broker agree on all {all}.")),
            (some, all) => html.text(format_args!("{some} of {all} do not agree.")),
        });
        html.wrap("div", &[("class", &"scroll")], |html| {
            html.wrap("table", &[("class", &"positions")], |html| {
                html.literal(
                    "<thead><tr><th scope=\"col\">Symbol</th><th scope=\"col\" class=\"n\">Target\
                     </th><th scope=\"col\" class=\"n\">Engine</th><th scope=\"col\" class=\"n\">\
                     Broker</th><th scope=\"col\">Agreement</th></tr></thead>",
                );
                html.wrap("tbody", &[], |html| {
                    rows.iter().take(ROWS_MAX).for_each(|row| self::row(html, row));
                });
            });
        });
        if rows.len() > ROWS_MAX {
            let more = rows.len() - ROWS_MAX;
            let text = format_args!("{more} more that agree or follow are in report.json.");
            html.leaf("p", &[("class", &"note")], text);
        }
    });
}

fn row(html: &mut Markup, row: &PositionRow) {
    html.wrap("tr", &[], |html| {
        html.leaf("th", &[("scope", &"row"), ("class", &"name")], &row.symbol);
        for quantity in [&row.target, &row.engine, &row.broker] {
            html.leaf("td", &[("class", &"n")], show::exact(quantity));
        }
        let (class, text) = match row {
            _ if row.agrees() => ("good", "\u{2713} equal"),
            _ if row.engine != row.broker => ("bad", "\u{2717} engine and broker differ"),
            _ => ("warn", "\u{25cb} target not reached"),
        };
        html.leaf("td", &[("class", &class)], text);
    });
}
