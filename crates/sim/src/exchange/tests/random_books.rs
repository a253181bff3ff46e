//! Everything that can happen to orders in a full book, at random, against a second account of
//! what was displayed.

use super::depth::{Row, levels};
use super::*;
use crate::exchange::{Amending, Assumptions, QueueModel};
use truefill_market::source::Depth;

#[derive(Clone, Debug)]
enum Act {
    Depth(bool, Vec<Row>),
    Trade(i64, i64, Option<bool>),
    Place { buy: bool, qty: i64, px: Option<i64>, ioc: bool, stop: Option<i64>, show: Option<i64> },
    Amend(u64, i64, i64, Option<i64>),
    Cancel(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let row = (any::<bool>(), 0i64..5, 0i64..20).prop_map(|(buy, away, qty)| {
        // Bids below 100, asks above 99, now and then crossed.
        let px = if buy { 100 - away } else { 99 + away };
        (if buy { Side::Buy } else { Side::Sell }, px, qty)
    });
    let px = 94i64..107;
    let rare = |values: std::ops::Range<i64>| prop::option::weighted(0.2, values);
    let place = (any::<bool>(), 1i64..30, prop::option::weighted(0.9, px.clone()), any::<bool>())
        .prop_flat_map(move |(buy, qty, px, ioc)| {
            (rare(94..107), rare(1..6)).prop_map(move |(stop, show)| {
                let stop = stop.filter(|_| px.is_some() && !ioc);
                Act::Place { buy, qty, px, ioc, stop, show }
            })
        });
    let amend = (1u64..20, -1i64..30, px.clone(), rare(94..107));
    let one = prop_oneof![
        6 => (prop::bool::weighted(0.2), prop::collection::vec(row, 1..5))
            .prop_map(|(snapshot, rows)| Act::Depth(snapshot, rows)),
        3 => (px, 1i64..30, prop::option::of(any::<bool>()))
            .prop_map(|(px, qty, buy)| Act::Trade(px, qty, buy)),
        5 => place,
        2 => amend.prop_map(|(number, qty, px, stop)| Act::Amend(number, qty, px, stop)),
        1 => (1u64..20).prop_map(Act::Cancel),
    ];
    prop::collection::vec(one, 1..80)
}

struct Order {
    side: Side,
    left: i64,
    /// `None` for a market order.
    px: Option<i64>,
    /// It may still be waiting for its stop.
    stop: bool,
}

impl Order {
    fn reaches(&self, at: i64) -> bool {
        match (self.side, self.px) {
            (_, None) => true,
            (Side::Buy, Some(px)) => px >= at,
            (Side::Sell, Some(px)) => px <= at,
        }
    }
}

/// Displayed, and what may still be taken of it, by side and price.
#[derive(Default)]
struct Displayed {
    bids: BTreeMap<i64, (i64, i64)>,
    asks: BTreeMap<i64, (i64, i64)>,
}

impl Displayed {
    fn far(&mut self, side: Side) -> &mut BTreeMap<i64, (i64, i64)> {
        if side == Side::Buy { &mut self.asks } else { &mut self.bids }
    }

    fn depth(&mut self, snapshot: bool, rows: &[Row]) {
        if snapshot {
            let named = |side, px: &i64| rows.iter().any(|row| (row.0, row.1) == (side, *px));
            self.bids.retain(|px, _| named(Side::Buy, px));
            self.asks.retain(|px, _| named(Side::Sell, px));
        }
        for (side, px, qty) in rows {
            let book = self.far(side.opposite());
            let (shown, left) = book.get(px).copied().unwrap_or((0, 0));
            book.insert(*px, (*qty, (left + (qty - shown).max(0)).min(*qty)));
            book.retain(|_, (shown, _)| *shown > 0);
        }
    }

    fn is_open(&self) -> bool {
        match (self.bids.last_key_value(), self.asks.first_key_value()) {
            (Some((bid, _)), Some((ask, _))) => bid < ask,
            (bid, ask) => bid.is_some() || ask.is_some(),
        }
    }

    /// Takes a fill out of the levels that the order reaches; false if they do not have it.
    fn take(&mut self, order: &Order, qty: i64, px: i64, took: bool) -> bool {
        let far = self.far(order.side);
        let mut prices: Vec<i64> = far.keys().copied().filter(|at| order.reaches(*at)).collect();
        if order.side == Side::Sell {
            prices.reverse();
        }
        let mut wanted = qty;
        for at in prices.into_iter().filter(|at| !took || *at == px) {
            let left = &mut far.get_mut(&at).unwrap().1;
            let taken = wanted.min(*left);
            *left -= taken;
            wanted -= taken;
        }
        wanted == 0
    }
}

struct Trial {
    desk: Desk,
    orders: BTreeMap<u64, Order>,
    displayed: Displayed,
}

impl Trial {
    fn act(&mut self, act: Act) -> (Vec<Seen>, Option<i64>) {
        let mut out = Vec::new();
        let mut traded = None;
        match act {
            Act::Depth(snapshot, rows) => {
                self.displayed.depth(snapshot, &rows);
                let [bids, asks] = &levels(&rows);
                let depth = Depth { snapshot, bids, asks };
                self.desk.exchange.on_depth(ID, &depth, &mut out);
            }
            Act::Trade(px, qty, buy) => {
                let side = buy.map(|buy| if buy { Side::Buy } else { Side::Sell });
                traded = Some(qty);
                self.desk.exchange.on_trade(ID, (Px::whole(px), Qty::whole(qty)), side, &mut out);
            }
            Act::Place { buy, qty, px, ioc, stop, show } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let tif = if ioc { TimeInForce::Ioc } else { TimeInForce::Day };
                self.desk.number += 1;
                let number = self.desk.number;
                self.orders.insert(number, Order { side, left: qty, px, stop: stop.is_some() });
                let order = Arriving {
                    px: px.map(Px::whole),
                    stop_px: stop.map(Px::whole),
                    display_qty: show.map(Qty::whole),
                    ..Arriving::limit(number, ID, side, Qty::whole(qty), Px::ZERO, tif)
                };
                assert_eq!(self.desk.exchange.check(&order), Ok(()));
                let rests = whole(self.desk.exchange.place(&order, &mut out).0);
                let filled: i64 = seen(&out).iter().map(|fill| fill.1).sum();
                assert!(rests == qty - filled || rests == 0 && (ioc || px.is_none()));
                if rests == 0 {
                    self.orders.get_mut(&number).unwrap().left = filled;
                }
            }
            Act::Amend(number, leaves, px, stop) => {
                let Some(order) = self.orders.get_mut(&number) else { return (vec![], None) };
                let to = Amending {
                    number,
                    instrument: ID,
                    side: order.side,
                    leaves: Qty::whole(leaves),
                    px: Px::whole(px),
                    stop_px: stop.map(Px::whole),
                };
                let left = self.desk.exchange.amend(&to, &mut out);
                assert_eq!(left.is_some(), order.left > 0 && leaves > 0);
                if let Some(left) = left {
                    (order.left, order.px) = (leaves, Some(px));
                    let filled: i64 = seen(&out).iter().map(|fill| fill.1).sum();
                    assert_eq!(whole(left.0), leaves - filled);
                }
            }
            Act::Cancel(number) => {
                if let Some(order) = self.orders.get_mut(&number) {
                    let left = self.desk.exchange.cancel(ID, order.side, number);
                    assert_eq!(left.map(|q| whole(q.0)), (order.left > 0).then_some(order.left));
                    order.left = 0;
                }
            }
        }
        (seen(&out), traded)
    }
}

fn model() -> impl Strategy<Value = QueueModel> {
    prop_oneof![
        Just(QueueModel::RiskAdverse),
        (1u8..4).prop_map(QueueModel::PowerProb),
        Just(QueueModel::LogProb),
        (1u8..4).prop_map(QueueModel::PowerProb2),
        Just(QueueModel::LogProb2),
        (1u8..4).prop_map(QueueModel::PowerProb3),
    ]
}

proptest! {
    #[test]
    fn no_order_overfills_and_nothing_is_taken_twice(acts in acts(), queue in model()) {
        let (desk, orders) = (Desk::new(), BTreeMap::new());
        let mut trial = Trial { desk, orders, displayed: Displayed::default() };
        trial.desk.exchange.assume(Assumptions { queue, ..Assumptions::default() });
        for act in acts {
            let (filled, mut traded) = trial.act(act);
            for (number, qty, px, took) in filled {
                let order = trial.orders.get_mut(&number).unwrap();
                order.left -= qty;
                prop_assert!(order.left >= 0, "overfilled");
                prop_assert!(order.reaches(px), "worse than its limit");
                prop_assert!(took || order.px == Some(px), "a maker has its own price");
                if took {
                    order.stop = false;
                }
                match &mut traded {
                    Some(left) if !took => {
                        *left -= qty;
                        prop_assert!(*left >= 0, "more hit than traded");
                    }
                    _ => {
                        let order = &trial.orders[&number];
                        let had = trial.displayed.take(order, qty, px, took);
                        prop_assert!(had, "more taken than displayed");
                    }
                }
            }
            if trial.displayed.is_open() {
                for order in trial.orders.values().filter(|o| o.left > 0 && !o.stop) {
                    let far = trial.displayed.far(order.side);
                    let missed = far.iter().any(|(px, (_, left))| *left > 0 && order.reaches(*px));
                    prop_assert!(!missed, "an order rests beside what it could take");
                }
            }
        }
    }
}
