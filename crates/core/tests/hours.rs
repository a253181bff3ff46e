//! Time: hours for entries, `flat_by`, validity, sessions, expiry and declaring again. The laws:
//! outside its hours a position never grows, a flat span always ends at zero, and what is too
//! old never trades.

mod kit;

use kit::words::{fill, held, op, row, taken};
use kit::{H, I, Kit, config};
use proptest::prelude::*;
use truefill_core::config::{
    Calendar, Config, OnExpiry, Phase, PhaseSpan, Policy, Scope, Span, Style, Window,
};
use truefill_core::engine::hours::{flat_lead_ns, may_enter, must_be_flat};
use truefill_core::engine::session::{phase_at, session_at, session_end};
use truefill_core::engine::working::working;
use truefill_core::event::Block;
use truefill_core::input::{Command, Input, Start};
use truefill_core::num::Qty;
use truefill_core::report::OrdStatus;
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// Where the kit's clock begins.
const ZERO: i64 = 1_000_000;

fn at(seconds: i64) -> Nanos {
    Nanos((ZERO + seconds) * SECOND_NS)
}

fn span(from: i64, until: i64) -> Span {
    Span { from: at(from), until: at(until) }
}

fn phase(from: i64, until: i64, phase: Phase, session: i64) -> PhaseSpan {
    PhaseSpan { from: at(from), until: at(until), phase, session }
}

/// Two sessions: continuous 100 to 1000 with an auction to 1100, and 2000 to 3000.
fn with_sessions() -> Config {
    let mut c = config();
    c.calendars = vec![Calendar {
        name: "test".into(),
        phases: vec![
            phase(50, 100, Phase::PreOpen, 7),
            phase(100, 1_000, Phase::Continuous, 7),
            phase(1_000, 1_100, Phase::ClosingAuction, 7),
            phase(2_000, 3_000, Phase::Continuous, 8),
        ],
    }];
    c.instruments[0].calendar = Some(0);
    c
}

fn with_strategy(change: impl FnOnce(&mut truefill_core::config::Strategy)) -> Config {
    let mut c = config();
    change(&mut c.strategies[0]);
    c
}

fn gate(kit: &Kit) -> (Qty, Block) {
    let there = working(kit.engine.config(), kit.engine.state(), H, kit.now);
    (there.target, there.gate)
}

fn until(kit: &mut Kit, seconds: i64) {
    kit.wait(at(seconds).since(kit.now) / SECOND_NS);
}

/// The first order that is not filled yet is taken and filled whole, and the broker's books say
/// so.
fn fill_next(kit: &mut Kit) {
    let at = kit.truth.orders.len();
    let (request, new) = kit.sent.get(at).cloned().expect("an order was sent");
    let whole = i64::try_from(new.qty.0 / Qty::whole(1).0).expect("small");
    let exec = format!("F{at}");
    kit.truth.position += new.side.signed(new.qty);
    kit.truth.orders.push(row(&new, whole, OrdStatus::Filled));
    kit.reply(request, taken());
    let input = fill(kit, &new, &exec, whole, whole);
    kit.input(input);
}

fn sides(kit: &Kit) -> Vec<(Side, Qty)> {
    kit.sent.iter().map(|(_, new)| (new.side, new.qty)).collect()
}

#[test]
fn phases_and_sessions_are_found_by_time() {
    let c = with_sessions();
    assert_eq!(phase_at(&c, I, at(0)), (Phase::Closed, at(50)));
    assert_eq!(phase_at(&c, I, at(50)), (Phase::PreOpen, at(100)));
    assert_eq!(phase_at(&c, I, at(999)), (Phase::Continuous, at(1_000)));
    assert_eq!(phase_at(&c, I, at(1_100)), (Phase::Closed, at(2_000)));
    assert_eq!(phase_at(&c, I, at(3_000)), (Phase::Closed, Nanos::MAX));
    let sessions = [0, 1_099, 1_100, 2_999, 3_000].map(|s| session_at(&c, I, at(s)));
    assert_eq!(sessions, [7, 7, 8, 8, 9].map(Some), "after the close it is the next session");
    assert_eq!(session_end(&c, I, at(150)), at(1_100));
    assert_eq!(session_end(&c, I, at(1_500)), at(3_000));
    assert_eq!(session_at(&config(), I, at(0)), None);
}

#[test]
fn entries_wait_for_their_hours_and_exits_do_not() {
    let mut c = with_strategy(|s| s.entries = vec![span(20, 60), span(100, 200)]);
    c.strategies[0].exit = Policy::default();
    let mut kit = Kit::with(c);
    kit.target(100);
    assert_eq!(gate(&kit), (Qty::ZERO, Block::Hours));
    assert!(kit.sent.is_empty());
    assert_eq!(kit.engine.next_deadline(kit.now).min(at(20)), kit.engine.next_deadline(kit.now));
    until(&mut kit, 20);
    assert_eq!(sides(&kit), [(Side::Buy, Qty::whole(100))], "at the edge, by itself");
    fill_next(&mut kit);
    until(&mut kit, 70);
    kit.target(150);
    assert_eq!(gate(&kit), (Qty::whole(100), Block::Hours));
    kit.target(40);
    assert_eq!(sides(&kit)[1..], [(Side::Sell, Qty::whole(60))], "the way out stays open");
    fill_next(&mut kit);
    kit.target(-30);
    assert_eq!(sides(&kit)[2..], [(Side::Sell, Qty::whole(40))], "to zero and not through it");
}

#[test]
fn what_rests_at_the_end_of_the_hours_is_cancelled() {
    let mut kit = Kit::with(with_strategy(|s| s.entries = vec![span(0, 60)]));
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 30, OrdStatus::Open)];
    kit.truth.position = Qty::whole(30);
    let input = fill(&kit, &new, "E1", 30, 30);
    kit.input(input);
    until(&mut kit, 61);
    assert_eq!(kit.cancelled, [new.order]);
    assert_eq!((kit.own(), gate(&kit)), (Qty::whole(30), (Qty::whole(30), Block::Hours)));
    let staged = &kit.engine.state().holding(H).staged;
    assert_eq!((staged.admitted, staged.gate), (Qty::whole(30), Block::Hours), "70 are in GATE");
}

#[test]
fn it_goes_flat_early_enough_for_its_queue() {
    let mut c = with_strategy(|s| s.flats = vec![span(600, 900)]);
    c.descriptor.windows = vec![Window { n: 1, per_ns: SECOND_NS, scope: Scope::Orders }];
    // One holding: a cancel and an exit, one a second, and twice 5.5 s to hear of them.
    assert_eq!(flat_lead_ns(&c, &c.strategies[0]), 12 * SECOND_NS);
    let mut kit = held(c);
    until(&mut kit, 587);
    assert_eq!(kit.sent.len(), 1);
    until(&mut kit, 589);
    assert_eq!(sides(&kit)[1..], [(Side::Sell, Qty::whole(100))]);
    let staged = &kit.engine.state().holding(H).staged;
    assert_eq!((staged.admitted, staged.gate), (Qty::ZERO, Block::FlatBy));
    fill_next(&mut kit);
    kit.target(70);
    assert_eq!((kit.sent.len(), gate(&kit)), (2, (Qty::ZERO, Block::FlatBy)));
    until(&mut kit, 905);
    assert_eq!(sides(&kit)[2..], [(Side::Buy, Qty::whole(70))], "after it the target counts again");
}

#[test]
fn the_lead_grows_with_the_holdings_and_a_patient_exit() {
    let mut c = with_strategy(|s| s.flats = vec![span(6_000, 9_000)]);
    c.descriptor.windows = vec![
        Window { n: 10, per_ns: SECOND_NS, scope: Scope::Orders },
        Window { n: 5_000, per_ns: 86_400 * SECOND_NS, scope: Scope::Orders },
    ];
    let one = flat_lead_ns(&c, &c.strategies[0]);
    for n in 1..100 {
        let (mut i, mut h) = (c.instruments[0].clone(), c.holdings[0].clone());
        (i.symbol, h.instrument.0) = (format!("S{n}"), n);
        c.instruments.push(i);
        c.holdings.push(h);
    }
    let hundred = flat_lead_ns(&c, &c.strategies[0]);
    assert_eq!((hundred - one) / SECOND_NS, 19, "200 requests, ten a second, the first at once");
    let exit = &mut c.strategies[0].exit;
    (exit.style, exit.patience_ns) = (Style::PassiveThenCross, 20 * SECOND_NS);
    assert_eq!(flat_lead_ns(&c, &c.strategies[0]) - hundred, 25 * SECOND_NS);
}

#[test]
fn an_old_increase_is_given_up_and_an_old_decrease_is_not() {
    let mut c = with_strategy(|s| s.valid_for_ns = Some(60 * SECOND_NS));
    c.risk.mark_age_ns_max = 3_600 * SECOND_NS;
    let mut kit = held(c);
    kit.has_quote = false;
    kit.target(200);
    assert_eq!(kit.sent.len(), 1, "no quote, nothing is sent");
    kit.wait(61);
    kit.has_quote = true;
    kit.wait(10);
    assert_eq!((kit.sent.len(), gate(&kit)), (1, (Qty::whole(100), Block::Expired)));
    kit.target(200);
    assert_eq!(sides(&kit)[1..], [(Side::Buy, Qty::whole(100))], "said again, it is young");
    fill_next(&mut kit);
    kit.has_quote = false;
    kit.target(50);
    kit.wait(300);
    kit.has_quote = true;
    kit.wait(10);
    assert_eq!(sides(&kit)[2..], [(Side::Sell, Qty::whole(150))], "a decrease stands");
}

#[test]
fn a_repeat_renews_and_does_not_reopen_what_was_cancelled() {
    let mut c = kit::words::impatient();
    c.strategies[0].valid_for_ns = Some(60 * SECOND_NS);
    let mut kit = Kit::with(c);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(11);
    let cancel = *kit.cancels.last().expect("a cancel");
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Canceled)];
    kit.reply(cancel, taken());
    kit.wait(10);
    assert_eq!(kit.engine.state().holding(H).dropped, Qty::whole(100));
    kit.target(100);
    assert_eq!(kit.engine.state().holding(H).terms.decided, kit.now);
    kit.wait(5);
    assert_eq!(kit.sent.len(), 1);
}

#[test]
fn a_closed_market_lets_nothing_out_but_cancels() {
    let mut kit = Kit::with(with_sessions());
    kit.target(100);
    assert!(kit.sent.is_empty());
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Session);
    until(&mut kit, 99);
    assert!(kit.sent.is_empty(), "not before the open");
    until(&mut kit, 100);
    assert_eq!(kit.sent.len(), 1, "at the open, by itself");
    fill_next(&mut kit);
    until(&mut kit, 1_010);
    kit.target(150);
    assert_eq!(kit.sent.len(), 1, "the auction is not for this policy");
    kit.target(40);
    assert_eq!(sides(&kit)[1..], [(Side::Sell, Qty::whole(60))], "but the way out is open");
    fill_next(&mut kit);
    until(&mut kit, 1_200);
    kit.target(0);
    assert_eq!(kit.sent.len(), 2, "exits wait for the open too");
    until(&mut kit, 2_000);
    assert_eq!(sides(&kit)[2..], [(Side::Sell, Qty::whole(40))]);
}

#[test]
fn a_policy_for_the_close_may_enter_in_the_auction() {
    let mut c = with_sessions();
    c.strategies[0].entry.style = Style::AtClose;
    assert!(truefill_core::engine::session::is_open(
        &c,
        truefill_core::engine::parts::Trader::first(&c, H),
        truefill_core::order::Intent::Entry,
        at(1_010)
    ));
}

#[test]
fn the_end_of_a_session_wakes_the_engine_once() {
    let mut kit = Kit::with(with_sessions());
    until(&mut kit, 150);
    kit.has_quote = false;
    kit.target(100);
    until(&mut kit, 1_150);
    let deadline = kit.engine.next_deadline(kit.now);
    assert!(deadline > kit.now, "a holding that waits for the open does not spin");
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Session);
}

#[test]
fn a_contract_is_closed_before_it_ends() {
    let mut c = with_strategy(|s| s.expiry_lead_ns = 100 * SECOND_NS);
    c.instruments[0].expires = Some(at(500));
    let mut kit = held(c.clone());
    until(&mut kit, 399);
    assert_eq!(kit.sent.len(), 1);
    until(&mut kit, 401);
    assert_eq!(sides(&kit)[1..], [(Side::Sell, Qty::whole(100))]);
    c.strategies[0].on_expiry = OnExpiry::Block;
    let mut kit = held(c);
    until(&mut kit, 401);
    kit.target(150);
    assert_eq!((kit.sent.len(), gate(&kit)), (1, (Qty::whole(100), Block::Expiry)));
    assert!(kit.alerts().contains(&"UNCONVERGED"));
}

#[test]
fn a_later_start_and_a_login_wait_for_the_target_to_be_declared_again() {
    let mut c = with_sessions();
    c.strategies[0].redeclare = true;
    let mut kit = Kit::with(c);
    until(&mut kit, 150);
    kit.has_quote = false;
    kit.target(100);
    // A restart inside the session goes on.
    kit.input(Input::Start(Start { epoch: 1_000_000_001 }));
    kit.wait(10);
    assert_eq!(gate(&kit), (Qty::whole(100), Block::Open));
    // A start in a later one does not.
    until(&mut kit, 2_010);
    assert_eq!(gate(&kit), (Qty::whole(100), Block::Open), "without a start it goes on too");
    kit.input(Input::Start(Start { epoch: 1_000_000_002 }));
    kit.has_quote = true;
    kit.wait(10);
    assert_eq!((kit.sent.len(), gate(&kit)), (0, (Qty::ZERO, Block::Redeclare)));
    kit.target(100);
    assert_eq!(sides(&kit), [(Side::Buy, Qty::whole(100))], "a repeat counts");
    fill_next(&mut kit);
    kit.target(120);
    fill_next(&mut kit);
    kit.input(op(Command::Login));
    kit.target(60);
    assert_eq!(sides(&kit)[2..], [(Side::Sell, Qty::whole(60))]);
    fill_next(&mut kit);
    kit.input(op(Command::Login));
    assert_eq!(gate(&kit), (Qty::whole(60), Block::Open), "nothing to add, nothing held back");
}

#[test]
fn a_login_holds_back_what_was_declared_before_it() {
    let mut kit = Kit::with(with_strategy(|s| s.redeclare = true));
    kit.has_quote = false;
    kit.target(100);
    kit.input(op(Command::Login));
    kit.has_quote = true;
    kit.wait(30);
    assert_eq!((kit.sent.len(), gate(&kit)), (0, (Qty::ZERO, Block::Redeclare)));
    kit.target(100);
    assert_eq!(kit.sent.len(), 1);
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::btree_set(1i64..400, 0..5).prop_map(|edges| {
        let edges: Vec<i64> = edges.into_iter().collect();
        edges.chunks_exact(2).map(|pair| span(pair[0], pair[1])).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Outside its hours no working target is further from zero than the position; inside a
    /// flat span it is zero; a target that is too old adds nothing.
    #[test]
    fn gates_never_add(
        entries in spans(), flats in spans(), valid in prop::option::of(5i64..60),
        moves in prop::collection::vec((-50i64..50, 0i64..60, any::<bool>()), 1..12),
    ) {
        let mut c = config();
        let s = &mut c.strategies[0];
        (s.entries, s.flats) = (entries, flats);
        s.valid_for_ns = valid.map(|s| s * SECOND_NS);
        let mut kit = Kit::with(c);
        let mut decided = kit.now;
        for (units, pause, fills) in moves {
            kit.target(units);
            decided = if kit.engine.state().holding(H).terms.decided == kit.now { kit.now } else { decided };
            for _ in 0..4 {
                if fills && kit.sent.len() > kit.truth.orders.len() {
                    fill_next(&mut kit);
                }
            }
            kit.wait(pause);
            let s = &kit.engine.config().strategies[0];
            let (target, gate) = gate(&kit);
            let own = kit.own();
            let grows = target.abs() > own.abs() || (target.0.signum() * own.0.signum()) < 0;
            if must_be_flat(kit.engine.config(), s, kit.now).0 {
                prop_assert_eq!(target, Qty::ZERO);
            }
            if !may_enter(s, kit.now).0 {
                prop_assert!(!grows, "{} from {} by {}", target, own, gate);
            }
            if s.valid_for_ns.is_some_and(|ns| decided.plus(ns) <= kit.now) {
                prop_assert!(!grows, "{} from {} by {}", target, own, gate);
            }
        }
    }

    /// However it got there, a flat span ends at zero as long as the broker fills.
    #[test]
    fn a_flat_span_leads_to_zero(units in prop::collection::vec(-50i64..50, 1..6)) {
        let mut kit = Kit::with(with_strategy(|s| s.flats = vec![span(300, 500)]));
        for target in units {
            kit.target(target);
            while kit.sent.len() > kit.truth.orders.len() {
                fill_next(&mut kit);
            }
        }
        until(&mut kit, 300);
        while kit.sent.len() > kit.truth.orders.len() {
            fill_next(&mut kit);
        }
        prop_assert_eq!(kit.own(), Qty::ZERO);
    }
}
