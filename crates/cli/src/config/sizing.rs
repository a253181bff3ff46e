//! What the numbers in a strategy's targets mean, and what bounds them: `size_by`, `capital`,
//! `leverage`, `min_trade`, `valid_for`, `basket`, `on_expiry`.
//!
//! Entry point: [`sizing`].

use truefill_core::config::{Basket, Funding, OnExpiry, SizeBy, Strategy};
use truefill_core::time::MILLI_NS;

use super::error::ConfigError;
use super::keys;
use super::source::{Field, Section};
use super::value::Sign;

/// Shares are millionths in the engine.
const PPM_PLACES: u32 = 6;
/// A leverage beyond this is a slip of the keyboard.
const LEVERAGE_PPM_MAX: i128 = 100_000_000;

/// What a target's number means.
pub(super) fn size_by(section: &Section<'_>) -> Result<SizeBy, ConfigError> {
    let words =
        [("shares", SizeBy::Shares), ("weight", SizeBy::Weight), ("notional", SizeBy::Notional)];
    section.get("size_by").map_or(Ok(SizeBy::Shares), |field| field.word(&words, &[]))
}

/// Fills in what a section says about sizes and about how long a target holds.
pub(super) fn sizing(section: &Section<'_>, strategy: &mut Strategy) -> Result<(), ConfigError> {
    strategy.size_by = size_by(section)?;
    strategy.capital = section.get("capital").map(|f| f.amount(Sign::Positive)).transpose()?;
    if strategy.size_by == SizeBy::Weight {
        section.need("capital", "capital = \"100000\" (a weight is a share of it)")?;
    }
    if let Some(field) = section.get("leverage") {
        if strategy.capital.is_none() {
            let cause = "leverage bounds targets by a multiple of the capital, and there is none";
            return Err(field.misplaced(cause).action("add capital = \"100000\""));
        }
        let ppm = field.decimal(PPM_PLACES, Sign::Positive)?;
        strategy.leverage_ppm =
            u32::try_from(ppm).ok().filter(|_| ppm <= LEVERAGE_PPM_MAX).ok_or_else(|| {
                field.wrong("more than a hundred times the capital").allowed("\"0.1\" to \"100\"")
            })?;
    }
    if let Some(field) = section.get("min_trade") {
        strategy.min_trade = field.amount(Sign::NotNegative)?;
    }
    if let Some(field) = section.get("valid_for") {
        strategy.valid_for_ns = Some(field.duration(MILLI_NS)?);
    }
    if let Some(field) = section.get("on_expiry") {
        let words = [("flatten", OnExpiry::Flatten), ("block", OnExpiry::Block)];
        strategy.on_expiry = field.word(&words, &[])?;
    }
    if let Some(field) = section.get("expiry_lead") {
        strategy.expiry_lead_ns = field.duration(0)?;
    }
    strategy.basket = section.get("basket").map(basket).transpose()?;
    Ok(())
}

fn basket(field: &Field<'_>) -> Result<Basket, ConfigError> {
    let section = field.section(keys::BASKET)?;
    let imbalance_ppm_max = match section.get("max_imbalance") {
        Some(field) => {
            let ppm = field.decimal(PPM_PLACES, Sign::Positive)?;
            u32::try_from(ppm).ok().filter(|ppm| *ppm <= 1_000_000).ok_or_else(|| {
                field.wrong("legs cannot be further apart than all of it").allowed(
                    "\"0.01\" to \"1\": the largest difference between the filled shares of two \
                     legs",
                )
            })?
        }
        None => 1_000_000,
    };
    let words = [("none", Funding::Free), ("after_sells", Funding::AfterSells)];
    let funding = section.get("funding").map_or(Ok(Funding::Free), |f| f.word(&words, &[]))?;
    Ok(Basket { imbalance_ppm_max, funding })
}
