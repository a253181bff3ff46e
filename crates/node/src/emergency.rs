//! The way of last resort: cancels that leave although the engine is gone.
//!
//! Entry point: [`cancel_all`].
//!
//! When the journal cannot be written or a law is broken, nothing in memory is trusted. What is
//! durable in the journal and what the broker's own book shows are: every order of ours that can
//! still fill is cancelled, but for protective stops, which are there for such a day.
//!
//! Invariants: (1) each cancel is noted in space that was reserved while there was some, before it
//! leaves; (2) at most nine cancels leave in a second; (3) it ends in time.

use crate::gateway::Gateway;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use truefill_core::config::Config;
use truefill_core::ids::{ClOrdId, InstrumentId, OrderNo, VenueText};
use truefill_core::order::Intent;
use truefill_core::request::{CancelOrder, Request};
use truefill_journal::{EmergencyNotes, Reader, recover};

/// Between two cancels: below every limit.
const APART: Duration = Duration::from_millis(115);
/// Longest time for all of it.
const WITHIN: Duration = Duration::from_secs(90);

/// Cancels what is ours and can still fill. What came of it, in words.
pub async fn cancel_all(
    gateway: &Gateway,
    journal: &Path,
    config: &Config,
    notes: Option<EmergencyNotes>,
) -> String {
    let done = tokio::time::timeout(WITHIN, cancel(gateway, journal, config, notes)).await;
    done.unwrap_or_else(|_| {
        "not all orders could be cancelled in time; look at the broker's book at once".to_owned()
    })
}

async fn cancel(
    gateway: &Gateway,
    journal: &Path,
    config: &Config,
    mut notes: Option<EmergencyNotes>,
) -> String {
    let known = known(journal, config);
    let book = gateway.open_orders().await;
    let unseen = book.is_none();
    let keep = |id: &ClOrdId| known.get(id).is_some_and(|(keeps, ..)| *keeps);
    let mut orders: Vec<(ClOrdId, Option<VenueText>, InstrumentId)> = match book {
        Some(rows) => rows.into_iter().filter(|(id, ..)| !keep(id)).collect(),
        // The broker does not say: what the journal knows is cancelled.
        None => known
            .iter()
            .filter(|(_, (keeps, order_id, _))| !keeps && order_id.is_some())
            .map(|(id, (_, order_id, instrument))| (*id, *order_id, *instrument))
            .collect(),
    };
    orders.sort_unstable();
    let (mut taken, all) = (0, orders.len());
    for (cl_ord_id, order_id, instrument) in orders {
        if let Some(notes) = &mut notes {
            // A cancel that cannot be noted is still better than none.
            drop(notes.note(&format!("cancel {cl_ord_id}")));
        }
        let cancel = CancelOrder { cl_ord_id, order: OrderNo(0), order_id, instrument };
        taken += usize::from(gateway.last_resort(&Request::Cancel(cancel)).await);
        tokio::time::sleep(APART).await;
    }
    let blind = if unseen { " (the broker's book could not be read)" } else { "" };
    format!("{taken} of {all} working orders of ours were cancelled{blind}; positions stay")
}

/// By our id: whether it stays, the broker's id, the instrument.
type KnownOrders = BTreeMap<ClOrdId, (bool, Option<VenueText>, InstrumentId)>;

fn known(journal: &Path, config: &Config) -> KnownOrders {
    let engine = Reader::open(journal).and_then(|reader| recover(&reader, config.clone()));
    // Without it, what the broker's book shows is all there is.
    let Ok(engine) = engine else { return BTreeMap::new() };
    let open = engine.state().orders.open.values().filter(|order| !order.known.done);
    open.filter_map(|order| {
        let key = config.holdings.get(order.ticket.holding.ix())?;
        let stays = order.ticket.intent == Intent::Protect;
        Some((order.ticket.cl_ord_id, (stays, order.order_id, key.instrument)))
    })
    .collect()
}
