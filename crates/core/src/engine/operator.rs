//! What people command. Every command is durable and survives a restart.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{Adopted, Event, Mode, ModeSet, Thawed};
use crate::input::{Adopt, Command, Operator};
use crate::num::Qty;

impl Deciding<'_> {
    pub fn operator(&mut self, operator: &Operator) {
        let mode = match operator.command {
            Command::Halt => Mode::Halted,
            Command::Kill => Mode::Killed,
            Command::Flatten => Mode::Flattening,
            Command::Resume => Mode::Running,
            Command::ReduceOnly => Mode::ReduceOnly,
            Command::Login => return self.logged_in(),
        };
        // A kill is latched: only a new run directory ends it.
        if self.state.mode == Mode::Killed || self.state.mode == mode {
            return;
        }
        self.emit(Event::ModeSet(ModeSet { mode }));
        if matches!(operator.command, Command::Kill | Command::Flatten) {
            let text = format!("{} by the operator", operator.command);
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
            || (key.sleeve == adopt.sleeve
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
            self.emit(Event::Adopted(Adopted { holding, qty: adopt.qty }));
        }
        if self.state.holding(holding).frozen.is_some() {
            self.emit(Event::Thawed(Thawed { holding }));
        }
    }

    /// Nothing is held but what is too small to be sold.
    fn is_flat(&self) -> bool {
        self.state.holdings.iter().zip(&self.config.holdings).all(|(h, key)| {
            let rules = &self.config.instruments[key.instrument.ix()];
            h.own.abs() < rules.lot.max(rules.min_qty)
        })
    }

    /// A flatten ends halted, once nothing is held and nothing is open.
    pub fn finish_flatten(&mut self) {
        if self.state.mode == Mode::Flattening
            && self.state.orders.open.is_empty()
            && self.is_flat()
        {
            self.emit(Event::ModeSet(ModeSet { mode: Mode::Halted }));
        }
    }
}
