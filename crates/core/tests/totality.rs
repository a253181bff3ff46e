//! No input ends the process, breaks a law or changes state without an event; and an engine that
//! was restored decides as the one that lived.

mod kit;
mod wild;

use kit::in_place as config;
use proptest::prelude::*;
use truefill_core::alert::AlertCode;
use truefill_core::config::{
    Basket, Calendar, CancelProof, Chase, Config, CurvePoint, Funding, Holding, Peg, Phase,
    PhaseSpan, Policy, Remainder, Scope, SizeBy, Span, Style, Then, Window,
};
use truefill_core::effect::Effect;
use truefill_core::engine::{Engine, Step};
use truefill_core::event::Event;
use truefill_core::ids::{ClOrdId, InstrumentId, RequestId, SleeveId, VenueText};
use truefill_core::input::{Envelope, Input, Release, Start};
use truefill_core::num::{Amount, NANO, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::{ActivityRows, Answer, Found, OrderRows, PositionRows};
use truefill_core::request::{Query, Request};
use truefill_core::state::State;
use truefill_core::time::{Nanos, SECOND_NS};
use wild::{Raw, Scene, raw};

const EPOCH: u64 = 1_000_000_000;

/// Two holdings, one of them with coarse rules, windows of every kind.
fn two(coarse: bool, proof: CancelProof, which: u8) -> Config {
    let mut c = config();
    let mut other = c.instruments[0].clone();
    other.symbol = "Y".into();
    if coarse {
        other.multiplier = Qty::whole(50);
        (other.lot, other.min_qty) = (Qty::whole(5), Qty::whole(10));
        other.max_qty = Some(Qty::whole(20));
    }
    c.instruments.push(other);
    let instrument = InstrumentId(1);
    c.holdings.push(Holding {
        instrument,
        product: VenueText::EMPTY,
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    });
    c.strategies[0].entry.remainder = Remainder::Cancel;
    c.strategies[0].entry.patience_ns = 3 * SECOND_NS;
    let moves = Policy { requote_ns: SECOND_NS / 2, ..Policy::default() };
    let truefill_core::config::Strategy { entry, exit, .. } = &mut c.strategies[0];
    match which % 4 {
        0 => {}
        1 => {
            (entry.style, entry.requote_ns) = (Style::PassiveThenCross, SECOND_NS / 2);
            *exit = Policy { remainder: Remainder::Chase, ..moves };
        }
        2 => {
            let chase = Chase { interval_ns: SECOND_NS, then: Then::Cancel, ..Chase::default() };
            let remainder = Remainder::Chase;
            *entry = Policy { style: Style::Limit, peg: Peg::Mid, remainder, chase, ..moves };
            entry.min_fill_ppm = 500_000;
            exit.remainder = Remainder::Cross;
        }
        _ => {
            let point = |seconds, due_ppb| CurvePoint { after_ns: seconds * SECOND_NS, due_ppb };
            *entry =
                Policy { curve: vec![point(1, 400_000_000), point(3, 1_000_000_000)], ..moves };
            if which > 128 {
                (entry.curve, entry.pov_ppm) = (Vec::new(), 250_000);
            }
            (exit.child_qty, exit.requote_ns) = (Some(Qty::whole(10)), 1);
        }
    }
    c.descriptor.amends_max = which.is_multiple_of(3).then_some(2);
    c.descriptor.windows = vec![
        Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders },
        Window { n: 10, per_ns: SECOND_NS, scope: Scope::All },
        Window { n: 40, per_ns: 60 * SECOND_NS, scope: Scope::All },
    ];
    c.descriptor.cancel_proof = proof;
    c.risk.daily_loss_max = Some(Amount(1_000_000 * NANO * NANO));
    c
}

/// The same with three strategies on each holding.
fn shared(mut c: Config, coarse: bool) -> Config {
    c.strategies[0].entry.min_fill_ppm = 0;
    for name in ["B", "C"] {
        c.strategies
            .push(truefill_core::config::Strategy { name: name.into(), ..c.strategies[0].clone() });
    }
    c.holdings.iter_mut().for_each(|key| key.others = vec![SleeveId(2), SleeveId(3)]);
    c.crossing = coarse;
    c.risk.position_qty_max = coarse.then(|| Qty::whole(70));
    c
}

struct World {
    config: Config,
    engine: Engine,
    now: Nanos,
    requests: Vec<RequestId>,
    ids: Vec<ClOrdId>,
}

impl World {
    /// An engine that read an empty account.
    fn started(config: Config) -> Self {
        let engine = Engine::new(config.clone()).expect("a right configuration");
        let now = Nanos(1_000_000 * SECOND_NS);
        let (requests, ids) = (Vec::new(), Vec::new());
        let mut world = Self { config, engine, now, requests, ids };
        world.bare(Input::Start(Start { epoch: EPOCH }));
        world.now = world.now.plus(70 * SECOND_NS);
        let mut effects = world.bare(Input::Release(Release {}));
        while !world.engine.state().recon.baseline {
            let mut next = Vec::new();
            for effect in effects {
                let Effect::Ask { request, what, .. } = effect else { continue };
                let found = match what {
                    Query::Positions(_) => Found::Positions(PositionRows { rows: vec![] }),
                    Query::Activity(_) => {
                        Found::Activity(ActivityRows { rows: vec![], complete: true })
                    }
                    _ => Found::Orders(OrderRows { rows: vec![], complete: true }),
                };
                next.extend(world.bare(Input::Answer(Answer { request, found })));
            }
            next.extend(world.bare(Input::Release(Release {})));
            effects = next;
        }
        world.now = world.now.plus(70 * SECOND_NS);
        world
    }

    fn bare(&mut self, input: Input) -> Vec<Effect> {
        self.engine.step(&Envelope { now: self.now, marks: vec![], input }).effects
    }

    fn marks(&self, scene: &Scene<'_>, raw: Raw) -> Vec<Mark> {
        if raw.c.is_multiple_of(6) {
            return Vec::new();
        }
        let px = scene.px(raw.c);
        let qty = Qty::whole(5);
        let quote = Quote { bid_px: px, bid_qty: qty, ask_px: px, ask_qty: qty, time: self.now };
        (0..2).map(|id| Mark { instrument: InstrumentId(id), quote }).collect()
    }

    fn step(&mut self, envelope: &Envelope) -> Result<(), String> {
        let before = self.engine.state().clone();
        let step = self.engine.step(envelope);
        let input = &envelope.input;
        if self.engine.is_poisoned() {
            return Err(format!("poisoned by {input:?}: {:?}", step.effects));
        }
        let refuses = |e: &Event| matches!(e, Event::Alert(a) if a.code == AlertCode::GateRefused);
        if let Some(event) = step.events.iter().find(|e| refuses(e)) {
            return Err(format!("plan and gate disagree: {event:?}"));
        }
        if step.events.is_empty() && *self.engine.state() != before {
            return Err(format!("{input:?} changed state without an event"));
        }
        self.replays(before, &step)?;
        self.restores(envelope)?;
        for effect in step.effects {
            match effect {
                Effect::Send { request, what, .. } => {
                    self.requests.push(request);
                    if let Request::New(new) = what {
                        self.ids.push(new.cl_ord_id);
                    }
                }
                Effect::Ask { request, .. } => self.requests.push(request),
                _ => {}
            }
        }
        self.requests.drain(..self.requests.len().saturating_sub(12));
        self.ids.drain(..self.ids.len().saturating_sub(6));
        Ok(())
    }

    /// Applying the events to the state before gives the state after.
    fn replays(&self, before: State, step: &Step) -> Result<(), String> {
        let mut replay = Engine::recovered(self.config.clone(), before)?;
        if !step.events.is_empty() {
            replay.replay_input();
        }
        for event in &step.events {
            replay.replay(self.now, event);
        }
        if replay.state() == self.engine.state() {
            return Ok(());
        }
        Err("the events give another state".to_owned())
    }

    /// A snapshot gives the whole state again, and the same next decision.
    fn restores(&self, envelope: &Envelope) -> Result<(), String> {
        let state = self.engine.state();
        let restored = State::restore(&self.config, state.snapshot(true));
        if restored != *state {
            return Err("a snapshot gives another state".to_owned());
        }
        let mut restored = Engine::recovered(self.config.clone(), restored)?;
        let mut live = self.engine.clone();
        let input = Input::Release(Release {});
        let next = Envelope { now: self.now.plus(1), marks: envelope.marks.clone(), input };
        let (one, two) = (restored.step(&next).events, live.step(&next).events);
        if one == two { Ok(()) } else { Err("restored, it decides otherwise".to_owned()) }
    }
}

fn survives(all: &[Raw], extreme: bool, config: Config) -> Result<(), String> {
    let mut world = World::started(config);
    for raw in all {
        let (input, marks) = {
            let (now, epoch) = (world.now, EPOCH);
            let (requests, ids) = (&world.requests, &world.ids);
            let scene = Scene { engine: &world.engine, now, requests, ids, epoch, extreme };
            (scene.input(*raw), world.marks(&scene, *raw))
        };
        for input in [input, Input::Release(Release {})] {
            world.step(&Envelope { now: world.now, marks: marks.clone(), input })?;
        }
        let steps = [0, SECOND_NS / 10, SECOND_NS, 4 * SECOND_NS, 1, SECOND_NS / 2];
        world.now = world.now.plus(steps[usize::from(raw.dt % 6)]);
    }
    Ok(())
}

/// Hours, sessions, sizes and baskets on top: everything that time and money can hold back.
fn timed(mut c: Config) -> Config {
    let from = 1_000_000 * SECOND_NS;
    let at = |s: i64| Nanos(from + s * SECOND_NS);
    let span = |a, b| Span { from: at(a), until: at(b) };
    let phase = |a, b, phase, session| PhaseSpan { from: at(a), until: at(b), phase, session };
    c.calendars = vec![Calendar {
        name: "test".into(),
        phases: vec![
            phase(-10, 200, Phase::Continuous, 1),
            phase(200, 205, Phase::ClosingAuction, 1),
            phase(210, 212, Phase::PreOpen, 2),
            phase(212, 250, Phase::Continuous, 2),
        ],
    }];
    c.instruments[0].calendar = Some(0);
    c.instruments[1].expires = Some(at(240));
    let s = &mut c.strategies[0];
    s.valid_for_ns = Some(20 * SECOND_NS);
    s.entries = vec![span(0, 180), span(215, 230)];
    s.flats = vec![span(190, 206), span(235, 250)];
    s.expiry_lead_ns = 5 * SECOND_NS;
    s.capital = Some(Amount(5_000 * NANO * NANO));
    s.leverage_ppm = 2_000_000;
    s.redeclare = true;
    s.basket = Some(Basket { imbalance_ppm_max: 200_000, funding: Funding::AfterSells });
    c
}

fn proof() -> impl Strategy<Value = CancelProof> {
    prop::sample::select(vec![CancelProof::Read, CancelProof::Word])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inputs_within_bounds(
        all in prop::collection::vec(raw(), 5..120),
        coarse in any::<bool>(),
        proof in proof(),
        which in any::<u8>(),
    ) {
        prop_assert_eq!(survives(&all, false, two(coarse, proof, which)), Ok(()));
    }

    #[test]
    fn inputs_at_the_ends_of_every_range(
        all in prop::collection::vec(raw(), 5..120),
        coarse in any::<bool>(),
        proof in proof(),
        which in any::<u8>(),
    ) {
        prop_assert_eq!(survives(&all, true, two(coarse, proof, which)), Ok(()));
    }

    #[test]
    fn inputs_under_every_gate(
        all in prop::collection::vec(raw(), 5..120), extreme in any::<bool>(), proof in proof(), which in any::<u8>(),
        size_by in prop::sample::select(SizeBy::ALL), never_short in any::<bool>(),
    ) {
        let mut config = timed(two(false, proof, which));
        config.strategies[0].size_by = size_by;
        config.holdings[0].never_short = never_short;
        prop_assert_eq!(survives(&all, extreme, config), Ok(()));
    }

    #[test]
    fn inputs_about_shared_holdings(
        all in prop::collection::vec(raw(), 5..120), coarse in any::<bool>(),
        extreme in any::<bool>(), proof in proof(), which in any::<u8>(), gates in any::<bool>(),
    ) {
        let two = two(coarse, proof, which);
        let config = shared(if gates { timed(two) } else { two }, coarse);
        prop_assert_eq!(survives(&all, extreme, config), Ok(()));
    }
}

/// Inputs that random ones found once: kind, a, b, c.
fn found(all: &[(u8, u64, i64, u8)]) -> Vec<Raw> {
    all.iter().map(|&(kind, a, b, c)| Raw { kind, a, b, c, dt: 0 }).collect()
}

#[test]
fn an_order_found_off_the_grid_is_cancelled_and_not_amended() {
    let all = [
        (0, 0, 0, 0),
        (3, 0, 0, 0),
        (7, 14446864411853910963, 0, 11),
        (7, 1094220333330683055, 40, 1),
        (0, 23445224871794185, -21, 136),
    ];
    assert_eq!(survives(&found(&all), true, two(false, CancelProof::Read, 0)), Ok(()));
}

#[test]
fn the_day_of_a_shared_holding_ends_the_same_when_it_is_replayed() {
    let all = [
        (0, 2731880721626999800, 1, 202),
        (3, 0, 0, 3),
        (0, 0, 1, 154),
        (0, 0, 0, 23),
        (0, 71477429358510612, -1, 35),
        (0, 0, 0, 0),
        (3, 2719990430242255142, 0, 77),
        (12, 14880845500698093543, 0, 96),
    ];
    let config = shared(two(false, CancelProof::Read, 180), false);
    assert_eq!(survives(&found(&all), true, config), Ok(()));
}
