//! What happens to orders, executions and positions by themselves, without being asked for.
//!
//! Entry points: [`Broker::it_rests`] and [`Broker::shape`], where they are decided; the rest is
//! what becomes due.

use super::{Broker, Due, venue_text};
use crate::faults::FaultKind;
use truefill_core::config::CancelProof;
use truefill_core::ids::VenueText;
use truefill_core::num::{Amount, Px, Qty, Rounding};
use truefill_core::report::{
    ActivityKind, ActivityRow, FillReport, Liquidity, News, OrdStatus, StatusReport,
};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// How far a price is corrected at most, in ticks.
const TICKS_MAX: i64 = 5;

impl Broker {
    /// An order stands at the broker and not at the exchange.
    pub(super) fn hold_back(&mut self, at: Nanos, order: usize, rejected: bool) {
        self.unreached.insert(order);
        if rejected {
            let told = self.plan.dice(FaultKind::RejectedRow).chance(500_000);
            let span_ns = self.plan.span_ns(FaultKind::RejectedRow, i64::MAX);
            self.agenda.plan(at.plus(span_ns), Due::Reject { order, told });
        } else {
            let span_ns = self.plan.span_ns(FaultKind::LinkLoss, i64::MAX);
            self.agenda.plan(at.plus(span_ns), Due::Reach { order });
        }
    }

    /// The line is back: the order reaches the exchange, and what was asked for it meanwhile
    /// comes right behind it.
    pub(super) fn reach(&mut self, at: Nanos, order: usize) {
        self.unreached.remove(&order);
        let canceled = self.truth.orders()[order].status == OrdStatus::CancelPending;
        if !canceled {
            self.truth.set_status(at, order, OrdStatus::Open);
            self.push_status(at, order);
        }
        self.reach_exchange(at, order);
        if canceled {
            self.cancel_now(at, order);
        }
    }

    pub(super) fn reject_row(&mut self, at: Nanos, order: usize, told: bool) {
        self.unreached.remove(&order);
        self.truth.set_status(at, order, OrdStatus::Rejected);
        if told {
            self.push_status(at, order);
        }
    }

    /// An order has come to rest at the exchange: what will become of it.
    pub(super) fn it_rests(&mut self, at: Nanos, order: usize) {
        if self.plan.strikes(FaultKind::OrderExpired) {
            let span_ns = self.plan.span_ns(FaultKind::OrderExpired, i64::MAX);
            self.agenda.plan(at.plus(span_ns), Due::Expire { order });
        }
        let word = self.descriptor.cancel_proof == CancelProof::Word;
        if self.plan.strikes_unless(FaultKind::FalseCancel, word) {
            let cum = Some(self.truth.orders()[order].filled);
            let (status, time) = (OrdStatus::Canceled, self.clock(at));
            self.push(at, order, News::Status(StatusReport { status, cum, time }));
        }
        if self.plan.strikes(FaultKind::PhantomFill) {
            self.push_phantom(at, order);
        }
        if self.plan.strikes(FaultKind::VanishedOrder) {
            let known = &self.truth.orders()[order];
            self.exchange.cancel(known.instrument, known.side, order as u64);
            self.truth.set_status(at, order, OrdStatus::Canceled);
            self.truth.hide(order);
        }
    }

    /// The exchange ends an order by itself.
    pub(super) fn expire(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        if known.status.is_terminal() || self.unreached.contains(&order) {
            return;
        }
        self.exchange.cancel(known.instrument, known.side, order as u64);
        self.truth.set_status(at, order, OrdStatus::Expired);
        self.push_status(at, order);
    }

    /// How an execution will be told, and whether it stands. Executions without CumQty are told
    /// apart by their ids alone, so theirs are sound and they are never revised.
    pub(super) fn shape(&mut self, at: Nanos, fill: usize) {
        let of_order = self.truth.fills()[fill].order;
        let before = self.truth.fills()[..fill].iter().rev().find(|f| f.order == of_order);
        let before = before.map(|fill| (fill.exec_id, fill.tells_cum));
        let empty = self.plan.strikes(FaultKind::EmptyExecId);
        let sound = before.is_none_or(|(_, tells_cum)| !tells_cum);
        let shared = self.plan.strikes_unless(FaultKind::SharedExecId, empty || sound);
        let silent = self.plan.strikes_unless(FaultKind::NoCum, empty || shared);
        let bust = self.plan.strikes_unless(FaultKind::Bust, empty || shared || silent);
        let corrected = self.plan.strikes_unless(FaultKind::Correction, silent || bust);
        self.truth.last_fill_is(|fill| {
            fill.tells_cum = !silent;
            if empty {
                fill.exec_id = VenueText::EMPTY;
            } else if let (true, Some((id, _))) = (shared, before) {
                fill.exec_id = id;
            }
        });
        for (strikes, kind) in [(bust, FaultKind::Bust), (corrected, FaultKind::Correction)] {
            if strikes {
                let due = at.plus(self.plan.span_ns(kind, i64::MAX));
                let bust = kind == FaultKind::Bust;
                self.agenda
                    .plan(due, if bust { Due::Bust { fill } } else { Due::Correct { fill } });
            }
        }
    }

    /// An execution of a finished order is taken back, if its id means it alone.
    pub(super) fn bust(&mut self, at: Nanos, fill: usize) {
        let known = &self.truth.fills()[fill];
        let (order, exec_id) = (known.order, known.exec_id);
        let namesakes = self.truth.fills().iter().filter(|f| f.exec_id == exec_id).count();
        if namesakes > 1 || !self.truth.orders()[order].status.is_terminal() {
            return;
        }
        self.truth.bust(at, fill);
        self.push_bust(at, order, exec_id);
        self.push_status(at, order);
    }

    /// The price of an execution of a finished order is corrected, under a new id.
    pub(super) fn correct(&mut self, at: Nanos, fill: usize) {
        let known = &self.truth.fills()[fill];
        let (order, was) = (known.order, known.px);
        let placed = &self.truth.orders()[order];
        if known.busted || !placed.status.is_terminal() {
            return;
        }
        let tick = self.instruments.get(placed.instrument.ix()).map_or(Px(1), |rules| rules.tick);
        let ticks = self.plan.dice(FaultKind::Correction).between(1, TICKS_MAX);
        let px = (was - Px(tick.0 * i128::from(ticks))).max(tick);
        let exec_id = venue_text(&format!("E{}.2", fill + 1));
        self.truth.correct(at, fill, px, exec_id);
        let time = self.clock(at);
        let report = FillReport { time, ..self.fill_report(fill) };
        self.push(at, order, News::Fill(report));
    }

    /// The broker closes part of a position, or the exchange splits one.
    pub(super) fn force(&mut self, at: Nanos, kind: ActivityKind) {
        let fault =
            if kind == ActivityKind::Split { FaultKind::Split } else { FaultKind::Liquidation };
        let held: Vec<_> = self
            .holdings
            .iter()
            .map(|key| (key.instrument, key.product))
            .map(|key| (key, self.truth.position(key.0, &key.1)))
            .collect();
        let held: Vec<_> = held.into_iter().filter(|(_, qty)| !qty.is_zero()).collect();
        let Some(at_held) = self.plan.dice(fault).pick(held.len()) else { return };
        let ((instrument, product), position) = held[at_held];
        let Some(side) = Side::of(position) else { return };
        let lot = self.instruments.get(instrument.ix()).map_or(Qty(1), |rules| rules.lot);
        if kind == ActivityKind::Split {
            // Two for one: as much again, for nothing.
            let whole = position.abs();
            self.external_trade(at, (instrument, product), side, whole, Px::ZERO, kind);
            return;
        }
        let part = Qty(position.0.abs() / i128::from(self.plan.dice(fault).between(1, 4)));
        let qty = part.to_lot(lot, Rounding::Ceil);
        let Some(px) = self.exchange.far_touch(instrument, side.opposite()) else { return };
        self.external_trade(at, (instrument, product), side.opposite(), qty, px, kind);
    }

    /// A row of funding, with the size of a position, that changes none.
    pub(super) fn fund(&mut self, at: Nanos) {
        let Some(holding) = self.holdings.first() else { return };
        let (instrument, product) = (holding.instrument, holding.product);
        let qty = self.truth.position(instrument, &product).abs();
        let lot = self.instruments.get(instrument.ix()).map_or(Qty(1), |rules| rules.lot);
        let fill = FillReport {
            kept: None,
            exec_id: venue_text(&format!("N{}", self.notes.len() + 1)),
            qty: if qty.is_zero() { lot } else { qty },
            px: self.exchange.far_touch(instrument, Side::Buy).unwrap_or(Px::whole(1)),
            cum: None,
            liquidity: None,
            touch: None,
            fee: Some(Amount::ZERO),
            time: self.clock(at),
        };
        let (kind, side) = (ActivityKind::Funding, Side::Buy);
        let (cl_ord_id, order_id) = (None, None);
        let row = ActivityRow { kind, cl_ord_id, order_id, instrument, side, fill, product };
        self.notes.push(row);
    }

    /// An execution that never happened.
    fn push_phantom(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        let lot = self.instruments.get(known.instrument.ix()).map_or(Qty(1), |rules| rules.lot);
        let report = FillReport {
            kept: None,
            exec_id: venue_text(&format!("P{}", order + 1)),
            qty: lot,
            px: known.px,
            cum: Some(known.filled + lot),
            liquidity: Some(Liquidity::Maker),
            touch: None,
            fee: None,
            time: self.clock(at),
        };
        self.push(at, order, News::Fill(report));
    }
}
