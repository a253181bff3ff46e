//! Legs of a basket: how far they may run apart, and what the buys wait for.
//!
//! Entry point: [`together`], on the targets of the legs as each is alone.
//!
//! The cap is kept by the working target itself: a leg may go as far as the slowest other leg
//! has come, plus the cap, in shares of its own way from the position at which its target was
//! set. So what is released never passes it. The slowest leg may always make one smallest step,
//! or no leg could begin. Only increases wait: the way out of a position stays open.

use super::deciding::Deciding;
use super::parts::{Part, Trader, part};
use super::working::{Working, alone, between, toward_zero};
use crate::config::{Config, Funding};
use crate::event::{Block, Event};
use crate::ids::{HoldingId, SleeveId};
use crate::num::{Qty, Rounding};
use crate::state::State;
use crate::time::Nanos;
use std::collections::BTreeSet;

/// A whole way, in millionths.
const WHOLE_PPM: i128 = 1_000_000;

/// The other legs of a strategy's basket.
fn others(config: &Config, leg: Trader) -> impl Iterator<Item = Trader> + '_ {
    let (id, sleeve) = (leg.holding, leg.sleeve);
    let all = config.holdings.iter().enumerate().filter(move |(_, key)| key.has(sleeve));
    let ids = all.filter_map(|(at, _)| u32::try_from(at).ok().map(HoldingId));
    ids.filter(move |at| *at != id).map(move |holding| Trader::new(holding, sleeve))
}

/// The target of a leg beside its basket.
#[must_use]
pub fn together(
    config: &Config,
    state: &State,
    leg: &Part<'_>,
    now: Nanos,
    wanted: Working,
) -> Working {
    let Some(basket) = leg.strategy.and_then(|s| s.basket.as_ref()) else { return wanted };
    let own = leg.own;
    if toward_zero(own, wanted.target) == wanted.target {
        return wanted;
    }
    let unpaid = basket.funding == Funding::AfterSells
        && wanted.target > own
        && others(config, leg.trader).any(|leg| has_to_sell(config, state, leg, now));
    if unpaid {
        // A cover is no purchase; and what rests already is paid for.
        let as_is = between(own, wanted.target, leg.as_is());
        let cover = toward_zero(own, wanted.target);
        return wanted.only(as_is.max(cover), Block::Funding);
    }
    match leg_limit(config, state, leg, i128::from(basket.imbalance_ppm_max)) {
        Some(limit) => {
            let limited = between(own, wanted.target, limit);
            // The way out of what is held is not part of the cap.
            let out = toward_zero(own, wanted.target);
            let only_out = toward_zero(own, limited) == limited;
            wanted.only(if only_out { out } else { limited }, Block::Leg)
        }
        None => wanted,
    }
}

impl Deciding<'_> {
    /// What one leg of a basket does may free the others: their ladders are looked at again.
    pub fn touch_legs(&mut self) {
        if self.config.strategies.iter().all(|s| s.basket.is_none()) {
            return;
        }
        if self.step.events.iter().any(moves_a_leg) {
            self.touch_legs_of(&self.touched.clone());
        }
    }

    /// Touches every leg of the baskets that some legs belong to.
    pub fn touch_legs_of(&mut self, legs: &[HoldingId]) {
        let in_basket =
            |sleeve: &SleeveId| self.config.strategy(*sleeve).is_some_and(|s| s.basket.is_some());
        let sleeves: BTreeSet<SleeveId> = legs
            .iter()
            .flat_map(|id| self.config.holdings[id.ix()].sleeves())
            .filter(in_basket)
            .collect();
        for (at, key) in self.config.holdings.iter().enumerate() {
            let same = key.sleeves().any(|sleeve| sleeves.contains(&sleeve));
            if let (true, Ok(at)) = (same, u32::try_from(at)) {
                self.touch(HoldingId(at));
            }
        }
    }
}

/// An event that can change how far a leg has come or what it has to sell. The others are the
/// traffic of orders and reads.
fn moves_a_leg(event: &Event) -> bool {
    !matches!(
        event,
        Event::Requested(_)
            | Event::Released(_)
            | Event::CancelReleased(_)
            | Event::RequestClosed(_)
            | Event::LookupPlanned(_)
            | Event::Suspected(_)
            | Event::RoundStarted(_)
            | Event::RoundEnded(_)
            | Event::Compared(_)
            | Event::Staged(_)
            | Event::Alert(_)
            | Event::Repeated(_)
            | Event::Backoff(_)
    )
}

/// A sell of this leg has not filled yet.
fn has_to_sell(config: &Config, state: &State, leg: Trader, now: Nanos) -> bool {
    let need = |of: &Part<'_>| of.own - alone(config, state, of.trader, now).target;
    let own = part(config, state, leg);
    if own.selling.0 > 0 {
        return true;
    }
    if !own.declared || need(&own).0 <= 0 {
        return false;
    }
    // Too little to be traded by itself leaves with what the others of the key sell.
    let traders = config.holdings[leg.holding.ix()].sleeves();
    let parts = traders.map(|sleeve| part(config, state, Trader::new(leg.holding, sleeve)));
    let all: Qty = parts.filter(|part| part.declared).map(|part| need(&part)).sum();
    need(&own).max(all) >= step(config, leg.holding)
}

/// The smallest quantity that can be traded.
fn step(config: &Config, id: HoldingId) -> Qty {
    let rules = config.instrument_of(id);
    rules.lot.max(rules.min_qty)
}

/// How much of its way a leg has come, in millionths; `None` when it has none to go.
fn share_ppm(leg: &Part<'_>) -> Option<i128> {
    let way = leg.rounded - leg.terms.from;
    if !leg.declared || way.is_zero() {
        return None;
    }
    let come = leg.own - leg.terms.from;
    let forward = (come.0 > 0) == (way.0 > 0);
    let part = come.0.abs().min(way.0.abs()).saturating_mul(WHOLE_PPM) / way.0.abs();
    Some(if forward { part } else { 0 })
}

/// How far a leg may go beside the slowest other one; `None` when nothing holds it back.
fn leg_limit(config: &Config, state: &State, leg: &Part<'_>, most_ppm: i128) -> Option<Qty> {
    let others = others(config, leg.trader).map(|other| part(config, state, other));
    let slowest = others.filter_map(|other| share_ppm(&other)).min()?;
    let allowed = slowest + most_ppm;
    if allowed >= WHOLE_PPM {
        return None;
    }
    let (id, from) = (leg.trader.holding, leg.terms.from);
    let way = leg.rounded - from;
    let part = Qty(way.0.saturating_mul(allowed) / WHOLE_PPM);
    let mut limit = from + part.to_lot(config.instrument_of(id).lot, Rounding::TowardZero);
    if share_ppm(leg).is_some_and(|share| share <= slowest) {
        let next = leg.own + Qty(step(config, id).0 * way.0.signum());
        limit = if way.0 > 0 { limit.max(next) } else { limit.min(next) };
    }
    Some(limit)
}
