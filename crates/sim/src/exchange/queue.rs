//! Where an own resting order stands in the queue of its level, in a full book.
//!
//! Entry points: [`QueueModel`], [`after_level`].
//!
//! Others' quantity before the order is known when it joins (all that is displayed) and shrinks
//! by what trades at the price. When a level shrinks by more than traded, somebody cancelled,
//! before us or behind us: nobody can see which, and the models differ in what they assume.
//! With `front` and `back` the quantities before and behind the order, `p` is the share of
//! cancels that happen behind it:
//!
//! | model | p |
//! |---|---|
//! | [`QueueModel::RiskAdverse`] | 1: all cancels happen behind, as long as there is a behind |
//! | [`QueueModel::PowerProb`] | f(back) / (f(back) + f(front)), f(x) = x^n |
//! | [`QueueModel::LogProb`] | the same with f(x) = ln(1 + x) |
//! | [`QueueModel::PowerProb2`] | f(back) / f(back + front), f(x) = x^n |
//! | [`QueueModel::LogProb2`] | the same with f(x) = ln(1 + x) |
//! | [`QueueModel::PowerProb3`] | 1 - (front / (front + back))^n |
//!
//! Names and formulas are those of hftbacktest's queue models; `x` is in units of the instrument.
//!
//! Invariant: a position is a scaled integer, rounded away from the front, so it never comes
//! closer by rounding. The share `p` is a float. Powers are products, the same on any machine;
//! the logarithm is the platform's, so the two models that use it may differ between machines
//! by a last digit.

use truefill_core::num::{NANO, Qty};

/// What is assumed of cancels at our own price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueModel {
    /// Only trades bring the order forward: the most cautious.
    #[default]
    RiskAdverse,
    /// By the n-th power of what is before and behind.
    PowerProb(u8),
    /// By the logarithm of what is before and behind.
    LogProb,
    /// By the n-th power of what is behind, against the whole level.
    PowerProb2(u8),
    /// By the logarithm of what is behind, against the whole level.
    LogProb2,
    /// By the n-th power of the share that is before.
    PowerProb3(u8),
}

impl QueueModel {
    /// Share of cancels that happen behind an order, from 0 to 1.
    fn behind(self, front: f64, back: f64) -> f64 {
        let log = |x: f64| x.ln_1p();
        let p = match self {
            Self::RiskAdverse => 1.0,
            Self::PowerProb(n) => power(back, n) / (power(back, n) + power(front, n)),
            Self::LogProb => log(back) / (log(back) + log(front)),
            Self::PowerProb2(n) => power(back, n) / power(back + front, n),
            Self::LogProb2 => log(back) / log(back + front),
            Self::PowerProb3(n) => 1.0 - power(front / (front + back), n),
        };
        // Nothing before and nothing behind: 0 / 0.
        if p.is_finite() { p.clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// The quantity before an order after its level went from `was` to `is`, of which `traded` was
/// traded (and has been taken off `ahead` already).
///
/// ```
/// use truefill_core::num::Qty;
/// use truefill_sim::exchange::queue::{QueueModel, after_level};
/// // 70 before us, 80 behind; 30 of the 50 that are gone were traded, 20 were cancelled.
/// let [ahead, was, is, traded] = [70, 150, 100, 30].map(Qty::whole);
/// let after = after_level(QueueModel::PowerProb(1), ahead, was, is, traded);
/// assert_eq!(after.to_string(), "60.666666667");
/// ```
#[must_use]
pub fn after_level(model: QueueModel, ahead: Qty, was: Qty, is: Qty, traded: Qty) -> Qty {
    let cancelled = was - is - traded;
    if cancelled.0 <= 0 || model == QueueModel::RiskAdverse {
        return ahead.min(is);
    }
    let back = (was - ahead).max(Qty::ZERO);
    let (front, back, gone) = (units(ahead), units(back), units(cancelled));
    let p = model.behind(front, back);
    // What cannot have been behind was before.
    let overflow = (back - p * gone).min(0.0);
    let front = front - (1.0 - p) * gone + overflow;
    from_units(front).clamp(Qty::ZERO, is.max(Qty::ZERO)).min(ahead)
}

fn power(x: f64, n: u8) -> f64 {
    (0..n).fold(1.0, |product, _| product * x)
}

/// In units of the instrument. Exact enough: a float has 53 bits, a model has an opinion.
fn units(qty: Qty) -> f64 {
    qty.0 as f64 / NANO as f64
}

/// Rounded up. A cast from a float stops at the ends of the integer.
fn from_units(units: f64) -> Qty {
    Qty((units * NANO as f64).ceil() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vector Q-2 of the formulas' reference, to 1e-6 relative.
    #[test]
    fn every_model_moves_the_order_as_its_formula_says() {
        let [ahead, was, is, traded] = [70, 150, 100, 30].map(Qty::whole);
        for (model, expected) in [
            (QueueModel::RiskAdverse, 70.0),
            (QueueModel::PowerProb(1), 60.666_667),
            (QueueModel::PowerProb(2), 61.327_434),
            (QueueModel::PowerProb(3), 61.976_608),
            (QueueModel::LogProb, 60.152_209),
            (QueueModel::LogProb2, 67.517_258),
            (QueueModel::PowerProb2(2), 55.688_889),
            (QueueModel::PowerProb3(2), 65.644_444),
            (QueueModel::PowerProb3(3), 67.967_407),
        ] {
            let after = units(after_level(model, ahead, was, is, traded));
            assert!((after / expected - 1.0).abs() < 1e-6, "{model:?}: {after}");
        }
    }

    #[test]
    fn growth_and_trades_alone_move_nobody() {
        let model = QueueModel::PowerProb(2);
        let [ahead, was, is] = [70, 150, 180].map(Qty::whole);
        assert_eq!(after_level(model, ahead, was, is, Qty::ZERO), ahead);
        let [is, traded] = [120, 30].map(Qty::whole);
        assert_eq!(after_level(model, ahead, was, is, traded), ahead);
        // Less is displayed than was thought to be before us.
        assert_eq!(after_level(model, ahead, was, Qty::whole(10), Qty::whole(140)), Qty::whole(10));
        assert_eq!(after_level(model, ahead, was, Qty::ZERO, Qty::ZERO), Qty::ZERO);
    }
}
