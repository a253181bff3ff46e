//! Rows and messages between their wire shapes and the types of the core. Reading checks every
//! word, number, symbol and instant; writing needs no checks.

use std::borrow::Cow;

use super::ReferenceCodec;
use super::number::{Num, check_notional};
use super::wire::{ActivityWire, BustWire, FillWire, OrderWire, PositionWire, StatusWire};
use crate::codec::Garbage;
use truefill_core::ids::{Ascii, InstrumentId};
use truefill_core::report::{
    ActivityKind, ActivityRow, BustReport, FillReport, Liquidity, OrdStatus, OrderRow, PositionRow,
    StatusReport,
};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// 2200-01-01: later instants are refused, so that no sum of instants and durations ends up
/// outside the range.
const TIME_MAX_NS: i64 = 7_258_118_400 * SECOND_NS;

/// An id or short text that must be kept exactly.
pub fn text<const N: usize>(field: &str, value: &str) -> Result<Ascii<N>, Garbage> {
    Ascii::new(value).ok_or_else(|| {
        Garbage::new(format_args!("{field} is not printable ASCII of at most {N} characters"))
    })
}

pub fn optional_text<const N: usize>(
    field: &str,
    value: Option<&Cow<'_, str>>,
) -> Result<Option<Ascii<N>>, Garbage> {
    value.map(|value| text(field, value)).transpose()
}

pub fn time(value: i64) -> Result<Nanos, Garbage> {
    if (0..=TIME_MAX_NS).contains(&value) {
        Ok(Nanos(value))
    } else {
        Err(Garbage::new(format_args!("the instant {value} is not between 1970 and 2200")))
    }
}

pub fn word<T>(field: &str, value: &str, from_text: fn(&str) -> Option<T>) -> Result<T, Garbage> {
    from_text(value).ok_or_else(|| {
        let shown: String = value.chars().take(40).collect();
        Garbage::new(format_args!("{field} `{shown}` is not a word of this wire"))
    })
}

pub fn fill_in(wire: &FillWire<'_>) -> Result<FillReport, Garbage> {
    let (qty, px) = (wire.qty.positive("qty")?, wire.price.px("price")?);
    check_notional(qty, px)?;
    let liquidity = wire.liquidity.as_ref();
    Ok(FillReport {
        kept: None,
        exec_id: text("exec_id", &wire.exec_id)?,
        qty,
        px,
        cum: wire.cum.as_ref().map(|n| n.unsigned("cum")).transpose()?,
        liquidity: liquidity.map(|w| word("liquidity", w, Liquidity::from_text)).transpose()?,
        touch: wire.touch.as_ref().map(|n| n.px("touch")).transpose()?,
        fee: wire.fee.as_ref().map(|n| n.amount("fee")).transpose()?,
        time: time(wire.time)?,
    })
}

pub fn fill_out(fill: &FillReport) -> FillWire<'_> {
    FillWire {
        exec_id: Cow::Borrowed(fill.exec_id.as_str()),
        qty: Num::of(fill.qty),
        price: Num::of(fill.px),
        cum: fill.cum.map(Num::of),
        liquidity: fill.liquidity.map(|word| Cow::Borrowed(word.as_str())),
        touch: fill.touch.map(Num::of),
        fee: fill.fee.map(Num::of),
        time: fill.time.0,
    }
}

pub fn status_in(wire: &StatusWire<'_>) -> Result<StatusReport, Garbage> {
    Ok(StatusReport {
        status: word("status", &wire.status, OrdStatus::from_text)?,
        cum: wire.cum.as_ref().map(|n| n.unsigned("cum")).transpose()?,
        time: time(wire.time)?,
    })
}

pub fn status_out(report: &StatusReport) -> StatusWire<'_> {
    StatusWire {
        status: Cow::Borrowed(report.status.as_str()),
        cum: report.cum.map(Num::of),
        time: report.time.0,
    }
}

pub fn bust_in(wire: &BustWire<'_>) -> Result<BustReport, Garbage> {
    Ok(BustReport { exec_id: text("exec_id", &wire.exec_id)?, time: time(wire.time)? })
}

pub fn bust_out(report: &BustReport) -> BustWire<'_> {
    BustWire { exec_id: Cow::Borrowed(report.exec_id.as_str()), time: report.time.0 }
}

impl ReferenceCodec {
    pub(super) fn symbol_in(&self, symbol: &str) -> Result<InstrumentId, Garbage> {
        self.symbols.id(symbol).ok_or_else(|| {
            let shown: String = symbol.chars().take(40).collect();
            Garbage::new(format_args!("symbol `{shown}` is not configured"))
        })
    }

    pub(super) fn symbol_out(&self, instrument: InstrumentId) -> Cow<'_, str> {
        Cow::Borrowed(self.symbols.name(instrument))
    }

    pub(super) fn position_in(&self, wire: &PositionWire<'_>) -> Result<PositionRow, Garbage> {
        Ok(PositionRow {
            instrument: self.symbol_in(&wire.symbol)?,
            product: text("product", &wire.product)?,
            qty: wire.qty.qty("qty")?,
        })
    }

    pub(super) fn position_out<'a>(&'a self, row: &'a PositionRow) -> PositionWire<'a> {
        PositionWire {
            symbol: self.symbol_out(row.instrument),
            product: Cow::Borrowed(row.product.as_str()),
            qty: Num::of(row.qty),
        }
    }

    pub(super) fn order_in(&self, wire: &OrderWire<'_>) -> Result<OrderRow, Garbage> {
        let (qty, px) = (wire.qty.positive("qty")?, wire.price.px("price")?);
        check_notional(qty, px)?;
        Ok(OrderRow {
            code: None,
            cl_ord_id: optional_text("client_id", wire.client_id.as_ref())?,
            order_id: optional_text("order_id", wire.order_id.as_ref())?,
            instrument: self.symbol_in(&wire.symbol)?,
            side: word("side", &wire.side, Side::from_text)?,
            qty,
            cum: wire.cum.unsigned("cum")?,
            px,
            status: word("status", &wire.status, OrdStatus::from_text)?,
            created: time(wire.created)?,
        })
    }

    pub(super) fn order_out<'a>(&'a self, row: &'a OrderRow) -> OrderWire<'a> {
        OrderWire {
            client_id: row.cl_ord_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            order_id: row.order_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            symbol: self.symbol_out(row.instrument),
            side: Cow::Borrowed(row.side.as_str()),
            qty: Num::of(row.qty),
            cum: Num::of(row.cum),
            price: Num::of(row.px),
            status: Cow::Borrowed(row.status.as_str()),
            created: row.created.0,
        }
    }

    pub(super) fn activity_in(&self, wire: &ActivityWire<'_>) -> Result<ActivityRow, Garbage> {
        Ok(ActivityRow {
            kind: word("kind", &wire.kind, ActivityKind::from_text)?,
            cl_ord_id: optional_text("client_id", wire.client_id.as_ref())?,
            order_id: optional_text("order_id", wire.order_id.as_ref())?,
            instrument: self.symbol_in(&wire.symbol)?,
            side: word("side", &wire.side, Side::from_text)?,
            fill: fill_in(&wire.fill)?,
            product: text("product", &wire.product)?,
        })
    }

    pub(super) fn activity_out<'a>(&'a self, row: &'a ActivityRow) -> ActivityWire<'a> {
        ActivityWire {
            kind: Cow::Borrowed(row.kind.as_str()),
            client_id: row.cl_ord_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            order_id: row.order_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            symbol: self.symbol_out(row.instrument),
            product: Cow::Borrowed(row.product.as_str()),
            side: Cow::Borrowed(row.side.as_str()),
            fill: fill_out(&row.fill),
        }
    }
}
