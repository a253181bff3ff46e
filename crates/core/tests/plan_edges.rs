//! Edges of the plan, its limits and what people are told of it: what is too small, what could
//! not be sold again, and that selling is buying in a mirror.

mod kit;

use kit::broker::Amends;
use kit::words::{by_hand, op, status};
use kit::{H, I, Kit, config, in_place};
use proptest::prelude::*;
use truefill_core::config::{Config, InKind, OnExpiry, OnExternal, RoundReads};
use truefill_core::event::{Block, Lane, QueueReason};
use truefill_core::ids::{InstrumentId, OrderNo, SleeveId};
use truefill_core::input::{Adopt, Channel, Command, Input, LinkChange, Start};
use truefill_core::num::{Px, Qty};
use truefill_core::order::Intent;
use truefill_core::report::{News, OrdStatus, Push, RejectCode, StatusReport};
use truefill_core::request::{Request, Side};
use truefill_core::time::{Nanos, SECOND_NS};

/// A broker that keeps so many billionths of what is bought.
fn keeping(ppb: u32, min_qty: i64) -> Config {
    let mut config = config();
    config.descriptor.in_kind = vec![InKind { instrument: I, ppb }];
    config.instruments[0].min_qty = Qty::whole(min_qty);
    config
}

fn sent(kit: &Kit) -> Vec<(Side, Qty)> {
    kit.sent.iter().map(|(_, new)| (new.side, new.qty)).collect()
}

fn count(kit: &Kit, code: &str) -> usize {
    kit.alerts().iter().filter(|said| **said == code).count()
}

#[test]
fn what_could_not_be_sold_again_is_not_bought() {
    // One billionth is enough: less than a lot is left of one.
    for (ppb, min_qty, target, bought) in [
        (1, 1, 1, false),
        (1, 1, 2, true),
        (0, 1, 1, true),
        (1_000_000, 1, 2, true),
        (1_000_000, 2, 2, false),
        (1_000_000, 2, 3, true),
        (500_000_000, 5, 8, false),
        (500_000_000, 5, 10, true),
        (1_000_000_000, 1, 10, false),
    ] {
        let mut kit = Kit::with(keeping(ppb, min_qty));
        kit.target(target);
        kit.wait(30);
        let expected = if bought { vec![(Side::Buy, Qty::whole(target))] } else { vec![] };
        assert_eq!(sent(&kit), expected, "{target} where {ppb} are kept, at least {min_qty}");
        let h = kit.engine.state().holding(H);
        assert_eq!(h.staged.blocked == Block::Unsellable, !bought);
        assert_eq!(count(&kit, "DUST"), usize::from(!bought), "told once");
        assert_eq!(count(&kit, "UNCONVERGED"), usize::from(!bought), "told once");
    }
}

#[test]
fn only_a_purchase_that_opens_has_to_be_sold_again() {
    let mut kit = Kit::with(keeping(1_000, 1));
    kit.target(-1);
    assert_eq!(sent(&kit), [(Side::Sell, Qty::whole(1))], "nothing is kept of a sale");
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 1);
    kit.target(0);
    assert_eq!(sent(&kit)[1..], [(Side::Buy, Qty::whole(1))], "the way out is free");
}

#[test]
fn what_works_and_what_is_held_is_sold_with_a_purchase() {
    let mut config = keeping(1_000, 1);
    config.risk.order_qty_max = Some(Qty::whole(5));
    let mut kit = Kit::with(config);
    kit.target(6);
    assert_eq!(sent(&kit), [5, 1].map(|n| (Side::Buy, Qty::whole(n))));
    let mut kit = Kit::with(keeping(1_000, 5));
    kit.target(10);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 10);
    kit.target(15);
    assert_eq!(sent(&kit)[1..], [(Side::Buy, Qty::whole(5))], "with the ten there are enough");
}

#[test]
fn less_than_the_smallest_order_is_not_sent() {
    let mut config = config();
    config.instruments[0].min_qty = Qty::whole(10);
    let mut kit = Kit::with(config);
    kit.target(9);
    kit.wait(30);
    assert_eq!((sent(&kit), count(&kit, "DUST")), (vec![], 1));
    kit.target(10);
    assert_eq!(sent(&kit), [(Side::Buy, Qty::whole(10))]);
}

#[test]
fn a_limit_in_money_leaves_what_it_has_room_for() {
    for sign in [1, -1] {
        let mut config = config();
        config.risk.position_notional_max = Some(Qty::whole(2_550).times(Px::whole(1)));
        let mut kit = Kit::with(config);
        kit.wait(5);
        kit.target(sign * 100);
        kit.live(60, Amends::Taken);
        let total: Qty = kit.sent.iter().map(|(_, new)| new.side.signed(new.qty)).sum();
        assert_eq!(total, Qty::whole(sign * 25), "of 100 each");
        let admitted = kit.engine.state().holding(H).staged.admitted;
        assert_eq!(admitted, total, "no more is worked toward");
    }
}

#[test]
fn a_position_of_somebody_else_becomes_the_strategys_where_the_account_is_its_own() {
    for dedicated in [None, Some(false), Some(true)] {
        let mut config = config();
        config.recon.on_external = OnExternal::Rebuild;
        config.recon.dedicated = dedicated;
        let mut kit = Kit::with(config);
        kit.target(100);
        kit.serve(Amends::Taken);
        kit.fill_some(OrderNo(1), 100);
        kit.wait(60);
        kit.truth.position = Qty::whole(120);
        kit.truth.activity = vec![by_hand("M1", 20, kit.now)];
        kit.wait(200);
        let mine = dedicated == Some(true);
        let h = kit.engine.state().holding(H);
        assert_eq!(h.manual, Qty::whole(if mine { 0 } else { 20 }));
        let back: &[_] = if mine { &[(Side::Sell, Qty::whole(20))] } else { &[] };
        assert_eq!(&sent(&kit)[1..], back, "all that is held is to be what it wants");
    }
}

#[test]
fn people_are_told_of_a_hindrance_once_and_again_with_a_new_target() {
    let mut config = config();
    config.risk.orders_per_day = Some(1);
    let mut kit = Kit::with(config);
    kit.target(100);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 40);
    assert_eq!(count(&kit, "UNCONVERGED"), 0, "nothing is in the way");
    kit.target(200);
    assert_eq!(count(&kit, "UNCONVERGED"), 1, "the orders of this day are used up");
    kit.fill_some(OrderNo(1), 30);
    kit.wait(200);
    assert_eq!(count(&kit, "UNCONVERGED"), 1, "it moved, the hindrance is the same");
    kit.target(300);
    assert_eq!(count(&kit, "UNCONVERGED"), 2, "somebody wants something else");
    kit.target(100);
    kit.fill_some(OrderNo(1), 30);
    assert_eq!(count(&kit, "UNCONVERGED"), 2, "what is wanted is there");
    kit.target(150);
    assert_eq!(count(&kit, "UNCONVERGED"), 3, "it is in the way again");
    assert_eq!(count(&kit, "DUST"), 0, "nothing is too small");
}

/// A hundred held on this side of zero, and then fifty wanted on the other.
fn flipped(sign: i64, through: bool, change: impl FnOnce(&mut Config)) -> Kit {
    let mut config = config();
    config.strategies[0].through_zero = Some(through);
    change(&mut config);
    let mut kit = Kit::with(config);
    kit.target(100 * sign);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 100);
    kit.target(-50 * sign);
    kit
}

#[test]
fn an_order_goes_through_zero_only_where_the_strategy_says_so() {
    for (sign, side) in [(1, Side::Sell), (-1, Side::Buy)] {
        let kit = flipped(sign, false, |_| {});
        assert_eq!(sent(&kit)[1..], [100, 50].map(|n| (side, Qty::whole(n))), "first the way out");
        assert_eq!(kit.order(2).ticket.intent, Intent::Exit);
        assert_eq!(kit.order(3).ticket.intent, Intent::Entry);
        let mut kit = flipped(sign, true, |_| {});
        assert_eq!(sent(&kit)[1..], [(side, Qty::whole(150))]);
        assert_eq!(kit.order(2).ticket.intent, Intent::Entry);
        // What ends at zero is an exit all the same.
        kit.serve(Amends::Taken);
        kit.fill_some(OrderNo(2), 150);
        kit.target(0);
        assert_eq!(kit.order(3).ticket.intent, Intent::Exit);
        // No more entries today: the way out is left.
        let kit = flipped(sign, true, |c| c.risk.orders_per_day = Some(1));
        assert_eq!(sent(&kit)[1..], [(side, Qty::whole(100))]);
        assert_eq!(kit.order(2).ticket.intent, Intent::Exit);
        // An entry would be too large for its limit: the way out leaves in its place.
        let wide = |c: &mut Config| c.strategies[0].entry.spread_bps_max = 10;
        let mut kit = flipped(sign, true, wide);
        assert_eq!(sent(&kit)[1..], [(side, Qty::whole(150))]);
        kit = flipped(sign, true, wide);
        kit.serve(Amends::Taken);
        kit.fill_some(OrderNo(2), 150);
        kit.ask = 105;
        kit.target(100 * sign);
        let back = if sign > 0 { Side::Buy } else { Side::Sell };
        assert_eq!(sent(&kit)[2..], [(back, Qty::whole(50))], "the spread is for entries");
    }
}

#[test]
fn a_frozen_holding_goes_to_zero_and_nowhere_else() {
    for (target, sold) in [(150, None), (50, None), (0, Some(100))] {
        let mut kit = Kit::with(config());
        kit.target(100);
        kit.serve(Amends::Taken);
        kit.fill_some(OrderNo(1), 100);
        kit.truth.position = Qty::whole(120);
        kit.truth.activity = vec![by_hand("M1", 20, kit.now)];
        kit.wait(200);
        assert!(kit.engine.state().holding(H).frozen.is_some());
        kit.target(target);
        let sold: Vec<_> = sold.into_iter().map(|n| (Side::Sell, Qty::whole(n))).collect();
        assert_eq!(sent(&kit)[1..], sold, "{target}");
    }
}

#[test]
fn what_nobody_declared_anything_about_stays_until_all_is_flattened() {
    let mut kit = Kit::with(config());
    kit.engine = truefill_core::engine::Engine::new(config()).expect("right");
    kit.truth.position = Qty::whole(50);
    kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    kit.wait(10);
    let (holding, sleeve, qty) = (H, SleeveId(1), Qty::whole(50));
    kit.input(Input::Adopt(Adopt { holding, sleeve, qty, by: None }));
    kit.wait(100);
    assert_eq!((kit.own(), sent(&kit)), (qty, vec![]));
    kit.input(op(Command::Flatten));
    kit.wait(10);
    assert_eq!(sent(&kit), [(Side::Sell, qty)]);
}

#[test]
fn people_are_told_that_a_contract_ends_when_it_holds_something_back_and_not_before() {
    let mut config = config();
    config.strategies[0].expiry_lead_ns = 100 * SECOND_NS;
    config.strategies[0].on_expiry = OnExpiry::Block;
    config.instruments[0].expires = Some(Nanos(1_000_500 * SECOND_NS));
    let mut kit = Kit::with(config);
    kit.target(100);
    kit.serve(Amends::Taken);
    kit.fill_some(OrderNo(1), 40);
    kit.wait(300);
    assert_eq!(count(&kit, "UNCONVERGED"), 0, "{:?}", kit.alerts());
    kit.wait(120);
    assert_eq!(count(&kit, "UNCONVERGED"), 1, "{:?}", kit.alerts());
}

#[test]
fn what_waits_is_told_apart_from_what_is_backing_off() {
    let mut kit = Kit::with(config());
    kit.input(Input::Link(LinkChange { channel: Channel::Rest, up: false }));
    kit.target(100);
    let staged = &kit.engine.state().holding(H).staged;
    assert_eq!((staged.lane, staged.queue_reason), (Lane::Add, QueueReason::Queue));
    let mut kit = Kit::with(config());
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    kit.reply(request, kit::words::refused(RejectCode::RateLimited));
    let staged = &kit.engine.state().holding(H).staged;
    assert_eq!((staged.lane, staged.queue_reason), (Lane::Add, QueueReason::Backoff));
}

#[test]
fn an_order_that_stands_under_another_instrument_is_cancelled_once() {
    let mut config = kit::words::two_holdings();
    config.descriptor.rounds = Some(RoundReads::OpenOrders);
    let mut kit = Kit::with(config);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, kit::words::taken());
    assert_eq!(kit.cancelled, []);
    let (cl_ord_id, order_id, instrument) = (Some(new.cl_ord_id), None, Some(InstrumentId(1)));
    let open = StatusReport { status: OrdStatus::Open, cum: None, time: kit.now };
    let news = News::Status(open);
    kit.input(Input::Push(Push { cl_ord_id, order_id, instrument, news }));
    assert_eq!(kit.cancelled, [OrderNo(1)]);
    kit.answers = false;
    kit.wait(5);
    assert_eq!(kit.cancelled, [OrderNo(1)], "its cancel is under way");
}

/// What a story makes the engine say, with all signs turned where it is told in a mirror.
#[derive(Clone, Copy, Debug)]
enum Act {
    Target(i64),
    Fill(u64, i64),
    /// The broker says that this order is over, or that some of it filled, and no more.
    Claim(usize),
    Serve(Amends),
    Live(i64, Amends),
    Command(Command),
}

fn act() -> impl Strategy<Value = Act> {
    let amends = || prop::sample::select(vec![Amends::Taken, Amends::Refused, Amends::Silent]);
    let command = vec![Command::ReduceOnly, Command::Flatten, Command::Halt, Command::Resume];
    prop_oneof![
        5 => (-12i64..=12).prop_map(|n| Act::Target(n * 10)),
        5 => (1u64..12, 1i64..60).prop_map(|(no, n)| Act::Fill(no, n)),
        1 => (0usize..8).prop_map(Act::Claim),
        4 => amends().prop_map(Act::Serve),
        3 => (1i64..8, amends()).prop_map(|(s, amends)| Act::Live(s, amends)),
        1 => prop::sample::select(command).prop_map(Act::Command),
    ]
}

fn told(config: &Config, acts: &[Act], sign: i64) -> (Vec<String>, Vec<Qty>) {
    let mut kit = Kit::with(config.clone());
    let mut owns = Vec::new();
    for act in acts {
        match *act {
            Act::Target(units) => kit.target(sign * units),
            Act::Fill(no, units) => kit.fill_some(OrderNo(no), units),
            Act::Claim(at) => {
                if let Some((_, new)) = kit.sent.get(at).cloned() {
                    kit.input(status(&kit, &new, OrdStatus::Canceled, None));
                }
            }
            Act::Serve(amends) => kit.serve(amends),
            Act::Live(seconds, amends) => kit.live(seconds, amends),
            Act::Command(command) => {
                kit.input(op(command));
            }
        }
        owns.push(Qty(kit.own().0 * i128::from(sign)));
    }
    let says = |what: &Request| match what {
        Request::New(new) => {
            let side = if sign > 0 { new.side } else { new.side.opposite() };
            format!("{side} {}", new.qty)
        }
        Request::Amend(amend) => format!("amend {} to {}", amend.order, amend.qty),
        Request::Cancel(cancel) => format!("cancel {}", cancel.order),
    };
    (kit.writes.iter().map(|(_, what)| says(what)).collect(), owns)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing in the engine prefers buying to selling: the same story with all signs turned
    /// makes it say the same with all sides turned.
    #[test]
    fn selling_is_buying_in_a_mirror(
        amends in any::<bool>(),
        limit in prop::option::of(1i64..8),
        child in prop::option::of(1i64..8),
        acts in prop::collection::vec(act(), 1..25),
    ) {
        let mut config = if amends { in_place() } else { config() };
        config.risk.position_qty_max = limit.map(|n| Qty::whole(n * 10));
        config.risk.order_qty_max = child.map(|n| Qty::whole(n * 5));
        prop_assert_eq!(told(&config, &acts, 1), told(&config, &acts, -1));
    }
}
