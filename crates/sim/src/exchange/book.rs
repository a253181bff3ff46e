//! One instrument: what others display, the account's resting orders, and those that wait for
//! their stop.
//!
//! Invariant: resting orders are kept in priority order (best price first, then first come), so
//! those that can fill are always at the front.

use super::ladder::Ladder;
use super::order::{Amending, Arriving, Execution, Resting, Role, Stop};
use super::{Assumptions, fill};
use truefill_core::config::Instrument;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::Liquidity;
use truefill_core::request::{Side, TimeInForce};
use truefill_market::book::Level;
use truefill_market::source::Depth;

/// The book of one instrument.
#[derive(Debug)]
pub(super) struct Book {
    /// Nothing smaller is traded, whatever is displayed.
    lot: Qty,
    tick: Px,
    assumed: Assumptions,
    /// Limits of the day: nothing trades outside.
    pub band: Option<(Px, Px)>,
    /// False before the first sane quote and while the last one is not sane.
    open: bool,
    /// Fed by full books: the levels are known, so is the queue at the own price.
    deep: bool,
    bids: Ladder,
    asks: Ladder,
    buys: Vec<Resting>,
    sells: Vec<Resting>,
    /// In the order of arrival.
    stops: Vec<Stop>,
}

impl Book {
    pub fn new(rules: &Instrument) -> Self {
        Self {
            lot: rules.lot,
            tick: rules.tick,
            assumed: Assumptions::default(),
            band: None,
            open: false,
            deep: false,
            bids: Ladder::new(Side::Buy),
            asks: Ladder::new(Side::Sell),
            buys: Vec::new(),
            sells: Vec::new(),
            stops: Vec::new(),
        }
    }

    pub fn assume(&mut self, assumed: Assumptions) {
        self.assumed = assumed;
    }

    #[inline]
    pub fn on_quote(&mut self, quote: &Quote, out: &mut Vec<Execution>) {
        if self.deep {
            return;
        }
        self.open = quote.is_sane();
        if !self.open {
            return;
        }
        let thin = self.assumed.thin.as_ref().filter(|_| !self.assumed.shared_sides);
        self.bids.show_touch(quote.bid_px, quote.bid_qty, thin, self.tick);
        self.asks.show_touch(quote.ask_px, quote.ask_qty, thin, self.tick);
        self.moved(out);
    }

    /// Levels of a full book.
    pub fn on_depth(&mut self, depth: &Depth<'_>, out: &mut Vec<Execution>) {
        if !self.deep {
            self.hush();
            self.deep = true;
        }
        for (side, levels) in [(Side::Buy, depth.bids), (Side::Sell, depth.asks)] {
            if depth.snapshot {
                self.forget_all_but(side, levels);
            }
            for level in levels.iter().filter(|level| level.px.0 > 0 && level.qty.0 >= 0) {
                self.set_level(side, level.px, level.qty);
            }
        }
        self.open = match (self.bids.best(), self.asks.best()) {
            (Some(bid), Some(ask)) => bid.px < ask.px,
            // Nobody on one side, as at a limit of the day: the other side still trades.
            (bid, ask) => bid.is_some() || ask.is_some(),
        };
        if self.open {
            self.moved(out);
        }
    }

    fn forget_all_but(&mut self, side: Side, levels: &[Level]) {
        let mut kept: Vec<Px> = levels.iter().map(|level| level.px).collect();
        kept.sort_unstable();
        let (near, _, _) = self.sides(side);
        let gone = near.prices().into_iter().filter(|px| kept.binary_search(px).is_err());
        for px in gone.collect::<Vec<_>>() {
            self.set_level(side, px, Qty::ZERO);
        }
    }

    fn set_level(&mut self, side: Side, px: Px, qty: Qty) {
        let model = self.assumed.queue;
        let (near, _, orders) = self.sides(side);
        let was = near.set(px, qty);
        for order in orders.iter_mut().filter(|order| order.px == px) {
            order.level_changed(model, was, qty);
        }
    }

    /// Others trade: a stop may wake, and in a full book our resting orders are hit in turn.
    pub fn on_trade(
        &mut self,
        px: Px,
        qty: Qty,
        aggressor: Option<Side>,
        out: &mut Vec<Execution>,
    ) {
        if self.deep
            && let Some(aggressor) = aggressor.or_else(|| self.aggressor(px))
        {
            let lot = self.lot;
            let (near, _, orders) = self.sides(aggressor.opposite());
            fill::by_trade(orders, near, px, qty, lot, out);
        }
        self.wake(Some(px), out);
    }

    /// Who must have hit whom for a trade at this price; `None` inside the spread.
    fn aggressor(&self, px: Px) -> Option<Side> {
        if self.bids.best().is_some_and(|bid| px <= bid.px) {
            return Some(Side::Sell);
        }
        self.asks.best().is_some_and(|ask| px >= ask.px).then_some(Side::Buy)
    }

    /// The market is over for now: what was displayed is gone, orders stay.
    pub fn hush(&mut self) {
        self.open = false;
        self.bids.clear();
        self.asks.clear();
    }

    /// Takes what can be taken now; returns what rests or waits for its stop.
    pub fn place(&mut self, order: &Arriving, out: &mut Vec<Execution>) -> Qty {
        let side = order.side;
        let px = order.px.unwrap_or(self.worst(side));
        let display = order.display_qty.unwrap_or(Qty::ZERO);
        let resting = Resting::new(order.number, side, px, order.qty, display);
        if let Some(stop_px) = order.stop_px {
            let stop = Stop { order: resting, stop_px };
            if !self.far_touch(side).is_some_and(|touch| stop.woken_by(touch)) {
                self.stops.push(stop);
                return resting.leaves;
            }
        }
        let stays = order.tif != TimeInForce::Ioc && order.px.is_some();
        self.enter(resting, stays, out)
    }

    fn enter(&mut self, mut order: Resting, stays: bool, out: &mut Vec<Execution>) -> Qty {
        let (open, deep, shared, lot) = (self.open, self.deep, self.assumed.shared_sides, self.lot);
        let (near, far, orders) = self.sides(order.side);
        if open {
            let marketable = far.best().is_some_and(|best| order.reaches(best.px));
            order.role = if marketable { Role::Taker } else { Role::Maker };
            if marketable {
                let taken = fill::walk(&mut order, far, lot, out);
                if shared {
                    near.use_up(taken);
                }
            }
        }
        if !stays || order.leaves.is_zero() {
            return Qty::ZERO;
        }
        if deep {
            // It has taken what there was; from here on it stands in the queue as a maker.
            order.role = if open { Role::Maker } else { Role::Undecided };
            order.ahead = near.displayed_at(order.px);
        }
        let behind = orders.partition_point(|o| o.reaches(order.px));
        orders.insert(behind, order);
        order.leaves
    }

    /// Changes an order; returns what is left of it in the book afterwards.
    pub fn amend(&mut self, to: &Amending, out: &mut Vec<Execution>) -> Option<Qty> {
        if to.leaves.0 <= 0 {
            return None;
        }
        if let Some(at) = self.stop_at(to.side, to.number) {
            let stop = self.stops.get_mut(at)?;
            stop.stop_px = to.stop_px.unwrap_or(stop.stop_px);
            stop.order = Resting::new(to.number, to.side, to.px, to.leaves, stop.order.display);
            let order = stop.order;
            let touch = self.far_touch(to.side);
            let woken = touch.is_some_and(|px| self.stops.get(at).is_some_and(|s| s.woken_by(px)));
            if !woken {
                return Some(order.leaves);
            }
            self.stops.remove(at);
            return Some(self.enter(order, true, out));
        }
        let (_, _, orders) = self.sides(to.side);
        let at = orders.iter().position(|o| o.number == to.number)?;
        let order = orders.get_mut(at)?;
        if order.px == to.px && to.leaves <= order.leaves {
            order.shrink(to.leaves);
            return Some(order.leaves);
        }
        let display = orders.remove(at).display;
        let order = Resting::new(to.number, to.side, to.px, to.leaves, display);
        Some(self.enter(order, true, out))
    }

    pub fn cancel(&mut self, side: Side, number: u64) -> Option<Qty> {
        if let Some(at) = self.stop_at(side, number) {
            return Some(self.stops.remove(at).order.leaves);
        }
        let (_, _, orders) = self.sides(side);
        let at = orders.iter().position(|o| o.number == number)?;
        Some(orders.remove(at).leaves)
    }

    pub fn hit(&mut self, side: Side, number: u64, qty: Qty) -> Option<Execution> {
        let (_, _, orders) = self.sides(side);
        let at = orders.iter().position(|o| o.number == number)?;
        let order = orders.get_mut(at)?;
        let qty = qty.min(order.leaves);
        if qty.0 <= 0 {
            return None;
        }
        order.fill(qty);
        let px = order.px;
        if order.leaves.is_zero() {
            orders.remove(at);
        }
        Some(Execution { number, qty, px, liquidity: Liquidity::Maker, touch: None })
    }

    #[inline]
    pub fn far_touch(&self, side: Side) -> Option<Px> {
        let far = if side == Side::Buy { &self.asks } else { &self.bids };
        far.best().filter(|_| self.open).map(|best| best.px)
    }

    /// Quantity of others before a resting order, as far as its queue model knows.
    pub fn ahead(&self, side: Side, number: u64) -> Option<Qty> {
        let orders = if side == Side::Buy { &self.buys } else { &self.sells };
        orders.iter().find(|o| self.deep && o.number == number).map(|o| o.ahead)
    }

    /// The market moved: resting orders that it reaches fill, stops that it reaches wake.
    #[inline]
    fn moved(&mut self, out: &mut Vec<Execution>) {
        if !(self.buys.is_empty() && self.sells.is_empty() && self.stops.is_empty()) {
            self.match_orders(out);
        }
    }

    fn match_orders(&mut self, out: &mut Vec<Execution>) {
        for side in [Side::Buy, Side::Sell] {
            let (shared, deep, lot) = (self.assumed.shared_sides, self.deep, self.lot);
            let (near, far, orders) = self.sides(side);
            if !orders.is_empty() {
                let taken = fill::by_far_side(orders, far, deep, lot, out);
                if shared {
                    near.use_up(taken);
                }
            }
        }
        self.wake(None, out);
    }

    /// Stops that a trade at this price, or the far touch, reaches become limit orders.
    fn wake(&mut self, traded: Option<Px>, out: &mut Vec<Execution>) {
        let mut at = 0;
        while let Some(stop) = self.stops.get(at) {
            let touch = self.far_touch(stop.order.side);
            let woken = [traded, touch].into_iter().flatten().any(|px| stop.woken_by(px));
            if woken {
                let order = self.stops.remove(at).order;
                self.enter(order, true, out);
            } else {
                at += 1;
            }
        }
    }

    fn stop_at(&self, side: Side, number: u64) -> Option<usize> {
        self.stops.iter().position(|s| (s.order.number, s.order.side) == (number, side))
    }

    /// The worst price at which an order of this side may trade today.
    fn worst(&self, side: Side) -> Px {
        match (side, self.band) {
            (Side::Buy, Some((_, high))) => high,
            (Side::Sell, Some((low, _))) => low,
            (Side::Buy, None) => Px(i128::MAX),
            (Side::Sell, None) => Px::ZERO,
        }
    }

    /// Near ladder, far ladder and own orders of a side.
    fn sides(&mut self, side: Side) -> (&mut Ladder, &mut Ladder, &mut Vec<Resting>) {
        match side {
            Side::Buy => (&mut self.bids, &mut self.asks, &mut self.buys),
            Side::Sell => (&mut self.asks, &mut self.bids, &mut self.sells),
        }
    }
}
