//! The ledger against the truth: our fills and fees, to the last unit.

use crate::broker::truth::Truth;
use std::collections::BTreeMap;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::engine::sharing::rungs;
use truefill_core::ids::HoldingId;
use truefill_core::num::{Amount, PLACES};
use truefill_gap::Decimal;
use truefill_gap::ledger::{Book, Entry, Line};
use truefill_gap::story::Told;

/// Quantity, money and fees of one symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    qty: Decimal,
    money: Decimal,
    fees: Decimal,
}

/// What in the ledger is not what really happened through our orders, as sentences.
pub(super) fn differences(config: &Config, entries: &[Entry], truth: &Truth) -> Vec<String> {
    let (told, real) = (of_ledger(entries), of_truth(config, truth));
    let mut found = Vec::new();
    for (symbol, sum) in &real {
        let ours = told.get(symbol).cloned().unwrap_or_default();
        if ours != *sum {
            found.push(format!("law 8: {symbol}: the ledger has {ours:?}, the truth is {sum:?}"));
        }
    }
    found
}

/// Strategies whose ladder ends elsewhere in the ledger than in the engine, as sentences.
pub(super) fn ladders(engine: &Engine, told: &Told) -> Vec<String> {
    let mut found = Vec::new();
    let holdings = (0..).map(HoldingId).take(engine.config().holdings.len());
    let ours = holdings.flat_map(|id| {
        let of_key = rungs(engine.config(), engine.state(), id).into_iter();
        of_key.map(move |(sleeve, counters)| (id, sleeve, counters))
    });
    for (book, ours) in told.books.iter().zip(ours) {
        if *book != ours {
            found.push(format!(
                "law 8: the ladder of a strategy is {ours:?} in the engine, the ledger ends at \
                 {book:?}"
            ));
        }
    }
    found
}

fn of_ledger(entries: &[Entry]) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for entry in entries {
        match &entry.line {
            Line::Fill { symbol, qty, px, .. } => {
                let sum = sums.entry(symbol.clone()).or_default();
                sum.qty += qty;
                sum.money += &(qty * px);
            }
            Line::Fee { symbol: Some(symbol), book: Book::Live, amount, .. } => {
                sums.entry(symbol.clone()).or_default().fees += amount;
            }
            _ => {}
        }
    }
    sums
}

fn of_truth(config: &Config, truth: &Truth) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let amount = |sum: Amount| Decimal::from_scaled(sum.0, PLACES * 2);
    for fill in truth.fills().iter().filter(|fill| !fill.external) {
        let order = &truth.orders()[fill.order];
        let symbol = config.instruments[order.instrument.ix()].symbol.clone();
        let signed = order.side.signed(fill.qty);
        let sum = sums.entry(symbol).or_default();
        sum.qty += &Decimal::from_scaled(signed.0, PLACES);
        sum.money += &amount(signed.times(fill.px));
        sum.fees += &amount(fill.fee);
    }
    sums
}
