//! A split in an engine's story: the ledger stays exact and its ladder ends where the engine's
//! does, also when a fraction is paid out and when the theory holds no whole lot.

use proptest::prelude::*;
use truefill_core::config::{
    Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Strategy as Traded,
};
use truefill_core::effect::Effect;
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, SleeveId, VenueText};
use truefill_core::input::{DayEnd, Envelope, Input, Release, Split, Start, Target};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::*;
use truefill_core::request::{Query, Request};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_gap::story::Story;
use truefill_gap::{Attribution, ledger::Line};

fn config() -> Config {
    Config {
        account: "test".into(),
        instruments: vec![Instrument::new("X", Px::whole(1), Qty::whole(1))],
        holdings: vec![Holding {
            instrument: InstrumentId(0),
            product: VenueText::EMPTY,
            sleeve: SleeveId(1),
            never_short: false,
            others: Vec::new(),
        }],
        strategies: vec![Traded::new("A", Policy::default(), Policy::default())],
        descriptor: Descriptor::default(),
        risk: Risk { split_ppm_min: 0, ..Risk::default() },
        recon: Recon::default(),
        digest_every: 64,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

struct Run {
    engine: Engine,
    story: Story,
    now: Nanos,
    position: Qty,
    px: Px,
}

impl Run {
    /// Steps an input and what follows from it at a broker that fills everything at once.
    fn input(&mut self, input: Input) {
        let mut inputs = vec![input, Input::Release(Release {})];
        while !inputs.is_empty() {
            let mut next = Vec::new();
            for input in inputs {
                let effects = self.step(input);
                next.extend(effects.into_iter().flat_map(|effect| self.answer(effect)));
            }
            if !next.is_empty() {
                next.push(Input::Release(Release {}));
            }
            inputs = next;
        }
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let qty = Qty::whole(1_000);
        let (px, time) = (self.px, self.now);
        let quote = Quote { bid_px: px, bid_qty: qty, ask_px: px, ask_qty: qty, time };
        let marks = vec![Mark { instrument: InstrumentId(0), quote }];
        let step = self.engine.step(&Envelope { now: self.now, marks, input });
        assert!(!self.engine.is_poisoned(), "{:?}", step.effects);
        step.events.iter().for_each(|event| self.story.event(self.now, event));
        step.effects
    }

    fn answer(&mut self, effect: Effect) -> Vec<Input> {
        match effect {
            Effect::Send { request, what: Request::New(new), .. } => {
                self.position += new.side.signed(new.qty);
                let taken =
                    Taken { cum: None, instrument: None, status: None, order_id: None, time: None };
                let fill = FillReport {
                    kept: None,
                    exec_id: VenueText::new("E").unwrap(),
                    qty: new.qty,
                    px: self.px,
                    cum: Some(new.qty),
                    liquidity: None,
                    touch: None,
                    fee: None,
                    time: self.now,
                };
                let (cl_ord_id, instrument) = (Some(new.cl_ord_id), Some(new.instrument));
                let news = News::Fill(fill);
                vec![
                    Input::Reply(Reply { request, outcome: Outcome::Taken(taken) }),
                    Input::Push(Push { cl_ord_id, order_id: None, instrument, news }),
                ]
            }
            Effect::Ask { request, what, .. } => {
                let row = PositionRow {
                    instrument: InstrumentId(0),
                    product: VenueText::EMPTY,
                    qty: self.position,
                };
                let found = match what {
                    Query::Positions(_) => Found::Positions(PositionRows { rows: vec![row] }),
                    Query::Orders(_) => Found::Orders(OrderRows { rows: vec![], complete: true }),
                    Query::Activity(_) => {
                        Found::Activity(ActivityRows { rows: vec![], complete: true })
                    }
                    Query::Order(_) => Found::Order(OneRow { row: None }),
                    Query::OpenOrders(_) => {
                        Found::OpenOrders(OrderRows { rows: vec![], complete: true })
                    }
                    Query::Clock(_) => Found::Clock(ClockRow { time: self.now }),
                };
                vec![Input::Answer(Answer { request, found })]
            }
            _ => Vec::new(),
        }
    }

    fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now = self.now.plus(SECOND_NS);
            self.input(Input::Release(Release {}));
        }
    }

    fn target(&mut self, qty: Qty) {
        let (sleeve, holding, decided) = (SleeveId(1), HoldingId(0), self.now);
        let (px, reopen, stop_px) = (None, false, None);
        self.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
    }
}

fn is_exact(before: Qty, after: Qty, ratio_num: u32, ratio_den: u32) -> Result<(), TestCaseError> {
    let now = Nanos(1_000_000 * SECOND_NS);
    let (engine, story) = (Engine::new(config()).unwrap(), Story::new(config()));
    let mut run = Run { engine, story, now, position: Qty::ZERO, px: Px::whole(120) };
    run.input(Input::Start(Start { epoch: 1_000_000_000 }));
    run.wait(10);
    run.target(before);
    run.wait(5);
    prop_assert_eq!(run.engine.state().holding(HoldingId(0)).own, run.position);
    run.input(Input::DayEnd(DayEnd {}));
    run.wait(5);
    run.px = Px(run.px.0 * i128::from(ratio_den) / i128::from(ratio_num));
    run.input(Input::Split(Split { instrument: InstrumentId(0), ratio_num, ratio_den, by: None }));
    run.position = run.engine.state().holding(HoldingId(0)).own;
    run.wait(5);
    run.px += Px::whole(3);
    run.target(after);
    run.wait(5);
    run.input(Input::DayEnd(DayEnd {}));
    let staged = run.engine.state().holding(HoldingId(0)).staged.clone();
    let told = run.story.finish();
    let counters = [staged.admitted, staged.released, staged.accepted, staged.filled];
    prop_assert_eq!(told.counters[0], counters);
    let mut books = Attribution::new();
    books.apply(&Line::HEADER).unwrap();
    let splits = told.entries.iter().filter(|e| matches!(e.line, Line::Split { .. })).count();
    prop_assert_eq!(splits, 1);
    for entry in &told.entries {
        books.apply(&entry.line).unwrap();
    }
    books.check().unwrap();
    let report = books.finish().unwrap();
    prop_assert!(report.is_exact(), "residual {}", report.residual());
    Ok(())
}

#[test]
fn two_for_one_and_one_for_two() {
    is_exact(Qty::whole(100), Qty::whole(250), 2, 1).unwrap();
    is_exact(Qty::whole(101), Qty::whole(10), 1, 2).unwrap();
    is_exact(Qty::whole(-7), Qty::ZERO, 1, 10).unwrap();
    // As many whole lots as before: nothing is recorded of it.
    is_exact(Qty::whole(-2), Qty(-1_000_000_001), 5, 4).unwrap();
}

#[test]
fn what_is_taken_back_after_a_split_is_told_in_the_units_of_its_time() {
    let now = Nanos(1_000_000 * SECOND_NS);
    let (engine, story) = (Engine::new(config()).unwrap(), Story::new(config()));
    let mut run = Run { engine, story, now, position: Qty::ZERO, px: Px::whole(120) };
    run.input(Input::Start(Start { epoch: 1_000_000_000 }));
    run.wait(10);
    run.target(Qty::whole(10));
    run.wait(5);
    let (ratio_num, ratio_den) = (2, 1);
    run.input(Input::Split(Split { instrument: InstrumentId(0), ratio_num, ratio_den, by: None }));
    run.position = Qty::whole(20);
    run.wait(5);
    let cl_ord_id = Some(run.engine.state().orders.get(OrderNo(1)).unwrap().ticket.cl_ord_id);
    let (exec_id, time) = (VenueText::new("E").unwrap(), run.now);
    let news = News::Bust(BustReport { exec_id, time });
    let instrument = Some(InstrumentId(0));
    run.step(Input::Push(Push { cl_ord_id, order_id: None, instrument, news }));
    let own = run.engine.state().holding(HoldingId(0)).own;
    assert_eq!(own, Qty::whole(10), "twenty in new units, less the ten that were told");
    assert_eq!(run.story.finish().counters[0][3], own);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_decimal_ratio_is_exact(
        before in -30_000_000_000i128..30_000_000_000, after in -30_000_000_000i128..30_000_000_000,
        ratio in prop::sample::select(vec![(2, 1), (3, 2), (5, 4), (1, 2), (1, 4), (1, 10), (10, 1)]),
    ) {
        is_exact(Qty(before), Qty(after), ratio.0, ratio.1)?;
    }
}
