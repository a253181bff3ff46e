//! A sign of life on standard error for runs that take long; silent where there is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use truefill_market::dirt::DirtReport;
use truefill_market::error::MarketError;
use truefill_market::source::{Depth, Grade, Quotes, Tick};

/// Ticks between two looks at the clock: a look costs more than a tick.
const STRIDE: u64 = 1 << 14;

/// Quotes that are counted while they pass.
pub struct Watched {
    inner: Box<dyn Quotes>,
    bar: ProgressBar,
    ticks: u64,
}

impl Watched {
    /// Watches a source under this name.
    pub fn new(inner: Box<dyn Quotes>, name: &str) -> Self {
        let style = ProgressStyle::with_template(
            "{spinner} {prefix}: {human_pos} ticks, {msg} ({elapsed})",
        );
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { inner, bar, ticks: 0 }
    }
}

impl Quotes for Watched {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        let tick = self.inner.next()?;
        self.ticks += 1;
        if self.ticks.is_multiple_of(STRIDE)
            && let Some(tick) = &tick
        {
            self.bar.set_position(self.ticks);
            self.bar.set_message(format!("market time {}", tick.time()));
        }
        if tick.is_none() {
            self.bar.set_message("settling");
        }
        Ok(tick)
    }

    fn depth(&self) -> Option<Depth<'_>> {
        self.inner.depth()
    }

    fn grade(&self) -> Grade {
        self.inner.grade()
    }

    fn dirt(&self) -> &DirtReport {
        self.inner.dirt()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
