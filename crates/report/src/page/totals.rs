//! The totals of a report, exact and as shown.
//!
//! Entry point: [`Totals::of`].
//!
//! Invariants:
//! - The gap shown is the exact one rounded to cents, as in `displayed` of the report; theory
//!   and live are shown so that their difference is just that.
//! - What is not explained is a line of its own, never spread over others.

use super::cents::{self, Shown};
use truefill_gap::{Decimal, Report};

/// Theory, live and what lies between.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    pub theory: Decimal,
    pub live: Decimal,
    pub gap: Decimal,
    pub residual: Decimal,
    /// Whether the residual is zero in total, on each day and in each holding.
    pub is_exact: bool,
    /// Theory and live in cents.
    pub shown: Shown,
}

impl Totals {
    pub fn of(report: &Report) -> Self {
        Totals {
            theory: report.theory_pnl().clone(),
            live: report.live_pnl().clone(),
            gap: report.gap(),
            residual: report.residual(),
            is_exact: report.is_exact(),
            shown: cents::total(report.theory_pnl(), report.live_pnl()),
        }
    }
}
