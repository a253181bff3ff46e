//! Answers to reads that are wrong: rows that are missing, flipped, empty, foreign or stale.
//!
//! Entry point: [`Broker::distort`].

use super::Broker;
use crate::faults::{FaultKind, spoil_row, spoil_status};
use truefill_core::ids::InstrumentId;
use truefill_core::num::Qty;
use truefill_core::report::{Found, OrdStatus, OrderRow, PositionRow};
use truefill_core::request::Query;

/// Faults of one kind of read: for each its dice are thrown, the first that strikes is it.
const OF_POSITIONS: [FaultKind; 5] = [
    FaultKind::MissingRows,
    FaultKind::EmptyPositions,
    FaultKind::ZeroPosition,
    FaultKind::FlippedPosition,
    FaultKind::WrongPosition,
];
const OF_LISTS: [FaultKind; 2] = [FaultKind::BadRow, FaultKind::ShortPage];
const OF_ORDERS: [FaultKind; 6] = [
    FaultKind::UnknownRowStatus,
    FaultKind::EmptyOrders,
    FaultKind::MissingOrder,
    FaultKind::WrongSymbol,
    FaultKind::LowCum,
    FaultKind::FalseProof,
];

impl Broker {
    /// What is wrong with the answer to this query, unless something else is (`taken`).
    pub(super) fn wrong(&mut self, query: &Query, taken: bool) -> Option<FaultKind> {
        let (some, more): (&[FaultKind], &[FaultKind]) = match query {
            Query::Positions(_) => (&OF_POSITIONS, &[]),
            Query::Orders(_) | Query::OpenOrders(_) => (&OF_LISTS, &OF_ORDERS),
            Query::Activity(_) => (&OF_LISTS, &[]),
            Query::Order(_) | Query::Clock(_) => (&[], &[]),
        };
        let mut struck = None;
        for kind in some.iter().chain(more) {
            if self.plan.strikes_unless(*kind, taken || struck.is_some()) {
                struck = Some(*kind);
            }
        }
        struck
    }

    /// Changes the rows of an answer.
    pub(super) fn distort(&mut self, kind: FaultKind, found: &mut Found) {
        match found {
            Found::Positions(positions) => self.distort_positions(kind, &mut positions.rows),
            Found::Orders(orders) | Found::OpenOrders(orders) if kind == FaultKind::ShortPage => {
                orders.rows.truncate(orders.rows.len() / 2);
                orders.complete = false;
            }
            Found::Activity(activity) if kind == FaultKind::ShortPage => {
                activity.rows.truncate(activity.rows.len() / 2);
                activity.complete = false;
            }
            Found::Orders(orders) | Found::OpenOrders(orders) => {
                self.distort_orders(kind, &mut orders.rows);
            }
            Found::Activity(_) | Found::Order(_) | Found::Clock(_) | Found::Failed(_) => {}
        }
    }

    fn distort_positions(&mut self, kind: FaultKind, rows: &mut Vec<PositionRow>) {
        let picked = self.plan.dice(kind).pick(rows.len());
        let lot = |id: InstrumentId| self.instruments.get(id.ix()).map_or(Qty(1), |i| i.lot);
        match (kind, picked) {
            (FaultKind::EmptyPositions, _) => rows.clear(),
            (FaultKind::MissingRows, Some(at)) => drop(rows.remove(at)),
            (FaultKind::ZeroPosition, Some(at)) => rows[at].qty = Qty::ZERO,
            (FaultKind::FlippedPosition, Some(at)) => rows[at].qty = -rows[at].qty,
            (FaultKind::WrongPosition, Some(at)) => {
                let lot = lot(rows[at].instrument);
                rows[at].qty += lot;
            }
            _ => {}
        }
    }

    fn distort_orders(&mut self, kind: FaultKind, rows: &mut Vec<OrderRow>) {
        let fits = |row: &OrderRow| match kind {
            FaultKind::LowCum => row.status.is_terminal() && row.cum > Qty::ZERO,
            FaultKind::FalseProof => !row.status.is_terminal(),
            _ => true,
        };
        let fitting: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| fits(row)).map(|(at, _)| at).collect();
        let picked = self.plan.dice(kind).pick(fitting.len()).map(|at| fitting[at]);
        match (kind, picked) {
            (FaultKind::EmptyOrders, _) => rows.clear(),
            (FaultKind::MissingOrder, Some(at)) => drop(rows.remove(at)),
            (FaultKind::WrongSymbol, Some(at)) => {
                let count = u32::try_from(self.instruments.len()).unwrap_or(1).max(1);
                rows[at].instrument = InstrumentId((rows[at].instrument.0 + 1) % count);
            }
            (FaultKind::LowCum, Some(at)) => rows[at].cum = Qty::ZERO,
            (FaultKind::FalseProof, Some(at)) => rows[at].status = OrdStatus::Canceled,
            _ => {}
        }
    }
}

/// Damage that is done to the bytes of an answer.
pub(super) fn damage(kind: FaultKind, body: Vec<u8>) -> Vec<u8> {
    match kind {
        FaultKind::BadRow => spoil_row(&body),
        FaultKind::UnknownRowStatus => spoil_status(&body),
        _ => body,
    }
}
