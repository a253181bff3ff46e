//! What good files mean: the shipped examples, and one that says everything.

use super::super::{MarketSpec, Setup, StrategySpec};
use super::{FULL, changed, read};
use truefill_core::config::{
    CancelProof, Holding, LossAction, OnExternal, Policy, Remainder, Scope, Style, Then, Window,
};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::num::{Amount, Qty};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_sim::broker::world::WindowKind;
use truefill_sim::network::Latency;

const DEMO: &str = include_str!("../../../../../examples/configs/demo.toml");
const BASKET_50: &str = include_str!("../../../../../examples/configs/basket-50.toml");
const BASKET_500: &str = include_str!("../../../../../examples/configs/basket-500.toml");

fn qty(text: &str) -> Qty {
    text.parse().unwrap()
}

fn opens(setup: &Setup) -> usize {
    assert!(setup.open_market().unwrap().next().unwrap().is_some());
    setup.config.check().unwrap();
    setup.world.check(&setup.config.descriptor).unwrap();
    setup.open_strategies().unwrap().len()
}

#[test]
fn the_demo_is_the_documented_one() {
    let setup = read(DEMO).unwrap();
    assert_eq!(opens(&setup), 1);
    assert_eq!(setup.market, MarketSpec::Demo);
    assert!(!setup.is_synthetic());
    assert_eq!(setup.data_words(), "three minutes of real quotes of BTCUSDT, ETHUSDT, SOLUSDT");
    let legs = [(0, "0.05"), (1, "2"), (2, "30")];
    let legs = legs.map(|(at, size)| (InstrumentId(at), HoldingId(at), qty(size))).to_vec();
    let expected = StrategySpec::Imbalance { legs, period_ns: SECOND_NS, threshold_pct: 70 };
    assert_eq!(setup.strategies, [expected]);
    let policy = Policy { collar_bps: 5, collar_ticks: 2, ..Policy::default() };
    let strategy = &setup.config.strategies[0];
    assert_eq!((&strategy.entry, &strategy.exit), (&policy, &policy));
    assert_eq!(setup.config.recon.on_external, OnExternal::Rebuild);
    assert_eq!(
        setup.config.descriptor.windows,
        [
            Window { n: 3, per_ns: SECOND_NS, scope: Scope::Orders },
            Window { n: 10, per_ns: SECOND_NS, scope: Scope::Reads },
        ]
    );
    assert_eq!((setup.world.fee_ppm, setup.config.assumed_fee_bps), (200, 0));
    assert_eq!((setup.currency.as_str(), setup.decide_ns), ("USDT", 2 * MILLI_NS));
    assert_eq!(setup.config.instruments, truefill_market::demo::instruments());
}

#[test]
fn baskets_want_every_name_once() {
    for (text, names, quotes) in [(BASKET_50, 50, 30_000), (BASKET_500, 500, 300_000)] {
        let setup = read(text).unwrap();
        assert_eq!(opens(&setup), 1);
        assert!(setup.is_synthetic());
        assert!(setup.data_words().contains("synthetic") && text.starts_with("# SYNTHETIC"));
        let MarketSpec::Synthetic { spec } = &setup.market else { panic!("not synthetic") };
        assert_eq!((spec.instruments, spec.quotes), (names, quotes));
        let StrategySpec::Hold { at_ns_after_start, wishes } = &setup.strategies[0] else {
            panic!("not a basket")
        };
        assert_eq!(*at_ns_after_start, 5 * SECOND_NS);
        let expected: Vec<_> = (0..names).map(|at| (HoldingId(at), qty("10"))).collect();
        assert_eq!(*wishes, expected);
        let start = setup.open_market().unwrap().next().unwrap().unwrap().time();
        let strategies = setup.open_strategies().unwrap();
        assert_eq!(strategies[0].next_time(), start.plus(5 * SECOND_NS));
    }
}

#[test]
fn every_key_reaches_its_place() {
    let setup = read(FULL).unwrap();
    assert_eq!(opens(&setup), 2);
    let config = &setup.config;
    assert_eq!(config.account, "mine");
    let product = VenueText::new("CNC").unwrap();
    let holding = |at, product, sleeve| Holding {
        instrument: InstrumentId(at),
        product,
        sleeve: SleeveId(sleeve),
        never_short: !product.is_empty(),
        others: Vec::new(),
    };
    assert_eq!(
        config.holdings,
        [holding(0, product, 1), holding(2, product, 1), holding(1, VenueText::EMPTY, 2)]
    );
    let bitcoin = &config.instruments[0];
    assert_eq!((bitcoin.min_qty, bitcoin.max_qty), (qty("0.0001"), Some(qty("9"))));
    let entry = &config.strategies[0].entry;
    assert_eq!((entry.remainder, entry.patience_ns), (Remainder::Cancel, 20 * SECOND_NS));
    let exit = &config.strategies[0].exit;
    assert_eq!((exit.collar_bps, exit.collar_ticks), (30, 0));
    let slow = &config.strategies[1];
    assert_eq!(
        (slow.entry.style, slow.entry.patience_ns),
        (Style::PassiveThenCross, 20 * SECOND_NS)
    );
    assert_eq!((slow.exit.remainder, slow.exit.chase.then), (Remainder::Chase, Then::Cross));
    let per = |n, seconds| Window { n, per_ns: seconds * SECOND_NS, scope: Scope::Orders };
    let reads = Window { n: 8, per_ns: SECOND_NS, scope: Scope::Reads };
    let descriptor = &config.descriptor;
    assert_eq!(descriptor.windows, [per(5, 1), reads, per(100, 60), per(3000, 86_400)]);
    assert_eq!(descriptor.appear_max_ns, Some(40 * SECOND_NS));
    assert_eq!(descriptor.arrival_max_ns, 6 * SECOND_NS);
    assert_eq!(descriptor.reply_timeout_ns, 4 * SECOND_NS);
    assert_eq!(descriptor.read_lag_max_ns, SECOND_NS);
    assert_eq!(descriptor.cancel_proof, CancelProof::Word);
    assert_eq!(setup.world.window_kinds, [WindowKind::Fixed; 4]);
    assert_eq!((setup.world.fee_ppm, setup.world.up.base_ns), (250, 120 * MILLI_NS));
    assert_eq!((setup.config.assumed_fee_bps, setup.decide_ns), (1, 3 * MILLI_NS));
    assert_eq!((config.recon.busy_ns, config.recon.idle_ns), (2 * SECOND_NS, 60 * SECOND_NS));
    assert_eq!(config.recon.on_external, OnExternal::Hold);
}

#[test]
fn a_key_that_two_strategies_name_has_both() {
    let text = FULL.replace("hold = { ETHUSDT = \"-2.5\" }", "hold = \"1\"\nproduct = \"CNC\"");
    let setup = read(&text).unwrap();
    assert_eq!(opens(&setup), 2);
    let keys = setup.config.holdings.iter().map(|h| (h.instrument.0, h.sleeve.0, h.others.clone()));
    let both = vec![SleeveId(2)];
    assert_eq!(keys.collect::<Vec<_>>(), [(0, 1, both.clone()), (2, 1, both), (1, 2, Vec::new())]);
    let StrategySpec::Hold { wishes, .. } = &setup.strategies[1] else { panic!("not a hold") };
    let wished: Vec<_> = wishes.iter().map(|(holding, _)| holding.0).collect();
    assert_eq!(wished, [0, 2, 1], "the second strategy uses the keys of the first");
}

#[test]
fn every_limit_reaches_its_place() {
    let risk = read(FULL).unwrap().config.risk;
    let amount = |text: &str| Some(text.parse::<Amount>().unwrap());
    assert_eq!(risk.order_qty_max, Some(qty("50")));
    assert_eq!(risk.order_notional_max, amount("10000"));
    assert_eq!(risk.position_qty_max, Some(qty("100")));
    assert_eq!(risk.position_notional_max, amount("20000.5"));
    assert_eq!(risk.gross_notional_max, amount("40000"));
    assert_eq!((risk.collar_bps_max, risk.mark_age_ns_max), (300, 10 * SECOND_NS));
    assert_eq!(risk.orders_per_day, Some(2000));
    assert_eq!((risk.repeat_max, risk.repeat_per_ns), (30, 10 * SECOND_NS));
    assert_eq!(risk.daily_loss_max, amount("6000"));
    assert_eq!(risk.daily_loss_action, LossAction::Flatten);
}

#[test]
fn a_hold_is_declared_when_it_says() {
    let setup = read(FULL).unwrap();
    let wishes = vec![(HoldingId(2), qty("-2.5"))];
    let expected = StrategySpec::Hold { at_ns_after_start: 60 * SECOND_NS, wishes };
    assert_eq!(setup.strategies[1], expected);
    let mut strategies = setup.open_strategies_at(Nanos(7)).unwrap();
    assert_eq!(strategies[1].next_time(), Nanos(7 + 60 * SECOND_NS));
    let mut out = Vec::new();
    strategies[1].on_time(Nanos::MAX, &mut out);
    assert_eq!(out.len(), 1);
    assert_eq!((out[0].holding, out[0].qty, out[0].px), (HoldingId(2), qty("-2.5"), None));
}

#[test]
fn latency_is_a_preset_or_a_time() {
    let fixed = changed("\"far\"", "\"20ms\"").unwrap();
    assert_eq!(fixed.world.push, Latency::fixed(20 * MILLI_NS));
    assert_eq!(changed("\"far\"", "\"none\"").unwrap().world.up, Latency::fixed(0));
    let unbounded = changed("\"40s\"", "\"unbounded\"").unwrap();
    assert_eq!(unbounded.config.descriptor.appear_max_ns, None);
}

#[test]
fn little_is_enough() {
    let text = "account.currency = \"USD\"\n[market.synthetic]\nnames = 2\nseconds = 9\n\
                [strategy.all]\nhold = \"1\"\n";
    let setup = read(text).unwrap();
    assert_eq!(opens(&setup), 1);
    assert_eq!(setup.config.account, "account");
    assert_eq!(setup.config.holdings.len(), 2);
    assert_eq!(setup.config.descriptor, truefill_core::config::Descriptor::default());
}
