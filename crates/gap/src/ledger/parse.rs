//! From one line of text to one [`Entry`].
//!
//! Entry point: [`parse`].

use super::fields::{Fields, kind_of};
use super::line::EVENTS;
use super::{Book, ClosingMarks, Entry, Line, Liquidity, MarkSource, Opening, Stage, Time};
use crate::Decimal;
use crate::error::{Problem, quoted};
use crate::ledger::check::reasons_at;
use crate::ledger::words::{Reason, Word};
use std::collections::BTreeMap;

/// Reads one line, which must state one known event with exactly its fields.
pub(super) fn parse(line: &str) -> Result<Entry, Problem> {
    let mut fields = Fields::of_line(line)?;
    let word = fields.text("ev")?;
    let Some(event) = EVENTS.iter().find(|event| **event == word) else {
        return Err(fields.unknown_word("ev", &word, EVENTS.iter().copied()));
    };
    fields.event = event;
    let line = event_line(event, &mut fields)?;
    let t = fields.optional_raw("t").map(time).transpose()?;
    fields.finish()?;
    line.check()?;
    Ok(Entry { t, line })
}

fn event_line(event: &str, fields: &mut Fields<'_>) -> Result<Line, Problem> {
    Ok(match event {
        "ledger" => Line::Ledger { version: version(fields)? },
        "instrument" => Line::Instrument {
            symbol: fields.text("symbol")?,
            multiplier: fields.optional_decimal("multiplier")?.unwrap_or(Decimal::from(1)),
        },
        "day" => Line::Day { day: fields.text("day")? },
        "mark" => Line::Mark {
            symbol: fields.text("symbol")?,
            px: fields.decimal("px")?,
            source: fields.word("source", MarkSource::ALL)?,
        },
        "day_end" => Line::DayEnd { marks: closing_marks(fields)? },
        "cross" => Line::Cross {
            symbol: fields.text("symbol")?,
            buyer: fields.text("buyer")?,
            seller: fields.text("seller")?,
            qty: fields.decimal("qty")?,
            px: fields.decimal("px")?,
        },
        "split" => Line::Split {
            symbol: fields.text("symbol")?,
            ratio: fields.decimal("ratio")?,
            px: fields.decimal("px")?,
        },
        _ => strategy_line(event, fields)?,
    })
}

/// The events that belong to one strategy.
fn strategy_line(event: &str, fields: &mut Fields<'_>) -> Result<Line, Problem> {
    let strategy = fields.text("strategy")?;
    if event == "fee" || event == "financing" {
        let symbol = fields.optional_text("symbol")?;
        let book = fields.word("book", Book::ALL)?;
        let amount = fields.decimal("amount")?;
        return Ok(match event {
            "fee" => Line::Fee { strategy, symbol, book, amount },
            _ => Line::Financing { strategy, symbol, book, amount },
        });
    }
    let symbol = fields.text("symbol")?;
    if event == "open" {
        return Ok(Line::Open { strategy, symbol, qty: opening(fields)? });
    }
    if event == "stage" {
        let stage = fields.word("stage", Stage::SETTABLE)?;
        let reason = reason(fields, stage)?;
        return Ok(Line::Stage { strategy, symbol, stage, qty: fields.decimal("qty")?, reason });
    }
    let qty = fields.decimal("qty")?;
    let px = fields.decimal("px")?;
    Ok(match event {
        "theory_fill" => Line::TheoryFill { strategy, symbol, qty, px },
        "external" => Line::External { strategy, symbol, qty, px },
        _ => Line::Fill { strategy, symbol, qty, px, liquidity: liquidity(fields)? },
    })
}

fn version(fields: &mut Fields<'_>) -> Result<u64, Problem> {
    let json = fields.raw("version")?;
    json.parse().map_err(|_| Problem::Version { found: quoted(json) })
}

fn time(json: &str) -> Result<Time, Problem> {
    let refused = || Problem::Time { found: quoted(json) };
    if kind_of(json) == "text" {
        let text: String = serde_json::from_str(json).map_err(|_| refused())?;
        text.parse().map_err(|_| refused())
    } else {
        json.parse().map(Time::from_nanos).map_err(|_| refused())
    }
}

fn reason(fields: &mut Fields<'_>, stage: Stage) -> Result<Option<Reason>, Problem> {
    let Some(text) = fields.optional_text("reason")? else { return Ok(None) };
    match Reason::from_word(&text) {
        Some(reason) => Ok(Some(reason)),
        None => match fields.unknown_word("reason", &text, words(stage.reasons())) {
            Problem::Word { field, found, nearest, .. } => {
                Err(Problem::Word { field, found, nearest, allowed: reasons_at(stage) })
            }
            other => Err(other),
        },
    }
}

fn words<W: Word>(members: &'static [W]) -> impl Iterator<Item = &'static str> {
    members.iter().map(|member| member.word())
}

fn liquidity(fields: &mut Fields<'_>) -> Result<Liquidity, Problem> {
    let word = fields.text("liquidity")?;
    match word.as_str() {
        "taker" => Ok(Liquidity::Taker { touch: fields.decimal("touch")? }),
        "maker" => Ok(Liquidity::Maker { touch: fields.optional_decimal("touch")? }),
        _ => Err(fields.unknown_word("liquidity", &word, ["taker", "maker"].into_iter())),
    }
}

fn opening(fields: &mut Fields<'_>) -> Result<Opening, Problem> {
    let mut qty = fields.object("qty")?;
    let broker = qty.decimal("broker")?;
    let mut stages = BTreeMap::new();
    for stage in Stage::ALL.iter().filter(|stage| **stage != Stage::Broker) {
        if let Some(position) = qty.optional_decimal(stage.as_str())? {
            stages.insert(*stage, position);
        }
    }
    qty.finish()?;
    Ok(Opening { broker, stages })
}

fn closing_marks(fields: &mut Fields<'_>) -> Result<BTreeMap<String, ClosingMarks>, Problem> {
    let mut marks = BTreeMap::new();
    for (symbol, mut px) in fields.object("marks")?.into_objects()? {
        let closing = ClosingMarks { theory: px.decimal("theory")?, live: px.decimal("live")? };
        px.finish()?;
        marks.insert(symbol, closing);
    }
    Ok(marks)
}
