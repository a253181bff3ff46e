//! What the drawings over time share: frame, grid, time axis, and details on hover.
//!
//! Entry points: [`Chart`], [`WIDE`], [`SLIM`].
//!
//! Invariant: details on hover are drawn, hidden, and shown by the style alone; there are at
//! most [`SAMPLES_MAX`] of them.

use crate::markup::{Attributes, Markup};
use crate::scale::Hundredths;
use crate::show;
use crate::when::{Sessions, TimeAxis};
use truefill_core::time::Nanos;

/// Details on hover in one drawing.
const SAMPLES_MAX: i64 = 120;

/// The least left margin, in pixels.
const LEFT_MIN: i64 = 75;

/// The outer measures of a drawing, in pixels.
pub(super) struct Format {
    pub class: &'static str,
    width: i64,
    height: i64,
    /// The least distance of the labels on the time axis.
    apart: i64,
    hover: bool,
}

/// For screens and paper.
pub(super) const WIDE: Format =
    Format { class: "wide", width: 1080, height: 260, apart: 110, hover: true };
/// For telephones, which have no pointer to hover with.
pub(super) const SLIM: Format =
    Format { class: "slim", width: 400, height: 210, apart: 80, hover: false };

/// Room above and below the plot, in pixels.
const TOP: i64 = 22;
const BOTTOM: i64 = 24;

/// A frame with an axis of time; what is drawn in it is up to its section.
pub(super) struct Chart<'a> {
    format: &'a Format,
    pub time: TimeAxis,
    pub left: Hundredths,
    pub right: Hundredths,
    pub top: Hundredths,
    pub bottom: Hundredths,
}

impl<'a> Chart<'a> {
    /// A frame whose left margin has room for labels of so many characters, and at least for
    /// usual ones, so that drawings below each other show the same instants below each other.
    pub fn new(format: &'a Format, sessions: &Sessions, label: usize) -> Self {
        let margin = i64::try_from(label).unwrap_or(0) * 7 + 12;
        let left = Hundredths::px(margin.clamp(LEFT_MIN, format.width / 3));
        let right = Hundredths::px(format.width - 8);
        Chart {
            format,
            time: TimeAxis::over(sessions, left, right),
            left,
            right,
            top: Hundredths::px(TOP),
            bottom: Hundredths::px(format.height - BOTTOM),
        }
    }

    /// The drawing around `inside`; `name` makes its ids unique.
    pub fn show(
        &self,
        html: &mut Markup,
        name: &'static str,
        title: &'static str,
        description: &str,
        inside: impl FnOnce(&mut Markup),
    ) {
        let Format { class, width, height, .. } = self.format;
        let id = format!("{name}-{class}");
        let attributes: Attributes<'_> = &[
            ("class", &format_args!("chart {name} {class}")),
            ("viewBox", &format_args!("0 0 {width} {height}")),
            ("role", &"img"),
            ("aria-labelledby", &format_args!("{id}-t {id}-d")),
        ];
        html.wrap("svg", attributes, |svg| {
            svg.leaf("title", &[("id", &format_args!("{id}-t"))], title);
            svg.leaf("desc", &[("id", &format_args!("{id}-d"))], description);
            self.time_axis(svg);
            inside(svg);
        });
    }

    fn time_axis(&self, svg: &mut Markup) {
        let Chart { left, right, top, bottom, .. } = self;
        for place in self.time.breaks() {
            let path = format_args!("M{place} {top}V{bottom}");
            svg.shape("path", &[("class", &"pause"), ("d", &path)]);
        }
        svg.shape(
            "path",
            &[("class", &"grid zero"), ("d", &format_args!("M{left} {bottom}H{right}"))],
        );
        let baseline = bottom.plus(Hundredths::px(17));
        for (x, label) in self.time.ticks(Hundredths::px(self.format.apart)) {
            let short = format_args!("M{x} {bottom}v4");
            svg.shape("path", &[("class", &"grid zero"), ("d", &short)]);
            let near_end = self.right.0 - x.0 < 3_000;
            let anchor = if near_end { "end" } else { "start" };
            svg.leaf(
                "text",
                &[("class", &"tick"), ("x", &x), ("y", &baseline), ("text-anchor", &anchor)],
                label,
            );
        }
    }

    /// A horizontal line of the grid with its label.
    pub fn level(&self, svg: &mut Markup, y: Hundredths, label: &str, is_zero: bool) {
        let Chart { left, right, .. } = self;
        let class = if is_zero { "grid zero" } else { "grid" };
        svg.shape("path", &[("class", &class), ("d", &format_args!("M{left} {y}H{right}"))]);
        let (x, baseline) = (left.plus(Hundredths::px(-8)), y.plus(Hundredths::px(4)));
        svg.leaf(
            "text",
            &[("class", &"tick"), ("x", &x), ("y", &baseline), ("text-anchor", &"end")],
            label,
        );
    }

    /// The column of an instant: two pixels share one.
    pub fn column(&self, time: Nanos) -> i64 {
        self.time.at(time).0.div_euclid(200)
    }

    /// Details on hover: of the points, given by their instants in order, one each few pixels.
    ///
    /// `pick` chooses among the points of one sample, `tell` puts the chosen one into words.
    pub fn hover(
        &self,
        svg: &mut Markup,
        times: &[Nanos],
        pick: impl Fn(std::ops::Range<usize>) -> usize,
        tell: impl Fn(usize) -> String,
    ) {
        if !self.format.hover {
            return;
        }
        let Chart { left, right, top, bottom, .. } = self;
        let width = ((right.0 - left.0) / SAMPLES_MAX).max(1);
        let sample = |at: usize| (self.time.at(times[at]).0 - left.0) / width;
        let height = Hundredths(bottom.0 - top.0);
        svg.wrap("g", &[("aria-hidden", &"true")], |svg| {
            let mut start = 0;
            while start < times.len() {
                let this = sample(start);
                let end = (start..times.len()).find(|at| sample(*at) != this);
                let end = end.unwrap_or(times.len());
                let chosen = pick(start..end);
                let x = Hundredths(left.0 + this * width);
                let line = self.time.at(times[chosen]);
                svg.wrap("g", &[("class", &"hover")], |svg| {
                    let (w, h) = (Hundredths(width), height);
                    svg.shape("rect", &[("x", &x), ("y", top), ("width", &w), ("height", &h)]);
                    let path = format_args!("M{line} {top}V{bottom}");
                    svg.shape("path", &[("d", &path)]);
                    svg.leaf("text", &[("x", left), ("y", &13)], tell(chosen));
                });
                start = end;
            }
        });
    }
}

/// `2026-01-05 03:50:05.120`, for details on hover.
pub(super) fn clock(time: Nanos) -> String {
    let (date, clock) = show::instant(time);
    format!("{date} {clock}")
}

/// The caption that says which time a drawing covers.
pub(super) fn over(html: &mut Markup, sessions: &Sessions) {
    let Some((first, last)) = sessions.ends() else { return };
    let to_seconds = |time| -> String { clock(time).chars().take(19).collect() };
    html.wrap("figcaption", &[], |html| {
        html.text(format_args!("{} to {} UTC.", to_seconds(first), to_seconds(last)));
        if sessions.pauses() > 0 {
            html.text(" Dotted lines stand for pauses that are left out.");
        }
    });
}

/// Appends a point to a path, to a tenth of a pixel: finer is not seen, and shorter is.
pub(super) fn push_point(path: &mut String, command: char, x: Hundredths, y: Hundredths) {
    let tenth = |place: Hundredths| Hundredths((place.0 + 5).div_euclid(10) * 10);
    path.push_str(&format!("{command}{} {}", tenth(x), tenth(y)));
}
