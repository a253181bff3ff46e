//! What each of several strategies holds and wants of one holding key.
//!
//! Entry points: [`SleeveState`], [`HoldingState::sleeve`], [`HoldingState::sum_up`].
//!
//! Invariants:
//! 1. A key of one strategy has no list: the totals of the holding are that strategy's.
//! 2. With a list, every total is the sum over it (`engine::laws` asserts it after each step).
//! 3. The list is in the order of the configuration: by sleeve.

use super::holding::HoldingState;
use super::terms::Terms;
use crate::config::{Config, Holding};
use crate::event::{Crossed, SleeveSplit, SplitApplied, TargetSet};
use crate::ids::{MANUAL, SleeveId};
use crate::num::{Amount, Px, Qty};
use crate::order::Order;
use crate::order::shares::{Share, allot, allot_amount};
use crate::quote::Quote;
use crate::record::records;
use crate::request::Side;
use crate::time::Nanos;

records! {
    /// One strategy's part of a key that several trade. Sums of money as in [`HoldingState`].
    pub struct SleeveState {
        /// Whose.
        pub sleeve: SleeveId = 1,
        /// The strategy counts; the target of a disabled one waits until it is enabled.
        pub enabled: bool = 2,
        /// A target was ever declared.
        pub declared: bool = 3,
        /// How and when the present target was declared. What is of the key (closing price,
        /// margin) stays with the key's own terms.
        pub terms: Terms = 4,
        /// The target as a quantity.
        pub emitted: Qty = 5,
        /// The target on the lot grid.
        pub rounded: Qty = 6,
        /// Position.
        pub own: Qty = 7,
        /// Signed remainder that was cancelled or expired.
        pub dropped: Qty = 8,
        /// Signed remainder that was refused.
        pub rejected: Qty = 9,
        /// Money received minus money paid for the position.
        pub cash: Amount = 10,
        /// Value at the last day end.
        pub day_base: Amount = 11,
        /// [`super::State::seq`] of the present target.
        pub target_seq: u64 = 12,
        /// Part of the position that was adopted without knowing the fills behind it.
        pub placeholder: Qty = 13,
        /// A flatten asked for nothing; a target declared since ends that.
        pub flattened: Option<bool> = 64,
    }
}

impl SleeveState {
    /// A strategy that has neither said nor done anything.
    #[must_use]
    pub fn new(sleeve: SleeveId) -> Self {
        Self {
            sleeve,
            enabled: true,
            declared: false,
            terms: Terms::default(),
            emitted: Qty::ZERO,
            rounded: Qty::ZERO,
            own: Qty::ZERO,
            dropped: Qty::ZERO,
            rejected: Qty::ZERO,
            cash: Amount::ZERO,
            day_base: Amount::ZERO,
            target_seq: 0,
            placeholder: Qty::ZERO,
            flattened: None,
        }
    }

    /// Signed remainder that is waived.
    #[must_use]
    pub fn waived(&self) -> Qty {
        self.dropped + self.rejected
    }
}

/// What of an order is booked, by share: signed quantity, and money spent with its fees. A
/// function of the evidence alone, so the difference of two is what changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    parts: Vec<Qty>,
    spent: Vec<Amount>,
}

impl Booked {
    /// What is booked of an order as it is known now.
    #[must_use]
    pub fn of(order: &Order, lot: Qty) -> Self {
        let (ticket, known) = (&order.ticket, &order.known);
        let paid = if ticket.side == Side::Buy { order.paid() } else { -order.paid() };
        let spent = paid + known.fees;
        if ticket.shares.is_empty() {
            return Self { parts: vec![ticket.side.signed(known.filled)], spent: vec![spent] };
        }
        let parts = allot(&ticket.shares, lot, known.filled);
        // Fees go with what is filled; without a fill, with what was asked for.
        let spent = if known.filled.0 > 0 {
            allot_amount(&parts, spent)
        } else {
            let asked: Vec<Qty> = ticket.shares.iter().map(|share| share.qty).collect();
            allot_amount(&asked, spent)
        };
        let parts = parts.into_iter().map(|part| ticket.side.signed(part)).collect();
        Self { parts, spent }
    }

    /// The part at a position of the shares: signed quantity, and money.
    #[must_use]
    pub fn at(&self, at: usize) -> (Qty, Amount) {
        let part = self.parts.get(at).copied().unwrap_or_default();
        (part, self.spent.get(at).copied().unwrap_or_default())
    }
}

impl HoldingState {
    /// The state of a holding at the start: with a list where several strategies trade it.
    #[must_use]
    pub fn of(key: &Holding) -> Self {
        let mut found = Self::default();
        found.adapt(key);
        found
    }

    /// Gives every strategy of the key its place, after a change of the configuration. What a
    /// lone strategy had is its own still, but for its protective stop: that is given up.
    pub fn adapt(&mut self, key: &Holding) {
        if key.others.is_empty() {
            return;
        }
        (self.stop_px, self.unwound) = (None, false);
        if self.sleeves.is_empty() {
            self.sleeves.push(SleeveState {
                enabled: true,
                declared: self.declared,
                terms: self.terms.clone(),
                emitted: self.emitted,
                rounded: self.rounded,
                own: self.own,
                dropped: self.dropped,
                rejected: self.rejected,
                cash: self.cash,
                day_base: self.day_base,
                target_seq: self.target_seq,
                ..SleeveState::new(key.sleeve)
            });
        }
        for sleeve in &key.others {
            if self.sleeves.iter().all(|s| s.sleeve != *sleeve) {
                self.sleeves.push(SleeveState::new(*sleeve));
            }
        }
        self.sleeves.sort_by_key(|s| s.sleeve);
    }

    /// Several strategies trade it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.sleeves.is_empty()
    }

    /// The part of a strategy in this holding; the totals where it is alone.
    #[must_use]
    pub fn sleeve(&self, sleeve: SleeveId) -> SleeveState {
        if let Some(found) = self.sleeves.iter().find(|s| s.sleeve == sleeve) {
            return found.clone();
        }
        if self.is_shared() {
            return SleeveState::new(sleeve);
        }
        SleeveState {
            declared: self.declared,
            terms: self.terms.clone(),
            emitted: self.emitted,
            rounded: self.rounded,
            own: self.own,
            dropped: self.dropped,
            rejected: self.rejected,
            cash: self.cash,
            day_base: self.day_base,
            target_seq: self.target_seq,
            flattened: self.flattened.then_some(true),
            ..SleeveState::new(sleeve)
        }
    }

    /// Changes the part of a strategy; nothing where the list does not have it.
    pub fn on_sleeve(&mut self, sleeve: SleeveId, change: impl FnOnce(&mut SleeveState)) {
        if let Some(found) = self.sleeves.iter_mut().find(|s| s.sleeve == sleeve) {
            change(found);
        }
    }

    /// The totals become the sums over the list: targets of those that are enabled, everything
    /// else of all.
    pub fn sum_up(&mut self) {
        if !self.is_shared() {
            return;
        }
        let all = &self.sleeves;
        let on = || all.iter().filter(|s| s.enabled && s.declared);
        let totals = (
            on().map(|s| s.emitted).sum(),
            on().map(|s| s.rounded).sum(),
            all.iter().map(|s| s.own).sum(),
            all.iter().map(|s| s.dropped).sum(),
            all.iter().map(|s| s.rejected).sum(),
            all.iter().map(|s| s.cash).sum(),
            all.iter().map(|s| s.day_base).sum(),
        );
        self.declared = all.iter().any(|s| s.declared);
        (self.emitted, self.rounded, self.own, self.dropped, self.rejected, ..) = totals;
        (self.cash, self.day_base) = (totals.5, totals.6);
    }

    /// A target of one of several strategies.
    pub(super) fn sleeve_target(&mut self, config: &Config, now: Nanos, e: &TargetSet, seq: u64) {
        self.on_sleeve(e.sleeve, |s| {
            s.terms = s.terms.of_new(config, now, e, s.own);
            (s.declared, s.target_seq, s.flattened) = (true, seq, None);
            (s.emitted, s.rounded) = (e.qty, e.rounded);
            (s.dropped, s.rejected) = (Qty::ZERO, Qty::ZERO);
        });
        self.sum_up();
    }

    /// A strategy is switched on or off.
    pub(super) fn sleeve_enabled(&mut self, sleeve: SleeveId, on: bool) {
        self.on_sleeve(sleeve, |s| s.enabled = on);
        self.sum_up();
    }

    /// What an order has booked more, or less, than before. One without shares, which another
    /// start made, is the first strategy's.
    pub(super) fn book(&mut self, order: &Order, before: &Booked, lot: Qty) {
        let after = Booked::of(order, lot);
        let first = self.sleeves.first().map_or(MANUAL, |s| s.sleeve);
        let owners = order.ticket.shares.iter().map(|share| share.sleeve);
        let lone = order.ticket.shares.is_empty().then_some(first);
        for (at, sleeve) in owners.chain(lone).enumerate() {
            let ((was, was_spent), (is, is_spent)) = (before.at(at), after.at(at));
            self.on_sleeve(sleeve, |s| {
                s.own += is - was;
                s.cash -= is_spent - was_spent;
            });
        }
    }

    /// What a broker kept in kind of an order is of its first strategy.
    pub(super) fn kept(&mut self, order: &Order, kept: Qty) {
        let first = self.sleeves.first().map_or(MANUAL, |s| s.sleeve);
        let of = order.ticket.shares.first().map_or(first, |share| share.sleeve);
        self.on_sleeve(of, |s| s.own -= kept);
    }

    /// What a protective stop of a time with one strategy closed is not bought back before
    /// another target: of the first strategy.
    pub(super) fn sleeve_stopped(&mut self, delta: Qty) {
        match self.sleeves.first_mut() {
            Some(first) => first.dropped -= delta,
            None => self.dropped -= delta,
        }
    }

    /// Every strategy's part in the new units of a split; `sized` says whose numbers are
    /// quantities. The totals follow.
    pub(super) fn sleeves_split(&mut self, e: &SplitApplied, sized: impl Fn(SleeveId) -> bool) {
        let mid = self.mark.as_ref().map_or(Px::ZERO, Quote::mid);
        for SleeveSplit { sleeve, own, emitted, rounded, fraction } in &e.sleeves {
            self.on_sleeve(*sleeve, |s| {
                (s.own, s.emitted, s.rounded) = (*own, *emitted, *rounded);
                // The fraction is paid out at the mark.
                s.cash += fraction.times(mid);
                (s.dropped, s.rejected, s.placeholder) = (Qty::ZERO, Qty::ZERO, Qty::ZERO);
                s.terms.split(e.ratio_num, e.ratio_den);
                if sized(*sleeve) {
                    s.terms.said = *emitted;
                }
            });
        }
        self.sum_up();
    }

    /// What a corporate action changed already, by strategy.
    pub(super) fn sleeves_adopted(&mut self, shares: &[Share], own: Qty) {
        for share in self.owners(shares, own) {
            self.on_sleeve(share.sleeve, |s| s.terms.adopted_own += share.qty);
        }
    }

    /// Takes back what a correction had put into sleeves, now that the fill itself is known.
    pub(super) fn unplace(&mut self, replaced: Qty, px: Px) {
        let mut left = replaced;
        for take_any in [false, true] {
            for s in &mut self.sleeves {
                let has = if take_any { s.own } else { s.placeholder };
                let size = left.0.abs().min(has.0.abs());
                if has.0.signum() != left.0.signum() || size == 0 {
                    continue;
                }
                let part = Qty(size * left.0.signum());
                s.own -= part;
                s.cash += part.times(px);
                if !take_any {
                    s.placeholder -= part;
                }
                left -= part;
            }
        }
        if let Some(first) = self.sleeves.first_mut() {
            first.own -= left;
            first.cash += left.times(px);
        }
    }

    /// Whose a quantity is: as told, or the first strategy's where an event of a time with one
    /// strategy says nothing. Empty for a key of one strategy.
    fn owners(&self, shares: &[Share], qty: Qty) -> Vec<Share> {
        match self.sleeves.first() {
            Some(first) if shares.is_empty() => vec![Share { sleeve: first.sleeve, qty }],
            Some(_) => shares.to_vec(),
            None => Vec::new(),
        }
    }

    /// Somebody else's trade, as far as it ate into strategies: `own` of it.
    pub(super) fn sleeve_corrected(
        &mut self,
        shares: &[Share],
        own: Qty,
        px: Px,
        placeholder: bool,
    ) {
        for share in self.owners(shares, own) {
            self.on_sleeve(share.sleeve, |s| {
                s.own += share.qty;
                s.cash -= share.qty.times(px);
                if placeholder {
                    s.placeholder += share.qty;
                }
            });
        }
        self.sum_up();
    }

    /// What of an adopted difference a late fill may explain: that is taken back from whom it was
    /// adopted for.
    pub(super) fn sleeve_placed(&mut self, shares: &[Share], qty: Qty) {
        for share in self.owners(shares, qty) {
            self.on_sleeve(share.sleeve, |s| s.placeholder += share.qty);
        }
    }

    /// Two strategies trade inside.
    pub(super) fn crossed(&mut self, e: &Crossed) {
        let paid = e.qty.times(e.px);
        self.on_sleeve(e.buyer, |s| {
            s.own += e.qty;
            s.cash -= paid;
        });
        self.on_sleeve(e.seller, |s| {
            s.own -= e.qty;
            s.cash += paid;
        });
        self.sum_up();
    }

    /// The day ends: every strategy starts the next one at its present value.
    pub(super) fn sleeves_day_end(&mut self) {
        let mid = self.mark.as_ref().map_or(Px::ZERO, Quote::mid);
        for s in &mut self.sleeves {
            s.day_base = s.cash + s.own.times(mid);
        }
        // Where amounts are at their bound, the value of the sum is not the sum of the values.
        self.sum_up();
    }

    /// Waives parts of a remainder (`dropped` and `rejected` in all), or with `back` takes waivers
    /// back that no newer target has ended since that journal record.
    pub(super) fn sleeve_waived(
        &mut self,
        shares: &[Share],
        (dropped, rejected): (Qty, Qty),
        back: Option<u64>,
        session: Option<i64>,
    ) {
        let refused = !rejected.is_zero();
        for share in self.owners(shares, dropped + rejected) {
            self.on_sleeve(share.sleeve, |s| {
                if back.is_some_and(|since| since <= s.target_seq) {
                    return;
                }
                let qty = if back.is_some() { -share.qty } else { share.qty };
                let waiver = if refused { &mut s.rejected } else { &mut s.dropped };
                *waiver += qty;
                s.terms.waived_session = s.terms.waived_session.max(session);
            });
        }
        self.sum_up();
    }
}
