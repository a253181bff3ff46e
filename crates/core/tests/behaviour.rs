//! What the engine does, seen from its edge: one behaviour a test.

mod kit;

use kit::{H, I, Kit, config};
use truefill_core::config::{OnExternal, Remainder, Scope, Window};
use truefill_core::event::{Freeze, Mode};
use truefill_core::ids::{OrderNo, RequestId, SleeveId, VenueText};
use truefill_core::input::{Adopt, Command, Input, Operator, Start};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{
    ActivityKind, ActivityRow, FillReport, News, NotSent, OrdStatus, OrderRow, Outcome, Push,
    Refused, RejectCode, StatusReport, Taken, Unclear, UnknownCause,
};
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::SECOND_NS;

fn text(words: &str) -> VenueText {
    VenueText::new(words).expect("short enough")
}

fn taken() -> Outcome {
    Outcome::Taken(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: Some(text("V1")),
        time: None,
    })
}

fn timeout() -> Outcome {
    Outcome::Unclear(Unclear { cause: UnknownCause::Timeout, retry_after_ns: None })
}

fn fill(kit: &Kit, new: &NewOrder, exec: &str, qty: i64, cum: i64) -> Input {
    Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: Some(I),
        news: News::Fill(FillReport {
            kept: None,
            exec_id: text(exec),
            qty: Qty::whole(qty),
            px: Px::whole(100),
            cum: Some(Qty::whole(cum)),
            liquidity: None,
            touch: None,
            fee: None,
            time: kit.now,
        }),
    })
}

fn row(new: &NewOrder, cum: i64, status: OrdStatus) -> OrderRow {
    OrderRow {
        code: None,
        cl_ord_id: Some(new.cl_ord_id),
        order_id: Some(text("V1")),
        instrument: I,
        side: new.side,
        qty: new.qty,
        cum: Qty::whole(cum),
        px: new.px,
        status,
        created: truefill_core::time::Nanos(0),
    }
}

#[test]
fn a_target_becomes_one_marketable_limit_order() {
    let mut kit = Kit::started();
    kit.target(100);
    assert_eq!(kit.sent.len(), 1);
    let (request, new) = kit.sent[0].clone();
    assert_eq!(
        (new.side, new.qty, new.px.to_string()),
        (Side::Buy, Qty::whole(100), "100.5".into())
    );
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.target(100);
    kit.wait(200);
    assert_eq!((kit.own(), kit.sent.len()), (Qty::whole(100), 1), "repeating changes nothing");
    assert!(kit.alerts().is_empty(), "{:?}", kit.alerts());
}

#[test]
fn the_fill_before_the_ack_and_twice_counts_once() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.input(fill(&kit, &new, "E1", 60, 60));
    kit.input(fill(&kit, &new, "E1", 60, 60));
    kit.reply(request, taken());
    assert_eq!(kit.own(), Qty::whole(60));
    assert_eq!(kit.engine.state().holding(H).buying, Qty::whole(40));
}

#[test]
fn an_unknown_order_counts_until_absence_is_proven() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    kit.wait(5);
    kit.reply(request, timeout());
    assert_eq!(kit.sent.len(), 1);
    kit.wait(20);
    assert_eq!(kit.sent.len(), 1, "absence before appear_max proves nothing");
    kit.wait(15);
    assert_eq!(kit.sent.len(), 2, "absent for sure: the target is still wanted");
    assert_ne!(kit.sent[0].1.cl_ord_id, kit.sent[1].1.cl_ord_id);
}

#[test]
fn an_unknown_order_that_appears_is_adopted_and_not_repeated() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, timeout());
    kit.wait(10);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.truth.position = Qty::whole(100);
    kit.wait(60);
    assert_eq!((kit.own(), kit.sent.len()), (Qty::whole(100), 1));
}

#[test]
fn not_sent_is_sent_again_at_once() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    kit.reply(request, Outcome::NotSent(NotSent {}));
    assert_eq!(kit.sent.len(), 2);
}

#[test]
fn a_refused_holding_rests_and_its_circuit_opens() {
    let mut kit = Kit::started();
    kit.target(100);
    for n in 0..3 {
        assert_eq!(kit.sent.len(), n + 1);
        let request = kit.sent[n].0;
        let refused = Refused { code: RejectCode::Invalid, text: text("no"), retry_after_ns: None };
        kit.reply(request, Outcome::Refused(refused));
        assert_eq!(kit.sent.len(), n + 1, "it rests");
        if n < 2 {
            kit.wait(5);
        }
    }
    kit.wait(50);
    assert_eq!(kit.sent.len(), 3, "the circuit is open");
    kit.wait(11);
    assert_eq!(kit.sent.len(), 4, "one probe a minute");
    assert!(kit.alerts().contains(&"REJECT_LOOP_OPEN"));
}

#[test]
fn a_smaller_target_cancels_first_and_waits_for_proof() {
    let mut kit = Kit::without_amends();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.target(40);
    assert_eq!((kit.sent.len(), kit.cancels.len()), (1, 1));
    kit.reply(kit.cancels[0], taken());
    kit.wait(2);
    assert_eq!(kit.sent.len(), 1, "a taken cancel proves nothing");
    kit.truth.orders = vec![row(&new, 30, OrdStatus::Canceled)];
    kit.truth.position = Qty::whole(30);
    kit.wait(4);
    assert_eq!(kit.own(), Qty::whole(30));
    assert_eq!(kit.sent.len(), 2);
    assert_eq!(kit.sent[1].1.qty, Qty::whole(10));
}

#[test]
fn a_cancelled_remainder_is_waived_until_the_target_changes() {
    let mut config = config();
    config.strategies[0].entry.remainder = Remainder::Cancel;
    config.strategies[0].entry.patience_ns = 10 * SECOND_NS;
    let mut kit = Kit::with(config);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E1", 12, 12));
    kit.truth.position = Qty::whole(12);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Open)];
    kit.wait(11);
    assert_eq!(kit.cancels.len(), 1);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Canceled)];
    kit.reply(kit.cancels[0], taken());
    kit.wait(100);
    kit.target(100);
    kit.wait(10);
    assert_eq!(kit.sent.len(), 1, "repeating the target does not reopen a waived remainder");
    kit.target(101);
    assert_eq!(kit.sent.len(), 2);
    assert_eq!(kit.sent[1].1.qty, Qty::whole(89));
}

#[test]
fn a_flip_sells_out_before_it_goes_short() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.target(-50);
    let sells: Vec<_> = kit.sent[1..].iter().map(|(_, n)| (n.side, n.qty)).collect();
    assert_eq!(sells, [(Side::Sell, Qty::whole(100)), (Side::Sell, Qty::whole(50))]);
}

#[test]
fn a_lost_fill_is_found_explained_and_booked() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(10);
    assert_eq!((kit.own(), kit.sent.len()), (Qty::whole(100), 1));
    assert_eq!(kit.engine.state().holding(H).frozen, None);
}

fn by_hand(kit: &Kit, qty: i64) -> ActivityRow {
    let side = if qty > 0 { Side::Buy } else { Side::Sell };
    ActivityRow {
        kind: ActivityKind::Trade,
        cl_ord_id: None,
        order_id: Some(text("M1")),
        instrument: I,
        side,
        fill: FillReport {
            kept: None,
            exec_id: text("MANUAL1"),
            qty: Qty::whole(qty.abs()),
            px: Px::whole(99),
            cum: None,
            liquidity: None,
            touch: None,
            fee: None,
            time: kit.now,
        },
        product: VenueText::EMPTY,
    }
}

#[test]
fn a_fill_is_priced_however_late_its_row_comes() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(100);
    let unpriced =
        |kit: &Kit| kit.engine.state().orders.get(new.order).map(|order| order.known.unpriced);
    assert_eq!((kit.own(), unpriced(&kit)), (Qty::whole(100), Some(Qty::whole(100))));
    let mut row = by_hand(&kit, 100);
    (row.cl_ord_id, row.order_id) = (Some(new.cl_ord_id), Some(text("V1")));
    row.fill.cum = Some(Qty::whole(100));
    kit.truth.activity = vec![row];
    kit.wait(100);
    assert_eq!((kit.own(), unpriced(&kit)), (Qty::whole(100), Some(Qty::ZERO)));
}

fn filled_100(config: truefill_core::config::Config) -> Kit {
    let mut kit = Kit::with(config);
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(100);
    kit
}

#[test]
fn a_manual_trade_is_adopted_and_holds() {
    let mut kit = filled_100(config());
    kit.truth.position = Qty::whole(80);
    kit.truth.activity = vec![by_hand(&kit, -20)];
    kit.wait(100);
    assert_eq!(kit.own(), Qty::whole(80));
    assert_eq!(kit.engine.state().holding(H).frozen, Some(Freeze::External));
    assert_eq!(kit.sent.len(), 1, "held");
    assert!(kit.alerts().contains(&"EXTERNAL_ACTIVITY"));
    let (holding, sleeve) = (H, SleeveId(1));
    kit.input(Input::Adopt(Adopt { holding, sleeve, qty: Qty::ZERO, by: None }));
    assert_eq!(kit.sent.len(), 2, "resumed by the operator: bought back");
}

#[test]
fn a_manual_trade_is_bought_back_where_the_account_says_rebuild() {
    let mut config = config();
    config.recon.on_external = OnExternal::Rebuild;
    let mut kit = filled_100(config);
    kit.truth.position = Qty::whole(80);
    kit.truth.activity = vec![by_hand(&kit, -20)];
    kit.wait(100);
    assert_eq!((kit.sent.len(), kit.sent[1].1.qty), (2, Qty::whole(20)));
}

#[test]
fn a_vanished_position_is_read_five_times_before_it_is_believed() {
    let mut kit = filled_100(config());
    kit.truth.position = Qty::ZERO;
    while !kit.alerts().contains(&"SNAPSHOT_REJECTED") {
        kit.wait(1);
    }
    kit.truth.position = Qty::whole(100);
    kit.wait(60);
    assert_eq!(kit.own(), Qty::whole(100), "the broker took it back");
    assert_eq!(kit.engine.state().holding(H).frozen, None);
    kit.truth.position = Qty::ZERO;
    kit.wait(120);
    assert_eq!(kit.own(), Qty::ZERO);
    assert_eq!(kit.engine.state().holding(H).frozen, Some(Freeze::Unexplained));
}

#[test]
fn what_is_found_at_the_first_start_is_nobodys() {
    let engine = truefill_core::engine::Engine::new(config()).expect("right");
    let mut kit = Kit::started();
    kit.engine = engine;
    kit.truth.position = Qty::whole(30);
    kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    kit.wait(10);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.manual, h.own, h.frozen), (Qty::whole(30), Qty::ZERO, Some(Freeze::Manual)));
    kit.target(100);
    kit.wait(10);
    assert!(kit.sent.is_empty(), "frozen until the operator says whose it is");
    let (holding, sleeve) = (H, SleeveId(1));
    kit.input(Input::Adopt(Adopt { holding, sleeve, qty: Qty::whole(30), by: None }));
    assert_eq!(kit.sent[0].1.qty, Qty::whole(70));
}

#[test]
fn an_order_that_works_after_it_was_refused_for_sure_is_told() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, kit::words::refused(RejectCode::Other));
    assert!(!kit.alerts().contains(&"OUT_OF_ORDER"));
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(120);
    assert!(kit.alerts().contains(&"OUT_OF_ORDER"), "{:?}", kit.alerts());
}

/// What took its place is beside it in the market: nobody may learn of that from a fill alone.
#[test]
fn an_order_that_a_message_or_a_second_reply_shows_after_its_refusal_is_told() {
    let late = |kit: &mut Kit, pushed: bool| {
        kit.target(100);
        let (request, new) = kit.sent[0].clone();
        kit.reply(request, kit::words::refused(RejectCode::RateLimited));
        kit.wait(5);
        assert_eq!(kit.sent.len(), 2, "what was refused for the rate is wanted still");
        assert!(!kit.alerts().contains(&"OUT_OF_ORDER"));
        if pushed {
            let shown = kit::words::status(kit, &new, OrdStatus::Open, Some(0));
            kit.input(shown);
        } else {
            kit.reply(request, kit::words::taken());
        }
    };
    for pushed in [true, false] {
        let mut kit = Kit::started();
        late(&mut kit, pushed);
        let told = kit.alerts().iter().filter(|code| **code == "OUT_OF_ORDER").count();
        assert_eq!(told, 1, "{pushed}: {:?}", kit.alerts());
        assert!(!kit.cancels.is_empty(), "two orders work where one is wanted");
    }
}

/// The target is wanted still: what was refused for want of a login is not a refusal of the order.
#[test]
fn what_a_dead_session_refused_is_sent_after_the_login() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    kit.reply(request, kit::words::refused(RejectCode::Auth));
    kit.wait(30);
    assert_eq!(kit.sent.len(), 1, "nothing leaves without a session");
    kit.input(kit::words::op(Command::Login));
    kit.wait(1);
    let (_, again) = kit.sent.last().cloned().expect("sent");
    assert_eq!((kit.sent.len(), again.qty), (2, Qty::whole(100)));
}

#[test]
fn halted_sends_nothing_and_kill_cancels_for_good() {
    let mut kit = Kit::started();
    kit.input(Input::Operator(Operator { command: Command::Halt, by: None }));
    kit.target(100);
    assert!(kit.sent.is_empty());
    kit.input(Input::Operator(Operator { command: Command::Resume, by: None }));
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.input(Input::Operator(Operator { command: Command::Kill, by: None }));
    assert_eq!(kit.cancels.len(), 1);
    kit.reply(kit.cancels[0], taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Canceled)];
    kit.wait(30);
    kit.input(Input::Operator(Operator { command: Command::Resume, by: None }));
    kit.target(200);
    assert_eq!((kit.sent.len(), kit.engine.state().mode), (1, Mode::Killed));
}

#[test]
fn flatten_sells_out_and_ends_halted() {
    let mut kit = filled_100(config());
    kit.input(Input::Operator(Operator { command: Command::Flatten, by: None }));
    let (request, new) = kit.sent[1].clone();
    assert_eq!((new.side, new.qty), (Side::Sell, Qty::whole(100)));
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E2", 100, 100));
    kit.truth.position = Qty::ZERO;
    assert_eq!(kit.engine.state().mode, Mode::Halted);
}

#[test]
fn a_newer_instance_halts_this_one() {
    let mut kit = Kit::started();
    let newer = truefill_core::ids::cl_ord_id(9_000_000_000, 7);
    kit.input(Input::Push(Push {
        cl_ord_id: Some(newer),
        order_id: None,
        instrument: Some(I),
        news: News::Status(StatusReport { status: OrdStatus::Open, cum: None, time: kit.now }),
    }));
    kit.target(100);
    assert!(kit.sent.is_empty());
    assert!(kit.alerts().contains(&"MULTI_INSTANCE"));
}

#[test]
fn the_windows_are_never_passed_and_never_wasted() {
    let mut config = config();
    let one = Window { n: 1, per_ns: SECOND_NS, scope: Scope::Orders };
    config.descriptor.windows[0] = one;
    config.instruments[0].max_qty = Some(Qty::whole(10));
    let mut kit = Kit::with(config);
    let start = kit.now;
    kit.target(50);
    for n in 0..5 {
        assert_eq!(kit.sent.len(), n + 1);
        let (request, new) = kit.sent[n].clone();
        kit.reply(request, taken());
        kit.input(fill(&kit, &new, "E", 10, 10));
        kit.truth.position += Qty::whole(10);
        if n < 4 {
            kit.wait(1);
        }
    }
    assert_eq!(kit.now.since(start), 4 * SECOND_NS);
    assert_eq!(kit.own(), Qty::whole(50));
}

#[test]
fn a_restart_looks_up_what_was_in_flight() {
    let mut kit = Kit::started();
    kit.target(100);
    let new = kit.sent[0].1.clone();
    let state = kit.engine.state().clone();
    kit.engine = truefill_core::engine::Engine::recovered(config(), state).expect("right");
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.truth.position = Qty::whole(100);
    kit.now = kit.now.plus(SECOND_NS);
    kit.input(Input::Start(Start { epoch: 1_000_000_001 }));
    kit.wait(60);
    assert_eq!((kit.own(), kit.sent.len()), (Qty::whole(100), 1));
    assert!(kit.engine.state().orders.get(OrderNo(1)).is_some());
    assert_eq!(kit.engine.state().wire.get(&RequestId(1)), None);
}
