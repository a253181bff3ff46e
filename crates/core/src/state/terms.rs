//! The terms of a declared target: when and how it was declared, what it was sized at, and what
//! keeps it from being acted on. Gates read them; [`super::State::apply`] writes them.
//!
//! Entry point: [`Terms`].

use super::State;
use crate::config::{Config, SizeBy};
use crate::engine::session::session_at;
use crate::engine::split::split_px;
use crate::event::{Corrected, DriftClass, Event, Paused, SplitApplied, TargetSet};
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
                (h.terms.decided, h.terms.undeclared) = (e.decided, false);
            }),
            Event::WaiverEnded(e) => self.on_holding(e.holding, |h| {
                (h.dropped, h.rejected) = (Qty::ZERO, Qty::ZERO);
                h.terms.waived_session = None;
            }),
            Event::LoggedIn(_) => {
                self.holdings.iter_mut().for_each(|h| h.terms.undeclared = true);
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
            if let Some(mark) = &h.mark {
                (h.terms.closing, h.terms.closed) = (Some(mark.mid()), now);
            }
        }
    }

    /// The engine started: targets of an older session have to be declared again.
    pub(super) fn need_declaring(&mut self, config: &Config, now: Nanos) {
        for (h, key) in self.holdings.iter_mut().zip(&config.holdings) {
            let today = session_at(config, key.instrument, now);
            let older = h.terms.session.is_some() && h.terms.session < today;
            h.terms.undeclared |= h.declared && older;
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
        let key = config.holdings.get(e.holding.ix());
        let strategy = key.and_then(|key| config.strategy(key.sleeve));
        let shares = strategy.is_none_or(|s| s.size_by == SizeBy::Shares);
        let px = |px: Px| split_px(px, e.ratio_num, e.ratio_den);
        let units = |qty: Qty| {
            let den = i128::from(e.ratio_den.max(1));
            Qty(qty.0.saturating_mul(i128::from(e.ratio_num)) / den)
        };
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
            h.placeholder = Qty::ZERO;
            h.terms.closing = h.terms.closing.map(px);
            h.terms.sized_px = h.terms.sized_px.map(px);
            h.terms.from = units(h.terms.from);
            if shares {
                h.terms.said = e.emitted;
            }
            (h.skips, h.differing, h.told) = (0, 0, false);
            (h.moved_seq, h.moved) = (seq, now);
        });
    }
}
