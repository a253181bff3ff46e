//! The document: one file a section, in the order in which a reader needs them.
//!
//! Entry point: [`html`].
//!
//! Invariants:
//! - The page is complete without scripts: details on hover are elements of the drawing.
//! - A drawing exists twice, wide and slim, from the same layout; the style shows one.
//! - Nothing grows with the run without bound: drawings are thinned, tables are cut, and a cut
//!   table says what it leaves out.

mod causes;
mod cents;
mod chart;
mod equity;
mod excused;
mod groups;
mod held;
mod incidents;
mod naive;
mod parts;
mod positions;
mod queue;
mod rules;
mod totals;
mod verdict;
mod waterfall;
mod worst;

use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use crate::when::Sessions;
use crate::words;
use totals::Totals;
use truefill_gap::Decimal;

/// What the browser may do for this page: show it, with the style it brings along.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// The page as one HTML document that opens without a network.
///
/// Details on hover, light and dark, narrow screens and paper are all served by the one file.
#[must_use]
pub fn html(page: &RunPage) -> String {
    let totals = Totals::of(&page.gap);
    let mut html = Markup::default();
    html.literal("<!doctype html>\n");
    html.wrap("html", &[("lang", &"en")], |html| {
        head(html, page);
        html.wrap("body", &[], |html| {
            html.wrap("main", &[], |html| body(html, page, &totals));
        });
    });
    html.literal("\n");
    html.finish()
}

fn head(html: &mut Markup, page: &RunPage) {
    html.wrap("head", &[], |html| {
        html.literal("<meta charset=\"utf-8\">");
        html.literal("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.literal("<meta name=\"color-scheme\" content=\"light dark\">");
        html.literal("<meta name=\"referrer\" content=\"no-referrer\">");
        html.literal("<meta http-equiv=\"Content-Security-Policy\" content=\"");
        html.literal(POLICY);
        html.literal("\">");
        html.leaf("title", &[], format_args!("{} \u{b7} truefill", page.title));
        html.literal("<style>");
        html.literal(include_str!("style.css"));
        html.literal("</style>");
    });
}

fn body(html: &mut Markup, page: &RunPage, totals: &Totals) {
    let sessions = Sessions::of(
        (page.equity.iter().map(|point| point.time))
            .chain(page.queue.iter().map(|point| point.time))
            .chain(page.incidents.iter().map(|incident| incident.time)),
    );
    header(html, page);
    verdict::show(html, page, totals);
    waterfall::show(html, page, totals);
    naive::show(html, page, totals);
    causes::show(html, page, totals);
    held::show(html, page);
    rules::show(html, page);
    groups::show(html, page, totals);
    worst::show(html, page);
    equity::show(html, page, &sessions);
    queue::show(html, page, &sessions);
    incidents::show(html, page, &sessions);
    excused::show(html, page);
    positions::show(html, page);
    facts(html, page);
    next_step(html, page);
    footer(html, page);
}

fn header(html: &mut Markup, page: &RunPage) {
    html.wrap("header", &[], |html| {
        html.literal("<p class=\"brand\">truefill <span>gap report</span></p>");
        html.leaf("h1", &[], &page.title);
        if !page.subtitle.is_empty() {
            html.leaf("p", &[("class", &"subtitle")], &page.subtitle);
        }
        html.wrap("p", &[("class", &"chips")], |html| {
            if !page.grade.is_empty() {
                let title = words::grade(&page.grade);
                let text = format_args!("grade {}", page.grade);
                html.leaf("span", &[("class", &"chip"), ("title", &title)], text);
            }
            match page.gap.days() {
                [] => {}
                [day] => html.leaf("span", &[("class", &"chip")], &day.day),
                [first, .., last] => html.leaf(
                    "span",
                    &[("class", &"chip")],
                    format_args!("{} days, {} to {}", page.gap.days().len(), first.day, last.day),
                ),
            }
            if page.synthetic {
                html.leaf("span", &[("class", &"chip warn")], "synthetic data");
            }
        });
        if is_assumed(page) {
            html.leaf("p", &[("class", &"note")], words::grade(&page.grade));
        }
    });
}

/// Whether the figures rest on assumptions: then the reader is told before the first of them.
fn is_assumed(page: &RunPage) -> bool {
    matches!(page.grade.as_str(), "B" | "C")
}

fn facts(html: &mut Markup, page: &RunPage) {
    if page.facts.is_empty() {
        return;
    }
    section(html, "facts", "The run in figures", |html| {
        html.wrap("dl", &[("class", &"facts")], |html| {
            for fact in &page.facts {
                html.wrap("div", &[], |html| {
                    html.leaf("dt", &[], &fact.label);
                    html.leaf("dd", &[], &fact.value);
                    if !fact.note.is_empty() {
                        html.leaf("dd", &[("class", &"note")], &fact.note);
                    }
                });
            }
        });
    });
}

fn next_step(html: &mut Markup, page: &RunPage) {
    if page.next_step.is_empty() {
        return;
    }
    html.wrap("section", &[("class", &"next")], |html| {
        html.leaf("h2", &[], "Try next");
        html.wrap("pre", &[], |html| html.leaf("code", &[], &page.next_step));
    });
}

fn footer(html: &mut Markup, page: &RunPage) {
    html.wrap("footer", &[], |html| {
        html.literal(
            "<p><b>How the numbers are made.</b> Two books are kept over the same market: the \
             theoretical one trades as the strategy decided, the live one as it really filled. \
             For every holding a ladder of nine positions says how far each wanted unit has \
             come. Whenever the market moves, each unit on its way costs the move, and that is \
             booked under the state it waits in; fills, fees and valuation add their own \
             lines.</p><p><b>Exact.</b> All sums are decimal numbers without rounding, so the \
             causes add up to the gap to the last digit; the profits come from cash and \
             valuation, not from the causes, so a residual of zero is checked and not assumed. \
             Amounts are shown in cents so that the lines shown add up to the total shown; the \
             exact amount is behind each figure, and in report.json. It is an account of where \
             the money went. What a change would save is another question: run it again with \
             the change.</p>",
        );
        let grade = words::grade(&page.grade);
        if !grade.is_empty() && !is_assumed(page) {
            html.wrap("p", &[], |html| html.text(grade));
        }
        html.wrap("p", &[], |html| {
            html.literal("<b>Data.</b> ");
            html.text(if page.synthetic {
                "The market data of this run was generated. It shows how the engine behaves and \
                 says nothing about any market."
            } else {
                "Prices are as recorded; nothing here is advice, and a past run does not \
                 promise the next."
            });
            html.text(" All times are UTC. This file asks for nothing from any network.");
        });
    });
}

/// A section of the page under a heading.
fn section(
    html: &mut Markup,
    id: &'static str,
    heading: &'static str,
    inside: impl FnOnce(&mut Markup),
) {
    html.wrap("section", &[("id", &id)], |html| {
        html.leaf("h2", &[], heading);
        inside(html);
    });
}

/// A cell with an amount in cents, and behind it every digit.
fn amount_cell(html: &mut Markup, shown: &Decimal, exact: &Decimal) {
    let title = format_args!("exactly {}", show::exact(exact));
    html.leaf("td", &[("class", &"n"), ("title", &title)], show::cents(shown));
}

/// A bar in a table: `amount` beside the largest size in its column.
fn bar(html: &mut Markup, amount: &Decimal, largest: &Decimal) {
    if !largest.is_positive() {
        return;
    }
    let length = crate::scale::Hundredths(crate::scale::nearest(
        &(&amount.abs() * &Decimal::from(10_000)),
        largest,
        10_000,
    ));
    let class = if amount.is_negative() { "gain" } else { "cost" };
    html.literal(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    html.shape("rect", &[("class", &class), ("width", &length), ("height", &8)]);
    html.literal("</svg>");
}

/// ` (INR)`, or nothing where the currency is not known.
fn in_currency(page: &RunPage) -> String {
    if page.currency.is_empty() { String::new() } else { format!(" ({})", page.currency) }
}
