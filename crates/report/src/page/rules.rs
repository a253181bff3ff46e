//! Which rule priced and ended orders, and what its executions cost.
//!
//! Entry point: [`show`].
//!
//! Invariants:
//! - Spread, depth and passive add up to their lines in the table of causes.
//! - The table by holding has at most [`ROWS_MAX`] rows; what is cut is counted.

use super::{amount_cell, cents, in_currency, section};
use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use crate::trading::{RuleRow, rule_says};
use truefill_core::order::Rule;
use truefill_gap::{Cause, Decimal};

/// Rows of the table by holding.
const ROWS_MAX: usize = 120;
/// One of the amounts of a row.
type Part = fn(&RuleRow) -> &Decimal;
/// Costs of executions, with the part of a row that each is.
const COSTS: [(Cause, Part); 3] = [
    (Cause::Spread, |row| &row.spread),
    (Cause::Depth, |row| &row.depth),
    (Cause::Passive, |row| &row.passive),
];

/// Writes the table, where there are orders.
pub(super) fn show(html: &mut Markup, page: &RunPage) {
    let mut rows: Vec<RuleRow> = page.trading.by_rule().into_values().collect();
    if rows.is_empty() {
        return;
    }
    sort(&mut rows);
    section(html, "rules", "Which rule priced and ended orders", |html| {
        html.wrap("div", &[("class", &"scroll")], |html| table(html, page, &rows));
        let text = "An amend is counted under the rule that wanted it. An execution stands under \
                    the rule that had made its price; one that only follows the market (requote) \
                    keeps the rule.";
        html.leaf("p", &[("class", &"note")], text);
        let first = page.trading.rules.first().map(|row| (&row.strategy, &row.symbol));
        let same = |row: &RuleRow| Some((&row.strategy, &row.symbol)) == first;
        if !page.trading.rules.iter().all(same) {
            html.wrap("details", &[], |html| {
                html.leaf("summary", &[], "By strategy and symbol");
                html.wrap("div", &[("class", &"scroll")], |html| by_holding(html, page));
            });
        }
    });
}

/// In the order in which rules come in a policy.
fn sort(rows: &mut [RuleRow]) {
    rows.sort_by_key(|row| (Rule::from_text(&row.rule), row.rule.clone(), row.step));
}

fn table(html: &mut Markup, page: &RunPage, rows: &[RuleRow]) {
    let displayed = page.gap.displayed().causes;
    let costs = COSTS.map(|(cause, of)| {
        let total = displayed.get(cause).cloned().unwrap_or_default();
        let column: Vec<&Decimal> = rows.iter().map(of).collect();
        let exact: Decimal = column.iter().copied().sum();
        (cents::column(&column, &total), total, exact)
    });
    html.wrap("table", &[("class", &"rules")], |html| {
        html.wrap("thead", &[], |html| {
            html.wrap("tr", &[], |html| {
                html.literal("<th scope=\"col\">Rule</th>");
                for column in ["Orders", "Amends", "Cancels", "Fills"] {
                    html.leaf("th", &[("scope", &"col"), ("class", &"n")], column);
                }
                for column in ["Turnover", "Spread", "Depth", "Passive"] {
                    let text = format_args!("{column}{}", in_currency(page));
                    html.leaf("th", &[("scope", &"col"), ("class", &"n")], text);
                }
            });
        });
        html.wrap("tbody", &[], |html| {
            for (at, row) in rows.iter().enumerate() {
                html.wrap("tr", &[], |html| {
                    html.wrap("th", &[("scope", &"row")], |html| {
                        html.text(row.name());
                        html.leaf("span", &[("class", &"why")], rule_says(&row.rule));
                    });
                    counts(html, row);
                    amount_or_nothing(html, &row.turnover, &row.turnover);
                    for ((shown, _, _), (_, of)) in costs.iter().zip(COSTS) {
                        amount_or_nothing(html, &shown[at], of(row));
                    }
                });
            }
        });
        html.wrap("tfoot", &[], |html| {
            html.wrap("tr", &[], |html| {
                html.literal("<th scope=\"row\">Total</th>");
                counts(html, &totals(rows));
                let turnover: Decimal = rows.iter().map(|row| &row.turnover).sum();
                amount_or_nothing(html, &turnover, &turnover);
                for (_, total, exact) in &costs {
                    amount_cell(html, total, exact);
                }
            });
        });
    });
}

fn totals(rows: &[RuleRow]) -> RuleRow {
    let mut all = RuleRow::default();
    for row in rows {
        all.orders += row.orders;
        all.amends += row.amends;
        all.fills += row.fills;
        *all.cancels.entry(String::new()).or_default() += row.cancels.values().sum::<u64>();
    }
    all
}

fn counts(html: &mut Markup, row: &RuleRow) {
    let cancels: u64 = row.cancels.values().sum();
    let whys: Vec<String> = row
        .cancels
        .iter()
        .filter(|(why, _)| !why.is_empty())
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    for (count, title) in
        [(row.orders, ""), (row.amends, ""), (cancels, whys.join(", ").as_str()), (row.fills, "")]
    {
        let text = if count == 0 { String::new() } else { show::count(count) };
        html.leaf("td", &[("class", &"n count"), ("title", &title)], text);
    }
}

/// A cell with an amount; empty where nothing moved.
fn amount_or_nothing(html: &mut Markup, shown: &Decimal, exact: &Decimal) {
    if exact.is_zero() {
        html.literal("<td class=\"n none\"></td>");
    } else {
        amount_cell(html, shown, exact);
    }
}

fn by_holding(html: &mut Markup, page: &RunPage) {
    html.wrap("table", &[("class", &"rules")], |html| {
        html.literal(
            "<thead><tr><th scope=\"col\">Strategy</th><th scope=\"col\">Symbol</th>\
             <th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">Orders</th>\
             <th scope=\"col\" class=\"n\">Amends</th><th scope=\"col\" class=\"n\">Cancels</th>\
             <th scope=\"col\" class=\"n\">Fills</th><th scope=\"col\" class=\"n\">Units filled\
             </th></tr></thead>",
        );
        html.wrap("tbody", &[], |html| {
            for row in page.trading.rules.iter().take(ROWS_MAX) {
                html.wrap("tr", &[], |html| {
                    html.leaf("td", &[("class", &"name")], &row.strategy);
                    html.leaf("td", &[("class", &"name")], &row.symbol);
                    html.leaf("td", &[], row.name());
                    counts(html, row);
                    html.leaf("td", &[("class", &"n count")], show::exact(&row.filled));
                });
            }
        });
    });
    if let Some(more) = page.trading.rules.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
        let text = format_args!("{more} more are in report.json.");
        html.leaf("p", &[("class", &"note")], text);
    }
}
