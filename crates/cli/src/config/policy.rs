//! `[strategy.NAME.entry]` and `[strategy.NAME.exit]`: how orders are priced, and what becomes
//! of what does not fill.

use truefill_core::config::{Policy, Remainder};

use super::error::ConfigError;
use super::keys;
use super::source::{Field, Section};

/// Which orders a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Entry,
    Exit,
}

/// The policy of one side; the default where nothing is said.
pub(super) fn policy(strategy: &Section<'_>, side: Side) -> Result<Policy, ConfigError> {
    let key = match side {
        Side::Entry => "entry",
        Side::Exit => "exit",
    };
    let mut policy = Policy::default();
    let Some(field) = strategy.get(key) else { return Ok(policy) };
    let section = field.section(keys::POLICY)?;
    if let Some(field) = section.get("policy") {
        field.word(
            &[("marketable_limit", ())],
            &["limit", "passive_then_cross", "at_close", "pegged"],
        )?;
    }
    if let Some(field) = section.get("collar") {
        (policy.collar_bps, policy.collar_ticks) = collar(field)?;
    }
    if let Some(field) = section.get("remainder") {
        policy.remainder = remainder(field, side)?;
    }
    match (section.get("patience"), policy.remainder) {
        (Some(field), Remainder::Cancel) => policy.patience_ns = field.duration(0)?,
        (Some(field), _) => {
            let cause = "patience says when a remainder is cancelled, and this one rests";
            return Err(field.misplaced(cause).action(match side {
                Side::Entry => "write remainder = \"cancel\", or take patience out",
                Side::Exit => "take patience out",
            }));
        }
        (None, Remainder::Cancel) => {
            section.need("patience", "patience = \"20s\"")?;
        }
        (None, _) => {}
    }
    Ok(policy)
}

/// Basis points and ticks; the larger of the two holds.
fn collar(field: &Field<'_>) -> Result<(u32, u32), ConfigError> {
    let section = field.section(keys::COLLAR)?;
    if section.fields().is_empty() {
        section.need("bps", "collar = { bps = 5, min_ticks = 2 }")?;
    }
    let bps = section.get("bps").map_or(Ok(0), |field| field.whole(0..=10_000))?;
    let ticks = section.get("min_ticks").map_or(Ok(0), |field| field.whole(0..=1_000_000))?;
    Ok((bps, ticks))
}

fn remainder(field: &Field<'_>, side: Side) -> Result<Remainder, ConfigError> {
    let later = ["chase", "cross"];
    let rest = ("rest", Remainder::Rest);
    if side == Side::Entry {
        return field.word(&[rest, ("cancel", Remainder::Cancel)], &later);
    }
    if field.text("\"rest\"")? == "cancel" {
        let cause = "an exit cannot be cancelled: it would leave a position that nobody wants";
        return Err(field
            .wrong(cause)
            .allowed("\"rest\"")
            .action("write \"rest\" here; \"cancel\" is for entries only"));
    }
    field.word(&[rest], &later)
}
