//! Baskets: legs that wait for each other, buys that wait for the money, refusals for want of
//! margin.

mod kit;

use kit::words::{refused, taken, two_holdings};
use kit::{H, Kit, config};
use proptest::prelude::*;
use truefill_core::config::{Basket, Config, Funding};
use truefill_core::engine::working::working;
use truefill_core::event::Block;
use truefill_core::ids::{HoldingId, SleeveId, VenueText};
use truefill_core::input::{Input, Margin, Target, Tick};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::report::{FillReport, News, Push, RejectCode};
use truefill_core::request::Side;
use truefill_core::time::SECOND_NS;

const OTHER: HoldingId = HoldingId(1);

fn basket(imbalance_ppm_max: u32, funding: Funding) -> Config {
    let mut c = two_holdings();
    c.strategies[0].basket = Some(Basket { imbalance_ppm_max, funding });
    // The kit's broker knows the positions of one instrument only: nothing is compared here.
    c.recon.busy_ns = 100_000 * SECOND_NS;
    c.recon.idle_ns = 100_000 * SECOND_NS;
    c.risk.repeat_max = 10_000;
    c
}

fn say(kit: &mut Kit, holding: HoldingId, units: i64) {
    let (sleeve, qty, decided) = (SleeveId(1), Qty::whole(units), kit.now);
    let (px, reopen, stop_px) = (None, false, None);
    kit.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
}

/// Part of an order fills.
fn fill(kit: &mut Kit, at: usize, units: i64, cum: i64) {
    let (request, new) = kit.sent[at].clone();
    if kit.engine.state().wire.contains_key(&request) {
        kit.reply(request, taken());
    }
    let now = kit.now;
    kit.input(Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: Some(new.instrument),
        news: News::Fill(FillReport {
            kept: None,
            exec_id: VenueText::new(&format!("E{at}-{cum}")).expect("short"),
            qty: Qty::whole(units),
            px: Px::whole(100),
            cum: Some(Qty::whole(cum)),
            liquidity: None,
            touch: None,
            fee: None,
            time: now,
        }),
    }));
}

fn sent(kit: &Kit) -> Vec<(u32, Side, Qty)> {
    kit.sent.iter().map(|(_, new)| (new.instrument.0, new.side, new.qty)).collect()
}

fn gate(kit: &Kit, id: HoldingId) -> (Qty, Block) {
    let there = working(kit.engine.config(), kit.engine.state(), id, kit.now);
    (there.target, there.gate)
}

#[test]
fn a_leg_waits_for_the_slowest() {
    let mut kit = Kit::with(basket(200_000, Funding::Free));
    kit.has_quote = false;
    say(&mut kit, H, 100);
    say(&mut kit, OTHER, -50);
    kit.has_quote = true;
    kit.input(Input::Tick(Tick {}));
    assert_eq!(sent(&kit), [(0, Side::Buy, Qty::whole(20)), (1, Side::Sell, Qty::whole(10))]);
    fill(&mut kit, 0, 20, 20);
    assert_eq!(gate(&kit, H), (Qty::whole(20), Block::Leg));
    kit.wait(60);
    // 20 % ahead is as far as it may be; the other one may go 20 % ahead of it in turn.
    assert_eq!(sent(&kit)[2..], [(1, Side::Sell, Qty::whole(10))]);
    fill(&mut kit, 1, 5, 5);
    assert_eq!(sent(&kit)[3..], [(0, Side::Buy, Qty::whole(10))], "10 % there, 30 % here");
    kit.target(0);
    assert!(gate(&kit, H).0.is_zero(), "the way out waits for nobody");
}

#[test]
fn the_coarsest_leg_can_begin() {
    let mut c = basket(100_000, Funding::Free);
    (c.instruments[0].lot, c.instruments[0].min_qty) = (Qty::whole(50), Qty::whole(50));
    let mut kit = Kit::with(c);
    kit.has_quote = false;
    say(&mut kit, H, 100);
    say(&mut kit, OTHER, -50);
    kit.has_quote = true;
    kit.input(Input::Tick(Tick {}));
    assert_eq!(sent(&kit), [(0, Side::Buy, Qty::whole(50)), (1, Side::Sell, Qty::whole(5))]);
}

#[test]
fn buys_wait_for_the_fills_of_the_sells() {
    let mut kit = Kit::with(basket(1_000_000, Funding::AfterSells));
    say(&mut kit, OTHER, 50);
    fill(&mut kit, 0, 50, 50);
    say(&mut kit, OTHER, 0);
    say(&mut kit, H, 80);
    assert_eq!(sent(&kit)[1..], [(1, Side::Sell, Qty::whole(50))]);
    assert_eq!(gate(&kit, H), (Qty::ZERO, Block::Funding));
    fill(&mut kit, 1, 30, 30);
    assert_eq!(kit.sent.len(), 2, "20 are not sold yet");
    fill(&mut kit, 1, 20, 50);
    assert_eq!(sent(&kit)[2..], [(0, Side::Buy, Qty::whole(80))]);
}

#[test]
fn a_margin_refusal_waits_in_its_gate_until_there_is_more() {
    let margin = |units: i128| Input::Margin(Margin { available: Amount(units * NANO * NANO) });
    let mut kit = Kit::with(config());
    kit.input(margin(5_000));
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    kit.reply(request, refused(RejectCode::InsufficientFunds));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.rejected, h.staged.gate), (Qty::ZERO, Block::Margin));
    assert_eq!((h.staged.admitted, h.staged.released), (Qty::ZERO, Qty::ZERO), "all in GATE");
    kit.wait(600);
    kit.input(margin(5_000));
    kit.input(margin(4_000));
    kit.input(margin(4_500));
    kit.wait(600);
    assert_eq!(kit.sent.len(), 1, "never by looping");
    kit.input(margin(5_001));
    assert_eq!(kit.sent.len(), 2, "there is more than when it was refused");
    let (request, _) = kit.sent[1].clone();
    kit.reply(request, refused(RejectCode::InsufficientFunds));
    kit.input(margin(6_000));
    assert_eq!(kit.sent.len(), 2, "not at once after a refusal");
    kit.wait(6);
    assert_eq!(kit.sent.len(), 3, "but after its rest");
    let (request, _) = kit.sent[2].clone();
    kit.reply(request, refused(RejectCode::InsufficientFunds));
    kit.target(50);
    assert_eq!(kit.sent.len(), 4, "a new target tries again");
}

#[test]
fn a_margin_refusal_leaves_what_rests_alone() {
    let mut c = config();
    c.instruments[0].max_qty = Some(Qty::whole(40));
    let mut kit = Kit::with(c);
    kit.target(100);
    let requests: Vec<_> = kit.sent.iter().map(|(request, _)| *request).collect();
    assert_eq!(requests.len(), 3);
    kit.reply(requests[0], taken());
    kit.reply(requests[1], refused(RejectCode::InsufficientFunds));
    assert_eq!(gate(&kit, H), (Qty::whole(60), Block::Margin));
    assert!(kit.cancels.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever fills when, no leg is further ahead of the other than the cap and one lot.
    #[test]
    fn legs_never_run_apart(
        cap in 50_000u32..900_000, one in 1i64..120, two in -120i64..-1,
        turns in prop::collection::vec((0usize..40, 1i64..20), 1..60),
    ) {
        let mut kit = Kit::with(basket(cap, Funding::Free));
        kit.has_quote = false;
        say(&mut kit, H, one);
        say(&mut kit, OTHER, two);
        kit.has_quote = true;
        kit.input(Input::Tick(Tick {}));
        let mut cums = std::collections::BTreeMap::new();
        for (at, most) in turns {
            let at = at % kit.sent.len();
            let whole = i64::try_from(kit.sent[at].1.qty.0 / NANO).expect("small");
            let cum = cums.entry(at).or_insert(0);
            let part = most.min(whole - *cum);
            if part > 0 {
                *cum += part;
                let cum = *cum;
                fill(&mut kit, at, part, cum);
            }
            let share = |id: HoldingId, target: i64| {
                kit.engine.state().holding(id).own.0 * 1_000_000 / (i128::from(target) * NANO)
            };
            let (a, b) = (share(H, one), share(OTHER, two));
            let lot = 1_000_000 / i128::from(one.min(-two)) + 1;
            prop_assert!((a - b).abs() <= i128::from(cap) + lot, "{} and {}", a, b);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// At a broker that fills, legs arrive whatever the cap, the lots and the ways are.
    #[test]
    fn legs_arrive(
        cap in 0u32..1_000_000, one in 1i64..40, two in -40i64..40, lot in 1i64..5,
        funding in prop::sample::select(Funding::ALL),
    ) {
        let mut c = basket(cap, funding);
        (c.instruments[0].lot, c.instruments[0].min_qty) = (Qty::whole(lot), Qty::whole(lot));
        let mut kit = Kit::with(c);
        let mut filled = 0;
        for (first, second) in [(one * lot, two), (-one * lot, -two), (0, two), (one * lot, 0)] {
            say(&mut kit, H, first);
            say(&mut kit, OTHER, second);
            while filled < kit.sent.len() {
                let whole = i64::try_from(kit.sent[filled].1.qty.0 / NANO).expect("small");
                fill(&mut kit, filled, whole, whole);
                filled += 1;
                kit.wait(1);
            }
            let own = |id| kit.engine.state().holding(id).own;
            prop_assert_eq!((own(H), own(OTHER)), (Qty::whole(first), Qty::whole(second)));
        }
    }
}

#[test]
fn another_strategy_is_no_leg() {
    let mut c = basket(100_000, Funding::AfterSells);
    c.strategies.push(c.strategies[0].clone());
    c.holdings[1].sleeve = SleeveId(2);
    let mut kit = Kit::with(c);
    let (sleeve, decided) = (SleeveId(2), kit.now);
    let (px, reopen, stop_px) = (None, false, None);
    let qty = Qty::whole(-50);
    let other = Target { sleeve, holding: OTHER, qty, decided, px, reopen, stop_px };
    kit.input(Input::Target(other));
    say(&mut kit, H, 100);
    assert_eq!(sent(&kit)[1..], [(0, Side::Buy, Qty::whole(100))]);
}
