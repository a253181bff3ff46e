//! What ends with time: a target that may be acted on only for so long, and a contract.
//!
//! Entry points: [`target_ends`], [`contract_ends`], both the first instant after the end.

use crate::config::{Config, OnExpiry, Strategy};
use crate::ids::HoldingId;
use crate::state::terms::Terms;
use crate::time::Nanos;

/// From when on a target declared on these terms is too old to add anything.
#[must_use]
pub fn target_ends(strategy: &Strategy, terms: &Terms) -> Nanos {
    strategy.valid_for_ns.map_or(Nanos::MAX, |valid_ns| terms.decided.plus(valid_ns))
}

/// From when on the contract of a holding is about to end, and what happens then.
#[must_use]
pub fn contract_ends(config: &Config, strategy: &Strategy, id: HoldingId) -> (Nanos, OnExpiry) {
    let expires = config.instrument_of(id).expires;
    let from = expires.map_or(Nanos::MAX, |at| at.plus(-strategy.expiry_lead_ns));
    (from, strategy.on_expiry)
}
