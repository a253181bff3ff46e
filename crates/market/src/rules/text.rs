//! Instrument rules from a CSV table.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use truefill_core::num::{NANO, PLACES, Px, Qty, parse_decimal};

use super::ticks::{Tables, Ticks, TicksFrom, tables};
use super::{Band, HEADER, ROWS_MAX, Row, Rules};
use crate::cells::{Cell, Problem, split};
use crate::date::Date;
use crate::error::{ErrorKind, MarketError};
use crate::lines::Lines;
use crate::nearest::nearest;

const NAMES: [&str; 6] = ["symbol", "from", "lot", "tick", "freeze", "band"];
/// Places of a percentage: a hundredth of it is a share in parts of 1e-9.
const PERCENT_PLACES: u32 = 7;

impl Rules {
    /// Reads a table from a file, plain or gzip.
    ///
    /// # Errors
    /// A [`MarketError`] with the place of what cannot be read or contradicts itself.
    pub fn open(path: &Path) -> Result<Self, MarketError> {
        Self::read(Lines::open(path)?)
    }

    /// Reads a table from its text, under the name that messages shall use.
    ///
    /// # Errors
    /// As [`Rules::open`].
    pub fn from_text(file: &str, text: &str) -> Result<Self, MarketError> {
        Self::read(Lines::new(file, Cursor::new(text.as_bytes().to_vec()))?)
    }

    fn read(mut lines: Lines) -> Result<Self, MarketError> {
        let named = tables()?;
        let mut rules = Self::default();
        let mut rows = 0;
        if lines.next()? != Some(HEADER) {
            let cause = "the first line does not name the columns";
            let action = format!("let the first line be {HEADER}");
            return Err(MarketError::row(ErrorKind::Header, lines.place(1), cause, action));
        }
        loop {
            let row = match lines.next()? {
                None => return Ok(rules),
                Some("") => continue,
                Some(line) => rules.row(line, &named),
            };
            rows += 1;
            let row = if rows > ROWS_MAX { Err(too_many()) } else { row };
            if let Err(Problem { kind, column, cause, action }) = row {
                return Err(MarketError::row(kind, lines.place(column), cause, action));
            }
        }
    }

    fn row(&mut self, line: &str, named: &Tables) -> Result<(), Problem> {
        let [symbol, from, lot, tick, freeze, band] = split(line, &NAMES)?;
        if symbol.is_empty() {
            return Err(symbol.problem(ErrorKind::Symbol, "", "write the symbol"));
        }
        let date: Date = from.text.parse().map_err(|why: crate::date::NotADate| {
            from.problem(ErrorKind::Time, &why.to_string(), "write a date like 2026-08-03")
        })?;
        let lot_qty = above_zero(&lot)?;
        let freeze_qty = if freeze.is_empty() { None } else { Some(above_zero(&freeze)?) };
        if freeze_qty.is_some_and(|freeze| freeze < lot_qty) {
            let allowed = "write the largest order that is taken, or nothing";
            return Err(freeze.problem(ErrorKind::Number, "less than a lot", allowed));
        }
        let band = if band.is_empty() { None } else { Some(parse_band(&band)?) };
        let ticks = ticks(&tick, date, named)?;
        let row = Row { lot: lot_qty, ticks, freeze: freeze_qty, band };
        match self.rows.entry(symbol.text.to_owned()).or_default().insert(date, row) {
            None => Ok(()),
            Some(_) => {
                let why = "there is a row of that day for the symbol already";
                Err(symbol.problem(ErrorKind::Unordered, why, "write one row for each change"))
            }
        }
    }
}

/// The steps of a cell.
fn ticks(cell: &Cell<'_>, date: Date, named: &Tables) -> Result<TicksFrom, Problem> {
    if let Some((_, dated)) = named.iter().find(|(name, _)| name == cell.text) {
        if dated.first().is_none_or(|(first, _)| date < *first) {
            let why = "the table does not go back to the day of the row";
            return Err(cell.problem(ErrorKind::Time, why, "write the steps themselves"));
        }
        return Ok(TicksFrom::Table(Arc::clone(dated)));
    }
    Ticks::parse(cell.text).map(TicksFrom::Cell).ok_or_else(|| {
        let near = nearest(cell.text, named.iter().map(|(name, _)| name.as_str()));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        let allowed = format!(
            "{near}write a step like 0.05, steps like 0.01<250 0.05<=1000 0.1, or one of {names}"
        );
        cell.problem(ErrorKind::Number, "not price steps", &allowed)
    })
}

/// A quantity above zero, bounded.
fn above_zero(cell: &Cell<'_>) -> Result<Qty, Problem> {
    match cell.size()? {
        Qty::ZERO => Err(cell.problem(ErrorKind::Number, "zero", "write a quantity above zero")),
        qty => Ok(qty),
    }
}

/// `10%`, or a lower and an upper price: `1400.5-1711.5`.
fn parse_band(cell: &Cell<'_>) -> Result<Band, Problem> {
    let band = match cell.text.strip_suffix('%') {
        Some(percent) => parse_decimal(percent, PERCENT_PLACES)
            .ok()
            .filter(|parts| (1..NANO).contains(parts))
            .map(Band::Share),
        None => cell
            .text
            .split_once('-')
            .and_then(|(low, high)| {
                let px = |text: &str| Px(parse_decimal(text, PLACES).ok()?).bounded().ok();
                px(low).zip(px(high)).filter(|(low, high)| low < high)
            })
            .map(|(low, high)| Band::Prices(low, high)),
    };
    band.ok_or_else(|| {
        let allowed = "write a percentage above 0 and below 100, like 10%, or two prices, the lower \
                       first, like 1400.5-1711.5, or nothing";
        cell.problem(ErrorKind::Number, "not a band", allowed)
    })
}

fn too_many() -> Problem {
    Problem {
        kind: ErrorKind::Cells,
        column: 1,
        cause: format!("the table has more than {ROWS_MAX} rows"),
        action: "keep the instruments and days that are traded".to_owned(),
    }
}
