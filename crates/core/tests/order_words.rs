//! What single words of a broker do to an order that was only sent.

use truefill_core::config::CancelProof;
use truefill_core::ids::{HoldingId, OrderNo, RequestId, VenueText, cl_ord_id};
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::{
    Ack, AmendNews, AmendSent, Claim, CumQty, Evidence, Item, Proof,
};
use truefill_core::order::fold::{Known, accepted_time};
use truefill_core::order::{AmendEnd, Intent, Order, Rule, Ticket};
use truefill_core::report::{BustReport, FillReport, OrdStatus};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

fn known(items: &[Item], proof: CancelProof) -> Known {
    let mut order = Order::new(Ticket {
        order: OrderNo(1),
        cl_ord_id: cl_ord_id(1, 1),
        request: RequestId(1),
        holding: HoldingId(0),
        side: Side::Buy,
        qty: Qty::whole(100),
        px: Px::whole(100),
        intent: Intent::Entry,
        released: Nanos(0),
        arrival: Px::whole(100),
        rule: Rule::Marketable,
        step: 0,
        stop_px: None,
        shares: Vec::new(),
    });
    for item in items {
        order.learn(item.clone(), proof);
    }
    order.known
}

fn claim(status: OrdStatus) -> Item {
    Item::Claim(Claim { status, time: Nanos(5) })
}

fn cum(units: i64) -> Item {
    Item::Cum(CumQty { cum: Qty::whole(units) })
}

fn fill(units: i64) -> Item {
    let (exec_id, qty, px, time) = (VenueText::EMPTY, Qty::whole(units), Px::whole(100), Nanos(7));
    let (cum, liquidity, touch, fee) = (None, None, None, None);
    Item::Fill(FillReport { exec_id, qty, px, cum, liquidity, touch, fee, time, kept: None })
}

#[test]
fn a_claim_shows_that_it_was_there_unless_it_is_a_rejection() {
    let canceled = known(&[claim(OrdStatus::Canceled)], CancelProof::Read);
    assert_eq!((canceled.exists, canceled.rejected, canceled.done), (true, false, false));
    let rejected = known(&[claim(OrdStatus::Rejected)], CancelProof::Read);
    assert_eq!((rejected.exists, rejected.rejected, rejected.done), (false, true, false));
    let read = Item::Proof(Proof { status: OrdStatus::Rejected, code: None });
    let read = known(&[read], CancelProof::Read);
    assert_eq!((read.exists, read.rejected, read.done), (true, true, true));
    let both = known(&[claim(OrdStatus::Rejected), claim(OrdStatus::Canceled)], CancelProof::Read);
    assert!(both.rejected, "whichever comes last");
}

#[test]
fn where_a_word_is_proof_it_ends_the_order_but_filled_does_not() {
    assert!(known(&[claim(OrdStatus::Canceled)], CancelProof::Word).done);
    assert!(!known(&[claim(OrdStatus::Filled)], CancelProof::Word).done, "the quantity is missing");
    let both = [claim(OrdStatus::Canceled), claim(OrdStatus::Filled)];
    assert!(known(&both, CancelProof::Word).done);
}

#[test]
fn quantity_and_a_taken_amend_show_that_it_is_there() {
    assert!(known(&[cum(1)], CancelProof::Read).exists);
    assert!(!known(&[cum(0)], CancelProof::Read).exists);
    assert!(known(&[fill(1)], CancelProof::Read).exists);
    for end in AmendEnd::ALL.iter().copied() {
        let news = Item::AmendNews(AmendNews { serial: 1, end, at: Nanos(5) });
        let taken = end == AmendEnd::Taken;
        assert_eq!(known(&[news], CancelProof::Read).exists, taken, "{end:?}");
    }
}

#[test]
fn beside_executions_only_what_is_left_of_the_order_is_believed() {
    let all = known(&[fill(60), cum(101)], CancelProof::Read);
    assert_eq!((all.filled, all.overfill), (Qty::whole(100), true));
    let bust = Item::Bust(BustReport { exec_id: VenueText::EMPTY, time: Nanos(9) });
    let busted = known(&[fill(60), cum(150), bust], CancelProof::Read);
    assert_eq!((busted.filled, busted.unproven), (Qty::whole(60), Qty::whole(40)));
}

#[test]
fn a_finished_order_needs_no_check_of_a_refused_amend() {
    let (qty, px, at) = (Qty::whole(120), Px::whole(101), Nanos(3));
    let (stop_px, rule, step, request) = (None, Rule::Requote, 0, RequestId(7));
    let sent = Item::AmendSent(AmendSent { serial: 1, request, qty, px, stop_px, at, rule, step });
    let refused = Item::AmendNews(AmendNews { serial: 1, end: AmendEnd::Refused, at });
    let items = [sent, refused, Item::Proof(Proof { status: OrdStatus::Canceled, code: None })];
    assert!(known(&items[..2], CancelProof::Read).unchecked);
    assert!(!known(&items, CancelProof::Read).unchecked);
}

#[test]
fn it_was_accepted_when_the_exchange_first_says_so() {
    let time = |items: Vec<Item>| accepted_time(&Evidence::from_items(items));
    let ack =
        |time: Option<i64>| Item::Ack(Ack { order_id: VenueText::EMPTY, time: time.map(Nanos) });
    assert_eq!(time(vec![claim(OrdStatus::Canceled)]), None);
    assert_eq!(time(vec![ack(Some(4))]), Some(Nanos(4)));
    assert_eq!(time(vec![fill(10)]), Some(Nanos(7)));
    assert_eq!(time(vec![fill(10), ack(None)]), Some(Nanos(7)));
    assert_eq!(time(vec![fill(10), ack(Some(9))]), Some(Nanos(7)));
    assert_eq!(time(vec![fill(10), ack(Some(4))]), Some(Nanos(4)));
}
