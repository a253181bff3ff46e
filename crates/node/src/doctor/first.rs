//! What the strategies want first, as far as anybody knows it: baskets of the configuration and the
//! newest rows of target files. A program says what it wants when it runs.
//!
//! Entry point: [`wished`].

use super::List;
use crate::feed::TargetFile;
use crate::run::Job;
use std::collections::BTreeMap;
use truefill_core::config::{Config, SizeBy};
use truefill_core::engine::sizing::qty_of;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::{Amount, NANO, Px, Qty, Rounding};
use truefill_market::symbols::Symbols;
use truefill_market::targets::Target;

/// A target, in the unit of its strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) sleeve: SleeveId,
    pub(super) holding: HoldingId,
    pub(super) qty: Qty,
}

/// Everything that is known to be wanted.
pub(super) fn wished(list: &mut List, job: &Job) -> Vec<Wish> {
    let held = job.holds.iter().flat_map(|hold| {
        let wish = |(holding, qty): &(HoldingId, Qty)| Wish {
            sleeve: hold.sleeve,
            holding: *holding,
            qty: *qty,
        };
        hold.wishes.iter().map(wish)
    });
    let mut wishes: Vec<Wish> = held.collect();
    let symbols = match Symbols::new(&job.config.instruments) {
        Ok(symbols) => symbols,
        Err(error) => {
            list.wrong("targets", &error.to_string(), "mend the symbols of the configuration");
            return wishes;
        }
    };
    for file in &job.targets {
        let shown = file.path.display();
        if !file.path.exists() {
            let then = "nothing is wanted until the strategy writes it";
            list.note("targets", &format!("{shown} is not there yet"), then);
            continue;
        }
        match file.rows(&symbols) {
            Ok(rows) => wishes.extend(newest(&job.config, file, &rows)),
            Err(why) => list.wrong("targets", &why, "mend the file: nothing of it is traded"),
        }
    }
    on_grid(list, &job.config, &wishes);
    wishes
}

/// The last row of each instrument that the strategy trades.
fn newest(config: &Config, file: &TargetFile, rows: &[Target]) -> Vec<Wish> {
    let last: BTreeMap<InstrumentId, Qty> =
        rows.iter().map(|row| (row.instrument, row.target)).collect();
    let own = (0u32..).zip(&config.holdings).filter(|(_, key)| key.has(file.sleeve));
    let wish = |(id, key): (u32, &truefill_core::config::Holding)| {
        let qty = *last.get(&key.instrument)?;
        Some(Wish { sleeve: file.sleeve, holding: HoldingId(id), qty })
    };
    own.filter_map(wish).collect()
}

/// Less than a lot is not traded.
fn on_grid(list: &mut List, config: &Config, wishes: &[Wish]) {
    for wish in wishes.iter().filter(|wish| size_by(config, wish.sleeve) == SizeBy::Shares) {
        let rules = config.instrument_of(wish.holding);
        if wish.qty.to_lot(rules.lot, Rounding::TowardZero) != wish.qty {
            let text = format!(
                "the target {} of {} is no multiple of its lot, which is {}",
                wish.qty, rules.symbol, rules.lot
            );
            list.wrong("targets", &text, "write a multiple; the rest would not be traded");
        }
    }
}

fn size_by(config: &Config, sleeve: SleeveId) -> SizeBy {
    config.strategy(sleeve).map_or(SizeBy::Shares, |strategy| strategy.size_by)
}

/// What is wanted of each holding by all strategies together. A size that needs a price which is
/// not there is left out, and its symbol is in the second list.
pub(super) fn quantities(
    config: &Config,
    wishes: &[Wish],
    prices: &BTreeMap<InstrumentId, Px>,
) -> (BTreeMap<HoldingId, Qty>, Vec<String>) {
    let (mut wanted, mut unknown) = (BTreeMap::<HoldingId, Qty>::new(), Vec::new());
    for wish in wishes {
        let rules = config.instrument_of(wish.holding);
        let px = prices.get(&config.holdings[wish.holding.ix()].instrument).copied();
        match units(config, wish, px) {
            Some(qty) => *wanted.entry(wish.holding).or_default() += qty,
            None => unknown.push(rules.symbol.clone()),
        }
    }
    (wanted, unknown)
}

fn units(config: &Config, wish: &Wish, px: Option<Px>) -> Option<Qty> {
    let rules = config.instrument_of(wish.holding);
    let value = match size_by(config, wish.sleeve) {
        SizeBy::Shares => return Some(wish.qty),
        SizeBy::Notional => Amount(wish.qty.0.checked_mul(NANO)?),
        SizeBy::Weight => {
            let capital = config.strategy(wish.sleeve)?.capital?;
            Amount((capital.0 / NANO).checked_mul(wish.qty.0)?)
        }
    };
    let qty = qty_of(value, px?, rules.multiplier)?;
    Some(qty.to_lot(rules.lot, Rounding::TowardZero))
}
