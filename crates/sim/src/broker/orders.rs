//! Orders at the broker: placing, filling, cancelling, and the trades of somebody else.

use super::truth::{Change, Key, TrueOrder};
use super::{Broker, Due, venue_text};
use crate::exchange::{Arriving, Execution};
use crate::faults::FaultKind;
use crate::rng::Rng;
use truefill_core::config::ClientIds;
use truefill_core::ids::VenueText;
use truefill_core::num::{Amount, NANO, Px, Qty, Rounding, round_to};
use truefill_core::report::{
    ActivityKind, Liquidity, OrdStatus, Outcome, Refused, RejectCode, Taken,
};
use truefill_core::request::{CancelOrder, NewOrder, Side, TimeInForce};
use truefill_core::time::Nanos;
use truefill_market::fees::TradeForFee;

impl Broker {
    /// A new order is looked at by the broker and, if all is well, reaches the exchange.
    pub(super) fn place(&mut self, at: Nanos, new: &NewOrder, sent: Nanos) -> Outcome {
        let twin = !self.truth.orders_by_client_id(&new.cl_ord_id).is_empty();
        if twin && self.descriptor.client_ids == ClientIds::Unique {
            return refused(RejectCode::DuplicateClOrdId, "this client id was used before");
        }
        if at < self.closed_until {
            return refused(RejectCode::Closed, "the session is over");
        }
        let outcome = self.add(at, new, sent);
        if matches!(outcome, Outcome::Taken(_)) && self.plan.strikes(FaultKind::DoubledOrder) {
            // Some gateway between broker and exchange sends it again.
            self.add(at, new, sent);
        }
        outcome
    }

    fn add(&mut self, at: Nanos, new: &NewOrder, sent: Nanos) -> Outcome {
        let broken = self.exchange.check(&arriving(self.truth.orders().len(), new)).err();
        let whole = broken.is_some() || new.tif == TimeInForce::Ioc;
        let stuck = self.plan.strikes_unless(FaultKind::LinkLoss, whole);
        let rejected = self.plan.strikes_unless(FaultKind::RejectedRow, whole || stuck);
        let status = match &broken {
            Some(_) => OrdStatus::Rejected,
            None if stuck || rejected => OrdStatus::Pending,
            None => OrdStatus::Open,
        };
        let order_id = self.next_order_id();
        let order = self.truth.add_order(TrueOrder {
            order_id,
            cl_ord_id: Some(new.cl_ord_id),
            instrument: new.instrument,
            product: new.product,
            side: new.side,
            qty: new.qty,
            px: new.px,
            px_max: new.px,
            tif: new.tif,
            stop_px: new.stop_px,
            display_qty: new.display_qty,
            sent: Some(sent),
            created: at,
            status,
            filled: Qty::ZERO,
            changes: vec![Change { time: at, status, cum: Qty::ZERO }],
            hidden: false,
        });
        self.push_status(at, order);
        if let Some((code, text)) = broken {
            return refused(code, text);
        }
        if stuck || rejected {
            self.hold_back(at, order, rejected);
        } else {
            self.reach_exchange(at, order);
        }
        let without_id = self.plan.strikes(FaultKind::AckWithoutId);
        let order_id = Some(order_id).filter(|_| !without_id);
        Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id,
            time: Some(self.clock(at)),
        })
    }

    /// The exchange takes what it can at once; the rest of an IOC order is cancelled.
    pub(super) fn reach_exchange(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        let (tif, placed) = (known.tif, self.working(order));
        let mut executions = std::mem::take(&mut self.scratch);
        self.exchange.place(&placed, &mut executions);
        self.book(at, &mut executions);
        self.scratch = executions;
        let left = !self.truth.orders()[order].status.is_terminal();
        if left && tif == TimeInForce::Ioc {
            self.truth.set_status(at, order, OrdStatus::Canceled);
            self.push_status(at, order);
        } else if left {
            self.it_rests(at, order);
        }
    }

    /// What is left of an order, as the exchange sees it arrive.
    pub(super) fn working(&self, order: usize) -> Arriving {
        let known = &self.truth.orders()[order];
        Arriving {
            number: order as u64,
            instrument: known.instrument,
            side: known.side,
            qty: known.qty - known.filled,
            px: Some(known.px),
            tif: known.tif,
            stop_px: known.stop_px,
            display_qty: known.display_qty,
        }
    }

    /// Books matches of the exchange and tells them.
    pub(super) fn book(&mut self, at: Nanos, executions: &mut Vec<Execution>) {
        for execution in executions.drain(..) {
            let order = usize::try_from(execution.number).unwrap_or(usize::MAX);
            let lot = self.lot_of(&execution);
            let split = self.plan.strikes(FaultKind::PartialFills);
            let parts = if split {
                parts(execution.qty, lot, self.plan.dice(FaultKind::PartialFills))
            } else {
                vec![execution.qty]
            };
            for qty in parts {
                let part = Execution { qty, ..execution };
                let fill = self.charged(at, &part);
                self.shape(at, fill);
                self.push_fill(at, fill);
            }
            self.push_status(at, order);
        }
    }

    /// A cancel arrives.
    pub(super) fn cancel(&mut self, at: Nanos, cancel: &CancelOrder) -> Outcome {
        let by_client_id = self.descriptor.client_ids == ClientIds::Unique;
        let order = match cancel.order_id {
            Some(order_id) => self.truth.order_by_id(&order_id),
            None if by_client_id => {
                self.truth.orders_by_client_id(&cancel.cl_ord_id).first().copied()
            }
            None => None,
        };
        let Some(order) = order else {
            return refused(RejectCode::UnknownOrder, "no such order");
        };
        let known = &self.truth.orders()[order];
        let (order_id, status) = (Some(known.order_id), known.status);
        if status.is_terminal() {
            return refused(RejectCode::OrderDone, "the order is finished");
        }
        let taken = Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id,
            time: Some(self.clock(at)),
        });
        if status == OrdStatus::CancelPending {
            return taken;
        }
        if self.unreached.contains(&order) {
            self.pend_cancel(at, order);
            return taken;
        }
        match self.fate_of_cancel() {
            Some(FaultKind::CancelRefused) => {
                return refused(RejectCode::Other, "try again in a moment");
            }
            Some(FaultKind::UnknownToCancel) => {
                return refused(RejectCode::UnknownOrder, "no such order");
            }
            Some(FaultKind::CancelIgnored) => {}
            Some(FaultKind::CancelRace) => {
                self.overtake(at, order, FaultKind::CancelRace);
                self.cancel_now(at, order);
            }
            Some(kind) => {
                self.pend_cancel(at, order);
                let span_ns = self.plan.span_ns(kind, i64::MAX);
                self.agenda.plan(at.plus(span_ns), Due::Cancel { order });
            }
            None => self.cancel_now(at, order),
        }
        taken
    }

    /// Which of the faults that exclude each other strikes a cancel of a working order.
    fn fate_of_cancel(&mut self) -> Option<FaultKind> {
        const KINDS: [FaultKind; 6] = [
            FaultKind::CancelRace,
            FaultKind::DelayedTerminal,
            FaultKind::CancelStuck,
            FaultKind::CancelIgnored,
            FaultKind::CancelRefused,
            FaultKind::UnknownToCancel,
        ];
        let mut fate = None;
        for kind in KINDS {
            if self.plan.strikes_unless(kind, fate.is_some()) {
                fate = Some(kind);
            }
        }
        fate
    }

    fn pend_cancel(&mut self, at: Nanos, order: usize) {
        self.truth.set_status(at, order, OrdStatus::CancelPending);
        self.push_status(at, order);
    }

    /// The exchange takes the order out of its book, if anything is left of it.
    pub(super) fn cancel_now(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        if known.status.is_terminal() {
            return;
        }
        let left = self.exchange.cancel(known.instrument, known.side, order as u64);
        assert!(left == Some(known.leaves()), "{}: books disagree", known.order_id);
        self.truth.set_status(at, order, OrdStatus::Canceled);
        self.push_status(at, order);
    }

    /// The order fills, wholly or in part, just before what was asked for it.
    pub(super) fn overtake(&mut self, at: Nanos, order: usize, kind: FaultKind) {
        let known = &self.truth.orders()[order];
        let (instrument, side, leaves) = (known.instrument, known.side, known.leaves());
        let lot = self.instruments.get(instrument.ix()).map_or(Qty::ZERO, |rules| rules.lot);
        let dice = self.plan.dice(kind);
        let some = parts(leaves, lot, dice).first().copied().unwrap_or(leaves);
        let qty = if dice.chance(500_000) { leaves } else { some };
        let mut hit = Vec::from_iter(self.exchange.hit(instrument, side, order as u64, qty));
        self.book(at, &mut hit);
    }

    /// Somebody else trades a holding at the far touch.
    pub(super) fn manual_trade(&mut self, at: Nanos) {
        let dice = self.plan.dice(FaultKind::ManualTrade);
        let Some(holding) = dice.pick(self.holdings.len()).and_then(|at| self.holdings.get(at))
        else {
            return;
        };
        let (instrument, product) = (holding.instrument, holding.product);
        let side = if dice.chance(500_000) { Side::Buy } else { Side::Sell };
        let lots = dice.between(1, 10);
        let Some(rules) = self.instruments.get(instrument.ix()) else { return };
        let least = rules.min_qty.to_lot(rules.lot, Rounding::Ceil);
        let qty = Qty((rules.lot.0 * i128::from(lots)).max(least.0));
        let Some(px) = self.exchange.far_touch(instrument, side) else { return };
        self.external_trade(at, (instrument, product), side, qty, px, ActivityKind::Trade);
    }

    /// Books a trade of somebody else: an order without a client id, filled at once.
    pub(super) fn external_trade(
        &mut self,
        at: Nanos,
        (instrument, product): Key,
        side: Side,
        qty: Qty,
        px: Px,
        kind: ActivityKind,
    ) {
        let status = OrdStatus::Open;
        let order = self.truth.add_order(TrueOrder {
            order_id: self.next_order_id(),
            cl_ord_id: None,
            instrument,
            product,
            side,
            qty,
            px,
            px_max: px,
            tif: TimeInForce::Day,
            stop_px: None,
            display_qty: None,
            sent: None,
            created: at,
            status,
            filled: Qty::ZERO,
            changes: vec![Change { time: at, status, cum: Qty::ZERO }],
            hidden: false,
        });
        let liquidity = Liquidity::Taker;
        let execution = Execution { number: order as u64, qty, px, liquidity, touch: Some(px) };
        let fill = self.charged(at, &execution);
        self.truth.last_fill_is(|fill| fill.kind = kind);
        self.push_fill(at, fill);
        self.push_status(at, order);
    }

    /// The broker's ids count every order that comes to exist.
    pub(super) fn next_order_id(&self) -> VenueText {
        venue_text(&format!("V{}", self.truth.orders().len() + 1))
    }

    fn lot_of(&self, execution: &Execution) -> Qty {
        let order = usize::try_from(execution.number).ok().and_then(|n| self.truth.orders().get(n));
        let rules = order.and_then(|order| self.instruments.get(order.instrument.ix()));
        rules.map_or(Qty::ZERO, |rules| rules.lot)
    }

    /// Books an execution with its fee.
    fn charged(&mut self, at: Nanos, execution: &Execution) -> usize {
        let fee = match &self.charger {
            Some(_) => self.by_schedule(at, execution),
            None => self.by_rate(execution),
        };
        self.truth.add_fill(at, execution, fee)
    }

    /// Fee of the world's schedule. One in kind or in another asset is taken in currency, at its
    /// worth. What the schedule cannot charge is free, and said.
    fn by_schedule(&mut self, at: Nanos, execution: &Execution) -> Amount {
        let order = usize::try_from(execution.number).ok().and_then(|n| self.truth.orders().get(n));
        let (Some(order), Some(charger)) = (order, self.charger.as_mut()) else {
            return Amount::ZERO;
        };
        let rules = self.instruments.get(order.instrument.ix());
        let trade = TradeForFee {
            time: at,
            side: order.side,
            qty: execution.qty,
            px: execution.px,
            multiplier: rules.map_or(Qty::whole(1), |rules| rules.multiplier),
            liquidity: Some(execution.liquidity),
        };
        match charger.charge(execution.number, &trade) {
            Ok(charges) => charges.total,
            Err(error) => {
                self.fee_error.get_or_insert(error);
                Amount::ZERO
            }
        }
    }

    /// Fee in currency: notional × multiplier × rate, rounded up to 1e-9.
    fn by_rate(&self, execution: &Execution) -> Amount {
        let order = usize::try_from(execution.number).ok().and_then(|n| self.truth.orders().get(n));
        let rules = order.and_then(|order| self.instruments.get(order.instrument.ix()));
        let multiplier = rules.map_or(NANO, |rules| rules.multiplier.0);
        // 1e-18 by 1e-9 down to 1e-18; a notional is at most 1e33 units of 1e-18 here.
        let notional = execution.qty.times(execution.px).0 / NANO;
        let value = notional.saturating_mul(multiplier);
        let raw = value.saturating_mul(i128::from(self.world.fee_ppm));
        Amount(round_to(raw, 1_000_000 * NANO, Rounding::Ceil) / 1_000_000)
    }
}

/// A new order as the exchange sees it arrive.
fn arriving(number: usize, new: &NewOrder) -> Arriving {
    let (instrument, side, qty) = (new.instrument, new.side, new.qty);
    Arriving {
        number: number as u64,
        instrument,
        side,
        qty,
        px: Some(new.px),
        tif: new.tif,
        stop_px: new.stop_px,
        display_qty: new.display_qty,
    }
}

pub(super) fn refused(code: RejectCode, text: &str) -> Outcome {
    Outcome::Refused(Refused { code, text: venue_text(text), retry_after_ns: None })
}

/// Cuts a quantity into two to four parts of whole lots; one part if it has just one lot.
pub(super) fn parts(qty: Qty, lot: Qty, dice: &mut Rng) -> Vec<Qty> {
    let lots = if lot.0 > 0 { qty.0 / lot.0 } else { 1 };
    let lots = i64::try_from(lots).unwrap_or(i64::MAX);
    let count = dice.between(2, 4).min(lots);
    let (mut left, mut cut) = (qty, Vec::new());
    for after in (1..count).rev() {
        let spare = i64::try_from(left.0 / lot.0.max(1)).unwrap_or(i64::MAX) - after;
        let part = Qty(lot.0 * i128::from(dice.between(1, spare)));
        cut.push(part);
        left -= part;
    }
    cut.push(left);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_lots_and_add_up() {
        let mut dice = Rng::new(1);
        let lot = Qty::whole(5);
        for lots in 1..40 {
            let qty = Qty::whole(5 * lots);
            let cut = parts(qty, lot, &mut dice);
            assert_eq!(cut.iter().copied().sum::<Qty>(), qty);
            assert!(cut.iter().all(|part| part.0 > 0 && part.0 % lot.0 == 0), "{cut:?}");
            assert!(cut.len() <= 4 && (cut.len() >= 2 || lots == 1));
        }
    }
}
