//! Each fault alone shows its behaviour, and only that.

use super::*;

#[test]
fn lost_request() {
    let mut desk = Desk::with(always(FaultKind::LostRequest));
    let id = desk.buy(1, 4, 101);
    desk.run_ms(60_000);
    assert_eq!((desk.outcome(id), desk.reset(id)), (None, false));
    assert!(desk.broker.truth().requests().is_empty());
    assert_eq!(desk.held(), Qty(0));
}

#[test]
fn lost_ack() {
    let mut desk = Desk::with(always(FaultKind::LostAck));
    let id = desk.buy(1, 4, 101);
    desk.run_ms(60_000);
    assert_eq!((desk.outcome(id), desk.reset(id)), (None, false));
    assert_eq!(desk.held(), Qty::whole(4));
    assert_eq!(desk.fills().len(), 1);
    assert_eq!(desk.broker.truth().requests()[0].fault, Some(FaultKind::LostAck));
}

#[test]
fn late_ack_appears_late_but_within_the_declared_time() {
    let (mut silent, mut told, mut latest) = (0, 0, 0);
    for seed in 0..60 {
        let faults = always(FaultKind::LateAck).set(FaultKind::StaleRead, Setting::ppm(1_000_000));
        let mut desk = Desk::new(&config(), world(faults), seed);
        let id = desk.buy(1, 4, 101);
        desk.run_ms(20);
        assert_eq!(desk.orders(), []);
        desk.run_ms(30_000 - 120);
        // Thirty seconds after the send; the read may be as old as it gets.
        assert_eq!(desk.orders().len(), 1, "seed {seed}");
        match desk.outcome(id) {
            None => silent += 1,
            Some(_) => {
                assert_eq!(unclear(desk.outcome(id)), UnknownCause::Server);
                told += 1;
            }
        }
        let order = &desk.broker.truth().orders()[0];
        latest = latest.max(order.created.since(order.sent.unwrap()));
    }
    assert!(silent > 10 && told > 10, "{silent} {told}");
    assert!(latest > 25 * SECOND_NS, "{latest}");
    assert!(latest <= 29_500 * MILLI_NS, "{latest}");
}

#[test]
fn a_slow_way_up_does_not_make_an_order_appear_later_than_declared() {
    for seed in 0..40 {
        let up = Latency::fixed(60 * SECOND_NS);
        let world = World { up, ..world(always(FaultKind::LateAck)) };
        let mut desk = Desk::new(&config(), world, seed);
        desk.buy(1, 4, 101);
        desk.run_ms(60_000);
        let truth = desk.broker.truth();
        // The way is cut at the longest arrival.
        assert_eq!(truth.requests()[0].arrived, START.plus(5 * SECOND_NS));
        let order = &truth.orders()[0];
        assert!(order.created.since(START) <= 29_500 * MILLI_NS, "seed {seed}");
    }
}

#[test]
fn server_errors() {
    for (kind, held) in
        [(FaultKind::ServerErrorExecuted, 4), (FaultKind::ServerErrorNotExecuted, 0)]
    {
        let mut desk = Desk::with(always(kind));
        let id = desk.buy(1, 4, 101);
        desk.run_ms(60_000);
        assert_eq!(unclear(desk.outcome(id)), UnknownCause::Server);
        assert_eq!(desk.held(), Qty::whole(held));
        assert_eq!(desk.broker.truth().requests()[0].fault, Some(kind));
    }
}

#[test]
fn resets() {
    let mut early = 0;
    for seed in 0..40 {
        let mut desk = Desk::new(&config(), world(always(FaultKind::ResetExecuted)), seed);
        let id = desk.buy(1, 4, 101);
        desk.run_ms(9);
        early += u32::from(desk.reset(id));
        desk.run_ms(60_000);
        assert_eq!((desk.outcome(id), desk.reset(id)), (None, true));
        assert_eq!(desk.held(), Qty::whole(4));
    }
    assert!((5..35).contains(&early), "{early} breaks before the arrival");
    let mut desk = Desk::with(always(FaultKind::ResetNotExecuted));
    let id = desk.buy(1, 4, 101);
    desk.run_ms(60_000);
    assert_eq!((desk.outcome(id), desk.reset(id)), (None, true));
    assert!(desk.broker.truth().requests().is_empty());
}

#[test]
fn spurious_429() {
    let faults = Faults::default().set(FaultKind::Spurious429, Setting::on(&[1, 3]));
    let mut desk = Desk::with(faults);
    let (first, second) = (desk.buy(1, 4, 101), desk.buy(2, 4, 101));
    desk.run_ms(50);
    let told = refused(desk.outcome(first));
    assert_eq!(told.code, RejectCode::RateLimited);
    assert!((MILLI_NS..=2 * SECOND_NS).contains(&told.retry_after_ns.unwrap()));
    taken(desk.outcome(second));
    let found = desk.read(Query::Orders(Whole {}));
    assert!(matches!(found, Some(Found::Failed(Failed { cause: ReadFailure::RateLimited, .. }))));
    assert_eq!(desk.held(), Qty::whole(4));
    // Not the engine's doing.
    assert_eq!(desk.broker.truth().limit_hits(), 0);
}

#[test]
fn fill_before_ack() {
    let mut overtaken = 0;
    for seed in 0..20 {
        let mut desk = Desk::new(&config(), world(always(FaultKind::FillBeforeAck)), seed);
        let id = desk.buy(1, 4, 101);
        desk.run_ms(5_000);
        taken(desk.outcome(id));
        let when = |wanted: fn(&Heard) -> bool| {
            desk.heard.iter().find(|(_, heard)| wanted(heard)).map(|(at, _)| *at).unwrap()
        };
        let filled = when(|h| matches!(h, Heard::Push(f) if matches!(f.push.news, News::Fill(_))));
        overtaken += u32::from(filled < when(|h| matches!(h, Heard::Reply(..))));
    }
    assert_eq!(overtaken, 20);
}

#[test]
fn damaged_replies() {
    for kind in [FaultKind::GarbleReply, FaultKind::TruncateReply] {
        for seed in 0..50 {
            let mut desk = Desk::new(&config(), world(always(kind)), seed);
            let id = desk.buy(1, 4, 101);
            desk.run_ms(50);
            assert_eq!(unclear(desk.outcome(id)), UnknownCause::Garbled);
            let found = desk.read(Query::Positions(Whole {}));
            let cause = ReadFailure::Garbled;
            assert_eq!(found, Some(Found::Failed(Failed { cause, retry_after_ns: None })));
            assert_eq!(desk.held(), Qty::whole(4));
        }
    }
}

#[test]
fn damaged_pushes() {
    for kind in [FaultKind::GarblePush, FaultKind::TruncatePush] {
        for seed in 0..50 {
            let mut desk = Desk::new(&config(), world(always(kind)), seed);
            desk.buy(1, 4, 101);
            desk.run_ms(50);
            let garbage = desk.heard.iter().filter(|(_, heard)| *heard == Heard::Garbage);
            assert_eq!((garbage.count(), desk.pushes().len()), (3, 0));
        }
    }
}

#[test]
fn cancel_race() {
    let (mut whole, mut part) = (0, 0);
    for seed in 0..40 {
        let mut desk = Desk::new(&config(), world(always(FaultKind::CancelRace)), seed);
        desk.buy(1, 9, 98);
        desk.run_ms(50);
        let id = desk.cancel(1, None);
        desk.run_ms(50);
        taken(desk.outcome(id));
        let (status, cum) = *desk.statuses().last().unwrap();
        assert_eq!(cum, desk.held());
        match status {
            OrdStatus::Filled => whole += 1,
            OrdStatus::Canceled => part += 1,
            other => panic!("{other}"),
        }
        assert!(cum > Qty::ZERO);
        let fill = desk.fills()[0];
        assert_eq!((fill.px, fill.liquidity), (Px::whole(98), Some(Liquidity::Maker)));
    }
    assert!(whole > 5 && part > 5, "{whole} {part}");
}

#[test]
fn delayed_terminal() {
    let mut desk = Desk::with(always(FaultKind::DelayedTerminal));
    desk.buy(1, 9, 98);
    desk.run_ms(50);
    let id = desk.cancel(1, None);
    desk.run_ms(20);
    taken(desk.outcome(id));
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::CancelPending, Qty(0))));
    // It still fills while the cancel is on its way.
    desk.quote(97, 5, 98, 4);
    let again = desk.cancel(1, None);
    desk.run_ms(5_000);
    taken(desk.outcome(again));
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::Canceled, Qty::whole(4))));
    assert_eq!(desk.broker.truth().open_orders().count(), 0);
}

#[test]
fn delayed_terminal_overtaken_by_a_full_fill() {
    let mut desk = Desk::with(always(FaultKind::DelayedTerminal));
    desk.buy(1, 9, 98);
    desk.run_ms(50);
    desk.cancel(1, None);
    desk.run_ms(20);
    desk.quote(97, 5, 98, 40);
    desk.run_ms(5_000);
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::Filled, Qty::whole(9))));
}

#[test]
fn partial_fills() {
    let mut desk = Desk::with(always(FaultKind::PartialFills));
    desk.buy(1, 10, 101);
    desk.run_ms(50);
    let fills = desk.fills();
    assert!((2..=4).contains(&fills.len()));
    let mut cum = Qty::ZERO;
    for fill in &fills {
        cum += fill.qty;
        assert_eq!(fill.cum, Some(cum));
    }
    assert_eq!(cum, Qty::whole(10));
    assert_eq!(desk.broker.truth().fills().len(), fills.len());
}

#[test]
fn second_exec_id() {
    let mut desk = Desk::with(always(FaultKind::SecondExecId));
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    let fills = desk.fills();
    assert_eq!(fills.len(), 2);
    assert_ne!(fills[0].exec_id, fills[1].exec_id);
    assert_eq!((fills[0].qty, fills[0].cum), (fills[1].qty, fills[1].cum));
    assert_eq!(desk.held(), Qty::whole(4));
    assert_eq!(desk.activity().len(), 1);
}

#[test]
fn lost_push() {
    let faults = Faults::default().set(FaultKind::LostPush, Setting::on(&[2]));
    let mut desk = Desk::with(faults);
    desk.buy(1, 4, 101);
    desk.run_ms(5_000);
    assert_eq!(desk.fills().len(), 0);
    // The gap can be seen.
    assert_eq!(desk.pushes().iter().map(|frame| frame.seq).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn duplicate_push() {
    let mut desk = Desk::with(always(FaultKind::DuplicatePush));
    desk.buy(1, 4, 101);
    desk.run_ms(5_000);
    let mut seqs: Vec<u64> = desk.pushes().iter().map(|frame| frame.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 1, 2, 2, 3, 3]);
    assert_eq!(desk.fills()[0], desk.fills()[1]);
}

#[test]
fn reorder_push() {
    let faults = Faults::default().set(FaultKind::ReorderPush, Setting::on(&[1]));
    let mut desk = Desk::with(faults);
    desk.buy(1, 4, 101);
    desk.run_ms(5_000);
    assert_eq!(desk.pushes().iter().map(|frame| frame.seq).collect::<Vec<_>>(), [2, 3, 1]);
}

#[test]
fn stream_down() {
    let down = Setting::on(&[2]).max_ms(1_000);
    let mut desk = Desk::with(Faults::default().set(FaultKind::StreamDown, down));
    desk.buy(1, 4, 101);
    desk.run_ms(10);
    assert!(!desk.broker.link_up(Channel::Stream));
    desk.run_ms(2_000);
    assert!(desk.broker.link_up(Channel::Stream));
    // The one that was under way is lost with the others.
    assert_eq!(desk.pushes().len(), 0);
    let links: Vec<_> = desk.heard.iter().filter(|(_, h)| matches!(h, Heard::Link(..))).collect();
    assert_eq!(links[0].1, Heard::Link(Channel::Stream, false));
    assert_eq!(links[1].1, Heard::Link(Channel::Stream, true));
    assert!(links[1].0.since(links[0].0) <= SECOND_NS);
    desk.buy(2, 4, 101);
    desk.run_ms(50);
    assert!(desk.pushes().iter().all(|frame| frame.epoch == 2));
    assert_eq!(desk.pushes()[0].seq, 1);
}

#[test]
fn rest_down() {
    let down = Setting::on(&[2]).max_ms(1_000);
    let mut desk = Desk::with(Faults::default().set(FaultKind::RestDown, down));
    let first = desk.buy(1, 1, 101);
    desk.run_ms(5);
    let second = desk.buy(2, 1, 101);
    desk.run_ms(0);
    assert_eq!(desk.heard[0].1, Heard::Link(Channel::Rest, false));
    assert!(desk.reset(first) && desk.reset(second));
    let third = desk.buy(3, 1, 101);
    desk.run_ms(0);
    assert!(desk.reset(third));
    desk.run_ms(2_000);
    // The first one was past the break.
    assert_eq!(desk.held(), Qty::whole(1));
    assert_eq!(desk.outcome(first), None);
    let back = (Channel::Rest, true);
    assert!(desk.heard.iter().any(|(_, heard)| *heard == Heard::Link(back.0, back.1)));
    let fourth = desk.buy(4, 1, 101);
    desk.run_ms(50);
    taken(desk.outcome(fourth));
}

#[test]
fn failed_read() {
    let (mut silent, mut reset, mut server) = (0, 0, 0);
    for seed in 0..60 {
        let mut desk = Desk::new(&config(), world(always(FaultKind::FailedRead)), seed);
        let id = desk.ask(Query::Positions(Whole {}));
        desk.run_ms(1_000);
        match desk.heard.first() {
            None => silent += 1,
            Some((_, Heard::Reset(of))) => reset += u32::from(*of == id),
            Some((_, Heard::Answer(_, Found::Failed(failed)))) => {
                assert_eq!(failed.cause, ReadFailure::Server);
                server += 1;
            }
            Some(other) => panic!("{other:?}"),
        }
    }
    assert!(silent > 5 && reset > 5 && server > 5, "{silent} {reset} {server}");
}

#[test]
fn stale_read() {
    let stale = Setting::ppm(1_000_000);
    let (mut old, mut new, mut trades) = (0, 0, 0);
    for seed in 0..60 {
        let faults = Faults::default().set(FaultKind::StaleRead, stale.clone());
        let mut desk = Desk::new(&config(), world(faults), seed);
        desk.run_ms(1_000);
        desk.buy(1, 4, 101);
        desk.run_ms(240);
        // The order is 240 ms old when the reads arrive, a read is up to 500 ms old.
        let (seen, listed) = (desk.positions().len(), desk.orders().len());
        old += 1 - seen;
        new += seen;
        assert!(listed <= 1);
        desk.buy(2, 1, 101);
        desk.run_ms(140);
        trades += desk.activity().len();
        desk.run_ms(500);
        assert_eq!((desk.positions().len(), desk.orders().len()), (1, 2));
    }
    assert!(old > 5 && new > 5, "{old} {new}");
    assert!((65..115).contains(&trades), "{trades}");
}

#[test]
fn missing_rows() {
    let faults = Faults::default().set(FaultKind::MissingRows, Setting::on(&[2]));
    let mut desk = Desk::with(faults);
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    let read = |desk: &mut Desk| desk.positions().len();
    assert_eq!([read(&mut desk), read(&mut desk), read(&mut desk)], [1, 0, 1]);
}

#[test]
fn bad_row() {
    let mut desk = Desk::with(always(FaultKind::BadRow));
    desk.buy(1, 4, 101);
    desk.buy(2, 4, 90);
    desk.run_ms(50);
    let found = desk.read(Query::Orders(Whole {}));
    let Some(Found::Orders(orders)) = found else { panic!("{found:?}") };
    assert_eq!((orders.rows.len(), orders.complete), (1, false));
    let found = desk.read(Query::Activity(Whole {}));
    let Some(Found::Activity(activity)) = found else { panic!("{found:?}") };
    assert_eq!((activity.rows.len(), activity.complete), (0, false));
}

#[test]
fn manual_trade() {
    let mut desk = Desk::with(always(FaultKind::ManualTrade));
    desk.buy(1, 4, 90);
    desk.run_ms(3_100);
    let truth = desk.broker.truth();
    let external: Vec<_> = truth.externals().collect();
    assert_eq!(external.len(), 1);
    let order = &truth.orders()[external[0].order];
    assert_eq!((order.cl_ord_id, order.product), (None, cnc()));
    let (instrument, held) = (order.instrument, order.side.signed(external[0].qty));
    assert_eq!(desk.positions(), [(instrument, held)]);
}

#[test]
fn after_settling_nothing_goes_wrong_any_more() {
    let storm = Faults::preset("storm").unwrap();
    for seed in 0..10 {
        let mut desk = Desk::new(&config(), world(storm.clone()), seed);
        for order in 1..50 {
            desk.buy(order, 1, 90);
            desk.run_ms(100);
        }
        desk.broker.settle(desk.now);
        desk.run_ms(0);
        assert!(desk.broker.link_up(Channel::Stream) && desk.broker.link_up(Channel::Rest));
        desk.run_ms(30_000);
        let before: u64 = desk.broker.faults_struck().map(|(_, times)| times).sum();
        assert!(before > 0);
        for order in 50..100 {
            let id = desk.buy(order, 1, 90);
            desk.run_ms(50);
            taken(desk.outcome(id));
        }
        assert_eq!(desk.orders().len(), desk.broker.truth().orders().len());
        assert_eq!(desk.broker.faults_struck().map(|(_, times)| times).sum::<u64>(), before);
    }
}
