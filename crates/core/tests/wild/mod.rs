//! Inputs that are well typed and otherwise wild: what a broken broker, strategy or clock may say.

use proptest::prelude::*;
use truefill_core::engine::Engine;
use truefill_core::event::RequestClass;
use truefill_core::ids::{
    ClOrdId, HoldingId, InstrumentId, RequestId, SleeveId, VenueText, cl_ord_id,
};
use truefill_core::input::{
    Adopt, Channel, Command, DayEnd, Enable, Garbled, Input, LinkChange, Margin, Operator,
    PrevClose, Split, Start, Target, Tick, Volume,
};
use truefill_core::num::{Amount, NANO, Px, Qty};
use truefill_core::report::*;
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};

/// Raw material of one input.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    pub kind: u8,
    pub a: u64,
    pub b: i64,
    pub c: u8,
    pub dt: u8,
}

pub fn raw() -> impl Strategy<Value = Raw> {
    (0u8..16, any::<u64>(), -130i64..130, any::<u8>(), any::<u8>())
        .prop_map(|(kind, a, b, c, dt)| Raw { kind, a, b, c, dt })
}

/// What an input may refer to.
pub struct Scene<'a> {
    pub engine: &'a Engine,
    pub now: Nanos,
    pub requests: &'a [RequestId],
    pub ids: &'a [ClOrdId],
    pub epoch: u64,
    /// Values at the ends of their ranges too.
    pub extreme: bool,
}

fn pick<T: Copy>(list: &[T], at: u64) -> Option<T> {
    let len = u64::try_from(list.len()).ok().filter(|len| *len > 0)?;
    list.get(usize::try_from(at % len).ok()?).copied()
}

fn small(value: u64) -> u32 {
    u32::try_from(value % 4).unwrap_or(0)
}

impl Scene<'_> {
    fn qty(&self, units: i64, c: u8) -> Qty {
        match c {
            _ if self.extreme && c.is_multiple_of(7) => {
                Qty(1_000_000_000_000 * NANO * i128::from(units.signum()))
            }
            _ if c.is_multiple_of(5) => Qty(i128::from(units) * NANO / 3),
            _ => Qty::whole(units),
        }
    }

    pub fn px(&self, c: u8) -> Px {
        match c % 11 {
            0 if self.extreme => Px(1_000_000_000 * NANO),
            1 if self.extreme => Px(1),
            step => Px::whole(95 + i64::from(step)),
        }
    }

    fn time(&self, c: u8) -> Nanos {
        match c % 6 {
            0 => Nanos(0),
            1 => self.now.plus(5 * SECOND_NS),
            2 if self.extreme => Nanos(i64::MAX),
            3 if self.extreme => Nanos(i64::MIN),
            _ => self.now,
        }
    }

    fn retry(&self, raw: Raw) -> Option<i64> {
        match raw.c % 8 {
            0 => Some(i64::from(raw.a as u32)),
            1 if self.extreme => Some(i64::MAX),
            2 if self.extreme => Some(-5),
            _ => None,
        }
    }

    fn id(&self, raw: Raw) -> Option<ClOrdId> {
        match raw.c % 16 {
            0 => None,
            1 => Some(cl_ord_id(self.epoch - 5, raw.a % 50)),
            2 if self.extreme => Some(cl_ord_id(self.epoch + 5, raw.a % 50)),
            _ => pick(self.ids, raw.a),
        }
    }

    fn fill(&self, raw: Raw, exec: u64) -> FillReport {
        let Raw { a, b, c, .. } = raw;
        let named = VenueText::new(&format!("E{}", exec % 12)).unwrap_or_default();
        let qty = self.qty(b.abs().max(1), c);
        let px = self.px(c);
        // The edge refuses what is beyond its bounds: so does this.
        let px = if qty.times(px).exceeds_bound() { Px(NANO) } else { px };
        FillReport {
            kept: None,
            exec_id: if exec.is_multiple_of(5) { VenueText::EMPTY } else { named },
            qty,
            px,
            cum: (!a.is_multiple_of(3)).then(|| self.qty(b.abs().max(1) + i64::from(c % 40), c)),
            liquidity: None,
            touch: None,
            fee: c.is_multiple_of(3).then(|| Amount(i128::from(b) * NANO)),
            time: self.time(c),
        }
    }

    fn row(&self, raw: Raw, k: u64) -> OrderRow {
        let Raw { a, b, c, .. } = raw;
        let (qty, px) = (self.qty(b.abs(), c), self.px(c));
        OrderRow {
            code: None,
            cl_ord_id: if k.is_multiple_of(13) { self.id(raw) } else { pick(self.ids, k) },
            order_id: VenueText::new(&format!("V{}", a % 9)),
            instrument: InstrumentId(small(k)),
            side: if k.is_multiple_of(2) { Side::Buy } else { Side::Sell },
            qty,
            cum: self.qty(b.abs() * i64::from(c % 3) / 2, c),
            px: if qty.times(px).exceeds_bound() { Px(NANO) } else { px },
            status: self.status(a),
            created: self.time(c),
        }
    }

    fn status(&self, a: u64) -> OrdStatus {
        pick(OrdStatus::ALL, a).unwrap_or(OrdStatus::Open)
    }

    fn outcome(&self, raw: Raw) -> Outcome {
        let c = u64::from(raw.c);
        match raw.a % 5 {
            0 | 1 => Outcome::Taken(Taken {
                cum: None,
                instrument: None,
                status: None,
                order_id: VenueText::new(&format!("V{}", raw.a % 9)),
                time: Some(self.time(raw.c)),
            }),
            2 => Outcome::Refused(Refused {
                code: pick(RejectCode::ALL, c).unwrap_or(RejectCode::Other),
                text: VenueText::EMPTY,
                retry_after_ns: self.retry(raw),
            }),
            3 => Outcome::NotSent(NotSent {}),
            _ => Outcome::Unclear(Unclear {
                cause: pick(UnknownCause::ALL, c).unwrap_or(UnknownCause::Reset),
                retry_after_ns: self.retry(raw),
            }),
        }
    }

    fn found(&self, raw: Raw, request: RequestId) -> Found {
        let Raw { a, b, c, .. } = raw;
        let class = self.engine.state().wire.get(&request).map(|w| w.class);
        let complete = c % 4 != 1;
        match class {
            _ if c.is_multiple_of(10) => Found::Failed(Failed {
                cause: pick(ReadFailure::ALL, a).unwrap_or(ReadFailure::Timeout),
                retry_after_ns: self.retry(raw),
            }),
            Some(RequestClass::Positions) => {
                let row = |k| PositionRow {
                    instrument: InstrumentId(small(k)),
                    product: VenueText::EMPTY,
                    qty: self.qty(b, c),
                };
                Found::Positions(PositionRows { rows: (0..a % 3).map(row).collect() })
            }
            Some(RequestClass::Orders) => {
                let rows = (0..a % 4).map(|k| self.row(raw, a / 5 + k)).collect();
                Found::Orders(OrderRows { rows, complete })
            }
            Some(RequestClass::Order) => {
                let row = (!a.is_multiple_of(3)).then(|| self.row(raw, a / 5));
                Found::Order(OneRow { row })
            }
            _ => {
                let row = |k: u64| ActivityRow {
                    kind: pick(ActivityKind::ALL, a.wrapping_add(k)).unwrap_or(ActivityKind::Trade),
                    cl_ord_id: if k == 0 { self.id(raw) } else { None },
                    order_id: None,
                    instrument: InstrumentId(small(k)),
                    side: if b > 0 { Side::Buy } else { Side::Sell },
                    fill: self.fill(raw, a / 3 + k),
                    product: VenueText::EMPTY,
                };
                Found::Activity(ActivityRows { rows: (0..a % 3).map(row).collect(), complete })
            }
        }
    }

    fn push(&self, raw: Raw) -> Push {
        let news = match raw.kind {
            3 | 4 => News::Fill(self.fill(raw, raw.a / 7)),
            5 => News::Status(StatusReport {
                status: self.status(raw.a),
                cum: (!raw.a.is_multiple_of(2)).then(|| self.qty(raw.b.abs(), raw.c)),
                time: self.time(raw.c),
            }),
            _ => News::Bust(BustReport {
                exec_id: VenueText::new(&format!("E{}", raw.a % 12)).unwrap_or_default(),
                time: self.time(raw.c),
            }),
        };
        let order_id = VenueText::new(&format!("V{}", raw.a % 9));
        Push { cl_ord_id: self.id(raw), order_id, instrument: None, news }
    }

    /// Mostly one that trades.
    fn sleeve(&self, c: u8) -> SleeveId {
        let others = self.engine.config().holdings[0].others.len();
        match u16::from(c) {
            stranger if c.is_multiple_of(20) => SleeveId(stranger % 5),
            other => SleeveId(1 + other % u16::try_from(others + 1).unwrap_or(1)),
        }
    }

    fn people(&self, raw: Raw) -> Input {
        let qty = if raw.c.is_multiple_of(2) { Qty::ZERO } else { self.qty(raw.b, raw.c) };
        let instrument = InstrumentId(small(raw.a / 8));
        match raw.a % 8 {
            4 => Input::PrevClose(PrevClose { instrument, px: self.px(raw.c) }),
            5 => {
                let (ratio_num, ratio_den) = (u32::from(raw.c % 5), u32::from(raw.dt % 5));
                Input::Split(Split { instrument, ratio_num, ratio_den, by: None })
            }
            6 => Input::Margin(Margin { available: Amount(i128::from(raw.b) * NANO * NANO) }),
            0 => {
                let all = Command::ALL.iter().filter(|c| **c != Command::Kill || raw.c < 20);
                let all: Vec<Command> = all.copied().collect();
                let command = pick(&all, u64::from(raw.c)).unwrap_or(Command::Resume);
                Input::Operator(Operator { command, by: None })
            }
            1 | 2 => {
                let holding = HoldingId(small(raw.a / 4));
                Input::Adopt(Adopt { holding, sleeve: self.sleeve(raw.c / 3), qty, by: None })
            }
            3 => Input::Enable(Enable { sleeve: self.sleeve(raw.c), on: raw.b > -40 }),
            _ => Input::DayEnd(DayEnd {}),
        }
    }

    /// The input made of this material.
    pub fn input(&self, raw: Raw) -> Input {
        let Raw { kind, a, b, c, .. } = raw;
        let request = pick(self.requests, a).unwrap_or(RequestId(a));
        match kind {
            0 | 14 => Input::Target(Target {
                sleeve: self.sleeve(c),
                holding: HoldingId(if self.extreme { small(a) } else { small(a) % 2 }),
                qty: self.qty(b, c),
                decided: self.time(c),
                px: (!c.is_multiple_of(2)).then(|| self.px(c)),
                reopen: c.is_multiple_of(9),
                stop_px: (c % 5 == 1).then(|| self.px(c)),
            }),
            1 | 2 => Input::Reply(Reply { request, outcome: self.outcome(raw) }),
            3..=6 => Input::Push(self.push(raw)),
            7..=10 => Input::Answer(Answer { request, found: self.found(raw, request) }),
            11 => {
                let channel = pick(Channel::ALL, a).unwrap_or(Channel::Rest);
                Input::Link(LinkChange { channel, up: b > -60 })
            }
            12 => self.people(raw),
            13 if c.is_multiple_of(4) => Input::Start(Start { epoch: self.epoch + a % 3 }),
            15 if c.is_multiple_of(2) => {
                let (instrument, traded) = (InstrumentId(small(a) % 2), self.qty(b * 1_000, c));
                Input::Volume(Volume { instrument, traded })
            }
            13 => Input::Garbled(Garbled { channel: Channel::Stream, why: "x".into() }),
            _ => Input::Tick(Tick {}),
        }
    }
}
