//! What touches every holding: the start and end of a day, and splits.
//!
//! Entry points: [`Attribution::start_day`], [`Attribution::end_day`], [`Attribution::split`].

use super::holding::{Holding, NO_UNITS, Valuation};
use super::{Attribution, Phase};
use crate::decimal::Decimal;
use crate::error::{Problem, quoted};
use crate::ledger::ClosingMarks;
use crate::report::{DayReport, Figures, HoldingReport};
use std::collections::BTreeMap;

impl Attribution {
    /// A day starts; what the last close booked under MARK is taken back.
    pub(super) fn start_day(&mut self, day: &str) -> Result<(), Problem> {
        if !self.day_names.insert(day.to_owned()) {
            return Err(Problem::RepeatedDay { day: quoted(day) });
        }
        for instrument in self.instruments.values_mut() {
            instrument.holdings.values_mut().for_each(Holding::start_day);
        }
        self.phase = Phase::InDay(day.to_owned());
        Ok(())
    }

    /// A day ends; both books of every holding are valued, and the day is reported.
    pub(super) fn end_day(
        &mut self,
        marks: &BTreeMap<String, ClosingMarks>,
    ) -> Result<(), Problem> {
        for symbol in marks.keys() {
            if self.instrument(symbol)?.mark.is_none() {
                return Err(Problem::NoMark { event: "day_end", symbol: quoted(symbol) });
            }
        }
        let Phase::InDay(day) = std::mem::take(&mut self.phase) else {
            return Err(Problem::NoDay);
        };
        let mut holdings = Vec::new();
        for (symbol, instrument) in &mut self.instruments {
            let Some(mark) = &instrument.mark else {
                close(&mut instrument.holdings, Some(symbol), None, NO_UNITS, &mut holdings);
                continue;
            };
            let at = Valuation { mark, multiplier: &instrument.multiplier };
            close(&mut instrument.holdings, Some(symbol), marks.get(symbol), at, &mut holdings);
        }
        close(&mut self.unassigned, None, None, NO_UNITS, &mut holdings);
        self.days.push(DayReport::of_holdings(day.clone(), holdings));
        self.phase = Phase::AfterDay(day);
        Ok(())
    }

    /// A step of the mark to `ratio * px` in old units, then the change of units.
    pub(super) fn split(
        &mut self,
        symbol: &str,
        ratio: &Decimal,
        px: &Decimal,
    ) -> Result<(), Problem> {
        let instrument = self.instrument(symbol)?;
        if instrument.mark.is_none() {
            return Err(Problem::NoMark { event: "split", symbol: quoted(symbol) });
        }
        let mut ladders = Vec::with_capacity(instrument.holdings.len());
        for (strategy, holding) in &instrument.holdings {
            let Some(ladder) = holding.ladder.split(ratio) else {
                let (strategy, symbol) = (quoted(strategy), quoted(symbol));
                return Err(Problem::CounterTooLong { strategy, symbol });
            };
            ladders.push(ladder);
        }
        instrument.step_to(&(ratio * px));
        for (holding, ladder) in instrument.holdings.values_mut().zip(ladders) {
            holding.split(ladder, ratio);
        }
        instrument.mark = Some(px.clone());
        Ok(())
    }
}

/// Closes the day of some holdings and collects those on which anything happened.
fn close(
    holdings: &mut BTreeMap<String, Holding>,
    symbol: Option<&String>,
    closing: Option<&ClosingMarks>,
    at: Valuation<'_>,
    reports: &mut Vec<HoldingReport>,
) {
    for (strategy, holding) in holdings {
        let (profits, causes) = holding.end_day(closing, at);
        let figures = Figures { theory_pnl: profits.theory, live_pnl: profits.live, causes };
        if !figures.is_empty() {
            let (strategy, symbol) = (strategy.clone(), symbol.cloned());
            reports.push(HoldingReport { strategy, symbol, figures });
        }
    }
}
