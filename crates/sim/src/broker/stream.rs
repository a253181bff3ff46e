//! The stream of pushed messages: one connection at a time, in order unless a fault says
//! otherwise, and nothing is ever sent again.
//!
//! Invariants:
//! 1. Every connection has a number of its own, and a message of an old one is never delivered.
//! 2. Messages are numbered before they can be lost, so a careful reader sees the gap.

use super::{Broker, Due};
use crate::faults::{FaultKind, garble, truncate};
use truefill_core::input::Channel;
use truefill_core::report::{FillReport, News, Push, StatusReport};
use truefill_core::time::Nanos;
use truefill_venue::ServerCodec;

/// The connection.
#[derive(Debug)]
pub(super) struct Stream {
    /// Number of the connection.
    pub epoch: u32,
    /// Number of the last message in it.
    seq: u64,
    /// Connected.
    pub up: bool,
    /// When the last message that keeps the order arrives.
    last: Nanos,
}

impl Stream {
    pub const fn new() -> Self {
        Self { epoch: 1, seq: 0, up: true, last: Nanos(i64::MIN) }
    }

    /// A new connection.
    pub fn reconnect(&mut self, now: Nanos) {
        *self = Self { epoch: self.epoch + 1, seq: 0, up: true, last: now };
    }
}

impl Broker {
    /// Tells an execution, possibly a second time under another ExecID.
    pub(super) fn push_fill(&mut self, at: Nanos, fill: usize) {
        let (order, report) = (self.truth.fills()[fill].order, self.fill_report(fill));
        let again = self.plan.strikes(FaultKind::SecondExecId);
        self.push(at, order, News::Fill(report.clone()));
        if again {
            let exec_id = super::venue_text(&format!("{}b", report.exec_id));
            self.push(at, order, News::Fill(FillReport { exec_id, ..report }));
        }
    }

    /// Tells the present status of an order.
    pub(super) fn push_status(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        let (status, cum) = (known.status, Some(known.filled));
        let time = self.clock(at);
        self.push(at, order, News::Status(StatusReport { status, cum, time }));
    }

    fn push(&mut self, at: Nanos, order: usize, news: News) {
        if !self.stream.up {
            return;
        }
        let order = &self.truth.orders()[order];
        let push = Push {
            cl_ord_id: order.cl_ord_id.filter(|_| self.echoes),
            order_id: Some(order.order_id),
            instrument: Some(order.instrument),
            news,
        };
        self.stream.seq += 1;
        let (epoch, seq) = (self.stream.epoch, self.stream.seq);
        let mut body = self.codec.encode_push(epoch, seq, &push);
        let down = self.plan.strikes(FaultKind::StreamDown);
        let lost = self.plan.strikes_unless(FaultKind::LostPush, down);
        if self.plan.strikes_unless(FaultKind::GarblePush, down || lost) {
            body = garble(&body, self.plan.dice(FaultKind::GarblePush));
        }
        if self.plan.strikes_unless(FaultKind::TruncatePush, down || lost) {
            body = truncate(&body, self.plan.dice(FaultKind::TruncatePush));
        }
        let held = self.plan.strikes_unless(FaultKind::ReorderPush, down || lost);
        let again = self.plan.strikes_unless(FaultKind::DuplicatePush, down || lost);
        if down {
            self.stream_down(at);
        }
        if down || lost {
            return;
        }
        let travel_ns = self.world.push.draw(&mut self.dice.push);
        let mut due = at.plus(travel_ns).max(self.stream.last);
        if held {
            due = due.plus(self.plan.span_ns(FaultKind::ReorderPush, i64::MAX));
        } else {
            self.stream.last = due;
        }
        if again {
            let later = due.plus(self.plan.span_ns(FaultKind::DuplicatePush, i64::MAX));
            self.agenda.plan(later, Due::Push { epoch, body: body.clone() });
        }
        self.agenda.plan(due, Due::Push { epoch, body });
    }

    fn stream_down(&mut self, at: Nanos) {
        self.stream.up = false;
        self.agenda.plan(at, Due::Link { channel: Channel::Stream, up: false });
        let back = at.plus(self.plan.span_ns(FaultKind::StreamDown, i64::MAX));
        self.agenda.plan(back, Due::StreamUp);
    }

    /// The stream is back, unless it is already.
    pub(super) fn stream_up(&mut self, at: Nanos) -> bool {
        let back = !self.stream.up;
        if back {
            self.stream.reconnect(at);
        }
        back
    }
}
