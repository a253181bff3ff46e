//! Draws the chain: rows, bars, connectors and the axis.
//!
//! Entry point: [`drawing`], with one of the formats [`WIDE`] and [`SLIM`].
//!
//! Invariant: a bar is a path from where it begins to where it ends, in this order.

use super::chain::{Chain, Step};
use crate::markup::Markup;
use crate::scale::{Axis, Hundredths};
use crate::show;
use truefill_gap::Decimal;

/// How rows are laid out, in pixels.
pub(super) struct Format {
    class: &'static str,
    width: i64,
    /// Where the bars begin.
    plot: i64,
    /// Whether amounts have a column of their own right of the bars.
    amounts_beside: bool,
    row: i64,
    /// From the top of a row to the line of its text, and to its bar.
    text: i64,
    bar: i64,
    thickness: i64,
    /// Room for an amount before it is squeezed.
    amount_max: i64,
}

/// For screens and paper: name, bar and amount beside each other.
pub(super) const WIDE: Format = Format {
    class: "wide",
    width: 1080,
    plot: 228,
    amounts_beside: true,
    row: 27,
    text: 18,
    bar: 5,
    thickness: 17,
    amount_max: 320,
};

/// For telephones: name and amount above the bar.
pub(super) const SLIM: Format = Format {
    class: "slim",
    width: 400,
    plot: 4,
    amounts_beside: false,
    row: 40,
    text: 15,
    bar: 22,
    thickness: 11,
    amount_max: 190,
};

/// Room for the marks of the axis above the first row.
const TOP: i64 = 26;
/// A mark for what is too small for a bar, in hundredths of a pixel.
const SLIVER: Hundredths = Hundredths(150);

/// What every part of a drawing needs.
struct Sheet<'a> {
    format: &'a Format,
    axis: Axis,
    plot: (Hundredths, Hundredths),
    /// Where bars of profits begin: zero, or the end of a cut axis nearer to it.
    base: Hundredths,
    cut: bool,
}

/// Writes one drawing.
pub(super) fn drawing(html: &mut Markup, chain: &Chain, currency: &str, format: &Format) {
    let longest = amounts(chain).iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let beside = (i64::try_from(longest).unwrap_or(0) * 8 + 18).min(format.amount_max + 10);
    let end = format.width - if format.amounts_beside { beside } else { 4 };
    let plot = (Hundredths::px(format.plot), Hundredths::px(end));
    let axis = chain.axis(plot.0, plot.1);
    // What is outside the axis is on its nearer end, so this serves a cut axis too.
    let base = axis.at(&Decimal::ZERO);
    let sheet = Sheet { format, axis, plot, base, cut: !chain.shows_zero() };
    let rows = i64::try_from(chain.steps.len()).unwrap_or(0) + 2;
    let height = TOP + rows * format.row + 4;

    let view = format_args!("0 0 {} {height}", format.width);
    let (title, description) = (format!("wf-{}-t", format.class), format!("wf-{}-d", format.class));
    let labelled = format_args!("{title} {description}");
    let attributes: crate::markup::Attributes<'_> = &[
        ("class", &format_args!("waterfall {}", format.class)),
        ("viewBox", &view),
        ("role", &"img"),
        ("aria-labelledby", &labelled),
    ];
    html.wrap("svg", attributes, |svg| {
        svg.leaf("title", &[("id", &title)], "Waterfall of profit from theory to live");
        svg.leaf("desc", &[("id", &description)], spoken(chain, currency));
        sheet.grid(svg, height);
        sheet.connectors(svg, chain);
        sheet.total(svg, 0, "Theory", &chain.theory);
        for (at, step) in (1..).zip(&chain.steps) {
            sheet.step(svg, at, step);
        }
        sheet.total(svg, rows - 1, "Live", &chain.live);
    });
}

/// Every amount that is written into the drawing.
fn amounts(chain: &Chain) -> Vec<String> {
    let ends = [&chain.theory.1, &chain.live.1].map(show::cents);
    ends.into_iter().chain(chain.steps.iter().map(|step| show::effect(&step.shown))).collect()
}

/// The drawing in words.
fn spoken(chain: &Chain, currency: &str) -> String {
    let mut text = format!("Theory {} {currency}.", show::cents(&chain.theory.1));
    for step in &chain.steps {
        let verb = if step.exact.is_negative() { "adds" } else { "takes" };
        let size = show::cents(&step.shown.abs());
        text.push_str(&format!(" {} {verb} {size}.", step.name));
    }
    text.push_str(&format!(" Live {} {currency}.", show::cents(&chain.live.1)));
    text
}

impl Sheet<'_> {
    fn top_of(&self, row: i64) -> i64 {
        TOP + row * self.format.row
    }

    fn grid(&self, svg: &mut Markup, height: i64) {
        let mut labels = Vec::new();
        let mut most = 6;
        // Fewer marks until their labels have room.
        while most > 0 {
            labels = self.axis.ticks(most).into_iter().map(|at| (show::tick(&at), at)).collect();
            let widest = labels.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
            let needed =
                i64::try_from(widest * labels.len()).unwrap_or(i64::MAX).saturating_mul(850);
            if needed <= self.plot.1.0 - self.plot.0.0 {
                break;
            }
            most -= 1;
        }
        for (text, tick) in labels {
            let x = self.axis.at(&tick);
            let class = if tick.is_zero() { "grid zero" } else { "grid" };
            svg.shape("path", &[("class", &class), ("d", &format_args!("M{x} {TOP}V{height}"))]);
            let anchor = match x {
                _ if x.0 - self.plot.0.0 < 2_000 && !self.format.amounts_beside => "start",
                _ if self.plot.1.0 - x.0 < 2_000 => "end",
                _ => "middle",
            };
            let place: crate::markup::Attributes<'_> =
                &[("class", &"tick"), ("x", &x), ("y", &14), ("text-anchor", &anchor)];
            svg.leaf("text", place, text);
        }
    }

    /// From the end of each bar to the beginning of the next.
    fn connectors(&self, svg: &mut Markup, chain: &Chain) {
        let ends = std::iter::once(&chain.theory.0).chain(chain.steps.iter().map(|step| &step.to));
        let mut path = String::new();
        for (row, level) in (0..).zip(ends) {
            let from = self.top_of(row) + self.format.bar;
            let to = self.top_of(row + 1) + self.format.bar + self.format.thickness;
            path.push_str(&format!("M{} {from}V{to}", self.axis.at(level)));
        }
        svg.shape("path", &[("class", &"link"), ("d", &path)]);
    }

    fn total(&self, svg: &mut Markup, row: i64, name: &'static str, profit: &(Decimal, Decimal)) {
        let to = self.axis.at(&profit.0);
        let class = if row == 0 { "theory" } else { "live" };
        let title = format!("{name}: exactly {}", show::exact(&profit.0));
        self.row(svg, row, (name, "row total"), &title, &show::cents(&profit.1), |svg| {
            self.bar(svg, row, class, self.base, to);
            if self.cut {
                self.break_mark(svg, row, to);
            }
        });
    }

    fn step(&self, svg: &mut Markup, row: i64, step: &Step) {
        let class = if step.exact.is_negative() { "gain" } else { "cost" };
        let (from, to) = (self.axis.at(&step.from), self.axis.at(&step.to));
        let title = format!(
            "{}: exactly {}. {} Profit goes from {} to {}.",
            step.name,
            show::exact(&step.exact),
            step.explains,
            show::exact(&step.from),
            show::exact(&step.to)
        );
        let classes = format!("row {class}-row");
        self.row(svg, row, (step.name, &classes), &title, &show::effect(&step.shown), |svg| {
            self.bar(svg, row, class, from, to);
        });
    }

    /// A row with its texts, around what is drawn in it.
    fn row(
        &self,
        svg: &mut Markup,
        row: i64,
        (name, classes): (&'static str, &str),
        title: &str,
        amount: &str,
        drawn: impl FnOnce(&mut Markup),
    ) {
        let Format { width, row: height, text, amount_max, .. } = self.format;
        let top = self.top_of(row);
        let baseline = top + text;
        svg.wrap("g", &[("class", &classes)], |svg| {
            svg.leaf("title", &[], title);
            svg.shape(
                "rect",
                &[("class", &"hit"), ("y", &top), ("width", width), ("height", height)],
            );
            svg.leaf("text", &[("class", &"name"), ("y", &baseline)], name);
            drawn(svg);
            let squeezed = i64::try_from(amount.chars().count()).unwrap_or(0) * 8 > *amount_max;
            let place: &[(&'static str, &dyn std::fmt::Display)] = &[
                ("class", &"amount"),
                ("x", width),
                ("y", &baseline),
                ("textLength", amount_max),
                ("lengthAdjust", &"spacingAndGlyphs"),
            ];
            svg.leaf("text", if squeezed { place } else { &place[..3] }, amount);
        });
    }

    /// A bar, and a mark at its end that even the smallest has.
    fn bar(
        &self,
        svg: &mut Markup,
        row: i64,
        class: &'static str,
        from: Hundredths,
        to: Hundredths,
    ) {
        let top = self.top_of(row) + self.format.bar;
        let bottom = top + self.format.thickness;
        let path = format_args!("M{from} {top}H{to}V{bottom}H{from}z");
        svg.shape("path", &[("class", &format_args!("bar {class}")), ("d", &path)]);
        let left = Hundredths(to.0 - SLIVER.0 / 2);
        svg.shape(
            "rect",
            &[
                ("class", &format_args!("end {class}")),
                ("x", &left),
                ("y", &top),
                ("width", &SLIVER),
                ("height", &self.format.thickness),
            ],
        );
    }

    /// Two slanted lines where the bar of a profit is cut.
    fn break_mark(&self, svg: &mut Markup, row: i64, to: Hundredths) {
        if (to.0 - self.base.0).abs() < 3_000 {
            return;
        }
        let top = self.top_of(row) + self.format.bar;
        let inward = if to >= self.base { 1_000 } else { -1_400 };
        let x = Hundredths(self.base.0 + inward);
        let thickness = self.format.thickness;
        let path = format_args!("M{x} {top}m4 -1l-5 {}", thickness + 2);
        svg.shape("path", &[("class", &"break"), ("d", &path)]);
    }
}
