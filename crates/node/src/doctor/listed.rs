//! What the broker lists now, against what it listed at the last start: lots, ticks, expiries.
//!
//! Entry points: [`instruments`], [`compare`].
//!
//! Invariant: the list of the last start stays as it was, so that a change is told until the next
//! start has taken it.

use super::hours::{day_of, day_text};
use super::{Finding, List};
use crate::clock::wall;
use crate::error::NodeError;
use crate::instruments::{Looked, look};
use crate::settings::Settings;
use std::collections::BTreeSet;
use truefill_venue::kite::InstrumentRow;

/// So many days before the end of a contract people are told.
const EXPIRES_DAYS: i64 = 3;

/// The rows to go on with, and what was found about them. Where the broker lists one no more, or
/// cannot be asked, its row is that of the last start.
///
/// # Errors
/// When the broker never listed one of them.
pub async fn instruments(
    settings: &Settings,
    symbols: &BTreeSet<String>,
) -> Result<(Vec<InstrumentRow>, Vec<Finding>), NodeError> {
    let Looked { before, now } = look(settings, symbols).await;
    let mut list = List(Vec::new());
    let found = |rows: &[InstrumentRow], symbol: &String| {
        rows.iter().find(|row| row.symbol == *symbol).cloned()
    };
    let (listed, why) = match now {
        Ok(rows) => (Some(rows), String::new()),
        Err(why) => (None, why),
    };
    if listed.is_none() {
        let text =
            format!("the broker's list cannot be read ({why}); that of the last start is used");
        list.wrong("instruments", &text, "check the network and the address");
    }
    let now = listed.as_deref().unwrap_or(&before);
    let mut rows = Vec::new();
    for symbol in symbols {
        match found(now, symbol).or_else(|| found(&before, symbol)) {
            Some(row) => rows.push(row),
            None => {
                let why = if why.is_empty() { "it is not in the broker's list" } else { &why };
                return Err(NodeError::Config(format!(
                    "nothing is known of the instrument {symbol} ({why}); nothing else was looked \
                     at; write it as the broker does, for instance NSE:INFY"
                )));
            }
        }
    }
    if listed.is_some() {
        list.fine("instruments", &format!("{} of {} symbols are listed", now.len(), rows.len()));
    }
    compare(&mut list, &rows, &before, now, day_of(wall()));
    Ok((rows, list.0))
}

/// What is different, and what ends soon.
fn compare(
    list: &mut List,
    rows: &[InstrumentRow],
    before: &[InstrumentRow],
    now: &[InstrumentRow],
    today: i64,
) {
    for row in rows {
        let symbol = &row.symbol;
        if !now.iter().any(|listed| listed.symbol == *symbol) {
            list.wrong(
                "instruments",
                &format!("{symbol} was listed at the last start and is listed no more"),
                "a node will not start with it; take it out, or write its new name",
            );
            continue;
        }
        if let Some(old) = before.iter().find(|old| old.symbol == *symbol) {
            changes(list, old, row);
        }
        expiry(list, row, today);
    }
}

fn changes(list: &mut List, old: &InstrumentRow, new: &InstrumentRow) {
    let symbol = &new.symbol;
    if old.lot != new.lot {
        list.note(
            "instruments",
            &format!("the lot of {symbol} was {} and is {}", old.lot, new.lot),
            "see that targets are multiples of it; the next start takes it",
        );
    }
    if old.tick != new.tick {
        list.note(
            "instruments",
            &format!("the tick of {symbol} was {} and is {}", old.tick, new.tick),
            "the next start takes it; prices in policies must fit it",
        );
    }
}

fn expiry(list: &mut List, row: &InstrumentRow, today: i64) {
    let Some(day) = row.expiry_day else { return };
    let (symbol, date) = (&row.symbol, day_text(day));
    match day - today {
        ..0 => {
            let text = format!("{symbol} expired on {date}");
            list.wrong("expiry", &text, "name the next contract instead");
        }
        0 => {
            let text = format!("{symbol} expires today");
            list.note("expiry", &text, "what on_expiry says happens before its end");
        }
        left @ 1..=EXPIRES_DAYS => {
            let text = format!("{symbol} expires on {date}, in {left} days");
            list.note("expiry", &text, "what on_expiry says happens before its end");
        }
        _ => {}
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::doctor::Grade;
    use truefill_core::config::{Config, Recon, Risk};
    use truefill_core::num::{Px, Qty};

    /// A configuration of nothing.
    pub fn config() -> Config {
        Config {
            account: "AB1234".to_owned(),
            instruments: Vec::new(),
            holdings: Vec::new(),
            strategies: Vec::new(),
            descriptor: truefill_core::config::Descriptor::default(),
            risk: Risk::default(),
            recon: Recon::default(),
            digest_every: 64,
            replay_horizon_ns: 1,
            assumed_fee_bps: 0,
            calendars: Vec::new(),
            crossing: false,
        }
    }

    fn row(symbol: &str, lot: i64, tick: i64, expiry_day: Option<i64>) -> InstrumentRow {
        InstrumentRow {
            token: 1,
            symbol: symbol.to_owned(),
            name: String::new(),
            expiry_day,
            strike: Px::ZERO,
            tick: Px(i128::from(tick) * 10_000_000),
            lot: Qty::whole(lot),
            kind: "FUT".to_owned(),
            segment: "NFO-FUT".to_owned(),
        }
    }

    fn said(before: &InstrumentRow, now: &[InstrumentRow]) -> Vec<(Grade, String)> {
        let mut list = List(Vec::new());
        let rows = if now.is_empty() { std::slice::from_ref(before) } else { now };
        compare(&mut list, rows, std::slice::from_ref(before), now, 20_782);
        list.0.into_iter().map(|found| (found.grade, found.text)).collect()
    }

    #[test]
    fn a_lot_a_tick_a_symbol_that_changed_are_told_with_both_values() {
        let old = row("NFO:X", 50, 5, None);
        assert_eq!(said(&old, std::slice::from_ref(&old)), []);
        let lot = said(&old, &[row("NFO:X", 75, 10, None)]);
        assert_eq!(lot[0], (Grade::Note, "the lot of NFO:X was 50 and is 75".to_owned()));
        assert_eq!(lot[1], (Grade::Note, "the tick of NFO:X was 0.05 and is 0.1".to_owned()));
        assert_eq!(said(&old, &[])[0].0, Grade::Wrong);
    }

    #[test]
    fn contracts_that_end_soon_are_told_in_time() {
        let ends = |day: i64| {
            let row = row("NFO:X", 50, 5, Some(20_782 + day));
            said(&row, std::slice::from_ref(&row)).pop()
        };
        assert_eq!(ends(-1), Some((Grade::Wrong, "NFO:X expired on 2026-11-24".to_owned())));
        assert_eq!(ends(0), Some((Grade::Note, "NFO:X expires today".to_owned())));
        let text = "NFO:X expires on 2026-11-28, in 3 days".to_owned();
        assert_eq!(ends(3), Some((Grade::Note, text)));
        assert_eq!(ends(4), None);
    }
}
