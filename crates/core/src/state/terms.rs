//! The terms of a declared target: when and how it was declared, what it was sized at, and what
//! keeps it from being acted on. Gates read them; [`super::State::apply`] writes them.
//!
//! Entry point: [`Terms`].

use super::State;
use super::holding::HoldingState;
use crate::config::{Config, SizeBy};
use crate::engine::session::session_at;
use crate::engine::split::{split_px, split_units};
use crate::event::{Corrected, DriftClass, Event, Paused, SplitApplied, TargetSet};
use crate::ids::SleeveId;
use crate::num::{Amount, Px, Qty};
use crate::quote::Quote;
use crate::record::records;
use crate::time::Nanos;

records! {
    /// Terms of the present target of a holding.
    pub struct Terms {
        /// The number as the strategy said it, in its own unit.
        pub said: Qty = 1,
        /// When it was last decided.
        pub decided: Nanos = 2,
        /// The session it was last declared in, or before: days since 1970 of its date. Absent
        /// where there is no calendar.
        pub session: Option<i64> = 3,
        /// It has to be declared again before anything is added: the engine started in a later
        /// session, or a fresh login came.
        pub undeclared: bool = 4,
        /// The price it was sized at.
        pub sized_px: Option<Px> = 5,
        /// Position when it was set: what legs of a basket measure their way from.
        pub from: Qty = 6,
        /// The session of the last order of which a remainder was waived.
        pub waived_session: Option<i64> = 7,
        /// Mid at the last day end, in present units.
        pub closing: Option<Px> = 8,
        /// Free margin when an order was last refused for want of it.
        pub funds_seen: Option<Amount> = 9,
        /// After such a refusal, not tried again before, however the margin grows.
        pub funds_again: Nanos = 10,
        /// When that day ended.
        pub closed: Nanos = 11,
        /// What a corporate action has changed already because an activity row told of it, until
        /// the operator says the ratio: of the strategy's position.
        pub adopted_own: Qty = 12,
        /// The same of the manual position.
        pub adopted_manual: Qty = 13,
        /// At this price.
        pub adopted_px: Option<Px> = 14,
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            said: Qty::ZERO,
            decided: Nanos(i64::MIN),
            session: None,
            undeclared: false,
            sized_px: None,
            from: Qty::ZERO,
            waived_session: None,
            closing: None,
            funds_seen: None,
            funds_again: Nanos(i64::MIN),
            closed: Nanos(i64::MIN),
            adopted_own: Qty::ZERO,
            adopted_manual: Qty::ZERO,
            adopted_px: None,
        }
    }
}

impl Terms {
    /// Terms of a target that is set now.
    #[must_use]
    pub fn of_new(&self, config: &Config, now: Nanos, e: &TargetSet, own: Qty) -> Self {
        let key = config.holdings.get(e.holding.ix());
        Self {
            said: e.said,
            decided: e.decided,
            session: key.and_then(|key| session_at(config, key.instrument, now)),
            sized_px: e.sized_px,
            from: own,
            closing: self.closing,
            closed: self.closed,
            adopted_own: self.adopted_own,
            adopted_manual: self.adopted_manual,
            adopted_px: self.adopted_px,
            ..Self::default()
        }
    }
}

impl Terms {
    /// Prices and quantities in the new units of a split.
    pub(super) fn split(&mut self, ratio_num: u32, ratio_den: u32) {
        let px = |px: Px| split_px(px, ratio_num, ratio_den);
        self.closing = self.closing.map(px);
        self.sized_px = self.sized_px.map(px);
        self.from = split_units(self.from, ratio_num, ratio_den);
    }

    /// Remembers what a corporate action has changed; what takes it back is added too.
    pub(super) fn adopted(&mut self, e: &Corrected) {
        if e.class == DriftClass::CorporateAction {
            self.adopted_own += e.own;
            self.adopted_manual += e.manual;
            self.adopted_px = e.px;
        }
    }

    /// The operator has settled it.
    pub(super) fn settled(&mut self) {
        (self.adopted_own, self.adopted_manual) = (Qty::ZERO, Qty::ZERO);
        self.adopted_px = None;
    }
}

impl State {
    /// Events about terms alone.
    pub(super) fn terms_changed(&mut self, config: &Config, event: &Event) {
        match event {
            Event::TargetRenewed(e) => self.on_holding(e.holding, |h| {
                h.on_terms(e.sleeve, |t| (t.decided, t.undeclared) = (e.decided, false));
            }),
            Event::WaiverEnded(e) => self.on_holding(e.holding, |h| h.waiver_ended(e.sleeve)),
            Event::LoggedIn(_) => {
                self.limiter.probe = None;
                self.holdings.iter_mut().for_each(|h| h.each_terms(|t| t.undeclared = true));
            }
            Event::MarginTold(e) => self.margin = Some(e.available),
            Event::SplitApplied(e) => self.split_applied(config, e),
            _ => {}
        }
    }

    /// A day ended: positions are valued anew, and the closing prices are kept.
    pub(super) fn day_ended(&mut self, now: Nanos) {
        for h in &mut self.holdings {
            h.day_base = h.value();
            h.sleeves_day_end();
            if let Some(mark) = &h.mark {
                (h.terms.closing, h.terms.closed) = (Some(mark.mid()), now);
            }
        }
    }

    /// The engine started: targets of an older session have to be declared again.
    pub(super) fn need_declaring(&mut self, config: &Config, now: Nanos) {
        for (h, key) in self.holdings.iter_mut().zip(&config.holdings) {
            let today = session_at(config, key.instrument, now);
            let declared = h.declared;
            h.each_terms(|t| {
                t.undeclared |= declared && t.session.is_some() && t.session < today;
            });
        }
    }

    /// A holding rests after a refusal; one that lacks margin remembers how much there was.
    pub(super) fn paused(&mut self, config: &Config, now: Nanos, e: &Paused) {
        let margin = self.margin;
        let risk = &config.risk;
        let open = e.streak >= risk.reject_max;
        let rest_ns = if open { risk.circuit_pause_ns } else { risk.reject_pause_ns };
        self.on_holding(e.holding, |h| {
            (h.paused, h.streak, h.code) = (e.until, e.streak, e.code);
            if e.until == Nanos::MAX {
                (h.terms.funds_seen, h.terms.funds_again) = (margin, now.plus(rest_ns));
            }
        });
    }

    /// Quantities and marks of a holding in new units; money stays.
    pub(super) fn split_applied(&mut self, config: &Config, e: &SplitApplied) {
        let seq = self.seq;
        let now = self.now;
        let sized = |sleeve| config.strategy(sleeve).is_none_or(|s| s.size_by == SizeBy::Shares);
        let lone = config.holdings.get(e.holding.ix()).is_none_or(|key| sized(key.sleeve));
        let px = |px: Px| split_px(px, e.ratio_num, e.ratio_den);
        let units = |qty: Qty| split_units(qty, e.ratio_num, e.ratio_den);
        self.on_holding(e.holding, |h| {
            if let Some(mark) = &mut h.mark {
                (mark.bid_px, mark.ask_px) = (px(mark.bid_px), px(mark.ask_px));
                (mark.bid_qty, mark.ask_qty) = (units(mark.bid_qty), units(mark.ask_qty));
            }
            (h.own, h.manual) = (e.own, e.manual);
            (h.emitted, h.rounded) = (e.emitted, e.rounded);
            // The fraction is paid out at the mark.
            h.cash += e.fraction.times(h.mark.as_ref().map_or(Px::ZERO, Quote::mid));
            (h.dropped, h.rejected) = (Qty::ZERO, Qty::ZERO);
            (h.placeholder, h.placed_own) = (Qty::ZERO, Qty::ZERO);
            h.terms.split(e.ratio_num, e.ratio_den);
            if lone {
                h.terms.said = e.emitted;
            }
            h.sleeves_split(e, sized);
            // What was traded between the broker's split and this one is counted in two units:
            // nothing is sent before a read has shown that the numbers agree.
            (h.skips, h.differing, h.told) = (config.recon.skips_max, 0, false);
            (h.moved_seq, h.moved) = (seq, now);
        });
    }
}

impl HoldingState {
    /// Remembers what a corporate action has changed.
    pub(super) fn adopted(&mut self, e: &Corrected) {
        self.terms.adopted(e);
        if e.class == DriftClass::CorporateAction {
            self.sleeves_adopted(&e.shares, e.own);
        }
    }

    /// The operator has settled what a corporate action changed.
    pub(super) fn settled(&mut self) {
        self.each_terms(Terms::settled);
    }

    /// Changes the terms of a strategy; those of the key where it is alone.
    fn on_terms(&mut self, sleeve: Option<SleeveId>, change: impl FnOnce(&mut Terms)) {
        match self.owner(sleeve) {
            Some(owner) => self.on_sleeve(owner, |s| change(&mut s.terms)),
            None => change(&mut self.terms),
        }
    }

    /// Changes the terms of the key and of every strategy in it.
    fn each_terms(&mut self, change: impl Fn(&mut Terms)) {
        change(&mut self.terms);
        self.sleeves.iter_mut().for_each(|s| change(&mut s.terms));
    }

    /// What was waived in an older session is work again.
    fn waiver_ended(&mut self, sleeve: Option<SleeveId>) {
        self.on_terms(sleeve, |t| t.waived_session = None);
        match self.owner(sleeve) {
            Some(owner) => self.on_sleeve(owner, |s| {
                (s.dropped, s.rejected) = (Qty::ZERO, Qty::ZERO);
            }),
            None => (self.dropped, self.rejected) = (Qty::ZERO, Qty::ZERO),
        }
        self.sum_up();
    }

    /// Of several strategies the one an event names, or the first where it is of a time with
    /// one strategy; none where one is alone.
    fn owner(&self, sleeve: Option<SleeveId>) -> Option<SleeveId> {
        let first = self.sleeves.first().map(|s| s.sleeve)?;
        Some(sleeve.unwrap_or(first))
    }
}
