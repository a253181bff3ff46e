//! The targets that cost most, each with what became of it step by step.
//!
//! Entry point: [`show`].
//!
//! Invariant: a target owns what is booked on its holding from its decision until the next one.

use super::parts::largest_cost;
use super::{in_currency, section};
use crate::markup::{Attributes, Markup};
use crate::run::RunPage;
use crate::show;
use crate::trading::ParentRow;

/// Writes the list, where there is any.
pub(super) fn show(html: &mut Markup, page: &RunPage) {
    let worst = &page.trading.worst;
    if worst.is_empty() {
        return;
    }
    section(html, "worst", "The costliest targets", |html| {
        let text = format_args!(
            "The {} of {} targets on whose watch most was lost{}: what was booked on the holding \
             from one decision until the next. Open one for its steps; # is the record in the \
             journal (truefill journal cat journal.db --from N).",
            worst.len(),
            page.trading.targets,
            in_currency(page)
        );
        html.leaf("p", &[("class", &"note")], text);
        for (at, parent) in worst.iter().enumerate() {
            let open: Attributes<'_> = if at == 0 { &[("open", &"")] } else { &[] };
            html.wrap("details", open, |html| details(html, parent));
        }
    });
}

fn details(html: &mut Markup, parent: &ParentRow) {
    html.wrap("summary", &[], |html| {
        let title = format_args!("exactly {}", show::exact(&parent.cost));
        html.leaf("b", &[("class", &"n"), ("title", &title)], show::cents(&parent.cost));
        html.wrap("span", &[("class", &"name")], |html| {
            let target = show::exact(&parent.target);
            html.text(format_args!("{} {} \u{2192} {target}", parent.strategy, parent.symbol));
        });
        html.wrap("span", &[("class", &"aside")], |html| {
            let (date, clock) = show::instant(parent.decided);
            html.text(format_args!("{date} {clock}"));
            if let Some(part) = largest_cost(&parent.causes) {
                html.text(format_args!(" \u{b7} most: {} {}", part.name, show::cents(&part.shown)));
            }
        });
    });
    html.wrap("table", &[("class", &"steps")], |html| {
        html.literal(
            "<thead><tr><th scope=\"col\" class=\"n\">#</th><th scope=\"col\">Time, UTC</th>\
             <th scope=\"col\">Step</th></tr></thead>",
        );
        html.wrap("tbody", &[], |html| {
            for step in &parent.steps {
                html.wrap("tr", &[], |html| {
                    html.leaf("td", &[("class", &"n record")], step.record);
                    let (_, clock) = show::instant(step.time);
                    let title: Attributes<'_> = &[("class", &"when"), ("title", &step.time)];
                    html.leaf("td", title, clock);
                    html.leaf("td", &[], &step.text);
                });
            }
        });
    });
    if parent.more > 0 {
        let text = format_args!("{} more steps are in the journal.", parent.more);
        html.leaf("p", &[("class", &"note")], text);
    }
}
