//! Evidence merges (law 3): any order of arrival, any duplication, same state.

mod kit;

use kit::{H, I, Kit};
use proptest::prelude::*;
use truefill_core::config::CancelProof;
use truefill_core::ids::{HoldingId, OrderNo, RequestId, VenueText, cl_ord_id};
use truefill_core::input::Input;
use truefill_core::num::{Px, Qty};
use truefill_core::order::evidence::{
    Absence, Ack, AmendNews, AmendSent, Audit, Claim, CumQty, Doubt, Item, Proof, Refusal, Seen,
};
use truefill_core::order::{AmendEnd, Intent, Order, Rule, Ticket};
use truefill_core::report::{
    BustReport, FillReport, News, OrdStatus, OrderRow, Outcome, Push, RejectCode, Reply,
    StatusReport, Taken, UnknownCause,
};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

fn text(words: &str) -> VenueText {
    VenueText::new(words).expect("short enough")
}

/// Any item at all, contradictory ones included.
fn item() -> impl Strategy<Value = Item> {
    let fill = (0u8..6, 1i64..60, 95i64..105, prop::option::of(1i64..120), 0i64..5).prop_map(
        |(id, qty, px, cum, time)| {
            let exec_id = if id == 0 { VenueText::EMPTY } else { text(&format!("E{id}")) };
            Item::Fill(FillReport {
                kept: None,
                exec_id,
                qty: Qty::whole(qty),
                px: Px::whole(px),
                cum: cum.map(Qty::whole),
                liquidity: None,
                touch: None,
                fee: None,
                time: Nanos(time),
            })
        },
    );
    let status = prop::sample::select(vec![
        OrdStatus::Filled,
        OrdStatus::Canceled,
        OrdStatus::Rejected,
        OrdStatus::Expired,
    ]);
    prop_oneof![
        4 => fill,
        1 => (1i64..110).prop_map(|q| Item::Cum(CumQty { cum: Qty::whole(q) })),
        1 => (0u8..3).prop_map(|n| Item::Ack(Ack { order_id: text(&format!("V{n}")), time: None })),
        1 => (status.clone(), 0i64..5)
            .prop_map(|(status, t)| Item::Claim(Claim { status, time: Nanos(t) })),
        1 => status.prop_map(|status| Item::Proof(Proof { code: None, status })),
        1 => prop::option::of(0i64..6).prop_map(|t| Item::Seen(Seen { asked: t.map(Nanos) })),
        1 => Just(Item::Doubt(Doubt { cause: UnknownCause::Timeout })),
        1 => Just(Item::Refusal(Refusal { code: RejectCode::Other })),
        2 => (1u32..4, 1i64..140, 95i64..105).prop_map(|(serial, qty, px)| {
            Item::AmendSent(AmendSent {
                serial,
                request: RequestId(u64::from(serial)),
                qty: Qty::whole(qty),
                px: Px::whole(px),
                stop_px: None,
                at: Nanos(i64::from(serial)),
                rule: Rule::Requote,
                step: 0,
            })
        }),
        2 => (1u32..4, prop::sample::select(AmendEnd::ALL), 0i64..5).prop_map(
            |(serial, end, t)| Item::AmendNews(AmendNews { serial, end, at: Nanos(t) })
        ),
        1 => (0i64..4).prop_map(|t| Item::Absence(Absence { asked: Nanos(t) })),
        1 => (0i64..4, 1i64..50).prop_map(|(t, q)| {
            Item::Audit(Audit { asked: Nanos(t), gone: Qty::whole(q) })
        }),
        1 => (1u8..6).prop_map(|id| Item::Bust(BustReport {
            exec_id: text(&format!("E{id}")),
            time: Nanos(9),
        })),
    ]
}

fn order() -> Order {
    Order::new(Ticket {
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
    })
}

/// A list, and the same list permuted with some elements again.
fn shuffled<T: Clone + std::fmt::Debug + 'static>(
    list: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    list.prop_flat_map(|list| {
        let again = prop::collection::vec(prop::sample::select(list.clone()), 0..8);
        (Just(list), again)
    })
    .prop_flat_map(|(list, again)| {
        let mut all = list.clone();
        all.extend(again);
        (Just(list), Just(all).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_order_is_a_function_of_the_set_of_its_evidence(
        (list, other) in shuffled(prop::collection::vec(item(), 1..14)),
    ) {
        let (mut one, mut two) = (order(), order());
        let mut sum = Qty::ZERO;
        for item in list {
            sum += one.learn(item, CancelProof::Read).unwrap_or_default();
        }
        for item in other {
            two.learn(item, CancelProof::Read);
        }
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(sum, one.known.filled, "the changes told add up to what is known");
        prop_assert!(one.known.filled.0 >= 0 && one.known.filled <= one.known.terms.most);
        prop_assert!(one.leaves().0 >= 0 && one.leaves() <= one.known.terms.worst);
        prop_assert!(one.leaves().0 >= 0);
    }

    /// Without busts, more evidence never means less filled.
    #[test]
    fn evidence_only_adds(list in prop::collection::vec(item(), 1..14)) {
        let mut order = order();
        for item in list.into_iter().filter(|i| !matches!(i, Item::Bust(_))) {
            let before = order.known.clone();
            order.learn(item, CancelProof::Read);
            prop_assert!(order.known.exists || !before.exists, "what existed exists");
            let corrected = order.evidence.items().len() > 1;
            prop_assert!(order.known.filled >= before.filled || corrected);
        }
    }
}

/// Messages of one honest broker about one order of 100: fills that add up, with duplicates,
/// the same fill under another id, statuses, the reply.
fn story(sizes: &[i64]) -> Vec<(u8, i64, i64)> {
    let mut messages = vec![(2, 0, 0)];
    let mut cum = 0;
    for size in sizes {
        cum += size;
        messages.push((0, *size, cum));
        messages.push((1, *size, cum));
        messages.push((3, 0, cum));
    }
    messages
}

fn deliver(kit: &mut Kit, message: (u8, i64, i64)) {
    let (request, new) = kit.sent[0].clone();
    let (kind, size, cum) = message;
    let news = match kind {
        0 | 1 => News::Fill(FillReport {
            kept: None,
            // The second time under another id.
            exec_id: text(&format!("E{kind}-{cum}")),
            qty: Qty::whole(size),
            px: Px::whole(100),
            cum: Some(Qty::whole(cum)),
            liquidity: None,
            touch: None,
            fee: None,
            time: Nanos(kit.now.0 - 1),
        }),
        3 => News::Status(StatusReport {
            status: if cum == 100 { OrdStatus::Filled } else { OrdStatus::Open },
            cum: Some(Qty::whole(cum)),
            time: kit.now,
        }),
        _ => {
            let outcome = Outcome::Taken(Taken {
                cum: None,
                instrument: None,
                status: None,
                order_id: Some(text("V1")),
                time: None,
            });
            kit.input(Input::Reply(Reply { request, outcome }));
            return;
        }
    };
    kit.input(Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: Some(text("V1")),
        instrument: Some(I),
        news,
    }));
}

/// The engine after the messages, and after the account was read and agreed.
fn settled(messages: &[(u8, i64, i64)], filled: i64) -> Kit {
    let mut kit = Kit::started();
    kit.target(100);
    kit.answers = false;
    for message in messages {
        deliver(&mut kit, *message);
    }
    let new = kit.sent[0].1.clone();
    kit.answers = true;
    kit.truth.position = Qty::whole(filled);
    kit.truth.orders = vec![OrderRow {
        code: None,
        cl_ord_id: Some(new.cl_ord_id),
        order_id: Some(text("V1")),
        instrument: I,
        side: new.side,
        qty: new.qty,
        cum: Qty::whole(filled),
        px: new.px,
        status: if filled == 100 { OrdStatus::Filled } else { OrdStatus::Open },
        created: Nanos(0),
    }];
    kit.now = kit.now.plus(10 * SECOND_NS);
    // Reads that were under way get no answer; the shell gives them up.
    let asked: Vec<RequestId> = kit.engine.state().wire.keys().copied().collect();
    for request in asked {
        kit.give_up(request);
    }
    kit.wait(100);
    kit
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_position_does_not_depend_on_the_order_of_messages(
        (sizes, (list, other)) in prop::collection::vec(1i64..40, 1..5).prop_flat_map(|sizes| {
            let mut left = 100;
            let cut = |size: i64| {
                let size = size.min(left);
                left -= size;
                size
            };
            let sizes: Vec<i64> = sizes.into_iter().map(cut).filter(|size| *size > 0).collect();
            let messages = story(&sizes);
            (Just(sizes), shuffled(Just(messages)))
        }),
    ) {
        let filled: i64 = sizes.iter().sum();
        let one = settled(&list, filled);
        let two = settled(&other, filled);
        prop_assert_eq!(one.own(), Qty::whole(filled));
        prop_assert_eq!(two.own(), Qty::whole(filled));
        prop_assert_eq!(one.sent.len(), 1);
        prop_assert_eq!(two.sent.len(), 1);
        let known = |kit: &Kit| kit.engine.state().orders.get(OrderNo(1)).map(|o| o.known.clone());
        let (a, b) = (known(&one).expect("kept"), known(&two).expect("kept"));
        prop_assert_eq!((a.filled, a.notional, a.done), (b.filled, b.notional, b.done));
        let (x, y) = (one.engine.state().holding(H), two.engine.state().holding(H));
        prop_assert_eq!(x.cash, y.cash);
        prop_assert_eq!((x.buying, x.selling), (y.buying, y.selling));
        prop_assert_eq!(x.frozen, None);
    }
}
