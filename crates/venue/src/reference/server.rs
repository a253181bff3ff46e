//! The broker's half of the reference wire.

use std::borrow::Cow;

use serde::Deserialize;

use super::client::{id_in, to_bytes};
use super::number::check_notional;
use super::rows::{bust_out, fill_out, optional_text, status_out, text, word};
use super::wire::{
    AmendWire, AnswerOut, CancelWire, NewWire, PushWire, RefusedWire, ReplyWire, RequestWire,
    TakenWire,
};
use super::{ReferenceCodec, parse};
use crate::codec::{Ask, BadRequest, Garbage, ServerCodec, ServerRequest};
use truefill_core::ids::{ClOrdId, OrderNo, RequestId, parse_cl_ord_id};
use truefill_core::report::{
    Failed, Found, News, Outcome, Push, ReadFailure, Refused, RejectCode, UnknownCause,
};
use truefill_core::request::{
    AmendOrder, CancelOrder, NewOrder, OneOrder, Query, Request, Side, TimeInForce, Whole,
};

/// Just the number of a request whose rest cannot be read.
#[derive(Deserialize)]
struct IdOnly {
    id: u64,
}

impl ServerCodec for ReferenceCodec {
    fn decode_request(&self, body: &[u8]) -> Result<ServerRequest, BadRequest> {
        let wire: Result<RequestWire<'_>, Garbage> = parse(body);
        match wire.and_then(|wire| Ok((RequestId(wire.id), self.ask_in(&wire)?))) {
            Ok((id, ask)) => Ok(ServerRequest { id, ask }),
            Err(why) => {
                let id = parse::<IdOnly>(body).ok().map(|only| RequestId(only.id));
                Err(BadRequest { id, code: RejectCode::Invalid, why })
            }
        }
    }

    fn encode_outcome(&self, id: RequestId, outcome: &Outcome) -> (u16, Vec<u8>) {
        let mut wire = ReplyWire { id: id.0, taken: None, refused: None };
        let status = match outcome {
            Outcome::Taken(taken) => {
                wire.taken = Some(TakenWire {
                    order_id: taken.order_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
                    time: taken.time.map(|time| time.0),
                });
                200
            }
            Outcome::Refused(Refused { code, text, retry_after_ns }) => {
                wire.refused = Some(refusal(code.as_str(), text.as_str(), *retry_after_ns));
                match code {
                    RejectCode::RateLimited => 429,
                    RejectCode::Auth => 403,
                    _ => 400,
                }
            }
            Outcome::NotSent(_) => 503,
            Outcome::Unclear(unclear) => {
                wire.refused =
                    Some(refusal("other", unclear.cause.as_str(), unclear.retry_after_ns));
                if unclear.cause == UnknownCause::Timeout { 504 } else { 503 }
            }
        };
        (status, to_bytes(&wire))
    }

    fn encode_found(&self, id: RequestId, found: &Found) -> (u16, Vec<u8>) {
        let mut wire = AnswerOut { id: id.0, ..AnswerOut::default() };
        match found {
            Found::Positions(found) => {
                wire.positions = Some(found.rows.iter().map(|r| self.position_out(r)).collect());
            }
            Found::Clock(_) => {
                let cause = ReadFailure::Garbled;
                return failed_out(id, &Failed { cause, retry_after_ns: None });
            }
            Found::Orders(found) | Found::OpenOrders(found) => {
                wire.orders = Some(found.rows.iter().map(|r| self.order_out(r)).collect());
                wire.complete = Some(found.complete);
            }
            Found::Activity(found) => {
                wire.activity = Some(found.rows.iter().map(|r| self.activity_out(r)).collect());
                wire.complete = Some(found.complete);
            }
            Found::Order(found) => {
                wire.order = Some(found.row.iter().map(|r| self.order_out(r)).collect());
            }
            Found::Failed(failed) => return failed_out(id, failed),
        }
        (200, to_bytes(&wire))
    }

    fn encode_push(&self, epoch: u32, seq: u64, push: &Push) -> Vec<u8> {
        let mut wire = PushWire {
            epoch,
            seq,
            client_id: push.cl_ord_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            order_id: push.order_id.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            symbol: push.instrument.map(|id| self.symbol_out(id)),
            fill: None,
            status: None,
            bust: None,
        };
        match &push.news {
            News::Fill(fill) => wire.fill = Some(fill_out(fill)),
            News::Status(status) => wire.status = Some(status_out(status)),
            News::Bust(bust) => wire.bust = Some(bust_out(bust)),
        }
        to_bytes(&wire)
    }
}

impl ReferenceCodec {
    fn ask_in(&self, wire: &RequestWire<'_>) -> Result<Ask, Garbage> {
        match (&wire.new, &wire.cancel, &wire.amend, &wire.read) {
            (Some(new), None, None, None) => Ok(Ask::Write(Request::New(self.new_in(new)?))),
            (None, Some(cancel), None, None) => {
                Ok(Ask::Write(Request::Cancel(self.cancel_in(cancel)?)))
            }
            (None, None, Some(amend), None) => {
                Ok(Ask::Write(Request::Amend(self.amend_in(amend)?)))
            }
            (None, None, None, Some(read)) => Ok(Ask::Read(query_in(read, wire)?)),
            _ => Err(Garbage::new("a request needs one of new, cancel, amend and read")),
        }
    }

    fn new_in(&self, wire: &NewWire<'_>) -> Result<NewOrder, Garbage> {
        let cl_ord_id = id_in("client_id", &wire.client_id)?;
        let (qty, px) = (wire.qty.positive("qty")?, wire.price.px("price")?);
        check_notional(qty, px)?;
        Ok(NewOrder {
            cl_ord_id,
            order: order_no(&cl_ord_id),
            instrument: self.symbol_in(&wire.symbol)?,
            product: text("product", &wire.product)?,
            side: word("side", &wire.side, Side::from_text)?,
            qty,
            px,
            tif: word("tif", &wire.tif, TimeInForce::from_text)?,
            stop_px: wire.stop_price.as_ref().map(|px| px.px("stop_price")).transpose()?,
            display_qty: wire
                .display_qty
                .as_ref()
                .map(|qty| qty.positive("display_qty"))
                .transpose()?,
        })
    }

    fn amend_in(&self, wire: &AmendWire<'_>) -> Result<AmendOrder, Garbage> {
        let cl_ord_id = id_in("client_id", &wire.client_id)?;
        let (qty, px) = (wire.qty.positive("qty")?, wire.price.px("price")?);
        check_notional(qty, px)?;
        Ok(AmendOrder {
            filled: None,
            cl_ord_id,
            order: order_no(&cl_ord_id),
            order_id: optional_text("order_id", wire.order_id.as_ref())?,
            instrument: self.symbol_in(&wire.symbol)?,
            qty,
            px,
            stop_px: wire.stop_price.as_ref().map(|px| px.px("stop_price")).transpose()?,
        })
    }

    fn cancel_in(&self, wire: &CancelWire<'_>) -> Result<CancelOrder, Garbage> {
        let cl_ord_id = id_in("client_id", &wire.client_id)?;
        Ok(CancelOrder {
            cl_ord_id,
            order: order_no(&cl_ord_id),
            order_id: optional_text("order_id", wire.order_id.as_ref())?,
            instrument: self.symbol_in(&wire.symbol)?,
        })
    }
}

fn query_in(read: &str, wire: &RequestWire<'_>) -> Result<Query, Garbage> {
    match read {
        "positions" => Ok(Query::Positions(Whole {})),
        "orders" => Ok(Query::Orders(Whole {})),
        "open_orders" => Ok(Query::OpenOrders(Whole {})),
        "clock" => Ok(Query::Clock(Whole {})),
        "activity" => Ok(Query::Activity(Whole {})),
        "order" => {
            let cl_ord_id = id_in("client_id", wire.client_id.as_deref().unwrap_or(""))?;
            let order_id = optional_text("order_id", wire.order_id.as_ref())?;
            Ok(Query::Order(OneOrder { cl_ord_id, order: order_no(&cl_ord_id), order_id }))
        }
        _ => Err(Garbage::new(
            "read must be positions, orders, open_orders, activity, clock or order",
        )),
    }
}

/// The serial number is the engine's own affair and not on the wire; what our id says of it is
/// as good for a broker.
fn order_no(id: &ClOrdId) -> OrderNo {
    OrderNo(parse_cl_ord_id(id).map_or(0, |(_, serial)| serial))
}

fn failed_out(id: RequestId, failed: &Failed) -> (u16, Vec<u8>) {
    let (status, code) = match failed.cause {
        ReadFailure::RateLimited => (429, "rate_limited"),
        ReadFailure::Auth => (403, "auth"),
        ReadFailure::Garbled => (400, "invalid"),
        ReadFailure::Timeout => (504, "other"),
        ReadFailure::Reset | ReadFailure::Server => (503, "other"),
    };
    let refused = Some(refusal(code, failed.cause.as_str(), failed.retry_after_ns));
    (status, to_bytes(&ReplyWire { id: id.0, taken: None, refused }))
}

fn refusal<'a>(code: &'a str, text: &'a str, retry_after_ns: Option<i64>) -> RefusedWire<'a> {
    RefusedWire { code: Cow::Borrowed(code), text: Cow::Borrowed(text), retry_after_ns }
}
