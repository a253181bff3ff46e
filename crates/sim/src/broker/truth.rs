//! What really happened. The broker works on it; the engine never sees it.
//!
//! Entry points: [`Truth::position`], [`Truth::orders`], [`Truth::fills`], [`Truth::requests`],
//! [`Truth::check`]; [`Truth::write_log`](Truth::write_log) writes all of it as JSON Lines.
//!
//! Invariants, asserted as they are written:
//! 1. No order is filled beyond its quantity, and CumQty is the sum of its fills.
//! 2. A position is the opening one plus our fills plus the trades of others.
//! 3. Times never go back.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::Execution;
use crate::faults::FaultKind;
use truefill_core::config::{Config, Window};
use truefill_core::ids::{ClOrdId, InstrumentId, RequestId, VenueText};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::{ActivityKind, Liquidity, OrdStatus};
use truefill_core::request::AmendOrder;
use truefill_core::request::{Side, TimeInForce};
use truefill_core::time::Nanos;

/// What a position is held in: instrument and product.
pub type Key = (InstrumentId, VenueText);

/// A state that an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub time: Nanos,
    /// OrdStatus from then on.
    pub status: OrdStatus,
    /// CumQty from then on.
    pub cum: Qty,
}

/// New terms of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amended {
    /// When.
    pub time: Nanos,
    /// Position in [`Truth::orders`].
    pub order: usize,
    /// OrderQty from then on.
    pub qty: Qty,
    /// Limit price from then on.
    pub px: Px,
    /// The broker's id from then on.
    pub order_id: VenueText,
}

/// An order that came to exist at the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueOrder {
    /// The broker's id.
    pub order_id: VenueText,
    /// The client's id; `None` for an order of somebody else.
    pub cl_ord_id: Option<ClOrdId>,
    /// What is traded.
    pub instrument: InstrumentId,
    /// The broker's product.
    pub product: VenueText,
    /// Side.
    pub side: Side,
    /// OrderQty.
    pub qty: Qty,
    /// Limit price.
    pub px: Px,
    /// The highest it ever was.
    pub px_max: Px,
    /// TimeInForce.
    pub tif: TimeInForce,
    /// StopPx of a stop order.
    pub stop_px: Option<Px>,
    /// DisplayQty of an iceberg.
    pub display_qty: Option<Qty>,
    /// When its request left the engine; `None` for an order of somebody else.
    pub sent: Option<Nanos>,
    /// When it came to exist.
    pub created: Nanos,
    /// OrdStatus now.
    pub status: OrdStatus,
    /// CumQty now.
    pub filled: Qty,
    /// Every state it had, oldest first.
    pub changes: Vec<Change>,
    /// No list shows it any more.
    pub hidden: bool,
}

impl TrueOrder {
    /// LeavesQty: what may still fill.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        if self.status.is_terminal() { Qty::ZERO } else { self.qty - self.filled }
    }

    /// The state at an instant; `None` if it did not exist yet.
    #[must_use]
    pub fn at(&self, time: Nanos) -> Option<Change> {
        self.changes.iter().rev().find(|change| change.time <= time).copied()
    }
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueFill {
    /// ExecID.
    pub exec_id: VenueText,
    /// Position of its order in [`Truth::orders`].
    pub order: usize,
    /// LastQty.
    pub qty: Qty,
    /// LastPx.
    pub px: Px,
    /// CumQty of the order after it.
    pub cum: Qty,
    /// When.
    pub time: Nanos,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// The far touch at that moment, for a taker.
    pub touch: Option<Px>,
    /// Fee in currency.
    pub fee: Amount,
    /// A trade of somebody else on the account.
    pub external: bool,
    /// What activity calls it.
    pub kind: ActivityKind,
    /// Taken back.
    pub busted: bool,
    /// Pushed messages about it have CumQty.
    pub tells_cum: bool,
}

/// An execution that was changed afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// When.
    pub time: Nanos,
    /// Position in [`Truth::fills`].
    pub fill: usize,
    /// Its price before; `None` if it was taken back.
    pub was_px: Option<Px>,
}

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueRequest {
    /// The engine's number of it.
    pub id: RequestId,
    /// `new`, `cancel`, `read` or `unreadable`.
    pub kind: &'static str,
    /// Our id of the order it is about.
    pub cl_ord_id: Option<ClOrdId>,
    /// When it left the engine.
    pub sent: Nanos,
    /// When it arrived.
    pub arrived: Nanos,
    /// It exceeded a limit: self-inflicted.
    pub limit_hit: bool,
    /// The fault that struck it, if any.
    pub fault: Option<FaultKind>,
}

/// A rate window and the most it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueWindow {
    /// The window.
    pub window: Window,
    /// Most arrivals in any sliding stretch of its length.
    pub max: usize,
    /// Arrivals that exceeded it as the broker measures it.
    pub hits: u64,
}

/// Ground truth.
#[derive(Debug)]
pub struct Truth {
    pub(super) symbols: Vec<String>,
    opening: BTreeMap<Key, Qty>,
    positions: BTreeMap<Key, Qty>,
    own: BTreeMap<Key, Qty>,
    external: BTreeMap<Key, Qty>,
    orders: Vec<TrueOrder>,
    fills: Vec<TrueFill>,
    turns: Vec<(usize, Change)>,
    revisions: Vec<Revision>,
    amends: Vec<Amended>,
    pub(super) requests: Vec<TrueRequest>,
    pub(super) windows: Vec<TrueWindow>,
    by_cl_ord_id: BTreeMap<ClOrdId, Vec<usize>>,
    by_order_id: BTreeMap<VenueText, usize>,
    live: BTreeSet<usize>,
    last: Nanos,
}

impl Truth {
    /// The truth before anything happened.
    pub(super) fn new(config: &Config, opening: impl Iterator<Item = (Key, Qty)>) -> Self {
        let mut positions = BTreeMap::new();
        for (key, qty) in opening {
            *positions.entry(key).or_insert(Qty::ZERO) += qty;
        }
        let windows = config.descriptor.windows.iter();
        Self {
            symbols: config.instruments.iter().map(|i| i.symbol.clone()).collect(),
            opening: positions.clone(),
            positions,
            own: BTreeMap::new(),
            external: BTreeMap::new(),
            orders: Vec::new(),
            fills: Vec::new(),
            turns: Vec::new(),
            revisions: Vec::new(),
            amends: Vec::new(),
            requests: Vec::new(),
            windows: windows
                .map(|window| TrueWindow { window: window.clone(), max: 0, hits: 0 })
                .collect(),
            by_cl_ord_id: BTreeMap::new(),
            by_order_id: BTreeMap::new(),
            live: BTreeSet::new(),
            last: Nanos(i64::MIN),
        }
    }

    /// Signed quantity held now.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId, product: &VenueText) -> Qty {
        self.positions.get(&(instrument, *product)).copied().unwrap_or_default()
    }

    /// Every position that ever was, flat ones included.
    pub fn positions(&self) -> impl Iterator<Item = (&Key, Qty)> {
        self.positions.iter().map(|(key, qty)| (key, *qty))
    }

    /// Positions at the start.
    pub fn opening(&self) -> impl Iterator<Item = (&Key, Qty)> {
        self.opening.iter().map(|(key, qty)| (key, *qty))
    }

    /// Every position as it was at an instant.
    #[must_use]
    pub fn positions_at(&self, time: Nanos) -> BTreeMap<Key, Qty> {
        let mut positions = self.positions.clone();
        for fill in self.fills.iter().rev().take_while(|fill| fill.time > time) {
            let order = &self.orders[fill.order];
            *positions.entry(key_of(order)).or_insert(Qty::ZERO) -= order.side.signed(fill.qty);
        }
        for revision in self.revisions.iter().rev().take_while(|revision| revision.time > time) {
            let fill = &self.fills[revision.fill];
            if revision.was_px.is_none() {
                let order = &self.orders[fill.order];
                *positions.entry(key_of(order)).or_insert(Qty::ZERO) += order.side.signed(fill.qty);
            }
        }
        positions
    }

    /// What was taken back of an order.
    #[must_use]
    pub fn busted_of(&self, order: usize) -> Qty {
        let busts = self.revisions.iter().filter(|revision| revision.was_px.is_none());
        let fills = busts.map(|revision| &self.fills[revision.fill]);
        fills.filter(|fill| fill.order == order).map(|fill| fill.qty).sum()
    }

    /// Executions that were changed afterwards, oldest first.
    #[must_use]
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// Every order that came to exist, oldest first; orders of others included.
    #[must_use]
    pub fn orders(&self) -> &[TrueOrder] {
        &self.orders
    }

    /// Every execution, oldest first; those of others included.
    #[must_use]
    pub fn fills(&self) -> &[TrueFill] {
        &self.fills
    }

    /// Every change of status that is no fill, oldest first, with the position of its order.
    #[must_use]
    pub fn turns(&self) -> &[(usize, Change)] {
        &self.turns
    }

    /// Every request that arrived, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> &[TrueRequest] {
        &self.requests
    }

    /// The rate windows, in the order of the descriptor.
    #[must_use]
    pub fn windows(&self) -> &[TrueWindow] {
        &self.windows
    }

    /// Our orders that can still fill.
    pub fn open_orders(&self) -> impl Iterator<Item = &TrueOrder> {
        self.live.iter().map(|at| &self.orders[*at])
    }

    /// Positions, in [`Self::orders`], of the orders that can still fill.
    pub(super) fn live(&self) -> impl Iterator<Item = usize> {
        self.live.iter().copied()
    }

    /// What our working orders of this side may still fill.
    #[must_use]
    pub fn open_qty(&self, instrument: InstrumentId, product: &VenueText, side: Side) -> Qty {
        let open = self.open_orders().filter(|o| {
            o.cl_ord_id.is_some()
                && (o.instrument, o.side) == (instrument, side)
                && o.product == *product
        });
        open.map(TrueOrder::leaves).sum()
    }

    /// Positions, in [`Self::orders`], of the orders with this client id.
    #[must_use]
    pub fn orders_by_client_id(&self, id: &ClOrdId) -> &[usize] {
        self.by_cl_ord_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// Position, in [`Self::orders`], of the order with this id of the broker.
    #[must_use]
    pub fn order_by_id(&self, id: &VenueText) -> Option<usize> {
        self.by_order_id.get(id).copied()
    }

    /// Client ids under which more than one order came to exist.
    #[must_use]
    pub fn doubled_client_ids(&self) -> Vec<ClOrdId> {
        let twice = self.by_cl_ord_id.iter().filter(|(_, orders)| orders.len() > 1);
        twice.map(|(id, _)| *id).collect()
    }

    /// Requests that exceeded a limit by the engine's own doing.
    #[must_use]
    pub fn limit_hits(&self) -> usize {
        self.requests.iter().filter(|request| request.limit_hit).count()
    }

    /// Most arrivals in any sliding stretch of this window of the descriptor.
    #[must_use]
    pub fn max_in_window(&self, window: usize) -> usize {
        self.windows.get(window).map_or(0, |window| window.max)
    }

    /// Trades of others on the account.
    pub fn externals(&self) -> impl Iterator<Item = &TrueFill> {
        self.fills.iter().filter(|fill| fill.external)
    }

    /// Recomputes everything from the fills.
    ///
    /// # Errors
    /// A sentence that names what does not add up.
    pub fn check(&self) -> Result<(), String> {
        let mut positions = self.opening.clone();
        let mut told = vec![Qty::ZERO; self.orders.len()];
        let mut filled = told.clone();
        for fill in &self.fills {
            let order = &self.orders[fill.order];
            told[fill.order] += fill.qty;
            if fill.cum != told[fill.order] {
                return Err(format!("{}: CumQty is not the sum of the fills", fill.exec_id));
            }
            let position = positions.entry(key_of(order)).or_insert(Qty::ZERO);
            if !fill.busted {
                *position += order.side.signed(fill.qty);
                filled[fill.order] += fill.qty;
            }
        }
        if positions != self.positions {
            return Err("positions are not opening + fills + external trades".to_owned());
        }
        for (order, filled) in self.orders.iter().zip(filled) {
            if order.filled != filled || filled > order.qty {
                return Err(format!("{}: filled {filled} of {}", order.order_id, order.qty));
            }
        }
        Ok(())
    }

    /// An order comes to exist in this status.
    pub(super) fn add_order(&mut self, order: TrueOrder) -> usize {
        self.advance(order.created);
        let at = self.orders.len();
        if let Some(id) = order.cl_ord_id {
            self.by_cl_ord_id.entry(id).or_default().push(at);
        }
        self.by_order_id.insert(order.order_id, at);
        if !order.status.is_terminal() {
            self.live.insert(at);
        }
        self.orders.push(order);
        at
    }

    /// An order comes to another status.
    pub(super) fn set_status(&mut self, time: Nanos, at: usize, status: OrdStatus) {
        self.advance(time);
        let order = &mut self.orders[at];
        assert!(!order.status.is_terminal(), "{} is finished already", order.order_id);
        order.status = status;
        let change = Change { time, status, cum: order.filled };
        order.changes.push(change);
        self.turns.push((at, change));
        if status.is_terminal() {
            self.live.remove(&at);
        }
    }

    /// An execution. Its order stays in its status, except that a full fill finishes it.
    pub(super) fn add_fill(&mut self, time: Nanos, execution: &Execution, fee: Amount) -> usize {
        self.advance(time);
        let at = usize::try_from(execution.number).unwrap_or(usize::MAX);
        let external = self.orders[at].cl_ord_id.is_none();
        let number = self.fills.len() + 1;
        let order = &mut self.orders[at];
        assert!(execution.qty.0 > 0 && execution.qty <= order.leaves(), "law 1 of the truth");
        order.filled += execution.qty;
        if order.filled == order.qty {
            order.status = OrdStatus::Filled;
            self.live.remove(&at);
        }
        order.changes.push(Change { time, status: order.status, cum: order.filled });
        let (key, signed) = (key_of(order), order.side.signed(execution.qty));
        self.fills.push(TrueFill {
            exec_id: VenueText::new(&format!("E{number}")).unwrap_or_default(),
            order: at,
            qty: execution.qty,
            px: execution.px,
            cum: order.filled,
            time,
            liquidity: execution.liquidity,
            touch: execution.touch,
            fee,
            external,
            kind: ActivityKind::Trade,
            busted: false,
            tells_cum: true,
        });
        *self.positions.entry(key).or_insert(Qty::ZERO) += signed;
        let moved = if external { &mut self.external } else { &mut self.own };
        *moved.entry(key).or_insert(Qty::ZERO) += signed;
        self.conserve(&key);
        number - 1
    }

    /// The last execution is told in another way than usual.
    pub(super) fn last_fill_is(&mut self, change: impl FnOnce(&mut TrueFill)) {
        if let Some(fill) = self.fills.last_mut() {
            change(fill);
        }
    }

    /// An execution is taken back. Its order is finished, and not filled any more.
    pub(super) fn bust(&mut self, time: Nanos, at: usize) {
        self.advance(time);
        let fill = &mut self.fills[at];
        assert!(!fill.busted, "{} is taken back already", fill.exec_id);
        fill.busted = true;
        let order = &mut self.orders[fill.order];
        assert!(order.status.is_terminal(), "{} still works", order.order_id);
        order.filled -= fill.qty;
        if order.status == OrdStatus::Filled {
            order.status = OrdStatus::Canceled;
        }
        order.changes.push(Change { time, status: order.status, cum: order.filled });
        let (key, signed) = (key_of(order), order.side.signed(fill.qty));
        let moved = if fill.external { &mut self.external } else { &mut self.own };
        *moved.entry(key).or_insert(Qty::ZERO) -= signed;
        *self.positions.entry(key).or_insert(Qty::ZERO) -= signed;
        self.revisions.push(Revision { time, fill: at, was_px: None });
        self.conserve(&key);
    }

    /// The price of an execution is corrected, under a new id.
    pub(super) fn correct(&mut self, time: Nanos, at: usize, px: Px, exec_id: VenueText) {
        self.advance(time);
        let fill = &mut self.fills[at];
        self.revisions.push(Revision { time, fill: at, was_px: Some(fill.px) });
        (fill.px, fill.exec_id) = (px, exec_id);
    }

    /// An order works on other terms from now on, possibly under another id.
    pub(super) fn amend(&mut self, time: Nanos, at: usize, to: &AmendOrder, id: VenueText) {
        self.advance(time);
        let order = &mut self.orders[at];
        assert!(to.qty > order.filled, "{}: an amend leaves something to fill", order.order_id);
        (order.qty, order.px, order.order_id) = (to.qty, to.px, id);
        order.px_max = order.px_max.max(to.px);
        order.stop_px = to.stop_px.or(order.stop_px);
        self.amends.push(Amended { time, order: at, qty: to.qty, px: to.px, order_id: id });
        self.by_order_id.insert(id, at);
    }

    /// No list shows the order any more.
    pub(super) fn hide(&mut self, at: usize) {
        self.orders[at].hidden = true;
    }

    /// Every change of terms, oldest first.
    #[must_use]
    pub fn amends(&self) -> &[Amended] {
        &self.amends
    }

    fn conserve(&self, key: &Key) {
        let of = |map: &BTreeMap<Key, Qty>| map.get(key).copied().unwrap_or_default();
        let sum = of(&self.opening) + of(&self.own) + of(&self.external);
        assert!(of(&self.positions) == sum, "law 2 of the truth: {key:?}");
    }

    fn advance(&mut self, time: Nanos) {
        assert!(time >= self.last, "law 3 of the truth: {time} after {}", self.last);
        self.last = time;
    }
}

/// What an order trades.
pub(super) fn key_of(order: &TrueOrder) -> Key {
    (order.instrument, order.product)
}
