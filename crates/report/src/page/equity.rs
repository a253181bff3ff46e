//! The profit of both books over time; what lies between the lines is the gap.
//!
//! Entry point: [`show`].
//!
//! Invariant: the lines keep the first, lowest, highest and last point of every column, so a
//! run of any length is drawn truly and stays small.

use super::chart::{self, Chart, Format, clock, over, push_point};
use super::section;
use crate::markup::Markup;
use crate::run::{Point, RunPage};
use crate::scale::Axis;
use crate::show;
use crate::thin::keep;
use crate::when::Sessions;
use truefill_core::time::Nanos;
use truefill_gap::Decimal;

/// Writes the drawing, when there is one.
pub(super) fn show(html: &mut Markup, page: &RunPage, sessions: &Sessions) {
    let mut points: Vec<&Point> = page.equity.iter().collect();
    points.sort_by_key(|point| point.time);
    let Some(last) = points.last() else { return };
    let description = format!(
        "{} points; at the end theory stands at {} and live at {}.",
        points.len(),
        show::cents(&last.theory),
        show::cents(&last.live)
    );
    section(html, "equity", "Profit over time", |html| {
        html.wrap("figure", &[], |html| {
            legend(html, page, last);
            for format in [&chart::WIDE, &chart::SLIM] {
                drawing(html, format, sessions, &points, &description);
            }
            over(html, sessions);
        });
    });
}

fn legend(html: &mut Markup, page: &RunPage, last: &Point) {
    html.wrap("p", &[("class", &"legend")], |html| {
        for (class, name, amount) in
            [("theory", "theory", &last.theory), ("live", "live", &last.live)]
        {
            html.leaf("span", &[("class", &format_args!("key {class}"))], "");
            let title = format_args!("exactly {}", show::exact(amount));
            html.text(format_args!("{name} "));
            html.leaf("b", &[("class", &"n"), ("title", &title)], show::cents(amount));
            html.text(" ");
        }
        html.leaf("span", &[("class", &"key area")], "");
        html.text("the gap");
        if !page.currency.is_empty() {
            html.text(format_args!(", in {}", page.currency));
        }
    });
}

fn drawing(
    html: &mut Markup,
    format: &Format,
    sessions: &Sessions,
    points: &[&Point],
    description: &str,
) {
    let levels = || points.iter().flat_map(|point| [&point.theory, &point.live]);
    // The labels are needed for the margin before the axis has its place.
    let rough = Axis::over(levels(), crate::scale::Hundredths(0), crate::scale::Hundredths(1));
    let ticks = rough.ticks(4);
    let longest = ticks.iter().map(|tick| show::tick(tick).chars().count()).max().unwrap_or(0);
    let chart = Chart::new(format, sessions, longest);
    let axis = Axis::over(levels(), chart.bottom, chart.top);
    let theory = line(&chart, &axis, points, |point| &point.theory);
    let live = line(&chart, &axis, points, |point| &point.live);

    chart.show(html, "equity", "Profit of theory and live over time", description, |svg| {
        for tick in &ticks {
            chart.level(svg, axis.at(tick), &show::tick(tick), tick.is_zero());
        }
        let area = area(&chart, &axis, points);
        svg.shape("path", &[("class", &"between"), ("d", &area)]);
        svg.shape("path", &[("class", &"line theory"), ("d", &theory)]);
        svg.shape("path", &[("class", &"line live"), ("d", &live)]);
        let times: Vec<Nanos> = points.iter().map(|point| point.time).collect();
        chart.hover(
            svg,
            &times,
            |range| range.end - 1,
            |at| {
                let Point { time, theory, live } = points[at];
                format!(
                    "{}   theory {}   live {}   gap {}",
                    clock(*time),
                    show::cents(theory),
                    show::cents(live),
                    show::cents(&(theory - live))
                )
            },
        );
    });
}

/// A line through one value of the points.
fn line(
    chart: &Chart<'_>,
    axis: &Axis,
    points: &[&Point],
    value: impl Fn(&Point) -> &Decimal,
) -> String {
    let columns: Vec<(i64, &Decimal)> =
        points.iter().map(|point| (chart.column(point.time), value(point))).collect();
    let mut path = String::new();
    for at in keep(&columns) {
        let command = if path.is_empty() { 'M' } else { 'L' };
        let x = chart.time.at(points[at].time);
        push_point(&mut path, command, x, axis.at(columns[at].1));
    }
    path
}

/// The area between the lines, through the last point of every column.
fn area(chart: &Chart<'_>, axis: &Axis, points: &[&Point]) -> String {
    let columns: Vec<i64> = points.iter().map(|point| chart.column(point.time)).collect();
    let ends: Vec<&Point> = (0..points.len())
        .filter(|at| columns.get(at + 1) != columns.get(*at))
        .map(|at| points[at])
        .collect();
    let mut path = String::new();
    let outline = ends.iter().map(|point| (point.time, &point.theory));
    let back = ends.iter().rev().map(|point| (point.time, &point.live));
    for (time, level) in outline.chain(back) {
        let command = if path.is_empty() { 'M' } else { 'L' };
        push_point(&mut path, command, chart.time.at(time), axis.at(level));
    }
    path.push('z');
    path
}
