//! What is refused of new orders, with the words of the broker as far as they are known.
//!
//! Entry point: [`Desk::check`].

use super::Desk;
use crate::listing::Item;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty, Rounding};
use truefill_core::request::Side;
use truefill_venue::kite_server::{
    ErrorType, OrderForm, OrderType, Product, Protection, Refusal, Validity, Variety,
};

/// Automatic protection, in percent of the price.
pub(super) const AUTOMATIC: Px = Px::whole(2);
/// Fewest and most legs of an iceberg.
const LEGS: std::ops::RangeInclusive<i64> = 2..=50;
/// Most slices of one order.
pub(super) const SLICES_MAX: i128 = 10;

type Checked = Result<(), Refusal>;

fn input(words: impl Into<String>) -> Checked {
    Err(Refusal::input(words))
}

impl Desk {
    /// Checks everything about an order that does not depend on the account.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn check(
        &self,
        variety: Variety,
        form: &OrderForm,
    ) -> Result<InstrumentId, Refusal> {
        let name = format!("{}:{}", form.exchange, form.symbol);
        let found = self.listing.named(&name).and_then(|id| Some((id, self.listing.get(id)?)));
        let Some((id, item)) = found.filter(|(_, item)| !item.is_index()) else {
            return Err(Refusal::input("Invalid `tradingsymbol`."));
        };
        check_words(variety, form, item)?;
        check_grid(form, item)?;
        self.check_prices(form.order_type, form.px, form.trigger_px, (id, item, form.side))?;
        self.check_protection(form.order_type, form.protection)?;
        check_freeze(form, item)?;
        Ok(id)
    }

    /// A price is where the type wants one, on the grid and inside the band of the day.
    pub(super) fn check_prices(
        &self,
        order_type: OrderType,
        px: Option<Px>,
        trigger_px: Option<Px>,
        (id, item, side): (InstrumentId, &Item, Side),
    ) -> Checked {
        let (low, high) = self.street.band(id);
        let tick = item.listed.tick;
        let wants_px = matches!(order_type, OrderType::Limit | OrderType::Sl);
        let wants_trigger = matches!(order_type, OrderType::Sl | OrderType::SlM);
        for (wanted, given, what) in
            [(wants_px, px, "price"), (wants_trigger, trigger_px, "trigger price")]
        {
            let Some(given) = given.filter(|_| wanted) else {
                if wanted {
                    return input(format!("Invalid {what}."));
                }
                continue;
            };
            if given.0 % tick.0 != 0 {
                return input(format!(
                    "Tick size for this script is {tick}. Kindly enter {what} in the multiple of tick size for this script."
                ));
            }
            if given < low || given > high {
                return input(format!(
                    "The {what} is out of the circuit limits. Enter a {what} between {low} and {high}."
                ));
            }
        }
        let crossed = px.zip(trigger_px).is_some_and(|(px, trigger)| match side {
            Side::Buy => trigger > px,
            Side::Sell => trigger < px,
        });
        if order_type == OrderType::Sl && crossed {
            return input("Trigger price cannot be beyond the limit price of a stoploss order.");
        }
        Ok(())
    }

    /// Market orders need protection.
    pub(super) fn check_protection(&self, kind: OrderType, given: Protection) -> Checked {
        let market = matches!(kind, OrderType::Market | OrderType::SlM);
        if market && given == Protection::None && self.options.switches.need_protection {
            return input(
                "Market orders without market protection are not allowed via API. Please set \
                 market protection.",
            );
        }
        Ok(())
    }

    /// The limit of a protected market order: the far side, moved by the protection, rounded
    /// toward it and kept inside the band.
    pub(super) fn protected_px(
        &self,
        id: InstrumentId,
        side: Side,
        from: Option<Px>,
        protection: Protection,
    ) -> Px {
        let quote = self.street.quote(id);
        let touch = quote.map_or(Px::ZERO, |quote| match side {
            Side::Buy => quote.ask_px,
            Side::Sell => quote.bid_px,
        });
        let base = from.unwrap_or(touch);
        let percent = match protection {
            Protection::Percent(percent) => percent,
            Protection::Automatic | Protection::None => AUTOMATIC,
        };
        // Percent has nine places: a millionth of a percent of a price is exact enough.
        let part = Px(base.0 * (percent.0 / 1_000) / 100_000_000);
        let tick = self.listing.get(id).map_or(Px(1), |item| item.listed.tick);
        let (low, high) = self.street.band(id);
        match side {
            Side::Buy => (base + part).to_tick(tick, Rounding::Floor).min(high),
            Side::Sell => (base - part).to_tick(tick, Rounding::Ceil).max(low),
        }
    }
}

fn check_words(variety: Variety, form: &OrderForm, item: &Item) -> Checked {
    let derivative = !item.is_equity();
    match form.product {
        Product::Cnc | Product::Mtf if derivative => {
            return input("Invalid product for this segment. Use NRML or MIS.");
        }
        Product::Nrml if !derivative => {
            return input("NRML is not allowed for equity. Use CNC or MIS.");
        }
        Product::Co => return input("Invalid `product`."),
        _ => {}
    }
    if form.exchange == "MCX" && form.validity == Validity::Ioc {
        return input("IOC orders are not allowed for MCX via API.");
    }
    if form.validity == Validity::Ttl && form.ttl_minutes.is_none() {
        return input("Invalid `validity_ttl`.");
    }
    match variety {
        Variety::Co if form.trigger_px.is_none() => input("Invalid trigger price."),
        Variety::Auction if form.auction_number.is_none() => input("Invalid `auction_number`."),
        Variety::Iceberg => check_iceberg(form),
        _ => Ok(()),
    }
}

fn check_iceberg(form: &OrderForm) -> Checked {
    if !matches!(form.order_type, OrderType::Limit) || form.validity == Validity::Ioc {
        return input("Iceberg orders are allowed for LIMIT orders of the day only.");
    }
    let legs = form.iceberg_legs.filter(|legs| LEGS.contains(legs));
    let Some(legs) = legs else {
        return input("Invalid `iceberg_legs`. It should be between 2 and 50.");
    };
    let leg = form.iceberg_qty.unwrap_or(Qty::ZERO);
    let (most, least) = (leg.0 * i128::from(legs), leg.0 * i128::from(legs - 1));
    if form.qty.0 > most || form.qty.0 <= least {
        return input("Invalid `iceberg_quantity`. It should be the quantity divided by the legs.");
    }
    Ok(())
}

fn check_grid(form: &OrderForm, item: &Item) -> Checked {
    let lot = item.listed.lot;
    let leg = form.iceberg_qty.unwrap_or(lot);
    if form.qty.0 % lot.0 != 0 || leg.0 % lot.0 != 0 {
        return input(format!("Quantity should be in multiples of the lot size {lot}."));
    }
    if form.disclosed.is_some_and(|shown| shown > form.qty || shown.0 * 10 < form.qty.0) {
        return input("Disclosed quantity should be between 10% and 100% of the quantity.");
    }
    Ok(())
}

fn check_freeze(form: &OrderForm, item: &Item) -> Checked {
    let freeze = item.freeze;
    let over = form.iceberg_qty.unwrap_or(form.qty) > freeze;
    if form.autoslice {
        let slices = (form.qty.0 + freeze.0 - 1) / freeze.0.max(1);
        if !over {
            return input(format!(
                "Autoslice is allowed only for quantity above the freeze limit of {freeze}."
            ));
        }
        if slices > SLICES_MAX {
            return input(format!("Autoslice is allowed for at most {SLICES_MAX} slices."));
        }
        return Ok(());
    }
    if over {
        let words = format!(
            "Order quantity {} exceeds the freeze quantity {freeze} for {}. Place orders of at \
             most the freeze quantity.",
            form.qty, form.symbol
        );
        return Err(Refusal::new(ErrorType::Input, words));
    }
    Ok(())
}
