//! One strategy's part of a holding key: what the gates that belong to a strategy look at, and
//! whose policy an order follows.
//!
//! Entry points: [`part`], [`Trader`].
//!
//! Invariant: the part of a strategy that is alone on its key is the whole holding.

use super::sharing::leaves_by_sleeve;
use crate::config::{Config, Policy, Strategy};
use crate::ids::{HoldingId, SleeveId};
use crate::num::Qty;
use crate::order::{Intent, Order};
use crate::request::Side;
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::state::terms::Terms;

/// A strategy on a key: whose policy and hours count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trader {
    /// The key.
    pub holding: HoldingId,
    /// The strategy.
    pub sleeve: SleeveId,
}

impl Trader {
    /// The only strategy of a key, or the first of several.
    #[must_use]
    pub fn first(config: &Config, holding: HoldingId) -> Self {
        let key = config.holdings.get(holding.ix());
        Self { holding, sleeve: key.map_or(crate::ids::MANUAL, |key| key.sleeve) }
    }

    /// The strategy that an order follows.
    #[must_use]
    pub fn of(config: &Config, order: &Order) -> Self {
        let ticket = &order.ticket;
        super::sharing::leader(config, ticket.holding, &ticket.shares)
    }

    /// Its policy for orders of an intent.
    #[must_use]
    pub fn policy(self, config: &Config, intent: Intent) -> Option<&Policy> {
        let strategy = config.strategy(self.sleeve)?;
        Some(match intent {
            Intent::Entry => &strategy.entry,
            Intent::Exit | Intent::Protect => &strategy.exit,
        })
    }
}

/// The part of one strategy.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Which strategy, on which key.
    pub trader: Trader,
    /// Its settings; absent for the manual sleeve.
    pub strategy: Option<&'a Strategy>,
    /// How and when its target was declared.
    pub terms: &'a Terms,
    /// It declared a target.
    pub declared: bool,
    /// Its target on the lot grid.
    pub rounded: Qty,
    /// Its position.
    pub own: Qty,
    /// What of all that may still be bought is its own.
    pub buying: Qty,
    /// What of all that may still be sold, positive.
    pub selling: Qty,
}

impl Part<'_> {
    /// What is held and what may still fill: with this as the target nothing is added, and
    /// nothing is cancelled.
    #[must_use]
    pub fn as_is(&self) -> Qty {
        self.own + self.buying - self.selling
    }
}

/// The part of a strategy in a holding; the whole of it where the strategy is alone.
#[must_use]
pub fn part<'a>(config: &'a Config, state: &'a State, trader: Trader) -> Part<'a> {
    let h = state.holding(trader.holding);
    let strategy = config.strategy(trader.sleeve);
    let Some(s) = h.sleeves.iter().find(|s| s.sleeve == trader.sleeve) else {
        return Part {
            trader,
            strategy,
            terms: &h.terms,
            declared: h.declared,
            rounded: h.rounded,
            own: h.own,
            buying: h.buying,
            selling: h.selling,
        };
    };
    let (buying, selling) = open_of(config, state, h, trader);
    Part {
        trader,
        strategy,
        terms: &s.terms,
        declared: s.declared,
        rounded: s.rounded,
        own: s.own,
        buying,
        selling,
    }
}

/// What of the open orders of a shared key is one strategy's: of buys, and of sells.
fn open_of(config: &Config, state: &State, h: &HoldingState, trader: Trader) -> (Qty, Qty) {
    let lot = config.instrument_of(trader.holding).lot;
    let (mut buying, mut selling) = (Qty::ZERO, Qty::ZERO);
    for order in h.open.iter().filter_map(|no| state.orders.open.get(no)) {
        let parts = leaves_by_sleeve(h, order, lot).into_iter();
        let leaves: Qty =
            parts.filter(|(of, _)| *of == trader.sleeve).map(|(_, leaves)| leaves).sum();
        match order.ticket.side {
            Side::Buy => buying += leaves,
            Side::Sell => selling += leaves,
        }
    }
    (buying, selling)
}
