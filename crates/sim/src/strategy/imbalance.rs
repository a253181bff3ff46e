//! A short-horizon strategy that looks fine at mid prices: it follows the side of the book that
//! shows more, once a period. What it earns is of the size of a spread, so what it really earns
//! is decided by execution.

use super::{Strategy, Wish};
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::Qty;
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;

/// One instrument of the strategy.
#[derive(Clone, Debug)]
struct Leg {
    holding: HoldingId,
    size: Qty,
    next: Nanos,
    held: Qty,
}

/// Long when the bid shows at least `threshold_pct` of the displayed size, short when the ask
/// does; decided once per period and instrument.
#[derive(Clone, Debug)]
pub struct Imbalance {
    /// By instrument.
    legs: Vec<Option<Leg>>,
    period_ns: i64,
    threshold_pct: u32,
}

impl Imbalance {
    /// A strategy over these instruments with the quantity to hold of each.
    #[must_use]
    pub fn new(
        legs: &[(InstrumentId, HoldingId, Qty)],
        period_ns: i64,
        threshold_pct: u32,
    ) -> Self {
        let count = legs.iter().map(|(id, ..)| id.ix() + 1).max().unwrap_or(0);
        let mut by_instrument = vec![None; count];
        for (id, holding, size) in legs {
            let (holding, size) = (*holding, *size);
            let (next, held) = (Nanos(i64::MIN), Qty::ZERO);
            by_instrument[id.ix()] = Some(Leg { holding, size, next, held });
        }
        Self { legs: by_instrument, period_ns, threshold_pct }
    }
}

impl Strategy for Imbalance {
    fn on_quote(&mut self, instrument: InstrumentId, quote: &Quote, out: &mut Vec<Wish>) {
        let Some(Some(leg)) = self.legs.get_mut(instrument.ix()) else { return };
        if quote.time < leg.next {
            return;
        }
        leg.next = quote.time.plus(self.period_ns);
        let (bid, both) = (quote.bid_qty.0, quote.bid_qty.0 + quote.ask_qty.0);
        let threshold = i128::from(self.threshold_pct);
        let wanted = if bid * 100 > both * threshold {
            leg.size
        } else if bid * 100 < both * (100 - threshold) {
            -leg.size
        } else {
            leg.held
        };
        if wanted != leg.held {
            leg.held = wanted;
            out.push(Wish { holding: leg.holding, qty: wanted, px: None, stop: None });
        }
    }
}
