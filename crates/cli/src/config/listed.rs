//! The instruments of a node: what the broker lists, with the freeze quantities that are known from
//! elsewhere.
//!
//! Entry points: [`Known`], [`instruments`].
//!
//! Invariant: no order is larger than the smallest quantity that anybody has named for its
//! instrument.

use super::error::ConfigError;
use super::keys;
use super::source::Section;
use std::collections::BTreeMap;
use std::path::Path;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Qty, Rounding};
use truefill_core::time::Nanos;
use truefill_market::date::Date;
use truefill_market::rules::{Rules, RulesError};
use truefill_venue::kite::{IST_AHEAD_S, InstrumentRow};

/// The end of trading, in seconds after midnight in India.
const CLOSE_S: i64 = 15 * 3_600 + 1_800;

/// What is known of the world before a node is configured.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What the broker lists.
    pub listed: &'a [InstrumentRow],
    /// Freeze quantities that exchanges have taught, by symbol.
    pub freezes: &'a BTreeMap<String, Qty>,
    /// The time.
    pub now: Nanos,
}

/// Instruments, and the broker's numbers of them.
pub(super) type Instruments = (Vec<Instrument>, BTreeMap<u32, InstrumentId>);

/// Everything that is listed. `rules = "rules.csv"` in `[live]` is a dated table of freeze
/// quantities.
pub(super) fn instruments(
    root: &Section<'_>,
    known: &Known<'_>,
    base_dir: &Path,
) -> Result<Instruments, ConfigError> {
    let rules = rules(root, base_dir)?;
    let today = Date::from_days((known.now.0 / 1_000_000_000 + IST_AHEAD_S).div_euclid(86_400));
    let (mut instruments, mut tokens) = (Vec::new(), BTreeMap::new());
    for row in known.listed {
        let found = row.to_instrument();
        let mut found = found.ok_or_else(|| root.wrong(format!("{} is not traded", row.symbol)))?;
        found.expires = row.expires(CLOSE_S);
        let dated = match rules.as_ref().map(|rules| rules.at(&row.symbol, today)) {
            None | Some(Err(RulesError::NoSuchSymbol { .. })) => None,
            Some(Ok(rule)) => rule.freeze,
            Some(Err(error)) => return Err(root.wrong(error.to_string())),
        };
        let least = dated.into_iter().chain(known.freezes.get(&row.symbol).copied()).min();
        // Less than a lot is no quantity of an order: such a number is wrong, not a limit.
        let least = least.map(|qty| qty.to_lot(found.lot, Rounding::Floor));
        found.max_qty = least.filter(|qty| qty.0 > 0).or(found.max_qty);
        let id = InstrumentId(u32::try_from(instruments.len()).unwrap_or(u32::MAX));
        tokens.insert(row.token, id);
        instruments.push(found);
    }
    Ok((instruments, tokens))
}

fn rules(root: &Section<'_>, base_dir: &Path) -> Result<Option<Rules>, ConfigError> {
    let live = root.get("live").map(|field| field.section(keys::LIVE)).transpose()?;
    let Some(field) = live.as_ref().and_then(|live| live.get("rules")) else { return Ok(None) };
    let allowed = "the path of a dated table with the columns symbol,from,lot,tick,freeze,band";
    let path = base_dir.join(field.text(allowed)?);
    Rules::open(&path).map(Some).map_err(|error| field.wrong(error.to_string()).allowed(allowed))
}
