//! What people command. Every command is durable and survives a restart.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Adopted, Enabled, Event, Freeze, Mode, ModeSet, Swept, Thawed};
use crate::input::{Adopt, Command, Enable, Operator};
use crate::num::Qty;

impl Deciding<'_> {
    pub fn operator(&mut self, operator: &Operator) {
        let mode = match operator.command {
            Command::Halt | Command::HaltCancel => Mode::Halted,
            Command::Kill => Mode::Killed,
            Command::Flatten => Mode::Flattening,
            Command::Resume => Mode::Running,
            Command::ReduceOnly => Mode::ReduceOnly,
            Command::Login => return self.logged_in(),
        };
        // A kill is latched: only a new run directory ends it.
        let latched = self.state.mode == Mode::Killed && !crate::planted!(ResumeLiftsKill);
        if latched {
            return;
        }
        let sweeps = operator.command == Command::HaltCancel;
        // Whatever lets orders out again ends the sweeping: else each would be cancelled, and
        // another sent in its place, for ever.
        let lets_out = !matches!(mode, Mode::Halted | Mode::Killed);
        if sweeps != self.state.swept && (sweeps || lets_out) {
            self.emit(Event::Swept(Swept { on: sweeps }));
            self.touch_busy();
        }
        if mode == Mode::Running {
            self.thaw_all();
        }
        if self.state.mode == mode {
            return;
        }
        self.emit(Event::ModeSet(ModeSet { mode }));
        if matches!(operator.command, Command::Kill | Command::Flatten) {
            let by = operator.by.map_or_else(|| "the operator".to_owned(), |by| by.to_string());
            let text = format!("{} by {by}", operator.command);
            self.alert(AlertCode::KillEngaged, None, None, text);
        }
        for at in 0..self.config.holdings.len() {
            if let Ok(at) = u32::try_from(at) {
                self.touch(crate::ids::HoldingId(at));
            }
        }
    }

    pub fn adopt(&mut self, adopt: &Adopt) {
        let holding = adopt.holding;
        let Some(key) = self.config.holdings.get(holding.ix()) else { return };
        let found = self.state.holding(holding).manual;
        let fits = adopt.qty.is_zero()
            || (key.has(adopt.sleeve)
                && (adopt.qty.0 > 0) == (found.0 > 0)
                && adopt.qty.abs() <= found.abs());
        if !fits {
            let text =
                format!("cannot adopt {}: {found} is there and belongs to nobody", adopt.qty);
            self.alert(AlertCode::TargetRefused, Some(holding), None, text);
            return;
        }
        self.touch(holding);
        self.void_unknown(Some(holding));
        if adopt.qty != Qty::ZERO {
            let shared = self.state.holding(holding).is_shared();
            let sleeve = shared.then_some(adopt.sleeve);
            self.emit(Event::Adopted(Adopted { holding, qty: adopt.qty, sleeve }));
        }
        if self.state.holding(holding).frozen.is_some() {
            self.takes_all(holding);
            self.emit(Event::Thawed(Thawed { holding }));
        }
    }

    /// The operator says that what froze holdings is settled. What hangs at the broker is not: it
    /// ends with its cause.
    fn thaw_all(&mut self) {
        for at in 0..self.config.holdings.len() {
            let Ok(at) = u32::try_from(at) else { break };
            let holding = crate::ids::HoldingId(at);
            let frozen = self.state.holding(holding).frozen;
            if frozen.is_some_and(|why| why != Freeze::VenueUnknown) {
                self.touch(holding);
                self.takes_all(holding);
                self.emit(Event::Thawed(Thawed { holding }));
            }
        }
    }

    /// A strategy is switched on or off. Its position stays; what it has in the market is
    /// cancelled, because it wants no more than it has.
    pub fn enable(&mut self, enable: &Enable) {
        if self.config.strategy(enable.sleeve).is_none() {
            let text = format!("there is no strategy {} to switch", enable.sleeve);
            self.alert(AlertCode::TargetRefused, None, None, text);
            return;
        }
        if self.state.disabled.contains(&enable.sleeve) != enable.on {
            return;
        }
        self.emit(Event::Enabled(Enabled { sleeve: enable.sleeve, on: enable.on }));
        for (at, key) in self.config.holdings.iter().enumerate() {
            if let Ok(at) = u32::try_from(at)
                && key.has(enable.sleeve)
            {
                self.touch(crate::ids::HoldingId(at));
            }
        }
    }

    /// Nothing is held but what is too small to be sold.
    fn is_flat(&self) -> bool {
        self.state.holdings.iter().zip(&self.config.holdings).all(|(h, key)| {
            let rules = &self.config.instruments[key.instrument.ix()];
            h.own.abs() < rules.lot.max(rules.min_qty)
        })
    }

    /// A flatten ends halted, once nothing is held and nothing is open. An order of ours that is
    /// found later has to go as well.
    pub fn finish_flatten(&mut self) {
        if self.state.mode == Mode::Flattening
            && self.state.orders.open.is_empty()
            && self.is_flat()
        {
            if !self.state.swept {
                self.emit(Event::Swept(Swept { on: true }));
            }
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Halted }));
        }
    }
}
