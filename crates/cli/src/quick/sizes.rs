//! What the numbers of a table mean: quantities, weights or money; and the smallest quantity.

use super::data::{Data, positive};
use crate::args::{Quick, SizeWord};
use crate::failure::Failure;
use std::path::Path;
use truefill_core::num::{NANO, Qty};
use truefill_market::wanted::{Table, Unit};

/// Sizes, settled.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    /// The word of `size_by`.
    pub(super) size_by: &'static str,
    /// Quantity step.
    pub(super) lot: Qty,
    /// It was not said.
    pub(super) lot_assumed: bool,
}

/// Settles sizes, or refuses with the flag that does.
pub(super) fn settle(
    quick: &Quick,
    targets: &Path,
    table: &Table,
    data: &Data,
) -> Result<Sizes, Failure> {
    let refuse = |what: &str, flag: &str| {
        Err(Failure::Input(format!(
            "{}: {what}; nothing was started\n  add {flag}",
            targets.display()
        )))
    };
    let largest = table.rows.iter().map(|row| row.size.abs()).max().unwrap_or_default();
    if largest.is_zero() {
        return refuse("every target is 0", "a table that wants something");
    }
    let said = quick.size_by.map(|word| match word {
        SizeWord::Shares => "shares",
        SizeWord::Weight => "weight",
        SizeWord::Notional => "notional",
    });
    let named = table.unit.map(|unit| match unit {
        Unit::Shares => "shares",
        Unit::Weight => "weight",
        Unit::Notional => "notional",
    });
    let size_by = match (said, named) {
        (Some(word), _) | (None, Some(word)) => word,
        (None, None) if largest <= Qty::whole(1) => {
            return refuse(
                "no target is larger than 1, so these may be quantities or shares of the capital",
                "--size-by shares, or --size-by weight --capital 100000",
            );
        }
        (None, None) => "shares",
    };
    if size_by != "shares" && quick.capital.is_none() {
        return refuse(
            "targets are shares of a capital, or money, and the capital is not known",
            "--capital 100000",
        );
    }
    let whole = |row: &truefill_market::wanted::Wanted| row.size.0 % NANO == 0;
    let smallest = table.rows.iter().map(|row| row.size.abs()).filter(|size| !size.is_zero()).min();
    let fractions = size_by == "shares" && smallest.is_some_and(|size| size < Qty::whole(1));
    if quick.lot.is_none() && fractions && !table.rows.iter().all(whole) {
        return refuse(
            "some targets are less than one unit, and the smallest quantity that can be traded \
             is not known",
            "--lot, for example --lot 0.00001 (or --lot 1 to trade whole units only)",
        );
    }
    before_the_market(quick, targets, table, data)?;
    let lot = quick.lot.as_deref().map(|text| positive(text, "--lot")).transpose()?;
    Ok(Sizes { size_by, lot: lot.map_or(Qty::whole(1), Qty), lot_assumed: lot.is_none() })
}

/// Refuses a table that has nothing to do with the time of the market's file.
fn before_the_market(
    quick: &Quick,
    targets: &Path,
    table: &Table,
    data: &Data,
) -> Result<(), Failure> {
    let (first, last) = data.span;
    let inside = |row: &truefill_market::wanted::Wanted| row.time >= first && row.time < last;
    if table.rows.iter().any(inside) {
        return Ok(());
    }
    let market = quick.bars.as_deref().or(quick.quotes.as_deref()).unwrap_or(Path::new(""));
    let from = table.rows.first().map_or(first, |row| row.time);
    let until = table.rows.last().map_or(last, |row| row.time);
    Err(Failure::Input(format!(
        "{}: the targets are of {from} to {until}, and {} has the market of {first} to {last}; \
         nothing could be traded, so nothing was started; check that both files are of the same \
         time and zone",
        targets.display(),
        market.display()
    )))
}
