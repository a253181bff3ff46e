//! The broker through its bytes: what the engine's half of the wire hears.

mod amends;
mod faults;
mod hostile;
mod limits;
mod plain;
mod swarm;

use std::collections::BTreeMap;

use super::{Broker, Delivery, World};
use crate::faults::{FaultKind, Faults, Setting};
use crate::network::Latency;
use truefill_core::config::*;
use truefill_core::ids::*;
use truefill_core::input::Channel;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::*;
use truefill_core::request::*;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_venue::{ClientCodec, ReferenceCodec, StreamFrame};

const X: InstrumentId = InstrumentId(0);
const Y: InstrumentId = InstrumentId(1);
/// 2026-11-24T00:00:00Z.
const START: Nanos = Nanos(1_795_478_400 * SECOND_NS);
/// Every way takes this long.
const WAY_NS: i64 = 10 * MILLI_NS;

fn config() -> Config {
    let instrument = |symbol: &str| Instrument {
        symbol: symbol.to_owned(),
        tick: Px::whole(1),
        lot: Qty::whole(1),
        min_qty: Qty::whole(1),
        max_qty: None,
        min_notional: Amount::ZERO,
        multiplier: Qty::whole(1),
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    };
    let holding = |instrument, product: &str| Holding {
        instrument,
        product: VenueText::new(product).unwrap(),
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    };
    let (entry, exit) = (Policy::default(), Policy::default());
    let window = |scope| Window { n: 1000, per_ns: SECOND_NS, scope };
    Config {
        account: "A".to_owned(),
        instruments: vec![instrument("X"), instrument("Y")],
        holdings: vec![holding(X, "CNC"), holding(Y, "CNC")],
        strategies: vec![Strategy::new("S".to_owned(), entry, exit)],
        descriptor: Descriptor {
            windows: vec![window(Scope::Orders), window(Scope::Reads)],
            ..Descriptor::default()
        },
        risk: Risk::default(),
        recon: Recon::default(),
        digest_every: 1,
        replay_horizon_ns: 0,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

fn world(faults: Faults) -> World {
    let way = Latency::fixed(WAY_NS);
    World { up: way, down: way, push: way, ..World::with_faults(faults) }
}

fn always(kind: FaultKind) -> Faults {
    Faults::default().set(kind, Setting::ppm(1_000_000))
}

fn cnc() -> VenueText {
    VenueText::new("CNC").unwrap()
}

/// What the engine's shell hears, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    Reply(RequestId, Outcome),
    Answer(RequestId, Found),
    Push(StreamFrame),
    Garbage,
    Reset(RequestId),
    Link(Channel, bool),
}

struct Desk {
    broker: Broker,
    codec: ReferenceCodec,
    now: Nanos,
    asked: BTreeMap<RequestId, Query>,
    last_id: u64,
    heard: Vec<(Nanos, Heard)>,
}

impl Desk {
    fn new(config: &Config, world: World, seed: u64) -> Self {
        let mut desk = Self {
            broker: Broker::new(config, world, seed),
            codec: ReferenceCodec::of(config),
            now: START,
            asked: BTreeMap::new(),
            last_id: 0,
            heard: Vec::new(),
        };
        desk.quote(99, 10, 100, 10);
        desk
    }

    fn with(faults: Faults) -> Self {
        Self::new(&config(), world(faults), 1)
    }

    fn quote(&mut self, bid: i64, bid_qty: i64, ask: i64, ask_qty: i64) {
        let quote = Quote {
            bid_px: Px::whole(bid),
            bid_qty: Qty::whole(bid_qty),
            ask_px: Px::whole(ask),
            ask_qty: Qty::whole(ask_qty),
            time: self.now,
        };
        for instrument in [X, Y] {
            self.broker.on_quote(self.now, instrument, &quote);
        }
        self.run_ms(0);
    }

    /// Lets time pass.
    fn run_ms(&mut self, ms: i64) {
        let until = self.now.plus(ms * MILLI_NS);
        let mut out = Vec::new();
        self.broker.advance(until, &mut out);
        self.now = until;
        for (at, delivery) in out {
            let heard = self.decode(delivery);
            self.heard.push((at, heard));
        }
        assert!(self.broker.next_time() > self.now);
        assert_eq!(self.broker.truth().check(), Ok(()));
    }

    fn decode(&self, delivery: Delivery) -> Heard {
        match delivery {
            Delivery::Reply { id, status, body } => match self.asked.get(&id) {
                Some(query) => {
                    Heard::Answer(id, self.codec.decode_answer(id, query, status, &body))
                }
                None => Heard::Reply(id, self.codec.decode_reply(id, status, &body)),
            },
            Delivery::Push { epoch, body } => match self.codec.decode_frame(&body) {
                Ok(frame) => {
                    assert_eq!(frame.epoch, epoch);
                    Heard::Push(frame)
                }
                Err(_) => Heard::Garbage,
            },
            Delivery::Reset { id } => Heard::Reset(id),
            Delivery::Link { channel, up } => Heard::Link(channel, up),
        }
    }

    fn next_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    fn place(&mut self, order: u64, side: Side, qty: i64, px: i64, tif: TimeInForce) -> RequestId {
        let id = self.next_id();
        let new = NewOrder {
            cl_ord_id: cl_ord_id(1, order),
            order: OrderNo(order),
            instrument: X,
            product: cnc(),
            side,
            qty: Qty::whole(qty),
            px: Px::whole(px),
            tif,
            stop_px: None,
            display_qty: None,
        };
        let body = self.codec.encode_write(id, &Request::New(new));
        self.broker.send(self.now, id, body);
        id
    }

    fn buy(&mut self, order: u64, qty: i64, px: i64) -> RequestId {
        self.place(order, Side::Buy, qty, px, TimeInForce::Day)
    }

    fn cancel(&mut self, order: u64, order_id: Option<&str>) -> RequestId {
        let id = self.next_id();
        let cancel = CancelOrder {
            cl_ord_id: cl_ord_id(1, order),
            order: OrderNo(order),
            order_id: order_id.and_then(VenueText::new),
            instrument: X,
        };
        let body = self.codec.encode_write(id, &Request::Cancel(cancel));
        self.broker.send(self.now, id, body);
        id
    }

    fn ask(&mut self, query: Query) -> RequestId {
        let id = self.next_id();
        let body = self.codec.encode_read(id, &query);
        self.asked.insert(id, query);
        self.broker.send(self.now, id, body);
        id
    }

    /// Asks, and waits for the answer; `None` if there is none.
    fn read(&mut self, query: Query) -> Option<Found> {
        let id = self.ask(query);
        self.run_ms(100);
        self.heard.iter().find_map(|(_, heard)| match heard {
            Heard::Answer(of, found) if *of == id => Some(found.clone()),
            _ => None,
        })
    }

    fn positions(&mut self) -> Vec<(InstrumentId, Qty)> {
        match self.read(Query::Positions(Whole {})) {
            Some(Found::Positions(found)) => {
                found.rows.iter().map(|row| (row.instrument, row.qty)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn orders(&mut self) -> Vec<OrderRow> {
        match self.read(Query::Orders(Whole {})) {
            Some(Found::Orders(found)) if found.complete => found.rows,
            other => panic!("{other:?}"),
        }
    }

    fn activity(&mut self) -> Vec<ActivityRow> {
        match self.read(Query::Activity(Whole {})) {
            Some(Found::Activity(found)) if found.complete => found.rows,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(&self, id: RequestId) -> Option<&Outcome> {
        self.heard.iter().find_map(|(_, heard)| match heard {
            Heard::Reply(of, outcome) if *of == id => Some(outcome),
            _ => None,
        })
    }

    fn reset(&self, id: RequestId) -> bool {
        self.heard.iter().any(|(_, heard)| *heard == Heard::Reset(id))
    }

    fn pushes(&self) -> Vec<&StreamFrame> {
        let pushed = self.heard.iter().filter_map(|(_, heard)| match heard {
            Heard::Push(frame) => Some(frame),
            _ => None,
        });
        pushed.collect()
    }

    fn fills(&self) -> Vec<&FillReport> {
        let fills = self.pushes().into_iter().filter_map(|frame| match &frame.push.news {
            News::Fill(fill) => Some(fill),
            _ => None,
        });
        fills.collect()
    }

    fn statuses(&self) -> Vec<(OrdStatus, Qty)> {
        let statuses = self.pushes().into_iter().filter_map(|frame| match &frame.push.news {
            News::Status(status) => Some((status.status, status.cum.unwrap())),
            _ => None,
        });
        statuses.collect()
    }

    fn held(&self) -> Qty {
        self.broker.truth().position(X, &cnc())
    }
}

fn taken(outcome: Option<&Outcome>) -> &Taken {
    match outcome {
        Some(Outcome::Taken(taken)) => taken,
        other => panic!("{other:?}"),
    }
}

fn refused(outcome: Option<&Outcome>) -> &Refused {
    match outcome {
        Some(Outcome::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn unclear(outcome: Option<&Outcome>) -> UnknownCause {
    match outcome {
        Some(Outcome::Unclear(unclear)) => unclear.cause,
        other => panic!("{other:?}"),
    }
}
