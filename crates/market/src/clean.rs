//! Leaves out what cannot be used, and counts it. The rules stand in [`crate::dirt`].
//!
//! Entry point: `usable`.

use crate::dirt::DirtReport;
use crate::source::{Tick, TickKind};

/// The tick, unless it is dirt of the kind that is left out.
pub(crate) fn usable(tick: Tick, line: u64, dirt: &mut DirtReport) -> Option<Tick> {
    match &tick.kind {
        TickKind::Quote(q) => {
            let absent = |px: i128, qty: i128| px <= 0 || qty <= 0;
            if absent(q.bid_px.0, q.bid_qty.0) || absent(q.ask_px.0, q.ask_qty.0) {
                dirt.one_sided.add(line);
                return None;
            }
            if q.bid_px > q.ask_px {
                dirt.crossed.add(line);
                return None;
            }
            if q.bid_px == q.ask_px {
                dirt.locked.add(line);
            }
        }
        TickKind::Trade(t) => {
            if t.px.0 <= 0 || t.qty.0 <= 0 {
                dirt.void_trades.add(line);
                return None;
            }
        }
        // Bars are looked at by their own readers.
        TickKind::Bar(_) => {}
    }
    Some(tick)
}
