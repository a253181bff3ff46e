//! What the exchange refuses: the rules of an instrument and the price band of the day.

use super::order::Arriving;
use truefill_core::config::Instrument;
use truefill_core::num::{Px, Qty};
use truefill_core::report::RejectCode;
use truefill_core::request::TimeInForce;

/// A displayed part is at least this share of its order, so that an order is never refilled
/// more than so many times.
const SLICES_MAX: i128 = 100;

/// Why an order is refused: the code and the reason in words.
pub type Refusal = (RejectCode, &'static str);

pub(super) fn check(
    rules: &Instrument,
    band: Option<(Px, Px)>,
    order: &Arriving,
) -> Result<(), Refusal> {
    let invalid = |why| Err((RejectCode::Invalid, why));
    if let Some(px) = order.px {
        check_px(rules, px)?;
    }
    check_qty(rules, order.qty)?;
    if order.px.is_some_and(|px| order.qty.times(px) < rules.min_notional) {
        return invalid("notional is below the minimum");
    }
    if let Some(stop_px) = order.stop_px {
        check_px(rules, stop_px)?;
        if order.px.is_none() || order.tif == TimeInForce::Ioc {
            return invalid("a stop order needs a limit price and must be able to rest");
        }
    }
    if let Some(display) = order.display_qty {
        let share = display.0.saturating_mul(SLICES_MAX);
        if display.0 <= 0 || display.0 % rules.lot.0.max(1) != 0 || share < order.qty.0 {
            return invalid("display quantity must be whole lots and a hundredth of the order");
        }
    }
    let outside = |px: Px| band.is_some_and(|(low, high)| px < low || px > high);
    if order.px.is_some_and(outside) {
        return Err((RejectCode::PriceBand, "price is outside the band of the day"));
    }
    Ok(())
}

fn check_px(rules: &Instrument, px: Px) -> Result<(), Refusal> {
    let broken = if px.0 <= 0 {
        "price must be above zero"
    } else if px.0 % rules.tick.0.max(1) != 0 {
        "price is off the tick grid"
    } else {
        return Ok(());
    };
    Err((RejectCode::Invalid, broken))
}

fn check_qty(rules: &Instrument, qty: Qty) -> Result<(), Refusal> {
    let broken = if qty.0 <= 0 {
        "quantity must be above zero"
    } else if qty.0 % rules.lot.0.max(1) != 0 {
        "quantity is not a multiple of the lot"
    } else if qty < rules.min_qty {
        "quantity is below the minimum"
    } else if rules.max_qty.is_some_and(|max| qty > max) {
        "quantity is above the maximum"
    } else {
        return Ok(());
    };
    Err((RejectCode::Invalid, broken))
}
