//! Attacks on limits, latches and the rate: what must never be sent, and what must always be able to
//! leave.
#![allow(unused_imports)]

mod kit;

use kit::words::*;
use kit::{H, I, Kit, config};
use truefill_core::config::*;
use truefill_core::event::{Event, Freeze, Mode};
use truefill_core::ids::*;
use truefill_core::input::{Adopt, Channel, Command, DayEnd, Input, LinkChange, Release, Start};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::*;
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::{Nanos, SECOND_NS};

#[test]
fn flatten_is_blocked_by_a_funds_pause() {
    let mut kit = held_100();
    kit.target(200);
    let (r, _) = kit.sent[1].clone();
    kit.reply(r, refused(RejectCode::InsufficientFunds));
    kit.input(op(Command::Flatten));
    kit.wait(3600);
    assert_eq!(kit.sent.len(), 3, "{}", summary(&kit));
}

#[test]
fn kill_latch() {
    let mut kit = Kit::started();
    kit.input(op(Command::Kill));
    let newer = cl_ord_id(9_000_000_000, 7);
    kit.input(Input::Push(Push {
        cl_ord_id: Some(newer),
        order_id: None,
        instrument: Some(I),
        news: News::Status(StatusReport { status: OrdStatus::Open, cum: None, time: kit.now }),
    }));
    kit.input(op(Command::Resume));
    kit.target(100);
    assert_eq!(kit.engine.state().mode, Mode::Killed);
}

#[test]
fn poison_unlatches() {
    let mut kit = Kit::started();
    kit.input(op(Command::Kill));
    let mut s = kit.engine.state().clone();
    s.apply(
        &config(),
        kit.now,
        &Event::Poisoned(truefill_core::event::Poisoned { law: "x".into() }),
    );
    assert_eq!(s.mode, Mode::Killed);
}

#[test]
fn async_reject_of_exit_storms() {
    let mut kit = held_100();
    kit.target(0);
    let t0 = kit.now;
    let mut n = 1;
    while kit.sent.len() > n && kit.now.since(t0) < 60 * SECOND_NS {
        let (r, new) = kit.sent[n].clone();
        kit.reply(r, taken_as(&format!("W{n}")));
        let mut x = row(&new, 0, OrdStatus::Rejected);
        x.order_id = Some(text(&format!("W{n}")));
        kit.truth.orders = vec![x];
        kit.input(status(&kit, &new, OrdStatus::Rejected, None));
        kit.now = kit.now.plus(SECOND_NS / 10);
        kit.input(Input::Release(Release {}));
        n += 1;
        if kit.sent.len() == n {
            kit.wait(1);
        }
    }
    println!("{} orders rejected in {} s; alerts {:?}", n - 1, kit.now.since(t0) / SECOND_NS, {
        let mut a = kit.alerts();
        a.sort();
        a.dedup();
        a
    });
    assert!(n < 10, "{n} rejected exits in a minute");
}

#[test]
fn false_claim_makes_order_uncancellable() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.input(status(&kit, &new, OrdStatus::Canceled, None));
    kit.wait(30);
    kit.input(op(Command::Kill));
    kit.wait(3600);
    assert!(!kit.cancels.is_empty(), "{}", summary(&kit));
}

#[test]
fn wide_spread_kills() {
    let mut kit = Kit::started();
    kit.bid = 90;
    kit.ask = 110;
    kit.target(100);
    assert_eq!(kit.engine.state().mode, Mode::Running);
}

#[test]
fn penny_tick_kills_or_blocks() {
    let mut c = config();
    c.instruments[0].tick = Px::whole(10);
    c.strategies[0].entry.collar_ticks = 2;
    let mut kit = Kit::with(c);
    kit.target(100);
    assert_eq!(kit.engine.state().mode, Mode::Running);
}

#[test]
fn off_grid_touch_kills() {
    let mut c = config();
    c.instruments[0].tick = Px::whole(3);
    c.strategies[0].entry.collar_ticks = 0;
    c.strategies[0].entry.collar_bps = 10;
    let mut kit = Kit::with(c);
    kit.target(100);
    assert_eq!(kit.engine.state().mode, Mode::Running);
}

#[test]
fn exit_of_cheap_instrument_is_never_priced() {
    let mut c = config();
    c.strategies[0].exit.collar_ticks = 2;
    c.instruments[0].tick = Px::whole(50);
    c.risk.collar_bps_max = 10_000;
    let mut kit = Kit::with(c);
    kit.target(10);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 10, 10));
    kit.truth.position = Qty::whole(10);
    kit.target(0);
    kit.wait(1000);
    assert_eq!(kit.sent.len(), 2, "{}", summary(&kit));
}

#[test]
fn limit_on_the_brokers_clock() {
    let mut c = config();
    c.descriptor.windows[0] = Window { n: 1, per_ns: SECOND_NS, scope: Scope::Orders };
    c.instruments[0].max_qty = Some(Qty::whole(10));
    let send_window = c.descriptor.send_window_ns;
    let arrival = c.descriptor.arrival_max_ns;
    let mut kit = Kit::with(c);
    let t = kit.now;
    kit.target(50);
    assert_eq!(kit.sent.len(), 1);
    // legal: leaves at not_after, arrives after arrival_max
    let first_arrives = t.plus(send_window).plus(arrival);
    while kit.sent.len() < 2 {
        kit.now = kit.engine.next_deadline(kit.now).max(kit.now.plus(1));
        kit.input(Input::Release(Release {}));
    }
    let second_arrives = kit.now;
    assert!(
        second_arrives.since(first_arrives) >= SECOND_NS,
        "two arrivals within {} ns",
        second_arrives.since(first_arrives)
    );
}

#[test]
fn lower_limit_after_restart_is_ignored() {
    let mut kit = Kit::started();
    let mut c = config();
    c.descriptor.windows[0] = Window { n: 1, per_ns: SECOND_NS, scope: Scope::Orders };
    c.instruments[0].max_qty = Some(Qty::whole(10));
    kit.engine = truefill_core::engine::Engine::recovered(c, kit.engine.state().clone()).unwrap();
    kit.now = kit.now.plus(SECOND_NS);
    kit.input(Input::Start(Start { epoch: 1_000_000_001 }));
    kit.wait(20);
    kit.target(50);
    assert_eq!(kit.sent.len(), 1, "limit 1/s: {}", summary(&kit));
}

#[test]
fn gross_limit_ignores_working_slices() {
    let mut c = config();
    c.instruments[0].max_qty = Some(Qty::whole(10));
    c.risk.gross_notional_max = Some(Qty::whole(25).times(Px::whole(100)));
    let mut kit = Kit::with(c);
    kit.target(100);
    let total: Qty = kit.sent.iter().map(|(_, n)| n.qty).sum();
    assert!(total <= Qty::whole(25), "{total} units are working, the limit is 25 of them");
}

#[test]
fn notional_limits_without_a_mark() {
    let mut c = config();
    c.risk.order_notional_max = Some(Qty::whole(10).times(Px::whole(100)));
    c.risk.position_notional_max = Some(Qty::whole(20).times(Px::whole(100)));
    let mut kit = Kit::with(c);
    kit.has_quote = false;
    kit.target(100);
    assert_eq!(kit.sent.len(), 0);
    kit.has_quote = true;
    kit.input(Input::Release(Release {}));
    assert!(kit.sent.iter().all(|(_, n)| n.qty <= Qty::whole(10)), "{}", summary(&kit));
}

#[test]
fn daily_loss_never_sees_the_market() {
    let mut c = config();
    c.risk.daily_loss_max = Some(Qty::whole(1).times(Px::whole(1000)));
    c.risk.daily_loss_action = LossAction::Flatten;
    let mut kit = held(c);
    kit.bid = 50;
    kit.ask = 50;
    kit.wait(3600);
    kit.input(Input::Release(Release {}));
    assert_ne!(
        kit.engine.state().mode,
        Mode::Running,
        "lost 5000, the limit is 1000: {}",
        summary(&kit)
    );
}

#[test]
fn cancel_remainder_chases_at_the_limit() {
    let mut c = impatient();
    c.risk.position_qty_max = Some(Qty::whole(100));
    let mut kit = Kit::with(c);
    kit.target(1000);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(11);
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Canceled)];
    kit.reply(kit.cancels[0], taken());
    kit.wait(20);
    assert_eq!(kit.sent.len(), 1, "{}", summary(&kit));
}

#[test]
fn streak_is_never_reset() {
    let mut kit = Kit::started();
    kit.target(10);
    for n in 0..3 {
        let (r, _) = kit.sent.last().unwrap().clone();
        kit.reply(r, refused(RejectCode::Invalid));
        kit.wait(6);
        let (r, new) = kit.sent.last().unwrap().clone();
        kit.reply(r, taken_as(&format!("V{n}")));
        kit.input(fill(&kit, &new, &format!("E{n}"), 10, 10));
        kit.truth.position += Qty::whole(10);
        kit.wait(100);
        kit.target(10 * (n + 2));
    }
    assert!(!kit.alerts().contains(&"REJECT_LOOP_OPEN"), "each refusal was followed by a success");
}

#[test]
fn reordered_configuration_is_taken() {
    let mut kit = Kit::with(two_holdings());
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    let mut c = two_holdings();
    c.holdings.swap(0, 1);
    assert!(c.continues(&two_holdings()).is_err(), "the position in X would become one in Y");
    assert!(two_holdings().continues(&config()).is_ok(), "new ones at the end are fine");
}

#[test]
fn cancels_starve_behind_new_orders() {
    let mut c = two_holdings();
    c.strategies[0].entry.remainder = Remainder::Cancel;
    c.strategies[0].entry.patience_ns = 10 * SECOND_NS;
    c.instruments[1].max_qty = Some(Qty::whole(1));
    c.descriptor.windows = vec![Window { n: 20, per_ns: 600 * SECOND_NS, scope: Scope::Orders }];
    c.descriptor.arrival_max_ns = 0;
    c.descriptor.send_window_ns = 0;
    let mut kit = Kit::with(c);
    kit.wait(700);
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.input(Input::Target(truefill_core::input::Target {
        sleeve: SleeveId(1),
        holding: HoldingId(1),
        qty: Qty::whole(50),
        decided: kit.now,
        px: None,
        reopen: false,
        stop_px: None,
    }));
    assert_eq!(kit.sent.len(), 19, "one slot is reserved for cancels");
    // the second holding's orders fill at once, so that it keeps wanting more
    for n in 1..19 {
        let (r, new) = kit.sent[n].clone();
        kit.reply(r, taken_as(&format!("W{n}")));
        kit.input(fill(&kit, &new, &format!("F{n}"), 1, 1));
    }
    kit.answers = false;
    kit.wait(60);
    assert_eq!(kit.cancels.len(), 1, "patience ended 50 s ago and the reserved slot is free");
}

#[test]
fn flatten_with_dust_never_ends() {
    let mut c = config();
    c.instruments[0].min_qty = Qty::whole(10);
    let mut kit = held(c);
    kit.target(10);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    kit.input(fill(&kit, &new, "X", 85, 85));
    let mut x = row(&new, 85, OrdStatus::Canceled);
    x.order_id = Some(text("V2"));
    kit.truth.orders = vec![x];
    kit.truth.position = Qty::whole(15);
    kit.input(op(Command::Flatten));
    kit.wait(30);
    let (r, new) = kit.sent.last().unwrap().clone();
    kit.reply(r, taken_as("V3"));
    kit.input(fill(&kit, &new, "Z", 7, 7));
    let mut x = row(&new, 7, OrdStatus::Canceled);
    x.order_id = Some(text("V3"));
    kit.truth.orders = vec![x];
    kit.truth.position = Qty::whole(8);
    kit.input(status(&kit, &new, OrdStatus::Canceled, None));
    let before = kit.alerts().len();
    kit.wait(3600);
    assert!(
        kit.engine.state().mode == Mode::Halted || kit.alerts().len() > before,
        "{} alerts {:?}",
        summary(&kit),
        kit.alerts()
    );
}

#[test]
fn order_notional_uses_an_old_mark() {
    let mut c = config();
    c.risk.order_notional_max = Some(Qty::whole(10).times(Px::whole(100)));
    c.risk.mark_age_ns_max = 3600 * SECOND_NS;
    c.descriptor.windows[0] = Window { n: 1, per_ns: 60 * SECOND_NS, scope: Scope::Orders };
    let mut kit = Kit::with(c);
    kit.wait(100);
    kit.target(100);
    assert_eq!(kit.sent[0].1.qty, Qty::whole(9), "10 at the limit price are above 1000");
    kit.reply(kit.sent[0].0, taken());
    let new = kit.sent[0].1.clone();
    kit.input(fill(&kit, &new, "E", 9, 9));
    kit.truth.position = Qty::whole(9);
    kit.bid = 500;
    kit.ask = 500;
    kit.wait(61);
    let (_, n) = kit.sent[1].clone();
    assert!(
        n.qty.times(n.px) <= Qty::whole(10).times(Px::whole(110)),
        "an order of {} at {} with a limit of 1000",
        n.qty,
        n.px
    );
}

#[test]
fn unsolicited_cancel_of_exits_storms() {
    let mut kit = held_100();
    kit.target(0);
    let t0 = kit.now;
    let mut n = 1;
    while kit.sent.len() > n && kit.now.since(t0) < 60 * SECOND_NS {
        let (r, new) = kit.sent[n].clone();
        kit.reply(r, taken_as(&format!("W{n}")));
        let mut x = row(&new, 0, OrdStatus::Canceled);
        x.order_id = Some(text(&format!("W{n}")));
        kit.truth.orders = vec![x];
        kit.input(status(&kit, &new, OrdStatus::Canceled, None));
        kit.now = kit.now.plus(SECOND_NS / 10);
        kit.input(Input::Release(Release {}));
        n += 1;
    }
    assert!(n < 10, "{n} orders in a minute");
}

#[test]
fn refusal_of_an_old_entry_blocks_the_exit_of_the_new_target() {
    let mut kit = held_100();
    kit.target(200);
    let (r, _) = kit.sent[1].clone();
    kit.target(0);
    kit.reply(r, refused(RejectCode::InsufficientFunds));
    kit.target(0);
    kit.wait(3600);
    assert_eq!(kit.sent.len(), 3, "{}", summary(&kit));
}

#[test]
fn a_pause_for_funds_does_not_stop_a_reduction() {
    let mut kit = held_100();
    kit.target(200);
    kit.reply(kit.sent[1].0, refused(RejectCode::InsufficientFunds));
    kit.input(op(Command::ReduceOnly));
    kit.wait(60);
    assert_eq!(kit.sent.len(), 2, "nothing is added");
    kit.target(40);
    assert_eq!((kit.sent[2].1.side, kit.sent[2].1.qty), (Side::Sell, Qty::whole(60)));
}

#[test]
fn unread_blocks_flatten() {
    // positions cannot be compared: every read fails; the operator flattens
    let mut kit = held_100();
    kit.truth.position = Qty::whole(120);
    kit.fail_activity = true;
    kit.wait(30);
    kit.input(op(Command::Flatten));
    kit.wait(600);
    assert_eq!(
        kit.sent.len(),
        2,
        "differing {} {}",
        kit.engine.state().holding(H).differing,
        summary(&kit)
    );
}
