//! The verdict: what happened to the money in a few sentences, and what to change first.
//!
//! Entry point: [`show`].
//!
//! Invariants:
//! - A residual other than zero, anywhere, turns the verdict into a defect notice.
//! - The two causes of fees are judged together: paying what the backtest had assumed is no
//!   loss.

use super::parts::{Part, judged, largest_cost, largest_gain};
use super::totals::Totals;
use crate::markup::Markup;
use crate::run::RunPage;
use crate::show;
use crate::words;
use truefill_gap::{Causes, Decimal};

/// Writes the verdict.
pub(super) fn show(html: &mut Markup, page: &RunPage, totals: &Totals) {
    html.wrap("section", &[("id", &"verdict"), ("aria-label", &"Verdict")], |html| {
        if !totals.is_exact {
            defect(html, totals);
        }
        html.wrap("p", &[("class", &"says")], |html| profits(html, page, totals));
        if totals.is_exact {
            html.wrap("p", &[("class", &"says")], |html| accounted(html, page, totals));
        }
        largest(html, page.gap.causes(), &totals.gap, &page.currency);
        tiles(html, totals);
    });
}

fn defect(html: &mut Markup, totals: &Totals) {
    html.wrap("div", &[("class", &"defect"), ("role", &"alert")], |html| {
        html.leaf("strong", &[], "DEFECT: this report does not add up. Do not use it.");
        html.wrap("p", &[], |html| {
            html.text("The causes leave a residual of ");
            html.leaf("b", &[], show::exact(&totals.residual));
            html.text(
                " in total, or one in a day or a holding. It is an error of truefill, not of \
                 your trading. Keep the ledger and the journal of this run and report it with \
                 them.",
            );
        });
    });
}

fn profits(html: &mut Markup, page: &RunPage, totals: &Totals) {
    html.text("Theory ");
    profit(html, page, &totals.shown.theory, &totals.theory);
    html.text(", live ");
    profit(html, page, &totals.shown.live, &totals.live);
    html.text(".");
}

fn profit(html: &mut Markup, page: &RunPage, shown: &Decimal, exact: &Decimal) {
    if shown.is_zero() {
        html.text("made nothing");
        return;
    }
    html.text(if shown.is_negative() { "lost " } else { "made " });
    money(html, &page.currency, &shown.abs(), exact);
}

fn accounted(html: &mut Markup, page: &RunPage, totals: &Totals) {
    if totals.gap.is_zero() && page.gap.causes().is_empty() {
        html.text("There is no gap, and nothing moved between them: residual 0.");
        return;
    }
    let unit = words::unit_of(&page.currency);
    html.text(format_args!("Every {unit} of the gap of "));
    money(html, &page.currency, &totals.shown.gap(), &totals.gap);
    html.text(" is accounted for: ");
    html.leaf("span", &[("class", &"seal")], "residual 0");
    html.text(".");
}

fn money(html: &mut Markup, currency: &str, shown: &Decimal, exact: &Decimal) {
    let space = if currency.is_empty() { "" } else { "\u{a0}" };
    let title = format_args!("exactly {}", show::exact(exact));
    let text = format_args!("{currency}{space}{}", show::cents(shown));
    html.leaf("b", &[("class", &"n"), ("title", &title)], text);
}

fn largest(html: &mut Markup, causes: &Causes, gap: &Decimal, currency: &str) {
    if gap.is_negative()
        && let Some(gain) = largest_gain(causes)
    {
        html.wrap("p", &[("class", &"largest")], |html| {
            html.text("Live did better than theory. The largest gain, ");
            money(html, currency, &gain.shown.abs(), &gain.amount);
            html.text(format_args!(", came from: {}.", gain.name));
        });
    }
    let Some(Part { amount, shown, told, .. }) = largest_cost(causes) else { return };
    html.wrap("p", &[("class", &"largest")], |html| {
        match show::share(&amount, gap).filter(|_| is_part_of(causes, gap)) {
            Some(tenths) => {
                let percent = (tenths + 5) / 10;
                html.text(format_args!("The largest part of it, {percent}\u{a0}% ("));
                money(html, currency, &shown, &amount);
                html.text(format_args!("), {}.", told.lost));
            }
            None => {
                html.text("The largest cost, ");
                money(html, currency, &shown, &amount);
                html.text(format_args!(", {}; gains elsewhere stand against it.", told.lost));
            }
        }
    });
    html.wrap("p", &[("class", &"change")], |html| {
        html.leaf("b", &[], "Change first: ");
        html.text(told.change);
    });
}

/// Whether causes can be called parts of the gap: it is a loss, and gains are at most half of it.
fn is_part_of(causes: &Causes, gap: &Decimal) -> bool {
    let gains = judged(causes).into_iter().filter(Decimal::is_negative);
    let gains: Decimal = gains.collect::<Vec<_>>().iter().sum();
    gap.is_positive() && &gains + &(&gains + gap) >= Decimal::ZERO
}

fn tiles(html: &mut Markup, totals: &Totals) {
    let residual = if totals.is_exact { "0".to_owned() } else { show::exact(&totals.residual) };
    let residual_class = if totals.is_exact { "good" } else { "bad" };
    let gap_class = if totals.gap.is_negative() { "gap gain" } else { "gap" };
    html.wrap("dl", &[("class", &"tiles")], |html| {
        let mut tile = |label: &str, class: &str, value: &str, exact: &Decimal| {
            html.wrap("div", &[("class", &class)], |html| {
                html.leaf("dt", &[], label);
                let title = format_args!("exactly {}", show::exact(exact));
                html.leaf("dd", &[("title", &title)], value);
            });
        };
        tile("Theory", "theory", &show::cents(&totals.shown.theory), &totals.theory);
        tile("Live", "live", &show::cents(&totals.shown.live), &totals.live);
        tile("Gap", gap_class, &show::cents(&totals.shown.gap()), &totals.gap);
        tile("Residual", residual_class, &residual, &totals.residual);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_gap::Cause;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn words_of(html: Markup) -> String {
        let mut text = String::new();
        let mut inside_tag = false;
        for character in html.finish().chars() {
            match character {
                '<' => inside_tag = true,
                '>' => inside_tag = false,
                _ if !inside_tag => text.push(character),
                _ => {}
            }
        }
        text.replace('\u{a0}', " ")
    }

    fn said(causes: &[(Cause, &str)]) -> String {
        let causes: Causes = causes.iter().map(|(cause, amount)| (*cause, d(amount))).collect();
        let mut html = Markup::default();
        largest(&mut html, &causes, &causes.total(), "INR");
        words_of(html)
    }

    #[test]
    fn the_largest_cause_is_told_with_its_share_and_what_to_change() {
        let text = said(&[(Cause::Queue, "62"), (Cause::Wire, "38")]);
        assert!(text.starts_with(
            "The largest part of it, 62 % (INR 62.00), was lost waiting in our queue."
        ));
        assert!(text.contains("Change first: Need fewer requests at once"), "{text}");
    }

    #[test]
    fn fees_count_only_beyond_what_the_backtest_assumed() {
        let text =
            said(&[(Cause::FeesAssumed, "-100"), (Cause::FeesLive, "130"), (Cause::Backoff, "70")]);
        assert!(
            text.starts_with("The largest part of it, 70 % (INR 70.00), was lost backing off"),
            "{text}"
        );
        let text = said(&[(Cause::FeesAssumed, "-1"), (Cause::FeesLive, "130")]);
        assert!(text.contains("fees and taxes that the backtest did not assume"), "{text}");
    }

    #[test]
    fn gains_and_offsets_are_told_without_absurd_shares() {
        let text = said(&[(Cause::Queue, "1000"), (Cause::Passive, "-999")]);
        assert!(text.starts_with("The largest cost, INR 1,000.00, was lost waiting"), "{text}");
        assert!(text.contains("gains elsewhere stand against it"), "{text}");
        let text = said(&[(Cause::Passive, "-5")]);
        assert_eq!(
            text,
            "Live did better than theory. The largest gain, INR 5.00, came from: passive fills."
        );
        assert_eq!(said(&[]), "");
        assert_eq!(said(&[(Cause::Mark, "0")]), "");
    }

    #[test]
    fn a_residual_is_unmissable() {
        let page = RunPage::from(
            truefill_gap::report_of_reader(
                "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D\"}\n\
                 {\"ev\":\"day_end\",\"marks\":{}}\n"
                    .as_bytes(),
            )
            .unwrap(),
        );
        let mut totals = Totals::of(&page.gap);
        let verdict = |totals: &Totals| {
            let mut html = Markup::default();
            show(&mut html, &page, totals);
            html.finish()
        };
        assert!(!verdict(&totals).contains("DEFECT") && verdict(&totals).contains("residual 0"));
        (totals.residual, totals.is_exact) = (d("0.01"), false);
        let page = verdict(&totals);
        assert!(page.contains("class=\"defect\" role=\"alert\"") && page.contains("<b>0.01</b>"));
        assert!(!page.contains("accounted for"));
    }
}
