//! The journal as a scenario begins: opening positions, orders of the past and the present,
//! targets. It is written as a start of long ago, so that what the engine recovers from it is what
//! it would have known by itself.

use crate::names::Names;
use crate::scenario::Scenario;
use crate::venue::{Venue, order};
use truefill_core::alert::AlertCode;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::engine::session::trading_day;
use truefill_core::event::{
    Closed, Corrected, DayCounted, DriftClass, Event, Learned, Released, RoundEnded, SlotsUsed,
    Started,
};
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, RequestId, SleeveId, parse_cl_ord_id};
use truefill_core::input::{Envelope, Input, Target};
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::{Ack, Item, Proof};
use truefill_core::order::shares::Share;
use truefill_core::order::{Intent, Rule, Ticket};
use truefill_core::report::FillReport;
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_journal::{Batch, JournalError, MemoryStore, SegmentStart, Store};

/// Which program wrote the beginning: not the one that decides, so it is not decided again.
const BUILD: &str = "scenario";
/// The beginning is so much older than everything in it.
const BEFORE_NS: i64 = 86_400 * SECOND_NS;

/// When the journal of a scenario begins.
pub(super) fn begins(scenario: &Scenario) -> Nanos {
    let oldest = scenario.given.orders().map(|order| order.age_ms).max().unwrap_or(0);
    scenario.given.now.plus(-oldest.saturating_mul(MILLI_NS)).plus(-BEFORE_NS)
}

/// The epoch of the start that is in it.
pub(super) fn epoch(scenario: &Scenario) -> u64 {
    u64::try_from(begins(scenario).0 / MILLI_NS).unwrap_or(1).max(1)
}

struct Seed<'a> {
    engine: Engine,
    batch: Batch,
    names: &'a Names,
    venue: &'a Venue,
    scenario: &'a Scenario,
    alerts: Vec<AlertCode>,
}

/// The journal of a scenario, and what was said of its targets when they were declared.
pub(super) fn journal(
    scenario: &Scenario,
    names: &Names,
    venue: &Venue,
    config: &Config,
) -> Result<(MemoryStore, Vec<AlertCode>), JournalError> {
    let mut store = MemoryStore::new();
    let at = begins(scenario);
    store.open_segment(&SegmentStart::new(at, epoch(scenario), BUILD, config))?;
    let engine = Engine::new(config.clone()).map_err(|why| JournalError::Unfit { why })?;
    let mut seed = Seed { engine, batch: Batch::new(), names, venue, scenario, alerts: Vec::new() };
    seed.all(at);
    store.append(&seed.batch)?;
    Ok((store, seed.alerts))
}

impl Seed<'_> {
    fn add(&mut self, at: Nanos, event: &Event) {
        self.engine.replay(at, event);
        self.batch.event(at, event);
    }

    fn all(&mut self, at: Nanos) {
        let now = self.scenario.given.now;
        self.add(at, &Event::Started(Started { epoch: epoch(self.scenario), first: true }));
        self.add(at, &Event::RoundEnded(RoundEnded { compared: true }));
        self.positions(at);
        for order in &self.venue.orders {
            self.order(order, now);
        }
        self.counts(now);
        for (symbol, qty) in &self.scenario.given.targets {
            let target = Target {
                sleeve: SleeveId(1),
                holding: self.names.holding(symbol),
                qty: *qty,
                decided: now,
                px: None,
                reopen: false,
                stop_px: None,
            };
            let input = Input::Target(target);
            let envelope = Envelope { now, marks: Vec::new(), input };
            let step = self.engine.step(&envelope);
            self.batch.step(&envelope, &step.events);
            self.alerts.extend(step.events.iter().filter_map(|event| match event {
                Event::Alert(alert) => Some(alert.code),
                _ => None,
            }));
        }
    }

    /// What is held, less what the orders below will book of it.
    fn positions(&mut self, at: Nanos) {
        for (ix, held) in self.venue.positions.clone().into_iter().enumerate() {
            let Ok(ix) = u32::try_from(ix) else { break };
            let own = self.venue.orders.iter().filter(|o| o.cl_ord_id.is_some());
            let of = own.filter(|o| o.instrument == InstrumentId(ix));
            let booked: Qty = of.map(|o| o.side.signed(o.cum)).sum();
            let own = held - booked;
            if own.is_zero() {
                continue;
            }
            let holding = HoldingId(ix);
            let shared = self.names.strategies().len() > 1;
            let share = Share { sleeve: SleeveId(1), qty: own };
            self.add(
                at,
                &Event::Corrected(Corrected {
                    holding,
                    class: DriftClass::Opening,
                    manual: Qty::ZERO,
                    own,
                    px: Some(Px::whole(100)),
                    effective: at,
                    placeholder: false,
                    exec_id: None,
                    shares: if shared { vec![share] } else { Vec::new() },
                }),
            );
        }
    }

    fn order(&mut self, order: &order::Order, now: Nanos) {
        let Some(cl_ord_id) = order.cl_ord_id else { return };
        let Some((_, serial)) = parse_cl_ord_id(&cl_ord_id) else { return };
        let given = self.scenario.given.orders().find(|given| given.name == order.name);
        let sleeve = given.map_or(SleeveId(1), |given| self.names.sleeve(&given.strategy));
        let position = self.venue.positions.get(order.instrument.ix()).copied();
        let position = position.unwrap_or_default();
        let reduces = !position.is_zero() && (position.0 > 0) != (order.side == Side::Buy);
        let shared = self.names.strategies().len() > 1;
        let no = OrderNo(serial);
        let ticket = Ticket {
            order: no,
            cl_ord_id,
            request: RequestId(0),
            holding: HoldingId(order.instrument.0),
            side: order.side,
            qty: order.qty,
            px: order.px,
            intent: if reduces { Intent::Exit } else { Intent::Entry },
            released: order.created,
            arrival: order.px,
            rule: Rule::Found,
            step: 0,
            stop_px: None,
            shares: if shared { vec![Share { sleeve, qty: order.qty }] } else { Vec::new() },
        };
        let at = order.created;
        self.add(at, &Event::Released(Released { ticket }));
        let order_id = order.id.unwrap_or_default();
        let ack = Item::Ack(Ack { order_id, time: Some(at) });
        self.learn(at, no, ack);
        let mut cum = Qty::ZERO;
        let named = self.scenario.broker.fill_ids != truefill_core::config::FillIds::None;
        for row in self.venue.activity.clone() {
            let mine = row.order.is_some_and(|at| self.venue.orders[at].name == order.name);
            if !mine {
                continue;
            }
            cum += row.qty;
            let fill = FillReport {
                exec_id: if named { row.id } else { Default::default() },
                qty: row.qty,
                px: row.px,
                cum: Some(cum),
                liquidity: None,
                touch: None,
                fee: None,
                time: row.time,
                kept: row.kept,
            };
            self.learn(at, no, Item::Fill(fill));
        }
        if let Some(status) = order.status.filter(|_| order.is_done()) {
            self.learn(at, no, Item::Proof(Proof { status, code: None }));
            let none = Qty::ZERO;
            let (order, dropped, rejected, shares) = (no, none, none, Vec::new());
            self.add(now, &Event::Closed(Closed { order, dropped, rejected, shares }));
        }
    }

    fn learn(&mut self, at: Nanos, order: OrderNo, item: Item) {
        self.add(at, &Event::Learned(Learned { order, item, mark: None }));
    }

    /// Orders and slots of the day that are used.
    fn counts(&mut self, now: Nanos) {
        let given = &self.scenario.given;
        let days = (0..self.names.symbols().len()).filter_map(|at| u32::try_from(at).ok());
        let day = days.map(|at| trading_day(self.engine.config(), InstrumentId(at), now)).max();
        if let Some(day) = day {
            let orders = given.orders_today;
            self.add(now, &Event::DayCounted(DayCounted { day, orders }));
        }
        for (window, limit) in given.limits.iter().enumerate().filter(|(_, limit)| limit.used > 0) {
            let Ok(window) = u32::try_from(window) else { break };
            let until = now.plus(limit.per_ms.saturating_mul(MILLI_NS));
            self.add(now, &Event::SlotsUsed(SlotsUsed { window, n: limit.used, until }));
        }
    }
}
