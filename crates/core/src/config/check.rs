//! Checks of the words of time and size: spans and phases are in order, so that they can be
//! searched; what a number in a target needs is there.

use super::{Config, SizeBy, Span};

impl Config {
    /// What is of a strategy that is alone on its key is refused where several trade it.
    pub(super) fn check_shared(&self) -> Result<(), String> {
        for key in self.holdings.iter().filter(|key| !key.others.is_empty()) {
            let mut strategies = key.sleeves().filter_map(|sleeve| self.strategy(sleeve));
            if let Some(strategy) = strategies.find(|s| s.entry.min_fill_ppm > 0) {
                let symbol = self.instruments.get(key.instrument.ix()).map(|i| i.symbol.as_str());
                return Err(format!(
                    "{}: min_fill unwinds what filled too little, and {} is traded by several \
                     strategies, whose fills come together; set it to zero, or give the strategy \
                     a product of its own",
                    strategy.name,
                    symbol.unwrap_or_default()
                ));
            }
        }
        Ok(())
    }

    pub(super) fn check_time_and_size(&self) -> Result<(), String> {
        for calendar in &self.calendars {
            let phases = &calendar.phases;
            let ordered = phases
                .windows(2)
                .all(|pair| pair[0].until <= pair[1].from && pair[0].session <= pair[1].session);
            if !ordered || phases.iter().any(|phase| phase.until <= phase.from) {
                return Err(format!(
                    "calendar {}: phases must be sorted, without overlap",
                    calendar.name
                ));
            }
        }
        for instrument in &self.instruments {
            let known = |at: u32| usize::try_from(at).is_ok_and(|at| at < self.calendars.len());
            if instrument.calendar.is_some_and(|at| !known(at)) {
                let symbol = &instrument.symbol;
                return Err(format!("{symbol}: its calendar does not exist"));
            }
        }
        for strategy in &self.strategies {
            let name = &strategy.name;
            if !in_order(&strategy.entries) || !in_order(&strategy.flats) {
                return Err(format!("{name}: hours must be sorted, without overlap"));
            }
            if strategy.size_by == SizeBy::Weight && strategy.capital.is_none() {
                return Err(format!("{name}: size_by = \"weight\" needs a capital"));
            }
            if strategy.capital.is_some_and(|capital| capital.0 <= 0 || capital.exceeds_bound()) {
                return Err(format!("{name}: the capital is not a sum of money"));
            }
            if strategy.valid_for_ns.is_some_and(|ns| ns <= 0) || strategy.expiry_lead_ns < 0 {
                return Err(format!("{name}: durations must be above zero"));
            }
        }
        Ok(())
    }
}

fn in_order(spans: &[Span]) -> bool {
    spans.iter().all(|span| span.from < span.until)
        && spans.windows(2).all(|pair| pair[0].until <= pair[1].from)
}
