//! The table of causes: amount, share and meaning, the largest cost first.
//!
//! Entry point: [`show`].
//!
//! Invariant: the amounts shown add up to the total shown, and the shares to the whole.

use super::totals::Totals;
use super::{amount_cell, bar, in_currency, section};
use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use std::cmp::Reverse;
use truefill_gap::{Cause, Decimal};

/// Writes the table.
pub(super) fn show(html: &mut Markup, page: &RunPage, totals: &Totals) {
    let displayed = page.gap.displayed();
    let exact = page.gap.causes();
    let mut lines: Vec<(Cause, &Decimal, &Decimal)> = exact
        .iter()
        .map(|(cause, amount)| (cause, amount, displayed.causes.get(cause).unwrap_or(amount)))
        .collect();
    lines.sort_by_key(|(cause, amount, _)| (Reverse(*amount), *cause));
    let largest = lines.iter().map(|(_, amount, _)| amount.abs()).max().unwrap_or_default();

    section(html, "causes", "Causes", |html| {
        if lines.is_empty() {
            html.leaf("p", &[("class", &"none")], "Nothing moved between theory and live.");
            return;
        }
        html.wrap("table", &[("class", &"causes")], |html| {
            html.wrap("thead", &[], |html| {
                html.literal("<tr><th scope=\"col\">Cause</th><th scope=\"col\" class=\"n\">Cost");
                html.text(in_currency(page));
                html.literal("</th><th scope=\"col\" class=\"n\">Share of the gap</th></tr>");
            });
            html.wrap("tbody", &[], |html| {
                for (cause, amount, shown) in &lines {
                    line(html, *cause, amount, shown, &totals.gap, &largest);
                }
                if !totals.residual.is_zero() {
                    unexplained(html, totals);
                }
            });
            html.wrap("tfoot", &[], |html| total(html, totals));
        });
        html.leaf(
            "p",
            &[("class", &"note")],
            "A cost lowers the live profit; a gain is below zero and marked. The lines shown add \
             up to the total shown, and behind each stands its exact amount.",
        );
    });
}

fn line(
    html: &mut Markup,
    cause: Cause,
    amount: &Decimal,
    shown: &Decimal,
    gap: &Decimal,
    largest: &Decimal,
) {
    html.wrap("tr", &[], |html| {
        html.wrap("th", &[("scope", &"row")], |html| {
            html.text(cause.plain_name());
            html.literal(" <code>");
            html.text(cause.label());
            html.literal("</code>");
            if amount.is_negative() {
                html.literal(" <span class=\"tag\">gain</span>");
            }
            html.leaf("span", &[("class", &"why")], cause.explains());
        });
        amount_cell(html, shown, amount);
        html.wrap("td", &[("class", &"n share")], |html| {
            html.text(show::share(amount, gap).map_or("\u{2013}".to_owned(), show::percent));
            bar(html, amount, largest);
        });
    });
}

fn unexplained(html: &mut Markup, totals: &Totals) {
    html.wrap("tr", &[("class", &"bad")], |html| {
        html.literal("<th scope=\"row\">NOT EXPLAINED: a defect</th>");
        amount_cell(html, &totals.residual, &totals.residual);
        html.literal("<td></td>");
    });
}

fn total(html: &mut Markup, totals: &Totals) {
    html.wrap("tr", &[], |html| {
        html.literal("<th scope=\"row\">Gap: theory less live</th>");
        amount_cell(html, &totals.shown.gap(), &totals.gap);
        let whole = show::share(&totals.gap, &totals.gap);
        let whole = whole.map_or("\u{2013}".to_owned(), show::percent);
        html.leaf("td", &[("class", &"n share")], whole);
    });
}
