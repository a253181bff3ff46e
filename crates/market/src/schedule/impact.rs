//! What trading may cost before it is done: estimates, as fractions of the price.
//!
//! Entry points: [`Almgren2005`], [`square_root`], [`square_root_average`]. These are forecasts
//! for people and for planning; no money is computed from them.

/// The model of Almgren, Thum, Hauptmann and Li, "Direct estimation of equity market impact"
/// (2005), with its constants for large US shares.
///
/// ```
/// use truefill_market::schedule::impact::Almgren2005;
/// // A tenth of a day's volume in half a day, at 1.57 % daily volatility.
/// let bps = Almgren2005::default().cost(0.0157, 0.1, 263.0, 0.5) * 10_000.0;
/// assert_eq!(format!("{bps:.2}"), "18.41");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Almgren2005 {
    /// Coefficient of permanent impact (gamma).
    pub gamma: f64,
    /// Coefficient of temporary impact (eta).
    pub eta: f64,
    /// Exponent of temporary impact (beta).
    pub beta: f64,
    /// Exponent of the shares outstanding over a day's volume (delta).
    pub delta: f64,
}

impl Default for Almgren2005 {
    fn default() -> Self {
        Self { gamma: 0.314, eta: 0.142, beta: 0.6, delta: 0.25 }
    }
}

impl Almgren2005 {
    /// Permanent impact (I): daily volatility, quantity over a day's volume, shares outstanding
    /// over a day's volume.
    #[must_use]
    pub fn permanent(&self, volatility: f64, quantity: f64, outstanding: f64) -> f64 {
        self.gamma * volatility * quantity * outstanding.powf(self.delta)
    }

    /// Temporary impact (K) of a quantity, over a day's volume, traded in so many days.
    #[must_use]
    pub fn temporary(&self, volatility: f64, quantity: f64, days: f64) -> f64 {
        let rate = quantity / days;
        self.eta * volatility * rate.abs().powf(self.beta).copysign(rate)
    }

    /// Cost of the whole order (J): half of the permanent impact, and the temporary one.
    #[must_use]
    pub fn cost(&self, volatility: f64, quantity: f64, outstanding: f64, days: f64) -> f64 {
        let permanent = self.permanent(volatility, quantity, outstanding);
        permanent / 2.0 + self.temporary(volatility, quantity, days)
    }
}

/// Peak impact by the square-root law: `y` (of the order of 1) × volatility × the square root of
/// the quantity over the volume of the volatility's time.
#[must_use]
pub fn square_root(y: f64, volatility: f64, quantity: f64) -> f64 {
    y * volatility * quantity.sqrt()
}

/// Average cost of a parent under the square-root law: two thirds of the peak.
#[must_use]
pub fn square_root_average(y: f64, volatility: f64, quantity: f64) -> f64 {
    square_root(y, volatility, quantity) * 2.0 / 3.0
}
