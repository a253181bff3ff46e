//! Pushed messages: news about orders, in any order, any number of times (law 3).

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::effect::Effect;
use crate::event::{Alert, CancelFailed, Event, LinkTurned, Mode, ModeSet, Repeated};
use crate::ids::{ClOrdId, HoldingId, OrderNo, VenueText, parse_cl_ord_id};
use crate::input::{Channel, Garbled, LinkChange};
use crate::order::evidence::{Claim, CumQty, Item, Seen};
use crate::report::{FillReport, News, Push, StatusReport};
use crate::state::apply::channel_slot;
use crate::time::Nanos;

impl Deciding<'_> {
    pub fn push(&mut self, push: &Push) {
        let Some(no) = self.resolve(push.cl_ord_id.as_ref(), push.order_id.as_ref()) else {
            // Somebody else's order, or one of ours that we do not know: a read will tell.
            self.stranger(push.cl_ord_id.as_ref());
            self.suspect();
            return;
        };
        let Some(holding) = self.state.orders.get(no).map(|o| o.ticket.holding) else { return };
        self.touch(holding);
        match &push.news {
            News::Fill(fill) => self.fill(no, holding, fill),
            News::Status(status) => self.status(no, holding, status),
            News::Bust(bust) => {
                self.learn(no, Item::Bust(bust.clone()));
                let text = format!("execution {} was taken back", bust.exec_id);
                self.alert(AlertCode::Bust, Some(holding), Some(no), text);
                self.suspect();
            }
        }
    }

    /// The order behind the ids a broker sent.
    pub fn resolve(&self, ours: Option<&ClOrdId>, theirs: Option<&VenueText>) -> Option<OrderNo> {
        let by_ours = ours.and_then(|id| self.state.orders.by_cl_ord_id(id));
        by_ours.or_else(|| {
            let theirs = theirs.filter(|_| ours.is_none())?;
            self.state.orders.by_order_id(theirs)
        })
    }

    /// An id of our making with a newer epoch than ours: another instance trades the account.
    pub fn stranger(&mut self, id: Option<&ClOrdId>) {
        let Some((epoch, _)) = id.and_then(parse_cl_ord_id) else { return };
        if epoch > self.state.epoch && self.state.mode != Mode::Halted {
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Halted }));
            let text = "an order of a newer start was seen on this account".to_owned();
            self.alert(AlertCode::MultiInstance, None, None, text);
        }
    }

    /// An execution, pushed or read.
    pub fn fill(&mut self, no: OrderNo, holding: HoldingId, fill: &FillReport) {
        let Some(order) = self.state.orders.get(no) else { return };
        let before = order.known.clone();
        // Stored as it was told: a repeated message is the same item, whatever clocks say.
        let item = Item::Fill(fill.clone());
        if order.evidence.contains(&item) {
            self.already_processed(no, holding);
            return;
        }
        self.learn(no, item);
        let Some(order) = self.state.orders.get(no) else { return };
        let (known, qty) = (&order.known, order.qty());
        let (over, grew) = (known.overfill, known.filled > before.filled);
        let repeated = known.executions == before.executions;
        if over && !before.overfill {
            let text = format!("executions exceed the order quantity {qty}");
            self.alert(AlertCode::Overfill, Some(holding), Some(no), text);
        } else if before.done && grew {
            let text = "a fill came after the order was taken as finished".to_owned();
            self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text);
        }
        if repeated {
            // The same execution under another id, or told by a read before.
            self.already_processed(no, holding);
        }
    }

    fn already_processed(&mut self, no: OrderNo, holding: HoldingId) {
        self.emit(Event::Repeated(Repeated { order: no }));
        self.step.effects.push(Effect::Tell(Alert {
            code: AlertCode::DuplicateFillIgnored,
            holding: Some(holding),
            order: Some(no),
            text: "already processed".to_owned(),
        }));
    }

    fn status(&mut self, no: OrderNo, holding: HoldingId, status: &StatusReport) {
        let cum = status.cum.unwrap_or_default();
        if self.state.orders.get(no).is_none_or(|o| super::answers::settled(o, cum)) {
            return;
        }
        if let Some(cum) = status.cum.filter(|cum| cum.0 > 0) {
            self.learn_cum(no, cum);
        }
        if status.status.is_terminal() {
            let done = self.state.orders.get(no).is_none_or(|o| o.known.done);
            let ours = self.state.orders.get(no).is_some_and(|o| o.cancel.is_some());
            let claim = Claim { status: status.status, time: status.time.min(self.now()) };
            self.learn(no, Item::Claim(claim));
            let filled = status.status == crate::report::OrdStatus::Filled;
            let order = self.state.orders.get(no);
            let over = order.is_some_and(|o| self.outlived_its_day(o, self.now()));
            if !done && !ours && !filled && !over {
                let text = format!("an own order ended without our request: {}", status.status);
                self.alert(AlertCode::ExternalActivity, Some(holding), Some(no), text);
            }
        } else {
            self.seen(no, None);
        }
    }

    /// A cumulative report, unless it says less than is known.
    pub fn learn_cum(&mut self, no: OrderNo, cum: crate::num::Qty) {
        if self.state.orders.get(no).is_some_and(|o| cum > o.known.filled) {
            self.learn(no, Item::Cum(CumQty { cum }));
        }
    }

    /// The broker showed the order alive: in a message, or in a read asked at a time.
    pub fn seen(&mut self, no: OrderNo, asked: Option<Nanos>) {
        let Some(order) = self.state.orders.get(no) else { return };
        let cancel = order.cancel.as_ref();
        let failed = cancel.is_some_and(|c| {
            c.request.is_none() && !c.failed && asked.is_some_and(|a| a > c.answered)
        });
        // Only what settles something is kept: the set must not grow with every read.
        let refused = order.known.terms.refused;
        let checks = order.known.unchecked && asked >= refused;
        if !order.known.exists || (order.known.claimed && asked.is_some()) || checks {
            self.learn(no, Item::Seen(Seen { asked }));
        }
        if failed {
            self.emit(Event::CancelFailed(CancelFailed { order: no }));
        }
    }

    pub fn link(&mut self, link: &LinkChange) {
        let was = self.state.links_up[channel_slot(link.channel)];
        if was == link.up {
            return;
        }
        self.emit(Event::LinkTurned(LinkTurned { channel: link.channel, up: link.up }));
        if link.up && !crate::planted!(LostStreamIsQuiet) {
            // What happened meanwhile was not told: read before anything else is sent.
            self.suspect();
        } else {
            let text = format!("the {} link is down", link.channel);
            self.alert(AlertCode::StreamStale, None, None, text);
        }
        self.touch_busy();
    }

    pub fn touch_busy(&mut self) {
        for holding in self.state.busy.iter().copied().collect::<Vec<_>>() {
            self.touch(holding);
        }
    }

    pub fn garbled(&mut self, garbled: &Garbled) {
        let text = format!("unreadable message on {}: {}", garbled.channel, garbled.why);
        self.alert(AlertCode::Unreadable, None, None, text);
        if garbled.channel != Channel::Market {
            self.suspect();
        }
    }
}
