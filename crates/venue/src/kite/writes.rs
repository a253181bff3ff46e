//! Writes of the engine as calls, and how they ended.
//!
//! Entry points: [`KiteCodec::place`], [`PlaceAck`].

use super::KiteCodec;
use super::failure::{Failure, success};
use super::notes::Notes;
use super::place::{Cancel, Modify, Place};
use super::row::{Row, list};
use super::switches::Display;
use super::texts;
use super::words::{OrderType, Validity, Variety};
use crate::codec::Garbage;
use crate::http::{HttpReply, HttpRequest};
use crate::live::{Unsendable, WriteEnd};
use crate::reason::Reason;
use crate::words::printable;
use truefill_core::ids::VenueText;
use truefill_core::num::Qty;
use truefill_core::report::{Outcome, Taken};
use truefill_core::request::{AmendOrder, CancelOrder, NewOrder, Request, TimeInForce};

/// Most slices of one order.
const SLICES_MAX: usize = 64;

/// What the broker says when it takes an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceAck {
    /// Its id of the order, or of the parent of the slices.
    pub order_id: VenueText,
    /// Slices in their order, with those that were refused: an accepted order may be partly
    /// refused.
    pub slices: Vec<Result<VenueText, SliceRefused>>,
}

/// Why a slice was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceRefused {
    /// The reason, as far as it can be told.
    pub reason: Reason,
    /// The broker's words, at most 400 characters.
    pub words: String,
}

impl KiteCodec {
    /// A new order of the engine in the broker's words.
    ///
    /// # Errors
    /// When this wire cannot say it.
    pub fn place(&self, new: &NewOrder) -> Result<Place, Garbage> {
        let symbol = self.symbols.name(new.instrument);
        let (exchange, name) = symbol.split_once(':').ok_or_else(|| {
            Garbage::new(format_args!("the symbol `{symbol}` is not EXCHANGE:SYMBOL"))
        })?;
        let mut place = Place::limit(exchange, name, new.side, new.qty, new.px);
        new.product.as_str().clone_into(&mut place.product);
        place.tag = Some(new.cl_ord_id.as_str().to_owned());
        place.algo_id.clone_from(&self.algo_id);
        place.validity = match new.tif {
            TimeInForce::Day => Validity::Day,
            TimeInForce::Ioc => Validity::Ioc,
        };
        if let Some(stop_px) = new.stop_px {
            place.order_type = OrderType::StopLimit;
            place.trigger_px = Some(stop_px);
        }
        match (new.display_qty.filter(|shown| *shown < new.qty), self.switches.display) {
            (Some(shown), Display::Disclosed) => place.disclosed_qty = Some(shown),
            (Some(shown), Display::Iceberg) => {
                place.variety = Variety::Iceberg;
                place.iceberg = Some((legs(new.qty, shown)?, shown));
            }
            (None, _) => {}
        }
        Ok(place)
    }

    fn new_call(&self, new: &NewOrder) -> Result<HttpRequest, Unsendable> {
        let place = self.place(new).map_err(Unsendable::invalid)?;
        place.call(&self.calls).map_err(Unsendable::invalid)
    }

    fn amend_call(&self, amend: &AmendOrder, notes: &Notes) -> Result<HttpRequest, Unsendable> {
        let order_id = addressed(amend.order_id, None)?;
        let variety = notes.variety(&order_id);
        if variety == Variety::Iceberg || notes.live_part(&amend.cl_ord_id).is_some() {
            // Its quantity is that of the whole; a leg would take it for its own.
            return Err(Unsendable::invalid("an order in parts cannot be changed, only cancelled"));
        }
        let mut modify = Modify::limit(variety, order_id.as_str(), amend.qty, amend.px);
        if let Some(stop_px) = amend.stop_px {
            modify.order_type = Some(OrderType::StopLimit);
            modify.trigger_px = Some(stop_px);
        }
        modify.call(&self.calls).map_err(Unsendable::invalid)
    }

    fn cancel_call(&self, cancel: &CancelOrder, notes: &Notes) -> Result<HttpRequest, Unsendable> {
        let order_id = addressed(cancel.order_id, notes.live_part(&cancel.cl_ord_id))?;
        let variety = notes.variety(&order_id);
        let order_id = order_id.as_str().to_owned();
        let cancel = Cancel { variety, order_id, parent_order_id: None };
        cancel.call(&self.calls).map_err(Unsendable::invalid)
    }

    pub(super) fn write_call(
        &self,
        request: &Request,
        notes: &Notes,
    ) -> Result<HttpRequest, Unsendable> {
        match request {
            Request::New(new) => self.new_call(new),
            Request::Amend(amend) => self.amend_call(amend, notes),
            Request::Cancel(cancel) => self.cancel_call(cancel, notes),
        }
    }

    pub(super) fn write_end(
        &self,
        request: &Request,
        reply: &HttpReply<'_>,
        notes: &mut Notes,
    ) -> WriteEnd {
        let ack = match self.ack(reply) {
            Ok(ack) => ack,
            Err(failure) => {
                let end = failure.of_write(&self.switches);
                learn_freeze(request, &end, notes);
                return end;
            }
        };
        if !is_addressed(request, &ack.order_id, notes) {
            let why = Garbage::new("the answer names another order");
            return Failure::garbled(reply, &why).of_write(&self.switches);
        }
        if let Request::New(new) = request {
            let iceberg = self.place(new).is_ok_and(|place| place.variety == Variety::Iceberg);
            if iceberg {
                notes.learn_variety(ack.order_id, Some(Variety::Iceberg));
            }
        }
        let words = ack.slices.iter().find_map(|slice| slice.as_ref().err());
        WriteEnd {
            outcome: Outcome::Taken(Taken {
                order_id: Some(ack.order_id),
                time: None,
                status: None,
                cum: None,
                instrument: None,
            }),
            reason: words.map(|refused| refused.reason),
            words: words.map(|refused| refused.words.clone()).unwrap_or_default(),
        }
    }

    /// Reads the answer to a placement, a modification or a cancel.
    ///
    /// # Errors
    /// The failure, which says whether it is a refusal.
    pub fn ack(&self, reply: &HttpReply<'_>) -> Result<PlaceAck, Box<Failure>> {
        let data = success(reply)?;
        let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
        let row = Row::parse(data).map_err(garbled)?;
        let order_id = row.need_ascii("order_id").map_err(garbled)?;
        let children = row.raw("children").and_then(|raw| list(raw).ok()).unwrap_or_default();
        let slices = children.into_iter().take(SLICES_MAX);
        let slices = slices.filter_map(|raw| Row::parse(raw).ok()).map(|row| slice(&row));
        Ok(PlaceAck { order_id, slices: slices.collect() })
    }
}

/// A slice was taken when it has an id. Anything else is worth a look at the book.
fn slice(row: &Row<'_>) -> Result<VenueText, SliceRefused> {
    if let Ok(order_id) = row.need_ascii("order_id") {
        return Ok(order_id);
    }
    let message = row.object("error").and_then(|e| e.text("message").map(|m| m.into_owned()));
    let words = printable(&message.unwrap_or_default());
    let kind = row.object("error").and_then(|e| e.text("error_type").map(|m| m.into_owned()));
    let reason = match (texts::reason_of(&words), kind.as_deref()) {
        (Some(reason), _) => reason,
        (None, Some("MarginException")) => Reason::Margin,
        (None, Some("HoldingException")) => Reason::Holdings,
        _ => Reason::Other,
    };
    Err(SliceRefused { reason, words })
}

/// The answer to a change or a cancel names the order that it was sent to.
fn is_addressed(request: &Request, order_id: &VenueText, notes: &Notes) -> bool {
    let (cl_ord_id, asked) = match request {
        Request::New(_) => return true,
        Request::Amend(amend) => (&amend.cl_ord_id, amend.order_id),
        Request::Cancel(cancel) => (&cancel.cl_ord_id, cancel.order_id),
    };
    // Parts of an order have ids of their own, and which one works may have changed meanwhile.
    let in_parts =
        notes.live_part(cl_ord_id).is_some() || notes.variety(order_id) == Variety::Iceberg;
    in_parts || asked.is_none_or(|asked| asked == *order_id)
}

/// The id that a change or a cancel goes to.
fn addressed(
    order_id: Option<VenueText>,
    part: Option<VenueText>,
) -> Result<VenueText, Unsendable> {
    let known = part.or(order_id).filter(|id| !id.is_empty());
    known.ok_or_else(|| Unsendable::not_sent("the broker's id of the order is not known yet"))
}

/// A freeze quantity below what was asked for; anything else in the words is not one.
fn learn_freeze(request: &Request, end: &WriteEnd, notes: &mut Notes) {
    let (Request::New(new), Some(Reason::Freeze(Some(qty)))) = (request, end.reason) else {
        return;
    };
    if matches!(end.outcome, Outcome::Refused(_)) && qty < new.qty {
        notes.learn_freeze(new.instrument, qty);
    }
}

fn legs(qty: Qty, shown: Qty) -> Result<u32, Garbage> {
    let shown = shown.0.max(1);
    let legs = (qty.0 + shown - 1) / shown;
    u32::try_from(legs).map_err(|_| Garbage::new("an iceberg has 2 to 50 legs"))
}
