//! The policy words of a scenario. The defaults are those of the scenario profile.

use super::walk::{Fault, Fields};
use truefill_core::config::{AmendBy, OnExternal, Style};
use truefill_core::num::{Px, Qty};

/// Collar of a marketable order, in basis points.
const COLLAR_BPS: i64 = 50;
/// Oldest quote that prices what adds exposure, in milliseconds.
const STALE_MS: i64 = 30_000;

/// How orders are priced, moved and given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWords {
    /// The rule of the price.
    pub style: Style,
    /// Collar in basis points.
    pub collar_bps: Qty,
    /// A given price.
    pub px: Option<Px>,
    /// A working order is moved: least milliseconds between two prices, least basis points.
    pub reprice: Option<(i64, u32)>,
    /// How an order is moved or taken down.
    pub amend: Option<AmendBy>,
    /// A remainder is cancelled after so many milliseconds.
    pub cancel_after_ms: Option<i64>,
    /// Largest child.
    pub child_qty: Option<Qty>,
    /// Milliseconds for which a target may be acted on.
    pub valid_for_ms: Option<i64>,
    /// What a trade by somebody else leads to.
    pub on_external: OnExternal,
    /// Oldest quote that prices what adds exposure, in milliseconds.
    pub stale_mark_ms: i64,
}

impl Default for PolicyWords {
    fn default() -> Self {
        Self {
            style: Style::MarketableLimit,
            collar_bps: Qty::whole(COLLAR_BPS),
            px: None,
            reprice: None,
            amend: None,
            cancel_after_ms: None,
            child_qty: None,
            valid_for_ms: None,
            on_external: OnExternal::Hold,
            stale_mark_ms: STALE_MS,
        }
    }
}

const FIELDS: &[&str] = &[
    "style",
    "px",
    "collar_bps",
    "reprice",
    "amend",
    "remainder",
    "child_qty",
    "valid_for_ms",
    "on_external",
    "stale_mark_ms",
];

impl PolicyWords {
    /// Reads a policy.
    pub(super) fn read(of: &Fields<'_>) -> Result<Self, Fault> {
        of.only(FIELDS)?;
        let usual = Self::default();
        let styles = [("marketable_limit", Style::MarketableLimit), ("limit", Style::Limit)];
        let amends = [("native", AmendBy::Native), ("cancel_new", AmendBy::CancelNew)];
        let external = [("hold", OnExternal::Hold), ("rebuild", OnExternal::Rebuild)];
        let px = of.maybe_px("px")?;
        if px.is_some_and(|px| px.0 == 0) {
            return Err(of.fault("px", "is zero"));
        }
        let child_qty = of.maybe_qty("child_qty")?;
        if child_qty.is_some_and(|qty| qty.is_zero()) {
            return Err(of.fault("child_qty", "is zero"));
        }
        Ok(Self {
            style: of.maybe_word("style", &styles)?.unwrap_or(usual.style),
            collar_bps: collar(of)?.unwrap_or(usual.collar_bps),
            px,
            reprice: reprice(of)?,
            amend: of.maybe_word("amend", &amends)?,
            cancel_after_ms: remainder(of)?,
            child_qty,
            valid_for_ms: of.maybe_int("valid_for_ms", 1)?,
            on_external: of.maybe_word("on_external", &external)?.unwrap_or(usual.on_external),
            stale_mark_ms: of.maybe_int("stale_mark_ms", 1)?.unwrap_or(usual.stale_mark_ms),
        })
    }
}

/// Ten thousand percent is more than any collar.
const COLLAR_BPS_MAX: i64 = 1_000_000;

fn collar(of: &Fields<'_>) -> Result<Option<Qty>, Fault> {
    let collar = of.maybe_qty("collar_bps")?;
    match collar {
        Some(bps) if bps > Qty::whole(COLLAR_BPS_MAX) => {
            Err(of.fault("collar_bps", format!("is {bps}, more than {COLLAR_BPS_MAX}")))
        }
        collar => Ok(collar),
    }
}

fn reprice(of: &Fields<'_>) -> Result<Option<(i64, u32)>, Fault> {
    if !of.has("reprice") {
        return Ok(None);
    }
    let path = of.at("reprice");
    let rule = Fields::of(of.value("reprice")?, &path, &["min_ms", "min_improve_bps"])?;
    let bps = rule.maybe_count("min_improve_bps", 0)?;
    let bps = bps.ok_or_else(|| rule.fault("min_improve_bps", "is missing"))?;
    Ok(Some((rule.int("min_ms", 0)?, bps)))
}

fn remainder(of: &Fields<'_>) -> Result<Option<i64>, Fault> {
    if !of.has("remainder") {
        return Ok(None);
    }
    let rule = Fields::of(of.value("remainder")?, &of.at("remainder"), &["after_ms", "action"])?;
    rule.word("action", &[("cancel", ())])?;
    rule.int("after_ms", 1).map(Some)
}
