//! The waterfall from theory to live, one row a cause, in the order of the ladder.
//!
//! Entry point: [`show`].
//!
//! It lies on its side: names and amounts stand in columns and stay readable with any number
//! of causes, and profit is the horizontal axis, so a cost moves to the left, down in profit,
//! and a gain to the right, up. The order of the ladder (decision, queue, network, market,
//! charges, valuation) is the order in which an order meets the causes; the table beside it is
//! sorted by size.
//!
//! Invariants:
//! - A bar begins exactly where the one before it ends, the first at theory, the last at live.
//! - A cause too small for a bar still has a mark, and its amount in figures.
//! - Colour is never the only sign: an arrow says down or up.

mod chain;
mod draw;

use super::section;
use super::totals::Totals;
use crate::markup::Markup;
use crate::run::RunPage;
use chain::Chain;

/// Writes the drawing, wide and slim.
pub(super) fn show(html: &mut Markup, page: &RunPage, totals: &Totals) {
    let chain = Chain::of(&page.gap, totals);
    section(html, "waterfall", "From theory to live", |html| {
        html.wrap("figure", &[], |html| {
            draw::drawing(html, &chain, &page.currency, &draw::WIDE);
            draw::drawing(html, &chain, &page.currency, &draw::SLIM);
            html.wrap("figcaption", &[], |html| {
                html.text("Profit");
                if !page.currency.is_empty() {
                    html.text(format_args!(" in {}", page.currency));
                }
                html.text(
                    " from left to right, causes in the order in which an order meets them. ",
                );
                html.literal("<span class=\"cost-text\">&#9660;</span> lowers the live profit, ");
                html.literal("<span class=\"gain-text\">&#9650;</span> raises it.");
                if !chain.shows_zero() {
                    html.text(" The axis is cut: zero is not on it.");
                }
            });
        });
    });
}
