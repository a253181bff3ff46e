//! Moving working orders to the price their policy has now.
//!
//! Entry points: [`Deciding::reprice`], [`deadline`], [`is_due`], [`watch`].
//!
//! Two things move an order: time (patience ended, the chase made a step), and the market under
//! the requote rule. Where the broker amends in place the order is amended, elsewhere it is
//! cancelled, proven finished and placed anew by the plan: a replacement is never placed before
//! the old quantity is proven free.
//!
//! Invariant: what a price depends on is looked at now; no move is remembered.

use super::amends::{Change, may_amend, terms_fit};
use super::deciding::Deciding;
use super::parts::Trader;
use super::plan::{in_the_way, may_cancel};
use super::pricing::{Priced, Rung, Terms, Touch, cancel_due, price, rung};
use crate::alert::AlertCode;
use crate::config::Config;
use crate::event::Mode;
use crate::ids::{HoldingId, InstrumentId, OrderNo};
use crate::limiter::Class;
use crate::num::{Px, Qty, Rounding};
use crate::order::{CancelWhy, Intent, Order, Rule};
use crate::quote::Quote;
use crate::request::Side;
use crate::state::State;
use crate::time::Nanos;

/// What should wake the engine between its deadlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// No quote.
    #[default]
    Nothing,
    /// A quote outside these prices.
    Band(Band),
    /// Every quote.
    Every,
}

/// Prices inside which a quote changes nothing, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Of the bid.
    pub bid: (Px, Px),
    /// Of the ask.
    pub ask: (Px, Px),
    /// Of the mid.
    pub mid: (Px, Px),
}

const ANY: (Px, Px) = (Px(i128::MIN), Px(i128::MAX));

impl Watch {
    /// This quote should wake the engine: a pure filter before the step.
    ///
    /// ```
    /// use truefill_core::engine::repricing::{Band, Watch};
    /// use truefill_core::{num::{Px, Qty}, quote::Quote, time::Nanos};
    /// let (low, high) = (Px::whole(1), Px::whole(9));
    /// let watch = Watch::Band(Band { bid: (low, high), ask: (low, high), mid: (low, high) });
    /// let quote = |px| Quote { bid_px: px, bid_qty: Qty::ZERO, ask_px: px, ask_qty: Qty::ZERO,
    ///     time: Nanos(0) };
    /// assert!(!watch.wakes(&quote(Px::whole(9))) && watch.wakes(&quote(Px::whole(10))));
    /// ```
    #[must_use]
    pub fn wakes(&self, quote: &Quote) -> bool {
        let outside = |(low, high): (Px, Px), px: Px| px < low || px > high;
        match self {
            Self::Nothing => false,
            Self::Every => true,
            Self::Band(band) => {
                outside(band.bid, quote.bid_px)
                    || outside(band.ask, quote.ask_px)
                    || outside(band.mid, quote.mid())
            }
        }
    }

    /// Whatever wakes one of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let both = |a: (Px, Px), b: (Px, Px)| (a.0.max(b.0), a.1.min(b.1));
        match (self, other) {
            (Self::Nothing, watch) | (watch, Self::Nothing) => watch,
            (Self::Every, _) | (_, Self::Every) => Self::Every,
            (Self::Band(a), Self::Band(b)) => Self::Band(Band {
                bid: both(a.bid, b.bid),
                ask: both(a.ask, b.ask),
                mid: both(a.mid, b.mid),
            }),
        }
    }
}

/// The order can be moved: it is there, and nothing of it is under way.
fn movable(config: &Config, state: &State, order: &Order, now: Nanos) -> bool {
    let amending = order.known.terms.pending.is_some();
    let cancelled = order.cancel.as_ref().is_some_and(|c| !c.failed);
    order.is_exposure()
        && order.qty() > order.known.filled
        && !order.known.done
        && !amending
        && !cancelled
        && !state.wire.contains_key(&order.ticket.request)
        && !matches!(state.mode, Mode::Halted | Mode::Killed)
        && may_cancel(config, state, order, now)
}

/// The rung an order was priced on, and the present one.
fn rungs(config: &Config, state: &State, order: &Order, now: Nanos) -> (Rung, Rung) {
    let (trader, intent) = (Trader::of(config, state, order), order.ticket.intent);
    let of = |at| rung(config, state, trader, intent, at);
    (of(order.priced().min(now)), of(now))
}

/// When the requote rule allows the next price of an order; `None` where it is never moved.
fn requote_at(config: &Config, state: &State, order: &Order) -> Option<Nanos> {
    let policy = Trader::of(config, state, order).policy(config, order.ticket.intent)?;
    (policy.requote_ns > 0).then(|| order.priced().plus(policy.requote_ns))
}

/// Time alone makes another price of one of the orders due: a release looks at the quote.
#[must_use]
pub fn is_due(config: &Config, state: &State, id: HoldingId, now: Nanos) -> bool {
    let open = state.holding(id).open.iter().filter_map(|no| state.orders.open.get(no));
    open.filter(|o| movable(config, state, o, now)).any(|order| {
        let (then, present) = rungs(config, state, order, now);
        !then.is(&present)
    })
}

/// When time alone may give a working order something to do.
#[must_use]
pub fn deadline(config: &Config, state: &State, order: &Order, now: Nanos) -> Nanos {
    let to_come = |at: Nanos| if at > now { at } else { Nanos::MAX };
    let mut next = cancel_due(config, state, order).map_or(Nanos::MAX, |(at, _)| to_come(at));
    if !movable(config, state, order, now) {
        return next;
    }
    let (then, present) = rungs(config, state, order, now);
    // The clock of a rung runs from when its need began: without one it stands still.
    if state.holding(order.ticket.holding).has_begun() {
        next = next.min(to_come(present.until));
    }
    let slot = state.limiter.next_free(now, Class::New);
    if !then.is(&present) {
        next = next.min(to_come(slot));
    }
    requote_at(config, state, order).map_or(next, |at| next.min(to_come(at.max(slot))))
}

/// What should wake the engine for the orders of an instrument that the requote rule may move.
#[must_use]
pub fn watch(config: &Config, state: &State, instrument: InstrumentId, now: Nanos) -> Watch {
    let mut watch = Watch::Nothing;
    if !config.strategies.iter().any(|s| s.entry.requote_ns > 0 || s.exit.requote_ns > 0) {
        return watch;
    }
    let of_instrument = |id: &&HoldingId| config.holdings[id.ix()].instrument == instrument;
    for id in state.busy.iter().filter(of_instrument) {
        let open = state.holding(*id).open.iter().filter_map(|no| state.orders.open.get(no));
        for order in open {
            let at = requote_at(config, state, order).unwrap_or(Nanos::MAX);
            if at <= now
                && movable(config, state, order, now)
                && state.limiter.free(now, Class::New)
            {
                watch = watch.or(band_of(config, state, order, now));
            }
        }
    }
    watch
}

/// The quotes at which the policy's price is not far enough from the order's to move it.
fn band_of(config: &Config, state: &State, order: &Order, now: Nanos) -> Watch {
    let (id, side) = (order.ticket.holding, order.ticket.side);
    let (trader, intent) = (Trader::of(config, state, order), order.ticket.intent);
    let Some(policy) = trader.policy(config, intent) else { return Watch::Nothing };
    let tick = config.instrument_of(id).tick;
    let rung = rung(config, state, trader, intent, now);
    let arrival = state.holding(id).arrival;
    let terms = Terms { policy, rung, side, tick, arrival, widen: 1 };
    let px = order.px();
    let worth = Px(px.0.saturating_mul(i128::from(policy.requote_bps)) / 10_000);
    let worth = worth.to_tick(tick, Rounding::Ceil).max(tick);
    let reaches = |touch: i128, limit: Px| terms.px(Px(touch)) >= limit;
    // The price grows with the touch: the first touch that reaches a price is found by halves.
    let first = |limit: Px| {
        let (mut low, mut high) = (0, px.0.saturating_mul(4).max(4));
        while low < high {
            let mid = low + (high - low) / 2;
            if reaches(mid, limit) { high = mid } else { low = mid + 1 }
        }
        Px(low)
    };
    let inside = (first(px - worth + Px(1)), first(px + worth) - Px(1));
    let (bid, ask, mid) = match (terms.touch(), side) {
        (Touch::Nothing, _) => return Watch::Nothing,
        (Touch::Mid, _) => (ANY, ANY, inside),
        (Touch::Near, Side::Buy) | (Touch::Far, Side::Sell) => (inside, ANY, ANY),
        (Touch::Near | Touch::Far, _) => (ANY, inside, ANY),
    };
    Watch::Band(Band { bid, ask, mid })
}

impl Deciding<'_> {
    /// Moves the working orders of a holding that are not at their price any more.
    pub fn reprice(&mut self, holding: HoldingId) {
        if self.state.holding(holding).open.is_empty() {
            return;
        }
        let instrument = self.config.holdings[holding.ix()].instrument;
        let Some(quote) = self.quote(instrument) else { return };
        for no in self.state.holding(holding).open.clone() {
            let Some((priced, rule)) = self.better(holding, no, &quote) else { continue };
            let Some(order) = self.state.orders.open.get(&no) else { continue };
            let banded = priced.rule == Rule::Band && !self.state.holding(holding).banded;
            let change =
                Change { qty: order.qty(), px: priced.px, stop_px: None, rule, step: priced.step };
            let now = self.now();
            let fits = terms_fit(self.config, holding, change.qty, change.px);
            if fits && may_amend(self.config, self.state, order, now) {
                if !self.state.limiter.free(now, Class::New) {
                    continue;
                }
                self.release_amend(holding, no, &change);
            } else {
                if !self.state.links_up[1] || !self.cancel_slot() {
                    continue;
                }
                self.release_cancel(holding, no, CancelWhy::Reprice, rule);
                continue;
            }
            self.touch(holding);
            if banded {
                self.last_rung(holding, no);
            }
        }
    }

    /// The price an order should have and the rule that wants it, if it is worth a move.
    fn better(&self, holding: HoldingId, no: OrderNo, quote: &Quote) -> Option<(Priced, Rule)> {
        let (config, state, now) = (self.config, &*self.state, self.now());
        let order = state.orders.open.get(&no).filter(|o| movable(config, state, o, now))?;
        let (then, present) = rungs(config, state, order, now);
        let by_time = !then.is(&present);
        let by_market = requote_at(config, state, order).is_some_and(|at| at <= now);
        if !by_time && !by_market {
            return None;
        }
        let (side, intent) = (order.ticket.side, order.ticket.intent);
        let trader = Trader::of(config, state, order);
        let h = state.holding(holding);
        let frozen = h.frozen.is_some() && (intent == Intent::Entry || !h.rounded.is_zero());
        if frozen || in_the_way(config, state, trader, intent, Qty::ZERO, now).is_some() {
            return None;
        }
        let priced = price(config, state, trader, side, intent, Some(quote), now).ok()?;
        let (far, px) = ((priced.px - order.px()).abs(), order.px());
        let policy = trader.policy(config, intent)?;
        let worth =
            far.0.saturating_mul(10_000) >= px.0.saturating_mul(i128::from(policy.requote_bps));
        if far.0 == 0 || (!by_time && !worth) {
            return None;
        }
        Some((priced, if by_time { priced.rule } else { Rule::Requote }))
    }

    /// The last rung of an exit is reached: it keeps working, and people are told once.
    pub fn last_rung(&mut self, holding: HoldingId, no: OrderNo) {
        let text =
            "the exit reached the last rung of its policy and works at the price band".to_owned();
        self.alert(AlertCode::Unconverged, Some(holding), Some(no), text);
    }
}
