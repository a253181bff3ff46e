//! What the first basket needs, by the broker's own estimate, against what is free.
//!
//! Entry point: [`look`].
//!
//! The estimate is of market orders for what is wanted and not held, together with what is held.

use super::broker::Patient;
use super::first::{Wish, quantities};
use super::{Grade, List, limits};
use crate::run::Job;
use crate::settings::Mode;
use std::collections::{BTreeMap, BTreeSet};
use truefill_core::config::Config;
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::report::PositionRow;
use truefill_core::request::Side;
use truefill_venue::http::HttpReply;
use truefill_venue::kite::{Funds, OrderType, Place, QuoteDetail, basket_call, read_basket};

/// Orders of one question; what a larger basket saves together is not counted then.
const ASKED_MAX: usize = 100;
/// Exchanges whose orders are paid from the funds for commodities.
const COMMODITIES: [&str; 2] = ["MCX", "NCO"];

/// Is there enough?
pub(super) async fn look(
    list: &mut List,
    patient: &Patient<'_>,
    job: &Job,
    wishes: &[Wish],
    funds: Option<Funds>,
    held: Option<Vec<PositionRow>>,
) {
    let config = &job.config;
    if wishes.is_empty() {
        return list.note("margin", "no first basket is known, so nothing is estimated", "");
    }
    let prices = prices(patient, config, wishes).await;
    let (wanted, unknown) = quantities(config, wishes, &prices);
    if !unknown.is_empty() {
        let text = format!("no price, so no size, of {}", unknown.join(", "));
        list.note("margin", &text, "what they need is not in the estimate");
    }
    limits::of_positions(list, config, &wanted, &prices);
    let Some(held) = held else {
        let then = "ask again: what is needed depends on it";
        return list.note("margin", "what is held could not be read", then);
    };
    let orders = orders(config, &wanted, &held);
    if orders.is_empty() {
        return list.fine("margin", "the first basket is held already");
    }
    let (commodity, equity): (Vec<Place>, Vec<Place>) =
        orders.into_iter().partition(|order| COMMODITIES.contains(&order.exchange.as_str()));
    let of_equity = funds.and_then(|funds| funds.equity);
    let of_commodity = funds.and_then(|funds| funds.commodity);
    let live = job.settings.mode == Mode::Live;
    for (orders, segment) in [(equity, of_equity), (commodity, of_commodity)] {
        if !orders.is_empty() {
            let needed = estimate(patient, &orders).await;
            compare(list, live, orders.len(), needed, segment.map(|segment| segment.net));
        }
    }
}

/// Last prices of what is wanted; fewer where the broker does not say.
async fn prices(
    patient: &Patient<'_>,
    config: &Config,
    wishes: &[Wish],
) -> BTreeMap<InstrumentId, Px> {
    let ids: BTreeSet<InstrumentId> =
        wishes.iter().map(|wish| config.holdings[wish.holding.ix()].instrument).collect();
    let ids: Vec<InstrumentId> = ids.into_iter().collect();
    let mut prices = BTreeMap::new();
    // More than one call of these would have to wait for a second each.
    for call in patient.codec().quote_calls(QuoteDetail::Ltp, &ids).iter().take(1) {
        let Ok(answer) = patient.ask(call).await else { continue };
        let reply = HttpReply::new(answer.status, &answer.body);
        if let Ok(rows) = patient.codec().read_quotes(&reply, crate::clock::wall()) {
            let traded = rows.rows.iter().filter(|row| row.last.0 > 0);
            prices.extend(traded.map(|row| (row.instrument, row.last)));
        }
    }
    prices
}

/// What would have to be traded.
fn orders(config: &Config, wanted: &BTreeMap<HoldingId, Qty>, held: &[PositionRow]) -> Vec<Place> {
    let order = |(id, qty): (&HoldingId, &Qty)| {
        let key = &config.holdings[id.ix()];
        let same =
            |row: &&PositionRow| row.instrument == key.instrument && row.product == key.product;
        let has = held.iter().find(same).map_or(Qty::ZERO, |row| row.qty);
        let need = *qty - has;
        let side = Side::of(need)?;
        let (exchange, name) = config.instrument_of(*id).symbol.split_once(':')?;
        let mut order = Place::limit(exchange, name, side, need.abs(), Px::ZERO);
        (order.order_type, order.px) = (OrderType::Market, None);
        key.product.as_str().clone_into(&mut order.product);
        Some(order)
    };
    wanted.iter().filter_map(order).collect()
}

/// What the broker would block for them.
async fn estimate(patient: &Patient<'_>, orders: &[Place]) -> Result<Amount, String> {
    let mut needed = Amount::ZERO;
    for some in orders.chunks(ASKED_MAX) {
        let answer = patient.ask(&basket_call(patient.codec().calls(), some)).await?;
        let reply = HttpReply::new(answer.status, &answer.body);
        let margin = read_basket(&reply).map_err(|failure| failure.words.clone())?;
        needed += margin.initial;
    }
    Ok(needed)
}

fn compare(
    list: &mut List,
    live: bool,
    count: usize,
    needed: Result<Amount, String>,
    free: Option<Amount>,
) {
    let needed = match needed {
        Ok(needed) => needed,
        Err(why) => {
            let text = format!("the broker does not say what the first basket needs: {why}");
            return list.note("margin", &text, "see whether it takes such orders at all");
        }
    };
    let basket = format!("the first basket ({count} orders) needs {needed}");
    let Some(free) = free else {
        return list.note("margin", &format!("{basket}; what is free is not known"), "");
    };
    let text = format!("{basket}, free {free}");
    if needed <= free {
        list.fine("margin", &text);
    } else {
        let then = "add funds or want less: what is above it is refused";
        list.push(if live { Grade::Wrong } else { Grade::Note }, "margin", &text, then);
    }
}
