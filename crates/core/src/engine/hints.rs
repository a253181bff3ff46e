//! What a broker tells by itself about the account: positions, activity, its own count of our
//! requests. None of it is believed as it is; it is a reason to read, or not to.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Event, ReadsPaused};
use crate::input::{ActivityTold, Budget, PositionTold};
use crate::num::Qty;
use crate::report::ActivityKind;

impl Deciding<'_> {
    /// The broker's own count: at four fifths people are told, nearly at the end reads stop for
    /// a window, so that what is left is for orders.
    pub fn budget(&mut self, budget: &Budget) {
        let (used, limit) = (u128::from(budget.used), u128::from(budget.limit.max(1)));
        if used * 100 >= limit * 95 {
            let until = self.now().plus(budget.per_ns.max(0));
            if until > self.state.limiter.reads_until {
                self.emit(Event::ReadsPaused(ReadsPaused { until }));
            }
        }
        if used * 100 >= limit * 80 {
            let text = format!("the broker has counted {used} of {limit} requests");
            self.alert(AlertCode::RateLimited, None, None, text);
        }
    }

    /// A pushed position that is not ours: the account is read.
    pub fn position_told(&mut self, told: &PositionTold) {
        let holdings = self.state.holdings.iter().zip(&self.config.holdings);
        let same = holdings.filter(|(_, key)| key.instrument == told.instrument);
        let ours: Qty = same.map(|(h, _)| h.total()).sum();
        if ours != told.qty {
            self.suspect();
        }
    }

    /// Pushed activity of somebody else: the account is read. Funding moves no position.
    pub fn activity_told(&mut self, told: &ActivityTold) {
        if told.kind != ActivityKind::Funding {
            self.suspect();
        }
    }
}
