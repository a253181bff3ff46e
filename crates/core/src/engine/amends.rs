//! Amends: changing a working order in place, and what a broker's words about it prove.
//!
//! Entry points: [`may_amend`], [`Deciding::release_amend`], [`Deciding::amend_reply`].
//!
//! Invariants:
//! 1. An order has at most one request under way.
//! 2. Until an amend is settled the larger side counts; no amend of an exposure is an increase.
//! 3. A broker that refuses an amend is not asked again: the order is cancelled and placed anew.

use super::deciding::Deciding;
use super::parts::Trader;
use super::plan::cancel_is_idle;
use crate::alert::AlertCode;
use crate::config::{AmendBy, AmendKind, Config};
use crate::event::{Event, Mode, ModeSet, RequestClass};
use crate::ids::{HoldingId, OrderNo, RequestId};
use crate::limiter::Class;
use crate::num::{Px, Qty, Rounding};
use crate::order::evidence::{AmendNews, AmendSent, Gone, Item, Succeeded};
use crate::order::{AmendEnd, Intent, Order, Rule};
use crate::report::{OrdStatus, OrderRow, Outcome, RejectCode, Reply, Taken};
use crate::request::{AmendOrder, Request, Side};
use crate::state::State;
use crate::time::Nanos;

/// New terms of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// OrderQty, filled part included.
    pub qty: Qty,
    /// Limit price.
    pub px: Px,
    /// StopPx.
    pub stop_px: Option<Px>,
    /// Which rule wants it.
    pub rule: Rule,
    /// Step of a chase.
    pub step: u32,
}

impl Change {
    /// Another quantity at the same price.
    #[must_use]
    pub fn of_qty(order: &Order, qty: Qty, rule: Rule) -> Self {
        Self { qty, px: order.px(), stop_px: order.stop_px(), rule, step: 0 }
    }
}

/// The order can be changed in place: the broker does that, the account was read, the order is
/// there, nothing of it is under way, and no amend of it was refused.
#[must_use]
pub fn may_amend(config: &Config, state: &State, order: &Order, now: Nanos) -> bool {
    let (descriptor, known) = (&config.descriptor, &order.known);
    let cancelled = order.cancel.as_ref().is_some_and(|c| !c.failed);
    amends_by_itself(config, state, order)
        && super::session::is_open(
            config,
            Trader::of(config, state, order),
            order.ticket.intent,
            now,
        )
        && descriptor.amends_max.is_none_or(|most| known.terms.sent < most)
        && known.exists
        && !known.done
        && !known.claimed
        && !known.gone
        && (known.terms.pending.is_none() || crate::planted!(AmendBesideAmend))
        && known.terms.refused.is_none()
        && !cancelled
        && cancel_is_idle(order, now)
        && !state.wire.contains_key(&order.ticket.request)
        && state.recon.baseline
        && !matches!(state.mode, Mode::Halted | Mode::Killed)
}

/// Quantity and price are what the instrument and the limits allow for one order.
#[must_use]
pub(super) fn terms_fit(config: &Config, holding: HoldingId, qty: Qty, px: Px) -> bool {
    let (rules, risk) = (config.instrument_of(holding), &config.risk);
    let notional = qty.times(px);
    qty.to_lot(rules.lot, Rounding::Floor) == qty
        // An order that was found at the broker may stand at a price of an older grid.
        && px.to_tick(rules.tick, Rounding::Floor) == px
        && rules.max_qty.is_none_or(|most| qty <= most)
        && risk.order_qty_max.is_none_or(|most| qty <= most)
        && risk.order_notional_max.is_none_or(|most| notional <= most)
        && !notional.exceeds_bound()
}

/// A change of this order is an amend of the broker's: where that is in place, or where the policy
/// says so.
fn amends_by_itself(config: &Config, state: &State, order: &Order) -> bool {
    let policy = Trader::of(config, state, order).policy(config, order.ticket.intent);
    match (config.descriptor.amends, policy.and_then(|p| p.amend)) {
        (AmendKind::Never, _) | (_, Some(AmendBy::CancelNew)) => false,
        (AmendKind::InPlace, _) | (_, Some(AmendBy::Native)) => true,
        (AmendKind::CancelReplace, None) => false,
    }
}

impl Deciding<'_> {
    /// Releases an amend. False when the gate refused it.
    pub fn release_amend(&mut self, holding: HoldingId, no: OrderNo, change: &Change) -> bool {
        if let Err(why) = self.gate_amend(no, change) {
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Killed }));
            self.alert(AlertCode::GateRefused, Some(holding), Some(no), why);
            self.gate_kills();
            return false;
        }
        let Some(order) = self.state.orders.open.get(&no) else { return false };
        let amend = AmendOrder {
            cl_ord_id: order.ticket.cl_ord_id,
            order: no,
            order_id: order.order_id,
            instrument: self.config.holdings[holding.ix()].instrument,
            qty: change.qty,
            px: change.px,
            stop_px: change.stop_px,
            filled: Some(order.known.filled).filter(|qty| !qty.is_zero()),
        };
        let serial = order.known.terms.last + 1;
        let request = self.request(RequestClass::Amend, Some(no));
        let Change { qty, px, stop_px, rule, step } = *change;
        let at = self.now();
        self.learn(
            no,
            Item::AmendSent(AmendSent { serial, request, qty, px, stop_px, at, rule, step }),
        );
        self.send(request, Request::Amend(amend));
        true
    }

    /// Whether an amend may leave; independent of the plan, as for a new order.
    fn gate_amend(&self, no: OrderNo, change: &Change) -> Result<(), String> {
        let state = &*self.state;
        if matches!(state.mode, Mode::Halted | Mode::Killed) {
            return Err(format!("an amend while {}", state.mode));
        }
        if !state.recon.baseline {
            return Err("an amend before the account was read".to_owned());
        }
        if !state.limiter.free(self.now(), Class::New) {
            return Err("an amend without a free slot".to_owned());
        }
        let Some(order) = state.orders.open.get(&no) else {
            return Err(format!("an amend of order {no}, which is not open"));
        };
        let writes =
            |class| matches!(class, RequestClass::New | RequestClass::Cancel | RequestClass::Amend);
        if state.wire.values().any(|w| w.order == Some(no) && writes(w.class)) {
            return Err(format!("order {no} has a request under way"));
        }
        let terms = &order.known.terms;
        if order.known.done || !order.known.exists || terms.pending.is_some() {
            return Err(format!("order {no} cannot be amended now"));
        }
        let most = self.config.descriptor.amends_max;
        if most.is_some_and(|most| terms.sent >= most) {
            return Err(format!("order {no} was amended {} times", terms.sent));
        }
        let (side, intent) = (order.ticket.side, order.ticket.intent);
        if change.qty <= order.known.filled {
            return Err(format!("an amend to {} of which all is filled", change.qty));
        }
        if change.qty > terms.worst {
            if intent != Intent::Protect {
                return Err(format!("an amend from {} up to {}", terms.worst, change.qty));
            }
            let more = (change.qty - order.known.filled) - order.leaves();
            self.gate_stops(order.ticket.holding, side, more)?;
        }
        let quote = self.quote(self.config.holdings[order.ticket.holding.ix()].instrument);
        let moves = change.px != order.px();
        self.gate_terms(
            order.ticket.holding,
            intent,
            (change.qty, change.px),
            quote.as_ref(),
            moves,
        )
    }

    /// The end of an amend's request.
    pub fn amend_reply(&mut self, no: OrderNo, holding: HoldingId, reply: &Reply) {
        if self.state.orders.is_closed(no) {
            return;
        }
        let Some(order) = self.state.orders.get(no) else { return };
        let Some(serial) = serial_of(order, reply.request) else { return };
        let at = self.now();
        let news = |end| Item::AmendNews(AmendNews { serial, end, at });
        match &reply.outcome {
            Outcome::Taken(taken) => self.amend_taken(no, serial, taken),
            Outcome::NotSent(_) => self.learn(no, news(AmendEnd::Unsent)),
            Outcome::Unclear(unclear) => {
                self.learn(no, news(AmendEnd::Unclear));
                if unclear.retry_after_ns.is_some() {
                    self.back_off(unclear.retry_after_ns);
                    let text = "an amend met the rate limit".to_owned();
                    self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
                }
                let text = format!("an amend has no certain outcome: {}", unclear.cause);
                self.alert(AlertCode::AmbiguousSubmit, Some(holding), Some(no), text);
                self.suspect();
            }
            Outcome::Refused(refused) => {
                if refused.code == RejectCode::Auth {
                    self.learn(no, news(AmendEnd::Unsent));
                    self.auth_lost("an amend was refused: not authenticated".to_owned());
                    return;
                }
                if matches!(refused.code, RejectCode::RateLimited) {
                    self.learn(no, news(AmendEnd::Unsent));
                    self.back_off(refused.retry_after_ns);
                    let text = format!("an amend was refused: {}", refused.code);
                    self.alert(AlertCode::RateLimited, Some(holding), Some(no), text);
                    return;
                }
                self.learn(no, news(AmendEnd::Refused));
                if crate::planted!(AmendRefusedIsDone) {
                    self.learn(no, super::replies::OVER);
                }
                if matches!(refused.code, RejectCode::OrderDone | RejectCode::UnknownOrder) {
                    self.learn(no, Item::Gone(Gone { at: Some(at) }));
                }
            }
        }
    }

    /// An amend was taken. Where the broker makes a new order of it, that one is found by a read,
    /// and this one is finished when the same read shows it so.
    fn amend_taken(&mut self, no: OrderNo, serial: u32, taken: &Taken) {
        let at = self.now();
        let news = |end| Item::AmendNews(AmendNews { serial, end, at });
        if taken.status.is_some_and(OrdStatus::is_terminal) {
            // The old order ended and no new one is named.
            self.learn(no, news(AmendEnd::Refused));
            self.taken_as(no, taken);
            return;
        }
        let order = self.state.orders.get(no);
        let known = order.and_then(|o| o.order_id);
        let given_up =
            order.is_some_and(|o| o.evidence.items().iter().any(|item| is_given_up(item, serial)));
        self.learn(no, news(AmendEnd::Taken));
        if given_up {
            // It may have come after the one that was sent in its place.
            let holding = self.state.orders.get(no).map(|o| o.ticket.holding);
            let text = "an amend was taken that had counted as never arrived".to_owned();
            self.alert(AlertCode::OutOfOrder, holding, Some(no), text);
            self.suspect();
        }
        self.taken_as(no, taken);
        let other = taken.order_id.filter(|id| !id.is_empty() && known.is_some_and(|k| k != *id));
        if let Some(order_id) = other
            && self.config.descriptor.amends == AmendKind::CancelReplace
        {
            self.learn(no, Item::Succeeded(Succeeded { order_id }));
            self.suspect_all();
        }
    }

    /// A row of an order with an amend that is not settled: it shows the new terms, or it shows
    /// the old ones later than the amend could still arrive. Only where the new ones are shown is
    /// what they took away free: more than they leave may have filled before and not been told.
    pub fn amend_row(&mut self, no: OrderNo, row: &OrderRow, asked: Nanos) {
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let pending = order.known.terms.pending.as_ref().filter(|amend| amend.unclear);
        let given_up = || given_up(order, row);
        let Some(sent) = pending.map(|pending| &pending.sent).or_else(given_up) else { return };
        let at = self.now();
        let shown = (row.qty, row.px);
        let fresh = asked >= sent.at.plus(self.config.descriptor.read_lag_max_ns);
        let arrived = self.config.descriptor.appear_max_ns;
        let late = arrived.is_some_and(|max_ns| asked >= sent.at.plus(max_ns));
        let ends: &[AmendEnd] = if shown == (sent.qty, sent.px) && fresh {
            &[AmendEnd::Taken, AmendEnd::Checked]
        } else if shown == (order.qty(), order.px()) && late {
            &[AmendEnd::Unseen]
        } else {
            return;
        };
        let serial = sent.serial;
        let taken = order.known.terms.is_in_force(serial);
        for end in ends.iter().copied().filter(|end| !(taken && *end == AmendEnd::Taken)) {
            self.learn(no, Item::AmendNews(AmendNews { serial, end, at }));
        }
    }

    /// Settles an amend that nothing else can settle: the old terms stand, unless the new ones are
    /// known to.
    pub fn void_amend(&mut self, no: OrderNo) {
        let Some(order) = self.state.orders.open.get(&no) else { return };
        let terms = &order.known.terms;
        let pending = terms.pending.as_ref();
        if let Some(serial) = pending.filter(|p| p.unclear).map(|p| p.sent.serial) {
            let taken = terms.is_in_force(serial);
            let end = if taken { AmendEnd::Checked } else { AmendEnd::Unseen };
            let at = self.now();
            self.learn(no, Item::AmendNews(AmendNews { serial, end, at }));
        }
    }

    /// Stops and exits together never take the position through zero, nor past a target on the
    /// other side of it.
    pub fn gate_stops(&self, holding: HoldingId, side: Side, more: Qty) -> Result<(), String> {
        let state = &*self.state;
        let of_side = |o: &&Order| o.ticket.holding == holding && o.ticket.side == side;
        let open: Qty = state.orders.open.values().filter(of_side).map(Order::leaves).sum();
        let position = state.holding(holding).own;
        let target = super::working::working_target(self.config, state, holding, self.now());
        let after = position + side.signed(open + more);
        let fits = match side {
            Side::Sell => after >= target.min(Qty::ZERO),
            Side::Buy => after <= target.max(Qty::ZERO),
        };
        if fits {
            return Ok(());
        }
        Err(format!("stops and exits would take the position {position} to {after}"))
    }
}

/// An amend that counted as never arrived, and whose terms a row shows after all.
fn given_up<'a>(order: &'a Order, row: &OrderRow) -> Option<&'a AmendSent> {
    let items = order.evidence.items();
    let unseen = |sent: &AmendSent| items.iter().any(|item| is_given_up(item, sent.serial));
    let sent = items.iter().rev().find_map(|item| match item {
        Item::AmendSent(sent) => Some(sent),
        _ => None,
    })?;
    let other = (sent.qty, sent.px) != (order.qty(), order.px());
    (other && (row.qty, row.px) == (sent.qty, sent.px) && unseen(sent)).then_some(sent)
}

/// The amend with this serial counted as never arrived.
fn is_given_up(item: &Item, serial: u32) -> bool {
    match item {
        Item::AmendNews(news) => news.serial == serial && news.end == AmendEnd::Unseen,
        _ => false,
    }
}

/// The serial of the amend that a request carried.
pub(super) fn serial_of(order: &Order, request: RequestId) -> Option<u32> {
    order.evidence.items().iter().find_map(|item| match item {
        Item::AmendSent(sent) if sent.request == request => Some(sent.serial),
        _ => None,
    })
}
