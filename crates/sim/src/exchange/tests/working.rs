//! What becomes of working orders besides filling: amends, stops, bands; and market orders.

use super::*;
use crate::exchange::{Amending, Assumptions, ThinBook};

impl Desk {
    pub(super) fn send(&mut self, order: Arriving) -> (i64, Vec<Seen>) {
        self.number += 1;
        let order = Arriving { number: self.number, ..order };
        assert_eq!(self.exchange.check(&order), Ok(()));
        let mut out = Vec::new();
        let rests = self.exchange.place(&order, &mut out);
        (whole(rests.0), seen(&out))
    }

    fn amend(&mut self, number: u64, side: Side, leaves: i64, px: i64) -> Option<(i64, Vec<Seen>)> {
        self.amend_stop(number, side, leaves, px, None)
    }

    fn amend_stop(
        &mut self,
        number: u64,
        side: Side,
        leaves: i64,
        px: i64,
        stop: Option<i64>,
    ) -> Option<(i64, Vec<Seen>)> {
        let (leaves, px, stop_px) = (Qty::whole(leaves), Px::whole(px), stop.map(Px::whole));
        let to = Amending { number, instrument: ID, side, leaves, px, stop_px };
        let mut out = Vec::new();
        self.exchange.amend(&to, &mut out).map(|left| (whole(left.0), seen(&out)))
    }

    fn stop(&mut self, side: Side, qty: i64, stop_px: i64, px: i64) -> (i64, Vec<Seen>) {
        self.send(Arriving { stop_px: Some(Px::whole(stop_px)), ..limit(side, qty, px) })
    }
}

pub(super) fn limit(side: Side, qty: i64, px: i64) -> Arriving {
    Arriving::limit(0, ID, side, Qty::whole(qty), Px::whole(px), TimeInForce::Day)
}

#[test]
fn a_smaller_quantity_keeps_its_place_and_everything_else_loses_it() {
    // Whether the first of two orders is still the first after this amend.
    let first = |leaves: i64, px: i64| {
        let mut desk = Desk::quoted((99, 10, 102, 10));
        desk.buy(5, 98);
        desk.buy(5, 98);
        assert_eq!(desk.amend(1, Side::Buy, leaves, px), Some((leaves, vec![])));
        if px != 98 {
            assert_eq!(desk.amend(1, Side::Buy, leaves, 98), Some((leaves, vec![])));
        }
        desk.quote((97, 10, 98, 1))[0].0 == 1
    };
    assert!(first(5, 98) && first(3, 98));
    assert!(!first(6, 98));
    assert!(!first(5, 97));
}

#[test]
fn an_amended_order_arrives_again() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.buy(15, 98).0, 15);
    assert_eq!(desk.amend(1, Side::Buy, 15, 100), Some((5, vec![(1, 10, 100, true)])));
    // It is a taker's rest now: it pays the quote, not its limit.
    assert_eq!(desk.quote((97, 10, 98, 3)), [(1, 3, 98, true)]);
    assert_eq!(desk.amend(1, Side::Buy, 2, 97), Some((2, vec![])));
    assert_eq!(desk.quote((95, 10, 96, 9)), [(1, 2, 97, false)]);
    assert_eq!(desk.amend(1, Side::Buy, 5, 97), None);
}

#[test]
fn an_amend_that_leaves_nothing_or_finds_nothing_changes_nothing() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.buy(5, 98);
    assert_eq!(desk.amend(1, Side::Buy, 0, 98), None);
    assert_eq!(desk.amend(1, Side::Buy, -1, 98), None);
    assert_eq!(desk.amend(1, Side::Sell, 5, 101), None);
    assert_eq!(desk.amend(2, Side::Buy, 5, 98), None);
    assert_eq!(desk.quote((96, 10, 97, 10)), [(1, 5, 98, false)]);
}

#[test]
fn a_stop_waits_until_the_far_touch_reaches_it() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.stop(Side::Buy, 5, 103, 105), (5, vec![]));
    assert_eq!(desk.stop(Side::Sell, 5, 97, 95), (5, vec![]));
    // The limit alone would have filled, and nobody can hit what is not in the book.
    assert_eq!(desk.quote((101, 10, 102, 10)), []);
    assert_eq!(desk.exchange.hit(ID, Side::Buy, 1, Qty::whole(5)), None);
    assert_eq!(desk.quote((103, 10, 104, 3)), [(1, 3, 104, true)]);
    // From now on it is a limit order, wherever the market goes.
    assert_eq!(desk.quote((99, 10, 100, 9)), [(1, 2, 100, true)]);
    assert_eq!(desk.quote((97, 4, 98, 9)), [(2, 4, 97, true)]);
    assert_eq!(desk.exchange.cancel(ID, Side::Sell, 2), Some(Qty::whole(1)));
}

#[test]
fn a_stop_that_the_market_has_passed_is_a_limit_order_at_once() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.stop(Side::Buy, 5, 100, 101), (0, vec![(1, 5, 100, true)]));
    // A gap through stop and limit: it rests at its limit.
    assert_eq!(desk.stop(Side::Sell, 5, 97, 96), (5, vec![]));
    assert_eq!(desk.quote((90, 10, 91, 10)), []);
    assert_eq!(desk.quote((96, 10, 97, 10)), [(2, 5, 96, false)]);
}

#[test]
fn a_trade_wakes_a_stop_too() {
    let mut desk = Desk::quoted((99, 10, 102, 10));
    assert_eq!(desk.stop(Side::Sell, 5, 100, 99), (0, vec![(1, 5, 99, true)]));
    assert_eq!(desk.stop(Side::Buy, 5, 103, 104), (5, vec![]));
    let mut out = Vec::new();
    desk.exchange.on_trade(ID, (Px::whole(102), Qty::whole(1)), None, &mut out);
    assert_eq!(seen(&out), []);
    desk.exchange.on_trade(ID, (Px::whole(103), Qty::whole(1)), None, &mut out);
    assert_eq!(seen(&out), [(2, 5, 102, true)]);
}

#[test]
fn a_waiting_stop_is_amended_and_cancelled() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.stop(Side::Buy, 5, 103, 105);
    assert_eq!(desk.amend(1, Side::Buy, 7, 106), Some((7, vec![])));
    assert_eq!(desk.amend_stop(1, Side::Buy, 7, 106, Some(104)), Some((7, vec![])));
    assert_eq!(desk.quote((102, 10, 103, 10)), []);
    let woken = desk.amend_stop(1, Side::Buy, 7, 106, Some(101));
    assert_eq!(woken, Some((0, vec![(1, 7, 103, true)])));
    desk.stop(Side::Buy, 5, 110, 112);
    assert_eq!(desk.exchange.cancel(ID, Side::Sell, 2), None);
    assert_eq!(desk.exchange.cancel(ID, Side::Buy, 2), Some(Qty::whole(5)));
    assert_eq!(desk.quote((112, 10, 113, 10)), []);
}

#[test]
fn the_band_of_the_day_holds_for_orders_that_arrive() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.buy(5, 90);
    desk.exchange.set_band(ID, Some((Px::whole(95), Px::whole(105))));
    let check = |desk: &Desk, px| desk.exchange.check(&limit(Side::Buy, 5, px)).err();
    for (px, refused) in [(94, true), (95, false), (105, false), (106, true)] {
        let code = check(&desk, px).map(|(code, _)| code);
        assert_eq!(code, refused.then_some(RejectCode::PriceBand), "{px}");
    }
    assert_eq!(desk.quote((88, 10, 89, 10)), [(1, 5, 90, false)]);
    // A market order stops at the band.
    desk.quote((104, 10, 106, 10));
    let market = Arriving::market(0, ID, Side::Buy, Qty::whole(5));
    assert_eq!(desk.send(market), (0, vec![]));
    desk.exchange.set_band(ID, None);
    assert_eq!(check(&desk, 106), None);
    assert_eq!(desk.send(market), (0, vec![(3, 5, 106, true)]));
}

#[test]
fn stops_and_icebergs_have_rules_of_their_own() {
    let desk = Desk::quoted((99, 10, 100, 10));
    let stop_px = Some(Px::whole(105));
    let market = Arriving::market(0, ID, Side::Buy, Qty::whole(5));
    let show = |qty: i64, display: i64| {
        let display_qty = Some(Qty::whole(display));
        Arriving { display_qty, ..limit(Side::Buy, qty, 98) }
    };
    for (order, fine) in [
        (Arriving { stop_px, ..limit(Side::Buy, 5, 105) }, true),
        (Arriving { stop_px: Some(Px::ZERO), ..limit(Side::Buy, 5, 105) }, false),
        (Arriving { stop_px, ..market }, false),
        (Arriving { stop_px, tif: TimeInForce::Ioc, ..limit(Side::Buy, 5, 105) }, false),
        (show(1000, 10), true),
        (show(1000, 9), false),
        (show(10, 0), false),
        (show(10, 20), true),
    ] {
        assert_eq!(desk.exchange.check(&order).is_ok(), fine, "{order:?}");
    }
}

/// A thin book: a market order is filled, at any price; a limit is filled within it.
#[test]
fn in_a_thin_book_a_market_order_is_filled_far_away_and_a_limit_is_not() {
    let thin = Some(ThinBook { levels: 5, step_ticks: 10, qty: Qty::whole(20) });
    let desk = || {
        let mut desk = Desk::new();
        desk.exchange.assume(Assumptions { thin, ..Assumptions::default() });
        assert_eq!(desk.quote((99, 50, 100, 50)), []);
        desk
    };
    let mut naive = desk();
    let (rests, filled) = naive.send(Arriving::market(0, ID, Side::Buy, Qty::whole(110)));
    let walked = [(50, 100), (20, 110), (20, 120), (20, 130)];
    assert_eq!((rests, filled), (0, walked.map(|(qty, px)| (1, qty, px, true)).to_vec()));
    let mut limited = desk();
    assert_eq!(limited.buy(110, 102), (60, vec![(1, 50, 100, true)]));
    // Patience: the rest is filled as the touch is filled up.
    assert_eq!(limited.quote((99, 50, 101, 60)), [(1, 60, 101, true)]);
    // Where the assumption ends there is nothing at all.
    let (_, filled) = desk().send(Arriving::market(0, ID, Side::Buy, Qty::whole(500)));
    assert_eq!(filled.iter().map(|fill| fill.1).sum::<i64>(), 150);
}

#[test]
fn what_was_taken_behind_the_touch_stays_taken_while_its_price_stays() {
    let mut desk = Desk::new();
    let thin = Some(ThinBook { levels: 2, step_ticks: 1, qty: Qty::whole(20) });
    desk.exchange.assume(Assumptions { thin, ..Assumptions::default() });
    desk.quote((99, 50, 100, 50));
    let market = Arriving::market(0, ID, Side::Buy, Qty::whole(60));
    assert_eq!(desk.send(market).1, [(1, 50, 100, true), (1, 10, 101, true)]);
    // The touch moves to 101, where ten of the twenty are left and ten come on top.
    desk.quote((100, 50, 101, 30));
    let again = [(2, 20, 101, true), (2, 20, 102, true), (2, 20, 103, true)];
    assert_eq!(desk.send(market).1, again);
}
