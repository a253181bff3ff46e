//! Positions of the day and holdings, and what both together mean.
//!
//! Entry points: [`PositionLine`], [`HoldingLine`], [`account_positions`].
//!
//! What was delivered leaves the positions and becomes a holding. So the position in `CNC` (and
//! `MTF`) is the holding at the open plus what the day did; in every other product it is the net
//! position alone.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::book::symbol_of;
use super::row::{Row, list};
use super::switches::{HoldingsCount, Switches};
use crate::codec::{Garbage, Symbols};
use crate::live::{BadRow, Rows};
use truefill_core::ids::{InstrumentId, VenueText};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::PositionRow;

/// Products whose positions become holdings.
const DELIVERED: [&str; 2] = ["CNC", "MTF"];

/// A row of positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionLine {
    /// What is held.
    pub instrument: InstrumentId,
    /// Product.
    pub product: VenueText,
    /// Signed quantity; on MCX in lots.
    pub qty: Qty,
    /// Part of it that was held at the open.
    pub overnight: Qty,
    /// Units per lot, where quantities are lots.
    pub multiplier: Qty,
    /// Average price of what is open.
    pub average_px: Px,
    /// Profit and loss as the broker counts it; for people.
    pub pnl: Amount,
}

/// A row of holdings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingLine {
    /// What is held.
    pub instrument: InstrumentId,
    /// Delivered and free of pledges.
    pub qty: Qty,
    /// Bought on the last trading day and not delivered yet.
    pub t1: Qty,
    /// Sold today.
    pub used: Qty,
    /// Held at the open, where the broker says so.
    pub opening: Option<Qty>,
    /// Pledged.
    pub collateral: Qty,
    /// Authorised for sale today at the depository.
    pub authorised: Qty,
    /// Held on margin (`MTF`), and how much of it was sold today.
    pub mtf: Qty,
    /// Sold today of what is held on margin.
    pub mtf_used: Qty,
    /// Close of the last trading day.
    pub close_px: Px,
    /// Its number at the depository.
    pub isin: String,
}

/// `net` and `day` of the positions.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Positions {
    /// What is held now.
    pub net: Rows<PositionLine>,
    /// What the day did.
    pub day: Rows<PositionLine>,
}

/// Reads the positions.
pub fn read_positions(data: &RawValue, symbols: &Symbols) -> Result<Positions, Garbage> {
    let row = Row::parse(data)?;
    let lines = |field: &str| {
        let raw = row.raw(field);
        let raw = raw.ok_or_else(|| Garbage::new(format_args!("{field} is missing")))?;
        read_lines(raw, symbols, position_line, false)
    };
    Ok(Positions { net: lines("net")?, day: lines("day").unwrap_or_default() })
}

/// Reads the holdings.
pub fn read_holdings(
    data: &RawValue,
    symbols: &Symbols,
    switches: &Switches,
) -> Result<Rows<HoldingLine>, Garbage> {
    read_lines(data, symbols, holding_line, switches.holdings_across_exchanges)
}

fn read_lines<T>(
    raw: &RawValue,
    symbols: &Symbols,
    read: fn(&Row<'_>, InstrumentId) -> Result<T, Garbage>,
    across: bool,
) -> Result<Rows<T>, Garbage> {
    let mut rows = Rows::default();
    for (at, raw) in list(raw)?.into_iter().enumerate() {
        let bad = |instrument, why| BadRow { row: at + 1, instrument, why };
        let row = match Row::parse(raw).and_then(|row| Ok((symbol_of(&row)?, row))) {
            Ok((symbol, row)) => (instrument(&symbol, symbols, across), row),
            Err(why) => {
                rows.push_bad(bad(None, why));
                continue;
            }
        };
        let (Some(instrument), row) = row else {
            rows.foreign += 1;
            continue;
        };
        match read(&row, instrument) {
            Ok(line) => rows.rows.push(line),
            Err(why) => rows.push_bad(bad(Some(instrument), why)),
        }
    }
    Ok(rows)
}

/// The instrument of a symbol, on its exchange or, for shares, on the other one.
fn instrument(symbol: &str, symbols: &Symbols, across: bool) -> Option<InstrumentId> {
    let other = || {
        let (exchange, name) = symbol.split_once(':').filter(|_| across)?;
        match exchange {
            "NSE" => symbols.id(&format!("BSE:{name}")),
            "BSE" => symbols.id(&format!("NSE:{name}")),
            _ => None,
        }
    };
    symbols.id(symbol).or_else(other)
}

fn position_line(row: &Row<'_>, instrument: InstrumentId) -> Result<PositionLine, Garbage> {
    let multiplier = row.qty_or_zero("multiplier")?;
    Ok(PositionLine {
        instrument,
        product: row.need_ascii("product")?,
        qty: row.qty("quantity")?,
        overnight: row.qty_or_zero("overnight_quantity")?,
        multiplier: if multiplier.is_zero() { Qty::whole(1) } else { multiplier },
        average_px: row.px_or_zero("average_price").unwrap_or_default(),
        pnl: row.amount_or_zero("pnl"),
    })
}

fn holding_line(row: &Row<'_>, instrument: InstrumentId) -> Result<HoldingLine, Garbage> {
    let unsigned = |field: &str| {
        let qty = row.qty_or_zero(field)?;
        if qty.0 < 0 {
            return Err(Garbage::new(format_args!("{field} must not be negative")));
        }
        Ok(qty)
    };
    let mtf = row.object("mtf");
    let of_mtf = |field: &str| mtf.as_ref().map_or(Ok(Qty::ZERO), |mtf| mtf.qty_or_zero(field));
    Ok(HoldingLine {
        instrument,
        qty: row.unsigned("quantity")?,
        t1: unsigned("t1_quantity")?,
        used: unsigned("used_quantity")?,
        opening: row
            .text("opening_quantity")
            .map(|_| row.unsigned("opening_quantity"))
            .transpose()?,
        collateral: unsigned("collateral_quantity")?,
        authorised: unsigned("authorised_quantity")?,
        mtf: of_mtf("quantity")?,
        mtf_used: of_mtf("used_quantity")?,
        close_px: row.px_or_zero("close_price").unwrap_or_default(),
        isin: row.text("isin").unwrap_or_default().into_owned(),
    })
}

/// What was held at the open, delivered or on its way.
fn at_open(line: &HoldingLine, count: HoldingsCount) -> Qty {
    let shown = line.qty + line.t1;
    let unsold = shown + line.used;
    match (count, line.opening) {
        (HoldingsCount::Told, Some(opening)) if opening == shown || opening == unsold => opening,
        (HoldingsCount::AtOpen, _) => shown,
        (HoldingsCount::Told | HoldingsCount::Remaining, _) => unsold,
    }
}

/// What is held, by instrument and product, zeros included: one row a key, in rising order.
///
/// Pledged shares are held, but not free: they do not count.
#[must_use]
pub fn account_positions(
    net: &[PositionLine],
    holdings: &[HoldingLine],
    count: HoldingsCount,
) -> Vec<PositionRow> {
    let mut held: BTreeMap<(InstrumentId, VenueText), Qty> = BTreeMap::new();
    for line in net {
        let delivered = DELIVERED.contains(&line.product.as_str());
        // What was held at the open is in the holdings as well.
        let qty = if delivered { line.qty - line.overnight } else { line.qty };
        *held.entry((line.instrument, line.product)).or_default() += qty;
    }
    for line in holdings {
        let sold = |used| if count == HoldingsCount::AtOpen { Qty::ZERO } else { used };
        let products = [("CNC", at_open(line, count)), ("MTF", line.mtf + sold(line.mtf_used))];
        for (product, qty) in products {
            let product = VenueText::new(product).unwrap_or_default();
            let key = (line.instrument, product);
            if !qty.is_zero() || held.contains_key(&key) {
                *held.entry(key).or_default() += qty;
            }
        }
    }
    let row = |((instrument, product), qty)| PositionRow { instrument, product, qty };
    held.into_iter().map(row).collect()
}
