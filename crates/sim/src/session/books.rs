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

impl Sum {
    /// Differs from another one by no more than this.
    fn is_within(&self, other: &Self, most: &Self) -> bool {
        let near = |a: &Decimal, b: &Decimal, most: &Decimal| {
            let over = &(a - b).abs() - most;
            !over.is_positive()
        };
        near(&self.qty, &other.qty, &most.qty)
            && near(&self.money, &other.money, &most.money)
            && near(&self.fees, &other.fees, &most.fees)
    }
}

/// What executions that were revised afterwards can amount to, by symbol: the one message that
/// tells of a revision may be lost, and no list shows that there was one.
fn revised(config: &Config, truth: &Truth) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for revision in truth.revisions() {
        let fill = &truth.fills()[revision.fill];
        let order = &truth.orders()[fill.order];
        let symbol = config.instruments[order.instrument.ix()].symbol.clone();
        let sum = sums.entry(symbol).or_default();
        match revision.was_px {
            Some(was) => sum.money += &amount(fill.qty.times(fill.px - was)),
            None => {
                sum.qty += &Decimal::from_scaled(fill.qty.0, PLACES);
                // Without its own message an execution is worth its limit, which may have been
                // another one when it was booked.
                sum.money += &amount(fill.qty.times(fill.px.max(order.px_max)));
                sum.fees += &amount(fill.fee);
            }
        }
    }
    sums
}

fn amount(sum: Amount) -> Decimal {
    Decimal::from_scaled(sum.0, PLACES * 2).abs()
}

/// What in the ledger is not what really happened through our orders, as sentences. `unpriced`
/// are executions whose prices nobody can know any more: they are booked at their limits.
pub(super) fn differences(
    config: &Config,
    entries: &[Entry],
    truth: &Truth,
    unpriced: &[usize],
) -> Vec<String> {
    let (told, real) = (of_ledger(entries), of_truth(config, truth));
    let mut found = Vec::new();
    let mut revised = revised(config, truth);
    for at in unpriced {
        let fill = &truth.fills()[*at];
        let order = &truth.orders()[fill.order];
        let symbol = config.instruments[order.instrument.ix()].symbol.clone();
        let sum = revised.entry(symbol).or_default();
        sum.money += &amount(fill.qty.times(fill.px - order.px));
        sum.fees += &amount(fill.fee);
    }
    for (symbol, sum) in &real {
        let ours = told.get(symbol).cloned().unwrap_or_default();
        let unheard = revised.get(symbol).is_some_and(|most| ours.is_within(sum, most));
        if ours != *sum && !unheard {
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
    for fill in truth.fills().iter().filter(|fill| !fill.external && !fill.busted) {
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
