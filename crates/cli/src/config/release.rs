//! `schedule = { ... }` of a policy: when which part of a parent is due.
//!
//! Entry point: [`schedule`]. TWAP, VWAP and arrival price become one curve of due parts; POV
//! follows the market's volume.
//!
//! Invariant: the last part of a curve is due before `over` ends, and everything is due with it.

use truefill_core::config::{CurvePoint, Policy};
use truefill_core::num::NANO;
use truefill_core::time::MILLI_NS;
use truefill_market::schedule::{AlmgrenChriss, almgren_chriss};

use super::error::ConfigError;
use super::keys;
use super::source::{Field, Section};
use super::value::Sign;

/// Everything, in the engine's parts.
const WHOLE_PPB: u64 = 1_000_000_000;
/// Most parts of a schedule.
const PARTS_MAX: i64 = 10_000;
const KINDS: [(&str, Kind); 4] = [
    ("twap", Kind::Twap),
    ("vwap", Kind::Vwap),
    ("arrival_price", Kind::Arrival),
    ("pov", Kind::Pov),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Twap,
    Vwap,
    Arrival,
    Pov,
}

impl Kind {
    /// The keys that it looks at, besides `kind`.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Twap => &["over", "every"],
            Self::Vwap => &["over", "weights"],
            Self::Arrival => &["over", "every", "urgency"],
            Self::Pov => &["rate"],
        }
    }
}

/// Fills the schedule of a policy in.
pub(super) fn schedule(field: &Field<'_>, policy: &mut Policy) -> Result<(), ConfigError> {
    let section = field.section(keys::SCHEDULE)?;
    let kind = section.need("kind", "kind = \"twap\"")?.word(&KINDS, &[])?;
    let fits = |field: &&Field<'_>| field.key == "kind" || kind.keys().contains(&field.key);
    if let Some(odd) = section.fields().iter().find(|field| !fits(field)) {
        let cause = "this kind of schedule does not look at this key";
        return Err(odd.misplaced(cause).allowed(kind.keys().join(", ")));
    }
    if kind == Kind::Pov {
        let rate = section.need("rate", "rate = \"0.1\" (a tenth of all that is traded)")?;
        let ppm = rate.decimal(6, Sign::Positive)?;
        policy.pov_ppm =
            u32::try_from(ppm).ok().filter(|ppm| *ppm < 1_000_000).ok_or_else(|| {
                rate.wrong("everything that is traded, or more").allowed("above 0 and below 1")
            })?;
        return Ok(());
    }
    let over = section.need("over", "over = \"10m\"")?;
    let over_ns = over.duration(MILLI_NS)?;
    let shares = match kind {
        Kind::Vwap => weights(section.need("weights", "weights = [30, 15, 10, 15, 30]")?)?,
        Kind::Twap => evenly(parts(&section, over_ns)?),
        Kind::Arrival | Kind::Pov => arrival(&section, parts(&section, over_ns)?)?,
    };
    let count = i64::try_from(shares.len()).unwrap_or(i64::MAX).max(1);
    let every_ns = over_ns / count;
    let points = (0..).zip(&shares);
    policy.curve = points
        .map(|(at, ppb)| CurvePoint {
            after_ns: every_ns.saturating_mul(at),
            due_ppb: u32::try_from(*ppb).unwrap_or(u32::MAX),
        })
        .collect();
    Ok(())
}

/// How many parts of `every` are in `over`.
fn parts(section: &Section<'_>, over_ns: i64) -> Result<u64, ConfigError> {
    let field = section.need("every", "every = \"30s\"")?;
    let every_ns = field.duration(MILLI_NS)?;
    let count = over_ns / every_ns;
    if !(1..=PARTS_MAX).contains(&count) || over_ns % every_ns != 0 {
        let cause = format!("`over` has {count} such parts, or is not a multiple of one");
        return Err(field.wrong(cause).allowed(format!("1 to {PARTS_MAX} equal parts")));
    }
    Ok(u64::try_from(count).unwrap_or(1))
}

/// Equal parts: of `k` parts all but nothing is rounded away, and the last makes it whole.
fn evenly(count: u64) -> Vec<u64> {
    (1..=count).map(|k| (k * WHOLE_PPB).div_ceil(count)).collect()
}

/// Parts in proportion to a curve of volumes.
fn weights(field: &Field<'_>) -> Result<Vec<u64>, ConfigError> {
    let allowed = "a list of whole numbers, such as [30, 15, 10, 15, 30]";
    let mut sums: Vec<u64> = Vec::new();
    for element in field.list(allowed)? {
        let weight = u64::from(element.whole(0..=1_000_000)?);
        sums.push(sums.last().copied().unwrap_or(0) + weight);
    }
    let Some(total) = sums.last().copied().filter(|total| *total > 0) else {
        return Err(field.wrong("there is no weight above zero").allowed(allowed));
    };
    Ok(sums.into_iter().map(|sum| (sum * WHOLE_PPB).div_ceil(total)).collect())
}

/// The trajectory of Almgren and Chriss for an urgency of kappa times the horizon, where impact
/// is temporary only: the shape of the schedule depends on nothing else.
fn arrival(section: &Section<'_>, count: u64) -> Result<Vec<u64>, ConfigError> {
    let field = section.need("urgency", "urgency = \"2\" (kappa x horizon; 0 trades evenly)")?;
    let raw = field.decimal(9, Sign::NotNegative)?;
    let periods = u32::try_from(count).unwrap_or(u32::MAX);
    let (raw, nano) = (i32::try_from(raw), f64::from(1_000_000_000_u32));
    let whole = i128::from(i32::MAX) / NANO;
    let urgency = raw.map(|raw| f64::from(raw) / nano).map_err(|_| {
        field
            .wrong("an urgency beyond which everything is traded at once")
            .allowed(format!("\"0\" to \"{whole}\""))
    })?;
    // cosh(kappa tau) = lambda sigma^2 tau^2 / (2 eta) + 1, with sigma, eta and tau of 1.
    let u = urgency / f64::from(periods);
    let (u2, u4) = (u * u, u * u * u * u);
    let risk_aversion = u2 + u4 / 12.0 + u4 * u2 / 360.0;
    let asked = AlmgrenChriss {
        shares: 1.0,
        horizon: f64::from(periods),
        periods,
        volatility: 1.0,
        fixed_cost: 0.0,
        permanent: 0.0,
        temporary: 1.0,
        risk_aversion,
    };
    let trajectory = almgren_chriss(&asked).map_err(|error| field.wrong(error.to_string()))?;
    let points = trajectory.cumulative_ppb(1);
    Ok(points.into_iter().map(|(_, ppb)| u64::try_from(ppb).unwrap_or(0)).collect())
}
