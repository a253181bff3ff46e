//! Strategies that are a part of the program: they run inside the node, on its quotes.
//!
//! Entry points: [`BuiltIn`], [`Running`].
//!
//! Invariant: a strategy says what it wants and nothing else; what it says is a target like any
//! other, and in the journal before anything follows from it.

use crate::news::Wanted;
use std::fmt;
use std::sync::Arc;
use truefill_core::ids::{InstrumentId, SleeveId};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_sim::strategy::{Strategy, Wish};

/// Makes a strategy as it is before its first quote.
pub type Make = dyn Fn() -> Box<dyn Strategy + Send> + Send + Sync;

/// A strategy of the program, as a job names it.
///
/// ```
/// use std::sync::Arc;
/// use truefill_core::{ids::SleeveId, time::SECOND_NS};
/// use truefill_node::BuiltIn;
/// use truefill_sim::strategy::Imbalance;
/// let make = || -> Box<dyn truefill_sim::strategy::Strategy + Send> {
///     Box::new(Imbalance::new(&[], SECOND_NS, 60))
/// };
/// let one = BuiltIn { sleeve: SleeveId(1), make: Arc::new(make) };
/// assert_eq!(format!("{one:?}"), "BuiltIn { sleeve: SleeveId(1) }");
/// ```
#[derive(Clone)]
pub struct BuiltIn {
    /// Whose targets it declares.
    pub sleeve: SleeveId,
    /// How it is made; once for each start. It sees quotes and time. Bars it makes of quotes by
    /// itself, if it wants some.
    pub make: Arc<Make>,
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltIn").field("sleeve", &self.sleeve).finish()
    }
}

/// The strategies of a node that runs.
pub(crate) struct Running {
    all: Vec<(SleeveId, Box<dyn Strategy + Send>)>,
    wishes: Vec<Wish>,
    wanted: Vec<Wanted>,
}

impl Running {
    /// Before the first quote.
    pub fn new(jobs: &[BuiltIn]) -> Self {
        let all = jobs.iter().map(|job| (job.sleeve, (job.make)())).collect();
        Self { all, wishes: Vec::new(), wanted: Vec::new() }
    }

    /// A quote.
    pub fn quote(&mut self, id: InstrumentId, quote: &Quote) {
        for (sleeve, strategy) in &mut self.all {
            strategy.on_quote(id, quote, &mut self.wishes);
            self.wanted.extend(self.wishes.drain(..).map(|wish| wanted(*sleeve, &wish)));
        }
    }

    /// Time has passed.
    pub fn time(&mut self, now: Nanos) {
        for (sleeve, strategy) in &mut self.all {
            if strategy.next_time() <= now {
                strategy.on_time(now, &mut self.wishes);
                self.wanted.extend(self.wishes.drain(..).map(|wish| wanted(*sleeve, &wish)));
            }
        }
    }

    /// When one of them wants to be asked without a quote.
    pub fn next(&self) -> Nanos {
        let times = self.all.iter().map(|(_, strategy)| strategy.next_time());
        times.min().unwrap_or(Nanos::MAX)
    }

    /// What they want since the last time.
    pub fn take(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.wanted)
    }
}

fn wanted(sleeve: SleeveId, wish: &Wish) -> Wanted {
    let Wish { holding, qty, px, stop } = *wish;
    Wanted { sleeve, holding, qty, decided: None, px, stop }
}
