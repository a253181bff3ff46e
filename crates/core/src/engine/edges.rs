//! Instants at which a gate opens or closes by time alone: the engine has to be awake then, and
//! has to notice what changed.
//!
//! Entry points: [`next_edge`], [`crossed`].
//!
//! Invariant: an edge is always later than `now`, so a shell that waits for it never spins.

use super::plan::next_action;
use super::session::{phase_at, session_at};
use super::sharing::admitted;
use super::working::working;
use super::{deciding::Deciding, expiry, hours};
use crate::alert::AlertCode;
use crate::config::{Config, OnExpiry};
use crate::event::{Block, Event, MarginTold, Unpaused, WaiverEnded};
use crate::ids::HoldingId;
use crate::input::Margin;
use crate::num::Qty;
use crate::state::State;
use crate::state::holding::HoldingState;
use crate::state::terms::Terms;
use crate::time::Nanos;

/// Time alone can change what this holding may do.
fn is_timed(config: &Config, id: HoldingId) -> bool {
    let instrument = config.instrument_of(id);
    let mut strategies = config.holdings[id.ix()].sleeves().filter_map(|of| config.strategy(of));
    let hours = strategies
        .any(|s| s.valid_for_ns.is_some() || !s.entries.is_empty() || !s.flats.is_empty());
    hours || instrument.calendar.is_some() || instrument.expires.is_some()
}

/// Holdings that time alone can change, of those where that matters.
fn timed<'a>(config: &'a Config, state: &'a State) -> impl Iterator<Item = HoldingId> + 'a {
    let all = state.holdings.iter().enumerate();
    let known = all.filter(|(_, h)| h.declared || !h.open.is_empty());
    let ids = known.filter_map(|(at, _)| u32::try_from(at).ok().map(HoldingId));
    ids.filter(|id| is_timed(config, *id))
}

/// The next instant after `now` at which a gate of any holding may change.
#[must_use]
pub fn next_edge(config: &Config, state: &State, now: Nanos) -> Nanos {
    let gates = timed(config, state).map(|id| edge_of(config, state, id, now)).min();
    let waiting = state.holdings.iter().filter(|h| may_be_funded(state, h));
    let funds = waiting.map(|h| h.terms.funds_again).filter(|at| *at > now).min();
    gates.unwrap_or(Nanos::MAX).min(funds.unwrap_or(Nanos::MAX))
}

fn edge_of(config: &Config, state: &State, id: HoldingId, now: Nanos) -> Nanos {
    let key = &config.holdings[id.ix()];
    let h = state.holding(id);
    let of = |sleeve| {
        let strategy = config.strategy(sleeve)?;
        let own = h.sleeves.iter().find(|s| s.sleeve == sleeve);
        let terms = own.map_or(&h.terms, |s| &s.terms);
        Some([
            hours::may_enter(strategy, now).1,
            hours::must_be_flat(config, strategy, now).1,
            expiry::target_ends(strategy, terms),
            expiry::contract_ends(config, strategy, id).0,
        ])
    };
    let phase = std::iter::once(phase_at(config, key.instrument, now).1);
    let edges = phase.chain(key.sleeves().filter_map(of).flatten());
    edges.filter(|edge| *edge > now).min().unwrap_or(Nanos::MAX)
}

/// Holdings whose recorded ladder or place in the queue time alone has made untrue.
#[must_use]
pub fn crossed(config: &Config, state: &State, now: Nanos) -> Vec<HoldingId> {
    let stale = |id: &HoldingId| {
        let h = state.holding(*id);
        let there = working(config, state, *id, now);
        if (there.target + h.waived(), there.gate) != (h.staged.admitted, h.staged.gate) {
            return true;
        }
        if h.is_shared() && admitted(config, state, *id, now) != h.staged.sleeves {
            return true;
        }
        let session = |block: Block| block == Block::Session;
        state.busy.contains(id)
            && session(next_action(config, state, *id, now).place_in_queue().1)
                != session(h.staged.blocked)
    };
    timed(config, state).filter(stale).collect()
}

/// It waits for margin, and there is more than when it was refused.
fn may_be_funded(state: &State, h: &HoldingState) -> bool {
    h.paused == Nanos::MAX && state.margin > h.terms.funds_seen
}

impl Deciding<'_> {
    /// Notices what time alone has changed, before the queue is asked.
    pub fn pass_edges(&mut self) {
        self.expire_day_orders();
        self.end_waivers();
        self.retry_funded();
        let crossed = crossed(self.config, self.state, self.now());
        for holding in &crossed {
            self.touch(*holding);
            self.stage(*holding);
        }
        self.touch_legs_of(&crossed);
    }

    /// A waiver is of its session: in a later one, once trading is on, it is work again.
    fn end_waivers(&mut self) {
        if self.config.calendars.is_empty() {
            return;
        }
        let now = self.now();
        let ended = |holding: HoldingId| {
            let h = self.state.holding(holding);
            let instrument = self.config.holdings[holding.ix()].instrument;
            let present = session_at(self.config, instrument, now);
            let open = phase_at(self.config, instrument, now).0 == crate::config::Phase::Continuous;
            let is_over = move |waived: Qty, terms: &Terms| {
                let waived_session = terms.waived_session;
                open && !waived.is_zero() && waived_session.is_some() && present > waived_session
            };
            let lone = (!h.is_shared() && is_over(h.waived(), &h.terms)).then_some(None);
            let of = h.sleeves.iter().filter(move |s| is_over(s.waived(), &s.terms));
            let ended = lone.into_iter().chain(of.map(|s| Some(s.sleeve)));
            ended.map(move |sleeve| WaiverEnded { holding, sleeve })
        };
        let ended: Vec<WaiverEnded> = timed(self.config, self.state).flat_map(ended).collect();
        for ended in ended {
            self.touch(ended.holding);
            self.emit(Event::WaiverEnded(ended));
        }
    }

    /// The broker told how much margin is free.
    pub fn margin(&mut self, margin: &Margin) {
        let available = margin.available;
        if self.state.margin == Some(available) {
            return;
        }
        self.emit(Event::MarginTold(MarginTold { available }));
        self.retry_funded();
    }

    /// A contract is about to end and its policy is to leave it.
    pub fn tell_expiry(&mut self, holding: HoldingId) {
        let mut strategies =
            self.config.holdings[holding.ix()].sleeves().filter_map(|of| self.config.strategy(of));
        if strategies.all(|s| s.on_expiry != OnExpiry::Block) {
            return;
        }
        let rules = self.config.instrument_of(holding);
        let expires = rules.expires.unwrap_or(Nanos::MAX);
        let text = format!("{} ends at {expires}: nothing is added any more", rules.symbol);
        self.alert(AlertCode::Unconverged, Some(holding), None, text);
    }

    /// Margin grew since an order was refused for want of it: it is tried again, but never more
    /// often than any other refusal.
    pub fn retry_funded(&mut self) {
        let now = self.now();
        let all = self.state.holdings.iter().enumerate();
        let funded =
            all.filter(|(_, h)| may_be_funded(self.state, h) && h.terms.funds_again <= now);
        let funded: Vec<HoldingId> =
            funded.filter_map(|(at, _)| u32::try_from(at).ok().map(HoldingId)).collect();
        for holding in funded {
            self.touch(holding);
            self.emit(Event::Unpaused(Unpaused { holding }));
            self.stage(holding);
        }
    }
}
