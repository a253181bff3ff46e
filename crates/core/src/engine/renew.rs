//! A target declared once more with the same number: no news for the position, but it may be
//! what a gate waits for.
//!
//! In a later session it is declared anew, waivers ended. Inside its session it only becomes as
//! young as the new decision: a strategy that repeats itself neither goes out of date nor
//! reopens a cancelled remainder.

use super::deciding::Deciding;
use super::session::session_at;
use crate::event::{Event, TargetRenewed, TargetSet};
use crate::input::Target;

impl Deciding<'_> {
    pub fn renew(&mut self, target: &Target) {
        let (now, holding) = (self.now(), target.holding);
        let decided = target.decided.min(now);
        let h = self.state.holding(holding);
        let shared = h.is_shared();
        let h = h.sleeve(target.sleeve);
        let Some(strategy) = self.config.strategy(target.sleeve) else { return };
        let instrument = self.config.holdings[holding.ix()].instrument;
        let later =
            h.terms.session.is_some() && session_at(self.config, instrument, now) > h.terms.session;
        let younger = strategy.valid_for_ns.is_some() && decided > h.terms.decided;
        let awaited = strategy.redeclare && h.terms.undeclared;
        if later {
            let (qty, rounded, sized_px) = (h.emitted, h.rounded, h.terms.sized_px);
            let mark = self.quote_then(instrument);
            self.emit(Event::TargetSet(TargetSet {
                sleeve: target.sleeve,
                holding,
                qty,
                rounded,
                decided,
                px: target.px,
                mark,
                said: target.qty,
                stop_px: target.stop_px,
                sized_px,
            }));
        } else if younger || awaited {
            let sleeve = shared.then_some(target.sleeve);
            self.emit(Event::TargetRenewed(TargetRenewed { holding, decided, sleeve }));
        } else {
            return;
        }
        self.touch(holding);
    }
}
