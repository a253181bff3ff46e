//! What the script does to the truth.

use super::{Activity, Order, Venue};
use crate::names::Names;
use crate::scenario::{Owner, Truth};
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{ActivityKind, OrdStatus, RejectCode};
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};

/// An execution that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution {
    /// Its id.
    pub id: VenueText,
    /// How much.
    pub qty: Qty,
    /// At what price.
    pub px: Px,
    /// What the venue keeps of it.
    pub kept: Option<Qty>,
}

impl Venue {
    /// Does what a step says. `made_up` makes the client id of an order that appears.
    ///
    /// # Errors
    /// A sentence, when the step is about something that is not there.
    pub fn deed(
        &mut self,
        truth: &Truth,
        names: &Names,
        now: Nanos,
        made_up: &mut dyn FnMut(Owner) -> Option<ClOrdId>,
    ) -> Result<(), String> {
        let at = match truth.order() {
            Some(name) => {
                self.named(name).ok_or_else(|| format!("order {name} never came into being"))?
            }
            None => 0,
        };
        match truth {
            Truth::Accept { symbol, .. } => {
                if let Some(symbol) = symbol {
                    self.orders[at].instrument = names.instrument(symbol);
                }
                self.known(at, OrdStatus::Open, now);
            }
            Truth::Appear { .. } => self.appear(truth, names, now, made_up),
            Truth::Pending { status, .. } => {
                self.known(at, *status, now);
                if self.orders[at].is_live() {
                    self.orders[at].status = Some(*status);
                }
            }
            Truth::Fill { qty, px, id, kept, .. } => {
                let (id, qty, px, kept) = (*id, *qty, *px, *kept);
                self.execute(at, &Execution { id, qty, px, kept }, now);
            }
            Truth::End { status, .. } => self.end(at, *status, None, now),
            Truth::Reject { code, .. } => self.end(at, OrdStatus::Rejected, Some(*code), now),
            Truth::Replace { name, qty, px, .. } => {
                self.replace(at, name, *qty, px.unwrap_or(self.orders[at].px), now);
            }
            Truth::Bust { id, .. } => self.bust(at, id)?,
            Truth::Correct { id, to, px, .. } => self.correct(at, id, *to, *px)?,
            Truth::External { symbol, qty, kind, name } => {
                self.change(names.instrument(symbol), *qty, *kind, name.as_deref(), now);
            }
        }
        Ok(())
    }

    fn appear(
        &mut self,
        truth: &Truth,
        names: &Names,
        now: Nanos,
        made_up: &mut dyn FnMut(Owner) -> Option<ClOrdId>,
    ) {
        let Truth::Appear { order, symbol, side, qty, px, owner, age_ms, twin_of } = truth else {
            return;
        };
        let twin = twin_of.as_ref().and_then(|twin| self.named(twin));
        let cl_ord_id = match twin {
            Some(twin) => self.orders[twin].cl_ord_id,
            None => made_up(*owner),
        };
        let id = self.next_id();
        let at = self.sent(Order {
            name: order.clone(),
            cl_ord_id,
            owner: *owner,
            id: Some(id),
            planned: None,
            instrument: names.instrument(symbol),
            side: *side,
            qty: *qty,
            px: *px,
            cum: Qty::ZERO,
            status: Some(OrdStatus::Open),
            code: None,
            created: now.plus(-age_ms.saturating_mul(MILLI_NS)),
            next: None,
            excused: false,
            misses: 0,
        });
        self.call(at, order, None);
    }

    /// An execution of an order, whatever its status.
    pub fn execute(&mut self, at: usize, fill: &Execution, now: Nanos) {
        self.known(at, OrdStatus::Open, now);
        let order = &mut self.orders[at];
        order.cum += fill.qty;
        if order.cum >= order.qty {
            order.status = Some(OrdStatus::Filled);
        } else if order.status == Some(OrdStatus::Pending) {
            order.status = Some(OrdStatus::Open);
        }
        let (instrument, side) = (order.instrument, order.side);
        let moved = side.signed(fill.qty) - fill.kept.unwrap_or_default();
        self.moves(instrument, moved);
        self.row_of(at, fill.id, fill.qty, fill.px, fill.kept, now);
    }

    fn moves(&mut self, instrument: InstrumentId, by: Qty) {
        if let Some(position) = self.positions.get_mut(instrument.ix()) {
            *position += by;
        }
    }

    /// An order ends; one that is finished already stays as it is.
    pub fn end(&mut self, at: usize, status: OrdStatus, code: Option<RejectCode>, now: Nanos) {
        self.known(at, OrdStatus::Open, now);
        let order = &mut self.orders[at];
        if order.is_live() {
            (order.status, order.code) = (Some(status), code);
        }
    }

    /// Another order takes the place of one.
    pub fn replace(&mut self, at: usize, name: &str, qty: Qty, px: Px, now: Nanos) {
        self.known(at, OrdStatus::Open, now);
        let id = self.next_id();
        let old = &self.orders[at];
        let new = Order {
            name: name.to_owned(),
            id: Some(id),
            planned: None,
            qty,
            px,
            cum: Qty::ZERO,
            status: Some(OrdStatus::Open),
            code: None,
            created: now,
            next: None,
            excused: false,
            misses: 0,
            ..old.clone()
        };
        let next = self.sent(new);
        if !name.is_empty() {
            self.call(next, name, None);
        }
        let old = &mut self.orders[at];
        if old.is_live() {
            old.status = Some(OrdStatus::Replaced);
        }
        old.next = Some(next);
    }

    fn row(&self, at: usize, id: &VenueText) -> Result<usize, String> {
        let of = |row: &Activity| row.order == Some(at) && row.id == *id;
        let name = &self.orders[at].name;
        self.activity
            .iter()
            .rposition(of)
            .ok_or_else(|| format!("order {name} has no execution {id}"))
    }

    fn bust(&mut self, at: usize, id: &VenueText) -> Result<(), String> {
        let row = self.row(at, id)?;
        let gone = self.activity.remove(row);
        self.orders[at].cum -= gone.qty;
        let moved = gone.side.signed(gone.qty) - gone.kept.unwrap_or_default();
        self.moves(gone.instrument, -moved);
        Ok(())
    }

    fn correct(&mut self, at: usize, id: &VenueText, to: VenueText, px: Px) -> Result<(), String> {
        let row = self.row(at, id)?;
        (self.activity[row].id, self.activity[row].px) = (to, px);
        Ok(())
    }

    fn change(
        &mut self,
        instrument: InstrumentId,
        by: Qty,
        kind: Option<ActivityKind>,
        name: Option<&str>,
        now: Nanos,
    ) {
        self.moves(instrument, by);
        if let Some(name) = name {
            let told = kind.unwrap_or(ActivityKind::Trade);
            self.externals.insert(name.to_owned(), (instrument, told));
        }
        let (Some(kind), Some(side)) = (kind, Side::of(by)) else { return };
        let (bid, ask) = self.quotes.get(instrument.ix()).copied().unwrap_or_default();
        let px = if side == Side::Buy { ask } else { bid };
        let id = self.next_row();
        let (order, qty, kept, time) = (None, by.abs(), None, now);
        self.activity.push(Activity { kind, id, order, instrument, side, qty, px, kept, time });
    }
}
