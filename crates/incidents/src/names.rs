//! Names of a scenario and their ids in the engine's configuration.
//!
//! Invariant: every symbol is one instrument and one holding with the same number.

use crate::scenario::Scenario;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, UNKNOWN_INSTRUMENT};

/// The symbols and strategies of a scenario, in the order of their ids.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    symbols: Vec<String>,
    strategies: Vec<String>,
}

impl Names {
    /// All names of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        Self { symbols: scenario.symbols(), strategies: scenario.strategies() }
    }

    /// Symbols, by number.
    pub fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// Strategies; the first is sleeve 1.
    pub fn strategies(&self) -> &[String] {
        &self.strategies
    }

    /// The instrument of a symbol; an unknown one where the name is not known here.
    pub fn instrument(&self, symbol: &str) -> InstrumentId {
        let at = self.symbols.iter().position(|known| known == symbol);
        let at = at.and_then(|at| u32::try_from(at).ok());
        at.map_or(UNKNOWN_INSTRUMENT, InstrumentId)
    }

    /// The holding of a symbol.
    pub fn holding(&self, symbol: &str) -> HoldingId {
        HoldingId(self.instrument(symbol).0)
    }

    /// The symbol of an instrument.
    pub fn symbol(&self, instrument: InstrumentId) -> &str {
        self.symbols.get(instrument.ix()).map_or("?", String::as_str)
    }

    /// The sleeve of a strategy.
    pub fn sleeve(&self, strategy: &str) -> SleeveId {
        let at = self.strategies.iter().position(|known| known == strategy).unwrap_or(0);
        SleeveId(u16::try_from(at + 1).unwrap_or(u16::MAX))
    }
}
