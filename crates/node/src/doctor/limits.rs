//! Limits of the configuration against those of the broker.
//!
//! Entry points: [`look`], [`of_positions`].

use super::List;
use crate::settings::Mode;
use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::{Config, Scope};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{Px, Qty};
use truefill_core::time::SECOND_NS;

/// What the broker takes from an account: orders, in so many seconds, and the word for that.
const TAKEN: [(u32, i64, &str); 3] =
    [(10, 1, "a second"), (400, 60, "a minute"), (5_000, 86_400, "a day")];

/// What may be sent, and what the broker does not say.
pub(super) fn look(list: &mut List, config: &Config, mode: Mode) {
    if mode == Mode::Live {
        windows(list, config);
    }
    intraday(list, config);
}

fn windows(list: &mut List, config: &Config) {
    let mut said = Vec::new();
    for (taken, seconds, word) in TAKEN {
        let own =
            config.descriptor.windows.iter().find(|window| {
                window.scope == Scope::Orders && window.per_ns == seconds * SECOND_NS
            });
        match own {
            Some(window) if window.n <= taken => said.push(format!("{} {word}", window.n)),
            Some(window) => list.wrong(
                "limits",
                &format!("{} orders {word} are allowed; the broker takes {taken}", window.n),
                "lower it in [account]: what is above it is refused, and may block the account",
            ),
            None => list.wrong(
                "limits",
                &format!("nothing limits the orders of {word}; the broker takes {taken}"),
                "set it in [account]: what is above it is refused, and may block the account",
            ),
        }
    }
    if said.len() == TAKEN.len() {
        let text = format!("orders: at most {}; the broker takes as many or more", said.join(", "));
        list.fine("limits", &text);
    }
}

/// Which shares may not be traded intraday is in no interface of the broker.
fn intraday(list: &mut List, config: &Config) {
    let intraday = config.holdings.iter().filter(|key| key.product.as_str() == "MIS");
    let symbols: BTreeSet<&str> =
        intraday.map(|key| config.instruments[key.instrument.ix()].symbol.as_str()).collect();
    if symbols.is_empty() {
        return;
    }
    let text = format!(
        "{} symbols are traded intraday (MIS), as {}; which are barred from it today is in no \
         interface of the broker, an order is refused",
        symbols.len(),
        symbols.iter().take(3).copied().collect::<Vec<_>>().join(", ")
    );
    let then = "look them up in the broker's list of margins for intraday before the open, above \
                all those under surveillance or in trade-to-trade";
    list.note("intraday", &text, then);
}

/// Targets that the file's own limits would not let through.
pub(super) fn of_positions(
    list: &mut List,
    config: &Config,
    wanted: &BTreeMap<HoldingId, Qty>,
    prices: &BTreeMap<InstrumentId, Px>,
) {
    let risk = &config.risk;
    let then = "less than the target is held then; raise the limit in [risk] or want less";
    for (holding, qty) in wanted {
        let (rules, qty) = (config.instrument_of(*holding), qty.abs());
        let symbol = &rules.symbol;
        if let Some(most) = risk.position_qty_max.filter(|most| qty > *most) {
            let text = format!("the target {qty} of {symbol} is above position_qty_max, {most}");
            list.note("limits", &text, then);
        }
        let px = prices.get(&config.holdings[holding.ix()].instrument);
        let units = rules.multiplier.0 / Qty::whole(1).0;
        let worth = px
            .map(|px| qty.times(*px))
            .map(|worth| truefill_core::num::Amount(worth.0.saturating_mul(units.max(1))));
        let above = risk.position_notional_max.zip(worth).filter(|(most, worth)| worth > most);
        if let Some((most, worth)) = above {
            let text =
                format!("{qty} of {symbol} are worth {worth}, above position_notional_max, {most}");
            list.note("limits", &text, then);
        }
    }
}
