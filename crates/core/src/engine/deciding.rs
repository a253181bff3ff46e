//! The context of one step: emits events and applies each at once.

use super::parts::Trader;
use super::{Step, sharing};
use crate::alert::AlertCode;
use crate::config::{Config, Descriptor, Remainder};
use crate::effect::Effect;
use crate::event::{Alert, Block, Closed, Event, LookupPlanned, Unwound};
use crate::ids::{HoldingId, InstrumentId, OrderNo};
use crate::input::Envelope;
use crate::num::Qty;
use crate::order::fold::{Trust, executions_by};
use crate::order::shares::Share;
use crate::order::{CancelWhy, Intent, Order, Rule};
use crate::quote::Quote;
use crate::report::RejectCode;
use crate::state::State;
use crate::time::Nanos;

/// Events that a step usually has: room for them is asked for once.
const EVENTS_USUAL: usize = 8;

pub(super) struct Deciding<'a> {
    pub config: &'a Config,
    pub state: &'a mut State,
    pub envelope: &'a Envelope,
    pub step: &'a mut Step,
    /// Holdings that an event of this step was about.
    pub touched: Vec<HoldingId>,
    /// What stopped a release that the plan wanted, by holding.
    pub held: Vec<(HoldingId, Block)>,
    /// The planner is broken on purpose and asks now.
    pub broken: bool,
}

impl<'a> Deciding<'a> {
    pub fn new(
        config: &'a Config,
        state: &'a mut State,
        envelope: &'a Envelope,
        step: &'a mut Step,
    ) -> Self {
        let (touched, held) = (Vec::new(), Vec::new());
        Self { config, state, envelope, step, touched, held, broken: false }
    }

    pub fn now(&self) -> Nanos {
        self.envelope.now
    }

    /// Records an event and applies it. The first event of a step also counts its input.
    pub fn emit(&mut self, event: Event) {
        if self.step.events.is_empty() {
            self.state.seq += 1;
            self.step.events.reserve(EVENTS_USUAL);
        }
        self.state.apply(self.config, self.envelope.now, &event);
        self.step.events.push(event);
    }

    pub fn touch(&mut self, holding: HoldingId) {
        if !self.touched.contains(&holding) {
            self.touched.push(holding);
        }
    }

    pub fn alert(
        &mut self,
        code: AlertCode,
        holding: Option<HoldingId>,
        order: Option<OrderNo>,
        text: String,
    ) {
        let alert = Alert { code, holding, order, text };
        self.step.effects.push(Effect::Tell(alert.clone()));
        self.emit(Event::Alert(alert));
    }

    /// The present quote of an instrument: the last one attached to the input.
    pub fn quote(&self, instrument: InstrumentId) -> Option<Quote> {
        let marks = self.envelope.marks.iter().rev();
        marks.filter(|m| m.instrument == instrument && m.quote.is_sane()).map(|m| m.quote).next()
    }

    /// The quote of an instrument when something before now was effective: an attached one
    /// that is not the last.
    pub fn quote_then(&self, instrument: InstrumentId) -> Option<Quote> {
        let mut marks = self.envelope.marks.iter().filter(|m| m.instrument == instrument);
        let first = marks.next()?;
        marks.next().map(|_| first.quote)
    }

    /// What every step ends with: orders of which nothing can come are closed, lookups are
    /// planned, and the ladder of every touched holding is recorded.
    pub fn settle(&mut self) {
        self.touch_legs();
        let touched = std::mem::take(&mut self.touched);
        for holding in &touched {
            self.close_done(*holding);
            self.unwind_small(*holding);
            self.plan_lookups(*holding);
            self.stage(*holding);
        }
        self.touched = touched;
        self.finish_flatten();
    }

    fn close_done(&mut self, holding: HoldingId) {
        let open = &self.state.holding(holding).open;
        let done: Vec<OrderNo> = open
            .iter()
            .copied()
            .filter(|no| self.state.orders.open.get(no).is_some_and(|o| o.known.done))
            .collect();
        for no in done {
            // At once: what it waives must be known before the next plan is made.
            let Some(order) = self.state.orders.open.get(&no) else { continue };
            // A remainder is waived from the target it was meant for, never from a newer one.
            let stale = order.released_seq < self.state.holding(holding).target_seq;
            let (dropped, rejected, shares) = self.waiver(order, stale);
            let again = self.is_placed_again(order);
            let bad = ended_badly(order) || again;
            let code = order.known.rejected_code.unwrap_or(RejectCode::Other);
            let unasked = self.ended_unasked(order);
            let rule = order.cancel.as_ref().map_or("broker", |c| c.rule.as_str());
            self.emit(Event::Closed(Closed { order: no, dropped, rejected, shares }));
            if bad {
                let text = "the broker ended an order that it had taken".to_owned();
                self.pause(no, holding, code, text);
            }
            if unasked {
                let text = "an own order ended without our request".to_owned();
                self.alert(AlertCode::ExternalActivity, Some(holding), Some(no), text);
            }
            if !dropped.is_zero() {
                let text = format!(
                    "the remainder of {dropped} ended by the rule `{rule}` and is not wanted any more"
                );
                self.alert(AlertCode::Unconverged, Some(holding), Some(no), text);
            }
        }
    }

    /// The broker ended an order that was to rest, without our request: what is missing is
    /// wanted still, and is placed again after a moment.
    fn is_placed_again(&self, order: &Order) -> bool {
        let policy =
            Trader::of(self.config, self.state, order).policy(self.config, order.ticket.intent);
        order.ticket.intent == Intent::Entry
            && order.known.exists
            && order.known.filled < order.qty()
            && order.cancel.is_none()
            && !order.known.rejected
            && !order.known.replaced
            && !order.known.busted
            && !self.outlived_its_day(order, self.now())
            && policy.is_some_and(|p| p.remainder == Remainder::Rest)
    }

    /// An order that was there ended unfilled, and nobody here asked for that.
    fn ended_unasked(&self, order: &Order) -> bool {
        order.known.exists
            && order.known.filled < order.qty()
            && order.cancel.is_none()
            && !order.known.rejected
            && !order.known.replaced
            && !order.known.busted
            && !order.known.absent
            && !self.outlived_its_day(order, self.now())
    }

    /// What an order that ended waives, and what of it is whose.
    fn waiver(&self, order: &Order, stale: bool) -> (Qty, Qty, Vec<Share>) {
        let h = self.state.holding(order.ticket.holding);
        let (dropped, rejected) = match self.is_placed_again(order) {
            true => (Qty::ZERO, Qty::ZERO),
            false => waived(order, &self.config.descriptor),
        };
        if !h.is_shared() {
            let keeps = (dropped, rejected, Vec::new());
            return if stale { (Qty::ZERO, Qty::ZERO, Vec::new()) } else { keeps };
        }
        if dropped.is_zero() && rejected.is_zero() {
            return (Qty::ZERO, Qty::ZERO, Vec::new());
        }
        let shares = sharing::waived_shares(self.config, h, order);
        let sum: Qty = shares.iter().map(|share| share.qty).sum();
        if rejected.is_zero() { (sum, Qty::ZERO, shares) } else { (Qty::ZERO, sum, shares) }
    }

    /// A remainder was given up and what was filled is too little to be worth keeping: it is
    /// unwound. Only where one strategy trades the holding.
    fn unwind_small(&mut self, holding: HoldingId) {
        let h = self.state.holding(holding);
        if h.is_shared() {
            return;
        }
        let trader = Trader::first(self.config, holding);
        let Some(policy) = trader.policy(self.config, Intent::Entry) else { return };
        let (filled, wanted) = (h.own - h.base(), h.rounded - h.base());
        let same_way = filled.0.signum() == wanted.0.signum();
        let little = filled.0.abs().saturating_mul(1_000_000)
            < wanted.0.abs().saturating_mul(i128::from(policy.min_fill_ppm));
        let ended = !h.dropped.is_zero() && !h.is_working() && h.has_begun();
        if h.unwound || !ended || filled.is_zero() || !same_way || !little {
            return;
        }
        let text = format!(
            "{filled} of {wanted} filled, less than the policy keeps: unwound by the rule `{}`",
            Rule::MinFill
        );
        self.emit(Event::Unwound(Unwound { holding }));
        self.alert(AlertCode::Unconverged, Some(holding), None, text);
    }

    pub fn plan_lookups(&mut self, holding: HoldingId) {
        let now = self.now();
        let open = &self.state.holding(holding).open;
        let wanted: Vec<OrderNo> = open
            .iter()
            .copied()
            .filter(|no| {
                let order = self.state.orders.open.get(no);
                order.is_some_and(|o| o.needs_lookup() && o.lookup == Nanos::MAX)
            })
            .collect();
        for order in wanted {
            self.emit(Event::LookupPlanned(LookupPlanned { order, at: now }));
        }
    }
}

/// The broker ended an order without our request before all of it was filled, in a way that
/// would repeat at once: refused after it was taken, or an exit that is planned again.
fn ended_badly(order: &Order) -> bool {
    let unfilled = order.known.filled < order.qty();
    let ours = order.cancel.is_some();
    order.known.exists
        && unfilled
        && !ours
        && !order.known.replaced
        && !order.known.busted
        && (order.known.rejected || order.ticket.intent != Intent::Entry)
}

/// Executions of an order that were taken back.
fn taken_back(order: &Order, descriptor: &Descriptor) -> Qty {
    if !order.known.busted {
        return Qty::ZERO;
    }
    let revisions = Trust::from(descriptor).revisions;
    let all = executions_by(&order.evidence, revisions).into_iter();
    let busted: Qty = all.filter(|e| e.busted).map(|e| e.report.qty).sum();
    busted + order.known.unheard
}

/// What becomes of the unfilled part of an order that ended: signed quantities that are waived
/// as dropped and as refused. An order that ended because the plan changed waives nothing, an
/// exit waives nothing: it is planned again.
fn waived(order: &Order, descriptor: &Descriptor) -> (Qty, Qty) {
    // What was filled and taken back is wanted still.
    let filled = order.known.filled + taken_back(order, descriptor);
    let missing = order.ticket.side.signed((order.qty() - filled).max(Qty::ZERO));
    let none = (Qty::ZERO, Qty::ZERO);
    let given_up = order.cancel.as_ref().is_some_and(|c| c.why == CancelWhy::Remainder);
    let exit = order.ticket.intent != Intent::Entry && !given_up;
    if missing.is_zero() || exit || crate::planted!(WaiverForgotten) {
        return none;
    }
    let never_was = !order.known.exists;
    match (&order.cancel, order.known.refused) {
        // What only a wait, a lookup or a login keeps back is wanted still.
        (_, Some(RejectCode::RateLimited | RejectCode::DuplicateClOrdId | RejectCode::Auth))
            if never_was =>
        {
            none
        }
        // Its gate keeps it back until there is more margin.
        (_, Some(RejectCode::InsufficientFunds)) if never_was => none,
        (_, Some(_)) if never_was => (Qty::ZERO, missing),
        _ if never_was => none,
        _ if order.known.rejected => (Qty::ZERO, missing),
        // What took its place carries the rest.
        _ if order.known.replaced => none,
        (Some(cancel), _) if cancel.why != CancelWhy::Remainder => none,
        _ => (missing, Qty::ZERO),
    }
}
