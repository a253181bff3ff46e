//! A session on full books: the exchange trades on the levels, everybody else sees the top.

mod kit;

use truefill_core::config::Instrument;
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::Liquidity;
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_journal::MemoryStore;
use truefill_market::book::Level;
use truefill_market::error::MarketError;
use truefill_market::source::{Depth, Quotes, Tick, TickKind, Trade};
use truefill_sim::broker::world::World;
use truefill_sim::session::{Outcome, Plan, run};
use truefill_sim::strategy::{Once, Wish};

/// Ticks and, beside each quote, the whole book.
struct Recorded {
    rows: Vec<(Tick, [Vec<Level>; 2])>,
    next: usize,
    deep: bool,
}

impl Quotes for Recorded {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        self.next += 1;
        Ok(self.rows.get(self.next - 1).map(|row| row.0))
    }

    fn depth(&self) -> Option<Depth<'_>> {
        let [bids, asks] = &self.rows.get(self.next.checked_sub(1)?)?.1;
        self.deep.then_some(Depth { snapshot: true, bids, asks })
    }
}

fn at(seconds: i64) -> Nanos {
    Nanos((1_700_000_000 + seconds) * SECOND_NS)
}

fn book(seconds: i64, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> (Tick, [Vec<Level>; 2]) {
    let side = |rows: &[(i64, i64)]| -> Vec<Level> {
        rows.iter().map(|(px, qty)| Level { px: Px::whole(*px), qty: Qty::whole(*qty) }).collect()
    };
    let (bids, asks) = (side(bids), side(asks));
    let quote = Quote {
        bid_px: bids[0].px,
        bid_qty: bids[0].qty,
        ask_px: asks[0].px,
        ask_qty: asks[0].qty,
        time: at(seconds),
    };
    (Tick { instrument: InstrumentId(0), kind: TickKind::Quote(quote) }, [bids, asks])
}

fn trade(seconds: i64, px: i64, qty: i64) -> (Tick, [Vec<Level>; 2]) {
    let (px, qty, side) = (Px::whole(px), Qty::whole(qty), Some(Side::Sell));
    let kind = TickKind::Trade(Trade { px, qty, side, time: at(seconds) });
    (Tick { instrument: InstrumentId(0), kind }, Default::default())
}

/// Ten are wanted with a limit two above the touch.
fn session(deep: bool) -> Outcome {
    let rows = vec![
        book(0, &[(99, 5)], &[(100, 2), (101, 2), (105, 50)]),
        // Our six that are left stand at 102, before the four that come later.
        book(20, &[(102, 4), (99, 5)], &[(105, 50)]),
        trade(21, 102, 4),
        book(30, &[(99, 5)], &[(105, 50)]),
    ];
    let instrument = Instrument {
        symbol: "X".into(),
        tick: Px::whole(1),
        lot: Qty::whole(1),
        min_qty: Qty::whole(1),
        max_qty: None,
        min_notional: Amount::ZERO,
        multiplier: Qty::whole(1),
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    };
    let plan = Plan::new(kit::config(vec![instrument]), World::default(), 1);
    let wish = Wish { holding: HoldingId(0), qty: Qty::whole(10), px: None, stop: None };
    let once = Box::new(Once::new(at(1), vec![wish]));
    let mut store = MemoryStore::default();
    let mut market = Recorded { rows, next: 0, deep };
    let outcome = run(&plan, &mut store, &mut market, vec![once]).expect("runs");
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

fn fills(outcome: &Outcome) -> Vec<(Qty, Px, Liquidity)> {
    outcome.broker.truth().fills().iter().map(|f| (f.qty, f.px, f.liquidity)).collect()
}

#[test]
fn a_session_walks_the_book_and_waits_in_its_queue() {
    let fill = |qty, px, liquidity| (Qty::whole(qty), Px::whole(px), liquidity);
    let (taker, maker) = (Liquidity::Taker, Liquidity::Maker);
    let deep = session(true);
    let expected = [fill(2, 100, taker), fill(2, 101, taker), fill(4, 102, maker)];
    assert_eq!(fills(&deep), expected);
    // What is paid beyond the touch is measured from the touch at arrival.
    let touches = deep.broker.truth().fills().iter().map(|f| f.touch).collect::<Vec<_>>();
    assert_eq!(touches, [Some(Px::whole(100)), Some(Px::whole(100)), None]);
    // The top alone knows nothing of the rest.
    assert_eq!(fills(&session(false)), [fill(2, 100, taker)]);
}
