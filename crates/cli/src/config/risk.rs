//! `[risk]`: limits on what may be sent. Absent means unlimited, or the engine's default.

use truefill_core::config::{LossAction, Risk};
use truefill_core::num::{Amount, Qty};
use truefill_core::time::MILLI_NS;

use super::error::ConfigError;
use super::keys;
use super::source::{Field, Section};
use super::value::Sign;

/// `[risk]`.
pub(super) fn risk(root: &Section<'_>) -> Result<Risk, ConfigError> {
    let mut risk = Risk::default();
    let Some(field) = root.get("risk") else { return Ok(risk) };
    let section = field.section(keys::RISK)?;
    risk.order_qty_max = qty(&section, "order_qty_max")?;
    risk.order_notional_max = amount(&section, "order_notional_max")?;
    risk.position_qty_max = qty(&section, "position_qty_max")?;
    risk.position_notional_max = amount(&section, "position_notional_max")?;
    risk.gross_notional_max = amount(&section, "gross_notional_max")?;
    if let Some(field) = section.get("collar_bps") {
        risk.collar_bps_max = field.whole(1..=10_000)?;
    }
    if let Some(field) = section.get("mark_age") {
        risk.mark_age_ns_max = field.duration(MILLI_NS)?;
    }
    if let Some(field) = section.get("orders_per_day") {
        risk.orders_per_day = Some(field.whole(1..=u32::MAX)?);
    }
    if let Some(field) = section.get("repeat") {
        let repeat = field.section(keys::REPEAT)?;
        risk.repeat_max = repeat.need("n", "n = 60")?.whole(1..=1_000_000)?;
        risk.repeat_per_ns = repeat.need("per", "per = \"60s\"")?.duration(MILLI_NS)?;
    }
    if let Some(field) = section.get("daily_loss") {
        daily_loss(field, &mut risk)?;
    }
    Ok(risk)
}

fn daily_loss(field: &Field<'_>, risk: &mut Risk) -> Result<(), ConfigError> {
    let section = field.section(keys::DAILY_LOSS)?;
    let limit = section.need("limit", "limit = \"6000\"")?;
    risk.daily_loss_max = Some(limit.amount(Sign::Positive)?);
    let action = section.need("action", "action = \"reduce_only\"")?;
    let words = [("reduce_only", LossAction::ReduceOnly), ("flatten", LossAction::Flatten)];
    risk.daily_loss_action = action.word(&words, &[])?;
    Ok(())
}

fn qty(section: &Section<'_>, key: &str) -> Result<Option<Qty>, ConfigError> {
    section.get(key).map(|field| field.qty(Sign::Positive)).transpose()
}

fn amount(section: &Section<'_>, key: &str) -> Result<Option<Amount>, ConfigError> {
    section.get(key).map(|field| field.amount(Sign::Positive)).transpose()
}
