//! Crossing: two strategies that want opposite sides of one key trade inside, at mid, without
//! an order. Off unless the configuration says so.
//!
//! Only in continuous trading, on a fresh two-sided quote that belongs to the input, with a key
//! whose position is not in doubt. What a strategy has in the market is not crossed: it may fill
//! there.

use super::deciding::Deciding;
use super::session::phase_at;
use super::wants::{Want, opposite, wants};
use crate::config::{Config, Phase};
use crate::event::{Crossed, Event};
use crate::ids::HoldingId;
use crate::num::Qty;
use crate::quote::Quote;
use crate::request::Side;
use crate::state::State;
use crate::time::Nanos;

/// Strategies of this key would cross if there is a quote for it.
pub(super) fn is_wanted(config: &Config, state: &State, id: HoldingId, now: Nanos) -> bool {
    if !config.crossing || !state.holding(id).is_shared() || !may_cross(config, state, id, now) {
        return false;
    }
    let lot = config.instrument_of(id).lot;
    !opposite(&wants(config, state, id, now), lot).is_zero()
}

fn may_cross(config: &Config, state: &State, id: HoldingId, now: Nanos) -> bool {
    let h = state.holding(id);
    let certain = state.recon.baseline && h.frozen.is_none() && !h.is_drifting();
    let phase = phase_at(config, config.holdings[id.ix()].instrument, now).0;
    certain && state.links_up[2] && phase == Phase::Continuous
}

impl Deciding<'_> {
    /// Crosses what can be crossed now.
    pub fn cross(&mut self) {
        if !self.config.crossing {
            return;
        }
        let now = self.now();
        let busy = self.state.busy.iter().copied();
        let busy: Vec<HoldingId> = busy.filter(|id| self.state.holding(*id).is_shared()).collect();
        for id in busy {
            if !is_wanted(self.config, self.state, id, now) {
                continue;
            }
            let Some(quote) = self.quote(self.config.holdings[id.ix()].instrument) else {
                continue;
            };
            if is_fresh(self.config, &quote, now) {
                self.cross_key(id, &quote);
            }
        }
    }

    fn cross_key(&mut self, id: HoldingId, quote: &Quote) {
        let now = self.now();
        let lot = self.config.instrument_of(id).lot;
        let mut wants = wants(self.config, self.state, id, now);
        let mut left = opposite(&wants, lot);
        while left.0 > 0 {
            let Some((buyer, seller)) = pair(&wants) else { break };
            let most = wants[buyer].free(Side::Buy).min(wants[seller].free(Side::Sell));
            let qty = most.min(left);
            let (buys, sells) = (wants[buyer].sleeve, wants[seller].sleeve);
            self.touch(id);
            self.emit(Event::Crossed(Crossed {
                holding: id,
                buyer: buys,
                seller: sells,
                qty,
                px: quote.mid(),
            }));
            wants[buyer].own += qty;
            wants[seller].own -= qty;
            left -= qty;
        }
    }
}

/// The first that buys and the first that sells.
fn pair(wants: &[Want]) -> Option<(usize, usize)> {
    let first = |side: Side| wants.iter().position(|w| w.free(side) > Qty::ZERO);
    Some((first(Side::Buy)?, first(Side::Sell)?))
}

fn is_fresh(config: &Config, quote: &Quote, now: Nanos) -> bool {
    let two_sided = quote.bid_qty.0 > 0 && quote.ask_qty.0 > 0;
    two_sided && now.since(quote.time) <= config.risk.mark_age_ns_max
}
