//! The report for programs: one JSON document, and the leaves as CSV.
//!
//! Entry points: [`json`] and [`csv`].
//!
//! Invariants:
//! - Amounts and quantities are decimal text with every digit; instants are RFC 3339 in UTC.
//! - The document begins with the fields of the gap report itself, so whatever reads that
//!   reads this.

use crate::run::{Fact, Incident, PositionRow, RunPage};
use crate::trading::Trading;
use serde::Serialize;
use std::fmt::Write;
use truefill_gap::{Decimal, Report};

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    gap: &'a Report,
    title: &'a str,
    subtitle: &'a str,
    currency: &'a str,
    grade: &'a str,
    synthetic: bool,
    facts: &'a [Fact],
    incidents: Vec<IncidentFields<'a>>,
    positions: Vec<PositionFields<'a>>,
    trading: &'a Trading,
    excused: &'a [String],
}

#[derive(Serialize)]
struct IncidentFields<'a> {
    time: String,
    code: &'a str,
    subject: &'a str,
    text: &'a str,
    consequence: &'a str,
}

#[derive(Serialize)]
struct PositionFields<'a> {
    symbol: &'a str,
    target: &'a Decimal,
    engine: &'a Decimal,
    broker: &'a Decimal,
    agrees: bool,
}

impl<'a> From<&'a Incident> for IncidentFields<'a> {
    fn from(incident: &'a Incident) -> Self {
        let Incident { time, code, subject, text, consequence } = incident;
        IncidentFields { time: time.to_string(), code, subject, text, consequence }
    }
}

impl<'a> From<&'a PositionRow> for PositionFields<'a> {
    fn from(row: &'a PositionRow) -> Self {
        let PositionRow { symbol, target, engine, broker } = row;
        PositionFields { symbol, target, engine, broker, agrees: row.agrees() }
    }
}

/// The run as one indented JSON document: the gap report, then facts, incidents,
/// positions, and what gates and rules did.
///
/// ```
/// let ledger = "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D1\"}\n\
///               {\"ev\":\"day_end\",\"marks\":{}}\n";
/// let page = truefill_report::RunPage::from(truefill_gap::report_of_reader(ledger.as_bytes())?);
/// assert!(truefill_report::json(&page).starts_with("{\n  \"theory_pnl\": \"0\","));
/// # Ok::<(), truefill_gap::GapError>(())
/// ```
#[must_use]
pub fn json(page: &RunPage) -> String {
    let document = Document {
        gap: &page.gap,
        title: &page.title,
        subtitle: &page.subtitle,
        currency: &page.currency,
        grade: &page.grade,
        synthetic: page.synthetic,
        facts: &page.facts,
        incidents: page.incidents.iter().map(IncidentFields::from).collect(),
        positions: page.positions.iter().map(PositionFields::from).collect(),
        trading: &page.trading,
        excused: &page.excused,
    };
    // Only a key that is no text or a writer that fails could make this fail; there is neither.
    serde_json::to_string_pretty(&document)
        .unwrap_or_else(|error| format!("{{\"error\": {:?}}}", error.to_string()))
}

/// The leaves of a gap report as CSV: `day,strategy,symbol,cause,amount`, a cost positive.
///
/// The amounts of all lines add up to the gap, exactly. Charges that name no symbol have an
/// empty one.
#[must_use]
pub fn csv(gap: &Report) -> String {
    let mut lines = String::from("day,strategy,symbol,cause,amount\n");
    for leaf in gap.leaves() {
        for field in [leaf.day, leaf.strategy, leaf.symbol.unwrap_or("")] {
            push_field(&mut lines, field);
            lines.push(',');
        }
        // Writing to memory does not fail.
        let _ = writeln!(lines, "{},{}", leaf.cause, leaf.amount);
    }
    lines
}

/// A field as RFC 4180 has it: in quotes where it holds a separator.
fn push_field(line: &mut String, field: &str) {
    if !field.contains([',', '"', '\n', '\r']) {
        line.push_str(field);
        return;
    }
    line.push('"');
    line.push_str(&field.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_separators_are_quoted() {
        let mut line = String::new();
        for field in ["plain", "a,b", "say \"x\"", "two\nlines", ""] {
            push_field(&mut line, field);
            line.push(';');
        }
        assert_eq!(line, "plain;\"a,b\";\"say \"\"x\"\"\";\"two\nlines\";;");
    }
}
