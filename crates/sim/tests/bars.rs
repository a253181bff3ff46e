//! A market that is known only as bars: nobody looks ahead, theory is at the close, reality
//! begins with the next open.

mod kit;

use std::cell::RefCell;
use std::rc::Rc;
use truefill_core::config::{Config, Instrument};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_gap::Decimal;
use truefill_gap::ledger::{Entry, Line};
use truefill_journal::MemoryStore;
use truefill_market::bars::Bar;
use truefill_market::points::{BarPoints, PointSpec};
use truefill_market::source::{Grade, ListedBars};
use truefill_sim::backtest;
use truefill_sim::broker::world::World;
use truefill_sim::faults::{FaultKind, Faults, Setting};
use truefill_sim::rng::Rng;
use truefill_sim::session::{Outcome, Plan, run};
use truefill_sim::strategy::{Listed, Strategy, Wish};

const MINUTE_NS: i64 = 60 * SECOND_NS;
const START: Nanos = Nanos(1_753_781_400 * SECOND_NS);

fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: symbol.into(),
        tick: Px(NANO / 100),
        lot: Qty::whole(1),
        min_qty: Qty::whole(1),
        max_qty: None,
        min_notional: Amount::ZERO,
        multiplier: Qty::whole(1),
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    }
}

/// Prices in hundredths.
fn bar(id: u32, minute: i64, [open, high, low, close]: [i64; 4], volume: i64) -> Bar {
    let px = |cents: i64| Px(i128::from(cents) * NANO / 100);
    Bar {
        instrument: InstrumentId(id),
        open_time: START.plus(minute * MINUTE_NS),
        end_time: START.plus((minute + 1) * MINUTE_NS),
        open: px(open),
        high: px(high),
        low: px(low),
        close: px(close),
        volume: Qty::whole(volume),
        prices: 1,
    }
}

fn points(config: &Config, bars: &[Bar]) -> BarPoints<ListedBars> {
    let grids = BarPoints::<ListedBars>::grids(&config.instruments);
    BarPoints::new(ListedBars::new(bars.to_vec()), grids, PointSpec::default()).expect("bars")
}

/// Long after a bar that rose, short after one that fell. It notes when it decided.
struct Follow {
    qty: Qty,
    decided: Rc<RefCell<Vec<Nanos>>>,
}

impl Strategy for Follow {
    fn on_quote(&mut self, id: InstrumentId, quote: &Quote, _: &mut Vec<Wish>) {
        panic!("a strategy was shown the inside of a bar of {id:?}: {quote:?}");
    }

    fn on_bar(&mut self, bar: &Bar, out: &mut Vec<Wish>) {
        let qty = if bar.close > bar.open { self.qty } else { -self.qty };
        self.decided.borrow_mut().push(bar.end_time);
        out.push(Wish { holding: HoldingId(bar.instrument.0), qty, px: None, stop: None });
    }
}

fn follow(qty: i64) -> Box<dyn Strategy> {
    Box::new(Follow { qty: Qty::whole(qty), decided: Rc::default() })
}

fn rehearse(plan: &Plan, bars: &[Bar], strategy: Box<dyn Strategy>) -> Outcome {
    let mut store = MemoryStore::default();
    let outcome = run(plan, &mut store, &mut points(&plan.config, bars), vec![strategy]);
    let outcome = outcome.expect("runs");
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert!(outcome.gap.is_exact());
    assert_eq!(outcome.grade, Grade::Bars);
    outcome
}

fn theory(entries: &[Entry]) -> Vec<(Decimal, Decimal)> {
    let fills = entries.iter().filter_map(|entry| match &entry.line {
        Line::TheoryFill { qty, px, .. } => Some((qty.clone(), px.clone())),
        _ => None,
    });
    fills.collect()
}

#[test]
fn theory_is_at_the_close_and_reality_at_the_next_open() {
    let bars = [
        bar(0, 0, [10_000, 10_100, 9_990, 10_050], 4_000),
        bar(0, 1, [10_020, 10_080, 10_010, 10_070], 4_000),
    ];
    let plan = Plan::new(kit::config(vec![instrument("X")]), World::default(), 1);
    let outcome = rehearse(&plan, &bars, follow(10));
    let fills = outcome.broker.truth().fills();
    // One tick above the open of the second bar, in its first quarter; the second bar says the
    // same again.
    let px = Px(i128::from(10_021) * NANO / 100);
    assert_eq!(fills.iter().map(|fill| fill.px).collect::<Vec<_>>(), [px]);
    let open = bars[1].open_time;
    assert!(fills[0].time > open && fills[0].time < open.plus(SECOND_NS), "{}", fills[0].time);
    let close = Decimal::from_scaled(10_050, 2);
    assert_eq!(theory(&outcome.ledger), [(Decimal::from_scaled(10, 0), close)]);
    let [target, engine, broker] = outcome.positions[0];
    assert_eq!([target, engine, broker], [Qty::whole(10); 3]);
}

#[test]
fn a_rehearsal_and_a_backtest_have_the_same_theory() {
    let plan = Plan::new(kit::config(vec![instrument("X")]), World::default(), 1);
    let bars = random_bars(5, 1);
    let outcome = rehearse(&plan, &bars, follow(3));
    let tested =
        backtest::run(&plan.config, &mut points(&plan.config, &bars), vec![follow(3)]).unwrap();
    assert_eq!(tested.grade, Grade::Bars);
    assert!(tested.trades > 5);
    assert_eq!(theory(&tested.ledger), theory(&outcome.ledger));
    assert_eq!(tested.gap.theory_pnl(), outcome.gap.theory_pnl());
    assert!(tested.gap.gap().is_zero() && !outcome.gap.gap().is_zero());
}

#[test]
fn a_decision_made_elsewhere_inside_a_bar_knows_the_last_close_only() {
    let bars = [
        bar(0, 0, [10_000, 10_100, 9_990, 10_050], 4_000),
        bar(0, 1, [10_020, 10_900, 10_010, 10_070], 4_000),
    ];
    let wish =
        |qty: i64| Wish { holding: HoldingId(0), qty: Qty::whole(qty), px: None, stop: None };
    // At the very end of the first bar, and while the second is at its assumed high.
    let late = bars[1].open_time.plus(40 * SECOND_NS);
    let rows = vec![(bars[0].end_time, wish(4)), (late, wish(9))];
    let plan = Plan::new(kit::config(vec![instrument("X")]), World::default(), 1);
    let outcome = rehearse(&plan, &bars, Box::new(Listed::new(rows.clone())));
    let close = Decimal::from_scaled(10_050, 2);
    let qty = |qty: i128| Decimal::from_scaled(qty, 0);
    let expected = [(qty(4), close.clone()), (qty(5), close)];
    assert_eq!(theory(&outcome.ledger), expected);
    let listed: Box<dyn Strategy> = Box::new(Listed::new(rows));
    let tested = backtest::run(&plan.config, &mut points(&plan.config, &bars), vec![listed]);
    assert_eq!(theory(&tested.unwrap().ledger), expected);
}

#[test]
fn a_point_prices_orders_until_the_next_point() {
    // Ten minutes: the points are far older than a mark may be.
    let ten = |minute, px| {
        let one = bar(0, minute, px, 4_000);
        Bar { end_time: one.open_time.plus(10 * MINUTE_NS), ..one }
    };
    let bars = [ten(0, [10_000, 10_100, 9_990, 10_050]), ten(10, [10_020, 10_900, 10_010, 10_070])];
    let wish = Wish { holding: HoldingId(0), qty: Qty::whole(4), px: None, stop: None };
    let late = bars[1].open_time.plus(100 * SECOND_NS);
    let plan = Plan::new(kit::config(vec![instrument("X")]), World::default(), 1);
    assert!(late.since(bars[1].open_time) > plan.config.risk.mark_age_ns_max);
    let outcome = rehearse(&plan, &bars, Box::new(Listed::new(vec![(late, wish)])));
    let fill = &outcome.broker.truth().fills()[0];
    assert_eq!(fill.px, Px(i128::from(10_021) * NANO / 100));
    assert!(fill.time < late.plus(SECOND_NS), "{}", fill.time);
}

/// A seeded walk of minute bars with gaps between them, instruments in turn.
fn random_bars(seed: u64, instruments: u32) -> Vec<Bar> {
    let mut dice = Rng::new(seed);
    let mut closes = vec![10_000; usize::try_from(instruments).unwrap()];
    let mut bars = Vec::new();
    for minute in 0..30 {
        for (id, close) in (0u32..).zip(&mut closes) {
            let open = *close + dice.between(-10, 10);
            let end = open + dice.between(-30, 30);
            let (low, high) = (open.min(end) - dice.between(0, 20), open.max(end) + 7);
            *close = end;
            bars.push(bar(id, minute, [open, high, low, end], dice.between(1, 400)));
        }
    }
    bars
}

/// The volume of every bar caps all fills of its time, none is earlier than the moment after the
/// bar that was decided on, and no law is broken, whatever goes wrong at the broker.
#[test]
fn under_faults_no_fill_is_early_and_no_bar_gives_more_than_its_cap() {
    let mut fills = 0;
    for (seed, preset) in (1..).zip(["calm", "rough", "storm", "storm"]) {
        let bars = random_bars(seed, 3);
        let instruments = ["X", "Y", "Z"].map(instrument).to_vec();
        // A fill that overtakes a cancel comes from outside the displayed sizes.
        let faults = Faults::preset(preset).expect("a preset");
        let faults = faults.set(FaultKind::CancelRace, Setting::default());
        let plan = Plan::new(kit::config(instruments), World::with_faults(faults), seed);
        let decided = Rc::<RefCell<Vec<Nanos>>>::default();
        let strategy = Follow { qty: Qty::whole(30), decided: Rc::clone(&decided) };
        let outcome = rehearse(&plan, &bars, Box::new(strategy));
        let truth = outcome.broker.truth();
        let first = decided.borrow()[0];
        for one in &bars {
            let inside = |time: Nanos| time > one.open_time && time < one.end_time;
            let ours = truth.fills().iter().filter(|fill| {
                let order = &truth.orders()[fill.order];
                !fill.external && order.instrument == one.instrument && inside(fill.time)
            });
            let taken: Qty = ours.map(|fill| fill.qty).sum();
            assert!(taken.0 * 10 <= one.volume.0, "{preset} {seed}: {taken} of {one:?}");
        }
        for fill in truth.fills().iter().filter(|fill| !fill.external) {
            assert!(fill.time > first.plus(MILLI_NS), "{preset} {seed}: {}", fill.time);
            let market = bars.iter().any(|b| b.open_time < fill.time && fill.time < b.end_time);
            assert!(market, "{preset} {seed}: filled at {} without a market", fill.time);
            fills += 1;
        }
    }
    assert!(fills > 100, "{fills}");
}
