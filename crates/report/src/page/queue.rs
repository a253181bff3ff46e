//! How long requests waited in our queue, over time.
//!
//! Entry point: [`show`].
//!
//! Invariant: each column shows its longest wait, so no wait is hidden by thinning.

use super::chart::{self, Chart, Format, clock, over, push_point};
use super::section;
use crate::markup::Markup;
use crate::run::{QueuePoint, RunPage};
use crate::scale::Axis;
use crate::show;
use crate::when::Sessions;
use truefill_core::time::Nanos;
use truefill_gap::Decimal;

/// Writes the drawing, when there is one.
pub(super) fn show(html: &mut Markup, page: &RunPage, sessions: &Sessions) {
    let mut points: Vec<&QueuePoint> = page.queue.iter().collect();
    points.sort_by_key(|point| point.time);
    // Of equal waits the first counts.
    let Some(longest) = points.iter().rev().max_by_key(|point| point.wait_ns) else { return };
    let mut waits: Vec<i64> = points.iter().map(|point| point.wait_ns.max(0)).collect();
    waits.sort_unstable();
    let description = format!(
        "{} requests; half of them waited {} or less, 99 of 100 {} or less, the longest {}.",
        show::exact(&Decimal::from(i64::try_from(points.len()).unwrap_or(i64::MAX))),
        show::duration(rank(&waits, 50)),
        show::duration(rank(&waits, 99)),
        show::duration(longest.wait_ns)
    );
    section(html, "queue", "Waiting in our queue", |html| {
        html.wrap("figure", &[], |html| {
            html.wrap("p", &[("class", &"legend")], |html| {
                html.text(&description);
                let at = clock(longest.time);
                html.text(format_args!(" The longest: {}, at {at}.", longest.label));
            });
            for format in [&chart::WIDE, &chart::SLIM] {
                drawing(html, format, sessions, &points, longest.wait_ns, &description);
            }
            over(html, sessions);
        });
    });
}

/// The nearest-rank percentile of sorted waits.
fn rank(sorted: &[i64], percent: usize) -> i64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(0)
}

fn drawing(
    html: &mut Markup,
    format: &Format,
    sessions: &Sessions,
    points: &[&QueuePoint],
    longest_ns: i64,
    description: &str,
) {
    let amount = |ns: i64| Decimal::from(ns.max(0));
    let ends = [Decimal::ZERO, amount(longest_ns.max(1))];
    let chart = Chart::new(format, sessions, 6);
    let axis = Axis::over(&ends, chart.bottom, chart.top);
    chart.show(html, "queue", "Wait of each request in our queue", description, |svg| {
        for tick in axis.ticks(4).iter().filter(|tick| tick.is_positive()) {
            let label = tick.to_string().parse().map_or(String::new(), show::duration);
            chart.level(svg, axis.at(tick), &label, false);
        }
        let mut path = String::new();
        for at in tallest_of_columns(&chart, points) {
            let x = chart.time.at(points[at].time);
            push_point(&mut path, 'M', x, chart.bottom);
            push_point(&mut path, 'L', x, axis.at(&amount(points[at].wait_ns)));
        }
        svg.shape("path", &[("class", &"waits"), ("d", &path)]);
        let times: Vec<Nanos> = points.iter().map(|point| point.time).collect();
        chart.hover(
            svg,
            &times,
            |range| {
                let first = range.start;
                range.rev().max_by_key(|at| points[*at].wait_ns).unwrap_or(first)
            },
            |at| {
                let QueuePoint { time, wait_ns, label } = points[at];
                format!("{}   {label} waited {}", clock(*time), show::duration(*wait_ns))
            },
        );
    });
}

/// Of each column the point that waited longest.
fn tallest_of_columns(chart: &Chart<'_>, points: &[&QueuePoint]) -> Vec<usize> {
    let mut tallest: Vec<(i64, usize)> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let column = chart.column(point.time);
        match tallest.last_mut() {
            Some((last, best)) if *last == column => {
                if point.wait_ns > points[*best].wait_ns {
                    *best = at;
                }
            }
            _ => tallest.push((column, at)),
        }
    }
    tallest.into_iter().map(|(_, at)| at).collect()
}
