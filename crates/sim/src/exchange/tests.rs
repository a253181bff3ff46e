//! The fill rules one by one, then all of them against random markets.

use std::collections::BTreeMap;

use super::{Arriving, Exchange, Execution};
use proptest::prelude::*;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::{Liquidity, RejectCode};
use truefill_core::request::{Side, TimeInForce};
use truefill_core::time::Nanos;

mod depth;
mod points;
mod random_books;
mod working;

const ID: InstrumentId = InstrumentId(0);

fn instrument() -> Instrument {
    Instrument {
        symbol: "X".to_owned(),
        tick: Px::whole(1),
        lot: Qty::whole(1),
        min_qty: Qty::whole(1),
        max_qty: Some(Qty::whole(1000)),
        min_notional: Amount::ZERO,
        multiplier: Qty::whole(1),
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    }
}

/// Bid price, bid size, ask price, ask size in whole units.
type Market = (i64, i64, i64, i64);

fn quote((bid, bid_qty, ask, ask_qty): Market) -> Quote {
    Quote {
        bid_px: Px::whole(bid),
        bid_qty: Qty::whole(bid_qty),
        ask_px: Px::whole(ask),
        ask_qty: Qty::whole(ask_qty),
        time: Nanos(0),
    }
}

struct Desk {
    exchange: Exchange,
    number: u64,
}

/// Number, quantity and price of an execution, and whether it took.
type Seen = (u64, i64, i64, bool);

impl Desk {
    fn new() -> Self {
        Self { exchange: Exchange::new(&[instrument()]), number: 0 }
    }

    fn quoted(market: Market) -> Self {
        let mut desk = Self::new();
        assert_eq!(desk.quote(market), []);
        desk
    }

    fn quote(&mut self, market: Market) -> Vec<Seen> {
        let mut out = Vec::new();
        self.exchange.on_quote(ID, &quote(market), &mut out);
        seen(&out)
    }

    fn place(&mut self, side: Side, qty: i64, px: i64, tif: TimeInForce) -> (i64, Vec<Seen>) {
        self.number += 1;
        let (qty, px) = (Qty::whole(qty), Px::whole(px));
        let order = Arriving::limit(self.number, ID, side, qty, px, tif);
        assert_eq!(self.exchange.check(&order), Ok(()));
        let mut out = Vec::new();
        let rests = self.exchange.place(&order, &mut out);
        (whole(rests.0), seen(&out))
    }

    fn buy(&mut self, qty: i64, px: i64) -> (i64, Vec<Seen>) {
        self.place(Side::Buy, qty, px, TimeInForce::Day)
    }

    fn sell(&mut self, qty: i64, px: i64) -> (i64, Vec<Seen>) {
        self.place(Side::Sell, qty, px, TimeInForce::Day)
    }
}

fn whole(raw: i128) -> i64 {
    assert_eq!(raw % 1_000_000_000, 0);
    i64::try_from(raw / 1_000_000_000).unwrap()
}

fn seen(executions: &[Execution]) -> Vec<Seen> {
    let each = executions.iter().map(|e| {
        let took = e.liquidity == Liquidity::Taker;
        assert_eq!(e.touch.is_some(), took);
        (e.number, whole(e.qty.0), whole(e.px.0), took)
    });
    each.collect()
}

#[test]
fn a_taker_pays_the_touch_and_only_what_is_displayed() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.buy(4, 105), (0, vec![(1, 4, 100, true)]));
    // Six are left of the ten.
    assert_eq!(desk.buy(10, 105), (4, vec![(2, 6, 100, true)]));
    assert_eq!(desk.buy(1, 105), (1, vec![]));
    assert_eq!(desk.sell(3, 99), (0, vec![(4, 3, 99, true)]));
}

#[test]
fn the_rest_of_a_taker_takes_again_at_later_quotes() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.buy(25, 101).0, 15);
    // The same level shows the same size: nothing new to take.
    assert_eq!(desk.quote((99, 10, 100, 10)), []);
    // Growth is new.
    assert_eq!(desk.quote((99, 10, 100, 13)), [(1, 3, 100, true)]);
    // A better price is a fresh level; the limit is 101 but 98 is what it pays.
    assert_eq!(desk.quote((97, 10, 98, 5)), [(1, 5, 98, true)]);
    // Beyond the limit nothing happens, at the limit it does.
    assert_eq!(desk.quote((101, 10, 102, 50)), []);
    assert_eq!(desk.quote((100, 10, 101, 50)), [(1, 7, 101, true)]);
    assert_eq!(desk.quote((90, 10, 91, 50)), []);
}

#[test]
fn shrinking_caps_and_growing_adds() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.buy(4, 100).0, 0);
    desk.quote((99, 10, 100, 3));
    assert_eq!(desk.buy(10, 100), (7, vec![(2, 3, 100, true)]));
    desk.exchange.cancel(ID, Side::Buy, 2);
    desk.quote((99, 10, 100, 8));
    assert_eq!(desk.buy(10, 100), (5, vec![(3, 5, 100, true)]));
}

#[test]
fn a_maker_fills_at_its_own_limit() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    assert_eq!(desk.buy(8, 98), (8, vec![]));
    assert_eq!(desk.quote((98, 10, 99, 10)), []);
    // The ask goes through: the maker gets its limit, up to the displayed size.
    assert_eq!(desk.quote((95, 10, 96, 5)), [(1, 5, 98, false)]);
    assert_eq!(desk.quote((95, 10, 96, 5)), []);
    assert_eq!(desk.quote((97, 10, 98, 5)), [(1, 3, 98, false)]);
}

#[test]
fn price_goes_before_time() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.sell(5, 102);
    desk.sell(5, 101);
    desk.sell(5, 101);
    desk.sell(5, 103);
    let filled = desk.quote((102, 12, 103, 10));
    assert_eq!(filled, [(2, 5, 101, false), (3, 5, 101, false), (1, 2, 102, false)]);
    assert_eq!(desk.quote((105, 4, 106, 10)), [(1, 3, 102, false), (4, 1, 103, false)]);
}

#[test]
fn ioc_never_rests() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    let (rests, filled) = desk.place(Side::Buy, 15, 100, TimeInForce::Ioc);
    assert_eq!((rests, filled), (0, vec![(1, 10, 100, true)]));
    assert_eq!(desk.quote((99, 10, 100, 50)), []);
    assert_eq!(desk.place(Side::Buy, 5, 99, TimeInForce::Ioc), (0, vec![]));
    assert_eq!(desk.quote((97, 10, 98, 50)), []);
}

#[test]
fn without_a_market_the_first_quote_decides() {
    let mut desk = Desk::new();
    assert_eq!(desk.buy(5, 105), (5, vec![]));
    assert_eq!(desk.buy(5, 98), (5, vec![]));
    // Crossed and one-sided quotes are no market.
    assert_eq!(desk.quote((101, 10, 100, 10)), []);
    assert_eq!(desk.quote((0, 0, 100, 10)), []);
    assert_eq!(desk.exchange.far_touch(ID, Side::Buy), None);
    assert_eq!(desk.quote((99, 10, 100, 10)), [(1, 5, 100, true)]);
    assert_eq!(desk.quote((96, 10, 97, 10)), [(2, 5, 98, false)]);
}

#[test]
fn a_stopped_market_fills_nothing() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.quote((101, 10, 100, 10));
    assert_eq!(desk.buy(5, 105), (5, vec![]));
    assert_eq!(desk.quote((99, 10, 100, 10)), [(1, 5, 100, true)]);
}

#[test]
fn cancels_take_out_what_is_left() {
    let mut desk = Desk::quoted((99, 10, 100, 10));
    desk.buy(15, 100);
    assert_eq!(desk.exchange.cancel(ID, Side::Sell, 1), None);
    assert_eq!(desk.exchange.cancel(ID, Side::Buy, 1), Some(Qty::whole(5)));
    assert_eq!(desk.exchange.cancel(ID, Side::Buy, 1), None);
    assert_eq!(desk.quote((98, 10, 99, 10)), []);
}

#[test]
fn only_whole_lots_trade() {
    let lot = Instrument { lot: Qty::whole(10), min_qty: Qty::whole(10), ..instrument() };
    let mut exchange = Exchange::new(&[lot]);
    let mut out = Vec::new();
    exchange.on_quote(ID, &quote((99, 10, 100, 25)), &mut out);
    let (side, tif) = (Side::Buy, TimeInForce::Day);
    let (qty, px) = (Qty::whole(50), Px::whole(100));
    let order = Arriving::limit(1, ID, side, qty, px, tif);
    assert_eq!(exchange.place(&order, &mut out), Qty::whole(30));
    // Five stayed displayed; five more make a lot.
    exchange.on_quote(ID, &quote((99, 10, 100, 30)), &mut out);
    assert_eq!(seen(&out), [(1, 20, 100, true), (1, 10, 100, true)]);
}

#[test]
fn the_rules_of_the_instrument_hold() {
    let rules = Instrument {
        tick: Px(50_000_000),
        lot: Qty::whole(5),
        min_qty: Qty::whole(10),
        max_qty: Some(Qty::whole(100)),
        min_notional: Qty::whole(10).times(Px::whole(50)),
        ..instrument()
    };
    let exchange = Exchange::new(&[rules]);
    let check = |qty: i64, px: &str, id: u32| {
        let (side, tif) = (Side::Buy, TimeInForce::Day);
        let (qty, px) = (Qty::whole(qty), px.parse().unwrap());
        let instrument = InstrumentId(id);
        exchange.check(&Arriving::limit(0, instrument, side, qty, px, tif))
    };
    assert_eq!(check(10, "50.05", 0), Ok(()));
    assert_eq!(check(100, "50", 0), Ok(()));
    for (qty, px, id, why) in [
        (10, "50.01", 0, "tick"),
        (12, "50", 0, "lot"),
        (5, "200", 0, "minimum"),
        (105, "50", 0, "maximum"),
        (10, "49.95", 0, "notional"),
        (0, "50", 0, "quantity"),
        (-10, "50", 0, "quantity"),
        (10, "0", 0, "price"),
        (10, "-50", 0, "price"),
        (10, "50", 7, "instrument"),
    ] {
        let (code, words) = check(qty, px, id).unwrap_err();
        assert_eq!(code, RejectCode::Invalid);
        assert!(words.contains(why), "{qty} at {px}: {words}");
    }
}

#[derive(Clone, Debug)]
enum Move {
    Quote(Market),
    Place(bool, i64, i64, bool),
    Cancel(u64),
    Hit(u64, i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    // Few prices and sizes, so that levels repeat and orders meet.
    let market = (95i64..105, 0i64..20, 1i64..3, 0i64..20);
    let one = prop_oneof![
        5 => market.prop_map(|(bid, b, spread, a)| Move::Quote((bid, b, bid + spread, a))),
        1 => Just(Move::Quote((105, 5, 95, 5))),
        4 => (any::<bool>(), 1i64..30, 94i64..107, any::<bool>())
            .prop_map(|(buy, qty, px, ioc)| Move::Place(buy, qty, px, ioc)),
        1 => (1u64..20).prop_map(Move::Cancel),
        1 => (1u64..20, 1i64..10).prop_map(|(number, qty)| Move::Hit(number, qty)),
    ];
    prop::collection::vec(one, 1..80)
}

/// What the tests know of one level: price, size shown last, most that can have been taken.
#[derive(Default)]
struct Shown {
    px: i64,
    size: i64,
    budget: i64,
}

impl Shown {
    fn quote(&mut self, px: i64, size: i64) {
        if px == self.px {
            self.budget += (size - self.size).max(0);
        } else {
            (self.px, self.budget) = (px, size);
        }
        self.size = size;
    }
}

struct Known {
    side: Side,
    left: i64,
    px: i64,
}

proptest! {
    #[test]
    fn no_order_overfills_and_no_level_is_taken_twice(moves in moves()) {
        let mut desk = Desk::new();
        let mut orders: BTreeMap<u64, Known> = BTreeMap::new();
        let (mut bid, mut ask) = (Shown::default(), Shown::default());
        for step in moves {
            let mut hit = false;
            let filled = match step {
                Move::Quote(market) => {
                    let (b, bq, a, aq) = market;
                    if b <= a {
                        bid.quote(b, bq);
                        ask.quote(a, aq);
                    }
                    desk.quote(market)
                }
                Move::Place(buy, qty, px, ioc) => {
                    let side = if buy { Side::Buy } else { Side::Sell };
                    let tif = if ioc { TimeInForce::Ioc } else { TimeInForce::Day };
                    orders.insert(desk.number + 1, Known { side, left: qty, px });
                    let (rests, filled) = desk.place(side, qty, px, tif);
                    let taken: i64 = filled.iter().map(|f| f.1).sum();
                    prop_assert!(ioc || rests == qty - taken);
                    filled
                }
                Move::Cancel(number) => {
                    if let Some(known) = orders.get_mut(&number)
                        && let Some(left) = desk.exchange.cancel(ID, known.side, number)
                    {
                        prop_assert_eq!(whole(left.0), known.left);
                        known.left = 0;
                    }
                    vec![]
                }
                Move::Hit(number, qty) => {
                    hit = true;
                    let side = orders.get(&number).map_or(Side::Buy, |known| known.side);
                    let one = desk.exchange.hit(ID, side, number, Qty::whole(qty));
                    seen(one.as_slice())
                }
            };
            for (number, qty, px, took) in filled {
                let known = orders.get_mut(&number).unwrap();
                known.left -= qty;
                prop_assert!(known.left >= 0, "overfilled");
                let level = if known.side == Side::Buy { &mut ask } else { &mut bid };
                if !hit {
                    level.budget -= qty;
                    prop_assert!(level.budget >= 0, "more taken than displayed");
                }
                prop_assert_eq!(px, if took { level.px } else { known.px });
                match known.side {
                    Side::Buy => prop_assert!(px <= known.px),
                    Side::Sell => prop_assert!(px >= known.px),
                }
            }
        }
    }
}
