//! Bars of several files as one source: a file per symbol, a file per day, or both.
//!
//! Entry points: [`open_all`], [`MergedBars`].
//!
//! Invariants: those of [`Bars`]. Where two files have the same bar, or bars that overlap, the one
//! that begins first is kept, of those that begin together that of the file named first; the other
//! is counted as `doubled` or `overlapping`.

use std::path::PathBuf;

use truefill_core::time::Nanos;

use crate::bars::Bar;
use crate::columns::bars::{ColumnBars, start};
use crate::columns::spec::BarSpec;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::lines::Input;
use crate::source::Bars;
use crate::symbols::Symbols;

/// Most files of one source: all of them are open at once.
pub const FILES_MAX: usize = 500;

/// Bars of several files in order of time.
#[derive(Debug)]
pub struct MergedBars {
    files: Vec<File>,
    /// Of every instrument, the beginning and the end of its last bar.
    last: Vec<Option<(Nanos, Nanos)>>,
    /// Of the merging itself.
    own: DirtReport,
    dirt: DirtReport,
    failed: Option<Place>,
}

#[derive(Debug)]
struct File {
    bars: ColumnBars,
    /// Its next bar; none at its end.
    next: Option<Bar>,
}

/// Opens files of bars of the instruments that `symbols` names; each file has some of them.
///
/// # Errors
/// As [`open_bars`](crate::columns::open_bars); of kind [`ErrorKind::Symbol`] when a symbol of
/// `symbols` is in no file, of kind [`ErrorKind::Declared`] for no file or more than
/// [`FILES_MAX`].
pub fn open_all(
    files: &[(PathBuf, BarSpec)],
    symbols: &Symbols,
) -> Result<MergedBars, MarketError> {
    if files.is_empty() || files.len() > FILES_MAX {
        let cause = format!("{} files of bars", files.len());
        return Err(MarketError::declared(cause, format!("name 1 to {FILES_MAX} files")));
    }
    let mut opened = Vec::new();
    for (path, spec) in files {
        let mut bars = start(&Input::Path(path.clone()), spec, Some(symbols.clone()))?;
        let next = bars.next()?;
        opened.push(File { bars, next });
    }
    let has = |symbol: &str| {
        let mut all = opened.iter().flat_map(|file| &file.bars.census().symbols);
        all.any(|one| one.symbol == symbol)
    };
    if let Some(absent) = symbols.names().find(|symbol| !has(symbol)) {
        let cause = format!("no file has a bar of {}", shown(absent));
        let action = "name the file that has it, or take the symbol out of the configuration";
        return Err(MarketError::declared(cause, action).of_kind(ErrorKind::Symbol));
    }
    let last = vec![None; symbols.names().count()];
    let mut merged = MergedBars {
        files: opened,
        last,
        own: DirtReport::NONE,
        dirt: DirtReport::NONE,
        failed: None,
    };
    merged.sum_up();
    Ok(merged)
}

impl MergedBars {
    fn advance(&mut self) -> Result<Option<Bar>, MarketError> {
        loop {
            let heads = self.files.iter().enumerate();
            let heads = heads.filter_map(|(at, file)| file.next.map(|bar| (at, bar)));
            let first = heads.min_by_key(|(at, bar)| (bar.open_time, bar.instrument, *at));
            let Some((at, bar)) = first else {
                self.sum_up();
                return Ok(None);
            };
            if let Some(file) = self.files.get_mut(at) {
                file.next = file.bars.next()?;
                if file.next.is_none() {
                    self.sum_up();
                }
            }
            let Some(last) = self.last.get_mut(bar.instrument.ix()) else { continue };
            match *last {
                Some((open, _)) if bar.open_time == open => self.own.doubled.count += 1,
                Some((_, end)) if bar.open_time < end => self.own.overlapping.count += 1,
                _ => {
                    *last = Some((bar.open_time, bar.end_time));
                    return Ok(Some(bar));
                }
            }
        }
    }

    /// What was wrong, over all files.
    fn sum_up(&mut self) {
        let mut sum = self.own.clone();
        for file in &self.files {
            sum.absorb(file.bars.dirt());
        }
        sum.bars = sum.bars.saturating_sub(self.own.doubled.count + self.own.overlapping.count);
        self.dirt = sum;
    }
}

impl Bars for MergedBars {
    fn next(&mut self) -> Result<Option<Bar>, MarketError> {
        if let Some(place) = &self.failed {
            return Err(MarketError::stopped(place.clone()));
        }
        let answer = self.advance();
        if let Err(error) = &answer {
            let nowhere = Place { file: "bars".into(), line: 0, column: 0 };
            self.failed = Some(error.place().cloned().unwrap_or(nowhere));
        }
        answer
    }

    /// Of all files as of when the latest of them ended; complete at the end.
    fn dirt(&self) -> &DirtReport {
        &self.dirt
    }
}
