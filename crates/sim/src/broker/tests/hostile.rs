//! More faults one by one: doors, refusals, mishaps, rows, and what is beyond.

use super::*;

#[test]
fn closed_doors_are_closed_for_everybody_and_open_again() {
    let cases = [
        (FaultKind::Maintenance, None),
        (FaultKind::TokenDeath, Some(RejectCode::Auth)),
        (FaultKind::HalfLogin, Some(RejectCode::Auth)),
        (FaultKind::RateBan, Some(RejectCode::RateLimited)),
    ];
    for (kind, code) in cases {
        let faults = Faults::default().set(kind, Setting::on(&[1]).max_ms(5_000));
        let mut desk = Desk::with(faults);
        let id = desk.buy(1, 4, 101);
        desk.run_ms(30);
        match code {
            Some(code) => assert_eq!(refused(desk.outcome(id)).code, code),
            None => assert_eq!(unclear(desk.outcome(id)), UnknownCause::Server),
        }
        assert_eq!(desk.held(), Qty(0), "{kind:?}");
        assert_eq!(desk.broker.link_up(Channel::Stream), kind != FaultKind::TokenDeath);
        desk.run_ms(5_000);
        let id = desk.buy(2, 4, 101);
        desk.run_ms(30);
        taken(desk.outcome(id));
        assert_eq!(desk.broker.truth().limit_hits(), 0);
    }
}

#[test]
fn refusals_of_new_orders_leave_no_row() {
    for (kind, code) in [
        (FaultKind::NoFunds, RejectCode::InsufficientFunds),
        (FaultKind::PriceBand, RejectCode::PriceBand),
        (FaultKind::RiskRefused, RejectCode::Other),
        (FaultKind::FalseDuplicateId, RejectCode::DuplicateClOrdId),
        (FaultKind::TimestampRefused, RejectCode::Other),
        (FaultKind::MarketClosed, RejectCode::Closed),
    ] {
        let mut desk = Desk::with(always(kind));
        let id = desk.buy(1, 4, 101);
        desk.run_ms(50);
        assert_eq!(refused(desk.outcome(id)).code, code);
        assert!(desk.orders().is_empty() && desk.pushes().is_empty(), "{kind:?}");
    }
}

#[test]
fn a_row_is_rejected_after_a_200() {
    let mut desk = Desk::with(always(FaultKind::RejectedRow));
    let id = desk.buy(1, 4, 101);
    desk.run_ms(25);
    taken(desk.outcome(id));
    desk.run_ms(3_000);
    assert_eq!(desk.orders()[0].status, OrdStatus::Rejected);
    assert_eq!(desk.held(), Qty(0));
}

#[test]
fn a_400_that_means_a_time_out_is_no_refusal() {
    let mut desk = Desk::with(always(FaultKind::Timeout400));
    let id = desk.buy(1, 4, 101);
    desk.run_ms(25);
    assert_eq!(unclear(desk.outcome(id)), UnknownCause::Garbled);
    desk.run_ms(30_000);
    assert_eq!(desk.held(), Qty::whole(4));
}

#[test]
fn without_the_line_to_the_exchange_all_is_pending() {
    let faults = Faults::default().set(FaultKind::LinkLoss, Setting::on(&[1]));
    let mut desk = Desk::with(faults);
    let id = desk.buy(1, 4, 101);
    desk.run_ms(20);
    taken(desk.outcome(id));
    assert_eq!((desk.orders()[0].status, desk.held()), (OrdStatus::Pending, Qty(0)));
    let cancel = desk.cancel(1, None);
    desk.run_ms(25);
    taken(desk.outcome(cancel));
    assert_eq!(desk.statuses().last(), Some(&(OrdStatus::CancelPending, Qty(0))));
    desk.run_ms(10_000);
    // The order gets there first, the cancel right behind it.
    assert_eq!((desk.orders()[0].status, desk.held()), (OrdStatus::Filled, Qty::whole(4)));
}

#[test]
fn cancels_that_do_not_work() {
    for (kind, code) in [
        (FaultKind::CancelIgnored, None),
        (FaultKind::CancelRefused, Some(RejectCode::Other)),
        (FaultKind::UnknownToCancel, Some(RejectCode::UnknownOrder)),
    ] {
        let mut desk = Desk::with(always(kind));
        desk.buy(1, 9, 98);
        desk.run_ms(50);
        let id = desk.cancel(1, None);
        desk.run_ms(50);
        match code {
            Some(code) => assert_eq!(refused(desk.outcome(id)).code, code),
            None => drop(taken(desk.outcome(id)).clone()),
        }
        assert_eq!(desk.orders()[0].status, OrdStatus::Open, "{kind:?}");
    }
}

#[test]
fn executions_are_taken_back_and_corrected() {
    let mut desk = Desk::with(always(FaultKind::Bust));
    desk.buy(1, 4, 101);
    desk.run_ms(6_000);
    assert_eq!(desk.held(), Qty(0));
    let row = desk.orders()[0].clone();
    assert_eq!((row.status, row.cum), (OrdStatus::Canceled, Qty(0)));
    assert!(desk.activity().is_empty());
    let busts = desk.pushes().into_iter().filter(|f| matches!(f.push.news, News::Bust(_)));
    assert_eq!(busts.count(), 1);

    let mut desk = Desk::with(always(FaultKind::Correction));
    desk.buy(1, 4, 101);
    desk.run_ms(6_000);
    let fills = desk.fills();
    assert_eq!((fills.len(), fills[0].cum), (2, fills[1].cum));
    assert!(fills[1].px < fills[0].px && fills[1].exec_id != fills[0].exec_id);
    let told = fills[1].px;
    assert_eq!(desk.activity()[0].fill.px, told);
    assert_eq!(desk.held(), Qty::whole(4));
}

#[test]
fn the_session_ends() {
    let faults = Faults::default().set(FaultKind::SessionEnd, Setting::on(&[2]).max_ms(5_000));
    let mut desk = Desk::with(faults);
    desk.buy(1, 9, 98);
    desk.run_ms(50);
    let id = desk.buy(2, 4, 101);
    desk.run_ms(50);
    assert_eq!(refused(desk.outcome(id)).code, RejectCode::Closed);
    assert_eq!(desk.orders()[0].status, OrdStatus::Expired);
    desk.run_ms(5_000);
    let id = desk.buy(3, 4, 101);
    desk.run_ms(50);
    taken(desk.outcome(id));
}

#[test]
fn ids_and_numbers_of_executions() {
    let many = always(FaultKind::PartialFills);
    let told = |kind: FaultKind| {
        let mut desk = Desk::with(many.clone().set(kind, Setting::ppm(1_000_000)));
        desk.buy(1, 9, 101);
        desk.run_ms(50);
        desk.fills().into_iter().cloned().collect::<Vec<_>>()
    };
    assert!(told(FaultKind::EmptyExecId).iter().all(|fill| fill.exec_id.is_empty()));
    let shared = told(FaultKind::SharedExecId);
    assert!(shared.len() > 1 && shared.iter().all(|fill| fill.exec_id == shared[0].exec_id));
    assert!(told(FaultKind::NoCum).iter().all(|fill| fill.cum.is_none()));
    assert!(told(FaultKind::NullFields).iter().all(|fill| fill.liquidity.is_none()));
}

#[test]
fn positions_that_are_wrong() {
    for (kind, shown) in [
        (FaultKind::EmptyPositions, vec![]),
        (FaultKind::ZeroPosition, vec![(X, Qty(0))]),
        (FaultKind::FlippedPosition, vec![(X, Qty::whole(-4))]),
        (FaultKind::WrongPosition, vec![(X, Qty::whole(5))]),
    ] {
        let mut desk = Desk::with(always(kind));
        desk.buy(1, 4, 101);
        desk.run_ms(50);
        assert_eq!(desk.positions(), shown);
        assert_eq!(desk.held(), Qty::whole(4));
    }
}

#[test]
fn beyond_what_is_declared() {
    let mut desk = Desk::with(always(FaultKind::DoubledOrder));
    desk.buy(1, 4, 101);
    desk.run_ms(50);
    assert_eq!(desk.held(), Qty::whole(8));
    assert_eq!(desk.broker.truth().doubled_client_ids().len(), 1);
    for kind in [FaultKind::RefusedExecuted, FaultKind::Executed429] {
        let mut desk = Desk::with(always(kind));
        let id = desk.buy(1, 4, 101);
        desk.run_ms(50);
        refused(desk.outcome(id));
        assert_eq!(desk.held(), Qty::whole(4), "{kind:?}");
    }
    let mut desk = Desk::with(always(FaultKind::AppearsTooLate));
    desk.buy(1, 4, 101);
    desk.run_ms(30_000);
    assert!(desk.broker.truth().orders().is_empty());
    desk.run_ms(121_000);
    assert_eq!(desk.held(), Qty::whole(4));
    let mut desk = Desk::with(always(FaultKind::VanishedOrder));
    desk.buy(1, 4, 98);
    desk.run_ms(50);
    assert!(desk.orders().is_empty());
}
