//! The price of an order: a pure function of the policy, of the time since the need began, and
//! of the quote. Nothing about a price is remembered; an order whose price is not this one any
//! more is moved.
//!
//! Entry points: [`price`], [`rung`], [`cancel_due`].
//!
//! Invariants:
//! 1. A price is on the tick grid and never worse than the edge of the price band.
//! 2. An entry is never priced by an old quote, in a spread that is too wide, or too far from
//!    the mid.

use super::parts::Trader;
use crate::config::{Chase, Config, Peg, Policy, Remainder, Style, Then};
use crate::event::Block;
use crate::ids::HoldingId;
use crate::num::{NANO, Px, Qty, Rounding, round_to};
use crate::order::{Intent, Order, Rule};
use crate::quote::Quote;
use crate::request::{Side, TimeInForce};
use crate::state::State;
use crate::time::Nanos;

/// A stale quote, or an exchange without a price band, makes the collar of an exit so much wider.
const WIDEN: i64 = 3;

/// What an order is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced {
    /// Limit price.
    pub px: Px,
    /// TimeInForce.
    pub tif: TimeInForce,
    /// The rule that made the price.
    pub rule: Rule,
    /// Step of a chase; counts on when the last rung is repeated.
    pub step: u32,
}

/// Where a policy stands at a time: the rule in force, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The rule.
    pub rule: Rule,
    /// Its step.
    pub step: u32,
    /// The rule before any chase: what the steps begin from.
    pub first: Rule,
    /// When time alone brings the next rung.
    pub until: Nanos,
}

impl Rung {
    /// The same rule and step.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (self.rule, self.step) == (other.rule, other.step)
    }
}

/// The rung of orders of a holding at `at`.
#[must_use]
pub fn rung(config: &Config, state: &State, trader: Trader, intent: Intent, at: Nanos) -> Rung {
    let id = trader.holding;
    let h = state.holding(id);
    let begun = if h.has_begun() { h.begun.min(at) } else { at };
    let rules = config.instrument_of(id);
    let banded = rules.band_low.is_some() && rules.band_high.is_some();
    match trader.policy(config, intent) {
        Some(policy) => rung_of(policy, intent, begun, at, banded),
        None => {
            Rung { rule: Rule::Marketable, step: 0, first: Rule::Marketable, until: Nanos::MAX }
        }
    }
}

/// How long the first prices are given before the remainder contract acts.
fn given_ns(policy: &Policy) -> i64 {
    match policy.style {
        Style::PassiveThenCross => policy.patience_ns.saturating_add(policy.cross_patience_ns),
        _ => policy.patience_ns,
    }
}

/// Steps of a chase: no more than allowed, and no further than allowed.
fn steps(chase: &Chase) -> u32 {
    let far = chase.bps_max.checked_div(chase.step_bps).unwrap_or(chase.steps_max);
    chase.steps_max.min(far)
}

fn rung_of(policy: &Policy, intent: Intent, begun: Nanos, at: Nanos, banded: bool) -> Rung {
    let elapsed = at.since(begun);
    let peg = match (policy.style, policy.px, policy.peg) {
        (Style::Limit, Some(_), _) => Rule::Given,
        (_, _, Peg::Near) => Rule::Near,
        (_, _, Peg::Mid) => Rule::Mid,
    };
    let first = match policy.style {
        Style::MarketableLimit => Rule::Marketable,
        Style::Limit => peg,
        Style::PassiveThenCross => Rule::Crossed,
        Style::AtClose => Rule::AtClose,
    };
    let on = |rule, step, until| Rung { rule, step, first, until };
    if policy.style == Style::PassiveThenCross && elapsed < policy.patience_ns {
        return on(peg, 0, begun.plus(policy.patience_ns));
    }
    let given = given_ns(policy);
    if elapsed < given {
        return on(first, 0, begun.plus(given));
    }
    let exit = intent != Intent::Entry;
    match policy.remainder {
        Remainder::Rest | Remainder::Cancel => on(first, 0, Nanos::MAX),
        Remainder::Cross if !exit => on(Rule::Crossed, 1, Nanos::MAX),
        Remainder::Cross => {
            let again_ns = policy.cross_patience_ns.max(1);
            let n = nth(elapsed - given, again_ns);
            let crosses = n == 0 && policy.style != Style::PassiveThenCross;
            let rule = if crosses { Rule::Crossed } else { Rule::Band };
            let last = banded && !crosses;
            on(rule, n + 1, if last { Nanos::MAX } else { next(begun, given, n, again_ns) })
        }
        Remainder::Chase => {
            let interval_ns = policy.chase.interval_ns.max(1);
            let n = nth(elapsed - given, interval_ns);
            let (most, until) = (steps(&policy.chase), next(begun, given, n, interval_ns));
            match policy.chase.then {
                _ if n == 0 => on(first, 0, until),
                _ if n <= most => on(Rule::ChaseStep, n, until),
                _ if exit && banded => on(Rule::Band, most + 1, Nanos::MAX),
                _ if exit => on(Rule::Band, n, until),
                Then::Cross => on(Rule::Crossed, most + 1, Nanos::MAX),
                Then::Rest | Then::Cancel => on(Rule::ChaseStep, most, Nanos::MAX),
            }
        }
    }
}

fn nth(elapsed_ns: i64, interval_ns: i64) -> u32 {
    u32::try_from(elapsed_ns / interval_ns).unwrap_or(u32::MAX - 1)
}

fn next(begun: Nanos, given_ns: i64, n: u32, interval_ns: i64) -> Nanos {
    begun.plus(given_ns).plus(interval_ns.saturating_mul(i64::from(n) + 1))
}

/// When the policy of an order wants its remainder cancelled, and by which rule. Entries only,
/// unless the policy says otherwise: the way out is never given up.
#[must_use]
pub fn cancel_due(config: &Config, state: &State, order: &Order) -> Option<(Nanos, Rule)> {
    let ticket = &order.ticket;
    let trader = Trader::of(config, state, order);
    let policy = trader.policy(config, ticket.intent)?;
    let out = ticket.intent != Intent::Entry || trader.leaves;
    if out && (ticket.intent == Intent::Protect || policy.exits_end != Some(true)) {
        return None;
    }
    let h = state.holding(ticket.holding);
    let begun = if h.has_begun() { h.begun } else { order.since };
    match policy.remainder {
        Remainder::Cancel if policy.style == Style::PassiveThenCross => {
            // A late order crosses at once and has the time of a crossing order.
            let crossed = order.since.plus(policy.cross_patience_ns);
            Some((begun.plus(given_ns(policy)).max(crossed), Rule::Patience))
        }
        Remainder::Cancel => Some((order.since.plus(policy.patience_ns), Rule::Patience)),
        Remainder::Chase if policy.chase.then == Then::Cancel => {
            let last =
                next(begun, given_ns(policy), steps(&policy.chase), policy.chase.interval_ns);
            Some((last.max(order.since.plus(policy.chase.interval_ns)), Rule::ChaseEnd))
        }
        _ => None,
    }
}

/// The limit price of a marketable limit order: the far touch plus a collar of max(bps, ticks),
/// rounded toward the touch.
///
/// ```
/// use truefill_core::{config::Policy, engine::pricing::marketable_px, request::Side};
/// use truefill_core::num::Px;
/// let policy = Policy { collar_bps: 50, ..Policy::default() };
/// let touch = Px::whole(100);
/// let tick = Px(10_000_000);
/// assert_eq!(marketable_px(&policy, Side::Buy, touch, tick, 1).to_string(), "100.5");
/// assert_eq!(marketable_px(&policy, Side::Sell, touch, tick, 1).to_string(), "99.5");
/// ```
#[must_use]
pub fn marketable_px(policy: &Policy, side: Side, touch: Px, tick: Px, widen: i64) -> Px {
    let collar = policy.collar.unwrap_or(Qty::whole(i64::from(policy.collar_bps)));
    let part = collar.0 * i128::from(widen);
    let away = |part: i128, rounding| {
        let whole = 10_000 * NANO;
        Px(round_to(touch.0.saturating_mul(whole + part), whole, rounding) / whole)
    };
    let ticks = Px(tick.0 * i128::from(policy.collar_ticks) * i128::from(widen));
    match side {
        Side::Buy => {
            let by_bps = away(part, Rounding::Floor);
            let touch_up = touch.to_tick(tick, Rounding::Ceil);
            by_bps.max(touch + ticks).to_tick(tick, Rounding::Floor).max(touch_up)
        }
        Side::Sell => {
            let by_bps = away(-part, Rounding::Ceil);
            let touch_down = touch.to_tick(tick, Rounding::Floor);
            by_bps.min(touch - ticks).to_tick(tick, Rounding::Ceil).min(touch_down).max(tick)
        }
    }
}

/// Onto the tick grid, away from the market.
fn passive(side: Side, px: Px, tick: Px) -> Px {
    let rounding = if side == Side::Buy { Rounding::Floor } else { Rounding::Ceil };
    px.to_tick(tick, rounding)
}

/// The price that trades sooner.
fn sooner(side: Side, a: Px, b: Px) -> Px {
    if side == Side::Buy { a.max(b) } else { a.min(b) }
}

/// The price that trades later.
fn later(side: Side, a: Px, b: Px) -> Px {
    if side == Side::Buy { a.min(b) } else { a.max(b) }
}

/// What a price is made of besides the quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub policy: &'a Policy,
    pub rung: Rung,
    pub side: Side,
    pub tick: Px,
    /// Mid when the need began.
    pub arrival: Px,
    pub widen: i64,
}

/// Which price of a quote a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Near,
    Mid,
    Far,
    Nothing,
}

impl Touch {
    pub fn of(self, side: Side, quote: &Quote) -> Px {
        match (self, side) {
            (Self::Mid, _) => quote.mid(),
            (Self::Near, Side::Buy) | (Self::Far, Side::Sell) => quote.bid_px,
            (Self::Near, Side::Sell) | (Self::Far, Side::Buy) => quote.ask_px,
            (Self::Nothing, _) => Px::ZERO,
        }
    }
}

impl Terms<'_> {
    /// What the rule in force looks at.
    pub fn touch(&self) -> Touch {
        let looks = |rule| match rule {
            Rule::Near => Touch::Near,
            Rule::Mid => Touch::Mid,
            Rule::Given => Touch::Nothing,
            _ => Touch::Far,
        };
        match (self.rung.rule, looks(self.rung.first)) {
            (Rule::ChaseStep, Touch::Far) => Touch::Far,
            (Rule::ChaseStep, _) => Touch::Nothing,
            (rule, _) => looks(rule),
        }
    }

    /// The price before band and collar; it grows with the touch.
    pub fn px(&self, touch: Px) -> Px {
        let (side, tick) = (self.side, self.tick);
        let marketable = |touch, widen| marketable_px(self.policy, side, touch, tick, widen);
        match self.rung.rule {
            Rule::Near | Rule::Mid => passive(side, touch, tick),
            Rule::Given => passive(side, self.policy.px.unwrap_or(touch), tick),
            Rule::ChaseStep => self.chase_px(touch),
            Rule::Band => marketable(touch, WIDEN),
            _ => marketable(touch, self.widen),
        }
    }

    /// A step of a chase: from the arrival price so many basis points. What was marketable at
    /// first follows the market, but no further from the arrival price than the contract says.
    fn chase_px(&self, touch: Px) -> Px {
        let (side, chase) = (self.side, &self.policy.chase);
        let away = |bps: u32| {
            let signed = if side == Side::Buy { i64::from(bps) } else { -i64::from(bps) };
            let rounding = if side == Side::Buy { Rounding::Floor } else { Rounding::Ceil };
            passive(side, self.arrival.plus_bps(signed, rounding), self.tick)
        };
        let step = away(chase.step_bps.saturating_mul(self.rung.step).min(chase.bps_max));
        match self.rung.first {
            Rule::Near | Rule::Mid => step,
            Rule::Given => match self.policy.px {
                Some(px) => sooner(side, step, passive(side, px, self.tick)),
                None => step,
            },
            _ => {
                let at_arrival = marketable_px(self.policy, side, self.arrival, self.tick, 1);
                let furthest = sooner(side, away(chase.bps_max), at_arrival);
                let now = marketable_px(self.policy, side, touch, self.tick, self.widen);
                later(side, sooner(side, step, now), furthest)
            }
        }
    }
}

/// Price of an order, or why it cannot be priced: an entry needs a fresh quote, an exit takes
/// an old one with a wider collar.
///
/// # Errors
/// [`Block::Stale`] without a usable quote, [`Block::Spread`] when it is too wide,
/// [`Block::Risk`] too far from the mid or outside the price band.
pub fn price(
    config: &Config,
    state: &State,
    trader: Trader,
    side: Side,
    intent: Intent,
    quote: Option<&Quote>,
    now: Nanos,
) -> Result<Priced, Block> {
    let id = trader.holding;
    let (Some(quote), Some(policy)) = (quote, trader.policy(config, intent)) else {
        return Err(Block::Stale);
    };
    let entry = intent == Intent::Entry;
    let stale = now.since(quote.time) > config.risk.mark_age_ns_max;
    if stale && entry {
        return Err(Block::Stale);
    }
    let mid = quote.mid();
    let wide = (quote.ask_px - quote.bid_px).0.saturating_mul(10_000)
        > mid.0.saturating_mul(i128::from(policy.spread_bps_max));
    if entry && policy.spread_bps_max > 0 && wide {
        return Err(Block::Spread);
    }
    let known = state.holding(id).arrival;
    let terms = Terms {
        policy,
        rung: rung(config, state, trader, intent, now),
        side,
        tick: config.instrument_of(id).tick,
        arrival: if known.0 > 0 { known } else { mid },
        widen: if stale { WIDEN } else { 1 },
    };
    let px = terms.px(terms.touch().of(side, quote));
    let px = within_band(config, id, side, px, terms.rung.rule)?;
    let bps = i64::from(config.risk.collar_bps_max);
    let (low, high) = (mid.plus_bps(-bps, Rounding::Floor), mid.plus_bps(bps, Rounding::Ceil));
    // Too far from the mid: a spread too wide to trade into, not a defect of the plan.
    if entry && (px < low || px > high) {
        return Err(Block::Risk);
    }
    Ok(Priced { px, tif: TimeInForce::Day, rule: terms.rung.rule, step: terms.rung.step })
}

/// The price inside what the exchange takes: never worse than the far edge of the band, which is
/// the price of the last rung. What is short of the near edge is not taken there at all.
pub(super) fn within_band(
    config: &Config,
    id: HoldingId,
    side: Side,
    px: Px,
    rule: Rule,
) -> Result<Px, Block> {
    let rules = config.instrument_of(id);
    let (far, near) = match side {
        Side::Buy => (rules.band_high, rules.band_low),
        Side::Sell => (rules.band_low, rules.band_high),
    };
    let far = far.map(|edge| passive(side, edge, rules.tick));
    let px = match (far, rule) {
        (Some(edge), Rule::Band) => edge,
        (Some(edge), _) => later(side, px, edge),
        (None, _) => px,
    };
    // A collar wider than the price leaves the lowest price there is.
    let px = px.max(rules.tick);
    let short = near.is_some_and(|edge| px != edge && later(side, px, edge) == px);
    if short { Err(Block::Risk) } else { Ok(px) }
}
