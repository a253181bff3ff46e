//! Edges of an order's evidence that only one item more or less shows.

use truefill_core::config::CancelProof;
use truefill_core::ids::{HoldingId, OrderNo, RequestId, VenueText, cl_ord_id};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::order::evidence::{
    Ack, AmendNews, AmendSent, Audit, Claim, CumQty, Doubt, Evidence, Item, Proof, Seen,
};
use truefill_core::order::{AmendEnd, Intent, Order, Rule, Ticket};
use truefill_core::report::{BustReport, FillReport, OrdStatus, UnknownCause};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

fn text(words: &str) -> VenueText {
    VenueText::new(words).expect("short enough")
}

fn fill(id: &str, qty: i64, px: i64, cum: Option<i64>, time: i64) -> Item {
    Item::Fill(FillReport {
        exec_id: if id.is_empty() { VenueText::EMPTY } else { text(id) },
        qty: Qty::whole(qty),
        px: Px::whole(px),
        cum: cum.map(Qty::whole),
        liquidity: None,
        touch: None,
        fee: Some(Amount(5)),
        time: Nanos(time),
        kept: None,
    })
}

/// An order of 100 that the broker has, and what was heard of it.
fn heard(items: Vec<Item>) -> Order {
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
    let ack = Item::Ack(Ack { order_id: text("V1"), time: Some(Nanos(1)) });
    for item in std::iter::once(ack).chain(items) {
        order.learn(item, CancelProof::Read);
    }
    order
}

fn bust(id: &str) -> Item {
    Item::Bust(BustReport { exec_id: text(id), time: Nanos(50) })
}

fn cum(units: i64) -> Item {
    Item::Cum(CumQty { cum: Qty::whole(units) })
}

fn claim(status: OrdStatus, time: i64) -> Item {
    Item::Claim(Claim { status, time: Nanos(time) })
}

fn amend(serial: u32, qty: i64, end: AmendEnd) -> [Item; 2] {
    let at = Nanos(i64::from(serial) * 10);
    let (qty, px, request) = (Qty::whole(qty), Px::whole(101), RequestId(7));
    let (stop_px, rule, step) = (None, Rule::Requote, 0);
    [
        Item::AmendSent(AmendSent { serial, request, qty, px, stop_px, at, rule, step }),
        Item::AmendNews(AmendNews { serial, end, at }),
    ]
}

#[test]
fn each_kind_of_doubt_is_looked_up_and_nothing_else_is() {
    assert!(!heard(vec![]).needs_lookup(), "a working order is certain");
    assert!(!heard(vec![fill("A", 10, 100, Some(10), 5)]).needs_lookup());
    assert!(heard(vec![claim(OrdStatus::Canceled, 5)]).needs_lookup(), "a claim");
    let unproven = vec![fill("A", 10, 100, Some(10), 5), cum(30), bust("A")];
    assert!(heard(unproven.clone()).needs_lookup(), "what a cumulative number alone shows");
    let audit = Item::Audit(Audit { asked: Nanos(60), gone: Qty::whole(20) });
    assert!(!heard([unproven, vec![audit]].concat()).needs_lookup(), "the trades were read");
    assert!(heard(amend(1, 120, AmendEnd::Unclear).to_vec()).needs_lookup(), "an amend");
    assert!(heard(amend(1, 120, AmendEnd::Refused).to_vec()).needs_lookup(), "not seen since");
    let seen = Item::Seen(Seen { asked: Some(Nanos(11)) });
    let refused = [amend(1, 120, AmendEnd::Refused).to_vec(), vec![seen]].concat();
    assert!(!heard(refused).needs_lookup());
    let proof = Item::Proof(Proof { status: OrdStatus::Canceled, code: None });
    assert!(!heard(vec![claim(OrdStatus::Canceled, 5), proof]).needs_lookup(), "it is over");
}

#[test]
fn a_claim_is_refuted_by_a_read_asked_after_it_and_by_no_other() {
    let seen = |t| Item::Seen(Seen { asked: Some(Nanos(t)) });
    let claimed = |items| heard(items).known.claimed;
    assert!(claimed(vec![claim(OrdStatus::Expired, 5), seen(5)]));
    assert!(claimed(vec![claim(OrdStatus::Expired, 5), seen(4)]));
    assert!(!claimed(vec![claim(OrdStatus::Expired, 5), seen(6)]));
    assert!(claimed(vec![claim(OrdStatus::Expired, 5), seen(6), claim(OrdStatus::Expired, 7)]));
    assert!(
        claimed(vec![Item::Proof(Proof { status: OrdStatus::Filled, code: None })]),
        "the quantity lags"
    );
}

#[test]
fn a_nameless_execution_is_another_one_if_anything_of_it_is_different() {
    let one = fill("", 10, 100, None, 5);
    assert_eq!(heard(vec![one.clone(), one.clone()]).known.filled, Qty::whole(10));
    for other in
        [fill("", 11, 100, None, 5), fill("", 10, 101, None, 5), fill("", 10, 100, None, 6)]
    {
        assert_eq!(heard(vec![one.clone(), other]).known.executions, 2);
    }
    let named = vec![fill("A", 10, 100, Some(10), 5), one];
    assert_eq!(heard(named).known.filled, Qty::whole(10), "the same told without its name");
}

#[test]
fn the_later_report_is_in_force_and_what_it_leaves_out_is_kept() {
    let Item::Fill(early) = fill("A", 10, 100, Some(10), 5) else { return };
    let late = FillReport { px: Px::whole(99), fee: None, time: Nanos(6), ..early.clone() };
    let known = heard(vec![Item::Fill(early.clone()), Item::Fill(late)]).known;
    assert_eq!(known.notional, Qty::whole(10).times(Px::whole(99)));
    assert_eq!((known.fees, known.executions), (Amount(5), 1));
    // One id of a correction is the other's id as well: a bust under either takes it back.
    let alias = FillReport { exec_id: text("B"), time: Nanos(7), ..early.clone() };
    for id in ["A", "B"] {
        let items = vec![Item::Fill(early.clone()), Item::Fill(alias.clone()), bust(id)];
        assert_eq!(heard(items).known.filled, Qty::ZERO, "{id}");
    }
    let known = heard(vec![Item::Fill(early), bust("C")]).known;
    assert_eq!(known.filled, Qty::whole(10), "of another execution");
}

#[test]
fn an_execution_since_a_bust_is_another_one_even_where_it_covers_the_same() {
    let early = || fill("A", 10, 100, Some(10), 5);
    let Item::Fill(again) = fill("B", 10, 99, Some(10), 5) else { return };
    let again = |time| Item::Fill(FillReport { time: Nanos(time), ..again.clone() });
    // The bust is of 50.
    for items in [
        vec![early(), bust("A"), again(51)],
        vec![again(51), bust("A"), early()],
        vec![bust("A"), again(51)],
    ] {
        let known = heard(items).known;
        assert_eq!(known.filled, Qty::whole(10));
        assert_eq!(known.notional, Qty::whole(10).times(Px::whole(99)));
    }
    let known = heard(vec![early(), again(50), bust("A")]).known;
    assert_eq!(known.filled, Qty::ZERO, "before it, it is the same under a second id");
    let known = heard(vec![early(), again(51), bust("A"), bust("B")]).known;
    assert_eq!(known.filled, Qty::ZERO, "both are taken back");
}

#[test]
fn a_corrected_price_that_only_a_read_shows_is_booked() {
    let pushed = fill("A", 10, 100, Some(10), 5);
    let paid = |items| heard(items).known.notional;
    let (old, new) = (Qty::whole(10).times(Px::whole(100)), Qty::whole(10).times(Px::whole(98)));
    assert_eq!(paid(vec![pushed.clone(), fill("A", 10, 98, None, 6)]), new);
    assert_eq!(paid(vec![pushed.clone(), fill("A", 10, 98, None, 5)]), old, "not later");
    assert_eq!(paid(vec![pushed.clone(), fill("A", 9, 98, None, 6)]), old, "another quantity");
    let twice = vec![pushed, fill("A", 10, 100, Some(20), 5), fill("A", 10, 98, None, 6)];
    assert_eq!(paid(twice), old + old, "nobody knows which one is meant");
}

#[test]
fn an_amend_counts_by_what_became_of_it() {
    let terms = |items: Vec<Item>| heard(items).known.terms;
    let taken = terms(amend(1, 120, AmendEnd::Taken).to_vec());
    assert!(taken.is_in_force(1) && !taken.is_in_force(2));
    assert_eq!((taken.worst, taken.most, taken.sent), (Qty::whole(120), Qty::whole(120), 1));
    assert_eq!(taken.pending, None);
    let unsent = terms(amend(1, 120, AmendEnd::Unsent).to_vec());
    assert_eq!((unsent.worst, unsent.most, unsent.sent), (Qty::whole(100), Qty::whole(100), 0));
    let less = terms(amend(1, 60, AmendEnd::Taken).to_vec());
    assert_eq!((less.worst, less.most), (Qty::whole(100), Qty::whole(100)));
    assert!(less.pending.is_some_and(|p| p.unclear), "what it took away is not proven free");
    let unclear = terms(amend(1, 150, AmendEnd::Unclear).to_vec());
    assert_eq!((unclear.worst, unclear.most), (Qty::whole(150), Qty::whole(150)));
    let both = [amend(1, 120, AmendEnd::Taken), amend(2, 110, AmendEnd::Refused)].concat();
    let both = terms(both);
    assert!(both.is_in_force(1));
    assert_eq!((both.worst, both.sent, both.last), (Qty::whole(120), 2, 2));
    assert_eq!(both.refused, Some(Nanos(20)));
}

#[test]
fn more_than_may_be_in_force_is_not_believed() {
    let known = heard(vec![cum(101)]).known;
    assert_eq!((known.filled, known.overfill, known.done), (Qty::whole(100), true, true));
    let known = heard(vec![cum(100)]).known;
    assert_eq!((known.filled, known.overfill, known.done), (Qty::whole(100), false, true));
    assert_eq!(known.unpriced, Qty::whole(100));
    let items = [amend(1, 150, AmendEnd::Taken).to_vec(), vec![cum(120)]].concat();
    let known = heard(items).known;
    assert_eq!((known.filled, known.overfill, known.done), (Qty::whole(120), false, false));
    let doubt = Item::Doubt(Doubt { cause: UnknownCause::Timeout });
    assert!(!heard(vec![doubt]).is_unknown(), "the broker has it");
}

#[test]
fn a_price_that_was_corrected_and_corrected_back_is_the_first_one_again() {
    // The messages of both corrections are lost; two reads show them, in whatever order.
    let there = fill("E1", 1, 98, None, 2);
    let back = fill("E1", 1, 97, None, 3);
    let first = fill("E1", 1, 97, Some(1), 1);
    for items in [
        [first.clone(), there.clone(), back.clone()],
        [there.clone(), first.clone(), back.clone()],
        [back, there, first],
    ] {
        let order = heard(items.to_vec());
        assert_eq!(order.known.notional, Qty::whole(1).times(Px::whole(97)), "{items:?}");
    }
}

#[test]
fn a_set_of_evidence_knows_what_is_in_it_and_when_the_last_execution_was() {
    let items = || vec![fill("E2", 1, 97, Some(2), 9), fill("E1", 1, 97, Some(1), 7), cum(2)];
    let set = Evidence::from_items(items());
    assert_eq!(set.last_fill(), Some(Nanos(9)));
    assert!(items().iter().all(|item| set.contains(item)));
    assert!(!set.contains(&cum(3)) && !set.contains(&fill("E1", 1, 97, Some(1), 8)));
    assert_eq!(Evidence::from_items(vec![cum(2)]).last_fill(), None);
}
