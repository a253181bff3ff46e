//! A small shell and a small broker: real engine runs to fill journals with.

use std::collections::VecDeque;

use truefill_core::effect::Effect;
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, RequestId, SleeveId, VenueText};
use truefill_core::input::{Envelope, Input, Release, Start, Target};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::Mark;
use truefill_core::report::{
    ActivityRows, Answer, FillReport, Found, Liquidity, News, OrdStatus, OrderRow, OrderRows,
    Outcome, PositionRow, PositionRows, Push, Refused, RejectCode, Reply, Taken, Unclear,
    UnknownCause,
};
use truefill_core::request::{NewOrder, Query, Request};
use truefill_core::time::Nanos;
use truefill_journal::{Batch, Digest, Store, recover, snapshot_of};

use crate::common::{config, quote, start};

const BEGIN: i64 = 1_795_000_000_000_000_000;

pub struct Shell {
    pub engine: Engine,
    pub now: i64,
    ready: VecDeque<Input>,
    position: Qty,
    orders: Vec<OrderRow>,
    orders_seen: u64,
    inputs: u64,
}

impl Shell {
    /// Starts, or starts again from what the journal knows.
    pub fn start(store: &mut dyn Store, epoch: u64) -> Self {
        let engine = recover(store, config()).unwrap();
        store.open_segment(&start(epoch)).unwrap();
        let now = BEGIN.max(engine.state().now.0);
        let ready = VecDeque::from([Input::Start(Start { epoch })]);
        let position = engine.state().holdings[0].own;
        Self { engine, now, ready, position, orders: vec![], orders_seen: 0, inputs: 0 }
    }

    pub fn target(&mut self, qty: i64) {
        let decided = Nanos(self.now);
        let (sleeve, holding, qty) = (SleeveId(1), HoldingId(0), Qty::whole(qty));
        let target =
            Target { sleeve, holding, qty, decided, px: None, reopen: false, stop_px: None };
        self.ready.push_back(Input::Target(target));
    }

    /// Someone else trades on the account.
    pub fn meddle(&mut self, qty: i64) {
        self.position += Qty::whole(qty);
    }

    /// So many batches; time passes when there is nothing to do.
    pub fn run(&mut self, store: &mut dyn Store, batches: u64) {
        let mut batch = Batch::new();
        for _ in 0..batches {
            self.now += 50_000_000;
            if self.ready.is_empty() {
                let next = self.engine.next_deadline(Nanos(self.now)).0;
                self.now = next.clamp(self.now, self.now + 2_000_000_000);
            }
            batch.clear();
            let mut effects = Vec::new();
            let inputs: Vec<_> = self.ready.drain(..).chain([Input::Release(Release {})]).collect();
            for input in inputs {
                self.step(input, &mut batch, &mut effects);
            }
            store.append(&batch).unwrap();
            assert_eq!(store.last_seq(), self.engine.state().seq, "the engine counts records");
            for effect in effects {
                self.act(effect);
            }
        }
    }

    fn step(&mut self, input: Input, batch: &mut Batch, effects: &mut Vec<Effect>) {
        let marks = self.engine.marks_for(Nanos(self.now), &input).into_iter();
        let marks = marks.map(|instrument| Mark { instrument, quote: quote(self.now) });
        let envelope = Envelope { now: Nanos(self.now), marks: marks.collect(), input };
        let step = self.engine.step(&envelope);
        batch.step(&envelope, &step.events);
        self.inputs += 1;
        if self.inputs.is_multiple_of(4) {
            batch.digest(Digest::from(self.engine.digest()));
        }
        effects.extend(step.effects);
    }

    pub fn snapshot(&self, store: &mut dyn Store) {
        store.put_snapshot(&snapshot_of(&self.engine, store.last_seq())).unwrap();
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Send { request, what: Request::New(order), .. } => self.place(request, &order),
            Effect::Send { request, what: Request::Cancel(_) | Request::Amend(_), .. } => {
                self.reply(
                    request,
                    Outcome::Taken(Taken {
                        cum: None,
                        instrument: None,
                        status: None,
                        order_id: None,
                        time: None,
                    }),
                );
            }
            Effect::Ask { request, what, .. } => self.ask(request, &what),
            Effect::Tell(_) => {}
            Effect::Halt { law } => panic!("{law}"),
        }
    }

    fn reply(&mut self, request: RequestId, outcome: Outcome) {
        self.ready.push_back(Input::Reply(Reply { request, outcome }));
    }

    /// Every fourth order is refused, every fifth has no certain outcome; others fill in two.
    fn place(&mut self, request: RequestId, order: &NewOrder) {
        self.orders_seen += 1;
        if self.orders_seen.is_multiple_of(4) {
            let text = VenueText::new("margin, \"short\"").unwrap();
            let code = RejectCode::InsufficientFunds;
            self.reply(request, Outcome::Refused(Refused { code, text, retry_after_ns: None }));
            return;
        }
        let order_id = VenueText::new(&format!("B{}", self.orders_seen));
        let (cause, retry_after_ns) = (UnknownCause::Timeout, None);
        let outcome = match self.orders_seen % 5 {
            0 => Outcome::Unclear(Unclear { cause, retry_after_ns }),
            _ => Outcome::Taken(Taken {
                cum: None,
                instrument: None,
                status: None,
                order_id,
                time: Some(Nanos(self.now)),
            }),
        };
        self.reply(request, outcome);
        let first = Qty(order.qty.0 / 2 / 1_000_000_000 * 1_000_000_000);
        for (part, cum) in [(first, first), (order.qty - first, order.qty)] {
            if part.0 > 0 {
                self.fill(order, order_id, part, cum);
            }
        }
        self.position += order.side.signed(order.qty);
        self.orders.push(OrderRow {
            code: None,
            cl_ord_id: Some(order.cl_ord_id),
            order_id,
            instrument: order.instrument,
            side: order.side,
            qty: order.qty,
            cum: order.qty,
            px: order.px,
            status: OrdStatus::Filled,
            created: Nanos(self.now),
        });
    }

    fn fill(&mut self, order: &NewOrder, order_id: Option<VenueText>, qty: Qty, cum: Qty) {
        let exec_id = VenueText::new(&format!("E{}-{cum:?}", self.orders_seen)).unwrap();
        let fill = FillReport {
            kept: None,
            exec_id,
            qty,
            px: Px::whole(100),
            cum: Some(cum),
            liquidity: Some(Liquidity::Taker),
            touch: Some(Px::whole(100)),
            fee: Some(Amount(1_500_000_000_000_000_000)),
            time: Nanos(self.now),
        };
        let (cl_ord_id, instrument) = (Some(order.cl_ord_id), Some(order.instrument));
        let push = Push { cl_ord_id, order_id, instrument, news: News::Fill(fill) };
        // Twice: streams repeat themselves.
        self.ready.push_back(Input::Push(push.clone()));
        self.ready.push_back(Input::Push(push));
    }

    fn ask(&mut self, request: RequestId, query: &Query) {
        let found = match query {
            Query::Positions(_) => Found::Positions(PositionRows {
                rows: vec![PositionRow {
                    instrument: InstrumentId(0),
                    product: VenueText::new("MIS").unwrap(),
                    qty: self.position,
                }],
            }),
            Query::Activity(_) => Found::Activity(ActivityRows { rows: vec![], complete: true }),
            _ => Found::Orders(OrderRows { rows: self.orders.clone(), complete: true }),
        };
        self.ready.push_back(Input::Answer(Answer { request, found }));
    }
}

/// A whole run: targets, fills, repeats, a refusal, an unknown, a snapshot, a restart, a
/// position that somebody else changed.
pub fn story(store: &mut dyn Store) -> Engine {
    let mut shell = Shell::start(store, 1000);
    shell.run(store, 5);
    for qty in [100, 40, 41, 0, 250, -30] {
        shell.target(qty);
        shell.run(store, 12);
    }
    shell.snapshot(store);
    shell.target(75);
    shell.run(store, 40);
    let position = shell.position;
    let mut shell = Shell::start(store, 2000);
    shell.position = position;
    shell.run(store, 10);
    shell.target(80);
    shell.run(store, 10);
    shell.meddle(5);
    shell.run(store, 60);
    shell.engine
}
