//! Limits, halts and the gate: what is never sent.

mod kit;

use kit::{H, Kit, config};
use truefill_core::config::{Config, LossAction, Risk, Scope, Window};
use truefill_core::event::{Block, Mode};
use truefill_core::ids::{SleeveId, VenueText};
use truefill_core::input::{Adopt, Channel, DayEnd, Enable};
use truefill_core::input::{Command, Input, LinkChange, Operator, Start};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::report::{FillReport, News, Outcome, Push, Taken};
use truefill_core::request::Side;
use truefill_core::time::SECOND_NS;

fn with_risk(change: impl FnOnce(&mut Risk)) -> Config {
    let mut config = config();
    change(&mut config.risk);
    config
}

/// The order at this position is taken and filled whole at a price.
fn fill(kit: &mut Kit, at: usize, px: i64) {
    let (request, new) = kit.sent[at].clone();
    let outcome = Outcome::Taken(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: VenueText::new("V"),
        time: None,
    });
    kit.reply(request, outcome);
    kit.truth.position += new.side.signed(new.qty);
    let now = kit.now;
    kit.input(Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: None,
        news: News::Fill(FillReport {
            kept: None,
            exec_id: VenueText::new("E").expect("short"),
            qty: new.qty,
            px: Px::whole(px),
            cum: Some(new.qty),
            liquidity: None,
            touch: None,
            fee: None,
            time: now,
        }),
    }));
}

fn sent(kit: &Kit) -> Vec<(Side, Qty)> {
    kit.sent.iter().map(|(_, new)| (new.side, new.qty)).collect()
}

#[test]
fn a_position_limit_caps_the_working_target() {
    let mut kit = Kit::with(with_risk(|r| r.position_qty_max = Some(Qty::whole(30))));
    kit.target(100);
    assert_eq!(sent(&kit), [(Side::Buy, Qty::whole(30))]);
    let h = kit.engine.state().holding(H);
    assert_eq!((h.emitted, h.staged.admitted), (Qty::whole(100), Qty::whole(30)));
}

#[test]
fn a_notional_limit_caps_it_at_the_mark() {
    let most = Amount(Qty::whole(25).times(Px::whole(100)).0);
    let mut kit = Kit::with(with_risk(|r| r.position_notional_max = Some(most)));
    kit.target(-100);
    // The first plan is made with the first mark; what is sent never passes the limit.
    let total: Qty = kit.sent.iter().map(|(_, new)| new.qty).sum();
    assert!(total <= Qty::whole(25), "{total}");
}

#[test]
fn a_limit_in_money_is_another_one_at_the_price_of_the_close() {
    let most = Amount(Qty::whole(30).times(Px::whole(100)).0);
    let mut kit = Kit::with(with_risk(|r| r.position_notional_max = Some(most)));
    kit.target(30);
    fill(&mut kit, 0, 100);
    (kit.bid, kit.ask) = (150, 150);
    kit.wait(5);
    assert_eq!(kit.sent.len(), 1, "prices alone decide nothing while it is idle");
    kit.input(Input::DayEnd(DayEnd {}));
    let too_many = kit.own() - Qty::whole(20);
    assert_eq!(sent(&kit)[1..], [(Side::Sell, too_many)], "3,000 are 20 at 150");
    assert_eq!(kit.engine.state().holding(H).staged.gate, Block::Risk);
}

#[test]
fn a_limit_trades_nothing_of_a_strategy_that_is_off() {
    let limited = || with_risk(|r| r.position_qty_max = Some(Qty::whole(10)));
    let mut kit = Kit::with(limited());
    kit.engine = truefill_core::engine::Engine::new(limited()).expect("right");
    kit.truth.position = Qty::whole(100);
    kit.input(Input::Start(Start { epoch: 2_000_000_000 }));
    kit.wait(10);
    kit.target(20);
    let (holding, sleeve) = (H, SleeveId(1));
    kit.input(Input::Enable(Enable { sleeve, on: false }));
    kit.input(Input::Adopt(Adopt { holding, sleeve, qty: Qty::whole(100), by: None }));
    kit.wait(60);
    assert!(kit.sent.is_empty(), "its position stays as it is: {:?}", sent(&kit));
    kit.input(Input::Enable(Enable { sleeve, on: true }));
    assert_eq!(sent(&kit), [(Side::Sell, Qty::whole(90))], "the limited target, once it is on");
}

#[test]
fn what_is_too_small_to_be_sent_is_told_once_and_stays_so() {
    let mut config = config();
    config.instruments[0].min_notional = Amount(5_000 * NANO * NANO);
    let mut kit = Kit::with(config);
    kit.target(20);
    kit.wait(600);
    assert!(kit.sent.is_empty(), "2,000 is less than 5,000");
    assert_eq!(kit.alerts().iter().filter(|code| **code == "DUST").count(), 1);
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Dust);
    kit.target(60);
    assert_eq!(sent(&kit), [(Side::Buy, Qty::whole(60))]);
}

#[test]
fn large_orders_are_cut_into_children() {
    let mut kit = Kit::with(with_risk(|r| r.order_qty_max = Some(Qty::whole(40))));
    kit.target(100);
    let sizes: Vec<_> = kit.sent.iter().map(|(_, new)| new.qty).collect();
    assert_eq!(sizes, [40, 40, 20].map(Qty::whole));
}

#[test]
fn the_gross_limit_blocks_entries_and_not_exits() {
    let most = Amount(Qty::whole(120).times(Px::whole(100)).0);
    let mut kit = Kit::with(with_risk(|r| r.gross_notional_max = Some(most)));
    kit.target(100);
    fill(&mut kit, 0, 100);
    kit.target(200);
    assert_eq!(sent(&kit)[1], (Side::Buy, Qty::whole(19)), "what the limit leaves at 100.5");
    fill(&mut kit, 1, 100);
    assert_eq!(kit.sent.len(), 2);
    assert_eq!(kit.engine.state().holding(H).staged.blocked, Block::Risk);
    kit.target(10);
    assert_eq!(sent(&kit)[2], (Side::Sell, Qty::whole(109)), "the way out stays open");
}

#[test]
fn orders_of_a_day_run_out_for_entries() {
    let mut kit = Kit::with(with_risk(|r| r.orders_per_day = Some(2)));
    for n in 0..2i64 {
        kit.target(10 * (n + 1));
        fill(&mut kit, usize::try_from(n).expect("small"), 100);
    }
    kit.target(30);
    assert_eq!(kit.sent.len(), 2);
    kit.target(0);
    assert_eq!(kit.sent.len(), 3, "the way out stays open");
}

#[test]
fn a_strategy_gone_wild_is_throttled() {
    let mut kit = Kit::with(with_risk(|r| {
        (r.repeat_max, r.repeat_per_ns) = (5, 60 * SECOND_NS);
    }));
    for n in 1..=20i64 {
        kit.target(n);
        if kit.sent.len() == usize::try_from(n).expect("small") {
            let at = kit.sent.len() - 1;
            fill(&mut kit, at, 100);
        }
    }
    assert_eq!(kit.sent.len(), 5);
    kit.wait(61);
    assert_eq!(sent(&kit)[5], (Side::Buy, Qty::whole(15)), "the rest at once, later");
}

#[test]
fn a_daily_loss_leaves_only_the_way_out() {
    let most = Amount(Qty::whole(1).times(Px::whole(50)).0);
    let mut kit = Kit::with(with_risk(|r| r.daily_loss_max = Some(most)));
    kit.target(100);
    // Bought at 101, marked at 100: a loss of 100.
    fill(&mut kit, 0, 101);
    kit.wait(1);
    kit.target(150);
    assert_eq!(kit.engine.state().mode, Mode::ReduceOnly);
    assert_eq!(kit.sent.len(), 1);
    kit.target(40);
    assert_eq!(sent(&kit)[1], (Side::Sell, Qty::whole(60)));
    assert!(kit.alerts().contains(&"DAILY_LOSS"));
}

#[test]
fn a_daily_loss_may_flatten() {
    let most = Amount(Qty::whole(1).times(Px::whole(50)).0);
    let mut kit = Kit::with(with_risk(|r| {
        (r.daily_loss_max, r.daily_loss_action) = (Some(most), LossAction::Flatten);
    }));
    kit.target(100);
    fill(&mut kit, 0, 101);
    kit.target(101);
    assert_eq!(sent(&kit)[1], (Side::Sell, Qty::whole(100)));
}

#[test]
fn a_day_end_starts_a_new_day_of_losses() {
    let most = Amount(Qty::whole(1).times(Px::whole(150)).0);
    let mut kit = Kit::with(with_risk(|r| r.daily_loss_max = Some(most)));
    kit.target(100);
    fill(&mut kit, 0, 101);
    kit.input(Input::DayEnd(DayEnd {}));
    kit.target(200);
    fill(&mut kit, 1, 101);
    kit.target(201);
    assert_eq!(kit.engine.state().mode, Mode::Running, "100 a day is below 150");
}

#[test]
fn reduce_only_shrinks_and_never_flips() {
    let mut kit = Kit::started();
    kit.target(100);
    fill(&mut kit, 0, 100);
    kit.input(Input::Operator(Operator { command: Command::ReduceOnly, by: None }));
    kit.target(-50);
    assert_eq!(sent(&kit)[1..], [(Side::Sell, Qty::whole(100))]);
    kit.input(Input::Operator(Operator { command: Command::Resume, by: None }));
    let (_, last) = kit.sent.last().cloned().expect("sent");
    assert_eq!((last.side, last.qty), (Side::Sell, Qty::whole(50)), "the rest, once resumed");
}

/// A halt that cancels is over with whatever lets orders out again: else each order would be
/// cancelled and another sent in its place, for ever.
#[test]
fn what_lets_orders_out_again_ends_the_cancelling() {
    for command in [Command::ReduceOnly, Command::Resume] {
        let mut kit = Kit::started();
        kit.target(100);
        fill(&mut kit, 0, 100);
        kit.input(Input::Operator(Operator { command: Command::HaltCancel, by: None }));
        kit.input(Input::Operator(Operator { command, by: None }));
        kit.target(40);
        assert_eq!(sent(&kit)[1..], [(Side::Sell, Qty::whole(60))]);
        kit.wait(1);
        assert!(kit.cancelled.is_empty(), "{command}: {:?}", kit.cancelled);
        assert_eq!(sent(&kit).len(), 2, "{command}");
    }
}

#[test]
fn without_a_stream_nothing_is_added() {
    let mut kit = Kit::started();
    kit.target(50);
    fill(&mut kit, 0, 100);
    let down = |channel, up| Input::Link(LinkChange { channel, up });
    kit.input(down(Channel::Stream, false));
    kit.target(100);
    assert_eq!(kit.sent.len(), 1);
    kit.target(20);
    assert_eq!(sent(&kit)[1], (Side::Sell, Qty::whole(30)), "the way out stays open");
    fill(&mut kit, 1, 100);
    kit.target(100);
    kit.input(down(Channel::Stream, true));
    kit.wait(2);
    assert_eq!(sent(&kit)[2], (Side::Buy, Qty::whole(80)));
}

#[test]
fn a_longer_window_keeps_a_reserve_for_cancels() {
    let mut config = config();
    config.descriptor.windows[0] =
        Window { n: 40, per_ns: 3_600 * SECOND_NS, scope: Scope::Orders };
    config.instruments[0].max_qty = Some(Qty::whole(1));
    config.risk.repeat_max = 1_000;
    let mut kit = Kit::with(config);
    kit.wait(3_700);
    kit.target(1_000);
    assert_eq!(kit.sent.len(), 38, "two slots are kept back");
    for n in 0..38 {
        let (request, _) = kit.sent[n].clone();
        let outcome = Outcome::Taken(Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id: VenueText::new("V"),
            time: None,
        });
        kit.reply(request, outcome);
    }
    kit.target(0);
    assert_eq!(kit.cancels.len(), 2, "and cancels may use them");
}
