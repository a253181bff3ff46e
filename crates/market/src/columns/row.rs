//! A row of a file as numbers.
//!
//! Entry points: `RowReader`, `BarRow`.

use truefill_core::num::{DecimalError, PLACES, Px, Qty};
use truefill_core::time::Nanos;

use crate::cells::{Cell, Problem};
use crate::columns::layout::{Layout, Unclear, Values, Want, cells, understand};
use crate::columns::spec::Shape;
use crate::columns::timing::{Placed, Timing, Unplaced};
use crate::error::{ErrorKind, MarketError, Place, shown};
use crate::lines::Lines;
use crate::rounded::half_even;
use crate::stamp::{self, Stamp};

/// Rows of a file whose columns are understood.
#[derive(Debug)]
pub(crate) struct RowReader {
    lines: Lines,
    /// The first line, where it is a row.
    first: Option<String>,
    pub(crate) layout: Layout,
    shape: Shape,
}

/// One line, split.
#[derive(Debug)]
pub(crate) struct Split<'a> {
    cells: Vec<Cell<'a>>,
    layout: &'a Layout,
    shape: &'a Shape,
    pub(crate) line: u64,
    pub(crate) place: Place,
}

/// The values of one quote; zeros for an absent side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuoteRow {
    /// Bid, ask.
    pub(crate) prices: [Px; 2],
    /// Their sizes, if the file has any.
    pub(crate) sizes: Option<[Qty; 2]>,
    pub(crate) rounded: bool,
}

/// The values of one bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BarRow {
    pub(crate) prices: [Px; 4],
    pub(crate) volume: Qty,
    pub(crate) adjusted: Option<Px>,
    pub(crate) rounded: bool,
}

impl RowReader {
    /// Understands the columns.
    pub(crate) fn new(mut lines: Lines, shape: &Shape, want: Want) -> Result<Self, MarketError> {
        let Some(first) = lines.next()?.map(str::to_owned) else {
            let action = "check that it is the file you meant";
            let place = lines.place(0);
            return Err(MarketError::row(ErrorKind::Header, place, "the file is empty", action));
        };
        let layout = understand(&first, shape, want).map_err(|unclear| match unclear {
            Unclear::Problem(p) => MarketError::row(p.kind, lines.place(0), p.cause, p.action),
            Unclear::Missing(ambiguity, what) => {
                MarketError::ambiguous(ambiguity, lines.place(0), what, "declare it")
            }
        })?;
        let first = (!layout.header).then_some(first);
        Ok(Self { lines, first, layout, shape: shape.clone() })
    }

    /// Gives the next line, split, to `read`; `None` at the end. Empty lines are passed over.
    pub(crate) fn next<T>(
        &mut self,
        read: impl FnOnce(&Split) -> Result<T, MarketError>,
    ) -> Result<Option<T>, MarketError> {
        let text = match self.first.take() {
            Some(first) => first,
            None => loop {
                match self.lines.next()? {
                    None => return Ok(None),
                    Some("") => {}
                    Some(line) => break line.to_owned(),
                }
            },
        };
        let cells: Vec<Cell> = cells(&text, self.layout.separator).collect();
        let (line, place) = (self.lines.line(), self.lines.place(0));
        if cells.len() != self.layout.width {
            let width = self.layout.width;
            return Err(MarketError::row(
                ErrorKind::Cells,
                place,
                format!("the row has {} cells instead of {width}: {}", cells.len(), shown(&text)),
                "write one row in one line, with one cell for each column of the first line",
            ));
        }
        let split = Split { cells, layout: &self.layout, shape: &self.shape, line, place };
        read(&split).map(Some)
    }

    pub(crate) fn place(&self) -> Place {
        self.lines.place(0)
    }

    pub(crate) const fn line(&self) -> u64 {
        self.lines.line()
    }
}

impl<'a> Split<'a> {
    fn cell(&self, at: usize, name: &'static str) -> Cell<'a> {
        let cell = self.cells.get(at).copied();
        Cell { name, ..cell.unwrap_or(Cell { name, column: 1, text: "" }) }
    }

    /// A problem as an error of this line.
    pub(crate) fn refuse(&self, p: Problem) -> MarketError {
        let place = Place { column: p.column, ..self.place.clone() };
        MarketError::row(p.kind, place, p.cause, p.action)
    }

    /// The symbol, if the row or the caller names one.
    pub(crate) fn symbol(&self) -> Cell<'a> {
        match self.layout.symbol {
            Some(at) => self.cell(at, "symbol"),
            None => Cell { name: "symbol", column: 1, text: "" },
        }
    }

    /// When, in UTC.
    pub(crate) fn time(&self, timing: &Timing, last: Option<Nanos>) -> Result<Placed, MarketError> {
        let cell = self.cell(self.layout.time, "time");
        let stamp = self.stamp(&cell).map_err(|p| self.refuse(p))?;
        timing.place(stamp, last, &cell).map_err(|unplaced| match unplaced {
            Unplaced::Problem(p) => self.refuse(p),
            Unplaced::Missing(ambiguity) => {
                let place = Place { column: cell.column, ..self.place.clone() };
                MarketError::ambiguous(ambiguity, place, shown(cell.text), "declare it")
            }
        })
    }

    fn stamp(&self, cell: &Cell) -> Result<Stamp, Problem> {
        let read = match (self.shape.day, self.layout.clock) {
            (Some(day), _) => stamp::millis_of_day(day, cell.text),
            (None, None) => stamp::parse(cell.text),
            (None, Some(clock)) => {
                let clock = self.cell(clock, "time of day");
                stamp::parse(&format!("{} {}", cell.text, clock.text))
            }
        };
        read.map_err(|e| {
            let allowed = "write an ISO date or time, YYYYMMDD HHMMSS, or a number since 1970";
            cell.problem(ErrorKind::Time, &e.to_string(), allowed)
        })
    }

    /// The bars of the row with their symbols; `None` for an empty cell of a table.
    pub(crate) fn bars(
        &self,
        mut each: impl FnMut(&str, Option<BarRow>) -> Result<(), MarketError>,
    ) -> Result<(), MarketError> {
        match &self.layout.values {
            Values::Bar(places, volume, adjusted) => {
                let symbol = match &self.shape.symbol {
                    Some(symbol) if self.layout.symbol.is_none() => symbol.as_str(),
                    _ => self.symbol().text,
                };
                if places.iter().any(|at| self.cell(*at, "price").is_empty()) {
                    return each(symbol, None);
                }
                each(symbol, Some(self.bar(places, *volume, *adjusted)?))
            }
            Values::Table(closes) => closes.iter().try_for_each(|(at, symbol)| {
                if self.cell(*at, "close").is_empty() {
                    return each(symbol, None);
                }
                each(symbol, Some(self.bar(&[*at; 4], None, None)?))
            }),
            Values::Quote(..) => Ok(()),
        }
    }

    fn bar(
        &self,
        places: &[usize; 4],
        volume: Option<usize>,
        adjusted: Option<usize>,
    ) -> Result<BarRow, MarketError> {
        let mut rounded = false;
        let mut prices = [Px::ZERO; 4];
        for ((px, at), name) in prices.iter_mut().zip(places).zip(["open", "high", "low", "close"])
        {
            *px = self.px(*at, name, &mut rounded)?;
        }
        let volume = match volume.map(|at| self.cell(at, "volume")) {
            Some(cell) if !cell.is_empty() => self.size(&cell, &mut rounded)?,
            _ => Qty::ZERO,
        };
        let adjusted = match adjusted {
            Some(at) if !self.cell(at, "adjusted close").is_empty() => {
                // It is only compared: its digits are nobody's money.
                Some(self.px(at, "adjusted close", &mut false)?)
            }
            _ => None,
        };
        Ok(BarRow { prices, volume, adjusted, rounded })
    }

    /// The quote of the row.
    pub(crate) fn quote(&self) -> Result<QuoteRow, MarketError> {
        let Values::Quote([bid, ask], sizes) = &self.layout.values else {
            return Ok(QuoteRow { prices: [Px::ZERO; 2], sizes: None, rounded: false });
        };
        let mut rounded = false;
        let mut side = |at: usize, name: &'static str| match self.cell(at, name).is_empty() {
            true => Ok(Px::ZERO),
            false => self.px(at, name, &mut rounded),
        };
        let prices = [side(*bid, "bid")?, side(*ask, "ask")?];
        let Some([bid_size, ask_size]) = sizes else {
            return Ok(QuoteRow { prices, sizes: None, rounded });
        };
        let mut size = |at: usize, name: &'static str| match self.cell(at, name) {
            cell if cell.is_empty() => Ok(Qty::ZERO),
            cell => self.size(&cell, &mut rounded),
        };
        let sizes = [size(*bid_size, "bid size")?, size(*ask_size, "ask size")?];
        Ok(QuoteRow { prices, sizes: Some(sizes), rounded })
    }

    fn px(&self, at: usize, name: &'static str, rounded: &mut bool) -> Result<Px, MarketError> {
        let cell = self.cell(at, name);
        let scaled = half_even(cell.text).and_then(|(raw, lost)| {
            let divisor = i128::from(self.shape.divisor.max(1));
            // The nearest; halves go away from zero.
            let px = raw.saturating_add(raw.signum() * (divisor / 2)) / divisor;
            *rounded |= lost || px * divisor != raw;
            Px(px).bounded()
        });
        scaled.map_err(|e| self.refuse(number(&cell, "a price of at most 1000000000", e)))
    }

    fn size(&self, cell: &Cell, rounded: &mut bool) -> Result<Qty, MarketError> {
        let size = half_even(cell.text).and_then(|(raw, lost)| {
            *rounded |= lost;
            Qty(raw).bounded()
        });
        match size {
            Ok(size) if size.0 >= 0 => Ok(size),
            Ok(_) => Err(self.refuse(cell.problem(
                ErrorKind::Number,
                "below zero",
                "write a quantity of zero or above",
            ))),
            Err(e) => Err(self.refuse(number(cell, "a quantity of at most 1000000000000", e))),
        }
    }
}

fn number(cell: &Cell, what: &str, error: DecimalError) -> Problem {
    let allowed = format!("write {what}; more than {PLACES} decimals are rounded");
    cell.problem(ErrorKind::Number, &error.to_string(), &allowed)
}
