//! The gap by strategy, by symbol and by day.
//!
//! Entry point: [`show`].
//!
//! Invariants:
//! - In a table every column adds up to the totals of the verdict, and every row too; see
//!   [`cents`](super::cents).
//! - A table has at most [`ROWS_MAX`] rows and one with all the others.

use super::cents::{self, Shown};
use super::parts::largest_cost;
use super::totals::Totals;
use super::{amount_cell, bar, in_currency, section};
use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use std::cmp::Reverse;
use truefill_gap::Decimal;
use truefill_gap::report::Figures;

/// Rows of a table; the others stand together in one more.
const ROWS_MAX: usize = 100;

struct Row {
    name: String,
    figures: Figures,
    shown: Shown,
}

/// Writes the tables that say more than the totals do.
pub(super) fn show(html: &mut Markup, page: &RunPage, totals: &Totals) {
    let by_strategy = page.gap.by_strategy();
    let by_symbol = page.gap.by_symbol();
    let strategies = by_strategy.into_iter().map(|(name, figures)| (name.to_owned(), figures));
    let symbols = by_symbol.into_iter().map(|(symbol, figures)| {
        (symbol.map_or_else(|| "charges without a symbol".to_owned(), str::to_owned), figures)
    });
    let days = page.gap.days().iter().map(|day| (day.day.clone(), day.figures.clone()));
    let (strategies, symbols) = (largest_first(strategies), largest_first(symbols));
    if strategies.is_empty() {
        return;
    }
    section(html, "groups", "Where it was lost", |html| {
        table(html, page, totals, "Strategy", strategies);
        table(html, page, totals, "Symbol", symbols);
        if page.gap.days().len() > 1 {
            table(html, page, totals, "Day", days.collect());
        }
    });
}

fn largest_first(groups: impl Iterator<Item = (String, Figures)>) -> Vec<(String, Figures)> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_cached_key(|(name, figures)| (Reverse(figures.gap().abs()), name.clone()));
    groups
}

/// Cuts a table, and rounds it so that it adds up.
fn rows(mut groups: Vec<(String, Figures)>, total: &Shown) -> Vec<Row> {
    if groups.len() > ROWS_MAX {
        let others = groups.split_off(ROWS_MAX);
        let figures = others.iter().map(|(_, figures)| figures).collect();
        groups.push((format!("{} more, together", others.len()), figures));
    }
    let profits = groups.iter().map(|(_, figures)| (&figures.theory_pnl, &figures.live_pnl));
    let shown = cents::rows(&profits.collect::<Vec<_>>(), total);
    let rows = groups.into_iter().zip(shown);
    rows.map(|((name, figures), shown)| Row { name, figures, shown }).collect()
}

fn table(
    html: &mut Markup,
    page: &RunPage,
    totals: &Totals,
    what: &'static str,
    groups: Vec<(String, Figures)>,
) {
    let rows = rows(groups, &totals.shown);
    let largest = rows.iter().map(|row| row.figures.gap().abs()).max().unwrap_or_default();
    html.wrap("div", &[("class", &"scroll")], |html| {
        html.wrap("table", &[("class", &"groups")], |html| {
            html.wrap("thead", &[], |html| {
                html.wrap("tr", &[], |html| {
                    html.leaf("th", &[("scope", &"col")], what);
                    for column in ["Theory", "Live", "Gap"] {
                        let text = format_args!("{column}{}", in_currency(page));
                        html.leaf("th", &[("scope", &"col"), ("class", &"n")], text);
                    }
                    html.literal("<th class=\"meter\"></th><th scope=\"col\">Largest cost</th>");
                });
            });
            html.wrap("tbody", &[], |html| {
                for row in &rows {
                    self::row(html, row, &largest);
                }
            });
            html.wrap("tfoot", &[], |html| {
                html.wrap("tr", &[], |html| {
                    html.literal("<th scope=\"row\">Total</th>");
                    amount_cell(html, &totals.shown.theory, &totals.theory);
                    amount_cell(html, &totals.shown.live, &totals.live);
                    amount_cell(html, &totals.shown.gap(), &totals.gap);
                    html.literal("<td class=\"meter\"></td><td></td>");
                });
            });
        });
    });
}

fn row(html: &mut Markup, row: &Row, largest: &Decimal) {
    html.wrap("tr", &[], |html| {
        html.leaf("th", &[("scope", &"row"), ("class", &"name")], &row.name);
        amount_cell(html, &row.shown.theory, &row.figures.theory_pnl);
        amount_cell(html, &row.shown.live, &row.figures.live_pnl);
        amount_cell(html, &row.shown.gap(), &row.figures.gap());
        html.wrap("td", &[("class", &"meter")], |html| bar(html, &row.figures.gap(), largest));
        html.wrap("td", &[("class", &"most")], |html| {
            if let Some(part) = largest_cost(&row.figures.causes) {
                html.text(format_args!("{} ", part.name));
                let title = format_args!("exactly {}", show::exact(&part.amount));
                let amount = show::cents(&part.shown);
                html.leaf("span", &[("class", &"n"), ("title", &title)], amount);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(theory: &str, live: &str) -> Figures {
        let (theory_pnl, live_pnl) = (theory.parse().unwrap(), live.parse().unwrap());
        Figures { theory_pnl, live_pnl, causes: Default::default() }
    }

    #[test]
    fn what_is_cut_stays_in_the_sum() {
        let groups = (0..250).map(|i| (format!("s{i:03}"), figures("2", "1"))).collect();
        let total = Shown { theory: 500.into(), live: 250.into() };
        let rows = rows(groups, &total);
        assert_eq!(rows.len(), ROWS_MAX + 1);
        let last = &rows[ROWS_MAX];
        assert_eq!(last.name, "150 more, together");
        assert_eq!((last.shown.theory.clone(), last.shown.gap()), (300.into(), 150.into()));
    }
}
