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
use crate::order::shares::{Share, allot};
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
    /// Its order is its way out, though it may be an entry of the key: others hold against it.
    pub leaves: bool,
}

impl Trader {
    /// A strategy on a key.
    #[must_use]
    pub const fn new(holding: HoldingId, sleeve: SleeveId) -> Self {
        Self { holding, sleeve, leaves: false }
    }

    /// The only strategy of a key, or the first of several.
    #[must_use]
    pub fn first(config: &Config, holding: HoldingId) -> Self {
        let key = config.holdings.get(holding.ix());
        Self::new(holding, key.map_or(crate::ids::MANUAL, |key| key.sleeve))
    }

    /// The strategy that an order follows.
    #[must_use]
    pub fn of(config: &Config, state: &State, order: &Order) -> Self {
        let ticket = &order.ticket;
        let lot = config.instrument_of(ticket.holding).lot;
        let leaves = allot(&ticket.shares, lot, order.qty());
        let filled = allot(&ticket.shares, lot, order.known.filled);
        let rest = leaves.into_iter().zip(filled).map(|(whole, filled)| whole - filled);
        let rest: Vec<Qty> = rest.collect();
        let at = |share: &Share| ticket.shares.iter().position(|s| s.sleeve == share.sleeve);
        let open = |share: &Share| at(share).map_or(share.qty, |at| rest[at]);
        super::sharing::leader(config, state, ticket.holding, ticket.side, &ticket.shares, open)
    }

    /// Its policy for orders of an intent: the one for exits where the order is its way out.
    #[must_use]
    pub fn policy(self, config: &Config, intent: Intent) -> Option<&Policy> {
        let strategy = config.strategy(self.sleeve)?;
        Some(match intent {
            Intent::Entry if !self.leaves => &strategy.entry,
            Intent::Entry | Intent::Exit | Intent::Protect => &strategy.exit,
        })
    }
}

/// The policies of the strategies of a holding: the next order of an intent follows one of them.
pub(super) fn policies_of(
    config: &Config,
    holding: HoldingId,
    intent: Intent,
) -> impl Iterator<Item = &Policy> {
    let key = &config.holdings[holding.ix()];
    let of = move |sleeve, leaves| {
        Trader { leaves, ..Trader::new(holding, sleeve) }.policy(config, intent)
    };
    // An entry of a shared key may be a strategy's way out.
    let shared = key.sleeves().nth(1).is_some() && intent == Intent::Entry;
    key.sleeves().flat_map(move |sleeve| {
        of(sleeve, false).into_iter().chain(shared.then(|| of(sleeve, true)).flatten())
    })
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
