//! Pushed messages: news about orders, in any order, any number of times (law 3).

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::FillIds;
use crate::effect::Effect;
use crate::event::{Alert, CancelFailed, Event, LinkTurned, Mode, ModeSet, Repeated};
use crate::ids::{ClOrdId, HoldingId, OrderNo, VenueText, parse_cl_ord_id};
use crate::input::{Channel, Garbled, LinkChange};
use crate::order::Order;
use crate::order::evidence::{Claim, CumQty, Item, Seen};
use crate::order::fold::{Known, are_alike};
use crate::report::{FillReport, News, OrdStatus, Push, StatusReport};
use crate::state::apply::channel_slot;
use crate::time::Nanos;

impl Deciding<'_> {
    pub fn push(&mut self, push: &Push) {
        let Some(no) = self.resolve(push.cl_ord_id.as_ref(), push.order_id.as_ref()) else {
            // Somebody else's order, or one of ours that we do not know: a read will tell.
            self.stranger(push.cl_ord_id.as_ref());
            self.may_be_of_nameless(push);
            self.suspect_all();
            return;
        };
        if let Some(instrument) = push.instrument {
            self.stands_under(no, instrument, false);
        }
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
        let orders = &self.state.orders;
        let found = self.by_ids(ours, theirs)?;
        // Brokers issue ids again: with an order of ours whose id is not known yet, the id of a
        // finished one may be that of the new one.
        let nameless = || orders.open.values().any(|o| o.order_id.is_none() && !o.known.done);
        (ours.is_some() || !orders.is_closed(found) || !nameless()).then_some(found)
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
        if fill.qty.0 <= 0 {
            return;
        }
        // Stored as it was told: a repeated message is the same item, whatever clocks say.
        let item = Item::Fill(fill.clone());
        if order.evidence.contains(&item) {
            self.already_processed(no, holding);
            return;
        }
        self.learn(no, item);
        let Some(order) = self.state.orders.get(no) else { return };
        let (known, qty) = (&order.known, order.qty());
        let over = known.overfill;
        let repeated = known.executions == before.executions;
        if over && !before.overfill {
            let text = format!("executions exceed the order quantity {qty}");
            self.alert(AlertCode::Overfill, Some(holding), Some(no), text);
        }
        let news = self.tell_late(no, holding, &before, fill);
        if repeated && !news {
            // The same execution under another id, or told by a read before.
            self.already_processed(no, holding);
        }
    }

    /// People are told of an execution that contradicts what was said before: it came after the
    /// end was claimed, it is another revision, or another id for what was told already. True
    /// for the last two.
    pub(super) fn tell_late(
        &mut self,
        no: OrderNo,
        holding: HoldingId,
        before: &Known,
        fill: &FillReport,
    ) -> bool {
        let Some(order) = self.state.orders.get(no) else { return false };
        let known = &order.known;
        let late = known.filled > before.filled && (before.done || self.said_to_be_over(order));
        let over = known.overfill && !before.overfill;
        let revisions = self.config.descriptor.fill_ids == Some(FillIds::Revisions);
        let (id, named) = (fill.exec_id, !fill.exec_id.is_empty());
        let others = order.evidence.items().iter().filter_map(|item| match item {
            Item::Fill(other) if other.exec_id != id && !other.exec_id.is_empty() => Some(other),
            _ => None,
        });
        let again = known != before || known.executions == before.executions;
        let (mut revised, mut renamed) = (false, false);
        for other in others.filter(|_| named && again) {
            let alike = are_alike(&other.exec_id, &id, revisions);
            let span = fill.cum.is_some() && (other.cum, other.qty) == (fill.cum, fill.qty);
            revised |= alike && known.notional != before.notional;
            renamed |= span && !alike;
        }
        if late && !over {
            let text = "a fill came after the order was said to be finished".to_owned();
            self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text);
        }
        if revised {
            let text = format!("execution {id} corrects what was told before");
            self.alert(AlertCode::Bust, Some(holding), Some(no), text);
        }
        if renamed {
            let text = format!("execution {id} is one that was told under another id");
            self.alert(AlertCode::Overfill, Some(holding), Some(no), text);
        }
        revised || renamed
    }

    /// Somebody said that the order ended before it was filled. That its day is over is our own
    /// conclusion.
    fn said_to_be_over(&self, order: &Order) -> bool {
        let over = self.outlived_its_day(order, self.now());
        order.evidence.items().iter().any(|item| match item {
            Item::Claim(claim) => match claim.status {
                OrdStatus::Filled => false,
                OrdStatus::Expired => !over,
                _ => true,
            },
            _ => false,
        })
    }

    /// People are told of an order that works or has filled although it was refused for sure, or
    /// proven not to be there: what took its place may be in the market beside it.
    pub(super) fn tell_of_return(&mut self, no: OrderNo) {
        let Some(order) = self.state.orders.get(no) else { return };
        let (known, holding) = (&order.known, order.ticket.holding);
        if known.exists || !known.done || (known.refused.is_none() && !known.absent) {
            return;
        }
        let text =
            "an order works or has filled that was refused for sure, or proven not to be there";
        self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text.to_owned());
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
        let ended = status.status.is_terminal() && status.status != OrdStatus::Filled;
        let full = |o: &Order| o.known.done && o.known.filled >= o.qty();
        if ended && self.state.orders.get(no).is_some_and(full) {
            let text = format!("\"{}\" after the order was filled in full", status.status);
            self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text);
        }
        self.hangs(no, status.status);
        if self.state.orders.get(no).is_none_or(|o| super::answers::settled(o, cum)) {
            return;
        }
        if !status.status.is_terminal() || cum.0 > 0 {
            self.tell_of_return(no);
        }
        if let Some(cum) = status.cum.filter(|cum| cum.0 > 0) {
            self.learn_cum(no, cum);
        }
        if status.status.is_terminal() {
            let claim = Claim { status: status.status, time: status.time.min(self.now()) };
            self.learn(no, Item::Claim(claim));
        } else {
            self.seen(no, None);
        }
    }

    /// A cumulative report, unless it says less than is known.
    pub fn learn_cum(&mut self, no: OrderNo, cum: crate::num::Qty) {
        let Some(order) = self.state.orders.get(no) else { return };
        if cum <= order.known.filled {
            return;
        }
        let (holding, filled) = (order.ticket.holding, order.known.filled);
        let late = order.known.done || self.said_to_be_over(order);
        self.learn(no, Item::Cum(CumQty { cum }));
        let grew = self.state.orders.get(no).is_some_and(|o| o.known.filled > filled);
        if late && grew {
            let text = "more was filled than when the order was said to be finished".to_owned();
            self.alert(AlertCode::OutOfOrder, Some(holding), Some(no), text);
        }
    }

    /// A read showed the order as being cancelled: it is there, and the cancel did not fail.
    pub fn seen_leaving(&mut self, no: OrderNo, asked: Nanos) {
        let Some(order) = self.state.orders.get(no) else { return };
        if !order.known.exists || order.known.claimed || order.known.unchecked {
            self.learn(no, Item::Seen(Seen { asked: Some(asked) }));
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
