//! One value of every record kind, with every field set.

use truefill_core::alert::AlertCode;
use truefill_core::event::*;
use truefill_core::ids::{
    ClOrdId, HoldingId, InstrumentId, OrderNo, RequestId, SleeveId, VenueText, cl_ord_id,
};
use truefill_core::input::*;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::order::evidence::*;
use truefill_core::order::shares::Share;
use truefill_core::order::{AmendEnd, CancelWhy, Intent, Rule, Ticket};
use truefill_core::quote::Mark;
use truefill_core::report::*;
use truefill_core::request::Side;
use truefill_core::time::Nanos;

use crate::common::quote;

const AT: Nanos = Nanos(1_795_000_000_123_456_789);
const ORDER: OrderNo = OrderNo(42);
const REQUEST: RequestId = RequestId(77);
const HOLDING: HoldingId = HoldingId(1);

fn id() -> ClOrdId {
    cl_ord_id(1_795_000_000_000, 42)
}

fn text(text: &str) -> VenueText {
    VenueText::new(text).unwrap()
}

fn qty(hundredths: i128) -> Qty {
    Qty(hundredths * 10_000_000)
}

fn px(hundredths: i128) -> Px {
    Px(hundredths * 10_000_000)
}

fn fill_report() -> FillReport {
    FillReport {
        kept: Some(qty(1)),
        exec_id: text("exec 9"),
        qty: qty(150),
        px: px(10_005),
        cum: Some(qty(350)),
        liquidity: Some(Liquidity::Maker),
        touch: Some(px(10_000)),
        fee: Some(Amount(-1)),
        time: AT,
    }
}

fn bust_report() -> BustReport {
    BustReport { exec_id: text("exec 9"), time: AT }
}

fn order_row() -> OrderRow {
    OrderRow {
        code: Some(RejectCode::Temporary),
        cl_ord_id: Some(id()),
        order_id: Some(text("B-1")),
        instrument: InstrumentId(1),
        side: Side::Sell,
        qty: qty(700),
        cum: qty(350),
        px: px(10_005),
        status: OrdStatus::CancelPending,
        created: AT,
    }
}

fn activity_row() -> ActivityRow {
    ActivityRow {
        kind: ActivityKind::Liquidation,
        cl_ord_id: Some(id()),
        order_id: Some(text("B-1")),
        instrument: InstrumentId(1),
        side: Side::Buy,
        fill: fill_report(),
        product: text("CNC"),
    }
}

pub fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Taken(Taken {
            cum: Some(qty(350)),
            instrument: Some(InstrumentId(1)),
            status: Some(OrdStatus::CancelPending),
            order_id: Some(text("B-1")),
            time: Some(AT),
        }),
        Outcome::Refused(Refused {
            code: RejectCode::PriceBand,
            text: text("outside the \"band\""),
            retry_after_ns: Some(5),
        }),
        Outcome::NotSent(NotSent {}),
        Outcome::Unclear(Unclear { cause: UnknownCause::Reset, retry_after_ns: Some(6) }),
    ]
}

pub fn news() -> Vec<News> {
    vec![
        News::Fill(fill_report()),
        News::Status(StatusReport { status: OrdStatus::Open, cum: Some(qty(1)), time: AT }),
        News::Bust(bust_report()),
    ]
}

pub fn findings() -> Vec<Found> {
    let position = PositionRow { instrument: InstrumentId(1), product: text("CNC"), qty: qty(-5) };
    let other = PositionRow { instrument: InstrumentId(0), ..position.clone() };
    vec![
        Found::Positions(PositionRows { rows: vec![position, other] }),
        Found::Orders(OrderRows { rows: vec![order_row()], complete: true }),
        Found::Activity(ActivityRows { rows: vec![activity_row()], complete: false }),
        Found::Order(OneRow { row: Some(order_row()) }),
        Found::OpenOrders(OrderRows { rows: vec![order_row()], complete: true }),
        Found::Clock(ClockRow { time: AT }),
        Found::Failed(Failed { cause: ReadFailure::Auth, retry_after_ns: Some(7) }),
    ]
}

pub fn items() -> Vec<Item> {
    vec![
        Item::Ack(Ack { order_id: text("B-1"), time: Some(AT) }),
        Item::Refusal(Refusal { code: RejectCode::Closed }),
        Item::Unsent(Unsent {}),
        Item::Doubt(Doubt { cause: UnknownCause::Server }),
        Item::Fill(fill_report()),
        Item::Bust(bust_report()),
        Item::Cum(CumQty { cum: qty(350) }),
        Item::Claim(Claim { status: OrdStatus::Canceled, time: AT }),
        Item::Proof(Proof { code: Some(RejectCode::Timestamp), status: OrdStatus::Expired }),
        Item::Seen(Seen { asked: Some(AT) }),
        Item::Absence(Absence { asked: AT }),
        Item::Void(Void {}),
        Item::Gone(Gone { at: Some(AT) }),
        Item::Audit(Audit { asked: AT, gone: Qty(3_000_000_000) }),
        Item::AmendSent(AmendSent {
            serial: 2,
            request: REQUEST,
            qty: qty(600),
            px: px(10_015),
            stop_px: Some(px(9_905)),
            at: AT,
            rule: Rule::Requote,
            step: 1,
        }),
        Item::AmendNews(AmendNews { serial: 2, end: AmendEnd::Unseen, at: AT }),
        Item::Succeeded(Succeeded { order_id: text("B-2") }),
    ]
}

fn target() -> Target {
    Target {
        sleeve: SleeveId(1),
        holding: HOLDING,
        qty: qty(-85_050),
        decided: AT,
        px: Some(px(10_005)),
        reopen: true,
        stop_px: None,
    }
}

pub fn inputs() -> Vec<Input> {
    let mut inputs = vec![
        Input::Start(Start { epoch: 1_795_000_000_000 }),
        Input::Target(target()),
        Input::Link(LinkChange { channel: Channel::Market, up: false }),
        Input::Garbled(Garbled { channel: Channel::Stream, why: "line\n\u{1}".to_owned() }),
        Input::Operator(Operator { command: Command::ReduceOnly, by: None }),
        Input::Adopt(Adopt {
            holding: HOLDING,
            sleeve: SleeveId(1),
            qty: qty(-300),
            by: Some(text("root")),
        }),
        Input::Tick(Tick {}),
        Input::Volume(Volume { instrument: InstrumentId(1), traded: qty(900_000) }),
        Input::Release(Release {}),
        Input::DayEnd(DayEnd {}),
        Input::PrevClose(PrevClose { instrument: InstrumentId(1), px: px(10_005) }),
        Input::Split(Split {
            instrument: InstrumentId(1),
            ratio_num: 3,
            ratio_den: 2,
            by: Some(text("root")),
        }),
        Input::Margin(Margin { available: Amount(7) }),
        Input::Enable(Enable { sleeve: SleeveId(2), on: true }),
        Input::Budget(Budget { used: 380, limit: 400, per_ns: 60_000_000_000 }),
        Input::PositionTold(PositionTold { instrument: InstrumentId(1), qty: qty(-300) }),
        Input::ActivityTold(ActivityTold {
            instrument: InstrumentId(1),
            kind: ActivityKind::Liquidation,
        }),
    ];
    inputs.extend(
        outcomes().into_iter().map(|outcome| Input::Reply(Reply { request: REQUEST, outcome })),
    );
    inputs.extend(news().into_iter().map(|news| {
        let (cl_ord_id, order_id) = (Some(id()), Some(text("B-1")));
        Input::Push(Push { cl_ord_id, order_id, instrument: Some(InstrumentId(1)), news })
    }));
    inputs.extend(
        findings().into_iter().map(|found| Input::Answer(Answer { request: REQUEST, found })),
    );
    inputs
}

pub fn envelope(input: Input) -> Envelope {
    let mark = |instrument| Mark { instrument: InstrumentId(instrument), quote: quote(5) };
    Envelope { now: AT, marks: vec![mark(0), mark(1)], input }
}

fn shares(first: i128, second: i128) -> Vec<Share> {
    let share = |sleeve, of| Share { sleeve: SleeveId(sleeve), qty: qty(of) };
    vec![share(1, first), share(2, second)]
}

fn ticket() -> Ticket {
    Ticket {
        order: ORDER,
        cl_ord_id: id(),
        request: REQUEST,
        holding: HOLDING,
        side: Side::Buy,
        qty: qty(700),
        px: px(10_005),
        intent: Intent::Entry,
        released: AT,
        arrival: px(10_000),
        rule: Rule::ChaseStep,
        step: 3,
        stop_px: Some(px(9_905)),
        shares: shares(500, 200),
    }
}

fn staged() -> Staged {
    Staged {
        holding: HOLDING,
        admitted: qty(700),
        released: qty(600),
        accepted: qty(500),
        filled: qty(-400),
        queue_reason: QueueReason::Backoff,
        wire_reason: WireReason::Rejected,
        work_reason: WorkReason::Overfill,
        lane: Lane::Reduce,
        blocked: Block::Stale,
        mark: Some(quote(5)),
        gate: Block::Hours,
        sleeves: vec![
            SleeveStage { sleeve: SleeveId(1), admitted: qty(900), gate: Block::Open },
            SleeveStage { sleeve: SleeveId(2), admitted: qty(-200), gate: Block::Hours },
        ],
    }
}

fn corrected() -> Corrected {
    Corrected {
        holding: HOLDING,
        class: DriftClass::External,
        manual: qty(500),
        own: qty(-200),
        px: Some(px(10_005)),
        effective: AT,
        placeholder: true,
        exec_id: Some(text("exec 9")),
        shares: shares(-150, -50),
    }
}

fn order_events() -> Vec<Event> {
    let mut events = vec![
        Event::Requested(Requested {
            request: REQUEST,
            class: RequestClass::Activity,
            order: Some(ORDER),
        }),
        Event::Released(Released { ticket: ticket() }),
        Event::CancelReleased(CancelReleased {
            order: ORDER,
            request: REQUEST,
            why: CancelWhy::Remainder,
            rule: Rule::Patience,
        }),
        Event::CancelFailed(CancelFailed { order: ORDER }),
        Event::RequestClosed(RequestClosed {
            request: REQUEST,
            ending: Ending::Unanswered,
            ok: true,
        }),
        Event::LookupPlanned(LookupPlanned { order: ORDER, at: AT }),
        Event::Closed(Closed {
            order: ORDER,
            dropped: qty(-100),
            rejected: qty(200),
            shares: shares(-60, -40),
        }),
        Event::Repeated(Repeated { order: ORDER }),
        Event::Hung(Hung { order: ORDER, since: Some(AT), cancelling: true }),
        Event::Missed(Missed { order: ORDER, missing: true }),
        Event::Restated(Restated { order: ORDER, holding: HOLDING }),
    ];
    events.extend(
        items()
            .into_iter()
            .map(|item| Event::Learned(Learned { order: ORDER, item, mark: Some(quote(5)) })),
    );
    events
}

fn holding_events() -> Vec<Event> {
    vec![
        Event::TargetSet(TargetSet {
            sleeve: SleeveId(1),
            holding: HOLDING,
            qty: qty(-85_050),
            rounded: qty(-85_000),
            decided: AT,
            px: Some(px(10_005)),
            mark: Some(quote(5)),
            said: qty(-850),
            stop_px: Some(px(9_905)),
            sized_px: Some(px(10_010)),
        }),
        Event::TargetRenewed(TargetRenewed {
            holding: HOLDING,
            decided: AT,
            sleeve: Some(SleeveId(2)),
        }),
        Event::WaiverEnded(WaiverEnded { holding: HOLDING, sleeve: Some(SleeveId(2)) }),
        Event::SplitApplied(SplitApplied {
            holding: HOLDING,
            ratio_num: 3,
            ratio_den: 2,
            own: qty(-600),
            manual: qty(300),
            emitted: qty(-750),
            rounded: qty(-700),
            fraction: qty(-50),
            sleeves: vec![SleeveSplit {
                sleeve: SleeveId(2),
                own: qty(300),
                emitted: qty(301),
                rounded: qty(300),
                fraction: qty(-1),
            }],
        }),
        Event::Paused(Paused { holding: HOLDING, until: AT, streak: 3, code: 4 }),
        Event::Unpaused(Unpaused { holding: HOLDING }),
        Event::Compared(Compared {
            holding: HOLDING,
            skips: 1,
            differing: 2,
            broker: qty(300),
            told: true,
        }),
        Event::Corrected(corrected()),
        Event::Frozen(Frozen { holding: HOLDING, why: Freeze::CorporateAction }),
        Event::Thawed(Thawed { holding: HOLDING }),
        Event::Adopted(Adopted { holding: HOLDING, qty: qty(-300), sleeve: Some(SleeveId(2)) }),
        Event::Crossed(Crossed {
            holding: HOLDING,
            buyer: SleeveId(1),
            seller: SleeveId(2),
            qty: qty(300),
            px: px(10_005),
        }),
        Event::Enabled(Enabled { sleeve: SleeveId(2), on: true }),
        Event::Staged(staged()),
        Event::Marked(Marked { holding: HOLDING, quote: quote(5) }),
        Event::ParentBegun(ParentBegun { holding: HOLDING, arrival: px(10_000) }),
        Event::StopMoved(StopMoved { holding: HOLDING, stop_px: Some(px(9_905)) }),
        Event::Unwound(Unwound { holding: HOLDING }),
        Event::VolumeSeen(VolumeSeen { holding: HOLDING, traded: qty(900_000) }),
    ]
}

pub fn events() -> Vec<Event> {
    let mut events = vec![
        Event::Started(Started { epoch: 1_795_000_000_000, first: true }),
        Event::Backoff(Backoff { until: AT, strikes: 2 }),
        Event::LinkTurned(LinkTurned { channel: Channel::Rest, up: true }),
        Event::Suspected(Suspected { all_orders: Some(true) }),
        Event::RoundStarted(RoundStarted {}),
        Event::RoundEnded(RoundEnded { compared: true }),
        Event::ModeSet(ModeSet { mode: Mode::Flattening }),
        Event::Alert(Alert {
            code: AlertCode::Unconverged,
            holding: Some(HOLDING),
            order: Some(ORDER),
            text: "zu spät".to_owned(),
        }),
        Event::DayEnded(DayEnded {}),
        Event::LoggedIn(LoggedIn {}),
        Event::AuthLost(AuthLost {}),
        Event::ReadsPaused(ReadsPaused { until: AT }),
        Event::Swept(Swept { on: true }),
        Event::DayCounted(DayCounted { day: 20_000, orders: 7 }),
        Event::SlotsUsed(SlotsUsed { window: 1, n: 3, until: AT }),
        Event::ClockSeen(ClockSeen { ahead_ns: -1_500_000_000 }),
        Event::MarginTold(MarginTold { available: Amount(-7) }),
        Event::Poisoned(Poisoned { law: "law 5: overshoot".to_owned() }),
    ];
    events.extend(order_events());
    events.extend(holding_events());
    events
}
