//! The state as a record: what a snapshot stores and a digest covers. Caches (open orders and
//! exposure of a holding, what follows from evidence) are left out and rebuilt.

use super::holding::HoldingState;
use super::orders::{ClosedOrder, Orders};
use super::sleeve::SleeveState;
use super::terms::Terms;
use super::{OnWire, ReconState, State};
use crate::config::{Config, Window};
use crate::event::{Freeze, Mode, RequestClass, Staged};
use crate::ids::{HoldingId, OrderNo, RequestId, SleeveId, VenueText};
use crate::limiter::{Limiter, Slots};
use crate::num::{Amount, Px, Qty};
use crate::order::evidence::{Evidence, Item};
use crate::order::shares::Share;
use crate::order::{CancelState, Hang, Order, Ticket, fold};
use crate::quote::Quote;
use crate::record::{DecodeError, Field, Record, Sink, Source, records};
use crate::time::Nanos;

records! {
    /// A holding as it is stored.
    pub struct HoldingRow {
        /// See [`HoldingState`] for all fields.
        pub declared: bool = 1,
        /// Declared target.
        pub emitted: Qty = 2,
        /// On the lot grid.
        pub rounded: Qty = 3,
        /// Strategy's position.
        pub own: Qty = 4,
        /// Manual position.
        pub manual: Qty = 5,
        /// Waived as dropped.
        pub dropped: Qty = 6,
        /// Waived as refused.
        pub rejected: Qty = 7,
        /// Freeze.
        pub frozen: Option<Freeze> = 8,
        /// Pause.
        pub paused: Nanos = 9,
        /// Refusals in a row.
        pub streak: u32 = 10,
        /// Last code.
        pub code: u32 = 11,
        /// Skips.
        pub skips: u32 = 12,
        /// Differing reads.
        pub differing: u32 = 13,
        /// What they show.
        pub broker: Qty = 14,
        /// First of them.
        pub differ_seq: u64 = 15,
        /// Placeholder.
        pub placeholder: Qty = 16,
        /// Its time.
        pub placeholder_time: Nanos = 17,
        /// Last movement.
        pub moved_seq: u64 = 18,
        /// Its time.
        pub moved: Nanos = 19,
        /// Ladder.
        pub staged: Staged = 20,
        /// Place in the queue.
        pub queued: u64 = 21,
        /// Cash.
        pub cash: Amount = 22,
        /// Value at the last day end.
        pub day_base: Amount = 23,
        /// Mark.
        pub mark: Option<Quote> = 24,
        /// Releases.
        pub releases: Vec<Nanos> = 25,
        /// People were told.
        pub told: bool = 26,
        /// Record of the present target.
        pub target_seq: u64 = 27,
        /// Price of the placeholder.
        pub placeholder_px: Px = 28,
        /// How the target was declared.
        pub terms: Terms = 50,
        /// When the present need became due.
        pub begun: Nanos = 40,
        /// Position then.
        pub from: Qty = 41,
        /// Mid then.
        pub arrival: Px = 42,
        /// Patience of what was replaced.
        pub carried: Nanos = 43,
        /// The last rung was reached.
        pub banded: bool = 44,
        /// Unwound.
        pub unwound: bool = 45,
        /// Protective stop.
        pub stop_px: Option<Px> = 46,
        /// Volume of others when the need began.
        pub traded_from: Option<Qty> = 47,
        /// Volume of others.
        pub traded: Qty = 48,
        /// Strategies, where several trade it.
        pub sleeves: Vec<SleeveState> = 60,
        /// A flatten asked for nothing.
        pub flattened: Option<bool> = 64,
        /// The part of the placeholder that is of strategies; all of it where absent.
        pub placed_own: Option<Qty> = 65,
    }

    /// An order as it is stored.
    pub struct OrderState {
        /// What was asked for.
        pub ticket: Ticket = 1,
        /// The broker's id.
        pub order_id: Option<VenueText> = 2,
        /// Evidence.
        pub items: Vec<Item> = 3,
        /// Our cancel.
        pub cancel: Option<CancelState> = 4,
        /// Next lookup.
        pub lookup: Nanos = 5,
        /// Unresolved since.
        pub unresolved_since: Nanos = 6,
        /// When it closed, if it did.
        pub closed: Option<Nanos> = 7,
        /// Record of its release.
        pub released_seq: u64 = 8,
        /// Waived as dropped.
        pub dropped: Qty = 9,
        /// Waived as refused.
        pub rejected: Qty = 10,
        /// Record of the waiver.
        pub waived_seq: u64 = 11,
        /// Since when its patience counts.
        pub since: Nanos = 12,
        /// What of the waiver is whose.
        pub waived: Vec<Share> = 20,
        /// Pending or being cancelled since.
        pub hung: Option<Nanos> = 64,
        /// It is being cancelled.
        pub cancelling: Option<bool> = 65,
        /// Missing in a list of open orders.
        pub missed: Option<bool> = 66,
        /// Under another instrument than the one sent.
        pub misplaced: Option<bool> = 67,
    }

    /// A slot that a request without an answer holds.
    pub struct OpenSlot {
        /// Which request.
        pub request: RequestId = 1,
        /// Until.
        pub until: Nanos = 2,
    }

    /// A window as it is stored.
    pub struct SlotsRow {
        /// The window.
        pub window: Window = 1,
        /// Open slots.
        pub open: Vec<OpenSlot> = 2,
        /// Closing slots.
        pub closing: Vec<Nanos> = 3,
    }

    /// A request on the wire as it is stored.
    pub struct WireRow {
        /// Its number.
        pub request: RequestId = 1,
        /// What it is.
        pub class: RequestClass = 2,
        /// Its order.
        pub order: Option<OrderNo> = 3,
        /// When.
        pub asked: Nanos = 4,
        /// Where in the journal.
        pub asked_seq: u64 = 5,
    }

    /// Reconciliation as it is stored.
    pub struct ReconRow {
        /// See [`ReconState`] for all fields.
        pub baseline: bool = 1,
        /// End of the last round.
        pub ended: Nanos = 2,
        /// Suspicious.
        pub suspicious: bool = 3,
        /// Present round.
        pub round: u64 = 4,
        /// Orders read.
        pub orders_seq: u64 = 5,
        /// Activity read.
        pub activity_seq: u64 = 6,
        /// External executions.
        pub externals: Vec<VenueText> = 7,
        /// Baseline time.
        pub since: Nanos = 8,
        /// The last round compared.
        pub compared: bool = 9,
        /// The present round reads orders whatever is known.
        pub thorough: bool = 10,
        /// Activity was last asked for.
        pub activity_tried: Nanos = 11,
        /// The last good read of activity was asked.
        pub activity_asked: Nanos = 12,
        /// The next round reads all orders.
        pub all_orders: Option<bool> = 64,
        /// Reads without an answer.
        pub unanswered: Option<u32> = 65,
        /// The clock was asked for.
        pub clock_asked: Option<Nanos> = 66,
        /// The broker's clock minus ours.
        pub ahead_ns: Option<i64> = 67,
        /// Open orders read.
        pub open_seq: Option<u64> = 68,
    }

    /// The state as it is stored.
    pub struct Snapshot {
        /// See [`State`] for all fields.
        pub seq: u64 = 1,
        /// Time of the last event.
        pub now: Nanos = 2,
        /// Epoch.
        pub epoch: u64 = 3,
        /// Last request.
        pub last_request: u64 = 4,
        /// Mode.
        pub mode: Mode = 5,
        /// Links.
        pub links_up: Vec<bool> = 6,
        /// Holdings.
        pub holdings: Vec<HoldingRow> = 7,
        /// Hot orders.
        pub orders: Vec<OrderState> = 8,
        /// Last order.
        pub last_order: u64 = 9,
        /// Chain of closed orders, high and low half.
        pub closed_high: u64 = 10,
        /// Low half.
        pub closed_low: u64 = 11,
        /// Windows.
        pub slots: Vec<SlotsRow> = 12,
        /// Silence.
        pub silent_until: Nanos = 13,
        /// Strikes.
        pub strikes: u32 = 14,
        /// On the wire.
        pub wire: Vec<WireRow> = 15,
        /// Reconciliation.
        pub recon: ReconRow = 16,
        /// Orders today.
        pub orders_today: u32 = 17,
        /// Day.
        pub day: i64 = 18,
        /// Closed orders without a price.
        pub unpriced: Vec<OrderNo> = 20,
        /// Free margin.
        pub margin: Option<Amount> = 50,
        /// Strategies that are switched off.
        pub disabled: Vec<SleeveId> = 40,
        /// Closed orders inside the replay horizon; not part of the digest, which has their chain.
        pub closed: Vec<OrderState> = 19,
        /// The next probe while a login is needed.
        pub probe: Option<Nanos> = 64,
        /// No reads before.
        pub reads_until: Option<Nanos> = 65,
        /// Own orders are cancelled.
        pub swept: Option<bool> = 66,
        /// Where in the journal the last flatten began.
        pub flatten_seq: Option<u64> = 67,
    }
}

/// A flag that is stored only when it is set.
fn set(flag: bool) -> Option<bool> {
    flag.then_some(true)
}

/// An instant that is stored only when there was one.
fn known(at: Nanos) -> Option<Nanos> {
    (at.0 != i64::MIN).then_some(at)
}

fn order_state(order: &Order, closed: Option<Nanos>) -> OrderState {
    OrderState {
        ticket: order.ticket.clone(),
        order_id: order.order_id,
        items: order.evidence.items().to_vec(),
        cancel: order.cancel.clone(),
        lookup: order.lookup,
        unresolved_since: order.unresolved_since,
        closed,
        released_seq: order.released_seq,
        dropped: order.dropped,
        rejected: order.rejected,
        waived_seq: order.waived_seq,
        since: order.since,
        waived: order.waived.clone(),
        hung: order.hung.map(|hang| hang.since),
        cancelling: order.hung.map(|hang| hang.cancelling),
        missed: set(order.missed),
        misplaced: set(order.misplaced),
    }
}

fn order_from(row: OrderState, trust: fold::Trust) -> Order {
    let evidence = Evidence::from_items(row.items);
    let known = fold::fold(&evidence, row.ticket.qty, trust);
    Order {
        ticket: row.ticket,
        order_id: row.order_id,
        evidence,
        known,
        cancel: row.cancel,
        lookup: row.lookup,
        unresolved_since: row.unresolved_since,
        released_seq: row.released_seq,
        dropped: row.dropped,
        rejected: row.rejected,
        waived_seq: row.waived_seq,
        since: row.since,
        waived: row.waived,
        hung: row.hung.map(|since| Hang { since, cancelling: row.cancelling == Some(true) }),
        missed: row.missed == Some(true),
        misplaced: row.misplaced == Some(true),
    }
}

fn holding_row(h: &HoldingState) -> HoldingRow {
    HoldingRow {
        declared: h.declared,
        emitted: h.emitted,
        rounded: h.rounded,
        own: h.own,
        manual: h.manual,
        dropped: h.dropped,
        rejected: h.rejected,
        frozen: h.frozen,
        paused: h.paused,
        streak: h.streak,
        code: h.code,
        skips: h.skips,
        differing: h.differing,
        broker: h.broker,
        differ_seq: h.differ_seq,
        placeholder: h.placeholder,
        placeholder_time: h.placeholder_time,
        moved_seq: h.moved_seq,
        moved: h.moved,
        staged: h.staged.clone(),
        queued: h.queued,
        cash: h.cash,
        day_base: h.day_base,
        mark: h.mark,
        releases: h.releases.iter().copied().collect(),
        told: h.told,
        target_seq: h.target_seq,
        placeholder_px: h.placeholder_px,
        terms: h.terms.clone(),
        begun: h.begun,
        from: h.from,
        arrival: h.arrival,
        carried: h.carried,
        banded: h.banded,
        unwound: h.unwound,
        stop_px: h.stop_px,
        traded_from: h.traded_from,
        traded: h.traded,
        sleeves: h.sleeves.clone(),
        flattened: set(h.flattened),
        placed_own: (h.placed_own != h.placeholder).then_some(h.placed_own),
    }
}

fn holding_from(row: HoldingRow) -> HoldingState {
    HoldingState {
        declared: row.declared,
        emitted: row.emitted,
        rounded: row.rounded,
        own: row.own,
        manual: row.manual,
        dropped: row.dropped,
        rejected: row.rejected,
        frozen: row.frozen,
        paused: row.paused,
        streak: row.streak,
        code: row.code,
        skips: row.skips,
        differing: row.differing,
        broker: row.broker,
        differ_seq: row.differ_seq,
        placeholder: row.placeholder,
        placed_own: row.placed_own.unwrap_or(row.placeholder),
        placeholder_time: row.placeholder_time,
        moved_seq: row.moved_seq,
        moved: row.moved,
        staged: row.staged,
        queued: row.queued,
        cash: row.cash,
        day_base: row.day_base,
        mark: row.mark,
        releases: row.releases.into(),
        told: row.told,
        target_seq: row.target_seq,
        placeholder_px: row.placeholder_px,
        terms: row.terms,
        begun: row.begun,
        from: row.from,
        arrival: row.arrival,
        carried: row.carried,
        banded: row.banded,
        unwound: row.unwound,
        flattened: row.flattened == Some(true),
        stop_px: row.stop_px,
        traded_from: row.traded_from,
        traded: row.traded,
        sleeves: row.sleeves,
        open: Vec::new(),
        buying: Qty::ZERO,
        selling: Qty::ZERO,
    }
}

fn slots_row(slots: &Slots) -> SlotsRow {
    let open =
        slots.open.iter().map(|(request, until)| OpenSlot { request: *request, until: *until });
    SlotsRow {
        window: slots.window.clone(),
        open: open.collect(),
        closing: slots.closing.iter().copied().collect(),
    }
}

impl State {
    /// The state as a record. `with_closed` adds the orders that are kept for late messages.
    #[must_use]
    pub fn snapshot(&self, with_closed: bool) -> Snapshot {
        let closed = self.orders.closed_orders().filter(|_| with_closed);
        Snapshot {
            seq: self.seq,
            now: self.now,
            epoch: self.epoch,
            last_request: self.last_request,
            mode: self.mode,
            links_up: self.links_up.to_vec(),
            holdings: self.holdings.iter().map(holding_row).collect(),
            orders: self.orders.open.values().map(|o| order_state(o, None)).collect(),
            last_order: self.orders.last,
            closed_high: (self.orders.closed_digest >> 64) as u64,
            closed_low: self.orders.closed_digest as u64,
            slots: self.limiter.slots.iter().map(slots_row).collect(),
            silent_until: self.limiter.silent_until,
            strikes: self.limiter.strikes,
            wire: self
                .wire
                .iter()
                .map(|(request, w)| WireRow {
                    request: *request,
                    class: w.class,
                    order: w.order,
                    asked: w.asked,
                    asked_seq: w.asked_seq,
                })
                .collect(),
            recon: ReconRow {
                baseline: self.recon.baseline,
                ended: self.recon.ended,
                suspicious: self.recon.suspicious,
                round: self.recon.round,
                orders_seq: self.recon.orders_seq,
                activity_seq: self.recon.activity_seq,
                externals: self.recon.externals.iter().copied().collect(),
                since: self.recon.since,
                compared: self.recon.compared,
                thorough: self.recon.thorough,
                activity_tried: self.recon.activity_tried,
                activity_asked: self.recon.activity_asked,
                all_orders: set(self.recon.all_orders),
                unanswered: Some(self.recon.unanswered).filter(|n| *n > 0),
                clock_asked: known(self.recon.clock_asked),
                ahead_ns: Some(self.recon.ahead_ns).filter(|ns| *ns != 0),
                open_seq: Some(self.recon.open_seq).filter(|seq| *seq > 0),
            },
            orders_today: self.orders_today,
            day: self.day,
            margin: self.margin,
            unpriced: self.orders.unpriced.iter().copied().collect(),
            disabled: self.disabled.iter().copied().collect(),
            closed: closed.map(|c| order_state(&c.order, Some(c.at))).collect(),
            probe: self.limiter.probe,
            reads_until: known(self.limiter.reads_until),
            swept: set(self.swept),
            flatten_seq: Some(self.flatten_seq).filter(|seq| *seq > 0),
        }
    }

    /// The state a snapshot was taken of.
    #[must_use]
    pub fn restore(config: &Config, snapshot: Snapshot) -> Self {
        let mut state = Self::new(config);
        state.seq = snapshot.seq;
        state.now = snapshot.now;
        state.epoch = snapshot.epoch;
        state.last_request = snapshot.last_request;
        state.mode = snapshot.mode;
        for (up, stored) in state.links_up.iter_mut().zip(&snapshot.links_up) {
            *up = *stored;
        }
        state.holdings = snapshot.holdings.into_iter().map(holding_from).collect();
        state.limiter = Limiter {
            slots: snapshot.slots.into_iter().map(slots_from).collect(),
            silent_until: snapshot.silent_until,
            strikes: snapshot.strikes,
            probe: snapshot.probe,
            reads_until: snapshot.reads_until.unwrap_or(Nanos(i64::MIN)),
        };
        state.swept = snapshot.swept == Some(true);
        state.flatten_seq = snapshot.flatten_seq.unwrap_or(0);
        for row in snapshot.wire {
            let (class, order) = (row.class, row.order);
            let on_wire = OnWire { class, order, asked: row.asked, asked_seq: row.asked_seq };
            state.wire.insert(row.request, on_wire);
        }
        let recon = snapshot.recon;
        state.recon = ReconState {
            baseline: recon.baseline,
            ended: recon.ended,
            suspicious: recon.suspicious,
            round: recon.round,
            orders_seq: recon.orders_seq,
            activity_seq: recon.activity_seq,
            externals: recon.externals.into_iter().collect(),
            since: recon.since,
            compared: recon.compared,
            thorough: recon.thorough,
            activity_tried: recon.activity_tried,
            activity_asked: recon.activity_asked,
            all_orders: recon.all_orders == Some(true),
            unanswered: recon.unanswered.unwrap_or_default(),
            clock_asked: recon.clock_asked.unwrap_or(Nanos(i64::MIN)),
            ahead_ns: recon.ahead_ns.unwrap_or_default(),
            open_seq: recon.open_seq.unwrap_or_default(),
        };
        state.disabled = snapshot.disabled.into_iter().collect();
        (state.orders_today, state.day) = (snapshot.orders_today, snapshot.day);
        state.margin = snapshot.margin;
        let trust = fold::Trust::from(&config.descriptor);
        state.orders = orders_from(snapshot.orders, snapshot.closed, trust);
        state.orders.last = snapshot.last_order;
        state.orders.unpriced = snapshot.unpriced.into_iter().collect();
        state.orders.closed_digest =
            u128::from(snapshot.closed_high) << 64 | u128::from(snapshot.closed_low);
        state.rebuild_caches();
        state
    }

    fn rebuild_caches(&mut self) {
        for order in self.orders.open.values() {
            let Some(h) = self.holdings.get_mut(order.ticket.holding.ix()) else { continue };
            h.open.push(order.ticket.order);
            h.expose(&order.ticket, order.leaves());
        }
        for at in 0..self.holdings.len() {
            if let Ok(at) = u32::try_from(at) {
                self.refresh_busy(HoldingId(at));
            }
        }
    }
}

fn slots_from(row: SlotsRow) -> Slots {
    Slots {
        window: row.window,
        open: row.open.into_iter().map(|slot| (slot.request, slot.until)).collect(),
        closing: row.closing.into(),
    }
}

fn orders_from(open: Vec<OrderState>, closed: Vec<OrderState>, trust: fold::Trust) -> Orders {
    let mut rows: Vec<OrderState> = open.into_iter().chain(closed).collect();
    rows.sort_by_key(|row| row.ticket.order);
    let mut orders = Orders::default();
    for row in rows {
        match row.closed {
            Some(at) => orders.restore_closed(ClosedOrder { order: order_from(row, trust), at }),
            None => orders.add(order_from(row, trust)),
        }
    }
    orders
}

/// For the digest: the state without the closed orders, whose chain is part of it.
impl Record for State {
    fn write<S: Sink>(&self, sink: &mut S) {
        self.snapshot(false).write(sink);
    }

    fn read(_source: &mut Source<'_>) -> Result<Self, DecodeError> {
        // A state needs its configuration: see `restore`.
        Err(DecodeError::WrongShape)
    }
}

impl Field for State {
    type Slot = Option<Self>;
    fn put<S: Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
        sink.open(tag, name);
        self.write(sink);
        sink.close();
    }
    fn take(_slot: &mut Option<Self>, _source: &mut Source<'_>) -> Result<(), DecodeError> {
        Err(DecodeError::WrongShape)
    }
    fn done(_slot: Option<Self>, name: &'static str) -> Result<Self, DecodeError> {
        Err(DecodeError::Missing(name))
    }
}
