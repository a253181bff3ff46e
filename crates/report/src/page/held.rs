//! What held targets back: the line GATE by reason.
//!
//! Entry point: [`show`].
//!
//! Invariant: the amounts shown add up to the line of GATE in the table of causes.

use super::{amount_cell, bar, cents, in_currency, section};
use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use crate::trading::gate_says;
use truefill_gap::{Cause, Decimal};

/// Writes the table, where there is anything to say.
pub(super) fn show(html: &mut Markup, page: &RunPage) {
    let mut rows: Vec<_> = page.trading.by_reason().into_values().collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.reason.cmp(&b.reason)));
    let exact: Decimal = rows.iter().map(|row| &row.cost).sum();
    let displayed = page.gap.displayed().causes;
    let total = displayed.get(Cause::Gate).cloned().unwrap_or_default();
    let shown = cents::column(&rows.iter().map(|row| &row.cost).collect::<Vec<_>>(), &total);
    let largest = rows.iter().map(|row| row.cost.abs()).max().unwrap_or_default();
    section(html, "held", "What held targets back", |html| {
        html.wrap("table", &[("class", &"held")], |html| {
            html.wrap("thead", &[], |html| {
                html.literal("<tr><th scope=\"col\">Reason</th><th scope=\"col\">Time held</th>");
                let cost = format_args!("Cost{}", in_currency(page));
                html.leaf("th", &[("scope", &"col"), ("class", &"n")], cost);
                html.literal("<th class=\"meter\"></th></tr>");
            });
            html.wrap("tbody", &[], |html| {
                for (row, shown) in rows.iter().zip(&shown) {
                    html.wrap("tr", &[], |html| {
                        html.wrap("th", &[("scope", &"row")], |html| {
                            html.text(row.reason.replace('_', " "));
                            html.leaf("span", &[("class", &"why")], gate_says(&row.reason));
                        });
                        let title = format_args!("{} seconds", show::exact(&row.seconds));
                        let held = show::seconds(&row.seconds);
                        html.leaf("td", &[("class", &"when"), ("title", &title)], held);
                        amount_cell(html, shown, &row.cost);
                        html.wrap("td", &[("class", &"meter")], |html| {
                            bar(html, &row.cost, &largest);
                        });
                    });
                }
            });
            html.wrap("tfoot", &[], |html| {
                html.wrap("tr", &[], |html| {
                    html.leaf("th", &[("scope", &"row")], Cause::Gate.plain_name());
                    html.literal("<td></td>");
                    amount_cell(html, &total, &exact);
                    html.literal("<td></td>");
                });
            });
        });
        let text = "Time held is the time in which at least one unit waited for the reason, \
                    added up over holdings; the cost is what the market's moves took meanwhile.";
        html.leaf("p", &[("class", &"note")], text);
    });
}
