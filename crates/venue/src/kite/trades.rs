//! Rows of the trade book. They do not carry our tag: it is found by the broker's id of the order.
//!
//! Entry points: [`TradeRow`], [`read_trades`].

use serde_json::value::RawValue;
use std::collections::BTreeMap;

use super::book::{BookRow, instrument_of, side_of, symbol_of};
use super::row::{Row, list};
use crate::codec::{Garbage, Symbols};
use crate::live::{BadRow, Rows};
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{ActivityKind, ActivityRow, FillReport};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// An execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    /// The broker's id of the execution, with the exchange before it: nobody promises that ids of
    /// two exchanges differ.
    pub exec_id: VenueText,
    /// The broker's id of the order.
    pub order_id: VenueText,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Product.
    pub product: VenueText,
    /// Side.
    pub side: Side,
    /// LastQty.
    pub qty: Qty,
    /// LastPx.
    pub px: Px,
    /// TransactTime, to the second.
    pub time: Nanos,
}

impl TradeRow {
    fn read(row: &Row<'_>, symbols: &Symbols) -> Result<Option<Self>, Garbage> {
        let symbol = symbol_of(row)?;
        let Some(instrument) = symbols.id(&symbol) else { return Ok(None) };
        let exec_id = format!("{}:{}", row.need("exchange")?, row.need("trade_id")?);
        let exec_id = VenueText::new(&exec_id)
            .ok_or_else(|| Garbage::new("trade_id is not a short printable text"))?;
        let (qty, px) = (row.positive("quantity")?, row.px("average_price")?);
        if qty.times(px).exceeds_bound() {
            return Err(Garbage::new(format_args!("{qty} at {px} is too large a notional")));
        }
        // `order_timestamp` is a time without a date here.
        let time = row.time_of(&["exchange_timestamp", "fill_timestamp"]);
        Ok(Some(Self {
            exec_id,
            order_id: row.need_ascii("order_id")?,
            instrument,
            product: row.ascii("product")?.unwrap_or_default(),
            side: side_of(row)?,
            qty,
            px,
            time: time.ok_or_else(|| Garbage::new("the execution has no time"))?,
        }))
    }

    /// The row for the engine, with our id of its order.
    #[must_use]
    pub fn to_activity_row(&self, ids: &BTreeMap<VenueText, ClOrdId>) -> ActivityRow {
        ActivityRow {
            kind: ActivityKind::Trade,
            cl_ord_id: ids.get(&self.order_id).copied(),
            order_id: Some(self.order_id),
            instrument: self.instrument,
            side: self.side,
            fill: FillReport {
                exec_id: self.exec_id,
                qty: self.qty,
                px: self.px,
                cum: None,
                liquidity: None,
                touch: None,
                fee: None,
                kept: None,
                time: self.time,
            },
            product: self.product,
        }
    }
}

/// Reads a list of executions; those of instruments that are not configured are left out.
pub fn read_trades(raw: &RawValue, symbols: &Symbols) -> Result<Rows<TradeRow>, Garbage> {
    let mut rows = Rows::default();
    for (at, raw) in list(raw)?.into_iter().enumerate() {
        match Row::parse(raw).and_then(|row| TradeRow::read(&row, symbols)) {
            Ok(Some(row)) => rows.rows.push(row),
            Ok(None) => rows.foreign += 1,
            Err(why) => {
                let instrument = instrument_of(raw, symbols);
                rows.push_bad(BadRow { row: at + 1, instrument, why });
            }
        }
    }
    Ok(rows)
}

/// Our ids by the broker's.
pub fn ids_of(rows: &[BookRow]) -> BTreeMap<VenueText, ClOrdId> {
    rows.iter().filter_map(|row| Some((row.order_id, row.cl_ord_id?))).collect()
}
