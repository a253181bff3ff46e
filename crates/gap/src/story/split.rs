//! A split in the ledger: one line for the instrument, then each holding is put on its own
//! numbers.
//!
//! The line multiplies every counter exactly; the engine keeps 1e-9 and whole lots. What lies
//! between is written too: a fraction that was paid out is an external trade at the mark, and
//! the theory's own fraction is a theoretical fill at the mark. Both cost nothing by themselves.

use super::books::BookNo;
use super::play::{Player, px, qty};
use crate::decimal::Decimal;
use crate::ledger::{Line, Stage};
use truefill_core::engine::split::split_px;
use truefill_core::event::SplitApplied;
use truefill_core::num::{NANO, PLACES, Px, Qty, Rounding};

impl Player<'_> {
    pub(super) fn split(&mut self, e: &SplitApplied) {
        let Some(key) = self.config.holdings.get(e.holding.ix()) else { return };
        let instrument = key.instrument.ix();
        let num = i128::from(e.ratio_num) * NANO / i128::from(e.ratio_den.max(1));
        let ratio = Decimal::from_scaled(num, PLACES);
        if self.split_at[instrument] != Some(self.now) {
            self.split_at[instrument] = Some(self.now);
            let old = self.marks[instrument].unwrap_or(Px::ZERO);
            let new = split_px(old, e.ratio_num, e.ratio_den);
            self.marks[instrument] = Some(new);
            let symbol = self.config.instruments[instrument].symbol.clone();
            self.line(Line::Split { symbol, ratio: ratio.clone(), px: px(new) });
        }
        let mark = self.marks[instrument].unwrap_or(Px::ZERO);
        let units = |old: Qty| {
            Qty(old.0.saturating_mul(i128::from(e.ratio_num)) / i128::from(e.ratio_den.max(1)))
        };
        let lot = self.config.instrument_of(e.holding).lot;
        for book in self.books.of_holding(e.holding) {
            let sleeve = self.books.all[book].1;
            let part = e.sleeves.iter().find(|part| part.sleeve == sleeve);
            let (own, emitted, rounded) = match part {
                Some(part) => (part.own, part.emitted, part.rounded),
                None if e.sleeves.is_empty() => (e.own, e.emitted, e.rounded),
                None => continue,
            };
            let rungs = &mut self.rungs[book];
            let (theory, held) = (rungs.theory, rungs.filled);
            rungs.theory = units(theory);
            rungs.filled = own;
            (rungs.emitted, rungs.rounded) = (emitted, rounded);
            (rungs.dropped, rungs.rejected) = (Qty::ZERO, Qty::ZERO);
            // The line has moved every counter of the ledger: all of them are written again.
            for (was, _) in &mut rungs.written {
                *was = Qty(i128::MIN);
            }
            // Whole lots, as the engine's: where these are as many as before, it says no more of it.
            rungs.admitted = units(rungs.admitted).to_lot(lot, Rounding::TowardZero);
            let twin = qty(rungs.theory);
            self.fractions(book, &twin - &(&qty(theory) * &ratio), twin, mark);
            let paid = &qty(own) - &(&qty(held) * &ratio);
            if !paid.is_zero() {
                let (strategy, symbol) = self.names(book);
                self.line(Line::External { strategy, symbol, qty: paid, px: px(mark) });
            }
        }
    }

    /// The theory's own fraction is a theoretical fill at the mark.
    fn fractions(&mut self, book: BookNo, less: Decimal, twin: Decimal, mark: Px) {
        if less.is_zero() {
            return;
        }
        let (strategy, symbol) = self.names(book);
        self.line(Line::TheoryFill {
            strategy: strategy.clone(),
            symbol: symbol.clone(),
            qty: less,
            px: px(mark),
        });
        let (stage, reason) = (Stage::Twin, None);
        self.line(Line::Stage { strategy, symbol, stage, qty: twin, reason });
    }
}
