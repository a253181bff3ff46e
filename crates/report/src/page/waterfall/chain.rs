//! The levels of profit from theory to live.
//!
//! Entry points: [`Chain::of`], [`Chain::axis`].
//!
//! Invariant: each step begins at the level at which the step before it ended, in exact
//! decimals; the last ends at the live profit.

use crate::page::totals::Totals;
use crate::scale::{Axis, Hundredths};
use truefill_gap::{Decimal, Report};

/// Zero belongs on the axis while it makes it no longer than this many times.
const STRETCH_MAX: i64 = 3;
/// Room beyond the levels where the axis is cut, in percent of their range.
const CUT_ROOM_PERCENT: i128 = 15;

/// One cause and the levels it leads from and to.
pub(super) struct Step {
    pub name: &'static str,
    pub explains: &'static str,
    /// What the cause took: exact, and as shown.
    pub exact: Decimal,
    pub shown: Decimal,
    pub from: Decimal,
    pub to: Decimal,
}

/// Theory, what each cause took, live.
pub(super) struct Chain {
    pub theory: (Decimal, Decimal),
    pub steps: Vec<Step>,
    pub live: (Decimal, Decimal),
}

impl Chain {
    /// The chain of a report, in the order of the ladder; pairs are exact and shown.
    pub fn of(report: &Report, totals: &Totals) -> Self {
        let displayed = report.displayed();
        let mut level = totals.theory.clone();
        let mut steps = Vec::new();
        let mut push = |name, explains, exact: &Decimal, shown: &Decimal| {
            let to = &level - exact;
            let from = std::mem::replace(&mut level, to.clone());
            steps.push(Step {
                name,
                explains,
                exact: exact.clone(),
                shown: shown.clone(),
                from,
                to,
            });
        };
        for (cause, exact) in report.causes().iter() {
            let shown = displayed.causes.get(cause).unwrap_or(exact);
            push(cause.plain_name(), cause.explains(), exact, shown);
        }
        if !totals.residual.is_zero() {
            let residual = &totals.residual;
            push("NOT EXPLAINED", "This is a defect of truefill.", residual, residual);
        }
        Chain {
            theory: (totals.theory.clone(), totals.shown.theory.clone()),
            steps,
            live: (totals.live.clone(), totals.shown.live.clone()),
        }
    }

    fn levels(&self) -> impl Iterator<Item = &Decimal> {
        [&self.theory.0, &self.live.0].into_iter().chain(self.steps.iter().map(|step| &step.to))
    }

    /// Whether zero is on the axis: always, unless the levels are close together far from it.
    pub fn shows_zero(&self) -> bool {
        let (low, high) = self.range();
        let span = &high - &low;
        let with_zero = &high.max(Decimal::ZERO) - &low.min(Decimal::ZERO);
        span.is_zero() || with_zero <= &span * &Decimal::from(STRETCH_MAX)
    }

    /// The axis of profit on the given pixels: to zero, or some way toward it.
    pub fn axis(&self, from: Hundredths, to: Hundredths) -> Axis {
        let zero = if self.shows_zero() { Decimal::ZERO } else { self.cut() };
        Axis::over(self.levels().chain([&zero]), from, to)
    }

    /// Where a cut axis ends on the side of zero: far enough for both profits to have a bar.
    fn cut(&self) -> Decimal {
        let (low, high) = self.range();
        let room = &(&high - &low) * &Decimal::from_scaled(CUT_ROOM_PERCENT, 2);
        if low.is_negative() { &high + &room } else { &low - &room }
    }

    fn range(&self) -> (Decimal, Decimal) {
        let (theory, live) = (&self.theory.0, &self.live.0);
        let (low, high) = self
            .levels()
            .fold((theory, live), |(low, high), level| (low.min(level), high.max(level)));
        (low.clone(), high.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn chain(theory: &str, costs: &[&str]) -> Chain {
        let mut level = d(theory);
        let mut steps = Vec::new();
        for cost in costs {
            let to = &level - &d(cost);
            let from = std::mem::replace(&mut level, to.clone());
            let (exact, shown) = (d(cost), d(cost));
            steps.push(Step { name: "", explains: "", exact, shown, from, to });
        }
        Chain { theory: (d(theory), d(theory)), steps, live: (level.clone(), level) }
    }

    #[test]
    fn zero_is_left_out_only_where_it_would_hide_the_causes() {
        assert!(chain("899.86", &["674.84"]).shows_zero());
        assert!(chain("-5", &["10", "-30"]).shows_zero());
        assert!(!chain("1000000", &["10", "5"]).shows_zero());
        assert!(!chain("-1000000", &["-1"]).shows_zero());
        assert!(chain("1000", &["0"]).shows_zero());
        assert!(chain("0", &[]).shows_zero());
    }

    #[test]
    fn the_axis_holds_every_level() {
        let chain = chain("10", &["500", "-900", "0.000001", "20"]);
        let axis = chain.axis(Hundredths::px(0), Hundredths::px(800));
        assert_eq!(axis.at(&d("-490")).0, 0);
        assert_eq!(axis.at(&d("410")).0, 80_000);
        let ends =
            chain.steps.windows(2).map(|pair| (axis.at(&pair[0].to), axis.at(&pair[1].from)));
        assert!(ends.into_iter().all(|(end, start)| end == start));
    }
}
