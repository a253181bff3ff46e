//! What went wrong: a timeline by kind, and a table.
//!
//! Entry point: [`show`].
//!
//! Invariant: at most [`ROWS_MAX`] rows and [`LANES_MAX`] lanes are shown; what is left out is
//! counted on the page.

use super::chart::clock;
use super::section;
use crate::markup::{Attributes, Markup};
use crate::run::{Incident, RunPage};
use crate::scale::Hundredths;
use crate::show;
use crate::when::{Sessions, TimeAxis};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of the table.
const ROWS_MAX: usize = 500;
/// Longer tables scroll.
const ROWS_OPEN: usize = 16;
/// Kinds of incidents with a lane of their own.
const LANES_MAX: usize = 10;
/// Incidents of one kind this close, in hundredths of a pixel, share a dot.
const DOT: i64 = 600;
/// Pixels of a lane.
const LANE: i64 = 24;

/// Writes timeline and table.
pub(super) fn show(html: &mut Markup, page: &RunPage, sessions: &Sessions) {
    let mut incidents: Vec<&Incident> = page.incidents.iter().collect();
    incidents.sort_by_key(|incident| incident.time);
    section(html, "incidents", "Incidents", |html| {
        if incidents.is_empty() {
            let text = "None: nothing happened that anybody has to know about.";
            html.leaf("p", &[("class", &"none")], text);
            return;
        }
        html.wrap("figure", &[], |html| {
            timeline(html, &incidents, sessions, "wide", 1080, 230);
            timeline(html, &incidents, sessions, "slim", 400, 170);
            let kinds: BTreeSet<&str> = incidents.iter().map(|each| each.code.as_str()).collect();
            if kinds.len() > LANES_MAX {
                let rarer = kinds.len() - LANES_MAX;
                let text = format_args!("{rarer} rarer kinds are only in the table.");
                html.leaf("p", &[("class", &"note")], text);
            }
        });
        table(html, &incidents);
    });
}

fn timeline(
    html: &mut Markup,
    incidents: &[&Incident],
    sessions: &Sessions,
    class: &'static str,
    width: i64,
    left: i64,
) {
    let mut kinds: BTreeMap<&str, Vec<&Incident>> = BTreeMap::new();
    for incident in incidents {
        kinds.entry(incident.code.as_str()).or_default().push(incident);
    }
    let mut kinds: Vec<(&str, Vec<&Incident>)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(code, of_kind)| (Reverse(of_kind.len()), *code));
    let count = kinds.len();
    kinds.truncate(LANES_MAX);

    let axis = TimeAxis::over(sessions, Hundredths::px(left), Hundredths::px(width - 8));
    let lanes = i64::try_from(kinds.len()).unwrap_or(0);
    let height = lanes * LANE + 26;
    let id = format!("incidents-{class}-t");
    let attributes: Attributes<'_> = &[
        ("class", &format_args!("chart lanes {class}")),
        ("viewBox", &format_args!("0 0 {width} {height}")),
        ("role", &"img"),
        ("aria-labelledby", &id),
    ];
    html.wrap("svg", attributes, |svg| {
        let title = format_args!("Timeline of {} incidents of {count} kinds", incidents.len());
        svg.leaf("title", &[("id", &id)], title);
        for (at, (code, of_kind)) in (0..).zip(&kinds) {
            lane(svg, at, code, of_kind, &axis, (left, width));
        }
        let baseline = height - 6;
        for (x, label) in axis.ticks(Hundredths::px(if class == "wide" { 110 } else { 80 })) {
            svg.leaf("text", &[("class", &"tick"), ("x", &x), ("y", &baseline)], label);
        }
    });
}

fn lane(
    svg: &mut Markup,
    at: i64,
    code: &str,
    of_kind: &[&Incident],
    axis: &TimeAxis,
    (left, width): (i64, i64),
) {
    let middle = at * LANE + LANE / 2;
    let path = format_args!("M{left} {middle}H{width}");
    svg.shape("path", &[("class", &"grid"), ("d", &path)]);
    let room = usize::try_from(left / 8).unwrap_or(0).saturating_sub(5);
    let short: String = code.chars().take(room).collect();
    let dots = if short.len() < code.len() { "\u{2026}" } else { "" };
    svg.wrap("text", &[("class", &"lane"), ("y", &(middle + 4))], |svg| {
        svg.text(format_args!("{short}{dots} "));
        svg.leaf("tspan", &[("class", &"count")], of_kind.len());
    });
    let mut start = 0;
    while start < of_kind.len() {
        let first = axis.at(of_kind[start].time);
        let near = |incident: &&&Incident| axis.at(incident.time).0 - first.0 < DOT;
        let together = of_kind[start..].iter().take_while(near).count();
        let radius = if together > 1 { Hundredths(550) } else { Hundredths(400) };
        let place: Attributes<'_> =
            &[("class", &"dot"), ("cx", &first), ("cy", &middle), ("r", &radius)];
        svg.wrap("circle", place, |svg| {
            let from = clock(of_kind[start].time);
            match together {
                1 => svg.leaf("title", &[], format_args!("{code} at {from}")),
                _ => {
                    let to = clock(of_kind[start + together - 1].time);
                    svg.leaf("title", &[], format_args!("{together} {code}, {from} to {to}"));
                }
            }
        });
        start += together;
    }
}

fn table(html: &mut Markup, incidents: &[&Incident]) {
    if incidents.len() <= ROWS_OPEN {
        rows(html, incidents);
        return;
    }
    // A long table scrolls in a frame of its own; paper shows all of it.
    let frame: Attributes<'_> =
        &[("class", &"tall"), ("role", &"region"), ("aria-label", &"Incidents"), ("tabindex", &0)];
    html.wrap("div", frame, |html| rows(html, incidents));
    if incidents.len() > ROWS_MAX {
        let more = incidents.len() - ROWS_MAX;
        let text = format_args!("{more} more are in report.json.");
        html.leaf("p", &[("class", &"note")], text);
    }
}

fn rows(html: &mut Markup, incidents: &[&Incident]) {
    html.wrap("table", &[("class", &"incidents")], |html| {
        html.literal(
            "<thead><tr><th scope=\"col\">Time, UTC</th><th scope=\"col\">What</th>\
             <th scope=\"col\">What happened, and what followed</th></tr></thead>",
        );
        html.wrap("tbody", &[], |html| {
            incidents.iter().take(ROWS_MAX).for_each(|incident| row(html, incident));
        });
    });
}

fn row(html: &mut Markup, incident: &Incident) {
    html.wrap("tr", &[], |html| {
        html.wrap("td", &[("class", &"when")], |html| {
            let (date, clock) = show::instant(incident.time);
            html.wrap("time", &[("datetime", &incident.time), ("title", &incident.time)], |html| {
                html.leaf("span", &[], date);
                html.text(" ");
                html.leaf("span", &[], clock);
            });
        });
        html.wrap("td", &[], |html| {
            html.leaf("code", &[], &incident.code);
            html.leaf("span", &[("class", &"name")], &incident.subject);
        });
        html.wrap("td", &[], |html| {
            html.text(&incident.text);
            if !incident.consequence.is_empty() {
                html.leaf("span", &[("class", &"why")], &incident.consequence);
            }
        });
    });
}
