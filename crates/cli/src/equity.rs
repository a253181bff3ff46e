//! Theory and live profit over time, read off the ledger's own lines.

use std::collections::BTreeMap;
use truefill_core::time::Nanos;
use truefill_gap::Decimal;
use truefill_gap::ledger::{Book, Entry, Line};
use truefill_report::Point;

/// One book: cash, and position by symbol.
#[derive(Default)]
struct Side {
    cash: Decimal,
    held: BTreeMap<String, Decimal>,
}

impl Side {
    fn trade(&mut self, symbol: &str, qty: &Decimal, px: &Decimal, multiplier: &Decimal) {
        self.cash -= &(&(qty * px) * multiplier);
        *self.held.entry(symbol.to_owned()).or_default() += qty;
    }

    fn value(&self, marks: &BTreeMap<String, Decimal>, by: &BTreeMap<String, Decimal>) -> Decimal {
        let mut value = self.cash.clone();
        for (symbol, qty) in &self.held {
            if let (Some(mark), Some(multiplier)) = (marks.get(symbol), by.get(symbol)) {
                value += &(&(qty * mark) * multiplier);
            }
        }
        value
    }
}

/// A point after every line that moved money or marks, at the line's own time.
pub fn curve(entries: &[Entry]) -> Vec<Point> {
    let (mut theory, mut live) = (Side::default(), Side::default());
    let (mut marks, mut multipliers) = (BTreeMap::new(), BTreeMap::new());
    let mut points: Vec<Point> = Vec::new();
    for entry in entries {
        match &entry.line {
            Line::Instrument { symbol, multiplier } => {
                multipliers.insert(symbol.clone(), multiplier.clone());
                continue;
            }
            Line::Mark { symbol, px, .. } => drop(marks.insert(symbol.clone(), px.clone())),
            Line::TheoryFill { symbol, qty, px, .. } => {
                theory.trade(symbol, qty, px, &multiplier(&multipliers, symbol));
            }
            Line::Fill { symbol, qty, px, .. } | Line::External { symbol, qty, px, .. } => {
                live.trade(symbol, qty, px, &multiplier(&multipliers, symbol));
            }
            Line::Fee { book: Book::Theory, amount, .. } => theory.cash -= amount,
            Line::Fee { book: Book::Live, amount, .. } => live.cash -= amount,
            _ => continue,
        }
        let Some(time) = entry.t.as_ref().and_then(|t| t.as_nanos()).map(Nanos) else { continue };
        let point = Point {
            time,
            theory: theory.value(&marks, &multipliers),
            live: live.value(&marks, &multipliers),
        };
        match points.last_mut() {
            Some(last) if last.time == time => *last = point,
            _ => points.push(point),
        }
    }
    points
}

fn multiplier(multipliers: &BTreeMap<String, Decimal>, symbol: &str) -> Decimal {
    multipliers.get(symbol).cloned().unwrap_or_else(|| Decimal::from(1))
}
