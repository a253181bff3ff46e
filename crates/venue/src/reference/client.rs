//! The engine's half of the reference wire.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::number::Num;
use super::rows::{bust_in, fill_in, optional_text, status_in, text, time, word};
use super::wire::{
    ActivityWire, AmendWire, AnswerIn, CancelWire, NewWire, OrderWire, PositionWire, PushWire,
    RefusedWire, ReplyWire, RequestWire, TakenWire,
};
use super::{ROWS_MAX, ReferenceCodec, parse};
use crate::codec::{ClientCodec, Garbage, StreamFrame};
use crate::words::shortened;
use truefill_core::ids::{CL_ORD_PREFIX, RequestId, VenueText};
use truefill_core::report::{
    ActivityRows, Failed, Found, News, OneRow, OrderRows, Outcome, PositionRows, Push, ReadFailure,
    Refused, RejectCode, Taken, Unclear, UnknownCause,
};
use truefill_core::request::{OneOrder, Query, Request};

impl ClientCodec for ReferenceCodec {
    fn encode_write(&self, id: RequestId, request: &Request) -> Vec<u8> {
        let mut wire = RequestWire::empty(id);
        match request {
            Request::New(new) => {
                wire.new = Some(NewWire {
                    client_id: Cow::Borrowed(new.cl_ord_id.as_str()),
                    symbol: self.symbol_out(new.instrument),
                    product: Cow::Borrowed(new.product.as_str()),
                    side: Cow::Borrowed(new.side.as_str()),
                    qty: Num::of(new.qty),
                    price: Num::of(new.px),
                    tif: Cow::Borrowed(new.tif.as_str()),
                    stop_price: new.stop_px.map(Num::of),
                    display_qty: new.display_qty.map(Num::of),
                });
            }
            Request::Amend(amend) => {
                wire.amend = Some(AmendWire {
                    client_id: Cow::Borrowed(amend.cl_ord_id.as_str()),
                    order_id: borrowed(amend.order_id.as_ref()),
                    symbol: self.symbol_out(amend.instrument),
                    qty: Num::of(amend.qty),
                    price: Num::of(amend.px),
                    stop_price: amend.stop_px.map(Num::of),
                });
            }
            Request::Cancel(cancel) => {
                wire.cancel = Some(CancelWire {
                    client_id: Cow::Borrowed(cancel.cl_ord_id.as_str()),
                    order_id: borrowed(cancel.order_id.as_ref()),
                    symbol: self.symbol_out(cancel.instrument),
                });
            }
        }
        to_bytes(&wire)
    }

    fn encode_read(&self, id: RequestId, query: &Query) -> Vec<u8> {
        let mut wire = RequestWire::empty(id);
        wire.read = Some(Cow::Borrowed(match query {
            Query::Positions(_) => "positions",
            Query::Orders(_) => "orders",
            Query::Activity(_) => "activity",
            Query::Order(_) => "order",
            Query::OpenOrders(_) => "open_orders",
            Query::Clock(_) => "clock",
        }));
        if let Query::Order(OneOrder { cl_ord_id, order_id, .. }) = query {
            wire.client_id = Some(Cow::Borrowed(cl_ord_id.as_str()));
            wire.order_id = borrowed(order_id.as_ref());
        }
        to_bytes(&wire)
    }

    fn decode_reply(&self, id: RequestId, status: u16, body: &[u8]) -> Outcome {
        let reply = parse::<ReplyWire<'_>>(body).ok().filter(|reply| reply.id == id.0);
        let refused = reply.as_ref().and_then(|reply| reply.refused.as_ref());
        match status {
            200 => reply.and_then(taken_in).map_or_else(garbled, Outcome::Taken),
            401 | 403 => by_status(RejectCode::Auth, refused),
            429 => by_status(RejectCode::RateLimited, refused),
            400..=499 => refused.and_then(refused_in).map_or_else(garbled, Outcome::Refused),
            500..=599 => unclear(UnknownCause::Server, refused.and_then(retry_after)),
            _ => garbled(),
        }
    }

    fn decode_answer(&self, id: RequestId, query: &Query, status: u16, body: &[u8]) -> Found {
        let cause = match status {
            200 => {
                let found = self.answer_in(id, query, body);
                return found.unwrap_or_else(|_| failed(ReadFailure::Garbled, None));
            }
            401 | 403 => ReadFailure::Auth,
            429 => ReadFailure::RateLimited,
            500..=599 => ReadFailure::Server,
            _ => ReadFailure::Garbled,
        };
        let reply = parse::<ReplyWire<'_>>(body).ok().filter(|reply| reply.id == id.0);
        failed(cause, reply.and_then(|r| r.refused).and_then(|r| retry_after(&r)))
    }

    fn decode_frame(&self, body: &[u8]) -> Result<StreamFrame, Garbage> {
        let wire: PushWire<'_> = parse(body)?;
        let news = match (&wire.fill, &wire.status, &wire.bust) {
            (Some(fill), None, None) => News::Fill(fill_in(fill)?),
            (None, Some(status), None) => News::Status(status_in(status)?),
            (None, None, Some(bust)) => News::Bust(bust_in(bust)?),
            _ => return Err(Garbage::new("a message needs one of fill, status and bust")),
        };
        let push = Push {
            cl_ord_id: optional_text("client_id", wire.client_id.as_ref())?,
            order_id: optional_text("order_id", wire.order_id.as_ref())?,
            instrument: wire.symbol.as_ref().map(|s| self.symbol_in(s)).transpose()?,
            news,
        };
        Ok(StreamFrame { epoch: wire.epoch, seq: wire.seq, push })
    }
}

impl ReferenceCodec {
    /// Reads a row, unless it is about a symbol that is not configured and carries no client id
    /// of our making.
    fn unless_foreign<R>(
        &self,
        symbol: &str,
        client_id: Option<&str>,
        read: impl FnOnce() -> Result<R, Garbage>,
    ) -> Result<Option<R>, Garbage> {
        let ours = client_id.is_some_and(|id| id.starts_with(CL_ORD_PREFIX));
        if self.symbols.id(symbol).is_none() && !ours { Ok(None) } else { read().map(Some) }
    }

    fn answer_in(&self, id: RequestId, query: &Query, body: &[u8]) -> Result<Found, Garbage> {
        let answer: AnswerIn<'_> = parse(body)?;
        if answer.id != id.0 {
            return Err(Garbage::new("the answer to another request"));
        }
        let complete = answer.complete.unwrap_or(false);
        match query {
            Query::Positions(_) => {
                let raw = present(answer.positions.as_deref())?;
                let (rows, readable) = rows_in(raw, |wire: PositionWire<'_>| {
                    self.unless_foreign(&wire.symbol, None, || self.position_in(&wire))
                });
                if !readable {
                    return Err(Garbage::new("a row of positions cannot be read"));
                }
                Ok(Found::Positions(PositionRows { rows }))
            }
            Query::Orders(_) | Query::OpenOrders(_) => {
                let raw = present(answer.orders.as_deref())?;
                let (rows, readable) = rows_in(raw, |wire: OrderWire<'_>| {
                    let id = wire.client_id.as_deref();
                    self.unless_foreign(&wire.symbol, id, || self.order_in(&wire))
                });
                let rows = OrderRows { rows, complete: complete && readable };
                Ok(match query {
                    Query::OpenOrders(_) => Found::OpenOrders(rows),
                    _ => Found::Orders(rows),
                })
            }
            Query::Clock(_) => Err(Garbage::new("this wire does not tell the time")),
            Query::Activity(_) => {
                let raw = present(answer.activity.as_deref())?;
                let (rows, readable) = rows_in(raw, |wire: ActivityWire<'_>| {
                    let id = wire.client_id.as_deref();
                    self.unless_foreign(&wire.symbol, id, || self.activity_in(&wire))
                });
                Ok(Found::Activity(ActivityRows { rows, complete: complete && readable }))
            }
            Query::Order(_) => {
                let raw = present(answer.order.as_deref())?;
                let (mut rows, readable) = rows_in(raw, |wire| self.order_in(&wire).map(Some));
                if !readable || rows.len() > 1 {
                    return Err(Garbage::new("the row of the order cannot be read"));
                }
                Ok(Found::Order(OneRow { row: rows.pop() }))
            }
        }
    }
}

impl RequestWire<'_> {
    const fn empty(id: RequestId) -> Self {
        Self {
            id: id.0,
            new: None,
            cancel: None,
            amend: None,
            read: None,
            client_id: None,
            order_id: None,
        }
    }
}

/// The rows of the kind that was asked for: another kind is no answer.
fn present<'a, 'b>(rows: Option<&'b [&'a RawValue]>) -> Result<&'b [&'a RawValue], Garbage> {
    let rows = rows.ok_or_else(|| Garbage::new("the rows that were asked for are missing"))?;
    if rows.len() > ROWS_MAX {
        return Err(Garbage::new(format_args!("{} rows are too many", rows.len())));
    }
    Ok(rows)
}

/// The rows that can be read, and whether that was all of them. Rows about what is not traded
/// here are left out (`None`): somebody else's order elsewhere must not stop anything.
fn rows_in<'a, W: Deserialize<'a>, R>(
    raw: &[&'a RawValue],
    read: impl Fn(W) -> Result<Option<R>, Garbage>,
) -> (Vec<R>, bool) {
    let mut rows = Vec::with_capacity(raw.len());
    let mut readable = true;
    for row in raw {
        match serde_json::from_str::<W>(row.get()).ok().map(&read) {
            Some(Ok(row)) => rows.extend(row),
            Some(Err(_)) | None => readable = false,
        }
    }
    (rows, readable)
}

fn taken_in(reply: ReplyWire<'_>) -> Option<Taken> {
    if reply.refused.is_some() {
        return None;
    }
    let TakenWire { order_id, time: at } = reply.taken?;
    Some(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: optional_text("order_id", order_id.as_ref()).ok()?,
        time: at.map(time).transpose().ok()?,
    })
}

fn refused_in(wire: &RefusedWire<'_>) -> Option<Refused> {
    Some(Refused {
        code: word("code", &wire.code, RejectCode::from_text).ok()?,
        text: shortened(&wire.text),
        retry_after_ns: retry_after(wire),
    })
}

/// A refusal that the status alone makes certain.
fn by_status(code: RejectCode, wire: Option<&RefusedWire<'_>>) -> Outcome {
    Outcome::Refused(Refused {
        code,
        text: wire.map_or(VenueText::EMPTY, |wire| shortened(&wire.text)),
        retry_after_ns: wire.and_then(retry_after),
    })
}

fn retry_after(wire: &RefusedWire<'_>) -> Option<i64> {
    wire.retry_after_ns.filter(|ns| *ns >= 0)
}

fn garbled() -> Outcome {
    unclear(UnknownCause::Garbled, None)
}

fn unclear(cause: UnknownCause, retry_after_ns: Option<i64>) -> Outcome {
    Outcome::Unclear(Unclear { cause, retry_after_ns })
}

fn failed(cause: ReadFailure, retry_after_ns: Option<i64>) -> Found {
    Found::Failed(Failed { cause, retry_after_ns })
}

fn borrowed(id: Option<&VenueText>) -> Option<Cow<'_, str>> {
    id.map(|id| Cow::Borrowed(id.as_str()))
}

/// JSON of a wire shape. These shapes hold texts, numbers and lists only, for which writing to
/// memory has no way to fail.
pub(super) fn to_bytes<T: serde::Serialize>(wire: &T) -> Vec<u8> {
    let bytes = serde_json::to_vec(wire);
    assert!(bytes.is_ok(), "a wire shape must be writable as JSON: {:?}", bytes.err());
    bytes.unwrap_or_default()
}

/// Reads our id where it must be there.
pub(super) fn id_in<const N: usize>(
    field: &str,
    value: &str,
) -> Result<truefill_core::ids::Ascii<N>, Garbage> {
    if value.is_empty() {
        return Err(Garbage::new(format_args!("{field} is missing")));
    }
    text(field, value)
}
