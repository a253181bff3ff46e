//! Rows of the order book, of an order's history, of pushes and of postbacks: one shape.
//!
//! Entry points: [`BookRow`], [`read_rows`].
//!
//! Only `quantity` and `filled_quantity` are believed: pending and cancelled quantities contradict
//! each other in rows of this broker. An order is not recognised by type or protection either: a
//! protected market order shows up as a limit order.

use serde_json::value::RawValue;

use super::row::{Row, list, text_of};
use super::status::status_of;
use super::texts;
use super::words::Variety;
use crate::codec::{Garbage, Symbols};
use crate::live::{BadRow, Rows};
use crate::reason::Reason;
use crate::words::printable;
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText, parse_cl_ord_id};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{OrdStatus, OrderRow};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// Most tags of one row that are looked at.
const TAGS_MAX: usize = 64;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// An order as the broker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRow {
    /// Our id, found among the tags.
    pub cl_ord_id: Option<ClOrdId>,
    /// The broker's id.
    pub order_id: VenueText,
    /// Kind; `None` for one we do not know.
    pub variety: Option<Variety>,
    /// `EXCHANGE:SYMBOL`.
    pub symbol: String,
    /// The configured instrument with this symbol.
    pub instrument: Option<InstrumentId>,
    /// Product.
    pub product: VenueText,
    /// Side.
    pub side: Side,
    /// Quantity, filled part included.
    pub qty: Qty,
    /// Filled part.
    pub filled: Qty,
    /// Limit price; zero for none.
    pub px: Px,
    /// Trigger price; zero for none.
    pub trigger_px: Px,
    /// What the status means.
    pub status: OrdStatus,
    /// When the broker took it; 1970 when the row does not say.
    pub created: Nanos,
    /// When it last changed, as far as the row says.
    pub changed: Nanos,
    /// Why it was rejected, at most 400 characters.
    pub words: String,
    /// Leg of an iceberg: its number, of how many, and the quantity of all.
    pub leg: Option<Leg>,
    /// The order this is a slice of.
    pub slice_of: Option<VenueText>,
}

/// Where in an iceberg a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Number of the leg, from 1.
    pub leg: u32,
    /// How many there will be.
    pub legs: u32,
    /// Quantity of all of them.
    pub total: Qty,
}

impl BookRow {
    /// Why it was rejected, as far as the broker's words tell.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let rejected = self.status == OrdStatus::Rejected;
        rejected.then(|| texts::reason_of(&self.words).unwrap_or(Reason::Other))
    }

    /// Reads a row. Missing times, unknown varieties and what is not listed above do not matter;
    /// ids, symbol, side, quantities and status do.
    pub(super) fn read(row: &Row<'_>, symbols: &Symbols) -> Result<Self, Garbage> {
        let symbol = symbol_of(row)?;
        let status = row.need("status")?;
        let (created, changed) = times_of(row);
        let tags = tags_of(row);
        Ok(Self {
            cl_ord_id: our_id(&tags),
            order_id: row.need_ascii("order_id")?,
            variety: row.text("variety").as_deref().and_then(Variety::from_text),
            instrument: symbols.id(&symbol),
            symbol,
            product: row.ascii("product")?.unwrap_or_default(),
            side: side_of(row)?,
            qty: row.positive("quantity")?,
            filled: row.unsigned("filled_quantity")?,
            px: row.px_or_zero("price")?,
            trigger_px: row.px_or_zero("trigger_price")?,
            status: status_of(&status).ok_or_else(|| {
                let shown: String = status.chars().take(40).collect();
                Garbage::new(format_args!("the status `{shown}` is not known"))
            })?,
            created,
            changed,
            words: printable(&row.text("status_message").unwrap_or_default()),
            leg: leg_of(row),
            slice_of: slice_of(&tags),
        })
    }

    /// The row for the engine; `None` for an instrument that is not configured.
    #[must_use]
    pub fn to_order_row(&self) -> Option<OrderRow> {
        let qty = self.qty.bounded().ok()?;
        if qty.times(self.px).exceeds_bound() || self.filled.bounded().is_err() {
            return None;
        }
        Some(OrderRow {
            cl_ord_id: self.cl_ord_id,
            order_id: Some(self.order_id),
            instrument: self.instrument?,
            side: self.side,
            qty,
            cum: self.filled,
            px: self.px,
            status: self.status,
            created: self.created,
            code: self.reason().map(Reason::code),
        })
    }
}

/// Reads a list of rows; what is neither ours nor configured is left out and counted.
pub fn read_rows(raw: &RawValue, symbols: &Symbols) -> Result<Rows<BookRow>, Garbage> {
    let mut rows = Rows::default();
    for (at, raw) in list(raw)?.into_iter().enumerate() {
        let read = Row::parse(raw).and_then(|row| unless_foreign(&row, symbols));
        match read {
            Ok(Some(row)) => rows.rows.push(row),
            Ok(None) => rows.foreign += 1,
            Err(why) => {
                rows.push_bad(BadRow { row: at + 1, instrument: instrument_of(raw, symbols), why })
            }
        }
    }
    Ok(rows)
}

/// A row, unless it is about an instrument that is not configured and has no id of ours.
fn unless_foreign(row: &Row<'_>, symbols: &Symbols) -> Result<Option<BookRow>, Garbage> {
    let known = symbol_of(row).ok().map(|symbol| symbols.id(&symbol).is_some());
    if known == Some(false) && !is_ours(row) {
        return Ok(None);
    }
    let read = BookRow::read(row, symbols)?;
    if read.to_order_row().is_none() {
        let symbol = &read.symbol;
        let why = format_args!("ours, but {symbol} is not configured, or its notional is absurd");
        return Err(Garbage::new(why));
    }
    Ok(Some(read))
}

/// What an unreadable row is about, as far as it can be told.
pub fn instrument_of(raw: &RawValue, symbols: &Symbols) -> Option<InstrumentId> {
    Row::parse(raw).ok().and_then(|row| symbol_of(&row).ok()).and_then(|s| symbols.id(&s))
}

/// The row has a tag of our making.
pub fn is_ours(row: &Row<'_>) -> bool {
    our_id(&tags_of(row)).is_some()
}

/// `EXCHANGE:SYMBOL`.
pub fn symbol_of(row: &Row<'_>) -> Result<String, Garbage> {
    Ok(format!("{}:{}", row.need("exchange")?, row.need("tradingsymbol")?))
}

/// Side of a row.
pub fn side_of(row: &Row<'_>) -> Result<Side, Garbage> {
    match row.need("transaction_type")?.as_ref() {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(Garbage::new(format_args!("transaction_type `{shown}` is neither BUY nor SELL")))
        }
    }
}

/// When the order was made and when it last changed: the earliest and the latest time of a row,
/// because `order_timestamp` moves with every change. A time of the exchange a day before the
/// broker's is none (an exchange's zero is in 1980). Without any time it is 1970.
fn times_of(row: &Row<'_>) -> (Nanos, Nanos) {
    let order = row.time("order_timestamp");
    let fits = |at: &Nanos| order.is_none_or(|order| order.since(*at) < DAY_NS);
    let exchange = ["exchange_timestamp", "exchange_update_timestamp"];
    let exchange = exchange.iter().filter_map(|field| row.time(field)).filter(fits);
    let all: Vec<Nanos> = order.into_iter().chain(exchange).collect();
    let of = |at: Option<&Nanos>| at.copied().unwrap_or_default();
    (of(all.iter().min()), of(all.iter().max()))
}

/// All tags: those of the list, and the one beside it.
fn tags_of(row: &Row<'_>) -> Vec<String> {
    let mut tags = Vec::new();
    let members = row.raw("tags").and_then(|raw| list(raw).ok()).unwrap_or_default();
    for raw in members.into_iter().take(TAGS_MAX) {
        tags.extend(text_of(raw).map(|tag| tag.into_owned()));
    }
    tags.extend(row.text("tag").map(|tag| tag.into_owned()));
    tags
}

/// Our id among the tags: the broker adds tags of its own, so that the first need not be ours.
fn our_id(tags: &[String]) -> Option<ClOrdId> {
    let ids = tags.iter().filter_map(|tag| ClOrdId::new(tag));
    ids.into_iter().find(|id| parse_cl_ord_id(id).is_some())
}

fn slice_of(tags: &[String]) -> Option<VenueText> {
    tags.iter().find_map(|tag| VenueText::new(tag.strip_prefix("autoslice:")?))
}

fn leg_of(row: &Row<'_>) -> Option<Leg> {
    let meta = row.object("meta")?.object("iceberg")?;
    let total = meta.positive("total_quantity").ok()?;
    let (leg, legs) = (meta.count("leg")?, meta.count("legs")?);
    (leg >= 1 && leg <= legs).then_some(Leg { leg, legs, total })
}
