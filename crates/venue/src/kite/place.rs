//! Orders as this broker takes them: everything it can be asked, beyond what the engine asks.
//!
//! Entry points: [`Place`], [`Modify`], [`Cancel`].

use super::call::Calls;
use super::form::{Form, segment};
use super::words::{OrderType, Protection, Validity, Variety};
use crate::codec::Garbage;
use crate::http::{Budget, HttpRequest, Method};
use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;

/// Longest tag that is taken; a longer one is refused, not cut.
pub const TAG_CHARS_MAX: usize = 20;
/// Fewest and most legs of an iceberg.
pub const ICEBERG_LEGS: std::ops::RangeInclusive<u32> = 2..=50;

/// A new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Kind.
    pub variety: Variety,
    /// `NSE`, `BSE`, `NFO`, ..
    pub exchange: String,
    /// The broker's symbol on that exchange.
    pub trading_symbol: String,
    /// Side.
    pub side: Side,
    /// Type.
    pub order_type: OrderType,
    /// `CNC`, `NRML`, `MIS`, `MTF`.
    pub product: String,
    /// Validity.
    pub validity: Validity,
    /// Minutes of validity [`Validity::Ttl`].
    pub validity_minutes: Option<u32>,
    /// Quantity: units, on MCX lots.
    pub qty: Qty,
    /// Limit price, for types that have one.
    pub px: Option<Px>,
    /// Trigger, for types that have one.
    pub trigger_px: Option<Px>,
    /// How much of it the book shows.
    pub disclosed_qty: Option<Qty>,
    /// Legs and the quantity of one, for [`Variety::Iceberg`].
    pub iceberg: Option<(u32, Qty)>,
    /// Number of the auction, for [`Variety::Auction`].
    pub auction_number: Option<String>,
    /// Protection of a market order.
    pub protection: Option<Protection>,
    /// The broker slices what is above the freeze quantity; refused for less.
    pub autoslice: bool,
    /// Our id.
    pub tag: Option<String>,
    /// The exchange's id of a registered algorithm.
    pub algo_id: Option<String>,
}

/// A change of a working order; `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modify {
    /// Kind of the order.
    pub variety: Variety,
    /// The broker's id.
    pub order_id: String,
    /// The order a leg belongs to, for cover orders.
    pub parent_order_id: Option<String>,
    /// New type.
    pub order_type: Option<OrderType>,
    /// New quantity, the filled part included.
    pub qty: Option<Qty>,
    /// New limit price.
    pub px: Option<Px>,
    /// New trigger.
    pub trigger_px: Option<Px>,
    /// New validity.
    pub validity: Option<Validity>,
    /// New quantity shown.
    pub disclosed_qty: Option<Qty>,
    /// Protection, when it becomes a market order.
    pub protection: Option<Protection>,
}

/// The end of a working order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Kind of the order.
    pub variety: Variety,
    /// The broker's id.
    pub order_id: String,
    /// The order a leg belongs to, for cover orders.
    pub parent_order_id: Option<String>,
}

/// The broker's word for a side.
pub const fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

impl Place {
    /// A plain limit order for the day.
    #[must_use]
    pub fn limit(exchange: &str, trading_symbol: &str, side: Side, qty: Qty, px: Px) -> Self {
        Self {
            variety: Variety::Regular,
            exchange: exchange.to_owned(),
            trading_symbol: trading_symbol.to_owned(),
            side,
            order_type: OrderType::Limit,
            product: String::new(),
            validity: Validity::Day,
            validity_minutes: None,
            qty,
            px: Some(px),
            trigger_px: None,
            disclosed_qty: None,
            iceberg: None,
            auction_number: None,
            protection: None,
            autoslice: false,
            tag: None,
            algo_id: None,
        }
    }

    /// What is against the rules of the wire and would be refused, or worse, read differently.
    ///
    /// # Errors
    /// A sentence about the first rule that is broken.
    pub fn check(&self) -> Result<(), Garbage> {
        whole("quantity", Some(self.qty))?;
        whole("disclosed quantity", self.disclosed_qty)?;
        whole("iceberg quantity", self.iceberg.map(|(_, qty)| qty))?;
        let broken = if self.exchange.is_empty() || self.trading_symbol.is_empty() {
            "the symbol must be EXCHANGE:SYMBOL"
        } else if self.product.is_empty() {
            "the product is missing: CNC, MIS, NRML or MTF"
        } else if !self.tag.as_deref().is_none_or(is_tag) {
            "a tag has at most 20 alphanumerics"
        } else if self.exchange == "MCX" && self.validity == Validity::Ioc {
            "MCX takes no IOC orders"
        } else if (self.validity == Validity::Ttl) != self.validity_minutes.is_some() {
            "minutes of validity belong to validity TTL"
        } else if (self.variety == Variety::Iceberg) != self.iceberg.is_some() {
            "legs belong to variety iceberg"
        } else if self.iceberg.is_some_and(|(legs, _)| !ICEBERG_LEGS.contains(&legs)) {
            "an iceberg has 2 to 50 legs"
        } else if (self.variety == Variety::Auction) != self.auction_number.is_some() {
            "the number of an auction belongs to variety auction"
        } else {
            return prices(self.order_type, self.px, self.trigger_px, self.protection);
        };
        Err(Garbage::new(broken))
    }

    /// The call.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn call(&self, calls: &Calls) -> Result<HttpRequest, Garbage> {
        self.check()?;
        let mut form = Form::default();
        form.add("exchange", &self.exchange);
        form.add("tradingsymbol", &self.trading_symbol);
        form.add("transaction_type", side_text(self.side));
        form.add("order_type", self.order_type.as_str());
        form.add("product", &self.product);
        form.add("validity", self.validity.as_str());
        form.add_some("validity_ttl", self.validity_minutes);
        form.add("quantity", &self.qty.to_string());
        form.add_some("price", self.px);
        form.add_some("trigger_price", self.trigger_px);
        form.add_some("disclosed_quantity", self.disclosed_qty);
        form.add_some("iceberg_legs", self.iceberg.map(|(legs, _)| legs));
        form.add_some("iceberg_quantity", self.iceberg.map(|(_, qty)| qty));
        form.add_some("auction_number", self.auction_number.as_deref());
        form.add_some("market_protection", self.protection.and_then(Protection::text));
        form.add_some("autoslice", self.autoslice.then_some("true"));
        form.add_some("tag", self.tag.as_deref());
        form.add_some("algo_id", self.algo_id.as_deref());
        let path = format!("/orders/{}", self.variety.as_str());
        Ok(calls.form(Method::Post, &path, form, Budget::Orders))
    }
}

impl Modify {
    /// A change of quantity and price of a working limit order.
    #[must_use]
    pub fn limit(variety: Variety, order_id: &str, qty: Qty, px: Px) -> Self {
        Self {
            variety,
            order_id: order_id.to_owned(),
            parent_order_id: None,
            order_type: Some(OrderType::Limit),
            qty: Some(qty),
            px: Some(px),
            trigger_px: None,
            validity: None,
            disclosed_qty: None,
            protection: None,
        }
    }

    /// The call.
    ///
    /// # Errors
    /// A sentence about the first rule that is broken.
    pub fn call(&self, calls: &Calls) -> Result<HttpRequest, Garbage> {
        whole("quantity", self.qty)?;
        whole("disclosed quantity", self.disclosed_qty)?;
        let path = address(self.variety, &self.order_id)?;
        if let Some(order_type) = self.order_type {
            prices(order_type, self.px, self.trigger_px, self.protection)?;
        }
        let mut form = Form::default();
        form.add_some("parent_order_id", self.parent_order_id.as_deref());
        form.add_some("order_type", self.order_type.map(OrderType::as_str));
        form.add_some("quantity", self.qty);
        form.add_some("price", self.px);
        form.add_some("trigger_price", self.trigger_px);
        form.add_some("validity", self.validity.map(Validity::as_str));
        form.add_some("disclosed_quantity", self.disclosed_qty);
        form.add_some("market_protection", self.protection.and_then(Protection::text));
        Ok(calls.form(Method::Put, &path, form, Budget::Orders))
    }
}

impl Cancel {
    /// The call.
    ///
    /// # Errors
    /// When the order has no id.
    pub fn call(&self, calls: &Calls) -> Result<HttpRequest, Garbage> {
        let path = address(self.variety, &self.order_id)?;
        let mut query = Form::default();
        query.add_some("parent_order_id", self.parent_order_id.as_deref());
        Ok(calls.plain(Method::Delete, &path, query, Budget::Orders))
    }
}

/// Alphanumerics only: others pass today and are not promised.
fn is_tag(tag: &str) -> bool {
    (1..=TAG_CHARS_MAX).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn address(variety: Variety, order_id: &str) -> Result<String, Garbage> {
    if order_id.is_empty() {
        return Err(Garbage::new("the broker's id of the order is not known"));
    }
    Ok(format!("/orders/{}/{}", variety.as_str(), segment(order_id)))
}

/// Quantities are whole numbers above zero.
fn whole(what: &str, qty: Option<Qty>) -> Result<(), Garbage> {
    match qty {
        Some(qty) if qty.0 <= 0 || qty.0 % Qty::whole(1).0 != 0 => {
            Err(Garbage::new(format_args!("the {what} {qty} is not a whole number above zero")))
        }
        _ => Ok(()),
    }
}

/// Each type has its prices and no others.
fn prices(
    order_type: OrderType,
    px: Option<Px>,
    trigger_px: Option<Px>,
    protection: Option<Protection>,
) -> Result<(), Garbage> {
    let (limit, stop) = match order_type {
        OrderType::Market => (false, false),
        OrderType::Limit => (true, false),
        OrderType::StopLimit => (true, true),
        OrderType::StopMarket => (false, true),
    };
    let broken = if limit != px.is_some_and(|px| px.0 > 0) {
        "a limit price above zero belongs to LIMIT and SL, and only to them"
    } else if stop != trigger_px.is_some_and(|px| px.0 > 0) {
        "a trigger price above zero belongs to SL and SL-M, and only to them"
    } else if !limit && protection.and_then(Protection::text).is_none() {
        "MARKET and SL-M need a market protection: automatic, or above 0 and at most 100 percent"
    } else if limit && protection.is_some() {
        "market protection belongs to MARKET and SL-M"
    } else {
        return Ok(());
    };
    Err(Garbage::new(broken))
}
