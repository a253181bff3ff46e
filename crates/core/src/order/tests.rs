//! What follows from evidence, case by case. The laws over random evidence are in
//! `tests/merge_laws.rs`.

use super::evidence::{
    Absence, Ack, Audit, Claim, CumQty, Doubt, Evidence, Gone, Item, Proof, Refusal,
};
use super::fold::{Known, executions, fold};
use crate::config::CancelProof;
use crate::ids::VenueText;
use crate::num::{Px, Qty};
use crate::report::{BustReport, FillReport, OrdStatus, RejectCode, UnknownCause};
use crate::time::Nanos;

fn id(text: &str) -> VenueText {
    VenueText::new(text).unwrap_or_default()
}

fn fill(exec_id: &str, qty: i64, px: i64, cum: Option<i64>) -> Item {
    Item::Fill(FillReport {
        kept: None,
        exec_id: id(exec_id),
        qty: Qty::whole(qty),
        px: Px::whole(px),
        cum: cum.map(Qty::whole),
        liquidity: None,
        touch: None,
        fee: None,
        time: Nanos(5),
    })
}

fn known(items: Vec<Item>) -> Known {
    fold(&Evidence::from_items(items), Qty::whole(100), CancelProof::Read)
}

#[test]
fn one_fill_under_two_ids_counts_once() {
    let k = known(vec![fill("A", 50, 10, Some(50)), fill("B", 50, 10, Some(50))]);
    assert_eq!(k.filled, Qty::whole(50));
}

#[test]
fn two_fills_under_one_id_count_twice() {
    let k = known(vec![fill("A", 50, 10, Some(50)), fill("A", 50, 10, Some(100))]);
    assert_eq!(k.filled, Qty::whole(100));
    assert!(k.done);
}

#[test]
fn a_read_without_cum_is_the_push_with_it() {
    let k = known(vec![fill("A", 50, 10, Some(50)), fill("A", 50, 10, None)]);
    assert_eq!((k.filled, k.unpriced), (Qty::whole(50), Qty::ZERO));
}

#[test]
fn fills_and_cumulative_reports_are_two_views_of_one_quantity() {
    let cum = Item::Cum(CumQty { cum: Qty::whole(70) });
    let k = known(vec![fill("A", 50, 10, None), cum.clone()]);
    assert_eq!((k.filled, k.unpriced), (Qty::whole(70), Qty::whole(20)));
    let k = known(vec![fill("A", 50, 10, None), cum, fill("B", 20, 11, None)]);
    assert_eq!((k.filled, k.unpriced), (Qty::whole(70), Qty::ZERO));
}

#[test]
fn a_correction_replaces_and_a_bust_takes_back() {
    let Item::Fill(mut later) = fill("A", 50, 12, Some(50)) else { return };
    later.time = Nanos(9);
    let items = vec![fill("A", 50, 10, Some(50)), Item::Fill(later)];
    let found = executions(&Evidence::from_items(items.clone()));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].report.px, Px::whole(12));
    let bust = Item::Bust(BustReport { exec_id: id("A"), time: Nanos(9) });
    let cum = Item::Cum(CumQty { cum: Qty::whole(50) });
    let k = known([items, vec![bust, cum]].concat());
    assert_eq!(k.filled, Qty::ZERO, "after a bust a cumulative number alone proves nothing");
}

#[test]
fn a_cancel_is_a_claim_until_it_is_read() {
    let claim = Item::Claim(Claim { status: OrdStatus::Canceled, time: Nanos(3) });
    let k = known(vec![claim.clone()]);
    assert!(!k.done && k.claimed);
    let k = known(vec![claim, Item::Proof(Proof { code: None, status: OrdStatus::Canceled })]);
    assert!(k.done && !k.claimed);
}

#[test]
fn doubt_ends_by_two_late_absences_or_by_appearance() {
    let doubt = Item::Doubt(Doubt { cause: UnknownCause::Timeout });
    let first = Item::Absence(Absence { asked: Nanos(31) });
    let second = Item::Absence(Absence { asked: Nanos(34) });
    assert!(!known(vec![doubt.clone(), first.clone()]).done);
    assert!(known(vec![doubt.clone(), first.clone(), second.clone()]).absent);
    let ack = Item::Ack(Ack { order_id: id("V1"), time: None });
    let k = known(vec![doubt, first, second, ack]);
    assert!(!k.done && k.exists, "what appears is there, whatever was proven before");
}

#[test]
fn absences_count_for_a_cancel_that_found_nothing_when_they_were_asked_after_it() {
    let ack = Item::Ack(Ack { order_id: id("V1"), time: None });
    let absence = |at| Item::Absence(Absence { asked: Nanos(at) });
    let gone = |at| Item::Gone(Gone { at: Some(Nanos(at)) });
    let k = known(vec![ack.clone(), absence(31), absence(34), gone(40)]);
    assert!(!k.done && k.gone, "they were asked before");
    let k = known(vec![ack.clone(), absence(34), absence(40), gone(40), absence(43)]);
    assert!(k.done, "two since");
    let k = known(vec![ack.clone(), gone(40), absence(41), absence(43), gone(50)]);
    assert!(k.done, "the first time counts");
    assert!(known(vec![ack, Item::Gone(Gone { at: None }), absence(1), absence(2)]).done);
}

#[test]
fn what_was_taken_back_unheard_is_settled_by_a_read_of_the_trades() {
    // Filled by CumQty alone, then an execution nobody told of is taken back.
    let cum = Item::Cum(CumQty { cum: Qty::whole(100) });
    let bust = Item::Bust(BustReport { exec_id: id("B"), time: Nanos(20) });
    let proof = Item::Proof(Proof { code: None, status: OrdStatus::Canceled });
    let mut items = vec![fill("A", 60, 10, Some(60)), cum, bust, proof];
    let k = known(items.clone());
    assert_eq!((k.filled, k.unproven, k.done), (Qty::whole(60), Qty::whole(40), false));
    items.push(Item::Audit(Audit { asked: Nanos(30), gone: Qty::whole(40) }));
    let k = known(items.clone());
    assert_eq!((k.filled, k.unproven, k.done), (Qty::whole(60), Qty::ZERO, true));
    // Told of after all, and taken back: no different.
    items.push(fill("B", 40, 11, Some(100)));
    let k = known(items);
    assert_eq!((k.filled, k.unproven, k.done), (Qty::whole(60), Qty::ZERO, true));
}

#[test]
fn a_fill_after_a_refusal_is_still_a_fill() {
    let refusal = Item::Refusal(Refusal { code: RejectCode::Invalid });
    let k = known(vec![refusal, fill("A", 100, 10, None)]);
    assert_eq!(k.filled, Qty::whole(100));
}

#[test]
fn more_than_the_order_is_not_booked() {
    let k = known(vec![fill("A", 60, 10, None), fill("B", 60, 10, None)]);
    assert!(k.overfill);
    assert_eq!(k.filled, Qty::whole(100));
}
