//! An engine with one holding and a broker that answers reads from what the test says is true.
#![allow(dead_code)]

pub mod broker;
pub mod desk;
pub mod words;

use truefill_core::config::{
    AmendKind, Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Scope, Strategy,
    Window,
};
use truefill_core::effect::Effect;
use truefill_core::engine::Engine;
use truefill_core::event::Event;
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, RequestId, SleeveId, VenueText};
use truefill_core::input::{Envelope, Input, Release, Start, Target};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::{
    ActivityRow, ActivityRows, Answer, ClockRow, Found, OneRow, OrderRow, OrderRows, Outcome,
    PositionRow, PositionRows, Reply,
};
use truefill_core::request::{AmendOrder, NewOrder, Query, Request};
use truefill_core::time::{Nanos, SECOND_NS};

pub const H: HoldingId = HoldingId(0);
pub const I: InstrumentId = InstrumentId(0);

pub fn config() -> Config {
    let strategy = Strategy::new("A", Policy::default(), Policy::default());
    Config {
        account: "test".into(),
        instruments: vec![Instrument {
            symbol: "X".into(),
            tick: Px(10_000_000),
            lot: Qty::whole(1),
            min_qty: Qty::whole(1),
            max_qty: None,
            min_notional: Amount::ZERO,
            multiplier: Qty::whole(1),
            calendar: None,
            expires: None,
            band_low: None,
            band_high: None,
        }],
        holdings: vec![Holding {
            instrument: I,
            product: VenueText::EMPTY,
            sleeve: SleeveId(1),
            never_short: false,
            others: Vec::new(),
        }],
        strategies: vec![strategy],
        descriptor: Descriptor {
            windows: vec![
                Window { n: 100, per_ns: SECOND_NS, scope: Scope::Orders },
                Window { n: 100, per_ns: SECOND_NS, scope: Scope::Reads },
            ],
            // Tests of amends say so: the others are about cancels.
            amends: AmendKind::Never,
            ..Descriptor::default()
        },
        risk: Risk::default(),
        recon: Recon::default(),
        digest_every: 64,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

/// The same at a broker that amends in place.
pub fn in_place() -> Config {
    let mut config = config();
    config.descriptor.amends = AmendKind::InPlace;
    config
}

/// What the broker would answer.
#[derive(Clone, Default)]
pub struct Truth {
    pub position: Qty,
    pub orders: Vec<OrderRow>,
    pub activity: Vec<ActivityRow>,
}

pub struct Kit {
    pub engine: Engine,
    pub now: Nanos,
    pub truth: Truth,
    pub events: Vec<(Nanos, Event)>,
    /// Orders sent and not answered yet.
    pub sent: Vec<(RequestId, NewOrder)>,
    pub cancels: Vec<RequestId>,
    /// Reads are answered only while this is set.
    pub answers: bool,
    pub bid: i64,
    pub ask: i64,
    pub has_quote: bool,
    pub complete: bool,
    pub fail_activity: bool,
    pub asks: usize,
    pub last_step_events: usize,
    /// Orders that a cancel was sent for.
    pub cancelled: Vec<OrderNo>,
    /// Amends sent and not answered yet.
    pub amends: Vec<(RequestId, AmendOrder)>,
    /// Every write in the order it left.
    pub writes: Vec<(RequestId, Request)>,
    /// Writes before this one were answered by the tiny broker.
    pub served: usize,
    /// Bid and ask, where whole units are too coarse.
    pub touch: Option<(Px, Px)>,
}

impl Kit {
    /// An engine that started, read an empty account and may trade.
    pub fn started() -> Self {
        Self::with(config())
    }

    /// At a broker that amends nothing: what is too much is cancelled.
    pub fn without_amends() -> Self {
        let mut config = config();
        config.descriptor.amends = truefill_core::config::AmendKind::Never;
        Self::with(config)
    }

    pub fn with(config: Config) -> Self {
        let engine = Engine::new(config).expect("the test's configuration is right");
        let mut kit = Self {
            engine,
            now: Nanos(1_000_000 * SECOND_NS),
            truth: Truth::default(),
            events: Vec::new(),
            sent: Vec::new(),
            cancels: Vec::new(),
            answers: true,
            bid: 100,
            ask: 100,
            has_quote: true,
            complete: true,
            fail_activity: false,
            asks: 0,
            last_step_events: 0,
            cancelled: Vec::new(),
            amends: Vec::new(),
            writes: Vec::new(),
            served: 0,
            touch: None,
        };
        kit.input(Input::Start(Start { epoch: 1_000_000_000 }));
        kit.wait(10);
        assert!(kit.engine.state().recon.baseline, "the account was read");
        kit
    }

    pub fn quote(&self) -> Quote {
        let (bid_px, ask_px) = self.touch.unwrap_or((Px::whole(self.bid), Px::whole(self.ask)));
        Quote {
            bid_px,
            bid_qty: Qty::whole(1000),
            ask_px,
            ask_qty: Qty::whole(1000),
            time: self.now,
        }
    }

    /// Steps one input and then a release, and answers reads at once.
    pub fn input(&mut self, input: Input) {
        let mut inputs = vec![input];
        for _ in 0..1000 {
            if inputs.is_empty() {
                return;
            }
            inputs.push(Input::Release(Release {}));
            let mut next = Vec::new();
            for input in std::mem::take(&mut inputs) {
                next.extend(self.step(input));
            }
            inputs = next;
        }
        panic!("the engine does not come to rest");
    }

    fn step(&mut self, input: Input) -> Vec<Input> {
        let marks = if self.has_quote {
            self.engine
                .config()
                .instruments
                .iter()
                .enumerate()
                .map(|(n, _)| Mark { instrument: InstrumentId(n as u32), quote: self.quote() })
                .collect()
        } else {
            vec![]
        };
        let step = self.engine.step(&Envelope { now: self.now, marks, input });
        assert!(!self.engine.is_poisoned(), "{:?}", step.effects);
        self.last_step_events = step.events.len();
        self.events.extend(step.events.into_iter().map(|e| (self.now, e)));
        let mut answers = Vec::new();
        for effect in step.effects {
            if let Effect::Send { request, what, .. } = &effect {
                self.writes.push((*request, what.clone()));
            }
            match effect {
                Effect::Send { request, what: Request::Amend(amend), .. } => {
                    self.amends.push((request, amend));
                }
                Effect::Send { request, what: Request::New(new), .. } => {
                    self.sent.push((request, new));
                }
                Effect::Send { request, what, .. } => {
                    self.cancelled.push(what.order());
                    self.cancels.push(request)
                }
                Effect::Ask { request, what, .. } if self.answers => {
                    self.asks += 1;
                    let found = self.found(&what);
                    answers.push(Input::Answer(Answer { request, found }));
                }
                _ => {}
            }
        }
        answers
    }

    fn found(&self, query: &Query) -> Found {
        let rows = self.truth.orders.clone();
        match query {
            Query::Positions(_) => {
                let row = PositionRow {
                    instrument: I,
                    product: VenueText::EMPTY,
                    qty: self.truth.position,
                };
                Found::Positions(PositionRows { rows: vec![row] })
            }
            Query::OpenOrders(_) => {
                let live = |row: &OrderRow| !row.status.is_terminal();
                let rows = rows.into_iter().filter(live).collect();
                Found::OpenOrders(OrderRows { rows, complete: self.complete })
            }
            Query::Clock(_) => Found::Clock(ClockRow { time: self.now }),
            Query::Orders(_) => Found::Orders(OrderRows { rows, complete: self.complete }),
            Query::Activity(_) if self.fail_activity => {
                Found::Failed(truefill_core::report::Failed {
                    cause: truefill_core::report::ReadFailure::Server,
                    retry_after_ns: None,
                })
            }
            Query::Activity(_) => {
                Found::Activity(ActivityRows { rows: self.truth.activity.clone(), complete: true })
            }
            Query::Order(one) => {
                let row = rows.into_iter().find(|r| r.cl_ord_id == Some(one.cl_ord_id));
                Found::Order(OneRow { row })
            }
        }
    }

    pub fn target(&mut self, units: i64) {
        self.input(Input::Target(Target {
            sleeve: SleeveId(1),
            holding: H,
            qty: Qty::whole(units),
            decided: self.now,
            px: None,
            reopen: false,
            stop_px: None,
        }));
    }

    pub fn reply(&mut self, request: RequestId, outcome: Outcome) {
        self.input(Input::Reply(Reply { request, outcome }));
    }

    /// The shell gives a request up.
    pub fn give_up(&mut self, request: RequestId) {
        let class = self.engine.state().wire.get(&request).map(|w| w.class.class());
        if class == Some(truefill_core::limiter::Class::Read) {
            let cause = truefill_core::report::ReadFailure::Timeout;
            let failed = truefill_core::report::Failed { cause, retry_after_ns: None };
            self.input(Input::Answer(Answer { request, found: Found::Failed(failed) }));
        } else {
            let cause = truefill_core::report::UnknownCause::Timeout;
            let unclear = truefill_core::report::Unclear { cause, retry_after_ns: None };
            self.reply(request, Outcome::Unclear(unclear));
        }
    }

    /// Lets seconds pass; the engine is woken at each of its deadlines.
    pub fn wait(&mut self, seconds: i64) {
        let end = self.now.plus(seconds * SECOND_NS);
        for _ in 0..2_000_000 {
            let raw = self.engine.next_deadline(self.now);
            let next = if raw <= self.now { self.now.plus(SECOND_NS / 10) } else { raw };
            if next > end {
                break;
            }
            self.now = next;
            self.input(Input::Release(Release {}));
        }
        self.now = end;
    }

    pub fn own(&self) -> Qty {
        self.engine.state().holding(H).own
    }

    pub fn alerts(&self) -> Vec<&'static str> {
        let alerts = self.events.iter().filter_map(|(_, e)| match e {
            Event::Alert(alert) => Some(alert.code.as_str()),
            _ => None,
        });
        alerts.collect()
    }
}
