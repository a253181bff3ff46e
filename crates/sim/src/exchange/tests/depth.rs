//! Full books: walking them, and the queue at the own price.

use super::working::limit;
use super::*;
use crate::exchange::{Assumptions, QueueModel};
use truefill_market::book::Level;
use truefill_market::source::Depth;

/// Side, price and quantity of a level in whole units.
pub(super) type Row = (Side, i64, i64);

/// Bids and asks of some rows.
pub(super) fn levels(rows: &[Row]) -> [Vec<Level>; 2] {
    let of = |wanted: Side| {
        let rows = rows.iter().filter(|row| row.0 == wanted);
        rows.map(|(_, px, qty)| Level { px: Px::whole(*px), qty: Qty::whole(*qty) }).collect()
    };
    [of(Buy), of(Sell)]
}

impl Desk {
    pub(super) fn depth(&mut self, snapshot: bool, rows: &[Row]) -> Vec<Seen> {
        let mut out = Vec::new();
        let [bids, asks] = &levels(rows);
        self.exchange.on_depth(ID, &Depth { snapshot, bids, asks }, &mut out);
        seen(&out)
    }

    pub(super) fn trade(&mut self, px: i64, qty: i64, aggressor: Option<Side>) -> Vec<Seen> {
        let mut out = Vec::new();
        self.exchange.on_trade(ID, (Px::whole(px), Qty::whole(qty)), aggressor, &mut out);
        seen(&out)
    }

    fn ahead(&self, side: Side, number: u64) -> i64 {
        whole(self.exchange.ahead(ID, side, number).unwrap().0)
    }

    fn deep(rows: &[Row]) -> Self {
        let mut desk = Self::new();
        assert_eq!(desk.depth(true, rows), []);
        desk
    }
}

use Side::{Buy, Sell};

#[test]
fn a_taker_walks_and_each_level_has_its_own_price() {
    let mut desk = Desk::deep(&[(Buy, 99, 5), (Sell, 100, 5), (Sell, 102, 7), (Sell, 103, 9)]);
    let mut out = Vec::new();
    let order = Arriving { number: 9, ..limit(Buy, 15, 102) };
    assert_eq!(desk.exchange.place(&order, &mut out), Qty::whole(3));
    assert_eq!(seen(&out), [(9, 5, 100, true), (9, 7, 102, true)]);
    // The touch at arrival, for the cost beyond it.
    assert!(out.iter().all(|e| e.touch == Some(Px::whole(100))));
    // What is left is a maker now, and what was taken does not come back by being shown.
    assert_eq!(desk.depth(false, &[(Sell, 100, 5), (Sell, 102, 7)]), []);
    assert_eq!(desk.depth(false, &[(Sell, 102, 8)]), [(9, 1, 102, false)]);
    // A level that went and came back is a fresh one.
    assert_eq!(desk.depth(false, &[(Sell, 100, 0)]), []);
    assert_eq!(desk.depth(false, &[(Sell, 100, 5)]), [(9, 2, 102, false)]);
}

#[test]
fn a_snapshot_takes_away_what_it_does_not_name() {
    let mut desk = Desk::deep(&[(Buy, 99, 5), (Sell, 100, 5), (Sell, 101, 5)]);
    assert_eq!(desk.buy(2, 101).1, [(1, 2, 100, true)]);
    desk.depth(true, &[(Buy, 98, 5), (Sell, 100, 5)]);
    assert_eq!(desk.exchange.far_touch(ID, Sell), Some(Px::whole(98)));
    // Three were left of the five at 100, and a resync does not bring the two back.
    assert_eq!(desk.buy(9, 101), (6, vec![(2, 3, 100, true)]));
}

#[test]
fn what_the_first_book_leaves_of_an_order_is_a_maker() {
    let mut desk = Desk::deep(&[(Buy, 100, 5), (Sell, 100, 5)]);
    assert_eq!(desk.buy(9, 102), (9, vec![]));
    assert_eq!(desk.depth(true, &[(Buy, 99, 5), (Sell, 101, 5)]), [(1, 5, 101, true)]);
    assert_eq!(desk.depth(true, &[(Buy, 99, 5), (Sell, 100, 3)]), [(1, 3, 102, false)]);
}

#[test]
fn levels_that_make_no_sense_and_quotes_are_ignored() {
    let mut desk = Desk::deep(&[(Buy, 99, 5), (Sell, 100, 5)]);
    desk.depth(false, &[(Sell, 0, 5), (Sell, -3, 5), (Sell, 98, -5)]);
    desk.quote((10, 5, 11, 5));
    assert_eq!(desk.buy(9, 100), (4, vec![(1, 5, 100, true)]));
}

#[test]
fn a_crossed_book_is_no_market_and_one_side_is() {
    let mut desk = Desk::deep(&[(Buy, 99, 5), (Sell, 100, 5)]);
    desk.depth(false, &[(Buy, 100, 5)]);
    assert_eq!(desk.buy(2, 100), (2, vec![]));
    assert_eq!(desk.depth(false, &[(Buy, 100, 0)]), [(1, 2, 100, true)]);
    // Locked at the limit of the day: only buyers are left.
    desk.depth(false, &[(Sell, 100, 0)]);
    assert_eq!(desk.sell(3, 99), (0, vec![(2, 3, 99, true)]));
    assert_eq!(desk.buy(3, 99), (3, vec![]));
}

/// Vector Q-1: 100 ahead, own 50; trades of 80, 30 and 50 fill 0, 10 and 40.
#[test]
fn a_maker_fills_when_the_queue_before_it_has_traded() {
    let mut desk = Desk::deep(&[(Buy, 99, 100), (Sell, 101, 100)]);
    assert_eq!(desk.buy(50, 99), (50, vec![]));
    assert_eq!(desk.ahead(Buy, 1), 100);
    assert_eq!(desk.trade(99, 80, Some(Sell)), []);
    assert_eq!(desk.ahead(Buy, 1), 20);
    assert_eq!(desk.trade(99, 30, Some(Sell)), [(1, 10, 99, false)]);
    assert_eq!(desk.trade(99, 50, Some(Sell)), [(1, 40, 99, false)]);
    assert_eq!(desk.trade(99, 50, Some(Sell)), []);
}

/// Vector Q-2, through a book: join at 100, it grows to 150, 30 trade, 20 are cancelled.
#[test]
fn cancels_move_the_queue_as_the_model_says() {
    for (queue, expected) in [
        (QueueModel::RiskAdverse, "70"),
        (QueueModel::PowerProb(1), "60.666667"),
        (QueueModel::PowerProb(2), "61.327434"),
        (QueueModel::PowerProb(3), "61.976608"),
        (QueueModel::LogProb, "60.152209"),
        (QueueModel::LogProb2, "67.517258"),
        (QueueModel::PowerProb2(2), "55.688889"),
        (QueueModel::PowerProb3(2), "65.644444"),
        (QueueModel::PowerProb3(3), "67.967407"),
    ] {
        let mut desk = Desk::deep(&[(Buy, 99, 100), (Sell, 101, 100)]);
        desk.exchange.assume(Assumptions { queue, ..Assumptions::default() });
        desk.buy(50, 99);
        desk.depth(false, &[(Buy, 99, 150)]);
        assert_eq!(desk.trade(99, 30, None), []);
        assert_eq!(desk.ahead(Buy, 1), 70);
        desk.depth(false, &[(Buy, 99, 100)]);
        let ahead = desk.exchange.ahead(ID, Buy, 1).unwrap();
        let expected: Qty = expected.parse().unwrap();
        let off = (ahead.0 - expected.0).abs();
        assert!(off * 1_000_000 <= expected.0, "{queue:?}: {ahead}");
    }
}

#[test]
fn a_trade_beyond_the_price_fills_whoever_stood_before() {
    let mut desk = Desk::deep(&[(Buy, 99, 100), (Sell, 101, 100)]);
    desk.buy(50, 99);
    desk.buy(10, 100);
    // At 98 the better prices come first, and no more than traded.
    assert_eq!(desk.trade(98, 30, Some(Sell)), [(2, 10, 100, false), (1, 20, 99, false)]);
    // Inside the spread, without a side, nobody knows whom it hit.
    assert_eq!(desk.trade(100, 30, None), []);
    assert_eq!(desk.trade(99, 50, Some(Buy)), []);
}

#[test]
fn two_own_orders_share_a_trade() {
    let mut desk = Desk::deep(&[(Buy, 99, 20), (Sell, 101, 100)]);
    desk.buy(30, 99);
    desk.buy(30, 99);
    // Twenty of others, then thirty and five of ours.
    assert_eq!(desk.trade(99, 55, Some(Sell)), [(1, 30, 99, false), (2, 5, 99, false)]);
    assert_eq!(desk.trade(99, 55, Some(Sell)), [(2, 25, 99, false)]);
}

#[test]
fn amends_lose_the_queue_except_to_be_smaller() {
    let place = |leaves: i64| {
        let mut desk = Desk::deep(&[(Buy, 99, 20), (Sell, 101, 100)]);
        desk.buy(30, 99);
        desk.depth(false, &[(Buy, 99, 80)]);
        let (leaves, px) = (Qty::whole(leaves), Px::whole(99));
        let to = crate::exchange::Amending {
            number: 1,
            instrument: ID,
            side: Buy,
            leaves,
            px,
            stop_px: None,
        };
        assert_eq!(desk.exchange.amend(&to, &mut Vec::new()), Some(leaves));
        desk.ahead(Buy, 1)
    };
    assert_eq!((place(29), place(30), place(31)), (20, 20, 80));
}

#[test]
fn the_next_part_of_an_iceberg_goes_behind_what_is_displayed() {
    let mut desk = Desk::deep(&[(Buy, 99, 20), (Sell, 101, 100)]);
    let display_qty = Some(Qty::whole(10));
    assert_eq!(desk.send(Arriving { display_qty, ..limit(Buy, 25, 99) }), (25, vec![]));
    desk.buy(5, 99);
    assert_eq!(desk.trade(99, 25, Some(Sell)), [(1, 5, 99, false)]);
    // Five of its part, all of the plain order, and then the queue again.
    assert_eq!(desk.trade(99, 10, Some(Sell)), [(1, 5, 99, false), (2, 5, 99, false)]);
    desk.depth(false, &[(Buy, 99, 40)]);
    assert_eq!(desk.trade(99, 10, Some(Sell)), []);
    // Everything at the price is swept: all its parts are hit in one go.
    let swept = desk.trade(99, 100, Some(Sell));
    assert_eq!(swept, [(1, 10, 99, false), (1, 5, 99, false)]);
}
