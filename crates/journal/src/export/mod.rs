//! Tables for people: orders, fills, positions, targets, drifts as CSV or JSON Lines.
//!
//! Entry points: [`export`], [`What`], [`Format`].
//!
//! Tables are folds over the stored events with the core's own state types, so they agree with
//! the engine by construction. Every row names the record (`seq`) it comes from, its strategy,
//! symbol and product; times are RFC 3339, decimals are exact.
//!
//! | table | a row for each | memory |
//! |---|---|---|
//! | orders | order, with what became of it | orders |
//! | fills | execution, each once, busted ones marked | orders |
//! | positions | change of a position; the last row of a symbol is where it stands | holdings |
//! | targets | accepted target | bounded |
//! | drifts | correction, freeze, thaw, adoption | bounded |
//! | records | record, its fields as JSON | bounded |

mod orders;
mod rows;
mod table;

use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;

use truefill_core::config::Config;
use truefill_core::event::Event;
use truefill_core::ids::{HoldingId, MANUAL, SleeveId};
use truefill_core::time::Nanos;

pub use table::Format;

use crate::content::Content;
use crate::error::{JournalError, Result};
use crate::segments::Segments;
use crate::store::{Journal, Stored};
use table::{Cell, Table};

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Orders and what became of them.
    Orders,
    /// Executions.
    Fills,
    /// Changes of positions.
    Positions,
    /// Accepted targets.
    Targets,
    /// What reconciliation did.
    Drifts,
    /// All records.
    Records,
}

impl What {
    /// Every table.
    pub const ALL: &'static [Self] =
        &[Self::Orders, Self::Fills, Self::Positions, Self::Targets, Self::Drifts, Self::Records];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Fills => "fills",
            Self::Positions => "positions",
            Self::Targets => "targets",
            Self::Drifts => "drifts",
            Self::Records => "records",
        }
    }

    /// The table with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|what| what.as_str() == text)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes a table of the journal.
///
/// # Errors
/// When the journal cannot be read or the output not be written.
pub fn export(
    journal: &dyn Journal,
    what: What,
    format: Format,
    out: &mut dyn Write,
) -> Result<()> {
    match what {
        What::Orders => fold(journal, out, format, &mut orders::Orders::default()),
        What::Fills => fold(journal, out, format, &mut orders::Fills::default()),
        What::Positions => fold(journal, out, format, &mut rows::Positions::default()),
        What::Targets => fold(journal, out, format, &mut rows::Targets),
        What::Drifts => fold(journal, out, format, &mut rows::Drifts),
        What::Records => rows::records(journal, out, format),
    }
}

/// Where an event stands.
struct At<'a> {
    seq: u64,
    time: Nanos,
    config: &'a Config,
}

impl At<'_> {
    /// Strategy, symbol and product of a holding, as the strategy's sleeve sees it.
    fn holding(&self, id: HoldingId) -> [Cell; 3] {
        let Some(holding) = self.config.holdings.get(id.ix()) else {
            return [Cell::Null, Cell::Null, Cell::Null];
        };
        let instrument = self.config.instruments.get(holding.instrument.ix());
        [
            Cell::from(self.strategy(holding.sleeve)),
            Cell::from(instrument.map(|found| found.symbol.as_str())),
            Cell::from(holding.product.as_str()),
        ]
    }

    fn strategy(&self, sleeve: SleeveId) -> &str {
        if sleeve == MANUAL {
            return "manual";
        }
        self.config.strategy(sleeve).map_or("", |strategy| &strategy.name)
    }
}

/// A fold over events that writes rows, while it reads or at the end.
trait Fold {
    const COLUMNS: &'static [&'static str];

    /// A segment begins.
    fn segment(&mut self, _seq: u64, _config: &Config) -> Result<()> {
        Ok(())
    }

    /// An input was passed.
    fn input(&mut self) {}

    fn event(&mut self, at: &At<'_>, event: &Event, table: &mut Table<'_>) -> Result<()>;

    fn finish(&mut self, _table: &mut Table<'_>) -> Result<()> {
        Ok(())
    }
}

fn fold<F: Fold>(
    journal: &dyn Journal,
    out: &mut dyn Write,
    format: Format,
    rows: &mut F,
) -> Result<()> {
    let mut table = Table::new(out, format, F::COLUMNS)?;
    let mut segments = Segments::new(journal)?;
    let mut current: Option<Config> = None;
    journal.scan(1, &mut |record| {
        for (_, config) in segments.entered_at(record.seq)? {
            rows.segment(record.seq, &config)?;
            current = Some(config);
        }
        match (Content::of(&record)?, &current) {
            (Content::Input(_), _) => rows.input(),
            (Content::Event(event), Some(config)) => {
                let at = At { seq: record.seq, time: record.time, config };
                rows.event(&at, &event, &mut table)?;
            }
            (Content::Event(_), None) => return Err(no_segment(&record)),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    rows.finish(&mut table)?;
    table.finish()
}

fn no_segment(record: &Stored<'_>) -> JournalError {
    JournalError::damaged(record.seq, "it belongs to no segment")
}
