//! The account: what was carried over, what was traded today, what is held.
//!
//! Entry point: [`Account`].
//!
//! Invariant: a position is what was carried over plus what was booked; nothing is kept twice.

use std::collections::BTreeMap;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty, Rounding};
use truefill_core::request::Side;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::Product;

/// Instrument and product.
pub(super) type Key = (InstrumentId, Product);

/// Something that moved a position today.
#[derive(Clone, Copy, Debug)]
struct Booking {
    time: Nanos,
    key: Key,
    side: Side,
    qty: Qty,
    px: Px,
}

/// Shares in the depository.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holding {
    /// Settled.
    pub qty: Qty,
    /// Bought yesterday.
    pub t1: Qty,
    /// What they cost.
    pub average_px: Px,
}

/// Sums of one key at some moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Carried over.
    pub overnight: Qty,
    /// At this price.
    pub overnight_px: Px,
    /// Bought today.
    pub buy: Qty,
    /// For this.
    pub buy_value: Amount,
    /// Sold today.
    pub sell: Qty,
    /// For this.
    pub sell_value: Amount,
}

impl Sums {
    /// The position.
    pub(super) fn net(&self) -> Qty {
        self.overnight + self.buy - self.sell
    }
}

/// Everything that the account is.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) cash: Amount,
    overnight: BTreeMap<Key, (Qty, Px)>,
    bookings: Vec<Booking>,
    pub(super) holdings: BTreeMap<InstrumentId, Holding>,
    /// The depository has given its permission for today.
    pub(super) authorised: bool,
}

impl Account {
    pub(super) fn new(cash: i64) -> Self {
        Self {
            cash: Qty::whole(cash).times(Px::whole(1)),
            overnight: BTreeMap::new(),
            bookings: Vec::new(),
            holdings: BTreeMap::new(),
            authorised: true,
        }
    }

    pub(super) fn book(&mut self, time: Nanos, key: Key, side: Side, qty: Qty, px: Px) {
        self.bookings.push(Booking { time, key, side, qty, px });
    }

    /// Sums of every key that there is, at this moment.
    pub(super) fn sums(&self, at: Nanos) -> BTreeMap<Key, Sums> {
        let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
        for (key, (qty, px)) in &self.overnight {
            let entry = sums.entry(*key).or_default();
            (entry.overnight, entry.overnight_px) = (*qty, *px);
        }
        for booking in self.bookings.iter().filter(|booking| booking.time <= at) {
            let entry = sums.entry(booking.key).or_default();
            let value = booking.qty.times(booking.px);
            match booking.side {
                Side::Buy => {
                    (entry.buy, entry.buy_value) =
                        (entry.buy + booking.qty, entry.buy_value + value)
                }
                Side::Sell => {
                    (entry.sell, entry.sell_value) =
                        (entry.sell + booking.qty, entry.sell_value + value)
                }
            }
        }
        sums
    }

    pub(super) fn position(&self, id: InstrumentId, product: Product, at: Nanos) -> Qty {
        let key = (id, product);
        let overnight = self.overnight.get(&key).map_or(Qty::ZERO, |(qty, _)| *qty);
        let of_key = self.bookings.iter().filter(|b| b.key == key && b.time <= at);
        of_key.fold(overnight, |sum, b| sum + Qty(b.qty.0 * b.side.sign()))
    }

    pub(super) fn is_authorised(&self, id: InstrumentId, qty: Qty) -> bool {
        let held = self.holdings.get(&id).copied().unwrap_or_default().qty;
        self.authorised || held.is_zero() || qty.is_zero()
    }

    /// Shares that can be sold: those held, plus what today's delivery trades leave.
    pub(super) fn deliverable(&self, id: InstrumentId, now: Nanos) -> Qty {
        let held = self.holdings.get(&id).copied().unwrap_or_default();
        held.qty + held.t1 + self.position(id, Product::Cnc, now)
    }

    /// Shares sold today out of what is held.
    pub(super) fn used(&self, id: InstrumentId, now: Nanos) -> Qty {
        (-self.position(id, Product::Cnc, now)).max(Qty::ZERO)
    }

    /// A new day: delivery trades become holdings, everything else is carried over at the close.
    pub(super) fn day_roll(&mut self, now: Nanos, close: impl Fn(InstrumentId) -> Px) {
        let sums = self.sums(now);
        self.overnight.clear();
        for holding in self.holdings.values_mut() {
            holding.qty += holding.t1;
            holding.t1 = Qty::ZERO;
        }
        for ((id, product), sums) in sums {
            let net = sums.net();
            if product != Product::Cnc {
                if !net.is_zero() {
                    self.overnight.insert((id, product), (net, close(id)));
                }
                continue;
            }
            let holding = self.holdings.entry(id).or_default();
            let paid = holding.qty.times(holding.average_px) + net.max(Qty::ZERO).times(close(id));
            if net.0 > 0 {
                holding.t1 += net;
                let all = holding.qty + holding.t1;
                let bought = sums.buy_value.per(sums.buy, Rounding::Floor);
                holding.average_px = match bought.filter(|_| holding.qty.is_zero()) {
                    Some(px) => px,
                    None => paid.per(all, Rounding::Floor).unwrap_or(Px::ZERO),
                };
            } else {
                holding.qty += net;
            }
        }
        self.holdings.retain(|_, holding| !(holding.qty + holding.t1).is_zero());
        self.bookings.clear();
    }
}
