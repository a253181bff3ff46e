//! The scripted venue: the truth of a scenario. Nothing in it moves by itself.
//!
//! Entry points: [`Venue`], [`order::Order`]. What it answers is in `rows`, what the script does to
//! it in `deeds`, how it treats writes that the script says nothing about in `usual`.
//!
//! Invariants:
//! 1. An order without a status is on the wire: the venue does not know it.
//! 2. A position is what the fills and the changes by others sum to, nothing else.

mod deeds;
pub(crate) mod order;
mod rows;
mod usual;

pub(crate) use rows::{Reader, decode_size};
pub(crate) use usual::{Cancelled, Filled};

use crate::names::Names;
use crate::scenario::{Broker, GivenOrder, Owner, Scenario};
use order::Order;
use std::collections::BTreeMap;
use truefill_core::ids::{ClOrdId, InstrumentId, VenueText, cl_ord_id};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{ActivityKind, OrdStatus};
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};

/// A row of account activity.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    /// What it is.
    pub kind: ActivityKind,
    /// Its id.
    pub id: VenueText,
    /// Position of its order in [`Venue::orders`].
    pub order: Option<usize>,
    /// Of what.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// How much, positive.
    pub qty: Qty,
    /// At what price.
    pub px: Px,
    /// What the venue kept of it.
    pub kept: Option<Qty>,
    /// When.
    pub time: Nanos,
}

/// The truth.
#[derive(Clone, Debug)]
pub(crate) struct Venue {
    /// All orders ever sent or made, in order.
    pub orders: Vec<Order>,
    /// Account activity, in order.
    pub activity: Vec<Activity>,
    /// Positions by instrument.
    pub positions: Vec<Qty>,
    /// Bid and ask by instrument.
    pub quotes: Vec<(Px, Px)>,
    /// Which order the script means by a name.
    by_name: BTreeMap<String, usize>,
    /// What the script calls changes by others.
    externals: BTreeMap<String, (InstrumentId, ActivityKind)>,
    broker: Broker,
    /// Share of a bought quantity that is kept, by instrument.
    fee_base: Vec<Qty>,
    ids: u64,
    rows: u64,
}

/// Price of a symbol of which nothing is said.
const USUAL_PX: Px = Px::whole(100);

impl Venue {
    /// The venue as a scenario begins.
    pub fn new(scenario: &Scenario, names: &Names, seed_epoch: u64) -> Self {
        let given = &scenario.given;
        let quote = |s: &String| given.market.get(s).copied().unwrap_or((USUAL_PX, USUAL_PX));
        let fee = |s: &String| given.instruments.get(s).map_or(Qty::ZERO, |rules| rules.fee_base);
        let mut venue = Self {
            orders: Vec::new(),
            activity: Vec::new(),
            positions: vec![Qty::ZERO; names.symbols().len()],
            quotes: names.symbols().iter().map(quote).collect(),
            by_name: BTreeMap::new(),
            externals: BTreeMap::new(),
            broker: scenario.broker.clone(),
            fee_base: names.symbols().iter().map(fee).collect(),
            ids: 0,
            rows: 0,
        };
        for (symbol, qty) in &given.positions {
            venue.positions[names.instrument(symbol).ix()] = *qty;
        }
        let closed = given.closed_orders.iter().map(|order| (order, true));
        let all = closed.chain(given.open_orders.iter().map(|order| (order, false)));
        for (serial, (order, closed)) in (1..).zip(all) {
            let id = (!order.manual).then(|| cl_ord_id(seed_epoch, serial));
            venue.given(order, closed, id, names, given.now);
        }
        venue
    }

    fn given(
        &mut self,
        given: &GivenOrder,
        closed: bool,
        cl_ord_id: Option<ClOrdId>,
        names: &Names,
        now: Nanos,
    ) {
        let created = now.plus(-given.age_ms.saturating_mul(MILLI_NS));
        let owner = if given.manual { Owner::Manual } else { Owner::Engine };
        let instrument = names.instrument(&given.symbol);
        let status = match (closed, given.filled >= given.qty) {
            (false, _) => OrdStatus::Open,
            (true, true) => OrdStatus::Filled,
            (true, false) => OrdStatus::Canceled,
        };
        let id = given.venue_id.unwrap_or_else(|| self.next_id());
        let at = self.orders.len();
        self.orders.push(Order {
            name: given.name.clone(),
            cl_ord_id,
            owner,
            id: Some(id),
            planned: None,
            instrument,
            side: given.side,
            qty: given.qty,
            px: given.px,
            cum: given.filled,
            status: Some(status),
            code: None,
            created,
            next: None,
            excused: false,
            misses: 0,
        });
        self.by_name.insert(given.name.clone(), at);
        let told: Qty = given.fills.iter().map(|fill| fill.qty).sum();
        for fill in &given.fills {
            self.row_of(at, fill.id, fill.qty, fill.px, None, created);
        }
        if given.filled > told {
            let id = VenueText::new(&format!("g-{}", given.name)).unwrap_or_default();
            self.row_of(at, id, given.filled - told, given.px, None, created);
        }
    }

    /// Adds the activity row of an execution.
    fn row_of(
        &mut self,
        at: usize,
        id: VenueText,
        qty: Qty,
        px: Px,
        kept: Option<Qty>,
        time: Nanos,
    ) {
        let (instrument, side) = (self.orders[at].instrument, self.orders[at].side);
        let kind = ActivityKind::Trade;
        let order = Some(at);
        self.activity.push(Activity { kind, id, order, instrument, side, qty, px, kept, time });
    }

    fn next_id(&mut self) -> VenueText {
        loop {
            self.ids += 1;
            let id = VenueText::new(&format!("V{}", self.ids)).unwrap_or_default();
            let taken = |o: &Order| o.id == Some(id) || o.planned == Some(id);
            if !self.orders.iter().any(taken) {
                return id;
            }
        }
    }

    /// The next id of a row that the venue makes by itself.
    fn next_row(&mut self) -> VenueText {
        self.rows += 1;
        VenueText::new(&format!("t-{}", self.rows)).unwrap_or_default()
    }

    /// An order leaves the engine: it is on the wire.
    pub fn sent(&mut self, order: Order) -> usize {
        self.orders.push(order);
        self.orders.len() - 1
    }

    /// The script gives an order its name, and perhaps the id it will have.
    pub fn call(&mut self, at: usize, name: &str, planned: Option<VenueText>) {
        self.orders[at].name = name.to_owned();
        self.orders[at].planned = planned;
        self.by_name.insert(name.to_owned(), at);
    }

    /// The order of a name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// What the script calls a change by others.
    pub fn external(&self, name: &str) -> Option<(InstrumentId, ActivityKind)> {
        self.externals.get(name).copied()
    }

    /// The order that a request means by its ids: the latest that both fit, else the latest of
    /// the venue's id, else the one of ours.
    pub fn find(&self, ours: &ClOrdId, theirs: Option<&VenueText>) -> Option<usize> {
        let is_ours = |o: &Order| o.cl_ord_id.as_ref() == Some(ours);
        let is_theirs = |o: &Order| theirs.is_some() && o.id.as_ref() == theirs;
        let both = self.orders.iter().rposition(|o| is_ours(o) && is_theirs(o));
        both.or_else(|| self.orders.iter().rposition(is_theirs))
            .or_else(|| self.orders.iter().rposition(is_ours))
    }

    /// The id of an order; one that the venue does not know yet gets the one it will have.
    pub fn id_of(&mut self, at: usize) -> VenueText {
        if let Some(id) = self.orders[at].id.or(self.orders[at].planned) {
            return id;
        }
        let id = self.next_id();
        self.orders[at].planned = Some(id);
        id
    }

    /// The venue knows the order from now on.
    pub fn known(&mut self, at: usize, status: OrdStatus, now: Nanos) {
        let id = self.id_of(at);
        let order = &mut self.orders[at];
        if order.status.is_none() {
            (order.id, order.status, order.created) = (Some(id), Some(status), now);
        }
    }

    /// Open quantity of own orders on a side: what works, and what may.
    pub fn exposure(&self, instrument: InstrumentId, side: Side) -> Qty {
        let own = self.orders.iter().filter(|o| o.owner == Owner::Engine);
        let of = own.filter(|o| o.instrument == instrument && o.side == side);
        of.map(Order::exposure).sum()
    }

    /// Open quantity of own orders, both sides.
    pub fn working(&self, instrument: InstrumentId) -> Qty {
        let own = self.orders.iter().filter(|o| o.owner == Owner::Engine);
        own.filter(|o| o.instrument == instrument).map(Order::leaves).sum()
    }
}
