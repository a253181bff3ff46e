//! Market data and strategies of a setup, opened.
//!
//! Entry points: [`Setup::open_market`], [`Setup::open_strategies`].

use std::fmt;
use std::path::Path;

use truefill_core::config::Holding;
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::time::Nanos;
use truefill_market::columns::ColumnBars;
use truefill_market::demo;
use truefill_market::error::{ErrorKind, MarketError};
use truefill_market::inspect::{open_bars_of, open_quotes_of};
use truefill_market::points::BarPoints;
use truefill_market::source::Quotes;
use truefill_market::symbols::Symbols;
use truefill_market::synthetic::{LABEL, Walk};
use truefill_market::targets::Targets;
use truefill_market::wanted::{self, WantedSpec};
use truefill_sim::strategy::{Imbalance, Listed, Once, Strategy, Wish};

use super::error::{escaped, shown};
use super::keys::nearest;
use super::{MarketSpec, Setup, StrategySpec};

/// Why the strategies of a setup cannot start.
#[derive(Debug)]
pub enum OpenError {
    /// Market data or a target file.
    Market(MarketError),
    /// A target file that does not fit the configuration.
    Targets(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market(error) => write!(f, "{error}"),
            Self::Targets(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<MarketError> for OpenError {
    fn from(error: MarketError) -> Self {
        Self::Market(error)
    }
}

impl Setup {
    /// True if the quotes are made up: whatever is shown from them must say so.
    #[must_use]
    pub const fn is_synthetic(&self) -> bool {
        matches!(self.market, MarketSpec::Synthetic { .. })
    }

    /// Where the quotes come from, in words.
    #[must_use]
    pub fn data_words(&self) -> String {
        match &self.market {
            MarketSpec::Demo => {
                let names = self.config.instruments.iter().map(|i| i.symbol.as_str());
                let names: Vec<&str> = names.collect();
                format!("three minutes of real quotes of {}", names.join(", "))
            }
            MarketSpec::File { path, .. } => format!("quotes of {}", path.display()),
            MarketSpec::Bars { path, .. } => format!("bars of {}", path.display()),
            MarketSpec::Live { .. } => "the broker's stream".to_owned(),
            MarketSpec::Synthetic { spec } => format!("{} names of {LABEL}", spec.instruments),
        }
    }

    /// The quotes, from their beginning.
    ///
    /// # Errors
    /// [`MarketError`] when they cannot be opened.
    pub fn open_market(&self) -> Result<Box<dyn Quotes>, MarketError> {
        Ok(match &self.market {
            MarketSpec::Demo => Box::new(demo::quotes()?),
            MarketSpec::File { path, spec } => {
                open_quotes_of(path, spec, Symbols::new(&self.config.instruments)?)?
            }
            MarketSpec::Bars { path, spec, points, .. } => {
                let instruments = &self.config.instruments;
                let bars = open_bars_of(path, spec, Symbols::new(instruments)?)?;
                let grids = BarPoints::<ColumnBars>::grids(instruments);
                Box::new(BarPoints::new(bars, grids, *points)?)
            }
            // Only a node has the stream; nothing is recorded of it here.
            MarketSpec::Live { .. } => Box::new(Walk::new(Default::default())?),
            MarketSpec::Synthetic { spec } => Box::new(Walk::new(spec.clone())?),
        })
    }

    /// The strategies, before their first decision.
    ///
    /// # Errors
    /// [`OpenError`] when market data or a target file cannot be used.
    pub fn open_strategies(&self) -> Result<Vec<Box<dyn Strategy>>, OpenError> {
        let timed = self.strategies.iter().any(|spec| matches!(spec, StrategySpec::Hold { .. }));
        let first = if timed { self.open_market()?.next()? } else { None };
        self.open_strategies_at(first.map_or(Nanos(0), |tick| tick.time()))
    }

    /// The strategies of a run whose first quote is at `start`.
    ///
    /// # Errors
    /// [`OpenError`] when a target file cannot be used.
    pub fn open_strategies_at(&self, start: Nanos) -> Result<Vec<Box<dyn Strategy>>, OpenError> {
        let mut open: Vec<Box<dyn Strategy>> = Vec::new();
        for (at, spec) in self.strategies.iter().enumerate() {
            open.push(match spec {
                StrategySpec::Imbalance { legs, period_ns, threshold_pct } => {
                    Box::new(Imbalance::new(legs, *period_ns, *threshold_pct))
                }
                StrategySpec::Targets { path, name, spec } => {
                    let sleeve = u16::try_from(at + 1).map_or(SleeveId(u16::MAX), SleeveId);
                    let rows = match self.rows(path, name, sleeve) {
                        // Not truefill's own form: a table as libraries write it.
                        Err(OpenError::Market(error)) if is_a_table(&error, spec) => {
                            self.table(path, name, sleeve, spec)?
                        }
                        rows => rows?,
                    };
                    Box::new(Listed::new(rows))
                }
                StrategySpec::Run { .. } => {
                    return Err(OpenError::Targets(
                        "a strategy with `run` is a program that `truefill run` starts; nothing was \
                         started; to rehearse it, let it write a target file and name that in \
                         `targets`"
                            .to_owned(),
                    ));
                }
                StrategySpec::Hold { at_ns_after_start, wishes } => {
                    let wish = |(holding, qty): &(HoldingId, _)| Wish {
                        holding: *holding,
                        qty: *qty,
                        px: None,
                        stop: None,
                    };
                    let wishes = wishes.iter().map(wish).collect();
                    Box::new(Once::new(start.plus(*at_ns_after_start), wishes))
                }
            });
        }
        Ok(open)
    }

    /// The rows of one strategy in a table of wanted positions.
    fn table(
        &self,
        path: &Path,
        name: &str,
        sleeve: SleeveId,
        spec: &WantedSpec,
    ) -> Result<Vec<(Nanos, Wish)>, OpenError> {
        let table = wanted::read(path, spec)?;
        let refuse = |line: u64, what: String| {
            let path = escaped(&path.display().to_string());
            OpenError::Targets(format!("{path}:{line}: {what}; nothing was started"))
        };
        // A table without a column of strategies belongs to whoever reads it.
        let nameless = table.rows.iter().all(|row| &*row.strategy == wanted::STRATEGY);
        let mut rows = Vec::new();
        for row in table.rows.iter().filter(|row| nameless || &*row.strategy == name) {
            let Some(holding) = self.holding(sleeve, &row.symbol) else {
                let known = self.config.instruments.iter().map(|i| i.symbol.as_str());
                let near = nearest(&row.symbol, known);
                let action = near.map_or_else(
                    || "add it there, or take the row out".to_owned(),
                    |near| format!("did you mean {}?", shown(near)),
                );
                return Err(refuse(
                    row.line,
                    format!(
                        "{} is not traded by strategy {}; {action}",
                        shown(&row.symbol),
                        shown(name)
                    ),
                ));
            };
            rows.push((row.time, Wish { holding, qty: row.size, px: row.px, stop: None }));
        }
        if rows.is_empty() {
            return Err(refuse(1, format!("there is no row of strategy {}", shown(name))));
        }
        Ok(rows)
    }

    /// The holding of a strategy in a symbol.
    fn holding(&self, sleeve: SleeveId, symbol: &str) -> Option<HoldingId> {
        let fits = |h: &Holding| {
            h.has(sleeve) && self.config.instruments[h.instrument.ix()].symbol == symbol
        };
        let at = self.config.holdings.iter().position(fits)?;
        u32::try_from(at).ok().map(HoldingId)
    }

    /// The rows of one strategy in a target file.
    fn rows(
        &self,
        path: &Path,
        name: &str,
        sleeve: SleeveId,
    ) -> Result<Vec<(Nanos, Wish)>, OpenError> {
        let names = self.config.strategies.iter().map(|strategy| strategy.name.as_str());
        let symbols = Symbols::new(&self.config.instruments)?;
        let mut targets = Targets::open(path, symbols)?.only(names);
        let refuse = |what: &str| {
            let path = escaped(&path.display().to_string());
            OpenError::Targets(format!("{path}: {what}; nothing was started"))
        };
        let mut rows = Vec::new();
        while let Some(row) = targets.next()? {
            if *row.strategy != *name {
                continue;
            }
            let holdings = &self.config.holdings;
            let own = holdings.iter().position(|h| h.has(sleeve) && h.instrument == row.instrument);
            let Some(holding) = own.and_then(|at| u32::try_from(at).ok()).map(HoldingId) else {
                let symbol = &self.config.instruments[row.instrument.ix()].symbol;
                return Err(refuse(&format!(
                    "the row of {} wants {symbol}, which is not among `symbols` of strategy \
                     `{name}`; add it there or take the row out",
                    row.time
                )));
            };
            rows.push((row.time, Wish { holding, qty: row.target, px: row.price, stop: row.stop }));
        }
        if rows.is_empty() {
            return Err(refuse(&format!(
                "there is no row of strategy `{name}`; the column `strategy` must hold the NAME \
                 of [strategy.NAME]"
            )));
        }
        Ok(rows)
    }
}

/// The strict reader does not know the form, or times that the table's own words settle.
fn is_a_table(error: &MarketError, spec: &WantedSpec) -> bool {
    error.kind() == ErrorKind::Header
        || (error.kind() == ErrorKind::Time && *spec != WantedSpec::default())
}
