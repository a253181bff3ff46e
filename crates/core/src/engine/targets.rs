//! Declared targets: what is accepted, and as how much.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::config::SizeBy;
use crate::event::{Event, TargetSet};
use crate::input::Target;
use crate::num::Px;

impl Deciding<'_> {
    pub fn target(&mut self, target: &Target) {
        let sized = self.check_target(target).and_then(|()| {
            let h = self.state.holding(target.holding).sleeve(target.sleeve);
            let again = h.declared && h.terms.said == target.qty && !target.reopen;
            // What a flatten took away is sized anew, from what is held now.
            let again = again && h.flattened != Some(true);
            let again = again && !crate::planted!(RepeatReopens);
            if again { Ok(None) } else { self.size(target).map(Some) }
        });
        if let Err(why) = &sized {
            let why = why.clone();
            let known = target.holding.ix() < self.config.holdings.len();
            let holding = known.then_some(target.holding);
            self.alert(AlertCode::TargetRefused, holding, None, why);
            return;
        }
        let Ok(Some(sized)) = sized else {
            self.move_stop(target);
            self.renew(target);
            return;
        };
        self.emit(Event::TargetSet(TargetSet {
            sleeve: target.sleeve,
            holding: target.holding,
            qty: sized.qty,
            rounded: sized.rounded,
            decided: target.decided.min(self.now()),
            px: target.px,
            mark: self.quote_then(self.config.holdings[target.holding.ix()].instrument),
            said: target.qty,
            stop_px: target.stop_px,
            sized_px: sized.px,
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
        let bad = |px: Px| px.bounded().is_err() || px.0 <= 0;
        if target.stop_px.is_some_and(bad) {
            return Err("the price of the protective stop is not a price".to_owned());
        }
        if target.stop_px.is_some() && !key.others.is_empty() {
            return Err("a protective stop is for what one strategy holds alone, and several \
                        trade this holding; leave it out, or give each its own product"
                .to_owned());
        }
        let px_bad = target.px.is_some_and(bad);
        if px_bad {
            return Err("the decision price is not a price".to_owned());
        }
        let instrument = &self.config.instruments[key.instrument.ix()];
        let by = self.config.strategy(target.sleeve).map_or(SizeBy::Shares, |s| s.size_by);
        if by != SizeBy::Shares {
            return Ok(());
        }
        let mark = self.quote(key.instrument).map(|q| q.mid()).or(target.px);
        if mark.is_some_and(|px| target.qty.times(px).exceeds_bound()) {
            return Err(format!("target {} of {} is absurd", target.qty, instrument.symbol));
        }
        Ok(())
    }
}
