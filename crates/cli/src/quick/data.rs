//! What the market's file is about: which of the wanted symbols are in it, on which grid their
//! prices lie, and how far its time goes.

use super::ask;
use crate::args::{End, Quick};
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use truefill_core::num::{NANO, Px};
use truefill_core::time::Nanos;
use truefill_market::columns::{BarSpec, QuoteSpec, Session, StampSide};
use truefill_market::error::MarketError;
use truefill_market::inspect::{open_bars_of, open_quotes_of};
use truefill_market::source::{Bars, Quotes, TickKind};
use truefill_market::symbols::Symbols;
use truefill_market::wanted::Table;
use truefill_market::zone::Zone;

/// Prices looked at to find a grid; more change nothing.
const LOOKED_AT_MAX: usize = 200_000;

/// One symbol of the market.
#[derive(Clone, Debug)]
pub(super) struct Traded {
    /// Its name.
    pub(super) symbol: Arc<str>,
    /// The price step: read off the prices, or what was said.
    pub(super) tick: Px,
}

/// The market's file.
#[derive(Clone, Debug)]
pub(super) struct Data {
    /// The symbols that are wanted, in order of name.
    pub(super) traded: Vec<Traded>,
    /// First and last moment of the file, as far as it was read.
    pub(super) span: (Nanos, Nanos),
    /// The length of bars, where there are bars with one.
    pub(super) period_ns: Option<i64>,
    /// It was not declared.
    pub(super) period_inferred: bool,
    /// Some bars have no volume, and others have.
    pub(super) untraded: bool,
}

/// Greatest common divisor and largest of the prices of a symbol.
#[derive(Clone, Copy, Debug, Default)]
struct Grid {
    common: i128,
    highest: i128,
}

impl Data {
    pub(super) fn read(
        quick: &Quick,
        zone: Option<Zone>,
        session: Option<Session>,
        table: &Table,
    ) -> Result<Self, Failure> {
        let wanted: BTreeSet<Arc<str>> =
            table.rows.iter().map(|row| Arc::clone(&row.symbol)).collect();
        let names: Vec<Arc<str>> = wanted.into_iter().collect();
        let symbols = || Symbols::from_names(names.iter().map(|name| &**name));
        let mut seen = Seen::new(names.len());
        match (&quick.bars, &quick.quotes) {
            (Some(path), _) => {
                let spec = bar_spec(quick, zone, session)?;
                let symbols = symbols().map_err(|e| ask::failure(&e))?;
                adjusted(quick, path, &spec, &symbols)?;
                let spec = spec.adjusted(quick.adjusted == Some(true));
                seen.bars(path, &spec, symbols)
            }
            (None, Some(path)) => seen.quotes(
                path,
                &quote_spec(quick, zone)?,
                symbols().map_err(|e| ask::failure(&e))?,
            ),
            (None, None) => Ok(()),
        }
        .map_err(|error| ask::failure(&error))?;
        if let (Some(path), true, None) =
            (&quick.bars, seen.no_volume && !seen.volume, &quick.assume_volume)
        {
            return Err(Failure::Input(format!(
                "{}: no bar has a volume, so nobody knows how much could have been traded; nothing \
                 was started\n  add --assume-volume, for example --assume-volume 100000",
                path.display()
            )));
        }
        let declared = quick.tick.as_deref().map(|text| positive(text, "--tick")).transpose()?;
        let traded = names.iter().zip(&seen.grids).map(|(symbol, grid)| Traded {
            symbol: Arc::clone(symbol),
            tick: declared.map_or_else(|| grid.tick(), Px),
        });
        Ok(Self {
            traded: traded.collect(),
            span: seen.span.unwrap_or((Nanos(0), Nanos(0))),
            period_ns: seen.period_ns,
            period_inferred: seen.period_inferred,
            untraded: seen.no_volume && seen.volume,
        })
    }
}

/// Refuses bars with two scales of prices where nothing says which one the targets are on, and
/// an answer that the file does not bear out.
fn adjusted(quick: &Quick, path: &Path, spec: &BarSpec, symbols: &Symbols) -> Result<(), Failure> {
    let both = two_scales(path, spec, symbols).map_err(|error| ask::failure(&error))?;
    let what = match (both, quick.adjusted) {
        (true, None) => {
            "the file has closes and adjusted closes, and they differ: the targets are about one \
             of the two; nothing was started\n  add --adjusted yes if the backtest ran on \
             adjusted prices (most libraries' default), or --adjusted no if it ran on raw ones"
        }
        (false, Some(true)) => {
            "--adjusted yes, and the file has no adjusted closes that differ from its closes; \
             nothing was started; take the flag out, or use bars with a column `Adj Close`"
        }
        _ => return Ok(()),
    };
    Err(Failure::Input(format!("{}: {what}", path.display())))
}

/// True if some adjusted close is not the close.
fn two_scales(path: &Path, spec: &BarSpec, symbols: &Symbols) -> Result<bool, MarketError> {
    let mut raw = open_bars_of(path, spec, symbols.clone())?;
    let mut adjusted = open_bars_of(path, &spec.clone().adjusted(true), symbols.clone())?;
    while let (Some(raw), Some(adjusted)) = (raw.next()?, adjusted.next()?) {
        if raw.close != adjusted.close {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What has been seen of the file.
struct Seen {
    grids: Vec<Grid>,
    span: Option<(Nanos, Nanos)>,
    period_ns: Option<i64>,
    period_inferred: bool,
    no_volume: bool,
    volume: bool,
}

impl Seen {
    fn new(symbols: usize) -> Self {
        Self {
            grids: vec![Grid::default(); symbols],
            span: None,
            period_ns: None,
            period_inferred: false,
            no_volume: false,
            volume: false,
        }
    }

    fn bars(&mut self, path: &Path, spec: &BarSpec, symbols: Symbols) -> Result<(), MarketError> {
        let mut bars = open_bars_of(path, spec, symbols)?;
        let census = bars.census();
        (self.period_ns, self.period_inferred) = (census.period_ns, census.period_inferred);
        let mut count = 0;
        while let Some(bar) = bars.next()? {
            self.time(bar.open_time, bar.end_time);
            self.no_volume |= bar.volume.is_zero();
            self.volume |= !bar.volume.is_zero();
            if count < LOOKED_AT_MAX {
                count += 1;
                let prices = [bar.open, bar.high, bar.low, bar.close];
                prices.iter().for_each(|px| self.grids[bar.instrument.ix()].add(*px));
            }
        }
        Ok(())
    }

    fn quotes(
        &mut self,
        path: &Path,
        spec: &QuoteSpec,
        symbols: Symbols,
    ) -> Result<(), MarketError> {
        let mut quotes = open_quotes_of(path, spec, symbols)?;
        let mut count = 0;
        while let Some(tick) = quotes.next()? {
            self.time(tick.time(), tick.time());
            if let (TickKind::Quote(quote), true) = (&tick.kind, count < LOOKED_AT_MAX) {
                count += 1;
                let grid = &mut self.grids[tick.instrument.ix()];
                grid.add(quote.bid_px);
                grid.add(quote.ask_px);
            }
        }
        Ok(())
    }

    fn time(&mut self, from: Nanos, until: Nanos) {
        let (first, last) = self.span.unwrap_or((from, until));
        self.span = Some((first.min(from), last.max(until)));
    }
}

impl Grid {
    fn add(&mut self, px: Px) {
        let (mut a, mut b) = (self.common, px.0);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        (self.common, self.highest) = (a, self.highest.max(px.0));
    }

    /// The coarsest of 1, 0.5, 0.2, 0.1 and so on that all prices lie on; where they lie on none
    /// that a market could have (adjusted prices do), a cent, or less for cheap instruments.
    fn tick(self) -> Px {
        let finest = (self.highest / 1_000_000).max(1);
        let mut power = NANO;
        while power >= 1 {
            for step in [power, power / 2, power / 5] {
                if step >= finest && step > 0 && self.common % step == 0 && self.common > 0 {
                    return Px(step);
                }
            }
            power /= 10;
        }
        let mut step = NANO / 100;
        while step > 1 && self.highest / step < 1_000 {
            step /= 10;
        }
        Px(step)
    }
}

fn bar_spec(
    quick: &Quick,
    zone: Option<Zone>,
    session: Option<Session>,
) -> Result<BarSpec, Failure> {
    let mut spec = BarSpec::new();
    if let Some(side) = quick.stamp {
        spec = spec.stamp(match side {
            End::Open => StampSide::Open,
            End::Close => StampSide::Close,
        });
    }
    if let Some(period) = &quick.period {
        let ns = crate::config::duration_of_text(period).ok_or_else(|| {
            Failure::Input(format!(
                "--period {period}: not a time; nothing was started; write 1m, 5m, 1h"
            ))
        })?;
        spec = spec.period_ns(ns);
    }
    spec = zone.map_or(spec.clone(), |zone| spec.zone(zone));
    spec = session.map_or(spec.clone(), |session| spec.session(session));
    Ok(match &quick.symbol {
        Some(symbol) => spec.symbol(symbol.as_str()),
        None => spec,
    })
}

fn quote_spec(quick: &Quick, zone: Option<Zone>) -> Result<QuoteSpec, Failure> {
    let mut spec = QuoteSpec::new();
    spec = zone.map_or(spec.clone(), |zone| spec.zone(zone));
    if let Some(symbol) = &quick.symbol {
        spec = spec.symbol(symbol.as_str());
    }
    if let Some(size) = &quick.assume_size {
        spec = spec.size(truefill_core::num::Qty(positive(size, "--assume-size")?));
    }
    Ok(spec)
}

/// A decimal above zero, in steps of 1e-9.
pub(super) fn positive(text: &str, flag: &str) -> Result<i128, Failure> {
    let read = truefill_core::num::parse_decimal(text, truefill_core::num::PLACES);
    read.ok().filter(|raw| *raw > 0).ok_or_else(|| {
        Failure::Input(format!(
            "{flag} {text}: not a number above zero with at most nine places; nothing was started"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(prices: &[&str]) -> String {
        let mut grid = Grid::default();
        prices.iter().for_each(|px| grid.add(px.parse().expect("a price")));
        grid.tick().to_string()
    }

    #[test]
    fn the_grid_is_the_coarsest_that_fits() {
        assert_eq!(tick(&["100.05", "99.90", "101"]), "0.05");
        assert_eq!(tick(&["100", "250"]), "1");
        assert_eq!(tick(&["0.00012345", "0.00012341"]), "0.00000001");
        assert_eq!(tick(&["1.0812", "1.0815"]), "0.0001");
        assert_eq!(tick(&["3.475659443", "3.057989146"]), "0.001", "adjusted prices have no grid");
        assert_eq!(tick(&["85.342419511", "84.1"]), "0.01");
    }
}
