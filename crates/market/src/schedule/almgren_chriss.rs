//! Optimal holdings of Almgren and Chriss, "Optimal execution of portfolio transactions" (2000),
//! for linear impact and without drift.
//!
//! The paper's x_j = X sinh(k(T - t_j)) / sinh(kT) is computed without hyperbolic functions. The
//! holdings obey x_{j-1} + x_{j+1} = 2 cosh(k tau) x_j, and 2 cosh(k tau) = 2 + K^2 tau^2 follows
//! from the inputs by arithmetic alone. So the ratios r_m = sinh((m-1) k tau) / sinh(m k tau) obey
//! r_1 = 0 and r_{m+1} = 1 / (2 cosh(k tau) - r_m), and x_{j+1} = x_j r_{N-j}. Each step is one
//! operation that IEEE 754 rounds in one way, so every machine gets the same bits; nothing
//! overflows, and no risk aversion at all is not a special case.

use truefill_core::num::{PLACES, Qty, parse_decimal};

use super::{SLICES_MAX, ScheduleError, Slice, due};

/// What the optimum depends on. Units must agree: here shares, days and currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlmgrenChriss {
    /// Shares to trade (X), above zero.
    pub shares: f64,
    /// Time to trade them in (T), above zero.
    pub horizon: f64,
    /// Periods of equal length (N), from 1.
    pub periods: u32,
    /// Standard deviation of the price in currency per square root of time (sigma).
    pub volatility: f64,
    /// Half the spread and fees, in currency per share (epsilon).
    pub fixed_cost: f64,
    /// Permanent impact, in currency per share and share (gamma).
    pub permanent: f64,
    /// Temporary impact, in currency per share and share per time (eta).
    pub temporary: f64,
    /// Aversion to risk, per currency (lambda); 0 trades evenly.
    pub risk_aversion: f64,
}

/// The optimal trajectory. The fields are estimates for people; what is traded is
/// [`Trajectory::cumulative_ppb`].
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// Urgency, per time (kappa).
    pub kappa: f64,
    /// Expected cost in currency (E).
    pub expected_cost: f64,
    /// Variance of the cost in currency squared (V).
    pub variance: f64,
    /// Shares held after each period; the last is 0.
    pub holdings: Vec<f64>,
    /// Shares traded in each period.
    pub trades: Vec<f64>,
    shares: f64,
}

/// The holdings that minimise expected cost plus risk aversion times variance.
///
/// # Errors
/// [`ScheduleError::OutOfRange`] for inputs that are not finite or have no meaning,
/// [`ScheduleError::TooManySlices`] for more than [`SLICES_MAX`] periods.
pub fn almgren_chriss(inputs: &AlmgrenChriss) -> Result<Trajectory, ScheduleError> {
    check(inputs)?;
    let AlmgrenChriss { shares, horizon, periods, volatility, .. } = *inputs;
    let tau = horizon / f64::from(periods);
    let eta = inputs.temporary - inputs.permanent * tau / 2.0;
    if eta <= 0.0 {
        return Err(out_of_range(
            "temporary impact less half of the permanent impact of a period",
            eta,
            "a temporary impact that is larger, or more periods",
        ));
    }
    // (K tau)^2, with the paper's K^2 = lambda sigma^2 / eta.
    let urgency = inputs.risk_aversion * volatility * volatility / eta * tau * tau;
    if !urgency.is_finite() {
        let allowed = "a smaller risk aversion or volatility";
        return Err(out_of_range("the urgency of a period", urgency, allowed));
    }
    let twice_cosh = 2.0 + urgency;
    let mut ratios = vec![0.0];
    for _ in 1..periods {
        let before = ratios.last().copied().unwrap_or(0.0);
        ratios.push(1.0 / (twice_cosh - before));
    }
    let mut holdings = Vec::with_capacity(ratios.len());
    let mut trades = Vec::with_capacity(ratios.len());
    let (mut held, mut squares, mut traded_squares, mut traded) = (shares, 0.0, 0.0, 0.0);
    for ratio in ratios.iter().rev() {
        let after = held * ratio;
        let trade: f64 = held - after;
        squares += after * after;
        traded_squares += trade * trade;
        traded += trade.abs();
        trades.push(trade);
        holdings.push(after);
        held = after;
    }
    Ok(Trajectory {
        // cosh(x) - 1 = 2 sinh(x / 2)^2, which keeps its digits where x is small.
        kappa: 2.0 * (urgency.sqrt() / 2.0).asinh() / tau,
        expected_cost: inputs.permanent * shares * shares / 2.0
            + inputs.fixed_cost * traded
            + eta / tau * traded_squares,
        variance: volatility * volatility * tau * squares,
        holdings,
        trades,
        shares,
    })
}

impl Trajectory {
    /// The time in which a holding shrinks by a factor of e, called half-life in the paper
    /// (theta); infinite where there is no urgency.
    #[must_use]
    pub fn half_life(&self) -> f64 {
        1.0 / self.kappa
    }

    /// Standard deviation of the cost in currency.
    #[must_use]
    pub fn std_dev(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The points for the engine: what a period trades is due from its beginning, as parts per
    /// billion of the total, rounded to the nearest. This is where the floats end.
    #[must_use]
    pub fn cumulative_ppb(&self, period_ns: i64) -> Vec<(i64, i64)> {
        let mut at_ns = 0_i64;
        let mut points = Vec::with_capacity(self.holdings.len());
        for held in &self.holdings {
            let share = 1.0 - held / self.shares;
            // Printing a float rounds it in one way only, and no number is cast.
            let ppb = parse_decimal(&format!("{share:.9}"), PLACES).unwrap_or(0);
            points.push((at_ns, i64::try_from(ppb).unwrap_or(0)));
            at_ns = at_ns.saturating_add(period_ns);
        }
        points
    }

    /// The slices of a total in whole lots, as the engine will make them of
    /// [`Trajectory::cumulative_ppb`].
    #[must_use]
    pub fn slices(&self, total: Qty, lot: Qty, period_ns: i64) -> Vec<Slice> {
        let points = self.cumulative_ppb(period_ns);
        let mut done = Qty::ZERO;
        let slices = points.iter().map(|(at_ns, _)| {
            let now = due(&points, total, lot, *at_ns);
            let slice = Slice { at_ns: *at_ns, qty: now - done };
            done = now;
            slice
        });
        slices.collect()
    }
}

fn check(inputs: &AlmgrenChriss) -> Result<(), ScheduleError> {
    for (what, value) in [("the shares", inputs.shares), ("the horizon", inputs.horizon)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(out_of_range(what, value, "a number above zero"));
        }
    }
    for (what, value) in [
        ("the volatility", inputs.volatility),
        ("the fixed cost", inputs.fixed_cost),
        ("the permanent impact", inputs.permanent),
        ("the temporary impact", inputs.temporary),
        ("the risk aversion", inputs.risk_aversion),
    ] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(out_of_range(what, value, "a number of zero or above"));
        }
    }
    if inputs.periods == 0 {
        return Err(out_of_range("the number of periods", 0.0, "at least one"));
    }
    if usize::try_from(inputs.periods).map_or(true, |periods| periods > SLICES_MAX) {
        return Err(ScheduleError::TooManySlices { most: SLICES_MAX });
    }
    Ok(())
}

fn out_of_range(what: &'static str, value: f64, allowed: &'static str) -> ScheduleError {
    ScheduleError::OutOfRange { what, value: value.to_string(), allowed }
}
