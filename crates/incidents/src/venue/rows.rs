//! What the venue answers to reads, and how sizes of positions are written.

use super::{Activity, Order, Venue};
use crate::names::Names;
use crate::scenario::{Broker, Changes, ExtraRow, PositionRows as Style, What};
use truefill_core::config::{ClientIds, FillIds};
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText};
use truefill_core::num::Qty;
use truefill_core::report::{
    ActivityRow, ActivityRows, ClockRow, FillReport, Found, OneRow, OrderRow, OrderRows,
    PositionRow, PositionRows,
};
use truefill_core::time::Nanos;

/// A size as a broker prints it: the number, and the word beside it.
fn print_size(broker: &Broker, qty: Qty) -> (Qty, Option<&'static str>) {
    match broker.position_rows {
        Style::Signed => (qty, None),
        Style::SideWord => (qty.abs(), Some(if qty.0 < 0 { "short" } else { "long" })),
        Style::Both => (qty, Some("BOTH")),
    }
}

/// The signed size behind what a broker prints; none for a word that is not known.
pub(crate) fn decode_size(size: Qty, word: Option<&str>) -> Option<Qty> {
    match word.map(str::to_ascii_lowercase).as_deref() {
        None | Some("both") => Some(size),
        Some("long" | "buy") => Some(size.abs()),
        Some("short" | "sell") => Some(-size.abs()),
        Some(_) => None,
    }
}

/// What a reader of the venue needs besides the truth.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// Names of the scenario.
    pub names: &'a Names,
    /// The venue's clock.
    pub now: Nanos,
    /// What is added to the venue's times on the way.
    pub shift_ns: i64,
}

impl Venue {
    /// The answer to a query, changed as an override says.
    pub fn answer(
        &self,
        what: What,
        order: Option<usize>,
        changes: &Changes,
        of: Reader<'_>,
    ) -> Found {
        match what {
            What::Positions => Found::Positions(self.position_rows(changes, of)),
            What::Orders => Found::Orders(self.order_rows(false, changes, of)),
            What::OpenOrders => Found::OpenOrders(self.order_rows(true, changes, of)),
            What::Fills => Found::Activity(self.activity_rows(changes, of)),
            What::Time | What::Quote => Found::Clock(ClockRow { time: of.now.plus(of.shift_ns) }),
            What::Order => {
                let known = order.map(|at| &self.orders[at]).filter(|o| o.status.is_some());
                let known = known.filter(|o| !omits(changes, &o.name));
                let row = known.and_then(|order| self.order_row(order, changes, of));
                let row = row.map(|row| OrderRow {
                    status: changes.status.unwrap_or(row.status),
                    cum: changes.cum.unwrap_or(row.cum),
                    ..row
                });
                Found::Order(OneRow { row })
            }
        }
    }

    /// The order that a lookup finds: by the venue's id, by ours only where that is unique.
    pub fn look_up(&self, ours: &ClOrdId, theirs: Option<&VenueText>) -> Option<usize> {
        let by_theirs = |o: &Order| theirs.is_some() && o.id.as_ref() == theirs;
        let named = self.orders.iter().rposition(|o| by_theirs(o) && o.status.is_some());
        let unique = self.broker.client_id == ClientIds::Unique;
        let by_ours = || {
            let fits = |o: &Order| o.cl_ord_id.as_ref() == Some(ours) && o.status.is_some();
            let live = self.orders.iter().rposition(|o| fits(o) && o.is_live());
            live.or_else(|| self.orders.iter().rposition(fits))
        };
        named.or_else(|| if unique && theirs.is_none() { by_ours() } else { None })
    }

    fn order_rows(&self, open: bool, changes: &Changes, of: Reader<'_>) -> OrderRows {
        let shown =
            self.orders.iter().filter(|o| if open { o.is_live() } else { o.status.is_some() });
        let shown = shown
            .filter(|o| !omits(changes, &o.name) && !omits(changes, of.names.symbol(o.instrument)));
        let rows = shown.filter_map(|order| self.order_row(order, changes, of)).collect();
        OrderRows { rows, complete: true }
    }

    fn order_row(&self, order: &Order, changes: &Changes, of: Reader<'_>) -> Option<OrderRow> {
        let echoed = self.broker.client_id != ClientIds::None;
        Some(OrderRow {
            cl_ord_id: order.cl_ord_id.filter(|_| echoed),
            order_id: order.id,
            instrument: renamed(order.instrument, changes, of.names),
            side: order.side,
            qty: order.qty,
            cum: order.cum,
            px: order.px,
            status: order.status?,
            created: order.created.plus(of.shift_ns),
            code: order.code,
        })
    }

    fn position_rows(&self, changes: &Changes, of: Reader<'_>) -> PositionRows {
        let mut rows = Vec::new();
        for (at, qty) in self.positions.iter().enumerate() {
            let Ok(at) = u32::try_from(at) else { break };
            let instrument = InstrumentId(at);
            let symbol = of.names.symbol(instrument);
            let set = changes.set.iter().find(|(named, _)| named == symbol).map(|(_, qty)| *qty);
            let there = set.or_else(|| Some(*qty).filter(|qty| !qty.is_zero()));
            let Some(qty) = there.filter(|_| !omits(changes, symbol)) else { continue };
            let (size, word) = print_size(&self.broker, qty);
            let Some(qty) = decode_size(size, word) else { continue };
            let instrument = renamed(instrument, changes, of.names);
            rows.push(PositionRow { instrument, product: VenueText::EMPTY, qty });
        }
        PositionRows { rows }
    }

    fn activity_rows(&self, changes: &Changes, of: Reader<'_>) -> ActivityRows {
        let hidden = |row: &Activity| {
            let order = row.order.map_or("", |at| self.orders[at].name.as_str());
            let symbol = of.names.symbol(row.instrument);
            omits(changes, order) || omits(changes, symbol) || omits(changes, row.id.as_str())
        };
        let shown = self.activity.iter().filter(|row| !hidden(row));
        let mut rows: Vec<ActivityRow> =
            shown.map(|row| self.activity_row(row, changes, of)).collect();
        rows.extend(changes.extra.iter().map(|row| extra_row(row, changes, of)));
        ActivityRows { rows, complete: true }
    }

    fn activity_row(&self, row: &Activity, changes: &Changes, of: Reader<'_>) -> ActivityRow {
        let named = self.broker.fill_ids != FillIds::None || row.order.is_none();
        ActivityRow {
            kind: row.kind,
            cl_ord_id: None,
            order_id: row.order.and_then(|at| self.orders[at].id),
            instrument: renamed(row.instrument, changes, of.names),
            side: row.side,
            fill: FillReport {
                exec_id: if named { row.id } else { VenueText::EMPTY },
                qty: row.qty,
                px: row.px,
                cum: None,
                liquidity: None,
                touch: None,
                fee: None,
                time: row.time.plus(of.shift_ns),
                kept: row.kept,
            },
            product: VenueText::EMPTY,
        }
    }
}

fn extra_row(row: &ExtraRow, changes: &Changes, of: Reader<'_>) -> ActivityRow {
    ActivityRow {
        kind: row.kind,
        cl_ord_id: None,
        order_id: None,
        instrument: renamed(of.names.instrument(&row.symbol), changes, of.names),
        side: row.side,
        fill: FillReport {
            exec_id: row.id,
            qty: row.qty,
            px: row.px,
            cum: None,
            liquidity: None,
            touch: None,
            fee: None,
            time: of.now.plus(of.shift_ns),
            kept: None,
        },
        product: VenueText::EMPTY,
    }
}

fn omits(changes: &Changes, name: &str) -> bool {
    !name.is_empty() && changes.omit.iter().any(|omitted| omitted == name)
}

/// The instrument of the spelling that an answer uses.
fn renamed(instrument: InstrumentId, changes: &Changes, names: &Names) -> InstrumentId {
    let symbol = names.symbol(instrument);
    let other = changes.rename.iter().find(|(from, _)| from == symbol);
    other.map_or(instrument, |(_, to)| names.instrument(to))
}
