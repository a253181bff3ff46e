//! The ladder as it is recorded: each counter, each reason, and each of them once.

mod kit;

use kit::words::{fill, impatient, row, status, taken, timeout, two_holdings};
use kit::{H, I, Kit, config};
use truefill_core::event::{Block, Event, QueueReason, Staged, WireReason, WorkReason};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::input::{DayEnd, Envelope, Input};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::report::{OrdStatus, Outcome, Refused, RejectCode};
use truefill_core::time::SECOND_NS;

fn staged(kit: &Kit) -> &Staged {
    &kit.engine.state().holding(H).staged
}

/// Admitted, released, accepted, filled, in whole units.
fn counters(kit: &Kit) -> [i128; 4] {
    let s = staged(kit);
    [s.admitted, s.released, s.accepted, s.filled].map(|qty| qty.0 / Qty::whole(1).0)
}

fn recorded(kit: &Kit) -> usize {
    kit.events.iter().filter(|(_, event)| matches!(event, Event::Staged(_))).count()
}

fn told(kit: &Kit, code: &str) -> usize {
    kit.alerts().iter().filter(|said| **said == code).count()
}

#[test]
fn an_order_climbs_the_ladder_step_by_step() {
    let mut kit = Kit::started();
    kit.target(100);
    assert_eq!(counters(&kit), [100, 100, 0, 0], "in flight");
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    assert_eq!(counters(&kit), [100, 100, 100, 0], "working");
    kit.input(fill(&kit, &new, "E1", 40, 40));
    assert_eq!(counters(&kit), [100, 100, 100, 40], "partly filled");
    kit.input(fill(&kit, &new, "E2", 60, 100));
    assert_eq!(counters(&kit), [100, 100, 100, 100]);
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(10);
    kit.target(30);
    assert_eq!(counters(&kit), [30, 30, 100, 100], "a sale in flight");
    let (request, _) = kit.sent[1].clone();
    kit.reply(request, taken());
    assert_eq!(counters(&kit), [30, 30, 30, 100], "a sale that works");
    let reasons = (staged(&kit).queue_reason, staged(&kit).wire_reason, staged(&kit).work_reason);
    assert_eq!(reasons, (QueueReason::Queue, WireReason::Wire, WorkReason::Work));
}

#[test]
fn what_does_not_move_is_not_recorded_again() {
    let mut kit = Kit::started();
    assert_eq!(recorded(&kit), 0, "nothing was ever wanted");
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Open)];
    kit.wait(10);
    let before = recorded(&kit);
    kit.wait(300);
    assert_eq!(recorded(&kit), before);
}

#[test]
fn what_was_refused_or_given_up_has_its_reason() {
    let mut kit = Kit::started();
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.truth.orders = vec![row(&new, 0, OrdStatus::Rejected)];
    kit.input(status(&kit, &new, OrdStatus::Rejected, None));
    kit.wait(4);
    assert_eq!(staged(&kit).wire_reason, WireReason::Rejected);
    assert_eq!(counters(&kit), [100, 100, 0, 0], "it is missing, and it is known where");

    let mut kit = Kit::with(impatient());
    kit.target(100);
    let (request, new) = kit.sent[0].clone();
    kit.reply(request, taken());
    kit.input(fill(&kit, &new, "E1", 40, 40));
    kit.truth.position = Qty::whole(40);
    kit.truth.orders = vec![row(&new, 40, OrdStatus::Open)];
    kit.wait(12);
    let cancel = kit.cancels[0];
    kit.reply(cancel, taken());
    kit.truth.orders = vec![row(&new, 40, OrdStatus::Canceled)];
    kit.input(status(&kit, &new, OrdStatus::Canceled, Some(40)));
    kit.wait(20);
    assert_eq!(staged(&kit).work_reason, WorkReason::Dropped);
    assert_eq!(counters(&kit), [100, 100, 100, 40], "given up, and it is known where");
}

#[test]
fn silence_is_the_reason_while_it_lasts_and_only_of_what_waits() {
    let mut kit = Kit::with(two_holdings());
    kit.target(100);
    let (request, _) = kit.sent[0].clone();
    let (code, text) = (RejectCode::RateLimited, kit::words::text("slow down"));
    let retry_after_ns = Some(5 * SECOND_NS);
    kit.reply(request, Outcome::Refused(Refused { code, text, retry_after_ns }));
    assert_eq!(staged(&kit).queue_reason, QueueReason::Backoff);
    let other = &kit.engine.state().holding(HoldingId(1)).staged;
    assert_eq!(other.queue_reason, QueueReason::Queue, "it wants nothing");
    kit.wait(6);
    assert_eq!(kit.sent.len(), 2);
    assert_eq!(staged(&kit).queue_reason, QueueReason::Queue);
}

#[test]
fn what_cannot_be_sent_is_told_once_and_keeps_its_block() {
    let cases: [(&str, Block); 2] = [("DUST", Block::Dust), ("UNCONVERGED", Block::Risk)];
    for (code, block) in cases {
        let mut config = config();
        match block {
            Block::Dust => {
                config.instruments[0].min_notional = Qty::whole(1_000_000).times(Px::whole(1));
            }
            _ => config.risk.order_notional_max = Some(Qty::whole(1).times(Px::whole(1))),
        }
        let mut kit = Kit::with(config);
        kit.target(100);
        kit.wait(100);
        assert!(kit.sent.is_empty());
        assert_eq!((staged(&kit).blocked, told(&kit, code)), (block, 1), "{:?}", kit.alerts());
        let before = recorded(&kit);
        kit.wait(100);
        assert_eq!(recorded(&kit), before, "nothing moved");
    }
}

#[test]
fn the_end_of_a_day_marks_what_has_a_price_and_nothing_else() {
    let mut kit = Kit::with(two_holdings());
    let quote = kit.quote();
    let crossed = Quote { bid_px: Px::whole(101), ask_px: Px::whole(100), ..quote };
    let marked = |kit: &mut Kit, marks: Vec<Mark>| -> Vec<HoldingId> {
        let input = Input::DayEnd(DayEnd {});
        let step = kit.engine.step(&Envelope { now: kit.now, marks, input });
        assert!(step.events.iter().any(|event| matches!(event, Event::DayEnded(_))));
        let of = |event: &Event| match event {
            Event::Marked(e) => Some(e.holding),
            _ => None,
        };
        step.events.iter().filter_map(of).collect()
    };
    let second = InstrumentId(1);
    assert_eq!(marked(&mut kit, vec![]), []);
    let marks = vec![Mark { instrument: second, quote }];
    assert_eq!(marked(&mut kit, marks), [HoldingId(1)]);
    assert_eq!(marked(&mut kit, vec![Mark { instrument: second, quote: crossed }]), []);
    let both = [I, second].map(|instrument| Mark { instrument, quote });
    assert_eq!(marked(&mut kit, both.to_vec()), [H, HoldingId(1)]);
}

#[test]
fn the_end_of_a_day_settles_an_unknown_order_only_where_nothing_else_can() {
    for (appear_max_ns, settled) in [(None, true), (Some(30 * SECOND_NS), false)] {
        let mut config = config();
        config.descriptor.appear_max_ns = appear_max_ns;
        let mut kit = Kit::with(config);
        kit.target(100);
        let (request, _) = kit.sent[0].clone();
        kit.reply(request, timeout());
        kit.answers = false;
        kit.input(Input::DayEnd(DayEnd {}));
        let order = kit.order(1);
        assert_eq!((order.known.done, order.is_unknown()), (settled, !settled));
    }
}
