//! One instrument: two displayed levels and the account's resting orders.
//!
//! Invariant: resting orders are kept in priority order (best price first, then first come), so
//! those that can fill are always at the front.

use super::order::{Arriving, Execution, Resting, Role};
use truefill_core::num::{Px, Qty, Rounding};
use truefill_core::quote::Quote;
use truefill_core::report::Liquidity;
use truefill_core::request::{Side, TimeInForce};

/// A displayed level and what is left of it for us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Level {
    px: Px,
    displayed: Qty,
    available: Qty,
}

impl Level {
    #[inline]
    fn update(&mut self, px: Px, displayed: Qty) {
        if px != self.px {
            *self = Self { px, displayed, available: displayed };
            return;
        }
        if displayed > self.displayed {
            self.available += displayed - self.displayed;
        } else if displayed < self.available {
            self.available = displayed;
        }
        self.displayed = displayed;
    }
}

/// The book of one instrument.
#[derive(Debug)]
pub struct Book {
    /// Nothing smaller is traded, whatever is displayed.
    lot: Qty,
    /// False before the first sane quote and while the last one is not sane.
    open: bool,
    bid: Level,
    ask: Level,
    buys: Vec<Resting>,
    sells: Vec<Resting>,
}

impl Book {
    pub fn new(lot: Qty) -> Self {
        let (bid, ask) = (Level::default(), Level::default());
        Self { lot, open: false, bid, ask, buys: Vec::new(), sells: Vec::new() }
    }

    #[inline]
    pub fn on_quote(&mut self, quote: &Quote, out: &mut Vec<Execution>) {
        self.open = quote.is_sane();
        if !self.open {
            return;
        }
        self.bid.update(quote.bid_px, quote.bid_qty);
        self.ask.update(quote.ask_px, quote.ask_qty);
        if !self.buys.is_empty() {
            fill_all(Side::Buy, &mut self.buys, &mut self.ask, self.lot, out);
        }
        if !self.sells.is_empty() {
            fill_all(Side::Sell, &mut self.sells, &mut self.bid, self.lot, out);
        }
    }

    /// Takes what can be taken now; returns what rests.
    pub fn place(&mut self, order: &Arriving, out: &mut Vec<Execution>) -> Qty {
        let far = if order.side == Side::Buy { &mut self.ask } else { &mut self.bid };
        let mut resting = Resting {
            number: order.number,
            px: order.px,
            leaves: order.qty,
            role: Role::Undecided,
        };
        if self.open {
            let marketable = reaches(order.side, order.px, far.px);
            resting.role = if marketable { Role::Taker } else { Role::Maker };
            if marketable {
                out.extend(take(&mut resting, far, self.lot));
            }
        }
        if order.tif == TimeInForce::Ioc || resting.leaves.is_zero() {
            return Qty::ZERO;
        }
        let side = order.side;
        let orders = self.side(side);
        let behind = orders.partition_point(|o| reaches(side, o.px, order.px));
        orders.insert(behind, resting);
        resting.leaves
    }

    pub fn cancel(&mut self, side: Side, number: u64) -> Option<Qty> {
        let orders = self.side(side);
        let at = orders.iter().position(|o| o.number == number)?;
        Some(orders.remove(at).leaves)
    }

    pub fn hit(&mut self, side: Side, number: u64, qty: Qty) -> Option<Execution> {
        let orders = self.side(side);
        let at = orders.iter().position(|o| o.number == number)?;
        let order = orders.get_mut(at)?;
        let qty = qty.min(order.leaves);
        if qty.0 <= 0 {
            return None;
        }
        order.leaves -= qty;
        let px = order.px;
        if order.leaves.is_zero() {
            orders.remove(at);
        }
        Some(Execution { number, qty, px, liquidity: Liquidity::Maker, touch: None })
    }

    pub fn far_touch(&self, side: Side) -> Option<Px> {
        self.open.then_some(if side == Side::Buy { self.ask.px } else { self.bid.px })
    }

    fn side(&mut self, side: Side) -> &mut Vec<Resting> {
        if side == Side::Buy { &mut self.buys } else { &mut self.sells }
    }
}

/// Fills the orders that the far level reaches, in their order, while it has something left.
fn fill_all(
    side: Side,
    orders: &mut Vec<Resting>,
    far: &mut Level,
    lot: Qty,
    out: &mut Vec<Execution>,
) {
    let mut filled = 0;
    for order in orders.iter_mut() {
        let reached = reaches(side, order.px, far.px);
        if order.role == Role::Undecided {
            order.role = if reached { Role::Taker } else { Role::Maker };
        }
        if reached {
            out.extend(take(order, far, lot));
        }
        filled += usize::from(order.leaves.is_zero());
    }
    if filled > 0 {
        orders.retain(|order| !order.leaves.is_zero());
    }
}

/// True if an order of this side with the limit `px` may trade at `at`.
fn reaches(side: Side, px: Px, at: Px) -> bool {
    match side {
        Side::Buy => px >= at,
        Side::Sell => px <= at,
    }
}

/// Takes as much of the level as it has and the order wants, in whole lots.
fn take(order: &mut Resting, far: &mut Level, lot: Qty) -> Option<Execution> {
    let qty = order.leaves.min(far.available).to_lot(lot, Rounding::Floor);
    if qty.0 <= 0 {
        return None;
    }
    order.leaves -= qty;
    far.available -= qty;
    let (px, liquidity, touch) = match order.role {
        Role::Maker => (order.px, Liquidity::Maker, None),
        Role::Taker | Role::Undecided => (far.px, Liquidity::Taker, Some(far.px)),
    };
    Some(Execution { number: order.number, qty, px, liquidity, touch })
}
