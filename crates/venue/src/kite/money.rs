//! Funds, and what orders would need and cost.
//!
//! Entry points: [`funds_call`], [`margins_call`], [`charges_call`].

use serde::Serialize;
use serde_json::value::RawValue;

use super::call::Calls;
use super::failure::{Failure, success};
use super::place::{Place, side_text};
use super::row::{Row, list};
use crate::codec::Garbage;
use crate::http::{HttpReply, HttpRequest};
use truefill_core::num::{Amount, Px};

/// Most orders of one estimate.
pub const ESTIMATES_MAX: usize = 500;

/// Funds of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentFunds {
    /// Free for new orders.
    pub net: Amount,
    /// Cash at the moment.
    pub live_balance: Amount,
    /// Used by positions and orders.
    pub used: Amount,
}

/// Funds of the account; a segment that is switched off is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// Shares and their derivatives, currencies.
    pub equity: Option<SegmentFunds>,
    /// Commodities.
    pub commodity: Option<SegmentFunds>,
}

/// What an order costs, as the broker estimates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    /// Of the broker.
    pub brokerage: Amount,
    /// STT or CTT.
    pub transaction_tax: Amount,
    /// Of the exchange.
    pub exchange_turnover: Amount,
    /// Of the regulator.
    pub sebi_turnover: Amount,
    /// Stamp duty.
    pub stamp_duty: Amount,
    /// Goods and services tax.
    pub gst: Amount,
    /// All of it.
    pub total: Amount,
}

/// What an order needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderMargin {
    /// Blocked for it.
    pub total: Amount,
    /// What it costs.
    pub charges: Charges,
}

/// What a basket needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasketMargin {
    /// While it is placed.
    pub initial: Amount,
    /// When all of it is filled.
    pub filled: Amount,
}

/// An execution whose costs are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The order, with its quantity.
    pub order: Place,
    /// The broker's id of it; any text will do.
    pub order_id: String,
    /// Average price of its executions.
    pub average_px: Px,
}

/// The call for the funds of the account.
#[must_use]
pub fn funds_call(calls: &Calls) -> HttpRequest {
    calls.get("/user/margins")
}

/// Reads the funds.
///
/// # Errors
/// The failure, in the broker's words.
pub fn read_funds(reply: &HttpReply<'_>) -> Result<Funds, Box<Failure>> {
    let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
    let row = Row::parse(success(reply)?).map_err(garbled)?;
    let segment = |name: &str| -> Result<Option<SegmentFunds>, Garbage> {
        let Some(row) = row.object(name) else { return Ok(None) };
        if row.text("enabled").as_deref() == Some("false") {
            return Ok(None);
        }
        let of = |object: &str, field: &str| {
            row.object(object).map_or(Amount::ZERO, |row| row.amount_or_zero(field))
        };
        Ok(Some(SegmentFunds {
            net: row.amount("net")?,
            live_balance: of("available", "live_balance"),
            used: of("utilised", "debits"),
        }))
    };
    let (equity, commodity) = (segment("equity"), segment("commodity"));
    Ok(Funds { equity: equity.map_err(garbled)?, commodity: commodity.map_err(garbled)? })
}

/// The call for what each order needs by itself. At most [`ESTIMATES_MAX`] are asked for.
#[must_use]
pub fn margins_call(calls: &Calls, orders: &[Place]) -> HttpRequest {
    calls.json("/margins/orders", estimates(orders))
}

/// The call for what orders need together, with what is held.
#[must_use]
pub fn basket_call(calls: &Calls, orders: &[Place]) -> HttpRequest {
    calls.json("/margins/basket?consider_positions=true", estimates(orders))
}

/// The call for what executions cost: the estimate of a contract note.
#[must_use]
pub fn charges_call(calls: &Calls, executed: &[Executed]) -> HttpRequest {
    let asked = executed.iter().take(ESTIMATES_MAX).map(|executed| {
        let mut wire = EstimateWire::of(&executed.order);
        wire.order_id = Some(&executed.order_id);
        wire.average_price = raw(executed.average_px);
        wire
    });
    calls.json("/charges/orders", to_json(&asked.collect::<Vec<_>>()))
}

/// Reads what each order needs, in the order asked; an entry that cannot be read is `None`.
///
/// # Errors
/// The failure, in the broker's words.
pub fn read_margins(reply: &HttpReply<'_>) -> Result<Vec<Option<OrderMargin>>, Box<Failure>> {
    rows(reply, |row| Ok(OrderMargin { total: row.amount("total")?, charges: charges(row) }))
}

/// Reads what a basket needs.
///
/// # Errors
/// The failure, in the broker's words.
pub fn read_basket(reply: &HttpReply<'_>) -> Result<BasketMargin, Box<Failure>> {
    let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
    let row = Row::parse(success(reply)?).map_err(garbled)?;
    let total = |name: &str| {
        let row = row.object(name).ok_or_else(|| Garbage::new(format_args!("no {name}")))?;
        row.amount("total")
    };
    let (initial, filled) = (total("initial"), total("final"));
    Ok(BasketMargin { initial: initial.map_err(garbled)?, filled: filled.map_err(garbled)? })
}

/// Reads what executions cost, in the order asked; an entry that cannot be read is `None`.
///
/// # Errors
/// The failure, in the broker's words.
pub fn read_charges(reply: &HttpReply<'_>) -> Result<Vec<Option<Charges>>, Box<Failure>> {
    rows(reply, |row| {
        let found = row.object("charges").ok_or_else(|| Garbage::new("no charges"))?;
        found.amount("total")?;
        Ok(charges(row))
    })
}

fn rows<T>(
    reply: &HttpReply<'_>,
    read: fn(&Row<'_>) -> Result<T, Garbage>,
) -> Result<Vec<Option<T>>, Box<Failure>> {
    let rows = list(success(reply)?);
    let rows = rows.map_err(|why| Box::new(Failure::garbled(reply, &why)))?;
    let one = |raw: &RawValue| Row::parse(raw).and_then(|row| read(&row)).ok();
    Ok(rows.into_iter().map(one).collect())
}

fn charges(row: &Row<'_>) -> Charges {
    let Some(row) = row.object("charges") else { return Charges::default() };
    Charges {
        brokerage: row.amount_or_zero("brokerage"),
        transaction_tax: row.amount_or_zero("transaction_tax"),
        exchange_turnover: row.amount_or_zero("exchange_turnover_charge"),
        sebi_turnover: row.amount_or_zero("sebi_turnover_charge"),
        stamp_duty: row.amount_or_zero("stamp_duty"),
        gst: row.object("gst").map_or(Amount::ZERO, |gst| gst.amount_or_zero("total")),
        total: row.amount_or_zero("total"),
    }
}

/// An order as the estimates take it: JSON, with numbers as numbers.
#[derive(Serialize)]
struct EstimateWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    exchange: &'a str,
    tradingsymbol: &'a str,
    transaction_type: &'a str,
    variety: &'a str,
    product: &'a str,
    order_type: &'a str,
    quantity: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_price: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_price: Option<Box<RawValue>>,
}

impl<'a> EstimateWire<'a> {
    fn of(order: &'a Place) -> Self {
        Self {
            order_id: None,
            exchange: &order.exchange,
            tradingsymbol: &order.trading_symbol,
            transaction_type: side_text(order.side),
            variety: order.variety.as_str(),
            product: &order.product,
            order_type: order.order_type.as_str(),
            quantity: raw(order.qty),
            price: order.px.and_then(raw),
            trigger_price: order.trigger_px.and_then(raw),
            average_price: None,
        }
    }
}

fn estimates(orders: &[Place]) -> Vec<u8> {
    to_json(&orders.iter().take(ESTIMATES_MAX).map(EstimateWire::of).collect::<Vec<_>>())
}

/// A plain decimal is a JSON number as it stands.
fn raw(number: impl std::fmt::Display) -> Option<Box<RawValue>> {
    RawValue::from_string(number.to_string()).ok()
}

/// These shapes hold texts and numbers only, for which writing to memory has no way to fail.
fn to_json(wire: &[EstimateWire<'_>]) -> Vec<u8> {
    serde_json::to_vec(wire).unwrap_or_default()
}
