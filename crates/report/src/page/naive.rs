//! The usual bot beside truefill: same targets, same market, same broker.
//!
//! Entry point: [`show`].
//!
//! Invariant: the causes of either side add up to its gap as shown.

use super::totals::Totals;
use super::{amount_cell, cents, in_currency, section};
use crate::markup::{Attributes, Markup};
use crate::run::{Naive, RunPage, Side};
use crate::scale::{Hundredths, nearest};
use crate::show;
use truefill_gap::report::Displayed;
use truefill_gap::{Cause, Decimal};

/// Writes both tables, where there was a comparison.
pub(super) fn show(html: &mut Markup, page: &RunPage, totals: &Totals) {
    let Some(naive) = &page.naive else { return };
    section(html, "naive", "Beside the usual bot", |html| {
        html.wrap("div", &[("class", &"scroll")], |html| rows(html, page, totals, naive));
        html.wrap("div", &[("class", &"scroll")], |html| causes(html, page, naive));
        let text = "The usual bot is the loop that most people write first: it fires at once, \
                    sends again after a time-out, and believes its own variable. Same targets, \
                    same minutes, same broker, same seed.";
        html.leaf("p", &[("class", &"note")], text);
    });
}

fn rows(html: &mut Markup, page: &RunPage, totals: &Totals, naive: &Naive) {
    let (usual, ours) = (&naive.usual, &naive.ours);
    let scale = Scale::of([&totals.theory, &usual.live_pnl, &ours.live_pnl]);
    html.wrap("table", &[("class", &"naive")], |html| {
        html.wrap("thead", &[], |html| {
            html.wrap("tr", &[], |html| {
                html.literal("<th scope=\"col\"></th>");
                let profit = format_args!("Profit{}", in_currency(page));
                html.leaf("th", &[("scope", &"col"), ("class", &"n")], profit);
                html.literal("<th class=\"meter\"></th>");
                for column in ["Gap", "Requests", "Rate hits", "Unknown", "Doubled"] {
                    html.leaf("th", &[("scope", &"col"), ("class", &"n")], column);
                }
                html.literal("<th scope=\"col\">Wrong about</th>");
            });
        });
        html.wrap("tbody", &[], |html| {
            row(
                html,
                "the backtest",
                "theory",
                (&totals.theory, &totals.shown.theory),
                &scale,
                None,
            );
            let shown = cents::cent_of(&usual.live_pnl);
            row(html, "the usual bot", "cost", (&usual.live_pnl, &shown), &scale, Some(usual));
            let live = (&totals.live, &totals.shown.live);
            row(html, "truefill", "live", live, &scale, Some(ours));
        });
    });
}

fn row(
    html: &mut Markup,
    name: &'static str,
    class: &'static str,
    (profit, shown): (&Decimal, &Decimal),
    scale: &Scale,
    side: Option<&Side>,
) {
    html.wrap("tr", &[], |html| {
        html.leaf("th", &[("scope", &"row")], name);
        amount_cell(html, shown, profit);
        html.wrap("td", &[("class", &"meter")], |html| scale.draw(html, class, profit));
        let Some(side) = side else {
            html.literal("<td class=\"n none\"></td>");
            html.literal("<td></td><td></td><td></td><td></td>");
            html.literal("<td class=\"most\">at the prices it decided on</td>");
            return;
        };
        amount_cell(html, &cents::cent_of(&side.gap), &side.gap);
        html.leaf("td", &[("class", &"n count")], show::count(side.requests));
        for (count, is_bad) in [
            (side.rate_limit_hits, true),
            (side.unknown_outcomes, false),
            (side.doubled_orders, true),
        ] {
            let class = if is_bad && count > 0 { "n count bad" } else { "n count" };
            html.leaf("td", &[("class", &class)], show::count(count));
        }
        html.wrap("td", &[("class", &"most")], |html| {
            html.text(&side.wrong_about);
            if side.wrong_worth.is_positive() {
                let title = format_args!("exactly {}", show::exact(&side.wrong_worth));
                let worth = format_args!("worth {}", show::cents(&side.wrong_worth));
                html.leaf("span", &[("class", &"why"), ("title", &title)], worth);
            }
        });
    });
}

/// Profits from the lowest to the highest, zero among them, on a bar of a hundred.
struct Scale {
    low: Decimal,
    span: Decimal,
}

impl Scale {
    fn of(profits: [&Decimal; 3]) -> Self {
        let zero = Decimal::ZERO;
        let low = profits.into_iter().chain([&zero]).min().cloned().unwrap_or_default();
        let high = profits.into_iter().chain([&zero]).max().cloned().unwrap_or_default();
        let span = &high - &low;
        let span = if span.is_positive() { span } else { 1.into() };
        Scale { low, span }
    }

    fn at(&self, amount: &Decimal) -> i64 {
        nearest(&(&(amount - &self.low) * &Decimal::from(10_000)), &self.span, 10_000)
    }

    fn draw(&self, html: &mut Markup, class: &'static str, profit: &Decimal) {
        let (zero, end) = (self.at(&Decimal::ZERO), self.at(profit));
        let (from, until) = (Hundredths(zero.min(end)), Hundredths((zero - end).abs()));
        html.literal(
            "<svg class=\"bar tall-bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" \
             aria-hidden=\"true\">",
        );
        let place: Attributes<'_> =
            &[("class", &class), ("x", &from), ("width", &until), ("height", &8)];
        html.shape("rect", place);
        html.literal("</svg>");
    }
}

/// Causes of both sides side by side, the largest first.
fn causes(html: &mut Markup, page: &RunPage, naive: &Naive) {
    let sides = [&naive.usual, &naive.ours].map(|side| (side, Displayed::of(&side.causes)));
    let size = |cause: Cause| {
        let each = sides.iter().filter_map(|(side, _)| side.causes.get(cause));
        each.map(Decimal::abs).max().unwrap_or_default()
    };
    let mut lines: Vec<Cause> = Cause::ALL.into_iter().filter(|c| !size(*c).is_zero()).collect();
    lines.sort_by_cached_key(|cause| (std::cmp::Reverse(size(*cause)), *cause));
    let largest = lines.iter().map(|cause| size(*cause)).max().unwrap_or_default();
    html.wrap("table", &[("class", &"sides")], |html| {
        html.wrap("thead", &[], |html| {
            html.wrap("tr", &[], |html| {
                html.literal("<th scope=\"col\">Cause</th>");
                for who in ["The usual bot", "truefill"] {
                    let text = format_args!("{who}{}", in_currency(page));
                    html.leaf("th", &[("scope", &"col"), ("class", &"n")], text);
                    html.literal("<th class=\"meter\"></th>");
                }
            });
        });
        html.wrap("tbody", &[], |html| {
            for cause in &lines {
                html.wrap("tr", &[], |html| {
                    html.leaf("th", &[("scope", &"row")], cause.plain_name());
                    for (side, shown) in &sides {
                        let Some(exact) = side.causes.get(*cause) else {
                            html.literal("<td></td><td class=\"meter\"></td>");
                            continue;
                        };
                        let shown = shown.causes.get(*cause).unwrap_or(exact);
                        amount_cell(html, shown, exact);
                        html.wrap("td", &[("class", &"meter")], |html| {
                            super::bar(html, exact, &largest);
                        });
                    }
                });
            }
        });
        html.wrap("tfoot", &[], |html| {
            html.wrap("tr", &[], |html| {
                html.literal("<th scope=\"row\">Gap: theory less live</th>");
                for (side, shown) in &sides {
                    amount_cell(html, &shown.gap, &side.gap);
                    html.literal("<td class=\"meter\"></td>");
                }
            });
        });
    });
}
