//! Sizing: from the number in a target to a quantity, once, and never more than the capital
//! carries.

mod kit;

use kit::words::{held, two_holdings};
use kit::{H, Kit, config};
use proptest::prelude::*;
use truefill_core::config::{Config, SizeBy};
use truefill_core::engine::Engine;
use truefill_core::event::Event;
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::input::{Input, Target};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::time::SECOND_NS;

fn money(units: i128) -> Amount {
    Amount(units * NANO * NANO)
}

fn sized(by: SizeBy, capital: i128) -> Config {
    let mut c = config();
    c.strategies[0].size_by = by;
    c.strategies[0].capital = Some(money(capital));
    c
}

fn say(kit: &mut Kit, holding: HoldingId, text: &str, px: Option<Px>) {
    let qty: Qty = text.parse().expect("a number");
    let (sleeve, decided, reopen, stop_px) = (SleeveId(1), kit.now, false, None);
    kit.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
}

fn emitted(kit: &Kit) -> (String, String) {
    let h = kit.engine.state().holding(H);
    (h.emitted.to_string(), h.rounded.to_string())
}

#[test]
fn a_weight_is_a_share_of_the_capital() {
    let mut kit = Kit::with(sized(SizeBy::Weight, 30_050));
    say(&mut kit, H, "0.5", None);
    assert_eq!(emitted(&kit), ("150.25".into(), "150".into()), "15025 at 100");
    kit.bid = 50;
    kit.ask = 50;
    say(&mut kit, H, "0.5", None);
    assert_eq!(emitted(&kit).0, "150.25", "repeated, it is no news, whatever the price");
    say(&mut kit, H, "-0.25", None);
    assert_eq!(emitted(&kit), ("-150.25".into(), "-150".into()), "7512.5 at 50");
}

#[test]
fn a_notional_counts_the_multiplier() {
    let mut c = config();
    c.strategies[0].size_by = SizeBy::Notional;
    c.instruments[0].multiplier = Qty::whole(50);
    let mut kit = Kit::with(c);
    say(&mut kit, H, "26000", None);
    assert_eq!(emitted(&kit), ("5.2".into(), "5".into()), "5000 a contract at 100");
}

#[test]
fn without_any_price_it_is_refused_and_the_old_one_stands() {
    let mut kit = Kit::with(sized(SizeBy::Weight, 10_000));
    kit.has_quote = false;
    say(&mut kit, H, "0.5", None);
    assert!(!kit.engine.state().holding(H).declared);
    assert!(kit.alerts().contains(&"TARGET_REFUSED"));
    say(&mut kit, H, "0.5", Some(Px::whole(40)));
    assert_eq!(emitted(&kit).0, "125", "the price it names");
}

#[test]
fn a_change_that_is_worth_too_little_trades_nothing() {
    let mut c = config();
    c.strategies[0].min_trade = money(1_000);
    let mut kit = held(c);
    kit.target(109);
    assert_eq!(emitted(&kit), ("109".into(), "100".into()), "900 is below 1000");
    assert_eq!(kit.sent.len(), 1);
    kit.target(110);
    assert_eq!(kit.sent.len(), 2, "1000 is not");
    let mut c = config();
    c.strategies[0].min_trade = money(1_000_000);
    let mut kit = Kit::with(c);
    kit.target(5);
    assert_eq!(kit.sent.len(), 0);
    kit.target(0);
    assert_eq!(emitted(&kit), ("0".into(), "0".into()), "zero is always meant");
}

#[test]
fn zero_is_traded_however_small_it_is() {
    let mut c = config();
    c.strategies[0].min_trade = money(1_000_000);
    c.strategies[0].min_trade = money(500);
    let mut kit = held(c);
    kit.target(96);
    assert_eq!(kit.sent.len(), 1, "400 is below 500");
    kit.target(0);
    assert_eq!(kit.sent.len(), 2);
}

#[test]
fn all_targets_together_fit_the_capital() {
    let mut c = two_holdings();
    c.strategies[0].capital = Some(money(10_000));
    c.strategies[0].leverage_ppm = 1_500_000;
    let mut kit = Kit::with(c);
    say(&mut kit, H, "100", None);
    say(&mut kit, HoldingId(1), "-51", None);
    let other = kit.engine.state().holding(HoldingId(1));
    assert!(!other.declared, "10000 and 5100 pass 15000");
    assert!(kit.alerts().contains(&"TARGET_REFUSED"));
    say(&mut kit, HoldingId(1), "-50", None);
    assert_eq!(kit.engine.state().holding(HoldingId(1)).emitted, Qty::whole(-50));
    (kit.bid, kit.ask) = (200, 200);
    say(&mut kit, H, "90", None);
    assert_eq!(emitted(&kit).0, "90", "nearer to zero is never refused");
    say(&mut kit, H, "95", None);
    assert_eq!(emitted(&kit).0, "90", "the old target stands");
}

#[test]
fn what_cannot_be_short_is_never_asked_to_be() {
    let mut c = config();
    c.holdings[0].never_short = true;
    let mut kit = held(c);
    kit.target(-1);
    assert_eq!(emitted(&kit).0, "100");
    let refused = kit.events.iter().find_map(|(_, e)| match e {
        Event::Alert(alert) => Some(alert.text.clone()),
        _ => None,
    });
    assert!(refused.is_some_and(|text| text.contains("never_short")));
}

#[test]
fn a_weight_without_a_capital_is_no_configuration() {
    let mut c = config();
    c.strategies[0].size_by = SizeBy::Weight;
    assert!(Engine::new(c).is_err_and(|why| why.contains("capital")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// At the prices at which they were accepted, targets never pass capital × leverage.
    #[test]
    fn leverage_is_never_exceeded(
        says in prop::collection::vec((0u32..2, -400i64..400), 1..20),
        leverage_ppm in 100_000u32..3_000_000,
        by in prop::sample::select(SizeBy::ALL), multiplier in 1i64..60,
    ) {
        let mut c = two_holdings();
        c.instruments[1].multiplier = Qty::whole(multiplier);
        let s = &mut c.strategies[0];
        (s.size_by, s.capital, s.leverage_ppm) = (by, Some(money(20_000)), leverage_ppm);
        let unit = match by {
            SizeBy::Shares => NANO,
            SizeBy::Weight => NANO / 100,
            SizeBy::Notional => NANO * 100,
        };
        let mut kit = Kit::with(c);
        let most = 20_000 * i128::from(leverage_ppm) * NANO / 1_000_000;
        for (holding, units) in says {
            let qty = Qty(i128::from(units) * unit).to_string();
            say(&mut kit, HoldingId(holding), &qty, None);
            let state = kit.engine.state();
            let worth = |id: u32, multiplier: i64| {
                state.holding(HoldingId(id)).emitted.0.abs() * 100 * i128::from(multiplier)
            };
            prop_assert!(worth(0, 1) + worth(1, multiplier) <= most);
            prop_assert!(kit.sent.iter().all(|(_, new)| new.qty.0 > 0));
        }
        kit.wait(SECOND_NS / SECOND_NS);
    }
}
