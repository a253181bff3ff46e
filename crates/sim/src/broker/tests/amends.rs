//! Amends: in place, by cancel and new order, not at all, and their races.

use super::*;
use crate::broker::world::Amends;

impl Desk {
    fn amend(&mut self, order: u64, qty: i64, px: i64) -> RequestId {
        let id = self.next_id();
        let amend = AmendOrder {
            filled: None,
            cl_ord_id: cl_ord_id(1, order),
            order: OrderNo(order),
            order_id: None,
            instrument: X,
            qty: Qty::whole(qty),
            px: Px::whole(px),
            stop_px: None,
        };
        let body = self.codec.encode_write(id, &Request::Amend(amend));
        self.broker.send(self.now, id, body);
        self.run_ms(50);
        id
    }
}

fn desk(amends: Amends, faults: Faults) -> Desk {
    let mut desk = Desk::new(&config(), World { amends, ..world(faults) }, 1);
    desk.buy(1, 9, 98);
    desk.run_ms(50);
    desk
}

#[test]
fn in_place_it_keeps_its_id_and_works_on_the_new_terms() {
    let mut desk = desk(Amends::InPlace, Faults::default());
    let id = desk.amend(1, 6, 97);
    assert_eq!(taken(desk.outcome(id)).order_id, VenueText::new("V1"));
    let row = desk.orders()[0].clone();
    assert_eq!((row.qty, row.px, row.status), (Qty::whole(6), Px::whole(97), OrdStatus::Open));
    // The old price does not trade any more, the new one does.
    desk.quote(97, 10, 98, 10);
    assert_eq!(desk.held(), Qty(0));
    desk.quote(96, 10, 97, 10);
    assert_eq!(desk.held(), Qty::whole(6));
}

#[test]
fn order_qty_counts_what_is_filled() {
    let mut desk = desk(Amends::InPlace, Faults::default());
    desk.quote(97, 10, 98, 5);
    assert_eq!(desk.held(), Qty::whole(5));
    // 7 in all: 2 more. Then 5 in all: nothing more, so the rest is cancelled.
    let id = desk.amend(1, 7, 98);
    taken(desk.outcome(id));
    assert_eq!(desk.broker.truth().orders()[0].leaves(), Qty::whole(2));
    let id = desk.amend(1, 5, 98);
    taken(desk.outcome(id));
    assert_eq!(desk.broker.truth().orders()[0].status, OrdStatus::Canceled);
    assert_eq!(desk.held(), Qty::whole(5));
}

#[test]
fn a_better_price_may_fill_at_once() {
    let mut desk = desk(Amends::InPlace, Faults::default());
    desk.amend(1, 9, 100);
    assert_eq!(desk.held(), Qty::whole(9));
    assert_eq!(desk.fills()[0].px, Px::whole(100));
}

#[test]
fn a_replace_has_a_new_id_and_the_old_one_still_finds_it() {
    let mut desk = desk(Amends::CancelReplace, Faults::default());
    let id = desk.amend(1, 6, 97);
    let order_id = taken(desk.outcome(id)).order_id.unwrap();
    assert_ne!(order_id.as_str(), "V1");
    assert_eq!(desk.orders()[0].order_id, Some(order_id));
    let cancel = desk.cancel(1, Some("V1"));
    desk.run_ms(50);
    taken(desk.outcome(cancel));
    assert_eq!(desk.broker.truth().orders()[0].status, OrdStatus::Canceled);
}

#[test]
fn what_is_not_offered_finished_or_wrong_is_refused() {
    let mut never = desk(Amends::Never, Faults::default());
    let id = never.amend(1, 6, 97);
    assert_eq!(refused(never.outcome(id)).code, RejectCode::Invalid);
    let mut done = desk(Amends::InPlace, Faults::default());
    done.quote(96, 10, 97, 20);
    let id = done.amend(1, 6, 97);
    assert_eq!(refused(done.outcome(id)).code, RejectCode::OrderDone);
    let id = done.amend(2, 6, 97);
    assert_eq!(refused(done.outcome(id)).code, RejectCode::UnknownOrder);
    let mut later = desk(Amends::InPlace, always(FaultKind::AmendRefused));
    let id = later.amend(1, 6, 97);
    assert_eq!(refused(later.outcome(id)).code, RejectCode::Other);
    assert_eq!(later.broker.truth().orders()[0].qty, Qty::whole(9));
}

#[test]
fn it_may_lose_against_a_fill() {
    let (mut lost, mut late) = (0, 0);
    for seed in 0..40 {
        let world = world(always(FaultKind::AmendRace));
        let mut desk = Desk::new(&config(), world, seed);
        desk.buy(1, 9, 98);
        desk.run_ms(50);
        let id = desk.amend(1, 12, 97);
        match desk.outcome(id) {
            Some(Outcome::Refused(refused)) => {
                assert_eq!((refused.code, desk.held()), (RejectCode::OrderDone, Qty::whole(9)));
                lost += 1;
            }
            outcome => {
                taken(outcome);
                assert!(desk.held() > Qty(0) && desk.held() < Qty::whole(9));
                late += 1;
            }
        }
    }
    assert!(lost > 5 && late > 5, "{lost} {late}");
}
