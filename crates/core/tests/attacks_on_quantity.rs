//! Attacks on what is owned: late, repeated, busted and contradicting words must not make the engine
//! buy or sell anything twice.
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
fn late_fill_waives_twice() {
    let mut kit = Kit::with(impatient());
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 12, 12));
    kit.truth.position = Qty::whole(12);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Open)];
    kit.wait(11);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Canceled)];
    kit.reply(kit.cancels[0], taken());
    kit.wait(10);
    assert_eq!(kit.engine.state().holding(H).dropped, Qty::whole(88));
    kit.truth.position = Qty::whole(17);
    kit.truth.orders = vec![row(&new, 17, OrdStatus::Canceled)];
    kit.input(fill(&kit, &new, "E2", 5, 17));
    assert_eq!(kit.sent.len(), 1, "{}", summary(&kit));
}

#[test]
fn zero_quantity_detail_on_closed_order_waives_twice() {
    let mut kit = Kit::with(impatient());
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 12, 12));
    kit.truth.position = Qty::whole(12);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Canceled)];
    kit.input(status(&kit, &new, OrdStatus::Canceled, Some(12)));
    kit.wait(10);
    assert_eq!(kit.engine.state().holding(H).dropped, Qty::whole(88));
    // the same execution once more under another id
    kit.input(fill(&kit, &new, "OTHER", 12, 12));
    assert_eq!(kit.sent.len(), 1, "{}", summary(&kit));
}

#[test]
fn remainder_of_an_old_target_is_waived_from_the_new_one() {
    let mut kit = Kit::with(impatient());
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 12, 12));
    kit.truth.position = Qty::whole(12);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Open)];
    kit.wait(11);
    assert_eq!(kit.cancels.len(), 1);
    kit.target(40);
    kit.truth.orders = vec![row(&new, 12, OrdStatus::Canceled)];
    kit.reply(kit.cancels[0], taken());
    kit.wait(10);
    assert!(kit.sent.iter().all(|(_, n)| n.side == Side::Buy), "{}", summary(&kit));
}

#[test]
fn a_bust_after_cum_only_exit_sells_again() {
    let mut kit = held_100();
    kit.answers = false;
    kit.target(0);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    // the whole exit filled: told by the order book only (fills are under way)
    kit.truth.position = Qty::ZERO;
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.now = kit.now.plus(3 * SECOND_NS);
    kit.input(Input::Release(Release {}));
    let orders = kit
        .engine
        .state()
        .wire
        .iter()
        .find(|(_, w)| w.class == truefill_core::event::RequestClass::Orders)
        .map(|(id, _)| *id);
    let orders = orders.expect("orders asked");
    kit.input(Input::Answer(Answer {
        request: orders,
        found: Found::Orders(OrderRows { rows: kit.truth.orders.clone(), complete: true }),
    }));
    assert_eq!(kit.own(), Qty::ZERO);
    // one execution of 10 is taken back: really held: 10
    kit.input(bust(&kit, &new, "X1"));
    assert!(kit.sent[2..].iter().all(|(_, n)| n.qty <= Qty::whole(10)), "{}", summary(&kit));
}

#[test]
fn cum_of_a_new_order_eats_an_old_placeholder() {
    let mut kit = held_100();
    kit.truth.position = Qty::whole(120);
    kit.wait(100);
    let h = kit.engine.state().holding(H);
    assert_eq!(
        (h.manual, h.placeholder, h.frozen),
        (Qty::whole(20), Qty::whole(20), Some(Freeze::Unexplained))
    );
    kit.input(Input::Adopt(Adopt { holding: H, sleeve: SleeveId(1), qty: Qty::ZERO, by: None }));
    kit.wait(100);
    kit.answers = false;
    kit.target(120);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    kit.input(status(&kit, &new, OrdStatus::Open, Some(10)));
    assert_eq!(
        (kit.own(), kit.engine.state().holding(H).manual),
        (Qty::whole(110), Qty::whole(20)),
        "{}",
        summary(&kit)
    );
}

#[test]
fn own_placeholder_doubles_the_order() {
    // the same with an own placeholder: short position, missed part adopted as ours, thawed, new order told by cum first
    let mut kit = held_100();
    kit.truth.position = Qty::whole(80);
    kit.wait(100);
    assert_eq!(kit.own(), Qty::whole(80));
    assert_eq!(kit.engine.state().holding(H).placeholder, Qty::whole(-20));
    kit.input(Input::Adopt(Adopt { holding: H, sleeve: SleeveId(1), qty: Qty::ZERO, by: None }));
    // bought back to 100 by fills
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    kit.input(fill(&kit, &new, "E2", 20, 20));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 20, OrdStatus::Filled)];
    kit.wait(100);
    kit.answers = false;
    kit.target(80);
    let (r, new) = kit.sent[2].clone();
    kit.reply(r, taken_as("V3"));
    kit.input(status(&kit, &new, OrdStatus::Filled, Some(20)));
    assert_eq!(kit.sent.len(), 3, "{}", summary(&kit));
}

#[test]
fn placeholder_replaced_books_cash_twice() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(10);
    kit.target(50);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    let at = kit.now;
    // 20 of the exit fill; no message, the book is stale, positions show it
    let mut stale = row(&new, 0, OrdStatus::Open);
    stale.order_id = Some(text("V2"));
    kit.truth.orders = vec![stale];
    kit.truth.position = Qty::whole(80);
    kit.wait(100);
    assert_eq!(kit.own(), Qty::whole(80), "{}", summary(&kit));
    assert_eq!(kit.engine.state().day_pnl(kit.engine.config()), Amount::ZERO);
    kit.input(fill_at(&new, "E9", 20, Some(20), at));
    assert_eq!(kit.own(), Qty::whole(80), "{}", summary(&kit));
    assert_eq!(
        kit.engine.state().day_pnl(kit.engine.config()),
        Amount::ZERO,
        "bought at 100, sold at 100, mark 100"
    );
}

#[test]
fn nameless_fill_of_a_fast_clock_counts_twice() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    let t = kit.now.plus(2 * SECOND_NS);
    kit.input(fill_at(&new, "", 30, None, t));
    kit.now = kit.now.plus(SECOND_NS);
    kit.input(fill_at(&new, "", 30, None, t));
    assert_eq!(kit.own(), Qty::whole(30));
}

#[test]
fn absence_without_echoed_ids() {
    let mut c = config();
    c.descriptor.client_ids = ClientIds::None;
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, timeout());
    let mut x = row(&new, 0, OrdStatus::Open);
    x.cl_ord_id = None;
    x.created = kit.now;
    kit.truth.orders = vec![x];
    kit.wait(120);
    assert_eq!(kit.sent.len(), 1, "{}", summary(&kit));
}

#[test]
fn late_taken_after_absence() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _) = kit.sent[0].clone();
    kit.reply(r, timeout());
    kit.wait(40);
    assert_eq!(kit.sent.len(), 2);
    kit.reply(r, taken());
    assert!(
        kit.engine.state().orders.get(OrderNo(1)).unwrap().known.exists,
        "the broker said it took it: {}",
        summary(&kit)
    );
}

#[test]
fn filled_by_word_without_cum_sells_twice() {
    let mut c = config();
    c.descriptor.cancel_proof = CancelProof::Word;
    let mut kit = held(c);
    kit.target(0);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    kit.input(status(&kit, &new, OrdStatus::Filled, None));
    assert_eq!(kit.sent.len(), 2, "{}", summary(&kit));
}

#[test]
fn filled_row_with_lagging_cum_sells_twice() {
    let mut kit = held_100();
    kit.target(0);
    let (r, new) = kit.sent[1].clone();
    kit.reply(r, taken_as("V2"));
    let mut x = row(&new, 0, OrdStatus::Filled);
    x.order_id = Some(text("V2"));
    kit.truth.orders = vec![x];
    kit.wait(10);
    assert_eq!(kit.sent.len(), 2, "{}", summary(&kit));
}

#[test]
fn bust_under_the_other_id() {
    for id in ["A", "B"] {
        let mut kit = Kit::started();
        kit.target(100);
        let (r, new) = kit.sent[0].clone();
        kit.reply(r, taken());
        kit.input(fill(&kit, &new, "A", 50, 50));
        kit.input(fill(&kit, &new, "B", 50, 50));
        kit.input(bust(&kit, &new, id));
        assert_eq!(kit.own(), Qty::ZERO, "bust of {id}");
    }
}

#[test]
fn nameless_bust_takes_back_everything() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "", 30, 30));
    kit.input(fill(&kit, &new, "", 20, 50));
    kit.input(bust(&kit, &new, ""));
    assert_ne!(kit.own(), Qty::ZERO);
}

#[test]
fn cum_beyond_the_order_is_paid_for() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.answers = false;
    kit.input(status(&kit, &new, OrdStatus::Open, Some(1000)));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.cash.to_string()), (Qty::whole(100), "-10050".to_owned()));
}

#[test]
fn overfilled_executions_are_paid_for() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill_at(&new, "A", 60, None, kit.now));
    kit.input(fill_at(&new, "B", 60, None, kit.now));
    let h = kit.engine.state().holding(H);
    assert_eq!((h.own, h.cash.to_string()), (Qty::whole(100), "-10000".to_owned()));
}

#[test]
fn an_orphan_told_by_a_push_is_not_looked_for() {
    let mut kit = Kit::started();
    let old = cl_ord_id(999_999_999, 7);
    let new = NewOrder {
        cl_ord_id: old,
        order: OrderNo(7),
        instrument: I,
        product: VenueText::EMPTY,
        side: Side::Buy,
        qty: Qty::whole(100),
        px: Px::whole(100),
        tif: truefill_core::request::TimeInForce::Day,
        stop_px: None,
        display_qty: None,
    };
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.input(status(&kit, &new, OrdStatus::Open, None));
    kit.wait(600);
    assert!(!kit.engine.state().orders.open.is_empty(), "a live order of ours is not counted");
}

#[test]
fn refused_target_flip_while_order_in_flight() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, _new) = kit.sent[0].clone();
    kit.target(-50);
    kit.reply(r, refused(RejectCode::Invalid));
    kit.wait(30);
    assert!(kit.sent[1..].iter().all(|(_, n)| n.qty <= Qty::whole(50)), "{}", summary(&kit));
}

#[test]
fn expiry_after_a_flip() {
    // the order expired at the broker while the target flipped: no cancel could be sent (rest link down)
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(Input::Link(LinkChange { channel: Channel::Rest, up: false }));
    kit.target(-50);
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Expired)];
    kit.input(Input::Link(LinkChange { channel: Channel::Rest, up: true }));
    // the cancel leaves at once and is told "done"
    if let Some(c) = kit.cancels.first().copied() {
        kit.reply(c, refused(RejectCode::OrderDone));
    }
    kit.wait(30);
    let total: Qty = kit.sent[1..].iter().map(|(_, n)| n.qty).sum();
    assert_eq!(total, Qty::whole(50), "{}", summary(&kit));
}

#[test]
fn a_refusal_for_the_rate_is_sent_once_more_and_only_once() {
    let mut kit = Kit::started();
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, timeout());
    kit.truth.orders = vec![];
    kit.wait(60);
    // The first is absent for sure; the second is refused; then the first appears after all.
    let (r2, _) = kit.sent[1].clone();
    kit.reply(r2, refused(RejectCode::RateLimited));
    let n = kit.sent.len();
    kit.wait(5);
    assert_eq!(kit.sent.len(), n + 1, "{}", summary(&kit));
    kit.input(status(&kit, &new, OrdStatus::Open, None));
    kit.wait(1);
    let h = kit.engine.state().holding(H);
    assert_eq!(h.buying, Qty::whole(200), "what appears counts");
    assert_eq!(kit.cancels.len(), 1, "and the excess is cancelled");
}

#[test]
fn external_rows_without_id() {
    let mut kit = held_100();
    for round in 0..2 {
        let side = Side::Sell;
        kit.truth.position = Qty::whole(100 - 20 * (round + 1));
        kit.truth.activity.push(ActivityRow {
            kind: ActivityKind::Trade,
            cl_ord_id: None,
            order_id: Some(text("M1")),
            instrument: I,
            side,
            product: VenueText::EMPTY,
            fill: FillReport {
                kept: None,
                exec_id: VenueText::EMPTY,
                qty: Qty::whole(20),
                px: Px::whole(99),
                cum: None,
                liquidity: None,
                touch: None,
                fee: None,
                time: kit.now,
            },
        });
        kit.wait(100);
        assert_eq!(kit.engine.state().holding(H).frozen, Some(Freeze::External), "round {round}");
        kit.target(100 - 20 * (round + 1));
        kit.input(Input::Adopt(Adopt {
            holding: H,
            sleeve: SleeveId(1),
            qty: Qty::ZERO,
            by: None,
        }));
    }
}

#[test]
fn late_fill_after_new_target_waives_again() {
    let mut c = config();
    c.strategies[0].entry.remainder = Remainder::Cancel;
    c.strategies[0].entry.patience_ns = 10 * SECOND_NS;
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(11);
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Canceled)];
    kit.reply(kit.cancels[0], taken());
    kit.wait(10);
    kit.target(0);
    kit.wait(10);
    kit.truth.position = Qty::whole(5);
    kit.truth.orders = vec![row(&new, 5, OrdStatus::Canceled)];
    kit.input(fill(&kit, &new, "E2", 5, 5));
    let sold: Qty = kit.sent[1..].iter().map(|(_, n)| n.qty).sum();
    assert_eq!(sold, Qty::whole(5), "{}", summary(&kit));
}

#[test]
fn a_remainder_that_ended_is_waived_before_the_next_plan() {
    for proof in [CancelProof::Word, CancelProof::Read] {
        let mut c = impatient();
        c.descriptor.cancel_proof = proof;
        let mut kit = Kit::with(c);
        kit.target(100);
        let (r, new) = kit.sent[0].clone();
        kit.reply(r, taken());
        // Filled in part, known by a cumulative number only: it has no price yet.
        kit.input(status(&kit, &new, OrdStatus::Open, Some(12)));
        kit.truth.position = Qty::whole(12);
        kit.truth.orders = vec![row(&new, 12, OrdStatus::Open)];
        kit.answers = false;
        kit.now = kit.now.plus(11 * SECOND_NS);
        kit.input(Input::Release(Release {}));
        kit.reply(kit.cancels[0], taken());
        // A lookup of the order is under way when the word comes that it ended.
        kit.input(status(&kit, &new, OrdStatus::Canceled, Some(12)));
        kit.truth.orders = vec![row(&new, 12, OrdStatus::Canceled)];
        kit.answers = true;
        for request in kit.engine.state().wire.keys().copied().collect::<Vec<_>>() {
            kit.give_up(request);
        }
        kit.wait(120);
        assert_eq!(kit.sent.len(), 1, "{proof}: {}", summary(&kit));
        assert_eq!(kit.engine.state().holding(H).dropped, Qty::whole(88), "{proof}");
    }
}

#[test]
fn a_change_of_less_than_a_lot_trades_nothing() {
    let mut kit = held_100();
    let target = |qty: &str| {
        Input::Target(truefill_core::input::Target {
            sleeve: SleeveId(1),
            holding: H,
            qty: qty.parse().expect("a quantity"),
            decided: Nanos(0),
            px: None,
            reopen: false,
            stop_px: None,
        })
    };
    for qty in ["99.9", "100.9", "99.1", "100.2"] {
        kit.input(target(qty));
        kit.wait(1);
        assert_eq!(kit.sent.len(), 1, "{qty}");
    }
    kit.input(target("98.5"));
    assert_eq!(kit.sent[1].1.qty, Qty::whole(1), "one lot of the one and a half");
}
