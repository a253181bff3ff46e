//! The stream of pushed messages: one connection at a time, in order unless a fault says
//! otherwise, and nothing is ever sent again.
//!
//! Invariants:
//! 1. Every connection has a number of its own, and a message of an old one is never delivered.
//! 2. Messages are numbered before they can be lost, so a careful reader sees the gap.

use std::collections::VecDeque;

use super::world::Pushes;
use super::{Broker, Due};
use crate::faults::{FaultKind, garble, spoil_status, truncate};
use truefill_core::ids::VenueText;
use truefill_core::input::Channel;
use truefill_core::num::Qty;
use truefill_core::report::{BustReport, FillReport, News, OrdStatus, Push, StatusReport};
use truefill_core::time::Nanos;
use truefill_venue::ServerCodec;

/// Messages that a replay repeats.
const REMEMBERED: usize = 8;

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
    /// It looks up, but nothing comes before.
    pub silent_until: Nanos,
    /// The last messages: what a replay repeats.
    told: VecDeque<(usize, News)>,
}

impl Stream {
    pub const fn new() -> Self {
        let (last, silent_until) = (Nanos(i64::MIN), Nanos(i64::MIN));
        Self { epoch: 1, seq: 0, up: true, last, silent_until, told: VecDeque::new() }
    }

    /// A new connection.
    pub fn reconnect(&mut self, now: Nanos) {
        let (silent_until, told) = (now, std::mem::take(&mut self.told));
        *self = Self { epoch: self.epoch + 1, seq: 0, up: true, last: now, silent_until, told };
    }

    fn remember(&mut self, order: usize, news: &News) {
        if self.told.len() == REMEMBERED {
            self.told.pop_front();
        }
        self.told.push_back((order, news.clone()));
    }
}

impl Broker {
    /// Tells an execution, possibly a second time under another ExecID.
    pub(super) fn push_fill(&mut self, at: Nanos, fill: usize) {
        let (order, mut report) = (self.truth.fills()[fill].order, self.fill_report(fill));
        let tells_cum = self.truth.fills()[fill].tells_cum;
        if !tells_cum {
            report.cum = None;
        }
        if self.plan.strikes(FaultKind::NullFields) {
            (report.liquidity, report.touch) = (None, None);
        }
        let again = self.plan.strikes_unless(FaultKind::SecondExecId, !tells_cum);
        if self.plan.strikes(FaultKind::ZeroFill) {
            let nothing = FillReport { qty: Qty::ZERO, ..report.clone() };
            self.push(at, order, News::Fill(nothing));
        }
        self.push(at, order, News::Fill(report.clone()));
        if again {
            let exec_id = super::venue_text(&format!("{}b", report.exec_id));
            self.push(at, order, News::Fill(FillReport { exec_id, ..report }));
        }
    }

    /// Tells that an execution was taken back.
    pub(super) fn push_bust(&mut self, at: Nanos, order: usize, exec_id: VenueText) {
        let time = self.clock(at);
        self.push(at, order, News::Bust(BustReport { exec_id, time }));
    }

    /// Tells the present status of an order.
    pub(super) fn push_status(&mut self, at: Nanos, order: usize) {
        let known = &self.truth.orders()[order];
        let (mut status, filled, changes) = (known.status, known.filled, known.changes.len());
        let time = self.clock(at);
        let part = status == OrdStatus::Canceled && filled > Qty::ZERO;
        if part && self.plan.strikes(FaultKind::CanceledAsFilled) {
            status = OrdStatus::Filled;
        }
        let works = !status.is_terminal() && filled > Qty::ZERO;
        if works && self.plan.strikes(FaultKind::CumGoesBack) {
            let less = self.plan.dice(FaultKind::CumGoesBack).below(3);
            let cum = Some(Qty(filled.0 * i128::from(less) / 3));
            self.push(at, order, News::Status(StatusReport { status, cum, time }));
        }
        if status.is_terminal() && self.plan.strikes_unless(FaultKind::LateStatus, changes < 2) {
            let later = at.plus(self.plan.span_ns(FaultKind::LateStatus, i64::MAX));
            let change = self.plan.dice(FaultKind::LateStatus).pick(changes - 1).unwrap_or(0);
            self.agenda.plan(later, Due::OldStatus { order, change });
        }
        let times = if self.plan.strikes(FaultKind::StatusRepeats) { 3 } else { 1 };
        for _ in 0..times {
            let cum = Some(filled);
            self.push(at, order, News::Status(StatusReport { status, cum, time }));
        }
    }

    /// Tells a status again that an order once had, unless that was an end.
    pub(super) fn push_old_status(&mut self, at: Nanos, order: usize, change: usize) {
        let Some(old) = self.truth.orders()[order].changes.get(change).copied() else { return };
        if !old.status.is_terminal() {
            let (status, cum, time) = (old.status, Some(old.cum), self.clock(old.time));
            self.push(at, order, News::Status(StatusReport { status, cum, time }));
        }
    }

    pub(super) fn push(&mut self, at: Nanos, order: usize, mut news: News) {
        let silent = match self.world.pushes {
            Pushes::Full => false,
            Pushes::Statuses => !matches!(news, News::Status(_)),
            Pushes::Nothing => true,
        };
        if !self.stream.up || silent {
            return;
        }
        self.stream.remember(order, &news);
        let known = &self.truth.orders()[order];
        let (cl_ord_id, order_id) = (known.cl_ord_id.filter(|_| self.echoes), known.order_id);
        let instrument = Some(known.instrument);
        let nameless = self.plan.strikes(FaultKind::PushWithoutClientId);
        let cl_ord_id = cl_ord_id.filter(|_| !nameless);
        let by_id = matches!(&news, News::Fill(FillReport { cum: None, .. }));
        if self.plan.strikes_unless(FaultKind::SkewedTimes, by_id) {
            let most_ns = self.plan.faults().max_ns(FaultKind::SkewedTimes);
            let by_ns = self.plan.dice(FaultKind::SkewedTimes).between(-most_ns, most_ns);
            shift(&mut news, by_ns);
        }
        let is_status = matches!(news, News::Status(_));
        let push = Push { cl_ord_id, order_id: Some(order_id), instrument, news };
        self.stream.seq += 1;
        let (epoch, seq) = (self.stream.epoch, self.stream.seq);
        let mut body = self.codec.encode_push(epoch, seq, &push);
        if is_status && self.plan.strikes(FaultKind::UnknownStatus) {
            body = spoil_status(&body);
        }
        self.deliver_push(at, epoch, body);
    }

    /// Sends a message on its way down.
    fn deliver_push(&mut self, at: Nanos, epoch: u32, mut body: Vec<u8>) {
        let down = self.plan.strikes(FaultKind::StreamDown);
        if self.plan.strikes_unless(FaultKind::StreamZombie, down) {
            let span_ns = self.plan.span_ns(FaultKind::StreamZombie, i64::MAX);
            self.stream.silent_until = self.stream.silent_until.max(at.plus(span_ns));
        }
        let silent = at < self.stream.silent_until;
        let lost = self.plan.strikes_unless(FaultKind::LostPush, down) || silent;
        if self.plan.strikes_unless(FaultKind::GarblePush, down || lost) {
            body = garble(&body, self.plan.dice(FaultKind::GarblePush));
        }
        if self.plan.strikes_unless(FaultKind::TruncatePush, down || lost) {
            body = truncate(&body, self.plan.dice(FaultKind::TruncatePush));
        }
        let held = self.plan.strikes_unless(FaultKind::ReorderPush, down || lost);
        let again = self.plan.strikes_unless(FaultKind::DuplicatePush, down || lost);
        if down {
            let back = at.plus(self.plan.span_ns(FaultKind::StreamDown, i64::MAX));
            self.stream_down_until(at, back);
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

    /// The stream breaks; what it had under way and what happens meanwhile is lost.
    pub(super) fn stream_down_until(&mut self, at: Nanos, back: Nanos) {
        if self.stream.up {
            self.stream.up = false;
            self.agenda.plan(at, Due::Link { channel: Channel::Stream, up: false });
        }
        self.agenda.plan(back, Due::StreamUp);
    }

    /// The stream is back, unless it is already.
    pub(super) fn stream_up(&mut self, at: Nanos) -> bool {
        let back = !self.stream.up;
        if back {
            self.stream.reconnect(at);
            if self.plan.strikes(FaultKind::StreamReplay) {
                for (order, news) in std::mem::take(&mut self.stream.told) {
                    self.push(at, order, news);
                }
            }
        }
        back
    }
}

/// A message that is off by so much.
fn shift(news: &mut News, by_ns: i64) {
    match news {
        News::Fill(fill) => fill.time = fill.time.plus(by_ns),
        News::Status(status) => status.time = status.time.plus(by_ns),
        News::Bust(bust) => bust.time = bust.time.plus(by_ns),
    }
}
