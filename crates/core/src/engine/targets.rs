//! Declared targets: what is accepted, and as how much.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Event, TargetSet};
use crate::input::Target;
use crate::num::Rounding;

impl Deciding<'_> {
    pub fn target(&mut self, target: &Target) {
        if let Err(why) = self.check_target(target) {
            let known = target.holding.ix() < self.config.holdings.len();
            let holding = known.then_some(target.holding);
            self.alert(AlertCode::TargetRefused, holding, None, why);
            return;
        }
        let h = self.state.holding(target.holding).sleeve(target.sleeve);
        let again = h.declared && h.emitted == target.qty && !target.reopen;
        if again {
            return;
        }
        let lot = self.config.instrument_of(target.holding).lot;
        // What is rounded toward zero is the need, not the target: a change of less than a lot
        // trades nothing, in either direction.
        let from = h.own.to_lot(lot, Rounding::TowardZero);
        let rounded = from + (target.qty - from).to_lot(lot, Rounding::TowardZero);
        self.emit(Event::TargetSet(TargetSet {
            sleeve: target.sleeve,
            holding: target.holding,
            qty: target.qty,
            rounded,
            decided: target.decided.min(self.now()),
            px: target.px,
            mark: self.quote_then(self.config.holdings[target.holding.ix()].instrument),
            said: target.qty,
            stop_px: target.stop_px,
        }));
        self.touch(target.holding);
    }

    fn check_target(&self, target: &Target) -> Result<(), String> {
        let Some(key) = self.config.holdings.get(target.holding.ix()) else {
            return Err(format!("target for holding {} that does not exist", target.holding));
        };
        if !key.has(target.sleeve) {
            return Err("target for a holding that another strategy trades".to_owned());
        }
        if target.qty.bounded().is_err() {
            return Err(format!("target {} is outside what truefill computes with", target.qty));
        }
        let px_bad = target.px.is_some_and(|px| px.bounded().is_err() || px.0 <= 0);
        if px_bad {
            return Err("the decision price is not a price".to_owned());
        }
        let instrument = &self.config.instruments[key.instrument.ix()];
        let mark = self.quote(key.instrument).map(|q| q.mid()).or(target.px);
        if mark.is_some_and(|px| target.qty.times(px).exceeds_bound()) {
            return Err(format!("target {} of {} is absurd", target.qty, instrument.symbol));
        }
        Ok(())
    }
}
