//! Symbols and the instruments they stand for.
//!
//! Entry point: [`Symbols`].
//!
//! Invariants:
//! 1. An instrument's id is its position in the list that [`Symbols`] was made from.
//! 2. A symbol can be written into a CSV cell as it is.

use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;

use crate::error::{MarketError, shown};
use crate::nearest::nearest;

/// Most bytes of a symbol.
pub const SYMBOL_BYTES_MAX: usize = 64;

/// The symbols a reader knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    names: Vec<String>,
    /// Positions in `names`, in order of name.
    sorted: Vec<InstrumentId>,
}

impl Symbols {
    /// The symbols of configured instruments.
    ///
    /// # Errors
    /// As [`Symbols::from_names`].
    pub fn new(instruments: &[Instrument]) -> Result<Self, MarketError> {
        Self::from_names(instruments.iter().map(|instrument| instrument.symbol.as_str()))
    }

    /// Symbols in the order of their ids.
    ///
    /// # Errors
    /// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for a symbol that occurs twice,
    /// is empty or too long, or holds a comma, a quotation mark, a control character or a space
    /// at an end.
    ///
    /// ```
    /// use truefill_core::ids::InstrumentId;
    /// use truefill_market::symbols::Symbols;
    /// let symbols = Symbols::from_names(["NSE:INFY", "NSE:SBIN"])?;
    /// assert_eq!(symbols.id("NSE:SBIN"), Some(InstrumentId(1)));
    /// # Ok::<(), truefill_market::error::MarketError>(())
    /// ```
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, MarketError> {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        for name in &names {
            let forbidden = |c: char| c.is_control() || c == ',' || c == '"';
            let fits = (1..=SYMBOL_BYTES_MAX).contains(&name.len()) && name.trim() == name;
            if !fits || name.contains(forbidden) {
                return Err(MarketError::declared(
                    format!("{} cannot be a symbol", shown(name)),
                    format!(
                        "use 1 to {SYMBOL_BYTES_MAX} bytes without commas, quotation marks, \
                         control characters, and spaces at the ends"
                    ),
                ));
            }
        }
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let mut sorted: Vec<InstrumentId> = (0..count).map(InstrumentId).collect();
        sorted.sort_by(|a, b| names[a.ix()].cmp(&names[b.ix()]));
        let twice = sorted.windows(2).find(|pair| match pair {
            [a, b] => names[a.ix()] == names[b.ix()],
            _ => false,
        });
        if let Some([twice, ..]) = twice {
            return Err(MarketError::declared(
                format!("the symbol {} is declared twice", shown(&names[twice.ix()])),
                "declare every instrument once",
            ));
        }
        Ok(Self { names, sorted })
    }

    /// The instrument of a symbol.
    #[must_use]
    pub fn id(&self, symbol: &str) -> Option<InstrumentId> {
        let at = self.sorted.binary_search_by(|id| self.names[id.ix()].as_str().cmp(symbol));
        at.ok().and_then(|at| self.sorted.get(at).copied())
    }

    /// The symbol of an instrument.
    #[must_use]
    pub fn name(&self, id: InstrumentId) -> Option<&str> {
        self.names.get(id.ix()).map(String::as_str)
    }

    /// All symbols, in the order of their ids.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// What to say about a symbol that is not known.
    pub(crate) fn advice(&self, symbol: &str) -> String {
        match nearest(symbol, self.names()) {
            Some(near) => format!("did you mean {}?", shown(near)),
            None if self.names.len() <= 8 => format!("known are {}", self.names.join(", ")),
            None => format!("{} symbols are known; add it to the configuration", self.names.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn ids_are_positions() {
        let symbols = Symbols::from_names(["C", "A", "B"]).unwrap();
        for (at, name) in ["C", "A", "B"].iter().enumerate() {
            let id = InstrumentId(u32::try_from(at).unwrap());
            assert_eq!(symbols.id(name), Some(id));
            assert_eq!(symbols.name(id), Some(*name));
        }
        assert_eq!(symbols.id("D"), None);
        assert_eq!(symbols.name(InstrumentId(3)), None);
    }

    #[test]
    fn what_would_break_a_file_is_no_symbol() {
        for bad in ["", " A", "A,B", "A\"", "A\n", &"x".repeat(65)] {
            let error = Symbols::from_names([bad]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Declared, "{bad}");
        }
        assert!(Symbols::from_names(["A", "B", "A"]).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_mistaken_symbol_gets_a_proposal() {
        let symbols = Symbols::from_names(["NSE:INFY", "NSE:SBIN"]).unwrap();
        assert_eq!(symbols.advice("NSE:INFI"), "did you mean `NSE:INFY`?");
        assert_eq!(symbols.advice("MCX:GOLD"), "known are NSE:INFY, NSE:SBIN");
    }
}
